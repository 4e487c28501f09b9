"""Finding a record by its number and bringing back its state from its acts."""

import contextlib

from recordkeeper.errors import InvalidInputError, MissingError, RecordError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History
from recordkeeper.model.record import Record
from recordkeeper.model.replay import readable
from recordkeeper.model.subject import is_subject, record_subject, sheet_subject
from recordkeeper.register.lookup import state_digest_of
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import code_of, form_of


class UnknownRecordError(RecordError, MissingError):
    """No record or sheet of that number."""

    def __init__(self, number: str) -> None:
        shown = number.encode("utf-8", "backslashreplace").decode("utf-8")
        super().__init__(_("{number}: no such record").format(number=shown), subject=shown, found=shown)


def load(snapshot: Snapshot, number: str) -> Record:
    """The record or sheet of that number, its form spelled in any of its ways.

    Raises:
        UnknownRecordError: there is none.
    """
    code, _slash, rest = number.rpartition("/")
    candidates = [number]
    with contextlib.suppress(MissingError, InvalidInputError):
        candidates.append(f"{code_of(snapshot, code)}/{rest}")
    for candidate in dict.fromkeys(candidates):
        for subject in (record_subject(candidate), sheet_subject(candidate)):
            history = snapshot.history(subject) if is_subject(subject) else None
            if history is not None:
                return replayed(snapshot, history)
    raise UnknownRecordError(number)


def replayed(snapshot: Snapshot, history: History) -> Record:
    """The record of a history, on the revision of the form that it began on.

    Raises:
        UnreadableActError: acts that no decision of ours wrote.
    """
    with readable(history.subject):
        opening = history.acts[1].content
        code, revision = str(opening["form"]), str(opening["revision"])
    return Record.replay(form_of(snapshot, code, revision), history)


def rows_of(snapshot: Snapshot, sheet: Record) -> list[Record]:
    """The rows of a sheet in the order of their numbers."""
    found = find_records(snapshot, RecordQuery(sheet=sheet.subject))
    histories = (snapshot.history(row.subject) for row in sorted(found, key=lambda row: row.number))
    return [replayed(snapshot, history) for history in histories if history]


def listed_rows(snapshot: Snapshot, record: Record) -> list[Content] | None:
    """Number and state digest of each row of a sheet, as its fill, signature and archive list them."""
    if not record.is_sheet:
        return None
    return [
        {"number": row.number, "state": state_digest_of(snapshot, row.subject)} for row in rows_of(snapshot, record)
    ]
