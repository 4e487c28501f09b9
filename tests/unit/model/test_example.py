"""The records that an example of statistics names are read as expressions see real ones."""

from datetime import date
from decimal import Decimal

from recordkeeper.model.example import listed_sources

FACTS = {
    "number": "", "state": "closed", "entered_on": None, "closed_on": None, "unit": "", "party": None, "digest": "",
}  # fmt: skip


def test_dates_and_fractions_of_source_records_are_what_expressions_see() -> None:
    given = {"sheets": ({"seen_on": "2026-11-02", "told_at": "2026-11-02 08:35", "owed": "12.50", "name": "2026"},)}

    listed = listed_sources(["sheets", "none_given"], given)

    assert listed["none_given"] == []
    assert listed["sheets"] == [
        {
            **FACTS,
            "seen_on": date(2026, 11, 2),
            "told_at": date(2026, 11, 2),
            "owed": Decimal("12.50"),
            "name": "2026",
        }
    ]


def test_rows_within_a_source_record_are_read_alike_and_what_is_no_date_stays_text() -> None:
    given = {"sheets": ({"parts": [{"on": "2026-11-02"}], "code": "2026-13-45"},)}

    assert listed_sources(["sheets"], given)["sheets"] == [
        {**FACTS, "parts": [{"on": date(2026, 11, 2)}], "code": "2026-13-45"}
    ]
