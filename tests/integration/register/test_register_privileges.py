"""Who may do what in a PostgreSQL: the program adds evidence and cannot change it, and its owner does not unseen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product

import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from integration.register.test_register_guards import ROWS, SUBJECT
from recordkeeper.findings import Severity
from recordkeeper.register import tables
from recordkeeper.register.connection import NotPermittedError
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.register.privileges import (
    LongDatabaseNameError,
    NoDatabaseRoleError,
    roles_named_after,
    verify_privileges,
)
from scratch_postgresql import EVERYDAY, as_everyday, as_superuser
from stage import POSTGRESQL
from tampering import change

pytestmark = pytest.mark.parametrize("database", [pytest.param(POSTGRESQL, marks=pytest.mark.needs_postgresql)])

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
APPEND_ONLY = ("act", "attachment", "event", "checkpoint", "tombstone", "disposition")
UNDONE = {
    "update": 'UPDATE {0} SET "{1}" = "{1}"',
    "delete": "DELETE FROM {0}",
    "truncate": "TRUNCATE {0}",
    "drop": "DROP TABLE {0}",
    "alter": "ALTER TABLE {0} ADD COLUMN remark TEXT",
    "disable trigger": "ALTER TABLE {0} DISABLE TRIGGER ALL",
    "session_replication_role": "SET session_replication_role = replica; DELETE FROM {0}",
    "copy from program": "COPY {0} FROM PROGRAM 'echo'",
}


@contextmanager
def logged_in(url: str, role: str = "") -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection of anybody's own, with none of the program's care, and working as ``role`` where one is given."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        if role:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        yield connection


def role_of(url: str, which: str) -> str:
    """The name of one of the register's three roles."""
    with logged_in(url) as connection:
        row = connection.execute(
            "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = 'act'::regclass"
        ).fetchone()
    assert row is not None
    return str(row[0]).removesuffix("owner") + which


@pytest.fixture
def filled_url(register_url: str) -> str:
    """A register with a row in every table whose rows stand, opened by an everyday login."""
    return filled(register_url)


@pytest.fixture
def own_url(empty_url: str) -> str:
    """The same, with roles that no other register has."""
    create_register(empty_url, EVERYDAY).close()
    return filled(as_everyday(empty_url))


def filled(url: str) -> str:
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for name, row in ROWS.items():
            connection.execute(sqlalchemy.insert(tables.metadata.tables[name]), row)
    engine.dispose()
    return url


def test_the_server_refuses_the_application_everything_but_adding(filled_url: str) -> None:
    refused: list[tuple[str, str]] = []
    for role in ("", role_of(filled_url, "application")):
        with logged_in(filled_url, role) as connection:
            for table, undoing in product(APPEND_ONLY, UNDONE):
                statement = UNDONE[undoing].format(table, tables.metadata.tables[table].c[0].name)
                for each in statement.split("; "):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(each.encode())
                refused.append((table, undoing))
    assert len(refused) == 2 * len(APPEND_ONLY) * 8


@pytest.mark.parametrize("table", ["act", "attachment"])
def test_what_executes_dispositions_is_held_to_the_one_road(own_url: str, table: str) -> None:
    statement = f"DELETE FROM {table} WHERE subject = '{SUBJECT}'".encode()
    change(own_url, f'GRANT "{role_of(own_url, "disposition")}" TO {EVERYDAY}')
    with logged_in(own_url, role_of(own_url, "disposition")) as connection:
        for undoing in UNDONE:
            if undoing != "delete":
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(UNDONE[undoing].format(table, "subject").partition(";")[0].encode())
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(statement)
        connection.execute("INSERT INTO disposition VALUES ('list/1', %s, 'approved')", (SUBJECT,))
        connection.execute("INSERT INTO held VALUES (%s, 'hold/1')", (SUBJECT,))
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(statement)
        connection.execute("DELETE FROM held")
        assert connection.execute(statement).rowcount == 1


def test_the_program_takes_that_role_for_a_disposition_alone_and_only_where_the_login_may(own_url: str) -> None:
    register = open_register(own_url)
    delete = sqlalchemy.delete(tables.act).where(tables.act.c.subject == SUBJECT)
    approved = {"list": "list/1", "subject": SUBJECT, "step": "approved"}
    with (
        pytest.raises(NoDatabaseRoleError, match=r"GRANT \S+_disposition\S* TO "),
        register.writing(now=NOW) as transaction,
        transaction.disposing(),
    ):
        pass
    change(own_url, f'GRANT "{role_of(own_url, "disposition")}" TO {EVERYDAY}')
    with pytest.raises(NotPermittedError), register.writing(now=NOW) as transaction:
        transaction.connection.execute(delete)
    with register.writing(now=NOW) as transaction:
        transaction.connection.execute(sqlalchemy.insert(tables.disposition), approved)
        with transaction.disposing():
            assert transaction.connection.execute(delete).rowcount == 1
        assert transaction.connection.scalar(sqlalchemy.text("SELECT current_user")) == role_of(own_url, "application")
    register.close()


def test_the_program_works_as_the_application_whoever_has_logged_in(register_url: str) -> None:
    for url in (register_url, as_superuser(register_url)):
        denied = pytest.raises(NotPermittedError, match="permission denied for table event")
        with open_register(url) as register, denied, register.writing(now=NOW) as transaction:
            found = transaction.connection.execute(sqlalchemy.text("SELECT current_user, session_user")).one()
            assert found[0] == role_of(register_url, "application")
            transaction.connection.exec_driver_sql("DELETE FROM event")


def test_a_login_that_is_no_member_is_refused_with_a_reason(own_url: str) -> None:
    change(own_url, f'REVOKE "{role_of(own_url, "application")}" FROM {EVERYDAY}')
    with pytest.raises(NotPermittedError, match="permission denied to set role"):
        open_register(own_url)


def found(url: str) -> set[tuple[str, str]]:
    with open_for_verification(url) as inspection:
        return {
            (finding.code, finding.subject)
            for finding in inspection.verify_schema()
            if finding.severity is Severity.ALTERED
        }


ALTERED = {
    "GRANT UPDATE ON event TO {application}": ("privilege-added", "event"),
    "GRANT DELETE ON act TO {application}": ("privilege-added", "act"),
    "GRANT UPDATE (note) ON checkpoint TO {application}": ("privilege-added", "checkpoint.note"),
    "GRANT SELECT ON event TO {application} WITH GRANT OPTION": ("privilege-added", "event"),
    "GRANT TRUNCATE ON record TO PUBLIC": ("privilege-added", "record"),
    "GRANT SELECT ON credential TO everyday": ("privilege-added", "credential"),
    "ALTER TABLE event OWNER TO {application}": ("owner-altered", "event"),
    "ALTER FUNCTION recordkeeper_road() OWNER TO {application}": ("owner-altered", "recordkeeper_road"),
    "ALTER TABLE event ENABLE ROW LEVEL SECURITY": ("table-altered", "event"),
    "CREATE RULE nothing AS ON INSERT TO event DO INSTEAD NOTHING": ("table-altered", "event"),
    "ALTER TABLE tombstone SET UNLOGGED": ("table-altered", "tombstone"),
    "CREATE TABLE shadow () INHERITS (event)": ("table-altered", "event"),
    "GRANT {owner} TO {application}": ("role-altered", "{application}"),
    "ALTER ROLE {application} BYPASSRLS": ("role-altered", "{application}"),
    "ALTER ROLE {disposition} CREATEROLE": ("role-altered", "{disposition}"),
    "ALTER ROLE {application} LOGIN": ("role-altered", "{application}"),
    "CREATE FUNCTION helper() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'": ("function-added", "helper"),
    "ALTER TABLE act OWNER TO postgres": ("role-missing", "act"),
}


def test_whatever_widens_what_may_be_done_is_found(own_url: str) -> None:
    names = {which: role_of(own_url, which) for which in ("owner", "application", "disposition")}
    quoted = {which: f'"{name}"' for which, name in names.items()}
    assert found(own_url) == set()
    engine = sqlalchemy.create_engine(as_superuser(own_url))
    with engine.connect() as connection:
        for statement, (code, subject) in ALTERED.items():
            with connection.begin() as undone:
                connection.exec_driver_sql(statement.format(**quoted))
                said = {(each.code, each.subject, each.severity) for each in verify_privileges(connection)}
                undone.rollback()
            assert (code, subject.format(**names), Severity.ALTERED) in said, statement
    engine.dispose()


def test_a_lost_privilege_and_a_login_with_too_much_power_are_warnings(register_url: str) -> None:
    change(register_url, f'REVOKE INSERT ON held FROM "{role_of(register_url, "application")}"')
    with open_for_verification(as_superuser(register_url)) as inspection:
        findings = inspection.verify_schema()
    assert {(finding.code, finding.subject) for finding in findings} == {
        ("privilege-missing", "held"),
        ("login-too-powerful", "postgres"),
    }
    assert {finding.severity for finding in findings} == {Severity.WARNING}


def test_a_login_without_superuser_makes_a_register_in_its_own_database(empty_url: str) -> None:
    change(as_superuser(empty_url), *made_for("administrator", empty_url))
    url = as_superuser(empty_url).replace("postgres@", "administrator@")
    create_register(url, "clerks").close()
    with open_register(url) as register, register.writing(now=NOW) as transaction:
        transaction.note("login", actor="person/1")
    with open_register(url.replace("administrator@", "clerks@")) as register, register.reading() as snapshot:
        assert snapshot.event_count() == 1
    assert found(url.replace("administrator@", "clerks@")) == set()


def made_for(login: str, url: str) -> list[str]:
    """What the administrator of a server does before a register is made by somebody else."""
    name = sqlalchemy.make_url(url).database
    return [
        f"DO $$ BEGIN CREATE ROLE {login} LOGIN CREATEROLE; EXCEPTION WHEN duplicate_object THEN END $$",
        f"ALTER DATABASE {name} OWNER TO {login}",
    ]


def test_a_login_that_may_create_no_role_makes_nothing(empty_url: str) -> None:
    change(empty_url, *(each.replace(" CREATEROLE", "") for each in made_for("helpless", empty_url)))
    url = as_superuser(empty_url).replace("postgres@", "helpless@")
    with pytest.raises(NoDatabaseRoleError, match="_owner"):
        create_register(url)
    with logged_in(empty_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_roles_with_too_much_power_are_not_taken(empty_url: str) -> None:
    name = sqlalchemy.make_url(empty_url).database
    change(empty_url, f"CREATE ROLE {name}_application SUPERUSER")
    with pytest.raises(NoDatabaseRoleError, match="superuser"):
        create_register(empty_url)


def test_a_database_whose_name_is_too_long_for_its_roles_is_refused(database: str) -> None:
    with pytest.raises(LongDatabaseNameError, match="51"):
        roles_named_after("x" * 52)
