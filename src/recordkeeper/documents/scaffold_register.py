"""A register's sheet: one row a record, the heading on every page, left-over lines ruled out, its own sections."""

from collections.abc import Sequence

from recordkeeper.documents.house_style import (
    LABEL_FILL,
    NARROW_PADDING,
    Cell,
    Row,
    block,
    english,
    gap,
    label,
    mm,
    paragraph,
    row,
    row_block,
    run,
    scaled,
    statement,
    table,
    tag_run,
)
from recordkeeper.documents.scaffold_grid import (
    BETWEEN_TABLES,
    SIGN_ROW,
    besides_of,
    is_area,
    signature_paragraph,
    value_paragraphs,
)
from recordkeeper.documents.word_package import text_width
from recordkeeper.model.form import Form
from recordkeeper.model.section import FormField, Section, Title

ROW_HEIGHT, HEAD_HEIGHT = mm(12.2), mm(12)
CELL_SIZE, CELL_PITCH, BESIDE_SIZE, BESIDE_PITCH = 19, 240, 17, 200
MOST_RULED_OUT = 2
NUMBER, RECORDED_BY = Title(zh="序号", en="No."), Title(zh="记录人", en="By")
NUMBER_MM, RECORDED_BY_MM, LEAST_MM = 10, 18, 18
_LEFT_ALIGNED_LINES = 2


def register_tables(form: Form) -> str:
    """The rows of a sheet and, below, what the sheet itself holds."""
    width = text_width(form)
    fields = [field for section in form.sections for field in section.all_fields if not field.beside]
    besides = besides_of([field for section in form.sections for field in section.all_fields])
    below = _sheet_sections(form.sheet.sections, width) if form.sheet else ""
    return _rows_table(fields, besides, [field for s in form.sections for field in s.all_fields], width) + below


def _rows_table(
    fields: Sequence[FormField], besides: dict[str, list[FormField]], order: Sequence[FormField], width: int
) -> str:
    shares = _shares(fields, width)
    heads = [_head(title) for title in (NUMBER, *(field.title for field in fields), RECORDED_BY)]
    cells = [
        Cell(
            paragraph(tag_run("row.no", size=20), pitch=CELL_PITCH, align="center")
            + _when("row.late", paragraph(tag_run("row.late", size=14), pitch=180, align="center"))
            + _when("row.void", paragraph(tag_run("row.void", size=14), pitch=180, align="center"))
            + gap(20),
            padding=NARROW_PADDING,
        ),
        *(_cell(field, besides.get(field.id, []), order) for field in fields),
        _text_cell("recorded_by"),
    ]
    rows = [
        row(*heads, height=HEAD_HEIGHT, is_heading=True),
        row_block("{%tr for row in rows %}"),
        row(*cells, height=ROW_HEIGHT),
        row_block("{%tr endfor %}"),
        *_blank_rows(fields),
    ]
    return table(scaled(shares, width), rows)


def _shares(fields: Sequence[FormField], width: int) -> list[float]:
    """Millimetres a column: as the fields say, and what is left among those that say nothing."""
    known = NUMBER_MM + RECORDED_BY_MM + sum(field.millimetres or 0 for field in fields)
    silent = sum(1 for field in fields if field.millimetres is None)
    each = max(LEAST_MM, (width / mm(1) - known) / silent) if silent else 0
    return [NUMBER_MM, *(field.millimetres or each for field in fields), RECORDED_BY_MM]


def _head(title: Title) -> Cell:
    content = paragraph(run(title.zh), align="center") + paragraph(english(title.en, 13), pitch=160, align="center")
    return Cell(content, fill=LABEL_FILL, padding=(28, 11, 28, 11))


def _cell(field: FormField, besides: Sequence[FormField], order: Sequence[FormField]) -> Cell:
    """A value with those that stand beside it, above or below as the definition orders them."""
    align = "left" if field.lines >= _LEFT_ALIGNED_LINES else "center"
    above = [each for each in besides if order.index(each) < order.index(field)]
    below = [each for each in besides if each not in above]
    content = "".join(_beside(each, CELL_SIZE, align) for each in above)
    content += paragraph(tag_run(f"row.{field.id}", size=CELL_SIZE), pitch=CELL_PITCH, align=align)
    content += "".join(_beside(each, BESIDE_SIZE, align) for each in below)
    padding = (17, 79, 17, 57) if align == "left" else (17, 23, 17, 23)
    return Cell(content + (gap(20) if below else ""), padding=padding)


def _beside(field: FormField, size: int, align: str) -> str:
    pitch = CELL_PITCH if size == CELL_SIZE else BESIDE_PITCH
    return _when(f"row.{field.id}", paragraph(tag_run(f"row.{field.id}", size=size), pitch=pitch, align=align))


def _when(condition: str, content: str) -> str:
    return block(f"{{%p if {condition} %}}") + content + block("{%p endif %}")


def _text_cell(name: str) -> Cell:
    content = paragraph(tag_run(f"row.{name}", size=CELL_SIZE), pitch=CELL_PITCH, align="center")
    return Cell(content, padding=(17, 23, 17, 23))


def _blank_rows(fields: Sequence[FormField]) -> list[Row]:
    """Left-over lines: numbered on a blank sheet, the first of them ruled out on a closed one."""
    widest = max(fields, key=lambda field: (field.millimetres or 0, field.lines))
    number = statement("{% if not rows %}") + tag_run("loop.index", size=20) + statement("{% endif %}")
    ruled = statement("{% if ruled_off %}") + run("/", size=20) + statement("{% endif %}")
    words = (
        statement("{% if ruled_off and loop.first %}")
        + run("以  下  空  白")
        + statement("{% elif ruled_off %}")
        + run("/", size=20)
        + statement("{% endif %}")
    )
    cells = [Cell(paragraph(number, ruled, align="center"), padding=NARROW_PADDING)]
    cells += [Cell(paragraph(words if field is widest else ruled, align="center")) for field in fields]
    cells.append(Cell(paragraph(ruled, align="center")))
    return [
        row_block("{%tr for blank in blank_rows %}"),
        row_block(f"{{%tr if not ruled_off or loop.index <= {MOST_RULED_OUT} %}}"),
        row(*cells, height=ROW_HEIGHT),
        row_block("{%tr endif %}"),
        row_block("{%tr endfor %}"),
    ]


def _sheet_sections(sections: Sequence[Section], width: int) -> str:
    """Summary, reading, signature: two to a line, label and content."""
    pairs: list[tuple[Title, str]] = []
    half = width * 3 // 8
    for section in sections:
        besides = besides_of(section.all_fields)
        for field in section.all_fields:
            if not field.beside:
                pitch = 290 if is_area(field) else 286
                pairs.append((field.title, value_paragraphs(field, besides, pitch=pitch)))
        if section.sign != "none":
            pairs.append((section.sign_title or section.title, signature_paragraph(section, half)))
    rows: list[Row] = []
    for begin in range(0, len(pairs), 2):
        line = pairs[begin : begin + 2]
        span = 8 // len(line) - 1
        cells = [cell for title, content in line for cell in (label(title, span=1), Cell(content, span))]
        rows.append(row(*cells, height=SIGN_ROW))
    return gap(BETWEEN_TABLES) + table(scaled([1] * 8, width), rows) if rows else ""
