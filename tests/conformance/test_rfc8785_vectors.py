"""Canonical JSON against the examples of RFC 8785, its author's test data, and another implementation.

Of the published examples those that the program's values can be: no float, keys of ASCII alone.

Source: RFC 8785, 3.2.2, 3.2.3; cyberphone/json-canonicalization, testdata
"""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from recordkeeper import verifier
from recordkeeper.model.canonical import canonical

PUBLISHED: list[tuple[Any, bytes]] = [
    # RFC 8785, 3.2.2, without its numbers
    (
        {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]},
        b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ),
    # testdata: structures, arrays, unicode
    (
        {"1": {"f": {"f": "hi", "F": 5}, "\n": 56}, "10": {}, "": "empty", "a": {}, "111": [{"e": "yes", "E": "no"}]},
        b'{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"a":{}}',
    ),
    ([56, {"d": True, "10": None, "1": []}], b'[56,{"1":[],"10":null,"d":true}]'),
    ({"Unnormalized Unicode": "A\u030a"}, b'{"Unnormalized Unicode":"A\xcc\x8a"}'),
    # appendix B: the integers that the program may hold
    (0, b"0"),
    (-9007199254740991, b"-9007199254740991"),
    (9007199254740991, b"9007199254740991"),
]
KEYS = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("value", "expected"), PUBLISHED)
def test_published_examples_have_their_bytes(value: Any, expected: bytes) -> None:
    assert canonical(value) == verifier.canonical(value) == rfc8785.dumps(value) == expected


@given(VALUES)
def test_another_implementation_gives_the_same_bytes(value: Any) -> None:
    assert canonical(value) == verifier.canonical(value) == rfc8785.dumps(value)
