"""A mirror follows the archive, is checked against it, and loses nothing but what was destroyed."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from archive_tampering import AMENDED, SHEET, flip, place_of, publish_anew, remove_object, rewrite_first_event, widest
from company import NOW, Company, Scene
from recordkeeper import verifier
from recordkeeper.errors import RefusalError
from recordkeeper.model.unit import MirrorKnownError, Unit, UnknownMirrorError
from recordkeeper.ocfl.storage_root import StorageRoot, UnreachableArchiveError
from recordkeeper.ocfl.validation import validate_root
from recordkeeper.register import tables
from recordkeeper.services import mirroring
from recordkeeper.services.company import company as company_of
from recordkeeper.services.mirroring import AbsentMirrorError, Followed, Mirror, UnusableMirrorError
from recordkeeper.services.verification import Answer, verify
from recordkeeper.tlog.tiles import TileLog
from tampering import tampering


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kept(company: Company, folder: Path) -> Mirror:
    return mirroring.keep_mirror(company.publisher, company.by("controller"), folder, NOW)


def followed(company: Company, mirror: Mirror) -> Followed:
    return mirroring.follow(company.publisher, mirror, company.by("controller"), NOW)


def codes(done: Followed) -> set[str]:
    return {finding.code for finding in done.findings}


def test_a_mirror_holds_what_the_archive_holds_and_is_an_archive_itself(scene: Scene, tmp_path: Path) -> None:
    with scene.opened() as company:
        mirror = kept(company, tmp_path / "second")
        company.publish()
        done = followed(company, mirror)
        assert (done.findings, done.objects) == ([], sum(1 for _ in company.storage_root.object_ids()))
        assert files_of(mirror.root.path) == files_of(company.storage_root.path)
        assert TileLog(mirror.place / "log").size() == done.entries
        company.publish()
    assert verifier.verify(verifier.Medium(tmp_path / "second")).verdict == verifier.OK
    assert verify(scene.url, scene.archive).verdict is Answer.OK


def test_a_second_run_copies_what_is_new_and_nothing_else(scene: Scene, tmp_path: Path) -> None:
    with scene.opened() as company:
        mirror = kept(company, tmp_path / "second")
        company.publish()
        followed(company, mirror)
        before = files_of(mirror.root.path)
        assert followed(company, mirror).versions == 0
        assert files_of(mirror.root.path) == before
        number = company.closed_feedback()
        company.publish()
        done = followed(company, mirror)
        assert (done.versions, done.findings) == (1, [])
        assert mirror.root.read_inventory(f"record/{number}") is not None
        company.publish()
        assert verify(scene.url, scene.archive).verdict is Answer.OK


def test_a_kill_in_the_middle_of_a_copy_is_finished_by_the_next_run(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        mirror = kept(company, tmp_path / "second")
        followed(company, mirror)
        place = mirror.root.object_path(AMENDED)
        shutil.rmtree(place / "v2")
        for name in ("inventory.json", "inventory.json.sha512"):
            shutil.copy(place / "v1" / name, place / name)
        (place / "inventory.json").write_bytes((place_of(company.archive, AMENDED) / "v1/inventory.json").read_bytes())
        done = followed(company, mirror)
        assert (done.versions, done.findings) == (1, [])
        assert files_of(mirror.root.path) == files_of(company.storage_root.path)


def test_a_damaged_file_of_the_mirror_is_named_and_not_overwritten(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        mirror = kept(company, tmp_path / "second")
        followed(company, mirror)
        damaged = mirror.root.object_path(AMENDED) / "v1/content/record.json"
        flip(damaged)
        bytes_before = damaged.read_bytes()
        done = followed(company, mirror)
        assert [(each.code, each.subject) for each in done.findings] == [("E092a", str(damaged))]
        assert damaged.read_bytes() == bytes_before


def test_a_damaged_file_of_the_archive_does_not_reach_the_mirror(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        mirror = kept(company, tmp_path / "second")
        flip(place_of(company.archive, AMENDED) / "v1/content/record.json")
        done = followed(company, mirror)
        assert codes(done) == {"mirror-object"}
        assert mirror.root.read_inventory(AMENDED) is None
        assert mirror.root.read_inventory(SHEET) is not None


def test_an_archive_that_lost_an_object_or_was_rewritten_is_told_by_the_mirror(
    sqlite_scene: Scene, tmp_path: Path
) -> None:
    with sqlite_scene.opened() as company:
        mirror = kept(company, tmp_path / "second")
        followed(company, mirror)
        remove_object(company.archive)
        assert codes(followed(company, mirror)) == {"mirror-beyond"}
        assert mirror.root.read_inventory(AMENDED) is not None
        rewrite_first_event(company.archive)
        assert "mirror-log" in codes(followed(company, mirror))


def test_a_log_that_was_put_back_is_told_by_the_mirror(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        mirror = kept(company, tmp_path / "second")
        followed(company, mirror)
        log = TileLog(company.archive / "log")
        publish_anew(company.archive, list(log.entries(0, log.size()))[:-3])
        done = followed(company, mirror)
        assert [each.code for each in done.findings if each.code.startswith("mirror")] == ["mirror-log"]


def test_a_flipped_byte_of_the_mirrors_log_is_named(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        mirror = kept(company, tmp_path / "second")
        followed(company, mirror)
        flip(widest(mirror.place, "entries"), 300)
        assert followed(company, mirror).findings


def test_what_was_destroyed_goes_from_every_mirror_and_from_one_that_was_away_later(
    scene: Scene, tmp_path: Path
) -> None:
    with scene.opened() as company:
        near, far = kept(company, tmp_path / "near"), kept(company, tmp_path / "far")
        for mirror in (near, far):
            followed(company, mirror)
        far.place.rename(tmp_path / "unplugged")
        with company.register.reading() as snapshot:
            mirrors = mirroring.mirrors_of(snapshot)
        assert mirroring.remove_from_mirrors(mirrors, AMENDED) == [far.place]
        assert near.root.read_inventory(AMENDED) is None
        assert validate_root(near.root) == []
        with pytest.raises(AbsentMirrorError):
            followed(company, far)
        (tmp_path / "unplugged").rename(far.place)
        _destroy(company, AMENDED)
        done = followed(company, far)
        assert (done.removed, done.findings) == ([AMENDED], [])
        assert not far.root.object_path(AMENDED).exists()
        assert followed(company, near).removed == []


def _destroy(company: Company, subject: str) -> None:
    """Take acts and object of a subject away, as a disposition does, and leave a tombstone."""
    with tampering(company.register.url) as connection:
        connection.execute(delete(tables.act).where(tables.act.c.subject == subject))
        connection.execute(insert(tables.tombstone).values(subject=subject, content="{}"))
    assert company.storage_root.remove_object(subject)


def test_a_folder_with_other_things_or_of_the_archive_itself_is_no_mirror(company: Company, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"jpeg")
    for folder in (tmp_path / "photos", company.archive / "second", company.archive, tmp_path, Path("/")):
        with pytest.raises(UnusableMirrorError):
            kept(company, folder)
    with company.register.reading() as snapshot:
        assert mirroring.mirrors_of(snapshot) == []
    assert (tmp_path / "photos" / "a.jpg").read_bytes() == b"jpeg"


def test_only_a_controller_keeps_and_forgets_mirrors(company: Company, tmp_path: Path) -> None:
    with pytest.raises(RefusalError):
        mirroring.keep_mirror(company.publisher, company.by("clerk"), tmp_path / "second", NOW)
    assert not (tmp_path / "second").exists()
    mirror = kept(company, tmp_path / "second")
    assert kept(company, tmp_path / "second") == mirror
    with pytest.raises(RefusalError):
        mirroring.forget_mirror(company.register, company.by("clerk"), mirror.place, NOW)
    mirroring.forget_mirror(company.register, company.by("controller"), mirror.place, NOW)
    with pytest.raises(UnknownMirrorError):
        mirroring.forget_mirror(company.register, company.by("controller"), mirror.place, NOW)
    assert mirror.is_there


def test_one_folder_is_registered_once(company: Company, tmp_path: Path) -> None:
    place = str(kept(company, tmp_path / "second").place)
    with company.register.reading() as snapshot, pytest.raises(MirrorKnownError):
        company_of(snapshot).mirror(by="person/1", at=NOW, place=place)
    with company.register.reading() as snapshot:
        history = snapshot.history("unit/1")
        assert history is not None
        assert Unit.replay(history).mirrors == (place,)


def test_an_object_is_removed_whole_and_after_a_kill_the_same_call_finishes(sqlite_scene: Scene) -> None:
    root = StorageRoot(sqlite_scene.archive / "objects", sqlite_scene.archive / "incoming")
    others = sorted(set(root.object_ids()) - {AMENDED})
    assert root.remove_object(AMENDED)
    assert not root.remove_object(AMENDED)
    assert sorted(root.object_ids()) == others
    assert validate_root(root) == []
    assert list(root.incoming.iterdir()) == []
    place = root.object_path(SHEET)
    stage = root._clear_stage(SHEET)
    place.rename(stage)  # what a kill between renaming and removing leaves
    assert not root.remove_object(SHEET)
    assert not stage.exists()
    assert validate_root(root) == []


def test_an_object_that_is_a_link_is_not_removed(sqlite_scene: Scene, tmp_path: Path) -> None:
    root = StorageRoot(sqlite_scene.archive / "objects", sqlite_scene.archive / "incoming")
    place = root.object_path(AMENDED)
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnreachableArchiveError):
        root.remove_object(AMENDED)
    assert (tmp_path / "elsewhere" / "inventory.json").is_file()
