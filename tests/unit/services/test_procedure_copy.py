"""A shipped procedure made a company's own."""

import shutil
from pathlib import Path

import pytest

from recordkeeper.services.definition import load_form_of, load_procedure
from recordkeeper.services.package import read_package
from recordkeeper.services.procedure_copy import FolderTakenError, NoIdentifierError, copy_procedure
from recordkeeper.services.procedures import NoPackageError

FORMS = Path(__file__).resolve().parents[3] / "forms"


def test_a_copy_is_a_whole_procedure_under_its_own_id_and_codes(tmp_path: Path) -> None:
    codes = copy_procedure("p02", "SVC", tmp_path / "SVC").codes
    assert codes["QR-017-02"] == "SVC-02"
    package = read_package(tmp_path / "SVC")
    assert (package.procedure.code, package.procedure.revision) == ("SVC", "A/0")
    assert [part.code for part in package.forms] == list(codes.values())
    rules = [rule.id for rule in load_procedure((tmp_path / "SVC/procedure.yaml").read_text("utf-8"), "p").rules]
    assert rules[0] == "SVC-R1"
    texts = "".join(file.read_text("utf-8") for file in (tmp_path / "SVC").glob("*.yaml"))
    assert not [code for code in (*codes, "qr-017--02", "P02-R") if code in texts]
    assert "P12-R1" in texts


@pytest.mark.parametrize("procedure", sorted(path.name for path in FORMS.iterdir() if path.name.startswith("P")))
def test_every_shipped_procedure_can_be_copied(procedure: str, tmp_path: Path) -> None:
    outcome = copy_procedure(procedure, "OWN-1", tmp_path)
    codes, faulty = outcome.codes, {problem.file.removesuffix(".yaml") for problem in outcome.problems}
    copied = load_procedure((tmp_path / "procedure.yaml").read_text("utf-8"), "procedure.yaml")
    assert list(copied.forms) == list(codes.values())
    assert copied.forms
    assert faulty == ({codes["QR-C-09"]} if procedure == "P06" else set())  # it cuts a code from a number by length
    for code in set(copied.forms) - faulty:
        form = load_form_of(copied, (tmp_path / f"{code}.yaml").read_text("utf-8"), code)
        assert (form.aliases, form.printed_prefix) == ((), None)


def test_a_copy_begins_its_revisions_anew(tmp_path: Path) -> None:
    shutil.copytree(FORMS / "P02", tmp_path / "P02")
    for file in (tmp_path / "P02").glob("*.yaml"):
        file.write_text(file.read_text("utf-8").replace("revision: A/0", "revision: C/12"), "utf-8")
    copy_procedure(str(tmp_path / "P02"), "SVC", tmp_path / "SVC")
    package = read_package(tmp_path / "SVC")
    assert {part.revision for part in (package.procedure, *package.forms)} == {"A/0"}


@pytest.mark.parametrize("identifier", ["P02", "svc", "../SVC", "", "S" * 21])
def test_what_is_no_new_id_is_refused(identifier: str, tmp_path: Path) -> None:
    with pytest.raises(NoIdentifierError):
        copy_procedure("P02", identifier, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_folder_that_holds_something_and_a_source_that_is_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("kept")
    with pytest.raises(FolderTakenError):
        copy_procedure("P02", "SVC", tmp_path)
    with pytest.raises(NoPackageError):
        copy_procedure("P99", "SVC", tmp_path / "SVC")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
