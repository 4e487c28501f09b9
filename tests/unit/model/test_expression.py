import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from recordkeeper.errors import InvalidInputError
from recordkeeper.model.expression import ExpressionError, Sandbox, evaluate, holds, names_in

VALUES: dict[str, Any] = {
    "amount": Decimal("12.50"),
    "count": 3,
    "name": "周",
    "due": date(2026, 11, 23),
    "is_urgent": True,
    "nothing": None,
    "rows": [{"item": "灯", "price": Decimal("2.5")}, {"item": "门", "price": Decimal(4)}],
    "section": {"signed_on": date(2026, 11, 20)},
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("amount > 10 and is_urgent", True),
        ("amount * 2", Decimal("25.00")),
        ("count ** 2", 9),
        ("name ~ '女士'", "周女士"),
        ("due.year", 2026),
        ("section.signed_on <= due", True),
        ("rows | length", 2),
        ("rows | sum(attribute='price')", Decimal("6.5")),
        ("rows | map(attribute='item') | join('、')", "灯、门"),
        ("rows[0].item", "灯"),
        ("nothing is none", True),
        ("nothing or '无'", "无"),
        ("'甲' if count > 2 else '乙'", "甲"),
        ("percent(1, 3)", Decimal("33.3")),
        ("[1, 2]", [1, 2]),
    ],
)
def test_an_expression_computes_over_plain_values(expression: str, expected: object) -> None:
    assert evaluate(expression, VALUES) == expected


ESCAPES = [
    "name.__class__",
    "name['__class__']",
    "name|attr('__class__')",
    "''.__class__.__mro__[1].__subclasses__()",
    "().__class__.__base__",
    "rows.append(1)",
    "rows.__len__()",
    "section.__init__.__globals__",
    "percent.__globals__",
    "percent.__code__.co_consts",
    "percent.__wrapped__",
    "due.replace(year=1)",
    "due.__class__(1, 1, 1)",
    "amount.as_tuple()",
    "name.format(1)",
    "'{0.__class__}'.format(name)",
    "'%s' % name.__class__",
    "name.upper()",
    "rows|map(attribute='__class__')|list",
    "rows|map('attr', '__class__')|list",
    "rows|sort(attribute='__class__')",
    "rows|selectattr('__class__')|list",
    "rows|groupby('item')",
    "[name]|map('upper')|first.__self__",
    "self.__init__",
    "cycler.__init__.__globals__.os",
    "joiner.__init__.__globals__",
    "namespace()",
    "lipsum.__globals__",
    "range(9)",
    "dict(a=1)",
    "config",
    "request",
    "__import__('os')",
    "open('/etc/passwd')",
    "loop",
    "caller()",
    "rows.0.__class__",
    "section['__class__']",
    "(1).__class__",
    "none.__class__",
    "due.strftime('%Y')",
    "due.today()",
]


@pytest.mark.parametrize("expression", ESCAPES)
def test_no_attribute_method_or_name_of_python_is_reached(expression: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, VALUES)


@pytest.mark.parametrize(
    "expression",
    [
        "'a' * 999999999",
        "rows * 99999999",
        "[0] * 99999999",
        "9 ** 9 ** 9",
        "2 ** 1000000000",
        "(10 ** 100) ** 100",
        "'%0999999999d' % 1",
        "(" * 400 + "1" + ")" * 400,
        "1" + "+1" * 490,
        "not " * 240 + "1",
        "[" * 450 + "]" * 450,
        "-" * 900 + "1",
    ],
)
def test_nothing_grows_beyond_measure(expression: str) -> None:
    started = time.monotonic()
    try:
        result = evaluate(expression, VALUES)
    except ExpressionError:
        result = None
    assert len(str(result)) < 1000
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "1 +",
        "{{ 1 }}",
        "1 }} {{ 2",
        "{% if 1 %}",
        "a = 1",
        "import os",
        "unknown",
        "rows[9].item",
        "section.unknown",
        "nothing > 1",
        "amount + name",
        "1 / 0",
        "0.5",
        "percent",
        "rows | map(attribute='item')",
        "name | unknown_filter",
        "name is unknown_test",
    ],
)
def test_a_broken_expression_is_named(expression: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        evaluate(expression, VALUES)
    assert refused.value.subject == expression
    assert isinstance(refused.value, InvalidInputError)


def test_names_are_those_that_are_read_and_no_functions() -> None:
    assert names_in("percent(a, b.c) > limit and rows | map(attribute='x') | list") == {"a", "b", "limit", "rows"}
    assert names_in("true and none is none") == frozenset()
    with pytest.raises(ExpressionError):
        names_in("1 +")


def test_a_condition_holds_or_does_not() -> None:
    assert holds("rows", VALUES)
    assert not holds("nothing", VALUES)
    with pytest.raises(ExpressionError):
        holds("unknown", VALUES)


def test_a_value_is_never_changed_by_what_reads_it() -> None:
    with pytest.raises(ExpressionError):
        evaluate("rows.pop()", VALUES)
    assert len(VALUES["rows"]) == 2


def test_a_loop_of_a_template_tells_its_place_and_nothing_more() -> None:
    template = Sandbox().from_string("{% for row in rows %}{{ loop.index }}{{ row.item }}{{ loop.last }} {% endfor %}")
    assert template.render(VALUES) == "1灯False 2门True "
    with pytest.raises(Exception, match="unsafe"):
        Sandbox().from_string("{% for row in rows %}{{ loop.__init__ }}{% endfor %}").render(VALUES)


def test_each_of_makes_a_row_of_each_record_with_a_column_for_each_expression() -> None:
    sold = [
        {"name": "甲", "price": Decimal(100), "paid": [Decimal(30), None]},
        {"name": "乙", "price": Decimal(80), "paid": []},
    ]

    left = "item.price - (item.paid | reject('none') | sum)"
    rows = evaluate(
        "each_of(sold, {'name': 'item.name', 'left': left, 'until': 'day'}, {'day': day})",
        {"sold": sold, "day": date(2026, 11, 24), "left": left},
    )

    assert rows == [
        {"name": "甲", "left": Decimal(70), "until": date(2026, 11, 24)},
        {"name": "乙", "left": Decimal(80), "until": date(2026, 11, 24)},
    ]


@pytest.mark.parametrize("column", ["item.nothing", "item.__class__", "other", "1 +", "'a' * 3"])
def test_each_of_refuses_a_column_that_has_no_plain_value(column: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate("each_of(sold, {'column': column})", {"sold": [{"name": "甲"}], "column": column})
