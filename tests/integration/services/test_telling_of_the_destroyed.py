"""What was destroyed tells who might have read it, and nobody else, whichever door they take; on both databases."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from acting_company import SCAN
from form_samples import field as form_field
from form_samples import section, title
from p02_office import NOW
from packages import form as form_value
from packages import write_package
from recordkeeper.errors import MissingError, RecordkeeperError, RefusalError
from recordkeeper.model.canonical import Content
from recordkeeper.model.four_properties import Occasion
from recordkeeper.model.transfer import Keeping
from recordkeeper.register.disposal import tombstone_of
from recordkeeper.register.engine import open_register
from recordkeeper.services import (
    catalogue,
    consent,
    copying,
    destruction,
    disposition,
    entry,
    erasure_request,
    execution,
    exporting,
    extraction,
    handing_over,
    holding,
    lifecycle,
    people,
    property_report,
    publication,
    tombstone,
    transfer,
    viewing,
)
from recordkeeper.services.access import MayNotReadError
from recordkeeper.services.change_request import asked_for
from recordkeeper.services.destruction_certificate import Said
from recordkeeper.services.disposition import Author, Choice, Proposal
from recordkeeper.services.erasure_request import Request
from recordkeeper.services.execution import Executor
from recordkeeper.services.extraction import Selection
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor
from recordkeeper.services.property_report import Scope
from recordkeeper.services.retrieval import DisposedRecordError, UnknownRecordError, load
from recordkeeper.services.searching import Criteria
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import Answer, verify
from rights_company import NOBODY, NOTE, SECRETS, Staff, begun
from scratch_postgresql import as_executor
from stage import Stages

LATER = datetime(2030, 3, 4, 2, 0, 0, tzinfo=UTC)
COOLED = datetime(2030, 3, 12, 2, 0, 0, tzinfo=UTC)
DESTROY = Proposal("destroy", None, "期满，无保存价值", "档案室 2 排 3 柜")
OUTSIDERS = ("clerk elsewhere", "head elsewhere", "auditor elsewhere", NOBODY)
"""Of another unit, an auditor whose scope is another, without any role."""
READERS = {
    NOTE: ("clerk here", "clerk above", "controller here", "auditor here", "auditor above", "deputy of the clerk here"),
    SECRETS: ("head here", "head above", "auditor here", "auditor above"),
}
OF_THE_LIST = ("archivist", "appraiser", "manager", "witness one", "witness two")
Doors = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Gone:
    """The company after it destroyed a plain record and a confidential one.

    Args:
        staff: everybody.
        numbers: of the records, by form.
        listed: the list that they were destroyed by.
        folder: for files.
    """

    staff: Staff
    numbers: Mapping[str, str]
    listed: str
    folder: Path

    def stone(self, number: str) -> Content:
        """The tombstone of a record."""
        with self.staff.register.reading() as snapshot:
            found = tombstone_of(snapshot, f"record/{number}")
        assert found is not None
        return found


@pytest.fixture
def gone(stages: Stages, tmp_path: Path, database: str) -> Iterator[Gone]:
    before = begun(stages, database)

    def make(url: str, folder: Path) -> tuple[dict[str, str], str]:
        with open_register(as_executor(url)) as register, pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", "")
            staff = replace(before.made, register=register, folder=folder, numbers={})
            numbers = {form: _closed(staff, form) for form in (NOTE, SECRETS)}
            return numbers, _destroyed(staff, tuple(numbers.values()))

    stage = stages.stage(database, "destroyed", make, before)
    with stages.copied(stage, tmp_path) as url, open_register(as_executor(url)) as register:
        yield Gone(replace(before.made, register=register, folder=tmp_path, numbers={}), *stage.made, tmp_path)


def _closed(staff: Staff, form: str) -> str:
    register = staff.register
    number = lifecycle.new(register, staff.actors["clerk here"], NOW, form, {"what": "来访"}, About("SH")).number
    signer = "head here" if form == NOTE else "clerk here"
    lifecycle.sign(register, staff.actors[signer], staff.signers[signer], NOW, number)
    return number


def _destroyed(staff: Staff, numbers: tuple[str, ...]) -> str:
    register, actors, signers = staff.register, staff.actors, staff.signers
    author = Author(register, staff.publisher.storage_root, actors["archivist"], signers["archivist"], LATER)
    sheet = disposition.appraise(author, Choice(numbers, "SH"), DESTROY).number
    given = {"conclusion": "as_proposed", "holds": "无"}
    lifecycle.fill(register, actors["appraiser"], LATER, sheet, "appraised", given)
    lifecycle.sign(register, actors["appraiser"], signers["appraiser"], LATER, sheet, "appraised")
    disposition.approve(register, actors["manager"], signers["manager"], LATER, sheet)
    number = disposition.list_new(author, Choice(numbers, "SH"), ["erased"]).number
    lifecycle.sign(register, actors["appraiser"], signers["appraiser"], LATER, number, "appraised")
    disposition.approve(register, actors["manager"], signers["manager"], LATER, number)
    for who, part in (("witness one", "witness_one"), ("witness two", "witness_two")):
        lifecycle.sign(register, actors[who], signers[who], LATER, number, part)
    by = Executor(staff.publisher, actors["archivist"], COOLED, number)
    destruction.execute(by, signers["archivist"], Said("公司档案室", "档案室"), is_paper_destroyed=True)
    publication.publish(staff.publisher, COOLED)
    return number


def doors_without_a_role(gone: Gone, who: str, number: str) -> Doors:
    """Every door at which a record's number is the first thing that is looked at."""
    staff, register, actor = gone.staff, gone.staff.register, gone.staff.actors[who]
    signer = staff.signers[who]
    selection = Selection((number,), Criteria())
    by = Executor(staff.publisher, actor, COOLED, number)
    return {
        "show": lambda: viewing.show(register, actor, COOLED, number),
        "history": lambda: viewing.history(register, actor, COOLED, number),
        "print": lambda: viewing.render(register, actor, COOLED, number),
        "copy": lambda: copying.prepare_copy(register, actor, COOLED, number, ""),
        "copy again": lambda: copying.copy_again(register, actor, COOLED, number, 1),
        "json": lambda: extraction.export_json(register, actor, COOLED, selection),
        "table": lambda: extraction.export_table(register, actor, COOLED, selection),
        "workbook": lambda: extraction.export_workbook(register, actor, COOLED, selection),
        "from": lambda: lifecycle.new(register, actor, COOLED, NOTE, {"what": "x"}, About("SH", source=number)),
        "fill": lambda: lifecycle.fill(register, actor, COOLED, number, None, {"what": "x"}),
        "questions": lambda: entry.fill_entry(register, actor, COOLED, number, None),
        "sign": lambda: lifecycle.sign(register, actor, signer, COOLED, number),
        "sign on paper": lambda: lifecycle.sign_on_paper(register, actor, COOLED, number, None, SCAN),
        "amend": lambda: lifecycle.amend(register, actor, signer, COOLED, number, {"what": "x"}, "笔误", "fact"),
        "countersign": lambda: lifecycle.countersign(register, actor, signer, COOLED, number, 1, accepted=True),
        "countersign on paper": lambda: lifecycle.countersign_on_paper(register, actor, COOLED, number, 1, SCAN),
        "reissue": lambda: lifecycle.reissue(register, actor, COOLED, number, {}, "重签"),
        "attach": lambda: lifecycle.attach(register, actor, COOLED, number, "a.txt", "text/plain", b"a"),
        "void": lambda: lifecycle.void(register, actor, COOLED, number, "误登"),
        "close": lambda: lifecycle.close(register, actor, COOLED, number),
        "tell": lambda: lifecycle.tell(register, actor, COOLED, number, "contract_ended", COOLED.date(), "解约"),
        "ask": lambda: consent.ask(register, actor, COOLED, number, "read", "查阅"),
        "consent": lambda: consent.consent(register, actor, COOLED, number, None, None),
        "certificate": lambda: destruction.certificate_of(register, actor, COOLED, number),
        "approve": lambda: disposition.approve(register, actor, signer, COOLED, number),
        "execute": lambda: execution.destroy_listed(by, is_paper_destroyed=True),
        "check of execute": lambda: execution.check_begin(by, is_paper_destroyed=True),
        "hand over": lambda: handing_over.hand_over_listed(by, Keeping.COPIES),
        "count of hand over": lambda: handing_over.count_listed(by, Keeping.COPIES),
        "pack": lambda: transfer.make_package(by, gone.folder / "package.zip"),
        "receive": lambda: transfer.enter_receipt(
            register, actor, COOLED, number, digest="", received_on=None, signing=SCAN
        ),
        "change request": lambda: _asked_for(gone, actor, number),
    }


def _asked_for(gone: Gone, actor: Actor, number: str) -> object:
    with gone.staff.register.reading() as snapshot:
        return asked_for(Setting(snapshot, COOLED), actor, number, "", "")


def doors_with_a_role(gone: Gone, who: str, number: str) -> Doors:
    """Every door that first asks for a role."""
    staff, register, actor = gone.staff, gone.staff.register, gone.staff.actors[who]
    author = Author(register, staff.publisher.storage_root, actor, staff.signers[who], COOLED)
    choice, asked = Choice((number,), "SH"), Request(("what",), "个人信息保护法第四十七条")
    of_test = Scope(Occasion.TRANSFER, (number,), "SH")
    held = ScopeAsked(records=[number])
    return {
        "appraise": lambda: disposition.appraise(author, choice, DESTROY),
        "list": lambda: disposition.list_new(author, choice, ["erased"]),
        "erase": lambda: erasure_request.erase(author, choice, ["erased"], asked),
        "transfer": lambda: transfer.transfer_new(author, choice, transfer.Handing("周文娟", "进馆")),
        "test": lambda: property_report.try_properties(property_report.Tester(staff.publisher, actor, COOLED), of_test),
        "hold": lambda: holding.place(register, actor, COOLED, title="t", mandate="m", asked=held),
        "export": lambda: exporting.export(staff.publisher, gone.folder / "pack.zip", actor, COOLED, [number]),
    }


def refused_by(door: Callable[[], object]) -> RecordkeeperError:
    with pytest.raises(RecordkeeperError) as refused:
        door()
    return refused.value


def check_tells_nothing(gone: Gone, number: str, refused: RecordkeeperError, door: str) -> None:
    stone = gone.stone(number)
    told = f"{refused} {refused.subject} {refused.expected} {refused.found} {vars(refused)}"
    for secret in (gone.listed, str(stone["on"]), str(stone["at"]), "tombstone", "墓碑"):
        assert secret not in told, (door, told)


def test_who_had_no_right_to_a_record_learns_nothing_of_its_destruction_by_any_door(gone: Gone) -> None:
    for who in OUTSIDERS:
        for number in gone.numbers.values():
            for name, door in doors_without_a_role(gone, who, number).items():
                refused = refused_by(door)
                assert isinstance(refused, MayNotReadError), (who, name, refused)
                check_tells_nothing(gone, number, refused, name)
            for name, door in doors_with_a_role(gone, who, number).items():
                refused = refused_by(door)
                assert isinstance(refused, RefusalError), (who, name, refused)
                check_tells_nothing(gone, number, refused, name)


def test_what_is_confidential_stays_so_when_it_is_destroyed(gone: Gone) -> None:
    """A colleague at the unit, who was let read no such record, and a controller of the company."""
    number = gone.numbers[SECRETS]
    for who in ("clerk here", "clerk above", "controller here", "controller above", "approver above"):
        for name, door in doors_without_a_role(gone, who, number).items():
            refused = refused_by(door)
            assert isinstance(refused, MayNotReadError), (who, name, refused)
            check_tells_nothing(gone, number, refused, name)
    for who in ("clerk here", "controller above"):
        for name, door in doors_with_a_role(gone, who, number).items():
            refused = refused_by(door)
            assert isinstance(refused, RefusalError), (who, name, refused)
            check_tells_nothing(gone, number, refused, name)


def test_who_might_have_read_it_or_took_part_in_its_destruction_is_told(gone: Gone) -> None:
    for form, number in gone.numbers.items():
        for who in (*READERS[form], *OF_THE_LIST):
            for name, door in doors_without_a_role(gone, who, number).items():
                refused = refused_by(door)
                assert isinstance(refused, DisposedRecordError), (form, who, name, refused)
                assert refused.tombstone["list"] == gone.listed
    for name, door in doors_with_a_role(gone, "archivist", gone.numbers[SECRETS]).items():
        if name not in {"hold", "export"}:
            assert isinstance(refused_by(door), DisposedRecordError), name
    for name, who in (("hold", "controller above"), ("export", "auditor above")):
        assert isinstance(refused_by(doors_with_a_role(gone, who, gone.numbers[NOTE])[name]), DisposedRecordError)


def test_a_refusal_is_that_of_a_record_that_stands_and_may_not_be_read(gone: Gone) -> None:
    staff = gone.staff
    standing = {form: _closed(staff, form) for form in (NOTE, SECRETS)}
    for who in OUTSIDERS:
        for form, number in standing.items():
            there, lost = (
                refused_by(doors_without_a_role(gone, who, each)["show"]) for each in (number, gone.numbers[form])
            )
            assert type(there) is type(lost) is MayNotReadError
            assert str(there).removeprefix(number) == str(lost).removeprefix(gone.numbers[form])
            assert (there.expected, there.found) == (lost.expected, lost.found)


def test_a_tombstone_is_shown_to_whom_the_record_would_have_been_and_leaves_an_event_as_it_would_have(
    gone: Gone,
) -> None:
    register = gone.staff.register
    for form, number in gone.numbers.items():
        stone, actors = gone.stone(number), gone.staff.actors
        for who in READERS[form]:
            before = _events(gone, number, "read")
            view = tombstone.show_tombstone(register, actors[who], COOLED, stone)
            assert view.content["list"] == gone.listed
            assert _events(gone, number, "read") - before == (form == SECRETS or who.startswith("auditor")), who
        for who in (*OUTSIDERS, *(("clerk here", "controller above") if form == SECRETS else ())):
            with pytest.raises(MayNotReadError):
                tombstone.show_tombstone(register, actors[who], COOLED, stone)


def _events(gone: Gone, number: str, kind: str) -> int:
    with gone.staff.register.reading() as snapshot:
        return sum(event.kind == kind for event in snapshot.events_of(f"record/{number}"))


def test_the_refusal_leaves_its_event_on_the_record_that_was_destroyed(gone: Gone) -> None:
    staff, number = gone.staff, gone.numbers[SECRETS]
    for who in OUTSIDERS:
        refused = refused_by(doors_without_a_role(gone, who, number)["show"])
        people.record_refusal(staff.register, staff.actors[who], refused.subject, COOLED)
    assert _events(gone, number, "refuse") == len(OUTSIDERS)
    publication.publish(staff.publisher, COOLED)
    report = verify(staff.register.url, staff.publisher.archive)
    assert report.verdict is Answer.OK, report.findings


def test_the_program_itself_finds_nothing_under_a_number_that_was_destroyed(gone: Gone) -> None:
    """Whatever is not asked by ``access`` says that there is no such record, and so tells nothing unasked."""
    with gone.staff.register.reading() as snapshot:
        for number in gone.numbers.values():
            with pytest.raises(UnknownRecordError) as unknown:
                load(snapshot, number)
            assert isinstance(unknown.value, MissingError)
            assert unknown.value.__cause__ is None
            check_tells_nothing(gone, number, unknown.value, "load")


def test_a_statistic_tells_which_of_its_sources_are_gone_to_who_might_have_read_them(
    stages: Stages, tmp_path: Path, database: str
) -> None:
    """Its record tells everybody who reads it that a source is gone, and how many."""
    before = begun(stages, database)
    with stages.copied(before, tmp_path) as url, open_register(as_executor(url)) as register:
        staff = replace(before.made, register=register, folder=tmp_path, numbers={})
        statistic = _statistic(staff, "QR-978-01")
        secrets = tuple(_closed(staff, SECRETS) for _each in range(2))
        clerk = staff.actors["clerk here"]
        made = lifecycle.new(register, clerk, NOW, statistic, {"year": str(NOW.year)}, About("SH")).number
        publication.publish(staff.publisher, NOW)
        _destroyed(staff, secrets)
        for who in ("head here", "archivist"):
            view = viewing.show(register, staff.actors[who], COOLED, made)
            assert (set(view.disposed_sources), view.untold_sources) == (set(secrets), 0), who
        for who in ("clerk here", "clerk above", "controller here"):
            view = viewing.show(register, staff.actors[who], COOLED, made)
            assert (dict(view.disposed_sources), view.untold_sources) == ({}, 2), who
            [told] = extraction.export_json(register, staff.actors[who], COOLED, Selection((made,), Criteria()))[
                "records"
            ]
            assert isinstance(told, dict)
            assert (told["disposed_sources"], told["untold_sources"]) == ({}, 2)
            assert not any(number in str(told) for number in secrets)


def _statistic(staff: Staff, code: str) -> str:
    """The code of a statistics form over the confidential one, in force."""
    counted = {"id": "count", "type": "number", "title": title("数", "Count"), "value": "seen | length"}
    year = section("figures", form_field("year", type="number"), computed=[counted])
    source = {"form": SECRETS, "unit": "below", "period": "year", "state": "not_void"}
    made = form_value(code, year, kind="statistics", sources={"seen": source})
    folder = write_package(staff.folder / "P78", made, identifier="P78")
    boss, signer = staff.actors["boss"], staff.signers["approver above"]
    catalogue.install_and_release(staff.register, folder, boss, signer, None, NOW)
    return code


def test_a_hold_keeps_what_its_author_may_not_read_and_tells_which_to_who_may(gone: Gone) -> None:
    staff, secret = gone.staff, "绝密之事"
    register, who = staff.register, staff.actors["controller above"]
    asked = ScopeAsked(text=secret)
    number = lifecycle.new(register, staff.actors["clerk here"], COOLED, SECRETS, {"what": secret}, About("SH")).number
    plain = lifecycle.new(register, staff.actors["clerk here"], COOLED, NOTE, {"what": secret}, About("SH")).number
    hold, kept = holding.place(register, who, COOLED, title="纠纷", mandate="第 9 号", asked=asked)
    both = {f"record/{number}", f"record/{plain}"}
    assert set(kept) == set(hold.scope.records) == both
    lost = {f"record/{each}" for each in gone.numbers.values()}
    with register.reading() as snapshot:
        setting = Setting(snapshot, COOLED)
        assert holding.records_told(setting, who, {*both, *lost}) == {f"record/{plain}", f"record/{gone.numbers[NOTE]}"}
        head = staff.actors["head here"]
        assert holding.records_told(setting, head, {*both, *lost}) == both | lost
        assert holding.records_told(setting, staff.actors[NOBODY], {*both, *lost}) == set()
