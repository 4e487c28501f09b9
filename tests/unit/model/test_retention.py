"""How long a record is kept: the days, the rules that combine, holds, appraisals."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordkeeper.model.retention import (
    Action,
    Decision,
    Eligibility,
    Kept,
    Outcome,
    Period,
    Rule,
    Trigger,
    eligibility,
)

CLOSED_ON = date(2023, 11, 23)
THREE_YEARS = Rule("least", "QR-017-02 A/0", "P12-R1", "closed", Period(3), "destroy")
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
TRIGGERS: tuple[Trigger, ...] = ("closed", "contract_ended", "moved_out", "year_end")
ACTIONS: tuple[Action, ...] = ("keep", "review", "transfer", "destroy")
RULES = st.builds(
    Rule,
    id=st.sampled_from("abc"),
    source=st.just("schedule A/0"),
    authority=st.just("P12-R1"),
    trigger=st.sampled_from(TRIGGERS),
    period=st.one_of(st.none(), st.builds(Period, st.integers(0, 30), st.integers(0, 11))),
    action=st.sampled_from(ACTIONS),
    at_most=st.one_of(st.none(), st.builds(Period, st.integers(1, 5))),
    ends_with_year=st.booleans(),
)
DECISIONS = st.builds(
    Decision,
    action=st.sampled_from(("keep", "transfer", "destroy")),
    decided_on=DAYS,
    until=st.one_of(st.none(), DAYS),
    by=st.just("王建国"),
    reason=st.just("鉴定"),
    source=st.just("act 9"),
)
KEPT = st.builds(
    Kept,
    number=st.just("QR-017-02/2023-0001"),
    is_finished=st.booleans(),
    happened=st.dictionaries(st.sampled_from(TRIGGERS), DAYS),
    rules=st.lists(RULES, max_size=4),
    holds=st.lists(st.just("hold/1"), max_size=1),
    decision=st.one_of(st.none(), DECISIONS),
    successor=st.none(),
)


def kept(*rules: Rule, happened: Mapping[Trigger, date] | None = None) -> Kept:
    """A closed record under ``rules``."""
    return Kept(
        "QR-017-02/2023-0001", True, {"closed": CLOSED_ON} if happened is None else happened, rules or (THREE_YEARS,)
    )


def outcome(given: Kept, day: str) -> Outcome:
    return eligibility(given, date.fromisoformat(day)).outcome


# ---- days ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        ("2023-11-23", Period(3), "2026-11-23"),
        ("2024-02-29", Period(3), "2027-02-28"),
        ("2024-02-29", Period(4), "2028-02-29"),
        ("2026-08-31", Period(0, 1), "2026-09-30"),
        ("2026-12-31", Period(0, 2), "2027-02-28"),
        ("2026-12-15", Period(1, 1), "2028-01-15"),
        ("2026-11-24", Period(), "2026-11-24"),
    ],
)
def test_a_period_ends_on_the_corresponding_day_or_the_months_last(start: str, period: Period, last: str) -> None:
    assert period.last_day(date.fromisoformat(start)).isoformat() == last


def test_a_record_is_due_on_the_day_after_its_period_and_not_before() -> None:
    assert outcome(kept(), "2026-11-23") is Outcome.RUNNING
    assert outcome(kept(), "2026-11-24") is Outcome.DESTROY
    assert eligibility(kept(), date(2024, 1, 1)).due_on == date(2026, 11, 24)


@pytest.mark.parametrize("closed_on", ["2023-01-01", "2023-12-31"])
def test_a_period_that_starts_with_the_years_end_is_the_same_for_the_whole_year(closed_on: str) -> None:
    for rule in (replace(THREE_YEARS, ends_with_year=True), replace(THREE_YEARS, trigger="year_end")):
        given = kept(rule, happened={"closed": date.fromisoformat(closed_on)})
        assert eligibility(given, date(2026, 1, 1)).due_on == date(2027, 1, 1)


# ---- rules that combine --------------------------------------------------------------------------------------------


def test_the_longest_of_several_shortest_periods_decides() -> None:
    ten = Rule("contract", "schedule A/0", "合同法务", "closed", Period(10), "review")
    found = eligibility(kept(THREE_YEARS, ten), date(2026, 11, 24))
    assert (found.outcome, found.due_on) == (Outcome.RUNNING, date(2033, 11, 24))
    assert found.deciding is not None
    assert found.deciding.rule == ten
    assert [line.decides for line in found.lines] == [False, True]


def test_a_rule_whose_trigger_is_waited_for_outlasts_any_date() -> None:
    ending = Rule("contract", "schedule A/0", "合同法务", "contract_ended", Period(1), "destroy")
    found = eligibility(kept(THREE_YEARS, ending), date(2050, 1, 1))
    assert (found.outcome, found.due_on) == (Outcome.WAITING, None)
    ended: dict[Trigger, date] = {"closed": CLOSED_ON, "contract_ended": date(2030, 5, 6)}
    assert eligibility(kept(THREE_YEARS, ending, happened=ended), date(2031, 5, 7)).outcome is Outcome.DESTROY


def test_a_rule_for_ever_outlasts_all() -> None:
    ever = Rule("list", "P00 A/0", "P00-R6", "closed", None, "keep")
    waiting = Rule("contract", "schedule A/0", "合同法务", "contract_ended", Period(1), "destroy")
    assert outcome(kept(THREE_YEARS, ever, waiting), "2100-01-01") is Outcome.PERMANENT


def test_of_two_rules_that_end_alike_the_one_that_asks_for_more_care_decides() -> None:
    review = replace(THREE_YEARS, id="review", action="review")
    assert outcome(kept(THREE_YEARS, review), "2026-11-24") is Outcome.REVIEW
    assert outcome(kept(review, THREE_YEARS), "2026-11-24") is Outcome.REVIEW


def test_a_record_without_any_rule_waits() -> None:
    assert eligibility(Kept("X/1", True, {"closed": CLOSED_ON}, ()), date(2100, 1, 1)).outcome is Outcome.WAITING


@pytest.mark.parametrize("rule", [THREE_YEARS, replace(THREE_YEARS, action="keep")])
def test_an_open_record_is_never_due(rule: Rule) -> None:
    assert outcome(replace(kept(rule), is_finished=False), "2100-01-01") is Outcome.OPEN


def test_a_replaced_record_stays_as_long_as_its_successor() -> None:
    later = replace(kept(happened={"closed": date(2025, 6, 30)}), number="QR-017-02/2025-0009")
    former = replace(kept(), successor=later)
    found = eligibility(former, date(2026, 11, 24))
    assert (found.outcome, found.due_on) == (Outcome.RUNNING, date(2028, 7, 1))
    assert found.deciding is not None
    assert found.deciding.belongs_to == "QR-017-02/2025-0009"
    assert outcome(replace(former, successor=replace(later, is_finished=False)), "2099-01-01") is Outcome.OPEN


# ---- longest times -------------------------------------------------------------------------------------------------


def test_a_longest_time_makes_what_only_waits_due_for_review() -> None:
    prospect = Rule("prospect", "schedule A/0", "个人信息保护法", "last_contact", Period(1), "review", Period(2))
    ending = Rule("contract", "schedule A/0", "合同法务", "contract_ended", Period(1), "destroy")
    given = kept(prospect, ending, happened={"closed": CLOSED_ON, "last_contact": date(2024, 3, 1)})
    assert outcome(given, "2026-03-01") is Outcome.WAITING
    found = eligibility(given, date(2026, 3, 2))
    assert (found.outcome, found.due_on, found.exceeds) == (Outcome.REVIEW, date(2026, 3, 2), prospect)


def test_a_shortest_time_wins_over_a_longest_one_and_the_conflict_is_named() -> None:
    personal = Rule("personal", "schedule A/0", "个人信息保护法", "closed", Period(1), "destroy", Period(2))
    found = eligibility(kept(personal, THREE_YEARS), date(2026, 1, 1))
    assert (found.outcome, found.exceeds, found.most_on) == (Outcome.RUNNING, personal, date(2025, 11, 24))


# ---- holds and appraisals --------------------------------------------------------------------------------------------


def test_a_hold_stops_destruction_and_nothing_else() -> None:
    held = replace(kept(), holds=("hold/1",))
    assert outcome(held, "2026-11-24") is Outcome.HELD
    assert outcome(held, "2026-11-23") is Outcome.RUNNING
    review = replace(kept(replace(THREE_YEARS, action="review")), holds=("hold/1",))
    assert outcome(review, "2026-11-24") is Outcome.REVIEW


def appraised(action: str, decided_on: str, until: str | None = None, *rules: Rule) -> Kept:
    day = date.fromisoformat(until) if until else None
    made = Decision(action, date.fromisoformat(decided_on), day, "王建国", "鉴定", "act 9")  # type: ignore[arg-type]
    return replace(kept(*rules or (replace(THREE_YEARS, action="review"),)), decision=made)


def test_an_appraisal_destroys_only_what_was_due_when_it_was_made() -> None:
    assert outcome(appraised("destroy", "2026-11-24"), "2026-11-24") is Outcome.DESTROY
    assert outcome(appraised("destroy", "2026-11-23"), "2026-12-01") is Outcome.REVIEW


def test_an_appraisal_keeps_longer_and_then_asks_again() -> None:
    given = appraised("keep", "2026-11-24", "2029-11-24")
    assert outcome(given, "2029-11-23") is Outcome.RUNNING
    assert outcome(given, "2029-11-24") is Outcome.REVIEW
    assert outcome(appraised("keep", "2026-11-24"), "2100-01-01") is Outcome.PERMANENT


def test_a_schedule_that_is_lengthened_later_wins_over_an_appraisal() -> None:
    ten = replace(THREE_YEARS, period=Period(10), action="review")
    assert outcome(appraised("destroy", "2026-11-24", None, ten), "2027-01-01") is Outcome.RUNNING
    assert outcome(appraised("keep", "2026-11-24", "2029-11-24", ten), "2030-01-01") is Outcome.RUNNING


# ---- whatever is given -----------------------------------------------------------------------------------------------


def safe(found: Eligibility, given: Kept, on: date) -> bool:
    """Whether nothing that must stay may be destroyed."""
    shortest = [line for line in found.lines if line.belongs_to == given.number]
    is_over = all(line.due_on is not None and line.due_on <= on for line in shortest)
    return given.is_finished and not given.holds and is_over and bool(shortest)


@given(given=KEPT, on=DAYS)
def test_nothing_is_destroyed_while_open_held_waiting_for_ever_or_before_its_time(given: Kept, on: date) -> None:
    found = eligibility(given, on)
    if found.outcome is Outcome.DESTROY:
        assert safe(found, given, on)
        assert found.due_on is not None
        assert found.due_on <= on


@given(given=KEPT, on=DAYS, days=st.integers(0, 4000))
def test_waiting_longer_never_takes_a_right_to_destroy_away(given: Kept, on: date, days: int) -> None:
    later = on + timedelta(days=days)
    if eligibility(given, on).outcome is Outcome.DESTROY:
        assert eligibility(given, later).outcome is Outcome.DESTROY


@given(given=KEPT, more=RULES, on=DAYS)
def test_another_rule_never_shortens_a_shortest_time(given: Kept, more: Rule, on: date) -> None:
    with_more = replace(given, rules=(*given.rules, replace(more, at_most=None)))
    if eligibility(given, on).outcome in {Outcome.RUNNING, Outcome.PERMANENT, Outcome.OPEN}:
        assert eligibility(with_more, on).outcome is not Outcome.DESTROY


@given(given=KEPT, on=DAYS)
def test_a_hold_changes_nothing_but_destruction(given: Kept, on: date) -> None:
    free, held = (eligibility(replace(given, holds=holds), on) for holds in ((), ("hold/1",)))
    assert held.due_on == free.due_on
    assert held.outcome is (Outcome.HELD if free.outcome is Outcome.DESTROY else free.outcome)
