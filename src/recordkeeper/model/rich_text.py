"""What a person sees of a value: spans with a style, for paper and for the terminal alike."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Style(StrEnum):
    """How a span is set, apart from the place it stands in."""

    PLAIN = "plain"
    STRUCK = "struck"
    NEW = "new"
    MARK = "mark"
    NOTE = "note"
    BOX = "box"
    STRONG = "strong"
    SMALL = "small"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style; a newline in it is a line break."""

    text: str
    style: Style = Style.PLAIN


RichText = tuple[Span, ...]


def plain(text: str) -> RichText:
    """``text`` as one plain span; nothing for an empty text."""
    return (Span(text),) if text else ()


def joined(parts: Iterable[RichText], between: str) -> RichText:
    """The parts in a row with ``between`` in plain style between them."""
    spans: list[Span] = []
    for part in parts:
        if spans and between:
            spans.append(Span(between))
        spans.extend(part)
    return tuple(spans)


def struck_out(text: RichText) -> RichText:
    """The whole text struck; circled numbers stay legible beside it."""
    return tuple(span if span.style is Style.MARK else replace(span, style=Style.STRUCK) for span in text)


def text_with_marks(text: RichText) -> str:
    """The text for a screen without strike-through: ``[-old-]{+new+}``."""
    marks = {Style.STRUCK: "[-{}-]", Style.NEW: "{{+{}+}}"}
    return "".join(marks.get(span.style, "{}").format(span.text) for span in text)


_NOT_STANDING = frozenset({Style.STRUCK, Style.MARK, Style.NOTE})


def text_that_stands(text: RichText) -> str:
    """The characters of the spans without struck ones, circled numbers and notes."""
    return "".join(span.text for span in text if span.style not in _NOT_STANDING)


def text_of_spans(text: RichText) -> str:
    """Every character of the spans, struck ones included."""
    return "".join(span.text for span in text)


CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def mark(number: int) -> str:
    """The circled number of an amendment; in parentheses from 21 on."""
    return CIRCLED[number - 1] if 1 <= number <= len(CIRCLED) else f"({number})"
