"""A field's pattern in words: what a clerk is told instead of the regular expression that the form holds.

It tells literal texts, classes of characters, how many of them, and alternatives; of anything else it tells nothing,
and whoever asks shows the expression itself.
"""

import re
from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

from recordkeeper.language import listing, ngettext
from recordkeeper.language import translate as _

_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}|[?*+]")
_RANGES = {"0-9": "digits", "０-９": "digits", "A-Z": "upper", "a-z": "lower", "\u4e00-\u9fff": "chinese"}
_WRITTEN_OUT = re.compile(r"\\u([0-9A-Fa-f]{4})")
_TIME_OF_DAY = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SPECIAL = frozenset("\\^$*+?{}[]()|.")


class _Count(NamedTuple):
    least: int
    most: int | None


class _UntellableError(Exception):
    """The expression has a part that has no words here."""


class _Cursor:
    """A place in an expression, and what is read there."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0

    def peek(self) -> str:
        return self.text[self.place : self.place + 1]

    def take(self) -> str:
        taken = self.peek()
        self.place += 1
        return taken

    def count(self) -> _Count | None:
        match = _COUNT.match(self.text, self.place)
        if match is None:
            return None
        self.place = match.end()
        if match[0] in "?*+":
            return {"?": _Count(0, 1), "*": _Count(0, None), "+": _Count(1, None)}[match[0]]
        least = int(match[1])
        most = least if match[2] is None else int(match[3]) if match[3] else None
        return _Count(least, most)


def pattern_in_words(pattern: str) -> str:
    """What a text must be to match, in the language in use: ``4 to 12 digits``; empty where it cannot be told in words.

    Args:
        pattern: a regular expression that the whole text matches.
    """
    if pattern == _TIME_OF_DAY:
        return _("a time such as 08:05")
    cursor = _Cursor(_WRITTEN_OUT.sub(lambda code: chr(int(code[1], 16)), pattern.replace(r"\d", "[0-9]")))
    try:
        several = _alternatives(cursor)
    except _UntellableError:
        return ""
    if cursor.peek():
        return ""
    return reduce(lambda one, other: _("{one}; or {other}").format(one=one, other=other), several)


def _alternatives(cursor: _Cursor) -> list[str]:
    several = [_sequence(cursor)]
    while cursor.peek() == "|":
        cursor.take()
        several.append(_sequence(cursor))
    return several


def _sequence(cursor: _Cursor) -> str:
    parts: list[str] = []
    literal = ""
    while cursor.peek() not in {"", "|", ")"}:
        character = cursor.peek()
        if character not in _SPECIAL or (character == "\\" and not cursor.text[cursor.place + 1 :][:1].isalnum()):
            read = _literal(cursor)
            count = cursor.count()
            if count is None:
                literal += read
                continue
            part = _counted_literal(read, count)
        else:
            part = _group(cursor) if character == "(" else _class(cursor)
        parts += [*([_quoted(literal)] if literal else []), part]
        literal = ""
    parts += [_quoted(literal)] if literal else []
    if not parts:
        raise _UntellableError
    return reduce(lambda first, then: _("{first}, then {next}").format(first=first, next=then), parts)


def _literal(cursor: _Cursor) -> str:
    if cursor.peek() == "\\":
        cursor.take()
    taken = cursor.take()
    if not taken:
        raise _UntellableError
    return taken


def _quoted(text: str) -> str:
    return _("“{text}”").format(text=text)


def _counted_literal(text: str, count: _Count) -> str:
    if count != _Count(0, 1):
        raise _UntellableError
    return _("a space or none") if text == " " else _("“{text}” or nothing").format(text=text)


def _group(cursor: _Cursor) -> str:
    cursor.take()
    if cursor.peek() == "?":
        raise _UntellableError
    words = reduce(lambda one, other: _("{one} or {other}").format(one=one, other=other), _alternatives(cursor))
    if cursor.take() != ")" or cursor.count() is not None:
        raise _UntellableError
    return words


def _class(cursor: _Cursor) -> str:
    opening = cursor.take()
    if opening == ".":
        kinds, ranges, singles = set[str](), list[str](), ""
        is_any = True
    elif opening == "[" and cursor.peek() not in {"^", "]"}:
        kinds, ranges, singles = _members(cursor)
        is_any = False
    else:
        raise _UntellableError
    count = cursor.count() or _Count(1, 1)
    if {"upper", "lower"} <= kinds:
        kinds = (kinds - {"upper", "lower"}) | {"letters"}
    if not is_any and len(kinds) == 1 and not ranges and not singles:
        return _amount(next(iter(kinds)), count)
    amount = _amount("characters", count)
    if is_any:
        return amount
    return _("{amount} out of: {members}").format(amount=amount, members=listing(_named(kinds, ranges, singles)))


def _members(cursor: _Cursor) -> tuple[set[str], list[str], str]:
    kinds: set[str] = set()
    ranges: list[str] = []
    singles = ""
    while cursor.peek() != "]":
        span = cursor.text[cursor.place : cursor.place + 3]
        first = cursor.take()
        if not first or (first == "\\" and cursor.peek().isalnum()):
            raise _UntellableError
        if first == "\\":
            singles += cursor.take()
        elif len(span) == len("a-z") and span[1] == "-" and span[2] != "]":
            cursor.place += 2
            if span in _RANGES:
                kinds.add(_RANGES[span])
            else:
                ranges.append(_("{first} to {last}").format(first=span[0], last=span[2]))
        else:
            singles += first
    cursor.take()
    return kinds, ranges, singles


def _named(kinds: Iterable[str], ranges: Iterable[str], singles: str) -> list[str]:
    names = {
        "digits": _("digits"),
        "letters": _("letters"),
        "upper": _("upper-case letters"),
        "lower": _("lower-case letters"),
        "chinese": _("Chinese characters"),
    }
    signs = singles.replace(" ", "")
    named = [names[kind] for kind in names if kind in set(kinds)]
    return [*named, *ranges, *([_quoted(signs)] if signs else []), *([_("spaces")] if " " in singles else [])]


def _amount(kind: str, count: _Count) -> str:
    number = str(count.least)
    if count.most is None:
        number = _("at least {count}").format(count=count.least)
    elif count.least == 0:
        number = _("at most {count}").format(count=count.most)
    elif count.most != count.least:
        number = _("{low} to {high}").format(low=count.least, high=count.most)
    last = count.least if count.most is None else count.most
    words = {
        "digits": ngettext("{number} digit", "{number} digits", last),
        "letters": ngettext("{number} letter", "{number} letters", last),
        "upper": ngettext("{number} upper-case letter", "{number} upper-case letters", last),
        "lower": ngettext("{number} lower-case letter", "{number} lower-case letters", last),
        "chinese": ngettext("{number} Chinese character", "{number} Chinese characters", last),
        "characters": ngettext("{number} character", "{number} characters", last),
    }
    return words[kind].format(number=number)
