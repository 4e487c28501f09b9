"""A company's own lists, approved and watched on paper, whose sections need nobody other than who did another.

What the form does not ask, the program and both verifiers ask of every list: nobody has two parts, and the author
enters neither who approves nor who watches. A transfer's receipt is the outside party's, and anybody's to enter.

Source: P00-R6; M-6; 21 CFR 11.10(f), (g)
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from company import NOW, Company
from disposal_office import BASIS, COOLED, ERASED_AT, DisposalOffice, begin, check_verified, lists_of_p00
from recordkeeper import verifier
from recordkeeper.model.disposition import Disposition, OwnWitnessError, TwoPartsError
from recordkeeper.model.record import Record
from recordkeeper.model.transfer import Keeping
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.engine import open_register
from recordkeeper.services import erasure_request, lifecycle, people, publication
from recordkeeper.services.disposition import Author, Choice
from recordkeeper.services.erasure_request import Request
from recordkeeper.services.lifecycle import Scan
from recordkeeper.services.verification import Answer, verify
from scratch_postgresql import as_executor
from stage import SQLITE

SIGNERS = {"approved": "王总经理", "witness_one": "甲监销", "witness_two": "乙监销"}


def lists_on_paper(folder: Path) -> Path:
    """P00 whose destruction and transfer lists ask for nobody other than who did another section, and take paper."""
    package = lists_of_p00(folder)
    for code in ("QR-100-07", "QR-100-09"):
        file = package / f"{code}.yaml"
        text = re.sub(r"(?m)^    other_than: .*\n", "", file.read_text("utf-8"))
        file.write_text(text.replace("  - id: approved\n", "  - id: approved\n    on_paper: true\n"), "utf-8")
    return package


@pytest.fixture
def office(company: Company) -> DisposalOffice:
    old = begin(company.register, company.folder, company, lists_on_paper)
    return DisposalOffice(company.register, company.folder, old.company.actors, old.company.signers)


def by_pen(office: DisposalOffice, login: str, number: str, section: str, name: str, now: datetime = NOW) -> Record:
    scan = Scan(f"%PDF-1.7 {name}".encode(), "application/pdf", "scan.pdf", name, "")
    return lifecycle.sign_on_paper(office.register, office.by(login), now, number, section, scan)


def asked(office: DisposalOffice) -> tuple[str, str]:
    """A record, and the list over what is asked to be erased of it, appraised."""
    number = feedbacks(office)[0]
    listed = office.ask([number], ["phone"])
    office.sign_as("appraiser", listed, "appraised", NOW)
    return number, listed


def feedbacks(office: DisposalOffice) -> list[str]:
    with office.register.reading() as snapshot:
        subjects = [history.subject for history in snapshot.histories("record")]
    return sorted(each.removeprefix("record/") for each in subjects if "QR-017-02" in each)


def stand_in(office: DisposalOffice, of: str, deputy: str) -> None:
    people.deputize(
        office.register, office.by("controller"), login=of, deputy=deputy, unit=ROOT_UNIT, valid_from=None,
        valid_to=NOW.date() + timedelta(days=30), reason="年休假", now=NOW,
    )  # fmt: skip


@contextmanager
def entered_by_anybody() -> Iterator[None]:
    """A program that does not ask who enters a list's signatures on paper."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Disposition, "check_entered", lambda *_of: None)
        yield


def test_a_lists_author_enters_neither_its_approval_nor_its_witnesses_nor_does_their_deputy(
    office: DisposalOffice,
) -> None:
    _number, listed = asked(office)
    stand_in(office, "archivist", "clerk")
    for part, name in SIGNERS.items():
        before = office.record(listed).history
        for login in ("archivist", "clerk"):
            with pytest.raises(OwnWitnessError, match=f"{listed}.*drew up this list"):
                by_pen(office, login, listed, part, name)
        for taken in ("姓ARCHIVIST\ufe0f", "姓\u200bappraiser"):
            with pytest.raises(TwoPartsError, match=listed):
                by_pen(office, "representative", listed, part, taken)
        assert office.record(listed).history == before
        by_pen(office, "representative", listed, part, name)
    with open_register(as_executor(office.register.url)) as register:
        machine = replace(office, register=register)
        machine.execute(listed, ERASED_AT)
        check_verified(machine)


def test_nobody_enters_a_witness_for_a_list_that_their_deputy_drew_up_in_their_name(office: DisposalOffice) -> None:
    people.grant(
        office.register, office.by("controller"), login="manager", role="archivist", unit=ROOT_UNIT, valid_from=None,
        valid_to=None, now=NOW,
    )  # fmt: skip
    stand_in(office, "manager", "witness")
    number = feedbacks(office)[0]
    by = Author(office.register, office.storage_root, office.by("witness"), office.key("witness"), NOW)
    listed = erasure_request.erase(by, Choice([number]), ["erased"], Request(["phone"], BASIS)).record.number
    assert office.record(listed).history.acts[1].content["deputy_for"] == office.by("manager").subject
    office.sign_as("appraiser", listed, "appraised", NOW)
    with pytest.raises(OwnWitnessError, match=f"{listed}.*drew up this list"):
        by_pen(office, "manager", listed, "approved", "王总经理")


@pytest.mark.parametrize(("part", "login"), [("approved", "clerk"), ("witness_one", "archivist")])
@pytest.mark.parametrize("database", [SQLITE])
def test_both_verifiers_tell_of_a_list_whose_author_entered_who_approves_or_watches(
    office: DisposalOffice, part: str, login: str
) -> None:
    """By the author, and by whom the author has stand in, ``clerk``; nothing else about the list is wrong."""
    number, listed = asked(office)
    stand_in(office, "archivist", "clerk")
    for each, name in SIGNERS.items():
        with entered_by_anybody():
            by_pen(office, login if each == part else "representative", listed, each, name)
    office.execute(listed, ERASED_AT)
    check_told(office, number)


@pytest.mark.parametrize("database", [SQLITE])
def test_both_verifiers_tell_of_a_transfer_whose_author_entered_its_approval_but_not_of_its_receipt(
    office: DisposalOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``received`` enters the receipt as the author, on paper."""
    one, other, _third = feedbacks(office)
    office.hand_over(office.received([one]), Keeping.NOTHING)
    check_verified(office)

    def approved_by_pen(self: DisposalOffice, number: str, now: datetime) -> Record:
        with entered_by_anybody():
            return by_pen(self, "archivist", number, "approved", "王总经理", now)

    monkeypatch.setattr(DisposalOffice, "approve_transfer", approved_by_pen)
    office.hand_over(office.received([other]), Keeping.NOTHING)
    check_told(office, other)


def check_told(office: DisposalOffice, number: str) -> None:
    """Both verifiers say of one record, and of no other, that its list did not let it go."""
    publication.publish(office.publisher, COOLED)
    report = verify(office.register.url, office.archive)
    alone = verifier.verify(verifier.Medium(office.archive))
    assert (report.verdict, alone.verdict) == (Answer.ALTERED, "altered")
    wrong = ("tombstone-list", f"record/{number}")
    for findings in (report.findings, alone.kept):
        found = {(each.code, str(each.subject)) for each in findings}
        assert {each for each in found if each[0] == "tombstone-list"} == {wrong}
