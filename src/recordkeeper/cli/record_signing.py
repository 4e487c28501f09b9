"""``record sign`` and ``record countersign``: signatures by passphrase, or given on paper."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text, progress
from recordkeeper.cli.record_report import failure_value, print_done, report, view_of_done
from recordkeeper.errors import RecordkeeperError, RefusalError
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.record import Record
    from recordkeeper.services.lifecycle import Scan
    from recordkeeper.services.people import Signer


@click.command(
    help=_(
        "Sign records, many on one passphrase. Each is signed by itself: the section that waits for you, or the one"
        " named. With --paper a signature given on paper is entered"
    )
)
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--section", metavar="SECTION", help=_("Which section"))
@click.option(
    "--paper", metavar="SCAN", type=click.Path(path_type=Path), help=_("The scan of a signature given on paper")
)
@click.option("--signer", "signer_name", metavar="NAME", help=_("Who signed on paper, as read"))
@click.option("--witness", default="", metavar="NAME", help=_("Who saw an outside party sign"))
@shared_options
def sign(
    invocation: Invocation,
    numbers: tuple[str, ...],
    section: str | None,
    paper: Path | None,
    signer_name: str | None,
    witness: str,
) -> None:
    """Sign records."""
    if paper is not None:
        if len(numbers) > 1 or signer_name is None:
            raise click.UsageError(_("--paper goes with one record and --signer"))
        _sign_on_paper(invocation, numbers[0], section, paper, signer_name, witness)
        return
    if signer_name is not None or witness:
        raise click.UsageError(_("--signer and --witness go with --paper"))
    signer = invocation.signer()
    if len(numbers) == 1:
        record = _sign(invocation, signer, numbers[0], section)
        report(invocation, record, _signed(record))
    else:
        _sign_many(invocation, signer, list(dict.fromkeys(numbers)), section)


def _sign(invocation: Invocation, signer: "Signer", number: str, section: str | None) -> "Record":
    from recordkeeper.services import lifecycle

    register = invocation.workspace().register
    return lifecycle.sign(register, invocation.actor(), signer, invocation.now, number, section)


def _sign_many(invocation: Invocation, signer: "Signer", numbers: list[str], section: str | None) -> None:
    from recordkeeper.services.record_view import as_map

    signed: list[Record] = []
    failures: list[tuple[str, RecordkeeperError]] = []
    with progress(_("Signing"), len(numbers)) as advance:
        for number in numbers:
            try:
                signed.append(_sign(invocation, signer, number, section))
            except RecordkeeperError as error:
                failures.append((number, error))
                if isinstance(error, RefusalError):
                    invocation.record_refusal(error)
            advance()
    views = [view_of_done(invocation, record) for record in signed]

    def render() -> None:
        for view in views:
            print_done(view)
        print_text(_("{done} signed, {failed} not").format(done=len(signed), failed=len(failures)))

    value: dict[str, Json] = {
        "signed": [{**as_map(view), **_signed(each)} for view, each in zip(views, signed, strict=True)],
        "failed": [{"number": number, **failure_value(failure)} for number, failure in failures],
    }
    if failures:
        value["error"] = failure_value(failures[0][1])
    invocation.emit(value, render)
    for number, failure in failures:
        invocation.say(_("{number}: not signed: {reason}").format(number=number, reason=failure))
    invocation.publish()
    if failures:
        from recordkeeper.cli.main import exit_status

        raise click.exceptions.Exit(exit_status(failures[0][1]))


def _sign_on_paper(
    invocation: Invocation, number: str, section: str | None, paper: Path, signer_name: str, witness: str
) -> None:
    from recordkeeper.services import lifecycle

    scan = _scan(paper, signer_name, witness)
    register = invocation.workspace().register
    record = lifecycle.sign_on_paper(register, invocation.actor(), invocation.now, number, section, scan)
    report(invocation, record, _signed(record))


def _scan(paper: Path, signer_name: str, witness: str) -> "Scan":
    from recordkeeper.services import lifecycle
    from recordkeeper.services.attachment import read_attachment

    file = read_attachment(paper)
    return lifecycle.Scan(file.data, file.media_type, file.name, signer_name, witness)


def _signed(record: "Record") -> "dict[str, Json]":
    signature = record.signatures[-1]
    return {"section": signature.section, "meaning": signature.meaning, "signer": signature.name}


@click.command(
    help=_(
        "Agree to an amendment, or refuse it. It is named by its circled number; a refusal needs a reason. With --paper"
        " the signature of the outside party is entered, where the form asks for it"
    )
)
@click.argument("number", metavar="NUMBER")
@click.option("--amendment", type=click.IntRange(min=1), required=True, metavar="N", help=_("The circled number"))
@click.option("--refuse", is_flag=True, help=_("Refuse it: the old value stands again, both stay legible"))
@click.option("--reason", default="", metavar="TEXT", help=_("Why it is refused"))
@click.option(
    "--paper", metavar="SCAN", type=click.Path(path_type=Path), help=_("The scan of the amendment signed on paper")
)
@click.option("--signer", "signer_name", metavar="NAME", help=_("Who signed on paper, as read"))
@click.option("--witness", default="", metavar="NAME", help=_("Who saw an outside party sign"))
@shared_options
def countersign(
    invocation: Invocation,
    number: str,
    amendment: int,
    refuse: bool,  # noqa: FBT001 - a flag
    reason: str,
    paper: Path | None,
    signer_name: str | None,
    witness: str,
) -> None:
    """Counter-sign an amendment."""
    from recordkeeper.services import lifecycle

    if reason and not refuse:
        raise click.UsageError(_("--reason goes with --refuse"))
    if paper is not None:
        if refuse or signer_name is None:
            raise click.UsageError(_("--paper goes with --signer and without --refuse"))
        register, scan = invocation.workspace().register, _scan(paper, signer_name, witness)
        actor, now = invocation.actor(), invocation.now
        report(invocation, lifecycle.countersign_on_paper(register, actor, now, number, amendment, scan))
        return
    if signer_name is not None or witness:
        raise click.UsageError(_("--signer and --witness go with --paper"))
    record = lifecycle.countersign(
        invocation.workspace().register,
        invocation.actor(),
        invocation.signer(),
        invocation.now,
        number,
        amendment,
        accepted=not refuse,
        reason=reason,
    )
    report(invocation, record)
