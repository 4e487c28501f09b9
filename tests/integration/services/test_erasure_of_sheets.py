"""Values go from a sheet's own fields: it goes on as a new subject, and its rows stay on it as they are.

Source: M-4, M-7, M-8, M-9, M-12; P-8
"""

import json
import threading
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from company import ENTRY, NOW
from destroyed_bytes import MARK, PACK, files_below, files_of_database, places_of_mark, sample
from disposal_office import BASIS, COOLED, ERASED_AT, SHEET, DisposalOffice, DisposalScene, check_verified
from form_samples import field, section
from packages import form, write_package
from recordkeeper import verifier
from recordkeeper.errors import RecordkeeperError
from recordkeeper.model.erased import ERASED_TEXT
from recordkeeper.model.four_properties import Occasion
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.subject import name_of
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.disposal import lock_standing, tombstone_of
from recordkeeper.services import (
    catalogue,
    erasure_request,
    execution,
    exporting,
    extraction,
    holding,
    lifecycle,
    people,
    property_report,
    publication,
    rebuilding,
    searching,
    viewing,
)
from recordkeeper.services.disposal_list import NotEligibleError
from recordkeeper.services.disposition import Choice
from recordkeeper.services.erasure_request import Request
from recordkeeper.services.extraction import Selection
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.lifecycle import About
from recordkeeper.services.mirroring import follow, keep_mirror
from recordkeeper.services.retrieval import DisposedRecordError, load, rows_of
from recordkeeper.services.searching import Criteria
from recordkeeper.services.verification import Answer, verify
from stage import SQLITE, Stages

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = ["QR-017-01/2026-0001", "QR-017-01/2026-0002"]
OCTOBER = "QR-017-01/2026-10"
WEEKS = [ERASED_AT + timedelta(8 * week) for week in (1, 2)]
"""Days after the cooling-off days of what was approved then, and after those of what was approved on the first."""
EARLY = {**ENTRY, "received_at": "2026-10-05 08:35", "reply_due": "2026-10-10"}


def marked(office: DisposalOffice) -> str:
    """The number of a closed sheet with two rows, in whose summary the mark stood, and stands amended."""
    for _row in range(2):
        office.new("clerk", "QR-017-01", dict(EARLY))
    clerk = office.by("clerk"), office.key("clerk")
    lifecycle.fill(office.register, clerk[0], NOW, OCTOBER, None, {"summary": MARK})
    lifecycle.attach(office.register, clerk[0], NOW, OCTOBER, "名单.zip", "application/zip", PACK.getvalue())
    lifecycle.sign(office.register, office.by("head"), office.key("head"), NOW, OCTOBER)
    lifecycle.amend(office.register, *clerk, NOW, OCTOBER, {"summary": f"{MARK}等"}, f"原写 {MARK}", "fact")
    office.countersign("head", OCTOBER, 1)
    office.publish()
    assert office.record(OCTOBER).state is State.CLOSED
    return OCTOBER


def asked_of(office: DisposalOffice, number: str, asked: Request) -> str:
    """The number of a list for a request that may be executed a week later."""
    listed = erasure_request.erase(office.author(NOW), Choice([number]), ["erased"], asked).record.number
    office.approve(listed, NOW)
    office.watch(listed, NOW)
    return listed


def numbers_on(office: DisposalOffice, number: str) -> list[str]:
    """The numbers of the rows of a sheet."""
    with office.register.reading() as snapshot:
        return [row.number for row in rows_of(snapshot, load(snapshot, number))]


def archived_rows(office: DisposalOffice, sheet: Record) -> list[str]:
    """The subjects of the rows that a sheet's object holds."""
    stored = json.loads(office.storage_root.read_file(sheet.subject, "record.json"))
    return [row["subject"] for row in stored["rows"]]


def place_hold(office: DisposalOffice, number: str) -> str:
    """The hold that the controller places on a record or sheet."""
    asked, boss = ScopeAsked(records=[number]), office.by("controller")
    placed, _kept = holding.place(office.register, boss, ERASED_AT, title="纠纷", mandate="民初字第 9 号", asked=asked)
    return placed.subject


def test_m_7_a_value_leaves_a_sheet_that_goes_on_with_its_rows(
    disposal_files: DisposalScene, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scene, place = disposal_files, tmp_path_factory.mktemp("mirror") / "copy"
    with scene.opened() as office:
        number = marked(office)
        before, rows = office.record(number), numbers_on(office, number)
        mirror = keep_mirror(office.publisher, office.by("controller"), place, NOW)
        follow(office.publisher, mirror, office.by("controller"), NOW)
        listed = asked_of(office, number, Request(["summary"], BASIS, files=["名单.zip"]))
    sample(scene.url)
    for files in (files_below(scene.folder / "archive"), files_below(place), files_of_database(scene.url, stages)):
        assert list(places_of_mark(files))  # it is found where it stands: the search below can fail
    with scene.opened() as office:
        _closed, certificate = office.execute(listed, ERASED_AT)
        check_verified(office)
        left = [*places_of_mark(files_of_database(scene.url, stages)), *places_of_mark(files_below(scene.folder))]
        assert left == []
        assert f"{number} 仅依请求删除" in str(certificate.values["statement"])
        after = office.record(number)
        assert (after.number, after.subject) == (number, f"{before.subject}/after-1")
        assert after.history.salt != before.history.salt
        assert (after.state, after.closed_on) == (State.CLOSED, before.closed_on)
        assert after.values == {**before.values, "summary": {"erased": 1}}
        assert numbers_on(office, number) == rows
        assert [office.record(row).subject for row in rows] == archived_rows(office, after)
        assert archived_rows(office, after) == [f"record/{row}" for row in rows]
        assert not office.storage_root.has_object(before.subject)
        with office.register.reading() as snapshot:
            stone = tombstone_of(snapshot, before.subject)
            assert stone is not None
            bound = next(each.act_number for each in before.attachments)
            assert (stone["erased"], stone["successor"]) == (["summary", f"attachment.{bound}"], after.subject)
            assert [tombstone_of(snapshot, f"record/{row}") for row in rows] == [None, None]
        follow(office.publisher, mirror, office.by("controller"), ERASED_AT)
    for files in (files_of_database(scene.url, stages), files_below(place), files_below(scene.folder)):
        assert list(places_of_mark(files)) == []


def test_rows_come_change_and_go_on_such_a_sheet_as_on_any_other(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        office.execute(office.asked([SHEET], ["summary"]), ERASED_AT)
        clerk = office.by("clerk")
        late = lifecycle.new(office.register, clerk, ERASED_AT, "QR-017-01", dict(ENTRY), About())
        assert (late.sheet, late.opening["late"]) == (f"sheet/{SHEET}", True)
        because = "问明", "fact"
        lifecycle.amend(office.register, clerk, office.key("clerk"), ERASED_AT, ROWS[0], {"caller": "周"}, *because)
        lifecycle.countersign(
            office.register, office.by("head"), office.key("head"), ERASED_AT, ROWS[0], 1, accepted=True, reason=""
        )
        office.publish()
        sheet = office.record(SHEET)
        assert sheet.subject == f"sheet/{SHEET}/after-1"
        assert archived_rows(office, sheet) == [f"record/{number}" for number in (*ROWS, late.number)]
        inventory = json.loads(office.storage_root.read_inventory(sheet.subject) or b"")
        assert inventory["head"] == "v2"  # made once after the erasure, and once after the rows had changed
        check_verified(office)
        office.execute(office.asked([ROWS[0]], ["caller"], ERASED_AT), WEEKS[0])
        office.execute(office.asked([SHEET], ["counts"], WEEKS[0]), WEEKS[1])
        sheet = office.record(SHEET)
        assert (sheet.subject, sheet.state) == (f"sheet/{SHEET}/after-3", State.CLOSED)
        assert (sheet.values["summary"], sheet.values["counts"]) == ({"erased": 1}, {"erased": 3})
        assert archived_rows(office, sheet)[0] == f"record/{ROWS[0]}/after-2"
        with office.register.reading() as snapshot:
            stones = [tombstone_of(snapshot, each) for each in (f"sheet/{SHEET}", f"sheet/{SHEET}/after-1")]
        assert [stone["successor"] for stone in stones if stone] == [f"sheet/{SHEET}/after-1", sheet.subject]
        check_verified(office)
        office.execute(office.ready([SHEET]), COOLED)
        for number in (SHEET, *ROWS, late.number):
            with pytest.raises(DisposedRecordError):
                office.record(number)
        boss, until = office.by("controller"), {"valid_from": None, "valid_to": None}
        people.grant(office.register, boss, login="clerk", role="duty_clerk", unit=ROOT_UNIT, **until, now=COOLED)
        again = lifecycle.new(office.register, clerk, COOLED, "QR-017-01", dict(ENTRY), About())
        assert name_of(again.sheet) == f"{SHEET}-2"  # the number of a sheet that is gone is not given again
        check_verified(office)


def test_the_erased_is_said_in_word_tables_and_search_of_the_sheet_and_of_its_rows(
    disposal_files: DisposalScene,
) -> None:
    with disposal_files.opened() as office:
        number, clerk = marked(office), office.by("clerk")
        rows = numbers_on(office, number)
        office.execute(office.asked([number], ["summary"]), ERASED_AT)
        for printed in (number, rows[0]):
            shown, docx = viewing.render(office.register, clerk, ERASED_AT, printed)
            with ZipFile(BytesIO(docx)) as package:
                text = package.read("word/document.xml").decode()
            assert (shown, MARK in text, ERASED_TEXT in text) == (number, False, True)
            assert text.count(ENTRY["caller"]) == 2  # its rows stand on it as before
        view = viewing.show(office.register, clerk, ERASED_AT, number)
        assert [row.number for row in view.rows] == rows
        assert {(each.is_valid, each.is_carried) for each in view.signatures} == {(None, True)}
        (erasure,) = view.erasures
        assert (erasure.titles, erasure.tombstone, erasure.basis) == (("本月小结",), 1, BASIS)
        row = viewing.show(office.register, clerk, ERASED_AT, rows[0])
        assert (row.sheet, row.erasures) == (number, ())
        found = searching.find(office.register, clerk, ERASED_AT, Criteria(number=number))
        assert [each.number for each in found] == [number]
        selection = Selection([number], Criteria())
        written = json.dumps(extraction.export_json(office.register, clerk, ERASED_AT, selection), ensure_ascii=False)
        assert ('"erased": 1' in written, MARK in written) == (True, False)
        table = extraction.export_table(office.register, clerk, ERASED_AT, selection)[0].decode("utf-8-sig")
        assert [line.split(",")[6] for line in table.splitlines()[1:]] == [number, number]
        with office.register.reading() as snapshot:
            told = snapshot.events_of(f"sheet/{number}/after-1")
        assert [event.kind for event in told][-1] == "export"


def test_holds_reach_from_the_sheet_to_its_rows_and_back_after_it_went_on(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        office.execute(office.asked([SHEET], ["summary"]), ERASED_AT)
        sheet = office.record(SHEET)
        together = {sheet.subject, *(f"record/{row}" for row in ROWS)}
        for number, kept in ((SHEET, together), (ROWS[0], together)):
            hold = place_hold(office, number)
            with office.register.reading() as snapshot:
                assert snapshot.held([*together, f"sheet/{SHEET}"]) == {(each, hold) for each in kept}
            row = lifecycle.new(office.register, office.by("clerk"), ERASED_AT, "QR-017-01", dict(ENTRY), About())
            together |= {row.subject}
            with office.register.reading() as snapshot:
                assert snapshot.held([*together, f"sheet/{SHEET}"]) == {(each, hold) for each in together}
            for asked, places in (([SHEET], ["counts"]), ([ROWS[1]], ["caller"]), ([row.number], ["matter"])):
                with pytest.raises(NotEligibleError):
                    office.ask(asked, places, ERASED_AT)
            check_verified(office)
            holding.lift(office.register, office.by("lifter"), ERASED_AT, hold, reason="结案", authority="裁定")


def test_m_12_a_hold_on_the_sheet_or_a_row_wins_over_an_erasure_until_the_last_byte(
    disposal_files: DisposalScene, stages: Stages, tmp_path: Path
) -> None:
    with disposal_files.opened() as office:
        listed = office.asked([SHEET], ["summary"])
    for held in (SHEET, ROWS[1]):
        for moment in range(4):
            with (
                disposal_files.copied(stages, tmp_path / f"{held[-4:]}-{moment}") as scene,
                scene.opened() as office,
            ):
                before = office.record(SHEET)
                steps: list[Callable[[], object]] = [
                    partial(execution.begin_item, office.executor(listed, ERASED_AT), office.items(listed)[0]),
                    partial(publication.publish, office.publisher, ERASED_AT),
                    partial(office.storage_root.remove_object, before.subject),
                ]
                for step in steps[:moment]:
                    step()
                place_hold(office, held)
                _closed, certificate = office.finish(listed, ERASED_AT)
                assert certificate.values["skipped_count"] == "1", (held, moment)
                after = office.record(SHEET)
                assert (after.subject, after.values) == (before.subject, before.values)
                assert archived_rows(office, after) == [f"record/{row}" for row in ROWS]
                check_verified(office)


def test_from_the_archive_alone_the_sheet_comes_back_with_its_rows(
    disposal_files: DisposalScene, stages: Stages, database: str, tmp_path: Path
) -> None:
    with disposal_files.opened() as office:
        lifecycle.attach(office.register, office.by("clerk"), NOW, ROWS[0], "录音.txt", "text/plain", b"heard")
        lifecycle.attach(office.register, office.by("clerk"), NOW, SHEET, "签到.txt", "text/plain", b"signed")
        office.publish()
        office.execute(office.asked([SHEET], ["summary"]), ERASED_AT)
        office.execute(office.asked([ROWS[0]], ["caller"], ERASED_AT), WEEKS[0])
    place = tmp_path / "again"
    place.mkdir()
    with stages.empty(database, place) as url:
        rebuilt = rebuilding.rebuild(disposal_files.folder / "archive", place, url, WEEKS[0])
        assert rebuilt.destroyed == 2
        with rebuilt.register as register, register.reading() as snapshot:
            sheet = load(snapshot, SHEET)
            assert sheet.values["summary"] == {"erased": 1}
            rows = rows_of(snapshot, sheet)
            assert [row.subject for row in rows] == [f"record/{ROWS[0]}/after-2", f"record/{ROWS[1]}"]
            files = [snapshot.attachment(each.subject, each.attachments[0].digest) for each in (sheet, rows[0])]
            assert files == [b"signed", b"heard"]
        report = verify(url, place / "archive")
        assert report.verdict is not Answer.ALTERED, report.findings
        assert report.counts["disposed"] == 2


@pytest.mark.parametrize("database", [SQLITE])
def test_a_pack_of_the_sheet_and_a_test_of_the_four_properties_find_nothing_wrong(
    disposal_files: DisposalScene, tmp_path: Path
) -> None:
    with disposal_files.opened() as office:
        office.execute(office.asked([SHEET], ["summary"]), ERASED_AT)
        boss = office.by("controller")
        made = exporting.export(office.publisher, tmp_path / "sheet.zip", boss, ERASED_AT, [SHEET])
        with closing(verifier.Pack(made.path)) as medium:
            report = verifier.verify(medium)
        assert (report.verdict, list(report.kept)) == (verifier.OK, [])
        with ZipFile(made.path) as pack:
            (stored,) = [
                each for each in pack.namelist() if "sheet%2f" in each and each.endswith("v1/content/record.json")
            ]
            rows = json.loads(pack.read(stored))["rows"]
        assert [row["subject"] for row in rows] == [f"record/{row}" for row in ROWS]
        scope = property_report.Scope(Occasion.TRANSFER, [SHEET])
        by = property_report.Tester(office.publisher, office.by("archivist"), ERASED_AT)
        tested, _report = property_report.draw_up(by, office.key("archivist"), scope)
        assert (len(tested.items), list(tested.failures)) == (1, [])


@pytest.mark.parametrize("database", [SQLITE])
def test_a_sheet_line_by_line_goes_on_taking_rows_and_the_next_one_follows_in_number(
    disposal_files: DisposalScene, tmp_path: Path
) -> None:
    gate = form(
        "QR-900-04",
        section("row", field("plate")),
        kind="register",
        sheet={"by": "full", "rows_a_page": 2, "sections": [section("reading", field("seen"), by="head")]},
    )
    with disposal_files.opened() as office:
        boss = office.by("controller")
        package = write_package(tmp_path / "P90", gate)
        catalogue.install_and_release(office.register, package, boss, office.key("approver"), None, NOW)
        for role in ("clerk", "head"):
            people.grant(
                office.register, boss, login="clerk", role=role, unit=ROOT_UNIT, valid_from=None, valid_to=None, now=NOW
            )

        def enter(moment: datetime) -> str:
            return name_of(
                lifecycle.new(
                    office.register, office.by("clerk"), moment, "QR-900-04", {"plate": "示A1"}, About()
                ).sheet
            )

        first = enter(NOW)
        lifecycle.attach(office.register, office.by("clerk"), NOW, first, "门岗.txt", "text/plain", b"seen")
        office.execute(asked_of(office, first, Request([], BASIS, files=["门岗.txt"])), ERASED_AT)
        assert office.record(first).subject == f"sheet/{first}/after-1"
        assert [enter(ERASED_AT) for _row in range(4)] == [first, *["QR-900-04/2026-S002"] * 2, "QR-900-04/2026-S003"]
        assert len(numbers_on(office, first)) == 2
        check_verified(office)


@pytest.mark.parametrize("database", [SQLITE])
def test_a_row_and_its_sheet_on_one_list_both_go_on_if_need_be_in_two_runs(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        for number in (ROWS[0], SHEET):
            lifecycle.attach(
                office.register, office.by("clerk"), NOW, number, "名单.zip", "application/zip", PACK.getvalue()
            )
        office.publish()
        asked = Request([], BASIS, files=["名单.zip"])
        listed = erasure_request.erase(office.author(NOW), Choice([ROWS[0], SHEET]), ["erased"], asked).record.number
        office.approve(listed, NOW)
        office.watch(listed, NOW)
        first = office.destroy(listed, ERASED_AT)
        assert [each.outcome for each in first.results] == ["destroyed", "failed"]
        assert "another erasure" in first.results[1].why.text()  # type: ignore[union-attr]
        _closed, certificate = office.execute(listed, ERASED_AT)
        assert certificate.values["destroyed_count"] == "2"
        assert list(places_of_mark(files_below(disposal_files.folder))) == []
        assert office.record(SHEET).subject == f"sheet/{SHEET}/after-2"
        check_verified(office)


@pytest.mark.parametrize("database", [SQLITE])
def test_who_asks_is_told_of_the_same_text_on_the_sheet_of_a_row_and_in_the_rows_of_a_sheet(
    disposal_files: DisposalScene,
) -> None:
    with disposal_files.opened() as office:
        row, other = (office.new("clerk", "QR-017-01", {**EARLY, "caller": name}) for name in (MARK, "周先生"))
        office.fill("clerk", OCTOBER, {"summary": f"{MARK}两次来电"})
        clerk, longer = (office.by("clerk"), office.key("clerk")), {"matter": f"{MARK}两次来电"}
        lifecycle.amend(office.register, *clerk, NOW, other, longer, "补", "fact")
        for number, places, told in (
            (row, ["caller"], {OCTOBER: {"summary": "本月小结"}}),
            (OCTOBER, ["summary"], {other: {"matter": "咨询或建议事项"}}),
            (other, ["caller"], {}),
        ):
            asked = Request(places, BASIS)
            done = erasure_request.erase(office.author(NOW), Choice([number]), ["erased"], asked)
            assert done.also_in == told, number


def test_rows_that_are_entered_meanwhile_stand_on_what_the_sheet_goes_on_as(disposal_files: DisposalScene) -> None:
    entered: list[str] = []
    failed: list[Exception] = []
    is_begun, is_over = threading.Event(), threading.Event()

    def write() -> None:
        with disposal_files.opened() as office:
            while not is_over.wait(0.05):
                try:
                    entered.append(office.new("clerk", "QR-017-01", dict(ENTRY)))
                    is_begun.set()
                except RecordkeeperError as error:  # said below, with whatever the other one met
                    failed.append(error)
                    return

    with disposal_files.opened() as office:
        lists = [office.asked([name], [place]) for name, place in ((SHEET, "summary"), (ROWS[0], "caller"))]
        writer = threading.Thread(target=write)
        writer.start()
        try:
            assert is_begun.wait(60)
            for listed in lists:
                office.destroy(listed, ERASED_AT)
        finally:
            is_over.set()
            writer.join(60)
        assert failed == []
        assert numbers_on(office, SHEET) == sorted({*ROWS, *entered})
        for listed in lists:
            office.finish(listed, ERASED_AT)
        assert office.record(SHEET).subject == f"sheet/{SHEET}/after-1"
        assert len(archived_rows(office, office.record(SHEET))) == len(entered) + len(ROWS)
        check_verified(office)


def test_who_executes_and_who_enters_a_row_wait_for_one_another_in_one_order(disposal_files: DisposalScene) -> None:
    failed: list[Exception] = []

    def begin(listed: str) -> None:
        with disposal_files.opened() as office:
            try:
                execution.begin_item(office.executor(listed, ERASED_AT), office.items(listed)[0])
            except RecordkeeperError as error:  # a deadlock
                failed.append(error)

    with disposal_files.opened() as office:
        executing = threading.Thread(target=begin, args=(office.asked([SHEET], ["summary"]),))
        with office.register.writing(now=ERASED_AT) as transaction:
            assert lock_standing(transaction, f"sheet/{SHEET}") == f"sheet/{SHEET}"  # as for a row
            executing.start()
            executing.join(1)
            transaction.lock(ROOT_UNIT, is_shared=True)  # as for holds on it
        executing.join(60)
        assert failed == []
        assert office.record(SHEET).state is State.DISPOSED
