"""Forms and procedures under control: installed as drafts, approved and released by another person, looked up.

Nothing here fills a form. A revision is data and two files, bound by their digests; a template that is not the one
approved is never rendered. This module is longer than most because the acts of controlled documents and their look-up
are one thing to read.

Source: ISO 9001, 7.5.2, 7.5.3; I-3, I-4, I-10
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import cast

from recordkeeper.documents.form_template import FormTemplate, prepare_template
from recordkeeper.documents.template_names import template_names
from recordkeeper.errors import FormError, InvalidInputError, MissingError, RefusalError, UnavailableError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model import form_revision
from recordkeeper.model.canonical import Content, canonical, digest
from recordkeeper.model.document_change import DocumentChange
from recordkeeper.model.event import SALT_BYTES
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import (
    Revision,
    RevisionState,
    form_of_definition,
    in_force,
    revision_state_name,
)
from recordkeeper.model.record_state import Moment
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import form_subject, kind_of, procedure_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.lookup import form_codes_beginning, form_codes_called, form_codes_printing, revisions_of
from recordkeeper.register.procedure_register import procedure_revisions_of
from recordkeeper.register.record_projection import revision_rows
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.installation import (
    AS_IT_FOLLOWS,
    NO_FORM,
    Terms,
    settled_bindings,
    standing_revision,
)
from recordkeeper.services.name_check import check_names_are_free
from recordkeeper.services.ownership import check_owner
from recordkeeper.services.package import TEMPLATE, Package, Part, read_package
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.right import Acting, check_right, check_right_first
from recordkeeper.services.setting import Setting
from recordkeeper.services.signing import signed


class UnknownFormError(FormError, MissingError):
    """No form of that code, spelling or title."""

    def __init__(self, spelling: str) -> None:
        super().__init__(_("{spelling}: no such form").format(spelling=spelling), subject=spelling, found=spelling)


class SharedSpellingError(FormError, InvalidInputError):
    """A spelling that several forms share; none is taken."""

    def __init__(self, spelling: str, codes: Sequence[str]) -> None:
        listed = listing(codes)
        super().__init__(
            _("{spelling}: several forms: {codes}").format(spelling=spelling, codes=listed),
            subject=spelling,
            expected=listed,
            found=spelling,
        )


class UnknownRevisionError(FormError, MissingError):
    """The form has no such revision."""

    def __init__(self, code: str, revision: str, known: Sequence[str]) -> None:
        super().__init__(
            _("{code}: no revision {revision}, only {known}").format(
                code=code, revision=revision, known=listing(known)
            ),
            subject=code,
            expected=listing(known),
            found=revision,
        )


class NotInForceError(FormError, RefusalError):
    """No revision of the form is effective on that date."""

    def __init__(self, code: str, on: date, states: str) -> None:
        super().__init__(
            _("{code}: no revision in force on {day}: {states}").format(code=code, day=on.isoformat(), states=states),
            subject=code,
            expected=_("a released revision"),
            found=states,
        )


class AlteredTemplateError(FormError, UnavailableError):
    """The stored template is not the one that was approved."""

    def __init__(self, name: str) -> None:
        super().__init__(_("{name}: the stored template is not the one approved").format(name=name), subject=name)


class InstalledAlreadyError(FormError, RefusalError):
    """The revision is in the register already."""

    def __init__(self, name: str) -> None:
        super().__init__(_("{name}: is installed already").format(name=name), subject=name)


class RevisedAloneError(FormError, RefusalError):
    """Another revision of the procedure is installed: a later one is made by a change with its reason."""

    def __init__(self, identifier: str, installed: str) -> None:
        expected = _("procedure revise, with the reason and the impact")
        message = _("{procedure}: {revision} is installed: expected {expected}")
        super().__init__(
            message.format(procedure=identifier, revision=installed, expected=expected),
            subject=identifier,
            expected=expected,
            found=installed,
        )


class UnknownProcedureError(FormError, MissingError):
    """No procedure of that id is installed or shipped."""

    def __init__(self, identifier: str) -> None:
        message = _("{procedure}: no such procedure").format(procedure=identifier)
        super().__init__(message, subject=identifier, found=identifier)


class NothingInStateError(FormError, RefusalError):
    """None of a procedure's revisions stands where an act needs it."""

    def __init__(self, procedure: str, expected: RevisionState, found: Sequence[RevisionState]) -> None:
        states = listing(sorted({revision_state_name(state) for state in found}))
        super().__init__(
            _("{procedure}: expected a revision in state {expected}, found only {found}").format(
                procedure=procedure, expected=revision_state_name(expected), found=states
            ),
            subject=procedure,
            expected=str(expected),
            found=states,
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """One form as a list shows it: its revision in force on a date, or else its newest.

    Args:
        revision: the revision shown.
        is_in_force: whether it is effective on that date.
        revision_count: how many revisions there are.
    """

    revision: Revision
    is_in_force: bool
    revision_count: int


def code_of(snapshot: Snapshot, spelling: str) -> str:
    """The one form that ``spelling`` names: code, printed spelling or title.

    Raises:
        UnknownFormError: none.
        SharedSpellingError: several; a number printed without its last part lists the forms that print it, however
            few, and any other leading part that several codes share lists those.
    """
    codes = form_codes_called(snapshot, spelling)
    if len(codes) == 1:
        return codes[0]
    printing = form_codes_printing(snapshot, spelling)
    candidates = codes or printing or form_codes_beginning(snapshot, spelling)
    if codes or printing or len(candidates) > 1:
        raise SharedSpellingError(spelling, candidates)
    raise UnknownFormError(spelling)


def revisions(snapshot: Snapshot, code: str) -> list[Revision]:
    """All revisions of a form, the oldest first."""
    histories = (snapshot.history(subject) for subject in revisions_of(snapshot, code))
    return sorted((Revision.replay(history) for history in histories if history), key=lambda each: each.place)


def revision_in_force(snapshot: Snapshot, code: str, on: date) -> Revision:
    """The revision of a form that is effective on a date.

    Raises:
        NotInForceError: none is.
    """
    all_of_it = revisions(snapshot, code)
    found = in_force(all_of_it, on)
    if found is None:
        states = listing(
            f"{each.revision} {revision_state_name(each.state)}"
            + (f" {each.effective_on}" if each.effective_on else "")
            for each in all_of_it
        )
        raise NotInForceError(code, on, states or _("nothing installed"))
    return found


def revision_named(snapshot: Snapshot, spelling: str, revision: str | None, on: date) -> Revision:
    """One revision of a form: the one named, else the one in force on a date, else the newest.

    Raises:
        UnknownFormError, SharedSpellingError: as ``code_of``.
        UnknownRevisionError: no such revision.
    """
    code = code_of(snapshot, spelling)
    all_of_it = revisions(snapshot, code)
    if revision is None:
        return in_force(all_of_it, on) or all_of_it[-1]
    found = next((each for each in all_of_it if each.revision == revision), None)
    if found is None:
        raise UnknownRevisionError(code, revision, [each.revision for each in all_of_it])
    return found


def revision_to_change(snapshot: Snapshot, spelling: str, revision: str | None, state: RevisionState) -> Revision:
    """The revision that an act is meant for: the one named, else the newest in that state, else the newest.

    Raises:
        UnknownFormError, SharedSpellingError, UnknownRevisionError: as ``revision_named``.
    """
    if revision is not None:
        return revision_named(snapshot, spelling, revision, date.max)
    all_of_it = revisions(snapshot, code_of(snapshot, spelling))
    return next((each for each in reversed(all_of_it) if each.state is state), all_of_it[-1])


def form_of(snapshot: Snapshot, code: str, revision: str) -> Form:
    """The definition that a record began on.

    Raises:
        UnknownRevisionError: the register does not hold it.
    """
    history = snapshot.history(form_subject(code, revision))
    if history is None:
        raise UnknownRevisionError(code, revision, [each.revision for each in revisions(snapshot, code)])
    return Revision.replay(history).form


def template_of(snapshot: Snapshot, revision: Revision) -> FormTemplate:
    """The compiled template of a revision, by the digest that was approved; any other bytes are refused.

    Raises:
        AlteredTemplateError: what is stored is not what was approved.
        TemplateRefusedError: this release cannot render it.
    """
    approved = revision.files[TEMPLATE]
    docx = snapshot.attachment(revision.subject, approved)
    if digest(docx) != approved:
        raise AlteredTemplateError(revision.name)
    return _prepared(revision.name, canonical(revision.definition), docx)


@lru_cache(maxsize=64)
def _prepared(name: str, definition: bytes, docx: bytes) -> FormTemplate:
    names = template_names(form_of_definition(name, definition))
    return prepare_template(docx, names, name=f"{name.partition(' ')[0]}.docx").template


def list_forms(snapshot: Snapshot, on: date) -> list[Listed]:
    """Every form, each with its revision in force on a date, else its newest, in the order of codes."""
    by_code: dict[str, list[Revision]] = {}
    for history in snapshot.histories("form"):
        revision = Revision.replay(history)
        by_code.setdefault(revision.code, []).append(revision)
    return [
        Listed(
            in_force(several, on) or max(several, key=lambda each: each.place),
            in_force(several, on) is not None,
            len(several),
        )
        for _code, several in sorted(by_code.items())
    ]


def install_procedure(
    register: Register, folder: Path, actor: Actor, now: datetime, terms: Terms = AS_IT_FOLLOWS
) -> list[Revision]:
    """Install a procedure and its forms as drafts, all in one transaction.

    Args:
        register: the open register.
        folder: ``procedure.yaml`` with a ``CODE.yaml`` and ``CODE.docx`` for each form.
        actor: the controller who installs, and is the author.
        now: aware, UTC.
        terms: for which units, and which forms serve its purposes.

    Returns:
        The drafts: the procedure first, then its forms.

    Raises:
        DefinitionError: every problem of every file at once.
        InstalledAlreadyError: one of the revisions is there.
        RevisedAloneError: another revision of the procedure is there.
        NoRightError: the actor is no controller.
        UnusedPurposeError, UnknownFormError, SharedSpellingError, UnknownPlaceError: terms that cannot be.
    """
    check_right_first(register, actor, "procedure install", now)
    package = read_package(folder)
    with register.writing(now=now) as transaction:
        return _install_package(transaction, package, actor, now, terms)


def install_and_release(
    register: Register,
    folder: Path,
    actor: Actor,
    signer: Signer,
    effective_on: date | None,
    now: datetime,
    terms: Terms = AS_IT_FOLLOWS,
) -> list[Revision]:
    """Install a procedure, and have another person approve and release it, all in one transaction.

    Args:
        register: the open register.
        folder: as for ``install_procedure``.
        actor: the controller who installs, and is the author.
        signer: the approver with their opened key.
        effective_on: the date from which it counts; today where none is given.
        now: aware, UTC.
        terms: as for ``install_procedure``.

    Returns:
        The released revisions: the procedure first, then its forms.

    Raises:
        DefinitionError, InstalledAlreadyError, RevisedAloneError: as ``install_procedure``.
        OwnWorkError, NoRoleError, WrongRevisionStateError: as ``Revision.approve`` and ``Revision.release``.
    """
    check_right_first(register, actor, "procedure install", now)
    package = read_package(folder)
    with register.writing(now=now) as transaction:
        installed = _install_package(transaction, package, actor, now, terms)
        return approve_and_release_in(transaction, installed, signer, effective_on, now)


def _install_package(
    transaction: Transaction, package: Package, actor: Actor, now: datetime, terms: Terms
) -> list[Revision]:
    check_right(transaction, actor, "procedure install", now)
    setting = Setting(transaction, now)
    procedure = package.procedure
    if transaction.history(procedure_subject(procedure.code, procedure.revision)) is not None:
        raise InstalledAlreadyError(procedure.name)
    if procedure_revisions_of(transaction, procedure.code):
        raise RevisedAloneError(procedure.code, revisions_of_procedure(transaction, procedure.code)[-1].revision)
    check_names_are_free(transaction, procedure.code, package.forms)
    settled = settled_terms(setting, package, terms)
    own = install_part(setting, transaction, procedure, procedure.code, actor, terms=settled)
    return [own, *(install_part(setting, transaction, part, procedure.code, actor) for part in package.forms)]


def settled_terms(setting: Setting, package: Package, terms: Terms) -> Terms:
    """The units' subjects and the forms' codes, as acts hold them; units go on as they were where none are given.

    Raises:
        UnusedPurposeError, UnknownFormError, SharedSpellingError, UnknownPlaceError: terms that cannot be.
    """
    snapshot, procedure = setting.snapshot, package.procedure.code
    standing = standing_revision(snapshot, procedure, setting.today)
    units = [setting.find("unit", text) for text in terms.units] or (standing.units if standing else [])
    own = cast("Mapping[str, str]", package.procedure.data.get("provides") or {})
    given = bound_codes(snapshot, terms.bindings, [part.code for part in package.forms])
    forms = [part.data for part in package.forms]
    return Terms(tuple(units), settled_bindings(snapshot, procedure, forms, own, given, setting.today))


def bound_codes(snapshot: Snapshot, given: Mapping[str, str], own: Sequence[str] = ()) -> dict[str, str]:
    """Each purpose to the one form that its spelling names, empty for ``none``.

    Args:
        snapshot: the register as it stands.
        given: purpose to spelling.
        own: the codes of forms that are being installed, and are not in the register yet.

    Raises:
        UnknownFormError, SharedSpellingError: no such form, or several.
    """
    return {purpose: _bound_code(snapshot, spelling, own) for purpose, spelling in given.items()}


def _bound_code(snapshot: Snapshot, spelling: str, own: Sequence[str]) -> str:
    if spelling.lower() == NO_FORM:
        return ""
    return spelling.upper() if spelling.upper() in own else code_of(snapshot, spelling)


def install_part(
    setting: Setting,
    transaction: Transaction,
    part: Part,
    procedure: str,
    actor: Actor,
    *,
    terms: Terms = AS_IT_FOLLOWS,
    change: DocumentChange | None = None,
) -> Revision:
    """Store one revision as a draft, with its files.

    Args:
        setting: of the act.
        transaction: the same register, open for writing.
        part: the document.
        procedure: the id of its procedure.
        actor: the controller, its author.
        terms: for a procedure: its units and bindings, as acts hold them.
        change: why it is made, where it follows an earlier revision.

    Raises:
        InstalledAlreadyError: the revision is there.
        NoRightError: the actor is no controller.
    """
    subject = part.subject
    if transaction.history(subject) is not None:
        raise InstalledAlreadyError(part.name)
    files = {name: digest(data) for name, (data, _type) in part.files.items()}
    who = setting.standing(actor.subject, ROOT_UNIT)
    content = form_revision.install(
        part.code, part.revision, procedure, part.data, files, who, setting.moment,
        units=terms.units, bindings=terms.bindings, change=change,
    )  # fmt: skip
    head = transaction.create(subject, secrets.token_hex(SALT_BYTES))
    revision = Revision.replay(head.followed_by(content))
    for data, media_type in part.files.values():
        transaction.attach(subject, data, media_type)
    transaction.append(head, content, revision_rows(revision))
    return revision


def approve(register: Register, subjects: Sequence[str], actor: Actor, signer: Signer, now: datetime) -> list[Revision]:
    """Approve drafts with a signature, all in one transaction.

    Raises:
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        OwnWorkError, NoRoleError, WrongRevisionStateError: as ``Revision.approve``.
    """
    return act_on_each(register, subjects, actor, now, "approve", _approving(signer))


def release(
    register: Register, subjects: Sequence[str], effective_on: date, actor: Actor, now: datetime
) -> list[Revision]:
    """Put approved revisions in force from a date, all in one transaction.

    Forms that a released procedure has no longer are out of force from that date.

    Raises:
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        OwnWorkError, NoRoleError, WrongRevisionStateError: as ``Revision.release``.
    """
    with register.writing(now=now) as transaction:
        return _release_in(transaction, sorted(subjects), effective_on, actor, now)


def approve_and_release_in(
    transaction: Transaction, drafts: Sequence[Revision], signer: Signer, effective_on: date | None, now: datetime
) -> list[Revision]:
    """Have another person approve and release drafts, in the transaction that stores them.

    Args:
        transaction: the open transaction.
        drafts: what it has stored.
        signer: the approver with their opened key.
        effective_on: the date from which they count; today where none is given.
        now: aware, UTC.

    Raises:
        OwnWorkError, NoRoleError, WrongRevisionStateError: as ``Revision.approve`` and ``Revision.release``.
    """
    subjects = [each.subject for each in drafts]
    _check_rights(transaction, subjects, signer, now, "approve")
    _each_in(transaction, subjects, signer, now, _approving(signer))
    day = effective_on or Setting(transaction, now).today
    return _release_in(transaction, subjects, day, signer, now)


def _release_in(
    transaction: Transaction, subjects: Sequence[str], day: date, actor: Acting, now: datetime
) -> list[Revision]:
    _check_rights(transaction, subjects, actor, now, "release")
    released = _each_in(transaction, subjects, actor, now, _releasing(day))
    for procedure in released:
        if not procedure.is_form:
            listed = cast("Sequence[str]", procedure.definition.get("forms") or ())
            dropped = [
                each.subject
                for each in forms_of(transaction, procedure.code)
                if each.code not in listed and each.state is RevisionState.RELEASED
            ]
            released += _each_in(transaction, dropped, actor, now, _dropping(day, procedure))
    return released


def withdraw(
    register: Register, subject: str, withdrawn_on: date, reason: str, actor: Actor, now: datetime
) -> Revision:
    """Take a revision out of force from a date.

    Raises:
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        NoRoleError, WrongRevisionStateError: as ``Revision.withdraw``, or another department owns its procedure.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "form withdraw", now)
        history = transaction.history(subject)
        if history is not None:
            check_owner(Setting(transaction, now), Revision.replay(history).procedure, actor.subject)
        return _each_in(
            transaction,
            [subject],
            actor,
            now,
            lambda revision, who, moment: revision.withdraw(withdrawn_on, reason, who, moment),
        )[0]


Decide = Callable[[Revision, Standing, Moment], Content]


def _approving(signer: Signer) -> Decide:
    return lambda revision, who, moment: signed(revision.history, revision.name, revision.approve(who, moment), signer)


def _releasing(effective_on: date) -> Decide:
    return lambda revision, who, moment: revision.release(effective_on, who, moment)


def _dropping(day: date, procedure: Revision) -> Decide:
    reason = procedure.change.reason if procedure.change else procedure.name
    return lambda revision, who, moment: revision.drop(day, reason, who, moment)


def act_on_each(
    register: Register, subjects: Sequence[str], actor: Actor, now: datetime, verb: str, decide: Decide
) -> list[Revision]:
    """Do to several revisions what ``decide`` decides of each, all in one transaction; ``verb`` is the command's.

    Raises:
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        Others: as ``decide``.
    """
    with register.writing(now=now) as transaction:
        _check_rights(transaction, subjects, actor, now, verb)
        return _each_in(transaction, sorted(subjects), actor, now, decide)


def _check_rights(transaction: Transaction, subjects: Sequence[str], actor: Acting, now: datetime, verb: str) -> None:
    for noun in sorted({kind_of(subject) for subject in subjects}):
        check_right(transaction, actor, f"{noun} {verb}", now)


def _each_in(
    transaction: Transaction, subjects: Sequence[str], actor: Acting, now: datetime, decide: Decide
) -> list[Revision]:
    setting = Setting(transaction, now)
    who, moment = setting.standing(actor.subject, ROOT_UNIT), setting.moment
    done: list[Revision] = []
    for subject in subjects:
        history = transaction.history(subject)
        if history is None:
            raise UnknownFormError(subject)
        content = decide(Revision.replay(history), who, moment)
        revision = Revision.replay(history.followed_by(content))
        transaction.append(history, content, revision_rows(revision), effective_at=_effective(content))
        done.append(revision)
    return done


def _effective(content: Content) -> str | None:
    day = content.get("effective_on") or content.get("withdrawn_on")
    return str(day) if day else None


def revisions_of_procedure(snapshot: Snapshot, identifier: str) -> list[Revision]:
    """A procedure's own revisions, the oldest first.

    Raises:
        UnknownProcedureError: none is installed.
    """
    found = [each for each in installed_procedures(snapshot) if each.code == identifier.upper()]
    if not found:
        raise UnknownProcedureError(identifier)
    return sorted(found, key=lambda each: each.place)


def installed_procedures(snapshot: Snapshot) -> list[Revision]:
    """The revisions of every installed procedure, in the order of their names."""
    return [Revision.replay(history) for history in snapshot.histories("procedure")]


def forms_of(snapshot: Snapshot, procedure: str) -> list[Revision]:
    """The revisions of the forms of a procedure, in the order of their names."""
    return [each for each in map(Revision.replay, snapshot.histories("form")) if each.procedure == procedure]


def in_state(snapshot: Snapshot, procedure: str, state: RevisionState) -> list[str]:
    """The subjects of a procedure's revisions, its own and its forms', that stand in ``state``.

    Raises:
        UnknownProcedureError: it is not installed.
        NothingInStateError: none stands so.
    """
    own = revisions_of_procedure(snapshot, procedure)
    found = [*own, *forms_of(snapshot, own[0].code)]
    subjects = [each.subject for each in found if each.state is state and not _is_passed_over(each, found)]
    if not subjects:
        raise NothingInStateError(own[0].code, state, [each.state for each in found])
    return subjects


def _is_passed_over(revision: Revision, known: Sequence[Revision]) -> bool:
    """Whether a later revision of the document stands where this one does, or further on."""
    later = [each for each in known if each.code == revision.code and each.place > revision.place]
    return any(each.state is revision.state or each.state is not RevisionState.DRAFT for each in later)
