"""How long a record is kept: the rules that hold for it, the day they lead to, and whether it may go on a day.

One pure function answers, with its reasons. It is asked when records are listed as due, when a list is approved, and
again before the last byte is removed; nothing else decides.

Source: MoReq2010, 8 and 9; M-2 to M-5; C-4
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

Trigger: TypeAlias = Literal[
    "closed", "sheet_closed", "contract_ended", "moved_out", "superseded", "last_contact", "year_end", "event",
]  # fmt: skip
Action: TypeAlias = Literal["keep", "review", "transfer", "destroy"]
DecidedAction: TypeAlias = Literal["keep", "transfer", "destroy"]

NOTED_TRIGGERS: tuple[Trigger, ...] = ("contract_ended", "moved_out", "superseded", "last_contact", "event")
"""What somebody may have to say by hand, because no record tells of it."""

_A_DAY = timedelta(days=1)
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Period:
    """So many years and months, counted from the day on which something happened.

    Args:
        years, months: its length; both 0 for none at all.
    """

    years: int = 0
    months: int = 0

    def last_day(self, start: date) -> date:
        """The last day of the period that begins with ``start``, which itself does not count.

        A day that the last month does not have is that month's last: from 29 February, three years end on 28 February.

        Source: Civil Code of the PRC, articles 201 and 202
        """
        months = start.year * _MONTHS_A_YEAR + start.month - 1 + self.years * _MONTHS_A_YEAR + self.months
        year, month = divmod(months, _MONTHS_A_YEAR)
        longest = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(start.day, longest))


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a schedule, or what a form's own definition says.

    Args:
        id: its name in the schedule; the form's code where the form says it.
        source: where it stands: ``schedule A/0``, ``QR-017-02 A/0``.
        authority: the law or rule that demands it.
        trigger: what starts the period.
        period: how long at least; None for ever.
        action: what happens after it.
        at_most: how long at most, for personal data.
        ends_with_year: whether the period starts only with the end of the year in which the trigger happened.
    """

    id: str
    source: str
    authority: str
    trigger: Trigger
    period: Period | None
    action: Action
    at_most: Period | None = None
    ends_with_year: bool = False

    def starts_on(self, happened_on: date) -> date:
        """The day from which the period counts."""
        is_cut_off = self.ends_with_year or self.trigger == "year_end"
        return date(happened_on.year, 12, 31) if is_cut_off else happened_on

    def due_on(self, happened_on: date) -> date | None:
        """The first day after the period; None where it never ends."""
        return None if self.period is None else self.period.last_day(self.starts_on(happened_on)) + _A_DAY

    def most_on(self, happened_on: date) -> date | None:
        """The first day after the longest time allowed; None where there is no such bound."""
        return None if self.at_most is None else self.at_most.last_day(self.starts_on(happened_on)) + _A_DAY


@dataclass(frozen=True, slots=True)
class Decision:
    """What an appraisal decided for one record.

    Args:
        action: keep longer, transfer or destroy.
        decided_on: the day.
        until: for keep: the new due date; None for ever.
        by: the name of who decided.
        reason: why.
        source: the act that says so.
    """

    action: DecidedAction
    decided_on: date
    until: date | None
    by: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Kept:
    """All that the decision needs to know of one record or sheet.

    Args:
        number: its number.
        is_finished: whether it is closed, void or replaced, with no amendment pending.
        happened: for each trigger the day on which it happened; those that have not are absent.
        rules: every rule that holds for it.
        holds: the names of the holds that keep it.
        decision: the last appraisal; None where there was none.
        successor: what is known of the record that replaces it; None where none does.
        is_transferred: whether it was handed over, and what is kept here is a copy.
    """

    number: str
    is_finished: bool
    happened: Mapping[Trigger, date]
    rules: Sequence[Rule]
    holds: Sequence[str] = ()
    decision: Decision | None = None
    successor: "Kept | None" = None
    is_transferred: bool = False


class Outcome(StrEnum):
    """What may be done with a record on a day."""

    OPEN = "open"
    WAITING = "waiting"
    RUNNING = "running"
    PERMANENT = "permanent"
    REVIEW = "review"
    TRANSFER = "transfer"
    DESTROY = "destroy"
    TRANSFERRED = "transferred"
    HELD = "held"

    @property
    def is_due(self) -> bool:
        """Whether somebody has something to decide or to do."""
        return self in {Outcome.REVIEW, Outcome.TRANSFER, Outcome.DESTROY}


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule says of one record.

    Args:
        rule: the rule.
        happened_on: when its trigger happened; None while it has not.
        due_on: the first day after its period; None for ever, or while the trigger is waited for.
        most_on: the first day after its longest time.
        decides: whether this is the rule that the outcome follows from.
        belongs_to: the number of the record that it speaks of; a successor's rules keep what it replaced.
    """

    rule: Rule
    happened_on: date | None
    due_on: date | None
    most_on: date | None
    decides: bool
    belongs_to: str

    @property
    def is_waiting(self) -> bool:
        """Whether its trigger has not happened."""
        return self.happened_on is None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The answer for one record on one day, with its reasons.

    Args:
        outcome: what may be done.
        due_on: the first day on which its period is over; None while that is not known, or for ever.
        lines: what every rule says, the deciding one among them.
        holds: the holds that keep it.
        decision: the appraisal that it follows from; None where it follows from the rules alone.
        most_on: the earliest day on which a longest time is over; None where there is none.
        exceeds: the rule whose longest time is over or ends before the shortest of another rule allows to destroy.
    """

    outcome: Outcome
    due_on: date | None
    lines: tuple[Line, ...]
    holds: tuple[str, ...]
    decision: Decision | None = None
    most_on: date | None = None
    exceeds: Rule | None = None

    @property
    def deciding(self) -> Line | None:
        """The line that decides; None where no rule does."""
        return next((line for line in self.lines if line.decides), None)

    @property
    def may_be_destroyed(self) -> bool:
        """Whether its bytes may be removed that day."""
        return self.outcome is Outcome.DESTROY


def eligibility(kept: Kept, on: date) -> Eligibility:
    """What may be done with a record on a day, and why.

    Of several rules the longest shortest period wins; one whose trigger is still waited for outlasts any date, and one
    for ever outlasts all. A hold stops destruction alone: the clock goes on, review and transfer are still told. A
    What was handed over leaves a copy here, which goes when somebody appraises it so. A
    longest time, as personal data has it, makes a record due for review when it is over; where a shortest one still
    runs, that wins and the conflict is named. What replaces a record keeps it as long as it is kept itself.

    Args:
        kept: the record with all that holds for it.
        on: the day asked about.

    Source: M-2 to M-5, M-9 to M-11
    """
    lines = _lines(kept)
    place = _deciding(lines)
    lines = [replace(line, decides=index == place) for index, line in enumerate(lines)]
    most_on = min((line.most_on for line in lines if line.most_on is not None), default=None)
    answer = Eligibility(Outcome.WAITING, None, tuple(lines), tuple(kept.holds), most_on=most_on)
    if not _is_finished(kept):
        return replace(answer, outcome=Outcome.OPEN)
    if place is None:
        return answer
    deciding = lines[place]
    answer = _after_rules(replace(answer, exceeds=_exceeded(lines, deciding)), deciding, on)
    if kept.is_transferred:
        answer = replace(answer, outcome=Outcome.TRANSFERRED)
    if kept.decision is not None:
        answer = _after_decision(answer, kept.decision, on)
    if answer.outcome is Outcome.DESTROY and answer.holds:
        return replace(answer, outcome=Outcome.HELD)
    return answer


def _lines(kept: Kept) -> list[Line]:
    lines: list[Line] = []
    each: Kept | None = kept
    while each is not None:
        for rule in each.rules:
            happened_on = each.happened.get("closed" if rule.trigger == "year_end" else rule.trigger)
            due_on = rule.due_on(happened_on) if happened_on else None
            most_on = rule.most_on(happened_on) if happened_on and each is kept else None
            lines.append(Line(rule, happened_on, due_on, most_on, decides=False, belongs_to=each.number))
        each = each.successor
    return lines


def _is_finished(kept: Kept) -> bool:
    return kept.is_finished and (kept.successor is None or _is_finished(kept.successor))


def _deciding(lines: Sequence[Line]) -> int | None:
    """The place of the rule that lasts longest: for ever, then one that waits, then the latest day.

    Of two that last alike, the one that asks for more care decides: keep, review, transfer, destroy.
    """
    care: tuple[Action, ...] = ("destroy", "transfer", "review", "keep")

    def rank(place: int) -> tuple[int, date, int]:
        line = lines[place]
        lasting = 2 if line.rule.period is None else 1 if line.is_waiting else 0
        return lasting, line.due_on or date.max, care.index(line.rule.action)

    return max(range(len(lines)), key=rank, default=None)


_AFTER: Mapping[Action, Outcome] = {
    "keep": Outcome.PERMANENT,
    "review": Outcome.REVIEW,
    "transfer": Outcome.TRANSFER,
    "destroy": Outcome.DESTROY,
}


def _after_rules(answer: Eligibility, deciding: Line, on: date) -> Eligibility:
    if deciding.rule.period is None:
        return replace(answer, outcome=Outcome.PERMANENT)
    if deciding.due_on is None:
        return _past_its_most(answer, on)
    if on < deciding.due_on:
        return _past_its_most(replace(answer, outcome=Outcome.RUNNING, due_on=deciding.due_on), on)
    return replace(answer, outcome=_AFTER[deciding.rule.action], due_on=deciding.due_on)


def _past_its_most(answer: Eligibility, on: date) -> Eligibility:
    """What must not be kept longer is decided on, unless a shortest time still runs: the law's least wins."""
    is_over = answer.most_on is not None and on >= answer.most_on
    only_waits = answer.outcome is Outcome.WAITING
    return replace(answer, outcome=Outcome.REVIEW, due_on=answer.most_on) if is_over and only_waits else answer


def _exceeded(lines: Sequence[Line], deciding: Line) -> Rule | None:
    """The rule whose longest time ends before the shortest of another lets the record go."""
    for line in lines:
        if line.most_on is not None and (deciding.due_on is None or deciding.due_on > line.most_on):
            return line.rule
    return None


def _after_decision(answer: Eligibility, decision: Decision, on: date) -> Eligibility:
    """What an appraisal changes; it never shortens what the rules demand now, for they may have changed since."""
    decided = replace(answer, decision=decision)
    if answer.outcome is Outcome.TRANSFERRED:
        return replace(decided, outcome=Outcome.DESTROY) if decision.action == "destroy" else answer
    if decision.action == "transfer":
        return replace(decided, outcome=Outcome.TRANSFER)
    if decision.action == "keep":
        if decision.until is None:
            return replace(decided, outcome=Outcome.PERMANENT, due_on=None)
        if answer.due_on is not None and decision.until > answer.due_on and answer.outcome is not Outcome.PERMANENT:
            outcome = Outcome.RUNNING if on < decision.until else Outcome.REVIEW
            return replace(decided, outcome=outcome, due_on=decision.until)
        return answer
    was_over = answer.due_on is not None and answer.due_on <= decision.decided_on
    return replace(decided, outcome=Outcome.DESTROY) if answer.outcome.is_due and was_over else answer
