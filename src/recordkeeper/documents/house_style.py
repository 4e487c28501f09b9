"""The house style: runs, paragraphs, cells and tables as one family of forms sets them.

Lengths are twentieths of a point (twips) unless a name says otherwise, sizes half points as Word has them. Every
paragraph has an exact pitch, because the Chinese fonts that stand in for Word's are taller than those.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from recordkeeper.documents.typeface import ARIAL, BOX_FONT, FANG, HEI, SONG, TIMES, atoms
from recordkeeper.model.section import Title

TWIPS_A_MILLIMETRE = 1440 / 25.4
GRID_UNITS = 24  # half of the 13.75 mm on which labels and values align

BODY, TEXT_PITCH, PITCH, SMALL_PITCH = 21, 310, 280, 170
LABEL_FILL, BAND_FILL = "F2F2F2", "E3E3E3"
ENGLISH_COLOUR, TITLE_COLOUR = "595959", "7F7F7F"
THICK, THIN = 12, 4

PADDING = (28, 91, 28, 91)
LABEL_PADDING = (28, 45, 28, 45)
NARROW_PADDING = (28, 28, 28, 28)
NO_PADDING = (0, 0, 0, 0)

LABEL_CHARACTERS = 6
ENGLISH_A_CHARACTER = 3.5  # letters of 7 pt beneath a character of the label
_BREAK_AFTER = "的及与和或、：，）"
_BREAK_BEFORE = ("（", "批准", "签发", "审核", "确认", "情况", "结果", "处理", "登记", "计算", "意见", "不")
_TWO = 2
_AFTERTHOUGHT = re.compile(r"(.+)(（[^（）]+）)")
_AFTERTHOUGHT_SIZE = 15


def mm(millimetres: float) -> int:
    """Millimetres in twips."""
    return round(millimetres * TWIPS_A_MILLIMETRE)


def run(text: str, *, size: int = BODY, font: str = SONG, latin: str = "", colour: str = "") -> str:
    """``text`` in runs, each in a font that has its characters."""
    latin = latin or (ARIAL if font == HEI else TIMES)
    fonts = {"text": (latin, font), "symbol": (font, font), "box": (BOX_FONT, BOX_FONT)}
    return "".join(_run(piece, *fonts[kind], size, colour) for kind, piece in atoms(text))


def _run(text: str, latin: str, font: str, size: int, colour: str) -> str:
    return f'<w:r>{run_properties(latin, font, size, colour)}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def run_properties(latin: str, font: str, size: int, colour: str = "") -> str:
    """The properties of a run."""
    shade = f'<w:color w:val="{colour}"/>' if colour else ""
    return (
        f'<w:rPr><w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:cs="{latin}" w:eastAsia="{font}"'
        f' w:hint="eastAsia"/>{shade}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr>'
    )


def english(text: str, size: int = 14) -> str:
    """Small English below or beside Chinese."""
    return run(text, size=size, latin=ARIAL, colour=ENGLISH_COLOUR)


def tag_run(name: str, *, size: int = BODY, font: str = FANG, latin: str = TIMES) -> str:
    """The place of a value."""
    return _run(f"{{{{ {name} }}}}", latin, font, size, "")


def statement(text: str) -> str:
    """A tag such as ``{% if rows %}`` within a line."""
    return _run(text, TIMES, SONG, BODY, "")


TAB = "<w:r><w:tab/></w:r>"
BREAK = "<w:r><w:br/></w:r>"


def paragraph(
    *runs: str,
    pitch: int = PITCH,
    align: str = "left",
    before: int = 0,
    after: int = 0,
    tabs: Sequence[tuple[str, int]] = (),
    keeps_next: bool = False,
    border: str = "",
) -> str:
    """A paragraph of an exact pitch.

    Args:
        runs: what it holds.
        pitch: from line to line.
        align: left, center, right or both.
        before: white above.
        after: white below.
        tabs: kind and place of each tab stop.
        keeps_next: whether it stays on the page of the next paragraph.
        border: ``top`` or ``bottom``: a thin rule.
    """
    keeping = "<w:keepNext/>" if keeps_next else ""
    rule = f'<w:pBdr><w:{border} w:val="single" w:sz="4" w:space="3" w:color="000000"/></w:pBdr>' if border else ""
    stops = "".join(f'<w:tab w:val="{kind}" w:pos="{place}"/>' for kind, place in tabs)
    stops = f"<w:tabs>{stops}</w:tabs>" if stops else ""
    return (
        f'<w:p><w:pPr>{keeping}{rule}{stops}<w:snapToGrid w:val="0"/><w:spacing w:before="{before}" w:after="{after}"'
        f' w:line="{pitch}" w:lineRule="exact"/><w:jc w:val="{align}"/></w:pPr>{"".join(runs)}</w:p>'
    )


def figure(name: str, *, align: str = "right") -> str:
    """The place of a figure, in a paragraph that grows to its height."""
    return paragraph(tag_run(name), align=align, pitch=240).replace('w:lineRule="exact"', 'w:lineRule="auto"')


def gap(height: int) -> str:
    """White of an exact height."""
    return paragraph(pitch=height)


def block(text: str) -> str:
    """A tag that stands in a paragraph of its own and vanishes with it."""
    return paragraph(statement(text), pitch=20)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell before its place in the grid is known.

    Args:
        content: its paragraphs.
        span: columns of the grid it takes.
        fill: its shade.
        padding: top, left, bottom, right.
        align: top, center or bottom.
        merged: ``restart`` where the cells below belong to it, ``continue`` in these.
    """

    content: str
    span: int = 1
    fill: str = ""
    padding: tuple[int, int, int, int] = PADDING
    align: str = "center"
    merged: str = ""


def row(*cells: Cell, height: int, is_heading: bool = False) -> tuple[tuple[Cell, ...], str]:
    """A row at least ``height`` high that never breaks over pages."""
    heading = "<w:tblHeader/>" if is_heading else ""
    return cells, f'<w:trPr><w:cantSplit/><w:trHeight w:val="{height}" w:hRule="atLeast"/>{heading}</w:trPr>'


def row_block(text: str) -> tuple[tuple[Cell, ...], str]:
    """A tag that stands in a row of its own and vanishes with it."""
    return (Cell(paragraph(statement(text)), span=0),), ""


Row = tuple[tuple[Cell, ...], str]


def table(grid: Sequence[int], rows: Sequence[Row], *, outer: int = THICK, inner: int = THIN) -> str:
    """A table on ``grid``, the widths of its columns; no borders where ``outer`` is 0."""
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in grid)
    borders = ""
    if outer:
        sizes = dict.fromkeys(("top", "left", "bottom", "right"), outer) | dict.fromkeys(("insideH", "insideV"), inner)
        borders = "".join(
            f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>' for side, size in sizes.items()
        )
        borders = f"<w:tblBorders>{borders}</w:tblBorders>"
    margins = "".join(f'<w:{side} w:w="0" w:type="dxa"/>' for side in ("top", "left", "bottom", "right"))
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(grid)}" w:type="dxa"/>'
        f'<w:tblInd w:w="{-outer * 5 // 4}" w:type="dxa"/>{borders}'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{''.join(_row_xml(grid, *each) for each in rows)}</w:tbl>"
    )


def _row_xml(grid: Sequence[int], cells: Sequence[Cell], properties: str) -> str:
    pieces: list[str] = []
    begin = 0
    for cell in cells:
        end = begin + (cell.span or len(grid))
        pieces.append(_cell_xml(cell, sum(grid[begin:end]), end - begin))
        begin = end
    return f"<w:tr>{properties}{''.join(pieces)}</w:tr>"


def _cell_xml(cell: Cell, width: int, span: int) -> str:
    sides = zip(("top", "left", "bottom", "right"), cell.padding, strict=True)
    padding = "".join(f'<w:{side} w:w="{size}" w:type="dxa"/>' for side, size in sides)
    merged = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    merged += f'<w:vMerge w:val="{cell.merged}"/>' if cell.merged else ""
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{cell.fill}"/>' if cell.fill else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{merged}{shade}<w:tcMar>{padding}</w:tcMar>'
        f'<w:vAlign w:val="{cell.align}"/></w:tcPr>{cell.content}</w:tc>'
    )


def scaled(widths: Sequence[float], total: int) -> list[int]:
    """``widths`` stretched or shrunk to ``total``; the last takes what rounding leaves."""
    factor = total / sum(widths)
    fitted = [round(width * factor) for width in widths[:-1]]
    return [*fitted, total - sum(fitted)]


def label(title: Title, *, span: int = 4, longest: int = LABEL_CHARACTERS) -> Cell:
    """A label: Chinese first, small English below, never broken within a word that can be told.

    Args:
        title: what it says.
        span: columns of the grid it takes.
        longest: characters of body size that fit on one of its lines.
    """
    afterthought = _AFTERTHOUGHT.fullmatch(title.zh)
    if afterthought and longest < len(title.zh) <= longest + 2:
        lines = [run(afterthought.group(1), size=20) + run(afterthought.group(2), size=_AFTERTHOUGHT_SIZE)]
    else:
        broken = label_lines(title.zh, longest + 1)
        size = 20 if max(map(len, broken)) > longest else BODY
        lines = [run(line, size=size) for line in broken]
    chinese = [paragraph(line, align="center") for line in lines]
    room = longest * ENGLISH_A_CHARACTER
    is_a_little_wide = room < len(title.en) <= room * 7 / 6
    below = paragraph(english(title.en, 12 if is_a_little_wide else 14), pitch=SMALL_PITCH, align="center")
    return Cell("".join((*chinese, below)), span, LABEL_FILL, LABEL_PADDING)


def label_lines(text: str, longest: int) -> list[str]:
    """A label in lines of at most ``longest`` characters, broken where a word ends if that can be told."""
    if len(text) == _TWO:
        return [f"{text[0]}    {text[1]}"]
    lines: list[str] = []
    rest = text
    while len(rest) > longest:
        cut = _break_of(rest, longest)
        lines.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*lines, rest]


def _break_of(text: str, longest: int) -> int:
    """Where the first line of ``text`` ends: at the end of a word near the middle, else so that lines are even."""
    breaks = {index + 1 for index, character in enumerate(text[:-1]) if character in f"{_BREAK_AFTER} "}
    breaks |= {match.start() + 1 for word in _BREAK_BEFORE for match in re.finditer(word, text[1:])}
    fitting = [index for index in breaks if index <= longest]
    if not fitting:
        return math.ceil(len(text) / math.ceil(len(text) / longest))
    return min(fitting, key=lambda index: (abs(index - len(text) / 2), index))


def heading_cell(title: Title, *, size: int = 18, fill: str = LABEL_FILL) -> Cell:
    """The head of a column."""
    return Cell(
        paragraph(run(title.zh, size=size), align="center", pitch=round(size * 13))
        + paragraph(english(title.en, 13), pitch=160, align="center"),
        fill=fill,
        padding=(28, 11, 28, 11),
    )


def band(title: Title, number: int, who: str, width: int, span: int) -> Cell:
    """The heading of a section, with who fills it at the right."""
    heading = run(f"{chinese_number(number)}、{title.zh}", font=HEI) + english(f"  {title.en}", 15)
    content = paragraph(heading, TAB, run(who, size=18), tabs=[("right", width - 192)], keeps_next=True)
    return Cell(content, span, BAND_FILL)


def chinese_number(number: int) -> str:
    """1 to 99 as 一 to 九十九."""
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    ten = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
    return ten + (digits[ones] if ones or not tens else "")
