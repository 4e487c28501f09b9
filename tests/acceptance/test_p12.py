"""P12 from goods that come in to goods that leave, and from a complaint to its confirmation, wrong turns refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from recordkeeper.services.relation import NeedsRecordError
from stage import Stages

SERVICE, QUALITY, REPAIR = "customer_service_department", "quality_control_department", "repair_group"
CODE = "BS-CP0703-FM0"
RECEIPT = {
    "received_on": "2026-11-02",
    "customer": "示范商贸行",
    "product": "SD-200",
    "counted": "1",
    "counted_with": "邓洁",
    "fault": "开机黑屏",
}
DIAGNOSIS = {
    "serial": "SD200-2404-01187",
    "warranty_to": "2026-04-30",
    "main_damaged": True,
    "fault_class": "electrical",
    "components": "主板、液晶屏",
}
REPAIRED = {"repaired_on": "2026-11-12", "hours": "1.5", "work": "更换主板和液晶屏"}
PASSED = {"inspection": "passed", "inspected_how": "老化 8 小时正常"}
RATED = {"wants_answer": False, "received_on": "2026-11-20"}
SCREENED = {"received_at": "2026-11-20 09:00", "contact": "邓洁"}
CAUSE = {
    "returned_count": "2",
    "inspected_count": "2",
    "cause_class": "process",
    "verdict": "ours",
    "responsible": "production_department",
    "grave": False,
    "repair_wanted": False,
    "cause_found": "主板虚焊",
}
MEASURES = {"corrective": "固化温区参数", "temporary": "更换", "preventive": "核查其他机型", "deadline": "2026-11-30"}
DONE = {"progress": "done", "done_on": "2026-11-23", "carried": "已启用"}
EFFECTIVE = {"effect": "effective", "evidence": "三批抽检无虚焊"}
CONFIRMED = {"satisfaction": "satisfied", "confirmation": "电话回访", "confirmed_on": "2026-11-23"}
RETURN = {
    "customer": "绿洲物业",
    "area": "华南区",
    "applied_on": "2026-11-20",
    "left_factory_on": "2026-08-20",
    "wanted": "return",
    "goods": [{"product": "SD-50", "lot": "0820", "quantity": "2", "amount": "370", "fault": "读卡距离不足"}],
}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    roles = (SERVICE, QUALITY, REPAIR, "production_department", "technical_department", "management_representative")
    others = ("sales_manager", "general_manager", "salesperson", "warehouse", "finance", "quality_control_supervisor")
    with acting_company(stages, database, tmp_path, "P12", *roles, *others) as opened:
        yield opened


def _assessed(company: ActingCompany, consent: str) -> tuple[str, str, str]:
    """Goods received, their repair report, and the slip that asks the customer, answered."""
    entry = company.new(SERVICE, f"{CODE}11", RECEIPT)
    company.fill(SERVICE, entry, "sent_to_repair", {"repair_on": "2026-11-02"})
    (report,) = company.opened_by(entry)
    with pytest.raises(NeedsRecordError):
        company.fill(QUALITY, entry, "inspected", {"inspected_on": "2026-11-23", "inspection_result": "passed"})
    company.do(REPAIR, report, "diagnosed", DIAGNOSIS)
    (slip,) = company.opened_by(report)
    with pytest.raises(NeedsRecordError):
        company.fill(SERVICE, report, "answered", {"goes_on": "repaired"})
    company.do(REPAIR, slip, "assessed", {"phone": "138-0000-2210", "charge": "260"})
    company.fill(SERVICE, slip, "sent", {"sent_on": "2026-11-03", "sent_to": "邓洁", "sent_how": "fax"})
    company.fill(SERVICE, slip, "answered", {"consent": consent, "answered_on": "2026-11-05", "answered_by": "邓洁"})
    return entry, report, slip


def test_main_components_are_repaired_for_a_charge_on_signed_consent_and_leave_when_passed(
    company: ActingCompany,
) -> None:
    entry, report, slip = _assessed(company, "agrees")
    with pytest.raises(NeedsRecordError):
        company.fill(SERVICE, report, "answered", {"goes_on": "repaired"})
    company.sign_on_paper(SERVICE, slip, "customer_signed")
    assert company.record(slip).state is State.CLOSED
    (charge,) = company.opened_by(slip)
    company.fill(SERVICE, charge, "basis_given", {})
    assert company.record(charge).values["agreed_charge"] == "260.00"
    company.sign(SERVICE, charge, "consent_held")
    line = {"what": "主板", "quantity": "1", "price": "260", "amount": "260"}
    with pytest.raises(ValuesRefusedError):
        company.fill(SERVICE, charge, "charged", {"lines": [line, line]})
    company.do(SERVICE, charge, "charged", {"lines": [line]})
    assert company.record(charge).values["sum_due"] == "260.00"

    company.fill(SERVICE, report, "answered", {"goes_on": "repaired"})
    company.sign(SERVICE, report, "consent_checked")
    company.do(REPAIR, report, "repaired", REPAIRED)
    with pytest.raises(NotYoursError):
        company.fill(REPAIR, report, "inspected", PASSED)
    company.do(QUALITY, report, "inspected", PASSED)
    assert company.record(report).state is State.CLOSED
    note = next(number for number in company.opened_by(report) if number.startswith(f"{CODE}03"))
    company.do(SERVICE, note, "requested", {"address": "解放路 18 号"})
    with pytest.raises(NotYoursError):
        company.sign(SERVICE, note, "quality_released")
    company.sign(QUALITY, note, "quality_released")

    company.fill(QUALITY, entry, "inspected", {"inspected_on": "2026-11-13", "inspection_result": "passed"})
    company.fill("warehouse", entry, "dispatched", {"dispatched_on": "2026-11-14", "dispatch_note": "2026-0001"})
    assert company.record(entry).state is State.OPEN
    company.fill(SERVICE, entry, "arrived", {"arrived_on": "2026-11-16"})
    assert company.record(entry).state is State.CLOSED


def test_an_oral_refusal_is_signed_by_the_handler_and_the_goods_go_back_as_they_are(company: ActingCompany) -> None:
    _entry, report, slip = _assessed(company, "refuses")
    with pytest.raises(NotItsTurnError):
        company.sign_on_paper(SERVICE, slip, "customer_signed")
    company.do(SERVICE, slip, "refusal_noted", {"refusal": "电话表示不修，原物退回"})
    (note,) = company.opened_by(slip)
    assert company.record(note).values == {}
    company.do(SERVICE, note, "requested", {"address": "自提"})
    assert company.record(note).values["goods"] == "unrepaired"
    with pytest.raises(NotItsTurnError):
        company.sign(QUALITY, note, "quality_released")
    company.sign("sales_manager", note, "refusal_checked")

    company.fill(SERVICE, report, "answered", {"goes_on": "returned"})
    assert company.record(report).state is State.CLOSED
    slip_by_hand = {"customer": "示范商贸行", "product": "SD-200", "basis": "main_damaged", "agreed_charge": "260"}
    charge = company.new(SERVICE, f"{CODE}02", slip_by_hand)
    with pytest.raises(NeedsRecordError):
        company.sign(SERVICE, charge, "consent_held")


def _complaints(company: ActingCompany) -> list[str]:
    """What a questionnaire with two items rated dissatisfied has opened."""
    issued = {
        "customer": "示范商贸行",
        "product": "SD-200",
        "occasion": "visit",
        "issued_on": "2026-11-10",
        "return_by": "2026-11-20",
    }
    sheet = company.new(SERVICE, f"{CODE}06", issued)
    rated = {"price": "dissatisfied", "response": "dissatisfied", "quality": "not_very_satisfied"}
    company.fill(SERVICE, sheet, "answered", {**RATED, **rated, "response_remarks": "寄修十天", "overall": "不太满意"})
    return company.opened_by(sheet)


def test_each_item_rated_dissatisfied_becomes_a_complaint_that_the_others_see_through(company: ActingCompany) -> None:
    _price, complaint = _complaints(company)
    company.do(SERVICE, complaint, "screened", {**SCREENED, "screening": "handle"})
    assert company.record(complaint).values["content"] == "调查表“响应速度、服务态度”评为不满意。寄修十天"
    for wrong in ({"inspected_count": "1"}, {"cause_class": "unknown"}, {"responsible": None}):
        with pytest.raises(ValuesRefusedError):
            company.fill(QUALITY, complaint, "cause", {**CAUSE, **wrong})
    company.do(QUALITY, complaint, "cause", CAUSE)
    (contact,) = company.opened_by(complaint)
    asked = {"urgent": False, "action_wanted": True, "answer_by": "2026-11-25"}
    company.do(SERVICE, contact, "sent", asked)
    with pytest.raises(NotYoursError):
        company.fill("technical_department", contact, "answered", {"answer": "收到", "action_by": "2026-11-25"})

    with pytest.raises(NotYoursError):
        company.fill("technical_department", complaint, "countermeasures", MEASURES)
    company.do("production_department", complaint, "countermeasures", MEASURES)
    company.do("management_representative", complaint, "reviewed", {"decision": "agreed"})
    company.do("production_department", complaint, "carried_out", DONE)
    company.fill(QUALITY, complaint, "verified", EFFECTIVE)
    company.sign(QUALITY, complaint, "verified")
    with pytest.raises(NotItsTurnError):
        company.fill(SERVICE, complaint, "confirmed", CONFIRMED)
    company.sign(SERVICE, complaint, "verified")
    company.do(SERVICE, complaint, "confirmed", CONFIRMED)
    assert company.record(complaint).state is State.CLOSED


def test_an_unclear_cause_and_grave_trouble_go_to_joint_review(company: ActingCompany) -> None:
    complaint = _complaints(company)[0]
    company.do(SERVICE, complaint, "screened", {**SCREENED, "screening": "handle"})
    unclear = {**CAUSE, "cause_class": "unknown", "verdict": "unclear", "grave": True}
    company.do(QUALITY, complaint, "cause", {name: value for name, value in unclear.items() if name != "responsible"})
    with pytest.raises(NotYoursError):
        company.sign("quality_control_supervisor", complaint, "joint_reported")
    company.sign(SERVICE, complaint, "joint_reported")
    company.sign("quality_control_supervisor", complaint, "grave_reported")
    minutes = {"joint_verdict": "ours", "joint_conclusion": "技术部负责，召回"}
    with pytest.raises(ValuesRefusedError):
        company.fill(SERVICE, complaint, "joint", minutes)
    company.fill(SERVICE, complaint, "joint", {**minutes, "joint_responsible": "technical_department"})
    with pytest.raises(NotItsTurnError):
        company.fill("technical_department", complaint, "countermeasures", MEASURES)
    company.sign("sales_manager", complaint, "joint_sales")
    company.sign("general_manager", complaint, "joint_general")
    with pytest.raises(NotYoursError):
        company.fill("production_department", complaint, "countermeasures", MEASURES)
    company.do("technical_department", complaint, "countermeasures", MEASURES)


def test_measures_that_are_sent_back_or_come_late_are_done_again(company: ActingCompany) -> None:
    complaint = _complaints(company)[0]
    company.do(SERVICE, complaint, "screened", {**SCREENED, "screening": "handle"})
    company.do(QUALITY, complaint, "cause", CAUSE)
    company.do("production_department", complaint, "countermeasures", {**MEASURES, "deadline": "2026-11-20"})
    revise = {"decision": "revise", "opinion": "写明检验标准"}
    company.do("management_representative", complaint, "reviewed", revise)
    company.do("production_department", complaint, "countermeasures", {**MEASURES, "deadline": "2026-11-20"})
    company.do("management_representative", complaint, "reviewed", {"decision": "agreed"})

    company.do("production_department", complaint, "carried_out", {"progress": "not_done", "carried": "样件未确认"})
    with pytest.raises(NotItsTurnError):
        company.fill(QUALITY, complaint, "verified", EFFECTIVE)
    company.sign(SERVICE, complaint, "late_reported")
    company.do("sales_manager", complaint, "late_reviewed", {"late_conclusion": "限三日"})
    with pytest.raises(ValuesRefusedError):
        company.fill(QUALITY, complaint, "verified", EFFECTIVE)
    again = {"effect": "ineffective", "evidence": "未完成", "further": "三日内完成"}
    company.fill(QUALITY, complaint, "verified", again)
    company.sign(QUALITY, complaint, "verified")
    company.sign(SERVICE, complaint, "verified")
    assert [section.id for section in company.record(complaint).open_sections] == ["carried_out"]


def test_goods_are_taken_back_within_three_months_or_on_an_approved_exception(company: ActingCompany) -> None:
    inspected = {"report_number": "PG-126", "own_fault": True, "report": "线圈匝数错"}
    for left, waits_for in (("2026-08-20", "area_checked"), ("2026-08-19", "excepted")):
        listed = company.new("salesperson", f"{CODE}07", {**RETURN, "left_factory_on": left})
        company.sign("salesperson", listed, "applied")
        company.do("warehouse", listed, "goods_in", {"goods_in_on": "2026-11-21", "count_in": "2"})
        company.do(QUALITY, listed, "inspected", inspected)
        assert [section.id for section in company.record(listed).open_sections] == [waits_for]
    with pytest.raises(NotYoursError):
        company.fill("sales_manager", listed, "excepted", {"exception": "accepted", "exception_reason": "批量缺陷"})
    company.do("general_manager", listed, "excepted", {"exception": "refused", "exception_reason": "超期"})
    assert company.record(listed).state is State.CLOSED


def test_the_year_is_counted_from_the_complaints_and_questionnaires_themselves(company: ActingCompany) -> None:
    first, second = _complaints(company)
    company.do(SERVICE, first, "screened", {**SCREENED, "screening": "handle"})
    company.do(QUALITY, first, "cause", CAUSE)
    company.do(
        SERVICE,
        second,
        "screened",
        {"received_at": "2026-11-20 09:00", "contact": "邓洁", "screening": "simple", "settled_how": "已说明"},
    )
    period = {"from_day": "2026-01-01", "to_day": "2026-12-31", "objective": "90"}
    with pytest.raises(ValuesRefusedError):
        company.new(SERVICE, f"{CODE}10", {**period, "to_day": "2026-11-30"})
    report = company.new(SERVICE, f"{CODE}10", period)
    values = company.record(report).values
    assert (values["count_all"], values["count_handled"], values["count_simple"]) == ("2", "1", "1")
    assert values["rate"] == "0.0"
    below = {
        "department": "production_department",
        "indicator": "批量投诉",
        "target": "0",
        "result": "1",
        "action": "限期整改",
        "action_by": "2026-12-31",
    }
    with pytest.raises(ValuesRefusedError):
        company.fill(SERVICE, report, "findings", {"trend": "虚焊", "improvement": "测温"})
    company.do(SERVICE, report, "findings", {"trend": "虚焊", "improvement": "测温", "below_objective": [below]})
    (contact,) = company.opened_by(report)
    company.do(SERVICE, contact, "sent", {"urgent": False, "action_wanted": True})
    assert company.record(contact).values["to"] == "production_department"
