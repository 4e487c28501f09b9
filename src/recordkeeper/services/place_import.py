"""Parties and premises out of a CSV file: in one transaction, all rows or none, unless rejected ones may be left out.

A row that is there already is rejected, so that a file imported twice changes nothing the second time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from recordkeeper.errors import InvalidInputError, MissingError, PlaceError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import SALT_BYTES, History, head_act
from recordkeeper.model.particulars import parse_date
from recordkeeper.model.party import Party
from recordkeeper.model.premises import Premises
from recordkeeper.model.value import TextRefusedError
from recordkeeper.register import directory
from recordkeeper.services.company import today
from recordkeeper.services.csv_table import Reject, Row, read_table
from recordkeeper.services.people import Actor
from recordkeeper.services.places import (
    PlaceExistsError,
    append_new_party,
    append_new_premises,
    append_premises,
    find_party,
    find_unit,
    party_of,
)
from recordkeeper.services.right import NoRightError, check_right

if TYPE_CHECKING:
    from recordkeeper.register.acts import Register, Transaction

PARTY_COLUMNS = {
    "name": ("姓名", "名称", "客户", "顾客", "顾客名称", "客户名称", "业主", "业主姓名", "party"),
    "kind": ("类别", "类型", "性质"),
    "phone": ("电话", "手机", "联系电话", "手机号", "手机号码", "telephone", "mobile"),
    "contact": ("联系人", "联系方式", "地址", "联系地址", "address"),
    "note": ("备注", "说明", "notes", "remarks"),
}
PREMISES_COLUMNS = {
    "unit": ("小区", "项目", "管理处", "所属单位", "estate"),
    "code": ("房号", "房产", "房产编号", "编号", "premises"),
    "building": ("楼栋", "楼号", "幢", "栋", "楼"),
    "unit_no": ("单元", "单元号", "unit no", "entrance"),
    "room": ("室", "室号", "房间", "房间号"),
    "kind": ("类别", "类型", "用途"),
    "party": ("业主", "住户", "客户", "姓名", "name", "occupant"),
    "capacity": ("身份", "关系", "capacity"),
    "valid_from": ("起始日期", "入住日期", "起", "自", "from"),
    "valid_to": ("终止日期", "迁出日期", "止", "至", "to"),
}
_WORDS = {
    "kind": {
        "个人": "person", "自然人": "person", "单位": "firm", "企业": "firm", "公司": "firm", "组织": "firm",
        "住宅": "dwelling", "商铺": "shop", "店铺": "shop", "车库": "garage", "车位": "garage",
    },
    "capacity": {
        "业主": "owner", "产权人": "owner", "租户": "tenant", "承租人": "tenant", "住户": "resident",
        "居住人": "resident",
    },
}  # fmt: skip

Advance = Callable[[], object]


class RejectedRowsError(PlaceError, InvalidInputError):
    """Rows of a file were rejected, and nothing of it was imported."""

    def __init__(self, source: str, rejects: "tuple[Reject, ...]") -> None:
        found = "\n".join(str(reject) for reject in rejects)
        message = _("{source}: nothing imported, {count} rejected:\n{found}").format(
            source=source, count=len(rejects), found=found
        )
        super().__init__(message, subject=source, expected=_("no rejected row"), found=found)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import ended, or would end.

    Args:
        row_count: rows in the file.
        added: subjects that were added, in the order of their rows.
        rejects: what was not taken, by row and column.
    """

    row_count: int
    added: tuple[str, ...]
    rejects: tuple[Reject, ...]


class _DryRunError(Exception):
    """Leaves the transaction without committing it."""


TakeRow = Callable[["Transaction", Row], str | None]


def import_parties(
    register: "Register",
    actor: Actor,
    data: bytes,
    source: str,
    now: datetime,
    *,
    skip_rejected: bool = False,
    dry_run: bool = False,
    advance: Advance | None = None,
) -> ImportReport:
    """Add the parties of a CSV file.

    Args:
        register: where.
        actor: a controller.
        data: the file's bytes.
        source: the file's name.
        now: aware, UTC.
        skip_rejected: import the other rows when some are rejected.
        dry_run: report alone; everything is tried and nothing committed.
        advance: called after each row.

    Raises:
        NoRightError: ``actor`` is controller of no unit.
        UnreadableTableError: no CSV with headings we know.
        RejectedRowsError: rows were rejected, and neither ``skip_rejected`` nor ``dry_run`` is set.
    """
    rows = read_table(data, source, PARTY_COLUMNS)

    def allow(transaction: "Transaction") -> None:
        check_right(transaction, actor, "party import", now)

    def take(transaction: "Transaction", row: Row) -> str:
        cells = _worded(row.cells)
        content = Party.add(
            by=actor.subject,
            at=now,
            name=cells.get("name", ""),
            kind=cells.get("kind") or "person",
            phone=cells.get("phone"),
            contact=cells.get("contact"),
            note=cells.get("note"),
        )
        with _in_column("name"):
            for known in directory.parties_named(transaction, str(content["name"])):
                if party_of(transaction, known).phone == content["phone"]:
                    raise PlaceExistsError(_("party"), str(content["name"]), known)
        return append_new_party(transaction, content).subject

    return _imported(register, rows, source, now, allow, take, advance, skip_rejected=skip_rejected, dry_run=dry_run)


def import_premises(
    register: "Register",
    actor: Actor,
    data: bytes,
    source: str,
    now: datetime,
    *,
    unit: str | None = None,
    skip_rejected: bool = False,
    dry_run: bool = False,
    advance: Advance | None = None,
) -> ImportReport:
    """Add the premises of a CSV file, and who occupies them where it has a column for the party.

    A second row of the same code adds another occupant.

    Args:
        register: where.
        actor: a controller at each of the units.
        data: the file's bytes.
        source: the file's name.
        now: aware, UTC.
        unit: the unit of rows that name none: code, id or name.
        skip_rejected: import the other rows when some are rejected.
        dry_run: report alone; everything is tried and nothing committed.
        advance: called after each row.

    Raises:
        NoRightError: ``actor`` is controller of no unit, or not of the unit of a row: then nothing is imported.
        UnknownPlaceError: there is no such ``unit``.
        UnreadableTableError: no CSV with headings we know.
        RejectedRowsError: rows were rejected, and neither ``skip_rejected`` nor ``dry_run`` is set.
    """
    rows = read_table(data, source, PREMISES_COLUMNS)
    allowed: dict[str, str] = {}

    def allow(transaction: "Transaction") -> None:
        check_right(transaction, actor, "premises import", now)
        if unit is not None:
            find_unit(transaction, unit)

    def unit_of_row(transaction: "Transaction", text: str) -> str:
        if text not in allowed:
            with _in_column("unit"):
                subject = find_unit(transaction, text).subject
            check_right(transaction, actor, "premises import (of a unit)", now, subject)
            allowed[text] = subject
        return allowed[text]

    def take(transaction: "Transaction", row: Row) -> str | None:
        cells = _worded(row.cells)
        content = Premises.add(
            by=actor.subject,
            at=now,
            unit=unit_of_row(transaction, cells.get("unit") or unit or ""),
            code=cells.get("code", ""),
            building=cells.get("building"),
            unit_no=cells.get("unit_no"),
            room=cells.get("room"),
            kind=cells.get("kind") or "dwelling",
        )
        known = directory.premises_with_code(transaction, str(content["code"]), str(content["unit"]))
        if not cells.get("party"):
            with _in_column("code"):
                return append_new_premises(transaction, content).subject
        history = transaction.history(known[0]) if known else None
        # Decided on what is or would be there, before anything of the row is written.
        before = history or _new_history(content)
        occupied = _occupancy(transaction, actor, Premises.replay(before), cells, now)
        if history is not None:
            append_premises(transaction, history, occupied)
            return None
        added = append_new_premises(transaction, content)
        history = transaction.history(added.subject)
        return append_premises(transaction, cast("History", history), occupied).subject

    return _imported(register, rows, source, now, allow, take, advance, skip_rejected=skip_rejected, dry_run=dry_run)


def _new_history(content: Content) -> History:
    """A history that is never stored, to decide on what premises would be with ``content``."""
    return History("premises/0", (head_act("premises/0", "00" * SALT_BYTES),)).followed_by(content)


def _occupancy(
    transaction: "Transaction", actor: Actor, premises: Premises, cells: Mapping[str, str], now: datetime
) -> Content:
    with _in_column("party"):
        party = find_party(transaction, cells["party"])
    valid_from = _day(cells, "valid_from") or today(transaction, now)
    return premises.occupy(
        by=actor.subject,
        at=now,
        party=party.subject,
        name=party.name,
        capacity=cells.get("capacity") or "owner",
        valid_from=valid_from,
        valid_to=_day(cells, "valid_to"),
    )


def _day(cells: Mapping[str, str], column: str) -> date | None:
    with _in_column(column):
        return parse_date(cells[column], _("date")) if cells.get(column) else None


def _worded(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells with Chinese words for kinds and capacities replaced by ours."""
    return {column: _WORDS.get(column, {}).get(cell, cell) for column, cell in cells.items()}


class _ColumnError(Exception):
    """A row's refusal, with the column that it is about."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


@contextmanager
def _in_column(column: str) -> Iterator[None]:
    try:
        yield
    except (InvalidInputError, RefusalError, MissingError) as error:
        raise _ColumnError(column, str(error)) from error


def _imported(
    register: "Register",
    rows: Sequence[Row],
    source: str,
    now: datetime,
    allow: Callable[["Transaction"], None],
    take: TakeRow,
    advance: Advance | None,
    *,
    skip_rejected: bool,
    dry_run: bool,
) -> ImportReport:
    added: list[str] = []
    rejects: list[Reject] = []
    try:
        with register.writing(now=now) as transaction:
            allow(transaction)
            for row in rows:
                try:
                    subject = take(transaction, row)
                except (_ColumnError, InvalidInputError, RefusalError) as error:
                    rejects.append(_rejected(row, error))
                else:
                    added += [subject] if subject else []
                if advance:
                    advance()
            if dry_run:
                raise _DryRunError  # noqa: TRY301 - what was tried must not be committed
            if rejects and not skip_rejected:
                raise RejectedRowsError(source, tuple(rejects))
    except _DryRunError:
        added.clear()
    return ImportReport(len(rows), tuple(added), tuple(rejects))


def _rejected(row: Row, error: Exception) -> Reject:
    """Why a row is not taken.

    Raises:
        NoRightError: no row that does not fit, but a file that is not theirs to import.
    """
    match error:
        case NoRightError():
            raise error
        case _ColumnError():
            return Reject(row.number, error.column, str(error))
        case TextRefusedError():
            return Reject(row.number, _column_of(error), str(error))
        case _:
            return Reject(row.number, "", str(error))


def _column_of(error: TextRefusedError) -> str:
    """The column that a refused text stood in: the model names it in the language in use."""
    named = {
        _("name"): "name",
        _("kind"): "kind",
        _("phone"): "phone",
        _("contact"): "contact",
        _("note"): "note",
        _("premises code"): "code",
        _("building"): "building",
        _("unit number"): "unit_no",
        _("room"): "room",
        _("capacity"): "capacity",
    }
    return named.get(error.subject, "")
