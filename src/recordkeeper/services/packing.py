"""Packages of transfer lists between their making and the place where somebody wants them.

A package is made in the archive's ``incoming``, the act that binds its digest is committed, and only then is it put in
its place. Whatever ends in between, what lies there tells by its digest what it is: bound by a list that still waits
for its receiver, it is put in place by the next call of the same command; bound by none, the publisher removes it. What
cannot be removed keeps nothing else from going, and is told of: it may hold what was destroyed since.

Each package lies in a folder of its own, ``HEX/made/NAME``, beside the note where it is put: a name that somebody chose
is never taken for one of ours. The module is long because what one process notes when it makes, puts and removes a
package is what the next one goes by after a kill, and is read together.

Source: M-3; M-12
"""

import json
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recordkeeper.bagit.bag import PAYLOAD
from recordkeeper.bagit.writer import BagExistsError, UnwritableBagError
from recordkeeper.durable import (
    digest_with_status,
    give_name,
    is_name_beside,
    lock_file,
    make_folder,
    name_beside,
    open_beside,
    open_plain_file,
    read_plain_file,
    replace_file,
    sync_folder,
)
from recordkeeper.errors import ArchiveError, UnavailableError, system_reason
from recordkeeper.language import translate as _
from recordkeeper.model.disposition import Disposition, disposition_of, settled_state
from recordkeeper.model.record_state import State
from recordkeeper.model.subject import kind_of, number_of
from recordkeeper.model.transfer import package_of, receipt_of
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.retrieval import standing_record

FOLDER, LOCK, PLACE, MADE = "packages", "lock", "place", "made"
LOCK_SECONDS = 30.0
_PATH_BYTES = 65_536
_BLOCK_BYTES = 1024 * 1024
_WAITING = {State.OPEN, State.PENDING}


class PackerBusyError(ArchiveError, UnavailableError):
    """Another package is being made in this archive."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: another package is being made").format(path=path), subject=str(path))


@dataclass(frozen=True, slots=True)
class Cleared:
    """What became of the packages when those that nothing waits for were removed.

    Args:
        numbers: the lists that wait with one.
        left: what could not be removed, or not be read, and why.
    """

    numbers: list[str]
    left: dict[Path, OSError]


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
        folder = self.path / secrets.token_hex(8) / MADE
        make_folder(folder)
        return folder / name

    def remove(self, staged: Path) -> None:
        """Let a package go that was put in its place, or that nothing binds.

        Raises:
            OSError: the disk refuses.
        """
        shutil.rmtree(_folder_of(staged))
        sync_folder(self.path)

    def clear(self, snapshot: Snapshot) -> Cleared:
        """Remove the packages that no list waits with, past whatever cannot be removed.

        Raises:
            OSError: the folder cannot be read.
        """
        entries = _entries(self.path)
        bound, cleared = _bound(snapshot) if entries else {}, Cleared([], {})
        for entry in entries:
            try:
                number = _waits_in(snapshot, entry, bound)
            except (OSError, zipfile.BadZipFile) as error:  # what a list waits with may lie there: it stays
                cleared.left[entry] = error if isinstance(error, OSError) else OSError(str(error))
                continue
            if number:
                cleared.numbers.append(number)
            else:
                cleared.left.update(_removed(entry))
        if entries:
            sync_folder(self.path)
        return cleared

    def of_digest(self, digest: str) -> Path | None:
        """The package of that SHA-256, hexadecimal; None where none lies there that can be read."""
        for entry in _entries(self.path):
            try:
                found = [file for file in _made_in(entry) if _sha256_of(file) == digest]
            except OSError:
                continue
            if found:
                return found[0]
        return None


@contextmanager
def staging_of(archive: Path) -> Iterator[Staging]:
    """The packages in the making of an archive, for whoever makes one; a killed process holds no lock.

    Raises:
        PackerBusyError: another one was being made for 30 seconds.
        OSError: the disk refuses.
    """
    path = archive / "incoming" / FOLDER
    make_folder(path)
    try:
        lock = lock_file(path / LOCK, LOCK_SECONDS)
    except BlockingIOError:
        raise PackerBusyError(path) from None
    with os.fdopen(lock):
        yield Staging(path)


def clear_packages(snapshot: Snapshot, archive: Path) -> Iterator[str]:
    """Remove the packages that no list waits with; what is to be done about each of the others, as a person reads it.

    While one is being made nothing is touched.

    Raises:
        OSError: the disk refuses.
    """
    path = archive / "incoming" / FOLDER
    if not path.is_dir() or not _entries(path):
        return
    try:
        lock = lock_file(path / LOCK, 0)
    except BlockingIOError:
        return
    with os.fdopen(lock):
        cleared = Staging(path).clear(snapshot)
    for number in cleared.numbers:
        yield _("{list}: its package is made and not in its place: give retention pack {list} FILE again").format(
            list=number
        )
    for left, error in cleared.left.items():
        said = _("{path}: no list waits with this, and it cannot be removed: {found}")
        yield said.format(path=left, found=system_reason(error))


def packages_left(snapshot: Snapshot, archive: Path) -> list[Path]:
    """Remove the packages that no list waits with; where one may still lie, for it may hold what was destroyed."""
    path = archive / "incoming" / FOLDER
    try:
        if not path.is_dir() or not _entries(path):
            return []
        with staging_of(archive) as staging:
            return list(staging.clear(snapshot).left)
    except (OSError, PackerBusyError):
        return [path]


# ---- from the archive to where it is wanted --------------------------------------------------------------------------


def check_place(target: Path) -> None:
    """Refuse a place where no package can be put, before one is made.

    Raises:
        BagExistsError: something is there already.
        UnwritableBagError: the disk refuses.
    """
    if os.path.lexists(target):
        raise BagExistsError(target)
    try:
        tempfile.TemporaryFile(dir=target.absolute().parent).close()
    except OSError as error:
        raise UnwritableBagError(target, error) from error


def put_in_place(staging: Staging, staged: Path, target: Path) -> None:
    """Copy a package whole to where it is wanted, on whatever disk that is, and let the staged one go.

    The copy bears a name that nobody else has, noted before it is made: one that a killed process left is known by it.

    Raises:
        BagExistsError: something is there already.
        UnwritableBagError: the disk refuses.
    """
    folder, place = _folder_of(staged), target.absolute()
    beside = name_beside(place)
    try:
        _sweep(folder)
        noted = os.fsencode(place) + b"\0" + os.fsencode(beside.name)
        replace_file(folder / PLACE, noted, folder / f"{PLACE}.new")
        with (
            os.fdopen(open_plain_file(staged), "rb") as source,
            os.fdopen(open_beside(beside), "wb") as copy,
        ):
            shutil.copyfileobj(source, copy, _BLOCK_BYTES)
            copy.flush()
            os.fsync(copy.fileno())
            give_name(beside, place)
        staging.remove(staged)
    except FileExistsError:
        raise BagExistsError(target) from None
    except OSError as error:
        raise UnwritableBagError(target, error) from error
    finally:
        beside.unlink(missing_ok=True)


def _noted(folder: Path) -> tuple[Path, Path] | None:
    """Where a package was to be put, and the copy beside; None where that was not begun."""
    try:
        place, _zero, name = os.fsdecode(read_plain_file(folder / PLACE, _PATH_BYTES)).partition("\0")
    except OSError:
        return None
    # Nothing but a name of our own making is ever removed outside of the archive.
    return (Path(place), Path(place).parent / name) if is_name_beside(name) else None


def _sweep(folder: Path) -> None:
    """Remove the copy that a killed process left beside the place.

    Raises:
        OSError: the disk refuses.
    """
    if noted := _noted(folder):
        noted[1].unlink(missing_ok=True)


def _was_placed(folder: Path, digests: list[str]) -> bool:
    """Whether a package came to its place before a kill kept the staged one from being removed."""
    noted = _noted(folder)
    try:
        return noted is not None and _sha256_of(noted[0]) in digests
    except OSError:
        return False


# ---- what lies there -------------------------------------------------------------------------------------------------


def subjects_in(package: Path) -> Iterator[str]:
    """The records and sheets in a package, by the inventories of its objects.

    Raises:
        OSError, zipfile.BadZipFile: it cannot be read.
    """
    with zipfile.ZipFile(package) as pack:
        names = set(pack.namelist())
        for name in sorted(names):
            folder, _slash, file = name.rpartition("/")
            inside = folder.partition("/")[2]
            if file.startswith("0=ocfl_object_") and inside.startswith(f"{PAYLOAD}objects/"):
                subject = str(json.loads(pack.read(f"{folder}/inventory.json"))["id"])
                if kind_of(subject) in {"record", "sheet"}:
                    yield subject


def _folder_of(staged: Path) -> Path:
    return staged.parent.parent


def _entries(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.name != LOCK)


def _made_in(entry: Path) -> list[Path]:
    """The packages in one of the folders, whole or not; none in what is not such a folder."""
    made = entry / MADE
    if entry.is_symlink() or made.is_symlink() or not made.is_dir():
        return []
    return sorted(each for each in made.iterdir() if each.is_file() and not each.is_symlink())


def _sha256_of(path: Path) -> str:
    return digest_with_status(path, "sha256")[0]


def _waits_in(snapshot: Snapshot, entry: Path, bound: Mapping[str, str]) -> str:
    """The list that waits with what lies there; empty where none does.

    A record that is there beside the listed ones may have been destroyed since by another list: then it goes too.

    Raises:
        OSError, zipfile.BadZipFile: it cannot be read.
    """
    found = {_sha256_of(file): file for file in _made_in(entry)} if bound else {}
    digest = next((each for each in found if each in bound), None)
    if digest is None or _was_placed(entry, [digest]):
        return ""
    stands = all(snapshot.history(subject) is not None for subject in subjects_in(found[digest]))
    return bound[digest] if stands else ""


def _removed(entry: Path) -> dict[Path, OSError]:
    """Remove a file, a link or a folder with all that is in it; what could not be removed, and why.

    Links are removed, and never followed; what refuses keeps nothing beside it.
    """
    left: dict[Path, OSError] = {}
    try:
        _sweep(entry)
    except OSError as error:
        return {entry: error}  # the note stays, by which it is known
    if entry.is_symlink() or not entry.is_dir():
        try:
            entry.unlink()
        except OSError as error:
            _tell(left, entry, error)
        return left
    shutil.rmtree(entry, onerror=lambda _step, path, failure: _tell(left, Path(path), failure[1]))
    return left


def _tell(left: dict[Path, OSError], path: Path, error: BaseException) -> None:
    """Tell what could not be removed; not a folder that stays because something in it does, nor what is gone."""
    is_told = any(path in each.parents for each in left)
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError) and not is_told:
        left[path] = error


def _bound(snapshot: Snapshot) -> dict[str, str]:
    """The lists that wait with a package, by its SHA-256."""
    subjects = {event.subject for event in snapshot.events() if event.kind == "pack" and event.subject}
    bound: dict[str, str] = {}
    for subject in sorted(subjects):
        record = standing_record(snapshot, number_of(subject))
        listed = disposition_of(record) if record else None
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
