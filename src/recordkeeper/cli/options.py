"""The options that every command takes, before or after its verb, and the object a command gets from them."""

import functools
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from recordkeeper.cli import identity
from recordkeeper.cli.output import print_json, say
from recordkeeper.cli.workspace import Workspace, find_workspace
from recordkeeper.errors import (
    InvalidInputError,
    PersonError,
    RecordkeeperError,
    RefusalError,
    UnavailableError,
    WorkspaceError,
)
from recordkeeper.language import LANGUAGES, ngettext
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.people import Actor, Signer
    from recordkeeper.services.publication import Outcome

P = ParamSpec("P")
R = TypeVar("R")

_GIVEN = "recordkeeper.options"


class NotConfirmedError(WorkspaceError, InvalidInputError):
    """An act that must be confirmed was asked for without a terminal and without ``--yes``."""

    def __init__(self, question: str) -> None:
        message = _("{question}: nobody to ask: --yes or a terminal expected").format(question=question)
        super().__init__(message, subject=question, expected="--yes")


class Invocation:
    """One run of one command: what was asked for beside the verb's own arguments.

    Args:
        given: the shared options that were given, by name.
        environment: the process' environment variables.
        now: the moment of this run, aware, UTC, whole seconds.
    """

    def __init__(self, given: Mapping[str, str | bool], environment: Mapping[str, str], now: datetime) -> None:
        self._given = given
        self._environment = environment
        self._workspace: Workspace | None = None
        self._actor: Actor | None = None
        self.now = now

    @property
    def is_json(self) -> bool:
        """Whether stdout is to hold one JSON document."""
        return bool(self._given.get("json"))

    @property
    def is_verbose(self) -> bool:
        """Whether ``--verbose`` was given."""
        return bool(self._given.get("verbose"))

    @property
    def is_confirmed(self) -> bool:
        """Whether ``--yes`` was given."""
        return bool(self._given.get("yes"))

    @property
    def is_attended(self) -> bool:
        """Whether a person can be asked: stdin is a terminal."""
        return identity.is_attended()

    @property
    def folder(self) -> Path | None:
        """The folder that ``--workspace`` named."""
        folder = self._given.get("workspace")
        return Path(str(folder)) if folder else None

    def workspace(self) -> Workspace:
        """The workspace named by ``--workspace``, else the one around the current folder.

        Raises:
            NotAWorkspaceError: there is none.
            BrokenConfigurationError: its configuration cannot be read.
        """
        if self._workspace is None:
            self._workspace = find_workspace(self.folder)
        return self._workspace

    def use_workspace(self, workspace: Workspace) -> None:
        """Go on in a workspace that this run has made; it is closed at the end."""
        self._workspace = workspace

    def login_asked_for(self) -> str | None:
        """The login name that ``--as`` or RECORDKEEPER_USER gives."""
        return str(self._given.get("as") or self._environment.get("RECORDKEEPER_USER") or "") or None

    def actor(self) -> "Actor":
        """The person who acts, proven by an open session or a passphrase.

        Raises:
            NobodyActsError: no name given and no session open.
            SessionEndedError: no name given, and the session has ended.
            NotProvenError: neither a session of that person nor a passphrase.
            WrongPassphraseError: the passphrase is not theirs.
        """
        if self._actor is None:
            self._actor = identity.actor_of(self.workspace(), self.login_asked_for(), self._environment, self.now)
        return self._actor

    def passphrase_of(self, login: str) -> str:
        """The passphrase of the acting person, asked again: signing always does.

        Raises:
            NotProvenError: it is nowhere given and nobody can be asked.
            UnreadablePassphraseFileError: RECORDKEEPER_PASSPHRASE_FILE cannot be read.
        """
        return identity.passphrase_of(login, identity.OWN_PASSPHRASE, self._environment)

    def second_passphrase_of(self, login: str) -> str:
        """The passphrase of a second person, as ``--approve-as`` needs it; never taken from the first one's.

        Raises:
            NotProvenError: it is nowhere given and nobody can be asked.
            UnreadablePassphraseFileError: RECORDKEEPER_APPROVER_PASSPHRASE_FILE cannot be read.
        """
        return identity.passphrase_of(login, identity.SECOND_PASSPHRASE, self._environment)

    def first_passphrase_of(self, login: str) -> str:
        """The passphrase that the first controller of a new workspace chooses.

        Raises:
            NoPassphraseError: it is nowhere given and nobody can be asked.
            UnreadablePassphraseFileError: RECORDKEEPER_PASSPHRASE_FILE cannot be read.
        """
        return identity.passphrase_to_set(login, identity.OWN_PASSPHRASE, self._environment)

    def new_passphrase_of(self, login: str) -> str:
        """The passphrase that ``login`` is to have from now on.

        Raises:
            NoPassphraseError: it is nowhere given and nobody can be asked.
            UnreadablePassphraseFileError: RECORDKEEPER_NEW_PASSPHRASE_FILE cannot be read.
        """
        return identity.passphrase_to_set(login, identity.NEW_PASSPHRASE, self._environment)

    def backup_passphrase(self) -> str:
        """The passphrase under which a backup seals the log's key.

        Raises:
            NoPassphraseError: it is nowhere given and nobody can be asked.
            UnreadablePassphraseFileError: RECORDKEEPER_BACKUP_PASSPHRASE_FILE cannot be read.
        """
        return identity.passphrase_to_set("log.key", identity.BACKUP_PASSPHRASE, self._environment)

    def opening_passphrase(self) -> str | None:
        """The passphrase that opens a backup's log key; none where it is nowhere given and nobody can be asked."""
        try:
            return identity.passphrase_of("log.key", identity.BACKUP_PASSPHRASE, self._environment)
        except RefusalError:
            return None

    def signer(self) -> "Signer":
        """The acting person with their key, opened with the passphrase asked again.

        Their signatures are marked unattended unless the passphrase is typed now.

        Raises:
            WrongPassphraseError: the passphrase is not theirs.
            NotProvenError: it is nowhere given and nobody can be asked.
            PersonError, CredentialError: as ``services.people.open_signing_key``.
        """
        from recordkeeper.services.people import open_signing_key

        actor = self.actor()
        is_typed = identity.will_be_asked(identity.OWN_PASSPHRASE, self._environment)
        passphrase = self.passphrase_of(actor.login)
        return open_signing_key(self.workspace().register, actor, passphrase, self.now, unattended=not is_typed)

    def record_refusal(self, error: RefusalError) -> None:
        """Leave the event of a refused act; a wrong passphrase has left its own."""
        from recordkeeper.credentials.keyring import WrongPassphraseError
        from recordkeeper.services.people import record_refusal

        if self._workspace is None or isinstance(error, WrongPassphraseError):
            return
        try:
            record_refusal(self._workspace.register, self._actor, error.subject, self.now)
        except RecordkeeperError as failure:
            say(_("the refusal could not be entered in the audit trail: {reason}").format(reason=failure))

    def say_what_stands(self) -> None:
        """Where the environment failed after acts of this run were committed, say that these stand."""
        count = self._workspace.committed_acts if self._workspace else 0
        if count:
            say(
                ngettext(
                    "{count} act of this command was committed before, and stands",
                    "{count} acts of this command were committed before, and stand",
                    count,
                ).format(count=count)
            )

    def publish(self) -> None:
        """Archive and publish what the acts of this run left to do; what cannot be done now is said to be pending.

        The act stands whatever happens here. On a machine without the log key another one publishes.
        """
        if self.workspace().log_key_path.exists():
            _outcome, problems = self.published()
            for problem in problems:
                say(_("pending, the act stands: {reason}").format(reason=problem))

    def published(self, by: "Actor | None" = None) -> tuple["Outcome | None", list[str]]:
        """What a publisher did now, and why something is left; nothing that it meets ends this run.

        Args:
            by: who asks for it; none where the program does what an act has left to do.

        Raises:
            NoRightError, AuditorChangesNothingError, DisabledPersonError: ``by`` may not ask for it.
        """
        from recordkeeper.services.publication import publish, resume

        publisher, now = self.workspace().publisher, datetime.now(UTC).replace(microsecond=0)
        try:
            outcome = publish(publisher, now) if by is None else resume(publisher, by, now)
        except PersonError:
            raise
        except (RecordkeeperError, OSError) as failure:
            return None, [str(failure)]
        except Exception as failure:  # noqa: BLE001 - acts are committed: nothing after them may say otherwise
            found = f"{type(failure).__name__}: {failure}"
            return None, [_("a defect of the program: {found}").format(found=found)]
        return outcome, outcome.problems

    def emit(self, value: "Json", render: Callable[[], None]) -> None:
        """Print ``value`` as JSON if that was asked for, else call ``render``."""
        if self.is_json:
            print_json(value)
        else:
            render()

    def confirm(self, text: str) -> None:
        """Ask whether to go on; ``--yes`` answers.

        Raises:
            NotConfirmedError: nobody can be asked.
            click.Abort: the answer is no.
        """
        if self.is_confirmed:
            return
        if not self.is_attended:
            raise NotConfirmedError(text)
        click.confirm(text, abort=True, err=True)

    def say(self, message: str) -> None:
        """Write a message to stderr."""
        say(message)

    def close(self) -> None:
        """Close what this run has opened."""
        if self._workspace is not None:
            self._workspace.close()


def _keep(context: click.Context, option: click.Parameter, value: object) -> None:
    """Keep what was given, whichever side of the verb it stands on; the inner one wins."""
    if value not in {None, False}:
        context.meta.setdefault(_GIVEN, {})[str(option.name)] = value


def _shared(names: list[str], **settings: object) -> click.Option:
    return click.Option(names, expose_value=False, callback=_keep, **settings)  # type: ignore[arg-type]


SHARED = (
    _shared(
        ["--workspace", "workspace"],
        metavar="DIR",
        help=_("The workspace's folder; else the current one or one above it"),
    ),
    _shared(["--as", "as"], metavar="USER", help=_("Who acts; else RECORDKEEPER_USER, else the open session")),
    _shared(
        ["--lang", "lang"],
        type=click.Choice(LANGUAGES),
        help=_("The language of messages; else LC_ALL or LANG, else the workspace's, else zh"),
    ),
    _shared(["--json", "json"], is_flag=True, help=_("Write one JSON document to stdout")),
    _shared(["--verbose", "verbose"], is_flag=True, help=_("Say more, with a traceback on failure")),
    _shared(["--yes", "yes"], is_flag=True, help=_("Answer yes to every question")),
)


def shared_options(command: Callable[Concatenate[Invocation, P], R]) -> Callable[P, R]:
    """Give a command the shared options; it gets one ``Invocation`` as its first argument.

    Stands directly above the function, below the command's own options and arguments.
    """

    @functools.wraps(command)
    def with_invocation(*args: P.args, **kwargs: P.kwargs) -> R:
        invocation = invocation_of(click.get_current_context())
        try:
            return command(invocation, *args, **kwargs)
        except RefusalError as error:
            invocation.record_refusal(error)
            raise
        except BrokenPipeError:
            raise
        except (UnavailableError, OSError):
            invocation.say_what_stands()
            raise

    own = list(getattr(command, "__click_params__", []))
    with_invocation.__click_params__ = [*reversed(SHARED), *own]  # type: ignore[attr-defined]
    return with_invocation


def invocation_of(context: click.Context) -> Invocation:
    """The invocation that ``context`` is a part of."""
    now = datetime.now(UTC).replace(microsecond=0)
    invocation = Invocation(context.meta.get(_GIVEN, {}), os.environ, now)
    context.call_on_close(invocation.close)
    return invocation
