import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import recordkeeper
from recordkeeper.model.example import Trial, try_examples
from recordkeeper.model.form import Example, Form
from recordkeeper.model.value import plain_value
from recordkeeper.services.definition import example_reading, form_data, load_form, shipped_procedures

DATA = Path(recordkeeper.__file__).parent / "demonstration"
LAST_DAY = date(2026, 11, 20)
STAGES = ("received", "forwarded", "analysed", "handled", "verified")


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def yaml_of(name: str) -> Any:
    text = (DATA / name).read_text(encoding="utf-8")
    return form_data(text, name)


def feedback() -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", yaml_of("feedback.yaml")["sheets"])


@lru_cache
def form_of(code: str) -> Form:
    file = shipped_procedures() / "P02" / f"{code}.yaml"
    return load_form(file.read_text(encoding="utf-8"), file.name)


def tried(form: Form, values: Mapping[str, object], **more: Any) -> Trial:
    example = Example(name="x", values=values, **more)
    return try_examples(form.model_copy(update={"examples": (example,)}), example_reading())[0]


def filled(row: Mapping[str, str], form: Form) -> dict[str, str]:
    return {name: value for name, value in row.items() if value and form.field(name)}


PREMISES = rows_of("premises.csv")
PHONES = {row["party"]: row["phone"] for row in PREMISES}


def duty_values(row: dict[str, str]) -> dict[str, str]:
    values = filled(row, form_of("QR-017-01"))
    if row["party"]:
        values = {"caller": row["party"], "phone": PHONES[row["party"]], "room": row["premises"], **values}
    return values


def questionnaires() -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    form = form_of("QR-017-03")
    for row in rows_of("questionnaires.csv"):
        yield row, filled(row, form)


def test_every_duty_entry_passes_every_check() -> None:
    form, entries = form_of("QR-017-01"), rows_of("duty_log.csv")
    assert len(entries) >= 64
    for row in entries:
        trial = tried(form, {}, rows=(duty_values(row),))
        assert trial.problems == (), row


def test_duty_entries_lie_in_three_months_and_name_known_parties() -> None:
    entries = rows_of("duty_log.csv")
    homes = {(row["unit"], row["premises"], row["party"]) for row in PREMISES}
    assert {row["received_at"][:7] for row in entries} == {"2026-09", "2026-10", "2026-11"}
    assert {(row["unit"], row["premises"], row["party"]) for row in entries if row["party"]} <= homes
    assert all(row["party"] or row["caller"] for row in entries)


def test_every_feedback_sheet_passes_every_check_as_far_as_it_goes() -> None:
    form, sheets = form_of("QR-017-02"), feedback()
    assert len(sheets) == 30
    for sheet in sheets:
        stages = [stage for stage in STAGES if stage in sheet]
        assert stages == list(STAGES[: len(stages)]), sheet["key"]
        values = {name: value for stage in stages for name, value in sheet[stage].items()}
        if "party" in sheet:
            values = {"customer": sheet["party"], "phone": PHONES[sheet["party"]], **values}
        assert tried(form, values).problems == (), sheet["key"]


def test_feedback_sheets_stand_at_every_stage() -> None:
    reached = Counter(next(stage for stage in reversed(STAGES) if stage in sheet) for sheet in feedback())
    assert set(reached) == set(STAGES)
    assert len({sheet["key"] for sheet in feedback()}) == 30


def test_every_questionnaire_passes_every_check() -> None:
    form = form_of("QR-017-03")
    households = {(row["unit"], row["premises"]) for row in PREMISES}
    returned = 0
    for row, values in questionnaires():
        assert (row["unit"], row["household"]) in households
        assert tried(form, values).problems == (), row["household"]
        assert ("received_on" in values) == (row["returned"] == "是")
        returned += "received_on" in values
    assert returned >= 40


def test_the_survey_gives_statistics_with_a_shortfall_that_the_story_answers() -> None:
    form, reading = form_of("QR-017-03"), example_reading()
    sent: list[dict[str, object]] = []
    returned: list[dict[str, object]] = []
    for number, (row, values) in enumerate(questionnaires(), 1):
        record = tried(form, values).record
        plain = {name: plain_value(form.field(name) or form.sections[0].fields[0], value, reading.zone)
                 for name, value in record.values.items()}  # fmt: skip
        sent.append({"number": f"QR-017-03/2026-{number:04}"})
        if row["returned"] == "是":
            returned.append({**{field.id: None for field in form.sections[1].fields}, **plain, **sent[-1]})
    story = yaml_of("story.yaml")["statistics"]
    trial = tried(
        form_of("QR-017-04"),
        {**story["figures"], **story["findings"]},
        sources={"sent": tuple(sent), "returned": tuple(returned)},
    )
    computed = trial.record.values
    assert trial.problems == ()
    assert computed["return_reached"] is True
    assert Decimal(str(computed["overall_rate"])) >= 90
    assert trial.required == {"shortfall": {True}}
    assert str(computed["without_overall"]).count("QR-017-03/2026-") == 2


def test_the_commendation_passes_every_check() -> None:
    story = yaml_of("story.yaml")["commendation"]
    assert tried(form_of("QR-102-01"), {**story["values"], **story["posted"]["values"]}).problems == ()


def test_nothing_happened_after_the_last_day() -> None:
    moments = [row["received_at"][:10] for row in rows_of("duty_log.csv")]
    moments += [row[key] for row in rows_of("duty_log.csv") for key in ("replied_on",) if row[key]]
    moments += [sheet["received"]["fed_back_at"][:10] for sheet in feedback()]
    moments += [sheet["handled"]["completed_on"] for sheet in feedback() if "handled" in sheet]
    moments += [row[key] for row in rows_of("questionnaires.csv") for key in ("issued_on", "received_on") if row[key]]
    assert max(date.fromisoformat(moment) for moment in moments) <= LAST_DAY


def test_every_section_of_the_procedure_has_somebody_at_every_estate_who_may() -> None:
    workspace = yaml_of("workspace.yaml")
    held = {(grant["role"], grant["unit"]) for person in workspace["people"] for grant in person["grants"]}
    procedure_roles = {"quality", "security", "engineering", "cleaning", "administration", "field_staff", "duty_clerk",
                       "department_head", "management_representative"}  # fmt: skip
    for unit in ("JX", "BJ"):
        assert {role for role in procedure_roles if {(role, unit), (role, "HQ")} & held} == procedure_roles
    logins = {person["login"] for person in workspace["people"]}
    assert {"controller", "approver", "clerk", "head", "quality", "auditor"} <= logins
    assert {*workspace["clerks"].values(), *workspace["performers"].values()} <= logins


def test_the_story_names_what_the_other_files_hold() -> None:
    story = yaml_of("story.yaml")
    keys = {sheet["key"] for sheet in feedback()}
    entries = {(row["unit"], row["received_at"]) for row in rows_of("duty_log.csv")}
    households = {row["household"] for row in rows_of("questionnaires.csv") if row["returned"] == "是"}
    for amendment in story["amendments"]:
        if "feedback" in amendment:
            assert amendment["feedback"] in keys
        elif "duty" in amendment:
            assert (amendment["duty"]["unit"], amendment["duty"]["received_at"]) in entries
        else:
            assert amendment["questionnaire"] in households
    assert {story["void"]["feedback"], story["refused"]["feedback"]} <= keys


def test_names_of_parties_are_unique() -> None:
    names = Counter(row["party"] for row in PREMISES)
    assert [name for name, count in names.items() if count > 1] == []
