"""``form``: the numbered templates and their revisions: looked at, checked, printed, approved, released, withdrawn.

``list``, ``show`` and ``check`` need no login.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.change_view import show_changes
from recordkeeper.cli.form_master_list import master_list
from recordkeeper.cli.form_print import print_
from recordkeeper.cli.form_revise import revise
from recordkeeper.cli.form_view import print_form
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import ProblemsFound
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.procedure import day_of_effect, report_revisions
from recordkeeper.cli.program import noun
from recordkeeper.cli.revision_view import day_of
from recordkeeper.cli.written_file import kind_of_output, write_output
from recordkeeper.language import current_language, ngettext
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.form_revision import RevisionState
    from recordkeeper.services.catalogue import Listed
    from recordkeeper.services.checking import Check
    from recordkeeper.services.drafting import Draft

form = noun("form")
form.add_command(master_list)
form.add_command(print_)
form.add_command(revise)

_revision_option = click.option("--revision", metavar="A/0", help=_("This revision, not the one in force"))
_VARIANTS = {
    "blank": _("For the pen: no value"),
    "filled": _("With the definition's example; what is shown without an option"),
    "amended": _("With two amendments, one of them pending"),
    "long": _("With the longest plausible values"),
}


@form.command("list", help=_("List all forms, each with its revision in force"))
@click.option("--on", metavar="DATE", help=_("In force on this day; else today"))
@shared_options
def list_(invocation: Invocation, on: str | None) -> None:
    """List forms."""
    from recordkeeper.services.catalogue import list_forms
    from recordkeeper.services.company import today

    with invocation.workspace().register.reading() as snapshot:
        listed = list_forms(snapshot, day_of(on, "--on") or today(snapshot, invocation.now))
        values: list[Json] = [_listed(each) for each in listed]
        rows = [
            [
                each.revision.code,
                each.revision.revision,
                _state(each),
                _day(each.revision.effective_on),
                each.revision.procedure,
                each.revision.form.title.in_language(current_language()),
            ]
            for each in listed
        ]
    headings = [_("Form"), _("Revision"), _("State"), _("Effective"), _("Procedure"), _("Title")]
    invocation.emit(values, lambda: print_table(headings, rows))


def _state(each: "Listed") -> str:
    from recordkeeper.model.form_revision import revision_state_name

    if each.is_in_force:
        return _("in force")
    if each.revision.effective_on is None:
        return revision_state_name(each.revision.state)
    return _("{state}, not in force").format(state=revision_state_name(each.revision.state))


def _listed(each: "Listed") -> "dict[str, Json]":
    revision, definition = each.revision, each.revision.form
    return {
        "code": revision.code,
        "revision": revision.revision,
        "title": {"zh": definition.title.zh, "en": definition.title.en},
        "kind": definition.kind,
        "procedure": revision.procedure,
        "state": str(revision.state),
        "in_force": each.is_in_force,
        "effective_on": _day(revision.effective_on),
        "withdrawn_on": _day(revision.withdrawn_on),
        "revisions": each.revision_count,
    }


@form.command(help=_("Show a form: its sections, who fills and signs them, fields, retention, state"))
@click.argument("name", metavar="FORM")
@_revision_option
@click.option("--on", metavar="DATE", help=_("The revision in force on this day; else today's"))
@click.option("--changes", is_flag=True, help=_("Show why each revision was made, and how it differs from the former"))
@shared_options
def show(invocation: Invocation, name: str, revision: str | None, on: str | None, *, changes: bool) -> None:
    """Show a form."""
    from recordkeeper.services.catalogue import code_of, revision_in_force, revision_named, revisions
    from recordkeeper.services.setting import Setting

    if changes:
        with invocation.workspace().register.reading() as snapshot:
            known = revisions(snapshot, code_of(snapshot, name))
        show_changes(invocation, known, revision)
        return
    with invocation.workspace().register.reading() as snapshot:
        setting = Setting(snapshot, invocation.now)
        day = day_of(on, "--on")
        if day is not None and revision is None:
            found = revision_in_force(snapshot, code_of(snapshot, name), day)
        else:
            found = revision_named(snapshot, name, revision, setting.today)
        roles = {role: names[current_language() == "en"] for role, names in setting.roles.items()}
    value: Json = {
        "subject": found.subject,
        "code": found.code,
        "revision": found.revision,
        "state": str(found.state),
        "in_force": found.is_in_force(day or setting.today),
        "effective_on": _day(found.effective_on),
        "withdrawn_on": _day(found.withdrawn_on),
        "author": found.author_name,
        "approver": found.approver_name or None,
        "approved_at": found.approved_at or None,
        "files": dict(found.files),
        "state_digest": found.history.digests[-1],
        "blanks": [
            {"act": each.act_number, "numbers": each.numbers, "unit": each.unit, "by": each.name, "at": each.at}
            for each in found.printings
        ],
        "definition": found.definition,
    }
    invocation.emit(value, lambda: print_form(found, roles))


@form.command(
    help=_(
        "Check definitions and templates: files, folders or installed forms; without any, all installed forms. "
        "Every problem is listed with file, line and key"
    )
)
@click.argument("things", metavar="[FILE|FOLDER|FORM]...", nargs=-1)
@shared_options
def check(invocation: Invocation, things: tuple[str, ...]) -> None:
    """Check definitions and templates.

    Raises:
        ProblemsFound: something is wrong.
    """
    from recordkeeper.services.checking import check_all

    found = check_all(_checks(invocation, things))
    problems: list[Json] = [
        {"file": each.file, "line": each.line, "key": each.key, "message": each.message} for each in found.problems
    ]

    notes: list[Json] = [{"file": each.file, "key": each.key, "message": each.message} for each in found.notes]

    def render() -> None:
        for note in found.notes:
            print_text(_("note: {text}").format(text=note))
        for problem in found.problems:
            print_text(str(problem))
        counts = {"checked": len(found.checked), "problems": len(problems)}
        said = ngettext(
            "{checked} checked, {problems} problem found", "{checked} checked, {problems} problems found", len(problems)
        )
        print_text(said.format(**counts))

    invocation.emit({"checked": list(found.checked), "problems": problems, "notes": notes}, render)
    if problems:
        raise ProblemsFound


def _checks(invocation: Invocation, things: tuple[str, ...]) -> "list[Check]":
    from recordkeeper.services.catalogue import list_forms, revision_named
    from recordkeeper.services.checking import check_path, check_revision
    from recordkeeper.services.company import today

    checks = [check_path(Path(thing)) for thing in things if _is_file(thing)]
    names = [thing for thing in things if not _is_file(thing)]
    if names or not things:
        with invocation.workspace().register.reading() as snapshot:
            day = today(snapshot, invocation.now)
            revisions = [revision_named(snapshot, name, None, day) for name in names]
            if not things:
                revisions = [listed.revision for listed in list_forms(snapshot, day)]
            checks += [check_revision(snapshot, revision) for revision in revisions]
    return checks


@form.command(help=_("Render a form's example as a Word file; nothing enters the register"))
@click.argument("source", metavar="FORM|FILE.yaml")
@_revision_option
@click.option("--blank", "variant", flag_value="blank", help=_VARIANTS["blank"])
@click.option("--filled", "variant", flag_value="filled", default=True, help=_VARIANTS["filled"])
@click.option("--amended", "variant", flag_value="amended", help=_VARIANTS["amended"])
@click.option("--long", "variant", flag_value="long", help=_VARIANTS["long"])
@click.option("--pdf", "kind", flag_value="pdf", help=_("As PDF; needs LibreOffice"))
@click.option(
    "--png", "kind", flag_value="png", help=_("As pictures, one for each page; needs LibreOffice and Poppler")
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help=_("The file to write, FILE.docx, FILE.pdf or FILE.png; else one named after the form"),
)
@shared_options
def preview(
    invocation: Invocation, source: str, revision: str | None, variant: str, *, kind: str | None, output: Path | None
) -> None:
    """Render a preview.

    Raises:
        UnavailableError: there is no PDF or picture to be had; the Word file was written all the same.
    """
    from recordkeeper.errors import UnavailableError
    from recordkeeper.services.previewing import Variant

    shown, day = Variant(variant), invocation.now.date()
    draft = _draft(invocation, source, revision)
    kind = kind_of_output(output, kind, ("docx", "pdf", "png"))
    target = output or Path(f"{draft.form.code}-{variant}.{kind}")
    try:
        match kind:
            case "png":
                pages = draft.preview_pictures(shown, day)
            case "pdf":
                pages = [draft.preview_pdf(shown, day)]
            case _:
                pages = [draft.preview(shown, day)]
    except UnavailableError:
        instead = target.with_suffix(".docx")
        write_output(invocation, instead, draft.preview(shown, day))
        invocation.say(_("{file}: written as a Word document").format(file=instead))
        raise
    files = (
        [target]
        if len(pages) == 1
        else [target.with_stem(f"{target.stem}-{number}") for number in range(1, len(pages) + 1)]
    )
    for file, data in zip(files, pages, strict=True):
        write_output(invocation, file, data)
    names: list[Json] = [str(file) for file in files]
    value: dict[str, Json] = {
        "file": names[0],
        "form": draft.form.code,
        "revision": draft.form.revision,
        "variant": variant,
    }
    if kind == "png":
        value["files"] = names
    invocation.emit(value, lambda: print_text("\n".join(map(str, files))))


@form.command(help=_("Make a Word template in the house style from a definition, to be edited in Word"))
@click.argument("source", metavar="CODE|FILE.yaml")
@click.option("--output", required=True, type=click.Path(path_type=Path), help=_("The Word file to write"))
@shared_options
def scaffold(invocation: Invocation, source: str, output: Path) -> None:
    """Make a template."""
    from recordkeeper.services.drafting import definition_in_file

    draft = definition_in_file(Path(source)) if _is_file(source) else _draft(invocation, source, None)
    write_output(invocation, output, draft.scaffold())
    value: Json = {"file": str(output), "form": draft.form.code, "revision": draft.form.revision}
    invocation.emit(value, lambda: print_text(str(output)))


@form.command(help=_("Approve a draft with your signature; never one's own"))
@click.argument("name", metavar="FORM")
@_revision_option
@shared_options
def approve(invocation: Invocation, name: str, revision: str | None) -> None:
    """Approve a form."""
    from recordkeeper.model.form_revision import RevisionState
    from recordkeeper.services.catalogue import approve as approve_revisions

    subject = _subject(invocation, name, revision, RevisionState.DRAFT)
    actor = invocation.actor()
    register, signer = invocation.workspace().register, invocation.signer()
    report_revisions(invocation, approve_revisions(register, [subject], actor, signer, invocation.now))


@form.command(help=_("Release an approved form"))
@click.argument("name", metavar="FORM")
@_revision_option
@click.option("--effective", metavar="DATE", help=_("The day from which it counts; today if not given"))
@shared_options
def release(invocation: Invocation, name: str, revision: str | None, effective: str | None) -> None:
    """Release a form."""
    from recordkeeper.model.form_revision import RevisionState
    from recordkeeper.services.catalogue import release as release_revisions

    subject = _subject(invocation, name, revision, RevisionState.APPROVED)
    register, actor = invocation.workspace().register, invocation.actor()
    day = day_of_effect(invocation, effective)
    report_revisions(invocation, release_revisions(register, [subject], day, actor, invocation.now))


@form.command(help=_("Withdraw a released form from a day on; it is kept, and its records are finished on it"))
@click.argument("name", metavar="FORM")
@_revision_option
@click.option("--on", metavar="DATE", help=_("The first day on which it is no longer used; else today"))
@click.option("--reason", required=True, metavar="TEXT", help=_("Why"))
@shared_options
def withdraw(invocation: Invocation, name: str, revision: str | None, on: str | None, reason: str) -> None:
    """Withdraw a form."""
    from recordkeeper.model.form_revision import RevisionState
    from recordkeeper.services.catalogue import withdraw as withdraw_revision
    from recordkeeper.services.company import today

    subject = _subject(invocation, name, revision, RevisionState.RELEASED)
    register, actor = invocation.workspace().register, invocation.actor()
    with register.reading() as snapshot:
        day = day_of(on, "--on") or today(snapshot, invocation.now)
    invocation.confirm(_("Withdraw {name} from {day} on").format(name=subject, day=day.isoformat()))
    report_revisions(invocation, [withdraw_revision(register, subject, day, reason, actor, invocation.now)])


def _subject(invocation: Invocation, name: str, revision: str | None, state: "RevisionState") -> str:
    from recordkeeper.services.catalogue import revision_to_change

    with invocation.workspace().register.reading() as snapshot:
        return revision_to_change(snapshot, name, revision, state).subject


def _draft(invocation: Invocation, source: str, revision: str | None) -> "Draft":
    from recordkeeper.services.drafting import draft_in_file, draft_installed

    if _is_file(source):
        return draft_in_file(Path(source))
    with invocation.workspace().register.reading() as snapshot:
        return draft_installed(snapshot, invocation.now, source, revision)


def _is_file(source: str) -> bool:
    """Whether a path is meant, not a form's name."""
    return source.lower().endswith((".yaml", ".yml", ".docx")) or Path(source).is_dir()


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
