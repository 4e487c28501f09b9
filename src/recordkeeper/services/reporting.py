"""The records that computed values are made from: a sheet's rows, a statistics form's sources.

They are computed, never typed in; the acts hold their numbers and state digests.

Source: P12-R2, P02-R5
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import cast

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Json
from recordkeeper.model.dossier import is_filed, stay_of
from recordkeeper.model.form import Form, SourcePeriod
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.section import Section
from recordkeeper.model.subject import kind_of
from recordkeeper.model.value import plain_value
from recordkeeper.register.lookup import units_below
from recordkeeper.register.search import FoundRecord, RecordQuery, find_records
from recordkeeper.services.places import premises_of
from recordkeeper.services.retrieval import replayed, rows_of
from recordkeeper.services.setting import Setting


class AboutNothingError(RecordError, InvalidInputError):
    """Statistics whose sources are about one party or premises are about none."""

    def __init__(self, code: str, about: str) -> None:
        expected = _("a party") if about == "party" else _("premises")
        super().__init__(
            _("{code}: is about {expected}, found none").format(code=code, expected=expected),
            subject=code,
            expected=expected,
            found=_("none"),
        )


_GONE = {State.VOID, State.REPLACED, State.DISPOSED}


def sources_of(
    setting: Setting, record: Record, section: Section, raw: Mapping[str, object]
) -> dict[str, list[dict[str, object]]] | None:
    """The lists that a section's computed values read; None where it computes nothing.

    Args:
        setting: where it is asked.
        record: the record or sheet that is filled.
        section: the section that is filled.
        raw: the values given, which name the period.
    """
    if not section.computed:
        return None
    if record.is_sheet:
        return {"rows": [seen(row) for row in rows_of(setting.snapshot, record) if row.state not in _GONE]}
    return {name: source_records(setting, record, name, raw) for name in record.form.sources}


def source_records(setting: Setting, record: Record, name: str, raw: Mapping[str, object]) -> list[dict[str, object]]:
    """The records of one source, in the order of their numbers, each with number and state digest.

    Args:
        setting: where it is asked.
        record: the statistics record.
        name: the source's name in the form.
        raw: the values given, which name the period.

    Raises:
        AboutNothingError: they are to be about the party or premises of the statistics, and it is about none.
    """
    source = record.form.sources[name]
    snapshot = setting.snapshot
    units = units_below(snapshot, record.unit) if source.unit == "below" else [record.unit]
    is_in_period = _period_asked_for(record.form, source.period, raw, setting)
    is_about = _about_asked_for(setting, record, source.about)
    found: list[dict[str, object]] = []
    for row in filter(is_about, find_records(snapshot, RecordQuery(forms=(source.form,), units=units))):
        history = snapshot.history(row.subject)
        if history is None or kind_of(row.subject) == "sheet":
            continue
        candidate = replayed(snapshot, history)
        is_wanted = candidate.state is State.CLOSED if source.state == "closed" else candidate.state not in _GONE
        if is_wanted and is_in_period(candidate):
            found.append(seen(candidate))
    return sorted(found, key=lambda each: str(each["number"]))


def _about_asked_for(setting: Setting, record: Record, about: str) -> Callable[[FoundRecord], bool]:
    """Whether a source record is about whom and what the statistics are about; all are where that is not asked.

    Raises:
        AboutNothingError: the statistics are about no party or premises, and its sources are to be about the same.
    """
    party, premises = (cast("str | None", record.opening.get(name)) for name in ("party", "premises"))
    if (about == "party" and not party) or (about in {"premises", "dossier"} and not premises):
        raise AboutNothingError(record.form.code, about)
    match about:
        case "any":
            return lambda _found: True
        case "party":
            return lambda found: found.party == party
        case "dossier" if party:
            stay = stay_of(premises_of(setting.snapshot, str(premises)), party)
            return lambda found: (
                found.premises == premises and is_filed(stay, party, found.party, date.fromisoformat(found.entered_on))
            )
        case _:
            return lambda found: found.premises == premises


def _period_asked_for(
    form: Form, period: str | SourcePeriod | None, raw: Mapping[str, object], setting: Setting
) -> Callable[[Record], bool]:
    """Whether a source record lies in the period that the values of the statistics ask for; all do where none is."""
    if isinstance(period, SourcePeriod):
        start, end = (_value_asked_for(form, name, raw, setting) for name in (period.start, period.end))
        return lambda candidate: _lies_between(candidate, period.on, start, end)
    year = _value_asked_for(form, period, raw, setting)
    return lambda candidate: year is None or _year_of(candidate, period) == str(year)[:4]


def _value_asked_for(form: Form, name: str | None, raw: Mapping[str, object], setting: Setting) -> Json:
    field = form.field(name) if name else None
    if field is None:
        return None
    value, problems = setting.reading.parse(field, raw.get(field.id))
    return None if problems else value


def _lies_between(record: Record, name: str, start: Json, end: Json) -> bool:
    """Whether the record's date lies between two days, both included; a blank one does not."""
    field = record.form.field(name)
    day = plain_value(field, record.values.get(name), record.zone) if field else None
    if not isinstance(day, date):
        return False
    return (start is None or str(start)[:10] <= day.isoformat()) and (end is None or day.isoformat() <= str(end)[:10])


def _year_of(record: Record, period: str | None) -> str:
    value = record.values.get(period or "")
    return str(value if value is not None else record.opening["on"])[:4]


def seen(record: Record) -> dict[str, object]:
    """A record as expressions of another see it: plain values, and what is known of every record.

    Returns:
        A map of each field; ``number``, ``state``, ``entered_on`` and ``closed_on`` (dates, None while it is open),
        ``unit`` and ``party`` (subjects), and ``digest``, its state digest, which acts cite.
    """
    known = record.known
    plain = {each.id: known[each.id] for section in record.sections for each in section.all_fields}
    is_closed = record.state not in {State.OPEN, State.PENDING} and record.closed_on
    return {
        **plain,
        "number": record.number,
        "state": str(record.state),
        "entered_on": date.fromisoformat(str(record.opening["on"])),
        "closed_on": date.fromisoformat(record.closed_on) if is_closed else None,
        "unit": record.unit,
        "party": record.opening.get("party"),
        "digest": record.history.digests[-1],
    }
