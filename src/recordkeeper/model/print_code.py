"""What the print code of a form says: the record's token, the state shown, the page, a character to check it by.

``ABCDEFGHJK-12-2.3-7``: token, number of the last act shown, page of pages, check character; for a sheet ``12.57``, the
second number counting the acts of its rows. A Word file says ``-1-``, for how many pages there are is known when it is
laid out, and ``-0-`` on those that follow the first. Capitals, digits, ``-`` and ``.`` alone, at most thirty: what a QR
code holds in its denser mode and every reader gives back as it is.

Source: ISO/IEC 18004, 7.4.4 (alphanumeric mode); ISO/IEC 7064, MOD 37,36
"""

import re
from dataclasses import dataclass

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import translate as _

TOKEN_CHARACTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105  # an alphabet, no secret
TOKEN_LENGTH = 10
SAMPLE_TOKEN = "0" * TOKEN_LENGTH  # no record has it: tokens hold no zero
LONGEST = 30

_CODE = re.compile(r"([0-9A-Z]{10})-(\d+)(?:\.(\d+))?-(\d+)(?:\.(\d+))?-([0-9A-Z])")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MODULUS = 36
_VALUES = {character: value for value, character in enumerate(_DIGITS)} | {"-": 34, ".": 35}  # no value of a digit


class MisreadCodeError(RecordError, InvalidInputError):
    """A code that no form of this program carries, or of which a character was misread."""

    def __init__(self, found: str) -> None:
        super().__init__(
            _("{code}: expected a print code like ABCDEFGHJK-12-1-7, found something else").format(code=found[:40]),
            subject=found[:40],
            found=found,
        )


@dataclass(frozen=True, slots=True)
class PrintCode:
    """What one printed page says of itself.

    Args:
        token: ten characters that stand in the act ``new``, for a copy or a blank in the act that issued it.
        act: number of the last act that the page shows.
        page: from 1; 0 where it is not known which of the later pages.
        row_acts: for a sheet: how many acts of its rows are shown; None for a record.
        pages: how many there are; None where it is not known.
    """

    token: str
    act: int
    page: int = 1
    row_acts: int | None = None
    pages: int | None = None

    def __str__(self) -> str:
        shown = str(self.act) if self.row_acts is None else f"{self.act}.{self.row_acts}"
        page = str(self.page) if self.pages is None else f"{self.page}.{self.pages}"
        body = f"{self.token}-{shown}-{page}"
        return f"{body}-{check_character(body)}"


def parse_print_code(text: str) -> PrintCode:
    """The print code that ``text`` is.

    Raises:
        MisreadCodeError: another kind of code, or a character was misread.
    """
    match = _CODE.fullmatch(text) if text.isascii() else None
    if match is None or check_character(text[:-2]) != match.group(6):
        raise MisreadCodeError(text)
    token, act, row_acts, page, pages, _check = match.groups()
    return PrintCode(token, int(act), int(page), int(row_acts) if row_acts else None, int(pages) if pages else None)


def check_character(body: str) -> str:
    """The character that shows a misread one; separators count as letters do.

    Source: ISO/IEC 7064, MOD 37,36
    """
    product = _MODULUS
    for character in body:
        total = (product + _VALUES[character]) % _MODULUS or _MODULUS
        product = total * 2 % (_MODULUS + 1)
    return _DIGITS[(1 - product) % _MODULUS]
