"""The tags of a template: a tiny language, read from Word paragraphs and checked before anything is compiled.

``{{ name }}`` prints a value; ``{% if %}``, ``{% for %}`` and their ends stand in a line of text, with
``p``, ``tr`` or ``tc`` in front in a paragraph, table row or cell of their own, as in docxtpl. ``{% colspan 2 %}``,
``{% cellbg "FFF2CC" %}``, ``{% hm %}`` and ``{% vm %}`` change the cell that they stand in, as there too. A name is
lower-case words joined by dots; a condition may compare and combine names and constants. Nothing else exists here: no
calls, no filters but ``length``, no assignments.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from jinja2 import TemplateSyntaxError, nodes

from recordkeeper.language import translate as _
from recordkeeper.model.expression import Sandbox

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
OPENING = re.compile(r"\{\{|\{%|\{#|%\}")
Scope: TypeAlias = Literal["", "p", "tr", "tc"]

MOST_COLUMNS = 63  # that a table of Word has

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_STATEMENT = re.compile(r"\{%(tr|tc|p|r|)(?:\s+|(?=\w))\s*(\w+)(.*?)%\}", re.DOTALL)
_SPAN = re.compile(r"(?P<columns>[1-9]\d?)|(?P<listed>[a-z][a-z0-9_.]*)\s*\|\s*(?:length|count)")
_COLOUR = r"""["'](?:[0-9A-Fa-f]{6})["']"""
_COLOURS = re.compile(rf"({_COLOUR})(?:\s+if\s+(.+?)\s+else\s+({_COLOUR}))?", re.DOTALL)
_LOOP = re.compile(r"([a-z][a-z0-9_]*)\s+in\s+(.+)", re.DOTALL)
_SCOPES: Mapping[str, Scope] = {"": "", "p": "p", "tr": "tr", "tc": "tc"}
_CURLY = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "\xa0": " "})
_CONDITION_NODES = (
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
_SANDBOX = Sandbox()


class TagError(Exception):
    """A tag is not of the tiny language; carries what is wrong."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag.

    Args:
        text: as it stands in the template.
        kind: ``value``, ``comment``, or the statement's word.
        scope: what the tag replaces: itself, its paragraph, its row, its cell.
        name: the name that is printed, looped over or counted.
        variable: the name of an item in a loop.
        condition: what an ``if`` or ``elif`` asks.
        statement: of a tag that changes its cell, in plain words.
    """

    text: str
    kind: str
    scope: Scope = ""
    name: str = ""
    variable: str = ""
    condition: str = ""
    statement: str = ""

    @property
    def is_of_cells(self) -> bool:
        """Whether it makes, leaves out or changes whole cells, which docxtpl itself does."""
        return self.scope == "tc" or bool(self.statement)


def parse_tag(text: str) -> Tag:
    """The tag that ``text`` is.

    Raises:
        TagError: it is not of the tiny language.
    """
    plain = text.translate(_CURLY)
    if plain.startswith("{#"):
        return Tag(text, "comment")
    if plain.startswith("{{"):
        return Tag(text, "value", name=_name(plain[2:-2]))
    match = _STATEMENT.fullmatch(plain)
    if match is None:
        raise TagError(_("a statement was expected"))
    prefix, word, rest = match.group(1), match.group(2), match.group(3).strip()
    scope = _SCOPES.get(prefix)
    if scope is None:
        raise TagError(_("the prefix {prefix} is not known; there are p, tr and tc").format(prefix=prefix))
    if word in {"else", "endif", "endfor"} and not rest:
        return Tag(text, word, scope)
    if word in {"if", "elif"}:
        return Tag(text, word, scope, condition=_condition(rest))
    if word == "for":
        loop = _LOOP.fullmatch(rest)
        if loop is None:
            raise TagError(_("“for item in list” was expected"))
        return Tag(text, word, scope, name=_name(loop.group(2)), variable=loop.group(1))
    if not scope and word in {"colspan", "cellbg", "hm", "vm"}:
        return _of_cell(text, word, rest)
    raise TagError(_("only if, elif, else, for and their ends are known"))


def _of_cell(text: str, word: str, rest: str) -> Tag:
    """A tag that changes its cell: over several columns, shaded, one with those beside or below it."""
    span, colours = _SPAN.fullmatch(rest), _COLOURS.fullmatch(rest)
    if word in {"hm", "vm"} and not rest:
        return Tag(text, word, statement=word)
    if word == "colspan" and span and int(span["columns"] or 1) <= MOST_COLUMNS:
        listed = _name(span["listed"]) if span["listed"] else ""
        return Tag(text, word, name=listed, statement=f"colspan {f'{listed}|length' if listed else rest}")
    if word == "cellbg" and colours:
        shade, asked, other = colours.groups()
        condition = _condition(asked) if asked else ""
        shades = f"{shade} if {condition} else {other}" if condition else shade
        return Tag(text, word, condition=condition, statement=f"cellbg {shades}")
    raise TagError(_("“colspan 2”, “colspan rows|length” or “cellbg 'FFF2CC'” was expected"))


def names_of(condition: str) -> Iterator[str]:
    """The dotted names that a condition asks for."""
    yield from _dotted(_SANDBOX.parse("{{ " + condition + " }}"))


def _name(text: str) -> str:
    name = text.strip()
    if not _NAME.fullmatch(name):
        raise TagError(_("a plain name was expected, lower-case words joined by dots"))
    return name


def _condition(text: str) -> str:
    if "?>" in text or not text:
        raise TagError(_("a condition was expected"))
    try:
        tree = _SANDBOX.parse("{{ " + text + " }}")
    except TemplateSyntaxError as error:
        raise TagError(str(error.message)) from None
    output = tree.body[0]
    if len(tree.body) != 1 or not isinstance(output, nodes.Output) or len(output.nodes) != 1:
        raise TagError(_("one condition was expected"))
    for node in (output.nodes[0], *output.nodes[0].find_all(nodes.Node)):
        if not isinstance(node, _CONDITION_NODES):
            raise TagError(_("a condition may only compare and combine names and constants"))
    if any(not _NAME.fullmatch(name) for name in _dotted(tree)):
        raise TagError(_("a plain name was expected, lower-case words joined by dots"))
    return text


def _dotted(node: nodes.Node) -> Iterator[str]:
    name = _chain(node)
    if name is not None:
        yield name
        return
    for child in node.iter_child_nodes():
        yield from _dotted(child)


def _chain(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        base = _chain(node.node)
        return f"{base}.{node.attr}" if base is not None else f"?.{node.attr}"
    return None
