"""A fault at a system call of one fill and archive: EIO, ENOSPC or a kill. Old state or new, and verify is ok.

strace lets the n-th call of a name fail, or kills the process there; so the faults strike SQLite's own calls too. A
disk that is full from some moment on is a run whose every later write and new folder fails: that needs no right to
mount, and it strikes at twenty moments between the first byte and the last. Where one may be mounted it is also a
small file system in memory, in the long form of twenty sizes.
"""

import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from integration.faults.actors import KILLED, seeded
from integration.faults.aftermath import copied, problems_of
from integration.faults.power_loss import Ack, Recording, disk_of
from integration.faults.system_calls import TRACED, Call, TracedActors, read_calls, traced_actors, was_injected
from integration.faults.test_archive_unavailable import mounted
from integration.faults.workplace import Workplace
from torture import IS_LONG, SAID

pytestmark = pytest.mark.needs_strace

SAMPLED = 30
SIZES, PAGE, PAGES_MORE = 20, 4096, 25
ENVIRONMENT_FAILED = 5
ACTS, PUBLISHED = 7, 2
KILL = "signal=KILL"
FAULTS = ("error=EIO", "error=ENOSPC", KILL)
FILLING = ("write", "pwrite64", "mkdir")


@pytest.fixture(scope="module")
def actors(begun: Workplace) -> Iterator[TracedActors]:
    with traced_actors(begun) as started:
        yield started


@pytest.fixture(scope="module")
def calls(begun: Workplace, actors: TracedActors, tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """Every call by which an undisturbed run changes or syncs something on the disk."""
    workplace = copied(begun, tmp_path_factory.mktemp("undisturbed") / "workplace")
    before, trace = disk_of(workplace.folder), workplace.folder.with_suffix(".trace")
    said, status = actors.run(workplace, trace, ["-e", f"trace={TRACED}"])
    assert (status, len(done_in(said))) == (0, ACTS)
    return Recording(workplace.folder, before, read_calls(trace)).touching


def done_in(said: Sequence[str]) -> list[Ack]:
    return [ack for ack in acks_of(said) if ack.words[0] == "done"]


def acks_of(said: Sequence[str]) -> list[Ack]:
    return [Ack(0, tuple(line.split())) for line in said]


def check_aftermath(workplace: Workplace, said: Sequence[str], status: int, *, is_killed: bool) -> None:
    """How the run ended, and what it left: nothing acknowledged is lost, nothing half done, the next run finishes."""
    if is_killed:
        assert status == KILLED, said
    else:
        refusals = [line for line in said if line.startswith("refused")]
        assert status == (ENVIRONMENT_FAILED if refusals else 0), said
        assert all(line.startswith(f"refused {ENVIRONMENT_FAILED} ") for line in refusals)
        assert refusals or len(done_in(said)) == ACTS
    assert problems_of(workplace.folder, acks_of(said), is_thorough=True) == []


@pytest.mark.torture
def test_a_fault_at_any_system_call_leaves_the_old_state_or_the_new(
    begun: Workplace,
    actors: TracedActors,
    calls: list[Call],
    place: Path,
    record_property: Callable[[str, object], None],
) -> None:
    every = [(call, fault) for call in calls for fault in FAULTS]
    tried = every if IS_LONG else sampled(every, seeded())
    struck = 0
    for call, fault in tried:
        workplace, trace = copied(begun, place), place.with_suffix(".trace")
        options = ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{fault}:when={call.count}"]
        said, status = actors.run(workplace, trace, options)
        if was_injected(trace):
            struck += 1
            check_aftermath(workplace, said, status, is_killed=fault == KILL)
    assert struck > len(tried) * 0.9, "the calls of one run are not those of another"
    record_property(SAID, f"{struck} faults at {len({(call.name, call.count) for call, _fault in tried})} calls")


def sampled(every: Sequence[tuple[Call, str]], chance: random.Random) -> list[tuple[Call, str]]:
    """Some of them, of each name and fault at least one."""
    chosen = {(call.name, fault): (call, fault) for call, fault in chance.sample(every, len(every))}
    return [*chosen.values(), *chance.sample(every, max(0, SAMPLED - len(chosen)))]


@pytest.mark.torture
def test_a_disk_that_is_full_from_any_moment_on_refuses_with_5_and_goes_on_when_there_is_room(
    begun: Workplace, actors: TracedActors, calls: list[Call], place: Path
) -> None:
    filling = [call for call in calls if call.name in FILLING]
    moments = [filling[len(filling) * size // SIZES] for size in range(SIZES)]
    for moment in moments:
        workplace, trace = copied(begun, place), place.with_suffix(".trace")
        said, status = actors.run(workplace, trace, full_from(calls, moment))
        assert was_injected(trace)
        assert_says_no_room(workplace, said)
        check_aftermath(workplace, said, status, is_killed=False)


def full_from(calls: Sequence[Call], moment: Call) -> list[str]:
    """strace's options for a disk that takes nothing more from a call on."""
    before = calls[: calls.index(moment)]
    options = ["-e", f"trace={','.join(FILLING)}"]
    for name in FILLING:
        count = max([0, *(call.count for call in before if call.name == name)])
        options += ["-e", f"inject={name}:error=ENOSPC:when={count + 1}+"]
    return options


def assert_says_no_room(workplace: Workplace, said: Sequence[str]) -> None:
    """Whatever was not done is said, with the place and that there is no room."""
    complaints = [line for line in said if line.startswith(("refused", "pending"))]
    assert complaints or [ack.words[0] for ack in acks_of(said)].count("published") == PUBLISHED, said
    for line in complaints:
        assert "no room left" in line or "No space left on device" in line, line
        assert any(named in line for named in (str(workplace.folder), "record/", "the log")), line


@pytest.mark.torture
def test_a_small_file_system_of_any_size_refuses_with_5_and_goes_on_when_there_is_room(
    begun: Workplace, actors: TracedActors, tmp_path: Path
) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    pages = sum(-(-path.stat().st_size // PAGE) for path in begun.folder.rglob("*") if path.is_file())
    refusals = 0
    for size in range(0, SIZES, 1 if IS_LONG else SIZES - 1):
        with mounted(mount, f"size={PAGE * (pages + PAGES_MORE * size)}"):
            workplace = copied(begun, mount / "workplace")
            said, status = actors.run(workplace, tmp_path / "trace", ["-e", "trace=fsync"])
            if any(line.startswith(("refused", "pending")) for line in said):
                refusals += 1
                assert_says_no_room(workplace, said)
            subprocess.run(["/bin/mount", "-o", f"remount,size={4 * PAGE * pages}", mount], check=True)
            check_aftermath(workplace, said, status, is_killed=False)
    assert 0 < refusals < SIZES
