"""What computed values ask reference tables for: ``reference('price_report', room, 'price')``.

The tables are controlled data with revisions; which revision answers is settled by whoever gives the lookup.

Source: ISO 9001, 7.5.3.2; P01-R6, P01-R7
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Find: TypeAlias = Callable[[str, tuple[str, ...], str], object]
"""Finds a value by table, keys and column; None where there is no such row, or no such table."""

KEY = "key"
"""Under what an example's row of a table names its key, or its keys in a list."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The lookup that expressions call.

    Args:
        find: where the values come from.
        cited: the revision of each table that has answered so far, kept by whoever finds.
    """

    find: Find
    cited: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, table: str, key: object, column: str) -> object:
        """The value of ``column`` in the row of that key; None where a key is blank or there is no such row.

        Args:
            table: the table's name.
            key: what finds the row; a list where several columns do.
            column: what of the row is asked for.
        """
        keys = _keys(key)
        return None if None in keys else self.find(table, tuple(map(str, keys)), column)


def _keys(key: object) -> Sequence[object]:
    return tuple(key) if isinstance(key, list | tuple) else (key,)


def row_keys(row: Mapping[str, object]) -> tuple[str, ...]:
    """The keys of a row that is given as it is."""
    return tuple(map(str, _keys(row.get(KEY))))


def reference_to(tables: Mapping[str, Iterable[Mapping[str, object]]]) -> Reference:
    """A lookup in tables that are given as they are.

    Args:
        tables: by name their rows, each with its ``key`` and its columns as expressions see them.
    """
    rows = {(name, row_keys(row)): row for name, listed in tables.items() for row in listed}
    return Reference(lambda table, keys, column: rows.get((table, keys), {}).get(column))


NO_TABLES = Reference(lambda _table, _keys, _column: None)
