"""Who may do what to which table of a register on PostgreSQL: three roles, and nobody else.

The owner role has the tables and the guards, to make and to migrate them. The application role is what the program
works as: it adds evidence and never changes it. The disposition role may besides delete acts and attachments, by the
one road that the guards leave. None of the three logs in: whoever logs in is a member of one. They are named after the
database that they were made for, and found again by the owner of table ``act``: a copy of the database keeps them.

Source: 21 CFR 11.10(d), (e), (g); ISO 9001, 7.5.3.2
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from recordkeeper.errors import RefusalError, RegisterError, UnavailableError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.register import tables
from recordkeeper.register.triggers import DISPOSABLE, FOR_EVER, POSTGRESQL_FUNCTIONS

_OWNER, _APPLICATION, _DISPOSITION = "_owner", "_application", "_disposition"
LONGEST_BASE = 63 - len(_DISPOSITION)
"""The most bytes that a database's name may have: PostgreSQL cuts off what a role's name has over 63."""

_ADD = frozenset({"SELECT", "INSERT"})
_ADD_AND_DROP = _ADD | {"DELETE"}
_ALL = _ADD_AND_DROP | {"UPDATE"}
_REVISION_TABLE = "alembic_version"
_MAINTAIN, _MAINTAIN_SINCE = "MAINTAIN", 170000
_SET_OPTION_SINCE = 160000

Privilege = tuple[str, str, str]
"""A table, a role and what it may do there."""


class Roles(NamedTuple):
    """The names of a register's three roles."""

    owner: str
    application: str
    disposition: str


class NoDatabaseRoleError(RegisterError, UnavailableError):
    """A role is missing, and the login may not make it or take it."""

    def __init__(self, database: str, role: str, found: str) -> None:
        super().__init__(
            _("{database}: expected a login that may act as role {role}, or may create roles: {found}").format(
                database=database, role=role, found=found
            ),
            subject=database,
            expected=role,
            found=found,
        )


class LongDatabaseNameError(RegisterError, RefusalError):
    """A database whose roles could not be named after it."""

    def __init__(self, name: str) -> None:
        expected = _("at most {count} bytes").format(count=LONGEST_BASE)
        super().__init__(
            _("database {name}: its name is too long for the names of its roles: expected {expected}").format(
                name=name, expected=expected
            ),
            subject=name,
            expected=expected,
            found=str(len(name.encode())),
        )


def roles_named_after(base: str) -> Roles:
    """The roles of a register made in the database ``base``.

    Raises:
        LongDatabaseNameError: PostgreSQL would cut their names off.
    """
    if len(base.encode()) > LONGEST_BASE:
        raise LongDatabaseNameError(base)
    return Roles(base + _OWNER, base + _APPLICATION, base + _DISPOSITION)


# The owner of table act, where it is named as one of ours; without rows for a database that was never set up.
_BASE = rf"""
SELECT left(owner, -{len(_OWNER)}) AS base FROM (
  SELECT pg_get_userbyid(relowner)::text AS owner FROM pg_class WHERE oid = to_regclass('act')) AS of_act
WHERE owner LIKE '%\{_OWNER}'"""
BECOME_APPLICATION = f"SELECT set_config('role', base || '{_APPLICATION}', false) FROM ({_BASE}) AS register"
"""One question to the server: from now on this connection works as the application role."""


def roles_of(connection: Connection) -> Roles | None:
    """The roles of the register on ``connection``; none where it was made without."""
    base = connection.execution_options(no_parameters=True).exec_driver_sql(_BASE).scalar()
    return None if base is None else Roles(base + _OWNER, base + _APPLICATION, base + _DISPOSITION)


# ---- setting up ----------------------------------------------------------------------------------------------------


def make_roles(connection: Connection, database: str) -> Roles:
    """Make the roles of a new register where they are missing, and let the login take each of them.

    Args:
        connection: of a login that may create roles, or is a member of roles of these names.
        database: what to call the database in a message.

    Raises:
        LongDatabaseNameError: the roles could not be named after the database.
        NoDatabaseRoleError: a role is missing and cannot be made, or the login cannot take it.
    """
    schema = _schema(connection)
    roles = roles_named_after(str(connection.scalar(text("SELECT current_database()"))))
    for role in roles:
        if not _is_role(connection, role):
            _do(connection, f"CREATE ROLE {_quoted(role)} NOLOGIN", database, role)
    _do(connection, f"GRANT {_quoted(roles.application)} TO {_quoted(roles.disposition)}", database, roles.disposition)
    _become_member(connection, roles, database)
    for statement in (
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
        f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {_quoted(roles.owner)}",
        f"GRANT USAGE ON SCHEMA {schema} TO {_quoted(roles.application)}",
    ):
        _do(connection, statement, database, roles.owner)
    return roles


def _become_member(connection: Connection, roles: Roles, database: str) -> None:
    """Let the login take each of the roles, where it is no administrator of the server that may anyway."""
    question = text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
    if connection.scalar(question):
        return
    how = " WITH INHERIT FALSE, SET TRUE" if _server_version(connection) >= _SET_OPTION_SINCE else ""
    for role in roles:
        if not _may_become(connection, role):
            _do(connection, f"GRANT {_quoted(role)} TO SESSION_USER{how}", database, role)


def _may_become(connection: Connection, role: str) -> bool:
    """Whether the login can take the role; MEMBER says so of servers that know no SET."""
    word = "SET" if _server_version(connection) >= _SET_OPTION_SINCE else "MEMBER"
    question = text("SELECT pg_has_role(session_user, :role, :word)")
    return bool(connection.scalar(question, {"role": role, "word": word}))


def become(connection: Connection, role: str, database: str) -> None:
    """Work as ``role`` to the end of the transaction.

    Raises:
        NoDatabaseRoleError: the login is no member of it.
    """
    try:
        _do(connection, f"SET LOCAL ROLE {_quoted(role)}", database, role)
    except NoDatabaseRoleError as error:
        login = connection.engine.url.username or "…"
        advice = _("{found}; the database's administrator gives it: GRANT {role} TO {login}")
        found = advice.format(found=error.found, role=_quoted(role), login=_quoted(login))
        raise NoDatabaseRoleError(database, role, found) from None


def admit(connection: Connection, roles: Roles, login: str, database: str) -> None:
    """Let ``login`` work as the application role; a login of that name is made where there is none, without a password.

    Raises:
        NoDatabaseRoleError: the login cannot be made, or may not be made a member.
    """
    if not _is_role(connection, login):
        _do(connection, f"CREATE ROLE {_quoted(login)} LOGIN", database, login)
    _do(connection, f"GRANT {_quoted(roles.application)} TO {_quoted(login)}", database, login)


def put_privileges(connection: Connection) -> None:
    """Give every role what it may do to each table, and take everything else from everybody but the owner."""
    roles = roles_of(connection)
    if roles is None:
        return
    for table in _table_names():
        connection.exec_driver_sql(f'REVOKE ALL ON TABLE "{table}" FROM PUBLIC')
    for table, role, privilege in sorted(_expected(connection, roles)):
        connection.exec_driver_sql(f'GRANT {privilege} ON TABLE "{table}" TO {_quoted(role)}')
    for function in POSTGRESQL_FUNCTIONS:
        connection.exec_driver_sql(f"REVOKE ALL ON FUNCTION {function}() FROM PUBLIC")


def _expected(connection: Connection, roles: Roles) -> set[Privilege]:
    """What beside the owner each role may do."""
    expected = {
        (table, roles.application, privilege) for table in _table_names() for privilege in _of_application(table)
    }
    expected |= {(table.name, roles.disposition, "DELETE") for table in DISPOSABLE}
    if _server_version(connection) >= _MAINTAIN_SINCE:
        # What is destroyed leaves the tables' files with VACUUM FULL alone.
        expected |= {(table, roles.disposition, _MAINTAIN) for table in _table_names()}
    return expected


def _of_application(table: str) -> frozenset[str]:
    if table == _REVISION_TABLE:
        return frozenset({"SELECT"})
    if table in {each.name for each in (*FOR_EVER, *DISPOSABLE)}:
        return _ADD
    if table in {each.name for each in tables.EVIDENCE}:
        return _ADD_AND_DROP
    return _ALL


def _table_names() -> list[str]:
    return [*sorted(tables.metadata.tables), _REVISION_TABLE]


def _server_version(connection: Connection) -> int:
    """The server's version as a number: 180004."""
    return int(str(connection.scalar(text("SELECT current_setting('server_version_num')"))))


def _schema(connection: Connection) -> str:
    return _quoted(str(connection.scalar(text("SELECT current_schema()"))))


def _is_role(connection: Connection, role: str) -> bool:
    return bool(connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": role}))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_NO_PRIVILEGE = ("42501", "42704", "0LP01")
"""Insufficient privilege, no such role, a grant that cannot be made."""


def _do(connection: Connection, statement: str, database: str, role: str) -> None:
    try:
        connection.execution_options(no_parameters=True).exec_driver_sql(statement)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _NO_PRIVILEGE:
            raise
        raise NoDatabaseRoleError(database, role, str(error.orig).strip().splitlines()[0]) from None


# ---- verifying -----------------------------------------------------------------------------------------------------

_TABLE_PRIVILEGES = """
SELECT c.relname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END,
  a.privilege_type, a.is_grantable
FROM pg_class c CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND a.grantee <> c.relowner
UNION ALL
SELECT c.relname || '.' || t.attname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END,
  a.privilege_type, a.is_grantable
FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN LATERAL aclexplode(t.attacl) a
WHERE c.relnamespace = current_schema()::regnamespace AND t.attacl IS NOT NULL AND a.grantee <> c.relowner"""

_TABLE_MAKES = """
SELECT relname, pg_get_userbyid(relowner)::text, relkind::text, relpersistence::text, relrowsecurity,
  EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid), EXISTS (SELECT 1 FROM pg_inherits i
    WHERE i.inhparent = c.oid OR i.inhrelid = c.oid)
FROM pg_class c WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"""
_ORDINARY = ("r", "p", False, False, False)

_FUNCTIONS = """
SELECT p.proname, pg_get_userbyid(p.proowner)::text FROM pg_proc p
WHERE (p.pronamespace = current_schema()::regnamespace OR p.proowner = to_regrole(:owner))
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
    AND d.deptype = 'e')"""

_POWERS = """
SELECT rolname::text, rolsuper, rolcreaterole, rolbypassrls, rolreplication, rolcanlogin FROM pg_roles
WHERE rolname IN (:owner, :application, :disposition)"""

_MEMBERSHIPS = """
SELECT m.rolname::text, r.rolname::text FROM pg_auth_members g JOIN pg_roles m ON m.oid = g.member
JOIN pg_roles r ON r.oid = g.roleid WHERE m.rolname IN (:owner, :application, :disposition)"""

_LOGIN = """
SELECT session_user::text, rolsuper, pg_has_role(session_user, :owner, 'MEMBER') FROM pg_roles
WHERE rolname = session_user"""


def verify_privileges(connection: Connection) -> list[Finding]:
    """A finding for each way in which roles, owners and privileges are not as ``init`` made them (aspect ``register``).

    Something less than the program needs is a warning, and so is a login that may take the owner's place.
    """
    roles = roles_of(connection)
    if roles is None:
        message = _("expected an owner role, an application role and a disposition role, found none")
        return [_finding("role-missing", "act", message)]
    return [
        *_verify_powers(connection, roles),
        *_verify_tables(connection, roles),
        *_verify_functions(connection, roles),
        *_verify_grants(connection, roles),
        *_verify_login(connection, roles),
    ]


def _verify_powers(connection: Connection, roles: Roles) -> Iterator[Finding]:
    words = (_("superuser"), _("creates roles"), _("bypasses row security"), _("replicates"), _("logs in"))
    found = connection.execute(text(_POWERS), roles._asdict()).all()
    for role, *powers in found:
        for word, has_power in zip(words, powers, strict=True):
            if has_power:
                message = _("has more power than the program gave it: {power}").format(power=word)
                yield _finding("role-altered", str(role), message)
    for role in sorted(set(roles) - {row[0] for row in found}):
        yield _finding("role-missing", role, _("missing"))
    for member, group in connection.execute(text(_MEMBERSHIPS), roles._asdict()):
        if (member, group) != (roles.disposition, roles.application):
            yield _finding("role-altered", str(member), _("is a member of {role}").format(role=group))


def _verify_tables(connection: Connection, roles: Roles) -> Iterator[Finding]:
    for name, owner, *make in connection.execute(text(_TABLE_MAKES)):
        if name not in _table_names():
            continue  # named as added already
        if owner != roles.owner:
            message = _("owned by {found}, expected {expected}").format(found=owner, expected=roles.owner)
            yield _finding("owner-altered", str(name), message)
        if tuple(make) != _ORDINARY:
            yield _finding("table-altered", str(name), _("not an ordinary table without rules, as the program made it"))


def _verify_functions(connection: Connection, roles: Roles) -> Iterator[Finding]:
    for name, owner in connection.execute(text(_FUNCTIONS), roles._asdict()):
        if name not in POSTGRESQL_FUNCTIONS:
            yield _finding("function-added", str(name), _("not one of the program's"))
        elif owner != roles.owner:
            message = _("owned by {found}, expected {expected}").format(found=owner, expected=roles.owner)
            yield _finding("owner-altered", str(name), message)


def _verify_grants(connection: Connection, roles: Roles) -> Iterator[Finding]:
    rows = connection.execute(text(_TABLE_PRIVILEGES)).all()
    found = {(str(table), str(role), str(privilege)) for table, role, privilege, _grantable in rows}
    expected = _expected(connection, roles)
    for table, role, privilege in sorted(found - expected):
        message = _("{role} was given {privilege}, which the program did not")
        yield _finding("privilege-added", table, message.format(role=role, privilege=privilege))
    for table, role, privilege, is_grantable in sorted(tuple(row) for row in rows):
        if is_grantable and (table, role, privilege) in expected:
            message = _("{role} may give {privilege} to others")
            yield _finding("privilege-added", str(table), message.format(role=role, privilege=privilege))
    lost: dict[tuple[str, str], list[str]] = {}
    for table, role, privilege in sorted(expected - found):
        lost.setdefault((table, role), []).append(privilege)
    present = {row[0] for row in connection.execute(text(_TABLE_MAKES))}
    for (table, role), privileges in lost.items():
        if table not in present:
            continue  # said of the table itself
        message = _("{role} lacks {privilege}").format(role=role, privilege=listing(privileges))
        yield Finding("privilege-missing", Severity.WARNING, table, f"{table}: {message}", "register")


def _verify_login(connection: Connection, roles: Roles) -> Iterator[Finding]:
    for login, is_superuser, is_owner in connection.execute(text(_LOGIN), roles._asdict()):
        if is_superuser or is_owner:
            message = _("may take the owner's place: expected a login that is a member of {role} alone")
            yield Finding(
                "login-too-powerful",
                Severity.WARNING,
                str(login),
                f"{login}: {message.format(role=roles.application)}",
                "register",
            )


def _finding(code: str, subject: str, message: str) -> Finding:
    return Finding(code, Severity.ALTERED, subject, f"{subject}: {message}", "register")
