"""``procedure``: a company's rules and forms as data: shipped, installed as drafts, approved and released."""

from datetime import date
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.change_view import show_changes
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.procedure_check import check
from recordkeeper.cli.procedure_choose import choose
from recordkeeper.cli.procedure_copy import copy
from recordkeeper.cli.procedure_revise import revise
from recordkeeper.cli.procedure_table import table
from recordkeeper.cli.program import noun
from recordkeeper.cli.revision_view import day_of, day_text, print_revisions, revision_value, second_signer
from recordkeeper.language import current_language, listing
from recordkeeper.language import translate as _
from recordkeeper.model.particulars import parse_date

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from recordkeeper.model.canonical import Json
    from recordkeeper.model.form_revision import Revision
    from recordkeeper.model.procedure import Procedure
    from recordkeeper.register.acts import Register

procedure = noun("procedure")
procedure.add_command(check)
procedure.add_command(choose)
procedure.add_command(copy)
procedure.add_command(revise)
procedure.add_command(table)


@procedure.command("list", help=_("List the procedures that ship with the program and those installed here"))
@shared_options
def list_(invocation: Invocation) -> None:
    """List procedures."""
    from recordkeeper.model.form_revision import revision_state_name
    from recordkeeper.services.procedures import list_procedures

    listed = list_procedures(_register(invocation), invocation.now)
    values: list[Json] = [
        {
            "id": each.procedure.id,
            "title": _title(each.procedure),
            "shipped": each.is_shipped,
            "revision": each.procedure.revision,
            "state": str(each.installed.state) if each.installed else None,
            "effective_on": day_text(each.installed),
            "forms": list(each.procedure.forms),
        }
        for each in listed
    ]
    rows = [
        [
            each.procedure.id,
            each.procedure.revision,
            revision_state_name(each.installed.state) if each.installed else _("shipped, not installed"),
            day_text(each.installed),
            each.procedure.title.in_language(current_language()),
            listing(each.procedure.forms),
        ]
        for each in listed
    ]
    headings = [_("Procedure"), _("Revision"), _("State"), _("Effective"), _("Title"), _("Forms")]
    invocation.emit(values, lambda: print_table(headings, rows))


@procedure.command(help=_("Show a procedure's roles, rules and forms"))
@click.argument("identifier", metavar="ID")
@click.option("--changes", is_flag=True, help=_("Show why each revision was made, and how it differs from the former"))
@shared_options
def show(invocation: Invocation, identifier: str, *, changes: bool) -> None:
    """Show a procedure."""
    from recordkeeper.model.form_revision import revision_state_name

    if changes:
        from recordkeeper.services.catalogue import revisions_of_procedure

        with invocation.workspace().register.reading() as snapshot:
            known = revisions_of_procedure(snapshot, identifier)
        show_changes(invocation, known)
        return
    from recordkeeper.services.procedures import find_procedure

    found = find_procedure(_register(invocation), identifier, invocation.now)
    shown, installed = found.procedure, found.installed
    value: Json = {
        **shown.model_dump(mode="json"),
        "state": str(installed.state) if installed else None,
        "effective_on": day_text(installed),
        "author": installed.author_name if installed else None,
        "approver": installed.approver_name if installed else None,
        "shipped": found.is_shipped,
        "units": list(installed.units) if installed else [],
        "bindings": dict(installed.bindings) if installed else {},
    }

    def render() -> None:
        language = current_language()
        state = revision_state_name(installed.state) if installed else _("shipped, not installed")
        print_text(f"{shown.id} {shown.revision}  {shown.title.in_language(language)}  ({state})")
        print_text("")
        print_table([_("Role"), _("Name")], [[role.id, role.in_language(language)] for role in shown.roles])
        print_text("")
        print_table([_("Rule"), _("Text")], [[rule.id, rule.in_language(language)] for rule in shown.rules])
        print_text("")
        print_table(
            [_("Form"), _("Revision"), _("State"), _("Title")],
            [
                [each.code, each.revision, revision_state_name(each.state) if each.state else "", each.title]
                for each in found.forms
            ],
        )
        if installed and installed.bindings:
            print_text("")
            rows = [[purpose, code or _("none")] for purpose, code in sorted(installed.bindings.items())]
            print_table([_("Purpose"), _("Form")], rows)

    invocation.emit(value, render)


@procedure.command(help=_("Install a shipped procedure by its ID, or one in a folder, with all its forms as drafts"))
@click.argument("source", metavar="ID|FOLDER")
@click.option("--approve-as", metavar="USER", help=_("Another person, who approves and releases in the same run"))
@click.option(
    "--effective", metavar="DATE", help=_("The day from which it counts; with --approve-as, today if not given")
)
@click.option(
    "--bind",
    "bindings",
    metavar="PURPOSE=CODE|none",
    multiple=True,
    help=_("Which form serves a purpose, or none; may be given again, also once it is installed"),
)
@click.option(
    "--unit",
    "units",
    metavar="UNIT",
    multiple=True,
    help=_("Only for this unit and those below it; may be given again, also once it is installed"),
)
@shared_options
def install(
    invocation: Invocation,
    source: str,
    approve_as: str | None,
    effective: str | None,
    bindings: tuple[str, ...],
    units: tuple[str, ...],
) -> None:
    """Install a procedure."""
    from recordkeeper.services.catalogue import install_and_release, install_procedure
    from recordkeeper.services.installation import Terms
    from recordkeeper.services.procedures import folder_of
    from recordkeeper.services.settling import installed_already, settle

    if effective is not None and approve_as is None:
        raise click.UsageError(_("--effective goes with --approve-as; a draft takes effect by its release"))
    terms = Terms(units, bindings_of(bindings))
    register = invocation.workspace().register
    identifier = installed_already(register, source) if terms and approve_as is None else None
    folder = None if identifier else folder_of(source)
    actor = invocation.actor()
    if folder is None:
        done = settle(register, str(identifier), terms, actor, invocation.now)
    elif approve_as is None:
        done = install_procedure(register, folder, actor, invocation.now, terms)
    else:
        signer, day = second_signer(invocation, approve_as), day_of(effective, "--effective")
        done = install_and_release(register, folder, actor, signer, day, invocation.now, terms)
    report_revisions(invocation, done)
    tell_loose_ends(invocation, {each.code for each in done if not each.is_form})


@procedure.command(help=_("Approve the drafts of a procedure and its forms, with your signature"))
@click.argument("identifier", metavar="ID")
@shared_options
def approve(invocation: Invocation, identifier: str) -> None:
    """Approve a procedure."""
    from recordkeeper.model.form_revision import RevisionState
    from recordkeeper.services.catalogue import approve as approve_revisions
    from recordkeeper.services.catalogue import in_state

    register, actor = invocation.workspace().register, invocation.actor()
    with register.reading() as snapshot:
        subjects = in_state(snapshot, identifier, RevisionState.DRAFT)
    report_revisions(invocation, approve_revisions(register, subjects, actor, invocation.signer(), invocation.now))


@procedure.command(help=_("Release what was approved of a procedure and its forms"))
@click.argument("identifier", metavar="ID")
@click.option("--effective", metavar="DATE", help=_("The day from which it counts; today if not given"))
@shared_options
def release(invocation: Invocation, identifier: str, effective: str | None) -> None:
    """Release a procedure."""
    from recordkeeper.model.form_revision import RevisionState
    from recordkeeper.services.catalogue import in_state
    from recordkeeper.services.catalogue import release as release_revisions

    register, actor = invocation.workspace().register, invocation.actor()
    with register.reading() as snapshot:
        subjects = in_state(snapshot, identifier, RevisionState.APPROVED)
    day = day_of_effect(invocation, effective)
    report_revisions(invocation, release_revisions(register, subjects, day, actor, invocation.now))


def day_of_effect(invocation: Invocation, effective: str | None) -> date:
    """The day from which a release counts: the one given, else today, and then it is said.

    Raises:
        TextRefusedError: no date.
    """
    from recordkeeper.services.company import today

    if effective is not None:
        return parse_date(effective, "--effective")
    with invocation.workspace().register.reading() as snapshot:
        day = today(snapshot, invocation.now)
    invocation.say(_("no --effective given: in force from today, {day}").format(day=day.isoformat()))
    return day


def report_revisions(invocation: Invocation, done: "Sequence[Revision]") -> None:
    """Publish what was done, and say where the revisions now stand."""
    invocation.publish()
    invocation.emit([revision_value(each) for each in done], lambda: print_revisions(done))


def tell_loose_ends(invocation: Invocation, identifiers: "Collection[str]") -> None:
    """Say which purposes no form serves, and what to give to settle each."""
    from recordkeeper.services.settling import loose_ends

    for each in loose_ends(invocation.workspace().register, identifiers, invocation.now):
        codes = listing(each.offered) or _("nothing installed")
        message = _("{procedure}: no form serves {purpose}; could: {codes}; settle it with {command}")
        choice = each.offered[0] if each.offered else "none"
        command = f"procedure install {each.procedure} --bind {each.purpose}={choice}"
        invocation.say(message.format(procedure=each.procedure, purpose=each.purpose, codes=codes, command=command))


def bindings_of(given: "Sequence[str]") -> dict[str, str]:
    """What ``--bind`` gives: purpose to the spelling of a form.

    Raises:
        click.UsageError: no ``purpose=code``, or a purpose given twice.
    """
    bindings: dict[str, str] = {}
    for text in given:
        purpose, _equals, code = text.partition("=")
        if not purpose.strip() or not code.strip() or purpose.strip() in bindings:
            raise click.UsageError(_("--bind {text}: expected purpose=code, each purpose once").format(text=text))
        bindings[purpose.strip()] = code.strip()
    return bindings


def _register(invocation: Invocation) -> "Register | None":
    from recordkeeper.cli.workspace import NotAWorkspaceError

    try:
        return invocation.workspace().register
    except NotAWorkspaceError:
        if invocation.folder is not None:
            raise
        return None


def _title(found: "Procedure") -> "dict[str, Json]":
    return {"zh": found.title.zh, "en": found.title.en}
