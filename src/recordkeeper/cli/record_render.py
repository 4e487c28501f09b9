"""``record render``: a record as a Word document or PDF; a marked copy is issued by an act."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text
from recordkeeper.cli.written_file import check_output, kind_of_output, write_output
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json


@click.command(help=_("Write a record as a Word document or PDF. For a row of a register it is the whole sheet"))
@click.argument("number", metavar="NUMBER")
@click.option("--pdf", is_flag=True, help=_("PDF/A; needs LibreOffice. What is open or void says so across the page"))
@click.option(
    "--copy",
    is_flag=True,
    help=_("Issue a marked copy as PDF: the record's act holds the token of its print code, and whom it is for"),
)
@click.option("--for", "recipient", metavar="NAME", help=_("With --copy: whom it is for"))
@click.option(
    "--again", metavar="ACT", type=click.IntRange(1), help=_("With --copy: print again the copy that this act issued")
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_("The file to write, FILE.docx or FILE.pdf; else one named after its number"),
)
@shared_options
def render(
    invocation: Invocation,
    number: str,
    *,
    pdf: bool,
    copy: bool,
    recipient: str | None,
    again: int | None,
    output: Path | None,
) -> None:
    """Render a record.

    Raises:
        click.UsageError: options that do not go together.
        UnavailableError: there is no PDF to be had; the Word document was written all the same.
    """
    from recordkeeper.errors import UnavailableError
    from recordkeeper.model.canonical import digest
    from recordkeeper.services import viewing
    from recordkeeper.services.rendering import file_name

    kind = kind_of_output(output, "pdf" if pdf else None, ("docx", "pdf"))
    if copy and kind != "pdf":
        raise click.UsageError(_("--copy marks a PDF: give --pdf too"))
    if not copy and (recipient is not None or again):
        raise click.UsageError(_("--for and --again go with --copy"))
    if recipient is not None and again:
        raise click.UsageError(_("--again prints what was issued: it takes no --for"))
    register, actor = invocation.workspace().register, invocation.actor()
    failure: UnavailableError | None = None
    issued: dict[str, Json] = {}
    if kind == "pdf":
        try:
            if copy:
                printed, data, issued = _copied(invocation, number, recipient or "", again, output)
            else:
                printed, data = viewing.render_pdf(register, actor, invocation.now, number)
        except UnavailableError as error:
            failure = error
    if failure or kind != "pdf":
        printed, data = viewing.render(register, actor, invocation.now, number)
    path = output or Path(f"{file_name(printed)}.{kind}")
    path = path.with_suffix(".docx") if failure else path
    if issued:
        path.write_bytes(data)
    else:
        write_output(invocation, path, data)
    if failure:
        invocation.say(_("{file}: written as a Word document").format(file=path))
        raise failure
    value: dict[str, Json] = {
        "number": printed,
        "file": str(path.absolute()),
        "size": len(data),
        "digest": digest(data),
        **({"copy": issued} if issued else {}),
    }
    invocation.emit(value, lambda: print_text(str(path)))


def _copied(
    invocation: Invocation, number: str, recipient: str, again: int | None, output: Path | None
) -> "tuple[str, bytes, dict[str, Json]]":
    """The number of what was copied, its PDF, and what was issued; the file is confirmed before an act is written."""
    from recordkeeper.services import copying
    from recordkeeper.services.rendering import file_name

    register, actor = invocation.workspace().register, invocation.actor()
    if again:
        printed, copy, pdf = copying.copy_again(register, actor, invocation.now, number, again)
        check_output(invocation, output or Path(f"{file_name(printed)}.pdf"))
    else:
        prepared = copying.prepare_copy(register, actor, invocation.now, number, recipient)
        printed, pdf = prepared.record.number, prepared.pdf
        check_output(invocation, output or Path(f"{file_name(printed)}.pdf"))
        copy = copying.issue(register, actor, invocation.now, prepared)
        invocation.publish()
    return printed, pdf, {"act": copy.act_number, "token": copy.token, "for": copy.recipient or None}
