"""P11: requirements before the bid, and faults that a customer finds until they are put right."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.services.relation import NeedsRecordError
from stage import Stages

QUALITY = "engineering_safety_quality_department"
TENDER = {
    "project": "污水处理厂二期",
    "tender_number": "CN-2026-031",
    "customer": "城南水务",
    "contact": "沈洁",
    "documents_on": "2026-11-02",
    "bids_close_on": "2026-11-25",
}
GROUPS = ["schedule_quality", "personnel", "equipment", "safety_environment", "handover_warranty", "implied"]
REVISIT = {
    "project": "滨河路小学教学楼",
    "contract_number": "SG-2025-018",
    "customer": "教育建设中心",
    "contact": "钱立群",
    "handed_over_on": "2026-01-15",
    "warranty_until": "2031-01-15",
    "visited_on": "2026-11-20",
    "means": "phone_call",
    "occasion": "seasonal",
    "parts": [{"part": "三层卫生间", "state": "地漏周边渗水", "verdict": "fault"}],
    "opinion": "请尽快修好",
    "rating": "fairly_satisfied",
}
ANALYSED = {
    "nature": "minor",
    "cause": "防水层收口不严",
    "similar": "查二层，无",
    "action": "重做地漏防水",
    "rectify_by": "2026-11-30",
    "check_after": "2027-03-01",
}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    roles = ("project_planning_department", QUALITY, "quality_inspector", "project_manager")
    with acting_company(stages, database, tmp_path, "P11", *roles) as opened:
        yield opened


def test_a_bid_needs_all_six_groups_of_requirements_confirmed_in_time_by_both_departments(
    company: ActingCompany,
) -> None:
    planning = "project_planning_department"
    sheet = company.new(planning, "QR-111-03", TENDER)
    company.do(planning, sheet, "requirements", {**dict.fromkeys(GROUPS, "见招标文件"), "talks": "踏勘一次"})
    confirmed = {"confirmed_groups": GROUPS, "ability": "met", "confirmed_on": "2026-11-20"}
    for wrong in ({"confirmed_groups": GROUPS[:5]}, {"confirmed_on": "2026-11-26"}, {"ability": "not_met"}):
        with pytest.raises(ValuesRefusedError):
            company.fill(planning, sheet, "confirmed", {**confirmed, **wrong})
    company.do(planning, sheet, "confirmed", confirmed)
    assert company.record(sheet).closed_on == ""
    company.sign(QUALITY, sheet, "confirmed")
    assert company.record(sheet).closed_on == "2026-11-23"


def test_a_fault_found_at_a_revisit_is_analysed_rectified_and_judged_by_others(company: ActingCompany) -> None:
    revisit = company.new(QUALITY, "QR-111-02", REVISIT)
    company.sign(QUALITY, revisit, "visited")
    (fault,) = company.opened_by(revisit)
    with pytest.raises(NeedsRecordError):
        company.fill(QUALITY, revisit, "settled", {"outcome": "已修", "told_on": "2026-11-23"})

    with pytest.raises(ValuesRefusedError):
        company.fill("quality_inspector", fault, "heard", {})
    company.do("quality_inspector", fault, "heard", {"part": "三层卫生间", "heard_on": "2026-11-20"})
    assert company.record(fault).values["content"] == "地漏周边渗水"
    with pytest.raises(NotItsTurnError):
        company.fill("project_manager", fault, "rectified", {"done": "已修", "done_on": "2026-11-23"})
    with pytest.raises(ValuesRefusedError):
        company.fill(QUALITY, fault, "analysed", {**ANALYSED, "check_after": "2026-11-30"})
    company.do(QUALITY, fault, "analysed", ANALYSED)
    company.do("project_manager", fault, "rectified", {"done": "重做防水", "done_on": "2026-11-23"})
    passed = {"inspection": "passed", "inspected_how": "蓄水 24 小时无渗漏"}
    with pytest.raises(NotYoursError):
        company.fill("project_manager", fault, "inspected", passed)
    company.do("quality_inspector", fault, "inspected", passed)
    assert [section.id for section in company.record(fault).open_sections] == ["effect"]
