"""A record's life through the command line: opened, filled, signed, amended, replaced, closed."""

import json
from pathlib import Path

import pytest

from record_workspace import RECEIVED, YESTERDAY, Desk, desk, record_template, sets
from stage import Stage

__all__ = ["desk", "record_template"]


def test_a_feedback_sheet_goes_from_new_to_closed(desk: Desk) -> None:
    number = desk.closed()
    shown = desk.done("record", "show", number)
    assert (shown["number"], shown["state"], shown["next"]) == (number, "closed", [])
    assert [section["state"] for section in shown["sections"]] == ["complete"] * 5
    assert all(signature["is_valid"] for signature in shown["signatures"])
    assert number.endswith("-0001")


def test_new_says_what_comes_next_and_by_whom(desk: Desk) -> None:
    done = desk.done("record", "new", "qr-017--02", *sets(RECEIVED), who="staff")
    assert (done["act"], done["state"]) == ("new", "pending")
    assert [(step["act"], step["section"]) for step in done["next"]] == [("sign", "received")]
    assert "Field staff" in done["next"][0]["by"]


def test_new_without_values_opens_an_empty_record(desk: Desk) -> None:
    number = desk.done("record", "new", "QR-017-02", who="staff")["number"]
    shown = desk.done("record", "show", number)
    assert (shown["state"], shown["sections"][0]["state"], shown["sections"][0]["fields"]) == ("open", "open", [])
    desk.done("record", "fill", number, *sets(RECEIVED), who="staff")
    assert desk.done("record", "show", number)["state"] == "pending"


def test_values_come_from_party_and_premises_and_from_files(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "content.txt").write_text("第一行\n第二行", encoding="utf-8")
    (tmp_path / "values.json").write_text(
        json.dumps({"source": "业主会议", "fed_back_at": YESTERDAY + " 09:40", "content": "x"}), encoding="utf-8"
    )
    number = desk.done(
        "record", "new", "QR-017-02", "--party", "周文娟", "--premises", "1-1-0302", "--for", "王五",
        "--occurred", YESTERDAY + " 09:40", "--from", "values.json", "--set", "content=@content.txt",
        "--set", "room=@@12", who="staff",
    )["number"]  # fmt: skip
    shown = desk.done("record", "show", number)
    values = {field["id"]: field["value"] for field in shown["sections"][0]["fields"]}
    assert values["customer"] == "周文娟"
    assert values["phone"] == "138-0000-0302"
    assert values["room"] == "@12"
    assert values["content"] == "第一行\n第二行"
    assert values["source"] == "owners_meeting"
    assert (shown["party_name"], shown["premises_code"]) == ("周文娟", "1-1-0302")
    assert shown["sections"][0]["filled_for"] == "王五"
    event = desk.done("record", "history", number)["events"][0]
    assert event["occurred_at"].startswith(YESTERDAY)
    assert event["occurred_at"] < event["at"]


def test_many_records_are_signed_on_one_passphrase_each_by_itself(desk: Desk) -> None:
    first, second, third = desk.new(), desk.new(), desk.new()
    desk.done("record", "sign", second, who="staff")
    status = desk.run("record", "sign", first, second, third, "QR-017-02/2026-9999", "--json", who="staff")
    said = json.loads(desk.out)
    assert status == 3
    assert [each["number"] for each in said["signed"]] == [first, third]
    assert [each["number"] for each in said["failed"]] == [second, "QR-017-02/2026-9999"]
    assert said["error"]["kind"] == said["failed"][0]["kind"] == "not-yours"
    assert second in desk.err
    assert "QR-017-02/2026-9999" in desk.err
    assert len(desk.events("refuse")) == 1
    assert len(desk.events("sign")) == 3


def test_sign_says_what_was_signed(desk: Desk) -> None:
    first, second = desk.new(), desk.new()
    signed = desk.done("record", "sign", first, second, who="staff")["signed"]
    assert [(each["number"], each["section"], each["meaning"]) for each in signed] == [
        (first, "received", "received"),
        (second, "received", "received"),
    ]
    number = desk.new()
    assert desk.run("record", "sign", number, who="staff") == 0
    assert number in desk.out


def test_a_signature_of_a_script_is_marked_unattended(desk: Desk) -> None:
    shown = desk.done("record", "show", desk.signed())
    assert [signature["is_unattended"] for signature in shown["signatures"]] == [True]


def test_an_amendment_is_pending_until_somebody_else_countersigns_it(desk: Desk) -> None:
    number = desk.closed()
    new = "measures=更换灯具 12 盏"
    amended = desk.done("record", "amend", number, "--set", new, "--reason", "数目写错", who="engineer")
    assert (amended["state"], amended["amendments"]) == ("pending", [1])
    assert amended["next"][0]["act"] == "countersign"
    shown = desk.done("record", "show", number)
    measures = next(f for s in shown["sections"] for f in s["fields"] if f["id"] == "measures")
    assert measures["text"] == "[-更换灯具 9 盏-]{+更换灯具 12 盏+}①"
    assert shown["amendments"][0]["reason"] == "数目写错"
    handled = next(s for s in shown["sections"] if s["id"] == "handled")["signatures"][0]
    assert (handled["is_valid"], handled["amended_after"]) == (True, [1])
    assert desk.refused("record", "countersign", number, "--amendment", "1", who="engineer")["status"] == "3"
    assert desk.done("record", "countersign", number, "--amendment", "1", who="head")["state"] == "closed"


def test_a_refused_countersignature_lets_the_old_value_stand_again(desk: Desk) -> None:
    number = desk.signed()
    desk.done("record", "amend", number, "--set", "customer=张三", "--reason", "姓名写错", who="staff")
    assert desk.refused("record", "countersign", number, "--amendment", "1", "--refuse", who="head")["status"] == "2"
    desk.done("record", "countersign", number, "--amendment", "1", "--refuse", "--reason", "原来的对", who="head")
    shown = desk.done("record", "show", number)
    customer = next(f for f in shown["sections"][0]["fields"] if f["id"] == "customer")
    assert customer["value"] == "许国良"
    assert customer["text"] == "[-许国良-][-张三-]①{+许国良+}"
    assert shown["amendments"][0]["countersign_reason"] == "原来的对"


def test_a_third_correction_demands_a_reissue_which_links_both(desk: Desk) -> None:
    number = desk.closed()
    for value in ("甲", "乙"):
        desk.done("record", "amend", number, "--set", f"analysis={value}", "--reason", "写错")
        desk.done("record", "countersign", number, "--amendment", "1" if value == "甲" else "2", who="head")
    third = desk.refused("record", "amend", number, "--set", "analysis=丙", "--reason", "写错")
    assert (third["status"], third["kind"]) == ("3", "too-many-corrections")
    desk.done("record", "amend", number, "--set", "phone=13800001205", "--reason", "换号", "--fact", who="staff")
    new = desk.done("record", "reissue", number, "--reason", "更改太多", "--set", "customer=许国栋", who="staff")
    assert new["replaces"] == number
    shown = desk.done("record", "show", new["number"])
    assert shown["replaces"] == number
    values = {field["id"]: field["value"] for field in shown["sections"][0]["fields"]}
    assert (values["customer"], values["phone"]) == ("许国栋", "13800001205")
    old = desk.done("record", "show", number)
    assert (old["state"], old["successor"]) == ("replaced", new["number"])


def test_a_record_begun_by_mistake_is_voided_and_keeps_its_number(desk: Desk) -> None:
    number = desk.new()
    desk.done("record", "void", number, "--reason", "重复", who="staff")
    shown = desk.done("record", "show", number)
    assert (shown["state"], shown["void_reason"]) == ("void", "重复")
    assert desk.new() != number


def test_files_are_bound_by_digest_with_the_type_of_their_content(desk: Desk, tmp_path: Path) -> None:
    number = desk.new()
    (tmp_path / "现场.bin").write_bytes(b"%PDF-1.7 x")
    (tmp_path / "note.txt").write_text("看过", encoding="utf-8")
    attached = desk.done("record", "attach", number, "现场.bin", "note.txt", who="staff")["attached"]
    assert [(each["name"], each["media_type"]) for each in attached] == [
        ("现场.bin", "application/pdf"),
        ("note.txt", "text/plain"),
    ]
    shown = desk.done("record", "show", number)["attachments"]
    assert [each["digest"] for each in shown] == [each["digest"] for each in attached]


def test_the_rows_of_a_register_stand_on_the_sheet_of_their_month(desk: Desk) -> None:
    row = {
        "received_at": YESTERDAY + " 08:35", "caller": "周文娟", "channel": "电话", "matter": "开票",
        "answered_at_once": "是",
    }  # fmt: skip
    first = desk.done("record", "new", "QR-017-01", "--unit", "SH", *sets(row), who="clerk")["number"]
    shown = desk.done("record", "show", first, who="clerk")
    assert shown["state"] == "closed"
    sheet = shown["sheet"]
    assert sheet == f"QR-017-01/SH-{YESTERDAY[:7]}"
    assert [each["number"] for each in desk.done("record", "show", sheet)["rows"]] == [first]
    desk.done("record", "fill", sheet, "--set", "summary=本月一条", who="clerk")
    desk.done("record", "sign", sheet, who="head")
    assert desk.done("record", "show", sheet)["state"] == "closed"
    late = desk.done("record", "new", "QR-017-01", "--unit", "SH", *sets(row), who="clerk")["number"]
    rows = desk.done("record", "show", sheet)["rows"]
    assert [(each["number"], each["is_late"]) for each in rows] == [(first, False), (late, True)]


def test_a_signature_on_paper_is_entered_with_its_scan(desk: Desk, tmp_path: Path) -> None:
    number = desk.signed()
    (tmp_path / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    paper = ("record", "sign", number, "--paper", "scan.png", "--signer")
    assert desk.refused(*paper, " ")["kind"] == "values-refused"
    assert desk.done(*paper, "钱主任", "--witness", "孙", who="second")["signer"] == "钱主任"
    shown = desk.done("record", "show", number)
    signature = shown["sections"][1]["signatures"][0]
    assert (signature["name"], signature["entered_by"], signature["witness"]) == ("钱主任", "姓second", "孙")
    assert (signature["method"], signature["is_valid"]) == ("paper", None)
    assert signature["scan"] == shown["attachments"][0]["digest"]
    assert desk.run("record", "show", number) == 0
    assert "on paper, scan " in desk.out


def test_statistics_are_outdated_when_a_sheet_they_were_computed_from_changes(desk: Desk) -> None:
    year = str(int(YESTERDAY[:4]) - 1)
    issued = {
        "survey_year": year, "household": "1-1-0302", "issued_on": f"{year}-10-12", "return_by": f"{year}-11-06",
    }  # fmt: skip
    sheet = desk.done("record", "new", "QR-017-03", "--unit", "SH", *sets(issued))["number"]
    answers = {"overall": "very_satisfied", "received_on": f"{year}-11-05", "received_by": "门岗"}
    desk.done("record", "fill", sheet, *sets(answers))
    figures = {"survey_year": year, "objective": "90"}
    number = desk.done("record", "new", "QR-017-04", "--unit", "HQ", *sets(figures))["number"]
    shown = desk.done("record", "show", number)
    values = {field["id"]: field["value"] for field in shown["sections"][0]["fields"]}
    assert (values["sent_count"], values["returned_count"]) == ("1", "1")
    assert shown["is_outdated"] is False
    desk.done("record", "amend", sheet, "--set", "overall=dissatisfied", "--reason", "录错")
    assert desk.done("record", "show", number)["is_outdated"] is True


@pytest.mark.needs_libreoffice
def test_an_acting_command_publishes_what_it_did(desk: Desk, record_template: Stage[None]) -> None:
    (desk.root / "log.key").write_bytes((record_template.folder / "log.key").read_bytes())
    (desk.root / "log.key").chmod(0o600)
    number = desk.new()
    desk.done("record", "void", number, "--reason", "重复", who="staff")
    assert (desk.root / "archive" / "log" / "checkpoint").is_file()
    assert "archive" in {event["kind"] for event in desk.done("record", "history", number)["events"]}


def test_what_happened_long_ago_is_entered_with_its_reason(desk: Desk) -> None:
    long_ago = ("--occurred", "2020-01-02 09:40")
    refused = desk.refused("record", "new", "QR-017-02", *long_ago, *sets(RECEIVED), who="staff")
    assert refused["status"] == "2"
    number = desk.done(
        "record", "new", "QR-017-02", *long_ago, "--late-reason", "补录", *sets(RECEIVED), who="staff"
    )["number"]  # fmt: skip
    shown = desk.done("record", "show", number)
    assert (shown["occurred"], shown["late_reason"]) == ("2020-01-02 09:40", "补录")
    assert shown["late_days"] > 1000
    (event,) = desk.done("record", "history", number)["events"]
    assert (event["occurred_at"], event["effective_at"], event["flags"]) == ("2020-01-02T01:40:00Z", "", ["late"])
