"""Who reads, takes out, copies and consents by the shipped forms: exactly whom the rules name.

Source: P01-R9, P01-R10; P06-R2; P07-R4, P07-R5; P09-R2; P06-R1
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import FORMS, ActingCompany, office_with
from form_samples import load
from p02_office import NOW
from recordkeeper.model.consent import COPY, READ, TAKE_OUT, is_consented
from recordkeeper.model.form import Form, parse_form
from recordkeeper.services import catalogue, consent, lifecycle, searching, viewing
from recordkeeper.services.access import MayNotReadError
from recordkeeper.services.consent import NeedsConsentError, check_may_use
from recordkeeper.services.lifecycle import About
from recordkeeper.services.reading_right import may_read, readers_of
from recordkeeper.services.retrieval import load as load_record
from recordkeeper.services.setting import Setting
from stage import SQLITE, Stages

CONTRACT_READERS = {
    "general_manager", "deputy_general_manager", "sales_manager", "deputy_sales_manager", "finance_manager",
    "deputy_finance_manager", "office_director", "deputy_office_director", "contract_custodian",
}  # fmt: skip
ORIGINALS = {"general_manager", "deputy_general_manager", "sales_manager", "finance_manager", "office_director"}
OFFICE = {"management_office", "management_office_head"}
HEAD = {"management_office_head"}
HOUSEHOLD = ("QR-C-01", "QR-C-02", "QR-C-03", "QR-C-04", "QR-C-05", "QR-C-06", "QR-C-07", "QR-C-09")


def shipped(procedure: str, code: str) -> tuple[Form, set[str]]:
    """A form, and every role that its procedure knows."""
    folder = FORMS / procedure
    roles = {str(each["id"]) for each in load(folder / "procedure.yaml")["roles"]}
    return parse_form(load(folder / f"{code}.yaml")), roles


def readers(form: Form, roles: set[str]) -> set[str]:
    return {role for role in roles if may_read(frozenset({role}), (form.access.read,) if form.access.read else ())}


@pytest.mark.parametrize("code", ["QR-101-02", "QR-101-03", "QR-101-05"])
def test_contracts_and_what_is_kept_with_them_are_read_and_taken_out_by_whom_p01_r9_and_r10_name(code: str) -> None:
    """The signatory reads by the signature. Source: P01-R9, P01-R10."""
    form, roles = shipped("P01", code)
    assert readers(form, roles) == CONTRACT_READERS
    assert {*form.access.take_out} == {*form.access.consent} == ORIGINALS
    assert {*form.access.copying} <= CONTRACT_READERS


@pytest.mark.parametrize("code", HOUSEHOLD)
def test_household_files_are_copied_and_taken_out_with_the_heads_consent_alone(code: str) -> None:
    """The management department reads for its spot checks. Source: P06-R2, P07-R4."""
    form, roles = shipped("P06", code)
    assert readers(form, roles) == OFFICE | {"management_department"}
    assert {*form.access.take_out} == {*form.access.copying} == {*form.access.consent} == HEAD


def test_a_file_is_consulted_with_the_supervisors_consent_and_an_entry_and_copied_with_the_heads() -> None:
    """Another than who enters the request consents; authorities show credentials. Source: P07-R4, P07-R5."""
    form, roles = shipped("P07", "TJ-WY7.5.4-K02-F2")
    sections = {each.id: each for each in form.sections}
    assert (sections["consented"].by, sections["consented"].other_than) == (
        ("estate_department_supervisor",), ("asked",),
    )  # fmt: skip
    assert sections["copy_consented"].by == ("management_office_head",)
    assert (sections["copy_consented"].sign, sections["consented"].sign) == ("one", "one")
    fields = {each.id: each for each in sections["asked"].fields}
    assert fields["credentials"].required_if == fields["credentials_checked"].required_if == "standing != 'staff'"
    assert fields["credentials_checked"].check == "credentials_checked"
    assert readers(form, roles) == {"management_office_head", "estate_department_supervisor", "estate_department"}


def test_what_the_office_knows_of_households_does_not_leave_it() -> None:
    """Source: P09-R2."""
    form, roles = shipped("P09", "QR-109-01")
    assert readers(form, roles) == OFFICE
    assert {*form.access.take_out} == {*form.access.copying} == {*form.access.consent} == HEAD
    gate, roles = shipped("P09", "QR-109-02")
    assert readers(gate, roles) == OFFICE | {"gate_guard", "shift_leader"}
    assert {*gate.access.take_out} == OFFICE


@pytest.fixture
def company(stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ActingCompany]:
    monkeypatch.setenv("PATH", "")
    packages = [lambda _folder: FORMS / "P06"]
    roles = ("management_office", "management_office_head", "management_department")
    with office_with(stages, SQLITE, tmp_path, "households", packages, *roles) as opened:
        yield opened


def read_by(company: ActingCompany, code: str) -> set[str]:
    """The roles that read a form's records in the whole company."""
    with company.register.reading() as snapshot:
        setting = Setting(snapshot, NOW)
        form = catalogue.revision_in_force(snapshot, code, setting.today).form
        expected = readers_of(setting, form, "unit/1")
        return {role for role in setting.roles if may_read(frozenset({role}), expected)} - {"auditor"}


def test_where_p09_is_in_force_the_whole_household_file_stays_in_the_office(company: ActingCompany) -> None:
    """What serves as household file is one of the papers filed together. Source: P06-R1, P09-R2."""
    assert {frozenset(read_by(company, code)) for code in HOUSEHOLD} == {frozenset(OFFICE | {"management_department"})}
    boss, signer = company.actors["boss"], company.signers["approver"]
    catalogue.install_and_release(company.register, FORMS / "P09", boss, signer, None, NOW)
    assert {frozenset(read_by(company, code)) for code in HOUSEHOLD} == {frozenset(OFFICE)}
    assert "management_department" in read_by(company, "QR-C-08")


def test_consent_to_a_household_file_is_asked_recorded_and_for_one_use(company: ActingCompany) -> None:
    """Source: P07-R4, P09-R2."""
    register, outsider, head = company.register, company.actors["stranger"], company.actors["management_office_head"]
    about = About(unit="HQ")
    number = lifecycle.new(register, company.actors["management_office"], NOW, "QR-C-01", None, about).number
    with pytest.raises(MayNotReadError):
        viewing.show(register, outsider, NOW, number)
    consent.ask(register, outsider, NOW, number, READ, "派出所协查函 26-115")
    consent.consent(register, head, NOW, number, None, None)
    viewing.show(register, outsider, NOW, number)
    found = searching.find(register, outsider, NOW, searching.Criteria())
    assert [each.number for each in found] == [number]
    with register.reading() as snapshot:
        record, setting = load_record(snapshot, number), Setting(snapshot, NOW)
        assert [act.kind for act in record.history.acts[-2:]] == ["ask", "consent"]
        assert is_consented(record, outsider.subject, READ, setting.today)
        for use in (COPY, TAKE_OUT):
            with pytest.raises(NeedsConsentError):
                check_may_use(setting, outsider, record, use)
        readings = [each.actor for each in snapshot.events_of(record.subject) if each.kind == "read"]
    assert readings == [outsider.subject]
