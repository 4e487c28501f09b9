"""What a form prints of a record: every value with its struck predecessors, signatures, the list of amendments.

The result is plain data for a template or a screen: text, truth, lists, maps and spans. Nothing is set in type here.
Forms are printed in Chinese; who reads a screen in English sees the same values. It is long because
all that a template may name is made here.

Source: ISO 9001, 7.5.3; 21 CFR 11.50; P06-R3
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast
from zoneinfo import ZoneInfo

from recordkeeper.model.amendment import (
    ACCEPTED,
    PENDING,
    REFUSED,
    Amendment,
    Change,
    Version,
    changed_parts,
    show_versions,
)
from recordkeeper.model.canonical import Json
from recordkeeper.model.consistency import ITEM
from recordkeeper.model.erased import ERASED_TEXT, is_erased
from recordkeeper.model.form import Form
from recordkeeper.model.lateness import lateness_of
from recordkeeper.model.print_code import PrintCode
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State, value_at
from recordkeeper.model.rich_text import RichText, Span, Style, joined, mark, plain, struck_out
from recordkeeper.model.section import ByField, ByParty, Chart, FormField, Section
from recordkeeper.model.signature import Signature
from recordkeeper.model.step import Step
from recordkeeper.model.value import SCALE_NAMES, parse_moment

Printed: TypeAlias = "str | int | bool | RichText | Sequence[Printed] | Mapping[str, Printed]"

CHOSEN, NOT_CHOSEN, UNUSED = "☑", "☐", "/"
EM_SPACE = "\u3000"
_SHORT_STATE = 16
BLANK_DATE = f"{EM_SPACE * 3}年{EM_SPACE}月{EM_SPACE}日"
MEANINGS: Mapping[str, tuple[str, str]] = {
    "received": ("收到", "Received"),
    "analysed": ("分析并分派", "Analysed and assigned"),
    "completed": ("完成确认", "Completed"),
    "verified": ("验证", "Verified"),
    "reviewed": ("审核", "Reviewed"),
    "read": ("审阅", "Read"),
    "prepared": ("编制", "Prepared"),
    "approved": ("批准", "Approved"),
    "issued": ("发布", "Issued"),
    "agreed": ("同意", "Agreed"),
    "authored": ("更改", "Amended"),
    "countersigned": ("会签", "Counter-signed"),
    "witnessed": ("见证", "Witnessed"),
}
STATE_MARKS: Mapping[State, str] = {State.VOID: "作废", State.REPLACED: "已重新签定"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rendering needs beside the record.

    Args:
        company: the company's name.
        name_of: printed name of a person, party, premises, unit or role by subject or id.
        zone: the company's IANA time zone.
        retention: ``3 年`` or ``永久``.
    """

    company: str
    name_of: Callable[[str], str]
    zone: ZoneInfo
    retention: str = ""

    def local(self, moment: str, layout: str = "%Y-%m-%d %H:%M") -> str:
        """A stored UTC moment in the company's zone."""
        return parse_moment(moment).astimezone(self.zone).strftime(layout)


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints the fields of one record or one step of it.

    Args:
        record: the record.
        around: names, zone, company.
        values: the values to print, by field.
        changes: what was amended of them, by field or cell.
        first: added to circled numbers where rows share one list.
        is_row: whether it prints into the narrow cells of a register.
    """

    record: Record
    around: Surroundings
    values: Mapping[str, Json]
    changes: Mapping[str, Sequence[tuple[Amendment, Change]]] = field(default_factory=dict)
    first: int = 0
    is_row: bool = False

    def value(self, each: FormField) -> Printed:
        """A field as it is printed; unused ones of a closed record are ruled out with "/"."""
        current = value_at(self.values, each.id)
        history = self.changes.get(each.id, ())
        if is_erased(current):
            erased = self.text(each, current, history)
            # one of the steps' cells says it, and so does the row of them all
            steps: dict[str, Printed] = dict.fromkeys(SCALE_NAMES, ())
            return {**steps, next(iter(SCALE_NAMES)): erased, "all": erased} if each.type == "scale" else erased
        if each.type == "rows":
            return self._rows(each, cast("Sequence[Mapping[str, Json]]", current or []))
        if each.type == "scale":
            return scale_boxes(each, current, self._former(history), self._marks(history))
        if each.type in {"choice", "yes_no"} and not (self.is_row and each.type == "choice"):
            if current is None and not history and self.is_ruled_off:
                return plain(UNUSED)
            return boxes(each, current, self._former(history), self._marks(history), is_bare=self.is_row)
        return self.text(each, current, history)

    def text(self, each: FormField, current: Json, history: Sequence[tuple[Amendment, Change]]) -> RichText:
        """A value as text with its struck predecessors."""
        if not history:
            if current is None:
                # what is printed in another field's cell of a row needs no line of its own
                is_ruled_out = self.is_ruled_off and not (self.is_row and each.beside)
                return plain(UNUSED) if is_ruled_out else ()
            return plain(text_of(each, current, self.around, is_short=self.is_row))
        return self._versions(each, history, self._printed)

    def versions(self, each: FormField, name: str, said: Callable[[FormField, Json], str]) -> RichText:
        """An amended value with its struck predecessors, each as ``said`` says it.

        Args:
            each: the field.
            name: under which it was amended: its id, or ``items.2.count`` for the cell of a row.
            said: the text of a value.
        """
        return self._versions(each, self.changes[name], said)

    def _printed(self, each: FormField, value: Json) -> str:
        return "" if value is None else text_of(each, value, self.around, is_short=self.is_row)

    def _versions(
        self,
        each: FormField,
        history: Sequence[tuple[Amendment, Change]],
        said: Callable[[FormField, Json], str],
    ) -> RichText:
        versions = [Version(said(each, history[0][1].old))]
        for amendment, change in history:
            note = f"{amendment.name} {self.around.local(amendment.at, '%Y-%m-%d')}"
            versions.append(Version(said(each, change.new), change.number + self.first, _bracketed(note, each)))
            if amendment.is_refused:
                versions.append(Version(said(each, change.old)))
        return show_versions(versions)

    def _rows(self, each: FormField, rows: Sequence[Mapping[str, Json]]) -> list[Printed]:
        if not rows and self.is_ruled_off:
            return [{"no": UNUSED, **{column.id: plain(UNUSED) for column in each.columns}}]
        printed: list[Printed] = []
        for number, row in enumerate(rows, 1):
            cells: dict[str, Printed] = {"no": str(number)}
            for column in each.columns:
                history = self.changes.get(f"{each.id}.{number}.{column.id}", ())
                current = row.get(column.id)
                if column.type == "yes_no" and not is_erased(current):
                    cells[column.id] = boxes(column, current, self._former(history), self._marks(history), is_bare=True)
                else:
                    cells[column.id] = self.text(column, current, history)
            printed.append(cells)
        return printed

    @property
    def is_ruled_off(self) -> bool:
        """Whether unused cells are ruled out: nothing more can be filled in."""
        return is_finished(self.record)

    @staticmethod
    def _former(history: Sequence[tuple[Amendment, Change]]) -> set[str]:
        former: set[str] = set()
        for amendment, change in history:
            former.update(_chosen(change.new if amendment.is_refused else change.old))
        return former

    def _marks(self, history: Sequence[tuple[Amendment, Change]]) -> dict[str, int]:
        marks: dict[str, int] = {}
        for _amendment, change in history:
            new, old = _chosen(change.new), _chosen(change.old)
            marks |= dict.fromkeys((new - old) or (old - new), change.number + self.first)
        return marks


def boxes(
    each: FormField, current: Json, former: set[str], marks: Mapping[str, int], *, is_bare: bool = False
) -> RichText:
    """All choices with their boxes, ☑ chosen and ☐ not; a choice that was struck stays legible."""
    if each.type == "yes_no":
        if is_bare:
            return _bare_box(current, former, marks)
        options = [("True", "是"), ("False", "否")]
    else:
        options = [(choice.id, choice.zh) for choice in each.choices]
    chosen = _chosen(current)
    spans: list[Span] = []
    for identifier, name in options:
        if spans:
            spans.append(Span(EM_SPACE))
        spans += _option(f" {name}", identifier, chosen, former, marks)
    return tuple(spans)


def _option(name: str, identifier: str, chosen: set[str], former: set[str], marks: Mapping[str, int]) -> list[Span]:
    if identifier in chosen:
        spans = [Span(CHOSEN, Style.BOX), Span(name)]
    elif identifier in former:
        spans = [Span(CHOSEN + name, Style.STRUCK)]
    else:
        return [Span(NOT_CHOSEN, Style.BOX), Span(name)]
    if identifier in marks:
        spans.append(Span(mark(marks[identifier]), Style.MARK))
    return spans


def _bare_box(current: Json, former: set[str], marks: Mapping[str, int]) -> RichText:
    struck = [Span(CHOSEN if "True" in former else NOT_CHOSEN, Style.STRUCK)] if former else []
    now = [Span(CHOSEN if current is True else NOT_CHOSEN, Style.BOX)] if current is not None else []
    numbers = [Span(mark(number), Style.MARK) for number in sorted(set(marks.values()))]
    return (*struck, *now, *numbers)


def scale_boxes(each: FormField, current: Json, former: set[str], marks: Mapping[str, int]) -> dict[str, Printed]:
    """One box a step of the scale, and under ``all`` the row of them with their names."""
    del each
    chosen = _chosen(current)
    steps: dict[str, Printed] = {}
    row: list[Span] = []
    for step, names in SCALE_NAMES.items():
        steps[step] = tuple(_option("", step, chosen, former, marks))
        row += [Span(EM_SPACE)] if row else []
        row += _option(f" {names[0]}", step, chosen, former, marks)
    steps["all"] = tuple(row)
    return steps


def _chosen(value: Json) -> set[str]:
    if value is None or is_erased(value):
        return set()
    if isinstance(value, list | tuple):
        return {str(each) for each in value}
    return {str(value)}


def text_of(each: FormField, value: Json, around: Surroundings, *, is_short: bool = False) -> str:
    """A stored value as printed text; dates in full, or as digits alone in the narrow cells of a register."""
    if is_erased(value):
        return ERASED_TEXT
    match each.type:
        case "choice":
            names = {choice.id: choice.zh for choice in each.choices}
            return "、".join(
                names.get(identifier, identifier) for identifier in sorted(_chosen(value), key=list(names).index)
            )
        case "scale":
            return SCALE_NAMES[str(value)][0]
        case "yes_no":
            return "是" if value is True else "否"
        case "date":
            return str(value) if is_short else _chinese_date(str(value))
        case "moment":
            local = around.local(str(value))
            return local.replace(" ", "\n") if is_short else f"{_chinese_date(local[:10])} {local[11:]}"
        case "person" | "party" | "premises" | "role":
            return around.name_of(str(value))
        case "money":
            return f"{_grouped(str(value))}{each.suffix or ''}"
        case _:
            return f"{value}{each.suffix or ''}"


def _grouped(number: str) -> str:
    whole, dot, places = number.partition(".")
    digits = whole.removeprefix("-")
    return f"{whole.removesuffix(digits)}{int(digits):,}{dot}{places}"


def _chinese_date(day: str) -> str:
    year, month, number = day.split("-")
    return f"{year}年{int(month)}月{int(number)}日"


def _bracketed(note: str, each: FormField) -> str:
    return f"〔{note}〕" if each.type == "text" and each.lines > 1 else f" {note}"


def is_finished(record: Record) -> bool:
    """Whether nothing more can be filled in; an amendment that awaits its counter-signature opens nothing again."""
    if record.state is State.PENDING:
        return bool(record.closed_on) and record.current_section is None
    return record.state in {State.CLOSED, State.REPLACED}


def printer_of(record: Record, around: Surroundings, *, first: int = 0, is_row: bool = False) -> Printer:
    """What prints the fields of ``record`` as they stand, those of repeated sections left out."""
    changes: dict[str, list[tuple[Amendment, Change]]] = {}
    if record.amendments:
        for step in record.present_steps():
            changes |= record.changes_at(step)
    return Printer(record, around, record.values, changes, first, is_row)


def _printer_at(record: Record, step: Step, around: Surroundings) -> Printer:
    """What prints one step alone, in the narrow cells of a table."""
    filled = record.saved.get(step)
    return Printer(record, around, filled.values if filled else {}, record.changes_at(step), is_row=True)


# ---- signatures ----------------------------------------------------------------------------------------------


def signature_block(record: Record, section: Section, around: Surroundings) -> RichText:
    """The signatures of a section: role, name, time with its zone, meaning; room for the pen where there is none.

    Source: 21 CFR 11.50; P-11
    """
    spans = _all_signed(record.signatures_of(section), around)
    if spans:
        return (*spans, *_room_for_the_rest(record, section, around))
    if is_finished(record) or record.state is State.VOID:
        return plain(UNUSED)
    return unsigned_block(section, around)


def _all_signed(signatures: Sequence[Signature], around: Surroundings) -> list[Span]:
    spans: list[Span] = []
    for signature in signatures:
        spans += [Span("\n")] if spans else []
        spans += _signed(signature, around)
    return spans


def _room_for_the_rest(record: Record, section: Section, around: Surroundings) -> Iterator[Span]:
    """Room for the pen of each role that has still to sign, where all of them sign and some have."""
    if section.sign != "all" or is_finished(record) or record.state is State.VOID:
        return
    for step in record.steps_of(section):
        signed = {signature.role for signature in record.signatures if signature.step == step}
        for role in record.roles_of(section, step.item):
            if role not in signed:
                yield from (Span("\n"), *_room_for_the_pen(around.name_of(role)))


def _signed(signature: Signature, around: Surroundings) -> list[Span]:
    way = "〔纸质签名〕" if signature.method == "paper" else "〔电子签名〕"
    if signature.signed_state:
        way = f"{way[:-1]}，转录〕"
    unattended = "（无人值守）" if signature.unattended else ""
    zone = around.local(signature.at, "%z")
    time = around.local(signature.at, "%Y-%m-%d %H:%M:%S") + f" {zone[:3]}:{zone[3:]}"
    spans = [
        Span(around.name_of(signature.role).partition("（")[0], Style.SMALL),
        Span(f" {way}", Style.GREY),
        Span(f"\n{signature.name}\n"),
        Span(f"{time}\n含义：{MEANINGS[signature.meaning][0]}{unattended}", Style.SMALL),
    ]
    if signature.method == "paper":
        seen = f"；见证：{signature.witness}" if signature.witness else ""
        spans.append(Span(f"\n录入：{signature.entered_by}{seen}", Style.SMALL))
    if signature.signed_state:
        told = f"\n签于删除之前，所签状态 {signature.signed_state[:_SHORT_STATE]}"
        spans.append(Span(told, Style.SMALL))
    return spans


def unsigned_block(section: Section, around: Surroundings) -> RichText:
    """Room for the pen: the role, then year, month, day."""
    role = section.by[0]
    who = "责任部门" if isinstance(role, ByField) else "顾客" if isinstance(role, ByParty) else around.name_of(role)
    return _room_for_the_pen(who)


def _room_for_the_pen(who: str) -> RichText:
    name = who.partition("（")[0]
    return (Span(f"{name}（签名）\n\n\n\t年{EM_SPACE * 2}月{EM_SPACE * 2}日", Style.SMALL),)


# ---- the list of amendments ------------------------------------------------------------------------------------


def amendment_list(record: Record, around: Surroundings, *, first: int = 0, row: int | None = None) -> list[Printed]:
    """The list under the form: mark, field, old → new, reason, who and when, counter-signed by."""
    lines: list[Printed] = []
    fields = {each.id: each for section in record.sections for each in section.all_fields}
    for amendment in record.amendments:
        for change in amendment.changes:
            each = _column_of(fields, change.field)
            old, new = changed_parts(*(_cell_text(each, value, around) for value in (change.old, change.new)))
            place = f"第 {row} 行 " if row is not None else ""
            lines.append(
                {
                    "mark": mark(change.number + first),
                    "field": place + _place_title(fields, change.field) + step_suffix(record, change.step),
                    "old": old,
                    "new": new,
                    "change": (Span(old or UNUSED, Style.STRUCK), Span(f"\n→ {new or UNUSED}")),
                    "reason": amendment.reason + ("（随之重算）" if change.is_computed else ""),
                    "by": f"{amendment.name}\n{around.local(amendment.at)}",
                    "countersigned": _countersigned(amendment, around),
                    "pending": amendment.is_pending,
                }
            )
    return lines


def step_suffix(record: Record, step: Step) -> str:
    """What a printed title of a place is followed by in a later round or a repeated section."""
    section = record.section(step.section)
    name = record.item_title(section, step.item)[0] if step.item else ""
    item = f"（{name}）" if name and not name.isdigit() else f"（第 {name} 项）" if name else ""
    return item + (f"（第 {step.round} 轮）" if record.loop_of(section) else "")


def _countersigned(amendment: Amendment, around: Surroundings) -> RichText:
    """Who agreed to an amendment: the counter-signer, and the outside party where it signs anew; what is awaited."""
    answers = [*_counter_signature(amendment, around), *_party_signature(amendment, around)]
    return joined(answers, "\n") if answers else plain(UNUSED)


def _counter_signature(amendment: Amendment, around: Surroundings) -> Iterator[RichText]:
    who = (
        f"{amendment.countersigned_by}\n{around.local(amendment.countersigned_at)}"
        if amendment.countersigned_at
        else ""
    )
    if amendment.countersign == ACCEPTED:
        yield plain(who)
    elif amendment.countersign == REFUSED:
        yield (Span("不同意", Style.STRONG), Span(f"\n{who}\n{amendment.countersign_reason}"))
    elif amendment.countersign == PENDING and not amendment.is_refused:
        yield (Span("待会签", Style.STRONG), Span("\nPending", Style.GREY))


def _party_signature(amendment: Amendment, around: Surroundings) -> Iterator[RichText]:
    answer = amendment.party
    if answer.state == ACCEPTED:
        seen = f"\n见证：{answer.witness}；录入：{answer.entered_by}"
        signed = Span(f"{answer.name}\n{around.local(answer.at)}")
        yield (signed, Span(" 〔纸质签名〕", Style.GREY), Span(seen, Style.SMALL))
    elif answer.state == REFUSED:
        told = f"\n{answer.reason}\n{answer.name}录入 {around.local(answer.at)}"
        yield (Span("顾客未同意", Style.STRONG), Span(told))
    elif answer.state == PENDING and not amendment.is_refused:
        yield (Span("待顾客签字", Style.STRONG), Span("\nParty to sign", Style.GREY))


def _column_of(fields: Mapping[str, FormField], path: str) -> FormField:
    name, _dot, cell = path.partition(".")
    if not cell:
        return fields[name]
    column = cell.partition(".")[2]
    return next(each for each in fields[name].columns if each.id == column)


def _place_title(fields: Mapping[str, FormField], path: str) -> str:
    name, _dot, cell = path.partition(".")
    if not cell:
        return fields[name].title.zh
    row, _dot, _column = cell.partition(".")
    return f"{fields[name].title.zh}第 {row} 行 {_column_of(fields, path).title.zh}"


def _cell_text(each: FormField, value: Json, around: Surroundings) -> str:
    if each.type == "rows":
        return "…" if value else ""
    return "" if value is None else text_of(each, value, around, is_short=True).replace("\n", " ")


# ---- the whole context -------------------------------------------------------------------------------------------


def record_context(
    record: Record, around: Surroundings, rows: Sequence[Record] = (), token: str = ""
) -> dict[str, Printed]:
    """All that a template may print of a record, or of a sheet with its rows.

    Args:
        record: the record or sheet.
        around: names, zone, company.
        rows: for a sheet: its rows in order.
        token: of the copy that this is; empty for the record's own.
    """
    context = _frame(record.form, around)
    context["record"] = {
        "number": record.number,
        "entered_on": _chinese_date(str(record.opening["on"])),
        "unit": around.name_of(record.unit),
        "state": str(record.state),
        "marks": _marks(record, rows),
    }
    context["checkpoint"] = str(record.opening.get("checkpoint", ""))
    code = _print_code(record, rows, token)
    context["print_code"] = str(code or "")
    context["later_page_code"] = str(replace(code, page=0)) if code else ""
    printer = printer_of(record, around)
    for section in record.sections:
        if section.each is not None:
            context[section.id] = _instances(record, section, around)
            continue
        for each in section.all_fields:
            context[each.id] = printer.value(each)
    if any(section.rounds for section in record.sections):
        context[EARLIER_ROUNDS] = _earlier_rounds(record, around)
    context["chart"] = _charts(record)
    context["signature"] = {section.id: signature_block(record, section, around) for section in record.sections}
    context["filled"] = {section.id: _filled_by(record, section, around) for section in record.sections}
    lines = amendment_list(record, around)
    notes = [*_late_entry(record, around), *_filled_for(record, around)]
    if record.is_sheet:
        lines += _fill_rows(context, record, rows, around)
        for number, row in enumerate(rows, 1):
            notes += [*_late_entry(row, around, number), *_filled_for(row, around, number)]
    context["amendments"] = [*notes, *lines]
    context["amendments_summary"] = _summary(lines)
    context["attachments"] = [
        {"name": each.name, "digest": each.digest[:16] or ERASED_TEXT, "added_on": around.local(each.at)}
        for each in record.attachments
    ]
    return context


def _instances(record: Record, section: Section, around: Surroundings) -> list[Printed]:
    """One map for each choice or row that a section is repeated for: its fields, who filled and who signed it."""
    instances: list[Printed] = []
    if not record.steps_of(section) and is_finished(record):
        ruled_out: dict[str, Printed] = {each.id: plain(UNUSED) for each in section.all_fields}
        ruled_out |= {"name": UNUSED, "name_en": "", "signature": plain(UNUSED), "filled_by": "", "filled_on": ""}
        return [ruled_out]
    for step in record.steps_of(section):
        printer = replace(_printer_at(record, step, around), is_row=False)
        zh, en = _item_name(record, section, step)
        cells: dict[str, Printed] = {each.id: _cell(printer, each) for each in section.all_fields}
        filled = record.saved.get(step)
        signed = tuple(_all_signed(record.signatures_at(step), around))
        cells |= {
            "name": zh,
            "name_en": "" if en == zh else en,
            "signature": signed or (plain(UNUSED) if is_finished(record) else ()),
            "filled_by": filled.name if filled else "",
            "filled_on": around.local(filled.at) if filled else "",
        }
        instances.append(cells)
    return instances


def _item_name(record: Record, section: Section, step: Step) -> tuple[str, str]:
    """The name of a choice in both languages; of a row its number, with what its first column says."""
    names = record.item_title(section, step.item)
    row = record.seen_in(step).get(ITEM)
    source = record.field_called(section.each.field) if section.each else None
    if source is None or not source.columns or not isinstance(row, Mapping):
        return names
    said = row.get(source.columns[0].id)
    name = f"{names[0]}. {said}" if isinstance(said, str) and said else names[0]
    return name, name


def _cell(printer: Printer, each: FormField) -> Printed:
    """A field in one cell of a table: boxes as in a form, rows of its own as text."""
    if each.type in {"rows", "scale"}:
        return (
            printer.text(each, value_at(printer.values, each.id), ())
            if each.type == "scale"
            else plain(_rows_text(printer, each))
        )
    return printer.value(each)


def _rows_text(printer: Printer, each: FormField) -> str:
    rows = cast("Sequence[Mapping[str, Json]]", value_at(printer.values, each.id) or [])
    return "\n".join(
        f"{number}. "
        + "，".join(
            f"{column.title.zh} {text_of(column, row[column.id], printer.around, is_short=True)}"
            for column in each.columns
            if row.get(column.id) is not None
        )
        for number, row in enumerate(rows, 1)
    )


EARLIER_ROUNDS = "earlier_rounds"


def _earlier_rounds(record: Record, around: Surroundings) -> list[Printed]:
    """What was filled and signed in the rounds before the one that stands in the form's place."""
    lines: list[Printed] = []
    for step in record.earlier_steps():
        section, printer = record.section(step.section), _printer_at(record, step, around)
        content: list[Span] = []
        for each in section.all_fields:
            if value_at(printer.values, each.id) is None and each.id not in printer.changes:
                continue
            value = (
                plain(_rows_text(printer, each))
                if each.type == "rows"
                else printer.text(each, value_at(printer.values, each.id), printer.changes.get(each.id, ()))
            )
            content += [Span("\n")] if content else []
            content += [Span(f"{each.title.zh}："), *value]
        filled = record.saved.get(step)
        by = "" if filled is None else f"{filled.name}\n{around.local(filled.at)}"
        name = _item_name(record, section, step)[0] if step.item else ""
        lines.append(
            {
                "round": f"第 {step.round} 轮",
                "section": section.title.zh + (f"（{name}）" if name else ""),
                "content": tuple(content),
                "by": by,
                "signature": tuple(_all_signed(record.signatures_at(step), around)) or plain(UNUSED),
            }
        )
    return lines


def _fill_rows(
    context: dict[str, Printed], sheet: Record, rows: Sequence[Record], around: Surroundings
) -> list[Printed]:
    lines: list[Printed] = []
    printed: list[Printed] = []
    first = _last_mark(sheet)
    for number, row in enumerate(rows, 1):
        printed.append(row_cells(row, around, number, first=first))
        lines += amendment_list(row, around, first=first, row=number)
        lines += _voiding(row, around, number)
        first += _last_mark(row)
    is_ruled_off = is_finished(sheet)
    per_page = sheet.form.sheet.rows_a_page if sheet.form.sheet else len(rows)
    left = -len(rows) % per_page if rows else per_page
    blank: list[Printed] = [{"no": "", "late": ""} for _ in range(left)]
    context |= {"rows": printed, "blank_rows": blank, "ruled_off": is_ruled_off and left > 0}
    return lines


def _last_mark(record: Record) -> int:
    """The greatest circled number that a record's own amendments have; 0 where there are none."""
    return max((change.number for amendment in record.amendments for change in amendment.changes), default=0)


def _printers_of_rounds(row: Record, section: Section, around: Surroundings, first: int) -> list[Printer]:
    """What prints each round of a row's section that was filled; the present one alone where none was.

    A row has no continuation page: what was filled in earlier rounds stands in its cells, a line a round.
    """
    steps = [step for step in row.steps_in_order() if step.section == section.id]
    filled = [step for step in steps if step in row.saved] or steps[-1:]
    return [replace(_printer_at(row, step, around), first=first) for step in filled]


def _stacked(rounds: Sequence[Printer], each: FormField) -> RichText:
    spans: list[Span] = []
    for number, printer in enumerate(rounds, 1):
        value = cast("RichText", printer.value(each))
        spans += [Span("\n")] if spans else []
        spans += [Span(f"{number}. "), *value]
    return tuple(spans)


def row_cells(row: Record, around: Surroundings, number: int, *, first: int = 0) -> dict[str, Printed]:
    """The cells of one row of a sheet."""
    printer = printer_of(row, around, first=first, is_row=True)
    cells: dict[str, Printed] = {}
    for section in row.sections:
        rounds = _printers_of_rounds(row, section, around, first) if row.loop_of(section) else [printer]
        for each in section.all_fields:
            cells[each.id] = rounds[0].value(each) if len(rounds) == 1 else _stacked(rounds, each)
    is_struck_out = row.state is State.VOID
    if is_struck_out:
        cells = {name: _struck_out(cell) for name, cell in cells.items()}
    cells |= {
        "no": str(number),
        "number": row.number,
        "recorded_by": str(row.opening["name"]),
        "late": "迟录" if row.opening.get("late") or lateness_of(row.opening) else "",
        "void": "作废" if is_struck_out else "",
    }
    return cells


def _struck_out(cell: Printed) -> Printed:
    if isinstance(cell, Mapping):
        return {name: _struck_out(part) for name, part in cell.items()}
    if isinstance(cell, tuple):
        return struck_out(cast("RichText", cell))
    return [_struck_out(part) for part in cell] if isinstance(cell, list) else cell


def _late_entry(record: Record, around: Surroundings, row: int | None = None) -> list[Printed]:
    """The line by which the list under the form tells how late a record or row was entered, and why."""
    late = lateness_of(record.opening)
    if late is None:
        return []
    matter = around.local(late.matter) if "T" in late.matter else late.matter
    act = record.history.acts[1].told
    entered = around.local(act.at)
    place = f"第 {row} 行 " if row is not None else ""
    said = f"迟录 {late.days} 天：\n{entered} 登记"
    return [
        {
            "mark": "",
            "field": f"{place}登记时间",
            "old": "",
            "new": f"{entered} 登记，事情发生 {matter}，迟录 {late.days} 天",
            "change": plain(f"事情发生 {matter}\n{said}"),
            "reason": late.reason,
            "by": f"{act.content['name']}\n{entered}",
            "countersigned": plain(UNUSED),
            "pending": False,
        }
    ]


def _filled_for(record: Record, around: Surroundings, row: int | None = None) -> list[Printed]:
    """The lines by which the list under the form names who filled a section for whom. Source: C-3; 21 CFR 11.10(e)."""
    place = f"第 {row} 行 " if row is not None else ""
    return [
        {
            "mark": "",
            "field": f"{place}{record.section(step.section).title.zh}{step_suffix(record, step)}",
            "old": "",
            "new": f"{filled.name} 代 {filled.filled_for} 填",
            "change": plain(f"{filled.name}\n代 {filled.filled_for} 填"),
            "reason": "代填",
            "by": f"{filled.name}\n{around.local(filled.at)}",
            "countersigned": plain(UNUSED),
            "pending": False,
        }
        for step in record.steps_in_order()
        if (filled := record.saved.get(step)) is not None and filled.filled_for
    ]


def _voiding(row: Record, around: Surroundings, number: int) -> list[Printed]:
    """The line by which the list under the form tells of a row that was voided; none where it stands."""
    if row.state is not State.VOID:
        return []
    act = next(act for act in reversed(row.history.told) if act.kind == "void")
    return [
        {
            "mark": "",
            "field": f"第 {number} 行",
            "old": "",
            "new": "作废",
            "change": (Span("整行", Style.STRUCK), Span("\n→ 作废")),
            "reason": row.void_reason,
            "by": f"{act.content['name']}\n{around.local(act.at)}",
            "countersigned": plain(UNUSED),
            "pending": False,
        }
    ]


def blank_context(
    form: Form, around: Surroundings, number: str = "", unit: str = "", code: PrintCode | None = None
) -> dict[str, Printed]:
    """What a template prints for the pen: every label and box, no value.

    Args:
        form: the definition.
        around: names, zone, company.
        number: ``QR-017-02 A/0 · 0001`` on a blank that was issued; empty on one that is only looked at.
        unit: the printed name of the unit that it is for; empty for the pen.
        code: what the print code of its first page says; None where it has none.
    """
    context = _frame(form, around)
    context["record"] = {
        "number": number,
        "entered_on": BLANK_DATE,
        "unit": unit,
        "state": "",
        "marks": "",
    }
    context["checkpoint"] = ""
    context["print_code"] = str(code or "")
    context["later_page_code"] = str(replace(code, page=0)) if code else ""
    sections = [*form.sections, *(form.sheet.sections if form.sheet else ())]
    for section in sections:
        if section.each is not None:
            context[section.id] = _blank_instances(form, section, around)
            continue
        for each in section.all_fields:
            context[each.id] = _blank_value(each)
    if any(section.rounds for section in sections):
        context[EARLIER_ROUNDS] = []
    context["chart"] = {each.id: "" for section in sections for each in section.all_fields if each.chart}
    context["signature"] = {section.id: unsigned_block(section, around) for section in sections}
    context["filled"] = {section.id: {"by": "", "on": ""} for section in sections}
    context |= {"amendments": [], "amendments_summary": "", "attachments": []}
    if form.sheet:
        blank: list[Printed] = [{"no": ""} for _ in range(form.sheet.rows_a_page)]
        context |= {"rows": [], "blank_rows": blank, "ruled_off": False}
    return context


MOST_BLANK_CHOICES, BLANK_INSTANCES = 8, 3


def _blank_instances(form: Form, section: Section, around: Surroundings) -> list[Printed]:
    """Room for the pen: a line for each choice where there are few, else some without a name."""
    source = form.field(section.each.field) if section.each else None
    names = [(choice.zh, choice.en) for choice in source.choices] if source else []
    if not names or len(names) > MOST_BLANK_CHOICES:
        names = [("", "")] * BLANK_INSTANCES
    signature = unsigned_block(section, around) if section.sign != "none" else ()
    return [
        {
            **{
                each.id: _blank_value(each) if each.type not in {"rows", "scale"} else () for each in section.all_fields
            },
            "name": zh,
            "name_en": en,
            "signature": signature,
            "filled_by": "",
            "filled_on": "",
        }
        for zh, en in names
    ]


def _blank_value(each: FormField) -> Printed:
    if each.type == "rows":
        return []
    if each.type == "scale":
        return scale_boxes(each, None, set(), {})
    if each.type in {"choice", "yes_no"}:
        return boxes(each, None, set(), {})
    if each.type in {"date", "moment"}:
        return plain(BLANK_DATE + (f"{EM_SPACE}时" if each.type == "moment" else ""))
    return ()


def _frame(form: Form, around: Surroundings) -> dict[str, Printed]:
    years = form.retention.years
    return {
        "company": {"name": around.company},
        "form": {
            "code": form.code,
            "revision": form.revision,
            "title_zh": form.title.zh,
            "title_en": form.title.en,
            "retention": "永久" if years == "permanent" else f"{years} 年",
        },
    }


def _charts(record: Record) -> dict[str, Printed]:
    """What each chart draws: the values that stand; empty where there are no rows yet."""
    charts: dict[str, Printed] = {}
    for section in record.sections:
        filled = record.filled.get(section.id)
        for each in section.all_fields:
            if each.chart is None:
                continue
            rows = cast("Sequence[Mapping[str, Json]]", value_at(filled.values, each.id) or []) if filled else []
            charts[each.id] = _chart(section, each, each.chart, rows, filled.values) if filled and rows else ""
    return charts


def _chart(
    section: Section, each: FormField, chart: Chart, rows: Sequence[Mapping[str, Json]], values: Mapping[str, Json]
) -> dict[str, Printed]:
    objective = section.field(chart.objective) if chart.objective else None
    value = values.get(objective.id) if objective else None
    column = next(column for column in each.columns if column.id == chart.value)
    bars: list[Printed] = [
        {
            "label": str(row.get(chart.label) or ""),
            "value": "" if row.get(chart.value) is None else str(row[chart.value]),
        }
        for row in rows
    ]
    return {
        "bars": bars,
        "objective": "" if value is None else str(value),
        "suffix": column.suffix or "",
    }


def _filled_by(record: Record, section: Section, around: Surroundings) -> dict[str, Printed]:
    filled = record.filled.get(section.id)
    if filled is None:
        return {"by": "", "on": ""}
    who = f"{filled.name}（代 {filled.filled_for} 填）" if filled.filled_for else filled.name
    return {"by": who, "on": around.local(filled.at)}


def _print_code(record: Record, rows: Sequence[Record], token: str) -> PrintCode | None:
    """What the first page's code says; archiving and copying show nothing new, so that what was archived equals it."""
    token = token or str(record.opening.get("token", ""))
    if not token:
        return None
    row_acts = sum(_last_shown(row) for row in rows) if record.is_sheet else None
    return PrintCode(token, _last_shown(record), row_acts=row_acts)


def _last_shown(record: Record) -> int:
    return max((act.number for act in record.history.told if act.kind not in {"archive", "copy"}), default=0)


def _marks(record: Record, rows: Sequence[Record]) -> str:
    marks = [STATE_MARKS[record.state]] if record.state in STATE_MARKS else []
    if record.transferred_by:
        marks.append("副本")
    if any(each.pending_amendments and each.state is not State.VOID for each in (record, *rows)):
        marks.append("更改待会签")
    return "　".join(marks)


def _summary(lines: Sequence[Printed]) -> str:
    if not lines:
        return ""
    waiting = sum(bool(cast("Mapping[str, Printed]", line)["pending"]) for line in lines)
    return f"共 {len(lines)} 处" + (f"，其中 {waiting} 处待会签" if waiting else "")
