"""P13 from what a salesperson hears to the grade that holds: who may grade, what outweighs a grade, who is told."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from acting_company import ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from stage import Stages

SALES, BRANCH, SUPERVISOR, MANAGER = "salesperson", "branch_head", "sales_supervisor", "general_manager"
HEAD_OFFICE, BOARD = "head_office", "board"
REPORT, LIST, URGENT, GRADING = "QR-113-01", "QR-113-02", "QR-113-03", "QR-113-04"
HEARD = {
    "occasion": "periodic",
    "reported_on": "2026-11-10",
    "customer": "宏达五金批发行",
    "legal_form": "company",
    "contact": "魏长青 138-0000-5521",
    "business": "wholesaler",
    "employees": "46",
    "customer_since": "2019-03-01",
    "turnover": "2860000",
    "owed": "412000",
    "overdue": "96000",
    "payment": "月结 60 天",
    "large_for_size": False,
    "incident": False,
    "reputation": "good",
    "heard_from": "同行",
    "developments": "库存增加",
    "current_grade": "b",
    "proposed_grade": "b",
}
LARGE = {
    "customer": "滨江重型机械集团",
    "facts_on": "2026-11-15",
    "business": "manufacturer",
    "legal_form": "company",
    "employees": "3200",
    "owed": "800000",
    "turnover": "6400000",
    "large_for_size": False,
    "customer_since": "2015-05-20",
    "incident": False,
    "reputation": "good",
}
GIVEN = {"given_grade": "a", "from_on": "2026-11-23", "reasons": "十年按期付款"}
ALARM = {
    "customer": "宏达五金批发行",
    "present_grade": "c",
    "event": "cheque_extension",
    "learnt_at": "2026-11-22 10:20",
    "learnt_from": "对方会计",
    "owed": "412000",
    "undelivered": "65000",
    "content": "支票要求延期一个月",
    "means": "phone",
    "told_at": "2026-11-22 10:35",
    "told_to": ["sales_supervisor"],
}
ORDERS = {
    "stopped": ["stop_delivery"],
    "acting": "邵建军",
    "report_back_on": "2026-11-27",
    "regrade": False,
    "to_head_office": True,
    "orders": "停止发货，上门催收",
}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    roles = (SALES, BRANCH, SUPERVISOR, MANAGER, HEAD_OFFICE, BOARD)
    with acting_company(stages, database, tmp_path, "P13", *roles) as opened:
        yield opened


def _graded(company: ActingCompany, **facts: object) -> str:
    """A grading decision, and the grade that it leads to."""
    decision = company.new(SUPERVISOR, GRADING, {**LARGE, **facts})
    company.do(SUPERVISOR, decision, "decision", GIVEN)
    company.sign(BRANCH, decision, "told")
    assert company.record(decision).state is State.CLOSED
    return str(company.record(decision).values["grade"])


def test_a_report_goes_up_and_the_supervisor_alone_grades_whom_it_is_about(company: ActingCompany) -> None:
    report = company.new(SALES, REPORT, HEARD)
    company.sign(SALES, report, "report")
    with pytest.raises(NotYoursError):
        company.fill(SALES, report, "branch", {"branch_opinion": "属实"})
    company.do(BRANCH, report, "branch", {"branch_opinion": "欠款与账面一致"})
    record = company.record(report)
    assert record.due_on(record.section("ordered")) == date(2026, 11, 30)
    company.do(SUPERVISOR, report, "ordered", {"regrade": True, "instructions": "逾期未清前停止赊销"})
    (decision,) = company.opened_by(report)
    company.fill(SUPERVISOR, decision, "facts", {"facts_on": "2026-11-15"})
    assert (company.record(decision).values["business"], company.record(decision).values["owed"]) == (
        "wholesaler",
        "412000.00",
    )
    with pytest.raises(NotYoursError):
        company.fill(BRANCH, decision, "decision", GIVEN)
    company.do(SUPERVISOR, decision, "decision", {**GIVEN, "given_grade": "b"})
    values = company.record(decision).values
    assert (values["given_grade"], values["grade"]) == ("b", "c")
    company.sign(MANAGER, report, "read_by_gm")
    company.sign(HEAD_OFFICE, report, "at_head_office")
    assert company.record(report).state is State.CLOSED


def test_each_condition_of_grade_c_outweighs_the_grade_save_what_a_large_company_owes(company: ActingCompany) -> None:
    assert _graded(company) == "a"
    for condition in (
        {"business": "wholesaler"},
        {"owed": "200000", "large_for_size": True},
        {"employees": "20"},
        {"legal_form": "sole_trader"},
        {"incident": True},
        {"reputation": "bad"},
        {"customer_since": "2025-11-24"},
    ):
        assert _graded(company, **condition) == "c", condition
    assert _graded(company, customer_since="2025-11-23") == "a"


def test_urgent_news_is_told_to_the_manager_within_days_and_followed_to_its_end(company: ActingCompany) -> None:
    with pytest.raises(ValuesRefusedError):
        company.new(SALES, URGENT, {**ALARM, "told_at": "2026-11-21 10:35"})
    alarm = company.new(SALES, URGENT, ALARM)
    company.sign(SALES, alarm, "urgent")
    company.do(SUPERVISOR, alarm, "emergency", ORDERS)
    assert company.opened_by(alarm) == []
    result = {"recovered": "180000", "loss": "60000", "result": "收回现款"}
    with pytest.raises(NotItsTurnError):
        company.fill(BRANCH, alarm, "outcome", result)
    company.sign(MANAGER, alarm, "seen_by_gm")
    company.sign(HEAD_OFFICE, alarm, "seen_at_head_office")
    with pytest.raises(ValuesRefusedError):
        company.fill(BRANCH, alarm, "outcome", {**result, "loss": "300000"})
    company.do(BRANCH, alarm, "outcome", result)
    assert company.record(alarm).state is State.CLOSED


def test_the_grade_list_counts_who_was_not_graded_as_c_and_names_whose_report_is_missing(
    company: ActingCompany,
) -> None:
    _graded(company)
    company.sign(SALES, company.new(SALES, REPORT, {**HEARD, "customer": "青禾园艺"}), "report")
    months = {"first_day": "2026-11-01", "last_day": "2026-11-30"}
    values = company.record(company.new(SUPERVISOR, LIST, months)).values
    assert values["grades_due"] == "C 级"
    assert values["counts"] == "A 级 1 家，B 级 0 家，C 级 1 家（其中未评定 1 家）；本月收到报告书 1 份。"
    assert "not_reported" not in values
    december = company.new(SUPERVISOR, LIST, {"first_day": "2026-12-01", "last_day": "2026-12-31"})
    assert company.record(december).values["not_reported"] == "青禾园艺"
    with pytest.raises(ValuesRefusedError):
        company.fill(SUPERVISOR, december, "findings", {"changes": "无"})
