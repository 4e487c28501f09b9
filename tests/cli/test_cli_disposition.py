"""The command line of appraisal and destruction: one list to its certificate, rightly and wrongly."""

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
