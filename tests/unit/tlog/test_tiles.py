import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recordkeeper.tlog.checkpoint import Checkpoint, LogKey, format_checkpoint, sign_note
from recordkeeper.tlog.log import verify_log, write_checkpoint
from recordkeeper.tlog.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from recordkeeper.tlog.tiles import (
    DamagedTileError,
    MissingTileError,
    OversizedEntryError,
    PublishedOtherwiseError,
    TileLog,
    UnreachableLogError,
)


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the program catches it."""


def leaves_of(count: int) -> list[bytes]:
    return [f'{{"index":{number}}}'.encode() for number in range(count)]


def test_a_log_that_cannot_be_looked_at_is_not_taken_for_one_never_begun(tmp_path: Path) -> None:
    assert not TileLog(tmp_path / "log").is_begun
    assert TileLog(tmp_path / ("x" * 300)).is_begun  # the system refuses to look


def root_of(leaves: list[bytes]) -> bytes:
    return root_hash([leaf_hash(leaf) for leaf in leaves])


def snapshot(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.mark.parametrize("sizes", [[1], [255], [256], [257], [3, 255, 256, 258, 511, 512, 513, 1300], [250, 70000]])
def test_the_root_from_tiles_is_the_root_recomputed(tmp_path: Path, sizes: list[int]) -> None:
    log, leaves, start = TileLog(tmp_path), leaves_of(sizes[-1]), 0
    for size in sizes:
        log.append(start, leaves[start:size])
        start = size
        assert log.size() == size
    for size in {0, 1, *sizes}:
        assert log.root(size) == root_of(leaves[:size])
    assert list(log.entries(0, sizes[-1])) == leaves
    middle = sizes[-1] // 2
    assert list(log.entries(middle, sizes[-1])) == leaves[middle:]


def test_proofs_come_from_tiles(tmp_path: Path) -> None:
    log, leaves = TileLog(tmp_path), leaves_of(1000)
    log.append(0, leaves[:300])
    log.append(300, leaves[300:])
    for index in (0, 255, 256, 299, 300, 999):
        proof = inclusion_proof(index, 1000, log.nodes())
        assert verify_inclusion(index, 1000, leaf_hash(leaves[index]), proof, root_of(leaves))
    proof = consistency_proof(300, 1000, log.nodes())
    assert verify_consistency(300, 1000, root_of(leaves[:300]), root_of(leaves), proof)


def test_many_small_appends_keep_the_published_and_the_newest_state_only(tmp_path: Path) -> None:
    log, leaves = TileLog(tmp_path), leaves_of(600)
    for start in range(0, 600, 3):
        log.append(start, leaves[start : start + 3])
        assert log.root(start) == root_of(leaves[:start])
    assert sorted(snapshot(tmp_path)) == [
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/85",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/85",
        "tile/entries/002.p/88",
    ]


def test_appending_the_same_again_changes_nothing(tmp_path: Path) -> None:
    log, leaves = TileLog(tmp_path), leaves_of(520)
    log.append(0, leaves[:250])
    log.append(250, leaves[250:])
    before = snapshot(tmp_path)
    log.append(250, leaves[250:])
    log.append(250, leaves[250:400])
    log.append(520, [])
    assert {path: data for path, data in snapshot(tmp_path).items() if path in before} == before
    assert log.root(520) == root_of(leaves)


def test_other_entries_in_published_places_are_refused(tmp_path: Path) -> None:
    log, leaves = TileLog(tmp_path), leaves_of(300)
    log.append(0, leaves)
    before = snapshot(tmp_path)
    for start in (0, 255, 256, 299):
        with pytest.raises(PublishedOtherwiseError):
            log.append(start, [b"other", *leaves[start + 1 :], b"more"])
    assert snapshot(tmp_path) == before


def test_a_gap_is_refused(tmp_path: Path) -> None:
    log = TileLog(tmp_path)
    for start in (1, 256, 300):
        with pytest.raises(MissingTileError):
            log.append(start, [b"x"])
    assert snapshot(tmp_path) == {}


def test_an_entry_too_long_for_a_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OversizedEntryError):
        TileLog(tmp_path).append(0, [b"", b"x" * 65536])
    assert snapshot(tmp_path) == {}


def test_what_is_not_there_or_damaged_is_said(tmp_path: Path) -> None:
    log = TileLog(tmp_path)
    log.append(0, leaves_of(10))
    with pytest.raises(MissingTileError):
        log.root(11)
    with pytest.raises(MissingTileError):
        list(log.entries(0, 11))
    (tmp_path / "tile/entries/000.p/10").write_bytes(b"\x00")
    (tmp_path / "tile/0/000.p/10").write_bytes(b"\x00")
    with pytest.raises(DamagedTileError):
        list(log.entries(0, 10))
    with pytest.raises(DamagedTileError):
        log.root(10)
    (tmp_path / "tile/0/000.p/10").unlink()
    os.mkfifo(tmp_path / "tile/0/000.p/10")
    with pytest.raises(UnreachableLogError):
        log.root(10)


def test_a_kill_at_any_step_then_again_ends_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves, key = leaves_of(530), LogKey.generate("log")
    whole = TileLog(tmp_path / "whole")
    whole.append(0, leaves[:250])
    whole.append(250, leaves[250:])
    expected = snapshot(whole.path)
    step, finished = 0, False
    while not finished:
        step += 1
        log = TileLog(tmp_path / str(step))
        log.append(0, leaves[:250])
        write_checkpoint(log.path, sign_note(format_checkpoint(Checkpoint("log", 250, log.root(250))), key))
        with monkeypatch.context() as patch:
            _kill_at(patch, step)
            try:
                log.append(250, leaves[250:])
                finished = True
            except Killed:
                pass
        assert log.root(250) == root_of(leaves[:250]), "what was published before still stands"
        found = verify_log(log.path, key.verifier, map(leaf_hash, leaves))
        assert {one.code for one in found} <= {"log-uncheckpointed", "log-pending"}, found
        log.append(250, leaves[250:])
        left = snapshot(log.path)
        left.pop(".incoming", None)
        left.pop("checkpoint")
        assert left == expected
    assert step > 20


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

    for name in ("fsync", "mkdir", "rename", "replace", "open", "unlink"):
        monkeypatch.setattr(os, name, wrapped(getattr(os, name)))


def test_a_full_disk_is_said_and_the_same_entries_appended_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    log = TileLog(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UnreachableLogError):
            log.append(0, leaves_of(3))
    log.append(0, leaves_of(3))
    assert log.root(3) == root_of(leaves_of(3))
