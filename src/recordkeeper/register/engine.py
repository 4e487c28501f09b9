"""Opening a register, and making a new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from recordkeeper.errors import system_reason
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
from recordkeeper.register.schema import check_empty, check_schema, upgrade


def create_register(url: str) -> Register:
    """Make a new register in an empty database; a SQLite file is made too, readable by its owner alone.

    A kill in between leaves an empty database, in which it can be done again.

    Raises:
        RegisterExistsError: the database holds tables already.
        RegisterError: one of the ways in which the database can fail (``failures_translated``).
    """
    path = sqlite_path(url)
    engine = make_engine(url)
    with _closed_on_error(url, engine):
        if path is not None:
            _make_file(path)
        with engine.execution_options(is_writing=True).begin() as connection:
            check_empty(connection, database_name(url))
            upgrade(connection)
        return Register(url, engine)


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
        UnguardedRegisterError: its triggers are not as the program made them.
        SettingError: the database does not take one of the settings, or its file can be read by others.
        RegisterError: another of the ways in which the database can fail (``failures_translated``).
    """
    path = sqlite_path(url)
    database = database_name(url)
    if path is not None and not path.is_file():
        raise MissingRegisterError(database)
    engine = make_engine(url)
    with _closed_on_error(url, engine):
        with engine.begin() as connection:
            is_current = check_schema(connection, database)
        if not is_current:
            with engine.execution_options(is_writing=True).begin() as connection:
                _upgrade_once(connection, database)
        return Register(url, engine)


def _upgrade_once(connection: Connection, database: str) -> None:
    # Another process may have done it while this one waited for the lock.
    if not check_schema(connection, database):
        upgrade(connection)


@contextmanager
def _closed_on_error(url: str, engine: Engine) -> Iterator[None]:
    try:
        with failures_translated(database_name(url)):
            yield
    except BaseException:
        engine.dispose()
        raise
