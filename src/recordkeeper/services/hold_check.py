"""Whether a hold stood over something when it was destroyed, by the program's own rule of what a hold keeps.

What is gone is known by its tombstone, by the list that named it, by what it goes on as, and by the holds themselves:
a hold about a party or premises lists what was about them on the day it was placed. What was entered after that day and
is gone whole is not seen to be about them.

Source: M-9, M-12
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from recordkeeper.findings import Finding
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import Event, History
from recordkeeper.model.hold import ABOUT, Member, Scope
from recordkeeper.model.subject import base_of, kind_of, sheet_subject
from recordkeeper.services.aspect import altered, aspect_of

_RECORDS = frozenset({"record", "sheet"})


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where in the log a hold stood.

    Args:
        hold: its subject.
        scope: what it keeps.
        about: what was about its party and premises when it was placed.
        placed_at, lifted_at: the indices of the events; beyond all where none lifted it.
    """

    hold: str
    scope: Scope
    about: frozenset[str]
    placed_at: int
    lifted_at: int


@dataclass(slots=True)
class Held:
    """What is asked of holds, units and sheets when something is gone.

    Args:
        spans: every hold.
        openings: how each record and sheet was opened, as far as its acts or those it goes on with are there.
        rows: of each sheet, by what it was begun as, its own subjects and those of its rows, what is gone included.
        born, died: the indices of the first event of each record, and of the one by which it was destroyed.
        parents: of each unit the units above it, one after another, each with the index of its event.
    """

    spans: list[Span] = field(default_factory=list)
    openings: dict[str, Content] = field(default_factory=dict)
    rows: dict[str, set[str]] = field(default_factory=dict)
    born: dict[str, int] = field(default_factory=dict)
    died: dict[str, int] = field(default_factory=dict)
    parents: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, events: Sequence[Event], histories: Mapping[str, History], stones: Mapping[str, Content], destroy: str
    ) -> "Held":
        """What acts, events and tombstones tell.

        Args:
            events: those of acts, and those that bind tombstones, in the order of the log.
            histories: the acts of every subject that stands.
            stones: every tombstone.
            destroy: the kind of the events that bind tombstones.
        """
        held = cls(list(_spans(events, histories)))
        if held.spans and stones:
            held._note_openings(histories, stones)
            for event in events:
                held._note(event, histories, destroy)
        return held

    def _note(self, event: Event, histories: Mapping[str, History], destroy: str) -> None:
        subject = event.subject or ""
        if event.kind == destroy:
            self.died.setdefault(subject, event.index)
        elif kind_of(subject) == "unit" and subject in histories:
            self._note_parent(histories[subject], event)
        elif kind_of(subject) in _RECORDS:
            self.born.setdefault(subject, event.index)

    def _note_openings(self, histories: Mapping[str, History], stones: Mapping[str, Content]) -> None:
        for subject, history in histories.items():
            if kind_of(subject) in _RECORDS:
                opening = history.acts[1].told.content
                self.openings[base_of(subject)] = opening
                if opening.get("sheet"):
                    self.rows.setdefault(str(opening["sheet"]), set()).add(subject)
        for subject, stone in stones.items():
            if stone.get("sheet"):
                self.rows.setdefault(sheet_subject(str(stone["sheet"])), set()).add(subject)
        for subject in (each for each in {**histories, **stones} if kind_of(each) == "sheet"):
            self.rows.setdefault(base_of(subject), set()).add(subject)

    def _note_parent(self, unit: History, event: Event) -> None:
        number = event.act_number or 0
        content = unit.acts[number].content if 0 < number <= unit.count else {}
        changed = content.get("changed")
        parent = changed.get("parent") if isinstance(changed, Mapping) else content.get("parent")
        if parent:
            self.parents.setdefault(unit.subject, []).append((event.index, str(parent)))

    def faults(self, subject: str, stone: Content | None, listed: Collection[str]) -> Iterator[Finding]:
        """The holds that stood when something was destroyed.

        A hold on one row keeps its sheet, and every row on it.

        Args:
            subject: what was destroyed.
            stone: its tombstone.
            listed: what its list lets go together with it.
        """
        gone_at = self.died.get(subject)
        if stone is None or gone_at is None:
            return
        of = f"sheet/{stone['sheet']}" if stone.get("sheet") else ""
        sheet = base_of(subject) if kind_of(subject) == "sheet" else of
        there = (each for each in (sheet, *self.rows.get(sheet, ())) if each and self._was_there(each, gone_at))
        together = {subject, *listed, *there}
        for span in self.spans:
            if span.placed_at < gone_at < span.lifted_at and any(
                span.scope.covers(member) for each in together for member in self._members(each, stone, span, gone_at)
            ):
                message = _("it was destroyed while {hold} kept it").format(hold=span.hold)
                yield altered("tombstone-held", subject, message, aspect_of(subject))

    def _was_there(self, subject: str, at: int) -> bool:
        return self.born.get(subject, at) < at <= self.died.get(subject, at)

    def _members(self, subject: str, stone: Content, span: Span, at: int) -> Iterator[Member]:
        """What a hold goes by of something, as the tombstone of what goes with it tells it, and as its own acts do."""
        opening = self.openings.get(base_of(subject), {})
        is_about = base_of(subject) in span.about
        party = span.scope.party if is_about else str(opening.get("party") or "")
        premises = span.scope.premises if is_about else str(opening.get("premises") or "")
        sheet = f"sheet/{stone['sheet']}" if stone.get("sheet") else ""
        for said, of in ((stone, sheet), (opening, str(opening.get("sheet") or ""))):
            if said:
                units = self._above(str(said.get("unit")), at)
                yield Member(subject, of, str(said.get("form")), units, party, premises)

    def _above(self, unit: str, at: int) -> list[str]:
        """A unit and those that stood above it then."""
        found: list[str] = []
        while unit and unit not in found:
            found.append(unit)
            unit = next((parent for index, parent in reversed(self.parents.get(unit, ())) if index < at), "")
        return found


def _spans(events: Iterable[Event], histories: Mapping[str, History]) -> Iterator[Span]:
    """Each hold with what it keeps, and from where to where in the log.

    Whoever places or lifts a hold and whoever destroys keep one another out: their events are in the order of what was.
    """
    placed: dict[str, int] = {}
    lifted: dict[str, int] = {}
    end = 0
    for event in events:
        end = event.index + 1
        if event.kind in {"hold", "release"} and kind_of(event.subject or "") == "hold":
            (placed if event.kind == "hold" else lifted).setdefault(event.subject or "", event.index)
    for subject, index in placed.items():
        said = histories[subject].acts[1].content if subject in histories else {}
        scope = _scope_of(said.get("scope"))
        if scope is not None:
            about = said.get(ABOUT)
            subjects = about if isinstance(about, list | tuple) else ()
            yield Span(subject, scope, frozenset(map(str, subjects)), index, lifted.get(subject, end))


def _scope_of(said: object) -> Scope | None:
    """The scope that an act holds; None for what the program does not write, which is said elsewhere."""
    try:
        return Scope.of(said) if isinstance(said, Mapping) else None
    except TypeError:
        return None
