"""P03 from a returned questionnaire to an open letter whose promises are followed up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import HOUSEHOLD, ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from stage import Stages

ISSUED = {
    "household": HOUSEHOLD,
    "from_quality_on": "2026-11-09",
    "issued_on": "2026-11-10",
    "return_by": "2026-11-20",
}
ANSWERED = {
    "parking": "not_very_satisfied",
    "parking_remarks": "快递柜占了消防通道",
    "cleaning_item": "basically_satisfied",
    "cleaning_remarks": "轿厢周末没人擦",
    "overall": "basically_satisfied",
    "received_on": "2026-11-18",
    "received_by": "前台",
}
CAMPAIGN = {
    "estate": "翠湖苑",
    "from_on": "2026-11-10",
    "to_on": "2026-11-10",
    "collected_on": "2026-11-20",
    "households": "3",
    "occupied_years": "3",
}
LETTER = {"answer": "位置不当，已商定迁移", "promises": "1. 12 月 5 日前迁至北门", "promised_by": "2026-12-05"}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    roles = ("management_office", "quality", "management_representative")
    with acting_company(stages, database, tmp_path, "P03", *roles) as opened:
        yield opened


def test_a_questionnaire_goes_out_within_three_days_and_is_collected_within_ten(company: ActingCompany) -> None:
    for wrong in ({"issued_on": "2026-11-13"}, {"return_by": "2026-11-21"}):
        with pytest.raises(ValuesRefusedError) as refused:
            company.new("management_office", "QR-103-02", {**ISSUED, **wrong})
        assert [problem.field for problem in refused.value.problems] == list(wrong)


def test_every_opinion_on_a_sheet_becomes_an_entry_of_the_register(company: ActingCompany) -> None:
    sheet = company.new("management_office", "QR-103-02", ISSUED)
    company.fill("management_office", sheet, "answered", ANSWERED)
    rows = [company.record(number) for number in company.opened_by(sheet)]
    assert [row.form.code for row in rows] == ["QR-103-01", "QR-103-01"]
    assert [(row.values["category"], row.values["content"]) for row in rows] == [
        ("security", "快递柜占了消防通道"),
        ("cleaning", "轿厢周末没人擦"),
    ]
    assert {row.values["sheet_number"] for row in rows} == {sheet}
    assert {row.values["answer_by"] for row in rows} == {"2026-12-02"}


def test_a_prominent_issue_is_answered_by_a_letter_that_is_approved_before_it_is_posted(
    company: ActingCompany,
) -> None:
    sheet = company.new("management_office", "QR-103-02", ISSUED)
    company.fill("management_office", sheet, "answered", ANSWERED)
    statistics = company.new("management_office", "QR-103-03", CAMPAIGN)
    company.fill("management_office", statistics, "figures", {"objective": "90"})
    assert company.record(statistics).values["overall_rate"] == "100.0"
    findings = {"is_prominent": True, "issues": "快递柜占用消防通道", "analysis": "集中在通道"}
    with pytest.raises(ValuesRefusedError) as refused:
        company.fill("management_office", statistics, "findings", findings)
    assert [problem.field for problem in refused.value.problems] == ["shortfall"]
    company.do("management_office", statistics, "findings", {**findings, "shortfall": "12 月 5 日前迁移"})

    (letter,) = company.opened_by(statistics)
    company.do("management_office", letter, "letter", LETTER)
    assert company.record(letter).values["issues"] == "快递柜占用消防通道"
    posted = {"posted_at": "公告栏", "posted_on": "2026-11-23"}
    with pytest.raises(NotItsTurnError):
        company.fill("management_office", letter, "posted", posted)
    with pytest.raises(NotYoursError):
        company.sign("management_office", letter, "approved")
    company.sign("management_representative", letter, "approved")
    company.do("management_office", letter, "posted", posted)
    company.sign("quality", letter, "forwarded")
    company.sign("management_representative", letter, "reported")
    company.do("management_office", letter, "kept", {"done": "已迁移"})
    tracked = {"customers_satisfied": "satisfied", "asked_count": "12", "tracked_how": "回访 12 户"}
    company.do("quality", letter, "tracked", tracked)
    assert company.record(letter).state is State.CLOSED
