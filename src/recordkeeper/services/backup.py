"""Backups: all of a workspace in one bag, made while others work in it; put back in an empty place, and tried.

A backup holds every row of the register as it stood at one moment, and the archive of the same moment: publishers wait
while it is made, whoever acts does not. It holds no session. The log's private key is in it only sealed under a
passphrase of its own, and only where that is asked for. Personal data are in it, as in the register itself.

Source: ISO 9001, 7.5.3.2; P-3; C-7
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from recordkeeper import __version__
from recordkeeper.bagit.bag import digest_of
from recordkeeper.bagit.reader import BagReader
from recordkeeper.bagit.writer import BagWriter, UnwritableBagError
from recordkeeper.credentials.keyring import seal_secret
from recordkeeper.durable import is_name_beside, make_folder, read_plain_file
from recordkeeper.errors import ArchiveError, InvalidInputError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.event import salted_digest
from recordkeeper.model.subject import PROGRAM
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.model.value import format_moment
from recordkeeper.ocfl.inventory import parse_inventory
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import tables
from recordkeeper.register.acts import Register
from recordkeeper.register.dump import dump, revision_dumped
from recordkeeper.register.engine import restore_register
from recordkeeper.register.inspection import Inspection, open_for_verification
from recordkeeper.services.company import company
from recordkeeper.services.evidence import RESTORE
from recordkeeper.services.people import Actor
from recordkeeper.services.publication import Publisher, publisher_lock
from recordkeeper.services.right import check_right

BACKUP, DRILL, FROM_BACKUP = "backup", "drill", "from-backup"
SEALED_KEY, CONFIGURATION = "log.key.sealed", "recordkeeper.toml"
KIND, SCHEMA = "Recordkeeper-Kind", "Recordkeeper-Schema"
_NOT_KEPT = {"incoming", "publisher.lock", "lost+found"}
_KEY_BYTES_LIMIT = 64 * 1024

Advance = Callable[[], object]


class NoBackupError(ArchiveError, InvalidInputError):
    """A bag that holds something else than a backup."""

    def __init__(self, path: Path, found: str) -> None:
        expected = _("a backup")
        message = _("{path}: expected {expected}, found {found}").format(path=path, expected=expected, found=found)
        super().__init__(message, subject=str(path), expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was made.

    Args:
        path: the file.
        rows: how many rows of the register are in it.
        files: how many files of the archive.
        events: how many events.
        has_log_key: whether the log's key is in it, sealed.
        digest: of the tag manifest, which binds all of it.
    """

    path: Path
    rows: int
    files: int
    events: int
    has_log_key: bool
    digest: str


def back_up(
    publisher: Publisher,
    configuration: Path,
    target: Path,
    actor: Actor,
    now: datetime,
    key_passphrase: str | None = None,
) -> BackedUp:
    """Back up a workspace into a new file; an event binds it.

    Args:
        publisher: the workspace's parts.
        configuration: its recordkeeper.toml.
        target: the new file, a zip.
        actor: a controller of the company.
        now: aware, UTC.
        key_passphrase: seals the log's private key, which is left out without it.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        BagExistsError, UnwritableBagError: the file cannot be made.
        PublisherBusyError: a publisher was at work for 30 seconds.
        RegisterError, ArchiveError, LogError: something cannot be read.
    """
    with publisher.register.reading() as snapshot:
        check_right(snapshot, actor, "backup", now)
    with BagWriter(target) as bag:
        with publisher_lock(publisher.archive), publisher.register.reading() as snapshot:
            rows = sum(_add_table(bag, name, lines) for name, lines in dump(snapshot))
            events, revision, name = snapshot.event_count(), revision_dumped(snapshot), company(snapshot).name_zh
            files = _add_archive(bag, publisher.archive, target)
        bag.add(CONFIGURATION, configuration.read_bytes())
        if key_passphrase is not None:
            secret = read_plain_file(publisher.log_key_path, _KEY_BYTES_LIMIT)
            bag.add(SEALED_KEY, seal_secret(secret, key_passphrase).encode())
        digest = bag.finish(
            [
                (KIND, BACKUP),
                (SCHEMA, revision),
                ("Source-Organization", name),
                ("Bagging-Date", now.date().isoformat()),
                ("Recordkeeper-Moment", format_moment(now)),
                ("Bag-Software-Agent", f"Recordkeeper {__version__}"),
            ]
        )
    note(publisher.register, BACKUP, digest, actor.subject, now)
    return BackedUp(target, rows, files, events, key_passphrase is not None, digest)


def _add_table(bag: BagWriter, name: str, lines: Iterator[bytes]) -> int:
    count = -1  # the first line names the columns

    def counted() -> Iterator[bytes]:
        nonlocal count
        for line in lines:
            count += 1
            yield line

    bag.add_blocks(f"register/{name}.jsonl", counted())
    return count


def _add_archive(bag: BagWriter, archive: Path, target: Path) -> int:
    """Every file of the archive but what is on its way; links are refused. Raises UnwritableBagError."""
    count = 0
    try:
        for path in sorted(archive.rglob("*")):
            parts = path.relative_to(archive).parts
            if parts[0] in _NOT_KEPT or (path.is_dir() and not path.is_symlink()) or is_name_beside(path.name):
                continue
            bag.add_file(f"archive/{'/'.join(parts)}", path)
            count += 1
    except OSError as error:
        raise UnwritableBagError(target, error) from error
    return count


def note(register: Register, kind: str, digest: str, actor: str, now: datetime, flags: tuple[str, ...] = ()) -> None:
    """Say in the trail that a backup, restore or drill was done, and of what.

    Args:
        register: the open register.
        kind: backup, restore or drill.
        digest: hexadecimal, of what it was done with.
        actor: the person's surrogate, or ``program``.
        now: aware, UTC.
        flags: words to keep with the event.
    """
    with register.writing(now=now) as transaction:
        root = transaction.history(ROOT_UNIT)
        bound = salted_digest(root.salt, digest.encode()) if root else None
        transaction.note(kind, actor=actor, subject=ROOT_UNIT, bound_digest=bound, flags=flags)


def check_backup(bag: BagReader) -> str:
    """Hold every byte of a backup against its manifests; the schema's revision of its register.

    Raises:
        NoBackupError: a bag of another kind.
        BagRefusedError: something in it is not as it was written.
    """
    info = bag.info
    if info.get(KIND) != BACKUP:
        raise NoBackupError(bag.path, info.get(KIND, "-"))
    bag.verify()
    return info.get(SCHEMA, "")


def restore(bag: BagReader, folder: Path, url: str, now: datetime, everyday_login: str | None = None) -> Register:
    """Put a backup back: its archive into a folder, its register into an empty database; an event says so.

    Args:
        bag: the backup; every byte is looked at before the first is written.
        folder: an empty one, in which ``archive`` is made.
        url: an empty database.
        now: aware, UTC.
        everyday_login: on PostgreSQL a login that may work as the application role.

    Raises:
        NoBackupError, BagRefusedError, DumpRefusedError: no backup that can be trusted.
        RegisterError: the database holds something already, or fails.
        OSError: the disk refuses.
    """
    revision = check_backup(bag)
    make_folder(folder)
    bag.extract("data/archive/", folder / "archive")
    prefix, suffix = "data/register/", ".jsonl"
    lines = {name.removeprefix(prefix).removesuffix(suffix): bag.lines(name) for name in bag.names(prefix)}
    register = restore_register(url, revision, lines, everyday_login)
    note(register, RESTORE, digest_of(bag.tag_manifest), PROGRAM, now, (FROM_BACKUP,))
    return register


@dataclass(slots=True)
class Compared:
    """What of a backup was held against the workspace that it is of.

    Args:
        acts, events, files, objects: how many were found alike.
        findings: what differs.
    """

    acts: int = 0
    events: int = 0
    files: int = 0
    objects: int = 0
    findings: list[Finding] = field(default_factory=list)


def compare(restored: str, restored_archive: StorageRoot, live: str, live_archive: StorageRoot) -> Compared:
    """Hold a register and an archive that were put back against those in use, which may have gone on since.

    Args:
        restored: URL of the register put back; its last event says that it was.
        restored_archive: its storage root.
        live: URL of the register in use.
        live_archive: its storage root.
    """
    compared = Compared()
    with open_for_verification(restored) as old, open_for_verification(live) as new:
        gone = {str(row[0]) for row in new.raw_rows(tables.tombstone)}
        compared.acts = _held_against(old, new, tables.act, 2, gone, compared)
        compared.files = _held_against(old, new, tables.attachment, 2, gone, compared)
        with closing(new.raw_rows(tables.event)) as events:
            for one, other in zip(old.raw_rows(tables.event), events, strict=False):
                if one == other:
                    compared.events += 1
                elif one[2] != RESTORE:
                    compared.findings.append(_differs(f"event {one[0]}"))
    for subject in restored_archive.object_ids():
        inventory = restored_archive.read_inventory(subject)
        version = None if live_archive.read_inventory(subject) == inventory else _version_of(inventory, subject)
        if version is None or live_archive.read_inventory(subject, version) == inventory:
            compared.objects += 1
        elif subject not in gone:
            compared.findings.append(_differs(subject))
    return compared


def _version_of(inventory: bytes | None, subject: str) -> int:
    return parse_inventory(inventory or b"", subject).head


def _held_against(
    old: Inspection, new: Inspection, table: tables.AnyTable, key_columns: int, gone: set[str], compared: Compared
) -> int:
    """How many rows of a table stand in the newer register as they stood; both come in the order of their keys."""
    count = 0
    with closing(new.raw_rows(table)) as newer:
        candidate = next(newer, None)
        for row in old.raw_rows(table):
            key = row[:key_columns]
            while candidate is not None and _key(candidate[:key_columns]) < _key(key):
                candidate = next(newer, None)
            if candidate == row:
                count += 1
            elif str(row[0]) not in gone:
                compared.findings.append(_differs(f"{table.name} {row[0]} {row[1]}"))
    return count


def _key(key: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(part.encode() if isinstance(part, str) else part for part in key)


def _differs(subject: str) -> Finding:
    message = _("{subject}: not in the workspace as the backup has it").format(subject=subject)
    return Finding("backup-differs", Severity.ALTERED, subject, message)
