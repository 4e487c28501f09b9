from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from record_samples import (
    CHECKER,
    CLERK,
    HEAD,
    OTHER_CLERK,
    READING,
    STRANGER,
    Life,
    form,
    register_form,
    section,
    titled,
    who,
)
from recordkeeper.model.event import Act, History
from recordkeeper.model.record import Record
from recordkeeper.model.record_amendment import (
    ComputedValueError,
    EqualValueError,
    LaterValuesError,
    SourceComputedError,
    TooManyCorrectionsError,
    UnknownFieldError,
)
from recordkeeper.model.record_guard import (
    NoReasonError,
    NotItsTurnError,
    NotYoursError,
    ValuesRefusedError,
    WrongStateError,
)
from recordkeeper.model.record_state import State, UnknownSectionError
from recordkeeper.model.replay import UnreadableActError

COUNTERSIGNED = {"corrections": 2, "countersign": {"by": ["checker"]}}
ROWS = titled(
    "items",
    "rows",
    columns=[titled("name"), titled("price", "money"), titled("remark", required=False)],
)


def two_sections(**more: Any) -> Life:
    """The clerk fills and signs, the head fills and signs."""
    return Life(
        form(
            section("first", "clerk", titled("name"), titled("phone", required=False), sign="one"),
            section("second", "head", titled("answer"), sign="one"),
            **more,
        )
    )


def closed(**more: Any) -> Life:
    life = two_sections(**more)
    life.fill("first", name="甲", phone="1")
    life.sign("first")
    life.fill("second", HEAD, answer="好")
    life.sign("second", HEAD)
    assert life.record.state is State.CLOSED
    return life


# ---- fill ------------------------------------------------------------------------------------------------------------


def test_a_record_goes_section_by_section_to_its_end() -> None:
    life = two_sections()
    states = [
        life.record.state,
        life.fill("first", name="甲").state,
        life.sign("first").state,
        life.fill("second", HEAD, answer="好").state,
        life.sign("second", HEAD).state,
    ]
    assert states == [State.OPEN, State.PENDING, State.OPEN, State.PENDING, State.CLOSED]
    assert life.record.closed_on == "2026-11-23"
    assert life.record.values == {"name": "甲", "answer": "好"}


def test_a_section_out_of_turn_is_not_filled() -> None:
    life = two_sections()
    with pytest.raises(NotItsTurnError):
        life.fill("second", HEAD, answer="好")
    life.fill("first", name="甲")
    with pytest.raises(NotItsTurnError):
        life.fill("second", HEAD, answer="好")
    with pytest.raises(UnknownSectionError):
        life.fill("third", name="甲")


def test_a_section_is_filled_and_signed_by_its_role_alone() -> None:
    life = two_sections()
    for stranger in (HEAD, STRANGER):
        with pytest.raises(NotYoursError):
            life.fill("first", stranger, name="甲")
    life.fill("first", name="甲")
    with pytest.raises(NotYoursError):
        life.sign("first", HEAD)
    assert life.sign("first", OTHER_CLERK).signatures[0].name == OTHER_CLERK.name


def test_a_record_is_opened_by_the_role_of_its_first_section() -> None:
    with pytest.raises(NotYoursError):
        Life(two_sections().form, by=STRANGER)


def test_unknown_missing_and_wrong_values_are_named_at_once() -> None:
    life = Life(form(section("first", "clerk", titled("name"), titled("day", "date"), titled("note", required=False))))
    with pytest.raises(ValuesRefusedError) as refused:
        life.fill("first", day="昨天", colour="red")
    assert [problem.field for problem in refused.value.problems] == ["colour", "day", "name"]
    assert life.record.history.count == 1


@pytest.mark.parametrize(
    ("values", "refused_fields"),
    [
        ({"colour": "red"}, ["colour", "works"]),
        ({"colour": "red", "works": "walls"}, ["colour"]),
        ({}, ["works"]),
        ({"works": "walls"}, ["approval"]),
    ],
)
def test_a_condition_is_not_judged_before_what_it_reads_is_there(
    values: dict[str, Any], refused_fields: list[str]
) -> None:
    walls = {"id": "walls", "zh": "墙", "en": "Walls"}
    works = titled("works", "choice", multiple=True, choices=[walls])
    approval = titled("approval", required=False, required_if="'walls' in works")
    life = Life(form(section("first", "clerk", works, approval)))
    with pytest.raises(ValuesRefusedError) as refused:
        life.fill("first", **values)
    assert [problem.field for problem in refused.value.problems] == refused_fields


def test_whoever_filled_a_section_fills_it_again_until_somebody_signs_or_builds_on_it() -> None:
    life = two_sections()
    life.fill("first", name="甲")
    assert life.fill("first", name="乙").values == {"name": "乙"}
    with pytest.raises(NotItsTurnError):
        life.fill("first", OTHER_CLERK, name="丙")
    life.sign("first")
    with pytest.raises(NotItsTurnError):
        life.fill("first", name="丙")
    assert [act.kind for act in life.record.history.acts[1:]] == ["new", "fill", "fill", "sign"]


def test_an_unsigned_section_stands_once_the_next_is_filled() -> None:
    life = Life(
        form(section("first", "clerk", titled("name")), section("second", "head", titled("answer"), sign="one"))
    )
    life.fill("first", name="甲")
    life.fill("first", name="乙")
    life.fill("second", HEAD, answer="好")
    with pytest.raises(NotItsTurnError):
        life.fill("first", name="丙")


def test_a_record_closes_with_the_saving_of_its_last_section_where_that_needs_no_signature() -> None:
    life = Life(form(section("first", "clerk", titled("name"))))
    assert life.fill("first", name="甲").state is State.CLOSED
    with pytest.raises(WrongStateError):
        life.fill("first", name="乙")


def test_filling_for_somebody_keeps_both_names() -> None:
    life = two_sections()
    filled = life.fill("first", CLERK, "业主甲", name="甲").filled["first"]
    assert (filled.name, filled.filled_for) == (CLERK.name, "业主甲")


# ---- routing ---------------------------------------------------------------------------------------------------------


def test_a_section_comes_only_when_its_condition_holds() -> None:
    sample = form(
        section("first", "clerk", titled("urgent", "yes_no")),
        section("second", "head", titled("answer"), when="urgent"),
    )
    assert Life(sample).fill("first", urgent="否").state is State.CLOSED
    urgent = Life(sample)
    assert urgent.fill("first", urgent="是").state is State.OPEN
    assert urgent.fill("second", HEAD, answer="好").state is State.CLOSED


def test_a_record_ends_early_where_a_section_says_so() -> None:
    sample = form(
        section("first", "clerk", titled("kind", "choice"), ends="kind == 'red'"),
        section("second", "head", titled("answer")),
    )
    assert Life(sample).fill("first", kind="red").state is State.CLOSED
    assert Life(sample).fill("first", kind="blue").state is State.OPEN


def test_an_optional_section_is_filled_passed_by_or_closed_over() -> None:
    sample = form(
        section("first", "clerk", titled("name")),
        section("extra", "clerk", titled("note"), optional=True),
        section("last", "head", titled("answer"), sign="one"),
        section("after", "clerk", titled("more"), optional=True),
    )
    life = Life(sample)
    life.fill("first", name="甲")
    assert [each.id for each in life.record.open_sections] == ["extra", "last"]
    with pytest.raises(WrongStateError):
        life.record.close(CLERK, life.moment)
    life.fill("last", HEAD, answer="好")
    life.sign("last", HEAD)
    assert life.record.state is State.OPEN
    with pytest.raises(NotYoursError):
        life.record.close(STRANGER, life.moment)
    assert life.after(life.record.close(CLERK, life.moment)).state is State.CLOSED
    with pytest.raises(WrongStateError):
        life.record.close(CLERK, life.moment)


def test_the_signer_of_an_earlier_section_does_not_do_one_that_must_be_anothers() -> None:
    sample = form(
        section("first", "clerk", titled("name"), sign="one"),
        section("second", ["clerk", "checker"], titled("answer"), sign="one", other_than="first"),
    )
    life = Life(sample)
    life.fill("first", name="甲")
    life.sign("first", OTHER_CLERK)
    with pytest.raises(NotYoursError):
        life.fill("second", OTHER_CLERK, answer="好")
    life.fill("second", CLERK, answer="好")
    with pytest.raises(NotYoursError):
        life.sign("second", OTHER_CLERK)
    assert life.sign("second", CLERK).state is State.CLOSED


def test_who_filled_an_unsigned_section_counts_as_who_did_it() -> None:
    sample = form(
        section("first", "clerk", titled("name")),
        section("second", "clerk", titled("answer"), other_than="first"),
    )
    life = Life(sample)
    life.fill("first", name="甲")
    with pytest.raises(NotYoursError):
        life.fill("second", CLERK, answer="好")
    assert life.fill("second", OTHER_CLERK, answer="好").state is State.CLOSED


def test_a_field_names_the_role_or_person_that_comes_next() -> None:
    sample = form(
        section("first", "clerk", titled("doer", "person"), titled("role", "choice", choices=[
            {"id": "head", "zh": "头", "en": "Head"}, {"id": "checker", "zh": "验", "en": "Checker"}])),
        section("second", {"field": "role"}, titled("answer")),
        section("third", {"field": "doer"}, titled("more")),
    )  # fmt: skip
    life = Life(sample)
    life.fill("first", doer="known", role="checker")
    with pytest.raises(NotYoursError):
        life.fill("second", HEAD, answer="好")
    life.fill("second", CHECKER, answer="好")
    with pytest.raises(NotYoursError):
        life.fill("third", CLERK, more="好")
    assert life.fill("third", who(9), more="好").state is State.CLOSED


def test_due_dates_follow_signatures_and_fields_and_lateness_is_a_fact_for_conditions() -> None:
    sample = form(
        section("first", "clerk", titled("promised", "moment"), sign="one"),
        section("second", "head", titled("answer"), sign="one", due={"days": 3, "after": "first"}),
        section("third", "head", titled("reason"), when="second.is_late"),
        section("fourth", "clerk", titled("end"), due={"field": "promised"}),
    )
    life = Life(sample)
    life.fill("first", promised="2026-11-30 23:30+00:00")
    assert life.record.due_on(life.record.section("second")) == date(2026, 11, 26)
    life.sign("first")
    assert life.record.due_on(life.record.section("second")) == date(2026, 11, 26)
    assert life.record.due_on(life.record.section("fourth")) == date(2026, 12, 1)
    life.later(4)
    life.fill("second", HEAD, answer="迟")
    late = life.sign("second", HEAD)
    assert [each.id for each in late.open_sections] == ["third"]
    in_time = Life(sample)
    in_time.fill("first", promised="2026-11-30 10:00")
    in_time.sign("first")
    in_time.later(3)
    in_time.fill("second", HEAD, answer="好")
    assert [each.id for each in in_time.sign("second", HEAD).open_sections] == ["fourth"]


def test_required_ifs_and_checks_see_the_other_values_of_the_section() -> None:
    sample = form(
        section(
            "first",
            "clerk",
            titled("kind", "choice"),
            titled("which", required=False, required_if="kind == 'green'"),
            titled("start", "date"),
            titled("stop", "date", check="stop >= start", check_says={"zh": "止在起后", "en": "stop after start"}),
        )
    )
    with pytest.raises(ValuesRefusedError) as refused:
        Life(sample).fill("first", kind="green", start="2026-11-02", stop="2026-11-03")
    assert [problem.field for problem in refused.value.problems] == ["which"]
    with pytest.raises(ValuesRefusedError) as refused:
        Life(sample).fill("first", kind="red", start="2026-11-03", stop="2026-11-02")
    assert [problem.field for problem in refused.value.problems] == ["stop"]
    assert Life(sample).fill("first", kind="red", start="2026-11-03", stop="2026-11-03").state is State.CLOSED


def test_computed_values_are_never_typed_in_and_see_each_other() -> None:
    sample = form(
        section(
            "first",
            "clerk",
            ROWS,
            computed=[
                titled("sum_of_all", "money", value="items | sum(attribute='price')"),
                titled("double", "money", value="sum_of_all * 2"),
            ],
        )
    )
    with pytest.raises(ValuesRefusedError) as refused:
        Life(sample).fill("first", items=[{"name": "灯", "price": "1"}], sum_of_all="9")
    assert [problem.field for problem in refused.value.problems] == ["sum_of_all"]
    record = Life(sample).fill("first", items=[{"name": "灯", "price": "1.5"}, {"name": "门", "price": "2"}])
    assert (record.values["sum_of_all"], record.values["double"]) == ("3.50", "7.00")


# ---- sign ------------------------------------------------------------------------------------------------------------


def test_all_roles_of_a_section_sign_it_each_once() -> None:
    life = Life(form(section("first", ["clerk", "head"], titled("name"), sign="all")))
    life.fill("first", name="甲")
    life.sign("first", CLERK)
    with pytest.raises(NotYoursError):
        life.sign("first", CLERK)
    assert life.record.state is State.PENDING
    assert life.sign("first", HEAD).state is State.CLOSED
    assert [signature.role for signature in life.record.signatures] == ["clerk", "head"]


def test_who_holds_all_roles_signs_in_each_of_them() -> None:
    both = who(8, "clerk", "head")
    life = Life(form(section("first", ["clerk", "head"], titled("name"), sign="all")), by=both)
    life.fill("first", both, name="甲")
    life.sign("first", both)
    assert life.sign("first", both).state is State.CLOSED


def test_any_number_of_people_sign_where_any_may() -> None:
    sample = form(
        section("first", ["clerk", "head"], titled("name"), sign="any"),
        section("last", "checker", titled("answer")),
    )
    life = Life(sample)
    life.fill("first", name="甲")
    life.sign("first", CLERK)
    life.sign("first", OTHER_CLERK)
    life.sign("first", HEAD)
    with pytest.raises(NotYoursError):
        life.sign("first", HEAD)
    assert len(life.record.signatures) == 3
    assert life.fill("last", CHECKER, answer="好").state is State.CLOSED
    with pytest.raises(WrongStateError):
        life.sign("first", who(8, "head"))


def test_a_section_without_a_signature_is_not_signed_and_an_empty_one_not_either() -> None:
    life = Life(
        form(section("first", "clerk", titled("name")), section("second", "head", titled("answer"), sign="one"))
    )
    with pytest.raises(NotItsTurnError):
        life.sign("first")
    life.fill("first", name="甲")
    with pytest.raises(NotItsTurnError):
        life.sign("second", HEAD)


def test_a_section_of_a_signature_alone_is_signed_and_never_filled() -> None:
    life = Life(form(section("first", "clerk", titled("name")), section("second", "head", sign="one")))
    life.fill("first", name="甲")
    assert life.record.state is State.PENDING
    with pytest.raises(NotItsTurnError):
        life.fill("second", HEAD)
    assert life.sign("second", HEAD).state is State.CLOSED


def test_on_paper_the_signer_is_shown_as_read_and_the_clerk_as_who_entered_it() -> None:
    sample = form(
        section("first", "clerk", titled("name"), titled("customer", "party"), sign="one"),
        section("second", {"party": "customer"}, sign="one", on_paper=True, meaning="agreed"),
    )
    life = Life(sample)
    life.fill("first", name="甲", customer="known")
    with pytest.raises(WrongStateError):
        life.record.sign_on_paper("first", CLERK, life.moment, signer_name="甲", witness="乙", scan="ab", names={})
    life.sign("first")
    with pytest.raises(NotYoursError):
        life.record.sign_on_paper("second", CLERK, life.moment, signer_name="业主", witness=" ", scan="ab", names={})
    with pytest.raises(ValuesRefusedError):
        life.record.sign_on_paper("second", CLERK, life.moment, signer_name=" ", witness="乙", scan="ab", names={})
    record = life.after(
        life.record.sign_on_paper("second", CLERK, life.moment, signer_name="业主", witness="乙", scan="ab", names={})
    )
    signature = record.signatures[-1]
    assert (signature.name, signature.signer, signature.entered_by, signature.witness, signature.role) == (
        "业主", "", CLERK.name, "乙", "party",
    )  # fmt: skip
    assert record.state is State.CLOSED


# ---- amend -----------------------------------------------------------------------------------------------------------


def test_an_amendment_changes_the_value_and_keeps_the_old_one_with_its_reason() -> None:
    record = closed().amend(phone="2")
    (amendment,) = record.amendments
    (change,) = amendment.changes
    assert record.values["phone"] == "2"
    assert (change.number, change.old, change.new, amendment.reason, amendment.name) == (1, "1", "2", "误", CLERK.name)
    assert record.state is State.CLOSED
    assert record.signatures[-1].meaning == "authored"


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ({"colour": "x"}, UnknownFieldError),
        ({"name__1__x": "x"}, UnknownFieldError),
        ({"": "x"}, UnknownFieldError),
        ({"phone": "1"}, EqualValueError),
        ({"phone": " 1 "}, EqualValueError),
        ({"name": ""}, ValuesRefusedError),
        ({"name": "同上"}, ValuesRefusedError),
        ({}, ValuesRefusedError),
        ({"phone": "2", "nature": "whim"}, ValuesRefusedError),
        ({"phone": "2", "reason": " "}, NoReasonError),
    ],
)
def test_an_amendment_that_could_never_be_right_is_refused(raw: dict[str, Any], error: type[Exception]) -> None:
    life = closed()
    with pytest.raises(error):
        life.decide_amend(**raw)


def test_a_section_that_is_not_signed_is_filled_again_and_not_amended() -> None:
    life = two_sections()
    life.fill("first", name="甲")
    with pytest.raises(WrongStateError):
        life.decide_amend(name="乙")
    with pytest.raises(WrongStateError):
        life.decide_amend(HEAD, answer="乙")


def test_only_a_role_of_the_section_or_of_the_policy_amends() -> None:
    with pytest.raises(NotYoursError):
        closed().decide_amend(HEAD, phone="2")
    with pytest.raises(NotYoursError):
        closed(amendment={"by": ["checker"]}).decide_amend(CLERK, phone="2")
    assert closed(amendment={"by": ["checker"]}).amend(CHECKER, phone="2").values["phone"] == "2"


def test_two_corrections_are_taken_and_changes_of_fact_do_not_count() -> None:
    life = closed()
    life.amend(phone="2")
    life.amend(nature="fact", phone="3")
    life.amend(HEAD, answer="更好")
    with pytest.raises(TooManyCorrectionsError):
        life.decide_amend(name="乙")
    assert life.amend(nature="fact", phone="4").values["phone"] == "4"
    with pytest.raises(TooManyCorrectionsError):
        closed(amendment={"corrections": 1}).decide_amend(name="乙", phone="2")
    with pytest.raises(TooManyCorrectionsError):
        closed(amendment={"corrections": 0}).decide_amend(name="乙")


def test_an_amendment_awaits_its_counter_signature_and_is_amended_no_further_until_then() -> None:
    life = closed(amendment=COUNTERSIGNED)
    assert life.amend(phone="2").state is State.PENDING
    with pytest.raises(WrongStateError):
        life.decide_amend(phone="3")
    with pytest.raises(NotYoursError):
        life.countersign(1, HEAD)
    with pytest.raises(WrongStateError):
        life.countersign(2)
    record = life.countersign(1)
    assert (record.state, record.values["phone"], record.amendments[0].countersigned_by) == (
        State.CLOSED, "2", CHECKER.name,
    )  # fmt: skip


def test_the_author_of_an_amendment_does_not_countersign_it() -> None:
    both = who(8, "clerk", "checker")
    life = closed(amendment=COUNTERSIGNED)
    life.amend(both, phone="2")
    with pytest.raises(NotYoursError):
        life.countersign(1, both)


def test_a_refused_amendment_lets_the_old_value_stand_again_and_does_not_count() -> None:
    life = closed(amendment=COUNTERSIGNED)
    for number in (1, 2, 3):
        life.amend(phone="2", name="乙")
        with pytest.raises(NoReasonError):
            life.record.countersign(2 * number - 1, CHECKER, life.moment, accepted=False, reason=" ")
        record = life.countersign(2 * number - 1, refused_because="号码无误")
        assert (record.values["phone"], record.values["name"], record.state) == ("1", "甲", State.CLOSED)
    assert record.amendments[0].countersign_reason == "号码无误"


def test_a_value_struck_alone_is_gone_and_one_set_where_none_stood_is_there() -> None:
    record = closed().amend(phone="")
    assert "phone" not in record.values
    life = two_sections()
    life.fill("first", name="甲")
    life.sign("first")
    assert life.amend(phone="7").values["phone"] == "7"


def test_a_cell_of_rows_is_amended_by_field_row_and_column() -> None:
    sample = form(section("first", "clerk", ROWS, sign="one", computed=[
        titled("sum_of_all", "money", value="items | sum(attribute='price')")]))  # fmt: skip
    life = Life(sample)
    life.fill("first", items=[{"name": "灯", "price": "1", "remark": "x"}, {"name": "门", "price": "2"}])
    life.sign("first")
    for wrong in ("items", "items__3__name", "items__0__name", "items__01__name", "items__1__colour", "items__１__name",
                  "items__1", "items__1__name__x", "items__99999999999999999999__name"):  # fmt: skip
        with pytest.raises(UnknownFieldError):
            life.decide_amend(CLERK, **{wrong: "x"})
    with pytest.raises(ValuesRefusedError):
        life.decide_amend(items__1__price="")
    with pytest.raises(ComputedValueError):
        life.decide_amend(sum_of_all="9")
    record = life.amend(items__2__price="5", items__1__remark="")
    assert record.values["items"] == [{"name": "灯", "price": "1.00"}, {"name": "门", "price": "5.00"}]
    assert record.values["sum_of_all"] == "6.00"
    assert [(change.number, change.field, change.is_computed) for change in record.amendments[0].changes] == [
        (1, "items.2.price", False), (2, "items.1.remark", False), (2, "sum_of_all", True),
    ]  # fmt: skip


def test_a_computed_value_that_a_pending_amendment_changed_stays_until_it_is_countersigned() -> None:
    sample = form(
        section(
            "first",
            "clerk",
            titled("one", "number"),
            titled("two", "number"),
            sign="one",
            computed=[titled("sum_of_all", "number", value="one + two")],
        ),
        amendment={"corrections": 9, "countersign": {"by": ["checker"]}},
    )
    life = Life(sample)
    life.fill("first", one="1", two="2")
    life.sign("first")
    life.amend(one="5")
    with pytest.raises(WrongStateError):
        life.decide_amend(two="7")
    assert life.countersign(1, refused_because="误").values == {"one": "1", "two": "2", "sum_of_all": "3"}
    assert life.amend(two="7").values["sum_of_all"] == "8"


def test_a_value_computed_from_other_records_is_reissued_and_never_rewritten() -> None:
    sample = form(
        section(
            "first",
            "clerk",
            titled("goal", "number"),
            sign="one",
            computed=[titled("share", "number", value="goal * (returned | length)")],
        ),
        kind="statistics",
        sources={"returned": {"form": "QR-900-02"}},
    )
    life = Life(sample)
    content = life.record.fill(
        "first",
        {"goal": "2"},
        CLERK,
        life.moment,
        READING,
        sources={"returned": [{"number": "QR-900-02/1", "state": "closed", "digest": "a"}]},
    )
    assert content["sources"] == {"returned": [{"number": "QR-900-02/1", "state": "a"}]}
    life.after(content)
    life.sign("first")
    with pytest.raises(SourceComputedError):
        life.decide_amend(goal="3")


def test_an_amendment_that_makes_a_section_needed_opens_the_record_as_pending() -> None:
    sample = form(
        section("first", "clerk", titled("urgent", "yes_no"), sign="one"),
        section("second", "head", titled("answer"), when="urgent"),
    )
    life = Life(sample)
    life.fill("first", urgent="否")
    assert life.sign("first").state is State.CLOSED
    life.later(1)
    opened = life.amend(urgent="是")
    assert (opened.state, opened.closed_on) == (State.PENDING, "2026-11-23")
    assert life.fill("second", HEAD, answer="好").state is State.CLOSED


def test_what_stood_when_a_record_closed_is_not_filled_again_when_it_opens() -> None:
    sample = form(
        section("first", "clerk", titled("urgent", "yes_no")),
        section("second", "head", titled("answer"), when="urgent", sign="one"),
    )
    life = Life(sample)
    assert life.fill("first", urgent="否").state is State.CLOSED
    assert life.amend(urgent="是").state is State.PENDING
    with pytest.raises(NotItsTurnError):
        life.fill("first", urgent="否")
    life.fill("second", HEAD, answer="好")
    with pytest.raises(WrongStateError):
        life.decide_amend(HEAD, answer="更好")
    assert life.fill("second", HEAD, answer="更好").values["answer"] == "更好"


def test_amended_values_meet_the_checks_of_their_section() -> None:
    sample = form(
        section("first", "clerk", titled("start", "date"), titled("stop", "date", check="stop >= start"), sign="one")
    )
    life = Life(sample)
    life.fill("first", start="2026-11-02", stop="2026-11-03")
    life.sign("first")
    with pytest.raises(ValuesRefusedError):
        life.decide_amend(start="2026-11-04")
    assert life.amend(start="2026-11-05", stop="2026-11-06").values["stop"] == "2026-11-06"


def entered_and_left() -> Life:
    sample = form(
        section("entry", "clerk", titled("start", "date"), titled("by_card", "yes_no"), sign="one"),
        section(
            "exit",
            "clerk",
            titled("stop", "date", check="stop >= start"),
            titled("card", required=False, required_if="by_card"),
            when="start.year > 2000",
            sign="one",
        ),
    )
    life = Life(sample)
    life.fill("entry", start="2026-11-02", by_card="否")
    life.sign("entry")
    life.fill("exit", stop="2026-11-03")
    life.sign("exit")
    return life


def test_a_value_that_stands_already_is_said_by_its_name_and_that_of_its_field() -> None:
    choices = [{"id": "other", "zh": "其他", "en": "Other"}, {"id": "mail", "zh": "信函", "en": "Mail"}]
    life = Life(form(section("entry", "clerk", titled("way", "choice", choices=choices), sign="one")))
    life.fill("entry", way="other")
    life.sign("entry")
    with pytest.raises(EqualValueError, match=r"栏way \(way\): already 其他$"):
        life.decide_amend(way="其他")


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"start": "2026-11-04"}, "(exit) 栏stop (stop): expected"),
        ({"by_card": "是"}, "(exit) 栏card (card): expected"),
    ],
)
def test_an_amendment_that_breaks_what_was_filled_later_is_refused_with_its_names(
    raw: dict[str, Any], named: str
) -> None:
    life = entered_and_left()
    with pytest.raises(LaterValuesError) as refused:
        life.decide_amend(**raw)
    assert named in str(refused.value)


def test_what_would_no_longer_hold_is_amended_in_the_same_act() -> None:
    life = entered_and_left()
    after = life.amend(start="2026-11-04", stop="2026-11-05")
    assert (after.state, after.values["stop"]) == (State.CLOSED, "2026-11-05")


def test_a_condition_that_reads_what_an_amendment_strikes_is_named_too() -> None:
    sample = form(
        section("entry", "clerk", titled("start", "date", required=False), sign="one"),
        section("exit", "clerk", titled("stop", "date", check="stop >= start"), sign="one"),
    )
    life = Life(sample)
    life.fill("entry", start="2026-11-02")
    life.sign("entry")
    life.fill("exit", stop="2026-11-03")
    life.sign("exit")
    with pytest.raises(LaterValuesError):
        life.decide_amend(start="")


def test_an_amendment_is_held_against_each_instance_of_a_repeated_section() -> None:
    columns = [titled("item_name"), titled("count", "number")]
    sample = form(
        section("order", "clerk", titled("goods", "rows", columns=columns), sign="one"),
        section("check", "clerk", titled("sound", "number", check="sound <= item.count"), each={"field": "goods"}),
    )
    life = Life(sample)
    life.fill("order", goods=[{"item_name": "灯", "count": "9"}, {"item_name": "门", "count": "2"}])
    life.sign("order")
    for row, sound in (("1", "8"), ("2", "2")):
        life.fill(f"check[{row}]", sound=sound)
    with pytest.raises(LaterValuesError) as refused:
        life.decide_amend(goods__1__count="7")
    assert "(check[1]) 栏sound (sound)" in str(refused.value)
    assert "check[2]" not in str(refused.value)
    assert life.amend(goods__1__count="8").state is State.CLOSED


def test_a_section_that_an_amendment_makes_needless_keeps_what_it_says() -> None:
    life = entered_and_left()
    after = life.amend(start="1999-11-04")
    assert (after.state, after.values["stop"]) == (State.CLOSED, "2026-11-03")


# ---- registers -------------------------------------------------------------------------------------------------------


def test_a_saved_row_is_amended_and_its_later_section_filled_when_its_time_comes() -> None:
    sample = register_form(
        section("entry", "clerk", titled("day", "date"), titled("matter")),
        section("answer", "clerk", titled("reply")),
    )
    life = Life(sample, opening={"sheet": "sheet/QR-900-01/2026-11"})
    life.fill("entry", day="2026-11-02", matter="灯")
    with pytest.raises(NotItsTurnError):
        life.fill("entry", day="2026-11-02", matter="门")
    assert life.amend(matter="门").values["matter"] == "门"
    assert life.record.state is State.OPEN
    life.fill("answer", reply="已办")
    with pytest.raises(WrongStateError):
        life.record.reissue("误", "QR-900-01/2026-0002", CLERK, life.moment)


# ---- void, re-issue, attach ------------------------------------------------------------------------------------------


def test_a_void_record_keeps_its_values_and_takes_no_further_act() -> None:
    life = two_sections()
    life.fill("first", name="甲")
    with pytest.raises(NoReasonError):
        life.record.void(" ", CLERK, life.moment)
    with pytest.raises(NotYoursError):
        life.record.void("误", STRANGER, life.moment)
    record = life.after(life.record.void("误", CLERK, life.moment))
    assert (record.state, record.void_reason, record.values) == (State.VOID, "误", {"name": "甲"})
    for decide in (
        lambda: life.fill("first", name="乙"),
        lambda: life.sign("first"),
        lambda: life.decide_amend(name="乙"),
        lambda: life.countersign(1),
        lambda: record.void("误", CLERK, life.moment),
        lambda: record.reissue("误", "x", CLERK, life.moment),
        lambda: record.attach("ab", "text/plain", "x", 1, CLERK, life.moment),
        lambda: record.close(CLERK, life.moment),
    ):
        with pytest.raises(WrongStateError):
            decide()


def test_a_closed_record_is_not_void_but_replaced_by_another() -> None:
    life = closed()
    with pytest.raises(WrongStateError):
        life.record.void("误", CLERK, life.moment)
    with pytest.raises(NoReasonError):
        life.record.reissue("", "QR-900-01/2026-0002", CLERK, life.moment)
    record = life.after(life.record.reissue("改动过大", "QR-900-01/2026-0002", CLERK, life.moment))
    assert (record.state, record.successor, record.closed_on) == (State.REPLACED, "QR-900-01/2026-0002", "2026-11-23")
    with pytest.raises(WrongStateError):
        life.decide_amend(phone="2")


def test_a_file_is_bound_by_its_digest_and_its_name_is_checked() -> None:
    life = closed()
    record = life.after(life.record.attach("ab" * 32, "image/jpeg", "现场.jpg", 7, CLERK, life.moment))
    assert [(each.name, each.digest, each.size) for each in record.attachments] == [("现场.jpg", "ab" * 32, 7)]
    assert record.state is State.CLOSED
    with pytest.raises(Exception, match=r"U\+0000"):
        record.attach("ab", "image/jpeg", "现\0场", 7, CLERK, life.moment)


# ---- replay ----------------------------------------------------------------------------------------------------------


def test_replaying_the_acts_gives_the_same_record_and_every_earlier_state() -> None:
    life = closed(amendment=COUNTERSIGNED)
    life.amend(phone="2")
    life.countersign(1)
    history = life.record.history
    assert Record.replay(life.form, history) == life.record
    assert Record.replay(life.form, history.up_to(5)).values["phone"] == "1"
    assert Record.replay(life.form, history.up_to(2)).state is State.PENDING


def test_being_archived_changes_nothing_about_a_record() -> None:
    life = closed()
    before = life.record
    act = {"act": "archive", "by": "program", "name": "program", "at": "2026-11-24T02:00:00Z", "on": "2026-11-24"}
    record = life.after(act)
    assert record.is_archived
    assert not before.is_archived
    assert (record.state, record.values, record.closed_on) == (before.state, before.values, before.closed_on)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"act": "forget"},
        {"act": "fill"},
        {"act": "fill", "section": "first", "values": 7, "name": "x", "on": "2026-11-23"},
        {"act": "sign", "section": "first"},
        {"act": "amend", "changes": 7, "reason": "x", "nature": "fact", "name": "x", "countersign": False},
        {"act": "amend", "changes": [7], "reason": "x", "nature": "fact", "name": "x", "countersign": False},
        {"act": "amend", "changes": [{"section": "none", "field": "x"}], "reason": "", "nature": "", "name": "",
         "countersign": False},
        {"act": "countersign", "accepted": True},
        {"act": "attach"},
        {"act": "void"},
    ],
)  # fmt: skip
def test_an_act_that_nobody_decided_is_named_with_its_number(content: dict[str, Any]) -> None:
    history = closed().record.history
    broken = History(history.subject, (*history.acts, Act(history.subject, history.count + 1, content)))
    with pytest.raises(UnreadableActError) as refused:
        Record.replay(two_sections().form, broken)
    assert str(history.count + 1) in str(refused.value)
    assert refused.value.subject == history.subject


def test_what_is_known_to_expressions_are_plain_values() -> None:
    sample = form(
        section(
            "first",
            "clerk",
            titled("day", "date"),
            titled("amount", "money"),
            titled("note", required=False),
            sign="one",
        ),
    )
    life = Life(sample)
    life.fill("first", day="2026-11-02", amount="1,234.5")
    known = life.sign("first").known
    assert (known["day"], known["amount"], known["note"]) == (date(2026, 11, 2), Decimal("1234.50"), None)
    assert known["first"] == {
        "filled_on": date(2026, 11, 23), "signed_on": date(2026, 11, 23), "is_late": False, "round": 1,
    }  # fmt: skip
