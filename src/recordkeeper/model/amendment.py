"""Amendments: what was struck, what stands in its place, and how the two are shown beside each other.

The old value is struck through and stays legible; in a text the changed spans alone are struck. A refused
counter-signature lets the old value stand again, and both stay legible.

Source: P06-R3, P06-R4
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from recordkeeper.model.canonical import Json
from recordkeeper.model.rich_text import RichText, Span, Style, mark
from recordkeeper.model.step import Step, spelled

CORRECTION, FACT = "correction", "fact"
NOT_NEEDED, PENDING, ACCEPTED, REFUSED = "not needed", "pending", "accepted", "refused"
LONGEST_STRUCK_WHOLE = 20
MOST_COMPARED = 30_000_000
NEIGHBOURS = 2
RESTORED = -1
_TOKENS = re.compile(r"[A-Za-z0-9_.+-]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """One place that an amendment changes.

    Args:
        number: the circled number, from 1 in each record.
        section, round, field: where; a cell of rows is ``field.row.column``, rows from 1.
        old, new: the values; None where nothing stood or stands.
        is_computed: whether it follows from another change of the same amendment.
        item: the choice or row, where the section is repeated.
    """

    number: int
    section: str
    round: int
    field: str
    old: Json
    new: Json
    is_computed: bool
    item: str = ""

    @property
    def step(self) -> Step:
        """The step that is changed."""
        return Step(self.section, self.round, self.item)

    @property
    def path(self) -> str:
        """The place as somebody writes it: ``measures``, ``measures@2``, ``opinion[engineering]``."""
        name, _dot, cell = self.field.partition(".")
        return spelled(name, self.item, self.round, cell)


@dataclass(frozen=True, slots=True)
class PartyAnswer:
    """What the outside party says to an amendment.

    Args:
        state: not needed, pending, accepted or refused.
        name: who signed as read, or who entered the refusal.
        at: UTC moment of the entry.
        witness: who saw it signed; empty where the party did not sign.
        entered_by: who entered the signature.
        reason: why the party does not sign.
    """

    state: str = NOT_NEEDED
    name: str = ""
    at: str = ""
    witness: str = ""
    entered_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Amendment:
    """One act of amending, with all it changes.

    Args:
        act_number: the act.
        changes: the places.
        reason: why.
        nature: ``correction`` of an error, or ``fact``: the facts have changed.
        by, name, at: who, as printed, and the UTC moment.
        countersign: not needed, pending, accepted or refused.
        countersigned_by, countersigned_at, countersign_reason: who answered, when, and why if refused.
        party: whether the outside party signs it anew, and what it said.
    """

    act_number: int
    changes: tuple[Change, ...]
    reason: str
    nature: str
    by: str
    name: str
    at: str
    countersign: str
    countersigned_by: str = ""
    countersigned_at: str = ""
    countersign_reason: str = ""
    party: PartyAnswer = PartyAnswer()

    @property
    def is_refused(self) -> bool:
        """Whether the old values stand again."""
        return REFUSED in {self.countersign, self.party.state}

    @property
    def is_pending(self) -> bool:
        """Whether it awaits a counter-signature or the outside party's signature."""
        return PENDING in {self.countersign, self.party.state} and not self.is_refused

    @property
    def counts(self) -> int:
        """How many corrections of errors it is, against the form's limit."""
        if self.nature == FACT or self.is_refused:
            return 0
        return sum(not change.is_computed for change in self.changes)


@dataclass(frozen=True, slots=True)
class Version:
    """One value in the life of a field: its text as printed, and the amendment that brought it.

    Args:
        text: as printed.
        number: the circled number that brought it; 0 for the first value and for one that stands again.
        note: who and when, printed small behind it; one that begins with a space stands behind the whole value.
    """

    text: str
    number: int = 0
    note: str = ""


@dataclass(slots=True)
class _Piece:
    text: str
    number: int
    is_struck: bool


def show_versions(versions: Sequence[Version]) -> RichText:
    """All versions of a value in one line of spans: struck ones legible, the last one standing.

    Long texts are struck only where they changed, by character, widened to words.
    """
    pieces = [_Piece(token, 0, is_struck=False) for token in _TOKENS.findall(versions[0].text)]
    for before, after in itertools.pairwise(versions):
        pieces = list(_amended(pieces, before.text, after))
    notes = {version.number: version.note for version in versions if version.number}
    return tuple(_spans(pieces, notes))


def changed_parts(old: str, new: str) -> tuple[str, str]:
    """What the list of amendments says of a change: short values whole, of long texts the changed places alone.

    Each place stands with the words next to it, so that it can be found in the text; places are parted by "…".
    """
    if max(len(old), len(new)) <= LONGEST_STRUCK_WHOLE:
        return old, new
    was, now = _TOKENS.findall(old), _TOKENS.findall(new)
    places = [step for step in _steps(was, now) if step[0] != "equal"]
    before = (_excerpt(was, first, last) for _operation, first, last, _first, _last in places)
    after = (_excerpt(now, first, last) for _operation, _first, _last, first, last in places)
    return " … ".join(before), " … ".join(after)


def _excerpt(tokens: Sequence[str], first: int, last: int) -> str:
    return "".join(tokens[max(0, first - NEIGHBOURS) : last + NEIGHBOURS]).strip().replace("\n", " ")


_Step: TypeAlias = tuple[str, int, int, int, int]


def _steps(was: Sequence[str], now: Sequence[str]) -> list[_Step]:
    """How one list of words becomes another, as ``SequenceMatcher.get_opcodes`` says it.

    Where the middle that differs is so long that comparing it would take minutes, it is one replacement.
    """
    head = _alike(was, now)
    tail = _alike(was[head:][::-1], now[head:][::-1])
    old, new = was[head : len(was) - tail], now[head : len(now) - tail]
    steps: list[_Step] = [("equal", 0, head, 0, head)] if head else []
    if _cost(old, new) > MOST_COMPARED:
        steps.append(("replace", head, head + len(old), head, head + len(new)))
    else:
        for operation, first, last, new_first, new_last in SequenceMatcher(
            None, old, new, autojunk=False
        ).get_opcodes():
            steps.append((operation, head + first, head + last, head + new_first, head + new_last))
    if tail:
        steps.append(("equal", len(was) - tail, len(was), len(now) - tail, len(now)))
    return steps


def _cost(old: Sequence[str], new: Sequence[str]) -> int:
    """How long ``SequenceMatcher`` may take: equal pairs of words, looked through once for each place found."""
    counts = Counter(new)
    return sum(count * counts[word] for word, count in Counter(old).items()) * min(len(old), len(new))


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _pair in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _amended(pieces: list[_Piece], before: str, after: Version) -> Iterator[_Piece]:
    """The pieces after one more version: what no longer stands is struck, what is new comes behind it."""
    standing = [piece for piece in pieces if piece.text and not piece.is_struck]
    tokens = _TOKENS.findall(after.text)
    if max(len(before), len(after.text)) <= LONGEST_STRUCK_WHOLE:
        steps = [("replace", 0, len(standing), 0, len(tokens))]
    else:
        steps = _steps([piece.text for piece in standing], tokens)
    # a struck piece stays where it was: it follows the standing piece that it followed before
    trailing: list[list[_Piece]] = [[]]
    for piece in pieces:
        if piece.is_struck or not piece.text:
            trailing[-1].append(piece)
        else:
            trailing.append([])
    yield from trailing[0]
    for operation, first, last, new_first, new_last in steps:
        for index in range(first, last):
            piece = standing[index]
            piece.is_struck = operation in {"replace", "delete"}
            yield piece
            yield from trailing[index + 1]
        if operation == "equal":
            continue
        for token in tokens[new_first:new_last] or [""]:
            yield _Piece(token, after.number or RESTORED, is_struck=False)


def _spans(pieces: list[_Piece], notes: dict[int, str]) -> Iterator[Span]:
    runs: list[_Piece] = []
    for piece in pieces:
        if runs and runs[-1].is_struck == piece.is_struck and runs[-1].number == piece.number:
            runs[-1].text += piece.text
        else:
            runs.append(_Piece(piece.text, piece.number, piece.is_struck))
    noted: dict[int, str] = {}
    for run in runs:
        if run.text:
            style = Style.STRUCK if run.is_struck else Style.NEW if run.number else Style.PLAIN
            yield Span(run.text, style)
        if run.number <= 0:
            continue
        yield Span(mark(run.number), Style.MARK)
        note = notes.get(run.number, "")
        if note and not run.is_struck and run.number not in noted:
            noted[run.number] = note
            if not note.startswith(" "):
                yield Span(note, Style.NOTE)
    behind = {number: note for number, note in noted.items() if note.startswith(" ")}
    for number, note in behind.items():
        yield Span(f" {mark(number)}{note}" if len(behind) > 1 else note, Style.NOTE)
