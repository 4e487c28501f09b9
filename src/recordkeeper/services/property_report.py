"""The report on the four properties: records are tested when they are filed or transferred and once a year.

A report is a record of the form that serves ``property_report``, filled by the program and signed by who had the test
done; another person concludes. Beside the printed lines its first act holds what was looked at, each by its state.

Source: DA/T 70-2018; P00-R7, P00-R8
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from recordkeeper import __version__
from recordkeeper.errors import InvalidInputError, MissingError, RetentionError
from recordkeeper.language import translate as _
from recordkeeper.model.disposition import settled_state
from recordkeeper.model.form import Form
from recordkeeper.model.four_properties import (
    NOT_DONE,
    PRINTED,
    PRINTED_PROPERTIES,
    PROPERTY_OF,
    TESTED,
    Check,
    Occasion,
    Tested,
)
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NotYoursError
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import share_of
from recordkeeper.register.lookup import units_below
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.services import lifecycle
from recordkeeper.services.access import record_for
from recordkeeper.services.catalogue import revision_in_force
from recordkeeper.services.exporting import NotArchivedError
from recordkeeper.services.fitness import PURPOSE, items_tested, reports_of, tested_in
from recordkeeper.services.installation import form_serving
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.property_check import check_properties
from recordkeeper.services.publication import Publisher
from recordkeeper.services.retrieval import load
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting

COMMAND = "archive test"
MOST_TESTED, LATELY_DAYS = 2000, 180
"""How many a report names at most: of more, those that were entered first; the next report goes on."""

_MOST_NAMED = 60


class NothingToTestError(RetentionError, MissingError):
    """There is nothing in the archive that is to be tested on this occasion."""

    def __init__(self, occasion: Occasion) -> None:
        expected = _("at least one archived record that was not tested so")
        message = _("{occasion}: expected {expected}, found none").format(occasion=str(occasion), expected=expected)
        super().__init__(message, subject=str(occasion), expected=expected, found=_("none"))


class NotTestableError(RetentionError, InvalidInputError):
    """A record is not tested by itself: a row, which is archived with its sheet."""

    def __init__(self, number: str, expected: str, found: str) -> None:
        super().__init__(
            _("{number}: expected {expected}, found {found}").format(number=number, expected=expected, found=found),
            subject=number,
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Tester:
    """Who has records tested, where, at which moment.

    Args:
        publisher: register, archive, log.
        actor: who it is.
        now: aware, UTC.
    """

    publisher: Publisher
    actor: Actor
    now: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """What is tested.

    Args:
        occasion: on which occasion.
        numbers: of records and sheets; none for all of the unit that the occasion asks for.
        unit: the unit whose report it is, as typed; its records and those of the units below.
        shares: of how many shares one is tested, the next each time; None for all.
    """

    occasion: Occasion
    numbers: Sequence[str] = ()
    unit: str | None = None
    shares: int | None = None


def try_properties(by: Tester, scope: Scope, advance: Callable[[], object] = lambda: None) -> Tested:
    """Test archived records for the four properties; nothing is written.

    Args:
        by: who has it done, where, when.
        scope: which records.
        advance: called for each record.

    Raises:
        UnservedPurposeError: no form in force serves as report.
        NoRightError, NotYoursError: no role of who draws up such reports.
        NothingToTestError, NotTestableError, NotArchivedError, UnknownRecordError: as is said of the records.
        RegisterError, ArchiveError: something cannot be read.

    Source: DA/T 70-2018, 6; P00-R8
    """
    with by.publisher.register.reading() as snapshot:
        setting = Setting(snapshot, by.now)
        form, unit = _form_of(setting), _unit_asked(setting, by, scope)
        check_right(snapshot, by.actor, COMMAND, by.now, unit)
        who = setting.standing(by.actor.subject, unit)
        roles = [role for role in form.sections[0].by if isinstance(role, str)]
        if not who.has_any(roles):
            first = form.sections[0]
            raise NotYoursError(form.code, first.id, who.named(roles), who.name, called=first.called)
        found, share, left = _chosen(setting, by, scope, unit)
    items = [(record.number, settled_state(record.history)[1]) for record in found]
    tallies = check_properties(by.publisher, [number for number, _state in items], advance)
    return Tested(scope.occasion, items, tallies, share, left)


def draw_up(
    by: Tester, signer: Signer, scope: Scope, advance: Callable[[], object] = lambda: None
) -> tuple[Tested, Record]:
    """Test archived records, and draw up and sign the report.

    Args:
        by: who has it done, where, when.
        signer: the same person with the opened key.
        scope: which records.
        advance: called for each record.

    Raises:
        As ``try_properties``, ``lifecycle.new`` and ``lifecycle.sign``.

    Source: DA/T 70-2018; P00-R7, P00-R8
    """
    tested = try_properties(by, scope, advance)
    with by.publisher.register.writing(now=by.now) as transaction:
        setting = Setting(transaction, by.now)
        code, about = form_serving(transaction, PURPOSE, setting.today), About(unit=scope.unit)
        raw = printed(tested, setting.today)
        record = lifecycle.new_in(transaction, by.actor, by.now, code, raw, about, further={TESTED: tested.content})
        record = lifecycle.sign_in(transaction, by.actor, signer, by.now, record.number, record.sections[0].id)
    return tested, record


def _form_of(setting: Setting) -> Form:
    return revision_in_force(
        setting.snapshot, form_serving(setting.snapshot, PURPOSE, setting.today), setting.today
    ).form


def _unit_asked(setting: Setting, by: Tester, scope: Scope) -> str:
    return lifecycle.unit_asked_for(setting, by.actor, _form_of(setting).sections[0], About(unit=scope.unit))


# ---- which records ---------------------------------------------------------------------------------------------------


def _chosen(setting: Setting, by: Tester, scope: Scope, unit: str) -> tuple[list[Record], tuple[int, int] | None, int]:
    """The records to be tested, which share of how many they are, and how many more wait."""
    snapshot, root = setting.snapshot, by.publisher.storage_root
    units = set(units_below(snapshot, unit))
    share = _next_share(setting, scope.shares)
    if scope.numbers:
        found = [
            _testable(setting, record_for(setting, by.actor, number), units, root)
            for number in dict.fromkeys(scope.numbers)
        ]
        if len(found) > MOST_TESTED:
            expected = _("at most {count} records on one report").format(count=MOST_TESTED)
            raise NotTestableError(str(scope.occasion), expected, str(len(found)))
        return found, None, 0
    rows = find_records(snapshot, RecordQuery(units=units, states=("closed", "void", "replaced")))
    subjects = [row for row in rows if not row.sheet and root.has_object(row.subject)]
    if share is not None:
        subjects = [row for row in subjects if share_of(_place(root, row.subject), share[1]) == share[0] - 1]
    found = [load(snapshot, row.number) for row in sorted(subjects, key=lambda row: (row.entered_on, row.number))]
    if scope.occasion is Occasion.FILING:
        before = {pair for tested in reports_of(setting) for pair in items_tested(tested)}
        found = [each for each in found if (each.number, settled_state(each.history)[1]) not in before]
    if scope.occasion is Occasion.YEARLY:
        lately = _tested_lately(setting)
        found = [each for each in found if each.number not in lately] or found
    if not found:
        raise NothingToTestError(scope.occasion)
    return found[:MOST_TESTED], share, len(found[MOST_TESTED:])


def _tested_lately(setting: Setting) -> set[str]:
    """The numbers that the yearly reports of the last months name: of more than one report holds, the next goes on."""
    first = (setting.today - timedelta(days=LATELY_DAYS)).isoformat()
    yearly = [each for each in reports_of(setting) if tested_in(each)["occasion"] == str(Occasion.YEARLY)]
    return {number for each in yearly if str(each.opening["on"]) >= first for number, _state in items_tested(each)}


def _testable(setting: Setting, record: Record, units: set[str], root: StorageRoot) -> Record:
    if record.sheet:
        raise NotTestableError(record.number, _("a sheet, with which its rows are archived"), _("a row"))
    if record.unit not in units:
        found = setting.shown_name(record.unit)
        raise NotTestableError(record.number, _("a record of the report's unit or below"), found)
    if not root.has_object(record.subject):
        raise NotArchivedError(record.number)
    return record


def _place(root: StorageRoot, subject: str) -> str:
    return root.object_path(subject).relative_to(root.path).as_posix()


def _next_share(setting: Setting, shares: int | None) -> tuple[int, int] | None:
    if shares is None or shares == 1:
        return None
    last = 0
    for report in reports_of(setting):
        held = tested_in(report).get("share")
        if isinstance(held, list) and held[1] == shares:
            last = cast("int", held[0])
    return last % shares + 1, shares


# ---- what is printed of it -------------------------------------------------------------------------------------------


def printed(tested: Tested, on: date) -> dict[str, object]:
    """The values of a report's first section, in Chinese as the form is."""
    numbers = sorted(number for number, _state in tested.items)
    scope = numbers[0] if len(numbers) == 1 else f"{numbers[0]} 至 {numbers[-1]}，共 {len(numbers)} 件"
    if tested.share:
        scope += f"；第 {tested.share[0]} 份，共 {tested.share[1]} 份"
    raw: dict[str, object] = {
        "occasion": str(tested.occasion),
        "tested_on": on.isoformat(),
        "scope": scope,
        "object_count": str(len(numbers)),
        "tool": f"Recordkeeper {__version__}",
        "results": [_result(check, tested) for check in Check],
        "unassessed_named": _joined(_unassessed(tested)) or NOT_DONE,
    }
    if failures := _joined([f"{remark.of} {_printed(check)}：{remark.code}" for check, remark in tested.failures]):
        raw["failures_named"] = failures
    return raw


def _result(check: Check, tested: Tested) -> dict[str, object]:
    what, how = PRINTED[check]
    tally = tested.tallies[check]
    return {
        "property_tested": str(PROPERTY_OF[check]),
        "item_tested": what,
        "method_used": how,
        "passed_count": str(tally.passed),
        "failed_count": str(tally.failed_count),
        "unassessed_count": str(tally.unassessed_count),
    }


def _printed(check: Check) -> str:
    return f"{PRINTED_PROPERTIES[PROPERTY_OF[check]]}（{PRINTED[check][0]}）"


def _unassessed(tested: Tested) -> list[str]:
    lines = [NOT_DONE]
    for check, tally in tested.tallies.items():
        for code in dict.fromkeys(remark.code for remark in tally.unassessed):
            count = len({remark.of for remark in tally.unassessed if remark.code == code})
            lines.append(f"{_printed(check)}：{code}，{count} 件")
    return lines


def _joined(lines: Sequence[str]) -> str:
    several = list(dict.fromkeys(lines))
    more = f"；等 {len(several)} 处" if len(several) > _MOST_NAMED else ""
    return "；".join(line.removesuffix("。") for line in several[:_MOST_NAMED]) + more
