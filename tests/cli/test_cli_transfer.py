"""The command line of a transfer, M-3: one list from its drawing up to what stays, rightly and wrongly."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from disposal_workspace import ROW_MONTH, old_desk
from record_workspace import Desk, sets
from recordkeeper.documents.document_text import text_of
from stage import SQLITE

__all__ = ["old_desk"]
OldDesk = tuple[Desk, tuple[str, ...]]
RECEIVER = "区档案馆"
ON_SQLITE = pytest.mark.parametrize("database", [SQLITE])
ALL = ("QR-017-02/2022-0001", "QR-017-02/2022-0002", ROW_MONTH)
CHECKED = {"check_result": "complete"}


def appraised(desk: Desk, *numbers: str) -> None:
    """Let an appraisal decide that records are transferred."""
    words = ("--decide", "transfer", "--why", "永久保存，移交进馆", "--place", "档案室")
    sheet = str(desk.done("retention", "appraise", *numbers, *words, who="archivist")["number"])
    desk.done("record", "fill", sheet, *sets({"conclusion": "as_proposed", "holds": "无"}), who="appraiser")
    desk.done("record", "sign", sheet, who="appraiser")
    desk.done("retention", "approve", sheet, who="manager")


def report_on(desk: Desk, *numbers: str) -> str:
    """The number of a report that concludes that these records are fit to be transferred."""
    done = desk.done("archive", "test", *numbers, "--occasion", "transfer", who="archivist")
    report = str(done["number"])
    desk.done("record", "fill", report, *sets({"conclusion": "fit"}), who="clerk")
    desk.done("record", "sign", report, who="clerk")
    return report


def drawn_up(desk: Desk, *numbers: str, test: str = "") -> str:
    """The number of a new transfer list."""
    words = ("--to", RECEIVER, "--reason", "永久档案进馆", "--test", test or report_on(desk, *(numbers or ALL)))
    return str(desk.done("retention", "transfer-new", *numbers, *words, who="archivist")["number"])


def approved(desk: Desk) -> str:
    """The number of an approved list over both old records."""
    desk.done("party", "add", RECEIVER, "--kind", "firm", who="boss")
    desk.done("archive", "resume", who="boss")
    appraised(desk)
    listed = drawn_up(desk)
    desk.done("retention", "approve", listed, who="manager")
    return listed


def packed(desk: Desk, listed: str, file: Path) -> str:
    """The digest of the package of a list, which is checked item by item."""
    digest = str(desk.done("retention", "pack", listed, str(file), who="archivist")["digest"])
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()
    desk.done("record", "fill", listed, *sets(CHECKED), who="archivist")
    return digest


def receipt(folder: Path) -> tuple[str, ...]:
    """What is given of a receipt on paper."""
    scan = folder / "receipt.pdf"
    scan.write_bytes(b"%PDF-1.7 received and signed")
    return "--paper", str(scan), "--signer", "钱馆员", "--witness", "孙见证"


def received(desk: Desk, folder: Path) -> str:
    """The number of a list whose package is in the receiver's hands."""
    listed = approved(desk)
    digest = packed(desk, listed, folder / "package.zip")
    desk.done("retention", "receive", listed, "--digest", digest, *receipt(folder), who="archivist")
    return listed


def outcomes(desk: Desk, *words: str) -> dict[str, str]:
    """What became of each item when a list is handed over."""
    done = desk.done("retention", "hand-over", *words, "--yes", who="archivist")
    return {str(each["number"]): str(each["outcome"]) for each in done["results"]}


def test_a_transfer_goes_from_its_list_to_tombstones_that_say_where_to(old_desk: OldDesk, tmp_path: Path) -> None:
    desk, (first, second) = old_desk
    listed = received(desk, tmp_path)
    shown = desk.done("record", "show", listed, who="archivist")
    assert shown["state"] == "closed"
    desk.done("retention", "hold", second, "--title", "纠纷", "--mandate", "民初字第 9 号", who="boss")
    assert outcomes(desk, listed, "--keep", "nothing") == {
        ROW_MONTH: "transferred", first: "transferred", second: "skipped",
    }  # fmt: skip
    stone = desk.done("record", "show", first, who="archivist")
    package = hashlib.sha256((tmp_path / "package.zip").read_bytes()).hexdigest()
    assert (stone["transferred_to"], stone["list"], stone["package"]) == (RECEIVER, listed, package)
    assert stone["names"]["receiver"] == ["on paper"]
    assert desk.run("record", "show", first, who="archivist") == 0
    assert f"transferred to {RECEIVER}" in desk.out
    assert desk.done("record", "show", second, who="archivist")["state"] == "closed"
    verified = desk.done("verify", who="boss")
    assert (verified["verdict"], verified["counts"]["disposed"]) == ("ok", 4)
    error = desk.refused("retention", "hand-over", listed, "--keep", "nothing", "--yes", who="archivist")
    assert (error["status"], error["kind"]) == ("3", "not-ready")
    rebuilt = tmp_path / "rebuilt"
    key = ("--log-key", str(desk.root / "log.key"))
    made = desk.done("archive", "rebuild", str(rebuilt), "--from", str(desk.root / "archive"), *key, who="boss")
    assert (made["verdict"] == "altered", made["destroyed"]) == (False, 4)  # passphrases are in no archive


@ON_SQLITE
def test_the_package_holds_the_listed_records_and_what_it_takes_to_check_them(
    old_desk: OldDesk, tmp_path: Path
) -> None:
    desk, numbers = old_desk
    listed, file = approved(desk), tmp_path / "package.zip"
    packed(desk, listed, file)
    with zipfile.ZipFile(file) as bag:
        names = set(bag.namelist())
        bag.extractall(tmp_path / "out")
    folder = tmp_path / "out" / "package"
    assert f"package/transfer/{listed.replace('/', '_')}.docx" in names
    assert f"Recordkeeper-Transfer-List: {listed}" in (folder / "bag-info.txt").read_text("utf-8")
    verifier = Path(__file__).resolve().parents[2] / "src" / "recordkeeper" / "verifier.py"
    shutil.copy(verifier, tmp_path)
    told = subprocess.run(  # the verifier that is shipped, upon our own package
        [sys.executable, str(tmp_path / "verifier.py"), str(file), "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    records = {name for name in names if name.startswith("package/proofs/record/")}
    report = desk.done("record", "find", "--form", "QR-100-10", who="archivist")["records"][0]["number"]
    assert records == {f"package/proofs/record/{number}.json" for number in (*numbers, report)}
    assert f"package/proofs/sheet/{ROW_MONTH}.json" in names


def test_records_that_are_handed_over_and_kept_are_marked_as_copies(old_desk: OldDesk, tmp_path: Path) -> None:
    desk, numbers = old_desk
    listed = received(desk, tmp_path)
    assert outcomes(desk, listed, "--keep", "copies") == dict.fromkeys((*numbers, ROW_MONTH), "marked")
    for number in numbers:
        shown = desk.done("record", "show", number, who="archivist")
        assert (shown["state"], shown["transferred_to"], shown["transferred_by"]) == ("closed", RECEIVER, listed)
        desk.done("record", "render", number, "--output", str(tmp_path / "copy.docx"), who="clerk")
        assert "副本" in text_of((tmp_path / "copy.docx").read_bytes())
        (tmp_path / "copy.docx").unlink()
    told = {each["number"]: each["outcome"] for each in desk.listed("retention", "list", who="archivist")}
    assert {told[number] for number in numbers} == {"transferred"}
    assert not {each["number"] for each in desk.listed("retention", "due", who="archivist")} & set(numbers)
    assert desk.done("verify", who="boss")["verdict"] == "ok"


@ON_SQLITE
def test_nothing_leaves_before_the_receipt_of_the_right_package(old_desk: OldDesk, tmp_path: Path) -> None:
    desk, (first, _second) = old_desk
    desk.done("party", "add", RECEIVER, "--kind", "firm", who="boss")
    error = desk.refused(
        "retention", "transfer-new", first, "--to", RECEIVER, "--reason", "进馆", "--test", first, who="archivist"
    )
    assert (error["status"], error["kind"]) == ("3", "not-eligible")
    desk.done("archive", "resume", who="boss")
    appraised(desk)
    listed, package = drawn_up(desk), tmp_path / "package.zip"
    hand_over = ("retention", "hand-over", listed, "--keep", "nothing", "--yes")
    receive = ("retention", "receive", listed, *receipt(tmp_path))

    def check_refused(*words: str, status: str = "3", kind: str = "not-ready", who: str = "archivist") -> None:
        error = desk.refused(*words, who=who)
        assert (error["status"], error["kind"]) == (status, kind), words

    check_refused("retention", "pack", listed, str(package))
    check_refused(*hand_over)
    check_refused(*hand_over[:-1])  # and nobody is asked first
    check_refused("retention", "approve", listed, kind="not-yours")
    desk.done("retention", "approve", listed, who="manager")
    check_refused("retention", "pack", listed, str(package), kind="not-yours", who="clerk")
    check_refused(*receive, "--digest", "0" * 64)
    digest = packed(desk, listed, package)
    check_refused("retention", "pack", listed, str(tmp_path / "other.zip"), kind="packed-already")
    check_refused("retention", "pack", listed, str(tmp_path / "other.txt"), "--anew", status="2", kind="bad-parameter")
    check_refused("retention", "pack", listed, str(package), "--anew", status="2", kind="bag-exists")
    anew = ("retention", "pack", listed, str(tmp_path / "anew.zip"), "--anew")
    digest = str(desk.done(*anew, who="archivist")["digest"])
    check_refused(*receive, "--digest", "0" * 64, kind="wrong-package")
    check_refused(*receive, "--digest", "sealed", status="2", kind="no-digest")
    for day in ("2020-01-01", "2199-01-01"):
        check_refused(*receive, "--digest", digest, "--on", day, status="2", kind="receipt-date")
    signed = ("--paper", str(tmp_path / "receipt.pdf"), "--signer", "钱馆员", "--witness", "孙见证")
    check_refused("record", "sign", listed, "--section", "received", *signed)
    check_refused(*hand_over)
    own = (*receive[:-3], "姓archivist", "--witness", "孙见证", "--digest", digest)
    check_refused(*own, kind="two-parts")
    desk.done(*receive, "--digest", digest.upper(), who="archivist")
    check_refused("retention", "pack", listed, str(tmp_path / "again.zip"))
    for who, kind in (("manager", "two-parts"), ("clerk", "not-yours")):
        check_refused(*hand_over, kind=kind, who=who)
    check_refused("retention", "execute", listed, "--place", "x", "--yes", status="2", kind="no-list")
    assert desk.done("record", "show", first, who="archivist")["state"] == "closed"


@ON_SQLITE
def test_a_record_is_on_one_transfer_list_at_a_time(old_desk: OldDesk) -> None:
    desk, (first, second) = old_desk
    listed = approved(desk)
    words = ("--to", RECEIVER, "--reason", "进馆", "--test", listed)
    error = desk.refused("retention", "transfer-new", first, *words, who="archivist")
    assert (error["kind"], listed in error["found"]) == ("not-eligible", True)
    assert desk.refused("retention", "transfer-new", *words, who="archivist")["kind"] == "nothing-to-list"
    desk.done("record", "void", listed, "--reason", "另编清册", who="archivist")
    assert drawn_up(desk, second) != listed


@ON_SQLITE
def test_what_exists_on_paper_alone_is_handed_over_without_a_package(old_desk: OldDesk, tmp_path: Path) -> None:
    desk, _numbers = old_desk
    desk.done("party", "add", RECEIVER, "--kind", "firm", who="boss")
    paper = tmp_path / "paper.csv"
    paper.write_text("number,title,created_on,period,pages\n图-01,竣工图,2015-06-30,管理期,412\n", encoding="utf-8")
    words = ("--to", RECEIVER, "--reason", "合同终止", "--paper", str(paper))
    listed = str(desk.done("retention", "transfer-new", *words, who="archivist")["number"])
    desk.done("retention", "approve", listed, who="manager")
    error = desk.refused("retention", "pack", listed, str(tmp_path / "package.zip"), who="archivist")
    assert (error["status"], error["kind"]) == ("3", "not-ready")
    desk.done("record", "fill", listed, *sets(CHECKED), who="archivist")
    desk.done("retention", "receive", listed, *receipt(tmp_path), who="archivist")
    assert outcomes(desk, listed, "--keep", "nothing") == {"图-01": "transferred"}
    assert desk.done("verify", who="boss")["verdict"] == "ok"


@ON_SQLITE
def test_nothing_is_listed_or_approved_without_a_report_that_it_is_fit(old_desk: OldDesk) -> None:
    desk, (first, second) = old_desk
    desk.done("party", "add", RECEIVER, "--kind", "firm", who="boss")
    desk.done("archive", "resume", who="boss")
    early = report_on(desk, first)
    appraised(desk)
    desk.done("archive", "resume", who="boss")
    words = ("retention", "transfer-new", first, "--to", RECEIVER, "--reason", "进馆")
    other = str(desk.done("archive", "test", second, "--occasion", "transfer", who="archivist")["number"])
    for report in ((), ("--test", first), ("--test", other), ("--test", early)):  # none, no report, of others, outdated
        error = desk.refused(*words, *report, who="archivist")
        assert (error["status"], error["kind"]) == ("3", "untested"), report
    assert desk.refused(*words, "--test", "QR-100-10/2022-0099", who="archivist")["status"] == "4"
    open_report = str(desk.done("archive", "test", first, "--occasion", "transfer", who="archivist")["number"])
    listed = str(desk.done(*words, "--test", open_report, who="archivist")["number"])
    assert desk.refused("retention", "approve", listed, who="manager")["kind"] == "untested"
    desk.done("record", "fill", open_report, *sets({"conclusion": "fit"}), who="clerk")
    desk.done("record", "sign", open_report, who="clerk")
    desk.done("retention", "approve", listed, who="manager")


def test_no_transfer_is_drawn_up_for_a_day_that_is_over(old_desk: OldDesk) -> None:
    desk, (first, _second) = old_desk
    words = ("--to", RECEIVER, "--reason", "永久档案进馆", "--on", "2020-01-01")
    error = desk.refused("retention", "transfer-new", first, *words, who="archivist")
    assert (error["status"], error["kind"], error["found"]) == ("2", "past-transfer", "2020-01-01")
