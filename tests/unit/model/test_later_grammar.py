"""What is read but not carried out is named, so that no form that uses it is registered."""

import pytest

from form_samples import SAMPLES, field, sample_form, section
from recordkeeper.model.form import Form
from recordkeeper.model.later_grammar import not_carried_out

SIGNED = {"sign": "one", "meaning": "received"}
FIRST = section("one", field("on_day", "date"), field("at_moment", "moment"), **SIGNED)


def keys_of(form: Form) -> list[str]:
    return [".".join(map(str, misfit.place)) for misfit in not_carried_out(form)]


def test_what_is_carried_out_is_not_named() -> None:
    assert [keys_of(form) for form in SAMPLES.values()] == [[] for _form in SAMPLES]
    later = section("two", field("done", "yes_no"), due={"days": 3, "after": "one"}, **SIGNED)
    assert keys_of(sample_form("form", FIRST, later)) == []
    led = section("two", field("done", "yes_no"), opens=[{"purpose": "complaint"}], needs=[{"purpose": "review"}])
    assert keys_of(sample_form("form", FIRST, led)) == []


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"due": {"working_days": 3, "after": "one"}}, "sections.1.due.working_days"),
        ({"due": {"minutes": 40, "field": "at_moment"}}, "sections.1.due.minutes"),
        ({"due": {"days": 3, "field": "on_day"}}, "sections.1.due.days"),
        ({"not_before": {"days": 3, "after": "one"}}, "sections.1.not_before"),
        ({"rounds": {"until": "done", "sections": ["two"]}}, "sections.1.rounds"),
    ],
)
def test_a_key_of_a_section_that_is_not_carried_out_is_named(more: dict[str, object], key: str) -> None:
    assert keys_of(sample_form("form", FIRST, section("two", field("done", "yes_no"), **SIGNED, **more))) == [key]


def test_a_section_that_is_repeated_is_named() -> None:
    choices = [{"id": "clerk", "zh": "值班员", "en": "Clerk"}, {"id": "head", "zh": "负责人", "en": "Head"}]
    asked = section("asked", field("who", "choice", choices=choices, multiple=True))
    answered = section("answered", field("opinion"), each={"field": "who"})
    assert keys_of(sample_form("form", asked, answered)) == ["sections.1.each"]
