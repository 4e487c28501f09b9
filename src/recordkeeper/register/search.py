"""Finding records, and what waits for the archive.

Text is looked for in the values that stand now, without regard to the case of ASCII letters, on both
databases alike; there is no index of words, whose shadow tables would keep erased text.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, exists, func, literal, or_, select, union

from recordkeeper.model.sheet import counted
from recordkeeper.model.subject import base_of, number_of
from recordkeeper.register import tables
from recordkeeper.register.snapshot import Snapshot

ARCHIVE, ASK, CONSENT, NEW, FILL = "archive", "ask", "consent", "new", "fill"

_STATES = {
    "record": tables.record.c,
    "sheet": tables.record.c,
    "form": tables.form_revision.c,
    "procedure": tables.procedure.c,
    "person": tables.person.c,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordQuery:
    """Which records to find: those that meet every condition given.

    A collection that is empty finds nothing; none is no condition.

    Args:
        number: how the number begins.
        forms: codes of forms.
        units: subjects of units.
        or_part_of: subjects of persons: what they have a part in is found too, whatever its unit.
        states: states of records.
        entered_from: first date of entry, ``2026-11-01``.
        entered_to: last date of entry, itself included.
        parties: subjects of parties.
        premises: subjects of premises.
        text: what stands in one of the values.
        sheet: the subject of the sheet that the records are rows of, whichever it has or had.
        limit: how many records at most.
    """

    number: str | None = None
    forms: Collection[str] | None = None
    units: Collection[str] | None = None
    or_part_of: Collection[str] = ()
    states: Collection[str] | None = None
    entered_from: str | None = None
    entered_to: str | None = None
    parties: Collection[str] | None = None
    premises: Collection[str] | None = None
    text: str | None = None
    sheet: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record or sheet as it is listed; the columns of table ``record``."""

    subject: str
    number: str
    form: str
    revision: str
    unit: str
    state: str
    sheet: str | None
    party: str | None
    premises: str | None
    entered_on: str
    closed_on: str | None
    title: str | None


def find_records(snapshot: Snapshot, query: RecordQuery) -> list[FoundRecord]:
    """The records that meet ``query``, in the order of their dates of entry and numbers."""
    record = tables.record.c
    statement: Select[Any] = (
        select(*(tables.record.c[name] for name in FoundRecord.__slots__))
        .where(*_conditions(query))
        .order_by(record.entered_on, record.number)
        .limit(query.limit)
    )
    return [FoundRecord(*row) for row in snapshot.connection.execute(statement)]


def _conditions(query: RecordQuery) -> Iterator[ColumnElement[bool]]:
    record, field = tables.record.c, tables.record_field.c
    if query.number is not None:
        yield record.number.istartswith(query.number, autoescape=True)
    for column, wanted in (
        (record.form, query.forms),
        (record.state, query.states),
        (record.party, query.parties),
        (record.premises, query.premises),
    ):
        if wanted is not None:
            yield column.in_(wanted)
    if query.units is not None:
        has_part = [record.subject.in_(_parts(query.or_part_of))] if query.or_part_of else []
        yield or_(record.unit.in_(query.units), *has_part)
    if query.entered_from is not None:
        yield record.entered_on >= query.entered_from
    if query.entered_to is not None:
        yield record.entered_on <= query.entered_to
    if query.text is not None:
        yield exists().where(field.subject == record.subject, field.value.icontains(query.text, autoescape=True))
    if query.sheet is not None:
        yield record.sheet == base_of(query.sheet)


def subjects_with_part(snapshot: Snapshot, persons: Collection[str]) -> set[str]:
    """The records that name one of these persons, that one of them opened, filled or signed, or asked for consent to.

    Where to look, not who may read: the trail is gone through for what was asked for.
    """
    return set(snapshot.connection.scalars(_parts(persons)))


def _parts(persons: Collection[str]) -> CompoundSelect[Any]:
    signature, named, event = tables.signature.c, tables.record_field.c, tables.event.c
    return union(
        select(signature.subject).where(signature.person.in_(persons)),
        select(named.subject).where(named.value.in_(persons)),
        select(event.subject).where(event.kind.in_((NEW, FILL, ASK)), event.actor.in_(persons)),
    )


def subjects_with_requests(snapshot: Snapshot) -> list[str]:
    """The records and sheets of which more was asked for than was answered, in the order of their names."""
    event, record = tables.event.c, tables.record.c
    balance = func.sum(case((event.kind == ASK, 1), else_=-1))
    statement = (
        select(event.subject)
        .where(event.kind.in_((ASK, CONSENT)), event.subject.in_(select(record.subject)))
        .group_by(event.subject)
        .having(balance > 0)
        .order_by(event.subject)
    )
    return [str(subject) for subject in snapshot.connection.scalars(statement)]


def last_numbered_sheet(snapshot: Snapshot, form: str, unit: str) -> str | None:
    """The subject of the last sheet of a form and unit that bears a year and a running number; none where none does."""
    record = tables.record.c
    beginning = f"sheet/{form}/"
    year = func.substr(record.number, len(form) + 2, 4)
    statement = (
        select(record.subject)
        .where(record.subject.like(f"{beginning}____-S%"), record.subject > beginning, record.subject < f"{beginning}:")
        .where(record.unit == unit)
        .order_by(year.desc(), func.length(record.number).desc(), record.number.desc())
    )
    return next((each for each in snapshot.connection.scalars(statement) if counted(number_of(each))), None)


def count_rows(snapshot: Snapshot, sheet: str) -> int:
    """How many rows stand on the sheet of that subject, void ones included."""
    record = tables.record.c
    return int(snapshot.connection.scalar(select(func.count()).where(record.sheet == base_of(sheet))) or 0)


def subjects_to_archive(snapshot: Snapshot, kind: str, states: Collection[str] | None = None) -> list[str]:
    """The subjects of ``kind`` whose last act is not ``archive``, in the order of their names.

    Rows of a sheet are left out, for they are archived with it; a sheet whose rows have changed since it was
    archived is among them.

    Args:
        snapshot: where to look.
        kind: record, sheet, form, procedure, person, unit, party, premises.
        states: those alone that are in one of these states; for a kind that has states.

    Raises:
        KeyError: states are asked for and ``kind`` has none.
    """
    asked = None if states is None else tuple(sorted(states))
    return list(snapshot.connection.scalars(_to_archive(kind, asked)))


@cache
def _to_archive(kind: str, states: tuple[str, ...] | None) -> Select[str]:
    """The statement of ``subjects_to_archive``, kept: it takes long to put together, and is asked for each kind."""
    subject, last = tables.subject.c, tables.event.alias("last")
    is_archived = exists().where(
        last.c.subject == subject.subject, last.c.act_number == subject.act_count, last.c.kind == ARCHIVE
    )
    has_later_rows = _has_later_rows() if kind == "sheet" else None
    statement = select(subject.subject).where(
        subject.kind == kind, ~is_archived if has_later_rows is None else or_(~is_archived, has_later_rows)
    )
    if kind == "record":
        is_row = exists().where(tables.record.c.subject == subject.subject, tables.record.c.sheet.is_not(None))
        statement = statement.where(~is_row)
    if states is not None:
        table = _STATES[kind]
        statement = statement.where(exists().where(and_(table.subject == subject.subject, table.state.in_(states))))
    return statement.order_by(subject.subject)


def _has_later_rows() -> ColumnElement[bool]:
    subject = tables.subject.c
    sheet, row, sheet_event, row_event = (
        tables.record.alias("sheet_record"),
        tables.record.alias("row_record"),
        tables.event.alias("sheet_event"),
        tables.event.alias("row_event"),
    )
    return exists().where(
        sheet_event.c.subject == subject.subject,
        sheet_event.c.act_number == subject.act_count,
        sheet.c.subject == subject.subject,
        row.c.sheet == literal("sheet/").concat(sheet.c.number),
        row_event.c.subject == row.c.subject,
        row_event.c.act_number.is_not(None),
        row_event.c.index > sheet_event.c.index,
    )
