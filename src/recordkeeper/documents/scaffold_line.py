"""How short fields share a line, and how much room what is written there needs.

Widths are ems, that is, Chinese characters: Latin letters and digits are taken as half of one.
"""

import math
from collections.abc import Iterator, Sequence

from recordkeeper.documents.house_style import BODY, mm
from recordkeeper.documents.typeface import width_in_ems
from recordkeeper.model.section import Choice, FormField

SIDES_MM = 3.2  # the padding of a cell
_DAY = "2026年12月31日"
_BOX, _BETWEEN_BOXES = 1.25, 1.0
_YES_NO = 2 * (_BOX + 1) + _BETWEEN_BOXES
_LEAST_LINE, _LONGEST_LINE = 3, 8
_TWO = 2


def lines_of(fields: Sequence[FormField], most: int, value_width: int) -> Iterator[Sequence[FormField]]:
    """The fields in lines of at most ``most``; two to a line where one needs more than a third of it.

    Args:
        fields: short ones, in their order.
        most: how many share a line.
        value_width: of a value where ``most`` share the line, in twips.
    """
    room = (value_width - mm(SIDES_MM)) / (BODY * 10)
    begin = 0
    while begin < len(fields):
        line = fields[begin : begin + most]
        if most > _TWO and any(needed_ems(field) > room for field in line):
            line = fields[begin : begin + _TWO]
        yield line
        begin += len(line)


def needed_ems(field: FormField) -> float:
    """What the longest value of a field needs, where that can be told; else nothing."""
    match field.type:
        case "date":
            return width_in_ems(_DAY)
        case "moment":
            return width_in_ems(f"{_DAY} 12:59")
        case "yes_no":
            return _YES_NO
        case "choice":
            return _choices_ems(field.choices)
        case _:
            return 0


def pen_line(field: FormField, width: int) -> str:
    """A line for the pen behind the choices of a field, no longer than what they leave of their own line.

    Args:
        field: a choice whose last one is written out.
        width: of its cell, in twips.
    """
    room = (width - mm(SIDES_MM)) / (BODY * 10) - _choices_ems(field.choices) - 1  # the colon
    return "＿" * max(_LEAST_LINE, min(_LONGEST_LINE, math.floor(room)))


def _choices_ems(choices: Sequence[Choice]) -> float:
    return sum(_BOX + width_in_ems(choice.zh) for choice in choices) + _BETWEEN_BOXES * (len(choices) - 1)
