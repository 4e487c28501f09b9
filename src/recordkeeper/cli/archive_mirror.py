"""The verb mirror of archive: a second copy, kept in step and checked against the first."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import ProblemsFound
from recordkeeper.cli.output import print_table, print_text, progress
from recordkeeper.cli.verify import finding_json, show_findings
from recordkeeper.language import listing
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.mirroring import Followed


@click.command(
    help=_(
        "Keep a second copy of the archive in DIR, bring it in step and check every file of it; without DIR all that"
        " are kept"
    )
)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--forget", is_flag=True, help=_("Keep the copy in DIR no longer; its files stay"))
@shared_options
def mirror(invocation: Invocation, folder: Path | None, forget: bool) -> None:  # noqa: FBT001 - click gives flags so
    """Keep mirrors in step."""
    from recordkeeper.services.mirroring import follow, keep_mirror, mirrors_to_follow

    workspace, actor = invocation.workspace(), invocation.actor()
    if forget:
        _forget(invocation, folder)
        return
    workspace.check_archive_here()
    if folder is not None:
        mirrors = [keep_mirror(workspace.publisher, actor, folder, invocation.now)]
        invocation.publish()
    else:
        mirrors = mirrors_to_follow(workspace.publisher)
    count = sum(1 for _subject in workspace.storage_root.object_ids()) * len(mirrors)
    with progress(_("Mirror"), count) as advance:
        followed = [follow(workspace.publisher, each, actor, invocation.now, advance) for each in mirrors]
    invocation.publish()
    invocation.emit([_json_of(each) for each in followed], lambda: _show(followed))
    if any(each.findings for each in followed):
        raise ProblemsFound


def _forget(invocation: Invocation, folder: Path | None) -> None:
    from recordkeeper.services.mirroring import forget_mirror

    if folder is None:
        raise click.UsageError(_("--forget: name the folder"))
    invocation.confirm(_("{folder}: keep it in step no longer; dispositions will not reach it").format(folder=folder))
    forgotten = forget_mirror(invocation.workspace().register, invocation.actor(), folder, invocation.now)
    invocation.publish()
    invocation.emit(
        {"forgotten": str(forgotten.place)},
        lambda: print_text(_("{folder}: no mirror any more; its files are still there").format(folder=forgotten.place)),
    )


def _json_of(followed: "Followed") -> "Json":
    return {
        "mirror": str(followed.place),
        "objects": followed.objects,
        "versions_copied": followed.versions,
        "events_copied": followed.entries,
        "removed": list(followed.removed),
        "findings": [finding_json(finding) for finding in followed.findings],
    }


def _show(followed: "list[Followed]") -> None:
    columns = (_("Mirror"), _("Objects"), _("Versions copied"), _("Events copied"), _("Destroyed and removed"))
    rows = [
        (str(each.place), each.objects, each.versions, each.entries, listing(each.removed) or None) for each in followed
    ]
    print_table(columns, rows)
    findings = tuple(finding for each in followed for finding in each.findings)
    if findings:
        show_findings(findings)
    else:
        print_text(_("In step with the archive, every file checked"))
