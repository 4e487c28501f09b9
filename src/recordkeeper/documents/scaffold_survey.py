"""A questionnaire: greeting, who answers, the matrix of items, the overall rating apart, how to return it."""

from collections.abc import Sequence
from itertools import groupby

from recordkeeper.documents.house_style import (
    BAND_FILL,
    LABEL_CHARACTERS,
    LABEL_FILL,
    Cell,
    Row,
    chinese_number,
    english,
    gap,
    heading_cell,
    label,
    mm,
    paragraph,
    row,
    run,
    scaled,
    table,
    tag_run,
)
from recordkeeper.documents.scaffold_grid import BETWEEN_TABLES, GridStyle, grid_tables, value_paragraphs
from recordkeeper.documents.typeface import FANG, HEI, SONG
from recordkeeper.documents.word_package import text_width
from recordkeeper.model.form import Form
from recordkeeper.model.section import FormField, Section, Title
from recordkeeper.model.statistics import SCALE
from recordkeeper.model.value import SCALE_NAMES

_MATRIX_MM = (9, 46, *(14.5,) * len(SCALE), 37.5)
_OVERALL_MM = (40, *(25,) * len(SCALE))
_PERSON_MM = (20, 35) * 3
_AFTER = GridStyle(has_bands=False, shorts_a_line=3, short_label=3)
_LONGEST_CALL = 6
_BOX_SIZE, _OVERALL_SIZE = 24, 26


def survey_tables(form: Form) -> str:
    """The questionnaire of ``form``: its fields in the order of the definition, before, in and after the matrix."""
    width = text_width(form)
    fields = [field for section in form.sections for field in section.all_fields]
    items = [field for field in fields if field.type == "scale" and field.group is not None]
    apart = [field for field in fields if field.type == "scale" and field.group is None]
    remarks = {field.remarks for field in items}
    first = min((fields.index(field) for field in (*items, *apart)), default=len(fields))
    others = [field for field in fields if field.type != "scale" and field.id not in remarks]
    before = [field for field in others if fields.index(field) < first]
    after = [field for field in others if fields.index(field) >= first]
    pieces = [_person_table(before, width)] if before else []
    pieces += [_matrix(items, width)] if items else []
    pieces += [_overall(field, width) for field in apart]
    pieces += [_after(form.sections, after, width)] if after or _signers(form.sections) else []
    return _greeting(form) + gap(BETWEEN_TABLES).join(pieces) + _closing(form)


def _greeting(form: Form) -> str:
    return paragraph(run(form.greeting.zh, size=20), pitch=320, after=60) if form.greeting else ""


def _closing(form: Form) -> str:
    if form.closing is None:
        return ""
    return paragraph(run("交回方式：", size=19, font=HEI), run(form.closing.zh, size=19), pitch=280, before=80)


def _person_table(fields: Sequence[FormField], width: int) -> str:
    grid = scaled(_PERSON_MM, width)
    rows: list[Row] = []
    for begin in range(0, len(fields), 3):
        line = fields[begin : begin + 3]
        cells: list[Cell] = []
        for index, field in enumerate(line):
            is_last = index == len(line) - 1
            span = len(grid) - len(cells) - 1 if is_last else 1
            cells += (label(field.title, span=1, longest=LABEL_CHARACTERS - 2), Cell(value_paragraphs(field, {}), span))
        rows.append(row(*cells, height=510))
    return table(grid, rows)


def _matrix(items: Sequence[FormField], width: int) -> str:
    heads = [heading_cell(Title(zh="序号", en="No."), size=20), heading_cell(Title(zh="调查项目", en="Item"), size=20)]
    heads += [
        Cell(
            paragraph(run(SCALE_NAMES[step][0], size=19), pitch=260, align="center"),
            fill=LABEL_FILL,
            padding=(28, 11, 28, 11),
        )
        for step in SCALE
    ]
    heads.append(heading_cell(Title(zh="意见和建议", en="Remarks"), size=20))
    rows = [row(*heads, height=mm(10.2), is_heading=True)]
    number = 0
    for group_number, (group, members) in enumerate(groupby(items, key=lambda field: field.group), 1):
        if group is not None:
            title = run(f"{chinese_number(group_number)}、{group.zh}", font=HEI) + english(f"  {group.en}", 15)
            rows.append(row(Cell(paragraph(title), len(_MATRIX_MM), BAND_FILL), height=363))
        for item in members:
            number += 1
            rows.append(_item_row(item, number))
    return table(scaled(_MATRIX_MM, width), rows)


def _item_row(item: FormField, number: int) -> Row:
    title = paragraph(run(item.title.zh), pitch=280) + paragraph(english(item.title.en), pitch=180)
    boxes = [
        Cell(
            paragraph(tag_run(f"{item.id}.{step}", size=_BOX_SIZE, font=SONG), pitch=300, align="center"),
            padding=(28, 11, 28, 11),
        )
        for step in SCALE
    ]
    remark = paragraph(tag_run(item.remarks, size=18, font=FANG), pitch=250) if item.remarks else paragraph()
    cells = [
        Cell(paragraph(run(str(number)), align="center")),
        Cell(title),
        *boxes,
        Cell(remark, padding=(11, 57, 11, 57)),
    ]
    return row(*cells, height=mm(10.6))


def _overall(field: FormField, width: int) -> str:
    """The rating that counts, set apart; called compulsory where its definition says so."""
    call = field.hint.zh.partition("；")[0] if field.hint else ("必填" if field.required else "")
    name = paragraph(run(field.title.zh, size=24, font=HEI), pitch=320, align="center")
    below = english(f"{field.title.en} · " if len(call) <= _LONGEST_CALL and call else field.title.en)
    if call and len(call) <= _LONGEST_CALL:
        below += run(call, size=17, font=HEI)
    cells = [Cell(name + paragraph(below, pitch=220, align="center"), fill=BAND_FILL)]
    for step in SCALE:
        choice = tag_run(f"{field.id}.{step}", size=_OVERALL_SIZE, font=SONG) + run(f" {SCALE_NAMES[step][0]}", size=22)
        cells.append(Cell(paragraph(choice, pitch=340, align="center"), padding=(28, 17, 28, 17)))
    return table(scaled(_OVERALL_MM, width), [row(*cells, height=mm(13))])


def _signers(sections: Sequence[Section]) -> list[Section]:
    return [section for section in sections if section.sign != "none"]


def _after(sections: Sequence[Section], fields: Sequence[FormField], width: int) -> str:
    """What is left below the matrix, as on any form, with the signatures of all sections."""
    shown = {field.id for field in fields}
    left = [
        section.model_copy(
            update={
                "fields": tuple(field for field in section.fields if field.id in shown),
                "computed": tuple(field for field in section.computed if field.id in shown),
            }
        )
        for section in sections
    ]
    kept = [section for section in left if section.all_fields or section.sign != "none"]
    return grid_tables(kept, width, {}, _AFTER)
