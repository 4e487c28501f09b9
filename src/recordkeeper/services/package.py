"""A procedure as it lies in a folder: ``procedure.yaml``, and ``CODE.yaml`` with ``CODE.docx`` for each form.

Everything is read and checked before anything is installed; all problems of all files are named at once.
"""

from collections.abc import Iterator, Mapping, Sequence
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
from recordkeeper.model.procedure import Procedure
from recordkeeper.model.subject import form_subject, procedure_subject
from recordkeeper.register.record_projection import folded
from recordkeeper.services.definition import (
    DefinitionError,
    Problem,
    form_data,
    load_form_of,
    load_procedure,
)
from recordkeeper.services.previewing import sample_contexts
from recordkeeper.services.yaml_text import read_yaml

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

    @property
    def name(self) -> str:
        """``QR-017-02 A/0``."""
        return f"{self.code} {self.revision}"

    @property
    def subject(self) -> str:
        """What its acts are kept under."""
        named = form_subject if TEMPLATE in self.files else procedure_subject
        return named(self.code, self.revision)

    @property
    def text(self) -> str:
        """The definition as it was written."""
        return self.files[DEFINITION][0].decode("utf-8-sig")


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
    forms, problems = _read_forms(procedure, [folder / f"{code}.yaml" for code in procedure.forms])
    if problems:
        raise DefinitionError(folder.resolve().name, problems)
    return Package(own, tuple(forms))


def read_form(procedure: Procedure, path: Path) -> Part:
    """One form of a procedure: its definition, with its template beside it.

    Args:
        procedure: the procedure as it stands.
        path: ``CODE.yaml``.

    Raises:
        NoProcedureError: a file is missing.
        NotTextError: the definition is not UTF-8.
        DefinitionError: every problem of definition and template, with file, line and key.
    """
    forms, problems = _read_forms(procedure, [path])
    if problems:
        raise DefinitionError(path.name, problems)
    return forms[0]


def _read_forms(procedure: Procedure, files: Sequence[Path]) -> tuple[list[Part], list[Problem]]:
    parts: list[Part] = []
    problems: list[Problem] = []
    untried: list[Untried] = []
    for file in files:
        data, text = read_definition(file)
        try:
            form = load_form_of(procedure, text, file.name)
        except DefinitionError as error:
            problems += error.problems
            continue
        problems += misnamed(file, form, text)
        docx = read_template(file.with_suffix(".docx"))
        untried.append(Untried(f"{file.stem}.docx", docx, form))
        content = {DEFINITION: (data, YAML_TYPE), TEMPLATE: (docx, DOCX_TYPE)}
        parts.append(Part(form.code, form.revision, cast("Content", form_data(text, file.name)), content))
    problems += shared_names({f"{each.file.removesuffix('.docx')}.yaml": each.form for each in untried})
    return parts, [*problems, *template_problems(untried)]


def misnamed(file: Path, form: Form, text: str) -> list[Problem]:
    """That a file is not called by the code of its form: the procedure's list names the files."""
    if file.stem == form.code:
        return []
    message = _("expected {expected}, as the file is called, found {found}")
    line = read_yaml(text).line_of(("code",))
    return [Problem(file.name, line, "code", message.format(expected=file.stem, found=form.code))]


def shared_names(forms: Mapping[str, Form]) -> Iterator[Problem]:
    """Codes and printed spellings that two of several forms both have; each must find one form alone.

    Args:
        forms: each file's name to its form.

    Source: ISO 9001, 7.5.2 (identification)
    """
    owners: dict[str, str] = {}
    for file, form in forms.items():
        for spelling in (form.code, *form.aliases):
            first = owners.setdefault(folded(spelling), file)
            if first != file:
                key = "code" if spelling == form.code else "aliases"
                yield Problem(file, 0, key, _("{name} is the name of {file} too").format(name=spelling, file=first))


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
