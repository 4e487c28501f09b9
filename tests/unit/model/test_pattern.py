"""A pattern is told in words where it can be, and never wrongly."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from recordkeeper.language import use_language
from recordkeeper.model.pattern import pattern_in_words

FORMS = Path(__file__).parents[3] / "forms"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("[0-9]{4}", "4 digits"),
        ("[0-9]", "1 digit"),
        (r"\d{4,12}", "4 to 12 digits"),
        ("[A-Z]{2}[0-9]+", "2 upper-case letters, then at least 1 digit"),
        ("[A-Za-z]{0,3}", "at most 3 letters"),
        ("[A-Z0-9-]{2,12}", "2 to 12 characters out of: digits, upper-case letters, “-”"),
        ("QR-1/.+", "“QR-1/”, then at least 1 character"),
        ("(A|B)[0-9]", "“A” or “B”, then 1 digit"),
        ("永久|[0-9]{1,3} ?年", "“永久”; or 1 to 3 digits, then a space or none, then “年”"),
        (r"[\u4e00-\u9fff]{2}", "2 Chinese characters"),
        (r"[0-9]\.[a-f]", "1 digit, then “.”, then 1 character out of: a to f"),
        ("([01][0-9]|2[0-3]):[0-5][0-9]", "a time such as 08:05"),
    ],
)
def test_the_common_shapes_are_told_in_words(pattern: str, words: str) -> None:
    re.compile(pattern)
    assert pattern_in_words(pattern) == words


@pytest.mark.parametrize(
    "pattern",
    ["(?i)x", "(?=a)b", "[^a]", "a*", "ab{2}", "(ab)?", r"\w+", r"[\w-]+", "^a$", "a||b", "", "[]a]", r"(.)\1", "a)"],
)
def test_what_has_no_words_is_told_by_nothing(pattern: str) -> None:
    assert pattern_in_words(pattern) == ""


def test_every_pattern_of_the_shipped_forms_is_told_in_both_languages() -> None:
    yaml = YAML(typ="safe")
    patterns = {
        each["pattern"]
        for file in FORMS.glob("*/*.yaml")
        if file.name != "procedure.yaml"
        for section in yaml.load(file.read_text(encoding="utf-8"))["sections"]
        for field in section.get("fields") or []
        for each in (field, *(field.get("columns") or []))
        if "pattern" in each
    }
    assert len(patterns) > 20
    try:
        for language in ("en", "zh"):
            use_language(language)
            assert [pattern for pattern in patterns if not pattern_in_words(pattern)] == []
        assert pattern_in_words("[0-9]{4,12}") == "4 至 12 位数字"
    finally:
        use_language("en")
