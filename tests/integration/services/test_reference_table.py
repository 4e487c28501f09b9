"""Reference tables: entered by one person, approved by another, looked up on the day, on both databases."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section, title
from p02_office import NOW
from packages import form, write_package
from recordkeeper.model.form_revision import NoRoleError, OwnWorkError
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.services import lifecycle, people, reference_table
from recordkeeper.services.lifecycle import About
from recordkeeper.services.reference_lookup import UnknownTableError
from recordkeeper.services.reference_table import NoTableRevisionError, TableRefusedError
from recordkeeper.services.right import NoRightError
from stage import Stages

PRICES = {
    "id": "price_report",
    "title": title("价格报告书", "Price report"),
    "keys": [{"id": "unit", "title": title("房号", "Unit")}],
    "columns": [{"id": "price", "title": title("单价", "Price"), "type": "money"}],
    "approver": "head",
}
SOLD = form(
    "QR-900-01",
    section(
        "sold",
        field("room"),
        field("agreed", "money"),
        computed=[
            {**field("listed", "money", required=False), "value": "reference('price_report', room, 'price')"},
            {**field("is_below", "yes_no", required=False), "value": "listed is not none and agreed < listed"},
        ],
        sign="one",
        meaning="received",
    ),
    section("allowed", field("reason"), by="head", when="is_below", sign="one", meaning="approved"),
)


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", SOLD, tables=[PRICES])

    with office_with(stages, database, tmp_path, "reference_tables", [package], "clerk", "head") as office:
        yield office


def prices(folder: Path, *rows: str) -> Path:
    file = folder / "prices.csv"
    file.write_text("房号,单价\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8-sig")
    return file


def enter(company: ActingCompany, folder: Path, *rows: str) -> str:
    entered = reference_table.enter(
        company.register, company.actors["boss"], NOW, "price_report", prices(folder, *rows)
    )
    return entered.revision


def approve(company: ActingCompany, role: str = "head", days: int = 0) -> None:
    day = NOW.date() + timedelta(days=days) if days else None
    reference_table.put_in_force(company.register, company.signers[role], NOW, "price_report", day)


def sold(company: ActingCompany, agreed: str, days: int = 0) -> str:
    values = {"room": "A-101", "agreed": agreed}
    now = NOW + timedelta(days=days)
    return lifecycle.new(company.register, company.actors["clerk"], now, "QR-900-01", values, About(unit="HQ")).number


def test_a_value_is_looked_up_in_the_revision_in_force_and_the_act_cites_it(
    company: ActingCompany, tmp_path: Path
) -> None:
    before = company.record(sold(company, "9000"))
    assert (before.values.get("listed"), before.values["is_below"]) == (None, False)
    assert "tables" not in before.history.acts[1].content["fill"]  # type: ignore[operator]
    assert enter(company, tmp_path, "A-101,10000", "A-102,11000") == "A/0"
    assert company.record(sold(company, "9000")).values.get("listed") is None
    approve(company)
    after = company.record(sold(company, "9000"))
    assert (after.values["listed"], after.values["is_below"]) == ("10000.00", True)
    assert after.history.acts[1].content["fill"]["tables"] == {"price_report": "A/0"}  # type: ignore[index,call-overload]
    company.sign("clerk", after.number, "sold")
    assert [each.id for each in company.record(after.number).open_sections] == ["allowed"]
    assert enter(company, tmp_path, "A-101,8000") == "A/1"
    approve(company, days=10)
    assert company.record(sold(company, "9000", days=9)).values["is_below"] is True
    later = company.record(sold(company, "9000", days=10))
    assert (later.values["listed"], later.values["is_below"]) == ("8000.00", False)
    assert company.record(after.number).values["listed"] == "10000.00"


def test_an_amendment_looks_up_anew_and_cites_the_revision(company: ActingCompany, tmp_path: Path) -> None:
    enter(company, tmp_path, "A-101,10000", "A-102,8000")
    approve(company)
    number = sold(company, "9000")
    company.sign("clerk", number, "sold")
    lifecycle.amend(
        company.register, company.actors["clerk"], company.signers["clerk"], NOW, number, {"room": "A-102"},
        "房号抄错", "correction",
    )  # fmt: skip
    record = company.record(number)
    assert (record.values["listed"], record.values["is_below"]) == ("8000.00", False)
    assert record.history.acts[-1].content["tables"] == {"price_report": "A/0"}


def test_whoever_the_procedure_names_approves_a_table_and_never_its_author(
    company: ActingCompany, tmp_path: Path
) -> None:
    with pytest.raises(NoTableRevisionError):
        approve(company)
    with pytest.raises(NoRightError):
        reference_table.enter(
            company.register, company.actors["clerk"], NOW, "price_report", prices(tmp_path, "A-101,1")
        )
    enter(company, tmp_path, "A-101,10000")
    for role in ("approver", "clerk"):
        with pytest.raises((NoRoleError, OwnWorkError)):
            approve(company, role)
    approve(company)
    assert company.record(sold(company, "1")).values["is_below"] is True


def test_a_deputy_approves_a_table_with_both_names_and_never_what_the_principal_entered(
    company: ActingCompany, tmp_path: Path
) -> None:
    principal, deputy = "head", "clerk"
    boss = company.actors["boss"]
    people.deputize(
        company.register, boss, login=company.actors[principal].login, deputy=company.actors[deputy].login,
        unit=ROOT_UNIT, valid_from=None, valid_to=NOW.date(), reason="出差", now=NOW,
    )  # fmt: skip
    enter(company, tmp_path, "A-101,10000")
    approved = reference_table.put_in_force(company.register, company.signers[deputy], NOW, "price_report", None)
    assert approved.approver_name == f"{company.actors[deputy].name}（代{company.actors[principal].name}）"
    assert {act.content["deputy_for"] for act in approved.history.acts[2:]} == {company.actors[principal].subject}
    people.grant(
        company.register, boss, login=company.actors[principal].login, role="controller", unit=ROOT_UNIT,
        valid_from=None, valid_to=None, now=NOW,
    )  # fmt: skip
    rows = prices(tmp_path, "A-101,9000")
    reference_table.enter(company.register, company.actors[principal], NOW, "price_report", rows)
    with pytest.raises(OwnWorkError):
        reference_table.put_in_force(company.register, company.signers[deputy], NOW, "price_report", None)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["A-101,ten"], "price"),
        (["A-101,1", "A-101,2"], "unit"),
        ([",1"], "unit"),
        ([], "prices.csv"),
    ],
)
def test_rows_that_a_table_cannot_hold_are_refused_all_at_once(
    company: ActingCompany, tmp_path: Path, rows: list[str], told: str
) -> None:
    with pytest.raises(TableRefusedError, match=told):
        enter(company, tmp_path, *rows)
    with pytest.raises(UnknownTableError):
        reference_table.enter(company.register, company.actors["boss"], NOW, "no_table", prices(tmp_path, "A,1"))
    with company.register.reading() as snapshot:
        assert list(snapshot.histories("table")) == []
