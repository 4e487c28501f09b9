"""Two procedures that rule on one act in one unit: one is chosen for the unit and those below it, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.model.particulars import NothingAmendedError
from recordkeeper.model.record_state import State
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.model.value import TextRefusedError
from recordkeeper.services import lifecycle
from recordkeeper.services.choosing import NotChosenError, NothingToChooseError, choose
from recordkeeper.services.company import unit_of
from recordkeeper.services.lifecycle import About
from recordkeeper.services.procedure_check import check_procedures
from recordkeeper.services.right import NoRightError
from stage import Stages

SIGNED = {"sign": "one", "meaning": "received"}


def first(folder: Path) -> Path:
    complaint = form("QR-900-01", section("told", field("what"), **SIGNED))
    found = form(
        "QR-900-02",
        section("found", field("what"), opens=[{"purpose": "complaint", "copy": {"what": "what"}}], **SIGNED),
        section("settled", field("how"), needs=[{"purpose": "complaint"}], **SIGNED),
    )
    return write_package(folder / "P90", complaint, found, provides={"complaint": "QR-900-01"})


def second(folder: Path) -> Path:
    complaint = form("QR-910-01", section("told", field("what"), **SIGNED), title={"zh": "投诉", "en": "Complaint"})
    return write_package(folder / "P91", complaint, identifier="P91", provides={"complaint": "QR-910-01"})


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with office_with(stages, database, tmp_path, "choosing", [first, second], "clerk") as opened:
        yield opened


def chosen(company: ActingCompany, form: str = "QR-910-01", unit: str | None = None, who: str = "boss") -> None:
    choose(company.register, company.actors[who], NOW, "complaint", form, unit, "按总公司规定")


def new_at(company: ActingCompany, unit: str, code: str) -> str:
    return lifecycle.new(
        company.register, company.actors["clerk"], NOW, code, {"what": "灯坏"}, About(unit=unit)
    ).number


def conflicts(company: ActingCompany) -> list[str]:
    return [each.message for each in check_procedures(company.register, [], NOW) if each.code == "conflict"]


def test_a_conflict_is_named_with_the_way_to_settle_it_until_one_is_chosen(company: ActingCompany) -> None:
    (told,) = conflicts(company)
    assert "procedure choose complaint QR-900-01" in told
    chosen(company, unit="SH")
    assert conflicts(company) == [told]
    chosen(company)
    assert conflicts(company) == []


def test_the_choice_is_an_act_of_the_unit_with_its_reason(company: ActingCompany) -> None:
    chosen(company)
    with company.register.reading() as snapshot:
        unit = unit_of(snapshot, ROOT_UNIT)
        history = snapshot.history(ROOT_UNIT)
        assert history is not None
        act = history.acts[-1]
        assert [event.kind for event in snapshot.events()][-1] == "choose"
    assert unit.choices == {"complaint": "QR-910-01"}
    assert (act.kind, act.content["reason"]) == ("choose", "按总公司规定")
    with pytest.raises(NothingAmendedError):
        chosen(company)


def test_new_records_begin_on_the_chosen_form_alone_there_and_below(company: ActingCompany) -> None:
    begun = new_at(company, "SH", "QR-900-01")
    chosen(company, unit="SH")
    with pytest.raises(NotChosenError, match="QR-910-01"):
        new_at(company, "SH", "QR-900-01")
    assert new_at(company, "SH", "QR-910-01").startswith("QR-910-01")
    assert new_at(company, "HQ", "QR-900-01").startswith("QR-900-01")
    company.sign("clerk", begun, "told")
    assert company.record(begun).state is State.CLOSED
    chosen(company, "QR-900-01")
    with pytest.raises(NotChosenError):
        new_at(company, "SH", "QR-900-01")
    assert new_at(company, "HQ", "QR-900-01")


def test_what_is_opened_by_purpose_is_opened_on_the_chosen_form(company: ActingCompany) -> None:
    before = new_at(company, "HQ", "QR-900-02")
    company.sign("clerk", before, "found")
    chosen(company)
    after = new_at(company, "HQ", "QR-900-02")
    company.sign("clerk", after, "found")
    opened = [company.opened_by(number)[0] for number in (before, after)]
    assert [number.rpartition("/")[0] for number in opened] == ["QR-900-01", "QR-910-01"]
    for number, complaint in zip((before, after), opened, strict=True):
        company.do("clerk", complaint, "told", {"what": "灯坏"})
        company.do("clerk", number, "settled", {"how": "已修"})
        assert company.record(number).state is State.CLOSED


def test_what_serves_nothing_there_and_who_has_no_right_are_refused(company: ActingCompany) -> None:
    with pytest.raises(NothingToChooseError, match="QR-910-01"):
        chosen(company, "QR-900-02")
    with pytest.raises(NothingToChooseError):
        choose(company.register, company.actors["boss"], NOW, "open_letter", "QR-900-01", None, "无")
    with pytest.raises(NoRightError):
        chosen(company, who="clerk")
    with pytest.raises(TextRefusedError):
        choose(company.register, company.actors["boss"], NOW, "complaint", "QR-900-01", None, " ")
