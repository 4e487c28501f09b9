"""One time that a section of a record is filled and signed: its round in a loop, its instance where it is repeated.

``handled``, ``handled@2`` for its second round, ``review[engineering]`` for one instance, ``measures@1`` and
``opinion[engineering]`` for fields, ``goods@1.2.quantity`` for a cell.
"""

import re
from typing import NamedTuple

FIRST_ROUND = 1
_SPELLING = re.compile(
    r"(?P<name>[^\[\]@.]+)(?:\[(?P<item>[^\[\]]+)\])?(?:@(?P<round>[1-9][0-9]{0,3}))?(?:\.(?P<cell>.+))?"
)


class Step(NamedTuple):
    """Which section, in which round, for which choice or row.

    Args:
        section: the section's id.
        round: from 1.
        item: the choice's id or the row's number from 1; empty where the section is not repeated.
    """

    section: str
    round: int = FIRST_ROUND
    item: str = ""

    def __str__(self) -> str:
        return spelled(self.section, self.item, self.round)


class Spelling(NamedTuple):
    """What somebody wrote for a step, a field or a cell; a round of 0 and an item of "" were not written."""

    name: str
    item: str = ""
    round: int = 0
    cell: str = ""


def spelled(name: str, item: str = "", round_number: int = FIRST_ROUND, cell: str = "") -> str:
    """How a step, a field or a cell is written; the first round goes without saying."""
    instance = f"[{item}]" if item else ""
    later = f"@{round_number}" if round_number != FIRST_ROUND else ""
    return f"{name}{instance}{later}{'.' if cell else ''}{cell}"


def read_spelling(text: str) -> Spelling:
    """The parts of what somebody wrote; a text of another form is a name as a whole."""
    match = _SPELLING.fullmatch(text.strip())
    if match is None:
        return Spelling(text)
    return Spelling(match["name"], (match["item"] or "").strip(), int(match["round"] or 0), match["cell"] or "")
