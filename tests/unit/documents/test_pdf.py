import stat
from pathlib import Path

import pypdfium2
import pytest

from recordkeeper.documents import pdf
from recordkeeper.documents.pdf import LibreOfficeMissingError, PdfFailedError, find_libreoffice, to_pdf
from word_samples import docx_of


def _program(folder: Path, script: str) -> None:
    path = folder / "soffice"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        pages = [document[number] for number in range(len(document))]
        text = "".join(page.get_textpage().get_text_bounded() for page in pages)
    finally:
        document.close()
    return text


def test_without_libreoffice_the_debian_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LibreOfficeMissingError, match="libreoffice-writer-nogui"):
        to_pdf({"a": docx_of("x")})


def test_nothing_asked_for_needs_no_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert to_pdf({}) == {}


def test_a_document_that_comes_back_without_a_pdf_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path, "echo 'source file could not be loaded'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(PdfFailedError, match=r"QR-017-02/2026-0001.*could not be loaded"):
        to_pdf({"QR-017-02/2026-0001": b"x"})


def test_a_program_that_does_not_answer_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path, f"echo $$ > {tmp_path}/pid; sleep 600")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(pdf, "START_SECONDS", 1)
    monkeypatch.setattr(pdf, "SECONDS_A_DOCUMENT", 0)
    with pytest.raises(PdfFailedError, match="no answer in 1 seconds"):
        to_pdf({"a": b"x"})
    process = Path("/proc") / (tmp_path / "pid").read_text().strip()
    assert not process.exists() or "Z" in (process / "stat").read_text().split()[2]


@pytest.mark.needs_libreoffice
def test_many_documents_become_pdfs_in_one_call_whatever_they_are_called() -> None:
    assert find_libreoffice().is_file()
    documents = {"QR-017-02/2026-0001": docx_of("第一份 ☑ ①"), "../../etc/passwd": docx_of("第二份")}
    pdfs = to_pdf(documents)
    assert list(pdfs) == list(documents)
    assert "第一份" in _text(pdfs["QR-017-02/2026-0001"])
    assert "第二份" in _text(pdfs["../../etc/passwd"])


@pytest.mark.needs_libreoffice
def test_a_pdf_does_not_depend_on_when_it_was_made() -> None:
    documents = {"a": docx_of("第一份 ☑ ①")}
    first = to_pdf(documents)["a"]
    assert to_pdf(documents)["a"] == first
    assert b"D:19800101000000" in first
    assert "第一份" in _text(first)
