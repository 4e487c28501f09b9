"""A company made once for each database, and copied for every test that asks for it."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy

from company import Company, Scene, begin, copy_files, live
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import open_register
from scratch_postgresql import ScratchPostgresql


@dataclass(frozen=True)
class Stage:
    """What scenes are copied from: the company, and the name of its database."""

    company: Company
    database: str


@pytest.fixture(scope="session")
def sqlite_begun(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("begun")
    database = folder / "records.db"
    shutil.copy(sqlite_template, database)
    with closing(open_register(sqlite_url(database))) as register:
        return Stage(begin(register, folder), str(database))


@pytest.fixture(scope="session")
def sqlite_lived(sqlite_begun: Stage, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("lived")
    database = folder / "records.db"
    shutil.copy(sqlite_begun.database, database)
    return _live(sqlite_begun, folder, sqlite_url(database), str(database))


@pytest.fixture(scope="session")
def postgresql_begun(postgresql_template: ScratchPostgresql, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("begun")
    _administer(postgresql_template, "CREATE DATABASE begun TEMPLATE register_template")
    with closing(open_register(postgresql_template.url("begun"))) as register:
        return Stage(begin(register, folder), "begun")


@pytest.fixture(scope="session")
def postgresql_lived(
    postgresql_template: ScratchPostgresql, postgresql_begun: Stage, tmp_path_factory: pytest.TempPathFactory
) -> Stage:
    folder = tmp_path_factory.mktemp("lived")
    _administer(postgresql_template, "CREATE DATABASE lived TEMPLATE begun")
    return _live(postgresql_begun, folder, postgresql_template.url("lived"), "lived")


def _live(begun: Stage, folder: Path, url: str, database: str) -> Stage:
    copy_files(begun.company.folder, folder)
    with pytest.MonkeyPatch.context() as patch, Scene(url, folder, begun.company).opened() as company:
        patch.setenv("PATH", "")
        live(company)
        return Stage(company, database)


@pytest.fixture
def without_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents are archived without a PDF: a test of anything else need not wait for one."""
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def begun_scene(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """A company with its people and forms, nothing published."""
    with _scene("begun", database, request, tmp_path) as scene:
        yield scene


@pytest.fixture
def scene(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """A company with records of every kind, archived and published."""
    with _scene("lived", database, request, tmp_path) as scene:
        yield scene


@pytest.fixture
def sqlite_scene(sqlite_lived: Stage, tmp_path: Path) -> Scene:
    """The same on SQLite alone, for what no database has a part in."""
    return _copied(sqlite_lived, tmp_path)


@pytest.fixture
def company(begun_scene: Scene, without_libreoffice: None) -> Iterator[Company]:
    """A company with its people and forms, its register open."""
    with begun_scene.opened() as opened:
        yield opened


@contextmanager
def _scene(stage: str, database: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Scene]:
    source: Stage = request.getfixturevalue(f"{database}_{stage}")
    if database == "sqlite":
        yield _copied(source, folder)
        return
    server: ScratchPostgresql = request.getfixturevalue("postgresql_template")
    name = f"scene_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {source.database}")
    copy_files(source.company.folder, folder)
    yield Scene(server.url(name), folder, source.company)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _copied(source: Stage, folder: Path) -> Scene:
    shutil.copy(source.database, folder / "records.db")
    copy_files(source.company.folder, folder)
    return Scene(sqlite_url(folder / "records.db"), folder, source.company)


def _administer(server: ScratchPostgresql, statement: str) -> None:
    engine = sqlalchemy.create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
