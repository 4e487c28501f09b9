"""Is everything as it was written? Six aspects, each ok, altered or cannot assess, with its reasons.

Reads only, needs no login, opens a database however damaged. What is not yet archived or published is pending and
leaves the verdict. The tail is assessed only against a checkpoint that somebody outside has kept.

Source: 21 CFR 11.10(a), (c), (e); RFC 9162, 2.1
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from recordkeeper.errors import RecordkeeperError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import tables
from recordkeeper.register.inspection import Inspection, UnreadableTableError, open_for_verification
from recordkeeper.services.archive_check import check_archive, check_staging
from recordkeeper.services.cosigning import check_cosigned
from recordkeeper.services.enclosure import check_enclosures
from recordkeeper.services.evidence import (
    FILES,
    LOG,
    RECORDS,
    REGISTER,
    SIGNATURES,
    TAIL,
    Evidence,
    altered,
    read_evidence,
)
from recordkeeper.services.log_keys import rotations_of
from recordkeeper.services.reference_check import check_named_checkpoints, check_references
from recordkeeper.services.register_check import check_register
from recordkeeper.services.signature_check import check_signatures
from recordkeeper.services.tail_check import NO_POLICY, Policy, Seen, check_tail
from recordkeeper.tlog.cosigned import cosigned_by, verify_cosigned
from recordkeeper.tlog.key_chain import KeyChain
from recordkeeper.tlog.log import (
    read_checkpoint,
    verify_checkpoint_chain,
    verify_checkpoints,
    verify_log,
)

ASPECTS = (RECORDS, REGISTER, FILES, LOG, SIGNATURES, TAIL)


class Answer(StrEnum):
    """What can be said of an aspect, and of the whole."""

    OK = "ok"
    ALTERED = "altered"
    CANNOT_ASSESS = "cannot assess"


@dataclass(frozen=True, slots=True)
class Aspect:
    """The answer for one aspect, with its reason."""

    answer: Answer
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer.

    Args:
        aspects: the answer for each aspect, by name.
        findings: every problem, pending ones included.
        counts: how many subjects, acts, events, signatures, objects were looked at.
        is_tail_asked: whether anchors were given, or asked for.
    """

    aspects: dict[str, Aspect]
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    is_tail_asked: bool = False

    @property
    def verdict(self) -> Answer:
        """Altered if any aspect is; else cannot assess if any is, but for a tail that nobody asked about; else ok."""
        answers = {name: aspect.answer for name, aspect in self.aspects.items()}
        if Answer.ALTERED in answers.values():
            return Answer.ALTERED
        asked = [answer for name, answer in answers.items() if name != TAIL or self.is_tail_asked]
        return Answer.CANNOT_ASSESS if Answer.CANNOT_ASSESS in asked else Answer.OK


def verify(
    url: str, archive: Path, key: str | None = None, anchors: Sequence[str] = (), policy: Policy = NO_POLICY
) -> Report:
    """Verify a workspace.

    Args:
        url: the register's URL.
        archive: the archive's folder.
        key: the log's verifier key as kept outside; without it the one that the register itself names is taken.
        anchors: signed checkpoints kept outside, or short ones as forms print them.
        policy: how many of which cosigners an anchor must have; cosigned checkpoints in the archive that have them are
            anchors too.

    Raises:
        RegisterError: there is no database to look at.
    """
    with open_for_verification(url) as inspection:
        evidence, findings, verifier = _register_findings(inspection, key)
        root = StorageRoot(archive / "objects", archive / "incoming")
        findings += check_archive(root, inspection, evidence)
        findings += check_enclosures(archive, evidence)
        findings += _log_findings(inspection, archive / "log", verifier, evidence)
    cosigned = cosigned_by(archive / "log", policy.cosigners, policy.required)
    return _report(evidence, findings, verifier, _Asked(anchors, policy, cosigned))


def verify_register(
    url: str, archive: Path, key: str | None = None, anchors: Sequence[str] = (), policy: Policy = NO_POLICY
) -> Report:
    """Verify what the register alone can answer for, on a machine that the archive is not on.

    Of what stands in the archive nothing is said to be sound: files and log are never ok here. The checkpoints that
    the register keeps are held against its events, and so is whatever was kept outside.

    Args:
        url: the register's URL.
        archive: where the archive's folder would be.
        key: as in ``verify``.
        anchors: as there.
        policy: as there; cosigned checkpoints are in the archive, so that it is asked of ``anchors`` alone.

    Codes: ``archive-elsewhere`` (cannot assess).

    Raises:
        RegisterError: there is no database to look at.
    """
    with open_for_verification(url) as inspection:
        evidence, findings, verifier = _register_findings(inspection, key)
        findings += check_staging(inspection, evidence)
        notes, found = _noted_checkpoints(inspection, evidence)
        findings += found
        is_beginning_lost = evidence.rebuilt_at is not None
        findings += verify_checkpoint_chain(evidence.leaf_hashes, verifier, notes, is_beginning_lost=is_beginning_lost)
    for aspect, message in (
        (FILES, _("there is no archive on this machine; what stands in it is judged on the machine that holds it")),
        (LOG, _("the log is published in the archive, which is on another machine; its checkpoints here were judged")),
    ):
        findings.append(Finding("archive-elsewhere", Severity.CANNOT_ASSESS, str(archive), message, aspect))
    return _report(evidence, findings, verifier, _Asked(anchors, policy))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the tail is to be held against: given anchors under a policy, and cosigned checkpoints in the archive."""

    anchors: Sequence[str]
    policy: Policy
    cosigned: Sequence[str] = ()


def _register_findings(inspection: Inspection, key: str | None) -> tuple[Evidence, list[Finding], KeyChain | None]:
    """What was read of the register, what is wrong with it by itself, and the log's keys."""
    evidence = read_evidence(inspection)
    findings = inspection.verify_schema() + evidence.findings
    findings += check_register(inspection, evidence)
    findings += check_references(evidence)
    verifier, key_findings = _log_keys(evidence, key)
    return evidence, findings + key_findings, verifier


def _report(evidence: Evidence, findings: list[Finding], verifier: KeyChain | None, asked: _Asked) -> Report:
    signature_findings, signature_count = check_signatures(evidence)
    findings += signature_findings
    is_tail_asked = bool(asked.anchors or asked.policy.required)
    anchors, policy = [*asked.anchors, *asked.cosigned], asked.policy
    seen = check_tail(evidence.leaf_hashes, anchors, verifier, policy) if anchors and verifier else None
    findings += seen.findings if seen else ()
    counts = {
        "subjects": len(evidence.histories),
        "acts": sum(history.count + 1 for history in evidence.histories.values()),
        "events": len(evidence.leaf_hashes),
        "signatures": signature_count,
        "archived": sum(event.kind == "archive" for event in evidence.events),
        "disposed": len(evidence.tombstones),
        "pending": sum(finding.severity is Severity.PENDING for finding in findings),
    }
    unique = tuple(dict.fromkeys(findings))
    aspects = {name: _aspect(name, unique) for name in ASPECTS if name != TAIL}
    return Report(aspects | {TAIL: _tail(seen)}, unique, counts, is_tail_asked)


def _aspect(name: str, findings: Sequence[Finding]) -> Aspect:
    own = [finding for finding in findings if finding.aspect == name]
    for severity, answer in ((Severity.ALTERED, Answer.ALTERED), (Severity.CANNOT_ASSESS, Answer.CANNOT_ASSESS)):
        count = sum(finding.severity is severity for finding in own)
        if count:
            first = next(finding for finding in own if finding.severity is severity)
            return Aspect(
                answer,
                ngettext(
                    "{count} finding: {subject}: {message}", "{count} findings, first {subject}: {message}", count
                ).format(count=count, subject=first.subject, message=first.message),
            )
    return Aspect(Answer.OK, _("as it was written"))


def _log_keys(evidence: Evidence, outside: str | None) -> tuple[KeyChain | None, list[Finding]]:
    """The log's keys as the register names them, if the one kept outside is among them; else that one alone."""
    history = evidence.histories.get(ROOT_UNIT)
    first = str(history.acts[1].content.get("log_key") or "") if history else ""
    turns: list[tuple[int, str]] = []
    findings: list[Finding] = []
    newest = first
    for number, rotation in rotations_of(history) if history else ():
        index = next((e.index for e in evidence.events if (e.subject, e.act_number) == (ROOT_UNIT, number)), None)
        if index is None:
            break  # the missing event is said
        if rotation.old_key != newest or not rotation.is_sound:
            message = _("act {number}: the new log key is not signed by both the old and the new one").format(
                number=number
            )
            findings.append(altered("log-key-rotation", ROOT_UNIT, message, LOG))
            break
        newest = rotation.new_key
        turns.append((index + 1, newest))
    chain = KeyChain(first, tuple(turns))
    if outside is not None and outside not in chain.keys:
        chain = KeyChain(outside)
    return (chain if chain.first else None), findings


def _log_findings(inspection: Inspection, log: Path, verifier: KeyChain | None, evidence: Evidence) -> list[Finding]:
    notes, findings = _noted_checkpoints(inspection, evidence)
    try:
        findings += verify_log(log, verifier, evidence.leaf_hashes)
        findings += verify_checkpoints(log, verifier, notes, is_beginning_lost=evidence.rebuilt_at is not None)
        findings += verify_cosigned(log, verifier)
        findings += check_cosigned(log, evidence)
    except (RecordkeeperError, OSError) as error:
        findings.append(Finding("log-unreadable", Severity.CANNOT_ASSESS, "log", str(error), LOG))
    return findings + _newest_checkpoint_findings(log, notes)


def _noted_checkpoints(inspection: Inspection, evidence: Evidence) -> tuple[list[str], list[Finding]]:
    """The checkpoints that the register keeps, the oldest first, and what is wrong with their rows."""
    findings: list[Finding] = []
    notes: list[str] = []
    sizes: list[object] = []
    try:
        for size, note in inspection.raw_rows(tables.checkpoint):
            sizes.append(size)
            notes.append(str(note))
    except UnreadableTableError as error:
        findings.append(altered("table-unreadable", "checkpoint", str(error), LOG))
    findings += check_named_checkpoints(evidence, notes)
    for size, note in zip(sizes, notes, strict=True):
        stated = note.splitlines()[1:2]
        if stated != [str(size)]:
            message = _("expected {expected}, found {found}").format(expected="".join(stated), found=size)
            findings.append(altered("row-altered", "checkpoint.size", message, LOG))
    return notes, findings


def _newest_checkpoint_findings(log: Path, notes: Sequence[str]) -> list[Finding]:
    """A checkpoint is kept in the register first: the published one may be the one before, the first not be there."""
    try:
        published = read_checkpoint(log)
    except RecordkeeperError:
        return []  # said by verify_log
    if not notes or published == notes[-1]:
        return []
    if published is None and len(notes) > 1:
        message = _("the published checkpoint is gone, though the register knows of {count}").format(count=len(notes))
        return [altered("checkpoint-missing", "log/checkpoint", message, LOG)]
    if published is not None and published not in notes[-2:]:
        message = _("a checkpoint older than the newest two is published: the log was put back")
        return [altered("checkpoint-put-back", "log/checkpoint", message, LOG)]
    message = _("the newest checkpoint is not yet published")
    return [Finding("checkpoint-pending", Severity.PENDING, "log/checkpoint", message, LOG)]


def _tail(seen: Seen | None) -> Aspect:
    if seen is None:
        reason = _("no checkpoint from outside was given: what was cut off after the last one kept cannot be seen")
        return Aspect(Answer.CANNOT_ASSESS, reason)
    aspect = _aspect(TAIL, seen.findings)
    return Aspect(Answer.OK, seen.reason) if aspect.answer is Answer.OK else aspect
