"""P05 from a complaint to its file: what it opens, what it waits for, who may not judge their own work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import HOUSEHOLD, ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from recordkeeper.services.relation import NeedsRecordError
from stage import Stages

ENTRY = {
    "received_at": "2026-11-19 09:15",
    "complainant": "许国良",
    "household": HOUSEHOLD,
    "channel": "phone_call",
    "content": "地下二层照明损坏",
    "category": "repair",
    "settled_at_once": False,
    "passed_to": "engineering",
    "reply_due": "2026-11-24",
}
HANDLED = {"findings": "灯具超过使用年限", "measures": "更换 9 盏", "completed_on": "2026-11-20"}
ANALYSED = {"validity": "justified", "nonconforming": True, "slip_needed": True, "analysis": "巡检后未报修"}
FOLLOWED = {
    "revisit_means": "visit",
    "revisited_at": "2026-11-22 19:20",
    "signed_as": "许国良",
    "outcome": "satisfied",
    "said": "表示满意",
}
DECIDED = {"nature": "service", "gravity": "minor", "disposition": ["correct"], "responsible": "engineering"}
DISPOSED = {
    "disposed_how": "更换 9 盏",
    "cause": "巡检表没有报修单号",
    "similar": "已查，无",
    "action": "巡检表增加一栏",
    "action_due": "2026-11-25",
    "effect_due": "2027-03-01",
}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    roles = ("customer_service_department", "engineering", "department_head", "management_office_head", "office")
    with acting_company(stages, database, tmp_path, "P05", *roles, "management_department") as opened:
        yield opened


def _analysed(company: ActingCompany) -> tuple[str, str]:
    """A complaint's entry and its sheet, as far as the head's analysis."""
    entry = company.new("customer_service_department", "QR-105-02", ENTRY)
    (sheet,) = company.opened_by(entry)
    company.do("customer_service_department", sheet, "received", {})
    company.do("engineering", sheet, "handled", HANDLED)
    company.do("department_head", sheet, "analysed", ANALYSED)
    return entry, sheet


def test_a_complaint_is_passed_on_signed_off_revisited_filed_and_only_then_answered(company: ActingCompany) -> None:
    entry, sheet = _analysed(company)
    assert company.record(sheet).values["register_entry"] == entry
    report, slip = sorted(company.opened_by(sheet), reverse=True)
    assert (report[:9], slip[:9]) == ("QR-105-06", "QR-105-04")
    answer = {"replied_at": "2026-11-22 19:30", "outcome": "satisfied"}
    with pytest.raises(NeedsRecordError):
        company.fill("customer_service_department", entry, "settled", answer)
    with pytest.raises(NeedsRecordError):
        company.sign("customer_service_department", sheet, "slip_back")

    company.do("customer_service_department", slip, "settlement_offered", {})
    company.sign_on_paper("customer_service_department", slip, "customer_signed")
    assert company.record(slip).state is State.CLOSED
    company.sign("customer_service_department", sheet, "slip_back")
    with pytest.raises(NotYoursError):
        company.fill("engineering", sheet, "followed", FOLLOWED)
    company.do("customer_service_department", sheet, "followed", FOLLOWED)
    visit = company.record(company.opened_by(sheet)[-1])
    assert (visit.form.code, visit.values["about"], visit.values["means"]) == ("QR-105-01", sheet, "visit")

    company.sign("office", sheet, "filed")
    assert company.record(sheet).state is State.CLOSED
    company.fill("customer_service_department", entry, "settled", answer)
    assert company.record(entry).state is State.CLOSED


def test_a_nonconformity_lacks_nothing_and_nobody_verifies_what_they_did(company: ActingCompany) -> None:
    _entry, sheet = _analysed(company)
    report = max(company.opened_by(sheet))
    company.do("customer_service_department", report, "found", {})
    with pytest.raises(NotItsTurnError):
        company.fill("engineering", report, "disposed", DISPOSED)
    company.do("management_department", report, "decided", DECIDED)
    for missing in ("cause", "similar", "action", "effect_due"):
        values = {name: value for name, value in DISPOSED.items() if name != missing}
        with pytest.raises(ValuesRefusedError) as refused:
            company.fill("engineering", report, "disposed", values)
        assert [problem.field for problem in refused.value.problems] == [missing]
    company.do("engineering", report, "disposed", DISPOSED)
    company.do("engineering", report, "acted", {"done": "已启用", "done_on": "2026-11-23"})
    with pytest.raises(NotYoursError):
        company.fill("engineering", report, "verified", {"verification": "已看"})
    company.do("management_department", report, "verified", {"verification": "查 10 份均有单号"})
    with pytest.raises(NotYoursError):
        company.fill("management_office_head", report, "effect", {"effective": "effective", "evidence": "无漏报"})
    assert company.record(report).state is State.OPEN


def test_a_visit_that_was_left_unhandled_becomes_a_nonconformity(company: ActingCompany) -> None:
    visit = {
        "visited_at": "2026-11-20 19:30",
        "household": HOUSEHOLD,
        "resident": "许国良",
        "means": "visit",
        "occasion": "routine",
        "content": "北侧窗台渗水",
        "handling": "尚未查勘",
        "settled": False,
        "owner_signature": "许国良",
    }
    row = company.new("customer_service_department", "QR-105-01", visit)
    with pytest.raises(ValuesRefusedError):
        company.fill("management_office_head", row, "reviewed", {"judgement": "well"})
    judged = {"judgement": "unhandled", "accountable": "何洁", "deadline": "2026-11-30"}
    company.fill("management_office_head", row, "reviewed", judged)
    (report,) = company.opened_by(row)
    company.fill("management_office_head", report, "found", {})
    values = company.record(report).values
    assert (values["source_record"], values["accountable"], values["required_by"]) == (row, "何洁", "2026-11-30")
