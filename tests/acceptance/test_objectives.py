"""Quality objectives under control: entered, approved by the general manager, cited by the result held against them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
OBJECTIVE = {"objective": "90"}
HANDED_OUT = {"from_on": "{year}-11-10", "to_on": "{year}-11-10"}
BY_TABLE, AS_FILLED_IN = "质量目标表", "目标表中无，按填写值"


@dataclass(frozen=True)
class Held:
    """A form whose result is held against an objective: whose it is, and what is filled in for a year."""

    code: str
    role: str
    first: Mapping[str, str]
    figures: Mapping[str, str] | None = None
    """What is filled in where the figures are a section behind the first."""


HELD = [
    Held("QR-017-04", "quality", {"survey_year": "{year}", **OBJECTIVE}),
    Held(
        "QR-103-03",
        "management_office",
        {**HANDED_OUT, "collected_on": "{year}-11-20", "estate": "翠湖苑", "households": "3", "occupied_years": "3"},
        OBJECTIVE,
    ),
    Held(
        "QR-105-08",
        "management_department",
        {**HANDED_OUT, "collected_on": "{year}-11-20", "survey_kind": "full", "resident_households": "5", **OBJECTIVE},
    ),
    Held("QR-108-05", "quality", {**HANDED_OUT, **OBJECTIVE}),
    Held(
        "BS-CP0703-FM010",
        "customer_service_department",
        {"from_day": "{year}-01-01", "to_day": "{year}-12-31", **OBJECTIVE},
    ),
]


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    packages = [lambda _folder, its=each: FORMS / its for each in ("P00", "P02", "P03", "P05", "P08", "P12")]
    roles = sorted({"general_manager", *(each.role for each in HELD)})
    with office_with(stages, database, tmp_path, "objectives", packages, *roles) as opened:
        yield opened


def entered(company: ActingCompany, folder: Path, *rows: str) -> str:
    file = folder / "objectives.csv"
    file.write_text("指标,适用单位,年度,目标值\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return reference_table.enter(company.register, company.actors["boss"], NOW, TABLE, file).revision


def result(company: ActingCompany, held: Held, unit: str = "HQ", year: str = "2026") -> Record:
    values = {name: value.format(year=year) for name, value in held.first.items()}
    made = lifecycle.new(company.register, company.actors[held.role], NOW, held.code, values, About(unit=unit))
    if held.figures:
        company.fill(held.role, made.number, "figures", held.figures)
    return company.record(made.number)


def against(record: Record) -> tuple[object, object]:
    return record.values["held_against"], record.values["objective_basis"]


def cited(record: Record) -> object:
    content = record.history.acts[-1].content
    return content.get("fill", content).get("tables")  # type: ignore[union-attr]


@pytest.mark.parametrize("held", HELD, ids=lambda held: held.code)
def test_a_result_is_held_against_the_objective_in_force_and_cites_its_revision(
    company: ActingCompany, held: Held, tmp_path: Path
) -> None:
    before = result(company, held)
    assert (against(before), cited(before)) == (("90.0", AS_FILLED_IN), None)
    assert entered(company, tmp_path, "顾客满意率,HQ,2026,92", "顾客满意率,锦绣花园,2026,95.5") == "A/0"
    assert against(result(company, held)) == ("90.0", AS_FILLED_IN)
    with pytest.raises(NoRoleError):
        reference_table.put_in_force(company.register, company.signers["approver"], NOW, TABLE, None)
    reference_table.put_in_force(company.register, company.signers["general_manager"], NOW, TABLE, None)
    whole, estate, other_year = result(company, held), result(company, held, "SH"), result(company, held, year="2025")
    assert [against(each) for each in (whole, estate)] == [("92.0", BY_TABLE), ("95.5", BY_TABLE)]
    assert against(other_year) == ("90.0", AS_FILLED_IN)
    assert cited(whole) == cited(estate) == {TABLE: "A/0"}
    assert entered(company, tmp_path, "顾客满意率,HQ,2026,93") == "A/1"
    reference_table.put_in_force(company.register, company.signers["general_manager"], NOW, TABLE, None)
    later = result(company, held, "SH")
    assert (against(later), cited(later)) == (("93.0", BY_TABLE), {TABLE: "A/1"})
    assert against(company.record(whole.number)) == ("92.0", BY_TABLE)


def test_an_objective_names_a_unit_of_the_company(company: ActingCompany, tmp_path: Path) -> None:
    with pytest.raises(TableRefusedError, match="无此处"):
        entered(company, tmp_path, "顾客满意率,无此处,2026,92")
