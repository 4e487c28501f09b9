"""What docxtpl itself renders: cells that come and go, joined and shaded ones; and the file's own properties."""

import io
from typing import Any

import pytest
from docx import Document
from lxml import etree

from docxtpl_peer import by_docxtpl, canonical
from recordkeeper.documents.document_text import struck_values, text_of
from recordkeeper.documents.docxtpl_part import DocxtplPart
from recordkeeper.documents.form_reader import columns_of, read_values
from recordkeeper.documents.form_template import FormTemplate, prepare_template
from recordkeeper.documents.ooxml import tag
from recordkeeper.documents.part_renderer import MissingValueError, PartRenderer
from recordkeeper.documents.strikethrough import UnprintableTextError
from recordkeeper.model.rich_text import Span, Style
from word_samples import NAMES, docx_of, member, runs, small_docx, with_member

CONTEXT: dict[str, Any] = {
    "customer": "张三 <&>",
    "content": "灯坏",
    "form": {"code": "QR-017-02"},
    "rows": [{"no": "1", "caller": "甲"}, {"no": "2", "caller": "乙"}, {"no": "3", "caller": "丙"}],
    "ruled_off": True,
}


def _cell(*texts: str, width: int = 1000) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}"/></w:tcPr>{"".join(map(runs, texts))}</w:tc>'


def _table(*rows: str, columns: int = 2) -> bytes:
    grid = '<w:gridCol w:w="1000"/>' * columns
    lines = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
    return small_docx(f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>{runs('x')}")


def _template(docx: bytes) -> FormTemplate:
    return prepare_template(docx, NAMES).template


def _messages(docx: bytes) -> list[str]:
    return [f"{finding.subject}: {finding.message}" for finding in prepare_template(docx, NAMES).findings]


def _growing(head: str, value: str) -> str:
    """A row with a cell for each row of the list."""
    return _cell(head) + _cell("{%tc for row in rows %}") + _cell(value) + _cell("{%tc endfor %}")


COLUMNS = _table(_growing("序号", "{{ row.no }}"), _growing("来电人", "{{ row.caller }}"))
SHAPED = {
    "a column for each row": COLUMNS,
    "a cell that stands only sometimes": _table(
        _cell("甲") + _cell("{%tc if ruled_off %}") + _cell("{{ customer }}") + _cell("{%tc endif %}")
    ),
    "a cell over two columns": _table(_cell("{% colspan 2 %}{{ customer }}"), _cell("a") + _cell("b")),
    "a heading over all": _table(_cell("{% colspan rows|length %}{{ form.code }}"), _growing("", "{{ row.no }}")),
    "a shade": _table(_cell('{% cellbg "FFF2CC" %}{{ customer }}') + _cell("b")),
    "a shade that a condition chooses": _table(
        _cell('{% cellbg "FFF2CC" if ruled_off else "FFFFFF" %}{{ customer }}') + _cell("b")
    ),
    "cells joined to one": _table(
        _cell("头") + _cell("{%tc for row in rows %}") + _cell("{% hm %}{{ customer }}") + _cell("{%tc endfor %}")
    ),
    "cells joined downwards": _table(
        _cell("{%tr for row in rows %}"), _cell("{% vm %}{{ customer }}") + _cell("{{ row.no }}"),
        _cell("{%tr endfor %}"), _cell("脚") + _cell(""),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SHAPED)
def test_cells_that_come_and_go_are_those_of_docxtpl(what: str) -> None:
    template = _template(SHAPED[what])
    assert isinstance(template.parts["word/document.xml"], DocxtplPart)
    assert isinstance(template.parts["word/header1.xml"], PartRenderer)
    ours = template.render(CONTEXT)
    assert canonical(ours) == canonical(by_docxtpl(SHAPED[what], CONTEXT))
    assert ours == _template(SHAPED[what]).render(dict(CONTEXT))


def test_the_grid_follows_the_columns_and_word_opens_the_file() -> None:
    out = _template(COLUMNS).render(CONTEXT)
    (table,) = Document(io.BytesIO(out)).tables
    assert len(table.columns) == 4
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["序号", "1", "2", "3"],
        ["来电人", "甲", "乙", "丙"],
    ]


def test_amended_values_are_struck_in_columns_too_and_read_back() -> None:
    amended = (Span("甲", Style.STRUCK), Span("丁", Style.NEW), Span("①", Style.MARK))
    rows = [{"no": "1", "caller": amended}, {"no": "2", "caller": "乙"}]
    out = _template(COLUMNS).render({**CONTEXT, "rows": rows})
    assert struck_values(out) == [("甲", " 丁①")]
    read = columns_of(read_values(COLUMNS, out).rows["rows"], "caller")
    assert [(value.text, value.struck) for value in read] == [("丁", ("甲",)), ("乙", ())]


@pytest.mark.parametrize("typed", ["{{ form.code }}", "{_{ x }_}", "{% if 1 %}", "{_%x%_}", "a{", "}}", "</w:t>&amp;"])
def test_what_is_typed_comes_out_as_typed(typed: str) -> None:
    rows = [{"no": "1", "caller": typed}]
    assert typed in text_of(_template(COLUMNS).render({**CONTEXT, "rows": rows}))


def test_braces_of_the_template_that_are_no_tag_stay_what_they_are() -> None:
    body = f"{runs('一 {')}{runs('{ customer.__class__ }')}{runs('} 二')}"
    grid = '<w:tblGrid><w:gridCol w:w="1000"/></w:tblGrid>'
    docx = small_docx(f"{body}<w:tbl>{grid}<w:tr>{_cell('{% colspan 1 %}x')}</w:tr></w:tbl>{runs('x')}")
    assert "一 {\n{ customer.__class__ }\n} 二" in text_of(_template(docx).render(CONTEXT))


def test_a_missing_value_and_a_character_that_is_lost_are_errors_there_too() -> None:
    template = _template(_table(_cell("{% colspan 2 %}{{ customer }}")))
    with pytest.raises(MissingValueError, match="customer"):
        template.render({})
    with pytest.raises(UnprintableTextError, match="U\\+0007"):
        template.render({**CONTEXT, "customer": "a\x07"})


@pytest.mark.parametrize(
    ("docx", "expected"),
    [
        (docx_of("{%tc for row in rows %}"), "stands in a table"),
        (docx_of("{% colspan 2 %}"), "stands in none"),
        (_table(_cell("{% colspan 64 %}")), "colspan 2"),
        (_table(_cell("{% colspan customer %}")), "colspan 2"),
        (_table(_cell("{% colspan calls|length %}")), "no calls"),
        (_table(_cell("{% colspan rows.__class__|length %}")), "plain name"),
        (_table(_cell("{% colspan 2 %}{% colspan 2 %}")), "stand alone"),
        (_table(_cell('{% cellbg "red" %}')), "cellbg"),
        (_table(_cell('{% cellbg "FFF2CC" if customer.__class__ else "FFFFFF" %}')), "plain name"),
        (_table(_cell('{% cellbg "FFF2CC" if nobody else "FFFFFF" %}')), "no nobody"),
        (_table(_cell("{% hm %}{{ customer }}")), "joins the cells of a loop"),
        (_table(_cell("{% vm %}{{ customer }}")), "joins the cells of a loop"),
        (_table(_cell("{%tc for row in rows %}") + _cell("{%tc endfor %}")), "cell that always stands"),
        (_table(_cell("a {%tc if rows %}") + _cell("{%tc endif %}") + _cell("b")), "alone in its cell"),
        (_table(_cell("{%tc if rows %}") + _cell("x"), _cell("{%tc endif %}") + _cell("b")), "stand beside"),
        (small_docx(f"<w:tbl><w:tr>{_cell('{% colspan 2 %}')}</w:tr></w:tbl>{runs('x')}"), "w:tblGrid"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_found_before_docxtpl_sees_it(
    docx: bytes, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordkeeper.documents.form_template.part_by_docxtpl", None)
    messages = _messages(docx)
    assert any(expected in message for message in messages), messages


# ---- notes and properties --------------------------------------------------------------------------------------------


def _with_property(text: str, name: str = "dc:title") -> bytes:
    properties = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><{name}>{text}</{name}></cp:coreProperties>'
    )
    return with_member(docx_of("{{ customer }}"), "docProps/core.xml", properties.encode())


def _property(docx: bytes) -> str:
    return "".join(map(str, etree.fromstring(member(docx, "docProps/core.xml")).itertext()))


def test_the_title_of_the_file_says_what_docxtpl_would_and_of_an_amended_value_what_stands() -> None:
    docx = _with_property("{{ form.code }}：{{ customer }}")
    ours = _template(docx).render(CONTEXT)
    assert _property(ours) == _property(by_docxtpl(docx, CONTEXT)).replace("&lt;", "<").replace("&gt;", ">").replace(
        "&amp;", "&"
    )
    amended = (Span("张三", Style.STRUCK), Span("李四", Style.NEW), Span("①", Style.MARK), Span(" 甲", Style.NOTE))
    assert _property(_template(docx).render({**CONTEXT, "customer": amended})) == "QR-017-02：李四"
    assert _property(_template(docx).render({**CONTEXT, "customer": "{{ content }}"})) == "QR-017-02：{{ content }}"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("{{ nobody }}", "dc:title", "no nobody"),
        ("{{ customer.__class__ }}", "dc:title", "plain name"),
        ("{% if customer %}", "dc:subject", "prints values alone"),
        ("{{ customer", "dc:creator", "not closed"),
        ("{{ customer }}", "cp:keywords", "body, header, footer or notes alone"),
    ],
)
def test_a_property_that_cannot_be_rendered_is_found(text: str, name: str, expected: str) -> None:
    (message,) = _messages(_with_property(text, name))
    assert message.startswith("docx/docProps/core.xml: ")
    assert expected in message


def test_a_note_below_the_page_is_a_part_like_any_other() -> None:
    note = (
        f'<w:footnotes xmlns:w="{tag("x")[1:-2]}"><w:footnote>{runs("见 {{ form.code }}")}</w:footnote></w:footnotes>'
    )
    docx = with_member(docx_of("x"), "word/footnotes.xml", note.encode())
    out = _template(docx).render(CONTEXT)
    assert "见 QR-017-02" in text_of(out)
    assert read_values(docx, out).values["form.code"].text == "QR-017-02"
