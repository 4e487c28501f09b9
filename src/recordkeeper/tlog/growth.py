"""What a cosigner asks before it signs: that the log has only grown since the checkpoint it cosigned last.

Bytes in, verified values out; the caller keeps the cosigned note before it gives it to anybody.

Source: C2SP tlog-witness, add-checkpoint; RFC 9162, 2.1.4.2
"""

from datetime import datetime

from recordkeeper.errors import LogError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.tlog.checkpoint import Checkpoint, unverified_checkpoint
from recordkeeper.tlog.cosignature import CosignerKey, cosign, cosigned_at
from recordkeeper.tlog.merkle import verify_consistency
from recordkeeper.tlog.proof import ConsistencyProof


class NotGrownError(LogError, RefusalError):
    """A checkpoint is of fewer entries than the one cosigned last, or of as many with another root."""

    def __init__(self, seen: Checkpoint, found: Checkpoint) -> None:
        message = _(
            "checkpoint of {found} entries: not cosigned, this key has cosigned another one"
            " of {seen} entries of the log"
        ).format(found=found.size, seen=seen.size)
        super().__init__(message, subject="checkpoint", expected=str(seen.size), found=str(found.size))


class UnprovenGrowthError(LogError, RefusalError):
    """Nothing shows that the log of the checkpoint cosigned last is the beginning of this one."""

    def __init__(self, seen: Checkpoint, found: Checkpoint) -> None:
        message = _(
            "checkpoint of {found} entries: not cosigned, no proof that the log only grew from the {seen} entries that"
            " this key has cosigned"
        ).format(found=found.size, seen=seen.size)
        super().__init__(message, subject="checkpoint", expected=str(seen.size), found=str(found.size))


class AlteredMemoryError(LogError, RefusalError):
    """What is kept as cosigned last was not cosigned by this key."""

    def __init__(self, name: str) -> None:
        message = _("checkpoint: what is kept as cosigned last bears no cosignature of {name}").format(name=name)
        super().__init__(message, subject="checkpoint", expected=name)


def cosign_growth(note: str, seen: str | None, proof: ConsistencyProof | None, key: CosignerKey, at: datetime) -> str:
    """``note`` with a cosignature, once it is shown to continue what this key has cosigned.

    Args:
        note: a signed checkpoint.
        seen: the note of the same log that the key cosigned last; none where this is the first.
        proof: that the log of ``seen`` is the beginning of the log of ``note``; needed if that is longer.
        key: the cosigner's own key.
        at: when the checkpoint was seen; aware.

    Raises:
        MalformedNoteError: ``note`` is no signed checkpoint.
        AlreadyCosignedError: this key has cosigned it.
        AlteredMemoryError: ``seen`` was not cosigned by this key.
        NotGrownError: the log is shorter than it was, or another.
        UnprovenGrowthError: the proof is missing, of other checkpoints, or does not prove it.

    Source: C2SP tlog-witness, add-checkpoint
    """
    checkpoint = unverified_checkpoint(note)
    if seen is not None:
        if cosigned_at(seen, key.verifier) is None:
            raise AlteredMemoryError(key.name)
        before = unverified_checkpoint(seen)
        if before.size > checkpoint.size or (before.size == checkpoint.size and before.root != checkpoint.root):
            raise NotGrownError(before, checkpoint)
        if before.size and before.size != checkpoint.size and not _is_proven(before, checkpoint, proof):
            raise UnprovenGrowthError(before, checkpoint)
    return cosign(note, key, at)


def _is_proven(before: Checkpoint, after: Checkpoint, proof: ConsistencyProof | None) -> bool:
    return proof is not None and verify_consistency(before.size, after.size, before.root, after.root, proof.hashes)
