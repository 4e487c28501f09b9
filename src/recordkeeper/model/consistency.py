"""Whether the sections of a definition hang together: every name that one refers to exists in an earlier one.

Every misfit is found at once, each with its keys from the top.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.condition import never_holds, strange_comparisons
from recordkeeper.model.expression import FUNCTIONS, ExpressionError, names_in
from recordkeeper.model.routing import ByField, ByParty, Due
from recordkeeper.model.section import FormField, Section

ALWAYS_KNOWN = frozenset({"on", "record", "party", "premises"})
ITEM, PREVIOUS, REFERENCE = "item", "previous", "reference"
SECTION_FACTS = ("signed_on", "filled_on", "is_late", "round")
RESERVED = ALWAYS_KNOWN | frozenset(FUNCTIONS) | frozenset(
    {"amendments", "amendments_summary", "attachments", "blank_rows", "chart", "checkpoint", "company",
     "filled", "form", "later_page_code", "page", "print_code", "rows", "ruled_off", "signature",
     ITEM, PREVIOUS, REFERENCE}
)  # fmt: skip
"""Names that mean something else in expressions or templates, and so are no ids of sections and fields."""

Place: TypeAlias = tuple[str | int, ...]
_Model = TypeVar("_Model")


class Misfit(NamedTuple):
    """One thing in a definition that does not fit the rest: its keys from the top, and what is wrong."""

    place: Place
    message: str


class InconsistentError(ValueError):
    """Parts of a definition do not fit together; carries every place at once."""

    def __init__(self, misfits: Sequence[Misfit]) -> None:
        self.misfits = tuple(misfits)
        super().__init__("; ".join(f"{'.'.join(map(str, place))}: {message}" for place, message in misfits))


@dataclass(frozen=True, slots=True)
class Doubt:
    """What of a definition could not be read itself, so that nothing is concluded from it.

    Args:
        fields: ids of the fields whose type or choices are not known.
    """

    fields: frozenset[str] = frozenset()


NO_DOUBT = Doubt()


@dataclass(slots=True)
class Salvage:
    """The context of reading what is left of a faulty definition: misfits are gathered here, and refuse nothing.

    Args:
        doubt: what could not be read.
        misfits: filled while it is read.
    """

    doubt: Doubt = NO_DOUBT
    misfits: list[Misfit] = dataclasses.field(default_factory=list)


def told(model: _Model, misfits: Sequence[Misfit], salvage: Salvage | None) -> _Model:
    """The model, its misfits gathered where it is read for what can be salvaged.

    Raises:
        InconsistentError: it has misfits, and is read to be used.
    """
    if salvage is not None:
        salvage.misfits += misfits
    elif misfits:
        raise InconsistentError(misfits)
    return model


def section_misfits(
    sections: tuple[Section, ...], always: set[str], place: Place, doubt: Doubt = NO_DOUBT
) -> Iterator[Misfit]:
    """What does not fit in ``sections``, a record's or a sheet's own.

    Args:
        sections: in the form's order.
        always: the names that every expression of them may read beside the usual ones.
        place: their keys from the top.
        doubt: what could not be read.
    """
    known: set[str] = set(ALWAYS_KNOWN) | always
    earlier: list[Section] = []
    seen: set[str] = set()
    looping = {name for section in sections if section.rounds for name in section.rounds.sections}
    for index, section in enumerate(sections):
        here = (*place, index)
        for identifier, where in _identifiers(section, here):
            if identifier in RESERVED:
                yield Misfit(where, _("the id {name} is reserved").format(name=identifier))
            elif identifier in seen:
                yield Misfit(where, _("the id {name} stands twice").format(name=identifier))
            seen.add(identifier)
        own = known | ({ITEM} if section.each else set()) | ({PREVIOUS} if section.id in looping else set())
        yield from _reference_misfits(section, earlier, known, here, doubt)
        yield from _repetition_misfits(sections, index, here, doubt)
        yield from _field_misfits(section, here, doubt)
        yield from _expression_misfits(section, own, here)
        yield from _condition_misfits(earlier, section, here, doubt)
        known.update([section.id, *(field.id for field in section.all_fields)])
        earlier.append(section)


def _identifiers(section: Section, place: Place) -> Iterator[tuple[str, Place]]:
    yield section.id, (*place, "id")
    for key, fields in (("fields", section.fields), ("computed", section.computed)):
        for index, field in enumerate(fields):
            yield field.id, (*place, key, index, "id")


def _reference_misfits(
    section: Section, earlier: Sequence[Section], known: set[str], place: Place, doubt: Doubt
) -> Iterator[Misfit]:
    own = {field.id for field in section.all_fields}
    names = {each.id for each in earlier}
    for identifier in section.other_than:
        if identifier not in names:
            yield Misfit((*place, "other_than"), _("no earlier section {name}").format(name=identifier))
    for key, due in (("due", section.due), ("not_before", section.not_before)):
        if due is not None:
            yield from _due_misfits(due, earlier, (*place, key), doubt)
    for by in section.by:
        if isinstance(by, ByField):
            yield from _by_misfits(by, section, known, place)
        if isinstance(by, ByParty) and by.party not in known | own:
            yield Misfit((*place, "by"), _("no field {name}").format(name=by.party))


def _due_misfits(due: Due, earlier: Sequence[Section], place: Place, doubt: Doubt) -> Iterator[Misfit]:
    if due.after is not None and due.after not in {section.id for section in earlier}:
        yield Misfit((*place, "after"), _("no earlier section {name}").format(name=due.after))
    if due.field is None:
        return
    field = _field_in(earlier, due.field)
    if field is None:
        yield Misfit((*place, "field"), _("no earlier field {name}").format(name=due.field))
    elif field.id not in doubt.fields and field.type not in (
        {"moment"} if due.minutes is not None else {"date", "moment"}
    ):
        yield Misfit((*place, "field"), _("{name} is no date or moment field").format(name=due.field))


def _by_misfits(by: ByField, section: Section, known: set[str], place: Place) -> Iterator[Misfit]:
    name, _dot, column = by.field.partition(".")
    if name not in known:
        yield Misfit((*place, "by"), _("no earlier field {name}").format(name=name))
    elif column and (section.each is None or section.each.field != name):
        message = _("{name} is a column of rows that the section is not repeated for")
        yield Misfit((*place, "by"), message.format(name=by.field))


def _field_in(sections: Sequence[Section], identifier: str) -> FormField | None:
    return next((field for section in sections if (field := section.field(identifier))), None)


def _repetition_misfits(sections: tuple[Section, ...], index: int, place: Place, doubt: Doubt) -> Iterator[Misfit]:
    section = sections[index]
    if section.each is not None:
        field = _field_in(sections[:index], section.each.field)
        if field is None or not (_is_several(field) or field.id in doubt.fields):
            message = _("{name} is no earlier field of rows or of several choices")
            yield Misfit((*place, "each", "field"), message.format(name=section.each.field))
    if section.rounds is not None:
        count = len(section.rounds.sections)
        loop = sections[max(0, index + 1 - count) : index + 1]
        if tuple(each.id for each in loop) != section.rounds.sections:
            message = _("expected sections that follow one another and end with this one, found {names}")
            yield Misfit((*place, "rounds", "sections"), message.format(names=listing(section.rounds.sections)))
        elif any(each.rounds for each in loop[:-1]):
            yield Misfit((*place, "rounds", "sections"), _("a loop cannot stand within another"))
    for number, opening in enumerate(section.opens):
        field = _field_in(sections[: index + 1], opening.for_each) if opening.for_each else None
        if opening.for_each and (field is None or not (_is_several(field) or field.id in doubt.fields)):
            message = _("{name} is no field of rows or of several choices")
            yield Misfit((*place, "opens", number, "for_each"), message.format(name=opening.for_each))


def _is_several(field: FormField) -> bool:
    return field.type == "rows" or field.multiple


def _field_misfits(section: Section, place: Place, doubt: Doubt) -> Iterator[Misfit]:
    for key, fields in (("fields", section.fields), ("computed", section.computed)):
        for index, field in enumerate(fields):
            here = (*place, key, index)
            remarks = section.field(field.remarks) if field.remarks else None
            if field.remarks and (remarks is None or (remarks.type != "text" and remarks.id not in doubt.fields)):
                message = _("no text field {name} in the section").format(name=field.remarks)
                yield Misfit((*here, "remarks"), message)
            objective = section.field(field.chart.objective) if field.chart and field.chart.objective else None
            if (
                field.chart
                and field.chart.objective
                and (objective is None or objective.type not in {"number", "money"})
                and not (objective and objective.id in doubt.fields)
            ):
                message = _("no number {name} in the section").format(name=field.chart.objective)
                yield Misfit((*here, "chart", "objective"), message)
            beside = section.field(field.beside) if field.beside else None
            if field.beside and (beside is None or beside.beside or beside.id == field.id):
                message = _("no field {name} in the section that has a place of its own")
                yield Misfit((*here, "beside"), message.format(name=field.beside))


def _expressions(section: Section, known: set[str], place: Place) -> Iterator[tuple[Place, str | None, set[str]]]:
    """Every expression of the section with its place and the names that it may read."""
    typed = known | {field.id for field in section.fields}
    after = typed | {field.id for field in section.computed} | {section.id}
    yield (*place, "when"), section.when, known - {ITEM}
    yield (*place, "ends"), section.ends, after - {ITEM}
    if section.rounds is not None:
        yield (*place, "rounds", "until"), section.rounds.until, after - {ITEM}
    for index, field in enumerate(section.fields):
        yield (*place, "fields", index, "required_if"), field.required_if, typed
        yield (*place, "fields", index, "check"), field.check, typed
    so_far = set(typed) | {REFERENCE}
    for index, computed in enumerate(section.computed):
        yield (*place, "computed", index, "value"), computed.value, set(so_far)
        so_far.add(computed.id)
    for index, opening in enumerate(section.opens):
        read = after | ({ITEM} if opening.for_each else set())
        yield (*place, "opens", index, "when"), opening.when, read
        for target, expression in opening.copying.items():
            yield (*place, "opens", index, "copy", target), expression, read


def _expression_misfits(section: Section, known: set[str], place: Place) -> Iterator[Misfit]:
    for where, expression, names in _expressions(section, known, place):
        if expression is None:
            continue
        try:
            unknown = sorted(names_in(expression) - names)
        except ExpressionError as error:
            yield Misfit(where, error.found)
        else:
            if unknown:
                message = _("reads {names}, which no earlier section has").format(names=listing(unknown))
                yield Misfit(where, message)
    for index, need in enumerate(section.needs):
        try:
            names_in(need.when or "true")
        except ExpressionError as error:
            yield Misfit((*place, "needs", index, "when"), error.found)


def _condition_misfits(earlier: Sequence[Section], section: Section, place: Place, doubt: Doubt) -> Iterator[Misfit]:
    """Conditions that can never hold, and comparisons with what a field can never be."""
    single = {
        field.id: field for each in earlier if each.each is None for field in each.all_fields
    }  # a repeated section's fields are lists to all others
    own = single | {field.id: field for field in section.all_fields}
    after = own if section.each is None else single
    for field in (*single.values(), *section.all_fields):
        if field.id in doubt.fields:
            single.pop(field.id, None)
            own.pop(field.id, None)
    conditions: list[tuple[Place, str | None, Mapping[str, FormField]]] = [
        ((*place, "when"), section.when, single),
        ((*place, "ends"), section.ends, after),
        ((*place, "rounds", "until"), section.rounds.until if section.rounds else None, after),
    ]
    for index, field in enumerate(section.fields):
        conditions.append(((*place, "fields", index, "required_if"), field.required_if, own))
        conditions.append(((*place, "fields", index, "check"), field.check, own))
    for index, opening in enumerate(section.opens):
        conditions.append(((*place, "opens", index, "when"), opening.when, after))
    for where, condition, fields in conditions:
        if condition is None or not _is_readable(condition):
            continue
        strange = list(strange_comparisons(condition, fields))
        yield from (Misfit(where, message) for message in strange)
        if not strange and never_holds(condition, fields):
            yield Misfit(where, _("can never hold"))


def _is_readable(expression: str) -> bool:
    try:
        names_in(expression)
    except ExpressionError:
        return False
    return True
