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
    monkeypatch.setattr(pdf, "LONGEST_PAUSE_SECONDS", 1)
    with pytest.raises(PdfFailedError, match="no answer in 1 seconds"):
        to_pdf({"a": b"x"})
    process = Path("/proc") / (tmp_path / "pid").read_text().strip()
    assert not process.exists() or "Z" in (process / "stat").read_text().split()[2]


OFFICE = """\
home="$HOME"; profile=$(basename "$home"); shift 8; outdir="$1"; shift; mkdir -p "$outdir"
echo "$profile $#" >> {log}
for file in "$@"; do
    case $(cat "$file") in
        hangs) sleep 600;;
        breaks) exit 77;;
        half) printf '%%PDF-1.7 half' > "$outdir/$(basename "$file" .docx).pdf"; exit 1;;
        once) [ -e {log}.once ] || {{ touch {log}.once; exit 81; }};;
    esac
    printf '%%PDF-1.7 %s\\n%%%%EOF\\n' "$(cat "$file")" > "$outdir/$(basename "$file" .docx).pdf"
done"""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that fails as LibreOffice does, over documents that say how; the log says who was called with what."""
    log = tmp_path / "log"
    _program(tmp_path, OFFICE.format(log=log))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(pdf, "LONGEST_PAUSE_SECONDS", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return log


def test_many_documents_are_shared_among_several_programs_each_with_its_profile(office: Path) -> None:
    documents = {f"QR-1/{number}": f"d{number}".encode() for number in range(30)}
    made = to_pdf(documents)
    assert list(made) == list(documents)
    assert all(documents[name] in data for name, data in made.items())
    assert sorted(office.read_text().splitlines()) == ["office-0-1 15", "office-1-1 15"]


def test_a_hundred_and_ten_documents_are_no_more_than_fifty_a_call(office: Path) -> None:
    to_pdf({str(number): b"x" for number in range(110)})
    assert sorted(line.split()[1] for line in office.read_text().splitlines()) == ["36", "37", "37"]


def test_a_program_that_breaks_down_once_is_started_anew_with_another_profile(office: Path) -> None:
    made = to_pdf({"a": b"x", "b": b"once", "c": b"y"})
    assert [b"x" in made["a"], b"once" in made["b"], b"y" in made["c"]] == [True] * 3
    assert office.read_text().splitlines() == ["office-0-1 3", "office-0-2 1", "office-0-3 1"]


@pytest.mark.parametrize("how", ["hangs", "breaks", "half"])
def test_the_document_at_fault_is_named_and_no_other(office: Path, how: str) -> None:
    with pytest.raises(PdfFailedError, match="QR-1/2"):
        to_pdf({"QR-1/1": b"x", "QR-1/2": how.encode(), "QR-1/3": b"y"})
    assert office.read_text().splitlines() == ["office-0-1 3", "office-0-2 1"]


@pytest.mark.needs_libreoffice
def test_many_documents_become_pdfs_in_one_call_whatever_they_are_called() -> None:
    assert find_libreoffice().is_file()
    documents = {"QR-017-02/2026-0001": docx_of("第一份 ☑ ①"), "../../etc/passwd": docx_of("第二份")}
    pdfs = to_pdf(documents)
    assert list(pdfs) == list(documents)
    assert "第一份" in _text(pdfs["QR-017-02/2026-0001"])
    assert "第二份" in _text(pdfs["../../etc/passwd"])


@pytest.mark.needs_libreoffice
def test_a_pdf_does_not_depend_on_when_or_after_which_others_it_was_made() -> None:
    documents = {"a": docx_of("第一份 ☑ ①"), "b": docx_of("第二份 ①②")}
    pdfs = to_pdf(documents)
    first = pdfs["a"]
    assert to_pdf({name: documents[name] for name in ("b", "a")}) == pdfs
    assert to_pdf({"b": documents["b"]})["b"] == pdfs["b"]
    assert b"D:19800101000000" in first
    assert "第一份" in _text(first)
