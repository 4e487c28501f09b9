"""The verb backup: register and archive as they stand now, in one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amount
from recordkeeper.cli.given_file import NEW_ZIP
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.services.backup import BackedUp


@click.command(help=_("Back up register and archive into one file, a new FILE.zip, while others go on working"))
@click.argument("file", type=NEW_ZIP)
@click.option(
    "--with-log-key",
    is_flag=True,
    help=_("Put the log's private key in too, sealed under a passphrase (RECORDKEEPER_BACKUP_PASSPHRASE, or asked)"),
)
@shared_options
def backup(invocation: Invocation, file: Path, with_log_key: bool) -> None:  # noqa: FBT001 - click gives flags so
    """Make a backup."""
    from recordkeeper.cli.workspace import CONFIGURATION
    from recordkeeper.services.backup import back_up

    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_here()
    passphrase = invocation.backup_passphrase() if with_log_key else None
    made = back_up(
        workspace.publisher, workspace.root / CONFIGURATION, file.resolve(), actor, invocation.now, passphrase
    )
    invocation.publish()
    invocation.emit(
        {
            "file": str(made.path),
            "rows": made.rows,
            "files": made.files,
            "events": made.events,
            "has_log_key": made.has_log_key,
            "digest": made.digest,
        },
        lambda: _show(made),
    )


def _show(made: "BackedUp") -> None:
    print_text(
        _("{file}: {rows} of the register, {files} of the archive, {events}").format(
            file=made.path,
            rows=amount("rows", made.rows),
            files=amount("files", made.files),
            events=amount("events", made.events),
        )
    )
    if made.has_log_key:
        print_text(_("The log's key is in it, sealed; without the passphrase it opens to nobody"))
    else:
        print_text(_("The log's key is not in it: keep log.key apart from it, nothing can be published without it"))
    print_text(_("It holds what the register holds, names included: keep it as you keep the register, on another disk"))
    print_text(_("Try it: recordkeeper restore {file} --drill").format(file=made.path))
