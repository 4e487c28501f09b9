"""Appraisal and disposition: a list is drawn up and signed, and approved by another person. Execution stands apart.

Lists are records of the forms that serve their purposes; who may draw up and approve them their sections say. Numbers,
titles of forms, dates, pages and periods stand on a list, never a name or a value. It is long because appraisal, list
and approval read the same sources and refuse for the same reasons.

Source: M-3, M-5, M-6; C-5; P00-R5, P00-R6
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from recordkeeper.documents.pdf import page_count
from recordkeeper.errors import InvalidInputError, MissingError, RecordkeeperError, RetentionError
from recordkeeper.language import translate as _
from recordkeeper.model.disposition import (
    DISPOSAL,
    Disposition,
    Item,
    Kind,
    NotReadyError,
    Part,
    Reason,
    disposal_content,
    disposition_of,
    section_of,
    settled_state,
)
from recordkeeper.model.form import Form
from recordkeeper.model.particulars import parse_date
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NotYoursError
from recordkeeper.model.retention import DecidedAction, Eligibility, Outcome, Rule
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.disposal import check_clock
from recordkeeper.register.lookup import units_below
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services import lifecycle
from recordkeeper.services.access import record_for
from recordkeeper.services.catalogue import revision_in_force
from recordkeeper.services.disposal_list import (
    GOING,
    PURPOSES,
    Judged,
    NotEligibleError,
    judge,
    judge_appraisal,
    listed_on,
    lists_under_way,
    row_states,
)
from recordkeeper.services.installation import form_serving
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.rendering import file_name
from recordkeeper.services.retention import RetentionDesk
from recordkeeper.services.retrieval import load
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting

MOST_LISTED = 2000
_PDF = ".pdf"


def list_name(kind: Kind) -> str:
    """What a list of a kind is called."""
    return {
        Kind.APPRAISAL: _("appraisal sheet"),
        Kind.DESTRUCTION: _("destruction list"),
        Kind.TRANSFER: _("transfer list"),
    }[kind]


class NothingToListError(RetentionError, MissingError):
    """Nothing is due that the list could name."""

    def __init__(self, kind: Kind) -> None:
        expected = _("at least one record that is due")
        message = _("{list}: expected {expected}, found none").format(list=list_name(kind), expected=expected)
        super().__init__(message, subject=str(kind), expected=expected, found=_("none"))


class NotOnListError(RetentionError, InvalidInputError):
    """A record cannot stand on a list: a row goes with its sheet, another unit's record stands on its own list."""

    def __init__(self, number: str, expected: str, found: str) -> None:
        super().__init__(
            _("{number}: expected {expected}, found {found}").format(number=number, expected=expected, found=found),
            subject=number,
            expected=expected,
            found=found,
        )


class NoListError(RetentionError, InvalidInputError):
    """A record is no list that the program drew up."""

    def __init__(self, number: str, *expected: Kind) -> None:
        names = {
            Kind.APPRAISAL: _("an appraisal sheet"),
            Kind.DESTRUCTION: _("a destruction list"),
            Kind.TRANSFER: _("a transfer list"),
        }
        wanted = _(" or ").join(names[kind] for kind in expected)
        super().__init__(
            _("{number}: expected {expected} drawn up by the program").format(number=number, expected=wanted),
            subject=number,
            expected=wanted,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """Which records a list names.

    Args:
        numbers: those named; none to take whatever is due in the unit.
        unit: the unit whose list it is, as typed; its records and those of the units below may stand on it.
        paper: what exists on paper alone, each with number, title, created_on, due_on, period, pages, appraisal.
    """

    numbers: Sequence[str] = ()
    unit: str | None = None
    paper: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an appraisal sheet proposes for its records.

    Args:
        decision: keep, transfer or destroy.
        until: for keep: the new due date; None for ever.
        why: why.
        place: where they are kept.
    """

    decision: DecidedAction
    until: date | None
    why: str
    place: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who draws up a list, when, and where pages are counted.

    Args:
        register: the open register.
        root: the archive's storage root.
        actor: who it is.
        signer: the same person with the opened key.
        now: aware, UTC.
    """

    register: Register
    root: StorageRoot
    actor: Actor
    signer: Signer
    now: datetime


# ---- drawing up ------------------------------------------------------------------------------------------------------


def appraise(by: Author, choice: Choice, said: Proposal) -> Record:
    """Draw up an appraisal sheet over records that are due, and sign it; its approval decides.

    Args:
        by: the author.
        choice: which records.
        said: what becomes of them.

    Raises:
        UnservedPurposeError: no form in force serves as appraisal sheet.
        NothingToListError, NotOnListError, NotEligibleError, UnknownRecordError: as for ``list_new``.
        Others: as ``lifecycle.new`` and ``lifecycle.sign``.

    Source: M-5; C-5; P00-R5
    """
    with by.register.writing(now=by.now) as transaction:
        desk = RetentionDesk(Setting(transaction, by.now))
        check_list_right(desk.setting, by, "retention appraise", Kind.APPRAISAL, choice)
        judged = chosen_for(desk, by.actor, choice, Kind.APPRAISAL)
        until = f"，至 {said.until.isoformat()}" if said.until else ""
        lines = [
            {**line_of(each, pages_of(by.root, each.record)), "opinion": _opinion(said), "why": f"{said.why}{until}"}
            for each in judged
        ]
        raw = {"prepared_on": desk.setting.today.isoformat(), "keeping_place": said.place, "records_due": lines}
        items = [item_of(each, said=said) for each in judged]
        return drawn_up(by, desk, Kind.APPRAISAL, choice, raw, items)


def list_new(by: Author, choice: Choice, methods: Sequence[str], appraisal: str = "") -> Record:
    """Draw up a destruction list, freeze what it names, and sign it.

    Args:
        by: the author.
        choice: which records.
        methods: how: erased for electronic copies; shredded, pulped for originals on paper.
        appraisal: number of the appraisal sheet; empty where the schedule's own rule says destroy.

    Raises:
        UnservedPurposeError: no form in force serves as destruction list.
        NothingToListError: nothing is due.
        NotOnListError: a row, a record of a unit that is not below the list's, or one that the sheet does not name.
        NotEligibleError: a record that was named may not be destroyed, or stands on another list; what exists on paper
            alone is not due.
        ClockBackError: the clock is set back.
        UnknownRecordError: no such record, or no such appraisal sheet.
        NoListError: what is given as appraisal sheet is none.
        NotReadyError: the appraisal sheet is not approved.
        Others: as ``lifecycle.new`` and ``lifecycle.sign``.

    Source: M-1, M-4, M-12; P00-R6
    """
    with by.register.writing(now=by.now) as transaction:
        desk = RetentionDesk(Setting(transaction, by.now))
        check_list_right(desk.setting, by, "retention list-new", Kind.DESTRUCTION, choice)
        check_clock(transaction, PURPOSES[Kind.DESTRUCTION])
        _check_paper(choice.paper, desk.setting.today)
        sheet = list_for(desk.setting, by.actor, appraisal, Kind.APPRAISAL) if appraisal else None
        if sheet is not None and not sheet.is_approved:
            raise NotReadyError(sheet.number, _("an approved appraisal sheet"), _(str(sheet.record.state)))
        judged = chosen_for(desk, by.actor, choice, Kind.DESTRUCTION)
        if sheet is not None:
            judged = _appraised_on(sheet, judged, choice)
        counted = [(each, pages_of(by.root, each.record)) for each in judged]
        lines = [
            {**line_of(each, pages), "medium_kept": medium_of(each.record), "appraisal": _opinion_on(each)}
            for each, pages in counted
        ]
        raw: dict[str, object] = {"method": list(methods), "records_listed": [*lines, *map(_paper_line, choice.paper)]}
        if appraisal:
            raw["appraisal_number"] = load(transaction, appraisal).number
        items = [item_of(each, pages=pages) for each, pages in counted]
        items += [
            Item("", line.get("number", ""), due_on=line.get("due_on", ""), medium="paper") for line in choice.paper
        ]
        return drawn_up(by, desk, Kind.DESTRUCTION, choice, raw, items)


def _appraised_on(sheet: Disposition, judged: Sequence[Judged], choice: Choice) -> list[Judged]:
    """Those that an appraisal sheet names: whatever is named beside has to be among them."""
    subjects = {item.subject for item in sheet.items}
    named = [each for each in judged if each.item.subject in subjects]
    if choice.numbers:
        other = next((each.item.number for each in judged if each.item.subject not in subjects), None)
        if other is not None:
            raise NotOnListError(other, _("a record that {sheet} names").format(sheet=sheet.number), _("another"))
    elif not named and not choice.paper:
        raise NothingToListError(Kind.DESTRUCTION)
    return named


def approve(register: Register, actor: Actor, signer: Signer, now: datetime, number: str) -> Record:
    """Approve a list with a signature, by another person than its author: an appraisal decides, a list opens the road.

    Raises:
        UnknownRecordError: no such record.
        NoListError: it is no list.
        TwoPartsError, NotEligibleError, ClockBackError: as ``disposal_list.settle_list``.
        Others: as ``lifecycle.sign``.

    Source: P00-R6; M-6
    """
    with register.writing(now=now) as transaction:
        listed = disposition_of(record_for(Setting(transaction, now), actor, number))
        if listed is None:
            raise NoListError(number, *Kind)
        check_right(transaction, actor, "retention approve", now, listed.record.unit, about=number)
        section = next(section_of(listed.record, Part.APPROVER), None)
        return lifecycle.sign_in(transaction, actor, signer, now, number, section.id if section else None)


def find_list(snapshot: Snapshot, number: str, *kinds: Kind) -> Disposition:
    """The list of that number, for the program itself; of one that a person names ``list_for``.

    Args:
        snapshot: where to look.
        number: of the list.
        kinds: what it may be for.

    Raises:
        UnknownRecordError: no such record.
        NoListError: it is none of these kinds.
    """
    listed = disposition_of(load(snapshot, number))
    if listed is None or listed.kind not in kinds:
        raise NoListError(number, *kinds)
    return listed


def list_for(setting: Setting, actor: Actor, number: str, *kinds: Kind) -> Disposition:
    """The list of that number, which ``actor`` names.

    Raises:
        UnknownRecordError: no such record.
        DisposedRecordError, MayNotReadError: as ``access.record_for``.
        NoListError: it is none of these kinds.
    """
    listed = disposition_of(record_for(setting, actor, number))
    if listed is None or listed.kind not in kinds:
        raise NoListError(number, *kinds)
    return listed


def drawn_up(
    by: Author,
    desk: RetentionDesk,
    kind: Kind,
    choice: Choice,
    raw: Mapping[str, object],
    items: Sequence[Item],
    party: str | None = None,
) -> Record:
    """The list, opened with what it is frozen as, filled and signed in the one transaction that the desk reads in."""
    transaction = desk.setting.snapshot
    if not isinstance(transaction, Transaction):
        raise TypeError(transaction)
    schedule = desk.schedule.name if desk.schedule else ""
    further = {DISPOSAL: disposal_content(kind, schedule, items)}
    code = form_serving(transaction, PURPOSES[kind], desk.setting.today)
    about = About(unit=choice.unit, party=party)
    record = lifecycle.new_in(transaction, by.actor, by.now, code, raw, about, further=further)
    return lifecycle.sign_in(transaction, by.actor, by.signer, by.now, record.number, record.sections[0].id)


def check_list_right(setting: Setting, by: Author, command: str, kind: Kind, choice: Choice) -> None:
    """Ask the table of rights, for the unit whose list it is, and the form who draws it up there.

    Raises:
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        NotYoursError: none of the roles of the form's first section is held there.
    """
    unit = unit_of_list(setting, by.actor, kind, choice)
    check_right(setting.snapshot, by.actor, command, by.now, unit)
    form = _form_of(setting, kind)
    first, who = form.sections[0], setting.standing(by.actor.subject, unit)
    roles = [role for role in first.by if isinstance(role, str)]
    if not {*roles} & {*who.rights}:
        raise NotYoursError(form.code, first.id, who.named(roles), who.name, called=first.called)


def unit_of_list(setting: Setting, actor: Actor, kind: Kind, choice: Choice) -> str:
    """The unit whose list somebody draws up: the one that is asked for, else theirs."""
    return lifecycle.unit_asked_for(setting, actor, _form_of(setting, kind).sections[0], About(unit=choice.unit))


def _form_of(setting: Setting, kind: Kind) -> Form:
    """The form in force that serves as lists of a kind."""
    code = form_serving(setting.snapshot, PURPOSES[kind], setting.today)
    return revision_in_force(setting.snapshot, code, setting.today).form


# ---- what may stand on a list ----------------------------------------------------------------------------------------


def chosen_for(desk: RetentionDesk, actor: Actor, choice: Choice, kind: Kind) -> list[Judged]:
    """The records that a list names, each judged as it stands now."""
    snapshot, today = desk.setting.snapshot, desk.setting.today
    units = set(units_below(snapshot, unit_of_list(desk.setting, actor, kind, choice)))
    judging = judge_appraisal if kind is Kind.APPRAISAL else partial(judge, kind=kind)
    if choice.numbers:
        records = [
            _listable(desk.setting, record_for(desk.setting, actor, number), units)
            for number in dict.fromkeys(choice.numbers)
        ]
    else:
        rows = find_records(snapshot, RecordQuery(units=units, states=("closed", "void", "replaced")))
        records = [load(snapshot, row.number) for row in rows if not row.sheet]
    judged = [judging(desk, as_it_stands(desk, record), today) for record in records]
    kinds = [Kind.APPRAISAL] if kind is Kind.APPRAISAL else GOING
    subjects = [subject for each in judged for subject in each.item.subjects]
    elsewhere = lists_under_way(desk.setting, subjects, kinds)
    judged = [replace(each, reason=each.reason or listed_on(each.item, elsewhere)) for each in judged]
    refused = [(each.item.number, each.reason) for each in judged if each.reason is not None]
    if choice.numbers and refused:
        raise NotEligibleError(list_name(kind), refused)
    chosen = [each for each in judged if each.reason is None]
    if kind is Kind.APPRAISAL and not choice.numbers:
        chosen = [each for each in chosen if each.answer and each.answer.outcome is Outcome.REVIEW]
    if not chosen and not choice.paper:
        raise NothingToListError(kind)
    if len(chosen) + len(choice.paper) > MOST_LISTED:
        expected = _("at most {count} records on one list").format(count=MOST_LISTED)
        raise NotOnListError(list_name(kind), expected, str(len(chosen) + len(choice.paper)))
    return chosen


def _listable(setting: Setting, record: Record, units: set[str]) -> Record:
    if record.sheet:
        raise NotOnListError(record.number, _("a sheet, with which its rows go"), _("a row"))
    if record.unit not in units:
        found = setting.shown_name(record.unit)
        raise NotOnListError(record.number, _("a record of the list's unit or below"), found)
    return record


def _check_paper(lines: Sequence[Mapping[str, str]], today: date) -> None:
    """Refuse what exists on paper alone before its period is over; a date that is none the form itself refuses.

    Raises:
        NotOnListError: a line does not say when it is due.
        NotEligibleError: some are not due.
    """
    early: list[tuple[str, Reason]] = []
    for place, line in enumerate(lines, 1):
        name, due_on = line.get("number", "") or str(place), line.get("due_on", "")
        if not due_on:
            raise NotOnListError(name, _("the day from which it may go (due_on)"), _("nothing"))
        try:
            is_early = parse_date(due_on, "due_on") > today
        except InvalidInputError:
            continue
        if is_early:
            early.append((name, Reason("not_due", due_on)))
    if early:
        raise NotEligibleError(list_name(Kind.DESTRUCTION), early)


def as_it_stands(desk: RetentionDesk, record: Record) -> Item:
    """A record as a list names it now."""
    act, state = settled_state(record.history)
    rows = row_states(desk.setting.snapshot, record) if record.is_sheet else ()
    return Item(record.subject, record.number, act, state, rows=rows)


def item_of(judged: Judged, *, pages: int | None = None, said: Proposal | None = None) -> Item:
    """An item as it is frozen: the record's state, and the rule by which it goes."""
    item, record, answer = judged.item, judged.record, judged.answer
    assert record is not None and answer is not None  # noqa: S101, PT018 - what was chosen stands
    rule = _rule_of(answer)
    return Item(
        item.subject,
        item.number,
        item.act,
        item.state,
        rule.id if rule else "",
        rule.source if rule else "",
        rule.authority if rule else "",
        answer.due_on.isoformat() if answer.due_on else "",
        pages,
        medium_of(record),
        item.rows,
        said.decision if said else "",
        said.until.isoformat() if said and said.until else "",
        said.why if said else (answer.decision.reason if answer.decision else ""),
    )


def _rule_of(answer: Eligibility) -> Rule | None:
    return answer.deciding.rule if answer.deciding else None


# ---- what is printed of it -------------------------------------------------------------------------------------------


def line_of(judged: Judged, pages: int | None) -> dict[str, object]:
    """What a list prints of a record: number, title of its form, dates as far as it has them, period and pages."""
    record, answer = judged.record, judged.answer
    assert record is not None and answer is not None  # noqa: S101, PT018 - what was chosen stands
    rule = _rule_of(answer)
    line: dict[str, object] = {
        "record_number": record.number,
        "record_title": _title(record.form, record, len(judged.item.rows)),
        "created_on": record.closed_on or str(record.opening["on"]),
        "period": _period(rule),
    }
    if due_on := _due_on(record, answer):
        line["due_on"] = due_on
    if pages is not None:
        line["pages"] = str(pages)
    return line


def _due_on(record: Record, answer: Eligibility) -> str:
    """From when a record may go: the end of its period; of a copy without one the day its original changed hands."""
    if answer.due_on is not None:
        return answer.due_on.isoformat()
    handed_over = [str(act.content["on"]) for act in record.history.told if act.kind == "transfer"]
    return handed_over[-1] if handed_over else ""


def _paper_line(given: Mapping[str, str]) -> dict[str, object]:
    """A line for what exists on paper alone; what is missing the form itself will ask for."""
    names = {"number": "record_number", "title": "record_title"}
    line: dict[str, object] = {names.get(name, name): value for name, value in given.items() if value}
    return {**line, "medium_kept": "paper"}


def _title(form: Form, record: Record, row_count: int) -> str:
    """What a record is called on a list: its form's title and, of a sheet, how many rows it has; never a value."""
    return f"{form.title.zh}，{row_count} 行" if record.is_sheet else form.title.zh


def _period(rule: Rule | None) -> str:
    if rule is None or rule.period is None:
        return "永久"
    parts = [(rule.period.years, "年"), (rule.period.months, "个月")]
    return "".join(f"{count} {name}" for count, name in parts if count) or "0 年"


def medium_of(record: Record | None) -> str:
    """On what a record is kept: an original on paper has its electronic copy here."""
    if record is None:
        return "electronic"
    form = record.form
    return "both" if form.original == "paper" or form.medium in {"both", "paper"} else "electronic"


def _opinion(said: Proposal) -> str:
    if said.decision == "keep":
        return "extend" if said.until else "permanent"
    return said.decision


def _opinion_on(judged: Judged) -> str:
    """Why it goes: what an appraisal said, else the rule."""
    answer = judged.answer
    if answer is not None and answer.decision is not None:
        return answer.decision.reason
    rule = _rule_of(answer) if answer else None
    return f"期满（{rule.authority}）" if rule else "期满"


def pages_of(root: StorageRoot, record: Record | None) -> int | None:
    """How many pages the archived PDF has; None where there is none to count."""
    if record is None:
        return None
    try:
        return page_count(root.read_file(record.subject, file_name(record.number) + _PDF))
    except RecordkeeperError:
        return None
