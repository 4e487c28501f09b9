"""Second copies of the archive: where they are kept, how they follow the first, and what each of the two knows better.

A mirror has the layout of the archive and is one: the stand-alone verifier takes it like the first. It only grows; an
object goes from it only when it was destroyed by disposition, and then from every mirror that is registered.

Source: ISO 9001, 7.5.3.2; MoReq2010, 8; M-7, P-3
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from recordkeeper.durable import make_folder, read_plain_file, replace_file
from recordkeeper.errors import (
    ArchiveError,
    InvalidInputError,
    LogError,
    MissingError,
    UnavailableError,
    system_reason,
)
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import salted_digest
from recordkeeper.model.subject import kind_of
from recordkeeper.model.unit import ROOT_UNIT, Unit
from recordkeeper.ocfl.second_root import DivergedError, bring_in_step
from recordkeeper.ocfl.storage_root import StorageRoot, UnreachableArchiveError
from recordkeeper.ocfl.validation import validate_root
from recordkeeper.register.acts import Register
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.company import company
from recordkeeper.services.disposal_check import stored_anew_after
from recordkeeper.services.enclosure import ENCLOSURES
from recordkeeper.services.evidence import FILES
from recordkeeper.services.people import Actor
from recordkeeper.services.places import append_unit
from recordkeeper.services.publication import Publisher, publisher_lock
from recordkeeper.services.right import check_right
from recordkeeper.tlog.log import read_checkpoint, verify_log
from recordkeeper.tlog.second_log import bring_log_in_step
from recordkeeper.tlog.tiles import UnreachableLogError

MIRRORED = "mirrored"
_ENCLOSURE_BYTES_LIMIT = 1024 * 1024

Advance = Callable[[], object]


class UnusableMirrorError(ArchiveError, InvalidInputError):
    """A folder in which no second copy can be kept: part of the archive, around it, or full of other things."""

    def __init__(self, place: Path, found: str) -> None:
        expected = _("an empty folder, or a mirror, apart from the archive")
        message = _("mirror {place}: expected {expected}, found {found}").format(
            place=place, expected=expected, found=found
        )
        super().__init__(message, subject=str(place), expected=expected, found=found)


class AbsentMirrorError(ArchiveError, UnavailableError):
    """A registered mirror is not there: a disk that is not plugged in, a share that is not mounted."""

    def __init__(self, place: Path) -> None:
        message = _("mirror {place}: not there; is its disk plugged in, its share mounted?").format(place=place)
        super().__init__(message, subject=str(place))


class NoMirrorError(ArchiveError, MissingError):
    """No mirror is registered."""

    def __init__(self) -> None:
        super().__init__(_("mirror: none is kept yet; name a folder"), subject="mirror")


@dataclass(frozen=True, slots=True)
class Mirror:
    """One second copy of the archive.

    Args:
        place: its folder.
    """

    place: Path

    @property
    def root(self) -> StorageRoot:
        """Its storage root."""
        return StorageRoot(self.place / "objects", self.place / "incoming")

    @property
    def is_there(self) -> bool:
        """Whether its storage root can be reached."""
        return (self.root.path / "0=ocfl_1.1").is_file()


@dataclass(slots=True)
class Followed:
    """What was done to a mirror, and what is wrong with it.

    Args:
        place: its folder.
        objects: how many objects it holds now.
        versions: how many versions were copied.
        entries: how many entries of the log were copied.
        removed: subjects that were destroyed and went from it now.
        findings: what differs, and what is damaged in the mirror; subjects are paths that begin with its folder.
    """

    place: Path
    objects: int = 0
    versions: int = 0
    entries: int = 0
    removed: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def mirrors_of(snapshot: Snapshot) -> list[Mirror]:
    """The registered mirrors, in the order in which they were registered."""
    return [Mirror(Path(place)) for place in company(snapshot).mirrors]


def keep_mirror(publisher: Publisher, actor: Actor, folder: Path, now: datetime) -> Mirror:
    """Register a folder as a mirror; one that is registered already is given back.

    Args:
        publisher: whose archive is to be mirrored.
        actor: a controller of the company.
        folder: empty, not there yet, or a mirror already.
        now: aware, UTC.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        UnusableMirrorError: the folder holds something else, or lies in the archive or around it.
        ArchiveError: the folder cannot be made.
    """
    mirror = Mirror(folder.resolve())
    with publisher.register.reading() as snapshot:
        check_right(snapshot, actor, "archive mirror", now)
        if str(mirror.place) in company(snapshot).mirrors:
            return mirror
    _check_usable(mirror, publisher.archive.resolve())
    mirror.root.create()
    _act(publisher.register, actor, now, lambda unit: unit.mirror(by=actor.subject, at=now, place=str(mirror.place)))
    return mirror


def forget_mirror(register: Register, actor: Actor, folder: Path, now: datetime) -> Mirror:
    """Keep a mirror no longer; its files stay where they are, and no disposition reaches them any more.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        UnknownMirrorError: none is registered there.
    """
    place = str(folder.resolve())
    _act(register, actor, now, lambda unit: unit.unmirror(by=actor.subject, at=now, place=place))
    return Mirror(Path(place))


def _act(register: Register, actor: Actor, now: datetime, decide: Callable[[Unit], Content]) -> None:
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "archive mirror", now)
        transaction.lock(ROOT_UNIT)
        history = transaction.history(ROOT_UNIT)
        if history is None:
            raise AssertionError(ROOT_UNIT)
        append_unit(transaction, history, decide(Unit.replay(history)))


def _check_usable(mirror: Mirror, archive: Path) -> None:
    place = mirror.place
    if place.is_relative_to(archive) or archive.is_relative_to(place):
        raise UnusableMirrorError(place, str(archive))
    try:
        names = sorted(each.name for each in place.iterdir()) if place.exists() else []
    except OSError as error:
        raise UnusableMirrorError(place, system_reason(error)) from error
    if names and not (mirror.root.path / "ocfl_layout.json").is_file():
        raise UnusableMirrorError(place, names[0])


def follow(
    publisher: Publisher, mirror: Mirror, actor: Actor, now: datetime, advance: Advance = lambda: None
) -> Followed:
    """Bring a mirror in step with the archive and check every file of it; an event says when.

    Each object is copied under the publisher's lock, so that none comes back that is being destroyed.

    Args:
        publisher: the archive that it follows.
        mirror: a registered one.
        actor: who has it done.
        now: aware, UTC.
        advance: called for each object.

    Raises:
        AbsentMirrorError: it is not there.
        ArchiveError, LogError: its disk refuses, or the archive's.
    """
    if not mirror.is_there:
        raise AbsentMirrorError(mirror.place)
    followed = Followed(mirror.place)
    first = publisher.storage_root
    for subject in sorted(first.object_ids()):
        with publisher_lock(publisher.archive):
            is_made_anew = _is_made_anew(publisher.register, subject)
            _copy_object(first, mirror, subject, followed, is_made_anew=is_made_anew)
        advance()
    followed.findings += _beyond(publisher, mirror, followed)
    with publisher_lock(publisher.archive):
        _copy_log(publisher, mirror, followed)
        _copy_enclosures(publisher.archive, mirror)
    followed.findings += [_told(mirror, finding) for finding in validate_root(mirror.root)]
    followed.objects = sum(1 for _subject in mirror.root.object_ids())
    _leave_event(publisher, mirror, actor, now)
    return followed


def _copy_object(first: StorageRoot, mirror: Mirror, subject: str, followed: Followed, *, is_made_anew: bool) -> None:
    if first.read_inventory(subject) is None:
        return  # destroyed since the list was made
    try:
        followed.versions += bring_in_step(first, mirror.root, subject)
    except UnreachableArchiveError:
        raise
    except DivergedError as error:
        if not is_made_anew:
            followed.findings.append(_finding(mirror, "mirror-object", subject, str(error)))
            return
        # what was erased from it is still in the copy that could not be reached then
        mirror.root.remove_object(subject)
        followed.removed.append(subject)
        followed.versions += bring_in_step(first, mirror.root, subject)
    except ArchiveError as error:
        followed.findings.append(_finding(mirror, "mirror-object", subject, str(error)))


def _is_made_anew(register: Register, subject: str) -> bool:
    """Whether an object has begun at version 1 again, after a disposal that left the subject standing."""
    with register.reading() as snapshot:
        history = snapshot.history(subject) if kind_of(subject) in {"record", "sheet"} else None
    return history is not None and stored_anew_after(history) > 0


def _beyond(publisher: Publisher, mirror: Mirror, followed: Followed) -> Iterator[Finding]:
    """What the mirror has and the archive has not: what was destroyed goes, all else is said and stays."""
    beyond = sorted(set(mirror.root.object_ids()) - set(publisher.storage_root.object_ids()))
    for subject in beyond:
        with publisher_lock(publisher.archive), publisher.register.reading() as snapshot:
            if publisher.storage_root.read_inventory(subject) is not None:
                continue  # archived since
            is_destroyed = snapshot.history(subject) is None and snapshot.tombstone(subject) is not None
            if is_destroyed and mirror.root.remove_object(subject):
                followed.removed.append(subject)
        if not is_destroyed:
            message = _("{subject}: the mirror holds it, the archive does not").format(subject=subject)
            yield _finding(mirror, "mirror-beyond", subject, message)


def _copy_log(publisher: Publisher, mirror: Mirror, followed: Followed) -> None:
    log = mirror.place / "log"
    try:
        followed.entries = bring_log_in_step(publisher.log_path, log)
    except UnreachableLogError:
        raise
    except LogError as error:
        followed.findings.append(_finding(mirror, "mirror-log", "log", str(error)))
    # Who signed it is asked of the first log, which is the same one.
    stored = [finding for finding in verify_log(log, None, None) if finding.code != "checkpoint-key"]
    followed.findings += [_told(mirror, finding) for finding in stored if finding.severity is not Severity.PENDING]


def _copy_enclosures(archive: Path, mirror: Mirror) -> None:
    try:
        for name in ENCLOSURES:
            if (archive / name).is_file():
                data = read_plain_file(archive / name, _ENCLOSURE_BYTES_LIMIT)
                make_folder(mirror.place / "incoming")
                replace_file(mirror.place / name, data, mirror.place / "incoming" / name)
    except OSError as error:
        raise UnreachableArchiveError(str(mirror.place), error) from error


def _leave_event(publisher: Publisher, mirror: Mirror, actor: Actor, now: datetime) -> None:
    """Say in the trail when a mirror was brought in step, and up to which checkpoint."""
    note = read_checkpoint(mirror.place / "log") or ""
    with publisher.register.writing(now=now) as transaction:
        root = transaction.history(ROOT_UNIT)
        if root is not None:
            digest = salted_digest(root.salt, f"{mirror.place}\n{note}".encode())
            transaction.note(MIRRORED, actor=actor.subject, subject=ROOT_UNIT, bound_digest=digest)


def remove_from_mirrors(mirrors: Sequence[Mirror], subject: str) -> list[Path]:
    """Remove the object of a destroyed subject from every mirror; the caller holds the publisher's lock.

    Where a mirror cannot be reached now, it goes when that mirror is next brought in step, for its tombstone stands.

    Args:
        mirrors: from ``mirrors_of``.
        subject: what was destroyed.

    Returns:
        The mirrors that could not be reached, and may still hold it.
    """
    unreached: list[Path] = []
    for mirror in mirrors:
        try:
            if not mirror.is_there:
                raise AbsentMirrorError(mirror.place)
            mirror.root.remove_object(subject)
        except (ArchiveError, LogError):
            unreached.append(mirror.place)
    return unreached


def _finding(mirror: Mirror, code: str, subject: str, message: str) -> Finding:
    return Finding(code, Severity.ALTERED, f"{mirror.place}/{subject}", message, FILES)


def _told(mirror: Mirror, finding: Finding) -> Finding:
    return replace(finding, subject=f"{mirror.place}/{finding.subject}")


def mirrors_to_follow(publisher: Publisher) -> list[Mirror]:
    """Every registered mirror.

    Raises:
        NoMirrorError: there is none.
    """
    with publisher.register.reading() as snapshot:
        mirrors = mirrors_of(snapshot)
    if not mirrors:
        raise NoMirrorError
    return mirrors
