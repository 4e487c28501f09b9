"""What stands where a value was erased on request: a mark that names the tombstone, and that nobody can type.

Source: M-7
"""

from collections.abc import Mapping
from typing import cast

from recordkeeper.model.canonical import Json

ERASED_TEXT = "已删除"
"""What is printed in its place, and what stands for an erased text that an act holds beside the values."""

_KEY = "erased"


def erased_mark(tombstone: int) -> Json:
    """The mark that stands for an erased value.

    Args:
        tombstone: number of the tombstone of what the record was before.
    """
    return {_KEY: tombstone}


def is_erased(value: object) -> bool:
    """Whether a stored value is the mark of an erased one."""
    return isinstance(value, Mapping) and value.keys() == {_KEY}


def tombstone_in(value: Json) -> int:
    """The number of the tombstone that a mark names.

    Args:
        value: a mark.
    """
    return cast("int", cast("Mapping[str, Json]", value)[_KEY])


def left_of(value: Json) -> Json:
    """What is left of a stored value where it, or cells of its rows, were erased; None where nothing is."""
    if is_erased(value):
        return None
    if isinstance(value, list | tuple):
        return [
            {name: cell for name, cell in row.items() if not is_erased(cell)} if isinstance(row, Mapping) else row
            for row in value
        ]
    return value
