"""P01 as its people live it: contracts are held against the area schedule and the price report."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acting_company import ActingCompany, acting_company
from p02_office import NOW
from recordkeeper.model.record_guard import NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from recordkeeper.services import reference_table
from stage import Stages

SALES, MANAGER, ENGINEERS = "sales_staff", "general_manager", "chief_engineers_office"
OFFICE, KEEPER, CASHIER, SEALS = "office", "blank_contract_keeper", "cashier", "seal_keeper"
OTHERS = (OFFICE, KEEPER, CASHIER, SEALS, "office_director")
OBJECT = {
    "contract_number": "2026001",
    "customer": "陶建明",
    "identity": "330100********0417",
    "phone": "138-0000-7101",
    "address": "滨江区江晖路 88 号",
    "room": "3-1-1102",
    "building_use": "home",
}
TERMS: dict[str, Any] = {
    "area": "112.36",
    "price": "13800.00",
    "deposit": "0",
    "payment_method": "at_once",
    "schedule": [{"due_on": "2026-12-12", "due_amount": "1550568.00", "due_note": "全款"}],
    "terms_followed": [
        "payment_terms",
        "breach",
        "design",
        "quality_terms",
        "title_terms",
        "management_terms",
        "warranty",
    ],
    "terms_edition": "ZJL-2026-03 第二版",
    "authority_entry": "QR-101-11/2026-0001",
    "authority_from": "2026-01-05",
    "authority_to": "2026-12-31",
    "originals": "4",
    "to_customer": "1",
    "to_others": "1",
}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with acting_company(stages, database, tmp_path, "P01", SALES, MANAGER, ENGINEERS, *OTHERS) as office:
        yield office


def in_force(company: ActingCompany, folder: Path, name: str, text: str, approver: str) -> None:
    file = folder / f"{name}.csv"
    file.write_text(text, encoding="utf-8-sig")
    reference_table.enter(company.register, company.actors["boss"], NOW, name, file)
    reference_table.put_in_force(company.register, company.signers[approver], NOW, name, None)


def tables(company: ActingCompany, folder: Path, price: str) -> None:
    in_force(company, folder, "area_schedule", "unit,area,standard\n3-1-1102,112.36,yes\n", ENGINEERS)
    in_force(company, folder, "price_report", f"unit,price\n3-1-1102,{price}\n", MANAGER)


def terms(company: ActingCompany, **other: Any) -> dict[str, Any]:
    return {**TERMS, "signatory": company.actors[SALES].login, **other}


def test_a_standard_unit_at_the_reports_price_needs_nobody_elses_approval(
    company: ActingCompany, tmp_path: Path
) -> None:
    tables(company, tmp_path, "13500.00")
    contract = company.new(SALES, "QR-101-02", OBJECT)
    assert company.record(contract).values["report_price"] == "13500.00"
    for wrong in ({"area": "112.40"}, {"price": "13800.01"}, {"to_customer": "3"}):
        with pytest.raises(ValuesRefusedError):
            company.fill(SALES, contract, "terms", terms(company, **wrong))
    company.do(SALES, contract, "terms", terms(company))
    approved = company.record(contract).section("approved")
    assert not company.record(contract).is_needed(approved)


def test_a_price_below_the_report_is_explained_and_approved_by_the_general_manager(
    company: ActingCompany, tmp_path: Path
) -> None:
    tables(company, tmp_path, "14000.00")
    contract = company.new(SALES, "QR-101-02", OBJECT)
    with pytest.raises(ValuesRefusedError, match="price_reason"):
        company.fill(SALES, contract, "terms", terms(company))
    company.do(SALES, contract, "terms", terms(company, price_reason="老客户，总经理当面同意"))
    assert [each.id for each in company.record(contract).open_sections] == ["approved"]
    with pytest.raises(NotYoursError):
        company.fill(SALES, contract, "approved", {"decision": "agreed"})
    company.do(MANAGER, contract, "approved", {"decision": "agreed"})
    assert [each.id for each in company.record(contract).open_sections] != ["approved"]


def test_a_unit_that_no_schedule_has_is_measured_and_approved(company: ActingCompany) -> None:
    contract = company.new(SALES, "QR-101-02", OBJECT)
    assert [each.id for each in company.record(contract).open_sections] == ["measured"]
    measured = {"measured_area": "112.36", "measured_on": "2026-11-20", "differs_how": "未列入暂测面积表"}
    company.do(ENGINEERS, contract, "measured", measured)
    company.do(SALES, contract, "terms", terms(company, price_reason="报告书未列"))
    assert [each.id for each in company.record(contract).open_sections] == ["approved"]


def blank(company: ActingCompany, **other: Any) -> str:
    """A blank contract issued to the sales department and taken by a salesperson."""
    batch = {"issued_on": "2026-11-02", "batch_from": "2026001", "batch_to": "2026050", "contract_number": "2026007"}
    people = {"issued_by": company.actors[OFFICE].login, "keeper": company.actors[KEEPER].login}
    return company.new(OFFICE, "QR-101-01", {**batch, **people, **other})


def test_at_most_fifty_blanks_are_issued_at_once_and_each_number_is_of_its_batch(company: ActingCompany) -> None:
    for wrong in ({"batch_to": "2026051"}, {"contract_number": "2026051"}):
        with pytest.raises(ValuesRefusedError):
            blank(company, **wrong)
    assert blank(company) == "QR-101-01/2026-0001"


def test_a_spoilt_blank_goes_back_to_the_office_and_is_destroyed_on_record(company: ActingCompany) -> None:
    entry = blank(company)
    spoilt = {"fate": "voided", "fate_on": "2026-11-12", "fate_reason": "付款日期填写错误"}
    with pytest.raises(ValuesRefusedError):
        company.fill(KEEPER, entry, "accounted", {**spoilt, "fate": "used"})
    company.fill(KEEPER, entry, "accounted", spoilt)
    (void,) = company.opened_by(entry)
    assert company.record(void).values["matter"] == "voided"
    received = {"office_on": "2026-11-12", "sheets_received": "4"}
    company.fill(OFFICE, void, "received", received)
    destroyed = {"destroyed_on": "2026-11-16", "destroyed_how": "shredded", "witness": "曹颖"}
    with pytest.raises(ValuesRefusedError):
        company.fill(OFFICE, void, "destroyed", {**destroyed, "destroyed_count": "3"})
    company.fill(OFFICE, void, "destroyed", {**destroyed, "destroyed_count": "4"})
    assert company.record(void).state is State.CLOSED


def test_a_lost_blank_stays_open_until_the_notice_and_its_clipping_are_recorded(company: ActingCompany) -> None:
    entry = blank(company)
    lost = {"fate": "lost", "fate_on": "2026-11-12", "fate_reason": "途中遗失"}
    company.fill(KEEPER, entry, "accounted", lost)
    (case,) = company.opened_by(entry)
    with pytest.raises(ValuesRefusedError):
        company.fill(OFFICE, case, "received", {"office_on": "2026-11-12", "sheets_received": "1"})
    company.fill(OFFICE, case, "received", {"office_on": "2026-11-12"})
    notice = {"published_on": "2026-11-14", "newspaper": "滨江日报 8 版"}
    with pytest.raises(ValuesRefusedError, match="clipping"):
        company.fill(OFFICE, case, "published", notice)
    assert company.record(case).state is State.OPEN
    company.fill(OFFICE, case, "published", {**notice, "clipping": "JB-2026-01"})
    assert company.record(case).state is State.CLOSED


def test_a_deposit_above_5000_is_taken_by_finance_whose_cashier_was_called(company: ActingCompany) -> None:
    agreed = {"noted_on": "2026-11-20", "customer": "陶建明", "room": "3-1-1102", "pay_by": "card"}
    with pytest.raises(ValuesRefusedError, match="called_at"):
        company.new(SALES, "QR-101-10", {**agreed, "amount": "5000.01"})
    small = company.new(SALES, "QR-101-10", {**agreed, "amount": "5000"})
    assert [each.id for each in company.record(small).open_sections] == ["taken_by_sales"]
    large = company.new(SALES, "QR-101-10", {**agreed, "amount": "20000", "called_at": "2026-11-20 10:00"})
    with pytest.raises(NotYoursError):
        company.fill(SALES, large, "on_site", {"on_site_at": "2026-11-20 10:35"})
    company.fill(CASHIER, large, "on_site", {"on_site_at": "2026-11-20 10:35"})
    assert [each.id for each in company.record(large).open_sections] == ["taken_by_finance"]


def test_a_seal_is_used_on_approval_and_for_official_purposes_alone(company: ActingCompany) -> None:
    use = {
        "applied_on": "2026-11-20",
        "entry_kind": "use",
        "seal": "company",
        "applicant": "销售部 贺晓岚",
        "document": "个人收入证明",
        "use_purpose": "亲属贷款",
        "document_copies": "1",
    }
    entry = company.new(SALES, "QR-101-07", use)
    with pytest.raises(NotYoursError):
        company.fill(SALES, entry, "approved", {"decision": "agreed", "official": True})
    with pytest.raises(ValuesRefusedError):
        company.fill(SEALS, entry, "approved", {"decision": "agreed", "official": False})
    company.fill(SEALS, entry, "approved", {"decision": "refused", "official": False, "refused_for": "非公务"})
    assert company.record(entry).state is State.CLOSED
