"""Who may do what to a record now: its state, whose turn it is, who holds a role, which values fit.

Source: ISO 9001, 7.5.3; 21 CFR 11.10(f), (g)
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from recordkeeper.amount import amount
from recordkeeper.errors import InvalidInputError, RecordError, RefusalError
from recordkeeper.language import current_language, listing, ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Json
from recordkeeper.model.event import Act
from recordkeeper.model.expression import holds, names_in
from recordkeeper.model.person_name import folded_name
from recordkeeper.model.record_state import Moment, RecordState, State
from recordkeeper.model.right import RIGHTS
from recordkeeper.model.section import Section
from recordkeeper.model.signature import Signature
from recordkeeper.model.standing import Standing
from recordkeeper.model.step import Step
from recordkeeper.model.value import Problem


class WrongStateError(RecordError, RefusalError):
    """The record's state forbids the act."""

    def __init__(self, number: str, act: str, expected: str, found: str) -> None:
        super().__init__(
            _("{number}: cannot {act}: expected {expected}, found {found}").format(
                number=number, act=act, expected=expected, found=found
            ),
            subject=number,
            expected=expected,
            found=found,
        )


class NotItsTurnError(WrongStateError):
    """Another section comes first, or this one is done."""


class NotYoursError(RecordError, RefusalError):
    """The person holds no role that may do this in the record's unit; ``called`` is the place as a person reads it."""

    def __init__(self, number: str, place: str, expected: str, found: str, *, called: str = "") -> None:
        super().__init__(
            _("{subject}: only {expected} may do this, not {found}").format(
                subject=f"{number} {called or place}".strip(), expected=expected, found=found
            ),
            subject=f"{number} {place}".strip(),
            expected=expected,
            found=found,
        )


class ValuesRefusedError(RecordError, InvalidInputError):
    """Values do not fit their fields; every problem is named at once, ``called`` the subject as a person reads it."""

    def __init__(self, subject: str, problems: Sequence[Problem], *, called: str = "") -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(
            ngettext(
                "{subject}: {count} value refused", "{subject}: {count} values refused", len(self.problems)
            ).format(subject=called or subject, count=len(self.problems))
            + "\n"
            + lines,
            subject=subject,
            expected="; ".join(f"{problem.field}: {problem.expected}" for problem in self.problems),
            found="; ".join(f"{problem.field}: {problem.found}" for problem in self.problems),
        )


class NoReasonError(RecordError, InvalidInputError):
    """An act that needs a reason has none."""

    def __init__(self, number: str) -> None:
        super().__init__(
            _("{number}: a reason is needed").format(number=number), subject=number, expected=_("a reason")
        )


@dataclass(frozen=True, slots=True)
class GuardedRecord(RecordState):
    """A record that knows what must hold before an act; the acts themselves are ``Record``'s."""

    def check_may_fill(self, step: Step, who: Standing, moment: Moment) -> None:
        """Refuse whoever may not fill ``step`` now.

        Raises:
            WrongStateError: void, replaced, disposed or closed.
            NotItsTurnError: another section comes first, this one stands, or its day has not come.
            NotYoursError: no role that may, or the signer of a section that must be another's.
        """
        self._check_state("record fill", _("fill"))
        self._check_turn_to_fill(step, who)
        self._check_right(step, who)
        self._check_not_early(step, _("fill"), moment)

    def _check_state(self, command: str, act: str) -> None:
        """Refuse what the table of rights does not allow in the record's state.

        Args:
            command: its line in the table.
            act: what the message calls it.
        """
        allowed = RIGHTS[command].states
        if self.state not in allowed:
            expected = _("a record in force") if State.CLOSED in allowed else _("an open record")
            raise WrongStateError(self.number, act, expected, _(str(self.state)))

    def _check_lives(self, act: str) -> None:
        if self.state not in {State.OPEN, State.PENDING}:
            raise WrongStateError(self.number, act, _("an open record"), _(str(self.state)))

    def _has_stood(self, step: Step) -> bool:
        """Whether the step's values are signed, a saved row, of a round that is over, or there at the closing."""
        filled = self.saved.get(step)
        was_there = filled is not None and filled.act_number <= self.closed_by_act
        is_over = step.round < self.round_of(self.section(step.section))
        return was_there or is_over or bool(self.sheet) or bool(self.signatures_at(step))

    def _is_built_on(self, step: Step) -> bool:
        """Whether a later section, or a later round of the same loop, was filled or signed."""
        places = [section.id for section in self.sections]
        place, loop = places.index(step.section), self.loop_of(self.section(step.section))
        for other in self._all_steps():
            if other.section in loop:
                is_later = (other.round, places.index(other.section)) > (step.round, place)
            else:
                is_later = places.index(other.section) > place
            if is_later:
                return True
        return False

    def _check_turn_to_fill(self, step: Step, who: Standing) -> None:
        section = self.section(step.section)
        names = listing(map(self.called, self.open_steps)) or _("a section to be filled")
        if not section.all_fields:
            raise NotItsTurnError(
                self.number, _("fill"), names, _("{section}, which has no fields").format(section=self.called(step))
            )
        filled = self.saved.get(step)
        if filled is None:
            if step not in self.open_steps:
                raise NotItsTurnError(self.number, _("fill"), names, self.called(step))
            return
        if self._has_stood(step) or self._is_built_on(step) or filled.by != who.subject:
            found = _("{section}, which stands").format(section=self.called(step))
            raise NotItsTurnError(self.number, _("fill"), names, found)

    def _check_not_early(self, step: Step, act: str, moment: Moment) -> None:
        earliest = self.earliest(self.section(step.section))
        if earliest is None:
            return
        if moment.at < earliest.at or moment.on < earliest.on.isoformat():
            day = earliest.at or earliest.on.isoformat()
            expected = _("{section} not before {day}").format(section=self.called(step), day=day)
            raise NotItsTurnError(self.number, act, expected, moment.at if earliest.at else moment.on)

    def _check_not_signed(self, step: Step, role: str, who: Standing) -> None:
        for signature in self.signatures_at(step):
            if signature.signer == who.subject and signature.role == role:
                expected = _("somebody who has not signed it")
                raise NotYoursError(self.number, str(step), expected, who.name, called=self.called(step))

    def _check_turn_to_sign(self, step: Step, moment: Moment) -> None:
        section = self.section(step.section)
        awaiting = [each for each in self.open_steps if self.section(each.section).sign != "none"]
        is_any = section.sign == "any" and self.is_step_complete(step) and self.state is not State.CLOSED
        if section.sign == "none" or not (step in self.open_steps or (is_any and self.is_needed(section))):
            names = listing(map(self.called, awaiting))
            expected = _("a section to be signed")
            if names:
                expected = _("the signature of {sections} first").format(sections=names)
            found = _("that of {section}").format(section=self.called(step)) if names else self.called(step)
            raise NotItsTurnError(self.number, _("sign"), expected, found)
        if not self.is_step_filled(step):
            raise NotItsTurnError(
                self.number, _("sign"), _("{section} filled").format(section=self.called(step)), _("not filled yet")
            )
        self._check_not_early(step, _("sign"), moment)

    def _check_right(self, step: Step, who: Standing) -> str:
        section = self.section(step.section)
        roles = self.roles_of(section, step.item)
        signed = {signature.role for signature in self.signatures_at(step)}
        held = [role for role in roles if role in who.rights]
        if not held:
            expected = who.named(roles) or _("nobody yet")
            raise NotYoursError(self.number, str(step), expected, who.name, called=self.called(step))
        deputy_for = who.acting_in(held).deputy_for
        names = {who.name, *(each.name for each in who.stands_in_for.values() if each.subject == deputy_for)}
        for other in section.other_than:
            on_paper = {folded_name(each.name) for each in self._signed(other, step) if not each.signer}
            if {who.subject, deputy_for} & self._who_did(other, step) or on_paper & set(map(folded_name, names)):
                raise self._not_apart(step, other, who.name)
        return next((role for role in held if role not in signed), held[0])

    def _check_apart_on_paper(
        self, step: Step, who: Standing, signer_name: str, names: Mapping[str, Collection[str]]
    ) -> None:
        """Refuse a signature on paper under a section by who did one that it checks, or entered by one of those.

        Who signs on paper is known by the name alone, and so compared by it.

        Args:
            step: what is signed.
            who: who enters it, as they act.
            signer_name: who signed, as read.
            names: every name that each person ever had who acted on the record.

        Raises:
            NotYoursError: it is one of them.

        Source: P00-R6; 21 CFR 11.10(f), (g)
        """
        for other in self.section(step.section).other_than:
            did, signed = self._who_did(other, step), self._signed(other, step)
            entered = self._persons_of(each.act_number for each in signed)
            theirs = {name for person in did | entered for name in names.get(person, ())}
            theirs |= {each.name for each in signed}
            if folded_name(signer_name) in map(folded_name, theirs):
                raise self._not_apart(step, other, signer_name)
            if {who.subject, who.deputy_for} & did:
                raise self._not_apart(step, other, who.name)

    def _not_apart(self, step: Step, other: str, name: str) -> NotYoursError:
        expected = _("somebody other than who did {section}").format(section=self.called(Step(other)))
        return NotYoursError(self.number, str(step), expected, name, called=self.called(step))

    def _who_did(self, section: str, step: Step) -> set[str]:
        """Who signed a section by account, or filled it where nobody did, and whom they stood in for.

        In the same round of a loop that both are in.
        """
        signed = {each.act_number for each in self._signed(section, step) if each.signer}
        steps = self._steps_beside(section, step)
        return self._persons_of(signed or {self.saved[each].act_number for each in steps if each in self.saved})

    def _signed(self, section: str, step: Step) -> list[Signature]:
        return [signature for each in self._steps_beside(section, step) for signature in self.signatures_at(each)]

    def _steps_beside(self, section: str, step: Step) -> list[Step]:
        """The steps of a section that another's step is held against: of its round, where both are in one loop."""
        is_shared = section in self.loop_of(self.section(step.section))
        return [
            each
            for each in self._all_steps()
            if each.section == section and (each.round == step.round or not is_shared)
        ]

    def _persons_of(self, numbers: Iterable[int]) -> set[str]:
        """Who did the acts of those numbers, and whom they stood in for."""
        acts = {act.number: act for act in self.history.told}
        return {person for number in numbers for person in persons_in(acts[number])}

    def checks(self) -> Iterator[tuple[int, str, str]]:
        """What one person made and another checked: the checking act, who made it, who checked it.

        A deputy makes and checks as two persons: themselves, and whom they stand in for. Of a signature on paper it is
        told who entered it.
        """
        acts = {act.number: act for act in self.history.told}
        for signature in self.signatures:
            section = next((each for each in self.sections if each.id == signature.section), None)
            for other in section.other_than if section else ():
                for maker in sorted(self._made_before(signature, other)):
                    yield from _pairs(acts[signature.act_number], maker)
        made = {amendment.act_number for amendment in self.amendments}
        for act in acts.values():
            number = int(str(act.content.get("amendment", 0)))
            if act.kind == "countersign" and number in made and not act.content.get("party"):
                for author in persons_in(acts[number]):
                    yield from _pairs(act, author)

    def _made_before(self, signature: Signature, section: str) -> set[str]:
        """Who had signed a section before a signature, in its round of a loop that both are in; else who filled it.

        With whom they stood in for.
        """
        is_shared = section in self.loop_of(self.section(signature.section))
        signed = {
            earlier.act_number
            for earlier in self.signatures
            if earlier.section == section
            and earlier.signer
            and earlier.act_number < signature.act_number
            and (earlier.round == signature.round or not is_shared)
        }
        return self._persons_of(signed or self._filled_before(signature, section, is_shared=is_shared).values())

    def _filled_before(self, signature: Signature, section: str, *, is_shared: bool) -> dict[tuple[Json, Json], int]:
        """The act that had filled each step of a section last, before a signature."""
        filled: dict[tuple[Json, Json], int] = {}
        for act in self.history.told[1 : signature.act_number]:
            content = act.content if act.kind == "fill" else act.content.get("fill")
            if not isinstance(content, Mapping) or content.get("section") != section:
                continue
            if content.get("round", 1) == signature.round or not is_shared:
                filled[content.get("round", 1), content.get("item", "")] = act.number
        return filled

    def _check_right_of_any(self, who: Standing) -> Standing:
        """Whoever has a part in any section, as they act in it.

        Raises:
            NotYoursError: no part in any.
        """
        sections = self.sections or self.form.sections  # a sheet without its own is its rows' keepers'
        roles = [role for section in sections for role in self.roles_of(section)]
        if not who.has_any(roles):
            raise NotYoursError(self.number, "", who.named(roles), who.name)
        return who.acting_in(roles)


def persons_in(act: Act) -> tuple[str, ...]:
    """Who did an act, and whom they stood in for."""
    return tuple(dict.fromkeys((act.by, str(act.content.get("deputy_for") or act.by))))


def _pairs(act: Act, maker: str) -> Iterator[tuple[int, str, str]]:
    for checker in persons_in(act):
        yield act.number, maker, checker


def head_of(act: str, who: Standing, moment: Moment) -> dict[str, Json]:
    """What every act of a record begins with: its kind, who, the UTC moment and the local date."""
    head: dict[str, Json] = {"version": 1, "act": act, "by": who.subject, "name": who.name, "at": moment.at}
    if who.deputy_for:
        head["deputy_for"] = who.deputy_for
    return {**head, "on": moment.on}


def missing_values(
    section: Section, values: Mapping[str, Json], wrong: set[str], known: Mapping[str, object]
) -> list[Problem]:
    """The fields of ``section`` that need a value and have none.

    A condition is judged once all that it may read is right and there.

    Args:
        section: which section.
        values: canonical values by field id.
        wrong: names that were refused already, of fields or of none.
        known: what conditions see.
    """
    empty = [each for each in section.fields if each.id not in values and each.id not in wrong]
    needed = {each.id for each in empty if each.required_if is None and each.required}
    for each in empty if not wrong else []:
        condition = each.required_if
        if condition is not None and not names_in(condition) & needed and holds(condition, known):
            needed.add(each.id)
    return [
        Problem(each.id, _("a value"), _("nothing"), each.title.in_language(current_language()))
        for each in empty
        if each.id in needed
    ]


def broken_checks(section: Section, values: Mapping[str, Json], known: Mapping[str, object]) -> list[Problem]:
    """The values of ``section`` that do not meet their field's check; arguments as for ``missing_values``."""
    problems: list[Problem] = []
    for each in section.fields:
        if each.check is None or each.id not in values or holds(each.check, known):
            continue
        expected = each.check_says.in_language(current_language()) if each.check_says else each.check
        problems.append(Problem(each.id, expected, _shown(values[each.id]), each.title.in_language(current_language())))
    return problems


def _shown(value: Json) -> str:
    """A value as a refusal quotes it; of rows their number, for what stands in them is long."""
    if isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
        return amount("rows", len(value))
    return listing(map(str, value)) if isinstance(value, list | tuple) else str(value)
