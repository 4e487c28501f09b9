"""The verb verify: six aspects, each with its answer and reason; the exit status says the verdict."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amounts
from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import CannotAssess, ProblemsFound
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.errors import LogError, MissingError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.verification import Report

MOST_SHOWN = 50


class NoAnchorError(LogError, MissingError):
    """What was given to hold the log against is neither a file nor a short checkpoint."""

    def __init__(self, found: str) -> None:
        super().__init__(
            _("--against {found}: neither a file nor a short checkpoint such as 1042·9F2C-77A1").format(found=found),
            subject="--against",
            expected=_("a file, or a short checkpoint such as 1042·9F2C-77A1"),
            found=found,
        )


@click.command()
@click.option(
    "--against",
    "anchors",
    multiple=True,
    metavar="FILE|SHORT",
    help=_("A signed checkpoint kept outside, or one as a form prints it; may be given several times"),
)
@click.option(
    "--key",
    type=PRESENT_FILE,
    help=_("The log's public key as it was kept outside; else the one that the register names"),
)
@click.option(
    "--cosigner",
    "cosigners",
    multiple=True,
    type=PRESENT_FILE,
    help=_("The public key of a cosigner; a checkpoint given with --against must bear their cosignature"),
)
@click.option("--require", type=click.IntRange(min=1), help=_("So many of the cosigners are enough; else all"))
@shared_options
def verify(
    invocation: Invocation, anchors: tuple[str, ...], key: Path | None, cosigners: tuple[Path, ...], require: int | None
) -> None:
    """Check records, register, files, log, signatures and tail; changes nothing, needs no login."""
    from recordkeeper.services.tail_check import policy_of
    from recordkeeper.services.verification import Answer, verify_register
    from recordkeeper.services.verification import verify as verify_workspace

    workspace = invocation.workspace()
    policy = policy_of([_text_of(cosigner) for cosigner in cosigners], require)
    notes = [_anchor_text(anchor) for anchor in anchors]
    outside = _text_of(key).strip() if key else None
    verified = verify_register if workspace.is_archive_elsewhere else verify_workspace
    report = verified(workspace.database_url, workspace.archive, outside, notes, policy)
    invocation.emit(_json_of(report), lambda: _show(report))
    if report.verdict is Answer.ALTERED:
        raise ProblemsFound
    if report.verdict is Answer.CANNOT_ASSESS:
        raise CannotAssess


verify.help = _("Check records, register, files, log, signatures and tail; changes nothing, needs no login")
verify.epilog = _(
    "Exit status: 0 ok, 1 altered, 6 cannot assess. On a machine that the archive is not on, files and log cannot be"
    " assessed"
)


def _anchor_text(anchor: str) -> str:
    """A short checkpoint as it is, else the text of the file."""
    from recordkeeper.tlog.checkpoint import parse_short_checkpoint

    if parse_short_checkpoint(anchor):
        return anchor
    path = Path(anchor)
    if not os.path.lexists(path):
        raise NoAnchorError(anchor)
    if not path.is_file():
        raise click.UsageError(_("--against {found}: expected a file, found a folder or device").format(found=anchor))
    return _text_of(path)


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def finding_json(finding: Finding) -> "Json":
    """A finding as JSON shows it."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "subject": finding.subject,
        "message": finding.message,
        "aspect": finding.aspect,
    }


def _json_of(report: "Report") -> "Json":
    return {
        "verdict": str(report.verdict),
        "aspects": {
            name: {"answer": str(aspect.answer), "reason": aspect.reason} for name, aspect in report.aspects.items()
        },
        "findings": [finding_json(finding) for finding in report.findings],
        "counts": dict(report.counts),
    }


def aspect_name(name: str) -> str:
    """The name of an aspect in the language in use."""
    names = {
        "records": _("records"),
        "register": _("register"),
        "files": _("files"),
        "log": _("log"),
        "signatures": _("signatures"),
        "tail": _("tail"),
    }
    return names.get(name, name)


def answer_name(answer: str) -> str:
    """An answer or severity in the language in use."""
    names = {
        "ok": _("ok"),
        "altered": _("altered"),
        "cannot assess": _("cannot assess"),
        "pending": _("still pending"),
        "warning": _("warning"),
    }
    return names.get(answer, answer)


def show_findings(findings: tuple[Finding, ...]) -> None:
    """Print findings as a table, the gravest first; of very many the first ones."""
    grave = {Severity.ALTERED: 0, Severity.CANNOT_ASSESS: 1, Severity.PENDING: 2, Severity.WARNING: 3}
    ordered = sorted(findings, key=lambda finding: grave[finding.severity])
    rows = [
        (answer_name(finding.severity), aspect_name(finding.aspect), finding.code, finding.subject, finding.message)
        for finding in ordered[:MOST_SHOWN]
    ]
    print_table((_("Severity"), _("Aspect"), _("Code"), _("Subject"), _("What was found")), rows)
    if len(ordered) > MOST_SHOWN:
        print_text(_("… and {count} more; --json lists all").format(count=len(ordered) - MOST_SHOWN))


def _show(report: "Report") -> None:
    rows = [(aspect_name(name), answer_name(aspect.answer), aspect.reason) for name, aspect in report.aspects.items()]
    print_table((_("Aspect"), _("Answer"), _("Reason")), rows)
    if report.findings:
        print_text("")
        show_findings(report.findings)
    print_text("")
    counts = report.counts
    counted = ("subjects", "acts", "events", "signatures")
    print_text(amounts(**{noun: counts[noun] for noun in counted}, archived_versions=counts["archived"]))
    print_text(_("Verdict: {verdict}").format(verdict=answer_name(report.verdict)))
