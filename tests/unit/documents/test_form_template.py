import io
import time
from typing import Any
from xml.sax.saxutils import escape

import pytest
from docx import Document
from docx.document import Document as DocumentObject
from docxtpl import DocxTemplate
from hypothesis import given, settings
from hypothesis import strategies as st

from recordkeeper.documents.document_text import struck_values, text_of
from recordkeeper.documents.form_template import (
    FormTemplate,
    TemplateRefusedError,
    ValueLostError,
    prepare_template,
)
from recordkeeper.documents.part_renderer import MissingValueError
from recordkeeper.documents.strikethrough import UnprintableTextError
from recordkeeper.documents.template_names import TemplateNames, template_names
from recordkeeper.model.form import parse_form
from recordkeeper.model.rich_text import Span, Style
from word_samples import NAMES, docx_of, member, runs, saved, small_docx, with_member

CONTEXT: dict[str, Any] = {
    "customer": (Span("张三", Style.STRUCK), Span("李四", Style.NEW), Span("①", Style.MARK)),
    "content": "灯坏\n三盏",
    "form": {"code": "QR-017-02"},
    "rows": [{"no": "1", "caller": "甲"}, {"no": "2", "caller": (Span("乙"),)}],
    "ruled_off": True,
    "gate": {"yes": (Span("☑", Style.BOX),), "no": (Span("☐", Style.BOX),), "all": ()},
}


def _wanting(*names: str) -> TemplateNames:
    return TemplateNames(NAMES.values, NAMES.lists, NAMES.conditions, {name: (frozenset({name}),) for name in names})


def _template(docx: bytes, names: TemplateNames = NAMES) -> FormTemplate:
    return prepare_template(docx, names).template


def _messages(docx: bytes, names: TemplateNames = NAMES) -> list[str]:
    findings = prepare_template(docx, names).findings
    return [f"{finding.subject}: {finding.message}" for finding in findings]


def _table(document: DocumentObject, *rows: str) -> None:
    table = document.add_table(rows=len(rows), cols=1)
    for cell, text in zip(table.columns[0].cells, rows, strict=True):
        cell.text = text


# ---- what a template can do --------------------------------------------------------------------------------------


def test_a_value_is_printed_where_its_tag_stands_and_an_old_one_is_struck() -> None:
    out = _template(docx_of("顾客：{{ customer }}。", "{{content}}")).render(CONTEXT)
    assert "顾客：张三 李四①。\n灯坏\n三盏\n" in text_of(out)
    assert struck_values(out) == [("张三", " 李四①。")]
    Document(io.BytesIO(out))


def test_a_tag_that_word_split_over_runs_is_repaired_and_keeps_the_run_in_which_it_begins() -> None:
    document = Document()
    paragraph = document.add_paragraph("前 ")
    for text, is_italic in (("{", True), ("{ cus", False), ("tom", False), ("er }", False), ("} 后", False)):
        paragraph.add_run(text).italic = is_italic
    out = _template(saved(document)).render({**CONTEXT, "customer": "王五"})
    repaired = Document(io.BytesIO(out)).paragraphs[0].runs
    assert [(run.text, bool(run.italic)) for run in repaired] == [("前 ", False), ("王五", True), (" 后", False)]


def test_rows_are_looped_over_and_paragraphs_left_out() -> None:
    def change(document: DocumentObject) -> None:
        _table(document, "序号", "{%tr for row in rows %}", "{{ row.no }} {{ row.caller }}", "{%tr endfor %}")
        for text in ("{%p if ruled_off %}", "以下空白", "{%p else %}", "未完", "{%p endif %}"):
            document.add_paragraph(text)

    template = _template(docx_of(change=change))
    assert text_of(template.render(CONTEXT)).startswith("序号\n1 甲\n2 乙\n以下空白\n")
    open_text = text_of(template.render({**CONTEXT, "ruled_off": False, "rows": []}))
    assert open_text.startswith("序号\n未完\n")
    assert "以下空白" not in open_text


def test_a_condition_in_a_line_compares_and_combines() -> None:
    template = _template(docx_of("{% if form.code == “QR-017-02” and not rows %}无{% else %}有{% endif %}记录"))
    assert text_of(template.render({**CONTEXT, "rows": []})).startswith("无记录")
    assert text_of(template.render(CONTEXT)).startswith("有记录")


def test_header_and_footer_are_rendered_too() -> None:
    def change(document: DocumentObject) -> None:
        document.sections[0].header.paragraphs[0].text = "{{ form.code }}"
        document.sections[0].footer.paragraphs[0].text = "{{ customer }}"

    text = text_of(_template(docx_of(change=change)).render(CONTEXT))
    assert "QR-017-02" in text
    assert "张三" in text


def test_it_prints_what_docxtpl_prints_of_the_same_template() -> None:
    def change(document: DocumentObject) -> None:
        _table(document, "序号", "{%tr for row in rows %}", "{{ row.caller }}", "{%tr endfor %}")
        for text in ("{%p if rows %}", "有 {{ form.code }} 与 {{ customer }}", "{%p endif %}"):
            document.add_paragraph(text)

    docx = docx_of("{{ content }}", change=change)
    context = {**CONTEXT, "customer": "<甲> & 乙", "content": "灯坏", "rows": [{"no": "1", "caller": "丙"}]}
    peer = DocxTemplate(io.BytesIO(docx))
    peer.render(context, autoescape=True)
    buffer = io.BytesIO()
    peer.save(buffer)
    assert text_of(_template(docx).render(context)) == text_of(buffer.getvalue())


def test_equal_contexts_give_equal_bytes_and_untouched_members_are_copied() -> None:
    docx = docx_of("{{ customer }}")
    out = _template(docx).render(CONTEXT)
    assert _template(docx).render(dict(CONTEXT)) == out
    for name in ("word/styles.xml", "[Content_Types].xml", "word/theme/theme1.xml"):
        assert member(out, name) == member(docx, name)


def test_a_part_that_is_as_in_the_form_before_is_no_other_and_one_that_is_not_is_filled_anew() -> None:
    def change(document: DocumentObject) -> None:
        document.sections[0].footer.paragraphs[0].text = "{{ form.code }}"

    docx = docx_of("{{ customer }}", change=change)
    template = _template(docx)
    contexts = [CONTEXT, {**CONTEXT, "customer": "王五"}, {**CONTEXT, "form": {"code": "QR-9"}}, CONTEXT]
    assert [template.render(each) for each in contexts] == [_template(docx).render(each) for each in contexts]


def test_a_prepared_form_renders_many_times_as_fast_as_docxtpl() -> None:
    docx = docx_of(*["{{ customer }}：{{ content }} {{ form.code }}"] * 40)
    context = {**CONTEXT, "customer": "甲", "content": "灯坏"}
    template = _template(docx)
    template.render(context)
    ours, theirs = [], []
    for _ in range(3):
        begin = time.perf_counter()
        template.render(context)
        middle = time.perf_counter()
        peer = DocxTemplate(io.BytesIO(docx))
        peer.render(context, autoescape=True)
        peer.save(io.BytesIO())
        ours.append(middle - begin)
        theirs.append(time.perf_counter() - middle)
    assert min(theirs) > 5 * min(ours)


# ---- values come out as they went in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "a<b", "‹质量部>", "A & B", "]]>", "<w:p/>", "{{ form.code }}", "{% if x %}", "{# c #}", "{%p if rows %}",
        "<?rk-value customer?>", "rk_places", "𠀀𪚥", "👍🏽", "abc\u202edef", "\u200b", "x" * 65_000, "\n\n", " 前后 ",
    ],
)  # fmt: skip
def test_a_value_comes_out_as_typed(value: str) -> None:
    out = _template(docx_of("始 {{ customer }} 终"), _wanting("customer")).render({**CONTEXT, "customer": value})
    assert text_of(out).startswith(f"始 {value} 终\n")


PRINTABLE = st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters=[
    *map(chr, range(0xFDD0, 0xFDF0)), *(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF)),
])  # fmt: skip
TEMPLATE = _template(docx_of("始 {{ customer }} 终"))


@settings(deadline=None)
@given(st.text(PRINTABLE | st.sampled_from("\n\t<&>{}%")))
def test_any_text_comes_out_as_typed(value: str) -> None:
    assert text_of(TEMPLATE.render({**CONTEXT, "customer": value})).startswith(f"始 {value} 终\n")


def test_a_character_that_would_be_lost_is_refused() -> None:
    with pytest.raises(UnprintableTextError):
        TEMPLATE.render({**CONTEXT, "customer": "a\x0cb"})


def test_a_missing_value_is_an_error_and_no_blank() -> None:
    with pytest.raises(MissingValueError, match="customer"):
        _template(docx_of("{{ customer }}")).render({"content": "x"})
    with pytest.raises(MissingValueError, match="code"):
        _template(docx_of("{{ form.code }}")).render({"form": {}})


def test_a_value_hidden_by_a_condition_is_an_error_and_no_blank() -> None:
    template = _template(docx_of("{% if ruled_off %}{{ customer }}{% endif %}"), _wanting("customer"))
    assert "张三" in text_of(template.render(CONTEXT))
    with pytest.raises(ValueLostError, match="customer"):
        template.render({**CONTEXT, "ruled_off": False})


def test_an_old_value_that_is_not_printed_is_an_error() -> None:
    template = _template(docx_of("{% if ruled_off %}{{ row_text }}{% endif %}".replace("row_text", "customer")))
    object.__setattr__(template, "wanted", (("content", ((("content",),),)),))
    with pytest.raises(ValueLostError, match="content"):
        template.render(CONTEXT)


# ---- names, both ways ----------------------------------------------------------------------------------------------


def test_an_unknown_name_is_found_with_its_tag_and_part() -> None:
    (message,) = _messages(docx_of("{{ custmer }}"))
    assert "docx/word/document.xml" in message
    assert "{{ custmer }}" in message
    assert "customer" in message.split("{{ custmer }}")[1]


def test_a_field_that_no_tag_prints_is_found() -> None:
    (message,) = _messages(docx_of("{{ content }}"), _wanting("customer", "content"))
    assert message.endswith("customer: no tag prints customer")


def test_a_scale_is_printed_as_a_whole_or_step_by_step() -> None:
    names = TemplateNames(NAMES.values, wanted={"gate": (frozenset({"gate.all"}), frozenset({"gate.yes", "gate.no"}))})
    assert _messages(docx_of("{{ gate.all }}"), names) == []
    assert _messages(docx_of("{{ gate.yes }}{{ gate.no }}"), names) == []
    (message,) = _messages(docx_of("{{ gate.yes }}"), names)
    assert message.endswith(("gate.no", "gate.all"))


def test_the_names_of_a_form_are_its_fields_and_what_every_template_sees() -> None:
    title = {"zh": "表", "en": "Form"}
    form = parse_form(
        {
            "code": "QR-1", "revision": "A/0", "procedure": "P1", "title": title, "kind": "form", "owner": "quality",
            "keeping_unit": title, "retention": {"years": 3, "authority": "P1-R1"},
            "sections": [
                {
                    "id": "first", "title": title, "by": "clerk", "sign": "one", "meaning": "received",
                    "fields": [
                        {"id": "name", "title": title, "type": "text"},
                        {"id": "mood", "title": title, "type": "scale"},
                        {"id": "items", "title": title, "type": "rows",
                         "columns": [{"id": "what", "title": title, "type": "text"}]},
                    ],
                }
            ],
        }
    )  # fmt: skip
    names = template_names(form)
    assert {"name", "mood.all", "mood.dissatisfied", "signature.first", "record.number"} <= names.values
    assert names.lists["items"] == {"no", "what"}
    assert {"name", "mood", "items", "signature.first", "amendments", "form.code", "form.revision"} <= set(names.wanted)


# ---- a template that would break the document ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        (["{{ customer"], "not closed"),
        (["{{ customer", "}}"], "not closed"),
        (["{%p if rows %}", "x"], "never ended"),
        (["{%p endif %}"], "nothing to end"),
        (["{%p for row in rows %}", "{%p endif %}"], "ends otherwise"),
        (["{%p if rows %} and more"], "stand alone"),
        (["{%tr for row in rows %}"], "stands in a table"),
        (["{% if rows %}x", "{% endif %}"], "stand beside"),
        (["{%p if rows %}", "x{% endif %}"], "stand beside"),
        (["{%tc for row in rows %}"], "stands in a table"),
        (["{%r if rows %}"], "prefix r"),
        (["{{r customer }}"], "plain name"),
        (["{% set x = 1 %}"], "only if"),
        (["{{ row.caller }}"], "no row.caller"),
        (["{{ rows.caller }}"], "no rows.caller"),
        (["{%p for customer in rows %}", "x", "{%p endfor %}"], "taken"),
        (["{%p for row in content %}", "x", "{%p endfor %}"], "no content"),
        (["{{ rows }}"], "no rows"),
        (["{{ ruled_off }}"], "no ruled_off"),
    ],
)
def test_a_tag_that_cannot_work_is_found(paragraphs: list[str], expected: str) -> None:
    messages = _messages(docx_of(*paragraphs))
    assert any(expected in message for message in messages), messages


def test_a_cell_without_a_lasting_paragraph_and_a_table_without_a_row_are_found() -> None:
    def cell(document: DocumentObject) -> None:
        _table(document, "{%p if rows %}")
        document.tables[0].cell(0, 0).add_paragraph("x")
        document.tables[0].cell(0, 0).add_paragraph("{%p endif %}")

    def rows(document: DocumentObject) -> None:
        _table(document, "{%tr for row in rows %}", "{{ row.no }}", "{%tr endfor %}")

    assert any("after the last tag" in message for message in _messages(docx_of(change=cell)))
    assert any("always stands" in message for message in _messages(docx_of(change=rows)))


def test_tracked_changes_are_found() -> None:
    docx = docx_of("{{ customer }}")
    body = member(docx).replace(b"<w:sectPr", b'<w:p><w:ins w:id="1"><w:r/></w:ins></w:p><w:sectPr', 1)
    assert any("tracked changes" in message for message in _messages(with_member(docx, "word/document.xml", body)))


def test_a_refused_template_names_every_problem_at_once() -> None:
    prepared = prepare_template(docx_of("{{ a }}", "{{ b }}"), NAMES)
    with pytest.raises(TemplateRefusedError, match=r"(?s)\{\{ a \}\}.*\{\{ b \}\}"):
        _ = prepared.template


# ---- attacks ------------------------------------------------------------------------------------

PAYLOADS = [
    "{{ customer.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ customer['__class__'] }}",
    "{{ customer|attr('__class__') }}",
    "{{ form.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__ }}",
    "{{ joiner() }}",
    "{{ namespace(x=1) }}",
    "{{ range(10**9) }}",
    "{{ 9**9**9 }}",
    "{{ 'x' * 999999999 }}",
    "{{ self._TemplateReference__context }}",
    "{{ rk_places[0].openings }}",
    "{{ rk_printed }}",
    "{{ customer|at(rk_places[0], rk_printed) }}",
    "{{ customer.save('/tmp/x') }}",
    "{{ '%s'.format(customer) }}",
    "{{ loop }}",
    "{{ percent(1, 2) }}",
    "{% import 'os' as os %}",
    "{% include '/etc/passwd' %}",
    "{% extends 'x' %}",
    "{% macro m() %}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% set x = customer.__class__ %}",
    "{% block a %}{% endblock %}",
    "{% filter upper %}{% endfilter %}",
    "{% raw %}{{ customer }}{% endraw %}",
    "{% autoescape false %}{% endautoescape %}",
    "{% for x in ''.__class__.__mro__ %}{% endfor %}",
    "{% for x in rows if x.__class__ %}{% endfor %}",
    "{% for x in rows recursive %}{% endfor %}",
    "{% if customer.__class__ %}{% endif %}",
    "{% if ''.__class__.__mro__ %}{% endif %}",
    "{% if customer() %}{% endif %}",
    "{% if rows|length > 1 %}{% endif %}",
    "{% if rows[0] %}{% endif %}",
    "{% if customer ~ 'x' %}{% endif %}",
    "{% if 9**9**9 %}{% endif %}",
    "{% if [x for x in rows] %}{% endif %}",
    "{% if rows ?><?rk-value customer %}{% endif %}",
    "{% if 1 %}{% endif %}{{ customer }}{{ form.items }}",
    "{% debug %}",
    "{% do 1 %}",
    "{% trans %}x{% endtrans %}",
    "{{ customer %}",
    "{{ '}}' }}",
    "{{ customer }}}}{{",
    "{{ ＿＿class＿＿ }}",
    "{{ ().__class__.__base__.__subclasses__() }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__['os'] }}",
    "{{ config.items() }}",
    "{{ image.tpl.save('/tmp/x') }}",
    "{{r customer }}",
    "{{ customer|e|safe }}",
    "{{ [].append(1) }}",
    "{{ dict(a=1).__class__ }}",
    "{{ loop.__class__ }}",
    "{{ customer if 1 else 2 }}",
    "{%tr for x in range(9**9) %}{%tr endfor %}",
    "{% with a = customer.__class__ %}{% endwith %}",
    "{{ rk_filling.write('x') }}",
    "{% do rk_filling.write('x') %}",
    "{% colspan ''.__class__ %}",
    "{% cellbg customer.__class__ %}",
    '{% cellbg "FFF2CC" if customer.__class__ else "FFFFFF" %}',
    "{%tc for x in ''.__class__.__mro__ %}{%tc endfor %}",
]  # fmt: skip


def _in_body(payload: str) -> bytes:
    return small_docx(runs(f"文字 {payload} 文字"))


def _in_table(payload: str) -> bytes:
    return small_docx(f"<w:tbl><w:tr><w:tc>{runs(payload)}</w:tc></w:tr></w:tbl>{runs('x')}")


def _in_header(payload: str) -> bytes:
    return small_docx(runs("x"), header=runs(payload))


def _in_footer(payload: str) -> bytes:
    return small_docx(runs("x"), footer=runs(payload))


def _in_split_runs(payload: str) -> bytes:
    return small_docx(runs(*payload))


def _in_part(name: str, payload: str) -> bytes:
    part = f"<part><p>{escape(payload)}</p></part>"
    return with_member(small_docx(runs("x")), name, part.encode())


def _in_a_note(payload: str) -> bytes:
    return _in_part("word/footnotes.xml", payload)


def _in_the_properties(payload: str) -> bytes:
    return _in_part("docProps/core.xml", payload)


def _in_the_title(payload: str) -> bytes:
    title = f'<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{escape(payload)}</dc:title>'
    return with_member(small_docx(runs("x")), "docProps/core.xml", f"<part>{title}</part>".encode())


@pytest.mark.parametrize(
    "place",
    [_in_body, _in_table, _in_header, _in_footer, _in_split_runs, _in_a_note, _in_the_properties, _in_the_title],
)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_attack_is_refused_with_the_place_and_never_compiled(
    payload: str, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for compiles in ("compile_part", "part_by_docxtpl", "PropertyPart"):
        monkeypatch.setattr(f"recordkeeper.documents.form_template.{compiles}", None)
    messages = _messages(place(payload))
    assert messages
    assert all(".xml: " in message for message in messages)


def _in_properties(payload: str) -> bytes:
    def change(document: DocumentObject) -> None:
        document.core_properties.keywords = payload

    return docx_of(change=change)


def _in_an_attribute(payload: str) -> bytes:
    docx = docx_of("x")
    body = member(docx).replace(b"<w:body>", f'<w:body><w:p w:rsidR="{payload}"/>'.encode(), 1)
    return with_member(docx, "word/document.xml", body)


def _in_a_footnote(payload: str) -> bytes:
    part = f'<w:footnotes xmlns:w="http://x/"><w:p><w:r><w:t>{payload}</w:t></w:r></w:p></w:footnotes>'
    return with_member(docx_of("x"), "word/footnotes.xml", part.encode())


@pytest.mark.parametrize("place", [_in_properties, _in_an_attribute, _in_a_footnote])
def test_a_tag_where_nothing_is_rendered_is_refused_and_not_left_standing(place: Any) -> None:
    (message,) = _messages(place("{{ customer }}"))
    assert "body, header, footer or notes" in message


# ---- rows and pages -----------------------------------------------------------------------------------------------


def _unbroken_rows(value: str, width: int) -> int:
    cell = f'<w:tc><w:tcPr><w:tcW w:w="{width}"/></w:tcPr>{runs("{{ customer }}")}</w:tc>'
    table = f"<w:tbl><w:tr><w:trPr><w:cantSplit/></w:trPr>{cell}</w:tr></w:tbl>"
    out = _template(small_docx(table + runs("x"))).render({**CONTEXT, "customer": value})
    assert value in text_of(out)
    return member(out).count(b"<w:cantSplit")


def test_a_row_that_may_be_higher_than_a_page_is_allowed_to_break() -> None:
    assert _unbroken_rows("短" * 50, 5000) == 1
    assert _unbroken_rows("长" * 300, 5000) == 1
    assert _unbroken_rows("长" * 300, 1000) == 0
    assert _unbroken_rows("行\n" * 40, 5000) == 0
