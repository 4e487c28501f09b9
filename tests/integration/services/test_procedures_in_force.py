"""Controlled documents on both databases: all of a procedure or nothing, and the revision in force on a day."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from p02_office import NOW, P02, Office, begin, opened_with_forms, revised
from recordkeeper.model.document_change import DocumentChange, NotLaterError
from recordkeeper.model.form_revision import RevisionState
from recordkeeper.register.acts import Register
from recordkeeper.services import catalogue
from recordkeeper.services.definition import DefinitionError
from recordkeeper.services.extraction import Selection, export_json, export_table
from recordkeeper.services.intake import Table, import_records
from recordkeeper.services.people import Signer
from recordkeeper.services.revising import revise_procedure
from recordkeeper.services.right import NoRightError
from recordkeeper.services.searching import Criteria
from stage import Stages

TODAY = date(2026, 11, 23)


@pytest.fixture
def begun(database: str, stages: Stages, tmp_path: Path) -> Iterator[tuple[Register, Office]]:
    with opened_with_forms(stages, database, tmp_path) as opened:
        yield opened


def kinds(register: Register) -> list[str]:
    with register.reading() as snapshot:
        return [event.kind for event in snapshot.events() if event.kind in {"install", "approve", "release"}]


def test_a_procedure_is_in_force_whole_or_not_at_all(register: Register, tmp_path: Path) -> None:
    office = begin(register, tmp_path)
    own_key = Signer(office.boss.subject, office.boss.name, office.approver.key, unattended=False)
    with pytest.raises(NoRightError):
        catalogue.install_and_release(register, P02, office.boss, own_key, None, NOW)
    broken = tmp_path / "broken"
    shutil.copytree(P02, broken)
    (broken / "QR-017-03.docx").write_bytes(b"")
    with pytest.raises(DefinitionError):
        catalogue.install_and_release(register, broken, office.boss, office.approver, None, NOW)
    assert kinds(register) == []
    done = catalogue.install_and_release(register, P02, office.boss, office.approver, None, NOW)
    assert [each.name for each in done[:2]] == ["P02 A/0", "QR-017-01 A/0"]
    assert {(each.state, each.effective_on) for each in done} == {(RevisionState.RELEASED, TODAY)}
    assert kinds(register) == ["install"] * 6 + ["approve"] * 6 + ["release"] * 6
    with pytest.raises(catalogue.InstalledAlreadyError):
        catalogue.install_and_release(register, P02, office.boss, office.approver, None, NOW)


def test_the_tenth_revision_follows_the_second(begun: tuple[Register, Office], tmp_path: Path) -> None:
    register, office = begun
    change = DocumentChange.checked("换版", "无")
    for revision in ("A/2", "A/10"):
        folder = revised(tmp_path / revision.replace("/", "-"), revision)
        revise_procedure(register, "P02", folder, office.boss, NOW, change)
    with pytest.raises(NotLaterError):
        revise_procedure(register, "P02", revised(tmp_path / "A-3", "A/3"), office.boss, NOW, change)
    with register.reading() as snapshot:
        names = [each.revision for each in catalogue.revisions(snapshot, "QR-017-02")]
        assert names == ["A/0", "A/2", "A/10"]
        assert catalogue.revision_in_force(snapshot, "QR-017-02", TODAY).revision == "A/0"
        drafts = catalogue.in_state(snapshot, "P02", RevisionState.DRAFT)
        newest = catalogue.revision_to_change(snapshot, "QR-017-02", None, RevisionState.DRAFT)
        with pytest.raises(catalogue.NotInForceError):
            catalogue.revision_in_force(snapshot, "QR-017-02", TODAY - timedelta(days=1))
        with pytest.raises(catalogue.NothingInStateError):
            catalogue.in_state(snapshot, "P02", RevisionState.APPROVED)
        with pytest.raises(catalogue.UnknownProcedureError):
            catalogue.in_state(snapshot, "P99", RevisionState.DRAFT)
    assert {each.rpartition("/")[2] for each in drafts} == {"A-10"}
    assert (len(drafts), newest.revision) == (6, "A/10")


def test_records_are_given_out_with_their_event(begun: tuple[Register, Office]) -> None:
    register, office = begun
    table = "received_at,caller,channel,matter,answered_at_once\n2026-11-02 08:35,@甲,letter,+1,yes\n"
    import_records(register, office.clerk, NOW, Table("QR-017-01", table.encode(), "log.csv"))
    selection = Selection((), Criteria(forms=("QR-017-01",)))
    data, count = export_table(register, office.clerk, NOW, selection)
    assert count == 1
    assert "2026-11-02 08:35:00+08:00,'@甲" in data.decode("utf-8-sig")
    assert export_json(register, office.clerk, NOW, selection)["count"] == 2
    with register.reading() as snapshot:
        given = [(event.subject, event.actor) for event in snapshot.events() if event.kind == "export"]
    assert given == [("sheet/QR-017-01/SH-2026-11", office.clerk.subject)] * 2
