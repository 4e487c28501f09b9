"""Reading the register: everything read through one ``Snapshot`` was true at the same moment.

Searches have a module of their own, ``search``; verification reads past this one, in ``inspection``.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import cast

from sqlalchemy import Connection, bindparam, select

from recordkeeper.errors import MissingError, RegisterError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, parse_json
from recordkeeper.model.event import Act, Event, History
from recordkeeper.model.subject import kind_of
from recordkeeper.register import tables

_EVENTS_AT_ONCE = 5000
_ACTS = (
    select(tables.act.c.number, tables.act.c.content)
    .where(tables.act.c.subject == bindparam("of_subject"))
    .order_by(tables.act.c.number)
)
_FEW = frozenset({"unit", "person", "form", "procedure", "schedule", "hold", "table"})
"""Kinds of which a company has few, read again and again: whom an act concerns, and the rules it goes by."""


class MissingAttachmentError(RegisterError, MissingError):
    """A subject has no attachment of that digest."""

    def __init__(self, subject: str, digest: str) -> None:
        super().__init__(
            _("{subject}: no attachment {digest}").format(subject=subject, digest=digest),
            subject=subject,
            found=digest,
        )


@dataclass(frozen=True, slots=True)
class Staged:
    """One version of a subject's object, committed and not yet moved into the archive.

    Args:
        subject: whose object it is.
        version: the version's number, from 1.
        files: bytes by the name that they were staged under.
    """

    subject: str
    version: int
    files: dict[str, bytes]


def format_moment(moment: datetime) -> str:
    """A moment as it is stored, ``2026-11-23T06:05:04Z``.

    Raises:
        ValueError: the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"no zone: {moment}")
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_moment(text: str) -> datetime:
    """The UTC moment that ``format_moment`` wrote.

    Raises:
        ValueError: not a moment.
    """
    return datetime.fromisoformat(text).astimezone(UTC)


class Snapshot:
    """The register as it stood at one moment.

    Args:
        connection: one inside a transaction that sees a single snapshot.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._known: dict[str, History] = {}

    def history(self, subject: str) -> History | None:
        """All acts of ``subject``; none where there is no such subject.

        Units, persons, forms and procedures are read once; a transaction forgets them whenever it locks or writes.
        """
        if subject in self._known:
            return self._known[subject]
        rows = self.connection.execute(_ACTS, {"of_subject": subject}).all()
        if not rows:
            return None
        history = History(subject, tuple(_act(subject, number, content) for number, content in rows))
        if kind_of(subject) in _FEW:
            self._known[subject] = history
        return history

    def histories(self, kind: str) -> Iterator[History]:
        """All acts of each subject of ``kind``, in the order of their names in bytes."""
        statement = (
            select(tables.act.c.subject, tables.act.c.number, tables.act.c.content)
            .where(tables.act.c.subject >= f"{kind}/", tables.act.c.subject < f"{kind}0")
            .order_by(tables.act.c.subject, tables.act.c.number)
        )
        # A cursor on the server waits three times longer. Set on the statement: set on the connection, it would make
        # a cursor of every later statement too.
        rows = self.connection.execute(statement if kind in _FEW else statement.execution_options(yield_per=1000))
        for subject, acts in groupby(rows, itemgetter(0)):
            yield History(subject, tuple(_act(subject, number, content) for _, number, content in acts))

    def attachment(self, subject: str, digest: str) -> bytes:
        """The bytes of an attachment.

        Raises:
            MissingAttachmentError: the subject has none of that digest.
        """
        content = self.connection.scalar(
            select(tables.attachment.c.content).where(
                tables.attachment.c.subject == subject, tables.attachment.c.digest == digest
            )
        )
        if content is None:
            raise MissingAttachmentError(subject, digest)
        return bytes(content)

    def attachments(self, subject: str) -> dict[str, str]:
        """The media types of all attachments of ``subject`` by their digests."""
        rows = self.connection.execute(
            select(tables.attachment.c.digest, tables.attachment.c.media_type)
            .where(tables.attachment.c.subject == subject)
            .order_by(tables.attachment.c.digest)
        )
        return dict(rows.all())

    def credential(self, person: str) -> tuple[str, str] | None:
        """The passphrase hash and the sealed key of ``person``; none where there is none."""
        row = self.connection.execute(
            select(tables.credential.c.passphrase_hash, tables.credential.c.sealed_key).where(
                tables.credential.c.person == person
            )
        ).first()
        return None if row is None else (row[0], row[1])

    def session_person(self, token_digest: str, now: datetime) -> str | None:
        """The person whose session has this token and has not ended at ``now``; none otherwise."""
        return self.connection.scalar(
            select(tables.session.c.person).where(
                tables.session.c.token_digest == token_digest, tables.session.c.ends_at > format_moment(now)
            )
        )

    def login_with(self, person: str, token_digest: str) -> datetime | None:
        """When ``person`` began the session of this token, UTC, as the trail tells; none where they did not.

        Nothing guards the table of sessions: it says that one was not closed, and no more.
        """
        event = tables.event
        found = self.connection.scalar(
            select(event.c.entered_at)
            .where(event.c.subject == person, event.c.kind == "login", event.c.bound_digest == token_digest)
            .limit(1)
        )
        return None if found is None else parse_moment(found)

    def has_read(self, person: str, subject: str, since: datetime) -> bool:
        """Whether the trail tells of a reading of ``subject`` by ``person`` in the session that they opened last.

        Args:
            person: who reads.
            subject: what is read.
            since: the beginning of the longest session that may still be open.
        """
        event = tables.event
        login = (
            select(event.c.index)
            .where(event.c.subject == person, event.c.kind == "login", event.c.entered_at > format_moment(since))
            .order_by(event.c.index.desc())
            .limit(1)
        )
        begun = self.connection.scalar(login)
        if begun is None:
            return False
        reading = select(event.c.index).where(
            event.c.subject == subject, event.c.kind == "read", event.c.actor == person, event.c.index > begun
        )
        return self.connection.scalar(reading.limit(1)) is not None

    def wrong_passphrases(self, person: str, since: datetime) -> list[datetime]:
        """When wrong passphrases were given for ``person`` after ``since`` and after the last login, in their order."""
        event = tables.event
        rows = self.connection.execute(
            select(event.c.kind, event.c.entered_at)
            .where(
                event.c.subject == person,
                event.c.kind.in_(("login", "wrong-passphrase")),
                event.c.entered_at > format_moment(since),
            )
            .order_by(event.c.index)
        ).all()
        kinds = [kind for kind, _at in rows]
        first = len(kinds) - kinds[::-1].index("login") if "login" in kinds else 0
        return [parse_moment(at) for _kind, at in rows[first:]]

    def staged(self) -> Iterator[Staged]:
        """What waits for the archive, one version at a time, in the order of subjects and versions."""
        staging = tables.staging
        keys = self.connection.execute(
            select(staging.c.subject, staging.c.version).distinct().order_by(staging.c.subject, staging.c.version)
        ).all()
        for subject, version in keys:
            files = self.connection.execute(
                select(staging.c.path, staging.c.content)
                .where(staging.c.subject == subject, staging.c.version == version)
                .order_by(staging.c.path)
            )
            yield Staged(subject, version, {path: bytes(content) for path, content in files})

    def held(self, subjects: Collection[str]) -> set[tuple[str, str]]:
        """Those of the subjects that a hold keeps, each with the hold."""
        table = tables.held
        rows = self.connection.execute(select(table.c.subject, table.c.hold).where(table.c.subject.in_(subjects)))
        return {(str(subject), str(hold)) for subject, hold in rows}

    def tombstone(self, subject: str) -> str | None:
        """What is kept of a destroyed subject, as canonical text; none where it was not destroyed."""
        return self.connection.scalar(select(tables.tombstone.c.content).where(tables.tombstone.c.subject == subject))

    def last_checkpoint(self) -> tuple[int, str] | None:
        """Size and signed note of the greatest checkpoint; none before the first."""
        row = self.connection.execute(
            select(tables.checkpoint.c.size, tables.checkpoint.c.note)
            .order_by(tables.checkpoint.c.size.desc())
            .limit(1)
        ).first()
        return None if row is None else (row[0], row[1])

    def checkpoint(self, size: int) -> str | None:
        """The signed note of the checkpoint of ``size`` entries; none where none was made of so many."""
        return self.connection.scalar(select(tables.checkpoint.c.note).where(tables.checkpoint.c.size == size))

    def checkpoints(self) -> list[tuple[int, str]]:
        """Size and signed note of every checkpoint, the smallest first."""
        rows = self.connection.execute(
            select(tables.checkpoint.c.size, tables.checkpoint.c.note).order_by(tables.checkpoint.c.size)
        )
        return [(size, note) for size, note in rows]

    def event_count(self) -> int:
        """How many events there are, as the head says."""
        return int(self.connection.scalar(select(tables.head.c.size)) or 0)

    def events(self, start: int = 0, end: int | None = None) -> Iterator[Event]:
        """The events from index ``start`` up to and without ``end``, in their order."""
        event = tables.event
        end = self.event_count() if end is None else end
        for first in range(start, end, _EVENTS_AT_ONCE):
            rows = self.connection.execute(
                select(event)
                .where(event.c.index >= first, event.c.index < min(first + _EVENTS_AT_ONCE, end))
                .order_by(event.c.index)
            )
            for row in rows.all():
                yield Event(*row)

    def events_of(self, subject: str) -> list[Event]:
        """The events of one subject in their order, those without an act included."""
        rows = self.connection.execute(
            select(tables.event).where(tables.event.c.subject == subject).order_by(tables.event.c.index)
        )
        return [Event(*row) for row in rows]


def _act(subject: str, number: int, content: str) -> Act:
    return Act(subject, number, cast("Content", parse_json(content, f"{subject} {number}")))
