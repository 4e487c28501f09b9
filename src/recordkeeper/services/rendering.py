"""A record as a Word document: the approved template, filled with what the record prints."""

from collections.abc import Sequence

from recordkeeper.documents.printout import Mark
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.rendition import is_finished, record_context
from recordkeeper.model.subject import form_subject
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import UnknownRevisionError, template_of
from recordkeeper.services.retrieval import rows_of, sheet_of
from recordkeeper.services.setting import Setting


def render_record(
    snapshot: Snapshot, setting: Setting, record: Record, *, rows: Sequence[Record] | None = None, token: str = ""
) -> bytes:
    """The docx of a record or sheet on the revision it began on; for a row, that of its sheet.

    Equal acts, names and template give equal bytes.

    Args:
        snapshot: the register.
        setting: names, zone, company.
        record: the record, sheet or row.
        rows: for a sheet: the rows to be shown; None for those that there are.
        token: of the copy that this is; empty for the record's own.

    Raises:
        UnknownRevisionError: the register does not hold the revision.
        AlteredTemplateError: the stored template is not the one approved.
    """
    printed = printed_record(snapshot, record)
    if rows is None:
        rows = rows_of(snapshot, printed) if printed.is_sheet else []
    history = snapshot.history(form_subject(printed.form.code, printed.form.revision))
    if history is None:
        raise UnknownRevisionError(printed.form.code, printed.form.revision, [])
    template = template_of(snapshot, Revision.replay(history))
    return template.render(record_context(printed, setting.surroundings, rows, token))


def printed_record(snapshot: Snapshot, record: Record) -> Record:
    """What is printed of a record: for a row its sheet."""
    return sheet_of(snapshot, record) or record


def mark_of(record: Record) -> Mark:
    """What stands across the pages of a record's PDF; nothing on those of a finished one that was not handed over."""
    if record.state is State.VOID:
        return Mark.VOID
    if record.transferred_by:
        return Mark.COPY
    return Mark.NONE if is_finished(record) else Mark.DRAFT


def file_name(number: str) -> str:
    """A record's number as the name of a file: ``QR-017-02_2026-0001``."""
    return number.replace("/", "_")
