import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocfl_samples import FIRST_FILES, OBJECT_ID, SECOND_FILES, filled_root, new_root, prepared
from recordkeeper.ocfl.inventory import prepare_version
from recordkeeper.ocfl.storage_root import (
    DamagedFileError,
    NoSuchFileInArchiveError,
    StorageRoot,
    UnreachableArchiveError,
    UnusableRootError,
    VersionConflictError,
)
from recordkeeper.ocfl.validation import validate_root


@pytest.fixture
def root(tmp_path: Path) -> StorageRoot:
    return new_root(tmp_path / "archive")


@pytest.fixture
def filled(tmp_path: Path) -> StorageRoot:
    return filled_root(tmp_path / "archive")


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the program catches it."""


def snapshot(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_the_layout_follows_the_examples_of_the_extension(tmp_path: Path) -> None:
    root = StorageRoot(tmp_path, tmp_path)
    assert root.object_path("object-01") == tmp_path / "3c0/ff4/240/object-01"
    assert root.object_path("..hor/rib:le-$id") == tmp_path / "487/326/d8c/%2e%2ehor%2frib%3ale-%24id"
    long_id = "abcdefghij" * 26
    assert root.object_path(long_id).name.startswith(
        "abcdefghij" * 10 + "-55b432806f4e270da0cf23815ed338742179002153cd8d896f23b3e2d8a14359"
    )


def test_create_twice_changes_nothing_and_is_valid(root: StorageRoot) -> None:
    before = snapshot(root.path)
    root.create()
    assert snapshot(root.path) == before
    assert validate_root(root) == []


def test_create_finishes_a_root_and_refuses_a_foreign_one(root: StorageRoot) -> None:
    (root.path / "0=ocfl_1.1").unlink()
    root.create()
    assert validate_root(root) == []
    (root.path / "0=ocfl_1.1").write_bytes(b"ocfl_1.0\n")
    with pytest.raises(UnusableRootError):
        root.create()


def test_what_is_stored_is_read_again_by_version(filled: StorageRoot) -> None:
    assert list(filled.object_ids()) == [OBJECT_ID]
    for path, data in SECOND_FILES.items():
        assert filled.read_file(OBJECT_ID, path) == data
    assert filled.read_file(OBJECT_ID, "record.json", 1) == FIRST_FILES["record.json"]
    assert validate_root(filled) == []


def test_what_is_not_there_is_missing(filled: StorageRoot) -> None:
    assert filled.read_inventory("record/none") is None
    with pytest.raises(NoSuchFileInArchiveError):
        filled.read_file("record/none", "record.json")
    with pytest.raises(NoSuchFileInArchiveError):
        filled.read_file(OBJECT_ID, "none")
    with pytest.raises(NoSuchFileInArchiveError):
        filled.read_file(OBJECT_ID, "record.json", 3)


def test_altered_content_is_not_handed_out(filled: StorageRoot) -> None:
    (filled.object_path(OBJECT_ID) / "v2/content/record.json").write_bytes(b"{}")
    with pytest.raises(DamagedFileError):
        filled.read_file(OBJECT_ID, "record.json")


def test_a_linked_object_is_neither_read_nor_written(filled: StorageRoot, tmp_path: Path) -> None:
    version = prepared(filled, FIRST_FILES)
    place = filled.object_path(OBJECT_ID)
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnreachableArchiveError):
        filled.read_inventory(OBJECT_ID)
    with pytest.raises(UnreachableArchiveError):
        filled.add_version(version)
    assert not (tmp_path / "elsewhere" / "v3").exists()


def test_a_named_pipe_in_place_of_a_file_does_not_block(filled: StorageRoot) -> None:
    file = filled.object_path(OBJECT_ID) / "inventory.json"
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(UnreachableArchiveError):
        filled.read_inventory(OBJECT_ID)
    assert list(filled.object_ids()) == []


def test_storing_the_same_versions_again_changes_nothing(root: StorageRoot) -> None:
    first = prepared(root, FIRST_FILES)
    root.add_version(first)
    second = prepared(root, SECOND_FILES)
    root.add_version(second)
    before = snapshot(root.path)
    root.add_version(first)
    root.add_version(second)
    assert snapshot(root.path) == before


def test_another_version_of_the_same_number_is_refused(filled: StorageRoot) -> None:
    first = prepare_version(
        OBJECT_ID,
        None,
        {"a": b""},
        created="2026-11-23T06:05:04Z",
        message="",
        user_name="x",
        user_address="urn:x",
    )
    before = snapshot(filled.path)
    with pytest.raises(VersionConflictError):
        filled.add_version(first)
    second = prepare_version(
        OBJECT_ID,
        first.inventory,
        {"a": b"1"},
        created="2026-11-23T06:05:04Z",
        message="",
        user_name="x",
        user_address="urn:x",
    )
    with pytest.raises(VersionConflictError):
        filled.add_version(second)
    third = prepare_version(
        OBJECT_ID,
        second.inventory,
        {"a": b"2"},
        created="2026-11-23T06:05:04Z",
        message="",
        user_name="x",
        user_address="urn:x",
    )
    with pytest.raises(VersionConflictError):
        filled.add_version(third)
    assert snapshot(filled.path) == before


def test_a_version_whose_forerunner_is_missing_is_refused(filled: StorageRoot, tmp_path: Path) -> None:
    third = prepared(filled, FIRST_FILES)
    other = StorageRoot(tmp_path / "other" / "objects", tmp_path / "other" / "incoming")
    other.create()
    with pytest.raises(VersionConflictError):
        other.add_version(third)


def _kill_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Raise at the n-th system call on the disk, and at every later one."""
    calls = 0

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= step:
                raise Killed
            return original(*arguments, **named)

        return call

    for name in ("fsync", "mkdir", "rename", "replace", "open"):
        monkeypatch.setattr(os, name, wrapped(getattr(os, name)))


@pytest.mark.parametrize("number", [1, 2])
def test_a_kill_at_any_step_then_again_ends_as_if_nothing_had_happened(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [FIRST_FILES, SECOND_FILES]
    whole = StorageRoot(tmp_path / "whole" / "objects", tmp_path / "whole" / "incoming")
    whole.create()
    versions = []
    for files in states[:number]:
        versions.append(prepared(whole, files))
        whole.add_version(versions[-1])
    expected = snapshot(whole.path)
    step = 0
    finished = False
    while not finished:
        step += 1
        root = StorageRoot(tmp_path / str(step) / "objects", tmp_path / str(step) / "incoming")
        root.create()
        for version in versions[:-1]:
            root.add_version(version)
        with monkeypatch.context() as patch:
            _kill_at(patch, step)
            try:
                root.add_version(versions[-1])
                finished = True
            except Killed:
                pass
        if number == 1:
            assert validate_root(root) == [], "a new object appears whole or not at all"
        root.add_version(versions[-1])
        assert snapshot(root.path) == expected
        assert validate_root(root) == []
    assert step > 20


def test_a_full_disk_is_said_and_the_same_version_stored_later(
    root: StorageRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    version = prepared(root, FIRST_FILES)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UnreachableArchiveError) as caught:
            root.add_version(version)
    assert "No space left" in str(caught.value)
    root.add_version(version)
    assert validate_root(root) == []
