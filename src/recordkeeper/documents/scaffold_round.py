"""Sections that are repeated, and the rounds before the present one, as tables.

A repeated section is a line for each choice or row that it is repeated for, with its signature at the end; earlier
rounds stand behind the form's body and are not printed on a blank.
"""

from recordkeeper.documents.house_style import (
    LABEL_FILL,
    NARROW_PADDING,
    Cell,
    Row,
    block,
    english,
    heading_cell,
    mm,
    paragraph,
    row,
    row_block,
    run,
    scaled,
    table,
    tag_run,
)
from recordkeeper.documents.typeface import ARIAL, FANG, HEI, SONG
from recordkeeper.model.section import FormField, Section, Title

SIGN_MILLIMETRES, NAME_MILLIMETRES = 46.0, 28.0  # a moment with its zone, or four words of a date, on one line
SHORT_MILLIMETRES = 24.0
_MILLIMETRES = {"date": 34.0, "moment": 34.0, "yes_no": 32.0}  # a day written by hand, two boxes with their words
INSTANCE_ROW = mm(15)
_NARROW_TYPES = frozenset({"yes_no", "date", "moment", "number", "money", "scale"})
_SIGNED = Title(zh="签名、日期", en="Signature, date")
_ROUND_COLUMNS = (
    ("round", Title(zh="轮次", en="Round"), 14),
    ("section", Title(zh="栏目", en="Section"), 26),
    ("content", Title(zh="内容", en="Content"), 74),
    ("by", Title(zh="填写人、时间", en="Filled by, at"), 24),
    ("signature", _SIGNED, 46),
)


def instance_table(section: Section, name: Title, width: int, band: Row | None = None) -> str:
    """A repeated section as a table.

    Args:
        section: the section.
        name: the title of the field that it is repeated for.
        width: of the table, in twentieths of a point.
        band: the section's heading, which is repeated with the heads of the columns; None for none.
    """
    fields = section.all_fields
    is_signed = section.sign != "none"
    fixed = NAME_MILLIMETRES + (SIGN_MILLIMETRES if is_signed else 0)
    wide = [field for field in fields if not _is_narrow(field)]
    narrow = sum(_millimetres(field) for field in fields if field not in wide)
    left = max(20.0, (width / mm(1) - fixed - narrow) / max(1, len(wide)))
    shares = [
        NAME_MILLIMETRES,
        *(left if field in wide else _millimetres(field) for field in fields),
        *([SIGN_MILLIMETRES] if is_signed else []),
    ]
    titles = [name, *(field.title for field in fields), *([_SIGNED] if is_signed else [])]
    cells = [
        Cell(
            paragraph(tag_run("instance.name", font=SONG), align="center")
            + paragraph(tag_run("instance.name_en", size=13, font=SONG, latin=ARIAL), pitch=160, align="center"),
            fill=LABEL_FILL,
            padding=NARROW_PADDING,
        ),
        *(_field_cell(field) for field in fields),
    ]
    if is_signed:
        cells.append(Cell(paragraph(tag_run("instance.signature"), pitch=265), padding=(17, 57, 17, 40)))
    rows = [
        *([band] if band else []),
        row(*(heading_cell(title) for title in titles), height=624, is_heading=True),
        row_block(f"{{%tr for instance in {section.id} %}}"),
        row(*cells, height=INSTANCE_ROW),
        row_block("{%tr endfor %}"),
    ]
    return table(scaled(shares, width), rows)


def earlier_rounds(width: int) -> str:
    """The rounds before the present one; printed when there are any."""
    heading = paragraph(
        run("以前各轮", font=HEI), english("  Earlier rounds", 15), before=80, after=30, keeps_next=True
    )
    heads = [
        Cell(
            paragraph(run(title.zh, size=18), pitch=240, align="center")
            + paragraph(english(title.en, 13), pitch=160, align="center"),
            fill=LABEL_FILL,
            padding=NARROW_PADDING,
        )
        for _name, title, _share in _ROUND_COLUMNS
    ]
    cells = [_round_cell(name) for name, _title, _share in _ROUND_COLUMNS]
    rows = [
        row(*heads, height=454, is_heading=True),
        row_block("{%tr for earlier in earlier_rounds %}"),
        row(*cells, height=mm(11)),
        row_block("{%tr endfor %}"),
    ]
    widths = scaled([share for _name, _title, share in _ROUND_COLUMNS], width)
    return block("{%p if earlier_rounds %}") + heading + table(widths, rows, outer=4) + block("{%p endif %}")


def _is_narrow(field: FormField) -> bool:
    return field.millimetres is not None or field.type in _NARROW_TYPES


def _millimetres(field: FormField) -> float:
    """The width of a narrow column."""
    return float(field.millimetres or _MILLIMETRES.get(field.type, SHORT_MILLIMETRES))


def _field_cell(field: FormField) -> Cell:
    align = "center" if field.type in _NARROW_TYPES else "left"
    content = paragraph(tag_run(f"instance.{field.id}", font=SONG if field.type == "choice" else FANG), align=align)
    return Cell(content, padding=(28, 57, 28, 45))


def _round_cell(name: str) -> Cell:
    if name in {"round", "section"}:
        content = paragraph(tag_run(f"earlier.{name}", size=18, font=SONG), pitch=250, align="center")
        return Cell(content, padding=NARROW_PADDING)
    return Cell(paragraph(tag_run(f"earlier.{name}", size=18, font=FANG), pitch=250), padding=(28, 68, 28, 45))
