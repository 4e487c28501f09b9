"""What must stand in a workplace after a fault or a power cut, as the test of each of them asks."""

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from integration.faults.power_loss import Ack
from integration.faults.workplace import NOW, Workplace
from recordkeeper.errors import RecordkeeperError
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import open_register
from recordkeeper.services import publication
from recordkeeper.services.verification import Answer
from recordkeeper.tlog.checkpoint import unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint


def copied(workplace: Workplace, folder: Path) -> Workplace:
    """A copy of a workplace on SQLite."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(workplace.folder, folder)
    return Workplace(sqlite_url(folder / "records.db"), folder)


def lost_acts(database: Path, promised: Sequence[Ack]) -> list[str]:
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


def problems_of(folder: Path, promised: Sequence[Ack], *, is_thorough: bool) -> list[str]:
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
