"""The acts and events of a register as evidence: read raw, tied together, every break a finding.

Acts are the source of all state; every act has one event, every event of an act one act, and the state digests of the
events are those of the acts.

Source: 21 CFR 11.10(e); P-1, P-6
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Final, cast

from recordkeeper.errors import RecordkeeperError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, NotCanonicalError, canonical, parse_json
from recordkeeper.model.event import ACT_VERSION, EVENT_VERSION, Act, Event, EventRow, History, leaf_of
from recordkeeper.model.subject import is_subject, successor_subject
from recordkeeper.register import tables
from recordkeeper.register.inspection import Inspection, UnreadableTableError
from recordkeeper.services.aspect import FILES, LOG, RECORDS, REGISTER, SIGNATURES, TAIL, altered, aspect_of
from recordkeeper.services.disposal_check import DESTROY, DISPOSE, check_disposed, read_tombstones
from recordkeeper.tlog.hash_list import HashList
from recordkeeper.tlog.tile_path import TILE_WIDTH

__all__ = [
    "COSIGN", "ENCLOSE", "FILES", "LOG", "RECORDS", "REGISTER", "SIGNATURES", "TAIL",
    "Evidence", "altered", "aspect_of", "read_evidence",
]  # fmt: skip
MOST_ACTS = 2**53
EVENTS_AT_ONCE = 16 * TILE_WIDTH
_SALT = re.compile("[0-9a-f]{32}")
ENCLOSE, COSIGN = "enclose", "cosign"
RESTORE, FROM_ARCHIVE = "restore", "from-archive"
BINDING = frozenset({ENCLOSE, COSIGN, DESTROY, RESTORE})
_INDEX: Final = 0
_VERSION: Final = 1
_KIND: Final = 2
_ACT_NUMBER: Final = 4
_MAYBE_TEXT, _MAYBE_NUMBER = (str, type(None)), (int, type(None))
_EVENT_TYPES = frozenset(
    product(
        *((int,), (int,), (str,), _MAYBE_TEXT, _MAYBE_NUMBER, (str,)),
        *((str,), (str,), _MAYBE_TEXT, _MAYBE_TEXT, _MAYBE_TEXT, (str,)),
    )
)
"""The types that the columns of an event may have together: one look-up for a row, of which there are a million."""


@dataclass(slots=True)
class Evidence:
    """What a register holds, and what is wrong with it as far as it has been read.

    Args:
        histories: acts by subject, the sound part of each.
        events: those that belong to an act, or bind a tombstone, what lies beside the objects or was cosigned, in the
            order of the log; all up to the first event that cannot be read.
        leaf_hashes: of every one of all events up to there, one after another.
        findings: every break.
        digests: the state digests of each subject.
        tombstones: what stays of each subject that was soundly disposed of.
        states_gone: the state digests that such a subject had, as its events tell them.
        tombstones_lost: the numbers of those that were lost with a register, by subject.
        rebuilt_at: index of the event by which the register was last put back from the archive alone; none where it
            never was.
        elsewhere: subjects of which events tell acts that were not in that archive, with the digests of these states.
    """

    histories: dict[str, History] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    leaf_hashes: HashList = field(default_factory=HashList)
    findings: list[Finding] = field(default_factory=list)
    digests: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tombstones: dict[str, Content] = field(default_factory=dict)
    states_gone: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tombstones_lost: dict[str, int] = field(default_factory=dict)
    rebuilt_at: int | None = None
    elsewhere: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_evidence(inspection: Inspection) -> Evidence:
    """All acts and events of a register, with every break between and among them."""
    evidence = Evidence()
    try:
        _read_acts(inspection, evidence)
    except UnreadableTableError as error:
        evidence.findings.append(altered("table-unreadable", "act", str(error), RECORDS))
    try:
        _read_events(inspection, evidence)
    except UnreadableTableError as error:
        evidence.findings.append(altered("table-unreadable", "event", str(error), REGISTER))
    evidence.rebuilt_at = max(
        (event.index for event in evidence.events if event.kind == RESTORE and FROM_ARCHIVE in event.flags.split()),
        default=None,
    )
    stones = read_tombstones(inspection, evidence.findings)
    disposed = check_disposed(stones, evidence.events, evidence.histories, evidence.rebuilt_at)
    evidence.tombstones, evidence.states_gone = disposed.tombstones, disposed.states
    evidence.tombstones_lost = disposed.lost
    evidence.findings += disposed.findings
    tie(evidence)
    return evidence


def _read_acts(inspection: Inspection, evidence: Evidence) -> None:
    acts: dict[str, list[Act]] = {}
    broken: set[str] = set()
    for subject, number, content in inspection.raw_rows(tables.act):
        act = _parsed_act(subject, number, content)
        if isinstance(act, Finding):
            evidence.findings.append(act)
            broken.add(str(subject))
            continue
        several = acts.setdefault(act.subject, [])
        if act.number != len(several) and act.subject not in broken:
            message = _("act {number}: expected act {expected}").format(number=act.number, expected=len(several))
            evidence.findings.append(altered("act-missing", act.subject, message, aspect_of(act.subject)))
            broken.add(act.subject)
        several.append(act)
    for subject, several in acts.items():
        sound = several[: _sound_length(several)]
        if len(sound) > 1:
            history = History(subject, tuple(sound))
            evidence.histories[subject] = history
            evidence.digests[subject] = history.digests
        elif subject not in broken:
            message = _("no act but its head")
            evidence.findings.append(altered("act-missing", subject, message, aspect_of(subject)))


def _sound_length(acts: list[Act]) -> int:
    length = 0
    for act in acts:
        if act.number != length:
            break
        length += 1
    return length


def _parsed_act(subject: object, number: object, content: object) -> Act | Finding:
    place = f"{subject} {number}"
    aspect = aspect_of(str(subject))
    if not isinstance(subject, str) or not is_subject(subject):
        return altered("act-subject", str(subject), _("not the name of a subject"), RECORDS)
    if not isinstance(number, int) or not isinstance(content, str):
        return altered("act-form", place, _("not of the type that the program writes"), aspect)
    try:
        value = parse_json(content, place)
        is_canonical = isinstance(value, dict) and canonical(value).decode() == content
    except RecordkeeperError as error:
        return altered("act-form", place, str(error), aspect)
    if not is_canonical:
        return altered("act-form", place, _("not in canonical form"), aspect)
    act = Act(subject, number, cast("Content", value))
    is_whole = _is_head(act) if number == 0 else bool(act.kind and act.by and act.at)
    return act if is_whole else altered("act-form", place, _("not an act that the program writes"), aspect)


def _is_head(act: Act) -> bool:
    salt = act.content.get("salt")
    names, number = {"version", "subject", "salt"}, act.content.get("tombstone")
    if "former" in act.content:  # values were erased: it goes on from a subject whose tombstone it names
        names |= {"former", "tombstone"}
    former = str(act.content.get("former", act.subject))
    return (
        set(act.content) == names
        and (former == act.subject or act.subject == successor_subject(former, number if type(number) is int else 0))
        and act.content["subject"] == act.subject
        and act.content["version"] == ACT_VERSION
        and isinstance(salt, str)
        and _SALT.fullmatch(salt) is not None
    )


def _read_events(inspection: Inspection, evidence: Evidence) -> None:
    """Read every event; of those that nothing but the log speaks of, the hash of its leaf alone is kept."""
    leaves = _leaves(inspection, evidence)
    while some := list(islice(leaves, EVENTS_AT_ONCE)):
        evidence.leaf_hashes.extend(some)


def _leaves(inspection: Inspection, evidence: Evidence) -> Iterator[bytes]:
    """The leaf of each event in order, up to the first that cannot be read or is none, which is a finding."""
    index = 0
    try:
        for row in inspection.raw_rows(tables.event):
            if tuple(map(type, row)) not in _EVENT_TYPES or not _is_event(event := cast("EventRow", row)):
                message = _("not of the types that the program writes")
                evidence.findings.append(altered("event-form", f"event {row[0]}", message, REGISTER))
                return
            if event[_INDEX] != index:
                message = _("expected event {expected}").format(expected=index)
                evidence.findings.append(altered("event-missing", f"event {row[0]}", message, REGISTER))
                return
            yield leaf_of(event)
            if event[_ACT_NUMBER] is not None or event[_KIND] in BINDING:
                evidence.events.append(Event(*event))
            index += 1
    except NotCanonicalError as error:
        evidence.findings.append(altered("event-form", f"event {index}", str(error), REGISTER))
    except UnreadableTableError as error:
        evidence.findings.append(altered("table-unreadable", "event", str(error), REGISTER))


def _is_event(event: EventRow) -> bool:
    act_number = event[_ACT_NUMBER]
    return event[_VERSION] == EVENT_VERSION and (act_number is None or 0 < act_number < MOST_ACTS)


def tie(evidence: Evidence) -> None:
    """Every act has its event and every event of an act its act, with the same kind, person, moment and digest."""
    told: dict[tuple[str, int], Event] = {}
    for event in evidence.events:
        if event.act_number is None:
            continue
        key = (event.subject or "", event.act_number)
        if key in told:
            message = _("a second event of act {number}").format(number=event.act_number)
            evidence.findings.append(altered("event-doubled", key[0], message, aspect_of(key[0])))
        told[key] = event
    for subject, history in evidence.histories.items():
        digests = evidence.digests[subject]
        for act in history.acts[1:]:
            event_of_act = told.pop((subject, act.number), None)
            evidence.findings += _breaks(act, digests[act.number], event_of_act)
    archived, begun = _last_archived(evidence), begun_to_go(evidence)
    for (subject, number), event in told.items():
        if subject in evidence.tombstones:
            continue  # its acts are gone, as they must be
        is_behind = number > archived.get(subject, 0) or subject in begun
        if event.index < (evidence.rebuilt_at or 0) and is_behind:
            evidence.elsewhere[subject] = (*evidence.elsewhere.get(subject, ()), event.state_digest or "")
            continue  # it was in the register that was lost, and never in the archive or not any more
        message = _("event {index} tells of act {number}, which is not there").format(index=event.index, number=number)
        evidence.findings.append(altered("act-missing", subject, message, aspect_of(subject)))
    _tell_elsewhere(evidence)


def _tell_elsewhere(evidence: Evidence) -> None:
    """Say what the log knows and a register that was put back from the archive alone does not hold."""
    for subject, states in evidence.elsewhere.items():
        message = ngettext(
            "{count} act was never in the archive from which the register was put back",
            "{count} acts were never in the archive from which the register was put back",
            len(states),
        )
        evidence.findings.append(
            Finding(
                "act-not-archived",
                Severity.CANNOT_ASSESS,
                subject,
                message.format(count=len(states)),
                aspect_of(subject),
            )
        )


def _last_archived(evidence: Evidence) -> dict[str, int]:
    """The number of the last act of each subject that was archived; what came after it may be nowhere else."""
    if evidence.rebuilt_at is None:
        return {}
    archived: dict[str, int] = {}
    for event in evidence.events:
        if event.kind == "archive" and event.subject and event.act_number:
            archived[event.subject] = event.act_number
    return archived


def begun_to_go(evidence: Evidence) -> set[str]:
    """The subjects of which nothing is there and whose last act, as the log tells, was that they begin to go.

    Their objects leave the archive before their rows leave the register: who lost the register in between has neither.
    None where the register was never put back from an archive alone: there the rows are to stand.
    """
    if evidence.rebuilt_at is None:
        return set()
    last: dict[str, str] = {}
    for event in evidence.events:
        if event.subject and event.act_number is not None:
            last[event.subject] = event.kind
    return {subject for subject, kind in last.items() if kind == DISPOSE and subject not in evidence.histories}


def _breaks(act: Act, state_digest: str, event: Event | None) -> Iterator[Finding]:
    aspect = aspect_of(act.subject)
    if event is None:
        message = _("act {number} ({kind}) has no event").format(number=act.number, kind=act.kind)
        yield altered("event-missing", act.subject, message, aspect)
        return
    for what, expected, found in (
        ("state-digest", event.state_digest, state_digest),
        ("event-kind", event.kind, act.kind),
        ("event-actor", event.actor, act.by),
        ("event-moment", event.entered_at, act.at),
    ):
        if expected != found:
            message = _("act {number}: event {index} says {expected}, found {found}").format(
                number=act.number, index=event.index, expected=expected, found=found
            )
            yield altered(what, act.subject, message, aspect)
