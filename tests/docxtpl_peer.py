"""What docxtpl makes of a template, and what is the same of its documents and ours."""

import copy
import io
import re
from collections.abc import Mapping
from typing import Any

from docxtpl import DocxTemplate
from lxml import etree

from recordkeeper.documents.ooxml import tag
from word_samples import member


def by_docxtpl(docx: bytes, values: Mapping[str, Any]) -> bytes:
    """The filled document, autoescape on."""
    peer = DocxTemplate(io.BytesIO(docx))
    peer.render({**values}, autoescape=True)
    saved = io.BytesIO()
    peer.save(saved)
    return saved.getvalue()


def canonical(docx: bytes) -> bytes:
    """The document without what ours adds (bookmarks, fonts of signs alone) or allows (rows that break)."""
    root = etree.fromstring(member(docx))
    _set_signs_as_their_neighbours(root)
    for name in ("bookmarkStart", "bookmarkEnd", "noProof", "cantSplit"):
        for node in list(root.iter(tag(name))):
            parent = node.getparent()
            assert parent is not None
            parent.remove(node)
    for paragraph in root.iter(tag("p")):
        for run in list(paragraph.iterchildren(tag("r"))):
            _join(paragraph, run)
    for properties in list(root.iter(tag("rPr"))):
        parent = properties.getparent()
        if parent is not None and len(properties) == 0:
            parent.remove(properties)
    return etree.tostring(root, method="c14n")


_SIGNS = re.compile("[☐☑☒①-⑳→←↑↓√×÷≥≤≠±＝″′℃№“”‘’…—·]+")


def _set_signs_as_their_neighbours(root: etree._Element) -> None:
    """Give signs, which ours sets in fonts that have them, the fonts of their value again; lone ones say none."""
    runs: list[etree._Element] = []
    is_inside = False
    for node in [*root.iter(tag("bookmarkStart"), tag("bookmarkEnd"), tag("r"))]:
        if node.tag == tag("r"):
            runs.append(node)
        is_inside = node.tag == tag("bookmarkStart") or (is_inside and node.tag == tag("r"))
        if not is_inside:
            _set_alike(runs)
            runs = []


def _set_alike(runs: list[etree._Element]) -> None:
    texts = {run: "".join(map(str, run.itertext(tag("t")))) for run in runs}
    others = [run.find(f"{tag('rPr')}/{tag('rFonts')}") for run, text in texts.items() if text and not is_sign(text)]
    for run, text in texts.items():
        properties = run.find(tag("rPr"))
        fonts = properties.find(tag("rFonts")) if properties is not None else None
        if properties is not None and fonts is not None and is_sign(text):
            properties.remove(fonts)
            if others and others[0] is not None:
                properties.insert(0, copy.deepcopy(others[0]))


def is_sign(text: str) -> bool:
    return _SIGNS.fullmatch(text) is not None


def _join(paragraph: etree._Element, run: etree._Element) -> None:
    """Take a run into the one before it where both are set alike; texts in a row become one."""
    before = run.getprevious()
    content = [node for node in run if node.tag != tag("rPr") and (node.tag != tag("t") or node.text)]
    for node in list(run):
        if node.tag == tag("t"):
            run.remove(node)
    if before is None or before.tag != tag("r") or _properties(before) != _properties(run):
        before = copy.deepcopy(run)
        for node in [node for node in before if node.tag != tag("rPr")]:
            before.remove(node)
        run.addprevious(before)
    for node in content:
        last = before[-1] if len(before) else None
        if node.tag == tag("t") and last is not None and last.tag == tag("t"):
            last.text = (last.text or "") + (node.text or "")
        else:
            node.attrib.clear()
            before.append(node)
    paragraph.remove(run)
    if not [node for node in before if node.tag != tag("rPr")]:
        paragraph.remove(before)


def _properties(run: etree._Element) -> bytes:
    properties = run.find(tag("rPr"))
    return b"" if properties is None else etree.tostring(properties, method="c14n")
