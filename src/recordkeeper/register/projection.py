"""Rows that follow from the acts: what every projection has in common.

A projection function turns the state of one subject into ``Rows``; this module stores them in place of the
subject's former rows, and completes them for comparison. It knows no model.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, Table, bindparam, delete, exists, insert, literal, select, union_all

from recordkeeper.errors import InvalidInputError, RegisterError
from recordkeeper.language import translate as _
from recordkeeper.model.event import History
from recordkeeper.model.subject import kind_of
from recordkeeper.register import tables

Value: TypeAlias = str | int | None
Row: TypeAlias = Mapping[str, Value]
Rows: TypeAlias = Mapping[str, Sequence[Row]]

_TABLES = {table.name: table for table in tables.PROJECTIONS}

# One question, which tables hold rows of a subject, in place of a deletion in every table.
_tables_of_subject = union_all(
    *(
        select(literal(table.name).label("name")).where(exists().where(table.c["subject"] == bindparam("of_subject")))
        for table in tables.PROJECTIONS
    )
)


class NulCharacterError(RegisterError, InvalidInputError):
    """A value holds U+0000, which no database keeps alike."""

    def __init__(self, subject: str, place: str) -> None:
        super().__init__(
            _("{subject} {place}: a value holds U+0000").format(subject=subject, place=place),
            subject=f"{subject} {place}",
            found="U+0000",
        )


def complete_row(table: Table, subject: str, row: Row) -> dict[str, Value]:
    """``row`` with every column of ``table``: absent ones null, truth as 0 or 1, ``subject`` filled in.

    Raises:
        KeyError: the row names a column that the table does not have.
        NulCharacterError: a value holds U+0000.
    """
    unknown = row.keys() - table.c.keys()
    if unknown:
        raise KeyError(f"{table.name}: {sorted(unknown)}")
    complete: dict[str, Value] = {}
    for name in table.c.keys():  # noqa: SIM118 (a column collection iterates over columns)
        value = subject if name == "subject" else row.get(name)
        if isinstance(value, bool):
            value = int(value)
        if isinstance(value, str) and "\0" in value:
            raise NulCharacterError(subject, f"{table.name}.{name}")
        complete[name] = value
    return complete


def rows_of_subject(subject: str, rows: Rows) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """Each row as the database must hold it: the table's name, and the values in the order of its columns.

    Raises:
        KeyError: a table that is no projection, or a column that its table does not have.
        NulCharacterError: a value holds U+0000.
    """
    for name, several in rows.items():
        for row in several:
            yield name, tuple(complete_row(_TABLES[name], subject, row).values())


def subject_row(history: History) -> tuple[Value, ...]:
    """The row of table ``subject`` that must stand for ``history``, in the order of its columns."""
    return history.subject, kind_of(history.subject), history.count, history.digests[-1]


def replace_rows(connection: Connection, subject: str, rows: Rows) -> None:
    """Put ``rows`` in place of every projected row that the subject has had.

    Raises:
        KeyError: a table that is no projection, or a column that its table does not have.
        NulCharacterError: a value holds U+0000.
    """
    complete = [
        (table, [complete_row(table, subject, row) for row in several])
        for table, several in ((_TABLES[name], several) for name, several in rows.items())
    ]
    for name in connection.scalars(_tables_of_subject, {"of_subject": subject}).all():
        connection.execute(delete(_TABLES[name]).where(_TABLES[name].c["subject"] == subject))
    for table, several in complete:
        if several:
            connection.execute(insert(table), several)
