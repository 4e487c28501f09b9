"""Reading the trail: its events, and the newest checkpoint over them."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from recordkeeper.documents.checkpoint_sheet import PaperCheckpoint, checkpoint_sheet
from recordkeeper.documents.printout import Printout, print_pdfs
from recordkeeper.documents.qr_symbol import MOST_CHARACTERS
from recordkeeper.errors import LogError, MissingError
from recordkeeper.language import translate as _
from recordkeeper.model.event import Event
from recordkeeper.register.acts import Register
from recordkeeper.services.company import company
from recordkeeper.services.people import Actor
from recordkeeper.services.retrieval import subject_named
from recordkeeper.services.right import check_right
from recordkeeper.services.sight import sight_of
from recordkeeper.tlog.checkpoint import code_of_checkpoint, root_groups, short_checkpoint, unverified_checkpoint


class NoCheckpointError(LogError, MissingError):
    """Nothing has been published yet."""

    def __init__(self) -> None:
        super().__init__(_("log: no checkpoint yet: nothing has been published"), subject="log")


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest checkpoint.

    Args:
        size: how many events it covers.
        short: as forms print it.
        note: the signed note.
    """

    size: int
    short: str
    note: str


def list_events(
    register: Register, actor: Actor, now: datetime, subject: str | None, first: int | None, limit: int
) -> list[Event]:
    """Events of the trail that are seen, in their order: of one subject or all, from an index or the newest.

    Args:
        register: the open register.
        actor: who asks.
        now: aware, UTC.
        subject: a subject or a record's number; None for all.
        first: index of the first; None for the newest ones.
        limit: how many at most.

    Raises:
        UnknownRecordError: no record of that number.
        OutOfScopeError: not in an auditor's scope.
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        sight = sight_of(snapshot, actor, "audit log", now)
        if subject is not None:
            name = subject_named(snapshot, subject)
            sight.check(name)
            events = [event for event in snapshot.events_of(name) if first is None or event.index >= first]
            return events[:limit] if first is not None else events[-limit:]
        if sight.seen is not None:
            seen = (event for event in snapshot.events(first or 0, snapshot.event_count()) if sight.sees_event(event))
            return list(islice(seen, limit)) if first is not None else list(deque(seen, maxlen=limit))
        start = max(0, snapshot.event_count() - limit) if first is None else first
        return list(snapshot.events(start, min(start + limit, snapshot.event_count())))


def checkpoint_on_paper(register: Register, newest: Newest, now: datetime) -> bytes:
    """The Word file of a page that says a checkpoint, with its print code.

    Args:
        register: the open register.
        newest: the checkpoint.
        now: aware: the moment of the printing.
    """
    with register.reading() as snapshot:
        unit = company(snapshot)
    checkpoint = unverified_checkpoint(newest.note)
    page = PaperCheckpoint(
        company=unit.name_zh,
        company_en=unit.name_en,
        size=newest.size,
        root=root_groups(checkpoint),
        short=newest.short,
        code=code_of_checkpoint(checkpoint, MOST_CHARACTERS),
        key=unit.log_key,
        note=newest.note,
        printed_on=now.astimezone(unit.zone).date().isoformat(),
    )
    return checkpoint_sheet(page)


def checkpoint_in_print(register: Register, newest: Newest, now: datetime) -> bytes:
    """The same page as a PDF.

    Raises:
        LibreOfficeMissingError: there is no LibreOffice.
        PdfFailedError: it failed.
    """
    return print_pdfs({"checkpoint": Printout(checkpoint_on_paper(register, newest, now))})["checkpoint"]


def newest_checkpoint(register: Register, actor: Actor, now: datetime) -> Newest:
    """The newest checkpoint.

    Raises:
        NoCheckpointError: there is none yet.
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        check_right(snapshot, actor, "audit checkpoint", now)
        last = snapshot.last_checkpoint()
    if last is None:
        raise NoCheckpointError
    size, note = last
    return Newest(size, short_checkpoint(unverified_checkpoint(note)), note)
