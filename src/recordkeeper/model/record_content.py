"""What a record or sheet holds after its acts: values by section, round and instance, and what follows from them.

Nothing is decided here, and nothing routed: ``record_state`` says which sections are needed and folds the acts. It is
long because rounds, instances and amendments are three ways into the same values.

Source: ISO 9001, 7.5.3
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import cast
from zoneinfo import ZoneInfo

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import current_language, listing, noted
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import Amendment, Change
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.consistency import ITEM, PREVIOUS
from recordkeeper.model.deadline import Deadline, Start, end_of
from recordkeeper.model.erased import is_erased
from recordkeeper.model.event import History
from recordkeeper.model.expression import holds, names_in
from recordkeeper.model.form import Form
from recordkeeper.model.routing import ByField, ByParty, Due
from recordkeeper.model.section import FormField, Section
from recordkeeper.model.signature import Signature
from recordkeeper.model.step import FIRST_ROUND, Step, read_spelling, spelled
from recordkeeper.model.subject import kind_of, number_of
from recordkeeper.model.value import plain_value

Rounds = Mapping[str, int]
"""The round that is read for each section of a loop."""


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
    """A file bound to the record by its digest; one that was erased has none."""

    act_number: int
    digest: str
    media_type: str
    name: str
    size: int
    by: str
    at: str

    @property
    def is_erased(self) -> bool:
        """Whether the file was erased on request."""
        return not self.digest


@dataclass(frozen=True, slots=True)
class Moment:
    """When an act is done: the UTC moment as text, and the local date."""

    at: str
    on: str


@dataclass(frozen=True, slots=True)
class RecordContent:
    """What one record or sheet holds after its acts.

    Args:
        history: the acts it follows from.
        form: the revision of the form that it began on.
        sections: the form's sections, or for a sheet those of its sheet rule.
        opening: the content of act ``new``.
        saved: the values of every step that was filled.
        transferred_by: number of the list by which it was handed over, so that what is kept here is a copy.
    """

    history: History
    form: Form
    sections: tuple[Section, ...]
    opening: Content
    saved: Mapping[Step, Filled] = field(default_factory=dict)
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
    before_disposal: State | None = None
    transferred_by: str = ""
    _found_rounds: Rounds | None = field(default=None, init=False, repr=False, compare=False)

    # ---- what it is ------------------------------------------------------------------------------------------

    @property
    def subject(self) -> str:
        """``record/QR-017-02/2026-0001`` or ``sheet/QR-017-01/2026-11``."""
        return self.history.subject

    @property
    def number(self) -> str:
        """``QR-017-02/2026-0001``."""
        return number_of(self.history.subject)

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
        """The sheet that a row stands on, by the subject it was begun under; empty for any other record."""
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
    def pending_amendments(self) -> tuple[Amendment, ...]:
        """Amendments that await a counter-signature, or the outside party's signature."""
        return tuple(amendment for amendment in self.amendments if amendment.is_pending)

    @property
    def is_archived(self) -> bool:
        """Whether the last act is ``archive``."""
        return self.history.acts[-1].kind == "archive"

    def section(self, identifier: str) -> Section:
        """The section of that id.

        Raises:
            UnknownSectionError: the form has none.
        """
        for section in self.sections:
            if section.id == identifier:
                return section
        raise UnknownSectionError(self.number, identifier, [section.called for section in self.sections])

    def called(self, step: Step) -> str:
        """A step as a person reads it: what the form calls its section, and the id by which a command asks for it."""
        return noted(self.section(step.section).title.in_language(current_language()), str(step))

    # ---- rounds and instances --------------------------------------------------------------------------------

    @property
    def rounds(self) -> Rounds:
        """The round in which each section of a loop stands now; sections of no loop are left out.

        A round is begun by what is filled or signed in it, or by the round before, where that is complete and its
        ``until`` does not hold.
        """
        if self._found_rounds is None:  # asked for at every step of the fold, and the same for ever for this value
            object.__setattr__(self, "_found_rounds", self._find_rounds())
        return cast("Rounds", self._found_rounds)

    def _find_rounds(self) -> Rounds:
        rounds: dict[str, int] = {}
        for last in self.sections:
            if last.rounds is None:
                continue
            names = last.rounds.sections
            begun = [step.round for step in self.saved if step.section in names]
            begun += [signature.round for signature in self.signatures if signature.section in names]
            current = max(begun, default=FIRST_ROUND)
            rounds |= dict.fromkeys(names, current)
            if self._is_complete(last, rounds) and not self.holds_for(last.rounds.until, last, rounds):
                rounds |= dict.fromkeys(names, current + 1)
        return rounds

    def round_of(self, section: Section) -> int:
        """The round in which ``section`` stands; 1 where it is in no loop."""
        return self.rounds.get(section.id, FIRST_ROUND)

    def loop_of(self, section: Section) -> tuple[str, ...]:
        """The ids of the sections of the loop that ``section`` is in; empty where it is in none."""
        loops = (each.rounds.sections for each in self.sections if each.rounds is not None)
        return next((names for names in loops if section.id in names), ())

    def items_of(self, section: Section, rounds: Rounds | None = None) -> tuple[str, ...]:
        """What a repeated section is repeated for: ids of choices or numbers of rows; one empty item for any other."""
        if section.each is None:
            return ("",)
        source, value = self._standing(section.each.field, self.rounds if rounds is None else rounds)
        if source is None or not isinstance(value, list | tuple):
            return ()
        if source.type == "rows":
            return tuple(str(number) for number in range(1, len(value) + 1))
        return tuple(map(str, value))

    def steps_of(self, section: Section, rounds: Rounds | None = None) -> tuple[Step, ...]:
        """The steps of ``section`` in its present round, one for each instance."""
        rounds = self.rounds if rounds is None else rounds
        number = rounds.get(section.id, FIRST_ROUND)
        return tuple(Step(section.id, number, item) for item in self.items_of(section, rounds))

    def steps_in(self, section: Section, number: int) -> tuple[Step, ...]:
        """The steps of ``section`` in that round, one for each instance."""
        return self.steps_of(section, self._rounds_at(Step(section.id, number)))

    def earlier_steps(self) -> tuple[Step, ...]:
        """Everything that was filled or signed and no longer belongs to the present round or instances, in order."""
        rounds = self.rounds
        present = {step for section in self.sections for step in self.steps_of(section, rounds)}
        places = {section.id: place for place, section in enumerate(self.sections)}
        done = {*self.saved, *(signature.step for signature in self.signatures if signature.section)}
        return tuple(sorted(done - present, key=lambda step: (step.round, places[step.section])))

    def steps_in_order(self) -> tuple[Step, ...]:
        """Every step as the form goes: earlier rounds of a loop before it, and what no longer belongs to a section.

        A repeated section of which it is not known yet for what it is repeated stands once, without an item.
        """
        rounds, earlier = self.rounds, self.earlier_steps()
        steps: list[Step] = []
        for section in self.sections:
            loop = self.loop_of(section)
            if not loop or loop[0] == section.id:
                steps += [step for step in earlier if step.section in (loop or (section.id,))]
            steps += self.steps_of(section, rounds) or (Step(section.id, rounds.get(section.id, FIRST_ROUND)),)
        return tuple(steps)

    def present_steps(self) -> tuple[Step, ...]:
        """The present step of every section that is not repeated."""
        rounds = self.rounds
        single = (section for section in self.sections if section.each is None)
        return tuple(Step(section.id, rounds.get(section.id, FIRST_ROUND)) for section in single)

    def changes_at(self, step: Step) -> dict[str, list[tuple[Amendment, Change]]]:
        """What was amended in one step, by field or cell, in order."""
        changes: dict[str, list[tuple[Amendment, Change]]] = {}
        for amendment in self.amendments:
            for change in amendment.changes:
                if change.step == step:
                    changes.setdefault(change.field, []).append((amendment, change))
        return changes

    def step(self, text: str) -> Step:
        """The present step that ``text`` names: ``handled``, ``review[engineering]``, or by the choice's printed name.

        Raises:
            UnknownSectionError: the form has no such section, or none for that choice or row.
        """
        name, item, asked, cell = read_spelling(text)
        section = self.section(name)
        number, items = self.round_of(section), self.items_of(section)
        found = self._item_called(section, item) if section.each is not None else item
        if not found and len(items) == 1:
            found = items[0]
        if found in items and asked in {0, number} and not cell:
            return Step(name, number, found)
        raise UnknownSectionError(self.number, text, [spelled(name, each, number) for each in items] or [_("nothing")])

    def _item_called(self, section: Section, name: str) -> str:
        source = self.field_called(section.each.field) if section.each is not None else None
        for choice in source.choices if source is not None else ():
            if name in {choice.id, choice.zh, choice.en} or name.casefold() == choice.en.casefold():
                return choice.id
        return name

    def item_title(self, section: Section, item: str) -> tuple[str, str]:
        """The printed Chinese and English name of an instance: the choice's, or the row's number."""
        source = self.field_called(section.each.field) if section.each is not None else None
        for choice in source.choices if source is not None else ():
            if choice.id == item:
                return choice.zh, choice.en
        return item, item

    def field_called(self, identifier: str) -> FormField | None:
        """The field of that id in any section."""
        return next((found for section in self.sections if (found := section.field(identifier))), None)

    # ---- values ----------------------------------------------------------------------------------------------

    @property
    def filled(self) -> dict[str, Filled]:
        """What every section that is not repeated holds in its present round, by its id."""
        return {step.section: self.saved[step] for step in self.present_steps() if step in self.saved}

    @property
    def values(self) -> dict[str, Json]:
        """Every value now standing, by field id; those of repeated sections are left out."""
        return {name: value for filled in self.filled.values() for name, value in filled.values.items()}

    @property
    def known(self) -> dict[str, object]:
        """Everything that expressions see: values as plain types, facts of sections, None for what is empty."""
        return self._known(self.rounds)

    def seen_in(self, step: Step) -> dict[str, object]:
        """What the expressions of one step see: its own round, the round before it, its item, its own values."""
        return self._seen(self.section(step.section), step.item, self._rounds_at(step))

    def holds_for(self, condition: str, section: Section, rounds: Rounds) -> bool:
        """Whether a condition of ``section`` holds; only what it reads is worked out.

        Raises:
            ExpressionError: it fails over the values.
        """
        return holds(condition, self._seen(section, "", rounds, names_in(condition)))

    def _seen(
        self, section: Section, item: str, rounds: Rounds, names: Collection[str] | None = None
    ) -> dict[str, object]:
        known = self._known(rounds, names)
        loop = self.loop_of(section) if names is None or PREVIOUS in names else ()
        if loop:
            former = rounds.get(section.id, FIRST_ROUND) - 1
            known[PREVIOUS] = self._round_before({**rounds, **dict.fromkeys(loop, former)}, loop) if former else None
        if section.each is not None and item:
            known[ITEM] = self._item_value(section, item, rounds)
            own = self.saved.get(Step(section.id, rounds.get(section.id, FIRST_ROUND), item))
            for each in section.all_fields:
                known[each.id] = plain_value(each, own.values.get(each.id) if own else None, self.zone)
        return known

    def _round_before(self, rounds: Rounds, loop: Sequence[str]) -> dict[str, object]:
        known = self._known(rounds)
        sections = [section for section in self.sections if section.id in loop]
        names = [name for section in sections for name in (section.id, *(each.id for each in section.all_fields))]
        return {name: known[name] for name in names}

    def value_in(self, step: Step, section: Section, each: FormField) -> Json:
        """The canonical value of a field of ``section``, which is not repeated, as ``step`` sees it."""
        filled = self.saved.get(Step(section.id, self._rounds_at(step).get(section.id, FIRST_ROUND)))
        return filled.values.get(each.id) if filled else None

    def _item_value(self, section: Section, item: str, rounds: Rounds) -> object:
        source, value = self._standing(section.each.field if section.each else "", rounds)
        if source is None or source.type != "rows":
            return item
        rows = cast("Sequence[object]", plain_value(source, value, self.zone) or ())
        return rows[int(item) - 1] if item.isdigit() and 0 < int(item) <= len(rows) else None

    def _standing(self, name: str, rounds: Rounds) -> tuple[FormField | None, Json]:
        """A field of a section that is not repeated, and its value in those rounds."""
        for section in self.sections:
            found = section.field(name)
            if found is not None:
                filled = self.saved.get(Step(section.id, rounds.get(section.id, FIRST_ROUND)))
                return found, filled.values.get(name) if filled else None
        return None, None

    def _known(self, rounds: Rounds, names: Collection[str] | None = None) -> dict[str, object]:
        known: dict[str, object] = {"on": date.fromisoformat(self.last_on) if self.last_on else None}
        known["record"] = {"number": self.number, "unit": self.unit, "entered_on": self.opening.get("on")}
        known["party"], known["premises"] = self.opening.get("party"), self.opening.get("premises")
        for section in self.sections:
            if names is None or section.id in names:
                known[section.id] = self._facts(section, rounds)
            asked = [each for each in section.all_fields if names is None or each.id in names]
            filled = [self.saved.get(step) for step in self.steps_of(section, rounds)] if asked else []
            for each in asked:
                plain = [plain_value(each, one.values.get(each.id) if one else None, self.zone) for one in filled]
                known[each.id] = plain[0] if section.each is None else plain
        return known

    def _facts(self, section: Section, rounds: Rounds) -> dict[str, object]:
        steps = self.steps_of(section, rounds)
        filled = [date.fromisoformat(self.saved[step].on) for step in steps if step in self.saved]
        signed = [self._local_date(each.act_number) for step in steps for each in self.signatures_at(step)]
        return {
            "filled_on": max(filled, default=None),
            "signed_on": date.fromisoformat(max(signed)) if signed else None,
            "is_late": any(self._is_late(section, step, rounds) for step in steps),
            "round": rounds.get(section.id, FIRST_ROUND),
        }

    def _local_date(self, act_number: int) -> str:
        return str(self.history.acts[act_number].told.content["on"])

    # ---- what is done, and by when ---------------------------------------------------------------------------

    def signatures_at(self, step: Step) -> list[Signature]:
        """The signatures of one step, in order."""
        section, number, item = step
        return [
            each for each in self.signatures if each.section == section and each.round == number and each.item == item
        ]

    def signatures_of(self, section: Section) -> list[Signature]:
        """The signatures of a section in its present round, all instances."""
        return [signature for step in self.steps_of(section) for signature in self.signatures_at(step)]

    def is_step_filled(self, step: Step) -> bool:
        """Whether the fields of a step have been saved, or its section has none."""
        return step in self.saved or not self.section(step.section).all_fields

    def is_step_complete(self, step: Step) -> bool:
        """Whether a step is filled and signed as its section's rule says."""
        return self._is_step_complete(step, self._rounds_at(step))

    def _is_step_complete(self, step: Step, rounds: Rounds) -> bool:
        section = self.section(step.section)
        if not self.is_step_filled(step):
            return False
        if section.sign == "none":
            return True
        signatures = self.signatures_at(step)
        if section.sign == "all":
            return {signature.role for signature in signatures} >= set(self._roles_of(section, step.item, rounds))
        return bool(signatures)

    def is_filled(self, section: Section) -> bool:
        """Whether every instance of ``section`` in its present round is saved, or it has no fields."""
        return all(self.is_step_filled(step) for step in self.steps_of(section))

    def is_complete(self, section: Section) -> bool:
        """Whether every instance of ``section`` in its present round is filled and signed as its rule says."""
        return self._is_complete(section, self.rounds)

    def _is_complete(self, section: Section, rounds: Rounds) -> bool:
        """Whether there is an instance of ``section`` and all of them are complete; one for nobody never is."""
        steps = self.steps_of(section, rounds)
        return bool(steps) and all(self._is_step_complete(step, rounds) for step in steps)

    def _rounds_at(self, step: Step) -> Rounds:
        """The rounds that are read at ``step``: its own for the sections of its loop."""
        loop = self.loop_of(self.section(step.section))
        return {**self.rounds, **dict.fromkeys(loop, step.round)} if loop else self.rounds

    def roles_of(self, section: Section, item: str = "") -> list[str]:
        """The roles, or the person's or party's subject, that may fill and sign ``section`` now.

        Args:
            section: the section.
            item: which instance of a repeated one; empty for all of them.
        """
        return self._roles_of(section, item, self.rounds)

    def roles_at(self, step: Step) -> list[str]:
        """As ``roles_of``, for a step of any round."""
        return self._roles_of(self.section(step.section), step.item, self._rounds_at(step))

    def _roles_of(self, section: Section, item: str, rounds: Rounds) -> list[str]:
        roles: list[str] = []
        for by in section.by:
            if isinstance(by, ByField):
                roles += self._named_in(section, by.field, item, rounds)
            elif isinstance(by, ByParty):
                _field, value = self._standing(by.party, rounds)
                roles.append(str(value or self.opening.get("party") or "party"))
            else:
                roles.append(by)
        return list(dict.fromkeys(roles))

    def _named_in(self, section: Section, path: str, item: str, rounds: Rounds) -> list[str]:
        name, _dot, column = path.partition(".")
        if item and section.each is not None and section.each.field == name and not column:
            return [item]
        _field, value = self._standing(name, rounds)
        values = list(value) if isinstance(value, list | tuple) else [value]
        if column:
            rows = values[int(item) - 1 : int(item)] if item.isdigit() else values
            values = [row.get(column) for row in rows if isinstance(row, Mapping)]
        return [str(each) for each in values if each and not is_erased(each)]

    def due_on(self, section: Section) -> date | None:
        """The date by which ``section`` is to be done; None while it is not known."""
        deadline = self.deadline(section)
        return deadline.on if deadline else None

    def deadline(self, section: Section) -> Deadline | None:
        """By when ``section`` is to be done in its present round; None while it is not known."""
        return self._end(section, section.due, self.rounds, moves=True)

    def earliest(self, section: Section) -> Deadline | None:
        """Before when ``section`` is refused in its present round; None where nothing stands against it."""
        return self._end(section, section.not_before, self.rounds, moves=False)

    def deadline_at(self, step: Step) -> Deadline | None:
        """As ``deadline``, for a step of any round."""
        section = self.section(step.section)
        return self._end(section, section.due, self._rounds_at(step), moves=True)

    def is_late(self, step: Step) -> bool:
        """Whether a step was done after its deadline."""
        return self._is_late(self.section(step.section), step, self._rounds_at(step))

    def _end(self, section: Section, due: Due | None, rounds: Rounds, *, moves: bool) -> Deadline | None:
        start = self._start_of(section, due, rounds) if due is not None else None
        return end_of(due, start, self.zone, moves=moves) if due is not None and start is not None else None

    def _start_of(self, section: Section, due: Due, rounds: Rounds) -> Start | None:
        """What a period is counted from: a field's date, or when a section was done.

        In a later round, what lies before the loop counts from the day on which the round before ended.
        """
        loop, number = self.loop_of(section), rounds.get(section.id, FIRST_ROUND)
        if due.field is not None:
            return self._date_in(due.field, rounds)
        if number > FIRST_ROUND and due.after not in loop:
            return self._done(Step(loop[-1], number - 1))
        after = self.section(due.after or "")
        done = [start for step in self.steps_of(after, rounds) if (start := self._done(step))]
        return max(done, key=lambda start: (start.on, start.at), default=None)

    def _date_in(self, name: str, rounds: Rounds) -> Start | None:
        named, value = self._standing(name, rounds)
        day = plain_value(named, value, self.zone) if named is not None else None
        if not isinstance(day, date):
            return None
        holder = next(section for section in self.sections if section.field(name))
        act = self.saved[Step(holder.id, rounds.get(holder.id, FIRST_ROUND))].act_number
        return Start(day, str(value) if named is not None and named.type == "moment" else "", self._edition(act))

    def _done(self, step: Step) -> Start | None:
        """When a step was last signed, else saved; of a repeated section named without an item, its last instance."""
        steps = [each for each in self._all_steps() if each[:2] == step[:2] and step.item in {"", each.item}]
        signed = [(each.act_number, each.at) for one in steps for each in self.signatures_at(one)]
        saved = [(self.saved[one].act_number, self.saved[one].at) for one in steps if one in self.saved]
        done = max(signed or saved, default=None)
        if done is None:
            return None
        return Start(date.fromisoformat(self._local_date(done[0])), done[1], self._edition(done[0]))

    def _all_steps(self) -> set[Step]:
        return {*self.saved, *(signature.step for signature in self.signatures if signature.section)}

    def _edition(self, act_number: int) -> str:
        """The edition of the working calendar that an act cites; acts of earlier releases cite none."""
        content = self.history.acts[act_number].told.content
        first = content.get("fill")
        cited = first.get("calendar") if isinstance(first, Mapping) else None
        return str(content.get("calendar") or cited or "")

    def _is_late(self, section: Section, step: Step, rounds: Rounds) -> bool:
        if section.due is None:
            return False
        done, deadline = self._done(step), self._end(section, section.due, rounds, moves=True)
        return bool(done and deadline and deadline.is_past(done.on, done.at))


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
