import io
from typing import Any

import pytest
import segno
import zxingcpp
from docx import Document
from docx.document import Document as DocumentObject
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from recordkeeper.documents.document_text import text_of
from recordkeeper.documents.form_template import FormTemplate, TemplateRefusedError, ValueLostError, prepare_template
from recordkeeper.documents.print_code import PRINT_CODE, picture
from recordkeeper.documents.qr_symbol import symbol
from recordkeeper.documents.template_names import TemplateNames
from recordkeeper.model.print_code import PrintCode
from word_samples import docx_of, member

CODE = str(PrintCode("ABCDEFGHJK", 12))
NAMES = TemplateNames(
    values=frozenset({"customer", "print_code"}),
    wanted={"print_code": (frozenset({"print_code"}),)},
    figures={"print_code": PRINT_CODE},
)
CONTEXT: dict[str, Any] = {"customer": "张三", "print_code": CODE}


def _template(docx: bytes) -> FormTemplate:
    return prepare_template(docx, NAMES).template


def _read(png: bytes) -> str:
    image = ImageOps.expand(Image.open(io.BytesIO(png)).convert("L"), 32, 255)
    (found,) = zxingcpp.read_barcodes(image)
    return found.text


@pytest.mark.parametrize("text", [CODE, "0" * 30, "ABC -./:", "Z" * 38])
def test_the_picture_says_the_text_in_one_bit_a_pixel(text: str) -> None:
    png = picture(text)
    image = Image.open(io.BytesIO(png))
    assert (image.mode, image.size) == ("1", (200, 200))
    assert _read(png) == text
    assert picture(text) == png


def _by_segno(text: str) -> bytes:
    made = segno.make(text, version=2, error="m", mode="alphanumeric", mask=2, boost_error=False, micro=False)
    return b"".join(bytes(b"01"[module] for module in line) for line in made.matrix)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", min_size=1, max_size=38))
def test_the_symbol_is_that_of_another_encoder_and_a_reader_reads_it(text: str) -> None:
    modules = symbol(text)
    # where the text ends at the end of a word, segno adds a word of nothing before the padding; readers take both
    if len(text) not in {7, 10, 23, 26}:
        assert modules == _by_segno(text)
    image = Image.frombytes("L", (25, 25), modules.translate(bytes.maketrans(b"01", b"\xff\x00")))
    (found,) = zxingcpp.read_barcodes(ImageOps.expand(image.resize((100, 100), Image.Resampling.NEAREST), 20, 255))
    assert found.text == text


@pytest.mark.parametrize("text", ["Z" * 39, "abc", "中"])
def test_a_text_that_no_code_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text[:3]):
        symbol(text)


def test_a_template_shows_the_code_where_its_tag_stands_in_body_and_header() -> None:
    def change(document: DocumentObject) -> None:
        document.sections[0].header.paragraphs[0].text = "{{ print_code }}"

    out = _template(docx_of("{{ customer }} {{ print_code }}", change=change)).render(CONTEXT)
    opened = Document(io.BytesIO(out))
    (shape,) = opened.inline_shapes
    assert shape.width.mm == shape.height.mm == 25
    header = opened.sections[0].header.part
    assert [part.partname for part in header.related_parts.values()] == [f"/{PRINT_CODE.part}"]
    assert _read(member(out, PRINT_CODE.part)) == CODE
    assert text_of(out).count("张三") == 1


def test_equal_records_give_equal_bytes_and_another_state_another_code() -> None:
    template = _template(docx_of("{{ print_code }}"))
    assert template.render(CONTEXT) == template.render(dict(CONTEXT))
    later = template.render(CONTEXT | {"print_code": str(PrintCode("ABCDEFGHJK", 13))})
    assert _read(member(later, PRINT_CODE.part)) != CODE


def test_a_blank_shows_no_code() -> None:
    out = _template(docx_of("{{ print_code }}")).render(CONTEXT | {"print_code": ""})
    opened = Document(io.BytesIO(out))
    assert len(opened.inline_shapes) == 0
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(member(out, PRINT_CODE.part))).convert("L")) == []


def test_a_code_that_a_condition_hides_is_an_error() -> None:
    template = _template(docx_of("{%p if customer %}", "{{ print_code }}", "{%p endif %}"))
    template.render(CONTEXT)
    with pytest.raises(ValueLostError, match="print_code"):
        template.render(CONTEXT | {"customer": ""})


def test_a_paragraph_that_would_cut_the_code_off_is_found() -> None:
    def change(document: DocumentObject) -> None:
        from docx.enum.text import WD_LINE_SPACING
        from docx.shared import Pt

        spacing = document.paragraphs[0].paragraph_format
        spacing.line_spacing, spacing.line_spacing_rule = Pt(14), WD_LINE_SPACING.EXACTLY

    with pytest.raises(TemplateRefusedError, match="line spacing"):
        _template(docx_of("{{ print_code }}", change=change))


def test_a_template_without_the_code_is_refused_and_a_filled_form_is_no_template() -> None:
    with pytest.raises(TemplateRefusedError, match="print_code"):
        _template(docx_of("{{ customer }}"))
    filled = _template(docx_of("{{ print_code }}")).render(CONTEXT)
    with pytest.raises(TemplateRefusedError, match="filled form"):
        _template(filled)
