"""The noun audit: the trail as it stands, its newest checkpoint, proofs and cosignatures."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.audit_key import cosign, cosigner_key, keep, rotate_key
from recordkeeper.cli.audit_proof import check_proof, prove
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import ProblemsFound
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.program import noun
from recordkeeper.cli.verify import finding_json, show_findings
from recordkeeper.language import listing, ngettext
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json

audit = noun("audit")
for verb in (prove, check_proof, cosigner_key, cosign, keep, rotate_key):
    audit.add_command(verb)


@audit.command("log", help=_("The events of the trail, the newest last"))
@click.option("--subject", help=_("Only those of one record, sheet or other subject"))
@click.option("--first", type=click.IntRange(min=0), help=_("From this event on"))
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help=_("At most so many"))
@shared_options
def log(invocation: Invocation, subject: str | None, first: int | None, limit: int) -> None:
    """Show the events."""
    from recordkeeper.model.person import role_name
    from recordkeeper.model.subject import PROGRAM
    from recordkeeper.services.record_view import act_name, flag_name
    from recordkeeper.services.trail import list_events

    events = list_events(invocation.workspace().register, invocation.actor(), invocation.now, subject, first, limit)
    rows = [
        (
            event.index,
            event.entered_at,
            event.occurred_at if event.occurred_at != event.entered_at else "",
            event.effective_at,
            act_name(event.kind),
            event.subject,
            event.act_number,
            role_name(PROGRAM) if event.actor == PROGRAM else event.actor,
            listing(map(flag_name, event.flags.split())),
        )
        for event in events
    ]
    columns = (
        *(_("No."), _("Entered"), _("Happened"), _("Effective")),
        *(_("Kind"), _("Subject"), _("Act"), _("By"), _("Flags")),
    )
    invocation.emit(
        [
            {
                "index": event.index,
                "kind": event.kind,
                "subject": event.subject,
                "act_number": event.act_number,
                "actor": event.actor,
                "occurred_at": event.occurred_at,
                "entered_at": event.entered_at,
                "effective_at": event.effective_at,
                "state_digest": event.state_digest,
                "bound_digest": event.bound_digest,
                "flags": event.flags,
            }
            for event in events
        ],
        lambda: print_table(columns, rows),
    )


@audit.command("checkpoint", help=_("The newest checkpoint: a signed note, to be kept outside"))
@click.option(
    "--export",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("Write it to a file that does not exist: the note as text, or a page with a print code (.docx, .pdf)"),
)
@shared_options
def checkpoint(invocation: Invocation, export: Path | None) -> None:
    """Show or export the newest checkpoint."""
    from recordkeeper.durable import write_new_file
    from recordkeeper.services.trail import checkpoint_in_print, checkpoint_on_paper, newest_checkpoint

    register, actor = invocation.workspace().register, invocation.actor()
    found = newest_checkpoint(register, actor, invocation.now)
    match export.suffix.lower() if export else None:
        case None:
            content = b""
        case ".docx":
            content = checkpoint_on_paper(register, found, invocation.now)
        case ".pdf":
            content = checkpoint_in_print(register, found, invocation.now)
        case _:
            content = found.note.encode()
    if export is not None:
        write_new_file(export, content)

    def render() -> None:
        print_text(found.note)
        print_text(_("In short, as forms print it: {short}").format(short=found.short))

    invocation.emit({"size": found.size, "short": found.short, "note": found.note}, render)


@audit.command("check", help=_("Check the newest checkpoint against the one before it and the events since; quick"))
@shared_options
def check(invocation: Invocation) -> None:
    """Check what is new; what lies before is for verify."""
    from recordkeeper.services.recent_check import check_recent

    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_not_elsewhere()
    found = check_recent(workspace.register, workspace.log_path, actor, invocation.now)

    def render() -> None:
        if found.findings:
            show_findings(found.findings)
            return
        text = _("Events {first} to {last} follow from the checkpoint before; those before were not read: verify does")
        print_text(text.format(first=found.first, last=found.size - 1))
        if found.unpublished:
            print_text(
                ngettext(
                    "{count} event is not yet published", "{count} events are not yet published", found.unpublished
                ).format(count=found.unpublished)
            )

    value: Json = {
        "first": found.first,
        "size": found.size,
        "unpublished": found.unpublished,
        "findings": [finding_json(finding) for finding in found.findings],
    }
    invocation.emit(value, render)
    if found.findings:
        raise ProblemsFound
