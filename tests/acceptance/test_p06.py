"""P06 around one household: what its file holds and lacks, who signs what changes, all files every half year."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import HOUSEHOLD, ActingCompany, acting_company
from recordkeeper.model.record_guard import NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from stage import Stages

OFFICE, HEAD, DEPARTMENT = "management_office", "management_office_head", "management_department"
PARTICULARS = {
    "owner_name": "许国良",
    "building": "3 栋",
    "unit_no": "2 单元",
    "room_no": "1201",
    "floor_area": "118.46",
    "identity_number": "330100********1219",
    "native_place": "浙江绍兴",
    "occupation": "教师",
    "phone": "138-0000-1201",
    "moved_in_on": "2026-06-18",
    "address": "本址",
    "emergency": "许敏（女）",
    "is_let": False,
}
COVENANT = {
    "owner_name": "许国良",
    "share_area": "118.46",
    "edition": "第一版",
    "adopted_on": "2026-05-20",
    "signing": "move_in",
}
INSPECTION = {
    "year": "2026",
    "half": "second",
    "inspected_on": "2026-11-20",
    "files_total": "312",
    "files_inspected": "312",
    "order_good": True,
    "missing_items": [{"file": HOUSEHOLD, "document": "分户验收单"}],
}
FOUND = {
    "owner_name": "许国良",
    "found_at": "2026-11-19 20:15",
    "found_by": "吴强",
    "violator": "owner",
    "kind_of_violation": "noise",
    "description": "20:15 仍用电锤",
}
NOTICE = {"notice_number": "整改 18", "rectify_by": "2026-11-20", "received": "signed", "demanded": "停止"}
CHECKED = {"outcome": "again", "checked_on": "2026-11-21", "checked_text": "仍在施工"}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with acting_company(stages, database, tmp_path, "P06", OFFICE, HEAD, DEPARTMENT) as opened:
        yield opened


def test_the_cover_lists_what_the_household_has_signed_and_names_what_is_missing(company: ActingCompany) -> None:
    particulars = company.new(OFFICE, "QR-C-01", PARTICULARS)
    company.sign(OFFICE, particulars, "particulars")
    company.sign_on_paper(OFFICE, particulars, "owner_signed")
    covenant = company.new(OFFICE, "QR-C-04", COVENANT)
    company.sign_on_paper(OFFICE, covenant, "owner_signed")

    cover = company.new(OFFICE, "QR-C-09", {})
    values = company.record(cover).values
    assert (values["room"], values["owner_name"], values["native_place"]) == (HOUSEHOLD, "许国良", "浙江绍兴")
    day = "2026-11-23"
    assert values["contents"] == [
        {"document": "住户基本情况登记表", "number": particulars, "filed_on": day, "state": "齐全"},
        {"document": "业主公约", "number": covenant, "filed_on": day, "state": "未办结"},
    ]
    assert values["missing_items"] == "分户验收单"
    company.sign(OFFICE, cover, "cover")
    company.fill(OFFICE, cover, "completed", {"completion": "复印补齐"})
    with pytest.raises(NotYoursError):
        company.sign(OFFICE, cover, "checked")
    company.sign(HEAD, cover, "checked")
    assert company.record(cover).state is State.CLOSED


def test_all_files_are_inspected_each_half_year_and_what_is_missing_is_replaced(company: ActingCompany) -> None:
    for wrong in ({"files_inspected": "311"}, {"inspected_on": "2026-06-30"}, {"order_good": False}):
        with pytest.raises(ValuesRefusedError):
            company.new(OFFICE, "QR-C-08", {**INSPECTION, **wrong})
    sheet = company.new(OFFICE, "QR-C-08", INSPECTION)
    company.sign(OFFICE, sheet, "inspected")
    kinds = [
        {"kind": kind, "governed_by": "房屋管理规定", "identified_how": "标牌", "in_order": kind != "keys"}
        for kind in ("shared", "unoccupied", "vehicles", "keys", "files")
    ]
    for lacking in ({"property_kinds": kinds[:4], "put_right": "已补挂"}, {"property_kinds": kinds}):
        with pytest.raises(ValuesRefusedError):
            company.fill(OFFICE, sheet, "identified", lacking)
    company.fill(OFFICE, sheet, "identified", {"property_kinds": kinds, "put_right": "钥匙牌脱落，已补挂"})
    replaced = {"file": HOUSEHOLD, "document": "分户验收单", "replaced_on": "2026-11-23", "how": "复印"}
    with pytest.raises(ValuesRefusedError):
        company.fill(OFFICE, sheet, "replaced", {"replacements": [replaced, replaced]})
    company.fill(OFFICE, sheet, "replaced", {"replacements": [replaced]})
    spot = {"spot_count": "30", "spot_result": "good", "spot_files": "每栋 10 户"}
    with pytest.raises(NotYoursError):
        company.fill(OFFICE, sheet, "spot_checked", spot)
    company.do(DEPARTMENT, sheet, "spot_checked", spot)
    assert company.record(sheet).state is State.CLOSED


def test_a_violation_is_notified_again_until_it_is_put_right_or_referred(company: ActingCompany) -> None:
    violation = company.new(OFFICE, "QR-C-06", FOUND)
    company.sign(OFFICE, violation, "found")
    with pytest.raises(ValuesRefusedError):
        company.fill(OFFICE, violation, "notified", {**NOTICE, "received": "refused"})
    company.do(OFFICE, violation, "notified", NOTICE)
    company.do(OFFICE, violation, "checked_again", CHECKED)
    company.do(OFFICE, violation, "notified", {**NOTICE, "received": "refused", "witness": "魏老师"})
    company.do(OFFICE, violation, "checked_again", {**CHECKED, "outcome": "rectified", "checked_text": "已停"})
    company.sign(HEAD, violation, "head_read")
    assert company.record(violation).state is State.CLOSED


def test_an_agreement_names_first_the_field_that_it_does_not_have(company: ActingCompany) -> None:
    with pytest.raises(ValuesRefusedError) as refused:
        company.new(OFFICE, "QR-C-03", {"colour": "red", "workers": "6"})
    named = [problem.field for problem in refused.value.problems]
    assert (named[0], "works" in named, "workers" in named, "approval" in named) == ("colour", True, False, False)
