"""Signatures as people read them: who, when, what it means, how it was given, in every rendering; and who may give one.

Source: 21 CFR 11.50, 11.70, 11.200; P-11, P-12, P-13
"""

import csv
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from record_workspace import RECEIVED, SECRET, YESTERDAY, Desk, desk, record_template, sets
from recordkeeper import verifier
from recordkeeper.cli.main import main
from recordkeeper.model.rendition import MEANINGS
from stage import Stage

__all__ = ["desk", "record_template"]

CLOSED_LIST = {chinese for chinese, _english in MEANINGS.values()}
PAPER_SIGNER, WITNESS = "钱主任", "孙"


@pytest.fixture
def signed(desk: Desk, tmp_path: Path) -> tuple[str, dict[str, Any]]:
    """A closed record, filled for somebody else, one section of it signed on paper; its number and its view."""
    desk.language = "zh"
    new = ("record", "new", "QR-017-02", "--for", "许国良", *sets(RECEIVED))
    number = str(desk.done(*new, who="staff")["number"])
    desk.done("record", "sign", number, who="staff")
    (tmp_path / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    paper = ("record", "sign", number, "--paper", "scan.png", "--signer", PAPER_SIGNER, "--witness", WITNESS)
    desk.done(*paper, who="second")
    for who, values in (
        ("quality", {"responsible": "engineering", "analysis": "灯具超过使用年限", "measures_due": "2199-01-31"}),
        ("engineer", {"measures": "更换灯具 9 盏", "completed_on": YESTERDAY}),
        ("quality", {"result": "effective", "verification": "现场点亮 9 盏"}),
    ):
        desk.done("record", "fill", number, *sets(values), who=who)
        desk.done("record", "sign", number, who=who)
    shown = desk.done("record", "show", number)
    assert shown["state"] == "closed"
    return number, shown


def expected_of(shown: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, time to the second in the company's zone, and meaning of each signature."""
    said = [(each["name"], each["local"][:19], each["meaning"]) for each in shown["signatures"]]
    assert len(said) == 5
    for name, local, meaning in said:
        assert name
        assert datetime.strptime(local, "%Y-%m-%d %H:%M:%S").year > 2000  # noqa: DTZ007 - its zone stands beside it
        assert meaning in CLOSED_LIST
    return said


def docx_text(path: Path) -> str:
    with zipfile.ZipFile(path) as package:
        return "".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", package.read("word/document.xml").decode()))


def assert_all_said(text: str, shown: dict[str, Any]) -> None:
    joined = "".join(text.split())
    for name, local, meaning in expected_of(shown):
        for said in (name, local, meaning):
            assert "".join(said.split()) in joined
    for said in (PAPER_SIGNER, WITNESS, "姓second"):
        assert said in joined


def test_p11_word_terminal_tables_and_json_show_name_time_and_meaning(
    desk: Desk, signed: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    number, shown = signed
    desk.done("record", "render", number, "--output", "x.docx")
    assert_all_said(docx_text(tmp_path / "x.docx"), shown)
    assert desk.run("record", "show", number) == 0
    assert_all_said(desk.out, shown)
    for name in ("x.xlsx", "x.csv", "x.json"):
        desk.done("record", "export", number, "--output", name)
    (sheet,) = CalamineWorkbook.from_path(tmp_path / "x.xlsx").sheet_names
    rows = CalamineWorkbook.from_path(tmp_path / "x.xlsx").get_sheet_by_name(sheet).to_python()
    assert_all_said(str(rows[1][rows[0].index("签名")]), shown)
    table = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text("utf-8-sig"))))
    assert_all_said(table[0]["签名"], shown)
    assert json.loads((tmp_path / "x.json").read_text("utf-8"))["records"][0]["signatures"] == shown["signatures"]


@pytest.mark.needs_libreoffice
def test_p11_the_printed_page_shows_name_time_and_meaning(
    desk: Desk, signed: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    number, shown = signed
    desk.done("record", "render", number, "--pdf", "--output", "x.pdf")
    assert_all_said("".join(page.extract_text() for page in PdfReader(tmp_path / "x.pdf").pages), shown)


def test_p11_who_filled_for_somebody_is_named_with_both_everywhere(
    desk: Desk, signed: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    number, shown = signed
    assert (shown["sections"][0]["filled_by"], shown["sections"][0]["filled_for"]) == ("姓staff", "许国良")
    assert desk.run("record", "show", number) == 0
    assert re.search("姓staff.{0,8}许国良", desk.out)
    desk.done("record", "render", number, "--output", "x.docx")
    assert "姓staff代 许国良 填" in docx_text(tmp_path / "x.docx")


def test_p11_the_clerk_is_never_shown_as_the_signer_of_paper(desk: Desk, signed: tuple[str, dict[str, Any]]) -> None:
    _number, shown = signed
    (paper,) = (each for each in shown["signatures"] if each["method"] == "paper")
    assert (paper["name"], paper["entered_by"], paper["witness"]) == (PAPER_SIGNER, "姓second", WITNESS)
    assert paper["scan"] in {each["digest"] for each in shown["attachments"]}
    assert paper["is_valid"] is None


def test_p13_a_signature_given_by_a_script_is_marked_unattended_in_every_rendering(
    desk: Desk, signed: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    number, shown = signed
    electronic = [each for each in shown["signatures"] if each["method"] != "paper"]
    assert [each["is_unattended"] for each in electronic] == [True] * 4
    desk.done("record", "render", number, "--output", "x.docx")
    assert docx_text(tmp_path / "x.docx").count("（无人值守）") == len(electronic)
    assert desk.run("record", "show", number) == 0
    assert desk.out.count("无人值守") == len(electronic)
    desk.done("record", "export", number, "--output", "x.csv")
    assert (tmp_path / "x.csv").read_text("utf-8-sig").count("无人值守") == len(electronic)
    flags = [each["flags"] for each in desk.listed("audit", "log", "--subject", number) if each["kind"] == "sign"]
    assert flags.count("unattended") == len(electronic)


def test_p13_signing_asks_for_the_passphrase_again_and_a_wrong_one_signs_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is open all the while: it is not enough to sign."""
    number = desk.new()
    monkeypatch.delenv("RECORDKEEPER_PASSPHRASE")
    assert desk.refused("record", "sign", number, who="staff")["status"] == "3"
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "wrong horse battery")
    refused = desk.refused("record", "sign", number, who="staff")
    assert (refused["status"], refused["kind"]) == ("3", "wrong-passphrase")
    assert desk.done("record", "show", number)["signatures"] == []
    assert len(desk.events("wrong-passphrase")) == 1


def test_p13_whoever_types_the_passphrase_at_a_terminal_signs_attended(desk: Desk) -> None:
    number = desk.new()
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "RECORDKEEPER_PASSPHRASE"}
    command = [sys.executable, "-m", "recordkeeper", "record", "sign", number, "--as", "staff"]
    with subprocess.Popen(
        [*command, "--workspace", str(desk.root)], env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        said = b""
        while b":" not in said:
            said += os.read(ours, 1024)
        os.write(ours, f"{SECRET}\n".encode())
        assert process.wait(timeout=120) == 0
    os.close(ours)
    (signature,) = desk.done("record", "show", number)["signatures"]
    assert (signature["is_unattended"], signature["is_valid"]) == (False, True)


def test_p13_a_shared_account_fills_and_signs_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody could say whose signature it would be."""
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE", SECRET)
    desk.done("user", "add", "duty", "--name", "前台", "--shared", who="boss")
    desk.done("user", "grant", "duty", "field_staff", "--unit", "SH", who="boss")
    by_duty = ("--workspace", str(desk.root), "--as", "duty", "--lang", "en", "--json")
    capsys.readouterr()
    assert main(["record", "new", "QR-017-02", *sets(RECEIVED), *by_duty], {}) == 0
    number = json.loads(capsys.readouterr().out)["number"]
    assert main(["record", "sign", number, *by_duty], {}) == 3
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "no-key"
    assert desk.done("record", "show", number)["signatures"] == []


def test_p12_a_retired_key_signs_nothing_more_and_what_it_signed_stays_valid(
    desk: Desk, record_template: Stage[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A leaver, and a forgotten passphrase: both verifiers take the signatures before, and the new key after."""
    monkeypatch.setenv("PATH", "")
    before, other = desk.closed(), desk.new()
    desk.done("user", "disable", "staff", "--reason", "离职", "--yes", who="boss")
    assert desk.refused("record", "sign", other, who="staff")["status"] == "3"
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE", "another horse battery")
    desk.done("user", "passphrase", "quality", "--reason", "忘记口令", who="boss")
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "another horse battery")
    by_quality = ("--workspace", str(desk.root), "--as", "quality")
    assert main(["record", "amend", before, "--set", "analysis=灯具老化", "--reason", "写错", *by_quality], {}) == 0
    shown = desk.done("record", "show", before)
    assert {each["is_valid"] for each in shown["signatures"]} == {True}
    shutil.copy(record_template.folder / "log.key", desk.root / "log.key")
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
    desk.done("archive", "resume", who="boss")
    assert desk.done("verify")["verdict"] == "ok"
    with closing(verifier.Medium(desk.root / "archive")) as medium:
        alone = verifier.verify(medium)
    assert (alone.verdict, alone.answer("signatures"), alone.counts["signatures"] > 3) == ("ok", "ok", True)
