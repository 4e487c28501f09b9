"""From the archive alone every archived subject comes back; the rest is listed as what cannot be assessed."""

from pathlib import Path

import pytest
from sqlalchemy import delete

from archive_tampering import AMENDED, SHEET, flip, place_of, widest
from company import NOW, PASSPHRASE, Scene
from disposal_office import COOLED, LATER, DisposalScene
from integration.faults.workplace import contents, tree
from recordkeeper.errors import RefusalError
from recordkeeper.findings import Severity
from recordkeeper.model.subject import kind_of
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import tables
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.services import holding, lifecycle, people, publication
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.lifecycle import About
from recordkeeper.services.publication import Publisher
from recordkeeper.services.rebuilding import AlteredArchiveError, NoArchiveError, rebuild
from recordkeeper.services.retrieval import DisposedRecordError, load, load_or_tell
from recordkeeper.services.verification import Answer, verify
from stage import Stages
from tampering import tampering


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
