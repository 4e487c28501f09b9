"""The stand-alone verifier on logs of several tiles: roots at every size, upper tiles, entries after the checkpoint."""

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from recordkeeper import verifier
from recordkeeper.model.canonical import canonical
from recordkeeper.model.event import Event
from recordkeeper.tlog.checkpoint import Checkpoint, LogKey, format_checkpoint, note_digest, sign_note
from recordkeeper.tlog.tile_path import format_bundle
from recordkeeper.tlog.tiles import TileLog

SIZE, LATER = 700, 20
KEY = LogKey.generate("recordkeeper/test")
AT = "2026-11-23T06:05:04Z"


def leaf(index: int, **changed: str) -> bytes:
    event = Event(index, 1, "add", f"party/{index}", 1, "person/1", AT, AT, None, "0" * 64, None, "")
    return canonical(asdict(event) | changed)


def signed(log: TileLog, size: int) -> str:
    return sign_note(format_checkpoint(Checkpoint(KEY.name, size, log.root(size))), KEY)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive without objects, whose log was appended to twice after its checkpoint's size was reached."""
    archive = tmp_path_factory.mktemp("log") / "archive"
    log = TileLog(archive / "log")
    log.append(0, [leaf(index) for index in range(SIZE - 40)])
    log.append(SIZE - 40, [leaf(index) for index in range(SIZE - 40, SIZE)])
    (archive / "log" / "checkpoint").write_text(signed(log, SIZE), encoding="utf-8")
    return archive


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "archive"))


def told(archive: Path, *anchors: str) -> verifier.Report:
    return verifier.verify(verifier.Medium(archive), (KEY.verifier,), anchors)


def log_findings(report: verifier.Report) -> set[tuple[str, str, str]]:
    return {(each.code, each.severity, each.subject) for each in report.kept if each.aspect in {"log", "tail"}}


def test_the_beginning_of_a_log_is_recomputed_at_every_size(archive: Path) -> None:
    log = TileLog(archive / "log")
    anchors = [signed(log, size) for size in (1, 2, 255, 256, 257, 511, 512, 513, 659, 660, 661, SIZE)]
    report = told(archive, *anchors)
    assert log_findings(report) == set()
    assert (report.answer("log"), report.answer("tail"), report.anchored_size) == ("ok", "ok", SIZE)
    assert report.counts["events"] == SIZE
    assert len(report.not_covered["party"]) == SIZE


def test_an_anchor_of_another_history_of_any_size_is_named(archive: Path, tmp_path: Path) -> None:
    other = TileLog(tmp_path / "other")
    other.append(0, [leaf(index, actor="person/2") if index == 3 else leaf(index) for index in range(SIZE + 1)])
    assert log_findings(told(archive, signed(other, 3))) == set()
    for size in (4, 256, 300, 512, SIZE):
        assert log_findings(told(archive, signed(other, size))) == {("tail-altered", "altered", "event")}
    assert log_findings(told(archive, signed(other, SIZE + 1))) == {("tail-cut", "altered", "event")}


def test_an_anchor_of_nothing_shows_nothing(archive: Path) -> None:
    report = told(archive, signed(TileLog(archive / "log"), 0))
    assert report.answer("tail") == "cannot assess"


@pytest.mark.parametrize("path", ["tile/1/000.p/2", "tile/0/002.p/148", "tile/0/001", "tile/0/002.p/188"])
def test_every_hash_of_a_tile_flipped_is_named_with_its_file(archive: Path, path: str) -> None:
    file = archive / "log" / path
    whole = file.read_bytes()
    for index in range(0, len(whole), 32):
        file.write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert log_findings(told(archive)) == {("log-tile", "altered", f"log/{path}")}


@pytest.mark.parametrize("path", ["tile/1/000.p/2", "tile/0/001", "tile/0/002.p/188"])
def test_a_missing_tile_is_named(archive: Path, path: str) -> None:
    (archive / "log" / path).unlink()
    assert ("log-tile", "altered") in {(code, severity) for code, severity, _subject in log_findings(told(archive))}


def test_missing_entries_are_named_and_make_the_root_unknown(archive: Path) -> None:
    (archive / "log" / "tile" / "entries" / "001").unlink()
    found = log_findings(told(archive, signed(TileLog(archive / "log"), 100)))
    assert ("log-entry", "altered", "log/tile/entries/001") in found
    assert ("checkpoint-root", "cannot assess", "log/checkpoint") in found


def test_a_changed_entry_is_named_with_its_bundle_and_index(archive: Path) -> None:
    path = archive / "log" / "tile" / "entries" / "001"
    path.write_bytes(path.read_bytes().replace(b'"party/300"', b'"party/003"'))
    report = told(archive)
    assert ("log-entry", "altered", "log/tile/entries/001") in log_findings(report)
    message = next(each.message("en") for each in report.kept if each.code == "log-entry")
    assert message == "not the entries of the stored hashes: 300"


def test_entries_after_the_checkpoint_are_pending_and_prove_nothing(archive: Path) -> None:
    TileLog(archive / "log").append(SIZE, [leaf(index) for index in range(SIZE, SIZE + LATER)])
    report = told(archive)
    assert log_findings(report) == {("log-uncheckpointed", "pending", "log/checkpoint")}
    assert report.counts["events"] == SIZE


def test_a_checkpoint_that_names_another_one_than_the_kept_one_is_named(archive: Path) -> None:
    log = TileLog(archive / "log")
    kept = signed(log, 600)
    for digest, codes in (
        (note_digest(kept), set()),
        ("0" * 64, {"checkpoint-chain"}),
    ):
        text = format_checkpoint(Checkpoint(KEY.name, SIZE, log.root(SIZE), (f"previous 600 {digest}",)))
        (archive / "log" / "checkpoint").write_text(sign_note(text, KEY), encoding="utf-8")
        assert {code for code, _severity, _subject in log_findings(told(archive, kept))} == codes


ODD_ENTRIES = [b"", b"{}", b"\xff", b"[" * 60_000, leaf(7), leaf(699, kind='a"b'), leaf(699).replace(b":1}", b":2}")]


@pytest.mark.parametrize("entry", ODD_ENTRIES, ids=range(len(ODD_ENTRIES)))
def test_an_entry_that_is_no_event_is_named(tmp_path: Path, entry: bytes) -> None:
    log = TileLog(tmp_path / "log")
    log.append(0, [*(leaf(index) for index in range(699)), entry])
    (tmp_path / "log" / "checkpoint").write_text(signed(log, 700), encoding="utf-8")
    assert log_findings(told(tmp_path)) == {("event-form", "altered", "event 699")}


def test_absurd_names_of_tiles_are_findings_not_work(archive: Path) -> None:
    for path in ("tile/entries/x999/x999/x999/x999/x999/999.p/255", "tile/63/000", "tile/0/x100/000.p/7", "tile/a/b"):
        file = archive / "log" / path
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
    codes = {code for code, _severity, _subject in log_findings(told(archive))}
    assert codes == {"log-entry", "log-tile", "log-extra", "log-uncheckpointed"}


def test_a_log_behind_a_link_is_not_read(archive: Path, tmp_path: Path) -> None:
    shutil.move(archive / "log", tmp_path / "outside")
    (archive / "log").symlink_to(tmp_path / "outside", target_is_directory=True)
    report = told(archive)
    assert report.counts["events"] == 0
    assert ("log-extra", "altered", "log") in log_findings(report)


def test_a_bundle_cut_short_is_named_alone_and_no_later_one(tmp_path: Path) -> None:
    log, size = TileLog(tmp_path / "log"), 1100
    log.append(0, [leaf(index) for index in range(size)])
    (tmp_path / "log" / "checkpoint").write_text(signed(log, size), encoding="utf-8")
    entries = tmp_path / "log" / "tile" / "entries"
    (entries / "001.p").mkdir()
    bundle = verifier.parse_bundle((entries / "001").read_bytes())
    assert bundle is not None
    (entries / "001.p" / "100").write_bytes(format_bundle(bundle[:100]))
    (entries / "001").unlink()
    assert log_findings(told(tmp_path)) == {
        ("log-entry", "altered", "log/tile/entries/001"),
        ("log-tile", "altered", "log/tile/0/001"),
        ("checkpoint-root", "cannot assess", "log/checkpoint"),
    }
