"""``record ask`` and ``record consent``: what a confidential record is used for beyond what its form lets everybody."""

from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import Cell, print_table, print_text
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json


@click.command(help=_("Ask for consent to read, copy or take out a confidential record"))
@click.argument("number", metavar="NUMBER")
@click.option("--for", "use", type=click.Choice(["read", "copy", "take_out"]), required=True, help=_("What for"))
@click.option("--reason", default="", metavar="TEXT", help=_("Why; compulsory"))
@shared_options
def ask(invocation: Invocation, number: str, use: str, reason: str) -> None:
    """Ask for consent."""
    from recordkeeper.services import consent as confidence

    register, actor = invocation.workspace().register, invocation.actor()
    asked = confidence.ask(register, actor, invocation.now, number, use, reason)
    invocation.publish()
    said = _("{number}: request {asked} entered; it awaits consent").format(number=number, asked=asked.number)
    invocation.emit({"number": number, "asked": asked.number, "use": asked.use}, lambda: print_text(said))


@click.command(
    help=_(
        "Consent to a request, up to a day, or refuse it with a reason. Without NUMBER: list what awaits your answer"
    )
)
@click.argument("number", metavar="[NUMBER]", required=False)
@click.option("--asked", type=click.IntRange(min=1), metavar="N", help=_("Which request; else the first unanswered"))
@click.option("--until", metavar="DATE", help=_("The last day of the consent; else today"))
@click.option("--refuse", "reason", default="", metavar="TEXT", help=_("Refuse it, and why"))
@shared_options
def consent(invocation: Invocation, number: str | None, asked: int | None, until: str | None, reason: str) -> None:
    """Consent or refuse."""
    from recordkeeper.model.particulars import parse_date
    from recordkeeper.services import consent as confidence
    from recordkeeper.services.record_view import as_map, request_text
    from recordkeeper.services.viewing import request_view

    register, actor = invocation.workspace().register, invocation.actor()
    if number is None:
        if asked or until or reason:
            raise click.UsageError(_("an answer names its record: NUMBER"))
        _list_waiting(invocation)
        return
    last = parse_date(until, "--until") if until else None
    answered = confidence.consent(register, actor, invocation.now, number, asked, last, refused_because=reason)
    invocation.publish()
    view = request_view(answered)
    said = _("{label}: ").format(label=number) + request_text(view)
    invocation.emit(
        {**as_map(view), "number": number, "asked": answered.number, "until": answered.until or None},
        lambda: print_text(said),
    )


def _list_waiting(invocation: Invocation) -> None:
    """The requests that the acting person may answer."""
    from recordkeeper.services import consent as confidence
    from recordkeeper.services.record_view import use_name

    found = confidence.waiting_for(invocation.workspace().register, invocation.actor(), invocation.now)
    value: Json = [
        {
            "number": each.number,
            "asked": each.asked.number,
            "by": each.asked.name,
            "use": each.asked.use,
            "reason": each.asked.reason,
            "on": each.asked.on,
        }
        for each in found
    ]
    columns = [_("Number"), _("Form"), _("Unit"), _("Request"), _("Asked by"), _("On"), _("What for"), _("Reason")]
    rows: list[list[Cell]] = [
        [
            each.number,
            each.form_title,
            each.unit_name,
            each.asked.number,
            each.asked.name,
            each.asked.on,
            use_name(each.asked.use),
            each.asked.reason,
        ]
        for each in found
    ]
    nothing = _("No request awaits your consent")
    invocation.emit(value, lambda: print_table(columns, rows) if rows else print_text(nothing))
