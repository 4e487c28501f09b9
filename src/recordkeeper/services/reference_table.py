"""Reference tables: price reports, area schedules, objectives; controlled data that computed values look up.

A procedure declares a table; the controller enters a revision from a CSV file, and whoever holds the role that the
procedure names approves it and puts it in force from a day. An act that looks something up cites the revision.

Source: ISO 9001, 6.2.1, 7.5.3.2; P01-R6, P01-R7
"""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import cast

from recordkeeper.errors import FormError, InvalidInputError, MissingError
from recordkeeper.language import listing, ngettext
from recordkeeper.language import translate as _
from recordkeeper.model import form_revision
from recordkeeper.model.canonical import Json, digest
from recordkeeper.model.document_change import next_revision
from recordkeeper.model.event import SALT_BYTES
from recordkeeper.model.form_revision import Revision, RevisionState
from recordkeeper.model.procedure import ReferenceTable, TableColumn
from recordkeeper.model.subject import table_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.model.value import Problem
from recordkeeper.register.acts import Register
from recordkeeper.register.record_projection import rows_after
from recordkeeper.services.csv_table import Row, read_table
from recordkeeper.services.package import CSV_TYPE, DATA, read_data_file
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.reference_lookup import column_field, declared, table_revisions
from recordkeeper.services.right import check_right, check_right_first
from recordkeeper.services.setting import Setting
from recordkeeper.services.signing import signed


class NoTableRevisionError(FormError, MissingError):
    """There is no revision of a table in the state that an act needs."""

    def __init__(self, table: str, expected: str) -> None:
        message = _("{table}: expected {expected}, found none").format(table=table, expected=expected)
        super().__init__(message, subject=table, expected=expected)


class TableRefusedError(FormError, InvalidInputError):
    """Rows of a file that a table cannot hold; every problem is named at once."""

    def __init__(self, file: str, problems: Sequence[str]) -> None:
        message = ngettext("{file}: {count} problem", "{file}: {count} problems", len(problems)).format(
            file=file, count=len(problems)
        )
        super().__init__("\n".join([message, *(f"  {each}" for each in problems)]), subject=file, found=problems[0])


def enter(register: Register, actor: Actor, now: datetime, name: str, path: Path) -> Revision:
    """Enter the next revision of a table as a draft, from a CSV file with headings of any name of its columns.

    Args:
        register: the open register.
        actor: the controller, its author.
        now: aware, UTC.
        name: the table.
        path: the file.

    Raises:
        UnknownTableError: no installed procedure declares it.
        NoProcedureError, UnreadableTableError: the file cannot be read.
        TableRefusedError: rows that the table cannot hold, all at once.
        NoRightError: no controller.
    """
    check_right_first(register, actor, "procedure table", now)
    data = read_data_file(path)
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "procedure table", now)
        setting = Setting(transaction, now)
        found = declared(transaction, name)
        rows = _rows(setting, found.table, read_table(data, path.name, _headings(found.table)), path.name)
        revisions = table_revisions(transaction, name)
        revision = next_revision(revisions[-1].revision) if revisions else "A/0"
        definition: dict[str, Json] = {
            "table": name,
            "revision": revision,
            "approver": found.table.approver,
            "title": {"zh": found.table.title.zh, "en": found.table.title.en},
            "rows": cast("list[Json]", rows),
        }
        who = setting.standing(actor.subject, ROOT_UNIT)
        files = {DATA: digest(data)}
        content = form_revision.install(name, revision, found.procedure, definition, files, who, setting.moment)
        head = transaction.create(table_subject(name, revision), secrets.token_hex(SALT_BYTES))
        transaction.attach(head.subject, data, CSV_TYPE)
        return Revision.replay(transaction.append(head, content, {}))


def put_in_force(register: Register, signer: Signer, now: datetime, name: str, effective_on: date | None) -> Revision:
    """Approve the newest draft of a table with a signature and put it in force, in one transaction.

    Args:
        register: the open register.
        signer: who holds the role that the procedure names; not the author.
        now: aware, UTC.
        name: the table.
        effective_on: the day from which it counts; today where none is given.

    Raises:
        UnknownTableError, NoTableRevisionError: no such table, or no draft of it.
        AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        OwnWorkError, NoRoleError, WrongRevisionStateError: as ``Revision.approve`` and ``Revision.release``.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, signer, "procedure table (--approve)", now)
        setting = Setting(transaction, now)
        declared(transaction, name)
        drafts = [each for each in table_revisions(transaction, name) if each.state is RevisionState.DRAFT]
        if not drafts:
            raise NoTableRevisionError(name, _("a draft"))
        draft = drafts[-1]
        who, moment = setting.standing(signer.subject, ROOT_UNIT), setting.moment
        content = signed(draft.history, draft.name, draft.approve(who, moment), signer)
        approved = Revision.replay(transaction.append(draft.history, content, rows_after(draft.history, content)))
        day = effective_on or setting.today
        content = approved.release(day, who, moment)
        rows = rows_after(approved.history, content)
        return Revision.replay(transaction.append(approved.history, content, rows, effective_at=day.isoformat()))


def _headings(table: ReferenceTable) -> dict[str, tuple[str, ...]]:
    return {each.id: (each.title.zh, each.title.en) for each in (*table.keys, *table.columns)}


def _rows(setting: Setting, table: ReferenceTable, rows: Sequence[Row], file: str) -> list[dict[str, Json]]:
    problems: list[str] = []
    found: dict[tuple[str, ...], dict[str, Json]] = {}
    for row in rows:
        told: list[Problem] = []
        key = [_value(setting, each, row.cells.get(each.id, ""), told, is_key=True) for each in table.keys]
        values = {each.id: _value(setting, each, row.cells.get(each.id, ""), told) for each in table.columns}
        keys = tuple(map(str, key))
        if not told and keys in found:
            told.append(Problem(table.keys[0].id, _("each key once"), listing(keys)))
        problems += [_("row {row}: {message}").format(row=row.number, message=each) for each in told]
        kept: dict[str, Json] = {name: value for name, value in values.items() if value is not None}
        found[keys] = {"key": list(keys), "values": kept}
    if not rows:
        problems.append(_("expected at least one row, found nothing"))
    if problems:
        raise TableRefusedError(file, problems)
    return list(found.values())


def _value(setting: Setting, column: TableColumn, cell: str, told: list[Problem], *, is_key: bool = False) -> Json:
    if column.type == "unit" and cell.strip():
        subject = setting.resolve("unit", cell.strip())
        told += [] if subject else [Problem(column.id, _("a unit"), cell)]
        return subject
    value, problems = setting.reading.parse(column_field(column), cell)
    if value is None and not problems and is_key:
        problems = [Problem(column.id, _("a key"), _("nothing"))]
    told += problems
    return value
