"""A backup is put back as it was, on either database; a damaged one is refused, and nothing is written."""

import json
import shutil
import threading
import zipfile
from pathlib import Path

import bagit
import pytest

from company import NOW, Company, Scene
from integration.faults.workplace import contents, tree
from recordkeeper.bagit.reader import BagReader, BagRefusedError
from recordkeeper.credentials.keyring import WrongPassphraseError, open_secret
from recordkeeper.errors import RefusalError
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.dump import DumpRefusedError
from recordkeeper.register.schema import RegisterExistsError
from recordkeeper.services import backup, people
from recordkeeper.services.backup import BackedUp, NoBackupError
from recordkeeper.services.verification import Answer, verify
from stage import Stages

ROOM = 10**9
SECRET = "a passphrase of its own"


def backed_up(company: Company, target: Path, passphrase: str | None = None) -> BackedUp:
    toml = company.folder / "recordkeeper.toml"
    toml.write_text('database = "records.db"\nlanguage = "en"\n', encoding="utf-8")
    return backup.back_up(company.publisher, toml, target, company.by("controller"), NOW, passphrase)


def root_of(archive: Path) -> StorageRoot:
    return StorageRoot(archive / "objects", archive / "incoming")


def test_a_backup_is_put_back_row_by_row_and_file_by_file(
    scene: Scene, stages: Stages, database: str, tmp_path: Path
) -> None:
    rows, files = contents(scene.url), tree(scene.archive)
    with scene.opened() as company:
        made = backed_up(company, tmp_path / "backup.zip")
    (tmp_path / "place").mkdir()
    with stages.empty(database, tmp_path / "place") as url, BagReader(made.path, ROOM) as bag:
        backup.restore(bag, tmp_path / "place", url, NOW).close()
        restored = contents(url)
        assert {name for name in rows if restored[name] != rows[name]} <= {"event", "head", "session"}
        (event,) = (restored["event"] - rows["event"]).elements()
        assert event[2] == "restore"
        assert restored["session"].total() == 0
        kept = {path: data for path, data in files.items() if not path.startswith(("incoming", "publisher.lock"))}
        assert tree(tmp_path / "place" / "archive") == kept
        report = verify(url, tmp_path / "place" / "archive")
        assert report.verdict is Answer.OK, report.findings
        compared = backup.compare(url, root_of(tmp_path / "place" / "archive"), scene.url, root_of(scene.archive))
        assert (compared.findings, compared.events) == ([], rows["event"].total())
        assert compared.objects == sum(1 for _ in root_of(scene.archive).object_ids())


def test_a_backup_moves_a_company_from_either_database_to_the_other(
    scene: Scene, stages: Stages, database: str, tmp_path: Path
) -> None:
    with scene.opened() as company:
        made = backed_up(company, tmp_path / "backup.zip")
    other = "sqlite" if database == "postgresql" else "postgresql"
    (tmp_path / "place").mkdir()
    with stages.empty(other, tmp_path / "place") as url, BagReader(made.path, ROOM) as bag:
        with backup.restore(bag, tmp_path / "place", url, NOW) as register:
            people.authenticate(register, "controller", "correct horse", NOW)
        assert verify(url, tmp_path / "place" / "archive").verdict is Answer.OK
        assert verify(scene.url, scene.archive).verdict is Answer.OK


def test_a_backup_made_while_others_act_is_of_one_moment(scene: Scene, tmp_path: Path) -> None:
    with scene.opened() as company:
        is_over = threading.Event()
        written: list[str] = []

        def act() -> None:
            while not is_over.is_set():
                written.append(company.closed_feedback())

        worker = threading.Thread(target=act)
        worker.start()
        try:
            while not written:
                is_over.wait(0.01)
            made = backed_up(company, tmp_path / "backup.zip")
        finally:
            is_over.set()
            worker.join()
        company.publish()
    with BagReader(made.path, ROOM) as bag:
        backup.restore(bag, tmp_path / "place", sqlite_url(tmp_path / "place" / "records.db"), NOW).close()
    place = tmp_path / "place"
    report = verify(sqlite_url(place / "records.db"), place / "archive")
    assert report.verdict is Answer.OK, report.findings
    compared = backup.compare(
        sqlite_url(place / "records.db"), root_of(place / "archive"), scene.url, root_of(scene.archive)
    )
    assert compared.findings == []
    assert compared.events == made.events


def test_bagit_python_accepts_a_backup_and_it_holds_no_open_key(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        made = backed_up(company, tmp_path / "backup.zip", SECRET)
    key = (sqlite_scene.folder / "log.key").read_bytes()
    with zipfile.ZipFile(made.path) as packed:
        packed.extractall(tmp_path / "out")
    bagit.Bag(str(tmp_path / "out" / "backup")).validate()
    assert all(key.strip() not in path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    sealed = (tmp_path / "out/backup/data/log.key.sealed").read_text("utf-8")
    assert open_secret(sealed, SECRET, "log.key") == key
    with pytest.raises(WrongPassphraseError):
        open_secret(sealed, "another passphrase", "log.key")


def test_only_a_controller_backs_up(company: Company, tmp_path: Path) -> None:
    with pytest.raises(RefusalError):
        backup.back_up(company.publisher, company.folder / "none", tmp_path / "backup.zip", company.by("clerk"), NOW)
    assert not (tmp_path / "backup.zip").exists()


def broken(made: Path, target: Path, name: str, data: bytes) -> Path:
    """A bag with another member, and with manifests that fit it."""
    out = target.parent / "unpacked"
    with zipfile.ZipFile(made) as packed:
        packed.extractall(out)
    (out / made.stem / name).write_bytes(data)
    bag = bagit.Bag(str(out / made.stem))
    bag.save(manifests=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted((out / made.stem).rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(out))
    shutil.rmtree(out)
    return target


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b"[]\n",
        b'["subject","number","content"]\n["a",1]\n',
        b'["subject","number","content"]\n["a",1,1.5]\n',
        b'["subject","number","content"]\n["a",1,{"base64":"?"}]\n',
        b'["subject","number","content"]\n["a",1,true]\n',
        b'["subject","number","content"]\n{"a":1}\n',
        b'["subject","number","content\\" FROM event --"]\n',
        b"\xff",
        b"[" * 100_000,
    ],
    ids=range(10),
)
def test_a_backup_whose_rows_are_none_of_a_register_is_refused_and_leaves_no_table(
    sqlite_scene: Scene, stages: Stages, tmp_path: Path, lines: bytes
) -> None:
    with sqlite_scene.opened() as company:
        made = backed_up(company, tmp_path / "backup.zip")
    file = broken(made.path, tmp_path / "broken.zip", "data/register/act.jsonl", lines)
    url = sqlite_url(tmp_path / "place" / "records.db")
    with BagReader(file, ROOM) as bag, pytest.raises(DumpRefusedError):
        backup.restore(bag, tmp_path / "place", url, NOW)
    (tmp_path / "again").mkdir()
    with BagReader(made.path, ROOM) as bag:  # the same database takes a sound one
        backup.restore(bag, tmp_path / "again", url, NOW).close()


def test_a_flipped_byte_of_a_backup_is_refused_before_anything_is_written(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        made = backed_up(company, tmp_path / "backup.zip")
    with zipfile.ZipFile(made.path) as packed:
        info = packed.getinfo("backup/data/register/event.jsonl")
        place = info.header_offset + 200
    data = bytearray(made.path.read_bytes())
    data[place] ^= 1
    (tmp_path / "flipped.zip").write_bytes(bytes(data))
    with BagReader(tmp_path / "flipped.zip", ROOM) as bag, pytest.raises(BagRefusedError):
        backup.restore(bag, tmp_path / "place", sqlite_url(tmp_path / "place" / "records.db"), NOW)
    assert not (tmp_path / "place").exists()


def test_a_bag_of_another_kind_and_a_database_in_use_are_refused(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        made = backed_up(company, tmp_path / "backup.zip")
    info = b"Recordkeeper-Kind: pack\nPayload-Oxum: 0.0\n"
    other = broken(made.path, tmp_path / "other.zip", "bag-info.txt", info)
    with BagReader(other, ROOM) as bag, pytest.raises(NoBackupError):
        backup.check_backup(bag)
    with BagReader(made.path, ROOM) as bag, pytest.raises(RegisterExistsError):
        backup.restore(bag, tmp_path / "place", sqlite_scene.url, NOW)


def test_a_restored_register_that_was_changed_differs_from_the_one_in_use(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        made = backed_up(company, tmp_path / "backup.zip")
    lines = [
        line.replace("许国良", "许国梁") if line.startswith('["party/1"') else line
        for line in _member(made.path, "backup/data/register/act.jsonl").splitlines(keepends=True)
    ]
    file = broken(made.path, tmp_path / "broken.zip", "data/register/act.jsonl", "".join(lines).encode())
    url, place = sqlite_url(tmp_path / "place" / "records.db"), tmp_path / "place"
    with BagReader(file, ROOM) as bag:
        backup.restore(bag, place, url, NOW).close()
    found = backup.compare(url, root_of(place / "archive"), sqlite_scene.url, root_of(sqlite_scene.archive)).findings
    assert [each.subject for each in found] == ["act party/1 1"]
    assert verify(url, place / "archive").verdict is Answer.ALTERED
    assert json.loads(lines[0]) == ["subject", "number", "content"]


def _member(file: Path, name: str) -> str:
    with zipfile.ZipFile(file) as packed:
        return packed.read(name).decode()
