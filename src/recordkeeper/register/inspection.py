"""Looking at a register as evidence: raw values of raw rows, however damaged it is, and never a write.

Nothing here trusts the schema, SQLAlchemy's types or the triggers. A SQLite database that nobody has open is
copied aside with its write-ahead log into a private folder first: to open it where it lies would leave files
beside it, and needs a folder that can be written to. It is long because both databases are read raw here, each in
its own way.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Engine,
    NullPool,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from recordkeeper.errors import RegisterError, UnavailableError, system_reason
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.register import tables
from recordkeeper.register.connection import (
    BUSY_SECONDS,
    MissingRegisterError,
    RegisterUnavailableError,
    database_name,
    failures_translated,
    make_engine,
    sqlite_path,
)
from recordkeeper.register.privileges import verify_privileges
from recordkeeper.register.schema import REVISIONS
from recordkeeper.register.triggers import verify_triggers

ASPECT = "register"
_ROWS_AT_ONCE = 1000
_COPIES_TRIED = 5
_NO_UTF8 = "Could not decode to UTF-8"
_MOST_DAMAGES = 20


class UnreadableTableError(RegisterError, UnavailableError):
    """A table could not be read to its end."""

    def __init__(self, table: str, rows_read: int, found: str) -> None:
        super().__init__(
            ngettext(
                "{table}: unreadable after {count} row: {found}",
                "{table}: unreadable after {count} rows: {found}",
                rows_read,
            ).format(table=table, count=rows_read, found=found),
            subject=table,
            found=found,
        )


class Inspection:
    """A register seen as it lies there, at one moment.

    Args:
        connection: one inside a transaction that can only read.
        database: what to call the database in a message.
    """

    def __init__(self, connection: Connection, database: str) -> None:
        self.database = database
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        # The last: the driver could not even read SQLite's message, which quotes a damaged name.
        self._failures = (DBAPIError, connection.dialect.loaded_dbapi.Error, UnicodeDecodeError)

    def raw_rows(self, table: Table) -> Generator[tuple[object, ...], None, None]:
        """Every row of ``table`` as the driver gives it, in the order of its columns and by its primary key.

        Integers, strings, bytes, None and floats come as they are stored, whatever type the column has; text
        that is no UTF-8 comes as bytes. Rows of a table without a key come in the order of all their columns.

        Raises:
            UnreadableTableError: the table is missing, or damaged; what could be read was given before.
        """
        columns = ", ".join(_quoted(column) for column in table.c)
        order = ", ".join(_quoted(column) for column in table.primary_key) or columns
        statement = f'SELECT {columns} FROM "{table.name}" ORDER BY {order}'
        count = 0
        try:
            for rows in self._fetch(statement):
                count += len(rows)
                yield from rows
        except self._failures as error:
            self._recover()
            raise UnreadableTableError(table.name, count, _first_line(error)) from None

    def _fetch(self, statement: str) -> Iterator[list[tuple[object, ...]]]:
        # The driver's own cursor: a row of SQLAlchemy's would double the time of a million.
        driver = cast("Any", self._connection.connection.driver_connection)
        if not self._is_sqlite:
            yield from _batches(driver.cursor("recordkeeper_rows"), statement)
            return
        # Text that is no UTF-8 is rare, and to ask of each whether it is takes a third of the time.
        count = 0
        driver.text_factory = str
        try:
            for rows in _batches(driver.cursor(), statement):
                yield rows
                count += len(rows)
        except sqlite3.OperationalError as error:
            if not str(error).startswith(_NO_UTF8):
                raise
        else:
            return
        finally:
            driver.text_factory = _text_or_bytes
        for rows in _batches(driver.cursor(), statement):
            if len(rows) > count:
                yield rows[count:]
            count = max(count - len(rows), 0)

    def verify_schema(self) -> list[Finding]:
        """A finding for each fault of the database itself: its file, its schema and guards, who may do what in it."""
        findings: list[Finding] = []
        if self._is_sqlite:
            # What is no UTF-8 in SQLite's own tables is damage, and SQLAlchemy reads them as texts alone.
            cast("Any", self._connection.connection.driver_connection).text_factory = _damaged_text
        for verify in (
            self._verify_file,
            self._verify_tables,
            self._verify_constraints,
            self._verify_triggers,
            self._verify_privileges,
            self._verify_revision,
        ):
            try:
                findings += verify()
            except (*self._failures, SQLAlchemyError) as error:
                self._recover()
                findings.append(_altered("database-damaged", self.database, _first_line(error)))
        if self._is_sqlite:
            cast("Any", self._connection.connection.driver_connection).text_factory = _text_or_bytes
        return list(dict.fromkeys(findings))

    def _verify_file(self) -> list[Finding]:
        if not self._is_sqlite:
            return []
        rows = self._connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_DAMAGES})").scalars().all()
        return [_altered("database-damaged", self.database, str(row)) for row in rows if row != "ok"]

    def _verify_tables(self) -> list[Finding]:
        findings: list[Finding] = []
        found = {str(name) for name in inspect(self._connection).get_table_names()}
        for table in tables.metadata.sorted_tables:
            if table.name not in found:
                findings.append(_altered("table-missing", table.name, _("missing")))
                continue
            expected, columns = self._expected_columns(table), self._found_columns(table)
            findings += [
                _altered("column-altered", f"{table.name}.{name}", _("not as the program made it"))
                for name in sorted(expected.keys() | columns.keys())
                if expected.get(name) != columns.get(name)
            ]
        added = found - tables.metadata.tables.keys() - {"alembic_version"}
        return findings + [_altered("table-added", name, _("not one of the program's")) for name in sorted(added)]

    def _verify_constraints(self) -> list[Finding]:
        seen = inspect(self._connection)
        names = seen.get_table_names()
        keys = seen.get_multi_pk_constraint(filter_names=names)
        uniques = seen.get_multi_unique_constraints(filter_names=names)
        checks = seen.get_multi_check_constraints(filter_names=names)
        findings: list[Finding] = []
        for table in tables.metadata.sorted_tables:
            place = (None, table.name)
            if table.name not in names:
                continue  # said already
            key = keys.get(place)
            found = {tuple(key["constrained_columns"] if key else ())}
            found |= {tuple(unique["column_names"]) for unique in uniques.get(place) or ()}
            found |= {
                (_plain(check["sqltext"]),)
                for check in checks.get(place) or ()
                if not cast("Mapping[str, object]", check.get("dialect_options", {})).get("not_valid")
            }
            findings += [
                _altered("constraint-missing", table.name, _("no longer held to {rule}").format(rule=" ".join(rule)))
                for rule in sorted(_expected_constraints(table) - found)
            ]
        return findings

    def _expected_columns(self, table: Table) -> dict[str, tuple[str, bool]]:
        dialect = self._connection.dialect
        return {
            column.name: (column.type.compile(dialect=dialect).split()[0], bool(column.nullable)) for column in table.c
        }

    def _found_columns(self, table: Table) -> dict[str, tuple[str, bool]]:
        dialect = self._connection.dialect
        try:
            columns = inspect(self._connection).get_columns(table.name)
        except NoSuchTableError:  # its name is listed, but SQLite cannot parse what it is
            return {}
        return {
            str(column["name"]): (column["type"].compile(dialect=dialect).split()[0], bool(column["nullable"]))
            for column in columns
        }

    def _verify_triggers(self) -> list[Finding]:
        return verify_triggers(self._connection)

    def _verify_privileges(self) -> list[Finding]:
        return [] if self._is_sqlite else verify_privileges(self._connection)

    def _verify_revision(self) -> list[Finding]:
        found = self._connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
        if found == [REVISIONS[-1]]:
            return []
        message = _("schema: expected {expected}, found {found}").format(
            expected=REVISIONS[-1], found=", ".join(map(str, found)) or "-"
        )
        return [Finding("schema-revision", Severity.CANNOT_ASSESS, "alembic_version", message, ASPECT)]

    def _recover(self) -> None:
        # PostgreSQL refuses everything after an error until the transaction has ended.
        if not self._is_sqlite:
            self._connection.rollback()
            self._connection.begin()


def _expected_constraints(table: Table) -> set[tuple[str, ...]]:
    """What the rows of ``table`` are held to: the columns of each key, the text of each check."""
    expected: set[tuple[str, ...]] = set()
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            expected.add(tuple(column.name for column in constraint.columns))
        elif isinstance(constraint, CheckConstraint):
            expected.add((_plain(str(constraint.sqltext)),))
    return expected - {()}


def _plain(condition: str) -> str:
    """A condition without what the databases write differently."""
    return " ".join(condition.replace("(", " ").replace(")", " ").replace("::text", "").split())


def _batches(cursor: Any, statement: str) -> Iterator[list[tuple[object, ...]]]:
    try:
        cursor.execute(statement)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield rows
    finally:
        cursor.close()


def _altered(code: str, subject: str, message: str) -> Finding:
    return Finding(code, Severity.ALTERED, subject, f"{subject}: {message}", ASPECT)


def _quoted(column: Column[Any]) -> str:
    # With its table: SQLite takes a lone name that it does not know for a string.
    return f'"{column.table.name}"."{column.name}"'


def _first_line(error: Exception) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    return (str(original).strip().splitlines() or [type(original).__name__])[0]


@contextmanager
def open_for_verification(url: str) -> Iterator[Inspection]:
    """Look at a register, of whatever revision and however damaged; nothing is written beside or into it.

    Raises:
        MissingRegisterError: there is no database.
        RegisterError: one of the ways in which a database can fail (``failures_translated``).
    """
    database = database_name(url)
    path = sqlite_path(url)
    if path is None:
        with _inspection(make_engine(url), database) as inspection:
            yield inspection
        return
    if not path.is_file():
        raise MissingRegisterError(database)
    with _readable_copy(path) as readable, _inspection(_read_only_engine(readable), database) as inspection:
        yield inspection


@contextmanager
def _inspection(engine: Engine, database: str) -> Iterator[Inspection]:
    try:
        with failures_translated(database):
            reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with (engine if engine.dialect.name == "sqlite" else reader).connect() as connection:
                connection.begin()
                yield Inspection(connection, database)
    finally:
        engine.dispose()


def _read_only_engine(path: Path) -> Engine:
    uri = f"{path.absolute().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _tolerate)
    event.listen(engine, "begin", _begin)
    return engine


def _tolerate(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    raw = cast("sqlite3.Connection", connection)
    raw.text_factory = _text_or_bytes
    raw.execute("PRAGMA trusted_schema = 0")
    raw.execute("PRAGMA cell_size_check = 1")
    try:
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise
        # So SQLite passes over what it cannot parse in its own schema; nothing can be written in this mode.
        raw.execute("PRAGMA writable_schema = 1")


def _text_or_bytes(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _damaged_text(data: bytes) -> str:
    return data.decode(errors="replace")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def _readable_copy(path: Path) -> Iterator[Path]:
    """Where the database can be read without leaving a trace: its own place while others have it open."""
    if _is_open_elsewhere(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="recordkeeper-") as folder:
        copy = Path(folder) / path.name
        yield copy if _is_copied(path, copy) else path


def _is_open_elsewhere(path: Path) -> bool:
    # Without write access SQLite could not take its place among the readers of the log.
    is_writable = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
    return is_writable and _beside(path, "-wal").exists() and _beside(path, "-shm").exists()


def _is_copied(path: Path, copy: Path) -> bool:
    """Copy the database as it stands; False where others kept changing it meanwhile."""
    try:
        for _attempt in range(_COPIES_TRIED):
            before = _marks(path)
            _copy(path, copy)
            if _marks(path) == before:
                return True
    except OSError as error:
        raise RegisterUnavailableError(str(path), system_reason(error)) from None
    return False


def _copy(path: Path, copy: Path) -> None:
    for suffix in ("", "-wal"):
        target = _beside(copy, suffix)
        target.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(_beside(path, suffix), target)


def _marks(path: Path) -> tuple[tuple[int, int, int] | None, ...]:
    marks: list[tuple[int, int, int] | None] = []
    for suffix in ("", "-wal", "-shm", "-journal"):
        try:
            status = _beside(path, suffix).stat()
        except FileNotFoundError:
            marks.append(None)
        else:
            marks.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(marks)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
