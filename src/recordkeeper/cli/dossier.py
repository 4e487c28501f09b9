"""``dossier``: all records of one party at one premises, with what is missing, and the cover of the file."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.program import noun
from recordkeeper.cli.record_values import value_options, values_given
from recordkeeper.language import listing, noted
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.cli.output import Cell
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.dossier import DossierView

dossier = noun("dossier")


@dossier.command("list", help=_("List the dossiers of a unit: whose, opened and closed when, what is missing"))
@click.option("--unit", metavar="UNIT", help=_("Of this unit and those below it; else of the company"))
@click.option("--open", "is_open", is_flag=True, help=_("Those alone that are open today"))
@click.option("--missing", "is_missing", is_flag=True, help=_("Those alone that lack something"))
@shared_options
def list_(invocation: Invocation, unit: str | None, *, is_open: bool, is_missing: bool) -> None:
    """List dossiers."""
    from recordkeeper.services.dossier import list_dossiers

    found = list_dossiers(invocation.workspace().register, invocation.actor(), invocation.now, unit)
    listed = [each for each in found if (each.is_open or not is_open) and (each.missing or not is_missing)]
    rows: list[list[Cell]] = [
        [
            each.premises_code,
            each.party_name,
            each.opened_on.isoformat(),
            each.closed_on.isoformat() if each.closed_on else "",
            len(each.items) + each.unreadable,
            listing(f"{code} {title}" for code, title in each.missing),
            each.cover,
        ]
        for each in listed
    ]
    headings = [_("Premises"), _("Party"), _("Opened"), _("Closed"), _("Records"), _("Missing"), _("Cover")]
    invocation.emit([_value(each) for each in listed], lambda: print_table(headings, rows))


@dossier.command(help=_("Show a dossier: what is in it, in the procedure's order, and what is missing"))
@click.argument("premises", metavar="PREMISES")
@click.argument("party", metavar="[PARTY]", required=False)
@shared_options
def show(invocation: Invocation, premises: str, party: str | None) -> None:
    """Show a dossier."""
    from recordkeeper.services.dossier import show as show_dossier

    view = show_dossier(invocation.workspace().register, invocation.actor(), invocation.now, premises, party)
    invocation.emit(_value(view), lambda: _print(view))


@dossier.command(
    help=_(
        "Make the cover of a dossier with its contents list, and write it as a Word file or PDF. "
        "One that is up to date is written as it stands"
    )
)
@click.argument("premises", metavar="PREMISES")
@click.argument("party", metavar="[PARTY]", required=False)
@value_options
@click.option("--pdf", "is_pdf", is_flag=True, help=_("As PDF; needs LibreOffice"))
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help=_("FILE.docx or FILE.pdf"))
@shared_options
def cover(
    invocation: Invocation,
    premises: str,
    party: str | None,
    *,
    sets: tuple[str, ...],
    file: Path | None,
    is_pdf: bool,
    output: Path | None,
) -> None:
    """Make a cover."""
    from recordkeeper.cli.written_file import confirm_output, kind_of_output
    from recordkeeper.services import dossier as dossiers
    from recordkeeper.services import viewing
    from recordkeeper.services.rendering import file_name

    kind = kind_of_output(output, "pdf" if is_pdf else None, ("docx", "pdf"))
    register, actor, now = invocation.workspace().register, invocation.actor(), invocation.now
    code = dossiers.show(register, actor, now, premises, party).premises_code
    target = output or Path(f"dossier-{file_name(code)}.{kind}")
    confirm_output(invocation, target)
    made, is_new = dossiers.cover(register, actor, now, premises, party, values_given(sets, file) or {})
    if is_new:
        invocation.publish()
    view = dossiers.show(register, actor, now, premises, party)
    render = viewing.render_pdf if kind == "pdf" else viewing.render
    data = render(register, actor, now, made.number)[1]
    target.write_bytes(data)
    value: dict[str, Json] = {
        "number": made.number,
        "file": str(target),
        "entered": is_new,
        "missing": [code for code, _title in view.missing],
    }

    def render_text() -> None:
        print_text(_("{number}: written to {file}").format(number=made.number, file=target))
        for code, title in view.missing:
            print_text(_("missing: {code} {title}").format(code=code, title=title))

    invocation.emit(value, render_text)


def _value(view: "DossierView") -> "dict[str, Json]":
    return {
        **asdict(view),
        "capacities": list(view.capacities),
        "opened_on": view.opened_on.isoformat(),
        "closed_on": view.closed_on.isoformat() if view.closed_on else None,
        "items": [asdict(each) for each in view.items],
        "missing": [{"form": code, "title": title} for code, title in view.missing],
    }


def _print(view: "DossierView") -> None:
    from recordkeeper.model.premises import capacity_name
    from recordkeeper.services.record_view import state_name

    as_what = listing(capacity_name(each) for each in view.capacities)
    print_text(f"{view.premises_code}  {noted(view.party_name, as_what)}  {view.unit_name}")
    if view.is_open:
        text = _("open since {day}").format(day=view.opened_on.isoformat())
        print_text(text + (_(", to {day}").format(day=view.closed_on.isoformat()) if view.closed_on else ""))
    elif view.closed_on:
        days = {"first": view.opened_on.isoformat(), "last": view.closed_on.isoformat()}
        print_text(_("closed: from {first} to {last}").format(**days))
    else:
        print_text(_("opens on {day}").format(day=view.opened_on.isoformat()))
    rows = [
        [number, each.number, each.title, each.entered_on, state_name(each.state), each.row_count or "",
         each.attachment_count or ""]
        for number, each in enumerate(view.items, 1)
    ]  # fmt: skip
    print_table([_("No."), _("Number"), _("Form"), _("Entered"), _("State"), _("Rows"), _("Attachments")], rows)
    for code, title in view.missing:
        print_text(_("missing: {code} {title}").format(code=code, title=title))
    if view.unreadable:
        print_text(_("{count} more that you may not read").format(count=view.unreadable))
    if not view.cover:
        print_text(_("no cover yet: dossier cover {premises}").format(premises=view.premises_code))
    elif view.is_cover_outdated:
        print_text(_("cover {number}: outdated").format(number=view.cover))
    else:
        print_text(_("cover {number}").format(number=view.cover))
