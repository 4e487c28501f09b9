"""A hundred hostile Word files and spreadsheets, and twenty templates that eat time or memory."""

import io
import json
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hostile_documents import ENTITIES, hostile_files
from recordkeeper.documents import quarantine
from recordkeeper.documents.ooxml import DocumentRefusedError
from recordkeeper.documents.quarantine import Trial, try_templates
from recordkeeper.documents.workbook import format_workbook
from recordkeeper.documents.workbook_reader import read_sheet
from word_samples import NAMES, docx_of, runs, small_docx, with_member

MEGABYTES, SECONDS = 512, 10
CONTEXT = {"customer": "张三", "content": "灯坏", "form": {"code": "QR-1"}, "rows": [{"no": "1", "caller": "甲"}] * 25}
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"
SPREADSHEET = format_workbook("QR-1", ["栏", "旁"], [["一", "二"], ["=1+1", "四"]])


# ---- broken and malicious files --------------------------------------------------------------------------------------


def test_hostile_word_files_are_refused_one_by_one_and_none_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    files = list(hostile_files(docx_of("{{ customer }}"), "word/document.xml"))
    assert len(files) > 50
    outcomes = try_templates([Trial(f"{what}.docx", data, NAMES, [CONTEXT]) for what, data in files])
    unanswered = [outcome.findings[0].message for outcome in outcomes if outcome.findings]
    assert not [message for message in unanswered if "512 MB" in message]  # each was answered, within the limits
    assert len(unanswered) > 50  # some flipped bits and members that nothing refers to do no harm
    assert all(outcome.findings or outcome.documents for outcome in outcomes)


def _tall(what: str) -> bytes:
    """A spreadsheet as large as one can be that passes the gate, of one thing a great many times."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{{}}</sheetData></worksheet>'
    made = {
        "rows": sheet.format("<row/>" * 1_100_000),
        "cells": sheet.format(("<row>" + "<c><v>7</v></c>" * 30 + "</row>") * 9_000),
        "more cells than are read": sheet.format(("<row>" + "<c/>" * 900 + "</row>") * 3_000),
        "pieces in a cell": sheet.format("<row><c>" + "<x/>" * 2_000_000 + "</c></row>"),
        "letters": sheet.format('<row><c t="str"><v>' + "a" * 60_000_000 + "</v></c></row>"),
        "merges": sheet.replace("</sheetData>", "</sheetData><mergeCells>{}</mergeCells>").format(
            "", '<mergeCell ref="A1:A1048576"/>' * 60_000
        ),
    }[what]
    padded = with_member(SPREADSHEET, "xl/media/image1.png", os.urandom(700_000))  # for the gate's 100:1
    return with_member(padded, SHEET, made.encode())


def read_all(paths: list[str]) -> list[tuple[str, float]]:
    """How reading each spreadsheet ended, and the processor seconds it took; run in a process with little memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20,) * 2)
    ended: list[tuple[str, float]] = []
    for path in paths:
        began = time.process_time()
        try:
            said = str(len(read_sheet(Path(path).read_bytes(), "hostile.xlsx", most_rows=20_000).lines))
        except DocumentRefusedError as refusal:
            said = str(refusal)
        ended.append((said, time.process_time() - began))
    return ended


def test_hostile_spreadsheets_are_read_or_refused_within_ten_seconds_and_512_megabytes(tmp_path: Path) -> None:
    files = list(hostile_files(SPREADSHEET, SHEET))
    files += [
        (f"many {what}", _tall(what))
        for what in ("rows", "cells", "more cells than are read", "pieces in a cell", "letters", "merges")
    ]
    paths = [tmp_path / f"{number}.xlsx" for number in range(len(files))]
    for path, (_what, data) in zip(paths, files, strict=True):
        path.write_bytes(data)
    program = "import json, sys, test_hostile_documents as hostile; print(json.dumps(hostile.read_all(sys.argv[1:])))"
    search = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    process = subprocess.run(
        [sys.executable, "-c", program, *map(str, paths)],
        env={**os.environ, "PYTHONPATH": search, "LANGUAGE": "en"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert process.returncode == 0, process.stderr[-2000:]
    ended = json.loads(process.stdout)
    assert len(ended) == len(files) > 55
    assert [
        (what, seconds) for (what, _data), (_said, seconds) in zip(files, ended, strict=True) if seconds > SECONDS
    ] == []
    assert sum("hostile.xlsx" in said for said, _seconds in ended) > 50


# ---- templates that eat time or memory -------------------------------------------------------------------------------


def _nested(depth: int) -> bytes:
    """Loops within loops: each multiplies what the one around it prints."""
    opening = "".join(runs(f"{{%p for a{number} in rows %}}") for number in range(depth))
    return small_docx(opening + runs("x" * 200) + runs("{%p endfor %}") * depth)


def _bomb(*names: str, size: int = 150 << 20) -> bytes:
    buffer = io.BytesIO(docx_of("x"))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, bytes(size))
    return buffer.getvalue()


def _body(xml: str) -> bytes:
    return with_member(
        small_docx(""),
        "word/document.xml",
        f"<w:document xmlns:w='http://x'><w:body>{xml}</w:body></w:document>".encode(),
    )


EATERS: dict[str, Callable[[], bytes]] = {
    "five loops": lambda: _nested(5),
    "nine loops": lambda: _nested(9),
    "a hundred loops": lambda: _nested(100),
    "elements in elements": lambda: _body("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000),
    "tables in tables": lambda: small_docx("<w:tbl><w:tr><w:tc>" * 8000 + "</w:tc></w:tr></w:tbl>" * 8000),
    "a picture of 150 MB": lambda: _bomb("word/media/image1.png"),
    "pictures of 60 MB": lambda: _bomb(*(f"word/media/image{number}.png" for number in range(4)), size=60 << 20),
    "a part of 150 MB": lambda: with_member(docx_of("x"), "word/styles.xml", bytes(150 << 20)),
    "names of names": lambda: with_member(docx_of("x"), "word/styles.xml", ENTITIES),
    "millions of elements": lambda: _body("<w:p/>" * 8_000_000),
    "a text of 20 MB": lambda: small_docx(runs("a" * 20_000_000)),
    "openings without an end": lambda: small_docx(runs("{{ " * 200_000)),
    "blocks without an end": lambda: small_docx(runs("{% if rows %}" * 20_000)),
    "a condition of many terms": lambda: small_docx(
        runs("{% if " + " and ".join(["rows"] * 100_000) + " %}x{% endif %}")
    ),
    "a condition in brackets": lambda: small_docx(
        runs("{% if " + "(" * 50_000 + "rows" + ")" * 50_000 + " %}x{% endif %}")
    ),
    "a condition of negations": lambda: small_docx(runs("{% if " + "not " * 100_000 + "rows %}x{% endif %}")),
    "a long name": lambda: small_docx(runs("{{ " + "a" * 5_000_000 + " }}")),
    "many tags in a paragraph": lambda: small_docx(runs("{{ customer }} " * 20_000)),
    "a tag in many runs": lambda: small_docx(runs("{", "{", *"a" * 60_000, "}", "}")),
    "instructions in many runs": lambda: small_docx(
        "<w:p>" + "<w:r><w:instrText>INCLUDE</w:instrText></w:r>" * 200_000 + "</w:p>"
    ),
}


@pytest.mark.parametrize("what", EATERS)
def test_what_eats_time_or_memory_is_stopped_and_named(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "PROCESSOR_SECONDS", 2)
    began = time.monotonic()
    (outcome,) = try_templates([Trial(f"{what}.docx", EATERS[what](), NAMES, [CONTEXT])])
    assert outcome.findings
    assert outcome.findings[0].subject.startswith(what)
    assert outcome.documents == ()
    assert time.monotonic() - began < quarantine.WALL_SECONDS + 10
