"""A form as it will look: blank, filled, amended, or with the longest plausible values; nothing enters the register.

The examples of the definition go through the acts that real records go through, in memory alone, done by persons that
do not exist.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from recordkeeper.errors import FormError, InvalidInputError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import CORRECTION, FACT, PENDING
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import SALT_BYTES, History, head_act
from recordkeeper.model.example import listed_sources, plain_values, reading_of
from recordkeeper.model.form import Example, Form
from recordkeeper.model.numbering import number_of
from recordkeeper.model.print_code import SAMPLE_TOKEN
from recordkeeper.model.record import Record, open_record
from recordkeeper.model.record_guard import ValuesRefusedError
from recordkeeper.model.record_state import Moment
from recordkeeper.model.reference import row_keys
from recordkeeper.model.rendition import Printed, Surroundings, blank_context, record_context
from recordkeeper.model.section import FormField, Section
from recordkeeper.model.sheet import sample_label
from recordkeeper.model.standing import Standing
from recordkeeper.model.statistics import SCALE
from recordkeeper.model.step import Step, spelled
from recordkeeper.model.subject import record_subject, sheet_subject
from recordkeeper.model.unit import ROOT_CODE, ROOT_UNIT
from recordkeeper.model.value import Reading, format_moment, parse_moment
from recordkeeper.services.definition import example_reading

COMPANY, SAMPLE_MARK = "××物业服务有限公司", "样张"
_NAMES = ("陈晓兰", "王建国", "刘敏", "赵立新", "孙丽华", "周志强", "吴海燕", "郑文博")
_REASONS = ("与现场记录核对，原登记有误", "抄录时看错，按原始单据更正")
_COUNTERSIGNER, _SALT = "person/99", "00" * SALT_BYTES
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNT = re.compile(r"\d+(?=\s?[\u4e00-\u9fff])")
_MINUTES_APART = 7
_SAMPLE_DAY = date(2026, 1, 1)
_EXTRA_ROWS = 3

Sources = Mapping[str, Sequence[Mapping[str, object]]]


class Variant(StrEnum):
    """What a preview shows."""

    BLANK = "blank"
    FILLED = "filled"
    AMENDED = "amended"
    LONG = "long"


class NoExampleError(FormError, InvalidInputError):
    """A definition without an example has nothing to be filled with."""

    def __init__(self, code: str) -> None:
        message = _("{code}: expected an example in the definition, found none").format(code=code)
        super().__init__(message, subject=code, expected=_("an example"))


def preview_context(
    form: Form, variant: Variant, today: date, roles: Mapping[str, str], company: str = COMPANY
) -> dict[str, Printed]:
    """What a template prints of a form's example.

    Args:
        form: the definition.
        variant: what to show.
        today: the day of the acts where the example names no date.
        roles: printed names of roles by id.
        company: the company's printed name.

    Raises:
        NoExampleError: the definition has no example.
        ValuesRefusedError: the example does not fit its form.
    """
    around = Surroundings(company, lambda name: roles.get(name, name), ZoneInfo("Asia/Shanghai"))
    if variant is Variant.BLANK:
        return blank_context(form, around)
    if not form.examples:
        raise NoExampleError(form.code)
    example = _longest(form) if variant is Variant.LONG else form.examples[0]
    reading = reading_of(example, example_reading())
    desk = _Desk(form, _Clock(_latest_day(example) or today), reading)
    main, rows = _entered(desk, example)
    if variant is Variant.AMENDED:
        main, rows = desk.amended(main, rows)
    context = record_context(main, around, rows)
    shown = context["record"]
    if isinstance(shown, dict):
        marks = [SAMPLE_MARK, *([str(shown["marks"])] if shown["marks"] else [])]
        context["record"] = {**shown, "unit": company, "marks": "　".join(marks)}
    return context


def _entered(desk: "_Desk", example: Example) -> tuple[Record, list[Record]]:
    """What an example becomes: a record, or a sheet and its rows.

    Raises:
        ValuesRefusedError: the example does not fit its form.
    """
    if desk.form.sheet is None:
        return desk.record(example), []
    try:
        return desk.sheet(example)
    except ValuesRefusedError:
        if example in desk.form.examples:
            raise
        # lengthened: its rows stand there several times, and what was counted of them no longer agrees
        return desk.sheet(example.model_copy(update={"values": {}}))


def sample_contexts(form: Form) -> list[dict[str, Printed]]:
    """What a template is first rendered with: nothing, and the first example where there is one."""
    variants = [Variant.BLANK, *([Variant.FILLED] if form.examples else [])]
    return [preview_context(form, variant, _SAMPLE_DAY, {}) for variant in variants]


def _latest_day(example: Example) -> date | None:
    texts = [str(value) for values in (example.values, *example.rounds, *example.rows) for value in values.values()]
    found = [match.group() for text in texts if (match := _DAY.match(text))]
    return date.fromisoformat(max(found)) if found else None


@dataclass(slots=True)
class _Clock:
    """Moments of one day, some minutes apart, from nine in the morning."""

    day: date
    acts: int = 0

    def tick(self) -> Moment:
        self.acts += 1
        start = parse_moment(f"{self.day.isoformat()}T01:00:00Z")
        return Moment(format_moment(start + timedelta(minutes=_MINUTES_APART * self.acts)), self.day.isoformat())


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where examples become records in memory, each section done by a person of its own."""

    form: Form
    clock: _Clock
    reading: Reading

    def record(self, example: Example) -> Record:
        """The record that an example makes."""
        subject = record_subject(number_of(self.form, ROOT_CODE, self.clock.day.year, 0))
        listed = listed_sources(self.form.sources, example.sources)
        return self._done(subject, self.form.sections, (example.values, *example.rounds), listed)

    def sheet(self, example: Example) -> tuple[Record, list[Record]]:
        """The sheet that an example makes, and its rows."""
        rule = self.form.sheet
        subject = sheet_subject(f"{self.form.code}/{sample_label(self.form, self.clock.day.isoformat())}")
        rows = [
            self._done(
                record_subject(number_of(self.form, ROOT_CODE, self.clock.day.year, number)),
                self.form.sections,
                (values,),
                {},
                {"sheet": subject},
            )
            for number, values in enumerate(example.rows, 1)
        ]
        seen = [{**plain_values(row), "number": row.number} for row in rows]
        sections = rule.sections if rule else ()
        return self._done(subject, sections, (example.values, *example.rounds), {"rows": seen}), rows

    def _done(
        self,
        subject: str,
        sections: Sequence[Section],
        given: Sequence[Mapping[str, object]],
        sources: Sources,
        more: Content | None = None,
    ) -> Record:
        head = History(subject, (head_act(subject, _SALT),))
        opening: dict[str, Json] = {
            "form": self.form.code,
            "revision": self.form.revision,
            "unit": ROOT_UNIT,
            "zone": self.reading.zone.key,
            "checkpoint": "",
            "token": SAMPLE_TOKEN,
            **(more or {}),
        }
        first = (*sections, *self.form.sections)[0]
        roles = frozenset(by for by in first.by if isinstance(by, str))
        record = open_record(
            self.form, subject, head, Standing("person/1", _NAMES[0], roles), self.clock.tick(), opening
        )
        while (content := self._next_act(record, given, sources)) is not None:
            record = Record.replay(self.form, record.history.followed_by(content))
        return record

    def _next_act(self, record: Record, given: Sequence[Mapping[str, object]], sources: Sources) -> Content | None:
        for step in record.open_steps:
            section, who = record.section(step.section), self._who(record, step)
            if not record.is_step_filled(step):
                values = values_at(record, step, given)
                if values or not section.fields:
                    moment = self._moment(record, section)
                    return record.fill(str(step), values, who, moment, self.reading, sources=sources)
            elif section.sign != "none":
                return record.sign(str(step), who, self._moment(record, section))
        return None

    def _moment(self, record: Record, section: Section) -> Moment:
        """Some minutes later, or the first day on which the section is not refused."""
        earliest = record.earliest(section)
        if earliest is not None and earliest.on > self.clock.day:
            self.clock.day = earliest.on
        moment = self.clock.tick()
        if earliest is not None and earliest.at and moment.at < earliest.at:
            return Moment(earliest.at, earliest.on.isoformat())
        return moment

    @staticmethod
    def _who(record: Record, step: Step) -> Standing:
        """A person for each section, and where all of several roles sign, for each role."""
        section = record.section(step.section)
        signed = {signature.role for signature in record.signatures_at(step)}
        roles = [role for role in record.roles_of(section, step.item) if role not in signed]
        number = record.sections.index(section) + len(signed)
        return Standing(f"person/{number + 1}", _NAMES[number % len(_NAMES)], frozenset(roles[:1]))

    def amended(self, main: Record, rows: Sequence[Record]) -> tuple[Record, list[Record]]:
        """The same with two fields amended: the first counter-signed, the second pending."""
        done = list(rows) or [main]
        for number in range(2):
            place = number % len(done)
            after = self._amended_once(done[place], number)
            if after is not None and number == 0:
                after = self._countersigned(after)
            done[place] = after or done[place]
        return (main, done) if rows else (done[0], [])

    def _amended_once(self, record: Record, number: int) -> Record | None:
        amended = {(change.step, change.field) for amendment in record.amendments for change in amendment.changes}
        for step, each, value in amendable(record, is_long_first=number == 0):
            if (step, each.id) in amended:
                continue
            roles = self.form.amendment.by or tuple(record.roles_of(record.section(step.section), step.item))
            who = Standing(record.saved[step].by, record.saved[step].name, frozenset(roles[:1]))
            path = spelled(each.id, step.item, step.round)
            for nature, other in itertools.product((CORRECTION, FACT), other_values(each, value)):
                try:
                    moment = self.clock.tick()
                    content = record.amend({path: other}, _REASONS[number], nature, who, moment, self.reading)
                except (InvalidInputError, RefusalError):
                    continue
                return Record.replay(self.form, record.history.followed_by(content))
        return None

    def _countersigned(self, record: Record) -> Record:
        rule = self.form.amendment.countersign
        if rule is None or not any(each.countersign == PENDING for each in record.pending_amendments):
            return record
        who = Standing(_COUNTERSIGNER, _NAMES[-1], frozenset(rule.by))
        number = record.pending_amendments[0].changes[0].number
        content = record.countersign(number, who, self.clock.tick(), accepted=True)
        return Record.replay(self.form, record.history.followed_by(content))


def values_at(record: Record, step: Step, given: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """What an example gives one step: by its round, and for a repeated section by its choice or row.

    Args:
        record: as far as it is filled.
        step: which step.
        given: the example's values, then those of every later round.
    """
    section = record.section(step.section)
    own = given[step.round - 1] if step.round <= len(given) else {}
    if section.each is not None:
        several = own.get(section.id)
        if isinstance(several, list | tuple):
            place = record.items_of(section).index(step.item)
            found = several[place] if place < len(several) else {}
        else:
            found = several.get(step.item, {}) if isinstance(several, Mapping) else {}
        own = found if isinstance(found, Mapping) else {}
    return {each.id: own[each.id] for each in section.fields if each.id in own}


def amendable(record: Record, *, is_long_first: bool) -> list[tuple[Step, FormField, Json]]:
    """The fields that have a value, long texts first or last."""
    found = [
        (step, each, value)
        for step in record.steps_in_order()
        if (filled := record.saved.get(step)) is not None
        for each in record.section(step.section).fields
        if (value := filled.values.get(each.id)) is not None
    ]
    return sorted(found, key=lambda item: (item[1].lines > 1) != is_long_first)


def other_values(each: FormField, value: Json) -> Iterator[object]:
    """Values that somebody might correct ``value`` to; whether the form takes one is tried."""
    text = str(value)
    match each.type:
        case "text":
            yield _COUNT.sub(lambda match: str(int(match.group()) + 1), text, count=1)
            yield f"{text}（补记）"
        case "choice":
            yield from ([choice.id] if each.multiple else choice.id for choice in each.choices)
        case "scale":
            yield from SCALE
        case "yes_no":
            yield not value
        case "date":
            day = date.fromisoformat(text)
            yield from ((day + timedelta(days=days)).isoformat() for days in (-1, 1))
        case "moment":
            yield format_moment(parse_moment(text) - timedelta(minutes=35))
        case "number" | "money":
            yield from (str(Decimal(text) + step) for step in (1, -1))
        case _:
            return


# ---- the longest plausible values ------------------------------------------------------------------------------------


def _longest(form: Form) -> Example:
    """The example that fills most fields, its texts lengthened, with more rows than one page has."""
    example = max(form.examples, key=lambda each: len(each.values) + sum(len(row) for row in each.rows))
    fields = {each.id: each for section in form.sections for each in section.fields}
    rows = [_lengthened(row, fields, is_row=True) for row in example.rows]
    if form.sheet:
        fields = {each.id: each for section in form.sheet.sections for each in section.fields}
        wanted = form.sheet.rows_a_page + _EXTRA_ROWS
        rows = [rows[index % len(rows)] for index in range(wanted)] if rows else []
    keys = {key for rows_of_table in example.tables.values() for row in rows_of_table for key in row_keys(row)}
    looked_up = {name: value for name, value in example.values.items() if str(value) in keys}
    values = {**_lengthened(example.values, fields, is_row=False), **looked_up}
    return example.model_copy(update={"values": values, "rows": tuple(rows)})


def _lengthened(values: Mapping[str, object], fields: Mapping[str, FormField], *, is_row: bool) -> dict[str, object]:
    longer = {name: _long(fields[name], value, is_row=is_row) for name, value in values.items() if name in fields}
    free = {
        name: _long(each, f"{each.title.zh}说明", is_row=is_row)
        for name, each in fields.items()
        if each.type == "text" and not (each.required or each.required_if or each.check or each.pattern)
    }
    return {**free, **longer}


def _long(each: FormField, value: object, *, is_row: bool) -> object:
    if each.type == "rows" and isinstance(value, list | tuple):
        columns = {column.id: column for column in each.columns}
        return [_lengthened(row, columns, is_row=True) for row in value]
    if each.type != "text" or each.pattern or not isinstance(value, str):
        return value
    if is_row:
        wanted = (each.millimetres or 20) * 4 // 5  # about three lines in 9 pt
    else:
        wanted = 38 * (each.lines + 1) if each.lines > 1 or each.width == "full" else 22
    return (f"{value}；" * (wanted // (len(value) + 1) + 1))[: max(wanted, len(value))]
