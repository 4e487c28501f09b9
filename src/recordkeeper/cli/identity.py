"""Who acts, and by what that is proven: an open session or a passphrase; a name alone proves nothing."""

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.errors import CredentialError, InvalidInputError, RefusalError, UnavailableError, system_reason
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.cli.workspace import Workspace
    from recordkeeper.services.people import Actor

OWN_PASSPHRASE = "RECORDKEEPER_PASSPHRASE"  # noqa: S105 - a variable's name
SECOND_PASSPHRASE = "RECORDKEEPER_APPROVER_PASSPHRASE"  # noqa: S105 - a variable's name
BACKUP_PASSPHRASE = "RECORDKEEPER_BACKUP_PASSPHRASE"  # noqa: S105 - a variable's name
NEW_PASSPHRASE = "RECORDKEEPER_NEW_PASSPHRASE"  # noqa: S105 - a variable's name


class NobodyActsError(CredentialError, RefusalError):
    """No person is named and no session is open."""

    def __init__(self) -> None:
        expected = _("--as USER, RECORDKEEPER_USER or an open session (recordkeeper login)")
        super().__init__(_("nobody acts: {expected} expected").format(expected=expected), subject="", expected=expected)


class NotProvenError(CredentialError, RefusalError):
    """A person is named, and nothing proves that it is them."""

    def __init__(self, login: str, variable: str) -> None:
        expected = _("an open session or a passphrase ({variable}, or asked at a terminal)").format(variable=variable)
        message = _("{login}: a name alone proves nothing: {expected} expected").format(login=login, expected=expected)
        super().__init__(message, subject=login, expected=expected, found=_("a name alone"))


class NoPassphraseError(CredentialError, InvalidInputError):
    """A passphrase is to be set, and none is given."""

    def __init__(self, login: str, variable: str) -> None:
        expected = _("a passphrase ({variable}, or asked at a terminal)").format(variable=variable)
        message = _("{login}: {expected} expected").format(login=login, expected=expected)
        super().__init__(message, subject=login, expected=expected)


class UnreadablePassphraseFileError(CredentialError, UnavailableError):
    """The file that is to hold the passphrase cannot be read."""

    def __init__(self, file: str, found: str) -> None:
        message = _("{file}: a passphrase expected: {found}").format(file=file, found=found)
        super().__init__(message, subject=file, expected=_("a passphrase"), found=found)


def actor_of(workspace: "Workspace", login: str | None, environment: Mapping[str, str], now: datetime) -> "Actor":
    """The person who acts in ``workspace``.

    Args:
        workspace: where.
        login: the name asked for; none to act as the open session's person.
        environment: the process' environment variables.
        now: aware, UTC.

    Raises:
        NobodyActsError: no name and no open session.
        SessionEndedError: no name, and the session has ended.
        NotProvenError: a name, no session of theirs, and no passphrase.
        WrongPassphraseError: the passphrase is not theirs.
    """
    from recordkeeper.services.people import SessionEndedError, authenticate

    try:
        of_session = _actor_of_session(workspace, now)
    except SessionEndedError:
        if login is None:
            raise
        of_session = None  # who is named proves it by the passphrase
    if of_session and login in {None, of_session.login}:
        return of_session
    if login is None:
        raise NobodyActsError
    return authenticate(workspace.register, login, passphrase_of(login, OWN_PASSPHRASE, environment), now)


def _actor_of_session(workspace: "Workspace", now: datetime) -> "Actor | None":
    kept = workspace.sessions.token_of(workspace.identifier)
    if kept is None:
        return None
    from recordkeeper.services.people import actor_of_session

    person, token = kept
    return actor_of_session(workspace.register, token, now, person)


def passphrase_of(login: str, variable: str, environment: Mapping[str, str]) -> str:
    """The passphrase of ``login``: from the variable, from the file that VARIABLE_FILE names, or asked.

    Raises:
        NotProvenError: neither, and stdin is no terminal.
        UnreadablePassphraseFileError: the file cannot be read.
    """
    if given := environment.get(variable):
        return given
    if file := environment.get(f"{variable}_FILE"):
        return _first_line(file)
    if not is_attended():
        raise NotProvenError(login, variable)
    return str(click.prompt(_("Passphrase of {login}").format(login=login), hide_input=True, err=True))


def passphrase_to_set(login: str, variable: str, environment: Mapping[str, str]) -> str:
    """The passphrase that ``login`` is to have: from the variable or its file, or asked for twice.

    Raises:
        NoPassphraseError: neither, and stdin is no terminal.
        UnreadablePassphraseFileError: the file cannot be read.
    """
    if given := environment.get(variable):
        return given
    if file := environment.get(f"{variable}_FILE"):
        return _first_line(file)
    if not is_attended():
        raise NoPassphraseError(login, variable)
    question = _("New passphrase of {login}").format(login=login)
    return str(click.prompt(question, hide_input=True, confirmation_prompt=True, err=True))


def will_be_asked(variable: str, environment: Mapping[str, str]) -> bool:
    """Whether the passphrase will be typed by a person, because it is given nowhere."""
    return is_attended() and not (environment.get(variable) or environment.get(f"{variable}_FILE"))


def is_attended() -> bool:
    """Whether stdin is a terminal, so that a person can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def _first_line(file: str) -> str:
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UnreadablePassphraseFileError(file, system_reason(error)) from None
    if not lines or not lines[0]:
        raise UnreadablePassphraseFileError(file, _("an empty file"))
    return lines[0]
