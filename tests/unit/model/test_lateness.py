"""From when on an entry is late, and what it then says."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from form_samples import field, sample_form, section
from recordkeeper.model.lateness import Lateness, NoLateReasonError, late_entry, lateness_of, matter_of
from recordkeeper.model.value import TextRefusedError

TODAY, ZONE = date(2026, 11, 23), ZoneInfo("Asia/Shanghai")
PLAIN = sample_form("form", section("one", field("what")))
STRICT = sample_form("form", section("one", field("what")), late_after_days=0)
REGISTER = sample_form(
    "register", section("row", field("seen_on", "date")), sheet={"by": "month", "on": "seen_on"}, late_after_days=7
)


def test_what_was_told_three_days_ago_or_less_needs_no_reason() -> None:
    for told in ("", "2026-11-23T01:00:00Z", "2026-11-19T16:00:00Z"):
        assert late_entry(PLAIN, told, "", TODAY, ZONE, "") == {}


def test_what_was_told_longer_ago_says_how_late_and_why() -> None:
    told = "2026-11-19T15:59:59Z"  # the nineteenth in Shanghai
    with pytest.raises(NoLateReasonError, match=r"2026-11-19 .* 4 days"):
        late_entry(PLAIN, told, "", TODAY, ZONE, " ")
    said = late_entry(PLAIN, told, "", TODAY, ZONE, " the scanner was broken ")
    assert lateness_of({"late_entry": said}) == Lateness(told, 4, "the scanner was broken")


def test_a_form_sets_a_time_of_its_own() -> None:
    with pytest.raises(NoLateReasonError):
        late_entry(STRICT, "2026-11-22T02:00:00Z", "", TODAY, ZONE, "")
    assert late_entry(STRICT, "2026-11-22T16:00:00Z", "", TODAY, ZONE, "") == {}


def test_of_a_row_the_field_that_its_sheet_goes_by_is_the_matter() -> None:
    assert matter_of(REGISTER, {"seen_on": "2026-11-15"}) == "2026-11-15"
    assert matter_of(PLAIN, {"what": "2026-11-15"}) == ""
    assert late_entry(REGISTER, "", "2026-11-16", TODAY, ZONE, "") == {}
    with pytest.raises(NoLateReasonError):
        late_entry(REGISTER, "", "2026-11-15", TODAY, ZONE, "")


def test_what_follows_from_another_record_names_it_where_that_made_it_late() -> None:
    late = late_entry(REGISTER, "", "2026-11-01", TODAY, ZONE, "", "QR-900-02/2026-0007")
    assert late == {"matter": "2026-11-01", "days": 22, "reason": "QR-900-02/2026-0007"}
    assert late_entry(REGISTER, "", "2026-11-20", TODAY, ZONE, "", "QR-900-02/2026-0007") == {}


def test_a_reason_of_one_day_is_kept_and_one_of_none_is_not() -> None:
    assert late_entry(PLAIN, "2026-11-22T02:00:00Z", "", TODAY, ZONE, "x")["days"] == 1
    assert late_entry(PLAIN, "2026-11-23T02:00:00Z", "", TODAY, ZONE, "x") == {}


def test_a_reason_is_a_text_like_any_other() -> None:
    with pytest.raises(TextRefusedError):
        late_entry(PLAIN, "2026-11-01T02:00:00Z", "", TODAY, ZONE, "a\x07b")


@pytest.mark.parametrize("said", [None, "", 7, []])
def test_a_record_entered_in_time_says_nothing(said: object) -> None:
    assert lateness_of({"late_entry": said}) is None  # type: ignore[dict-item]
