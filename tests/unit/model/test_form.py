from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from recordkeeper.model.form import Form, InconsistentError, parse_form

Edit = Callable[[dict[str, Any]], None]


def text(identifier: str, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "title": {"zh": "栏", "en": "Field"}, "type": "text", **more}


def section(identifier: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": identifier, "title": {"zh": "栏目", "en": "Section"}, "by": "quality", "fields": list(fields), **more}


MINIMAL: dict[str, Any] = {
    "code": "QR-900-01",
    "revision": "A/0",
    "procedure": "P90",
    "title": {"zh": "试表", "en": "Trial"},
    "kind": "form",
    "owner": "quality",
    "keeping_unit": {"zh": "质管部", "en": "Quality"},
    "retention": {"years": 3, "authority": "P12-R1"},
    "sections": [
        section("received", text("matter"), text("detail", required=False)),
        section("verified", text("result")),
    ],
}


def changed(edit: Edit) -> dict[str, Any]:
    data = deepcopy(MINIMAL)
    edit(data)
    return data


def misfits(edit: Edit) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as refused:
        parse_form(changed(edit))
    (error,) = refused.value.errors()
    cause = error["ctx"]["error"]
    assert isinstance(cause, InconsistentError)
    return [(".".join(map(str, place)), message) for place, message in cause.misfits]


def put(value: Any, *place: Any) -> Edit:
    def edit(data: Any) -> None:
        for part in place[:-1]:
            data = data[part]
        data[place[-1]] = value

    return edit


def test_a_minimal_form_takes_the_usual_policies() -> None:
    form = parse_form(MINIMAL)
    assert form.amendment.corrections == 2
    assert form.retention.trigger == "closed"
    assert form.sections[0].by == ("quality",)
    assert form.spellings == ("QR-900-01", "试表", "Trial")


def test_fields_are_found_in_any_section() -> None:
    form = parse_form(MINIMAL)
    found = form.field("result")
    assert found is not None
    assert found.type == "text"
    assert form.field("nothing") is None


TITLE = {"zh": "表", "en": "Table"}
RATES = {
    "id": "rates",
    "title": TITLE,
    "type": "rows",
    "columns": [{"id": "item", "title": TITLE, "type": "text"}, {"id": "rate", "title": TITLE, "type": "number"}],
}


def chart(label: str, value: str, **more: str) -> dict[str, object]:
    return {"title": TITLE, "label": label, "value": value, **more}


@pytest.mark.parametrize(
    ("edit", "place", "said"),
    [
        (put("matter", "sections", 1, "fields", 0, "id"), "sections.1.fields.0.id", "matter"),
        (put("received", "sections", 1, "id"), "sections.1.id", "received"),
        (put("record", "sections", 0, "fields", 0, "id"), "sections.0.fields.0.id", "record"),
        (put("tally", "sections", 0, "fields", 0, "id"), "sections.0.fields.0.id", "tally"),
        (put("signature", "sections", 0, "fields", 0, "id"), "sections.0.fields.0.id", "signature"),
        (put("verified", "sections", 0, "other_than"), "sections.0.other_than", "verified"),
        (put("nobody", "sections", 1, "other_than"), "sections.1.other_than", "nobody"),
        (put({"days": 3, "after": "later"}, "sections", 1, "due"), "sections.1.due.after", "later"),
        (put({"field": "later"}, "sections", 1, "due"), "sections.1.due.field", "later"),
        (put({"field": "result"}, "sections", 1, "by"), "sections.1.by", "result"),
        (put({"party": "guest"}, "sections", 1, "by"), "sections.1.by", "guest"),
        (put("result == 'x'", "sections", 1, "when"), "sections.1.when", "result"),
        (put("result and", "sections", 1, "when"), "sections.1.when", ""),
        (put("nothing", "sections", 0, "fields", 0, "check"), "sections.0.fields.0.check", "nothing"),
        (put("result", "sections", 0, "fields", 1, "required_if"), "sections.0.fields.1.required_if", "result"),
        (put("absent", "sections", 0, "fields", 1, "beside"), "sections.0.fields.1.beside", "absent"),
        (put("detail", "sections", 0, "fields", 1, "beside"), "sections.0.fields.1.beside", "detail"),
        (put("absent", "sections", 0, "fields", 1, "remarks"), "sections.0.fields.1.remarks", "absent"),
        (
            put({**RATES, "chart": chart("item", "rate", objective="absent")}, "sections", 0, "fields", 1),
            "sections.0.fields.1.chart.objective",
            "absent",
        ),
        (put("register", "kind"), "kind", ""),
        (put({"sent": {"form": "QR-900-02"}}, "sources"), "sources", "form"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(edit: Edit, place: str, said: str) -> None:
    found = misfits(edit)
    assert [name for name, _message in found] == [place]
    assert said in found[0][1]


def test_all_misfits_are_named_at_once() -> None:
    def edit(data: dict[str, Any]) -> None:
        put("nobody", "sections", 1, "other_than")(data)
        put("nothing == 1", "sections", 1, "when")(data)
        put("matter", "sections", 1, "fields", 0, "id")(data)

    assert {place for place, _message in misfits(edit)} == {
        "sections.1.other_than",
        "sections.1.when",
        "sections.1.fields.0.id",
    }


def test_a_condition_may_read_earlier_values_and_facts() -> None:
    form = parse_form(changed(put("matter != '' and received.is_late and on.year > 2000", "sections", 1, "when")))
    assert form.sections[1].when is not None


def test_a_computed_value_may_read_those_computed_before_it() -> None:
    computed = [
        {**text("first"), "value": "matter ~ detail"},
        {**text("second"), "value": "first ~ '!'"},
    ]
    parse_form(changed(put(computed, "sections", 0, "computed")))
    found = misfits(put(computed[::-1], "sections", 0, "computed"))
    assert found[0][0] == "sections.0.computed.0.value"
    assert "first" in found[0][1]


def test_a_registers_sheet_needs_a_date_to_group_by() -> None:
    def edit(data: dict[str, Any]) -> None:
        put("register", "kind")(data)
        put({"by": "month", "on": "matter"}, "sheet")(data)

    assert [place for place, _message in misfits(edit)] == ["sheet.on"]


def test_a_sheets_sections_see_the_rows() -> None:
    def edit(data: dict[str, Any]) -> None:
        put("register", "kind")(data)
        put("date", "sections", 0, "fields", 0, "type")(data)
        summary = section("summary", text("remarks"), computed=[{**text("counted"), "value": "rows | length"}])
        put({"by": "month", "on": "matter", "sections": [summary]}, "sheet")(data)

    form = parse_form(changed(edit))
    assert form.sheet is not None
    assert form.sheet.sections[0].computed[0].value == "rows | length"


@pytest.mark.parametrize(
    "edit",
    [
        put("choice", "sections", 0, "fields", 0, "type"),
        put("rows", "sections", 0, "fields", 0, "type"),
        put(True, "sections", 0, "fields", 0, "multiple"),
        put("[", "sections", 0, "fields", 0, "pattern"),
        put("2", "sections", 0, "fields", 0, "at_least"),
        put(chart("item", "rate"), "sections", 0, "fields", 0, "chart"),
        put({**RATES, "chart": chart("item", "item")}, "sections", 0, "fields", 0),
        put("one", "sections", 0, "sign"),
        put("read", "sections", 0, "meaning"),
        put([], "sections", 0, "by"),
        put([], "sections", 0, "fields"),
        put({"days": 3}, "sections", 1, "due"),
        put({"days": 3, "after": "received", "field": "matter"}, "sections", 1, "due"),
        put([{"times": 3}], "sections", 1, "rounds"),
        put("qr-900", "code"),
        put("A", "revision"),
        put([], "sections"),
        put({"years": 0, "authority": "x"}, "retention"),
    ],
)
def test_a_definition_that_breaks_the_grammar_is_refused(edit: Edit) -> None:
    with pytest.raises(ValidationError):
        parse_form(changed(edit))


def test_a_form_is_a_value_that_cannot_be_changed() -> None:
    form = parse_form(MINIMAL)
    with pytest.raises(ValidationError):
        form.code = "QR-900-02"  # type: ignore[misc]  # what is to be refused
    assert Form.model_validate(form.model_dump(by_alias=True)) == form
