"""The verb demo: a whole workspace with its people and records, made through the same services as everything else."""

import os
import secrets
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from recordkeeper.cli.init import check_unoccupied, make_workspace
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text, progress
from recordkeeper.cli.pending_view import print_without_pdf
from recordkeeper.cli.verify import answer_name, aspect_name
from recordkeeper.cli.workspace import DEFAULTS, Workspace
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.services.demonstration import Told
    from recordkeeper.services.publication import Outcome
    from recordkeeper.services.verification import Report

TIME_ZONE = "Asia/Shanghai"
# after the forms, so that every record prints a checkpoint; before the amendments, so that they make second versions
PUBLISHED_AFTER = (2, 5)


@click.command(
    help=_(
        "Make a demonstration workspace of a property company. In DIR, else in ./demo: people, forms, records, archive"
    )
)
@click.argument(
    "folder", metavar="[DIR]", required=False, default="demo", type=click.Path(file_okay=False, path_type=Path)
)
@shared_options
def demo(invocation: Invocation, folder: Path) -> None:
    """Make the demonstration, archive it, verify it, and say what to try next."""
    from recordkeeper.services.initiation import prepare
    from recordkeeper.services.verification import verify

    root = folder.absolute()
    check_unoccupied(root)
    given = os.environ.get("RECORDKEEPER_PASSPHRASE")
    passphrase = given or _invented_passphrase()
    beginning = prepare(
        company="示范物业服务有限公司",
        company_en="Demonstration Property Services Co., Ltd.",
        time_zone=TIME_ZONE,
        login="controller",
        name="顾明霞",
        passphrase=passphrase,
        now=invocation.now,
    )
    workspace = make_workspace(root, DEFAULTS["database"], beginning, invocation.now)
    try:
        told, outcomes = _play(workspace, passphrase, invocation.now)
        report = verify(workspace.database_url, workspace.archive)
    finally:
        workspace.close()
    invocation.emit(
        {
            "workspace": str(root),
            "passphrase": None if given else passphrase,
            "made": dict(told.counts),
            "refused": told.refusal,
            "archived": sum(len(outcome.archived) for outcome in outcomes),
            "without_pdf": sum(outcome.without_pdf for outcome in outcomes),
            "verdict": str(report.verdict),
        },
        lambda: _show(root, None if given else passphrase, told, outcomes, report),
    )


def _invented_passphrase() -> str:
    return "-".join(secrets.token_hex(2) for _part in range(3))


def _play(workspace: Workspace, passphrase: str, now: datetime) -> tuple["Told", list["Outcome"]]:
    from recordkeeper.services.demonstration import Demonstration
    from recordkeeper.services.people import authenticate
    from recordkeeper.services.publication import publish

    register = workspace.register
    controller = authenticate(register, "controller", passphrase, now)
    demonstration = Demonstration(register, controller, passphrase, now, now.astimezone(ZoneInfo(TIME_ZONE)).date())
    steps = list(demonstration.steps())
    outcomes: list[Outcome] = []
    with progress(_("Demonstration"), len(steps)) as advance:
        for position, (_title, step) in enumerate(steps):
            step()
            if position in {*PUBLISHED_AFTER, len(steps) - 1}:
                outcomes.append(publish(workspace.publisher, datetime.now(UTC).replace(microsecond=0)))
            advance()
    return demonstration.told, outcomes


def _show(root: Path, passphrase: str | None, told: "Told", outcomes: list["Outcome"], report: "Report") -> None:
    print_text(_("A workspace of 示范物业服务有限公司 with two estates: {folder}").format(folder=root))
    archived = sum(len(outcome.archived) for outcome in outcomes)
    print_table((_("Made"), _("Number")), [*told.counts.items(), (_("versions archived"), archived)])
    without_pdf = sum(outcome.without_pdf for outcome in outcomes)
    print_without_pdf(without_pdf)
    print_text(_("Refused, and left as an event: {message}").format(message=told.refusal))
    rows = [(aspect_name(name), answer_name(aspect.answer), aspect.reason) for name, aspect in report.aspects.items()]
    print_table((_("Aspect"), _("Answer"), _("Reason")), rows)
    print_text(_("Verdict: {verdict}").format(verdict=answer_name(report.verdict)))
    print_text("")
    print_text(_("Archived documents lie below {folder}").format(folder=root / "archive" / "objects"))
    if passphrase is not None:
        print_text(_("Everybody's passphrase in this demonstration: {passphrase}").format(passphrase=passphrase))
    print_text(_("Logins: controller, approver, clerk, clerk_bj, head, quality, security, cleaning, auditor"))
    print_text(_("To try next:"))
    called_as = sys.argv[0] if os.sep in sys.argv[0] else "recordkeeper"
    for arguments in (
        ["--as", "quality", "record", "show", told.amended],
        ["--as", "quality", "record", "render", told.amended, "--output", "amended.docx"],
        ["verify"],
    ):
        print_text("  " + shlex.join([called_as, "--workspace", str(root), *arguments]))
