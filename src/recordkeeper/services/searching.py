"""Finding records among those that the person may read.

Source: ISO 9001, 7.5.3.2 (access, retrieval); I-6
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from recordkeeper.errors import InvalidInputError, RecordError, RefusalError
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.form import Form
from recordkeeper.model.person import AUDITOR, Person
from recordkeeper.model.subject import name_of
from recordkeeper.model.value import check_text
from recordkeeper.register.acts import Register
from recordkeeper.register.lookup import units_below
from recordkeeper.register.search import FoundRecord, RecordQuery, find_records
from recordkeeper.services.catalogue import code_of, form_of
from recordkeeper.services.people import Actor, person_of
from recordkeeper.services.reading_right import may_read, readers_of
from recordkeeper.services.setting import Setting
from recordkeeper.services.viewing import note_reading


class NoUnitToReadError(RecordError, RefusalError):
    """The person holds no role at the unit asked for, or at any."""

    def __init__(self, login: str, place: str) -> None:
        expected = _("who has a role at {unit}").format(unit=place)
        super().__init__(
            _("{login}: only {expected} may read its records").format(login=login, expected=expected),
            subject=login,
            expected=expected,
        )


class TurnedPeriodError(RecordError, InvalidInputError):
    """A period that ends before it begins."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(
            _("period: expected an end not before {first}, found {last}").format(first=first, last=last),
            subject=_("period"),
            expected=first.isoformat(),
            found=last.isoformat(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What is looked for, as typed; whatever is not given is no condition.

    Args:
        number: how the number begins.
        forms: codes, printed spellings or titles of forms.
        unit: code, id or name of a unit; the units below it count too.
        states: states of records.
        entered_from, entered_to: the first and last day of entry.
        party, premises: name, code or id.
        text: what stands in one of the values.
        limit: how many records at most.
    """

    number: str | None = None
    forms: Sequence[str] = ()
    unit: str | None = None
    states: Sequence[str] = ()
    entered_from: date | None = None
    entered_to: date | None = None
    party: str | None = None
    premises: str | None = None
    text: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class FoundView:
    """One record or sheet as a list shows it."""

    number: str
    form: str
    form_title: str
    revision: str
    unit: str
    unit_name: str
    state: str
    sheet: str
    party: str
    party_name: str
    premises: str
    premises_code: str
    entered_on: str
    closed_on: str
    title: str


def find(register: Register, actor: Actor, now: datetime, criteria: Criteria) -> list[FoundView]:
    """The records that meet ``criteria`` and that ``actor`` may read, in the order of their entry.

    Raises:
        UnknownFormError, SharedSpellingError: no such form, or several.
        UnknownPlaceError, SeveralPlacesError: no such unit, party or premises, or several.
        NoUnitToReadError: no role at the unit asked for, or at any.
        TurnedPeriodError: a period that ends before it begins.
        TextRefusedError: a text that stands in no record.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        person = person_of(snapshot, actor.subject)
        query = _query(setting, person, criteria)
        shelf = _Shelf(setting, person)
        found = [row for row in find_records(snapshot, query) if shelf.is_readable(row)]
        if query.limit is not None and len(found) < query.limit:
            found = [row for row in find_records(snapshot, replace(query, limit=None)) if shelf.is_readable(row)]
        views = [_view(shelf, row) for row in found[: query.limit]]
        is_auditor = any(grant.role == AUDITOR and grant.period.holds_on(setting.today) for grant in person.grants)
    if is_auditor:
        note_reading(register, actor, now, None)
    return views


def _query(setting: Setting, person: Person, criteria: Criteria) -> RecordQuery:
    first, last = criteria.entered_from, criteria.entered_to
    if first and last and last < first:
        raise TurnedPeriodError(first, last)
    return RecordQuery(
        number=check_text(criteria.number, "number") if criteria.number else None,
        forms=[code_of(setting.snapshot, spelling) for spelling in criteria.forms] or None,
        units=_readable_units(setting, person, criteria.unit),
        states=criteria.states or None,
        entered_from=first.isoformat() if first else None,
        entered_to=last.isoformat() if last else None,
        parties=[setting.find("party", criteria.party)] if criteria.party else None,
        premises=[setting.find("premises", criteria.premises)] if criteria.premises else None,
        text=check_text(criteria.text, "text") if criteria.text else None,
        limit=criteria.limit,
    )


def _readable_units(setting: Setting, person: Person, asked: str | None) -> list[str]:
    person.check_active_on(setting.today)
    granted = {grant.unit for grant in person.grants if grant.period.holds_on(setting.today)}
    readable = {below for unit in granted for below in units_below(setting.snapshot, unit)}
    if asked is not None:
        unit = setting.find("unit", asked)
        readable &= set(units_below(setting.snapshot, unit))
        if not readable:
            raise NoUnitToReadError(person.login, setting.shown_name(unit))
    if not readable:
        raise NoUnitToReadError(person.login, _("any unit"))
    return sorted(readable)


@dataclass(slots=True)
class _Shelf:
    """Which forms' records the person may read at which unit; each answer is found once."""

    setting: Setting
    person: Person
    answers: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    forms: dict[tuple[str, str], Form] = field(default_factory=dict)

    def form(self, row: FoundRecord) -> Form:
        key = (row.form, row.revision)
        if key not in self.forms:
            self.forms[key] = form_of(self.setting.snapshot, *key)
        return self.forms[key]

    def is_readable(self, row: FoundRecord) -> bool:
        key = (row.form, row.revision, row.unit)
        if key not in self.answers:
            roles = self.setting.standing(self.person.subject, row.unit).reading_roles
            self.answers[key] = may_read(roles, readers_of(self.setting, self.form(row), row.unit))
        return self.answers[key]


def _view(shelf: _Shelf, row: FoundRecord) -> FoundView:
    setting, title = shelf.setting, shelf.form(row).title.in_language(current_language())
    return FoundView(
        number=row.number,
        form=row.form,
        form_title=title,
        revision=row.revision,
        unit=row.unit,
        unit_name=setting.shown_name(row.unit),
        state=row.state,
        sheet=name_of(row.sheet or ""),
        party=row.party or "",
        party_name=setting.shown_name(row.party or ""),
        premises=row.premises or "",
        premises_code=setting.shown_name(row.premises or ""),
        entered_on=row.entered_on,
        closed_on=row.closed_on or "",
        title=row.title or "",
    )
