"""A company that lives by every shipped procedure at once, with people who hold every role."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from form_samples import FORMS, load
from p02_office import NOW, SECRET, begin
from recordkeeper.model.person import AUDITOR
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.services import catalogue, people, publication
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.publication import Publisher

PROCEDURES = sorted(path.parent.name for path in FORMS.glob("*/procedure.yaml"))
FIRST = ("P05", "P06")
"""What they provide is bound to by the others, which are installed after them."""
STAFF = ("陈晓兰", "王建国", "刘敏", "赵立新", "孙丽华")
_DATABASE, _ACTORS = "records.db", "actors.json"


@dataclass(frozen=True)
class WholeCompany:
    """Who acts: the controller, the approver, and staff of whom each holds every role of every procedure."""

    register: Register
    folder: Path
    boss: Actor
    staff: tuple[Actor, ...]
    signers: tuple[Signer, ...]

    @property
    def url(self) -> str:
        return sqlite_url(self.folder / _DATABASE)

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def publisher(self) -> Publisher:
        root = StorageRoot(self.archive / "objects", self.archive / "incoming")
        return Publisher(self.register, self.archive, root, self.folder / "log.key")


@contextmanager
def whole_company(made: Path, folder: Path) -> Iterator[WholeCompany]:
    """A copy of the company in ``folder``; everything that was installed is archived and published."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    with open_register(sqlite_url(folder / _DATABASE)) as register:
        boss, *staff = actors_of(made)
        yield WholeCompany(register, folder, boss, tuple(staff), _signers(made))


def made_once(folder: Path) -> Path:
    """The folder of a company that is made by whoever asks first, of all processes of a test run."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / "made"
        if not made.is_dir():
            unfinished = folder / "unfinished"
            unfinished.mkdir()
            _make(unfinished)
            unfinished.rename(made)
    return made


def actors_of(made: Path) -> list[Actor]:
    """The controller, then the staff."""
    return [Actor(**each) for each in json.loads((made / _ACTORS).read_text("utf-8"))]


@cache
def _signers(made: Path) -> tuple[Signer, ...]:
    with open_register(sqlite_url(made / _DATABASE)) as register:
        _boss, *staff = actors_of(made)
        return tuple(people.open_signing_key(register, each, SECRET, NOW, unattended=False) for each in staff)


def _make(folder: Path) -> None:
    url = sqlite_url(folder / _DATABASE)
    create_register(url).close()
    with open_register(url) as register:
        office = begin(register, folder)
        for name in sorted(PROCEDURES, key=lambda each: (each not in FIRST, each)):
            catalogue.install_and_release(register, FORMS / name, office.boss, office.approver, None, NOW)
        _auditor(register, office.boss)
        staff = [_with_every_role(register, office.boss, f"s{number}", name) for number, name in enumerate(STAFF)]
        told = [asdict(actor) for actor in (office.boss, *staff)]
        (folder / _ACTORS).write_text(json.dumps(told), "utf-8")
        company = WholeCompany(register, folder, office.boss, tuple(staff), ())
        assert publication.publish(company.publisher, NOW).problems == []


def _auditor(register: Register, boss: Actor) -> None:
    """Somebody who audits until the end of the year, for the papers that auditors fill."""
    people.add_user(register, boss, login="auditor", name="郑文博", passphrase=SECRET, now=NOW)
    people.grant(
        register, boss, login="auditor", role=AUDITOR, unit=ROOT_UNIT, valid_from=None, valid_to=date(2026, 12, 31),
        now=NOW,
    )  # fmt: skip


def _with_every_role(register: Register, boss: Actor, login: str, name: str) -> Actor:
    person = people.add_user(register, boss, login=login, name=name, passphrase=SECRET, now=NOW)
    for role in roles():
        people.grant(register, boss, login=login, role=role, unit=ROOT_UNIT, valid_from=None, valid_to=None, now=NOW)
    return Actor(person.subject, person.login, person.name)


def roles() -> list[str]:
    """Every role of every shipped procedure, once."""
    procedures: list[dict[str, Any]] = [load(FORMS / name / "procedure.yaml") for name in PROCEDURES]
    return sorted({role["id"] for procedure in procedures for role in procedure.get("roles", [])})
