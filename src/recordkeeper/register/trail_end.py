"""The end of the trail: queued events get their places there, one after another without a gap.

The head row is locked by this, so that writers come one by one; it is the last thing that a transaction does before its
commit. On PostgreSQL head and events go to the server together, in one round trip.
"""

from collections.abc import Sequence
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import DBAPIError

from recordkeeper.language import translate as _
from recordkeeper.model.event import Event
from recordkeeper.register import tables
from recordkeeper.register.connection import DamagedRegisterError
from recordkeeper.register.snapshot import format_moment

CLOCK_BACK = "clock_back"
_CLOCK_TOLERANCE = timedelta(minutes=5)
_MOST_AT_ONCE = 1000
"""So many events have 12,000 values; PostgreSQL takes 65,535 in one statement."""


def place_events(connection: Connection, events: Sequence[Event], now: datetime, database: str) -> list[Event]:
    """Append ``events`` to the trail; where the clock went back, they are flagged.

    Args:
        connection: one inside a writing transaction.
        events: in their order; their index is none yet.
        now: the moment of entry; with a zone.
        database: what to call the database in a message.

    Returns:
        The events with their places, without that flag.

    Raises:
        DamagedRegisterError: the head, or the event it points to, is not there.
    """
    latest = format_moment(now + _CLOCK_TOLERANCE)
    if connection.dialect.name == "sqlite" or len(events) > _MOST_AT_ONCE:
        first = _place_one_by_one(connection, events, latest, database)
    else:
        first = _place_together(connection, events, latest, database)
    return [replace(event, index=index) for index, event in enumerate(events, first)]


def moment_ahead(connection: Connection, now: datetime) -> str | None:
    """The UTC moment of the last event where it would flag what is entered at ``now``; None elsewhere."""
    last = connection.scalar(select(tables.event.c.entered_at).order_by(tables.event.c.index.desc()).limit(1))
    return last if last is not None and last > format_moment(now + _CLOCK_TOLERANCE) else None


def _place_one_by_one(connection: Connection, events: Sequence[Event], latest: str, database: str) -> int:
    size = connection.scalar(select(tables.head.c.size).with_for_update())
    if size is None:
        raise DamagedRegisterError(database, _("no head"))
    last = connection.scalar(select(tables.event.c.entered_at).where(tables.event.c.index == size - 1))
    if size and last is None:
        raise DamagedRegisterError(database, _("no event {index}").format(index=size - 1))
    # moments of one fixed form: their order is that of their texts
    flag = CLOCK_BACK if size and str(last) > latest else ""
    placed = [
        replace(event, index=index, flags=" ".join(filter(None, (event.flags, flag))))
        for index, event in enumerate(events, size)
    ]
    columns = tables.event.c.keys()
    connection.execute(insert(tables.event), [dict(zip(columns, astuple(event), strict=True)) for event in placed])
    connection.execute(update(tables.head).values(size=size + len(events)))
    return int(size)


_COLUMNS = [column.name for column in tables.event.c]
_TYPES = {column.name: column.type for column in tables.event.c}
_COUNT = "UPDATE head SET size = size + %s RETURNING size"


def _placing(count: int, types: Sequence[str]) -> str:
    """The statement that stores so many events behind the last one, once the head counts them.

    A statement sees what was committed before it began: sent after the head is locked, it sees the last event.
    """
    row = "(" + ", ".join(f"%s::{each}" for each in types) + ")"
    named = ", ".join(f'"{name}"' for name in _COLUMNS)
    chosen = ", ".join(f'new."{name}"' for name in _COLUMNS[1:-1])
    return (
        f'INSERT INTO event ({named}) SELECT head.size - {count} + new."index", {chosen},'
        f" CASE WHEN last.entered_at > %s THEN concat_ws(' ', nullif(new.flags, ''), '{CLOCK_BACK}') ELSE new.flags END"
        f" FROM head CROSS JOIN (VALUES {', '.join([row] * count)}) AS new ({named})"
        f' LEFT JOIN event AS last ON last."index" = head.size - {count} - 1'
        f" WHERE head.size = {count} OR last.entered_at IS NOT NULL"
    )


def _place_together(connection: Connection, events: Sequence[Event], latest: str, database: str) -> int:
    types = [_TYPES[name].compile(dialect=connection.dialect).split()[0] for name in _COLUMNS]
    statement = _placing(len(events), types)
    values = [value for place, event in enumerate(events) for value in astuple(replace(event, index=place))]
    driver = cast("Any", connection.connection.driver_connection)
    failure = connection.dialect.loaded_dbapi.Error
    try:
        with driver.pipeline():
            counted = driver.execute(_COUNT, (len(events),))
            placed = driver.execute(statement, [latest, *values])
        row = counted.fetchone()
    except failure as error:
        # past SQLAlchemy, whose errors everybody else here knows
        raise DBAPIError.instance(
            statement, None, error, failure, hide_parameters=True, dialect=connection.dialect
        ) from error
    if row is None:
        raise DamagedRegisterError(database, _("no head"))
    first = int(row[0]) - len(events)
    if placed.rowcount != len(events):
        raise DamagedRegisterError(database, _("no event {index}").format(index=first - 1))
    return first
