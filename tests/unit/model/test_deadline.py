"""Working days by the official calendar, and the ends of periods: holidays, make-up weekends, years not settled yet."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from record_samples import CLERK, HEAD, Life, form, section, titled
from recordkeeper.model.deadline import Start, end_of
from recordkeeper.model.record_guard import NotItsTurnError
from recordkeeper.model.routing import Due
from recordkeeper.model.working_calendar import (
    NEWEST,
    UnknownCalendarError,
    working_calendar,
    working_days_between,
)

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("on", "is_worked"),
    [
        ("2024-02-04", True),  # a Sunday that is made up
        ("2024-02-09", True),
        ("2024-02-12", False),
        ("2024-09-14", True),
        ("2025-01-26", True),
        ("2025-01-28", False),
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2026-01-02", False),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-16", False),
        ("2026-02-28", True),
        ("2026-05-09", True),
        ("2026-06-19", False),
        ("2026-10-10", True),
        ("2026-11-21", False),  # a Saturday like any other
        ("2026-11-23", True),
    ],
)
def test_days_are_worked_as_the_state_council_says(on: str, is_worked: bool) -> None:  # noqa: FBT001 - a parameter
    assert working_calendar().is_working_day(day(on)) is is_worked


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-20", 1, "2026-11-23"),  # over a weekend
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday that is made up
        ("2026-02-14", 1, "2026-02-24"),  # over the spring festival
        ("2026-09-30", 3, "2026-10-10"),
        ("2025-12-31", 1, "2026-01-04"),  # over the end of the year
        ("2026-11-23", 0, "2026-11-23"),
    ],
)
def test_the_first_day_does_not_count_among_working_days(start: str, days: int, end: str) -> None:
    found = end_of(Due(working_days=days, after="one"), Start(day(start), "", NEWEST), ZONE, moves=True)
    assert (found.on, found.edition, found.is_provisional) == (day(end), NEWEST, False)


def test_a_period_that_runs_into_a_year_not_settled_yet_is_provisional() -> None:
    found = end_of(Due(working_days=3, after="one"), Start(day("2026-12-30"), "", NEWEST), ZONE, moves=True)
    assert (found.on, found.is_provisional) == (day("2027-01-04"), True)


@pytest.mark.parametrize(
    ("start", "edition", "moves", "end"),
    [
        ("2026-09-25", NEWEST, True, "2026-10-08"),  # 2 October is a public holiday
        ("2026-09-25", NEWEST, False, "2026-10-02"),  # a day before which something is refused stays
        ("2026-09-25", "", True, "2026-10-02"),  # an act of an earlier release cites no calendar
        ("2026-11-14", NEWEST, True, "2026-11-21"),  # a Saturday is no public holiday
    ],
)
def test_a_last_day_that_is_a_public_holiday_moves(start: str, edition: str, moves: bool, end: str) -> None:  # noqa: FBT001
    found = end_of(Due(days=7, after="one"), Start(day(start), "", edition), ZONE, moves=moves)
    assert found.on == day(end)


def test_minutes_count_from_the_very_moment_and_over_midnight() -> None:
    start = Start(day("2026-11-23"), "2026-11-23T15:30:00Z", "")
    found = end_of(Due(minutes=40, after="one"), start, ZONE, moves=True)
    assert (found.at, found.on) == ("2026-11-23T16:10:00Z", day("2026-11-24"))
    assert not found.is_past(day("2026-11-24"), "2026-11-23T16:10:00Z")
    assert found.is_past(day("2026-11-24"), "2026-11-23T16:10:01Z")


@pytest.mark.parametrize("edition", ["CN-1999", "../CN-2026", ""])
def test_an_edition_that_there_is_not_is_refused(edition: str) -> None:
    with pytest.raises(UnknownCalendarError):
        working_calendar(edition)


@given(DAYS, DAYS)
def test_working_days_between_two_days_lead_from_the_one_to_the_other(start: date, end: date) -> None:
    start, end = min(start, end), max(start, end)
    count = working_days_between(start, end)
    assert count is not None
    assert working_days_between(end, start) == -count
    last = working_calendar().last_working_day(start, count)
    assert last <= end
    assert working_days_between(last, end) == 0
    assert working_days_between(None, end) is None


# ---- in a record -----------------------------------------------------------------------------------------------------


def two(**more: Any) -> Life:
    return Life(
        form(
            section("asked", "clerk", titled("day", "date", required=False), titled("rung", "moment", required=False)),
            section("done", "head", titled("answer"), sign="one", **more),
        )
    )


def test_a_section_is_refused_before_its_day_filled_and_signed_alike() -> None:
    life = two(not_before={"field": "day"})
    life.fill("asked", day="2026-11-25")
    life.later(1)
    with pytest.raises(NotItsTurnError, match="2026-11-25"):
        life.fill("done", HEAD, answer="好")
    life.later(1)
    assert life.fill("done", HEAD, answer="好").values["answer"] == "好"


def test_a_section_without_fields_is_not_signed_before_its_day() -> None:
    done = section("done", "head", sign="one", not_before={"days": 2, "after": "asked"})
    life = Life(form(section("asked", "clerk", titled("why")), done))
    life.fill("asked", why="甲")
    life.later(1)
    with pytest.raises(NotItsTurnError):
        life.sign("done", HEAD)
    life.later(1)
    assert life.sign("done", HEAD).closed_on == "2026-11-25"


def test_the_act_cites_the_calendar_by_which_what_it_starts_is_counted() -> None:
    life = two(due={"working_days": 2, "after": "asked"})
    assert life.fill("asked").history.acts[-1].content["calendar"] == NEWEST
    assert life.record.due_on(life.record.section("done")) == day("2026-11-25")
    life = two(due={"minutes": 30, "field": "rung"})
    assert "calendar" not in life.fill("asked", rung="2026-11-23 09:00").history.acts[-1].content


def test_what_is_done_after_its_minutes_is_late() -> None:
    late = []
    for rung in ("2026-11-23 09:35", "2026-11-23 09:15"):  # the acts are at 10:00
        life = two(due={"minutes": 30, "field": "rung"})
        life.fill("asked", CLERK, rung=rung)
        life.fill("done", HEAD, answer="好")
        late.append(life.sign("done", HEAD).known["done"])
    assert [facts["is_late"] for facts in late if isinstance(facts, dict)] == [False, True]


def test_an_amended_date_moves_what_is_counted_from_it() -> None:
    life = two(due={"working_days": 2, "field": "day"})
    life.fill("asked", day="2026-11-20")
    life.fill("done", HEAD, answer="好")
    record = life.sign("done", HEAD)
    assert record.due_on(record.section("done")) == day("2026-11-24")
    record = life.amend(day="2026-11-13")
    assert record.due_on(record.section("done")) == day("2026-11-17")
    facts = record.known["done"]
    assert isinstance(facts, dict)
    assert facts["is_late"] is True
