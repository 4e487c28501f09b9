"""One record by its number, for somebody: whether they may read it is asked before anything is told of it.

Every service that takes a record's number from a person finds the record here. What was destroyed is asked for the same
right as what stands, by what is left of it: its tombstone names form, unit and who took part in the destruction.

Source: ISO 9001, 7.5.3.1; P-7; I-5
"""

from recordkeeper.errors import RecordError, RefusalError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.consent import READ
from recordkeeper.model.disposition import Part
from recordkeeper.model.person import AUDITOR
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NotYoursError
from recordkeeper.model.replay import readable as read_as_written
from recordkeeper.model.right import RIGHTS
from recordkeeper.register.disposal import tombstone_of
from recordkeeper.services.catalogue import form_of
from recordkeeper.services.people import Actor
from recordkeeper.services.reading_right import (
    Readers,
    may_read,
    may_read_record,
    readers_of,
    roles_that_read,
    way_to_ask,
)
from recordkeeper.services.retrieval import DisposedRecordError, load_or_tell
from recordkeeper.services.setting import Setting


class MayNotReadError(RecordError, RefusalError):
    """The person holds no role that may read the record."""

    def __init__(self, number: str, expected: str, found: str, way_to_ask: str = "") -> None:
        super().__init__(
            _("{number}: only {expected} may read this, not {found}").format(
                number=number, expected=expected, found=found
            )
            + way_to_ask,
            subject=number,
            expected=expected,
            found=found,
        )


def readable(setting: Setting, actor: Actor, number: str) -> Record:
    """The record of that number, if ``actor`` may read it.

    Raises:
        UnknownRecordError: no such record.
        DisposedRecordError: it was disposed of, and they might have read it.
        MayNotReadError: no role at its unit or above, or none that the form lets read.
        DisabledPersonError: the account is closed.
    """
    record = record_for(setting, actor, number)
    who = setting.standing(actor.subject, record.unit)
    readers = readers_of(setting, record.form, record.unit)
    if not may_read_record(record, who, readers, setting.today):
        ask = way_to_ask(record.form, record.number, READ, who)
        raise _may_not_read(setting, record.number, record.unit, readers, who.name, ask)
    return record


def check_has_part(setting: Setting, actor: Actor, record: Record, command: str) -> None:
    """Refuse who has nothing to do with a record, before anything is told of how it stands.

    Whoever reads it, or has a role in it, is told by the act itself what is in the way.

    Args:
        setting: of the act.
        actor: who acts.
        record: as it stands.
        command: its line in the table of rights.

    Raises:
        NotYoursError: no role that the form names, and no right to read it.
        DisabledPersonError: the account is closed.

    Source: ISO 9001, 7.5.3.1; P-4, P-9
    """
    who = setting.standing(actor.subject, record.unit)
    roles = [role for section in record.sections or record.form.sections for role in record.roles_of(section)]
    roles += [role for step in record.saved for role in record.roles_at(step)]  # who may amend an earlier round
    policy = record.form.amendment
    further = [*policy.by, *(policy.countersign.by if policy.countersign else ()), *RIGHTS[command].roles]
    if who.has_any([*roles, *further]):
        return
    if may_read_record(record, who, readers_of(setting, record.form, record.unit), setting.today):
        return
    answering = policy.countersign.by if policy.countersign and command == "record countersign" else ()
    asked = answering or (*roles, *policy.by)
    named = who.named(role for role in asked if "/" not in role)  # whom a record names is not told, nor its unit
    expected = _("{roles} at the record's own unit").format(roles=named) if named else _("who has a part in it")
    raise NotYoursError(record.number, "", expected, who.name)


def record_for(setting: Setting, actor: Actor, number: str) -> Record:
    """The record of that number, for an act whose own rule says who does it; what was destroyed tells who might read.

    Raises:
        UnknownRecordError: no such record.
        DisposedRecordError: it was disposed of, and they might have read it.
        MayNotReadError: it was disposed of, and they might not.
        DisabledPersonError: the account is closed.
    """
    try:
        return load_or_tell(setting.snapshot, number)
    except DisposedRecordError as gone:
        check_may_be_told(setting, actor, gone.tombstone)
        raise


def check_may_be_told(setting: Setting, actor: Actor, stone: Content) -> bool:
    """Refuse to tell of a destroyed record whom it would not have been shown, as far as its tombstone tells.

    A role at its unit decides, or a part in its destruction; whose part in the record itself or whose consent it was
    went with it.

    Args:
        setting: of the act.
        actor: who asks.
        stone: the record's tombstone.

    Returns:
        Whether telling it leaves an event, as reading the record did: to an auditor, or of a confidential form.

    Raises:
        MayNotReadError: no role at its unit or above, or none that the form lets read, and no part in its destruction.
        DisabledPersonError: the account is closed.
        UnreadableActError: a tombstone that no decision of ours wrote.
    """
    with read_as_written(str(stone.get("subject"))):
        unit, number = str(stone["unit"]), str(stone["number"])
        form = form_of(setting.snapshot, str(stone["form"]), str(stone["revision"]))
    who = setting.standing(actor.subject, unit)
    readers = readers_of(setting, form, unit)
    several = [stone.get(str(part)) for part in Part]
    had_part = any(who.subject in people for people in several if isinstance(people, list | tuple))
    may = AUDITOR in who.roles if who.is_auditor else had_part or may_read(who.reading_roles, readers)
    if not may:
        raise _may_not_read(setting, number, unit, readers, who.name)
    return bool(readers) or AUDITOR in who.roles


def may_be_told(setting: Setting, actor: Actor, subject: str) -> bool:
    """Whether a record was destroyed, and ``actor`` may be told of it, as by ``check_may_be_told``.

    Raises:
        DisabledPersonError, UnreadableActError: as ``check_may_be_told``.
    """
    stone = tombstone_of(setting.snapshot, subject)
    if stone is None:
        return False
    try:
        check_may_be_told(setting, actor, stone)
    except MayNotReadError:
        return False
    return True


def _may_not_read(
    setting: Setting, number: str, unit: str, readers: Readers, name: str, ask: str = ""
) -> MayNotReadError:
    names = listing(setting.shown_name(role) for role in (*roles_that_read(readers), AUDITOR))
    wanted = names if readers else _("who has a role at {unit}").format(unit=setting.shown_name(unit))
    return MayNotReadError(number, wanted, name, ask)
