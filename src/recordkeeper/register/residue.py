"""What deleted rows leave behind in a database's files, and how it is wiped; what cannot be reached is told.

SQLite overwrites what it deletes, but the journal beside it keeps the old pages until it is emptied, which no reader
may be in the way of. PostgreSQL keeps deleted rows until the tables are written anew; its own journal, replicas and
copies lie outside a client's reach.

Source: SQLite, "Write-Ahead Logging", 3; PostgreSQL, VACUUM
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from recordkeeper.register import tables
from recordkeeper.register.acts import Register
from recordkeeper.register.privileges import Roles

_PAUSE_SECONDS = 0.2
_WRITTEN_ANEW = (
    tables.act,
    tables.attachment,
    tables.staging,
    tables.record,
    tables.record_field,
    tables.amendment,
    tables.signature,
    tables.subject,
    tables.held,
)


@dataclass(frozen=True, slots=True)
class Residue:
    """What of deleted rows may still be somewhere.

    Args:
        is_wiped: whether the database's own files hold nothing of them any more.
        kinds: where else they may be: ``readers`` (in the journal, for others read from it), ``vacuum`` (in tables that
            another role must write anew), ``statistics`` (in the samples that the server keeps of columns), ``wal``,
            ``replica`` each with a detail.
    """

    is_wiped: bool
    kinds: tuple[tuple[str, str], ...] = ()


def wipe(register: Register, patience_seconds: float, waiting: Callable[[], object] = lambda: None) -> Residue:
    """Wipe what deleted rows have left in the database's files.

    Args:
        register: the register.
        patience_seconds: how long to wait for readers that keep the journal from being emptied.
        waiting: called once when that wait begins.

    Raises:
        RegisterError: one of the ways in which the database can fail.
    """
    with register.beside_transactions() as connection:
        if connection.dialect.name == "sqlite":
            return _wipe_sqlite(connection, patience_seconds, waiting)
        return _wipe_postgresql(connection, register.roles)


def _wipe_sqlite(connection: Connection, patience_seconds: float, waiting: Callable[[], object]) -> Residue:
    give_up_at = time.monotonic() + patience_seconds
    is_told = False
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {int(_PAUSE_SECONDS * 1000)}")
        while True:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            row = cursor.fetchone()
            if row is not None and not row[0]:
                return Residue(is_wiped=True)
            if time.monotonic() > give_up_at:
                return Residue(is_wiped=False, kinds=(("readers", ""),))
            if not is_told:
                is_told = True
                waiting()
            time.sleep(_PAUSE_SECONDS)
    finally:
        cursor.close()
        connection.invalidate()  # its settings were changed


def _wipe_postgresql(connection: Connection, roles: Roles | None) -> Residue:
    """Write the tables anew as the role that executes dispositions, where the server lets it."""
    is_role_taken = roles is not None and connection.scalar(_MAY_BECOME, {"role": roles.disposition})
    if roles is not None and is_role_taken:
        connection.execute(text("SELECT set_config('role', :role, false)"), {"role": roles.disposition})
    may_write_anew = all(connection.scalar(_MAY_VACUUM, {"name": table.name}) for table in _WRITTEN_ANEW)
    if may_write_anew:
        for table in _WRITTEN_ANEW:
            connection.exec_driver_sql(f'VACUUM (FULL) "{table.name}"')
    kinds = [] if may_write_anew else [("vacuum", ", ".join(table.name for table in _WRITTEN_ANEW))]
    sampled = [".".join(each) for each in tables.SAYING if connection.scalar(_IS_SAMPLED, _named(*each))]
    if sampled:
        kinds.append(("statistics", ", ".join(sampled)))
    beyond = tuple(_beyond_reach(connection))
    connection.invalidate()  # its role was changed
    return Residue(is_wiped=may_write_anew, kinds=(*kinds, *beyond))


def _named(table: str, column: str) -> dict[str, str]:
    return {"table": table, "column": column}


_IS_SAMPLED = text(
    "SELECT EXISTS (SELECT 1 FROM pg_stats WHERE schemaname = current_schema() AND tablename = :table"
    " AND attname = :column)"
)
_MAY_BECOME = text("SELECT pg_has_role(session_user, :role, 'MEMBER')")
_MAY_VACUUM = text(
    "SELECT pg_has_role(current_user, relowner, 'USAGE') OR (current_setting('server_version_num')::int >= 170000"
    " AND has_table_privilege(oid, 'MAINTAIN')) FROM pg_class"
    " WHERE relname = :name AND relnamespace = current_schema()::regnamespace"
)


def _beyond_reach(connection: Connection) -> Iterator[tuple[str, str]]:
    """The server's own journal, and the replicas that are connected now."""
    mode = connection.scalar(text("SELECT current_setting('archive_mode')"))
    yield "wal", str(mode)
    for name in connection.scalars(text("SELECT coalesce(application_name, '') FROM pg_stat_replication")):
        yield "replica", str(name)
