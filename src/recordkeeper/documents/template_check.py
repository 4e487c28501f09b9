"""Whether the tags of a template fit together, and fit the form, both ways."""

from collections.abc import Iterator
from difflib import get_close_matches

from lxml import etree

from recordkeeper.documents.ooxml import tag
from recordkeeper.documents.template_names import TemplateNames
from recordkeeper.documents.template_part import TagPlace
from recordkeeper.documents.template_tag import Tag, names_of
from recordkeeper.language import listing
from recordkeeper.language import translate as _

_LOOP_NAMES = frozenset({"loop.index", "loop.first", "loop.last", "loop.length"})
_ENDS = {"if": "endif", "for": "endfor"}
_STRUCTURE = frozenset({*_ENDS, *_ENDS.values(), "elif", "else"})
_TC, _TR, _P, _TBL = (tag(name) for name in ("tc", "tr", "p", "tbl"))


def check_structure(places: list[TagPlace]) -> Iterator[str]:
    """Blocks that do not end where they began: beside each other, in the same cell, table or paragraph."""
    open_blocks: list[TagPlace] = []
    for place in places:
        kind = place.tag.kind
        if kind not in _STRUCTURE:
            continue
        if kind in _ENDS:
            open_blocks.append(place)
            continue
        if not open_blocks:
            yield _("{tag}: nothing to end or continue").format(tag=place.tag.text)
            continue
        begin = open_blocks[-1]
        if kind in _ENDS.values():
            open_blocks.pop()
        if kind not in {_ENDS[begin.tag.kind], "else", "elif"}:
            yield _("{tag}: {begin} ends otherwise").format(tag=place.tag.text, begin=begin.tag.text)
        elif begin.tag.scope != place.tag.scope or begin.node.getparent() is not place.node.getparent():
            yield _("{tag}: it must stand beside {begin}, in the same cell, table or paragraph").format(
                tag=place.tag.text, begin=begin.tag.text
            )
    for begin in open_blocks:
        yield _("{tag}: it is never ended").format(tag=begin.tag.text)
    if not open_blocks:
        yield from _empty_containers(places)


def _empty_containers(places: list[TagPlace]) -> Iterator[str]:
    """Cells without a last paragraph and tables without a row, which Word takes for damage."""
    replaced = {place.node: place.tag.kind for place in places if place.tag.scope}
    for place in places:
        parent = place.node.getparent()
        if place.tag.scope == "p" and parent is not None and parent.tag == _TC:
            last = parent[-1]
            if last in replaced or last.tag != _P:
                yield _("{tag}: its cell needs a paragraph after the last tag").format(tag=place.tag.text)
        if place.tag.kind not in _ENDS or parent is None:
            continue
        if place.tag.scope == "tr" and not _has_lasting(parent, _TR, replaced):
            yield _("{tag}: its table needs a row that always stands").format(tag=place.tag.text)
        if place.tag.scope == "tc" and not _has_lasting(parent, _TC, replaced):
            yield _("{tag}: its row needs a cell that always stands").format(tag=place.tag.text)


def _has_lasting(parent: etree._Element, name: str, replaced: dict[etree._Element, str]) -> bool:
    """Whether of the rows of a table, or the cells of a row, one stands outside of all blocks."""
    depth = 0
    for child in parent.iterchildren(name):
        kind = replaced.get(child)
        if kind is None and depth == 0:
            return True
        depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(kind or "", 0)
    return False


def check_joins(places: list[TagPlace]) -> Iterator[str]:
    """Tags that join the cells of a loop, and stand in none."""
    loops = 0
    for place in places:
        loops += {"for": 1, "endfor": -1}.get(place.tag.kind, 0)
        if place.tag.kind in {"hm", "vm"} and not loops:
            yield _("{tag}: it joins the cells of a loop, and stands in none").format(tag=place.tag.text)


def check_grids(root: etree._Element, places: list[TagPlace]) -> Iterator[str]:
    """Tables without the widths of their columns, which have to follow the cells that come and go."""
    first = next((place.tag.text for place in places if place.tag.is_of_cells), "")
    for table in root.iter(_TBL) if first else ():
        columns = table.findall(f"{tag('tblGrid')}/{tag('gridCol')}")
        if not columns or not all((column.get(tag("w")) or "").isdigit() for column in columns):
            yield _("{tag}: every table needs the widths of its columns (w:tblGrid)").format(tag=first)


def check_room(places: list[TagPlace], names: TemplateNames) -> Iterator[str]:
    """Figures in paragraphs of an exact pitch, which Word and LibreOffice cut off to one line of it."""
    for place in places:
        if place.tag.name not in names.figures:
            continue
        paragraph = next(place.run.iterancestors(_P))
        spacing = paragraph.find(f"{tag('pPr')}/{tag('spacing')}")
        if spacing is not None and spacing.get(tag("lineRule")) == "exact":
            yield _("{tag}: its paragraph needs a line spacing that is not exact").format(tag=place.tag.text)


class NameCheck:
    """Gathers the names that all parts of a template print.

    Args:
        names: what it may and must print.
    """

    def __init__(self, names: TemplateNames) -> None:
        self._names = names
        self._printed: set[str] = set()

    def check_part(self, places: list[TagPlace]) -> Iterator[str]:
        """What a part prints or asks for that the form does not have."""
        loops: list[tuple[str, str]] = []
        for place in places:
            found = place.tag
            if found.kind == "for":
                yield from self._check_loop(place, loops)
                loops.append((found.variable, found.name))
            elif found.kind == "endfor" and loops:
                loops.pop()
            elif found.kind == "value":
                name = self._printable(found.name, loops)
                if name:
                    self._printed.add(name)
                else:
                    yield self._unknown(found.text, found.name)
            elif found.kind == "colspan" and found.name and found.name not in self._names.lists:
                yield self._unknown(found.text, found.name)
            elif found.condition:
                for name in names_of(found.condition):
                    askable = self._names.conditions | set(self._names.lists)
                    if name not in askable and not self._printable(name, loops):
                        yield self._unknown(found.text, name)

    def check_value(self, found: Tag) -> Iterator[str]:
        """A value that stands where no field has to be printed, as in a property of the file."""
        if found.name not in self._names.values:
            yield self._unknown(found.text, found.name)

    def not_printed(self) -> Iterator[str]:
        """The fields of the form that no tag prints whole."""
        for name, alternatives in self._names.wanted.items():
            lacking = min((sorted(wanted - self._printed) for wanted in alternatives), key=len)
            if lacking:
                yield _("{name}: no tag prints {lacking}").format(name=name, lacking=listing(lacking))

    def _check_loop(self, place: TagPlace, loops: list[tuple[str, str]]) -> Iterator[str]:
        found = place.tag
        if found.name not in self._names.lists:
            yield self._unknown(found.text, found.name)
        bases = {name.partition(".")[0] for name in (*self._names.values, *self._names.lists)}
        if found.variable in bases | {"loop"} or found.variable in dict(loops):
            yield _("{tag}: the name {name} is taken").format(tag=found.text, name=found.variable)

    def _printable(self, name: str, loops: list[tuple[str, str]]) -> str:
        """The name as ``wanted`` has it, ``rows.caller`` for an item's; empty where there is none."""
        base, _dot, column = name.partition(".")
        listed = dict(loops).get(base)
        if listed is not None:
            return f"{listed}.{column}" if column in self._names.lists.get(listed, ()) else ""
        if name in self._names.values or (loops and name in _LOOP_NAMES):
            return name
        return ""

    def _unknown(self, text: str, name: str) -> str:
        close = get_close_matches(name, self._names.values, n=1)
        message = _("{tag}: the form has no {name}").format(tag=text, name=name)
        return message + (_(", but {close}").format(close=close[0]) if close else "")
