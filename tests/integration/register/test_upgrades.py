"""Registers of every earlier schema are brought up to date and verify; a kill in between changes nothing.

``tests/fixtures/backup-SCHEMA.zip`` is a backup that a program of that schema made; one more is laid there before the
schema gets a new revision. A trial migration, heavier than any that there is, stands for those to come: it makes a
table and drops it, and rebuilds the table of acts twice.
"""

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from integration.faults.workplace import contents
from recordkeeper.bagit.reader import BagReader
from recordkeeper.register import schema
from recordkeeper.register.connection import make_engine
from recordkeeper.register.engine import open_register
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.register.privileges import NoDatabaseRoleError
from recordkeeper.register.schema import REVISIONS
from recordkeeper.services import backup, lifecycle
from recordkeeper.services.evidence import read_evidence
from recordkeeper.services.lifecycle import About
from recordkeeper.services.verification import Answer, verify
from rights_company import NOTE, staffed
from scratch_postgresql import EVERYDAY, EXECUTOR, as_executor, as_migrator, as_superuser
from stage import POSTGRESQL, Stages
from torture import IS_LONG

NOW = datetime(2026, 11, 24, 6, 5, 4, tzinfo=UTC)
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
ROOM = 10**9
KILLS = {"sqlite": 60, "postgresql": 20}
LONG_KILLS = 200
SHORT_SECONDS = 40
LONGEST_SECONDS = 0.12
TRIAL = '''
"""A trial."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("act_copy", sa.Column("subject", sa.Text()), sa.Column("number", sa.Integer()))
    op.execute("INSERT INTO act_copy SELECT subject, number FROM act")
    op.drop_table("act_copy")
    with op.batch_alter_table("act") as batch:
        batch.add_column(sa.Column("length", sa.Integer(), nullable=True))
    op.execute("UPDATE subject SET kind = kind || ''")
    with op.batch_alter_table("act") as batch:
        batch.drop_column("length")
'''


@pytest.fixture
def restored(database: str, stages: Stages, tmp_path: Path) -> Iterator[str]:
    """The URL of a register put back from the oldest backup."""
    with stages.empty(database, tmp_path) as url:
        with BagReader(FIXTURES / f"backup-{REVISIONS[0]}.zip", ROOM) as bag:
            backup.restore(bag, tmp_path, url, NOW).close()
        yield url


def digests_of(url: str) -> dict[str, tuple[str, ...]]:
    with open_for_verification(url) as inspection:
        return read_evidence(inspection).digests


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_backup_of_every_schema_is_put_back_brought_up_to_date_and_verifies(
    database: str, stages: Stages, tmp_path: Path, revision: str
) -> None:
    with stages.empty(database, tmp_path) as url, BagReader(FIXTURES / f"backup-{revision}.zip", ROOM) as bag:
        assert bag.info[backup.SCHEMA] == revision
        backup.restore(bag, tmp_path, url, NOW).close()
        report = verify(url, tmp_path / "archive")
        assert (report.verdict, report.counts["signatures"] > 5) == (Answer.OK, True), report.findings
        assert report.counts["archived"] > 10


def trial(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program know one migration more."""
    source = Path(schema.__file__).parent / "migrations"
    shutil.copytree(source, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "migrations" / "versions" / "r9000_trial.py").write_text(
        TRIAL.format(before=REVISIONS[-1]), encoding="utf-8"
    )
    monkeypatch.setattr(schema, "REVISIONS", (*REVISIONS, "9000"))
    monkeypatch.setattr(schema, "files", lambda _package: folder)


@pytest.mark.torture
def test_an_upgrade_that_is_killed_again_and_again_ends_with_the_same_digests(
    restored: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rows = digests_of(restored), contents(restored)
    trial(tmp_path / "trial", monkeypatch)
    import_module("alembic.command")  # not again in each process
    chance = random.Random(4021)
    began = time.monotonic()
    revisions = set()
    kills = 0
    wanted = LONG_KILLS if IS_LONG else KILLS[database]
    while kills < wanted and (IS_LONG or time.monotonic() - began < SHORT_SECONDS):
        killed = os.fork()
        if not killed:
            try:
                open_register(restored).close()
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0, LONGEST_SECONDS))
        os.kill(killed, signal.SIGKILL)
        os.waitpid(killed, 0)
        revisions.add(revision := _revision(restored))
        if revision == "9000":  # it was quicker than the kill: again from where it began
            _put_back(restored)
            continue
        kills += 1
        if kills % 20 == 0:
            assert digests_of(restored) == before
    assert revisions <= {REVISIONS[-1], "9000"}
    assert kills == wanted if IS_LONG else kills >= wanted // 2
    open_register(restored).close()
    assert _revision(restored) == "9000"
    assert digests_of(restored) == before
    after = contents(restored)
    assert {name for name in rows if after[name] != rows[name]} == set()
    _put_back(restored)


@pytest.mark.needs_postgresql
def test_the_owner_alone_brings_a_register_of_three_roles_up_to_date(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login of everyday work, and that which executes dispositions, are refused and leave all as it was."""
    with staffed(stages, POSTGRESQL, tmp_path / "company") as staff:
        everyday = as_everyday_of(staff.register.url)
        staff.register.close()
        before, rows = digests_of(everyday), contents(as_superuser(everyday))
        trial(tmp_path / "trial", monkeypatch)
        for url in (everyday, as_executor(everyday)):
            with pytest.raises(NoDatabaseRoleError):
                open_register(url)
            assert _revision(everyday) == REVISIONS[-1]
            assert contents(as_superuser(everyday)) == rows
        open_register(as_migrator(everyday)).close()
        assert _revision(everyday) == "9000"
        with open_register(everyday) as register:
            clerk = staff.actors["clerk here"]
            assert lifecycle.new(register, clerk, NOW, NOTE, {"what": "来访"}, About("SH")).number
        after = digests_of(everyday)
        assert {name: after[name] for name in before} == before
        for statement in ("UPDATE event SET actor = actor", "DELETE FROM act", "ALTER TABLE act DISABLE TRIGGER USER"):
            with pytest.raises(DBAPIError):
                _execute(everyday, statement)
        report = verify(everyday, tmp_path / "company" / "archive")
        assert report.verdict is not Answer.ALTERED, report.findings


def as_everyday_of(url: str) -> str:
    """The URL of everyday work for a register that the executing login has open."""
    return url.replace(f"//{EXECUTOR}@", f"//{EVERYDAY}@")


def _execute(url: str, statement: str) -> None:
    engine = make_engine(url)
    try:
        with engine.execution_options(is_writing=True).begin() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def _revision(url: str) -> str:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    engine.dispose()
    return str(found)


def _put_back(url: str) -> None:
    """Say that the trial was not done; it leaves the schema as it was."""
    engine = make_engine(url)
    with engine.execution_options(is_writing=True).begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{REVISIONS[-1]}'")
    engine.dispose()
