"""``form master-list``: the list of controlled forms, on the screen or as a file."""

from dataclasses import asdict
from pathlib import Path

import click

from recordkeeper.cli import form_words
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.revision_view import day_of
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _

_SHOWN = ("code", "title", "revision", "is_in_force", "effective_on", "owner", "medium", "retention", "approver")


@click.command(
    "master-list",
    help=_(
        "List every form with its revision in force, owner, format, medium, retention and approval, "
        "as a table or a file"
    ),
)
@click.option("--on", metavar="DATE", help=_("In force on this day; else today"))
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help=_("FILE.xlsx or FILE.csv"))
@shared_options
def master_list(invocation: Invocation, on: str | None, output: Path | None) -> None:
    """List all controlled forms."""
    from recordkeeper.cli.written_file import write_output
    from recordkeeper.services import master_list as lists

    suffix = output.suffix.lower() if output else ""
    if output is not None and suffix not in {".xlsx", ".csv"}:
        raise click.UsageError(_("--output: expected FILE.xlsx or FILE.csv, found {file}").format(file=output))
    entries = lists.master_list(invocation.workspace().register, invocation.now, day_of(on, "--on"))
    if output is not None:
        write_output(invocation, output, (lists.as_workbook if suffix == ".xlsx" else lists.as_table)(entries, _word))
        said = ngettext("{file}: {forms} form", "{file}: {forms} forms", len(entries)).format(
            file=output, forms=len(entries)
        )
        invocation.emit({"file": str(output), "forms": len(entries)}, lambda: print_text(said))
        return
    names = lists.headings()
    places = [list(names).index(name) for name in _SHOWN]
    rows = [[row[place] for place in places] for row in lists.rows_of(entries, _word)]
    invocation.emit([asdict(each) for each in entries], lambda: print_table([names[name] for name in _SHOWN], rows))


def _word(column: str, value: object) -> str:
    """A value of the list as it reads on the screen and in the file."""
    match column, value:
        case _, bool():
            return _("yes") if value else _("no")
        case "kind", str():
            return form_words.kind_name(value)
        case "trigger", str():
            return form_words.trigger_name(value)
        case "then", str():
            return form_words.action_name(value)
        case (("medium" | "original"), str()):
            return {"electronic": _("electronic"), "paper": _("paper"), "both": _("both")}[value]
        case "retention", "permanent":
            return _("permanently")
        case _:
            return str(value)
