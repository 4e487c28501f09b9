"""Who stands in for whom, as ``whoami`` and ``user show`` say it."""

from typing import TYPE_CHECKING

from recordkeeper.cli.output import print_table
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from datetime import date

    from recordkeeper.model.canonical import Json
    from recordkeeper.model.person import Person
    from recordkeeper.register.snapshot import Snapshot


def shown_deputies(snapshot: "Snapshot", person: "Person", on: "date") -> "list[dict[str, str | None]]":
    """Who stands in for a person, and for whom they do, on that local day or later; logins and a unit's code."""
    from recordkeeper.services.company import unit_of
    from recordkeeper.services.people import stand_ins

    return [
        {
            "for": each.principal.login,
            "deputy": each.deputy.login,
            "unit": unit_of(snapshot, each.unit).code,
            **each.period.content,
        }
        for each in stand_ins(snapshot, person, on)
    ]


def as_values(deputies: "list[dict[str, str | None]]") -> "list[Json]":
    """The same for the JSON document."""
    return [dict(each) for each in deputies]


def print_deputies(deputies: "list[dict[str, str | None]]") -> None:
    """A table of them; nothing where nobody stands in."""
    if deputies:
        columns = [_("Stands in for"), _("Deputy"), _("Unit"), _("From"), _("To")]
        print_table(columns, [[cell or "" for cell in each.values()] for each in deputies])
