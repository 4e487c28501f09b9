"""A log of a million events against its budgets: verified streaming, from the last checkpoint, proven, appended to.

The floor is what no verification can do without: fetching every event's row and hashing it once, in Python. Each
measurement of verification is made in a process of its own, whose greatest memory is its own too.
"""

import argparse
import hashlib
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recordkeeper import verifier
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.services import initiation, proving, publication, verification
from recordkeeper.services.people import Actor
from recordkeeper.services.publication import Publisher
from recordkeeper.services.recent_check import check_recent
from recordkeeper.services.verification import Answer

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
EVENTS = 1_000_000
AT_ONCE = 20_000
APPENDS = 400
PROOFS = 40
RUNS = 3
FLOOR_FACTOR, MEMORY_MEGABYTES, NEWEST_SECONDS, PROOF_MILLISECONDS, APPEND_MILLISECONDS = 2, 500, 1, 50, 10
_DATABASE = "records.db"


def make_company(folder: Path, count: int) -> None:
    """Begin a company whose trail has ``count`` events, published every 20,000."""
    root = StorageRoot(folder / "archive" / "objects", folder / "archive" / "incoming")
    beginning = initiation.prepare(
        company="示范物业",
        time_zone="Asia/Shanghai",
        login="boss",
        name="甲",
        passphrase="correct horse",
        now=NOW,
    )
    with create_register(sqlite_url(folder / _DATABASE)) as register:
        initiation.initiate(beginning, register, root, folder / "log.key", NOW)
        publisher = Publisher(register, folder / "archive", root, folder / "log.key")
        with register.reading() as snapshot:
            left = count - snapshot.event_count()
        moment = NOW
        while left > 0:
            moment += timedelta(seconds=7)
            with register.writing(now=moment) as transaction:
                for number in range(min(left, AT_ONCE)):
                    transaction.note("read", actor="person/1", subject=f"record/QR-017-02/2026-{number:04}")
            left -= AT_ONCE
            if publication.publish(publisher, moment).problems:
                raise AssertionError


def floor_seconds(folder: Path) -> float:
    """Fetch every event and hash it once."""
    connection = sqlite3.connect(folder / _DATABASE)
    began = time.process_time()
    for row in connection.execute('SELECT * FROM event ORDER BY "index"'):
        hashlib.sha256(repr(row).encode()).digest()
    taken = time.process_time() - began
    connection.close()
    return taken


def verify_whole(folder: Path) -> None:
    """All aspects of the workspace."""
    report = verification.verify(sqlite_url(folder / _DATABASE), folder / "archive")
    if report.verdict is not Answer.OK:
        raise AssertionError(report.findings[:3])


def verify_alone(folder: Path) -> None:
    """The archive alone, by the stand-alone verifier."""
    with closing(verifier.Medium(folder / "archive")) as medium:
        report = verifier.verify(medium)
    if report.verdict != verifier.OK:
        raise AssertionError(list(report.kept)[:3])


WAYS: dict[str, Callable[[Path], None]] = {"verify": verify_whole, "verifier.py": verify_alone}


def measured(way: str, folder: Path) -> tuple[float, float]:
    """Seconds of processor, and megabytes at most, of a process of its own; the fastest of several."""
    command = [sys.executable, "-m", "benchmarks.log", "--measure", way, str(folder)]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _run in range(RUNS)]
    return min(float(seconds) for seconds, _memory in runs), max(float(memory) for _seconds, memory in runs)


def measure(way: str, folder: Path) -> None:
    """What such a process prints."""
    began = time.process_time()
    WAYS[way](folder)
    taken = time.process_time() - began
    print(f"{taken} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")


def newest_seconds(register: Register, folder: Path) -> float:
    boss = Actor("person/1", "boss", "甲")
    began = time.perf_counter()
    if check_recent(register, folder / "archive" / "log", boss, NOW).findings:
        raise AssertionError
    return time.perf_counter() - began


def proof_seconds(register: Register, folder: Path, count: int) -> float:
    """The slowest but one in twenty of proofs over the whole log."""
    taken = []
    for number in range(PROOFS):
        index = number * (count - 1) // PROOFS
        began = time.perf_counter()
        proving.prove_events(register, folder / "archive" / "log", str(index))
        taken.append(time.perf_counter() - began)
    return late_one(taken)


def append_seconds(register: Register) -> float:
    taken = []
    for number in range(APPENDS):
        began = time.perf_counter()
        with register.writing(now=NOW + timedelta(days=1, seconds=number)) as transaction:
            transaction.note("read", actor="person/1", subject="record/QR-017-02/2026-0001")
        taken.append(time.perf_counter() - began)
    return late_one(taken)


def late_one(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="recordkeeper-bench-") as name:
        folder = Path(name)
        make_company(folder, count)
        floor = min(floor_seconds(folder) for _run in range(RUNS))
        print(f"{count} events; fetched and hashed in Python: {floor:.2f} s")
        is_kept = True
        for way in WAYS:
            seconds, memory = measured(way, folder)
            is_kept &= seconds <= FLOOR_FACTOR * floor and memory <= MEMORY_MEGABYTES
            print(f"{way}: {seconds:.2f} s, {seconds / floor:.2f} times that; {memory:.0f} MB at most")
        with open_register(sqlite_url(folder / _DATABASE)) as register:
            newest = newest_seconds(register, folder)
            proof = proof_seconds(register, folder, count) * 1000
            append = append_seconds(register) * 1000
        print(f"from the last checkpoint: {newest:.2f} s")
        print(f"inclusion proof, p95 of {PROOFS}: {proof:.1f} ms; append, p95 of {APPENDS}: {append:.1f} ms")
        is_kept &= newest <= NEWEST_SECONDS and proof <= PROOF_MILLISECONDS and append <= APPEND_MILLISECONDS
        if count == EVENTS and not is_kept:
            raise SystemExit("over budget")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure[0], Path(given.measure[1]))
    else:
        main(given.events)
