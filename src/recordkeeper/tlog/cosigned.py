"""Cosigned checkpoints kept beside the published one: ``cosigned/SIZE`` is the log's note with cosignatures below.

A published checkpoint is replaced by the next one; what somebody outside has cosigned stays, and anchors the log for
whoever trusts the cosigner, though not against its being taken away.

Source: C2SP tlog-cosignature, signed-note.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from recordkeeper.durable import make_folder, read_plain_file, replace_file
from recordkeeper.errors import InvalidInputError, LogError, RecordkeeperError, RefusalError, UnavailableError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.tlog.checkpoint import UnsignedNoteError, split_note, unverified_checkpoint
from recordkeeper.tlog.cosignature import cosigned_at
from recordkeeper.tlog.key_chain import KeyChain, verify_signed
from recordkeeper.tlog.merkle import tree_root
from recordkeeper.tlog.tile_check import ASPECT
from recordkeeper.tlog.tile_path import COSIGNED_FOLDER
from recordkeeper.tlog.tiles import TEMPORARY_NAME, MissingTileError, TileLog, UnreachableLogError

_NAME = re.compile(r"[1-9][0-9]{0,17}")
_NOTE_BYTES_LIMIT = 1024 * 1024


class UnknownCheckpointError(LogError, InvalidInputError):
    """A cosigned note is none of the checkpoints that this log has made."""

    def __init__(self, size: int) -> None:
        message = ngettext(
            "checkpoint of {size} entry: none that this log has made",
            "checkpoint of {size} entries: none that this log has made",
            size,
        ).format(size=size)
        super().__init__(message, subject="checkpoint", found=str(size))


class NotCosignedError(LogError, RefusalError):
    """A note bears no valid cosignature of the keys given."""

    def __init__(self, size: int) -> None:
        message = ngettext(
            "checkpoint of {size} entry: no valid cosignature of the keys given",
            "checkpoint of {size} entries: no valid cosignature of the keys given",
            size,
        ).format(size=size)
        super().__init__(message, subject="checkpoint", found=str(size))


def read_cosigned(path: Path) -> list[tuple[str, str]]:
    """The cosigned notes of the log in folder ``path``: name of the file below it, and note; empty where unreadable."""
    try:
        names = sorted((each.name for each in (path / COSIGNED_FOLDER).iterdir()), key=lambda name: (len(name), name))
    except OSError:
        return []
    notes = []
    for name in names:
        try:
            data = read_plain_file(path / COSIGNED_FOLDER / name, _NOTE_BYTES_LIMIT)
        except OSError:
            data = b""
        notes.append((f"{COSIGNED_FOLDER}/{name}", data.decode(errors="replace")))
    return notes


def with_cosignatures(path: Path, made: str, cosigned: str, verifiers: Sequence[str]) -> str:
    """The note to keep of a checkpoint: what is kept already, and the valid cosignatures that are new.

    Args:
        path: the log's folder.
        made: the note of that size as the log made it.
        cosigned: the same with cosignatures.
        verifiers: the keys of cosigners; signatures of others are not kept.

    Raises:
        MalformedNoteError: ``cosigned`` is no signed note.
        MalformedKeyError: one of ``verifiers`` is no cosigner's key.
        UnknownCheckpointError: its text is not that of ``made``.
        NotCosignedError: it bears no valid cosignature of the keys given.
        UnreachableLogError: the disk refuses.
    """
    size = unverified_checkpoint(cosigned).size
    if split_note(cosigned)[0] != split_note(made)[0]:
        raise UnknownCheckpointError(size)
    if not any(cosigned_at(cosigned, verifier) for verifier in verifiers):
        raise NotCosignedError(size)
    place = path / COSIGNED_FOLDER / str(size)
    try:
        kept = read_plain_file(place, _NOTE_BYTES_LIMIT).decode(errors="replace") if place.exists() else made
    except OSError as error:
        raise UnreachableLogError(f"{COSIGNED_FOLDER}/{size}", error) from error
    for line in cosigned.rpartition("\n\n")[2].splitlines(keepends=True):
        alone = f"{split_note(made)[0]}\n{line}"
        if line not in kept and any(cosigned_at(alone, verifier) for verifier in verifiers):
            kept += line
    return kept


def keep_cosigned(path: Path, note: str) -> None:
    """Keep a cosigned note in the log's folder, in the place of the one of the same size.

    Raises:
        UnreachableLogError: the disk refuses.
    """
    name = f"{COSIGNED_FOLDER}/{unverified_checkpoint(note).size}"
    try:
        make_folder(path / COSIGNED_FOLDER)
        replace_file(path / name, note.encode(), path / TEMPORARY_NAME)
    except OSError as error:
        raise UnreachableLogError(name, error) from error


def verify_cosigned(path: Path, verifier: str | KeyChain | None) -> Iterator[Finding]:
    """Everything wrong with the cosigned notes of the log in folder ``path``: form, the log's signature, root.

    Codes: ``cosigned-checkpoint``.
    """
    nodes = TileLog(path).nodes()
    for name, note in read_cosigned(path):
        try:
            checkpoint = unverified_checkpoint(note) if verifier is None else verify_signed(note, verifier)
            found = (
                ""
                if name == f"{COSIGNED_FOLDER}/{checkpoint.size}"
                else ngettext("of {size} entry", "of {size} entries", checkpoint.size).format(size=checkpoint.size)
            )
            if not found and tree_root(checkpoint.size, nodes) != checkpoint.root:
                found = _("not the root of the entries")
        except (UnsignedNoteError, InvalidInputError, MissingTileError) as error:
            found = str(error)
        except UnavailableError:
            continue  # a tile is damaged, which verify_log names
        if found:
            message = _("a cosigned checkpoint that does not fit the log: {found}").format(found=found)
            yield Finding("cosigned-checkpoint", Severity.ALTERED, f"{path.name}/{name}", message, ASPECT)


def cosigned_by(path: Path, verifiers: Sequence[str], required: int) -> list[str]:
    """The kept notes that at least ``required`` of ``verifiers`` have validly cosigned; none where none is required."""
    if not required:
        return []
    notes = []
    for _name, note in read_cosigned(path):
        try:
            count = sum(cosigned_at(note, verifier) is not None for verifier in verifiers)
        except RecordkeeperError:
            continue  # said by verify_cosigned
        if count >= required:
            notes.append(note)
    return notes
