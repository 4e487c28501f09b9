"""A new log key: later checkpoints are its own, earlier ones stay the old one's, and no key alone can make one."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from company import FEEDBACK, NOW, Company, Scene
from recordkeeper import verifier
from recordkeeper.model.unit import ROOT_UNIT, Unit
from recordkeeper.services.log_keys import (
    OtherLogKeyError,
    RotationUnfinishedError,
    rotate_log_key,
    signing_log_key,
    waiting_path,
)
from recordkeeper.services.places import append_unit
from recordkeeper.services.proving import check_proof_file, prove_events, prove_growth
from recordkeeper.services.right import NoRightError
from recordkeeper.services.verification import verify
from recordkeeper.tlog.checkpoint import LogKey, UnusableLogKeyError, is_signed_by
from recordkeeper.tlog.key_chain import Rotation, rotate
from recordkeeper.tlog.log import read_checkpoint
from recordkeeper.tlog.proof import format_proof


def key_path(company: Company) -> Path:
    return company.folder / "log.key"


def rotated(company: Company) -> Rotation:
    return rotate_log_key(company.register, key_path(company), company.by("controller"), NOW)


def note_of(scene: Scene) -> str:
    note = read_checkpoint(scene.archive / "log")
    assert note is not None
    return note


def agreed(scene: Scene, key: str | None = None, anchors: Sequence[str] = ()) -> set[str]:
    """The codes found, for which verify and the stand-alone verifier must give the same answer of the log and tail."""
    report = verify(scene.url, scene.archive, key, anchors)
    with closing(verifier.Medium(scene.archive)) as medium:
        said = verifier.verify(medium, [key] if key else [], anchors)
    for aspect in ("log", "tail"):
        assert said.answer(aspect) == report.aspects[aspect].answer, (aspect, said.kept, report.findings)
    return {each.code for each in report.findings if each.aspect in {"log", "tail"}}


def test_checkpoints_before_and_after_a_rotation_are_each_their_keys(scene: Scene, without_libreoffice: None) -> None:
    earlier = note_of(scene)
    with scene.opened() as company:
        rotation = rotated(company)
        assert company.publish().problems == []
        company.new("clerk", "QR-017-02", dict(FEEDBACK))
        assert company.publish().problems == []
        assert LogKey.load(key_path(company)).verifier == rotation.new_key
        assert not waiting_path(key_path(company)).exists()
        with company.register.reading() as snapshot:
            notes = [note for _size, note in snapshot.checkpoints()]
        log, clerk = company.archive / "log", company.by("clerk")
        growth = format_proof(prove_growth(company.register, log, clerk, NOW, earlier))
        inclusion = format_proof(prove_events(company.register, log, "1"))
    assert [is_signed_by(note, rotation.new_key) for note in notes][-2:] == [True, True]
    assert all(is_signed_by(note, rotation.old_key) for note in notes[:-2])
    for key in (None, rotation.old_key, rotation.new_key):
        assert agreed(scene, key, [earlier, note_of(scene)]) == set()
    for text in (growth, inclusion):
        for key in (rotation.old_key, rotation.new_key):
            assert check_proof_file(text, key).findings == ()
            assert not verifier.check_proof(verifier.parse_proof(text.encode()), [key]).kept
    stranger = LogKey.generate("stranger").verifier
    assert "checkpoint-signature" in agreed(scene, stranger)


@pytest.mark.parametrize("alone", ["old", "new"])
def test_a_rotation_by_one_key_alone_is_altered(scene: Scene, without_libreoffice: None, alone: str) -> None:
    with scene.opened() as company:
        old = LogKey.load(key_path(company))
        new = LogKey.generate(old.name)
        sound = rotate(old, new)
        forged = replace(sound, by_new=sound.by_old) if alone == "old" else replace(sound, by_old=sound.by_new)
        new.save(waiting_path(key_path(company)))
        with company.register.writing(now=NOW) as transaction:
            history = transaction.history(ROOT_UNIT)
            assert history is not None
            content = Unit.rotate_log_key(
                by=company.by("controller").subject, at=NOW, old_key=forged.old_key, new_key=forged.new_key,
                by_old=forged.by_old, by_new=forged.by_new,
            )  # fmt: skip
            append_unit(transaction, history, content)
        company.publish()
    assert {"log-key-rotation", "checkpoint-signature"} <= agreed(scene)


def test_until_the_rotation_is_archived_nothing_is_signed_by_the_new_key(company: Company) -> None:
    company.publish()
    before = read_checkpoint(company.archive / "log")
    rotated(company)
    objects = company.archive / "objects"
    hidden = objects.with_name("hidden")
    objects.rename(hidden)
    objects.write_text("in the way", encoding="utf-8")
    assert company.publish().problems != []
    assert read_checkpoint(company.archive / "log") == before
    objects.unlink()
    hidden.rename(objects)
    assert company.publish().problems == []
    assert read_checkpoint(company.archive / "log") != before


def test_a_key_that_has_not_signed_yet_is_not_replaced(company: Company) -> None:
    company.publish()
    rotated(company)
    with pytest.raises(RotationUnfinishedError):
        rotated(company)
    company.publish()
    rotated(company)
    assert company.publish().problems == []


def test_what_a_killed_rotation_left_is_not_used(company: Company) -> None:
    company.publish()
    left = LogKey.generate(LogKey.load(key_path(company)).name)
    left.save(waiting_path(key_path(company)))
    assert signing_log_key(key_path(company), LogKey.load(key_path(company)).verifier).verifier != left.verifier
    assert rotated(company).new_key != left.verifier


def test_only_a_controller_of_the_root_unit_who_has_the_key_rotates_it(company: Company) -> None:
    with pytest.raises(NoRightError):
        rotate_log_key(company.register, key_path(company), company.by("clerk"), NOW)
    with pytest.raises(OtherLogKeyError):
        signing_log_key(key_path(company), LogKey.generate("another").verifier)
    key_path(company).unlink()
    with pytest.raises(UnusableLogKeyError):
        rotated(company)
