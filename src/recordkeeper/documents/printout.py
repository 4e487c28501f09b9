"""Forms as PDF/A-3b: printed many at once, each page with its own print code, marked, the record's data attached.

The mark stands diagonally in light grey over the whole page and darkens nothing that is printed there. With pikepdf
installed (the extra ``pdf``) the record's JSON goes into the file; without it the PDF holds the pages alone.

Source: ISO 19005-3 (PDF/A-3), 6.8 (embedded files); ISO 32000-1, 11.3.5 (Multiply)
"""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from recordkeeper.documents.house_style import mm, paragraph, run
from recordkeeper.documents.ooxml import W, write_package
from recordkeeper.documents.page_code import codes_shown, counts_anew, number_pages
from recordkeeper.documents.pdf import to_pdf
from recordkeeper.documents.typeface import HEI

if TYPE_CHECKING:
    from pypdf import PageObject, PdfWriter

ATTACHED_NAME, ATTACHED_TYPE = "record.json", "application/json"
MARK_COLOUR = "DEDEDE"
_STRIP_MM, _STRIP_HEIGHT_MM, _LONGEST_POINTS = 260, 50, 620
_LATIN_WIDTH = 0.68
_LARGEST_POINTS = 110
_A4_DIAGONAL = math.hypot(595, 842)
_STATE, _MARKED_CONTENT = "/RecordkeeperMark", (b"BMC", b"BDC", b"EMC")
_MAKING = "D:19800101000000Z"


class Mark(StrEnum):
    """What a page says of its standing, across the whole of it."""

    NONE = ""
    DRAFT = "草稿 DRAFT"
    VOID = "作废 VOID"
    OBSOLETE = "作废 OBSOLETE"
    COPY = "副本 COPY"
    UNCONTROLLED = "非受控 UNCONTROLLED"


@dataclass(frozen=True, slots=True)
class Printout:
    """A Word file to be printed.

    Args:
        docx: the file.
        mark: what stands across its pages.
        attached: the record's JSON; empty where nothing is attached.
    """

    docx: bytes
    mark: Mark = Mark.NONE
    attached: bytes = b""


def print_pdfs(printouts: Mapping[str, Printout]) -> dict[str, bytes]:
    """The PDF of each printout, all made in one call; equal printouts give equal bytes on one machine.

    Raises:
        LibreOfficeMissingError: there is no LibreOffice.
        PdfFailedError: it failed.
    """
    marks = {each.mark for each in printouts.values()} - {Mark.NONE}
    # no document is called like a mark: names of records hold no line end
    strips = {f"\n{mark}": _strip(mark) for mark in sorted(marks)}
    pdfs = to_pdf({**{name: each.docx for name, each in printouts.items()}, **strips})
    printed: dict[str, bytes] = {}
    for name, each in printouts.items():
        strip = pdfs[f"\n{each.mark}"] if each.mark else b""
        pdf = _finished(pdfs[name], strip, each.docx)
        printed[name] = _with_attachment(pdf, each.attached) if each.attached else pdf
    return printed


def _strip(mark: Mark) -> bytes:
    """A Word file of one line: the mark, as large as it may be."""
    ems = sum(1 if ord(character) > 0x2E80 else _LATIN_WIDTH for character in mark)  # first ideograph
    points = min(_LARGEST_POINTS, round(_LONGEST_POINTS / ems))
    line = paragraph(run(mark, size=2 * points, font=HEI, colour=MARK_COLOUR), pitch=20 * points + 200, align="center")
    size = f'<w:pgSz w:w="{mm(_STRIP_MM)}" w:h="{mm(_STRIP_HEIGHT_MM)}"/>'
    margins = " ".join(f'w:{side}="0"' for side in ("top", "right", "bottom", "left", "header", "footer", "gutter"))
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    members = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1"'
        f' Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{line}<w:sectPr>{size}<w:pgMar {margins}/>'
        "</w:sectPr></w:body></w:document>",
    }
    return write_package({name: content.encode() for name, content in members.items()})


def _finished(pdf: bytes, strip: bytes, docx: bytes) -> bytes:
    """The PDF of a Word file with its pages numbered in their print codes, and with a mark where there is a strip."""
    from pypdf import PdfReader, PdfWriter

    codes = codes_shown(docx)
    if not strip and not codes:
        return pdf
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    original = PdfReader(io.BytesIO(pdf))
    if codes:
        number_pages(writer, codes, is_anew=counts_anew(docx))
    if strip:
        _mark_pages(writer, strip)
    writer.metadata, writer.pdf_header = original.metadata, original.pdf_header
    finished = io.BytesIO()
    writer.write(finished)
    return finished.getvalue()


def _mark_pages(writer: "PdfWriter", strip: bytes) -> None:
    from pypdf import PdfReader, Transformation

    mark = _shade(PdfReader(io.BytesIO(strip)).pages[0])
    wide, high = float(mark.mediabox.width), float(mark.mediabox.height)
    for page in writer.pages:
        page_wide, page_high = float(page.mediabox.width), float(page.mediabox.height)
        place = (
            Transformation()
            .translate(-wide / 2, -high / 2)
            .scale(math.hypot(page_wide, page_high) / _A4_DIAGONAL)
            .rotate(math.degrees(math.atan2(page_high, page_wide)))
            .translate(page_wide / 2, page_high / 2)
        )
        page.merge_transformed_page(mark, place)


def _shade(mark: "PageObject") -> "PageObject":
    """The page of a mark, its colour multiplied with what lies below it, and part of no document's structure."""
    from pypdf.generic import ContentStream, DictionaryObject, NameObject

    multiplied = DictionaryObject(
        {NameObject("/Type"): NameObject("/ExtGState"), NameObject("/BM"): NameObject("/Multiply")}
    )
    resources = mark["/Resources"].get_object()
    assert isinstance(resources, DictionaryObject)  # noqa: S101  # a page of LibreOffice's
    resources[NameObject("/ExtGState")] = DictionaryObject({NameObject(_STATE): multiplied})
    content = ContentStream(mark.get_contents(), mark.pdf)
    kept = [(operands, name) for operands, name in content.operations if name not in _MARKED_CONTENT]
    content.operations = [
        ([NameObject("/Artifact")], b"BMC"),
        ([NameObject(_STATE)], b"gs"),
        *kept,
        ([], b"EMC"),
    ]
    mark[NameObject("/Contents")] = content
    return mark


def _with_attachment(pdf: bytes, attached: bytes) -> bytes:
    """The PDF with the record's data in it, as its source."""
    try:
        import pikepdf
    except ImportError:
        return pdf
    with pikepdf.open(io.BytesIO(pdf)) as document:
        stream = document.make_stream(attached)
        stream.Type = pikepdf.Name.EmbeddedFile
        stream.Subtype = pikepdf.Name(f"/{ATTACHED_TYPE}")
        stream.Params = pikepdf.Dictionary(Size=len(attached), ModDate=_MAKING)
        file = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Filespec,
                F=ATTACHED_NAME,
                UF=ATTACHED_NAME,
                AFRelationship=pikepdf.Name.Source,
                EF=pikepdf.Dictionary(F=stream, UF=stream),
            )
        )
        names = pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String(ATTACHED_NAME), file]))
        document.Root.AF = pikepdf.Array([file])
        document.Root.Names = pikepdf.Dictionary(EmbeddedFiles=names)
        saved = io.BytesIO()
        document.save(saved, deterministic_id=True, compress_streams=True)
    return saved.getvalue()


def attached_record(pdf: bytes) -> bytes:
    """The record's JSON out of a PDF that this program made; empty where none is attached."""
    from pypdf import PdfReader

    found = PdfReader(io.BytesIO(pdf)).attachments.get(ATTACHED_NAME)
    return bytes(found[0]) if found else b""
