"""A CSV file as people hand it in: UTF-8 with or without a mark, or GB18030; commas, semicolons or tabs.

Headings are found by any of their names, Chinese, English or the field's own. What the cells mean is decided elsewhere.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recordkeeper.amount import amount
from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import listing
from recordkeeper.language import translate as _

LARGEST_FILE_BYTES = 100 * 1024 * 1024
_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = ",;\t"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


class UnreadableTableError(RecordError, InvalidInputError):
    """A file that is no table."""

    def __init__(self, source: str, expected: str, found: str) -> None:
        super().__init__(
            _("{source}: expected {expected}, found {found}").format(source=source, expected=expected, found=found),
            subject=source,
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it (the headings are row 1), and its cells by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that was not taken.

    Args:
        row: its number as a spreadsheet shows it.
        column: the field's name; empty where it is the row as a whole.
        message: what was expected and found.
    """

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        said = _("row {row} {column}: {message}") if self.column else _("row {row}: {message}")
        return said.format(row=self.row, column=self.column, message=self.message)


def read_table(data: bytes, source: str, columns: Mapping[str, Sequence[str]]) -> list[Row]:
    """The rows of a CSV file by column; cells without surrounding space, empty rows left out.

    Args:
        data: the file's bytes.
        source: what to call it in an error.
        columns: each column's field name and the other headings it may have.

    Raises:
        UnreadableTableError: no text, no row, a heading that no column has or that stands twice, a row with more
            cells than there are headings.
    """
    lines = read_lines(data, source)
    headings = _columns(lines[0][1], source, columns)
    rows: list[Row] = []
    for number, cells in lines[1:]:
        if len(cells) > len(headings) and any(cell.strip() for cell in cells[len(headings) :]):
            raise UnreadableTableError(
                _("{source} row {row}").format(source=source, row=number),
                amount("cells", len(headings)),
                str(len(cells)),
            )
        named = {heading: cell.strip() for heading, cell in zip(headings, cells, strict=False)}
        if any(named.values()):
            rows.append(Row(number, named))
    return rows


def read_lines(data: bytes, source: str) -> list[tuple[int, list[str]]]:
    """The lines of a CSV file that are not empty, each with its number; the first holds the headings.

    Args:
        data: the file's bytes.
        source: what to call it in an error.

    Raises:
        UnreadableTableError: no text, no CSV, no line.
    """
    lines = _parsed(_decoded(data, source), source)
    if not lines:
        raise UnreadableTableError(source, _("a row of headings"), _("nothing"))
    return lines


def _decoded(data: bytes, source: str) -> str:
    if len(data) > LARGEST_FILE_BYTES:
        raise UnreadableTableError(source, _("at most 100 MiB"), amount("bytes", len(data)))
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableTableError(source, _("text in UTF-8 or GB18030"), _("other bytes"))


def _parsed(text: str, source: str) -> list[tuple[int, list[str]]]:
    first_line = text.lstrip("\n\r").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = list(enumerate(reader, 1))
    except csv.Error as error:
        found = _("line {line}: {error}").format(line=reader.line_num, error=error)
        raise UnreadableTableError(source, "CSV", found) from None
    return [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]


def _columns(cells: list[str], source: str, columns: Mapping[str, Sequence[str]]) -> list[str]:
    known = {folded_heading(name): column for column, names in columns.items() for name in (column, *names)}
    found: list[str] = []
    for cell in cells:
        column = known.get(folded_heading(cell))
        if column is None:
            expected = _("one of the headings {names}").format(names=listing(columns))
            raise UnreadableTableError(source, expected, cell.strip() or _("an empty heading"))
        if column in found:
            raise UnreadableTableError(source, _("each column once"), cell.strip())
        found.append(column)
    return found


def folded_heading(heading: str) -> str:
    """How headings are compared: width, case, underscores, doubled spaces and a star do not count."""
    folded = unicodedata.normalize("NFKC", heading).strip().strip("*").casefold()
    return " ".join(folded.replace("_", " ").split())


def guarded(text: str) -> str:
    """``text`` with an apostrophe before it where a spreadsheet would take it for a formula; ``unguarded`` undoes it.

    Source: OWASP, CSV Injection
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """A cell without the apostrophe that ``guarded`` has set."""
    return cell[1:] if _GUARDED.match(cell) else cell


def format_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file in UTF-8 with its mark, by which spreadsheets know it; cells are written as they are given."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
