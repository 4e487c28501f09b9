"""A table as a spreadsheet: dates as dates, numbers as numbers, an amended value struck with the new one beside it.

No cell is ever a formula, a link or a number made of a text. Equal tables give equal bytes.

Source: ECMA-376, part 1, 18.4 (rich text of cells); Microsoft, Excel specifications and limits
"""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import TypeAlias

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from recordkeeper.documents.typeface import HEI, SONG
from recordkeeper.errors import DocumentError, InvalidInputError
from recordkeeper.language import translate as _
from recordkeeper.model.rich_text import RichText, Span, Style, text_of_spans

Cell: TypeAlias = str | Decimal | date | RichText | None

LONGEST_TEXT, MOST_DIGITS, MOST_ROWS = 32_767, 15, 1_048_575
NOTE_COLOUR, NOTE_POINTS = "404040", 8
_FIRST_DAY = date(1900, 3, 1)  # before it spreadsheets count a day that never was
_WIDTHS = (10, 60)
_MADE = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class CellRefusedError(DocumentError, InvalidInputError):
    """A value that a spreadsheet cannot hold whole."""

    def __init__(self, row: str, heading: str, expected: str, found: str) -> None:
        super().__init__(
            _("{row} {column}: expected {expected}, found {found}").format(
                row=row, column=heading, expected=expected, found=found
            ),
            subject=row,
            expected=expected,
            found=found,
        )


def format_workbook(name: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """An XLSX file of one sheet.

    Args:
        name: of the sheet, at most 31 characters.
        headings: one for each column.
        rows: their cells; the first names the row.

    Raises:
        CellRefusedError: a text is longer than a cell holds, or there are more rows than a sheet holds.
    """
    if len(rows) > MOST_ROWS:
        raise CellRefusedError(name, "", _("at most {count} rows").format(count=MOST_ROWS), str(len(rows)))
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as workbook:
        workbook.set_properties({"created": _MADE})
        sheet = workbook.add_worksheet(name)
        writer = _Writer(workbook, sheet)
        head = workbook.add_format(
            {"bold": True, "font_name": HEI, "bg_color": "#F2F2F2", "border": 1, "text_wrap": True}
        )
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, head)
            texts = [_shown(row[column]) for row in rows] + [heading]
            longest = max(len(line) for text in texts for line in text.split("\n"))
            sheet.set_column(column, column, min(max(longest * 1.4, _WIDTHS[0]), _WIDTHS[1]))
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if len(_shown(cell)) > LONGEST_TEXT:
                    expected = _("at most {count} characters").format(count=LONGEST_TEXT)
                    raise CellRefusedError(_shown(row[0]), headings[column], expected, str(len(_shown(cell))))
                writer.write(number, column, cell)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(rows), len(headings) - 1)
    return buffer.getvalue()


def _shown(cell: Cell) -> str:
    return text_of_spans(cell) if isinstance(cell, tuple) else "" if cell is None else str(cell)


class _Writer:
    def __init__(self, workbook: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        self._sheet = sheet
        plain = {"font_name": SONG, "valign": "top"}
        self._text = workbook.add_format({**plain, "text_wrap": True, "num_format": "@"})
        self._day = workbook.add_format({**plain, "num_format": "yyyy-mm-dd"})
        self._moment = workbook.add_format({**plain, "num_format": "yyyy-mm-dd hh:mm:ss"})
        self._numbers = {
            places: workbook.add_format({**plain, "num_format": f"0.{'0' * places}" if places else "0"})
            for places in range(7)
        }
        self._struck = workbook.add_format({"font_name": SONG, "font_strikeout": True})
        self._note = workbook.add_format({"font_name": SONG, "font_color": f"#{NOTE_COLOUR}", "font_size": NOTE_POINTS})
        self._beside = workbook.add_format({"font_name": SONG})

    def write(self, row: int, column: int, cell: Cell) -> None:
        match cell:
            case None | "" | ():
                self._sheet.write_blank(row, column, None, self._text)
            case tuple():
                self._write_spans(row, column, cell)
            case Decimal() if _is_exact(cell):
                self._sheet.write_number(row, column, float(cell), self._numbers[_places(cell)])
            case datetime():
                self._sheet.write_datetime(row, column, cell, self._moment)
            case date() if cell >= _FIRST_DAY:
                self._sheet.write_datetime(row, column, cell, self._day)
            case _:
                self._sheet.write_string(row, column, str(cell), self._text)

    def _write_spans(self, row: int, column: int, spans: RichText) -> None:
        """One cell with runs: what is struck, what stands, who and when."""
        runs = [
            ("".join(span.text for span in together), self._format(style))
            for style, together in groupby(_apart(spans), key=lambda span: span.style)
        ]
        if len(runs) == 1 and runs[0][1] is not self._struck:
            self._sheet.write_string(row, column, runs[0][0], self._text)
            return
        if len(runs) == 1:
            runs.append((" ", self._beside))  # a cell of one run alone is none of rich text
        self._sheet.write_rich_string(row, column, *(piece for text, how in runs for piece in (how, text)), self._text)

    def _format(self, style: Style) -> Format:
        if style is Style.STRUCK:
            return self._struck
        return self._note if style in {Style.NOTE, Style.MARK} else self._beside


def _apart(spans: RichText) -> RichText:
    """The spans without empty ones, and with a space between an old value and what came after it.

    What is not of the values has the look of notes alone: by it an import tells the value that stands.
    """
    apart: list[Span] = []
    for span in spans:
        if not span.text:
            continue
        if span.style in {Style.NEW, Style.STRUCK} and apart and apart[-1].style is Style.STRUCK:
            apart.append(Span(" ", Style.NOTE))
        apart.append(span)
    return tuple(apart)


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _is_exact(number: Decimal) -> bool:
    """Whether a spreadsheet keeps every digit."""
    return number.is_finite() and len(number.as_tuple().digits) <= MOST_DIGITS and _places(number) <= 6
