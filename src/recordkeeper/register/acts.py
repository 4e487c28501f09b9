"""The one decision point: acts, their events and their projections are committed here, all or none.

A ``Transaction`` takes its locks in one order: number series, subject, head. The head is locked last, when
all else is done, so that writers wait for each other as briefly as can be. The file is long because
everything that one transaction can write stands in its one class.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, Table, bindparam, delete, insert, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from recordkeeper.errors import RefusalError, RegisterError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import (
    EVENT_VERSION,
    Act,
    Event,
    History,
    head_act,
    next_state_digest,
    text_of,
)
from recordkeeper.model.subject import kind_of
from recordkeeper.register import tables
from recordkeeper.register.committing import commit
from recordkeeper.register.connection import database_name, failures_translated
from recordkeeper.register.privileges import Roles, become, roles_of
from recordkeeper.register.projection import Rows, replace_rows
from recordkeeper.register.snapshot import Snapshot, format_moment
from recordkeeper.register.trail_end import moment_ahead, place_events

_NO_PLACE_YET = -1
_INSERT_ACT = insert(tables.act)
_TAKEN = union_all(
    *(
        select(table.c["subject"]).where(table.c["subject"] == bindparam("wanted"))
        for table in (tables.subject, tables.tombstone)
    )
)


class SubjectExistsError(RegisterError, RefusalError):
    """A subject is to be made that is there already."""

    def __init__(self, subject: str) -> None:
        super().__init__(_("{subject}: exists already").format(subject=subject), subject=subject)


class ChangedMeanwhileError(RegisterError, RefusalError):
    """Somebody else has changed the subject since it was read."""

    def __init__(self, subject: str, expected: int, found: int | None) -> None:
        super().__init__(
            _("{subject}: changed meanwhile: expected {expected} acts, found {found}").format(
                subject=subject, expected=expected, found=found or 0
            ),
            subject=subject,
            expected=str(expected),
            found=str(found or 0),
        )


class Transaction(Snapshot):
    """Everything written through it is committed together when its block is left without an error.

    Args:
        connection: one inside a writing transaction.
        database: what to call the database in a message.
        now: the moment of entry of everything in it; with a zone.
    """

    def __init__(self, connection: Connection, database: str, now: datetime) -> None:
        super().__init__(connection)
        self.now = now
        self._database = database
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._entered_at = format_moment(now)
        self._events: list[Event] = []

    def create(self, subject: str, salt: str) -> History:
        """The history of a new subject, act 0 alone; it is stored with the first act appended.

        Args:
            subject: its identifier.
            salt: 16 random bytes in hexadecimal.

        Raises:
            SubjectExistsError: there is such a subject, or was one.
        """
        # a number is never used again
        if self.connection.scalar(_TAKEN, {"wanted": subject}) is not None:
            raise SubjectExistsError(subject)
        return History(subject, (head_act(subject, salt),))

    def lock(self, subject: str, *, is_shared: bool = False) -> None:
        """Let nobody else act on ``subject`` until this transaction ends; no matter whether there is one.

        Asked for before a subject is read whose act lists others, or depends on another's state: a sheet and its rows.

        Args:
            subject: which one.
            is_shared: whether others may hold it likewise; only who wants it alone waits for all of them.
        """
        self._known.clear()
        self.connection.execute(
            select(tables.subject.c.act_count)
            .where(tables.subject.c.subject == subject)
            .with_for_update(read=is_shared)
        )

    def append(
        self,
        before: History,
        content: Content,
        rows: Rows,
        *,
        occurred_at: str | None = None,
        effective_at: str | None = None,
        bound_digest: str | None = None,
        flags: Sequence[str] = (),
    ) -> History:
        """Store the next act of a subject, put ``rows`` in place of its projected rows, queue the event.

        Args:
            before: the history on which the act was decided.
            content: the act, with ``act``, ``by`` and ``at``.
            rows: all projected rows of the subject after the act.
            occurred_at: UTC moment of the matter; the moment of entry if absent.
            effective_at: UTC moment or date from which it counts, where that differs.
            bound_digest: a further salted digest, hexadecimal.
            flags: words to keep with the event: late, unattended.

        Returns:
            The history with the act.

        Raises:
            ChangedMeanwhileError: the subject has other acts than ``before``.
            NulCharacterError: a row holds U+0000.
        """
        after = before.followed_by(content)
        act = after.acts[-1]
        state_digest = self._begin(after) if before.count == 0 else self._continue(before, act)
        self._known.pop(act.subject, None)
        replace_rows(self.connection, act.subject, rows)
        self._queue(
            act.kind,
            actor=act.by,
            subject=act.subject,
            act_number=act.number,
            occurred_at=occurred_at,
            effective_at=effective_at,
            state_digest=state_digest,
            bound_digest=bound_digest,
            flags=flags,
        )
        return after

    def _begin(self, after: History) -> str:
        """Store a new subject with its acts 0 and 1; its state digest."""
        first, act = after.acts
        state_digest = next_state_digest(next_state_digest(None, first), act)
        # Two who make the same subject at once: the second waits here, and inserts nothing.
        inserted = self.connection.scalar(
            self._insert(tables.subject)
            .values(subject=act.subject, kind=kind_of(act.subject), act_count=act.number, state_digest=state_digest)
            .on_conflict_do_nothing()
            .returning(tables.subject.c.subject)
        )
        if inserted is None:
            raise ChangedMeanwhileError(act.subject, 0, 1)
        self._insert_acts(first, act)
        return state_digest

    def _continue(self, before: History, act: Act) -> str:
        """Store the next act of a subject, which is locked for it; its state digest."""
        subject = tables.subject
        row = self.connection.execute(
            select(subject.c.act_count, subject.c.state_digest)
            .where(subject.c.subject == act.subject)
            .with_for_update()
        ).first()
        if row is None or row.act_count != before.count:
            raise ChangedMeanwhileError(act.subject, before.count, row.act_count if row else None)
        state_digest = next_state_digest(str(row.state_digest), act)
        self._insert_acts(act)
        self.connection.execute(
            update(subject)
            .where(subject.c.subject == act.subject)
            .values(act_count=act.number, state_digest=state_digest)
        )
        return state_digest

    def _insert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    def _insert_acts(self, *acts: Act) -> None:
        for act in acts:
            row = {"subject": act.subject, "number": act.number, "content": text_of(act.content)}
            self.connection.execute(_INSERT_ACT, row)

    def note(
        self,
        kind: str,
        *,
        actor: str,
        subject: str | None = None,
        occurred_at: str | None = None,
        bound_digest: str | None = None,
        flags: Sequence[str] = (),
    ) -> None:
        """Queue an event that belongs to no act.

        Args:
            kind: refuse, login, logout, wrong-passphrase, read, export, restore, enclose.
            actor: the person's surrogate, or ``program``.
            subject: a record number or surrogate, never a name.
            occurred_at: UTC moment of the matter; the moment of entry if absent.
            bound_digest: a salted digest, hexadecimal.
            flags: words to keep with the event.
        """
        self._queue(
            kind,
            actor=actor,
            subject=subject,
            occurred_at=occurred_at,
            bound_digest=bound_digest,
            flags=flags,
        )

    def _queue(
        self,
        kind: str,
        *,
        actor: str,
        subject: str | None,
        occurred_at: str | None,
        bound_digest: str | None,
        flags: Sequence[str],
        act_number: int | None = None,
        effective_at: str | None = None,
        state_digest: str | None = None,
    ) -> None:
        self._events.append(
            Event(
                index=_NO_PLACE_YET,
                version=EVENT_VERSION,
                kind=kind,
                subject=subject,
                act_number=act_number,
                actor=actor,
                occurred_at=occurred_at or self._entered_at,
                entered_at=self._entered_at,
                effective_at=effective_at,
                state_digest=state_digest,
                bound_digest=bound_digest,
                flags=" ".join(flags),
            )
        )

    def next_number(self, series: str, year: int) -> int:
        """The next number of a series, from 1; locked to the end of the transaction, so that none is lost.

        Args:
            series: what is numbered: a form's code, a kind of surrogate.
            year: the year of entry; 0 for a series that runs through all years.
        """
        table = tables.number_series
        statement = self._insert(table).values(series=series, year=year, last=1)
        counted = self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["series", "year"], set_={"last": table.c.last + 1}
            ).returning(table.c.last)
        )
        return int(counted.scalar_one())

    def lock_series(self, series: Sequence[str], year: int) -> None:
        """Lock those of the series that have begun, in the order of their names, before any subject is locked.

        Args:
            series: whatever may be numbered in this transaction.
            year: the year of entry.
        """
        table = tables.number_series
        self.connection.execute(
            select(table.c.last)
            .where(table.c.series.in_(series), table.c.year == year)
            .order_by(table.c.series)
            .with_for_update()
        )

    def next_surrogate(self, kind: str) -> int:
        """The next number of a kind of subject without a number of its own: person, unit, party, premises."""
        return self.next_number(kind, 0)

    def attach(self, subject: str, data: bytes, media_type: str) -> str:
        """Keep the bytes of a file for ``subject``; the same bytes are kept once.

        Args:
            subject: whose file it is; an act must bind it.
            data: the file.
            media_type: ``application/pdf``.

        Returns:
            Its SHA-256, hexadecimal.
        """
        digest = hashlib.sha256(data).hexdigest()
        key = (tables.attachment.c.subject == subject, tables.attachment.c.digest == digest)
        if self.connection.scalar(select(tables.attachment.c.digest).where(*key)) is None:
            self.connection.execute(
                insert(tables.attachment).values(subject=subject, digest=digest, media_type=media_type, content=data)
            )
        return digest

    def keep_held(self, rows: Iterable[tuple[str, str]], subjects: Collection[str] | None = None) -> None:
        """Let table ``held`` say that these subjects are kept by these holds, and no others.

        Args:
            rows: subject and hold.
            subjects: those alone that are asked about; None for all.
        """
        table = tables.held
        wanted = set(rows)
        statement = select(table.c.subject, table.c.hold)
        if subjects is not None:
            statement = statement.where(table.c.subject.in_(subjects))
        standing = {(str(subject), str(hold)) for subject, hold in self.connection.execute(statement)}
        for subject, hold in sorted(standing - wanted):
            self.connection.execute(delete(table).where(table.c.subject == subject, table.c.hold == hold))
        added = [{"subject": subject, "hold": hold} for subject, hold in sorted(wanted - standing)]
        if added:
            self.connection.execute(insert(table), added)

    def set_credential(self, person: str, passphrase_hash: str, sealed_key: str) -> None:
        """Put a passphrase hash and a sealed key in place of the person's former ones."""
        self.connection.execute(delete(tables.credential).where(tables.credential.c.person == person))
        self.connection.execute(
            insert(tables.credential).values(person=person, passphrase_hash=passphrase_hash, sealed_key=sealed_key)
        )

    def open_session(self, token_digest: str, person: str, ends_at: datetime) -> None:
        """Open a session of ``person``; sessions that have ended are forgotten."""
        self.connection.execute(delete(tables.session).where(tables.session.c.ends_at <= self._entered_at))
        self.connection.execute(
            insert(tables.session).values(token_digest=token_digest, person=person, ends_at=format_moment(ends_at))
        )

    def close_session(self, token_digest: str) -> None:
        """End a session; no matter whether there is one."""
        self.connection.execute(delete(tables.session).where(tables.session.c.token_digest == token_digest))

    def close_sessions_of(self, person: str) -> None:
        """End every session of ``person``."""
        self.connection.execute(delete(tables.session).where(tables.session.c.person == person))

    def stage(self, subject: str, version: int, files: Mapping[str, bytes]) -> None:
        """Keep the files of a version until they stand in the archive."""
        rows = [
            {"subject": subject, "version": version, "path": path, "content": content}
            for path, content in sorted(files.items())
        ]
        if rows:
            self.connection.execute(insert(tables.staging), rows)

    def unstage(self, subject: str, version: int) -> None:
        """Forget the staged files of a version that stands in the archive."""
        self.connection.execute(
            delete(tables.staging).where(tables.staging.c.subject == subject, tables.staging.c.version == version)
        )

    def add_checkpoint(self, size: int, note: str) -> None:
        """Keep a signed checkpoint over the first ``size`` events."""
        self.connection.execute(insert(tables.checkpoint).values(size=size, note=note))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what is written inside the block when it is left with an error; the transaction goes on.

        Numbers taken inside it are given back, so that a rejected row of an import leaves no gap.
        """
        queued = len(self._events)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self._events[queued:]
            self._known.clear()
            raise

    @contextmanager
    def disposing(self) -> Iterator[None]:
        """Let acts and attachments go inside the block, by the one road that the guards leave.

        On PostgreSQL it is done as the role that executes dispositions, which the program else is not.

        Raises:
            NoDatabaseRoleError: the login is no member of that role.
        """
        roles = None if self._is_sqlite else roles_of(self.connection)
        if roles is not None:
            become(self.connection, roles.disposition, self._database)
        yield
        self._known.clear()
        if roles is not None:
            become(self.connection, roles.application, self._database)

    def finish(self) -> list[Event]:
        """Give the queued events their places in the trail, and answer them; the last thing done before the commit.

        Raises:
            DamagedRegisterError: the head, or the event it points to, is not there.
        """
        placed: list[Event] = []
        if self._events:
            placed = place_events(self.connection, self._events, self.now, self._database)
            self._events.clear()
        return placed

    def moment_ahead(self) -> str | None:
        """The UTC moment of the last event where the clock stands more than five minutes before it; None elsewhere."""
        return moment_ahead(self.connection, self.now)


class Register:
    """An open database; use it as a context manager, or close it.

    Args:
        url: the database's URL, as configured.
        engine: one made by ``make_engine`` for the URL.

    Attributes:
        committed_acts: how many acts were committed through it; whatever fails afterwards, they stand.
    """

    def __init__(self, url: str, engine: Engine) -> None:
        self.url = url
        self.database = database_name(url)
        self._reader, self._writer = _reader_and_writer(engine)
        self._engine = engine
        self.committed_acts = 0

    @contextmanager
    def writing(self, *, now: datetime) -> Iterator[Transaction]:
        """One writing transaction, committed when the block is left without an error, else rolled back.

        Args:
            now: the moment of entry; with a zone.

        Raises:
            RegisterError: one of the ways in which the database can fail (``failures_translated``).
            OutcomeUnknownError: the server went away during the commit and does not come back to say what became of it.
            ValueError: ``now`` has no zone.
        """
        with failures_translated(self.database), self._writer.connect() as connection, connection.begin() as unit:
            transaction = Transaction(connection, self.database, now)
            yield transaction
            placed = transaction.finish()
            commit(unit, placed, self._writer, self.database)
            self.committed_acts += sum(event.act_number is not None for event in placed)

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """A snapshot of the register; nothing can be written through it.

        Raises:
            RegisterError: one of the ways in which the database can fail (``failures_translated``).
        """
        with failures_translated(self.database), self._reader.connect() as connection, connection.begin():
            # SQLite takes the snapshot with the first thing that is read.
            connection.execute(select(tables.head.c.size))
            yield Snapshot(connection)

    @cached_property
    def roles(self) -> Roles | None:
        """The roles that a register on PostgreSQL has; none for another."""
        if self._engine.dialect.name == "sqlite":
            return None
        with failures_translated(self.database), self._reader.connect() as connection:
            return roles_of(connection)

    @contextmanager
    def beside_transactions(self) -> Iterator[Connection]:
        """A connection outside any transaction, for what a database does to its own files.

        Raises:
            RegisterError: one of the ways in which the database can fail (``failures_translated``).
        """
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with failures_translated(self.database), engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reader_and_writer(engine: Engine) -> tuple[Engine, Engine]:
    if engine.dialect.name == "sqlite":
        return engine, engine.execution_options(is_writing=True)
    return (
        engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
        engine.execution_options(isolation_level="READ COMMITTED"),
    )
