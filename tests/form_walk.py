"""Examples of shipped forms entered as people would: through the services, section by section, to the record's end.

What an example names as a person is somebody of the staff; parties, premises and reference tables that it names are
entered first. What a section waits for is opened and brought to its end by an example of its own form. What statistics
are computed from are all examples of the source forms.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from recordkeeper.errors import MissingError
from recordkeeper.model.example import plain_values, try_examples
from recordkeeper.model.expression import ExpressionError, holds
from recordkeeper.model.form import Example, Form
from recordkeeper.model.lateness import NoLateReasonError
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from recordkeeper.model.reference import KEY, row_keys
from recordkeeper.model.relation import linked_numbers
from recordkeeper.model.routing import Need
from recordkeeper.model.section import ByParty, FormField, Section
from recordkeeper.model.step import Step
from recordkeeper.model.subject import name_of
from recordkeeper.services import lifecycle, places, reference_table
from recordkeeper.services.catalogue import revision_in_force
from recordkeeper.services.definition import example_reading
from recordkeeper.services.installation import form_for
from recordkeeper.services.lifecycle import About, Scan
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.previewing import values_at
from recordkeeper.services.reference_lookup import declared
from recordkeeper.services.relation import NeedsRecordError
from recordkeeper.services.retrieval import load
from whole_company import WholeCompany

SCAN = Scan(b"%PDF-1.7 a scan", "application/pdf", "scan.pdf", "许国良", "何洁")
ZONE = ZoneInfo("Asia/Shanghai")
MINUTES_APART, LATE = 7, "补登示例"
Given = Sequence[Mapping[str, object]]


class StuckError(AssertionError):
    """A record that does not come to its end."""

    def __init__(self, record: Record) -> None:
        steps = [f"{step}{'' if step in record.saved else ' (not filled)'}" for step in record.open_steps]
        super().__init__(f"{record.number} is {record.state} and stays so: {', '.join(steps)}")


@dataclass(frozen=True)
class Script:
    """What a record is given.

    Args:
        given: the example's values, then those of every later round.
        others: the form's other examples, from which comes what the example lacks; none where it must suffice.
    """

    given: Given
    others: tuple[Example, ...] = ()

    def values_at(self, record: Record, step: Step) -> dict[str, object]:
        """What one step is given."""
        for given in (self.given, *((other.values, *other.rounds) for other in self.others)):
            if values := values_at(record, step, given):
                return values
        return {}

    def instead_of(self, name: str) -> object:
        """What another example has for a field."""
        return next((other.values[name] for other in self.others if name in other.values), None)


@dataclass
class Walk:
    """One unit in which examples are entered.

    Args:
        company: where.
        unit: the unit's code.
        now: the clock, which only goes forward.
    """

    company: WholeCompany
    unit: str
    now: datetime
    _persons: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        register, boss = self.company.register, self.company.boss
        name = f"{self.unit} 管理处"
        places.add_unit(
            register, boss, code=self.unit, kind="estate", name_zh=name, name_en="", parent="HQ", now=self.now
        )
        places.add_premises(register, boss, unit=self.unit, code=self.premises, now=self.now)
        self._staff = cycle(person.name for person in self.company.staff)

    @property
    def premises(self) -> str:
        """The premises that its records are about."""
        return f"{self.unit}-1201"

    def record(self, number: str) -> Record:
        """A record as it stands."""
        with self.company.register.reading() as snapshot:
            return load(snapshot, number)

    def form(self, code: str) -> Form:
        """A form in force."""
        with self.company.register.reading() as snapshot:
            return revision_in_force(snapshot, code, self.now.date()).form

    # ---- examples ----------------------------------------------------------------------------------------------

    def enter_sources(self, form: Form) -> None:
        """Every example of the forms that a form is computed from."""
        for each in form.sources.values():
            origin = self.form(each.form)
            self.enter_sources(origin)
            for one in origin.examples:
                self.enter(origin, one)

    def enter(self, form: Form, example: Example, source: str | None = None) -> list[str]:
        """The numbers of what an example became: its record, or its rows and their sheets."""
        self._forward_to(_latest_day(example))
        self._put_tables_in_force(example)
        script = Script((example.values, *example.rounds), form.examples if form.sources or source else ())
        if form.sheet is None:
            return [self._enter_one(form, script, source)]
        rows = [self._enter_one(form, Script((values,), script.others), source) for values in example.rows]
        sheets = sorted({name_of(self.record(number).sheet) for number in rows})
        for sheet in sheets:
            self.bring_to_end(sheet, script)
        return [*rows, *sheets]

    def _enter_one(self, form: Form, script: Script, source: str | None) -> str:
        first = form.sections[0]
        values = {each.id: script.given[0][each.id] for each in first.fields if each.id in script.given[0]}
        known = self._known(first, values)
        raw = known if known or not first.fields else None

        def opened(reason: str) -> Record:
            about = About(unit=self.unit, premises=self.premises, source=source, late_reason=reason)
            return lifecycle.new(self.company.register, self.company.staff[0], self.tick(), form.code, raw, about)

        try:
            number = opened("").number
        except NoLateReasonError:
            number = opened(LATE).number
        self.bring_to_end(number, script)
        return number

    # ---- to the end --------------------------------------------------------------------------------------------

    def bring_to_end(self, number: str, script: Script) -> None:
        """Fill and sign what is open, section by section, until the record is closed."""
        while (record := self.record(number)).state in {State.OPEN, State.PENDING}:
            if any(self._do(record, step, script) for step in record.open_steps):
                continue
            if record.current_section is None:
                self.by_somebody(record, lambda actor, _signer: self._close(record, actor))
            elif record.sheet and script.given[0].keys() <= _names_filled(record):
                return  # a row that the example leaves open
            else:
                raise StuckError(record)

    def _do(self, record: Record, step: Step, script: Script) -> bool:
        """Whether something could be done about a step, and was."""
        section = record.section(step.section)
        if not record.is_step_filled(step):
            return self._filled(record, step, script)
        if section.sign == "none" or (section.sign == "any" and record.is_step_complete(step)):
            return False
        sign = self._sign_on_paper if any(isinstance(by, ByParty) for by in section.by) else self._sign
        self._act(record, section, lambda actor, signer: sign(record, step, actor, signer))
        return True

    def _filled(self, record: Record, step: Step, script: Script) -> bool:
        section = record.section(step.section)
        values = script.values_at(record, step)
        if section.fields and not values:
            return False
        start = record.opening.get("start") if section == record.sections[0] else None
        begun = start if isinstance(start, Mapping) else {}
        known = self._known(section, {name: value for name, value in values.items() if name not in begun})
        try:
            self._act(record, section, lambda actor, _signer: self._fill(record, step, known, actor))
        except ValuesRefusedError as refused:
            more = {name: self._instead(section, name, script) for name in _refused(refused)}
            if not script.others or None in more.values():
                raise
            known |= self._known(section, more)
            self._act(record, section, lambda actor, _signer: self._fill(record, step, known, actor))
        return True

    def _instead(self, section: Section, name: str, script: Script) -> object:
        """What fits where an example of another record's does not: today, or what another example has."""
        each = section.field(name)
        if each is not None and each.type in {"date", "moment"}:
            return f"{self.now.astimezone(ZONE):%Y-%m-%d %H:%M}"[: 10 if each.type == "date" else 16]
        return script.instead_of(name)

    def _act(self, record: Record, section: Section, act: Callable[[Actor, Signer], object]) -> None:
        earliest = record.earliest(section)
        if earliest is not None:
            self._forward_to(earliest.on)
        try:
            self.by_somebody(record, act)
        except NeedsRecordError:
            for need in section.needs:
                self._meet(record, need)
            self.by_somebody(record, act)

    def by_somebody(self, record: Record, act: Callable[[Actor, Signer], object]) -> None:
        """Let the first of the staff who may do it; they take turns in beginning."""
        pairs = list(zip(self.company.staff, self.company.signers, strict=True))
        first = record.history.count % len(pairs)
        for actor, signer in (*pairs[first:], *pairs[:first]):
            try:
                act(actor, signer)
            except NotYoursError as error:
                refusal = error
            else:
                return
        raise refusal

    def _fill(self, record: Record, step: Step, values: Mapping[str, object], actor: Actor) -> None:
        lifecycle.fill(self.company.register, actor, self.tick(), record.number, str(step), values)

    def _sign(self, record: Record, step: Step, actor: Actor, signer: Signer) -> None:
        lifecycle.sign(self.company.register, actor, signer, self.tick(), record.number, str(step))

    def _sign_on_paper(self, record: Record, step: Step, actor: Actor, _signer: Signer) -> None:
        lifecycle.sign_on_paper(self.company.register, actor, self.tick(), record.number, str(step), SCAN)

    def _close(self, record: Record, actor: Actor) -> None:
        lifecycle.close(self.company.register, actor, self.tick(), record.number)

    # ---- what is waited for ------------------------------------------------------------------------------------

    def _meet(self, record: Record, need: Need) -> None:
        """Bring the linked records that a section needs to their end; open one where there is none."""
        with self.company.register.reading() as snapshot:
            code = need.form or form_for(snapshot, record.form.procedure, need.purpose or "", self.now.date())
        if not code:
            return
        form = self.form(code)
        linked = [each for each in map(self.record, linked_numbers(record)) if each.form.code == code]
        if not linked:
            self.enter(form, next(_examples_for(form, need.when, {})), source=record.number)
        for each in linked:
            begun = each.values or each.opening.get("start")
            example = next(_examples_for(form, need.when, begun if isinstance(begun, Mapping) else {}))
            self._forward_to(_latest_day(example))
            self.bring_to_end(each.number, Script((example.values, *example.rounds), form.examples))

    # ---- the clock, and what is named --------------------------------------------------------------------------

    def tick(self) -> datetime:
        """Some minutes later."""
        self.now += timedelta(minutes=MINUTES_APART)
        return self.now

    def _forward_to(self, day: date) -> None:
        self.now = max(self.now, datetime(day.year, day.month, day.day, 15, tzinfo=UTC))

    def _known(self, section: Section, values: Mapping[str, object]) -> dict[str, object]:
        fields = {each.id: each for each in section.fields}
        return {name: self._value(fields[name], value) for name, value in values.items()}

    def _value(self, each: FormField, value: object) -> object:
        match each.type:
            case "person":
                return self._persons.setdefault(str(value), next(self._staff))
            case "party" | "premises":
                self._ensure(each.type, str(value))
            case "rows" if isinstance(value, list | tuple):
                columns = {column.id: column for column in each.columns}
                return [{key: self._value(columns[key], cell) for key, cell in row.items()} for row in value]
        return value

    def _ensure(self, kind: str, name: str) -> None:
        """Enter a party or premises that is not there yet."""
        register, boss = self.company.register, self.company.boss
        find = places.find_party if kind == "party" else places.find_premises
        try:
            with register.reading() as snapshot:
                find(snapshot, name)
        except MissingError:
            if kind == "party":
                places.add_party(register, boss, name=name, now=self.now)
            else:
                places.add_premises(register, boss, unit=self.unit, code=name, now=self.now)

    def _put_tables_in_force(self, example: Example) -> None:
        register, boss, approver = self.company.register, self.company.boss, self.company.signers[0]
        for name, rows in example.tables.items():
            with register.reading() as snapshot:
                keys = [key.id for key in declared(snapshot, name).table.keys]
            columns = [key for key in rows[0] if key != KEY]
            lines = [[*keys, *columns], *([*row_keys(row), *(_cell(row[key]) for key in columns)] for row in rows)]
            file = self.company.folder / f"{name}.csv"
            file.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8-sig")
            reference_table.enter(register, boss, self.tick(), name, file)
            reference_table.put_in_force(register, approver, self.tick(), name, None)


def _refused(error: ValuesRefusedError) -> list[str]:
    return [problem.field for problem in error.problems]


def _names_filled(record: Record) -> set[str]:
    return {name for filled in record.saved.values() for name in filled.values}


def _cell(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _examples_for(form: Form, condition: str | None, begun: Mapping[str, object]) -> Iterator[Example]:
    """The examples of a form in whose records a condition holds, those first that begin as the record has.

    A row of a register is an example of its own.
    """
    rows = [each.model_copy(update={"values": row, "rows": ()}) for each in form.examples for row in each.rows]

    def likeness(example: Example) -> int:
        return sum(str(example.values.get(name)) == str(value) for name, value in begun.items())

    for example in sorted(rows or form.examples, key=likeness, reverse=True):
        if condition is None or _holds_for(form, example, condition):
            yield example


def _holds_for(form: Form, example: Example, condition: str) -> bool:
    *_rows, trial = try_examples(form.model_copy(update={"examples": (example,)}), example_reading())
    try:
        return holds(condition, plain_values(trial.record))
    except ExpressionError:
        return False


def _latest_day(example: Example) -> date:
    return max(_days_in([example.values, *example.rounds, *example.rows]), default=date(2026, 1, 5))


def _days_in(value: Any) -> Iterator[date]:
    match value:
        case str():
            try:
                yield date.fromisoformat(value[:10])
            except ValueError:
                return
        case Mapping():
            yield from _days_in(list(value.values()))
        case list() | tuple():
            for each in value:
                yield from _days_in(each)
