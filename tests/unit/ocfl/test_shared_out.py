"""Work shared out among processes: all of it is done once, and what goes wrong in one is said here."""

import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from recordkeeper.ocfl.shared_out import share_out


def doubled(things: Sequence[int]) -> list[int]:
    return [2 * thing for thing in things]


def failing(things: Sequence[int]) -> list[int]:
    if 1 in things:
        raise ValueError(*things)
    return list(things)


def killed(things: Sequence[int]) -> list[int]:
    if 1 in things:
        os.kill(os.getpid(), signal.SIGKILL)
    return list(things)


@pytest.mark.parametrize("shares", [1, 2, 5])
def test_everything_is_done_once(shares: int) -> None:
    done = [thing for some in share_out(doubled, range(11), shares) for thing in some]
    assert sorted(done) == [2 * thing for thing in range(11)]


def test_what_is_raised_in_another_process_is_raised_here() -> None:
    with pytest.raises(ValueError, match="1, 3"):
        list(share_out(failing, range(4), 2))


def children() -> set[str]:
    """The processes that this one has started and not yet taken leave of."""
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text("ascii").split())


def test_a_process_that_dies_is_noticed_and_none_is_left_behind() -> None:
    before = children()
    with pytest.raises(ChildProcessError):
        list(share_out(killed, range(4), 2))
    assert children() == before


def test_who_stops_early_leaves_no_process_behind() -> None:
    before = children()
    some = share_out(doubled, range(4), 3)
    assert next(some) == [0, 6]
    some.close()  # type: ignore[attr-defined]
    assert children() == before
