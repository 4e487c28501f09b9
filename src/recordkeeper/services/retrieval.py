"""Finding a record by its number and bringing back its state from its acts."""

import contextlib
from collections.abc import Iterator

from recordkeeper.errors import InvalidInputError, MissingError, RecordError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History
from recordkeeper.model.record import Record
from recordkeeper.model.replay import readable
from recordkeeper.model.subject import base_of, is_subject, name_of, number_of, record_subject, sheet_subject
from recordkeeper.register.disposal import standing_subject, tombstone_of
from recordkeeper.register.lookup import state_digest_of
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import code_of, form_of


class UnknownRecordError(RecordError, MissingError):
    """No record or sheet of that number."""

    def __init__(self, number: str) -> None:
        shown = number.encode("utf-8", "backslashreplace").decode("utf-8")
        super().__init__(_("{number}: no such record").format(number=shown), subject=shown, found=shown)


class DisposedRecordError(RecordError, MissingError):
    """The record was disposed of; its tombstone says by which list, and when.

    Args:
        subject: the record or sheet.
        tombstone: what stands in its place.
    """

    def __init__(self, subject: str, tombstone: Content) -> None:
        self.tombstone = tombstone
        found = _("tombstone {count}").format(count=tombstone["tombstone"])
        super().__init__(
            _("{number}: disposed of on {day} by {list}, {found}").format(
                number=number_of(subject), day=tombstone["on"], list=tombstone["list"], found=found
            ),
            subject=number_of(subject),
            expected=_("a record that stands"),
            found=found,
        )


def load(snapshot: Snapshot, number: str) -> Record:
    """The record or sheet of that number, its form spelled in any of its ways, for the program itself.

    A number that a person gives is looked up by ``access``, which asks their right before it tells anything.

    Raises:
        UnknownRecordError: there is none, or none any more.
    """
    try:
        return load_or_tell(snapshot, number)
    except DisposedRecordError:
        raise UnknownRecordError(number) from None


def load_or_tell(snapshot: Snapshot, number: str) -> Record:
    """As ``load``, for ``access`` alone.

    Raises:
        UnknownRecordError: there is none.
        DisposedRecordError: it was disposed of; its tombstone is told.
    """
    candidates = list(_candidates(snapshot, number))
    for subject in candidates:
        history = snapshot.history(subject) or snapshot.history(standing_subject(snapshot, subject))
        if history is not None:
            return replayed(snapshot, history)
    for subject in candidates:
        stone = tombstone_of(snapshot, standing_subject(snapshot, subject))
        if stone is not None:
            raise DisposedRecordError(subject, stone)
    raise UnknownRecordError(number)


def lives_of(snapshot: Snapshot, subject: str) -> list[str]:
    """The subjects that a record had one after another, up to ``subject``: a new one after each erasure."""
    lives = [base_of(subject)]
    while lives[-1] != subject and (stone := tombstone_of(snapshot, lives[-1])) is not None and stone.get("successor"):
        lives.append(str(stone["successor"]))
    return lives


def _candidates(snapshot: Snapshot, number: str) -> Iterator[str]:
    """The subjects that a number may mean."""
    code, _slash, rest = number.rpartition("/")
    spellings = [number]
    with contextlib.suppress(MissingError, InvalidInputError):
        spellings.append(f"{code_of(snapshot, code)}/{rest}")
    for spelling in dict.fromkeys(spellings):
        for subject in (record_subject(spelling), sheet_subject(spelling)):
            if is_subject(subject):
                yield subject


def subject_named(snapshot: Snapshot, text: str) -> str:
    """The subject that a text names: a subject itself, or the number of a record, disposed of or not.

    Raises:
        UnknownRecordError: there never was such a record.
    """
    if is_subject(text):
        return text
    try:
        return load_or_tell(snapshot, text).subject
    except DisposedRecordError as gone:
        return str(gone.tombstone["subject"])


def standing_record(snapshot: Snapshot, number: str) -> Record | None:
    """The record of that number; None where it was disposed of, for what it is linked to may outlast it.

    Raises:
        UnknownRecordError: there never was one.
    """
    try:
        return load_or_tell(snapshot, number)
    except DisposedRecordError:
        return None


def replayed(snapshot: Snapshot, history: History) -> Record:
    """The record of a history, on the revision of the form that it began on.

    Raises:
        UnreadableActError: acts that no decision of ours wrote.
    """
    with readable(history.subject):
        opening = history.acts[1].told.content
        code, revision = str(opening["form"]), str(opening["revision"])
    return Record.replay(form_of(snapshot, code, revision), history)


def sheet_of(snapshot: Snapshot, record: Record) -> Record | None:
    """The sheet that a row stands on, whatever that goes on as after erasures; None for any other record."""
    history = snapshot.history(standing_subject(snapshot, record.sheet)) if record.sheet else None
    return replayed(snapshot, history) if history is not None else None


def rows_of(snapshot: Snapshot, sheet: Record) -> list[Record]:
    """The rows of a sheet in the order of their numbers."""
    found = find_records(snapshot, RecordQuery(sheet=sheet.subject))
    histories = (snapshot.history(row.subject) for row in sorted(found, key=lambda row: row.number))
    return [replayed(snapshot, history) for history in histories if history]


def listed_rows(snapshot: Snapshot, record: Record) -> list[Content] | None:
    """Name and state digest of each row of a sheet, as its fill, signature and archive list them."""
    if not record.is_sheet:
        return None
    return [
        {"number": name_of(row.subject), "state": state_digest_of(snapshot, row.subject)}
        for row in rows_of(snapshot, record)
    ]
