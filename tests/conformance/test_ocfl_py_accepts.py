"""ocfl-py, written by the standard's editors, judges what we write and agrees where something is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recordkeeper.ocfl.inventory import prepare_version
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import validate_root

OBJECT_ID = "sheet/QR-017-01/SH-2026-11"


def _ocfl_py(root: Path) -> subprocess.CompletedProcess[str]:
    script = Path(sys.executable).parent / "ocfl-root.py"
    return subprocess.run(
        [sys.executable, script, "validate", "--root", root, "--validate-objects", "--check-digests"],
        capture_output=True,
        text=True,
        check=False,
    )


def _is_accepted(root: Path) -> bool:
    done = _ocfl_py(root)
    return done.returncode == 0 and "INVALID" not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("archive")
    root = StorageRoot(archive / "objects", archive / "incoming")
    root.create()
    for object_id in (OBJECT_ID, "person/7", "record/" + "很长的名字" * 20):
        for files in (
            {"record.json": b"1", "attachments/ab-照片.jpg": b"jpeg", "控制\n符": b"2", "empty": b""},
            {"record.json": b"1"},
            {"record.json": b"3", "again/照片.jpg": b"jpeg"},
        ):
            root.add_version(
                prepare_version(
                    object_id,
                    root.read_inventory(object_id),
                    files,
                    created="2026-11-23T06:05:04Z",
                    message="归档",
                    user_name="program",
                    user_address="urn:recordkeeper:program",
                )
            )
    return root.path


def test_ocfl_py_accepts_what_we_write(written: Path) -> None:
    done = _ocfl_py(written)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "INVALID" not in done.stdout + done.stderr
    assert validate_root(StorageRoot(written, written.parent / "incoming")) == []


@pytest.mark.parametrize(
    "broken",
    [
        "0=ocfl_object_1.1",
        "inventory.json",
        "inventory.json.sha512",
        "v1/content/record.json",
        "v1/inventory.json",
        "v3/content/record.json",
    ],
)
def test_what_ocfl_py_refuses_is_a_finding_of_ours_too(written: Path, tmp_path: Path, broken: str) -> None:
    copy = tmp_path / "objects"
    shutil.copytree(written, copy)
    root = StorageRoot(copy, tmp_path / "incoming")
    file = root.object_path(OBJECT_ID) / broken
    file.write_bytes(b"x" + file.read_bytes()[1:])
    assert not _is_accepted(copy)
    assert validate_root(root)
