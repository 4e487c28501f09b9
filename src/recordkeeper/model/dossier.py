"""Dossiers: all records of one party at one premises, opened at move-in, closed at sale or move-out.

A dossier has no acts of its own. It follows from who occupies the premises, from the records that name both, and from
the order in which a procedure wants them filed. Who moves in again goes on with the dossier that was closed.

Source: P06-R1; P07-R3
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from recordkeeper.model.premises import Premises


@dataclass(frozen=True, slots=True)
class Stay:
    """That a party lives at premises, or has lived there.

    Args:
        party: ``party/12``.
        opened_on: the first day of all that it ever owned, rented or lived there.
        closed_on: the last day of all; None while it stays, or where no end is known.
        capacities: owner, tenant, resident, in the order of entry.
    """

    party: str
    opened_on: date
    closed_on: date | None
    capacities: tuple[str, ...]

    def is_open_on(self, day: date) -> bool:
        """Whether the dossier is open on a day: the party has moved in, and not out for good."""
        return self.opened_on <= day and (self.closed_on is None or day <= self.closed_on)


def stays_at(premises: Premises) -> list[Stay]:
    """Everybody who occupies premises or ever did, the earliest first."""
    return [_stay(premises, party) for party in dict.fromkeys(each.party for each in premises.occupancies)]


def stay_of(premises: Premises, party: str) -> Stay | None:
    """A party's stay at premises; None where it never occupied them."""
    return next((stay for stay in stays_at(premises) if stay.party == party), None)


def _stay(premises: Premises, party: str) -> Stay:
    own = [each for each in premises.occupancies if each.party == party]
    ends = [each.period.last for each in own]
    closed_on = max(end for end in ends if end is not None) if None not in ends else None
    capacities = tuple(dict.fromkeys(each.capacity for each in own))
    return Stay(party, min(each.period.first for each in own), closed_on, capacities)


def is_filed(stay: Stay | None, party: str, record_party: str | None, entered_on: date) -> bool:
    """Whether a record about the premises belongs to a party's dossier there.

    Args:
        stay: the party's at the premises; None where it never occupied them.
        party: whose dossier.
        record_party: whom the record is about; None where it names the premises alone.
        entered_on: the day of its entry: one that names no party is filed with whoever lived there then.
    """
    if record_party is not None:
        return record_party == party
    return stay is not None and stay.is_open_on(entered_on)


class Filed(Protocol):
    """What is filed in a dossier: at least its form, the day on which it was entered, and its number."""

    @property
    def form(self) -> str:
        """The code of its form."""

    @property
    def entered_on(self) -> str:
        """``2026-11-23``."""

    @property
    def number(self) -> str:
        """Of the record."""


Item = TypeVar("Item", bound=Filed)


def in_order(records: Iterable[Item], forms: Sequence[str]) -> list[Item]:
    """The records as they are filed: in the order of their forms, all others behind, each by day and number."""
    place = {code: number for number, code in enumerate(forms)}
    return sorted(records, key=lambda each: (place.get(each.form, len(place)), each.entered_on, each.number))


def missing_forms(present: Iterable[str], required: Mapping[str, bool]) -> list[str]:
    """The forms that must be in a dossier and of which no record is there.

    Args:
        present: the codes of the forms of its records.
        required: every form that has a place in it, in order, and whether it must be there.
    """
    known = set(present)
    return [code for code, is_required in required.items() if is_required and code not in known]
