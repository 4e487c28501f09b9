"""Every shipped form and example, rendered and read back: what stands and what is struck is what was put in."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from docx.document import Document as DocumentObject

from form_samples import FORMS, SHIPPED, shipped_form
from recordkeeper.documents.form_reader import ReadForm, ReadValue, UnreadableFormError, read_values
from recordkeeper.documents.form_template import FormTemplate, prepare_template
from recordkeeper.documents.template_names import template_names
from recordkeeper.model.form import Example, Form
from recordkeeper.model.rich_text import Span, Style
from recordkeeper.model.section import Section
from recordkeeper.services.previewing import Variant, preview_context
from word_samples import NAMES, docx_of, member, small_docx, with_member

WITH_TEMPLATE = [path for path in SHIPPED if path.with_suffix(".docx").is_file()]
_ADDED = {Style.MARK, Style.NOTE}


@cache
def _form(path: Path) -> tuple[Form, Mapping[str, str], bytes, FormTemplate]:
    form, roles = shipped_form(path)
    docx = path.with_suffix(".docx").read_bytes()
    return form, roles, docx, prepare_template(docx, template_names(form)).template


def _contexts(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a template prints of each example: blank once, then filled and amended."""
    form, roles, _docx, _template = _form(path)
    yield "blank", preview_context(form, Variant.BLANK, date(2026, 11, 23), roles)
    for number, example in enumerate(form.examples):
        alone = form.model_copy(update={"examples": (example,)})
        for variant in (Variant.FILLED, Variant.AMENDED, Variant.LONG):
            yield f"{variant} {number}", preview_context(alone, variant, date(2026, 11, 23), roles)


def _put_in(value: Any) -> ReadValue:
    """A value of a context as a reader should see it."""
    if isinstance(value, str | int):
        return ReadValue(str(value))
    standing = [span.text for span in value if span.style not in _ADDED and span.style is not Style.STRUCK]
    return ReadValue("".join(standing), tuple(span.text for span in value if span.style is Style.STRUCK))


def _at(context: Any, name: str) -> Any:
    for key in name.split("."):
        context = context.get(key) if isinstance(context, Mapping) else None
    return context


def _differences(read: ReadForm, context: Mapping[str, Any], form: Form) -> Iterator[str]:
    names = template_names(form)
    for name in names.values - set(names.figures):
        wanted, found = _put_in(_at(context, name) or ""), read.values.get(name, ReadValue())
        # what is not printed at all was judged when the template was registered
        if wanted != found and name in read.values:
            yield f"{name}: {found} is not {wanted}"
    for listed, columns in names.lists.items():
        rows = context.get(listed) or []
        if listed in read.rows and listed != "blank_rows":
            yield from (
                f"{listed} {number} {column}: {row.get(column)} is not {given.get(column)}"
                for number, (row, given) in enumerate(zip(read.rows[listed], rows, strict=True), 1)
                for column in columns & row.keys()
                if row[column] != _put_in(given.get(column) or "")
            )


@pytest.mark.parametrize("path", WITH_TEMPLATE, ids=lambda path: path.stem)
def test_every_value_of_a_shipped_form_is_read_back_as_it_was_put_in(path: Path) -> None:
    form, _roles, docx, template = _form(path)
    for case, context in _contexts(path):
        read = read_values(docx, template.render(context))
        assert list(_differences(read, context, form)) == [], case
        sections = form.sheet.sections if form.sheet else form.sections
        own = {each.id for section in sections if section.each is None for each in section.fields}
        own |= {section.id for section in sections if section.each is not None}  # read as the rows of a list
        printed = {name.partition(".")[0] for name in (*read.values, *read.rows)}
        assert own - printed == {name for name in own if _at(context, name) == () and name not in printed}, case


@pytest.mark.parametrize("path", WITH_TEMPLATE, ids=lambda path: path.stem)
def test_texts_of_an_example_are_read_from_the_form_as_the_definition_has_them(path: Path) -> None:
    form, _roles, docx, template = _form(path)
    if not form.examples:
        pytest.skip("no example")
    context = preview_context(form, Variant.FILLED, date(2026, 11, 23), {})
    read = read_values(docx, template.render(context))
    example = form.examples[0]
    for section in form.sections:
        for each in section.fields:
            if each.type == "text":
                shown = [read.values] if not form.sheet else read.rows["rows"]
                given = [_standing(form, section, example)] if not form.sheet else example.rows
                for place, values in zip(shown, given, strict=True):
                    if values.get(each.id):
                        assert place[each.id].text == " ".join(str(values[each.id]).split(" ")), each.id


def _standing(form: Form, section: Section, example: Example) -> Mapping[str, object]:
    """What an example gives a section in its last round."""
    loops = [each.rounds.sections for each in form.sections if each.rounds]
    loop = next((names for names in loops if section.id in names), ())
    fields = {field.id for each in form.sections if each.id in loop for field in each.fields}
    rounds = [values for values in example.rounds if fields & values.keys()]
    return rounds[-1] if rounds else example.values


FEEDBACK = FORMS / "P02" / "QR-017-02.yaml"


def test_a_choice_is_read_by_its_boxes() -> None:
    form, _roles, docx, template = _form(FEEDBACK)
    context = preview_context(form, Variant.FILLED, date(2026, 11, 23), {})
    boxes = read_values(docx, template.render(context)).values["source"].boxes
    assert [name for name, is_chosen in boxes.items() if is_chosen] == ["业主会议"]
    assert len(boxes) > 3


# ---- small templates -------------------------------------------------------------------------------------------


def _rendered(docx: bytes, **context: Any) -> bytes:
    values = {"customer": "", "content": "", "form": {"code": "QR-1"}, "rows": [], "ruled_off": False}
    return prepare_template(docx, NAMES).template.render({**values, **context})


def _value(docx: bytes, value: Any) -> ReadValue:
    return read_values(docx, _rendered(docx, customer=value)).values["customer"]


LONE, AMID = docx_of("{{ customer }}"), docx_of("始 {{ customer }} 终{{ content }}")


@pytest.mark.parametrize("docx", [LONE, AMID], ids=["alone", "in a line"])
@pytest.mark.parametrize(
    "text",
    ["甲", "", "a\nb", "\n甲\n\n乙\n", "①已登记，共 2 处（见 ②）", "{{ customer }}", "始  终", "a\tb", "／ /", "/"],
)
def test_a_value_is_read_to_the_last_character(docx: bytes, text: str) -> None:
    assert _value(docx, text) == ReadValue(text)


@pytest.mark.parametrize("docx", [LONE, AMID], ids=["alone", "in a line"])
def test_several_struck_versions_are_read_one_by_one_without_marks_and_notes(docx: bytes) -> None:
    spans = (
        Span("138-①\n024", Style.STRUCK),
        Span("139", Style.STRUCK),
        Span("①", Style.MARK),
        Span("137\n2", Style.NEW),
        Span("②", Style.MARK),
        Span(" 乙 2026-11-21", Style.NOTE),
    )
    assert _value(docx, spans) == ReadValue("137\n2", ("138-①\n024", "139"))


@pytest.mark.parametrize("docx", [LONE, AMID], ids=["alone", "in a line"])
def test_a_text_of_which_a_part_was_struck_is_read_with_its_lines(docx: bytes) -> None:
    spans = (
        Span("一\n灯坏 "),
        Span("6 盏", Style.STRUCK),
        Span("9 盏", Style.NEW),
        Span("①", Style.MARK),
        Span("〔乙 2026-11-24〕", Style.NOTE),
        Span("\n，两处"),
        Span("全坏", Style.STRUCK),
        Span("\n三"),
    )
    assert _value(docx, spans) == ReadValue("一\n灯坏 9 盏\n，两处\n三", ("6 盏", "全坏"))


def _moved(docx: bytes, one: str, other: str) -> bytes:
    """The file with two texts of its body in each other's place."""
    body = member(docx).decode()
    exchanged = body.replace(one, "\0").replace(other, one).replace("\0", other)
    return with_member(docx, "word/document.xml", exchanged.encode())


def _grid(document: DocumentObject) -> None:
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("顾客", "{{ customer }}", "内容", "{{ content }}"), strict=True):
        cell.text = text


def test_a_value_beside_the_label_of_another_is_found() -> None:
    docx = docx_of(change=_grid)
    filled = _rendered(docx, customer="张三", content="灯坏")
    assert read_values(docx, filled).values["customer"] == ReadValue("张三")
    with pytest.raises(UnreadableFormError, match="顾客"):
        read_values(docx, _moved(filled, "顾客", "内容"))
    with pytest.raises(UnreadableFormError):
        read_values(docx, _moved(filled, "<w:tc>", "<w:tc><w:p/></w:tc><w:tc>"))


def test_values_that_differ_from_place_to_place_are_found() -> None:
    docx = docx_of("{{ customer }}", "{{ customer }}")
    filled = member(_rendered(docx, customer="张三")).decode()
    altered = with_member(docx, "word/document.xml", filled.replace("张三", "李四", 1).encode())
    with pytest.raises(UnreadableFormError, match="alike"):
        read_values(docx, altered)


def _listed_twice(document: DocumentObject) -> None:
    for _copy in range(2):
        table = document.add_table(rows=4, cols=1)
        texts = ("来电人", "{%tr for row in rows %}", "{{ row.caller }}", "{%tr endfor %}")
        for cell, text in zip(table._cells, texts, strict=True):
            cell.text = text


def test_a_copy_that_lacks_a_row_or_says_nothing_is_found() -> None:
    docx = docx_of("{{ customer }}", "{{ customer }}", change=_listed_twice)
    filled = _rendered(docx, customer="张三", rows=[{"caller": "甲"}, {"caller": "乙"}])
    read = read_values(docx, filled)
    assert [row["caller"].text for row in read.rows["rows"]] == ["甲", "乙"]
    rows = re.findall(r"<w:tr\b(?:(?!</w:tr>).)*</w:tr>", member(filled).decode(), re.DOTALL)
    last = next(row for row in reversed(rows) if "乙" in row)
    for lost, problem in ((last, "rows"), ("张三", "customer")):
        before, found, after = member(filled).decode().rpartition(lost)
        assert found
        altered = with_member(filled, "word/document.xml", (before + after).encode())
        with pytest.raises(UnreadableFormError, match=problem):
            read_values(docx, altered)


def test_a_form_of_another_template_is_refused() -> None:
    with pytest.raises(UnreadableFormError):
        read_values(docx_of("甲"), _rendered(LONE, customer="张三"))
    with pytest.raises(UnreadableFormError, match="header1"):
        read_values(small_docx("", header="<w:p/>"), docx_of("x"))
