"""What docxtpl makes of a template, and what is the same of its documents and ours."""

import copy
import io
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
    """The document without what ours adds (bookmarks, fonts of single signs) or allows (rows that break)."""
    root = etree.fromstring(member(docx))
    for name in ("bookmarkStart", "bookmarkEnd", "noProof", "rFonts", "cantSplit"):
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
