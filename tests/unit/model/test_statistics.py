from datetime import date
from decimal import Decimal

import pytest

from recordkeeper.model.statistics import (
    SCALE,
    count_later,
    count_of,
    numbers_without,
    percent,
    satisfaction_rate,
    tally,
    tally_overall,
)

VERY, FAIRLY, BASICALLY, NOT_VERY, DISSATISFIED = SCALE


def sheets(*ratings: str | None) -> list[dict[str, object]]:
    return [{"number": f"Q/2026-{index:04}", "overall": rating} for index, rating in enumerate(ratings, 1)]


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 3, "33.3"), (2, 3, "66.7"), (1, 8, "12.5"), (1, 2000, "0.1"), (0, 7, "0.0"), (7, 7, "100.0")],
)
def test_percent_rounds_half_up_to_one_place(part: int, whole: int, expected: str) -> None:
    assert percent(part, whole) == Decimal(expected)
    assert str(percent(part, whole)) == expected


def test_percent_of_nothing_is_unknown() -> None:
    assert percent(0, 0) is None


def test_rate_counts_basically_satisfied_and_better_over_all_that_came_back() -> None:
    assert satisfaction_rate(sheets(VERY, FAIRLY, BASICALLY, NOT_VERY, DISSATISFIED), "overall") == Decimal("60.0")


def test_a_returned_sheet_without_overall_rating_stays_in_the_denominator_and_is_listed() -> None:
    returned = sheets(VERY, None, VERY, None)
    assert satisfaction_rate(returned, "overall") == Decimal("50.0")
    assert numbers_without(returned, "overall") == ["Q/2026-0002", "Q/2026-0004"]


def test_no_sheets_give_no_rate() -> None:
    assert satisfaction_rate([], "overall") is None
    assert tally_overall([], "overall", "overall", Decimal(90))[0]["reached"] is None


def test_count_of_takes_one_value_several_blank_and_truth() -> None:
    rows: list[dict[str, object]] = [
        {"channel": "letter", "once": True},
        {"channel": "fax", "once": False},
        {"channel": None, "once": False},
    ]
    assert count_of(rows, "channel", "fax") == 1
    assert count_of(rows, "channel", ["fax", "letter"]) == 2
    assert count_of(rows, "channel", None) == 1
    assert count_of(rows, "once", False) == 2
    assert count_of(rows, "unknown", None) == 3


def test_count_of_a_field_of_several_choices_counts_each_record_once() -> None:
    assert count_of([{"topics": ["noise", "lift"]}, {"topics": ["parking"]}], "topics", ["noise", "lift"]) == 1


def test_count_later_ignores_blank_dates_and_the_day_itself() -> None:
    due = date(2026, 11, 12)
    rows: list[dict[str, object]] = [
        {"replied_on": date(2026, 11, 13), "due": due},
        {"replied_on": due, "due": due},
        {"replied_on": None, "due": due},
        {"replied_on": due, "due": None},
    ]
    assert count_later(rows, "replied_on", "due") == 1


def test_tally_takes_an_items_fields_together_and_its_rate_over_valid_answers() -> None:
    returned: list[dict[str, object]] = [{"gate": VERY, "patrol": NOT_VERY}, {"gate": BASICALLY, "patrol": None}]
    (row,) = tally(returned, {"安全秩序": ["gate", "patrol"]}, Decimal("66.7"))
    assert row == {
        "item": "安全秩序",
        VERY: 1,
        FAIRLY: 0,
        BASICALLY: 1,
        NOT_VERY: 1,
        DISSATISFIED: 0,
        "blank": 1,
        "valid": 3,
        "rate": Decimal("66.7"),
        "reached": True,
    }


def test_overall_row_keeps_blank_ones_in_the_denominator() -> None:
    (row,) = tally_overall(sheets(VERY, None), "总体评价", "overall", Decimal(90))
    assert (row["valid"], row["blank"], row["rate"], row["reached"]) == (1, 1, Decimal("50.0"), False)


def test_without_objective_nothing_is_judged() -> None:
    assert tally(sheets(VERY), {"总体": ["overall"]})[0]["reached"] is None
