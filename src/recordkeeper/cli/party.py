"""``party``: the persons and firms that records are about."""

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
    from recordkeeper.model.party import Party

_KINDS = {"person": _("person"), "firm": _("firm")}


party = noun("party")


@party.command(help=_("Add a person or firm"))
@click.argument("name", metavar="NAME")
@click.option("--kind", type=click.Choice(tuple(_KINDS)), default="person", show_default=True, help=_("Person or firm"))
@click.option("--phone", metavar="TEXT", help=_("The phone number"))
@click.option("--contact", metavar="TEXT", help=_("Whom to ask for, or an address"))
@click.option("--note", metavar="TEXT", help=_("What staff should know"))
@shared_options
def add(invocation: Invocation, name: str, kind: str, phone: str | None, contact: str | None, note: str | None) -> None:
    """Add a party."""
    from recordkeeper.services.places import add_party

    added = add_party(
        invocation.workspace().register,
        invocation.actor(),
        name=name,
        kind=kind,
        phone=phone,
        contact=contact,
        note=note,
        now=invocation.now,
    )
    _emit(invocation, added, _("{name} added as {subject}"))


@party.command(help=_("Change what is given; an empty text removes a value; the old values stay in its acts"))
@click.argument("party_name", metavar="PARTY")
@click.option("--name", metavar="NAME", help=_("The name"))
@click.option("--kind", type=click.Choice(tuple(_KINDS)), help=_("Person or firm"))
@click.option("--phone", metavar="TEXT", help=_("The phone number"))
@click.option("--contact", metavar="TEXT", help=_("Whom to ask for, or an address"))
@click.option("--note", metavar="TEXT", help=_("What staff should know"))
@click.option("--reason", metavar="TEXT", help=_("Why"))
@shared_options
def amend(
    invocation: Invocation,
    party_name: str,
    name: str | None,
    kind: str | None,
    phone: str | None,
    contact: str | None,
    note: str | None,
    reason: str | None,
) -> None:
    """Amend a party."""
    from recordkeeper.services.places import amend_party

    amended = amend_party(
        invocation.workspace().register,
        invocation.actor(),
        party=party_name,
        name=name,
        kind=kind,
        phone=phone,
        contact=contact,
        note=note,
        reason=reason,
        now=invocation.now,
    )
    _emit(invocation, amended, _("{name} ({subject}) amended"))


@party.command("import", help=_("Add the parties of a CSV file with Chinese, English or field-name headings"))
@click.argument("file", metavar="FILE", type=PRESENT_FILE)
@import_options
@shared_options
def import_(invocation: Invocation, file: Path, dry_run: bool, skip_rejected: bool) -> None:  # noqa: FBT001 - flags
    """Import parties."""
    from recordkeeper.services.place_import import import_parties

    actor = invocation.actor()
    run_import(
        invocation,
        file,
        lambda data, advance: import_parties(
            invocation.workspace().register,
            actor,
            data,
            file.name,
            invocation.now,
            dry_run=dry_run,
            skip_rejected=skip_rejected,
            advance=advance,
        ),
        is_dry_run=dry_run,
    )


@party.command("list", help=_("List parties, those whose name, phone or contact holds TEXT"))
@click.argument("text", metavar="[TEXT]", default="")
@shared_options
def list_(invocation: Invocation, text: str) -> None:
    """List parties."""
    from recordkeeper.services.places import list_parties

    entries = list_parties(invocation.workspace().register, invocation.actor(), invocation.now, text)
    columns = [_("Id"), _("Name"), _("Kind"), _("Phone"), _("Contact"), _("Note")]
    value: list[Json] = [dict(entry._asdict()) for entry in entries]
    rows = [[*entry[:2], _KINDS.get(entry.kind, entry.kind), *entry[3:]] for entry in entries]
    invocation.emit(value, lambda: print_table(columns, rows))


@party.command(help=_("Show a party by id or name, with the premises it occupies or has occupied"))
@click.argument("party_name", metavar="PARTY")
@shared_options
def show(invocation: Invocation, party_name: str) -> None:
    """Show a party."""
    from recordkeeper.model.premises import capacity_name
    from recordkeeper.services.places import find_party, residences_of
    from recordkeeper.services.sight import sight_of

    actor = invocation.actor()
    with invocation.workspace().register.reading() as snapshot:
        found = find_party(snapshot, party_name)
        sight = sight_of(snapshot, actor, "party show", invocation.now)
        sight.check(found.subject)
        residences = [each for each in residences_of(snapshot, found.subject) if sight.sees(each.premises.subject)]
    held: list[dict[str, Json]] = [
        {
            "unit": residence.unit_code,
            "premises": residence.premises.code,
            "capacity": each.capacity,
            **each.period.content,
        }
        for residence in residences
        for each in residence.premises.occupancies
        if each.party == found.subject
    ]
    labels = {"name": _("Name"), "kind": _("Kind"), "phone": _("Phone"), "contact": _("Contact"), "note": _("Note")}

    def render() -> None:
        print_table(
            [_("Party"), found.subject],
            [[labels[key], _KINDS.get(value, value) if key == "kind" else value] for key, value in found.facts.items()],
        )
        if held:
            columns = [_("Unit"), _("Premises"), _("Capacity"), _("From"), _("To")]
            print_table(
                columns,
                [
                    [capacity_name(str(value)) if key == "capacity" else str(value or "") for key, value in row.items()]
                    for row in held
                ],
            )

    invocation.emit({"subject": found.subject, **found.facts, "premises": held}, render)


def _emit(invocation: Invocation, done: "Party", said: str) -> None:
    value: Json = {"subject": done.subject, "name": done.name}
    invocation.publish()
    invocation.emit(value, lambda: print_text(said.format(name=done.name, subject=done.subject)))
