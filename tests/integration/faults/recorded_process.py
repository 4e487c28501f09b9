"""Run by the tests of faults: one record is filled, signed, archived, amended and archived again, traced by strace.

What it has finished it says on stdout, one line an act: from then on the act is acknowledged, and must stand whatever
happens. Python and the keys are loaded once: each line on stdin, a URL and a folder, forks a child that says its
process id, waits until the tracer lets it go on, and says how it ended. With a number behind the folder the database
has that setting of synchronous: the control.
"""

import ctypes
import os
import signal
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from integration.faults.workplace import ROW_FORM, SHEET_FORM, Staff, Workplace, staff_of
from recordkeeper.cli.main import DEFECT, exit_status
from recordkeeper.errors import RecordkeeperError
from recordkeeper.model.record import Record
from recordkeeper.register import connection
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.services import lifecycle, publication

_MAY_BE_TRACED, _BY_ANYBODY = 0x59616D61, ctypes.c_ulong(-1)  # prctl(2), PR_SET_PTRACER


def say(line: str) -> None:
    """Write a line at once and whole, by a call that nothing else makes: no fault strikes it."""
    os.writev(1, [f"{line}\n".encode()])


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def done(record: Record) -> Record:
    say(f"done {record.subject} {record.history.count} {record.history.digests[-1]}")
    return record


def publish(workplace: Workplace, register: Register) -> None:
    """As a command does after its act: what cannot be done now is said to be pending."""
    try:
        outcome = publication.publish(workplace.publisher(register), now())
    except (RecordkeeperError, OSError) as error:
        say(f"pending {error}")
        return
    for problem in outcome.problems:
        say(f"pending {problem}")
    if not outcome.problems:
        say(f"published {outcome.log_size}")


def fill_and_archive(workplace: Workplace, register: Register, staff: Staff) -> str:
    """A record of a new object, a row of a sheet that stays open."""
    about = lifecycle.About()
    record = done(lifecycle.new(register, staff.clerk, now(), SHEET_FORM, {"matter": "路灯不亮"}, about))
    done(lifecycle.sign(register, staff.clerk, staff.clerk_key, now(), record.number))
    done(lifecycle.fill(register, staff.quality, now(), record.number, None, {"result": "已修"}))
    done(lifecycle.sign(register, staff.quality, staff.quality_key, now(), record.number))
    publish(workplace, register)
    row = {"received_on": "2026-11-05", "call": "咨询"}
    done(lifecycle.new(register, staff.clerk, now(), ROW_FORM, row, about))
    return record.number


def amend_and_archive(workplace: Workplace, register: Register, staff: Staff, number: str) -> None:
    """A new version of the object."""
    changed = {"matter": "路灯不亮，两盏"}
    clerk, key = staff.clerk, staff.clerk_key
    done(lifecycle.amend(register, clerk, key, now(), number, changed, "清点", "correction"))
    quality, key = staff.quality, staff.quality_key
    done(lifecycle.countersign(register, quality, key, now(), number, 1, accepted=True))
    publish(workplace, register)


def work(workplace: Workplace, staff: Staff) -> int:
    """All of it, or as much as the disk lets be done; the exit status that the command line would have."""
    try:
        with open_register(workplace.url) as register:
            number = fill_and_archive(workplace, register, staff)
        with open_register(workplace.url) as register:
            amend_and_archive(workplace, register, staff, number)
    except (RecordkeeperError, OSError) as error:
        say(f"refused {exit_status(error)} {error}")
        return exit_status(error)
    return 0


def child(workplace: Workplace, staff: Staff) -> int:
    """What a forked process does: wait for the tracer, then work."""
    ctypes.CDLL(None).prctl(_MAY_BE_TRACED, _BY_ANYBODY, 0, 0, 0)
    # Blocked before the tracer can send it: it waits for the child, and not the child for one that came before.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})
    say(f"pid {os.getpid()}")
    signal.sigwait({signal.SIGCONT})
    try:
        return work(workplace, staff)
    except BaseException:  # noqa: BLE001  # whatever it is, the test is told
        traceback.print_exc()
        return DEFECT


def main() -> None:
    with open_register(sys.argv[1]) as register:
        staff = staff_of(register)
    say("ready")
    for line in sys.stdin:
        url, folder, *settings = line.split()
        if (pid := os.fork()) == 0:
            if settings:
                connection._SETTINGS["synchronous"] = int(settings[0])
            os._exit(child(Workplace(url, Path(folder)), staff))
        _pid, status = os.waitpid(pid, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
