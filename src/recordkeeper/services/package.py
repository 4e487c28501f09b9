"""A procedure as it lies in a folder: ``procedure.yaml``, and ``CODE.yaml`` with ``CODE.docx`` for each form.

Everything is read and checked before anything is installed; all problems of all files are named at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from recordkeeper.documents.quarantine import Trial, try_templates
from recordkeeper.documents.template_names import template_names
from recordkeeper.durable import read_plain_file
from recordkeeper.errors import FormError, InvalidInputError, MissingError, system_reason
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.form import Form
from recordkeeper.services.definition import (
    DefinitionError,
    Problem,
    form_data,
    load_form_of,
    load_procedure,
)
from recordkeeper.services.previewing import sample_contexts

DEFINITION, TEMPLATE, DATA = "definition", "template", "data"
YAML_TYPE, CSV_TYPE = "application/yaml", "text/csv"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_DEFINITION_BYTES = 1024 * 1024
_TEMPLATE_BYTES = 32 * 1024 * 1024


class NoProcedureError(FormError, MissingError):
    """A folder holds no procedure, or a file of it is missing or unreadable."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(
            _("{path}: expected a file, found {found}").format(path=path, found=found),
            subject=str(path),
            found=found,
        )


class NotTextError(FormError, InvalidInputError):
    """A definition file is not UTF-8."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: not UTF-8").format(path=path), subject=str(path), expected="UTF-8")


@dataclass(frozen=True, slots=True)
class Part:
    """One controlled document of a procedure.

    Args:
        code: the form's code, or the procedure's id.
        revision: ``A/0``.
        data: the definition's data, as acts hold it.
        files: bytes and media type of the definition and, for a form, the template.
    """

    code: str
    revision: str
    data: Content
    files: Mapping[str, tuple[bytes, str]]


@dataclass(frozen=True, slots=True)
class Package:
    """A procedure and its forms, in the order in which the procedure lists them."""

    procedure: Part
    forms: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Untried:
    """A Word template that is not registered, and the form it is for.

    Args:
        file: how to name it in problems.
        docx: its bytes.
        form: the definition.
    """

    file: str
    docx: bytes
    form: Form


def read_package(folder: Path) -> Package:
    """The procedure in ``folder``.

    Raises:
        NoProcedureError: a file is missing.
        NotTextError: a definition is not UTF-8.
        DefinitionError: every problem of every definition and template, with file, line and key.
    """
    own_file = folder / "procedure.yaml"
    own_bytes, own_text = read_definition(own_file)
    procedure = load_procedure(own_text, own_file.name)
    own = Part(
        procedure.id,
        procedure.revision,
        cast("Content", form_data(own_text, own_file.name)),
        {DEFINITION: (own_bytes, YAML_TYPE)},
    )
    forms: list[Part] = []
    problems: list[Problem] = []
    untried: list[Untried] = []
    for code in procedure.forms:
        file = folder / f"{code}.yaml"
        data, text = read_definition(file)
        try:
            form = load_form_of(procedure, text, file.name)
        except DefinitionError as error:
            problems += error.problems
            continue
        docx = read_template(folder / f"{code}.docx")
        untried.append(Untried(f"{code}.docx", docx, form))
        files = {DEFINITION: (data, YAML_TYPE), TEMPLATE: (docx, DOCX_TYPE)}
        forms.append(Part(form.code, form.revision, cast("Content", form_data(text, file.name)), files))
    problems += template_problems(untried)
    if problems:
        raise DefinitionError(folder.name, problems)
    return Package(own, tuple(forms))


def template_problems(untried: Sequence[Untried]) -> list[Problem]:
    """What is wrong with Word templates: tags against fields both ways, what is unsafe, what does not render.

    Source: I-3
    """
    return try_all(untried)[0]


def try_all(untried: Sequence[Untried]) -> tuple[list[Problem], list[Problem]]:
    """What is wrong with Word templates, and what else is to be known of those with which nothing is.

    Source: I-3
    """
    trials = [Trial(each.file, each.docx, template_names(each.form), sample_contexts(each.form)) for each in untried]
    problems: list[Problem] = []
    notes: list[Problem] = []
    for trial, outcome in zip(trials, try_templates(trials), strict=True):
        for found, told in ((outcome.findings, problems), (outcome.notes, notes)):
            told += [
                Problem(trial.name, 0, finding.subject.removeprefix(trial.name).removeprefix("/"), finding.message)
                for finding in found
            ]
    return problems, notes


def read_definition(path: Path) -> tuple[bytes, str]:
    """The bytes of a definition file, and its text.

    Raises:
        NoProcedureError: it cannot be read.
        NotTextError: not UTF-8.
    """
    data = _read(path, _DEFINITION_BYTES)
    try:
        return data, data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotTextError(path) from None


def read_template(path: Path) -> bytes:
    """The bytes of a Word template.

    Raises:
        NoProcedureError: it cannot be read.
    """
    return _read(path, _TEMPLATE_BYTES)


def read_data_file(path: Path) -> bytes:
    """The bytes of a file of rows.

    Raises:
        NoProcedureError: it cannot be read.
    """
    return _read(path, _TEMPLATE_BYTES)


def _read(path: Path, byte_limit: int) -> bytes:
    try:
        return read_plain_file(path, byte_limit)
    except OSError as error:
        raise NoProcedureError(path, system_reason(error)) from None
