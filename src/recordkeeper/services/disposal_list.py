"""What an act on a list of records brings about: parts are checked, an approval decides or opens the road.

Every act on a list passes here, whichever command it came by, in the transaction that stores it; so there is one way to
approve, and nobody has two parts on one list.

Source: P00-R5, P00-R6; M-5, M-6; P-5
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from recordkeeper.errors import RefusalError, RetentionError
from recordkeeper.language import clauses, ngettext, told_of
from recordkeeper.language import translate as _
from recordkeeper.model.disposition import (
    Disposition,
    FrozenListError,
    Item,
    Kind,
    NotReadyError,
    Reason,
    disposition_of,
    reason_against,
    settled_state,
)
from recordkeeper.model.event import Act
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.retention import Decision, Eligibility, Outcome, eligibility
from recordkeeper.model.subject import name_of
from recordkeeper.model.transfer import check_received, handing_over_of
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Transaction
from recordkeeper.register.disposal import (
    approve_items,
    check_clock,
    close_items,
    lists_open_for,
    subjects_open,
    tombstone_of,
)
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.fitness import check_concluded
from recordkeeper.services.installation import provided
from recordkeeper.services.retention import RetentionDesk
from recordkeeper.services.retrieval import load, replayed, rows_of
from recordkeeper.services.setting import Setting

_MOST_NAMED = 10
_UNDER_WAY: Mapping[Kind, tuple[str, ...]] = {
    Kind.APPRAISAL: ("open", "pending"),
    Kind.DESTRUCTION: ("open", "pending"),
    Kind.TRANSFER: ("open", "pending", "closed"),
}
"""The states of the lists of a kind that are not over: a transfer list is closed before what it names changes hands."""

GOING = (Kind.DESTRUCTION, Kind.TRANSFER)
"""The lists by which records leave; a record stands on one of them at a time."""

PURPOSES: Mapping[Kind, str] = {
    Kind.APPRAISAL: "appraisal_sheet",
    Kind.DESTRUCTION: "destruction_list",
    Kind.TRANSFER: "transfer_list",
}


class NotEligibleError(RetentionError, RefusalError):
    """Records that a list names may not go, or may not be appraised, as they stand."""

    def __init__(self, name: str, reasons: Sequence[tuple[str, Reason]]) -> None:
        found = clauses(told_of(number, reason.text()) for number, reason in reasons[:_MOST_NAMED])
        expected = _("records that are due and that nothing keeps")
        message = ngettext(
            "{name}: {count} record refused: {found}", "{name}: {count} records refused: {found}", len(reasons)
        )
        super().__init__(
            message.format(name=name, count=len(reasons), found=found),
            subject=name,
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be said of one item on a day.

    Args:
        item: the item as it was listed.
        record: as it stands; None where there is none any more.
        answer: what the rules, the holds and the appraisal say; None where there is no record.
        reason: why it is not to go; None where it may.
    """

    item: Item
    record: Record | None
    answer: Eligibility | None
    reason: Reason | None


def judge(desk: RetentionDesk, item: Item, on: date, kind: Kind = Kind.DESTRUCTION) -> Judged:
    """Whether an item of a list may be destroyed, or transferred, on a day: as it was listed, due, and kept by nothing.

    The one place where eligibility is asked for by listing, approval and each removal of bytes alike.

    Source: M-4, M-12
    """
    snapshot = desk.setting.snapshot
    history = snapshot.history(item.subject)
    if history is None:
        stone = tombstone_of(snapshot, item.subject)
        return Judged(item, None, None, Reason("gone", str(stone["list"]) if stone else ""))
    record = replayed(snapshot, history)
    answer = eligibility(desk.kept(record), on)
    reason = reason_against(item, answer, kind)
    if reason is None and not _is_as_listed(snapshot, record, item):
        reason = Reason("changed")
    return Judged(item, record, answer, reason)


def _is_as_listed(snapshot: Snapshot, record: Record, item: Item) -> bool:
    if settled_state(record.history) != (item.act, item.state):
        return False
    # a sheet that goes on without values keeps its rows, whatever becomes of these meanwhile
    return not record.is_sheet or bool(item.erased) or row_states(snapshot, record) == item.rows


def row_states(snapshot: Snapshot, sheet: Record) -> tuple[tuple[str, str], ...]:
    """Name and state digest of each row of a sheet."""
    return tuple((name_of(row.subject), row.history.digests[-1]) for row in rows_of(snapshot, sheet))


def settle_list(transaction: Transaction, setting: Setting, after: Record) -> None:
    """Do what the last act on a list asks for beside itself; nothing for any other record.

    Raises:
        TwoPartsError: somebody has two parts on it.
        OwnWitnessError: its author was to enter the paper signature of an approver or witness.
        FrozenListError: what it names was to be changed.
        NotReadyError: its execution has begun, or is not to be filled in by hand.
        NotEligibleError: an approver was to let go what is not due, held, changed or on another list.
        UntestedError: nobody has concluded that what is to be transferred is fit for it.
        ClockBackError: the clock is set back.
    """
    listed = disposition_of(after)
    if listed is None:
        return
    act = after.history.acts[-1]
    match act.kind:
        case "sign":
            listed.check_parts()
            listed.check_entered(act)
            if act.content.get("meaning") == "approved":
                _approve(transaction, setting, listed)
            elif listed.kind is Kind.TRANSFER and act.content.get("meaning") == "received":
                check_received(listed)
        case "void":
            _give_up(transaction, listed)
        case "amend" | "reissue" | "countersign":
            raise FrozenListError(after.number, _(act.kind))
        case "fill" if _is_execution(listed, act):
            raise NotReadyError(after.number, _("its execution by the program"), _("values typed in"))
        case _:
            return


def _approve(transaction: Transaction, setting: Setting, listed: Disposition) -> None:
    check_clock(transaction, listed.number)
    if listed.kind is Kind.APPRAISAL:
        _appraise(transaction, setting, listed)
        return
    transaction.lock(ROOT_UNIT)  # as the execution does: of two lists that name one record, one alone is approved
    check_items(setting, listed)
    if listed.kind is Kind.TRANSFER and any(item.subject for item in listed.items):
        check_concluded(transaction, str(listed.record.values.get("test_number")))
    if listed.kind is Kind.DESTRUCTION:
        subjects = [subject for item in listed.items for subject in item.subjects]
        approve_items(transaction, listed.record.subject, subjects)


def check_items(setting: Setting, listed: Disposition) -> None:
    """Refuse a list that names what may not go today, or what is on another list.

    Raises:
        NotEligibleError: it does.
    """
    desk = RetentionDesk(setting)
    items = [item for item in listed.items if item.subject]
    subjects = [subject for item in items for subject in item.subjects]
    elsewhere = lists_under_way(setting, subjects, [Kind.TRANSFER], but=listed.number)
    reasons: list[tuple[str, Reason]] = []
    for item in items:
        if (listed_there := listed_on(item, elsewhere)) is not None:
            reasons.append((item.number, listed_there))
        elif (judged := judge(desk, item, setting.today, listed.kind)).reason is not None:
            reasons.append((item.number, judged.reason))
    if reasons:
        raise NotEligibleError(listed.number, reasons)


def lists_under_way(
    setting: Setting, subjects: Collection[str], kinds: Collection[Kind], but: str = ""
) -> dict[str, str]:
    """Those of the subjects that a list names which is not over, with the list: drawn up, or approved and not done.

    Args:
        setting: the register on a day.
        subjects: which are asked about, rows of sheets included.
        kinds: of the lists; an approved one for destruction counts for what it holds the road open for, whatever kinds.
        but: the number of a list that is left out.
    """
    found = lists_open_for(setting.snapshot, subjects)
    wanted, serving = set(subjects), provided(setting.snapshot, setting.today)
    for kind in kinds:
        codes = serving.get(PURPOSES[kind], [])
        rows = find_records(setting.snapshot, RecordQuery(forms=codes, states=_UNDER_WAY[kind])) if codes else []
        for row in rows:
            listed = disposition_of(load(setting.snapshot, row.number)) if row.number != but else None
            if listed is None or listed.kind is not kind or listed.is_executed:
                continue
            if listed.is_approved and kind is not Kind.TRANSFER:
                continue  # an appraisal has decided; of a destruction list the road says what is still to go
            left = (item for item in listed.items if item.number not in listed.skips)
            found |= {subject: row.subject for item in left for subject in item.subjects if subject in wanted}
    return found


def listed_on(item: Item, elsewhere: Mapping[str, str]) -> Reason | None:
    """That an item, or a row of it, stands on another list; None where it does not.

    Args:
        item: which one.
        elsewhere: subjects with their lists, as ``lists_under_way`` finds them.
    """
    found = next((elsewhere[subject] for subject in item.subjects if subject in elsewhere), None)
    return Reason("listed", name_of(found)) if found is not None else None


def _is_execution(listed: Disposition, act: Act) -> bool:
    """Whether an act fills in what the program says of the execution of a destruction list."""
    section = listed.execution
    return listed.kind is Kind.DESTRUCTION and section is not None and act.content.get("section") == section.id


def _appraise(transaction: Transaction, setting: Setting, listed: Disposition) -> None:
    """Put what an approved appraisal decided into the acts of each record.

    Source: M-5; C-5
    """
    desk, state = RetentionDesk(setting), listed.record.history.digests[-1]
    act = listed.record.history.acts[-1]
    who = setting.standing(act.by, listed.record.unit)
    judged = [judge_appraisal(desk, item, setting.today) for item in listed.items]
    reasons = [(each.item.number, each.reason) for each in judged if each.reason is not None]
    if reasons:
        raise NotEligibleError(listed.number, reasons)
    for each in sorted(judged, key=lambda one: one.item.subject):
        if each.record is None:
            continue
        decision = decision_of(each.item, who.name, setting.today, listed.number)
        content = each.record.appraise(decision, (listed.number, state), who, setting.moment)
        after = Record.replay(each.record.form, each.record.history.followed_by(content))
        transaction.append(each.record.history, content, record_rows(after))


def judge_appraisal(desk: RetentionDesk, item: Item, on: date) -> Judged:
    """Whether an item may be appraised on a day: as it was listed, and due; a hold stops destruction alone."""
    judged = judge(desk, item, on)
    if judged.answer is None or (judged.reason is not None and judged.reason.code == "changed"):
        return judged
    is_due = judged.answer.outcome.is_due or judged.answer.outcome in {Outcome.HELD, Outcome.TRANSFERRED}
    return Judged(item, judged.record, judged.answer, None if is_due else judged.reason)


def decision_of(item: Item, by: str, on: date, source: str) -> Decision:
    """What an item of an appraisal sheet decides."""
    until = date.fromisoformat(item.until) if item.until else None
    return Decision(item.decision, on, until, by, item.reason, source)  # type: ignore[arg-type]


def _give_up(transaction: Transaction, listed: Disposition) -> None:
    """Shut the road that a list has opened; what has begun is carried through.

    Raises:
        NotReadyError: a record on it is going, or gone.
    """
    open_for = subjects_open(transaction, listed.record.subject)
    if handing_over_of(listed.record) is not None:
        raise NotReadyError(listed.number, _("a list whose execution has not begun"), _("the handing over begun"))
    for item in listed.items:
        history = transaction.history(item.subject) if item.subject else None
        is_going = history is not None and replayed(transaction, history).state is State.DISPOSED
        if listed.kind is Kind.DESTRUCTION and item.subject and (is_going or history is None):
            raise NotReadyError(listed.number, _("a list whose execution has not begun"), item.number)
    close_items(transaction, listed.record.subject, sorted(open_for))
