"""``form revise``: one form changed by its definition file and the Word template beside it."""

from pathlib import Path

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.procedure_revise import (
    change_asked_for,
    change_options,
    check_options,
    report,
    show_proposal,
    write_files,
)
from recordkeeper.cli.revision_view import consent_of
from recordkeeper.language import translate as _


@click.command(
    help=_(
        "Revise one form by FILE, its definition, and the Word template beside it; CODE.yaml here if not given. "
        "It needs a later number and becomes a draft; records begun on an earlier revision are finished on it"
    )
)
@click.argument("name", metavar="FORM")
@click.argument("file", metavar="[FILE.yaml]", required=False, type=click.Path(path_type=Path))
@change_options
@shared_options
def revise(
    invocation: Invocation,
    name: str,
    file: Path | None,
    *,
    begin: bool,
    is_dry_run: bool,
    reason: str,
    impact: str,
    request: str,
    approve_as: str | None,
    effective: str | None,
) -> None:
    """Revise a form."""
    from recordkeeper.services.catalogue import code_of
    from recordkeeper.services.revising import files_beside_form, propose_form, revise_form
    from recordkeeper.services.setting import Setting

    check_options(begin=begin, is_dry_run=is_dry_run, approve_as=approve_as, effective=effective)
    register = invocation.workspace().register
    with register.reading() as snapshot:
        code, today = code_of(snapshot, name), Setting(snapshot, invocation.now).today
        files = files_beside_form(snapshot, code, today) if begin else {}
    path = file or Path(f"{code}.yaml")
    if begin:
        write_files(invocation, path.parent, files)
        invocation.say(_("edit {file}, then: form revise {code} {file}").format(file=path, code=code))
    elif is_dry_run:
        show_proposal(invocation, propose_form(register, code, path, invocation.now))
    else:
        actor = invocation.actor()
        change = change_asked_for(invocation, request, reason, impact)
        consent = consent_of(invocation, approve_as, effective)
        report(invocation, *revise_form(register, code, path, actor, invocation.now, change, consent))
