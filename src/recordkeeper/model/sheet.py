"""What the rows of a register are gathered by, and the number by which their sheet says it.

Source: ISO 9001, 7.5.3.2 (identification)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import cast

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import translate as _
from recordkeeper.model.form import Form, SheetRule
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.subject import name_of
from recordkeeper.model.value import parse_moment

NOON = 12
_NUMBERED = re.compile(r"(?P<year>[0-9]{4})-S(?P<number>[0-9]{3,15})")
_TAKEN = re.compile(r"(?:[A-Z0-9]{1,8}-)?[0-9]{4}-(?:S[0-9]+|[0-9]{4,})")
_PLAIN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class UngroupedRowError(RecordError, InvalidInputError):
    """A row names no party or premises, and its register keeps a sheet for each."""

    def __init__(self, code: str, kind: str) -> None:
        expected = _("a party") if kind == "party" else _("premises")
        super().__init__(
            _("{code}: a row stands on the sheet of its {kind}: expected {kind}, found none").format(
                code=code, kind=expected
            ),
            subject=code,
            expected=expected,
            found=_("none"),
        )


@dataclass(frozen=True, slots=True)
class Group:
    """What the rows of one sheet have in common, beside the unit that keeps them.

    Args:
        period: ``2026-11``, ``2026-11-23-night``; empty where no time groups them.
        about: the subject of their party or premises, by ``party`` or ``premises``; empty where neither does.
    """

    period: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


def group_of(row: Record, rule: SheetRule) -> Group:
    """What the sheet of ``row`` is for; of a rule by anything but ``full``.

    Raises:
        UngroupedRowError: the row names no party or premises, and they decide.
    """
    if rule.by in {"party", "premises"}:
        return Group(about={rule.by: _subject_named(row, rule.by)})
    if rule.by == "unit" or rule.on is None:
        return Group()
    day = _day_of(row, rule, rule.on)
    if rule.by == "shift":
        return Group(f"{day}-{row.values[rule.shift_field or '']}")
    return Group(day[:7] if rule.by == "month" else day[:4])


def _subject_named(row: Record, kind: str) -> str:
    """The party or premises that the row is about; else those that its first section names."""
    known = row.opening.get(kind)
    named = (row.values.get(each.id) for each in row.sections[0].fields if each.type == kind)
    found = known or next(filter(None, named), None)
    if not found:
        raise UngroupedRowError(row.form.code, kind)
    return str(found)


def _day_of(row: Record, rule: SheetRule, on: str) -> str:
    """The local day of a row; that on which its shift began, for a shift over midnight."""
    value = str(row.values[on])
    if "T" not in value:
        return value
    moment: datetime = parse_moment(value).astimezone(row.zone)
    is_after_midnight = moment.hour < NOON and row.values.get(rule.shift_field or "") in rule.over_midnight
    return (moment.date() - timedelta(days=is_after_midnight)).isoformat()


def is_for(sheet: Record, unit: str, group: Group) -> bool:
    """Whether ``sheet`` is that of the group in the unit."""
    about = {kind: str(sheet.opening[kind]) for kind in ("party", "premises") if kind in sheet.opening}
    return (sheet.unit, str(sheet.opening.get("period", "")), about) == (unit, group.period, dict(group.about))


def party_label(subject: str) -> str:
    """``P-0007`` for the party ``party/7``."""
    return f"P-{int(name_of(subject)):04}"


def premises_label(subject: str, code: str) -> str:
    """The code of premises where a number can hold it, else ``PR-0031`` for ``premises/31``."""
    plain = re.sub(r"[#/]", ".", code)
    return plain if _PLAIN_CODE.fullmatch(plain) else f"PR-{int(name_of(subject)):04}"


def numbers_like(code: str, label: str) -> Iterator[str]:
    """The numbers that a sheet may have: ``CODE/LABEL``, and where others have that one, ``CODE/LABEL-2`` and on.

    None of them looks like the number of a row or of a sheet that is numbered itself.
    """
    labels = (label if number == 1 else f"{label}-{number}" for number in count(1))
    return (f"{code}/{each}" for each in labels if not _TAKEN.fullmatch(each))


def running_number(code: str, year: int, number: int) -> str:
    """``QR-109-02/2026-S003``: the number of a sheet that is followed by another when it is full."""
    return f"{code}/{year}-S{number:03}"


def series_of(code: str) -> str:
    """The name of the series in which the full sheets of a form are numbered."""
    return f"{code}/S"


def counted(number: str) -> tuple[str, int, int] | None:
    """Series, year and running number of a sheet; None for a sheet that says what it is for."""
    code, _slash, label = number.rpartition("/")
    match = _NUMBERED.fullmatch(label)
    return (series_of(code), int(match["year"]), int(match["number"])) if match else None


def takes_rows(sheet: Record, row: Record, row_count: int) -> bool:
    """Whether a sheet that is filled line by line has a line left for ``row``.

    It has none once it was summed up or signed, and none for a row of another revision, whose columns may differ.

    Args:
        sheet: the unit's last one.
        row: the next row.
        row_count: how many rows stand on the sheet; void ones are lines too.
    """
    is_untouched = not is_closed(sheet) and not sheet.filled and not sheet.signatures
    rule = sheet.form.sheet
    return is_untouched and sheet.revision == row.revision and rule is not None and row_count < rule.rows_a_page


def is_closed(sheet: Record) -> bool:
    """Whether a row that is entered now is late for ``sheet``."""
    return sheet.state not in {State.OPEN, State.PENDING}


def sample_label(form: Form, day: str) -> str:
    """What a sheet made from an example is called."""
    rule = cast("SheetRule", form.sheet)
    shift = form.field(rule.shift_field) if rule.shift_field else None
    return {
        "month": day[:7],
        "shift": f"{day}-{shift.choices[0].id}" if shift and shift.choices else day,
        "party": "P-0001",
        "premises": "HQ-1-101",
        "unit": "HQ",
        "full": f"{day[:4]}-S001",
    }.get(rule.by, day[:4])
