"""The master list: every controlled form with its revision in force, format, medium, keeping and approval, on a day.

Source: ISO 9001, 7.5.2, 7.5.3; P00-R3; I-1, I-2, I-4
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TypeAlias

from recordkeeper.documents.workbook import format_workbook
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.form import Form
from recordkeeper.register.acts import Register
from recordkeeper.services.catalogue import Listed, list_forms
from recordkeeper.services.csv_table import format_table, guarded
from recordkeeper.services.setting import Setting


@dataclass(frozen=True, slots=True)
class Entry:
    """One form as the list has it; names in the language in use.

    Args:
        retention: years, or ``permanent``.
        then: what is done at the end of the period.
        authority: the rule or law behind the period.
        template: the first twelve characters of the approved template's digest.
    """

    code: str
    title: str
    revision: str
    is_in_force: bool
    effective_on: str
    procedure: str
    kind: str
    owner: str
    kept_by: str
    medium: str
    original: str
    page: str
    retention: str
    trigger: str
    then: str
    authority: str
    author: str
    approver: str
    approved_at: str
    revision_count: int
    template: str


def master_list(register: Register, now: datetime, on: date | None = None) -> list[Entry]:
    """Every form, each with its revision in force on a day, else its newest, in the order of codes.

    Args:
        register: the open register.
        now: aware, UTC.
        on: the day; today where none is given.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        return [_entry(setting, each) for each in list_forms(snapshot, on or setting.today)]


def _entry(setting: Setting, listed: Listed) -> Entry:
    revision, form, language = listed.revision, listed.revision.form, current_language()
    approved = setting.surroundings.local(revision.approved_at) if revision.approved_at else ""
    return Entry(
        code=revision.code,
        title=form.title.in_language(language),
        revision=revision.revision,
        is_in_force=listed.is_in_force,
        effective_on=revision.effective_on.isoformat() if revision.effective_on else "",
        procedure=revision.procedure,
        kind=form.kind,
        owner=setting.shown_name(form.owner),
        kept_by=form.keeping_unit.in_language(language),
        medium=form.medium,
        original=form.original,
        page=_page(form),
        retention=str(form.retention.years),
        trigger=form.retention.trigger,
        then=form.retention.action,
        authority=form.retention.authority,
        author=revision.author_name,
        approver=revision.approver_name,
        approved_at=approved,
        revision_count=listed.revision_count,
        template=revision.files["template"][:12],
    )


def _page(form: Form) -> str:
    return f"{form.page} {_('landscape')}" if form.orientation == "landscape" else form.page


def headings() -> dict[str, str]:
    """The heading of each column, in the language in use."""
    return {
        "code": _("Form"),
        "title": _("Title"),
        "revision": _("Revision"),
        "is_in_force": _("In force"),
        "effective_on": _("Effective"),
        "procedure": _("Procedure"),
        "kind": _("Kind"),
        "owner": _("Owner"),
        "kept_by": _("Kept by"),
        "medium": _("Medium"),
        "original": _("Original"),
        "page": _("Page"),
        "retention": _("Years"),
        "trigger": _("Counted from"),
        "then": _("Then"),
        "authority": _("Authority"),
        "author": _("Author"),
        "approver": _("Approver"),
        "approved_at": _("Approved at"),
        "revision_count": _("Revisions"),
        "template": _("Template"),
    }


Word: TypeAlias = Callable[[str, object], str]
"""How a value of a column reads, in the language in use."""


def rows_of(entries: Sequence[Entry], word: Word) -> list[list[str]]:
    """The list as texts, a row a form, as people read it."""
    return [[word(each.name, getattr(entry, each.name)) for each in fields(Entry)] for entry in entries]


def as_workbook(entries: Sequence[Entry], word: Word) -> bytes:
    """The list as XLSX."""
    return format_workbook(_("Master list"), list(headings().values()), rows_of(entries, word))


def as_table(entries: Sequence[Entry], word: Word) -> bytes:
    """The list as CSV, what looks like a formula behind an apostrophe."""
    return format_table(list(headings().values()), [[guarded(cell) for cell in row] for row in rows_of(entries, word)])
