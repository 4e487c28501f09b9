"""The log's keys one after another: a new key holds from the checkpoint that covers its rotation.

A rotation is signed by both keys over the names of both, so that neither alone can make one.

Source: C2SP signed-note; 21 CFR 11.10(e)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    LogKey,
    MalformedKeyError,
    parse_verifier,
    unverified_checkpoint,
    verify_note,
)

_SIGNATURE = re.compile("[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Rotation:
    """That one key takes the place of another.

    Args:
        old_key: the verifier key before.
        new_key: the verifier key after.
        by_old: the old key's signature, hexadecimal.
        by_new: the new key's signature, hexadecimal.
    """

    old_key: str
    new_key: str
    by_old: str
    by_new: str

    @property
    def is_sound(self) -> bool:
        """Whether both keys have signed it."""
        return all(
            _is_signed(self.old_key, self.new_key, key, signature)
            for key, signature in ((self.old_key, self.by_old), (self.new_key, self.by_new))
        )


def rotate(old: LogKey, new: LogKey) -> Rotation:
    """The rotation from ``old`` to ``new``, signed by both."""
    statement = _statement(old.verifier, new.verifier)
    by_old, by_new = (key.private.sign(statement).hex() for key in (old, new))
    return Rotation(old.verifier, new.verifier, by_old, by_new)


@dataclass(frozen=True, slots=True)
class KeyChain:
    """The log's verifier keys, and from which size of the log each holds.

    Args:
        first: the first one.
        turns: for each later one the smallest size that it signs, and the key; in order.
    """

    first: str
    turns: tuple[tuple[int, str], ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, oldest first."""
        return (self.first, *(key for _size, key in self.turns))

    def key_for(self, size: int) -> str:
        """The key that signs a checkpoint of ``size`` entries."""
        return next((key for from_size, key in reversed(self.turns) if size >= from_size), self.first)


def verify_signed(note: str, verifier: str | KeyChain) -> Checkpoint:
    """The checkpoint of a note that the log has signed with the key that it had then.

    Raises:
        MalformedNoteError: it is no signed note, or its text is no checkpoint.
        UnsignedNoteError: it bears no valid signature of that key.
        MalformedKeyError: ``verifier`` is no verifier key.
    """
    if isinstance(verifier, KeyChain):
        verifier = verifier.key_for(unverified_checkpoint(note).size)
    return verify_note(note, verifier)


def keys_vouched_for(keys: Sequence[str], rotations: Sequence[Rotation]) -> tuple[str, ...]:
    """``keys``, with every key that a chain of sound rotations binds to one of them, in either direction."""
    known = list(dict.fromkeys(keys))
    for key in known:
        for rotation in rotations:
            other = {rotation.old_key: rotation.new_key, rotation.new_key: rotation.old_key}.get(key)
            if other is not None and other not in known and rotation.is_sound:
                known.append(other)
    return tuple(known)


def _statement(old: str, new: str) -> bytes:
    return f"recordkeeper log key rotation/1\n{old}\n{new}\n".encode(errors="surrogatepass")


def _is_signed(old: str, new: str, key: str, signature: str) -> bool:
    if not _SIGNATURE.fullmatch(signature):
        return False  # a second spelling of the same bytes is none that the program writes
    try:
        public = Ed25519PublicKey.from_public_bytes(parse_verifier(key, LogKey.algorithm)[2])
        public.verify(bytes.fromhex(signature), _statement(old, new))
    except (InvalidSignature, ValueError, MalformedKeyError):
        return False
    return True
