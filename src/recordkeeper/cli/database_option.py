"""The options by which a command that makes a workspace is told where its database is and who works with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from recordkeeper.cli.workspace import DEFAULTS, database_url_of
from recordkeeper.language import translate as _

Command = TypeVar("Command", bound=Callable[..., Any])


def database_options(command: Command) -> Command:
    """Give a command ``--database`` and ``--database-user``."""
    for option in (
        click.option(
            "--database-user",
            metavar="LOGIN",
            help=_("PostgreSQL: the login for everyday work, made where there is none; else the one in the URL"),
        ),
        click.option(
            "--database",
            default=DEFAULTS["database"],
            show_default=True,
            metavar="URL",
            help=_("A file or postgresql://…"),
        ),
    ):
        command = option(command)
    return command


def check_database_user(database: str, database_user: str | None) -> None:
    """Refuse a login for everyday work where the database is a file.

    Raises:
        click.UsageError: it is one.
    """
    if database_user is not None and "://" not in database:
        raise click.UsageError(
            _("--database-user: expected a PostgreSQL in --database, found {found}").format(found=database)
        )


def configured_database(root: Path, database: str, database_user: str | None) -> str:
    """What a workspace's configuration names as its database: the login for everyday work, where one was given."""
    from recordkeeper.register.connection import url_of_login

    return database if database_user is None else url_of_login(database_url_of(root, database), database_user)
