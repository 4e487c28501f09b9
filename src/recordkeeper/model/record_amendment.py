"""Amending a record: striking values through, counter-signing that or refusing it.

It is long because an amendment is one decision with many reasons to be refused, and all of them stand here.

Source: P06-R3, P06-R4
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from typing import Self, cast

from recordkeeper.errors import InvalidInputError, RecordError, RefusalError
from recordkeeper.language import current_language, listing, ngettext, noted
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import CORRECTION, FACT, PENDING, Amendment
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.consistency import ITEM, PREVIOUS, REFERENCE
from recordkeeper.model.expression import ExpressionError, evaluate, names_in
from recordkeeper.model.person_name import folded_name
from recordkeeper.model.record_guard import (
    GuardedRecord,
    NoReasonError,
    NotYoursError,
    ValuesRefusedError,
    WrongStateError,
    broken_checks,
    head_of,
    missing_values,
)
from recordkeeper.model.record_state import Moment, step_named, value_at, with_value
from recordkeeper.model.section import ByParty, FormField, Section
from recordkeeper.model.standing import Standing
from recordkeeper.model.step import Step, read_spelling, spelled
from recordkeeper.model.value import Problem, Reading, canonical_of, check_text


class UnknownFieldError(RecordError, InvalidInputError):
    """The form has no such field, or a row has no such cell."""

    def __init__(self, number: str, path: str, known: Sequence[str]) -> None:
        super().__init__(
            _("{number}: no field {path}, only {known}").format(number=number, path=path, known=listing(known)),
            subject=number,
            expected=listing(known),
            found=path,
        )


class EqualValueError(RecordError, InvalidInputError):
    """An amendment that would change nothing; ``called`` is the field as a person reads it."""

    def __init__(self, number: str, path: str, value: str, *, called: str) -> None:
        super().__init__(
            _("{number} {path}: already {value}").format(number=number, path=called, value=value),
            subject=f"{number} {path}",
            expected=_("another value"),
            found=value,
        )


class ComputedValueError(RecordError, InvalidInputError):
    """A computed value was given by hand."""

    def __init__(self, number: str, path: str) -> None:
        super().__init__(
            _("{number} {path}: is computed, and cannot be given").format(number=number, path=path),
            subject=f"{number} {path}",
        )


class TooManyCorrectionsError(RecordError, RefusalError):
    """The form's limit of corrections is reached; only a re-issue will do."""

    def __init__(self, number: str, limit: int, found: int) -> None:
        super().__init__(
            _("{number}: at most {limit} corrections, this would be number {found}: re-issue it instead").format(
                number=number, limit=limit, found=found
            ),
            subject=number,
            expected=str(limit),
            found=str(found),
        )


class SourceComputedError(RecordError, RefusalError):
    """A value computed from other records would change; the record is re-issued, never rewritten."""

    def __init__(self, number: str, path: str) -> None:
        super().__init__(
            _("{number} {path}: computed from other records: re-issue it instead").format(number=number, path=path),
            subject=f"{number} {path}",
        )


class LaterValuesError(RecordError, RefusalError):
    """Values of other sections, filled on the value that is to be amended, would no longer hold."""

    def __init__(self, number: str, broken: Sequence[tuple[str, Problem]]) -> None:
        lines = "\n".join(f"  {section} {problem}" for section, problem in broken)
        message = ngettext(
            "{number}: {count} value of another section would no longer hold: amend it in the same act,"
            " or fill it anew first",
            "{number}: {count} values of other sections would no longer hold: amend them in the same act,"
            " or fill them anew first",
            len(broken),
        )
        super().__init__(
            message.format(number=number, count=len(broken)) + "\n" + lines,
            subject=number,
            expected="; ".join(f"{problem.field}: {problem.expected}" for _section, problem in broken),
            found="; ".join(f"{problem.field}: {problem.found}" for _section, problem in broken),
        )


@dataclass(frozen=True, slots=True)
class AmendableRecord(GuardedRecord):
    """A record that decides on amendments; the other acts are ``Record``'s."""

    def amend(
        self,
        raw: Mapping[str, object],
        reason: str,
        nature: str,
        who: Standing,
        moment: Moment,
        reading: Reading,
    ) -> Content:
        """The act, still without its signature, that strikes values through and sets new ones beside them.

        Args:
            raw: new values as typed, by field id or ``field.row.column``; an empty one strikes alone.
            reason: why; compulsory.
            nature: ``correction`` or ``fact``.
            who: the person and their roles in the record's unit.
            moment: when.
            reading: how to read values.

        Raises:
            UnknownFieldError, EqualValueError, ComputedValueError, NoReasonError, ValuesRefusedError: wrong input.
            WrongStateError: void, replaced, disposed; a section neither signed nor a saved row; still pending there.
            NotYoursError: no role that may amend.
            TooManyCorrectionsError, SourceComputedError: only a re-issue will do.
            LaterValuesError: other sections hold values that would no longer fit.

        Source: P06-R3
        """
        self._check_state("record amend", _("amend"))
        if not reason.strip():
            raise NoReasonError(self.number)
        if nature not in {CORRECTION, FACT}:
            raise ValuesRefusedError(self.number, [Problem("nature", f"{CORRECTION}, {FACT}", nature)])
        changes = [self._change(path, value, who, reading) for path, value in raw.items()]
        if not changes:
            raise ValuesRefusedError(self.number, [Problem("set", _("at least one new value"), _("nothing"))])
        amended = self._amended(changes)
        self._check_amended(changes, amended, moment)
        if nature == CORRECTION:
            found = sum(amendment.counts for amendment in self.amendments) + len(changes)
            if found > self.form.amendment.corrections:
                raise TooManyCorrectionsError(self.number, self.form.amendment.corrections, found)
        changes += self._computed_changes(changes, amended, moment, reading)
        self._check_later(changes, moment)
        role = self._amending_role(step_named(changes[0]), who)
        return {
            **head_of("amend", who.acting_in((role,)), moment),
            "changes": cast("list[Json]", changes),
            "reason": check_text(reason.strip(), "reason"),
            "nature": nature,
            "countersign": self.form.amendment.countersign is not None,
            **({"party_signs": True} if self._party_signs_anew else {}),
            **({"tables": dict(reading.reference.cited)} if reading.reference.cited else {}),
            "meaning": "authored",
            "role": role,
            "method": "passphrase",
        }

    @property
    def _party_signs_anew(self) -> bool:
        """Whether an amendment counts only when the outside party has signed it.

        Until that party has signed the record at all, its signature is still to come and will cover what was amended.
        """
        outside = {section.id for section in self.sections if any(isinstance(by, ByParty) for by in section.by)}
        has_signed = any(signature.section in outside for signature in self.signatures)
        return self.form.amendment.party_signs and (has_signed or not outside)

    def countersign(self, number: int, who: Standing, moment: Moment, *, accepted: bool, reason: str = "") -> Content:
        """The act, still without its signature, that agrees to an amendment or refuses it with a reason.

        Where the outside party alone has still to sign, this is the refusal that somebody enters for it.

        Args:
            number: the circled number of one of its changes.
            who: the person and their roles in the record's unit.
            moment: when.
            accepted: whether the new value shall stand.
            reason: why not; compulsory where it is refused.

        Raises:
            WrongStateError: no amendment of that number awaits a counter-signature.
            NotYoursError: the amendment's own author, or no role that counter-signs.
            NoReasonError: refused without a reason.
        """
        self._check_state("record countersign", _("counter-sign"))
        amendment = self._pending(number, self.pending_amendments)
        if amendment.countersign != PENDING:
            return self._refused_by_party(amendment, number, who, moment, accepted=accepted, reason=reason)
        roles = self._countersigners
        if self._persons_of([amendment.act_number]) & {who.subject, who.acting_in(roles).deputy_for}:
            raise NotYoursError(self.number, f"({number})", _("somebody other than its author"), who.name)
        if not who.has_any(roles):
            raise NotYoursError(self.number, f"({number})", who.named(roles), who.name)
        if not accepted and not reason.strip():
            raise NoReasonError(self.number)
        who = who.acting_in(roles)
        content: dict[str, Json] = {**head_of("countersign", who, moment), "amendment": amendment.act_number}
        content |= {"accepted": accepted, "meaning": "countersigned", "method": "passphrase"}
        content["role"] = next(role for role in roles if role in who.rights)
        if reason.strip():
            content["reason"] = check_text(reason.strip(), "reason")
        return content

    def countersign_on_paper(
        self, number: int, who: Standing, moment: Moment, *, signer_name: str, witness: str, scan: str
    ) -> Content:
        """The act by which ``who`` enters the outside party's signature under an amendment, bound to its scan.

        Args:
            number: the circled number of one of its changes.
            who: who enters it, in a role of the record; the clerk is never shown as the signer.
            moment: when.
            signer_name: who signed, as read.
            witness: who saw it.
            scan: the digest of the attached scan.

        Raises:
            WrongStateError: no amendment of that number awaits the outside party's signature; a scan older than it.
            NotYoursError: no witness, or no role of any section.
            ValuesRefusedError: no name of the signer.

        Source: P06-R4
        """
        self._check_state("record countersign", _("counter-sign"))
        who = self._check_right_of_any(who)
        waiting = [each for each in self.pending_amendments if each.party.state == PENDING]
        amendment = self._pending(number, waiting)
        if not folded_name(signer_name):
            raise ValuesRefusedError(self.number, [Problem("signer", _("the name of who signed"), _("nothing"))])
        if not witness.strip():
            raise NotYoursError(self.number, f"({number})", _("somebody with a witness"), signer_name)
        if any(each.digest == scan and each.act_number < amendment.act_number for each in self.attachments):
            expected = _("a scan of the amendment as it was signed")
            raise WrongStateError(self.number, _("counter-sign"), expected, _("a file that was bound before it"))
        content: dict[str, Json] = {**head_of("countersign", who, moment), "amendment": amendment.act_number}
        content |= {"accepted": True, "party": True, "meaning": "agreed", "role": "party", "method": "paper"}
        content |= {
            "scan": scan,
            "signer_name": check_text(signer_name.strip(), "signer"),
            "witness": check_text(witness.strip(), "witness"),
        }
        return content

    def _refused_by_party(
        self, amendment: Amendment, number: int, who: Standing, moment: Moment, *, accepted: bool, reason: str
    ) -> Content:
        """The act by which somebody who may amend enters that the outside party does not sign."""
        if accepted:
            expected = _("the outside party's signature on paper, with its scan")
            raise WrongStateError(self.number, _("counter-sign"), expected, _("your own"))
        if not reason.strip():
            raise NoReasonError(self.number)
        roles = [*self._amenders(amendment.changes[0].step), *self._countersigners]
        held = [role for role in roles if role in who.rights]
        if not held:
            raise NotYoursError(self.number, f"({number})", who.named(roles), who.name)
        who = who.acting_in(roles)
        content: dict[str, Json] = {**head_of("countersign", who, moment), "amendment": amendment.act_number}
        content |= {"accepted": False, "party": True, "meaning": "countersigned", "method": "passphrase"}
        return {**content, "role": held[0], "reason": check_text(reason.strip(), "reason")}

    def _pending(self, number: int, among: Sequence[Amendment]) -> Amendment:
        """The amendment with that circled number.

        Raises:
            WrongStateError: none of ``among`` has it.
        """
        for amendment in among:
            if any(change.number == number for change in amendment.changes):
                return amendment
        waiting = [str(change.number) for each in among for change in each.changes]
        raise WrongStateError(self.number, _("counter-sign"), listing(waiting) or _("a pending amendment"), str(number))

    @property
    def _countersigners(self) -> tuple[str, ...]:
        rule = self.form.amendment.countersign
        return rule.by if rule is not None else ()

    def _amending_role(self, step: Step, who: Standing) -> str:
        amenders = self._amenders(step)
        return next(role for role in amenders if role in who.rights)

    def _amenders(self, step: Step) -> list[str]:
        return list(self.form.amendment.by) or self.roles_at(step)

    def _change(self, path: str, raw: object, who: Standing, reading: Reading) -> dict[str, Json]:
        step, each, place = self._place(path)
        filled = self.saved.get(step)
        if filled is None or not self._has_stood(step):
            raise WrongStateError(
                f"{self.number} {self.called(step)}",
                _("amend"),
                _("a section that is signed, or a saved row"),
                _("fill it instead"),
            )
        self._check_not_pending(step, place)
        if not who.has_any(self._amenders(step)):
            expected = who.named(self._amenders(step))
            raise NotYoursError(self.number, str(step), expected, who.name, called=self.called(step))
        old = value_at(filled.values, place)
        new, problems = reading.parse(each, raw, path)
        if new is None and "." in place and each.required and not problems:
            problems = [Problem(path, _("a value"), _("nothing"), each.title.in_language(current_language()))]
        if problems:
            raise ValuesRefusedError(self.number, problems)
        if new == old:
            said = "/" if old is None else _said(each, old, who)
            called = noted(each.title.in_language(current_language()), path)
            raise EqualValueError(self.number, path, said, called=called)
        return {**_named(step), "field": place, "old": old, "new": new}

    def _check_not_pending(self, step: Step, place: str) -> None:
        changes = [change for amendment in self.pending_amendments for change in amendment.changes]
        if any(change.step == step and change.field == place for change in changes):
            path = spelled(place.partition(".")[0], step.item, step.round, place.partition(".")[2])
            raise WrongStateError(
                f"{self.number} {path}", _("amend"), _("no pending amendment of it"), _("one pending")
            )

    def _place(self, path: str) -> tuple[Step, FormField, str]:
        """The step, the field or column, and the field's id or cell that ``path`` names."""
        name, item, number, cell = read_spelling(path)
        section = next((each for each in self.sections if each.field(name)), None)
        each = section.field(name) if section is not None else None
        if section is None or each is None:
            known = [one.called for part in self.sections for one in part.fields]
            raise UnknownFieldError(self.number, path, known)
        if each in section.computed:
            raise ComputedValueError(self.number, path)
        step = self._step_amended(section, name, item, number, path)
        if each.type == "rows":
            filled = self.saved.get(step)
            rows = cast("Sequence[Json]", value_at(filled.values, name) if filled else None) or []
            return step, self._column(each, cell, len(rows), step, path), f"{name}.{cell}"
        if cell:
            raise UnknownFieldError(self.number, path, [spelled(name, step.item, step.round)])
        return step, each, name

    def _step_amended(self, section: Section, name: str, item: str, number: int, path: str) -> Step:
        """The step named: without a round the latest that was saved; of a repeated section its instance."""
        called = self._item_called(section, item) if section.each is not None else item
        steps = sorted((step for step in self.saved if step.section == section.id), key=lambda step: step.round)
        found = [step for step in steps if step.item == called and number in {0, step.round}]
        if found:
            return found[-1]
        if number or item or section.each is not None:
            raise UnknownFieldError(self.number, path, [spelled(name, step.item, step.round) for step in steps])
        return Step(section.id, self.round_of(section))

    def _column(self, each: FormField, cell: str, count: int, step: Step, path: str) -> FormField:
        row, _dot, column_id = cell.partition(".")
        columns = {column.id: column for column in each.columns}
        numbers = [str(number) for number in range(1, count + 1)]
        if row in numbers and column_id in columns:
            return columns[column_id]
        cells = [
            spelled(each.id, step.item, step.round, f"{number}.{column}") for number in numbers for column in columns
        ]
        raise UnknownFieldError(self.number, path, cells)

    def _amended(self, changes: Sequence[Content]) -> Self:
        """The record with those changes made."""
        saved = dict(self.saved)
        for change in changes:
            step = step_named(change)
            saved[step] = with_value(saved[step], str(change["field"]), change["new"])
        return replace(self, saved=saved)

    def _check_amended(self, changes: Sequence[Content], after: Self, moment: Moment) -> None:
        problems: list[Problem] = []
        for step in dict.fromkeys(map(step_named, changes)):
            section = self.section(step.section)
            known = {**after.seen_in(step), "on": date.fromisoformat(moment.on)}
            values = dict(after.saved[step].values)
            problems += missing_values(section, values, set(), known)
            problems += broken_checks(section, values, known) if not problems else []
        if problems:
            raise ValuesRefusedError(self.number, problems)

    def _check_later(self, changes: Sequence[Content], moment: Moment) -> None:
        """Refuse an amendment that leaves a value of another filled section without what its form asks of it.

        What did not hold before is not laid to this amendment's charge; a section that is no longer needed keeps what
        it says.
        """
        after = self._amended(changes)
        amended = {step_named(change) for change in changes if not change.get("computed")}
        broken: list[tuple[str, Problem]] = []
        for step in sorted(set(self.saved) - amended):
            section = self.section(step.section)
            if after.is_needed(section) and step.item in after.items_of(section):
                stood = {problem.field for problem in self._faults(step, moment)}
                found = after._faults(step, moment)  # noqa: SLF001 - a value of this same class
                broken += [(self.called(step), problem) for problem in found if problem.field not in stood]
        if broken:
            raise LaterValuesError(self.number, broken)

    def _faults(self, step: Step, moment: Moment) -> list[Problem]:
        section, values = self.section(step.section), dict(self.saved[step].values)
        try:
            known = {**self.seen_in(step), "on": date.fromisoformat(moment.on)}
            return [*missing_values(section, values, set(), known), *broken_checks(section, values, known)]
        except ExpressionError as error:  # a condition that reads what was struck and left blank
            return [Problem(str(step), _("values that its conditions can be held against"), str(error))]

    def _computed_changes(
        self, changes: Sequence[Content], after: Self, moment: Moment, reading: Reading
    ) -> list[dict[str, Json]]:
        """The computed values that follow from ``changes``, in every round and instance that was saved."""
        computed: list[dict[str, Json]] = []
        for step in sorted(self.saved, key=self._place_in_order):
            for each in self.section(step.section).computed:
                reads = names_in(each.value)
                if not any(after._is_read(change, step, reads) for change in (*changes, *computed)):
                    continue
                if reads & {"rows", *self.form.sources}:
                    raise SourceComputedError(self.number, each.id)
                known = {**after.seen_in(step), "on": date.fromisoformat(moment.on), REFERENCE: reading.reference}
                old, new = self.saved[step].values.get(each.id), canonical_of(each, evaluate(each.value, known))
                if old != new:
                    self._check_not_pending(step, each.id)
                    change: dict[str, Json] = {**_named(step), "field": each.id, "old": old, "new": new}
                    computed.append({**change, "computed": True})
                    after = after._amended([change])  # a value of this same class
        return computed

    def _place_in_order(self, step: Step) -> tuple[int, int, int, str]:
        """Where a step stands on the record's way: a loop round by round, then what follows it."""
        places = [section.id for section in self.sections]
        first = next(iter(self.loop_of(self.section(step.section))), step.section)
        return places.index(first), step.round, places.index(step.section), step.item

    def _is_read(self, change: Content, step: Step, reads: AbstractSet[str]) -> bool:
        """Whether an expression at ``step`` that reads those names sees ``change``."""
        changed, name = step_named(change), str(change["field"]).partition(".")[0]
        section, loop = self.section(step.section), self.loop_of(self.section(changed.section))
        if PREVIOUS in reads and step.section in loop and changed.round == step.round - 1:
            return True
        is_item = ITEM in reads and section.each is not None and section.each.field == name
        if not (is_item or name in reads):
            return False
        if changed.section == step.section:
            return changed == step
        seen_round = step.round if step.section in loop else self.round_of(self.section(changed.section))
        return changed.round == seen_round


def _said(field: FormField, value: Json, who: Standing) -> str:
    """A value as a refusal says it: a choice, a person, a party or a role by its name."""
    several = value if isinstance(value, list | tuple) else (value,)
    if field.type == "choice":
        names = {choice.id: choice.in_language(current_language()) for choice in field.choices}
        return listing(names.get(str(each), str(each)) for each in several)
    return who.named(map(str, several)) if field.type in {"person", "party", "premises", "role"} else str(value)


def _named(step: Step) -> dict[str, Json]:
    named: dict[str, Json] = {"section": step.section, "round": step.round}
    return {**named, "item": step.item} if step.item else named
