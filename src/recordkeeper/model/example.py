"""The examples of a form's definition, tried on the form itself by the rules that real records follow.

Each example is filled section by section as a record would be; who may fill is not asked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from recordkeeper.model.section import Section
from recordkeeper.model.signature import Signature
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
        needed: for each section that has a condition and was reached, whether it was needed.
        required: for each ``required_if`` that was reached, whether it held.
    """

    name: str
    place: Place
    record: Record
    problems: tuple[Problem, ...]
    needed: Mapping[str, bool]
    required: Mapping[str, bool]


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
        if name in given:
            yield given[name]


def _all_sections(form: Form) -> tuple[Section, ...]:
    return (*form.sections, *(form.sheet.sections if form.sheet else ()))


def _date_or_text(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _try(form: Form, example: Example, place: Place, reading: Reading) -> Iterator[Trial]:
    if form.sheet is None:
        yield _try_one(form, form.sections, example.name, (*place, "values"), example.values, example.sources, reading)
        return
    rows: list[Mapping[str, object]] = []
    for number, values in enumerate(example.rows, 1):
        name = _("{example}, row {number}").format(example=example.name, number=number)
        trial = _try_one(form, form.sections, name, (*place, "rows", number - 1), values, {}, reading)
        rows.append({**plain_values(trial.record), "number": trial.record.number})
        yield trial
    if form.sheet.sections:
        yield _try_one(
            form,
            form.sheet.sections,
            example.name,
            (*place, "values"),
            example.values,
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
    values: Mapping[str, object],
    sources: Mapping[str, Sequence[Mapping[str, object]]],
    reading: Reading,
) -> Trial:
    record = _blank(form, sections, reading)
    known_fields = {field.id for section in sections for field in section.all_fields}
    problems = [Problem(key, _("a field of the form"), key) for key in values if key not in known_fields]
    listed = listed_sources(form.sources if sections == form.sections else sources, sources)
    needed: dict[str, bool] = {}
    required: dict[str, bool] = {}
    left = {key for key in values if key in known_fields}
    try:
        for section in sections:
            is_needed = record.is_needed(section)
            if section.when is not None:
                needed[section.id] = is_needed
            given = {field.id: values[field.id] for field in section.all_fields if field.id in values}
            is_left_out = section.optional and section.fields and not given
            if not is_needed or is_left_out or not (given or left or not section.fields):
                continue
            left -= set(given)
            record = _filled(record, section, given, listed, reading)
            required |= _requirements(record, section)
        problems += [Problem(key, _("a field of a section that is needed"), key) for key in sorted(left)]
    except ValuesRefusedError as error:
        problems += error.problems
    except (ExpressionError, ArithmeticError, TypeError) as error:
        problems.append(Problem(name, _("expressions that have a value of their field's type"), str(error)))
    return Trial(name, place, record, tuple(problems), needed, required)


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


def _filled(
    record: Record,
    section: Section,
    given: Mapping[str, object],
    sources: Mapping[str, Sequence[Mapping[str, object]]],
    reading: Reading,
) -> Record:
    values: dict[str, Json] = {}
    if section.all_fields:
        values, _listing = record.read_values(section, given, _MOMENT, reading, sources)
    filled = Filled(1, values, _NOBODY, "", _MOMENT.at, _MOMENT.on)
    signatures = record.signatures
    if section.sign != "none":
        signature = Signature(1, section.id, 1, str(section.meaning), _NOBODY, "", "", "passphrase", _MOMENT.at)
        signatures = (*signatures, signature)
    return replace(record, filled={**record.filled, section.id: filled}, signatures=signatures)


def _requirements(record: Record, section: Section) -> dict[str, bool]:
    known = record.known
    return {field.id: holds(field.required_if, known) for field in section.fields if field.required_if is not None}
