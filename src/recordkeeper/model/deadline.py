"""From the start of a period to its end, as a form's ``due`` and ``not_before`` count it.

Source: Civil Code of the PRC, articles 200 to 204; C-9
"""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from recordkeeper.model.routing import Due
from recordkeeper.model.value import format_moment, parse_moment
from recordkeeper.model.working_calendar import NEWEST, working_calendar


@dataclass(frozen=True, slots=True)
class Start:
    """What a period is counted from.

    Args:
        on: the local date.
        at: the UTC moment; empty where it is a date alone.
        edition: of the working calendar, as the act that started it cites it; empty where it cites none.
    """

    on: date
    at: str = ""
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a period.

    Args:
        on: the local date.
        at: the UTC moment, where it was counted in minutes.
        edition: of the working calendar that it was counted by; empty where none was needed.
        is_provisional: whether that calendar does not settle every year of the period.
    """

    on: date
    at: str = ""
    edition: str = ""
    is_provisional: bool = False

    def is_past(self, on: date, at: str) -> bool:
        """Whether the local date ``on``, and the UTC moment ``at``, lie behind it."""
        return at > self.at if self.at and at else on > self.on


def end_of(due: Due, start: Start, zone: ZoneInfo, *, moves: bool) -> Deadline:
    """When a period ends.

    Args:
        due: how it is counted.
        start: what from.
        zone: the company's time zone.
        moves: whether a last day that is a public holiday moves to the next working day.
    """
    if due.minutes is not None and start.at:
        end = parse_moment(start.at) + timedelta(minutes=due.minutes)
        return Deadline(end.astimezone(zone).date(), format_moment(end))
    if due.working_days is not None:
        calendar = working_calendar(start.edition or NEWEST)
        end_on = calendar.last_working_day(start.on, due.working_days)
        return Deadline(end_on, "", calendar.edition, calendar.is_provisional(start.on, end_on))
    if due.days is None or not (moves and start.edition):
        return Deadline(start.on + timedelta(days=due.days or 0))
    calendar = working_calendar(start.edition)
    end_on = calendar.last_day(start.on, due.days)
    return Deadline(end_on, "", calendar.edition, calendar.is_provisional(start.on, end_on))
