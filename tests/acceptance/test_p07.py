"""P07 where the company keeps what belongs to customers: goods and keys go in and out signed, files are asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import HOUSEHOLD, ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from stage import Stages

ESTATE, SUPERVISOR, HEAD = "estate_department", "estate_department_supervisor", "management_office_head"
GOODS, FILES, LOSS, KEYS = "TJ-WY7.5.4-K02-F1", "TJ-WY7.5.4-K02-F2", "TJ-WY7.5.4-K02-F3", "TJ-WY7.5.1-K02-F5"
ENTRUSTED = {
    "owner_name": "许国良",
    "room": HOUSEHOLD,
    "phone": "138-0000-1201",
    "inspected_on": "2026-11-02",
    "in_scope": True,
    "agreement_needed": False,
    "items": [
        {
            "name": "字画",
            "specification": "60×90 cm",
            "quantity": "2 幅",
            "appearance": "完好",
            "quality": "良好",
            "performance": "无",
            "purpose": "陈列",
        }
    ],
    "kept_at": "库房 A-02",
    "keep_until": "2026-12-31",
}
BY_DEPUTY = {
    "collected_on": "2026-11-20",
    "collector": "deputy",
    "collector_name": "许敏",
    "identity_card": "330100********1129",
    "authority": "2026-11-18 授权书，电话核实",
    "outcome": "damaged",
    "condition_out": "右下角起霉",
}
ASKED = {
    "asked_on": "2026-11-20",
    "file": HOUSEHOLD,
    "reader": "民警 张毅",
    "standing": "authority",
    "unit_of_reader": "东湖派出所",
    "credentials": "警官证 0332187",
    "credentials_checked": True,
    "reason": "查询租户登记",
    "way": "consult",
    "copy_wanted": True,
}
KEY = {
    "entrusted_on": "2026-11-02",
    "room": HOUSEHOLD,
    "key_numbers": "入户门 1201-1",
    "count": "2",
    "entrusted_by": "许国良",
    "purpose": "repair",
}
LENT = {
    "moved_on": "2026-11-10",
    "movement": "lent",
    "moved_to": "戴宏",
    "moved_for": "查渗水",
    "return_by": "2026-11-11",
}
TAKEN_BACK = {"moved_on": "2026-11-20", "movement": "taken_back", "moved_to": "许敏", "own_hand": False}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with acting_company(stages, database, tmp_path, "P07", ESTATE, SUPERVISOR, HEAD, "security") as opened:
        yield opened


def test_goods_go_in_and_out_signed_by_both_and_damage_is_confirmed_told_and_settled(company: ActingCompany) -> None:
    for wrong in ({"in_scope": False}, {"agreement_needed": True}):
        with pytest.raises(ValuesRefusedError):
            company.new(ESTATE, GOODS, {**ENTRUSTED, **wrong})
    kept = company.new(ESTATE, GOODS, ENTRUSTED)
    company.sign(ESTATE, kept, "entrusted")
    with pytest.raises(NotItsTurnError):
        company.sign(HEAD, kept, "taken_in")
    company.sign_on_paper(ESTATE, kept, "owner_gave")
    with pytest.raises(NotYoursError):
        company.sign(ESTATE, kept, "taken_in")
    company.sign(HEAD, kept, "taken_in")
    for missing in ("identity_card", "authority", "collector_name"):
        with pytest.raises(ValuesRefusedError) as refused:
            company.fill(ESTATE, kept, "collection", {**BY_DEPUTY, missing: ""})
        assert [problem.field for problem in refused.value.problems] == [missing]
    company.fill(ESTATE, kept, "collection", BY_DEPUTY)
    company.sign_on_paper(ESTATE, kept, "owner_got")
    company.sign(HEAD, kept, "released")
    assert company.record(kept).state is State.CLOSED

    (loss,) = company.opened_by(kept)
    company.do(ESTATE, loss, "reported", {"found_by": "黄丽"})
    assert company.record(loss).values["source_number"] == kept
    told = {"notice_number": "告知 11", "told_on": "2026-11-23", "told_how": "handed"}
    with pytest.raises(NotItsTurnError):
        company.fill(ESTATE, loss, "owner_told", told)
    company.do(HEAD, loss, "confirmed", {"blame": "office", "cause": "除湿机检修"})
    company.do(ESTATE, loss, "owner_told", told)
    settled = {"settlement": "compensated", "amount": "500", "settled_text": "承担装裱费"}
    with pytest.raises(ValuesRefusedError):
        company.fill(HEAD, loss, "settled", settled)
    company.fill(HEAD, loss, "settled", {**settled, "prevention": "每日记录温湿度"})
    company.sign_on_paper(ESTATE, loss, "owner_agreed")
    company.sign(HEAD, loss, "head_settled")
    assert company.record(loss).state is State.CLOSED


def test_a_file_is_read_with_the_supervisors_consent_and_copied_with_the_heads(company: ActingCompany) -> None:
    for wrong in ({"credentials": ""}, {"credentials_checked": False}, {"return_by": "2026-11-21"}):
        with pytest.raises(ValuesRefusedError):
            company.new(ESTATE, FILES, {**ASKED, **wrong})
    asked = company.new(ESTATE, FILES, ASKED)
    with pytest.raises(NotYoursError):
        company.fill(ESTATE, asked, "consented", {"consent": "agreed"})
    company.do(SUPERVISOR, asked, "consented", {"consent": "agreed"})
    with pytest.raises(NotYoursError):
        company.fill(SUPERVISOR, asked, "copy_consented", {"copy_consent": "agreed"})
    company.do(HEAD, asked, "copy_consented", {"copy_consent": "refused"})
    back = {"back": "2026-11-20", "intact": True}
    with pytest.raises(ValuesRefusedError):
        company.fill(ESTATE, asked, "given_back", {**back, "pages_copied": "2"})
    company.fill(ESTATE, asked, "given_back", back)
    assert company.record(asked).state is State.CLOSED

    refused = company.new(ESTATE, FILES, ASKED)
    company.do(SUPERVISOR, refused, "consented", {"consent": "refused"})
    assert company.record(refused).state is State.CLOSED


def test_keys_are_lent_and_come_back_until_the_owner_has_them(company: ActingCompany) -> None:
    entry = company.new(ESTATE, KEYS, KEY)
    with pytest.raises(NotItsTurnError):
        company.fill(ESTATE, entry, "moved", LENT)
    company.sign_on_paper(ESTATE, entry, "owner_gave")
    with pytest.raises(ValuesRefusedError):
        company.fill(ESTATE, entry, "moved", {**LENT, "return_by": ""})
    company.fill(ESTATE, entry, "moved", LENT)
    with pytest.raises(ValuesRefusedError):
        company.fill(ESTATE, entry, "came_back", {"returned_on": "2026-11-11", "count_back": "1"})
    company.fill(ESTATE, entry, "came_back", {"returned_on": "2026-11-11", "count_back": "2"})
    assert company.record(entry).state is State.OPEN
    with pytest.raises(ValuesRefusedError):
        company.fill(ESTATE, entry, "moved", TAKEN_BACK)
    company.fill(ESTATE, entry, "moved", {**TAKEN_BACK, "authority": "2026-11-19 授权书"})
    company.sign_on_paper(ESTATE, entry, "owner_got")
    assert company.record(entry).state is State.CLOSED
