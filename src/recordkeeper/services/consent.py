"""Confidential records: who may copy them or take them out, and the consent of others where that is asked for.

Source: P01-R9, P01-R10; P07-R4; P09-R2; ISO 9001, 7.5.3.1
"""

from dataclasses import dataclass
from datetime import date, datetime

from recordkeeper.errors import RecordError, RefusalError
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model import consent as rules
from recordkeeper.model.canonical import Content
from recordkeeper.model.consent import COPY, TAKE_OUT, Asked
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.right import RIGHTS
from recordkeeper.model.subject import number_of
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.search import subjects_with_requests
from recordkeeper.services.access import record_for
from recordkeeper.services.people import Actor
from recordkeeper.services.reading_right import (
    may_use,
    readers_of,
    reads_by_right,
    roles_for,
    roles_that_read,
    way_to_ask,
)
from recordkeeper.services.retrieval import load
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting


class NeedsConsentError(RecordError, RefusalError):
    """A confidential record is to be copied or taken out by somebody whom its form does not name."""

    def __init__(self, number: str, use: str, expected: str, found: str, way_to_ask: str) -> None:
        word = _("take this out") if use == TAKE_OUT else _("copy this")
        super().__init__(
            _("{number}: only {expected}, or who has their consent, may {use}, not {found}").format(
                number=number, expected=expected, use=word, found=found
            )
            + way_to_ask,
            subject=number,
            expected=expected,
            found=found,
        )


def check_may_use(setting: Setting, actor: Actor, record: Record, use: str) -> None:
    """Refuse who may read a record and neither copy it nor take it out, as ``use`` says.

    Where the form names nobody for that use, whoever reads by right may: a consent to read is none to copy.

    Raises:
        NeedsConsentError: a role that the form does not name, or a reader by consent alone, and no consent to the use.

    Source: P01-R10
    """
    who, named = setting.standing(actor.subject, record.unit), roles_for(record.form, use)
    readers = readers_of(setting, record.form, record.unit)
    if may_use(record, who, use, readers, setting.today):
        return
    expected = who.named(named or roles_that_read(readers))
    raise NeedsConsentError(record.number, use, expected, who.name, way_to_ask(record.form, record.number, use, who))


def check_may_print(setting: Setting, actor: Actor, record: Record) -> None:
    """Refuse who may read a record and not print it: what is not finished is printed by whoever reads it by right.

    Raises:
        NeedsConsentError: as ``check_may_use`` for a copy.
    """
    who = setting.standing(actor.subject, record.unit)
    is_draft = record.state in {State.OPEN, State.PENDING}
    if not (is_draft and reads_by_right(record, who, readers_of(setting, record.form, record.unit))):
        check_may_use(setting, actor, record, COPY)


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


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that awaits somebody's answer.

    Args:
        number: of the record.
        form_title: of its form, in the language in use.
        unit_name: of its unit.
        asked: what was asked for, by whom and why.
    """

    number: str
    form_title: str
    unit_name: str
    asked: Asked


def waiting_for(register: Register, actor: Actor, now: datetime) -> list[Waiting]:
    """The requests that ``actor`` may answer: who asks, for what, why; of the record its number, form and unit alone.

    Raises:
        DisabledPersonError: the account is closed.

    Source: P01-R10
    """
    found: list[Waiting] = []
    with register.reading() as snapshot:
        check_right(snapshot, actor, "record consent (listed)", now)
        setting = Setting(snapshot, now)
        for subject in subjects_with_requests(snapshot):
            record = load(snapshot, number_of(subject))
            who = setting.standing(actor.subject, record.unit)
            if record.state not in RIGHTS["record consent"].states or not who.has_any(record.form.access.consent):
                continue
            title, unit = record.form.title.in_language(current_language()), setting.shown_name(record.unit)
            found += [
                Waiting(record.number, title, unit, asked)
                for asked in rules.asked_of(record)
                if not asked.is_answered and not rules.is_own(record, asked, who)
            ]
    return found


def _appended(transaction: Transaction, record: Record, content: Content) -> Record:
    after = Record.replay(record.form, record.history.followed_by(content))
    transaction.append(record.history, content, record_rows(after))
    return after
