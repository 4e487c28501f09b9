"""How a register is opened, made, refused, and how its failures are said."""

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from recordkeeper.register import connection as connections
from recordkeeper.register import schema
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import (
    AlreadyTakenError,
    DamagedRegisterError,
    MissingRegisterError,
    NotADatabaseError,
    RegisterBusyError,
    RegisterFullError,
    RegisterUnavailableError,
    ServerAwayError,
    SettingError,
    UnknownDatabaseError,
    sqlite_url,
)
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.register.schema import (
    DatabaseTooNewError,
    IncompleteRegisterError,
    RegisterExistsError,
    UnguardedRegisterError,
)
from tampering import change

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
CONTENT = {"act": "new", "by": "person/1", "at": "2026-11-23T06:05:04Z"}

only_sqlite = pytest.mark.parametrize("database", ["sqlite"])
only_postgresql = pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.needs_postgresql)])


@pytest.fixture
def path(register_url: str) -> Path:
    return Path(register_url.removeprefix("sqlite:///"))


@only_sqlite
def test_every_connection_has_the_settings(register: Register) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30000,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "secure_delete": 1,
    }
    with register.writing(now=NOW) as first, register.reading() as second:
        for snapshot in (first, second):
            found = {name: snapshot.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
            assert found == expected


@only_sqlite
def test_a_setting_that_is_not_taken_is_refused(register_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # SQLite takes no page size once there are pages: a setting that it answers otherwise.
    monkeypatch.setitem(connections._SETTINGS, "page_size", 512)
    with pytest.raises(SettingError, match="page_size: expected 512, found 4096"):
        open_register(register_url)


@only_sqlite
def test_a_database_in_another_journal_mode_is_used_in_the_right_one(path: Path, register_url: str) -> None:
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode = DELETE")
    raw.close()
    with open_register(register_url) as register, register.reading() as snapshot:
        assert snapshot.connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@only_sqlite
def test_a_new_file_is_readable_by_its_owner_alone(empty_url: str, tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        with create_register(empty_url) as register, register.writing(now=NOW) as transaction:
            transaction.note("login", actor="person/1")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(umask)
    assert modes == {"records.db": 0o600, "records.db-wal": 0o600, "records.db-shm": 0o600}


@only_sqlite
def test_a_file_that_others_can_read_is_refused(path: Path, register_url: str) -> None:
    path.chmod(0o640)
    with pytest.raises(SettingError, match="expected 0600, found 0640"):
        open_register(register_url)


def test_a_database_newer_than_the_program_is_refused(register: Register) -> None:
    change(register.url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNewError, match="found 9999") as caught:
        open_register(register.url)
    assert caught.value.kind == "database-too-new"


def test_the_revisions_known_are_those_of_the_migrations() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    walked = ScriptDirectory.from_config(config).walk_revisions()
    assert [script.revision for script in walked][::-1] == list(schema.REVISIONS)


def test_a_register_without_one_of_its_triggers_is_refused(register_url: str, database: str) -> None:
    on = "" if database == "sqlite" else " ON event"
    change(register_url, f"DROP TRIGGER event_no_update{on}")
    with pytest.raises(UnguardedRegisterError, match="event_no_update"):
        open_register(register_url)


@pytest.mark.parametrize(
    ("change_of_it", "expected"),
    [
        ("DROP TABLE approval", "table approval"),
        ("ALTER TABLE record DROP COLUMN closed_on", "column record.closed_on"),
    ],
)
def test_a_register_without_one_of_its_tables_or_columns_is_refused_by_name(
    register_url: str, change_of_it: str, expected: str
) -> None:
    change(register_url, change_of_it)
    with pytest.raises(IncompleteRegisterError, match=expected) as caught:
        open_register(register_url)
    assert caught.value.expected == expected
    with open_for_verification(register_url) as inspection:
        codes = {finding.code for finding in inspection.verify_schema()}
    assert codes & {"table-missing", "column-altered"}


def test_a_database_without_a_register_holds_none_until_one_is_made(empty_url: str, database: str) -> None:
    if database == "sqlite":
        Path(empty_url.removeprefix("sqlite:///")).touch(0o600)
    with pytest.raises(MissingRegisterError):
        open_register(empty_url)
    create_register(empty_url).close()
    open_register(empty_url).close()


def test_a_register_is_made_once(register_url: str) -> None:
    with pytest.raises(RegisterExistsError, match="act"):
        create_register(register_url)


@only_sqlite
def test_an_absent_file_holds_no_register_and_is_not_made(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(MissingRegisterError, match=r"records\.db"):
        open_register(empty_url)
    assert list(tmp_path.iterdir()) == []


@only_sqlite
def test_another_file_is_said_to_be_no_database(path: Path, register_url: str) -> None:
    path.write_bytes(b"Dear Sir or Madam, " * 1000)
    with pytest.raises(NotADatabaseError, match="expected a SQLite database"):
        open_register(register_url)


@only_sqlite
def test_a_damaged_file_is_said_to_be_damaged(path: Path, register_url: str) -> None:
    data = bytearray(path.read_bytes())
    data[100:4096] = bytes(3996)
    path.write_bytes(data)
    with pytest.raises(DamagedRegisterError, match=r"records\.db"):
        open_register(register_url)


def test_a_folder_that_is_not_there_takes_no_register(tmp_path: Path) -> None:
    with pytest.raises(RegisterUnavailableError, match="No such file"):
        create_register(sqlite_url(tmp_path / "absent" / "records.db"))


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", "sqlite://", "sqlite:///"])
def test_a_database_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(UnknownDatabaseError, match="expected sqlite:///FILE or postgresql"):
        open_register(url)


@pytest.mark.needs_postgresql
def test_a_server_that_does_not_answer_is_said_to_be_unavailable_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ServerAwayError, match=r"the server does not answer \(.*No such file") as caught:
        open_register(f"postgresql://clerk:secret@/records?host={tmp_path}")
    assert "secret" not in str(caught.value)
    assert caught.value.advice.startswith("start it, then repeat the command")


@pytest.mark.parametrize("character", ["%", "?", "#", " ", "档"])
def test_any_character_may_stand_in_the_file_name(tmp_path: Path, character: str) -> None:
    folder = tmp_path / f"a{character}b"
    folder.mkdir()
    url = sqlite_url(folder / "records.db")
    create_register(url).close()
    open_register(url).close()
    assert [path.name for path in folder.iterdir()] == ["records.db"]


@pytest.fixture
def full(register: Register) -> Iterator[Register]:
    """A register that SQLite itself finds to be full."""

    def limit(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    event.listen(register._engine, "begin", limit)
    yield register
    event.remove(register._engine, "begin", limit)


@only_sqlite
def test_a_full_disk_is_said_and_nothing_is_changed(full: Register, register_url: str) -> None:
    def write() -> None:
        with full.writing(now=NOW) as transaction:
            transaction.append(transaction.create("person/1", "0f" * 16), CONTENT, {})
            transaction.attach("person/1", bytes(10_000_000), "application/pdf")

    with pytest.raises(RegisterFullError, match="no room left"):
        write()
    with open_register(register_url) as register, register.reading() as snapshot:
        assert snapshot.history("person/1") is None
        assert snapshot.event_count() == 0


def test_a_wait_for_others_ends_and_does_not_speak_of_locks(register: Register, database: str) -> None:
    statement = "PRAGMA busy_timeout = 100" if database == "sqlite" else "SET lock_timeout = 100"
    answers: list[RegisterBusyError] = []

    def shorten(connection: DBAPIConnection, _entry: object) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()

    def write() -> None:
        with register.writing(now=NOW) as transaction:
            transaction.next_number("QR-017-02", 2026)

    def wait() -> None:
        try:
            write()
        except RegisterBusyError as error:
            answers.append(error)

    with register.writing(now=NOW) as first:
        first.next_number("QR-017-02", 2026)
        event.listen(register._engine, "connect", shorten)
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(timeout=10)
    assert [str(answer).rpartition(": ")[2] for answer in answers] == ["busy with others for 30 seconds"]


def test_what_is_taken_is_refused(register: Register) -> None:
    person = {"login": "clerk", "name": "李", "state": "active"}

    def add(subject: str) -> None:
        with register.writing(now=NOW) as transaction:
            transaction.append(transaction.create(subject, "0f" * 16), CONTENT, {"person": [person]})

    add("person/1")
    with pytest.raises(AlreadyTakenError, match="login"):
        add("person/2")
    with register.reading() as snapshot:
        assert snapshot.history("person/2") is None


def test_reading_sees_one_moment_and_writes_nothing(register: Register, database: str) -> None:
    with register.reading() as snapshot:
        assert snapshot.event_count() == 0
        with register.writing(now=NOW) as transaction:
            transaction.note("login", actor="person/1")
        assert snapshot.event_count() == 0
        assert list(snapshot.events()) == []
    with register.reading() as snapshot:
        assert snapshot.event_count() == 1


def test_nothing_can_be_written_through_a_snapshot(register: Register) -> None:
    with register.reading() as snapshot, pytest.raises(sqlalchemy.exc.DBAPIError, match=r"read-?only"):
        snapshot.connection.exec_driver_sql("UPDATE head SET size = 7")
    with register.writing(now=NOW) as transaction:
        transaction.note("login", actor="person/1")
