"""All procedures in one company: every form in force under both titles, found by every spelling, nothing left loose."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from form_samples import FORMS, load
from p02_office import NOW
from recordkeeper.cli.main import main
from recordkeeper.services.catalogue import SharedSpellingError, code_of, list_forms
from recordkeeper.services.procedure_check import check_procedures
from whole_company import PROCEDURES, WholeCompany, whole_company

PRINTED: Mapping[str, Mapping[str, Any]] = load(Path(__file__).parents[1] / "printed_forms.yaml")
BY_CODE = {code: form for procedure in PRINTED.values() for code, form in procedure["forms"].items()}
OWN = tuple(f"QR-100-{number:02}" for number in range(1, 13))
OF_PREFIX = ["QR-C-01", "QR-C-02", "QR-C-05", "QR-C-06", "QR-C-08"]
SERVED_BY_SEVERAL = {
    "complaint": {"P05": "QR-105-03", "P12": "BS-CP0703-FM004"},
    "customer_survey": {
        "P02": "QR-017-03", "P03": "QR-103-02", "P05": "QR-105-05", "P11": "QR-111-01", "P12": "BS-CP0703-FM006",
    },
    "customer_visit": {"P05": "QR-105-01", "P06": "QR-C-05"},
    "open_letter": {"P03": "QR-103-04", "P05": "QR-105-09"},
}  # fmt: skip


@pytest.fixture(scope="module")
def company(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCompany]:
    with whole_company(made, tmp_path_factory.mktemp("all_procedures")) as opened:
        yield opened


def test_the_hundred_forms_and_the_programs_own_twelve_are_in_force_with_both_titles_and_their_kind(
    company: WholeCompany,
) -> None:
    with company.register.reading() as snapshot:
        listed = {each.revision.code: each for each in list_forms(snapshot, NOW.date())}
    assert set(listed) == {*BY_CODE, *OWN}
    assert len(BY_CODE) == 100
    for code, printed in BY_CODE.items():
        form = listed[code].revision.form
        assert listed[code].is_in_force, code
        assert (form.title.zh, form.title.en, form.kind) == (printed["zh"], printed["en"], printed["kind"])


def test_every_code_title_and_printed_spelling_finds_its_form(company: WholeCompany) -> None:
    by_title: dict[str, set[str]] = defaultdict(set)
    spellings: list[tuple[str, str]] = []
    for code, printed in BY_CODE.items():
        for title in (printed["zh"], printed["en"], *printed.get("also_called", ())):
            by_title[title].add(code)
        spellings += [(each, code) for each in (code, code.lower(), *printed.get("as_printed", ()))]
    spellings += [(title, code) for title, codes in by_title.items() if len(codes) == 1 for code in codes]
    with company.register.reading() as snapshot:
        assert [(each, code_of(snapshot, each)) for each, _code in spellings] == spellings
        for title, codes in by_title.items():
            if len(codes) > 1:
                with pytest.raises(SharedSpellingError) as shared:
                    code_of(snapshot, title)
                assert all(code in str(shared.value) for code in codes)


def test_a_number_printed_without_its_last_part_lists_its_five_forms_and_takes_none(
    company: WholeCompany, capsys: pytest.CaptureFixture[str]
) -> None:
    (company.folder / "recordkeeper.toml").write_text('database = "records.db"\narchive = "archive"\n', "utf-8")
    for spelling in ("qr-c", "QR-C"):
        assert main(["--workspace", str(company.folder), "--lang", "en", "form", "show", spelling], {}) == 2
        said = capsys.readouterr().err
        assert [code for code in BY_CODE if code in said] == OF_PREFIX


def test_nothing_is_loose_but_the_conflicts_among_the_procedures_and_each_is_named(company: WholeCompany) -> None:
    findings = check_procedures(company.register, [], NOW)
    assert [str(each) for each in findings if each.code != "conflict"] == []
    expected = [
        (f"{one} {two}", purpose, codes[one], codes[two])
        for purpose, codes in SERVED_BY_SEVERAL.items()
        for one, two in combinations(sorted(codes), 2)
    ]
    assert len(findings) == len(expected)
    for subject, *said in expected:
        (found,) = [each for each in findings if each.subject == subject and said[0] in each.message]
        assert all(text in found.message for text in said)


def test_the_shipped_procedures_have_the_titles_rules_and_roles_of_their_sources() -> None:
    assert ["P00", *PRINTED] == PROCEDURES
    for name, printed in PRINTED.items():
        shipped = load(FORMS / name / "procedure.yaml")
        assert shipped["title"] == printed["title"]
        assert [rule["id"] for rule in shipped["rules"]] == [f"{name}-R{n + 1}" for n in range(printed["rules"])]
        assert set(printed["roles"]) <= {role["zh"] for role in shipped.get("roles", [])}, name


def test_a_role_has_one_name_in_all_procedures_and_a_name_one_role() -> None:
    names: dict[str, set[tuple[str, str]]] = defaultdict(set)
    roles: dict[str, set[str]] = defaultdict(set)
    for name in PROCEDURES:
        for role in load(FORMS / name / "procedure.yaml").get("roles", []):
            names[role["id"]].add((role["zh"], role["en"]))
            roles[role["zh"]].add(role["id"])
    assert {role: found for role, found in names.items() if len(found) > 1} == {}
    assert {name: found for name, found in roles.items() if len(found) > 1} == {}


def test_documents_that_the_sources_refer_to_are_entered_as_external_documents() -> None:
    (example,) = load(FORMS / "P00" / "QR-100-05.yaml")["examples"]
    entered = {row["document_number"] for row in example["rows"]} | {row["document_title"] for row in example["rows"]}
    referred = [
        document["zh"]
        for name in PROCEDURES
        for document in load(FORMS / name / "procedure.yaml").get("related_documents", [])
    ]
    numbered = [text for text in referred if text[0].isascii()]
    assert numbered
    assert [text for text in numbered if not any(str(each) in text for each in entered)] == []
