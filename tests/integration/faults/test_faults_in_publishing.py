"""A fault at each step of storing and publishing: the act stands, is said to be pending, the next run finishes."""

import errno
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.faults.actors import seeded
from integration.faults.acts import amend, assert_finished, close_a_record, enter_a_row, sign_a_sheet
from integration.faults.fault import Fault, disk_error, register_error
from integration.faults.workplace import NOW, Workplace, begin, state_digests
from recordkeeper.errors import UnavailableError
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.services.publication import pending, publish
from recordkeeper.services.verification import Answer
from torture import IS_LONG


@dataclass(frozen=True, slots=True)
class Waiting:
    """A workplace in which much waits for a publisher; each fault has a copy of its own."""

    folder: Path

    def copy(self, folder: Path) -> Workplace:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return Workplace(sqlite_url(folder / "records.db"), folder)


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    """A new object, a further version of another, a log that goes on."""
    folder = tmp_path_factory.mktemp("waiting")
    workplace = Workplace(sqlite_url(folder / "records.db"), folder)
    with pytest.MonkeyPatch.context() as patch, create_register(workplace.url) as register:
        patch.setenv("PATH", str(folder))
        staff = begin(workplace, register)
        number = close_a_record(register, staff)
        assert publish(workplace.publisher(register), NOW).problems == []
        amend(register, staff, number)
        enter_a_row(register, staff)
        sign_a_sheet(register, staff)
    return Waiting(folder)


def publish_with(fault: Fault, workplace: Workplace, register: Register, *, on_disk: bool) -> bool:
    """Publish while ``fault`` strikes; whether it was said that something is pending."""
    with fault.on_disk() if on_disk else fault.in_register():
        try:
            return bool(publish(workplace.publisher(register), NOW).problems)
        except UnavailableError:
            return True


def assert_overcome(workplace: Workplace, fault: Fault, *, on_disk: bool) -> None:
    """Let the fault strike, and see that nothing is lost by it."""
    with open_register(workplace.url) as register:
        before = state_digests(register)
        assert publish_with(fault, workplace, register, on_disk=on_disk)
        after = state_digests(register)
        assert {subject: after[subject][: len(digests)] for subject, digests in before.items()} == before
        report = workplace.verify()
        assert report.verdict is Answer.OK, [*map(str, report.findings)]
        assert_finished(workplace, register)


def steps_of(waiting: Waiting, folder: Path, *, on_disk: bool) -> list[str]:
    counting = Fault(register_error)
    workplace = waiting.copy(folder)
    with open_register(workplace.url) as register:
        assert not pending(register).is_nothing
        assert not publish_with(counting, workplace, register, on_disk=on_disk)
    return counting.steps


@pytest.mark.torture
def test_a_disk_that_fails_at_any_step_leaves_the_act_and_what_the_next_run_finishes(
    waiting: Waiting, tmp_path: Path
) -> None:
    steps = steps_of(waiting, tmp_path / "workplace", on_disk=True)
    assert {step.partition(" ")[0] for step in steps} >= {"open", "mkdir", "fsync", "rename", "replace", "unlink"}
    tried = range(len(steps)) if IS_LONG else sorted(seeded().sample(range(len(steps)), len(steps) // 4))
    for at in tried:
        make = disk_error(errno.ENOSPC if at % 2 else errno.EIO)
        assert_overcome(waiting.copy(tmp_path / "workplace"), Fault(make, at), on_disk=True)


def test_a_register_that_fails_at_any_step_leaves_the_act_and_what_the_next_run_finishes(
    waiting: Waiting, tmp_path: Path
) -> None:
    steps = steps_of(waiting, tmp_path / "workplace", on_disk=False)
    assert set(steps) == {"begin", "commit", "committed"}
    for at in range(len(steps)):
        assert_overcome(waiting.copy(tmp_path / "workplace"), Fault(register_error, at), on_disk=False)
