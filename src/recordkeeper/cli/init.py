"""``init``: a new workspace in a folder, with its company, its first controller and its log key."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.database_option import check_database_user, configured_database, database_options
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.workspace import (
    CONFIGURATION,
    DEFAULTS,
    Workspace,
    database_url_of,
    write_configuration,
)
from recordkeeper.errors import RefusalError, WorkspaceError
from recordkeeper.language import current_language
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.initiation import Beginning


class OccupiedFolderError(WorkspaceError, RefusalError):
    """The folder is a workspace, or holds a file that a workspace would have."""

    def __init__(self, folder: Path, found: str) -> None:
        message = _("{folder}: expected a folder without a workspace, found {found}").format(folder=folder, found=found)
        super().__init__(message, subject=str(folder), found=found)


@click.command(help=_("Make a workspace here: its unit, its first controller, its log key"))
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--company", required=True, metavar="NAME", help=_("The company's name, printed on every form"))
@click.option("--company-en", default="", metavar="NAME", help=_("The company's English name"))
@click.option("--code", default="HQ", show_default=True, help=_("The code of the company's own unit"))
@click.option("--login", required=True, metavar="LOGIN", help=_("The first controller's login name"))
@click.option("--name", required=True, metavar="NAME", help=_("The first controller's name as it is printed"))
@click.option("--time-zone", default="Asia/Shanghai", show_default=True, help=_("The company's time zone"))
@database_options
@shared_options
def init(
    invocation: Invocation,
    folder: Path | None,
    company: str,
    company_en: str,
    code: str,
    login: str,
    name: str,
    time_zone: str,
    database: str,
    database_user: str | None,
) -> None:
    """Make a workspace."""
    from recordkeeper.services.initiation import prepare

    check_database_user(database, database_user)
    root = (folder or invocation.folder or Path.cwd()).absolute()
    check_unoccupied(root, database)
    beginning = prepare(
        company=company,
        company_en=company_en,
        code=code,
        time_zone=time_zone,
        login=login,
        name=name,
        passphrase=invocation.first_passphrase_of(login),
        now=invocation.now,
    )
    made = make_workspace(root, database, beginning, invocation.now, database_user)
    invocation.use_workspace(made)
    invocation.publish()
    log_key = beginning.log_key.verifier
    roles = made.register.roles

    def render() -> None:
        print_text(_("{folder}: a workspace of {company}").format(folder=root, company=company))
        rows = [[_("First controller"), login], [_("Log's public key"), log_key]]
        if roles is not None:
            rows += [
                [_("Owner of the tables"), roles.owner],
                [_("Role of everyday work"), roles.application],
                [_("Role that executes dispositions"), roles.disposition],
            ]
        print_table([_("What"), _("Value")], rows)
        print_text(_("Keep the log's public key outside: with it anybody can check the audit trail"))

    told: dict[str, Json] = {"workspace": str(root), "company": company, "login": login, "log_key": log_key}
    invocation.emit(told | ({"roles": roles._asdict()} if roles else {}), render)


def check_unoccupied(root: Path, database: str = DEFAULTS["database"]) -> None:
    """Refuse a folder that is a workspace, or in which one was begun.

    Raises:
        OccupiedFolderError: it holds a configuration, a log key or a database.
    """
    for name in (CONFIGURATION, "log.key", *(() if "://" in database else (database,))):
        if (root / name).exists():
            raise OccupiedFolderError(root, name)


def make_workspace(
    root: Path, database: str, beginning: "Beginning", now: datetime, everyday_login: str | None = None
) -> Workspace:
    """Make the workspace that was decided on; the configuration comes last, so that a folder is one or is not.

    Args:
        root: its folder; made where it does not exist.
        database: a file's path counted from ``root``, or a URL.
        beginning: what it begins with.
        now: aware, UTC.
        everyday_login: on PostgreSQL the login that the configuration names in place of the one that made it.

    Returns:
        The workspace, its register opened as it was made.

    Raises:
        RegisterError: the database holds something already, or fails.
        ArchiveError: the archive cannot be made.
        LogError: the log key cannot be written.
    """
    from recordkeeper.register.connection import sqlite_path
    from recordkeeper.register.engine import create_register
    from recordkeeper.services.initiation import initiate

    root.mkdir(parents=True, exist_ok=True)
    root = root.resolve()
    settings = {"database": database, "archive": DEFAULTS["archive"], "language": current_language()}
    url = database_url_of(root, database)
    made = Workspace(root, url, root / settings["archive"], settings["language"])
    try:
        with create_register(url, everyday_login) as register:
            initiate(beginning, register, made.storage_root, made.log_key_path, now)
        settings["database"] = configured_database(root, database, everyday_login)
        write_configuration(root, settings)
    except BaseException:
        # Nothing was acknowledged: the folder is left as it was found, a database elsewhere is not touched.
        made.log_key_path.unlink(missing_ok=True)
        if (file := sqlite_path(url)) is not None:
            for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
                file.with_name(name).unlink(missing_ok=True)
        raise
    return made
