"""The whole verification of a register against its floor: fetching every act and event and hashing it once."""

import hashlib
import sqlite3
import time
from pathlib import Path

from benchmarks.sample_company import NOW, sample_company

from recordkeeper.register.connection import sqlite_path
from recordkeeper.services.publication import publish
from recordkeeper.services.verification import Answer, verify

RECORDS = 300
RUNS = 3


def floor_seconds(path: Path) -> float:
    began = time.perf_counter()
    connection = sqlite3.connect(path)
    for table in ("act", "event"):
        for row in connection.execute(f"SELECT * FROM {table}"):
            hashlib.sha256(repr(row).encode()).digest()
    connection.close()
    return time.perf_counter() - began


def verify_seconds(url: str, archive: Path) -> float:
    began = time.perf_counter()
    report = verify(url, archive)
    taken = time.perf_counter() - began
    if report.verdict is not Answer.OK:
        raise AssertionError(report.findings)
    return taken


def main() -> None:
    with sample_company() as company:
        for _record in range(RECORDS):
            company.sign(company.enter())
        publish(company.publisher, NOW)
        with company.register.reading() as snapshot:
            count = snapshot.event_count()
        path = sqlite_path(company.register.url)
        if path is None:
            raise AssertionError(company.register.url)
        floor = min(floor_seconds(path) for _run in range(RUNS))
        ours = min(verify_seconds(company.register.url, company.publisher.archive) for _run in range(RUNS))
    print(f"verify {count} events: {count / ours:.0f} events a second, {ours / floor:.0f} times fetch and SHA-256")


if __name__ == "__main__":
    main()
