"""Connections to the database: the settings that are not negotiable, and its failures in the program's words.

It knows no table.
"""

import random
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from recordkeeper.errors import InvalidInputError, MissingError, RefusalError, RegisterError, UnavailableError
from recordkeeper.language import translate as _

BUSY_SECONDS = 30
FILE_MODE = 0o600
_SHORTEST_WAIT_SECONDS = 0.002

# In this order: the wait for a lock before the first statement that may need one.
_SETTINGS: dict[str, int | str] = {
    "busy_timeout": BUSY_SECONDS * 1000,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
}

_SQLITE_PREFIX = "sqlite:///"


def sqlite_url(path: Path) -> str:
    """The URL of the SQLite database in the file ``path``."""
    return f"{_SQLITE_PREFIX}{path.absolute()}"


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; none for another database."""
    return Path(url.removeprefix(_SQLITE_PREFIX)) if url.startswith(_SQLITE_PREFIX) else None


class UnknownDatabaseError(RegisterError, InvalidInputError):
    """A URL names no database that the program works with."""

    def __init__(self, found: str) -> None:
        super().__init__(
            _("database: expected sqlite:///FILE or postgresql://…, found {found}").format(found=found),
            subject="database",
            expected="sqlite:///FILE, postgresql://…",
            found=found,
        )


class MissingDriverError(RegisterError, UnavailableError):
    """The library that speaks to PostgreSQL is not installed."""

    def __init__(self, database: str) -> None:
        super().__init__(
            _("{database}: expected psycopg to be installed (recordkeeper[postgres])").format(database=database),
            subject=database,
            expected="psycopg",
        )


class MissingRegisterError(RegisterError, MissingError):
    """There is no register where one was expected."""

    def __init__(self, database: str) -> None:
        super().__init__(_("{database}: no register there").format(database=database), subject=database)


class SettingError(RegisterError, UnavailableError):
    """A database does not take a setting on which the safety of records rests."""

    def __init__(self, database: str, setting: str, expected: str, found: str) -> None:
        super().__init__(
            _("{database} {setting}: expected {expected}, found {found}").format(
                database=database, setting=setting, expected=expected, found=found
            ),
            subject=f"{database} {setting}",
            expected=expected,
            found=found,
        )


class RegisterUnavailableError(RegisterError, UnavailableError):
    """The database cannot be reached, read or written."""

    def __init__(self, database: str, found: str) -> None:
        super().__init__(
            _("{database}: cannot be used: {found}").format(database=database, found=found),
            subject=database,
            found=found,
        )


class ServerAwayError(RegisterUnavailableError):
    """The database's server does not answer, or went away in the middle of the command."""

    def __init__(self, database: str, found: str, message: str) -> None:
        RegisterError.__init__(
            self,
            message.format(database=database, found=found),
            subject=database,
            expected=_("a server that answers"),
            found=found,
        )

    @property
    def advice(self) -> str:
        """Start it; nothing stands of what was not committed."""
        return _("start it, then repeat the command: what it had not committed is not done")


class RegisterBusyError(RegisterError, UnavailableError):
    """Others kept the database to themselves for longer than we wait."""

    def __init__(self, database: str) -> None:
        super().__init__(
            _("{database}: busy with others for {seconds} seconds").format(database=database, seconds=BUSY_SECONDS),
            subject=database,
        )


class RegisterFullError(RegisterError, UnavailableError):
    """There is no room left for the database."""

    def __init__(self, database: str) -> None:
        super().__init__(_("{database}: no room left").format(database=database), subject=database)


class NotPermittedError(RegisterError, UnavailableError):
    """The login that the program uses lacks a privilege in the database."""

    def __init__(self, database: str, found: str) -> None:
        super().__init__(
            _("{database}: the login lacks a privilege: {found}").format(database=database, found=found),
            subject=database,
            found=found,
        )


class DamagedRegisterError(RegisterError, UnavailableError):
    """The database's file is damaged."""

    def __init__(self, database: str, found: str) -> None:
        super().__init__(
            _("{database}: damaged: {found}").format(database=database, found=found),
            subject=database,
            found=found,
        )


class NotADatabaseError(RegisterError, UnavailableError):
    """A file is no SQLite database."""

    def __init__(self, database: str) -> None:
        super().__init__(
            _("{database}: expected a SQLite database, found another file").format(database=database),
            subject=database,
            expected="SQLite",
        )


class LoneSurrogateError(RegisterError, InvalidInputError):
    """A text that is to be looked for or stored holds half a character, as a broken terminal gives it."""

    def __init__(self, text: str, position: int) -> None:
        shown, found = ascii(text)[1:-1], f"U+{ord(text[position]):04X}"
        expected = _("text in UTF-8")
        super().__init__(
            _("{text}: expected {expected}, found {found}").format(text=shown, expected=expected, found=found),
            subject=shown,
            expected=expected,
            found=found,
        )


class AlreadyTakenError(RegisterError, RefusalError):
    """Something that must be unique is taken: a login name, a unit's code, a number."""

    def __init__(self, database: str, found: str) -> None:
        super().__init__(
            _("{database}: already taken: {found}").format(database=database, found=found),
            subject=database,
            found=found,
        )


def parse_url(url: str) -> URL:
    """The URL with the driver that we use.

    Raises:
        UnknownDatabaseError: neither SQLite in a file nor PostgreSQL.
    """
    path = sqlite_path(url)
    if path is not None and path.name:
        return URL.create("sqlite", database=str(path))
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnknownDatabaseError(url) from None
    if parsed.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise UnknownDatabaseError(parsed.render_as_string(hide_password=True))


def database_name(url: str) -> str:
    """What to call the database in a message: the file, or the URL without its password.

    Raises:
        UnknownDatabaseError: neither SQLite in a file nor PostgreSQL.
    """
    parsed = parse_url(url)
    return str(sqlite_path(url) or parsed.render_as_string(hide_password=True))


def url_of_login(url: str, login: str) -> str:
    """The URL by which another login opens the same PostgreSQL; its password is not in it.

    Raises:
        UnknownDatabaseError: neither SQLite in a file nor PostgreSQL.
    """
    # set() takes None for "leave it as it is"
    parsed = parse_url(url)
    other = URL.create(
        parsed.drivername,
        username=login,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
        query=parsed.query,
    )
    return other.render_as_string(hide_password=False)


def make_engine(url: str) -> Engine:
    """An engine whose every connection has the settings, read back; connects to nothing yet.

    Raises:
        UnknownDatabaseError: neither SQLite in a file nor PostgreSQL.
        MissingDriverError: PostgreSQL's driver is not installed.
    """
    parsed = parse_url(url)
    if parsed.drivername == "sqlite":
        engine = create_engine(
            parsed,
            hide_parameters=True,
            connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _use_settings)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        return create_engine(
            parsed,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "client_encoding": "utf8",
                "options": f"-c lock_timeout={BUSY_SECONDS * 1000} -c synchronous_commit=on",
            },
        )
    except ImportError:
        raise MissingDriverError(database_name(url)) from None


def _use_settings(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    (_number, _name, database) = cursor.execute("PRAGMA database_list").fetchone()
    mode = stat.S_IMODE(Path(database).stat().st_mode)
    if mode != FILE_MODE:
        raise SettingError(database, _("file mode"), f"{FILE_MODE:04o}", f"{mode:04o}")
    for setting, expected in _SETTINGS.items():
        cursor.execute(f"PRAGMA {setting} = {expected}")
        (found,) = cursor.execute(f"PRAGMA {setting}").fetchone()
        if found != expected:
            raise SettingError(database, setting, str(expected), str(found))
    cursor.close()


def _begin(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(not is_writing)}")
    if is_writing:
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Take the one place of a writer, as soon as it is free.

    A deferred transaction that read first and then writes fails at once, whatever busy_timeout says. SQLite itself
    sleeps a tenth of a second between two tries: processes that act again and again would take every turn meanwhile.
    """
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
    give_up_at = time.monotonic() + patience / 1000
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while _is_taken(driver) and time.monotonic() < give_up_at:
            time.sleep(_SHORTEST_WAIT_SECONDS * (1 + 7 * random.random()))  # noqa: S311 - so that they do not meet
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience}")


def _is_taken(driver: sqlite3.Connection) -> bool:
    """Try to begin; whether somebody else is writing. What else hinders it is met again, and said, by who asks last."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


@contextmanager
def failures_translated(database: str) -> Iterator[None]:
    """Raise what goes wrong with the database inside this block in the program's own words.

    Args:
        database: what to call it, from ``database_name``.

    Raises:
        RegisterUnavailableError: it cannot be reached, read or written.
        RegisterBusyError: others held a lock for longer than we wait.
        RegisterFullError: there is no room left.
        NotPermittedError: the login lacks a privilege.
        DamagedRegisterError: the file is damaged.
        NotADatabaseError: the file is no SQLite database.
        AlreadyTakenError: something that must be unique is taken.
        LoneSurrogateError: a text cannot be written in UTF-8.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise LoneSurrogateError(error.object, error.start) from None
    except DBAPIError as error:
        translated = translated_failure(database, error)
        if translated is None:
            raise
        raise translated from error


def translated_failure(database: str, error: DBAPIError) -> RegisterError | None:
    """The program's word for a driver's error; none where it is a defect of the program."""
    original = error.orig
    found = (str(original).strip().splitlines() or [type(original).__name__])[0]
    if isinstance(original, sqlite3.Error):
        return _sqlite_failure(database, original, found)
    return _postgresql_failure(database, error, found)


def _sqlite_failure(database: str, error: sqlite3.Error, found: str) -> RegisterError | None:
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if extended == sqlite3.SQLITE_IOERR_SHMSIZE:  # the file of memory that processes share could not grow
        return RegisterFullError(database)
    match extended & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return RegisterBusyError(database)
        case sqlite3.SQLITE_FULL:
            return RegisterFullError(database)
        case sqlite3.SQLITE_CORRUPT:
            return DamagedRegisterError(database, found)
        case sqlite3.SQLITE_NOTADB:
            return NotADatabaseError(database)
        case (
            sqlite3.SQLITE_IOERR
            | sqlite3.SQLITE_READONLY
            | sqlite3.SQLITE_CANTOPEN
            | sqlite3.SQLITE_PERM
            | sqlite3.SQLITE_AUTH
            | sqlite3.SQLITE_PROTOCOL
        ):
            return RegisterUnavailableError(database, found)
    if extended in {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}:
        return AlreadyTakenError(database, found.rpartition(": ")[2])
    return None


# PostgreSQL's SQLSTATEs, whole or by class.
_DISK_FULL = "53100"
_INSUFFICIENT_PRIVILEGE = "42501"
_UNIQUE_VIOLATION = "23505"
_BUSY = ("55P03", "40P01", "40001")
_WENT_AWAY = ("08", "57P")
_NOT_THERE = ("Is the server running", "Connection refused", "timeout expired")
"""What libpq says, in English always, where nobody listens; of an answer that refuses it says something else."""
_UNAVAILABLE_CLASSES = ("08", "28", "3D", "53", "57", "58")


def _postgresql_failure(database: str, error: DBAPIError, found: str) -> RegisterError | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state == _DISK_FULL:
        return RegisterFullError(database)
    if state in _BUSY:
        return RegisterBusyError(database)
    if state == _INSUFFICIENT_PRIVILEGE:
        return NotPermittedError(database, found)
    if isinstance(error, IntegrityError) and state == _UNIQUE_VIOLATION:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        return AlreadyTakenError(database, str(constraint or found))
    if error.connection_invalidated or (state or "").startswith(_WENT_AWAY):
        return ServerAwayError(
            database, found, _("{database}: the server went away in the middle of a command ({found})")
        )
    is_lost = state is None and isinstance(error, OperationalError)
    if is_lost and any(sign in str(error.orig) for sign in _NOT_THERE):
        return ServerAwayError(database, found, _("{database}: the server does not answer ({found})"))
    if is_lost or (state or "").startswith(_UNAVAILABLE_CLASSES):
        return RegisterUnavailableError(database, found)
    return None
