"""Help as a terminal shows it: a Chinese character takes two columns, a line breaks after any, never inside a word.

click counts characters and breaks where it finds a space, which Chinese has not.

Source: UAX #11 (East Asian width); GB/T 15834 (which marks begin no line, and which end none)
"""

import re
import unicodedata
from collections.abc import Iterable

import click

from recordkeeper.language import translate as _

MOST_COLUMNS, FEWEST_COLUMNS = 100, 20
_OPENING, _CLOSING = "（《“‘【〔", "，。；：！？、）》”’】〕…"
_CHINESE = "\u2e80-\uffef"
_WORD = rf"(?:[^\s{_OPENING}{_CLOSING}{_CHINESE}]+|[{_CHINESE}]|(?=[{_CLOSING}]))"
_PIECE = re.compile(rf" +|[{_OPENING}]*{_WORD}[{_CLOSING}]*|[{_OPENING}]+")


class HelpText(click.HelpFormatter):
    """Help measured in the columns of a terminal."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how a command is called."""
        start = (_("Usage: ") if prefix is None else prefix) + f"{prog} "
        first, *others = wrapped(args, max(self.width - columns(start), FEWEST_COLUMNS)) or [""]
        indent = " " * columns(start)
        self.write("".join(f"{line}\n" for line in ((start + first).rstrip(), *(indent + line for line in others))))

    def write_heading(self, heading: str) -> None:
        """Write a heading, with the colon of the language."""
        self.write(" " * self.current_indent + _("{heading}:").format(heading=heading) + "\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs, each broken into lines of its own."""
        indent = " " * self.current_indent
        lines = wrapped(text, self.width - self.current_indent)
        self.write("".join(f"{indent}{line}".rstrip() + "\n" for line in lines))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms and what they mean in two columns; a long term has a line of its own."""
        rows = list(rows)
        first = min(max((columns(term) for term, _text in rows), default=0), col_max) + col_spacing
        indent = " " * (self.current_indent + first)
        for term, text in rows:
            lines = wrapped(text, max(self.width - len(indent), FEWEST_COLUMNS))
            if columns(term) > first - col_spacing or not lines:
                self.write(f"{' ' * self.current_indent}{term}\n")
            else:
                self.write(f"{' ' * self.current_indent}{term}{' ' * (first - columns(term))}{lines.pop(0)}\n")
            self.write("".join(f"{indent}{line}\n" for line in lines))


class HelpContext(click.Context):
    """A command's context whose help is written by ``HelpText``."""

    formatter_class = HelpText


def columns(text: str) -> int:
    """How many columns of a terminal a line takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text, paragraphs apart by an empty one; a word wider than ``width`` columns stays whole."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if lines:
            lines.append("")
        lines += _lines(" ".join(paragraph.split()), width)
    return lines


def _lines(text: str, width: int) -> Iterable[str]:
    line = ""
    for piece in _PIECE.findall(text):
        if line and columns(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    if line.rstrip():
        yield line.rstrip()
