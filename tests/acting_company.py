"""A company with shipped procedures in force, and one person for each role that a scenario needs."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from p02_office import NOW, SECRET, begin
from recordkeeper.model.record import Record
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.services import catalogue, lifecycle, people, places
from recordkeeper.services.lifecycle import About, Scan
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.retrieval import load
from stage import Stages, migrated

FORMS = Path(__file__).resolve().parents[1] / "forms"
SCAN = Scan(b"%PDF-1.7 a scan", "application/pdf", "scan.pdf", "许国良", "何洁")
HOUSEHOLD = "3-2-1201"


@dataclass(frozen=True)
class ActingCompany:
    """Who acts is named by the role; everybody works in the whole company."""

    register: Register
    actors: Mapping[str, Actor]
    signers: Mapping[str, Signer]

    def record(self, number: str) -> Record:
        """The record as it stands."""
        with self.register.reading() as snapshot:
            return load(snapshot, number)

    def new(self, role: str, form: str, values: Mapping[str, object] | None = None) -> str:
        """A record about the household, its first section filled where values are given."""
        about = About(unit="HQ", premises=HOUSEHOLD)
        return lifecycle.new(self.register, self.actors[role], NOW, form, values, about).number

    def fill(self, role: str, number: str, section: str, values: Mapping[str, object]) -> None:
        """Fill a section."""
        lifecycle.fill(self.register, self.actors[role], NOW, number, section, values)

    def sign(self, role: str, number: str, section: str) -> None:
        """Sign a section."""
        lifecycle.sign(self.register, self.actors[role], self.signers[role], NOW, number, section)

    def do(self, role: str, number: str, section: str, values: Mapping[str, object]) -> None:
        """Fill a section and sign it."""
        self.fill(role, number, section, values)
        self.sign(role, number, section)

    def sign_on_paper(self, role: str, number: str, section: str) -> None:
        """Enter a signature given on paper before a witness."""
        lifecycle.sign_on_paper(self.register, self.actors[role], NOW, number, section, SCAN)

    def opened_by(self, number: str) -> list[str]:
        """The numbers of the records that a record has opened, in their order."""
        acts = self.record(number).history.acts
        entries = [entry for act in acts for entry in act.content.get("opened", [])]  # type: ignore[union-attr]
        return [str(entry["number"]) for entry in entries]  # type: ignore[call-overload,index]


@contextmanager
def acting_company(stages: Stages, database: str, folder: Path, procedure: str, *roles: str) -> Iterator[ActingCompany]:
    """A copy of a company that lives by one procedure, with a person for each of ``roles``.

    Of a role that is given twice there are two persons; the second is named with a 2 behind it.
    """

    with office_with(
        stages, database, folder, f"acting_{procedure}", [lambda _folder: FORMS / procedure], *roles
    ) as it:
        yield it


@contextmanager
def office_with(
    stages: Stages, database: str, folder: Path, name: str, packages: Sequence[Callable[[Path], Path]], *roles: str
) -> Iterator[ActingCompany]:
    """A copy of a company that lives by the procedures that ``packages`` make in a folder, made once by name and roles.

    Beside a person for each role there are the controller ``boss``, the approver and a stranger without any role.
    """

    def make(url: str, made_in: Path) -> tuple[dict[str, Actor], dict[str, Signer]]:
        with open_register(url) as register:
            return _begin(register, made_in, packages, roles)

    cast = hashlib.sha256(" ".join(roles).encode()).hexdigest()[:8]  # a company is shared with the same people alone
    stage = stages.stage(database, f"{name}_{cast}", make, migrated(stages, database))
    with stages.copied(stage, folder) as url, open_register(url) as register:
        yield ActingCompany(register, *stage.made)


def _begin(
    register: Register, folder: Path, packages: Sequence[Callable[[Path], Path]], roles: Sequence[str]
) -> tuple[dict[str, Actor], dict[str, Signer]]:
    office = begin(register, folder)
    for package in packages:
        catalogue.install_and_release(register, package(folder), office.boss, office.approver, None, NOW)
    places.add_premises(register, office.boss, unit="HQ", code=HOUSEHOLD, now=NOW)
    actors: dict[str, Actor] = {}
    signers: dict[str, Signer] = {}
    for role in roles:
        name, login = f"{role}2" if role in actors else role, f"u{len(actors)}"
        person = people.add_user(register, office.boss, login=login, name=f"员工{login}", passphrase=SECRET, now=NOW)
        people.grant(
            register, office.boss, login=login, role=role, unit=ROOT_UNIT, valid_from=None, valid_to=None, now=NOW
        )
        actors[name] = Actor(person.subject, person.login, person.name)
        signers[name] = people.open_signing_key(register, actors[name], SECRET, NOW, unattended=False)
    stranger = people.add_user(register, office.boss, login="stranger", name="生人", passphrase=SECRET, now=NOW)
    actors |= {
        "boss": office.boss,
        "approver": Actor(office.approver.subject, "approver", "姓approver"),
        "stranger": Actor(stranger.subject, stranger.login, stranger.name),
    }
    signers["approver"] = office.approver
    return actors, signers
