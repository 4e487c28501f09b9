"""A person asks for what is held of them to be erased: the request becomes a destruction list, approved like any other.

Named values leave a record that stays. A whole record goes on request before its period is over only where the law or
an authority that permits it is named, for the duty to keep it comes first; a hold comes before both.

Source: M-4, M-12; P00-R6; PIPL, 47; GDPR, 17
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recordkeeper.errors import InvalidInputError, RetentionError
from recordkeeper.language import current_language, translation_to
from recordkeeper.language import translate as _
from recordkeeper.model.disposition import DISPOSAL, Item, Kind, Reason
from recordkeeper.model.erasure import ATTACHMENT, NoSuchFileError, check_places, title_of_place
from recordkeeper.model.record import Record
from recordkeeper.model.said_values import told_elsewhere
from recordkeeper.model.value import check_text
from recordkeeper.register.disposal import check_clock
from recordkeeper.register.lookup import units_below
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.access import record_for
from recordkeeper.services.destruction_certificate import CERTIFIES
from recordkeeper.services.disposal_list import (
    GOING,
    PURPOSES,
    Judged,
    NotEligibleError,
    judge,
    listed_on,
    lists_under_way,
)
from recordkeeper.services.disposition import (
    Author,
    Choice,
    NotOnListError,
    as_it_stands,
    check_list_right,
    drawn_up,
    item_of,
    line_of,
    list_name,
    medium_of,
    pages_of,
    unit_of_list,
)
from recordkeeper.services.retention import RetentionDesk
from recordkeeper.services.retrieval import rows_of, sheet_of
from recordkeeper.services.setting import Setting

_FEWEST = 8
"""How many characters of a digest name a file at least."""

ZH = "zh"
"""What is printed on the list is Chinese, as on every form."""


class NoBasisError(RetentionError, InvalidInputError):
    """An erasure is asked for, and nothing says on what ground."""

    def __init__(self) -> None:
        expected = _("the ground of the request (--basis)")
        message = _("erasure on request: expected {expected}, found nothing").format(expected=expected)
        super().__init__(message, subject="--basis", expected=expected, found=_("nothing"))


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, and on what ground.

    Args:
        places: fields, cells (``items.2.name``), ``filled_for``; with ``files`` none for the whole record.
        basis: the ground: the provision of law, and the request's own mark; never a name.
        permitted_by: for a whole record whose period is not over: what lets it go all the same.
        files: attachments that go, by their names or the beginnings of their digests.
    """

    places: Sequence[str]
    basis: str
    permitted_by: str = ""
    files: Sequence[str] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of each record is to go."""
        return not self.places and not self.files

    def places_in(self, record: Record) -> tuple[str, ...]:
        """What is to go from a record that stays: fields, cells, and files by the acts that bound them.

        Raises:
            NoSuchFileError: it has no such file.
        """
        found = list(self.places)
        held = [each for each in record.attachments if not each.is_erased]
        for name in self.files:
            named = [
                each for each in held if each.name == name or (len(name) >= _FEWEST and each.digest.startswith(name))
            ]
            if not named:
                raise NoSuchFileError(record.number, name, [each.name for each in held])
            same = {each.digest for each in named}  # bound twice, perhaps under another name: its bytes are there once
            found += [f"{ATTACHMENT}.{each.act_number}" for each in held if each.digest in same]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Requested:
    """The list that a request became.

    Args:
        record: the list.
        also_in: of each record whose values go, of the sheet of a row and of the rows of a sheet, by their numbers, the
            other fields in which the same text stands: id and title.
    """

    record: Record
    also_in: Mapping[str, Mapping[str, str]]


def erase(by: Author, choice: Choice, methods: Sequence[str], asked: Request) -> Requested:
    """Draw up a destruction list for what a person asked to be erased, freeze what it names, and sign it.

    Args:
        by: the author.
        choice: the records, and the unit whose list it is.
        methods: how: erased for electronic copies; what is done to originals on paper.
        asked: which values, and on what ground.

    Raises:
        NoBasisError: no ground.
        NotOnListError: a row whose whole is to go, another unit's record, a list.
        NoSuchFileError: as ``Request.places_in``.
        NothingToEraseError, MovedRowsError, ComputedValueError, SteeringValueError: as ``erasure.check_places``.
        NotEligibleError: a hold keeps it; its period is not over, and nothing permits it; it is on another list.
        ClockBackError: the clock is set back.
        UnknownRecordError, DisposedRecordError: there is no such record.
        Others: as ``lifecycle.new`` and ``lifecycle.sign``.

    Source: M-4, M-12; PIPL, 47; GDPR, 17
    """
    if not asked.basis.strip():
        raise NoBasisError
    asked = replace(
        asked,
        basis=check_text(asked.basis.strip(), "--basis"),
        permitted_by=check_text(asked.permitted_by.strip(), "--permitted-by"),
    )
    with by.register.writing(now=by.now) as transaction:
        desk = RetentionDesk(Setting(transaction, by.now))
        check_list_right(desk.setting, by, "retention erase", Kind.DESTRUCTION, choice)
        check_clock(transaction, PURPOSES[Kind.DESTRUCTION])
        units = set(units_below(transaction, unit_of_list(desk.setting, by.actor, Kind.DESTRUCTION, choice)))
        records = [
            _askable(desk.setting, record_for(desk.setting, by.actor, number), units, asked)
            for number in dict.fromkeys(choice.numbers)
        ]
        today = desk.setting.today
        judged = [judge(desk, _asked(as_it_stands(desk, record), record, asked), today) for record in records]
        _check_eligible(desk.setting, judged)
        counted = [(each, pages_of(by.root, each.record) if asked.is_whole else None) for each in judged]
        lines = [_line(desk.setting, each, pages) for each, pages in counted]
        items = [_frozen(each, pages) for each, pages in counted]
        raw: dict[str, object] = {"method": list(methods), "records_listed": lines}
        listed = drawn_up(by, desk, Kind.DESTRUCTION, choice, raw, items)
        also_in = _also_in(transaction, [(each.record, each.item.erased) for each in judged if each.record])
    return Requested(listed, also_in)


def _also_in(snapshot: Snapshot, asked: Sequence[tuple[Record, Sequence[str]]]) -> dict[str, dict[str, str]]:
    """Where else what is to be erased stands: in the record itself, in the sheet of a row, in the rows of a sheet."""
    named = {record.number: places for record, places in asked}
    found: dict[str, dict[str, str]] = {}
    for record, places in asked:
        sheet = sheet_of(snapshot, record)
        beside = rows_of(snapshot, record) if record.is_sheet else [sheet] if sheet is not None else []
        for at in (record, *beside):
            told = told_elsewhere(record, places, at, named.get(at.number, ()))
            if told:
                titles = {place: title_of_place(at, place, current_language()) for place in told}
                found[at.number] = {**found.get(at.number, {}), **titles}
    return found


def _askable(setting: Setting, record: Record, units: set[str], asked: Request) -> Record:
    """A record that a request may name."""
    if record.unit not in units:
        found = setting.shown_name(record.unit)
        raise NotOnListError(record.number, _("a record of the list's unit or below"), found)
    if {DISPOSAL, CERTIFIES} & record.opening.keys():
        raise NotOnListError(record.number, _("a record that is no list and no certificate"), _("one kept for ever"))
    if record.sheet and asked.is_whole:
        raise NotOnListError(record.number, _("the fields of the row that are to go (--field)"), _("a whole row"))
    if places := asked.places_in(record):
        check_places(record, places)
    return record


def _asked(item: Item, record: Record, asked: Request) -> Item:
    """An item with what is asked for; the rows of a sheet of which values go are not on the list, for they stay."""
    asked_for = replace(item, erased=asked.places_in(record), basis=asked.basis, permitted_by=asked.permitted_by)
    return replace(asked_for, rows=()) if asked_for.erased else asked_for


def _frozen(judged: Judged, pages: int | None) -> Item:
    item = judged.item
    frozen = item_of(judged, pages=pages)
    return replace(frozen, erased=item.erased, basis=item.basis, permitted_by=item.permitted_by)


def _check_eligible(setting: Setting, judged: Sequence[Judged]) -> None:
    elsewhere = lists_under_way(setting, [subject for each in judged for subject in each.item.subjects], GOING)
    found = [(each.item, each.reason or listed_on(each.item, elsewhere)) for each in judged]
    refused = [(item.number, _permission_asked(item, reason)) for item, reason in found if reason is not None]
    if refused:
        raise NotEligibleError(list_name(Kind.DESTRUCTION), refused)


def _permission_asked(item: Item, reason: Reason) -> Reason:
    """Why an item may not go; of a whole record that is not due, what would let it."""
    return replace(reason, code="not_permitted") if reason.code == "not_due" and not item.erased else reason


def _line(setting: Setting, judged: Judged, pages: int | None) -> dict[str, object]:
    """What a line says beside number, title and period: what goes, on what ground; never a value.

    No due date: what goes on request goes whenever that is approved.
    """
    record, item = judged.record, judged.item
    assert record is not None  # noqa: S101 - what was judged eligible stands
    due_on = judged.answer.due_on if judged.answer else None
    said = {name: value for name, value in line_of(judged, pages).items() if name != "due_on"}
    said |= {
        "medium_kept": medium_of(record),
        "appraisal": f"依请求删除：{item.basis}",
    }
    if item.erased:
        titles = "、".join(title_of_place(record, place, ZH, translation_to(ZH)) for place in item.erased)
        said["record_title"] = f"{record.form.title.zh}：删除“{titles}”，其余以原编号继续"
    elif due_on is not None and due_on > setting.today:
        said["appraisal"] = f"依请求提前销毁（{due_on.isoformat()} 到期）：{item.basis}；{item.permitted_by}"
    return said
