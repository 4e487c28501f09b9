"""``record amend``, ``reissue``, ``attach``, ``void`` and ``close``: what changes a record once it stands."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text
from recordkeeper.cli.record_report import print_done, report, view_of_done
from recordkeeper.cli.record_values import value_options, values_given
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.record import Record


@click.command(
    help=_(
        "Strike values through and set new ones. A reason is needed; what was struck stays legible. An empty value"
        " strikes alone; a cell of rows is field.row.column"
    )
)
@click.argument("number", metavar="NUMBER")
@value_options
@click.option("--reason", default="", metavar="TEXT", help=_("Why; compulsory"))
@click.option("--fact", is_flag=True, help=_("The facts have changed; nothing was wrong, so it does not count"))
@shared_options
def amend(
    invocation: Invocation,
    number: str,
    sets: tuple[str, ...],
    file: Path | None,
    reason: str,
    fact: bool,  # noqa: FBT001 - a flag
) -> None:
    """Amend a record."""
    from recordkeeper.model.amendment import CORRECTION, FACT
    from recordkeeper.services import lifecycle

    raw = values_given(sets, file) or {}
    record = lifecycle.amend(
        invocation.workspace().register,
        invocation.actor(),
        invocation.signer(),
        invocation.now,
        number,
        raw,
        reason,
        FACT if fact else CORRECTION,
    )
    report(invocation, record, {"amendments": [change.number for change in record.amendments[-1].changes]})


@click.command(
    help=_("Replace a record by a new one. It takes over the values; the old one is kept, and both are linked")
)
@click.argument("number", metavar="NUMBER")
@value_options
@click.option("--reason", default="", metavar="TEXT", help=_("Why; compulsory"))
@shared_options
def reissue(invocation: Invocation, number: str, sets: tuple[str, ...], file: Path | None, reason: str) -> None:
    """Re-issue a record."""
    from recordkeeper.services import lifecycle

    raw = values_given(sets, file) or {}
    _ask_at_terminal(invocation, _("{number} will be replaced by a new record: go on?").format(number=number))
    register = invocation.workspace().register
    successor, old = lifecycle.reissue(register, invocation.actor(), invocation.now, number, raw, reason)
    report(invocation, successor, {"replaces": old.number})


@click.command(help=_("Bind files to a record. They are regular files of at most 64 MiB, bound by their digests"))
@click.argument("number", metavar="NUMBER")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@shared_options
def attach(invocation: Invocation, number: str, files: tuple[Path, ...]) -> None:
    """Attach files."""
    from recordkeeper.services import lifecycle
    from recordkeeper.services.attachment import read_attachment
    from recordkeeper.services.record_view import as_map

    register, actor = invocation.workspace().register, invocation.actor()
    records: list[Record] = [
        lifecycle.attach(register, actor, invocation.now, number, file.name, file.media_type, file.data)
        for file in [read_attachment(path) for path in files]
    ]
    view = view_of_done(invocation, records[-1])
    bound = records[-1].attachments[-len(files) :]

    def render() -> None:
        print_done(view)
        for each in bound:
            print_text(f"  {each.name}  {each.media_type}  {each.size}  {each.digest}")

    attached: list[Json] = [
        {"name": each.name, "media_type": each.media_type, "size": each.size, "digest": each.digest} for each in bound
    ]
    invocation.emit({**as_map(view), "attached": attached}, render)
    invocation.publish()


@click.command(help=_("Void a record begun by mistake. Number, content and mark stay"))
@click.argument("number", metavar="NUMBER")
@click.option("--reason", default="", metavar="TEXT", help=_("Why; compulsory"))
@shared_options
def void(invocation: Invocation, number: str, reason: str) -> None:
    """Void a record."""
    from recordkeeper.services import lifecycle

    _ask_at_terminal(invocation, _("{number} will be void for ever: go on?").format(number=number))
    register = invocation.workspace().register
    report(invocation, lifecycle.void(register, invocation.actor(), invocation.now, number, reason))


@click.command(help=_("Close a record. Only optional sections may remain; unused cells are ruled out"))
@click.argument("number", metavar="NUMBER")
@shared_options
def close(invocation: Invocation, number: str) -> None:
    """Close a record."""
    from recordkeeper.services import lifecycle

    register = invocation.workspace().register
    report(invocation, lifecycle.close(register, invocation.actor(), invocation.now, number))


def _ask_at_terminal(invocation: Invocation, question: str) -> None:
    """Ask a person; a script has said what it wants by giving the reason, and nothing is destroyed."""
    if invocation.is_attended:
        invocation.confirm(question)
