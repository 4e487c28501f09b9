"""Which sections of one record or sheet are needed and open, and how its acts change it: the fold.

It decides nothing; ``record`` does.

Source: ISO 9001, 7.5.3
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self, cast

from recordkeeper.model.amendment import ACCEPTED, NOT_NEEDED, PENDING, REFUSED, Amendment, Change, PartyAnswer
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import Act, History
from recordkeeper.model.form import Form
from recordkeeper.model.record_content import (
    Attachment,
    Filled,
    Moment,
    RecordContent,
    State,
    UnknownSectionError,
    value_at,
    with_value,
)
from recordkeeper.model.replay import UnknownActError, readable
from recordkeeper.model.section import Section
from recordkeeper.model.signature import Signature
from recordkeeper.model.step import FIRST_ROUND, Step
from recordkeeper.model.subject import kind_of

__all__ = [
    "FIRST_ROUND", "Attachment", "Filled", "Moment", "RecordState", "State", "UnknownSectionError", "step_named",
    "value_at", "with_value",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordState(RecordContent):
    """The state of one record or sheet after its acts."""

    @classmethod
    def replay(cls, form: Form, history: History) -> Self:
        """The record after all acts of ``history``.

        Raises:
            UnreadableActError: acts that no decision of ours wrote.
            ExpressionError: a condition of the form fails over the values.
        """
        with readable(history.subject) as reading:
            opening = history.acts[1].told.content
            is_sheet = kind_of(history.subject) == "sheet"
            sections = form.sheet.sections if is_sheet and form.sheet else form.sections
            record = cls(History(history.subject, history.acts[:1]), form, sections, opening)
            for act in history.acts[1:]:
                reading.number = act.number
                record = record._after(act)
        return record

    def is_needed(self, section: Section) -> bool:
        """Whether the form's conditions ask for ``section``, as far as is known now."""
        rounds = self.rounds
        for earlier in self.sections:
            if earlier.id == section.id:
                if section.each is not None and not self.items_of(section, rounds):
                    return False
                return section.when is None or self.holds_for(section.when, section, rounds)
            is_done = earlier.ends is not None and self._is_complete(earlier, rounds)
            if is_done and self.holds_for(str(earlier.ends), earlier, rounds):
                return False
        return False

    @property
    def current_section(self) -> Section | None:
        """The first needed section that must still be filled or signed; None where only optional ones remain."""
        for section in self.sections:
            if not section.optional and self.is_needed(section) and not self.is_complete(section):
                return section
        return None

    @property
    def open_sections(self) -> tuple[Section, ...]:
        """The sections that can be filled or signed now: optional ones on the way, then the current one."""
        sections: list[Section] = []
        for section in self.sections:
            if not self.is_needed(section) or self.is_complete(section):
                continue
            sections.append(section)
            if not section.optional:
                break
        return tuple(sections)

    @property
    def open_steps(self) -> tuple[Step, ...]:
        """The steps that can be filled or signed now; the instances of a repeated section in any order."""
        steps = (step for section in self.open_sections for step in self.steps_of(section))
        return tuple(step for step in steps if not self.is_step_complete(step))

    # ---- how acts change it ----------------------------------------------------------------------------------

    def _after(self, stored: Act) -> Self:
        act = stored.told
        content = act.content
        history = History(self.history.subject, (*self.history.acts, stored))
        day = date.fromisoformat(str(content.get("on", self.last_on)))  # an act without a date is none of ours
        record = replace(self, history=history, last_on=day.isoformat())
        if act.kind != "archive":
            if act.kind not in _APPLY:
                raise UnknownActError(act.kind)
            record = _APPLY[act.kind](record, act)
        return record._routed()  # noqa: SLF001 - a value of this same class

    def _routed(self) -> Self:
        if self.state in {State.VOID, State.REPLACED, State.DISPOSED}:
            return self
        current, was_closed = self.current_section, bool(self.closed_on)
        if current is not None:
            awaits_signature = self.is_filled(current) or was_closed
            return replace(self, state=State.PENDING if awaits_signature else State.OPEN)
        if self.pending_amendments:
            return replace(self, state=State.PENDING)
        if (self.open_sections or self.is_closed_by_hand_alone) and not self.is_closed_by_hand and not was_closed:
            return replace(self, state=State.OPEN)
        last = self.history.acts[-1].number
        return replace(self, state=State.CLOSED, closed_on=self.closed_on or self.last_on, closed_by_act=last)

    def _apply_new(self, act: Act) -> Self:
        fill = act.content.get("fill")
        return self._with_filled(act, cast("Content", fill)) if fill else self

    def _apply_fill(self, act: Act) -> Self:
        return self._with_filled(act, act.content)

    def _with_filled(self, act: Act, content: Content) -> Self:
        filled = Filled(
            act.number,
            {**cast("Mapping[str, Json]", content["values"])},
            act.by,
            str(act.content["name"]),
            act.at,
            str(act.content["on"]),
            str(content.get("filled_for", "")),
        )
        return replace(self, saved={**self.saved, step_named(content): filled})

    def _apply_sign(self, act: Act) -> Self:
        return replace(self, signatures=(*self.signatures, _signature(act, step_named(act.content))))

    def _apply_amend(self, act: Act) -> Self:
        content = act.content
        changes: list[Change] = []
        saved = dict(self.saved)
        count = sum(not change.is_computed for amendment in self.amendments for change in amendment.changes)
        for given in cast("Sequence[Content]", content["changes"]):
            is_computed = bool(given.get("computed", False))
            count += not is_computed
            step, path = step_named(given), str(given["field"])
            old, new = given.get("old"), given.get("new")
            changes.append(Change(count, step.section, step.round, path, old, new, is_computed, step.item))
            saved[step] = with_value(saved[step], path, new)
        amendment = Amendment(
            act.number,
            tuple(changes),
            str(content["reason"]),
            str(content["nature"]),
            act.by,
            str(content["name"]),
            act.at,
            PENDING if content["countersign"] else NOT_NEEDED,
            party=PartyAnswer(PENDING if content.get("party_signs") else NOT_NEEDED),
        )
        signatures = (
            (*self.signatures, _signature(act, Step("")))
            if {"signature", "signed_state"} & content.keys()
            else self.signatures
        )
        return replace(self, saved=saved, amendments=(*self.amendments, amendment), signatures=signatures)

    def _apply_countersign(self, act: Act) -> Self:
        content = act.content
        saved = dict(self.saved)
        amendments: list[Amendment] = []
        for amendment in self.amendments:
            if amendment.act_number != content["amendment"]:
                amendments.append(amendment)
                continue
            amendments.append(_answered(amendment, act))
            if not content["accepted"]:
                for change in reversed(amendment.changes):
                    saved[change.step] = with_value(saved[change.step], change.field, change.old)
        signatures = (*self.signatures, _signature(act, Step("")))
        return replace(self, saved=saved, amendments=tuple(amendments), signatures=signatures)

    def _apply_attach(self, act: Act) -> Self:
        content = act.content
        attachment = Attachment(
            act.number,
            str(content["digest"]),
            str(content["media_type"]),
            str(content["file"]),
            cast("int", content["size"]),
            act.by,
            act.at,
        )
        return replace(self, attachments=(*self.attachments, attachment))

    def _apply_void(self, act: Act) -> Self:
        return replace(self, state=State.VOID, void_reason=str(act.content["reason"]), closed_on=str(act.content["on"]))

    def _apply_reissue(self, act: Act) -> Self:
        return replace(
            self,
            state=State.REPLACED,
            successor=str(act.content["successor"]),
            closed_on=self.closed_on or str(act.content["on"]),
        )

    def _apply_close(self, _act: Act) -> Self:
        return replace(self, is_closed_by_hand=True)

    def _apply_dispose(self, _act: Act) -> Self:
        return replace(self, state=State.DISPOSED, before_disposal=self.state)

    def _apply_retain(self, _act: Act) -> Self:
        return replace(self, state=self.before_disposal or State.CLOSED, before_disposal=None)

    def _apply_transfer(self, act: Act) -> Self:
        return replace(self, transferred_by=str(cast("Sequence[Content]", act.content["items"])[0]["number"]))

    def _apply_erase(self, _act: Act) -> Self:
        return replace(self, state=self.before_disposal or State.CLOSED, before_disposal=None)

    def _apply_nothing(self, _act: Act) -> Self:
        return self


_APPLY: Mapping[str, Any] = {
    "new": RecordState._apply_new,  # noqa: SLF001  # the table of this module's own class
    "fill": RecordState._apply_fill,  # noqa: SLF001
    "sign": RecordState._apply_sign,  # noqa: SLF001
    "amend": RecordState._apply_amend,  # noqa: SLF001
    "countersign": RecordState._apply_countersign,  # noqa: SLF001
    "attach": RecordState._apply_attach,  # noqa: SLF001
    "void": RecordState._apply_void,  # noqa: SLF001
    "reissue": RecordState._apply_reissue,  # noqa: SLF001
    "close": RecordState._apply_close,  # noqa: SLF001
    "link": RecordState._apply_nothing,  # noqa: SLF001
    "tell": RecordState._apply_nothing,  # noqa: SLF001
    "ask": RecordState._apply_nothing,  # noqa: SLF001
    "consent": RecordState._apply_nothing,  # noqa: SLF001
    "copy": RecordState._apply_nothing,  # noqa: SLF001
    "appraise": RecordState._apply_nothing,  # noqa: SLF001
    "dispose": RecordState._apply_dispose,  # noqa: SLF001
    "retain": RecordState._apply_retain,  # noqa: SLF001
    "erase": RecordState._apply_erase,  # noqa: SLF001
    "skip": RecordState._apply_nothing,  # noqa: SLF001
    "execute": RecordState._apply_nothing,  # noqa: SLF001
    "pack": RecordState._apply_nothing,  # noqa: SLF001
    "receive": RecordState._apply_nothing,  # noqa: SLF001
    "hand-over": RecordState._apply_nothing,  # noqa: SLF001
    "transfer": RecordState._apply_transfer,  # noqa: SLF001
}


def step_named(content: Content) -> Step:
    """Which step an act's content means; acts of earlier releases know one round and no instances.

    Raises:
        ValueError: its round is none.
    """
    number = int(cast("int", content.get("round", FIRST_ROUND)))
    if number < FIRST_ROUND:
        msg = f"round {number}"
        raise ValueError(msg)
    return Step(str(content["section"]), number, str(content.get("item", "")))


def _signature(act: Act, step: Step) -> Signature:
    content = act.content
    is_paper = content.get("method") == "paper"
    return Signature(
        act.number,
        step.section,
        step.round,
        str(content["meaning"]),
        "" if is_paper else act.by,
        str(content["signer_name"] if is_paper else content["name"]),
        str(content.get("role", "")),
        str(content["method"]),
        act.at,
        str(content.get("witness", "")),
        str(content["name"]) if is_paper else "",
        bool(content.get("unattended", False)),
        step.item,
        str(content.get("signed_state", "")),
    )


def _answered(amendment: Amendment, act: Act) -> Amendment:
    """An amendment with the counter-signature, or the outside party's answer, that an act holds."""
    content = act.content
    answer = ACCEPTED if content["accepted"] else REFUSED
    name, reason = str(content["name"]), str(content.get("reason", ""))
    if not content.get("party"):
        return replace(
            amendment,
            countersign=answer,
            countersigned_by=name,
            countersigned_at=act.at,
            countersign_reason=reason,
        )
    is_signed = "signer_name" in content
    return replace(
        amendment,
        party=PartyAnswer(
            answer,
            str(content["signer_name"]) if is_signed else name,
            act.at,
            str(content.get("witness", "")),
            name if is_signed else "",
            reason,
        ),
    )
