"""Tags in one part of a Word file: found although Word split them, each given a run of its own.

Word breaks a tag over runs wherever somebody stopped typing, checked the spelling or changed a font; the
run in which a tag begins gives it its properties.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from recordkeeper.documents.ooxml import tag
from recordkeeper.documents.template_tag import OPENING, TAG, Tag, TagError, parse_tag
from recordkeeper.language import translate as _

_P, _R, _T, _PPR, _RPR, _TC = (tag(name) for name in ("p", "r", "t", "pPr", "rPr", "tc"))
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_UNSEEN = frozenset(
    tag(name)
    for name in (
        "pPr",
        "proofErr",
        "bookmarkStart",
        "bookmarkEnd",
        "permStart",
        "permEnd",
        "lastRenderedPageBreak",
    )
)
_TRACKED = tuple(tag(name) for name in ("ins", "del", "moveFrom", "moveTo"))
_HOLDS_TAG = "[contains(., '{{') or contains(., '{%') or contains(., '%}')]"
_ATTRIBUTES_WITH_TAGS, _TEXTS_WITH_TAGS = etree.XPath(f"//@*{_HOLDS_TAG}"), etree.XPath(f"//text(){_HOLDS_TAG}")


@dataclass(frozen=True, slots=True)
class TagPlace:
    """A tag where it stands.

    Args:
        tag: the tag.
        run: its own run.
        node: what it replaces: its run, its paragraph, its row or its cell.
        lone_paragraph: the paragraph in which a value is the only content; None where it is not.
    """

    tag: Tag
    run: etree._Element
    node: etree._Element
    lone_paragraph: etree._Element | None

    def replace(self, replacement: etree._Element | None) -> None:
        """Put ``replacement`` where the tag stands, or nothing."""
        node = self.node if self.lone_paragraph is None else self.lone_paragraph
        parent = node.getparent()
        assert parent is not None  # noqa: S101  # a tag stands in a run, paragraph or row of a part
        if replacement is not None:
            replacement.tail = None
            parent.replace(node, replacement)
        else:
            parent.remove(node)


def find_tags(root: etree._Element) -> tuple[list[TagPlace], list[str]]:
    """Give every tag below ``root`` its own run; the tags in document order, and what is wrong with them."""
    places: list[TagPlace] = []
    problems: list[str] = []
    if next(root.iter(*_TRACKED), None) is not None:
        problems.append(_("tracked changes: accept or reject them first"))
    for paragraph in list(root.iter(_P)):
        text = "".join(node.text or "" for node in texts_of(paragraph))
        if not OPENING.search(text):
            continue
        rest = OPENING.search(TAG.sub("", text))
        if rest:
            problems.append(
                _("“{text}”: {mark} is not closed in its paragraph").format(text=text[:60], mark=rest.group())
            )
            continue
        for run, tag_text in _isolate(paragraph):
            try:
                places.append(_place(parse_tag(tag_text), run, paragraph))
            except TagError as error:
                problems.append(_("{tag}: {problem}").format(tag=tag_text, problem=error))
    return places, problems


def stray_tags(root: etree._Element, *, is_printed: bool) -> Iterator[str]:
    """Tags where nothing is rendered: attributes, field codes, properties, notes."""
    # libxml2 finds them: asking an element for its attributes one by one takes minutes where there are many
    found: list[Any] = [*_ATTRIBUTES_WITH_TAGS(root), *_TEXTS_WITH_TAGS(root)]  # type: ignore[misc]  # lists of texts
    for text in found:
        if not (is_printed and text.is_text and text.getparent().tag == _T):
            yield _("{tag}: a tag can stand in the text of body, header, footer or notes alone").format(
                tag=str(text)[:60]
            )


def texts_of(paragraph: etree._Element) -> list[etree._Element]:
    """The texts of a paragraph, those of text boxes in it left out."""
    return [node for node in paragraph.iter(_T) if next(node.iterancestors(_P)) is paragraph]


def _isolate(paragraph: etree._Element) -> list[tuple[etree._Element, str]]:
    for node in texts_of(paragraph):
        run = node.getparent()
        if run is not None and run.tag == _R:
            _split_run(run)
    nodes = texts_of(paragraph)
    text = "".join(node.text or "" for node in nodes)
    found: list[tuple[etree._Element, str]] = []
    for match in reversed(list(TAG.finditer(text))):
        found.append((_cut(nodes, match.start(), match.end()), match.group()))
        nodes = texts_of(paragraph)
    return found[::-1]


def _split_run(run: etree._Element) -> None:
    """Give each piece of content its own run with the same properties."""
    content = [child for child in run if child.tag != _RPR]
    for child in reversed(content[1:]):
        other = _run_like(run)
        other.append(child)
        run.addnext(other)


def _cut(nodes: list[etree._Element], start: int, end: int) -> etree._Element:
    """The run of the tag from ``start`` to ``end`` of the joined texts, cut out of the runs it lay in."""
    begin = 0
    own: etree._Element | None = None
    for node in nodes:
        text = node.text or ""
        finish = begin + len(text)
        if finish > start and begin < end:
            run = node.getparent()
            assert run is not None  # noqa: S101  # _isolate took texts of runs
            before, after = text[: max(0, start - begin)], text[max(0, end - begin) :] if end < finish else ""
            if after:
                run.addnext(_run_like(run, after))
            if own is None:
                own = _run_like(run, "".join(each.text or "" for each in nodes)[start:end])
                run.addnext(own)
            if before:
                _set_text(node, before)
            else:
                _remove(run)
        begin = finish
    assert own is not None  # noqa: S101  # the match lies in these texts
    return own


def _run_like(run: etree._Element, text: str | None = None) -> etree._Element:
    other = etree.Element(_R)
    properties = run.find(_RPR)
    if properties is not None:
        other.append(copy.deepcopy(properties))
    if text is not None:
        _set_text(etree.SubElement(other, _T), text)
    return other


def _set_text(node: etree._Element, text: str) -> None:
    node.text = text
    node.set(_SPACE, "preserve")


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _place(found: Tag, run: etree._Element, paragraph: etree._Element) -> TagPlace:
    if found.statement:
        _check_cell(found, paragraph)
    if found.scope == "":
        is_lone = found.kind == "value" and _is_alone(run, paragraph)
        return TagPlace(found, run, run, paragraph if is_lone else None)
    container = paragraph if found.scope == "p" else next(paragraph.iterancestors(tag(found.scope)), None)
    if container is None:
        raise TagError(_("a tr or tc tag stands in a table"))
    others = "".join(node.text or "" for node in container.iter(_T)).replace(found.text, "", 1).strip()
    if others or next(container.iter(tag("drawing"), tag("pict"), tag("object")), None) is not None:
        what = {"p": _("paragraph"), "tr": _("row"), "tc": _("cell")}[found.scope]
        raise TagError(_("it must stand alone in its {what}").format(what=what))
    return TagPlace(found, run, container, None)


def _check_cell(found: Tag, paragraph: etree._Element) -> None:
    """Hold that a tag which changes its cell stands in one, and is the only one of its kind there.

    Raises:
        TagError: it does not.
    """
    cell = next(paragraph.iterancestors(_TC), None)
    if cell is None:
        raise TagError(_("it changes a cell, and stands in none"))
    if "".join(node.text or "" for node in cell.iter(_T)).count(found.text) > 1:
        raise TagError(_("it must stand alone in its {what}").format(what=_("cell")))


def _is_alone(run: etree._Element, paragraph: etree._Element) -> bool:
    properties = paragraph.find(_PPR)
    if properties is not None and any(
        properties.find(tag(name)) is not None for name in ("sectPr", "numPr", "framePr")
    ):
        return False
    return [child for child in paragraph if child.tag not in _UNSEEN] == [run]
