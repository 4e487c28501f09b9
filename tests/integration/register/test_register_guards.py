"""What the databases themselves refuse, whoever asks."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from recordkeeper.register import tables
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import create_register
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.register.triggers import trigger_names
from scratch_postgresql import as_superuser
from tampering import change

FOR_EVER = {"event", "checkpoint", "tombstone", "disposition"}
DISPOSABLE = {"act", "attachment"}
SUBJECT = "record/QR-017-02/2026-0001"

ROWS: dict[str, dict[str, object]] = {
    "act": {"subject": SUBJECT, "number": 0, "content": "{}"},
    "attachment": {"subject": SUBJECT, "digest": "00", "media_type": "text/plain", "content": b"x"},
    "event": {
        "index": 0,
        "version": 1,
        "kind": "login",
        "subject": None,
        "act_number": None,
        "actor": "person/1",
        "occurred_at": "",
        "entered_at": "",
        "effective_at": None,
        "state_digest": None,
        "bound_digest": None,
        "flags": "",
    },
    "checkpoint": {"size": 1, "note": "n"},
    "tombstone": {"subject": "record/QR-017-02/2026-0002", "content": "{}"},
    "disposition": {"list": "list/1", "subject": "record/QR-017-02/2026-0003", "step": "listed"},
}


@pytest.fixture
def engine(register_url: str) -> Iterator[sqlalchemy.Engine]:
    """Anybody's own connections: none of the program's settings."""
    engine = sqlalchemy.create_engine(as_superuser(register_url))
    with engine.begin() as connection:
        for name, row in ROWS.items():
            connection.execute(sqlalchemy.insert(tables.metadata.tables[name]), row)
    yield engine
    engine.dispose()


def is_refused(connection: Connection, statement: str) -> bool:
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        savepoint.rollback()
        return "recordkeeper: rows of" in str(error.orig)
    savepoint.rollback()
    return False


def test_the_triggers_are_those_of_the_program_after_upgrading_from_empty(empty_url: str, database: str) -> None:
    create_register(empty_url).close()
    engine = sqlalchemy.create_engine(empty_url)
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'",
    }
    with engine.connect() as connection:
        found = set(connection.exec_driver_sql(query[database]).scalars())
    engine.dispose()
    third = {"sqlite": "no_replace", "postgresql": "no_truncate"}[database]
    guarded = FOR_EVER | DISPOSABLE
    assert found == {f"{table}_{guard}" for table in guarded for guard in ("no_update", "no_delete", third)}
    assert found == trigger_names(database)


@pytest.mark.parametrize("table", sorted(FOR_EVER | DISPOSABLE))
def test_no_row_that_stands_is_updated_or_deleted(engine: sqlalchemy.Engine, table: str) -> None:
    with engine.begin() as connection:
        for column in tables.metadata.tables[table].c:
            assert is_refused(connection, f'UPDATE {table} SET "{column.name}" = "{column.name}"'), column
        assert is_refused(connection, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", sorted(FOR_EVER | DISPOSABLE))
def test_postgresql_truncates_no_table_whose_rows_stand(engine: sqlalchemy.Engine, table: str, database: str) -> None:
    if database == "sqlite":
        return
    with engine.begin() as connection:
        assert is_refused(connection, f"TRUNCATE {table}")
        connection.exec_driver_sql("SET session_replication_role = replica")
        assert is_refused(connection, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", sorted(FOR_EVER | DISPOSABLE))
def test_insert_or_replace_goes_over_no_key_and_no_rowid(engine: sqlalchemy.Engine, table: str, database: str) -> None:
    if database == "postgresql":
        return
    columns = [f'"{column.name}"' for column in tables.metadata.tables[table].c]
    listed = ", ".join(columns)
    other = ", ".join(
        f"{column} || 'x'" if isinstance(value, str) else column
        for column, value in zip(columns, ROWS[table].values(), strict=True)
    )
    with engine.begin() as connection:
        assert is_refused(connection, f"INSERT OR REPLACE INTO {table} ({listed}) SELECT {listed} FROM {table}")
        assert is_refused(
            connection, f"INSERT OR REPLACE INTO {table} (rowid, {listed}) SELECT rowid, {other} FROM {table}"
        )


def dispose(connection: Connection, *steps: str) -> None:
    for step in steps:
        connection.execute(sqlalchemy.insert(tables.disposition), {"list": "list/9", "subject": SUBJECT, "step": step})


@pytest.mark.parametrize("table", sorted(DISPOSABLE))
def test_acts_go_by_the_one_road_alone(engine: sqlalchemy.Engine, table: str) -> None:
    statement = f"DELETE FROM {table} WHERE subject = '{SUBJECT}'"
    with engine.connect() as connection:
        with connection.begin() as only_listed:
            dispose(connection, "listed")
            assert is_refused(connection, statement)
            only_listed.rollback()
        with connection.begin() as executed:
            dispose(connection, "listed", "approved", "executed")
            assert is_refused(connection, statement)
            executed.rollback()
        with connection.begin() as held:
            dispose(connection, "approved")
            connection.execute(sqlalchemy.insert(tables.held), {"subject": SUBJECT, "hold": "hold/1"})
            assert is_refused(connection, statement)
            held.rollback()
        with connection.begin():
            dispose(connection, "approved")
            assert is_refused(connection, f"UPDATE {table} SET subject = subject")
            assert connection.exec_driver_sql(statement).rowcount == 1


def test_an_item_that_one_list_executed_and_another_approved_may_go(engine: sqlalchemy.Engine) -> None:
    with engine.begin() as connection:
        dispose(connection, "approved", "executed")
        connection.execute(
            sqlalchemy.insert(tables.disposition), {"list": "list/10", "subject": SUBJECT, "step": "approved"}
        )
        assert connection.exec_driver_sql("DELETE FROM act").rowcount == 1


def findings(url: str) -> set[tuple[str, str]]:
    with open_for_verification(url) as inspection:
        return {(finding.code, finding.subject) for finding in inspection.verify_schema()}


def test_every_dropped_trigger_is_named(register_url: str, database: str) -> None:
    names = trigger_names(database)
    assert findings(register_url) == set()
    on = {name: "" if database == "sqlite" else f" ON {name.split('_no_')[0]}" for name in names}
    change(register_url, *(f"DROP TRIGGER {name}{on[name]}" for name in names))
    assert findings(register_url) == {("trigger-missing", f"trigger {name}") for name in names}


def test_an_altered_and_an_added_trigger_are_named(register_url: str, database: str) -> None:
    statements = {
        "sqlite": (
            "DROP TRIGGER event_no_delete",
            "CREATE TRIGGER event_no_delete BEFORE DELETE ON event WHEN 0 BEGIN SELECT 1; END",
            "CREATE TRIGGER other AFTER INSERT ON record BEGIN SELECT 1; END",
        ),
        "postgresql": (
            "ALTER TABLE event DISABLE TRIGGER event_no_delete",
            "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER other BEFORE INSERT ON record FOR EACH ROW EXECUTE FUNCTION other()",
        ),
    }
    change(register_url, *statements[database])
    assert findings(register_url) == {
        ("trigger-altered", "trigger event_no_delete"),
        ("trigger-added", "trigger other"),
        *({("function-added", "other")} if database == "postgresql" else ()),
    }


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.needs_postgresql)])
def test_an_emptied_trigger_function_is_named(register_url: str) -> None:
    change(
        register_url,
        "CREATE OR REPLACE FUNCTION recordkeeper_road() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN OLD; END'",
    )
    assert findings(register_url) == {
        ("trigger-altered", "trigger act_no_delete"),
        ("trigger-altered", "trigger attachment_no_delete"),
    }


def test_alembic_finds_no_difference_between_migrations_and_tables(register: Register) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with register.reading() as snapshot:
        assert compare_metadata(MigrationContext.configure(snapshot.connection), tables.metadata) == []


@pytest.mark.parametrize(
    "rule", ["ck_form_revision_approver", "ck_approval_checker", "uq_person_login", "pk_signature"]
)
def test_a_dropped_constraint_is_named(register_url: str, database: str, rule: str) -> None:
    _word, _underscore, rest = rule.partition("_")
    table = rest.rpartition("_")[0] or rest
    if database == "postgresql":
        change(register_url, f"ALTER TABLE {table} DROP CONSTRAINT {rule}")
    else:
        engine = sqlalchemy.create_engine(register_url)
        with engine.connect() as connection:
            made = connection.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{table}'").scalar_one()
        engine.dispose()
        without = re.sub(rf",\s*CONSTRAINT {rule} (?:CHECK|UNIQUE|PRIMARY KEY) \([^)]*\)", "", str(made))
        assert without != made
        change(register_url, f"DROP TABLE {table}", without)
    assert ("constraint-missing", table) in findings(register_url)


def test_no_row_says_that_somebody_checked_their_own_work(register: Register) -> None:
    rows: dict[str, list[dict[str, str | int | None]]] = {
        "approval": [{"act_number": 2, "maker": "person/1", "checker": "person/2"}]
    }
    content = {"act": "new", "by": "person/1", "at": "2026-11-23T06:05:04Z"}
    now = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
    with register.writing(now=now) as transaction:
        history = transaction.append(transaction.create(SUBJECT, "0f" * 16), content, rows)
    rows["approval"][0]["checker"] = "person/1"
    with pytest.raises(sqlalchemy.exc.IntegrityError), register.writing(now=now) as transaction:
        transaction.append(history, content, rows)
