"""The change request that a revision cites: who asked for it, and that it was agreed to.

The form that serves the purpose ``change_request`` has a field ``document_code`` (the procedure or form that is to
change), ``reason`` and ``impact``, and a field ``decision`` that says ``agreed`` once its section is complete. Where no
procedure in force provides one, a reason and an impact are enough.

Source: ISO 9001, 7.5.3.2 (control of changes); P00-R1; I-8
"""

from collections.abc import Sequence
from dataclasses import replace

from recordkeeper.errors import FormError, RefusalError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.document_change import DocumentChange
from recordkeeper.model.form_revision import in_force
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.services.access import readable
from recordkeeper.services.catalogue import revisions
from recordkeeper.services.installation import provided
from recordkeeper.services.people import Actor
from recordkeeper.services.setting import Setting

CHANGE_REQUEST = "change_request"
_CODE, _REASON, _IMPACT, _DECISION, _AGREED = "document_code", "reason", "impact", "decision", "agreed"
_GONE = {State.VOID, State.REPLACED, State.DISPOSED}


class NoRequestError(FormError, RefusalError):
    """The company asks for changes on a form, and none is cited."""

    def __init__(self, name: str, forms: Sequence[str]) -> None:
        expected = _("the number of a change request on {codes} that was agreed to").format(codes=listing(forms))
        super().__init__(
            _("{name}: expected {expected}, found none").format(name=name, expected=expected),
            subject=name,
            expected=expected,
        )


class RequestRefusedError(FormError, RefusalError):
    """A record that is cited is no change request for the document, or was not agreed to."""

    def __init__(self, number: str, expected: str, found: str) -> None:
        super().__init__(
            _("{number}: expected {expected}, found {found}").format(number=number, expected=expected, found=found),
            subject=number,
            expected=expected,
            found=found,
        )


def forms_of_requests(setting: Setting) -> list[str]:
    """The codes of the forms in force on which changes are asked for."""
    codes = sorted(set(provided(setting.snapshot, setting.today).get(CHANGE_REQUEST, ())))
    return [code for code in codes if in_force(revisions(setting.snapshot, code), setting.today)]


def asked_for(setting: Setting, actor: Actor, number: str, reason: str, impact: str) -> DocumentChange:
    """A change as it was asked for; the request says the reason and the impact where none are given.

    Raises:
        UnknownRecordError: there is no such record.
        TextRefusedError: neither says a reason or an impact.
    """
    if number:
        record = readable(setting, actor, number)
        reason = reason or _line(record, _REASON)
        impact = impact or _line(record, _IMPACT)
        number = record.number
    return DocumentChange.checked(reason, impact, number)


def check_request(setting: Setting, actor: Actor, change: DocumentChange, codes: Sequence[str]) -> DocumentChange:
    """The change, if its request was agreed to and is about one of the documents; or if none is asked for here.

    Args:
        setting: of the act.
        actor: who cites it.
        change: what is cited.
        codes: the documents that change: ids of procedures, codes of forms.

    Raises:
        NoRequestError: none is cited, and changes are asked for on a form here.
        RequestRefusedError: it is no change request for one of the documents, or was not agreed to.
        UnknownRecordError: there is no such record.
    """
    forms = forms_of_requests(setting)
    if not change.request:
        if forms:
            raise NoRequestError(codes[0], forms)
        return change
    record = readable(setting, actor, change.request)
    if record.form.code not in forms:
        expected = _("a change request on {codes}").format(codes=listing(forms) or _("a form that serves for it"))
        raise RequestRefusedError(record.number, expected, record.form.code)
    about = str(record.values.get(_CODE) or "")
    if about.upper() not in {code.upper() for code in codes}:
        raise RequestRefusedError(record.number, _("a request about {codes}").format(codes=listing(codes)), about)
    if not _is_agreed(record):
        raise RequestRefusedError(record.number, _("a request that was agreed to"), _decision(record))
    return replace(change, request=record.number)


def _is_agreed(record: Record) -> bool:
    if record.state in _GONE or record.values.get(_DECISION) != _AGREED:
        return False
    deciding = next(section for section in record.sections if section.field(_DECISION))
    return all(record.is_step_complete(step) for step in record.steps_in_order() if step.section == deciding.id)


def _decision(record: Record) -> str:
    if record.state in _GONE:
        return _(str(record.state))
    decision = record.values.get(_DECISION)
    return str(decision) if decision and decision != _AGREED else _("no decision that is signed")


def _line(record: Record, field: str) -> str:
    return " ".join(str(record.values.get(field) or "").split())
