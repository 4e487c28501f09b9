"""Reference tables as they stand: which procedures declare them, which revision is in force, what a row says.

Source: ISO 9001, 7.5.3.2; P01-R6, P01-R7
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

from recordkeeper.errors import FormError, MissingError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.form_revision import Revision, in_force
from recordkeeper.model.procedure import Procedure, ReferenceTable, TableColumn
from recordkeeper.model.reference import Reference
from recordkeeper.model.section import FieldType, FormField, Title
from recordkeeper.model.value import plain_value
from recordkeeper.register.snapshot import Snapshot


class UnknownTableError(FormError, MissingError):
    """No installed procedure declares a table of that name."""

    def __init__(self, table: str, known: Sequence[str]) -> None:
        names = listing(known) or _("nothing")
        message = _("{table}: no such reference table, only {known}").format(table=table, known=names)
        super().__init__(message, subject=table, expected=names, found=table)


@dataclass(frozen=True, slots=True)
class Declared:
    """A table as an installed procedure declares it.

    Args:
        table: its columns and who approves it.
        procedure: the procedure's id.
    """

    table: ReferenceTable
    procedure: str


def declared_tables(snapshot: Snapshot) -> dict[str, Declared]:
    """The tables of installed procedures by name; of several revisions the newest declares."""
    found: dict[str, Declared] = {}
    revisions = sorted(map(Revision.replay, snapshot.histories("procedure")), key=lambda each: (each.code, each.place))
    for revision in revisions:
        for table in Procedure.model_validate(revision.definition).tables:
            found[table.id] = Declared(table, revision.code)
    return found


def declared(snapshot: Snapshot, name: str) -> Declared:
    """The table of that name.

    Raises:
        UnknownTableError: no installed procedure declares it.
    """
    known = declared_tables(snapshot)
    if name not in known:
        raise UnknownTableError(name, sorted(known))
    return known[name]


def table_revisions(snapshot: Snapshot, name: str) -> list[Revision]:
    """Every revision of a table, the oldest first."""
    found = [each for each in map(Revision.replay, snapshot.histories("table")) if each.code == name]
    return sorted(found, key=lambda each: each.place)


def reference_on(snapshot: Snapshot, on: date, zone: ZoneInfo) -> Reference:
    """The lookup in the tables that are in force on a day; it keeps which revision answered.

    Args:
        snapshot: where the tables are.
        on: the day.
        zone: the company's time zone.
    """
    cited: dict[str, str] = {}
    rows: dict[str, Mapping[tuple[str, ...], Mapping[str, object]]] = {}

    def find(name: str, keys: tuple[str, ...], column: str) -> object:
        if name not in rows:
            revision = in_force(table_revisions(snapshot, name), on)
            rows[name] = _plain_rows(snapshot, revision, zone) if revision else {}
            if revision:
                cited[name] = revision.revision
        return rows[name].get(keys, {}).get(column)

    return Reference(find, cited)


def _plain_rows(snapshot: Snapshot, revision: Revision, zone: ZoneInfo) -> dict[tuple[str, ...], dict[str, object]]:
    columns = [column_field(column) for column in declared(snapshot, revision.code).table.columns]
    return {
        tuple(map(str, cast("Sequence[Json]", row["key"]))): {
            each.id: plain_value(each, cast("Mapping[str, Json]", row["values"]).get(each.id), zone) for each in columns
        }
        for row in rows_of_revision(revision)
    }


def rows_of_revision(revision: Revision) -> list[Content]:
    """The rows of a table's revision: ``key`` and ``values``, both canonical."""
    return cast("list[Content]", revision.definition["rows"])


def column_field(column: TableColumn) -> FormField:
    """The field that a column's values are read and seen as."""
    kind: FieldType = "text" if column.type == "unit" else column.type
    return FormField(id=column.id, title=Title(zh=column.title.zh, en=column.title.en), type=kind, places=column.places)


def tables_in_force(snapshot: Snapshot, on: date) -> Iterator[tuple[str, Declared, Revision | None, Revision | None]]:
    """Each declared table with its revision in force on a day and its newest one."""
    for name, each in sorted(declared_tables(snapshot).items()):
        revisions = table_revisions(snapshot, name)
        yield name, each, in_force(revisions, on), revisions[-1] if revisions else None
