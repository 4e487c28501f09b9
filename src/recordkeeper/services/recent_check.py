"""Whether the newest checkpoint follows from the one before it and from the events since: cheap however long the log.

What lies before is not read: ``verify`` does that. It is for every day, and for who keeps every checkpoint.

Source: RFC 9162, 2.1.4
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from recordkeeper.errors import RecordkeeperError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.evidence import LOG, altered
from recordkeeper.services.log_keys import rotations_of
from recordkeeper.services.people import Actor
from recordkeeper.services.right import check_right_first
from recordkeeper.services.trail import NoCheckpointError
from recordkeeper.tlog.checkpoint import Checkpoint, is_signed_by, note_digest, unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint
from recordkeeper.tlog.merkle import NodeSource, leaf_hash, tree_root
from recordkeeper.tlog.tiles import TileLog

_SUBJECT = "log/checkpoint"


@dataclass(frozen=True, slots=True)
class Recent:
    """What was looked at, and what is wrong with it.

    Args:
        first: the number of events that the checkpoint before covers; they were not read.
        size: the number that the newest covers.
        unpublished: events after it.
        findings: empty where all follows.
    """

    first: int
    size: int
    unpublished: int
    findings: tuple[Finding, ...]


def check_recent(register: Register, log_path: Path, actor: Actor, now: datetime) -> Recent:
    """Hold the newest published checkpoint against the one before, the events since, and the stored log.

    Args:
        register: the open register.
        log_path: the folder of the published log.
        actor: who has it checked.
        now: aware, UTC.

    Codes: ``checkpoint-signature``, ``checkpoint-chain``, ``checkpoint-root``, ``log-entry``, ``log-unreadable``.

    Raises:
        AuditEndedError, DisabledPersonError: as ``check_right``.
        NoCheckpointError: nothing has been published.
        MalformedNoteError, UnreachableLogError: the published checkpoint cannot be read.
    """
    check_right_first(register, actor, "audit check", now)
    note = read_checkpoint(log_path)
    if note is None:
        raise NoCheckpointError
    newest = unverified_checkpoint(note)
    first = newest.previous[0] if newest.previous else 0
    with register.reading() as snapshot:
        findings = _signature(snapshot, note)
        before, chain = _one_before(snapshot, newest)
        findings += chain
        leaves = [event.leaf for event in snapshot.events(first, newest.size)]
        unpublished = snapshot.event_count() - newest.size
    try:
        findings += _stored(TileLog(log_path), first, leaves, before, newest)
    except RecordkeeperError as error:
        findings.append(altered("log-unreadable", "log", str(error), LOG))
    return Recent(first, newest.size, unpublished, tuple(findings))


def _signature(snapshot: Snapshot, note: str) -> list[Finding]:
    history = snapshot.history(ROOT_UNIT)
    acts = history.acts[1:2] if history else ()
    keys = [str(act.content.get("log_key")) for act in acts]
    keys += [rotation.new_key for _number, rotation in rotations_of(history)] if history else []
    if any(is_signed_by(note, key) for key in keys):
        return []
    return [altered("checkpoint-signature", _SUBJECT, _("signed by none of the log's keys"), LOG)]


def _one_before(snapshot: Snapshot, newest: Checkpoint) -> tuple[Checkpoint | None, list[Finding]]:
    """The checkpoint that the newest names, as the register has it; None for the first of all."""
    if newest.previous is None:
        return None, []
    size, digest = newest.previous
    for kept_size, kept in snapshot.checkpoints():
        if kept_size == size and note_digest(kept) == digest:
            return unverified_checkpoint(kept), []
    message = ngettext(
        "the register knows none of {size} event that the newest names",
        "the register knows none of {size} events that the newest names",
        size,
    ).format(size=size)
    return None, [altered("checkpoint-chain", _SUBJECT, message, LOG)]


def _stored(
    log: TileLog, first: int, leaves: list[bytes], before: Checkpoint | None, newest: Checkpoint
) -> list[Finding]:
    findings: list[Finding] = []
    nodes: NodeSource = log.nodes()
    stored = list(log.entries(first, newest.size))
    pairs = enumerate(zip(leaves, stored, strict=False), first)
    wrong = [str(index) for index, (leaf, entry) in pairs if leaf != entry or leaf_hash(leaf) != nodes(0, index)]
    if wrong or len(leaves) != len(stored):
        message = ngettext(
            "{count} entry is not the event of the register: {named}",
            "{count} entries are not the events of the register: {named}",
            len(wrong) or abs(len(stored) - len(leaves)),
        ).format(count=len(wrong) or abs(len(stored) - len(leaves)), named=", ".join(wrong[:10]))
        findings.append(altered("log-entry", "log", message, LOG))
    for checkpoint in filter(None, (before, newest)):
        root = tree_root(checkpoint.size, nodes)
        if root != checkpoint.root:
            message = ngettext(
                "root of {size} entry: expected {expected}, found {found}",
                "root of {size} entries: expected {expected}, found {found}",
                checkpoint.size,
            ).format(size=checkpoint.size, expected=checkpoint.root.hex(), found=root.hex())
            findings.append(Finding("checkpoint-root", Severity.ALTERED, _SUBJECT, message, LOG))
    return findings
