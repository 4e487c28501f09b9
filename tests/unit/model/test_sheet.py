"""What the rows of a register are gathered by, and how their sheet's number says it."""

from itertools import islice
from typing import Any

import pytest
from pydantic import ValidationError

from form_samples import field, sample_form, section, title
from record_samples import CLERK, Life
from recordkeeper.model.form import Form
from recordkeeper.model.sheet import (
    Group,
    UngroupedRowError,
    counted,
    group_of,
    numbers_like,
    party_label,
    premises_label,
    sample_label,
    takes_rows,
)

SHIFTS = [{"id": "day", **title("白班")}, {"id": "night", **title("夜班")}]


def register(rule: dict[str, Any], *more: dict[str, Any]) -> Form:
    fields = (field("seen_at", "moment"), field("shift", "choice", choices=SHIFTS), *more)
    return sample_form("register", section("row", *fields), sheet=rule, orientation="landscape")


def group(rule: dict[str, Any], seen_at: str, shift: str = "day", **opening: Any) -> Group:
    form = register(rule, field("customer", "party", required=False), field("heard_from", "party", required=False))
    life = Life(form, by=CLERK, opening={k: v for k, v in opening.items() if k in {"party", "premises"}})
    given = {k: v for k, v in opening.items() if k not in {"party", "premises"}}
    life.fill("row", seen_at=seen_at, shift=shift, **given)
    assert form.sheet is not None
    return group_of(life.record, form.sheet)


BY_SHIFT = {"by": "shift", "on": "seen_at", "shift_field": "shift", "over_midnight": ["night"]}


@pytest.mark.parametrize(
    ("seen_at", "shift", "period"),
    [
        ("2026-11-20 00:00", "day", "2026-11-20-day"),
        ("2026-11-20 23:59", "night", "2026-11-20-night"),
        ("2026-11-21 00:00", "night", "2026-11-20-night"),
        ("2026-11-21 11:59", "night", "2026-11-20-night"),
        ("2026-11-21 12:00", "night", "2026-11-21-night"),
        ("2026-12-01 03:00", "night", "2026-11-30-night"),
    ],
)
def test_what_a_shift_over_midnight_notes_before_noon_belongs_to_the_day_before(
    seen_at: str, shift: str, period: str
) -> None:
    assert group(BY_SHIFT, seen_at, shift) == Group(period)


def test_a_row_is_grouped_by_what_it_is_about_else_by_what_its_first_section_names() -> None:
    rule = {"by": "party"}
    assert group(rule, "2026-11-20 09:00", party="party/3", customer="known") == Group(about={"party": "party/3"})
    assert group(rule, "2026-11-20 09:00", heard_from="known") == Group(about={"party": "party/9"})
    with pytest.raises(UngroupedRowError):
        group(rule, "2026-11-20 09:00", premises="premises/3")


def test_a_unit_has_one_sheet_whatever_the_day() -> None:
    assert group({"by": "unit", "on": "seen_at"}, "2026-11-20 09:00") == Group()


def test_no_sheet_is_called_as_a_row_or_a_numbered_sheet_could_be() -> None:
    assert list(islice(numbers_like("QR-900-01", "2026-0001"), 2)) == ["QR-900-01/2026-0001-2", "QR-900-01/2026-0001-3"]
    assert next(numbers_like("QR-900-01", "2026-S003")) == "QR-900-01/2026-S003-2"
    assert next(numbers_like("QR-900-01", "2026-11")) == "QR-900-01/2026-11"


def test_labels_are_ascii() -> None:
    assert party_label("party/12345") == "P-12345"
    labels = [premises_label("premises/31", code) for code in ("3-2-1201", "A/1#2", "甲栋-3", "３-1")]
    assert labels == ["3-2-1201", "A.1.2", "PR-0031", "PR-0031"]


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("QR-900-01/2026-S003", ("QR-900-01/S", 2026, 3)),
        ("QR-900-01/2026-S1000", ("QR-900-01/S", 2026, 1000)),
        ("QR-900-01/SH-2026-11", None),
        ("QR-900-01/2026-S٣٣٣", None),
        ("QR-900-01/2026-S" + "9" * 20, None),
    ],
)
def test_only_a_running_number_is_counted(number: str, found: tuple[str, int, int] | None) -> None:
    assert counted(number) == found


def test_a_row_of_another_revision_begins_a_sheet_of_its_own() -> None:
    rule = {"by": "full", "rows_a_page": 2}
    form = register(rule)
    sheet = Life(form, subject="sheet/QR-900-01/2026-S001").record
    row = Life(form).record
    newer = Life(form.model_copy(update={"revision": "A/1"})).record
    assert [takes_rows(sheet, row, count) for count in (0, 1, 2)] == [True, True, False]
    assert not takes_rows(sheet, newer, 0)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"by": "shift", "on": "seen_at", "shift_field": "shift", "over_midnight": ["evening"]}, "evening"),
        ({"by": "month", "on": "seen_at", "over_midnight": ["night"]}, ""),
    ],
)
def test_a_shift_over_midnight_is_one_of_the_shifts(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        register(rule)
    assert message in str(refused.value)


def test_a_sheet_made_from_an_example_is_called_as_a_real_one_would_be() -> None:
    labels = [sample_label(register(rule), "2026-11-23") for rule in (BY_SHIFT, {"by": "full"}, {"by": "premises"})]
    assert labels == ["2026-11-23-day", "2026-S001", "HQ-1-101"]
