"""Reference tables as expressions ask for them, and the rows that an example gives for its own."""

from typing import Any

import pytest

from form_samples import field, sample_form, section
from recordkeeper.model.example import try_examples
from recordkeeper.model.expression import ExpressionError, evaluate
from recordkeeper.model.form import Form
from recordkeeper.model.reference import NO_TABLES, Reference, reference_to
from recordkeeper.services.definition import example_reading

PRICE = "reference('price_report', room, 'price')"
ROWS = [{"key": "3-1-1102", "price": 13500}, {"key": ["office", "2026"], "price": 95}]


@pytest.mark.parametrize(
    ("room", "found"),
    [("3-1-1102", 13500), (["office", "2026"], 95), (["office", "2027"], None), ("9-9", None), (None, None)],
)
def test_a_row_is_found_by_all_its_keys(room: object, found: object) -> None:
    reference = reference_to({"price_report": ROWS})
    assert evaluate(PRICE, {"room": room, "reference": reference}) == found
    assert evaluate(PRICE, {"room": room, "reference": reference_to({"area_schedule": ROWS})}) is None
    assert evaluate(PRICE, {"room": room, "reference": NO_TABLES}) is None


@pytest.mark.parametrize("expression", ["reference.find", "reference", "[reference] | first"])
def test_an_expression_calls_the_lookup_and_does_nothing_else_with_it(expression: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, {"reference": Reference(lambda *_asked: None)})


def _contract(**tables: Any) -> Form:
    report = field("report_price", "money", value=PRICE)
    return sample_form(
        "form",
        section("unit", field("room"), computed=[report]),
        section("terms", field("price", "money", check="price >= report_price")),
        examples=[{"name": "一", "values": {"room": "3-1-1102", "price": "13600"}, "tables": tables}],
    )


def test_an_example_looks_up_in_the_rows_that_it_gives() -> None:
    (trial,) = try_examples(_contract(price_report=[{"key": "3-1-1102", "price": "13500.00"}]), example_reading())
    assert (trial.problems, trial.record.values["report_price"]) == ((), "13500.00")
    (trial,) = try_examples(_contract(price_report=[{"key": "3-1-1102", "price": "13700.00"}]), example_reading())
    assert [problem.field for problem in trial.problems] == ["price"]
