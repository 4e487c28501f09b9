"""The examples of a form's definition, tried on the form itself by the rules that real records follow.

Each example is filled section by section as a record would be; who may fill is not asked.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from recordkeeper.language import translate as _
from recordkeeper.model.event import History, head_act
from recordkeeper.model.expression import ExpressionError, holds
from recordkeeper.model.form import Example, Form, Place
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import ValuesRefusedError
from recordkeeper.model.record_state import Filled, Moment
from recordkeeper.model.reference import reference_to
from recordkeeper.model.section import Section
from recordkeeper.model.signature import Signature
from recordkeeper.model.step import Step
from recordkeeper.model.subject import record_subject, sheet_subject
from recordkeeper.model.value import Problem, Reading, plain_value

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json

_MOMENT = Moment("2999-12-31T00:00:00Z", "2999-12-31")
_NOBODY = "person/0"
_UNKNOWN = {
    "number": "", "state": "closed", "entered_on": None, "closed_on": None, "unit": "", "party": None, "digest": "",
}  # fmt: skip
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})( [0-9]{2}:[0-9]{2})?")
_FRACTION = re.compile(r"-?[0-9]+\.[0-9]+")


@dataclass(frozen=True, slots=True)
class Trial:
    """One record or sheet as an example fills it.

    Args:
        name: the example's name, and the row's number for a row.
        place: the keys of its values from the top of the definition.
        record: the record with every section that the example gives.
        problems: values that were refused, by field.
        needed: for each section that has a condition and was reached, whether it was needed, in all its rounds.
        required: for each ``required_if`` that was reached, whether it held, in all rounds and instances.
    """

    name: str
    place: Place
    record: Record
    problems: tuple[Problem, ...]
    needed: Mapping[str, Collection[bool]]
    required: Mapping[str, Collection[bool]]


def try_examples(form: Form, reading: Reading) -> list[Trial]:
    """Every example of ``form`` tried: its rows first, then the sheet or the record itself.

    Args:
        form: the form.
        reading: how to read values; persons, parties and premises of examples are fictitious.
    """
    return [
        trial
        for index, example in enumerate(form.examples)
        for trial in _try(form, example, ("examples", index), reading)
    ]


def uncovered_routes(form: Form, trials: Sequence[Trial]) -> list[str]:
    """The conditions of ``form`` that no example makes true, or that none makes false.

    Args:
        form: the form.
        trials: its examples as ``try_examples`` returns them.
    """
    conditions = [section.id for section in _all_sections(form) if section.when is not None]
    conditions += [
        field.id for section in _all_sections(form) for field in section.fields if field.required_if is not None
    ]
    uncovered: list[str] = []
    for name in conditions:
        outcomes = {holding for trial in trials for holding in _outcomes(trial, name)}
        uncovered += [f"{name}: {str(outcome).lower()}" for outcome in (True, False) if outcome not in outcomes]
    return uncovered


def _outcomes(trial: Trial, name: str) -> Iterator[bool]:
    for given in (trial.needed, trial.required):
        yield from given.get(name, ())


def _all_sections(form: Form) -> tuple[Section, ...]:
    return (*form.sections, *(form.sheet.sections if form.sheet else ()))


def _date_or_text(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _try(form: Form, example: Example, place: Place, reading: Reading) -> Iterator[Trial]:
    if form.sheet is None:
        yield _try_one(form, form.sections, example.name, (*place, "values"), example, example.sources, reading)
        return
    rows: list[Mapping[str, object]] = []
    for number, values in enumerate(example.rows, 1):
        name = _("{example}, row {number}").format(example=example.name, number=number)
        row = Example(name=example.name, values=values, tables=example.tables)
        trial = _try_one(form, form.sections, name, (*place, "rows", number - 1), row, {}, reading)
        rows.append({**plain_values(trial.record), "number": trial.record.number})
        yield trial
    if form.sheet.sections:
        yield _try_one(
            form,
            form.sheet.sections,
            example.name,
            (*place, "values"),
            example,
            {"rows": rows},
            reading,
        )


def plain_values(record: Record) -> dict[str, object]:
    """Every value of ``record`` as expressions of another see it, by field id."""
    values = record.values
    return {
        field.id: plain_value(field, values.get(field.id), record.zone)
        for section in record.sections
        for field in section.all_fields
    }


def _try_one(
    form: Form,
    sections: tuple[Section, ...],
    name: str,
    place: Place,
    example: Example,
    sources: Mapping[str, Sequence[Mapping[str, object]]],
    reading: Reading,
) -> Trial:
    walk = _Walk(
        _blank(form, sections, reading),
        (example.values, *example.rounds),
        listed_sources(form.sources if sections == form.sections else sources, sources),
        reading_of(example, reading),
    )
    problems = list(walk.unknown())
    try:
        walk.go()
        problems += walk.left_over()
    except ValuesRefusedError as error:
        problems += error.problems
    except (ExpressionError, ArithmeticError, TypeError) as error:
        problems.append(Problem(name, _("expressions that have a value of their field's type"), str(error)))
    return Trial(name, place, walk.record, tuple(problems), walk.needed, walk.required)


@dataclass
class _Walk:
    """One example on its way through the sections, round by round.

    Args:
        record: as far as it is filled.
        given: what each round is given; what stands outside loops, and their first round, comes first.
        sources: the records that it is computed from.
        reading: how to read values.
        needed, required: as ``Trial``.
    """

    record: Record
    given: Sequence[Mapping[str, object]]
    sources: Mapping[str, Sequence[Mapping[str, object]]]
    reading: Reading
    needed: dict[str, set[bool]] = field(default_factory=dict)
    required: dict[str, set[bool]] = field(default_factory=dict)
    _taken: set[tuple[int, str]] = field(default_factory=set)

    def unknown(self) -> Iterator[Problem]:
        """What is given for no field and no repeated section."""
        known = {each.id for section in self.record.sections for each in section.all_fields if section.each is None}
        known |= {section.id for section in self.record.sections if section.each is not None}
        for number, values in enumerate(self.given):
            for key in values:
                if key not in known:
                    self._taken.add((number, key))
                    yield Problem(key, _("a field of the form"), key)

    def left_over(self) -> Iterator[Problem]:
        """What is given for sections that are not needed, or for rounds that never begin."""
        for key in sorted({key for _number, key in self._left()}):
            yield Problem(key, _("a field of a section that is needed"), key)

    def _left(self) -> set[tuple[int, str]]:
        given = {(number, key) for number, values in enumerate(self.given) for key in values}
        return given - self._taken

    def go(self) -> None:
        """Fill every section that is needed and given, loops as often as there are values for another round."""
        place = 0
        while place < len(self.record.sections):
            section = self.record.sections[place]
            number = self.record.round_of(section)
            place += 1
            if number > max(1, len(self.given)):
                continue
            self._do(section, number)
            if section.rounds is not None and number < self.record.round_of(section) <= len(self.given):
                place = next(
                    at for at, each in enumerate(self.record.sections) if each.id == section.rounds.sections[0]
                )

    def _do(self, section: Section, number: int) -> None:
        is_needed = self.record.is_needed(section)
        if section.when is not None:
            self.needed.setdefault(section.id, set()).add(is_needed)
        given = self.given[number - 1] if number <= len(self.given) else {}
        names = [section.id] if section.each is not None else [each.id for each in section.all_fields]
        own = {name: given[name] for name in names if name in given}
        is_left_out = section.optional and section.fields and not own
        if not is_needed or is_left_out or not (own or self._left() or not section.fields):
            return
        self._taken |= {(number - 1, name) for name in own}
        for step, values in zip(self.record.steps_of(section), self._instances(section, own), strict=False):
            self._fill(section, step, values)

    def _instances(self, section: Section, own: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        """What each instance of a section is given; the section itself where it is not repeated."""
        if section.each is None:
            yield own
            return
        several = own.get(section.id, {})
        for place, step in enumerate(self.record.steps_of(section)):
            match several:
                case Mapping():
                    found = several.get(step.item, {})
                case list() | tuple() if place < len(several):
                    found = several[place]
                case _:
                    found = {}
            yield found if isinstance(found, Mapping) else {}

    def _fill(self, section: Section, step: Step, given: Mapping[str, object]) -> None:
        record = self.record
        values: dict[str, Json] = {}
        if section.all_fields:
            values, _listing = record.read_values(step, given, _MOMENT, self.reading, self.sources)
        saved = {**record.saved, step: Filled(1, values, _NOBODY, "", _MOMENT.at, _MOMENT.on)}
        record = replace(record, saved=saved)
        signatures = (*record.signatures, *_signatures(record, section, step))
        self.record = replace(record, signatures=signatures)
        seen = self.record.seen_in(step)
        for each in section.fields:
            if each.required_if is not None:
                self.required.setdefault(each.id, set()).add(holds(each.required_if, seen))


def _signatures(record: Record, section: Section, step: Step) -> Iterator[Signature]:
    """One signature, or where all of several roles sign, that of each."""
    if section.sign == "none":
        return
    roles = record.roles_of(section, step.item) or [""]
    for role in roles if section.sign == "all" else roles[:1]:
        yield Signature(
            1, section.id, step.round, str(section.meaning), _NOBODY, "", role, "passphrase", _MOMENT.at, item=step.item
        )


def _blank(form: Form, sections: tuple[Section, ...], reading: Reading) -> Record:
    number = f"{form.code}/0000-0000"
    subject = record_subject(number) if sections == form.sections else sheet_subject(number)
    opening = {"unit": "unit/0", "on": _MOMENT.on, "zone": reading.zone.key}
    history = History(subject, (head_act(subject, "0" * 32),)).followed_by(opening)
    return Record(history, form, sections, opening, last_on=_MOMENT.on)


def listed_sources(
    names: Iterable[str], sources: Mapping[str, Sequence[Mapping[str, object]]]
) -> dict[str, list[Mapping[str, object]]]:
    """The records of an example's sources by name, each with the facts of every record, empty where it gives none.

    Definitions write dates and fractions as text; here they are what expressions see of a real record.

    Args:
        names: the names that expressions may read.
        sources: what the example gives.
    """
    return {name: [{**_UNKNOWN, **_plain_map(record)} for record in sources.get(name, ())] for name in names}


def reading_of(example: Example, reading: Reading) -> Reading:
    """How the values of an example are read: what it looks up stands in its own tables."""
    return replace(reading, reference=reference_to(listed_tables(example)))


def listed_tables(example: Example) -> dict[str, list[Mapping[str, object]]]:
    """The rows of the tables that an example gives, as expressions see them."""
    return {name: [_plain_map(row) for row in rows] for name, rows in example.tables.items()}


def _plain_map(given: Mapping[str, object]) -> dict[str, object]:
    return {key: _plain(value) for key, value in given.items()}


def _plain(value: object) -> object:
    match value:
        case str() if match := _DATE.fullmatch(value):
            return _date_or_text(match[1])
        case str() if _FRACTION.fullmatch(value):
            return Decimal(value)
        case list() | tuple():
            return [_plain(each) for each in value]
        case Mapping():
            return _plain_map(value)
        case _:
            return value
