"""The acts of a record, one function each: load, decide, commit in one transaction.

Nothing is rendered and nothing is archived here; the publisher does both afterwards. It is longer than most modules
because all acts of a record stand here side by side.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.erased import left_of
from recordkeeper.model.event import SALT_BYTES, History, head_act
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.lateness import NothingLateError, late_entry, matter_of
from recordkeeper.model.numbering import series_of
from recordkeeper.model.record import Record, open_record
from recordkeeper.model.record_guard import NotItsTurnError, persons_in
from recordkeeper.model.record_state import State
from recordkeeper.model.section import Section
from recordkeeper.model.sheet import is_closed
from recordkeeper.model.standing import Standing
from recordkeeper.model.step import Step
from recordkeeper.model.subject import base_of, name_of, record_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.disposal import lock_standing
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.access import check_has_part, readable, record_for
from recordkeeper.services.catalogue import code_of, revision_in_force
from recordkeeper.services.choosing import check_chosen
from recordkeeper.services.company import unit_of
from recordkeeper.services.disposal_list import settle_list
from recordkeeper.services.held import hold_new
from recordkeeper.services.installation import check_installed_for
from recordkeeper.services.people import Actor, Signer, person_of
from recordkeeper.services.print_token import new_token
from recordkeeper.services.relation import (
    Planned,
    check_needs,
    plan,
    series_opened,
    start_values,
    take_number,
    taken_from_source,
    with_opened,
)
from recordkeeper.services.reporting import sources_of
from recordkeeper.services.retrieval import listed_rows, load, standing_record
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting
from recordkeeper.services.sheet import sheet_for
from recordkeeper.services.signing import signed
from recordkeeper.tlog.checkpoint import short_checkpoint, unverified_checkpoint

Raw = Mapping[str, object]
_OF_FIRST_FILL = {"section", "round", "item", "calendar", "values", "filled_for", "sources", "tables"}


class NeedsValuesError(RecordError, InvalidInputError):
    """A row of a register cannot be opened without its first values."""

    def __init__(self, code: str, section: str) -> None:
        super().__init__(
            _("{code}: a row is entered with the values of {section}").format(code=code, section=section),
            subject=code,
            expected=_("the values of {section}").format(section=section),
            found=_("nothing"),
        )


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what a new record is about, as typed.

    Args:
        unit: code or name of the unit; none to take the one where the person acts.
        party, premises: name, code or id; none where the record is about nobody in the register.
        occurred_at: UTC moment of the matter, where it is not the moment of entry.
        source: number of the record that this one follows from; unit, party and premises are then its own where none
            is given.
        late_reason: why it is entered late; compulsory where the matter lies more than a set time back.
    """

    unit: str | None = None
    party: str | None = None
    premises: str | None = None
    occurred_at: str | None = None
    source: str | None = None
    late_reason: str = ""


def new(
    register: Register,
    actor: Actor,
    now: datetime,
    form: str,
    raw: Raw | None,
    about: About,
    *,
    filled_for: str = "",
) -> Record:
    """Open a record on the revision in force, and fill its first section when values are given.

    Args:
        register: the open register.
        actor: who opens it.
        now: aware, UTC.
        form: code, printed spelling or title.
        raw: values of the first section as typed; None to leave it open.
        about: unit, party, premises, moment of the matter.
        filled_for: the name of whom it is filled for.

    Raises:
        UnknownFormError, SharedSpellingError, NotInForceError: as ``catalogue``.
        NotYoursError, ValuesRefusedError: as ``Record.fill``.
        NeedsValuesError: a row without values.
        NoLateReasonError: the matter lies more than a set time back, and there is no reason.
        NothingLateError: there is a reason, and nothing is late.
    """
    with register.writing(now=now) as transaction:
        record = new_in(transaction, actor, now, form, raw, about, filled_for=filled_for)
        if about.late_reason and "late_entry" not in record.opening:
            raise NothingLateError(record.form.code)
        return record


def new_in(
    transaction: Transaction,
    actor: Actor,
    now: datetime,
    form: str,
    raw: Raw | None,
    about: About,
    *,
    filled_for: str = "",
    replaces: Record | None = None,
    further: Content | None = None,
) -> Record:
    """As ``new``, inside a transaction: an import or re-issue commits more than one record at once.

    ``further`` is what the first act holds beside: for a list of records what the program goes by.
    """
    setting = Setting(transaction, now)
    revision = revision_in_force(transaction, code_of(transaction, form), setting.today)
    definition = revision.form
    if definition.sheet is not None and raw is None:
        raise NeedsValuesError(definition.code, definition.sections[0].called)
    source = readable(setting, actor, about.source) if about.source else None
    about = _completed(about, source)
    unit = unit_asked_for(setting, actor, definition.sections[0], about)
    check_right(transaction, actor, "record new", now, unit)
    check_installed_for(setting, definition, unit)
    check_chosen(setting, definition, unit)
    who = setting.standing(actor.subject, unit)
    opening = opening_of(transaction, setting, revision, unit, about)
    if replaces is not None:
        opening["replaces"] = replaces.number
    opening |= further or {}
    unit_code = unit_of(transaction, unit).code
    series = series_opened(transaction, definition, unit_code, setting.today) if raw is not None else []
    if series:
        transaction.lock_series(sorted({series_of(definition, unit_code), *series}), setting.today.year)
    number = take_number(transaction, setting, definition, unit_code)
    if source is not None:
        opening["source"] = _linked_by_hand(transaction, setting, source, number, definition.code, who)
    return _enter(transaction, setting, definition, number, opening, raw, who, filled_for, about.late_reason)


def _completed(about: About, source: Record | None) -> About:
    """``about`` with the unit, party and premises of the source where none is given."""
    if source is None:
        return about
    known = {name: cast("str | None", source.opening.get(name)) for name in ("party", "premises")}
    return replace(
        about,
        unit=about.unit or source.unit,
        party=about.party or known["party"],
        premises=about.premises or known["premises"],
    )


def _linked_by_hand(
    transaction: Transaction, setting: Setting, source: Record, number: str, code: str, who: Standing
) -> dict[str, Json]:
    """The act by which the source names the new record, stored; how the new record then names its source."""
    if source.sheet or source.is_sheet:
        lock_standing(transaction, source.sheet or source.subject)
        source = load(transaction, source.number)
    linked = _appended(transaction, source, source.link(number, code, who, setting.moment))
    return {"number": linked.number, "state": linked.history.digests[-1]}


def _enter(
    transaction: Transaction,
    setting: Setting,
    definition: Form,
    number: str,
    opening: dict[str, Json],
    raw: Raw | None,
    who: Standing,
    filled_for: str = "",
    late_reason: str = "",
    follows: str = "",
) -> Record:
    """Store the first act of a record whose number is taken, and what it opens in turn."""
    moment = setting.moment
    flags: list[str] = []
    # A refusal names the form, for the number is given back with it; what may be entered is entered with its number.
    unnumbered = History(record_subject(definition.code), (head_act(record_subject(definition.code), "0" * 32),))
    for head in (unnumbered, transaction.create(record_subject(number), secrets.token_hex(SALT_BYTES))):
        record = open_record(definition, head.subject, head, who, moment, opening)
        if raw is not None:
            check_needs(setting, record, record.sections[0])
            fill = _first_fill(setting, record, raw, who, filled_for)
            record = open_record(definition, head.subject, head, who, moment, {**opening, "fill": fill})
    if raw is not None:
        opening["fill"] = fill
    told, matter = str(opening.get("occurred") or ""), matter_of(definition, record.values)
    late = late_entry(definition, told, matter, setting.today, setting.zone, late_reason, follows)
    if late:
        opening["late_entry"] = late
        flags.append("late")
        record = open_record(definition, head.subject, head, who, moment, opening)
    if definition.sheet is not None:
        sheet = sheet_for(transaction, setting, record, definition.sheet, who)
        opening["sheet"] = base_of(sheet.subject)
        if is_closed(sheet):
            opening["late"] = True
            flags = ["late"]
        record = open_record(definition, head.subject, head, who, moment, opening)
    planned = plan(transaction, setting, None, record)
    if planned:
        opening["opened"] = [each.entry for each in planned]
        record = open_record(definition, head.subject, head, who, moment, opening)
    transaction.append(
        head,
        record.opening,
        record_rows(record),
        occurred_at=told or (matter if "T" in matter else None),
        flags=flags,
    )
    hold_new(transaction, record)
    _open_planned(transaction, setting, record, planned, who)
    return record


def _open_planned(
    transaction: Transaction, setting: Setting, source: Record, planned: Sequence[Planned], who: Standing
) -> None:
    """Store the records that the last act of ``source`` names as opened.

    A row of a register is entered with its first section filled; any other record begins with values that its first
    section takes when it is filled.
    """
    for each in planned:
        if each.revision is None:
            continue
        about = About(
            unit_of(transaction, source.unit).code,
            cast("str | None", source.opening.get("party")),
            cast("str | None", source.opening.get("premises")),
        )
        definition = each.revision.form
        check_installed_for(setting, definition, source.unit)
        opening = opening_of(transaction, setting, each.revision, source.unit, about)
        opening["source"] = {
            "number": source.number,
            "state": source.history.digests[-1],
            "section": each.rule.section,
        }
        start = start_values(setting, definition.sections[0], each.rule.start)
        if start and definition.sheet is None:
            opening["start"] = start
        raw = start if definition.sheet is not None else None
        # who completed the source's section opens what follows from it, whatever their role there
        roles = {by if isinstance(by, str) else about.party or "party" for by in definition.sections[0].by}
        opener = replace(who, roles=who.roles | roles)
        # nobody is asked why it is late: it follows from the source, which is named
        _enter(transaction, setting, definition, each.number, opening, raw, opener, follows=source.number)


def unit_asked_for(setting: Setting, actor: Actor, section: Section, about: About) -> str:
    """The unit of a new record: the one named, else the one where the person acts.

    Raises:
        UnknownPlaceError, SeveralPlacesError: as ``Setting.find``.
    """
    return setting.find("unit", about.unit) if about.unit else _unit_where_acting(setting, actor, section)


def _unit_where_acting(setting: Setting, actor: Actor, section: Section) -> str:
    """The one unit where the person holds a role of the first section; the company itself where there are several."""
    person = person_of(setting.snapshot, actor.subject)
    roles = {by for by in section.by if isinstance(by, str)}
    units = {grant.unit for grant in person.grants if grant.role in roles and grant.period.holds_on(setting.today)}
    return units.pop() if len(units) == 1 else ROOT_UNIT


def opening_of(snapshot: Snapshot, setting: Setting, revision: Revision, unit: str, about: About) -> dict[str, Json]:
    """What act ``new`` holds beside its head: form, unit, zone, checkpoint, print token, party, premises, its moment.

    Raises:
        UnknownPlaceError, SeveralPlacesError: as ``Setting.find``.
    """
    last = snapshot.last_checkpoint()
    opening: dict[str, Json] = {
        "form": revision.code,
        "revision": revision.revision,
        "form_state": revision.history.digests[-1],
        "unit": unit,
        "zone": setting.root.time_zone,
        "checkpoint": short_checkpoint(unverified_checkpoint(last[1])) if last else "",
        "token": new_token(),
    }
    if about.party:
        opening["party"] = setting.find("party", about.party)
    if about.premises:
        opening["premises"] = setting.find("premises", about.premises)
    if about.occurred_at:
        opening["occurred"] = about.occurred_at
    return opening


def _first_fill(setting: Setting, record: Record, raw: Raw, who: Standing, filled_for: str) -> Content:
    section = record.sections[0]
    given = {**defaults_of(setting, record, section), **raw}
    sources = sources_of(setting, record, section, given)
    fill = record.fill(section.id, given, who, setting.moment, setting.reading, filled_for=filled_for, sources=sources)
    return {key: value for key, value in fill.items() if key in _OF_FIRST_FILL}


def fill(
    register: Register,
    actor: Actor,
    now: datetime,
    number: str,
    section: str | None,
    raw: Raw,
    *,
    filled_for: str = "",
) -> Record:
    """Fill a section: the one named, else the next that the person may fill.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.fill``.
    """
    with register.writing(now=now) as transaction:
        return fill_in(transaction, actor, now, number, section, raw, filled_for=filled_for)


def fill_in(
    transaction: Transaction,
    actor: Actor,
    now: datetime,
    number: str,
    section: str | None,
    raw: Raw,
    *,
    filled_for: str = "",
) -> Record:
    """As ``fill``, inside a transaction: an import saves a row and its reply at once."""
    setting, record, who = _loaded(transaction, actor, now, "record fill", number)
    step = record.step(section) if section else next_to_fill(record, who)
    chosen = record.section(step.section)
    given = {**defaults_of(setting, record, chosen), **raw}
    content = record.fill(
        str(step),
        given,
        who,
        setting.moment,
        setting.reading,
        filled_for=filled_for,
        sources=sources_of(setting, record, chosen, given),
        rows=listed_rows(setting.snapshot, record),
    )
    check_needs(setting, record, chosen)
    return _decided(transaction, setting, record, content, who)


def next_to_fill(record: Record, who: Standing) -> Step:
    """The step that is filled when none is named: the first open one that is theirs, else the first open one.

    Raises:
        NotItsTurnError: nothing is to be filled now, only signed.
    """
    unfilled = [
        step for step in record.open_steps if step not in record.saved and record.section(step.section).all_fields
    ]
    theirs = [step for step in unfilled if _is_theirs(record, step, who)]
    required = [step for step in theirs if not record.section(step.section).optional]
    found = required or theirs or unfilled
    if not found and record.open_steps and record.state in {State.OPEN, State.PENDING}:
        found_instead = _("{sections}, which waits for a signature").format(
            sections=listing(map(record.called, record.open_steps))
        )
        raise NotItsTurnError(record.number, _("fill"), _("a section to be filled"), found_instead)
    return found[0] if found else _last_step(record)


def _is_theirs(record: Record, step: Step, who: Standing) -> bool:
    return who.has_any(record.roles_of(record.section(step.section), step.item))


def _last_step(record: Record) -> Step:
    """Where nothing is open: what is refused names the last section."""
    steps = record.steps_of(record.sections[-1])
    return steps[-1] if steps else Step(record.sections[-1].id)


def defaults_of(setting: Setting, record: Record, section: Section) -> dict[str, object]:
    """What fields take when nothing is given: from party and premises, or from the record that this one replaces."""
    about = {kind: cast("str", record.opening[kind]) for kind in ("party", "premises") if kind in record.opening}
    facts = setting.facts_of(about.get("party"), about.get("premises"))
    taken: dict[str, object] = {each.id: about[each.type] for each in section.fields if each.type in about}
    taken |= {each.id: facts[each.takes_from] for each in section.fields if each.takes_from in facts}
    taken |= taken_from_source(setting, record, section)
    if record.replaces:
        former = standing_record(setting.snapshot, record.replaces)
        known = former.values if former is not None else {}
        taken |= {each.id: left for each in section.fields if (left := left_of(known.get(each.id))) is not None}
    return taken


def sign(
    register: Register, actor: Actor, signer: Signer, now: datetime, number: str, section: str | None = None
) -> Record:
    """Sign a section: the one named, else the first that awaits a signature. One transaction a record.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.sign``.
    """
    with register.writing(now=now) as transaction:
        return sign_in(transaction, actor, signer, now, number, section)


def sign_in(
    transaction: Transaction, actor: Actor, signer: Signer, now: datetime, number: str, section: str | None = None
) -> Record:
    """As ``sign``, inside a transaction: a list is drawn up and signed at once."""
    setting, record, who = _loaded(transaction, actor, now, "record sign", number)
    step = record.step(section) if section else _next_to_sign(record, who)
    content = record.sign(str(step), who, setting.moment, rows=listed_rows(setting.snapshot, record))
    check_needs(setting, record, record.section(step.section))
    return _decided(transaction, setting, record, content, who, signer)


def _next_to_sign(record: Record, who: Standing) -> Step:
    awaiting = [step for step in record.open_steps if record.section(step.section).sign != "none"]
    theirs = [step for step in awaiting if _is_theirs(record, step, who)]
    found = [step for step in theirs or awaiting if record.is_step_filled(step)] or theirs or awaiting
    return found[0] if found else _last_step(record)


@dataclass(frozen=True, slots=True)
class Scan:
    """A signature given on paper: its scan, who signed, who saw it."""

    data: bytes
    media_type: str
    file: str
    signer_name: str
    witness: str


def sign_on_paper(
    register: Register, actor: Actor, now: datetime, number: str, section: str | None, scan: Scan
) -> Record:
    """Enter a signature given on paper; the scan is bound to the record in the same transaction.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.sign_on_paper``.
    """
    with register.writing(now=now) as transaction:
        return sign_on_paper_in(transaction, actor, now, number, section, scan)


def sign_on_paper_in(
    transaction: Transaction, actor: Actor, now: datetime, number: str, section: str | None, scan: Scan
) -> Record:
    """As ``sign_on_paper``, inside a transaction: a receipt is entered and signed at once."""
    setting, record, who = _loaded(transaction, actor, now, "record sign", number)
    record, digest = _with_scan(transaction, setting, record, who, scan)
    content = record.sign_on_paper(
        section or str(_next_to_sign(record, who)),
        who,
        setting.moment,
        signer_name=scan.signer_name,
        witness=scan.witness,
        scan=digest,
        names=setting.names_of(person for act in record.history.told[1:] for person in persons_in(act)),
    )
    check_needs(setting, record, record.section(str(content["section"])))
    return _decided(transaction, setting, record, content, who)


def amend(
    register: Register,
    actor: Actor,
    signer: Signer,
    now: datetime,
    number: str,
    raw: Raw,
    reason: str,
    nature: str,
) -> Record:
    """Strike values through and set new ones beside them; signed by its author.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.amend``.

    Source: P06-R3
    """

    def decide(setting: Setting, record: Record, who: Standing) -> Content:
        return record.amend(raw, reason, nature, who, setting.moment, setting.reading)

    return _act(register, actor, now, "record amend", number, decide, signer)


def countersign(
    register: Register,
    actor: Actor,
    signer: Signer,
    now: datetime,
    number: str,
    amendment: int,
    *,
    accepted: bool,
    reason: str = "",
) -> Record:
    """Agree to an amendment, or refuse it with a reason.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.countersign``.
    """

    def decide(setting: Setting, record: Record, who: Standing) -> Content:
        return record.countersign(amendment, who, setting.moment, accepted=accepted, reason=reason)

    return _act(register, actor, now, "record countersign", number, decide, signer)


def countersign_on_paper(
    register: Register, actor: Actor, now: datetime, number: str, amendment: int, scan: Scan
) -> Record:
    """Enter the outside party's signature under an amendment; the scan is bound to the record in the same transaction.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.countersign_on_paper``.

    Source: P06-R4
    """
    with register.writing(now=now) as transaction:
        setting, record, who = _loaded(transaction, actor, now, "record countersign", number)
        record, digest = _with_scan(transaction, setting, record, who, scan)
        content = record.countersign_on_paper(
            amendment, who, setting.moment, signer_name=scan.signer_name, witness=scan.witness, scan=digest
        )
        return _decided(transaction, setting, record, content, who)


def _with_scan(
    transaction: Transaction, setting: Setting, record: Record, who: Standing, scan: Scan
) -> tuple[Record, str]:
    """The record with a scan bound to it, and the scan's digest."""
    digest = transaction.attach(record.subject, scan.data, scan.media_type)
    bound = record.attach(digest, scan.media_type, scan.file, len(scan.data), who, setting.moment)
    return _appended(transaction, record, bound), digest


def void(register: Register, actor: Actor, now: datetime, number: str, reason: str) -> Record:
    """Void a record begun by mistake; number, content and mark stay. A row keeps its line, struck.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.void``.
    """

    def decide(setting: Setting, record: Record, who: Standing) -> Content:
        sheet = load(setting.snapshot, name_of(record.sheet)) if record.sheet else None
        return record.void(reason, who, setting.moment, is_on_open_sheet=sheet is not None and not is_closed(sheet))

    return _act(register, actor, now, "record void", number, decide)


def close(register: Register, actor: Actor, now: datetime, number: str) -> Record:
    """Close a record of which only optional sections remain.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.close``.
    """
    return _act(
        register, actor, now, "record close", number, lambda setting, record, who: record.close(who, setting.moment)
    )


def tell(
    register: Register, actor: Actor, now: datetime, number: str, trigger: str, happened_on: date, reason: str
) -> Record:
    """Tell when something happened that starts a retention period.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.tell``.
    """
    return _act(
        register,
        actor,
        now,
        "retention tell",
        number,
        lambda setting, record, who: record.tell(trigger, happened_on, reason, who, setting.moment),
    )


def attach(
    register: Register, actor: Actor, now: datetime, number: str, file: str, media_type: str, data: bytes
) -> Record:
    """Bind a file to the record by its digest.

    Raises:
        UnknownRecordError: no such record.
        Others: as ``Record.attach``.
    """
    with register.writing(now=now) as transaction:
        setting, record, who = _loaded(transaction, actor, now, "record attach", number)
        digest = transaction.attach(record.subject, data, media_type)
        return _appended(transaction, record, record.attach(digest, media_type, file, len(data), who, setting.moment))


def reissue(
    register: Register, actor: Actor, now: datetime, number: str, raw: Raw, reason: str
) -> tuple[Record, Record]:
    """Replace a record by a new one that takes over its values; both are linked, and the old one is kept.

    One whose successor was voided is in force no more than that one; it can be re-issued again.

    Returns:
        The new record, with its first section filled, and the old one.

    Raises:
        UnknownRecordError: no such record.
        MayNotReadError: no right to read what would be taken over.
        Others: as ``Record.reissue`` and ``new``.

    Source: P06-R5
    """
    with register.writing(now=now) as transaction:
        setting, old, who = _loaded(transaction, actor, now, "record reissue", number)
        readable(setting, actor, old.number)  # its values go into a record that is then theirs
        earlier = standing_record(transaction, old.successor) if old.successor else None
        is_again = earlier is not None and earlier.state is State.VOID
        # refused before a number is taken
        old.reissue(reason, old.number, who, setting.moment, is_successor_void=is_again)
        about = About(
            unit_of(transaction, old.unit).code,
            cast("str | None", old.opening.get("party")),
            cast("str | None", old.opening.get("premises")),
        )
        first = old.sections[0]
        taken = {each.id: left for each in first.fields if (left := left_of(old.values.get(each.id))) is not None}
        successor = new_in(transaction, actor, now, old.form.code, {**taken, **raw}, about, replaces=old)
        act = old.reissue(reason, successor.number, who, setting.moment, is_successor_void=is_again)
        replaced = _appended(transaction, old, act)
        settle_list(transaction, setting, replaced)
        return successor, replaced


Decide = Callable[[Setting, Record, Standing], Content]


def _act(
    register: Register,
    actor: Actor,
    now: datetime,
    command: str,
    number: str,
    decide: Decide,
    signer: Signer | None = None,
) -> Record:
    with register.writing(now=now) as transaction:
        setting, record, who = _loaded(transaction, actor, now, command, number)
        return _decided(transaction, setting, record, decide(setting, record, who), who, signer)


def _decided(
    transaction: Transaction,
    setting: Setting,
    record: Record,
    content: Content,
    who: Standing,
    signer: Signer | None = None,
) -> Record:
    """Store an act that was decided on, signed where it is to be, with every record that it opens."""
    planned = plan(transaction, setting, record, Record.replay(record.form, record.history.followed_by(content)))
    content = with_opened(content, planned)
    if signer is not None:
        content = signed(record.history, record.revision, content, signer)
    after = _appended(transaction, record, content, _flags(signer))
    settle_list(transaction, setting, after)
    _open_planned(transaction, setting, after, planned, who)
    return after


def _loaded(
    transaction: Transaction, actor: Actor, now: datetime, command: str, number: str
) -> tuple[Setting, Record, Standing]:
    setting = Setting(transaction, now)
    record = record_for(setting, actor, number)
    check_right(transaction, actor, command, now, record.unit, about=record.number)
    check_has_part(setting, actor, record, command)
    unit = unit_of(transaction, record.unit).code
    if series := series_opened(transaction, record.form, unit, setting.today):
        transaction.lock_series(series, setting.today.year)
    if record.sheet or record.is_sheet:
        # A sheet's acts list its rows: neither comes or changes while the other is decided on.
        lock_standing(transaction, record.sheet or record.subject)
        record = record_for(setting, actor, record.number)
    return setting, record, setting.standing(actor.subject, record.unit)


def _appended(transaction: Transaction, record: Record, content: Content, flags: Sequence[str] = ()) -> Record:
    after = Record.replay(record.form, record.history.followed_by(content))
    transaction.append(record.history, content, record_rows(after), flags=flags)
    return after


def _flags(signer: Signer | None) -> tuple[str, ...]:
    return ("unattended",) if signer is not None and signer.unattended else ()
