"""The verbs of retention by which records go into other hands: transfer-new, pack, receive, hand-over."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amount, amounts
from recordkeeper.cli.given_file import NEW_ZIP, PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text, progress
from recordkeeper.cli.paper_original import read_originals
from recordkeeper.cli.record_report import failure_value, report
from recordkeeper.language import listing, told_of
from recordkeeper.language import translate as _
from recordkeeper.model.particulars import parse_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recordkeeper.cli.output import Cell
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.handing_over import HandedOver
    from recordkeeper.services.lifecycle import Scan
    from recordkeeper.services.people import Signer


@click.command(
    "transfer-new",
    help=_(
        "Draw up a transfer list and sign it; what changes afterwards is skipped. Without records all that are to be"
        " transferred in the unit"
    ),
)
@click.argument("numbers", metavar="[RECORD]...", nargs=-1)
@click.option("--to", "receiver", metavar="PARTY", required=True, help=_("The person or firm that takes over"))
@click.option("--reason", metavar="TEXT", required=True, help=_("Why"))
@click.option("--test", metavar="NUMBER", default="", help=_("The report on the four properties of what is listed"))
@click.option("--on", "on_text", metavar="DATE", help=_("The day of the transfer, today or later; today if not given"))
@click.option("--unit", metavar="UNIT", help=_("The unit whose list it is"))
@click.option(
    "--paper",
    metavar="FILE",
    type=PRESENT_FILE,
    help=_("A CSV file of what exists on paper alone: number, title, created_on, period, pages"),
)
@shared_options
def transfer_new(
    invocation: Invocation,
    numbers: tuple[str, ...],
    receiver: str,
    reason: str,
    test: str,
    on_text: str | None,
    unit: str | None,
    paper: Path | None,
) -> None:
    """Draw up a transfer list."""
    from recordkeeper.services import transfer
    from recordkeeper.services.disposition import Author, Choice

    lines = read_originals(paper, "number", "title", "created_on", "period", "pages")
    day = parse_date(on_text, "--on") if on_text else None
    workspace, actor = invocation.workspace(), invocation.actor()
    by = Author(workspace.register, workspace.storage_root, actor, invocation.signer(), invocation.now)
    said = transfer.Handing(receiver, reason, day, test)
    report(invocation, transfer.transfer_new(by, Choice(numbers, unit, lines), said))


@click.command(
    help=_(
        "Write the package of an approved transfer list into FILE.zip (BagIt): its records with log, proofs, verifier"
        " and the list. An act binds the digest that the receiver confirms"
    )
)
@click.argument("number", metavar="LIST")
@click.argument("file", type=NEW_ZIP)
@click.option("--anew", is_flag=True, help=_("Make another package; the one made before is no longer the list's"))
@shared_options
def pack(invocation: Invocation, number: str, file: Path, *, anew: bool) -> None:
    """Make the package of a list."""
    from recordkeeper.services.execution import Executor
    from recordkeeper.services.transfer import make_package

    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_here()
    by = Executor(workspace.publisher, actor, invocation.now, number)
    record, made, package = make_package(by, file.resolve(), replaces=anew)
    invocation.publish()

    def render() -> None:
        print_text(told_of(made.path, amounts(records=made.records, objects=made.objects, events=made.events)))
        print_text(_("SHA-256, which the receiver confirms: {digest}").format(digest=package.digest))

    invocation.emit(
        {
            "list": record.number,
            "file": str(made.path),
            "digest": package.digest,
            "size": package.size,
            "records": made.records,
            "objects": made.objects,
            "events": made.events,
        },
        render,
    )


@click.command(
    help=_(
        "Enter the receiver's receipt for the package of a transfer list, with their signature on paper (--paper) or"
        " by their own account"
    )
)
@click.argument("number", metavar="LIST")
@click.option("--digest", metavar="SHA256", default="", help=_("The package's digest, as the receiver has computed it"))
@click.option("--on", "on_text", metavar="DATE", help=_("The day of the receipt; today if not given"))
@click.option("--paper", metavar="SCAN", type=PRESENT_FILE, help=_("The scan of a receipt signed on paper"))
@click.option("--signer", "signer_name", metavar="NAME", help=_("Who signed on paper, as read"))
@click.option("--witness", default="", metavar="NAME", help=_("Who saw an outside party sign"))
@shared_options
def receive(
    invocation: Invocation,
    number: str,
    digest: str,
    on_text: str | None,
    paper: Path | None,
    signer_name: str | None,
    witness: str,
) -> None:
    """Enter a receipt."""
    from recordkeeper.services.transfer import enter_receipt

    if (paper is None) != (signer_name is None) or (witness and paper is None):
        raise click.UsageError(_("--paper, --signer and --witness go together"))
    day = parse_date(on_text, "--on") if on_text else None
    signing: Signer | Scan = _scan(paper, signer_name, witness) if paper and signer_name else invocation.signer()
    register, actor = invocation.workspace().register, invocation.actor()
    record = enter_receipt(register, actor, invocation.now, number, digest=digest, received_on=day, signing=signing)
    report(invocation, record)


def _scan(paper: Path, signer_name: str, witness: str) -> "Scan":
    from recordkeeper.services.attachment import read_attachment
    from recordkeeper.services.lifecycle import Scan

    file = read_attachment(paper)
    return Scan(file.data, file.media_type, file.name, signer_name, witness)


@click.command(
    "hand-over",
    help=_(
        "End a transfer that the receiver has confirmed: remove what is in their hands, or keep it as marked copies."
        " Interrupted, the same command goes on"
    ),
)
@click.argument("number", metavar="LIST")
@click.option(
    "--keep",
    type=click.Choice(("nothing", "copies")),
    required=True,
    help=_("What stays here: nothing but tombstones, or copies that are marked so"),
)
@click.option("--give-up", is_flag=True, help=_("Close the list though items have failed; they stay, and it says so"))
@shared_options
def hand_over(invocation: Invocation, number: str, keep: str, *, give_up: bool) -> None:
    """Hand over what a list names."""
    from recordkeeper.model.transfer import Keeping
    from recordkeeper.services.destruction import ItemsFailedError
    from recordkeeper.services.execution import Executor
    from recordkeeper.services.handing_over import count_listed, hand_over_listed

    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_here()
    by = Executor(workspace.publisher, actor, invocation.now, number)
    count = count_listed(by, Keeping(keep))  # nobody is asked about what is refused anyhow
    told = amount("records", count)
    question = _("{list}: keep {records} as copies alone?")
    if keep == "nothing":
        question = _("{list}: remove {records}, which are in the receiver's hands, beyond recovery?")
    invocation.confirm(question.format(list=number, records=told))
    with progress(_("Handing over"), count) as advance:
        done = hand_over_listed(
            by,
            Keeping(keep),
            gives_up=give_up,
            advance=advance,
            waiting=lambda: invocation.say(_("waiting for others who are reading the database")),
        )
    invocation.publish()
    if done.is_done:
        invocation.emit(_value(done), lambda: _show(done))
        return
    failure = ItemsFailedError(number, [each for each in done.results if each.outcome == "failed"])
    invocation.emit({**_value(done), "error": failure_value(failure)}, lambda: _show(done))
    invocation.say(str(failure))
    from recordkeeper.cli.main import exit_status

    raise click.exceptions.Exit(exit_status(failure))


def _show(done: "HandedOver") -> None:
    outcomes = {
        "transferred": _("transferred"),
        "marked": _("transferred, kept as a copy"),
        "skipped": _("skipped"),
        "failed": _("failed"),
    }
    rows: list[Sequence[Cell]] = [
        [
            result.number,
            outcomes[result.outcome],
            result.why.text() if result.why else "",
            listing(str(stone["tombstone"]) for stone in result.tombstones),
        ]
        for result in done.results
    ]
    print_table([_("Number"), _("Outcome"), _("Reason"), _("Tombstone")], rows)


def _value(done: "HandedOver") -> "dict[str, Json]":
    from recordkeeper.services.destruction_certificate import rest_text

    return {
        "list": done.number,
        "is_done": done.is_done,
        "results": [
            {**result.content, **({"reason": result.why.text()} if result.why else {})} for result in done.results
        ],
        "may_still_hold": [
            {"kind": kind, "detail": detail, "text": rest_text(kind, detail)} for kind, detail in done.rest
        ],
    }
