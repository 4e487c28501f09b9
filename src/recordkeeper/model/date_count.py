"""Counting days and months, as expressions do: a blank date makes a blank result.

Source: Civil Code of the PRC, articles 200 to 202
"""

from calendar import monthrange
from datetime import date, timedelta

MONTHS_A_YEAR = 12


def days_between(start: date | None, end: date | None) -> int | None:
    """Calendar days from ``start`` to ``end``, the first day not counted; negative where ``end`` lies before."""
    if start is None or end is None:
        return None
    return (end - start).days


def add_days(day: date | None, days: int) -> date | None:
    """The date so many calendar days after ``day``, or before it where negative."""
    return None if day is None else day + timedelta(days=int(days))


def add_months(day: date | None, months: int) -> date | None:
    """The same day so many months later; the last day of a month that has no such day."""
    if day is None:
        return None
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + int(months), MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
