"""Finding people and places by what staff call them: a login, a code, a name.

What is found here is where to look; rights and states follow from the acts.
"""

from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select

from recordkeeper.register.snapshot import Snapshot
from recordkeeper.register.tables import occupancy, party, person, premises, role_grant, subject, unit

_ESCAPE = "\\"


class PartyEntry(NamedTuple):
    """A party as a list shows it."""

    subject: str
    name: str
    kind: str
    phone: str
    contact: str
    note: str


class PremisesEntry(NamedTuple):
    """Premises as a list shows them; ``unit`` is the unit's subject."""

    subject: str
    unit: str
    code: str
    building: str
    unit_no: str
    room: str
    kind: str


def is_known(snapshot: Snapshot, name: str) -> bool:
    """Whether there is a subject of that name."""
    return snapshot.connection.scalar(select(subject.c.subject).where(subject.c.subject == name)) is not None


def unit_with_code(snapshot: Snapshot, code: str) -> str | None:
    """The subject of the unit with that code."""
    return snapshot.connection.scalar(select(unit.c.subject).where(unit.c.code == code))


def units_named(snapshot: Snapshot, name: str) -> list[str]:
    """The subjects of the units with that Chinese or English name."""
    named = select(unit.c.subject).where(or_(unit.c.name_zh == name, unit.c.name_en == name))
    return list(snapshot.connection.scalars(named.order_by(unit.c.subject)))


def person_with_login(snapshot: Snapshot, login: str) -> str | None:
    """The subject of the person with that login name."""
    return snapshot.connection.scalar(select(person.c.subject).where(person.c.login == login))


def stood_in_for(snapshot: Snapshot, by_person: str) -> list[str]:
    """The subjects of the persons whom somebody stands in for, at whatever time and unit."""
    found = select(role_grant.c.subject).where(role_grant.c.person == by_person, role_grant.c.subject != by_person)
    return list(snapshot.connection.scalars(found.distinct().order_by(role_grant.c.subject)))


def persons_named(snapshot: Snapshot, name: str) -> list[str]:
    """The subjects of the persons with that name."""
    named = select(person.c.subject).where(person.c.name == name).order_by(person.c.subject)
    return list(snapshot.connection.scalars(named))


def parties_named(snapshot: Snapshot, name: str) -> list[str]:
    """The subjects of the parties with that name."""
    named = select(party.c.subject).where(party.c.name == name).order_by(party.c.subject)
    return list(snapshot.connection.scalars(named))


def premises_with_code(snapshot: Snapshot, code: str, of_unit: str | None = None) -> list[str]:
    """The subjects of the premises with that code, in all units or in one."""
    coded = select(premises.c.subject).where(premises.c.code == code).order_by(premises.c.subject)
    if of_unit is not None:
        coded = coded.where(premises.c.unit == of_unit)
    return list(snapshot.connection.scalars(coded))


def premises_of_party(snapshot: Snapshot, of_party: str) -> list[str]:
    """The subjects of the premises that a party occupies or has occupied."""
    occupied = select(occupancy.c.subject).where(occupancy.c.party == of_party).distinct()
    return sorted(snapshot.connection.scalars(occupied))


def list_parties(snapshot: Snapshot, text: str = "") -> list[PartyEntry]:
    """The parties whose name, phone or contact holds ``text``, by name."""
    columns = (party.c.subject, party.c.name, party.c.kind, party.c.phone, party.c.contact, party.c.note)
    found = select(*columns).order_by(party.c.name, party.c.subject)
    if text:
        found = found.where(or_(*(_holds(c, text) for c in (party.c.name, party.c.phone, party.c.contact))))
    return [PartyEntry(*(value or "" for value in row)) for row in snapshot.connection.execute(found)]


def list_premises(snapshot: Snapshot, text: str = "", of_units: tuple[str, ...] | None = None) -> list[PremisesEntry]:
    """The premises whose code holds ``text``, in all units or in some, by unit and code."""
    columns = (
        premises.c.subject,
        premises.c.unit,
        premises.c.code,
        premises.c.building,
        premises.c.unit_no,
        premises.c.room,
        premises.c.kind,
    )
    found = select(*columns).order_by(premises.c.unit, premises.c.code)
    if text:
        found = found.where(_holds(premises.c.code, text))
    if of_units is not None:
        found = found.where(premises.c.unit.in_(of_units))
    return [PremisesEntry(*(value or "" for value in row)) for row in snapshot.connection.execute(found)]


def _holds(column: ColumnElement[str] | ColumnElement[str | None], text: str) -> ColumnElement[bool]:
    escaped = text.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")
    return column.like(f"%{escaped}%", escape=_ESCAPE)
