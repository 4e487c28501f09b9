"""What follows from reports on the four properties: records that are fit to be transferred, and when the next is due.

Source: DA/T 70-2018; P00-R7, P00-R8
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from recordkeeper.errors import RefusalError, RetentionError
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.disposition import Item
from recordkeeper.model.four_properties import TESTED, Occasion
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.access import record_for
from recordkeeper.services.installation import provided
from recordkeeper.services.people import Actor
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting

PURPOSE = "property_report"
"""The purpose of the report's form."""

_FIT = "fit"


class UntestedError(RetentionError, RefusalError):
    """Records are to be transferred without a report that says that they are fit for it."""

    def __init__(self, number: str, expected: str, found: str) -> None:
        super().__init__(
            _("{number}: expected {expected}, found {found}").format(number=number, expected=expected, found=found),
            subject=number,
            expected=expected,
            found=found,
        )


def reports_of(setting: Setting) -> list[Record]:
    """The reports that the program drew up, the oldest first; none that was voided."""
    codes = provided(setting.snapshot, setting.today).get(PURPOSE, [])
    rows = find_records(setting.snapshot, RecordQuery(forms=codes)) if codes else []
    records = [load(setting.snapshot, row.number) for row in rows if row.state not in {"void", "disposed"}]
    found = [each for each in records if isinstance(each.opening.get(TESTED), Mapping)]
    return sorted(found, key=lambda each: str(each.history.acts[1].at))


def tested_in(report: Record) -> Content:
    """What a report's first act holds of the test."""
    return cast("Content", report.opening[TESTED])


def items_tested(report: Record) -> list[tuple[str, str]]:
    """Number and state digest of each record that a report covers."""
    held = cast("Sequence[Content]", tested_in(report)["items"])
    return [(str(item["number"]), str(item["state"])) for item in held]


def check_covers(setting: Setting, actor: Actor, report: str, items: Sequence[Item]) -> str:
    """The number of a report that covers all these records as they stand; of none of them anything failed.

    Args:
        setting: of the act.
        actor: who names it.
        report: its number, as typed.
        items: the records to be transferred, as they are listed.

    Raises:
        UnknownRecordError: no such record.
        UntestedError: no report of the program's, or one that does not cover them, or in which something failed.

    Source: P00-R7
    """
    record = record_for(setting, actor, report)
    if record.state is State.VOID or not isinstance(record.opening.get(TESTED), Mapping):
        raise UntestedError(record.number, _("a report on the four properties by the program"), record.form.code)
    tested = dict(items_tested(record))
    lacking = [item.number for item in items if tested.get(item.number) != item.state]
    if lacking:
        expected = _("a report that covers {number} as it stands").format(number=lacking[0])
        found = ngettext(
            "{count} record that it does not cover", "{count} records that it does not cover", len(lacking)
        ).format(count=len(lacking))
        if lacking[0] in tested:
            found = _("one that was acted on, or appraised, after the test")
        raise UntestedError(record.number, expected, found)
    failed = {str(each["of"]) for each in cast("Sequence[Content]", tested_in(record)["failures"])}
    hit = [item.number for item in items if item.number in failed]
    if hit:
        raise UntestedError(record.number, _("records of which nothing failed"), hit[0])
    return record.number


def check_concluded(snapshot: Snapshot, report: str) -> None:
    """Refuse a transfer before somebody has concluded from the report that the records are fit for it.

    Raises:
        UntestedError: nobody has, or not so.

    Source: P00-R7
    """
    record = load(snapshot, report)
    conclusion = record.values.get("conclusion", _FIT)
    if record.state is not State.CLOSED or conclusion != _FIT:
        found = _(str(record.state)) if record.state is not State.CLOSED else str(conclusion)
        raise UntestedError(record.number, _("a report that concludes that the records are fit"), found)


def yearly_due_on(setting: Setting) -> date | None:
    """The day by which the next yearly test is due; None where no form serves as report, or nothing is archived."""
    codes = provided(setting.snapshot, setting.today).get(PURPOSE, [])
    finished = RecordQuery(states=("closed", "void", "replaced"))
    closed = [row.closed_on for row in find_records(setting.snapshot, finished) if row.closed_on and not row.sheet]
    if not codes or not closed:
        return None
    yearly = [each for each in reports_of(setting) if tested_in(each)["occasion"] == str(Occasion.YEARLY)]
    first = str(yearly[-1].opening["on"]) if yearly else min(closed)
    return _a_year_after(date.fromisoformat(first))


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
