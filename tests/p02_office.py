"""A company with the forms of P02 in force, on either database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.services import catalogue, initiation, people, places
from recordkeeper.services.people import Actor, Signer
from stage import Stages, migrated

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
SECRET = "correct horse"
P02 = Path(__file__).resolve().parents[1] / "forms" / "P02"


@dataclass(frozen=True, slots=True)
class Office:
    """Who acts."""

    boss: Actor
    approver: Signer
    clerk: Actor
    staff: Actor


def begin(register: Register, folder: Path) -> Office:
    """Begin the company, with an estate SH where the clerk and the field staff work; no forms yet."""
    beginning = initiation.prepare(
        company="试验物业", time_zone="Asia/Shanghai", login="boss", name="甲", passphrase=SECRET, now=NOW
    )
    storage_root = StorageRoot(folder / "archive" / "objects", folder / "archive" / "incoming")
    begun = initiation.initiate(beginning, register, storage_root, folder / "log.key", NOW)
    boss = Actor(begun.controller.subject, begun.controller.login, begun.controller.name)
    estate = places.add_unit(
        register, boss, code="SH", kind="estate", name_zh="锦绣花园", name_en="", parent="HQ", now=NOW
    )
    approver = _person(register, boss, "approver", "approver", "unit/1")
    key = people.open_signing_key(register, approver, SECRET, NOW, unattended=False)
    clerk = _person(register, boss, "clerk", "duty_clerk", estate.subject)
    return Office(boss, key, clerk, _person(register, boss, "staff", "field_staff", estate.subject))


@contextmanager
def opened_with_forms(stages: Stages, database: str, folder: Path) -> Iterator[tuple[Register, Office]]:
    """A copy of a company with the forms of P02 in force since today."""
    stage = stages.stage(database, "office", _begin_with_forms, migrated(stages, database))
    with stages.copied(stage, folder) as url, open_register(url) as register:
        yield register, stage.made


def _begin_with_forms(url: str, folder: Path) -> Office:
    with open_register(url) as register:
        office = begin(register, folder)
        catalogue.install_and_release(register, P02, office.boss, office.approver, None, NOW)
        return office


def _person(register: Register, boss: Actor, login: str, role: str, unit: str) -> Actor:
    person = people.add_user(register, boss, login=login, name=f"姓{login}", passphrase=SECRET, now=NOW)
    people.grant(register, boss, login=login, role=role, unit=unit, valid_from=None, valid_to=None, now=NOW)
    return Actor(person.subject, person.login, person.name)


def revised(folder: Path, revision: str) -> Path:
    """A copy of P02 with everything in it at a later revision."""
    shutil.copytree(P02, folder)
    for path in folder.glob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("revision: A/0", f"revision: {revision}"), "utf-8")
    return folder
