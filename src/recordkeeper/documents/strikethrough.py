"""A value as Word runs: old ones struck through, new ones beside them, set as the place they stand in.

``w:strike`` and not tracked changes: those can be accepted, and the old value is gone. A place that is
alone in its paragraph gives every line a paragraph of its own, so that a note below a value can have its
own pitch and stand at the right; elsewhere a newline is a line break.

What a value takes up is a bookmark, and what the program adds to it (circled numbers, notes, the space or the end of
a line between an old value and the new one) is set ``w:noProof``: a filled form can be read back without guessing.

It is long because each kind of value (lines, choices, spans, notes) has its own way to be struck, on shared runs.

Source: P06-R3; ECMA-376, 17.3.2.37 (strike)
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lxml import etree

from recordkeeper.documents.ooxml import W, tag
from recordkeeper.documents.typeface import BOX_FONT, HEI, SONG, Kind, atoms, has_several_fonts, width_in_ems
from recordkeeper.errors import DocumentError, InvalidInputError
from recordkeeper.language import translate as _
from recordkeeper.model.rich_text import RichText, Span, Style

NOTE_COLOUR, GREY_COLOUR = "404040", "7F7F7F"
SMALL_HALF_POINTS, GREY_HALF_POINTS, NOTE_HALF_POINTS, NOTE_IN_REGISTERS = 17, 15, 14, 13
REGISTER_HALF_POINTS = 20
SMALL_PITCH, NOTE_PITCH, NARROW_NOTE_PITCH = 212, 170, 160
RULED_OUT = "/"
HALF_A_PAGE_LINES, PAGE_TWIPS, TWIPS_A_CHARACTER, TWIPS_A_HALF_POINT = 15, 9354, 220, 10
_BETWEEN_CHOICES, _BOXES = Span("\u3000"), frozenset("☐☑")

Line: TypeAlias = Literal["plain", "broken off", "small", "note", "ruled out"]

_RUN_ORDER = (
    "rStyle", "rFonts", "b", "bCs", "i", "iCs", "caps", "smallCaps", "strike", "dstrike", "outline", "shadow",
    "emboss", "imprint", "noProof", "snapToGrid", "vanish", "webHidden", "color", "spacing", "w", "kern",
    "position", "sz", "szCs", "highlight", "u", "effect", "bdr", "shd", "fitText", "vertAlign", "rtl", "cs", "em",
    "lang",
)  # fmt: skip
_ORDINARY, _ONE_FONT = frozenset({Style.PLAIN, Style.BOX, Style.STRONG}), frozenset({Style.BOX, Style.MARK})
_LESSER, _ADDED = frozenset({Style.SMALL, Style.GREY}), frozenset({Style.MARK, Style.NOTE})
_BETWEEN, _BELOW = Span(" ", Style.MARK), Span("\n", Style.MARK)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NAMESPACE = re.compile(r' xmlns(?::\w+)?="[^"]*"')


class UnprintableTextError(DocumentError, InvalidInputError):
    """A text holds a character that no Word file keeps."""

    def __init__(self, text: str, found: str) -> None:
        super().__init__(
            _("{text!r}: expected characters that a document keeps, found {found}").format(text=text[:40], found=found),
            subject=text[:40],
            found=found,
        )


def check_printable(text: str) -> None:
    """Hold that a Word file keeps every character of ``text``.

    Raises:
        UnprintableTextError: it does not.
    """
    if not text.isprintable() and (found := _UNPRINTABLE.search(text)):
        raise UnprintableTextError(text, f"U+{ord(found.group()):04X}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in a template, with all that surrounds its text worked out beforehand.

    Args:
        openings: how a run begins, for each style and kind of characters.
        paragraphs: how a paragraph begins, for each kind of line; empty where the place shares its paragraph
            with other content.
        is_narrow: whether it is set as small as the cells of a register are, where an old value stands above
            the new one.
        ems: how wide a line of its cell is, in Chinese characters of its size; 0 where it is in no cell.
        longest: characters that fill half a page in its cell; a longer text may need a row that breaks.
        name: of its bookmark; in a loop the number of the row follows. Empty where it has none.
        first_id: what the identifiers of the bookmarks of its part count from.
        frame: what surrounds the identifier, the row, the text and the identifier of a single plain line.
    """

    openings: Mapping[Style, Mapping[Kind, str]]
    paragraphs: Mapping[Line, str]
    is_narrow: bool
    ems: float
    longest: int
    name: str = ""
    first_id: int = 0
    frame: tuple[str, str, str, str, str] = ("", "", "", "", "")

    def render(self, text: RichText, number: int = 0, row: str = "") -> str:
        """``text`` as runs, or as whole paragraphs where the place is alone in its own.

        Args:
            text: the value.
            number: how many values stand before it in the part.
            row: what the name of its bookmark ends with; empty outside of loops.

        Raises:
            UnprintableTextError: a character that XML cannot hold.
        """
        identifier = self.first_id + number
        if len(text) == 1 and self.name and text[0].style is Style.PLAIN and _is_plain_line(text[0].text):
            head, name, opening, closing, tail = self.frame
            escaped = text[0].text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            return f"{head}{identifier}{name}{row}{opening}{escaped}{closing}{identifier}{tail}"
        start = end = ""
        if self.name:
            start = f'<w:bookmarkStart w:id="{identifier}" w:name="{self.name}{row}"/>'
            end = f'<w:bookmarkEnd w:id="{identifier}"/>'
        if len(text) > 1 and self.ems and text[0].text[:1] in _BOXES:
            text = with_whole_choices(text, self.ems)
        if not self.paragraphs or _is_simple(text):
            return self._line(text, start, end)
        paragraphs = [
            (self.paragraphs[kind], "".join([self._runs(span) for span in line]))
            for kind, line in _lines(_stacked(text) if self.is_narrow else _spaced(text, noted_below=True))
        ]
        inner = "</w:p>".join(
            f"{opening}{'' if index else start}{runs}" for index, (opening, runs) in enumerate(paragraphs)
        )
        return f"{inner}{end}</w:p>"

    def _line(self, text: RichText, start: str, end: str) -> str:
        """What most values are, one line as it was entered; and whatever stands in a line with others."""
        if not self.paragraphs:
            return f"{start}{''.join([self._runs(span) for span in _spaced(text)])}{end}"
        runs = self._runs(text[0]) if len(text) == 1 else "".join([self._runs(span) for span in text])
        opening = self.paragraphs["ruled out" if len(text) == 1 and text[0].text == RULED_OUT else "plain"]
        return f"{opening}{start}{runs}{end}</w:p>"

    def _runs(self, span: Span) -> str:
        text, style = span.text, span.style
        check_printable(text)
        openings = self.openings[style]
        if text.isascii() or style in _ONE_FONT or not has_several_fonts(text):
            return _run(openings["text"], text)
        return "".join([_run(openings[kind], piece) for kind, piece in atoms(text)])


def _is_plain_line(text: str) -> bool:
    """Whether a text is one line of characters of one font; what most values are."""
    return text.isprintable() and text != RULED_OUT and (text.isascii() or not has_several_fonts(text))


def _is_simple(text: RichText) -> bool:
    """Whether it is one line in which nothing is set otherwise than as it stands."""
    for span in text:  # noqa: SIM110  # asked of every value; twice as fast as all()
        if span.style not in _ORDINARY or "\n" in span.text:
            return False
    return True


def _run(opening: str, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "\n" in text:
        escaped = escaped.replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    if "\t" in text:
        escaped = escaped.replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    return f'{opening}<w:t xml:space="preserve">{escaped}</w:t></w:r>'


def _spaced(text: RichText, *, noted_below: bool = False) -> RichText:
    """The spans with a space between an old value and what follows it, and short notes on a line of their own."""
    spans: list[Span] = []
    for span in text:
        if noted_below and span.style is Style.NOTE and span.text.startswith(" "):
            spans.append(Span(f"\n{span.text[1:]}", span.style))
            continue
        if span.style in {Style.NEW, Style.STRUCK} and spans and spans[-1].style is Style.STRUCK:
            spans.append(_BETWEEN)
        spans.append(span)
    return tuple(spans)


def with_whole_choices(text: RichText, ems: float) -> RichText:
    """Choices with their boxes, in lines that end between two of them.

    Args:
        text: the choices, an ideographic space between them, which stands at the end of a line.
        ems: the width of a line.
    """
    if sum([len(span.text) for span in text]) <= ems:  # as if all were wide: true of most
        return text
    choices: list[list[Span]] = [[]]
    for span in text:
        choices[-1].append(span)
        if span == _BETWEEN_CHOICES:
            choices.append([])
    spans: list[Span] = []
    used = 0.0
    for choice in choices:
        wide = sum([width_in_ems(span.text) for span in choice])
        if spans and used + wide > ems:
            spans.append(_BELOW)
            used = 0.0
        spans += choice
        used += wide
    return tuple(spans)


def _stacked(text: RichText) -> RichText:
    """The spans with the new value below the old one, where the whole of it was replaced."""
    spans = _spaced(text, noted_below=True)
    if any(span.style is Style.PLAIN for span in spans):
        return spans
    return tuple(_BELOW if span is _BETWEEN else span for span in spans)


def _lines(text: RichText) -> Iterator[tuple[Line, list[Span]]]:
    """The lines of a text, each with its kind; one that goes on below only for the layout's sake is broken off."""
    line: list[Span] = []
    for span in text:
        if "\n" not in span.text:
            if span.text:
                line.append(span)
            continue
        first, *others = span.text.split("\n")
        if first:
            line.append(Span(first, span.style))
        for part in others:
            kind = _kind_of(line)
            yield ("broken off" if kind == "plain" and span.style in _ADDED else kind), line
            line = [Span(part, span.style)] if part else []
    yield _kind_of(line), line


def _kind_of(line: list[Span]) -> Line:
    style = line[0].style if line else Style.PLAIN
    if style is Style.NOTE and all(span.style is style for span in line):
        return "note"
    if style in _LESSER and all(span.style in _LESSER for span in line):
        return "small"
    if style is Style.PLAIN and len(line) == 1 and line[0].text == RULED_OUT:
        return "ruled out"
    return "plain"


def place_for(run: etree._Element, lone_paragraph: etree._Element | None, name: str = "", first_id: int = 0) -> Place:
    """The place that the run ``run`` of a template holds.

    Args:
        run: the run of its tag; its properties are kept.
        lone_paragraph: the paragraph in which it is the only content; None where it is not alone.
        name: of its bookmark; empty for none.
        first_id: what the identifiers of the bookmarks of its part count from.
    """
    properties = run.find(tag("rPr"))
    if properties is None:
        properties = etree.Element(tag("rPr"), nsmap={"w": W})
    openings = {style: _openings(properties, style) for style in Style}
    is_narrow = _half_points(properties) <= REGISTER_HALF_POINTS
    paragraphs: dict[Line, str] = {}
    if lone_paragraph is not None:
        paragraphs = {
            "plain": _paragraph_opening(lone_paragraph),
            "broken off": _paragraph_opening(lone_paragraph, is_broken_off=True),
            "small": _paragraph_opening(lone_paragraph, SMALL_PITCH),
            "note": _paragraph_opening(lone_paragraph, NARROW_NOTE_PITCH if is_narrow else NOTE_PITCH, "right"),
            "ruled out": _paragraph_opening(lone_paragraph, alignment="center"),
        }
    frame = (
        f'{paragraphs.get("plain", "")}<w:bookmarkStart w:id="',
        f'" w:name="{name}',
        f'"/>{openings[Style.PLAIN]["text"]}<w:t xml:space="preserve">',
        '</w:t></w:r><w:bookmarkEnd w:id="',
        '"/></w:p>' if paragraphs else '"/>',
    )
    cell = next(run.iterancestors(tag("tc")), None)
    ems = 0.0 if cell is None else _line_width(cell) / (_half_points(properties) * TWIPS_A_HALF_POINT)
    longest = characters_a_line(cell) * HALF_A_PAGE_LINES
    return Place(openings, paragraphs, is_narrow, ems, longest, name, first_id, frame)


def _line_width(cell: etree._Element) -> int:
    """Twips between the sides of a cell; 0 where its width is not said."""
    width = _measure(cell.find(f"{tag('tcPr')}/{tag('tcW')}"))
    sides = cell.find(f"{tag('tcPr')}/{tag('tcMar')}")
    padding = [] if sides is None else [side for side in sides if etree.QName(side).localname in {"left", "right"}]
    return max(0, width - sum(map(_measure, padding))) if width else 0


def _measure(element: etree._Element | None) -> int:
    twips = (element.get(tag("w")) if element is not None else None) or ""
    return int(twips) if twips.isdigit() else 0


def characters_a_line(cell: etree._Element | None) -> int:
    """How many Chinese characters a line of ``cell`` holds, roughly; of a whole page where there is no cell."""
    width = 0 if cell is None else _measure(cell.find(f"{tag('tcPr')}/{tag('tcW')}"))
    return max(1, (width or PAGE_TWIPS) // TWIPS_A_CHARACTER)


def _openings(properties: etree._Element, style: Style) -> dict[Kind, str]:
    changed = _with_style(properties, style)
    by_kind: dict[Kind, etree._Element] = {
        "text": changed,
        "symbol": _with_font(changed, _east_asian_font(changed)),
        "box": _with_font(changed, BOX_FONT),
    }
    return {kind: f"<w:r>{xml_of(element)}" for kind, element in by_kind.items()}


def _with_style(properties: etree._Element, style: Style) -> etree._Element:
    changed = copy.deepcopy(properties)
    for said in changed.findall(tag("noProof")):
        changed.remove(said)
    match style:
        case Style.STRUCK:
            _set(changed, "strike", {})
        case Style.MARK:
            changed = _with_font(changed, _east_asian_font(changed))
            _set(changed, "noProof", {})
        case Style.BOX:
            changed = _with_font(changed, BOX_FONT)
        case Style.STRONG:
            changed = _with_font(changed, HEI)
        case Style.NOTE:
            in_register = _half_points(changed) <= REGISTER_HALF_POINTS
            _set_size(changed, NOTE_IN_REGISTERS if in_register else NOTE_HALF_POINTS)
            _set(changed, "color", {"val": NOTE_COLOUR})
            _set(changed, "noProof", {})
        case Style.SMALL:
            _set_size(changed, SMALL_HALF_POINTS)
        case Style.GREY:
            _set_size(changed, GREY_HALF_POINTS)
            _set(changed, "color", {"val": GREY_COLOUR})
    return changed


def _with_font(properties: etree._Element, font: str) -> etree._Element:
    changed = copy.deepcopy(properties)
    _set(changed, "rFonts", {"ascii": font, "hAnsi": font, "cs": font, "eastAsia": font, "hint": "eastAsia"})
    return changed


def _east_asian_font(properties: etree._Element) -> str:
    fonts = properties.find(tag("rFonts"))
    return (fonts.get(tag("eastAsia")) if fonts is not None else None) or SONG


def _half_points(properties: etree._Element) -> int:
    size = properties.find(tag("sz"))
    value = size.get(tag("val")) if size is not None else None
    return int(value) if value and value.isdigit() else 21


def _set_size(properties: etree._Element, half_points: int) -> None:
    size = str(min(half_points, _half_points(properties)))
    _set(properties, "sz", {"val": size})
    _set(properties, "szCs", {"val": size})


def _set(properties: etree._Element, name: str, values: Mapping[str, str]) -> None:
    """Put ``w:name`` with ``values`` in place of any earlier one, where the schema wants it."""
    for earlier in properties.findall(tag(name)):
        properties.remove(earlier)
    element = etree.Element(tag(name), {tag(key): value for key, value in values.items()})
    rank = _RUN_ORDER.index(name)
    before = [etree.QName(child).localname for child in properties]
    index = sum(1 for child in before if child in _RUN_ORDER and _RUN_ORDER.index(child) < rank)
    properties.insert(index, element)


def _paragraph_opening(
    paragraph: etree._Element, pitch: int = 0, alignment: str = "", *, is_broken_off: bool = False
) -> str:
    """How a paragraph like ``paragraph`` begins, its exact pitch no more than ``pitch``, moved off the left."""
    properties = paragraph.find(tag("pPr"))
    if properties is None:
        return "<w:p><w:pPr><w:rPr><w:noProof/></w:rPr></w:pPr>" if is_broken_off else "<w:p>"
    changed = copy.deepcopy(properties)
    _set_line_end(changed, is_broken_off=is_broken_off)
    spacing, justified = changed.find(tag("spacing")), changed.find(tag("jc"))
    if pitch and spacing is not None and spacing.get(tag("lineRule")) == "exact":
        spacing.set(tag("line"), str(min(pitch, int(spacing.get(tag("line")) or pitch))))
    if alignment and justified is not None and justified.get(tag("val")) in {"left", "start", "both"}:
        justified.set(tag("val"), alignment)
    return f"<w:p>{xml_of(changed)}"


def _set_line_end(properties: etree._Element, *, is_broken_off: bool) -> None:
    """Say of the mark that ends a paragraph whether the program added it."""
    own = properties.find(tag("rPr"))
    if own is not None:
        for said in own.findall(tag("noProof")):
            own.remove(said)
    if is_broken_off:
        if own is None:
            own = etree.Element(tag("rPr"))
            behind = properties.find(tag("pPrChange"))
            properties.insert(len(properties) if behind is None else properties.index(behind), own)
        _set(own, "noProof", {})


def xml_of(element: etree._Element) -> str:
    """The XML of a piece of a part whose root declares all prefixes, without declaring them again."""
    return _NAMESPACE.sub("", etree.tostring(element, encoding="unicode", with_tail=False))
