"""One part of a template, compiled once and filled many times.

What stands between the values is encoded when it is compiled; filling writes that and the values' runs in turn. The
tags of a part are processing instructions by now, of which no parsed part holds any, so no text is taken for a tag.

Source: I-3
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateError, Undefined, nodes
from jinja2.environment import Template
from jinja2.ext import ExprStmtExtension

from recordkeeper.documents.figure import Figure
from recordkeeper.documents.strikethrough import Place
from recordkeeper.errors import DocumentError, InvalidInputError
from recordkeeper.language import translate as _
from recordkeeper.model.expression import Sandbox
from recordkeeper.model.rich_text import RichText, Span

DECLARATION = b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"


class MissingValueError(DocumentError, InvalidInputError):
    """A template prints a name for which there is no value."""

    def __init__(self, name: str) -> None:
        super().__init__(_("template: no value for {name}").format(name=name), subject="template", found=name)


@dataclass(slots=True)
class Filling:
    """One filling of a part.

    Args:
        places: where its values stand.
        figures: what it may draw.
        drawn: the values that were drawn, by the tag of their figure; shared by all parts.
        pieces: the part so far.
        filled: what was written for values.
        printed: the values in their order: where, as what, and what the context held.
    """

    places: tuple[Place, ...]
    figures: tuple[Figure, ...]
    drawn: dict[str, object]
    pieces: list[bytes] = field(default_factory=lambda: [DECLARATION])
    filled: list[str] = field(default_factory=list)
    printed: list[tuple[Place, RichText, object]] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The part as it lies in the file."""
        return b"".join(self.pieces)

    def write(self, xml: str) -> None:
        """Add what stands where a tag stood."""
        self.filled.append(xml)
        self.pieces.append(xml.encode())


class _Renderer(Sandbox):
    """The sandbox with the two filters that write a value; unknown to those who write templates."""

    def __init__(self) -> None:
        super().__init__(
            variable_start_string="<?rk-value ",
            variable_end_string="?>",
            block_start_string="<?rk-block ",
            block_end_string="?>",
            comment_start_string="<?rk-comment ",
            comment_end_string="?>",
            keep_trailing_newline=True,
            autoescape=True,
            extensions=[ExprStmtExtension],
        )
        self.globals = {}
        self.filters = {"at": put, "figure": draw}


def value_expression(name: str, index: int, loops: int) -> str:
    """The expression that prints a value.

    Args:
        name: of the value.
        index: of its place.
        loops: how many loops it stands in.
    """
    rows = ",loop.index" * min(loops, 1) + ",1" * (loops > 1)
    return f"{name}|at(rk_filling,{index}{rows})"


def figure_expression(name: str, index: int) -> str:
    """The expression that draws a value as the figure of that index."""
    return f"{name}|figure(rk_filling,{index})"


def put(value: object, filling: Filling, index: int, *rows: int) -> None:
    """Write a value where the tag of that index stands.

    Args:
        value: text, a whole number or spans.
        filling: the part so far.
        index: of the place.
        rows: in a loop the number of the row, and 1 where it stands in another loop.
    """
    place, printed = filling.places[index], filling.printed
    text = value if type(value) is tuple else as_spans(value)
    number = len(printed)
    printed.append((place, text, value))
    row = "" if not rows else f"r{rows[0]}" if len(rows) == 1 else f"r{rows[0]}n{number}"
    filling.write(place.render(text, number, row))


def draw(value: object, filling: Filling, index: int) -> None:
    """Draw a value as the figure of that index, or nothing where there is none."""
    if isinstance(value, Undefined):
        str(value)  # raises
    if value:
        figure = filling.figures[index]
        filling.drawn[figure.tag] = value
        # a print code has no character that XML escapes
        filling.write(figure.drawing(value if isinstance(value, str) else figure.tag, index))


def as_spans(value: object) -> RichText:
    """What a template prints of a value.

    Raises:
        TypeError: it is no text, whole number or spans.
    """
    if type(value) is str:  # what most values are
        return (Span(value),) if value else ()
    match value:
        case tuple():
            return value
        case bool():
            raise TypeError(value)
        case str() | int():
            return (Span(str(value)),) if value != "" else ()
        case Undefined():
            str(value)  # raises
            raise AssertionError
        case _:
            raise TypeError(type(value).__name__)


@dataclass(frozen=True, slots=True)
class PartRenderer:
    """A compiled part.

    Args:
        name: of the member.
        template: what says which piece comes next.
        places: where its values stand.
        figures: what it may draw.
        fixed: what stands between the values, with its bytes.
    """

    name: str
    template: Template
    places: tuple[Place, ...]
    figures: tuple[Figure, ...]
    fixed: Mapping[str, bytes]

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
        try:
            pieces = self.template.root_render_func(self.template.new_context({**context, "rk_filling": filling}))
            filling.pieces.extend(map(self.fixed.__getitem__, pieces))
        except TemplateError as error:
            raise MissingValueError(str(error.message)) from None
        return filling


def compile_part(name: str, xml: str, places: list[Place], figures: list[Figure]) -> PartRenderer:
    """The part whose tags are statements in processing instructions.

    Args:
        name: of the member.
        xml: the part.
        places: where its values stand, by the index in their statements.
        figures: what it may draw, likewise.
    """
    renderer = _Renderer()
    fixed = {text.data: text.data.encode() for text in renderer.parse(xml).find_all(nodes.TemplateData)}
    return PartRenderer(name, renderer.from_string(xml), tuple(places), tuple(figures), fixed)
