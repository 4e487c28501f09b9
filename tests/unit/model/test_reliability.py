from decimal import Decimal

from recordkeeper.model.expression import evaluate
from recordkeeper.model.reliability import complete_count, cronbach_alpha, drivers, item_analysis

ITEMS = ["a", "b", "c"]
SHEETS = [
    {"a": Decimal(2), "b": Decimal(3), "c": Decimal(3), "overall": Decimal(2)},
    {"a": Decimal(4), "b": Decimal(4), "c": Decimal(5), "overall": Decimal(4)},
    {"a": Decimal(3), "b": Decimal(3), "c": Decimal(2), "overall": Decimal(3)},
    {"a": Decimal(5), "b": Decimal(5), "c": Decimal(4), "overall": Decimal(5)},
]
HALF_BLANK = {"a": Decimal(1), "b": None, "overall": Decimal(5)}


def test_alpha_follows_from_the_variances_of_items_and_sums() -> None:
    # variances 5/3, 11/12 and 5/3 make 17/4; that of the sums 8, 13, 8 and 14 is 41/4: 3/2 x (1 - 17/41)
    assert cronbach_alpha(SHEETS, ITEMS) == Decimal("0.878")


def test_items_that_say_the_same_are_wholly_reliable() -> None:
    assert cronbach_alpha([{"a": 1, "b": 1}, {"a": 4, "b": 4}, {"a": 3, "b": 3}], ["a", "b"]) == Decimal("1.000")


def test_steps_of_the_scale_count_from_five_to_one() -> None:
    words = [
        {"a": "very_satisfied", "b": "fairly_satisfied"},
        {"a": "dissatisfied", "b": "not_very_satisfied"},
        {"a": "basically_satisfied", "b": "basically_satisfied"},
    ]
    numbers = [{"a": 5, "b": 4}, {"a": 1, "b": 2}, {"a": 3, "b": 3}]
    assert cronbach_alpha(words, ["a", "b"]) == cronbach_alpha(numbers, ["a", "b"])


def test_a_sheet_that_leaves_an_item_blank_is_left_out() -> None:
    assert complete_count([*SHEETS, HALF_BLANK], ITEMS) == 4
    assert cronbach_alpha([*SHEETS, HALF_BLANK], ITEMS) == cronbach_alpha(SHEETS, ITEMS)


def test_nothing_is_said_where_nothing_varies_or_too_few_answered() -> None:
    same = [{"a": 3, "b": 3}, {"a": 3, "b": 3}]
    assert cronbach_alpha(same, ["a", "b"]) is None
    assert cronbach_alpha(SHEETS[:1], ITEMS) is None
    assert cronbach_alpha(SHEETS, ["a"]) is None
    assert item_analysis(same, {"甲": "a", "乙": "b"})[0] == {
        "item": "甲",
        "mean": Decimal("3.00"),
        "deviation": Decimal("0.00"),
        "correlation": None,
    }
    assert drivers([], {"甲": "a"}, "overall") == [{"item": "甲", "mean": None, "deviation": None, "correlation": None}]


def test_each_item_is_held_against_the_sum_of_the_others() -> None:
    (first, *_others) = item_analysis(SHEETS, {"甲": "a", "乙": "b", "丙": "c"})
    assert first["mean"] == Decimal("3.50")
    # 2, 4, 3, 5 against 6, 9, 5, 9: 6.5 over the root of 5 x 12.75
    assert first["correlation"] == (Decimal("6.5") / (Decimal(5) * Decimal("12.75")).sqrt()).quantize(Decimal("0.01"))


def test_what_goes_with_the_overall_rating_most_comes_first() -> None:
    found = drivers([*SHEETS, HALF_BLANK], {"丙": "c", "乙": "b"}, "overall")
    assert [row["item"] for row in found] == ["乙", "丙"]


def test_expressions_may_call_them() -> None:
    assert evaluate("cronbach_alpha(sheets, ['a', 'b', 'c'])", {"sheets": SHEETS}) == Decimal("0.878")
    assert evaluate("complete_count(sheets, ['a'])", {"sheets": SHEETS}) == 4
