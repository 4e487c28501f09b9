"""An installed procedure revised with reason and difference, on both databases; records keep what they began with."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from acting_company import FORMS, ActingCompany, office_with
from company import NOW as COMPANY_NOW
from company import Scene
from form_samples import field, section, title
from p02_office import NOW
from p02_office import revised as revised_p02
from packages import form, write_package
from recordkeeper import verifier
from recordkeeper.model.document_change import DocumentChange, NotLaterError
from recordkeeper.model.form_revision import Revision, RevisionState
from recordkeeper.model.record_state import State
from recordkeeper.model.value import TextRefusedError
from recordkeeper.services import catalogue, reference_table, scheduling
from recordkeeper.services.catalogue import NotInForceError, RevisedAloneError, UnknownProcedureError
from recordkeeper.services.change_request import NoRequestError, RequestRefusedError, asked_for
from recordkeeper.services.comparing import differences_of, former_of
from recordkeeper.services.definition import DefinitionError
from recordkeeper.services.installation import Terms
from recordkeeper.services.people import Signer
from recordkeeper.services.retrieval import UnknownRecordError
from recordkeeper.services.revising import (
    Consent,
    FieldInUse,
    NothingRevisedError,
    OtherProcedureError,
    Proposal,
    files_of_form,
    files_of_procedure,
    propose,
    revise_form,
    revise_procedure,
)
from recordkeeper.services.right import NoRightError
from recordkeeper.services.setting import Setting
from recordkeeper.services.settling import settle
from recordkeeper.services.verification import verify
from stage import Stages

SIGNED = {"sign": "one", "meaning": "received"}
PRICES = {
    "id": "price_report",
    "title": title("价格报告书", "Price report"),
    "keys": [{"id": "unit", "title": title("房号", "Unit")}],
    "columns": [{"id": "price", "title": title("单价", "Price"), "type": "money"}],
    "approver": "head",
}
SCHEDULE = """\
revision: A/0
title: {zh: 保管期限表, en: Retention schedule}
rules:
  - {id: all, years: 5, authority: 公司规定}
"""
TODAY = date(2026, 11, 23)
WHY = DocumentChange.checked("业主要求", "前台培训二十分钟")


def report(**more: Any) -> dict[str, Any]:
    return form(
        "QR-900-01",
        section("found", field("seen"), field("phone", required=False), **SIGNED),
        section("checked", field("result"), by="quality", **SIGNED),
        **more,
    )


def follow_up() -> dict[str, Any]:
    return form("QR-900-02", section("asked", field("what"), opens=[{"form": "QR-900-01"}], **SIGNED))


def notice() -> dict[str, Any]:
    return form("QR-900-03", section("told", field("what"), **SIGNED))


def original(folder: Path) -> Path:
    return write_package(folder / "P90", report(), follow_up(), notice())


def without_phone(folder: Path, **more: Any) -> Path:
    """The procedure at A/1: a field and a form are dropped, a field is new; the rest is as it was."""
    later = report(revision="A/1")
    later["sections"][0]["fields"] = [field("seen"), field("mobile", required=False)]
    return write_package(folder / "later", later, follow_up(), **{"revision": "A/1", **more})


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with office_with(stages, database, tmp_path, "revisable", [original], "clerk", "quality") as opened:
        yield opened


def revised(company: ActingCompany, folder: Path, consent: Consent | None = None) -> tuple[Proposal, list[Revision]]:
    return revise_procedure(company.register, "p90", folder, company.actors["boss"], NOW, WHY, consent)


def released(company: ActingCompany, folder: Path) -> list[Revision]:
    return revised(company, folder, Consent(company.signers["approver"]))[1]


def test_only_what_differs_becomes_a_draft_and_says_why(company: ActingCompany, tmp_path: Path) -> None:
    proposal, drafts = revised(company, without_phone(tmp_path))
    assert [(each.name, each.state) for each in drafts] == [
        ("P90 A/1", RevisionState.DRAFT),
        ("QR-900-01 A/1", RevisionState.DRAFT),
    ]
    assert proposal.dropped == ("QR-900-03",)
    assert proposal.impacted == ("QR-900-02",)
    change = drafts[1].change
    assert change is not None
    assert change.content == {
        "follows": "A/0",
        "reason": "业主要求",
        "impact": "前台培训二十分钟",
        "impacted": ["QR-900-02"],
        "request": "",
    }
    with company.register.reading() as snapshot:
        assert [event.kind for event in snapshot.events()][-2:] == ["revise", "revise"]
        assert catalogue.revision_in_force(snapshot, "QR-900-01", TODAY).revision == "A/0"


def test_the_difference_of_what_is_installed_is_told_again(company: ActingCompany, tmp_path: Path) -> None:
    proposal, drafts = revised(company, without_phone(tmp_path))
    with company.register.reading() as snapshot:
        former = former_of(drafts[1], catalogue.revisions(snapshot, "QR-900-01"))
        assert former is not None
        again = differences_of(snapshot, drafts[1], former)
    assert tuple(again) == proposal.revised[1].differences
    places = {(".".join(each.keys), str(each.change)) for each in again}
    assert places >= {("sections.found.fields.phone", "dropped"), ("sections.found.fields.mobile", "added")}
    assert ("template", "dropped") in places


def test_a_record_is_finished_on_its_revision_and_keeps_a_field_that_was_dropped(
    company: ActingCompany, tmp_path: Path
) -> None:
    begun = company.new("clerk", "QR-900-01", {"seen": "灯坏", "phone": "138"})
    company.new("clerk", "QR-900-01", {"seen": "门坏"})
    folder = without_phone(tmp_path)
    proposal = propose(company.register, "P90", folder, NOW)
    assert proposal.in_use == (FieldInUse("QR-900-01", "phone", 1),)
    assert proposal.under_way == {"QR-900-01": 2}
    released(company, folder)
    company.sign("clerk", begun, "found")
    company.do("quality", begun, "checked", {"result": "已修"})
    finished = company.record(begun)
    assert (finished.state, finished.revision, finished.values["phone"]) == (State.CLOSED, "QR-900-01 A/0", "138")
    later = company.record(company.new("clerk", "QR-900-01", {"seen": "窗坏", "mobile": "139"}))
    assert later.revision == "QR-900-01 A/1"


def test_a_form_that_the_procedure_drops_is_kept_and_refused_for_new_records(
    company: ActingCompany, tmp_path: Path
) -> None:
    begun = company.new("clerk", "QR-900-03", {"what": "停水"})
    done = released(company, without_phone(tmp_path))
    assert [(each.name, each.state) for each in done][-1] == ("QR-900-03 A/0", RevisionState.WITHDRAWN)
    with pytest.raises(NotInForceError):
        company.new("clerk", "QR-900-03", {"what": "停电"})
    company.sign("clerk", begun, "told")
    assert company.record(begun).state is State.CLOSED


def test_a_revision_counts_from_its_day_and_the_former_until_then(company: ActingCompany, tmp_path: Path) -> None:
    day = date(2027, 1, 1)
    revised(company, without_phone(tmp_path), Consent(company.signers["approver"], day))
    with company.register.reading() as snapshot:
        on = [catalogue.revision_in_force(snapshot, "QR-900-01", each).revision for each in (TODAY, day)]
        assert on == ["A/0", "A/1"]
        assert catalogue.revision_in_force(snapshot, "QR-900-03", TODAY).revision == "A/0"
        with pytest.raises(NotInForceError):
            catalogue.revision_in_force(snapshot, "QR-900-03", day)


def test_a_number_is_used_once_and_each_is_later_than_all_before(company: ActingCompany, tmp_path: Path) -> None:
    revised(company, without_phone(tmp_path))
    other = without_phone(tmp_path / "other", rules=[{"id": "P90-R1", "zh": "三年", "en": "Three years"}])
    with pytest.raises(NotLaterError) as refused:
        revised(company, other)
    assert (refused.value.subject, refused.value.found) == ("P90", "A/1")
    assert "A/2" in refused.value.expected
    unnumbered = write_package(tmp_path / "unnumbered", {**report(), "digits": 5}, follow_up(), notice())
    with pytest.raises(NotLaterError):
        revised(company, unnumbered)


def test_a_later_draft_passes_over_the_one_before(company: ActingCompany, tmp_path: Path) -> None:
    revised(company, without_phone(tmp_path))
    again = without_phone(tmp_path / "again", revision="A/2")
    assert [each.name for each in revised(company, again)[1]] == ["P90 A/2"]
    with company.register.reading() as snapshot:
        drafts = catalogue.in_state(snapshot, "P90", RevisionState.DRAFT)
    assert drafts == ["procedure/P90/A-2", "form/QR-900-01/A-1"]


def test_a_form_is_revised_alone(company: ActingCompany, tmp_path: Path) -> None:
    folder = without_phone(tmp_path)
    boss, consent = company.actors["boss"], Consent(company.signers["approver"])
    path = folder / "QR-900-01.yaml"
    proposal, done = revise_form(company.register, "QR-900-01", path, boss, NOW, WHY, consent)
    assert [each.name for each in done] == ["QR-900-01 A/1"]
    assert (proposal.dropped, proposal.impacted) == ((), ("QR-900-02",))
    with pytest.raises(OtherProcedureError):
        revise_form(company.register, "QR-900-02", path, boss, NOW, WHY)


def test_what_stands_is_given_out_to_be_edited(company: ActingCompany, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    with company.register.reading() as snapshot:
        files = files_of_procedure(snapshot, "p90", TODAY)
        assert files.items() >= files_of_form(snapshot, "QR-900-02", TODAY).items()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with pytest.raises(NothingRevisedError):
        revised(company, folder)


def test_installing_a_later_revision_is_refused_and_names_the_way(company: ActingCompany, tmp_path: Path) -> None:
    with pytest.raises(RevisedAloneError, match="procedure revise"):
        catalogue.install_procedure(company.register, without_phone(tmp_path), company.actors["boss"], NOW)


def test_a_change_needs_a_reason_an_impact_and_another_person(company: ActingCompany, tmp_path: Path) -> None:
    for reason, impact in (("", "无"), ("改", " ")):
        with pytest.raises(TextRefusedError):
            DocumentChange.checked(reason, impact)
    boss = company.actors["boss"]
    own_key = Signer(boss.subject, boss.name, company.signers["approver"].key, unattended=False)
    with pytest.raises(NoRightError):
        revised(company, without_phone(tmp_path), Consent(own_key))
    with company.register.reading() as snapshot:
        assert [each.revision for each in catalogue.revisions(snapshot, "QR-900-01")] == ["A/0"]


def test_a_procedure_that_is_not_installed_or_not_the_one_named_is_refused(
    company: ActingCompany, tmp_path: Path
) -> None:
    folder = without_phone(tmp_path)
    with pytest.raises(OtherProcedureError):
        revise_procedure(company.register, "P91", folder, company.actors["boss"], NOW, WHY)
    strange = write_package(tmp_path / "P92", form("QR-920-01", section("a", field("b"))), identifier="P92")
    with pytest.raises(UnknownProcedureError):
        revise_procedure(company.register, "P92", strange, company.actors["boss"], NOW, WHY)


def test_a_code_or_spelling_of_another_form_is_refused(company: ActingCompany, tmp_path: Path) -> None:
    boss = company.actors["boss"]
    taken = form("QR-900-01", section("a", field("b")))
    spelled = form("QR-920-02", section("a", field("b")), aliases=["qr-900-02"])
    folder = write_package(tmp_path / "P92", taken, spelled, identifier="P92")
    with pytest.raises(DefinitionError) as refused:
        catalogue.install_procedure(company.register, folder, boss, NOW)
    assert {(each.file, each.key) for each in refused.value.problems} == {
        ("QR-900-01.yaml", "code"),
        ("QR-920-02.yaml", "aliases"),
    }
    assert all(each.line for each in refused.value.problems)
    twice = write_package(tmp_path / "twice", form("QR-920-01", section("a", field("b")), aliases=["x"]), spelled)
    (twice / "QR-920-02.yaml").write_text((twice / "QR-920-01.yaml").read_text("utf-8"), "utf-8")
    with pytest.raises(DefinitionError) as refused:
        catalogue.install_procedure(company.register, twice, boss, NOW)
    assert {(each.file, each.key) for each in refused.value.problems} >= {
        ("QR-920-02.yaml", "code"),
        ("QR-920-02.yaml", "aliases"),
    }


# ---- change requests -------------------------------------------------------------------------------------------------

ASKED = {
    "document_code": "QR-900-01",
    "document_title": "样表",
    "current_revision": "A/0",
    "new_revision": "A/1",
    "change_kind": "change",
    "reason": "电话改为手机",
    "change_from": "联系电话",
    "change_to": "手机",
    "impact": "前台培训",
    "impacted_forms": "QR-900-02",
    "open_records": "finish",
    "wanted_on": "2027-01-01",
}


@pytest.fixture
def controlled(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    """A company that lives by P00 too: changes are asked for."""
    packages = [original, lambda _folder: FORMS / "P00"]
    roles = ("clerk", "quality", "department_head", "management_representative")
    with office_with(stages, database, tmp_path, "controlled", packages, *roles) as opened:
        yield opened


def requested(company: ActingCompany, decision: str = "agreed", **more: str) -> str:
    number = company.new("department_head", "QR-100-01", {**ASKED, **more})
    company.sign("department_head", number, "applied")
    company.sign("quality", number, "reviewed")
    reason = {"decision_reason": "不必"} if decision == "refused" else {}
    company.do("management_representative", number, "approved", {"decision": decision, **reason})
    return number


def revise_by(company: ActingCompany, folder: Path, request: str) -> list[Revision]:
    with company.register.reading() as snapshot:
        change = asked_for(Setting(snapshot, NOW), company.actors["boss"], request, "", "")
    return revise_procedure(company.register, "P90", folder, company.actors["boss"], NOW, change)[1]


def test_where_changes_are_asked_for_an_agreed_request_is_cited(controlled: ActingCompany, tmp_path: Path) -> None:
    folder = without_phone(tmp_path)
    with pytest.raises(NoRequestError, match="QR-100-01"):
        revised(controlled, folder)
    (_own, draft) = revise_by(controlled, folder, number := requested(controlled))
    assert draft.change is not None
    assert (draft.change.request, draft.change.reason) == (number, "电话改为手机")


def test_a_request_that_is_undecided_refused_void_or_about_another_document_is_not_enough(
    controlled: ActingCompany, tmp_path: Path
) -> None:
    folder = without_phone(tmp_path)
    undecided = controlled.new("department_head", "QR-100-01", ASKED)
    other = requested(controlled, document_code="QR-017-01")
    letter = controlled.new("clerk", "QR-900-03", {"what": "停水"})
    for number in (undecided, requested(controlled, "refused"), other):
        with pytest.raises(RequestRefusedError, match=number):
            revise_by(controlled, folder, number)
    with pytest.raises(TextRefusedError):
        revise_by(controlled, folder, letter)
    with pytest.raises(UnknownRecordError):
        revise_by(controlled, folder, "QR-100-01/2026-0999")


# ---- evidence --------------------------------------------------------------------------------------------------------


def test_what_was_revised_settled_and_tabled_is_held_alike_by_both_verifiers(
    begun_scene: Scene, tmp_path: Path, without_libreoffice: None
) -> None:
    with begun_scene.opened() as company:
        boss, consent = company.by("controller"), Consent(company.key("approver"))
        folder = revised_p02(tmp_path / "A-1", "A/1")
        revise_procedure(company.register, "P02", folder, boss, COMPANY_NOW, WHY, consent)
        settle(company.register, "P02", Terms(bindings={"corrective_action": "none"}), boss, COMPANY_NOW)
        priced = write_package(tmp_path / "P90", notice(), tables=[PRICES])
        catalogue.install_and_release(company.register, priced, boss, company.key("approver"), None, COMPANY_NOW)
        rows = tmp_path / "rows.csv"
        rows.write_text("房号,单价\nA-101,10000\n", encoding="utf-8")
        reference_table.enter(company.register, boss, COMPANY_NOW, "price_report", rows)
        schedule = tmp_path / "schedule.yaml"
        schedule.write_text(SCHEDULE, encoding="utf-8")
        scheduling.propose(company.register, boss, COMPANY_NOW, schedule)
        assert company.publish().problems == []
    with closing(verifier.Medium(begun_scene.archive)) as medium:
        report = verifier.verify(medium, (), ())
    assert report.kept == {}
    assert verify(begun_scene.url, begun_scene.archive).verdict == report.verdict == "ok"
