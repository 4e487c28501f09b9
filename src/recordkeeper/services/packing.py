"""Packages of transfer lists between their making and the place where somebody wants them.

A package is made in the archive's ``incoming``, the act that binds its digest is committed, and only then is it put in
its place. Whatever ends in between, what lies there tells by its digest what it is: bound by a list that still waits
for its receiver, it is put in place by the next call of the same command; bound by none, the publisher removes it.

Source: M-3; M-12
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recordkeeper.bagit.writer import FILE_MODE, BagExistsError, UnwritableBagError
from recordkeeper.durable import make_folder, open_plain_file, read_plain_file, replace_file, sync_folder
from recordkeeper.errors import ArchiveError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.model.disposition import Disposition, disposition_of, settled_state
from recordkeeper.model.record_state import State
from recordkeeper.model.subject import number_of
from recordkeeper.model.transfer import package_of, receipt_of
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.retrieval import load

FOLDER, LOCK, PLACE = "packages", "lock", ".place"
LOCK_SECONDS = 30.0
_PAUSE_SECONDS = 0.2
_PATH_BYTES = 65_536
_BLOCK_BYTES = 1024 * 1024
_WAITING = {State.OPEN, State.PENDING}


class PackerBusyError(ArchiveError, UnavailableError):
    """Another package is being made in this archive."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: another package is being made").format(path=path), subject=str(path))


@dataclass(frozen=True, slots=True)
class Staging:
    """Where packages lie before they are put in place; held by one process at a time.

    Args:
        path: the folder.
    """

    path: Path

    def new(self, name: str) -> Path:
        """The path of a package to be made, which bears the name that it will have.

        Raises:
            OSError: the disk refuses.
        """
        folder = self.path / secrets.token_hex(8)
        make_folder(folder)
        return folder / name

    def files(self) -> list[Path]:
        """The packages that lie there whole."""
        return sorted(file for file in self.path.glob("*/*") if not file.name.startswith("."))

    def remove(self, staged: Path) -> None:
        """Let a package go that was put in its place, or that nothing binds.

        Raises:
            OSError: the disk refuses.
        """
        shutil.rmtree(staged.parent)
        sync_folder(self.path)

    def clear(self, snapshot: Snapshot) -> list[str]:
        """Remove the packages that no list waits with; the numbers of the lists that wait with one.

        Raises:
            OSError: the disk refuses.
        """
        folders = [each for each in self.path.iterdir() if each.is_dir()]
        bound, numbers = _bound(snapshot) if folders else {}, []
        for folder in folders:
            digests = [sha256_of(file)[0] for file in folder.iterdir() if not file.name.startswith(".")]
            number = next((bound[each] for each in digests if each in bound), None)
            if number is None or _was_placed(folder, digests):
                shutil.rmtree(folder)
                sync_folder(self.path)
            else:
                numbers.append(number)
        return numbers

    def of_digest(self, digest: str) -> Path | None:
        """The package of that SHA-256, hexadecimal; None where none lies there."""
        return next((file for file in self.files() if sha256_of(file)[0] == digest), None)


@contextmanager
def staging_of(archive: Path) -> Iterator[Staging]:
    """The packages in the making of an archive, for whoever makes one; a killed process holds no lock.

    Raises:
        PackerBusyError: another one was being made for 30 seconds.
        OSError: the disk refuses.
    """
    path = archive / "incoming" / FOLDER
    make_folder(path)
    give_up_at = time.monotonic() + LOCK_SECONDS
    with os.fdopen(os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)) as lock:
        while not _is_locked(lock.fileno()):
            if time.monotonic() > give_up_at:
                raise PackerBusyError(path)
            time.sleep(_PAUSE_SECONDS)
        yield Staging(path)


def clear_packages(snapshot: Snapshot, archive: Path) -> Iterator[str]:
    """Remove the packages that no list waits with; what is to be done about each of the others, as a person reads it.

    While one is being made nothing is touched.

    Raises:
        OSError: the disk refuses.
    """
    path = archive / "incoming" / FOLDER
    if not path.is_dir():
        return
    with os.fdopen(os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)) as lock:
        if not any(each.is_dir() for each in path.iterdir()) or not _is_locked(lock.fileno()):
            return
        for number in Staging(path).clear(snapshot):
            yield _("{list}: its package is made and not in its place: give retention pack {list} FILE again").format(
                list=number
            )


def _was_placed(folder: Path, digests: list[str]) -> bool:
    """Whether a package came to its place before a kill kept the staged one from being removed."""
    try:
        place = Path(os.fsdecode(read_plain_file(folder / PLACE, _PATH_BYTES)))
        return sha256_of(place)[0] in digests
    except OSError:
        return False


def check_place(target: Path) -> None:
    """Refuse a place where no package can be put, before one is made.

    Raises:
        BagExistsError: something is there already.
        UnwritableBagError: the disk refuses.
    """
    if os.path.lexists(target):
        raise BagExistsError(target)
    beside = _beside(target)
    try:
        beside.unlink(missing_ok=True)
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
        beside.unlink()
    except OSError as error:
        raise UnwritableBagError(target, error) from error


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.incoming")


def put_in_place(staging: Staging, staged: Path, target: Path) -> None:
    """Copy a package whole to where it is wanted, on whatever disk that is, and let the staged one go.

    Raises:
        BagExistsError: something is there already.
        UnwritableBagError: the disk refuses.
    """
    beside = _beside(target)
    try:
        replace_file(staged.parent / PLACE, os.fsencode(target.absolute()), staged.parent / f"{PLACE}.new")
        beside.unlink(missing_ok=True)
        with (
            os.fdopen(open_plain_file(staged), "rb") as source,
            os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as copy,
        ):
            shutil.copyfileobj(source, copy, _BLOCK_BYTES)
            copy.flush()
            os.fsync(copy.fileno())
        if os.path.lexists(target):
            raise BagExistsError(target)
        beside.rename(target)
        sync_folder(target.absolute().parent)
        staging.remove(staged)
    except OSError as error:
        raise UnwritableBagError(target, error) from error
    finally:
        beside.unlink(missing_ok=True)


def sha256_of(path: Path) -> tuple[str, int]:
    """SHA-256, hexadecimal, and size in bytes of a plain file.

    Raises:
        OSError: it is none, or cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    with os.fdopen(open_plain_file(path), "rb", buffering=0) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _bound(snapshot: Snapshot) -> dict[str, str]:
    """The lists that wait with a package, by its SHA-256."""
    subjects = {event.subject for event in snapshot.events() if event.kind == "pack" and event.subject}
    bound: dict[str, str] = {}
    for subject in sorted(subjects):
        listed = disposition_of(load(snapshot, number_of(subject)))
        package = package_of(listed.record) if listed else None
        if listed and package and _waits(snapshot, listed):
            bound[package.digest] = listed.number
    return bound


def _waits(snapshot: Snapshot, listed: Disposition) -> bool:
    """Whether a package of a list may still be given out: not received, and everything in it stands as it was listed.

    What was destroyed, or changed by an erasure, is not to lie on in a package.
    """
    if listed.record.state not in _WAITING or receipt_of(listed.record) is not None:
        return False
    histories = [(item, snapshot.history(item.subject)) for item in listed.items if item.subject]
    return all(history and settled_state(history) == (item.act, item.state) for item, history in histories)
