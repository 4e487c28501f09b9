"""What the command line shows: tables and struck text for people, one JSON document for programs.

Results go to stdout; messages, questions and progress go to stderr.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeAlias

from recordkeeper.cli.outcome import OutputLost
from recordkeeper.model.rich_text import RichText, Style, text_with_marks

if TYPE_CHECKING:
    from rich.text import Text

    from recordkeeper.model.canonical import Json

Cell: TypeAlias = "str | int | RichText | None"

_TERMINAL_STYLES = {
    Style.STRUCK: "strike",
    Style.NEW: "bold",
    Style.MARK: "bold",
    Style.NOTE: "dim",
    Style.STRONG: "bold",
    Style.SMALL: "dim",
    Style.GREY: "dim",
}
_PROGRESS_AFTER_SECONDS = 1.0


def say(message: str) -> None:
    """Write a message to stderr."""
    print(printable(message), file=sys.stderr)  # noqa: T201 - this is the place where the program speaks


def print_json(value: "Json") -> None:
    """Write ``value`` to stdout as the one JSON document of this command."""
    _write(json.dumps(value, ensure_ascii=False, indent=2))


def print_text(text: "str | RichText") -> None:
    """Write text to stdout; struck and new spans are drawn in a terminal and bracketed elsewhere."""
    if not sys.stdout.isatty():
        _write(plain(text))
        return
    from rich.console import Console

    Console(highlight=False).print(_drawn(text), soft_wrap=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Write a table to stdout: drawn in a terminal, else one line a row with tabs between the cells.

    Args:
        columns: the headings, in the language in use.
        rows: the cells of each row, as many as there are columns.
    """
    if not sys.stdout.isatty():
        lines = ("\t".join(" ".join(plain(_shown(cell)).split()) for cell in row) for row in ([*columns], *rows))
        _write("\n".join(lines))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in columns:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(_drawn(_shown(cell)) for cell in row))
    Console(highlight=False).print(table)


def plain(text: "str | RichText") -> str:
    """``text`` as characters alone: ``[-old-]{+new+}`` where it was amended."""
    return printable(text if isinstance(text, str) else text_with_marks(text))


def printable(text: str) -> str:
    """``text`` with control characters written out, so that data cannot steer a terminal."""
    return "".join(
        c if c in "\n\t" or c.isprintable() or (c.isspace() and c > "\x9f") else ascii(c)[1:-1] for c in text
    )


class Advance(Protocol):
    """Says that some more of the work is done."""

    def __call__(self, done: int = 1) -> None:
        """Count ``done`` more pieces."""


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """A progress bar on stderr, shown in a terminal and after a second only.

    Args:
        title: what is being done, in the language in use.
        total: how many pieces there are.

    Yields:
        The function that counts pieces done.
    """
    if not sys.stderr.isatty():
        yield lambda done=1: None  # noqa: ARG005 - the same call as below
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(printable(title), total=total)
    began = time.monotonic()

    def advance(done: int = 1) -> None:
        if not bar.live.is_started and time.monotonic() - began >= _PROGRESS_AFTER_SECONDS:
            bar.start()
        bar.advance(task, done)

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()


def _write(text: str) -> None:
    """Write to stdout, and notice at once where that fails: the act behind it may be committed.

    Raises:
        OutputLost: it could not be written.
    """
    try:
        print(text, flush=True)  # noqa: T201 - this is the place where the program speaks
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(error.strerror) from None


def _shown(cell: Cell) -> "str | RichText":
    if cell is None:
        return ""
    return cell if isinstance(cell, str | tuple) else str(cell)


def _drawn(text: "str | RichText") -> "Text":
    from rich.text import Text

    if isinstance(text, str):
        return Text(printable(text))
    drawn = Text()
    for span in text:
        drawn.append(printable(span.text), _TERMINAL_STYLES.get(span.style, ""))
    return drawn
