"""The stand-alone verifier says of a tampered archive what ``verify`` says, and names file and subject."""

import json
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from archive_tampering import (
    AMENDED,
    edit_person,
    edit_value,
    flip,
    place_of,
    rebuild_inventories,
    widest,
    write_inventory,
)
from company import Scene
from recordkeeper import verifier
from recordkeeper.model.canonical import canonical
from recordkeeper.services.verification import verify
from recordkeeper.tlog.checkpoint import LogKey
from recordkeeper.tlog.log import read_checkpoint


def told(archive: Path, anchors: tuple[str, ...] = (), keys: tuple[str, ...] = ()) -> verifier.Report:
    medium = verifier.Medium(archive) if archive.is_dir() else verifier.Pack(archive)
    with closing(medium):
        return verifier.verify(medium, keys, anchors)


def altered(report: verifier.Report) -> set[str]:
    return {aspect for aspect in verifier.ASPECTS if report.answer(aspect) == verifier.ALTERED}


def codes(report: verifier.Report) -> set[str]:
    return {finding.code for finding in report.kept}


def subjects(report: verifier.Report) -> set[str]:
    return {finding.subject for finding in report.kept}


def test_both_find_nothing_in_an_untouched_archive_and_one_never_writes(scene: Scene) -> None:
    before = {path: path.lstat().st_mtime_ns for path in scene.archive.rglob("*")}
    report = told(scene.archive)
    assert {path: path.lstat().st_mtime_ns for path in scene.archive.rglob("*")} == before
    assert verify(scene.url, scene.archive).verdict == report.verdict == "ok"
    assert report.kept == {}
    assert report.counts["signatures"] > 20
    assert {aspect: report.answer(aspect) for aspect in ("records", "files", "log", "signatures")} == dict.fromkeys(
        ("records", "files", "log", "signatures"), "ok"
    )
    assert {report.answer("register"), report.answer("tail")} == {"cannot assess"}
    assert set(report.not_covered) >= {"party", "premises", "record"}


def test_what_an_entry_says_is_named_by_its_bundle_and_a_wrong_hash_by_its_tile(scene: Scene) -> None:
    tile, bundle = widest(scene.archive, "0"), widest(scene.archive, "entries")
    for path in (tile, bundle):
        data = path.read_bytes()
        flip(path, 300)
        assert path.relative_to(scene.archive).as_posix() in subjects(told(scene.archive))
        path.write_bytes(data)


def test_an_edited_record_is_named_by_its_subject_in_records(scene: Scene) -> None:
    edit_value(scene.archive)
    report = told(scene.archive)
    assert altered(report) == {"records", "files", "signatures"}
    named = {finding.aspect for finding in report.kept if finding.subject == AMENDED}
    assert named == {"records", "files", "signatures"}


def test_an_edited_person_is_named_in_register_and_makes_the_verdict_altered(scene: Scene) -> None:
    edit_person(scene.archive)
    report = told(scene.archive)
    assert "register" in altered(report)
    assert report.verdict == "altered"


def test_an_act_added_behind_an_archived_record_is_not_taken_for_published(scene: Scene) -> None:
    """A version that no event binds is named: as added where it claims to be older than the log's last event."""
    for at, severity in (("2026-11-22T00:00:00Z", "altered"), ("2026-11-24T00:00:00Z", "cannot assess")):
        archive = scene.folder / severity / "archive"
        shutil.copytree(scene.archive, archive)
        subject = "record/QR-017-02/2026-0099"
        acts = json.loads((place_of(archive, AMENDED) / "v1" / "content" / "record.json").read_bytes())["acts"]
        head, last = {**acts[0], "subject": subject}, {**acts[-1], "at": at}
        record = canonical({"version": 1, "subject": subject, "acts": [head, acts[1], last]})
        place = place_of(archive, subject)
        shutil.copytree(place_of(archive, "unit/2"), place)
        inventory = json.loads((place / "inventory.json").read_bytes()) | {"id": subject}
        for folder in (".", "v1"):
            write_inventory(place, folder, inventory)
        rebuild_inventories(place, "v1/content/record.json", record)
        report = told(archive)
        assert {(each.code, each.severity) for each in report.kept} == {
            ("object-added", severity),
            ("event-missing", severity),
        }
        assert subjects(report) == {subject}
        assert report.verdict == severity


def test_a_log_put_back_shows_against_what_was_seen_outside(scene: Scene, without_libreoffice: None) -> None:
    yesterday = scene.folder / "yesterday"
    shutil.copytree(scene.archive, yesterday)
    with scene.opened() as company:
        company.closed_feedback()
        company.publish()
    note = read_checkpoint(scene.archive / "log")
    assert note is not None
    before = read_checkpoint(yesterday / "log")
    assert before is not None
    today = told(scene.archive, (note, before))
    assert (today.verdict, today.answer("tail")) == ("ok", "ok")
    assert today.answer("tail") == verify(scene.url, scene.archive, None, (note, before)).aspects["tail"].answer
    assert told(yesterday).verdict == "ok"
    report = told(yesterday, (note,))
    assert codes(report) == {"tail-cut"}
    assert report.verdict == "altered"
    short = today.checkpoint
    assert told(scene.archive, (short,)).answer("tail") == "ok"
    wrong = short[:-1] + ("0" if short[-1] != "0" else "1")
    assert codes(told(scene.archive, (wrong,))) == {"tail-altered"}
    assert told(scene.archive, ("nonsense",)).answer("tail") == "cannot assess"


def test_a_key_given_confirms_the_log_and_another_one_does_not(scene: Scene) -> None:
    own = LogKey.load(scene.folder / "log.key")
    report = told(scene.archive, keys=(own.verifier,))
    assert report.is_key_given
    assert report.reason("log", "en") == "as it was written"
    assert "not confirmed from outside" in told(scene.archive).reason("log", "en")
    other = LogKey.generate(own.name)
    assert codes(told(scene.archive, keys=(other.verifier,))) == {"checkpoint-signature"}
    assert told(scene.archive, keys=("nonsense",)).verdict == "cannot assess"


def test_a_pack_says_the_same_as_its_folder(scene: Scene) -> None:
    pack = scene.folder / "pack.zip"
    for top in ("", "archive/"):
        with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(scene.archive.rglob("*")):
                if path.is_file():
                    file.write(path, top + path.relative_to(scene.archive).as_posix())
        report, folder = told(pack), told(scene.archive)
        assert (report.kept, report.counts, report.checkpoint) == ({}, folder.counts, folder.checkpoint)
    edit_value(scene.archive)
    with zipfile.ZipFile(pack, "w") as file:
        for path in scene.archive.rglob("*"):
            file.write(path, path.relative_to(scene.archive).as_posix())
    assert set(told(pack).kept) == set(told(scene.archive).kept)


HOSTILE = [
    b"",
    b"\xff\xfe\0",
    b"[" * 100_000 + b"]" * 100_000,
    b'{"acts":' * 400 + b"1" + b"}" * 400,
    b"9" * 5000,
    b'{"acts":[],"subject":"person/2","version":1}',
    b'{"acts":[{"salt":"' + b"0" * 32 + b'","subject":"person/2","version":1},7],"subject":"person/2","version":1}',
    b'{"acts":{"a":1},"subject":7,"version":1}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bytes_are_findings(scene: Scene, data: bytes) -> None:
    archive = scene.archive
    rebuild_inventories(place_of(archive, "person/2"), "v1/content/record.json", data)
    (place_of(archive, "person/3") / "inventory.json").write_bytes(data)
    (archive / "log" / "checkpoint").write_bytes(data)
    flip(widest(archive, "0"), 7)
    widest(archive, "entries").write_bytes(data)
    report = told(archive)
    assert {"files", "log"} <= altered(report)
    for finding in report.kept:
        for language in ("en", "zh"):
            assert finding.message(language).isprintable()


def test_every_archive_holds_the_verifier_and_it_runs_alone(scene: Scene, without_libreoffice: None) -> None:
    enclosed = scene.archive / "verifier.py"
    assert enclosed.read_bytes() == Path(verifier.__file__).read_bytes()
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "verifier.py", ".", "--json", "--against", "log/checkpoint"],
        cwd=scene.archive,
        env={},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["verdict"] == "ok"
    assert report["aspects"]["tail"]["answer"] == "ok"
    readme = scene.archive / "README"
    enclosed.write_text("pass", encoding="utf-8")
    readme.unlink()
    with scene.opened() as company:
        company.publish()
    assert enclosed.read_bytes() == Path(verifier.__file__).read_bytes()
    assert "verifier.py" in readme.read_text(encoding="utf-8")
