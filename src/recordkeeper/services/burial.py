"""What stays of a record that is destroyed, and of each row of a sheet: its tombstone.

It holds identity, dates, digests, authority, who, when and how, and no name and no value of the record. Its digest is
bound by an event, and cannot be guessed, for it holds random bytes of its own.

Source: M-7; MoReq2010, 9
"""

import secrets
from dataclasses import dataclass

from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.disposition import Disposition, Item, Kind, Part
from recordkeeper.model.event import SALT_BYTES
from recordkeeper.model.record import Record
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import name_of
from recordkeeper.model.transfer import package_of, receiver_of
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Transaction
from recordkeeper.register.disposal import SERIES
from recordkeeper.services.retrieval import rows_of
from recordkeeper.services.setting import Setting


@dataclass(frozen=True, slots=True)
class Disposal:
    """One item of a list as it goes.

    Args:
        listed: the list.
        item: as it was listed.
        record: as it stands, for the last time.
        who: who executes the list.
    """

    listed: Disposition
    item: Item
    record: Record
    who: Standing


def tombstones_of(transaction: Transaction, root: StorageRoot, setting: Setting, gone: Disposal) -> list[Content]:
    """The tombstone of a record, or of a sheet and each of its rows, each under the next number.

    Of what goes on without values it is that one alone: the rows of such a sheet stay.

    Args:
        transaction: in which it goes.
        root: the archive's storage root, where its object still stands.
        setting: the moment.
        gone: what goes, by which list, by whom.
    """
    record = gone.record
    common = _common(setting, gone)
    several = (record, *(rows_of(transaction, record) if record.is_sheet and not gone.item.erased else ()))
    return [
        {
            **common,
            "tombstone": transaction.next_number(SERIES, 0),
            "salt": secrets.token_hex(SALT_BYTES),
            "subject": each.subject,
            "number": each.number,
            "form": each.form.code,
            "revision": each.form.revision,
            "unit": each.unit,
            "entered_on": str(each.opening["on"]),
            "closed_on": each.closed_on,
            "acts": each.history.count,
            "state": each.history.digests[-1],
            "files": len(each.attachments),
            "bytes": root.byte_count(each.subject),
            "sheet": name_of(each.sheet),
            **({"transferred_by": each.transferred_by} if each.transferred_by else {}),
        }
        for each in several
    ]


def _common(setting: Setting, gone: Disposal) -> dict[str, Json]:
    """What the tombstones of an item have in common: by which list, by whom, when, how."""
    listed, item, who = gone.listed, gone.item, gone.who
    parts = [part for part in Part if part is not Part.RECEIVER or listed.kind is Kind.TRANSFER]
    people = {str(part): [subject or "paper" for subject, _name in listed.of_part(part)] for part in parts}
    method = listed.record.values.get("method")
    return {
        "version": 1,
        "list": listed.number,
        "list_state": listed.record.history.digests[-1],
        "rule": item.rule,
        "source": item.source,
        "authority": item.authority,
        "due_on": item.due_on,
        "how": list(method) if isinstance(method, list | tuple) else [],
        **_where_to(listed),
        **people,
        str(Part.EXECUTOR): [who.subject],
        **({"basis": item.basis} if item.basis else {}),
        **({"permitted_by": item.permitted_by} if item.permitted_by else {}),
        "on": setting.moment.on,
        "at": setting.moment.at,
    }


def _where_to(listed: Disposition) -> dict[str, Json]:
    """Of a transfer: to whom, and in which package; the firm or office alone, not who signed for it."""
    package = package_of(listed.record)
    if listed.kind is not Kind.TRANSFER or package is None:
        return {}
    return {"how": ["transferred"], "transferred_to": receiver_of(listed.record), "package": package.digest}
