"""Premises: a dwelling, shop or garage of an estate, and who owns, rents or lives there from when to when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self, TypedDict, Unpack

from recordkeeper.errors import InvalidInputError, PlaceError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import Act, History
from recordkeeper.model.particulars import (
    Checks,
    Period,
    amendment,
    changed_by,
    check_code,
    check_one_of,
    check_optional_line,
)
from recordkeeper.model.replay import UnknownActError, fold
from recordkeeper.model.value import format_moment

PREMISES_KINDS = ("dwelling", "shop", "garage")
CAPACITIES = ("owner", "tenant", "resident")
LONGEST_PART = 40
_CODE = re.compile(r"[^\W_](?:[\w.#/-]{0,38}[^\W_])?")
_CHECKS: Checks = {
    "building": lambda text: check_optional_line(text, _("building"), LONGEST_PART),
    "unit_no": lambda text: check_optional_line(text, _("unit number"), LONGEST_PART),
    "room": lambda text: check_optional_line(text, _("room"), LONGEST_PART),
    "kind": lambda text: check_one_of(text, PREMISES_KINDS, _("kind")),
}
_PARTS = ("building", "unit_no", "room")


class PremisesValues(TypedDict, total=False):
    """What is given of premises; None stands for nothing."""

    building: str | None
    unit_no: str | None
    room: str | None
    kind: str | None


class AlreadyOccupiesError(PlaceError, RefusalError):
    """A party would occupy premises twice in one capacity at one time."""

    def __init__(self, code: str, party: str, capacity: str, since: date) -> None:
        message = _("{code}: {party} is {capacity} already, from {since}").format(
            code=code, party=party, capacity=capacity_name(capacity), since=since.isoformat()
        )
        super().__init__(message, subject=code, found=party)


class DoesNotOccupyError(PlaceError, InvalidInputError):
    """A party is to leave premises that it does not occupy in that capacity."""

    def __init__(self, code: str, party: str, capacity: str, on: date) -> None:
        message = _("{code}: {party} is no {capacity} on {on}").format(
            code=code, party=party, capacity=capacity_name(capacity), on=on.isoformat()
        )
        super().__init__(message, subject=code, found=party)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """That a party owns, rents or lives in premises.

    Args:
        party: ``party/12``.
        capacity: owner, tenant or resident.
        period: from when to when.
    """

    party: str
    capacity: str
    period: Period


@dataclass(frozen=True, slots=True)
class Premises:
    """One dwelling, shop or garage.

    Args:
        subject: ``premises/31``.
        unit: the estate it belongs to, ``unit/2``.
        code: such as ``3-2-1201``; one of its kind in the unit, never changed.
        building, unit_no, room: its parts as printed; empty where there is none.
        kind: dwelling, shop or garage.
        occupancies: who occupied it, in the order of entry.
    """

    subject: str
    unit: str
    code: str
    building: str
    unit_no: str
    room: str
    kind: str
    occupancies: tuple[Occupancy, ...] = ()

    @staticmethod
    def add(*, by: str, at: datetime, unit: str, code: str, **given: Unpack[PremisesValues]) -> Content:
        """The first act of premises: a dwelling, with the parts of a code such as ``3-2-1201``, save as given.

        Raises:
            TextRefusedError: a value that cannot be used.
        """
        code = check_premises_code(code)
        parts = code.split("-")
        texts = dict(zip(_PARTS, parts, strict=True)) if len(parts) == len(_PARTS) else {}
        texts |= {"kind": "dwelling"} | {key: str(value) for key, value in given.items() if value}
        checked = {key: check(texts.get(key, "")) for key, check in _CHECKS.items()}
        return {"act": "add", "by": by, "at": format_moment(at), "unit": unit, "code": code, **checked}

    @classmethod
    def replay(cls, history: History) -> Self:
        """The premises after all their acts.

        Raises:
            UnreadableActError: an act that no release writes.
        """
        return fold(history, cls._first, cls._after)

    @classmethod
    def _first(cls, act: Act) -> Self:
        if act.kind != "add":
            raise UnknownActError(act.kind)
        unit, code, building, unit_no, room, kind = (str(act.content[key]) for key in ("unit", "code", *_CHECKS))
        return cls(act.subject, unit, code, building, unit_no, room, kind)

    def _after(self, act: Act) -> Self:
        content = act.content
        match act.kind:
            case "amend":
                return replace(self, **changed_by(act, _CHECKS))  # type: ignore[arg-type]  # texts alone
            case "occupy":
                occupancy = Occupancy(str(content["party"]), str(content["capacity"]), Period.of(content))
                return replace(self, occupancies=(*self.occupancies, occupancy))
            case "vacate":
                on = date.fromisoformat(str(content["on"]))
                left = self._occupancy(str(content["party"]), str(content["party"]), str(content["capacity"]), on)
                ended = tuple(
                    replace(item, period=Period(item.period.first, on)) if item is left else item
                    for item in self.occupancies
                )
                return replace(self, occupancies=ended)
            case _:
                raise UnknownActError(act.kind)

    def amend(self, *, by: str, at: datetime, reason: str | None = None, **given: Unpack[PremisesValues]) -> Content:
        """Change what is given; None leaves a value as it is, an empty text removes it.

        Raises:
            NothingAmendedError: no value differs.
            TextRefusedError: a value that cannot be used.
        """
        return amendment(self, self.code, _CHECKS, given, by=by, at=at, reason=reason)

    def occupy(
        self,
        *,
        by: str,
        at: datetime,
        party: str,
        name: str,
        capacity: str,
        valid_from: date,
        valid_to: date | None = None,
    ) -> Content:
        """A party, called ``name`` in a refusal, owns, rents or lives here from a day on, to a day where that is known.

        Raises:
            TextRefusedError: no such capacity, or an end before the beginning.
            AlreadyOccupiesError: it does so already on one of these days.
        """
        check_one_of(capacity, CAPACITIES, _("capacity"))
        period = Period.checked(valid_from, valid_to, self.code)
        for known in self.occupancies:
            if (known.party, known.capacity) == (party, capacity) and known.period.overlaps(period):
                raise AlreadyOccupiesError(self.code, name, capacity, known.period.first)
        return {
            "act": "occupy",
            "by": by,
            "at": format_moment(at),
            "party": party,
            "capacity": capacity,
            **period.content,
        }

    def vacate(self, *, by: str, at: datetime, party: str, name: str, capacity: str, on: date) -> Content:
        """A party, called ``name`` in a refusal, owns, rents or lives here for the last time on that day.

        Raises:
            DoesNotOccupyError: it does not on that day.
        """
        self._occupancy(party, name, capacity, on)
        return {
            "act": "vacate",
            "by": by,
            "at": format_moment(at),
            "party": party,
            "capacity": capacity,
            "on": on.isoformat(),
        }

    def _occupancy(self, party: str, name: str, capacity: str, on: date) -> Occupancy:
        for item in self.occupancies:
            if (item.party, item.capacity) == (party, capacity) and item.period.holds_on(on):
                return item
        raise DoesNotOccupyError(self.code, name, capacity, on)

    def occupants_on(self, day: date) -> tuple[Occupancy, ...]:
        """Who occupies the premises on that day, in the order of entry."""
        return tuple(item for item in self.occupancies if item.period.holds_on(day))

    @property
    def facts(self) -> Mapping[str, str]:
        """What a form's field may take from premises, by name."""
        return {key: str(getattr(self, key)) for key in ("code", *_CHECKS)}


def check_premises_code(code: str) -> str:
    """``code`` if it can be the code of premises.

    Raises:
        TextRefusedError: it cannot.
    """
    return check_code(code, _CODE, _("premises code"), _("1 to 40 letters, digits and . # / -, such as 3-2-1201"))


def capacity_name(capacity: str) -> str:
    """A capacity, in the language in use."""
    return {"owner": _("owner"), "tenant": _("tenant"), "resident": _("resident")}.get(capacity, capacity)
