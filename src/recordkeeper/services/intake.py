"""Taking in records from a table, CSV or XLSX, whose headings are the fields' names, or that a mapping file explains.

All rows are taken in one transaction, through the same door as values typed in. Every cell that does not fit is
listed; then nothing is taken, unless rejected rows may be left out. A text that looks like a formula is a text; a cell
that holds one is rejected. What an export says of a record besides its values is left out, and said. It is long
because one import is one story: headings, cells, rows, records.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recordkeeper.amount import amount
from recordkeeper.documents.workbook_reader import CellText, Unreadable, read_sheet
from recordkeeper.errors import InvalidInputError, MissingError, RecordError
from recordkeeper.language import listing, ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.form import Form
from recordkeeper.model.numbering import series_of
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import ValuesRefusedError
from recordkeeper.model.section import FormField, Section, Title
from recordkeeper.model.value import Problem, Reading
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.lookup import unit_codes
from recordkeeper.services.catalogue import code_of, revision_in_force
from recordkeeper.services.column_mapping import Column, ColumnMapping, load_mapping, value_in
from recordkeeper.services.csv_table import (
    UnreadableTableError,
    folded_heading,
    format_table,
    guarded,
    read_lines,
    unguarded,
)
from recordkeeper.services.lifecycle import About, fill_in, new_in
from recordkeeper.services.people import Actor
from recordkeeper.services.relation import series_opened
from recordkeeper.services.setting import Setting
from recordkeeper.services.table_heading import names_beside_values, names_of

LARGEST_FILE_BYTES = 32 * 1024 * 1024
MOST_ROWS = 20_000
ABOUT = ("unit", "party", "premises")
_ZIP = b"PK\x03\x04"
_MOST_TITLES = 100

Advance = Callable[[], object]


class TooLargeTableError(RecordError, InvalidInputError):
    """A file with more than one transaction takes."""

    def __init__(self, source: str, expected: str, found: str) -> None:
        super().__init__(
            _("{source}: expected {expected}, found {found}").format(source=source, expected=expected, found=found),
            subject=source,
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """One cell that was not taken, and its row with it.

    Args:
        row: the row's number as a spreadsheet shows it; the headings are row 1.
        column: the heading, or the field's id where it has no column; empty where it is the row as a whole.
        expected, found: what would have been right, and what stands there.
    """

    row: int
    column: str
    expected: str
    found: str

    def __str__(self) -> str:
        said = _("row {row} {column}: expected {expected}, found {found}")
        if not self.column:
            said = _("row {row}: expected {expected}, found {found}")
        return said.format(row=self.row, column=self.column, expected=self.expected, found=self.found)


class RowsRejectedError(RecordError, InvalidInputError):
    """Rows of a file do not fit, and nothing of it was taken."""

    def __init__(self, source: str, rejects: Sequence[Rejected]) -> None:
        self.rejects = tuple(rejects)
        count = len({reject.row for reject in rejects})
        listed = "\n".join(f"  {reject}" for reject in rejects)
        message = ngettext(
            "{source}: nothing imported, {count} row rejected",
            "{source}: nothing imported, {count} rows rejected",
            count,
        ).format(source=source, count=count)
        super().__init__(
            f"{message}\n{listed}",
            subject=source,
            expected=_("no rejected row"),
            found="; ".join(str(reject) for reject in rejects),
        )


@dataclass(frozen=True, slots=True)
class Table:
    """What is to be taken in.

    Args:
        form: code, printed spelling or title.
        data: the bytes of the CSV or XLSX file.
        source: the file's name.
        mapping: text and name of the mapping file; none where the headings are the fields' own names.
        unit: the unit of rows that name none.
        sheet: which sheet of an XLSX file; none where only one is not empty.
        late_reason: why those rows that are entered late are.
    """

    form: str
    data: bytes
    source: str
    mapping: tuple[str, str] | None = None
    unit: str | None = None
    sheet: str | None = None
    late_reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """How an import ended, or would end.

    Args:
        row_count: rows in the file.
        numbers: the numbers of the records, by the number of their row.
        filled: how many later sections were filled too.
        sheets: the subjects of the sheets on which rows now stand.
        rejects: what was not taken.
        left_out: headings of columns that no field takes: what an export says besides the values, and what is computed.
    """

    row_count: int
    numbers: Mapping[int, str]
    filled: int
    sheets: tuple[str, ...]
    rejects: tuple[Rejected, ...]
    left_out: tuple[str, ...] = ()


class _DryRunError(Exception):
    """Leaves the transaction without committing it."""


class _RowRejectedError(Exception):
    """Leaves the attempt at one row."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)


def import_records(
    register: Register, actor: Actor, now: datetime, table: Table, advance: Advance | None = None
) -> Report:
    """Take in every row, or none.

    Args:
        register: the open register.
        actor: who enters them; needs a role of each section that is filled.
        now: aware, UTC.
        table: what is taken in.
        advance: called after each row.

    Raises:
        RowsRejectedError: a cell does not fit; all are named.
        UnreadableTableError, TooLargeTableError: no table that can be taken.
        DefinitionError: the mapping file cannot be used.
        UnknownFormError, SharedSpellingError, NotInForceError: as ``catalogue``.
        NotYoursError: the actor may not fill a section.
    """
    with register.writing(now=now) as transaction:
        report = _take(transaction, actor, now, table, advance)
        if report.rejects:
            raise RowsRejectedError(table.source, report.rejects)
    return report


def import_what_fits(
    register: Register, actor: Actor, now: datetime, table: Table, advance: Advance | None = None
) -> Report:
    """Take in the rows that fit, and list the others.

    Raises:
        Others: as ``import_records``, but for ``RowsRejectedError``.
    """
    with register.writing(now=now) as transaction:
        return _take(transaction, actor, now, table, advance)


def try_import(register: Register, actor: Actor, now: datetime, table: Table, advance: Advance | None = None) -> Report:
    """What an import would do; everything is tried and nothing is kept.

    Raises:
        Others: as ``import_what_fits``.
    """
    reports: list[Report] = []
    with suppress(_DryRunError), register.writing(now=now) as transaction:
        reports.append(_take(transaction, actor, now, table, advance))
        raise _DryRunError
    return reports[0]


def _take(transaction: Transaction, actor: Actor, now: datetime, table: Table, advance: Advance | None) -> Report:
    setting = Setting(transaction, now)
    form = revision_in_force(transaction, code_of(transaction, table.form), setting.today).form
    headings, lines = _lines_of(table)
    unit = setting.find("unit", table.unit) if table.unit else None
    mapping = _mapping_for(table, form, headings)
    taken = {heading for column in mapping.columns.values() for heading in column.headings}
    left_out = () if table.mapping else tuple(heading for heading in headings if heading not in taken)
    rows = _Rows(form, mapping, setting.reading, unit, table.late_reason)
    if form.series == "unit":
        # rows of several units in any order, and nobody else waits for this import the other way round
        series: set[str] = set()
        for code in unit_codes(transaction):
            series |= {series_of(form, code), *series_opened(transaction, form, code, setting.today)}
        transaction.lock_series(sorted(series), setting.today.year)
    numbers: dict[int, str] = {}
    sheets: dict[str, None] = {}
    rejects: list[Rejected] = []
    filled = 0
    for number, cells in lines:
        named = dict(zip(headings, cells, strict=False))
        if refused_cells := [(name, cell) for name, cell in named.items() if isinstance(cell, Unreadable)]:
            rejects += [Rejected(number, name, cell.expected, cell.found) for name, cell in refused_cells]
            continue
        try:
            with transaction.attempt():
                record = rows.take(transaction, actor, now, {name: str(cell) for name, cell in named.items()})
        except _RowRejectedError as refused:
            rejects += [
                Rejected(number, rows.column_of(problem.field), problem.expected, problem.found)
                for problem in refused.problems
            ]
        else:
            numbers[number] = record.number
            filled += len(record.filled) - 1
            if record.sheet:
                sheets[record.sheet] = None
        if advance:
            advance()
    return Report(len(lines), numbers, filled, tuple(sheets), tuple(rejects), left_out)


def _lines_of(table: Table) -> tuple[list[str], list[tuple[int, list[CellText]]]]:
    """The headings, and the rows that are not empty with their numbers; cells without surrounding space."""
    if len(table.data) > LARGEST_FILE_BYTES:
        expected = _("at most {limit} MiB").format(limit=LARGEST_FILE_BYTES // 1024**2)
        raise TooLargeTableError(
            table.source,
            expected,
            amount("bytes", len(table.data)),
        )
    first, lines = _of_spreadsheet(table) if table.data.startswith(_ZIP) else _of_csv(table)
    if len(lines) > MOST_ROWS:
        expected = _("at most {limit} rows").format(limit=MOST_ROWS)
        raise TooLargeTableError(table.source, expected, str(len(lines)))
    if not lines:
        raise UnreadableTableError(table.source, _("rows below the headings"), _("none"))
    headings = [heading.strip() for heading in first]
    for index, heading in enumerate(headings):
        if heading in headings[:index]:
            raise UnreadableTableError(table.source, _("each column once"), heading or _("an empty heading"))
    for number, cells in lines:
        if any(cells[len(headings) :]):
            place = _("{source} row {row}").format(source=table.source, row=number)
            raise UnreadableTableError(
                place,
                amount("cells", len(headings)),
                str(len(cells)),
            )
    return headings, lines


def _of_csv(table: Table) -> tuple[list[str], list[tuple[int, list[CellText]]]]:
    (_number, first), *lines = read_lines(table.data, table.source)
    return first, [(number, [unguarded(cell.strip()) for cell in cells]) for number, cells in lines]


def _of_spreadsheet(table: Table) -> tuple[list[str], list[tuple[int, list[CellText]]]]:
    read = read_sheet(table.data, table.source, table.sheet, MOST_ROWS + _MOST_TITLES)
    if not read.lines:
        raise UnreadableTableError(table.source, _("a row of headings"), _("nothing"))
    (_number, first), *lines = read.lines
    for cell in first:
        if isinstance(cell, Unreadable):
            raise UnreadableTableError(table.source, _("headings that are texts"), cell.found)
    return [str(cell) for cell in first], [
        (number, [cell.strip() if isinstance(cell, str) else cell for cell in cells]) for number, cells in lines
    ]


def importable_fields(form: Form) -> list[FormField]:
    """The fields that a table can fill: of the record or row, none that is computed; rows stand in a cell as JSON."""
    return [each for section in form.sections for each in section.fields]


def _mapping_for(table: Table, form: Form, headings: Sequence[str]) -> ColumnMapping:
    fields = importable_fields(form)
    names = [each.id for each in fields]
    about = [each.id for each in _about_fields(form)]
    if table.mapping is not None:
        return load_mapping(*table.mapping, [*names, *about], headings)
    known: dict[str, set[str]] = {}
    for each in fields:
        for name in names_of(each):
            known.setdefault(folded_heading(name), set()).add(each.id)
    for name in about:  # a field's own title goes before
        known.setdefault(folded_heading(name), {name})
    beside = {folded_heading(name): what for name, what in names_beside_values(form).items()}
    known |= {name: {what} for name, what in beside.items() if what in about and name not in known}
    columns: dict[str, Column] = {}
    for heading in headings:
        found = known.get(folded_heading(heading), set())
        if not found and folded_heading(heading) in beside:
            continue
        if len(found) != 1:
            expected = listing(sorted(found)) or listing([*names, *about])
            expected = _("one of the headings {names}").format(names=expected)
            raise UnreadableTableError(table.source, expected, heading or _("an empty heading"))
        name = found.pop()
        if name in columns:
            raise UnreadableTableError(table.source, _("each column once"), heading)
        columns[name] = Column(heading=heading)
    return ColumnMapping(columns=columns)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Makes records of rows.

    Args:
        form: the revision in force.
        mapping: where each value comes from.
        reading: how values are read here.
        unit: the unit of rows that name none.
        late_reason: why late ones are late.
    """

    form: Form
    mapping: ColumnMapping
    reading: Reading
    unit: str | None
    late_reason: str = ""

    def column_of(self, name: str) -> str:
        """What a person calls the column of a field."""
        column = self.mapping.columns.get(name)
        return " + ".join(column.headings) if column else name

    def take(self, transaction: Transaction, actor: Actor, now: datetime, cells: Mapping[str, str]) -> Record:
        """Open a record with a row's values, and fill the later sections for which the row has any.

        Raises:
            _RowRejectedError: values that do not fit, all of them.
            NotYoursError: the actor may not fill a section.
        """
        problems: list[Problem] = []
        first, *later = self.form.sections
        about = self._about(cells, problems)
        raw = self._values(first, cells, problems)
        given = [(each, self._values(each, cells, problems)) for each in later if self._has_any(each, cells)]
        with _collecting(problems):
            record = new_in(transaction, actor, now, self.form.code, raw, about)
            for section, values in given:
                self._check_turn(record, section)
                record = fill_in(transaction, actor, now, record.number, section.id, values)
        return record

    def _about(self, cells: Mapping[str, str], problems: list[Problem]) -> About:
        given = {each.id: str(self._value(each, cells, problems)) for each in _about_fields(self.form)}
        party, premises = given.get("party") or None, given.get("premises") or None
        return About(given.get("unit") or self.unit, party, premises, late_reason=self.late_reason)

    def _values(self, section: Section, cells: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
        names = {*self.mapping.columns, *self.mapping.constants}
        return {each.id: self._value(each, cells, problems) for each in section.fields if each.id in names}

    def _value(self, each: FormField, cells: Mapping[str, str], problems: list[Problem]) -> Any:
        column = self.mapping.columns.get(each.id)
        if column is None:
            return self.mapping.constants.get(each.id, "")
        value, found = value_in(column, each, cells, self.mapping.zone, self.reading)
        problems += found
        return value

    def _has_any(self, section: Section, cells: Mapping[str, str]) -> bool:
        columns = (self.mapping.columns.get(each.id) for each in section.fields)
        return any(cells.get(heading) for column in columns if column for heading in column.headings)

    def _check_turn(self, record: Record, section: Section) -> None:
        if section not in record.open_sections:
            expected = _("nothing: {section} is not to be filled").format(section=section.called)
            name = next(each.id for each in section.fields if each.id in self.mapping.columns)
            raise _RowRejectedError([Problem(name, expected, _("a value"))])


def _about_fields(form: Form) -> list[FormField]:
    taken = {each.id for section in form.sections for each in section.all_fields}
    return [FormField(id=name, title=Title(zh=name, en=name), type="text") for name in ABOUT if name not in taken]


@contextmanager
def _collecting(problems: list[Problem]) -> Iterator[None]:
    """Add what is refused inside the block, each field once; with anything refused the row goes no further."""
    try:
        yield
    except ValuesRefusedError as error:
        named = {problem.field for problem in problems}
        problems += [problem for problem in error.problems if problem.field not in named]
    except (InvalidInputError, MissingError) as error:
        problems.append(Problem("", error.expected or _("something that is there"), error.found or str(error)))
    if problems:
        raise _RowRejectedError(problems)


def rejects_table(rejects: Sequence[Rejected]) -> bytes:
    """What was rejected, as a CSV file."""
    headings = [_("Row"), _("Column"), _("Expected"), _("Found")]
    return format_table(
        headings,
        [[str(each.row), *map(guarded, (each.column, each.expected, each.found))] for each in rejects],
    )
