"""Acts a second, with their events and projections, beside one event a transaction in plain SQL, in one run.

On both databases with the settings of the register, by one client and by as many as are promised to work at once: 8 on
SQLite, 32 on PostgreSQL, whose server here writes to the disk before it answers, as a company's does.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sample_company import SampleCompany, sample_company

from recordkeeper.register.acts import Register
from recordkeeper.register.connection import sqlite_path, sqlite_url
from recordkeeper.register.engine import create_register, open_register

sys.path.append(str(Path(__file__).parent.parent / "tests"))

ACTS = 160
# The settings of the register, as its connections have them.
PRAGMAS = ("busy_timeout = 30000", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON")

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Database:
    """Where it is measured.

    Args:
        name: as it is printed.
        make: makes the register of a company.
        plain: a new connection's one event in one transaction, for a company whose register it is not.
        clients: as many as are promised to work at once.
    """

    name: str
    make: Callable[[Path], Register]
    plain: Callable[[str, str], Act]
    clients: int


def a_second(act: Act, count: int) -> float:
    began = time.perf_counter()
    for _turn in range(count):
        act()
    return count / (time.perf_counter() - began)


def a_second_together(begin: Callable[[], Act], clients: int, count: int) -> float:
    """Acts a second of so many processes that begin together, each with a connection of its own."""
    waiting, go = os.pipe()
    ready, told = os.pipe()
    for _client in range(clients):
        if os.fork() == 0:
            act = begin()
            os.write(told, b".")
            os.close(go)
            os.read(waiting, 1)
            a_second(act, count)
            os._exit(0)
    for _client in range(clients):
        os.read(ready, 1)
    began = time.perf_counter()
    os.close(go)
    for _client in range(clients):
        _pid, status = os.wait()
        if status:
            raise ChildProcessError(status)
    return clients * count / (time.perf_counter() - began)


def plain_on_sqlite(url: str, leaf: str) -> Act:
    path = sqlite_path(url)
    if path is None:
        raise AssertionError(url)
    connection = sqlite3.connect(path.with_name("plain.db"), isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE IF NOT EXISTS event (leaf TEXT NOT NULL)")

    def insert() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO event VALUES (?)", (leaf,))
        connection.execute("COMMIT")

    return insert


def plain_on_postgresql(url: str, leaf: str) -> Act:
    import psycopg

    from scratch_postgresql import as_superuser

    connection = psycopg.connect(as_superuser(url).replace("+psycopg", ""))
    connection.execute("CREATE TABLE IF NOT EXISTS plain_event (leaf TEXT NOT NULL)")
    connection.commit()

    def insert() -> None:
        connection.execute("INSERT INTO plain_event VALUES (%s)", (leaf,))
        connection.commit()

    return insert


@contextmanager
def databases() -> Iterator[list[Database]]:
    sqlite = Database(
        "SQLite", lambda folder: create_register(sqlite_url(folder / "records.db")), plain_on_sqlite, clients=8
    )
    from scratch_postgresql import EVERYDAY, ScratchPostgresql, as_everyday, find_binaries

    binaries = find_binaries()
    if binaries is None:
        yield [sqlite]
        return
    server = ScratchPostgresql(binaries, is_synced=True)

    def make(_folder: Path) -> Register:
        url = server.create()
        create_register(url, EVERYDAY).close()
        return open_register(as_everyday(url))

    try:
        yield [sqlite, Database("PostgreSQL", make, plain_on_postgresql, clients=32)]
    finally:
        server.stop()


def measure(database: Database, company: SampleCompany) -> None:
    url = company.register.url
    with company.register.reading() as snapshot:
        leaf = list(snapshot.events())[-1].leaf.decode()
    numbers: list[str] = []

    def enter_in_a_register_of_its_own() -> Act:
        register = open_register(url)
        own = SampleCompany(register, company.publisher, company.clerk, company.clerk_key)
        return own.enter

    floor = a_second(database.plain(url, leaf), ACTS)
    entered = a_second(lambda: numbers.append(company.enter()), ACTS)
    signed = a_second(lambda: company.sign(numbers.pop()), ACTS)
    company.register.close()  # what was open cannot be shared with forked processes
    each = max(1, ACTS // database.clients)
    floor_together = a_second_together(lambda: database.plain(url, leaf), database.clients, each)
    entered_together = a_second_together(enter_in_a_register_of_its_own, database.clients, each)
    for what, acts, plain in (
        ("1 client, new with its first section", entered, floor),
        ("1 client, sign", signed, floor),
        (f"{database.clients} clients, new with its first section", entered_together, floor_together),
    ):
        print(f"{database.name}, {what}: {acts:.0f} acts a second, plain events {plain:.0f}: {plain / acts:.1f} to one")


def main() -> None:
    with databases() as all_of_them:
        for database in all_of_them:
            with sample_company(database.make) as company:
                measure(database, company)


if __name__ == "__main__":
    main()
