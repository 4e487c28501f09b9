"""The verb status: what waits, at a glance; needs no login."""

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import Cell, print_table, print_text
from recordkeeper.cli.pending_view import print_pending
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _

STATES = ("open", "pending", "closed", "void", "replaced")


@click.command(help=_("What waits: for filling, for a signature, for the archive, for the log"))
@shared_options
def status(invocation: Invocation) -> None:
    """Show what waits."""
    from recordkeeper.services.overview import overview

    workspace = invocation.workspace()
    seen = overview(workspace.register, invocation.now)
    titles = (_("open"), _("pending"), _("closed"), _("void"), _("replaced"))

    def render() -> None:
        print_text(str(workspace.root))
        rows: list[list[Cell]] = [
            [form, *(counts.get(state, 0) for state in STATES)] for form, counts in seen.states.items()
        ]
        print_table((_("Form"), *titles), rows)
        print_text(
            ngettext("{count} event in the trail", "{count} events in the trail", seen.event_count).format(
                count=seen.event_count
            )
        )
        if seen.test_due_on is not None:
            said = _("The yearly test of authentic, complete, usable, safe: by {day}")
            print_text(said.format(day=seen.test_due_on))
        for number, count in seen.requests.items():
            print_text(
                ngettext(
                    "{number}: {count} request awaits consent", "{number}: {count} requests await consent", count
                ).format(number=number, count=count)
            )
        if seen.pending.is_nothing:
            print_text(_("Everything is archived and published"))
        print_pending(seen.pending)

    due_on = seen.test_due_on

    invocation.emit(
        {
            "workspace": str(workspace.root),
            "records": seen.states,
            "events": seen.event_count,
            "pending": {
                "unarchived": list(seen.pending.unarchived),
                "unstored": list(seen.pending.unstored),
                "unpublished": seen.pending.unpublished,
            },
            "requests": dict(seen.requests),
            "test_due_on": due_on.isoformat() if due_on else None,
        },
        render,
    )
