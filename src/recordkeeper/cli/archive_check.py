"""The verb check of archive: every file, or a share of them in turn; dated, and bound in the trail."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amount
from recordkeeper.cli.audit_proof import NEW_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import CannotAssess, ProblemsFound
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.verify import finding_json, show_findings
from recordkeeper.findings import Severity
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.services.archiving import Checked

MOST_SHARES = 1000
_MEGABYTE = 1_000_000


@click.command(
    "check", help=_("Check every file of the archive, and the archive against the register; an event says when")
)
@click.option(
    "--shares",
    type=click.IntRange(min=1, max=MOST_SHARES),
    metavar="N",
    help=_("Check one share of N only, the next one each time: 12 once a month looks at everything once a year"),
)
@click.option(
    "--report", type=NEW_FILE, help=_("Write the report, which the event binds, to a file that does not exist")
)
@click.option("--history", is_flag=True, help=_("List the checks that were done instead"))
@shared_options
def check(invocation: Invocation, shares: int | None, report: Path | None, history: bool) -> None:  # noqa: FBT001
    """Check the archive alone."""
    from recordkeeper.durable import write_new_file
    from recordkeeper.model.canonical import canonical
    from recordkeeper.services.archiving import check as check_archive

    workspace, actor = invocation.workspace(), invocation.actor()
    if history:
        _list_checks(invocation)
        return
    workspace.check_archive_not_elsewhere()
    checked = check_archive(workspace.register, workspace.storage_root, actor, invocation.now, shares)
    if report is not None:
        write_new_file(report, canonical(checked.report))
    invocation.publish()
    invocation.emit(
        {
            "at": checked.at,
            "share": list(checked.share) if checked.share else None,
            "objects": checked.looked.objects,
            "files": checked.looked.files,
            "bytes": checked.looked.bytes,
            "seconds": str(round(checked.seconds, 2)),
            "findings": [finding_json(finding) for finding in checked.findings],
        },
        lambda: _show(checked),
    )
    severities = {finding.severity for finding in checked.findings}
    if Severity.ALTERED in severities:
        raise ProblemsFound
    if Severity.CANNOT_ASSESS in severities:
        raise CannotAssess


def _show(checked: "Checked") -> None:
    print_text(
        _("{objects}, {files}, {megabytes} MB looked at").format(
            objects=amount("objects", checked.looked.objects),
            files=amount("files", checked.looked.files),
            megabytes=f"{checked.looked.bytes / _MEGABYTE:.1f}",
        )
    )
    if checked.share:
        turn, of = checked.share
        print_text(_("Share {turn} of {of}; the next check looks at the next one").format(turn=turn, of=of))
    if checked.findings:
        show_findings(checked.findings)
    else:
        print_text(_("The archive is sound and complete"))


def _list_checks(invocation: Invocation) -> None:
    from recordkeeper.services.archiving import list_checks

    done = list_checks(invocation.workspace().register, invocation.actor(), invocation.now)
    invocation.emit(
        [
            {
                "at": each.at,
                "by": each.by,
                "share": list(each.share) if each.share else None,
                "objects": each.objects,
                "findings": each.findings,
            }
            for each in done
        ],
        lambda: print_table(
            (_("Checked"), _("By"), _("Share"), _("Objects"), _("Findings")),
            [
                (
                    each.at,
                    each.by,
                    f"{each.share[0]}/{each.share[1]}" if each.share else "",
                    each.objects,
                    each.findings,
                )
                for each in done
            ],
        ),
    )
