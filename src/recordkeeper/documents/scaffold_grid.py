"""Sections on one grid: label and value side by side, text areas with the signature beside them.

The layout of forms, agreements, notices and statistics. Short fields share a line; a text area is as high as its
lines say on a blank for the pen, and as its content on a filled record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from recordkeeper.documents.house_style import (
    BODY,
    GRID_UNITS,
    LABEL_CHARACTERS,
    LABEL_FILL,
    PADDING,
    PITCH,
    TAB,
    TEXT_PITCH,
    Cell,
    Row,
    band,
    block,
    english,
    figure,
    gap,
    heading_cell,
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
from recordkeeper.documents.scaffold_line import lines_of, pen_line
from recordkeeper.documents.scaffold_round import instance_table
from recordkeeper.documents.typeface import FANG, HEI, SONG
from recordkeeper.model.expression import names_in
from recordkeeper.model.section import ByField, ByParty, Chart, ComputedField, FormField, Section, Title

IS_BLANK = "not record.number"
SINGLE_ROW, COMPUTED_ROW, SIGN_ROW, BAND_ROW, AREA_PADDING = 510, 415, 975, 386, 68
SIGN_PADDING, AREA_MARGINS = (17, 91, 40, 91), (34, 91, 34, 91)
TITLE_ROW, TITLE_SIZE = 1360, 44
LABEL_SPAN, SIGN_SPAN = 4, 8
BETWEEN_TABLES = 100
NUMBER_MILLIMETRES = 9
BLANK_LINES_OF_ROWS, BLANK_LINES_COMPUTED = 5, 3
_SHORT_TYPES = frozenset({"number", "money", "date", "moment", "yes_no", "person", "role"})
_CENTRED_TYPES = frozenset({"number", "money", "yes_no", "date", "moment"})
_OTHER = "other"
_TWO = 2


@dataclass(frozen=True, slots=True)
class GridStyle:
    """How a kind of form uses the grid.

    Args:
        has_bands: whether sections have a heading of their own.
        shorts_a_line: short fields on one line.
        text_size: size of long texts, in half points.
        text_pitch: their pitch.
        blank_line_mm: height of a line of a long text on a blank, in millimetres.
        short_label: columns that the label of a short field takes.
        keeps_room: whether a filled long text keeps the room of its lines.
        least_lines: of a filled long text that does not.
    """

    has_bands: bool = True
    shorts_a_line: int = 2
    text_size: int = BODY
    text_pitch: int = TEXT_PITCH
    blank_line_mm: float = 5.3
    short_label: int = 4
    keeps_room: bool = False
    least_lines: int = 2


FORM = GridStyle()
STATISTICS = GridStyle(has_bands=False, shorts_a_line=3, blank_line_mm=6, least_lines=1)
LETTER = GridStyle(has_bands=False, text_size=24, text_pitch=440, blank_line_mm=7.8, keeps_room=True)


def grid_tables(sections: Sequence[Section], width: int, roles: Mapping[str, str], style: GridStyle = FORM) -> str:
    """The sections as tables of one grid, one below the other.

    Args:
        sections: in their order.
        width: between the margins, in twips.
        roles: printed names of the roles that fill them.
        style: how the kind of form uses the grid.
    """
    return _Grid(width, roles, style).tables(sections)


class _Grid:
    def __init__(self, width: int, roles: Mapping[str, str], style: GridStyle) -> None:
        self._width = width
        self._roles = roles
        self._style = style
        self._columns = scaled([1] * GRID_UNITS, width)
        self._rows: list[Row] = []
        self._pieces: list[str] = []

    def tables(self, sections: Sequence[Section]) -> str:
        for number, (own, signers) in enumerate(_groups(sections), 1):
            heading = None
            if self._style.has_bands:
                who = _who(own, self._roles)
                # a span of 0 is the whole table
                heading = row(band(own.title, number, who, self._width, 0), height=BAND_ROW, is_heading=bool(own.each))
            if own.each is not None:
                self._end_table()
                self._pieces.append(instance_table(own, _title_of(sections, own.each.field), self._width, heading))
            else:
                self._rows += [heading] if heading else []
                self._section(own, signers, heading)
        self._end_table()
        return gap(BETWEEN_TABLES).join(self._pieces)

    def _section(self, section: Section, signers: list[Section], heading: Row | None) -> None:
        besides = besides_of(section.all_fields)
        fields = [field for field in section.all_fields if not field.beside]
        fields.sort(key=lambda field: field.width != "title")
        if not self._style.has_bands:
            fields = _judgements_last(section, fields)
        signed_area = None
        if len(signers) == 1 and signers[0] is section:
            signed_area = next((field for field in reversed(fields) if is_area(field)), None)
        shorts: list[FormField] = []
        for field in fields:
            if is_short(field):
                shorts.append(field)
                continue
            self._shorts(shorts, besides)
            shorts = []
            if field.type == "rows":
                band = self._rows.pop() if self._rows and self._rows[-1] is heading else None
                self._end_table()
                self._pieces.append(rows_table(field, self._width, band))
                if field.chart:
                    self._pieces.append(chart_table(field.id, field.chart, self._width))
            elif field.width == "title":
                self._title(field)
            elif field is signed_area:
                self._signed_area(field, besides, section)
            else:
                self._full(field, besides)
        self._shorts(shorts, besides)
        if signed_area is None and signers:
            self._signatures(signers)

    def _end_table(self) -> None:
        if self._rows:
            self._pieces.append(table(self._columns, self._rows))
            self._rows = []

    def _shorts(self, fields: Sequence[FormField], besides: Mapping[str, list[FormField]]) -> None:
        per_line = self._style.shorts_a_line
        narrowest = sum(self._columns[: GRID_UNITS // per_line - self._style.short_label])
        for line in lines_of(fields, per_line, narrowest):
            whole = GRID_UNITS // len(line)
            cells: list[Cell] = []
            for field in line:
                is_centred = per_line > _TWO and field.type in _CENTRED_TYPES
                own = self._style.short_label
                room = sum(self._columns[: whole - own])
                content = value_paragraphs(field, besides, align="center" if is_centred else "left", width=room)
                longest = LABEL_CHARACTERS if own == LABEL_SPAN else LABEL_CHARACTERS - 2
                cells += (label(field.title, span=own, longest=longest), Cell(content, whole - own))
            self._rows.append(row(*cells, height=SINGLE_ROW))

    def _title(self, field: FormField) -> None:
        """What the whole paper is of, as on the cover of a file: large, with its label below it."""
        value = paragraph(tag_run(field.id, size=TITLE_SIZE, font=HEI, latin=HEI), pitch=620, align="center")
        below = run(" ".join(field.title.zh), size=28, font=HEI) + english(f"  {field.title.en}", 15)
        content = value + paragraph(below, pitch=400, align="center", before=60)
        self._rows.append(row(Cell(content, 0), height=TITLE_ROW))

    def _full(self, field: FormField, besides: Mapping[str, list[FormField]]) -> None:
        width = sum(self._columns[LABEL_SPAN:])
        content = self._area(field, besides) if is_area(field) else value_paragraphs(field, besides, width=width)
        height = SINGLE_ROW
        if is_area(field):
            lines = field.lines if self._style.keeps_room else self._style.least_lines
            height = max(SINGLE_ROW, self._style.text_pitch * lines + AREA_PADDING)
        padding = AREA_MARGINS if is_area(field) else PADDING
        align = "top" if is_area(field) and self._style.keeps_room else "center"
        value = Cell(content, GRID_UNITS - LABEL_SPAN, padding=padding, align=align)
        self._rows.append(row(label(field.title), value, height=height))

    def _signed_area(self, field: FormField, besides: Mapping[str, list[FormField]], section: Section) -> None:
        content = Cell(self._area(field, besides, least_mm=25), GRID_UNITS - LABEL_SPAN - SIGN_SPAN)
        sign = self._signature(section, SIGN_SPAN)
        self._rows.append(row(label(field.title), content, sign, height=SIGN_ROW))

    def _area(self, field: FormField, besides: Mapping[str, list[FormField]], least_mm: float = 0) -> str:
        """A text; on a blank with room for the pen above what stands beside it."""
        style = self._style
        room = max(least_mm, field.lines * style.blank_line_mm) - len(besides.get(field.id, ())) * 5.5 - 7
        text = value_paragraphs(field, besides, size=style.text_size, pitch=style.text_pitch)
        return block(f"{{%p if {IS_BLANK} %}}") + gap(mm(max(room, 1))) + block("{%p endif %}") + text

    def _signatures(self, sections: Sequence[Section]) -> None:
        for begin in range(0, len(sections), 2):
            pair = sections[begin : begin + 2]
            span = GRID_UNITS // len(pair) - LABEL_SPAN
            cells: list[Cell] = []
            for section in pair:
                cells += (label(section.sign_title or section.title), self._signature(section, span))
            self._rows.append(row(*cells, height=SIGN_ROW))

    def _signature(self, section: Section, span: int) -> Cell:
        width = sum(self._columns[:span])
        return Cell(signature_paragraph(section, width), span, padding=SIGN_PADDING)


def signature_paragraph(section: Section, width: int) -> str:
    """The place of a section's signature in a cell ``width`` wide; a tab in it leads to the right edge."""
    return paragraph(tag_run(f"signature.{section.id}"), pitch=265, tabs=[("right", width - 182)])


def besides_of(fields: Sequence[FormField]) -> dict[str, list[FormField]]:
    """The fields that are printed in another's place, by that other."""
    besides: dict[str, list[FormField]] = {}
    for field in fields:
        if field.beside:
            besides.setdefault(field.beside, []).append(field)
    return besides


def is_area(field: FormField) -> bool:
    """Whether a field is a text of several lines."""
    return field.type == "text" and field.lines > 1


def is_short(field: FormField) -> bool:
    """Whether a field shares its line with others."""
    if field.type == "rows" or is_area(field):
        return False
    return field.width == "half" or (field.width is None and field.type in _SHORT_TYPES)


def value_paragraphs(
    field: FormField,
    besides: Mapping[str, list[FormField]],
    *,
    align: str = "left",
    size: int = BODY,
    pitch: int = PITCH,
    width: int = 0,
) -> str:
    """The place of a field's value, and of what stands beside it: after a choice ``other``, else on its own line.

    Args:
        field: the field.
        besides: what stands in its place too, by its id.
        align: left or center.
        size: of a text, in half points.
        pitch: from line to line.
        width: of its cell, in twips, where that is known.
    """
    beside = list(besides.get(field.id, ()))
    if field.type in {"choice", "yes_no", "scale"}:
        name = f"{field.id}.all" if field.type == "scale" else field.id
        runs = [tag_run(name, font=SONG)]
        if beside and field.choices and field.choices[-1].id == _OTHER:
            written = beside.pop(0)
            line = statement(f"{{% if {IS_BLANK} %}}") + run(pen_line(field, width)) + statement("{% endif %}")
            runs += [run("："), tag_run(written.id), line]
        value = paragraph(*runs, pitch=pitch, align=align)
    else:
        value = paragraph(tag_run(field.id, size=size), pitch=pitch, align=align)
    return value + "".join(
        paragraph(run(f"{each.title.zh}："), tag_run(each.id), pitch=pitch, align=align) for each in beside
    )


def rows_table(field: FormField, width: int, band: Row | None = None) -> str:
    """A field of rows as a table with its own columns; on a blank it has empty lines, fewer where it is computed.

    Args:
        field: of rows.
        width: of the table, in twips.
        band: the heading of its section where it stands first there, repeated with the heads of the columns.
    """
    known = sum(column.millimetres or 0 for column in field.columns)
    open_columns = sum(1 for column in field.columns if column.millimetres is None)
    left = max(0.0, width / mm(1) - NUMBER_MILLIMETRES - known)
    shares = [NUMBER_MILLIMETRES, *(column.millimetres or left / open_columns for column in field.columns)]
    number = Title(zh="序号", en="No.")
    heads = [heading_cell(title) for title in (number, *(column.title for column in field.columns))]
    cells = [Cell(paragraph(tag_run("item_row.no"), align="center"), padding=(28, 17, 28, 17))]
    for index, column in enumerate(field.columns):
        centred = column.type in _CENTRED_TYPES or column.type == "choice" or index == 0
        content = paragraph(
            tag_run(f"item_row.{column.id}", font=SONG if index == 0 else FANG),
            align="center" if centred else "left",
        )
        side = 17 if centred else 57
        cells.append(Cell(content, fill=LABEL_FILL if index == 0 else "", padding=(28, side, 28, side)))
    rows = [
        *([row(*band[0], height=BAND_ROW, is_heading=True)] if band else []),
        row(*heads, height=624, is_heading=True),
        row_block(f"{{%tr for item_row in {field.id} %}}"),
        row(*cells, height=COMPUTED_ROW if isinstance(field, ComputedField) else SINGLE_ROW),
        row_block("{%tr endfor %}"),
    ]
    empty = row(*(Cell(paragraph()) for _column in shares), height=SINGLE_ROW)
    lines = max(field.lines, BLANK_LINES_COMPUTED if isinstance(field, ComputedField) else BLANK_LINES_OF_ROWS)
    rows += [row_block(f"{{%tr if {IS_BLANK} %}}"), *[empty] * lines, row_block("{%tr endif %}")]
    return table(scaled(shares, width), rows)


def chart_table(name: str, chart: Chart, width: int) -> str:
    """The chart of a field of rows in a frame of its own, with its title; a blank has none."""
    note = ""
    if chart.objective:
        objective = tag_run(chart.objective, size=18, font=SONG)
        note = run("虚线为目标 ", size=18) + objective + run("，斜线为未达标项", size=18)
    title = run(chart.title.zh, font=HEI) + english(f"  {chart.title.en}", 15)
    heading = paragraph(title, TAB, note, tabs=[("right", width - 192)], keeps_next=True)
    frame = Cell(heading + figure(f"chart.{name}", align="center") + gap(20), padding=(28, 91, 0, 91))
    shown = table([width], [row(frame, height=SINGLE_ROW)])
    return block(f"{{%p if chart.{name} %}}") + shown + block("{%p endif %}")


def _title_of(sections: Sequence[Section], name: str) -> Title:
    """The title of the field that a section is repeated for."""
    found = next((field for section in sections if (field := section.field(name))), None)
    return found.title if found else Title(zh="项目", en="Item")


def _groups(sections: Sequence[Section]) -> Iterator[tuple[Section, list[Section]]]:
    """Each section that holds fields with all who sign there: itself, and the sections behind it that only sign."""
    groups: list[tuple[Section, list[Section]]] = []
    for section in sections:
        signs = [section] if section.sign != "none" else []
        if groups and not section.all_fields and section.each is None and groups[-1][0].each is None:
            groups[-1][1].extend(signs)
        else:
            groups.append((section, signs))
    yield from groups


def _judgements_last(section: Section, fields: list[FormField]) -> list[FormField]:
    """A computed yes or no stands behind the figures that it compares, on one line with them."""
    ordered = list(fields)
    for judgement in section.computed:
        if judgement.type != "yes_no" or judgement not in ordered:
            continue
        compared = names_in(judgement.value)
        operands = [field for field in ordered if field.id in compared and is_short(field)]
        others = [field for field in ordered if field not in operands]
        place = others.index(judgement)
        ordered = [*others[:place], *operands, *others[place:]]
    return ordered


def _who(section: Section, roles: Mapping[str, str]) -> str:
    names: list[str] = []
    for by in section.by:
        match by:
            case ByField():
                field = section.field(by.field)
                names.append(field.title.zh if field else "责任部门")
            case ByParty():
                names.append("顾客")
            case str() if by in roles:
                names.append(roles[by].partition("（")[0])
            case _:
                pass
    return f"{'、'.join(dict.fromkeys(names))}填写" if names else ""
