"""``form``: looked at without a login, checked whole, previewed, scaffolded, approved, released, withdrawn."""

import json
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from p02_office import P02, revised
from pdf_differences import pdf_differences
from record_workspace import SECRET, Desk, desk, record_template
from recordkeeper.cli.main import main

__all__ = ["desk", "record_template"]

TODAY = datetime.now(UTC).date()
WHY = ("--reason", "换版", "--impact", "无")


def in_word(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("word/document.xml").decode()


@pytest.mark.parametrize(
    "arguments", [("list",), ("show", "QR-017-02"), ("show", "qr-017--02"), ("show", "Duty log"), ("check",)]
)
def test_looking_and_checking_need_no_login(
    desk: Desk, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert main(["form", *arguments, "--workspace", str(desk.root), "--json"], {}) == 0
    assert json.loads(capsys.readouterr().out)


def test_a_list_says_what_is_in_force_on_a_day(desk: Desk) -> None:
    forms = {form["code"]: form for form in desk.listed("form", "list")}
    assert list(forms) == ["QR-017-01", "QR-017-02", "QR-017-03", "QR-017-04", "QR-102-01"]
    assert forms["QR-017-02"]["in_force"]
    assert not any(form["in_force"] for form in desk.listed("form", "list", "--on", "2020-01-01"))
    assert desk.run("form", "list", "--on", "2020-01-01") == 0
    assert "not in force" in desk.out


def test_show_tells_sections_fields_and_the_whole_definition(desk: Desk) -> None:
    shown = desk.done("form", "show", "QR-017-01")
    assert (shown["code"], shown["revision"], shown["state"]) == ("QR-017-01", "A/0", "released")
    assert [section["id"] for section in shown["definition"]["sections"]] == ["entry", "answer"]
    assert desk.run("form", "show", "QR-017-02") == 0
    for part in ("Feedback received", "Field staff", "whoever responsible names", "3 years"):
        assert part in desk.out
    assert desk.run("form", "show", "QR-017-04") == 0
    assert "computed" in desk.out


@pytest.mark.parametrize(
    ("arguments", "status", "kind"),
    [
        (("show", "QR-999"), 4, "unknown-form"),
        (("show", "QR-017"), 2, "shared-spelling"),
        (("show", "QR-017-02", "--revision", "C/9"), 4, "unknown-revision"),
        (("show", "QR-017-02", "--on", "2020-01-01"), 3, "not-in-force"),
        (("show", "QR-017-02", "--on", "yesterday"), 2, "text-refused"),
        (("check", "missing.yaml"), 4, "no-procedure"),
        (("preview", "missing.yaml"), 4, "no-procedure"),
        (("preview", "QR-017-02", "--output", "nowhere/a.docx"), 5, "environment"),
        (("withdraw", "QR-017-02", "--reason", "x", "--yes"), 3, "no-right"),
        (("print", "QR-017-02"), 3, "no-right"),
        (("print", "QR-999"), 4, "unknown-form"),
        (("print", "QR-017-02", "--count", "0"), 2, "blank-count"),
        (("print", "QR-017-02", "--count", "201"), 2, "blank-count"),
        (("print", "QR-017-02", "--count", "2", "--output", "a.docx"), 2, "usage"),
        (("print", "QR-017-02", "--output", "nowhere/a.pdf"), 5, "environment"),
        (("print", "QR-017-02", "--again", "2", "--count", "1"), 2, "usage"),
        (("print", "QR-017-02", "--revision", "A/0"), 2, "usage"),
        (("release", "QR-017-02", "--effective", "2199-01-01"), 3, "wrong-revision-state"),
    ],
)
def test_what_cannot_be_is_refused(desk: Desk, arguments: tuple[str, ...], status: int, kind: str) -> None:
    error = desk.refused("form", *arguments, who="approver")
    assert (int(error["status"]), error["kind"]) == (status, kind)


def test_check_names_every_problem_of_every_file(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "P02"
    shutil.copytree(P02, folder)
    assert desk.done("form", "check", str(folder))["problems"] == []
    definition = folder / "QR-017-02.yaml"
    definition.write_text(definition.read_text("utf-8").replace("type: moment", "type: hour"), "utf-8")
    shutil.copy(folder / "QR-017-01.docx", folder / "QR-017-03.docx")
    (folder / "QR-102-01.docx").unlink()
    (folder / "QR-017-01.docx").write_bytes(b"no docx")
    (folder / "QR-017-04.yaml").write_bytes(b"code: \xff\xfe")
    assert desk.run("form", "check", str(folder), "--json") == 1
    problems = json.loads(desk.out)["problems"]
    named = {Path(problem["file"]).name for problem in problems}
    expected = {"QR-017-01.docx", "QR-017-02.yaml", "QR-017-03.docx", "QR-017-04.yaml", "QR-102-01.docx"}
    assert named == expected
    (wrong_type,) = [problem for problem in problems if problem["file"].endswith("QR-017-02.yaml")]
    line = definition.read_text("utf-8").splitlines()[wrong_type["line"] - 1]
    assert "type: hour" in line
    assert wrong_type["key"].endswith("fed_back_at.type")


def test_check_takes_single_files_and_installed_forms(desk: Desk, tmp_path: Path) -> None:
    shutil.copy(P02 / "QR-017-01.yaml", tmp_path / "QR-017-01.yaml")
    assert len(desk.done("form", "check", "QR-017-01.yaml")["checked"]) == 1
    shutil.copy(P02 / "QR-017-01.docx", tmp_path / "QR-017-01.docx")
    for name in ("QR-017-01.yaml", "QR-017-01.docx"):
        assert desk.done("form", "check", name)["checked"] == ["QR-017-01.yaml", "QR-017-01.docx"]
    assert desk.done("form", "check", "QR-017-02", "qr-017-03")["checked"] == ["QR-017-02 A/0", "QR-017-03 A/0"]
    assert desk.done("form", "check", str(P02 / "procedure.yaml"))["problems"] == []
    shutil.copy(P02 / "QR-017-01.docx", tmp_path / "alone.docx")
    assert desk.refused("form", "check", "alone.docx")["status"] == "4"


def test_check_asks_for_an_example_of_every_route(desk: Desk, tmp_path: Path) -> None:
    text = (P02 / "QR-017-01.yaml").read_text("utf-8")
    (tmp_path / "QR-017-01.yaml").write_text(text[: text.index("examples:")], "utf-8")
    assert desk.run("form", "check", "QR-017-01.yaml", "--json") == 1
    messages = [problem["message"] for problem in json.loads(desk.out)["problems"]]
    assert any("answer: true" in message for message in messages)


@pytest.mark.parametrize("code", ["QR-017-01", "QR-017-02", "QR-017-03", "QR-017-04", "QR-102-01"])
def test_a_preview_shows_the_form_and_enters_nothing(desk: Desk, tmp_path: Path, code: str) -> None:
    before = desk.acts()
    for variant in ("blank", "filled", "amended", "long"):
        done = desk.done("form", "preview", code, f"--{variant}")
        assert done["file"] == f"{code}-{variant}.docx"
        xml = in_word(tmp_path / f"{code}-{variant}.docx")
        assert ("样张" in xml) == (variant != "blank")
        assert ("<w:strike" in xml) == (variant == "amended")
    assert "待会签" in in_word(tmp_path / f"{code}-amended.docx") or code == "QR-102-01"
    assert desk.acts() == before


def test_a_preview_from_a_file_needs_no_workspace_and_replaces_a_file_only_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANGUAGE", "en")
    arguments = ["form", "preview", str(P02 / "QR-017-02.yaml"), "--output", "a.docx", "--json"]
    assert main(arguments, {}) == 0
    capsys.readouterr()
    assert main(arguments, {}) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "not-confirmed"
    assert main([*arguments, "--yes"], {}) == 0


@pytest.mark.needs_libreoffice
def test_a_preview_is_a_pdf_when_asked(desk: Desk, tmp_path: Path) -> None:
    desk.done("form", "preview", "QR-017-02", "--pdf", "--output", "a.pdf")
    assert "UNCONTROLLED" in PdfReader(tmp_path / "a.pdf").pages[0].extract_text()
    desk.done("form", "preview", str(P02 / "QR-102-01.yaml"), "--pdf", "--output", "b.pdf")
    assert "DRAFT" in PdfReader(tmp_path / "b.pdf").pages[0].extract_text()


@pytest.mark.needs_libreoffice
def test_a_preview_is_a_picture_of_each_page_when_asked(desk: Desk, tmp_path: Path) -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("Poppler (pdftoppm) is not installed")
    done = desk.done("form", "preview", "QR-017-02", "--blank", "--output", "a.png")
    assert done == {**done, "file": "a.png", "files": ["a.png"], "variant": "blank"}
    done = desk.done("form", "preview", "QR-017-01", "--long", "--png")
    assert done["files"] == [f"QR-017-01-long-{number}.png" for number in (1, 2, 3)]
    for name in ("a.png", *done["files"]):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_a_preview_as_a_picture_says_what_program_is_missing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    command = ("form", "preview", "QR-017-02", "--png", "--yes", "--json")
    assert (desk.run(*command), json.loads(desk.out)["error"]["kind"]) == (5, "libre-office-missing")
    monkeypatch.setattr("recordkeeper.services.drafting.Draft.preview_pdf", lambda *_arguments: b"%PDF-")
    assert (desk.run(*command), json.loads(desk.out)["error"]["kind"]) == (5, "poppler-missing")
    assert (tmp_path / "QR-017-02-filled.docx").is_file()


@pytest.mark.needs_libreoffice
def test_blanks_are_one_pdf_whose_pages_are_counted_for_each(desk: Desk, tmp_path: Path) -> None:
    done = desk.done("form", "print", "QR-017-01", "--count", "2", "--unit", "SH", who="boss")
    numbers = ["QR-017-01 A/0 · 0001", "QR-017-01 A/0 · 0002"]
    assert [blank["number"] for blank in done["blanks"]] == numbers
    assert Path(done["file"]).name == "QR-017-01_A-0_0001-0002.pdf"
    texts = [page.extract_text() for page in PdfReader(done["file"]).pages]
    assert len(texts) % 2 == 0
    assert [numbers[0] in text for text in texts] == [True] * (len(texts) // 2) + [False] * (len(texts) // 2)
    assert "锦绣花园" in texts[0]
    acts = desk.acts()
    again = desk.done("form", "print", "QR-017-01", "--again", str(done["act"]), "--output", "again.pdf", who="boss")
    assert desk.acts() == acts
    assert pdf_differences(Path(done["file"]).read_bytes(), (tmp_path / "again.pdf").read_bytes()) == []
    assert (again["digest"], again["blanks"]) == (done["digest"], done["blanks"])
    assert desk.done("form", "show", "QR-017-01")["blanks"][0] == {
        **desk.done("form", "show", "QR-017-01")["blanks"][0],
        "act": done["act"],
        "numbers": "0001-0002",
    }
    assert desk.refused("form", "print", "QR-017-01", "--again", "1", who="boss")["kind"] == "unknown-printing"


def test_without_libreoffice_blanks_are_issued_and_written_as_word_files(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status = desk.run("form", "print", "QR-017-02", "--count", "2", "--yes", "--json", who="boss")
    assert (status, json.loads(desk.out)["error"]["kind"]) == (5, "libre-office-missing")
    (issued,) = desk.done("form", "show", "QR-017-02")["blanks"]
    for number in ("0001", "0002"):
        assert f"QR-017-02 A/0 · {number}" in in_word(tmp_path / f"QR-017-02_A-0_{number}.docx")
    desk.done("form", "print", "QR-017-02", "--output", "one.docx", who="boss")
    assert "QR-017-02 A/0 · 0003" in in_word(tmp_path / "one.docx")
    command = ("form", "print", "QR-017-02", "--again", str(issued["act"] + 1), "--output", "two.docx")
    desk.done(*command, who="boss")
    assert (tmp_path / "two.docx").read_bytes() == (tmp_path / "one.docx").read_bytes()


def test_a_scaffold_fits_its_definition(desk: Desk, tmp_path: Path) -> None:
    for code in ("QR-017-01", "QR-017-02", "QR-017-03", "QR-017-04", "QR-102-01"):
        shutil.copy(P02 / f"{code}.yaml", tmp_path)
        desk.done("form", "scaffold", f"{code}.yaml", "--output", f"{code}.docx")
        assert desk.done("form", "check", f"{code}.docx")["problems"] == []
    desk.done("form", "scaffold", "QR-017-02", "--output", "other.docx")
    assert in_word(tmp_path / "other.docx").count("{{") > 10


def test_a_later_revision_is_approved_by_another_released_and_withdrawn(desk: Desk, tmp_path: Path) -> None:
    folder = revised(tmp_path / "later", "A/1")
    desk.done("procedure", "revise", "P02", str(folder), *WHY, who="boss")
    assert desk.done("form", "show", "QR-017-02")["revision"] == "A/0"
    assert desk.refused("form", "approve", "QR-017-02", who="boss")["kind"] == "no-right"
    (approved,) = desk.listed("form", "approve", "QR-017-02", who="approver")
    assert (approved["subject"], approved["state"]) == ("form/QR-017-02/A-1", "approved")
    tomorrow = (TODAY + timedelta(days=2)).isoformat()
    assert desk.refused("form", "release", "QR-017-02", "--effective", "2020-01-01", who="approver")["status"] == "3"
    (released,) = desk.listed("form", "release", "QR-017-02", "--effective", tomorrow, who="approver")
    assert (released["state"], released["effective_on"]) == ("released", tomorrow)
    assert desk.done("form", "show", "QR-017-02")["revision"] == "A/0"
    assert desk.done("form", "show", "QR-017-02", "--on", tomorrow)["revision"] == "A/1"
    withdraw = ("form", "withdraw", "QR-017-03", "--on", tomorrow, "--reason", "no longer used")
    assert desk.refused(*withdraw, who="boss")["kind"] == "not-confirmed"
    (withdrawn,) = desk.listed(*withdraw, "--yes", who="boss")
    assert withdrawn["state"] == "withdrawn"
    assert desk.done("form", "show", "QR-017-03", "--revision", "A/0")["withdrawn_on"] == tomorrow


def test_the_master_list_says_format_medium_keeping_and_approval(desk: Desk, tmp_path: Path) -> None:
    entries = desk.listed("form", "master-list")
    (feedback,) = [each for each in entries if each["code"] == "QR-017-02"]
    expected = {"medium": "electronic", "page": "A4", "retention": "3", "authority": "P12-R1", "approver": "姓approver"}
    assert (
        feedback.items() >= {"revision": "A/0", "is_in_force": True, "owner": "Quality department", **expected}.items()
    )
    assert {each["is_in_force"] for each in desk.listed("form", "master-list", "--on", "2020-01-01")} == {False}
    for name in ("list.xlsx", "list.csv"):
        assert desk.done("form", "master-list", "--output", str(tmp_path / name))["forms"] == len(entries)
    assert "QR-017-02" in (tmp_path / "list.csv").read_text("utf-8-sig")
    assert desk.refused("form", "master-list", "--output", str(tmp_path / "list.csv"))["kind"] == "not-confirmed"
    assert desk.refused("form", "master-list", "--output", "list.doc")["status"] == "2"
    desk.language = "zh"
    assert desk.run("form", "master-list") == 0
    assert "业主和住户信息反馈表" in desk.out


def test_approving_takes_the_passphrase_of_the_approver(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.done("procedure", "revise", "P02", str(revised(tmp_path / "later", "B/0")), *WHY, who="boss")
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET + "x")
    assert desk.refused("form", "approve", "QR-017-02", who="approver")["kind"] == "wrong-passphrase"
