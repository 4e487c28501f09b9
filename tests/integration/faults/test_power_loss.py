"""Power that fails at any moment of a run: what was acknowledged is there, nothing is half done, nobody repairs.

What the program does to the disk is recorded with strace and put together again as a power cut may leave it. Controls
take away what holds: the same must then be lost, or nothing is proven.
"""

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from integration.faults.actors import TESTS, seeded
from integration.faults.acts import assert_finished
from integration.faults.power_loss import Ack, Disk, Recording, disk_of, memory_folder
from integration.faults.system_calls import TRACED, read_calls, run_traced
from integration.faults.workplace import NOW, Workplace, begin, tree
from recordkeeper.errors import RecordkeeperError
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.services import publication
from recordkeeper.services.verification import Answer
from recordkeeper.tlog.checkpoint import unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint
from torture import IS_LONG

pytestmark = pytest.mark.needs_strace

STATES = 20_000 if IS_LONG else 500
CONTROL_STATES, CONTROL_STATES_OF_ARCHIVE = 100, 30
FULLY_VERIFIED = 10  # every so manieth state
NORMAL = "1"


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded run, and where the part of it begins that is tried."""

    recording: Recording
    begin: int


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A company that every run has a copy of."""
    folder = tmp_path_factory.mktemp("begun")
    workplace = Workplace(sqlite_url(folder / "records.db"), folder)
    with pytest.MonkeyPatch.context() as patch, create_register(workplace.url) as register:
        patch.setenv("PATH", str(folder))
        begin(workplace, register)
        assert_finished(workplace, register)
    return workplace


def recorded(begun: Workplace, folder: Path, *settings: str) -> Run:
    """Let a copy of the company work, and record it; what is recorded leads to what lies there in the end."""
    shutil.copytree(begun.folder, folder)
    before = disk_of(folder)
    trace = folder.with_suffix(".trace")
    environment = {"PATH": "", "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-B", "-m", "integration.faults.recorded_process", sqlite_url(folder / "records.db")]
    done = run_traced([*command, str(folder), *settings], environment, trace, "-e", f"trace={TRACED}")
    assert done.returncode == 0, done.stderr
    recording = Recording(folder, before, read_calls(trace))
    trace.unlink()
    with tempfile.TemporaryDirectory() as name:
        recording.now.write_out(Path(name) / "now")
        assert tree(Path(name) / "now") == tree(folder)
    assert [ack.words[0] for ack in recording.acks].count("done") == 7
    (ready,) = (ack.index for ack in recording.acks if ack.words == ("ready",))
    return Run(recording, ready)


@pytest.fixture(scope="module")
def run(begun: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(begun, tmp_path_factory.mktemp("run") / "workplace")


def lost_acts(database: Path, promised: list[Ack]) -> list[str]:
    """What is wrong in a database alone: promised acts that are not there, or a file that is damaged."""
    with sqlite3.connect(database) as connection:
        problems = [row for (row,) in connection.execute("PRAGMA integrity_check") if row != "ok"]
        digests = {
            (subject, str(number)): digest
            for subject, number, digest in connection.execute("SELECT subject, act_number, state_digest FROM event")
        }
        acts = set(connection.execute("SELECT subject, number FROM act"))
    connection.close()
    done = [ack.words[1:] for ack in promised if ack.words[0] == "done"]
    problems += [
        f"lost: {subject} {number}" for subject, number, digest in done if digests.get((subject, number)) != digest
    ]
    problems += [f"no act: {key}" for key in digests if key[1] != "None" and (key[0], int(key[1])) not in acts]
    return problems


def problems_of(folder: Path, promised: list[Ack], *, is_thorough: bool) -> list[str]:
    """What is wrong in a workplace after the power came back, until the publisher has resumed and verify is ok."""
    problems = lost_acts(folder / "records.db", promised)
    workplace = Workplace(sqlite_url(folder / "records.db"), folder)
    published = max([0, *(int(ack.words[1]) for ack in promised if ack.words[0] == "published")])
    if size_of_log(workplace) < published:
        problems.append(f"the log is smaller than {published}")
    if is_thorough:
        problems += findings_of(workplace)
    with open_register(workplace.url) as register:
        problems += publication.publish(workplace.publisher(register), NOW).problems
        if not publication.pending(register).is_nothing:
            problems.append("not finished")
    if is_thorough:
        problems += findings_of(workplace)
    return problems


def size_of_log(workplace: Workplace) -> int:
    """How many entries the published checkpoint counts; -1 where it is damaged."""
    try:
        return unverified_checkpoint(read_checkpoint(workplace.archive / "log") or "").size
    except RecordkeeperError:
        return -1


def findings_of(workplace: Workplace) -> list[str]:
    report = workplace.verify()
    return [] if report.verdict is Answer.OK else [*map(str, report.findings)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder for one state after another, in memory where that is possible: the states are many and small."""
    with tempfile.TemporaryDirectory(dir=memory_folder(tmp_path)) as name:
        yield Path(name) / "state"


def states(run: Run, count: int) -> Iterator[tuple[Disk, list[Ack]]]:
    """So many disks that the run may leave, each with what had been promised by then."""
    for (end, disk), _turn in zip(run.recording.states(seeded(), run.begin), range(count), strict=False):
        yield disk, run.recording.promised(end)


def put(disk: Disk, place: Path) -> Path:
    """The disk as files."""
    shutil.rmtree(place, ignore_errors=True)
    disk.write_out(place)
    return place


@pytest.mark.torture
def test_a_power_cut_loses_nothing_that_was_acknowledged(run: Run, place: Path) -> None:
    differing: set[str] = set()
    for number, (disk, promised) in enumerate(states(run, STATES)):
        differing.add(disk.digest)
        assert problems_of(put(disk, place), promised, is_thorough=number % FULLY_VERIFIED == 0) == []
    print(f"{STATES} power cuts, {len(differing)} of them leave differing files: nothing lost")  # noqa: T201
    assert len(differing) > STATES // 2


def test_with_a_weaker_setting_of_the_database_acknowledged_acts_are_lost(
    begun: Workplace, tmp_path: Path, place: Path
) -> None:
    """The control: synchronous=NORMAL."""
    weak = recorded(begun, tmp_path / "weak", NORMAL)
    found = [lost_acts(put(disk, place) / "records.db", promised) for disk, promised in states(weak, CONTROL_STATES)]
    losses = sum(any(each.startswith("lost") for each in problems) for problems in found)
    assert losses, "the states lose nothing, whatever is synced: they prove nothing"
    print(f"synchronous=NORMAL: {losses} of {CONTROL_STATES} states lost an acknowledged act")  # noqa: T201


def test_without_the_syncs_of_the_archive_its_files_are_lost(run: Run, place: Path) -> None:
    """The control: as if nothing but the database were ever synced."""
    careless = replace(run, recording=run.recording.syncing_only("records.db"))
    found = [
        problems_of(put(disk, place), promised, is_thorough=True)
        for disk, promised in states(careless, CONTROL_STATES_OF_ARCHIVE)
    ]
    losses = sum(bool(problems) for problems in found)
    assert losses, "the states lose nothing, whatever is synced: they prove nothing"
    print(f"an archive without syncs: {losses} of {CONTROL_STATES_OF_ARCHIVE} states are not sound")  # noqa: T201
