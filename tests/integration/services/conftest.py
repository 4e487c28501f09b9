"""A company made once for each database, and copied for every test that asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from company import Company, Scene, begin, live
from disposal_office import DisposalOffice, DisposalScene, Old, disposal_scene
from recordkeeper.register.engine import open_register
from stage import SQLITE, Stage, Stages, migrated


def _begin(url: str, folder: Path) -> Company:
    with open_register(url) as register:
        return begin(register, folder)


def begun(stages: Stages, database: str) -> Stage[Company]:
    """A company with its people and forms, nothing published."""
    return stages.stage(database, "begun", _begin, migrated(stages, database))


def lived(stages: Stages, database: str) -> Stage[Company]:
    """A company with records of every kind, archived and published."""
    before = begun(stages, database)

    def make(url: str, folder: Path) -> Company:
        with pytest.MonkeyPatch.context() as patch, Scene(url, folder, before.made).opened() as company:
            patch.setenv("PATH", "")
            live(company)
            return company

    return stages.stage(database, "lived", make, before)


@contextmanager
def copied(stages: Stages, stage: Stage[Company], folder: Path) -> Iterator[Scene]:
    """A copy of one of them in ``folder``."""
    with stages.copied(stage, folder) as url:
        yield Scene(url, folder, stage.made)


@pytest.fixture
def without_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents are archived without a PDF: a test of anything else need not wait for one."""
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def begun_scene(database: str, stages: Stages, tmp_path: Path) -> Iterator[Scene]:
    """A company with its people and forms, nothing published."""
    with copied(stages, begun(stages, database), tmp_path) as scene:
        yield scene


@pytest.fixture
def scene(database: str, stages: Stages, tmp_path: Path) -> Iterator[Scene]:
    """A company with records of every kind, archived and published."""
    with copied(stages, lived(stages, database), tmp_path) as scene:
        yield scene


@pytest.fixture
def company(begun_scene: Scene, without_libreoffice: None) -> Iterator[Company]:
    """A company with its people and forms, its register open."""
    with begun_scene.opened() as opened:
        yield opened


@pytest.fixture
def sqlite_scene(stages: Stages, tmp_path: Path) -> Iterator[Scene]:
    """The same on SQLite alone, for what no database has a part in."""
    with copied(stages, lived(stages, SQLITE), tmp_path) as scene:
        yield scene


@pytest.fixture
def disposal_files(database: str, stages: Stages, tmp_path: Path, without_libreoffice: None) -> Iterator[DisposalScene]:
    """A company whose records are old enough to go, while nobody has it open."""
    with disposal_scene(stages, begun(stages, database), tmp_path) as found:
        yield found


@pytest.fixture
def disposal(disposal_files: DisposalScene) -> Iterator[tuple[DisposalOffice, Old]]:
    """The same, with its register open."""
    with disposal_files.opened() as office:
        yield office, disposal_files.old
