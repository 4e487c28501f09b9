"""Values leave a record that stays as a record leaves: by a list, in two steps; then it goes on without them.

The old subject goes whole, with its salt, its object and its files; under its number stands a new one that holds every
act of it as it was, the values left out. A row has no object of its own: that of its sheet goes, and is made anew.

Source: M-7, M-8, M-12; P-8; PIPL, 47; GDPR, 17
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

from recordkeeper.errors import ArchiveError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json, canonical, digest
from recordkeeper.model.erasure import redacted_acts
from recordkeeper.model.event import CARRY, ERASE, SALT_BYTES, History, successor_head
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import head_of
from recordkeeper.model.record_state import State
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import successor_subject
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Transaction
from recordkeeper.register.disposal import bury, close_items, remove_subject
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.burial import Disposal, tombstones_of
from recordkeeper.services.held import hold_new
from recordkeeper.services.mirroring import mirrors_of, remove_from_mirrors
from recordkeeper.services.retrieval import sheet_of
from recordkeeper.services.setting import Setting


class StandsAgainError(ArchiveError, UnavailableError):
    """What was to go stands again, for another erasure was ended meanwhile: it begins to go anew in the next run."""

    def __init__(self, number: str) -> None:
        found = _("it stands again since another erasure was ended")
        super().__init__(
            _("{number}: {found}").format(number=number, found=found),
            subject=number,
            expected=_("a record that is being disposed of"),
            found=found,
        )


class ArchivedMeanwhileError(ArchiveError, UnavailableError):
    """The sheet of a row was archived after the erasure had begun: it goes when that object goes too."""

    def __init__(self, number: str) -> None:
        found = _("its sheet was archived meanwhile")
        super().__init__(
            _("{number}: {found}").format(number=number, found=found),
            subject=number,
            expected=_("a sheet that has begun to go"),
            found=found,
        )


ERASED = "erased"
"""Why a sheet is retained whose row goes on without values."""


def begin_disposal(transaction: Transaction, root: StorageRoot, setting: Setting, gone: Disposal) -> None:
    """Commit that a record begins to go; of an erasure from a row also its sheet, whose object holds the row.

    Args:
        transaction: in which nobody else changes them.
        root: the archive's storage root.
        setting: the moment.
        gone: what goes, by which list, by whom.
    """
    listed = (gone.listed.number, gone.listed.record.history.digests[-1])
    if not gone.item.erased:
        _append(transaction, gone.record, gone.record.dispose(listed, gone.who, setting.moment))
        return
    if gone.record.state is not State.DISPOSED:
        _append(transaction, gone.record, gone.record.begin_erasure(listed, gone.who, setting.moment))
    sheet = sheet_of(transaction, gone.record)
    if sheet is not None and sheet.state is not State.DISPOSED and root.has_object(sheet.subject):
        _append(transaction, sheet, sheet.begin_erasure(listed, gone.who, setting.moment))


def check_begun(transaction: Transaction, root: StorageRoot, record: Record) -> None:
    """Refuse to let a record go on that has not begun to go, or a row whose sheet, archived since, has not.

    Raises:
        StandsAgainError: the erasure of a row of the same sheet was ended, and the sheet retained.
        ArchivedMeanwhileError: the sheet's object, or a version of it that waits, holds the row as it was.
    """
    if record.state is not State.DISPOSED:
        raise StandsAgainError(record.number)
    sheet = sheet_of(transaction, record)
    if sheet is None or sheet.state is State.DISPOSED:
        return
    if root.has_object(sheet.subject) or any(staged.subject == sheet.subject for staged in transaction.staged()):
        raise ArchivedMeanwhileError(record.number)


def going(snapshot: Snapshot, record: Record | None) -> Iterator[Record]:
    """A record that has begun to go, and the sheet that has for its sake; nothing where it has not begun."""
    if record is None or record.state is not State.DISPOSED:
        return
    yield record
    sheet = sheet_of(snapshot, record)
    if sheet is not None and sheet.state is State.DISPOSED:
        yield sheet


def retain_one(
    transaction: Transaction, root: StorageRoot, setting: Setting, record: Record, why: tuple[str, Standing]
) -> None:
    """Let a record or sheet that had begun to go stand again, with the reason and who executes the list."""
    reason, who = why
    content = record.retain(reason, who, setting.moment, is_stored=root.has_object(record.subject))
    _append(transaction, record, content)


def erase(transaction: Transaction, root: StorageRoot, setting: Setting, gone: Disposal) -> list[Path]:
    """Remove a record that has begun to go, and let it go on under its number without the values.

    Args:
        transaction: in which nobody else changes it, or places a hold.
        root: the archive's storage root; the caller holds the publisher's lock.
        setting: the moment.
        gone: what goes, by which list, by whom.

    Returns:
        The mirrors that could not be reached.

    Raises:
        ArchiveError: the archive refuses; the record stays to be tried again.
    """
    record, item = gone.record, gone.item
    sheet = sheet_of(transaction, record)
    stored = sheet if sheet is not None and sheet.state is State.DISPOSED else None
    holder = stored.subject if stored is not None else record.subject
    stone = _tombstone(transaction, root, setting, gone)
    tombstone = int(str(stone["tombstone"]))
    acts = redacted_acts(record, item.erased, tombstone)
    kept = [
        (transaction.attachment(record.subject, each.digest), each.media_type)
        for each in record.attachments
        if not each.is_erased and f"attachment.{each.act_number}" not in item.erased
    ]
    root.remove_object(holder)
    unreached = remove_from_mirrors(mirrors_of(transaction), holder)
    transaction.note("destroy", actor=gone.who.subject, subject=record.subject, bound_digest=digest(canonical(stone)))
    with transaction.disposing():
        remove_subject(transaction, record.subject)
    bury(transaction, record.subject, stone)
    close_items(transaction, gone.listed.record.subject, item.subjects)
    successor = _carried_over(transaction, setting, gone, acts, stone)
    for data, media_type in kept:
        transaction.attach(successor.subject, data, media_type)
    hold_new(transaction, successor)
    if stored is not None:
        _append(transaction, stored, stored.retain(ERASED, gone.who, setting.moment, is_stored=False))
    return unreached


def _tombstone(transaction: Transaction, root: StorageRoot, setting: Setting, gone: Disposal) -> Content:
    stone = next(iter(tombstones_of(transaction, root, setting, gone)))
    successor = successor_subject(gone.record.subject, int(str(stone["tombstone"])))
    return {**stone, "erased": list(gone.item.erased), "successor": successor}


def _carried_over(
    transaction: Transaction, setting: Setting, gone: Disposal, acts: list[Content], stone: Content
) -> Record:
    """What the record goes on as: each act carried over, and the one that says what was erased."""
    former, who, listed = gone.record, gone.who, gone.listed
    tombstone, states = int(str(stone["tombstone"])), former.history.digests
    subject = str(stone["successor"])
    head = successor_head(subject, secrets.token_hex(SALT_BYTES), former.subject, tombstone)
    history = History(subject, (head,))
    for number, said in enumerate(acts, 1):
        content: dict[str, Json] = {**head_of(CARRY, who, setting.moment), "state": states[number], "carried": said}
        history = transaction.append(history, content, {})
    erased: Content = {
        **head_of(ERASE, who, setting.moment),
        "items": [{"number": listed.number, "state": listed.record.history.digests[-1]}],
        "tombstone": tombstone,
        "erased": list(gone.item.erased),
        "basis": gone.item.basis,
    }
    after = Record.replay(former.form, history.followed_by(erased))
    transaction.append(history, erased, record_rows(after))
    return after


def _append(transaction: Transaction, record: Record, content: Content) -> None:
    after = Record.replay(record.form, record.history.followed_by(content))
    transaction.append(record.history, content, record_rows(after))
