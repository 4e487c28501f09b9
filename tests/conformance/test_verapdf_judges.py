"""veraPDF, the validator of the PDF Association's members, judges what is printed."""

from datetime import date
from pathlib import Path

import pytest

from form_samples import FORMS, OF_P02
from recordkeeper.documents.pdf_pack import pdf_pack
from recordkeeper.documents.printout import Mark, Printout, print_pdfs
from recordkeeper.services.drafting import draft_in_file
from recordkeeper.services.previewing import Variant
from verapdf import judge

# register, form, questionnaire, statistics with a chart, notice, agreement of several A5 copies, cover of a file
KINDS = [*OF_P02, FORMS / "P05" / "QR-105-04.yaml", FORMS / "P06" / "QR-C-09.yaml"]


@pytest.mark.needs_libreoffice
@pytest.mark.needs_verapdf
def test_every_printed_form_is_pdf_a_3b_with_its_record_and_its_mark_and_the_judge_knows_better(tmp_path: Path) -> None:
    printouts = {
        path.stem: Printout(draft_in_file(path).preview(Variant.AMENDED, date(2026, 11, 23)), mark, b'{"acts":[]}')
        for path, mark in zip(KINDS, [Mark.NONE, *Mark], strict=True)
    }
    pdfs = print_pdfs(printouts)
    pdfs["pack"] = pdf_pack(pdfs)
    # unmarked to be PDF/A, the judge must find it broken
    pdfs["broken"] = pdfs[OF_P02[0].stem].replace(b"<pdfaid:part>3", b"<pdfaid:part>7")
    files = []
    for name, pdf in pdfs.items():
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(pdf)
    *said, broken = judge(*files)
    assert said == ["compliant"] * (len(KINDS) + 1)
    assert broken.startswith("broken:")
