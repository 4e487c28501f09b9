"""Acts that need one person more than there are."""

import pytest

from form_samples import field, sample_form, section
from recordkeeper.model.form import Form
from recordkeeper.model.staffing import impossible_sections, roles_of, too_few_to_countersign

SIGNED = {"sign": "one", "meaning": "received"}
ROLES = [{"id": "clerk", "zh": "值班员", "en": "Clerk"}, {"id": "head", "zh": "负责人", "en": "Head"}]


def three(**more: object) -> Form:
    """A record that one makes, a second checks and a third approves."""
    return sample_form(
        "form",
        section("made", field("text"), field("who", "choice", choices=ROLES), **SIGNED),
        section("checked", by=["clerk", "head"], other_than="made", **SIGNED),
        section("approved", by={"field": "who"}, other_than=["made", "checked"], **{**SIGNED, **more}),
    )


@pytest.mark.parametrize(
    ("clerks", "heads", "impossible"),
    [
        ("a", "", {"checked", "approved"}),
        ("ab", "", {"approved"}),
        ("a", "b", {"approved"}),
        ("a", "ab", {"approved"}),
        ("abc", "", set()),
        ("a", "bc", set()),
        ("", "a", set()),
    ],
)
def test_a_section_of_another_person_needs_one_more(clerks: str, heads: str, impossible: set[str]) -> None:
    found = impossible_sections(three(), {"clerk": set(clerks), "head": set(heads)})
    assert {section.id for section, _others in found} - ({"checked", "approved"} if not clerks else set()) == impossible


def test_what_may_be_signed_on_paper_is_never_impossible() -> None:
    found = impossible_sections(three(on_paper=True), {"clerk": {"a", "b"}})
    assert [section.id for section, _others in found] == []


def test_sections_of_different_routes_are_not_counted_together() -> None:
    form = sample_form(
        "form",
        section("asked", field("is_big", "yes_no")),
        section("small", when="not is_big", by="clerk", **SIGNED),
        section("big", when="is_big", by="head", **SIGNED),
        section("approved", by=["clerk", "head"], other_than=["small", "big"], **SIGNED),
    )
    assert list(impossible_sections(form, {"clerk": {"a"}, "head": {"b"}})) == []
    ((section_found, others),) = impossible_sections(form, {"clerk": {"a"}, "head": {"a"}})
    assert (section_found.id, [each.id for each in others]) == ("approved", ["small", "big"])


def test_one_person_alone_does_not_amend_and_counter_sign() -> None:
    form = sample_form("form", section("made", field("text")), amendment={"countersign": {"by": ["clerk"]}})
    assert too_few_to_countersign(form, {"clerk": {"a"}})
    assert not too_few_to_countersign(form, {"clerk": {"a", "b"}})
    assert not too_few_to_countersign(sample_form("form", section("made", field("text"))), {"clerk": {"a"}})


def test_every_role_that_acts_is_named_with_what_it_does() -> None:
    access = {"consent": ["head"]}
    form = sample_form("form", section("made", field("text")), access=access, amendment={"by": ["quality"]})
    assert roles_of(form) == {"clerk": ["made"], "quality": ["amend"], "head": ["consent"]}
