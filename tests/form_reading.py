"""What a filled Word form says, held against what its record holds; values are read anew from what is printed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from recordkeeper.documents.form_reader import CHOSEN, ReadForm, ReadValue
from recordkeeper.model.canonical import Json
from recordkeeper.model.record import Record
from recordkeeper.model.section import FormField, Section
from recordkeeper.model.statistics import SCALE
from recordkeeper.model.step import Step
from recordkeeper.model.value import SCALE_NAMES, format_moment

UNUSED = "/"
YES_NO = {"是": True, "否": False, "☑": True, "☐": False}
NAMED = {"person", "party", "premises", "role"}


def differences(read: ReadForm, record: Record, rows: Sequence[Record], names: Mapping[str, str]) -> Iterator[str]:
    """Where a printed value is not the one that stands.

    Args:
        read: what the form says.
        record: the record or sheet that was printed.
        rows: the rows of a sheet.
        names: how persons, parties, premises and roles are printed, by subject or id.
    """
    for section in record.sections:
        if section.each is not None:
            yield from _of_instances(read, record, section, names)
            continue
        for each in section.all_fields:
            wanted = record.values.get(each.id)
            if each.type == "rows":
                cells = cast("Sequence[Mapping[str, Json]]", wanted or [])
                for number, (shown, given) in enumerate(zip(_used(read.rows[each.id]), cells, strict=True), 1):
                    yield from _of_cells(shown, each.columns, given, f"{each.id}.{number}", names, record.zone)
            elif each.type == "scale":
                yield from _unlike(each.id, _scale(read, each.id), wanted)
            else:
                yield from _unlike(
                    each.id, _value(each, read.values.get(each.id, ReadValue()), names, record.zone), wanted
                )
    for number, (shown, row) in enumerate(zip(read.rows.get("rows", []), rows, strict=True), 1):
        yield from _of_row(shown, row, number, names)


def _of_instances(read: ReadForm, record: Record, section: Section, names: Mapping[str, str]) -> Iterator[str]:
    steps = record.steps_of(section)
    for step, shown in zip(steps, _used(read.rows[section.id]), strict=True):
        plain = [each for each in section.all_fields if each.type != "rows"]
        filled = record.saved[step].values if step in record.saved else {}
        yield from _of_cells(shown, plain, filled, str(step), names, record.zone)


def _of_row(shown: Mapping[str, ReadValue], row: Record, number: int, names: Mapping[str, str]) -> Iterator[str]:
    for section in row.sections:
        steps = [step for step in row.steps_in_order() if step.section == section.id and step in row.saved]
        if len(steps) > 1:
            yield from _of_rounds(shown, row, section, steps, names)
        else:
            filled = row.saved[steps[0]].values if steps else {}
            yield from _of_cells(shown, section.all_fields, filled, f"rows.{number}", names, row.zone)


def _of_rounds(
    shown: Mapping[str, ReadValue], row: Record, section: Section, steps: Sequence[Step], names: Mapping[str, str]
) -> Iterator[str]:
    """A cell that has a line for each round: ``1. …``."""
    for each in section.all_fields:
        rest = f"\n{shown.get(each.id, ReadValue()).text}"
        for number, step in reversed(list(enumerate(steps, 1))):
            rest, _mark, text = rest.rpartition(f"\n{number}. ")
            value = _value(each, ReadValue(text), names, row.zone)
            yield from _unlike(f"{step} {each.id}", value, row.saved[step].values.get(each.id))


def _of_cells(
    shown: Mapping[str, ReadValue],
    fields: Sequence[FormField],
    values: Mapping[str, Json],
    place: str,
    names: Mapping[str, str],
    zone: ZoneInfo,
) -> Iterator[str]:
    for each in fields:
        found = _value(each, shown.get(each.id, ReadValue()), names, zone)
        yield from _unlike(f"{place}.{each.id}", found, values.get(each.id))


def _used(rows: Sequence[Mapping[str, ReadValue]]) -> list[Mapping[str, ReadValue]]:
    """The rows of a table without the one that is ruled out where it has none."""
    return [row for row in rows if any(cell.text not in {"", UNUSED} for cell in row.values())]


def _unlike(place: str, found: Json, wanted: Json) -> Iterator[str]:
    if found != wanted:
        yield f"{place}: printed {found!r}, stands {wanted!r}"


def _scale(read: ReadForm, name: str) -> Json:
    if f"{name}.all" in read.values:
        titles = {zh: step for step, (zh, _en) in SCALE_NAMES.items()}
        return next((titles[text] for text, is_on in read.values[f"{name}.all"].boxes.items() if is_on), None)
    return next((step for step in SCALE if CHOSEN in read.values[f"{name}.{step}"].text), None)


def _value(each: FormField, shown: ReadValue, names: Mapping[str, str], zone: ZoneInfo) -> Json:
    """The canonical value of what is printed."""
    text = shown.text
    if text in {"", UNUSED}:
        return None
    match each.type:
        case "choice":
            return _choice(each, shown)
        case "yes_no":
            return YES_NO[text] if len(text) == 1 else next(YES_NO[name] for name, on in shown.boxes.items() if on)
        case "scale":
            return next(step for step, (zh, _en) in SCALE_NAMES.items() if zh == text)
        case "date":
            return _day(text)
        case "moment":
            day, _space, time = text.replace("\n", " ").partition(" ")
            return format_moment(datetime.fromisoformat(f"{_day(day)}T{time}").replace(tzinfo=zone))
        case "money":
            return text.removesuffix(each.suffix or "").replace(",", "")
        case kind if kind in NAMED:
            return next(subject for subject, name in names.items() if name == text)
        case _:
            return text.removesuffix(each.suffix or "")


def _choice(each: FormField, shown: ReadValue) -> Json:
    """The chosen ones by their boxes; in the narrow cells of a register by their names alone."""
    listed = shown.text.split("、") if each.multiple else [shown.text]
    chosen = [name for name, is_on in shown.boxes.items() if is_on] if shown.boxes else listed
    found = [choice.id for choice in each.choices if choice.zh in chosen]
    return cast("Json", found or None) if each.multiple else next(iter(found), None)


def _day(text: str) -> str:
    if "年" not in text:
        return text
    year, month, day = text.removesuffix("日").replace("月", "年").split("年")
    return f"{int(year):04}-{int(month):02}-{int(day):02}"
