import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordkeeper.model.amendment import (
    ACCEPTED,
    CORRECTION,
    FACT,
    NOT_NEEDED,
    PENDING,
    REFUSED,
    Amendment,
    Change,
    Version,
    changed_parts,
    show_versions,
)
from recordkeeper.model.rich_text import RichText, Span, Style, text_with_marks

LONG = "地下二层照明灯损坏 6 盏，晚间车位附近过暗，老人出入不便"
WORDS = st.text("甲乙丙丁 ab1\n", max_size=60)


def shown(*versions: Version | str) -> list[tuple[str, str]]:
    spans = show_versions([Version(each) if isinstance(each, str) else each for each in versions])
    return [(span.text, span.style.value) for span in spans]


def standing(text: RichText) -> str:
    return "".join(span.text for span in text if span.style in {Style.PLAIN, Style.NEW})


def struck(text: RichText) -> str:
    return "".join(span.text for span in text if span.style is Style.STRUCK)


def test_a_value_never_amended_is_plain() -> None:
    assert show_versions([Version("甲")]) == (Span("甲"),)
    assert show_versions([Version("")]) == ()


def test_a_short_value_is_struck_whole_with_the_new_one_its_mark_and_note_behind() -> None:
    assert shown("138-0000-1024", Version("138-0000-1204", 1, " 甲 2026-11-23")) == [
        ("138-0000-1024", "struck"), ("138-0000-1204", "new"), ("①", "mark"), (" 甲 2026-11-23", "note"),
    ]  # fmt: skip


def test_who_and_when_stand_behind_the_whole_of_a_value_of_one_line_and_with_their_marks_where_they_are_several() -> (
    None
):
    once = Version(LONG.replace("6", "9"), 1, " 甲 2026-11-23")
    assert shown(LONG, once)[-2:] == [(" 盏，晚间车位附近过暗，老人出入不便", "plain"), (" 甲 2026-11-23", "note")]
    twice = Version(once.text.replace("附近", "旁"), 2, " 乙 2026-11-24")
    assert shown(LONG, once, twice)[-2:] == [(" ① 甲 2026-11-23", "note"), (" ② 乙 2026-11-24", "note")]
    within = Version(once.text, 1, "〔甲 2026-11-23〕")
    assert ("〔甲 2026-11-23〕", "note") in shown(LONG, within)[:-1]


def test_of_a_long_text_the_changed_words_alone_are_struck() -> None:
    assert shown(LONG, Version(LONG.replace("6", "9"), 1)) == [
        ("地下二层照明灯损坏 ", "plain"), ("6", "struck"), ("9", "new"), ("①", "mark"),
        (" 盏，晚间车位附近过暗，老人出入不便", "plain"),
    ]  # fmt: skip


def test_a_latin_word_is_struck_whole() -> None:
    text = "The lamp on level B2-17 is broken"
    assert shown(text, Version(text.replace("B2-17", "B2-18"), 1))[1:3] == [("B2-17", "struck"), ("B2-18", "new")]


def test_what_is_only_struck_or_only_added_bears_its_mark() -> None:
    assert shown(LONG, Version(LONG.replace("，老人出入不便", ""), 1)) == [
        ("地下二层照明灯损坏 6 盏，晚间车位附近过暗", "plain"), ("，老人出入不便", "struck"), ("①", "mark"),
    ]  # fmt: skip
    assert shown(LONG, Version(LONG + "。已报修", 1))[-2:] == [("。已报修", "new"), ("①", "mark")]
    assert shown("甲", Version("", 1)) == [("甲", "struck"), ("①", "mark")]
    assert shown("", Version("甲", 1)) == [("甲", "new"), ("①", "mark")]


def test_several_amendments_of_one_text_keep_every_value_legible() -> None:
    first = Version(LONG.replace("6", "9"), 1)
    second = Version(LONG.replace("6", "12").replace("晚间", "夜间"), 2)
    assert shown(LONG, first, second) == [
        ("地下二层照明灯损坏 ", "plain"), ("6", "struck"), ("9", "struck"), ("①", "mark"), ("12", "new"), ("②", "mark"),
        (" 盏，", "plain"), ("晚", "struck"), ("夜", "new"), ("②", "mark"), ("间车位附近过暗，老人出入不便", "plain"),
    ]  # fmt: skip


def test_a_refused_amendment_shows_both_and_the_old_value_stands() -> None:
    text = show_versions([Version("甲"), Version("乙", 1), Version("甲")])
    assert [(span.text, span.style.value) for span in text] == [
        ("甲", "struck"), ("乙", "struck"), ("①", "mark"), ("甲", "new"),
    ]  # fmt: skip
    assert text_with_marks(text) == "[-甲-][-乙-]①{+甲+}"
    long = show_versions([Version(LONG), Version(LONG.replace("6", "9"), 1), Version(LONG)])
    assert standing(long) == LONG
    assert struck(long) == "69"


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_the_last_value_stands_and_nothing_that_stood_is_lost(texts: list[str]) -> None:
    versions = [Version(text, number) for number, text in enumerate(texts)]
    spans = show_versions(versions)
    assert standing(spans) == texts[-1]
    everything = "".join(span.text for span in spans if span.style in {Style.PLAIN, Style.NEW, Style.STRUCK})
    for text in texts:
        assert all(everything.count(character) >= text.count(character) for character in set(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("一二" * 10_000, "二一" * 10_000 + "三"),
        ("一二" * 900, "二三" * 900 + "三"),
        ("一" * 20_000, "二" * 20_000),
        ("\n" * 1999 + "x", "y" + "\n" * 1999),
    ],
)
def test_long_texts_that_differ_everywhere_are_compared_in_reasonable_time(old: str, new: str) -> None:
    started = time.monotonic()
    assert standing(show_versions([Version(old), Version(new, 1)])) == new
    changed_parts(old, new)
    assert time.monotonic() - started < 10


def test_the_list_of_amendments_says_short_values_whole_and_of_long_ones_what_changed() -> None:
    assert changed_parts("甲", "乙") == ("甲", "乙")
    old, new = changed_parts(LONG, LONG.replace("6", "9").replace("不便", "困难"))
    assert "6" in old
    assert "9" in new
    assert "不便" in old
    assert "困难" in new
    assert "车位" not in old + new


@pytest.mark.parametrize(
    ("nature", "countersign", "counts"),
    [
        (CORRECTION, NOT_NEEDED, 1),
        (CORRECTION, PENDING, 1),
        (CORRECTION, ACCEPTED, 1),
        (CORRECTION, REFUSED, 0),
        (FACT, ACCEPTED, 0),
    ],
)
def test_corrections_that_stand_count_and_what_follows_from_them_does_not(
    nature: str, countersign: str, counts: int
) -> None:
    changes = (
        Change(1, "first", 1, "amount", "1", "2", is_computed=False),
        Change(1, "first", 1, "total", "1", "2", is_computed=True),
    )
    assert Amendment(7, changes, "误", nature, "person/3", "甲", "2026-11-23T02:00:00Z", countersign).counts == counts
