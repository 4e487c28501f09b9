"""Opening a register, and making a new one.

On PostgreSQL a new register is made by a login that may create roles, and every connection of an open one works as the
application role, whoever has logged in.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from recordkeeper.errors import system_reason
from recordkeeper.findings import Severity
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import (
    FILE_MODE,
    MissingRegisterError,
    RegisterUnavailableError,
    database_name,
    failures_translated,
    make_engine,
    sqlite_path,
)
from recordkeeper.register.dump import load
from recordkeeper.register.privileges import (
    BECOME_APPLICATION,
    NoDatabaseRoleError,
    admit,
    become,
    make_roles,
    roles_of,
    verify_privileges,
)
from recordkeeper.register.schema import check_complete, check_empty, check_schema, upgrade


def create_register(url: str, everyday_login: str | None = None) -> Register:
    """Make a new register in an empty database; a SQLite file is made too, readable by its owner alone.

    A kill in between leaves an empty database, in which it can be done again.

    Args:
        url: the database; on PostgreSQL of a login that may create roles, and tables in the database.
        everyday_login: on PostgreSQL a login that may work as the application role; made where there is none.

    Raises:
        RegisterExistsError: the database holds tables already.
        NoDatabaseRoleError: the login may not make what is needed, or roles of these names have too much power.
        LongDatabaseNameError: the roles could not be named after the database.
        RegisterError: one of the ways in which the database can fail (``failures_translated``).
    """
    return _made(url, everyday_login, lambda _connection: None)


def restore_register(
    url: str, revision: str, lines: Mapping[str, Iterable[bytes]], everyday_login: str | None = None
) -> Register:
    """Make a register in an empty database out of what ``dump`` gave, and bring it up to date; all of it or nothing.

    Args:
        url: the database; on PostgreSQL of a login that may create roles, and tables in the database.
        revision: the schema's revision that the rows belong to.
        lines: for each table its lines.
        everyday_login: as for ``create_register``.

    Raises:
        DumpRefusedError: lines that are no dump of a register.
        RegisterError: as ``create_register``.
    """
    return _made(url, everyday_login, lambda connection: load(connection, revision, lines))


def _made(url: str, everyday_login: str | None, fill: Callable[[Connection], None]) -> Register:
    path = sqlite_path(url)
    database = database_name(url)
    engine = make_engine(url)
    with _closed_on_error(url, engine):
        if path is not None:
            _make_file(path)
        with engine.execution_options(is_writing=True).begin() as connection:
            check_empty(connection, database)
            if path is not None:
                fill(connection)
                upgrade(connection)
            else:
                _make_guarded(connection, everyday_login, database, fill)
    engine.dispose()
    return Register(url, _working_engine(url))


def _make_guarded(
    connection: Connection, everyday_login: str | None, database: str, fill: Callable[[Connection], None]
) -> None:
    """Make the tables on PostgreSQL, owned by a role of their own."""
    roles = make_roles(connection, database)
    if everyday_login is not None:
        admit(connection, roles, everyday_login, database)
    become(connection, roles.owner, database)
    fill(connection)
    upgrade(connection)
    for finding in verify_privileges(connection):
        if finding.severity is Severity.ALTERED:
            raise NoDatabaseRoleError(database, finding.subject, finding.message)


def _working_engine(url: str) -> Engine:
    """An engine whose connections on PostgreSQL work as the application role, where the register has its roles."""
    engine = make_engine(url)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _become_application)
    return engine


def _become_application(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    driver = cast("Any", connection)
    try:
        driver.autocommit = True
        driver.execute(BECOME_APPLICATION)
        driver.autocommit = False
    except BaseException:
        driver.close()
        raise


def _make_file(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE))
    except OSError as error:
        raise RegisterUnavailableError(str(path), system_reason(error)) from None


def open_register(url: str) -> Register:
    """Open a register; one that an older program made is brought up to date first.

    Raises:
        MissingRegisterError: there is no register.
        DatabaseTooNewError: a newer program made it.
        IncompleteRegisterError: it lacks a table or a column.
        UnguardedRegisterError: its triggers are not as the program made them.
        SettingError: the database does not take one of the settings, or its file can be read by others.
        NoDatabaseRoleError: an older register on PostgreSQL, and the login may not act as its owner to migrate it.
        RegisterError: another of the ways in which the database can fail (``failures_translated``).
    """
    path = sqlite_path(url)
    database = database_name(url)
    if path is not None and not path.is_file():
        raise MissingRegisterError(database)
    engine = _working_engine(url)
    with _closed_on_error(url, engine):
        with engine.begin() as connection:
            is_current = check_schema(connection, database)
        if not is_current:
            with engine.execution_options(is_writing=True).begin() as connection:
                _upgrade_once(connection, database)
        return Register(url, engine)


def _upgrade_once(connection: Connection, database: str) -> None:
    # Another process may have done it while this one waited for the lock.
    if check_schema(connection, database):
        return
    if connection.dialect.name == "postgresql" and (roles := roles_of(connection)):
        become(connection, roles.owner, database)
    upgrade(connection)
    check_complete(connection, database)


@contextmanager
def _closed_on_error(url: str, engine: Engine) -> Iterator[None]:
    try:
        with failures_translated(database_name(url)):
            yield
    except BaseException:
        engine.dispose()
        raise
