"""From the archive alone every archived subject comes back; the rest is listed as what cannot be assessed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete

from archive_tampering import AMENDED, SHEET, flip, place_of, widest
from company import NOW, PASSPHRASE, Scene
from disposal_office import COOLED, ERASED_AT, LATER, DisposalOffice, DisposalScene, Old
from integration.faults.workplace import contents, tree
from recordkeeper import verifier
from recordkeeper.errors import RefusalError
from recordkeeper.findings import Severity
from recordkeeper.model.subject import kind_of, number_of
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import tables
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.services import holding, lifecycle, people, publication
from recordkeeper.services.execution import begin_item, finish_item
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.lifecycle import About
from recordkeeper.services.publication import Publisher
from recordkeeper.services.rebuilding import AlteredArchiveError, NoArchiveError, rebuild
from recordkeeper.services.retrieval import DisposedRecordError, load, load_or_tell, rows_of
from recordkeeper.services.verification import Answer, verify
from stage import SQLITE, Stages
from tampering import tampering

SHEET_NUMBER, ROW_NUMBER = "QR-017-01/2026-11", "QR-017-01/2026-0001"


def rows_by_subject(url: str) -> dict[str, set[tuple[object, ...]]]:
    found: dict[str, set[tuple[object, ...]]] = {}
    with open_for_verification(url) as inspection:
        for table in (tables.act, tables.attachment, *tables.PROJECTIONS):
            for row in inspection.raw_rows(table):
                found.setdefault(str(row[0]), set()).add((table.name, *row))
    return found


def test_every_archived_subject_comes_back_with_its_amendments_signatures_and_files(
    scene: Scene, stages: Stages, database: str, tmp_path: Path
) -> None:
    before, files = rows_by_subject(scene.url), tree(scene.archive)
    place = tmp_path / "place"
    place.mkdir()
    with stages.empty(database, place) as url:
        with rebuild(scene.archive, place, url, NOW).register:
            pass
        after = rows_by_subject(url)
        archived = set(scene_objects(scene)) | rows_of_sheets(scene)
        assert archived <= after.keys()
        assert {subject for subject in archived if after[subject] != before[subject]} == set()
        assert {kind_of(subject) for subject in archived} >= {"record", "sheet", "form", "procedure", "person", "unit"}
        report = verify(url, place / "archive")
        assert report.verdict is Answer.CANNOT_ASSESS
        assert {finding.severity for finding in report.findings} <= {
            Severity.CANNOT_ASSESS,
            Severity.PENDING,
            Severity.WARNING,
        }
        listed = {finding.subject for finding in report.findings if finding.code == "act-not-archived"}
        assert listed >= before.keys() - archived
        assert contents(url)["number_series"] == contents(scene.url)["number_series"]
        assert contents(url)["event"].total() == contents(scene.url)["event"].total() + 1
    assert tree(scene.archive) == files


def scene_objects(scene: Scene) -> list[str]:
    with scene.opened() as company:
        return list(company.storage_root.object_ids())


def rows_of_sheets(scene: Scene) -> set[str]:
    with scene.opened() as company, company.register.reading() as snapshot:
        history = snapshot.history(SHEET)
        assert history is not None
        return {f"record/{row['number']}" for row in history.acts[-1].content["rows"]}  # type: ignore[union-attr,index,call-overload]


def test_a_rebuilt_company_goes_on_and_gives_no_number_twice(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company, company.register.reading() as snapshot:
        numbers = {str(row.subject).partition("/")[2] for row in snapshot.histories("record")}
        amended = load(snapshot, AMENDED.partition("/")[2])
    place = tmp_path / "place"
    url = sqlite_url(place / "records.db")
    with rebuild(sqlite_scene.archive, place, url, NOW).register as register:
        person = people.give_passphrase_after_loss(register, login="controller", passphrase="new rain", now=NOW)
        boss = people.authenticate(register, "controller", "new rain", NOW)
        assert boss.subject == person.subject
        with pytest.raises(RefusalError):
            people.authenticate(register, "clerk", PASSPHRASE, NOW)
        with pytest.raises(RefusalError):
            people.give_passphrase_after_loss(register, login="clerk", passphrase="new rain", now=NOW)
        people.reset_passphrase(register, boss, login="clerk", passphrase="new rain", reason="重建", now=NOW)
        clerk = people.authenticate(register, "clerk", "new rain", NOW)
        made = lifecycle.new(register, clerk, NOW, "QR-017-02", None, About()).number
        assert made not in numbers
        with register.reading() as snapshot:
            assert load(snapshot, AMENDED.partition("/")[2]) == amended
        publisher = Publisher(register, place / "archive", sqlite_root(place), sqlite_scene.folder / "log.key")
        assert publication.publish(publisher, NOW).problems == []
    report = verify(url, place / "archive")
    assert report.verdict is Answer.CANNOT_ASSESS, report.findings
    assert [each for each in report.findings if each.severity is Severity.ALTERED] == []


def sqlite_root(place: Path) -> StorageRoot:
    return StorageRoot(place / "archive" / "objects", place / "archive" / "incoming")


def test_a_missing_act_that_was_archived_is_altered_in_a_rebuilt_register_too(
    sqlite_scene: Scene, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    url = sqlite_url(place / "records.db")
    rebuild(sqlite_scene.archive, place, url, NOW).register.close()
    with tampering(url) as connection:
        connection.execute(delete(tables.act).where(tables.act.c.subject == AMENDED))
    report = verify(url, place / "archive")
    assert report.verdict is Answer.ALTERED
    assert any(each.code == "act-missing" and each.subject == AMENDED for each in report.findings)


def test_nothing_is_made_of_an_archive_that_is_damaged_or_none(sqlite_scene: Scene, tmp_path: Path) -> None:
    place = tmp_path / "place"
    url = sqlite_url(place / "records.db")
    with pytest.raises(NoArchiveError):
        rebuild(tmp_path / "absent", place, url, NOW)
    flip(place_of(sqlite_scene.archive, AMENDED) / "v1" / "content" / "record.json")
    with pytest.raises(AlteredArchiveError):
        rebuild(sqlite_scene.archive, place, url, NOW)
    flip(place_of(sqlite_scene.archive, AMENDED) / "v1" / "content" / "record.json")
    flip(widest(sqlite_scene.archive, "entries"), 300)
    with pytest.raises(AlteredArchiveError):
        rebuild(sqlite_scene.archive, place, url, NOW)
    assert not place.exists()


def test_what_was_destroyed_comes_back_as_its_tombstone_alone_and_holds_and_certificates_whole(
    disposal_files: DisposalScene, stages: Stages, database: str, tmp_path: Path
) -> None:
    with disposal_files.opened() as office:
        held, gone = disposal_files.old.feedbacks[0], disposal_files.old.feedbacks[1]
        boss = office.by("controller")
        asked = ScopeAsked(records=[held])
        holding.place(office.register, boss, LATER, title="诉讼", mandate="法院来函", asked=asked)
        listed = office.ready([gone])
        _closed, certificate = office.execute(listed)
        for who in ("witness", "witness2", "manager"):
            office.sign_as(who, certificate.number, now=COOLED)
        office.publish()
        certificate = office.record(certificate.number)
    place = tmp_path / "place"
    place.mkdir()
    with stages.empty(database, place) as url:
        rebuilt = rebuild(disposal_files.folder / "archive", place, url, COOLED)
        with rebuilt.register as register, register.reading() as snapshot:
            with pytest.raises(DisposedRecordError) as tombstone:
                load_or_tell(snapshot, gone)
            assert tombstone.value.tombstone["list"] == listed
            assert load(snapshot, certificate.number) == certificate
            assert (certificate.state, load(snapshot, listed).state) == ("closed", "closed")
        before, after = contents(disposal_files.url), contents(url)
        for name in ("tombstone", "disposition", "held"):
            assert after[name] == before[name], name
            assert after[name].total() > 0
        report = verify(url, place / "archive")
        assert [each for each in report.findings if each.severity is Severity.ALTERED] == []


def sheet_destroyed(office: DisposalOffice, _old: Old) -> None:
    office.execute(office.ready([SHEET_NUMBER]))


def row_and_sheet_erased_then_destroyed(office: DisposalOffice, _old: Old) -> None:
    office.execute(office.asked([ROW_NUMBER], ["caller"]), ERASED_AT)
    office.execute(office.asked([SHEET_NUMBER], ["summary"], ERASED_AT), LATER)
    office.execute(office.ready([SHEET_NUMBER]))


def approved_and_never_executed(office: DisposalOffice, old: Old) -> None:
    office.ready([SHEET_NUMBER, old.feedbacks[0]])


def asked_and_never_executed(office: DisposalOffice, old: Old) -> None:
    office.asked([ROW_NUMBER], ["caller"])
    office.asked([old.feedbacks[0]], ["phone"])


def executed_and_not_closed(office: DisposalOffice, old: Old) -> None:
    office.destroy(office.ready([SHEET_NUMBER, old.feedbacks[0]]))


def executed_in_part(office: DisposalOffice, old: Old) -> None:
    listed = office.ready([*old.feedbacks[:2], SHEET_NUMBER])
    one, *_others = office.items(listed)
    begin_item(office.executor(listed), one)
    publication.publish(office.publisher, COOLED)
    finish_item(office.executor(listed), one)


def erased_in_part(office: DisposalOffice, old: Old) -> None:
    listed = office.asked([ROW_NUMBER, "QR-017-01/2026-0002"], ["caller"])
    one, *_others = office.items(listed)
    begin_item(office.executor(listed, ERASED_AT), one)
    publication.publish(office.publisher, ERASED_AT)
    finish_item(office.executor(listed, ERASED_AT), one)


def erased_again_before_the_first_list_was_closed(office: DisposalOffice, old: Old) -> None:
    number = old.feedbacks[0]
    office.destroy(office.asked([number], ["phone"]), ERASED_AT)
    publication.publish(office.publisher, ERASED_AT)
    office.execute(office.asked([number], ["customer"], ERASED_AT), COOLED)


LISTS = (
    sheet_destroyed, row_and_sheet_erased_then_destroyed, approved_and_never_executed, asked_and_never_executed,
    executed_and_not_closed, executed_in_part, erased_in_part, erased_again_before_the_first_list_was_closed,
)  # fmt: skip


@pytest.mark.parametrize("settle", LISTS, ids=lambda settle: settle.__name__.replace("_", " "))
def test_whatever_became_of_a_list_the_archive_alone_is_rebuilt_and_nothing_in_it_called_altered(
    disposal_files: DisposalScene,
    stages: Stages,
    database: str,
    tmp_path: Path,
    settle: Callable[[DisposalOffice, Old], None],
) -> None:
    with disposal_files.opened() as office:
        settle(office, disposal_files.old)
        assert publication.publish(office.publisher, COOLED).problems == []
        report = verify(office.register.url, office.archive)
        assert report.verdict is Answer.OK, report.findings
        assert verifier.verify(verifier.Medium(office.archive)).verdict != verifier.ALTERED
        root = office.storage_root
        archived = set(root.object_ids())
        with office.register.reading() as snapshot:
            for subject in [each for each in archived if kind_of(each) == "sheet"]:
                archived |= {row.subject for row in rows_of(snapshot, load(snapshot, number_of(subject)))}
    before, place = rows_by_subject(disposal_files.url), tmp_path / "place"
    place.mkdir()
    with stages.empty(database, place) as url:
        rebuild(disposal_files.folder / "archive", place, url, COOLED).register.close()
        after = rows_by_subject(url)
        assert contents(url)["number_series"] == contents(disposal_files.url)["number_series"]
        assert {subject for subject in archived if after.get(subject) != before[subject]} == set()
        report = verify(url, place / "archive")
        assert [each for each in report.findings if each.severity is Severity.ALTERED] == []


@pytest.mark.parametrize("database", [SQLITE])
def test_a_tombstone_that_a_closed_list_keeps_is_missed_in_a_rebuilt_register_too(
    disposal_files: DisposalScene, tmp_path: Path
) -> None:
    with disposal_files.opened() as office:
        executed_and_not_closed(office, disposal_files.old)
        office.execute(office.ready([disposal_files.old.feedbacks[1]]))
    url = sqlite_url(tmp_path / "place" / "records.db")
    rebuild(disposal_files.folder / "archive", tmp_path / "place", url, COOLED).register.close()
    report = verify(url, tmp_path / "place" / "archive")
    assert report.verdict is Answer.CANNOT_ASSESS
    lost = {each.subject for each in report.findings if each.code == "tombstone-not-archived"}
    assert lost >= {SHEET, f"record/{ROW_NUMBER}", f"record/{disposal_files.old.feedbacks[0]}"}
    with tampering(url) as connection:
        assert connection.execute(delete(tables.tombstone)).rowcount == 1
    report = verify(url, tmp_path / "place" / "archive")
    missed = {each.subject for each in report.findings if each.code == "tombstone-missing"}
    assert missed == {f"record/{disposal_files.old.feedbacks[1]}"}
