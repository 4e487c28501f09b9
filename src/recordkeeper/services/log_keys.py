"""The log's key files and what the register says of them: which key signs now, and how a new one takes its place.

The root unit's acts name the keys. The new key's file waits beside the old one as ``log.key.new`` until the first
checkpoint by it is published; then it takes the old one's place, which is thereby gone: nothing is signed by it again.

Source: 21 CFR 11.10(e), (h)
"""

from datetime import datetime
from pathlib import Path

from recordkeeper.durable import sync_folder
from recordkeeper.errors import LogError, RefusalError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.model.event import History
from recordkeeper.model.unit import ROOT_UNIT, Unit
from recordkeeper.register.acts import Register
from recordkeeper.services.company import company
from recordkeeper.services.people import Actor
from recordkeeper.services.places import append_unit
from recordkeeper.services.right import check_right
from recordkeeper.tlog.checkpoint import LogKey
from recordkeeper.tlog.key_chain import Rotation, rotate

NEW_SUFFIX = ".new"
ROTATION = "rotate-log-key"


class OtherLogKeyError(LogError, UnavailableError):
    """The key file holds another key than the register names."""

    def __init__(self, path: Path, expected: str, found: str) -> None:
        message = _("{path}: expected the log key {expected}, found {found}").format(
            path=path, expected=expected, found=found
        )
        super().__init__(message, subject=str(path), expected=expected, found=found)


class RotationUnfinishedError(LogError, RefusalError):
    """A key is to be replaced that has not yet signed a checkpoint."""

    def __init__(self, path: Path) -> None:
        message = _("{path}: the new log key has not yet signed a checkpoint").format(path=path)
        super().__init__(message, subject=str(path))


def waiting_path(path: Path) -> Path:
    """Where a new key waits for its first checkpoint."""
    return path.with_name(path.name + NEW_SUFFIX)


def signing_log_key(path: Path, named: str) -> LogKey:
    """The key that signs the next checkpoint.

    Args:
        path: the key's file.
        named: the verifier key that the register names.

    Raises:
        UnusableLogKeyError: there is no usable key file.
        OtherLogKeyError: neither the file nor the one that waits beside it holds the key that is named.
    """
    key = LogKey.load(path)
    if key.verifier == named:
        return key
    waiting = waiting_path(path)
    if waiting.exists() and (new := LogKey.load(waiting)).verifier == named:
        return new
    raise OtherLogKeyError(path, named, key.verifier)


def settle_log_key(path: Path, key: LogKey) -> None:
    """Put the key that has signed a published checkpoint in the old one's place; the old one is gone.

    Raises:
        OSError: the disk refuses.
    """
    waiting = waiting_path(path)
    if waiting.exists() and LogKey.load(waiting).verifier == key.verifier:
        waiting.replace(path)
        sync_folder(path.parent)


def rotate_log_key(register: Register, path: Path, actor: Actor, now: datetime) -> Rotation:
    """Make a new log key; the caller holds the publisher's lock.

    Args:
        register: the open register.
        path: the file of the key that signs now.
        actor: a controller of the root unit.
        now: aware, UTC.

    Raises:
        NoRightError: ``actor`` is no controller of the root unit.
        UnusableLogKeyError: there is no usable key file here.
        OtherLogKeyError: it is not the key that the register names.
        RotationUnfinishedError: the key before has not yet signed a checkpoint.
    """
    with register.reading() as snapshot:
        check_right(snapshot, actor, "audit rotate-key", now)
        named = company(snapshot).log_key
    old, waiting = signing_log_key(path, named), waiting_path(path)
    if LogKey.load(path).verifier != named:
        raise RotationUnfinishedError(path)
    # What a killed attempt left was never named by the register.
    waiting.unlink(missing_ok=True)
    new = LogKey.generate(old.name)
    new.save(waiting)
    rotation = rotate(old, new)
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "audit rotate-key", now)
        history = transaction.history(ROOT_UNIT)
        if history is None or Unit.replay(history).log_key != named:
            raise RotationUnfinishedError(path)
        content = Unit.rotate_log_key(
            by=actor.subject,
            at=now,
            old_key=rotation.old_key,
            new_key=rotation.new_key,
            by_old=rotation.by_old,
            by_new=rotation.by_new,
        )
        append_unit(transaction, history, content)
    return rotation


def rotations_of(root: History) -> list[tuple[int, Rotation]]:
    """The number of each act by which the log's key was replaced, and what it says; nothing is checked."""
    names = ("old_key", "new_key", "signature_by_old", "signature_by_new")
    return [
        (act.number, Rotation(*(str(act.content.get(name, "")) for name in names)))
        for act in root.acts[1:]
        if act.kind == ROTATION
    ]
