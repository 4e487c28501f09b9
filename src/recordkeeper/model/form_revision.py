"""Controlled documents: a form or procedure at one revision, from draft over approval to release and withdrawal.

Author and approver are never the same person. Approved is not yet effective: a revision is in force from the date of
its release until a later one's, or until it is withdrawn. While it is in force blanks of it are
issued. This module is longer than most because all acts of a controlled document stand here side by side.

Source: ISO 9001, 7.5.2, 7.5.3
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import cast

from recordkeeper.errors import FormError, InvalidInputError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.blank import Blank, Printing, blanks_content
from recordkeeper.model.canonical import Content, Json, canonical
from recordkeeper.model.document_change import DocumentChange, revision_place
from recordkeeper.model.event import Act, History
from recordkeeper.model.form import Form, parse_form
from recordkeeper.model.record_state import Moment
from recordkeeper.model.replay import UnknownActError, fold
from recordkeeper.model.right import RIGHTS
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import kind_of
from recordkeeper.model.unit import ROOT_UNIT


class RevisionState(StrEnum):
    """Where a revision stands, whatever the date."""

    DRAFT = "draft"
    APPROVED = "approved"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


def revision_state_name(state: str) -> str:
    """The name of a revision's state in the language in use."""
    names = {
        RevisionState.DRAFT: _("draft"),
        RevisionState.APPROVED: _("approved"),
        RevisionState.RELEASED: _("released"),
        RevisionState.WITHDRAWN: _("withdrawn"),
    }
    return names[RevisionState(state)]


class WrongRevisionStateError(FormError, RefusalError):
    """The revision's state forbids the act."""

    def __init__(self, name: str, act: str, expected: str, found: str) -> None:
        super().__init__(
            _("{name}: cannot {act}: expected {expected}, found {found}").format(
                name=name, act=act, expected=expected, found=found
            ),
            subject=name,
            expected=expected,
            found=found,
        )


class OwnWorkError(FormError, RefusalError):
    """Somebody was to approve what they made themselves."""

    def __init__(self, name: str, person: str) -> None:
        super().__init__(
            _("{name}: must be approved by somebody other than its author {person}").format(name=name, person=person),
            subject=name,
            expected=_("another person"),
            found=person,
        )


class NoRoleError(FormError, RefusalError):
    """The person does not hold the role that the act needs."""

    def __init__(self, name: str, role: str, person: str) -> None:
        super().__init__(
            _("{name}: needs the role {role}, which {person} does not hold").format(
                name=name, role=role, person=person
            ),
            subject=name,
            expected=role,
            found=person,
        )


class BrokenDefinitionError(FormError, InvalidInputError):
    """A stored definition that this release cannot read."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            _("{name}: its definition cannot be read: {found}").format(name=name, found=found), subject=name
        )


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a form or of a procedure.

    Args:
        history: the acts it follows from.
        code: ``QR-017-02``, or the procedure's id ``P02``.
        revision: ``A/0``.
        procedure: the procedure's id.
        definition: the data of the definition file.
        files: name of each file to its digest: the definition as written, and the Word template.
        author, author_name: who installed it.
        state: draft, approved, released, withdrawn.
        approver, approver_name, approved_at: who approved it and when; empty before.
        effective_on, withdrawn_on: dates; None before.
        units: for a procedure: the subjects of the units that it is installed for, those below them included.
        bindings: for a procedure: each purpose of its forms to the code that serves it, empty where none shall.
        change: why it was made anew or came to a procedure in force; None where it was installed with its procedure.
        printings: for a form: the blanks issued, in the order of their numbers.
    """

    history: History
    code: str
    revision: str
    procedure: str
    definition: Content
    files: Mapping[str, str]
    author: str
    author_name: str
    state: RevisionState = RevisionState.DRAFT
    approver: str = ""
    approver_name: str = ""
    approved_at: str = ""
    effective_on: date | None = None
    withdrawn_on: date | None = None
    units: tuple[str, ...] = (ROOT_UNIT,)
    bindings: Mapping[str, str] = field(default_factory=dict)
    change: DocumentChange | None = None
    printings: tuple[Printing, ...] = ()

    @classmethod
    def replay(cls, history: History) -> "Revision":
        """The revision after all acts of ``history``.

        Raises:
            UnreadableActError: acts that no decision of ours wrote.
        """
        return replace(fold(history, lambda act: cls._installed(history, act), cls._after), history=history)

    @classmethod
    def _installed(cls, history: History, act: Act) -> "Revision":
        content = act.content
        return cls(
            history,
            str(content["code"]),
            str(content["revision"]),
            str(content["procedure"]),
            cast("Content", content["definition"]),
            cast("Mapping[str, str]", content["files"]),
            act.by,
            str(content["name"]),
            units=_units(content),
            bindings=_bindings(content),
            change=DocumentChange.of(content),
        )

    def _after(self, act: Act) -> "Revision":
        content = act.content
        match act.kind:
            case "install":
                return replace(self, units=_units(content), bindings=_bindings(content))
            case "approve":
                return replace(
                    self,
                    state=RevisionState.APPROVED,
                    approver=act.by,
                    approver_name=str(content["name"]),
                    approved_at=act.at,
                )
            case "release":
                day = date.fromisoformat(str(content["effective_on"]))
                return replace(self, state=RevisionState.RELEASED, effective_on=day)
            case "withdraw":
                day = date.fromisoformat(str(content["withdrawn_on"]))
                return replace(self, state=RevisionState.WITHDRAWN, withdrawn_on=day)
            case "print":
                return replace(self, printings=(*self.printings, Printing.of(act)))
            case _:
                raise UnknownActError(act.kind)

    @property
    def subject(self) -> str:
        """``form/QR-017-02/A-0`` or ``procedure/P02/A-0``."""
        return self.history.subject

    @property
    def name(self) -> str:
        """``QR-017-02 A/0``: what signatures and every page name."""
        return f"{self.code} {self.revision}"

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands among the revisions of its code: A/2 before A/10 before B/0."""
        return revision_place(self.revision)

    @property
    def is_form(self) -> bool:
        """Whether this is a form, not a procedure."""
        return kind_of(self.subject) == "form"

    @property
    def approving_role(self) -> str:
        """Who approves and releases it: for a reference table the role that its procedure names."""
        is_table = kind_of(self.subject) == "table"
        return str(self.definition["approver"]) if is_table else RIGHTS["form approve"].roles[0]

    @property
    def next_blank(self) -> int:
        """The number of the next blank issued."""
        return self.printings[-1].blanks[-1].number + 1 if self.printings else 1

    def blank_number(self, blank: Blank) -> str:
        """``QR-017-02 A/0 · 0001``: what stands on a blank in clear."""
        return f"{self.name} · {blank.number:04}"

    @property
    def form(self) -> Form:
        """The definition as the engine uses it.

        Raises:
            BrokenDefinitionError: stored data that this release cannot read.
        """
        return form_of_definition(self.name, canonical(self.definition))

    def is_in_force(self, on: date) -> bool:
        """Whether it was released for a date up to ``on`` and not withdrawn by then; a later one may supersede it."""
        return (
            self.effective_on is not None
            and self.effective_on <= on
            and (self.withdrawn_on is None or on < self.withdrawn_on)
        )

    def approve(self, who: Standing, moment: Moment) -> Content:
        """The act, still without its signature, that approves the very files installed.

        Raises:
            WrongRevisionStateError: no draft.
            OwnWorkError: by its author.
            NoRoleError: no approver.
        """
        self._check(RevisionState.DRAFT, _("approve"))
        who = self._checked_approver(who)
        return {
            **_head("approve", who, moment),
            "files": dict(self.files),
            "meaning": "approved",
            "role": self.approving_role,
            "method": "passphrase",
        }

    def release(self, effective_on: date, who: Standing, moment: Moment) -> Content:
        """The act that puts it in force from a date, today or later.

        Raises:
            WrongRevisionStateError: not approved, or a date that has passed.
            OwnWorkError: by its author.
            NoRoleError: no approver.
        """
        self._check(RevisionState.APPROVED, _("release"))
        who = self._checked_approver(who)
        if effective_on.isoformat() < moment.on:
            raise WrongRevisionStateError(
                self.name,
                _("release"),
                _("a date from {day} on").format(day=moment.on),
                effective_on.isoformat(),
            )
        return {**_head("release", who, moment), "effective_on": effective_on.isoformat()}

    def withdraw(self, withdrawn_on: date, reason: str, who: Standing, moment: Moment) -> Content:
        """The act that takes it out of force from a date; it is kept.

        Raises:
            WrongRevisionStateError: not released.
            NoRoleError: no controller.
        """
        self._check(RevisionState.RELEASED, _("withdraw"))
        self._check_role(who, *RIGHTS["form withdraw"].roles)
        return {**_head("withdraw", who, moment), "withdrawn_on": withdrawn_on.isoformat(), "reason": reason}

    def drop(self, withdrawn_on: date, reason: str, who: Standing, moment: Moment) -> Content:
        """The act that takes a form out of force as its procedure, released from that date, has it no longer.

        Raises:
            WrongRevisionStateError: not released.
            NoRoleError: no approver.
        """
        self._check(RevisionState.RELEASED, _("withdraw"))
        self._check_role(who, self.approving_role)
        return {**_head("withdraw", who, moment), "withdrawn_on": withdrawn_on.isoformat(), "reason": reason}

    def print_blanks(self, tokens: Sequence[str], unit: str, reason: str, who: Standing, moment: Moment) -> Content:
        """The act that issues blanks; each has the next number and one of ``tokens``.

        Args:
            tokens: one for each blank.
            unit: the subject of the unit that they are for.
            reason: why; may be empty.
            who: the controller, as they stand at that unit.
            moment: when.

        Raises:
            WrongRevisionStateError: not in force.
            NoRoleError: no controller.
            BlankCountError: none, or too many.
        """
        self._check_role(who, *RIGHTS["form print"].roles)
        if not self.is_in_force(date.fromisoformat(moment.on)):
            raise WrongRevisionStateError(self.name, _("print blanks"), _("in force"), revision_state_name(self.state))
        return {**_head("print", who, moment), **blanks_content(self.next_blank, tokens, unit, reason)}

    def install_for(self, units: Iterable[str], bindings: Mapping[str, str], who: Standing, moment: Moment) -> Content:
        """The act that says anew for which units a procedure is installed, and which forms serve its purposes.

        Args:
            units: subjects.
            bindings: as ``bindings``.
            who: the controller.
            moment: when.

        Raises:
            NoRoleError: no controller.
        """
        self._check_role(who, *RIGHTS["procedure install"].roles)
        return {**_head("install", who, moment), "units": list(units), "bindings": dict(bindings)}

    def _checked_approver(self, who: Standing) -> Standing:
        """Whoever approves, as they act: neither the author, nor for the author as a deputy.

        Raises:
            OwnWorkError: by its author, or a deputy for the author.
            NoRoleError: no approver.
        """
        acting = who.acting_in([self.approving_role])
        if self.author in {acting.subject, acting.deputy_for}:
            raise OwnWorkError(self.name, acting.name)
        self._check_role(who, self.approving_role)
        return acting

    def _check(self, expected: RevisionState, act: str) -> None:
        if self.state is not expected:
            raise WrongRevisionStateError(
                self.name, act, revision_state_name(expected), revision_state_name(self.state)
            )

    def _check_role(self, who: Standing, *roles: str) -> None:
        if not who.has_any(roles):
            raise NoRoleError(self.name, who.named(roles), who.name)


def install(
    code: str,
    revision: str,
    procedure: str,
    definition: Content,
    files: Mapping[str, str],
    who: Standing,
    moment: Moment,
    *,
    units: Iterable[str] = (),
    bindings: Mapping[str, str] | None = None,
    change: DocumentChange | None = None,
) -> Content:
    """The first act of a revision: its data and the digests of its files; ``revise`` where it follows another.

    Args:
        code: the form's code or the procedure's id.
        revision: ``A/0``.
        procedure: the procedure's id.
        definition: the data of the definition file.
        files: name of each file to its digest.
        who: the controller, its author.
        moment: when.
        units: for a procedure: the units that it is installed for; none for all.
        bindings: for a procedure: what serves its purposes.
        change: why it is made, where it follows an earlier revision.

    Raises:
        NoRoleError: no controller.
    """
    roles = RIGHTS["procedure install"].roles
    if not who.has_any(roles):
        raise NoRoleError(f"{code} {revision}", who.named(roles), who.name)
    content: dict[str, Json] = {
        **_head("revise" if change else "install", who, moment),
        "code": code,
        "revision": revision,
        "procedure": procedure,
        "definition": definition,
        "files": dict(files),
        **(change.content if change else {}),
    }
    if named := list(units):
        content["units"] = list(named)
    if bindings:
        content["bindings"] = dict(bindings)
    return content


def in_force(revisions: Iterable[Revision], on: date) -> Revision | None:
    """The one revision of several of one code that is effective on a date; None where none is.

    A later revision ends the force of every earlier one: where the later is withdrawn, none comes back.

    Source: ISO 9001, 7.5.3.1
    """
    begun = [revision for revision in revisions if revision.effective_on is not None and revision.effective_on <= on]
    newest = max(begun, key=lambda revision: (revision.effective_on or date.min, revision.place), default=None)
    return newest if newest is not None and newest.is_in_force(on) else None


@lru_cache(maxsize=256)
def form_of_definition(name: str, data: bytes) -> Form:
    """The form of a stored definition.

    Args:
        name: code and revision, for the error.
        data: the definition's canonical JSON.

    Raises:
        BrokenDefinitionError: stored data that this release cannot read.
    """
    try:
        return parse_form(json.loads(data))
    except ValueError as error:
        raise BrokenDefinitionError(name, str(error)) from error


def _units(content: Content) -> tuple[str, ...]:
    return tuple(map(str, cast("Iterable[Json]", content.get("units") or (ROOT_UNIT,))))


def _bindings(content: Content) -> Mapping[str, str]:
    return cast("Mapping[str, str]", content.get("bindings") or {})


def _head(act: str, who: Standing, moment: Moment) -> dict[str, Json]:
    head: dict[str, Json] = {"version": 1, "act": act, "by": who.subject, "name": who.name, "at": moment.at}
    if who.deputy_for:
        head["deputy_for"] = who.deputy_for
    return {**head, "on": moment.on}
