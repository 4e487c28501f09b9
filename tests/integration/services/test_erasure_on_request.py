"""Erasure on request: values go from a record that stays, by the road of destruction, and from every byte of it.

Source: M-4, M-7, M-8, M-12; P-8
"""

import json
from collections.abc import Callable
from contextlib import closing
from functools import partial
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from archive_tampering import place_of, rebuild_inventories
from company import ANALYSIS, ENTRY, FEEDBACK, MEASURES, NOW, P02, QUESTIONNAIRE, RESULT
from destroyed_bytes import MARK, PACK, files_below, files_of_database, places_of_mark, sample
from disposal_office import BASIS, COOLED, ERASED_AT, LATER, SHEET, DisposalOffice, DisposalScene, check_verified
from recordkeeper import verifier
from recordkeeper.documents.form_reader import read_values
from recordkeeper.errors import RecordkeeperError
from recordkeeper.model.erased import ERASED_TEXT
from recordkeeper.model.erasure import NothingToEraseError, SteeringValueError
from recordkeeper.model.record_state import State
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.disposal import tombstone_of
from recordkeeper.services import (
    erasure_request,
    execution,
    exporting,
    extraction,
    holding,
    lifecycle,
    people,
    places,
    publication,
    rebuilding,
    viewing,
)
from recordkeeper.services.disposal_list import NotEligibleError
from recordkeeper.services.disposition import Choice, NotOnListError
from recordkeeper.services.erasure import ArchivedMeanwhileError
from recordkeeper.services.erasure_request import NoBasisError, Request
from recordkeeper.services.extraction import Selection
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.mirroring import follow, keep_mirror
from recordkeeper.services.retrieval import DisposedRecordError, load
from recordkeeper.services.searching import Criteria
from recordkeeper.services.verification import Answer, verify
from stage import SQLITE, Stages
from tampering import tampering

ROW = "QR-017-01/2026-0001"
Refusal = tuple[str, list[str], str, type[RecordkeeperError]]
Step = Callable[[], object]


def amended(office: DisposalOffice) -> str:
    """The number of a closed record whose customer was amended from the mark to another text that holds it too."""
    number = office.new("clerk", "QR-017-02", {**FEEDBACK, "customer": MARK})
    lifecycle.attach(office.register, office.by("clerk"), NOW, number, "名单.zip", "application/zip", PACK.getvalue())
    lifecycle.attach(office.register, office.by("clerk"), NOW, number, "现场.txt", "text/plain", "留下的".encode())
    office.go_all_the_way(number)
    because = f"原写 {MARK}"
    clerk = office.by("clerk"), office.key("clerk")
    lifecycle.amend(office.register, *clerk, NOW, number, {"customer": f"{MARK}等"}, because, "fact")
    office.countersign("quality", number, 1)
    office.publish()
    return number


def ask(office: DisposalOffice, number: str, asked: Request) -> str:
    """The number of a list for a request that may be executed a week later."""
    listed = erasure_request.erase(office.author(NOW), Choice([number]), ["erased"], asked).record.number
    office.approve(listed, NOW)
    office.watch(listed, NOW)
    return listed


def texts_of(docx: bytes) -> str:
    """Everything that is written in a Word document."""
    with ZipFile(BytesIO(docx)) as package:
        return "".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())


def hold(office: DisposalOffice, number: str) -> None:
    """Let the controller place a hold on a record."""
    asked, boss = ScopeAsked(records=[number]), office.by("controller")
    holding.place(office.register, boss, ERASED_AT, title="纠纷", mandate="民初字第 9 号", asked=asked)


def test_m_7_values_leave_a_record_that_goes_on_under_its_number(
    disposal_files: DisposalScene, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scene, place = disposal_files, tmp_path_factory.mktemp("mirror") / "copy"
    with scene.opened() as office:
        number = amended(office)
        before = office.record(number)
        mirror = keep_mirror(office.publisher, office.by("controller"), place, NOW)
        follow(office.publisher, mirror, office.by("controller"), NOW)
        listed = ask(office, number, Request(["customer"], BASIS, files=["名单.zip"]))
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
        assert after.history.acts[0].content["tombstone"] == 1
        assert (after.state, after.closed_on) == (State.CLOSED, before.closed_on)
        assert after.values == {**before.values, "customer": {"erased": 1}}
        assert [each.name for each in after.attachments] == [ERASED_TEXT, "现场.txt"]
        assert office.storage_root.has_object(after.subject)
        assert not office.storage_root.has_object(before.subject)
        follow(office.publisher, mirror, office.by("controller"), ERASED_AT)
    for files in (files_of_database(scene.url, stages), files_below(place), files_below(scene.folder)):
        assert list(places_of_mark(files)) == []


def test_a_deputy_prints_for_whom_and_what_they_did_is_carried_over_so(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        boss, head = office.by("controller"), office.by("head")
        people.deputize(
            office.register,
            boss,
            login="head",
            deputy="witness",
            unit=ROOT_UNIT,
            valid_from=None,
            valid_to=NOW.date(),
            reason="年休假",
            now=NOW,
        )
        number = office.new("clerk", "QR-017-02", dict(FEEDBACK))
        for login, values in (("clerk", {}), ("quality", {}), ("quality", ANALYSIS), ("witness", MEASURES)):
            if values:
                office.fill(login, number, dict(values))
            office.sign(login, number)
        office.fill("quality", number, dict(RESULT))
        office.sign("quality", number)
        assert office.record(number).state is State.CLOSED
        office.publish()
        office.execute(office.asked([number], ["phone"]), ERASED_AT)
        office.publish()
        told = [act.told.content for act in office.record(number).history.acts[1:]]
        printed = {each["name"] for each in told if "deputy_for" in each}
        assert printed == {f"{office.by('witness').name}（代{head.name}）"}
        check_verified(office)


def test_what_was_signed_before_is_told_and_no_longer_called_valid(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        number = amended(office)
        reader = office.by("clerk")
        before = viewing.show(office.register, reader, NOW, number)
        office.execute(ask(office, number, Request(["customer", "phone"], BASIS)), ERASED_AT)
        after = viewing.show(office.register, reader, ERASED_AT, number)
        assert [each.is_valid for each in before.signatures] == [True] * len(before.signatures)
        assert {(each.is_valid, each.is_carried) for each in after.signatures} == {(None, True)}
        told = [(each.name, each.meaning, each.at, each.signed_state) for each in after.signatures]
        assert told == [(each.name, each.meaning, each.at, each.signed_state) for each in before.signatures]
        _number, events = viewing.history(office.register, reader, ERASED_AT, number)
        assert {each.signed_state for each in after.signatures} <= {event.state_digest for event in events}
        assert after.amendments[0].reason == ERASED_TEXT
        then = viewing.show(office.register, reader, ERASED_AT, number, NOW.date())
        assert (then.known_on, then.sections[0].fields[2].value) == (NOW.date().isoformat(), {"erased": 1})
        (erasure,) = after.erasures
        assert (erasure.titles, erasure.tombstone, erasure.basis) == (("反馈人", "联系电话"), 1, BASIS)


def test_the_erased_is_said_in_word_spreadsheet_and_search(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        number = amended(office)
        office.execute(ask(office, number, Request(["customer", "source"], BASIS)), ERASED_AT)
        reader, selection = office.by("clerk"), Selection([number], Criteria())
        docx = viewing.render(office.register, reader, ERASED_AT, number)[1]
        assert MARK not in texts_of(docx)
        assert texts_of(docx).count(ERASED_TEXT) > 1
        assert "签于删除之前" in texts_of(docx)
        sheet = texts_of(extraction.export_workbook(office.register, reader, ERASED_AT, selection)[0])
        assert ERASED_TEXT in sheet
        assert MARK not in sheet
        written = extraction.export_json(office.register, reader, ERASED_AT, selection)
        assert '"erased": 1' in json.dumps(written["records"])
        found = office.record(number)
        with office.register.reading() as snapshot:
            stone = tombstone_of(snapshot, f"record/{number}")
        assert stone is not None
        assert (stone["erased"], stone["successor"]) == (["customer", "source"], found.subject)


@pytest.mark.parametrize("database", [SQLITE])
def test_every_kind_of_field_prints_that_it_was_erased_and_is_read_so_again(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        places.add_premises(office.register, office.by("controller"), unit="HQ", code="3-2-1201", now=NOW)
        asked = office.new("quality", "QR-017-03", dict(QUESTIONNAIRE))
        answers = {"gate": "很满意", "overall": "基本满意", "received_on": "2026-11-20", "received_by": "门岗"}
        office.fill("clerk", asked, answers)
        office.publish()
        erased = {
            _first(disposal_files): ("source", "customer", "fed_back_at"),
            asked: ("gate", "received_on"),
            ROW: ("received_at", "answered_at_once", "reply_due"),
        }
        for listed in [office.asked([number], fields) for number, fields in erased.items()]:
            office.execute(listed, ERASED_AT)
        for number, fields in erased.items():
            printed, docx = viewing.render(office.register, office.by("quality"), ERASED_AT, number)
            template = (P02 / f"{number.partition('/')[0]}.docx").read_bytes()
            read = read_values(template, docx)
            shown = read.rows["rows"][0] if printed == SHEET else read.values
            # of the steps of a scale, the first one's cell says it
            found = {name: shown["gate.very_satisfied" if name == "gate" else name].text for name in fields}
            assert found == dict.fromkeys(fields, ERASED_TEXT), number
        check_verified(office)


def test_values_leave_a_row_and_its_sheet_is_archived_anew(
    disposal_files: DisposalScene, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("away") / "copy"
    with disposal_files.opened() as office:
        mirror = keep_mirror(office.publisher, office.by("controller"), place, NOW)
        follow(office.publisher, mirror, office.by("controller"), NOW)
        signed = office.record(SHEET).signatures
        listed = office.asked([ROW], ["caller"])
        place.rename(place.with_name("unplugged"))
        office.execute(listed, ERASED_AT)
        row, sheet = office.record(ROW), office.record(SHEET)
        assert row.values["caller"] == {"erased": 1}
        assert (sheet.state, sheet.signatures) == (State.CLOSED, signed)
        inventory = office.storage_root.read_inventory(sheet.subject)
        assert json.loads(inventory or b"")["head"] == "v1"
        check_verified(office)
        printed = texts_of(viewing.render(office.register, office.by("clerk"), ERASED_AT, SHEET)[1])
        assert printed.count(ENTRY["caller"]) == 1  # the other row's, which nobody asked about
        assert ERASED_TEXT in printed
        place.with_name("unplugged").rename(place)
        followed = follow(office.publisher, mirror, office.by("controller"), ERASED_AT)
        assert (followed.removed, followed.findings) == ([sheet.subject], [])
        stored = mirror.root.read_file(sheet.subject, "record.json").decode()
        assert stored.count(ENTRY["caller"]) == 1
        second = office.asked([ROW], ["matter"], ERASED_AT)
        office.execute(second, COOLED)
        assert office.record(ROW).subject == f"record/{ROW}/after-2"
        assert office.record(ROW).values["caller"] == {"erased": 1}
        office.execute(office.ready([SHEET]), COOLED)
        with pytest.raises(DisposedRecordError):
            office.record(ROW)
        check_verified(office)


@pytest.mark.parametrize("database", [SQLITE])
def test_a_file_that_was_bound_twice_goes_whole(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        number = office.new("clerk", "QR-017-02", dict(FEEDBACK))
        for name in ("名单.txt", "名单（再附）.txt"):
            lifecycle.attach(office.register, office.by("clerk"), NOW, number, name, "text/plain", MARK.encode())
        office.execute(ask(office, number, Request([], BASIS, files=["名单.txt"])), ERASED_AT)
        assert [each.is_erased for each in office.record(number).attachments] == [True, True]
        check_verified(office)
        assert list(places_of_mark(files_below(disposal_files.folder))) == []


@pytest.mark.parametrize("database", [SQLITE])
def test_a_sheet_that_is_archived_after_the_erasure_of_its_row_has_begun_goes_too(
    disposal_files: DisposalScene,
) -> None:
    with disposal_files.opened() as office:
        early = {"received_at": "2026-10-05 08:35", "caller": MARK, "reply_due": "2026-10-10"}
        row, second = (office.new("clerk", "QR-017-01", {**ENTRY, **early}) for _row in range(2))
        listed = office.asked([row, second], ["caller"])
        by, items = office.executor(listed, ERASED_AT), office.items(listed)
        assert execution.begin_item(by, items[0])
        assert execution.begin_item(by, items[1])
        execution.finish_item(by, items[1])  # of an open sheet nothing is archived
        lifecycle.fill(office.register, office.by("clerk"), ERASED_AT, "QR-017-01/2026-10", None, {"summary": "十月"})
        lifecycle.sign(office.register, office.by("head"), office.key("head"), ERASED_AT, "QR-017-01/2026-10")
        publication.publish(office.publisher, ERASED_AT)
        assert list(places_of_mark(files_below(disposal_files.folder / "archive")))
        with pytest.raises(ArchivedMeanwhileError):
            execution.finish_item(by, items[0])
        _closed, certificate = office.finish(listed, ERASED_AT)
        assert certificate.values["destroyed_count"] == "2"
        assert list(places_of_mark(files_below(disposal_files.folder))) == []
        assert office.record("QR-017-01/2026-10").state is State.CLOSED
        check_verified(office)


def test_m_12_a_hold_placed_before_the_last_byte_wins_over_an_erasure(
    disposal_files: DisposalScene, stages: Stages, tmp_path: Path
) -> None:
    with disposal_files.opened() as office:
        asked = ((ROW, "caller"), (_first(disposal_files), "phone"))
        listed = {number: office.asked([number], [place]) for number, place in asked}
    for number, of in listed.items():
        for moment in range(4):
            with disposal_files.copied(stages, tmp_path / f"{of[-4:]}-{moment}") as scene, scene.opened() as office:
                holder = f"sheet/{SHEET}" if number == ROW else f"record/{number}"
                before = office.record(number).values
                steps: list[Step] = [
                    partial(execution.begin_item, office.executor(of, ERASED_AT), office.items(of)[0]),
                    partial(publication.publish, office.publisher, ERASED_AT),
                    partial(office.storage_root.remove_object, holder),
                ]
                for step in steps[:moment]:
                    step()
                hold(office, number)
                _closed, certificate = office.finish(of, ERASED_AT)
                assert certificate.values["skipped_count"] == "1", (number, moment)
                assert (office.record(number).subject, office.record(number).values) == (f"record/{number}", before)
                assert office.storage_root.has_object(holder)
                check_verified(office)


def _first(scene: DisposalScene) -> str:
    return scene.old.feedbacks[0]


@pytest.mark.parametrize("database", [SQLITE])
def test_a_request_is_refused_for_what_is_kept_by_duty_or_hold_steers_the_form_or_is_not_there(
    disposal_files: DisposalScene,
) -> None:
    number = _first(disposal_files)
    with disposal_files.opened() as office:
        answers = {name: value for name, value in ENTRY.items() if name not in {"referred_to", "reply_due"}}
        answered = office.new("clerk", "QR-017-01", {**answers, "answered_at_once": "是"})
        refused: list[Refusal] = [
            (number, [], "", NotEligibleError),  # its period runs
            (number, ["nobody"], "", NothingToEraseError),
            (number, ["room"], "", NothingToEraseError),
            (answered, ["answered_at_once"], "", SteeringValueError),  # a reply would be asked for
            (ROW, [], "市监局函", NotOnListError),
            (SHEET, ["caller"], "", NothingToEraseError),  # a row's
        ]
        with pytest.raises(NotEligibleError, match="--permitted-by"):
            office.ask([number], [])
        for of, fields, permitted_by, error in refused:
            with pytest.raises(error):
                office.ask([of], fields, permitted_by=permitted_by)
        with pytest.raises(NoBasisError):
            erasure_request.erase(office.author(NOW), Choice([number]), ["erased"], Request(["phone"], " "))
        listed = office.asked([number], ["phone"])
        with pytest.raises(NotEligibleError):
            office.ask([number], ["customer"])  # the road is open for another list
        with pytest.raises(NotOnListError):
            office.ask([listed], ["method"])
        hold(office, ROW)
        with pytest.raises(NotEligibleError):
            office.ask([ROW], ["caller"], ERASED_AT)
        with pytest.raises(NotEligibleError):
            office.ask([SHEET], [], ERASED_AT, permitted_by="市监局函")


def test_m_4_a_whole_record_goes_before_its_period_is_over_where_an_authority_permits_it(
    disposal_files: DisposalScene,
) -> None:
    number = _first(disposal_files)
    with disposal_files.opened() as office:
        listed = office.ask([number], [], permitted_by="市监局 2026 年第 3 号函")
        office.approve(listed, NOW)
        office.watch(listed, NOW)
        office.execute(listed, ERASED_AT)
        with pytest.raises(DisposedRecordError) as gone:
            office.record(number)
        stone = gone.value.tombstone
        assert (stone["basis"], stone["permitted_by"]) == (BASIS, "市监局 2026 年第 3 号函")
        assert "提前销毁" in str(office.record(listed).values["records_listed"])
        check_verified(office)


@pytest.mark.parametrize("database", [SQLITE])
def test_a_record_goes_on_living_after_an_erasure(disposal_files: DisposalScene) -> None:
    number = _first(disposal_files)
    with disposal_files.opened() as office:
        office.execute(office.asked([number], ["phone"]), ERASED_AT)
        clerk = office.by("clerk"), office.key("clerk")
        lifecycle.amend(office.register, *clerk, ERASED_AT, number, {"content": "已修"}, "补", "fact")
        rep = office.by("quality"), office.key("quality")
        lifecycle.countersign(office.register, *rep, ERASED_AT, number, 1, accepted=True, reason="")
        publication.publish(office.publisher, ERASED_AT)
        view = viewing.show(office.register, office.by("clerk"), ERASED_AT, number)
        assert [each.is_valid for each in view.signatures if not each.is_carried] == [True, True]
        office.execute(office.ready([number]), COOLED)
        with pytest.raises(DisposedRecordError) as gone:
            office.record(number)
        assert gone.value.tombstone["tombstone"] == 2
        check_verified(office)


@pytest.mark.parametrize("database", [SQLITE])
def test_what_is_still_open_is_filled_and_signed_after_an_erasure(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        number = office.new("clerk", "QR-017-02", {**FEEDBACK, "customer": MARK})
        office.execute(office.asked([number], ["customer"]), ERASED_AT)
        record = office.record(number)
        assert (record.state, record.values["customer"]) == (State.PENDING, {"erased": 1})
        signed = office.sign_as("clerk", number, None, ERASED_AT)
        assert [(each.section, each.signed_state) for each in signed.signatures] == [("received", "")]
        office.sign_as("quality", number, None, ERASED_AT)
        analysis = {"responsible": "工程部", "analysis": "成批更换", "measures_due": "2026-12-28"}
        lifecycle.fill(office.register, office.by("quality"), ERASED_AT, number, None, analysis)
        publication.publish(office.publisher, ERASED_AT)
        check_verified(office)


@pytest.mark.parametrize("database", [SQLITE])
def test_a_statistic_says_that_its_source_was_disposed_of_and_is_outdated_only_by_a_later_change(
    disposal_files: DisposalScene,
) -> None:
    with disposal_files.opened() as office:
        answers = {"gate": "很满意", "overall": "基本满意", "received_on": "2026-11-20", "received_by": "门岗"}
        places.add_premises(office.register, office.by("controller"), unit="HQ", code="3-2-1201", now=NOW)
        asked = [office.new("quality", "QR-017-03", dict(QUESTIONNAIRE)) for _household in range(2)]
        for each in asked:
            office.fill("clerk", each, answers)
        statistic = office.new("quality", "QR-017-04", {"survey_year": "2026", "objective": "90"})
        office.publish()
        office.execute(office.asked(asked[:1], ["received_by"]), ERASED_AT)
        view = viewing.show(office.register, office.by("quality"), ERASED_AT, statistic)
        assert (dict(view.disposed_sources), view.is_outdated) == ({asked[0]: 1}, False)
        clerk = office.by("clerk"), office.key("clerk")
        lifecycle.amend(office.register, *clerk, ERASED_AT, asked[0], {"gate": "不满意"}, "误录", "correction")
        assert viewing.show(office.register, office.by("quality"), ERASED_AT, statistic).is_outdated
        check_verified(office)


def test_from_the_archive_alone_successor_and_tombstone_come_back(
    disposal_files: DisposalScene, stages: Stages, database: str, tmp_path: Path
) -> None:
    number = _first(disposal_files)
    with disposal_files.opened() as office:
        office.execute(office.asked([number], ["phone"]), ERASED_AT)
        office.execute(office.asked([ROW], ["caller"], ERASED_AT), LATER)
    place = tmp_path / "again"
    place.mkdir()
    with stages.empty(database, place) as url:
        rebuilt = rebuilding.rebuild(disposal_files.folder / "archive", place, url, LATER)
        assert rebuilt.destroyed == 2
        with rebuilt.register as register, register.reading() as snapshot:
            back = [load(snapshot, number).values["phone"], load(snapshot, ROW).values["caller"]]
        assert back == [{"erased": 1}, {"erased": 2}]
        report = verify(url, place / "archive")
        assert report.verdict is not Answer.ALTERED, report.findings
        assert report.counts["disposed"] == 2


EDITS = {
    "another person carried it": ('"by":"person/3"', '"by":"person/4"'),
    "another moment": ('"at":"2026-11-23T02:00:00Z"', '"at":"2026-11-22T02:00:00Z"'),
    "another list of what was erased": ('"erased":["phone"]', '"erased":["customer"]'),
}


@pytest.mark.parametrize("database", [SQLITE])
def test_what_is_carried_over_is_held_against_the_trail_by_both_verifiers(
    disposal_files: DisposalScene, stages: Stages, tmp_path: Path
) -> None:
    number = _first(disposal_files)
    with disposal_files.opened() as office:
        office.execute(office.asked([number], ["phone"]), ERASED_AT)
        subject = office.record(number).subject
    for name, (old, new) in EDITS.items():
        with disposal_files.copied(stages, tmp_path / name.replace(" ", "-")) as copy:
            with tampering(copy.url) as connection:
                said = f"UPDATE act SET content = replace(content, '{old}', '{new}') WHERE subject = '{subject}'"
                connection.exec_driver_sql(said)
            found = {finding.code for finding in verify(copy.url, copy.folder / "archive").findings}
            assert "carried-act" in found, name
            place = place_of(copy.folder / "archive", subject)
            (path,) = place.rglob("record.json")
            data = path.read_bytes().replace(old.encode(), new.encode())
            rebuild_inventories(place, str(path.relative_to(place)), data)
            alone = verifier.verify(verifier.Medium(copy.folder / "archive"))
            assert {"carried-act", "carried-head"} & {finding.code for finding in alone.kept}, name


@pytest.mark.parametrize("database", [SQLITE])
def test_a_pack_brings_the_list_of_an_erasure_along_only_where_it_may_be_taken(
    disposal_files: DisposalScene, tmp_path: Path
) -> None:
    """The list names other records too; without it the verifier says what it can, and that the list is not there."""
    with disposal_files.opened() as office:
        one, two = disposal_files.old.feedbacks[:2]
        listed = office.asked([one, two], ["phone"])
        office.execute(listed, ERASED_AT)
        office.publish()
        for name, withheld in (("with", set[str]()), ("without", {f"record/{listed}"})):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(exporting, "withheld_from", lambda *_of, held=withheld: held)
                made = exporting.export(
                    office.publisher, tmp_path / f"{name}.zip", office.by("controller"), ERASED_AT, [one]
                )
            with ZipFile(made.path) as pack:
                places = " ".join(pack.namelist())
                told = pack.read(f"{name}/bag-info.txt").decode()
            with closing(verifier.Pack(made.path)) as medium:
                report = verifier.verify(medium)
            assert (f"proofs/record/{listed}.json" in places) == (not withheld)
            assert ("Recordkeeper-Withheld: 1 objects" in told) == bool(withheld)
            assert (report.verdict, report.left_out) == (verifier.OK, made.left_out)
            assert report.gone == (2 if withheld else 0)
