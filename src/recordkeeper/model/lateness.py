"""How late a matter was entered, and why: its time, that of the entry and the reason stand beside each other.

Days are counted from the local day of the matter to that of the entry.

Source: ISO 9001, 7.5.3; P-5; 21 CFR 11.10(e)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.form import Form
from recordkeeper.model.value import check_text, parse_moment

USUAL_DAYS = 3
"""From when on an entry that says when its matter happened needs a reason, where the form sets no other time."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """How many days after its matter a record was entered, and why.

    Args:
        matter: the date or UTC moment of the matter.
        days: between it and the entry.
        reason: as it was given.
    """

    matter: str
    days: int
    reason: str


class NoLateReasonError(RecordError, InvalidInputError):
    """A matter is entered late, and nobody says why."""

    def __init__(self, code: str, matter: date, days: int, allowed: int) -> None:
        super().__init__(
            ngettext(
                "{code}: the matter of {day} is entered {days} day later:"
                " after more than {allowed} a reason is needed (--late-reason)",
                "{code}: the matter of {day} is entered {days} days later:"
                " after more than {allowed} a reason is needed (--late-reason)",
                days,
            ).format(code=code, day=matter.isoformat(), days=days, allowed=allowed),
            subject=code,
            expected=_("a reason (--late-reason)"),
            found=_("nothing"),
        )


class NothingLateError(RecordError, InvalidInputError):
    """A reason for a late entry is given, and nothing says that it is late."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("{code}: --late-reason: nothing says when the matter happened, or it is entered in time").format(
                code=code
            ),
            subject=code,
            expected=_("a matter of an earlier day (--occurred)"),
            found=_("nothing"),
        )


def matter_of(form: Form, values: Content) -> str:
    """When the matter of a row happened: the field by which its sheet groups rows, a date or moment; else empty."""
    rule = form.sheet
    return str(values.get(rule.on) or "") if rule and rule.on else ""


def late_entry(
    form: Form, told: str, matter: str, today: date, zone: ZoneInfo, reason: str, follows: str = ""
) -> dict[str, Json]:
    """What act ``new`` says of a late entry: how many days, and why; nothing where it is in time.

    Args:
        form: its own time from which a reason is needed; without one three days, where somebody told the moment.
        told: the moment of the matter that was told beside the values; empty where none was.
        matter: the date or moment that the values name; empty where they name none.
        today: the company's date of entry.
        zone: the company's zone.
        reason: why it is late; empty where nothing was said.
        follows: the number of the record that opened it: where that made it late, it is the reason.

    Raises:
        NoLateReasonError: it is later than the set time, and there is no reason.
        TextRefusedError: the reason holds what no text may.
    """
    found = told or matter
    if not found:
        return {}
    day = _day_of(found, zone)
    days = (today - day).days
    allowed = form.late_after_days if form.late_after_days is not None else USUAL_DAYS if told else days
    said = check_text(reason.strip(), "--late-reason") or (follows if days > allowed else "")
    if days > allowed and not said:
        raise NoLateReasonError(form.code, day, days, allowed)
    return {"matter": found, "days": days, "reason": said} if said and days > 0 else {}


def lateness_of(opening: Content) -> Lateness | None:
    """What act ``new`` says of a late entry; none where it was entered in time.

    Args:
        opening: the act's content.
    """
    said = opening.get("late_entry")
    if not isinstance(said, Mapping):
        return None
    matter, days, reason = said.get("matter"), said.get("days"), said.get("reason")
    return Lateness(str(matter or ""), days if isinstance(days, int) else 0, str(reason or ""))


def _day_of(text: str, zone: ZoneInfo) -> date:
    return parse_moment(text).astimezone(zone).date() if "T" in text else date.fromisoformat(text)
