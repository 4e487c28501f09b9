import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from company import FEEDBACK, NOW, P02, Company
from recordkeeper.model.document_change import DocumentChange
from recordkeeper.model.form_revision import OwnWorkError, RevisionState, WrongRevisionStateError
from recordkeeper.model.record import Record
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register import tables
from recordkeeper.services import catalogue, lifecycle, people
from recordkeeper.services.catalogue import (
    AlteredTemplateError,
    InstalledAlreadyError,
    NotInForceError,
    UnknownRevisionError,
)
from recordkeeper.services.definition import DefinitionError
from recordkeeper.services.lifecycle import About
from recordkeeper.services.package import NoProcedureError, NotTextError
from recordkeeper.services.people import Actor
from recordkeeper.services.rendering import render_record
from recordkeeper.services.retrieval import load
from recordkeeper.services.revising import revise_procedure
from recordkeeper.services.right import NoRightError
from recordkeeper.services.setting import Setting
from tampering import tampering

TODAY = date(2026, 11, 23)


def at_revision(folder: Path, revision: str) -> Path:
    """P02 with one form of it, at another revision."""
    folder.mkdir()
    for name in ("procedure.yaml", "QR-017-02.yaml"):
        text = (P02 / name).read_text(encoding="utf-8").replace("revision: A/0", f"revision: {revision}", 1)
        text = re.sub(r"^provides: .*\n", "", text, flags=re.MULTILINE)  # by a form that is left out
        (folder / name).write_text(re.sub(r"^forms: .*$", "forms: [QR-017-02]", text, flags=re.MULTILINE), "utf-8")
    shutil.copy(P02 / "QR-017-02.docx", folder)
    return folder


@pytest.fixture
def next_revision(tmp_path: Path) -> Path:
    return at_revision(tmp_path / "P02", "A/1")


def install(company: Company, folder: Path) -> list[str]:
    return revise(company, folder, company.by("controller"))


def revise(company: Company, folder: Path, actor: Actor) -> list[str]:
    change = DocumentChange.checked("样式调整", "无")
    _proposal, drafts = revise_procedure(company.register, "P02", folder, actor, NOW, change)
    return [draft.subject for draft in drafts]


def approve(company: Company, subjects: list[str]) -> None:
    catalogue.approve(company.register, subjects, company.by("approver"), company.key("approver"), NOW)


def in_force(company: Company, on: date) -> str:
    with company.register.reading() as snapshot:
        return catalogue.revision_in_force(snapshot, "QR-017-02", on).revision


def test_a_released_form_is_in_force_from_its_day_on(company: Company) -> None:
    assert in_force(company, TODAY) == "A/0"
    with pytest.raises(NotInForceError):
        in_force(company, TODAY - timedelta(days=1))
    with company.register.reading() as snapshot:
        assert [listed.revision.code for listed in catalogue.list_forms(snapshot, TODAY)] == [
            "QR-017-01", "QR-017-02", "QR-017-03", "QR-017-04", "QR-102-01",
        ]  # fmt: skip


def test_approved_is_not_yet_effective_and_the_older_revision_stays_until_then(
    company: Company, next_revision: Path
) -> None:
    subjects = install(company, next_revision)
    assert in_force(company, TODAY + timedelta(days=30)) == "A/0"
    approve(company, subjects)
    assert in_force(company, TODAY + timedelta(days=30)) == "A/0"
    catalogue.release(company.register, subjects, date(2026, 12, 1), company.by("approver"), NOW)
    assert [in_force(company, date(2026, 11, 30)), in_force(company, date(2026, 12, 1))] == ["A/0", "A/1"]


def test_a_record_is_finished_on_the_revision_that_it_began_on(company: Company, next_revision: Path) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    subjects = install(company, next_revision)
    approve(company, subjects)
    catalogue.release(company.register, subjects, TODAY, company.by("approver"), NOW)
    company.sign("clerk", number)
    assert loaded(company, number).revision == "QR-017-02 A/0"
    assert loaded(company, company.new("clerk", "QR-017-02", None)).revision == "QR-017-02 A/1"


def loaded(company: Company, number: str) -> Record:
    with company.register.reading() as snapshot:
        return load(snapshot, number)


def test_a_withdrawn_revision_brings_no_older_one_back(company: Company, next_revision: Path) -> None:
    subjects = install(company, next_revision)
    approve(company, subjects)
    catalogue.release(company.register, subjects, TODAY, company.by("approver"), NOW)
    boss = company.by("controller")
    catalogue.withdraw(company.register, "form/QR-017-02/A-1", date(2026, 12, 1), "误发", boss, NOW)
    assert in_force(company, date(2026, 11, 30)) == "A/1"
    with pytest.raises(NotInForceError):
        in_force(company, date(2026, 12, 1))


def test_nobody_approves_or_releases_their_own_work(company: Company, next_revision: Path) -> None:
    register, boss, approver = company.register, company.by("controller"), company.by("approver")
    with pytest.raises(NoRightError):
        revise(company, next_revision, approver)
    for login, role in (("approver", "controller"), ("head", "approver")):
        people.grant(register, boss, login=login, role=role, unit=ROOT_UNIT, valid_from=None, valid_to=None, now=NOW)
    subjects = revise(company, next_revision, approver)
    with pytest.raises(OwnWorkError):
        approve(company, subjects)
    with pytest.raises(NoRightError):
        catalogue.approve(register, subjects, boss, company.key("controller"), NOW)
    catalogue.approve(register, subjects, company.by("head"), company.key("head"), NOW)
    with pytest.raises(OwnWorkError):
        catalogue.release(register, subjects, TODAY, approver, NOW)


def test_states_are_gone_through_in_their_order(company: Company, next_revision: Path) -> None:
    register, approver = company.register, company.by("approver")
    subjects = install(company, next_revision)
    with pytest.raises(WrongRevisionStateError):
        catalogue.release(register, subjects, TODAY, approver, NOW)
    approve(company, subjects)
    with pytest.raises(WrongRevisionStateError):
        approve(company, subjects)
    with pytest.raises(WrongRevisionStateError):
        catalogue.release(register, subjects, TODAY - timedelta(days=1), approver, NOW)
    with pytest.raises(WrongRevisionStateError):
        catalogue.withdraw(register, subjects[0], TODAY, "x", company.by("controller"), NOW)
    with register.reading() as snapshot:
        assert catalogue.in_state(snapshot, "P02", RevisionState.APPROVED) == sorted(
            subjects, key=lambda subject: (subject.startswith("form/"), subject)
        )


def test_an_approval_of_several_is_one_transaction(company: Company, next_revision: Path) -> None:
    subjects = install(company, next_revision)
    approve(company, subjects[-1:])
    with pytest.raises(WrongRevisionStateError):
        approve(company, subjects)
    with company.register.reading() as snapshot:
        assert len(catalogue.in_state(snapshot, "P02", RevisionState.DRAFT)) == len(subjects) - 1


def test_the_same_revision_is_installed_once(company: Company) -> None:
    with pytest.raises(InstalledAlreadyError):
        catalogue.install_procedure(company.register, P02, company.by("controller"), NOW)


def test_a_revision_is_asked_for_by_name_or_by_day(company: Company, next_revision: Path) -> None:
    install(company, next_revision)
    with company.register.reading() as snapshot:
        assert catalogue.revision_named(snapshot, "qr-017--02", "A/1", TODAY).state is RevisionState.DRAFT
        assert catalogue.revision_named(snapshot, "qr-017--02", None, TODAY).revision == "A/0"
        assert catalogue.revision_named(snapshot, "qr-017--02", None, date(2020, 1, 1)).revision == "A/1"
        with pytest.raises(UnknownRevisionError):
            catalogue.revision_named(snapshot, "qr-017--02", "B/7", TODAY)


def test_the_tenth_revision_comes_after_the_ninth(company: Company, tmp_path: Path) -> None:
    for revision in ("A/9", "A/10"):
        install(company, at_revision(tmp_path / revision[2:], revision))
    with company.register.reading() as snapshot:
        assert [each.revision for each in catalogue.revisions(snapshot, "QR-017-02")] == ["A/0", "A/9", "A/10"]


@pytest.mark.parametrize(
    ("file", "data", "error"),
    [
        ("procedure.yaml", None, NoProcedureError),
        ("QR-017-02.docx", None, NoProcedureError),
        ("QR-017-02.yaml", b"\xff\xfe", NotTextError),
        ("QR-017-02.yaml", b"code: [", DefinitionError),
        ("QR-017-02.docx", b"PK", DefinitionError),
    ],
)
def test_nothing_is_installed_from_a_folder_with_one_bad_file(
    company: Company, next_revision: Path, file: str, data: bytes | None, error: type[Exception]
) -> None:
    if data is None:
        (next_revision / file).unlink()
    else:
        (next_revision / file).write_bytes(data)
    with pytest.raises(error, match=file.partition(".")[0]):
        install(company, next_revision)
    with company.register.reading() as snapshot:
        assert [each.revision for each in catalogue.revisions(snapshot, "QR-017-02")] == ["A/0"]


def test_a_template_that_is_not_the_approved_one_is_never_rendered(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    table = tables.attachment
    with tampering(company.register.url) as connection:
        connection.execute(update(table).where(table.c.subject == "form/QR-017-02/A-0").values(content=b"PK other"))
    with company.register.reading() as snapshot, pytest.raises(AlteredTemplateError):
        render_record(snapshot, Setting(snapshot, NOW), load(snapshot, number))


def test_an_obsolete_form_is_not_filled(company: Company) -> None:
    boss = company.by("controller")
    catalogue.withdraw(company.register, "form/QR-017-02/A-0", TODAY, "停用", boss, NOW)
    with pytest.raises(NotInForceError):
        lifecycle.new(company.register, company.by("clerk"), NOW, "QR-017-02", None, About())
