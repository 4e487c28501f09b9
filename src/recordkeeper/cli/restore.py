"""The verb restore: a backup in an empty place; or the drill that does so aside, verifies and compares."""

import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amounts
from recordkeeper.cli.database_option import check_database_user, configured_database, database_options
from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import CannotAssess, ProblemsFound
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.verify import answer_name, aspect_name, finding_json, show_findings
from recordkeeper.cli.workspace import DEFAULTS, Workspace, database_url_of, write_configuration
from recordkeeper.errors import InvalidInputError, WorkspaceError
from recordkeeper.language import LANGUAGES
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.bagit.reader import BagReader
    from recordkeeper.services.backup import Compared
    from recordkeeper.services.verification import Report

_CONFIGURATION_BYTES = 64 * 1024
_KEY_BYTES = 64 * 1024


class NotEmptyError(WorkspaceError, InvalidInputError):
    """The folder to restore into is there and holds something."""

    def __init__(self, folder: Path, found: str) -> None:
        expected = _("an empty folder, or none")
        message = _("{folder}: expected {expected}, found {found}").format(
            folder=folder, expected=expected, found=found
        )
        super().__init__(message, subject=str(folder), expected=expected, found=found)


@click.command(help=_("Put a backup back in an empty place, or try it aside and compare it there (--drill)"))
@click.argument("file", type=PRESENT_FILE)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--drill", is_flag=True, help=_("Restore aside, verify, hold it against this workspace, remove it again"))
@database_options
@click.option("--log-key", type=PRESENT_FILE, help=_("The log's private key as it was kept apart"))
@shared_options
def restore(
    invocation: Invocation,
    file: Path,
    folder: Path | None,
    drill: bool,  # noqa: FBT001 - click gives flags so
    database: str,
    database_user: str | None,
    log_key: Path | None,
) -> None:
    """Restore a backup."""
    check_database_user(database, database_user)
    if drill:
        _drill(invocation, file)
        return
    if folder is None:
        raise click.UsageError(_("DIR: name the folder to restore into, or give --drill"))
    check_empty(folder)
    with opened(file, folder.resolve().parent) as bag:
        workspace = restore_into(invocation, bag, folder.resolve(), database, log_key, database_user)
    if not workspace.log_key_path.exists():
        invocation.say(_("log.key is not there: put it beside recordkeeper.toml, nothing can be published without it"))
    invocation.use_workspace(workspace)
    invocation.publish()
    _report(invocation, workspace)


def check_empty(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        NotEmptyError: it does.
    """
    if folder.exists() and (names := sorted(each.name for each in folder.iterdir())):
        raise NotEmptyError(folder, names[0])


def opened(file: Path, place: Path) -> "BagReader":
    """The bag, if what it says it holds has room at ``place``.

    Raises:
        BagRefusedError: no bag that can be trusted, or one larger than the disk.
    """
    from recordkeeper.bagit.reader import BagReader

    while not place.exists():
        place = place.parent
    return BagReader(file, shutil.disk_usage(place).free)


def restore_into(
    invocation: Invocation,
    bag: "BagReader",
    folder: Path,
    database: str,
    log_key: Path | None,
    database_user: str | None = None,
) -> Workspace:
    """Restore beside the folder, then put it there by one rename: it is a workspace or it is not there."""
    from recordkeeper.durable import folder_put_in_place
    from recordkeeper.services.backup import restore as restore_backup

    with folder_put_in_place(folder) as incoming:
        url = database_url_of(incoming, database)
        restore_backup(bag, incoming, url, invocation.now, database_user).close()
        _put_log_key(invocation, bag, incoming, log_key)
        configured = configured_database(folder, database, database_user)
        settings = {"database": configured, "archive": DEFAULTS["archive"], "language": _language_of(bag)}
        write_configuration(incoming, settings)
    return Workspace(folder, database_url_of(folder, database), folder / settings["archive"], settings["language"])


def _put_log_key(invocation: Invocation, bag: "BagReader", incoming: Path, given: Path | None) -> None:
    """Lay down the log's key: the one given, else the sealed one if its passphrase is there."""
    from recordkeeper.credentials.keyring import open_secret
    from recordkeeper.durable import read_plain_file, write_new_file
    from recordkeeper.services.backup import SEALED_KEY

    sealed = f"data/{SEALED_KEY}"
    secret = read_plain_file(given, _KEY_BYTES) if given is not None else None
    if secret is None and bag.names(sealed):
        passphrase = invocation.opening_passphrase()
        if passphrase is not None:
            secret = open_secret(bag.read(sealed, _KEY_BYTES).decode(errors="replace"), passphrase, SEALED_KEY)
    if secret is not None:
        write_new_file(incoming / "log.key", secret, 0o600)


def _language_of(bag: "BagReader") -> str:
    from recordkeeper.services.backup import CONFIGURATION

    try:
        found = tomllib.loads(bag.read(f"data/{CONFIGURATION}", _CONFIGURATION_BYTES).decode()).get("language")
    except (ValueError, InvalidInputError):
        found = None
    return str(found) if found in LANGUAGES else DEFAULTS["language"]


def _report(invocation: Invocation, workspace: Workspace) -> None:
    from recordkeeper.services.verification import verify

    report = verify(workspace.database_url, workspace.archive)

    def render() -> None:
        print_text(_("{folder}: restored").format(folder=workspace.root))
        _show_report(report)

    invocation.emit(
        {
            "workspace": str(workspace.root),
            "verdict": str(report.verdict),
            "findings": [finding_json(each) for each in report.findings],
        },
        render,
    )
    _end(report)


def _show_report(report: "Report") -> None:
    rows = [(aspect_name(name), answer_name(aspect.answer), aspect.reason) for name, aspect in report.aspects.items()]
    print_table((_("Aspect"), _("Answer"), _("Reason")), rows)
    print_text(_("Verdict: {verdict}").format(verdict=answer_name(report.verdict)))


def _end(report: "Report") -> None:
    from recordkeeper.services.verification import Answer

    if report.verdict is Answer.ALTERED:
        raise ProblemsFound
    if report.verdict is Answer.CANNOT_ASSESS:
        raise CannotAssess


def _drill(invocation: Invocation, file: Path) -> None:
    """Restore into SQLite aside, whatever the workspace works on; verify, compare, leave an event."""
    from recordkeeper.bagit.bag import digest_of
    from recordkeeper.services.backup import DRILL, SEALED_KEY, compare, note
    from recordkeeper.services.verification import verify

    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_here()
    with tempfile.TemporaryDirectory(prefix="recordkeeper-drill-") as name, opened(file, Path(name)) as bag:
        restored = restore_into(invocation, bag, Path(name) / "restored", DEFAULTS["database"], None)
        report = verify(restored.database_url, restored.archive)
        if restored.log_key_path.exists():
            invocation.say(_("The sealed log.key in the backup opens with the passphrase given"))
        elif bag.names(f"data/{SEALED_KEY}"):
            invocation.say(_("The sealed log.key in the backup was not tried: no passphrase was given"))
        else:
            invocation.say(
                _("log.key is not in the backup: the drill needs none; a real restore takes it with --log-key")
            )
        compared = compare(restored.database_url, restored.storage_root, workspace.database_url, workspace.storage_root)
        digest = digest_of(bag.tag_manifest)
    problems = len(compared.findings) + (str(report.verdict) != "ok")
    note(workspace.register, DRILL, digest, actor.subject, invocation.now, (f"findings-{problems}",))
    invocation.publish()
    _show_drill(invocation, file, report, compared)


def _show_drill(invocation: Invocation, file: Path, report: "Report", compared: "Compared") -> None:
    def render() -> None:
        print_text(
            _("{file}: restored aside; as in this workspace: {what}").format(
                file=file,
                what=amounts(
                    acts=compared.acts, events=compared.events, files=compared.files, objects=compared.objects
                ),
            )
        )
        _show_report(report)
        if compared.findings:
            show_findings(tuple(compared.findings))

    invocation.emit(
        {
            "file": str(file),
            "verdict": str(report.verdict),
            "acts": compared.acts,
            "events": compared.events,
            "files": compared.files,
            "objects": compared.objects,
            "findings": [finding_json(each) for each in (*report.findings, *compared.findings)],
        },
        render,
    )
    _end(report)
    if compared.findings:
        raise ProblemsFound
