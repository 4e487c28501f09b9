"""Where the access rules of two procedures meet in a unit, the stricter holds, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.services import catalogue, lifecycle, viewing
from recordkeeper.services.access import MayNotReadError
from recordkeeper.services.definition import DefinitionError
from recordkeeper.services.installation import Terms
from recordkeeper.services.lifecycle import About
from recordkeeper.services.searching import Criteria, find
from stage import Stages

SIGNED = {"sign": "one", "meaning": "received"}


def filed(folder: Path) -> Path:
    """Household files, which clerks and the quality department may read."""
    kept = form("QR-900-01", section("kept", field("what"), **SIGNED), access={"read": ["clerk", "quality"]})
    return write_package(folder / "P90", kept, provides={"household_file": "QR-900-01"})


def stricter(folder: Path, **more: object) -> Path:
    """Another procedure, by which nobody but clerks and heads reads a household's file."""
    letter = form("QR-910-01", section("told", field("what"), **SIGNED))
    rule = {"readers": {"household_file": ["clerk", "head"]}}
    return write_package(folder / "P91", letter, identifier="P91", **{**rule, **more})


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with office_with(stages, database, tmp_path, "confidential", [filed], "clerk", "quality", "head") as opened:
        yield opened


def readers(company: ActingCompany, number: str) -> set[str]:
    found: set[str] = set()
    for role in ("clerk", "quality", "head"):
        listed = [each.number for each in find(company.register, company.actors[role], NOW, Criteria())]
        try:
            viewing.show(company.register, company.actors[role], NOW, number)
        except MayNotReadError:
            assert number not in listed
        else:
            assert number in listed
            found.add(role)
    return found


def new_at(company: ActingCompany, unit: str) -> str:
    clerk = company.actors["clerk"]
    return lifecycle.new(company.register, clerk, NOW, "QR-900-01", {"what": "许国良"}, About(unit=unit)).number


def test_both_rules_hold_where_both_procedures_do_and_one_elsewhere(company: ActingCompany, tmp_path: Path) -> None:
    here, there = new_at(company, "SH"), new_at(company, "HQ")
    assert readers(company, here) == readers(company, there) == {"clerk", "quality"}
    boss, signer = company.actors["boss"], company.signers["approver"]
    folder = stricter(tmp_path)
    catalogue.install_and_release(company.register, folder, boss, signer, None, NOW, Terms(("SH",)))
    assert readers(company, here) == {"clerk"}
    assert readers(company, there) == {"clerk", "quality"}


def test_a_draft_restricts_nobody(company: ActingCompany, tmp_path: Path) -> None:
    here = new_at(company, "SH")
    catalogue.install_procedure(company.register, stricter(tmp_path), company.actors["boss"], NOW)
    assert readers(company, here) == {"clerk", "quality"}


@pytest.mark.parametrize(
    ("rule", "found"), [({"nothing": ["clerk"]}, "nothing"), ({"household_file": ["janitor"]}, "janitor")]
)
def test_an_access_rule_names_known_purposes_and_roles(
    company: ActingCompany, tmp_path: Path, rule: dict[str, list[str]], found: str
) -> None:
    with pytest.raises(DefinitionError, match=found):
        catalogue.install_procedure(company.register, stricter(tmp_path, readers=rule), company.actors["boss"], NOW)
