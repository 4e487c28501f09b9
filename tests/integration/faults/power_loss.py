"""The disk as a power cut may leave it, made from the system calls of a run.

What was written to a file before the last fsync or fdatasync of it is there. Of what was written later each sector
may be there or not, whatever was written before or after it. A name that was made, moved or removed is sure once its
folder was synced; until then it may be so or not, each for itself. A move is whole or not at all. The memory that
SQLite shares between processes (``-shm``) is made anew by whoever opens the database first.

Source: POSIX.1-2017, fsync; SQLite, "Atomic Commit In SQLite", 2
"""

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from integration.faults.system_calls import Call

SECTORS = (512, 4096)
_ROOT = 0
_SHARED_MEMORY = "-shm"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to the disk.

    Args:
        index: its place in the run.
        inode: the file or folder whose sync makes it sure.
        kind: write, truncate, name, unname, move.
        offset: of a write; the size that a truncation leaves.
        data: of a write.
        name: in the folder.
        target: the file or folder that is named.
        origin: of a move: folder and name before.
    """

    index: int
    inode: int
    kind: str
    offset: int = 0
    data: bytes = b""
    name: str = ""
    target: int = -1
    origin: tuple[int, str] = (-1, "")


@dataclass(frozen=True, slots=True)
class Ack:
    """A line that the run said: what it names is promised from this place in the run on."""

    index: int
    words: tuple[str, ...]


@dataclass
class Disk:
    """Files and folders by their numbers, and the names in each folder."""

    files: dict[int, bytearray] = field(default_factory=dict)
    folders: dict[int, dict[str, int]] = field(default_factory=lambda: {_ROOT: {}})

    def apply(self, step: Step, sectors: Mapping[int, bool] | None = None, size: int = 512) -> None:
        """Let a step happen; of a write only the sectors chosen, where they are told."""
        match step.kind:
            case "write":
                self._write(step, sectors, size)
            case "truncate":
                content = self.files[step.inode]
                del content[step.offset :]
                content.extend(bytes(step.offset - len(content)))
            case "name":
                self.folders[step.inode][step.name] = step.target
            case "unname":
                self.folders[step.inode].pop(step.name, None)
            case "move":
                folder, name = step.origin
                if self.folders[folder].get(name) == step.target:
                    del self.folders[folder][name]
                self.folders[step.inode][step.name] = step.target

    def _write(self, step: Step, sectors: Mapping[int, bool] | None, size: int) -> None:
        content = self.files[step.inode]
        for start in range(step.offset, step.offset + len(step.data), size) if sectors else (step.offset,):
            if sectors and not sectors[start]:
                continue
            part = step.data[start - step.offset : start - step.offset + size] if sectors else step.data
            content.extend(bytes(max(0, start + len(part) - len(content))))
            content[start : start + len(part)] = part

    def copy(self) -> "Disk":
        return Disk(
            {inode: bytearray(content) for inode, content in self.files.items()},
            {inode: dict(names) for inode, names in self.folders.items()},
        )

    @property
    def digest(self) -> str:
        """The same for disks with the same files and names."""
        digest = hashlib.sha256(repr(self.folders).encode())
        for inode, content in self.files.items():
            digest.update(b"%d %d " % (inode, len(content)) + content)
        return digest.hexdigest()

    def write_out(self, folder: Path, inode: int = _ROOT) -> None:
        """Make the files and folders below ``folder``, which does not exist."""
        folder.mkdir(mode=0o700)
        for name, target in self.folders[inode].items():
            if target in self.folders:
                self.write_out(folder / name, target)
            elif not name.endswith(_SHARED_MEMORY):
                (folder / name).write_bytes(self.files[target])
                (folder / name).chmod(0o600)


def disk_of(folder: Path) -> Disk:
    """What lies below ``folder``, all of it sure."""
    disk, numbers = Disk(), {folder: _ROOT}
    for place in sorted(folder.rglob("*")):
        number = len(numbers)
        numbers[place] = number
        disk.folders[numbers[place.parent]][place.name] = number
        if place.is_dir():
            disk.folders[number] = {}
        else:
            disk.files[number] = bytearray(place.read_bytes())
    return disk


class Recording:
    """A run: where the disk began, what was done to it, what was synced, what was promised.

    Args:
        folder: what the run worked in; nothing outside counts.
        before: what lay in it at the beginning.
        calls: the run's calls in their order.

    Attributes:
        touching: those of the calls that changed or synced something there.
    """

    def __init__(self, folder: Path, before: Disk, calls: Iterable[Call]) -> None:
        self._folder = PurePosixPath(folder)
        self.before = before
        self.steps: list[Step] = []
        self.syncs: dict[int, list[int]] = {}
        self.acks: list[Ack] = []
        self.touching: list[Call] = []
        self.length = 0
        self.now = before.copy()
        self._open: dict[int, int] = {}
        self._offsets: dict[int, int] = {}
        for call in calls:
            self._take(call)
            self.length += 1

    def _take(self, call: Call) -> None:
        take = {
            "open": self._take_open,
            "openat": self._take_open,
            "close": self._take_close,
            "lseek": self._take_lseek,
            "write": self._take_write,
            "pwrite64": self._take_write,
            "writev": self._take_said,
            "ftruncate": self._take_ftruncate,
            "fsync": self._take_sync,
            "fdatasync": self._take_sync,
            "mkdir": self._take_mkdir,
            "unlink": self._take_removal,
            "rmdir": self._take_removal,
            "unlinkat": self._take_removal_in,
            "rename": self._take_rename,
            "mmap": self._take_mmap,
            "fcntl": self._take_fcntl,
        }.get(call.name)
        if take is not None:
            done, synced = len(self.steps), sum(map(len, self.syncs.values()))
            take(call)
            if len(self.steps) > done or sum(map(len, self.syncs.values())) > synced:
                self.touching.append(call)
        else:
            assert not self._concerns(call), f"not understood: {call}"

    def _take_close(self, call: Call) -> None:
        self._open.pop(call.number(0), None)

    def _take_lseek(self, call: Call) -> None:
        self._offsets[call.number(0)] = call.result

    def _take_ftruncate(self, call: Call) -> None:
        if (inode := self._open.get(call.number(0))) is not None:
            self._do(Step(self.length, inode, "truncate", call.number(1)))

    def _take_sync(self, call: Call) -> None:
        if (inode := self._open.get(call.number(0))) is not None:
            self.syncs.setdefault(inode, []).append(self.length)

    def _take_mkdir(self, call: Call) -> None:
        self._name(call.path(0), is_folder=True)

    def _take_removal(self, call: Call) -> None:
        if (place := self._place(call.path(0))) is not None:
            self._do(Step(self.length, place[0], "unname", name=place[1]))

    def _take_mmap(self, call: Call) -> None:
        if "MAP_SHARED" in call.arguments[3] and "PROT_WRITE" in call.arguments[2]:
            inode = self._open.get(call.number(4))
            assert inode is None or inode in self._shared_memory(), "a file is written through memory"

    def _take_fcntl(self, call: Call) -> None:
        assert "F_DUPFD" not in call.arguments[1] or call.number(0) not in self._open

    def _shared_memory(self) -> set[int]:
        names = (each for names in self.now.folders.values() for each in names.items())
        return {inode for name, inode in names if name.endswith(_SHARED_MEMORY)}

    def _concerns(self, call: Call) -> bool:
        """Whether a call that the recording does not know could mean one of the files."""
        is_open = any(argument.isdigit() and int(argument) in self._open for argument in call.arguments)
        return is_open or any(self._folder.as_posix().encode().hex() in _hex(argument) for argument in call.arguments)

    def _place(self, path: str) -> tuple[int, str] | None:
        """The number of the folder and the name in it; None outside the recorded folder."""
        if not PurePosixPath(path).is_relative_to(self._folder):
            return None
        *above, name = PurePosixPath(path).relative_to(self._folder).parts or ("",)
        inode = _ROOT
        for part in above:
            inode = self.now.folders[inode][part]
        return inode, name

    def _inode(self, place: tuple[int, str]) -> int | None:
        return place[0] if not place[1] else self.now.folders[place[0]].get(place[1])

    def _take_open(self, call: Call) -> None:
        first = 1 if call.name == "openat" else 0
        assert first == 0 or call.arguments[0] == "AT_FDCWD" or call.number(0) not in self._open or _is_reading(call)
        path, flags = call.path(first), call.arguments[first + 1]
        place = self._place(path) if path.startswith("/") else None
        if place is None:
            return
        if self._inode(place) is None:
            assert "O_CREAT" in flags
            self._name(path, is_folder=False)
        inode = self._inode(place)
        assert inode is not None
        self._open[call.result] = inode
        self._offsets[call.result] = 0
        assert "O_APPEND" not in flags
        if "O_TRUNC" in flags:
            self._do(Step(self.length, inode, "truncate"))

    def _take_write(self, call: Call) -> None:
        descriptor = call.number(0)
        if descriptor in self._open:
            data = call.data(1)[: call.result]
            is_sequential = call.name == "write"
            offset = self._offsets[descriptor] if is_sequential else call.number(3)
            self._do(Step(self.length, self._open[descriptor], "write", offset, data))
            if is_sequential:
                self._offsets[descriptor] = offset + len(data)

    def _take_said(self, call: Call) -> None:
        assert call.number(0) == 1
        said = call.data(1, "[{iov_base=").decode()
        self.acks += [Ack(self.length, tuple(line.split())) for line in said.splitlines()]

    def _name(self, path: str, *, is_folder: bool) -> None:
        place = self._place(path)
        if place is None:
            return
        number = 1 + max([*self.now.files, *self.now.folders])
        for disk in (self.now, self.before):  # without a name it is in neither
            if is_folder:
                disk.folders[number] = {}
            else:
                disk.files[number] = bytearray()
        self._do(Step(self.length, place[0], "name", name=place[1], target=number))

    def _take_removal_in(self, call: Call) -> None:
        if call.arguments[0] == "AT_FDCWD":
            place = self._place(call.path(1))
        else:
            folder = self._open.get(call.number(0))
            place = None if folder is None else (folder, call.path(1))
        if place is not None:
            self._do(Step(self.length, place[0], "unname", name=place[1]))

    def _take_rename(self, call: Call) -> None:
        origin, place = self._place(call.path(0)), self._place(call.path(1))
        assert (origin is None) == (place is None)
        if origin is not None and place is not None:
            target = self.now.folders[origin[0]][origin[1]]
            self._do(Step(self.length, place[0], "move", name=place[1], target=target, origin=origin))

    def _do(self, step: Step) -> None:
        self.now.apply(step)
        self.steps.append(step)

    # ---- states ----------------------------------------------------------------------------------------------------

    def promised(self, end: int) -> list[Ack]:
        """What had been said before a place in the run."""
        return [ack for ack in self.acks if ack.index < end]

    def states(self, chance: random.Random) -> Iterator[tuple[int, Disk]]:
        """Disks as a power cut may leave them, without end, with the places in the run at which it came."""
        places = [*(step.index + 1 for step in self.steps), *(ack.index + 1 for ack in self.acks)]
        while True:
            end = chance.choice(places)
            yield end, self.state(chance, end)

    def state(self, chance: random.Random, end: int) -> Disk:
        """One disk that a power cut before the call ``end`` may leave."""
        kept, sector = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0)), chance.choice(SECTORS)
        torn = chance.choice((0.0, 0.3, 1.0))
        disk = self.before.copy()
        for step in self.steps:
            if step.index >= end:
                break
            if self._is_sure(step, end):
                disk.apply(step)
            elif step.kind == "write" and chance.random() < torn:
                starts = range(step.offset, step.offset + len(step.data), sector)
                disk.apply(step, {start: chance.random() < kept for start in starts}, sector)
            elif chance.random() < kept:
                disk.apply(step)
        return disk

    def _is_sure(self, step: Step, end: int) -> bool:
        return any(step.index < sync < end for sync in self.syncs.get(step.inode, ()))

    def syncing_only(self, beginning: str) -> "Recording":
        """The same run as if it had synced no other files than those in the folder whose names begin so."""
        names = (name for name in self.now.folders[_ROOT].items() if name[0].startswith(beginning))
        named = {step.target for step in self.steps if step.kind == "name" and step.name.startswith(beginning)}
        kept = {_ROOT, *named, *(inode for _name, inode in names)}
        other = copy(self)
        other.syncs = {inode: syncs for inode, syncs in self.syncs.items() if inode in kept}
        return other


def _is_reading(call: Call) -> bool:
    return not any(word in call.arguments[2] for word in ("O_CREAT", "O_TRUNC", "O_WRONLY", "O_RDWR"))


def _hex(argument: str) -> str:
    return argument.replace("\\x", "").strip('"')
