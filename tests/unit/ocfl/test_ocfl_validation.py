import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ocfl_samples import FIRST_FILES, OBJECT_ID, filled_root, new_root, prepared
from recordkeeper.findings import Finding, Severity
from recordkeeper.ocfl.inventory import format_inventory, format_sidecar
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import validate_object, validate_root


@pytest.fixture
def root(tmp_path: Path) -> StorageRoot:
    return new_root(tmp_path / "archive")


@pytest.fixture
def filled(tmp_path: Path) -> StorageRoot:
    return filled_root(tmp_path / "archive")


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def test_every_flipped_byte_is_found_and_its_object_named(root: StorageRoot) -> None:
    root.add_version(prepared(root, {"a": b"1"}))
    root.add_version(prepared(root, {"a": b"2"}))
    place = root.object_path(OBJECT_ID)
    expected = f"objects/{place.relative_to(root.path)}"
    for file in sorted(path for path in place.rglob("*") if path.is_file()):
        data = file.read_bytes()
        for position in range(len(data)):
            masks = (0x01, 0x20, 0x80) if len(data) < 200 else (0x20,)
            for mask in masks:
                file.write_bytes(data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :])
                found = validate_object(root, OBJECT_ID)
                assert any(finding.subject.startswith(expected) for finding in found), (file, position, mask)
        file.write_bytes(data)
    assert validate_root(root) == []


def test_every_flipped_byte_of_the_root_files_is_found(root: StorageRoot) -> None:
    for file in sorted(path for path in root.path.rglob("*") if path.is_file()):
        data = file.read_bytes()
        for position in range(len(data)):
            file.write_bytes(data[:position] + bytes([data[position] ^ 0x20]) + data[position + 1 :])
            (finding,) = validate_root(root)
            assert finding.subject == f"objects/{file.relative_to(root.path)}"
        file.write_bytes(data)


def test_every_removed_file_is_found_and_named(filled: StorageRoot) -> None:
    for file in sorted(path for path in filled.path.rglob("*") if path.is_file()):
        data = file.read_bytes()
        file.unlink()
        subjects = [finding.subject for finding in validate_root(filled)]
        assert f"objects/{file.relative_to(filled.path)}" in subjects
        file.write_bytes(data)
    assert validate_root(filled) == []


def test_an_extra_file_anywhere_is_found_and_named(filled: StorageRoot) -> None:
    folders = [filled.path, *(path for path in filled.path.rglob("*") if path.is_dir())]
    assert len(folders) > 10
    for folder in folders:
        for name in ("extra", ".hidden", "0=ocfl_object_1.0"):
            (folder / name).write_bytes(b"")
            findings = validate_root(filled)
            assert f"objects/{(folder / name).relative_to(filled.path)}" in [one.subject for one in findings]
            assert all(finding.severity is Severity.ALTERED for finding in findings)
            (folder / name).unlink()


def test_an_extra_folder_anywhere_is_found_and_named(filled: StorageRoot) -> None:
    for folder in [filled.path, *(path for path in filled.path.rglob("*") if path.is_dir())]:
        extra = folder / "logs"
        extra.mkdir()
        subjects = [finding.subject for finding in validate_root(filled)]
        assert any(one.startswith(f"objects/{extra.relative_to(filled.path)}") for one in subjects), extra
        extra.rmdir()


def test_links_and_special_files_are_findings_and_never_followed(filled: StorageRoot, tmp_path: Path) -> None:
    content = filled.object_path(OBJECT_ID) / "v1/content/record.json"
    content.rename(tmp_path / "outside")
    content.symlink_to(tmp_path / "outside")
    (filled.path / "link").symlink_to(tmp_path)
    (filled.path / "extensions" / "loop").symlink_to(filled.path)
    assert [one.code for one in validate_root(filled)].count("E090") == 3
    content.unlink()
    os.mkfifo(content)
    assert "E001c" in codes(validate_root(filled))


def test_a_hard_link_is_a_warning(filled: StorageRoot, tmp_path: Path) -> None:
    os.link(filled.object_path(OBJECT_ID) / "v1/content/record.json", tmp_path / "other-name")
    (finding,) = validate_root(filled)
    assert (finding.code, finding.severity) == ("E090", Severity.WARNING)


def _rewrite(place: Path, folder: str, change: Callable[[dict[str, object]], None]) -> None:
    """Change an inventory and its sidecar together, as somebody with care would."""
    file = place / folder / "inventory.json"
    value = json.loads(file.read_bytes())
    change(value)
    file.write_bytes(format_inventory(value))
    (place / folder / "inventory.json.sha512").write_bytes(format_sidecar(file.read_bytes()))


def _set_message(value: dict[str, object]) -> None:
    value["versions"]["v1"]["message"] = "other"  # type: ignore[index]


def _set_state(value: dict[str, object]) -> None:
    versions: dict[str, dict[str, object]] = value["versions"]  # type: ignore[assignment]
    versions["v1"]["state"], versions["v2"]["state"] = versions["v2"]["state"], versions["v1"]["state"]


def _set_id(value: dict[str, object]) -> None:
    value["id"] = "record/other"


def _set_path_out(value: dict[str, object]) -> None:
    value["manifest"] = {digest: ["../../../../../etc/passwd"] for digest in value["manifest"]}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("folder", "change", "code"),
    [
        ("", _set_message, "E064"),
        ("", _set_message, "W011"),
        ("v1", _set_message, "W011"),
        ("", _set_state, "E066b"),
        ("", _set_id, "E083"),
        ("v1", _set_id, "E110"),
        ("", _set_path_out, "E099"),
    ],
)
def test_an_inventory_changed_with_its_sidecar_contradicts_the_others(
    filled: StorageRoot, folder: str, change: Callable[[dict[str, object]], None], code: str
) -> None:
    _rewrite(filled.object_path(OBJECT_ID), folder, change)
    assert code in codes(validate_root(filled))


def test_a_removed_last_version_is_found(filled: StorageRoot) -> None:
    shutil.rmtree(filled.object_path(OBJECT_ID) / "v2")
    assert {"E046a", "E092b"} <= codes(validate_root(filled))


def test_an_object_in_another_objects_place_is_found(filled: StorageRoot) -> None:
    place = filled.object_path(OBJECT_ID)
    place.rename(place.with_name("other"))
    assert codes(validate_root(filled)) == {"E083"}
    assert codes(validate_object(filled, OBJECT_ID)) == {"E003e"}
    assert list(filled.object_ids()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"[]",
        b"null",
        b"[" * 200_000,
        b'{"id":' + b"9" * 10_000 + b"}",
        b'{"a":1,"a":2}',
        b"\xff\xfe",
    ],
)
def test_a_hostile_inventory_gives_findings_and_no_traceback(filled: StorageRoot, data: bytes) -> None:
    for folder in ("", "v1", "v2"):
        (filled.object_path(OBJECT_ID) / folder / "inventory.json").write_bytes(data)
    assert "E060" in codes(validate_root(filled))
    assert list(filled.object_ids()) == []


def test_names_that_are_no_text_can_be_printed(filled: StorageRoot) -> None:
    name = os.fsencode(filled.object_path(OBJECT_ID)) + b"/v1/content/\xff\xfe"
    Path(os.fsdecode(name)).write_bytes(b"")
    (finding,) = validate_root(filled)
    assert finding.subject.encode().endswith(b"\\xff\\xfe")


def test_a_missing_root_cannot_be_assessed(tmp_path: Path) -> None:
    (finding,) = validate_root(StorageRoot(tmp_path / "objects", tmp_path / "incoming"))
    assert finding.severity is Severity.CANNOT_ASSESS


def test_folders_too_deep_to_look_into_are_said(filled: StorageRoot) -> None:
    (filled.object_path(OBJECT_ID) / "v1/content" / "/".join("d" * 150)).mkdir(parents=True)
    assert "unreadable" in codes(validate_root(filled))


def test_objects_are_named_apart(filled: StorageRoot) -> None:
    filled.add_version(prepared(filled, FIRST_FILES, "person/7"))
    (filled.object_path("person/7") / "v1/content/record.json").write_bytes(b"x")
    place = filled.object_path("person/7").relative_to(filled.path)
    assert [one.subject for one in validate_root(filled)] == [f"objects/{place}/v1/content/record.json"]
    assert validate_object(filled, OBJECT_ID) == []
