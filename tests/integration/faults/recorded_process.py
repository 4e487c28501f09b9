"""Run by the tests of faults under strace: one record is filled, signed, archived, amended and archived again.

What it has finished it says on stdout, one line an act: from then on the act is acknowledged, and must stand whatever
happens. It begins by saying ``ready``: what it does to the disk before that is no part of the run.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from integration.faults.workplace import ROW_FORM, SHEET_FORM, Staff, Workplace, staff_of
from recordkeeper.errors import RecordkeeperError
from recordkeeper.model.record import Record
from recordkeeper.register import connection
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.services import lifecycle, publication

REFUSED = 5


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def done(record: Record) -> Record:
    say(f"done {record.subject} {record.history.count} {record.history.digests[-1]}")
    return record


def publish(workplace: Workplace, register: Register) -> None:
    outcome = publication.publish(workplace.publisher(register), now())
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


def main() -> int:
    workplace = Workplace(sys.argv[1], Path(sys.argv[2]))
    if len(sys.argv) > 3:
        # The control run: what the tests prove must not hold with this setting.
        connection._SETTINGS["synchronous"] = int(sys.argv[3])
    with open_register(workplace.url) as register:
        staff = staff_of(register)
    say("ready")
    try:
        with open_register(workplace.url) as register:
            number = fill_and_archive(workplace, register, staff)
        with open_register(workplace.url) as register:
            amend_and_archive(workplace, register, staff, number)
    except (RecordkeeperError, OSError) as error:
        say(f"refused {error}")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
