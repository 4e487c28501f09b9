"""The properties of a Word file, which name it in a file manager and in its PDF: plain texts with values in them.

Those that docxtpl renders. A property has no struck text: an amended value is printed as it stands.

Source: ECMA-376, part 2, 11 (core properties)
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from recordkeeper.documents.figure import Figure
from recordkeeper.documents.part_renderer import DECLARATION, Filling, MissingValueError, as_spans
from recordkeeper.documents.strikethrough import check_printable
from recordkeeper.documents.template_check import NameCheck
from recordkeeper.documents.template_tag import OPENING, TAG, TagError, parse_tag
from recordkeeper.language import translate as _
from recordkeeper.model.rich_text import text_that_stands

PROPERTIES_PART = "docProps/core.xml"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_RENDERED = frozenset(
    f"{_DUBLIN_CORE}{name}" for name in ("title", "subject", "creator", "description", "identifier", "language")
)


@dataclass(frozen=True, slots=True)
class PropertyPart:
    """The properties with their tags.

    Args:
        root: the part; never changed.
        figures: none.
    """

    root: etree._Element
    figures: tuple[Figure, ...] = ()
    name: str = PROPERTIES_PART

    def fill(self, context: Mapping[str, Any], drawn: dict[str, object]) -> Filling:
        """The part with its values.

        Args:
            context: the values by name.
            drawn: what was drawn; nothing here.

        Raises:
            MissingValueError: a name that it prints is not in the context.
            UnprintableTextError: a text holds a character that XML cannot hold.
        """
        root = copy.deepcopy(self.root)
        for element in _with_tags(root):
            element.text = TAG.sub(lambda found: _said(context, parse_tag(found.group()).name), element.text or "")
        filling = Filling((), (), drawn)
        filling.pieces.append(etree.tostring(root))
        filling.pieces[0] = DECLARATION
        return filling


def _said(context: Mapping[str, Any], name: str) -> str:
    value: object = context
    for key in name.split("."):
        if not isinstance(value, Mapping) or key not in value:
            raise MissingValueError(name)
        value = value[key]
    text = text_that_stands(as_spans(value))
    check_printable(text)
    return text


def _with_tags(root: etree._Element) -> list[etree._Element]:
    return [element for element in root.iter(*_RENDERED) if OPENING.search(element.text or "")]


def check_properties(root: etree._Element, check: NameCheck) -> Iterator[str]:
    """What is wrong with the tags of the properties that are rendered.

    Args:
        root: the part.
        check: the names that the form has.
    """
    for element in _with_tags(root):
        text = element.text or ""
        if OPENING.search(TAG.sub("", text)):
            yield _("“{text}”: a tag is not closed").format(text=text[:60])
        for found in TAG.finditer(text):
            try:
                parsed = parse_tag(found.group())
            except TagError as error:
                yield _("{tag}: {problem}").format(tag=found.group(), problem=error)
                continue
            if parsed.kind != "value":
                yield _("{tag}: a property prints values alone").format(tag=found.group())
            else:
                yield from check.check_value(parsed)


def without_property_tags(root: etree._Element) -> etree._Element:
    """The part without the texts whose tags are rendered, so that those that are not are found."""
    left = copy.deepcopy(root)
    for element in _with_tags(left):
        element.text = None
    return left


def prints_properties(root: etree._Element) -> bool:
    """Whether any property has a tag."""
    return bool(_with_tags(root))
