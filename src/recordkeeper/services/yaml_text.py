"""YAML as definitions use it: text to plain data that keeps its line numbers.

YAML 1.2 with text, whole numbers, true and false, lists and maps. Dates and times stay text. Refused are tags,
keys that stand twice, fractions, null, several documents, and files large, deep or self-repeating enough to hurt.

Source: YAML 1.2.2, 10.3 (the core schema, less null and fractions)
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.parser import Parser

from recordkeeper.language import translate as _
from recordkeeper.model.canonical import NotCanonicalError, canonical

Data: TypeAlias = "str | int | bool | list[Data] | dict[str, Data]"
Place: TypeAlias = tuple[str | int, ...]

LARGEST_TEXT = 512 * 1024
DEEPEST = 24
MOST_ALIASES = 100
MOST_NODES = 50_000

_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a text: its line from 1, its keys from the top, what is wrong."""

    line: int
    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a text says.

    Args:
        data: the map at its top; empty where the text cannot be read.
        lines: the line, from 1, of each key and item by its keys from the top.
        faults: what is wrong with the text itself.
    """

    data: Mapping[str, Data] = field(default_factory=dict)
    lines: Mapping[Place, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def line_of(self, place: Place) -> int:
        """The line of ``place``, or of what it stands in."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1


def read_yaml(text: str) -> Source:
    """The data and lines of a YAML text; what is wrong with it is in ``faults``."""
    source = _remembered(text)
    return _checked(text) if source.faults else source  # faults are told in the language in use


def _checked(text: str) -> Source:
    source = _read(text, _Walk())
    if source.faults or not source.data:
        return source
    try:
        canonical(source.data)
    except NotCanonicalError as error:
        return replace(source, faults=(Fault(1, (), str(error)),))
    return source


_remembered = lru_cache(maxsize=64)(_checked)
"""A definition is asked for its form and then for its data; reading it takes longer than both."""


def read_yaml_of_any_keys(text: str) -> Source:
    """As ``read_yaml``, for data that never enter an act: keys may be in any script."""
    return _read(text, _AnyKeyWalk())


def _read(text: str, walk: "_Walk") -> Source:
    if len(text) > LARGEST_TEXT:
        message = _("expected at most {limit} characters, found {count}")
        return Source(faults=(Fault(1, (), message.format(limit=LARGEST_TEXT, count=len(text))),))
    try:
        node = _yaml().compose(text)
    except _FaultyEventError as error:
        return Source(faults=(error.fault,))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = _("not YAML: {found}").format(found=" ".join(str(error.problem or error).split()))
        return Source(faults=(Fault(line, (), message),))
    except (YAMLError, ValueError) as error:  # ruamel raises ValueError for characters it cannot place
        message = _("not YAML: {found}").format(found=" ".join(str(error).split()))
        return Source(faults=(Fault(1, (), message),))
    if not isinstance(node, MappingNode):
        return Source(faults=(Fault(1, (), _("expected keys with values at the top")),))
    return Source(walk.mapping(node, ()), walk.lines, tuple(walk.faults))


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Parser = _GuardedParser
    return yaml


class _FaultyEventError(Exception):
    """A text stops being read at something that definitions do not use."""

    def __init__(self, event: Event, message: str) -> None:
        self.fault = Fault(event.start_mark.line + 1, (), message)
        super().__init__(message)


class _GuardedParser(Parser):
    """A parser that hands over no event by which a text could hurt whoever composes it."""

    _depth = _aliases = _documents = 0

    def get_event(self) -> Event:
        """The next event.

        Raises:
            _FaultyEventError: too deep, too many aliases, another document, a tag.
        """
        event: Event = super().get_event()
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._depth += 1
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._depth -= 1
        self._aliases += isinstance(event, AliasEvent)
        self._documents += isinstance(event, DocumentStartEvent)
        if self._depth > DEEPEST:
            raise _FaultyEventError(event, _("nested deeper than {limit} levels").format(limit=DEEPEST))
        if self._aliases > MOST_ALIASES:
            raise _FaultyEventError(event, _("more than {limit} aliases").format(limit=MOST_ALIASES))
        if self._documents > 1:
            raise _FaultyEventError(event, _("expected one document, found another"))
        if _tag_of(event):
            raise _FaultyEventError(event, _("tags are not taken, found {tag}").format(tag=_tag_of(event)))
        return event


def _tag_of(event: Event) -> str:
    tag = getattr(event, "tag", None) if isinstance(event, NodeEvent) else None
    return str(tag) if tag else ""


class _Walk:
    """One walk over the nodes of a text, which collects lines and faults."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.faults: list[Fault] = []
        self._count = 0

    def is_key(self, key: str) -> bool:
        return bool(key) and key.isascii()

    def mapping(self, node: MappingNode, place: Place) -> dict[str, Data]:
        data: dict[str, Data] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, ScalarNode) else ""
            if not isinstance(key, str) or not self.is_key(key):
                self.faults.append(Fault(line, place, _("expected a key of ASCII letters")))
            elif key in data:
                self.faults.append(Fault(line, (*place, key), _("the key stands twice")))
            else:
                self.lines[*place, key] = line
                data[key] = self.value(value_node, (*place, key))
        return data

    def value(self, node: Node, place: Place) -> Data:
        self._count += 1
        if self._count > MOST_NODES or len(place) > DEEPEST:
            if self._count <= MOST_NODES + 1:
                self._fault(node, place, _("more than the limit of {limit} values").format(limit=MOST_NODES))
            return ""
        if isinstance(node, MappingNode):
            return self.mapping(node, place)
        if isinstance(node, SequenceNode):
            return self._sequence(node.value, place)
        return self._scalar(node, place)

    def _sequence(self, nodes: Sequence[Node], place: Place) -> list[Data]:
        items: list[Data] = []
        for index, node in enumerate(nodes):
            self.lines[*place, index] = node.start_mark.line + 1
            items.append(self.value(node, (*place, index)))
        return items

    def _scalar(self, node: Node, place: Place) -> Data:
        text = str(node.value)
        match str(node.tag).removeprefix(_TAG):
            case "str" | "timestamp":
                return text
            case "bool":
                return text.lower() == "true"
            case "int" if _INTEGER.fullmatch(text):
                return int(text)
            case "null":
                self._fault(node, place, _("has no value; leave the key out instead"))
            case _:
                self._fault(node, place, _("write {text} in quotes").format(text=text))
        return ""

    def _fault(self, node: Node, place: Place, message: str) -> None:
        line = self.lines.get(place, node.start_mark.line + 1)
        self.faults.append(Fault(line, place, message))


class _AnyKeyWalk(_Walk):
    """A walk that takes keys of any script."""

    def is_key(self, key: str) -> bool:
        return bool(key)
