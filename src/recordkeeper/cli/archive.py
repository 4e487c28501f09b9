"""The noun archive: what it holds, whether it is sound, and finishing what was left."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click

from recordkeeper.cli.archive_check import check
from recordkeeper.cli.archive_export import export
from recordkeeper.cli.archive_mirror import mirror
from recordkeeper.cli.archive_properties import test
from recordkeeper.cli.archive_rebuild import rebuild
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.pending_view import print_pending, print_without_pdf
from recordkeeper.cli.program import noun
from recordkeeper.errors import ArchiveError, UnavailableError
from recordkeeper.language import clauses, listing, ngettext
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.services.publication import Outcome

WATCH_SECONDS = 2.0

archive = noun("archive")
for verb in (check, export, mirror, rebuild, test):
    archive.add_command(verb)


class StillPendingError(ArchiveError, UnavailableError):
    """Something could not be archived, stored or published now."""

    def __init__(self, problems: Sequence[str]) -> None:
        found = clauses(problems)
        super().__init__(_("archive: still pending: {found}").format(found=found), subject="archive", found=found)


@archive.command("list", help=_("The objects of the archive, with their versions and files"))
@shared_options
def list_objects(invocation: Invocation) -> None:
    """List the objects."""
    from recordkeeper.services.archiving import list_objects as list_archived

    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_here()
    objects = list_archived(workspace.register, workspace.storage_root, actor, invocation.now)
    invocation.emit(
        [
            {"subject": each.subject, "versions": each.versions, "files": list(each.files), "path": each.path}
            for each in objects
        ],
        lambda: print_table(
            (_("Subject"), _("Versions"), _("Files")),
            [(each.subject, each.versions, listing(each.files)) for each in objects],
        ),
    )


def _done(outcome: "Outcome") -> str:
    stored = ngettext("{count} version stored", "{count} versions stored", outcome.stored).format(count=outcome.stored)
    size = ngettext("{count} event published", "{count} events published", outcome.log_size)
    archived = _("{count} archived").format(count=len(outcome.archived))
    return listing((archived, stored, size.format(count=outcome.log_size)))


def _watch(invocation: Invocation) -> NoReturn:
    """Publish whatever comes until interrupted; what hinders it is said once and tried again.

    Raises:
        NoRightError, AuditorChangesNothingError, DisabledPersonError: who watches may do so no longer.
        UnusableLogKeyError: there is no log key here, so another machine publishes.
    """
    from recordkeeper.tlog.checkpoint import LogKey

    actor = invocation.actor()
    LogKey.load(invocation.workspace().log_key_path)
    told: list[str] = []
    size = 0
    while True:
        outcome, problems = invocation.published(actor)
        for problem in problems:
            if problem not in told:
                invocation.say(_("pending: {reason}").format(reason=problem))
        told = problems
        if outcome is not None and outcome.log_size > size:
            size = outcome.log_size
            invocation.say(_done(outcome))
        time.sleep(WATCH_SECONDS)


@archive.command("resume", help=_("Archive, store and publish whatever waits; done twice it changes nothing more"))
@click.option("--watch", is_flag=True, help=_("Go on until interrupted: the publisher of a team"))
@shared_options
def resume(invocation: Invocation, watch: bool) -> None:  # noqa: FBT001 - click gives flags so
    """Finish what was left."""
    from recordkeeper.services.publication import pending
    from recordkeeper.services.publication import resume as resume_publishing

    workspace, actor = invocation.workspace(), invocation.actor()
    if watch:
        _watch(invocation)
    outcome = resume_publishing(workspace.publisher, actor, datetime.now(UTC).replace(microsecond=0))
    left = pending(workspace.register)

    def render() -> None:
        print_text(_done(outcome))
        print_without_pdf(outcome.without_pdf)
        print_pending(left)

    invocation.emit(
        {
            "archived": list(outcome.archived),
            "stored": outcome.stored,
            "log_size": outcome.log_size,
            "without_pdf": outcome.without_pdf,
            "problems": list(outcome.problems),
            "pending": {
                "unarchived": list(left.unarchived),
                "unstored": list(left.unstored),
                "unpublished": left.unpublished,
            },
        },
        render,
    )
    if outcome.problems:
        raise StillPendingError(outcome.problems)
