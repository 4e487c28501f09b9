"""The commit of a writing transaction, and whether it stands where the server went away while it was committed.

A client that loses its connection between COMMIT and the answer cannot know what became of it. The trail can tell:
either it holds the transaction's last event at the place that was given to it, or nothing of the transaction stands.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict

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
                "{database}: went away in the middle of a commit, so it is not known whether it was done: {found}"
            ).format(database=database, found=found),
            subject=database,
            found=found,
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
        if not (placed and lost.connection_invalidated and _stands(placed[-1], engine, database)):
            raise


def _stands(event: Event, engine: Engine, database: str) -> bool:
    """Whether the trail holds ``event`` at its place; the server is waited for."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return _is_in_trail(event, engine)
        except DBAPIError as error:
            failure = translated_failure(database, error)
            if not isinstance(failure, RegisterUnavailableError) or time.monotonic() > give_up_at:
                found = failure.found if failure else str(error.orig)
                raise OutcomeUnknownError(database, found) from error
            time.sleep(_PAUSE_SECONDS)


def _is_in_trail(event: Event, engine: Engine) -> bool:
    told = {name: value for name, value in asdict(event).items() if name != "flags"}  # the server may add one
    columns = [tables.event.c[name] for name in told]
    with engine.connect() as connection, connection.begin():
        # Whoever places an event holds the head to the end of the transaction: one still going on is waited for.
        connection.execute(select(tables.head.c.size).with_for_update())
        row = connection.execute(select(*columns).where(tables.event.c.index == event.index)).first()
    return row is not None and tuple(row) == tuple(told.values())
