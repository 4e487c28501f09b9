"""What waits in a workspace: for filling, for a signature, for a counter-signature, for the archive, for the log."""

from collections import Counter
from dataclasses import dataclass

from recordkeeper.register.acts import Register
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.services.publication import Pending, pending


@dataclass(frozen=True, slots=True)
class Overview:
    """What waits.

    Args:
        states: number of records by form and state.
        event_count: how many events the trail has.
        pending: what a publisher still has to do.
    """

    states: dict[str, dict[str, int]]
    event_count: int
    pending: Pending


def overview(register: Register) -> Overview:
    """Count the records by form and state, and what is pending."""
    with register.reading() as snapshot:
        counted = Counter((row.form, row.state) for row in find_records(snapshot, RecordQuery()))
        event_count = snapshot.event_count()
    states: dict[str, dict[str, int]] = {}
    for (form, state), count in sorted(counted.items()):
        states.setdefault(form, {})[state] = count
    return Overview(states, event_count, pending(register))
