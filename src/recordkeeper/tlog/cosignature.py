"""Cosignatures: that somebody outside has seen a checkpoint, and when.

A cosigner keeps a key of their own, of another kind than the log's, so that neither can stand for the other.

Source: C2SP tlog-cosignature, cosignature/v1.
"""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from recordkeeper.errors import LogError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.tlog.checkpoint import NoteKey, parse_verifier, split_note, unverified_checkpoint

_TIME_BYTES = 8


class AlreadyCosignedError(LogError, RefusalError):
    """A checkpoint bears a cosignature of the same key."""

    def __init__(self, name: str) -> None:
        super().__init__(_("checkpoint: {name} has cosigned it already").format(name=name), subject="checkpoint")


class CosignerKey(NoteKey):
    """The private key of a cosigner."""

    __slots__ = ()
    algorithm = b"\x04"


def cosign(note: str, key: CosignerKey, at: datetime) -> str:
    """``note`` with a cosignature below its signatures.

    Args:
        note: a signed checkpoint.
        key: the cosigner's own key.
        at: when the checkpoint was seen; aware, whole seconds count.

    Raises:
        MalformedNoteError: ``note`` is no signed checkpoint.
        AlreadyCosignedError: this key has cosigned it.

    Source: C2SP tlog-cosignature, cosignature/v1.
    """
    unverified_checkpoint(note)
    text, signatures = split_note(note)
    if any((name, blob[:4]) == (key.name, key.identifier) for name, blob in signatures):
        raise AlreadyCosignedError(key.name)
    seconds = int(at.timestamp())
    signature = key.private.sign(_message(text, seconds))
    blob = key.identifier + seconds.to_bytes(_TIME_BYTES, "big") + signature
    return f"{note}— {key.name} {base64.b64encode(blob).decode()}\n"


def cosigned_at(note: str, verifier: str) -> datetime | None:
    """When the cosigner says to have seen a checkpoint, UTC; none where there is no valid cosignature of that key.

    Args:
        note: a signed note.
        verifier: the cosigner's verifier key.

    Raises:
        MalformedNoteError: ``note`` is no signed note.
        MalformedKeyError: ``verifier`` is no cosigner's key.

    Source: C2SP tlog-cosignature, cosignature/v1.
    """
    name, identifier, public_bytes = parse_verifier(verifier, CosignerKey.algorithm)
    text, signatures = split_note(note)
    for signer, blob in signatures:
        if (signer, blob[:4]) != (name, identifier):
            continue
        seconds = int.from_bytes(blob[4 : 4 + _TIME_BYTES], "big")
        try:
            Ed25519PublicKey.from_public_bytes(public_bytes).verify(blob[4 + _TIME_BYTES :], _message(text, seconds))
            return datetime.fromtimestamp(seconds, UTC)
        except (InvalidSignature, ValueError, OverflowError, OSError):
            return None
    return None


def cosigners_of(note: str, verifiers: Iterable[str]) -> dict[str, datetime]:
    """Verifier key and moment (UTC) of each of the cosigners who have validly cosigned a note.

    Raises:
        MalformedNoteError: ``note`` is no signed note.
        MalformedKeyError: one of ``verifiers`` is no cosigner's key.
    """
    moments = ((verifier, cosigned_at(note, verifier)) for verifier in dict.fromkeys(verifiers))
    return {verifier: moment for verifier, moment in moments if moment}


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode(errors="surrogatepass")
