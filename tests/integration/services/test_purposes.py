"""Purposes bound when a procedure is installed, and settled anew, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.model.document_change import DocumentChange
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.purpose import Unbound
from recordkeeper.model.record_state import State
from recordkeeper.model.relation import opened_by
from recordkeeper.services import catalogue, places
from recordkeeper.services.catalogue import UnknownFormError
from recordkeeper.services.installation import (
    NotInstalledHereError,
    Terms,
    UnboundPurposeError,
    UnusedPurposeError,
)
from recordkeeper.services.relation import NeedsRecordError
from recordkeeper.services.revising import revise_procedure
from recordkeeper.services.settling import loose_ends, settle
from stage import Stages

SIGNED = {"sign": "one", "meaning": "received"}
INSPECTION = form(
    "QR-900-01",
    section(
        "found",
        field("seen"),
        opens=[
            {"purpose": "nonconformity", "copy": {"what": "seen"}},
            {"purpose": "notice", "copy": {"what": "seen"}},
        ],
        **SIGNED,
    ),
    section("released", field("remark", required=False), needs=[{"purpose": "nonconformity"}], **SIGNED),
)
NOTICE = form("QR-900-02", section("told", field("what"), **SIGNED))
REPORT = form("QR-910-01", section("reported", field("what"), **SIGNED))
OTHER_REPORT = form("QR-920-01", section("reported", field("what"), **SIGNED))


def asking(folder: Path, revision: str = "A/0") -> Path:
    """P90: its inspection opens a nonconformity, which it has no form for, and a notice, which it has."""
    forms = [{**each, "revision": revision} for each in (INSPECTION, NOTICE)]
    return write_package(folder / "P90", *forms, revision=revision, provides={"notice": "QR-900-02"})


def serving(folder: Path) -> Path:
    return write_package(folder / "P91", REPORT, identifier="P91", provides={"nonconformity": "QR-910-01"})


def serving_too(folder: Path) -> Path:
    return write_package(folder / "P92", OTHER_REPORT, identifier="P92", provides={"nonconformity": "QR-920-01"})


@pytest.fixture
def alone(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with office_with(stages, database, tmp_path / "alone", "purposes", [asking], "clerk") as company:
        yield company


def put_in_force(company: ActingCompany, folder: Path, terms: Terms | None = None) -> Revision:
    boss, signer = company.actors["boss"], company.signers["approver"]
    return catalogue.install_and_release(company.register, folder, boss, signer, None, NOW, terms or Terms())[0]


def bind(company: ActingCompany, **bindings: str) -> list[Revision]:
    return settle(company.register, "P90", Terms(bindings=bindings), company.actors["boss"], NOW)


def test_an_own_form_serves_before_any_other_and_what_none_serves_is_told(alone: ActingCompany) -> None:
    with alone.register.reading() as snapshot:
        (installed,) = catalogue.revisions_of_procedure(snapshot, "P90")
    assert installed.bindings == {"notice": "QR-900-02"}
    assert loose_ends(alone.register, {"P90"}, NOW) == [Unbound("P90", "nonconformity")]


def test_an_unbound_purpose_refuses_the_very_act_that_needs_it_and_says_what_settles_it(alone: ActingCompany) -> None:
    number = alone.new("clerk", "QR-900-01", {"seen": "灯不亮"})
    with pytest.raises(UnboundPurposeError) as refused:
        alone.sign("clerk", number, "found")
    assert "procedure install P90 --bind nonconformity=CODE" in str(refused.value)
    assert not opened_by(alone.record(number))


def test_one_procedure_alone_has_no_loose_end_once_a_purpose_leads_to_nothing(alone: ActingCompany) -> None:
    bind(alone, nonconformity="none")
    assert loose_ends(alone.register, {"P90"}, NOW) == []
    number = alone.new("clerk", "QR-900-01", {"seen": "灯不亮"})
    alone.sign("clerk", number, "found")
    assert [(each.purpose, bool(each.number)) for each in opened_by(alone.record(number))] == [
        ("nonconformity", False),
        ("notice", True),
    ]
    alone.do("clerk", number, "released", {})
    assert alone.record(number).state is State.CLOSED


def test_a_procedure_that_comes_later_is_offered_and_serves_once_it_is_bound(
    alone: ActingCompany, tmp_path: Path
) -> None:
    put_in_force(alone, serving(tmp_path))
    assert loose_ends(alone.register, {"P91"}, NOW) == [Unbound("P90", "nonconformity", ("QR-910-01",))]
    bind(alone, nonconformity="qr-910-01")
    number = alone.new("clerk", "QR-900-01", {"seen": "灯不亮"})
    alone.sign("clerk", number, "found")
    report, _notice = alone.opened_by(number)
    assert report == "QR-910-01/2026-0001"
    with pytest.raises(NeedsRecordError):
        alone.fill("clerk", number, "released", {})
    alone.do("clerk", report, "reported", {})
    alone.do("clerk", number, "released", {})


def test_another_installed_procedure_serves_by_itself_where_it_is_the_only_one(
    stages: Stages, database: str, tmp_path: Path
) -> None:
    with office_with(stages, database, tmp_path, "purposes_served", [serving, asking], "clerk") as company:
        assert loose_ends(company.register, {"P90", "P91"}, NOW) == []
        with company.register.reading() as snapshot:
            bindings = catalogue.revisions_of_procedure(snapshot, "P90")[0].bindings
    assert bindings == {"nonconformity": "QR-910-01", "notice": "QR-900-02"}


def test_of_several_that_could_serve_none_is_taken_until_a_person_says_which(
    stages: Stages, database: str, tmp_path: Path
) -> None:
    packages = [serving, serving_too, asking]
    with office_with(stages, database, tmp_path, "purposes_contested", packages, "clerk") as company:
        (loose,) = loose_ends(company.register, {"P90"}, NOW)
        assert loose.offered == ("QR-910-01", "QR-920-01")
        (settled,) = bind(company, nonconformity="QR-920-01")
    assert settled.bindings["nonconformity"] == "QR-920-01"


def test_what_a_person_gives_at_the_installation_counts_before_all_else(
    stages: Stages, database: str, tmp_path: Path
) -> None:
    with office_with(stages, database, tmp_path / "a", "purposes_serving", [serving], "clerk") as company:
        terms = Terms(("SH",), {"nonconformity": "none", "notice": "QR-910-01"})
        installed = put_in_force(company, asking(tmp_path), terms)
        assert installed.bindings == {"nonconformity": "", "notice": "QR-910-01"}
        with pytest.raises(NotInstalledHereError):
            company.new("clerk", "QR-900-01", {"seen": "总部"})


def test_a_later_revision_goes_on_with_the_units_and_bindings_of_the_one_before(
    alone: ActingCompany, tmp_path: Path
) -> None:
    with alone.register.reading() as snapshot:
        estate = places.find_unit(snapshot, "SH").subject
    settle(alone.register, "p90", Terms(("SH",), {"nonconformity": "none"}), alone.actors["boss"], NOW)
    change = DocumentChange.checked("换版", "无")
    _proposal, (later, *_forms) = revise_procedure(
        alone.register, "P90", asking(tmp_path, "A/1"), alone.actors["boss"], NOW, change
    )
    assert (later.units, later.bindings) == ((estate,), {"nonconformity": "", "notice": "QR-900-02"})
    changed = bind(alone, nonconformity="QR-900-02")
    assert [(each.revision, each.bindings["nonconformity"]) for each in changed] == [
        ("A/0", "QR-900-02"),
        ("A/1", "QR-900-02"),
    ]


def test_a_purpose_that_no_form_uses_and_a_form_that_is_not_there_are_refused(alone: ActingCompany) -> None:
    with pytest.raises(UnusedPurposeError) as refused:
        bind(alone, complaint="QR-900-02")
    assert "nonconformity" in refused.value.expected
    with pytest.raises(UnknownFormError):
        bind(alone, nonconformity="QR-999-01")
