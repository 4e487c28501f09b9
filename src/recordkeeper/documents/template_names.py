"""The names that the template of a form may print, must print, and may loop over or ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recordkeeper.documents.chart import chart_figure
from recordkeeper.documents.figure import Figure
from recordkeeper.documents.house_style import mm
from recordkeeper.documents.print_code import LATER_PAGE_CODE, PRINT_CODE
from recordkeeper.documents.word_package import text_width
from recordkeeper.model.form import Form
from recordkeeper.model.rendition import EARLIER_ROUNDS
from recordkeeper.model.section import FormField
from recordkeeper.model.statistics import SCALE

FRAME = frozenset(
    {
        "company.name",
        "form.code",
        "form.revision",
        "form.title_zh",
        "form.title_en",
        "form.retention",
        "record.number",
        "record.entered_on",
        "record.unit",
        "record.state",
        "record.marks",
        "checkpoint",
        PRINT_CODE.tag,
        LATER_PAGE_CODE.tag,
        "amendments_summary",
    }
)
NEEDED = ("form.code", "form.revision", "record.number", "checkpoint", PRINT_CODE.tag)
AMENDMENT_COLUMNS = frozenset({"mark", "field", "old", "new", "change", "reason", "by", "countersigned"})
NEEDED_OF_AMENDMENTS = ("mark", "field", "change", "reason", "by", "countersigned")
ATTACHMENT_COLUMNS = frozenset({"name", "digest", "added_on"})
INSTANCE_COLUMNS = frozenset({"name", "name_en", "signature", "filled_by", "filled_on"})
ROUND_COLUMNS = frozenset({"round", "section", "content", "by", "signature"})
ROW_COLUMNS = frozenset({"no", "number", "recorded_by", "late", "void"})


@dataclass(frozen=True, slots=True)
class TemplateNames:
    """What a template may and must print.

    Args:
        values: names that print, with their dots: ``record.number``, ``customer``, ``gate.all``.
        lists: names to loop over, with the names that each item has.
        conditions: names that only a condition may ask for; values and lists may be asked for too.
        wanted: for each field, alternatives: the names that must all be printed to print it whole.
        figures: names that are drawn, with what draws them; they are among the values too.
    """

    values: frozenset[str]
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    conditions: frozenset[str] = frozenset()
    wanted: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)


def template_names(form: Form) -> TemplateNames:
    """The names for the template of ``form``: its fields, and what every template sees.

    Source: ISO 9001, 7.5.2 a; P06-R3
    """
    values = set(FRAME)
    lists = {"amendments": AMENDMENT_COLUMNS, "attachments": ATTACHMENT_COLUMNS}
    wanted: dict[str, tuple[frozenset[str], ...]] = {name: (frozenset({name}),) for name in NEEDED}
    wanted["amendments"] = (frozenset(f"amendments.{column}" for column in NEEDED_OF_AMENDMENTS),)
    own_sections = form.sheet.sections if form.sheet else form.sections
    for section in own_sections:
        if section.each is not None:
            cells = frozenset(each.id for each in section.all_fields)
            lists[section.id] = cells | INSTANCE_COLUMNS
            needed = {*cells, "name", *(["signature"] if section.sign != "none" else [])}
            wanted[section.id] = (frozenset(f"{section.id}.{cell}" for cell in needed),)
            continue
        for each in section.all_fields:
            _add_field(each, values, lists, wanted)
        values |= {f"signature.{section.id}", f"filled.{section.id}.by", f"filled.{section.id}.on"}
        if section.sign != "none":
            wanted[f"signature.{section.id}"] = (frozenset({f"signature.{section.id}"}),)
    if any(section.rounds for section in own_sections):
        lists[EARLIER_ROUNDS] = ROUND_COLUMNS
        wanted[EARLIER_ROUNDS] = (frozenset(f"{EARLIER_ROUNDS}.{column}" for column in ROUND_COLUMNS - {"by"}),)
    width = text_width(form) / mm(1) - 4  # between the borders of its frame
    single = [section for section in own_sections if section.each is None]
    charts = [chart_figure(each.id, width) for section in single for each in section.all_fields if each.chart]
    figures = {figure.tag: figure for figure in (PRINT_CODE, LATER_PAGE_CODE, *charts)}
    values |= set(figures)
    conditions: frozenset[str] = frozenset()
    if form.sheet:
        cells = frozenset(each.id for section in form.sections for each in section.all_fields)
        lists |= {"rows": cells | ROW_COLUMNS, "blank_rows": frozenset({"no"})}
        wanted |= {f"rows.{cell}": (frozenset({f"rows.{cell}"}),) for cell in cells}
        conditions = frozenset({"ruled_off"})
    return TemplateNames(frozenset(values), lists, conditions, wanted, figures)


def _add_field(
    each: FormField,
    values: set[str],
    lists: dict[str, frozenset[str]],
    wanted: dict[str, tuple[frozenset[str], ...]],
) -> None:
    match each.type:
        case "rows":
            columns = frozenset(column.id for column in each.columns)
            lists[each.id] = columns | {"no"}
            wanted[each.id] = (frozenset(f"{each.id}.{column}" for column in columns),)
        case "scale":
            steps = frozenset(f"{each.id}.{step}" for step in SCALE)
            values |= {*steps, f"{each.id}.all"}
            wanted[each.id] = (frozenset({f"{each.id}.all"}), steps)
        case _:
            values.add(each.id)
            wanted[each.id] = (frozenset({each.id}),)
