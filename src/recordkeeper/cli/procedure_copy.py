"""``procedure copy``: a procedure made a company's own, to be edited and installed."""

from pathlib import Path

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table
from recordkeeper.language import translate as _


@click.command(help=_("Copy a procedure to a folder under a new id, its forms under new codes, to edit and install"))
@click.argument("source", metavar="ID|FOLDER")
@click.argument("identifier", metavar="NEWID")
@click.argument("folder", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path))
@shared_options
def copy(invocation: Invocation, source: str, identifier: str, folder: Path | None) -> None:
    """Copy a procedure."""
    from recordkeeper.services.procedure_copy import copy_procedure

    target = folder or Path(identifier)
    copied = copy_procedure(source, identifier, target)
    for problem in copied.problems:
        invocation.say(_("to be mended: {problem}").format(problem=problem))
    invocation.say(_("edit {folder}, then: procedure install {folder}").format(folder=target))
    invocation.emit(
        {
            "id": identifier,
            "folder": str(target),
            "codes": dict(copied.codes),
            "problems": [str(problem) for problem in copied.problems],
        },
        lambda: print_table([_("Code"), _("New code")], list(copied.codes.items())),
    )
