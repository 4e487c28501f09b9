"""Whose dossier is open when, what is filed in it, in which order, and what it lacks."""

from dataclasses import dataclass
from datetime import date

import pytest

from recordkeeper.model.dossier import Stay, in_order, is_filed, missing_forms, stay_of, stays_at
from recordkeeper.model.particulars import Period
from recordkeeper.model.premises import Occupancy, Premises

OWNER, TENANT = "party/1", "party/2"


def premises(*occupancies: tuple[str, str, str, str | None]) -> Premises:
    listed = tuple(
        Occupancy(party, capacity, Period(date.fromisoformat(first), date.fromisoformat(last) if last else None))
        for party, capacity, first, last in occupancies
    )
    return Premises("premises/1", "unit/2", "3-2-1201", "3", "2", "1201", "dwelling", listed)


def test_a_dossier_spans_all_that_a_party_was_at_the_premises() -> None:
    place = premises(
        (OWNER, "owner", "2020-01-01", None),
        (TENANT, "tenant", "2022-03-01", "2023-02-28"),
        (OWNER, "resident", "2019-12-01", "2022-02-28"),
    )
    owner, tenant = stays_at(place)
    assert owner == Stay(OWNER, date(2019, 12, 1), None, ("owner", "resident"))
    assert tenant == Stay(TENANT, date(2022, 3, 1), date(2023, 2, 28), ("tenant",))
    assert stay_of(place, "party/3") is None


def test_it_is_open_from_the_first_day_to_the_last_and_again_with_who_comes_back() -> None:
    sold = premises((OWNER, "owner", "2020-01-01", "2022-12-31"))
    (stay,) = stays_at(sold)
    assert [stay.is_open_on(date(*day)) for day in ((2019, 12, 31), (2020, 1, 1), (2022, 12, 31), (2023, 1, 1))] == [
        False,
        True,
        True,
        False,
    ]
    (again,) = stays_at(premises((OWNER, "owner", "2020-01-01", "2022-12-31"), (OWNER, "owner", "2025-06-01", None)))
    assert (again.opened_on, again.closed_on) == (date(2020, 1, 1), None)


@pytest.mark.parametrize(
    ("record_party", "day", "is_in"),
    [
        (OWNER, "2026-01-01", True),
        (TENANT, "2021-01-01", False),
        (None, "2021-01-01", True),
        (None, "2023-01-01", False),
    ],
)
def test_a_record_that_names_no_party_is_filed_with_whoever_lived_there_then(
    record_party: str | None,
    day: str,
    is_in: bool,  # noqa: FBT001 - what is expected
) -> None:
    stay = stay_of(premises((OWNER, "owner", "2020-01-01", "2022-12-31")), OWNER)
    assert is_filed(stay, OWNER, record_party, date.fromisoformat(day)) is is_in
    assert not is_filed(None, OWNER, None, date.fromisoformat(day))


@dataclass(frozen=True)
class Filed:
    form: str
    entered_on: str
    number: str


def test_records_are_filed_by_the_order_of_their_forms_then_by_day_and_others_behind() -> None:
    later, first, second, other = (
        Filed("B", "2026-02-01", "B/2"),
        Filed("B", "2026-01-01", "B/1"),
        Filed("A", "2026-03-01", "A/1"),
        Filed("Z", "2020-01-01", "Z/1"),
    )
    assert in_order([other, later, first, second], ["A", "B"]) == [second, first, later, other]


def test_what_must_be_there_and_is_not_is_missing() -> None:
    assert missing_forms(["B", "Z"], {"A": True, "B": True, "C": False}) == ["A"]
