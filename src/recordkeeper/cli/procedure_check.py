"""``procedure check``: whether what is installed holds together, and whether the people are there for it."""

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import ProblemsFound
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.findings import Severity
from recordkeeper.language import translate as _


@click.command(
    help=_("Check an installed procedure: references, retention, rules, purposes, people, conflicts; changes nothing")
)
@click.argument("identifier", metavar="[ID]", required=False)
@click.option("--all", "is_all", is_flag=True, help=_("Every installed procedure"))
@shared_options
def check(invocation: Invocation, identifier: str | None, *, is_all: bool) -> None:
    """Check procedures; errors end with exit status 1, warnings do not."""
    from recordkeeper.services.procedure_check import check_procedures

    if (identifier is None) != is_all:
        raise click.UsageError(_("expected either an ID or --all"))
    names = [] if identifier is None else [identifier]
    found = check_procedures(invocation.workspace().register, names, invocation.now)
    words = {Severity.ERROR: _("error"), Severity.WARNING: _("warning")}

    def render() -> None:
        if not found:
            print_text(_("nothing found"))
            return
        rows = [[words[each.severity], each.code, each.subject, each.message] for each in found]
        print_table([_("Severity"), _("Code"), _("Subject"), _("What was found")], rows)

    invocation.emit(
        {
            "errors": sum(each.severity is Severity.ERROR for each in found),
            "findings": [
                {
                    "code": each.code,
                    "severity": str(each.severity),
                    "subject": each.subject,
                    "message": each.message,
                }
                for each in found
            ],
        },
        render,
    )
    if any(each.severity is Severity.ERROR for each in found):
        raise ProblemsFound
