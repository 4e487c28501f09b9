import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordkeeper.model.canonical import Json, canonical
from recordkeeper.model.section import FormField
from recordkeeper.model.value import (
    LONGEST_TEXT_BYTES,
    MOST_LINES,
    SCALE_NAMES,
    Reading,
    TextRefusedError,
    WrongResultError,
    canonical_of,
    check_text,
    format_moment,
    format_number,
    parse_moment,
    plain_value,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
KNOWN = {("person", "周"): "person/7", ("premises", "3-2-1201"): "premises/4", ("role", "品质"): "quality"}
READING = Reading(SHANGHAI, lambda kind, text: KNOWN.get((kind, text)))

NAUGHTY = [
    "undefined", "null", "None", "NaN", "true", "\\", "\\\\", "0x0", "1e100", "1;DROP TABLE act", "' OR 1=1 --", '"',
    "<script>alert(1)</script>", "a<b", "‹质量部>", "&amp;", "]]>", "{{ 7*7 }}", "{% for x in y %}", "{# x #}", "${7}",
    "%s%n", "../../etc/passwd", "=cmd|' /C calc'!A0", "田中さん", "ﷺ", "أنا", "\u202etest\u202c", "\u200b", "e\u0301",
    "👩‍👩‍👧‍👦", "𠜎𠜱", "ΐ", "ﬁ", "Ⅷ", "①", "前\u2028后\u2029尾", "\ufeff",
    "\u00ad", "\ue000", "\U0010fffd", "[-old-]{+new+}",
]  # fmt: skip


def field(kind: str, **more: Any) -> FormField:
    title = {"zh": "栏", "en": "Field"}
    if kind == "choice":
        more.setdefault("choices", [{"id": "red", "zh": "红", "en": "Red"}, {"id": "blue", "zh": "蓝", "en": "Blue"}])
    if kind == "rows":
        more.setdefault(
            "columns",
            [
                {"id": "item", "title": title, "type": "text"},
                {"id": "price", "title": title, "type": "money", "required": False},
            ],
        )
    return FormField.model_validate({"id": "it", "title": title, "type": kind, **more})


def read(raw: object, kind: str = "text", **more: Any) -> Json:
    value, problems = READING.parse(field(kind, **more), raw)
    assert problems == []
    return value


def refusal(raw: object, kind: str = "text", **more: Any) -> str:
    value, problems = READING.parse(field(kind, **more), raw)
    assert value is None
    assert [problem.field for problem in problems] == ["it"]
    assert problems[0].expected
    assert all(character.isprintable() for character in problems[0].found)
    return problems[0].found


# ---- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", NAUGHTY)
def test_a_naughty_text_is_kept_as_it_is(text: str) -> None:
    assert read(text) == text
    assert canonical(read(text))


@pytest.mark.parametrize("code", range(0xA0))
def test_each_low_character_is_kept_exactly_or_refused(code: int) -> None:
    character = chr(code)
    for text in (f"前{character}后", character, f"{character}后"):
        value, problems = READING.parse(field("text"), text)
        if unicodedata.category(character) != "Cc" or character in "\t\n":
            assert problems == []
            assert value == (text.strip() or None)
        elif character == "\r":
            assert problems == []
            assert value == (text.replace("\r", "\n").strip() or None)
        else:
            assert value is None
            assert f"U+{code:04X}" in problems[0].found


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xFFFE, 0xFFFF, 0xFDD0, 0xFDEF, 0x1FFFE, 0x10FFFF])
def test_surrogates_and_characters_that_are_none_are_refused_with_code_and_place(code: int) -> None:
    assert refusal(f"前后{chr(code)}").startswith(f"U+{code:04X}")
    with pytest.raises(TextRefusedError) as refused:
        check_text(f"前后{chr(code)}", "reason")
    assert "3" in refused.value.found
    assert refused.value.subject == "reason"


def test_line_ends_become_one_kind() -> None:
    assert read("一\r\n二\r三\n四") == "一\n二\n三\n四"


def test_a_text_holds_64_kib_and_not_a_byte_more() -> None:
    assert read("x" * LONGEST_TEXT_BYTES) == "x" * LONGEST_TEXT_BYTES
    assert str(LONGEST_TEXT_BYTES + 1) in refusal("x" * (LONGEST_TEXT_BYTES + 1))
    assert refusal("周" * (LONGEST_TEXT_BYTES // 3 + 1))


def test_a_text_holds_2000_lines_and_not_one_more() -> None:
    assert read("x\n" * (MOST_LINES - 1) + "x") is not None
    assert str(MOST_LINES + 1) in refusal("x\n" * MOST_LINES + "x")


@pytest.mark.parametrize("text", ["同上", " 同上 ", "……", "...", "…", "〃"])
def test_a_text_that_refers_to_another_is_refused(text: str) -> None:
    assert refusal(text)


@pytest.mark.parametrize("raw", [True, 1.5, [1], {"a": 1}, b"x"])
def test_what_is_no_text_is_refused(raw: object) -> None:
    assert refusal(raw)


def test_a_pattern_is_met_by_the_whole_text() -> None:
    assert read("138-0000-1024", pattern="[0-9-]+") == "138-0000-1024"
    assert refusal("138-0000-1024x", pattern="[0-9-]+")
    assert refusal("x138", pattern="[0-9-]+")
    assert read(42) == "42"


@pytest.mark.parametrize("kind", ["text", "choice", "scale", "yes_no", "date", "moment", "number", "money", "person"])
@pytest.mark.parametrize("raw", [None, "", "  ", "\t\n", "\u3000", []])
def test_nothing_is_no_value_in_any_field(kind: str, raw: object) -> None:
    assert read(raw, kind) is None


@pytest.mark.parametrize(
    "kind", ["choice", "scale", "yes_no", "date", "moment", "number", "money", "person", "premises", "role"]
)
@pytest.mark.parametrize("raw", [*NAUGHTY[9:20], "\0", "\ud800", "是的吧", 10**30, [["x"]], {"a": 1}, 1e308])
def test_no_field_takes_what_is_none_of_its_values(kind: str, raw: object) -> None:
    if kind == "choice" and isinstance(raw, list):
        raw = "x"
    assert refusal(raw, kind) is not None


# ---- choices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["red", "红", "Red", "RED", " red "])
def test_a_choice_is_stored_by_its_id_however_it_is_named(raw: str) -> None:
    assert read(raw, "choice") == "red"


def test_several_choices_are_stored_in_the_order_of_the_form_and_once() -> None:
    for raw in ("蓝、红", "blue;red,红", ["blue", "Red", "红"]):
        assert read(raw, "choice", multiple=True) == ["red", "blue"]
    assert refusal("red、green", "choice", multiple=True)


@pytest.mark.parametrize("step", SCALE_NAMES)
def test_a_step_of_the_scale_has_three_names(step: str) -> None:
    assert {read(name, "scale") for name in (step, *SCALE_NAMES[step], SCALE_NAMES[step][1].upper())} == {step}


def test_the_printed_name_of_the_second_step_is_known() -> None:
    assert read("较满意", "scale") == "fairly_satisfied"


def test_yes_and_no_have_many_names() -> None:
    assert {read(raw, "yes_no") for raw in (True, "是", "YES", "1", "√", "☑")} == {True}
    assert {read(raw, "yes_no") for raw in (False, "否", "no", "0", "×", "☐")} == {False}


# ---- dates and moments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-23",
        "2026年11月23日",
        "2026.11.23",
        "2026/11/23",
        "２０２６年１１月２３日",
        "2026 年 11 月 23 日",
        " 2026-11-23 ",
    ],
)
def test_a_date_is_written_in_many_ways_and_stored_in_one(raw: str) -> None:
    assert read(raw, "date") == "2026-11-23"


@pytest.mark.parametrize(
    "raw",
    ["26-11-23", "2026-13-01", "2026-02-29", "2026-11-31", "0026-11-23", "9999-12-31", "昨天", "2026-11-23 x", 20261123,
     "2026-11", "11/23/2026", "2026-11-23T10:00"],
)  # fmt: skip
def test_what_is_no_date_of_four_digits_a_year_is_refused(raw: object) -> None:
    assert refusal(raw, "date")


def test_a_leap_day_and_short_months_are_dates() -> None:
    assert read("2028-2-29", "date") == "2028-02-29"
    assert read("2026-2-3", "date") == "2026-02-03"


@pytest.mark.parametrize(
    "raw",
    ["2026-11-23 14:05", "2026年11月23日 14时05分", "2026-11-23T06:05:00Z", "2026-11-23T14:05:00+08:00",
     "２０２６-11-23 １４：０５",
     "2026/11/23 14:5", "2026年11月23日14:05", "2026-11-23 14:05:00.25"],
)  # fmt: skip
def test_a_moment_is_meant_in_the_companys_zone_and_stored_in_utc(raw: str) -> None:
    assert read(raw, "moment") == "2026-11-23T06:05:00Z"


@pytest.mark.parametrize(
    "raw",
    ["2026-11-23", "14:05", "2026-11-23 下午3:30", "2026-11-23 about 9:30 or so", "2026-11-23 25:00",
     "2026-11-23 14:60",
     "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0999-06-01 10:00", "2026-11-23 14:05 and more", 1_700_000_000],
)  # fmt: skip
def test_what_is_no_full_moment_is_refused(raw: object) -> None:
    assert refusal(raw, "moment")


# ---- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kind", "places", "expected"),
    [
        ("12", "number", 0, "12"),
        ("12.50", "number", 2, "12.50"),
        ("12.5", "number", 2, "12.50"),
        ("１２３", "number", 0, "123"),
        ("1,234.5", "money", 0, "1234.50"),
        ("￥1,234,567", "money", 0, "1234567.00"),
        ("¥ 8", "money", 0, "8.00"),
        ("-0", "number", 1, "0.0"),
        ("-0.50", "number", 1, "-0.5"),
        ("90%", "number", 1, "90.0"),
        ("1e3", "number", 0, "1000"),
        (7, "number", 0, "7"),
        (12.5, "number", 1, "12.5"),
        ("999999999999999999", "number", 0, "999999999999999999"),
    ],
)
def test_a_number_has_as_many_places_as_its_field(raw: object, kind: str, places: int, expected: str) -> None:
    assert read(raw, kind, places=places) == expected


@pytest.mark.parametrize(
    "raw",
    ["12.5", "1,5", "12,34", "1,2345", ",123", "x", "1 2", "NaN", "sNaN", "Infinity", "1e18",
     "1e999999999", "1e-999999999", "9" * 5000,
     True, "--1", "0x10", "1.0000000000000000000000001", "十二"],
)  # fmt: skip
def test_what_is_no_whole_number_is_refused(raw: object) -> None:
    assert refusal(raw, "number") is not None


def test_bounds_are_among_the_numbers_allowed() -> None:
    bounds = {"at_least": "0", "at_most": "100"}
    assert [read(raw, "number", **bounds) for raw in ("0", "100")] == ["0", "100"]
    assert [refusal(raw, "number", **bounds) for raw in ("-1", "101")] == ["-1", "101"]


# ---- references and rows ---------------------------------------------------------------------------------------------


def test_a_reference_is_stored_as_the_subject_that_is_found() -> None:
    assert read(" 周 ", "person") == "person/7"
    assert read("3-2-1201", "premises") == "premises/4"
    assert read("品质", "role") == "quality"
    assert refusal("许", "person")
    assert refusal("周", "party")


def test_rows_are_read_cell_by_cell_and_every_fault_is_named() -> None:
    assert read([{"item": "灯", "price": "2.5"}, {"item": "门", "price": None}], "rows") == [
        {"item": "灯", "price": "2.50"}, {"item": "门"},
    ]  # fmt: skip
    assert read('[{"item":"灯"}]', "rows") == [{"item": "灯"}]
    value, problems = READING.parse(field("rows"), [{"price": "x", "colour": "red"}, {"item": "同上"}])
    assert value is not None
    assert [problem.field for problem in problems] == ["it.1.colour", "it.1.item", "it.1.price", "it.2.item"]


@pytest.mark.parametrize("raw", ["x", "{}", "[1]", '[{"item":1', [1], {"item": "灯"}, 7, [{}] * 501])
def test_what_is_no_list_of_rows_is_refused(raw: object) -> None:
    assert refusal(raw, "rows") is not None


# ---- what is stored and read again -----------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_a_text_that_was_taken_comes_back_unchanged(text: str) -> None:
    value, problems = READING.parse(field("text"), text)
    if not problems and value is not None:
        assert value == text.strip()
        assert read(value) == value
        assert str(value).encode().decode() == value


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused_and_never_fallen_over(text: str) -> None:
    for kind in ("text", "choice", "scale", "yes_no", "date", "moment", "number", "money", "person", "rows"):
        value, problems = READING.parse(field(kind), text)
        assert problems == [] or problems[0].field.startswith("it")
        if value is not None:
            canonical(value)


@given(st.dates(date(1000, 1, 1), date(9998, 12, 31)))
def test_every_date_comes_back(day: date) -> None:
    assert read(day.isoformat(), "date") == day.isoformat()
    assert read(f"{day.year:04}年{day.month}月{day.day}日", "date") == day.isoformat()
    assert plain_value(field("date"), day.isoformat(), SHANGHAI) == day


@given(st.datetimes(datetime(1001, 1, 1), datetime(9997, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis wants them naive
def test_every_moment_comes_back_to_the_second(moment: datetime) -> None:
    stored = read(moment.isoformat(), "moment")
    assert stored == format_moment(moment)
    assert parse_moment(str(stored)) == moment.replace(microsecond=0)
    assert plain_value(field("moment"), stored, SHANGHAI) == moment.astimezone(SHANGHAI).date()


@given(st.decimals(-(10**17), 10**17, places=2), st.integers(2, 6))
def test_every_number_comes_back(number: Decimal, places: int) -> None:
    it = field("number", places=places)
    stored = read(str(number), "number", places=places)
    assert Decimal(str(stored)) == number
    assert plain_value(it, stored, SHANGHAI) == number
    assert canonical_of(it, number) == stored
    assert read(stored, "number", places=places) == stored
    assert read(f"{number:,}", "money") == read(str(number), "money")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", "好", "好"),
        ("text", None, None),
        ("yes_no", False, False),
        ("number", 3, "3"),
        ("number", Decimal("2.5"), "2"),
        ("money", Decimal("2.5"), "2.50"),
        ("date", date(2026, 11, 23), "2026-11-23"),
        ("rows", [{"item": "灯", "price": Decimal(1), "other": 1, "nothing": None}], [{"item": "灯", "price": "1.00"}]),
    ],
)
def test_a_computed_value_takes_the_form_of_its_field(kind: str, value: object, expected: object) -> None:
    assert canonical_of(field(kind), value) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", 3),
        ("text", Decimal(3)),
        ("text", True),
        ("text", "\0"),
        ("text", ["x"]),
        ("number", "3"),
        ("number", True),
        ("number", Decimal("NaN")),
        ("number", Decimal("1e30")),
        ("number", 0.5),
        ("yes_no", "是"),
        ("yes_no", 1),
        ("rows", "x"),
        ("date", 7),
    ],
)
def test_a_computed_value_of_another_kind_is_refused(kind: str, value: object) -> None:
    with pytest.raises(WrongResultError):
        canonical_of(field(kind), value)


def test_what_is_stored_is_seen_by_expressions_as_plain_values() -> None:
    rows = plain_value(field("rows"), [{"item": "灯", "price": "2.50"}, {"item": "门"}], SHANGHAI)
    assert rows == [{"item": "灯", "price": Decimal("2.50")}, {"item": "门", "price": None}]
    assert plain_value(field("moment"), "2026-11-23T16:00:00Z", SHANGHAI) == date(2026, 11, 24)
    assert plain_value(field("yes_no"), value=False, zone=SHANGHAI) is False
    assert plain_value(field("text"), None, SHANGHAI) is None


def test_a_zero_has_no_sign() -> None:
    assert format_number(Decimal("-0.001"), 2) == "0.00"


def test_a_moment_before_the_year_1000_keeps_four_digits() -> None:
    assert format_moment(datetime(999, 1, 2, 3, 4, 5, tzinfo=UTC)) == "0999-01-02T03:04:05Z"
