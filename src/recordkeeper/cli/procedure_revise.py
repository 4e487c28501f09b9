"""``procedure revise``: an installed procedure changed by a folder, with reason, impact and a readable difference."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text
from recordkeeper.cli.proposal_view import consequences, print_proposal, proposal_value
from recordkeeper.cli.revision_view import consent_of, print_revisions, revision_value
from recordkeeper.language import current_language, listing
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recordkeeper.model.document_change import DocumentChange
    from recordkeeper.model.form_revision import Revision
    from recordkeeper.services.revising import Proposal

Command = Callable[..., Any]


def change_options(command: Command) -> Command:
    """Give a command the options of a change: why, what it means, who asked, and who consents in the same run."""
    options = (
        click.option("--begin", is_flag=True, help=_("Only write the files as they stand, to be edited")),
        click.option("--dry-run", "is_dry_run", is_flag=True, help=_("Only show what would change")),
        click.option("--reason", metavar="TEXT", default="", help=_("Why")),
        click.option(
            "--impact",
            metavar="TEXT",
            default="",
            help=_("What it means for other documents, posts, training and the records in use"),
        ),
        click.option(
            "--request",
            metavar="NUMBER",
            default="",
            help=_("The change request that was agreed to; it gives reason and impact where they are left out"),
        ),
        click.option(
            "--approve-as", metavar="USER", help=_("Another person, who approves and releases in the same run")
        ),
        click.option(
            "--effective", metavar="DATE", help=_("The day from which it counts; with --approve-as, today if not given")
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    help=_(
        "Revise an installed procedure by the files in FOLDER. What differs needs a later number and becomes a draft; "
        "records begun on an earlier revision are finished on it"
    )
)
@click.argument("identifier", metavar="ID")
@click.argument("folder", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path))
@change_options
@shared_options
def revise(
    invocation: Invocation,
    identifier: str,
    folder: Path | None,
    *,
    begin: bool,
    is_dry_run: bool,
    reason: str,
    impact: str,
    request: str,
    approve_as: str | None,
    effective: str | None,
) -> None:
    """Revise a procedure."""
    from recordkeeper.services.revising import files_of_procedure, propose, revise_procedure
    from recordkeeper.services.setting import Setting

    check_options(begin=begin, is_dry_run=is_dry_run, approve_as=approve_as, effective=effective)
    folder, register = folder or Path(identifier.upper()), invocation.workspace().register
    if begin:
        with register.reading() as snapshot:
            files = files_of_procedure(snapshot, identifier, Setting(snapshot, invocation.now).today)
        write_files(invocation, folder, files)
        invocation.say(_("edit {folder}, then: procedure revise {id} {folder}").format(folder=folder, id=identifier))
    elif is_dry_run:
        show_proposal(invocation, propose(register, identifier, folder, invocation.now))
    else:
        actor = invocation.actor()
        change = change_asked_for(invocation, request, reason, impact)
        consent = consent_of(invocation, approve_as, effective)
        report(invocation, *revise_procedure(register, identifier, folder, actor, invocation.now, change, consent))


def check_options(*, begin: bool, is_dry_run: bool, approve_as: str | None, effective: str | None) -> None:
    """Refuse options that do not go together.

    Raises:
        click.UsageError: they do not.
    """
    if begin and is_dry_run:
        raise click.UsageError(_("--begin and --dry-run do not go together"))
    if effective is not None and approve_as is None:
        raise click.UsageError(_("--effective goes with --approve-as; a draft takes effect by its release"))


def change_asked_for(invocation: Invocation, request: str, reason: str, impact: str) -> "DocumentChange":
    """The change that the options and the request give.

    Raises:
        UnknownRecordError: there is no such request.
        TextRefusedError: no reason, or no impact.
    """
    from recordkeeper.services.change_request import asked_for
    from recordkeeper.services.setting import Setting

    with invocation.workspace().register.reading() as snapshot:
        return asked_for(Setting(snapshot, invocation.now), invocation.actor(), request, reason, impact)


def write_files(invocation: Invocation, folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files to a folder; what is there already is replaced when that is confirmed."""
    there = [name for name in files if (folder / name).exists()]
    if there:
        invocation.confirm(_("{folder}: {names}: replace").format(folder=folder, names=listing(there)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    invocation.emit({"folder": str(folder), "files": list(files)}, lambda: print_text("\n".join(files)))


def show_proposal(invocation: Invocation, proposal: "Proposal") -> None:
    """Show what a change would do."""
    roles = role_names(invocation)
    invocation.emit(proposal_value(proposal), lambda: print_proposal(proposal, roles))


def report(invocation: Invocation, proposal: "Proposal", done: "Sequence[Revision]") -> None:
    """Publish what was done, show where the revisions now stand, and say what it means for records."""
    invocation.publish()
    for line in consequences(proposal):
        invocation.say(line)
    roles = role_names(invocation)

    def render() -> None:
        print_proposal(proposal, roles)
        print_text("")
        print_revisions(done)

    invocation.emit({**proposal_value(proposal), "revisions": [revision_value(each) for each in done]}, render)


def role_names(invocation: Invocation) -> dict[str, str]:
    """The names of all roles by id, in the language in use."""
    from recordkeeper.services.setting import Setting

    with invocation.workspace().register.reading() as snapshot:
        roles = Setting(snapshot, invocation.now).roles
    return {role: names[current_language() == "en"] for role, names in roles.items()}
