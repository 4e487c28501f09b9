"""Files that survive a power cut: write, fsync, rename, fsync the folder.

It knows paths and bytes alone. Names that are links are never followed.
"""

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a named pipe that somebody put there would wait for ever.
_BLOCK_BYTES = 256 * 1024
_PAUSE_SECONDS = 0.05
_NEW_BESIDE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BESIDE = re.compile(r"\.recordkeeper-[0-9a-f]{32}\.incoming")
_WITHOUT_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}
"""What a file system answers that has no second name for a file: a memory stick, some shares."""
_READ_PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def write_new_file(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write ``data`` to a file that does not exist yet, onto the disk; its folder is not synced.

    Args:
        path: the new file.
        data: its whole content.
        mode: permissions before the umask.

    Raises:
        OSError: it exists, or the disk refuses.
    """
    descriptor = os.open(path, _NEW_FILE, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_blocks(path: Path, blocks: Iterable[bytes], algorithm: str) -> str:
    """Write what the blocks hold to a file that does not exist yet, onto the disk; the digest of what was written.

    Raises:
        OSError: it exists, or the disk refuses.
    """
    digest = hashlib.new(algorithm)
    descriptor = os.open(path, _NEW_FILE, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        for block in blocks:
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def replace_file(path: Path, data: bytes, temporary: Path, mode: int = 0o666) -> None:
    """Put ``data`` in place of whatever ``path`` holds: a reader sees the old bytes or the new ones.

    Args:
        path: the file.
        data: its whole content.
        temporary: a name on the same file system; what a killed attempt left there is overwritten.
        mode: permissions before the umask.

    Raises:
        OSError: the disk refuses.
    """
    temporary.unlink(missing_ok=True)
    write_new_file(temporary, data, mode)
    temporary.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents, onto the disk.

    Raises:
        OSError: the disk refuses, or one of them is a file.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Bring a folder's entries onto the disk.

    Raises:
        OSError: the disk refuses.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_file(path: Path, patience_seconds: float) -> int:
    """A descriptor that holds the system's lock on a file, made where there is none, until it is closed.

    A killed process holds no lock.

    Args:
        path: the file; its folder is there.
        patience_seconds: how long somebody else's lock is waited for.

    Raises:
        BlockingIOError: somebody else held it all that time.
        OSError: the file cannot be opened, or is a link.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _wait_for_lock(descriptor, patience_seconds)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _wait_for_lock(descriptor: int, patience_seconds: float) -> None:
    give_up_at = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


# ---- made beside its place, then named ------------------------------------------------------------------------------


def name_beside(place: Path) -> Path:
    """A name beside a place for what is made before it is put there; nobody else has it, nor ever had."""
    return place.with_name(f".recordkeeper-{secrets.token_hex(16)}.incoming")


def is_name_beside(name: str) -> bool:
    """Whether a name is one of ``name_beside``'s making; nothing else is ever taken for a leftover of ours."""
    return _BESIDE.fullmatch(name) is not None


def open_beside(path: Path) -> int:
    """A descriptor for writing and reading a new file of such a name, which holds the system's lock on it.

    Raises:
        OSError: it exists, or the disk refuses.
    """
    while True:
        descriptor = os.open(path, _NEW_BESIDE, 0o600)
        if _is_held(descriptor, path):
            return descriptor
        os.close(descriptor)  # taken for a leftover before it was locked


@contextmanager
def folder_put_in_place(place: Path) -> Iterator[Path]:
    """A new folder beside a place, which gets its name when the block is over: it is whole there, or not there at all.

    What the block made is removed where it fails. An empty folder at the place gives way.

    Raises:
        OSError: something else is there, or the disk refuses.
    """
    make_folder(place.parent)
    clear_beside(place.parent)
    beside = name_beside(place)
    held = _make_held_folder(beside)
    try:
        yield beside
        if place.exists():
            place.rmdir()
        beside.rename(place)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    finally:
        os.close(held)


def _make_held_folder(path: Path) -> int:
    """A descriptor that holds the system's lock on a new folder, so that nobody takes it for a leftover."""
    while True:
        path.mkdir()
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if _is_held(descriptor, path):
            return descriptor
        os.close(descriptor)


def clear_beside(folder: Path) -> None:
    """Remove what killed processes left in a folder under such names: what nobody holds any more.

    What cannot be looked at, locked or removed stays, and hinders nobody.
    """
    try:
        left = [each for each in folder.iterdir() if is_name_beside(each.name)]
    except OSError:
        return
    for path in left:
        with suppress(OSError):
            _clear_one(path)


def _clear_one(path: Path) -> None:
    descriptor = os.open(path, _READ_PLAIN)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            shutil.rmtree(path)
        elif stat.S_ISREG(mode):
            path.unlink()
    finally:
        os.close(descriptor)


def _is_held(descriptor: int, path: Path) -> bool:
    """Whether what was made is locked now, and still there; a file system without locks clears nothing either."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def give_name(beside: Path, place: Path) -> None:
    """Give a finished file the name that it is wanted under; never is a file of another's overwritten.

    Raises:
        FileExistsError: something has that name, if only since a moment ago.
        OSError: the disk refuses.
    """
    try:
        os.link(beside, place)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
        # An empty file of ours under a name that nothing has: what is renamed to it overwrites nothing else.
        os.close(os.open(place, _NEW_FILE, 0o600))
        try:
            beside.rename(place)
        except OSError:
            place.unlink()
            raise
    else:
        beside.unlink()
    sync_folder(place.absolute().parent)


# ---- reading ---------------------------------------------------------------------------------------------------------


def open_plain_file(path: Path | str) -> int:
    """A descriptor for reading a regular file.

    Raises:
        OSError: missing, unreadable, a link, a folder or a special file.
    """
    return _opened(path)[0]


def read_plain_file(path: Path | str, byte_limit: int) -> bytes:
    """The content of a regular file.

    Args:
        path: the file.
        byte_limit: the most that is read; more than that is an error.

    Raises:
        OSError: missing, unreadable, a link, a folder, a special file, or larger than the limit.
    """
    return read_with_status(path, byte_limit)[0]


def read_with_status(path: Path | str, byte_limit: int) -> tuple[bytes, os.stat_result]:
    """The content of a regular file, and what the system says of the file.

    Raises:
        OSError: as ``read_plain_file``.
    """
    descriptor, status = _opened(path)
    data = _read_small(descriptor, status.st_size)
    if data is None:
        data = b"".join(_blocks_of(descriptor, status.st_size, byte_limit))
    if len(data) > byte_limit:
        raise OSError(f"larger than {byte_limit} bytes: {path}")
    return data, status


def digest_with_status(path: Path | str, algorithm: str) -> tuple[str, os.stat_result]:
    """The digest of a regular file of any size, hexadecimal, and what the system says of the file.

    Args:
        path: the file.
        algorithm: as ``hashlib`` names it.

    Raises:
        OSError: missing, unreadable, a link, a folder or a special file.
    """
    descriptor, status = _opened(path)
    data = _read_small(descriptor, status.st_size)
    if data is not None:
        return getattr(hashlib, algorithm)(data).hexdigest(), status
    digest = getattr(hashlib, algorithm)()
    for block in _blocks_of(descriptor, status.st_size, sys.maxsize):
        digest.update(block)
    return digest.hexdigest(), status


def _opened(path: Path | str) -> tuple[int, os.stat_result]:
    """A descriptor for reading a regular file, and what the system says of the file."""
    descriptor = os.open(path, _READ_PLAIN)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OSError(f"not a regular file: {path}")
    return descriptor, status


def _read_small(descriptor: int, expected: int) -> bytes | None:
    """All of a file that is read at once; the descriptor is closed then. None for a larger one, or one that grows."""
    if expected >= _BLOCK_BYTES:
        return None
    try:
        data = os.read(descriptor, _BLOCK_BYTES)
    except BaseException:
        os.close(descriptor)
        raise
    if len(data) != expected:
        os.lseek(descriptor, 0, os.SEEK_SET)
        return None
    os.close(descriptor)
    return data


def _blocks_of(descriptor: int, expected: int, byte_limit: int) -> Iterator[bytes]:
    """What can be read from a descriptor, block by block, up to one that leads beyond the limit; it is closed then.

    The system's own calls: of an archive's files most are small, and a file object costs more than reading one.
    """
    total = 0
    try:
        while total <= byte_limit and (block := os.read(descriptor, _BLOCK_BYTES)):
            total += len(block)
            yield block
            if total == expected < _BLOCK_BYTES:
                return
    finally:
        os.close(descriptor)
