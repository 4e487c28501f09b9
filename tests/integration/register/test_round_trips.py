"""How often an act on PostgreSQL waits for the server, as the protocol itself tells it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import event

from recordkeeper.model.event import History
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.connection import DamagedRegisterError
from recordkeeper.register.trail_end import CLOCK_BACK
from stage import POSTGRESQL
from tampering import change

only_postgresql = pytest.mark.parametrize("database", [pytest.param(POSTGRESQL, marks=pytest.mark.needs_postgresql)])
NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
SUBJECT = "record/QR-017-02/2026-0001"
CONTENT = {"act": "new", "by": "person/1", "at": "2026-11-23T06:05:04Z"}


@dataclass
class Trips:
    """What was sent between two moments.

    Args:
        statements: those that the program sent through SQLAlchemy.
        waits: how often it waited for an answer.
    """

    statements: list[str] = field(default_factory=list)
    waits: int = 0


@contextmanager
def counted(register: Register, file: Path) -> Iterator[Trips]:
    """Count what every transaction in the block sends, from its BEGIN to its COMMIT."""
    trips = Trips()
    engine, traced = register._engine, []
    trace = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def begun(connection: sqlalchemy.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.pgconn.trace(os.dup(trace))
        traced.append(driver)

    def sent(*arguments: Any) -> None:
        trips.statements.append(str(arguments[2]))

    event.listen(engine, "begin", begun)
    event.listen(engine, "before_cursor_execute", sent)
    try:
        yield trips
    finally:
        event.remove(engine, "begin", begun)
        event.remove(engine, "before_cursor_execute", sent)
        for driver in traced:
            driver.pgconn.untrace()
        os.close(trace)
        trips.waits = len(re.findall(r"\tF\t\d+\t(?:Query|Sync)\b", file.read_text()))


def first_act(register: Register) -> History:
    with register.writing(now=NOW) as transaction:
        return transaction.append(transaction.create(SUBJECT, "0f" * 16), CONTENT, {})


def note_logins(transaction: Transaction, count: int) -> None:
    for _number in range(count):
        transaction.note("login", actor="person/1", flags=("unattended",))


@only_postgresql
def test_an_act_waits_three_times_beside_its_own_statements(register: Register, tmp_path: Path) -> None:
    history = first_act(register)
    with counted(register, tmp_path / "trace") as trips, register.writing(now=NOW) as transaction:
        transaction.append(history, {**CONTENT, "act": "fill"}, {})
    assert [statement.split()[0] for statement in trips.statements] == ["SELECT", "INSERT", "UPDATE", "SELECT"]
    assert trips.waits == len(trips.statements) + 3


@pytest.mark.parametrize("count", [2, 1001])
def test_events_entered_before_the_last_one_are_all_flagged_however_many(register: Register, count: int) -> None:
    first_act(register)
    back = timedelta(minutes=5)
    for moment in (NOW - back, NOW - 2 * back - timedelta(seconds=1)):
        with register.writing(now=moment) as transaction:
            note_logins(transaction, count)
    with register.reading() as snapshot:
        events = list(snapshot.events())
    assert [each.index for each in events] == list(range(2 * count + 1))
    assert {each.flags for each in events[1 : count + 1]} == {"unattended"}
    assert {each.flags for each in events[count + 1 :]} == {f"unattended {CLOCK_BACK}"}


@pytest.mark.parametrize("count", [1, 1001])
def test_nothing_is_appended_where_the_head_points_to_no_event(register: Register, count: int) -> None:
    for damage, said in (("UPDATE head SET size = 7", "no event 6"), ("DELETE FROM head", "no head")):
        change(register.url, damage)
        with pytest.raises(DamagedRegisterError, match=said), register.writing(now=NOW) as transaction:
            note_logins(transaction, count)
    with register.reading() as snapshot:
        assert list(snapshot.events(0, 9)) == []


@only_postgresql
def test_what_the_server_refuses_there_is_said_as_everywhere(register: Register) -> None:
    change(register.url, "ALTER TABLE event ADD CONSTRAINT none CHECK (kind <> 'login')")
    with pytest.raises(sqlalchemy.exc.IntegrityError), register.writing(now=NOW) as transaction:
        transaction.note("login", actor="person/1")
    first_act(register)
