"""Templates that nobody has approved yet: opened, checked and first rendered in a process of its own, under limits.

What a hostile file does to the parser ends there: the process holds no key and no connection, and gives back findings
and documents as plain data. A template that is registered was here before.

Source: I-3
"""

import base64
import json
import pickle
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from recordkeeper.documents.form_template import prepare_template
from recordkeeper.documents.ooxml import DocumentRefusedError, read_package
from recordkeeper.documents.template_names import TemplateNames
from recordkeeper.documents.template_note import template_notes
from recordkeeper.errors import RecordkeeperError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import current_language, use_language
from recordkeeper.language import translate as _

MEMORY_MEGABYTES, PROCESSOR_SECONDS, WALL_SECONDS = 512, 10, 15
OUT_OF_MEMORY = 12  # the status with which the process ends then
_SERVE = "from recordkeeper.documents.quarantine import serve; serve()"


@dataclass(frozen=True, slots=True)
class Trial:
    """A template to be tried.

    Args:
        name: how to name the file in findings.
        docx: the Word file.
        names: what it may and must print.
        contexts: what to render it with, one after the other.
    """

    name: str
    docx: bytes
    names: TemplateNames
    contexts: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial.

    Args:
        findings: every problem; none where it can be registered.
        documents: what was rendered, a document for each context; none where there are problems.
        notes: what is repaired in it, and what will look otherwise; none where there are problems.
    """

    findings: tuple[Finding, ...]
    documents: tuple[bytes, ...] = ()
    notes: tuple[Finding, ...] = ()


def try_templates(trials: Sequence[Trial]) -> list[Outcome]:
    """Open, check and render each template, none with more memory, processor time or patience than the limits.

    One process tries them all; where it does not come back, each is tried alone, and the one at fault is known.
    """
    if not trials:
        return []
    answer = _ask(trials)
    if isinstance(answer, list):
        return answer
    if len(trials) > 1:
        return [outcome for trial in trials for outcome in try_templates([trial])]
    return [Outcome((_finding(trials[0].name, answer),))]


def _ask(trials: Sequence[Trial]) -> list[Outcome] | str:
    """What the process answers, or why it does not."""
    limits = map(str, (MEMORY_MEGABYTES, PROCESSOR_SECONDS))
    process = subprocess.Popen(  # noqa: S603  # this interpreter and our own words
        [sys.executable, "-P", "-c", _SERVE, *limits],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    question = pickle.dumps((current_language(), list(trials)))
    try:
        output, _errors = process.communicate(question, timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return _too_much()
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode:
        is_defect = process.returncode > 0 and process.returncode != OUT_OF_MEMORY
        return (
            _("the process that opens it ended with status {status}").format(status=process.returncode)
            if is_defect
            else _too_much()
        )
    return [
        Outcome(
            tuple(_finding(*each) for each in findings),
            tuple(map(base64.b64decode, documents)),
            tuple(_finding(subject, message, Severity.WARNING) for subject, message in notes),
        )
        for findings, documents, notes in json.loads(output)
    ]


def _too_much() -> str:
    return _("opening it takes more than {memory} MB of memory or {seconds} seconds").format(
        memory=MEMORY_MEGABYTES, seconds=PROCESSOR_SECONDS
    )


def _finding(subject: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding("template", severity, subject, message)


# ---- within the process -----------------------------------------------------------------------------------------


def serve() -> None:
    """Try the templates that stand on standard input; whatever goes wrong ends the process."""
    megabytes, seconds = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        language, trials = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
        use_language(language)
        sys.stdout.write(json.dumps([_tried(trial) for trial in trials]))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


_Told: TypeAlias = list[tuple[str, str]]


def _tried(trial: Trial) -> tuple[_Told, list[str], _Told]:
    try:
        prepared = prepare_template(trial.docx, trial.names, name=trial.name)
        if prepared.findings:
            return [(finding.subject, finding.message) for finding in prepared.findings], [], []
        documents = [prepared.template.render(context) for context in trial.contexts]
        notes = [
            (f"{trial.name}/{part}", message) for part, message in template_notes(read_package(trial.docx, trial.name))
        ]
    except DocumentRefusedError as error:
        message = _("expected {expected}, found {found}").format(expected=error.expected, found=error.found)
        return [(error.subject, message)], [], []
    except RecordkeeperError as error:
        return [(trial.name, str(error))], [], []
    return [], [base64.b64encode(document).decode() for document in documents], notes
