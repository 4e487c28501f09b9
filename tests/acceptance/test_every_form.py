"""Every shipped form in a company that lives by all procedures: its examples filled along their routes, to the archive.

The forms of one procedure are entered in one copy of the company, which is published and verified once for all of them.
"""

from pathlib import Path

import pytest

from form_life import Life, live
from form_samples import SHIPPED
from p02_office import NOW
from recordkeeper.services.verification import Answer
from whole_company import whole_company

PROCEDURES = {path.stem: path.parent.name for path in SHIPPED}


@pytest.fixture(scope="session")
def lives() -> dict[str, Life]:
    """What the forms of each procedure became, as far as it was asked for."""
    return {}


@pytest.fixture
def life(code: str, lives: dict[str, Life], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Life:
    procedure = PROCEDURES[code]
    if procedure not in lives:
        monkeypatch.setenv("PATH", "")  # archived without a PDF: how forms are printed is tested elsewhere
        with whole_company(made, tmp_path) as company:
            codes = [name for name, its in PROCEDURES.items() if its == procedure]
            lives[procedure] = live(company, codes, NOW)
    return lives[procedure]


@pytest.mark.parametrize("code", PROCEDURES)
def test_its_examples_are_filled_signed_archived_amended_read_back_and_verified(code: str, life: Life) -> None:
    form = life.forms[code]
    assert form.faults == []
    assert form.numbers
    assert form.amended
    assert [str(finding) for finding in life.findings] == []
    assert life.answer is Answer.OK
