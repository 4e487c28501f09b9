"""Proofs out of the published log for somebody outside, and what a proof file shows.

Source: RFC 9162, 2.1.3, 2.1.4; 21 CFR 11.10(b)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from recordkeeper.errors import LogError, MissingError, RefusalError
from recordkeeper.findings import Finding
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.event import Event
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.company import company
from recordkeeper.services.log_keys import rotations_of
from recordkeeper.services.people import Actor
from recordkeeper.services.retrieval import subject_named
from recordkeeper.services.right import check_right_first
from recordkeeper.services.sight import OutOfScopeError, sight_of
from recordkeeper.services.trail import NoCheckpointError
from recordkeeper.tlog.checkpoint import UnsignedNoteError, is_signed_by, unverified_checkpoint
from recordkeeper.tlog.key_chain import Rotation
from recordkeeper.tlog.log import read_checkpoint
from recordkeeper.tlog.proof import (
    ConsistencyProof,
    InclusionProof,
    check_proof,
    parse_proof,
    prove_consistency,
    prove_inclusion,
)
from recordkeeper.tlog.tiles import TileLog


class UnpublishedEventError(LogError, MissingError):
    """An event that the newest checkpoint does not cover."""

    def __init__(self, what: str, size: int) -> None:
        super().__init__(
            ngettext(
                "{what}: no event of it in the newest checkpoint, which covers {size} event",
                "{what}: no event of it in the newest checkpoint, which covers {size} events",
                size,
            ).format(what=what, size=size),
            subject=what,
            expected=str(size),
        )


class UnprovenLogError(LogError, RefusalError):
    """The published log does not give what is to be proven; ``verify`` says more."""

    def __init__(self, found: str) -> None:
        message = _("log: cannot be proven, run verify: {found}").format(found=found)
        super().__init__(message, subject="log", found=found)


def prove_events(register: Register, log_path: Path, what: str) -> InclusionProof:
    """The proof that an event, or every event of a subject, stands in the newest published checkpoint.

    Args:
        register: the open register.
        log_path: the folder of the published log.
        what: an event's number, a record's number or a subject; of a subject, the events published so far.

    Raises:
        UnknownRecordError: no record of that number.
        NoCheckpointError: nothing has been published.
        UnpublishedEventError: the newest checkpoint covers no such event.
        UnprovenLogError: the stored log is not that of its checkpoint or of the register.
        MissingTileError, DamagedTileError, UnreachableLogError: the stored log cannot be read.
    """
    note = _published(log_path)
    size = unverified_checkpoint(note).size
    with register.reading() as snapshot:
        if what.isascii() and what.isdecimal():
            index = int(what)
            events = list(snapshot.events(index, index + 1)) if index < size else []
        else:
            subject = subject_named(snapshot, what)
            events = [event for event in snapshot.events_of(subject) if event.index < size]
        keys, rotations = _keys(snapshot)
    if not events:
        raise UnpublishedEventError(what, size)
    proof = prove_inclusion(TileLog(log_path), note, [event.index for event in events], keys, rotations)
    differing = _differing(events, proof)
    if differing:
        raise UnprovenLogError(_("event {index} is another one in the register").format(index=differing[0]))
    _check(proof)
    return proof


def prove(register: Register, log_path: Path, actor: Actor, now: datetime, what: str) -> InclusionProof:
    """As ``prove_events``, for somebody who sees all that is proven.

    Raises:
        OutOfScopeError: an event of what is not in an auditor's scope.
        AuditEndedError, DisabledPersonError: as ``check_right``.
        Others: as ``prove_events``.
    """
    with register.reading() as snapshot:
        sight = sight_of(snapshot, actor, "audit prove", now)
    proof = prove_events(register, log_path, what)
    with register.reading() as snapshot:
        for entry in proof.entries:
            [event] = snapshot.events(entry.index, entry.index + 1)
            if not sight.sees_event(event):
                raise OutOfScopeError(sight.login, what)
    return proof


def prove_growth(register: Register, log_path: Path, actor: Actor, now: datetime, earlier: str) -> ConsistencyProof:
    """The proof that the log of an earlier checkpoint is the beginning of the log of the newest published one.

    Args:
        register: the open register.
        log_path: the folder of the published log.
        actor: who has it proven.
        now: aware, UTC.
        earlier: the earlier signed checkpoint.

    Raises:
        AuditEndedError, DisabledPersonError: as ``check_right``.
        MalformedNoteError: ``earlier`` is no signed checkpoint.
        UnsignedNoteError: it is none of this log.
        NoCheckpointError: nothing has been published.
        UnprovableError: the earlier log is empty or larger than the published one.
        UnprovenLogError: the earlier log is not the beginning of this one.
        MissingTileError, DamagedTileError, UnreachableLogError: the stored log cannot be read.
    """
    check_right_first(register, actor, "audit prove", now)
    note = _published(log_path)
    with register.reading() as snapshot:
        keys, rotations = _keys(snapshot)
    if not any(is_signed_by(earlier, key) for key in keys):
        raise UnsignedNoteError(unverified_checkpoint(earlier).origin, _("none of a key of this log"))
    proof = prove_consistency(TileLog(log_path), earlier, note, keys, rotations)
    _check(proof)
    return proof


def _keys(snapshot: Snapshot) -> tuple[tuple[str, ...], tuple[Rotation, ...]]:
    """The log's verifier keys, the newest last, and how each took the place of the one before."""
    history = snapshot.history(ROOT_UNIT)
    rotations = tuple(rotation for _number, rotation in rotations_of(history)) if history else ()
    return (*(rotation.old_key for rotation in rotations), company(snapshot).log_key), rotations


def _published(log_path: Path) -> str:
    note = read_checkpoint(log_path)
    if note is None:
        raise NoCheckpointError
    return note


def _differing(events: Sequence[Event], proof: InclusionProof) -> list[int]:
    return [event.index for event, entry in zip(events, proof.entries, strict=True) if event.leaf != entry.leaf]


def _check(proof: InclusionProof | ConsistencyProof) -> None:
    findings = check_proof(proof, proof.keys)
    if findings:
        raise UnprovenLogError(f"{findings[0].subject}: {findings[0].message}")


@dataclass(frozen=True, slots=True)
class CheckedProof:
    """What a proof file shows.

    Args:
        proof: the proof.
        is_key_given: whether the key was kept outside, and not taken from the file itself.
        findings: what is wrong with it.
    """

    proof: InclusionProof | ConsistencyProof
    is_key_given: bool
    findings: tuple[Finding, ...]

    @property
    def size(self) -> int:
        """How many events the newer checkpoint covers."""
        return unverified_checkpoint(self.proof.note).size

    @property
    def earlier_size(self) -> int | None:
        """How many events the earlier checkpoint covers; none where events are proven."""
        return unverified_checkpoint(self.proof.earlier).size if isinstance(self.proof, ConsistencyProof) else None

    @property
    def events(self) -> list[tuple[int, str]]:
        """Index and canonical text of every event that is proven."""
        entries = self.proof.entries if isinstance(self.proof, InclusionProof) else ()
        return [(entry.index, entry.leaf.decode(errors="replace")) for entry in entries]


def check_proof_file(text: str, key: str | None) -> CheckedProof:
    """Check a proof file, offline.

    Args:
        text: its content.
        key: the log's verifier key as kept outside; without it the one that the file names.

    Raises:
        BrokenJsonError, MalformedProofError, MalformedNoteError: it is no proof file.
    """
    proof = parse_proof(text)
    return CheckedProof(proof, key is not None, tuple(check_proof(proof, (key,) if key else proof.keys)))
