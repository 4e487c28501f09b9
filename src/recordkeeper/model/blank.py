"""Blanks: what a controller had printed of a revision to be filled with the pen, each with a number and a token.

A blank carries a print code before there is a record. So the act that issues it holds its token, and printing it again
writes nothing.

Source: ISO 9001, 7.5.3.2 (distribution, access, control of changes)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from recordkeeper.errors import FormError, InvalidInputError, MissingError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import Act
from recordkeeper.model.print_code import PrintCode
from recordkeeper.model.value import check_text

MOST_AT_ONCE = 200


class BlankCountError(FormError, InvalidInputError):
    """So many blanks are not issued by one act."""

    def __init__(self, found: int) -> None:
        expected = _("from 1 to {most}").format(most=MOST_AT_ONCE)
        message = _("blanks at once: expected {expected}, found {found}").format(expected=expected, found=found)
        super().__init__(message, subject="--count", expected=expected, found=str(found))


class UnknownPrintingError(FormError, MissingError):
    """The act named issued no blanks."""

    def __init__(self, name: str, act: int, known: str) -> None:
        message = _("{name}: act {act} issued no blanks; those that did: {known}").format(
            name=name, act=act, known=known or "/"
        )
        super().__init__(message, subject=name, expected=known, found=str(act))


@dataclass(frozen=True, slots=True)
class Blank:
    """One blank.

    Args:
        number: counted for each revision by itself, from 1.
        token: the ten characters of its print code.
    """

    number: int
    token: str


@dataclass(frozen=True, slots=True)
class Printing:
    """The blanks that one act issued.

    Args:
        act_number: the act on the revision.
        unit: the subject of the unit that they are for.
        reason: why; empty where nothing was said.
        name: who had them printed.
        at: when.
        on: the company's date.
        blanks: in the order of their numbers.
    """

    act_number: int
    unit: str
    reason: str
    name: str
    at: str
    on: str
    blanks: tuple[Blank, ...]

    @classmethod
    def of(cls, act: Act) -> "Printing":
        """What an act ``print`` issued."""
        content = act.content
        listed = cast("Sequence[Mapping[str, Json]]", content["blanks"])
        blanks = tuple(Blank(int(str(each["number"])), str(each["token"])) for each in listed)
        unit, reason = str(content["unit"]), str(content.get("reason", ""))
        return cls(act.number, unit, reason, str(content["name"]), act.at, str(content["on"]), blanks)

    @property
    def numbers(self) -> str:
        """``0001`` or ``0001-0012``."""
        return numbers_from(self.blanks[0].number, len(self.blanks))

    def print_code(self, blank: Blank) -> PrintCode:
        """What the first page of a blank says."""
        return PrintCode(blank.token, self.act_number)


def numbers_from(first: int, count: int) -> str:
    """``0001`` or ``0001-0012``."""
    return f"{first:04}" if count == 1 else f"{first:04}-{first + count - 1:04}"


def blanks_content(first: int, tokens: Sequence[str], unit: str, reason: str) -> Content:
    """What an act ``print`` holds beside its head.

    Args:
        first: number of the first of them.
        tokens: one for each blank.
        unit: the subject of the unit that they are for.
        reason: why; may be empty.

    Raises:
        BlankCountError: none, or too many.
        TextRefusedError: a reason that no rendering survives.
    """
    if not 1 <= len(tokens) <= MOST_AT_ONCE:
        raise BlankCountError(len(tokens))
    listed: list[Json] = [{"number": number, "token": token} for number, token in enumerate(tokens, first)]
    return {"unit": unit, **({"reason": check_text(reason, "reason")} if reason else {}), "blanks": listed}
