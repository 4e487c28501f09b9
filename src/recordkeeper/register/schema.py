"""The schema's revisions: made from nothing, brought up to date, refused when newer than the program."""

from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect, text

from recordkeeper.errors import RefusalError, RegisterError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.register import tables
from recordkeeper.register.connection import MissingRegisterError
from recordkeeper.register.privileges import put_privileges
from recordkeeper.register.triggers import leave_out_of_statistics, put_triggers, verify_triggers

# Every revision that was ever released, oldest first; Alembic is too slow to import to ask it each time.
REVISIONS = ("0001",)


class DatabaseTooNewError(RegisterError, UnavailableError):
    """A newer program made this database."""

    def __init__(self, database: str, found: str) -> None:
        super().__init__(
            _("{database}: made by a newer program: expected schema {expected}, found {found}").format(
                database=database, expected=REVISIONS[-1], found=found
            ),
            subject=database,
            expected=REVISIONS[-1],
            found=found,
        )


class RegisterExistsError(RegisterError, RefusalError):
    """There is something already where a new register was to be made."""

    def __init__(self, database: str, found: str) -> None:
        super().__init__(
            _("{database}: expected an empty database, found table {found}").format(database=database, found=found),
            subject=database,
            found=found,
        )


class UnguardedRegisterError(RegisterError, UnavailableError):
    """A register whose triggers are not as the program made them."""

    def __init__(self, database: str, found: str) -> None:
        super().__init__(
            _("{database}: its guards were changed: {found}").format(database=database, found=found),
            subject=database,
            found=found,
        )


class IncompleteRegisterError(RegisterError, UnavailableError):
    """A register without a table or a column of its revision: somebody changed it, or an unreleased program made it."""

    def __init__(self, database: str, missing: str) -> None:
        super().__init__(
            _("{database}: not as the program made it: expected {expected}, found nothing of that name").format(
                database=database, expected=missing
            ),
            subject=database,
            expected=missing,
        )


def check_empty(connection: Connection, database: str) -> None:
    """Refuse a database that holds tables.

    Raises:
        RegisterExistsError: it holds one.
    """
    names = sorted(inspect(connection).get_table_names())
    if names:
        raise RegisterExistsError(database, names[0])


def revision_of(connection: Connection, database: str) -> str:
    """The schema's revision.

    Raises:
        MissingRegisterError: there is none, for the database holds no register.
    """
    if not inspect(connection).has_table("alembic_version"):
        raise MissingRegisterError(database)
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is None:
        raise MissingRegisterError(database)
    return str(found)


def check_schema(connection: Connection, database: str) -> bool:
    """Whether the schema is the program's own; False where it is an older one.

    Raises:
        MissingRegisterError: the database holds no register.
        DatabaseTooNewError: a newer program made it.
        IncompleteRegisterError: a table or a column is missing.
        UnguardedRegisterError: a trigger is missing, altered or not one of ours.
    """
    found = revision_of(connection, database)
    if found not in REVISIONS:
        raise DatabaseTooNewError(database, found)
    if found != REVISIONS[-1]:
        return False
    check_complete(connection, database)
    findings = verify_triggers(connection)
    if findings:
        raise UnguardedRegisterError(database, ", ".join(finding.message for finding in findings))
    return True


_COLUMNS = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'",
    "postgresql": "SELECT t.relname, c.attname FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid"
    " WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND c.attnum > 0"
    " AND NOT c.attisdropped",
}


def check_complete(connection: Connection, database: str) -> None:
    """Refuse a register of the program's own revision that lacks a table or a column.

    Raises:
        IncompleteRegisterError: it lacks one; the first is named.
    """
    found = {(str(table), str(column)) for table, column in connection.execute(text(_COLUMNS[connection.dialect.name]))}
    names = {table for table, _column in found}
    for table in tables.metadata.sorted_tables:
        if table.name not in names:
            raise IncompleteRegisterError(database, _("table {name}").format(name=table.name))
        for column in table.c:
            if (table.name, column.name) not in found:
                raise IncompleteRegisterError(database, _("column {name}").format(name=f"{table.name}.{column.name}"))


def upgrade(connection: Connection) -> None:
    """Bring the schema to the program's own revision, from nothing too, and put guards and privileges in place.

    All of it happens in the transaction that is open on ``connection``.
    """
    migrate(connection, "head")
    put_triggers(connection)
    if connection.dialect.name == "postgresql":
        leave_out_of_statistics(connection)
        put_privileges(connection)


def migrate(connection: Connection, revision: str) -> None:
    """Bring the schema to a revision, from nothing too, without its guards.

    All of it happens in the transaction that is open on ``connection``.

    Args:
        connection: one inside a writing transaction.
        revision: one of ``REVISIONS``, or ``head``.
    """
    from alembic import command
    from alembic.config import Config

    with as_file(files("recordkeeper.register") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
