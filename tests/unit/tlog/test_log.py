import os
import shutil
from pathlib import Path

import pytest

from recordkeeper.findings import Finding, Severity
from recordkeeper.tlog import log as published_log
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    LogKey,
    MalformedNoteError,
    format_checkpoint,
    previous_line,
    sign_note,
)
from recordkeeper.tlog.key_chain import KeyChain
from recordkeeper.tlog.log import (
    BackwardsCheckpointError,
    read_checkpoint,
    verify_checkpoints,
    write_checkpoint,
)
from recordkeeper.tlog.merkle import leaf_hash
from recordkeeper.tlog.tile_path import format_bundle, parse_bundle
from recordkeeper.tlog.tiles import TileLog

KEY = LogKey.generate("example.org/log")
LEAVES = [f'{{"index":{number}}}'.encode() for number in range(600)]


def publish(path: Path, sizes: list[int], leaves: list[bytes] = LEAVES) -> list[str]:
    """A log of several checkpoints; their notes."""
    log, notes, start = TileLog(path), list[str](), 0
    for size in sizes:
        log.append(start, leaves[start:size])
        extensions = (previous_line(start, notes[-1]),) if notes else ()
        notes.append(sign_note(format_checkpoint(Checkpoint(KEY.name, size, log.root(size), extensions)), KEY))
        write_checkpoint(path, notes[-1])
        start = size
    return notes


def verify_log(path: Path, verifier: str | KeyChain | None, leaves: list[bytes] | None) -> list[Finding]:
    return published_log.verify_log(path, verifier, None if leaves is None else map(leaf_hash, leaves))


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    publish(path, [5, 300])
    return path


@pytest.mark.parametrize("sizes", [[1], [256], [1, 255, 256, 257, 512, 600]])
def test_a_log_as_we_publish_it_is_sound(tmp_path: Path, sizes: list[int]) -> None:
    notes = publish(tmp_path / "log", sizes)
    assert verify_log(tmp_path / "log", KEY.verifier, LEAVES[: sizes[-1]]) == []
    assert verify_log(tmp_path / "log", KEY.verifier, None) == []
    assert verify_checkpoints(tmp_path / "log", KEY.verifier, notes) == []


def test_every_flipped_byte_of_every_file_is_found_and_named(tmp_path: Path) -> None:
    path = tmp_path / "log"
    publish(path, [2, 5])
    files = sorted(file for file in path.rglob("*") if file.is_file())
    assert len(files) == 5
    for file in files:
        data = file.read_bytes()
        for position in range(len(data)):
            for mask in (0x01, 0x80):
                file.write_bytes(data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :])
                for leaves in (LEAVES[:5], None):
                    found = verify_log(path, KEY.verifier, leaves)
                    assert any(one.severity is Severity.ALTERED for one in found), (file, position)
                subjects = {one.subject for one in verify_log(path, KEY.verifier, LEAVES[:5])}
                assert f"log/{file.relative_to(path)}" in subjects
        file.write_bytes(data)
    assert verify_log(path, KEY.verifier, LEAVES[:5]) == []


def test_every_removed_file_that_the_checkpoint_needs_is_found_and_named(path: Path) -> None:
    needed = ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44"]
    assert sorted(str(file.relative_to(path)) for file in (path / "tile").rglob("*") if file.is_file()) == [
        "tile/0/000",
        "tile/0/000.p/5",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/000.p/5",
        "tile/entries/001.p/44",
    ]
    for name in needed:
        shutil.copytree(path, path.with_name("copy") / "log")
        for partial in (path.with_name("copy") / "log" / name).parent.glob("000.p"):
            shutil.rmtree(partial)
        (path.with_name("copy") / "log" / name).unlink()
        found = verify_log(path.with_name("copy") / "log", KEY.verifier, LEAVES[:300])
        assert f"log/{name}" in {one.subject for one in found if one.severity is Severity.ALTERED}, found
        shutil.rmtree(path.with_name("copy"))


def test_extra_files_links_and_special_files_are_found(path: Path) -> None:
    (path / "extra").write_bytes(b"")
    (path / "tile/0/002").write_bytes(b"")
    (path / "tile/7").mkdir()
    (path / "tile/7/000").write_bytes(b"")
    (path / "tile/0/x001").symlink_to("/")
    os.mkfifo(path / "tile/entries/fifo")
    subjects = {one.subject for one in verify_log(path, KEY.verifier, LEAVES[:300])}
    assert subjects == {"log/extra", "log/tile/0/002", "log/tile/7/000", "log/tile/0/x001", "log/tile/entries/fifo"}


def test_a_tile_that_is_a_pipe_cannot_be_read_and_does_not_block(path: Path) -> None:
    (path / "tile/entries/001.p/44").unlink()
    os.mkfifo(path / "tile/entries/001.p/44")
    found = verify_log(path, KEY.verifier, LEAVES[:300])
    assert ("log-unreadable", "log/tile/entries/001.p/44") in {(one.code, one.subject) for one in found}


def test_names_of_absurd_places_cost_nothing(path: Path) -> None:
    for name in ("tile/entries/x999/x999/x999/x999/999", "tile/0/x999/x999/x999/999", "tile/99/x999/999"):
        (path / name).parent.mkdir(parents=True)
        (path / name).write_bytes(b"")
    found = verify_log(path, KEY.verifier, LEAVES[:300])
    assert len([one for one in found if one.severity is Severity.ALTERED]) < 50
    assert {"log-entry", "log-tile"} <= codes(found)


def test_a_checkpoint_of_absurd_size_costs_nothing(path: Path) -> None:
    write_checkpoint(path, sign_note(format_checkpoint(Checkpoint(KEY.name, 10**17, bytes(32))), KEY))
    found = verify_log(path, KEY.verifier, LEAVES[:300])
    assert "log-entry" in codes(found)
    assert len(found) < 10


def test_events_not_yet_published_are_pending(path: Path) -> None:
    (finding,) = verify_log(path, KEY.verifier, LEAVES[:310])
    assert (finding.code, finding.severity) == ("log-pending", Severity.PENDING)
    TileLog(path).append(300, LEAVES[300:310])
    (finding,) = verify_log(path, KEY.verifier, LEAVES[:310])
    assert (finding.code, finding.severity) == ("log-uncheckpointed", Severity.PENDING)


def test_entries_that_the_register_does_not_have_are_found(path: Path) -> None:
    assert codes(verify_log(path, KEY.verifier, LEAVES[:299])) == {"log-ahead"}
    assert codes(verify_log(path, KEY.verifier, [])) == {"log-ahead"}
    changed = [*LEAVES[:7], b"other", *LEAVES[8:300]]
    (finding,) = verify_log(path, KEY.verifier, changed)
    assert (finding.code, finding.subject) == ("log-entry", "log/tile/entries/000")
    assert "7" in finding.message


def test_a_log_rebuilt_whole_does_not_fit_the_checkpoint(path: Path) -> None:
    note = read_checkpoint(path)
    assert note is not None
    shutil.rmtree(path)
    TileLog(path).append(0, [b"rebuilt", *LEAVES[1:300]])
    write_checkpoint(path, note)
    assert codes(verify_log(path, KEY.verifier, None)) == {"checkpoint-root"}


def test_a_checkpoint_of_another_key_is_found(path: Path) -> None:
    other = LogKey.generate(KEY.name)
    write_checkpoint(path, sign_note(format_checkpoint(Checkpoint(KEY.name, 300, TileLog(path).root(300))), other))
    assert codes(verify_log(path, KEY.verifier, LEAVES[:300])) == {"checkpoint-signature"}


def test_without_key_or_checkpoint_it_cannot_be_assessed(path: Path, tmp_path: Path) -> None:
    for verifier in (None, "no key"):
        (finding,) = verify_log(path, verifier, LEAVES[:300])
        assert (finding.code, finding.severity) == ("checkpoint-key", Severity.CANNOT_ASSESS)
    (path / "checkpoint").unlink()
    findings = verify_log(path, KEY.verifier, LEAVES[:300])
    assert ("checkpoint-missing", Severity.CANNOT_ASSESS) in {(one.code, one.severity) for one in findings}
    findings = verify_log(tmp_path / "none", KEY.verifier, LEAVES[:3])
    assert codes(findings) == {"checkpoint-missing", "log-pending"}


@pytest.mark.parametrize("data", [b"", b"\xff", b"x", b"a\n\n", b"\x00" * 100, b"a" * 2_000_000])
def test_a_damaged_checkpoint_is_a_finding(path: Path, data: bytes) -> None:
    (path / "checkpoint").write_bytes(data)
    assert "checkpoint-form" in codes(verify_log(path, KEY.verifier, LEAVES[:300]))


def test_a_linked_checkpoint_is_a_finding(path: Path) -> None:
    (path / "checkpoint").rename(path.with_name("elsewhere"))
    (path / "checkpoint").symlink_to(path.with_name("elsewhere"))
    assert "checkpoint-form" in codes(verify_log(path, KEY.verifier, LEAVES[:300]))


def test_checkpoints_never_go_backwards(path: Path) -> None:
    note = read_checkpoint(path)
    for size, root in ((299, TileLog(path).root(299)), (300, bytes(32))):
        with pytest.raises(BackwardsCheckpointError):
            write_checkpoint(path, sign_note(format_checkpoint(Checkpoint(KEY.name, size, root)), KEY))
    with pytest.raises(MalformedNoteError):
        write_checkpoint(path, "no note")
    assert note is not None
    write_checkpoint(path, note)
    assert read_checkpoint(path) == note


def test_a_lost_altered_or_swapped_checkpoint_shows(tmp_path: Path) -> None:
    path = tmp_path / "log"
    notes = publish(path, [5, 9, 300, 600])
    assert verify_checkpoints(path, KEY.verifier, notes) == []
    assert verify_checkpoints(path, None, notes) == []
    for kept in (notes[1:], [*notes[:1], *notes[2:]], notes[:-1], notes[::-1], []):
        assert "checkpoint-chain" in codes(verify_checkpoints(path, KEY.verifier, kept))
    altered = [notes[0].replace("5\n", "6\n", 1), *notes[1:]]
    assert codes(verify_checkpoints(path, KEY.verifier, altered)) == {"checkpoint-signature", "checkpoint-chain"}
    assert "checkpoint-form" in codes(verify_checkpoints(path, KEY.verifier, ["\ud800", *notes]))


def test_an_older_checkpoint_of_another_history_shows(tmp_path: Path) -> None:
    foreign = publish(tmp_path / "foreign", [5, 9], [b"other", *LEAVES[1:]])
    publish(tmp_path / "log", [5])
    found = verify_checkpoints(tmp_path / "log", KEY.verifier, foreign)
    assert codes(found) == {"checkpoint-root", "checkpoint-chain", "log-cut"}


def test_a_bundle_cut_short_is_named_alone_and_no_later_one(tmp_path: Path) -> None:
    """What follows a bundle that lost its end is still held against its own hashes and its own events."""
    path, leaves = tmp_path / "log", [f'{{"index":{number}}}'.encode() for number in range(1100)]
    publish(path, [len(leaves)], leaves)
    whole = path / "tile/entries/001"
    short = path / "tile/entries/001.p/100"
    short.parent.mkdir()
    short.write_bytes(format_bundle(parse_bundle(whole.read_bytes())[:100]))  # type: ignore[index]
    whole.unlink()
    for expected in (leaves, None):
        found = verify_log(path, KEY.verifier, expected)
        assert {(one.code, one.subject) for one in found} == {
            ("log-entry", "log/tile/entries/001"),
            ("log-tile", "log/tile/0/001"),
        }
    short.unlink()
    found = verify_log(path, KEY.verifier, leaves)
    assert {(one.code, one.subject) for one in found} == {("log-entry", "log/tile/entries/001")}
