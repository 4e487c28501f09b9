"""Finding records among those that the person may read.

Source: ISO 9001, 7.5.3.2 (access, retrieval); I-6
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from recordkeeper.errors import InvalidInputError, RecordError, RefusalError
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.subject import name_of
from recordkeeper.model.value import check_text
from recordkeeper.register.acts import Register
from recordkeeper.register.lookup import units_below
from recordkeeper.register.search import FoundRecord, RecordQuery, find_records
from recordkeeper.services.catalogue import code_of
from recordkeeper.services.people import Actor
from recordkeeper.services.setting import Setting
from recordkeeper.services.shelf import Shelf
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
        shelf = Shelf(setting, actor.subject)
        query, within = _query(shelf, criteria)
        found = _readable(shelf, query, within)
        if query.limit is not None and len(found) < query.limit:
            found = _readable(shelf, replace(query, limit=None), within)
        if not (found or query.units):
            place = setting.find("unit", criteria.unit) if criteria.unit is not None else ""
            raise NoUnitToReadError(shelf.person.login, setting.shown_name(place) if place else _("any unit"))
        views = [_view(shelf, row) for row in found[: query.limit]]
        is_auditor = shelf.person.is_auditor_on(setting.today)
    if is_auditor:
        note_reading(register, actor, now, None)
    return views


def _readable(shelf: Shelf, query: RecordQuery, within: Collection[str] | None) -> list[FoundRecord]:
    rows = find_records(shelf.setting.snapshot, query)
    return [row for row in rows if (within is None or row.unit in within) and shelf.is_readable(row)]


def _query(shelf: Shelf, criteria: Criteria) -> tuple[RecordQuery, Collection[str] | None]:
    """What is looked for, and the units that all of it belongs to; none where no unit is asked for."""
    setting = shelf.setting
    within = None
    if criteria.unit is not None:
        within = set(units_below(setting.snapshot, setting.find("unit", criteria.unit)))
    units = shelf.units if within is None else shelf.units & within
    first, last = criteria.entered_from, criteria.entered_to
    if first and last and last < first:
        raise TurnedPeriodError(first, last)
    query = RecordQuery(
        number=check_text(criteria.number, "number") if criteria.number else None,
        forms=[code_of(setting.snapshot, spelling) for spelling in criteria.forms] or None,
        units=sorted(units),
        or_part_of=shelf.persons,
        states=criteria.states or None,
        entered_from=first.isoformat() if first else None,
        entered_to=last.isoformat() if last else None,
        parties=[setting.find("party", criteria.party)] if criteria.party else None,
        premises=[setting.find("premises", criteria.premises)] if criteria.premises else None,
        text=check_text(criteria.text, "text") if criteria.text else None,
        limit=criteria.limit,
    )
    return query, within


def _view(shelf: Shelf, row: FoundRecord) -> FoundView:
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
