"""The Word template of a form: prepared once, rendered many times.

Preparing repairs tags that Word split over runs, gives each its own run, checks names both ways and
compiles body, headers and footers in the sandbox. Rendering fills those parts, copies all others as they
lie, and finds every value it was given in the output's text again. What was filled in is never a template:
``{{ … }}`` comes out as typed.

Whole rows and paragraphs are looped over or left out. Where cells are, or are changed, docxtpl itself renders the part;
what neither does, a template is refused for by name rather than rendered otherwise.

Source: ISO 9001, 7.5.3.2; 21 CFR 11.10(e): changes do not obscure what was there
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeAlias

from lxml import etree

from recordkeeper.documents.document_text import letters_below, printed_parts
from recordkeeper.documents.docxtpl_part import DocxtplPart, part_by_docxtpl, source_of
from recordkeeper.documents.figure import Figure, with_figures
from recordkeeper.documents.ooxml import PackedMember, assemble, pack, parse_part, read_package, tag
from recordkeeper.documents.part_renderer import (
    DECLARATION,
    PartRenderer,
    as_spans,
    compile_part,
    figure_expression,
    value_expression,
)
from recordkeeper.documents.print_code import PRINT_CODE
from recordkeeper.documents.property_part import (
    PROPERTIES_PART,
    PropertyPart,
    check_properties,
    prints_properties,
    without_property_tags,
)
from recordkeeper.documents.strikethrough import HALF_A_PAGE_LINES, Place, characters_a_line, place_for
from recordkeeper.documents.template_check import NameCheck, check_grids, check_joins, check_room, check_structure
from recordkeeper.documents.template_names import TemplateNames
from recordkeeper.documents.template_part import TagPlace, find_tags, stray_tags
from recordkeeper.errors import DocumentError, FormError, InvalidInputError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.rich_text import RichText, text_of_spans

Wanted: TypeAlias = tuple[tuple[str, tuple[tuple[tuple[str, ...], ...], ...]], ...]
Part: TypeAlias = PartRenderer | DocxtplPart | PropertyPart

_SEPARATORS = re.compile(r"[\n\t]")
_BARE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;|quot;|#\d+;)")
BOOKMARKS_A_PART = 10_000_000  # far above the identifiers that Word gives out, and more than a part can hold


class TemplateRefusedError(FormError, InvalidInputError):
    """A template that cannot be used; the message names every problem."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        message = "; ".join(f"{finding.subject}: {finding.message}" for finding in findings)
        super().__init__(message, subject=findings[0].subject, found=message)
        self.findings = findings


class ValueLostError(DocumentError):
    """A value that was given cannot be found in the rendered document."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(
            _("{name}: expected {value!r} in the document, found nothing of it").format(name=name, value=value[:60]),
            subject=name,
            expected=value,
        )


@dataclass(frozen=True, slots=True)
class FormTemplate:
    """A template ready to be filled; holds no file and can be kept for as long as its bytes are in use.

    Args:
        parts: those that are rendered, by name.
        members: all members of the package in order, those rendered by name alone.
        wanted: for each field the ways in which it can be printed whole, each by the paths of its values.
    """

    parts: Mapping[str, Part]
    members: tuple[PackedMember | str, ...]
    wanted: Wanted
    _last: dict[str, tuple[bytes, PackedMember]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What it draws."""
        return tuple(figure for part in self.parts.values() for figure in part.figures)

    def render(self, context: Mapping[str, Any]) -> bytes:
        """The filled document; equal contexts give equal bytes.

        Args:
            context: text, whole numbers, truth, spans, lists and maps of these, by name.

        Raises:
            MissingValueError: a name that the template prints is not in the context.
            UnprintableTextError: a text holds a character that XML cannot hold.
            ValueLostError: a value of a field was not printed.
        """
        printed: set[int] = set()
        drawn: dict[str, object] = {}
        rendered = {name: self._render_part(part, context, printed, drawn) for name, part in self.parts.items()}
        packed: dict[str, PackedMember] = {}
        for figure in self.figures:
            shown = drawn.get(figure.tag)
            packed[figure.part] = pack(figure.part, figure.content(shown)) if shown else _nothing(figure)
        printed.add(id(drawn.get(PRINT_CODE.tag)))
        for name, value in _lost(context, self.wanted, printed):
            raise ValueLostError(name, text_of_spans(value))
        packed |= {name: self._packed(name, content) for name, content in rendered.items()}
        return assemble(packed[member] if isinstance(member, str) else member for member in self.members)

    def _packed(self, name: str, content: bytes) -> PackedMember:
        """The part deflated, anew only where it is not as in the form filled before: footers often are."""
        last = self._last.get(name)
        if last is None or last[0] != content:
            last = self._last[name] = content, pack(name, content)
        return last[1]

    @staticmethod
    def _render_part(part: Part, context: Mapping[str, Any], printed: set[int], drawn: dict[str, object]) -> bytes:
        filling = part.fill(context, drawn)
        _check_letters(_letters_of("".join(filling.filled)), [text for _place, text, _value in filling.printed])
        printed.update([id(value) for _place, _text, value in filling.printed])
        if any(_may_be_high(place, text) for place, text, _value in filling.printed):
            return _with_breaking_rows(parse_part(filling.content, part.name))
        return filling.content


def _letters_of(xml: str) -> str:
    """The letters of all texts, read from what was rendered and not from what it was rendered of.

    A mark that was not escaped ends its text early or is no entity, so that the value is not found; parsing the part
    again would say no more and cost as much as all else.
    """
    *pieces, _rest = xml.split("</w:t>")
    texts = "".join([piece[piece.rfind(">") + 1 :] for piece in pieces])
    if "<" in texts:
        raise ValueLostError(_("document"), "<")
    if "&" not in texts:
        return texts
    if _BARE_AMPERSAND.search(texts):
        raise ValueLostError(_("document"), "&")
    return texts.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


@lru_cache(maxsize=64)
def _nothing(figure: Figure) -> PackedMember:
    return pack(figure.part, figure.nothing)


def _may_be_high(place: Place, text: RichText) -> bool:
    length = len(text[0].text) if len(text) == 1 else sum([len(span.text) for span in text])
    if length <= HALF_A_PAGE_LINES:  # a text of so few characters has no more line ends
        return False
    return length > place.longest or sum([span.text.count("\n") for span in text]) > HALF_A_PAGE_LINES


def _with_breaking_rows(root: etree._Element) -> bytes:
    """The part with its high rows allowed to break: one that may not, and fits no page, is cut off silently."""
    for unbroken in list(root.iter(tag("cantSplit"))):
        row = next(unbroken.iterancestors(tag("tr")), None)
        properties = unbroken.getparent()
        if row is not None and properties is not None and any(map(_is_high, row.iter(tag("tc")))):
            properties.remove(unbroken)
    return DECLARATION + etree.tostring(root, encoding="unicode").encode()


def _is_high(cell: etree._Element) -> bool:
    starts = sum(1 for _start in cell.iter(tag("p"), tag("br")))
    return starts + len(letters_below(cell)) // characters_a_line(cell) > HALF_A_PAGE_LINES


def _check_letters(letters: str, in_order: list[RichText]) -> None:
    """Find each piece of each printed span in ``letters``, one after the other."""
    position = 0
    for value in in_order:
        for span in value:
            text = span.text
            for piece in _SEPARATORS.split(text) if "\n" in text or "\t" in text else (text,):
                wanted = piece.strip(" ")
                found = letters.find(wanted, position)
                if found < 0:
                    raise ValueLostError(_("document"), wanted)
                position = found + len(wanted)


def _paths(names: TemplateNames) -> Wanted:
    return tuple(
        (name, tuple(tuple(tuple(dotted.split(".")) for dotted in sorted(ways)) for ways in alternatives))
        for name, alternatives in names.wanted.items()
    )


def _lost(context: Mapping[str, Any], wanted: Wanted, printed: set[int]) -> Iterator[tuple[str, RichText]]:
    """The values of the form's fields that were not printed, in any of the ways in which a field can be.

    Args:
        context: the values.
        wanted: what has to be printed.
        printed: the identities of the values that were printed.
    """
    for name, alternatives in wanted:
        missing: list[object] = []
        for alternative in alternatives:
            missing = []
            for path in alternative:
                value = context.get(path[0])
                value = value if len(path) == 1 else _value_at(value, path[1:])
                for each in value if isinstance(value, list) else (value,):
                    if id(each) not in printed:
                        missing += [leaf for leaf in _leaves(each) if id(leaf) not in printed]
            if not missing:
                break
        if missing:
            yield name, as_spans(missing[0])


def _value_at(value: object, path: Sequence[str]) -> object:
    for index, key in enumerate(path):
        if isinstance(value, list):
            return [_value_at(item, path[index:]) for item in value]
        value = value.get(key) if isinstance(value, (dict, Mapping)) else None
    return value


def _leaves(value: object) -> list[object]:
    """The values in lists and lists of lists that are something to print."""
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    if value is None or value in ("", ()) or isinstance(value, bool | Mapping):  # a map is not hashable
        return []
    return [value]


@dataclass(frozen=True, slots=True)
class PreparedTemplate:
    """What came of a template: problems, or a form template.

    Args:
        findings: every problem, with the part and the tag.
        ready: the compiled template; None where there are problems.
    """

    findings: tuple[Finding, ...]
    ready: FormTemplate | None = field(repr=False)

    @property
    def template(self) -> FormTemplate:
        """The template to render.

        Raises:
            TemplateRefusedError: there are problems.
        """
        if self.ready is None:
            raise TemplateRefusedError(self.findings)
        return self.ready


def prepare_template(docx: bytes, names: TemplateNames, *, name: str = "docx") -> PreparedTemplate:
    """Check ``docx`` against ``names`` and compile it.

    Args:
        docx: the Word file as a controller saved it.
        names: what it may and must print.
        name: how to name the file in findings.

    Raises:
        DocumentRefusedError: the file does not pass the gate.
    """
    members = read_package(docx, name)
    printing = printed_parts(members)
    check = NameCheck(names)
    problems = [
        (figure.part, _("a filled form is no template")) for figure in names.figures.values() if figure.part in members
    ]
    roots: dict[str, tuple[etree._Element, list[TagPlace]]] = {}
    properties: etree._Element | None = None
    for part, content in printing.items():
        root = parse_part(content, f"{name}/{part}")
        places, found = find_tags(root)
        problems += [
            (part, message)
            for message in (
                *found,
                *check_structure(places),
                *check_joins(places),
                *check.check_part(places),
                *check_room(places, names),
                *check_grids(root, places),
            )
        ]
        roots[part] = (root, places)
    for part, content in members.items():
        if part.endswith((".xml", ".rels")):
            root = roots[part][0] if part in roots else parse_part(content, f"{name}/{part}")
            if part == PROPERTIES_PART:
                properties = root
                problems += [(part, message) for message in check_properties(root, check)]
                root = without_property_tags(root)
            problems += [(part, message) for message in stray_tags(root, is_printed=part in roots)]
    problems += [("word/document.xml", message) for message in check.not_printed()]
    findings = tuple(Finding("template", Severity.ERROR, f"{name}/{part}", message) for part, message in problems)
    if findings:
        return PreparedTemplate(findings, None)
    parts: dict[str, Part] = {
        part: _compile(part, number, root, places, names) for number, (part, (root, places)) in enumerate(roots.items())
    }
    if properties is not None and prints_properties(properties):
        parts[PROPERTIES_PART] = PropertyPart(properties)
    shown = {name: dict.fromkeys(part.figures) for name, part in parts.items() if part.figures}
    figures = dict.fromkeys(figure.part for part in parts.values() for figure in part.figures)
    if shown:
        members = with_figures(members, shown)
    packed = tuple(part if part in parts else pack(part, content) for part, content in members.items())
    return PreparedTemplate((), FormTemplate(parts, (*packed, *figures), _paths(names)))


def _compile(name: str, number: int, root: etree._Element, places: list[TagPlace], names: TemplateNames) -> Part:
    """The part, its bookmarks named ``rk0p17r2``: number of the part, of the tag among its values, of the row."""
    values: list[Place] = []
    figures: list[Figure] = []
    statements: list[tuple[TagPlace, str]] = []
    joined = {_cell_of(each) for each in places if each.tag.kind == "vm"} - {None}
    loops = value = 0
    for place in places:
        each = place.tag
        value += each.kind == "value"
        loops += {"for": 1, "endfor": -1}.get(each.kind, 0)
        if each.kind == "value" and each.name in names.figures:
            statements.append((replace(place, lone_paragraph=None), figure_expression(each.name, len(figures))))
            figures.append(names.figures[each.name])
        elif each.kind == "value":
            alone = None if _cell_of(place) in joined else place.lone_paragraph
            statements.append((replace(place, lone_paragraph=alone), value_expression(each.name, len(values), loops)))
            values.append(place_for(place.run, alone, f"rk{number}p{value}", (number + 1) * BOOKMARKS_A_PART))
        elif each.kind == "comment":
            place.replace(None)
        elif each.kind == "for":
            statements.append((place, f"for {each.variable} in {each.name}"))
        else:
            statements.append((place, each.statement or f"{each.kind} {each.condition}".strip()))
    if any(place.tag.is_of_cells for place in places):
        return part_by_docxtpl(name, source_of(root, statements, joined), values, figures)
    for place, statement in statements:
        prints = "do " if place.tag.kind == "value" else ""
        place.replace(etree.ProcessingInstruction("rk-block", prints + statement))
    return compile_part(name, etree.tostring(root, encoding="unicode"), values, figures)


def _cell_of(place: TagPlace) -> etree._Element | None:
    return next(place.run.iterancestors(tag("tc")), None)
