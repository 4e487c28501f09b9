"""The guards below the program: what stands for ever, and the one road by which acts may go.

``event``, ``checkpoint``, ``tombstone`` and ``disposition`` take INSERT and SELECT for ever. ``act`` and
``attachment`` take DELETE as well, for a subject on an approved, unexecuted disposition item that no hold
keeps. On SQLite a third trigger stops INSERT OR REPLACE, which passes the other two by. On PostgreSQL the
triggers stop TRUNCATE too and fire under ``session_replication_role = replica``.

They are put in place after every migration, because one that rebuilds a table drops them silently, and
compared with this text whenever a register is opened or verified.
"""

from typing import NamedTuple

from sqlalchemy import Connection, text

from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.register import tables

FOR_EVER = (tables.event, tables.checkpoint, tables.tombstone, tables.disposition)
DISPOSABLE = (tables.act, tables.attachment)

_SQLITE_ROAD = """\
EXISTS (SELECT 1 FROM disposition AS approved
    WHERE approved.subject = OLD.subject AND approved.step = 'approved'
    AND NOT EXISTS (SELECT 1 FROM disposition AS executed WHERE executed.list = approved.list
      AND executed.subject = approved.subject AND executed.step = 'executed'))
  AND NOT EXISTS (SELECT 1 FROM held WHERE held.subject = OLD.subject)"""


def _sqlite_triggers() -> dict[str, str]:
    triggers: dict[str, str] = {}
    for table in (*FOR_EVER, *DISPOSABLE):
        name = table.name
        key = " AND ".join(f'"{column.name}" = NEW."{column.name}"' for column in table.primary_key)
        # A rowid is a key too: INSERT OR REPLACE that names one replaces the row that has it.
        same = f"EXISTS (SELECT 1 FROM {name} WHERE ({key}) OR rowid = NEW.rowid)"
        refuse = f"SELECT RAISE(ABORT, 'recordkeeper: rows of {name} stand')"
        triggers[f"{name}_no_update"] = f"BEFORE UPDATE ON {name} BEGIN {refuse}; END"
        triggers[f"{name}_no_replace"] = f"BEFORE INSERT ON {name} WHEN {same} BEGIN {refuse}; END"
        when = f" WHEN NOT ({_SQLITE_ROAD})" if table in DISPOSABLE else ""
        triggers[f"{name}_no_delete"] = f"BEFORE DELETE ON {name}{when} BEGIN {refuse}; END"
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in triggers.items()}


_POSTGRESQL_STANDS = """
BEGIN
  RAISE EXCEPTION 'recordkeeper: rows of % stand', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
"""

_POSTGRESQL_ROAD = """
DECLARE
  is_disposable boolean;
BEGIN
  EXECUTE format(
    'SELECT EXISTS (SELECT 1 FROM %1$I.disposition AS approved WHERE approved.subject = $1'
    ' AND approved.step = ''approved'' AND NOT EXISTS (SELECT 1 FROM %1$I.disposition AS executed'
    ' WHERE executed.list = approved.list AND executed.subject = approved.subject'
    ' AND executed.step = ''executed'')) AND NOT EXISTS (SELECT 1 FROM %1$I.held WHERE held.subject = $1)',
    TG_TABLE_SCHEMA) INTO is_disposable USING OLD.subject;
  IF is_disposable THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'recordkeeper: rows of % stand', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
"""

POSTGRESQL_FUNCTIONS = {"recordkeeper_stands": _POSTGRESQL_STANDS, "recordkeeper_road": _POSTGRESQL_ROAD}


class _Guard(NamedTuple):
    """One PostgreSQL trigger; ``bits`` are those of pg_trigger.tgtype."""

    table: str
    operation: str
    level: str
    function: str
    bits: int


# pg_trigger.tgtype: 1 row, 2 before, 8 delete, 16 update, 32 truncate.
_ROW, _BEFORE, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 8, 16, 32


def _postgresql_guards() -> dict[str, _Guard]:
    guards: dict[str, _Guard] = {}
    for table in (*FOR_EVER, *DISPOSABLE):
        name = table.name
        on_delete = "recordkeeper_road" if table in DISPOSABLE else "recordkeeper_stands"
        guards[f"{name}_no_update"] = _Guard(name, "UPDATE", "ROW", "recordkeeper_stands", _ROW | _BEFORE | _UPDATE)
        guards[f"{name}_no_delete"] = _Guard(name, "DELETE", "ROW", on_delete, _ROW | _BEFORE | _DELETE)
        guards[f"{name}_no_truncate"] = _Guard(
            name, "TRUNCATE", "STATEMENT", "recordkeeper_stands", _BEFORE | _TRUNCATE
        )
    return guards


def leave_out_of_statistics(connection: Connection) -> None:
    """Let PostgreSQL keep no samples of what records say: its own statistics would outlast what is destroyed.

    Source: PostgreSQL, ALTER TABLE, SET STATISTICS; pg_statistic
    """
    for table, column in tables.SAYING:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def trigger_names(dialect: str) -> set[str]:
    """The names of all triggers that a register on ``dialect`` (``sqlite``, ``postgresql``) must have."""
    return set(_sqlite_triggers() if dialect == "sqlite" else _postgresql_guards())


def put_triggers(connection: Connection) -> None:
    """Put every trigger in place as it stands here, whatever stood before."""
    if connection.dialect.name == "sqlite":
        for name, statement in _sqlite_triggers().items():
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
            connection.exec_driver_sql(statement)
        return
    for name, body in POSTGRESQL_FUNCTIONS.items():
        # Without parameters: a per cent sign is then no placeholder.
        connection.execution_options(no_parameters=True).exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
            f" SET search_path = pg_catalog, pg_temp AS $guard${body}$guard$"
        )
    for name, guard in _postgresql_guards().items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {guard.table}")
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name} BEFORE {guard.operation} ON {guard.table} FOR EACH {guard.level}"
            f" EXECUTE FUNCTION {guard.function}()"
        )
        connection.exec_driver_sql(f"ALTER TABLE {guard.table} ENABLE ALWAYS TRIGGER {name}")


def _found_on_sqlite(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {str(name): str(sql) for name, sql in rows}


def _found_on_postgresql(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        text(
            "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled, t.tgqual IS NULL, p.proname, p.prosecdef,"
            " p.prosrc, array_to_string(p.proconfig, ' ')"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    return {str(row[0]): " ".join(str(value) for value in row[1:]) for row in rows}


def _expected_on_postgresql() -> dict[str, str]:
    return {
        name: " ".join(
            (
                guard.table,
                str(guard.bits),
                "A",
                "True",
                guard.function,
                "True",
                POSTGRESQL_FUNCTIONS[guard.function],
                "search_path=pg_catalog, pg_temp",
            )
        )
        for name, guard in _postgresql_guards().items()
    }


def verify_triggers(connection: Connection) -> list[Finding]:
    """A finding for each trigger that is missing, not as it was made, or not ours (aspect ``register``)."""
    if connection.dialect.name == "sqlite":
        expected, found = _sqlite_triggers(), _found_on_sqlite(connection)
    else:
        expected, found = _expected_on_postgresql(), _found_on_postgresql(connection)
    findings: list[Finding] = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            findings.append(_finding("trigger-missing", name, _("trigger {name}: missing")))
        elif name not in expected:
            findings.append(_finding("trigger-added", name, _("trigger {name}: not one of the program's")))
        elif expected[name] != found[name]:
            findings.append(_finding("trigger-altered", name, _("trigger {name}: not as the program made it")))
    return findings


def _finding(code: str, name: str, message: str) -> Finding:
    return Finding(code, Severity.ALTERED, f"trigger {name}", message.format(name=name), "register")
