"""The stand-alone verifier says of a tampered archive what ``verify`` says, and names file and subject."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from company import FEEDBACK, NOW, PASSPHRASE, Scene
from recordkeeper import verifier
from recordkeeper.model.canonical import canonical
from recordkeeper.ocfl.inventory import format_inventory, format_sidecar
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import open_register
from recordkeeper.services.initiation import initiate, prepare
from recordkeeper.services.publication import Publisher, publish
from recordkeeper.services.verification import verify
from recordkeeper.tlog.checkpoint import Checkpoint, LogKey, format_checkpoint, sign_note
from recordkeeper.tlog.log import read_checkpoint
from recordkeeper.tlog.tiles import TileLog

AMENDED = "record/QR-017-02/2026-0001"
SHEET = "sheet/QR-017-01/2026-11"


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


def place_of(archive: Path, subject: str) -> Path:
    return StorageRoot(archive / "objects", archive / "incoming").object_path(subject)


def flip(path: Path, index: int = 40) -> None:
    data = bytearray(path.read_bytes())
    data[index % len(data)] ^= 1
    path.write_bytes(bytes(data))


def write_inventory(place: Path, folder: str, inventory: dict[str, object]) -> None:
    data = format_inventory(inventory)
    (place / folder / "inventory.json").write_bytes(data)
    (place / folder / "inventory.json.sha512").write_bytes(format_sidecar(data))


def rebuild_inventories(place: Path, path: str, data: bytes) -> None:
    """Put other bytes in the place of a content file, and make all inventories and sidecars fit them."""
    old = hashlib.sha512((place / path).read_bytes()).hexdigest()
    (place / path).write_bytes(data)
    for file in place.rglob("inventory.json"):
        text = file.read_text(encoding="utf-8").replace(old, hashlib.sha512(data).hexdigest())
        write_inventory(place, file.parent.relative_to(place).as_posix(), json.loads(text))


def edit_record(archive: Path, subject: str, old: str, new: str) -> None:
    place = place_of(archive, subject)
    for path in sorted(place.rglob("record.json")):
        text = path.read_text(encoding="utf-8")
        rebuild_inventories(place, path.relative_to(place).as_posix(), text.replace(old, new).encode())


# ---- tamperings ------------------------------------------------------------------------------------------------------


def flip_document(archive: Path) -> None:
    flip(next(place_of(archive, AMENDED).rglob("*.docx")))


def flip_record(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "v1" / "content" / "record.json")


def flip_inventory(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "inventory.json")


def flip_inventory_of_version(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "v1" / "inventory.json")


def flip_sidecar(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "inventory.json.sha512")


def flip_declaration(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "0=ocfl_object_1.1", 3)


def flip_root_file(archive: Path) -> None:
    flip(archive / "objects" / "ocfl_layout.json")


def remove_file(archive: Path) -> None:
    next(place_of(archive, AMENDED).rglob("*.docx")).unlink()


def add_file(archive: Path) -> None:
    (place_of(archive, AMENDED) / "v1" / "content" / "more.txt").write_bytes(b"more")


def add_file_beside(archive: Path) -> None:
    (place_of(archive, AMENDED) / "more.txt").write_bytes(b"more")


def add_folder(archive: Path) -> None:
    (place_of(archive, AMENDED) / "v1" / "content" / "more").mkdir()


def add_file_to_root(archive: Path) -> None:
    (archive / "objects" / "more.txt").write_bytes(b"more")


def put_link(archive: Path) -> None:
    path = next(place_of(archive, AMENDED).rglob("*.docx"))
    shutil.move(path, archive.parent / "outside.docx")
    path.symlink_to(archive.parent / "outside.docx")


def put_link_to_folder(archive: Path) -> None:
    path = place_of(archive, AMENDED) / "v1"
    shutil.move(path, archive.parent / "outside")
    path.symlink_to(archive.parent / "outside", target_is_directory=True)


def put_pipe(archive: Path) -> None:
    path = next(place_of(archive, AMENDED).rglob("*.docx"))
    path.unlink()
    os.mkfifo(path)


def remove_object(archive: Path) -> None:
    shutil.rmtree(place_of(archive, AMENDED))


def remove_version(archive: Path) -> None:
    """Take the newest version away as if it had never been."""
    place = place_of(archive, AMENDED)
    shutil.rmtree(place / "v2")
    for name in ("inventory.json", "inventory.json.sha512"):
        shutil.copy(place / "v1" / name, place / name)


def move_object(archive: Path) -> None:
    place = place_of(archive, AMENDED)
    place.rename(place.with_name("record%2fother"))


def add_object(archive: Path) -> None:
    """A copy of an object under another identifier, in its place, with inventories that fit."""
    copy = place_of(archive, "record/QR-017-02/2026-0099")
    shutil.copytree(place_of(archive, AMENDED), copy)
    for path in copy.rglob("inventory.json"):
        inventory = json.loads(path.read_bytes()) | {"id": "record/QR-017-02/2026-0099"}
        write_inventory(copy, path.parent.relative_to(copy).as_posix(), inventory)


def replace_inventory_and_sidecar(archive: Path) -> None:
    place = place_of(archive, AMENDED)
    inventory = json.loads((place / "inventory.json").read_bytes())
    inventory["versions"]["v2"]["message"] = "archive!"
    for folder in (".", "v2"):
        write_inventory(place, folder, inventory)


def swap_versions(archive: Path) -> None:
    """Let each of two versions hold the record of the other."""
    place = place_of(archive, AMENDED)
    paths = [f"v{number}/content/record.json" for number in (1, 2)]
    first, second = ((place / path).read_bytes() for path in paths)
    for path, data in ((paths[0], second + b" "), (paths[1], first), (paths[0], second)):
        rebuild_inventories(place, path, data)


def swap_objects(archive: Path) -> None:
    one, other = place_of(archive, "person/2"), place_of(archive, "person/3")
    first = (one / "v1" / "content" / "record.json").read_bytes()
    second = (other / "v1" / "content" / "record.json").read_bytes()
    rebuild_inventories(one, "v1/content/record.json", second)
    rebuild_inventories(other, "v1/content/record.json", first)


def edit_value(archive: Path) -> None:
    edit_record(archive, AMENDED, FEEDBACK["customer"], "代表癸")


def edit_row(archive: Path) -> None:
    edit_record(archive, SHEET, "周文娟", "周文静")


def edit_person(archive: Path) -> None:
    edit_record(archive, "person/3", '"name":"', '"name":"大')


def replace_template(archive: Path) -> None:
    place = place_of(archive, "form/QR-017-02/A-0")
    path = next(place.rglob("*.docx"))
    rebuild_inventories(place, path.relative_to(place).as_posix(), path.read_bytes() + b"\0")


def replace_attachment(archive: Path) -> None:
    path = next(archive.rglob("attachments/*"))
    place = next(parent for parent in path.parents if (parent / "0=ocfl_object_1.1").exists())
    rebuild_inventories(place, path.relative_to(place).as_posix(), b"other")


def edit_checkpoint(archive: Path) -> None:
    path = archive / "log" / "checkpoint"
    path.write_text(path.read_text(encoding="utf-8").replace("previous", "Previous", 1), encoding="utf-8")


def remove_checkpoint_signature(archive: Path) -> None:
    path = archive / "log" / "checkpoint"
    path.write_text(path.read_text(encoding="utf-8").partition("\n\n")[0] + "\n", encoding="utf-8")


def sign_with_another_key(archive: Path) -> None:
    path = archive / "log" / "checkpoint"
    text = path.read_text(encoding="utf-8").partition("\n\n")[0] + "\n"
    path.write_text(sign_note(text, LogKey.generate(text.partition("\n")[0])), encoding="utf-8")


def widest(archive: Path, level: str) -> Path:
    return max((archive / "log" / "tile" / level).rglob("*"), key=lambda path: (path.is_file(), path.stat().st_size))


def flip_entry(archive: Path) -> None:
    flip(widest(archive, "entries"), 300)


def flip_tile(archive: Path) -> None:
    flip(widest(archive, "0"))


def remove_tile(archive: Path) -> None:
    widest(archive, "0").unlink()


def remove_entries(archive: Path) -> None:
    widest(archive, "entries").unlink()


def add_tile(archive: Path) -> None:
    (archive / "log" / "tile" / "0" / "777").write_bytes(bytes(32 * 256))


def add_file_to_log(archive: Path) -> None:
    (archive / "log" / "more").write_bytes(b"more")


def rebuild_log(archive: Path) -> None:
    """Change the last event's actor and rebuild all hashes with another key."""
    log = TileLog(archive / "log")
    entries = list(log.entries(0, log.size()))
    entries[-1] = entries[-1].replace(b'"actor":"p', b'"actor":"q')
    note = read_checkpoint(archive / "log")
    assert note is not None
    shutil.rmtree(archive / "log")
    TileLog(archive / "log").append(0, entries)
    name = note.partition("\n")[0]
    text = format_checkpoint(Checkpoint(name, len(entries), log.root(len(entries))))
    (archive / "log" / "checkpoint").write_text(sign_note(text, LogKey.generate(name)), encoding="utf-8")


TAMPERINGS: dict[Callable[[Path], None], set[str]] = {
    flip_document: {"E092a"},
    flip_record: {"E092a"},
    flip_inventory: {"E060"},
    flip_inventory_of_version: {"E060"},
    flip_sidecar: {"E060"},
    flip_declaration: {"E007"},
    flip_root_file: {"E070"},
    remove_file: {"E092b"},
    add_file: {"E023a"},
    add_file_beside: {"E001a"},
    add_folder: {"E024"},
    add_file_to_root: {"root-file"},
    put_link: {"E090"},
    put_link_to_folder: {"E090"},
    put_pipe: {"E001c"},
    remove_object: {"object-missing"},
    remove_version: {"version-count"},
    move_object: {"object-path"},
    add_object: {"archived-acts"},
    replace_inventory_and_sidecar: {"inventory-digest"},
    swap_versions: {"archived-acts"},
    swap_objects: {"archived-acts"},
    edit_value: {"inventory-digest", "state-digest", "signature-invalid"},
    edit_row: {"archived-acts"},
    edit_person: {"inventory-digest", "state-digest"},
    replace_template: {"inventory-digest", "bound-file"},
    replace_attachment: {"inventory-digest", "bound-file"},
    edit_checkpoint: {"checkpoint-signature"},
    remove_checkpoint_signature: {"checkpoint-form"},
    sign_with_another_key: {"checkpoint-signature"},
    flip_entry: {"log-entry", "checkpoint-root"},
    flip_tile: {"log-tile"},
    remove_tile: {"log-tile"},
    remove_entries: {"log-entry"},
    add_tile: {"log-tile"},
    add_file_to_log: {"log-extra"},
    rebuild_log: {"checkpoint-signature", "event-face"},
}


def test_both_find_nothing_in_an_untouched_archive_and_one_never_writes(sqlite_scene: Scene) -> None:
    before = {path: path.lstat().st_mtime_ns for path in sqlite_scene.archive.rglob("*")}
    report = told(sqlite_scene.archive)
    assert {path: path.lstat().st_mtime_ns for path in sqlite_scene.archive.rglob("*")} == before
    assert verify(sqlite_scene.url, sqlite_scene.archive).verdict == report.verdict == "ok"
    assert report.kept == {}
    assert report.counts["signatures"] > 20
    assert {aspect: report.answer(aspect) for aspect in ("records", "files", "log", "signatures")} == dict.fromkeys(
        ("records", "files", "log", "signatures"), "ok"
    )
    assert {report.answer("register"), report.answer("tail")} == {"cannot assess"}
    assert set(report.not_covered) >= {"party", "premises", "record"}


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: str(tamper.__name__))
def test_both_name_what_was_done_to_an_archive(sqlite_scene: Scene, tamper: Callable[[Path], None]) -> None:
    tamper(sqlite_scene.archive)
    theirs = verify(sqlite_scene.url, sqlite_scene.archive)
    report = told(sqlite_scene.archive)
    assert report.verdict == theirs.verdict == "altered"
    assert {name for name, aspect in theirs.aspects.items() if aspect.answer == "altered"} <= altered(report)
    assert TAMPERINGS[tamper] <= codes(report)


def test_what_an_entry_says_is_named_by_its_bundle_and_a_wrong_hash_by_its_tile(sqlite_scene: Scene) -> None:
    tile, bundle = widest(sqlite_scene.archive, "0"), widest(sqlite_scene.archive, "entries")
    for path in (tile, bundle):
        data = path.read_bytes()
        flip(path, 300)
        assert path.relative_to(sqlite_scene.archive).as_posix() in subjects(told(sqlite_scene.archive))
        path.write_bytes(data)


def test_an_edited_record_is_named_by_its_subject_in_records(sqlite_scene: Scene) -> None:
    edit_value(sqlite_scene.archive)
    report = told(sqlite_scene.archive)
    assert altered(report) == {"records", "files", "signatures"}
    named = {finding.aspect for finding in report.kept if finding.subject == AMENDED}
    assert named == {"records", "files", "signatures"}


def test_an_edited_person_is_named_in_register_and_makes_the_verdict_altered(sqlite_scene: Scene) -> None:
    edit_person(sqlite_scene.archive)
    report = told(sqlite_scene.archive)
    assert "register" in altered(report)
    assert report.verdict == "altered"


def test_an_act_added_behind_an_archived_record_is_not_taken_for_published(sqlite_scene: Scene) -> None:
    """A version that no event binds is named: as added where it claims to be older than the log's last event."""
    for at, severity in (("2026-11-22T00:00:00Z", "altered"), ("2026-11-24T00:00:00Z", "cannot assess")):
        archive = sqlite_scene.folder / severity / "archive"
        shutil.copytree(sqlite_scene.archive, archive)
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


def test_a_log_put_back_shows_against_what_was_seen_outside(sqlite_scene: Scene, without_libreoffice: None) -> None:
    yesterday = sqlite_scene.folder / "yesterday"
    shutil.copytree(sqlite_scene.archive, yesterday)
    with sqlite_scene.opened() as company:
        company.closed_feedback()
        company.publish()
    note = read_checkpoint(sqlite_scene.archive / "log")
    assert note is not None
    before = read_checkpoint(yesterday / "log")
    assert before is not None
    today = told(sqlite_scene.archive, (note, before))
    assert (today.verdict, today.answer("tail")) == ("ok", "ok")
    assert (
        today.answer("tail")
        == verify(sqlite_scene.url, sqlite_scene.archive, None, (note, before)).aspects["tail"].answer
    )
    assert told(yesterday).verdict == "ok"
    report = told(yesterday, (note,))
    assert codes(report) == {"tail-cut"}
    assert report.verdict == "altered"
    short = today.checkpoint
    assert told(sqlite_scene.archive, (short,)).answer("tail") == "ok"
    wrong = short[:-1] + ("0" if short[-1] != "0" else "1")
    assert codes(told(sqlite_scene.archive, (wrong,))) == {"tail-altered"}
    assert told(sqlite_scene.archive, ("nonsense",)).answer("tail") == "cannot assess"


def test_a_key_given_confirms_the_log_and_another_one_does_not(sqlite_scene: Scene) -> None:
    own = LogKey.load(sqlite_scene.folder / "log.key")
    report = told(sqlite_scene.archive, keys=(own.verifier,))
    assert report.is_key_given
    assert report.reason("log", "en") == "as it was written"
    assert "not confirmed from outside" in told(sqlite_scene.archive).reason("log", "en")
    other = LogKey.generate(own.name)
    assert codes(told(sqlite_scene.archive, keys=(other.verifier,))) == {"checkpoint-signature"}
    assert told(sqlite_scene.archive, keys=("nonsense",)).verdict == "cannot assess"


def test_a_pack_says_the_same_as_its_folder(sqlite_scene: Scene) -> None:
    pack = sqlite_scene.folder / "pack.zip"
    for top in ("", "archive/"):
        with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(sqlite_scene.archive.rglob("*")):
                if path.is_file():
                    file.write(path, top + path.relative_to(sqlite_scene.archive).as_posix())
        report, folder = told(pack), told(sqlite_scene.archive)
        assert (report.kept, report.counts, report.checkpoint) == ({}, folder.counts, folder.checkpoint)
    edit_value(sqlite_scene.archive)
    with zipfile.ZipFile(pack, "w") as file:
        for path in sqlite_scene.archive.rglob("*"):
            file.write(path, path.relative_to(sqlite_scene.archive).as_posix())
    assert set(told(pack).kept) == set(told(sqlite_scene.archive).kept)


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
def test_hostile_bytes_are_findings(sqlite_scene: Scene, data: bytes) -> None:
    archive = sqlite_scene.archive
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


def test_every_archive_holds_the_verifier_and_it_runs_alone(sqlite_scene: Scene, without_libreoffice: None) -> None:
    enclosed = sqlite_scene.archive / "verifier.py"
    assert enclosed.read_bytes() == Path(verifier.__file__).read_bytes()
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "verifier.py", ".", "--json", "--against", "log/checkpoint"],
        cwd=sqlite_scene.archive,
        env={},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["verdict"] == "ok"
    assert report["aspects"]["tail"]["answer"] == "ok"
    readme = sqlite_scene.archive / "README"
    enclosed.write_text("pass", encoding="utf-8")
    readme.unlink()
    with sqlite_scene.opened() as company:
        company.publish()
    assert enclosed.read_bytes() == Path(verifier.__file__).read_bytes()
    assert "verifier.py" in readme.read_text(encoding="utf-8")


# ---- every byte ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def smallest(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of a company that has only begun."""
    folder = tmp_path_factory.mktemp("smallest")
    shutil.copy(sqlite_template, folder / "records.db")
    root = StorageRoot(folder / "archive" / "objects", folder / "archive" / "incoming")
    beginning = prepare(
        company="小", time_zone="Asia/Shanghai", login="controller", name="甲", passphrase=PASSPHRASE, now=NOW
    )
    with closing(open_register(sqlite_url(folder / "records.db"))) as register:
        initiate(beginning, register, root, folder / "log.key", NOW)
        publish(Publisher(register, folder / "archive", root, folder / "log.key"), NOW)
    return folder / "archive"


FILES_OF_AN_OBJECT = (
    "0=ocfl_object_1.1",
    "inventory.json",
    "inventory.json.sha512",
    "v1/inventory.json",
    "v1/inventory.json.sha512",
    "v1/content/record.json",
)


@pytest.mark.parametrize("name", FILES_OF_AN_OBJECT)
def test_every_byte_of_an_object_flipped_is_named(smallest: Path, name: str) -> None:
    assert_every_byte_is_named(smallest, place_of(smallest, "person/1") / name)


@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000.p/4", "tile/entries/000.p/4"])
def test_every_byte_of_the_log_flipped_is_named(smallest: Path, name: str) -> None:
    assert_every_byte_is_named(smallest, smallest / "log" / name)


def assert_every_byte_is_named(archive: Path, path: Path) -> None:
    whole = path.read_bytes()
    assert told(archive).kept == {}
    unnamed = []
    for index in range(len(whole)):
        path.write_bytes(whole[:index] + bytes([whole[index] ^ 1 << index % 8]) + whole[index + 1 :])
        report = told(archive)
        if path.relative_to(archive).as_posix() not in subjects(report) or report.verdict != "altered":
            unnamed.append(index)
    path.write_bytes(whole)
    assert unnamed == []
