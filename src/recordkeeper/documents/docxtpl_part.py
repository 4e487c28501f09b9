"""A part whose cells come and go, or change with what is filled in: rendered by docxtpl itself.

Cells in loops, cells over several columns, shaded cells and joined ones make the grid of a table another one for each
record; a compiled part cannot follow that. Which parts these are is decided when a template is prepared. Each value
still takes the runs of its place, so that struck ones are struck, in the same sandbox and with the same tags; and it is
looked for in what docxtpl made of them.

Source: I-3
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import TemplateError
from lxml import etree
from markupsafe import Markup

from recordkeeper.documents.figure import Figure
from recordkeeper.documents.ooxml import DOCUMENT_PART, parse_part, tag
from recordkeeper.documents.part_renderer import DECLARATION, Filling, MissingValueError, draw, put
from recordkeeper.documents.strikethrough import Place
from recordkeeper.documents.template_part import TagPlace
from recordkeeper.model.expression import Sandbox

_MARK, _MARKS = "rk-docxtpl", re.compile(r"<\?rk-docxtpl (\d+)\?>")
_FIRST_DRAWING = 1000  # what docxtpl numbers drawings from


class _Environment(Sandbox):
    """The sandbox with the filters that our statements and docxtpl's own use."""

    def __init__(self) -> None:
        super().__init__(autoescape=True)
        self.globals = {}
        self.filters = {"at": _at, "figure": _figure, "length": len}


def _at(value: object, filling: Filling, index: int, *rows: int) -> Markup:
    put(value, filling, index, *rows)
    return _as_typed(filling.filled[-1])


def _figure(value: object, filling: Filling, index: int) -> Markup:
    before = len(filling.filled)
    draw(value, filling, index)
    return _as_typed("".join(filling.filled[before:]))


def _as_typed(xml: str) -> Markup:
    """XML in which docxtpl takes no brace for one of its own: it writes ``{_{`` as ``{{`` when it is done."""
    return Markup(xml.replace("{", "&#123;").replace("}", "&#125;"))  # noqa: S704  # escaped where it was made


def source_of(
    root: etree._Element, statements: Sequence[tuple[TagPlace, str]], joined: AbstractSet[etree._Element | None]
) -> str:
    """The part as docxtpl takes it: no brace in it but those of the statements.

    Args:
        root: the part.
        statements: what stands where each tag stands.
        joined: the cells that docxtpl joins with the one above: what they say stands in the first alone.
    """
    texts: list[str] = []
    for place, statement in statements:
        instruction = etree.ProcessingInstruction(_MARK, str(len(texts)))
        if place.tag.statement:  # in a run of its own, which docxtpl takes out of the cell
            run = etree.Element(tag("r"))
            etree.SubElement(run, tag("t")).append(instruction)
            place.replace(run)
        else:
            is_joined = next(place.run.iterancestors(tag("tc")), None) in joined
            place.replace(instruction)
            if place.tag.kind == "value":
                printed = f"{{{{ {statement} }}}}"
                texts.append(f"{{% if loop.first %}}{printed}{{% endif %}}" if is_joined else printed)
                continue
        texts.append(f"{{% {statement} %}}")
    xml = etree.tostring(root, encoding="unicode").replace("{", "&#123;").replace("}", "&#125;")
    return _MARKS.sub(lambda found: texts[int(found.group(1))], xml)


@dataclass(frozen=True, slots=True)
class DocxtplPart:
    """A part as docxtpl takes it.

    Args:
        name: of the member.
        source: its XML, patched by docxtpl once.
        places: where its values stand.
        figures: what it may draw.
    """

    name: str
    source: str
    places: tuple[Place, ...]
    figures: tuple[Figure, ...]

    def fill(self, context: Mapping[str, Any], drawn: dict[str, object]) -> Filling:
        """The part with its values.

        Args:
            context: the values by name.
            drawn: where to note what was drawn.

        Raises:
            MissingValueError: a name that the part prints is not in the context.
            UnprintableTextError: a text holds a character that XML cannot hold.
        """
        filling = Filling(self.places, self.figures, drawn)
        peer = DocxTemplate(None)
        peer.docx_ids_index = _FIRST_DRAWING
        try:
            xml = peer.render_xml_part(self.source, None, {**context, "rk_filling": filling}, _ENVIRONMENT)
        except TemplateError as error:
            raise MissingValueError(str(error.message)) from None
        parse_part(xml.encode(), self.name)  # docxtpl would mend what is broken, and lose what it cannot
        root = peer.fix_tables(xml)
        if self.name == DOCUMENT_PART:
            peer.fix_docpr_ids(root)
        made = etree.tostring(root, encoding="unicode")
        filling.pieces[:] = [DECLARATION, made.encode()]
        filling.filled[:] = [made]
        return filling


_ENVIRONMENT = _Environment()


def part_by_docxtpl(name: str, source: str, places: list[Place], figures: list[Figure]) -> DocxtplPart:
    """The part whose tags are docxtpl's.

    Args:
        name: of the member.
        source: the part.
        places: where its values stand, by the index in their statements.
        figures: what it may draw, likewise.
    """
    return DocxtplPart(name, DocxTemplate(None).patch_xml(source), tuple(places), tuple(figures))
