"""What does not hold together among installed procedures, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.findings import Finding, Severity
from recordkeeper.services import catalogue, people
from recordkeeper.services.catalogue import UnknownProcedureError
from recordkeeper.services.installation import Terms
from recordkeeper.services.procedure_check import check_procedures
from stage import Stages

SIGNED = {"sign": "one", "meaning": "received"}


def faulty(folder: Path) -> Path:
    inspection = form(
        "QR-900-01",
        section(
            "found",
            field("seen"),
            opens=[{"form": "QR-999-09"}, {"form": "QR-900-02", "copy": {"nowhere": "seen"}}, {"purpose": "complaint"}],
            **SIGNED,
        ),
        section("checked", other_than="found", **SIGNED),
        retention={"years": 3, "trigger": "sheet_closed", "authority": "P90-R9"},
    )
    rules = [
        {"id": "P90-R1", "zh": "记录保存三年", "en": "Records are kept for three years"},
        {"id": "P90-R2", "zh": "凡事有回音", "en": "Nothing stays unanswered"},
        {"id": "P90-R3", "zh": "问题登入样表QR-900-02", "en": "Problems are entered"},
        {"id": "P90-R4", "zh": "问题当天处理", "en": "Problems are dealt with that day"},
    ]
    served = form("QR-900-02", section("reported", field("what"), by="head", rules=["P90-R4"], **SIGNED))
    return write_package(folder / "P90", inspection, served, rules=rules, provides={"open_letter": "QR-900-02"})


def sound(folder: Path) -> Path:
    letter = form(
        "QR-910-01",
        section("told", field("what"), **SIGNED),
        section("checked", by="quality", other_than="told", **SIGNED),
        retention={"years": 3, "authority": "P91-R1"},
    )
    return write_package(folder / "P91", letter, identifier="P91", provides={"open_letter": "QR-910-01"})


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with office_with(stages, database, tmp_path, "faulty", [faulty, sound], "clerk", "quality") as opened:
        yield opened


def found_in(company: ActingCompany, *identifiers: str) -> set[tuple[str, str]]:
    return {(each.code, each.subject) for each in check_procedures(company.register, identifiers, NOW)}


def test_everything_that_does_not_hold_together_is_named_and_the_gravest_first(company: ActingCompany) -> None:
    findings = check_procedures(company.register, ["p90"], NOW)
    assert {(each.code, each.subject) for each in findings} == {
        ("broken-reference", "QR-900-01 sections.found"),
        ("broken-reference", "QR-900-01 sections.found.opens.copy"),
        ("broken-reference", "QR-900-01 retention.authority"),
        ("no-retention", "QR-900-01"),
        ("rule-without-effect", "P90-R2"),
        ("role-nobody-holds", "P90"),
        ("too-few-people", "QR-900-01 sections.checked"),
        ("unbound-purpose", "P90"),
        ("conflict", "P90 P91"),
    }
    weights = [each.severity for each in findings]
    assert weights == [Severity.ERROR] * weights.count(Severity.ERROR) + [Severity.WARNING] * 3
    assert "QR-999-09" in said(findings, "QR-900-01 sections.found")
    assert all(code in said(findings, "P90 P91") for code in ("open_letter", "QR-900-02", "QR-910-01"))


def said(findings: list[Finding], subject: str) -> str:
    return " ".join(each.message for each in findings if each.subject == subject)


def test_a_conflict_is_named_for_both_and_not_where_the_units_are_apart(company: ActingCompany, tmp_path: Path) -> None:
    assert [code for code, _subject in found_in(company, "P91")] == ["conflict"]
    apart = write_package(tmp_path / "P92", form("QR-920-01", section("a", field("b"))), identifier="P92")
    boss, signer = company.actors["boss"], company.signers["approver"]
    catalogue.install_and_release(company.register, apart, boss, signer, None, NOW, Terms(("SH",)))
    assert "conflict" not in {code for code, _subject in found_in(company, "P92")}
    assert found_in(company) >= found_in(company, "P90") | found_in(company, "P91")


def test_drafts_that_only_their_author_could_approve_are_named(company: ActingCompany, tmp_path: Path) -> None:
    folder = write_package(tmp_path / "P92", form("QR-920-01", section("a", field("b"))), identifier="P92")
    catalogue.install_procedure(company.register, folder, company.actors["boss"], NOW)
    assert ("too-few-people", "P92") not in found_in(company, "P92")
    boss = company.actors["boss"]
    people.disable(company.register, boss, login="approver", on=None, reason="离职", now=NOW)
    assert ("too-few-people", "P92") in found_in(company, "P92")


def test_a_procedure_that_is_not_installed_is_not_checked(company: ActingCompany) -> None:
    with pytest.raises(UnknownProcedureError):
        check_procedures(company.register, ["P99"], NOW)
