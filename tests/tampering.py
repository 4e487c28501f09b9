"""Writing past the guards of a register, on either database."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from sqlalchemy import Connection

from recordkeeper.register.triggers import put_triggers, trigger_names
from scratch_postgresql import as_superuser

_GUARDED = ("act", "attachment", "event", "checkpoint", "tombstone", "disposition")


@contextmanager
def tampering(url: str) -> Iterator[Connection]:
    """Write past the guards, as the owner of the database could; the guards are put back, so that no trace is left."""
    engine = sqlalchemy.create_engine(as_superuser(url), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = 1")
            for name in trigger_names("sqlite"):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            for table in _GUARDED:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield connection
        put_triggers(connection)


def change(url: str, *statements: str) -> None:
    """Execute statements as the administrator of the database, whom its guards still stop."""
    engine = sqlalchemy.create_engine(as_superuser(url), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execution_options(no_parameters=True).exec_driver_sql(statement)
