"""The sheet that a new row of a register stands on: found, or begun with the row, in the row's own transaction.

The row's series is locked by then, so that of two writers the second sees what the first has entered.
"""

import secrets
from collections.abc import Mapping

from recordkeeper.model.canonical import Json
from recordkeeper.model.event import SALT_BYTES
from recordkeeper.model.form import SheetRule
from recordkeeper.model.record import Record, open_record
from recordkeeper.model.sheet import (
    Group,
    group_of,
    is_for,
    numbers_like,
    party_label,
    premises_label,
    running_number,
    series_of,
    takes_rows,
)
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import number_of, sheet_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Transaction
from recordkeeper.register.disposal import lock_standing
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.search import count_rows, last_numbered_sheet
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.company import unit_of
from recordkeeper.services.held import hold_new
from recordkeeper.services.places import premises_of
from recordkeeper.services.print_token import new_token
from recordkeeper.services.retrieval import load, replayed
from recordkeeper.services.setting import Setting

_FROM_ITS_ROW = ("form", "revision", "form_state", "unit", "zone", "checkpoint")


def sheet_for(transaction: Transaction, setting: Setting, row: Record, rule: SheetRule, who: Standing) -> Record:
    """The sheet that a row stands on; its ``new`` is written with its first row.

    Raises:
        UngroupedRowError: the row names no party or premises, and its sheet is theirs.
    """
    if rule.by == "full":
        return _sheet_with_room(transaction, setting, row, who)
    group = group_of(row, rule)
    for number in numbers_like(row.form.code, _label(transaction, row, group)):
        subject = lock_standing(transaction, sheet_subject(number))
        if transaction.tombstone(subject) is not None:
            continue  # a sheet that was destroyed takes no rows, and its number is never used again
        history = transaction.history(subject)
        if history is None:
            return _begin(transaction, setting, row, who, number, {"period": group.period, **group.about})
        sheet = replayed(transaction, history)
        if is_for(sheet, row.unit, group):
            return sheet
    raise AssertionError(row.number)  # there are always more numbers


def _sheet_with_room(transaction: Transaction, setting: Setting, row: Record, who: Standing) -> Record:
    code, year = row.form.code, setting.today.year
    last = last_numbered_sheet(transaction, code, row.unit)
    if last is not None:
        sheet = load(transaction, number_of(lock_standing(transaction, last)))
        if takes_rows(sheet, row, count_rows(transaction, last)):
            return sheet
    number = running_number(code, year, transaction.next_number(series_of(code), year))
    return _begin(transaction, setting, row, who, number, {"period": number.rpartition("/")[2]})


def _begin(
    transaction: Transaction, setting: Setting, row: Record, who: Standing, number: str, more: Mapping[str, Json]
) -> Record:
    opening = {key: row.opening[key] for key in _FROM_ITS_ROW}
    opening |= {**more, "token": new_token()}
    head = transaction.create(sheet_subject(number), secrets.token_hex(SALT_BYTES))
    sheet = open_record(row.form, head.subject, head, who, setting.moment, opening)
    transaction.append(head, sheet.opening, record_rows(sheet))
    hold_new(transaction, sheet)
    return sheet


def _label(snapshot: Snapshot, row: Record, group: Group) -> str:
    """What a sheet is called behind its form's code; the company itself is named where nothing else is."""
    unit = unit_of(snapshot, row.unit).code
    if premises := group.about.get("premises"):
        return f"{unit}-{_place_label(snapshot, row, premises)}"
    label = party_label(group.about["party"]) if group.about else group.period
    if not label:
        return unit
    return label if row.unit == ROOT_UNIT else f"{unit}-{label}"


def _place_label(snapshot: Snapshot, row: Record, subject: str) -> str:
    """Premises behind the code of the unit that keeps the sheet; those of another unit bear its code too."""
    premises = premises_of(snapshot, subject)
    label = premises_label(subject, premises.code)
    return label if premises.unit == row.unit else f"{unit_of(snapshot, premises.unit).code}-{label}"
