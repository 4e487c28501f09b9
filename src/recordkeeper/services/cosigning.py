"""Cosigning from both sides: somebody outside signs a checkpoint they have seen, the archive keeps what they signed.

Source: C2SP tlog-witness, tlog-cosignature
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from recordkeeper.durable import make_folder, read_plain_file, replace_file
from recordkeeper.errors import LogError, UnavailableError, system_reason
from recordkeeper.findings import Finding
from recordkeeper.language import clauses
from recordkeeper.language import translate as _
from recordkeeper.model.event import salted_digest
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.services.evidence import COSIGN, LOG, Evidence, altered
from recordkeeper.services.people import Actor
from recordkeeper.services.publication import Publisher, publish_under_lock, publisher_lock
from recordkeeper.services.right import check_right
from recordkeeper.tlog.checkpoint import LogKey, unverified_checkpoint
from recordkeeper.tlog.cosignature import CosignerKey, cosigners_of
from recordkeeper.tlog.cosigned import UnknownCheckpointError, keep_cosigned, read_cosigned, with_cosignatures
from recordkeeper.tlog.growth import cosign_growth
from recordkeeper.tlog.proof import ConsistencyProof, parse_proof
from recordkeeper.tlog.tile_path import COSIGNED_FOLDER

_NOTE_BYTES_LIMIT = 1024 * 1024


class UnusableMemoryError(LogError, UnavailableError):
    """What a key has cosigned last cannot be read or kept."""

    def __init__(self, path: Path, error: OSError) -> None:
        found = system_reason(error)
        message = _("{path}: what was cosigned last cannot be read or kept: {found}").format(path=path, found=found)
        super().__init__(message, subject=str(path), found=found)


class UnpublishedCosignatureError(LogError, UnavailableError):
    """A cosigned checkpoint is not kept, for the event that binds it could not be published."""

    def __init__(self, size: int, problems: Sequence[str]) -> None:
        found = clauses(problems)
        message = _("checkpoint of {size} entries: not kept, for its event could not be published: {found}")
        super().__init__(message.format(size=size, found=found), subject="checkpoint", found=found)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A cosigned note.

    Args:
        note: the note.
        seen_size: how many entries the log had when the same key cosigned it before; none where it never did.
    """

    note: str
    seen_size: int | None


def cosign_next(note: str, proof: str | None, key: CosignerKey, memory: Path, at: datetime) -> Cosigned:
    """Cosign a checkpoint that continues what the key has cosigned of this log, and keep it as the last one.

    Args:
        note: a signed checkpoint.
        proof: the text of a proof file that the log only grew since the last one; needed where it did.
        key: the cosigner's own key.
        memory: the folder of what it has cosigned last, a note for each log.
        at: when the checkpoint was seen; aware.

    Raises:
        MalformedNoteError, BrokenJsonError, MalformedProofError: of ``note`` and ``proof``.
        AlreadyCosignedError, AlteredMemoryError, NotGrownError, UnprovenGrowthError: it is not to be cosigned.
        UnusableMemoryError: the disk refuses.
    """
    place = memory / hashlib.sha256(unverified_checkpoint(note).origin.encode(errors="surrogatepass")).hexdigest()
    try:
        seen = read_plain_file(place, _NOTE_BYTES_LIMIT).decode(errors="replace") if place.exists() else None
    except OSError as error:
        raise UnusableMemoryError(place, error) from error
    growth = parse_proof(proof) if proof is not None else None
    cosigned = cosign_growth(note, seen, growth if isinstance(growth, ConsistencyProof) else None, key, at)
    try:
        # Before anybody gets the cosignature: a key that forgets could be shown two histories.
        make_folder(memory)
        replace_file(place, cosigned.encode(), memory / ".incoming", 0o600)
    except OSError as error:
        raise UnusableMemoryError(place, error) from error
    return Cosigned(cosigned, unverified_checkpoint(seen).size if seen is not None else None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A cosigned checkpoint that the archive keeps.

    Args:
        file: where it lies.
        size: how many events it covers.
        cosigners: the names of the keys given that have cosigned it.
    """

    file: Path
    size: int
    cosigners: tuple[str, ...]


def keep_cosigned_note(publisher: Publisher, actor: Actor, note: str, keys: Sequence[str], now: datetime) -> Kept:
    """Keep a cosigned checkpoint of this log beside the published one; that it came is an event.

    Args:
        publisher: the parts of the workspace.
        actor: who brings it.
        note: the cosigned note.
        keys: the verifier keys of cosigners.
        now: aware, UTC.

    Raises:
        MalformedNoteError, MalformedKeyError: of ``note`` and ``keys``.
        AuditEndedError, DisabledPersonError: as ``check_right``.
        UnknownCheckpointError: it is none that this log has made.
        NotCosignedError: it bears no valid cosignature of the keys.
        UnpublishedCosignatureError: the event that binds it could not be published now.
        UnusableLogKeyError: there is no log key here.
        PublisherBusyError, UnreachableArchiveError, UnreachableLogError: the archive cannot be written.
    """
    LogKey.load(publisher.log_key_path)
    size = unverified_checkpoint(note).size
    with publisher_lock(publisher.archive):
        with publisher.register.reading() as snapshot:
            check_right(snapshot, actor, "audit keep-cosigned", now)
            made, root = snapshot.checkpoint(size), snapshot.history(ROOT_UNIT)
        if made is None or root is None:
            raise UnknownCheckpointError(size)
        kept = with_cosignatures(publisher.log_path, made, note, keys)
        # Bound first: whoever has the archive alone could not tell a cosignature that was changed from a true one.
        with publisher.register.writing(now=now) as transaction:
            bound = salted_digest(root.salt, kept.encode())
            transaction.note(COSIGN, actor=actor.subject, subject=ROOT_UNIT, bound_digest=bound)
        with publisher.register.reading() as snapshot:
            count = snapshot.event_count()
        outcome = publish_under_lock(publisher, now)
        if outcome.log_size < count:
            raise UnpublishedCosignatureError(size, outcome.problems)
        keep_cosigned(publisher.log_path, kept)
    names = tuple(key.partition("+")[0] for key in cosigners_of(kept, keys))
    return Kept(publisher.log_path / COSIGNED_FOLDER / str(size), size, names)


def check_cosigned(log: Path, evidence: Evidence) -> Iterator[Finding]:
    """A finding for each kept note that is not one which an event binds, to the byte.

    Codes: ``cosigned-checkpoint``.
    """
    root = evidence.histories.get(ROOT_UNIT)
    if root is None:
        return
    bound = {event.bound_digest for event in evidence.events if event.kind == COSIGN}
    for name, note in read_cosigned(log):
        if salted_digest(root.salt, note.encode()) not in bound:
            message = _("not the note that an event binds")
            yield altered("cosigned-checkpoint", f"{log.name}/{name}", message, LOG)
