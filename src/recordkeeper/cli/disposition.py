"""The verbs of retention by which records go: appraise, list-new, erase, approve, execute, certificate."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amount
from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text, progress
from recordkeeper.cli.paper_original import HEADINGS, read_originals
from recordkeeper.cli.record_report import failure_value, report
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.particulars import parse_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recordkeeper.cli.output import Cell
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.destruction import Destroyed
    from recordkeeper.services.disposition import Author

METHODS = ("erased", "shredded", "pulped")


@click.command(
    help=_(
        "Draw up an appraisal sheet over records that are due and sign it; its approval decides. Without records all"
        " that wait to be appraised in the unit"
    )
)
@click.argument("numbers", metavar="[RECORD]...", nargs=-1)
@click.option("--unit", metavar="UNIT", help=_("The unit whose sheet it is"))
@click.option(
    "--decide",
    type=click.Choice(("destroy", "keep", "transfer")),
    required=True,
    help=_("What becomes of them: destroy, keep (until a day, or for ever), transfer"),
)
@click.option("--until", metavar="DATE", help=_("Until when they are kept; for ever if not given"))
@click.option("--why", metavar="TEXT", required=True, help=_("Why"))
@click.option("--place", metavar="TEXT", required=True, help=_("Where they are kept"))
@shared_options
def appraise(
    invocation: Invocation,
    numbers: tuple[str, ...],
    unit: str | None,
    decide: str,
    until: str | None,
    why: str,
    place: str,
) -> None:
    """Draw up an appraisal sheet."""
    from recordkeeper.services import disposition
    from recordkeeper.services.disposition import Choice, Proposal

    if until and decide != "keep":
        raise click.UsageError(_("--until goes with --decide keep"))
    day = parse_date(until, "--until") if until else None
    said = Proposal(decide, day, why, place)  # type: ignore[arg-type]  # one of the choices
    report(invocation, disposition.appraise(_author(invocation), Choice(numbers, unit), said))


@click.command(
    "list-new",
    help=_(
        "Draw up a destruction list and sign it; what changes afterwards is skipped. Without records all that may be"
        " destroyed in the unit"
    ),
)
@click.argument("numbers", metavar="[RECORD]...", nargs=-1)
@click.option("--unit", metavar="UNIT", help=_("The unit whose list it is"))
@click.option(
    "--method",
    "methods",
    type=click.Choice(METHODS),
    multiple=True,
    default=("erased",),
    help=_("How; may be given several times: erased for electronic copies, shredded or pulped for paper"),
)
@click.option("--appraisal", metavar="NUMBER", default="", help=_("The appraisal sheet that says so"))
@click.option(
    "--paper",
    metavar="FILE",
    type=PRESENT_FILE,
    help=_("A CSV file of what exists on paper alone: number, title, created_on, due_on, period, pages, appraisal"),
)
@shared_options
def list_new(
    invocation: Invocation,
    numbers: tuple[str, ...],
    unit: str | None,
    methods: tuple[str, ...],
    appraisal: str,
    paper: Path | None,
) -> None:
    """Draw up a destruction list."""
    from recordkeeper.services import disposition
    from recordkeeper.services.disposition import Choice

    choice = Choice(numbers, unit, read_originals(paper, *HEADINGS))
    report(invocation, disposition.list_new(_author(invocation), choice, tuple(dict.fromkeys(methods)), appraisal))


@click.command(
    help=_(
        "Draw up a destruction list for what a person asks to be erased, and sign it. Named values go from records that"
        " stay; --whole lets records go before their period is over where the law or an authority permits it"
    )
)
@click.argument("numbers", metavar="RECORD...", nargs=-1, required=True)
@click.option(
    "--field",
    "fields",
    metavar="FIELD",
    multiple=True,
    help=_("A field, or a cell such as items.2.name; filled_for for whom it was filled. May be given several times"),
)
@click.option(
    "--attachment",
    "files",
    metavar="FILE",
    multiple=True,
    help=_("An attachment, by its name or the beginning of its digest; may be given several times"),
)
@click.option("--whole", is_flag=True, help=_("The whole of each record"))
@click.option("--basis", metavar="TEXT", required=True, help=_("On what ground: the provision, and the request's mark"))
@click.option(
    "--permitted-by",
    metavar="TEXT",
    default="",
    help=_("What lets a whole record go before its period is over: the provision, the authority's decision"),
)
@click.option("--unit", metavar="UNIT", help=_("The unit whose list it is"))
@click.option(
    "--method",
    "methods",
    type=click.Choice(METHODS),
    multiple=True,
    default=("erased",),
    help=_("How; may be given several times: erased for electronic copies, shredded or pulped for paper"),
)
@shared_options
def erase(
    invocation: Invocation,
    numbers: tuple[str, ...],
    fields: tuple[str, ...],
    files: tuple[str, ...],
    basis: str,
    permitted_by: str,
    unit: str | None,
    methods: tuple[str, ...],
    *,
    whole: bool,
) -> None:
    """Draw up a list for a request of erasure."""
    from recordkeeper.services import erasure_request
    from recordkeeper.services.disposition import Choice
    from recordkeeper.services.erasure_request import Request

    if whole == bool(fields or files):
        raise click.UsageError(_("either --field and --attachment, or --whole"))
    if permitted_by and not whole:
        raise click.UsageError(_("--permitted-by goes with --whole"))
    asked = Request(tuple(dict.fromkeys(fields)), basis, permitted_by, tuple(dict.fromkeys(files)))
    choice, author = Choice(numbers, unit), _author(invocation)
    done = erasure_request.erase(author, choice, tuple(dict.fromkeys(methods)), asked)
    for number, places in done.also_in.items():
        said = _("{number}: what is to be erased also stands in {places}, which the list does not name")
        invocation.say(said.format(number=number, places=listing(places.values())))
    also_in: Mapping[str, Json] = {number: list(places) for number, places in done.also_in.items()}
    report(invocation, done.record, {"also_in": also_in})


def _author(invocation: Invocation) -> "Author":
    from recordkeeper.services.disposition import Author

    workspace, actor = invocation.workspace(), invocation.actor()
    return Author(workspace.register, workspace.storage_root, actor, invocation.signer(), invocation.now)


@click.command(help=_("Approve an appraisal sheet or a list with your signature; who drew it up does not"))
@click.argument("number", metavar="LIST")
@shared_options
def approve(invocation: Invocation, number: str) -> None:
    """Approve a list."""
    from recordkeeper.services import disposition

    register, actor = invocation.workspace().register, invocation.actor()
    report(invocation, disposition.approve(register, actor, invocation.signer(), invocation.now, number))


@click.command(
    help=_(
        "Destroy what an approved and witnessed list names, close the list and issue the certificate. Interrupted, the"
        " same command goes on"
    )
)
@click.argument("number", metavar="LIST")
@click.option("--place", metavar="TEXT", required=True, help=_("Where"))
@click.option("--operator", metavar="TEXT", help=_("The office or firm that carries it out; the place if not given"))
@click.option("--paper-destroyed", is_flag=True, help=_("The originals on paper are destroyed, as the witnesses saw"))
@click.option("--give-up", is_flag=True, help=_("Close the list though items have failed; they stay, and it says so"))
@shared_options
def execute(
    invocation: Invocation, number: str, place: str, operator: str | None, *, paper_destroyed: bool, give_up: bool
) -> None:
    """Execute a destruction list."""
    from recordkeeper.services import destruction
    from recordkeeper.services.destruction_certificate import Said
    from recordkeeper.services.execution import Executor, check_begin

    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_here()
    by = Executor(workspace.publisher, actor, invocation.now, number)
    count = len(check_begin(by, is_paper_destroyed=paper_destroyed))  # nobody is asked about what is refused anyhow
    told = amount("records", count)
    invocation.confirm(_("{list}: destroy {records}, beyond recovery?").format(list=number, records=told))
    said = Said(place, operator or place, give_up)
    with progress(_("Destroying"), count) as advance:
        done = destruction.execute(
            by,
            invocation.signer(),
            said,
            is_paper_destroyed=paper_destroyed,
            advance=advance,
            waiting=lambda: invocation.say(_("waiting for others who are reading the database")),
        )
    invocation.publish()
    if done.certificate:
        _emit(invocation, done)
        return
    failure = destruction.ItemsFailedError(number, [each for each in done.results if each.outcome == "failed"])
    invocation.emit({**_value(done), "error": failure_value(failure)}, lambda: _show(done))
    invocation.say(str(failure))
    from recordkeeper.cli.main import exit_status

    raise click.exceptions.Exit(exit_status(failure))


@click.command(help=_("Show what the certificate of a list says: each item, its tombstones, where copies may still be"))
@click.argument("number", metavar="LIST")
@shared_options
def certificate(invocation: Invocation, number: str) -> None:
    """Show a certificate."""
    from recordkeeper.services.destruction import certificate_of

    register, actor = invocation.workspace().register, invocation.actor()
    _emit(invocation, certificate_of(register, actor, invocation.now, number))


def _emit(invocation: Invocation, done: "Destroyed") -> None:
    invocation.emit(_value(done), lambda: _show(done))


def _show(done: "Destroyed") -> None:
    from recordkeeper.services.destruction_certificate import rest_text

    outcomes = {"destroyed": _("destroyed"), "skipped": _("skipped"), "failed": _("failed")}
    rows: list[Sequence[Cell]] = [
        [
            result.number,
            _("erased") if any(stone.get("erased") for stone in result.tombstones) else outcomes[result.outcome],
            result.why.text() if result.why else "",
            listing(str(stone["tombstone"]) for stone in result.tombstones),
        ]
        for result in done.results
    ]
    print_table([_("Number"), _("Outcome"), _("Reason"), _("Tombstone")], rows)
    for kind, detail in (*done.rest, ("backup", "")):
        print_text(_("may still hold a copy: {place}").format(place=rest_text(kind, detail)))
    if done.certificate:
        print_text(_("{list}: certificate {certificate}").format(list=done.number, certificate=done.certificate))


def _value(done: "Destroyed") -> "dict[str, Json]":
    from recordkeeper.services.destruction_certificate import rest_text

    return {
        "list": done.number,
        "certificate": done.certificate or None,
        "results": [
            {**result.content, **({"reason": result.why.text()} if result.why else {})} for result in done.results
        ],
        "may_still_hold": [
            {"kind": kind, "detail": detail, "text": rest_text(kind, detail)}
            for kind, detail in (*done.rest, ("backup", ""))
        ],
    }
