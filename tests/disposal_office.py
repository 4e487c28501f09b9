"""A company that lives by P00 and P02, whose records are old enough to go; who draws up, approves and watches lists."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import ClassVar

import pytest

from company import ENTRY, FEEDBACK, NOW, PASSPHRASE, Company, copy_files
from recordkeeper import verifier
from recordkeeper.model.disposition import Item, Kind
from recordkeeper.model.four_properties import Occasion
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.transfer import Keeping
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import sqlite_path
from recordkeeper.register.engine import open_register
from recordkeeper.register.residue import wipe
from recordkeeper.services import (
    catalogue,
    disposition,
    erasure_request,
    lifecycle,
    people,
    places,
    property_report,
    publication,
    transfer,
)
from recordkeeper.services.destruction import certificate_of
from recordkeeper.services.destruction_certificate import Said, certify
from recordkeeper.services.disposition import Author, Choice, Proposal, find_list
from recordkeeper.services.erasure_request import Request
from recordkeeper.services.execution import Executor, Progress, destroy_listed
from recordkeeper.services.handing_over import HandedOver, hand_over_listed
from recordkeeper.services.lifecycle import Scan
from recordkeeper.services.people import Actor
from recordkeeper.services.property_report import Scope, Tester
from recordkeeper.services.retrieval import load_or_tell
from recordkeeper.services.verification import Answer, verify
from scratch_postgresql import as_executor
from stage import POSTGRESQL, SQLITE, Stage, Stages

P00 = Path(__file__).resolve().parents[1] / "forms" / "P00"
LATER = datetime(2030, 3, 4, 2, 0, 0, tzinfo=UTC)
"""A day on which what was closed at ``company.NOW`` is due, for it is kept three years."""
COOLED = datetime(2030, 3, 12, 2, 0, 0, tzinfo=UTC)
"""A day after the cooling-off days of a list that was approved at ``LATER``."""
PEOPLE = {
    "archivist": "archivist",
    "appraiser": "appraiser",
    "manager": "general_manager",
    "witness": "destruction_witness",
    "witness2": "destruction_witness",
    "lifter": "approver",
    "representative": "management_representative",
}
FORMS = ("QR-100-06", "QR-100-07", "QR-100-08", "QR-100-09", "QR-100-10")
FEEDBACKS = 3
SHARED = "一张照片，三份记录都附".encode()
RECEIVER = "区档案馆"
DESTROY = Proposal("destroy", None, "期满，无保存价值", "档案室 2 排 3 柜")
SHEET = "QR-017-01/2026-11"
BASIS = "个人信息保护法第四十七条，2026-11 号请求"
ERASED_AT = datetime(2026, 12, 4, 2, 0, 0, tzinfo=UTC)
"""A day after the cooling-off days of a list that was approved at ``company.NOW``."""


@dataclass(frozen=True)
class DisposalOffice(Company):
    """The company, with what it does about lists; everything at a moment that is given."""

    def draw_up(self, numbers: Sequence[str], now: datetime = LATER) -> str:
        """The number of a new destruction list over these records, signed by the archivist."""
        return disposition.list_new(self.author(now), Choice(numbers), ["erased"]).number

    def author(self, now: datetime = LATER) -> Author:
        """The archivist drawing up a list."""
        return Author(self.register, self.storage_root, self.by("archivist"), self.key("archivist"), now)

    def propose(self, numbers: Sequence[str], now: datetime = LATER, said: Proposal = DESTROY) -> str:
        """The number of a new appraisal sheet over these records, signed by the archivist."""
        return disposition.appraise(self.author(now), Choice(numbers), said).number

    def appraise(self, numbers: Sequence[str], now: datetime = LATER, said: Proposal = DESTROY) -> str:
        """The number of an approved appraisal sheet over these records."""
        number = self.propose(numbers, now, said)
        given = {"conclusion": "as_proposed", "holds": "无"}
        lifecycle.fill(self.register, self.by("appraiser"), now, number, "appraised", given)
        self.sign_as("appraiser", number, "appraised", now)
        disposition.approve(self.register, self.by("manager"), self.key("manager"), now, number)
        return number

    def sign_as(self, login: str, number: str, section: str | None = None, now: datetime = LATER) -> Record:
        """Sign a section of a record."""
        return lifecycle.sign(self.register, self.by(login), self.key(login), now, number, section)

    def approve(self, number: str, now: datetime = LATER) -> Record:
        """Let a list be appraised and approved."""
        self.sign_as("appraiser", number, "appraised", now)
        return disposition.approve(self.register, self.by("manager"), self.key("manager"), now, number)

    def watch(self, number: str, now: datetime = LATER) -> None:
        """Let the two witnesses sign a list."""
        self.sign_as("witness", number, "witness_one", now)
        self.sign_as("witness2", number, "witness_two", now)

    def ready(self, numbers: Sequence[str]) -> str:
        """The number of a list over these records that may be executed on the day ``COOLED``."""
        self.appraise(numbers)
        number = self.draw_up(numbers)
        self.approve(number)
        self.watch(number)
        return number

    def ask(self, numbers: Sequence[str], places: Sequence[str], now: datetime = NOW, permitted_by: str = "") -> str:
        """The number of a list over what a person asked to be erased."""
        asked = Request(places, BASIS, permitted_by)
        return erasure_request.erase(self.author(now), Choice(numbers), ["erased"], asked).record.number

    def asked(self, numbers: Sequence[str], places: Sequence[str], now: datetime = NOW) -> str:
        """The number of such a list that may be executed a week later."""
        number = self.ask(numbers, places, now)
        self.approve(number, now)
        self.watch(number, now)
        return number

    def executor(self, number: str, now: datetime = COOLED, login: str = "archivist") -> Executor:
        """The archivist at work on a list."""
        return Executor(self.publisher, self.by(login), now, number)

    def items(self, number: str) -> tuple[Item, ...]:
        """What a list names."""
        with self.register.reading() as snapshot:
            return find_list(snapshot, number, Kind.DESTRUCTION).items

    def destroy(self, number: str, now: datetime = COOLED) -> Progress:
        """Destroy what a list names."""
        return destroy_listed(self.executor(number, now), is_paper_destroyed=True)

    def destroy_as(self, login: str, number: str, now: datetime = COOLED) -> Progress:
        """Let somebody else try to destroy what a list names."""
        return destroy_listed(self.executor(number, now, login), is_paper_destroyed=True)

    def execute(self, number: str, now: datetime = COOLED, *, gives_up: bool = False) -> tuple[Record, Record]:
        """Destroy what a list names, close it and issue its certificate."""
        progress = self.destroy(number, now)
        residue = wipe(self.register, 0)
        said = Said("公司档案室", "档案室", gives_up)
        done = certify(self.executor(number, now), self.key("archivist"), said, residue, progress)
        publication.publish(self.publisher, now)
        return done

    keep_for_archive: ClassVar[Proposal] = Proposal("transfer", None, "永久保存，移交进馆", "档案室 2 排 3 柜")

    def list_transfer(self, numbers: Sequence[str], now: datetime = LATER) -> str:
        """The number of a new transfer list over these records, signed by the archivist."""
        said = transfer.Handing(RECEIVER, "永久档案进馆", test=self.test(numbers, now))
        return transfer.transfer_new(self.author(now), Choice(numbers), said).number

    def test(self, numbers: Sequence[str], now: datetime = LATER) -> str:
        """The number of a report that concludes that these records are fit to be transferred."""
        publication.publish(self.publisher, now)
        scope = Scope(Occasion.TRANSFER, numbers)
        by = Tester(self.publisher, self.by("archivist"), now)
        report = property_report.draw_up(by, self.key("archivist"), scope)[1].number
        lifecycle.fill(self.register, self.by("representative"), now, report, "concluded", {"conclusion": "fit"})
        self.sign_as("representative", report, "concluded", now)
        return report

    def approve_transfer(self, number: str, now: datetime = LATER) -> Record:
        """Let a transfer list be approved."""
        return disposition.approve(self.register, self.by("manager"), self.key("manager"), now, number)

    def received(self, numbers: Sequence[str], now: datetime = LATER) -> str:
        """The number of a transfer list over these records whose package is in the receiver's hands."""
        self.appraise(numbers, now, self.keep_for_archive)
        number = self.list_transfer(numbers, now)
        self.approve_transfer(number, now)
        with tempfile.TemporaryDirectory() as folder:
            packed = transfer.make_package(self.executor(number, now), Path(folder) / "package.zip")[2]
        lifecycle.fill(self.register, self.by("archivist"), now, number, "checked", {"check_result": "complete"})
        scan = Scan(b"%PDF-1.7 received", "application/pdf", "receipt.pdf", "钱馆员", "孙见证")
        transfer.enter_receipt(
            self.register, self.by("archivist"), now, number, digest=packed.digest, received_on=None, signing=scan
        )
        publication.publish(self.publisher, now)
        return number

    def hand_over(self, number: str, keeps: Keeping, now: datetime = COOLED) -> HandedOver:
        """End a transfer."""
        done = hand_over_listed(self.executor(number, now), keeps)
        publication.publish(self.publisher, now)
        return done

    def is_handed_over(self, number: str) -> bool:
        """Whether a transfer list says what became of each item."""
        with self.register.reading() as snapshot:
            return find_list(snapshot, number, Kind.TRANSFER).is_executed

    def finish(self, number: str, now: datetime = COOLED) -> tuple[Record, Record]:
        """Go on with an execution that was interrupted, wherever that was."""
        if self.record(number).state is not State.CLOSED:
            return self.execute(number, now)
        publication.publish(self.publisher, now)
        done = certificate_of(self.register, self.by("archivist"), now, number)
        return self.record(number), self.record(done.certificate)

    def record(self, number: str) -> Record:
        """The record as it stands."""
        with self.register.reading() as snapshot:
            return load_or_tell(snapshot, number)


def check_verified(office: DisposalOffice) -> None:
    """Both verifiers find nothing wrong, and count what was disposed of alike.

    While something waits to be published, the archive alone cannot tell what was added from what is on its way.
    """
    report = verify(office.register.url, office.archive)
    assert report.verdict is Answer.OK, report.findings
    alone = verifier.verify(verifier.Medium(office.archive))
    if report.counts["pending"]:
        assert alone.verdict in {"ok", "cannot assess"}, list(alone.kept)
    else:
        assert (alone.verdict, alone.counts["disposed"]) == ("ok", report.counts["disposed"]), list(alone.kept)


@dataclass(frozen=True)
class Old:
    """What is old enough to go.

    Args:
        company: the people and their keys.
        feedbacks: numbers of closed feedback sheets.
    """

    company: Company
    feedbacks: tuple[str, ...]


def lists_of_p00(folder: Path) -> Path:
    """P00 with its forms for appraisal, destruction, transfer and tests alone, in ``folder``."""
    package = folder / "P00"
    package.mkdir()
    text = (P00 / "procedure.yaml").read_text("utf-8")
    text = re.sub(r"(?m)^forms: .*$", f"forms: [{', '.join(FORMS)}]", text).replace("change_request: QR-100-01, ", "")
    (package / "procedure.yaml").write_text(text, "utf-8")
    for code, suffix in product(FORMS, ("yaml", "docx")):
        shutil.copy(P00 / f"{code}.{suffix}", package)
    return package


def begin(register: Register, folder: Path, before: Company, lists: Callable[[Path], Path] = lists_of_p00) -> Old:
    """The company with its old records, all archived, and who disposes of them by the package that ``lists`` makes."""
    opened = Company(register, folder, dict(before.actors), dict(before.signers))
    boss = opened.by("controller")
    with tempfile.TemporaryDirectory() as name:
        package = lists(Path(name))
        catalogue.install_and_release(register, package, boss, opened.key("approver"), None, NOW)
    for login, role in PEOPLE.items():
        person = people.add_user(register, boss, login=login, name=f"姓{login}", passphrase=PASSPHRASE, now=NOW)
        people.grant(register, boss, login=login, role=role, unit=ROOT_UNIT, valid_from=None, valid_to=None, now=NOW)
        opened.actors[login] = Actor(person.subject, person.login, person.name)
        opened.signers[login] = people.open_signing_key(
            register, opened.actors[login], PASSPHRASE, NOW, unattended=False
        )
    places.add_party(register, boss, name=RECEIVER, kind="firm", now=NOW)
    feedbacks = tuple(opened.new("clerk", "QR-017-02", dict(FEEDBACK)) for _number in range(FEEDBACKS))
    for number in feedbacks:
        lifecycle.attach(register, opened.by("clerk"), NOW, number, "现场.txt", "text/plain", SHARED)
    for number in feedbacks:
        opened.go_all_the_way(number)
    for _row in range(2):
        opened.new("clerk", "QR-017-01", dict(ENTRY))
    opened.fill("clerk", SHEET, {"summary": "开票为主"})
    opened.sign("head", SHEET)
    opened.publish()
    return Old(opened, feedbacks)


@dataclass(frozen=True)
class DisposalScene:
    """The company's files and database while nobody has them open.

    Args:
        url: its register.
        folder: archive and log key.
        old: what is old enough to go.
    """

    url: str
    folder: Path
    old: Old

    @contextmanager
    def opened(self) -> Iterator[DisposalOffice]:
        """The company with its register open, by the login of the machine that executes dispositions."""
        with open_register(as_executor(self.url)) as register:
            yield DisposalOffice(register, self.folder, self.old.company.actors, self.old.company.signers)

    @contextmanager
    def copied(self, stages: Stages, folder: Path) -> Iterator["DisposalScene"]:
        """A copy of all of it in a new folder."""
        folder.mkdir()
        copy_files(self.folder, folder)
        with stages.register_copied(self.url, folder / "records.db") as url:
            yield DisposalScene(url, folder, self.old)


@contextmanager
def disposal_scene(stages: Stages, before: Stage[Company], folder: Path) -> Iterator[DisposalScene]:
    """A copy of the company for one test, upon a stage of one that has begun."""

    def make(url: str, made_in: Path) -> Old:
        with pytest.MonkeyPatch.context() as patch, open_register(url) as register:
            patch.setenv("PATH", "")
            return begin(register, made_in, before.made)

    database = SQLITE if sqlite_path(before.url) else POSTGRESQL
    stage = stages.stage(database, "disposal", make, before)
    with stages.copied(stage, folder) as url:
        yield DisposalScene(url, folder, stage.made)
