"""The publisher: archives what is due, moves staged versions into place, publishes the log; never backwards.

Every step can be done again: a kill between any two leaves the next publisher to begin at the first unfinished one.
The register is committed first, so an archive ahead of the register is altered and a register ahead is pending.
Nothing here is asked of the person whose act it follows.

Source: C2SP tlog-tiles; OCFL 1.1, 3
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha512
from pathlib import Path

from recordkeeper.documents.pdf import LibreOfficeMissingError
from recordkeeper.documents.printout import print_pdfs
from recordkeeper.durable import lock_file
from recordkeeper.errors import ArchiveError, LogError, RecordkeeperError, RefusalError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.model.event import Event, salted_digest
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.ocfl.inventory import PreparedVersion, format_sidecar, parse_inventory, prepare_version
from recordkeeper.ocfl.storage_root import StorageRoot, UnreachableArchiveError, VersionConflictError
from recordkeeper.register.acts import Register
from recordkeeper.register.snapshot import Snapshot, Staged
from recordkeeper.services.archive_check import is_as_bound
from recordkeeper.services.catalogue import form_of
from recordkeeper.services.company import company
from recordkeeper.services.derivation import rows_following
from recordkeeper.services.disposal_check import stored_anew_after
from recordkeeper.services.enclosure import enclose
from recordkeeper.services.log_keys import settle_log_key, signing_log_key
from recordkeeper.services.packing import clear_packages
from recordkeeper.services.preservation import RECORD_FILE, Draft, archive_act, draft_of, record_file, subjects_due
from recordkeeper.services.right import Acting, check_right_first
from recordkeeper.services.setting import Setting
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    LogKey,
    format_checkpoint,
    is_signed_by,
    previous_line,
    sign_note,
)
from recordkeeper.tlog.log import write_checkpoint
from recordkeeper.tlog.tiles import TileLog

SUBJECTS_AT_ONCE = 40
LOCK_SECONDS = 30.0
INVENTORY, SIDECAR = "inventory.json", "inventory.json.sha512"


class LogAheadError(LogError, RefusalError):
    """The published log holds more than the register knows of: one of the two was put back."""

    def __init__(self, log_size: int, event_count: int) -> None:
        super().__init__(
            _("log: {log_size} entries are published, the register has {event_count} events").format(
                log_size=log_size, event_count=event_count
            ),
            subject="log",
            expected=str(event_count),
            found=str(log_size),
        )


class PublisherBusyError(LogError, UnavailableError):
    """Another publisher holds the lock."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: another publisher is at work").format(path=path), subject=str(path))


class ArchiveAbsentError(ArchiveError, UnavailableError):
    """Of all that was published nothing is where the archive should be: its disk is not mounted, or it was taken away.

    A new archive begun there would hold what comes from now on, and the old one would never get it.
    """

    def __init__(self, archive: Path) -> None:
        message = _("{path}: nothing of what was published is here; expected the archive: is its disk mounted?")
        super().__init__(message.format(path=archive), subject=str(archive), expected="log/tile")


@dataclass(frozen=True, slots=True)
class Publisher:
    """The parts that publishing needs.

    Args:
        register: the open register.
        archive: the archive's folder, with ``objects``, ``incoming`` and ``log`` below it.
        storage_root: its storage root.
        log_key_path: the file of the log's private key.
    """

    register: Register
    archive: Path
    storage_root: StorageRoot
    log_key_path: Path

    @property
    def log_path(self) -> Path:
        """The folder of tiles and checkpoint."""
        return self.archive / "log"


@dataclass(slots=True)
class Outcome:
    """What a run of the publisher did, and what it left.

    Args:
        archived: subjects archived by this run.
        stored: versions moved into the archive by this run.
        log_size: entries of the log after it.
        without_pdf: documents archived without their PDF.
        problems: why something is still pending.
    """

    archived: list[str] = field(default_factory=list)
    stored: int = 0
    log_size: int = 0
    without_pdf: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pending:
    """What is committed and not yet archived, stored or published."""

    unarchived: tuple[str, ...]
    unstored: tuple[str, ...]
    unpublished: int

    @property
    def is_nothing(self) -> bool:
        """Whether everything is archived, stored and published."""
        return not (self.unarchived or self.unstored or self.unpublished)


def pending(register: Register) -> Pending:
    """What waits for a publisher."""
    with register.reading() as snapshot:
        last = snapshot.last_checkpoint()
        return Pending(
            tuple(subjects_due(snapshot)),
            tuple(f"{staged.subject} v{staged.version}" for staged in snapshot.staged()),
            snapshot.event_count() - (last[0] if last else 0),
        )


def publish(publisher: Publisher, now: datetime) -> Outcome:
    """Do everything that waits: store, archive, store, publish the log.

    Args:
        publisher: the parts.
        now: aware, UTC: the moment of the acts ``archive``.

    Returns:
        What was done; a step that the archive refused is among the problems, and left for the next run.

    Raises:
        RegisterError: the database failed.
        PublisherBusyError: another publisher was at work for 30 seconds.
        UnreachableArchiveError: the archive's folder cannot be written to, or is not there.
        ArchiveAbsentError: nothing of what was published is there.
        UnusableLogKeyError: there is no log key here.
    """
    LogKey.load(publisher.log_key_path)  # a machine without a key publishes nothing
    with publisher.register.reading() as snapshot:
        # Tiles are written before the register notes their checkpoint: where it has one, they stand.
        if snapshot.last_checkpoint() and not TileLog(publisher.log_path).is_begun:
            raise ArchiveAbsentError(publisher.archive)
    with publisher_lock(publisher.archive):
        return publish_under_lock(publisher, now)


def resume(publisher: Publisher, actor: Acting, now: datetime) -> Outcome:
    """As ``publish``, for somebody who asks for it.

    Raises:
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        Others: as ``publish``.
    """
    check_right_first(publisher.register, actor, "archive resume", now)
    return publish(publisher, now)


def publish_under_lock(publisher: Publisher, now: datetime) -> Outcome:
    """As ``publish``, by whoever holds the publisher's lock and has the log's key."""
    outcome = Outcome()
    try:
        _store_staged(publisher, now, outcome)
        _archive_due(publisher, now, outcome)
        enclose(publisher.register, publisher.archive, now)
        _publish_log(publisher, now, outcome)
        with publisher.register.reading() as snapshot:
            outcome.problems += clear_packages(snapshot, publisher.archive)
    except (RecordkeeperError, OSError) as error:
        outcome.problems.append(str(error))
    return outcome


@contextmanager
def publisher_lock(archive: Path) -> Iterator[None]:
    """One publisher at a time, no new log key meanwhile; the lock is the system's, a killed publisher holds none."""
    path = archive / "publisher.lock"
    try:
        descriptor = lock_file(path, LOCK_SECONDS)
    except BlockingIOError:
        raise PublisherBusyError(path) from None
    except OSError as error:
        raise UnreachableArchiveError(str(path), error) from error
    try:
        yield
    finally:
        os.close(descriptor)


# ---- archive -------------------------------------------------------------------------------------------------------


def _archive_due(publisher: Publisher, now: datetime, outcome: Outcome) -> None:
    with publisher.register.reading() as snapshot:
        # A version that could not be stored is the base of the next one.
        kept_back = {staged.subject for staged in snapshot.staged()}
        due = [subject for subject in subjects_due(snapshot) if subject not in kept_back]
    for first in range(0, len(due), SUBJECTS_AT_ONCE):
        _archive_some(publisher, due[first : first + SUBJECTS_AT_ONCE], now, outcome)


def _archive_some(publisher: Publisher, subjects: Sequence[str], now: datetime, outcome: Outcome) -> None:
    with publisher.register.reading() as snapshot:
        setting = Setting(snapshot, now)
        drafts: list[Draft] = []
        for subject in subjects:
            try:
                draft = draft_of(snapshot, setting, subject)
            except RecordkeeperError as error:
                outcome.problems.append(f"{subject}: {error}")
                continue
            if draft is not None:
                drafts.append(draft)
    pdfs = _pdfs_of(drafts, outcome)
    for draft in drafts:
        try:
            is_archived = _archive_one(publisher, draft, pdfs.get(draft.document), now)
        except UnreachableArchiveError:
            raise
        except ArchiveError as error:
            outcome.problems.append(str(error))
            continue
        if is_archived:
            outcome.archived.append(draft.history.subject)
    _store_staged(publisher, now, outcome)


def _pdfs_of(drafts: Sequence[Draft], outcome: Outcome) -> dict[str, bytes]:
    documents = {draft.document: draft.printout for draft in drafts if draft.document}
    if not documents:
        return {}
    try:
        return print_pdfs(documents)
    except LibreOfficeMissingError:
        outcome.without_pdf += len(documents)
    except RecordkeeperError as error:
        outcome.without_pdf += len(documents)
        outcome.problems.append(str(error))
    return {}


def _archive_one(publisher: Publisher, draft: Draft, pdf: bytes | None, now: datetime) -> bool:
    """Archive a subject, unless it has changed since it was drafted: the next run renders it again."""
    subject = draft.history.subject
    previous = publisher.storage_root.read_inventory(subject)
    version = parse_inventory(previous, subject).head + 1 if previous else 1
    with publisher.register.writing(now=now) as transaction:
        transaction.lock(subject)
        if not draft.is_current(transaction):
            return False
        setting = Setting(transaction, now)
        content = archive_act(setting, draft, version, has_pdf=pdf is not None)
        after = draft.history.followed_by(content)
        files = {**draft.files, RECORD_FILE: record_file(after, draft.rows)}
        if pdf is not None:
            files[draft.document.removesuffix(".docx") + ".pdf"] = pdf
        prepared = prepare_version(
            subject,
            previous,
            files,
            created=setting.moment.at,
            message="archive",
            user_name="recordkeeper",
            user_address=f"urn:recordkeeper:{setting.root.subject.replace('/', ':')}",
        )
        transaction.append(
            draft.history,
            content,
            rows_following(after, lambda code, revision: form_of(transaction, code, revision)),
            bound_digest=salted_digest(after.salt, prepared.inventory),
        )
        staged = {INVENTORY: prepared.inventory, SIDECAR: prepared.sidecar, **prepared.contents}
        transaction.stage(subject, version, staged)
    return True


# ---- store ---------------------------------------------------------------------------------------------------------


def _store_staged(publisher: Publisher, now: datetime, outcome: Outcome) -> None:
    """Move staged versions into the archive; one object that does not take its version keeps back no other."""
    with publisher.register.reading() as snapshot:
        waiting = [(staged, _is_made_by_program(snapshot, staged)) for staged in snapshot.staged()]
    kept_back: set[str] = set()
    for staged, is_ours in waiting:
        if staged.subject in kept_back:
            continue
        try:
            if not is_ours:
                raise VersionConflictError(staged.subject, staged.version, _("not as an act archived it"))
            publisher.storage_root.add_version(prepared_of(staged))
        except UnreachableArchiveError:
            raise
        except ArchiveError as error:
            kept_back.add(staged.subject)
            if str(error) not in outcome.problems:
                outcome.problems.append(str(error))
            continue
        with publisher.register.writing(now=now) as transaction:
            transaction.unstage(staged.subject, staged.version)
        outcome.stored += 1


def _is_made_by_program(snapshot: Snapshot, staged: Staged) -> bool:
    """Whether what waits is what an act archived: nothing guards table ``staging``, and the archive only grows."""
    history = snapshot.history(staged.subject)
    inventory = staged.files.get(INVENTORY)
    if history is None or inventory is None or staged.files.get(SIDECAR) != format_sidecar(inventory):
        return False
    since = stored_anew_after(history)
    events = snapshot.events_of(staged.subject)
    archived = [event for event in events if event.kind == "archive" and (event.act_number or 0) > since]
    event = archived[staged.version - 1] if 0 < staged.version <= len(archived) else None
    contents = {path: sha512(data).hexdigest() for path, data in prepared_of(staged).contents.items()}
    return is_as_bound(inventory, contents, history, staged.version, event)


def prepared_of(staged: Staged) -> PreparedVersion:
    """The version whose bytes lie in table ``staging``."""
    contents = {path: data for path, data in staged.files.items() if path not in {INVENTORY, SIDECAR}}
    return PreparedVersion(staged.subject, staged.version, staged.files[INVENTORY], staged.files[SIDECAR], contents)


# ---- publish -------------------------------------------------------------------------------------------------------


def _publish_log(publisher: Publisher, now: datetime, outcome: Outcome) -> None:
    log = TileLog(publisher.log_path)
    with publisher.register.reading() as snapshot:
        size, last = snapshot.event_count(), snapshot.last_checkpoint()
        start = last[0] if last else 0
        if log.size() > size:
            raise LogAheadError(log.size(), size)
        events: list[Event] = list(snapshot.events(start, size))
        key = signing_log_key(publisher.log_key_path, company(snapshot).log_key)
        is_settled = key.verifier == LogKey.load(publisher.log_key_path).verifier
        if not is_settled and (ROOT_UNIT in subjects_due(snapshot) or _has_staged(snapshot, ROOT_UNIT)):
            # Whoever has the archive alone could not tell the new key from a forged one.
            outcome.problems.append(_("log: the new key's rotation is not yet archived"))
            return
    outcome.log_size = size
    if last is not None:
        # A killed publisher may have left it unpublished: so the published one is the newest or the one before.
        write_checkpoint(publisher.log_path, last[1])
    if events:
        log.append(start, [event.leaf for event in events])
        extensions = (previous_line(*last),) if last else ()
        note = sign_note(format_checkpoint(Checkpoint(key.name, size, log.root(size), extensions)), key)
        with publisher.register.writing(now=now) as transaction:
            transaction.add_checkpoint(size, note)
        write_checkpoint(publisher.log_path, note)
    elif last is None:
        return
    else:
        note = last[1]
    if not is_settled and is_signed_by(note, key.verifier):
        settle_log_key(publisher.log_key_path, key)


def _has_staged(snapshot: Snapshot, subject: str) -> bool:
    return any(staged.subject == subject for staged in snapshot.staged())
