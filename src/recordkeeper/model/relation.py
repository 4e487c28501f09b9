"""How records lead to one another: what a record was opened from, what it has opened, what it still has to open.

Both ends tell it. The source's act names the new record's number; the new record's first act names the source, and the
state that the source had after that act, so that neither end can be changed alone. Everything is read off the acts.

Source: ISO 9001, 7.5.3; 8.7; 10.2
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.expression import evaluate, holds
from recordkeeper.model.step import Step

if TYPE_CHECKING:
    from recordkeeper.model.record_state import RecordState
    from recordkeeper.model.routing import Opening
    from recordkeeper.model.section import FormField, Section

LINK = "link"


@dataclass(frozen=True, slots=True)
class Start:
    """What a field of an opened record begins with.

    Args:
        plain: the expression's value.
        field: where the expression is a field of the source and nothing else: that field.
        value: that field's canonical value.
    """

    plain: object
    field: "FormField | None" = None
    value: Json = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a record was opened from.

    Args:
        number: the source record's number.
        state: the source's state digest after the act that names this record.
        section: the source's section that opened it; empty where it was linked by hand.
    """

    number: str
    state: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """One record that a record has led to.

    Args:
        act_number: the source's act that names it.
        number: its number; empty where the form's purpose is bound to nothing, and nothing was opened.
        section, round, place, item: which section opened it, in which round, by which of its ``opens`` (from 0) and for
            which choice or row; empty, 0, -1 and empty where it was linked by hand.
        form, purpose: the form's code, and the purpose for which it stands; empty where there is none.
    """

    act_number: int
    number: str
    section: str = ""
    round: int = 0
    place: int = -1
    item: str = ""
    form: str = ""
    purpose: str = ""

    @property
    def key(self) -> tuple[str, int, int, str]:
        """What may be opened once only."""
        return self.section, self.round, self.place, self.item


@dataclass(frozen=True, slots=True)
class ToOpen:
    """A record that is to be opened now.

    Args:
        section, round, place, item: as for ``Opened``.
        opening: the form's rule.
        start: field of the new record to what it begins with.
    """

    section: str
    round: int
    place: int
    item: str
    opening: "Opening"
    start: Mapping[str, Start]

    @property
    def key(self) -> tuple[str, int, int, str]:
        """What may be opened once only."""
        return self.section, self.round, self.place, self.item

    def entry(self, code: str, number: str) -> dict[str, Json]:
        """How the source's act names it.

        Args:
            code: the form's code; empty where the purpose is bound to nothing.
            number: the new record's number; empty where nothing is opened.
        """
        entry: dict[str, Json] = {"section": self.section, "round": self.round, "place": self.place}
        named = {"item": self.item, "form": code, "purpose": self.opening.purpose or "", "number": number}
        return entry | {name: text for name, text in named.items() if text}


def origin_of(record: "RecordState") -> Origin | None:
    """What ``record`` was opened from; None where it stands for itself."""
    source = record.opening.get("source")
    if not isinstance(source, Mapping):
        return None
    return Origin(str(source["number"]), str(source["state"]), str(source.get("section", "")))


def opened_by(record: "RecordState") -> tuple[Opened, ...]:
    """Everything that ``record`` has led to, in the order of its acts; what was opened for nothing included."""
    return tuple(each for act in record.history.told[1:] for each in opened_in(act.number, act.content))


def opened_in(act_number: int, content: Content) -> Iterator[Opened]:
    """What one act names as opened."""
    if content.get("act") == LINK:
        yield Opened(act_number, str(content["number"]), form=str(content.get("form", "")))
    for each in cast("Sequence[Mapping[str, Json]]", content.get("opened") or ()):
        yield Opened(
            act_number,
            str(each.get("number", "")),
            str(each["section"]),
            cast("int", each["round"]),
            cast("int", each["place"]),
            str(each.get("item", "")),
            str(each.get("form", "")),
            str(each.get("purpose", "")),
        )


def linked_numbers(record: "RecordState") -> list[str]:
    """The numbers of every record that ``record`` is linked with: its source, and what it has led to."""
    origin = origin_of(record)
    numbers = [origin.number] if origin else []
    return numbers + [each.number for each in opened_by(record) if each.number]


def start_of(record: "RecordState") -> Mapping[str, Json]:
    """The values that the first section of an opened record begins with; they count when it is filled."""
    return cast("Mapping[str, Json]", record.opening.get("start") or {})


def due_openings(before: "RecordState | None", after: "RecordState", settled: Sequence[Opened]) -> list[ToOpen]:
    """The records that are to be opened by the act between ``before`` and ``after``.

    A section opens when it becomes complete, again in each round of a loop; each instance of a repeated one by itself.
    What an amendment brings about is opened too, once the amendment counts.

    Args:
        before: the record before the act; None where the act begins it.
        after: the record after the act.
        settled: what was opened already, by this record or the one that it replaces.

    Source: ISO 9001, 10.2.1
    """
    done = {each.key for each in settled}
    is_waiting = bool(after.pending_amendments)
    found: list[ToOpen] = []
    for section in after.sections:
        for number in range(1, after.round_of(section) + 1) if section.opens else ():
            for step in after.steps_in(section, number):
                if not after.is_step_complete(step):
                    continue
                is_new = before is None or not before.is_step_complete(step)
                if is_new or not is_waiting:
                    found += [each for each in _openings_of(section, step, after) if each.key not in done]
    return found


def _openings_of(section: "Section", step: Step, record: "RecordState") -> Iterator[ToOpen]:
    known = {**record.seen_in(step), "on": date.fromisoformat(record.last_on)}
    for place, opening in enumerate(section.opens):
        for item, names in _items(opening, known):
            if opening.when is None or holds(opening.when, names):
                start = {name: _start(expression, names, step, record) for name, expression in opening.copying.items()}
                whole = ".".join(filter(None, (step.item, item)))
                yield ToOpen(section.id, step.round, place, whole, opening, start)


def _start(expression: str, names: Mapping[str, object], step: Step, record: "RecordState") -> Start:
    plain = evaluate(expression, names)
    name, _dot, column = expression.strip().partition(".")
    section = next((section for section in record.sections if section.field(name)), None)
    field = section.field(name) if section is not None else None
    if section is None or field is None or column or section.each is not None:
        return Start(plain)
    return Start(plain, field, record.value_in(step, section, field))


def _items(opening: "Opening", known: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Each choice or row for which a record is opened: its name, and what expressions see."""
    if opening.for_each is None:
        yield "", known
        return
    for number, item in enumerate(cast("Sequence[object]", known.get(opening.for_each) or ()), 1):
        yield item if isinstance(item, str) else str(number), {**known, "item": item}


def typed(value: object) -> object:
    """A plain value of an expression as it would be typed into a field."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(name): typed(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [typed(each) for each in value]
    return value.isoformat() if isinstance(value, date) else str(Decimal(str(value)))
