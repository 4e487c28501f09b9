"""``unit``: departments, management offices, estates; they form a tree."""

from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.program import noun
from recordkeeper.language import current_language
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.unit import Unit

_KINDS = {
    "company": _("company"),
    "estate": _("estate"),
    "department": _("department"),
    "office": _("office"),
}


unit = noun("unit")


@unit.command(help=_("Add a unit below another; CODE is 1 to 8 capital letters and digits and never changes"))
@click.argument("code", metavar="CODE")
@click.option("--name-zh", required=True, metavar="NAME", help=_("The Chinese name"))
@click.option("--name-en", default="", metavar="NAME", help=_("The English name"))
@click.option("--kind", type=click.Choice(tuple(_KINDS)), default="department", show_default=True, help=_("What it is"))
@click.option("--parent", default="unit/1", metavar="UNIT", help=_("The unit above it; else the company"))
@shared_options
def add(invocation: Invocation, code: str, name_zh: str, name_en: str, kind: str, parent: str) -> None:
    """Add a unit."""
    from recordkeeper.services.places import add_unit

    added = add_unit(
        invocation.workspace().register,
        invocation.actor(),
        code=code,
        kind=kind,
        name_zh=name_zh,
        name_en=name_en,
        parent=parent,
        now=invocation.now,
    )
    _emit(invocation, added, _("unit {code} added as {subject}"))


@unit.command(help=_("Change a unit's names, kind or the unit above it; the old values stay in its acts"))
@click.argument("unit_name", metavar="UNIT")
@click.option("--name-zh", metavar="NAME", help=_("The Chinese name"))
@click.option("--name-en", metavar="NAME", help=_("The English name"))
@click.option("--kind", type=click.Choice(tuple(_KINDS)), help=_("What it is"))
@click.option("--parent", metavar="UNIT", help=_("The unit above it"))
@click.option("--reason", metavar="TEXT", help=_("Why"))
@shared_options
def amend(
    invocation: Invocation,
    unit_name: str,
    name_zh: str | None,
    name_en: str | None,
    kind: str | None,
    parent: str | None,
    reason: str | None,
) -> None:
    """Amend a unit."""
    from recordkeeper.services.places import amend_unit

    amended = amend_unit(
        invocation.workspace().register,
        invocation.actor(),
        unit=unit_name,
        name_zh=name_zh,
        name_en=name_en,
        kind=kind,
        parent=parent,
        reason=reason,
        now=invocation.now,
    )
    _emit(invocation, amended, _("unit {code} amended"))


@unit.command("list", help=_("List all units as a tree"))
@shared_options
def list_(invocation: Invocation) -> None:
    """List units."""
    from recordkeeper.services.places import list_units

    units = list_units(invocation.workspace().register, invocation.actor(), invocation.now)
    codes = {each.subject: each.code for each in units}
    depths: dict[str, int] = {}
    for each in units:
        depths[each.subject] = depths.get(each.parent or "", -1) + 1
    value: list[Json] = [_shown(each, codes.get(each.parent or "")) for each in units]
    rows = [
        [
            "  " * depths[each.subject] + each.code,
            each.name(current_language()),
            _KINDS.get(each.kind, each.kind),
            codes.get(each.parent or ""),
        ]
        for each in units
    ]
    invocation.emit(value, lambda: print_table([_("Code"), _("Name"), _("Kind"), _("Below")], rows))


@unit.command(help=_("Show a unit by code, id or name"))
@click.argument("unit_name", metavar="UNIT")
@shared_options
def show(invocation: Invocation, unit_name: str) -> None:
    """Show a unit."""
    from recordkeeper.services.company import unit_of
    from recordkeeper.services.places import find_unit
    from recordkeeper.services.sight import sight_of

    actor = invocation.actor()
    with invocation.workspace().register.reading() as snapshot:
        found = find_unit(snapshot, unit_name)
        sight_of(snapshot, actor, "unit show", invocation.now).check(found.subject)
        above = unit_of(snapshot, found.parent).code if found.parent else None
    value = _shown(found, above)
    labels = {
        "code": _("Code"),
        "subject": _("Id"),
        "kind": _("Kind"),
        "name_zh": _("Chinese name"),
        "name_en": _("English name"),
        "parent": _("Below"),
        "time_zone": _("Time zone"),
        "log_key": _("Log's public key"),
    }
    value_names = value | {"kind": _KINDS.get(found.kind, found.kind)}
    rows = [[label, str(value_names[key] or "")] for key, label in labels.items() if key in value]
    rows += [[_("Chosen for {purpose}").format(purpose=name), code] for name, code in sorted(found.choices.items())]
    invocation.emit(value, lambda: print_table([_("Unit"), found.code], rows))


def _shown(found: "Unit", parent_code: str | None) -> "dict[str, Json]":
    shown: dict[str, Json] = {
        "subject": found.subject,
        "code": found.code,
        "kind": found.kind,
        "name_zh": found.name_zh,
        "name_en": found.name_en,
        "parent": parent_code,
    }
    if found.choices:
        shown["choices"] = dict(found.choices)
    return shown | ({"time_zone": found.time_zone, "log_key": found.log_key} if found.parent is None else {})


def _emit(invocation: Invocation, done: "Unit", said: str) -> None:
    value: Json = {"subject": done.subject, "code": done.code}
    invocation.publish()
    invocation.emit(value, lambda: print_text(said.format(code=done.code, subject=done.subject)))
