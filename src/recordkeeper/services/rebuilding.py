"""A workspace brought back from the archive alone: every subject that was archived, and the whole published trail.

The archive is copied, never written to. What was open, parties and premises were never in it, nor were passphrases and
keys: the trail tells of them, ``verify`` lists them and says that it cannot assess them. Numbers that the trail knows
are not given again. What was destroyed stays destroyed: its tombstone comes back from the list that names it.

Source: P-2, P-3; M-7; ISO 9001, 7.5.3.2
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import cast

from recordkeeper.durable import make_folder, open_plain_file, write_blocks
from recordkeeper.errors import ArchiveError, InvalidInputError, MissingError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, canonical, parse_json
from recordkeeper.model.event import Act, Event, History, text_of
from recordkeeper.model.subject import PROGRAM, kind_of
from recordkeeper.ocfl.inventory import parse_inventory
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import validate_root
from recordkeeper.register import tables
from recordkeeper.register.acts import Register
from recordkeeper.register.dump import written_line
from recordkeeper.register.engine import restore_register
from recordkeeper.register.schema import REVISIONS
from recordkeeper.services.backup import note
from recordkeeper.services.disposal_check import check_disposed
from recordkeeper.services.evidence import BINDING, EVENTS_AT_ONCE, FROM_ARCHIVE, RESTORE, Evidence, tie
from recordkeeper.services.preservation import RECORD_FILE
from recordkeeper.services.register_check import expected_rows, files_bound
from recordkeeper.tlog.checkpoint import unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint, verify_log
from recordkeeper.tlog.tiles import TileLog

_BLOCK_BYTES = 256 * 1024
_NOT_COPIED = {"incoming", "publisher.lock", "lost+found"}


class NoArchiveError(ArchiveError, MissingError):
    """A folder holds no archive."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: no archive there").format(path=path), subject=str(path))


class AlteredArchiveError(ArchiveError, InvalidInputError):
    """An archive is not as it was written, so nothing is made of it."""

    def __init__(self, path: Path, findings: Sequence[Finding]) -> None:
        first = findings[0]
        message = ngettext(
            "{path}: {count} finding: {subject}: {found}",
            "{path}: {count} findings, first {subject}: {found}",
            len(findings),
        ).format(path=path, count=len(findings), subject=first.subject, found=first.message)
        super().__init__(message, subject=str(path), found=first.code)


@dataclass(slots=True)
class Rebuilt:
    """What was brought back.

    Args:
        register: the open register.
        subjects: how many subjects, by kind.
        events: how many events.
        elsewhere: the subjects of which the trail tells acts that were not in the archive.
        destroyed: how many tombstones stand.
    """

    register: Register
    subjects: Counter[str] = field(default_factory=Counter)
    events: int = 0
    elsewhere: tuple[str, ...] = ()
    destroyed: int = 0


def rebuild(archive: Path, folder: Path, url: str, now: datetime, everyday_login: str | None = None) -> Rebuilt:
    """Bring a workspace back from an archive: its files into a folder, its register into an empty database.

    Args:
        archive: the archive's folder, which may be read-only.
        folder: an empty one, in which ``archive`` is made.
        url: an empty database.
        now: aware, UTC.
        everyday_login: on PostgreSQL a login that may work as the application role.

    Raises:
        NoArchiveError: there is none.
        AlteredArchiveError: objects or log are not as they were written.
        RegisterError: the database holds something already, or fails.
        OSError: the disk refuses.
    """
    root = StorageRoot(archive / "objects", archive / "incoming")
    if not root.path.is_dir() or read_checkpoint(archive / "log") is None:
        raise NoArchiveError(archive)
    _check_sound(archive, root)
    evidence = _evidence(archive, root)
    rows, findings = expected_rows(evidence)
    broken = [finding for finding in (*evidence.findings, *findings) if finding.severity is Severity.ALTERED]
    if broken:
        raise AlteredArchiveError(archive, broken)
    _copy(archive, folder / "archive")
    lines = {name: _lines(tables.metadata.tables[name], of_table) for name, of_table in rows.items()}
    lines |= {
        "act": _act_lines(evidence),
        "event": _event_lines(archive),
        "attachment": _attachment_lines(root, evidence.histories),
        "checkpoint": _checkpoint_lines(archive),
        "tombstone": _lines(
            tables.tombstone,
            [(subject, canonical(stone).decode()) for subject, stone in sorted(evidence.tombstones.items())],
        ),
    }
    register = restore_register(url, REVISIONS[-1], lines, everyday_login)
    note(register, RESTORE, hashlib.sha256(_note(archive).encode()).hexdigest(), PROGRAM, now, (FROM_ARCHIVE,))
    return Rebuilt(
        register,
        Counter(map(kind_of, evidence.histories)),
        len(evidence.leaf_hashes),
        tuple(sorted(evidence.elsewhere)),
        len(evidence.tombstones),
    )


def _note(archive: Path) -> str:
    return read_checkpoint(archive / "log") or ""


def _check_sound(archive: Path, root: StorageRoot) -> None:
    """Refuse an archive whose objects or log are damaged; who signed the log is asked by ``verify`` afterwards."""
    findings = [*validate_root(root), *verify_log(archive / "log", None, None)]
    broken = [
        finding
        for finding in findings
        if finding.severity in {Severity.ALTERED, Severity.CANNOT_ASSESS} and finding.code != "checkpoint-key"
    ]
    if broken:
        raise AlteredArchiveError(archive, broken)


def _evidence(archive: Path, root: StorageRoot) -> Evidence:
    """Acts from the objects, events from the log, tied to one another as ``verify`` ties them."""
    evidence = Evidence()
    for subject in root.object_ids():
        stored = cast("Content", parse_json(root.read_file(subject, RECORD_FILE), subject))
        for each in (stored, *cast("Sequence[Content]", stored.get("rows", ()))):
            history = _history(each)
            evidence.histories[history.subject] = history
            evidence.digests[history.subject] = history.digests
    log = TileLog(archive / "log")
    size = unverified_checkpoint(_note(archive)).size
    leaves = log.entries(0, size)
    while some := list(islice(leaves, EVENTS_AT_ONCE)):
        evidence.leaf_hashes.extend(some)
        for leaf in some:
            value = cast("dict[str, object]", parse_json(leaf, "log"))
            if value["act_number"] is not None or value["kind"] in BINDING:
                evidence.events.append(Event(**value))  # type: ignore[arg-type]
    # What the archive does not hold is elsewhere, as if the register had been put back by now.
    evidence.rebuilt_at = size
    disposed = check_disposed(_tombstones(evidence.histories), evidence.events, evidence.histories, size)
    evidence.tombstones, evidence.states_gone = disposed.tombstones, disposed.states
    evidence.tombstones_lost = disposed.lost
    evidence.findings += disposed.findings
    tie(evidence)
    return evidence


def _history(stored: Content) -> History:
    subject, contents = str(stored["subject"]), cast("Sequence[Content]", stored["acts"])
    return History(subject, tuple(Act(subject, number, content) for number, content in enumerate(contents)))


def _tombstones(histories: Mapping[str, History]) -> dict[str, Content]:
    """The tombstones that executed lists keep, by subject."""
    stones: dict[str, Content] = {}
    for history in histories.values():
        for act in history.acts[1:]:
            for result in cast("Sequence[Content]", act.content.get("results") or ()) if act.kind == "execute" else ():
                for stone in cast("Sequence[Content]", result.get("tombstones") or ()):
                    stones[str(stone["subject"])] = stone
    return stones


def _copy(archive: Path, target: Path) -> None:
    """Copy every regular file of an archive; a link or special file is refused. Raises OSError."""
    for path in sorted(archive.rglob("*")):
        parts = path.relative_to(archive).parts
        if parts[0] in _NOT_COPIED or parts[-1] == ".incoming" or (path.is_dir() and not path.is_symlink()):
            continue
        place = target.joinpath(*parts)
        make_folder(place.parent)
        write_blocks(place, _blocks(path), "sha512")


def _blocks(path: Path) -> Iterator[bytes]:
    with os.fdopen(open_plain_file(path), "rb", buffering=0) as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def _lines(table: tables.AnyTable, rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    yield written_line([column.name for column in table.c])
    counted = rows.elements() if isinstance(rows, Counter) else rows
    for row in counted:
        yield written_line(row)


def _act_lines(evidence: Evidence) -> Iterator[bytes]:
    acts = (act for subject in sorted(evidence.histories) for act in evidence.histories[subject].acts)
    return _lines(tables.act, ((act.subject, act.number, text_of(act.content)) for act in acts))


def _event_lines(archive: Path) -> Iterator[bytes]:
    log, size = TileLog(archive / "log"), unverified_checkpoint(_note(archive)).size
    names = [column.name for column in tables.event.c]
    values = (json.loads(leaf) for leaf in log.entries(0, size))
    return _lines(tables.event, (tuple(value[name] for name in names) for value in values))


def _attachment_lines(root: StorageRoot, histories: Mapping[str, History]) -> Iterator[bytes]:
    """The files that acts bind, found by their digests among the files of the object, a row's among its sheet's."""
    sheets = {
        f"record/{row['number']}": history.subject
        for history in histories.values()
        for row in cast("Sequence[Content]", history.acts[-1].content.get("rows") or ())
        if kind_of(history.subject) == "sheet"
    }

    def rows() -> Iterator[tuple[object, ...]]:
        for subject in sorted(histories):
            wanted = dict(files_bound(histories[subject]))
            for digest, data in _files_with(root, sheets.get(subject, subject), wanted.keys()):
                yield subject, digest, wanted[digest], data

    return _lines(tables.attachment, rows())


def _files_with(root: StorageRoot, subject: str, digests: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    wanted = set(digests)
    if not wanted:
        return
    inventory = parse_inventory(root.read_inventory(subject) or b"", subject)
    for path in sorted(path for paths in inventory.states[inventory.head].values() for path in paths):
        data = root.read_file(subject, path)
        digest = hashlib.sha256(data).hexdigest()
        if digest in wanted:
            wanted.discard(digest)
            yield digest, data


def _checkpoint_lines(archive: Path) -> Iterator[bytes]:
    text = _note(archive)
    return _lines(tables.checkpoint, [(unverified_checkpoint(text).size, text)])
