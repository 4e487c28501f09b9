"""Erasure on request: values of a record that stays are taken out of every act of it, and it goes on as a new subject.

Each act is carried over with the day and the person it had, the values that were asked for replaced by a mark, and the
state digest that the trail has of it. Signatures cannot fit what they did not cover: they are told, not kept. Nothing
here destroys anything.

Source: M-7; P-8; 21 CFR 11.10(e)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from recordkeeper.errors import InvalidInputError, RecordkeeperError, RefusalError, RetentionError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import Change
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.erased import ERASED_TEXT, erased_mark, is_erased
from recordkeeper.model.event import CARRY, ERASE, History, head_act
from recordkeeper.model.expression import names_in
from recordkeeper.model.record import Record
from recordkeeper.model.said_values import are_rows, has_moved_rows, said_values

ATTACHMENT = "attachment"
"""How a file is named: ``attachment.4``, by the act that bound it."""

FILLED_FOR = "filled_for"
"""How the names are named for whom sections were filled."""

_SIGNED = {"sign", "amend", "countersign"}
_NO_TEXT = {"number", "money", "yes_no", "date", "moment"}


class NothingToEraseError(RetentionError, InvalidInputError):
    """A record has no such value, or it was erased before."""

    def __init__(self, number: str, place: str, known: Sequence[str]) -> None:
        expected = _("one of {names}").format(names=listing(known)) if known else _("a record with values")
        super().__init__(
            _("{number}: nothing to erase at {place}: expected {expected}").format(
                number=number, place=place, expected=expected
            ),
            subject=number,
            expected=expected,
            found=place,
        )


class NoSuchFileError(RetentionError, InvalidInputError):
    """A record holds no attachment of that name, or it was erased before."""

    def __init__(self, number: str, name: str, known: Sequence[str]) -> None:
        held = listing(known)
        expected = _("one of its attachments: {names}").format(names=held) if known else _("a record with attachments")
        super().__init__(
            _("{number}: no attachment {name}: expected {expected}").format(
                number=number, name=name, expected=expected
            ),
            subject=number,
            expected=expected,
            found=name,
        )


class SteeringValueError(RetentionError, RefusalError):
    """Without the value a record would stand otherwise: another section would be needed, or none."""

    def __init__(self, number: str, places: Sequence[str]) -> None:
        expected = _("values that no condition of the form reads")
        super().__init__(
            _(
                "{number}: cannot erase {places}: the form's conditions read it, and the record would stand otherwise"
            ).format(number=number, places=listing(places)),
            subject=number,
            expected=expected,
            found=listing(places),
        )


class ComputedValueError(RetentionError, RefusalError):
    """Values that stay were computed from what is to go, and may hold it."""

    def __init__(self, number: str, places: Sequence[str], computed: Sequence[str]) -> None:
        expected = _("{computed} named too").format(computed=listing(computed))
        super().__init__(
            _("{number}: cannot erase {places} alone: {computed} is computed from it: name that too").format(
                number=number, places=listing(places), computed=listing(computed)
            ),
            subject=number,
            expected=expected,
            found=listing(places),
        )


class MovedRowsError(RetentionError, RefusalError):
    """An earlier filling holds other rows: which of them was whose is not sure."""

    def __init__(self, number: str, place: str) -> None:
        field = place.partition(".")[0]
        expected = _("the whole field, {field}").format(field=field)
        super().__init__(
            _(
                "{number}: cannot erase {place} alone: an earlier filling has other rows, and it is not sure which is "
                "whose: erase the whole field, {field}"
            ).format(number=number, place=place, field=field),
            subject=number,
            expected=expected,
            found=place,
        )


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased of a record once.

    Args:
        places: fields, cells and attachments, as the list names them.
        list: the number of the list.
        tombstone: the number of the tombstone of what the record was before.
        basis: on what ground.
        on: the local date.
        by: who executed the list.
    """

    places: tuple[str, ...]
    list: str
    tombstone: int
    basis: str
    on: str
    by: str


def places_of(record: Record) -> list[str]:
    """Every place of a record that holds something that can be erased: fields, files, names it was filled for."""
    places = [each.id for section in record.sections for each in section.all_fields if _has_value(record, each.id)]
    places += [f"{ATTACHMENT}.{each.act_number}" for each in record.attachments if not each.is_erased]
    if any(filled.filled_for not in {"", ERASED_TEXT} for filled in record.saved.values()):
        places.append(FILLED_FOR)
    return places


def check_places(record: Record, places: Sequence[str]) -> None:
    """Refuse places of a record that hold nothing, and values without which it would stand otherwise.

    Args:
        record: as it stands.
        places: ``phone``, ``items.2.name``, ``attachment.4``.

    Raises:
        NothingToEraseError: nothing stands there, or it was erased before.
        MovedRowsError: an earlier filling has other rows, and it is not sure which was whose.
        ComputedValueError: a text that was computed from it would stay.
        SteeringValueError: a condition of the form reads it.
    """
    known = places_of(record)
    for place in places:
        name, _dot, cell = place.partition(".")
        if place not in known and not (cell and name in known and _has_value(record, place)):
            raise NothingToEraseError(record.number, place, known)
        if cell and name != ATTACHMENT and name not in places:
            _row, _dot, column = cell.partition(".")
            if has_moved_rows(record, name, column):
                raise MovedRowsError(record.number, place)
    if computed := _computed_from(record, places, known):
        raise ComputedValueError(record.number, places, computed)
    trial = History(record.subject, (head_act(record.subject, "0" * 32),))
    for content in redacted_acts(record, places, 0):
        trial = trial.followed_by(content)
    try:
        after = Record.replay(record.form, trial)
        is_same = _stand(after) == _stand(record)
    except RecordkeeperError:
        is_same = False
    if not is_same:
        raise SteeringValueError(record.number, places)


def _computed_from(record: Record, places: Sequence[str], known: Sequence[str]) -> list[str]:
    """The computed texts that would stay, and read what is to go, by way of other computed values too."""
    gone, found = {place.partition(".")[0] for place in places}, []
    computed = [each for section in record.sections for each in section.computed]
    for each in (each for _pass in computed for each in computed):
        if each.id not in gone and names_in(each.value) & gone:
            gone.add(each.id)
            if each.id in known and each.type not in _NO_TEXT:
                found.append(each.id)
    return found


def _stand(record: Record) -> tuple[object, ...]:
    """Where a record stands: what erasing must not change."""
    current = record.current_section
    return (
        record.state,
        record.closed_on,
        current.id if current else "",
        tuple(map(str, record.steps_in_order())),
        tuple(section.id for section in record.sections if record.is_needed(section)),
    )


def _has_value(record: Record, place: str) -> bool:
    """Whether a field or cell holds a value that was not erased, or an amendment or later filling struck one."""
    values = [filled.values for filled in record.saved.values()]
    values += [{name: value} for name, value in said_values(record)]
    return any(_differs(held, place) for held in values)


def _both(change: Change) -> tuple[Json, Json]:
    return change.old, change.new


def _differs(values: Mapping[str, Json], place: str) -> bool:
    return any(_redacted_value(name, value, place, {}) != value for name, value in values.items())


# ---- what the acts say without the values ----------------------------------------------------------------------------


def redacted_acts(record: Record, places: Sequence[str], tombstone: int) -> list[Content]:
    """What the acts of a record say once values are taken out of them, from act 1 on; none of them is signed any more.

    Args:
        record: as it stands.
        places: what is erased.
        tombstone: the number that the marks name.
    """
    redaction = _Redaction(record, tuple(places), erased_mark(tombstone))
    return [redaction.of(act.content, act.number) for act in record.history.acts[1:]]


class _Redaction:
    """One redaction of all acts of a record.

    Args:
        record: as it stands.
        places: what is erased.
        mark: what stands in its place.
    """

    def __init__(self, record: Record, places: Sequence[str], mark: Json) -> None:
        self._digests = record.history.digests
        self._places = [place for place in places if not place.startswith(f"{ATTACHMENT}.")]
        self._mark = mark
        self._late_by = record.form.sheet.on if record.form.sheet else ""
        numbers = {int(place.partition(".")[2]) for place in places if place.startswith(f"{ATTACHMENT}.")}
        self._files = {each.digest for each in record.attachments if each.act_number in numbers}
        self._amended = {
            amendment.act_number
            for amendment in record.amendments
            if any(
                _differs({change.field: value}, place)
                for change in amendment.changes
                for value in _both(change)
                for place in self._places
            )
        }

    def of(self, content: Content, number: int) -> Content:
        """What one act says, whatever it was carried over from before."""
        if content["act"] == CARRY:
            return {**content, "carried": self.of(cast("Content", content["carried"]), number)}
        said = self._filled(content)
        if "fill" in said:
            said["fill"] = self._filled(cast("Content", said["fill"]))
        if "changes" in said:
            said["changes"] = [self._change(each) for each in cast("Sequence[Content]", said["changes"])]
        if (number if said["act"] == "amend" else said.get("amendment")) in self._amended and said.get("reason"):
            said["reason"] = ERASED_TEXT
        late = said.get("late_entry")
        if isinstance(late, Mapping) and self._late_by in self._places:
            said["late_entry"] = {**late, "matter": ERASED_TEXT}
        self._leave_out_files(said)
        if said["act"] in _SIGNED and "signed_state" not in said:
            said = {name: value for name, value in said.items() if name not in {"signature", "public_key"}}
            said["signed_state"] = self._digests[number - 1]
        return said

    def _filled(self, content: Content) -> dict[str, Json]:
        """What an act, or the filling within it, says without the values and the names for whom it was filled."""
        said = dict(content)
        if isinstance(said.get("values"), Mapping):
            said["values"] = self._values(cast("Content", said["values"]))
        if FILLED_FOR in self._places and said.get(FILLED_FOR):
            said[FILLED_FOR] = ERASED_TEXT
        return said

    def _values(self, values: Content) -> Content:
        for place in self._places:
            values = {name: _redacted_value(name, value, place, self._mark) for name, value in values.items()}
        return values

    def _change(self, change: Content) -> Content:
        said = dict(change)
        for end in ("old", "new"):
            for place in self._places:
                if said.get(end) is not None:
                    said[end] = _redacted_value(str(change["field"]), said[end], place, self._mark)
        return said

    def _leave_out_files(self, said: dict[str, Json]) -> None:
        if said["act"] == "attach" and said.get("digest") in self._files:
            said |= {"digest": "", "media_type": "", "size": 0, "file": ERASED_TEXT}
        elif said.get("scan") and said["scan"] in self._files:
            said |= {"scan": "", "signer_name": ERASED_TEXT}


def _redacted_value(name: str, value: Json, place: str, mark: Json) -> Json:
    """A value at ``name`` (a field, or a cell ``field.row.column``) without what stands at ``place``."""
    if value is None or is_erased(value):
        return value
    field, _dot, cell = place.partition(".")
    own, _dot, own_cell = name.partition(".")
    if field != own or (cell and own_cell and cell != own_cell):
        return value
    if own_cell or not are_rows(value):
        return mark if not cell or own_cell else value
    return [
        {
            each: mark if not is_erased(held) and cell in {"", f"{number}.{each}"} else held
            for each, held in cells.items()
        }
        for number, cells in enumerate(cast("Sequence[Mapping[str, Json]]", value), 1)
    ]


# ---- what was erased before ------------------------------------------------------------------------------------------


def erasures_of(record: Record) -> list[Erased]:
    """What was erased of a record, the first erasure first."""
    found: list[Erased] = []
    for act in record.history.told:
        if act.kind == ERASE:
            content = act.content
            listed = cast("Sequence[Content]", content["items"])[0]
            found.append(
                Erased(
                    tuple(str(place) for place in cast("Sequence[str]", content["erased"])),
                    str(listed["number"]),
                    cast("int", content["tombstone"]),
                    str(content["basis"]),
                    str(content["on"]),
                    act.by,
                )
            )
    return found


def place_of_state(history: History, state: str) -> int | None:
    """The number of the act after which a record had a state, one of its former subjects included; None for none."""
    if state in history.digests:
        return history.digests.index(state)
    for act in history.acts[1:]:
        content = act.content
        while content.get("act") == CARRY:
            if content.get("state") == state:
                return act.number
            content = cast("Content", content["carried"])
    return None


def title_of_place(record: Record, place: str, language: str, _: Callable[[str], str] = _) -> str:
    """A place as a person reads it: the field's title, the row and column of a cell, the number of a file's act.

    Args:
        record: whose place it is.
        place: as ``check_places`` takes it.
        language: zh or en.
        _: translates into it.
    """
    name, _dot, cell = place.partition(".")
    if name == ATTACHMENT:
        return _("attachment of act {number}").format(number=cell)
    if name == FILLED_FOR:
        return _("for whom it was filled")
    field = next((one for section in record.sections for one in section.all_fields if one.id == name), None)
    if field is None:
        return place
    row, _dot, column = cell.partition(".")
    of = next((one.title.in_language(language) for one in field.columns if one.id == column), column)
    title = field.title.in_language(language)
    return _("{field}, row {row}, {column}").format(field=title, row=row, column=of) if cell else title
