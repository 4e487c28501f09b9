"""The Word template of a form: prepared once, rendered many times.

Preparing repairs tags that Word split over runs, gives each its own run, checks names both ways and
compiles body, headers and footers in the sandbox. Rendering fills those parts, copies all others as they
lie, and finds every value it was given in the output's text again. What was filled in is never a template:
``{{ … }}`` comes out as typed.

Whole rows and paragraphs are looped over or left out; nothing else of docxtpl's syntax exists, and a
template that uses it is refused by name rather than rendered otherwise.

Source: ISO 9001, 7.5.3.2; 21 CFR 11.10(e): changes do not obscure what was there
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, Undefined
from jinja2.environment import Template
from lxml import etree
from markupsafe import Markup

from recordkeeper.documents.document_text import letters_below, printed_parts
from recordkeeper.documents.figure import Figure, with_figures
from recordkeeper.documents.ooxml import PackedMember, assemble, pack, parse_part, read_package, tag
from recordkeeper.documents.print_code import PRINT_CODE
from recordkeeper.documents.strikethrough import HALF_A_PAGE_LINES, Place, characters_a_line, place_for
from recordkeeper.documents.template_check import NameCheck, check_room, check_structure
from recordkeeper.documents.template_names import TemplateNames
from recordkeeper.documents.template_part import TagPlace, find_tags, stray_tags
from recordkeeper.errors import DocumentError, FormError, InvalidInputError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.expression import Sandbox
from recordkeeper.model.rich_text import RichText, Span, text_of_spans

_SEPARATORS = re.compile(r"[\n\t]")
_TEXTS = re.compile(r"<w:t(?: [^<>]*)?>([^<]*)</w:t>")
_BARE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;|quot;|#\d+;)")
BOOKMARKS_A_PART = 10_000_000  # far above the identifiers that Word gives out, and more than a part can hold
_DECLARATION = "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"


class TemplateRefusedError(FormError, InvalidInputError):
    """A template that cannot be used; the message names every problem."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        message = "; ".join(f"{finding.subject}: {finding.message}" for finding in findings)
        super().__init__(message, subject=findings[0].subject, found=message)
        self.findings = findings


class MissingValueError(DocumentError, InvalidInputError):
    """A template prints a name for which there is no value."""

    def __init__(self, name: str) -> None:
        super().__init__(_("template: no value for {name}").format(name=name), subject="template", found=name)


class ValueLostError(DocumentError):
    """A value that was given cannot be found in the rendered document."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(
            _("{name}: expected {value!r} in the document, found nothing of it").format(name=name, value=value[:60]),
            subject=name,
            expected=value,
        )


class _Renderer(Sandbox):
    """The sandbox with the one filter that turns a value into runs; unknown to those who write templates."""

    def __init__(self) -> None:
        # no parsed part holds a processing instruction, so no text is ever taken for a tag
        super().__init__(
            variable_start_string="<?rk-value ",
            variable_end_string="?>",
            block_start_string="<?rk-block ",
            block_end_string="?>",
            comment_start_string="<?rk-comment ",
            comment_end_string="?>",
            keep_trailing_newline=True,
            autoescape=True,
        )
        self.globals = {}
        self.filters = {"at": _at, "figure": _figure}


def _at(value: object, place: Place, printed: list[tuple[Place, RichText]], *rows: int) -> Markup:
    text = _as_spans(value)
    number = len(printed)
    printed.append((place, text))
    row = "" if not rows else f"r{rows[0]}" if len(rows) == 1 else f"r{rows[0]}n{number}"
    return Markup(place.render(text, number, row))  # noqa: S704  # Place.render escapes every text


def _figure(value: object, number: int, figures: tuple[Figure, ...], drawn: dict[str, object]) -> Markup:
    if isinstance(value, Undefined):
        str(value)  # raises
    if not value:
        return Markup()
    figure = figures[number]
    drawn[figure.tag] = value
    description = value if isinstance(value, str) else figure.tag
    return Markup(figure.drawing(description, number))  # noqa: S704  # a code has no character that XML escapes


def _as_spans(value: object) -> RichText:
    match value:
        case Undefined():
            str(value)  # raises
            raise AssertionError
        case tuple():
            return value
        case bool():
            raise TypeError(value)
        case str() | int():
            return (Span(str(value)),) if value != "" else ()
        case _:
            raise TypeError(type(value).__name__)


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    template: Template
    places: tuple[Place, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class FormTemplate:
    """A template ready to be filled; holds no file and can be kept for as long as its bytes are in use.

    Args:
        parts: the compiled parts by name.
        members: all members of the package in order, those rendered by name alone.
        names: what it prints.
    """

    parts: Mapping[str, _Part]
    members: tuple[PackedMember | str, ...]
    names: TemplateNames

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
        printed: set[RichText] = set()
        drawn: dict[str, object] = {}
        rendered = {name: self._render_part(part, context, printed, drawn) for name, part in self.parts.items()}
        packed: dict[str, PackedMember] = {}
        for figure in self.figures:
            shown = drawn.get(figure.tag)
            packed[figure.part] = pack(figure.part, figure.content(shown)) if shown else _nothing(figure)
        if isinstance(code := drawn.get(PRINT_CODE.tag), str):
            printed.add(_as_spans(code))
        for name, value in _lost(context, self.names, printed):
            raise ValueLostError(name, text_of_spans(value))
        packed |= {name: pack(name, content) for name, content in rendered.items()}
        return assemble(packed[member] if isinstance(member, str) else member for member in self.members)

    @staticmethod
    def _render_part(
        part: _Part, context: Mapping[str, Any], printed: set[RichText], drawn: dict[str, object]
    ) -> bytes:
        in_order: list[tuple[Place, RichText]] = []
        own = {"rk_places": part.places, "rk_printed": in_order, "rk_figures": part.figures, "rk_drawn": drawn}
        try:
            xml = part.template.render({**context, **own})
        except TemplateError as error:
            raise MissingValueError(str(error.message)) from None
        content = (_DECLARATION + xml).encode()
        values = [value for _place, value in in_order]
        _check_letters(_letters_of(xml), values)
        printed.update(values)
        if any(_may_be_high(place, text_of_spans(value)) for place, value in in_order):
            content = _with_breaking_rows(parse_part(content, part.name))
        return content


def _letters_of(xml: str) -> str:
    """The letters of all texts, read from what was rendered and not from what it was rendered of.

    A mark that was not escaped ends its text early or is no entity, so that the value is not found; parsing the part
    again would say no more and cost as much as all else.
    """
    texts = "".join(_TEXTS.findall(xml))
    if _BARE_AMPERSAND.search(texts):
        raise ValueLostError(_("document"), "&")
    return texts.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


@lru_cache(maxsize=64)
def _nothing(figure: Figure) -> PackedMember:
    return pack(figure.part, figure.nothing)


def _may_be_high(place: Place, text: str) -> bool:
    return len(text) > place.longest or text.count("\n") > HALF_A_PAGE_LINES


def _with_breaking_rows(root: etree._Element) -> bytes:
    """The part with its high rows allowed to break: one that may not, and fits no page, is cut off silently."""
    for unbroken in list(root.iter(tag("cantSplit"))):
        row = next(unbroken.iterancestors(tag("tr")), None)
        properties = unbroken.getparent()
        if row is not None and properties is not None and any(map(_is_high, row.iter(tag("tc")))):
            properties.remove(unbroken)
    return (_DECLARATION + etree.tostring(root, encoding="unicode")).encode()


def _is_high(cell: etree._Element) -> bool:
    starts = sum(1 for _start in cell.iter(tag("p"), tag("br")))
    return starts + len(letters_below(cell)) // characters_a_line(cell) > HALF_A_PAGE_LINES


def _check_letters(letters: str, in_order: list[RichText]) -> None:
    """Find each piece of each printed span in ``letters``, one after the other."""
    position = 0
    for value in in_order:
        for span in value:
            for piece in _SEPARATORS.split(span.text):
                wanted = piece.strip(" ")
                found = letters.find(wanted, position)
                if found < 0:
                    raise ValueLostError(_("document"), wanted)
                position = found + len(wanted)


def _lost(context: Mapping[str, Any], names: TemplateNames, printed: set[RichText]) -> Iterator[tuple[str, RichText]]:
    """The values of the form's fields that were not printed, in any of the ways in which a field can be."""
    for name, alternatives in names.wanted.items():
        missing = [
            [
                leaf
                for dotted in sorted(alternative)
                for leaf in _leaves(_value_at(context, dotted.split(".")))
                if leaf not in printed
            ]
            for alternative in alternatives
        ]
        if all(missing):
            yield name, missing[0][0]


def _value_at(value: object, path: list[str]) -> object:
    for index, key in enumerate(path):
        if isinstance(value, list):
            return [_value_at(item, path[index:]) for item in value]
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _leaves(value: object) -> Iterator[RichText]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool | Mapping) and value not in {"", ()}:
        yield _as_spans(value)


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
    for part, content in printing.items():
        root = parse_part(content, f"{name}/{part}")
        places, found = find_tags(root)
        problems += [
            (part, message)
            for message in (*found, *check_structure(places), *check.check_part(places), *check_room(places, names))
        ]
        roots[part] = (root, places)
    for part, content in members.items():
        if part.endswith((".xml", ".rels")):
            root = roots[part][0] if part in roots else parse_part(content, f"{name}/{part}")
            problems += [(part, message) for message in stray_tags(root, is_printed=part in roots)]
    problems += [("word/document.xml", message) for message in check.not_printed()]
    findings = tuple(Finding("template", Severity.ERROR, f"{name}/{part}", message) for part, message in problems)
    if findings:
        return PreparedTemplate(findings, None)
    parts = {
        part: _compile(part, number, root, places, names) for number, (part, (root, places)) in enumerate(roots.items())
    }
    shown = {name: dict.fromkeys(part.figures) for name, part in parts.items() if part.figures}
    figures = dict.fromkeys(figure.part for part in parts.values() for figure in part.figures)
    if shown:
        members = with_figures(members, shown)
    packed = tuple(part if part in parts else pack(part, content) for part, content in members.items())
    return PreparedTemplate((), FormTemplate(parts, (*packed, *figures), names))


def _compile(name: str, number: int, root: etree._Element, places: list[TagPlace], names: TemplateNames) -> _Part:
    """The part, its bookmarks named ``rk0p17r2``: number of the part, of the tag among its values, of the row."""
    compiled: list[Place] = []
    figures: list[Figure] = []
    loops = 0
    value = 0
    for each in places:
        value += each.tag.kind == "value"
        loops += {"for": 1, "endfor": -1}.get(each.tag.kind, 0)
        match each.tag.kind:
            case "value" if each.tag.name in names.figures:
                target = "rk-value", f"{each.tag.name}|figure({len(figures)},rk_figures,rk_drawn)"
                figures.append(names.figures[each.tag.name])
                replace(each, lone_paragraph=None).replace(etree.ProcessingInstruction(*target))
                continue
            case "value":
                index = len(compiled)
                bookmark = f"rk{number}p{value}"
                compiled.append(place_for(each.run, each.lone_paragraph, bookmark, (number + 1) * BOOKMARKS_A_PART))
                rows = ",loop.index" * min(loops, 1) + ",1" * (loops > 1)
                target = "rk-value", f"{each.tag.name}|at(rk_places[{index}],rk_printed{rows})"
            case "comment":
                each.replace(None)
                continue
            case "for":
                target = "rk-block", f"for {each.tag.variable} in {each.tag.name}"
            case kind:
                target = "rk-block", f"{kind} {each.tag.condition}".strip()
        each.replace(etree.ProcessingInstruction(*target))
    xml = etree.tostring(root, encoding="unicode")
    return _Part(name, _Renderer().from_string(xml), tuple(compiled), tuple(figures))
