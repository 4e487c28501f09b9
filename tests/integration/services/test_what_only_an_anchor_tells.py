"""What is sound in itself and shows against a checkpoint from outside alone; both verifiers say the same of it.

The tail cut by one to n events, all put back to an earlier day, all made anew: by whoever has the database, the archive
and the log's own key. Without an anchor the tail cannot be assessed, and both say so; with one it is named.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from company import ENTRY, FEEDBACK, NOW, PASSPHRASE, Company, Scene, copy_files
from recordkeeper import verifier
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.engine import open_register
from recordkeeper.services import initiation, people
from recordkeeper.services.publication import Publisher, publish
from recordkeeper.services.verification import verify
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    LogKey,
    format_checkpoint,
    short_checkpoint,
    sign_note,
    unverified_checkpoint,
)
from recordkeeper.tlog.log import read_checkpoint
from stage import Stages, migrated
from torture import IS_LONG

ROUNDS = 10 if IS_LONG else 1
OK, ALTERED, CANNOT_ASSESS = "ok", "altered", "cannot assess"


def note_of(archive: Path) -> str:
    note = read_checkpoint(archive / "log")
    assert note is not None
    return note


def short_of(note: str) -> str:
    return short_checkpoint(unverified_checkpoint(note))


def told(url: str, archive: Path, *anchors: str, key: str | None = None) -> tuple[str, str, set[str]]:
    """Verdict, answer on the tail and codes of the tail's findings: the same from both."""
    report = verify(url, archive, key, anchors)
    with closing(verifier.Medium(archive)) as medium:
        alone = verifier.verify(medium, [key] if key else (), anchors)
    said = (
        str(report.verdict),
        str(report.aspects["tail"].answer),
        {finding.code for finding in report.findings if finding.aspect == "tail"},
    )
    assert said == (
        alone.verdict,
        alone.answer("tail"),
        {finding.code for finding in alone.kept if finding.aspect == "tail"},
    )
    return said


ACTS: list[Callable[[Company], object]] = [
    lambda company: company.new("clerk", "QR-017-02", dict(FEEDBACK)),
    lambda company: company.sign("clerk", "QR-017-02/2026-0001"),
    lambda company: company.sign("quality", "QR-017-02/2026-0001"),
    lambda company: company.new("clerk", "QR-017-01", dict(ENTRY)),
    lambda company: company.closed_feedback(),
    lambda company: people.record_refusal(company.register, company.by("clerk"), "record/QR-017-02/2026-0001", NOW),
]
LATER: list[Callable[[Company], object]] = [
    lambda company: company.new("clerk", "QR-017-01", dict(ENTRY)),
    lambda company: company.new("quality", "QR-017-02", dict(FEEDBACK)),
    lambda company: company.closed_feedback(),
]


@pytest.mark.torture
def test_a_tail_cut_by_whoever_has_all_of_it_shows_against_an_anchor_alone(
    begun_scene: Scene, stages: Stages, without_libreoffice: None
) -> None:
    """Kept after every act, register and archive together: each is what all that came later was cut from."""
    scene = begun_scene
    with ExitStack() as copies:
        kept: list[Scene] = []
        for number, act in enumerate([*ACTS, *LATER * ROUNDS]):
            with scene.opened() as company:
                act(company)
                company.publish()
            folder = scene.folder / f"after{number}"
            folder.mkdir()
            copy_files(scene.folder, folder)
            url = copies.enter_context(stages.register_copied(scene.url, folder / "records.db"))
            kept.append(Scene(url, folder, scene.like))
        note = note_of(kept[-1].archive)
        assert told(scene.url, scene.archive, note) == (OK, OK, set())
        cuts = [unverified_checkpoint(note).size - unverified_checkpoint(note_of(each.archive)).size for each in kept]
        assert cuts[-1] == 0
        assert len(set(cuts)) == len(kept)
        for each in kept[:-1]:
            assert told(each.url, each.archive) == (OK, CANNOT_ASSESS, set())
            for anchor in (note, short_of(note)):
                assert told(each.url, each.archive, anchor) == (ALTERED, ALTERED, {"tail-cut"})
        for each in kept[-2:-5:-1]:
            grow_past(each, unverified_checkpoint(note).size)
            assert told(each.url, each.archive) == (OK, CANNOT_ASSESS, set())
            for anchor in (note, short_of(note)):
                assert told(each.url, each.archive, anchor) == (ALTERED, ALTERED, {"tail-altered"})


def grow_past(scene: Scene, size: int) -> None:
    """Go on with other acts until the log is longer than it was, and publish that."""
    with scene.opened() as company:
        while company.publish().log_size <= size:
            company.new("clerk", "QR-017-02", {**FEEDBACK, "customer": "别人"})


def begin_anew(url: str, folder: Path, like: LogKey | None) -> LogKey:
    """A company that has only begun; with ``like`` its log has that name, and another key."""
    root = StorageRoot(folder / "archive" / "objects", folder / "archive" / "incoming")
    beginning = initiation.prepare(
        company="小", time_zone="Asia/Shanghai", login="controller", name="甲", passphrase=PASSPHRASE, now=NOW
    )
    if like is not None:
        forged = LogKey.generate(like.name)
        beginning = replace(beginning, log_key=forged, unit={**beginning.unit, "log_key": forged.verifier})
    with open_register(url) as register:
        initiation.initiate(beginning, register, root, folder / "log.key", NOW)
        publish(Publisher(register, folder / "archive", root, folder / "log.key"), NOW)
    return LogKey.load(folder / "log.key")


@pytest.mark.parametrize("has_its_name", [True, False])
def test_all_made_anew_with_another_key_shows_against_an_anchor_or_the_key_kept_outside(
    database: str,
    stages: Stages,
    tmp_path: Path,
    has_its_name: bool,  # noqa: FBT001 - one of the two cases
) -> None:
    with ExitStack() as copies:
        folders = [tmp_path / name for name in ("true", "false")]
        true, false = (copies.enter_context(stages.copied(migrated(stages, database), folder)) for folder in folders)
        own = begin_anew(true, folders[0], None)
        begin_anew(false, folders[1], own if has_its_name else None)
        note, archive = note_of(folders[0] / "archive"), folders[1] / "archive"
        assert told(true, folders[0] / "archive", note, short_of(note), key=own.verifier) == (OK, OK, set())
        assert told(false, archive) == (OK, CANNOT_ASSESS, set())
        assert told(false, archive, note) == (ALTERED, ALTERED, {"tail-altered"})
        assert told(false, archive, short_of(note)) == (ALTERED, ALTERED, {"tail-altered"})
        assert told(false, archive, key=own.verifier)[0] == ALTERED


def test_an_anchor_that_was_given_and_says_nothing_leaves_no_verdict_of_ok(scene: Scene) -> None:
    note = note_of(scene.archive)
    size = unverified_checkpoint(note).size
    damaged = note.replace(f"\n{size}\n", f"\n{size - 1}\n")
    for anchor in (damaged, "nonsense", note.partition("\n\n")[0]):
        assert told(scene.url, scene.archive, anchor) == (CANNOT_ASSESS, CANNOT_ASSESS, {"anchor-unusable"})
    assert told(scene.url, scene.archive) == (OK, CANNOT_ASSESS, set())
    assert told(scene.url, scene.archive, note, "nonsense")[0] == CANNOT_ASSESS


def test_a_checkpoint_of_another_log_is_told_from_a_damaged_one(scene: Scene) -> None:
    stranger = LogKey.generate("recordkeeper/other")
    text = format_checkpoint(Checkpoint(stranger.name, 7, bytes(32)))
    assert told(scene.url, scene.archive, sign_note(text, stranger)) == (ALTERED, ALTERED, {"tail-altered"})
    own = note_of(scene.archive).rpartition("\n\n")[0] + "\n"
    same = told(scene.url, scene.archive, sign_note(own, stranger))
    assert same == (CANNOT_ASSESS, CANNOT_ASSESS, {"anchor-unusable"})
