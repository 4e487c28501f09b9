"""A list of records to be disposed of: what it names, who has which part in it, how far it has come.

A list is a record of the form that serves its purpose, filled and signed like any other; its first act holds beside
the printed lines what the program goes by, frozen with it: subject, state digest and rule of each item. Nothing here
destroys anything. It is long because parts, items and results of a list are judged by each other.

Source: M-6, M-12, M-14; C-5; P00-R5, P00-R6
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import cast

from recordkeeper.errors import RefusalError, RetentionError
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import Act, History
from recordkeeper.model.person_name import folded_name
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import persons_in
from recordkeeper.model.record_state import State
from recordkeeper.model.retention import Eligibility, Outcome
from recordkeeper.model.section import Section

DISPOSAL = "disposal"
"""The key under which a list's first act holds what the program goes by."""

WITNESSES_NEEDED = 2


class Kind(StrEnum):
    """What a list is for."""

    APPRAISAL = "appraisal"
    DESTRUCTION = "destruction"
    TRANSFER = "transfer"


class Part(StrEnum):
    """What a person does on a list; nobody has two of these parts, but the author may execute."""

    AUTHOR = "author"
    APPRAISER = "appraiser"
    APPROVER = "approver"
    WITNESS = "witness"
    RECEIVER = "receiver"
    EXECUTOR = "executor"


_PART_OF_MEANING: Mapping[str, Part] = {
    "prepared": Part.AUTHOR,
    "reviewed": Part.APPRAISER,
    "approved": Part.APPROVER,
    "witnessed": Part.WITNESS,
    "received": Part.RECEIVER,
    "completed": Part.EXECUTOR,
}


class TwoPartsError(RetentionError, RefusalError):
    """Somebody was to have two parts on one list."""

    def __init__(self, number: str, name: str, has: Part, takes: Part) -> None:
        names = part_names()
        message = _("{number}: {name} is {has} of this list and cannot be {takes} too")
        super().__init__(
            message.format(number=number, name=name, has=names[has], takes=names[takes]),
            subject=number,
            expected=_("another person"),
            found=name,
        )


class OwnWitnessError(RetentionError, RefusalError):
    """Who drew up a list was to enter the paper signature of somebody who approves or watches over it."""

    def __init__(self, number: str, name: str) -> None:
        message = _(
            "{number}: {name} drew up this list: who approves or witnesses it on paper is entered by somebody else"
        )
        super().__init__(
            message.format(number=number, name=name),
            subject=number,
            expected=_("another person"),
            found=name,
        )


class NotReadyError(RetentionError, RefusalError):
    """A list is not as far as an act on it needs."""

    def __init__(self, number: str, expected: str, found: str) -> None:
        super().__init__(
            _("{number}: expected {expected}, found {found}").format(number=number, expected=expected, found=found),
            subject=number,
            expected=expected,
            found=found,
        )


class FrozenListError(RetentionError, RefusalError):
    """What a list names was to be changed after it was drawn up."""

    def __init__(self, number: str, act: str) -> None:
        super().__init__(
            _("{number}: cannot {act}: what the list names is frozen").format(number=number, act=act),
            subject=number,
            expected=_("a new list"),
            found=act,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One record or sheet on a list, as it stood when the list was drawn up.

    Args:
        subject: the record or sheet; empty for what exists on paper alone.
        number: its number.
        act, state: number and state digest of its last act but those of the archive.
        rule, source, authority: the rule that it goes by, where that stands, and on whose demand.
        due_on: the first day after its period.
        pages: as far as they are known.
        medium: electronic, paper or both.
        rows: for a sheet: its rows, each with number and state digest.
        decision: for an appraisal: keep, transfer or destroy.
        until: for an appraisal that keeps: the new due date; empty for ever.
        reason: why.
        erased: for an erasure on request from a record that stays: the places whose values go; empty where all goes.
        basis: the ground on which somebody asked for it; empty for any other disposal.
        permitted_by: who or what lets all of it go before its period is over; empty where nothing does.
    """

    subject: str
    number: str
    act: int = 0
    state: str = ""
    rule: str = ""
    source: str = ""
    authority: str = ""
    due_on: str = ""
    pages: int | None = None
    medium: str = "electronic"
    rows: tuple[tuple[str, str], ...] = ()
    decision: str = ""
    until: str = ""
    reason: str = ""
    erased: tuple[str, ...] = ()
    basis: str = ""
    permitted_by: str = ""

    @property
    def content(self) -> dict[str, Json]:
        """As an act holds it; what is empty is left out."""
        held: dict[str, Json] = {
            name: value
            for name in self.__slots__
            if name not in {"rows", "erased"} and (value := getattr(self, name)) not in {"", 0, None}
        }
        if self.erased:
            held["erased"] = list(self.erased)
        if self.rows:
            held["rows"] = [{"number": number, "state": state} for number, state in self.rows]
        return held

    @classmethod
    def of(cls, content: Content) -> "Item":
        """The item that an act holds.

        Raises:
            KeyError, TypeError: nothing that the program writes.
        """
        given = dict(content)
        rows = tuple(
            (str(row["number"]), str(row["state"])) for row in cast("Sequence[Content]", given.pop("rows", ()))
        )
        erased = tuple(str(place) for place in cast("Sequence[str]", given.pop("erased", ())))
        named = cast("dict[str, str]", {"subject": "", **given})
        return cls(**named, rows=rows, erased=erased)  # type: ignore[arg-type]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The record, or the sheet with each of its rows: all whose acts go with it."""
        own = (self.subject,) if self.subject else ()
        return (*own, *(f"record/{number}" for number, _state in self.rows))


SAYS_NOTHING = {"archive", "copy", "dispose", "retain", "transfer"}
"""Acts that change nothing about what a record says: it was stored, copied, began to go, stayed, was handed over."""


def settled_state(history: History) -> tuple[int, str]:
    """Number and state digest of the last act that says something: not of storing, copying or disposing."""
    number = max(act.number for act in history.told if act.kind not in SAYS_NOTHING)
    return number, history.digests[number]


@dataclass(frozen=True, slots=True)
class Disposition:
    """A list with its items and the people on it.

    Args:
        record: the list.
        kind: what it is for.
        items: what it names.
        schedule: the schedule by which it was drawn up, ``schedule A/0``; empty where there was none.
    """

    record: Record
    kind: Kind
    items: tuple[Item, ...]
    schedule: str

    @property
    def number(self) -> str:
        """``QR-100-07/2026-0001``."""
        return self.record.number

    @property
    def people(self) -> tuple[tuple[Part, str, str], ...]:
        """Each part that somebody has taken, with their subject (empty for who signed on paper) and name."""
        return tuple(
            (_PART_OF_MEANING[each.meaning], each.signer, each.name)
            for each in self.record.signatures
            if each.section and each.meaning in _PART_OF_MEANING
        )

    def of_part(self, part: Part) -> list[tuple[str, str]]:
        """Subjects and names of those who have a part."""
        return [(subject, name) for each, subject, name in self.people if each is part]

    def check_parts(self, *more: tuple[Part, str, str]) -> None:
        """Refuse a list on which somebody has two parts, ``more`` ones that are to be taken included.

        Who signs on paper is known by the name alone, and so compared by it.

        Raises:
            TwoPartsError: somebody has two.

        Source: P00-R6; ISO 9001, 7.5.3.2
        """
        taken: list[tuple[Part, str, str]] = []
        for part, subject, name in (*self.people, *more):
            for has, other, other_name in taken:
                is_same = subject == other if subject and other else folded_name(name) == folded_name(other_name)
                if is_same and {has, part} != {Part.AUTHOR, Part.EXECUTOR} and not (has is part is Part.EXECUTOR):
                    raise TwoPartsError(self.number, name, has, part)
            taken.append((part, subject, name))

    def check_entered(self, act: Act) -> None:
        """Refuse an approval or witness on paper that the list's author enters, or one who stands in for the other.

        A scan is known by whoever enters it: entered by the author, approval and two witnesses would be one person's
        word, who may execute the list too. Who enters it has a part in the form, and answers for it by name. A
        transfer's receipt is the outside party's, whose proof is the digest of the package.

        Raises:
            OwnWitnessError: the author enters it.

        Source: P00-R6
        """
        content = act.content
        if content.get("meaning") not in {"approved", "witnessed"} or content.get("method") != "paper":
            return
        signed = {each.act_number for each in self.record.signatures if each.signer and each.meaning == "prepared"}
        authors = {
            person for each in self.record.history.told if each.number in {1, *signed} for person in persons_in(each)
        }
        if not authors.isdisjoint(persons_in(act)):
            raise OwnWitnessError(self.number, str(content["name"]))

    @property
    def is_approved(self) -> bool:
        """Whether an approver has signed it, and it was not given up since."""
        return bool(self.of_part(Part.APPROVER)) and self.record.state is not State.VOID

    @property
    def approved_on(self) -> date | None:
        """The local day of the approval."""
        for act in self.record.history.acts:
            if act.kind == "sign" and act.content.get("meaning") == "approved":
                return date.fromisoformat(str(act.content["on"]))
        return None

    @property
    def execution(self) -> Section | None:
        """The section in which its execution is confirmed; None where the form has none."""
        return next((section for section in self.record.sections if section.meaning == "completed"), None)

    def check_executable(self, on: date, cooling_days: int) -> None:
        """Refuse to execute what is not approved, watched and given its days to cool off.

        Args:
            on: the local date.
            cooling_days: how many days lie between approval and execution.

        Raises:
            NotReadyError: it is not as far, or it is done.
            TwoPartsError: somebody has two parts.

        Source: P00-R6; M-6
        """
        self.check_parts()
        approved_on = self.approved_on
        if not self.is_approved or approved_on is None:
            raise NotReadyError(self.number, _("an approved list"), _(str(self.record.state)))
        witnesses = len(self.of_part(Part.WITNESS))
        if witnesses < WITNESSES_NEEDED:
            expected = ngettext("{count} witness", "{count} witnesses", WITNESSES_NEEDED).format(count=WITNESSES_NEEDED)
            raise NotReadyError(self.number, expected, str(witnesses))
        current = self.record.current_section
        if current is None or current.meaning != "completed":
            found = current.id if current else _(str(self.record.state))
            raise NotReadyError(self.number, _("the execution as what comes next"), found)
        earliest = approved_on + timedelta(cooling_days)
        if on < earliest:
            expected = ngettext(
                "a day from {day} on, {count} day after its approval",
                "a day from {day} on, {count} days after its approval",
                cooling_days,
            )
            expected = expected.format(day=earliest, count=cooling_days)
            raise NotReadyError(self.number, expected, on.isoformat())

    @property
    def is_executed(self) -> bool:
        """Whether it says what became of each item."""
        return any(act.kind == "execute" for act in self.record.history.acts)

    @property
    def skips(self) -> dict[str, "Result"]:
        """What was left out while it was executed, with the reason, by number."""
        return {
            result.number: result
            for act in self.record.history.acts
            if act.kind == "skip"
            for result in map(Result.of, cast("Sequence[Content]", act.content["results"]))
        }

    @property
    def results(self) -> tuple["Result", ...]:
        """What became of each item, once it was executed."""
        for act in self.record.history.acts:
            if act.kind == "execute":
                return tuple(map(Result.of, cast("Sequence[Content]", act.content["results"])))
        return ()


DESTROYED, SKIPPED, FAILED = "destroyed", "skipped", "failed"
TRANSFERRED, MARKED = "transferred", "marked"
"""Of a transfer: handed over, and gone from here; handed over, and kept as a copy."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is not to go, or did not.

    Args:
        code: held, changed, not_due, not_permitted (not due, and asked for before that), waiting, permanent, open,
            review, transfer, destroy, transferred, gone, listed, failed.
        detail: the holds, the day, the list, what the system said.
    """

    code: str
    detail: str = ""

    def text(self, _: Callable[[str], str] = _) -> str:
        """As a person reads it, in the language in use or another.

        Args:
            _: translates.
        """
        names = {
            "held": _("held by {detail}"),
            "changed": _("changed since it was listed"),
            "not_due": _("not due before {detail}"),
            "not_permitted": _("not due before {detail}, unless what permits it is named (--permitted-by)"),
            "waiting": _("its period has not begun"),
            "permanent": _("kept for ever"),
            "open": _("not closed"),
            "review": _("to be appraised first"),
            "transfer": _("to be transferred"),
            "destroy": _("to be destroyed"),
            "transferred": _("transferred already"),
            "gone": _("disposed of already, {detail}"),
            "listed": _("on another list, {detail}"),
            "failed": _("failed: {detail}"),
        }
        return names[self.code].format(detail=self.detail)


def reason_against(item: Item, answer: Eligibility, kind: Kind) -> Reason | None:
    """Why what an item names may not go that day; None where it may.

    A hold stops every disposal. Values of a record that stays go at any time; the whole of it goes on request before
    its period is over only where the law or an authority is named that permits it.

    Args:
        item: as it was listed.
        answer: what the rules, the holds and the appraisal say.
        kind: what the list is for.

    Source: M-4, M-12; PIPL, 47; GDPR, 17
    """
    if (item.erased or item.permitted_by) and answer.holds:
        return Reason("held", ", ".join(answer.holds))
    if item.erased or (item.permitted_by and answer.outcome is not Outcome.OPEN):
        return None
    return reason_of(answer, kind)


def reason_of(answer: Eligibility, kind: Kind) -> Reason | None:
    """Why a record may not be destroyed, or transferred, that day; None where it may.

    A hold stops both: what a dispute is about stays in the hands that hold it.

    Args:
        answer: what the rules, the holds and the appraisal say.
        kind: what the list is for.
    """
    wanted = Outcome.TRANSFER if kind is Kind.TRANSFER else Outcome.DESTROY
    if answer.outcome is wanted and answer.holds:
        return Reason("held", ", ".join(answer.holds))
    match answer.outcome:
        case outcome if outcome is wanted:
            return None
        case Outcome.HELD:
            return Reason("held", ", ".join(answer.holds))
        case Outcome.RUNNING:
            return Reason("not_due", answer.due_on.isoformat() if answer.due_on else "")
        case outcome:
            return Reason(str(outcome))


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item.

    Args:
        number: its number.
        outcome: destroyed, transferred, marked, skipped or failed.
        why: the reason for either of the last two.
        tombstones: of what is gone: the tombstone of the record, or of the sheet and each row.
    """

    number: str
    outcome: str
    why: Reason | None = None
    tombstones: tuple[Content, ...] = ()

    @property
    def content(self) -> dict[str, Json]:
        """As an act holds it."""
        held: dict[str, Json] = {"number": self.number, "outcome": self.outcome}
        if self.why:
            held |= {"why": self.why.code, "detail": self.why.detail}
        if self.tombstones:
            held["tombstones"] = list(self.tombstones)
        return held

    @classmethod
    def of(cls, content: Content) -> "Result":
        """The result that an act holds."""
        tombstones = tuple(cast("Sequence[Content]", content.get("tombstones", ())))
        why = Reason(str(content["why"]), str(content.get("detail", ""))) if "why" in content else None
        return cls(str(content["number"]), str(content["outcome"]), why, tombstones)


def disposition_of(record: Record) -> Disposition | None:
    """The list that a record is; None for any other record, a list on paper drawn up by hand included."""
    held = record.opening.get(DISPOSAL)
    if not isinstance(held, Mapping):
        return None
    items = tuple(map(Item.of, cast("Sequence[Content]", held["items"])))
    return Disposition(record, Kind(str(held["kind"])), items, str(held.get("schedule", "")))


def disposal_content(kind: Kind, schedule: str, items: Sequence[Item]) -> dict[str, Json]:
    """What a list's first act holds under ``DISPOSAL``."""
    held: dict[str, Json] = {"kind": str(kind), "items": [item.content for item in items]}
    if schedule:
        held["schedule"] = schedule
    return held


def section_of(record: Record, part: Part) -> Iterator[Section]:
    """The sections of a list that are for one part."""
    return (each for each in record.sections if each.meaning and _PART_OF_MEANING.get(each.meaning) is part)


def part_names() -> dict[Part, str]:
    """What the parts are called in the language in use."""
    return {
        Part.AUTHOR: _("author"),
        Part.APPRAISER: _("appraiser"),
        Part.APPROVER: _("approver"),
        Part.WITNESS: _("witness"),
        Part.RECEIVER: _("receiver"),
        Part.EXECUTOR: _("executor"),
    }
