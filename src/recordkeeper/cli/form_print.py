"""``form print``: issue blanks to be filled with the pen, each with its number and print code, or print them again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text
from recordkeeper.cli.written_file import check_output, kind_of_output, write_output
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.blank import Printing
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.form_revision import Revision


@click.command(
    "print",
    help=_(
        "Issue blanks of a form in force, each with its number and print code. The act on the form holds them; "
        "--again prints them anew and writes nothing"
    ),
)
@click.argument("name", metavar="FORM")
@click.option("--count", metavar="N", type=int, help=_("How many blanks, at most 200; else one"))
@click.option("--unit", metavar="UNIT", help=_("The unit that they are for; else the company"))
@click.option("--reason", metavar="TEXT", help=_("What for"))
@click.option("--again", metavar="ACT", type=click.IntRange(1), help=_("Print again what this act on the form issued"))
@click.option("--revision", metavar="A/0", help=_("With --again: this revision, not the one in force"))
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_(
        "The file to write: FILE.pdf with all of them, which needs LibreOffice, or FILE.docx with one; else a PDF "
        "named after their numbers"
    ),
)
@shared_options
def print_(
    invocation: Invocation,
    name: str,
    *,
    count: int | None,
    unit: str | None,
    reason: str | None,
    again: int | None,
    revision: str | None,
    output: Path | None,
) -> None:
    """Issue blanks, or print them again.

    Raises:
        click.UsageError: options that do not go together.
        UnavailableError: there is no PDF to be had; the Word files were written all the same.
    """
    from recordkeeper.services import blank_printing

    kind = kind_of_output(output, None, ("pdf", "docx"))
    if again and not (count is None and unit is None and reason is None):
        raise click.UsageError(_("--again prints what was issued: it takes no --count, --unit or --reason"))
    if revision and not again:
        raise click.UsageError(_("--revision goes with --again: blanks are issued of the revision in force"))
    _check_fits(kind, count or 1)
    register, actor = invocation.workspace().register, invocation.actor()
    if again:
        with register.reading() as snapshot:
            found, printing = blank_printing.issued(snapshot, actor, invocation.now, name, revision, again)
        _check_fits(kind, len(printing.blanks))
        confirmed = output or _target(found, printing.numbers, kind)
        check_output(invocation, confirmed)
    else:
        order = blank_printing.Order(name, 1 if count is None else count, unit or "", reason or "")
        with register.reading() as snapshot:
            planned, numbers = blank_printing.next_numbers(snapshot, invocation.now, order)
        confirmed = output or _target(planned, numbers, kind)
        check_output(invocation, confirmed)
        found, printing = blank_printing.issue(register, actor, invocation.now, order)
        invocation.publish()
    target = output or _target(found, printing.numbers, kind)
    _write(invocation, found, printing, target, is_confirmed=target == confirmed)


def _check_fits(kind: str, count: int) -> None:
    if kind == "docx" and count > 1:
        raise click.UsageError(_("--output: one Word file holds one blank; several are printed as FILE.pdf"))


def _target(revision: "Revision", numbers: str, kind: str) -> Path:
    from recordkeeper.services.blank_printing import file_stem

    return Path(f"{file_stem(revision, numbers)}.{kind}")


def _write(
    invocation: Invocation, revision: "Revision", printing: "Printing", target: Path, *, is_confirmed: bool
) -> None:
    """Write what was issued, and tell it.

    Raises:
        UnavailableError: there is no PDF to be had; the Word files were written all the same.
    """
    from recordkeeper.errors import UnavailableError
    from recordkeeper.model.canonical import digest
    from recordkeeper.services import blank_printing

    with invocation.workspace().register.reading() as snapshot:
        documents = blank_printing.rendered(snapshot, invocation.now, revision, printing)
    try:
        is_word = target.suffix.lower() == ".docx"
        data = next(iter(documents.values())) if is_word else blank_printing.pack(documents)
    except UnavailableError:
        _write_word_files(invocation, revision, printing, list(documents.values()), target.parent)
        raise
    if is_confirmed:
        target.write_bytes(data)
    else:
        write_output(invocation, target, data)
    blanks: list[Json] = [
        {"number": number, "token": blank.token, "print_code": str(printing.print_code(blank))}
        for number, blank in zip(documents, printing.blanks, strict=True)
    ]
    value: dict[str, Json] = {
        "form": revision.code,
        "revision": revision.revision,
        "act": printing.act_number,
        "unit": printing.unit,
        "blanks": blanks,
        "file": str(target.absolute()),
        "size": len(data),
        "digest": digest(data),
    }
    invocation.emit(value, lambda: print_text(f"{target}\n{_told(revision, printing)}"))


def _write_word_files(
    invocation: Invocation, revision: "Revision", printing: "Printing", documents: "list[bytes]", folder: Path
) -> None:
    """Write each blank as a file of its own, and tell the act by which all are printed again."""
    from recordkeeper.model.blank import numbers_from

    for blank, docx in zip(printing.blanks, documents, strict=True):
        instead = folder / _target(revision, numbers_from(blank.number, 1), "docx")
        write_output(invocation, instead, docx)
        invocation.say(_("{file}: written as a Word document").format(file=instead))
    invocation.say(_told(revision, printing))


def _told(revision: "Revision", printing: "Printing") -> str:
    return _("{name} · {numbers}: issued by act {act}; --again {act} prints the same again").format(
        name=revision.name, numbers=printing.numbers, act=printing.act_number
    )
