"""P01 as its people live it: contracts are held against the area schedule and the price report."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acting_company import ActingCompany, acting_company
from p02_office import NOW
from recordkeeper.model.record_guard import NotYoursError, ValuesRefusedError
from recordkeeper.services import reference_table
from stage import Stages

SALES, MANAGER, ENGINEERS = "sales_staff", "general_manager", "chief_engineers_office"
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
    with acting_company(stages, database, tmp_path, "P01", SALES, MANAGER, ENGINEERS) as office:
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
