"""P14, the model text: a company copies it, and lives by its own procedure under its own codes, wrong turns refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from p02_office import NOW
from recordkeeper.model.record_guard import NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from recordkeeper.services.catalogue import UnknownFormError, list_forms
from recordkeeper.services.procedure_copy import copy_procedure
from stage import Stages

SALES, BRANCH, SUPERVISOR = "salesperson", "branch_head", "sales_supervisor"
FACTS = {
    "customer": "宏达五金批发行",
    "facts_on": "2026-11-15",
    "business": "wholesaler",
    "legal_form": "company",
    "employees": "46",
    "owed": "150000",
    "turnover": "2860000",
    "large_for_size": False,
    "customer_since": "2019-03-01",
    "incident": False,
    "reputation": "good",
}
GRADED = {"given_grade": "b", "from_on": "2026-11-23", "reasons": "付款及时"}


def own_copy(folder: Path) -> Path:
    copy_procedure("P14", "KHQB", folder / "KHQB")
    return folder / "KHQB"


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with office_with(stages, database, tmp_path, "acting_P14", [own_copy], SALES, BRANCH, SUPERVISOR) as opened:
        yield opened


def test_the_copy_is_in_force_under_the_companys_codes_and_the_models_are_not(company: ActingCompany) -> None:
    with company.register.reading() as snapshot:
        codes = [each.revision.code for each in list_forms(snapshot, NOW.date()) if each.is_in_force]
    assert codes == ["KHQB-01", "KHQB-02", "KHQB-03", "KHQB-04"]
    with pytest.raises(UnknownFormError):
        company.new(SUPERVISOR, "QR-113-04", FACTS)


def test_a_condition_outweighs_the_grade_and_nobody_but_the_supervisor_gives_one(company: ActingCompany) -> None:
    with pytest.raises(ValuesRefusedError):
        company.new(SALES, "KHQB-04", {**FACTS, "customer_since": "2026-11-16"})
    number = company.new(SALES, "KHQB-04", FACTS)
    for other in (SALES, BRANCH):
        with pytest.raises(NotYoursError):
            company.fill(other, number, "decision", GRADED)
    company.do(SUPERVISOR, number, "decision", GRADED)
    assert company.record(number).values["grade"] == "c"
    company.sign(BRANCH, number, "told")
    assert company.record(number).state is State.CLOSED
