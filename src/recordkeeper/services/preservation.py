"""What the archive keeps of a subject: its acts as they are digested, its rendering, its files.

``record.json`` holds exactly the bytes that the digests cover, and no digest of any rendition. A row has no object of
its own: its sheet's version holds its salt and acts.

Source: ISO 9001, 7.5.3.2; OCFL 1.1, 3
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recordkeeper.documents.printout import Mark, Printout
from recordkeeper.model.canonical import Content, Json, canonical
from recordkeeper.model.event import History
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.record import Record
from recordkeeper.model.subject import PROGRAM, kind_of, name_of
from recordkeeper.register.search import subjects_to_archive
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.package import DATA, DEFINITION, TEMPLATE
from recordkeeper.services.rendering import file_name, mark_of, render_record
from recordkeeper.services.retrieval import listed_rows, replayed, rows_of
from recordkeeper.services.setting import Setting

RECORD_FILE = "record.json"
FILE_VERSION = 1
ARCHIVED_STATES: Mapping[str, tuple[str, ...] | None] = {
    "unit": None,
    "person": None,
    "hold": None,
    "schedule": None,
    "table": None,
    "procedure": ("released", "withdrawn"),
    "form": ("released", "withdrawn"),
    "record": ("closed", "void", "replaced"),
    "sheet": ("closed",),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a version will hold but its PDF and its own act.

    Args:
        history: the acts so far.
        rows: for a sheet: its rows' histories.
        files: logical path to bytes.
        document: name of the docx that a PDF is made of; empty where there is none.
        mark: what stands across the pages of that PDF.
    """

    history: History
    rows: tuple[History, ...]
    files: Mapping[str, bytes]
    document: str = ""
    mark: Mark = Mark.NONE

    @property
    def printout(self) -> Printout:
        """What its PDF is made of: the document, with the acts that it shows attached."""
        return Printout(self.files[self.document], self.mark, record_file(self.history, self.rows))

    @property
    def listed_rows(self) -> list[Json]:
        """Number and state digest of each row, as the sheet's archive act lists them."""
        return [{"number": name_of(row.subject), "state": row.digests[-1]} for row in self.rows]

    def is_current(self, snapshot: Snapshot) -> bool:
        """Whether the subject, and each row of a sheet, still stands as it was drafted."""
        history = snapshot.history(self.history.subject)
        if history is None or history.count != self.history.count:
            return False
        return kind_of(history.subject) != "sheet" or self.listed_rows == listed_rows(
            snapshot, replayed(snapshot, history)
        )


def subjects_due(snapshot: Snapshot) -> list[str]:
    """The subjects that have changed since they were archived, or never were, and are ready for it."""
    return [
        subject for kind, states in ARCHIVED_STATES.items() for subject in subjects_to_archive(snapshot, kind, states)
    ]


def draft_of(snapshot: Snapshot, setting: Setting, subject: str) -> Draft | None:
    """What the next version of a subject's object holds; None where there is no such subject.

    Raises:
        RecordkeeperError: the record cannot be rendered.
    """
    history = snapshot.history(subject)
    if history is None:
        return None
    match kind_of(subject):
        case "record" | "sheet":
            return _draft_of_record(snapshot, setting, replayed(snapshot, history))
        case "form":
            revision = Revision.replay(history)
            names = {DEFINITION: f"{revision.code}.yaml", TEMPLATE: f"{revision.code}.docx"}
            return Draft(history, (), _files_of(snapshot, revision, names))
        case "procedure" | "schedule" as kind:
            revision = Revision.replay(history)
            return Draft(history, (), _files_of(snapshot, revision, {DEFINITION: f"{kind}.yaml"}))
        case "table":
            revision = Revision.replay(history)
            return Draft(history, (), _files_of(snapshot, revision, {DATA: f"{revision.code}.csv"}))
        case _:
            return Draft(history, (), {})


def _files_of(snapshot: Snapshot, revision: Revision, names: Mapping[str, str]) -> dict[str, bytes]:
    return {
        name: snapshot.attachment(revision.subject, revision.files[file])
        for file, name in names.items()
        if file in revision.files
    }


def _draft_of_record(snapshot: Snapshot, setting: Setting, record: Record) -> Draft:
    document = f"{file_name(record.number)}.docx"
    files = {document: render_record(snapshot, setting, record)}
    rows = rows_of(snapshot, record) if record.is_sheet else []
    for each in (record, *rows):
        for attachment in each.attachments:
            if attachment.is_erased:
                continue
            data = snapshot.attachment(each.subject, attachment.digest)
            files[f"attachments/{attachment.digest}"] = data
    return Draft(record.history, tuple(row.history for row in rows), files, document, mark_of(record))


def archive_act(setting: Setting, draft: Draft, version: int, *, has_pdf: bool) -> Content:
    """The act by which the program archives a subject; a sheet's lists its rows with their state digests.

    Args:
        setting: the moment.
        draft: what is archived.
        version: number of the object's version, from 1.
        has_pdf: whether the version holds a PDF.
    """
    content: dict[str, Json] = {
        "version": FILE_VERSION,
        "act": "archive",
        "by": PROGRAM,
        "name": PROGRAM,
        "at": setting.moment.at,
        "on": setting.moment.on,
        "object_version": version,
    }
    if draft.document:
        content["pdf"] = has_pdf
    if kind_of(draft.history.subject) == "sheet":
        content["rows"] = draft.listed_rows
    return content


def record_file(history: History, rows: Sequence[History]) -> bytes:
    """The bytes of ``record.json``: canonical JSON with every act as it is digested.

    Source: RFC 8785
    """
    content: dict[str, Json] = {
        "version": FILE_VERSION,
        "subject": history.subject,
        "acts": [act.content for act in history.acts],
    }
    if kind_of(history.subject) == "sheet":
        content["rows"] = [{"subject": row.subject, "acts": [act.content for act in row.acts]} for row in rows]
    return canonical(content)
