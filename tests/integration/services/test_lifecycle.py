from datetime import timedelta

import pytest

from company import ANALYSIS, ENTRY, FEEDBACK, MEASURES, NOW, QUESTIONNAIRE, RESULT, Company
from recordkeeper.errors import InvalidInputError
from recordkeeper.model.event import Act, Event, History
from recordkeeper.model.record import Record
from recordkeeper.model.record_amendment import EqualValueError, TooManyCorrectionsError, UnknownFieldError
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError, WrongStateError
from recordkeeper.model.record_state import State
from recordkeeper.model.replay import UnreadableActError
from recordkeeper.model.value import TextRefusedError
from recordkeeper.register.acts import ChangedMeanwhileError
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.services import lifecycle, places, viewing
from recordkeeper.services.catalogue import NotInForceError, SharedSpellingError, UnknownFormError, UnknownRevisionError
from recordkeeper.services.lifecycle import About, NeedsValuesError, Scan
from recordkeeper.services.retrieval import UnknownRecordError, load, replayed

SHEET = "QR-017-01/2026-11"


def record(company: Company, number: str) -> Record:
    with company.register.reading() as snapshot:
        return load(snapshot, number)


def events(company: Company) -> list[Event]:
    with company.register.reading() as snapshot:
        return list(snapshot.events())


def acts_of(company: Company, number: str) -> list[str]:
    return [act.kind for act in record(company, number).history.acts[1:]]


# ---- new and fill ----------------------------------------------------------------------------------------------------


def test_a_feedback_sheet_goes_from_new_to_closed_section_by_section(company: Company) -> None:
    number = company.closed_feedback()
    closed = record(company, number)
    assert number == "QR-017-02/2026-0001"
    assert closed.state is State.CLOSED
    assert closed.closed_on == "2026-11-23"
    assert acts_of(company, number) == ["new", "sign", "sign", "fill", "sign", "fill", "sign", "fill", "sign"]
    assert [(each.name, each.meaning) for each in closed.signatures] == [
        ("员工丙", "received"),
        ("品质戊", "received"),
        ("品质戊", "analysed"),
        ("工程丁", "completed"),
        ("品质戊", "verified"),
    ]


def test_each_act_leaves_one_event_that_names_no_value(company: Company) -> None:
    before = len(events(company))
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    company.sign("clerk", number)
    kinds = [(event.kind, event.subject, event.act_number, event.actor) for event in events(company)[before:]]
    clerk = company.by("clerk").subject
    assert kinds == [("new", f"record/{number}", 1, clerk), ("sign", f"record/{number}", 2, clerk)]
    assert all("业主" not in event.leaf.decode() and "代表" not in event.leaf.decode() for event in events(company))


def test_a_number_is_taken_only_by_a_record_that_is_opened(company: Company) -> None:
    before = len(events(company))
    with pytest.raises(ValuesRefusedError):
        company.new("clerk", "QR-017-02", {"source": "电报"})
    with pytest.raises(NotYoursError):
        company.new("head", "QR-017-02", dict(FEEDBACK))
    assert len(events(company)) == before
    assert company.new("clerk", "QR-017-02", None) == "QR-017-02/2026-0001"
    assert company.new("clerk", "QR-017-02", None) == "QR-017-02/2026-0002"


def test_a_refused_record_names_its_form_and_no_number(company: Company) -> None:
    with pytest.raises(NotYoursError) as not_theirs:
        company.new("head", "QR-017-02", dict(FEEDBACK))
    with pytest.raises(ValuesRefusedError) as wrong:
        company.new("clerk", "QR-017-02", {"source": "电报"})
    assert [error.value.subject for error in (not_theirs, wrong)] == ["QR-017-02 received"] * 2
    assert "2026-0001" not in f"{not_theirs.value}{wrong.value}"


def test_all_wrong_and_missing_values_are_named_at_once(company: Company) -> None:
    with pytest.raises(ValuesRefusedError) as refused:
        company.new("clerk", "QR-017-02", {"source": "电报", "fed_back_at": "昨天", "colour": "red", "phone": "x"})
    assert {problem.field for problem in refused.value.problems} == {
        "source", "fed_back_at", "colour", "phone", "customer", "content",
    }  # fmt: skip


def test_a_form_is_found_by_its_spellings_and_a_shared_beginning_lists_its_codes(company: Company) -> None:
    for spelling in ("qr-017--02", "QR-017-02", "ＱＲ-017-02", "业主和住户信息反馈表"):
        assert company.new("clerk", spelling, None).startswith("QR-017-02/")
    with pytest.raises(SharedSpellingError) as shared:
        company.new("clerk", "QR-017", None)
    assert "QR-017-01" in shared.value.expected
    with pytest.raises(UnknownFormError):
        company.new("clerk", "QR-999-99", None)
    with pytest.raises(NotInForceError):
        lifecycle.new(company.register, company.by("clerk"), NOW - timedelta(days=2), "QR-017-02", None, About())


def test_a_field_of_premises_is_those_that_the_record_is_about(company: Company) -> None:
    premises = places.add_premises(company.register, company.by("controller"), unit="HQ", code="3-2-1201", now=NOW)
    values = {each: value for each, value in QUESTIONNAIRE.items() if each != "household"}
    number = company.new("quality", "QR-017-03", values, About(premises="3-2-1201"))
    assert record(company, number).values["household"] == premises.subject


def test_values_are_taken_from_party_and_premises_unless_they_are_given(company: Company) -> None:
    boss = company.by("controller")
    places.add_party(company.register, boss, name="许国良", phone="138-0000-1204", now=NOW)
    places.add_premises(company.register, boss, unit="HQ", code="3-2-1201", now=NOW)
    about = About(None, "许国良", "3-2-1201")
    values = {name: value for name, value in FEEDBACK.items() if name not in {"customer", "phone"}}
    taken = record(company, company.new("clerk", "QR-017-02", values, about)).values
    assert (taken["customer"], taken["phone"], taken["room"]) == ("许国良", "138-0000-1204", "3-2-1201")
    given = record(company, company.new("clerk", "QR-017-02", {**values, "customer": "其子"}, about)).values
    assert given["customer"] == "其子"


def test_filling_out_of_turn_without_the_role_or_again_by_another_is_refused(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    with pytest.raises(NotItsTurnError):
        lifecycle.fill(company.register, company.by("quality"), NOW, number, "analysed", dict(ANALYSIS))
    with pytest.raises(NotItsTurnError):
        lifecycle.fill(company.register, company.by("quality"), NOW, number, "received", dict(FEEDBACK))
    again = {**FEEDBACK, "phone": "138-0000-1204"}
    lifecycle.fill(company.register, company.by("clerk"), NOW, number, "received", again)
    assert record(company, number).values["phone"] == "138-0000-1204"
    company.sign("clerk", number)
    with pytest.raises(NotItsTurnError):
        lifecycle.fill(company.register, company.by("clerk"), NOW, number, "received", dict(FEEDBACK))


def test_a_person_without_a_role_at_the_unit_acts_on_nothing(company: Company) -> None:
    register, boss = company.register, company.by("controller")
    places.add_unit(register, boss, code="SH", kind="estate", name_zh="山海苑", name_en="", parent="HQ", now=NOW)
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK), About("SH"))
    assert record(company, number).unit == "unit/2"
    for act in (
        lambda: company.sign("rep", number),
        lambda: lifecycle.void(register, company.by("rep"), NOW, number, "误"),
        lambda: lifecycle.attach(register, company.by("rep"), NOW, number, "a.txt", "text/plain", b"x"),
        lambda: lifecycle.reissue(register, company.by("rep"), NOW, number, {}, "误"),
    ):
        with pytest.raises(NotYoursError):
            act()
    assert acts_of(company, number) == ["new"]


def test_the_verifier_is_somebody_other_than_who_took_the_measures(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    company.sign("clerk", number)
    company.sign("quality", number)
    company.fill("quality", number, {**ANALYSIS, "responsible": "administration"})
    company.sign("quality", number)
    with pytest.raises(NotYoursError):
        company.fill("head", number, dict(MEASURES))


def test_an_unknown_record_is_missing_and_a_spelling_of_its_form_finds_it(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", None)
    assert record(company, "qr-017--02/2026-0001").number == number
    for unknown in ("QR-017-02/2026-0002", "QR-017-02", "", "/", "../../etc/passwd", "record/QR-017-02/2026-0001"):
        with pytest.raises(UnknownRecordError):
            record(company, unknown)


def test_an_act_back_in_time_is_kept_and_flagged(company: Company) -> None:
    lifecycle.new(company.register, company.by("clerk"), NOW + timedelta(hours=1), "QR-017-02", None, About())
    company.new("clerk", "QR-017-02", None)
    assert [event.flags for event in events(company)[-2:]] == ["", "clock_back"]


# ---- sign ------------------------------------------------------------------------------------------------------------


def test_a_paper_signature_shows_its_signer_and_binds_its_scan(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    scan = Scan(b"%PDF-1.7", "application/pdf", "签名.pdf", "业主甲", "见证乙")
    with pytest.raises(WrongStateError):
        lifecycle.sign_on_paper(company.register, company.by("clerk"), NOW, number, None, scan)
    assert acts_of(company, number) == ["new"]
    with company.register.reading() as snapshot:
        assert snapshot.attachments(f"record/{number}") == {}


def test_an_unattended_signature_is_marked_in_act_and_event(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    signer = company.key("clerk")
    unattended = type(signer)(signer.subject, signer.name, signer.key, unattended=True)
    lifecycle.sign(company.register, company.by("clerk"), unattended, NOW, number)
    assert record(company, number).signatures[0].unattended
    assert events(company)[-1].flags == "unattended"


# ---- amend and counter-sign ------------------------------------------------------------------------------------------


def test_an_amendment_awaits_its_counter_signature_and_then_stands(company: Company) -> None:
    number = company.closed_feedback()
    company.amend("clerk", number, {"phone": "138-0000-1204"})
    pending = record(company, number)
    assert (pending.state, pending.values["phone"]) == (State.PENDING, "138-0000-1204")
    with pytest.raises(NotYoursError):
        company.countersign("clerk", number, 1)
    company.countersign("quality", number, 1)
    assert record(company, number).state is State.CLOSED
    with pytest.raises(WrongStateError):
        company.countersign("quality", number, 1)


def test_a_refused_amendment_lets_the_old_value_stand_again(company: Company) -> None:
    number = company.closed_feedback()
    company.amend("clerk", number, {"phone": "138-0000-1204"})
    company.countersign("head", number, 1, refused_because="号码无误")
    after = record(company, number)
    assert (after.state, after.values["phone"]) == (State.CLOSED, FEEDBACK["phone"])
    assert after.amendments[0].countersign_reason == "号码无误"


def test_two_corrections_are_taken_and_the_third_asks_for_a_reissue(company: Company) -> None:
    number = company.closed_feedback()
    company.amend("clerk", number, {"phone": "138-0000-1204"})
    company.amend("clerk", number, {"customer": "代表乙"})
    with pytest.raises(TooManyCorrectionsError):
        company.amend("clerk", number, {"room": "1-1-0101"})
    company.amend("clerk", number, {"room": "1-1-0101"}, "fact")
    with pytest.raises(WrongStateError):
        company.amend("clerk", number, {"room": "1-1-0102"}, "fact")
    new, old = lifecycle.reissue(company.register, company.by("clerk"), NOW, number, {"room": "9-9-0909"}, "改动过大")
    assert (old.state, old.successor, new.replaces) == (State.REPLACED, new.number, number)
    assert (new.values["phone"], new.values["customer"], new.values["room"]) == (
        "138-0000-1204", "代表乙", "9-9-0909",
    )  # fmt: skip
    with pytest.raises(WrongStateError):
        company.amend("clerk", number, {"phone": "138-0000-0000"})


def test_an_amendment_is_refused_for_input_that_cannot_be_right(company: Company) -> None:
    number = company.closed_feedback()
    before = acts_of(company, number)
    cases: list[tuple[dict[str, object], str, str, type[InvalidInputError]]] = [
        ({"colour": "red"}, "误", "correction", UnknownFieldError),
        ({"phone": FEEDBACK["phone"]}, "误", "correction", EqualValueError),
        ({"phone": "x"}, "误", "correction", ValuesRefusedError),
        ({"customer": ""}, "误", "correction", ValuesRefusedError),
        ({}, "误", "correction", ValuesRefusedError),
        ({"phone": "138-0000-1204"}, "误", "whim", ValuesRefusedError),
        ({"phone": "138-0000-1204"}, " ", "correction", InvalidInputError),
        ({"phone": "138-0000-1204"}, "误\0", "correction", TextRefusedError),
    ]
    for values, reason, nature, error in cases:
        with pytest.raises(error):
            lifecycle.amend(
                company.register, company.by("clerk"), company.key("clerk"), NOW, number, values, reason, nature
            )
    assert acts_of(company, number) == before


# ---- registers -------------------------------------------------------------------------------------------------------


def test_rows_stand_on_the_sheet_of_their_month(company: Company) -> None:
    numbers = [company.new("clerk", "QR-017-01", dict(ENTRY)) for _row in range(2)]
    october = company.new("clerk", "QR-017-01", {**ENTRY, "received_at": "2026-10-31 23:59", "reply_due": "2026-11-02"})
    assert record(company, numbers[0]).sheet == f"sheet/{SHEET}"
    assert record(company, october).sheet == "sheet/QR-017-01/2026-10"
    assert acts_of(company, SHEET) == ["new"]
    with company.register.reading() as snapshot:
        rows = find_records(snapshot, RecordQuery(sheet=f"sheet/{SHEET}"))
    assert sorted(row.number for row in rows) == numbers
    with pytest.raises(NeedsValuesError):
        company.new("clerk", "QR-017-01", None)


def test_the_sheet_of_another_unit_bears_its_code(company: Company) -> None:
    boss = company.by("controller")
    places.add_unit(company.register, boss, code="SH", kind="estate", name_zh="山", name_en="", parent="HQ", now=NOW)
    number = company.new("clerk", "QR-017-01", dict(ENTRY), About("SH"))
    assert record(company, number).sheet == "sheet/QR-017-01/SH-2026-11"


def test_a_saved_row_changes_by_amendment_alone_and_its_reply_is_filled_later(company: Company) -> None:
    number = company.new("clerk", "QR-017-01", dict(ENTRY))
    with pytest.raises(NotItsTurnError):
        lifecycle.fill(company.register, company.by("clerk"), NOW, number, "entry", dict(ENTRY))
    company.amend("clerk", number, {"caller": "周文绢"})
    company.fill("clerk", number, {"replied_on": "2026-11-05", "reply": "已办"})
    assert record(company, number).state is State.PENDING
    company.countersign("quality", number, 1)
    assert record(company, number).state is State.CLOSED


def test_the_sheets_signature_lists_its_rows_and_a_late_row_is_marked(company: Company) -> None:
    first = company.new("clerk", "QR-017-01", dict(ENTRY))
    company.fill("clerk", SHEET, {"summary": "开票"})
    company.sign("head", SHEET)
    sheet = record(company, SHEET)
    assert sheet.state is State.CLOSED
    listed = [{"number": first, "state": record(company, first).history.digests[-1]}]
    assert [act.content["rows"] for act in sheet.history.acts[2:]] == [listed, listed]
    assert "登记 1 条" in str(sheet.values["counts"])
    late = company.new("clerk", "QR-017-01", dict(ENTRY))
    assert record(company, late).opening["late"] is True
    assert events(company)[-1].flags == "late"
    assert record(company, SHEET).state is State.CLOSED


# ---- surveys and statistics ------------------------------------------------------------------------------------------


def test_statistics_are_computed_from_the_sheets_that_came_back_and_hold_their_digests(company: Company) -> None:
    places.add_premises(company.register, company.by("controller"), unit="HQ", code="3-2-1201", now=NOW)
    sent = [company.new("quality", "QR-017-03", dict(QUESTIONNAIRE)) for _household in range(4)]
    answers = {"received_on": "2026-11-20", "received_by": "门岗"}
    company.fill("clerk", sent[0], {**answers, "overall": "很满意"})
    company.fill("clerk", sent[1], {**answers, "overall": "不满意"})
    lifecycle.void(company.register, company.by("quality"), NOW, sent[3], "重复发放")
    number = company.new("quality", "QR-017-04", {"survey_year": "2026", "objective": "90"})
    statistics = record(company, number)
    values = statistics.values
    assert (values["sent_count"], values["returned_count"], values["return_rate"]) == ("3", "2", "66.7")
    assert (values["overall_rate"], values["reached"]) == ("50.0", False)
    with pytest.raises(ValuesRefusedError):
        company.new("quality", "QR-017-04", {"survey_year": "2026", "objective": "90", "sent_count": "9"})
    with pytest.raises(ValuesRefusedError) as refused:
        company.new("quality", "QR-017-04", {"colour": "red"})
    assert [problem.field for problem in refused.value.problems] == ["colour", "survey_year", "objective"]
    fill = statistics.opening["fill"]
    assert isinstance(fill, dict)
    assert [each["number"] for each in fill["sources"]["sent"]] == sent[:3]
    assert fill["sources"]["returned"][0]["state"] == record(company, sent[0]).history.digests[-1]


# ---- void, attach, close ---------------------------------------------------------------------------------------------


def test_a_record_begun_by_mistake_keeps_number_content_and_mark(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    with pytest.raises(InvalidInputError):
        lifecycle.void(company.register, company.by("clerk"), NOW, number, " ")
    void = lifecycle.void(company.register, company.by("clerk"), NOW, number, "重复登记")
    assert (void.state, void.void_reason, void.values["customer"]) == (State.VOID, "重复登记", "代表甲")
    for act in (
        lambda: company.sign("clerk", number),
        lambda: company.amend("clerk", number, {"phone": "138-0000-1204"}),
        lambda: lifecycle.void(company.register, company.by("clerk"), NOW, number, "再次"),
        lambda: lifecycle.attach(company.register, company.by("clerk"), NOW, number, "a", "text/plain", b"x"),
        lambda: lifecycle.reissue(company.register, company.by("clerk"), NOW, number, {}, "再次"),
        lambda: lifecycle.close(company.register, company.by("clerk"), NOW, number),
    ):
        with pytest.raises(WrongStateError):
            act()
    assert company.new("clerk", "QR-017-02", None) == "QR-017-02/2026-0002"


def test_where_the_successor_is_voided_none_is_in_force_until_the_former_is_reissued_again(company: Company) -> None:
    number = company.closed_feedback()
    actor = company.by("clerk")

    def reissue() -> str:
        return lifecycle.reissue(company.register, actor, NOW, number, {}, "更改大")[0].number

    first = reissue()
    with pytest.raises(WrongStateError):
        reissue()
    voided = lifecycle.void(company.register, actor, NOW, first, "选错了原表")
    (told,) = viewing.done(company.register, NOW, voided).next
    assert (told.act, number in told.title) == ("reissue", True)
    second = reissue()
    assert record(company, number).successor == second
    assert record(company, second).replaces == number
    assert viewing.done(company.register, NOW, record(company, first)).next == ()


def test_the_same_file_attached_twice_is_kept_once(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    for name in ("现场.jpg", "副本.jpg"):
        lifecycle.attach(company.register, company.by("clerk"), NOW, number, name, "image/jpeg", b"\xff\xd8")
    attached = record(company, number).attachments
    assert [each.name for each in attached] == ["现场.jpg", "副本.jpg"]
    with company.register.reading() as snapshot:
        assert snapshot.attachments(f"record/{number}") == {attached[0].digest: "image/jpeg"}


def test_a_record_of_which_an_optional_section_remains_is_closed_by_hand(company: Company) -> None:
    values = {
        "commended": "部门", "department": "工程部", "statistics_number": "QR-017-04/2026-0001", "praised": "维修及时",
    }  # fmt: skip
    number = company.new("quality", "QR-102-01", values)
    with pytest.raises(WrongStateError):
        lifecycle.close(company.register, company.by("quality"), NOW, number)
    company.sign("quality", number)
    company.sign("rep", number)
    assert record(company, number).state is State.OPEN
    closed = lifecycle.close(company.register, company.by("quality"), NOW, number)
    assert (closed.state, closed.open_sections == ()) == (State.CLOSED, False)


def test_of_two_who_decide_on_the_same_state_the_second_is_refused(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    stale = record(company, number).history
    company.sign("clerk", number)
    with company.register.writing(now=NOW) as transaction, pytest.raises(ChangedMeanwhileError):
        transaction.append(stale, {"act": "sign", "by": "person/1", "at": "2026-11-23T02:00:00Z"}, {})


def test_acts_that_nobody_decided_are_named_and_not_fallen_over(company: Company) -> None:
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    history = record(company, number).history
    opening = history.acts[1].content
    for content in (
        {**opening, "form": 7, "revision": []},
        {**opening, "fill": 7},
        {**opening, "act": "forget"},
        {**opening, "on": None},
    ):
        broken = History(history.subject, (history.acts[0], Act(history.subject, 1, content)))
        with company.register.reading() as snapshot, pytest.raises((UnreadableActError, UnknownRevisionError)):
            replayed(snapshot, broken)


def test_result_fields_reach_the_register(company: Company) -> None:
    number = company.closed_feedback()
    with company.register.reading() as snapshot:
        found = find_records(snapshot, RecordQuery(text=str(RESULT["verification"])))
    assert [row.number for row in found] == [number]
