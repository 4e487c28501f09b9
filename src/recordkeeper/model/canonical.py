"""The one canonical form of everything that is digested.

Strings, booleans, null, lists, maps with ASCII keys and integers below 2^53 only: no float, no date object.
Dates, moments and decimals are strings of one fixed form (``2026-11-23``, ``2026-11-23T06:05:04Z``, ``1234.50``).

Source: RFC 8785 (over the subset above, where it is plain sorted JSON in UTF-8).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from recordkeeper.errors import InvalidInputError
from recordkeeper.language import translate as _

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"
Content: TypeAlias = Mapping[str, Json]

INTEGER_LIMIT = 2**53
DEEPEST = 60
"""Levels of lists and maps within each other; whoever writes more means no record."""


class NotCanonicalError(InvalidInputError):
    """A value has no canonical form."""

    def __init__(self, place: str, found: str) -> None:
        super().__init__(
            _("{place}: {found} has no canonical form").format(place=place, found=found),
            subject=place,
            found=found,
        )


def canonical(value: Json) -> bytes:
    """The canonical UTF-8 bytes of ``value``.

    Raises:
        NotCanonicalError: a float, a key that is not ASCII, an integer of 2^53 or more, a lone surrogate,
            lists and maps over 60 levels deep.

    Source: RFC 8785, 3.2.
    """
    _check(value, "$")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def _check(value: object, place: str, depth: int = 0) -> None:
    match value:
        case None | bool():
            return
        case str():
            _check_text(value, place)
        case int():
            if abs(value) >= INTEGER_LIMIT:
                raise NotCanonicalError(place, str(value))
        case dict() | list() | tuple():
            if depth == DEEPEST:
                raise NotCanonicalError(place, _("more than {count} levels").format(count=DEEPEST))
            for step, item in _items(value, place):
                _check(item, step, depth + 1)
        case _:
            raise NotCanonicalError(place, type(value).__name__)


def _items(
    value: "dict[object, object] | list[object] | tuple[object, ...]", place: str
) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict):
        yield from ((f"{place}[{index}]", item) for index, item in enumerate(value))
        return
    for key, item in value.items():
        if not isinstance(key, str) or not key.isascii():
            raise NotCanonicalError(place, repr(key))
        yield f"{place}.{key}", item


def _check_text(text: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonicalError(place, f"U+{ord(text[error.start]):04X}") from None


def parse_json(text: str | bytes, source: str) -> Json:
    """The value of a JSON text that names every key once and holds no NaN.

    Args:
        text: the JSON text.
        source: what to call it in an error, a file's name.

    Raises:
        BrokenJsonError: not JSON, a key twice, NaN or Infinity.
    """
    try:
        value: Json = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BrokenJsonError(source, str(error)) from None
    return value


class BrokenJsonError(InvalidInputError):
    """A text is not JSON as we take it."""

    def __init__(self, source: str, found: str) -> None:
        super().__init__(
            _("{source}: not JSON: {found}").format(source=source, found=found),
            subject=source,
            expected="JSON",
            found=found,
        )


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    mapping: dict[str, Json] = {}
    for key, value in pairs:
        if key in mapping:
            raise ValueError(_("key {key!r} stands twice").format(key=key))
        mapping[key] = value
    return mapping


def _refuse_constant(name: str) -> Json:
    raise ValueError(name)


def digest(data: bytes) -> str:
    """SHA-256 of ``data`` as 64 lower-case hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()
