import io
import json
from typing import Any

import pypdfium2
import pytest
from docx.document import Document as DocumentObject
from PIL import Image
from pypdf import PdfReader

from recordkeeper.documents.printout import Mark, Printout, attached_record, print_pdfs
from recordkeeper.documents.stored_file import State, StoredFile, look_into
from word_samples import docx_of


def _two_pages(document: DocumentObject) -> None:
    document.add_paragraph("乙方").paragraph_format.page_break_before = True


DOCX = docx_of("甲方：许国良 ☑ ①", change=_two_pages)
RECORD = json.dumps({"subject": "record/QR-1", "acts": [{"name": "许国良"}]}, ensure_ascii=False).encode()
PRINTOUTS = {
    "plain": Printout(DOCX),
    "attached": Printout(DOCX, attached=RECORD),
    "void": Printout(DOCX, Mark.VOID, RECORD),
    **{f"mark/{mark.name}": Printout(DOCX, mark) for mark in Mark if mark},
}
pytestmark = pytest.mark.needs_libreoffice


@pytest.fixture(scope="module")
def printed() -> dict[str, bytes]:
    return print_pdfs(PRINTOUTS)


def _pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        texts = [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
    finally:
        document.close()
    return texts


def _picture(pdf: bytes) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        image: Image.Image = document[0].render(scale=1).to_pil().convert("L")
    finally:
        document.close()
    return image


def test_every_page_says_its_mark_and_a_page_without_one_says_nothing(printed: dict[str, bytes]) -> None:
    for mark in filter(None, Mark):
        pages = _pages(printed[f"mark/{mark.name}"])
        assert len(pages) == 2
        assert all("".join(mark.split()) in "".join(page.split()) for page in pages), mark
    plain = "".join(_pages(printed["plain"]))
    assert not any(word in plain for mark in filter(None, Mark) for word in mark.split())


def test_a_mark_is_light_grey_all_over_the_page_and_hides_nothing(printed: dict[str, bytes]) -> None:
    plain, marked = _picture(printed["plain"]), _picture(printed["mark/DRAFT"])
    changed = [(now, before) for before, now in zip(plain.tobytes(), marked.tobytes(), strict=True) if before != now]
    assert len(changed) > plain.width * plain.height / 50
    assert all(now < before for now, before in changed)
    assert min(now for now, before in changed if before == 255) > 200


def test_the_record_is_in_the_pdf_as_its_source_byte_for_byte(printed: dict[str, bytes]) -> None:
    assert attached_record(printed["attached"]) == attached_record(printed["void"]) == RECORD
    assert attached_record(printed["plain"]) == b""
    catalogue: Any = PdfReader(io.BytesIO(printed["attached"])).trailer["/Root"]
    (file,) = catalogue["/AF"]
    assert file.get_object()["/AFRelationship"] == "/Source"
    assert file.get_object()["/EF"]["/F"]["/Subtype"] == "/application/json"


def test_equal_printouts_give_equal_bytes(printed: dict[str, bytes]) -> None:
    again = print_pdfs({name: PRINTOUTS[name] for name in ("void", "attached", "plain")})
    assert again == {name: printed[name] for name in again}


def test_what_the_program_prints_opens_lasts_and_runs_nothing(printed: dict[str, bytes]) -> None:
    found = look_into([StoredFile(name, pdf, is_archival=True) for name, pdf in printed.items()])
    assert {(each.opens, each.lasts, each.is_inert) for each in found} == {(State.OK, State.OK, State.OK)}
