"""Places and whom records are about: units, parties, premises and their occupants.

A controller adds and amends them, at the unit concerned; parties belong to no unit: a controller of any unit may.
The file is long because it has one function for every act on three kinds of subject.

Source: ISO 9001, 8.2.1, 8.5.3
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Unpack

from recordkeeper.errors import InvalidInputError, PlaceError, RefusalError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History
from recordkeeper.model.party import Party, PartyValues
from recordkeeper.model.premises import Premises, PremisesValues
from recordkeeper.model.subject import kind_of
from recordkeeper.model.unit import ROOT_UNIT, Unit, UnitValues
from recordkeeper.register import directory
from recordkeeper.register.directory import PartyEntry, PremisesEntry
from recordkeeper.register.lookup import units_below
from recordkeeper.register.people_projection import party_rows, premises_rows, unit_rows
from recordkeeper.services.company import UnknownPlaceError, new_subject, today, unit_and_above, unit_of
from recordkeeper.services.held import refresh
from recordkeeper.services.people import Actor
from recordkeeper.services.right import check_right
from recordkeeper.services.sight import sight_of

if TYPE_CHECKING:
    from recordkeeper.register.acts import Register, Transaction
    from recordkeeper.register.snapshot import Snapshot


class SeveralPlacesError(PlaceError, InvalidInputError):
    """A name or code that several units, parties or premises have."""

    def __init__(self, what: str, name: str, subjects: list[str]) -> None:
        listed = listing(subjects)
        message = _("{what} {name}: expected one of {subjects}").format(what=what, name=name, subjects=listed)
        super().__init__(message, subject=name, expected=listed, found=name)


class PlaceExistsError(PlaceError, RefusalError):
    """A unit, party or premises is there already."""

    def __init__(self, what: str, name: str, subject: str) -> None:
        message = _("{what} {name}: exists already as {subject}").format(what=what, name=name, subject=subject)
        super().__init__(message, subject=name, found=subject)


@dataclass(frozen=True, slots=True)
class Residence:
    """Premises that a party occupies or has occupied.

    Args:
        premises: which.
        unit_code: the code of their unit.
    """

    premises: Premises
    unit_code: str


def find_unit(snapshot: "Snapshot", text: str) -> Unit:
    """The unit with that code, id (``unit/2``) or name.

    Raises:
        UnknownPlaceError: there is none.
        SeveralPlacesError: several have the name.
    """
    subject = _known_id(snapshot, "unit", text) or directory.unit_with_code(snapshot, text)
    return unit_of(snapshot, subject or _only(_("unit"), text, directory.units_named(snapshot, text)))


def find_party(snapshot: "Snapshot", text: str) -> Party:
    """The party with that id (``party/12``) or name.

    Raises:
        UnknownPlaceError: there is none.
        SeveralPlacesError: several have the name.
    """
    subject = _known_id(snapshot, "party", text)
    return party_of(snapshot, subject or _only(_("party"), text, directory.parties_named(snapshot, text)))


def find_premises(snapshot: "Snapshot", text: str, unit: str | None = None) -> Premises:
    """The premises with that id (``premises/31``) or code: ``3-2-1201``, with its unit ``SH:3-2-1201``.

    Args:
        snapshot: the register.
        text: what to find.
        unit: the unit's subject; all units where not given.

    Raises:
        UnknownPlaceError: there are none.
        SeveralPlacesError: several units have the code.
    """
    if subject := _known_id(snapshot, "premises", text):
        return premises_of(snapshot, subject)
    of_unit, separator, code = text.partition(":")
    if separator:
        text, unit = code, find_unit(snapshot, of_unit).subject
    found = directory.premises_with_code(snapshot, text, unit)
    return premises_of(snapshot, _only(_("premises"), text, found))


def _known_id(snapshot: "Snapshot", kind: str, text: str) -> str | None:
    return text if kind_of(text) == kind and directory.is_known(snapshot, text) else None


def _only(what: str, text: str, found: list[str]) -> str:
    if not found:
        raise UnknownPlaceError(what, text)
    if len(found) > 1:
        raise SeveralPlacesError(what, text, found)
    return found[0]


def party_of(snapshot: "Snapshot", subject: str) -> Party:
    """The party ``subject``.

    Raises:
        UnknownPlaceError: there is no such party.
    """
    return Party.replay(_history(snapshot, _("party"), subject))


def premises_of(snapshot: "Snapshot", subject: str) -> Premises:
    """The premises ``subject``.

    Raises:
        UnknownPlaceError: there are no such premises.
    """
    return Premises.replay(_history(snapshot, _("premises"), subject))


def _history(snapshot: "Snapshot", what: str, subject: str) -> History:
    history = snapshot.history(subject)
    if history is None:
        raise UnknownPlaceError(what, subject)
    return history


def list_units(register: "Register", actor: Actor, now: datetime) -> list[Unit]:
    """All units that are seen, each after the one it stands below, siblings by code.

    Raises:
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        sight = sight_of(snapshot, actor, "unit list", now)
        units = [Unit.replay(history) for history in snapshot.histories("unit")]
    ordered: list[Unit] = []
    waiting = sorted((unit for unit in units if unit.parent is None), key=lambda unit: unit.code, reverse=True)
    while waiting:
        unit = waiting.pop()
        ordered.append(unit)
        below = (child for child in units if child.parent == unit.subject)
        waiting += sorted(below, key=lambda child: child.code, reverse=True)
    return [unit for unit in ordered if sight.sees(unit.subject)]


def list_parties(register: "Register", actor: Actor, now: datetime, text: str = "") -> list[PartyEntry]:
    """The parties that are seen and whose name, phone or contact holds ``text``, by name.

    Raises:
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        sight = sight_of(snapshot, actor, "party list", now)
        return [entry for entry in directory.list_parties(snapshot, text) if sight.sees(entry.subject)]


def list_premises(
    register: "Register", actor: Actor, now: datetime, text: str = "", unit: str | None = None
) -> list[tuple[PremisesEntry, str]]:
    """The premises that are seen and whose code holds ``text``, each with the code of its unit.

    Args:
        register: where.
        actor: who asks.
        now: aware, UTC.
        text: part of a code; empty for all.
        unit: those of this unit (code, id or name) and of the units below it; all where not given.

    Raises:
        UnknownPlaceError: there is no such unit.
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        sight = sight_of(snapshot, actor, "premises list", now)
        of_units = None if unit is None else tuple(units_below(snapshot, find_unit(snapshot, unit).subject))
        codes = {history.subject: Unit.replay(history).code for history in snapshot.histories("unit")}
        found = directory.list_premises(snapshot, text, of_units)
        return [(entry, codes[entry.unit]) for entry in found if sight.sees(entry.subject)]


def residences_of(snapshot: "Snapshot", party: str) -> list[Residence]:
    """The premises that a party occupies or has occupied."""
    found = [premises_of(snapshot, subject) for subject in directory.premises_of_party(snapshot, party)]
    return [Residence(premises, unit_of(snapshot, premises.unit).code) for premises in found]


def add_unit(
    register: "Register",
    actor: Actor,
    *,
    code: str,
    kind: str,
    name_zh: str,
    name_en: str,
    parent: str,
    now: datetime,
) -> Unit:
    """Add a unit below ``parent`` (code, id or name).

    Raises:
        NoRightError: ``actor`` is no controller at the parent.
        UnknownPlaceError: there is no such parent.
        PlaceExistsError: there is a unit of that code.
        TextRefusedError: a value that cannot be used.
    """
    with register.writing(now=now) as transaction:
        above = find_unit(transaction, parent)
        check_right(transaction, actor, "unit add", now, above.subject)
        content = Unit.add(
            by=actor.subject,
            at=now,
            code=code,
            kind=kind,
            name_zh=name_zh,
            name_en=name_en,
            parent=above.subject,
        )
        # The number is taken first: whoever adds another unit waits, so that the code is looked up after theirs.
        history = new_subject(transaction, "unit")
        if known := directory.unit_with_code(transaction, str(content["code"])):
            raise PlaceExistsError(_("unit"), code, known)
        return append_unit(transaction, history, content)


def append_unit(transaction: "Transaction", history: History, content: Content) -> Unit:
    """Store the next act of a unit; ``init`` makes the root with it."""
    unit = Unit.replay(history.followed_by(content))
    transaction.append(history, content, unit_rows(unit))
    return unit


def amend_unit(
    register: "Register",
    actor: Actor,
    *,
    unit: str,
    reason: str | None = None,
    now: datetime,
    **given: Unpack[UnitValues],
) -> Unit:
    """Change names, kind or the unit above; what is None stays. A move needs a controller at both places.

    Raises:
        NoRightError: ``actor`` is no controller at the unit, or at the one it is to stand below.
        UnknownPlaceError: there is no such unit.
        CircularUnitError: it would stand below itself.
        PlaceError: another of the refusals of ``Unit.amend``.
    """
    with register.writing(now=now) as transaction:
        before = find_unit(transaction, unit)
        check_right(transaction, actor, "unit amend", now, before.subject)
        parent = given.get("parent")
        above = find_unit(transaction, parent) if parent is not None else None
        given["parent"] = above.subject if above else None
        content = before.amend(by=actor.subject, at=now, reason=reason, **given)
        if above is not None:
            before.check_place(unit_and_above(transaction, above.subject), above)
            check_right(transaction, actor, "unit amend", now, above.subject)
        amended = append_unit(transaction, _history(transaction, _("unit"), before.subject), content)
        if above is not None:
            transaction.lock(ROOT_UNIT)
            refresh(transaction)  # a hold on a unit keeps what the units below it enter
        return amended


def add_party(
    register: "Register",
    actor: Actor,
    *,
    now: datetime,
    **given: Unpack[PartyValues],
) -> Party:
    """Add a person or firm that records are about.

    Raises:
        NoRightError: ``actor`` is controller of no unit.
        PlaceExistsError: there is one of the same name and phone.
        TextRefusedError: a value that cannot be used.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "party add", now)
        return append_new_party(transaction, Party.add(by=actor.subject, at=now, **given))


def append_new_party(transaction: "Transaction", content: Content) -> Party:
    """Store the first act of a party.

    Raises:
        PlaceExistsError: there is one of the same name and phone.
    """
    name, phone = str(content["name"]), str(content["phone"])
    for known in directory.parties_named(transaction, name):
        if phone and party_of(transaction, known).phone == phone:
            raise PlaceExistsError(_("party"), name, known)
    return _append_party(transaction, new_subject(transaction, "party"), content)


def _append_party(transaction: "Transaction", history: History, content: Content) -> Party:
    party = Party.replay(history.followed_by(content))
    transaction.append(history, content, party_rows(party))
    return party


def amend_party(
    register: "Register",
    actor: Actor,
    *,
    party: str,
    reason: str | None = None,
    now: datetime,
    **given: Unpack[PartyValues],
) -> Party:
    """Change what is given; None leaves a value as it is, an empty text removes it.

    Raises:
        NoRightError: ``actor`` is controller of no unit.
        UnknownPlaceError: there is no such party.
        NothingAmendedError: no value differs.
        TextRefusedError: a value that cannot be used.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "party amend", now)
        before = find_party(transaction, party)
        content = before.amend(by=actor.subject, at=now, reason=reason, **given)
        return _append_party(transaction, _history(transaction, _("party"), before.subject), content)


def add_premises(
    register: "Register",
    actor: Actor,
    *,
    unit: str,
    code: str,
    now: datetime,
    **given: Unpack[PremisesValues],
) -> Premises:
    """Add a dwelling, shop or garage of ``unit`` (code, id or name).

    Raises:
        NoRightError: ``actor`` is no controller at the unit.
        UnknownPlaceError: there is no such unit.
        PlaceExistsError: the unit has premises of that code.
        TextRefusedError: a value that cannot be used.
    """
    with register.writing(now=now) as transaction:
        estate = find_unit(transaction, unit)
        check_right(transaction, actor, "premises add", now, estate.subject)
        content = Premises.add(by=actor.subject, at=now, unit=estate.subject, code=code, **given)
        return append_new_premises(transaction, content)


def append_new_premises(transaction: "Transaction", content: Content) -> Premises:
    """Store the first act of premises.

    Raises:
        PlaceExistsError: their unit has premises of that code.
    """
    unit, code = str(content["unit"]), str(content["code"])
    for known in directory.premises_with_code(transaction, code, unit):
        raise PlaceExistsError(_("premises"), code, known)
    return append_premises(transaction, new_subject(transaction, "premises"), content)


def append_premises(transaction: "Transaction", history: History, content: Content) -> Premises:
    """Store the next act of premises."""
    premises = Premises.replay(history.followed_by(content))
    transaction.append(history, content, premises_rows(premises))
    return premises


def amend_premises(
    register: "Register",
    actor: Actor,
    *,
    premises: str,
    reason: str | None = None,
    now: datetime,
    **given: Unpack[PremisesValues],
) -> Premises:
    """Change what is given; None leaves a value as it is, an empty text removes it.

    Raises:
        NoRightError: ``actor`` is no controller at the premises' unit.
        UnknownPlaceError: there are no such premises.
        NothingAmendedError: no value differs.
        TextRefusedError: a value that cannot be used.
    """
    with register.writing(now=now) as transaction:
        before, history = _for_change(transaction, actor, "premises amend", premises, now)
        content = before.amend(by=actor.subject, at=now, reason=reason, **given)
        return append_premises(transaction, history, content)


def _for_change(
    transaction: "Transaction", actor: Actor, command: str, text: str, now: datetime
) -> tuple[Premises, History]:
    found = find_premises(transaction, text)
    check_right(transaction, actor, command, now, found.unit)
    return found, _history(transaction, _("premises"), found.subject)


def occupy(
    register: "Register",
    actor: Actor,
    *,
    premises: str,
    party: str,
    capacity: str,
    valid_from: date | None,
    valid_to: date | None,
    now: datetime,
) -> Premises:
    """A party owns, rents or lives in premises from a day on; from today where none is given.

    Raises:
        NoRightError: ``actor`` is no controller at the premises' unit.
        UnknownPlaceError: there are no such premises or no such party.
        AlreadyOccupiesError: it does so already on one of these days.
        TextRefusedError: no such capacity, or an end before the beginning.
    """
    with register.writing(now=now) as transaction:
        before, history = _for_change(transaction, actor, "premises occupy", premises, now)
        found = find_party(transaction, party)
        content = before.occupy(
            by=actor.subject,
            at=now,
            party=found.subject,
            name=found.name,
            capacity=capacity,
            valid_from=valid_from or today(transaction, now),
            valid_to=valid_to,
        )
        return append_premises(transaction, history, content)


def vacate(
    register: "Register",
    actor: Actor,
    *,
    premises: str,
    party: str,
    capacity: str,
    on: date | None,
    now: datetime,
) -> Premises:
    """A party owns, rents or lives in premises for the last time on a day; today where none is given.

    Raises:
        NoRightError: ``actor`` is no controller at the premises' unit.
        UnknownPlaceError: there are no such premises or no such party.
        DoesNotOccupyError: it does not on that day.
    """
    with register.writing(now=now) as transaction:
        before, history = _for_change(transaction, actor, "premises vacate", premises, now)
        found = find_party(transaction, party)
        content = before.vacate(
            by=actor.subject,
            at=now,
            party=found.subject,
            name=found.name,
            capacity=capacity,
            on=on or today(transaction, now),
        )
        return append_premises(transaction, history, content)
