"""The command line of the test of the four properties: each fails by what was done to it, and names the record."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from disposal_workspace import ROW_MONTH, old_desk
from record_workspace import Desk, sets
from recordkeeper.cli.workspace import find_workspace
from stage import SQLITE
from tampering import tampering

__all__ = ["old_desk"]
OldDesk = tuple[Desk, tuple[str, ...]]


def answers(done: dict[str, Any]) -> dict[str, str]:
    """What is said of each property."""
    return {name: each["answer"] for name, each in done["properties"].items()}


def failures(done: dict[str, Any]) -> set[tuple[str, str]]:
    """The checks that failed, with the records of which."""
    return {(each["check"], each["of"]) for each in done["failures"]}


def object_of(desk: Desk, number: str) -> Path:
    """The folder of a record's object."""
    return find_workspace(desk.root).storage_root.object_path(f"record/{number}")


def tried(desk: Desk, *words: str, status: int = 1) -> dict[str, Any]:
    """What a test tells that draws up nothing."""
    assert desk.run("archive", "test", *words, "--occasion", "filing", "--dry-run", "--json", who="archivist") == status
    return dict(json.loads(desk.out))


def test_a_report_is_drawn_up_when_records_are_filed_and_once_a_year(old_desk: OldDesk, tmp_path: Path) -> None:
    desk, numbers = old_desk
    desk.done("archive", "resume", who="boss")
    assert desk.done("status", who="boss")["test_due_on"] == "2023-11-23"
    assert answers(tried(desk, status=6))["usable"] == "cannot assess"  # as of verify; the report itself is done
    desk.done("archive", "mirror", str(tmp_path / "mirror"), who="boss")
    done = desk.done("archive", "test", "--occasion", "filing", who="archivist")
    assert set(done["records"]) == {*numbers, ROW_MONTH}
    assert answers(done) == {"authentic": "ok", "complete": "ok", "usable": "cannot assess", "safe": "ok"}
    assert {each for each in done["properties"]["usable"]["reasons"] if "without a PDF" not in each} == set()
    report = desk.done("record", "show", done["number"], who="archivist")
    assert report["state"] == "open"
    refused = desk.refused("archive", "test", "--occasion", "filing", who="archivist")
    assert (refused["status"], refused["kind"]) == ("4", "nothing-to-test")
    desk.done("record", "fill", done["number"], *sets({"conclusion": "fit"}), who="clerk")
    desk.done("record", "sign", done["number"], who="clerk")
    desk.done("archive", "resume", who="boss")
    filed_next = desk.done("archive", "test", "--occasion", "filing", who="archivist")
    assert filed_next["records"] == [done["number"]]
    assert filed_next["properties"]["safe"]["answer"] == "cannot assess"  # the mirror is behind
    first = desk.done("archive", "test", "--occasion", "yearly", "--shares", "2", who="archivist")
    second = desk.done("archive", "test", "--occasion", "yearly", "--shares", "2", who="archivist")
    assert [first["share"], second["share"]] == [[1, 2], [2, 2]]
    assert not set(first["records"]) & set(second["records"])
    assert {*first["records"], *second["records"]} == {*numbers, ROW_MONTH, done["number"]}
    assert desk.done("verify", who="boss")["verdict"] == "ok"
    assert desk.done("status", who="boss")["test_due_on"] > "2026"


@pytest.mark.parametrize("database", [SQLITE])
def test_a_yearly_report_goes_on_where_the_last_one_was_full(
    old_desk: OldDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, numbers = old_desk
    monkeypatch.setattr("recordkeeper.services.property_report.MOST_TESTED", 1)
    reports = [desk.done("archive", "test", "--occasion", "yearly", who="archivist") for _turn in range(3)]
    assert [report["left"] for report in reports] == [2, 1, 0]
    assert {number for report in reports for number in report["records"]} == {*numbers, ROW_MONTH}


def test_a_test_is_refused_for_rows_what_is_not_archived_and_who_does_not_draw_up_reports(old_desk: OldDesk) -> None:
    desk, (first, _second) = old_desk
    refused = [
        ((first, "--occasion", "transfer"), "3", "not-archived", "archivist"),
        (("--occasion", "filing"), "4", "nothing-to-test", "archivist"),
        (("QR-017-01/2022-0001", "--occasion", "transfer"), "2", "not-testable", "archivist"),
        (("QR-017-02/2022-0099", "--occasion", "transfer"), "4", "unknown-record", "archivist"),
        ((first, "--occasion", "filing"), "3", "not-yours", "clerk"),
    ]
    for words, status, kind, who in refused:
        error = desk.refused("archive", "test", *words, "--dry-run", who=who)
        assert (error["status"], error["kind"]) == (status, kind), words
    assert desk.run("archive", "test", "--occasion", "transfer", who="archivist") == 2
    assert desk.run("archive", "test", first, "--occasion", "yearly", "--shares", "2", who="archivist") == 2


def flip(folder: Path) -> None:
    file = next(folder.glob("v1/content/*.docx"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def remove(folder: Path) -> None:
    next(folder.glob("v1/content/*.docx")).unlink()


def stray(folder: Path) -> None:
    (folder / "v1" / "content" / "notes.txt").write_text("x", encoding="utf-8")


def open_to_all(folder: Path) -> None:
    os.chmod(next(folder.glob("v1/content/*.docx")), 0o666)  # noqa: PTH101


DAMAGE: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a flipped byte": (flip, "authentic", "digests"),
    "a missing file": (remove, "complete", "files"),
    "a stray file": (stray, "safe", "stray"),
    "open permissions": (open_to_all, "safe", "permissions"),
}


@pytest.mark.parametrize("database", [SQLITE])
@pytest.mark.parametrize("damage", DAMAGE)
def test_what_was_done_to_an_object_fails_the_property_it_belongs_to(old_desk: OldDesk, damage: str) -> None:
    desk, (first, second) = old_desk
    desk.done("archive", "resume", who="boss")
    do, asked, check = DAMAGE[damage]
    do(object_of(desk, first))
    done = tried(desk, first, second)
    assert failures(done) == {(check, first)}
    assert answers(done)[asked] == "failed"
    assert [name for name, answer in answers(done).items() if answer == "failed"] == [asked]


@pytest.mark.parametrize("database", [SQLITE])
def test_a_pdf_that_cannot_be_read_is_not_usable_and_a_macro_is_not_safe(old_desk: OldDesk, tmp_path: Path) -> None:
    desk, (first, second) = old_desk
    broken, macro = tmp_path / "scan.pdf", tmp_path / "old.xls"
    broken.write_bytes(b"%PDF-1.7 torn off")
    macro.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "_VBA_PROJECT".encode("utf-16-le"))
    desk.done("record", "attach", first, str(broken), who="clerk")
    desk.done("record", "attach", second, str(macro), who="clerk")
    desk.done("archive", "resume", who="boss")
    done = tried(desk, first, second)
    assert failures(done) == {("opens", first), ("inert", second)}
    assert (answers(done)["usable"], answers(done)["safe"]) == ("failed", "failed")
    assert answers(done)["authentic"] == "ok"
    report = desk.run("archive", "test", first, "--occasion", "filing", who="archivist")
    assert (report, "scan.pdf" in desk.out) == (1, True)
    found = desk.done("record", "find", "--form", "QR-100-10", who="archivist")
    number = found["records"][0]["number"]
    values = desk.done("record", "show", number, who="archivist")
    assert first in str(values)


@pytest.mark.parametrize("database", [SQLITE])
def test_acts_that_the_trail_does_not_tell_fail_authenticity(old_desk: OldDesk) -> None:
    desk, (first, second) = old_desk
    desk.done("archive", "resume", who="boss")
    with tampering(desk.url) as connection:
        connection.exec_driver_sql(
            f"UPDATE act SET content = replace(content, '代表甲', '代表乙') WHERE subject = 'record/{first}'"
        )
    done = tried(desk, first, second)
    assert {("trail", first), ("signatures", first), ("digests", first)} <= failures(done)
    assert {of for _check, of in failures(done)} == {first}
    assert [name for name, answer in answers(done).items() if answer == "failed"] == ["authentic"]
