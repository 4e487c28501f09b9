"""Anchors of every kind: signed, short, cosigned; ``verify`` and the stand-alone verifier say the same of them."""

from contextlib import closing

import pytest

from company import FEEDBACK, NOW, Scene
from recordkeeper import verifier
from recordkeeper.services.tail_check import NO_POLICY, Policy, UnmeetablePolicyError, policy_of
from recordkeeper.services.verification import Answer, Report, verify
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    LogKey,
    MalformedKeyError,
    format_checkpoint,
    short_checkpoint,
    sign_note,
    unverified_checkpoint,
)
from recordkeeper.tlog.cosignature import CosignerKey, cosign
from recordkeeper.tlog.log import read_checkpoint

AUDITOR, SECOND, THIRD = (CosignerKey.generate(name) for name in ("auditor", "second-site", "third"))
BOTH = (AUDITOR.verifier, SECOND.verifier)


def note_of(scene: Scene) -> str:
    note = read_checkpoint(scene.archive / "log")
    assert note is not None
    return note


def checked(scene: Scene, anchor: str, policy: Policy = NO_POLICY) -> Report:
    """What ``verify`` says; of the tail the stand-alone verifier says the same."""
    report = verify(scene.url, scene.archive, None, [anchor], policy)
    with closing(verifier.Medium(scene.archive)) as medium:
        own = verifier.policy_of(policy.cosigners, policy.required if policy.cosigners else None)
        said = verifier.verify(medium, (), [anchor], own)
    assert said.answer("tail") == report.aspects["tail"].answer
    assert {each.code for each in said.kept if each.aspect == "tail"} == {
        each.code for each in report.findings if each.aspect == "tail"
    }
    return report


def test_a_short_checkpoint_anchors_as_far_as_it_reaches(scene: Scene) -> None:
    short = short_checkpoint(unverified_checkpoint(note_of(scene)))
    for text in (short, short.replace("·", ".").lower(), f" {short.replace('·', ' : ')}\n"):
        tail = checked(scene, text).aspects["tail"]
        assert tail.answer is Answer.OK
        assert "32" in tail.reason
    other = short[:-1] + ("0" if short[-1] != "0" else "1")
    assert checked(scene, other).aspects["tail"].answer is Answer.ALTERED
    size = int(short.partition("·")[0])
    assert checked(scene, short.replace(str(size), str(size + 1), 1)).aspects["tail"].answer is Answer.ALTERED


def test_a_short_checkpoint_still_holds_after_the_log_grew(scene: Scene, without_libreoffice: None) -> None:
    short = short_checkpoint(unverified_checkpoint(note_of(scene)))
    with scene.opened() as company:
        company.new("clerk", "QR-017-02", dict(FEEDBACK))
        company.publish()
    assert checked(scene, short).aspects["tail"].answer is Answer.OK


def test_n_of_m_cosigners_must_have_seen_an_anchor(scene: Scene) -> None:
    note = note_of(scene)
    once = cosign(note, AUDITOR, NOW)
    for text, policy, answer in (
        (note, policy_of(BOTH, 1), Answer.CANNOT_ASSESS),
        (once, policy_of(BOTH, 1), Answer.OK),
        (once, policy_of(BOTH, None), Answer.CANNOT_ASSESS),
        (cosign(once, SECOND, NOW), policy_of(BOTH, None), Answer.OK),
        (cosign(once, THIRD, NOW), policy_of(BOTH, 2), Answer.CANNOT_ASSESS),
        (short_checkpoint(unverified_checkpoint(note)), policy_of(BOTH, 1), Answer.CANNOT_ASSESS),
    ):
        assert checked(scene, text, policy).aspects["tail"].answer is answer
    assert "auditor" in checked(scene, once, policy_of(BOTH, 1)).aspects["tail"].reason


def test_an_empty_log_anchors_nothing(scene: Scene) -> None:
    key = LogKey.load(scene.folder / "log.key")
    empty = sign_note(format_checkpoint(Checkpoint(key.name, 0, bytes(32))), key)
    assert checked(scene, empty).aspects["tail"].answer is Answer.CANNOT_ASSESS


def test_a_policy_that_nothing_could_meet_is_refused() -> None:
    for count, required in ((2, 3), (2, 0), (0, 1)):
        with pytest.raises(UnmeetablePolicyError):
            policy_of(BOTH[:count], required)
        with pytest.raises(ValueError, match="--require"):
            verifier.policy_of(BOTH[:count], required)
    with pytest.raises(MalformedKeyError):
        policy_of([LogKey.generate("log").verifier], None)
    assert policy_of([], None) == NO_POLICY
