"""``procedure revise`` and ``form revise``: given out, changed, shown, stored, and told again in both languages."""

from pathlib import Path

import pytest

from p02_office import revised
from record_workspace import Desk, desk, record_template

__all__ = ["desk", "record_template"]

WHY = ("--reason", "业主要求", "--impact", "前台培训")


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


@pytest.fixture
def later(desk: Desk, tmp_path: Path) -> Path:
    """P02 as it stands in the workspace, with a text, a due time and a field changed."""
    folder = tmp_path / "P02"
    desk.done("procedure", "revise", "P02", "--begin", str(folder), who="boss")
    edit(folder / "procedure.yaml", ("revision: A/0", "revision: A/1"), ("及时送达公司", "两日内送达公司"))
    form = folder / "QR-017-02.yaml"
    edit(form, ("revision: A/0", "revision: A/1"), ("phone", "mobile"), ("due: {days: 3", "due: {days: 5"))
    desk.done("form", "scaffold", str(form), "--output", str(form.with_suffix(".docx")), "--yes", who="boss")
    return folder


def test_a_procedure_is_given_out_changed_and_stored_with_its_difference(desk: Desk, later: Path) -> None:
    number = desk.new()
    tried = desk.done("procedure", "revise", "p02", str(later), "--dry-run", who="boss")
    assert [(each["code"], each["follows"], each["revision"]) for each in tried["changes"]] == [
        ("P02", "A/0", "A/1"),
        ("QR-017-02", "A/0", "A/1"),
    ]
    assert tried["fields_in_use"] == [{"form": "QR-017-02", "field": "phone", "records": 1}]
    assert tried["records_under_way"] == {"QR-017-02": 1}
    assert "revisions" not in tried
    done = desk.done("procedure", "revise", "P02", str(later), *WHY, who="boss")
    assert {each["state"] for each in done["revisions"]} == {"draft"}
    assert "phone: dropped, 1 record" in desk.err
    desk.done("procedure", "approve", "P02", who="approver")
    desk.done("procedure", "release", "P02", who="approver")
    changes = desk.listed("form", "show", "QR-017-02", "--changes")
    assert [each["change"] and each["change"]["reason"] for each in changes] == [None, "业主要求"]
    assert changes[1]["differences"] == tried["changes"][1]["differences"]
    assert {
        each["revision"] for each in desk.listed("form", "show", "QR-017-02", "--changes", "--revision", "A/1")
    } == {"A/1"}
    assert desk.done("record", "show", number)["revision"] == "A/0"


def test_the_difference_reads_in_both_languages(desk: Desk, later: Path) -> None:
    assert desk.run("procedure", "revise", "P02", str(later), "--dry-run", who="boss") == 0
    english = desk.out
    assert all(
        part in english for part in ("dropped", "field phone Telephone", "[-3-]{+5+}", "due · days", "rule P02-R2")
    )
    desk.language = "zh"
    assert desk.run("procedure", "revise", "P02", str(later), "--dry-run", who="boss") == 0
    assert all(part in desk.out for part in ("删除", "phone 联系电话", "[-3-]{+5+}", "期限", "[-及时-]{+两日内+}"))
    desk.done("procedure", "revise", "P02", str(later), *WHY, who="boss")
    assert desk.run("procedure", "show", "P02", "--changes") == 0
    assert all(part in desk.out for part in ("业主要求", "前台培训", "两日内"))


def test_one_act_revises_approves_and_releases(desk: Desk, later: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDKEEPER_APPROVER_PASSPHRASE", "correct horse battery")
    consent = ("--approve-as", "approver", "--effective", "2199-01-01")
    done = desk.done("procedure", "revise", "P02", str(later), *WHY, *consent, who="boss")
    assert {(each["state"], each["effective_on"]) for each in done["revisions"]} == {("released", "2199-01-01")}


def test_a_form_is_revised_by_its_file(desk: Desk, later: Path) -> None:
    form = str(later / "QR-017-02.yaml")
    assert desk.done("form", "revise", "qr-017--02", form, "--dry-run", who="boss")["changes"][0]["code"] == "QR-017-02"
    done = desk.done("form", "revise", "QR-017-02", form, *WHY, who="boss")
    assert [each["subject"] for each in done["revisions"]] == ["form/QR-017-02/A-1"]


def test_a_form_is_given_out_where_its_file_is_named(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "out" / "QR-017-01.yaml"
    assert desk.done("form", "revise", "QR-017-01", str(target), "--begin", who="boss")["files"] == [
        "QR-017-01.yaml",
        "QR-017-01.docx",
        "procedure.yaml",
    ]
    assert desk.refused("form", "revise", "QR-017-01", str(target), *WHY, who="boss")["kind"] == "nothing-revised"
    assert desk.refused("form", "revise", "QR-017-01", str(target), "--begin", who="boss")["kind"] == "not-confirmed"


@pytest.mark.parametrize(
    ("arguments", "who", "status", "kind"),
    [
        (("P02", "A-1"), "boss", "2", "text-refused"),
        (("P02", "A-1", "--reason", "x"), "boss", "2", "text-refused"),
        (("P02", "A-1", *WHY), "clerk", "3", "no-right"),
        (("P02", "A-0", *WHY), "boss", "2", "not-later"),
        (("P03", "A-1", *WHY), "boss", "2", "other-procedure"),
        (("P02", "nowhere", *WHY), "boss", "4", "no-procedure"),
        (("P02", "A-1", *WHY, "--request", "QR-100-01/2026-0001"), "boss", "4", "unknown-record"),
        (("P02", "A-1", *WHY, "--effective", "2199-01-01"), "boss", "2", "usage"),
        (("P02", "A-1", "--begin", "--dry-run"), "boss", "2", "usage"),
        (("P09", "x", "--begin"), "boss", "4", "unknown-procedure"),
    ],
)
def test_what_cannot_be_revised_changes_nothing(
    desk: Desk, tmp_path: Path, arguments: tuple[str, ...], who: str, status: str, kind: str
) -> None:
    revised(tmp_path / "A-1", "A/1")
    edit(revised(tmp_path / "A-0", "A/0") / "procedure.yaml", ("及时送达公司", "两日内送达公司"))
    error = desk.refused("procedure", "revise", *arguments, who=who)
    assert (error["status"], error["kind"]) == (status, kind)


def test_another_revision_is_not_installed_beside_the_one_in_force(desk: Desk, tmp_path: Path) -> None:
    error = desk.refused("procedure", "install", str(revised(tmp_path / "later", "A/1")), who="boss")
    assert (error["status"], error["kind"], error["found"]) == ("3", "revised-alone", "A/0")
