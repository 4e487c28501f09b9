"""What a process does to the disk, system call by system call, as strace tells it; and faults at its calls.

Source: strace(1), "Tampering"
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integration.faults.actors import TESTS
from integration.faults.workplace import Workplace

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
        count: so many calls of that name there were with it, failed ones too.
    """

    name: str
    arguments: tuple[str, ...]
    result: int
    count: int

    def number(self, place: int) -> int:
        """A whole number among the arguments."""
        return int(self.arguments[place], 0)

    def data(self, place: int, before: str = "") -> bytes:
        """The bytes of a text among the arguments; ``before`` stands before it."""
        found = _TEXT.fullmatch(self.arguments[place].removeprefix(before))
        if found is None:
            raise AssertionError(f"no whole text: {self.name} {self.arguments[place][:80]}")
        return bytes.fromhex(found[1].replace("\\x", ""))

    def path(self, place: int) -> str:
        return os.fsdecode(self.data(place))


def read_calls(trace: Path) -> Iterator[Call]:
    """The calls of a trace in their order, without those that failed."""
    counts: Counter[str] = Counter()
    for line in trace.read_text(encoding="ascii").splitlines():
        found = _CALL.fullmatch(line)
        if found is None:
            assert line.startswith(("+++", "---")), line[:200]
            continue
        counts[found[1]] += 1
        if not found[3].startswith(("-", "?")):
            yield Call(found[1], tuple(found[2].split(", ")), int(found[3], 0), counts[found[1]])


def was_injected(trace: Path) -> bool:
    """Whether a fault that was asked for struck."""
    text = trace.read_text(encoding="ascii")
    return "(INJECTED)" in text or "killed by SIGKILL" in text


class TracedActors:
    """A process that forks children, each traced from the moment that it begins to work.

    Threads are not followed: the program has none but those in which passphrases are hashed.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, workplace: Workplace, trace: Path, options: Sequence[str], *settings: str) -> tuple[list[str], int]:
        """Let a child work in a workplace.

        Args:
            workplace: where.
            trace: the file for its calls; every text of them stands there whole and as bytes.
            options: of strace: what to trace, and the faults.
            settings: as the process takes them.

        Returns:
            The lines that it said, and its exit status, negative for the signal that killed it.
        """
        assert self._process.stdin is not None
        print(workplace.url, workplace.folder, *settings, file=self._process.stdin, flush=True)
        word, pid = self.line().split()
        assert word == "pid"
        with self._attached(int(pid), trace, options):
            os.kill(int(pid), signal.SIGCONT)
            lines = [self.line()]
            while not lines[-1].startswith("ended "):
                lines.append(self.line())
        return lines[:-1], int(lines[-1].partition(" ")[2])

    def line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process has ended"
        return line.rstrip("\n")

    @contextmanager
    def _attached(self, pid: int, trace: Path, options: Sequence[str]) -> Iterator[None]:
        strace = find_strace()
        assert strace is not None
        command = [strace, "-o", str(trace), "-xx", "-s", str(2**28), *options, "-p", str(pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr is not None
            said = tracer.stderr.readline()
            assert "attached" in said, said
            yield
            tracer.communicate(timeout=60)


@contextmanager
def traced_actors(workplace: Workplace) -> Iterator[TracedActors]:
    """Start the process, with the keys of the people of ``workplace``, and end it."""
    command = [sys.executable, "-B", "-W", "error", "-m", "integration.faults.recorded_process", workplace.url]
    environment = {"PATH": "", "HOME": str(workplace.folder), "LANG": "C.UTF-8", "LANGUAGE": "en"}
    with subprocess.Popen(
        command, cwd=TESTS, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        actors = TracedActors(process)
        assert actors.line() == "ready"
        yield actors
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 0
