import io
import sys
import time
import zipfile
from pathlib import Path

import pytest
from docx.document import Document as DocumentObject

from form_samples import SHIPPED
from recordkeeper.documents import quarantine
from recordkeeper.documents.document_text import text_of
from recordkeeper.documents.form_template import prepare_template
from recordkeeper.documents.ooxml import read_package
from recordkeeper.documents.quarantine import Trial, try_templates
from recordkeeper.documents.template_note import template_notes
from recordkeeper.findings import Severity
from word_samples import NAMES, docx_of, runs, small_docx, with_member

CONTEXT = {"customer": "张三", "content": "灯坏", "form": {"code": "QR-1"}, "rows": [{"no": "1", "caller": "甲"}] * 25}


def _nested(depth: int) -> bytes:
    """Loops within loops: each multiplies what the one around it prints."""
    opening = "".join(runs(f"{{%p for a{number} in rows %}}") for number in range(depth))
    return small_docx(opening + runs("x" * 200) + runs("{%p endfor %}") * depth)


def _deep() -> bytes:
    """Elements within elements, a hundred thousand deep."""
    body = "<w:sdt>" * 100_000 + "</w:sdt>" * 100_000
    return with_member(docx_of("x"), "word/document.xml", f"<w:document xmlns:w='w'>{body}</w:document>".encode())


def _bomb() -> bytes:
    buffer = io.BytesIO(docx_of("x"))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/image1.png", bytes(150 << 20))
    return buffer.getvalue()


def test_templates_are_tried_together_and_give_the_documents_that_this_process_would_make() -> None:
    first, second = docx_of("{{ customer }}"), docx_of("{{ content }}")
    trials = [Trial("a.docx", first, NAMES, [CONTEXT]), Trial("b.docx", second, NAMES, [CONTEXT, CONTEXT])]
    outcomes = try_templates(trials)
    assert [outcome.findings for outcome in outcomes] == [(), ()]
    assert outcomes[0].documents == (prepare_template(first, NAMES).template.render(CONTEXT),)
    assert [text_of(document) for document in outcomes[1].documents] == [text_of(outcomes[1].documents[0])] * 2


def test_nothing_to_try_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert try_templates([]) == []


def test_problems_come_back_with_file_part_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    trials = [
        Trial("a.docx", docx_of("{{ custmer }}"), NAMES),
        Trial("b.docx", b"no zip", NAMES),
        Trial("c.docx", docx_of("{{ content }}"), NAMES, [{}]),
    ]
    found = [[(finding.subject, finding.message) for finding in outcome.findings] for outcome in try_templates(trials)]
    assert found[0][0][0] == "a.docx/word/document.xml"
    assert "{{ custmer }}" in found[0][0][1]
    assert found[1] == [("b.docx", "expected a Word document (docx), found no zip file")]
    assert found[2][0][0] == "c.docx"
    assert "content" in found[2][0][1]


def test_split_tags_and_fonts_for_latin_letters_alone_are_noted_and_refuse_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")

    def change(document: DocumentObject) -> None:
        paragraph = document.add_paragraph()
        for text in ("顾客 {", "{ cust", "omer }", "}"):
            paragraph.add_run(text)
        document.add_paragraph().add_run("宋体字").font.name = "Arial"
        document.add_paragraph().add_run("Latin").font.name = "Courier"

    (outcome,) = try_templates([Trial("a.docx", docx_of("{{ content }}", change=change), NAMES, [CONTEXT])])
    assert (outcome.findings, len(outcome.documents)) == ((), 1)
    split, font = outcome.notes
    assert (split.subject, split.severity) == ("a.docx/word/document.xml", Severity.WARNING)
    assert split.message.startswith("{ | { cust | omer } | } → {{ customer }}: Word split it over 4 runs")
    assert font.message.startswith("Arial: 1 run ")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_there_is_nothing_to_note_of_a_shipped_template(path: Path) -> None:
    template = path.with_suffix(".docx")
    if template.is_file():
        assert list(template_notes(read_package(template.read_bytes(), path.stem))) == []


@pytest.mark.parametrize("docx", [_nested(5), _deep(), _bomb()], ids=["memory", "deep", "bomb"])
def test_what_eats_time_or_memory_is_stopped_and_named(docx: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "PROCESSOR_SECONDS", 2)
    began = time.monotonic()
    (outcome,) = try_templates([Trial("hostile.docx", docx, NAMES, [CONTEXT])])
    assert outcome.findings[0].subject.startswith("hostile.docx")
    assert outcome.documents == ()
    assert time.monotonic() - began < quarantine.WALL_SECONDS + 5


def test_one_that_takes_too_long_is_stopped_and_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setattr(quarantine, "PROCESSOR_SECONDS", 2)
    trials = [Trial("a.docx", docx_of("{{ customer }}"), NAMES), Trial("hostile.docx", _nested(7), NAMES, [CONTEXT])]
    fine, stopped = try_templates(trials)
    assert fine.findings == ()
    assert "2 seconds" in stopped.findings[0].message


def test_a_process_that_waits_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    sleeper.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    monkeypatch.setattr(quarantine, "WALL_SECONDS", 0.5)
    (outcome,) = try_templates([Trial("a.docx", docx_of("x"), NAMES)])
    assert len(outcome.findings) == 1
