"""A property company for tests: its people, its forms in force, and a year of records in one small life."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.services import catalogue, lifecycle, people, places, publication
from recordkeeper.services.initiation import initiate, prepare
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.publication import Publisher

NOW = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)
PASSPHRASE = "correct horse"
P02 = Path(__file__).parent.parent / "forms" / "P02"
ROLES = {
    "controller": (),
    "approver": ("approver",),
    "clerk": ("field_staff", "duty_clerk"),
    "head": ("engineering", "department_head"),
    "quality": ("quality",),
    "rep": ("management_representative",),
}
NAMES = {
    "controller": "文控甲",
    "approver": "批准乙",
    "clerk": "员工丙",
    "head": "工程丁",
    "quality": "品质戊",
    "rep": "管代己",
}

FEEDBACK = {
    "source": "业主会议",
    "customer": "代表甲",
    "phone": "138-0000-1024",
    "fed_back_at": "2026-11-20 09:40",
    "content": "1. 地下二层照明灯损坏 6 盏，晚间车位附近过暗，老人出入不便；\n2. 门禁呼叫后约十秒才有应答",
}
ANALYSIS = {"responsible": "工程部", "analysis": "成批更换", "measures_due": "2026年11月28日"}
MEASURES = {"measures": "已更换灯具", "completed_on": "2026-11-22"}
RESULT = {"result": "effective", "verification": "现场点亮"}
ENTRY = {
    "received_at": "2026-11-02 08:35",
    "caller": "周文娟",
    "channel": "电话",
    "matter": "咨询开票",
    "answered_at_once": "否",
    "referred_to": "工程部",
    "reply_due": "2026-11-10",
}
QUESTIONNAIRE = {
    "survey_year": "2026",
    "household": "3-2-1201",
    "issued_on": "2026-11-01",
    "return_by": "2026-11-20",
}


@dataclass(frozen=True)
class Company:
    """One company in its own folder; people by login, with their keys open."""

    register: Register
    folder: Path
    actors: dict[str, Actor]
    signers: dict[str, Signer]

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def storage_root(self) -> StorageRoot:
        return StorageRoot(self.archive / "objects", self.archive / "incoming")

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.register, self.archive, self.storage_root, self.folder / "log.key")

    def by(self, login: str) -> Actor:
        return self.actors[login]

    def key(self, login: str) -> Signer:
        return self.signers[login]

    def new(self, login: str, form: str, values: Mapping[str, object] | None, about: About | None = None) -> str:
        return lifecycle.new(self.register, self.by(login), NOW, form, values, about or About()).number

    def fill(self, login: str, number: str, values: Mapping[str, object]) -> None:
        lifecycle.fill(self.register, self.by(login), NOW, number, None, values)

    def sign(self, login: str, number: str) -> None:
        lifecycle.sign(self.register, self.by(login), self.key(login), NOW, number)

    def amend(self, login: str, number: str, values: Mapping[str, object], nature: str = "correction") -> None:
        lifecycle.amend(self.register, self.by(login), self.key(login), NOW, number, values, "数字颠倒", nature)

    def countersign(self, login: str, number: str, amendment: int, refused_because: str = "") -> None:
        lifecycle.countersign(
            self.register,
            self.by(login),
            self.key(login),
            NOW,
            number,
            amendment,
            accepted=not refused_because,
            reason=refused_because,
        )

    def closed_feedback(self) -> str:
        """A feedback sheet that went through every section."""
        number = self.new("clerk", "qr-017--02", dict(FEEDBACK))
        self.go_all_the_way(number)
        return number

    def go_all_the_way(self, number: str) -> None:
        """Let a feedback sheet that was just filled go through every section."""
        self.sign("clerk", number)
        self.sign("quality", number)
        self.fill("quality", number, dict(ANALYSIS))
        self.sign("quality", number)
        self.fill("head", number, dict(MEASURES))
        self.sign("head", number)
        self.fill("quality", number, dict(RESULT))
        self.sign("quality", number)

    def publish(self) -> publication.Outcome:
        return publication.publish(self.publisher, NOW)


def begin(register: Register, folder: Path) -> Company:
    """A company with its people and the forms of P02 in force, nothing published."""
    root = StorageRoot(folder / "archive" / "objects", folder / "archive" / "incoming")
    beginning = prepare(
        company="示范物业",
        time_zone="Asia/Shanghai",
        login="controller",
        name=NAMES["controller"],
        passphrase=PASSPHRASE,
        now=NOW,
    )
    controller = initiate(beginning, register, root, folder / "log.key", NOW).controller
    boss = Actor(controller.subject, controller.login, controller.name)
    actors = {boss.login: boss}
    for login in list(ROLES)[1:]:
        person = people.add_user(register, boss, login=login, name=NAMES[login], passphrase=PASSPHRASE, now=NOW)
        actors[login] = Actor(person.subject, person.login, person.name)
        for role in ROLES[login]:
            people.grant(
                register,
                boss,
                login=login,
                role=role,
                unit=ROOT_UNIT,
                valid_from=date(2026, 1, 1),
                valid_to=date(2027, 1, 1),
                now=NOW,
            )
    signers = {
        login: people.open_signing_key(register, actor, PASSPHRASE, NOW, unattended=False)
        for login, actor in actors.items()
    }
    company = Company(register, folder, actors, signers)
    subjects = [each.subject for each in catalogue.install_procedure(register, P02, boss, NOW)]
    catalogue.approve(register, subjects, company.by("approver"), company.key("approver"), NOW)
    catalogue.release(register, subjects, date(2026, 11, 23), company.by("approver"), NOW)
    return company


def live(company: Company) -> None:
    """Records of every kind and state, published twice, so that every table and file of evidence is filled."""
    register, boss = company.register, company.by("controller")
    places.add_unit(register, boss, code="SH", kind="estate", name_zh="山海苑", name_en="Hills", parent="HQ", now=NOW)
    places.add_premises(
        register, boss, unit="HQ", code="3-2-1201", building="3", unit_no="2", room="1201", kind="dwelling", now=NOW
    )
    places.add_party(register, boss, name="许国良", phone="138-0000-1204", now=NOW)
    places.occupy(
        register,
        boss,
        premises="3-2-1201",
        party="许国良",
        capacity="owner",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
        now=NOW,
    )
    first = company.closed_feedback()
    company.amend("clerk", first, {"phone": "138-0000-1204"})
    company.countersign("quality", first, 1)
    company.publish()
    company.amend("clerk", first, {"content": FEEDBACK["content"].replace("6 盏", "9 盏")})
    company.countersign("quality", first, 2)
    waiting = company.closed_feedback()
    company.amend("clerk", waiting, {"customer": "代表乙"})
    replaced = company.closed_feedback()
    lifecycle.reissue(register, company.by("clerk"), NOW, replaced, {"phone": "138-0000-9999"}, "改动过大")
    mistaken = company.new("clerk", "QR-017-02", dict(FEEDBACK), About(None, "许国良", "3-2-1201"))
    lifecycle.attach(register, company.by("clerk"), NOW, mistaken, "现场.txt", "text/plain", "六盏".encode())
    lifecycle.void(register, company.by("clerk"), NOW, mistaken, "重复登记")
    rows = [company.new("clerk", "QR-017-01", dict(ENTRY)) for _row in range(3)]
    company.fill("clerk", rows[0], {"replied_on": "2026-11-05", "reply": "已办"})
    company.amend("clerk", rows[0], {"reply": "已办妥"}, "fact")
    company.fill("clerk", "QR-017-01/2026-11", {"summary": "开票为主"})
    company.sign("head", "QR-017-01/2026-11")
    for _household in range(2):
        number = company.new("quality", "QR-017-03", dict(QUESTIONNAIRE))
        company.fill(
            "clerk",
            number,
            {"gate": "很满意", "overall": "基本满意", "received_on": "2026-11-20", "received_by": "门岗"},
        )
    company.new("quality", "QR-017-03", dict(QUESTIONNAIRE))
    statistics = company.new("quality", "QR-017-04", {"survey_year": "2026", "objective": "90"})
    company.fill("quality", statistics, {"needs": "公示", "improvements": "夜巡", "shortfall": "回访"})
    company.sign("quality", statistics)
    company.sign("rep", statistics)
    people.record_refusal(register, company.by("clerk"), first, NOW)
    company.publish()


@dataclass(frozen=True)
class Scene:
    """A company's files and database while nobody has them open."""

    url: str
    folder: Path
    like: Company

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @contextmanager
    def opened(self) -> Iterator[Company]:
        with open_register(self.url) as register:
            yield Company(register, self.folder, self.like.actors, self.like.signers)


def copy_files(source: Path, folder: Path) -> None:
    """The archive and the log's key that lie in ``source`` in another folder."""
    shutil.copytree(source / "archive", folder / "archive")
    shutil.copy(source / "log.key", folder / "log.key")
