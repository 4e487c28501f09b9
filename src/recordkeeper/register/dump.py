"""Every row of a register as lines of JSON, the same on both databases, and a register made of them again.

A table is one line with the names of its columns, then a line a row: a list in their order, bytes as
``{"base64": "…"}``. Sessions are left out: nobody is logged in to a register that was put back. Rows go into the schema
of the revision they were read from; the migrations then do what they do to any older register.

Source: P-2, P-3
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, Table, inspect, select, text

from recordkeeper.errors import InvalidInputError, RegisterError
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.register import tables
from recordkeeper.register.schema import REVISIONS, migrate
from recordkeeper.register.snapshot import Snapshot

Value = str | int | bytes | None
_ROWS_AT_ONCE = 1000
_LEFT_OUT = {tables.session.name}


class DumpRefusedError(RegisterError, InvalidInputError):
    """Lines that are no dump of a register of this program."""

    def __init__(self, table: str, line: int, found: str) -> None:
        place = f"{table} {line}".strip() if line else table
        super().__init__(_("{place}: refused: {found}").format(place=place, found=found), subject=place, found=found)


def revision_dumped(snapshot: Snapshot) -> str:
    """The schema's revision that the rows of ``dump`` belong to."""
    return str(snapshot.connection.scalar(text("SELECT version_num FROM alembic_version")))


def dump(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each table's name, and its lines; all are of one moment."""
    for table in tables.metadata.sorted_tables:
        if table.name not in _LEFT_OUT:
            yield table.name, _lines(snapshot.connection, table)


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    yield _line([column.name for column in table.c])
    order = list(table.primary_key) or list(table.c)
    rows = connection.execute(select(table).order_by(*order).execution_options(yield_per=_ROWS_AT_ONCE))
    for row in rows:
        yield written_line(row)


def written_line(values: Iterable[object]) -> bytes:
    """The line of a row, or of the names of columns."""
    return _line([_written(value) for value in values])


def _line(value: list[object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _written(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    return value


def load(connection: Connection, revision: str, lines: Mapping[str, Iterable[bytes]]) -> None:
    """Put dumped rows into an empty database, in the schema that they were dumped from; guards are not put in place.

    Args:
        connection: one inside a writing transaction, in a database without tables.
        revision: the schema's revision.
        lines: for each table its lines.

    Raises:
        DumpRefusedError: a revision, table, column or value that no register of this program has.
    """
    if revision not in REVISIONS:
        raise DumpRefusedError("revision", 0, revision)
    migrate(connection, revision)
    connection.execute(text("DELETE FROM head"))
    known = set(inspect(connection).get_table_names())
    for name, of_table in lines.items():
        if name not in known or name in _LEFT_OUT or name == "alembic_version":
            raise DumpRefusedError(name, 0, _("no table of a register"))
        _load_table(connection, name, iter(of_table))


def _load_table(connection: Connection, name: str, lines: Iterator[bytes]) -> None:
    columns = _parsed(name, 1, next(lines, b""))
    known = [str(column["name"]) for column in inspect(connection).get_columns(name)]
    if sorted(map(str, columns)) != sorted(known):
        raise DumpRefusedError(name, 1, _("not the columns of that table"))
    quoted = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join(f":c{number}" for number in range(len(columns)))
    statement = text(f'INSERT INTO "{name}" ({quoted}) VALUES ({places})')
    rows: list[dict[str, Value]] = []
    for number, line in enumerate(lines, 2):
        values = _parsed(name, number, line)
        if len(values) != len(columns):
            raise DumpRefusedError(
                name, number, ngettext("{count} value", "{count} values", len(values)).format(count=len(values))
            )
        rows.append({f"c{place}": _read(name, number, value) for place, value in enumerate(values)})
        if len(rows) == _ROWS_AT_ONCE:
            connection.execute(statement, rows)
            rows = []
    if rows:
        connection.execute(statement, rows)


def _parsed(name: str, number: int, line: bytes) -> list[object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DumpRefusedError(name, number, str(error)) from None
    if not isinstance(value, list):
        raise DumpRefusedError(name, number, _("no list"))
    return value


def _read(name: str, number: int, value: object) -> Value:
    if value is None or (isinstance(value, str | int) and not isinstance(value, bool)):
        return value
    if isinstance(value, dict) and list(value) == ["base64"] and isinstance(value["base64"], str):
        try:
            return base64.b64decode(value["base64"], validate=True)
        except binascii.Error as error:
            raise DumpRefusedError(name, number, str(error)) from None
    raise DumpRefusedError(name, number, type(value).__name__)
