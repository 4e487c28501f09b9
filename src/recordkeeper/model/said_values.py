"""Every value that the acts of a record say, those that an amendment or a later filling took the place of included.

Source: M-7; PIPL, 47
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from recordkeeper.model.canonical import Content, Json, canonical
from recordkeeper.model.erased import is_erased
from recordkeeper.model.record import Record
from recordkeeper.model.section import FormField

_SHORTEST_TOLD = 2
"""The shortest text whose other places are told; a single character is everywhere."""

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


def told_elsewhere(
    record: Record, places: Sequence[str], at: Record | None = None, named: Sequence[str] = ()
) -> list[str]:
    """Other places in which a text that is to be erased of a record stands too: whoever asks decides on them.

    Args:
        record: as it stands.
        places: what is to be erased of it.
        at: where to look: of a row its sheet, of a sheet a row; the record itself if absent.
        named: what is to be erased there, which is not told; ``places`` where it is the record itself.
    """
    texts = {text for place in places for text in _texts_at(record, place)}
    there, asked = (record, places) if at is None else (at, named)
    but = {place.partition(".")[0] for place in asked}
    fields = [each for section in there.sections for each in section.all_fields if each.id not in but]
    return [each.id for each in fields if _holds(there, each, texts)]


def _texts_at(record: Record, place: str) -> Iterator[str]:
    """The texts that stand at a place, and those that an amendment or a later filling took the place of."""
    name, _dot, cell = place.partition(".")
    standing = [(name, filled.values.get(name)) for filled in record.saved.values()]
    for at, value in (*standing, *said_values(record)):
        own, _dot, own_cell = at.partition(".")
        if own != name or (cell and own_cell and cell != own_cell):
            continue
        held = _cells(cast("Rows", value), cell) if are_rows(value) else [value]
        yield from (each for each in held if isinstance(each, str) and len(each) >= _SHORTEST_TOLD)


def _cells(rows: Sequence[Mapping[str, Json]], cell: str) -> Iterator[Json]:
    for number, row in enumerate(rows, 1):
        yield from (value for column, value in row.items() if cell in {"", f"{number}.{column}"})


def _holds(record: Record, field: FormField, texts: set[str]) -> bool:
    return any(text in held for held in _texts_at(record, field.id) for text in texts)
