"""A procedure that a department owns: nobody else revises or withdraws it or its forms, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.model.document_change import DocumentChange
from recordkeeper.model.form_revision import NoRoleError
from recordkeeper.model.person import CONTROLLER
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.services import catalogue, people
from recordkeeper.services.definition import DefinitionError, load_procedure
from recordkeeper.services.revising import propose, revise_form, revise_procedure
from stage import Stages

WHY = DocumentChange.checked("编号改版", "无")
OWNER = {"role": "quality", "rules": ["P90-R1"]}


def owned(folder: Path, revision: str = "A/0", *more: str) -> Path:
    one = form("QR-900-01", section("found", *(field(name) for name in ("seen", *more))), revision=revision)
    return write_package(folder / f"P90{len(more)}", one, revision=revision, owner=OWNER)


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with office_with(stages, database, tmp_path, "owned", [owned], "clerk", "quality") as opened:
        yield opened


def test_the_owners_people_alone_revise_it(company: ActingCompany, tmp_path: Path) -> None:
    later, boss = owned(tmp_path, "A/1", "heard"), company.actors["boss"]
    assert propose(company.register, "P90", later, NOW).codes == ["P90", "QR-900-01"]
    with pytest.raises(NoRoleError, match="P90"):
        revise_procedure(company.register, "P90", later, boss, NOW, WHY)
    with pytest.raises(NoRoleError, match="P90"):
        revise_form(company.register, "QR-900-01", later / "QR-900-01.yaml", boss, NOW, WHY)
    head = company.actors["quality"]
    give(company, head.login, CONTROLLER)
    _proposal, drafts = revise_procedure(company.register, "P90", later, head, NOW, WHY)
    assert [each.name for each in drafts] == ["P90 A/1", "QR-900-01 A/1"]


def test_the_owners_people_alone_withdraw_its_forms(company: ActingCompany) -> None:
    with company.register.reading() as snapshot:
        (revision,) = catalogue.revisions(snapshot, "QR-900-01")
    boss, head = company.actors["boss"], company.actors["quality"]
    give(company, head.login, CONTROLLER)
    with pytest.raises(NoRoleError, match="P90"):
        catalogue.withdraw(company.register, revision.subject, NOW.date(), "不再使用", boss, NOW)
    withdrawn = catalogue.withdraw(company.register, revision.subject, NOW.date(), "不再使用", head, NOW)
    assert withdrawn.withdrawn_on == NOW.date()


def test_an_owner_is_a_role_of_the_procedure_and_cites_its_rules(tmp_path: Path) -> None:
    text = (owned(tmp_path) / "procedure.yaml").read_text("utf-8")
    assert load_procedure(text, "procedure.yaml").owner is not None
    for wrong, found in (("role: quality", "role: nobody"), ("P90-R1\n", "P90-R7\n")):
        assert wrong in text
        with pytest.raises(DefinitionError, match="owner"):
            load_procedure(text.replace(wrong, found, 1), "procedure.yaml")


def give(company: ActingCompany, login: str, role: str) -> None:
    boss = company.actors["boss"]
    people.grant(
        company.register, boss, login=login, role=role, unit=ROOT_UNIT, valid_from=None, valid_to=None, now=NOW
    )
