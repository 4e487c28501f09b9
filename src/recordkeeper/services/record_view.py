"""What a reader sees of a record, as plain data for a screen and for JSON alike; nothing is looked up or printed here.

It is long because the plain classes of everything that can be seen of a record stand together.

Source: ISO 9001, 7.5.3.1; P-7, P-11
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, cast

from recordkeeper.amount import amount
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import ACCEPTED, NOT_NEEDED, PENDING, REFUSED
from recordkeeper.model.canonical import Json
from recordkeeper.model.rich_text import RichText, text_with_marks

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FILL, SIGN, COUNTERSIGN, CLOSE, REISSUE = "fill", "sign", "countersign", "close", "reissue"
_RICH = {"text", "change"}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field, or one cell of rows.

    Args:
        id, title, type: as the form says.
        value: canonical, as it stands now.
        text: as it reads, with what was struck; rows have none, but ``rows``.
        rows: for a field of rows: the cells of each row.
    """

    id: str
    title: str
    type: str
    value: Json
    text: RichText
    rows: tuple[tuple["FieldView", ...], ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureView:
    """One signature with what it covers and what came after.

    Args:
        act: the number of the act.
        section: the section it stands in; empty for an amendment or counter-signature.
        name, role, meaning, method: as printed.
        at: UTC moment; ``local`` the same in the company's zone.
        witness, entered_by, scan: for a signature on paper.
        is_unattended: whether nobody sat at the keyboard.
        is_valid: whether the key was the signer's and fits act and state; None on paper, where a scan stands for it.
        signed_act, signed_state: the state it covers: d(n) and its digest.
        amended_after: the circled numbers of changes made after it.
        is_carried: whether it was given before values of the record were erased: then it is told as it was, and nothing
            can be held against it any more (``is_valid`` is None); the state it covers is one of the former subject's.
    """

    act: int
    section: str
    name: str
    role: str
    meaning: str
    method: str
    at: str
    local: str
    witness: str
    entered_by: str
    scan: str
    is_unattended: bool
    is_valid: bool | None
    signed_act: int
    signed_state: str
    amended_after: tuple[int, ...]
    is_carried: bool = False


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section: its values, who filled it, its signatures, by when it was due.

    Args:
        id: as the form says.
        step: the id with the item and the round, as it is named on the command line.
        round: from 1.
        item: the choice's id or the row's number, where the section is repeated.
        title: as the form says, with the item's name and the round.
        state: complete, filled (a signature is awaited), open, waiting (for an earlier one), not needed.
        roles: ids of the roles, or subjects, that may fill and sign it.
        filled_by, filled_for, filled_at: who, for whom, when; empty while it is not filled.
        due_on: the date by which it is to be done; empty where there is none or it is not known yet.
        due_at: the UTC moment, where it is counted in minutes; ``due_local`` the same in the company's zone.
        is_provisional: whether the public holidays that it depends on are not announced yet.
        not_before: the date before which it is refused; empty where there is none or it is done.
        is_late: done after that date, or not done and the date has passed.
    """

    id: str
    step: str
    round: int
    item: str
    title: str
    state: str
    roles: tuple[str, ...]
    filled_by: str
    filled_for: str
    filled_at: str
    due_on: str
    due_at: str
    due_local: str
    is_provisional: bool
    not_before: str
    is_late: bool
    fields: tuple[FieldView, ...]
    signatures: tuple[SignatureView, ...]


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One place that an amendment changes: the circled number, where, and old and new beside each other."""

    number: int
    field: str
    title: str
    old: Json
    new: Json
    change: RichText
    is_computed: bool


@dataclass(frozen=True, slots=True)
class AmendmentView:
    """One amendment: what it changes, why, by whom, who counter-signed it, and what the outside party said to it."""

    act: int
    changes: tuple[ChangeView, ...]
    reason: str
    nature: str
    by: str
    at: str
    local: str
    countersign: str
    countersigned_by: str
    countersigned_at: str
    countersign_reason: str
    party: str
    party_signer: str
    party_signed_at: str
    party_witness: str
    party_entered_by: str
    party_reason: str


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file bound to the record."""

    act: int
    name: str
    media_type: str
    size: int
    digest: str
    by: str
    at: str
    local: str


@dataclass(frozen=True, slots=True)
class CopyView:
    """A marked copy that was issued of the record.

    Args:
        token: the ten characters of its print code.
        recipient: whom it is for; empty where that was not said.
    """

    act: int
    token: str
    recipient: str
    by: str
    at: str
    local: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """What somebody asked for of a confidential record, and the answer.

    Args:
        number: from 1, in the order of asking.
        by, use, reason: who asked, what for (read, copy or take_out), why.
        on: the local date of asking.
        state: open, consented or refused.
        until: the last day of a consent.
        answered_by: who answered; empty while nobody did.
        refused_because: why it was refused.
    """

    number: int
    by: str
    use: str
    reason: str
    on: str
    state: str
    until: str
    answered_by: str
    refused_because: str


@dataclass(frozen=True, slots=True)
class StepView:
    """What may be done next, and by whom.

    Args:
        act: fill, sign, countersign, close or reissue.
        section: the section's id, or the amendment's circled number.
        title: the section's title.
        by: names of the roles or persons.
        is_optional: whether the record can close without it.
        due_on, due_at, due_local, is_provisional, not_before, is_late: as for a section.
    """

    act: str
    section: str
    title: str
    by: tuple[str, ...]
    is_optional: bool = False
    due_on: str = ""
    due_at: str = ""
    due_local: str = ""
    is_provisional: bool = False
    not_before: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a sheet."""

    number: str
    state: str
    text: RichText
    recorded_by: str
    is_late: bool
    pending_amendments: int


@dataclass(frozen=True, slots=True)
class ErasureView:
    """What was erased of a record on request.

    Args:
        places: the fields, cells and attachments, as the list names them.
        titles: the same as a person reads them.
        list: the number of the list.
        tombstone: the number of the tombstone that stands for what the record was before.
        basis: on what ground.
        on, by: the local date, and who executed the list.
    """

    places: tuple[str, ...]
    titles: tuple[str, ...]
    list: str
    tombstone: int
    basis: str
    on: str
    by: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """All that a reader sees of a record or sheet; empty texts where something does not apply.

    Args:
        known_on: the day whose knowledge this is; empty for all that is known.
        state: open, pending, closed, void, replaced, disposed.
        occurred: when its matter happened, in the company's zone, where that was said beside the values.
        late_days, late_reason: how late it was entered, and why; 0 and empty where it was entered in time.
        is_outdated: whether records that it is computed from have changed since.
        disposed_sources: those of them that were destroyed since, each with the number of its tombstone.
        untold_sources: how many more were, of which the reader may not be told.
        erasures: what was erased of it on request, the first erasure first.
        requests: for what use of it somebody asked consent, in the order of asking.
        state_digest: d(n) after the last act shown, and ``act_count`` its number.
    """

    number: str
    subject: str
    title: str
    form: str
    revision: str
    state: str
    known_on: str
    unit: str
    unit_name: str
    entered_on: str
    entered_by: str
    closed_on: str
    party: str
    party_name: str
    premises: str
    premises_code: str
    sheet: str
    is_late_row: bool
    occurred: str
    late_days: int
    late_reason: str
    checkpoint: str
    replaces: str
    successor: str
    void_reason: str
    transferred_by: str
    transferred_to: str
    is_outdated: bool
    disposed_sources: Mapping[str, int]
    untold_sources: int
    sections: tuple[SectionView, ...]
    amendments: tuple[AmendmentView, ...]
    attachments: tuple[AttachmentView, ...]
    copies: tuple[CopyView, ...]
    signatures: tuple[SignatureView, ...]
    rows: tuple[RowView, ...]
    next: tuple[StepView, ...]
    act_count: int
    state_digest: str
    erasures: tuple[ErasureView, ...] = ()
    requests: tuple[RequestView, ...] = ()


@dataclass(frozen=True, slots=True)
class DoneView:
    """What whoever has just acted is told: the act, where the record stands, what comes next."""

    number: str
    subject: str
    act: str
    act_number: int
    state: str
    state_digest: str
    next: tuple[StepView, ...]
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class EventView:
    """One event of a record's history: with its act, or without where nothing was changed.

    Args:
        at, local: the moment of entry, in UTC and in the company's zone.
        occurred_at: the UTC moment of the matter.
        effective_at: the UTC moment or date from which it counts, where that is another; else empty.
        request: what was asked for or answered by this act; none where it is another.
    """

    index: int
    kind: str
    act: int | None
    by: str
    name: str
    at: str
    local: str
    occurred_at: str
    occurred_local: str
    effective_at: str
    state_digest: str
    flags: tuple[str, ...]
    request: RequestView | None = None


def as_json(view: object) -> Json:
    """A view, or a list of views, as JSON: spans become text with ``[-old-]{+new+}``, all else keeps its name."""
    if is_dataclass(view) and not isinstance(view, type):
        return as_map(view)
    if isinstance(view, list | tuple):
        return [as_json(each) for each in view]
    if isinstance(view, Mapping):
        return {str(name): as_json(each) for name, each in view.items()}
    return cast("Json", view)


def as_map(view: "DataclassInstance") -> dict[str, Json]:
    """One view as a JSON map."""
    return {
        each.name: text_with_marks(getattr(view, each.name))
        if each.name in _RICH
        else as_json(getattr(view, each.name))
        for each in fields(view)
    }


def due_text(view: "SectionView | StepView") -> str:
    """What is said behind a section's heading of the time it has; empty where it has none."""
    text = _(", due {day}").format(day=view.due_local or view.due_on) if view.due_on else ""
    if view.is_provisional:
        text += _(" (provisional: its public holidays are not announced yet)")
    if view.not_before:
        text += _(", not before {day}").format(day=view.not_before)
    return text + (_(", late") if view.is_late else "")


def state_name(state: str) -> str:
    """The name of a record's or section's state in the language in use."""
    names = {
        "open": _("open"),
        "pending": _("pending"),
        "closed": _("closed"),
        "void": _("void"),
        "replaced": _("replaced"),
        "disposed": _("disposed"),
        "complete": _("complete"),
        "filled": _("filled"),
        "waiting": _("waiting"),
        "not needed": _("not needed"),
    }
    return names[state]


def use_name(use: str) -> str:
    """What a request is for, in the language in use."""
    return {"read": _("to read"), "copy": _("to copy"), "take_out": _("to take out")}[use]


def request_text(request: RequestView) -> str:
    """One request in a line: who asked, what for, why, and the answer."""
    said = _("request {number}: {name} asked on {day} {use}: {reason}").format(
        number=request.number, name=request.by, day=request.on, use=use_name(request.use), reason=request.reason
    )
    if request.state == "consented":
        answer = _("{name} consented until {day}").format(name=request.answered_by, day=request.until)
    elif request.state == "refused":
        answer = _("{name} refused: {reason}").format(name=request.answered_by, reason=request.refused_because)
    else:
        answer = _("awaits consent")
    return said + _("; ") + answer


def countersign_name(countersign: str) -> str:
    """How a counter-signature stands, in the language in use."""
    names = {
        NOT_NEEDED: _("no counter-signature needed"),
        PENDING: _("awaits a counter-signature"),
        ACCEPTED: _("counter-signed"),
        REFUSED: _("counter-signature refused"),
    }
    return names[countersign]


def party_answer_name(state: str) -> str:
    """How the outside party's signature under an amendment stands, in the language in use."""
    names = {
        PENDING: _("awaits the outside party's signature on paper"),
        ACCEPTED: _("signed by the outside party"),
        REFUSED: _("not signed by the outside party"),
    }
    return names[state]


def act_name(act: str) -> str:
    """An act's verb, or an event's kind, in the language in use."""
    names = {
        "new": _("new"),
        "fill": _("fill"),
        "sign": _("sign"),
        "amend": _("amend"),
        "countersign": _("counter-sign"),
        "reissue": _("re-issue"),
        "attach": _("attach"),
        "void": _("void"),
        "close": _("close"),
        "archive": _("archive"),
        "link": _("link"),
        "tell": _("tell what happened"),
        "ask": _("ask for consent"),
        "deputize": _("appoint a deputy"),
        "consent": _("answer a request"),
        "appraise": _("appraise"),
        "dispose": _("begin to dispose of"),
        "retain": _("retain after all"),
        "carry": _("carry over"),
        "erase": _("erase"),
        "skip": _("leave out"),
        "execute": _("execute"),
        "destroy": _("destroy"),
        "pack": _("pack"),
        "receive": _("confirm receipt"),
        "hand-over": _("hand over"),
        "transfer": _("transfer, keep as a copy"),
        "refuse": _("refuse"),
        "read": _("read"),
        "export": _("export"),
        "init": _("begin"),
        "rotate-log-key": _("replace log key"),
        "mirror": _("keep mirror"),
        "unmirror": _("keep mirror no longer"),
        "mirrored": _("mirror brought in step"),
        "add": _("add"),
        "occupy": _("occupy"),
        "vacate": _("move out"),
        "install": _("install"),
        "revise": _("revise"),
        "approve": _("approve"),
        "release": _("release"),
        "withdraw": _("withdraw"),
        "print": _("print blanks"),
        "copy": _("issue a copy"),
        "choose": _("choose"),
        "grant": _("grant"),
        "revoke": _("revoke"),
        "passphrase": _("set passphrase"),
        "retire-key": _("retire key"),
        "disable": _("close account"),
        "login": _("log in"),
        "logout": _("log out"),
        "wrong-passphrase": _("wrong passphrase"),
        "enclose": _("enclose verifier"),
        "check": _("check archive"),
        "backup": _("back up"),
        "restore": _("restore"),
        "drill": _("restore as a drill"),
        "cosign": _("cosign"),
        "hold": _("hold"),
        "clock": _("clock back"),
    }
    return names.get(act, act)


def flag_name(flag: str) -> str:
    """A mark that an event carries, in the language in use."""
    names = {
        "late": _("late"),
        "unattended": _("unattended"),
        "clock_back": _("clock back"),
        "from-backup": _("from a backup"),
        "from-archive": _("from the archive alone"),
    }
    if flag in names:
        return names[flag]
    word, _dash, number = flag.partition("-")
    if word in {"objects", "findings"} and number.isdecimal():
        return amount(word, int(number))
    return _("share {number}").format(number=number.replace("-of-", "/")) if word == "share" and number else flag
