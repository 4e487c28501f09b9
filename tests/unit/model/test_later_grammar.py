"""What is read but not carried out is named, so that no form that uses it is registered."""

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


def test_a_value_out_of_a_reference_table_is_named() -> None:
    price = {**field("price", "money"), "value": "reference('price_report', 'A-1', 'price')"}
    form = sample_form("form", FIRST, section("two", field("done", "yes_no"), computed=[price], **SIGNED))
    assert keys_of(form) == ["sections.1.computed.0.value.reference"]
