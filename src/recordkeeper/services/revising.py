"""Revising what is installed: a procedure from a folder, or one form of it, with reason, impact and difference.

What differs becomes a draft under a later number; the rest goes on as it is, units and bindings too. Records that were
begun on an earlier revision are finished on it and keep what it had. Where a form serves change requests, one must have
been agreed to.

Source: ISO 9001, 7.5.3.2 (control of changes), 8.5.6; P00-R1; I-8
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from recordkeeper.errors import FormError, InvalidInputError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import canonical, digest
from recordkeeper.model.document_change import DocumentChange, NotLaterError, revision_place
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision, form_of_definition, in_force
from recordkeeper.model.procedure import Procedure
from recordkeeper.model.revision_difference import Difference, dropped_fields
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.field_use import count_under_way, count_using
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import (
    UnknownProcedureError,
    approve_and_release_in,
    forms_of,
    install_part,
    revisions,
    revisions_of_procedure,
    settled_terms,
)
from recordkeeper.services.change_request import check_request
from recordkeeper.services.comparing import differences_from
from recordkeeper.services.definition import PROCEDURE_FILE
from recordkeeper.services.installation import AS_IT_FOLLOWS, Terms
from recordkeeper.services.installed import installed_whole
from recordkeeper.services.name_check import check_names_are_free
from recordkeeper.services.ownership import check_owner
from recordkeeper.services.package import DEFINITION, TEMPLATE, Package, Part, read_form, read_package
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.right import check_right_first
from recordkeeper.services.setting import Setting


class NothingRevisedError(FormError, InvalidInputError):
    """What is handed in differs in nothing from what is installed."""

    def __init__(self, name: str) -> None:
        message = _("{name}: nothing differs from what is installed").format(name=name)
        super().__init__(message, subject=name, expected=_("a change"), found=_("none"))


class OtherProcedureError(FormError, InvalidInputError):
    """A folder or file is of another procedure or form than the one named."""

    def __init__(self, path: Path, expected: str, found: str) -> None:
        message = _("{path}: expected {expected}, found {found}").format(path=path, expected=expected, found=found)
        super().__init__(message, subject=str(path), expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class Revised:
    """One document that a change makes anew.

    Args:
        part: the document handed in.
        former: the revision that it follows; None where it is new.
        differences: how it differs from that.
    """

    part: Part
    former: Revision | None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldInUse:
    """A field that a form drops, and the number of records that hold a value in it, and keep it."""

    code: str
    field: str
    record_count: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """All that a change does, before anything is stored.

    Args:
        procedure: the id of the procedure.
        revised: the documents that differ, or are new; the procedure first.
        dropped: the codes of forms that the procedure has no longer.
        impacted: the codes of forms that lead to a revised or dropped form, need it or are computed from it.
        in_use: fields that go although records hold values in them.
        under_way: forms with records that are open, and finished on the revision that they began on.
    """

    procedure: str
    revised: tuple[Revised, ...]
    dropped: tuple[str, ...] = ()
    impacted: tuple[str, ...] = ()
    in_use: tuple[FieldInUse, ...] = ()
    under_way: Mapping[str, int] | None = None

    @property
    def codes(self) -> list[str]:
        """The codes of all documents that it touches, the procedure's id among them where its text changes."""
        return [*(each.part.code for each in self.revised), *self.dropped]


@dataclass(frozen=True, slots=True)
class Consent:
    """Another person who approves and releases in the same act.

    Args:
        signer: who, with their opened key.
        effective_on: the date from which it counts; today where none is given.
    """

    signer: Signer
    effective_on: date | None = None


# ---- the acts --------------------------------------------------------------------------------------------------------


def propose(register: Register, identifier: str, folder: Path, now: datetime) -> Proposal:
    """What revising a procedure by a folder would change; nothing is stored.

    Raises:
        UnknownProcedureError: it is not installed.
        OtherProcedureError, DefinitionError, NotLaterError, NothingRevisedError: as ``revise_procedure``.
    """
    package = _package_of(identifier, folder)
    with register.reading() as snapshot:
        return _proposal(Setting(snapshot, now), package)


def revise_procedure(
    register: Register,
    identifier: str,
    folder: Path,
    actor: Actor,
    now: datetime,
    change: DocumentChange,
    consent: Consent | None = None,
) -> tuple[Proposal, list[Revision]]:
    """Store what a folder changes of an installed procedure as drafts, and release them where somebody consents.

    Args:
        register: the open register.
        identifier: the procedure's id.
        folder: ``procedure.yaml`` with a ``CODE.yaml`` and ``CODE.docx`` for each form, changed or not.
        actor: the controller who revises, and is the author.
        now: aware, UTC.
        change: the reason, the impact and the change request.
        consent: who approves and releases in the same act; None to leave drafts.

    Returns:
        What was changed, and the revisions stored or released, the procedure first.

    Raises:
        UnknownProcedureError: it is not installed.
        OtherProcedureError: the folder holds another one.
        DefinitionError: every problem of every file at once.
        NotLaterError: something differs and bears no later number.
        NothingRevisedError: nothing differs.
        NoRequestError, RequestRefusedError, UnknownRecordError: a change request is asked for, and none was agreed to.
        NoRoleError, OwnWorkError: the actor is no controller or not of the department that owns it, or approves.
    """
    check_right_first(register, actor, "procedure revise", now)
    package = _package_of(identifier, folder)
    with register.writing(now=now) as transaction:
        setting = Setting(transaction, now)
        proposal = _proposal(setting, package)
        made = _store(transaction, setting, proposal, actor, change, settled_terms(setting, package, AS_IT_FOLLOWS))
        if consent is None:
            return proposal, made
        return proposal, approve_and_release_in(transaction, made, consent.signer, consent.effective_on, now)


def revise_form(
    register: Register,
    code: str,
    path: Path,
    actor: Actor,
    now: datetime,
    change: DocumentChange,
    consent: Consent | None = None,
) -> tuple[Proposal, list[Revision]]:
    """As ``revise_procedure``, for one form alone: its definition file, with its template beside it."""
    check_right_first(register, actor, "form revise", now)
    with register.writing(now=now) as transaction:
        setting = Setting(transaction, now)
        proposal = _form_proposal(setting, code, path)
        made = _store(transaction, setting, proposal, actor, change, AS_IT_FOLLOWS)
        if consent is None:
            return proposal, made
        return proposal, approve_and_release_in(transaction, made, consent.signer, consent.effective_on, now)


def propose_form(register: Register, code: str, path: Path, now: datetime) -> Proposal:
    """What revising a form by a file would change; nothing is stored.

    Raises:
        As ``revise_form``.
    """
    with register.reading() as snapshot:
        return _form_proposal(Setting(snapshot, now), code, path)


def _store(
    transaction: Transaction,
    setting: Setting,
    proposal: Proposal,
    actor: Actor,
    change: DocumentChange,
    terms: Terms,
) -> list[Revision]:
    check_owner(setting, proposal.procedure, actor.subject)
    check_names_are_free(
        transaction, proposal.procedure, [each.part for each in proposal.revised if TEMPLATE in each.part.files]
    )
    change = check_request(setting, actor, change, [proposal.procedure, *proposal.codes])
    change = replace(change, impacted=proposal.impacted)
    made: list[Revision] = []
    for each in proposal.revised:
        is_form = TEMPLATE in each.part.files
        why = change.made_from(each.former.revision if each.former else "")
        made.append(
            install_part(
                setting,
                transaction,
                each.part,
                proposal.procedure,
                actor,
                terms=AS_IT_FOLLOWS if is_form else terms,
                change=why,
            )
        )
    return made


# ---- what would change -----------------------------------------------------------------------------------------------


def _package_of(identifier: str, folder: Path) -> Package:
    package = read_package(folder)
    if package.procedure.code != identifier.upper():
        raise OtherProcedureError(folder, identifier.upper(), package.procedure.code)
    return package


def _proposal(setting: Setting, package: Package) -> Proposal:
    snapshot = setting.snapshot
    own = revisions_of_procedure(snapshot, package.procedure.code)
    revised = [
        *_revised(setting, package.procedure, own),
        *(each for part in package.forms for each in _revised(setting, part, revisions(snapshot, part.code))),
    ]
    listed = {part.code for part in package.forms}
    standing = {each.code for each in forms_of(snapshot, package.procedure.code) if each.withdrawn_on is None}
    return _completed(setting, package.procedure.code, revised, sorted(standing - listed))


def _form_proposal(setting: Setting, code: str, path: Path) -> Proposal:
    known = revisions(setting.snapshot, code)
    procedure = _standing_procedure(setting, known[-1].procedure)
    part = read_form(procedure, path)
    if part.code != code:
        raise OtherProcedureError(path, code, part.code)
    return _completed(setting, procedure.id, list(_revised(setting, part, known)), [])


def _standing_procedure(setting: Setting, identifier: str) -> Procedure:
    found = next((each for each in installed_whole(setting) if each.revision.code == identifier), None)
    if found is None:
        raise UnknownProcedureError(identifier)
    return found.procedure


def _revised(setting: Setting, part: Part, known: Sequence[Revision]) -> Iterator[Revised]:
    """The document if it is not installed just so.

    Raises:
        NotLaterError: it differs, and its number is not later than all that its document has had.
    """
    if not known:
        yield Revised(part, None)
        return
    same = next((each for each in known if each.revision == part.revision), None)
    if same is not None and _is_same(part, same):
        return
    last = max(known, key=lambda each: each.place)
    if revision_place(part.revision) <= last.place:
        raise NotLaterError(part.code, part.revision, last.revision)
    former = in_force(known, setting.today) or last
    docx = part.files[TEMPLATE][0] if TEMPLATE in part.files else b""
    yield Revised(part, former, tuple(differences_from(setting.snapshot, former, part.data, docx)))


def _is_same(part: Part, revision: Revision) -> bool:
    is_template_same = TEMPLATE not in part.files or digest(part.files[TEMPLATE][0]) == revision.files[TEMPLATE]
    return is_template_same and canonical(part.data) == canonical(revision.definition)


def _completed(setting: Setting, procedure: str, revised: Sequence[Revised], dropped: Sequence[str]) -> Proposal:
    if not revised and not dropped:
        raise NothingRevisedError(procedure)
    touched = {*(each.part.code for each in revised if each.former), *dropped}
    return Proposal(
        procedure,
        tuple(revised),
        tuple(dropped),
        tuple(_impacted(setting, touched)),
        tuple(_in_use(setting.snapshot, revised)),
        count_under_way(setting.snapshot, touched),
    )


def _in_use(snapshot: Snapshot, revised: Iterable[Revised]) -> Iterator[FieldInUse]:
    for each in revised:
        if each.former is None or TEMPLATE not in each.part.files:
            continue
        later = form_of_definition(each.part.name, canonical(each.part.data))
        for name in dropped_fields(each.former.form, later):
            if count := count_using(snapshot, each.part.code, name):
                yield FieldInUse(each.part.code, name, count)


def _impacted(setting: Setting, touched: set[str]) -> Iterator[str]:
    """The forms that lead to one of those touched, need it or are computed from it, in the order of their codes."""
    found: set[str] = set()
    for each in installed_whole(setting):
        for revision in each.forms:
            if revision.code not in touched and touched & set(_leads_to(revision.form, each.revision.bindings)):
                found.add(revision.code)
    yield from sorted(found)


def _leads_to(form: Form, bindings: Mapping[str, str]) -> Iterator[str]:
    yield from (source.form for source in form.sources.values())
    for section in (*form.sections, *(form.sheet.sections if form.sheet else ())):
        for elsewhere in (*section.opens, *section.needs):
            yield elsewhere.form or bindings.get(elsewhere.purpose or "", "")


# ---- what a change begins with ---------------------------------------------------------------------------------------


def files_of_procedure(snapshot: Snapshot, identifier: str, on: date) -> dict[str, bytes]:
    """The files of a procedure and its forms as they stand, by name, to be edited.

    Raises:
        UnknownProcedureError: it is not installed.
    """
    known = revisions_of_procedure(snapshot, identifier)
    own = in_force(known, on) or known[-1]
    files = {PROCEDURE_FILE: snapshot.attachment(own.subject, own.files[DEFINITION])}
    for code in Procedure.model_validate(own.definition).forms:
        files |= files_of_form(snapshot, code, on)
    return files


def files_beside_form(snapshot: Snapshot, code: str, on: date) -> dict[str, bytes]:
    """The files of a form as they stand, and that of its procedure, whose roles it names.

    Args:
        snapshot: the register as it stands.
        code: of a form that is installed.
        on: the day.
    """
    procedure = revisions(snapshot, code)[-1].procedure
    own = files_of_procedure(snapshot, procedure, on)
    return {**files_of_form(snapshot, code, on), PROCEDURE_FILE: own[PROCEDURE_FILE]}


def files_of_form(snapshot: Snapshot, code: str, on: date) -> dict[str, bytes]:
    """The definition and the template of a form as they stand, by name; none where it is not installed."""
    known = revisions(snapshot, code)
    if not known:
        return {}
    standing = in_force(known, on) or known[-1]
    names = {DEFINITION: f"{code}.yaml", TEMPLATE: f"{code}.docx"}
    return {name: snapshot.attachment(standing.subject, standing.files[file]) for file, name in names.items()}
