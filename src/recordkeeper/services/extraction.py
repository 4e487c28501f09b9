"""Giving records out: as JSON with all that a reader sees of them, as a table of values, or printed in one PDF.

A table is for spreadsheets: what they would take for a formula gets an apostrophe before it, which taking it in again
removes. Every giving out leaves its events.

Source: ISO 9001, 7.5.3.1 b
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from recordkeeper.documents.pdf import find_libreoffice
from recordkeeper.documents.pdf_pack import pdf_pack
from recordkeeper.documents.printout import Printout, print_pdfs
from recordkeeper.documents.workbook import Cell, format_workbook
from recordkeeper.errors import InvalidInputError, MissingError, RecordError
from recordkeeper.language import current_language, listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Json, canonical
from recordkeeper.model.consent import TAKE_OUT
from recordkeeper.model.erased import ERASED_TEXT, is_erased
from recordkeeper.model.form import Form
from recordkeeper.model.record import Record
from recordkeeper.model.rendition import MEANINGS, Printer, printer_of
from recordkeeper.model.rich_text import Span
from recordkeeper.model.section import FormField
from recordkeeper.model.signature import Signature
from recordkeeper.model.subject import name_of
from recordkeeper.model.value import format_moment, parse_moment
from recordkeeper.register.acts import Register
from recordkeeper.register.disposal import standing_subject
from recordkeeper.services.access import readable
from recordkeeper.services.consent import check_may_use
from recordkeeper.services.csv_table import format_table, guarded
from recordkeeper.services.people import Actor
from recordkeeper.services.record_view import as_json, state_name
from recordkeeper.services.rendering import mark_of, printed_record, render_record
from recordkeeper.services.retrieval import rows_of
from recordkeeper.services.searching import Criteria, find
from recordkeeper.services.setting import Setting
from recordkeeper.services.table_heading import headings
from recordkeeper.services.viewing import text_of_value, view_of

EXPORT_VERSION = 1
_UNGUARDED_TYPES = {"number", "money"}


class NothingToExportError(RecordError, MissingError):
    """No record meets what was asked for, or none that the person may read."""

    def __init__(self) -> None:
        super().__init__(_("export: no record found"), subject="export", expected=_("at least one record"))


class SeveralFormsInTableError(RecordError, InvalidInputError):
    """Records of several forms do not fit into one table."""

    def __init__(self, codes: Sequence[str]) -> None:
        found = listing(codes)
        super().__init__(
            _("export: expected records of one form in a table, found {codes}").format(codes=found),
            subject="export",
            expected=_("records of one form"),
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records: those named, with the rows of a sheet, else all that meet the criteria."""

    numbers: Sequence[str]
    criteria: Criteria


class Extract(TypedDict):
    """The JSON document of an export."""

    version: int
    company: str
    exported_at: str
    exported_by: str
    count: int
    records: list[Json]


def export_json(register: Register, actor: Actor, now: datetime, selection: Selection) -> Extract:
    """The records with their values, amendments, signatures, attachments and digests.

    Raises:
        UnknownRecordError, MayNotReadError: a record that is named.
        NothingToExportError: none found.
        Others: as ``searching.find``.
    """
    numbers = _found(register, actor, now, selection)
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        records = _readable(setting, actor, selection, numbers)
        views: list[Json] = [as_json(view_of(setting, actor, record)) for record in records]
        company, by = setting.root.name_zh, setting.shown_name(actor.subject)
    _note(register, actor, now, records)
    return {
        "version": EXPORT_VERSION,
        "company": company,
        "exported_at": format_moment(now),
        "exported_by": by,
        "count": len(views),
        "records": views,
    }


def export_table(register: Register, actor: Actor, now: datetime, selection: Selection) -> tuple[bytes, int]:
    """The values that stand, as a CSV file, and how many records it holds; sheets are left out, their rows are in.

    Raises:
        SeveralFormsInTableError: records of several forms.
        Others: as ``export_json``.
    """
    numbers = _found(register, actor, now, selection)
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        records, fields = _rows_for_table(setting, actor, selection, numbers)
        table = format_table(headings(fields.values()), [list(_cells(setting, record, fields)) for record in records])
    _note(register, actor, now, records)
    return table, len(records)


def export_workbook(register: Register, actor: Actor, now: datetime, selection: Selection) -> tuple[bytes, int]:
    """As ``export_table``, as an XLSX file: dates and numbers as such, amended values struck beside the new ones.

    Raises:
        CellRefusedError: a text is longer than a cell of a spreadsheet holds.
        Others: as ``export_table``.
    """
    numbers = _found(register, actor, now, selection)
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        records, fields = _rows_for_table(setting, actor, selection, numbers)
        rows = [list(_typed_cells(setting, record, fields)) for record in records]
        workbook = format_workbook(records[0].form.code, headings(fields.values()), rows)
    _note(register, actor, now, records)
    return workbook, len(records)


def export_pack(register: Register, actor: Actor, now: datetime, selection: Selection) -> tuple[bytes, int]:
    """The records as one PDF/A with a bookmark for each, and how many it holds; rows are printed with their sheet.

    What is open says that it is a draft, and what is void says so, across the page.

    Raises:
        LibreOfficeMissingError: there is no LibreOffice.
        PdfFailedError: it failed.
        Others: as ``export_json``.
    """
    find_libreoffice()
    numbers = _found(register, actor, now, selection)
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        records = _readable(setting, actor, selection, numbers)
        printed = {each.subject: each for each in (printed_record(snapshot, record) for record in records)}
        for subject in printed.keys() - {record.subject for record in records}:
            # a part in one row, or consent to it, is none in the others of its sheet
            check_may_use(setting, actor, readable(setting, actor, printed[subject].number), TAKE_OUT)
        printouts = {
            f"{each.number}  {each.form.title.in_language(current_language())}": Printout(
                render_record(snapshot, setting, each), mark_of(each)
            )
            for each in printed.values()
        }
    pack = pdf_pack(print_pdfs(printouts))
    _note(register, actor, now, records)
    return pack, len(printed)


def _rows_for_table(
    setting: Setting, actor: Actor, selection: Selection, numbers: Sequence[str]
) -> tuple[list[Record], dict[str, FormField]]:
    """The records of a table, and its fields."""
    records = [record for record in _readable(setting, actor, selection, numbers) if not record.is_sheet]
    if not records:
        raise NothingToExportError
    codes = sorted({record.form.code for record in records})
    if len(codes) > 1:
        raise SeveralFormsInTableError(codes)
    return records, _fields_of([record.form for record in records])


def _found(register: Register, actor: Actor, now: datetime, selection: Selection) -> list[str]:
    if selection.numbers:
        return list(selection.numbers)
    return [view.number for view in find(register, actor, now, selection.criteria)]


def _readable(setting: Setting, actor: Actor, selection: Selection, numbers: Sequence[str]) -> list[Record]:
    records: dict[str, Record] = {}
    for number in numbers:
        record = readable(setting, actor, number)
        check_may_use(setting, actor, record, TAKE_OUT)
        records[record.subject] = record
        if record.is_sheet and selection.numbers:
            records |= {row.subject: row for row in rows_of(setting.snapshot, record)}
    if not records:
        raise NothingToExportError
    return list(records.values())


def _note(register: Register, actor: Actor, now: datetime, records: Sequence[Record]) -> None:
    """One event for each record, and for all rows of a sheet one for the sheet."""
    with register.writing(now=now) as transaction:
        subjects = (standing_subject(transaction, record.sheet or record.subject) for record in records)
        for subject in dict.fromkeys(subjects):
            transaction.note("export", actor=actor.subject, subject=subject)


def _fields_of(forms: Sequence[Form]) -> dict[str, FormField]:
    """The fields of all revisions in the forms' order, as the newest knows them."""
    fields: dict[str, FormField] = {}
    for form in {form.revision: form for form in forms}.values():
        fields |= {each.id: each for section in form.sections for each in section.all_fields}
    return fields


def _particulars(setting: Setting, record: Record) -> Iterator[str]:
    yield record.number
    yield record.form.revision
    yield setting.shown_name(record.unit)
    yield state_name(str(record.state))
    yield str(record.opening["on"])
    yield record.closed_on
    yield name_of(record.sheet)
    yield "; ".join(_signed(setting, each) for each in record.signatures)


def _signed(setting: Setting, signature: Signature) -> str:
    """A signature in one line: name, role, meaning, time with its zone, and how it was given. Source: P-11."""
    meaning = MEANINGS[signature.meaning][current_language() == "en"]
    at = setting.surroundings.local(signature.at, "%Y-%m-%d %H:%M:%S %z")
    said = f"{signature.name} · {setting.shown_name(signature.role)} · {meaning} · {at}"
    if signature.method == "paper":
        said += _(", on paper, entered by {name}").format(name=signature.entered_by)
    if signature.witness:
        said += _(", witness {name}").format(name=signature.witness)
    return said + (_(", unattended") if signature.unattended else "")


def _typed_cells(setting: Setting, record: Record, fields: Mapping[str, FormField]) -> Iterator[Cell]:
    yield from _particulars(setting, record)
    printer, values = printer_of(record, setting.surroundings), record.values

    def said(each: FormField, value: Json) -> str:
        return _text(setting, each, value)

    for each in fields.values():
        value = values.get(each.id)
        if each.id in printer.changes:
            yield printer.versions(each, each.id, said)
        elif each.type == "rows" and any(name.startswith(f"{each.id}.") for name in printer.changes):
            yield tuple(_amended_rows(printer, each, value))
        else:
            yield _typed(setting, each, value)


def _amended_rows(printer: Printer, each: FormField, value: Json) -> Iterator[Span]:
    """Rows as their JSON, the amended cells with the old value struck before the new one."""
    rows = value if isinstance(value, list) else []
    columns = {column.id: column for column in each.columns}
    yield Span("[")
    for number, row in enumerate(rows, 1):
        place = f"{each.id}.{number}."
        cells = dict(row) if isinstance(row, dict) else {}
        cells |= {name.removeprefix(place): None for name in printer.changes if name.startswith(place)} | cells
        yield Span("{" if number == 1 else ",{")
        for index, name in enumerate(sorted(cells)):
            yield Span(f"{',' if index else ''}{_json(name)}:")
            changed = f"{place}{name}" in printer.changes and name in columns
            said = (
                printer.versions(columns[name], f"{place}{name}", lambda _column, cell: _json(cell)) if changed else ()
            )
            yield from said or (Span(_json(cells[name])),)
        yield Span("}")
    yield Span("]")


def _json(value: Json) -> str:
    return canonical(value).decode()


def _typed(setting: Setting, each: FormField, value: Json) -> Cell:
    match each.type:
        case _ if value is None:
            return None
        case _ if is_erased(value):
            return ERASED_TEXT
        case "number" | "money":
            return Decimal(str(value))
        case "date":
            return date.fromisoformat(str(value))
        case "moment":
            return parse_moment(str(value)).astimezone(setting.zone).replace(tzinfo=None)
        case _:
            return _text(setting, each, value)


def _cells(setting: Setting, record: Record, fields: Mapping[str, FormField]) -> Iterator[str]:
    yield from map(guarded, _particulars(setting, record))
    values = record.values
    for each in fields.values():
        text = _text(setting, each, values.get(each.id))
        yield text if each.type in _UNGUARDED_TYPES else guarded(text)


def _text(setting: Setting, each: FormField, value: Json) -> str:
    """A value that importing reads again: moments with their offset, numbers without a unit, rows as JSON."""
    match each.type:
        case _ if value is None:
            return ""
        case _ if is_erased(value):
            return ERASED_TEXT
        case "moment":
            text = setting.surroundings.local(str(value), "%Y-%m-%d %H:%M:%S%z")
            return f"{text[:-2]}:{text[-2:]}"
        case "rows":
            return canonical(value).decode()
        case "text" | "date" | "number" | "money":
            return str(value)
        case _:
            return text_of_value(setting, each, value)
