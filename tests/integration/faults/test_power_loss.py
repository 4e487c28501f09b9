"""Power that fails at any moment of a run: what was acknowledged is there, nothing is half done, nobody repairs.

What the program does to the disk is recorded with strace and put together again as a power cut may leave it. Controls
take away what holds: the same must then be lost, or nothing is proven.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.faults.actors import seeded
from integration.faults.aftermath import copied, lost_acts, problems_of
from integration.faults.power_loss import Ack, Disk, Recording, disk_of
from integration.faults.system_calls import TRACED, read_calls, traced_actors
from integration.faults.workplace import Workplace, tree
from torture import IS_LONG, SAID

pytestmark = pytest.mark.needs_strace

STATES = 20_000 if IS_LONG else 500
CONTROL_STATES, CONTROL_STATES_OF_ARCHIVE = 100, 30
FULLY_VERIFIED = 10  # every so manieth state
NORMAL = "1"


def recorded(begun: Workplace, folder: Path, *settings: str) -> Recording:
    """Let a copy of the company work, and record it; what is recorded leads to what lies there in the end."""
    workplace = copied(begun, folder)
    before, trace = disk_of(folder), folder.with_suffix(".trace")
    with traced_actors(begun) as actors:
        said, status = actors.run(workplace, trace, ["-e", f"trace={TRACED}"], *settings)
    assert status == 0, said
    recording = Recording(folder, before, read_calls(trace))
    trace.unlink()
    with tempfile.TemporaryDirectory() as name:
        recording.now.write_out(Path(name) / "now")
        assert tree(Path(name) / "now") == tree(folder)
    assert [ack.words[0] for ack in recording.acks].count("done") == 7
    return recording


@pytest.fixture(scope="module")
def run(begun: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return recorded(begun, tmp_path_factory.mktemp("run") / "workplace")


def states(run: Recording, count: int) -> Iterator[tuple[Disk, list[Ack]]]:
    """So many disks that the run may leave, each with what had been promised by then."""
    for (end, disk), _turn in zip(run.states(seeded()), range(count), strict=False):
        yield disk, run.promised(end)


def put(disk: Disk, place: Path) -> Path:
    """The disk as files."""
    shutil.rmtree(place, ignore_errors=True)
    disk.write_out(place)
    return place


@pytest.mark.torture
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    run: Recording, place: Path, record_property: Callable[[str, object], None]
) -> None:
    differing: set[str] = set()
    for number, (disk, promised) in enumerate(states(run, STATES)):
        differing.add(disk.digest)
        assert problems_of(put(disk, place), promised, is_thorough=number % FULLY_VERIFIED == 0) == []
    record_property(SAID, f"{STATES} power cuts, {len(differing)} of them leave differing files: nothing lost")
    assert len(differing) > STATES // 2


def test_with_a_weaker_setting_of_the_database_acknowledged_acts_are_lost(
    begun: Workplace, tmp_path: Path, place: Path, record_property: Callable[[str, object], None]
) -> None:
    """The control: synchronous=NORMAL."""
    weak = recorded(begun, tmp_path / "weak", NORMAL)
    found = [lost_acts(put(disk, place) / "records.db", promised) for disk, promised in states(weak, CONTROL_STATES)]
    losses = sum(any(each.startswith("lost") for each in problems) for problems in found)
    assert losses, "the states lose nothing, whatever is synced: they prove nothing"
    record_property(SAID, f"{losses} of {CONTROL_STATES} states lost an acknowledged act")


def test_without_the_syncs_of_the_archive_its_files_are_lost(
    run: Recording, place: Path, record_property: Callable[[str, object], None]
) -> None:
    """The control: as if nothing but the database were ever synced."""
    careless = run.syncing_only("records.db")
    found = [
        problems_of(put(disk, place), promised, is_thorough=True)
        for disk, promised in states(careless, CONTROL_STATES_OF_ARCHIVE)
    ]
    losses = sum(bool(problems) for problems in found)
    assert losses, "the states lose nothing, whatever is synced: they prove nothing"
    record_property(SAID, f"{losses} of {CONTROL_STATES_OF_ARCHIVE} states are not sound")
