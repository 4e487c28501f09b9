"""Sections that come again in rounds, and sections for each choice or row: what is hard about them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from record_samples import CHECKER, CLERK, HEAD, READING, Life, form, section, titled, who
from recordkeeper.errors import RecordkeeperError
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State, UnknownSectionError
from recordkeeper.model.relation import Opened, ToOpen, due_openings
from recordkeeper.model.standing import Standing
from recordkeeper.model.step import Step

GREEN, RED = who(8, "green"), who(9, "red")
AGREED = titled("agreed", "yes_no")


def loop(until: str = "agreed", **more: Any) -> Life:
    """The clerk drafts, the head agrees or sends it back, the checker archives."""
    return Life(
        form(
            section("draft", "clerk", titled("text"), sign="one"),
            section(
                "review", "head", AGREED, sign="one", rounds={"until": until, "sections": ["draft", "review"]}, **more
            ),
            section("kept", "checker", titled("place")),
        )
    )


def drafted(life: Life, text: str) -> None:
    life.fill("draft", text=text)
    life.sign("draft")


def reviewed(life: Life, *, agreed: bool) -> Record:
    life.fill("review", HEAD, agreed=agreed)
    return life.sign("review", HEAD)


def departments(*later: dict[str, Any], **more: Any) -> Life:
    """The clerk names departments, each of which says what it thinks."""
    named = titled("departments", "choice", multiple=True)
    own = section(
        "opinion", {"field": "departments"}, titled("says"), each={"field": "departments"}, sign="one", **more
    )
    return Life(form(section("called", "clerk", named, sign="one"), own, *later))


def called(life: Life, *names: str) -> Record:
    life.fill("called", departments=list(names))
    return life.sign("called")


def said(life: Life, name: str, by: Any, says: str) -> Record:
    life.fill(f"opinion[{name}]", by, says=says)
    return life.sign(f"opinion[{name}]", by)


def amended(life: Life, by: Standing, path: str, value: object) -> Record:
    content = life.record.amend({path: value}, "误", "correction", by, life.moment, READING)
    return life.after({**content, "signature": "00"})


# ---- rounds ----------------------------------------------------------------------------------------------------------


def test_what_is_sent_back_begins_a_new_round_and_reads_as_the_latest() -> None:
    life = loop()
    drafted(life, "初稿")
    record = reviewed(life, agreed=False)
    assert record.open_steps == (Step("draft", 2),)
    assert record.values == {}
    drafted(life, "二稿")
    reviewed(life, agreed=True)
    record = life.fill("kept", CHECKER, place="柜")
    assert record.state is State.CLOSED
    assert record.values == {"text": "二稿", "agreed": True, "place": "柜"}
    assert record.earlier_steps() == (Step("draft"), Step("review"))
    assert record.saved[Step("draft")].values == {"text": "初稿"}


def test_signatures_of_an_earlier_round_stand_and_count_for_no_other() -> None:
    life = loop()
    drafted(life, "初稿")
    record = reviewed(life, agreed=False)
    assert [signature.round for signature in record.signatures] == [1, 1]
    record = life.fill("draft", text="二稿")
    assert not record.is_complete(record.section("draft"))
    assert len(record.signatures_at(Step("draft"))) == 1


def test_an_earlier_round_cannot_be_filled_by_its_name() -> None:
    life = loop()
    drafted(life, "初稿")
    reviewed(life, agreed=False)
    with pytest.raises(UnknownSectionError):
        life.fill("draft@1", text="二稿")
    assert life.fill("draft@2", text="二稿").saved[Step("draft", 2)].values == {"text": "二稿"}


def test_the_round_before_is_read_as_previous() -> None:
    changed = titled("text", check="previous is none or previous.text != text")
    life = Life(
        form(
            section("draft", "clerk", changed),
            section("review", "head", AGREED, rounds={"until": "agreed", "sections": ["draft", "review"]}),
        )
    )
    life.fill("draft", text="甲")
    life.fill("review", HEAD, agreed=False)
    with pytest.raises(ValuesRefusedError):
        life.fill("draft", text="甲")
    assert life.fill("draft", text="乙").values == {"text": "乙"}


def test_an_amendment_in_the_earlier_round_leaves_the_later_alone() -> None:
    life = loop()
    drafted(life, "初稿")
    reviewed(life, agreed=False)
    drafted(life, "二稿")
    record = amended(life, CLERK, "text@1", "初稿（改）")
    assert record.saved[Step("draft")].values == {"text": "初稿（改）"}
    assert record.values["text"] == "二稿"
    assert [change.path for change in record.amendments[0].changes] == ["text"]
    assert life.amend(nature="fact", text="二稿（改）").saved[Step("draft", 2)].values == {"text": "二稿（改）"}


def test_a_round_that_an_amendment_makes_needless_is_gone_unless_it_was_begun() -> None:
    life = loop()
    drafted(life, "初稿")
    reviewed(life, agreed=False)
    assert amended(life, HEAD, "agreed@1", True).open_steps == (Step("kept"),)
    life = loop()
    drafted(life, "初稿")
    reviewed(life, agreed=False)
    drafted(life, "二稿")
    assert amended(life, HEAD, "agreed@1", True).open_steps == (Step("review", 2),)


def test_values_of_a_round_that_is_over_are_amended_though_nobody_signed_them() -> None:
    life = Life(
        form(
            section("asked", "clerk", titled("answer", "yes_no"), rounds={"until": "answer", "sections": ["asked"]}),
            section("kept", "clerk", titled("place")),
        )
    )
    life.fill("asked", answer=False)
    assert life.amend(answer=True).open_steps == (Step("kept"),)


def test_whoever_was_named_in_an_earlier_round_amends_it() -> None:
    colours = titled("colour", "choice")
    life = Life(
        form(
            section("draft", "clerk", colours),
            section(
                "review", {"field": "colour"}, AGREED, sign="one",
                rounds={"until": "agreed", "sections": ["draft", "review"]},
            ),
        )
    )  # fmt: skip
    life.fill("draft", colour="green")
    life.fill("review", GREEN, agreed=False)
    life.sign("review", GREEN)
    life.fill("draft", colour="red")
    with pytest.raises(NotYoursError):
        amended(life, RED, "agreed@1", True)
    assert amended(life, GREEN, "agreed@1", True).saved[Step("review")].values == {"agreed": True}


def test_a_computed_value_follows_in_its_own_round_and_where_it_reads_the_round_before() -> None:
    count = titled("count", "number")
    computed = {**titled("twice", "number"), "value": "count * 2"}
    grown = {**titled("grown", "number"), "value": "count - (previous.count if previous else 0)"}
    life = Life(
        form(
            {**section("draft", "clerk", count, sign="one"), "computed": [computed, grown]},
            section("review", "head", AGREED, rounds={"until": "agreed", "sections": ["draft", "review"]}),
        )
    )
    for number in (3, 5):
        life.fill("draft", count=number)
        life.sign("draft")
        life.fill("review", HEAD, agreed=False)
    record = amended(life, CLERK, "count@1", "4")
    assert record.saved[Step("draft")].values == {"count": "4", "twice": "8", "grown": "4"}
    assert record.saved[Step("draft", 2)].values == {"count": "5", "twice": "10", "grown": "1"}
    paths = [change.path for change in record.amendments[0].changes]
    assert paths == ["count", "twice", "grown", "grown@2"]


def test_a_section_opens_records_in_each_round_that_it_is_completed() -> None:
    life = loop(opens=[{"form": "QR-900-02", "when": "not agreed", "copy": {"what": "text"}}])
    opened: list[ToOpen] = []
    for text, agreed in (("初稿", False), ("二稿", False), ("三稿", True)):
        drafted(life, text)
        life.fill("review", HEAD, agreed=agreed)
        before = life.record
        settled = [Opened(0, "QR-900-02/2026-0001", *each.key) for each in opened]
        opened += due_openings(before, life.sign("review", HEAD), settled)
    assert [(each.key, each.start["what"].plain) for each in opened] == [
        (("review", 1, 0, ""), "初稿"),
        (("review", 2, 0, ""), "二稿"),
    ]


def test_due_times_of_a_later_round_count_from_the_end_of_the_round_before() -> None:
    life = Life(
        form(
            section("asked", "clerk", titled("why")),
            section("draft", "clerk", titled("text"), due={"days": 3, "after": "asked"}),
            section("review", "head", AGREED, rounds={"until": "agreed", "sections": ["draft", "review"]}),
        )
    )
    life.fill("asked", why="甲")
    assert str(life.record.due_on(life.record.section("draft"))) == "2026-11-26"
    life.later(1)
    life.fill("draft", text="甲")
    life.later(9)
    record = life.fill("review", HEAD, agreed=False)
    assert str(record.due_on(record.section("draft"))) == "2026-12-06"
    assert record.known["draft"] == {"filled_on": None, "signed_on": None, "is_late": False, "round": 2}


# ---- for each choice or row ------------------------------------------------------------------------------------------


def test_every_department_answers_for_itself_in_any_order() -> None:
    life = departments(section("settled", "clerk", titled("result", check="'否' not in says")))
    record = called(life, "green", "red")
    assert record.open_steps == (Step("opinion", 1, "red"), Step("opinion", 1, "green"))
    with pytest.raises(NotYoursError):
        life.fill("opinion[green]", RED, says="好")
    said(life, "red", RED, "好")
    with pytest.raises(NotItsTurnError):
        life.fill("settled", result="行")
    record = said(life, "green", GREEN, "否")
    assert record.known["says"] == ["好", "否"]
    with pytest.raises(ValuesRefusedError):
        life.fill("settled", result="行")
    amended(life, GREEN, "says[green]", "好")
    assert life.fill("settled", result="行").state is State.CLOSED


def test_a_department_is_named_by_its_printed_name_too_and_one_that_was_not_called_is_refused() -> None:
    life = departments()
    called(life, "green", "red")
    assert Step("opinion", 1, "green") in life.fill("opinion[GREEN]", GREEN, says="好").saved
    for name in ("opinion", "opinion[blue]", "opinion[]"):
        with pytest.raises(UnknownSectionError):
            life.fill(name, RED, says="好")


def test_a_department_that_an_amendment_adds_is_asked_and_one_taken_away_is_kept_to_read() -> None:
    life = departments()
    called(life, "green", "red")
    said(life, "red", RED, "好")
    assert said(life, "green", GREEN, "好").state is State.CLOSED
    record = life.amend(nature="fact", departments=["green", "blue"])
    assert record.state is State.PENDING
    assert record.open_steps == (Step("opinion", 1, "blue"),)
    assert record.earlier_steps() == (Step("opinion", 1, "red"),)


def test_a_section_for_nobody_is_not_needed_and_ends_no_loop() -> None:
    named = titled("departments", "choice", multiple=True, required=False)
    life = Life(
        form(
            section("called", "clerk", named),
            section(
                "opinion", {"field": "departments"}, AGREED, each={"field": "departments"},
                rounds={"until": "false not in agreed", "sections": ["called", "opinion"]},
            ),
            section("kept", "clerk", titled("place")),
        )
    )  # fmt: skip
    life.fill("called", departments=["green"])
    record = life.fill("opinion[green]", GREEN, agreed=False)
    assert record.open_steps == (Step("called", 2),)
    record = life.fill("called")
    assert record.round_of(record.section("called")) == 2
    assert record.open_steps == (Step("kept"),)


def test_each_row_is_inspected_by_whom_its_column_names_and_its_computed_value_follows() -> None:
    rows = titled("goods", "rows", columns=[titled("name"), titled("keeper", "role"), titled("count", "number")])
    life = Life(
        form(
            section("listed", "clerk", rows, sign="one"),
            {
                **section("looked", {"field": "goods.keeper"}, titled("bad", "number"), each={"field": "goods"}),
                "computed": [{**titled("left", "number"), "value": "item.count - bad"}],
            },
        )
    )
    reading = type(READING)(READING.zone, lambda _kind, text: text)
    goods = [{"name": "空调", "keeper": "green", "count": 5}, {"name": "冰箱", "keeper": "red", "count": 7}]
    life.after(life.record.fill("listed", {"goods": goods}, CLERK, life.moment, reading))
    life.sign("listed")
    with pytest.raises(NotYoursError):
        life.fill("looked[1]", RED, bad=1)
    life.fill("looked[2]", RED, bad=2)
    record = life.fill("looked[1]", GREEN, bad=1)
    assert record.state is State.CLOSED
    record = life.amend(goods__2__count="9")
    assert [record.saved[Step("looked", 1, item)].values["left"] for item in ("1", "2")] == ["4", "7"]


def test_each_instance_opens_for_itself_what_it_leads_to() -> None:
    life = departments(opens=[{"form": "QR-900-02", "when": "says == '否'", "copy": {"what": "item ~ says"}}])
    called(life, "green", "red")
    before = life.record
    assert due_openings(before, said(life, "green", GREEN, "好"), []) == []
    before = life.record
    (opened,) = due_openings(before, said(life, "red", RED, "否"), [])
    assert (opened.key, opened.start["what"].plain) == (("opinion", 1, 0, "red"), "red否")


def test_an_outside_party_signs_on_paper_in_each_round() -> None:
    signed = {"sign": "one", "on_paper": True, "meaning": "agreed"}
    life = Life(
        form(
            section("offer", "clerk", titled("text")),
            section("answer", {"party": "party"}, **signed),
            section("heard", "clerk", AGREED, rounds={"until": "agreed", "sections": ["offer", "answer", "heard"]}),
        ),
        opening={"party": "party/1"},
    )
    for agreed in (False, True):
        life.fill("offer", text="甲")
        life.after(
            life.record.sign_on_paper(
                "answer", CLERK, life.moment, signer_name="业主", witness="李", scan="0" * 64, names={}
            )
        )
        life.fill("heard", agreed=agreed)
    assert life.record.state is State.CLOSED
    assert [(each.round, each.name) for each in life.record.signatures] == [(1, "业主"), (2, "业主")]


# ---- any order of acts -----------------------------------------------------------------------------------------------

EVERYBODY = who(10, "clerk", "head", "checker", "green", "red", "blue")
BOTH = form(
    section("called", "clerk", titled("departments", "choice", multiple=True), sign="one"),
    section("opinion", {"field": "departments"}, titled("fit", "yes_no"), each={"field": "departments"}, sign="one"),
    {
        **section(
            "review", ["head", "checker"], AGREED, sign="all",
            rounds={"until": "agreed and false not in fit", "sections": ["called", "opinion", "review"]},
        ),
        "computed": [{**titled("asked", "number"), "value": "fit | length"}],
    },
    section("kept", "checker", titled("place"), when="agreed", due={"working_days": 2, "after": "review"}),
)  # fmt: skip
PLACES = ["called", "opinion[green]", "opinion[red]", "review", "kept"]
COLOURS = st.lists(st.sampled_from(["red", "blue", "green"]), min_size=1, max_size=3, unique=True)
ACTS = st.one_of(
    st.tuples(st.just("fill"), st.sampled_from(PLACES), COLOURS, st.booleans()),
    st.tuples(st.just("sign"), st.sampled_from(PLACES), COLOURS, st.booleans()),
    st.tuples(
        st.just("amend"),
        st.sampled_from(["departments", "departments@1", "fit[red]@1", "agreed", "agreed@1", "fit[green]"]),
        COLOURS,
        st.booleans(),
    ),
    st.tuples(st.just("next"), st.just(""), COLOURS, st.booleans()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=24))
def test_folding_never_fails_whatever_is_done_in_whatever_order(acts: list[tuple[str, str, list[str], bool]]) -> None:
    life = Life(BOTH, by=EVERYBODY)
    for kind, place, colours, holds in acts:
        values = {"called": {"departments": colours}, "opinion": {"fit": holds}, "review": {"agreed": holds}}
        try:
            content = _decided(life, kind, place, {**values, "kept": {"place": "柜"}}, colours, holds=holds)
        except RecordkeeperError:
            continue
        if content is not None:
            record = life.after({**content, "signature": "00"} if content["act"] != "fill" else content)
            shown = [*record.earlier_steps(), *record.open_steps]
            assert all(record.seen_in(step)["record"] and record.roles_at(step) for step in shown)
            assert not set(record.earlier_steps()) & set(record.open_steps)


def _decided(life: Life, kind: str, place: str, values: Any, colours: list[str], *, holds: bool) -> Any:
    record = life.record
    if kind == "next":
        step = next(iter(record.open_steps), None)
        if step is None:
            return None
        kind, place = ("sign" if record.is_step_filled(step) else "fill"), str(step)
    if kind == "fill":
        return record.fill(place, values[place.partition("[")[0].partition("@")[0]], EVERYBODY, life.moment, READING)
    if kind == "sign":
        return record.sign(place, EVERYBODY, life.moment)
    new = colours if place.startswith("departments") else holds
    return record.amend({place: new}, "误", "fact", EVERYBODY, life.moment, READING)
