"""How two revisions of a definition differ, told place by place."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from form_samples import FORMS, field, load, section, title
from recordkeeper.model.form import parse_form
from recordkeeper.model.procedure import Procedure
from recordkeeper.model.revision_difference import (
    Change,
    Difference,
    dropped_fields,
    form_differences,
    line_differences,
    procedure_differences,
)

SIGNED = {"sign": "one", "meaning": "received"}
CHOICES = [{"id": "good", **title("好", "Good")}, {"id": "bad", **title("差", "Bad")}]
BEFORE: dict[str, Any] = {
    "code": "QR-900-01",
    "revision": "A/0",
    "procedure": "P90",
    "title": title("样表", "Sample"),
    "kind": "form",
    "owner": "quality",
    "keeping_unit": title("质管部"),
    "retention": {"years": 3, "authority": "P90-R1"},
    "sections": [
        section("found", field("seen"), field("state", "choice", choices=CHOICES), **SIGNED),
        section(
            "checked",
            field("goods", "rows", columns=[field("name"), field("count", "number")]),
            field("phone", required=False),
            when="state == 'bad'",
            due={"days": 3, "after": "found"},
            **SIGNED,
        ),
    ],
}


def told(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[str, object, object]]:
    differences = form_differences(parse_form(before), parse_form(after))
    found: dict[str, tuple[str, object, object]] = {
        ".".join(each.keys): (str(each.change), each.was, each.now) for each in differences
    }
    assert len(found) == len(differences)
    return found


def changed(**more: Any) -> dict[str, Any]:
    return {**deepcopy(BEFORE), "revision": "A/1", **more}


def checked(after: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = after["sections"][1]
    return found


def test_a_revision_alone_is_no_difference() -> None:
    assert told(BEFORE, changed()) == {}


def test_what_a_definition_leaves_to_the_grammar_is_no_difference() -> None:
    after = changed(medium="electronic", page="A4")
    after["sections"][0]["fields"][0]["required"] = True
    assert told(BEFORE, after) == {}


def test_fields_are_told_as_added_dropped_and_retitled() -> None:
    after = changed()
    checked(after)["fields"] = [checked(after)["fields"][0], field("mobile")]
    after["sections"][0]["fields"][0]["title"] = title("所见", "What was seen")
    assert {place: change for place, (change, _was, _now) in told(BEFORE, after).items()} == {
        "sections.checked.fields.phone": "dropped",
        "sections.checked.fields.mobile": "added",
        "sections.found.fields.seen.title": "changed",
    }
    assert dropped_fields(parse_form(BEFORE), parse_form(after)) == ["phone"]


def test_a_dropped_column_is_named_with_its_rows_and_goes_unnamed_with_them() -> None:
    after = changed()
    checked(after)["fields"][0]["columns"] = [field("name")]
    assert dropped_fields(parse_form(BEFORE), parse_form(after)) == ["goods.count"]
    checked(after)["fields"] = [field("phone")]
    assert dropped_fields(parse_form(BEFORE), parse_form(after)) == ["goods"]


def test_a_field_that_changes_its_section_is_moved_and_not_dropped() -> None:
    after = changed()
    phone = checked(after)["fields"].pop()
    after["sections"][0]["fields"].append({**phone, "required": True})
    assert told(BEFORE, after) == {
        "sections.found.fields.phone": ("moved", "sections.checked.fields", "sections.found.fields"),
        "sections.found.fields.phone.required": ("changed", False, None),
    }
    assert dropped_fields(parse_form(BEFORE), parse_form(after)) == []


def test_conditions_due_times_roles_and_retention_are_told_with_both_values() -> None:
    after = changed(retention={"years": 5, "authority": "P90-R1"})
    checked(after).update(when="state == 'good'", due={"working_days": 2, "after": "found"}, by=["clerk", "head"])
    assert told(BEFORE, after) == {
        "retention.years": ("changed", 3, 5),
        "sections.checked.when": ("changed", "state == 'bad'", "state == 'good'"),
        "sections.checked.due.days": ("changed", 3, None),
        "sections.checked.due.working_days": ("changed", None, 2),
        "sections.checked.by": ("changed", ["clerk"], ["clerk", "head"]),
    }


def test_another_order_of_fields_and_sections_is_told() -> None:
    after = changed()
    checked(after)["fields"].reverse()
    assert told(BEFORE, after) == {"sections.checked.fields": ("moved", ["goods", "phone"], ["phone", "goods"])}


def test_examples_are_said_to_differ_and_no_more() -> None:
    after = changed(examples=[{"name": "一", "values": {"seen": "甲"}}])
    assert told(BEFORE, after) == {"examples": ("changed", None, None)}


def test_roles_rules_and_forms_of_a_procedure_are_told() -> None:
    before = load(FORMS / "P02" / "procedure.yaml")
    after = deepcopy(before)
    after["roles"] = [role for role in before["roles"] if role["id"] != "security"]
    after["roles"].append({"id": "fire", **title("消防部")})
    after["rules"][0]["en"] = "Everything is answered"
    after["forms"] = before["forms"][:-1]
    found = procedure_differences(Procedure.model_validate(before), Procedure.model_validate(after))
    assert {(".".join(each.keys), each.change) for each in found} == {
        ("roles.security", Change.DROPPED),
        ("roles.fire", Change.ADDED),
        ("rules.P02-R1.text", Change.CHANGED),
        ("forms", Change.CHANGED),
    }


def test_lines_of_templates_are_compared_and_a_changed_layout_is_said() -> None:
    found = line_differences(["甲", "乙", "丙"], ["甲", "丁", "丙"])
    assert [(each.change, each.was, each.now) for each in found] == [
        (Change.DROPPED, "乙", None),
        (Change.ADDED, None, "丁"),
    ]
    assert line_differences(["甲"], ["甲"]) == [Difference(("template",), Change.CHANGED)]


SHIPPED = [load(path) for path in sorted(FORMS.glob("P0[1-5]/QR-*.yaml"))]


@given(st.data())
def test_no_change_of_a_shipped_definition_goes_untold(data: st.DataObject) -> None:
    before = data.draw(st.sampled_from(SHIPPED))
    after = deepcopy(before)
    place = data.draw(st.sampled_from(list(_texts(after))))
    holder: Any = after
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = f"{holder[place[-1]]}改"
    assert form_differences(parse_form(before), parse_form(after)) != []


def _texts(data: Any, place: tuple[Any, ...] = ()) -> Any:
    """The places of titles and hints: they may say anything."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        if key in {"zh", "en"} and place[:1] != ("examples",):
            yield (*place, key)
        elif place[:1] != ("examples",):
            yield from _texts(value, (*place, key))
