"""What holds keep just now, for the guards below the program.

Table ``held`` names every record and sheet that a standing hold keeps: it follows from the acts of holds and from what
records are about, and is brought up to date with both.

Source: M-9 to M-12
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from recordkeeper.model.hold import Hold, Member
from recordkeeper.model.record import Record
from recordkeeper.model.subject import base_of
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Transaction
from recordkeeper.register.disposal import standing_subject
from recordkeeper.register.lookup import unit_parents
from recordkeeper.register.search import FoundRecord, RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot

Held = tuple[str, str]
"""A record or sheet, and the hold that keeps it."""


@dataclass(frozen=True, slots=True)
class Places:
    """The units above each unit, for asking whether a record belongs to one."""

    parents: Mapping[str, str | None]
    _above: dict[str, frozenset[str]] = field(default_factory=dict)

    def above(self, unit: str) -> frozenset[str]:
        """``unit`` and every unit above it."""
        if unit not in self._above:
            found: list[str] = []
            each: str | None = unit
            while each is not None and each not in found:
                found.append(each)
                each = self.parents.get(each)
            self._above[unit] = frozenset(found)
        return self._above[unit]


def holds(snapshot: Snapshot) -> list[Hold]:
    """Every hold, the first placed first."""
    found = map(Hold.replay, snapshot.histories("hold"))
    return sorted(found, key=lambda hold: int(hold.subject.partition("/")[2]))


def standing_holds(snapshot: Snapshot) -> list[Hold]:
    """The holds that keep something now."""
    return [hold for hold in holds(snapshot) if hold.is_standing]


def holds_on(snapshot: Snapshot, record: Record, standing: Sequence[Hold] | None = None) -> tuple[str, ...]:
    """The holds that keep a record or sheet: its own, its sheet's, those on a row of it.

    Args:
        snapshot: where to look.
        record: the record or sheet.
        standing: the holds that stand; None to look them up.
    """
    standing = standing_holds(snapshot) if standing is None else standing
    if not standing:
        return ()
    sheet = record.subject if record.is_sheet else record.sheet
    rows = find_records(snapshot, RecordQuery(sheet=sheet)) if sheet else []
    own = find_records(snapshot, RecordQuery(number=record.number))
    found = [row for row in own if row.subject == record.subject] + rows
    places = Places(unit_parents(snapshot))
    members = [member_of(each, places) for each in found]
    return tuple(hold.subject for hold in standing if any(hold.scope.covers(member) for member in members))


def refresh(transaction: Transaction) -> set[Held]:
    """Bring table ``held`` up to date with every standing hold, and say what it holds now."""
    kept = expected_held(
        standing_holds(transaction), find_records(transaction, RecordQuery()), Places(unit_parents(transaction))
    )
    transaction.keep_held(kept)
    return kept


def hold_new(transaction: Transaction, record: Record) -> None:
    """Let the holds that stand keep a record that is just being entered.

    The company is locked as others lock it who enter records, so that no hold is placed or lifted meanwhile.
    """
    transaction.lock(ROOT_UNIT, is_shared=True)
    standing = standing_holds(transaction)
    if not standing:
        return
    places = Places(unit_parents(transaction))
    opening = record.opening
    member = Member(
        record.subject,
        record.sheet,
        record.form.code,
        places.above(record.unit),
        str(opening.get("party") or ""),
        str(opening.get("premises") or ""),
    )
    _add(transaction, standing, member)


def _add(transaction: Transaction, standing: Sequence[Hold], member: Member) -> None:
    by = [hold.subject for hold in standing if hold.scope.covers(member)]
    if not member.sheet:
        transaction.keep_held([(member.subject, hold) for hold in by], [member.subject])
        return
    # a hold on one row keeps the sheet, and so every row on it
    rows = [each.subject for each in find_records(transaction, RecordQuery(sheet=member.sheet))]
    subjects = {standing_subject(transaction, member.sheet), member.subject, *rows}
    kept = {hold for _subject, hold in transaction.held(subjects)} | set(by)
    transaction.keep_held([(subject, hold) for subject in subjects for hold in kept], subjects)


def expected_held(standing: Iterable[Hold], records: Sequence[FoundRecord], places: Places) -> set[Held]:
    """What table ``held`` must hold.

    Args:
        standing: the holds that stand.
        records: every record and sheet, as they are listed.
        places: the units above each.
    """
    standing = list(standing)
    if not standing:
        return set()
    rows: dict[str, list[str]] = {}
    for each in records:
        if each.sheet:
            rows.setdefault(each.sheet, []).append(each.subject)
    sheets = {base_of(each.subject): each.subject for each in records if base_of(each.subject) in rows}
    kept: set[Held] = set()
    for each in records:
        member = member_of(each, places)
        sheet = each.sheet or (base_of(each.subject) if base_of(each.subject) in sheets else "")
        together = [sheets.get(sheet, sheet), *rows.get(sheet, ())] if sheet else [each.subject]
        for hold in standing:
            if hold.scope.covers(member):
                kept.update((subject, hold.subject) for subject in together)
    return kept


def member_of(found: FoundRecord, places: Places) -> Member:
    """What a hold may go by of a record or sheet as it is listed."""
    units: Collection[str] = places.above(found.unit)
    return Member(found.subject, found.sheet or "", found.form, units, found.party or "", found.premises or "")
