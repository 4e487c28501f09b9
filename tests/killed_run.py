"""A piece of work in a process of its own, which kills itself at a step; how often it comes to one."""

import os
import signal
import sys
from collections.abc import Callable, Collection
from types import CodeType, FrameType

from disposal_office import DisposalOffice, DisposalScene


def steps_until(
    scene: DisposalScene, work: Callable[[DisposalOffice], object], codes: Collection[CodeType], last: int
) -> int:
    """Do a piece of work in a process of its own, which kills itself at a step; how many it has come to, or 0.

    Args:
        scene: where it is done.
        work: what is done.
        codes: of the functions whose calls and returns are steps.
        last: the step before which it is killed; 0 for never.

    Returns:
        How many steps it has come to; 0 where it was killed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            seen = 0

            def watch(frame: FrameType, event: str, _argument: object) -> None:
                nonlocal seen
                if event in {"call", "return"} and frame.f_code in codes:
                    seen += 1
                    if seen == last:
                        os.kill(os.getpid(), signal.SIGKILL)

            with scene.opened() as office:
                sys.setprofile(watch)
                work(office)
                sys.setprofile(None)
            os.write(writing, str(seen).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    _pid, status = os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        count = told.read()
    assert count or os.WIFSIGNALED(status), "the work failed by itself"
    return int(count or 0)
