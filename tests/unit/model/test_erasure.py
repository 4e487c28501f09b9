"""What acts say without the values that were asked for: every spelling of a place, every act in which it stands."""

import pytest

from record_samples import Life, form, section, titled
from recordkeeper.model.canonical import Content, canonical
from recordkeeper.model.erased import ERASED_TEXT, erased_mark, is_erased, left_of
from recordkeeper.model.erasure import (
    ComputedValueError,
    MovedRowsError,
    NothingToEraseError,
    SteeringValueError,
    check_places,
    place_of_state,
    places_of,
    redacted_acts,
    title_of_place,
)
from recordkeeper.model.event import CARRY, History, successor_head
from recordkeeper.model.record import Record
from recordkeeper.model.said_values import told_elsewhere
from recordkeeper.model.subject import base_of, number_of, successor_subject

MARK = {"erased": 17}
PEOPLE = titled("people", "rows", columns=[titled("name"), titled("age", "number")])


def lived() -> Life:
    """A record with a name in a field, in two rows, in an amendment, in its reason, and for whom it was filled."""
    life = Life(
        form(
            section("first", "clerk", titled("name"), titled("note"), PEOPLE, sign="one"),
            section("second", "clerk", titled("urgent", "yes_no"), titled("place")),
            section("third", "clerk", titled("why"), when="urgent is none"),
            amendment={"corrections": 9},
        )
    )
    rows = [{"name": "赵甲", "age": "3"}, {"name": "钱乙", "age": "4"}]
    life.fill("first", filled_for="赵甲", name="赵甲", note="赵甲来电", people=rows)
    life.sign("first")
    life.fill("second", urgent="no", place="东门")
    life.amend(reason="原写赵甲", name="孙丙", people__2__name="李丁")
    return life


def said(record: Record, *places: str) -> str:
    """What the acts say without these places."""
    return canonical(list(redacted_acts(record, places, 17))).decode()


def carried_over(record: Record, *places: str) -> Record:
    """The record as it goes on without these places."""
    subject = successor_subject(record.subject, 17)
    history = History(subject, (successor_head(subject, "7" * 32, record.subject, 17),))
    states = record.history.digests
    for number, act in enumerate(redacted_acts(record, places, 17), 1):
        head: Content = {"act": CARRY, "by": "person/9", "name": "档", "at": "2026-12-01T02:00:00Z", "on": "2026-12-01"}
        history = history.followed_by({**head, "state": states[number], "carried": act})
    return Record.replay(record.form, history)


def test_every_act_loses_the_value_its_amendments_and_their_reasons() -> None:
    record = lived().record
    text = said(record, "name", "people", "note", "filled_for")
    assert not {"赵甲", "钱乙", "孙丙", "李丁"} & {text[place : place + 2] for place in range(len(text))}
    assert "东门" in text
    assert text.count('"fill":') == 0  # nothing is there that was not there
    assert ERASED_TEXT in text
    assert "signature" not in text
    assert f'"signed_state":"{record.history.digests[2]}"' in text


def test_a_cell_goes_alone_and_what_stood_there_before_with_it() -> None:
    after = carried_over(lived().record, "people.2.name")
    assert after.values["people"] == [{"age": "3", "name": "赵甲"}, {"age": "4", "name": MARK}]
    changes = {change.field: (change.old, change.new) for one in after.amendments for change in one.changes}
    assert changes == {"name": ("赵甲", "孙丙"), "people.2.name": (MARK, MARK)}


def test_days_persons_and_numbers_of_acts_stay_and_the_number_of_the_record() -> None:
    record = lived().record
    after = carried_over(record, "name")
    assert [(act.told.kind, act.told.by, act.told.at) for act in after.history.acts[1:]] == [
        (act.kind, act.by, act.at) for act in record.history.acts[1:]
    ]
    assert (after.number, after.state, after.closed_on) == (record.number, record.state, record.closed_on)
    assert (base_of(after.subject), number_of(after.subject)) == (record.subject, record.number)
    assert {signature.signed_state for signature in after.signatures} == {
        record.history.digests[signature.act_number - 1] for signature in record.signatures
    }
    again = carried_over(after, "note")
    assert again.subject == after.subject
    assert (again.values["name"], again.values["note"]) == (MARK, MARK)
    assert [place_of_state(again.history, state) for state in record.history.digests[1:]] == [1, 2, 3, 4, 5]
    assert place_of_state(again.history, "0" * 64) is None


def test_places_that_hold_nothing_and_values_that_steer_are_refused() -> None:
    record = lived().record
    assert places_of(record) == ["name", "note", "people", "urgent", "place", "filled_for"]
    check_places(record, ["name", "people.1.age", "filled_for"])
    for place in ("why", "people.3.name", "people.1.height", "attachment.2", "nothing"):
        with pytest.raises(NothingToEraseError):
            check_places(record, [place])
    with pytest.raises(SteeringValueError):
        check_places(record, ["urgent"])
    with pytest.raises(NothingToEraseError):
        check_places(carried_over(record, "place"), ["place"])


def test_a_cell_is_refused_alone_where_an_earlier_filling_had_other_rows() -> None:
    life = Life(form(section("first", "clerk", PEOPLE, sign="one")))
    life.fill("first", people=[{"name": "误登", "age": "3"}, {"name": "赵甲", "age": "3"}])
    life.fill("first", people=[{"name": "赵甲", "age": "3"}, {"name": "钱乙", "age": "7"}])
    with pytest.raises(MovedRowsError):
        check_places(life.record, ["people.1.name"])
    check_places(life.record, ["people"])
    check_places(life.record, ["people.1.name", "people"])
    assert "赵甲" not in said(life.record, "people")


def test_a_cell_goes_alone_where_earlier_rows_agree_with_those_that_stand() -> None:
    life = Life(form(section("first", "clerk", PEOPLE, sign="one")))
    life.fill("first", people=[{"name": "赵甲", "age": "3"}])
    life.fill("first", people=[{"name": "赵甲", "age": "5"}, {"name": "钱乙", "age": "7"}])
    check_places(life.record, ["people.1.name"])
    assert "赵甲" not in said(life.record, "people.1.name")
    assert "钱乙" in said(life.record, "people.1.name")


def test_the_same_text_in_another_field_is_told() -> None:
    record = lived().record
    assert told_elsewhere(record, ["people.1.name"]) == ["name", "note"]
    assert told_elsewhere(record, ["place"]) == []


def test_the_same_text_is_told_where_an_amendment_or_a_later_filling_took_its_place() -> None:
    fields = [titled(name) for name in ("name", "note", "place")]
    life = Life(form(section("first", "clerk", *fields, sign="one"), amendment={"corrections": 9}))
    life.fill("first", name="赵甲", note="赵甲来电", place="赵甲家")
    life.fill("first", name="赵甲", note="赵甲来电", place="东门")
    life.sign("first")
    life.amend(note="来电")
    assert told_elsewhere(life.record, ["name"]) == ["note", "place"]


def test_what_a_later_filling_left_out_can_be_named_and_goes() -> None:
    life = Life(form(section("first", "clerk", titled("name"), titled("note", required=False), sign="one")))
    life.fill("first", name="赵甲", note="钱乙")
    life.fill("first", name="赵甲")
    assert places_of(life.record) == ["name", "note"]
    check_places(life.record, ["note"])
    assert "钱乙" not in said(life.record, "note")


def test_what_a_text_was_computed_from_does_not_go_without_it() -> None:
    label = titled("label", value="name ~ ' ' ~ note")
    twice = titled("twice", value="label ~ '!'")
    length = titled("length", "number", value="1 if name else 0")
    fields = [titled("name"), titled("note"), titled("place")]
    life = Life(form(section("first", "clerk", *fields, computed=[label, twice, length])))
    life.fill("first", name="赵甲", note="来电", place="东门")
    for places in (["name"], ["note", "label"], ["label"]):
        with pytest.raises(ComputedValueError):
            check_places(life.record, places)
    check_places(life.record, ["place"])
    check_places(life.record, ["name", "label", "twice"])
    assert "赵甲" not in said(life.record, "name", "label", "twice")


def test_places_are_called_by_their_titles() -> None:
    record = lived().record
    titles = [title_of_place(record, place, "zh", str) for place in ("name", "people.2.name", "attachment.4", "gone")]
    assert titles == ["栏name", "栏people, row 2, 栏name", "attachment of act 4", "gone"]


def test_what_is_left_of_a_value_has_no_marks() -> None:
    mark = erased_mark(17)
    assert mark == MARK
    assert is_erased(mark)
    assert left_of(mark) is None
    assert left_of([{"name": mark, "age": "4"}]) == [{"age": "4"}]
    assert left_of("x") == "x"
