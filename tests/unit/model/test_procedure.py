from typing import Any

import pytest
from pydantic import ValidationError

from recordkeeper.model.form import InconsistentError, parse_form
from recordkeeper.model.procedure import Procedure

DATA: dict[str, Any] = {
    "id": "P90",
    "revision": "A/0",
    "title": {"zh": "程序", "en": "Procedure"},
    "roles": [{"id": "quality", "zh": "质管部", "en": "Quality"}, {"id": "security", "zh": "保安部", "en": "Security"}],
    "rules": [{"id": "P90-R1", "zh": "登记", "en": "Enter it"}],
    "forms": ["QR-900-01"],
}
FORM: dict[str, Any] = {
    "code": "QR-900-01",
    "revision": "A/0",
    "procedure": "P90",
    "title": {"zh": "试表", "en": "Trial"},
    "kind": "form",
    "owner": "quality",
    "keeping_unit": {"zh": "质管部", "en": "Quality"},
    "retention": {"years": 3, "authority": "P12-R1"},
    "sections": [
        {
            "id": "analysed",
            "title": {"zh": "分析", "en": "Analysis"},
            "by": "quality",
            "fields": [
                {
                    "id": "responsible",
                    "title": {"zh": "责任部门", "en": "Responsible"},
                    "type": "choice",
                    "choices": [{"id": "security", "zh": "保安部", "en": "Security"}],
                }
            ],
        },
        {
            "id": "handled",
            "title": {"zh": "处理", "en": "Measures"},
            "by": {"field": "responsible"},
            "sign": "one",
            "meaning": "completed",
        },
    ],
}


def test_roles_and_rules_have_both_languages() -> None:
    procedure = Procedure.model_validate(DATA)
    role = procedure.role("security")
    assert role is not None
    assert role.in_language("zh") == "保安部"
    assert procedure.rules[0].in_language("en") == "Enter it"
    assert procedure.role("nobody") is None


def test_a_form_that_names_only_roles_of_the_procedure_fits() -> None:
    assert Procedure.model_validate(DATA).misfits_of(parse_form(FORM)) == []


def test_a_role_that_nobody_can_hold_is_named_with_its_place() -> None:
    form = parse_form({**FORM, "owner": "cook", "amendment": {"by": ["cook"], "countersign": {"by": ["waiter"]}}})
    assert [place for place, _message in Procedure.model_validate(DATA).misfits_of(form)] == [
        ("owner",),
        ("amendment", "by"),
        ("amendment", "countersign", "by"),
    ]


def test_the_choices_that_name_who_acts_must_be_roles() -> None:
    one_role = Procedure.model_validate({**DATA, "roles": DATA["roles"][:1]})
    (misfit,) = one_role.misfits_of(parse_form(FORM))
    assert misfit.place == ("sections", 1, "by")
    assert "security" in misfit.message


def test_a_form_of_another_procedure_or_not_listed_does_not_fit() -> None:
    procedure = Procedure.model_validate(DATA)
    assert procedure.misfits_of(parse_form({**FORM, "procedure": "P91"}))[0].place == ("procedure",)
    assert procedure.misfits_of(parse_form({**FORM, "code": "QR-900-02"}))[0].place == ("code",)


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("roles", [*DATA["roles"], DATA["roles"][0]], ("roles", 2, "id")),
        ("roles", [{"id": "auditor", "zh": "审核员", "en": "Auditor"}], ("roles", 0, "id")),
        ("rules", [*DATA["rules"], *DATA["rules"]], ("rules", 1, "id")),
        ("forms", ["QR-900-01", "QR-900-01"], ("forms", 1)),
    ],
)
def test_names_that_stand_twice_or_are_the_products_own_are_refused(key: str, value: Any, place: tuple[Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Procedure.model_validate({**DATA, key: value})
    cause = refused.value.errors()[0]["ctx"]["error"]
    assert isinstance(cause, InconsistentError)
    assert [misfit.place for misfit in cause.misfits] == [place]
