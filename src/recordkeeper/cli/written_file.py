"""A file that a command writes: one that is there already is replaced when that is confirmed."""

from pathlib import Path

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
