from datetime import UTC, datetime
from pathlib import Path

import pytest

from recordkeeper.tlog.checkpoint import Checkpoint, LogKey, format_checkpoint, sign_note
from recordkeeper.tlog.cosignature import AlreadyCosignedError, CosignerKey, cosign, cosigned_at
from recordkeeper.tlog.growth import AlteredMemoryError, NotGrownError, UnprovenGrowthError, cosign_growth
from recordkeeper.tlog.proof import prove_consistency
from recordkeeper.tlog.tiles import TileLog

KEY, OWN = LogKey.generate("example.org/log"), CosignerKey.generate("auditor")
NOW = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)
LEAVES = [str(number).encode() for number in range(20)]


def log_of(path: Path, leaves: list[bytes]) -> TileLog:
    log = TileLog(path)
    log.append(0, leaves)
    return log


@pytest.fixture
def log(tmp_path: Path) -> TileLog:
    return log_of(tmp_path / "log", LEAVES)


def note(log: TileLog, size: int) -> str:
    return sign_note(format_checkpoint(Checkpoint(KEY.name, size, log.root(size))), KEY)


def test_the_first_checkpoint_is_cosigned_as_it_is(log: TileLog) -> None:
    assert cosigned_at(cosign_growth(note(log, 5), None, None, OWN, NOW), OWN.verifier) == NOW


def test_a_longer_one_is_cosigned_on_proof_alone(log: TileLog) -> None:
    seen, later = cosign(note(log, 5), OWN, NOW), note(log, 12)
    proof = prove_consistency(log, seen, later, ())
    assert cosigned_at(cosign_growth(later, seen, proof, OWN, NOW), OWN.verifier) == NOW
    for wrong in (
        None,
        prove_consistency(log, note(log, 6), later, ()),
        prove_consistency(log, seen, note(log, 11), ()),
    ):
        with pytest.raises(UnprovenGrowthError, match="12"):
            cosign_growth(later, seen, wrong, OWN, NOW)


def test_a_log_that_was_put_back_or_made_anew_is_not_cosigned(log: TileLog, tmp_path: Path) -> None:
    other = log_of(tmp_path / "other", [b"other", *LEAVES[1:]])
    seen = cosign(note(log, 5), OWN, NOW)
    for found in (note(log, 4), note(other, 5), note(other, 4)):
        with pytest.raises(NotGrownError):
            cosign_growth(found, seen, None, OWN, NOW)
    with pytest.raises(UnprovenGrowthError):
        cosign_growth(note(other, 12), seen, prove_consistency(other, note(other, 5), note(other, 12), ()), OWN, NOW)


def test_a_memory_that_the_key_did_not_sign_and_the_same_one_again_are_refused(log: TileLog) -> None:
    stranger = CosignerKey.generate("auditor")
    with pytest.raises(AlteredMemoryError):
        cosign_growth(note(log, 5), cosign(note(log, 4), stranger, NOW), None, OWN, NOW)
    seen = cosign(note(log, 5), OWN, NOW)
    with pytest.raises(AlreadyCosignedError):
        cosign_growth(seen, seen, None, OWN, NOW)
