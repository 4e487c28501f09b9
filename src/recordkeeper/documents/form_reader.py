"""The values of a filled form, taken back out of its Word file: what stands, what was struck, which boxes are ticked.

It is a judge of the renderer and shares nothing with it: it counts the tags of the template in its own way, finds the
bookmark of each in the filled form, reads the runs between start and end, and holds that what surrounds a value is
what surrounds its tag: the same cell of a row with the same labels. A value printed in another one's place is found.

Source: ISO 9001, 7.5.3.2; ECMA-376, 17.13.6 (bookmarks)
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from recordkeeper.amount import amount
from recordkeeper.errors import DocumentError, InvalidInputError
from recordkeeper.language import translate as _

CHOSEN, NOT_CHOSEN = "☑", "☐"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PART = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_TAG = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}|\{%\s*(?:tr|tc|p)?\s*(.*?)\s*%\}|\{#.*?#\}", re.DOTALL)
_LOOSE = re.compile(r"\{%(?:tc\b|\s*[hv]m\b|\s*colspan\b)")
_FOR = re.compile(r"for\s+(\w+)\s+in\s+(\w+)")
_BOOKMARK = re.compile(r"rk(\d+)p(\d+)(?:r(\d+)(?:n\d+)?)?")
_OPTION = re.compile(f"([{CHOSEN}{NOT_CHOSEN}])\\s?([^{CHOSEN}{NOT_CHOSEN}]*)")
_OFF = frozenset({"0", "false", "off"})


class UnreadableFormError(DocumentError, InvalidInputError):
    """A filled form that does not fit its template."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(
            _("filled form: expected {expected}, found {found}").format(expected=expected, found=found),
            subject="docx",
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value as a reader sees it.

    Args:
        text: what stands, without circled numbers and notes; lines of a text are parted by line ends.
        struck: what is struck through, in order.
    """

    text: str = ""
    struck: tuple[str, ...] = ()

    @property
    def boxes(self) -> dict[str, bool]:
        """The choices that stand, by their printed names, each with whether it is ticked."""
        return {name.strip("\u3000 "): box == CHOSEN for box, name in _OPTION.findall(self.text)}


@dataclass(slots=True)
class ReadForm:
    """Everything that a filled form says.

    Args:
        values: by name; a name that the template prints several times, as for each copy of a slip, says one thing.
        rows: the rows of each list, by the names of their columns.
    """

    values: dict[str, ReadValue] = field(default_factory=dict)
    rows: dict[str, list[dict[str, ReadValue]]] = field(default_factory=dict)

    def _add(self, name: str, listed: str, row: int, value: ReadValue) -> None:
        place = self.values
        if listed:
            rows = self.rows.setdefault(listed, [])
            rows += [{} for _number in range(len(rows), row)]
            place = rows[row - 1]
        if place.setdefault(name, value) != value:
            raise UnreadableFormError(_("{name} alike wherever it stands").format(name=name), repr(value.text[:40]))


def read_values(template: bytes, docx: bytes) -> ReadForm:
    """What ``docx``, a rendering of ``template``, says.

    Args:
        template: the Word file with the tags.
        docx: the filled form.

    Raises:
        UnreadableFormError: a value is missing, stands elsewhere than its tag, or differs from one place to another.
    """
    read = ReadForm()
    lengths: dict[str, int] = {}
    was, now = _parts(template), _parts(docx)
    for number, name in enumerate(was):
        if name not in now:
            raise UnreadableFormError(name, _("nothing"))
        tags = _Tags(was[name])
        read.rows |= {loop.listed: [] for loop in tags.loops if loop.listed not in read.rows}
        counted: dict[_Loop, int] = {}
        for place, row, value, surroundings in _marked(now[name], number):
            if place not in tags.places:
                raise UnreadableFormError(_("a bookmark for each tag"), f"{name} {place}")
            tag = tags.places[place]
            tag.surroundings.check(surroundings, tag.name)
            read._add(tag.name, tag.listed, row, value)  # noqa: SLF001  # of this module
            if tag.loop is not None:
                counted[tag.loop] = max(row, counted.get(tag.loop, 0))
        for loop in tags.printing:
            if (rows := counted.get(loop, 0)) or not loop.is_conditional:
                _agree(loop.listed, rows, lengths)
    return read


def _agree(listed: str, rows: int, lengths: dict[str, int]) -> None:
    """Hold that a list has as many rows wherever it stands; those of a later copy are no fewer.

    Raises:
        UnreadableFormError: it has not.
    """
    if lengths.setdefault(listed, rows) != rows:
        found = amount("rows", rows)
        raise UnreadableFormError(_("{name} alike wherever it stands").format(name=listed), found)


def _parts(docx: bytes) -> dict[str, etree._Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        names = [name for name in archive.namelist() if _PART.fullmatch(name)]
        return {name: etree.fromstring(archive.read(name), parser) for name in names}


# ---- where a tag or a value stands --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The cells of the row around a place, or its paragraph; none of it part of any value.

    Args:
        cell: index of its cell in the row; -1 outside of tables.
        literals: the letters of each cell without tags and values.
        tagged: which cells hold tags; what stands there may depend on conditions.
        has_loose_cells: whether cells come and go in the row, so that none can be told by its number.
    """

    cell: int
    literals: tuple[str, ...]
    tagged: frozenset[int] = frozenset()
    has_loose_cells: bool = False

    def check(self, found: "_Surroundings", name: str) -> None:
        """Hold that ``found`` is what surrounds the tag.

        Raises:
            UnreadableFormError: it is not.
        """
        if self.has_loose_cells:
            missing = next((text for text in self.literals if text and text not in found.literals), "")
            if missing:
                raise UnreadableFormError(_("“{text}” beside {name}").format(text=missing, name=name), _("nothing"))
            return
        if (self.cell, len(self.literals)) != (found.cell, len(found.literals)):
            raise UnreadableFormError(_("{name} where its tag stands").format(name=name), _("another cell"))
        for index, (wanted, letters) in enumerate(zip(self.literals, found.literals, strict=True)):
            fits = _is_part(letters, wanted) if index in self.tagged else letters == wanted
            if not fits:
                raise UnreadableFormError(_("“{text}” beside {name}").format(text=wanted, name=name), letters)


def _is_part(letters: str, whole: str) -> bool:
    rest = iter(whole)
    return all(letter in rest for letter in letters)


def _scope(paragraph: etree._Element) -> tuple[etree._Element, list[etree._Element]]:
    """The row around a paragraph with its cells, or the paragraph itself."""
    row = next(paragraph.iterancestors(f"{_W}tr"), None)
    return (paragraph, [paragraph]) if row is None else (row, list(row.iterchildren(f"{_W}tc")))


def _index(paragraph: etree._Element, row: etree._Element, cells: Sequence[etree._Element]) -> int:
    if row is paragraph:
        return -1
    return cells.index(next(cell for cell in paragraph.iterancestors(f"{_W}tc") if cell.getparent() is row))


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop of a template.

    Args:
        number: which of its part's loops.
        variable: the name of its item.
        listed: the name of its list.
        is_conditional: whether it may be left out.
    """

    number: int
    variable: str
    listed: str
    is_conditional: bool


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    listed: str
    loop: _Loop | None
    surroundings: _Surroundings


class _Tags:
    """The tags of a part of a template that print a value, numbered from 1 as they stand in it."""

    def __init__(self, root: etree._Element) -> None:
        self.places: dict[int, _Tag] = {}
        self.loops: list[_Loop] = []
        self._conditions = 0
        open_loops: list[_Loop] = []
        around: dict[etree._Element, tuple[tuple[str, ...], frozenset[int], bool]] = {}
        for paragraph in root.iter(f"{_W}p"):
            for match in _TAG.finditer(_own_text(paragraph)):
                if match.group(2):
                    self._follow(match.group(2), open_loops)
                elif match.group(1):
                    row, cells = _scope(paragraph)
                    if row not in around:
                        around[row] = _template_cells(cells)
                    surroundings = _Surroundings(_index(paragraph, row, cells), *around[row])
                    self.places[len(self.places) + 1] = _tag(match.group(1), open_loops, surroundings)

    @property
    def printing(self) -> set[_Loop]:
        """The loops that print a value."""
        return {tag.loop for tag in self.places.values() if tag.loop is not None}

    def _follow(self, statement: str, open_loops: list[_Loop]) -> None:
        begun = _FOR.fullmatch(statement)
        if begun:
            loop = _Loop(len(self.loops), begun.group(1), begun.group(2), self._conditions > 0)
            open_loops.append(loop)
            self.loops.append(loop)
        elif statement == "endfor":
            open_loops.pop()
        else:
            self._conditions += {"if": 1, "endif": -1}.get(statement.partition(" ")[0], 0)


def _tag(name: str, loops: Sequence[_Loop], surroundings: _Surroundings) -> _Tag:
    """A tag with the list that it is a column of; an empty name where it is of none."""
    base, _dot, column = name.partition(".")
    own = next((loop for loop in reversed(loops) if loop.variable == base), None)
    inner = loops[-1] if loops else None
    if own is not None:
        return _Tag(column, own.listed, inner, surroundings)
    return _Tag(name, inner.listed if inner else "", inner, surroundings)


def _template_cells(cells: Sequence[etree._Element]) -> tuple[tuple[str, ...], frozenset[int], bool]:
    texts = ["".join(_own_text(paragraph) for paragraph in _paragraphs(cell)) for cell in cells]
    literals = tuple("".join(_TAG.sub("", text).split()) for text in texts)
    tagged = frozenset(index for index, text in enumerate(texts) if _TAG.search(text))
    return literals, tagged, any(_LOOSE.search(text) for text in texts)


def _paragraphs(cell: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs of a cell, those of tables in it left out."""
    for paragraph in cell.iter(f"{_W}p"):
        if cell.tag == f"{_W}p" or next(paragraph.iterancestors(f"{_W}tc")) is cell:
            yield paragraph


def _own_text(paragraph: etree._Element) -> str:
    return "".join(
        node.text or "" for node in paragraph.iter(f"{_W}t") if next(node.iterancestors(f"{_W}p")) is paragraph
    )


# ---- what is marked ------------------------------------------------------------------------------------------------


def _marked(root: etree._Element, part: int) -> Iterator[tuple[int, int, ReadValue, _Surroundings]]:
    """Every bookmark of a part: number of its tag, of its row, what it holds, what stands around it."""
    inside: set[etree._Element] = set()
    found: list[tuple[int, int, etree._Element, ReadValue]] = []
    for start in root.iter(f"{_W}bookmarkStart"):
        match = _BOOKMARK.fullmatch(start.get(f"{_W}name") or "")
        if match is None or int(match.group(1)) != part:
            continue
        nodes = _between(start)
        inside.update(nodes)
        paragraph = next(start.iterancestors(f"{_W}p"))
        found.append((int(match.group(2)), int(match.group(3) or 0), paragraph, _read(nodes)))
    around: dict[etree._Element, tuple[str, ...]] = {}
    for place, row_number, paragraph, value in found:
        row, cells = _scope(paragraph)
        if row not in around:
            around[row] = tuple(_letters_outside(cell, inside) for cell in cells)
        yield place, row_number, value, _Surroundings(_index(paragraph, row, cells), around[row])


def _between(start: etree._Element) -> list[etree._Element]:
    """The runs of a bookmark and the paragraphs that begin in it, in their order."""
    identifier = start.get(f"{_W}id")
    nodes: list[etree._Element] = []
    paragraph = next(start.iterancestors(f"{_W}p"))
    node = start.getnext()
    while True:
        if node is None:
            following = paragraph.getnext()
            if following is None or following.tag != f"{_W}p":
                raise UnreadableFormError(_("a bookmark that ends"), start.get(f"{_W}name") or "")
            paragraph = following
            nodes.append(paragraph)
            node = next(iter(paragraph), None)
        elif node.tag == f"{_W}bookmarkEnd" and node.get(f"{_W}id") == identifier:
            return nodes
        else:
            if node.tag == f"{_W}r":
                nodes.append(node)
            node = node.getnext()


def _letters_outside(cell: etree._Element, inside: set[etree._Element]) -> str:
    letters = (
        node.text or ""
        for paragraph in _paragraphs(cell)
        for node in paragraph.iter(f"{_W}t")
        if node.getparent() not in inside
    )
    return "".join("".join(letters).split())


def _read(nodes: Sequence[etree._Element]) -> ReadValue:
    """Runs and beginnings of paragraphs as what stands and what is struck."""
    standing: list[str] = []
    struck: list[str] = []
    last, line_ends = "", ""
    for node in nodes:
        if node.tag == f"{_W}p":
            line_ends += "" if _is_broken_off(node.getprevious()) else "\n"
            continue
        kind, text = _kind(node), _text(node)
        if kind == "struck" and last == "struck":
            struck[-1] += line_ends + text
        else:
            standing.append(line_ends)
            if kind != "added":
                (struck if kind == "struck" else standing).append(text)
        last, line_ends = kind, ""
    return ReadValue("".join(standing) + line_ends, tuple(struck))


def _is_broken_off(paragraph: etree._Element | None) -> bool:
    """Whether what follows stands in a paragraph of its own for the layout's sake alone."""
    return paragraph is not None and _is_on(paragraph.find(f"{_W}pPr/{_W}rPr"), "noProof")


def _kind(run: etree._Element) -> str:
    properties = run.find(f"{_W}rPr")
    if _is_on(properties, "strike"):
        return "struck"
    return "added" if _is_on(properties, "noProof") else "standing"


def _is_on(properties: etree._Element | None, name: str) -> bool:
    said = properties.find(f"{_W}{name}") if properties is not None else None
    return said is not None and said.get(f"{_W}val") not in _OFF


def _text(run: etree._Element) -> str:
    pieces: list[str] = []
    for node in run:
        if node.tag == f"{_W}t":
            pieces.append(node.text or "")
        elif node.tag in {f"{_W}br", f"{_W}cr"}:
            pieces.append("\n")
        elif node.tag == f"{_W}tab":
            pieces.append("\t")
    return "".join(pieces)


def columns_of(rows: Sequence[Mapping[str, ReadValue]], name: str) -> list[ReadValue]:
    """One column of the rows of a list; empty values where a row does not print it."""
    return [row.get(name, ReadValue()) for row in rows]
