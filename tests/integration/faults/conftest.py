"""What the tests of faults share: a company at work, and no LibreOffice."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from integration.faults.acts import assert_finished
from integration.faults.workplace import Staff, Workplace, begin, staff_of
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import create_register, open_register
from stage import Stages, migrated


@pytest.fixture(autouse=True)
def no_libreoffice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A company on SQLite, all of whose acts are archived and published: what others are copied from."""
    folder = tmp_path_factory.mktemp("begun")
    made = Workplace(sqlite_url(folder / "records.db"), folder)
    with pytest.MonkeyPatch.context() as patch, create_register(made.url) as register:
        patch.setenv("PATH", str(folder))
        begin(made, register)
        assert_finished(made, register)
    return made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A place for one workplace after another, in memory where that is possible: they are many and small."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as name:
        yield Path(name) / "workplace"


@pytest.fixture
def copies(database: str, stages: Stages, tmp_path: Path) -> Callable[[], AbstractContextManager[Workplace]]:
    """Makes one copy after another of a company that has just begun, in the database that the test runs on."""
    stage = stages.stage(
        database, "faults", lambda url, folder: begin_in(Workplace(url, folder)), upon=migrated(stages, database)
    )
    turns = itertools.count(1)

    @contextmanager
    def copy() -> Iterator[Workplace]:
        folder = tmp_path / f"workplace-{next(turns)}"
        with stages.copied(stage, folder) as url:
            yield Workplace(url, folder)
        shutil.rmtree(folder)

    return copy


def begin_in(workplace: Workplace) -> None:
    with open_register(workplace.url) as register:
        begin(workplace, register)


@pytest.fixture
def workplace(copies: Callable[[], AbstractContextManager[Workplace]]) -> Iterator[Workplace]:
    with copies() as made:
        yield made


@pytest.fixture
def register(workplace: Workplace) -> Iterator[Register]:
    with open_register(workplace.url) as opened:
        yield opened


@pytest.fixture
def staff(register: Register) -> Staff:
    return staff_of(register)
