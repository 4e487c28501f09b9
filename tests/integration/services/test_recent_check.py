"""The quick check of what is new: it reads no more than the events since the checkpoint before the newest."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

import archive_tampering as files
from company import FEEDBACK, NOW, Company, Scene
from recordkeeper.register import tables
from recordkeeper.services.recent_check import check_recent
from recordkeeper.services.trail import NoCheckpointError
from recordkeeper.tlog.checkpoint import unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint
from tampering import tampering


def grow(scene: Scene) -> None:
    with scene.opened() as company:
        company.new("clerk", "QR-017-02", dict(FEEDBACK))
        company.publish()


def codes(scene: Scene) -> set[str]:
    with scene.opened() as company:
        found = check_recent(company.register, scene.archive / "log", company.by("clerk"), NOW)
    return {finding.code for finding in found.findings}


def test_what_is_new_follows_from_the_checkpoint_before(scene: Scene, without_libreoffice: None) -> None:
    before = unverified_checkpoint(read_checkpoint(scene.archive / "log") or "").size
    grow(scene)
    with scene.opened() as company:
        company.new("clerk", "QR-017-02", dict(FEEDBACK))
        found = check_recent(company.register, scene.archive / "log", company.by("clerk"), NOW)
    assert (found.first, found.unpublished, found.findings) == (before, 1, ())
    assert found.size > before


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (files.sign_with_another_key, "checkpoint-signature"),
        (files.rebuild_log, "checkpoint-signature"),
        (files.rewrite_first_event, "log-entry"),
        (files.remove_tile, "log-unreadable"),
        (files.remove_entries, "log-unreadable"),
    ],
)
def test_what_does_not_follow_is_named(
    scene: Scene, without_libreoffice: None, tamper: Callable[[Path], None], code: str
) -> None:
    grow(scene)
    tamper(scene.archive)
    assert code in codes(scene)


def test_a_new_event_altered_in_the_register_is_named(scene: Scene, without_libreoffice: None) -> None:
    grow(scene)
    size = unverified_checkpoint(read_checkpoint(scene.archive / "log") or "").size
    with tampering(scene.url) as connection:
        event = tables.event
        connection.execute(update(event).where(event.c.index == size - 1).values(occurred_at="2020-01-01T00:00:00Z"))
    assert codes(scene) == {"log-entry"}


def test_a_checkpoint_lost_from_the_register_is_named(scene: Scene, without_libreoffice: None) -> None:
    grow(scene)
    with tampering(scene.url) as connection:
        connection.execute(update(tables.checkpoint).values(note="x"))
    assert "checkpoint-chain" in codes(scene)


def test_nothing_published_is_nothing_to_check(company: Company) -> None:
    with pytest.raises(NoCheckpointError):
        check_recent(company.register, company.archive / "nowhere", company.by("clerk"), NOW)
