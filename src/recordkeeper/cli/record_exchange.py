"""``record import`` and ``record export``: records out of a table, and given out as JSON or a table."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amount
from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import ProblemsFound
from recordkeeper.cli.output import print_text, progress
from recordkeeper.cli.written_file import confirm_output, write_output
from recordkeeper.language import listing, told_of
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recordkeeper.model.canonical import Json
    from recordkeeper.services.intake import Rejected, Report, Table

_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.command(
    "import",
    help=_(
        "Enter the rows of a CSV or XLSX file as records, all in one transaction; headings are titles or names of the "
        "fields, or a mapping file explains them. With a row rejected nothing is entered, unless --skip-rejected"
    ),
)
@click.argument("form_name", metavar="FORM")
@click.argument("file", metavar="FILE", type=PRESENT_FILE)
@click.option("--map", "mapping", type=PRESENT_FILE, metavar="FILE.yaml", help=_("Which column fills which field"))
@click.option("--sheet", metavar="NAME", help=_("The sheet of an XLSX file; else the only one that is not empty"))
@click.option("--unit", metavar="UNIT", help=_("The unit of the records; else the one where you act"))
@click.option("--late-reason", default="", metavar="TEXT", help=_("Why those rows that are entered late are"))
@click.option("--dry-run", "is_dry_run", is_flag=True, help=_("Check every row and enter nothing"))
@click.option("--skip-rejected", is_flag=True, help=_("Enter the other rows when some are rejected"))
@click.option("--rejects", type=_OUTPUT, metavar="FILE.csv", help=_("Write what was rejected to this file too"))
@shared_options
def import_(
    invocation: Invocation,
    form_name: str,
    file: Path,
    mapping: Path | None,
    sheet: str | None,
    unit: str | None,
    late_reason: str,
    *,
    is_dry_run: bool,
    skip_rejected: bool,
    rejects: Path | None,
) -> None:
    """Import records.

    Raises:
        RowsRejectedError: rows were rejected, and nothing was entered.
        ProblemsFound: a dry run that found rows to reject.
    """
    from recordkeeper.services.intake import (
        LARGEST_FILE_BYTES,
        RowsRejectedError,
        Table,
        import_records,
        import_what_fits,
        try_import,
    )
    from recordkeeper.services.package import read_definition

    with file.open("rb") as opened:
        data = opened.read(LARGEST_FILE_BYTES + 1)
    explained = (read_definition(mapping)[1], mapping.name) if mapping else None
    table = Table(form_name, data, file.name, explained, unit, sheet, late_reason)
    act = try_import if is_dry_run else import_what_fits if skip_rejected else import_records
    register, actor = invocation.workspace().register, invocation.actor()
    try:
        with progress(_("Rows of {file}").format(file=file.name), data.count(b"\n")) as advance:
            report = act(register, actor, invocation.now, table, advance)
    except RowsRejectedError as error:
        _write_rejects(invocation, rejects, error.rejects)
        raise
    _write_rejects(invocation, rejects, report.rejects)
    if not is_dry_run:
        invocation.publish()
    _emit(invocation, table, report, is_dry_run=is_dry_run)
    if is_dry_run and report.rejects:
        raise ProblemsFound


def _write_rejects(invocation: Invocation, target: Path | None, rejects: "Sequence[Rejected]") -> None:
    if target is None or not rejects:
        return
    from recordkeeper.services.intake import rejects_table

    write_output(invocation, target, rejects_table(rejects))


def _emit(invocation: Invocation, table: "Table", report: "Report", *, is_dry_run: bool) -> None:
    rejected_rows = len({reject.row for reject in report.rejects})
    rejected: list[Json] = [
        {"row": reject.row, "column": reject.column, "expected": reject.expected, "found": reject.found}
        for reject in report.rejects
    ]
    numbers = list(report.numbers.values())
    value: Json = {
        "file": table.source,
        "form": table.form,
        "dry_run": is_dry_run,
        "rows": report.row_count,
        "imported": 0 if is_dry_run else len(numbers),
        "numbers": [] if is_dry_run else numbers,
        "later_sections_filled": report.filled,
        "sheets": [] if is_dry_run else list(report.sheets),
        "rejected_rows": rejected_rows,
        "rejected": rejected,
        "left_out": list(report.left_out),
    }

    def render() -> None:
        for reject in report.rejects:
            print_text(str(reject))
        if report.left_out:
            print_text(_("left out, for no field takes them: {names}").format(names=listing(report.left_out)))
        said = _("{file}: {rows}, {taken} entered ({first} to {last}), {rejected} rejected")
        if is_dry_run:
            said = _("{file}: {rows}, {taken} would be entered, {rejected} rejected; nothing was entered")
        elif not numbers:
            said = _("{file}: {rows}, none entered, {rejected} rejected")
        first, last = (numbers[0], numbers[-1]) if numbers else ("", "")
        rows = amount("rows", report.row_count)
        counts = {"taken": len(numbers), "rejected": rejected_rows}
        print_text(said.format(file=table.source, rows=rows, first=first, last=last, **counts))

    invocation.emit(value, render)


@click.command(
    help=_(
        "Give records out: as JSON with amendments and signatures, as XLSX with amended values struck beside the new "
        "ones, as CSV with the values that stand, what looks like a formula behind an apostrophe, or printed in one "
        "PDF with a bookmark for each. A sheet that is named brings its rows"
    )
)
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@click.option("--form", "form_name", metavar="FORM", help=_("Records of this form"))
@click.option("--from", "first", metavar="DATE", help=_("Entered on this day or later"))
@click.option("--to", "last", metavar="DATE", help=_("Entered on this day or earlier"))
@click.option(
    "--output", required=True, type=_OUTPUT, metavar="FILE", help=_("FILE.json, FILE.xlsx, FILE.csv or FILE.pdf")
)
@shared_options
def export(
    invocation: Invocation,
    numbers: tuple[str, ...],
    form_name: str | None,
    first: str | None,
    last: str | None,
    output: Path,
) -> None:
    """Export records."""
    import json

    from recordkeeper.cli.revision_view import day_of
    from recordkeeper.services.extraction import Selection, export_json, export_pack, export_table, export_workbook
    from recordkeeper.services.searching import Criteria

    if numbers and (form_name or first or last):
        raise click.UsageError(_("either numbers or --form, --from and --to"))
    kind = output.suffix.lower()
    if kind not in {".json", ".xlsx", ".csv", ".pdf"}:
        message = _("expected FILE.json, FILE.xlsx, FILE.csv or FILE.pdf, found {file}").format(file=output.name)
        raise click.BadParameter(message)
    criteria = Criteria(
        forms=(form_name,) if form_name else (),
        entered_from=day_of(first, "--from"),
        entered_to=day_of(last, "--to"),
    )
    register, actor = invocation.workspace().register, invocation.actor()
    confirm_output(invocation, output)
    selection = Selection(numbers, criteria)
    if kind != ".json":
        made = {".csv": export_table, ".xlsx": export_workbook, ".pdf": export_pack}[kind]
        data, count = made(register, actor, invocation.now, selection)
    else:
        document = export_json(register, actor, invocation.now, selection)
        data, count = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n", document["count"]
    output.write_bytes(data)
    invocation.publish()
    said = told_of(output, amount("records", count))
    invocation.emit({"file": str(output), "records": count}, lambda: print_text(said))
