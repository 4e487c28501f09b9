"""What a record carries over after an erasure, held against the events of before and against what its list let go.

A record of which values were erased goes on as a new subject; each life but the last is gone, and its events tell kind,
person, moment and state of every act that it had. Marks stand where the list named something, and nowhere else. What
the acts said beside that is not asked: their salt is gone, and nobody can tell any more.

Source: M-7; P-8; 21 CFR 11.10(e)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recordkeeper.findings import Finding
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.erased import ERASED_TEXT, is_erased, tombstone_in
from recordkeeper.model.erasure import ATTACHMENT, FILLED_FOR
from recordkeeper.model.event import CARRY, ERASE, Act, Event, History
from recordkeeper.model.person import every_name
from recordkeeper.model.said_values import are_rows
from recordkeeper.model.standing import deputy_name
from recordkeeper.model.subject import PROGRAM, base_of, form_subject, kind_of, successor_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.model.value import parse_moment
from recordkeeper.services.aspect import altered, aspect_of

_SIGNED = frozenset({"sign", "amend", "countersign"})
_EDITIONS = timedelta(hours=1)
"""By how much two editions of the time zone database may disagree about a past moment."""


@dataclass(frozen=True)
class Known:
    """What carried acts are held against.

    Args:
        stones: the sound tombstone of each subject that is gone.
        events: those of each such subject, in the order of the log.
        names: every name that a person ever had, of those whose acts are all there.
        zone: the company's time zone; None where it cannot be told.
        grouped: of each form the field by which its sheets group rows, of those that have one.
        lost: the numbers of tombstones that are lost with their list, by subject.
    """

    stones: Mapping[str, Content]
    events: Mapping[str, Sequence[Event]]
    names: Mapping[str, frozenset[str]]
    zone: tzinfo | None
    grouped: Mapping[str, str]
    lost: Mapping[str, int]

    def former_of(self, life: str) -> str:
        """What a subject went on from that is gone itself; empty where nothing tells."""
        lost = {each: number for each, number in self.lost.items() if base_of(each) == base_of(life) and each != life}
        before = {each: number for each, number in lost.items() if number < self.lost.get(life, number + 1)}
        return self.formers.get(life) or max(before, key=before.__getitem__, default="")

    def stone_of(self, former: str, contents: Sequence[Content]) -> Content | None:
        """The tombstone of a life; where it is lost, what the act says of it by which the next life began."""
        lost = self.lost.get(former)
        return self.stones.get(former) if lost is None else _told_by(contents, former, lost)

    @cached_property
    def formers(self) -> dict[str, str]:
        """Of each subject as which a record goes on, the one before."""
        return {str(stone["successor"]): gone for gone, stone in self.stones.items() if "successor" in stone}


@dataclass(frozen=True, slots=True)
class Erasure:
    """That values were erased: the number of the act that says so, of the tombstone, and the places."""

    act: int
    tombstone: object
    places: tuple[str, ...] = field(default=())

    def names(self, place: str) -> bool:
        """Whether it is about a place, or all of the field that a cell stands in."""
        return place in self.places or place.partition(".")[0] in self.places


def names_of(histories: Mapping[str, History], events: Iterable[Event]) -> dict[str, frozenset[str]]:
    """Every name that a person ever had, of those of whom no event tells more than their acts."""
    told: dict[str, int] = {}
    for event in events:
        if event.subject and event.act_number is not None and kind_of(event.subject) == "person":
            told[event.subject] = max(told.get(event.subject, 0), event.act_number)
    found: dict[str, frozenset[str]] = {}
    for subject, history in histories.items():
        if kind_of(subject) == "person" and history.count >= told.get(subject, 0):
            found[subject] = every_name(history)
    return found


def zone_of(histories: Mapping[str, History]) -> tzinfo | None:
    """The company's time zone; None where the first act of its root unit does not tell it."""
    root = histories.get(ROOT_UNIT)
    try:
        return ZoneInfo(str(root.acts[1].content.get("time_zone"))) if root else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def grouped_of(histories: Mapping[str, History]) -> dict[str, str]:
    """Of each form the field by which its sheets group rows, of those that have one."""
    found: dict[str, str] = {}
    for subject, history in histories.items():
        for act in history.acts[1:] if kind_of(subject) == "form" else ():
            definition = act.content.get("definition")
            sheet = definition.get("sheet") if isinstance(definition, Mapping) else None
            if isinstance(sheet, Mapping) and sheet.get("on"):
                found[subject] = str(sheet["on"])
    return found


def carrying_faults(history: History, known: Known) -> Iterator[Finding]:
    """What is wrong with a record that goes on after an erasure.

    Args:
        history: its acts; nothing is said of one that goes on from nothing.
        known: what they are held against.
    """
    subject, head = history.subject, history.acts[0].content
    contents: Sequence[Content] = [act.content for act in history.acts[1:]]
    former, life, erasures = history.former, subject, list[Erasure]()
    while former or _carries(contents):
        stone = known.stone_of(former, contents)
        number = head.get("tombstone") if life == subject else stone and stone.get("tombstone")
        if stone is None or (stone.get("tombstone"), stone.get("successor")) != (number, life):
            message = _("act 0 names a tombstone that is not there, or not one of what it goes on from")
            yield altered("carried-head", subject, message, aspect_of(subject))
            return
        events = [event for event in known.events.get(former, ()) if event.act_number is not None]
        faults = list(_life_faults(subject, contents, events, stone))
        yield from faults
        if faults:
            return
        places = stone.get("erased")
        named = tuple(map(str, places)) if isinstance(places, list | tuple) else ()
        erasures.append(Erasure(len(events) + 1, stone.get("tombstone"), named))
        carried = [content["carried"] for content in contents[: len(events)]]
        contents = [each for each in carried if isinstance(each, Mapping)]
        yield from _form_faults(subject, contents, known)
        life, former = former, known.former_of(former)
    told = [act.told for act in history.acts[1:]]
    otherwise = [(act.number, what) for act in told for what in _place_faults(act.number, act.content, erasures)]
    otherwise += _reason_faults(told, erasures)
    otherwise += _scan_faults(told, erasures)
    otherwise += _late_faults(told, erasures, known.grouped)
    for number, what in otherwise:
        message = _("act {number}: {place} is erased otherwise than the list names")
        yield altered("carried-mark", subject, message.format(number=number, place=what), aspect_of(subject))


def _told_by(contents: Iterable[Content], former: str, number: int) -> Content | None:
    """What the one act that says that values were erased says of the tombstone of what was before, of that number."""
    said = [content for content in contents if content.get("act") == ERASE]
    items = said[0].get("items") if len(said) == 1 else None
    if not isinstance(items, list | tuple) or len(items) != 1 or said[0].get("tombstone") != number:
        return None
    listed = items[0] if isinstance(items[0], Mapping) else {}
    return {
        "tombstone": number,
        "successor": successor_subject(former, number),
        "erased": said[0].get("erased"),
        "list": listed.get("number"),
        "list_state": listed.get("state"),
        "basis": said[0].get("basis", ""),
    }


def _carries(contents: Iterable[Content]) -> bool:
    return any(content.get("act") == CARRY for content in contents)


def _life_faults(
    subject: str, contents: Sequence[Content], events: Sequence[Event], stone: Content
) -> Iterator[Finding]:
    """What is wrong between the acts of one life and the events of the life before: each is carried over as it was.

    Args:
        subject: what the record is now.
        contents: the acts of the life, from 1 on.
        events: those of acts of the life before.
        stone: the tombstone of the life before.
    """
    count = len(events)
    for number, content in enumerate(contents, 1):
        if (content.get("act") == CARRY) != (number <= count) or (content.get("act") == ERASE) != (number == count + 1):
            message = _("act {number}: expected every act of before carried over, then what was erased")
            yield altered("carried-act", subject, message.format(number=number), aspect_of(subject))
            return
    said_of = [(each.get("tombstone"), each.get("erased")) for each in contents if each.get("act") == ERASE]
    if said_of != [(stone.get("tombstone"), stone.get("erased"))]:
        message = _("act {number}: says that something else was erased than the tombstone does")
        yield altered("carried-act", subject, message.format(number=count + 1), aspect_of(subject))
    listed = [{"number": stone.get("list"), "state": stone.get("list_state")}]
    asked_of = [(each.get("items"), each.get("basis")) for each in contents if each.get("act") == ERASE]
    if asked_of != [(listed, stone.get("basis", ""))]:
        message = _("act {number}: names another list, or another ground, than the tombstone does")
        yield altered("carried-act", subject, message.format(number=count + 1), aspect_of(subject))
    for number, (content, event) in enumerate(zip(contents, events, strict=False), 1):
        said = content.get("carried")
        carried = said if isinstance(said, Mapping) else {}
        found = (carried.get("act"), carried.get("by"), carried.get("at"), content.get("state"))
        is_signed = event.kind in _SIGNED and number > 1
        covered = events[number - 2].state_digest if is_signed else None
        if found != (event.kind, event.actor, event.entered_at, event.state_digest) or (
            is_signed and carried.get("signed_state") != covered
        ):
            message = _("act {number}: not what event {index} tells of the act that it carries over")
            message = message.format(number=number, index=event.index)
            yield altered("carried-act", subject, message, aspect_of(subject))


# ---- name and day ----------------------------------------------------------------------------------------------------


def _form_faults(subject: str, contents: Sequence[Content], known: Known) -> Iterator[Finding]:
    """Acts whose printed name their person never had, or whose day is not that of their moment."""
    for number, content in enumerate(contents, 1):
        by, at, on = (str(content.get(key)) for key in ("by", "at", "on"))
        if not may_print(content, known.names):
            message = _("act {number}: {person} never had the name that it prints").format(number=number, person=by)
            yield altered("carried-form", subject, message, aspect_of(subject))
        if on not in days_of(at, known.zone):
            message = _("act {number}: its day, {on}, is not that of its moment, {at}")
            yield altered("carried-form", subject, message.format(number=number, on=on, at=at), aspect_of(subject))


def may_print(content: Content, names: Mapping[str, frozenset[str]]) -> bool:
    """Whether an act's printed name is one of its person's; a deputy's says for whom, by a name of theirs.

    Args:
        content: of the act.
        names: every name that a person ever had; whoever is not in it may have had any.
    """
    by, name, principal = (str(content.get(key) or "") for key in ("by", "name", "deputy_for"))
    own, others = names.get(by), names.get(principal)
    if by == PROGRAM or own is None:
        return by != PROGRAM or name == PROGRAM
    if not principal:
        return name in own
    if others is None:
        return name.endswith("）") and any(name.startswith(f"{each}（代") for each in own)
    return any(name == deputy_name(each, other) for each in own for other in others)


def days_of(at: str, zone: tzinfo | None) -> set[str]:
    """The days that a UTC moment may have had in a zone; anywhere on earth where that is not known."""
    try:
        moment = parse_moment(at)
        if zone is None:
            return {(moment + timedelta(hours=hours)).date().isoformat() for hours in (-12, 0, 14)}
        shifts = (-_EDITIONS, timedelta(), _EDITIONS)
        return {(moment + shift).astimezone(zone).date().isoformat() for shift in shifts}
    except (ValueError, OverflowError):
        return set()


# ---- marks -----------------------------------------------------------------------------------------------------------


def _place_faults(number: int, content: Content, erasures: Sequence[Erasure]) -> Iterator[str]:
    """The places of an act where something is erased that no list names, or stands that one names."""
    marks = 0
    for place, value in _said(content):
        if is_erased(value):
            marks += 1
            tombstone = tombstone_in(value)
            is_named = any(each.tombstone == tombstone and each.names(place) for each in erasures)
        else:
            is_named = value is None or not any(number < each.act and each.names(place) for each in erasures)
        if not is_named:
            yield place
    if marks != _count_marks(content):
        yield _("something beside the values")
    yield from _file_faults(number, content, erasures)
    for said in (content, content.get("fill")):
        name = said.get(FILLED_FOR) if isinstance(said, Mapping) else None
        if name and name != ERASED_TEXT and any(number < each.act and FILLED_FOR in each.places for each in erasures):
            yield FILLED_FOR


def _file_faults(number: int, content: Content, erasures: Sequence[Erasure]) -> Iterator[str]:
    """A file that is erased and not named, or named and not erased; a scan that is without any file being so.

    With a file its name, type and size go; with a scan the name of who signed.
    """
    if content.get("act") == "attach":
        place = f"{ATTACHMENT}.{number}"
        is_gone = content.get("digest") == ""
        if is_gone != any(place in each.places for each in erasures) or (
            is_gone and (content.get("file"), content.get("media_type"), content.get("size")) != (ERASED_TEXT, "", 0)
        ):
            yield place
    elif content.get("scan") == "" or content.get("signer_name") == ERASED_TEXT:
        files = (place for each in erasures for place in each.places if place.startswith(f"{ATTACHMENT}."))
        if (content.get("scan"), content.get("signer_name")) != ("", ERASED_TEXT) or not any(files):
            yield "scan"


def _reason_faults(acts: Sequence[Act], erasures: Sequence[Erasure]) -> Iterator[tuple[int, str]]:
    """Amendments of which a change was erased, and answers to them, that still say why: number of the act, what."""
    for each in erasures:
        before = [act for act in acts if act.number < each.act]
        amended = [
            act.number
            for act in before
            if act.kind == "amend" and _count_marks(act.content.get("changes"), each.tombstone)
        ]
        for act in before:
            of = act.number if act.kind == "amend" else act.content.get("amendment")
            if of in amended and act.content.get("reason") not in (None, "", ERASED_TEXT):
                yield act.number, "reason"


def _scan_faults(acts: Sequence[Act], erasures: Sequence[Erasure]) -> Iterator[tuple[int, str]]:
    """Carried signatures on paper whose scan is none of the files that are still bound: number of the act, what."""
    bound: list[Json] = []
    for act in acts:
        if act.kind == "attach":
            bound.append(act.content.get("digest"))
        elif act.content.get("scan") and act.content["scan"] not in bound and _is_before_any(act.number, erasures):
            yield act.number, "scan"


def _late_faults(
    acts: Sequence[Act], erasures: Sequence[Erasure], grouped: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    """Late entries that tell the moment of their matter though it was erased, or do not though it stands."""
    for act in acts:
        late = act.content.get("late_entry")
        on = grouped.get(form_subject(str(act.content.get("form")), str(act.content.get("revision"))))
        if isinstance(late, Mapping) and on and _is_before_any(act.number, erasures):
            is_named = any(act.number < each.act and on in each.places for each in erasures)
            if (late.get("matter") == ERASED_TEXT) != is_named:
                yield act.number, "late_entry.matter"


def _is_before_any(number: int, erasures: Sequence[Erasure]) -> bool:
    return any(number < each.act for each in erasures)


def _said(content: Content) -> Iterator[tuple[str, Json]]:
    """Every value that an act says, with the field or cell that it is of."""
    for said in (content, content.get("fill")):
        if isinstance(said, Mapping) and isinstance(values := said.get("values"), Mapping):
            for name, value in values.items():
                yield from _cells(name, value)
    changes = content.get("changes")
    for change in changes if isinstance(changes, list | tuple) else ():
        if isinstance(change, Mapping):
            for end in ("old", "new"):
                yield from _cells(str(change.get("field")), change.get(end))


def _cells(name: str, value: Json) -> Iterator[tuple[str, Json]]:
    if not are_rows(value):
        yield name, value
        return
    for number, row in enumerate(value if isinstance(value, list | tuple) else (), 1):
        if isinstance(row, Mapping):
            yield from ((f"{name}.{number}.{column}", cell) for column, cell in row.items())


def _count_marks(value: Json, tombstone: object = None) -> int:
    """How many marks a value holds; of one tombstone alone where that is given."""
    if is_erased(value):
        return int(tombstone is None or tombstone_in(value) == tombstone)
    if isinstance(value, Mapping):
        return sum(_count_marks(each, tombstone) for each in value.values())
    return sum(_count_marks(each, tombstone) for each in value) if isinstance(value, list | tuple) else 0
