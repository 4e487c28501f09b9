"""The execution of a list, record by record: what may go goes everywhere, what may not is said.

Of each record first its act ``dispose`` is committed and published, then in one transaction that keeps every hold out
its object leaves the archive and the mirrors, its acts, salt, files and projections leave the register, and a tombstone
takes their place. Each step asks anew whether the record may go, and can be done again after a kill. What the hold of
another person has stopped after the first step is kept whole, for its acts go last.

A transfer list goes the same road once its records are in other hands. It is long because the two steps, and what ends
them otherwise, are read together or not at all.

Source: M-1, M-3, M-7, M-8, M-12, M-14; P-5, P-8; P00-R6, P00-R7
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from recordkeeper.errors import ArchiveError, RetentionError, UnavailableError
from recordkeeper.language import clauses
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import canonical, digest
from recordkeeper.model.disposition import (
    DESTROYED,
    FAILED,
    MARKED,
    SKIPPED,
    TRANSFERRED,
    Disposition,
    Item,
    Kind,
    NotReadyError,
    Part,
    Reason,
    Result,
)
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import head_of
from recordkeeper.model.record_state import State
from recordkeeper.model.schedule import BEFORE_ANY
from recordkeeper.model.standing import Standing
from recordkeeper.model.step import Step
from recordkeeper.model.transfer import Keeping, handing_over_of
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.disposal import (
    bury,
    check_clock,
    close_items,
    lock_standing,
    remove_subject,
    standing_subject,
    subjects_open,
    tombstone_of,
)
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.burial import Disposal, tombstones_of
from recordkeeper.services.disposal_list import GOING, Judged, judge
from recordkeeper.services.disposition import find_list, list_for
from recordkeeper.services.erasure import begin_disposal, check_begun, erase, going, retain_one
from recordkeeper.services.mirroring import mirrors_of, remove_from_mirrors
from recordkeeper.services.packing import packages_left
from recordkeeper.services.people import Actor
from recordkeeper.services.publication import Publisher, publish, publisher_lock
from recordkeeper.services.retention import RetentionDesk, schedule_in_force
from recordkeeper.services.retrieval import replayed
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting

COMMAND = "retention execute"
COMMANDS = {Kind.DESTRUCTION: COMMAND, Kind.TRANSFER: "retention hand-over"}
DESTROY = "destroy"
"""The kind of the event that binds a tombstone."""

Advance = Callable[[], object]


class NotPublishedError(RetentionError, UnavailableError):
    """What begins to go is not in the published log yet: its object stays where it is."""

    def __init__(self, number: str, found: str) -> None:
        super().__init__(
            _("{number}: expected the log to be published first: {found}").format(number=number, found=found),
            subject=number,
            expected=_("a published log"),
            found=found,
        )


class NotStoredError(RetentionError, UnavailableError):
    """A version of a record still waits for the archive: it goes when that is stored."""

    def __init__(self, number: str) -> None:
        found = _("a version of it waits for the archive")
        super().__init__(
            _("{number}: {found}").format(number=number, found=found),
            subject=number,
            expected=_("a stored version"),
            found=found,
        )


@dataclass(slots=True)
class Progress:
    """How far an execution has come in one run.

    Args:
        number: the list.
        results: what became of the items so far, in the order of the list.
        unreached: mirrors that could not be reached, and may still hold what was destroyed.
        packages: what lies in the archive among the packages of transfer lists, and could not be removed.
    """

    number: str
    results: list[Result] = field(default_factory=list)
    unreached: list[Path] = field(default_factory=list)
    packages: list[Path] = field(default_factory=list)

    @property
    def rest(self) -> list[tuple[str, str]]:
        """Where a copy may still be for want of reach, each with its kind and detail."""
        return [
            *(("mirror", str(place)) for place in self.unreached),
            *(("package", str(place)) for place in self.packages),
        ]

    def count(self, outcome: str) -> int:
        """How many items had that outcome."""
        return sum(result.outcome == outcome for result in self.results)


@dataclass(frozen=True, slots=True)
class Executor:
    """Who executes a list, where, at which moment.

    Args:
        publisher: the parts of this machine: register, archive, log key.
        actor: who executes it.
        now: aware, UTC.
        number: of the list.
    """

    publisher: Publisher
    actor: Actor
    now: datetime
    number: str

    @property
    def register(self) -> Register:
        """The open register."""
        return self.publisher.register


def destroy_listed(by: Executor, *, is_paper_destroyed: bool, advance: Advance = lambda: None) -> Progress:
    """Destroy what a list names; after a kill, or when what stood in the way is mended, the same call goes on.

    Args:
        by: who, where, when, which list.
        is_paper_destroyed: whether whoever executes it says that the originals on paper are destroyed.
        advance: called for each item.

    Returns:
        What became of each item. One that failed stays to be tried again.

    Raises:
        UnknownRecordError, NoListError: there is no such list.
        NotReadyError: it is not approved, not watched by two, too early, done, or names originals on paper that still
            lie there.
        TwoPartsError, NotYoursError: who executes it must not.
        ClockBackError: the clock is set back.
        NoDatabaseRoleError: on PostgreSQL the login may not execute dispositions.
        NotPublishedError, PublisherBusyError, ArchiveError: the log cannot be published, or the archive is not there.

    Source: M-12, M-14; P00-R6
    """
    return remove_listed(by, check_begin(by, is_paper_destroyed=is_paper_destroyed), advance)


def remove_listed(by: Executor, items: Sequence[Item], advance: Advance = lambda: None) -> Progress:
    """Remove the items of a list that may be executed, each in its two steps.

    Args:
        by: who, where, when, which list.
        items: those that are still to be done.
        advance: called for each item.

    Returns:
        What became of each item of the list. One that failed stays to be tried again.

    Raises:
        ClockBackError, NotPublishedError, PublisherBusyError, ArchiveError: as ``destroy_listed``.
    """
    publish_first(by)
    progress = Progress(by.number)
    failed: dict[str, Reason] = {}
    begun: list[Item] = []
    for item in items:
        try:
            begun += [item] if begin_item(by, item) else []
        except NotStoredError as error:
            failed[item.number] = Reason("failed", error.found)
    publish_first(by)
    for item in begun:
        try:
            progress.unreached += finish_item(by, item)
        except ArchiveError as error:
            failed[item.number] = Reason("failed", str(error))
        advance()
    with by.register.reading() as snapshot:
        listed = find_list(snapshot, by.number, *GOING)
        progress.results = list(results_of(snapshot, listed, failed))
        progress.packages = packages_left(snapshot, by.publisher.archive)
    progress.unreached = list(dict.fromkeys(progress.unreached))
    return progress


def check_begin(by: Executor, *, is_paper_destroyed: bool) -> list[Item]:
    """The items that are still to be done, if the list may be executed now, by this person.

    Raises:
        UnknownRecordError, NoListError, NotReadyError, TwoPartsError, NotYoursError, ClockBackError,
            NoDatabaseRoleError: as ``destroy_listed``.
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
    """
    with by.register.writing(now=by.now) as transaction:
        setting = Setting(transaction, by.now)
        listed = list_for(setting, by.actor, by.number, Kind.DESTRUCTION)
        check_right(transaction, by.actor, COMMAND, by.now, listed.record.unit, about=by.number)
        check_clock(transaction, by.number)
        schedule = schedule_in_force(transaction, setting.today) or BEFORE_ANY
        listed.check_executable(setting.today, schedule.cooling_days)
        who = setting.standing(by.actor.subject, listed.record.unit)
        _check_executor(listed, who, setting)
        with transaction.disposing():
            pass  # refused now, where the login may not, and not when an object has left the archive
        if not is_paper_destroyed and any(item.medium != "electronic" for item in listed.items):
            expected = _("the originals on paper destroyed first (--paper-destroyed)")
            raise NotReadyError(by.number, expected, _("originals on paper"))
        waiting = subjects_open(transaction, listed.record.subject)
        return [item for item in listed.items if item.subject in waiting]


def _check_executor(listed: Disposition, who: Standing, setting: Setting) -> None:
    listed.check_parts((Part.EXECUTOR, who.subject, who.name))
    section = listed.execution
    if section is not None:
        listed.record.check_may_fill(Step(section.id), who, setting.moment)


def publish_first(by: Executor) -> None:
    """Publish what is committed by now; nothing leaves the archive before the log says that it goes.

    What others commit meanwhile may wait: it is about nothing that goes.

    Raises:
        NotPublishedError: something stays behind.
    """
    with by.register.reading() as snapshot:
        committed = snapshot.event_count()
    outcome = publish(by.publisher, by.now)
    if outcome.log_size < committed:
        raise NotPublishedError(by.number, clauses(outcome.problems) or _("events wait"))


# ---- one item --------------------------------------------------------------------------------------------------------


def begin_item(by: Executor, item: Item) -> bool:
    """Commit that a record begins to go, if it may; else say on the list why it does not. Whether it goes.

    Raises:
        ClockBackError: the clock is set back.
        NotStoredError: a version of it waits for the archive.
    """
    with by.register.writing(now=by.now) as transaction:
        setting, listed, judged, who = locked(transaction, by, item)
        is_begun = judged.record is not None and judged.record.state is State.DISPOSED
        if is_begun and not item.erased:
            return True  # by a run that was killed, or did not get further
        if judged.record is None or (judged.reason is not None and not is_begun):
            skip(transaction, listed, item, judged.reason or Reason("gone"), who, setting)
            return False
        sheet = standing_subject(transaction, judged.record.sheet)
        if any(staged.subject in {item.subject, sheet} for staged in transaction.staged()):
            raise NotStoredError(item.number)
        begin_disposal(transaction, by.publisher.storage_root, setting, Disposal(listed, item, judged.record, who))
        return True


def finish_item(by: Executor, item: Item) -> list[Path]:
    """Remove a record that has begun to go from archive, mirrors and register, if it still may; else keep it.

    No hold is placed between the first byte and the last: whoever places one waits, or has placed it before.

    Returns:
        The mirrors that could not be reached.

    Raises:
        ClockBackError: the clock is set back.
        ArchiveError: the archive refuses; the record stays to be tried again.
    """
    with publisher_lock(by.publisher.archive), by.register.writing(now=by.now) as transaction:
        setting, listed, judged, who = locked(transaction, by, item)
        record = judged.record
        if record is None:
            return []
        if judged.reason is not None:
            retain(transaction, by, judged, judged.reason, who, setting)
            skip(transaction, listed, item, judged.reason, who, setting)
            return []
        if item.erased:
            check_begun(transaction, by.publisher.storage_root, record)
            return erase(transaction, by.publisher.storage_root, setting, Disposal(listed, item, record, who))
        root = by.publisher.storage_root
        stones = tombstones_of(transaction, root, setting, Disposal(listed, item, record, who))
        # The object goes before the rows. Killed in between, the record still stands in the register, begun to go as
        # the log says: an object that is not there is then nothing altered, the next run goes on, and a hold that is
        # placed meanwhile has the record archived anew from its acts. The other way round a tombstone would say that
        # it is gone while its bytes lie in the archive, and no run would come back for them.
        root.remove_object(record.subject)
        unreached = remove_from_mirrors(mirrors_of(transaction), record.subject)
        for stone in stones:
            subject = str(stone["subject"])
            transaction.note(DESTROY, actor=who.subject, subject=subject, bound_digest=digest(canonical(stone)))
            with transaction.disposing():
                remove_subject(transaction, subject)
            bury(transaction, subject, stone)
        close_items(transaction, listed.record.subject, item.subjects)
        return unreached


def locked(transaction: Transaction, by: Executor, item: Item) -> tuple[Setting, Disposition, Judged, Standing]:
    """The list and one of its items as they stand, nobody else changing them until the transaction ends.

    The company is locked as whoever places or lifts a hold locks it; last, as by whoever enters a row.
    """
    check_clock(transaction, by.number)
    history = transaction.history(item.subject)
    if history is not None and (sheet := str(history.acts[1].told.content.get("sheet", ""))):
        lock_standing(transaction, sheet)
    for subject in sorted(item.subjects):
        transaction.lock(subject)
    transaction.lock(ROOT_UNIT)
    setting = Setting(transaction, by.now)
    listed = find_list(transaction, by.number, *GOING)
    check_right(transaction, by.actor, COMMANDS[listed.kind], by.now, listed.record.unit, about=by.number)
    listed.check_parts((Part.EXECUTOR, by.actor.subject, by.actor.name))
    judged = judge(RetentionDesk(setting), item, setting.today, listed.kind)
    return setting, listed, judged, setting.standing(by.actor.subject, listed.record.unit)


def skip(
    transaction: Transaction, listed: Disposition, item: Item, reason: Reason, who: Standing, setting: Setting
) -> None:
    """Say on the list that an item does not go, and shut the road for it."""
    outcome = FAILED if reason.code == "failed" else SKIPPED
    result = Result(item.number, outcome, reason)
    content = {**head_of("skip", who, setting.moment), "results": [result.content]}
    after = Record.replay(listed.record.form, listed.record.history.followed_by(content))
    transaction.append(listed.record.history, content, record_rows(after))
    if handing_over_of(listed.record) is not Keeping.COPIES:  # by which no road was opened
        close_items(transaction, listed.record.subject, item.subjects)


def retain(
    transaction: Transaction, by: Executor, judged: Judged, reason: Reason, who: Standing, setting: Setting
) -> None:
    """Let a record that had begun to go stand again as it stood; nothing where it had not begun."""
    for record in going(transaction, judged.record):
        retain_one(transaction, by.publisher.storage_root, setting, record, (reason.code, who))


def give_up_items(
    transaction: Transaction, by: Executor, left: Sequence[Item], progress: Progress, who: Standing, setting: Setting
) -> Disposition:
    """Let the items that are still to be done stay, with the reason why each failed; the list as it then stands."""
    listed = find_list(transaction, by.number, *GOING)
    failures = {result.number: result.why for result in progress.results}
    for item in left:
        judged = judge(RetentionDesk(setting), item, setting.today, listed.kind)
        reason = failures.get(item.number) or Reason("failed", _("given up"))
        retain(transaction, by, judged, reason, who, setting)
        skip(transaction, listed, item, reason, who, setting)
        listed = find_list(transaction, by.number, *GOING)
    return listed


# ---- what became of the items ----------------------------------------------------------------------------------------


def results_of(snapshot: Snapshot, listed: Disposition, failed: Mapping[str, Reason]) -> Iterator[Result]:
    """What became of each item of a list, in its order.

    Args:
        snapshot: where tombstones stand.
        listed: the list.
        failed: why items that are still to be done failed in this run.
    """
    skips = listed.skips
    gone = TRANSFERRED if listed.kind is Kind.TRANSFER else DESTROYED
    for item in listed.items:
        stones = [stone for subject in item.subjects if (stone := tombstone_of(snapshot, subject))]
        if item.number in skips:
            yield skips[item.number]
        elif not item.subject:
            yield Result(item.number, gone)
        elif stones and str(stones[0]["list"]) == listed.number:
            yield Result(item.number, gone, tombstones=tuple(stones))
        elif is_marked(snapshot, listed, item):
            yield Result(item.number, MARKED)
        else:
            yield Result(item.number, FAILED, failed.get(item.number, Reason("failed", _("not yet done"))))


def is_marked(snapshot: Snapshot, listed: Disposition, item: Item) -> bool:
    """Whether a record was handed over by a list and is kept here as a copy."""
    history = snapshot.history(item.subject)
    return history is not None and replayed(snapshot, history).transferred_by == listed.number
