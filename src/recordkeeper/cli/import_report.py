"""What an import of parties or premises has in common on the command line: its options, and how it reports."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from recordkeeper.amount import amount
from recordkeeper.cli.options import Invocation
from recordkeeper.cli.outcome import ProblemsFound
from recordkeeper.cli.output import Advance, Cell, print_table, print_text, progress
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.place_import import ImportReport

P = ParamSpec("P")
R = TypeVar("R")


def import_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command ``--dry-run`` and ``--skip-rejected``."""
    dry_run = click.option("--dry-run", is_flag=True, help=_("Report what would be rejected and import nothing"))
    skip_rejected = click.option(
        "--skip-rejected", is_flag=True, help=_("Import the other rows when some are rejected")
    )
    return dry_run(skip_rejected(command))


def run_import(
    invocation: Invocation, file: Path, importing: "Callable[[bytes, Advance], ImportReport]", *, is_dry_run: bool
) -> None:
    """Run an import and show its report.

    Raises:
        ProblemsFound: a dry run that found rows to reject.
    """
    data = file.read_bytes()
    with progress(file.name, data.count(b"\n")) as advance:
        report = importing(data, advance)
    if report.added:
        invocation.publish()
    rejects: list[dict[str, Json]] = [
        {"row": reject.row, "column": reject.column, "message": reject.message} for reject in report.rejects
    ]
    value: Json = {
        "file": file.name,
        "rows": report.row_count,
        "added": list(report.added),
        "rejected": rejects,
        "dry_run": is_dry_run,
    }

    def render() -> None:
        if rejects:
            rows: list[list[Cell]] = [[each.row, each.column, each.message] for each in report.rejects]
            print_table([_("Row"), _("Column"), _("Rejected because")], rows)
        said = _("{file}: {rows}, {added} added, {rejected} rejected")
        if is_dry_run:
            said = _("{file}: {rows}, {rejected} would be rejected; nothing was imported")
        rows_read = amount("rows", report.row_count)
        print_text(said.format(file=file.name, rows=rows_read, added=len(report.added), rejected=len(rejects)))

    invocation.emit(value, render)
    if is_dry_run and rejects:
        raise ProblemsFound
