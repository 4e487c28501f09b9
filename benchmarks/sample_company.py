"""A company for benchmarks in a folder that goes away: the shipped forms in force, a clerk who enters and signs."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import create_register
from recordkeeper.services import catalogue, initiation, lifecycle, people
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.publication import Publisher

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
FORM = "QR-017-02"
VALUES = {
    "source": "业主会议",
    "customer": "业主委员会代表 许国良",
    "fed_back_at": "2026-11-02 09:40",
    "content": "1. 地下二层照明灯损坏 9 盏，晚间车位附近过暗；\n2. 2 单元门禁呼叫后约十秒才有应答",
}
_PASSPHRASE = "correct horse"
_PROCEDURE = Path(__file__).parent.parent / "forms" / "P02"


@dataclass(frozen=True, slots=True)
class SampleCompany:
    """Its register, its publisher, its clerk."""

    register: Register
    publisher: Publisher
    clerk: Actor
    clerk_key: Signer

    def enter(self) -> str:
        """Enter a feedback sheet; its number."""
        return lifecycle.new(self.register, self.clerk, NOW, FORM, VALUES, lifecycle.About()).number

    def sign(self, number: str) -> None:
        """Sign what was entered."""
        lifecycle.sign(self.register, self.clerk, self.clerk_key, NOW, number)


def _on_sqlite(folder: Path) -> Register:
    return create_register(sqlite_url(folder / "records.db"))


@contextmanager
def sample_company(make: Callable[[Path], Register] = _on_sqlite) -> Iterator[SampleCompany]:
    """Begin the company; LibreOffice is left out of it.

    Args:
        make: makes its register, for a company whose files lie in a folder.
    """
    with tempfile.TemporaryDirectory(prefix="recordkeeper-bench-") as name:
        folder = Path(name)
        os.environ["PATH"] = name
        root = StorageRoot(folder / "archive" / "objects", folder / "archive" / "incoming")
        with make(folder) as register:
            beginning = initiation.prepare(
                company="示范物业", time_zone="Asia/Shanghai", login="boss", name="甲", passphrase=_PASSPHRASE, now=NOW
            )
            initiation.initiate(beginning, register, root, folder / "log.key", NOW)
            boss = people.authenticate(register, "boss", _PASSPHRASE, NOW)
            approver, approver_key = _person(register, boss, "approver", "approver")
            revisions = catalogue.install_procedure(register, _PROCEDURE, boss, NOW)
            subjects = [revision.subject for revision in revisions]
            catalogue.approve(register, subjects, approver, approver_key, NOW)
            catalogue.release(register, subjects, date(2026, 11, 23), approver, NOW)
            clerk, clerk_key = _person(register, boss, "clerk", "field_staff")
            publisher = Publisher(register, folder / "archive", root, folder / "log.key")
            yield SampleCompany(register, publisher, clerk, clerk_key)


def _person(register: Register, boss: Actor, login: str, role: str) -> tuple[Actor, Signer]:
    people.add_user(register, boss, login=login, name=login, passphrase=_PASSPHRASE, now=NOW)
    people.grant(register, boss, login=login, role=role, unit="unit/1", valid_from=None, valid_to=None, now=NOW)
    actor = people.authenticate(register, login, _PASSPHRASE, NOW)
    return actor, people.open_signing_key(register, actor, _PASSPHRASE, NOW, unattended=False)
