"""Reading records: show, history, find, render; in both languages, and by those who may."""

import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy
from docx import Document
from pypdf import PdfReader

from record_workspace import YESTERDAY, Desk, desk, record_template
from recordkeeper.documents.printout import attached_record
from tampering import tampering

__all__ = ["desk", "record_template"]


def test_show_reads_like_the_form_with_struck_values_in_brackets(desk: Desk) -> None:
    number = desk.signed()
    desk.done("record", "amend", number, "--set", "customer=许国栋", "--reason", "姓名写错", who="staff")
    assert desk.run("record", "show", number) == 0
    for text in (
        number,
        "Owner and resident feedback sheet",
        "Estate SH",
        "State: pending",
        "Form: QR-017-02 A/0",
        "Customer: [-许国良-]{+许国栋+}①",
        "Source: Owners' meeting",
        "姓staff · Field staff · Received",
        "signature valid, unattended; signed state d(1)",
        "amended after it: ①",
        "姓名写错 (a correction)",
        "awaits a counter-signature",
        "next: counter-sign 1, by Quality department, Department head",
    ):
        assert text in desk.out
    desk.language = "zh"
    assert desk.run("record", "show", number) == 0
    for text in ("业主和住户信息反馈表", "锦绣花园", "反馈人：[-许国良-]{+许国栋+}①", "信息来源：业主会议", "业务人员"):
        assert text in desk.out


def test_a_value_cannot_steer_the_terminal(desk: Desk) -> None:
    number = desk.new(content="\u202e倒写")
    assert desk.run("record", "show", number) == 0
    assert "\u202e" not in desk.out


def test_a_signature_on_an_altered_act_is_shown_as_not_valid(desk: Desk) -> None:
    number = desk.signed()
    with tampering(desk.url) as connection:
        altered = sqlalchemy.text(
            "update act set content = replace(content, '许国良', '许国粮') where subject = :subject and number = 1"
        )
        assert connection.execute(altered, {"subject": f"record/{number}"}).rowcount == 1
    assert desk.done("record", "show", number)["signatures"][0]["is_valid"] is False
    assert desk.run("record", "show", number) == 0
    assert "SIGNATURE NOT VALID" in desk.out


def test_show_on_a_date_tells_what_was_known_that_day(desk: Desk) -> None:
    number = desk.signed()
    today = desk.done("record", "show", number)["entered_on"]
    shown = desk.done("record", "show", number, "--on", today)
    assert (shown["known_on"], shown["act_count"]) == (today, 2)
    before = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
    error = desk.refused("record", "show", number, "--on", before)
    assert (error["status"], error["kind"], error["found"]) == ("4", "not-yet-known", before)
    wrong = desk.refused("record", "show", number, "--on", "2026-02-30")
    assert (wrong["status"], wrong["found"]) == ("2", "2026-02-30")
    later = desk.done("record", "show", number, "--on", "2199-01-01")
    assert [step["is_late"] for step in later["next"]] == [True]


def test_history_lists_acts_and_what_was_refused(desk: Desk) -> None:
    number = desk.signed()
    desk.refused("record", "sign", number, who="clerk")
    events = desk.done("record", "history", number)["events"]
    assert [(each["kind"], each["act"], each["name"]) for each in events] == [
        ("new", 1, "姓staff"),
        ("sign", 2, "姓staff"),
        ("refuse", None, "姓clerk"),
    ]
    assert events[1]["state_digest"] == desk.done("record", "show", number)["state_digest"]
    assert events[1]["flags"] == ["unattended"]
    assert desk.run("record", "history", number) == 0
    assert events[0]["state_digest"] in desk.out


def numbers(desk: Desk, *arguments: str, who: str = "quality") -> list[str]:
    return [each["number"] for each in desk.done("record", "find", *arguments, who=who)["records"]]


def test_find_meets_every_condition(desk: Desk) -> None:
    first, second = desk.new(), desk.new(content="电梯按钮失灵", customer="周文娟")
    third = str(
        desk.done(
            "record", "new", "QR-017-02", "--party", "周文娟", "--premises", "1-1-0302", who="staff",
        )["number"]
    )  # fmt: skip
    assert numbers(desk) == [first, second, third]
    assert numbers(desk, "--text", "按钮") == [second]
    assert numbers(desk, "--party", "周文娟") == [third]
    assert numbers(desk, "--premises", "1-1-0302") == [third]
    assert numbers(desk, "--state", "open") == [third]
    assert numbers(desk, "--state", "open", "--state", "pending", "--limit", "2") == [first, second]
    assert numbers(desk, "--number", first) == [first]
    assert numbers(desk, "--form", "qr-017--02", "--unit", "HQ") == [first, second, third]
    assert numbers(desk, "--unit", "BJ") == []
    assert numbers(desk, "--to", YESTERDAY) == []
    assert numbers(desk, "--from", YESTERDAY) == [first, second, third]
    assert desk.run("record", "find", "--text", "按钮") == 0
    assert second in desk.out
    assert "电梯按钮失灵" in desk.out


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--from", "soon"], "2"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "2"),
        (["--form", "QR-999"], "4"),
        (["--form", "QR-017"], "2"),
        (["--unit", "MOON"], "4"),
        (["--party", "没有"], "4"),
        (["--text", "\udce4"], "2"),
        (["--state", "lost"], "2"),
        (["--limit", "0"], "2"),
    ],
)
def test_find_refuses_conditions_that_mean_nothing(desk: Desk, arguments: list[str], status: str) -> None:
    assert desk.refused("record", "find", *arguments)["status"] == status


def test_only_those_with_a_role_at_the_unit_read_its_records(desk: Desk) -> None:
    number = desk.new()
    for who in ("elsewhere", "nobody"):
        for verb in ("show", "history", "render"):
            error = desk.refused("record", verb, number, who=who)
            assert (error["status"], error["kind"]) == ("3", "may-not-read")
    assert numbers(desk, who="elsewhere") == []
    assert desk.refused("record", "find", "--unit", "SH", who="elsewhere")["status"] == "3"
    assert desk.refused("record", "find", who="nobody")["status"] == "3"
    for who in ("clerk", "engineer", "boss", "approver"):
        assert desk.done("record", "show", number, who=who)["number"] == number
    assert desk.events("read") == []


def test_what_an_auditor_reads_is_an_event(desk: Desk) -> None:
    number = desk.new()
    desk.done("record", "show", number, who="auditor")
    desk.done("record", "history", number, who="auditor")
    assert numbers(desk, who="auditor") == [number]
    assert [subject for subject, _actor in desk.events("read")] == [f"record/{number}", None]


def test_a_confidential_form_is_read_by_those_it_names_and_each_reading_is_an_event(desk: Desk) -> None:
    year = str(int(YESTERDAY[:4]) - 1)
    number = desk.done(
        "record", "new", "QR-017-03", "--unit", "SH", "--set", f"survey_year={year}", "--set", "household=1-1-0302",
        "--set", f"issued_on={year}-10-12", "--set", f"return_by={year}-11-06",
    )["number"]  # fmt: skip
    figures = ("--set", f"survey_year={year}", "--set", "objective=90")
    other = desk.done("record", "new", "QR-017-04", "--unit", "SH", *figures)["number"]
    error = desk.refused("record", "show", number, who="clerk")
    assert (error["kind"], error["expected"]) == ("may-not-read", "Quality department, Auditor")
    assert numbers(desk, "--limit", "1", who="clerk") == [other]
    assert numbers(desk) == [number, other]
    desk.done("record", "show", number)
    assert [subject for subject, _actor in desk.events("read")] == [f"record/{number}"]


def test_render_writes_the_word_document_and_never_overwrites_unasked(desk: Desk, tmp_path: Path) -> None:
    number = desk.signed()
    desk.done("record", "amend", number, "--set", "customer=许国栋", "--reason", "写错", who="staff")
    rendered = desk.done("record", "render", number)
    path = tmp_path / f"{number.replace('/', '_')}.docx"
    assert rendered["file"] == str(path)
    xml = zipfile.ZipFile(io.BytesIO(path.read_bytes())).read("word/document.xml").decode()
    assert "<w:strike/>" in xml
    assert "许国良" in xml
    assert "许国栋" in xml
    before = path.read_bytes()
    assert desk.refused("record", "render", number)["status"] == "2"
    assert desk.done("record", "render", number, "--yes")["digest"] == rendered["digest"]
    assert path.read_bytes() == before
    assert desk.refused("record", "render", number, "--output", "no/such/folder.docx")["status"] == "5"


def test_without_libreoffice_the_word_document_is_written_and_the_package_named(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.new()
    monkeypatch.setenv("PATH", "")
    for command in (("record", "render", number), ("form", "preview", "QR-017-02")):
        assert desk.run(*command, "--pdf", "--output", f"{command[0]}.pdf") == 5
        assert f"{command[0]}.docx" in desk.err
        assert "libreoffice-writer-nogui" in desk.err
        assert not (tmp_path / f"{command[0]}.pdf").exists()
        Document(str(tmp_path / f"{command[0]}.docx"))


@pytest.mark.needs_libreoffice
def test_render_makes_a_pdf(desk: Desk, tmp_path: Path) -> None:
    number = desk.new()
    desk.done("record", "render", number, "--pdf", "--output", "x.pdf")
    assert _page(tmp_path / "x.pdf").count("DRAFT") == 1
    acts = json.loads(attached_record((tmp_path / "x.pdf").read_bytes()))["acts"]
    assert [act["act"] for act in acts[1:]] == ["new"]
    desk.done("record", "void", number, "--reason", "误开", "--yes")
    desk.done("record", "render", number, "--pdf", "--copy", "--output", "y.pdf")
    assert ("VOID" in _page(tmp_path / "y.pdf"), "DRAFT" in _page(tmp_path / "y.pdf")) == (True, False)
    assert desk.refused("record", "render", number, "--copy", "--output", "z.docx")["status"] == "2"


@pytest.mark.needs_libreoffice
def test_a_marked_copy_is_issued_for_somebody_and_printed_again(desk: Desk, tmp_path: Path) -> None:
    number = desk.closed()
    copy = ("record", "render", number, "--pdf", "--copy")
    done = desk.done(*copy, "--for", "业主委员会", "--output", "a.pdf")
    assert "COPY" in _page(tmp_path / "a.pdf")
    shown = desk.done("record", "show", number)
    assert shown["state"] == "closed"
    (listed,) = shown["copies"]
    assert (listed["act"], listed["token"], listed["recipient"]) == (
        done["copy"]["act"], done["copy"]["token"], "业主委员会",
    )  # fmt: skip
    assert desk.run("record", "show", number) == 0
    assert done["copy"]["token"] in desk.out
    acts = desk.acts()
    again = desk.done(*copy, "--again", str(done["copy"]["act"]), "--output", "b.pdf")
    assert (again["digest"], desk.acts()) == (done["digest"], acts)
    desk.done("record", "render", number, "--pdf", "--output", "c.pdf")
    assert desk.acts() == acts
    assert desk.refused(*copy, "--output", "nowhere/d.pdf")["status"] == "5"
    assert desk.refused(*copy, "--output", "a.pdf")["kind"] == "not-confirmed"


@pytest.mark.parametrize(
    ("given", "who", "status", "kind"),
    [
        (("--for", "x"), "quality", 2, "usage"),
        (("--copy", "--for", "x", "--again", "1"), "quality", 2, "usage"),
        (("--copy", "--again", "1"), "quality", 4, "unknown-copy"),
        (("--copy",), "auditor", 3, "auditor-changes-nothing"),
        (("--copy",), "nobody", 3, "may-not-read"),
        (("--copy", "--for", "\x07"), "quality", 2, "text-refused"),
    ],
)
def test_a_copy_that_may_not_be_is_not_issued(
    desk: Desk, given: tuple[str, ...], who: str, status: int, kind: str
) -> None:
    error = desk.refused("record", "render", desk.new(), "--pdf", *given, who=who)
    assert (int(error["status"]), error["kind"]) == (status, kind)


@pytest.mark.parametrize("command", ["record render", "form preview"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [(("--pdf", "--output", "x.docx"), "FILE.pdf"), (("--output", "x.xlsx"), "FILE.docx"), (("--output", "x"), "FILE")],
)
def test_a_file_is_never_named_otherwise_than_what_is_in_it(
    desk: Desk, tmp_path: Path, command: str, given: tuple[str, ...], expected: str
) -> None:
    subject = desk.new() if command == "record render" else "QR-017-02"
    error = desk.refused(*command.split(), subject, *given)
    assert error["status"] == "2"
    assert expected in desk.err
    assert not list(tmp_path.glob("x*"))


@pytest.mark.needs_libreoffice
def test_a_file_named_pdf_is_a_pdf(desk: Desk, tmp_path: Path) -> None:
    number = desk.new()
    desk.done("record", "render", number, "--output", "x.pdf")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF-")


def _page(path: Path) -> str:
    return PdfReader(path).pages[0].extract_text()
