"""Each wrong input to ``record``: its exit status, a message with subject, expected and found, and nothing changed."""

import os
from pathlib import Path

import pytest

from record_workspace import RECEIVED, Desk, desk, record_template, sets

__all__ = ["desk", "record_template"]

NEW = ("record", "new", "QR-017-02")
LATER = "2199-01-01 00:00"


@pytest.mark.parametrize(
    ("name", "value", "expected", "found"),
    [
        ("fed_back_at", "2026-13-45 25:61", "a moment such as", "2026-13-45 25:61"),
        ("fed_back_at", LATER, "the time must not lie after today", "2198-12-31"),
        ("source", "neighbours", "owners_committee", "neighbours"),
        ("content", "x" * 70_000, "64 KiB", "70000 bytes"),
        ("content", "同上", "the matter itself", "同上"),
        ("phone", "call me", "5 to 30 characters out of: digits", "call me"),
        ("content", "", "a value", "nothing"),
        ("colour", "red", "one of Source (source)", "colour"),
        ("content", "half \udce4", "without control characters", "U+DCE4"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_expected_and_found(
    desk: Desk, name: str, value: str, expected: str, found: str
) -> None:
    error = desk.refused(*NEW, *sets({**RECEIVED, name: value}), who="staff")
    assert (error["status"], error["kind"]) == ("2", "values-refused")
    assert name in error["expected"]
    assert expected in error["expected"]
    assert found in error["found"]
    assert error["subject"] == "QR-017-02 received"
    assert desk.events("refuse") == []


def test_all_wrong_and_missing_fields_are_named_at_once(desk: Desk) -> None:
    error = desk.refused(*NEW, "--set", "source=moon", "--set", "colour=red", who="staff")
    for name in ("source", "colour", "customer", "fed_back_at", "content"):
        assert f"{name}: " in error["expected"]
        assert name in error["message"]
    assert "Feedback received (received)" in error["message"]
    assert "Content (content): expected a value, found nothing" in error["message"]


def test_a_refused_record_takes_no_number(desk: Desk) -> None:
    desk.refused(*NEW, "--set", "source=moon", who="staff")
    assert desk.new().endswith("-0001")


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ('{"content": "a\\u0000b"}', "values-refused", "U+0000"),
        ('{"content": "a\\ud800b"}', "values-refused", "U+D800"),
        ('{"content": "a", "content": "b"}', "broken-json", "content"),
        ('{"content": NaN}', "broken-json", "NaN"),
        ('{"content": 1.5}', "values-refused", "1.5"),
        ("[1]", "not-values", "list"),
        ("{", "broken-json", "JSON"),
    ],
)
def test_a_file_of_wrong_values_is_refused(desk: Desk, tmp_path: Path, text: str, kind: str, found: str) -> None:
    (tmp_path / "values.json").write_text(text, encoding="utf-8")
    error = desk.refused(*NEW, "--from", "values.json", who="staff")
    assert (error["status"], error["kind"]) == ("2", kind)
    assert found in error["message"]


def test_files_that_cannot_be_read_are_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xe9t\xe9")
    os.mkfifo(tmp_path / "pipe")
    assert desk.refused(*NEW, "--from", "nowhere.json", who="staff")["status"] == "4"
    assert desk.refused(*NEW, "--set", "content=@nowhere", who="staff")["status"] == "4"
    assert desk.refused(*NEW, "--set", "content=@latin", who="staff")["kind"] == "not-values"
    assert desk.refused(*NEW, "--set", "content=@pipe", who="staff")["kind"] == "unfit-file"
    assert desk.refused(*NEW, "--set", f"content=@{tmp_path}", who="staff")["kind"] == "unfit-file"


@pytest.mark.parametrize("given", ["content", "=x", "content=a --set content=b"])
def test_set_takes_a_name_and_a_value_once(desk: Desk, given: str) -> None:
    arguments = [part for each in given.split(" --set ") for part in ("--set", each)]
    error = desk.refused(*NEW, *arguments, who="staff")
    assert (error["status"], error["kind"]) == ("2", "no-assignment")


def test_an_unknown_form_and_a_shared_prefix_are_told_apart(desk: Desk) -> None:
    unknown = desk.refused("record", "new", "QR-999-99", who="staff")
    assert (unknown["status"], unknown["found"]) == ("4", "QR-999-99")
    shared = desk.refused("record", "new", "QR-017", who="staff")
    assert (shared["status"], "QR-017-02" in shared["expected"]) == ("2", True)


@pytest.mark.parametrize(
    ("option", "value", "status"),
    [
        ("--unit", "MOON", "4"),
        ("--party", "没有的人", "4"),
        ("--premises", "9-9-9999", "4"),
        ("--unit", "\udce4", "2"),
        ("--occurred", "yesterday", "2"),
        ("--occurred", " ", "2"),
        ("--occurred", LATER, "2"),
        ("--for", "a\x07b", "2"),
    ],
)
def test_what_a_new_record_is_about_must_exist(desk: Desk, option: str, value: str, status: str) -> None:
    assert desk.refused(*NEW, option, value, *sets(RECEIVED), who="staff")["status"] == status


def test_nobody_fills_what_another_role_or_unit_may(desk: Desk) -> None:
    assert desk.refused(*NEW, *sets(RECEIVED), who="head")["kind"] == "not-yours"
    assert desk.refused(*NEW, "--unit", "SH", *sets(RECEIVED), who="elsewhere")["kind"] == "not-yours"
    number = desk.signed()
    error = desk.refused("record", "sign", number, who="elsewhere")
    assert (error["status"], error["kind"]) == ("3", "not-yours")
    assert error["expected"] == "Field staff, Duty clerk, Quality department at the record's own unit"
    assert error["found"] == "姓elsewhere"
    assert [subject for subject, _actor in desk.events("refuse")][-1] == f"record/{number}"


def test_filling_or_signing_out_of_turn_is_refused_and_leaves_its_event(desk: Desk) -> None:
    number = desk.new()
    fill = desk.refused("record", "fill", number, "verified", "--set", "result=effective")
    assert (fill["status"], fill["kind"], fill["expected"], fill["found"]) == (
        "3", "not-its-turn", "Feedback received (received)", "Verification (verified)",
    )  # fmt: skip
    sign = desk.refused("record", "sign", number, "--section", "forwarded")
    assert (sign["status"], sign["kind"]) == ("3", "not-its-turn")
    assert len(desk.events("refuse")) == 2


def test_a_signed_section_is_not_filled_again(desk: Desk) -> None:
    number = desk.signed()
    error = desk.refused("record", "fill", number, "received", *sets(RECEIVED), who="staff")
    assert (error["status"], error["kind"]) == ("3", "not-its-turn")


def test_a_section_that_is_not_filled_is_not_signed(desk: Desk) -> None:
    number = desk.done(*NEW, who="staff")["number"]
    error = desk.refused("record", "sign", number, who="staff")
    assert (error["kind"], error["found"]) == ("not-its-turn", "not filled yet")


def test_who_did_the_work_does_not_verify_it(desk: Desk) -> None:
    number = desk.closed(until="handled", engineer="both")
    verified = sets({"result": "effective", "verification": "看过"})
    error = desk.refused("record", "fill", number, *verified, who="both")
    assert (error["status"], error["expected"]) == ("3", "somebody other than who did Measures taken (handled)")
    assert f"{number} Verification (verified): only" in error["message"]
    assert error["subject"] == f"{number} verified"
    desk.done("record", "fill", number, *verified)


def test_a_wrong_passphrase_changes_nothing_and_leaves_its_own_event(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.new()
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "not the passphrase")
    error = desk.refused("record", "sign", number, who="staff")
    assert (error["status"], error["kind"]) == ("3", "wrong-passphrase")
    assert len(desk.events("wrong-passphrase")) == 1
    assert desk.events("refuse") == []


def test_many_signatures_fail_together_on_a_wrong_passphrase(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = desk.new(), desk.new()
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "not the passphrase")
    assert desk.refused("record", "sign", first, second, who="staff")["kind"] == "wrong-passphrase"


@pytest.mark.parametrize(
    ("arguments", "status", "kind"),
    [
        (["--set", "customer=张三"], "2", "no-reason"),
        (["--set", "customer=张三", "--reason", "  "], "2", "no-reason"),
        (["--set", "customer=许国良", "--reason", "写错"], "2", "equal-value"),
        (["--set", "colour=red", "--reason", "写错"], "2", "unknown-field"),
        (["--set", "customer.1.name=x", "--reason", "写错"], "2", "unknown-field"),
        (["--set", "source=moon", "--reason", "写错"], "2", "values-refused"),
        (["--set", "customer=", "--reason", "写错"], "2", "values-refused"),
        (["--set", "customer=张三", "--reason", "a\x07b"], "2", "text-refused"),
        (["--set", "customer=张三", "--reason", "写" * 40_000], "2", "text-refused"),
        (["--reason", "写错"], "2", "values-refused"),
        (["--set", "analysis=x", "--reason", "写错"], "3", "wrong-state"),
    ],
)
def test_a_wrong_amendment_is_refused(desk: Desk, arguments: list[str], status: str, kind: str) -> None:
    number = desk.signed()
    error = desk.refused("record", "amend", number, *arguments, who="staff")
    assert (error["status"], error["kind"]) == (status, kind)
    assert number in error["subject"] or error["subject"] == "reason"
    assert len(desk.events("refuse")) == (status == "3")


def test_what_is_gone_is_not_changed(desk: Desk) -> None:
    number = desk.new()
    desk.done("record", "void", number, "--reason", "重复", who="staff")
    for arguments in (
        ["amend", number, "--set", "customer=x", "--reason", "y"],
        ["fill", number, "--set", "customer=x"],
        ["sign", number],
        ["reissue", number, "--reason", "y"],
        ["void", number, "--reason", "y"],
        ["close", number],
    ):
        error = desk.refused("record", *arguments, who="staff")
        assert (error["status"], error["kind"], error["found"]) == ("3", "wrong-state", "void")


def test_void_and_reissue_need_a_reason_and_close_only_optional_sections(desk: Desk) -> None:
    number = desk.signed()
    assert desk.refused("record", "void", number, who="staff")["kind"] == "no-reason"
    assert desk.refused("record", "reissue", number, who="staff")["kind"] == "no-reason"
    error = desk.refused("record", "close", number, who="staff")
    assert (error["status"], error["kind"], error["found"]) == ("3", "wrong-state", "Forwarded (forwarded)")


def test_where_nothing_is_left_to_fill_or_sign_a_refusal_does_not_expect_nothing(desk: Desk) -> None:
    number = desk.closed()
    desk.done("record", "amend", number, "--set", "customer=张三", "--reason", "写错", who="staff")
    for act, expected in (("fill", "a section to be filled"), ("sign", "a section to be signed")):
        error = desk.refused("record", act, number)
        assert (error["status"], error["kind"], error["expected"]) == ("3", "not-its-turn", expected)


def test_where_nobody_can_be_asked_section_and_fields_are_named(desk: Desk) -> None:
    number = desk.done("record", "new", "QR-017-02", who="staff")["number"]
    message = desk.refused("record", "fill", number, who="staff")["message"]
    assert f"{number} Feedback received (received): nobody to ask" in message
    assert "Content (content)" in message


def test_a_file_that_is_not_there_is_said_as_the_system_says_it(desk: Desk, tmp_path: Path) -> None:
    error = desk.refused("record", "import", "QR-017-02", str(tmp_path / "nowhere.csv"), who="staff")
    assert (error["status"], error["found"]) == ("4", "No such file or directory")
    desk.language = "zh"
    number, place = desk.signed(), tmp_path / "nowhere" / "a.docx"
    assert desk.run("record", "render", number, "--output", str(place)) == 5
    assert f"{place}：没有这个文件或文件夹" in desk.err


def test_only_an_amendment_that_waits_is_countersigned(desk: Desk) -> None:
    number = desk.signed()
    none = desk.refused("record", "countersign", number, "--amendment", "1", who="head")
    assert (none["status"], none["found"]) == ("3", "1")
    desk.done("record", "amend", number, "--set", "customer=张三", "--reason", "写错", who="staff")
    assert desk.refused("record", "countersign", number, "--amendment", "2", who="head")["expected"] == "1"
    assert desk.refused("record", "countersign", number, "--amendment", "1", who="clerk")["kind"] == "not-yours"
    assert desk.run("record", "countersign", number, "--amendment", "0", who="head") == 2
    assert desk.run("record", "countersign", number, "--amendment", "1", "--reason", "x", who="head") == 2


def test_the_outside_party_signs_an_amendment_on_paper_only_where_the_form_asks(desk: Desk, tmp_path: Path) -> None:
    number = desk.signed()
    desk.done("record", "amend", number, "--set", "customer=张三", "--reason", "写错", who="staff")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7")
    paper = ("record", "countersign", number, "--amendment", "1", "--paper", str(tmp_path / "scan.pdf"))
    for wrong in (("--signer", "许", "--refuse"), ("--witness", "何"), ()):
        assert desk.run(*paper, *wrong, who="staff") == 2
    assert desk.run(*paper[:5], "--signer", "许", who="head") == 2
    error = desk.refused(*paper, "--signer", "许", "--witness", "何", who="staff")
    assert (error["status"], error["kind"]) == ("3", "wrong-state")
    nowhere = (*paper[:6], str(tmp_path / "nowhere.pdf"), "--signer", "许", "--witness", "何")
    assert desk.refused(*nowhere, who="staff")["status"] == "4"


def test_files_that_are_not_evidence_are_not_attached(desk: Desk, tmp_path: Path) -> None:
    number = desk.new()
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    (tmp_path / "good.txt").write_text("x", encoding="utf-8")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(64 * 1024 * 1024 + 1)
    for name, status in (("nowhere", "4"), ("empty", "2"), ("link", "2"), ("large", "2"), (str(tmp_path), "2")):
        error = desk.refused("record", "attach", number, "good.txt", name, who="staff")
        assert error["status"] == status
        assert name in error["subject"]
    assert desk.refused("record", "attach", number, "good.txt", who="head")["status"] == "3"


def test_paper_is_taken_where_the_form_allows_it(desk: Desk, tmp_path: Path) -> None:
    number = desk.new()
    (tmp_path / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    paper = ["record", "sign", number, "--paper", "scan.png"]
    assert desk.run(*paper, who="staff") == 2
    assert desk.run(*paper, number, "--signer", "许国良", who="staff") == 2
    assert desk.run("record", "sign", number, "--signer", "许国良", who="staff") == 2
    error = desk.refused(*paper, "--signer", "许国良", who="staff")
    assert (error["status"], error["kind"]) == ("3", "wrong-state")


def test_fill_needs_values_where_nobody_can_be_asked(desk: Desk) -> None:
    number = desk.done(*NEW, who="staff")["number"]
    error = desk.refused("record", "fill", number, who="staff")
    assert error["status"] == "2"
    assert "customer" in error["message"]


def test_a_row_is_not_opened_without_values(desk: Desk) -> None:
    error = desk.refused("record", "new", "QR-017-01", "--unit", "SH", who="clerk")
    assert (error["status"], error["kind"]) == ("2", "needs-values")


@pytest.mark.parametrize("number", ["QR-017-02/2026-9999", "nothing", "../../etc/passwd", "\udce4", ""])
def test_a_number_that_does_not_exist_is_said_to_be_missing(desk: Desk, number: str) -> None:
    for verb in ("show", "history", "render", "sign", "close"):
        error = desk.refused("record", verb, number)
        assert (error["status"], error["kind"]) == ("4", "unknown-record")
