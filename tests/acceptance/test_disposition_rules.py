"""M-1 to M-14: what disposition and holds must hold to, each rule by its name, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy

import company
from company import FEEDBACK, NOW, Company
from disposal_office import COOLED, DESTROY, LATER, SHEET, DisposalOffice, Old, check_verified, disposal_scene
from recordkeeper.errors import RegisterError
from recordkeeper.model.hold import OwnHoldError
from recordkeeper.model.retention import Kept, Outcome, Period, Rule, eligibility
from recordkeeper.register import tables
from recordkeeper.register.engine import open_register
from recordkeeper.services import disposition, execution, holding, lifecycle, publication, scheduling
from recordkeeper.services.disposal_list import NotEligibleError
from recordkeeper.services.disposition import NotOnListError, Proposal
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.retention import KeptView, kept_records
from recordkeeper.services.retrieval import DisposedRecordError
from recordkeeper.services.scheduling import ShortenedError
from recordkeeper.services.searching import Criteria
from stage import Stages, migrated

Opened = tuple[DisposalOffice, Old]


@pytest.fixture
def disposal(database: str, stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """A company whose records are old enough to go, without LibreOffice."""
    monkeypatch.setenv("PATH", "")

    def begin(url: str, folder: Path) -> Company:
        with open_register(url) as register:
            return company.begin(register, folder)

    before = stages.stage(database, "begun", begin, migrated(stages, database))
    with disposal_scene(stages, before, tmp_path) as scene, scene.opened() as office:
        yield office, scene.old


def views(office: DisposalOffice, now: datetime = LATER) -> dict[str, KeptView]:
    """How each record stands with its retention, by its number."""
    found = kept_records(office.register, office.by("archivist"), now, Criteria())
    return {view.found.number: view for view in found}


def hold(office: DisposalOffice, number: str, now: datetime = LATER) -> str:
    """Let the controller place a hold on a record."""
    asked = ScopeAsked(records=[number])
    placed, _kept = holding.place(
        office.register, office.by("controller"), now, title="纠纷", mandate="民初字第 9 号", asked=asked
    )
    return placed.subject


def strike_out(office: DisposalOffice, subject: str) -> None:
    """Delete the acts of a subject as the program's own dispositions do."""
    with office.register.writing(now=LATER) as transaction, transaction.disposing():
        transaction.connection.execute(sqlalchemy.delete(tables.act).where(tables.act.c.subject == subject))


def gone(office: DisposalOffice, number: str) -> bool:
    """Whether a record was destroyed."""
    try:
        office.record(number)
    except DisposedRecordError:
        return True
    return False


@contextmanager
def refused_by_the_archive(office: DisposalOffice, listed: str, number: str) -> Iterator[None]:
    """Let the archive refuse the object of a record that has begun to go: a link stands there, which none follows."""
    by = office.executor(listed)
    for item in office.items(listed):
        execution.begin_item(by, item)
    publication.publish(office.publisher, COOLED)
    place = office.storage_root.object_path(f"record/{number}")
    aside = place.with_name("aside")
    place.rename(aside)
    place.symlink_to(aside)
    yield
    place.unlink()
    aside.rename(place)


def test_m_1_a_record_goes_by_an_approved_list_alone_not_even_in_sql(disposal: Opened) -> None:
    office, old = disposal
    subject = f"record/{old.feedbacks[0]}"
    with pytest.raises((RegisterError, sqlalchemy.exc.DBAPIError)):
        strike_out(office, subject)
    office.appraise(old.feedbacks)
    number = office.draw_up(old.feedbacks)
    with pytest.raises((RegisterError, sqlalchemy.exc.DBAPIError)):
        strike_out(office, subject)
    assert office.record(number).state == "pending"
    assert not gone(office, old.feedbacks[0])


def test_m_2_every_record_can_say_by_which_one_entry_it_is_kept_and_why(disposal: Opened) -> None:
    office, _old = disposal
    found = views(office)
    assert found
    for view in found.values():
        assert sum(line.decides for line in view.answer.lines) == 1
        deciding = view.answer.deciding
        assert deciding is not None
        assert deciding.rule.authority
        assert deciding.rule.source


def test_m_3_an_appraisal_keeps_for_ever_keeps_longer_transfers_or_destroys(disposal: Opened) -> None:
    office, old = disposal
    first, second, third = old.feedbacks
    office.appraise([first], said=Proposal("keep", None, "年度数据", "档案室"))
    office.appraise([second], said=Proposal("keep", date(2033, 1, 1), "诉讼时效", "档案室"))
    office.appraise([third], said=Proposal("transfer", None, "移交业主委员会", "档案室"))
    office.appraise([SHEET], said=DESTROY)
    outcomes = {number: view.answer.outcome for number, view in views(office).items()}
    assert outcomes[first] is Outcome.PERMANENT
    assert outcomes[second] is Outcome.RUNNING
    assert outcomes[third] is Outcome.TRANSFER
    assert outcomes[SHEET] is Outcome.DESTROY
    again = views(office, datetime(2033, 1, 1, 2, tzinfo=LATER.tzinfo))[second]
    assert again.answer.outcome is Outcome.REVIEW


def test_m_4_the_longest_minimum_wins_and_what_waits_outlasts_any_date() -> None:
    closed_on = date(2024, 2, 29)
    three = Rule("three", "A/0", "P12-R1", "closed", Period(3), "destroy")
    five = Rule("five", "A/0", "公司规定", "closed", Period(5), "destroy")
    waits = Rule("waits", "A/0", "合同法", "contract_ended", Period(1), "destroy")
    kept = Kept("QR-017-02/2024-0001", is_finished=True, happened={"closed": closed_on}, rules=[three])
    assert eligibility(kept, date(2027, 2, 28)).outcome is Outcome.RUNNING
    assert eligibility(kept, date(2027, 3, 1)).outcome is Outcome.DESTROY
    both = eligibility(replace(kept, rules=[three, five]), date(2027, 3, 1))
    assert (both.outcome, both.due_on) == (Outcome.RUNNING, date(2029, 3, 1))
    waiting = eligibility(replace(kept, rules=[three, waits]), date(2099, 1, 1))
    assert (waiting.outcome, waiting.due_on) == (Outcome.WAITING, None)
    cut_off = Rule("year", "A/0", "会计档案管理办法", "year_end", Period(1), "destroy")
    assert eligibility(replace(kept, rules=[cut_off]), date(2026, 1, 1)).due_on == date(2026, 1, 1)
    at_most = replace(three, id="most", at_most=Period(2))
    conflict = eligibility(replace(kept, rules=[at_most]), date(2026, 6, 1))
    assert (conflict.outcome, conflict.exceeds) == (Outcome.RUNNING, at_most)


def test_m_5_what_is_to_be_appraised_is_not_eligible_until_somebody_has_decided(disposal: Opened) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    with pytest.raises(NotEligibleError):
        office.draw_up([number])
    sheet = office.propose([number])
    with pytest.raises(NotEligibleError):
        office.draw_up([number])  # a sheet that nobody has approved decides nothing
    given = {"conclusion": "as_proposed", "holds": "无"}
    lifecycle.fill(office.register, office.by("appraiser"), LATER, sheet, "appraised", given)
    office.sign_as("appraiser", sheet, "appraised")
    disposition.approve(office.register, office.by("manager"), office.key("manager"), LATER, sheet)
    assert office.record(office.draw_up([number])).state == "pending"
    acts = office.record(number).history.acts
    cited = next(act.content["items"] for act in acts if act.kind == "appraise")
    assert cited[0]["number"] == sheet  # type: ignore[index,call-overload]


def test_m_6_what_is_due_shows_by_when_it_is_to_be_decided_and_that_it_is_overdue(disposal: Opened) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    due_on = date(2029, 11, 24)
    view = views(office, datetime(2029, 12, 1, 2, tzinfo=LATER.tzinfo))[number]
    assert (view.answer.due_on, view.decide_by, view.is_overdue) == (due_on, due_on + timedelta(60), False)
    assert views(office)[number].is_overdue


def test_m_7_a_tombstone_answers_with_identity_dates_digests_authority_who_when_and_how(disposal: Opened) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    before = office.record(number).history
    listed = office.ready([number])
    office.execute(listed)
    with pytest.raises(DisposedRecordError) as answer:
        office.record(number)
    stone = answer.value.tombstone
    assert (stone["number"], stone["list"], stone["how"], stone["on"]) == (number, listed, ["erased"], "2030-03-12")
    assert (stone["entered_on"], stone["closed_on"]) == ("2026-11-23", "2026-11-23")
    assert (stone["authority"], stone["form"]) == ("P12-R1", "QR-017-02")
    assert [stone[part] for part in ("author", "approver")] == [
        [office.by("archivist").subject], [office.by("manager").subject]
    ]  # fmt: skip
    assert FEEDBACK["customer"] not in str(stone)
    with office.register.reading() as snapshot:
        events = [event for event in snapshot.events_of(f"record/{number}") if event.state_digest]
    assert [event.state_digest for event in events][: before.count] == list(before.digests[1:])
    assert stone["state"] == events[-1].state_digest


def test_m_8_an_attachment_shared_by_two_records_survives_until_both_are_gone(disposal: Opened) -> None:
    office, old = disposal
    first, second, _third = old.feedbacks
    shared = office.record(first).attachments[0].digest
    assert shared == office.record(second).attachments[0].digest
    office.execute(office.ready([first]))
    with office.register.reading() as snapshot:
        assert snapshot.attachment(f"record/{second}", shared)
        assert snapshot.attachments(f"record/{first}") == {}
    office.execute(office.ready([second]), COOLED + timedelta(1))
    with office.register.reading() as snapshot:
        assert snapshot.attachments(f"record/{second}") == {}
    check_verified(office)


def test_m_9_a_hold_has_title_mandate_and_scope_and_new_members_inherit_it(disposal: Opened) -> None:
    office, _old = disposal
    asked = ScopeAsked(units=["HQ"])
    placed, kept = holding.place(
        office.register, office.by("controller"), NOW, title="审计", mandate="审计通知", asked=asked
    )
    assert (placed.title, placed.mandate, placed.scope.units) == ("审计", "审计通知", ("unit/1",))
    assert kept
    number = office.new("clerk", "QR-017-02", dict(FEEDBACK))
    with office.register.reading() as snapshot:
        assert snapshot.held([f"record/{number}"]) == {(f"record/{number}", placed.subject)}


def test_m_10_all_holds_must_be_lifted_by_another_person_with_authority_and_reason(disposal: Opened) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    office.appraise([number])
    first, second = hold(office, number), hold(office, number)
    words = {"reason": "调解", "authority": "总经理"}
    asked = ScopeAsked(forms=["QR-017-04"])
    own, _kept = holding.place(office.register, office.by("lifter"), LATER, title="甲", mandate="乙", asked=asked)
    with pytest.raises(OwnHoldError):
        holding.lift(office.register, office.by("lifter"), LATER, own.subject, **words)
    holding.lift(office.register, office.by("lifter"), LATER, first, **words)
    with pytest.raises(NotEligibleError):
        office.draw_up([number])
    far = datetime(2060, 1, 1, tzinfo=LATER.tzinfo)
    assert views(office, far)[number].answer.holds == (second,)  # it never lapses by time
    holding.lift(office.register, office.by("lifter"), LATER, second, **words)
    assert office.record(office.draw_up([number])).state == "pending"


def test_m_11_a_hold_stops_destruction_alone(disposal: Opened) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    hold(office, number)
    view = views(office)[number]
    assert (view.answer.outcome, view.answer.due_on) == (Outcome.REVIEW, date(2029, 11, 24))
    office.amend("clerk", number, {"phone": "138-0000-1204"})
    office.countersign("quality", number, 1)
    office.appraise([number])
    assert views(office)[number].answer.outcome is Outcome.HELD


def test_m_12_a_hold_placed_after_the_approval_wins_and_the_list_says_so(disposal: Opened) -> None:
    office, old = disposal
    first, second, _third = old.feedbacks
    listed = office.ready([first, second])
    placed = hold(office, second)
    closed, certificate = office.execute(listed)
    assert gone(office, first)
    assert office.record(second).state == "closed"
    assert closed.values["kept_why"] == f"第 2 项 {second}：冻结 {placed}"
    assert [certificate.values[f"{each}_count"] for each in ("destroyed", "skipped")] == ["1", "1"]
    check_verified(office)


def test_m_13_a_changed_schedule_says_which_records_move_and_never_shortens_silently(
    disposal: Opened, tmp_path: Path
) -> None:
    office, old = disposal
    file = tmp_path / "schedule.yaml"
    rule = "  - {{id: all, forms: [QR-017-02], years: {}, authority: 规定}}\n"
    text = "revision: {}\ntitle: {{zh: 表, en: Schedule}}\nrules:\n" + rule
    file.write_text(text.format("A/0", 9), "utf-8")
    proposed = scheduling.propose(office.register, office.by("controller"), LATER, file)
    assert {move.number for move in proposed.moves} == set(old.feedbacks)
    scheduling.put_in_force(office.register, office.key("lifter"), LATER, None, allows_shorter=False)
    assert views(office)[old.feedbacks[0]].answer.outcome is Outcome.RUNNING
    file.write_text(text.format("A/1", 4), "utf-8")
    shorter = scheduling.propose(office.register, office.by("controller"), LATER, file)
    assert all(move.is_shorter and move.before == date(2035, 11, 24) for move in shorter.moves)
    with pytest.raises(ShortenedError):
        scheduling.put_in_force(office.register, office.key("lifter"), LATER, None, allows_shorter=False)


def test_m_14_a_failure_in_the_middle_leaves_a_result_for_each_record_and_can_be_resumed(
    disposal: Opened,
) -> None:
    office, old = disposal
    first, second, third = old.feedbacks
    listed = office.ready([first, second, third])
    with refused_by_the_archive(office, listed, second):
        progress = office.destroy(listed)
    assert [result.outcome for result in progress.results] == ["destroyed", "failed", "destroyed"]
    _closed, certificate = office.execute(listed)
    counts = [certificate.values[f"{each}_count"] for each in ("destroyed", "skipped", "failed")]
    assert counts == ["3", "0", "0"]
    check_verified(office)


def test_m_14_what_cannot_be_destroyed_is_given_up_and_the_certificate_says_failed(disposal: Opened) -> None:
    office, old = disposal
    first, second, _third = old.feedbacks
    listed = office.ready([first, second])
    with refused_by_the_archive(office, listed, second):
        _closed, certificate = office.execute(listed, gives_up=True)
    assert [certificate.values[f"{each}_count"] for each in ("destroyed", "failed")] == ["1", "1"]
    assert office.record(second).state == "closed"
    publication.publish(office.publisher, COOLED)
    check_verified(office)


def test_a_row_a_wrong_unit_and_a_second_list_are_refused(disposal: Opened) -> None:
    office, old = disposal
    office.appraise(old.feedbacks[:1])
    with pytest.raises(NotOnListError):
        office.draw_up(["QR-017-01/2026-0001"])
    listed = office.draw_up(old.feedbacks[:1])
    office.approve(listed)
    with pytest.raises(NotEligibleError):
        office.draw_up(old.feedbacks[:1])
