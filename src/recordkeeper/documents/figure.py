"""Figures in a Word template: where a tag stands, what the form shows there is drawn into a part of its own.

The part and its relationship belong to the prepared template; a rendering replaces the part's bytes and puts the
drawing where the tag stood, or nothing where there is nothing to show.

Source: ECMA-376, part 1, 20.4 (DrawingML in WordprocessingML), part 2, 9.3 (relationships)
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from recordkeeper.documents.ooxml import CONTENT_TYPES_PART, RELATIONSHIPS, parse_part

EMU_A_MILLIMETRE = 36_000
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_FIRST_IDENTIFIER = 990_001  # far above those that Word gives out
_DECLARATION = b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"


@dataclass(frozen=True, slots=True)
class Figure:
    """Something drawn where a tag stands.

    Args:
        tag: the name in the tag.
        part: the member that holds it.
        relation: ``image`` or ``chart``.
        media_type: of the part.
        width, height: millimetres.
        content: the part's bytes for a value.
        nothing: the part's bytes where there is nothing to show; nothing refers to them then.
    """

    tag: str
    part: str
    relation: str
    media_type: str
    width: float
    height: float
    content: Callable[[object], bytes]
    nothing: bytes

    @property
    def relation_id(self) -> str:
        """The identifier of the relationship that leads to the part."""
        return f"rk_{self.tag.replace('.', '_')}"

    def drawing(self, description: str, number: int) -> str:
        """The run that shows it.

        Args:
            description: for those who cannot see it; no character that XML escapes.
            number: how many figures of any kind stand before it in the template.
        """
        size = f'cx="{round(self.width * EMU_A_MILLIMETRE)}" cy="{round(self.height * EMU_A_MILLIMETRE)}"'
        identity = f'id="{_FIRST_IDENTIFIER + number}" name="{self.tag}"'
        return (
            f'<w:r><w:drawing><wp:inline xmlns:wp="{_DRAWING}/wordprocessingDrawing" distT="0" distB="0" distL="0"'
            f' distR="0"><wp:extent {size}/><wp:docPr {identity} descr="{description}"/>'
            f'<a:graphic xmlns:a="{_DRAWING}/main"><a:graphicData uri="{_DRAWING}/{self._kind}">'
            f"{self._reference(identity, size)}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )

    @property
    def _kind(self) -> str:
        return "picture" if self.relation == "image" else self.relation

    def _reference(self, identity: str, size: str) -> str:
        if self.relation != "image":
            return f'<c:chart xmlns:c="{_DRAWING}/chart" xmlns:r="{_OFFICE}" r:id="{self.relation_id}"/>'
        return (
            f'<pic:pic xmlns:pic="{_DRAWING}/picture"><pic:nvPicPr><pic:cNvPr {identity}/><pic:cNvPicPr/></pic:nvPicPr>'
            f'<pic:blipFill><a:blip xmlns:r="{_OFFICE}" r:embed="{self.relation_id}"/><a:stretch><a:fillRect/>'
            f'</a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
        )


def with_figures(members: Mapping[str, bytes], shown: Mapping[str, Iterable[Figure]]) -> dict[str, bytes]:
    """The template's package with relationships to the figures that its parts show, and their types.

    Args:
        members: of the template.
        shown: for each printing part, its figures.
    """
    changed = dict(members)
    for part, figures in shown.items():
        folder, _slash, name = part.rpartition("/")
        relations = f"{folder}/_rels/{name}.rels"
        empty = f'<Relationships xmlns="{RELATIONSHIPS}"/>'.encode()
        root = parse_part(changed.get(relations, empty), relations)
        for figure in figures:
            etree.SubElement(
                root,
                f"{{{RELATIONSHIPS}}}Relationship",
                {
                    "Id": figure.relation_id,
                    "Type": f"{_OFFICE}/{figure.relation}",
                    "Target": figure.part.removeprefix(f"{folder}/"),
                },
            )
        changed[relations] = _DECLARATION + etree.tostring(root)
    types = parse_part(changed[CONTENT_TYPES_PART], CONTENT_TYPES_PART)
    for figure in {figure.part: figure for figures in shown.values() for figure in figures}.values():
        override = {"PartName": f"/{figure.part}", "ContentType": figure.media_type}
        etree.SubElement(types, f"{{{_TYPES}}}Override", override)
    changed[CONTENT_TYPES_PART] = _DECLARATION + etree.tostring(types)
    return changed
