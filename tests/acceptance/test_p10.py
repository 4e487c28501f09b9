"""P10 from what a customer asks to what it is promised, and from feedback to a service visit, wrong turns refused."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from acting_company import ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from recordkeeper.services.relation import NeedsRecordError
from stage import Stages

SALES, COMPANY, MANAGER = "sales_staff", "sales_company", "sales_company_manager"
DEPARTMENT_MANAGER, VICE, GENERAL = "department_manager", "production_vice_president", "general_manager"
TECHNICAL, PRODUCTION, AFTER_SALES = "technical_department", "production_department", "after_sales_staff"
ENTRY = {
    "received_on": "2026-11-02",
    "document_kind": "contract",
    "document_number": "HD-118",
    "customer": "恒达机械",
    "contact": "138-0000-4101",
    "product": "减速机",
    "quantity": "2 台",
    "amount": "1000000",
    "answer_by": "2026-12-01",
}
ASKED = {
    "contact": "138-0000-4101",
    "delivery_on": "2026-12-20",
    "product_class": "routine",
    "large_quantity": False,
    "is_hard": False,
    "requirements": [{"requirement": "速比 40", "came_as": "written", "is_clear": True}],
}
POINTS = ["written", "spoken", "differences", "able"]
ACCEPTED = {"conclusion": "accept", "points": POINTS}
ORDERED = {
    "customer": "恒达机械",
    "phone": "138-0000-4101",
    "caller": "曲志远",
    "taken_at": "2026-11-02 09:40",
    "channel": "phone_call",
    "goods": [{"product": "油封", "specification": "45", "quantity": "4", "price": "350", "amount": "1400"}],
    "delivery_on": "2026-12-20",
    "delivery_place": "二厂",
    "payment": "现款",
    "packing": "自提",
    "other_terms": "按常规",
    "product_class": "routine",
    "large_quantity": False,
    "is_hard": False,
}
CONFIRMED = {
    "confirmed_how": "read_back",
    "confirmed_with": "曲志远",
    "confirmed_on": "2026-11-02",
    "confirmed_as": "一致",
}
MINUTES = {
    "held_at": "2026-11-20 14:00",
    "place": "会议室",
    "chair": "郝建平",
    "members": "乔宇",
    "matters": [{"matter": "轮压", "discussion": "有余量", "ability": "able"}],
    "conclusion": "accept",
    "conclusion_note": "可行",
}
CHANGED = {
    "document_kind": "contract",
    "document_number": "HD-118",
    "review_number": "QR-110-03/2026-0001",
    "customer": "恒达机械",
    "product": "减速机",
    "origin": "customer",
    "raised_on": "2026-11-10",
    "changes": [{"clause": "数量", "before": "2 台", "after": "3 台", "why": "加机"}],
    "amount_after": "900000",
    "delivery_after": "2026-12-28",
    "affected": [
        {"document": "总装图", "number": "A 版", "department": TECHNICAL},
        {"document": "生产计划", "number": "2 版", "department": PRODUCTION},
    ],
}
FEEDBACK = {
    "received_on": "2026-11-13",
    "customer": "恒达机械",
    "phone": "138-0000-4101",
    "product": "减速机",
    "feedback_kind": "fault",
    "content": "轴端渗油",
}
VISIT = {
    "address": "二厂",
    "serial": "2609-0113",
    "warranty_to": "2027-09-20",
    "staff": "鲍海生",
}
VISITED = {
    "arrived_at": "2026-11-16 09:20",
    "left_at": "2026-11-16 11:40",
    "labour": "0",
    "is_solved": True,
    "found": "油封划伤",
    "work": "更换油封",
}
RATED = {"attitude": "很满意", "promptness": "很满意", "skill": "基本满意", "verdict": "very_satisfied"}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    roles = (SALES, COMPANY, MANAGER, DEPARTMENT_MANAGER, VICE, GENERAL, TECHNICAL, PRODUCTION, AFTER_SALES)
    with acting_company(stages, database, tmp_path, "P10", *roles, "manager_in_charge", "quality") as opened:
        yield opened


def _asked(company: ActingCompany, **more: object) -> tuple[str, str]:
    """An entry of the register, and its review sheet with what the customer asks."""
    given: dict[str, object] = {name: more.pop(name) for name in ("amount", "document_kind") if name in more}
    entry = company.new(SALES, "QR-110-01", {**ENTRY, **given})
    (sheet,) = company.opened_by(entry)
    company.do(SALES, sheet, "asked", {**ASKED, **more})
    return entry, sheet


def _concluded(company: ActingCompany, sheet: str, conclusion: Mapping[str, object]) -> None:
    company.do(COMPANY, sheet, "concluded", conclusion)


def test_nothing_is_promised_before_the_review_accepts_it(company: ActingCompany) -> None:
    entry, sheet = _asked(company)
    with pytest.raises(NeedsRecordError):
        company.fill(SALES, entry, "reviewed", {"review_result": "accepted"})
    with pytest.raises(NotItsTurnError):
        company.fill(SALES, entry, "committed", {"outcome": "concluded", "settled_on": "2026-11-20"})
    _concluded(company, sheet, {"conclusion": "refuse"})
    company.do(MANAGER, sheet, "approved", {"decision": "refuse"})
    company.fill(SALES, entry, "reviewed", {"review_result": "refused"})
    with pytest.raises(ValuesRefusedError):
        company.fill(SALES, entry, "committed", {"outcome": "concluded", "settled_on": "2026-11-20"})
    company.fill(SALES, entry, "committed", {"outcome": "refused", "settled_on": "2026-11-20"})
    assert company.record(entry).state is State.CLOSED


def test_a_routine_contract_of_a_million_is_signed_by_the_sales_company_manager(company: ActingCompany) -> None:
    _entry, sheet = _asked(company)
    assert (company.record(sheet).values["route"], company.record(sheet).values["approver"]) == ("a", MANAGER)
    for wrong in ({"conclusion": "accept"}, {"conclusion": "accept", "points": POINTS[:3]}):
        with pytest.raises(ValuesRefusedError):
            company.fill(COMPANY, sheet, "concluded", wrong)
    _concluded(company, sheet, ACCEPTED)
    with pytest.raises(NotYoursError):
        company.fill(GENERAL, sheet, "approved", {"decision": "accept", "signed_where": "第 4 页"})
    with pytest.raises(ValuesRefusedError):
        company.fill(MANAGER, sheet, "approved", {"decision": "accept"})
    company.do(MANAGER, sheet, "approved", {"decision": "accept", "signed_where": "第 4 页"})
    assert company.record(sheet).state is State.CLOSED


@pytest.mark.parametrize(
    ("asked", "route", "approver"),
    [
        ({"amount": "1000000.01"}, "b", VICE),
        ({"large_quantity": True}, "b", VICE),
        ({"is_hard": True}, "b", VICE),
        ({"product_class": "drawing"}, "b", GENERAL),
        ({"product_class": "new_design"}, "c", GENERAL),
        ({"product_class": "special", "amount": "5"}, "c", GENERAL),
    ],
)
def test_the_route_and_who_approves_follow_from_what_is_asked(
    company: ActingCompany, asked: dict[str, object], route: str, approver: str
) -> None:
    _entry, sheet = _asked(company, **asked)
    record = company.record(sheet)
    assert (record.values["route"], record.values["approver"]) == (route, approver)
    assert [section.id for section in record.open_sections] == ["called"]


def test_departments_countersign_and_a_disagreement_is_settled_before_anything_is_accepted(
    company: ActingCompany,
) -> None:
    _entry, sheet = _asked(company, is_hard=True)
    company.fill(SALES, sheet, "called", {"departments": [TECHNICAL, PRODUCTION]})
    with pytest.raises(NotYoursError):
        company.fill(PRODUCTION, sheet, f"countersigned[{TECHNICAL}]", {"opinion": "able"})
    company.do(TECHNICAL, sheet, f"countersigned[{TECHNICAL}]", {"opinion": "able"})
    with pytest.raises(NotItsTurnError):
        company.fill(COMPANY, sheet, "concluded", ACCEPTED)
    with pytest.raises(ValuesRefusedError):
        company.fill(PRODUCTION, sheet, f"countersigned[{PRODUCTION}]", {"opinion": "unable"})
    unable = {"opinion": "unable", "opinion_note": "六十天内不能完成"}
    company.do(PRODUCTION, sheet, f"countersigned[{PRODUCTION}]", unable)
    with pytest.raises(NotItsTurnError):
        company.fill(COMPANY, sheet, "concluded", ACCEPTED)
    to_customer = {"settlement": "to_customer", "settlement_note": "商定分段交货"}
    company.do(DEPARTMENT_MANAGER, sheet, "settled", to_customer)
    with pytest.raises(ValuesRefusedError):
        company.fill(COMPANY, sheet, "concluded", ACCEPTED)
    _concluded(company, sheet, {"conclusion": "again", "customer_talk": "顾客同意 75 天"})
    with pytest.raises(ValuesRefusedError):
        company.fill(VICE, sheet, "approved", {"decision": "accept", "decision_note": "重新会签"})
    company.do(VICE, sheet, "approved", {"decision": "again", "decision_note": "重新会签"})

    for department in (TECHNICAL, PRODUCTION):
        company.do(department, sheet, f"countersigned[{department}]", {"opinion": "able"})
    _concluded(company, sheet, ACCEPTED)
    company.do(VICE, sheet, "approved", {"decision": "accept"})
    assert company.record(sheet).state is State.CLOSED


def test_a_new_product_goes_through_a_meeting_and_the_general_manager(company: ActingCompany) -> None:
    _entry, sheet = _asked(company, product_class="new_design")
    company.fill(SALES, sheet, "called", {"departments": [TECHNICAL, PRODUCTION]})
    (minutes,) = company.opened_by(sheet)
    met = {"minutes_number": minutes, "meeting_result": "accept"}
    with pytest.raises(NeedsRecordError):
        company.fill(SALES, sheet, "met", met)
    unable = [{"matter": "轮压", "discussion": "超限", "ability": "unable"}]
    with pytest.raises(ValuesRefusedError):
        company.fill(SALES, minutes, "minutes", {**MINUTES, "matters": unable})
    company.do(SALES, minutes, "minutes", MINUTES)
    assert company.record(minutes).values["review_number"] == sheet
    company.do(TECHNICAL, minutes, f"agreed[{TECHNICAL}]", {"opinion": "agrees"})
    dissent = {"opinion": "dissents", "dissent": "须驻厂监造"}
    company.do(PRODUCTION, minutes, f"agreed[{PRODUCTION}]", dissent)
    with pytest.raises(NotItsTurnError):
        company.sign(VICE, minutes, "chaired")
    company.do(DEPARTMENT_MANAGER, minutes, "settled", {"settlement": "质管部派人监造"})
    company.sign(VICE, minutes, "chaired")
    company.fill(SALES, sheet, "met", met)
    _concluded(company, sheet, ACCEPTED)
    with pytest.raises(NotYoursError):
        company.fill(VICE, sheet, "approved", {"decision": "accept"})
    company.do(GENERAL, sheet, "approved", {"decision": "accept"})
    assert company.record(sheet).state is State.CLOSED


def test_an_oral_order_is_written_down_confirmed_and_reviewed(company: ActingCompany) -> None:
    oral = {name: value for name, value in ENTRY.items() if name != "document_number"}
    entry = company.new(SALES, "QR-110-01", {**oral, "document_kind": "oral"})
    (record,) = company.opened_by(entry)
    company.do(SALES, record, "taken", ORDERED)
    values = company.record(record).values
    assert (values["register_entry"], values["amount_total"], values["route"]) == (entry, "1400.00", "a")
    with pytest.raises(NotItsTurnError):
        company.fill(MANAGER, record, "decided", {"decision": "accept", "points": POINTS})
    company.do(SALES, record, "confirmed", CONFIRMED)
    company.do(MANAGER, record, "decided", {"decision": "again", "decision_note": "型号再核"})
    company.do(SALES, record, "confirmed", {**CONFIRMED, "confirmed_as": "型号改为 50"})
    company.do(MANAGER, record, "decided", {"decision": "accept", "points": POINTS})
    company.fill(SALES, record, "told", {"told_on": "2026-11-03", "told_whom": "曲志远"})
    assert company.record(record).state is State.CLOSED
    company.fill(SALES, entry, "oral_reviewed", {"oral_result": "accepted"})
    company.fill(SALES, entry, "committed", {"outcome": "concluded", "settled_on": "2026-11-03"})


def test_an_oral_order_to_drawings_is_reviewed_on_the_review_sheet(company: ActingCompany) -> None:
    record = company.new(SALES, "QR-110-02", {**ORDERED, "product_class": "drawing"})
    company.sign(SALES, record, "taken")
    company.do(SALES, record, "confirmed", CONFIRMED)
    (sheet,) = company.opened_by(record)
    elsewhere = {"sheet_result": "accept", "sheet_number": sheet}
    with pytest.raises(NeedsRecordError):
        company.fill(SALES, record, "decided_elsewhere", elsewhere)
    given = {name: ASKED[name] for name in ("requirements",)}
    company.do(SALES, sheet, "asked", {**given, "answer_by": "2026-12-01"})
    values = company.record(sheet).values
    assert (values["oral_record"], values["route"], values["approver"]) == (record, "b", GENERAL)


def test_a_change_is_reviewed_anew_told_by_notice_and_revised_in_every_document(company: ActingCompany) -> None:
    change = company.new(SALES, "QR-110-04", CHANGED)
    company.sign(SALES, change, "proposed")
    (sheet,) = company.opened_by(change)
    agreed = {"customer_says": "agrees", "agreed_on": "2026-11-12", "agreed_how": "supplement", "agreed_with": "曲"}
    company.fill(SALES, change, "customer_agreed", agreed)
    again = {"verdict": "accepted", "new_review": sheet}
    with pytest.raises(NeedsRecordError):
        company.fill(MANAGER, change, "reviewed_again", again)
    company.do(SALES, sheet, "asked", {**ASKED, "quantity": "3 台", "answer_by": "2026-12-01"})
    assert company.record(sheet).values["revision_file"] == change
    _concluded(company, sheet, ACCEPTED)
    company.do(MANAGER, sheet, "approved", {"decision": "accept", "signed_where": "补充协议"})
    company.do(MANAGER, change, "reviewed_again", again)
    notice = company.opened_by(change)[-1]
    start = {"effective_on": "2026-11-25", "to_customer": True, "action_wanted": "换图、改计划"}
    company.do(SALES, notice, "drawn_up", start)
    assert company.record(notice).values["departments"] == [TECHNICAL, PRODUCTION]

    with pytest.raises(NotYoursError):
        company.fill(PRODUCTION, change, "revised[1]", {"new_revision": "B 版", "revised_on": "2026-11-20"})
    company.do(TECHNICAL, change, "revised[1]", {"new_revision": "B 版", "revised_on": "2026-11-20"})
    company.do(PRODUCTION, change, "revised[2]", {"new_revision": "3 版", "revised_on": "2026-11-20"})
    told = {"notice_number": notice, "withdrawn": "A 版 3 份作废"}
    with pytest.raises(NeedsRecordError):
        company.fill(COMPANY, change, "all_told", told)
    company.sign(MANAGER, notice, "issued")
    for department in (TECHNICAL, PRODUCTION):
        company.do(department, notice, f"received[{department}]", {"taken_action": "已换"})
    with pytest.raises(NeedsRecordError):
        company.fill(COMPANY, change, "all_told", told)
    company.fill(SALES, notice, "customer_told", {"told_on": "2026-11-23", "told_how": "邮件，曲志远"})
    assert company.record(notice).state is State.CLOSED
    company.do(COMPANY, change, "all_told", told)
    assert company.record(change).state is State.CLOSED


def test_feedback_in_a_talk_is_entered_for_handling(company: ActingCompany) -> None:
    talk = {
        "talked_on": "2026-11-13",
        "customer": "恒达机械",
        "phone": "138-0000-4101",
        "stage": "after_sale",
        "way": "phone_call",
        "about": "fault",
        "content": "轴端渗油",
        "answered_at_once": False,
    }
    for wrong in ({"answer_by": "2026-11-18"}, {"product": "减速机"}):
        with pytest.raises(ValuesRefusedError):
            company.new(SALES, "QR-110-07", {**talk, **wrong})
    number = company.new(SALES, "QR-110-07", {**talk, "product": "减速机", "answer_by": "2026-11-18"})
    (entry,) = company.opened_by(number)
    values = company.record(entry).values
    assert (values["feedback_kind"], values["product"], values["content"]) == ("fault", "减速机", "轴端渗油")
    assert [section.id for section in company.record(number).open_sections] == ["answered"]


def _arranged(company: ActingCompany) -> tuple[str, str]:
    entry = company.new(SALES, "QR-110-08", FEEDBACK)
    handling = {"handling": "visit", "handler": "鲍师傅", "handle_by": "2026-11-20"}
    company.fill(COMPANY, entry, "reviewed", handling)
    (report,) = company.opened_by(entry)
    company.do(COMPANY, report, "arranged", VISIT)
    return entry, report


def test_a_service_visit_leaves_a_report_with_the_customers_verdict(company: ActingCompany) -> None:
    entry, report = _arranged(company)
    company.do(AFTER_SALES, report, "visited", VISITED)
    with pytest.raises(NeedsRecordError):
        company.fill(AFTER_SALES, entry, "visited", {"report_number": "2026-0001"})
    company.fill(AFTER_SALES, report, "judged", RATED)
    company.sign_on_paper(AFTER_SALES, report, "customer_signed")
    assert company.record(report).state is State.CLOSED
    company.fill(AFTER_SALES, entry, "visited", {"report_number": "2026-0001"})
    result = {"result": "换油封", "handled_on": "2026-11-16", "verdict": "dissatisfied"}
    with pytest.raises(ValuesRefusedError):
        company.fill(SALES, entry, "handled", result)
    company.fill(SALES, entry, "handled", {**result, "verdict": "satisfied"})
    assert company.record(entry).state is State.CLOSED


def test_an_unhappy_customer_is_asked_again_by_somebody_else_and_entered_anew(company: ActingCompany) -> None:
    _entry, report = _arranged(company)
    company.do(AFTER_SALES, report, "visited", {**VISITED, "is_solved": False, "left_over": "缺件"})
    with pytest.raises(ValuesRefusedError):
        company.fill(AFTER_SALES, report, "judged", {**RATED, "verdict": "dissatisfied"})
    company.fill(AFTER_SALES, report, "judged", {**RATED, "verdict": "dissatisfied", "customer_remarks": "未带备件"})
    company.sign_on_paper(AFTER_SALES, report, "customer_signed")
    company.do(MANAGER, report, "followed_up", {"follow_note": "致歉，再上门", "follow_end": "again"})
    (anew,) = company.opened_by(report)
    assert company.record(anew).form.code == "QR-110-08"


def test_the_month_is_counted_for_the_manager_in_charge_and_the_departments(company: ActingCompany) -> None:
    company.new(SALES, "QR-110-08", FEEDBACK)
    period = {"from_day": "2026-11-01", "to_day": "2026-11-30"}
    report = company.new(COMPANY, "QR-110-09", period)
    values = company.record(report).values
    assert (values["feedback_count"], values["open_count"], values.get("content_rate")) == ("1", "1", None)
    findings = {"main_matters": "渗油", "handling_summary": "已派工", "departments": [TECHNICAL, "quality"]}
    with pytest.raises(ValuesRefusedError):
        company.fill(COMPANY, report, "findings", findings)
    company.do(COMPANY, report, "findings", {**findings, "why_late": "待上门"})
    company.sign(MANAGER, report, "reviewed")
    company.do("manager_in_charge", report, "read_in_charge", {"instruction": "加强检验"})
    company.sign(TECHNICAL, report, f"departments_read[{TECHNICAL}]")
    assert company.record(report).state is not State.CLOSED
    company.sign("quality", report, "departments_read[quality]")
    assert company.record(report).state is State.CLOSED
