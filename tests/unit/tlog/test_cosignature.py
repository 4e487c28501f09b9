from datetime import UTC, datetime
from pathlib import Path

import pytest

from recordkeeper import verifier
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    LogKey,
    MalformedKeyError,
    MalformedNoteError,
    UnusableLogKeyError,
    format_checkpoint,
    sign_note,
    verify_note,
)
from recordkeeper.tlog.cosignature import AlreadyCosignedError, CosignerKey, cosign, cosigned_at, cosigners_of

AT = datetime(2026, 11, 23, 2, 0, 5, tzinfo=UTC)
LOG = LogKey.generate("示范物业")
NOTE = sign_note(format_checkpoint(Checkpoint(LOG.name, 1042, bytes(32))), LOG)
AUDITOR, SECOND = CosignerKey.generate("auditor.example.org"), CosignerKey.generate("second-site")


def test_a_cosigned_note_says_who_saw_it_when_and_keeps_the_logs_signature() -> None:
    note = cosign(cosign(NOTE, AUDITOR, AT), SECOND, AT)
    assert verify_note(note, LOG.verifier).size == 1042
    assert cosigned_at(note, AUDITOR.verifier) == AT
    assert cosigners_of(note, [SECOND.verifier, AUDITOR.verifier]) == {SECOND.verifier: AT, AUDITOR.verifier: AT}
    assert cosigned_at(NOTE, AUDITOR.verifier) is None


def test_the_independent_verifier_accepts_a_cosignature() -> None:
    note = verifier.parse_note(cosign(NOTE, AUDITOR, AT).encode())
    assert verifier.signature_fault(note, verifier.parse_key(AUDITOR.verifier)) == ""
    assert verifier.signature_fault(note, verifier.parse_key(SECOND.verifier)) != ""


def test_every_flipped_byte_of_text_or_cosignature_is_found() -> None:
    data = cosign(NOTE, AUDITOR, AT).encode()
    log_signature = data.index(b"\n\n") + 2, data.index(b"auditor") - 4
    for position in range(len(data)):
        if log_signature[0] <= position < log_signature[1]:
            continue
        flipped = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        try:
            assert cosigned_at(flipped.decode(), AUDITOR.verifier) is None, position
        except (MalformedNoteError, UnicodeDecodeError):
            continue


def test_a_cosignature_of_another_text_does_not_count() -> None:
    other = sign_note(format_checkpoint(Checkpoint(LOG.name, 1043, bytes(32))), LOG)
    moved = other + cosign(NOTE, AUDITOR, AT).removeprefix(NOTE)
    assert cosigned_at(moved, AUDITOR.verifier) is None


def test_nobody_cosigns_twice() -> None:
    with pytest.raises(AlreadyCosignedError):
        cosign(cosign(NOTE, AUDITOR, AT), AUDITOR, AT)


def test_only_a_signed_checkpoint_is_cosigned() -> None:
    for text in ("", "a\nb\nc\n", sign_note("some\nother text\n", LOG)):
        with pytest.raises(MalformedNoteError):
            cosign(text, AUDITOR, AT)


def test_a_key_comes_back_from_its_file_which_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "auditor.key"
    AUDITOR.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert CosignerKey.load(path).verifier == AUDITOR.verifier


def test_a_log_key_and_a_cosigners_key_do_not_stand_for_each_other(tmp_path: Path) -> None:
    AUDITOR.save(tmp_path / "auditor.key")
    LOG.save(tmp_path / "log.key")
    with pytest.raises(UnusableLogKeyError):
        LogKey.load(tmp_path / "auditor.key")
    with pytest.raises(UnusableLogKeyError):
        CosignerKey.load(tmp_path / "log.key")
    with pytest.raises(MalformedKeyError):
        verify_note(NOTE, AUDITOR.verifier)
    with pytest.raises(MalformedKeyError):
        cosigned_at(NOTE, LOG.verifier)
