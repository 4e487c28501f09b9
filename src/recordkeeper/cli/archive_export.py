"""The verb export of archive: a pack that somebody outside can check and read alone."""

from pathlib import Path

import click

from recordkeeper.amount import amounts
from recordkeeper.cli.given_file import NEW_ZIP
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text
from recordkeeper.language import ngettext, told_of
from recordkeeper.language import translate as _


@click.command(
    "export",
    help=_(
        "Write the archive, or the records NUMBER, into a pack (FILE.zip, BagIt) with log, proofs, verifier and index"
    ),
)
@click.argument("file", type=NEW_ZIP)
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@shared_options
def export(invocation: Invocation, file: Path, numbers: tuple[str, ...]) -> None:
    """Export a pack."""
    from recordkeeper.services.exporting import export as export_pack

    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_here()
    invocation.publish()
    made = export_pack(workspace.publisher, file.resolve(), actor, invocation.now, numbers or None)
    invocation.publish()

    def render() -> None:
        print_text(told_of(made.path, amounts(records=made.records, objects=made.objects, events=made.events)))
        if made.left_out:
            print_text(
                ngettext(
                    "{count} object of the archive is left out; the pack says so",
                    "{count} objects of the archive are left out; the pack says so",
                    made.left_out,
                ).format(count=made.left_out)
            )
        print_text(_("To check it: python3 verifier.py {file}").format(file=made.path))

    invocation.emit(
        {
            "file": str(made.path),
            "records": made.records,
            "objects": made.objects,
            "left_out": made.left_out,
            "events": made.events,
            "digest": made.digest,
        },
        render,
    )
