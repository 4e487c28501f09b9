"""A Word file read back as text: all of it, or the struck values with what follows them."""

import re
from collections.abc import Mapping

from lxml import etree

from recordkeeper.documents.ooxml import DOCUMENT_PART, parse_part, read_package, tag

PRINTED_PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_OFF = frozenset({"0", "false", "off"})
_BEGIN, _END = "\x02", "\x03"
_STRUCK = re.compile("\x02([^\x03]*)\x03([^\x02]*)")


def text_of(docx: bytes) -> str:
    """The text of body, headers, footers and notes, in the order of the file; struck text too.

    Raises:
        DocumentRefusedError: it does not pass the gate.
    """
    parts = printed_parts(read_package(docx, "docx"))
    return "".join(text_below(parse_part(content, name)) for name, content in parts.items())


def struck_values(docx: bytes) -> list[tuple[str, str]]:
    """Every struck text of the body, with what follows it up to the next struck one or the end of its cell.

    Raises:
        DocumentRefusedError: it does not pass the gate.
    """
    body = parse_part(read_package(docx, "docx")[DOCUMENT_PART], DOCUMENT_PART)
    cells = [cell for cell in body.iter(tag("tc")) if cell.find(f".//{tag('tc')}") is None]
    outside = [p for p in body.iter(tag("p")) if next(p.iterancestors(tag("tc")), None) is None]
    pairs: list[tuple[str, str]] = []
    for scope in (*cells, *outside):
        text = _marked_text(scope).replace(_END + _BEGIN, "").replace(f"{_END}\n{_BEGIN}", "\n")
        pairs += [(old, following.strip("\n")) for old, following in _STRUCK.findall(text)]
    return pairs


def printed_parts(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """The members that print: the document, headers, footers, notes."""
    return {name: content for name, content in members.items() if PRINTED_PARTS.fullmatch(name)}


def _marked_text(scope: etree._Element) -> str:
    pieces: list[str] = []
    for node in scope.iter(tag("p"), tag("r")):
        if node.tag == tag("p"):
            pieces.append("\n")
            continue
        strike = node.find(f"{tag('rPr')}/{tag('strike')}")
        text = text_below(node)
        is_struck = strike is not None and strike.get(tag("val")) not in _OFF and text
        pieces.append(f"{_BEGIN}{text}{_END}" if is_struck else text)
    return "".join(pieces)


_TEXT, _PARAGRAPH, _TAB, _RUN = tag("t"), tag("p"), tag("tab"), tag("r")
_BREAKS = frozenset({tag("br"), tag("cr")})


def text_below(element: etree._Element) -> str:
    """All text below ``element``: tabs, breaks and ends of paragraphs included, struck text too."""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end"), tag=(_TEXT, _PARAGRAPH, _TAB, *_BREAKS)):
        if event == "end":
            if node.tag == _PARAGRAPH:
                pieces.append("\n")
        elif node.tag == _TEXT:
            pieces.append(node.text or "")
        elif node.tag in _BREAKS:
            pieces.append("\n")
        elif node.tag == _TAB and node.getparent().tag == _RUN:
            pieces.append("\t")
    return "".join(pieces)


def letters_below(element: etree._Element) -> str:
    """The letters below ``element`` in their order, without what separates them; many times faster than the text."""
    return "".join(map(str, element.itertext(_TEXT, with_tail=False)))
