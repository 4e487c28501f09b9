"""The verb rebuild of archive: a new workspace out of an archive alone, when the database is lost."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amount
from recordkeeper.cli.database_option import check_database_user, configured_database, database_options
from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import ProblemsFound
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.restore import check_empty
from recordkeeper.cli.verify import answer_name, finding_json
from recordkeeper.cli.workspace import DEFAULTS, Workspace, database_url_of, write_configuration
from recordkeeper.language import current_language
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.services.rebuilding import Rebuilt
    from recordkeeper.services.verification import Report

_KEY_BYTES = 64 * 1024


@click.command(
    "rebuild",
    help=_("Make a new workspace in DIR out of an archive alone; what was not in it is listed as not to be assessed"),
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--from",
    "archive",
    required=True,
    metavar="ARCHIVE",
    type=click.Path(file_okay=False, path_type=Path),
    help=_("The archive's folder, or a mirror; it is copied and not changed"),
)
@database_options
@click.option("--log-key", type=PRESENT_FILE, help=_("The log's private key as it was kept apart"))
@click.option(
    "--controller",
    metavar="LOGIN",
    help=_("Give this controller a new passphrase, for none is in an archive (RECORDKEEPER_NEW_PASSPHRASE, or asked)"),
)
@shared_options
def rebuild(
    invocation: Invocation,
    folder: Path,
    archive: Path,
    database: str,
    database_user: str | None,
    log_key: Path | None,
    controller: str | None,
) -> None:
    """Rebuild a workspace."""
    from recordkeeper.services.verification import Answer, verify

    check_database_user(database, database_user)
    check_empty(folder)
    passphrase = invocation.new_passphrase_of(controller) if controller is not None else ""
    where = _Where(folder.resolve(), database, database_user)
    workspace, rebuilt = _made(invocation, where, archive, log_key, controller, passphrase)
    invocation.use_workspace(workspace)
    invocation.publish()
    report = verify(workspace.database_url, workspace.archive)
    elsewhere = len(rebuilt.elsewhere)
    invocation.emit(
        {
            "workspace": str(workspace.root),
            "subjects": dict(sorted(rebuilt.subjects.items())),
            "events": rebuilt.events,
            "elsewhere": list(rebuilt.elsewhere),
            "destroyed": rebuilt.destroyed,
            "verdict": str(report.verdict),
            "findings": [finding_json(each) for each in report.findings],
        },
        lambda: _show(workspace, rebuilt, elsewhere, report, has_key=log_key is not None),
    )
    if report.verdict is Answer.ALTERED:
        raise ProblemsFound


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a workspace is made: its folder, its database, on PostgreSQL the login for everyday work."""

    folder: Path
    database: str
    everyday_login: str | None


def _made(
    invocation: Invocation,
    where: _Where,
    archive: Path,
    log_key: Path | None,
    controller: str | None,
    passphrase: str,
) -> "tuple[Workspace, Rebuilt]":
    """Rebuild beside the folder, then put it there by one rename: it is a workspace or it is not there."""
    from recordkeeper.durable import folder_put_in_place, read_plain_file, write_new_file
    from recordkeeper.services.people import give_passphrase_after_loss
    from recordkeeper.services.rebuilding import rebuild as rebuild_workspace

    folder, database = where.folder, where.database
    with folder_put_in_place(folder) as incoming:
        url = database_url_of(incoming, database)
        rebuilt = rebuild_workspace(archive, incoming, url, invocation.now, where.everyday_login)
        with rebuilt.register as register:
            if controller is not None:
                give_passphrase_after_loss(register, login=controller, passphrase=passphrase, now=invocation.now)
        if log_key is not None:
            write_new_file(incoming / "log.key", read_plain_file(log_key, _KEY_BYTES), 0o600)
        configured = configured_database(folder, database, where.everyday_login)
        settings = {"database": configured, "archive": DEFAULTS["archive"], "language": current_language()}
        write_configuration(incoming, settings)
    url = database_url_of(folder, database)
    return Workspace(folder, url, folder / settings["archive"], settings["language"]), rebuilt


def _show(workspace: Workspace, rebuilt: "Rebuilt", elsewhere: int, report: "Report", *, has_key: bool) -> None:
    print_text(_("{folder}: rebuilt from the archive alone").format(folder=workspace.root))
    rows = [(_kind_name(kind), count) for kind, count in sorted(rebuilt.subjects.items())]
    print_table((_("Kind"), _("Number")), rows)
    print_text(
        _("{events}; of those that the log knows {elsewhere} never in the archive, {gone} destroyed").format(
            events=amount("events", rebuilt.events), elsewhere=amount("subjects", elsewhere), gone=rebuilt.destroyed
        )
    )
    if not has_key:
        print_text(_("log.key is not there: put it beside recordkeeper.toml, nothing can be published without it"))
    print_text(_("Verdict: {verdict}").format(verdict=answer_name(report.verdict)))


def _kind_name(kind: str) -> str:
    """The name of a kind of subject in the language in use."""
    names = {
        "form": _("form revisions"),
        "hold": _("holds"),
        "person": _("people"),
        "procedure": _("procedures"),
        "record": _("records"),
        "schedule": _("schedules"),
        "sheet": _("sheets"),
        "table": _("reference tables"),
        "unit": _("units"),
    }
    return names.get(kind, kind)
