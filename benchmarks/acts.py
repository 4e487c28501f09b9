"""Acts a second, with their event and projections, against one event a transaction in plain SQL, same settings."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.sample_company import SampleCompany, sample_company

from recordkeeper.register.connection import sqlite_path

ACTS = 150
# The settings of the register, as its connections have them.
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")


def a_second(acts: Sequence[Callable[[], object]]) -> float:
    began = time.perf_counter()
    for act in acts:
        act()
    return len(acts) / (time.perf_counter() - began)


def plain_events(company: SampleCompany, folder: Path) -> float:
    """Insert copies of the last event, each in a transaction of its own, in a database of its own."""
    with company.register.reading() as snapshot:
        leaf = list(snapshot.events())[-1].leaf.decode()
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE event (leaf TEXT NOT NULL)")

    def insert() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO event VALUES (?)", (leaf,))
        connection.execute("COMMIT")

    rate = a_second([insert] * ACTS)
    connection.close()
    return rate


def main() -> None:
    with sample_company() as company:
        numbers: list[str] = []
        entered = a_second([lambda: numbers.append(company.enter())] * ACTS)
        signed = a_second([lambda number=number: company.sign(number) for number in numbers])  # type: ignore[misc]
        path = sqlite_path(company.register.url)
        if path is None:
            raise AssertionError(company.register.url)
        floor = plain_events(company, path.parent)
    print(f"plain events: {floor:.0f} a second")
    print(f"new with its first section: {entered:.0f} a second, {floor / entered:.1f} times as long as a plain event")
    print(f"sign: {signed:.0f} a second, {floor / signed:.1f} times as long as a plain event")


if __name__ == "__main__":
    main()
