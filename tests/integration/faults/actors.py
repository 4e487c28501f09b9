"""The tests' side of ``acting_process``: start children, read what they finished, kill them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integration.faults.workplace import Workplace

TESTS = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


class Actors:
    """A process that forks children on demand."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, task: str, *arguments: int, copies: int = 1) -> None:
        assert self._process.stdin is not None
        print(task, copies, *arguments, file=self._process.stdin, flush=True)

    def line(self) -> list[str]:
        """The next line that a child, or the process itself, has said."""
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        assert words, "the process has ended"
        return words

    def until_ended(self, copies: int = 1) -> tuple[list[list[str]], list[int]]:
        """What the children still say, and the statuses with which they end."""
        said: list[list[str]] = []
        statuses: list[int] = []
        while len(statuses) < copies:
            words = self.line()
            if words[0] == "ended":
                statuses.append(int(words[1]))
            else:
                said.append(words)
        return said, statuses

    def kill_during(self, task: str, seconds: float) -> list[list[str]]:
        """Start one child, kill it that long after it began, and answer what it had finished."""
        self.start(task)
        word, pid = self.line()
        assert word == "pid"
        time.sleep(seconds)
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            said, statuses = self.until_ended()
            raise AssertionError(f"the child ended by itself with {statuses} after {said}") from None
        said, (status,) = self.until_ended()
        assert status == KILLED
        return said


@contextmanager
def actors_of(workplace: Workplace) -> Iterator[Actors]:
    """Start the process, and end it."""
    command = [sys.executable, "-W", "error", "-m", "integration.faults.acting_process"]
    with subprocess.Popen(
        [*command, workplace.url, workplace.folder],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        actors = Actors(process)
        assert actors.line() == ["ready"]
        yield actors
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def seeded() -> random.Random:
    """Random moments; the seed is printed, and taken from RECORDKEEPER_SEED to do them again."""
    seed = int(os.environ.get("RECORDKEEPER_SEED", random.SystemRandom().randrange(2**32)))
    print(f"RECORDKEEPER_SEED={seed}")  # noqa: T201  # pytest shows it when the test fails
    return random.Random(seed)
