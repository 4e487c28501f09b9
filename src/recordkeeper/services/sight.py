"""What an account sees of the company beside records: all of it, or for an auditor's account what its scope holds.

An auditor sees the units of the scope and those below them, what belongs to those, whoever has a role there, the
parties of those premises and records, and the documents that hold for the whole company. What lies outside is neither
listed nor counted; the numbers of the log's events alone tell that there is more. After its last day the account sees
nothing.

Source: ISO 9001, 9.2; P-4; 21 CFR 11.10(d)
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from recordkeeper.errors import PersonError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.hold import Scope
from recordkeeper.model.person import Person
from recordkeeper.model.subject import kind_of, name_of
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.lookup import units_below
from recordkeeper.register.scope import subjects_within
from recordkeeper.services.company import today, unit_and_above
from recordkeeper.services.right import Acting, check_right

if TYPE_CHECKING:
    from recordkeeper.model.event import Event
    from recordkeeper.register.acts import Register
    from recordkeeper.register.snapshot import Snapshot

_OF_THE_COMPANY = {"form", "procedure", "schedule", "table"}


class OutOfScopeError(PersonError, RefusalError):
    """An auditor's account asks for what lies outside its scope."""

    def __init__(self, login: str, asked: str) -> None:
        message = _("{login}: {asked} is not in this auditor's scope").format(login=login, asked=asked)
        super().__init__(message, subject=login, expected=_("what the auditor's scope holds"), found=asked)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one account sees.

    Args:
        login: of the account.
        subject: ``person/7``.
        seen: the subjects of an auditor's scope; None where everything is seen.
    """

    login: str
    subject: str
    seen: Collection[str] | None = None

    def sees(self, subject: str | None) -> bool:
        """Whether a subject is seen; what is about none is only seen by whoever sees everything."""
        if self.seen is None:
            return True
        return subject is not None and (
            subject in self.seen or subject == self.subject or kind_of(subject) in _OF_THE_COMPANY
        )

    def sees_event(self, event: "Event") -> bool:
        """Whether an event is seen: of what is seen, or one's own."""
        return self.sees(event.subject) or event.actor == self.subject

    def sees_hold(self, scope: Scope) -> bool:
        """Whether a hold is seen: one that names nothing that is not."""
        named = (*scope.records, *scope.units, scope.party, scope.premises)
        return all(self.sees(each) for each in named if each)

    def check(self, subject: str) -> None:
        """Refuse what is not seen.

        Raises:
            OutOfScopeError: it is not.
        """
        if not self.sees(subject):
            raise OutOfScopeError(self.login, name_of(subject) or subject)

    def check_everything(self, what: str) -> None:
        """Refuse what tells of the whole company to whoever sees a part of it.

        Raises:
            OutOfScopeError: a part is seen.
        """
        if self.seen is not None:
            raise OutOfScopeError(self.login, what)


def sight_of(snapshot: "Snapshot", actor: Acting, command: str, now: datetime) -> Sight:
    """What ``actor`` sees, who must have the right to give ``command``.

    Raises:
        NoRightError, AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    check_right(snapshot, actor, command, now)
    history = snapshot.history(actor.subject)
    if history is None:
        raise AssertionError(actor.subject)
    person, day = Person.replay(history), today(snapshot, now)
    if not person.is_auditors_account_on(day) or ROOT_UNIT in person.audited_units_on(day):
        return Sight(person.login, person.subject)
    units = {below for unit in person.audited_units_on(day) for below in units_below(snapshot, unit)}
    above = {each for unit in units for each in unit_and_above(snapshot, unit)}
    return Sight(person.login, person.subject, subjects_within(snapshot, units, above))


def check_sight(register: "Register", actor: Acting, command: str, now: datetime, subject: str | None = None) -> None:
    """Refuse whoever may not give ``command``, or not about that subject; of none: not about the whole company.

    Raises:
        NoRightError, AuditEndedError, DisabledPersonError: as ``check_right``.
        OutOfScopeError: it is not seen.
    """
    with register.reading() as snapshot:
        sight = sight_of(snapshot, actor, command, now)
    if subject is None:
        sight.check_everything(command)
    else:
        sight.check(subject)
