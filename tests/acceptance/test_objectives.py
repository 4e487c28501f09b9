"""Quality objectives under control: entered, approved by the general manager, cited by the result held against them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import FORMS, ActingCompany, office_with
from p02_office import NOW
from recordkeeper.model.form_revision import NoRoleError
from recordkeeper.model.record import Record
from recordkeeper.services import lifecycle, reference_table
from recordkeeper.services.lifecycle import About
from recordkeeper.services.reference_table import TableRefusedError
from stage import Stages

TABLE = "quality_objectives"


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    packages = [lambda _folder: FORMS / "P00", lambda _folder: FORMS / "P02"]
    with office_with(stages, database, tmp_path, "objectives", packages, "quality", "general_manager") as opened:
        yield opened


def entered(company: ActingCompany, folder: Path, *rows: str) -> str:
    file = folder / "objectives.csv"
    file.write_text("指标,适用单位,年度,目标值\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return reference_table.enter(company.register, company.actors["boss"], NOW, TABLE, file).revision


def statistics(company: ActingCompany, unit: str = "HQ", year: str = "2026") -> Record:
    values = {"survey_year": year, "objective": "90"}
    made = lifecycle.new(company.register, company.actors["quality"], NOW, "QR-017-04", values, About(unit=unit))
    return company.record(made.number)


def cited(record: Record) -> object:
    return record.history.acts[1].content["fill"].get("tables")  # type: ignore[union-attr]


def test_a_result_is_held_against_the_objective_in_force_and_cites_its_revision(
    company: ActingCompany, tmp_path: Path
) -> None:
    before = statistics(company)
    assert (before.values["held_against"], cited(before)) == ("90.0", None)
    assert entered(company, tmp_path, "顾客满意率,HQ,2026,92", "顾客满意率,锦绣花园,2026,95.5") == "A/0"
    assert statistics(company).values["held_against"] == "90.0"
    with pytest.raises(NoRoleError):
        reference_table.put_in_force(company.register, company.signers["approver"], NOW, TABLE, None)
    reference_table.put_in_force(company.register, company.signers["general_manager"], NOW, TABLE, None)
    whole, estate, other_year = statistics(company), statistics(company, "SH"), statistics(company, year="2027")
    assert [each.values["held_against"] for each in (whole, estate, other_year)] == ["92.0", "95.5", "90.0"]
    assert cited(whole) == cited(estate) == {TABLE: "A/0"}
    assert entered(company, tmp_path, "顾客满意率,HQ,2026,93") == "A/1"
    reference_table.put_in_force(company.register, company.signers["general_manager"], NOW, TABLE, None)
    later = statistics(company)
    assert (later.values["held_against"], cited(later)) == ("93.0", {TABLE: "A/1"})
    assert company.record(whole.number).values["held_against"] == "92.0"


def test_an_objective_names_a_unit_of_the_company(company: ActingCompany, tmp_path: Path) -> None:
    with pytest.raises(TableRefusedError, match="无此处"):
        entered(company, tmp_path, "顾客满意率,无此处,2026,92")
