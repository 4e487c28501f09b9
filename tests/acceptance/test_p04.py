"""P04 from a prospect to a buyer whose data go to the household file, and from a newcomer to a regular position."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import FORMS, HOUSEHOLD, ActingCompany, office_with
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from stage import Stages

STAFF, MENTOR, HEAD = "sales_staff", "mentor", "marketing_department_head"
TOPICS = (
    "site", "unit_types", "orientation", "facilities", "plan", "reception", "viewing", "follow_up", "subscription",
    "contract", "after_sales",
)  # fmt: skip
CUSTOMER = {
    "customer": "沈丽娟",
    "phone": "138-0000-1180",
    "address": "中山路 12 号",
    "registered_on": "2026-05-16",
    "data_consent": True,
    "origin": "visit",
    "visits": "2",
    "purpose": "school",
    "unit_type": "三居",
    "budget": "130",
    "plan_when": "下半年",
    "plan_payment": "loan",
    "intention": "看重学区",
}
CONTACT = {
    "contacted_on": "2026-11-02",
    "customer": "沈丽娟",
    "phone": "138-0000-1180",
    "status": "buyer",
    "way": "phone",
    "about": "after_sale",
    "content": "入住前验房",
}
OFFER = {
    "kind_of_activity": "offer",
    "held_on": "2026-11-23",
    "holiday": "店庆",
    "until_on": "2026-11-29",
    "place": "销售处",
    "staff": "全体",
    "content": "总价优惠 1%",
}
LEAFLETS = {
    "kind_of_activity": "leaflets", "held_on": "2026-11-24", "place": "江湾路", "staff": "秦小曼", "content": "三居"
}  # fmt: skip
HELD = {
    "leaflets": "620",
    "talks": "35",
    "prospects": "4",
    "subscriptions": "1",
    "cost": "310",
    "account": "学区问询多",
}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    packages = [lambda _folder, name=name: FORMS / name for name in ("P06", "P04")]
    with office_with(stages, database, tmp_path, "acting_P04", packages, STAFF, MENTOR, HEAD) as opened:
        yield opened


def _taught(*topics: str) -> dict[str, object]:
    return {"topics": [{"topic": each, "taught_on": "2026-07-20", "hours": "3", "mastered": True} for each in topics]}


def _newcomer(company: ActingCompany) -> str:
    entered = {"newcomer": "米佳怡", "entered_on": "2026-07-01", "mentor_name": "孔德强", "site": "江湾一号"}
    number = company.new(HEAD, "QR-104-03", entered)
    company.sign(HEAD, number, "entered")
    return number


def test_a_prospect_is_asked_again_until_bought_and_then_goes_to_the_household_file(company: ActingCompany) -> None:
    with pytest.raises(ValuesRefusedError):
        company.new(STAFF, "QR-104-01", {**CUSTOMER, "data_consent": False})
    number = company.new(STAFF, "QR-104-01", CUSTOMER)
    company.sign(STAFF, number, "registered")
    company.fill(STAFF, number, "outcome", {"status": "prospect", "status_on": "2026-08-01", "status_text": "再比较"})
    bought = {"status": "buyer", "status_on": "2026-11-06", "status_text": "签约"}
    with pytest.raises(ValuesRefusedError):
        company.fill(STAFF, number, "outcome", bought)
    sold = {"bought": HOUSEHOLD, "contract_number": "260301"}
    company.fill(STAFF, number, "outcome", {**bought, **sold})
    company.do(STAFF, number, "handed_over", {"taken_over_by": "陈晓燕", "handed_on": "2026-11-20"})
    assert company.record(number).state is State.CLOSED
    (household_file,) = company.opened_by(number)
    assert company.record(household_file).form.code == "QR-C-01"


def test_a_lapsed_contact_stays_on_record_without_a_hand_over(company: ActingCompany) -> None:
    number = company.new(STAFF, "QR-104-01", CUSTOMER)
    company.sign(STAFF, number, "registered")
    company.fill(STAFF, number, "outcome", {"status": "lapsed", "status_on": "2026-11-01", "status_text": "已购他盘"})
    assert company.record(number).state is State.CLOSED
    assert company.opened_by(number) == []


def test_everybody_is_followed_up_unless_they_want_no_more(company: ActingCompany) -> None:
    for wrong in ({"next_step": "again"}, {"next_step": "declined", "next_on": "2026-12-01"}):
        with pytest.raises(ValuesRefusedError):
            company.new(STAFF, "QR-104-02", {**CONTACT, **wrong})
    called = company.new(STAFF, "QR-104-02", {**CONTACT, "next_step": "again", "next_on": "2026-11-20"})
    assert [section.id for section in company.record(called).open_sections] == ["carried_out"]
    company.fill(STAFF, called, "carried_out", {"done_on": "2026-11-20", "done": "已陪同验房"})
    declined = company.new(STAFF, "QR-104-02", {**CONTACT, "next_step": "declined"})
    assert company.record(declined).open_sections == ()


def test_a_newcomer_takes_up_the_post_only_after_passing(company: ActingCompany) -> None:
    number = _newcomer(company)
    with pytest.raises(ValuesRefusedError):
        company.fill(MENTOR, number, "trained", _taught(*TOPICS[:10]))
    company.fill(MENTOR, number, "trained", _taught(*TOPICS))
    with pytest.raises(NotYoursError):
        company.fill(HEAD, number, "assessed", {})
    failed = {"assessed_on": "2026-07-31", "score": "61", "passed": False, "assessment": "签约流程不熟"}
    company.do(MENTOR, number, "assessed", failed)
    with pytest.raises(NotItsTurnError):
        company.fill(HEAD, number, "on_post", {"post_from": "2026-08-10"})
    company.fill(MENTOR, number, "trained", _taught("subscription", "contract"))
    passed = {"assessed_on": "2026-08-07", "score": "85", "passed": True, "assessment": "已熟练"}
    company.do(MENTOR, number, "assessed", passed)
    with pytest.raises(ValuesRefusedError):
        company.fill(HEAD, number, "on_post", {"post_from": "2026-08-06"})
    company.do(HEAD, number, "on_post", {"post_from": "2026-08-10"})
    assert company.record(number).values["probation_until"] == "2026-11-10"
    judged = {"probation_on": "2026-11-12", "result": "regular", "performance": "成交 1 套"}
    with pytest.raises(ValuesRefusedError):
        company.fill(HEAD, number, "probation", judged)
    company.do(HEAD, number, "probation", {**judged, "regular_from": "2026-11-12"})
    assert company.record(number).state is State.CLOSED


def test_training_under_a_month_has_its_reason_and_probation_is_not_cut_short(company: ActingCompany) -> None:
    number = _newcomer(company)
    company.fill(MENTOR, number, "trained", _taught(*TOPICS))
    early = {"assessed_on": "2026-07-24", "score": "90", "passed": True, "assessment": "熟练"}
    with pytest.raises(ValuesRefusedError):
        company.fill(MENTOR, number, "assessed", early)
    company.do(MENTOR, number, "assessed", {**early, "short_reason": "有同业经历"})
    company.do(HEAD, number, "on_post", {"post_from": "2026-09-01"})
    with pytest.raises(NotItsTurnError):
        company.fill(
            HEAD, number, "probation", {"probation_on": "2026-11-23", "result": "not_taken", "performance": "/"}
        )


def test_an_offer_is_approved_and_told_to_buyers_first(company: ActingCompany) -> None:
    number = company.new(STAFF, "QR-104-04", OFFER)
    company.sign(STAFF, number, "planned")
    with pytest.raises(NotItsTurnError):
        company.fill(STAFF, number, "told", {"told_on": "2026-11-22", "told_count": "118", "told_how": "短信"})
    company.sign(HEAD, number, "allowed")
    with pytest.raises(NotItsTurnError):
        company.fill(STAFF, number, "held", HELD)
    company.fill(STAFF, number, "told", {"told_on": "2026-11-22", "told_count": "118", "told_how": "短信"})
    company.do(STAFF, number, "held", HELD)
    company.sign(HEAD, number, "read_by_head")
    assert company.record(number).state is State.CLOSED


def test_what_became_of_an_activity_is_told_only_once_its_day_has_come(company: ActingCompany) -> None:
    number = company.new(STAFF, "QR-104-04", LEAFLETS)
    company.sign(STAFF, number, "planned")
    with pytest.raises(NotItsTurnError):
        company.fill(STAFF, number, "held", HELD)
