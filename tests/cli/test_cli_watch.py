"""``archive resume --watch``: in a team one machine publishes, the others only commit."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from record_workspace import SECRET, Desk, desk, record_template
from recordkeeper.cli.workspace import find_workspace
from recordkeeper.register.engine import open_register
from recordkeeper.services.publication import pending
from recordkeeper.services.verification import Answer, verify
from recordkeeper.tlog.checkpoint import unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint
from stage import Stage

__all__ = ["desk", "record_template"]

SECONDS_TO_WAIT = 90.0


@dataclass
class Team:
    """A desk that only commits, and machines that publish; all have one register and one archive."""

    desk: Desk
    log_key: Path
    sizes: list[int] = field(default_factory=list)

    @property
    def archive(self) -> Path:
        return self.desk.root / "archive"

    @contextmanager
    def publisher(self, name: str) -> Iterator["subprocess.Popen[str]"]:
        """A machine with the log's key, at work; killed at the end if it still runs."""
        folder = self.desk.root.parent / name
        folder.mkdir()
        text = f'database = "{self.desk.url}"\narchive = "{self.archive}"\nlanguage = "en"\n'
        (folder / "recordkeeper.toml").write_text(text, encoding="utf-8")
        shutil.copy(self.log_key, folder / "log.key")
        command = [sys.executable, "-W", "error", "-m", "recordkeeper", "archive", "resume", "--watch", "--lang", "en"]
        environment = {**os.environ, "PATH": "", "RECORDKEEPER_PASSPHRASE": SECRET}
        with subprocess.Popen(
            [*command, "--workspace", str(folder), "--as", "boss"], env=environment, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def published(self) -> int:
        """How many events the published checkpoint covers; what was seen before is never undone."""
        note = read_checkpoint(self.archive / "log") if self.archive.exists() else None
        self.sizes.append(unverified_checkpoint(note).size if note else 0)
        return self.sizes[-1]

    def is_finished(self) -> bool:
        self.published()
        with open_register(self.desk.url) as register:
            return pending(register).is_nothing


@pytest.fixture
def team(desk: Desk, record_template: Stage[None]) -> Team:
    return Team(desk, record_template.folder / "log.key")


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_WAIT
    while not is_so():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.05)


def assert_sound(team: Team) -> None:
    assert team.sizes == sorted(team.sizes)
    with open_register(team.desk.url) as register, register.reading() as snapshot:
        kept = [size for size, _note in snapshot.checkpoints()]
    assert all(earlier < later for earlier, later in pairwise(kept))
    report = verify(team.desk.url, team.archive)
    assert report.verdict is Answer.OK, [*map(str, report.findings)]


def test_a_watching_machine_publishes_what_others_commit_until_it_is_interrupted(team: Team) -> None:
    assert not find_workspace(team.desk.root).log_key_path.exists()
    with team.publisher("server") as process:
        wait_until(team.is_finished)
        before = team.published()
        number = team.desk.closed()
        wait_until(lambda: team.published() > before and team.is_finished())
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=SECONDS_TO_WAIT) == 130
        assert process.stderr is not None
        said = process.stderr.read()
    assert "events published" in said
    assert "Traceback" not in said
    assert number in {each["subject"].partition("/")[2] for each in team.desk.listed("archive", "list", who="boss")}
    assert_sound(team)


def test_two_watching_machines_never_publish_backwards_and_one_goes_on_alone(team: Team) -> None:
    with ExitStack() as machines:
        first, second = (machines.enter_context(team.publisher(name)) for name in ("first", "second"))
        for _record in range(4):
            team.desk.new()
            team.published()
        first.kill()
        before = team.published()
        team.desk.new()
        wait_until(lambda: team.published() > before and team.is_finished())
        assert second.poll() is None
    assert_sound(team)


def test_a_watching_machine_waits_for_an_archive_that_is_away(team: Team) -> None:
    away = team.desk.root / "away"
    with team.publisher("server") as process:
        wait_until(team.is_finished)
        team.archive.rename(away)
        team.desk.new()
        assert process.stderr is not None
        while "pending:" not in process.stderr.readline():
            assert process.poll() is None
        away.rename(team.archive)
        wait_until(team.is_finished)
        assert process.poll() is None
    assert_sound(team)


def test_a_machine_without_the_logs_key_cannot_watch(desk: Desk) -> None:
    refused = desk.refused("archive", "resume", "--watch", who="boss")
    assert (refused["status"], refused["kind"]) == ("5", "unusable-log-key")
