"""A pack is all that somebody outside needs: both validators accept it, and every flip in it is named."""

import json
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import bagit
import pytest
from ocfl.storage_root import StorageRoot as OcflPyRoot

from archive_tampering import AMENDED, SHEET, flip
from company import FEEDBACK, NOW, Company, Scene
from recordkeeper import verifier
from recordkeeper.errors import RefusalError
from recordkeeper.services import exporting
from recordkeeper.services.exporting import Exported, NotArchivedError
from recordkeeper.services.proving import check_proof_file
from recordkeeper.services.retrieval import UnknownRecordError
from recordkeeper.services.verification import Answer, verify

FIRST = AMENDED.partition("/")[2]


def exported(company: Company, target: Path, *numbers: str) -> Exported:
    return exporting.export(company.publisher, target, company.by("controller"), NOW, numbers or None)


def unpacked(pack: Path, folder: Path) -> Path:
    with zipfile.ZipFile(pack) as packed:
        packed.extractall(folder)
    return folder / pack.stem


def told(path: Path) -> verifier.Report:
    with closing(verifier.Medium(path) if path.is_dir() else verifier.Pack(path)) as medium:
        return verifier.verify(medium)


def test_the_stand_alone_verifier_accepts_a_pack_zipped_and_unpacked(scene: Scene, tmp_path: Path) -> None:
    with scene.opened() as company:
        made = exported(company, tmp_path / "pack.zip")
        company.publish()
    folder = unpacked(made.path, tmp_path / "out")
    for path in (made.path, folder):
        done = subprocess.run(
            [sys.executable, "-I", folder / "verifier.py", path, "--json"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert json.loads(done.stdout)["verdict"] == "ok"
    assert told(made.path).counts["objects"] == made.objects
    assert (made.left_out, made.events) == (0, told(folder).counts["events"])
    assert verify(scene.url, scene.archive).verdict is Answer.OK


def test_bagit_python_and_ocfl_py_accept_a_pack(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        made = exported(company, tmp_path / "pack.zip")
    folder = unpacked(made.path, tmp_path / "out")
    bagit.Bag(str(folder)).validate()
    root = OcflPyRoot(root=str(folder / "data" / "objects"))
    assert root.validate(validate_objects=True, check_digests=True)
    assert root.good_objects == root.num_objects == made.objects


def test_a_pack_holds_an_index_in_both_languages_and_a_proof_of_each_record(
    sqlite_scene: Scene, tmp_path: Path
) -> None:
    with sqlite_scene.opened() as company:
        made = exported(company, tmp_path / "pack.zip")
    folder = unpacked(made.path, tmp_path / "out")
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert all(word in page for word in ("记录目录", "Index of records", FIRST, "示范物业"))
    for link in page.split('href="')[1:]:
        assert (folder / link.partition('"')[0].replace("%25", "%")).is_file()
    proofs = sorted((folder / "proofs").rglob("*.json"))
    assert len(proofs) == made.records
    for proof in proofs:
        assert check_proof_file(proof.read_text(encoding="utf-8"), None).findings == ()


def test_a_selection_brings_what_it_needs_and_says_what_it_leaves_out(scene: Scene, tmp_path: Path) -> None:
    with scene.opened() as company:
        made = exported(company, tmp_path / "pack.zip", FIRST, SHEET.partition("/")[2])
        company.publish()
    report = told(made.path)
    assert report.verdict == verifier.OK, list(report.kept)
    assert (made.records, report.is_selection, report.left_out) == (2, True, made.left_out)
    assert made.left_out > 3
    assert report.answer(verifier.SIGNATURES) == verifier.OK
    names = {path for path in zipfile.ZipFile(made.path).namelist() if "/objects/" in path}
    assert any("person%2f" in name for name in names)
    assert not any("2026-0003" in name for name in names)


def test_every_file_of_a_pack_that_is_changed_lost_or_added_is_named(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        made = exported(company, tmp_path / "pack.zip", FIRST)
    folder = unpacked(made.path, tmp_path / "out")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 30
    for path in files[:: max(1, len(files) // 40)]:
        data, name = path.read_bytes(), path.relative_to(folder).as_posix()
        if not data:
            continue
        flip(path, len(data) // 2)
        assert told(folder).verdict == verifier.ALTERED, name
        path.unlink()
        assert told(folder).verdict != verifier.OK, name
        path.write_bytes(data)
    (folder / "data" / "objects" / "more").write_bytes(b"")
    (folder / "more.txt").write_bytes(b"")
    codes = {finding.code for finding in told(folder).kept}
    assert {"bag-extra", "root-file"} <= codes


def test_packs_are_for_controllers_and_auditors_and_hold_what_is_archived(company: Company, tmp_path: Path) -> None:
    with pytest.raises(RefusalError):
        exporting.export(company.publisher, tmp_path / "pack.zip", company.by("clerk"), NOW)
    with pytest.raises(UnknownRecordError):
        exported(company, tmp_path / "pack.zip", "QR-017-02/2026-0001")
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    with pytest.raises(NotArchivedError):
        exported(company, tmp_path / "pack.zip", number)
    assert list(tmp_path.glob("*.zip")) == []


def test_no_secret_is_in_a_pack(sqlite_scene: Scene, tmp_path: Path) -> None:
    with sqlite_scene.opened() as company:
        made = exported(company, tmp_path / "pack.zip")
        with company.register.reading() as snapshot:
            credential = snapshot.credential("person/1")
    assert credential is not None
    key = (sqlite_scene.folder / "log.key").read_text("utf-8").strip()
    for path in unpacked(made.path, tmp_path / "out").rglob("*"):
        text = path.read_bytes() if path.is_file() else b""
        assert not any(secret.encode() in text for secret in (key, *credential)), path
