"""Proof files: that entries stand in a log, or that a log only grew since a checkpoint; one JSON document each.

A proof file is whole in itself: checkpoint, entries and hashes, so that anybody can check it offline. Hashes and roots
are hexadecimal in it. The verifier keys it names are only what its maker says; a key kept outside replaces them.

Source: RFC 9162, 2.1.3, 2.1.4; C2SP tlog-proof.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from recordkeeper.errors import InvalidInputError, LogError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Json, parse_json
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    MalformedKeyError,
    UnsignedNoteError,
    unverified_checkpoint,
    verify_note,
)
from recordkeeper.tlog.key_chain import Rotation, keys_vouched_for
from recordkeeper.tlog.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from recordkeeper.tlog.tile_check import ASPECT
from recordkeeper.tlog.tiles import TileLog

INCLUSION, CONSISTENCY = "recordkeeper-inclusion-proof/1", "recordkeeper-consistency-proof/1"

_HASH = re.compile(r"[0-9a-f]{64}")
_SIZE_LIMIT = 10**18
_ROTATION = ("old_key", "new_key", "by_old", "by_new")


class MalformedProofError(LogError, InvalidInputError):
    """A text is no proof file."""

    def __init__(self, found: str) -> None:
        super().__init__(_("proof: {found}").format(found=found), subject="proof", found=found)


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry with the hashes that lead from it to the root.

    Args:
        index: its place in the log, from 0.
        leaf: its bytes.
        hashes: from leaf to root, 32 bytes each.
    """

    index: int
    leaf: bytes
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That entries stand in the log of a checkpoint.

    Args:
        note: the signed checkpoint.
        entries: what is proven to stand in it.
        keys: the log's verifier keys as the proof's maker says.
        rotations: how one of them took the place of another.
    """

    note: str
    entries: tuple[ProvenEntry, ...]
    keys: tuple[str, ...]
    rotations: tuple[Rotation, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the log of an earlier checkpoint is the beginning of the log of a later one.

    Args:
        earlier: the earlier signed checkpoint.
        note: the later one.
        hashes: 32 bytes each.
        keys: the log's verifier keys as the proof's maker says.
        rotations: how one of them took the place of another.
    """

    earlier: str
    note: str
    hashes: tuple[bytes, ...]
    keys: tuple[str, ...]
    rotations: tuple[Rotation, ...] = ()


def prove_inclusion(
    log: TileLog, note: str, indices: Sequence[int], keys: Sequence[str], rotations: Sequence[Rotation] = ()
) -> InclusionProof:
    """The proof that the stored entries at ``indices`` stand in the log of ``note``.

    Raises:
        UnprovableError: an index is not in that log.
        MalformedNoteError: ``note`` is no signed checkpoint.
        MissingTileError, DamagedTileError, UnreachableLogError: the stored log cannot be read that far.

    Source: RFC 9162, 2.1.3.1.
    """
    size, nodes = unverified_checkpoint(note).size, log.nodes()
    entries = []
    for index in indices:
        hashes = inclusion_proof(index, size, nodes)
        entries.append(ProvenEntry(index, next(log.entries(index, index + 1)), tuple(hashes)))
    return InclusionProof(note, tuple(entries), tuple(keys), tuple(rotations))


def prove_consistency(
    log: TileLog, earlier: str, note: str, keys: Sequence[str], rotations: Sequence[Rotation] = ()
) -> ConsistencyProof:
    """The proof that the log of ``earlier`` is the beginning of the log of ``note``.

    Raises:
        UnprovableError: the earlier log is empty or larger.
        MalformedNoteError: one of them is no signed checkpoint.
        MissingTileError, DamagedTileError, UnreachableLogError: the stored log cannot be read that far.

    Source: RFC 9162, 2.1.4.1.
    """
    first, second = unverified_checkpoint(earlier).size, unverified_checkpoint(note).size
    return ConsistencyProof(
        earlier, note, tuple(consistency_proof(first, second, log.nodes())), tuple(keys), tuple(rotations)
    )


def format_proof(proof: InclusionProof | ConsistencyProof) -> str:
    """The text of a proof file."""
    checkpoint = unverified_checkpoint(proof.note)
    content: dict[str, Json] = {
        "keys": list(proof.keys),
        "rotations": list(map(_rotation_json, proof.rotations)),
        "size": checkpoint.size,
        "checkpoint": proof.note,
    }
    if isinstance(proof, InclusionProof):
        content = {"format": INCLUSION, **content}
        content["entries"] = [
            {"index": entry.index, "leaf": entry.leaf.decode(), "hashes": [each.hex() for each in entry.hashes]}
            for entry in proof.entries
        ]
    else:
        content = {"format": CONSISTENCY, **content, "from": proof.earlier}
        content["hashes"] = [each.hex() for each in proof.hashes]
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def parse_proof(text: str) -> InclusionProof | ConsistencyProof:
    """The proof in a file's text; nothing is checked yet but its form.

    Raises:
        BrokenJsonError: it is no JSON.
        MalformedProofError: it is no proof file.
        MalformedNoteError: a checkpoint in it is none.
    """
    value = parse_json(text, "proof")
    content = cast("dict[str, Json]", value) if isinstance(value, dict) else {}
    note, keys = _text(content, "checkpoint"), tuple(map(str, _list(content, "keys")))
    rotations = tuple(map(_rotation, _list(content, "rotations")))
    match content.get("format"):
        case format_name if format_name == INCLUSION:
            proof: InclusionProof | ConsistencyProof = InclusionProof(
                note, tuple(map(_entry, _list(content, "entries"))), keys, rotations
            )
        case format_name if format_name == CONSISTENCY:
            proof = ConsistencyProof(_text(content, "from"), note, _hashes(content), keys, rotations)
            unverified_checkpoint(proof.earlier)
        case _:
            raise MalformedProofError(_("no proof file of a format that is known"))
    expected = {"format", "keys", "rotations", "size", "checkpoint"}
    expected |= {"entries"} if isinstance(proof, InclusionProof) else {"from", "hashes"}
    if set(content) != expected or (isinstance(proof, InclusionProof) and not proof.entries):
        raise MalformedProofError(_("not the parts that a proof file has"))
    if content["size"] != unverified_checkpoint(note).size:
        raise MalformedProofError(_("another size than its checkpoint's"))
    return proof


def _rotation_json(rotation: Rotation) -> Json:
    return {name: getattr(rotation, name) for name in _ROTATION}


def _rotation(value: Json) -> Rotation:
    content = cast("dict[str, Json]", value) if isinstance(value, dict) else {}
    if set(content) != set(_ROTATION):
        raise MalformedProofError(_("not the parts that a rotation has"))
    return Rotation(*(_text(content, name) for name in _ROTATION))


def _entry(value: Json) -> ProvenEntry:
    content = cast("dict[str, Json]", value) if isinstance(value, dict) else {}
    index = content.get("index")
    if set(content) != {"index", "leaf", "hashes"} or type(index) is not int or not 0 <= index < _SIZE_LIMIT:
        raise MalformedProofError(_("not the parts that an entry has"))
    return ProvenEntry(index, _text(content, "leaf").encode(errors="surrogatepass"), _hashes(content))


def _hashes(content: dict[str, Json]) -> tuple[bytes, ...]:
    hashes = _list(content, "hashes")
    if not all(isinstance(each, str) and _HASH.fullmatch(each) for each in hashes):
        raise MalformedProofError(_("not the parts that a proof file has"))
    return tuple(bytes.fromhex(str(each)) for each in hashes)


def _text(content: dict[str, Json], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise MalformedProofError(_("no text {name}").format(name=name))
    return value


def _list(content: dict[str, Json], name: str) -> list[Json]:
    value = content.get(name)
    if not isinstance(value, list):
        raise MalformedProofError(_("no list {name}").format(name=name))
    return value


def check_proof(proof: InclusionProof | ConsistencyProof, keys: Sequence[str]) -> list[Finding]:
    """Everything wrong with a proof; empty where it proves what it says.

    Args:
        proof: the proof.
        keys: the log's verifier keys; a checkpoint must be signed by one of them, or by one that the proof's rotations
            bind to them.

    Codes: ``checkpoint-signature``, ``checkpoint-key`` (no key to check with: cannot assess),
    ``proof-inclusion``, ``proof-consistency``, ``proof-key`` (the file itself names a strange key).

    Source: RFC 9162, 2.1.3.2, 2.1.4.2.
    """
    findings: list[Finding] = []
    keys = keys_vouched_for(keys, proof.rotations)
    checkpoint = _signed_checkpoint(proof.note, keys, findings)
    if isinstance(proof, InclusionProof):
        findings += [
            _finding("proof-inclusion", f"event {entry.index}", _("the hashes do not lead to the checkpoint's root"))
            for entry in proof.entries
            if not verify_inclusion(entry.index, checkpoint.size, leaf_hash(entry.leaf), entry.hashes, checkpoint.root)
        ]
        return findings or _strange_keys(proof, keys)
    earlier = _signed_checkpoint(proof.earlier, keys, findings)
    if not verify_consistency(
        earlier.size, checkpoint.size, earlier.root, checkpoint.root, proof.hashes
    ):  # fmt: skip
        message = _("the log of {first} entries is not shown to be the beginning of the log of {second}").format(
            first=earlier.size, second=checkpoint.size
        )
        findings.append(_finding("proof-consistency", f"checkpoint/{earlier.size}", message))
    return findings or _strange_keys(proof, keys)


def _strange_keys(proof: InclusionProof | ConsistencyProof, keys: Sequence[str]) -> list[Finding]:
    """A key that the file names and none of those that count vouches for: it was put there afterwards."""
    message = _("the file names a key that no rotation binds to the one given")
    return [_finding("proof-key", "keys", message)] if set(proof.keys) - set(keys) else []


def _signed_checkpoint(note: str, keys: Sequence[str], findings: list[Finding]) -> Checkpoint:
    """What a note says, and into ``findings`` if none of the keys signed it."""
    checkpoint = unverified_checkpoint(note)
    subject = f"checkpoint/{checkpoint.size}"
    faults: list[Finding] = []
    for key in keys:
        try:
            verify_note(note, key)
        except MalformedKeyError as error:
            faults.append(Finding("checkpoint-key", Severity.CANNOT_ASSESS, subject, str(error), ASPECT))
        except UnsignedNoteError as error:
            faults.append(_finding("checkpoint-signature", subject, str(error)))
        else:
            return checkpoint
    if not keys:
        message = _("there is no key to check the signature with")
        faults.append(Finding("checkpoint-key", Severity.CANNOT_ASSESS, subject, message, ASPECT))
    findings += faults[:1]
    return checkpoint


def _finding(code: str, subject: str, message: str) -> Finding:
    return Finding(code, Severity.ALTERED, subject, message, ASPECT)
