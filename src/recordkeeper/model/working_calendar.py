"""Working days by the official calendar: public holidays, and the weekends worked to make up for them.

An edition never changes once it is released: what was counted by it is counted the same for ever. A day beyond its
years is judged by the day of the week alone, and whatever is counted over it is provisional.

Source: Civil Code of the PRC, articles 201 to 203; C-9
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

from recordkeeper.errors import MissingError, RecordError
from recordkeeper.language import translate as _

NEWEST = "CN-2026"
_SATURDAY = 5
_A_DAY = timedelta(days=1)


class UnknownCalendarError(RecordError, MissingError):
    """An act that was counted by an edition of the calendar that this release does not have."""

    def __init__(self, edition: str) -> None:
        message = _("calendar {edition}: this release has no such edition").format(edition=edition)
        super().__init__(message, subject=edition, found=edition)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """One edition of the official calendar.

    Args:
        edition: its name, as acts cite it.
        years: the years that it settles.
        notices: the notice behind each year.
        holidays: the days off, weekends within an arrangement included.
        working_weekends: the Saturdays and Sundays that are worked.
    """

    edition: str
    years: frozenset[int]
    notices: Mapping[int, str]
    holidays: frozenset[date]
    working_weekends: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        """Whether people work on ``day``."""
        if day in self.holidays:
            return False
        return day.weekday() < _SATURDAY or day in self.working_weekends

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``."""
        day += _A_DAY
        while not self.is_working_day(day):
            day += _A_DAY
        return day

    def last_day(self, start: date, days: int) -> date:
        """The last of so many calendar days: the first does not count, and a public holiday moves it.

        It moves to the first working day behind the holiday.

        Source: Civil Code of the PRC, articles 201 and 203
        """
        last = start + timedelta(days=days)
        return self.next_working_day(last) if last in self.holidays else last

    def last_working_day(self, start: date, days: int) -> date:
        """The last of so many working days; the first day does not count."""
        last = start
        for _each in range(days):
            last = self.next_working_day(last)
        return last

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after ``start`` up to ``end``; negative where ``end`` lies before."""
        if end < start:
            return -self.working_days_between(end, start)
        days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
        return sum(map(self.is_working_day, days))

    def is_provisional(self, start: date, end: date) -> bool:
        """Whether a year from ``start`` to ``end`` is not settled yet."""
        return any(year not in self.years for year in range(start.year, end.year + 1))


@lru_cache
def working_calendar(edition: str = NEWEST) -> WorkingCalendar:
    """The calendar of that edition.

    Raises:
        UnknownCalendarError: this release has none.
    """
    place = files("recordkeeper.model").joinpath("calendars", f"{edition}.json")
    if not edition.replace("-", "").isalnum() or not place.is_file():
        raise UnknownCalendarError(edition)
    data = json.loads(place.read_text(encoding="utf-8"))
    years = data["years"]
    return WorkingCalendar(
        edition,
        frozenset(each["year"] for each in years),
        {each["year"]: each["notice"] for each in years},
        frozenset(date.fromisoformat(day) for each in years for day in each["holidays"]),
        frozenset(date.fromisoformat(day) for each in years for day in each["working_weekends"]),
    )


def working_days_between(start: date | None, end: date | None) -> int | None:
    """Working days after ``start`` up to ``end`` by the newest calendar; None where one is blank."""
    if start is None or end is None:
        return None
    return working_calendar().working_days_between(start, end)
