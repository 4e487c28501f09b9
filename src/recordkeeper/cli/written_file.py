"""A file that a command writes: one that is there already is replaced when that is confirmed."""

import errno
import os
from pathlib import Path

import click

from recordkeeper.cli.options import Invocation
from recordkeeper.language import translate as _


def write_output(invocation: Invocation, target: Path, data: bytes) -> None:
    """Write a file; one that is there already is replaced when that is confirmed.

    Raises:
        NotConfirmedError: it is there, and nobody can be asked.
        click.Abort: the answer is no.
    """
    confirm_output(invocation, target)
    target.write_bytes(data)


def confirm_output(invocation: Invocation, target: Path) -> None:
    """Ask before a file is replaced.

    Raises:
        NotConfirmedError: it is there, and nobody can be asked.
        click.Abort: the answer is no.
    """
    if target.exists():
        invocation.confirm(_("{file}: is there already, replace it").format(file=target))


def check_output(invocation: Invocation, target: Path) -> None:
    """Ask before a file is replaced, and see that it can be written, before something is done that is not taken back.

    Raises:
        FileNotFoundError, PermissionError: nothing can be written there.
        NotConfirmedError: it is there, and nobody can be asked.
        click.Abort: the answer is no.
    """
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(target))
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    confirm_output(invocation, target)


def kind_of_output(output: Path | None, asked: str | None, kinds: tuple[str, ...]) -> str:
    """What a file is to be by its name and by what was asked for; the first of ``kinds`` where neither says.

    Args:
        output: where it goes to, if that is said.
        asked: one of ``kinds``, if an option asks for it.
        kinds: endings without a dot.

    Raises:
        click.UsageError: the name ends otherwise than what was asked for, or as none of ``kinds``.
    """
    named = output.suffix[1:].lower() if output else ""
    if output and (named not in kinds or asked not in {None, named}):
        expected = " / ".join(f"FILE.{kind}" for kind in ((asked,) if asked else kinds))
        raise click.UsageError(_("--output: expected {expected}, found {file}").format(expected=expected, file=output))
    return named or asked or kinds[0]
