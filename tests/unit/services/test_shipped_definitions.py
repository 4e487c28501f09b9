from pathlib import Path

import pytest

from recordkeeper.model.example import Trial, try_examples, uncovered_routes
from recordkeeper.model.form import Form
from recordkeeper.model.procedure import Procedure
from recordkeeper.services.definition import (
    PROCEDURE_FILE,
    example_reading,
    load_form_of,
    load_procedure,
    shipped_procedures,
)

FOLDERS = sorted(path.parent for path in shipped_procedures().glob(f"*/{PROCEDURE_FILE}"))
FILES = [(folder, file) for folder in FOLDERS for file in sorted(folder.glob("*.yaml")) if file.name != PROCEDURE_FILE]


def procedure_in(folder: Path) -> Procedure:
    return load_procedure((folder / PROCEDURE_FILE).read_text(encoding="utf-8"), PROCEDURE_FILE)


def form_in(folder: Path, file: Path) -> Form:
    return load_form_of(procedure_in(folder), file.read_text(encoding="utf-8"), file.name)


@pytest.fixture(params=FILES, ids=[file.stem for _folder, file in FILES])
def form(request: pytest.FixtureRequest) -> Form:
    return form_in(*request.param)


@pytest.fixture
def trials(form: Form) -> list[Trial]:
    return try_examples(form, example_reading())


def test_the_forms_of_p02_are_shipped() -> None:
    assert {file.stem for _folder, file in FILES} >= {"QR-017-01", "QR-017-02", "QR-017-03", "QR-017-04", "QR-102-01"}


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_a_procedures_folder_holds_exactly_its_forms(folder: Path) -> None:
    procedure = procedure_in(folder)
    assert procedure.id == folder.name
    assert set(procedure.forms) == {file.stem for file in folder.glob("*.yaml")} - {"procedure"}


def test_examples_pass_every_check(trials: list[Trial]) -> None:
    assert trials
    assert [str(problem) for trial in trials for problem in trial.problems] == []


def test_examples_take_every_route(form: Form, trials: list[Trial]) -> None:
    assert uncovered_routes(form, trials) == []


def test_every_computed_value_has_one_in_some_example(form: Form, trials: list[Trial]) -> None:
    sections = (*form.sections, *(form.sheet.sections if form.sheet else ()))
    computed = {field.id for section in sections for field in section.computed}
    assert computed <= {name for trial in trials for name, value in trial.record.values.items() if value is not None}


def test_every_field_is_filled_in_some_example(form: Form, trials: list[Trial]) -> None:
    sections = (*form.sections, *(form.sheet.sections if form.sheet else ()))
    fields = {field.id for section in sections for field in section.fields}
    filled = {name for trial in trials for saved in trial.record.saved.values() for name in saved.values}
    never = fields - filled
    assert {name for name in never if not name.endswith("_remarks")} == set()


def test_who_takes_the_measures_does_not_verify_them() -> None:
    form = form_in(*next(pair for pair in FILES if pair[1].stem == "QR-017-02"))
    verified = next(section for section in form.sections if section.id == "verified")
    assert verified.other_than == ("handled",)


def test_records_of_p02_are_kept_three_years_and_then_reviewed() -> None:
    forms = [form_in(folder, file) for folder, file in FILES if folder.name == "P02"]
    kept = {(form.retention.years, form.retention.action, form.retention.authority) for form in forms}
    assert kept == {(3, "review", "P12-R1")}


def test_no_record_is_kept_for_less_than_three_years_but_personal_data_that_may_not_be(form: Form) -> None:
    kept = form.retention
    assert kept.years == "permanent" or kept.years >= 3 or kept.most_years == kept.years
