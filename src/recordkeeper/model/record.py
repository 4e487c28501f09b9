"""One record or sheet: each decision answers with the content of the next act, or refuses with its reason.

Filling the next section is the whole workflow; there is no second engine. ``record_state`` folds acts into state,
``record_guard`` says what must hold before an act, ``record_amendment`` decides on amendments, ``record_retention`` on
how long it is kept and how it goes.

Source: ISO 9001, 7.5.3; P06-R5
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.consistency import REFERENCE
from recordkeeper.model.event import History
from recordkeeper.model.expression import evaluate, names_in
from recordkeeper.model.form import Form
from recordkeeper.model.person_name import folded_name
from recordkeeper.model.record_guard import (
    NoReasonError,
    NotYoursError,
    ValuesRefusedError,
    WrongStateError,
    broken_checks,
    head_of,
    missing_values,
)
from recordkeeper.model.record_retention import KeptRecord
from recordkeeper.model.record_state import Moment, State
from recordkeeper.model.section import ByParty, Section
from recordkeeper.model.standing import Standing
from recordkeeper.model.step import Step
from recordkeeper.model.subject import name_of
from recordkeeper.model.value import Problem, Reading, canonical_of, check_text, plain_value
from recordkeeper.model.working_calendar import NEWEST


@dataclass(frozen=True, slots=True)
class Record(KeptRecord):
    """One record or sheet, with every act that can be done to it; amending and keeping it are inherited."""

    def fill(
        self,
        section_id: str,
        raw: Mapping[str, object],
        who: Standing,
        moment: Moment,
        reading: Reading,
        *,
        filled_for: str = "",
        sources: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
        rows: Sequence[Content] | None = None,
    ) -> Content:
        """The act that saves a section's values; all problems of the values are named at once.

        Args:
            section_id: which section; one instance of a repeated one as ``review[engineering]``.
            raw: values as typed, by field id.
            who: the person and their roles in the record's unit.
            moment: when.
            reading: how to read values.
            filled_for: the name of whom it is filled for.
            sources: for statistics: the lists that computed values read, each record with ``number`` and ``digest``.
            rows: for a sheet: number and state digest of each row.

        Raises:
            UnknownSectionError: no such section.
            WrongStateError: void, replaced, disposed or closed.
            NotItsTurnError: another section comes first, or this one stands.
            NotYoursError: no role that may, or the signer of a section that must be another's.
            ValuesRefusedError: unknown fields, missing or wrong values.
        """
        step = self.step(section_id)
        self.check_may_fill(step, who, moment)
        values, given_sources = self.read_values(step, raw, moment, reading, sources)
        who = who.acting_in(self.roles_of(self.section(step.section), step.item))
        content: dict[str, Json] = {**head_of("fill", who, moment), **self._named(step)}
        content["values"] = values
        if filled_for:
            content["filled_for"] = check_text(filled_for, "filled_for")
        if given_sources is not None:
            content["sources"] = given_sources
        if reading.reference.cited:
            content["tables"] = dict(reading.reference.cited)
        if rows is not None:
            content["rows"] = list(rows)
        return content

    def _named(self, step: Step) -> dict[str, Json]:
        """How an act names its step, and the calendar by which what it starts is counted."""
        named: dict[str, Json] = {"section": step.section, "round": step.round}
        if step.item:
            named["item"] = step.item
        if self.form.counts_days:
            named["calendar"] = NEWEST
        return named

    def read_values(
        self,
        step: Step,
        raw: Mapping[str, object],
        moment: Moment,
        reading: Reading,
        sources: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    ) -> tuple[dict[str, Json], dict[str, Json] | None]:
        """The canonical values of a step, computed ones included, and the sources' numbers and digests.

        Raises:
            ValuesRefusedError: unknown fields, missing or wrong values, all at once.
        """
        section = self.section(step.section)
        computed = {each.id for each in section.computed}
        known_ids = [each.id for each in section.fields]
        problems = [
            Problem(
                name,
                _("nothing: it is computed")
                if name in computed
                else _("one of {names}").format(names=listing(known.called for known in section.fields)),
                name,
            )
            for name in raw
            if name not in known_ids
        ]
        values: dict[str, Json] = {}
        wrong = {problem.field for problem in problems}
        for each in section.fields:
            value, found = reading.parse(each, raw.get(each.id))
            problems += found
            if found:
                wrong.add(each.id)
            if value is not None:
                values[each.id] = value
        known = {**self.seen_in(step), "on": date.fromisoformat(moment.on)}
        known.update({each.id: plain_value(each, values.get(each.id), self.zone) for each in section.fields})
        problems += missing_values(section, values, wrong, known)
        if not problems:
            problems += broken_checks(section, values, known)
        if problems:
            raise ValuesRefusedError(f"{self.number} {step}", problems, called=f"{self.number} {self.called(step)}")
        listed = self._compute(section, {**known, REFERENCE: reading.reference}, values, sources)
        return values, listed

    def _compute(
        self,
        section: Section,
        known: dict[str, object],
        values: dict[str, Json],
        sources: Mapping[str, Sequence[Mapping[str, object]]] | None,
    ) -> dict[str, Json] | None:
        if not section.computed:
            return None
        known.update({name: list(records) for name, records in (sources or {}).items()})
        for each in section.computed:
            result = evaluate(each.value, known)
            known[each.id] = result
            value = canonical_of(each, result)
            if value is not None:
                values[each.id] = value
        read = {name for each in section.computed for name in names_in(each.value)} & set(self.form.sources)
        if not read:
            return None
        return {
            name: [
                {"number": str(record["number"]), "state": str(record["digest"])} for record in (sources or {})[name]
            ]
            for name in sorted(read)
        }

    def sign(
        self,
        section_id: str,
        who: Standing,
        moment: Moment,
        *,
        rows: Sequence[Content] | None = None,
    ) -> Content:
        """The act, still without its signature, by which ``who`` signs a section.

        Raises:
            UnknownSectionError: no such section.
            WrongStateError: void, replaced, disposed, or nothing to sign there.
            NotItsTurnError: an earlier section comes first.
            NotYoursError: no role that may, or already signed in it.
        """
        step = self.step(section_id)
        section = self.section(step.section)
        self._check_state("record sign", _("sign"))
        self._check_turn_to_sign(step, moment)
        role = self._check_right(step, who)
        self._check_not_signed(step, role, who)
        who = who.acting_in((role,))
        content: dict[str, Json] = {**head_of("sign", who, moment), **self._named(step)}
        content |= {"meaning": section.meaning, "role": role, "method": "passphrase"}
        if rows is not None:
            content["rows"] = list(rows)
        return content

    def sign_on_paper(
        self,
        section_id: str,
        who: Standing,
        moment: Moment,
        *,
        signer_name: str,
        witness: str,
        scan: str,
        names: Mapping[str, Collection[str]],
    ) -> Content:
        """The act by which ``who`` enters a signature given on paper, bound to the digest of its scan.

        Args:
            section_id: which section; one instance of a repeated one as ``review[engineering]``.
            who: who enters it, in a role of the record; never shown as the signer.
            moment: when.
            signer_name: who signed, as read.
            witness: who saw it; an outside party's signature needs one.
            scan: the digest of the attached scan.
            names: every name that each person ever had who acted on the record, by subject.

        Raises:
            WrongStateError: the form does not allow paper here, or the record takes no signature now.
            NotItsTurnError: an earlier section comes first.
            NotYoursError: an outside party's signature without a witness; one of a section that must be another's, by
                who did that, or entered by them.
            ValuesRefusedError: no name of the signer.
        """
        step = self.step(section_id)
        section = self.section(step.section)
        self._check_state("record sign", _("sign"))
        who = self._check_right_of_any(who)
        self._check_turn_to_sign(step, moment)
        if not section.on_paper:
            raise WrongStateError(self.number, _("sign"), _("a section that may be signed on paper"), self.called(step))
        is_outside = any(isinstance(by, ByParty) for by in section.by)
        if is_outside and not witness.strip():
            expected = _("somebody with a witness")
            raise NotYoursError(self.number, section.id, expected, signer_name, called=self.called(step))
        if not folded_name(signer_name):
            raise ValuesRefusedError(self.number, [Problem("signer", _("the name of who signed"), _("nothing"))])
        self._check_apart_on_paper(step, who, signer_name, names)
        role = "party" if is_outside else next(iter(self.roles_of(section, step.item)), "")
        content: dict[str, Json] = {**head_of("sign", who, moment), **self._named(step)}
        content |= {"meaning": section.meaning, "role": role, "method": "paper", "scan": scan}
        content |= {
            "signer_name": check_text(signer_name.strip(), "signer"),
            "witness": check_text(witness.strip(), "witness"),
        }
        return content

    def void(self, reason: str, who: Standing, moment: Moment, *, is_on_open_sheet: bool = False) -> Content:
        """The act that voids a record begun by mistake; number, content and mark stay.

        Args:
            reason: why; compulsory.
            who: the person and their roles in the record's unit.
            moment: when.
            is_on_open_sheet: whether it is a row of a sheet that nobody has closed; it may be complete by itself.

        Raises:
            NoReasonError: no reason.
            WrongStateError: closed already, or gone; a sheet, whose rows are voided one by one.
            NotYoursError: no role of the first section.
        """
        if self.is_sheet:
            raise WrongStateError(self.number, _("void"), _("a row or a record of its own"), _("a sheet"))
        if is_on_open_sheet:
            self._check_state("record void", _("void"))
        else:
            self._check_lives(_("void"))
        if not reason.strip():
            raise NoReasonError(self.number)
        who = self._check_right_of_any(who)
        return {**head_of("void", who, moment), "reason": check_text(reason.strip(), "reason")}

    def reissue(
        self, reason: str, successor: str, who: Standing, moment: Moment, *, is_successor_void: bool = False
    ) -> Content:
        """The act that replaces this record by another; it is kept, and both are linked.

        Args:
            reason: why; compulsory.
            successor: the number of the other.
            who: the person and their roles in the record's unit.
            moment: when.
            is_successor_void: whether it was replaced by one that has been voided since; then none is in force.

        Raises:
            NoReasonError: no reason.
            WrongStateError: void, replaced by one that is in force, or disposed.
            NotYoursError: no role of the first section.

        Source: P06-R5
        """
        if not (self.state is State.REPLACED and is_successor_void):
            self._check_state("record reissue", _("re-issue"))
        if self.is_sheet or self.sheet:
            raise WrongStateError(self.number, _("re-issue"), _("a record of its own"), _("a row or sheet"))
        if not reason.strip():
            raise NoReasonError(self.number)
        who = self._check_right_of_any(who)
        return {
            **head_of("reissue", who, moment),
            "reason": check_text(reason.strip(), "reason"),
            "successor": successor,
        }

    def link(self, number: str, form: str, who: Standing, moment: Moment) -> Content:
        """The act by which a record names another that somebody has opened with it as the source.

        Args:
            number: the new record's number.
            form: the code of its form.
            who: who opened it.
            moment: when.

        Raises:
            WrongStateError: void, replaced or disposed.
        """
        self._check_state("record attach", _("link"))
        return {**head_of("link", who, moment), "number": number, "form": form}

    def attach(self, digest: str, media_type: str, file: str, size: int, who: Standing, moment: Moment) -> Content:
        """The act that binds a file to the record by its digest.

        Raises:
            WrongStateError: void, replaced or disposed.
            NotYoursError: no role of any section.
        """
        self._check_state("record attach", _("attach"))
        who = self._check_right_of_any(who)
        return {
            **head_of("attach", who, moment),
            "digest": digest,
            "media_type": media_type,
            "file": check_text(file, "file"),
            "size": size,
        }

    def close(self, who: Standing, moment: Moment) -> Content:
        """The act that closes a record of which only optional sections remain, or a sheet that has none of its own.

        Raises:
            WrongStateError: a section that is needed is still open, or nothing is.
            NotYoursError: no role of any section.
        """
        self._check_state("record close", _("close"))
        current = self.current_section
        if current is not None or not (self.open_sections or self.is_closed_by_hand_alone):
            found = current.called if current else _(str(self.state))
            raise WrongStateError(self.number, _("close"), _("only optional sections left"), found)
        who = self._check_right_of_any(who)
        return head_of("close", who, moment)


def open_record(
    form: Form,
    subject: str,
    salt_history: History,
    who: Standing,
    moment: Moment,
    opening: Content,
) -> "Record":
    """A new record as it stands after act ``new``; not yet stored.

    Args:
        form: the revision in force.
        subject: its subject, number included.
        salt_history: its act 0.
        who: the person who opens it.
        moment: when.
        opening: what act ``new`` holds beside the head: form, revision, unit, sheet, party, premises, checkpoint.

    Raises:
        NotYoursError: no role of the first section.
    """
    content = {**head_of("new", who, moment), "number": name_of(subject), **opening}
    record = Record.replay(form, salt_history.followed_by(content))
    if record.is_sheet:
        return record
    role = record._check_right(Step(record.sections[0].id), who)  # noqa: SLF001  # the same class, before it is a value
    acting = who.acting_in((role,))
    return record if acting is who else open_record(form, subject, salt_history, acting, moment, opening)
