"""A register looked at as evidence, sound or damaged."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy

from recordkeeper.register import tables
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import (
    MissingRegisterError,
    NotADatabaseError,
    RegisterUnavailableError,
    sqlite_url,
)
from recordkeeper.register.inspection import UnreadableTableError, open_for_verification
from tampering import change

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
SUBJECT = "record/QR-017-02/2026-0001"

only_sqlite = pytest.mark.parametrize("database", ["sqlite"])


def fill(register: Register, events: int = 3) -> None:
    with register.writing(now=NOW) as transaction:
        content = {"act": "new", "by": "person/1", "at": "2026-11-23T06:05:04Z", "text": "水" * 50}
        history = transaction.append(transaction.create(SUBJECT, "0f" * 16), content, {})
        for _ in range(events - 1):
            history = transaction.append(history, {**content, "act": "fill"}, {})
        transaction.attach(SUBJECT, b"\x00\xff", "application/pdf")


@pytest.fixture
def path(register_url: str, register: Register) -> Path:
    """The closed file of a register with three events."""
    fill(register)
    register.close()
    return Path(register_url.removeprefix("sqlite:///"))


def break_file(path: Path, *statements: str) -> None:
    raw = sqlite3.connect(path)
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


def codes(url: str) -> set[tuple[str, str]]:
    with open_for_verification(url) as inspection:
        return {(finding.code, finding.subject) for finding in inspection.verify_schema()}


def test_raw_rows_are_those_that_were_written(register: Register) -> None:
    fill(register)
    with register.reading() as snapshot:
        events = [astuple(event) for event in snapshot.events()]
    with open_for_verification(register.url) as inspection:
        assert list(inspection.raw_rows(tables.event)) == events
        assert [row[:2] for row in inspection.raw_rows(tables.act)] == [(SUBJECT, n) for n in range(4)]
        assert [row[3] for row in inspection.raw_rows(tables.attachment)] == [b"\x00\xff"]
        assert list(inspection.raw_rows(tables.head)) == [(3,)]
        assert list(inspection.raw_rows(tables.record)) == []
        assert inspection.verify_schema() == []


def test_an_inspection_sees_one_moment(register: Register) -> None:
    fill(register)
    with open_for_verification(register.url) as inspection:
        assert len(list(inspection.raw_rows(tables.event))) == 3
        with register.writing(now=NOW) as transaction:
            transaction.note("login", actor="person/1")
        assert len(list(inspection.raw_rows(tables.event))) == 3


def test_nothing_can_be_written_through_an_inspection(register: Register) -> None:
    with (
        open_for_verification(register.url) as inspection,
        pytest.raises(sqlalchemy.exc.DBAPIError, match=r"read-?only"),
    ):
        inspection._connection.exec_driver_sql("UPDATE head SET size = 7")


@only_sqlite
def test_values_of_the_wrong_type_come_as_they_are_stored(path: Path, register_url: str) -> None:
    break_file(
        path,
        "INSERT INTO amendment VALUES ('a', 'r', 1, 'f', 2.5), ('b', 'r', 'one', 'f', x'ff'),"
        " ('c', CAST(x'e6b0' AS TEXT), 1, 'f', 1)",
    )
    with open_for_verification(register_url) as inspection:
        assert list(inspection.raw_rows(tables.amendment)) == [
            ("a", "r", 1, "f", 2.5),
            ("b", "r", "one", "f", b"\xff"),
            ("c", b"\xe6\xb0", 1, "f", 1),
        ]


@only_sqlite
def test_verification_leaves_folder_and_file_as_they_were(path: Path, register_url: str) -> None:
    before = {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in path.parent.iterdir()}
    with open_for_verification(register_url) as inspection:
        assert len(list(inspection.raw_rows(tables.event))) == 3
    after = {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in path.parent.iterdir()}
    assert after == before
    assert list(before) == ["records.db"]


@only_sqlite
def test_what_a_killed_writer_committed_is_seen_and_its_log_left_alone(path: Path, register_url: str) -> None:
    killed = (
        "import os, sys; from datetime import datetime, UTC;"
        "from recordkeeper.register.engine import open_register;"
        "register = open_register(sys.argv[1]);"
        "transaction = register.writing(now=datetime.now(UTC));"
        "transaction.__enter__().note('login', actor='person/1');"
        "transaction.__exit__(None, None, None); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", killed, register_url], check=False)
    assert done.returncode == -9
    assert {each.name for each in path.parent.iterdir()} == {"records.db", "records.db-wal", "records.db-shm"}
    log = path.with_name("records.db-wal").read_bytes()
    for kept in (("records.db", "records.db-wal", "records.db-shm"), ("records.db", "records.db-wal")):
        for name in {each.name for each in path.parent.iterdir()} - set(kept):
            path.with_name(name).unlink()
        with open_for_verification(register_url) as inspection:
            assert [row[2] for row in inspection.raw_rows(tables.event)] == ["new", "fill", "fill", "login"]
        assert {each.name for each in path.parent.iterdir()} == set(kept)
        assert path.with_name("records.db-wal").read_bytes() == log


@only_sqlite
def test_a_read_only_folder_is_read_with_what_its_log_holds(
    path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("INSERT INTO tombstone VALUES ('record/1', '{}')")
    writer.commit()
    folder = tmp_path_factory.mktemp("medium")
    for each in path.parent.iterdir():
        shutil.copy(each, folder / each.name)
        (folder / each.name).chmod(stat.S_IRUSR)
    writer.close()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.geteuid() == 0:  # root may write everywhere; a read-only medium would still say no
        monkeypatch.setattr(os, "access", lambda *_arguments: False)
    before = {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.iterdir()}
    with open_for_verification(sqlite_url(folder / "records.db")) as inspection:
        assert list(inspection.raw_rows(tables.tombstone)) == [("record/1", "{}")]
    assert {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.iterdir()} == before
    folder.chmod(stat.S_IRWXU)


@only_sqlite
def test_the_private_copy_is_gone_afterwards(
    path: Path, register_url: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with open_for_verification(register_url):
        (folder,) = scratch.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(scratch.iterdir()) == []


def test_a_missing_table_is_named_and_the_others_are_read(register: Register) -> None:
    fill(register)
    change(register.url, "DROP TABLE party")
    with open_for_verification(register.url) as inspection:
        assert [finding.subject for finding in inspection.verify_schema()] == ["party"]
        with pytest.raises(UnreadableTableError, match="party: unreadable after 0 rows"):
            list(inspection.raw_rows(tables.party))
        assert len(list(inspection.raw_rows(tables.event))) == 3


def test_altered_columns_and_added_tables_are_named(register: Register) -> None:
    change(
        register.url,
        "ALTER TABLE party RENAME COLUMN note TO remark",
        "ALTER TABLE unit ADD COLUMN secret TEXT",
        "CREATE TABLE shadow (x TEXT)",
    )
    assert codes(register.url) == {
        ("column-altered", "party.note"),
        ("column-altered", "party.remark"),
        ("column-altered", "unit.secret"),
        ("table-added", "shadow"),
    }
    with open_for_verification(register.url) as inspection, pytest.raises(UnreadableTableError, match="note"):
        list(inspection.raw_rows(tables.party))


def test_an_unknown_revision_is_named(register: Register) -> None:
    change(register.url, "UPDATE alembic_version SET version_num = '9999'")
    assert codes(register.url) == {("schema-revision", "alembic_version")}


@only_sqlite
def test_a_broken_page_is_a_finding_and_what_lies_before_it_is_read(path: Path, register_url: str) -> None:
    raw = sqlite3.connect(path)
    (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event'").fetchone()
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    data = bytearray(path.read_bytes())
    data[(page - 1) * size : (page - 1) * size + 8] = b"\xff" * 8
    path.write_bytes(data)
    with open_for_verification(register_url) as inspection:
        assert "database-damaged" in {finding.code for finding in inspection.verify_schema()}
        with pytest.raises(UnreadableTableError, match="event"):
            list(inspection.raw_rows(tables.event))
        assert len(list(inspection.raw_rows(tables.act))) == 4


@only_sqlite
def test_a_row_that_its_index_lost_is_a_finding(path: Path, register_url: str) -> None:
    break_file(
        path,
        "PRAGMA writable_schema = 1",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_subject_kind ON subject (kind) WHERE 0'"
        " WHERE name = 'ix_subject_kind'",
    )
    break_file(path, "INSERT INTO subject VALUES ('record/2', 'record', 1, '00')")
    break_file(
        path,
        "PRAGMA writable_schema = 1",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_subject_kind ON subject (kind)'"
        " WHERE name = 'ix_subject_kind'",
    )
    assert ("database-damaged", str(path)) in codes(register_url)


@only_sqlite
def test_a_schema_that_cannot_be_parsed_is_still_looked_at(path: Path, register_url: str) -> None:
    break_file(
        path,
        "PRAGMA writable_schema = 1",
        "UPDATE sqlite_master SET sql = 'CREATE nonsense' WHERE name = 'party'",
    )
    with open_for_verification(register_url) as inspection:
        assert inspection.verify_schema() != []
        assert len(list(inspection.raw_rows(tables.event))) == 3


@only_sqlite
def test_every_flipped_byte_of_the_header_is_refused_or_read(path: Path, register_url: str) -> None:
    data = path.read_bytes()
    for place in range(100):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        with (
            suppress(NotADatabaseError, RegisterUnavailableError, UnreadableTableError),
            open_for_verification(register_url) as inspection,
        ):
            inspection.verify_schema()
            assert sum(1 for _ in inspection.raw_rows(tables.event)) <= 3


def test_what_is_not_there_is_not_verified(tmp_path: Path) -> None:
    with pytest.raises(MissingRegisterError), open_for_verification(sqlite_url(tmp_path / "records.db")):
        pass
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 500)
    with pytest.raises(NotADatabaseError), open_for_verification(sqlite_url(tmp_path / "letter.db")):
        pass
