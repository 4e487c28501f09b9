"""The published log in its folder: its checkpoint, and whether everything in it fits together.

Checkpoints never go backwards. Verification changes nothing and reads every byte of every tile; the hashes
of entries are compared with those that the caller has, and nothing is kept of them but a hash a tile.

Source: C2SP tlog-tiles, C2SP tlog-checkpoint, RFC 9162, 2.1.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from recordkeeper.durable import make_folder, read_plain_file, replace_file
from recordkeeper.errors import InvalidInputError, LogError, RefusalError, UnavailableError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    MalformedKeyError,
    MalformedNoteError,
    UnsignedNoteError,
    note_digest,
    unverified_checkpoint,
)
from recordkeeper.tlog.hash_list import HashList
from recordkeeper.tlog.key_chain import KeyChain, verify_signed
from recordkeeper.tlog.merkle import EMPTY_ROOT, tree_root
from recordkeeper.tlog.tile_check import ASPECT, TileCheck
from recordkeeper.tlog.tiles import TEMPORARY_NAME, MissingTileError, TileLog, UnreachableLogError

CHECKPOINT_NAME = "checkpoint"

_NOTE_BYTES_LIMIT = 1024 * 1024


class BackwardsCheckpointError(LogError, RefusalError):
    """A checkpoint would replace one of a longer log, another of the same size, or one that is damaged."""

    def __init__(self, size: int, found: str) -> None:
        message = ngettext(
            "checkpoint of {size} entry: the published one is {found}",
            "checkpoint of {size} entries: the published one is {found}",
            size,
        ).format(size=size, found=found)
        super().__init__(message, subject="checkpoint", expected=str(size), found=found)


def read_checkpoint(path: Path) -> str | None:
    """The published note of the log in folder ``path``; none where there is none yet.

    Raises:
        UnreachableLogError: it cannot be read, or a link stands in its place.
        MalformedNoteError: it is no UTF-8 text.
    """
    try:
        return read_plain_file(path / CHECKPOINT_NAME, _NOTE_BYTES_LIMIT).decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise MalformedNoteError(_("no UTF-8 text")) from None
    except OSError as error:
        raise UnreachableLogError(CHECKPOINT_NAME, error) from error


def write_checkpoint(path: Path, note: str) -> None:
    """Publish ``note`` as the checkpoint of the log in folder ``path``; the same note again changes nothing.

    Raises:
        BackwardsCheckpointError: the published one is of more entries, or of as many with another root.
        MalformedNoteError: ``note``, or the published one, is no checkpoint.
        UnreachableLogError: the disk refuses.

    Source: C2SP tlog-tiles, Checkpoint.
    """
    checkpoint = unverified_checkpoint(note)
    present = read_checkpoint(path)
    if present == note:
        return
    if present is not None:
        published = unverified_checkpoint(present)
        if (published.size, published.root) != (checkpoint.size, checkpoint.root) and (
            published.size >= checkpoint.size
        ):
            raise BackwardsCheckpointError(checkpoint.size, str(published.size))
    try:
        make_folder(path)
        replace_file(path / CHECKPOINT_NAME, note.encode(), path / TEMPORARY_NAME)
    except OSError as error:
        raise UnreachableLogError(CHECKPOINT_NAME, error) from error


def verify_log(path: Path, verifier: str | KeyChain | None, hashes: Iterable[bytes] | None) -> list[Finding]:
    """Everything wrong with the log in folder ``path``; empty for a sound one that is published up to date.

    Args:
        path: the log's folder; subjects are paths that begin with its name (``log/…``).
        verifier: the verifier key; without it the signature cannot be assessed.
        hashes: of the leaves that it should hold, in order; none to check the log by itself.

    Codes: ``checkpoint-missing``, ``checkpoint-form``, ``checkpoint-key``, ``checkpoint-signature``,
    ``checkpoint-root``, ``log-entry``, ``log-tile``, ``log-extra``, ``log-ahead``, ``log-unreadable``; pending:
    ``log-pending`` (events not yet in the log), ``log-uncheckpointed`` (entries after the checkpoint).

    Source: RFC 9162, 2.1.1; C2SP signed-note.
    """
    findings, checkpoint = _check_checkpoint(path, verifier)
    check = TileCheck(path, checkpoint.size if checkpoint else None)
    findings += check.findings(hashes)
    if checkpoint is not None and check.root is not None and check.root != checkpoint.root:
        message = ngettext(
            "root of {size} entry: expected {expected}, found {found}",
            "root of {size} entries: expected {expected}, found {found}",
            checkpoint.size,
        ).format(size=checkpoint.size, expected=checkpoint.root.hex(), found=check.root.hex())
        findings.append(_finding(path, "checkpoint-root", message))
    return findings


def verify_checkpoints(
    path: Path, verifier: str | KeyChain | None, notes: Iterable[str], *, is_beginning_lost: bool = False
) -> list[Finding]:
    """Everything wrong with the checkpoints that were ever made, judged against the log in folder ``path``.

    Each must be signed, name the one before it, be of more entries than that, and have the root that the
    stored hashes give for its size. The published checkpoint must be one of them. Subjects are
    ``checkpoint/SIZE``, or ``checkpoint`` where there is no size to name.

    Args:
        path: the log's folder.
        verifier: the verifier key; without it signatures are left to ``verify_log``.
        notes: all signed notes, oldest first.
        is_beginning_lost: whether the first of them may name one that nobody has any more.

    Codes: ``checkpoint-form``, ``checkpoint-signature``, ``checkpoint-chain``, ``checkpoint-root``, ``log-cut``.
    """
    nodes = TileLog(path).nodes()
    findings, seen = _chain_findings(
        lambda size: tree_root(size, nodes), verifier, notes, is_beginning_lost=is_beginning_lost
    )
    try:
        published = read_checkpoint(path)
    except (UnavailableError, InvalidInputError):
        return findings  # said by verify_log
    if published is not None and note_digest(published) not in seen:
        findings.append(_finding(path, "checkpoint-chain", _("the published checkpoint is none of those made")))
    return findings


def verify_checkpoint_chain(
    hashes: HashList, verifier: str | KeyChain | None, notes: Iterable[str], *, is_beginning_lost: bool = False
) -> list[Finding]:
    """As ``verify_checkpoints`` where the log's folder is not to be had: judged against the leaves that it should hold.

    Args:
        hashes: of the leaves, in order.
        verifier: as there.
        notes: as there.
        is_beginning_lost: as there.
    """
    notes = list(notes)
    roots = {0: EMPTY_ROOT, **hashes.prefix_roots(set(_sizes_of(notes)))}

    def root_of(size: int) -> bytes:
        if size not in roots:
            raise MissingTileError(f"{len(hashes)}…{size - 1}")
        return roots[size]

    return _chain_findings(root_of, verifier, notes, is_beginning_lost=is_beginning_lost)[0]


def _sizes_of(notes: Iterable[str]) -> Iterator[int]:
    for note in notes:
        with suppress(MalformedNoteError):
            yield unverified_checkpoint(note).size


def _chain_findings(
    root_of: Callable[[int], bytes],
    verifier: str | KeyChain | None,
    notes: Iterable[str],
    *,
    is_beginning_lost: bool,
) -> tuple[list[Finding], set[str]]:
    """What is wrong with checkpoints that follow one another, and the digests of them all."""
    findings: list[Finding] = []
    digest_before: str | None = None
    size_before = -1
    seen: set[str] = set()
    for note in notes:
        try:
            checkpoint = unverified_checkpoint(note) if verifier is None else verify_signed(note, verifier)
        except (MalformedNoteError, UnsignedNoteError, MalformedKeyError) as error:
            code = "checkpoint-form" if isinstance(error, MalformedNoteError) else "checkpoint-signature"
            findings.append(Finding(code, Severity.ALTERED, "checkpoint", str(error), ASPECT))
        else:
            if is_beginning_lost and size_before < 0 and checkpoint.previous:
                digest_before = checkpoint.previous[1]
            findings += _place_findings(root_of, checkpoint, size_before, digest_before)
            size_before = checkpoint.size
        digest_before = note_digest(note)
        seen.add(digest_before)
    return findings, seen


def _place_findings(
    root_of: Callable[[int], bytes], checkpoint: Checkpoint, size_before: int, digest_before: str | None
) -> Iterator[Finding]:
    """What is wrong with a checkpoint's place between the one before it and the stored hashes."""
    subject = f"checkpoint/{checkpoint.size}"
    named = checkpoint.previous[1] if checkpoint.previous else None
    if named != digest_before:
        message = _("it does not name the checkpoint before it")
        yield Finding("checkpoint-chain", Severity.ALTERED, subject, message, ASPECT)
    if checkpoint.size <= size_before:
        message = ngettext("it follows one of {size} entry", "it follows one of {size} entries", size_before).format(
            size=size_before
        )
        yield Finding("checkpoint-chain", Severity.ALTERED, subject, message, ASPECT)
    try:
        root = root_of(checkpoint.size)
    except MissingTileError as error:
        # Tiles come before the checkpoint over them, so they were there.
        message = _("the log no longer holds its entries: {found}").format(found=error.subject)
        yield Finding("log-cut", Severity.ALTERED, subject, message, ASPECT)
        return
    except (UnavailableError, InvalidInputError):
        return  # a tile is damaged, which verify_log names
    if root != checkpoint.root:
        message = _("root: expected {expected}, found {found}").format(expected=checkpoint.root.hex(), found=root.hex())
        yield Finding("checkpoint-root", Severity.ALTERED, subject, message, ASPECT)


def _check_checkpoint(path: Path, verifier: str | KeyChain | None) -> tuple[list[Finding], Checkpoint | None]:
    """Findings about the published checkpoint, and what it says, even where nobody vouches for it."""
    findings: list[Finding] = []
    try:
        note = read_checkpoint(path)
        if note is None:
            message = _("there is no checkpoint")
            return [_finding(path, "checkpoint-missing", message, Severity.CANNOT_ASSESS)], None
        checkpoint = unverified_checkpoint(note)
    except UnreachableLogError as error:
        return [_finding(path, "checkpoint-form", str(error))], None
    except MalformedNoteError as error:
        return [_finding(path, "checkpoint-form", str(error))], None
    try:
        if verifier is None:
            message = _("there is no key to check the signature with")
            findings.append(_finding(path, "checkpoint-key", message, Severity.CANNOT_ASSESS))
        else:
            verify_signed(note, verifier)
    except MalformedKeyError as error:
        findings.append(_finding(path, "checkpoint-key", str(error), Severity.CANNOT_ASSESS))
    except UnsignedNoteError as error:
        findings.append(_finding(path, "checkpoint-signature", str(error)))
    return findings, checkpoint


def _finding(path: Path, code: str, message: str, severity: Severity = Severity.ALTERED) -> Finding:
    return Finding(code, severity, f"{path.name}/{CHECKPOINT_NAME}", message, ASPECT)
