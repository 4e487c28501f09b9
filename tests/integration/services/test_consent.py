"""Confidential records: who reads, copies, takes out; consent asked for and recorded; readings noted once a session."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW, SECRET
from packages import form, write_package
from recordkeeper.errors import RefusalError
from recordkeeper.findings import Severity
from recordkeeper.model.consent import COPY, READ, TAKE_OUT, NobodyConsentsError, asked_of
from recordkeeper.model.record_guard import NoReasonError, NotYoursError, ValuesRefusedError, WrongStateError
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.services import consent, copying, entry, extraction, lifecycle, people, retention, searching, viewing
from recordkeeper.services.access import MayNotReadError
from recordkeeper.services.overview import overview
from recordkeeper.services.people import Actor
from recordkeeper.services.record_view import request_text
from recordkeeper.services.searching import NoUnitToReadError
from recordkeeper.services.verification import verify
from stage import Stages

CONTRACT, PLAIN, READ_ALONE, REGISTER = "QR-900-01", "QR-900-02", "QR-900-03", "QR-900-04"
FORMS = (
    form(
        CONTRACT,
        section("entry", field("what"), sign="one", meaning="received"),
        section("check", by="head", sign="one", meaning="verified"),
        access={"read": ["head"], "copy": ["head"], "take_out": ["head"], "consent": ["head"]},
    ),
    form(PLAIN, section("entry", field("what"))),
    form(
        READ_ALONE,
        section("entry", field("what"), sign="one", meaning="received"),
        access={"read": ["head"], "consent": ["quality"]},
        amendment={"countersign": {"by": ["head"]}},
    ),
    form(
        REGISTER,
        section("row", field("what")),
        kind="register",
        sheet={"by": "unit"},
        access={"read": ["head"], "consent": ["quality"]},
    ),
)


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", *FORMS)

    with office_with(
        stages, database, tmp_path, "consent", [package], "clerk", "head", "head", "quality", "clerk"
    ) as opened:
        yield opened


@pytest.fixture
def number(company: ActingCompany) -> str:
    """A closed contract that the clerk has signed."""
    number = company.new("clerk", CONTRACT, {"what": "合同"})
    company.sign("clerk", number, "entry")
    company.sign("head", number, "check")
    return number


def uses(company: ActingCompany, who: str, number: str) -> set[str]:
    """What somebody may do with it."""
    register, actor = company.register, company.actors[who]
    selection = extraction.Selection((number,), searching.Criteria())
    doors: dict[str, Callable[[], object]] = {
        "read": lambda: viewing.show(register, actor, NOW, number),
        "copy": lambda: viewing.render(register, actor, NOW, number),
        "take_out": lambda: extraction.export_json(register, actor, NOW, selection),
        "take_out as a table": lambda: extraction.export_table(register, actor, NOW, selection),
        "take_out as a pack": lambda: extraction.export_workbook(register, actor, NOW, selection),
    }
    found = {door.partition(" ")[0] for door, enter in doors.items() if not is_refused(enter)}
    assert (number in listed(company, who)) == (READ in found), who
    return found


def listed(company: ActingCompany, who: str, now: datetime = NOW) -> list[str]:
    """The numbers that somebody finds, and finds among what is kept; none where there is no unit to look in."""
    try:
        found = searching.find(company.register, company.actors[who], now, searching.Criteria())
    except RefusalError:
        return []
    kept = retention.kept_records(company.register, company.actors[who], now, searching.Criteria())
    assert [each.found.number for each in kept] == [each.number for each in found]
    return [each.number for each in found]


def is_refused(enter: Callable[[], object]) -> bool:
    try:
        enter()
    except RefusalError:
        return True
    return False


def readings(company: ActingCompany, number: str) -> list[str]:
    with company.register.reading() as snapshot:
        return [each.actor for each in snapshot.events_of(f"record/{number}") if each.kind == "read"]


def test_the_form_says_who_reads_copies_and_takes_out_and_who_signed_it_reads_it(
    company: ActingCompany, number: str
) -> None:
    assert uses(company, "head", number) == {READ, COPY, TAKE_OUT}
    assert uses(company, "clerk", number) == {READ}
    for who in ("quality", "boss", "stranger"):
        assert uses(company, who, number) == set()
    plain = company.new("clerk", PLAIN, {"what": "记录"})
    assert uses(company, "quality", plain) == {READ, COPY, TAKE_OUT}


def test_whoever_opened_or_filled_a_record_reads_and_finds_it_before_anybody_signs(company: ActingCompany) -> None:
    opened = company.new("clerk", CONTRACT)
    filled = company.new("clerk", CONTRACT, {"what": "合同"})
    for who, has_part in (("clerk", True), ("clerk2", False), ("quality", False), ("boss", False), ("stranger", False)):
        for number in (opened, filled):
            assert (READ in uses(company, who, number)) == has_part, (who, number)
    company.fill("clerk2", opened, "entry", {"what": "代录"})
    assert READ in uses(company, "clerk2", opened)
    assert uses(company, "clerk2", filled) == set()


def test_what_is_not_finished_is_printed_by_whoever_fills_it(company: ActingCompany) -> None:
    number = company.new("clerk", CONTRACT, {"what": "合同"})
    company.sign("clerk", number, "entry")
    assert uses(company, "clerk", number) == {READ, COPY}


def test_consent_is_asked_for_given_for_one_use_up_to_a_day_and_recorded(
    company: ActingCompany, number: str, tmp_path: Path
) -> None:
    register, asking, head = company.register, company.actors["quality"], company.actors["head"]
    asked = consent.ask(register, asking, NOW, number, TAKE_OUT, "税务局查阅")
    assert uses(company, "quality", number) == set()
    answered = consent.consent(register, head, NOW, number, asked.number, None)
    assert (answered.name, answered.until) == (asking.name, "2026-11-23")
    assert uses(company, "quality", number) == {READ, TAKE_OUT}
    assert uses(company, "boss", number) == set()
    tomorrow = NOW + timedelta(days=1)
    assert is_refused(lambda: viewing.show(register, asking, tomorrow, number))
    assert [act.kind for act in company.record(number).history.acts[-2:]] == ["ask", "consent"]
    findings = verify(register.url, tmp_path / "archive").findings
    assert [each for each in findings if each.severity is Severity.ALTERED] == []


def test_whoever_may_read_by_consent_alone_finds_it_up_to_the_day_and_nobody_else_does(
    company: ActingCompany, number: str
) -> None:
    register, outsider = company.register, company.actors["stranger"]
    assert listed(company, "stranger") == []
    consent.ask(register, outsider, NOW, number, READ, "公安机关查阅")
    assert listed(company, "stranger") == []
    consent.consent(register, company.actors["head"], NOW, number, None, None)
    assert listed(company, "stranger") == [number]
    assert uses(company, "stranger", number) == {READ}
    with pytest.raises(NoUnitToReadError):
        searching.find(register, outsider, NOW, searching.Criteria(unit="SH"))
    assert [each.number for each in searching.find(register, outsider, NOW, searching.Criteria(unit="HQ"))] == [number]
    assert listed(company, "stranger", NOW + timedelta(days=1)) == []
    assert uses(company, "quality", number) == uses(company, "boss", number) == set()


@pytest.mark.parametrize("is_signed", [True, False])
def test_a_consent_to_read_is_none_to_copy_or_take_out_where_the_form_names_nobody_for_that(
    company: ActingCompany, *, is_signed: bool
) -> None:
    number = company.new("clerk", READ_ALONE, {"what": "合同"})
    if is_signed:
        company.sign("clerk", number, "entry")
    register, quality = company.register, company.actors["quality"]
    assert uses(company, "head", number) == uses(company, "clerk", number) == {READ, COPY, TAKE_OUT}
    for use, allowed in ((READ, {READ}), (COPY, {READ, COPY}), (TAKE_OUT, {READ, COPY, TAKE_OUT})):
        consent.ask(register, company.actors["stranger"], NOW, number, use, "税务局查阅")
        consent.consent(register, quality, NOW, number, None, None)
        assert uses(company, "stranger", number) == allowed, use
    assert uses(company, "clerk2", number) == set()


def test_what_is_not_finished_is_read_and_not_printed_by_a_consent_to_read(company: ActingCompany) -> None:
    number = company.new("clerk", CONTRACT, {"what": "合同"})
    consent.ask(company.register, company.actors["stranger"], NOW, number, READ, "好奇")
    consent.consent(company.register, company.actors["head"], NOW, number, None, None)
    assert uses(company, "stranger", number) == {READ}


def test_a_part_in_one_row_or_consent_to_it_prints_the_others_by_no_door(
    company: ActingCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (copying, extraction):
        monkeypatch.setattr(module, "print_pdfs", lambda printouts: dict.fromkeys(printouts, b""))
    monkeypatch.setattr(extraction, "find_libreoffice", lambda: None)
    monkeypatch.setattr(extraction, "pdf_pack", lambda _printed: b"")
    register, row = company.register, company.new("clerk", REGISTER, {"what": "来访甲"})
    company.new("clerk2", REGISTER, {"what": "来访乙"})
    sheet = company.record(row).sheet.removeprefix("sheet/")

    def doors(who: str) -> set[str]:
        actor, selection = company.actors[who], extraction.Selection((row,), searching.Criteria())
        enter: dict[str, Callable[[], object]] = {
            "render": lambda: viewing.render(register, actor, NOW, row),
            "copy": lambda: copying.prepare_copy(register, actor, NOW, row, "税务局"),
            "pack": lambda: extraction.export_pack(register, actor, NOW, selection),
            "table": lambda: extraction.export_table(register, actor, NOW, selection),
        }
        return {door for door, open_it in enter.items() if not is_refused(open_it)}

    def consented(number: str, use: str) -> None:
        consent.ask(register, company.actors["stranger"], NOW, number, use, "税务局查阅")
        consent.consent(register, company.actors["quality"], NOW, number, None, None)

    assert doors("head") == {"render", "copy", "pack", "table"}
    assert doors("clerk") == {"table"}
    for use in (READ, COPY, TAKE_OUT):
        consented(row, use)
    consented(sheet, READ)
    assert doors("stranger") == {"table"}
    consented(sheet, COPY)
    consented(sheet, TAKE_OUT)
    assert doors("stranger") == {"render", "copy", "pack", "table"}


def test_a_refusal_to_read_or_copy_names_the_command_that_asks_for_consent(company: ActingCompany, number: str) -> None:
    def refusal(enter: Callable[[], object]) -> str:
        with pytest.raises(RefusalError) as refused:
            enter()
        return str(refused.value)

    register, quality, clerk = company.register, company.actors["quality"], company.actors["clerk"]
    assert f"record ask {number} --for read" in refusal(lambda: viewing.show(register, quality, NOW, number))
    assert f"record ask {number} --for copy" in refusal(lambda: viewing.render(register, clerk, NOW, number))
    selection = extraction.Selection((number,), searching.Criteria())
    said = refusal(lambda: extraction.export_json(register, clerk, NOW, selection))
    assert f"record ask {number} --for take_out" in said
    plain = company.new("clerk", PLAIN, {"what": "记录"})
    assert "record ask" not in refusal(lambda: viewing.show(register, company.actors["stranger"], NOW, plain))


def test_who_may_consent_and_not_read_sees_the_requests_that_await_their_answer(company: ActingCompany) -> None:
    number = company.new("clerk", READ_ALONE, {"what": "合同"})
    register, quality = company.register, company.actors["quality"]
    assert consent.waiting_for(register, quality, NOW) == []
    consent.ask(register, company.actors["stranger"], NOW, number, READ, "税务局查阅")
    consent.ask(register, quality, NOW, number, COPY, "自己要看")
    assert uses(company, "quality", number) == set()
    [waiting] = consent.waiting_for(register, quality, NOW)
    assert (waiting.number, waiting.asked.number, waiting.asked.name) == (number, 1, "生人")
    assert (waiting.asked.use, waiting.asked.reason) == (READ, "税务局查阅")
    for who in ("head", "clerk", "boss", "stranger"):
        assert consent.waiting_for(register, company.actors[who], NOW) == []
    consent.consent(register, quality, NOW, number, 1, None)
    assert consent.waiting_for(register, quality, NOW) == []


def test_who_has_nothing_to_do_with_a_record_is_not_told_how_it_stands(company: ActingCompany, number: str) -> None:
    register, quality, signer = company.register, company.actors["quality"], company.signers["quality"]
    attempts: dict[str, Callable[[], object]] = {
        "fill": lambda: lifecycle.fill(register, quality, NOW, number, "entry", {"what": "改"}),
        "ask for the fields": lambda: entry.fill_entry(register, quality, NOW, number, None),
        "sign": lambda: lifecycle.sign(register, quality, signer, NOW, number),
        "countersign": lambda: lifecycle.countersign(register, quality, signer, NOW, number, 1, accepted=True),
        "amend": lambda: lifecycle.amend(register, quality, signer, NOW, number, {"what": "改"}, "r", "fact"),
        "reissue": lambda: lifecycle.reissue(register, quality, NOW, number, {}, "r"),
        "attach": lambda: lifecycle.attach(register, quality, NOW, number, "a.txt", "text/plain", b"a"),
        "void": lambda: lifecycle.void(register, quality, NOW, number, "r"),
        "close": lambda: lifecycle.close(register, quality, NOW, number),
        "tell": lambda: lifecycle.tell(register, quality, NOW, number, "event", NOW.date(), "r"),
        "consent": lambda: consent.consent(register, quality, NOW, number, None, None),
    }
    for act, attempt in attempts.items():
        with pytest.raises(NotYoursError) as refused:
            attempt()
        assert "closed" not in str(refused.value), act
    with pytest.raises(WrongStateError, match="closed"):
        lifecycle.close(register, company.actors["clerk"], NOW, number)


def test_who_has_a_role_elsewhere_is_told_that_it_counts_at_the_records_own_unit(company: ActingCompany) -> None:
    number = company.new("clerk", READ_ALONE, {"what": "合同"})
    register, quality, signer = company.register, company.actors["quality"], company.signers["quality"]
    with pytest.raises(NotYoursError, match="only 值班员 at the record's own unit may"):
        lifecycle.sign(register, quality, signer, NOW, number)
    with pytest.raises(NotYoursError, match="only 负责人 at the record's own unit may"):
        lifecycle.countersign(register, quality, signer, NOW, number, 1, accepted=True)


def test_who_may_not_read_a_record_takes_its_values_over_into_none_of_their_own(
    company: ActingCompany, number: str
) -> None:
    register, clerk, other = company.register, company.actors["clerk"], company.actors["clerk2"]
    with pytest.raises(MayNotReadError):
        lifecycle.reissue(register, other, NOW, number, {}, "重签")
    consent.ask(register, other, NOW, number, READ, "重签")
    consent.consent(register, company.actors["head"], NOW, number, None, None)
    successor, _replaced = lifecycle.reissue(register, other, NOW, number, {}, "重签")
    lifecycle.void(register, other, NOW, successor.number, "重复")
    assert lifecycle.reissue(register, clerk, NOW, number, {}, "重签")[0].replaces == number


def test_a_refused_request_allows_nothing_and_keeps_its_reason(company: ActingCompany, number: str) -> None:
    register, head = company.register, company.actors["head"]
    consent.ask(register, company.actors["quality"], NOW, number, READ, "好奇")
    consent.consent(register, head, NOW, number, None, None, refused_because="与工作无关")
    assert uses(company, "quality", number) == set()
    record = company.record(number)
    assert record.history.acts[-1].content["reason"] == "与工作无关"
    [asked] = asked_of(record)
    assert (asked.is_answered, asked.until) == (True, "")
    with pytest.raises(WrongStateError, match="request"):
        consent.consent(register, head, NOW, number, None, None)


def test_consent_comes_from_whom_the_form_names_and_never_from_who_asked(company: ActingCompany, number: str) -> None:
    register = company.register
    consent.ask(register, company.actors["head"], NOW, number, COPY, "存档")
    for who in ("head", "clerk", "boss"):
        with pytest.raises(NotYoursError):
            consent.consent(register, company.actors[who], NOW, number, 1, None)
    with pytest.raises(ValuesRefusedError):
        consent.consent(register, company.actors["head2"], NOW, number, 1, NOW.date() - timedelta(days=1))
    assert consent.consent(register, company.actors["head2"], NOW, number, 1, NOW.date()).until == "2026-11-23"


def test_nobody_answers_their_own_request_through_a_deputy(company: ActingCompany, number: str) -> None:
    register, head, deputy = company.register, company.actors["head"], company.actors["clerk"]
    people.deputize(
        register,
        company.actors["boss"],
        login=head.login,
        deputy=deputy.login,
        unit=ROOT_UNIT,
        valid_from=None,
        valid_to=NOW.date(),
        reason="年休假",
        now=NOW,
    )
    consent.ask(register, head, NOW, number, COPY, "存档")
    consent.ask(register, company.actors["quality"], NOW, number, COPY, "税务局查阅")
    assert [each.asked.number for each in consent.waiting_for(register, deputy, NOW)] == [2]
    with pytest.raises(NotYoursError):
        consent.consent(register, deputy, NOW, number, 1, None)
    answered = consent.consent(register, deputy, NOW, number, None, None)
    assert (answered.number, answered.is_answered) == (2, True)


def test_whoever_reads_a_record_sees_what_was_asked_for_and_the_answer(company: ActingCompany, number: str) -> None:
    register, head = company.register, company.actors["head"]
    consent.ask(register, company.actors["quality"], NOW, number, COPY, "税务局查阅")
    consent.ask(register, company.actors["stranger"], NOW, number, READ, "好奇")
    assert overview(register, NOW).requests == {number: 2}
    [first, second] = viewing.show(register, head, NOW, number).requests
    assert (first.number, first.by, first.use, first.reason, first.state) == (1, "员工u3", COPY, "税务局查阅", "open")
    assert request_text(second).endswith("生人 asked on 2026-11-23 to read: 好奇; awaits consent")
    consent.consent(register, head, NOW, number, 1, None)
    consent.consent(register, head, NOW, number, 2, None, refused_because="与工作无关")
    assert overview(register, NOW).requests == {}
    texts = [request_text(each) for each in viewing.show(register, head, NOW, number).requests]
    assert texts == [
        "request 1: 员工u3 asked on 2026-11-23 to copy: 税务局查阅; 员工u1 consented until 2026-11-23",
        "request 2: 生人 asked on 2026-11-23 to read: 好奇; 员工u1 refused: 与工作无关",
    ]
    told = [(each.kind, each.request) for each in viewing.history(register, head, NOW, number)[1]]
    seen = [(kind, each.number, each.state) for kind, each in told if each]
    assert seen == [("ask", 1, "open"), ("ask", 2, "open"), ("consent", 1, "consented"), ("consent", 2, "refused")]


def test_what_cannot_be_asked_for_is_said(company: ActingCompany, number: str) -> None:
    register, asking = company.register, company.actors["quality"]
    with pytest.raises(NoReasonError):
        consent.ask(register, asking, NOW, number, READ, " ")
    with pytest.raises(ValuesRefusedError):
        consent.ask(register, asking, NOW, number, "burn", "r")
    with pytest.raises(NobodyConsentsError):
        consent.ask(register, asking, NOW, company.new("clerk", PLAIN, {"what": "记录"}), READ, "r")


def login(company: ActingCompany, actor: Actor) -> None:
    people.open_session(company.register, actor.login, SECRET, NOW)


def test_a_confidential_reading_is_an_event_once_a_session_and_record(company: ActingCompany, number: str) -> None:
    head, clerk = company.actors["head"], company.actors["clerk"]

    def look(actor: Actor) -> None:
        viewing.show(company.register, actor, NOW, number)
        viewing.history(company.register, actor, NOW, number)

    look(head)
    assert readings(company, number) == [head.subject] * 2  # without a session each is one
    login(company, head)
    look(head)
    look(head)
    assert readings(company, number) == [head.subject] * 3
    look(clerk)
    login(company, head)
    look(head)
    assert readings(company, number) == [*[head.subject] * 3, *[clerk.subject] * 2, head.subject]
