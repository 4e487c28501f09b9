"""Whether somebody may give a command: asked of the one table of rights, in the transaction that does it.

Every service function that acts for a person asks here, with the command's name, or through ``setting`` for records.

Source: 21 CFR 11.10(d), (g); ISO 9001, 5.3; P-4
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from recordkeeper.errors import PersonError, RefusalError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.person import Person
from recordkeeper.model.right import RIGHTS, Place, Right
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.services.company import role_names, today, unit_and_above, unit_of

if TYPE_CHECKING:
    from recordkeeper.register.acts import Register
    from recordkeeper.register.snapshot import Snapshot


class Acting(Protocol):
    """A person of whom it is proven that they act."""

    @property
    def subject(self) -> str:
        """``person/7``."""


class NoRightError(PersonError, RefusalError):
    """The role that an act needs is not held at the unit."""

    def __init__(self, login: str, roles: Iterable[str], place: str) -> None:
        expected = listing(roles)
        message = _("{login}: expected the role {roles} at {place}, which is not held").format(
            login=login, roles=expected, place=place
        )
        super().__init__(message, subject=login, expected=expected, found="")


class AuditorChangesNothingError(PersonError, RefusalError):
    """An auditor's account would change something."""

    def __init__(self, login: str, command: str, about: str = "") -> None:
        message = _("{login}: an auditor's account changes no record: {command} is not for it").format(
            login=login, command=command
        )
        expected = _("an account without the role of an auditor")
        super().__init__(message, subject=about or login, expected=expected, found=command)


class AuditEndedError(PersonError, RefusalError):
    """An auditor's account whose last day has passed would look at something."""

    def __init__(self, login: str, day: date) -> None:
        message = _("{login}: this auditor's account sees nothing on {day}").format(login=login, day=day.isoformat())
        super().__init__(message, subject=login, expected=_("a day of the auditor's role"), found=day.isoformat())


def check_right(
    snapshot: "Snapshot", actor: Acting, command: str, now: datetime, unit: str = ROOT_UNIT, *, about: str = ""
) -> None:
    """Refuse whoever may not give ``command``.

    Args:
        snapshot: the register.
        actor: who gives it.
        command: its line in the table of rights.
        now: aware, UTC.
        unit: what is acted on belongs to it; the company where not given.
        about: the number of the record that is acted on, which the refusal then is about.

    Raises:
        NoRightError: none of the roles is held there.
        AuditorChangesNothingError: an auditor's account, and the command changes something.
        AuditEndedError: an auditor's account whose last day has passed, and the command shows something.
        DisabledPersonError: the account is closed.
    """
    right = RIGHTS[command]
    history = snapshot.history(actor.subject)
    if history is None:
        raise NoRightError(actor.subject, _named(snapshot, right), _("any unit"))
    check_person(snapshot, Person.replay(history), right, today(snapshot, now), unit, about)


def check_right_first(register: "Register", actor: Acting, command: str, now: datetime) -> None:
    """As ``check_right`` for the company, before a file is read that is given with the command.

    Raises:
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        check_right(snapshot, actor, command, now)


def check_person(snapshot: "Snapshot", person: Person, right: Right, day: date, unit: str, about: str = "") -> None:
    """As ``check_right``, for a person who is known already.

    Raises:
        NoRightError, AuditorChangesNothingError, AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    person.check_active_on(day)
    if person.is_auditors_account_on(day):
        if not right.is_reading:
            raise AuditorChangesNothingError(person.login, right.command, about)
        if right.place is Place.SCOPE and not person.audited_units_on(day):
            raise AuditEndedError(person.login, day)
    if not right.is_held(person.roles_at(_units(snapshot, person, right, unit), day)):
        place = _("any unit") if right.place is Place.ANY_UNIT else unit_of(snapshot, unit).code
        raise NoRightError(person.login, _named(snapshot, right), place)


def _named(snapshot: "Snapshot", right: Right) -> list[str]:
    names = role_names(snapshot)
    return [names[role] for role in right.roles]


def _units(snapshot: "Snapshot", person: Person, right: Right, unit: str) -> set[str]:
    if right.place is Place.ANY_UNIT:
        return {grant.unit for grant in person.grants}
    return {ROOT_UNIT} if right.place is Place.COMPANY else set(unit_and_above(snapshot, unit))
