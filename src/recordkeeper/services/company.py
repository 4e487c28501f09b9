"""The company as its root unit says it is: its name, its day, and the units above a unit."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from recordkeeper.errors import MissingError, PlaceError
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.event import SALT_BYTES, History
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.person import BUILT_IN_ROLES
from recordkeeper.model.unit import ROOT_UNIT, Unit

if TYPE_CHECKING:
    from recordkeeper.register.acts import Transaction
    from recordkeeper.register.snapshot import Snapshot


class UnknownPlaceError(PlaceError, MissingError):
    """There is no unit, party or premises of that name."""

    def __init__(self, what: str, found: str) -> None:
        super().__init__(_("{what} {found}: there is none").format(what=what, found=found), subject=found, found=found)


def company(snapshot: "Snapshot") -> Unit:
    """The root unit.

    Raises:
        UnknownPlaceError: the register has none: it was never initialised.
    """
    return unit_of(snapshot, ROOT_UNIT)


def unit_of(snapshot: "Snapshot", subject: str) -> Unit:
    """The unit ``subject``.

    Raises:
        UnknownPlaceError: there is no such unit.
    """
    history = snapshot.history(subject)
    if history is None:
        raise UnknownPlaceError(_("unit"), subject)
    return Unit.replay(history)


def today(snapshot: "Snapshot", now: datetime) -> date:
    """The day that ``now`` (aware) falls on in the company's time zone."""
    return now.astimezone(company(snapshot).zone).date()


def unit_and_above(snapshot: "Snapshot", subject: str) -> tuple[str, ...]:
    """The unit and every unit above it, the nearest first.

    Raises:
        UnknownPlaceError: there is no such unit.
    """
    return tuple(_upwards(snapshot, subject))


def _upwards(snapshot: "Snapshot", subject: str) -> Iterator[str]:
    seen: set[str] = set()
    above: str | None = subject
    while above is not None and above not in seen:
        seen.add(above)
        yield above
        above = unit_of(snapshot, above).parent


def new_subject(transaction: "Transaction", kind: str) -> History:
    """The history of a new unit, person, party or premises: act 0 with its salt, under the next number."""
    number = transaction.next_surrogate(kind)
    return transaction.create(f"{kind}/{number}", secrets.token_hex(SALT_BYTES))


def role_titles(snapshot: "Snapshot") -> dict[str, tuple[str, str]]:
    """The Chinese and English names of every role, the product's own and those of procedures, by id."""
    roles = dict(BUILT_IN_ROLES)
    for history in snapshot.histories("procedure"):
        for role in cast("list[Mapping[str, str]]", Revision.replay(history).definition.get("roles") or []):
            roles[role["id"]] = (role["zh"], role["en"])
    return roles


def role_names(snapshot: "Snapshot") -> dict[str, str]:
    """The names of every role in the language in use, by id."""
    place = 1 if current_language() == "en" else 0
    return {role: names[place] for role, names in role_titles(snapshot).items()}
