"""Fonts stand in a PDF in one order, wherever LibreOffice had them in its memory."""

import io
import re
import zlib
from itertools import permutations
from typing import Any

import pytest
from pypdf import PdfReader

from recordkeeper.documents.constant_pdf import constant
from recordkeeper.documents.font_order import with_fonts_in_order
from recordkeeper.documents.pdf import to_pdf
from word_samples import docx_of

FONTS = {"BAAAAA": b"serif", "CAAAAA": b"sans", "ABAAAA": b"bold"}
BEFORE = 93  # objects, so that numbers have two figures and three


def laid_out(order: tuple[str, ...], between: bytes = b"") -> bytes:
    """A PDF written in LibreOffice's manner, its fonts embedded in ``order``; ``between`` two objects of a font."""
    bodies: list[bytes] = [b"<</Type/StructElem/T(7 0 R and 96 0 R)>>"] * BEFORE
    numbers: dict[str, int] = {}
    for tag in order:
        first = len(bodies) + 1
        file, characters = (zlib.compress(data) for data in (b"96 0 R " + FONTS[tag], FONTS[tag] * 9))
        name = tag.encode() + b"+Noto"
        bodies += (
            b"<</Length %d 0 R/Filter/FlateDecode/Length1 9>>\nstream\n%b\nendstream" % (first + 1, file),
            b"%d" % len(file),
            b"<</Type/FontDescriptor/FontName/%b\n/Flags 4\n/FontFile2 %d 0 R\n>>" % (name, first),
            b"<</Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (len(characters), characters),
            b"<</Type/Font/Subtype/TrueType/BaseFont/%b\n/Widths[0 500 ]\n/FontDescriptor %d 0 R\n/ToUnicode %d 0 R\n>>"
            % (name, first + 2, first + 3),
        )
        numbers[tag] = len(bodies)
    used = b"".join(b"/F%d %d 0 R" % (number, numbers[tag]) for number, tag in enumerate(FONTS, 1))
    last = len(bodies)
    bodies += (
        b"<<%b\n>>" % used,
        b"<</Type/Page/Parent %d 0 R/Resources<</Font %d 0 R>>/MediaBox[0 0 9 9]>>" % (last + 3, last + 1),
        b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (last + 2),
        b"<</Type/Catalog/Pages %d 0 R>>" % (last + 3),
    )
    written, entries = b"%PDF-1.7\n", b""
    for number, body in enumerate(bodies, 1):
        entries += b"%010d 00000 n \n" % len(written)
        written += b"%d 0 obj\n%b\nendobj\n\n" % (number, body)
        written += between if number == BEFORE + 2 else b""
    table = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return written + table % (len(bodies) + 1, entries, len(bodies) + 1, len(bodies), len(written))


def used_fonts(pdf: bytes) -> dict[str, tuple[str, str, bytes]]:
    """Of each font of the first page, by its name there: what it and its descriptor are called, and its file."""
    fonts: Any = PdfReader(io.BytesIO(pdf), strict=True).pages[0]["/Resources"]
    described = {name: font.get_object() for name, font in fonts["/Font"].items()}
    return {
        name: (
            font["/BaseFont"],
            font["/FontDescriptor"]["/FontName"],
            font["/FontDescriptor"]["/FontFile2"].get_data().partition(b"R ")[2],
        )
        for name, font in described.items()
    }


def test_fonts_written_in_any_order_give_the_same_bytes() -> None:
    orders = list(permutations(FONTS))
    assert len({constant(laid_out(order), b"x") for order in orders}) == 1
    assert len({laid_out(order) for order in orders}) == len(orders)


@pytest.mark.parametrize("order", list(permutations(FONTS)), ids="-".join)
def test_each_font_stays_the_one_that_a_page_names(order: tuple[str, ...]) -> None:
    ordered = with_fonts_in_order(laid_out(order))
    assert [match.decode() for match in re.findall(rb"FontName/(\w+)\+", ordered)] == list(FONTS)
    assert used_fonts(ordered) == {
        f"/F{number}": (f"/{tag}+Noto", f"/{tag}+Noto", data) for number, (tag, data) in enumerate(FONTS.items(), 1)
    }
    assert ordered.count(b"/T(7 0 R and 96 0 R)") == BEFORE


def test_what_is_not_written_like_that_is_left_as_it_is() -> None:
    order = tuple(reversed(FONTS))
    pdf = laid_out(order)
    for other in (
        b"",
        b"%PDF-1.7\n",
        laid_out(tuple(FONTS)),
        laid_out(order, b"% a remark\n").replace(b"96 0 obj", b"96 1 obj"),
        pdf.replace(b"/FontFile2", b"/FontFile9"),
        pdf.replace(b"0000000000 65535 f ", b"0000000000 65535 n "),
        pdf.replace(b"\n0 ", b"\n1 "),
        pdf.replace(b" 00000 n", b" 00001 n", 1),
        pdf.replace(b"startxref", b"startxerf").replace(b"trailer", b"treiler"),
    ):
        assert with_fonts_in_order(other) == other


@pytest.mark.needs_libreoffice
def test_the_fonts_of_libreoffice_are_known_by_the_letters_before_their_names() -> None:
    """Letters exchanged, which moves no byte, stand for fonts that were written in another order."""
    made = to_pdf({"a": docx_of("记录 Recordkeeper ☑ 2026")})["a"]
    tags = re.findall(rb"/FontDescriptor/FontName/([A-Z]{6})\+", made)
    assert len(tags) > 1
    assert tags == sorted(tags, key=lambda tag: tag[::-1])
    first, last = tags[0] + b"+", tags[-1] + b"+"
    exchanged = made.replace(first, b"@@@@@@@").replace(last, first).replace(b"@@@@@@@", last)
    ordered = with_fonts_in_order(exchanged)
    assert ordered != exchanged
    assert re.findall(rb"/FontDescriptor/FontName/([A-Z]{6})\+", ordered) == tags
    one, other = (PdfReader(io.BytesIO(pdf), strict=True).pages[0].extract_text() for pdf in (made, ordered))
    assert one == other
