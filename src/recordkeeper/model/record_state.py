"""What one record or sheet is after its acts: the fold, and everything that can be read off it.

It decides nothing; ``record`` does. It is longer than most because one state is one thing to read.

Source: ISO 9001, 7.5.3
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self, cast
from zoneinfo import ZoneInfo

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import (
    ACCEPTED,
    NOT_NEEDED,
    PENDING,
    REFUSED,
    Amendment,
    Change,
    PartyAnswer,
)
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import Act, History
from recordkeeper.model.expression import holds
from recordkeeper.model.form import Form
from recordkeeper.model.replay import UnknownActError, readable
from recordkeeper.model.section import ByField, ByParty, Section
from recordkeeper.model.signature import Signature
from recordkeeper.model.subject import kind_of, name_of
from recordkeeper.model.value import plain_value

FIRST_ROUND = 1


class State(StrEnum):
    """Where a record stands."""

    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"
    VOID = "void"
    REPLACED = "replaced"
    DISPOSED = "disposed"


class UnknownSectionError(RecordError, InvalidInputError):
    """The form has no such section."""

    def __init__(self, number: str, section: str, known: Sequence[str]) -> None:
        super().__init__(
            _("{number}: no section {section}, only {known}").format(
                number=number, section=section, known=listing(known)
            ),
            subject=number,
            expected=listing(known),
            found=section,
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """One saved state of a section.

    Args:
        act_number: the act that saved it.
        values: field id to canonical value; empty ones are absent.
        by, name, at, on: who, as printed, the UTC moment, the local date.
        filled_for: the name of whom it was filled for; empty where nobody is.
    """

    act_number: int
    values: Mapping[str, Json]
    by: str
    name: str
    at: str
    on: str
    filled_for: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file bound to the record by its digest."""

    act_number: int
    digest: str
    media_type: str
    name: str
    size: int
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When an act is done: the UTC moment as text, and the local date."""

    at: str
    on: str


@dataclass(frozen=True, slots=True)
class RecordState:
    """The state of one record or sheet after its acts.

    Args:
        history: the acts it follows from.
        form: the revision of the form that it began on.
        sections: the form's sections, or for a sheet those of its sheet rule.
        opening: the content of act ``new``.
    """

    history: History
    form: Form
    sections: tuple[Section, ...]
    opening: Content
    filled: Mapping[str, Filled] = field(default_factory=dict)
    signatures: tuple[Signature, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    state: State = State.OPEN
    closed_on: str = ""
    closed_by_act: int = 0
    last_on: str = ""
    void_reason: str = ""
    successor: str = ""
    is_closed_by_hand: bool = False

    # ---- what it is ------------------------------------------------------------------------------------------

    @classmethod
    def replay(cls, form: Form, history: History) -> Self:
        """The record after all acts of ``history``.

        Raises:
            UnreadableActError: acts that no decision of ours wrote.
            ExpressionError: a condition of the form fails over the values.
        """
        with readable(history.subject) as reading:
            opening = history.acts[1].content
            is_sheet = kind_of(history.subject) == "sheet"
            sections = form.sheet.sections if is_sheet and form.sheet else form.sections
            record = cls(History(history.subject, history.acts[:1]), form, sections, opening)
            for act in history.acts[1:]:
                reading.number = act.number
                record = record._after(act)
        return record

    @property
    def subject(self) -> str:
        """``record/QR-017-02/2026-0001`` or ``sheet/QR-017-01/2026-11``."""
        return self.history.subject

    @property
    def number(self) -> str:
        """``QR-017-02/2026-0001``."""
        return name_of(self.history.subject)

    @property
    def is_sheet(self) -> bool:
        """Whether this is a sheet of rows."""
        return kind_of(self.history.subject) == "sheet"

    @property
    def is_closed_by_hand_alone(self) -> bool:
        """Whether this is a sheet without sections of its own: nothing but ``close`` says that it is done."""
        return self.is_sheet and not self.sections

    @property
    def unit(self) -> str:
        """The subject of the unit that it belongs to."""
        return str(self.opening["unit"])

    @property
    def sheet(self) -> str:
        """The subject of the sheet that a row stands on; empty for any other record."""
        return str(self.opening.get("sheet", ""))

    @property
    def revision(self) -> str:
        """``QR-017-02 A/0``: what signatures and every page name."""
        return f"{self.form.code} {self.form.revision}"

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone, in which dates are meant."""
        return ZoneInfo(str(self.opening["zone"]))

    @property
    def replaces(self) -> str:
        """The number of the record that this one replaces; empty where it replaces none."""
        return str(self.opening.get("replaces", ""))

    @property
    def values(self) -> dict[str, Json]:
        """Every value now standing, by field id."""
        return {name: value for filled in self.filled.values() for name, value in filled.values.items()}

    @property
    def known(self) -> dict[str, object]:
        """Everything that expressions see: values as plain types, facts of sections, None for what is empty."""
        known: dict[str, object] = {"on": date.fromisoformat(self.last_on) if self.last_on else None}
        known["record"] = {"number": self.number, "unit": self.unit, "entered_on": self.opening.get("on")}
        known["party"], known["premises"] = self.opening.get("party"), self.opening.get("premises")
        values = self.values
        for section in self.sections:
            known[section.id] = self._facts(section)
            for each in section.all_fields:
                known[each.id] = plain_value(each, values.get(each.id), self.zone)
        return known

    def _facts(self, section: Section) -> dict[str, object]:
        filled, signed = self.filled.get(section.id), self._signatures_of(section)
        done_on = self._local_date(signed[-1].act_number) if signed else filled.on if filled else None
        due_on = self.due_on(section)
        return {
            "filled_on": date.fromisoformat(filled.on) if filled else None,
            "signed_on": date.fromisoformat(done_on) if signed and done_on else None,
            "is_late": bool(done_on and due_on and date.fromisoformat(done_on) > due_on),
            "round": FIRST_ROUND,
        }

    def _local_date(self, act_number: int) -> str:
        return str(self.history.acts[act_number].content["on"])

    def due_on(self, section: Section) -> date | None:
        """The date by which ``section`` is to be done; the first day does not count. None while it is not known."""
        if section.due is None:
            return None
        if section.due.field is not None:
            named = next((each for part in self.sections if (each := part.field(section.due.field))), None)
            value = self.values.get(section.due.field)
            due_on = plain_value(named, value, self.zone) if named is not None else None
            return due_on if isinstance(due_on, date) else None
        after = section.due.after or ""
        signed = [signature for signature in self.signatures if signature.section == after]
        filled = self.filled.get(after)
        start = self._local_date(signed[-1].act_number) if signed else filled.on if filled else None
        return date.fromisoformat(start) + timedelta(days=section.due.days or 0) if start else None

    def section(self, identifier: str) -> Section:
        """The section of that id.

        Raises:
            UnknownSectionError: the form has none.
        """
        for section in self.sections:
            if section.id == identifier:
                return section
        raise UnknownSectionError(self.number, identifier, [section.id for section in self.sections])

    def _signatures_of(self, section: Section) -> list[Signature]:
        return [signature for signature in self.signatures if signature.section == section.id]

    def is_needed(self, section: Section) -> bool:
        """Whether the form's conditions ask for ``section``, as far as is known now."""
        known = self.known
        for earlier in self.sections:
            if earlier.id == section.id:
                return section.when is None or holds(section.when, known)
            if earlier.ends is not None and self.is_complete(earlier) and holds(earlier.ends, known):
                return False
        return False

    def is_filled(self, section: Section) -> bool:
        """Whether the section's fields have been saved, or it has none."""
        return section.id in self.filled or not section.all_fields

    def is_complete(self, section: Section) -> bool:
        """Whether the section is filled and signed as its rule says."""
        if not self.is_filled(section):
            return False
        signatures = self._signatures_of(section)
        if section.sign == "none":
            return True
        if section.sign == "all":
            return {signature.role for signature in signatures} >= set(self.roles_of(section))
        return bool(signatures)

    def roles_of(self, section: Section) -> list[str]:
        """The roles, or the person's or party's subject, that may fill and sign ``section`` now."""
        values = self.values
        roles: list[str] = []
        for by in section.by:
            if isinstance(by, ByField):
                value = values.get(by.field)
            elif isinstance(by, ByParty):
                value = values.get(by.party) or self.opening.get("party") or "party"
            else:
                value = by
            if value:
                roles.append(str(value))
        return roles

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
    def pending_amendments(self) -> tuple[Amendment, ...]:
        """Amendments that await a counter-signature, or the outside party's signature."""
        return tuple(amendment for amendment in self.amendments if amendment.is_pending)

    @property
    def is_archived(self) -> bool:
        """Whether the last act is ``archive``."""
        return self.history.acts[-1].kind == "archive"

    # ---- how acts change it ----------------------------------------------------------------------------------

    def _after(self, act: Act) -> Self:
        content = act.content
        history = History(self.history.subject, (*self.history.acts, act))
        record = replace(self, history=history, last_on=str(content.get("on", self.last_on)))
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
            cast("Mapping[str, Json]", content["values"]),
            act.by,
            str(act.content["name"]),
            act.at,
            str(act.content["on"]),
            str(content.get("filled_for", "")),
        )
        return replace(self, filled={**self.filled, str(content["section"]): filled})

    def _apply_sign(self, act: Act) -> Self:
        return replace(self, signatures=(*self.signatures, _signature(act, str(act.content["section"]))))

    def _apply_amend(self, act: Act) -> Self:
        content = act.content
        changes: list[Change] = []
        filled = dict(self.filled)
        count = sum(not change.is_computed for amendment in self.amendments for change in amendment.changes)
        for given in cast("Sequence[Content]", content["changes"]):
            is_computed = bool(given.get("computed", False))
            count += not is_computed
            section, path = str(given["section"]), str(given["field"])
            changes.append(Change(count, section, FIRST_ROUND, path, given.get("old"), given.get("new"), is_computed))
            filled[section] = with_value(filled[section], path, given.get("new"))
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
        signatures = (*self.signatures, _signature(act, "")) if "signature" in content else self.signatures
        return replace(self, filled=filled, amendments=(*self.amendments, amendment), signatures=signatures)

    def _apply_countersign(self, act: Act) -> Self:
        content = act.content
        filled = dict(self.filled)
        amendments: list[Amendment] = []
        for amendment in self.amendments:
            if amendment.act_number != content["amendment"]:
                amendments.append(amendment)
                continue
            amendments.append(_answered(amendment, act))
            if not content["accepted"]:
                for change in reversed(amendment.changes):
                    filled[change.section] = with_value(filled[change.section], change.field, change.old)
        signatures = (*self.signatures, _signature(act, ""))
        return replace(self, filled=filled, amendments=tuple(amendments), signatures=signatures)

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

    def _apply_link(self, _act: Act) -> Self:
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
    "link": RecordState._apply_link,  # noqa: SLF001
}


def _signature(act: Act, section: str) -> Signature:
    content = act.content
    is_paper = content.get("method") == "paper"
    return Signature(
        act.number,
        section,
        FIRST_ROUND,
        str(content["meaning"]),
        "" if is_paper else act.by,
        str(content["signer_name"] if is_paper else content["name"]),
        str(content.get("role", "")),
        str(content["method"]),
        act.at,
        str(content.get("witness", "")),
        str(content["name"]) if is_paper else "",
        bool(content.get("unattended", False)),
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


def value_at(values: Mapping[str, Json], path: str) -> Json:
    """The value of a field, or of a cell ``field.row.column``; None where nothing stands."""
    name, _dot, cell = path.partition(".")
    if not cell:
        return values.get(name)
    row, _dot, column = cell.partition(".")
    rows = cast("Sequence[Mapping[str, Json]]", values.get(name) or [])
    return rows[int(row) - 1].get(column)


def with_value(filled: Filled, path: str, value: Json) -> Filled:
    """``filled`` with another value of a field or cell; None takes it away."""
    name, _dot, cell = path.partition(".")
    values = dict(filled.values)
    if cell:
        row, _dot, column = cell.partition(".")
        rows = [dict(each) for each in cast("Sequence[Mapping[str, Json]]", values.get(name) or [])]
        rows[int(row) - 1][column] = value
        if value is None:
            del rows[int(row) - 1][column]
        values[name] = cast("Json", rows)
    elif value is None:
        values.pop(name, None)
    else:
        values[name] = value
    return replace(filled, values=values)
