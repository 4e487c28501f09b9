"""Who acts: a name alone proves nothing; an open session or a passphrase does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from recordkeeper.cli.identity import (
    OWN_PASSPHRASE,
    SECOND_PASSPHRASE,
    NobodyActsError,
    NotProvenError,
    UnreadablePassphraseFileError,
    actor_of,
    passphrase_of,
)
from recordkeeper.cli.options import Invocation
from recordkeeper.cli.workspace import DEFAULTS, Workspace, write_configuration
from recordkeeper.credentials.keyring import WrongPassphraseError
from recordkeeper.register.engine import create_register
from recordkeeper.services.initiation import initiate, prepare
from recordkeeper.services.people import (
    FIRST_PERSON,
    SESSION_LASTS,
    SessionEndedError,
    add_user,
    close_session,
    open_session,
)

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
PASSPHRASE = "a rather long passphrase"


@pytest.fixture(autouse=True)
def _nobody_at_the_keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("sys.stdin", StringIO())


@pytest.fixture
def workspace(empty_url: str, tmp_path: Path) -> Iterator[Workspace]:
    root = tmp_path / "workspace"
    root.mkdir()
    workspace = write_configuration(root, {**DEFAULTS, "database": empty_url})
    beginning = prepare(
        company="物业公司",
        time_zone="Asia/Shanghai",
        login="controller",
        name="文控",
        passphrase=PASSPHRASE,
        now=NOW,
    )
    with create_register(workspace.database_url) as register:
        initiate(beginning, register, workspace.storage_root, workspace.log_key_path, NOW)
    yield workspace
    workspace.close()


def open_a_session(workspace: Workspace) -> None:
    session = open_session(workspace.register, "controller", PASSPHRASE, NOW)
    workspace.sessions.save(workspace.identifier, session.actor.subject, session.token)


def kinds_of_events(workspace: Workspace) -> list[str]:
    with workspace.register.reading() as snapshot:
        return [event.kind for event in snapshot.events()]


def test_nobody_acts_without_a_name_and_a_session(workspace: Workspace) -> None:
    with pytest.raises(NobodyActsError, match="recordkeeper login"):
        actor_of(workspace, None, {OWN_PASSPHRASE: PASSPHRASE}, NOW)


def test_a_name_alone_proves_nothing(workspace: Workspace) -> None:
    with pytest.raises(NotProvenError, match="controller"):
        actor_of(workspace, "controller", {}, NOW)


def test_a_name_with_its_passphrase_acts(workspace: Workspace) -> None:
    actor = actor_of(workspace, "controller", {OWN_PASSPHRASE: PASSPHRASE}, NOW)
    assert (actor.subject, actor.login, actor.name) == (FIRST_PERSON, "controller", "文控")


def test_a_wrong_passphrase_is_refused_and_leaves_its_event(workspace: Workspace) -> None:
    with pytest.raises(WrongPassphraseError):
        actor_of(workspace, "controller", {OWN_PASSPHRASE: "another passphrase"}, NOW)
    assert kinds_of_events(workspace)[-1] == "wrong-passphrase"


def test_an_open_session_acts_with_and_without_its_name(workspace: Workspace) -> None:
    open_a_session(workspace)
    for login in (None, "controller"):
        assert actor_of(workspace, login, {}, NOW).login == "controller"


def test_a_session_proves_no_other_person(workspace: Workspace) -> None:
    open_a_session(workspace)
    controller = actor_of(workspace, None, {}, NOW)
    register = workspace.register
    add_user(register, controller, login="clerk", name="文员", passphrase=PASSPHRASE, now=NOW)
    with pytest.raises(NotProvenError, match="clerk"):
        actor_of(workspace, "clerk", {}, NOW)


def test_the_passphrase_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    assert passphrase_of("clerk", OWN_PASSPHRASE, {"RECORDKEEPER_PASSPHRASE_FILE": str(file)}) == PASSPHRASE


def test_a_passphrase_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for name in ("missing", "empty"):
        with pytest.raises(UnreadablePassphraseFileError, match=name):
            passphrase_of("clerk", OWN_PASSPHRASE, {"RECORDKEEPER_PASSPHRASE_FILE": str(tmp_path / name)})


def test_a_second_person_is_never_proven_by_the_first_ones_passphrase() -> None:
    with pytest.raises(NotProvenError, match="approver"):
        passphrase_of("approver", SECOND_PASSPHRASE, {OWN_PASSPHRASE: PASSPHRASE})
    assert passphrase_of("approver", SECOND_PASSPHRASE, {SECOND_PASSPHRASE: "theirs"}) == "theirs"


def test_the_signature_of_a_script_is_unattended(workspace: Workspace) -> None:
    given = {"workspace": str(workspace.root), "as": "controller"}
    invocation = Invocation(given, {OWN_PASSPHRASE: PASSPHRASE}, NOW)
    assert invocation.signer().unattended
    invocation.close()


def test_a_refusal_leaves_one_event_and_a_wrong_passphrase_not_a_second_one(workspace: Workspace) -> None:
    before = kinds_of_events(workspace)
    invocation = Invocation({"workspace": str(workspace.root), "as": "controller"}, {}, NOW)
    with pytest.raises(NotProvenError) as refused:
        invocation.actor()
    invocation.record_refusal(refused.value)
    invocation.record_refusal(WrongPassphraseError("controller"))
    invocation.close()
    assert kinds_of_events(workspace) == [*before, "refuse"]


def test_a_session_file_that_is_left_behind_proves_nothing_after_eight_hours(
    workspace: Workspace, tmp_path: Path
) -> None:
    open_a_session(workspace)
    ends_at = NOW + SESSION_LASTS
    assert actor_of(workspace, None, {}, ends_at - timedelta(seconds=1)).subject == FIRST_PERSON
    for after in (timedelta(), timedelta(days=30)):
        before = kinds_of_events(workspace)
        invocation = Invocation({"workspace": str(workspace.root)}, {}, ends_at + after)
        with pytest.raises(SessionEndedError, match="controller") as refused:
            invocation.actor()
        invocation.record_refusal(refused.value)
        invocation.close()
        assert kinds_of_events(workspace) == [*before, "refuse"]
    with pytest.raises(NotProvenError):
        actor_of(workspace, "controller", {}, ends_at)
    named = actor_of(workspace, "controller", {OWN_PASSPHRASE: PASSPHRASE}, ends_at)
    assert named.subject == FIRST_PERSON
    [file] = (tmp_path / "state" / "recordkeeper").iterdir()
    left = file.read_bytes()
    again = open_session(workspace.register, "controller", PASSPHRASE, ends_at)
    workspace.sessions.save(workspace.identifier, again.actor.subject, again.token)
    assert actor_of(workspace, None, {}, ends_at).subject == FIRST_PERSON
    file.write_bytes(left)  # as it lay on a disk that was kept
    with pytest.raises(SessionEndedError):
        actor_of(workspace, None, {}, ends_at)


def test_a_session_file_that_is_kept_over_a_logout_proves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    open_a_session(workspace)
    [file] = (tmp_path / "state" / "recordkeeper").iterdir()
    left, token = file.read_bytes(), workspace.sessions.token_of(workspace.identifier)
    assert token is not None
    close_session(workspace.register, actor_of(workspace, None, {}, NOW), token[1], NOW)
    workspace.sessions.remove(workspace.identifier)
    file.write_bytes(left)
    file.chmod(0o600)
    with pytest.raises(NobodyActsError, match="recordkeeper login"):
        actor_of(workspace, None, {}, NOW)
