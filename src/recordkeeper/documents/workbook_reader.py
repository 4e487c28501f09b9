"""A sheet of a spreadsheet read as text: what a person sees in its cells, or why a cell cannot be taken.

The file passes the gate of ``ooxml``. A formula is never taken, nor the value that was last computed of it; nor is an
error, a number with more digits than a spreadsheet keeps, or a text that is struck as a whole. Numbers lose the noise
of their last binary digits, days and moments are written in full, and what covers several rows stands in each of them.
Struck text beside other text is what stood before, and is left out with the notes of our own exports.

Source: ECMA-376, part 1, 18.3 (worksheets), 18.4 (shared strings), 18.8 (styles)
"""

import io
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from lxml import etree

from recordkeeper.documents.ooxml import WORKBOOK_PART, DocumentRefusedError, parse_small_part, read_spreadsheet_package
from recordkeeper.documents.workbook import MOST_DIGITS, NOTE_COLOUR, NOTE_POINTS
from recordkeeper.language import listing
from recordkeeper.language import translate as _

MOST_COLUMNS, MOST_CELLS, MOST_MERGES = 1000, 1_000_000, 50_000
MOST_MARKS, MOST_IN_A_CELL = 2_400_000, 5_000
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SHEETS = "xl/_rels/workbook.xml.rels"
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_OFF = frozenset({"0", "false"})
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001  # days without a zone
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_957_000  # March 1900, before which a day is counted that never was; the year 9995
_DAY_FORMATS, _TIME_FORMATS = (
    frozenset({14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58}),
    frozenset({18, 19, 20, 21, 22, 32, 33, 34, 35, 45, 46, 47, 55, 56}),
)
_PERCENT_FORMATS = frozenset({9, 10})


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell that has no value to take: what was expected and found."""

    expected: str
    found: str


CellText: TypeAlias = str | Unreadable


@dataclass(frozen=True, slots=True)
class SheetText:
    """What was read.

    Args:
        name: of the sheet.
        lines: the rows that are not empty, with their numbers; a row has as many cells as it needs.
        titles: rows above all others that are one merged cell and nothing else.
    """

    name: str
    lines: list[tuple[int, list[CellText]]]
    titles: int = 0


def sheet_names(data: bytes, name: str) -> list[str]:
    """The names of the sheets, in their order.

    Raises:
        DocumentRefusedError: the file does not pass the gate, or is no spreadsheet.
    """
    return list(_sheets(read_spreadsheet_package(data, name), name))


def read_sheet(data: bytes, name: str, sheet: str | None = None, most_rows: int = 100_000) -> SheetText:
    """The cells of one sheet as text.

    Args:
        data: the file.
        name: how to name it in a refusal.
        sheet: which; where not given, the only one that is not empty.
        most_rows: more of them are refused.

    Raises:
        DocumentRefusedError: the file does not pass the gate, there is no such sheet, several are not empty and none
            was named, cells are merged one over the other, or there are more than is read.
    """
    members = read_spreadsheet_package(data, name)
    sheets = _sheets(members, name)
    if sheet is not None and sheet not in sheets:
        raise DocumentRefusedError(name, _("one of the sheets {names}").format(names=listing(sheets)), sheet)
    styles = _Styles.read(members, name)
    strings = list(_strings(members, name))
    read: list[SheetText] = []
    for title, part in sheets.items():
        if sheet in {None, title}:
            reader = _Reader(f"{name} {title}", strings, styles, most_rows)
            lines = reader.lines(members[part])
            if lines or sheet is not None:
                read.append(SheetText(title, lines, reader.titles))
    if len(read) > 1:
        found = listing(each.name for each in read)
        raise DocumentRefusedError(name, _("one sheet that is not empty, or its name"), found)
    return read[0] if read else SheetText(next(iter(sheets)), [])


def _sheets(members: Mapping[str, bytes], name: str) -> dict[str, str]:
    relations = _part(members, _SHEETS, name)
    targets = {
        each.get("Id"): posixpath.normpath(posixpath.join("/xl", each.get("Target") or "")) for each in relations
    }
    found: dict[str, str] = {}
    for each in _part(members, WORKBOOK_PART, name).iter(f"{_MAIN}sheet"):
        part = targets.get(each.get(_RELATION), "").removeprefix("/")
        if part in members and part.startswith("xl/worksheets/"):
            found[each.get("name") or ""] = part
    if not found:
        raise DocumentRefusedError(name, _("a sheet"), _("none"))
    return found


def _part(members: Mapping[str, bytes], part: str, name: str) -> etree._Element:
    """A part that is small in every spreadsheet, or an empty one."""
    return parse_small_part(members.get(part, b"<none/>"), f"{name}/{part}")


def _elements(content: bytes, place: str, kept: str, *others: str) -> Iterator[tuple[str, etree._Element]]:
    """The beginnings and ends of elements as they come, so that no part is in memory as a tree.

    Args:
        content: the part.
        place: how to name it in a refusal.
        kept: the element that is given with all that it holds.
        others: elements that are given with their attributes alone.
    """
    if content.count(b"<") > MOST_MARKS:
        expected = _("at most {count} rows, cells or merges").format(count=MOST_MARKS // 4)
        raise DocumentRefusedError(place, expected, str(content.count(b"<") // 4))
    whole, given = f"{_MAIN}{kept}", {f"{_MAIN}{name}" for name in (kept, *others)}
    held: etree._Element | None = None
    inside = 0
    try:
        for event, element in etree.iterparse(
            io.BytesIO(content), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
        ):
            if event == "start" and held is None and element.tag == whole:
                held, inside = element, 0
            elif event == "start":
                inside += 1
                if held is not None and inside > MOST_IN_A_CELL:
                    expected = _("at most {count} pieces in a cell").format(count=MOST_IN_A_CELL)
                    raise DocumentRefusedError(place, expected, str(inside))
            if element.tag in given:
                yield event, element
            if event == "end":
                held = None if element is held else held
                if held is None:
                    _let_go(element)
    except etree.XMLSyntaxError as error:
        raise DocumentRefusedError(place, _("well-formed XML"), str(error.msg)) from None


def _let_go(element: etree._Element) -> None:
    """Forget an element that was read, and those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


# ---- styles and strings --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Styles:
    """What the style of a cell says of its value.

    Args:
        kinds: for each style, ``day``, ``time``, ``percent`` or nothing.
        struck: the styles whose font is struck.
        epoch: the day that serial numbers count from.
    """

    kinds: list[str] = field(default_factory=list)
    struck: set[int] = field(default_factory=set)
    epoch: datetime = _EPOCHS[False]

    @classmethod
    def read(cls, members: Mapping[str, bytes], name: str) -> "_Styles":
        properties = _part(members, WORKBOOK_PART, name).find(f"{_MAIN}workbookPr")
        is_1904 = properties is not None and properties.get("date1904", "0") not in _OFF
        found = cls(epoch=_EPOCHS[is_1904])
        root = _part(members, "xl/styles.xml", name)
        formats = {each.get("numFmtId"): each.get("formatCode") or "" for each in root.iter(f"{_MAIN}numFmt")}
        fonts = [_is_struck(font) for font in root.iterfind(f"{_MAIN}fonts/{_MAIN}font")]
        for number, style in enumerate(root.iterfind(f"{_MAIN}cellXfs/{_MAIN}xf")):
            found.kinds.append(_kind(_number(style.get("numFmtId")), formats.get(style.get("numFmtId"), "")))
            font = _number(style.get("fontId"))
            if font < len(fonts) and fonts[font]:
                found.struck.add(number)
        return found


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _is_struck(properties: etree._Element | None) -> bool:
    strike = properties.find(f"{_MAIN}strike") if properties is not None else None
    return strike is not None and strike.get("val", "1") not in _OFF


def _kind(identifier: int, code: str) -> str:
    shown = _QUOTED.sub("", code.partition(";")[0]).casefold()
    if identifier in _TIME_FORMATS or re.search(r"h|s", shown):
        return "time"
    if identifier in _DAY_FORMATS or re.search(r"[yd年月日]|^m+$", shown):
        return "day"
    return "percent" if identifier in _PERCENT_FORMATS or "%" in shown else ""


def _strings(members: Mapping[str, bytes], name: str) -> Iterator[str]:
    part = "xl/sharedStrings.xml"
    for event, element in _elements(members.get(part, b"<none/>"), f"{name}/{part}", "si"):
        if event == "end":
            yield _text_of(element)


def _text_of(item: etree._Element) -> str:
    """The text of a string that stands; what is struck in it stood before."""
    runs = item.findall(f"{_MAIN}r")
    if not runs:
        return _unescaped("".join(each.text or "" for each in item.iterchildren(f"{_MAIN}t")))
    standing = [run for run in runs if not _is_struck(run.find(f"{_MAIN}rPr"))]
    return _unescaped("".join(run.findtext(f"{_MAIN}t") or "" for run in standing if not _is_note(run)))


def _is_note(run: etree._Element) -> bool:
    size, colour = run.find(f"{_MAIN}rPr/{_MAIN}sz"), run.find(f"{_MAIN}rPr/{_MAIN}color")
    if size is None or colour is None:
        return False
    return size.get("val") == str(NOTE_POINTS) and colour.get("rgb") == f"FF{NOTE_COLOUR}"


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text


# ---- cells ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """Reads the rows of one sheet.

    Args:
        place: how to name the sheet in a refusal.
        strings: the shared strings.
        styles: the styles of the workbook.
        most_rows: more are refused.
        titles: how many rows above all others are one merged cell.
    """

    place: str
    strings: list[str]
    styles: _Styles
    most_rows: int
    titles: int = 0

    def lines(self, content: bytes) -> list[tuple[int, list[CellText]]]:
        """The rows that are not empty, with their numbers; what covers several of them stands in each."""
        rows: dict[int, dict[int, CellText]] = {}
        merges: list[tuple[int, int, int, int]] = []
        cells = row = column = 0
        for event, element in _elements(content, self.place, "c", "row", "mergeCell"):
            match event, element.tag.removeprefix(_MAIN):
                case "start", "row":
                    row, column = self._row(element.get("r"), row), 0
                case "end", "c":
                    row, column = self._reference(element.get("r")) if element.get("r") else (row, column + 1)
                    if (text := self._cell(element)) != "":
                        rows.setdefault(row, {})[column] = text
                        cells += 1
                        self._check(cells, MOST_CELLS)
                        self._check(len(rows), self.most_rows)
                case "end", "mergeCell":
                    merges.append(self._merge(element.get("ref") or ""))
                    self._check(len(merges), MOST_MERGES)
        self._spread(rows, merges)
        return [
            (number, [found.get(column, "") for column in range(1, max(found) + 1)])
            for number, found in sorted(rows.items())
        ]

    def _check(self, count: int, most: int) -> None:
        if count > most:
            expected = _("at most {count} rows, cells or merges").format(count=most)
            raise DocumentRefusedError(self.place, expected, str(count))

    def _row(self, text: str | None, before: int) -> int:
        return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 7 else before + 1

    def _reference(self, text: str | None) -> tuple[int, int]:
        match = _REFERENCE.fullmatch(text or "")
        column = 0
        for letter in match.group(1) if match else "":
            column = column * 26 + ord(letter) - ord("A") + 1
        if match is None or column > MOST_COLUMNS:
            expected = _("cells in at most {count} columns").format(count=MOST_COLUMNS)
            raise DocumentRefusedError(self.place, expected, (text or "")[:40])
        return int(match.group(2)), column

    def _merge(self, text: str) -> tuple[int, int, int, int]:
        first, _colon, last = text.partition(":")
        (top, left), (bottom, right) = self._reference(first), self._reference(last or first)
        return top, left, bottom, right

    def _spread(self, rows: dict[int, dict[int, CellText]], merges: list[tuple[int, int, int, int]]) -> None:
        """Put what covers several rows into each of them, and see which rows above all others are titles."""
        wide = {top for top, left, bottom, right in merges if right > left and top == bottom}
        for number in sorted(rows):
            if number not in wide or len(rows[number]) > 1:
                break
            self.titles += 1
        for number in sorted(rows)[: self.titles]:
            del rows[number]
        covered: set[tuple[int, int]] = set()
        last = max(rows, default=0)
        for top, left, bottom, _right in merges:
            for number in range(top, min(bottom, last) + 1):
                if (number, left) in covered:
                    raise DocumentRefusedError(self.place, _("cells merged once"), f"{top}:{bottom}")
                covered.add((number, left))
                if number > top and number in rows and left in rows.get(top, {}):
                    rows[number][left] = rows[top][left]

    def _cell(self, cell: etree._Element) -> CellText:
        if cell.find(f"{_MAIN}f") is not None:
            return Unreadable(_("a value"), _("a formula"))
        kind, value = cell.get("t") or "n", cell.findtext(f"{_MAIN}v") or ""
        style = _number(cell.get("s"))
        text: CellText
        match kind:
            case "inlineStr":
                inline = cell.find(f"{_MAIN}is")
                text = _text_of(inline) if inline is not None else ""
            case "s":
                is_known = value.isascii() and value.isdigit() and int(value) < len(self.strings)
                text = self.strings[int(value)] if is_known else _broken(value)
            case "str" | "d":
                text = _unescaped(value)
            case "b":
                text = "true" if value in {"1", "true"} else "false"
            case "n":
                text = self._number(value, style) if value else ""
            case _:
                text = Unreadable(_("a value"), value or kind)
        if text and style in self.styles.struck and kind != "e":
            return Unreadable(_("a value that stands"), _("struck text"))
        return text

    def _number(self, value: str, style: int) -> CellText:
        try:
            number = float(value)
        except ValueError:
            return _broken(value)
        if not abs(number) < 10**MOST_DIGITS:
            return Unreadable(_("a number of at most 15 digits; longer ones as text"), value)
        kind = self.styles.kinds[style] if style < len(self.styles.kinds) else ""
        match kind:
            case "day" | "time":
                return self._day(number, is_timed=kind == "time")
            case "percent":
                return f"{_exact(number * 100)}%"
            case _:
                return _exact(number)

    def _day(self, serial: float, *, is_timed: bool) -> CellText:
        if 0 <= serial < 1 and is_timed:
            return (_EPOCHS[False] + timedelta(seconds=round(serial * 86_400))).strftime("%H:%M:%S")
        first = _FIRST_SERIAL if self.styles.epoch == _EPOCHS[False] else 0
        if not first <= serial < _LAST_SERIAL:
            return Unreadable(_("a day from March 1900 on"), _exact(serial))
        moment = self.styles.epoch + timedelta(seconds=round(serial * 86_400))
        return f"{moment:%Y-%m-%d %H:%M:%S}" if is_timed or moment.time() != moment.min.time() else f"{moment:%Y-%m-%d}"


def _broken(value: str) -> Unreadable:
    return Unreadable(_("a value"), value[:40] or _("nothing"))


def _exact(number: float) -> str:
    """The number as a spreadsheet shows it, whole ones without a point and none in powers of ten."""
    text = f"{number:.{MOST_DIGITS}g}"
    return f"{number:.17f}".rstrip("0").rstrip(".") if "e" in text else text
