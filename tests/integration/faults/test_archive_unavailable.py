"""An archive that takes nothing: the act stands and is said to be pending; a disk without room changes nothing."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from integration.faults.acts import amend, assert_finished, close_a_record
from integration.faults.workplace import NOW, PASSPHRASE, SHEET_FORM, Staff, Workplace, contents, state_digests
from recordkeeper.cli.main import exit_status
from recordkeeper.errors import UnavailableError
from recordkeeper.model.record import Record
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import RegisterFullError
from recordkeeper.register.engine import open_register
from recordkeeper.services import lifecycle, publication

MOUNT, UMOUNT = "/bin/mount", "/bin/umount"
ENVIRONMENT_FAILED = 5
MUCH_TEXT = "路灯不亮。" * 4000  # under the 64 KiB of a field, and more than the free pages of a small register hold

Unavailable: TypeAlias = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A small file system in memory at ``folder``; skipped where nobody may mount one."""
    done = subprocess.run(
        [MOUNT, "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"cannot mount a file system: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run([UMOUNT, folder], check=True)


def fill_up(folder: Path) -> None:
    """Leave no room on the file system of ``folder``."""
    room = os.statvfs(folder)
    with (folder / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)


@contextmanager
def replaced_by_a_file(archive: Path) -> Iterator[None]:
    aside = archive.with_name("aside")
    archive.rename(aside)
    archive.write_bytes(b"")
    yield
    archive.unlink()
    aside.rename(archive)


@contextmanager
def read_only(archive: Path) -> Iterator[None]:
    """The archive as a file system that nobody may write to; root is not stopped by permissions."""
    if os.geteuid() != 0:
        archive.chmod(0o500)
        yield
        archive.chmod(0o700)
        return
    with mounted(archive, "ro"):
        yield


@contextmanager
def full(archive: Path) -> Iterator[None]:
    with mounted(archive, "size=64k"):
        (archive / "objects").mkdir()
        (archive / "incoming").mkdir()
        fill_up(archive)
        yield


@pytest.mark.parametrize("unavailable", [replaced_by_a_file, read_only, full])
@pytest.mark.parametrize("database", ["sqlite"])
def test_an_archive_that_takes_nothing_leaves_the_act_and_is_finished_later(
    workplace: Workplace, register: Register, staff: Staff, unavailable: Unavailable
) -> None:
    assert_finished(workplace, register)
    with unavailable(workplace.archive):
        number = close_a_record(register, staff)
        done = state_digests(register)[f"record/{number}"]
        try:
            said = publication.publish(workplace.publisher(register), NOW).problems
        except UnavailableError as error:
            said = [str(error)]
        assert str(workplace.archive) in said[0] or number in said[0]
        assert not publication.pending(register).is_nothing
        assert state_digests(register)[f"record/{number}"][: len(done)] == done
    assert_finished(workplace, register)


@pytest.mark.parametrize("database", ["sqlite"])
def test_one_damaged_object_keeps_back_neither_the_others_nor_the_log(
    workplace: Workplace, register: Register, staff: Staff
) -> None:
    number = close_a_record(register, staff)
    assert_finished(workplace, register)
    inventory = workplace.storage_root.object_path(f"record/{number}") / "inventory.json"
    sound = inventory.read_bytes()
    inventory.write_bytes(b"{}")
    amend(register, staff, number)
    other = close_a_record(register, staff)
    outcome = publication.publish(workplace.publisher(register), NOW)
    assert number in outcome.problems[0]
    assert outcome.archived == [f"record/{other}"]
    assert publication.pending(register).unpublished == 0
    inventory.write_bytes(sound)
    assert_finished(workplace, register)


@contextmanager
def no_page_left(register: Register) -> Iterator[None]:
    """Let the database file not grow by a page."""

    def limit(connection: object, *_arguments: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    event.listen(Pool, "connect", limit)
    try:
        yield
    finally:
        event.remove(Pool, "connect", limit)


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_disk_full_before_the_commit_changes_nothing(workplace: Workplace, register: Register, staff: Staff) -> None:
    register.close()
    before = contents(workplace.url)
    with no_page_left(register), open_register(workplace.url) as full_register:
        with pytest.raises(RegisterFullError) as refused:
            new_with_much_text(full_register, staff)
        assert exit_status(refused.value) == ENVIRONMENT_FAILED
        assert contents(workplace.url) == before
    with open_register(workplace.url) as again:
        new_with_much_text(again, staff)
        assert_finished(workplace, again)


def new_with_much_text(register: Register, staff: Staff) -> Record:
    values = {"matter": MUCH_TEXT}
    return lifecycle.new(register, staff.clerk, NOW, SHEET_FORM, values, lifecycle.About())


def test_the_command_line_says_that_the_disk_is_full_and_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    folder.mkdir()
    with mounted(folder, "size=2m"):
        made = run(folder, "init", str(folder), "--company", "试验物业", "--login", "boss", "--name", "甲")
        assert made.returncode == 0, made.stderr
        url = f"sqlite:///{folder}/records.db"
        before = contents(url)
        fill_up(folder)
        refused = run(folder, "--workspace", str(folder), "--as", "boss", "unit", "add", "E1", "--name-zh", "锦绣")
        assert refused.returncode == ENVIRONMENT_FAILED, refused.stderr
        assert "records.db" in refused.stderr
        (folder / "filler").unlink()
        assert contents(url) == before


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {"RECORDKEEPER_PASSPHRASE": PASSPHRASE, "HOME": str(folder.parent), "PATH": "", "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "recordkeeper", "--lang", "en", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
