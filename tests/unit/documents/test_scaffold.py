import io
import re
from pathlib import Path

import pytest
from docx import Document
from docx.enum.section import WD_SECTION
from lxml import etree

from form_samples import EVERY_FIELD, ROLES, SAMPLES, SHIPPED, field, sample_form, section, shipped_form, title
from recordkeeper.documents.document_text import text_of
from recordkeeper.documents.form_template import prepare_template
from recordkeeper.documents.ooxml import DOCUMENT_PART, parse_part, read_package, tag
from recordkeeper.documents.scaffold import CORNER, scaffold
from recordkeeper.documents.template_names import template_names
from recordkeeper.documents.word_package import text_width
from recordkeeper.model.form import Form


def _body(docx: bytes) -> etree._Element:
    return parse_part(read_package(docx, "docx")[DOCUMENT_PART], DOCUMENT_PART)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_scaffold_prints_every_field_of_any_kind_of_form_and_nothing_else(kind: str) -> None:
    form = SAMPLES[kind]
    docx = scaffold(form, ROLES)
    assert prepare_template(docx, template_names(form)).findings == ()
    assert scaffold(form, ROLES) == docx
    Document(io.BytesIO(docx))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_template_fits_its_definition(path: Path) -> None:
    form, _roles = shipped_form(path)
    assert prepare_template(path.with_suffix(".docx").read_bytes(), template_names(form)).findings == ()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_template_is_what_the_house_style_makes_of_its_definition(path: Path) -> None:
    form, roles = shipped_form(path)
    assert scaffold(form, roles) == path.with_suffix(".docx").read_bytes()


@pytest.mark.parametrize("form", SAMPLES.values(), ids=SAMPLES)
def test_every_table_is_as_wide_as_the_text_and_every_row_fills_its_table(form: Form) -> None:
    body = _body(scaffold(form))
    tables = list(body.iter(tag("tbl")))
    assert tables
    for table in tables:
        widths = [int(column.get(tag("w")) or 0) for column in table.iter(tag("gridCol"))]
        assert sum(widths) == text_width(form)
        for row in table.iter(tag("tr")):
            assert sum(int(cell.get(tag("w")) or 0) for cell in row.iter(tag("tcW"))) == text_width(form)


def test_the_archive_stamp_has_a_free_corner_and_the_other_holds_the_print_code_alone() -> None:
    head = next(_body(scaffold(SAMPLES["form"])).iter(tag("tbl")))
    columns = [int(column.get(tag("w")) or 0) for column in head.iter(tag("gridCol"))]
    assert (columns[0], columns[2]) == (CORNER, CORNER)
    first_row = next(head.iter(tag("tr")))
    texts = ["".join(map(str, cell.itertext())) for cell in first_row.iter(tag("tc"))]
    assert texts[0] == ""
    assert texts[2] == "{%p if print_code %}{{ print_code }}{{ record.number }}{%p endif %}"


def _names_down_the_edge(header: etree._Element) -> str:
    frames = [next(frame.iterancestors(tag("p"))) for frame in header.iter(tag("framePr"))]
    return "".join(text.text or "" for frame in frames for text in frame.iter(tag("t")))


def test_a_slip_of_several_copies_has_each_whole_on_its_own_pages_with_its_name_on_all_of_them() -> None:
    docx = scaffold(SAMPLES["copies"], ROLES)
    document = Document(io.BytesIO(docx))
    text = text_of(docx)
    assert [text.count(f"{{{{ {name} }}}}") for name in ("print_code", "signature.one", "amendment.mark")] == [3, 3, 3]
    names = ["第一联存根联Stub", "第二联客户联Customer copy", "第三联财务联Finance"]
    for part, name in zip(document.sections, names, strict=True):
        assert part.start_type is WD_SECTION.NEW_PAGE
        assert part.different_first_page_header_footer
        for header in (part.first_page_header, part.header):
            assert _names_down_the_edge(header._element) == name
    starts = [number.get(tag("start")) for number in _body(docx).iter(tag("pgNumType"))]
    assert starts == ["1", "1", "1"]
    assert list(_body(scaffold(SAMPLES["a5"], ROLES)).iter(tag("pgNumType"))) == []


def test_a_repeated_section_is_one_table_with_its_heading_on_every_page_and_the_earlier_rounds_stand_below() -> None:
    body = _body(scaffold(SAMPLES["repeated"], ROLES))
    tables = ["".join(text.text or "" for text in table.iter(tag("t"))) for table in body.iter(tag("tbl"))]
    repeated = next(index for index, text in enumerate(tables) if "{%tr for instance in answered %}" in text)
    assert tables[repeated].startswith("二、段answered")
    assert "{{ instance.signature }}" in tables[repeated]
    table = list(body.iter(tag("tbl")))[repeated]
    assert [row.find(f"{tag('trPr')}/{tag('tblHeader')}") is not None for row in table.iter(tag("tr"))][:3] == [
        True,
        True,
        False,
    ]
    assert "{{ earlier.content }}" in tables[-2]
    assert "{{ amendment.change }}" in tables[-1]


def test_the_heading_of_a_section_that_begins_with_rows_is_that_of_their_table() -> None:
    rows = field("some_rows", "rows", columns=[field("what")])
    body = _body(scaffold(sample_form("form", section("one", field("a_text")), section("two", rows, field("after")))))
    tables = ["".join(text.text or "" for text in table.iter(tag("t"))) for table in body.iter(tag("tbl"))]
    assert [text[:7] for text in tables if "段" in text] == ["一、段one ", "二、段two "]
    assert "{%tr for item_row in some_rows %}" in next(text for text in tables if text.startswith("二、"))


def test_three_short_fields_share_a_line_of_statistics_unless_a_day_needs_more_of_it() -> None:
    fields = (*(field(f"n{number}", "number") for number in range(3)), field("d1", "date"), field("d2", "date"))
    body = _body(scaffold(sample_form("statistics", section("one", *fields, field("n4", "number")))))
    lines = [re.findall(r"\{\{ (\w\d) \}\}", "".join(map(str, row.itertext()))) for row in body.iter(tag("tr"))]
    assert [line for line in lines if line] == [["n0", "n1", "n2"], ["d1", "d2"], ["n4"]]


def test_the_line_for_the_pen_behind_other_ends_where_the_cell_does() -> None:
    choices = [{"id": f"c{number}", **title("清洁绿化部")} for number in range(4)] + [{"id": "other", **title("其他")}]
    long = field("where", "choice", choices=choices, width="full")
    other = field("elsewhere", beside="where")
    text = text_of(scaffold(sample_form("form", section("one", *EVERY_FIELD, long, other))))
    assert [len(line) for line in re.findall("＿+", text)] == [8, 3]


def test_the_title_of_a_file_cover_is_large_without_a_label_beside_it() -> None:
    cover = scaffold(sample_form("report", section("one", field("owner"), field("household", width="title"))))
    body = _body(cover)
    rows = [row for row in body.iter(tag("tr")) if "household" in "".join(map(str, row.itertext()))]
    assert len(list(rows[0].iter(tag("tc")))) == 1
    assert max(int(size.get(tag("val")) or 0) for size in rows[0].iter(tag("sz"))) > 40
    assert text_of(cover).index("{{ household }}") < text_of(cover).index("{{ owner }}")


def test_who_fills_a_section_stands_in_its_heading() -> None:
    assert "段one  English\t值班员填写" in text_of(scaffold(SAMPLES["form"], ROLES))
    assert "填写" not in text_of(scaffold(SAMPLES["form"]))


def test_sections_that_only_sign_stand_beside_the_signature_before_them() -> None:
    text = text_of(scaffold(SAMPLES["three_signers"], ROLES))
    assert re.findall(r"[一二三]、段\w+", text) == ["一、段one"]
    assert [text.count(f"{{{{ signature.{name} }}}}") for name in ("one", "two", "three")] == [1, 1, 1]


def test_figures_that_a_judgement_compares_stand_before_it() -> None:
    statistics = next(path for path in SHIPPED if path.stem == "QR-017-04")
    text = text_of(statistics.with_suffix(".docx").read_bytes())
    places = [text.rindex(f"{{{{ {name} }}}}") for name in ("formula", "held_against", "overall_rate", "reached")]
    assert places == sorted(places)


def test_every_paragraph_has_an_exact_pitch_and_every_run_a_chinese_font() -> None:
    body = _body(scaffold(SAMPLES["form"], ROLES))
    for paragraph in body.iter(tag("p")):
        spacing = paragraph.find(f"{tag('pPr')}/{tag('spacing')}")
        assert spacing is not None
        is_figure = "{{ print_code }}" in "".join(map(str, paragraph.itertext()))
        assert spacing.get(tag("lineRule")) == ("auto" if is_figure else "exact")
    for run in body.iter(tag("r")):
        fonts = run.find(f"{tag('rPr')}/{tag('rFonts')}")
        assert run.find(tag("tab")) is not None or (fonts is not None and fonts.get(tag("eastAsia")))
