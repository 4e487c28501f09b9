"""What a process does to the disk, system call by system call, as strace tells it; and faults at its calls.

Source: strace(1), "Tampering"
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Everything by which a process of ours may change a file system, and what is needed to know which file it means.
TRACED = (
    "openat,open,creat,close,dup,dup2,dup3,fcntl,lseek,mmap,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,"
    "fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,msync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,"
    "rmdir,link,linkat,symlink,symlinkat,mknod,mknodat,sendfile,copy_file_range,splice"
)
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+|\?)(?: .*)?")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def find_strace() -> str | None:
    """The program; none where it is not installed."""
    return shutil.which("strace") or next((path for path in ("/usr/bin/strace",) if os.access(path, os.X_OK)), None)


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded.

    Args:
        name: ``pwrite64``.
        arguments: as strace writes them.
        result: what it gave back.
    """

    name: str
    arguments: tuple[str, ...]
    result: int

    def number(self, place: int) -> int:
        """A whole number among the arguments."""
        return int(self.arguments[place], 0)

    def data(self, place: int) -> bytes:
        """The bytes of a text among the arguments."""
        found = _TEXT.fullmatch(self.arguments[place])
        if found is None:
            raise AssertionError(f"no whole text: {self.name} {self.arguments[place][:80]}")
        return bytes.fromhex(found[1].replace("\\x", ""))

    def path(self, place: int) -> str:
        return os.fsdecode(self.data(place))


def run_traced(
    command: Sequence[str], environment: Mapping[str, str], trace: Path, *options: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command under strace; every text of its calls stands whole and as bytes in ``trace``.

    Threads are not followed: the program has none but those in which passphrases are hashed.
    """
    strace = find_strace()
    assert strace is not None
    tracing = [strace, "-o", str(trace), "-xx", "-s", str(2**28), *options]
    return subprocess.run([*tracing, *command], env=environment, capture_output=True, text=True, check=False)


def read_calls(trace: Path) -> Iterator[Call]:
    """The calls of a trace in their order, without those that failed."""
    for line in trace.read_text(encoding="ascii").splitlines():
        found = _CALL.fullmatch(line)
        if found is None:
            assert line.startswith(("+++", "---")), line[:200]
        elif not found[3].startswith(("-", "?")):
            yield Call(found[1], tuple(found[2].split(", ")), int(found[3], 0))
