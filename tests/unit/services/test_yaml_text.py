import pytest

from recordkeeper.services.yaml_text import DEEPEST, LARGEST_TEXT, MOST_ALIASES, read_yaml


def test_scalars_are_text_whole_numbers_and_truths() -> None:
    source = read_yaml("a: text\nb: 3\nc: true\nd: 2026-11-23\ne: 'no'\nf: no\ng: [1, x]\nh: 2026-11-23 08:35\n")
    assert source.faults == ()
    assert source.data == {
        "a": "text",
        "b": 3,
        "c": True,
        "d": "2026-11-23",
        "e": "no",
        "f": "no",
        "g": [1, "x"],
        "h": "2026-11-23 08:35",
    }


def test_every_key_and_item_keeps_its_line() -> None:
    source = read_yaml("# head\na:\n  - b: 1\n    c: 2\n  - b: 3\n")
    assert source.line_of(("a",)) == 2
    assert source.line_of(("a", 0, "c")) == 4
    assert source.line_of(("a", 1)) == 5
    assert source.line_of(("a", 1, "missing")) == 5
    assert source.line_of(("nothing",)) == 1


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, ("a",)),
        ("a: 1\nb: 90.5\n", 2, ("b",)),
        ("a: 0x1F\n", 1, ("a",)),
        ("a: 007\n", 1, ("a",)),
        ("a: 99999999999999999999\n", 1, ("a",)),
        ("a: .nan\n", 1, ("a",)),
        ("a:\n", 1, ("a",)),
        ("a:\n  b: ~\n", 2, ("a", "b")),
        ("é: 1\n", 1, ()),
        ("? [a, b]\n: 1\n", 1, ()),
    ],
)
def test_what_definitions_cannot_hold_is_a_fault_with_line_and_key(text: str, line: int, place: tuple[str]) -> None:
    (fault,) = read_yaml(text).faults
    assert (fault.line, fault.place) == (line, place)
    assert fault.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1, 2\nb: x\n", 2),
        ("a: 'open\n", 2),
        ("- 1\n", 1),
        ("", 1),
        ("just text\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: 1\nb: !!python/object/apply:os.system [x]\n", 2),
        ("a: !!str 5\n", 1),
        ("a: *nowhere\n", 1),
        ("a: \0\n", 1),
        ("a: \ud800\n", 1),
        ("a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), 1),
        ("a: &a x\nb: [" + ", ".join(["*a"] * (MOST_ALIASES + 1)) + "]", 2),
        ("a: " + "x" * LARGEST_TEXT, 1),
    ],
)
def test_a_text_that_could_hurt_or_cannot_be_read_has_one_fault_and_no_data(text: str, line: int) -> None:
    source = read_yaml(text)
    assert [fault.line for fault in source.faults] == [line]
    assert source.data == {}


def test_aliases_that_multiply_are_stopped() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{c}: &{c} [{', '.join(['*' + p] * 10)}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)]
    assert len(read_yaml("\n".join(lines)).faults) == 1


def test_an_alias_to_what_it_stands_in_is_stopped() -> None:
    assert len(read_yaml("a: &a [*a]").faults) == 1


def test_an_alias_gives_the_same_data_twice() -> None:
    assert read_yaml("a: &a {b: 1}\nc: *a\n").data == {"a": {"b": 1}, "c": {"b": 1}}
