"""Every value that the acts of a record say, those that an amendment or a later filling took the place of included.

Source: M-7; PIPL, 47
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from recordkeeper.model.canonical import Content, Json, canonical
from recordkeeper.model.erased import is_erased
from recordkeeper.model.record import Record

Rows = Sequence[Mapping[str, Json]]


def are_rows(value: Json) -> bool:
    """Whether a value is that of a field of rows, one at least."""
    return isinstance(value, list | tuple) and all(isinstance(each, Mapping) for each in value) and bool(value)


def said_values(record: Record) -> Iterator[tuple[str, Json]]:
    """Each value that an act says, with the field or the cell (``field.row.column``) of which it says it.

    Args:
        record: as it stands.
    """
    for act in record.history.told:
        fill = act.content.get("fill")
        for said in (act.content, fill):
            if isinstance(said, Mapping) and isinstance(values := said.get("values"), Mapping):
                yield from values.items()
        for change in cast("Sequence[Content]", act.content.get("changes", ())):
            yield from ((str(change["field"]), change[end]) for end in ("old", "new") if change.get(end) is not None)


def has_moved_rows(record: Record, field: str, column: str) -> bool:
    """Whether an act says rows that hold another text in a column than the row of the same number holds or was amended.

    It is not sure then which row of before was whose.

    Args:
        record: as it stands.
        field: of rows.
        column: of it.
    """
    known: set[tuple[int, bytes]] = set()
    listed = [filled.values.get(field) for filled in record.saved.values()]
    known |= {each for rows in listed if are_rows(rows) for each in _in_column(cast("Rows", rows), column)}
    said = list(said_values(record))
    for name, value in said:
        own, _dot, cell = name.partition(".")
        row, _dot, of = cell.partition(".")
        if own == field and of == column:
            known.add((int(row), canonical(value)))
    return any(
        each not in known
        for name, rows in said
        if name == field and are_rows(rows)
        for each in _in_column(cast("Rows", rows), column)
    )


def _in_column(rows: Rows, column: str) -> Iterator[tuple[int, bytes]]:
    for number, row in enumerate(rows, 1):
        value = row.get(column)
        if value is not None and not is_erased(value):
            yield number, canonical(value)
