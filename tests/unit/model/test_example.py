"""The records that an example of statistics names are read as expressions see real ones."""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from recordkeeper.model.example import listed_sources, try_examples
from recordkeeper.model.form import parse_form
from recordkeeper.model.value import Reading

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


def test_an_optional_section_that_an_example_leaves_out_is_not_filled() -> None:
    title = {"zh": "样", "en": "Sample"}
    field = {"id": "name", "title": title, "type": "text"}
    form = parse_form(
        {
            "code": "QR-000-01",
            "revision": "A/0",
            "procedure": "P00",
            "title": title,
            "kind": "form",
            "owner": "quality",
            "keeping_unit": title,
            "retention": {"years": 3, "authority": "P12-R1"},
            "sections": [
                {
                    "id": "refused",
                    "title": title,
                    "by": "quality",
                    "optional": True,
                    "fields": [{**field, "id": "why"}],
                },
                {"id": "taken", "title": title, "by": "quality", "fields": [field]},
            ],
            "examples": [{"name": "taken", "values": {"name": "甲"}}],
        }
    )

    (trial,) = try_examples(form, Reading(ZoneInfo("Asia/Shanghai"), lambda _kind, name: name))

    assert trial.problems == ()
    assert trial.record.values == {"name": "甲"}
