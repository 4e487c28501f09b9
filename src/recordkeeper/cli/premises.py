"""``premises``: dwellings, shops and garages, and who owns, rents or lives there from when to when."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.import_report import import_options, run_import
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.program import noun
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.premises import Premises

_KINDS = {"dwelling": _("dwelling"), "shop": _("shop"), "garage": _("garage")}
_CAPACITIES = {"owner": _("owner"), "tenant": _("tenant"), "resident": _("resident")}


premises = noun("premises")


@premises.command(help=_("Add a dwelling, shop or garage; a CODE such as 3-2-1201 says building, unit and room"))
@click.argument("code", metavar="CODE")
@click.option("--unit", required=True, metavar="UNIT", help=_("The estate it belongs to"))
@click.option("--building", metavar="TEXT", help=_("The building, if the code does not say it"))
@click.option("--unit-no", metavar="TEXT", help=_("The unit or entrance of the building"))
@click.option("--room", metavar="TEXT", help=_("The room"))
@click.option("--kind", type=click.Choice(tuple(_KINDS)), default="dwelling", show_default=True, help=_("What it is"))
@shared_options
def add(
    invocation: Invocation,
    code: str,
    unit: str,
    building: str | None,
    unit_no: str | None,
    room: str | None,
    kind: str,
) -> None:
    """Add premises."""
    from recordkeeper.services.places import add_premises

    added = add_premises(
        invocation.workspace().register,
        invocation.actor(),
        unit=unit,
        code=code,
        building=building,
        unit_no=unit_no,
        room=room,
        kind=kind,
        now=invocation.now,
    )
    _emit(invocation, added, _("{code} added as {subject}"))


@premises.command(help=_("Change what is given; an empty text removes a value; the old values stay in its acts"))
@click.argument("code", metavar="PREMISES")
@click.option("--building", metavar="TEXT", help=_("The building"))
@click.option("--unit-no", metavar="TEXT", help=_("The unit or entrance of the building"))
@click.option("--room", metavar="TEXT", help=_("The room"))
@click.option("--kind", type=click.Choice(tuple(_KINDS)), help=_("What it is"))
@click.option("--reason", metavar="TEXT", help=_("Why"))
@shared_options
def amend(
    invocation: Invocation,
    code: str,
    building: str | None,
    unit_no: str | None,
    room: str | None,
    kind: str | None,
    reason: str | None,
) -> None:
    """Amend premises."""
    from recordkeeper.services.places import amend_premises

    amended = amend_premises(
        invocation.workspace().register,
        invocation.actor(),
        premises=code,
        building=building,
        unit_no=unit_no,
        room=room,
        kind=kind,
        reason=reason,
        now=invocation.now,
    )
    _emit(invocation, amended, _("{code} ({subject}) amended"))


@premises.command(help=_("Enter that a party owns, rents or lives in premises, from a day on"))
@click.argument("code", metavar="PREMISES")
@click.argument("party", metavar="PARTY")
@click.option("--capacity", type=click.Choice(tuple(_CAPACITIES)), required=True, help=_("As what"))
@click.option("--from", "valid_from", metavar="DATE", help=_("The first day; else today"))
@click.option("--to", "valid_to", metavar="DATE", help=_("The last day, where it is known"))
@shared_options
def occupy(
    invocation: Invocation, code: str, party: str, capacity: str, valid_from: str | None, valid_to: str | None
) -> None:
    """Enter an occupant."""
    from recordkeeper.model.particulars import parse_date
    from recordkeeper.services import places

    done = places.occupy(
        invocation.workspace().register,
        invocation.actor(),
        premises=code,
        party=party,
        capacity=capacity,
        valid_from=parse_date(valid_from, "--from") if valid_from else None,
        valid_to=parse_date(valid_to, "--to") if valid_to else None,
        now=invocation.now,
    )
    _emit(invocation, done, _("{code} ({subject}): occupant entered"))


@premises.command(help=_("Enter the last day on which a party owns, rents or lives in premises"))
@click.argument("code", metavar="PREMISES")
@click.argument("party", metavar="PARTY")
@click.option("--capacity", type=click.Choice(tuple(_CAPACITIES)), required=True, help=_("As what"))
@click.option("--on", "on", metavar="DATE", help=_("The last day; else today"))
@shared_options
def vacate(invocation: Invocation, code: str, party: str, capacity: str, on: str | None) -> None:
    """Enter that an occupant leaves."""
    from recordkeeper.model.particulars import parse_date
    from recordkeeper.services import places

    done = places.vacate(
        invocation.workspace().register,
        invocation.actor(),
        premises=code,
        party=party,
        capacity=capacity,
        on=parse_date(on, "--on") if on else None,
        now=invocation.now,
    )
    _emit(invocation, done, _("{code} ({subject}): last day entered"))


@premises.command("import", help=_("Add the premises of a CSV file, with their occupants where it names them"))
@click.argument("file", metavar="FILE", type=PRESENT_FILE)
@click.option("--unit", metavar="UNIT", help=_("The estate of rows that name none"))
@import_options
@shared_options
def import_(
    invocation: Invocation,
    file: Path,
    unit: str | None,
    dry_run: bool,  # noqa: FBT001 - a flag
    skip_rejected: bool,  # noqa: FBT001 - a flag
) -> None:
    """Import premises."""
    from recordkeeper.services.place_import import import_premises

    actor = invocation.actor()
    run_import(
        invocation,
        file,
        lambda data, advance: import_premises(
            invocation.workspace().register,
            actor,
            data,
            file.name,
            invocation.now,
            unit=unit,
            dry_run=dry_run,
            skip_rejected=skip_rejected,
            advance=advance,
        ),
        is_dry_run=dry_run,
    )


@premises.command("list", help=_("List premises, those whose code holds TEXT"))
@click.argument("text", metavar="[TEXT]", default="")
@click.option("--unit", metavar="UNIT", help=_("Those of this unit and the units below it"))
@shared_options
def list_(invocation: Invocation, text: str, unit: str | None) -> None:
    """List premises."""
    from recordkeeper.services.places import list_premises

    listed = list_premises(invocation.workspace().register, invocation.actor(), invocation.now, text, unit)
    columns = [_("Unit"), _("Code"), _("Building"), _("Unit no."), _("Room"), _("Kind"), _("Id")]
    rows = [
        [code, entry.code, entry.building, entry.unit_no, entry.room, _shown("kind", entry.kind), entry.subject]
        for entry, code in listed
    ]
    value: list[Json] = [{**entry._asdict(), "unit": code} for entry, code in listed]
    invocation.emit(value, lambda: print_table(columns, rows))


@premises.command(help=_("Show premises by code, UNIT:CODE or id, with everybody who occupied them"))
@click.argument("code", metavar="PREMISES")
@shared_options
def show(invocation: Invocation, code: str) -> None:
    """Show premises."""
    from recordkeeper.services.company import unit_of
    from recordkeeper.services.places import find_premises, party_of
    from recordkeeper.services.sight import sight_of

    actor = invocation.actor()
    with invocation.workspace().register.reading() as snapshot:
        found = find_premises(snapshot, code)
        sight_of(snapshot, actor, "premises show", invocation.now).check(found.subject)
        unit_code = unit_of(snapshot, found.unit).code
        names = {each.party: party_of(snapshot, each.party).name for each in found.occupancies}
    occupants: list[dict[str, Json]] = [
        {"party": each.party, "name": names[each.party], "capacity": each.capacity, **each.period.content}
        for each in found.occupancies
    ]
    labels = {
        "code": _("Code"),
        "building": _("Building"),
        "unit_no": _("Unit no."),
        "room": _("Room"),
        "kind": _("Kind"),
    }

    def render() -> None:
        rows = [[_("Unit"), unit_code], *([labels[key], _shown(key, value)] for key, value in found.facts.items())]
        print_table([_("Premises"), found.subject], rows)
        if occupants:
            columns = [_("Party"), _("Name"), _("Capacity"), _("From"), _("To")]
            print_table(columns, [[_shown(key, str(value or "")) for key, value in row.items()] for row in occupants])

    invocation.emit({"subject": found.subject, "unit": unit_code, **found.facts, "occupants": occupants}, render)


def _shown(key: str, value: str) -> str:
    names = {"kind": _KINDS, "capacity": _CAPACITIES}.get(key, {})
    return names.get(value, value)


def _emit(invocation: Invocation, done: "Premises", said: str) -> None:
    value: Json = {"subject": done.subject, "code": done.code}
    invocation.publish()
    invocation.emit(value, lambda: print_text(said.format(code=done.code, subject=done.subject)))
