"""Finding forms by what is printed on them, and what belongs to a unit."""

from sqlalchemy import select

from recordkeeper.register import tables
from recordkeeper.register.record_projection import folded, prefix_spelling
from recordkeeper.register.snapshot import Snapshot


def form_codes_called(snapshot: Snapshot, spelling: str) -> list[str]:
    """The codes of the forms that declare ``spelling``: their own code, a printed spelling, a title."""
    table = tables.form_name
    statement = select(table.c.code).where(table.c.spelling == folded(spelling)).distinct().order_by(table.c.code)
    return list(snapshot.connection.scalars(statement))


def form_codes_printing(snapshot: Snapshot, prefix: str) -> list[str]:
    """The codes of the forms that print ``prefix``, their number without its last part."""
    table = tables.form_name
    statement = select(table.c.code).where(table.c.spelling == prefix_spelling(prefix))
    return list(snapshot.connection.scalars(statement.distinct().order_by(table.c.code)))


def form_codes_beginning(snapshot: Snapshot, prefix: str) -> list[str]:
    """The codes of the forms that have a name beginning with ``prefix``."""
    table = tables.form_name
    statement = (
        select(table.c.code)
        .where(table.c.spelling.startswith(folded(prefix), autoescape=True))
        .distinct()
        .order_by(table.c.code)
    )
    return list(snapshot.connection.scalars(statement))


def revisions_of(snapshot: Snapshot, code: str) -> list[str]:
    """The subjects of all revisions of a form, in the order of their names."""
    table = tables.form_revision
    return list(
        snapshot.connection.scalars(select(table.c.subject).where(table.c.code == code).order_by(table.c.subject))
    )


def state_digest_of(snapshot: Snapshot, subject: str) -> str | None:
    """The state digest after the last act of ``subject``; none where there is no such subject."""
    table = tables.subject
    return snapshot.connection.scalar(select(table.c.state_digest).where(table.c.subject == subject))


def unit_parents(snapshot: Snapshot) -> dict[str, str | None]:
    """The unit above each unit; None for the company itself."""
    return dict(snapshot.connection.execute(select(tables.unit.c.subject, tables.unit.c.parent)).all())


def unit_codes(snapshot: Snapshot) -> list[str]:
    """The codes of all units, in their order."""
    return list(snapshot.connection.scalars(select(tables.unit.c.code).order_by(tables.unit.c.code)))


def units_below(snapshot: Snapshot, unit: str) -> list[str]:
    """``unit`` and every unit below it."""
    parents = unit_parents(snapshot)
    found = [unit]
    for each in found:
        found += [child for child, parent in sorted(parents.items()) if parent == each and child not in found]
    return found
