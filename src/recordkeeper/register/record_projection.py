"""The rows that follow from a record's, sheet's, form revision's or procedure's acts."""

import json
import unicodedata
from collections.abc import Collection

from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.erased import ERASED_TEXT, is_erased
from recordkeeper.model.event import History
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.record import Record
from recordkeeper.model.step import spelled
from recordkeeper.model.subject import kind_of
from recordkeeper.register.projection import Rows

LONGEST_TITLE = 60


def record_rows(record: Record) -> Rows:
    """The rows of a record or sheet: its state, every value now standing, amendments, signatures."""
    opening = record.opening
    fields = [
        {"section": spelled(step.section, step.item), "round": step.round, "field": name, "value": field_text(value)}
        for step, filled in record.saved.items()
        for name, value in filled.values.items()
    ]
    return {
        "record": [
            {
                "number": record.number,
                "form": record.form.code,
                "revision": record.form.revision,
                "unit": record.unit,
                "state": str(record.state),
                "sheet": record.sheet or None,
                "party": _text_or_none(opening.get("party")),
                "premises": _text_or_none(opening.get("premises")),
                "entered_on": str(opening["on"]),
                "closed_on": record.closed_on or None,
                "title": title_of(record) or None,
            }
        ],
        "record_field": fields,
        "amendment": [
            {
                "record": record.number,
                "number": change.number,
                "field": change.path,
                "pending": amendment.is_pending,
            }
            for amendment in record.amendments
            for change in amendment.changes
        ],
        "approval": [
            {"act_number": number, "maker": maker, "checker": checker}
            for number, maker, checker in dict.fromkeys(record.checks())
        ],
        "signature": [
            {
                "act_number": signature.act_number,
                "person": signature.signer or signature.name,
                "meaning": signature.meaning,
                "method": signature.method,
            }
            for signature in record.signatures
        ],
    }


def revision_rows(revision: Revision) -> Rows:
    """The rows of a form's or procedure's revision; a form's names as they are looked up."""
    if kind_of(revision.subject) in {"schedule", "table"}:
        return approval_rows(revision.history, ("approve", "release"))
    if not revision.is_form:
        row = {"code": revision.code, "revision": revision.revision, "state": str(revision.state)}
        return {**approval_rows(revision.history, ("approve", "release")), "procedure": [row]}
    return {
        **approval_rows(revision.history, ("approve", "release")),
        "form_revision": [
            {
                "code": revision.code,
                "revision": revision.revision,
                "procedure": revision.procedure,
                "state": str(revision.state),
                "effective_on": revision.effective_on.isoformat() if revision.effective_on else None,
                "author": revision.author,
                "approver": revision.approver or None,
                "digest": revision.files["template"],
            }
        ],
        "form_name": [
            {"spelling": spelling, "code": revision.code}
            for spelling in dict.fromkeys(
                [*map(folded, revision.form.spellings), *map(prefix_spelling, revision.form.printed_prefixes)]
            )
        ],
    }


def rows_after(history: History, content: Content) -> Rows:
    """The rows of a form's, procedure's, schedule's or table's revision once ``content`` is its last act."""
    return revision_rows(Revision.replay(history.followed_by(content)))


def approval_rows(history: History, checking: Collection[str]) -> Rows:
    """A row for each act by which somebody checks what the first act made; ``checking`` are the kinds of such acts."""
    maker = history.acts[1].by
    return {
        "approval": [
            {"act_number": act.number, "maker": maker, "checker": checker}
            for act in history.acts[2:]
            if act.kind in checking
            for checker in dict.fromkeys((act.by, str(act.content.get("deputy_for") or act.by)))
        ]
    }


def folded(spelling: str) -> str:
    """A form's name as it is compared: width, case and surrounding space do not count."""
    return unicodedata.normalize("NFKC", spelling).strip().casefold()


def prefix_spelling(prefix: str) -> str:
    """A number printed without its last part as it stands among the names of forms; it is the name of none."""
    return folded(prefix).rstrip("-") + "-…"


def field_text(value: Json) -> str | None:
    """A value as it is searched: texts as they are, everything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    if is_erased(value):
        return ERASED_TEXT
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def title_of(record: Record) -> str:
    """The first text of a record, by which a person knows it again in a list."""
    values = record.values
    texts = (
        str(values[each.id])
        for section in record.sections
        for each in section.fields
        if each.type == "text" and each.lines > 1 and each.id in values and not is_erased(values[each.id])
    )
    text = next(texts, "")
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


def _text_or_none(value: Json) -> str | None:
    return None if value is None else str(value)
