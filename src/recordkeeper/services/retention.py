"""What is kept how long in this workspace, and what is due: the rules in force applied to the records that stand.

Source: M-2 to M-6
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import cast

from recordkeeper.model.form_revision import Revision, in_force
from recordkeeper.model.hold import Hold
from recordkeeper.model.party import Party
from recordkeeper.model.premises import Premises
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.retention import DecidedAction, Decision, Eligibility, Kept, Outcome, Trigger, eligibility
from recordkeeper.model.schedule import BEFORE_ANY, Schedule, rules_for
from recordkeeper.register.acts import Register
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.held import holds_on, standing_holds
from recordkeeper.services.people import Actor
from recordkeeper.services.retrieval import load, standing_record
from recordkeeper.services.searching import Criteria, FoundView, find
from recordkeeper.services.setting import Setting

_FINISHED = frozenset({State.CLOSED, State.VOID, State.REPLACED})


@dataclass(frozen=True, slots=True)
class KeptView:
    """How one record or sheet stands with its retention.

    Args:
        found: the record as a list shows it.
        answer: what may be done with it, and why.
        decide_by: the day by which what is due is to be decided; None where nothing is due.
        open_since: the day of entry of a record that is open longer than it should; None for any other.
        is_overdue: whether the day for deciding has passed.
    """

    found: FoundView
    answer: Eligibility
    decide_by: date | None
    open_since: date | None
    is_overdue: bool


@dataclass
class RetentionDesk:
    """What holds for every record of one snapshot; what is looked up once is kept.

    Args:
        setting: the register on a day.
        schedule: the schedule to go by; the one in force where none is given.
    """

    setting: Setting
    schedule: Schedule | None = None
    _contacts: dict[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the schedule in force where none is given."""
        if self.schedule is None:
            self.schedule = schedule_in_force(self.setting.snapshot, self.setting.today)

    @cached_property
    def standing_holds(self) -> list[Hold]:
        """The holds that stand."""
        return standing_holds(self.setting.snapshot)

    def kept(self, record: Record) -> Kept:
        """All that its eligibility follows from."""
        snapshot = self.setting.snapshot
        party = str(record.opening.get("party") or "")
        successor = standing_record(snapshot, record.successor) if state_of(record) is State.REPLACED else None
        return Kept(
            record.number,
            state_of(record) in _FINISHED and not record.pending_amendments,
            self._happened(record, party),
            rules_for(self.schedule, record.form, self._kind_of(party)),
            holds_on(snapshot, record, self.standing_holds),
            _decision(record),
            self.kept(successor) if successor is not None else None,
            bool(record.transferred_by),
        )

    def _kind_of(self, party: str) -> str:
        history = self.setting.snapshot.history(party) if party else None
        return Party.replay(history).kind if history else ""

    def _happened(self, record: Record, party: str) -> dict[Trigger, date]:
        happened: dict[Trigger, date] = {}
        if state_of(record) in _FINISHED and record.closed_on:
            happened["closed"] = date.fromisoformat(record.closed_on)
            sheet = load(self.setting.snapshot, record.sheet.partition("/")[2]) if record.sheet else record
            if sheet.closed_on and state_of(sheet) in _FINISHED:
                happened["sheet_closed"] = date.fromisoformat(sheet.closed_on)
        replaced = next((act for act in record.history.told if act.kind == "reissue"), None)
        if replaced is not None:
            happened["superseded"] = date.fromisoformat(str(replaced.content["on"]))
        if party:
            happened["last_contact"] = self._last_contact(party)
            if left_on := self._moved_out(party, str(record.opening.get("premises") or "")):
                happened["moved_out"] = left_on
        for act in record.history.told:
            if act.kind == "tell":
                happened[cast("Trigger", act.content["trigger"])] = date.fromisoformat(str(act.content["happened_on"]))
        return happened

    def _last_contact(self, party: str) -> date:
        """The last day on which a record about the party was entered or closed."""
        if party not in self._contacts:
            found = find_records(self.setting.snapshot, RecordQuery(parties=[party]))
            days = [day for each in found for day in (each.entered_on, each.closed_on) if day]
            self._contacts[party] = date.fromisoformat(max(days))
        return self._contacts[party]

    def _moved_out(self, party: str, premises: str) -> date | None:
        """The day on which the party left the premises for good; None while it lives there, or never did."""
        history = self.setting.snapshot.history(premises) if premises else None
        if history is None:
            return None
        stays = [each.period for each in Premises.replay(history).occupancies if each.party == party]
        ends = [stay.last for stay in stays if stay.last is not None]
        return max(ends) if ends and len(ends) == len(stays) and max(ends) < self.setting.today else None


def state_of(record: Record) -> State:
    """Where a record stands for its retention: what is being disposed of as it stood before that began."""
    return record.before_disposal or record.state


def _decision(record: Record) -> Decision | None:
    """What the last appraisal decided for a record; None where there was none."""
    for act in reversed(record.history.told):
        if act.kind == "appraise":
            content = act.content
            until = date.fromisoformat(str(content["until"])) if "until" in content else None
            source = str(cast("Sequence[Mapping[str, object]]", content["items"])[0]["number"])
            action = cast("DecidedAction", content["decision"])
            decided_on = date.fromisoformat(str(content["on"]))
            return Decision(action, decided_on, until, str(content["name"]), str(content["reason"]), source)
    return None


def schedule_in_force(snapshot: Snapshot, on: date) -> Schedule | None:
    """The schedule that is in force on a day; None where the company has released none."""
    found = in_force(schedule_revisions(snapshot), on)
    return schedule_of(found) if found else None


def schedule_revisions(snapshot: Snapshot) -> list[Revision]:
    """Every revision of the schedule, the oldest first."""
    return sorted(map(Revision.replay, snapshot.histories("schedule")), key=lambda each: each.place)


def schedule_of(revision: Revision) -> Schedule:
    """The schedule of a revision."""
    return Schedule.model_validate(revision.definition)


def kept_records(
    register: Register, actor: Actor, now: datetime, criteria: Criteria, on: date | None = None
) -> list[KeptView]:
    """How the records that meet ``criteria``, and that ``actor`` may read, stand with their retention.

    Rows of a sheet are left out: they are kept with it.

    Args:
        register: the open register.
        actor: who asks.
        now: aware, UTC.
        criteria: which records.
        on: the day asked about; today where none is given.

    Raises:
        As ``searching.find``.
    """
    found = [each for each in find(register, actor, now, criteria) if not each.sheet]
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        desk = RetentionDesk(setting)
        day = on or setting.today
        return [_view(desk, each, load(snapshot, each.number), day) for each in found]


def due_records(
    register: Register, actor: Actor, now: datetime, criteria: Criteria, on: date | None = None
) -> list[KeptView]:
    """Those of ``kept_records`` that somebody has to decide on, or that are open too long; the earliest due first."""
    views = kept_records(register, actor, now, criteria, on)
    wanted = [view for view in views if view.open_since or view.answer.outcome.is_due or _is_held_back(view)]
    return sorted(wanted, key=lambda view: (view.answer.due_on or view.open_since or date.max, view.found.number))


def _is_held_back(view: KeptView) -> bool:
    return view.answer.outcome is Outcome.HELD


def _view(desk: RetentionDesk, found: FoundView, record: Record, on: date) -> KeptView:
    answer = eligibility(desk.kept(record), on)
    schedule = desk.schedule or BEFORE_ANY
    is_due = answer.outcome.is_due and answer.due_on is not None
    decide_by = answer.due_on + timedelta(schedule.decide_days) if is_due and answer.due_on else None
    entered_on = date.fromisoformat(found.entered_on)
    is_open_long = answer.outcome is Outcome.OPEN and entered_on + timedelta(schedule.open_days) < on
    is_overdue = decide_by is not None and decide_by < on
    return KeptView(found, answer, decide_by, entered_on if is_open_long else None, is_overdue)


@dataclass(frozen=True, slots=True)
class Move:
    """A record whose due date another schedule changes.

    Args:
        number: the record.
        before, after: the due dates; None for ever or while not known.
        outcome_before, outcome_after: what may be done on the day.
        is_shorter: whether it may go earlier than before.
    """

    number: str
    before: date | None
    after: date | None
    outcome_before: Outcome
    outcome_after: Outcome
    is_shorter: bool


def moves(setting: Setting, proposed: Schedule) -> list[Move]:
    """Every record and sheet whose retention another schedule would change, as it stands today.

    Source: M-13
    """
    snapshot = setting.snapshot
    old, new = RetentionDesk(setting), RetentionDesk(setting, proposed)
    found: list[Move] = []
    for each in find_records(snapshot, RecordQuery()):
        if each.sheet:
            continue
        record = load(snapshot, each.number)
        before, after = (eligibility(desk.kept(record), setting.today) for desk in (old, new))
        if (before.due_on, before.outcome) != (after.due_on, after.outcome) or _lasting(before) != _lasting(after):
            is_shorter = _lasting(after) < _lasting(before)
            found.append(Move(each.number, before.due_on, after.due_on, before.outcome, after.outcome, is_shorter))
    return found


def _lasting(answer: Eligibility) -> tuple[int, date]:
    """How long a record is kept, for comparing: for ever is longest, then what waits, then the later day."""
    deciding = answer.deciding
    if deciding is None:
        return 0, date.min
    if deciding.rule.period is None:
        return 2, date.max
    return (1, date.max) if deciding.due_on is None else (0, deciding.due_on)


def any_shorter(found: Iterable[Move]) -> bool:
    """Whether a record may go earlier than before."""
    return any(move.is_shorter for move in found)


def counts(views: Sequence[KeptView]) -> Mapping[Outcome, int]:
    """How many records stand with each outcome."""
    found: dict[Outcome, int] = {}
    for view in views:
        found[view.answer.outcome] = found.get(view.answer.outcome, 0) + 1
    return found
