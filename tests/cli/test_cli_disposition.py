"""The command line of appraisal and destruction: one list to its certificate, rightly and wrongly."""

from pathlib import Path
from typing import Any

from company import FEEDBACK
from disposal_workspace import ROW_MONTH, old_desk
from record_workspace import Desk, sets

__all__ = ["old_desk"]
SHEET, LIST, CERTIFICATE = "QR-100-06", "QR-100-07", "QR-100-08"
OldDesk = tuple[Desk, tuple[str, ...]]


def appraised(desk: Desk) -> str:
    """The number of an approved appraisal sheet over all that waits to be appraised."""
    words = ("--decide", "destroy", "--why", "期满，无保存价值", "--place", "档案室")
    number = str(desk.done("retention", "appraise", *words, who="archivist")["number"])
    desk.done("record", "fill", number, *sets({"conclusion": "as_proposed", "holds": "无"}), who="appraiser")
    desk.done("record", "sign", number, who="appraiser")
    desk.done("retention", "approve", number, who="manager")
    return number


def ready(desk: Desk, *numbers: str) -> str:
    """The number of a list that may be executed."""
    sheet = appraised(desk)
    listed = str(desk.done("retention", "list-new", *numbers, "--appraisal", sheet, who="archivist")["number"])
    desk.done("record", "sign", listed, who="appraiser")
    desk.done("retention", "approve", listed, who="manager")
    for witness in ("witness", "witness2"):
        desk.done("record", "sign", listed, who=witness)
    return listed


def outcomes(done: dict[str, Any]) -> dict[str, str]:
    """What became of each item."""
    return {str(each["number"]): str(each["outcome"]) for each in done["results"]}


def test_a_list_goes_from_its_drawing_up_to_its_certificate(old_desk: OldDesk) -> None:
    desk, (first, second) = old_desk
    desk.done("archive", "resume", who="boss")
    listed = ready(desk)
    desk.done("retention", "hold", second, "--title", "纠纷", "--mandate", "民初字第 9 号", who="boss")
    done = desk.done("retention", "execute", listed, "--place", "档案室", "--yes", who="archivist")
    assert outcomes(done) == {first: "destroyed", second: "skipped", ROW_MONTH: "destroyed"}
    assert desk.done("retention", "certificate", listed, who="archivist") == done
    assert desk.run("record", "show", first, who="archivist") == 0
    assert "tombstone" in desk.out
    shown = desk.done("record", "show", "QR-017-01/2022-0001", who="archivist")
    assert (shown["list"], shown["sheet"], shown["names"]["approver"]) == (listed, ROW_MONTH, ["姓manager"])
    assert desk.done("record", "show", second, who="archivist")["state"] == "closed"
    assert desk.done("verify", who="boss")["counts"]["disposed"] == 4
    assert desk.refused("retention", "execute", listed, "--place", "档案室", "--yes", who="archivist")["status"] == "3"


def test_nobody_executes_a_list_on_which_they_have_another_part(old_desk: OldDesk) -> None:
    desk, (first, _second) = old_desk
    listed = ready(desk, first)
    for who in ("appraiser", "manager", "witness", "clerk"):
        error = desk.refused("retention", "execute", listed, "--place", "档案室", "--yes", who=who)
        assert (error["status"], error["kind"]) == ("3", "not-yours" if who == "clerk" else "two-parts")


def test_a_list_is_refused_for_what_is_not_appraised_a_row_an_unknown_record_and_a_wrong_method(
    old_desk: OldDesk,
) -> None:
    desk, (first, _second) = old_desk
    refused = [
        (("retention", "list-new", first), "3", "not-eligible"),
        (("retention", "list-new", "QR-017-01/2022-0001"), "2", "not-on-list"),
        (("retention", "list-new", "QR-017-02/2022-0099"), "4", "unknown-record"),
        (("retention", "list-new"), "4", "nothing-to-list"),
        (("retention", "approve", first), "2", "no-list"),
        (("retention", "execute", first, "--place", "x", "--yes"), "2", "no-list"),
        (("retention", "certificate", first), "4", "no-certificate"),
    ]
    for words, status, kind in refused:
        error = desk.refused(*words, who="archivist")
        assert (error["status"], error["kind"]) == (status, kind), words


def test_a_request_of_erasure_goes_from_its_list_to_a_record_that_says_what_was_erased(old_desk: OldDesk) -> None:
    desk, (first, second) = old_desk
    desk.done("archive", "resume", who="boss")
    basis = ("--basis", "个人信息保护法第四十七条，2026-11 号请求")
    drawn_up = desk.done("retention", "erase", first, "--field", "customer", *basis, who="archivist")
    listed = str(drawn_up["number"])
    assert drawn_up["also_in"] == {}
    shown = desk.done("record", "show", listed, who="archivist")
    assert FEEDBACK["customer"] not in str(shown)
    assert "反馈人" in str(shown)
    desk.done("record", "sign", listed, who="appraiser")
    desk.done("retention", "approve", listed, who="manager")
    for witness in ("witness", "witness2"):
        desk.done("record", "sign", listed, who=witness)
    done = desk.done("retention", "execute", listed, "--place", "档案室", "--yes", who="archivist")
    assert outcomes(done) == {first: "destroyed"}
    assert done["results"][0]["tombstones"][0]["erased"] == ["customer"]
    desk.done("archive", "resume", who="boss")
    assert desk.run("record", "show", first, who="clerk") == 0
    assert "Erased on request: Customer; tombstone 1" in desk.out
    assert "已删除 (tombstone 1)" in desk.out
    assert "given before values were erased" in desk.out
    assert FEEDBACK["customer"] not in desk.out
    told = desk.done("record", "show", first, who="clerk")
    assert told["erasures"][0]["places"] == ["customer"]
    assert {each["is_valid"] for each in told["signatures"]} == {None}
    assert desk.done("verify", who="boss")["counts"]["disposed"] == 1
    refused = [
        (("retention", "erase", second, *basis), "2", "usage"),
        (("retention", "erase", second, "--whole", "--field", "phone", *basis), "2", "usage"),
        (("retention", "erase", second, "--field", "phone", "--permitted-by", "x", *basis), "2", "usage"),
        (("retention", "erase", first, "--field", "customer", *basis), "2", "nothing-to-erase"),
        (("retention", "erase", second, "--field", "phone", "--basis", " "), "2", "no-basis"),
        (("retention", "erase", "QR-017-02/2022-0099", "--whole", *basis), "4", "unknown-record"),
        (("retention", "erase", listed, "--field", "method", *basis), "2", "not-on-list"),
    ]
    for words, status, kind in refused:
        error = desk.refused(*words, who="archivist")
        assert (error["status"], error["kind"]) == (status, kind), words


def test_a_record_stands_on_one_list_at_a_time(old_desk: OldDesk) -> None:
    desk, (first, second) = old_desk
    words = ("--decide", "destroy", "--why", "期满", "--place", "档案室")
    sheet = str(desk.done("retention", "appraise", first, *words, who="archivist")["number"])
    error = desk.refused("retention", "appraise", first, second, *words, who="archivist")
    assert (error["status"], error["kind"]) == ("3", "not-eligible")
    assert f"{first}: on another list, {sheet}" in error["found"]
    assert second not in error["found"]
    basis = ("--basis", "个人信息保护法第四十七条，2026-11 号请求")
    listed = str(desk.done("retention", "erase", first, "--field", "customer", *basis, who="archivist")["number"])
    for asked in ("customer", "phone"):
        error = desk.refused("retention", "erase", first, "--field", asked, *basis, who="archivist")
        assert f"{first}: on another list, {listed}" in error["found"]
    assert error["message"].startswith("destruction list: 1 record refused: ")
    desk.done("record", "void", listed, "--reason", "请求撤回", who="archivist")
    assert desk.done("retention", "erase", first, "--field", "phone", *basis, who="archivist")["number"] != listed


def test_an_erasure_list_says_that_it_is_on_request_and_no_due_date(old_desk: OldDesk) -> None:
    desk, (first, _second) = old_desk
    basis = ("--basis", "个人信息保护法第四十七条，2026-11 号请求")
    listed = str(desk.done("retention", "erase", first, "--field", "customer", *basis, who="archivist")["number"])
    sections = desk.done("record", "show", listed, who="archivist")["sections"]
    [[row]] = [field["value"] for each in sections for field in each["fields"] if field["id"] == "records_listed"]
    assert "due_on" not in row
    assert row["appraisal"].startswith("依请求删除")


def test_paper_that_is_not_due_is_named_with_its_day(old_desk: OldDesk, tmp_path: Path) -> None:
    desk, _numbers = old_desk
    paper = tmp_path / "paper.csv"
    head = "number,title,created_on,due_on,period,pages,appraisal\n"
    row = "{number},值班簿,2022-12-31,{due_on},3 年,318,期满\n"
    early = [row.format(number=number, due_on="2199-01-02") for number in ("纸-02", "纸-03")]
    paper.write_text(head + row.format(number="纸-01", due_on="2025-12-31") + "".join(early), encoding="utf-8")
    error = desk.refused("retention", "list-new", "--paper", str(paper), "--method", "shredded", who="archivist")
    assert (error["status"], error["kind"]) == ("3", "not-eligible")
    assert error["found"] == "纸-02: not due before 2199-01-02; 纸-03: not due before 2199-01-02"
    paper.write_text(head + row.format(number="纸-01", due_on=""), encoding="utf-8")
    error = desk.refused("retention", "list-new", "--paper", str(paper), "--method", "shredded", who="archivist")
    assert (error["status"], error["kind"], error["subject"]) == ("2", "not-on-list", "纸-01")


def test_a_list_is_not_drawn_up_by_a_sheet_that_is_not_approved(old_desk: OldDesk) -> None:
    desk, (first, _second) = old_desk
    words = ("--decide", "destroy", "--why", "期满", "--place", "档案室")
    sheet = str(desk.done("retention", "appraise", first, *words, who="archivist")["number"])
    error = desk.refused("retention", "list-new", "--appraisal", sheet, who="archivist")
    assert (error["status"], error["kind"], error["subject"]) == ("3", "not-ready", sheet)
    assert (error["expected"], error["found"]) == ("an approved appraisal sheet", "open")


def test_an_approval_before_its_turn_names_both_sections(old_desk: OldDesk) -> None:
    desk, (first, _second) = old_desk
    basis = ("--basis", "个人信息保护法第四十七条，2026-11 号请求")
    listed = str(desk.done("retention", "erase", first, "--field", "customer", *basis, who="archivist")["number"])
    error = desk.refused("retention", "approve", listed, who="manager")
    assert (error["status"], error["kind"]) == ("3", "not-its-turn")
    assert error["expected"] == "the signature of Appraised (appraised) first"
    assert error["found"] == "that of Approved (approved)"


def test_nobody_is_asked_about_an_execution_that_is_refused_anyhow(old_desk: OldDesk) -> None:
    desk, (first, _second) = old_desk
    basis = ("--basis", "个人信息保护法第四十七条，2026-11 号请求")
    listed = str(desk.done("retention", "erase", first, "--field", "customer", *basis, who="archivist")["number"])
    error = desk.refused("retention", "execute", listed, "--place", "档案室", who="archivist")
    assert (error["kind"], error["expected"]) == ("not-ready", "an approved list")
    desk.done("record", "sign", listed, who="appraiser")
    desk.done("retention", "approve", listed, who="manager")
    for witness in ("witness", "witness2"):
        desk.done("record", "sign", listed, who=witness)
    error = desk.refused("retention", "execute", listed, "--place", "档案室", who="clerk")
    assert (error["status"], error["kind"]) == ("3", "not-yours")
    error = desk.refused("retention", "execute", listed, "--place", "档案室", who="archivist")
    assert (error["status"], error["kind"]) == ("2", "not-confirmed")


def test_an_attachment_that_is_not_there_is_told_from_those_that_are(old_desk: OldDesk, tmp_path: Path) -> None:
    desk, (first, _second) = old_desk
    basis = ("--basis", "个人信息保护法第四十七条，2026-11 号请求")
    erase = ("retention", "erase", first, "--attachment", "foo.jpg", *basis)
    error = desk.refused(*erase, who="archivist")
    assert (error["status"], error["kind"], error["found"]) == ("2", "no-such-file", "foo.jpg")
    assert error["expected"] == "a record with attachments"
    photo = tmp_path / "bar.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0 a photo")
    desk.done("record", "attach", first, str(photo), who="clerk")
    assert desk.refused(*erase, who="archivist")["expected"] == "one of its attachments: bar.jpg"


def test_other_fields_that_hold_an_erased_text_are_told_by_their_titles(old_desk: OldDesk) -> None:
    desk, (first, _second) = old_desk
    basis = ("--basis", "个人信息保护法第四十七条，2026-11 号请求")
    desk.done("record", "amend", first, "--set", f"content={FEEDBACK['customer']}报修", "--reason", "补记", who="clerk")
    assert desk.run("retention", "erase", first, "--field", "customer", *basis, who="archivist") == 0, desk.err
    assert "also stands in Content" in desk.err
