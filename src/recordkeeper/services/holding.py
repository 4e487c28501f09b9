"""Holds: placed, lifted, listed, and what they keep just now.

Source: M-9 to M-12
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from recordkeeper.errors import InvalidInputError, MissingError, RetentionError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History
from recordkeeper.model.hold import Hold, Scope
from recordkeeper.model.subject import base_of, is_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.lookup import unit_parents
from recordkeeper.register.record_projection import approval_rows
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.access import may_be_told, record_for
from recordkeeper.services.catalogue import code_of
from recordkeeper.services.company import new_subject
from recordkeeper.services.held import Places, member_of, refresh
from recordkeeper.services.people import Actor
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting
from recordkeeper.services.shelf import Shelf


class UnknownHoldError(RetentionError, MissingError):
    """There is no hold of that number."""

    def __init__(self, found: str) -> None:
        super().__init__(_("hold {found}: there is none").format(found=found), subject=found, found=found)


class NothingHeldError(RetentionError, InvalidInputError):
    """A hold that names nothing."""

    def __init__(self) -> None:
        expected = _("records, a form, a unit, a party or premises")
        message = _("hold: expected {expected} to keep, found nothing").format(expected=expected)
        super().__init__(message, subject=_("hold"), expected=expected, found=_("nothing"))


class NothingFoundError(RetentionError, MissingError):
    """A hold is to list what a text finds, and it finds nothing."""

    def __init__(self, text: str) -> None:
        message = _("hold: no record is found by the text {text}, so none is placed").format(text=text)
        expected = _("a text that finds a record")
        super().__init__(message, subject=_("hold"), expected=expected, found=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeAsked:
    """What a hold is to keep, as typed.

    Args:
        records: numbers of records and sheets.
        forms: codes, printed spellings or titles.
        units: codes, ids or names.
        party, premises: name, code or id.
        text: what is found by this text that day, with all else that is given, is listed one by one.
    """

    records: Sequence[str] = ()
    forms: Sequence[str] = ()
    units: Sequence[str] = ()
    party: str | None = None
    premises: str | None = None
    text: str | None = None


def place(
    register: Register, actor: Actor, now: datetime, *, title: str, mandate: str, asked: ScopeAsked
) -> tuple[Hold, list[str]]:
    """Place a hold.

    Args:
        register: the open register.
        actor: a controller or approver.
        now: aware, UTC.
        title: what it is called.
        mandate: the dispute, inquiry or order behind it.
        asked: what it keeps.

    Returns:
        The hold, and the subjects that it keeps now.

    Raises:
        NothingHeldError: nothing is named.
        NothingFoundError: nothing is found by the text.
        UnknownRecordError, UnknownFormError, UnknownPlaceError: something named is not there.
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        TextRefusedError: as ``Hold.place``.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "retention hold", now)
        setting = Setting(transaction, now)
        who = setting.standing(actor.subject, ROOT_UNIT)
        Hold.place(title, mandate, Scope(), (), who, setting.moment)  # refused before anything is looked for
        scope = _scope(setting, actor, asked)
        if scope.is_empty:
            raise NothingHeldError
        transaction.lock(ROOT_UNIT)
        content = Hold.place(title, mandate, scope, _about(transaction, scope), who, setting.moment)
        hold = _appended(transaction, new_subject(transaction, "hold"), content)
        kept = refresh(transaction)
        return hold, sorted(subject for subject, name in kept if name == hold.subject)


def lift(register: Register, actor: Actor, now: datetime, name: str, *, reason: str, authority: str) -> Hold:
    """Lift a hold; what others keep stays kept.

    Raises:
        UnknownHoldError: there is none.
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        LiftedAlreadyError, OwnHoldError, TextRefusedError: as ``Hold.lift``.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "retention release", now)
        setting = Setting(transaction, now)
        transaction.lock(ROOT_UNIT)
        hold = find_hold(transaction, name)
        content = hold.lift(reason, authority, setting.standing(actor.subject, ROOT_UNIT), setting.moment)
        lifted = _appended(transaction, hold.history, content)
        refresh(transaction)
        return lifted


def find_hold(snapshot: Snapshot, name: str) -> Hold:
    """The hold of that number: ``1`` or ``hold/1``.

    Raises:
        UnknownHoldError: there is none.
    """
    subject = name if name.startswith("hold/") else f"hold/{name}"
    history = snapshot.history(subject) if is_subject(subject) else None
    if history is None:
        raise UnknownHoldError(name)
    return Hold.replay(history)


def records_told(setting: Setting, actor: Actor, subjects: Collection[str]) -> set[str]:
    """Those of the records and sheets that somebody may read, or might have read before they were destroyed.

    A hold reaches what its author may not read, for it must; which records these are it tells to who may read them.

    Raises:
        DisabledPersonError: the account is closed.
    """
    if not subjects:
        return set()
    shelf = Shelf(setting, actor.subject)
    rows = {base_of(row.subject): row for row in find_records(setting.snapshot, RecordQuery())}
    told: set[str] = set()
    for subject in subjects:
        row = rows.get(base_of(subject))
        if shelf.is_readable(row) if row is not None else may_be_told(setting, actor, subject):
            told.add(subject)
    return told


def _scope(setting: Setting, actor: Actor, asked: ScopeAsked) -> Scope:
    snapshot = setting.snapshot
    scope = Scope(
        tuple(dict.fromkeys(record_for(setting, actor, number).subject for number in asked.records)),
        tuple(dict.fromkeys(code_of(snapshot, spelling) for spelling in asked.forms)),
        tuple(dict.fromkeys(setting.find("unit", unit) for unit in asked.units)),
        setting.find("party", asked.party) if asked.party else "",
        setting.find("premises", asked.premises) if asked.premises else "",
    )
    if asked.text is None:
        return scope
    places = Places(unit_parents(snapshot))
    found = tuple(_found(snapshot, scope, asked.text, places))
    if not found:
        raise NothingFoundError(asked.text)
    return Scope(records=found)


def _found(snapshot: Snapshot, scope: Scope, text: str, places: Places) -> Iterator[str]:
    for each in find_records(snapshot, RecordQuery(text=text)):
        if scope.is_empty or scope.covers(member_of(each, places)):
            yield each.subject


def _about(snapshot: Snapshot, scope: Scope) -> list[str]:
    """The records that are about the party and premises of a scope, wherever they are; none where it names neither."""
    if not (scope.party or scope.premises):
        return []
    parties, premises = ([each] if each else None for each in (scope.party, scope.premises))
    return [each.subject for each in find_records(snapshot, RecordQuery(parties=parties, premises=premises))]


def _appended(transaction: Transaction, before: History, content: Content) -> Hold:
    hold = Hold.replay(before.followed_by(content))
    transaction.append(before, content, approval_rows(before.followed_by(content), ("release",)))
    return hold
