"""Finding procedures: their revisions by id."""

from sqlalchemy import select

from recordkeeper.register import tables
from recordkeeper.register.snapshot import Snapshot


def procedure_revisions_of(snapshot: Snapshot, identifier: str) -> list[str]:
    """The subjects of all revisions of a procedure, in the order of their names."""
    table = tables.procedure
    return list(
        snapshot.connection.scalars(select(table.c.subject).where(table.c.code == identifier).order_by(table.c.subject))
    )
