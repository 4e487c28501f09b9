"""The verbs prove and check-proof of audit: a proof file for somebody outside, and what such a file shows."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import CannotAssess, ProblemsFound
from recordkeeper.cli.output import print_json, print_text
from recordkeeper.cli.verify import answer_name, finding_json, show_findings
from recordkeeper.findings import Severity
from recordkeeper.language import listing, ngettext
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.services.proving import CheckedProof

NEW_FILE = click.Path(dir_okay=False, path_type=Path)


def read_outside_text(path: Path) -> str:
    """The text of a file from outside: a note, a key, a proof; bytes that are no UTF-8 fail where it is read."""
    return path.read_text(encoding="utf-8", errors="replace")


@click.command("prove", help=_("Make a proof that an event, or every event of a record, stands in the log"))
@click.argument("what", metavar="[NUMBER|EVENT]", required=False)
@click.option("--from", "earlier", type=PRESENT_FILE, help=_("Prove that the log only grew since this checkpoint"))
@click.option("--output", type=NEW_FILE, help=_("Write the proof to a file that does not exist; else to stdout"))
@shared_options
def prove(invocation: Invocation, what: str | None, earlier: Path | None, output: Path | None) -> None:
    """Make a proof file over the newest published checkpoint."""
    from recordkeeper.durable import write_new_file
    from recordkeeper.model.canonical import parse_json
    from recordkeeper.services.proving import prove as prove_seen
    from recordkeeper.services.proving import prove_growth
    from recordkeeper.tlog.proof import ConsistencyProof, InclusionProof, format_proof

    if (what is None) == (earlier is None):
        raise click.UsageError(_("either the number of a record or event, or --from"))
    actor, workspace = invocation.actor(), invocation.workspace()
    workspace.check_archive_here()
    proof: InclusionProof | ConsistencyProof
    if earlier is None:
        proof = prove_seen(workspace.register, workspace.log_path, actor, invocation.now, what or "")
    else:
        text = read_outside_text(earlier)
        proof = prove_growth(workspace.register, workspace.log_path, actor, invocation.now, text)
    text = format_proof(proof)
    if output is None:
        print_json(parse_json(text, "proof"))
        return
    write_new_file(output, text.encode())
    events = [entry.index for entry in proof.entries] if isinstance(proof, InclusionProof) else []

    def render() -> None:
        if events:
            shown = listing(map(str, events))
            print_text(_("{file} proves the events {events}").format(file=output, events=shown))
        else:
            print_text(_("{file} proves that the log only grew since the checkpoint given").format(file=output))

    invocation.emit({"file": str(output), "events": [*events]}, render)


@click.command("check-proof", help=_("Check a proof file offline; needs no workspace and no login"))
@click.argument("file", type=PRESENT_FILE)
@click.option("--key", type=PRESENT_FILE, help=_("The log's public key as it was kept outside"))
@shared_options
def check_proof(invocation: Invocation, file: Path, key: Path | None) -> None:
    """Say what a proof file proves; the exit status is that of verify."""
    from recordkeeper.services.proving import check_proof_file

    checked = check_proof_file(read_outside_text(file), read_outside_text(key).strip() if key else None)
    severities = {finding.severity for finding in checked.findings}
    verdict = "ok" if not severities else str(max(severities, key=lambda each: each is Severity.ALTERED))
    invocation.emit(_json_of(checked, verdict), lambda: _show(checked, verdict))
    if Severity.ALTERED in severities:
        raise ProblemsFound
    if severities:
        raise CannotAssess


def _json_of(checked: "CheckedProof", verdict: str) -> "Json":
    return {
        "verdict": verdict,
        "size": checked.size,
        "earlier_size": checked.earlier_size,
        "key_confirmed": checked.is_key_given,
        "events": [{"index": index, "leaf": leaf} for index, leaf in checked.events],
        "findings": [finding_json(finding) for finding in checked.findings],
    }


def _show(checked: "CheckedProof", verdict: str) -> None:
    if checked.findings:
        show_findings(checked.findings)
    elif checked.earlier_size:
        text = _("The log of {first} events is the beginning of the log of {second}")
        print_text(text.format(first=checked.earlier_size, second=checked.size))
    else:
        print_text(
            ngettext("In the log of {size} event stand:", "In the log of {size} events stand:", checked.size).format(
                size=checked.size
            )
        )
        for index, leaf in checked.events:
            print_text(f"{index}  {leaf}")
    if not checked.is_key_given:
        print_text(_("The key is the one that the file itself names: not confirmed from outside"))
    print_text(_("Verdict: {verdict}").format(verdict=answer_name(verdict)))
