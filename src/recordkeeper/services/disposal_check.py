"""What was disposed of, held against what stays of it: tombstone, events, the list that named it, the road it went.

A subject without acts is sound only if its tombstone is the one that an event binds, and if a list names it that
another person than its author approved and two watched. Nothing else may be missing. The module is long because what
makes a tombstone sound is read together or not at all.

Source: M-1, M-7; P-8; 21 CFR 11.10(e)
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import cast

from recordkeeper.errors import RecordkeeperError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json, canonical, digest, parse_json
from recordkeeper.model.event import CARRY, Act, Event, History
from recordkeeper.model.person_name import folded_name
from recordkeeper.model.subject import (
    base_of,
    kind_of,
    number_of,
    record_subject,
    sheet_subject,
    successor_subject,
)
from recordkeeper.register import tables
from recordkeeper.register.disposal import APPROVED, EXECUTED
from recordkeeper.register.inspection import Inspection, UnreadableTableError
from recordkeeper.services.aspect import REGISTER, altered, aspect_of
from recordkeeper.services.carried_check import Known, carrying_faults, days_of, grouped_of, names_of, zone_of
from recordkeeper.services.hold_check import Held

DESTROY, DISPOSE, RETAIN, ARCHIVE = "destroy", "dispose", "retain", "archive"
DESTRUCTION, TRANSFER = "destruction", "transfer"
GONE = "gone"
WITNESSES = 2
"""Kinds of events, acts and lists, why one is left out that another run let go, and how many witnesses, as written."""
_OF_ITEM = ("rule", "source", "authority", "due_on", "basis", "permitted_by")
_OF_MEANING = {
    "prepared": "author",
    "reviewed": "appraiser",
    "approved": "approver",
    "witnessed": "witness",
    "received": "receiver",
}
"""What a tombstone says as its item on the list does, and whom it names for each meaning of a signature there."""


@dataclass(slots=True)
class Disposed:
    """What was disposed of, as far as it is sound.

    Args:
        tombstones: by subject.
        states: the state digests of each such subject, as its events tell them, hexadecimal.
        lost: the numbers of tombstones that went with the register that was lost, by subject. Each has an event, and
            they are in the order of these.
        findings: what is wrong with tombstones and their lists.
    """

    tombstones: dict[str, Content] = field(default_factory=dict)
    states: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_tombstones(inspection: Inspection, findings: list[Finding]) -> dict[str, Content]:
    """Every tombstone that can be read, by subject; each that cannot is a finding."""
    stones: dict[str, Content] = {}
    try:
        for subject, text in inspection.raw_rows(tables.tombstone):
            try:
                value = parse_json(str(text), f"tombstone {subject}")
                is_sound = isinstance(value, Mapping) and canonical(value).decode() == text
            except RecordkeeperError:
                is_sound = False
            if is_sound and isinstance(value, Mapping) and value.get("subject") == subject:
                stones[str(subject)] = value
            else:
                findings.append(
                    altered("tombstone-form", str(subject), _("not a tombstone that the program writes"), REGISTER)
                )
    except UnreadableTableError as error:
        findings.append(altered("table-unreadable", "tombstone", str(error), REGISTER))
    return stones


def check_disposed(
    stones: Mapping[str, Content],
    events: Sequence[Event],
    histories: Mapping[str, History],
    rebuilt_at: int | None,
) -> Disposed:
    """Which subjects are soundly gone; what is wrong with the others.

    A list is archived when it is closed. Where the register was lost before that, and put back from the archive alone,
    the tombstones that it would have kept are lost with it: of those nothing can be said but that.

    Args:
        stones: every tombstone.
        events: those of acts, and those that bind tombstones, in the order of the log.
        histories: the acts of every subject that stands.
        rebuilt_at: index of the event by which the register was last put back from the archive alone; None if never.
    """
    of_subject: dict[str, list[Event]] = {}
    wanted = {event.subject for event in events if event.kind == DESTROY} | set(stones)
    successors = {str(stone.get("successor")) for stone in stones.values()}
    for event in events:
        if event.subject in wanted:
            of_subject.setdefault(event.subject or "", []).append(event)
    told = {event.subject for event in events if event.act_number is not None and event.subject in successors}
    held = Held.of(events, histories, stones, DESTROY)
    disposed = Disposed()
    told_of = _named_by_ended(histories) | histories.keys()
    numbers = {event.subject: n for n, event in enumerate((each for each in events if each.kind == DESTROY), 1)}
    for subject in sorted(name for name in wanted if name):
        own = of_subject.get(subject, [])
        stone = stones.get(subject)
        index = next((event.index for event in own if event.kind == DESTROY), -1)
        if stone is None and index < (rebuilt_at or 0) and subject not in told_of:
            disposed.lost[subject] = numbers[subject]
            disposed.findings.append(_lost(subject, index))
            continue
        listed = _listed_with(subject, stone, histories)
        sheet = sheet_subject(str(stone.get("sheet"))) if stone else ""
        is_with_sheet = any(base_of(each) == sheet and each in stones for each in listed)
        faults = list(_faults(subject, stone, own, histories, is_with_sheet=is_with_sheet))
        faults += _successor_faults(subject, stone, histories, told)
        disposed.findings += faults
        disposed.findings += held.faults(subject, stone, listed)
        if stone is not None and not faults:
            disposed.tombstones[subject] = stone
            disposed.states[subject] = tuple(event.state_digest or "" for event in own if event.act_number is not None)
    names, zone = names_of(histories, events), zone_of(histories)
    known = Known(disposed.tombstones, of_subject, names, zone, grouped_of(histories), disposed.lost)
    for history in histories.values():
        if history.former or any(act.kind == CARRY for act in history.acts):
            disposed.findings += carrying_faults(history, known)
    return disposed


def _named_by_ended(histories: Mapping[str, History]) -> set[str]:
    """What lists name that say already what became of their items, or that nothing becomes of them."""
    lists = (each for each in histories.values() if any(act.kind in {"execute", "void"} for act in each.acts[1:]))
    return {subject for listed in lists for subjects in items_of(listed) for subject in subjects}


def _lost(subject: str, index: int) -> Finding:
    message = _("event {index} says that it was destroyed; the list that says so was never in the archive")
    return Finding(
        "tombstone-not-archived", Severity.CANNOT_ASSESS, subject, message.format(index=index), aspect_of(subject)
    )


def _faults(
    subject: str,
    stone: Content | None,
    events: Sequence[Event],
    histories: Mapping[str, History],
    *,
    is_with_sheet: bool,
) -> Iterator[Finding]:
    """What is wrong with a tombstone, its events and its list; what went with its sheet has no act that says so."""
    binding = [event for event in events if event.kind == DESTROY]
    if stone is None:
        message = _("event {index} says that it was destroyed, and there is no tombstone")
        yield altered("tombstone-missing", subject, message.format(index=binding[0].index), aspect_of(subject))
        return
    if len(binding) != 1 or binding[0].bound_digest != digest(canonical(stone)):
        yield altered("tombstone-altered", subject, _("no event binds this tombstone"), aspect_of(subject))
        return
    if subject in histories:
        yield altered("tombstone-early", subject, _("its tombstone stands, and its acts are there"), aspect_of(subject))
    acts = [event for event in events if event.act_number is not None]
    numbers = [event.act_number for event in acts]
    last = acts[-1] if acts else None
    is_whole = numbers == list(range(1, len(acts) + 1)) and last is not None
    if not is_whole or last is None or (len(acts), last.state_digest) != (stone.get("acts"), stone.get("state")):
        yield altered(
            "tombstone-state", subject, _("the tombstone names another last state than the events"), aspect_of(subject)
        )
    elif not is_with_sheet and last.kind != DISPOSE:
        yield altered("tombstone-state", subject, _("nothing says that its disposal was begun"), aspect_of(subject))
    yield from _deed_faults(subject, stone, binding[0], zone_of(histories))
    yield from _list_faults(subject, stone, histories)


def _deed_faults(subject: str, stone: Content, event: Event, zone: tzinfo | None) -> Iterator[Finding]:
    """Another executor, moment or day than the event has that binds a tombstone; a deputy acts as themselves.

    Args:
        subject: what is gone.
        stone: its tombstone.
        event: the one that binds it.
        zone: the company's; None where it cannot be told.
    """
    days = days_of(event.entered_at, zone)
    on = str(stone.get("on"))
    expected: tuple[tuple[str, Json], ...] = (
        ("executor", [event.actor]),
        ("at", event.entered_at),
        ("on", on if on in days else min(days, default="")),
    )
    yield from _otherwise(subject, stone, expected)


def _said_faults(subject: str, stone: Content, history: History, acts: Sequence[Act]) -> Iterator[Finding]:
    """What a tombstone says otherwise than the list does: by which rule, for whom, how it went, who had which part.

    Args:
        subject: what is gone.
        stone: its tombstone.
        history: of the list.
        acts: those that it had when the tombstone was made, act 0 left out.
    """
    item = next((item for subjects, item in _items(history) if subject in subjects), None)
    if item is None:
        return
    is_transfer = _list_kind(history) == TRANSFER
    expected: list[tuple[str, Json]] = [("number", number_of(subject))]
    expected += [(name, item.get(name, "")) for name in _OF_ITEM]
    signed = [act for act in acts if act.kind == "sign" and act.content.get("section")]
    for meaning, part in _OF_MEANING.items():
        signers = [_who(act.content)[0] or "paper" for act in signed if act.content.get("meaning") == meaning]
        expected.append((part, cast("Json", signers if is_transfer or part != "receiver" else [])))
    if is_transfer:
        names = [str(value or "") for value in _filled(acts, "receiver")]
        expected += [("how", ["transferred"]), ("transferred_to", _as_said(stone.get("transferred_to"), names))]
    else:
        ways = [list(value) if isinstance(value, list | tuple) else [] for value in _filled(acts, "method")]
        expected.append(("how", _as_said(stone.get("how"), ways or [[]])))
    yield from _otherwise(subject, stone, expected)


def _otherwise(subject: str, stone: Content, expected: Iterable[tuple[str, Json]]) -> Iterator[Finding]:
    for what, wanted in expected:
        found = stone.get(what, [] if isinstance(wanted, list) else "")
        if found != wanted:
            message = _("the tombstone's {what}: expected {expected}, found {found}")
            message = message.format(what=what, expected=canonical(wanted).decode(), found=canonical(found).decode())
            yield altered("tombstone-said", subject, message, aspect_of(subject))


def _filled(acts: Sequence[Act], name: str) -> list[Json]:
    """Every value that a list was filled with at one field."""
    filled = [fill for act in acts for fill in (act.content, act.content.get("fill")) if isinstance(fill, Mapping)]
    values = [fill["values"] for fill in filled if isinstance(fill.get("values"), Mapping)]
    return [cast("Content", each)[name] for each in values if name in cast("Content", each)]


def _as_said(found: Json, said: Sequence[Json]) -> Json:
    """What must stand on a tombstone: what does, if it was ever said, else what was said last."""
    return found if found in said else said[-1] if said else ""


def _successor_faults(
    subject: str, stone: Content | None, histories: Mapping[str, History], told: Collection[str | None]
) -> Iterator[Finding]:
    """What is wrong where values were erased: the record goes on, and what it goes on as has acts, or went by itself.

    Args:
        subject: whose values were erased.
        stone: its tombstone.
        histories: the acts of every subject that stands.
        told: the subjects of successors of which the log tells an act; that those are there is asked elsewhere.
    """
    if stone is None or not stone.keys() & {"erased", "successor"}:
        return
    successor = str(stone.get("successor"))
    history = histories.get(successor)
    is_there = successor in told if history is None else history.former == subject
    number = stone.get("tombstone")
    if not is_there or not isinstance(number, int) or successor != successor_subject(subject, number):
        message = _("values of it were erased, and what it goes on as is not there")
        yield altered("tombstone-successor", subject, message, aspect_of(subject))


def _list_faults(subject: str, stone: Content, histories: Mapping[str, History]) -> Iterator[Finding]:
    """What is wrong with the list that a tombstone names: it must name the subject, be approved, and be watched."""
    name = str(stone.get("list"))
    history = histories.get(record_subject(name))
    if history is None:
        yield altered(
            "tombstone-list",
            subject,
            _("the list {list} that it names is not there").format(list=name),
            aspect_of(subject),
        )
        return
    digests = history.digests
    state = str(stone.get("list_state"))
    if state not in digests:
        message = _("the list {list} never had the state that it names").format(list=name)
        yield altered("tombstone-list", subject, message, aspect_of(subject))
        return
    named = {each: item.get("erased", []) for subjects, item in _items(history) for each in subjects}
    if subject not in named or named[subject] != stone.get("erased", []):
        yield altered(
            "tombstone-list", subject, _("the list {list} does not name it").format(list=name), aspect_of(subject)
        )
    acts = history.acts[1 : digests.index(state) + 1]
    if not _lets_go(history, acts, subject, stone):
        message = _("the list {list} says that it stayed, or does not keep this tombstone")
        yield altered("tombstone-list", subject, message.format(list=name), aspect_of(subject))
    yield from _said_faults(subject, stone, history, acts)
    signed = [act for act in acts if act.kind == "sign"]
    people = [(str(act.content.get("meaning")), _who(act.content)) for act in signed]
    approvers = {who for meaning, who in people if meaning == "approved"}
    witnesses = {who for meaning, who in people if meaning == "witnessed"}
    authors = {_who(history.acts[1].content), *(who for meaning, who in people if meaning == "prepared")}
    enters_own = _enters_own(history.acts[1], signed)
    if _list_kind(history) == TRANSFER:
        receivers = {who for meaning, who in people if meaning == "received"}
        is_approved = (
            approvers and receivers and not _meet(approvers, authors | receivers) and not _meet(receivers, authors)
        ) and not enters_own
        if not is_approved or stone.get("package") not in _packages(acts):
            message = _("the list {list} was not approved by one other person, or its package not received by a third")
            yield altered("tombstone-list", subject, message.format(list=name), aspect_of(subject))
        return
    are_apart = not _meet(approvers, authors | witnesses) and not _meet(witnesses, authors)
    if not approvers or not are_apart or enters_own or _count(witnesses) < WITNESSES:
        message = _("the list {list} was not approved by one other person and watched by two more").format(list=name)
        yield altered("tombstone-list", subject, message, aspect_of(subject))


def _listed_with(subject: str, stone: Content | None, histories: Mapping[str, History]) -> tuple[str, ...]:
    """What the list of a tombstone lets go together with its subject."""
    listed = histories.get(record_subject(str(stone.get("list")))) if stone else None
    return next((each for each in items_of(listed) if subject in each), ()) if listed else ()


def _lets_go(history: History, acts: Sequence[Act], subject: str, stone: Content) -> bool:
    """Whether a list, for all that it says of what became of its items, let one go.

    Args:
        history: of the list.
        acts: those that it had when the tombstone was made, act 0 left out.
        subject: what is gone.
        stone: its tombstone.
    """
    item = next((number_of(subjects[0]) for subjects in items_of(history) if subject in subjects), "")
    why = _skipped(history).get(item, GONE)
    is_void = any(act.kind == "void" for act in history.acts)  # even afterwards: nothing is voided that let anything go
    if is_void or any(act.kind == "execute" for act in acts) or why != GONE:
        return False
    executions = [act for act in history.acts[1:] if act.kind == "execute"]
    kept = [each for act in executions for result in _results(act.content) for each in _stones(result)]
    return not executions or item in _skipped(history) or canonical(stone) in map(canonical, kept)


def _stones(result: Content) -> list[Content]:
    stones = result.get("tombstones")
    return [cast("Content", each) for each in stones if isinstance(each, Mapping)] if isinstance(stones, list) else []


def _skipped(history: History) -> dict[str, str]:
    """Why each number was left out that was while a list was executed."""
    skips = (act for act in history.acts[1:] if act.kind == "skip")
    return {str(result.get("number")): str(result.get("why")) for act in skips for result in _results(act.content)}


def _packages(acts: Sequence[Act]) -> list[object]:
    """The package that was made last and whose receipt was given, as it was handed over; none where it was not."""
    held: list[object] = []
    received = False
    for act in acts:
        if act.kind == "pack":
            held, received = [act.content.get("package")], False
        elif act.kind == "receive":
            received = act.content.get("package") in held
    is_begun = any(act.kind == "hand-over" and act.content.get("keeps") == "nothing" for act in acts)
    return held if received and is_begun else []


def _list_kind(history: History) -> object:
    """What a list is for; None for any other record."""
    held = history.acts[1].content.get("disposal")
    return held.get("kind") if isinstance(held, Mapping) else None


def _who(content: Content) -> tuple[str, str]:
    """Who did an act: the account, none of who signed on paper, and the name of that time as it is compared."""
    is_paper = content.get("method") == "paper"
    name = folded_name(str(content.get("signer_name" if is_paper else "name")))
    return ("" if is_paper else str(content.get("by")), name)


def _enters_own(opened: Act, signed: Sequence[Act]) -> bool:
    """Whether a list's author entered on paper who approved or watched over it; or one who stood in for the other."""
    drawn = [opened, *(act for act in signed if act.content.get("meaning") == "prepared")]
    entered = [
        act
        for act in signed
        if act.content.get("method") == "paper" and act.content.get("meaning") in {"approved", "witnessed"}
    ]
    return not _accounts(drawn).isdisjoint(_accounts(entered))


def _accounts(acts: Sequence[Act]) -> set[str]:
    """By whom acts were done, and for whom."""
    return {str(act.content[key]) for act in acts for key in ("by", "deputy_for") if key in act.content}


def _is_same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two are one person: by their accounts, or by name where one of them signed on paper."""
    return one[0] == other[0] if one[0] and other[0] else one[1] == other[1]


def _meet(some: set[tuple[str, str]], others: set[tuple[str, str]]) -> bool:
    return any(_is_same(one, other) for one in some for other in others)


def _count(people: set[tuple[str, str]]) -> int:
    """How many persons they are."""
    apart: set[tuple[str, str]] = set()
    for each in sorted(people):
        apart |= set() if _meet({each}, apart) else {each}
    return len(apart)


def items_of(history: History) -> list[tuple[str, ...]]:
    """The subjects of each item on a list, a sheet's rows included; empty for any other record.

    Acts are read as they are: those that nobody decided on are said elsewhere.
    """
    return [subjects for subjects, _item in _items(history)]


def _items(history: History) -> list[tuple[tuple[str, ...], Content]]:
    """The subjects of each item on a list, and what the list says of it."""
    held = history.acts[1].content.get("disposal")
    if not isinstance(held, Mapping) or held.get("kind") not in {DESTRUCTION, TRANSFER}:
        return []
    items = held.get("items")
    found: list[tuple[tuple[str, ...], Content]] = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping) and item.get("subject"):
            rows = item.get("rows")
            numbers = (
                [str(row.get("number")) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
            )
            found.append(((str(item["subject"]), *map(record_subject, numbers)), cast("Content", item)))
    return found


def expected_steps(histories: Mapping[str, History], stones: Mapping[str, Content]) -> Counter[tuple[object, ...]]:
    """What table ``disposition`` must hold: the road that each approved list opened, and shut again."""
    rows: Counter[tuple[object, ...]] = Counter()
    gone = {(str(stone.get("list")), subject) for subject, stone in stones.items()}
    for history in histories.values():
        if kind_of(history.subject) != "record" or not (items := items_of(history)):
            continue
        acts = history.acts[1:]
        if not _opens_road(history):
            continue
        number = history.subject.partition("/")[2]
        skipped = _skipped(history)
        is_void = any(act.kind == "void" for act in acts)
        for subjects in items:
            is_done = is_void or number_of(subjects[0]) in skipped or (number, subjects[0]) in gone
            for subject in subjects:
                rows[history.subject, subject, APPROVED] += 1
                if is_done:
                    rows[history.subject, subject, EXECUTED] += 1
    return rows


def _opens_road(history: History) -> bool:
    """Whether a list has let its items go: by its approval, or where they are handed over and nothing is kept."""
    acts = history.acts[1:]
    if _list_kind(history) == TRANSFER:
        return any(act.kind == "hand-over" and act.content.get("keeps") == "nothing" for act in acts)
    return any(act.kind == "sign" and act.content.get("meaning") == "approved" for act in acts)


def _results(content: Content) -> list[Content]:
    results = content.get("results")
    return [cast("Content", each) for each in results if isinstance(each, Mapping)] if isinstance(results, list) else []


def is_going(history: History) -> bool:
    """Whether a record has begun to go: its object may have left the archive already."""
    kinds = [act.kind for act in history.acts if act.kind in {DISPOSE, RETAIN}]
    return bool(kinds) and kinds[-1] == DISPOSE


def stored_anew_after(history: History) -> int:
    """The number of the act since which a record's object was made anew; 0 where it never was."""
    return max(
        (act.number for act in history.acts if act.kind == RETAIN and act.content.get("is_stored") is False),
        default=0,
    )
