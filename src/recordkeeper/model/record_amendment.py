"""Amending a record: striking values through, counter-signing that or refusing it.

Source: P06-R3, P06-R4
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from recordkeeper.errors import InvalidInputError, RecordError, RefusalError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import CORRECTION, FACT, PENDING, Amendment
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.expression import evaluate, names_in
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
from recordkeeper.model.record_state import FIRST_ROUND, Filled, Moment, value_at, with_value
from recordkeeper.model.section import ByParty, FormField, Section
from recordkeeper.model.standing import Standing
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
    """An amendment that would change nothing."""

    def __init__(self, number: str, path: str, value: str) -> None:
        super().__init__(
            _("{number} {path}: already {value}").format(number=number, path=path, value=value),
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

        Source: P06-R3
        """
        self._check_not_gone(_("amend"))
        if not reason.strip():
            raise NoReasonError(self.number)
        if nature not in {CORRECTION, FACT}:
            raise ValuesRefusedError(self.number, [Problem("nature", f"{CORRECTION}, {FACT}", nature)])
        changes = [self._change(path, value, who, reading) for path, value in raw.items()]
        if not changes:
            raise ValuesRefusedError(self.number, [Problem("set", _("at least one new value"), _("nothing"))])
        amended = self._amended_sections(changes)
        self._check_amended(changes, amended, moment)
        if nature == CORRECTION:
            found = sum(amendment.counts for amendment in self.amendments) + len(changes)
            if found > self.form.amendment.corrections:
                raise TooManyCorrectionsError(self.number, self.form.amendment.corrections, found)
        changes += self._computed_changes(changes, amended, moment)
        return {
            **head_of("amend", who, moment),
            "changes": cast("list[Json]", changes),
            "reason": check_text(reason.strip(), "reason"),
            "nature": nature,
            "countersign": self.form.amendment.countersign is not None,
            **({"party_signs": True} if self._party_signs_anew else {}),
            "meaning": "authored",
            "role": self._amending_role(str(changes[0]["section"]), who),
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
        self._check_not_gone(_("counter-sign"))
        amendment = self._pending(number, self.pending_amendments)
        if amendment.countersign != PENDING:
            return self._refused_by_party(amendment, number, who, moment, accepted=accepted, reason=reason)
        roles = self._countersigners
        if amendment.by == who.subject:
            raise NotYoursError(self.number, f"({number})", _("somebody other than its author"), who.name)
        if not who.has_any(roles):
            raise NotYoursError(self.number, f"({number})", who.named(roles), who.name)
        if not accepted and not reason.strip():
            raise NoReasonError(self.number)
        content: dict[str, Json] = {**head_of("countersign", who, moment), "amendment": amendment.act_number}
        content |= {"accepted": accepted, "meaning": "countersigned", "method": "passphrase"}
        content["role"] = next(role for role in roles if role in who.roles)
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
        self._check_not_gone(_("counter-sign"))
        self._check_right_of_any(who)
        waiting = [each for each in self.pending_amendments if each.party.state == PENDING]
        amendment = self._pending(number, waiting)
        if not signer_name.strip():
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
        section = self.section(amendment.changes[0].section)
        roles = [*self._amenders(section), *self._countersigners]
        held = [role for role in roles if role in who.roles or role == who.subject]
        if not held:
            raise NotYoursError(self.number, f"({number})", who.named(roles), who.name)
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

    def _amending_role(self, section: str, who: Standing) -> str:
        amenders = self._amenders(self.section(section))
        return next(role for role in amenders if role in who.roles or role == who.subject)

    def _amenders(self, section: Section) -> list[str]:
        return list(self.form.amendment.by) or self.roles_of(section)

    def _change(self, path: str, raw: object, who: Standing, reading: Reading) -> dict[str, Json]:
        section, each = self._place(path)
        filled = self.filled.get(section.id)
        if filled is None or not self._has_stood(section):
            raise WrongStateError(
                f"{self.number} {section.id}",
                _("amend"),
                _("a section that is signed, or a saved row"),
                _("fill it instead"),
            )
        self._check_not_pending(path)
        if not any(role in who.roles or role == who.subject for role in self._amenders(section)):
            raise NotYoursError(self.number, section.id, who.named(self._amenders(section)), who.name)
        old = value_at(filled.values, path)
        new, problems = reading.parse(each, raw, path)
        if new is None and "." in path and each.required and not problems:
            problems = [Problem(path, _("a value"), _("nothing"))]
        if problems:
            raise ValuesRefusedError(self.number, problems)
        if new == old:
            raise EqualValueError(self.number, path, "/" if old is None else str(old))
        return {"section": section.id, "round": FIRST_ROUND, "field": path, "old": old, "new": new}

    def _check_not_pending(self, path: str) -> None:
        if any(change.field == path for amendment in self.pending_amendments for change in amendment.changes):
            raise WrongStateError(
                f"{self.number} {path}", _("amend"), _("no pending amendment of it"), _("one pending")
            )

    def _place(self, path: str) -> tuple[Section, FormField]:
        name, _dot, cell = path.partition(".")
        known = [each.id for section in self.sections for each in section.fields]
        for section in self.sections:
            each = section.field(name)
            if each is None:
                continue
            if each in section.computed:
                raise ComputedValueError(self.number, path)
            if each.type != "rows":
                if cell:
                    break
                return section, each
            row, _dot, column_id = cell.partition(".")
            rows = self.values.get(name) or []
            columns = {column.id: column for column in each.columns}
            if row in map(str, range(1, len(cast("Sequence[Json]", rows)) + 1)) and column_id in columns:
                return section, columns[column_id]
            cells = [
                f"{name}.{index}.{column}"
                for index in range(1, len(cast("Sequence[Json]", rows)) + 1)
                for column in columns
            ]
            raise UnknownFieldError(self.number, path, cells)
        raise UnknownFieldError(self.number, path, known)

    def _amended_sections(self, changes: Sequence[Content]) -> dict[str, Filled]:
        filled = dict(self.filled)
        for change in changes:
            section = str(change["section"])
            filled[section] = with_value(filled[section], str(change["field"]), change["new"])
        return filled

    def _check_amended(self, changes: Sequence[Content], filled: Mapping[str, Filled], moment: Moment) -> None:
        after = replace(self, filled=filled)
        known = {**after.known, "on": date.fromisoformat(moment.on)}
        problems: list[Problem] = []
        for section in self.sections:
            if any(change["section"] == section.id for change in changes):
                values = dict(filled[section.id].values)
                problems += missing_values(section, values, set(), known)
                problems += broken_checks(section, values, known) if not problems else []
        if problems:
            raise ValuesRefusedError(self.number, problems)

    def _computed_changes(
        self, changes: Sequence[Content], filled: Mapping[str, Filled], moment: Moment
    ) -> list[dict[str, Json]]:
        after = replace(self, filled=filled)
        known = {**after.known, "on": date.fromisoformat(moment.on)}
        changed = {str(change["field"]).partition(".")[0] for change in changes}
        computed: list[dict[str, Json]] = []
        for section in self.sections:
            if section.id not in self.filled:
                continue
            for each in section.computed:
                if not names_in(each.value) & changed:
                    continue
                if names_in(each.value) & {"rows", *self.form.sources}:
                    raise SourceComputedError(self.number, each.id)
                result = evaluate(each.value, known)
                known[each.id] = result
                old, new = self.filled[section.id].values.get(each.id), canonical_of(each, result)
                if old != new:
                    self._check_not_pending(each.id)
                    changed.add(each.id)
                    computed.append(
                        {
                            "section": section.id,
                            "round": FIRST_ROUND,
                            "field": each.id,
                            "old": old,
                            "new": new,
                            "computed": True,
                        }
                    )
        return computed
