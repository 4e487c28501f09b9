"""The one road by which acts leave the register, and what stays where they stood.

A list's approval opens the road for the subjects that it names; a trigger checks each row that goes. What a
subject leaves behind is its tombstone and its events. Nothing is decided here.

Source: M-1, M-7, M-12; 21 CFR 11.10(e)
"""

from collections.abc import Collection, Iterable, Iterator
from typing import cast

from sqlalchemy import Connection, delete, insert, select

from recordkeeper.errors import RefusalError, RetentionError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, parse_json
from recordkeeper.model.event import text_of
from recordkeeper.register import tables
from recordkeeper.register.acts import Transaction
from recordkeeper.register.projection import replace_rows
from recordkeeper.register.snapshot import Snapshot, format_moment

APPROVED, EXECUTED = "approved", "executed"
SERIES = "tombstone"


class ClockBackError(RetentionError, RefusalError):
    """The clock stands before the last event: nothing is disposed of by such a clock."""

    def __init__(self, subject: str, last: str, found: str) -> None:
        super().__init__(
            _("{subject}: the clock says {found}, the last event is of {last}").format(
                subject=subject, found=found, last=last
            ),
            subject=subject,
            expected=last,
            found=found,
        )


def check_clock(transaction: Transaction, subject: str) -> None:
    """Refuse what is to be disposed of while the clock is set back.

    Raises:
        ClockBackError: the last event lies ahead of the clock by more than five minutes.

    Source: P-5
    """
    if (last := transaction.moment_ahead()) is not None:
        raise ClockBackError(subject, last, format_moment(transaction.now))


def approve_items(transaction: Transaction, list_subject: str, subjects: Iterable[str]) -> None:
    """Open the road for the subjects that a list names."""
    _add_steps(transaction.connection, list_subject, subjects, APPROVED)


def close_items(transaction: Transaction, list_subject: str, subjects: Iterable[str]) -> None:
    """Shut the road again: they are gone, or are not to go by this list."""
    _add_steps(transaction.connection, list_subject, subjects, EXECUTED)


def _add_steps(connection: Connection, list_subject: str, subjects: Iterable[str], step: str) -> None:
    rows = [{"list": list_subject, "subject": subject, "step": step} for subject in subjects]
    if rows:
        connection.execute(insert(tables.disposition), rows)


def subjects_open(snapshot: Snapshot, list_subject: str) -> set[str]:
    """The subjects for which a list holds the road open."""
    return {subject for of, subject in _open_items(snapshot) if of == list_subject}


def lists_open_for(snapshot: Snapshot, subjects: Collection[str]) -> dict[str, str]:
    """Those of the subjects for which a list holds the road open, with the list."""
    return {subject: of for of, subject in _open_items(snapshot) if subject in subjects}


def _open_items(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    table = tables.disposition
    closed = table.alias("closed")
    statement = select(table.c.list, table.c.subject).where(
        table.c.step == APPROVED,
        ~select(closed.c.list)
        .where(closed.c.list == table.c.list, closed.c.subject == table.c.subject, closed.c.step == EXECUTED)
        .exists(),
    )
    for of, subject in snapshot.connection.execute(statement):
        yield str(of), str(subject)


def remove_subject(transaction: Transaction, subject: str) -> None:
    """Remove every row that a subject has but its events: acts with the salt, files, projections, staged bytes.

    Raises:
        RegisterError: a trigger refuses, for no approved list names it or a hold keeps it.
    """
    connection = transaction.connection
    for table in (tables.act, tables.attachment, tables.staging, tables.held):
        connection.execute(delete(table).where(table.c["subject"] == subject))
    replace_rows(connection, subject, {})
    connection.execute(delete(tables.subject).where(tables.subject.c.subject == subject))


def bury(transaction: Transaction, subject: str, content: Content) -> None:
    """Put a tombstone where a subject stood."""
    transaction.connection.execute(insert(tables.tombstone).values(subject=subject, content=text_of(content)))


def tombstone_of(snapshot: Snapshot, subject: str) -> Content | None:
    """The tombstone of a subject; None where it never stood here, or still does."""
    text = snapshot.tombstone(subject)
    return None if text is None else cast("Content", parse_json(text, f"tombstone {subject}"))


def standing_subject(snapshot: Snapshot, subject: str) -> str:
    """What a record goes on as after erasures: its tombstones name it; the subject itself where nothing was erased."""
    while (stone := tombstone_of(snapshot, subject)) is not None and stone.get("successor"):
        subject = str(stone["successor"])
    return subject


def lock_standing(transaction: Transaction, subject: str) -> str:
    """Let nobody else act on what a record goes on as until the transaction ends; its subject.

    Whoever had it locked before may have let it go on as another, which is then locked too.

    Args:
        transaction: to be locked for.
        subject: one of the record's, whether it stands or not.
    """
    while True:
        standing = standing_subject(transaction, subject)
        transaction.lock(standing)
        if standing_subject(transaction, standing) == standing:
            return standing
