"""Work upon many things shared out among the machine's processors; this process does its own part meanwhile.

Forked: the language in use goes with it, and nothing is imported again. Each process does every so-many-th of the
things, so that all end at much the same time.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

Thing = TypeVar("Thing")
Done = TypeVar("Done")
_BLOCK_BYTES = 1 << 20


def share_out(work: Callable[[Sequence[Thing]], Done], things: Sequence[Thing], shares: int) -> Iterator[Done]:
    """What ``work`` makes of each share of the things, one share a process.

    Args:
        work: a function of a share; what it gives back, or raises, must be able to be pickled.
        things: what is to be shared out.
        shares: how many processes, this one included.

    Raises:
        ChildProcessError: a process ended without an answer.
        Others: whatever ``work`` raises.
    """
    others: dict[int, int] = {}
    try:
        for turn in range(1, shares):
            reading, writing = os.pipe()
            child = os.fork()
            if not child:
                os.close(reading)
                _answer(work, things[turn::shares], writing)
            os.close(writing)
            others[child] = reading
        yield work(things[::shares])
        for child in list(others):
            reading = others[child]
            answer = b"".join(iter(lambda reading=reading: os.read(reading, _BLOCK_BYTES), b""))  # type: ignore[misc]
            os.close(reading)
            del others[child]
            os.waitpid(child, 0)
            if not answer:
                raise ChildProcessError(child)
            done, error = pickle.loads(answer)  # noqa: S301 - from the process that was forked here
            if error is not None:
                raise error
            yield done
    finally:
        for child, reading in others.items():
            os.close(reading)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _answer(work: Callable[[Sequence[Thing]], Done], things: Sequence[Thing], writing: int) -> None:
    """Do a share in the forked process, answer and end it, whatever happens."""
    status = 1
    try:
        try:
            answer = pickle.dumps((work(things), None))
        except Exception as error:  # noqa: BLE001 - it is raised where the work was asked for
            answer = pickle.dumps((None, error))
        with os.fdopen(writing, "wb") as file:
            file.write(answer)
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)
