"""Looking at the archive: its objects, whether they are what the register archived, and when that was last asked.

A check may look at all objects or at one of so many shares; the shares follow one another from check to check, so that
all has been looked at after as many checks as there are shares. Each leaves an event that says when, by whom, of what
share, and binds its report.

Source: ISO 9001, 7.5.3.2; OCFL 1.1, 3 and 4; C-7
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from recordkeeper.findings import Finding, Severity
from recordkeeper.model.canonical import Content, Json, canonical
from recordkeeper.model.event import Event, salted_digest
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.model.value import format_moment
from recordkeeper.ocfl.inventory import parse_inventory
from recordkeeper.ocfl.object_validation import Looked
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import share_of
from recordkeeper.register.acts import Register
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.services.archive_check import check_archive
from recordkeeper.services.enclosure import check_enclosures
from recordkeeper.services.evidence import read_evidence
from recordkeeper.services.people import Actor
from recordkeeper.services.setting import Setting
from recordkeeper.services.shelf import Shelf
from recordkeeper.services.sight import check_sight, sight_of

CHECK = "check"
REPORT_VERSION = 1
_FLAGS = re.compile(r"(?:share-(\d+)-of-(\d+) )?objects-(\d+) findings-(\d+)")


@dataclass(frozen=True, slots=True)
class ArchivedObject:
    """One object of the archive.

    Args:
        subject: its identifier.
        versions: how many it has.
        files: logical paths of the newest version.
        path: its folder below ``objects``.
    """

    subject: str
    versions: int
    files: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the archive that was done before, as its event tells.

    Args:
        at: UTC moment.
        by: the person.
        share: which of how many shares, from 1; none for the whole archive.
        objects: how many objects were looked at.
        findings: how many findings there were, those pending left out.
    """

    at: str
    by: str
    share: tuple[int, int] | None
    objects: int
    findings: int


@dataclass(slots=True)
class Checked:
    """What a check looked at and found.

    Args:
        at: UTC moment.
        share: which of how many shares, from 1; none for the whole archive.
        looked: objects, files and bytes.
        seconds: how long it took.
        findings: everything wrong, pending ones included.
    """

    at: str
    share: tuple[int, int] | None
    looked: Looked = field(default_factory=Looked)
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that are more than pending."""
        return tuple(finding for finding in self.findings if finding.severity is not Severity.PENDING)

    @property
    def report(self) -> Content:
        """The report that the event binds: of every check of the same archive the same, but for its moment."""
        findings: list[Json] = [
            {"code": each.code, "severity": str(each.severity), "subject": each.subject, "message": each.message}
            for each in self.findings
        ]
        return {
            "version": REPORT_VERSION,
            "at": self.at,
            "share": list(self.share) if self.share else None,
            "objects": self.looked.objects,
            "files": self.looked.files,
            "bytes": self.looked.bytes,
            "findings": findings,
        }


def list_objects(register: Register, root: StorageRoot, actor: Actor, now: datetime) -> list[ArchivedObject]:
    """Every object that is seen and can be read, in the order of identifiers.

    Files of a record that may not be read are not named: what is attached to it may tell whom it is about.

    Raises:
        ArchiveError: the storage root cannot be read.
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        sight, shelf = sight_of(snapshot, actor, "archive list", now), Shelf(Setting(snapshot, now), actor.subject)
        closed = {row.subject for row in find_records(snapshot, RecordQuery()) if not shelf.is_readable(row)}
    objects: list[ArchivedObject] = []
    for subject in sorted(filter(sight.sees, root.object_ids())):
        inventory = parse_inventory(root.read_inventory(subject) or b"", subject)
        files = sorted(path for paths in inventory.states[inventory.head].values() for path in paths)
        place = root.object_path(subject).relative_to(root.path).as_posix()
        objects.append(ArchivedObject(subject, inventory.head, () if subject in closed else tuple(files), place))
    return objects


def check(register: Register, root: StorageRoot, actor: Actor, now: datetime, shares: int | None = None) -> Checked:
    """Look at the archive by itself and against the register; an event says that it was done.

    Args:
        register: the open register.
        root: the archive's storage root.
        actor: who has it done.
        now: aware, UTC.
        shares: look at one share of so many, the one after that of the last check in as many; at all if absent.

    Raises:
        OutOfScopeError: an auditor's account of a part of the company, for a check tells of all of it.
        AuditEndedError, DisabledPersonError: as ``check_right``.
        RegisterError: the database cannot be read, or takes no event.
    """
    check_sight(register, actor, "archive check", now)
    share = _next_share(_checks_done(register), shares)
    checked = Checked(format_moment(now), share)
    began = time.monotonic()
    with open_for_verification(register.url) as inspection:
        evidence = read_evidence(inspection)
        is_looked_at = None
        if share is not None:
            turn, of = share
            is_looked_at = lambda place: share_of(place, of) == turn - 1  # noqa: E731 - a condition of two numbers
        findings = check_archive(root, inspection, evidence, is_looked_at, checked.looked)
        findings += check_enclosures(root.path.parent, evidence)
    checked.seconds = time.monotonic() - began
    checked.findings = tuple(dict.fromkeys(findings))
    _leave_event(register, checked, actor, now)
    return checked


def list_checks(register: Register, actor: Actor, now: datetime) -> list[Check]:
    """The checks of the archive that were done, the oldest first, for whoever sees the whole company.

    Raises:
        OutOfScopeError: an auditor's account with a narrower scope.
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    check_sight(register, actor, "archive check", now)
    return _checks_done(register)


def _checks_done(register: Register) -> list[Check]:
    with register.reading() as snapshot:
        return [_told(event) for event in snapshot.events_of(ROOT_UNIT) if event.kind == CHECK]


def _told(event: Event) -> Check:
    said = _FLAGS.search(event.flags)
    turn, of, objects, findings = said.groups() if said else (None, None, "0", "0")
    share = (int(turn), int(of)) if turn and of else None
    return Check(event.entered_at, event.actor, share, int(objects), int(findings))


def _next_share(done: Iterable[Check], shares: int | None) -> tuple[int, int] | None:
    if shares is None or shares == 1:
        return None
    last = 0
    for each in done:
        if each.share and each.share[1] == shares:
            last = each.share[0]
    return last % shares + 1, shares


def _leave_event(register: Register, checked: Checked, actor: Actor, now: datetime) -> None:
    share = [f"share-{checked.share[0]}-of-{checked.share[1]}"] if checked.share else []
    flags = [*share, f"objects-{checked.looked.objects}", f"findings-{len(checked.problems)}"]
    with register.writing(now=now) as transaction:
        root = transaction.history(ROOT_UNIT)
        bound = salted_digest(root.salt, canonical(checked.report)) if root else None
        transaction.note(CHECK, actor=actor.subject, subject=ROOT_UNIT, bound_digest=bound, flags=flags)
