"""Confidential records: who may copy them or take them out, and the consent of others where that is asked for.

Source: P01-R9, P01-R10; P07-R4; P09-R2; ISO 9001, 7.5.3.1
"""

from datetime import date, datetime

from recordkeeper.errors import RecordError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model import consent as rules
from recordkeeper.model.canonical import Content
from recordkeeper.model.consent import COPY, TAKE_OUT, Asked
from recordkeeper.model.record import Record
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.record_projection import record_rows
from recordkeeper.services.access import record_for
from recordkeeper.services.people import Actor
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting


class NeedsConsentError(RecordError, RefusalError):
    """A confidential record is to be copied or taken out by somebody whom its form does not name."""

    def __init__(self, number: str, use: str, expected: str, found: str) -> None:
        word = _("take this out") if use == TAKE_OUT else _("copy this")
        super().__init__(
            _("{number}: only {expected}, or who has their consent, may {use}, not {found}").format(
                number=number, expected=expected, use=word, found=found
            ),
            subject=number,
            expected=expected,
            found=found,
        )


def check_may_use(setting: Setting, actor: Actor, record: Record, use: str) -> None:
    """Refuse who may read a record and neither copy it nor take it out, as ``use`` says.

    Raises:
        NeedsConsentError: a role that the form does not name, and no consent.
    """
    named = {COPY: record.form.access.copying, TAKE_OUT: record.form.access.take_out}[use]
    who = setting.standing(actor.subject, record.unit)
    if named and not who.has_any(named) and not rules.is_consented(record, who.subject, use, setting.today):
        raise NeedsConsentError(record.number, use, who.named(named), who.name)


def ask(register: Register, actor: Actor, now: datetime, number: str, use: str, reason: str) -> Asked:
    """Ask for consent to read, copy or take out a record.

    Raises:
        UnknownRecordError: no such record.
        AuditorChangesNothingError: an auditor's account.
        Others: as ``model.consent.ask``.
    """
    with register.writing(now=now) as transaction:
        setting = Setting(transaction, now)
        record = record_for(setting, actor, number)
        check_right(transaction, actor, "record ask", now, record.unit, about=record.number)
        who = setting.standing(actor.subject, record.unit)
        after = _appended(transaction, record, rules.ask(record, use, reason, who, setting.moment))
    return rules.asked_of(after)[-1]


def consent(
    register: Register,
    actor: Actor,
    now: datetime,
    number: str,
    asked: int | None,
    until: date | None,
    *,
    refused_because: str = "",
) -> Asked:
    """Consent to what was asked for, or refuse it with a reason.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``model.consent.consent``.
    """
    with register.writing(now=now) as transaction:
        setting = Setting(transaction, now)
        record = record_for(setting, actor, number)
        check_right(transaction, actor, "record consent", now, record.unit, about=record.number)
        who = setting.standing(actor.subject, record.unit)
        content = rules.consent(record, asked, until, who, setting.moment, refused_because=refused_because)
        after = _appended(transaction, record, content)
    return rules.asked_of(after)[int(str(content["asked"])) - 1]


def _appended(transaction: Transaction, record: Record, content: Content) -> Record:
    after = Record.replay(record.form, record.history.followed_by(content))
    transaction.append(record.history, content, record_rows(after))
    return after
