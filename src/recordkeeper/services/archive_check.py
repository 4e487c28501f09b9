"""The archive held against the register: every version that was archived is there, and nothing else.

Source: OCFL 1.1, 3 and 4; P-1
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from recordkeeper.errors import RecordkeeperError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, canonical, parse_json
from recordkeeper.model.event import Act, Event, History, salted_digest
from recordkeeper.ocfl.inventory import INVENTORY_NAME, SIDECAR_NAME, parse_inventory
from recordkeeper.ocfl.object_validation import Looked
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import validate_root
from recordkeeper.register import tables
from recordkeeper.register.inspection import Inspection, UnreadableTableError
from recordkeeper.services.disposal_check import is_going, stored_anew_after
from recordkeeper.services.evidence import FILES, Evidence, altered, begun_to_go
from recordkeeper.services.preservation import RECORD_FILE, record_file


def check_archive(
    root: StorageRoot,
    inspection: Inspection,
    evidence: Evidence,
    is_looked_at: Callable[[str], bool] | None = None,
    looked: Looked | None = None,
) -> list[Finding]:
    """Everything wrong with the storage root by itself, and against the register, both ways.

    Args:
        root: the archive's storage root.
        inspection: the register.
        evidence: what was read from it.
        is_looked_at: says of an object's folder, relative to the root, whether the object is looked at; all if absent.
            That it is there is asked of every one.
        looked: counts the objects, files and bytes that were looked at.
    """
    archived = _archived(evidence)
    staged = _staged(inspection)
    waiting = {
        (subject, version): version_waiting.inventory
        for subject, versions in staged.items()
        for version, version_waiting in versions.items()
        if version <= len(archived.get(subject, ()))
    }
    findings = _without_half_stored(validate_root(root, is_looked_at, looked), root, waiting)
    try:
        present = set(root.object_ids())
    except RecordkeeperError as error:
        return [*findings, Finding("archive-unreadable", Severity.CANNOT_ASSESS, "objects", str(error), FILES)]
    gone = begun_to_go(evidence) - present  # that their acts are not there is said of them where acts are looked at
    archived = {subject: events for subject, events in archived.items() if subject not in gone}
    for subject, events in archived.items():
        history = evidence.histories.get(subject)
        if history is not None and is_going(history) and subject not in present:
            message = _("its object has left the archive, its acts are still to go")
            findings.append(Finding("object-going", Severity.PENDING, subject, message, FILES))
            continue
        place = root.object_path(subject).relative_to(root.path).as_posix()
        if is_looked_at is None or is_looked_at(place) or subject not in present:
            findings += _object_findings(root, history, subject, events, present, staged.get(subject, {}))
    for subject in sorted(present & evidence.tombstones.keys()):
        message = _("the object of what was destroyed is still in the archive")
        findings.append(altered("object-left", subject, message, FILES))
    findings += _staging_findings(evidence, archived, staged)
    for subject in sorted(present - archived.keys() - evidence.tombstones.keys()):
        findings.append(altered("object-added", subject, _("an object that no act archived"), FILES))
    return findings


def check_staging(inspection: Inspection, evidence: Evidence) -> list[Finding]:
    """Everything wrong with what waits in the register for the archive; a part of ``check_archive``."""
    return list(_staging_findings(evidence, _archived(evidence), _staged(inspection)))


def _staging_findings(
    evidence: Evidence, archived: Mapping[str, Sequence[Event]], staged: "Mapping[str, Mapping[int, _Waiting]]"
) -> Iterator[Finding]:
    for subject, versions in staged.items():
        events, history = archived.get(subject, ()), evidence.histories.get(subject)
        for version in versions:
            if not 0 < version <= len(events):
                message = _("version {version} waits for the archive, and no act archived it").format(version=version)
                yield altered("staging-added", subject, message, FILES)
        waiting_from = min((version for version in versions if 0 < version <= len(events)), default=len(events) + 1)
        for version, event in enumerate(events[waiting_from - 1 :], waiting_from):
            found = versions.get(version, _Waiting())
            if history is not None and not is_as_bound(found.inventory, found.contents, history, version, event):
                message = _("version {version} waits for the archive, but not as it was made").format(version=version)
                yield altered("staging-altered", subject, message, FILES)


def _archived(evidence: Evidence) -> dict[str, list[Event]]:
    """The events by which each object's versions were made; none of what was destroyed, or was before made anew."""
    archived: dict[str, list[Event]] = {}
    anew = {subject: stored_anew_after(history) for subject, history in evidence.histories.items()}
    for event in evidence.events:
        if event.kind == "archive" and event.subject and event.subject not in evidence.tombstones:
            versions = archived.setdefault(event.subject, [])
            if (event.act_number or 0) > anew.get(event.subject, 0):
                versions.append(event)
    return archived


@dataclass(slots=True)
class _Waiting:
    """One version in table ``staging``: its inventory, and the digests of its contents by their paths."""

    inventory: bytes = b""
    contents: dict[str, str] = field(default_factory=dict)


def _staged(inspection: Inspection) -> dict[str, dict[int, _Waiting]]:
    """What lies in table ``staging``, by subject and version."""
    staged: dict[str, dict[int, _Waiting]] = {}
    try:
        for subject, version, path, content in inspection.raw_rows(tables.staging):
            data = bytes(content) if isinstance(content, bytes | memoryview) else b""
            if isinstance(subject, str) and isinstance(version, int) and isinstance(path, str):
                waiting = staged.setdefault(subject, {}).setdefault(version, _Waiting())
                if path == INVENTORY_NAME:
                    waiting.inventory = data
                elif path != SIDECAR_NAME:
                    waiting.contents[path] = hashlib.sha512(data).hexdigest()
    except UnreadableTableError:
        return staged  # staging states nothing about a record
    return staged


def _without_half_stored(
    findings: list[Finding], root: StorageRoot, waiting: Mapping[tuple[str, int], bytes]
) -> list[Finding]:
    """The findings but those of a version that is just being stored, which is pending.

    Its folder comes first, then the object's inventory, then the digest file of that.

    Args:
        findings: of the storage root by itself.
        root: the storage root.
        waiting: the inventory of each version that was archived and is staged, by subject and number.
    """
    half_stored: set[tuple[str, str]] = set()
    for (subject, version), inventory in waiting.items():
        place = f"{root.path.name}/{root.object_path(subject).relative_to(root.path).as_posix()}"
        try:
            if root.read_inventory(subject, version) == inventory:
                half_stored.add(("E046b", f"{place}/v{version}"))
            if root.read_inventory(subject) == inventory:
                half_stored.add(("E060", f"{place}/{SIDECAR_NAME}"))
        except RecordkeeperError:
            continue  # said by the storage root's own findings
    return [finding for finding in findings if (finding.code, finding.subject) not in half_stored]


def is_as_bound(
    inventory: bytes, contents: Mapping[str, str], history: History, version: int, event: Event | None
) -> bool:
    """Whether a version that waits is the one that its event binds, with the bytes of every file new in it.

    Args:
        inventory: the version's inventory.
        contents: SHA-512 of each file that waits with it, by its path in the object.
        history: of the object's subject.
        version: its number.
        event: of the act that archived it; none where there is none.
    """
    if event is None or salted_digest(history.salt, inventory) != event.bound_digest:
        return False
    try:
        manifest = parse_inventory(inventory, history.subject).manifest
    except RecordkeeperError:
        return False
    new = {
        path: file_digest
        for file_digest, paths in manifest.items()
        for path in paths
        if path.startswith(f"v{version}/")
    }
    return new == contents


def _object_findings(
    root: StorageRoot,
    history: History | None,
    subject: str,
    events: Sequence[Event],
    present: set[str],
    staged: dict[int, _Waiting],
) -> Iterator[Finding]:
    waiting_from = min((version for version in staged if 0 < version <= len(events)), default=len(events) + 1)
    if waiting_from <= len(events):
        message = _("version {version} waits for the archive").format(version=waiting_from)
        yield Finding("object-pending", Severity.PENDING, subject, message, FILES)
    stored = waiting_from - 1
    if subject not in present:
        if stored:
            yield altered("object-missing", subject, _("the object is not in the archive"), FILES)
        return
    try:
        inventory = root.read_inventory(subject)
        head = parse_inventory(inventory, subject).head if inventory else 0
    except RecordkeeperError as error:
        yield altered("object-unreadable", subject, str(error), FILES)
        return
    # a version whose bytes are still staged may have reached the archive already: a kill came before they were emptied
    if head not in {stored, *range(waiting_from, len(events) + 1)}:
        message = _("expected {expected} versions, found {found}").format(expected=stored, found=head)
        yield altered("version-count", subject, message, FILES)
        return
    if history is not None:
        yield from _version_findings(root, history, events[:head])


def _version_findings(root: StorageRoot, history: History, events: Sequence[Event]) -> Iterator[Finding]:
    for version, event in enumerate(events, 1):
        try:
            inventory = root.read_inventory(history.subject, version) or b""
            stored = root.read_file(history.subject, RECORD_FILE, version)
        except RecordkeeperError as error:
            yield altered("object-unreadable", history.subject, str(error), FILES)
            continue
        if salted_digest(history.salt, inventory) != event.bound_digest:
            message = _("inventory of version {version} is not the one that event {index} binds").format(
                version=version, index=event.index
            )
            yield altered("inventory-digest", history.subject, message, FILES)
        if event.act_number is not None and not _holds_acts(stored, history.up_to(event.act_number)):
            message = _("version {version}: {file} does not hold the acts").format(version=version, file=RECORD_FILE)
            yield altered("archived-acts", history.subject, message, FILES)


def _holds_acts(stored: bytes, history: History) -> bool:
    """Whether ``record.json`` holds exactly these acts, and for a sheet the rows with the digests that were listed."""
    try:
        value = cast("Content", parse_json(stored, RECORD_FILE))
        rows = [History(str(row["subject"]), _acts(row)) for row in cast("Sequence[Content]", value.get("rows", ()))]
        listed = [
            (f"record/{row['number']}", row["state"])
            for row in cast("Sequence[Content]", history.acts[-1].content.get("rows", ()))
        ]
        return [(row.subject, row.digests[-1]) for row in rows] == listed and record_file(history, rows) == stored
    except (RecordkeeperError, KeyError, IndexError, TypeError, ValueError, AttributeError):
        return False


def _acts(row: Content) -> tuple[Act, ...]:
    contents = cast("Sequence[Content]", row["acts"])
    for content in contents:
        canonical(content)
    return tuple(Act(str(row["subject"]), number, content) for number, content in enumerate(contents))
