"""A form's Word template in the house style, made from its definition alone.

What a controller then edits in Word. The layout follows from the kind of the form and from what its fields say of
themselves: width, lines, group, millimetres, beside. Nothing here knows any one form.
"""

from collections.abc import Mapping

from recordkeeper.documents.house_style import (
    BODY,
    LABEL_FILL,
    NARROW_PADDING,
    NO_PADDING,
    TAB,
    TITLE_COLOUR,
    Cell,
    block,
    english,
    figure,
    gap,
    mm,
    paragraph,
    row,
    row_block,
    run,
    scaled,
    table,
    tag_run,
)
from recordkeeper.documents.scaffold_grid import FORM, LETTER, STATISTICS, grid_tables
from recordkeeper.documents.scaffold_register import register_tables
from recordkeeper.documents.scaffold_round import earlier_rounds
from recordkeeper.documents.scaffold_survey import survey_tables
from recordkeeper.documents.typeface import ARIAL, FANG, HEI, SONG
from recordkeeper.documents.word_package import HARDLY_ANY_PITCH, LONG_CODE, number_size, text_width, word_file
from recordkeeper.model.form import Form
from recordkeeper.model.section import Title

QUIET_ZONE = mm(3)  # modules of the code are 1 mm, and what surrounds it elsewhere is white
CORNER = mm(32)  # kept free at both sides: the archive's stamp on the left, the print code on the right
_GRIDS = {"statistics": STATISTICS, "report": STATISTICS, "notice": LETTER}
_AMENDMENT_COLUMNS = (
    ("mark", Title(zh="序号", en="No."), 510),
    ("field", Title(zh="栏目", en="Field"), 1361),
    ("change", Title(zh="原内容 → 更改后内容", en="Old → new"), 2252),
    ("reason", Title(zh="更改原因", en="Reason"), 1871),
    ("by", Title(zh="更改人、日期", en="By, date"), 1680),
    ("countersigned", Title(zh="会签人、日期", en="Counter-signed"), 1680),
)


def scaffold(form: Form, roles: Mapping[str, str] | None = None) -> bytes:
    """The Word template of ``form``.

    Args:
        form: its definition.
        roles: printed names of the roles that fill its sections; the section heads leave them out without.
    """
    roles = roles or {}
    match form.kind:
        case "register":
            body = register_tables(form)
        case "survey":
            body = survey_tables(form)
        case kind:
            body = grid_tables(form.sections, text_width(form), roles, _GRIDS.get(kind, FORM))
    width = text_width(form)
    sections = form.sheet.sections if form.sheet else form.sections
    rounds = earlier_rounds(width) if any(section.rounds for section in sections) else ""
    # a table needs a paragraph behind it, which must not fall to a page of its own
    end = gap(HARDLY_ANY_PITCH)
    return word_file(form, _title_block(form) + gap(60) + body + rounds + _amendments(width) + end)


def _title_block(form: Form) -> str:
    width = text_width(form)
    title = paragraph(tag_run("form.title_zh", size=32, font=HEI, latin=ARIAL), pitch=480, align="center") + paragraph(
        _grey_tag("form.title_en"), pitch=260, align="center"
    )
    marks = tag_run("record.marks", size=18, font=HEI, latin=ARIAL)
    is_long = len(form.code) > LONG_CODE
    if is_long:  # the number line has no room for them
        title += paragraph(marks, pitch=250, align="center")
    line = paragraph(
        run("编号："),
        tag_run("record.number", font=SONG),
        TAB,
        *_second_item(form),
        *([] if is_long else [TAB, marks]),
        tabs=[("left", mm(70 if is_long else 56)), ("right", width - CORNER)],
    )
    free = Cell(paragraph(), padding=NO_PADDING)
    code = Cell(_print_code(form), padding=NO_PADDING, align="top", merged="restart")
    below_code = Cell(paragraph(), padding=NO_PADDING, merged="continue")
    return table(
        [CORNER, width - 2 * CORNER, CORNER],
        [
            row(free, Cell(title, padding=NO_PADDING), code, height=mm(22)),
            row(Cell(line, 2, padding=(0, 0, 68, 0), align="bottom"), below_code, height=510),
        ],
        outer=0,
    )


def _print_code(form: Form) -> str:
    """The code with the number under it; on a blank that was not issued the corner stays white."""
    number = paragraph(
        tag_run("record.number", size=number_size(form), font=SONG, latin=ARIAL),
        pitch=160,
        align="right",
        before=QUIET_ZONE,
    )
    shown = figure("print_code") + number
    return block("{%p if print_code %}") + shown + block("{%p endif %}") + gap(20)


def _second_item(form: Form) -> tuple[str, str]:
    if form.kind == "register":
        return run("登记单位："), tag_run("record.unit", font=SONG)
    return run("填表日期："), tag_run("record.entered_on", font=SONG)


def _grey_tag(name: str) -> str:
    return tag_run(name, size=18, font=SONG, latin=ARIAL).replace(
        "<w:sz ", f'<w:color w:val="{TITLE_COLOUR}"/><w:sz ', 1
    )


def _amendments(width: int) -> str:
    """The list under the form; printed when there is something to list."""
    heading = paragraph(
        run("更改记录", font=HEI),
        english("  Amendments", 15),
        TAB,
        tag_run("amendments_summary", size=18, font=SONG),
        tabs=[("right", width)],
        before=80,
        after=30,
        keeps_next=True,
    )
    heads = [
        Cell(
            paragraph(run(title.zh, size=18), pitch=240, align="center")
            + paragraph(english(title.en, 13), pitch=160, align="center"),
            fill=LABEL_FILL,
            padding=NARROW_PADDING,
        )
        for _name, title, _width in _AMENDMENT_COLUMNS
    ]
    cells = [_amendment_cell(name) for name, _title, _width in _AMENDMENT_COLUMNS]
    widths = scaled([share for _name, _title, share in _AMENDMENT_COLUMNS], width)
    rows = [
        row(*heads, height=454, is_heading=True),
        row_block("{%tr for amendment in amendments %}"),
        row(*cells, height=mm(11)),
        row_block("{%tr endfor %}"),
    ]
    return block("{%p if amendments %}") + heading + table(widths, rows, outer=4) + block("{%p endif %}")


def _amendment_cell(name: str) -> Cell:
    if name == "mark":
        return Cell(paragraph(tag_run("amendment.mark", size=BODY, font=SONG), align="center"))
    font = SONG if name == "field" else FANG
    content = paragraph(tag_run(f"amendment.{name}", size=18, font=font), pitch=250)
    return Cell(content, padding=(28, 68, 28, 45))
