"""Marked copies: rendered first, then issued by an act that holds the token; printed again from that act alone.

Source: ISO 9001, 7.5.3.2 (distribution, access, retrieval and use)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from recordkeeper.documents.printout import Mark, Printout, print_pdfs
from recordkeeper.language import listing
from recordkeeper.model.canonical import Content
from recordkeeper.model.consent import COPY
from recordkeeper.model.issued_copy import COMMAND, IssuedCopy, UnknownCopyError, copies_of, issue_copy
from recordkeeper.model.record import Record
from recordkeeper.model.replay import readable as readable_acts
from recordkeeper.model.subject import record_subject
from recordkeeper.register.acts import Register
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.access import readable
from recordkeeper.services.consent import check_may_use
from recordkeeper.services.people import Actor
from recordkeeper.services.preservation import record_file
from recordkeeper.services.print_token import new_token
from recordkeeper.services.rendering import mark_of, printed_record, render_record
from recordkeeper.services.retrieval import replayed, rows_of
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting
from recordkeeper.services.viewing import is_reading_noted, note_reading


@dataclass(frozen=True, slots=True)
class Prepared:
    """A copy that is printed and not issued yet.

    Args:
        record: the record or sheet, as printed.
        content: the act that will issue it.
        pdf: the copy.
        is_noted: whether reading the record leaves an event.
    """

    record: Record
    content: Content
    pdf: bytes
    is_noted: bool


def prepare_copy(register: Register, actor: Actor, now: datetime, number: str, recipient: str) -> Prepared:
    """Print a copy of a record, or for a row of its sheet, that ``issue`` then enters; nothing is written yet.

    Raises:
        UnknownRecordError: no such record.
        MayNotReadError, NeedsConsentError: no right to read or to copy it.
        AuditorChangesNothingError: an auditor's account.
        LibreOfficeMissingError: there is no LibreOffice.
        Others: as ``model.issued_copy.issue_copy``.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        record, is_noted = _may_copy(setting, actor, number)
        printed = _printed(setting, actor, record)
        rows = rows_of(snapshot, printed) if printed.is_sheet else []
        who = setting.standing(actor.subject, printed.unit)
        token = new_token()
        content = issue_copy(printed, token, recipient, rows, who, setting.moment)
        printout = _printout(snapshot, setting, printed, rows, token)
    return Prepared(printed, content, _pdf(printed, printout), is_noted)


def issue(register: Register, actor: Actor, now: datetime, prepared: Prepared) -> IssuedCopy:
    """Enter the act that issues a copy.

    Raises:
        ChangedMeanwhileError: the record has other acts than the copy shows.
        AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
    """
    record = prepared.record
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, COMMAND, now, record.unit, about=record.number)
        after = Record.replay(record.form, record.history.followed_by(prepared.content))
        transaction.append(record.history, prepared.content, record_rows(after))
    if prepared.is_noted:
        note_reading(register, actor, now, record.subject)
    return copies_of(after)[-1]


def copy_again(register: Register, actor: Actor, now: datetime, number: str, act: int) -> tuple[str, IssuedCopy, bytes]:
    """The number of what was copied, and the copy that an act issued, printed as it was then; no act is written.

    Raises:
        UnknownCopyError: that act issued no copy.
        Others: as ``prepare_copy``.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        record, is_noted = _may_copy(setting, actor, number)
        printed = _printed(setting, actor, record)
        copies = copies_of(printed)
        copy = next((each for each in copies if each.act_number == act), None)
        if copy is None:
            raise UnknownCopyError(printed.number, act, listing(str(each.act_number) for each in copies))
        shown = Record.replay(printed.form, printed.history.up_to(act - 1))
        rows = [_row_at(snapshot, *row) for row in copy.rows]
        printout = _printout(snapshot, setting, shown, rows, copy.token)
    pdf = _pdf(shown, printout)
    if is_noted:
        note_reading(register, actor, now, printed.subject)
    return printed.number, copy, pdf


def _may_copy(setting: Setting, actor: Actor, number: str) -> tuple[Record, bool]:
    """The record, and whether reading it leaves an event.

    Raises:
        Others: as ``prepare_copy``.
    """
    record = readable(setting, actor, number)
    check_right(setting.snapshot, actor, COMMAND, setting.now, record.unit, about=record.number)
    check_may_use(setting, actor, record, COPY)
    return record, is_reading_noted(setting, actor, record)


def _printed(setting: Setting, actor: Actor, record: Record) -> Record:
    """What is copied of a record: for a row its sheet, of whose other rows a part in one or consent to it is none.

    Raises:
        Others: as ``prepare_copy``.
    """
    printed = printed_record(setting.snapshot, record)
    if printed.subject != record.subject:
        _may_copy(setting, actor, printed.number)
    return printed


def _row_at(snapshot: Snapshot, number: str, state: str) -> Record:
    """A row of a sheet as it stood.

    Raises:
        UnreadableActError: the row is not there, or never stood so.
    """
    subject = record_subject(number)
    with readable_acts(subject):
        history = snapshot.history(subject)
        if history is None:
            raise LookupError(subject)
        return replayed(snapshot, history.up_to(history.digests.index(state)))


def _printout(snapshot: Snapshot, setting: Setting, record: Record, rows: Sequence[Record], token: str) -> Printout:
    docx = render_record(snapshot, setting, record, rows=rows, token=token)
    attached = record_file(record.history, [row.history for row in rows])
    return Printout(docx, mark_of(record) or Mark.COPY, attached)


def _pdf(record: Record, printout: Printout) -> bytes:
    return print_pdfs({record.number: printout})[record.number]
