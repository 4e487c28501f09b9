"""What acts say of other subjects and of the log, held against these: nobody changes one end of such a bond alone.

A sheet lists its rows, a statistics sheet the records it counted, a list what it disposes of, a record the state of
its form, each by state digest; a record names the checkpoint that was current at its opening. Signatures cover what is
said, so the trail cannot be made anew without the people who signed, not even by who holds the log's key.

Source: 21 CFR 11.10(e), 11.70; RFC 9162, 2.1
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from recordkeeper.findings import Finding
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.subject import base_of, form_subject, kind_of, record_subject, sheet_subject
from recordkeeper.services.evidence import LOG, Evidence, altered, aspect_of
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    MalformedNoteError,
    short_checkpoint,
    unverified_checkpoint,
)

_MOST_DIGITS = 15


def check_references(evidence: Evidence) -> list[Finding]:
    """Every digest of another subject, and every checkpoint, that an act names and that is not so."""
    known: dict[str, frozenset[str]] = {}
    for held in (evidence.states_gone, evidence.digests, evidence.elsewhere):
        for subject, states in held.items():
            # a record of which values were erased goes on under its number, and had the states before too
            base = base_of(subject)
            known[base] = known.get(base, frozenset()) | frozenset(states)
    findings: list[Finding] = []
    for history in evidence.histories.values():
        for act in history.told[1:]:
            for subjects, state in _states_named(act.content):
                if not any(state in known.get(base_of(subject), frozenset()) for subject in subjects):
                    message = _("act {number} ({kind}): {subject} never had the state that it names").format(
                        number=act.number, kind=act.kind, subject=subjects[0]
                    )
                    findings.append(altered("named-state", act.subject, message, aspect_of(act.subject)))
    return [*findings, *_row_findings(evidence), *_checkpoint_findings(evidence)]


def _row_findings(evidence: Evidence) -> Iterator[Finding]:
    """Rows that a sheet lists and that were entered on another one, or on none, or with another form.

    Where a row stands it says itself in the act by which it was entered, and its tombstone after that.

    Codes: ``sheet-row``.
    """
    stood = {
        base_of(subject): (str(stone.get("form")), base_of(sheet_subject(str(stone.get("sheet")))))
        for subject, stone in evidence.tombstones.items()
    }
    for subject, history in evidence.histories.items():
        first = history.told[1].content if kind_of(subject) == "record" else {}
        if first:
            stood[base_of(subject)] = str(first.get("form")), base_of(str(first.get("sheet") or ""))
    for subject, history in evidence.histories.items():
        if kind_of(subject) != "sheet":
            continue
        expected, said = (str(history.told[1].content.get("form")), base_of(subject)), set[str]()
        for act in history.told[1:]:
            listed = act.content.get("rows")
            for each in listed if isinstance(listed, list) else []:
                number = str(each.get("number")) if isinstance(each, Mapping) else ""
                row = base_of(record_subject(number))
                if row in said or row not in stood or stood[row] == expected:
                    continue  # of one that is not there at all, other findings tell
                said.add(row)
                message = _("{row} stands on it, and was entered with {form} on {sheet}")
                message = message.format(row=row, form=stood[row][0], sheet=stood[row][1] or "-")
                yield altered("sheet-row", subject, message, aspect_of(subject))


def _states_named(content: Content) -> Iterator[tuple[tuple[str, ...], str]]:
    """Whom an act names, as what it may be, with the state; what has another shape is said by the projections."""
    held = [content.get(name) for name in ("disposal", "certifies", "tested")]
    lists = [content.get("rows"), content.get("items")]
    lists += [holder.get("items") for holder in held if isinstance(holder, Mapping)]
    fill = content.get("fill")
    for holder in (content, fill if isinstance(fill, Mapping) else {}):
        sources = holder.get("sources")
        lists += list(sources.values()) if isinstance(sources, Mapping) else []
    for listed in lists:
        for each in cast("list[Json]", listed) if isinstance(listed, list) else []:
            if isinstance(each, Mapping) and {"number", "state"} <= each.keys():
                number = str(each["number"])
                yield (record_subject(number), sheet_subject(number)), str(each["state"])
    if "form_state" in content:
        form = form_subject(str(content.get("form")), str(content.get("revision")))
        yield (form,), str(content["form_state"])


def _checkpoint_findings(evidence: Evidence) -> Iterator[Finding]:
    named = _named_checkpoints(evidence)
    roots = evidence.leaf_hashes.prefix_roots({_size_of(text) for text in named})
    for text, subjects in named.items():
        size = _size_of(text)
        found = short_checkpoint(Checkpoint("", size, roots[size])) if size in roots else "-"
        if found != text:
            message = ngettext(
                "checkpoint {expected} is named by {count} act, the events give {found}",
                "checkpoint {expected} is named by {count} acts, the events give {found}",
                len(subjects),
            ).format(expected=text, count=len(subjects), found=found)
            yield altered("named-checkpoint", subjects[0], message, LOG)


def check_named_checkpoints(evidence: Evidence, notes: Sequence[str]) -> Iterator[Finding]:
    """Checkpoints that acts name and that are none of those made: a log that was put back, its checkpoints with it."""
    made = set()
    first_size = 0
    for note in notes:
        try:
            made.add(short_checkpoint(unverified_checkpoint(note)))
        except MalformedNoteError:
            continue  # said of the checkpoint itself
    if evidence.rebuilt_at is not None and notes:
        # An archive holds its newest checkpoint alone; that the events give the earlier ones is checked above.
        first_size = _size_of_note(notes[0])
    for text, subjects in _named_checkpoints(evidence).items():
        if text not in made and _size_of(text) >= first_size:
            message = ngettext(
                "checkpoint {expected} is named by {count} act, and none of the {made} made is it",
                "checkpoint {expected} is named by {count} acts, and none of the {made} made is it",
                len(subjects),
            ).format(expected=text, count=len(subjects), made=len(notes))
            yield altered("named-checkpoint", subjects[0], message, LOG)


def _size_of_note(note: str) -> int:
    try:
        return unverified_checkpoint(note).size
    except MalformedNoteError:
        return 0


def _named_checkpoints(evidence: Evidence) -> dict[str, list[str]]:
    """Every checkpoint that an act names, with the subjects of these acts."""
    named: dict[str, list[str]] = {}
    for history in evidence.histories.values():
        for act in history.told[1:]:
            if act.content.get("checkpoint"):
                named.setdefault(str(act.content["checkpoint"]), []).append(act.subject)
    return named


def _size_of(text: str) -> int:
    """The size that the text of a checkpoint begins with; 0, of which there is no checkpoint, where it does not."""
    size = text.partition("·")[0]
    return int(size) if size.isascii() and size.isdigit() and len(size) <= _MOST_DIGITS else 0
