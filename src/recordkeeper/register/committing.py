"""The commit of a writing transaction, and whether it stands where the server went away while it was committed.

A client that loses its connection between COMMIT and the answer cannot know what became of it. The trail can tell:
either it holds each of the events at the place that was given to it, or nothing of the transaction stands.
"""

import time
from collections.abc import Sequence

from sqlalchemy import Engine, RootTransaction, select
from sqlalchemy.exc import DBAPIError

from recordkeeper.errors import RegisterError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.model.event import Event
from recordkeeper.register import tables
from recordkeeper.register.connection import RegisterUnavailableError, translated_failure

PATIENCE_SECONDS = 30.0
"""How long a server that went away in the middle of a commit may take to come back."""

_PAUSE_SECONDS = 0.2


class OutcomeUnknownError(RegisterError, UnavailableError):
    """The server went away while acts were committed, and it did not come back to say whether they stand."""

    def __init__(self, database: str, found: str) -> None:
        super().__init__(
            _(
                "{database}: the server went away in the middle of a commit:"
                " it is not known whether it was done ({found})"
            ).format(database=database, found=found),
            subject=database,
            found=found,
        )

    @property
    def advice(self) -> str:
        """Start it and look."""
        return _(
            "start it, and see by record history or audit log whether the act stands before you repeat the command"
        )


def commit(unit: RootTransaction, placed: Sequence[Event], engine: Engine, database: str) -> None:
    """Commit, and where the connection is lost meanwhile look up whether it was done.

    Args:
        unit: the transaction.
        placed: its events with their places in the trail; none where it has no events.
        engine: what makes a new connection to the same database, for writing.
        database: what to call the database in a message.

    Raises:
        DBAPIError: it was not committed.
        OutcomeUnknownError: the connection was lost, and the database cannot be asked.
    """
    try:
        unit.commit()
    except DBAPIError as lost:
        if not (placed and lost.connection_invalidated and _stands(placed, engine, database)):
            raise


def _stands(placed: Sequence[Event], engine: Engine, database: str) -> bool:
    """Whether the trail holds the events at their places; the server is waited for."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return _are_in_trail(placed, engine)
        except DBAPIError as error:
            failure = translated_failure(database, error)
            if not isinstance(failure, RegisterUnavailableError) or time.monotonic() > give_up_at:
                found = failure.found if failure else str(error.orig)
                raise OutcomeUnknownError(database, found) from error
            time.sleep(_PAUSE_SECONDS)


def _are_in_trail(placed: Sequence[Event], engine: Engine) -> bool:
    """Whether every one stands at its place: the last alone may be equal in another's transaction, as a reading is."""
    table, places = tables.event, [event.index for event in placed]
    names = [column.name for column in table.c if column.name != "flags"]  # the server may add one
    statement = select(*(table.c[name] for name in names)).where(table.c.index.between(min(places), max(places)))
    with engine.connect() as connection, connection.begin():
        # Whoever places an event holds the head to the end of the transaction: one still going on is waited for.
        connection.execute(select(tables.head.c.size).with_for_update())
        rows = connection.execute(statement.order_by(table.c.index)).all()
    return [tuple(row) for row in rows] == [tuple(getattr(event, name) for name in names) for event in placed]
