"""What waits in a workspace: for filling, for a signature, for a counter-signature, for the archive, for the log."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from recordkeeper.model.consent import asked_of
from recordkeeper.model.right import RIGHTS
from recordkeeper.model.subject import number_of
from recordkeeper.register.acts import Register
from recordkeeper.register.search import RecordQuery, find_records, subjects_with_requests
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.fitness import yearly_due_on
from recordkeeper.services.publication import Pending, pending
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting


@dataclass(frozen=True, slots=True)
class Overview:
    """What waits.

    Args:
        states: number of records by form and state.
        event_count: how many events the trail has.
        pending: what a publisher still has to do.
        requests: the numbers of the records of which somebody asked for a use, with how many requests are not answered.
        test_due_on: the day by which the yearly test of the four properties is due; None where no form serves for it.
    """

    states: dict[str, dict[str, int]]
    event_count: int
    pending: Pending
    requests: dict[str, int]
    test_due_on: date | None


def overview(register: Register, now: datetime) -> Overview:
    """Count the records by form and state, and what is pending.

    Args:
        register: the open register.
        now: aware, UTC.
    """
    with register.reading() as snapshot:
        counted = Counter((row.form, row.state) for row in find_records(snapshot, RecordQuery()))
        event_count = snapshot.event_count()
        requests = _requests(snapshot)
        test_due_on = yearly_due_on(Setting(snapshot, now))
    states: dict[str, dict[str, int]] = {}
    for (form, state), count in sorted(counted.items()):
        states.setdefault(form, {})[state] = count
    return Overview(states, event_count, pending(register), requests, test_due_on)


def _requests(snapshot: Snapshot) -> dict[str, int]:
    found: dict[str, int] = {}
    for subject in subjects_with_requests(snapshot):
        record = load(snapshot, number_of(subject))
        if record.state in RIGHTS["record consent"].states:
            found[record.number] = sum(not asked.is_answered for asked in asked_of(record))
    return found
