"""Reading one record: what it says, what was amended, who signed what, what comes next; in the language in use.

Who may read is asked in ``access``; an auditor's reading, or that of a confidential form, leaves its event. Nothing is
printed here. This module is longer than most because all that a reader sees of one record is one thing to read.

Source: ISO 9001, 7.5.3.1; P-7, P-11; I-5
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import cast

from recordkeeper.amount import amount
from recordkeeper.documents.printout import Printout, print_pdfs
from recordkeeper.errors import MissingError, RecordError
from recordkeeper.language import current_language, listing
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import (
    PENDING,
    Amendment,
    Change,
    Version,
    show_versions,
)
from recordkeeper.model.canonical import Json
from recordkeeper.model.consent import Asked, asked_of
from recordkeeper.model.disposition import SAYS_NOTHING
from recordkeeper.model.erased import ERASED_TEXT, is_erased, tombstone_in
from recordkeeper.model.erasure import erasures_of, place_of_state, title_of_place
from recordkeeper.model.event import ERASE
from recordkeeper.model.issued_copy import copies_of
from recordkeeper.model.lateness import lateness_of
from recordkeeper.model.person import AUDITOR
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State, value_at
from recordkeeper.model.rendition import MEANINGS
from recordkeeper.model.rich_text import RichText, Span, plain, struck_out
from recordkeeper.model.section import FormField
from recordkeeper.model.signature import Signature
from recordkeeper.model.step import Step
from recordkeeper.model.subject import name_of, record_subject
from recordkeeper.model.transfer import receiver_of
from recordkeeper.model.value import SCALE_NAMES, parse_moment
from recordkeeper.register.acts import Register
from recordkeeper.register.disposal import tombstone_of
from recordkeeper.services.access import may_be_told, readable
from recordkeeper.services.consent import check_may_print
from recordkeeper.services.people import SESSION_LASTS, Actor, person_of
from recordkeeper.services.preservation import record_file
from recordkeeper.services.reading_right import readers_of
from recordkeeper.services.record_view import (
    CLOSE,
    COUNTERSIGN,
    FILL,
    REISSUE,
    SIGN,
    AmendmentView,
    AttachmentView,
    ChangeView,
    CopyView,
    DoneView,
    ErasureView,
    EventView,
    FieldView,
    RecordView,
    RequestView,
    RowView,
    SectionView,
    SignatureView,
    StepView,
)
from recordkeeper.services.rendering import mark_of, printed_record, render_record
from recordkeeper.services.reporting import source_records
from recordkeeper.services.retrieval import lives_of, load, rows_of, standing_record
from recordkeeper.services.setting import Setting
from recordkeeper.services.signing import is_signature_valid

_GONE = {State.VOID, State.REPLACED, State.DISPOSED}


class NotYetKnownError(RecordError, MissingError):
    """Nothing of the record was known on that day."""

    def __init__(self, number: str, on: date, entered_on: str) -> None:
        super().__init__(
            _("{number}: nothing was known on {day}: entered on {entered}").format(
                number=number, day=on.isoformat(), entered=entered_on
            ),
            subject=number,
            expected=_("a day from {entered} on").format(entered=entered_on),
            found=on.isoformat(),
        )


# ---- the acts of reading -------------------------------------------------------------------------------------------


def show(register: Register, actor: Actor, now: datetime, number: str, on: date | None = None) -> RecordView:
    """One record as it stands, or as it was known at the end of a day.

    Raises:
        UnknownRecordError: no such record.
        MayNotReadError: no right to read it.
        NotYetKnownError: nothing of it was known that day.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        record = readable(setting, actor, number)
        is_noted = is_reading_noted(setting, actor, record)
        known = record if on is None else known_on(record, on)
        view = view_of(setting, actor, known, on)
    if is_noted:
        note_reading(register, actor, now, record.subject)
    return view


def history(register: Register, actor: Actor, now: datetime, number: str) -> tuple[str, list[EventView]]:
    """A record's number and the events of its life, refusals and readings included.

    Raises:
        UnknownRecordError: no such record.
        MayNotReadError: no right to read it.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        record = readable(setting, actor, number)
        is_noted = is_reading_noted(setting, actor, record)
        around = setting.surroundings
        requests = _requests_by_act(record)
        events = [
            EventView(
                index=event.index,
                kind=event.kind,
                act=event.act_number,
                by=event.actor,
                name=setting.shown_name(event.actor),
                at=event.entered_at,
                local=around.local(event.entered_at),
                occurred_at=event.occurred_at,
                occurred_local=around.local(event.occurred_at),
                effective_at=event.effective_at or "",
                state_digest=event.state_digest or "",
                flags=tuple(event.flags.split()),
                request=requests.get(event.act_number or 0) if event.kind in {"ask", "consent"} else None,
            )
            for subject in lives_of(snapshot, record.subject)
            for event in snapshot.events_of(subject)
        ]
    if is_noted:
        note_reading(register, actor, now, record.subject)
    return record.number, events


def render(register: Register, actor: Actor, now: datetime, number: str) -> tuple[str, bytes]:
    """A record as a Word document, and the number of what was printed: for a row that of its sheet.

    Raises:
        UnknownRecordError: no such record.
        MayNotReadError: no right to read it.
        AlteredTemplateError: the stored template is not the one approved.
    """
    printed, docx, _attached = _rendered(register, actor, now, number)
    return printed.number, docx


def render_pdf(register: Register, actor: Actor, now: datetime, number: str) -> tuple[str, bytes]:
    """As ``render``, as PDF/A with the acts that it shows attached as JSON.

    What is open says that it is a draft, and what is void says so, across the page.

    Raises:
        LibreOfficeMissingError: there is no LibreOffice.
        Others: as ``render``.
    """
    printed, docx, attached = _rendered(register, actor, now, number)
    return printed.number, print_pdfs({printed.number: Printout(docx, mark_of(printed), attached)})[printed.number]


def _rendered(register: Register, actor: Actor, now: datetime, number: str) -> tuple[Record, bytes, bytes]:
    """What is printed of a record, its Word document, and the acts that this shows; what is finished is copied so."""
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        record = readable(setting, actor, number)
        check_may_print(setting, actor, record)
        is_noted = is_reading_noted(setting, actor, record)
        printed = printed_record(snapshot, record)
        if printed.subject != record.subject:  # a part in one row, or consent to it, is none in the others
            check_may_print(setting, actor, readable(setting, actor, printed.number))
        docx = render_record(snapshot, setting, printed)
        rows = rows_of(snapshot, printed) if printed.is_sheet else []
    if is_noted:
        note_reading(register, actor, now, record.subject)
    return printed, docx, record_file(printed.history, [row.history for row in rows])


# ---- who may read --------------------------------------------------------------------------------------------------


def is_reading_noted(setting: Setting, actor: Actor, record: Record) -> bool:
    """Whether this reading leaves an event: an auditor's, or that of a form which not everybody may read."""
    is_confidential = bool(readers_of(setting, record.form, record.unit))
    return is_confidential or AUDITOR in setting.standing(actor.subject, record.unit).roles


def note_reading(register: Register, actor: Actor, now: datetime, subject: str | None) -> None:
    """Leave the event of a reading, one a session and subject."""
    if subject is not None:
        with register.reading() as snapshot:
            if snapshot.has_read(actor.subject, subject, since=now - SESSION_LASTS):
                return
    with register.writing(now=now) as transaction:
        transaction.note("read", actor=actor.subject, subject=subject)


# ---- what a record says --------------------------------------------------------------------------------------------


def known_on(record: Record, on: date) -> Record:
    """The record as it was known at the end of a local day.

    Raises:
        NotYetKnownError: it was entered later.
    """
    last = 0
    for act in record.history.told[1:]:
        if parse_moment(act.at).astimezone(record.zone).date() > on:
            break
        last = act.number
    if last == 0:
        raise NotYetKnownError(record.number, on, str(record.opening["on"]))
    return Record.replay(record.form, record.history.up_to(last))


def view_of(setting: Setting, actor: Actor, record: Record, on: date | None = None) -> RecordView:
    """All that a reader sees of ``record``.

    Args:
        setting: where names are looked up.
        actor: who reads it, and is told of what else was destroyed only where they might have read that.
        record: as it stands, or stood.
        on: the day whose knowledge is asked for; None for today's.
    """
    opening = record.opening
    party, premises = str(opening.get("party") or ""), str(opening.get("premises") or "")
    occurred, late = str(opening.get("occurred") or ""), lateness_of(opening)
    signatures = tuple(_signature(setting, record, each) for each in record.signatures)
    disposed, untold = disposed_sources(setting, actor, record) if on is None else ({}, 0)
    today = on or setting.today
    return RecordView(
        number=record.number,
        subject=record.subject,
        title=record.form.title.in_language(current_language()),
        form=record.form.code,
        revision=record.form.revision,
        state=str(record.state),
        known_on=on.isoformat() if on else "",
        unit=record.unit,
        unit_name=setting.shown_name(record.unit),
        entered_on=str(opening["on"]),
        entered_by=str(opening["name"]),
        closed_on=record.closed_on if record.state not in {State.OPEN, State.PENDING} else "",
        party=party,
        party_name=setting.shown_name(party),
        premises=premises,
        premises_code=setting.shown_name(premises),
        sheet=name_of(record.sheet),
        is_late_row=bool(opening.get("late")),
        occurred=setting.surroundings.local(occurred) if occurred else "",
        late_days=late.days if late else 0,
        late_reason=late.reason if late else "",
        checkpoint=str(opening.get("checkpoint", "")),
        replaces=record.replaces,
        successor=record.successor,
        void_reason=record.void_reason,
        transferred_by=record.transferred_by,
        transferred_to=_transferred_to(setting, record),
        is_outdated=on is None and is_outdated(setting, record),
        disposed_sources=disposed,
        untold_sources=untold,
        sections=tuple(_section(setting, record, step, signatures, today) for step in record.steps_in_order()),
        amendments=tuple(_amendment(setting, record, each) for each in record.amendments),
        attachments=tuple(_attachments(setting, record)),
        copies=tuple(_copies(setting, record)),
        signatures=signatures,
        rows=tuple(_rows_of_sheet(setting, record, on)),
        next=tuple(next_steps(setting, record, today)),
        act_count=record.history.count,
        state_digest=record.history.digests[-1],
        erasures=tuple(_erasures(setting, record)),
        requests=tuple(request_view(each) for each in asked_of(record)),
    )


def request_view(asked: Asked) -> RequestView:
    """One request as a reader of the record sees it."""
    answer = "open" if not asked.is_answered else "consented" if asked.until else "refused"
    return RequestView(
        number=asked.number,
        by=asked.name,
        use=asked.use,
        reason=asked.reason,
        on=asked.on,
        state=answer,
        until=asked.until,
        answered_by=asked.answered_by,
        refused_because=asked.refused_because,
    )


def _requests_by_act(record: Record) -> dict[int, RequestView]:
    """What each act asked for or answered, by the act's number; what an erasure carried over is told in one act."""
    several = asked_of(record)
    found: dict[int, RequestView] = {}
    asked = 0
    for act in record.history.told[1:]:
        if act.kind == "ask":
            open_one = replace(several[asked], is_answered=False, until="", answered_by="", refused_because="")
            found[act.number] = request_view(open_one)
            asked += 1
        elif act.kind == "consent":
            found[act.number] = request_view(several[int(str(act.content["asked"])) - 1])
    return found


def _erasures(setting: Setting, record: Record) -> Iterator[ErasureView]:
    for each in erasures_of(record):
        by = setting.shown_name(each.by)
        titles = tuple(title_of_place(record, place, current_language()) for place in each.places)
        yield ErasureView(each.places, titles, each.list, each.tombstone, each.basis, each.on, by)


def next_steps(setting: Setting, record: Record, today: date) -> Iterator[StepView]:
    """What may be done next on ``record``, and by whom."""
    if record.state is State.VOID and record.replaces:
        former = standing_record(setting.snapshot, record.replaces)
        if former is not None and former.successor == record.number:
            yield _reissue_step(setting, former)
    elif record.state is State.REPLACED:
        successor = standing_record(setting.snapshot, record.successor)
        if successor is not None and successor.state is State.VOID:
            yield _reissue_step(setting, record)
    if record.state not in {State.OPEN, State.PENDING}:
        return
    for step in record.open_steps:
        section = record.section(step.section)
        yield StepView(
            act=SIGN if record.is_step_filled(step) else FILL,
            section=str(step),
            title=_step_title(record, step),
            by=tuple(setting.shown_name(role) for role in _still_to_sign(record, step)),
            is_optional=section.optional,
            **asdict(_time_of(setting, record, step, today)),
        )
    if record.is_closed_by_hand_alone:
        keepers = dict.fromkeys(role for section in record.form.sections for role in record.roles_of(section))
        by = tuple(map(setting.shown_name, keepers))
        yield StepView(CLOSE, "", "", by)
    yield from _awaited_signatures(setting, record)


def _awaited_signatures(setting: Setting, record: Record) -> Iterator[StepView]:
    """The counter-signatures that amendments await, and those of the outside party on paper."""
    rule = record.form.amendment.countersign
    party = str(record.opening.get("party") or "party")
    for amendment in record.pending_amendments:
        numbers = listing(str(change.number) for change in amendment.changes if not change.is_computed)
        if amendment.countersign == PENDING:
            by = tuple(setting.shown_name(role) for role in (rule.by if rule else ()))
            yield StepView(COUNTERSIGN, numbers, "", by)
        if amendment.party.state == PENDING:
            by = (setting.shown_name(party),)
            yield StepView(COUNTERSIGN, numbers, _("on paper"), by)


def _reissue_step(setting: Setting, record: Record) -> StepView:
    """That ``record``, whose successor is void, be re-issued again: until then none of the two is in force."""
    roles = dict.fromkeys(role for section in record.sections for role in record.roles_of(section))
    title = _("{number}, for neither it nor its successor is in force").format(number=record.number)
    return StepView(REISSUE, "", title, tuple(map(setting.shown_name, roles)), is_optional=True)


def _step_title(record: Record, step: Step) -> str:
    """The section's title, with the choice or row that it is repeated for, and the round."""
    section, language = record.section(step.section), current_language()
    title = section.title.in_language(language)
    if step.item:
        title = f"{title} · {record.item_title(section, step.item)[language == 'en']}"
    if record.loop_of(section):
        title = _("{title}, round {number}").format(title=title, number=step.round)
    return title


def _still_to_sign(record: Record, step: Step) -> list[str]:
    section = record.section(step.section)
    roles = record.roles_of(section, step.item)
    if section.sign != "all":
        return roles
    signed = {signature.role for signature in record.signatures_at(step)}
    return [role for role in roles if role not in signed]


def is_outdated(setting: Setting, record: Record) -> bool:
    """Whether a record that this one is computed from has changed since; being archived or destroyed is no change."""
    for name, then in _sources_cited(record):
        now = {
            str(each["number"]): str(each["digest"]) for each in source_records(setting, record, name, record.values)
        }
        gone = {number for number in _disposed(setting, then) if standing_record(setting.snapshot, number) is None}
        if now.keys() != then.keys() - gone:
            return True
        if any(now[number] != then[number] and _has_changed(setting, number, then[number]) for number in now):
            return True
    return False


def disposed_sources(setting: Setting, actor: Actor, record: Record) -> tuple[dict[str, int], int]:
    """The records that this one is computed from and that were destroyed since.

    Returns:
        Those that ``actor`` might have read, each with its tombstone, and how many others there are.

    Source: M-7
    """
    found: dict[str, int] = {}
    for _name, then in _sources_cited(record):
        found |= _disposed(setting, then)
    told = {number: stone for number, stone in found.items() if may_be_told(setting, actor, record_subject(number))}
    return told, len(found) - len(told)


def _sources_cited(record: Record) -> Iterator[tuple[str, dict[str, str]]]:
    """The name of each source of a statistics record, with number and state digest of every record it cites."""
    if record.is_sheet or not record.form.sources or record.state in _GONE:
        return
    for filled in record.saved.values():
        content = record.history.acts[filled.act_number].told.content
        given = cast("Mapping[str, object]", content.get("fill") or content)
        listed = cast("Mapping[str, Sequence[Mapping[str, str]]]", given.get("sources") or {})
        for name, sources in listed.items():
            yield name, {each["number"]: each["state"] for each in sources}


def _disposed(setting: Setting, numbers: Iterable[str]) -> dict[str, int]:
    """Those of the records whose state is gone, with the tombstone: destroyed, or gone on after an erasure."""
    stones = {number: tombstone_of(setting.snapshot, record_subject(number)) for number in numbers}
    return {number: cast("int", stone["tombstone"]) for number, stone in stones.items() if stone is not None}


def _has_changed(setting: Setting, number: str, state: str) -> bool:
    """Whether a record says something else than in that state; that values were erased since is no change."""
    history = load(setting.snapshot, number).history
    place = place_of_state(history, state)
    return place is None or any(act.kind not in {*SAYS_NOTHING, ERASE} for act in history.told[place + 1 :])


@dataclass(frozen=True, slots=True)
class _Time:
    """By when and from when a step is to be done, as the views say it."""

    due_on: str = ""
    due_at: str = ""
    due_local: str = ""
    is_provisional: bool = False
    not_before: str = ""
    is_late: bool = False


def _time_of(setting: Setting, record: Record, step: Step, today: date) -> _Time:
    is_done, due = record.is_step_complete(step), record.deadline_at(step)
    earliest = None if is_done else record.earliest(record.section(step.section))
    is_awaited = record.state in {State.OPEN, State.PENDING} and not is_done
    now = setting.moment.at if today == setting.today else ""
    is_overdue = due is not None and is_awaited and due.is_past(today, now)
    return _Time(
        due_on=due.on.isoformat() if due else "",
        due_at=due.at if due else "",
        due_local=setting.surroundings.local(due.at) if due and due.at else "",
        is_provisional=due.is_provisional if due else False,
        not_before=earliest.on.isoformat() if earliest else "",
        is_late=is_overdue or (is_done and record.is_late(step)),
    )


def _section(
    setting: Setting, record: Record, step: Step, signatures: Sequence[SignatureView], today: date
) -> SectionView:
    section, filled = record.section(step.section), record.saved.get(step)
    is_present = step.round == record.round_of(section)
    is_needed = (record.is_needed(section) and is_present) or filled is not None
    changes = record.changes_at(step)
    values = filled.values if filled else {}
    return SectionView(
        id=section.id,
        step=str(step),
        round=step.round,
        item=step.item,
        title=_step_title(record, step),
        state=_state_of(record, step, is_needed=is_needed),
        roles=tuple(record.roles_at(step)),
        filled_by=filled.name if filled else "",
        filled_for=filled.filled_for if filled else "",
        filled_at=filled.at if filled else "",
        **asdict(_time_of(setting, record, step, today) if is_needed else _Time()),
        fields=tuple(_field(setting, each, values, changes) for each in section.all_fields) if filled else (),
        signatures=tuple(each for each in signatures if each.section == str(step)),
    )


def _state_of(record: Record, step: Step, *, is_needed: bool) -> str:
    if not is_needed:
        return "not needed"
    if record.is_step_complete(step):
        return "complete"
    if step in record.saved:
        return "filled"
    is_open = step in record.open_steps and record.state in {State.OPEN, State.PENDING}
    return "open" if is_open else "waiting"


Changes = Mapping[str, Sequence[tuple[Amendment, Change]]]


def _field(setting: Setting, each: FormField, values: Mapping[str, Json], changes: Changes) -> FieldView:
    title, value = each.title.in_language(current_language()), values.get(each.id)
    if each.type != "rows":
        return FieldView(each.id, title, each.type, value, _text(setting, each, value, changes.get(each.id, ())))
    rows = cast("Sequence[Mapping[str, Json]]", value or [])
    cells = tuple(
        tuple(
            FieldView(
                f"{each.id}.{number}.{column.id}",
                column.title.in_language(current_language()),
                column.type,
                row.get(column.id),
                _text(setting, column, row.get(column.id), changes.get(f"{each.id}.{number}.{column.id}", ())),
            )
            for column in each.columns
        )
        for number, row in enumerate(rows, 1)
    )
    return FieldView(each.id, title, each.type, value, (), cells)


def _text(setting: Setting, each: FormField, value: Json, history: Sequence[tuple[Amendment, Change]]) -> RichText:
    """A value with its struck predecessors; one whose counter-signature was refused stands again."""
    if not history:
        return plain(text_of_value(setting, each, value))
    versions = [Version(text_of_value(setting, each, history[0][1].old))]
    for amendment, change in history:
        versions.append(Version(text_of_value(setting, each, change.new), change.number))
        if amendment.is_refused:
            versions.append(Version(text_of_value(setting, each, change.old)))
    return show_versions(versions)


def text_of_value(setting: Setting, each: FormField, value: Json) -> str:
    """A canonical value as it reads on a screen, in the language in use; nothing for an empty one."""
    if value is None:
        return ""
    if is_erased(value):
        return _("{erased} (tombstone {count})").format(erased=ERASED_TEXT, count=tombstone_in(value))
    language = current_language()
    match each.type:
        case "choice":
            names = {choice.id: choice.in_language(language) for choice in each.choices}
            chosen = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
            return (", " if language == "en" else "、").join(names.get(one, one) for one in chosen)
        case "scale":
            return SCALE_NAMES[str(value)][language == "en"]
        case "yes_no":
            return _("yes") if value is True else _("no")
        case "moment":
            return setting.surroundings.local(str(value))
        case "person" | "party" | "premises" | "role":
            return setting.shown_name(str(value))
        case "rows":
            return amount("rows", len(cast("Sequence[Json]", value)))
        case _:
            return f"{value}{each.suffix or ''}"


def _signature(setting: Setting, record: Record, signature: Signature) -> SignatureView:
    content = record.history.acts[signature.act_number].told.content
    before = record.history.up_to(signature.act_number - 1)
    is_valid: bool | None = None
    if signature.method != "paper" and not signature.signed_state:
        had_key = person_of(setting.snapshot, signature.signer).had_key(
            str(content.get("public_key", "")), parse_moment(signature.at)
        )
        is_valid = had_key and is_signature_valid(before, record.revision, content)
    return SignatureView(
        act=signature.act_number,
        section=str(signature.step) if signature.section else "",
        name=signature.name,
        role=setting.shown_name(signature.role),
        meaning=MEANINGS[signature.meaning][current_language() == "en"],
        method=signature.method,
        at=signature.at,
        local=setting.surroundings.local(signature.at, "%Y-%m-%d %H:%M:%S %z"),
        witness=signature.witness,
        entered_by=signature.entered_by,
        scan=str(content.get("scan", "")),
        is_unattended=signature.unattended,
        is_valid=is_valid,
        signed_act=before.count,
        signed_state=signature.signed_state or before.digests[-1],
        amended_after=tuple(
            change.number
            for amendment in record.amendments
            if amendment.act_number > signature.act_number
            for change in amendment.changes
        ),
        is_carried=bool(signature.signed_state),
    )


def _amendment(setting: Setting, record: Record, amendment: Amendment) -> AmendmentView:
    around = setting.surroundings
    return AmendmentView(
        act=amendment.act_number,
        changes=tuple(_change(setting, record, change) for change in amendment.changes),
        reason=amendment.reason,
        nature=amendment.nature,
        by=amendment.name,
        at=amendment.at,
        local=around.local(amendment.at),
        countersign=amendment.countersign,
        countersigned_by=amendment.countersigned_by,
        countersigned_at=amendment.countersigned_at,
        countersign_reason=amendment.countersign_reason,
        party=amendment.party.state,
        party_signer=amendment.party.name,
        party_signed_at=amendment.party.at,
        party_witness=amendment.party.witness,
        party_entered_by=amendment.party.entered_by,
        party_reason=amendment.party.reason,
    )


def _change(setting: Setting, record: Record, change: Change) -> ChangeView:
    name, _dot, cell = change.field.partition(".")
    each = next(each for section in record.sections for each in section.all_fields if each.id == name)
    title = each.title.in_language(current_language())
    if cell:
        row, _dot, column = cell.partition(".")
        each = next(one for one in each.columns if one.id == column)
        title = _("{field}, row {row}, {column}").format(
            field=title, row=row, column=each.title.in_language(current_language())
        )
    old, new = (text_of_value(setting, each, value) for value in (change.old, change.new))
    shown = show_versions((Version(old or "/"), Version(new or "/", change.number)))
    return ChangeView(change.number, change.path, title, change.old, change.new, shown, change.is_computed)


def _attachments(setting: Setting, record: Record) -> Iterator[AttachmentView]:
    for each in record.attachments:
        yield AttachmentView(
            act=each.act_number,
            name=each.name,
            media_type=each.media_type,
            size=each.size,
            digest=each.digest,
            by=setting.shown_name(each.by),
            at=each.at,
            local=setting.surroundings.local(each.at),
        )


def _copies(setting: Setting, record: Record) -> Iterator[CopyView]:
    for each in copies_of(record):
        yield CopyView(
            act=each.act_number,
            token=each.token,
            recipient=each.recipient,
            by=each.name,
            at=each.at,
            local=setting.surroundings.local(each.at),
        )


def _rows_of_sheet(setting: Setting, sheet: Record, on: date | None) -> Iterator[RowView]:
    if not sheet.is_sheet:
        return
    for row in rows_of(setting.snapshot, sheet):
        try:
            known = row if on is None else known_on(row, on)
        except NotYetKnownError:
            continue
        texts = [
            _text(setting, each, value_at(filled.values, each.id), known.changes_at(step).get(each.id, ()))
            for step in known.steps_in_order()
            if (filled := known.saved.get(step))
            for each in known.section(step.section).all_fields
            if each.type != "rows"
        ]
        shown: list[Span] = []
        for text in filter(None, texts):
            shown += [Span(" · "), *text] if shown else text
        yield RowView(
            number=known.number,
            state=str(known.state),
            text=struck_out(tuple(shown)) if known.state is State.VOID else tuple(shown),
            recorded_by=str(known.opening["name"]),
            is_late=bool(known.opening.get("late")),
            pending_amendments=len(known.pending_amendments),
        )


def done(register: Register, now: datetime, record: Record) -> DoneView:
    """What whoever has just acted on ``record`` is told: where it stands, and what comes next.

    Raises:
        RegisterError: the database fails now; the act stands, and ``done_alone`` tells it.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        return done_alone(record, tuple(next_steps(setting, record, setting.today)))


def done_alone(record: Record, steps: tuple[StepView, ...] = ()) -> DoneView:
    """As ``done``, of the record alone: nothing is read for it."""
    act = record.history.acts[-1]
    return DoneView(
        number=record.number,
        subject=record.subject,
        act=act.kind,
        act_number=act.number,
        state=str(record.state),
        state_digest=record.history.digests[-1],
        next=steps,
        sheet=name_of(record.sheet),
    )


def _transferred_to(setting: Setting, record: Record) -> str:
    """Whom a record that is kept as a copy was handed over to; empty for any other."""
    listed = standing_record(setting.snapshot, record.transferred_by) if record.transferred_by else None
    return receiver_of(listed) if listed is not None else ""
