"""What follows from a subject's acts: its projected rows, for writing them and for checking them alike."""

from collections.abc import Callable

from recordkeeper.model.event import History
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.hold import Hold
from recordkeeper.model.party import Party
from recordkeeper.model.person import Person
from recordkeeper.model.premises import Premises
from recordkeeper.model.record import Record
from recordkeeper.model.subject import kind_of
from recordkeeper.model.unit import Unit
from recordkeeper.register.people_projection import party_rows, person_rows, premises_rows, unit_rows
from recordkeeper.register.projection import Rows
from recordkeeper.register.record_projection import approval_rows, record_rows, revision_rows

FormOf = Callable[[str, str], Form]


class UnknownKindError(ValueError):
    """A subject of a kind that no release of this program writes."""


def rows_following(history: History, form_of: FormOf) -> Rows:
    """All projected rows of the subject after its last act.

    Args:
        history: the subject's acts.
        form_of: the definition of a form by code and revision.

    Raises:
        UnknownKindError: no such kind of subject.
        UnreadableActError, ValueError, LookupError, TypeError: acts that no decision of ours wrote.
    """
    match kind_of(history.subject):
        case "record" | "sheet":
            opening = history.acts[1].told.content
            return record_rows(Record.replay(form_of(str(opening["form"]), str(opening["revision"])), history))
        case "form" | "procedure" | "schedule" | "table":
            return revision_rows(Revision.replay(history))
        case "person":
            return person_rows(Person.replay(history))
        case "unit":
            return unit_rows(Unit.replay(history))
        case "party":
            return party_rows(Party.replay(history))
        case "premises":
            return premises_rows(Premises.replay(history))
        case "hold":
            Hold.replay(history)  # acts that nobody decided on are named
            return approval_rows(history, ("release",))
        case kind:
            raise UnknownKindError(kind)
