"""A section about to be filled by somebody at a terminal: what is asked, what is offered, whether an answer will do.

Nothing is stored here. Each answer is read and checked by the rules that the act itself follows; the act checks all of
them again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Json
from recordkeeper.model.event import SALT_BYTES, History, head_act
from recordkeeper.model.expression import ExpressionError, holds, names_in
from recordkeeper.model.lateness import late_entry
from recordkeeper.model.numbering import number_of
from recordkeeper.model.record import Record, open_record
from recordkeeper.model.record_guard import ValuesRefusedError, broken_checks, missing_values
from recordkeeper.model.section import FormField, Section, Title
from recordkeeper.model.step import Step
from recordkeeper.model.subject import record_subject
from recordkeeper.model.value import Problem, parse_moment, plain_value
from recordkeeper.register.acts import Register
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.access import check_has_part, record_for
from recordkeeper.services.catalogue import code_of, revision_in_force
from recordkeeper.services.company import unit_of
from recordkeeper.services.lifecycle import About, defaults_of, next_to_fill, opening_of, unit_asked_for
from recordkeeper.services.people import Actor
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting
from recordkeeper.services.viewing import text_of_value

_NO_SALT = "0" * (SALT_BYTES * 2)


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that stands already, or comes from party or premises: as it would be typed, and as it reads."""

    typed: object
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One section, and what is needed to ask for its values.

    Args:
        register: where names are looked up.
        now: aware, UTC.
        record: the record as it stands; a new one has no number yet.
        section: the section to fill.
        offers: what each field would take if nothing is given.
        step: which round and instance of it.
    """

    register: Register
    now: datetime
    record: Record
    section: Section
    offers: Mapping[str, Offer]
    step: Step

    def is_required(self, each: FormField, given: Mapping[str, Json]) -> bool:
        """Whether ``each`` needs a value, as far as the answers ``given`` so far tell."""
        try:
            return bool(missing_values(self._only(each), {}, set(), self._known(given)))
        except ExpressionError:
            return False

    def is_asked(self, each: FormField, given: Mapping[str, Json]) -> bool:
        """Whether to ask for ``each`` at all: not where it is not required and no value would pass its check."""
        if each.required_if is None or each.check is None or self.is_required(each, given):
            return True
        samples: Mapping[str, Sequence[object]] = {
            "text": ("?",),
            "choice": [choice.id for choice in each.choices],
            "date": (date.min, self.record.last_on and date.fromisoformat(self.record.last_on), date.max),
        }
        known = self._known(given)
        return each.type not in samples or any(
            _may_hold(each.check, {**known, each.id: sample}) for sample in samples[each.type]
        )

    def check(self, each: FormField, raw: object, given: Mapping[str, Json]) -> tuple[Json, list[Problem]]:
        """The canonical value of an answer, and what is wrong with it.

        Args:
            each: the field that was asked for.
            raw: what was typed.
            given: canonical values of the fields asked before.
        """
        with self.register.reading() as snapshot:
            value, problems = Setting(snapshot, self.now).reading.parse(each, raw)
        if problems:
            return None, problems
        if value is None and self.is_required(each, given):
            return None, [Problem(each.id, _("a value"), _("nothing"), each.title.in_language(current_language()))]
        values = dict(given) if value is None else {**given, each.id: value}
        known = self._known(values)
        if each.check is None or self._later_names(each) & names_in(each.check) or _may_hold(each.check, known):
            return value, []
        return None, broken_checks(self._only(each), values, known)

    def _known(self, values: Mapping[str, Json]) -> dict[str, object]:
        today = self.now.astimezone(self.record.zone).date()
        plain = {each.id: plain_value(each, values.get(each.id), self.record.zone) for each in self.section.fields}
        return {**self.record.seen_in(self.step), "on": today, **plain}

    def _later_names(self, each: FormField) -> set[str]:
        names = [field.id for field in self.section.fields]
        return set(names[names.index(each.id) + 1 :])

    def _only(self, each: FormField) -> Section:
        """The section as if it had this one field."""
        return self.section.model_copy(update={"fields": (each,)})


def _may_hold(condition: str, known: Mapping[str, object]) -> bool:
    """Whether ``condition`` holds, or cannot be judged yet."""
    try:
        return holds(condition, known)
    except ExpressionError:
        return True


def new_entry(register: Register, actor: Actor, now: datetime, form: str, about: About) -> Entry:
    """The first section of a record that ``actor`` is about to open.

    Raises:
        UnknownFormError, SharedSpellingError, NotInForceError: as ``catalogue``.
        UnknownPlaceError, SeveralPlacesError: no such unit, party or premises, or several.
        NotYoursError: no role of the first section.
        NoLateReasonError: the matter lies more than a set time back, and there is no reason.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        revision = revision_in_force(snapshot, code_of(snapshot, form), setting.today)
        definition = revision.form
        unit = unit_asked_for(setting, actor, definition.sections[0], about)
        who = setting.standing(actor.subject, unit)
        subject = record_subject(number_of(definition, unit_of(snapshot, unit).code, setting.today.year, 0))
        head = History(subject, (head_act(subject, _NO_SALT),))
        opening = opening_of(snapshot, setting, revision, unit, about)
        # what would be refused in the end is refused before anything is asked
        late_entry(definition, about.occurred_at or "", "", setting.today, setting.zone, about.late_reason)
        record = open_record(definition, subject, head, who, setting.moment, opening)
        section = record.sections[0]
        return Entry(register, now, record, section, _offers(setting, record, section, {}), Step(section.id))


def fill_entry(register: Register, actor: Actor, now: datetime, number: str, section: str | None) -> Entry:
    """The section that ``actor`` is about to fill: the one named, else the next that is theirs.

    Raises:
        UnknownRecordError: no such record.
        UnknownSectionError: no such section.
        WrongStateError, NotItsTurnError, NotYoursError: as ``Record.fill``.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        record = record_for(setting, actor, number)
        check_right(snapshot, actor, "record fill", now, record.unit, about=record.number)
        check_has_part(setting, actor, record, "record fill")
        who = setting.standing(actor.subject, record.unit)
        step = record.step(section) if section else next_to_fill(record, who)
        record.check_may_fill(step, who, setting.moment)
        chosen, filled = record.section(step.section), record.saved.get(step)
        offers = _offers(setting, record, chosen, filled.values if filled else {})
        return Entry(register, now, record, chosen, offers, step)


def _offers(setting: Setting, record: Record, section: Section, standing: Mapping[str, Json]) -> dict[str, Offer]:
    typed: dict[str, object] = {**defaults_of(setting, record, section), **standing}
    offers: dict[str, Offer] = {}
    for each in section.fields:
        if each.id not in typed:
            continue
        value, problems = setting.reading.parse(each, typed[each.id])
        if value is not None and not problems:
            offers[each.id] = Offer(typed[each.id], text_of_value(setting, each, value))
    return offers


def occurred_at(snapshot: Snapshot, now: datetime, text: str) -> str:
    """The UTC moment of the matter that ``text`` names, in the company's time zone where it names none.

    Raises:
        ValuesRefusedError: no moment, or one that lies ahead.
    """
    field = FormField(id="occurred", title=Title(zh="发生时间", en="Occurred"), type="moment")
    setting = Setting(snapshot, now)
    value, problems = setting.reading.parse(field, text)
    if not problems and value is None:
        problems = [Problem(field.id, _("a moment such as 2026-11-23 14:05"), _("nothing"))]
    if not problems and parse_moment(cast("str", value)) > now:
        problems = [Problem(field.id, _("a moment that has passed"), text_of_value(setting, field, value))]
    if problems:
        raise ValuesRefusedError(field.id, problems)
    return str(value)
