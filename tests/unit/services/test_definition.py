import json
from pathlib import Path

import jsonschema
import pytest

from recordkeeper.model.canonical import canonical
from recordkeeper.model.grammar import LATER_KEYS
from recordkeeper.services.definition import (
    DefinitionError,
    Problem,
    form_data,
    json_schema,
    load_form,
    load_form_of,
    load_procedure,
    shipped_procedures,
)

ROOT = Path(__file__).parents[3]
FORM = """\
code: QR-900-01
revision: A/0
procedure: P90
title: {zh: 试表, en: Trial}
kind: form
owner: quality
keeping_unit: {zh: 质管部, en: Quality}
retention: {years: 3, authority: P12-R1}
sections:
  - id: received
    title: {zh: 登记, en: Received}
    by: quality
    fields:
      - id: source
        title: {zh: 来源, en: Source}
        type: choice
        choices: [{id: phone, zh: 电话, en: Phone}, {id: other, zh: 其他, en: Other}]
      - id: source_other
        title: {zh: 其他来源, en: Other source}
        type: text
        required: false
        required_if: source == 'other'
  - id: verified
    title: {zh: 验证, en: Verified}
    by: quality
    sign: one
    meaning: verified
examples:
  - name: 电话
    values: {source: phone}
  - name: 其他
    values: {source: other, source_other: 信箱}
"""
PROCEDURE = """\
id: P90
revision: A/0
title: {zh: 程序, en: Procedure}
roles: [{id: quality, zh: 质管部, en: Quality}]
forms: [QR-900-01]
"""


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(DefinitionError) as refused:
        load_form(text, "QR-900-01.yaml")
    return [(problem.line, problem.key) for problem in refused.value.problems]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_sound_definition_becomes_a_form() -> None:
    form = load_form(FORM, "QR-900-01.yaml")
    assert form.code == "QR-900-01"
    assert [section.id for section in form.sections] == ["received", "verified"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("kind: form", "kind: slip", "kind"),
        ("years: 3", "years: ever", "retention.years"),
        ("meaning: verified", "meaning: seen", "sections.verified.meaning"),
        ("    by: quality\n    sign", "    by: {role: quality}\n    sign", "sections.verified.by"),
        ("    by: quality\n    sign", "    sign", "sections.verified.by"),
        ("type: choice", "type: chioce", "sections.received.fields.source.type"),
        ("source == 'other'", "sauce == 'other'", "sections.received.fields.source_other.required_if"),
        ("source == 'other'", "source ==", "sections.received.fields.source_other.required_if"),
        ("{source: phone}", "{source: 电报}", "examples.电话.values.source"),
        ("{source: phone}", "{sauce: phone}", "examples.电话.values.sauce"),
        ("{source: other, source_other: 信箱}", "{source: other}", "examples.其他.values"),
        ("revision: A/0\n", "revision: A/0\ncolour: red\n", "colour"),
    ],
)
def test_a_problem_is_named_with_line_and_key(old: str, new: str, key: str) -> None:
    text = FORM.replace(old, new)
    assert text != FORM
    found = problems(text)
    assert [name for _line, name in found if name.startswith(key)], found
    assert len(found) == 1 or key.startswith("examples")


def test_lines_point_to_the_key() -> None:
    text = FORM.replace("type: choice", "type: chioce").replace("meaning: verified", "meaning: seen")
    assert problems(text) == [
        (line_of(text, "type: chioce"), "sections.received.fields.source.type"),
        (line_of(text, "meaning: seen"), "sections.verified.meaning"),
    ]


def test_faults_of_the_text_unknown_keys_and_misfits_are_named_at_once() -> None:
    text = FORM.replace("owner: quality", "owner: quality\nowner: security\ncolour: red")
    text = text.replace("sign: one", "other_than: nobody\n    duties: {until: never}\n    sign: one")
    assert [key for _line, key in problems(text)] == [
        "owner",
        "colour",
        "sections.verified.other_than",
        "sections.verified.duties",
    ]


@pytest.mark.parametrize("key", LATER_KEYS)
def test_a_key_of_the_full_grammar_that_is_not_carried_out_is_refused_by_name(key: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        load_form(FORM.replace("    sign: one", f"    {key}: 3\n    sign: one"), "QR-900-01.yaml")
    (problem,) = refused.value.problems
    assert problem.key == f"sections.verified.{key}"
    assert key in problem.message


def test_the_message_names_the_file_and_every_problem() -> None:
    text = FORM.replace("kind: form", "kind: slip").replace("years: 3", "years: ever")
    with pytest.raises(DefinitionError) as refused:
        load_form(text, "QR-900-01.yaml")
    error = refused.value
    assert error.subject == f"QR-900-01.yaml:{line_of(text, 'kind: slip')}"
    assert all(str(problem) in str(error) for problem in error.problems)
    assert error.problems[0] == Problem("QR-900-01.yaml", 5, "kind", error.problems[0].message)
    assert "slip" in error.problems[0].message


def test_a_definition_that_is_no_yaml_is_refused_with_its_line() -> None:
    assert problems(FORM.replace("owner: quality", "owner: [quality")) == [(7, "")]


def test_data_of_a_definition_are_plain_and_canonical() -> None:
    data = form_data(FORM, "QR-900-01.yaml")
    assert data["retention"] == {"years": 3, "authority": "P12-R1"}
    assert json.loads(canonical(data)) == data


def test_data_with_a_fraction_are_refused() -> None:
    with pytest.raises(DefinitionError):
        form_data("a: 90.5\n", "x.yaml")


def test_a_procedure_is_read_with_the_same_care() -> None:
    assert load_procedure(PROCEDURE, "procedure.yaml").id == "P90"
    with pytest.raises(DefinitionError) as refused:
        load_procedure(PROCEDURE + "duties: []\n", "procedure.yaml")
    assert [(problem.line, problem.key) for problem in refused.value.problems] == [(6, "duties")]


def test_a_form_must_fit_its_procedure() -> None:
    procedure = load_procedure(PROCEDURE, "procedure.yaml")
    assert load_form_of(procedure, FORM, "QR-900-01.yaml").procedure == "P90"
    text = FORM.replace("    by: quality\n    sign", "    by: cook\n    sign").replace("owner: quality", "owner: cook")
    with pytest.raises(DefinitionError) as refused:
        load_form_of(procedure, text, "QR-900-01.yaml")
    assert [problem.key for problem in refused.value.problems] == ["owner", "sections.verified.by"]


def test_the_published_schema_is_the_grammars() -> None:
    published = (ROOT / "docs" / "form.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == json_schema(), "write docs/form.schema.json again: make schema"


def test_the_schema_takes_the_shipped_forms_and_refuses_an_unknown_key() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    files = sorted(shipped_procedures().glob("*/[!p]*.yaml"))
    assert files
    for file in files:
        data = form_data(file.read_text(encoding="utf-8"), file.name)
        validator.validate(data)
        assert not validator.is_valid({**data, "colour": "red"})


def test_everything_that_is_wrong_with_a_definition_is_told_at_once() -> None:
    text = FORM.replace("type: choice", "type: chioce")
    text = text.replace(
        "    sign: one", "    colour: red\n    when: remedy == 'x'\n    other_than: nobody\n    sign: one"
    )
    closing = """\
  - id: closing
    title: {zh: 结案, en: Closing}
    by: quality
    fields:
      - {id: source, title: {zh: 又一, en: Again}, type: text}
      - {id: remedy, title: {zh: 办法, en: Remedy}, type: text}
"""
    text = text.replace("examples:\n", f"{closing}examples:\n")
    assert {key for _line, key in problems(text)} == {
        "sections.received.fields.source.type",
        "sections.verified.colour",
        "sections.verified.other_than",
        "sections.verified.when",
        "sections.closing.fields.source.id",
    }
    assert len(problems(text)) == 5


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("1 == 2", "can never hold"),
        ("source == 'telegram'", "telegram"),
        ("source in ['letter', 'telegram']", "telegram"),
        ("source == 'phone' and source == 'other'", "can never hold"),
    ],
)
def test_a_condition_that_no_value_can_meet_is_named(condition: str, said: str) -> None:
    for key in ("when", "ends"):
        text = FORM.replace("    sign: one", f'    {key}: "{condition}"\n    sign: one')
        with pytest.raises(DefinitionError) as refused:
            load_form(text, "QR-900-01.yaml")
        (problem,) = refused.value.problems
        assert problem.key == f"sections.verified.{key}"
        assert said in problem.message


def test_an_until_that_no_value_can_meet_is_named() -> None:
    rounds = "    rounds: {until: source == 'fax', sections: [received, verified]}\n"
    with pytest.raises(DefinitionError) as refused:
        load_form(FORM.replace("    sign: one", f"{rounds}    sign: one"), "QR-900-01.yaml")
    assert [problem.key for problem in refused.value.problems] == ["sections.verified.rounds.until"]


def test_roles_that_the_procedure_lacks_are_told_with_all_else_that_is_wrong() -> None:
    procedure = load_procedure(PROCEDURE, "procedure.yaml")
    text = FORM.replace("    by: quality\n    sign", "    by: cook\n    other_than: nobody\n    sign")
    text = text.replace("type: choice", "type: chioce")
    with pytest.raises(DefinitionError) as refused:
        load_form_of(procedure, text, "QR-900-01.yaml")
    assert {problem.key for problem in refused.value.problems} == {
        "sections.received.fields.source.type", "sections.verified.by", "sections.verified.other_than",
    }  # fmt: skip
