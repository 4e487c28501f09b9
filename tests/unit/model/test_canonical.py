import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordkeeper.model.canonical import DEEPEST, BrokenJsonError, NotCanonicalError, canonical, digest, parse_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def nested(levels: int) -> Any:
    value: Any = 1
    for _level in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"B": 1, "a": 2, "": 3}, '{"":3,"B":1,"a":2}'),
        ('\u20ac$\u000f\nA\'B"\\"/', '"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/"'),
        ("\b\t\f\r\u007f\u2028", '"\\b\\t\\f\\r\u007f\u2028"'),
        ([], "[]"),
        ((1, 2), "[1,2]"),
        (-0, "0"),
        (2**53 - 1, "9007199254740991"),
    ],
)
def test_the_canonical_form_is_that_of_rfc_8785(value: Any, expected: str) -> None:
    assert canonical(value) == expected.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        Decimal(1),
        2**53,
        -(2**53),
        {"é": 1},
        {1: 1},
        "\ud800",
        {"a": ["\udfff"]},
        {"a": {1, 2}},
        b"x",
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(NotCanonicalError) as refused:
        canonical(value)
    assert refused.value.subject.startswith("$")


def test_a_place_names_keys_and_positions() -> None:
    with pytest.raises(NotCanonicalError) as refused:
        canonical({"a": [0, {"b": 1.5}]})  # type: ignore[dict-item]
    assert refused.value.subject == "$.a[1].b"


@pytest.mark.parametrize("levels", [DEEPEST + 1, 5000])
def test_nesting_has_an_end(levels: int) -> None:
    assert canonical(nested(DEEPEST)) == b"[" * DEEPEST + b"1" + b"]" * DEEPEST
    with pytest.raises(NotCanonicalError):
        canonical(nested(levels))


@given(VALUES)
def test_canonical_bytes_say_the_same_value_whatever_the_order_of_keys(value: Any) -> None:
    data = canonical(value)
    assert parse_json(data, "x") == value
    assert canonical(json.loads(data)) == data
    if isinstance(value, dict):
        assert canonical(dict(reversed(value.items()))) == data


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":1,"b":2}}',
        "NaN",
        "[Infinity]",
        "-Infinity",
        "{",
        "",
        "1 2",
        "'a'",
        "[" * 100_000,
        "9" * 5000,
        b"\xff",
    ],
)
def test_json_that_could_be_read_in_two_ways_or_none_is_refused(text: str | bytes) -> None:
    with pytest.raises(BrokenJsonError) as refused:
        parse_json(text, "values.json")
    assert refused.value.subject == "values.json"


def test_a_digest_is_sha_256_in_small_letters() -> None:
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
