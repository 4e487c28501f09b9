"""The end of a transfer: what is in other hands leaves, or stays as a marked copy; the list says what became of each.

Nothing begins before the receiver's receipt. Where nothing is kept, records go by the one road, as a destruction list's
do; each step asks anew whether a hold keeps them. A run that was killed is carried on by the next.

Source: M-3, M-12, M-14; P00-R7
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recordkeeper.model.disposition import FAILED, Item, Kind, Reason, Result
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import head_of
from recordkeeper.model.transfer import Keeping, check_may_hand_over, hand_over, handing_over_of
from recordkeeper.register.disposal import approve_items, check_clock, subjects_open
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.residue import Residue, wipe
from recordkeeper.services.destruction_certificate import NotWipedError, given_out
from recordkeeper.services.disposition import find_list, list_for
from recordkeeper.services.execution import (
    COMMANDS,
    Advance,
    Executor,
    Progress,
    give_up_items,
    is_marked,
    locked,
    publish_first,
    remove_listed,
    results_of,
    skip,
)
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Content

WAIT_FOR_READERS_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How far a handing over came.

    Args:
        number: the list.
        results: what became of each item.
        rest: where copies may still be, each with its kind and detail.
        is_done: whether the list says so; not while items have failed and are to be tried again.
    """

    number: str
    results: tuple[Result, ...]
    rest: tuple[tuple[str, str], ...]
    is_done: bool


def hand_over_listed(
    by: Executor,
    keeps: Keeping,
    *,
    gives_up: bool = False,
    advance: Advance = lambda: None,
    waiting: Callable[[], object] = lambda: None,
) -> HandedOver:
    """Let go of what a received list names, or mark it as copies; after a kill the same call goes on.

    Args:
        by: who, where, when, which list.
        keeps: what stays here; said once for a list.
        gives_up: whether items that failed are to stay, and be said to have failed.
        advance: called for each item.
        waiting: called when readers of the database have to be waited for.

    Returns:
        What became of each item. One that failed stays to be tried again.

    Raises:
        UnknownRecordError, NoListError: there is no such list.
        NotReadyError: not approved, not received, done, or begun otherwise.
        NoRightError, NotYoursError, TwoPartsError: who hands it over must not.
        ClockBackError: the clock is set back.
        NoDatabaseRoleError: on PostgreSQL the login may not execute dispositions.
        NotPublishedError, PublisherBusyError, ArchiveError: the log cannot be published, or the archive is not there.
        NotWipedError: what is gone may still lie in the database's files.

    Source: M-3, M-12, M-14; P00-R7
    """
    items = _begin(by, keeps)
    if keeps is Keeping.COPIES:
        for item in items:
            mark_item(by, item)
            advance()
        publish_first(by)
        with by.register.reading() as snapshot:
            listed = find_list(snapshot, by.number, Kind.TRANSFER)
            progress = Progress(by.number, list(results_of(snapshot, listed, {})))
        residue = Residue(is_wiped=True)
    else:
        progress = remove_listed(by, items, advance)
        residue = wipe(by.register, WAIT_FOR_READERS_SECONDS, waiting)
        if ("readers", "") in residue.kinds:
            raise NotWipedError(by.number, residue)
    if any(result.outcome == FAILED for result in progress.results) and not gives_up:
        rest = (*residue.kinds, *progress.rest)
        return HandedOver(by.number, tuple(progress.results), rest, is_done=False)
    return _closed(by, progress, residue)


def count_listed(by: Executor, keeps: Keeping) -> int:
    """How many electronic records a list names, if it may be handed over now, by this person.

    Raises:
        UnknownRecordError, NoListError: there is no such list.
        NoRightError, AuditorChangesNothingError: as ``check_right``.
        NotReadyError, NotYoursError, TwoPartsError: as ``check_may_hand_over``.
    """
    with by.register.reading() as snapshot:
        setting = Setting(snapshot, by.now)
        listed = list_for(setting, by.actor, by.number, Kind.TRANSFER)
        check_right(snapshot, by.actor, COMMANDS[Kind.TRANSFER], by.now, listed.record.unit, about=by.number)
        check_may_hand_over(listed, keeps, setting.standing(by.actor.subject, listed.record.unit))
        return sum(bool(item.subject) for item in listed.items)


def _begin(by: Executor, keeps: Keeping) -> list[Item]:
    """Say on the list what stays, if the handing over may begin or go on; the items that are still to be done."""
    with by.register.writing(now=by.now) as transaction:
        setting = Setting(transaction, by.now)
        listed = list_for(setting, by.actor, by.number, Kind.TRANSFER)
        check_right(transaction, by.actor, COMMANDS[Kind.TRANSFER], by.now, listed.record.unit)
        check_clock(transaction, by.number)
        who = setting.standing(by.actor.subject, listed.record.unit)
        check_may_hand_over(listed, keeps, who)
        if keeps is Keeping.NOTHING:
            with transaction.disposing():
                pass  # refused now, where the login may not, and not when an object has left the archive
        if handing_over_of(listed.record) is None:
            content = hand_over(listed, keeps, who, setting.moment)
            after = Record.replay(listed.record.form, listed.record.history.followed_by(content))
            transaction.append(listed.record.history, content, record_rows(after))
            if keeps is Keeping.NOTHING:
                subjects = [subject for item in listed.items for subject in item.subjects]
                approve_items(transaction, listed.record.subject, subjects)
        if keeps is Keeping.NOTHING:
            waiting = subjects_open(transaction, listed.record.subject)
            return [item for item in listed.items if item.subject in waiting]
        skipped = listed.skips
        return [item for item in listed.items if item.subject and item.number not in skipped]


def mark_item(by: Executor, item: Item) -> None:
    """Say of one record that it was handed over, and is kept here as a copy, if no hold keeps it as it is.

    Raises:
        ClockBackError: the clock is set back.
    """
    with by.register.writing(now=by.now) as transaction:
        setting, listed, judged, who = locked(transaction, by, item)
        if is_marked(transaction, listed, item):
            return
        record = judged.record
        if judged.reason is not None or record is None:
            skip(transaction, listed, item, judged.reason or Reason("gone"), who, setting)
            return
        content = record.transfer((listed.number, listed.record.history.digests[-1]), who, setting.moment)
        after = Record.replay(record.form, record.history.followed_by(content))
        transaction.append(record.history, content, record_rows(after))


def _closed(by: Executor, progress: Progress, residue: Residue) -> HandedOver:
    """Let the list say what became of each item, with the tombstones of what is gone."""
    with by.register.writing(now=by.now) as transaction:
        setting = Setting(transaction, by.now)
        listed = find_list(transaction, by.number, Kind.TRANSFER)
        who = setting.standing(by.actor.subject, listed.record.unit)
        waiting = subjects_open(transaction, listed.record.subject)
        left = [item for item in listed.items if item.subject in waiting]
        listed = give_up_items(transaction, by, left, progress, who, setting)
        results = tuple(results_of(transaction, listed, {}))
        rest = [*residue.kinds, *progress.rest]
        rest += given_out(transaction, results)
        content: Content = {
            **head_of("execute", who, setting.moment),
            "results": [result.content for result in results],
            "rest": [{"kind": kind, "detail": detail} for kind, detail in rest],
        }
        after = Record.replay(listed.record.form, listed.record.history.followed_by(content))
        transaction.append(listed.record.history, content, record_rows(after))
    return HandedOver(by.number, results, tuple(rest), is_done=True)
