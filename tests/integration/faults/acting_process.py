"""Run by the tests of faults as a process of its own: it forks children that act until they are killed.

It imports and opens the keys once. Each line on stdin, ``TASK COPIES``, forks that many children; each writes its
process id and then what it has finished, one line an act, and the end of each is told by ``ended STATUS``.
"""

import itertools
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from integration.faults.workplace import ROW_FORM, SHEET_FORM, Staff, Workplace, staff_of
from recordkeeper.model.amendment import PENDING
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.services import lifecycle, publication, retrieval


def say(line: str) -> None:
    """Write a line at once and whole."""
    os.write(1, f"{line}\n".encode())


def now() -> datetime:
    return datetime.now(UTC)


def work_for_ever(workplace: Workplace, register: Register, staff: Staff) -> None:
    """Fill, sign, amend, countersign, close and publish, going on with what a killed process left."""
    with register.reading() as snapshot:
        unfinished = [
            history.subject.partition("/")[2]
            for history in snapshot.histories("record")
            if retrieval.replayed(snapshot, history).state in {State.OPEN, State.PENDING}
        ]
    for turn in itertools.count():
        for number in [*unfinished, *_opened(register, staff, turn)]:
            with register.reading() as snapshot:
                record = retrieval.load(snapshot, number)
            while (following := next_act(register, staff, record)) is not None:
                record = following
                say_done(record)
            if turn % 3 == 1:
                for each in lifecycle.reissue(register, staff.clerk, now(), number, {"phone": "2"}, "更改大"):
                    say_done(each)
        unfinished = []
        outcome = publication.publish(workplace.publisher(register), now())
        if outcome.problems:
            raise AssertionError(outcome.problems)
        say(f"published {outcome.log_size}")


def _opened(register: Register, staff: Staff, turn: int) -> list[str]:
    day = f"20{10 + turn % 15}-{1 + time.time_ns() % 12:02}-05"
    values = {"received_on": day, "call": "咨询"}
    say_done(lifecycle.new(register, staff.clerk, now(), ROW_FORM, values, lifecycle.About()))
    record = new_record(register, staff)
    say_done(record)
    return [record.number]


def new_record(register: Register, staff: Staff) -> Record:
    return lifecycle.new(register, staff.clerk, now(), SHEET_FORM, {"matter": "路灯不亮"}, lifecycle.About())


def next_act(register: Register, staff: Staff, record: Record) -> Record | None:
    """Do what the record needs next; None where it is closed."""
    number = record.number
    opened = {section.id for section in record.open_sections}
    if "received" in opened:
        return lifecycle.sign(register, staff.clerk, staff.clerk_key, now(), number)
    if not record.amendments:
        # a successor begins with what its predecessor was amended to, so the new value is made from the old
        changed = {"matter": f"{record.values['matter']}，又一盏"}
        return lifecycle.amend(register, staff.clerk, staff.clerk_key, now(), number, changed, "清点", "correction")
    if record.amendments[0].countersign == PENDING:
        return lifecycle.countersign(register, staff.quality, staff.quality_key, now(), number, 1, accepted=True)
    if "verified" not in opened:
        return None
    if "result" not in record.values:
        return lifecycle.fill(register, staff.quality, now(), number, None, {"result": "已修"})
    return lifecycle.sign(register, staff.quality, staff.quality_key, now(), number)


def say_done(record: Record) -> None:
    say(f"done {record.subject} {record.history.count} {record.history.digests[-1]}")


def enter_records(_workplace: Workplace, register: Register, staff: Staff, count: int) -> None:
    for _turn in range(count):
        say_done(new_record(register, staff))


def publish_once(workplace: Workplace, register: Register, _staff: Staff) -> None:
    outcome = publication.publish(workplace.publisher(register), now())
    if outcome.problems:
        raise AssertionError(outcome.problems)
    say(f"published {outcome.log_size}")
    signal.pause()


def publish_until(workplace: Workplace, register: Register, _staff: Staff, size: int) -> None:
    while (outcome := publication.publish(workplace.publisher(register), now())).log_size < size:
        if outcome.problems:
            raise AssertionError(outcome.problems)
        say(f"published {outcome.log_size}")


TASKS: dict[str, Callable[..., None]] = {
    "work": work_for_ever,
    "publish": publish_once,
    "publish-until": publish_until,
    "enter": enter_records,
}


def child(workplace: Workplace, staff: Staff, task: str, arguments: list[int]) -> int:
    """Carry out a task in a forked process, with a register of its own."""
    try:
        say(f"pid {os.getpid()}")
        with open_register(workplace.url) as register:
            TASKS[task](workplace, register, staff, *arguments)
    except BaseException:  # noqa: BLE001  # whatever it is, the test is told
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    workplace = Workplace(sys.argv[1], Path(sys.argv[2]))
    with open_register(workplace.url) as register:
        staff = staff_of(register)
    say("ready")
    for line in sys.stdin:
        task, copies, *arguments = line.split()
        pids: set[int] = set()
        for _copy in range(int(copies)):
            pid = os.fork()
            if pid == 0:
                os._exit(child(workplace, staff, task, [int(argument) for argument in arguments]))
            pids.add(pid)
        while pids:
            pid, status = os.wait()
            pids.discard(pid)
            say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
