"""P15 before an estate is sold: customers are sampled and asked, a report is ready in time and goes with the plan."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from acting_company import HOUSEHOLD, ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from stage import Stages

BRANCH, MARKETING = "property_branch_company", "marketing_department"
SAMPLED = {"survey_number": "A-012", "project": "江湾花园二期", "sent_on": "2026-11-02"}
ANSWERED = {
    "use_of": "new",
    "way": "talk",
    "occupation": "professional",
    "age": "to_45",
    "income": "to_30",
    "main_reason": "school",
    "wanted": ["safety", "care"],
    "service_view": "fairly_satisfied",
    "fee": "2.80",
    "asked_by": "孟夏",
}
FUTURE = {**SAMPLED, "survey_number": "B-031", "home": HOUSEHOLD, "asked_by": "陈晓燕"}
EXPECTED = {
    "use_of": "new",
    "way": "phone",
    "occupation": "retired",
    "age": "over_60",
    "income": "under_15",
    "use_of_home": "parents",
    "people": "2",
    "wanted": ["care"],
    "expectations": "量血压的地方",
}
ASKED = {
    "project": "江湾花园二期",
    "first_day": "2026-11-01",
    "last_day": "2026-11-20",
    "groups": "按职业分四组",
    "basic_data": "营销部提供登记客户名单",
}
ANALYSED = {"needs": "学区家庭占多数", "conclusions": "设四点半课堂"}
ATTACHED = {"plan": "管理方案 FA-07", "submitted_on": "2026-11-23"}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with acting_company(stages, database, tmp_path, "P15", BRANCH, MARKETING) as opened:
        yield opened


def test_a_tender_is_surveyed_with_the_consent_of_who_invites_it_alone(company: ActingCompany) -> None:
    asked = company.new(BRANCH, "QR-115-01", SAMPLED)
    with pytest.raises(ValuesRefusedError) as refused:
        company.fill(BRANCH, asked, "answered", {**ANSWERED, "use_of": "tender"})
    assert [problem.field for problem in refused.value.problems] == ["consent_of"]
    with pytest.raises(ValuesRefusedError):
        company.fill(BRANCH, asked, "answered", {**ANSWERED, "consent_of": "建设公司 函 18 号"})
    company.fill(BRANCH, asked, "answered", ANSWERED)
    assert company.record(asked).state is State.CLOSED


def test_the_report_counts_what_was_answered_is_agreed_by_marketing_and_goes_with_the_plan(
    company: ActingCompany,
) -> None:
    for occupation in ("professional", "professional", "manager"):
        answered = company.new(MARKETING, "QR-115-01", SAMPLED)
        company.fill(MARKETING, answered, "answered", {**ANSWERED, "occupation": occupation})
    company.new(BRANCH, "QR-115-01", SAMPLED)
    with pytest.raises(NotYoursError):
        company.new(MARKETING, "QR-115-03", {**ASKED, "sales_open_on": "2026-12-31"})
    report = company.new(BRANCH, "QR-115-03", {**ASKED, "sales_open_on": "2026-12-31"})
    record = company.record(report)
    assert record.due_on(record.section("written")) == date(2026, 11, 30)
    values = record.values
    assert (values["asked_count"], values["answered_count"], values["answer_rate"]) == ("4", "3", "75.0")
    assert values["by_occupation"] == [
        {"value": "professional", "count": "2"},
        {"value": "manager", "count": "1"},
    ]
    assert values["fee_average"] == "2.80"
    company.do(BRANCH, report, "written", ANALYSED)
    with pytest.raises(NotItsTurnError):
        company.fill(BRANCH, report, "attached", ATTACHED)
    company.sign(MARKETING, report, "agreed")
    company.fill(BRANCH, report, "attached", ATTACHED)
    assert company.record(report).state is State.CLOSED


def test_the_report_on_future_owners_is_due_three_months_before_they_move_in(company: ActingCompany) -> None:
    asked = company.new(BRANCH, "QR-115-02", FUTURE)
    with pytest.raises(ValuesRefusedError) as refused:
        company.fill(BRANCH, asked, "answered", {**EXPECTED, "worries": ["parking"]})
    assert [problem.field for problem in refused.value.problems] == ["worries_text"]
    company.fill(BRANCH, asked, "answered", {**EXPECTED, "worries": ["parking"], "worries_text": "车位不够"})
    report = company.new(BRANCH, "QR-115-04", {**ASKED, "move_in_on": "2027-03-31"})
    record = company.record(report)
    assert record.due_on(record.section("written")) == date(2026, 12, 31)
    assert record.values["by_worry"] == [{"value": "parking", "count": "1"}]
    assert record.values["remarks"] == "量血压的地方"
