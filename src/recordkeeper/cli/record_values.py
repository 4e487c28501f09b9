"""Values given on the command line: ``--set name=value`` and ``--from FILE.json``."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import parse_json

P = ParamSpec("P")
R = TypeVar("R")

_LARGEST_BYTES = 16 * 1024 * 1024


class NoAssignmentError(RecordError, InvalidInputError):
    """What follows ``--set`` is no ``name=value``, or names a field twice."""

    def __init__(self, given: str, expected: str) -> None:
        super().__init__(
            _("--set {given}: expected {expected}").format(given=given, expected=expected),
            subject=f"--set {given}",
            expected=expected,
            found=given,
        )


class NotValuesError(RecordError, InvalidInputError):
    """A file that is to hold values holds something else."""

    def __init__(self, file: Path, expected: str, found: str) -> None:
        super().__init__(
            _("{file}: expected {expected}, found {found}").format(file=file, expected=expected, found=found),
            subject=str(file),
            expected=expected,
            found=found,
        )


def value_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command ``--set`` and ``--from``."""
    sets = click.option(
        "--set",
        "sets",
        metavar="NAME=VALUE",
        multiple=True,
        help=_("A field and its value; @FILE takes the text of a file, @@ begins a text with @, rows are JSON"),
    )
    file = click.option(
        "--from",
        "file",
        metavar="FILE.json",
        type=click.Path(path_type=Path),
        help=_("A JSON map of fields to values; --set goes before it"),
    )
    return sets(file(command))


def values_given(sets: Sequence[str], file: Path | None) -> Mapping[str, object] | None:
    """The values given, by field; None where none of the options was.

    Raises:
        NoAssignmentError: no ``name=value``, or a field named twice.
        NoFileError, UnfitFileError: a file cannot be read.
        NotValuesError, BrokenJsonError: a file holds no text, or no map.
    """
    if not sets and file is None:
        return None
    values: dict[str, object] = {}
    for given in sets:
        name, equals, text = given.partition("=")
        name = name.strip()
        if not equals or not name:
            raise NoAssignmentError(given, _("name=value"))
        if name in values:
            raise NoAssignmentError(given, _("each field once"))
        values[name] = _text_of(text)
    return {**(_values_in(file) if file else {}), **values}


def _text_of(text: str) -> str:
    if text.startswith("@@"):
        return text[1:]
    return _text_in(Path(text[1:])) if text.startswith("@") else text


def _text_in(file: Path) -> str:
    from recordkeeper.services.attachment import read_given_file

    try:
        return read_given_file(file, _LARGEST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotValuesError(file, "UTF-8", _("byte {place}").format(place=error.start)) from None


def _values_in(file: Path) -> Mapping[str, object]:
    values = parse_json(_text_in(file), str(file))
    if not isinstance(values, dict):
        raise NotValuesError(file, _("a map of fields to values"), type(values).__name__)
    return values
