"""What one act brings about elsewhere: the records that it opens, the record that it is linked to, those it waits for.

Everything is decided before the act is signed and committed with it, in one transaction: the numbers are taken in the
order of their series, then the act that names them, then the new records.

Source: ISO 9001, 8.7, 10.2
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from recordkeeper.errors import RecordError, RefusalError
from recordkeeper.language import current_language, listing, noted
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.erased import left_of
from recordkeeper.model.expression import ExpressionError, holds
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.numbering import number_of, series_of
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.relation import (
    Opened,
    Start,
    ToOpen,
    due_openings,
    linked_numbers,
    opened_by,
    origin_of,
    start_of,
    typed,
)
from recordkeeper.model.rendition import text_of
from recordkeeper.model.routing import Need
from recordkeeper.model.section import FormField, Section
from recordkeeper.model.value import parse_moment
from recordkeeper.register.acts import Transaction
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import revision_in_force, revisions
from recordkeeper.services.choosing import all_chosen, form_serving
from recordkeeper.services.company import unit_of
from recordkeeper.services.installation import form_for, standing_revision
from recordkeeper.services.reporting import seen
from recordkeeper.services.retrieval import standing_record
from recordkeeper.services.setting import Setting

_GONE = {State.VOID, State.REPLACED, State.DISPOSED}
_PRINTED_AS_TEXT = {"choice", "scale", "yes_no", "date", "moment", "person", "party", "premises", "role"}


class NeedsRecordError(RecordError, RefusalError):
    """A section waits for another record that is missing, still open, or not as it must be."""

    def __init__(self, number: str, section: str, expected: str, found: str) -> None:
        message = _("{number} {section}: needs {expected}, found {found}")
        super().__init__(
            message.format(number=number, section=section, expected=expected, found=found),
            subject=f"{number} {section}",
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Planned:
    """A record that the act in hand opens.

    Args:
        entry: how the source's act names it.
        rule: what is to be opened, and with which values it begins.
        revision: of its form; None where the purpose is bound to no form, and nothing is opened.
        number: its number; empty where nothing is opened.
    """

    entry: Content
    rule: ToOpen
    revision: Revision | None
    number: str


# ---- opening ---------------------------------------------------------------------------------------------------------


def plan(transaction: Transaction, setting: Setting, before: Record | None, after: Record) -> list[Planned]:
    """What the act between ``before`` and ``after`` opens; the numbers are taken, in the order of their series.

    Raises:
        UnboundPurposeError: nobody has said which form serves.
        NotInForceError: its form has no revision in force.
    """
    unit = unit_of(transaction, after.unit).code
    due = due_openings(before, after, settled(transaction, after))
    revisions = {each.key: _revision(transaction, setting, after, each) for each in due}
    codes = {key: revision.code for key, revision in revisions.items() if revision is not None}
    series = {key: series_of(revision.form, unit) for key, revision in revisions.items() if revision is not None}
    numbers: dict[tuple[str, int, int, str], str] = {}
    for each in sorted(due, key=lambda one: series.get(one.key, "")):
        revision = revisions[each.key]
        numbers[each.key] = take_number(transaction, setting, revision.form, unit) if revision else ""
    return [
        Planned(each.entry(codes.get(each.key, ""), numbers[each.key]), each, revisions[each.key], numbers[each.key])
        for each in due
    ]


def with_opened(content: Content, planned: Sequence[Planned]) -> Content:
    """An act that names what it opens; the act itself where it opens nothing."""
    return {**content, "opened": [each.entry for each in planned]} if planned else content


def take_number(transaction: Transaction, setting: Setting, form: Form, unit: str) -> str:
    """The next number of a form, kept by the unit of that code; its series is locked to the end of the transaction."""
    year = setting.today.year
    return number_of(form, unit, year, transaction.next_number(series_of(form, unit), year))


def settled(snapshot: Snapshot, record: Record) -> list[Opened]:
    """What ``record``, or the one that it replaces, has opened."""
    found = list(opened_by(record))
    for former in _replaced_by(snapshot, record):
        found += opened_by(former)
    return found


def series_opened(snapshot: Snapshot, form: Form, unit: str, on: date) -> list[str]:
    """The series of every form that an act on ``form`` may open, in order: what was opened may itself open more.

    Args:
        snapshot: the register.
        form: whose record is acted on.
        unit: the code of the unit that keeps it, and what it opens.
        on: the day of the act.
    """
    found: dict[str, Form | None] = {}
    waiting = [form]
    while waiting:
        for code in _codes_opened(snapshot, waiting.pop(), on):
            if code not in found:
                found[code] = _form_in_force(snapshot, code, on)
                waiting += [opened for opened in (found[code],) if opened is not None]
    return sorted(series_of(opened, unit) for opened in found.values() if opened is not None)


def _codes_opened(snapshot: Snapshot, form: Form, on: date) -> set[str]:
    """The codes of what ``form`` opens itself; a purpose that is unbound is refused where it is opened, only there."""
    sections = (*form.sections, *(form.sheet.sections if form.sheet else ()))
    openings = [opening for section in sections for opening in section.opens]
    codes = {opening.form for opening in openings if opening.form}
    for purpose in {opening.purpose for opening in openings if opening.purpose}:
        codes |= all_chosen(snapshot, purpose)
        with suppress(RefusalError):
            codes.add(form_for(snapshot, form.procedure, purpose, on))
    return codes - {""}


def _form_in_force(snapshot: Snapshot, code: str, on: date) -> Form | None:
    """The form of that code; None where none is in force, which is refused where it is opened, and only there."""
    try:
        return revision_in_force(snapshot, code, on).form
    except RefusalError:
        return None


def _revision(transaction: Transaction, setting: Setting, record: Record, due: ToOpen) -> Revision | None:
    rule = due.opening
    code = rule.form or form_serving(setting, record.form.procedure, rule.purpose or "", record.unit)
    return revision_in_force(transaction, code, setting.today) if code else None


def _replaced_by(snapshot: Snapshot, record: Record) -> Iterator[Record]:
    """The record that ``record`` replaces, the one that this replaces, and so on."""
    former: Record | None = record
    while former is not None and former.replaces:
        former = standing_record(snapshot, former.replaces)
        if former is not None:
            yield former


# ---- what an opened record begins with -------------------------------------------------------------------------------


def start_values(setting: Setting, section: Section, start: Mapping[str, Start]) -> dict[str, Json]:
    """The canonical start values of a new record's first section; what its fields cannot hold is left out."""
    values: dict[str, Json] = {}
    for each in section.fields:
        if each.id not in start:
            continue
        given = start[each.id]
        candidates = [] if given.field is None else [carried(setting, each, given.field, given.value)]
        for candidate in (*candidates, typed(given.plain)):
            value, problems = setting.reading.parse(each, candidate)
            if value is not None and not problems:
                values[each.id] = value
                break
    return values


def carried(setting: Setting, target: FormField, field: FormField, value: Json) -> object:
    """A value of another form's ``field`` as it would be typed into ``target``."""
    if value is None or field.type == target.type:
        return value
    if target.type == "text" and field.type in _PRINTED_AS_TEXT:
        return text_of(field, value, setting.surroundings)
    if target.type == "date" and field.type == "moment":
        return parse_moment(str(value)).astimezone(setting.zone).date().isoformat()
    return value


def taken_from_source(setting: Setting, record: Record, section: Section) -> dict[str, object]:
    """What fields take when nothing is given: what the record was opened with, or from its source as it stands."""
    origin = origin_of(record)
    taken: dict[str, object] = {}
    asked = [each for each in section.fields if each.takes_from and each.takes_from.startswith("source.")]
    source = standing_record(setting.snapshot, origin.number) if origin is not None and asked else None
    if source is not None:
        for each in asked:
            name = str(each.takes_from).partition(".")[2]
            field = next((one for part in source.sections if (one := part.field(name))), None)
            if field is not None and (value := left_of(source.values.get(name))) is not None:
                taken[each.id] = carried(setting, each, field, value)
            elif name == "number":
                taken[each.id] = source.number
    start = start_of(record)
    return taken | {each.id: start[each.id] for each in section.fields if each.id in start}


# ---- waiting for others ----------------------------------------------------------------------------------------------


def check_needs(setting: Setting, record: Record, section: Section) -> None:
    """Refuse a section while a record that it needs is missing, still open, or not as the form asks.

    One linked record in that state is enough, as long as none of the same form is still under way.

    Raises:
        NeedsRecordError: which one, and how it stands.
        UnboundPurposeError: nobody has said which form serves.

    Source: ISO 9001, 8.6, 8.7
    """
    if not section.needs:
        return
    linked = list(_linked(setting.snapshot, record))
    for need in section.needs:
        code = need.form or _code_needed(setting, record, need.purpose or "", linked)
        if code:
            _check_need(setting, record, section, need, code, linked)


def _code_needed(setting: Setting, record: Record, purpose: str, linked: Sequence[Record]) -> str:
    """The form that serves a purpose; one that was opened before the unit chose another still does."""
    served = form_serving(setting, record.form.procedure, purpose, record.unit)
    revision = standing_revision(setting.snapshot, record.form.procedure, setting.today)
    bound = revision.bindings.get(purpose) if revision else None
    return bound if bound and any(each.form.code == bound for each in linked) else served


def _check_need(
    setting: Setting, record: Record, section: Section, need: Need, code: str, linked: Sequence[Record]
) -> None:
    found = [each for each in linked if each.form.code == code and each.state not in _GONE]
    title = _title(setting, code)
    if not found:
        expected = _("a linked record of {form} that is closed").format(form=title)
        raise NeedsRecordError(record.number, section.called, expected, _("none"))
    under_way = [each for each in found if each.state is not State.CLOSED]
    if under_way:
        states = listing(noted(each.number, _(str(each.state))) for each in under_way)
        raise NeedsRecordError(record.number, section.called, _("{form} closed").format(form=title), states)
    if need.when is not None and not any(_is_met(need.when, each) for each in found):
        expected = _("{form} in which {condition}").format(form=title, condition=need.when)
        raise NeedsRecordError(record.number, section.called, expected, listing(each.number for each in found))


def _is_met(condition: str, record: Record) -> bool:
    try:
        return holds(condition, seen(record))
    except ExpressionError:
        return False  # a field that the record does not have, or that was left blank


def _title(setting: Setting, code: str) -> str:
    known = revisions(setting.snapshot, code)
    return f"{code} {known[-1].form.title.in_language(current_language())}" if known else code


def _linked(snapshot: Snapshot, record: Record) -> Iterator[Record]:
    """Every record linked with ``record`` or with one that it replaces; for a replaced one its successor."""
    numbers = linked_numbers(record)
    for former in _replaced_by(snapshot, record):
        numbers += linked_numbers(former)
    for number in dict.fromkeys(numbers):
        found = standing_record(snapshot, number)
        while found is not None and found.state is State.REPLACED:
            found = standing_record(snapshot, found.successor)
        if found is not None:
            yield found
