"""PostgreSQL that goes away in the middle: each act is done once, or refused with 5 and a message; none twice.

The server is one of the tests' own, stopped as if its machine had died, and started again.
"""

import gc
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.faults.actors import seeded
from integration.faults.acts import assert_finished
from integration.faults.workplace import NOW, PASSPHRASE, SHEET_FORM, Staff, Workplace, begin, staff_of
from recordkeeper.cli import main as command_line
from recordkeeper.errors import UnavailableError
from recordkeeper.model.record import Record
from recordkeeper.register import committing
from recordkeeper.register.acts import Register
from recordkeeper.register.committing import OutcomeUnknownError
from recordkeeper.register.connection import RegisterUnavailableError, ServerAwayError
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.services import lifecycle, publication, retrieval
from recordkeeper.services.verification import Answer
from scratch_postgresql import EVERYDAY, ScratchPostgresql, as_everyday, find_binaries
from torture import IS_LONG, SAID

pytestmark = [
    pytest.mark.needs_postgresql,
    # the driver cannot close a cursor of a server that is gone, and says so when it is collected
    pytest.mark.filterwarnings("ignore:<psycopg.ServerCursor:ResourceWarning"),
]

RECORDS = 50  # each is entered and signed: 100 acts
STOPS = 40 if IS_LONG else 5
RUNS = 24 if IS_LONG else 4
ENVIRONMENT_FAILED = 5


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchPostgresql]:
    binaries = find_binaries()
    assert binaries is not None
    started = ScratchPostgresql(binaries)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def begun(server: ScratchPostgresql, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A company that each test has a copy of."""
    url = server.create()
    create_register(url, EVERYDAY).close()
    made = Workplace(as_everyday(url), tmp_path_factory.mktemp("begun"))
    with pytest.MonkeyPatch.context() as patch, open_register(made.url) as register:
        patch.setenv("PATH", str(made.folder))
        begin(made, register)
        assert_finished(made, register)
    return made


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Let what the driver says of its cursors be said within the test."""
    yield
    gc.collect()


@pytest.fixture
def workplace(server: ScratchPostgresql, begun: Workplace, tmp_path: Path) -> Workplace:
    shutil.copytree(begun.folder, tmp_path, dirs_exist_ok=True)
    return Workplace(as_everyday(server.create(begun.url)), tmp_path)


@pytest.fixture
def staff(register: Register) -> Staff:
    return staff_of(register)


@contextmanager
def stopped_and_started(server: ScratchPostgresql, stops: int) -> Iterator[threading.Event]:
    """Stop the server so often at random moments, and start it again; what is yielded says when all of it is over."""
    chance, over = seeded(), threading.Event()

    def stop_and_start() -> None:
        for _stop in range(stops):
            time.sleep(chance.uniform(0.02, 0.5))
            server.crash()
            time.sleep(chance.uniform(0, 0.2))
            server.start()
        over.set()

    stopping = threading.Thread(target=stop_and_start)
    stopping.start()
    try:
        yield over
    finally:
        stopping.join()


def until_done(act: Callable[[], Record], refused: list[Exception]) -> Record:
    """Ask again for an act that was refused because the database was away, as a person would."""
    while True:
        try:
            return act()
        except UnavailableError as error:
            refused.append(error)
            time.sleep(0.05)


def matters(register: Register) -> Counter[str]:
    """How many records have each matter, and hold it signed or not."""
    with register.reading() as snapshot:
        records = [retrieval.replayed(snapshot, history) for history in snapshot.histories("record")]
    return Counter(str(record.values["matter"]) for record in records)


def enter(register: Register, staff: Staff, matter: str) -> Record:
    return lifecycle.new(register, staff.clerk, NOW, SHEET_FORM, {"matter": matter}, lifecycle.About())


def sign(register: Register, staff: Staff, number: str) -> Record:
    return lifecycle.sign(register, staff.clerk, staff.clerk_key, NOW, number)


@pytest.mark.torture
def test_each_of_a_hundred_acts_is_done_once_while_the_server_is_stopped_and_started(
    server: ScratchPostgresql,
    workplace: Workplace,
    register: Register,
    staff: Staff,
    record_property: Callable[[str, object], None],
) -> None:
    """Whoever was refused asks again; whoever was not is done: in the end each stands exactly once."""
    refused: list[Exception] = []
    entered = 0
    with stopped_and_started(server, STOPS) as over:
        while entered < RECORDS or not over.is_set():
            matter = f"路灯{entered}"
            number = until_done(lambda matter=matter: enter(register, staff, matter), refused).number  # type: ignore[misc]
            until_done(lambda number=number: sign(register, staff, number), refused)  # type: ignore[misc]
            entered += 1
    assert matters(register) == Counter({f"路灯{each}": 1 for each in range(entered)})
    with register.reading() as snapshot:
        assert [history.count for history in snapshot.histories("record")] == [2] * entered
    assert refused, "the server was never missed"
    for error in refused:
        assert command_line.exit_status(error) == ENVIRONMENT_FAILED
        assert str(error).startswith("postgresql")
        assert "Traceback" not in str(error)
    assert workplace.verify().verdict is Answer.OK
    assert_finished(workplace, register)
    record_property(SAID, f"{2 * entered} acts, {STOPS} stops, {len(refused)} refused and asked again")


@contextmanager
def at_the_next_commit(monkeypatch: pytest.MonkeyPatch, commit: Callable[[Callable[[], None]], None]) -> Iterator[None]:
    """Let the next commit be sent by ``commit``, and its answer be lost."""
    original = psycopg.Connection.commit
    waiting = [commit]

    def commit_once(connection: "psycopg.Connection[Any]") -> None:
        if not waiting:
            original(connection)
            return
        waiting.pop()(lambda: original(connection))
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "commit", commit_once)
        yield
    assert not waiting


def test_an_act_whose_commit_arrived_is_done_though_the_answer_was_lost(
    server: ScratchPostgresql, register: Register, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrive(commit: Callable[[], None]) -> None:
        commit()
        server.crash()
        server.start()

    with at_the_next_commit(monkeypatch, arrive):
        record = enter(register, staff, "路灯")
    assert sign(register, staff, record.number).history.count == 2
    assert matters(register) == {"路灯": 1}


def test_an_act_whose_commit_did_not_arrive_is_refused_and_not_done(
    server: ScratchPostgresql, register: Register, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_lost(_commit: Callable[[], None]) -> None:
        server.crash()
        server.start()

    with at_the_next_commit(monkeypatch, be_lost), pytest.raises(RegisterUnavailableError):
        enter(register, staff, "路灯")
    assert matters(register) == {}
    enter(register, staff, "路灯")
    assert matters(register) == {"路灯": 1}


@pytest.mark.parametrize("ends_alike", [True, False])
def test_an_act_whose_commit_was_lost_is_not_taken_for_that_of_another_who_came_between(
    server: ScratchPostgresql, workplace: Workplace, register: Register, staff: Staff,
    monkeypatch: pytest.MonkeyPatch, *, ends_alike: bool,
) -> None:  # fmt: skip
    """The other's transaction takes the same places, and ends with the very same event."""
    seen = staff.clerk.subject
    history = enter(register, staff, "路灯").history

    def write(writer: Register, act: str) -> None:
        with writer.writing(now=NOW) as transaction:
            transaction.note("export", actor=seen, subject=history.subject, bound_digest=act * 64)
            transaction.note("read", actor=seen, subject=history.subject if ends_alike or act == "a" else seen)

    def be_overtaken(_commit: Callable[[], None]) -> None:
        server.crash()
        server.start()
        with open_register(workplace.url) as other:
            write(other, "b")

    with at_the_next_commit(monkeypatch, be_overtaken), pytest.raises(RegisterUnavailableError):
        write(register, "a")
    with register.reading() as snapshot:
        bound = [event.bound_digest for event in snapshot.events_of(history.subject) if event.kind == "export"]
    assert bound == ["b" * 64]


def test_an_act_whose_commit_arrived_is_done_though_another_came_after_it(
    server: ScratchPostgresql, workplace: Workplace, register: Register, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrive(commit: Callable[[], None]) -> None:
        commit()
        server.crash()
        server.start()
        with open_register(workplace.url) as other:
            enter(other, staff, "电梯")

    with at_the_next_commit(monkeypatch, arrive):
        record = enter(register, staff, "路灯")
    assert sign(register, staff, record.number).history.count == 2
    assert matters(register) == {"路灯": 1, "电梯": 1}


def test_a_server_that_stops_in_the_middle_of_a_command_is_said_with_what_to_do(
    server: ScratchPostgresql, workplace: Workplace, register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop_while_reading() -> None:
        with register.reading() as snapshot:
            server.crash()
            snapshot.event_count()

    with pytest.raises(ServerAwayError, match=r"in the middle of a command \(") as lost:
        stop_while_reading()
    assert command_line.exit_status(lost.value) == ENVIRONMENT_FAILED
    assert "repeat the command: what it had not committed is not done" in lost.value.advice
    assert command_line.main(command_of(workplace, "status"), {}) == ENVIRONMENT_FAILED
    said = json.loads(capsys.readouterr().out)["error"]["message"]
    assert "the server does not answer (" in said
    assert said.endswith("); start it, then repeat the command: what it had not committed is not done")
    server.start()


def test_where_the_server_does_not_come_back_it_is_said_that_nobody_knows(
    server: ScratchPostgresql, register: Register, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrive(commit: Callable[[], None]) -> None:
        commit()
        server.crash()

    monkeypatch.setattr(committing, "PATIENCE_SECONDS", 0.3)
    with at_the_next_commit(monkeypatch, arrive), pytest.raises(OutcomeUnknownError) as unknown:
        enter(register, staff, "路灯")
    assert command_line.exit_status(unknown.value) == ENVIRONMENT_FAILED
    assert "record history or audit log" in unknown.value.advice
    server.start()
    assert matters(register) == {"路灯": 1}


def command_of(workplace: Workplace, *words: str) -> list[str]:
    """What the shell would be given, in a workspace that has this register and archive."""
    configured = [f"database = {json.dumps(workplace.url)}", 'archive = "archive"', 'language = "zh"']
    (workplace.folder / "recordkeeper.toml").write_text("\n".join(configured), encoding="utf-8")
    (workplace.folder / "recordkeeper.toml").chmod(0o600)
    return ["--workspace", str(workplace.folder), "--as", "clerk", "--lang", "en", "--json", *words]


def test_the_command_line_ends_with_0_and_the_act_or_with_5_and_none(
    server: ScratchPostgresql, workplace: Workplace, register: Register, staff: Staff
) -> None:
    register.close()
    environment = {"RECORDKEEPER_PASSPHRASE": PASSPHRASE, "HOME": str(workplace.folder), "PATH": "", "LANG": "C.UTF-8"}
    expected, chance = Counter[str](), seeded()
    for run in range(RUNS):
        words = command_of(workplace, "record", "new", SHEET_FORM, "--set", f"matter=run {run}")
        command = [sys.executable, "-m", "recordkeeper", *words]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as it:
            time.sleep(chance.uniform(0.3, 1.6))
            server.crash()
            said, complained = it.communicate()
        server.start()
        assert it.returncode in {0, ENVIRONMENT_FAILED}, complained
        assert "Traceback" not in complained
        if it.returncode == 0:
            expected[f"run {run}"] += 1
        else:
            error = json.loads(said)["error"]
            assert error["subject"].startswith("postgresql"), error
            assert "stand" not in complained
    assert matters(register) == expected
    assert_finished(workplace, register)


def test_an_act_stands_and_exits_0_where_the_server_goes_away_after_its_commit(
    server: ScratchPostgresql,
    workplace: Workplace,
    register: Register,
    staff: Staff,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    original = lifecycle.new

    def new(*arguments: Any, **keywords: Any) -> Record:
        record = original(*arguments, **keywords)
        server.crash()
        return record

    monkeypatch.setattr(lifecycle, "new", new)
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("XDG_STATE_HOME", str(workplace.folder / "state"))
    words = command_of(workplace, "record", "new", SHEET_FORM, "--set", "matter=路灯")
    status = command_line.main(words, dict(os.environ))
    printed = capsys.readouterr()
    server.start()
    assert status == 0, printed.err
    number = json.loads(printed.out)["number"]
    assert f"{number}: the act stands" in printed.err
    assert "pending, the act stands" in printed.err
    assert matters(register) == {"路灯": 1}
    assert publication.publish(workplace.publisher(register), NOW).problems == []
