"""P02 where a year's satisfaction falls short of the objective: what follows is opened by the statistics themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import FORMS, HOUSEHOLD, ActingCompany, office_with
from form_samples import field, section
from packages import form, write_package
from recordkeeper.model.record_guard import ValuesRefusedError
from stage import Stages

ISSUED = {"survey_year": "2026", "household": HOUSEHOLD, "issued_on": "2026-10-08", "return_by": "2026-11-20"}
RECEIVED = {"received_on": "2026-11-02", "received_by": "门岗"}
FINDINGS = {"needs": "报修及时", "improvements": "响应时限上墙", "shortfall": "工程部 12 月底前改进"}


def _with_corrective_action(folder: Path) -> Path:
    action = form(
        "QR-91-01",
        section("found", field("source_record"), field("description"), field("required_by", "date"), by=["quality"]),
    )
    return write_package(folder / "P91", action, identifier="P91", provides={"corrective_action": "QR-91-01"})


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    packages = [_with_corrective_action, lambda _folder: FORMS / "P02"]
    roles = ("quality", "management_representative")
    with office_with(stages, database, tmp_path, "acting_P02", packages, *roles) as opened:
        yield opened


def _statistics(company: ActingCompany, *overall: str) -> str:
    for rating in overall:
        number = company.new("quality", "QR-017-03", ISSUED)
        company.fill("quality", number, "answered", {**RECEIVED, "repair": "基本满意", "overall": rating})
    return company.new("quality", "QR-017-04", {"survey_year": "2026", "objective": "60"})


def test_a_rate_below_the_objective_opens_a_corrective_action(company: ActingCompany) -> None:
    number = _statistics(company, "很满意", "不满意")
    assert company.record(number).values["reached"] is False
    with pytest.raises(ValuesRefusedError):
        company.fill("quality", number, "findings", {**FINDINGS, "shortfall": ""})
    company.do("quality", number, "findings", FINDINGS)
    (action,) = company.opened_by(number)
    company.fill("quality", action, "found", {"required_by": "2026-12-31"})
    values = company.record(action).values
    assert values["source_record"] == number
    assert values["description"] == "2026 年总体满意率 50.0%，低于质量目标 60.0%。工程部 12 月底前改进"


def test_a_rate_that_reaches_the_objective_opens_nothing(company: ActingCompany) -> None:
    number = _statistics(company, "很满意", "基本满意", "不满意")
    company.do("quality", number, "findings", FINDINGS)
    assert company.record(number).values["reached"] is True
    assert company.opened_by(number) == []
