"""Whether definitions and templates can be used, in files or as installed: every problem found, at once.

Source: ISO 9001, 7.5.2, 7.5.3.2; I-3
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from recordkeeper.documents.form_template import prepare_template
from recordkeeper.documents.ooxml import DocumentRefusedError
from recordkeeper.documents.template_names import template_names
from recordkeeper.errors import FormError, MissingError
from recordkeeper.language import translate as _
from recordkeeper.model.example import try_examples, uncovered_routes
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.procedure import Procedure
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.definition import (
    PROCEDURE_FILE,
    DefinitionError,
    Problem,
    example_reading,
    load_form,
    load_form_of,
    load_procedure,
)
from recordkeeper.services.package import (
    DEFINITION,
    TEMPLATE,
    NoProcedureError,
    NotTextError,
    Untried,
    misnamed,
    read_definition,
    read_template,
    shared_names,
    try_all,
)
from recordkeeper.services.yaml_text import read_yaml

DEFINITION_SUFFIXES, TEMPLATE_SUFFIX = (".yaml", ".yml"), ".docx"


class NothingToCheckError(FormError, MissingError):
    """A file or folder in which there is no definition."""

    def __init__(self, path: Path, expected: str) -> None:
        super().__init__(
            _("{path}: expected {expected}, found none").format(path=path, expected=expected),
            subject=str(path),
            expected=expected,
        )


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, by file or name of a revision, what is wrong with it, and what else is to be known."""

    checked: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()


def check_path(path: Path) -> Check:
    """A definition, a template or a folder of them.

    Args:
        path: ``CODE.yaml`` (its template beside it too, where there is one), ``procedure.yaml``, ``CODE.docx`` with its
            definition beside it, or a folder: then every template must be there.

    Raises:
        NoProcedureError: a file cannot be read.
        NothingToCheckError: no definition there.
    """
    untried: list[Untried] = []
    checks = list(_check_path(path, untried))
    problems, notes = try_all(untried)
    return _joined([*checks, Check((), tuple(problems), tuple(notes))])


def _check_path(path: Path, untried: list[Untried]) -> Iterator[Check]:
    """The definitions' problems; their templates are gathered in ``untried``, to be tried together."""
    if path.is_dir():
        yield from _check_folder(path, untried)
    elif path.suffix.lower() == TEMPLATE_SUFFIX:
        yield _check_template(path, untried)
    elif path.name == PROCEDURE_FILE:
        yield _check_procedure(path)[1]
    else:
        template = path.with_suffix(TEMPLATE_SUFFIX)
        yield _check_form(path, template if template.exists() else None, _procedure_beside(path), untried)


def check_revision(snapshot: Snapshot, revision: Revision) -> Check:
    """A form as it is installed, by what this release asks of definitions and templates."""
    text = snapshot.attachment(revision.subject, revision.files[DEFINITION]).decode("utf-8-sig")
    docx = snapshot.attachment(revision.subject, revision.files[TEMPLATE])
    name = revision.name
    form, problems = _form_in(text, f"{name} {DEFINITION}", None)
    if form is not None:
        problems += _registered_problems(docx, form, f"{name} {TEMPLATE}")
    return Check((name,), tuple(problems))


def _registered_problems(docx: bytes, form: Form, file: str) -> list[Problem]:
    """What this release finds wrong with a template that was let in once."""
    try:
        findings = prepare_template(docx, template_names(form), name=file).findings
    except DocumentRefusedError as error:
        return [Problem(file, 0, "", str(error).removeprefix(f"{file}: "))]
    return [Problem(file, 0, finding.subject.removeprefix(f"{file}/"), finding.message) for finding in findings]


def check_all(checks: Iterable[Check]) -> Check:
    """Several checks as one."""
    return _joined(checks)


def _joined(checks: Iterable[Check]) -> Check:
    every = list(checks)
    return Check(
        tuple(name for each in every for name in each.checked),
        tuple(dict.fromkeys(problem for each in every for problem in each.problems)),
        tuple(dict.fromkeys(note for each in every for note in each.notes)),
    )


def _check_folder(folder: Path, untried: list[Untried]) -> Iterator[Check]:
    own = folder / PROCEDURE_FILE
    procedure: Procedure | None = None
    if own.is_file():
        procedure, check = _check_procedure(own)
        yield check
    files = {path for path in folder.iterdir() if path.suffix in DEFINITION_SUFFIXES and path != own}
    listed = {folder / f"{code}.yaml" for code in procedure.forms} if procedure else set()
    if not files and not own.is_file():
        raise NothingToCheckError(folder, _("a definition (CODE.yaml)"))
    for path in sorted(files | listed):
        if not path.exists():
            yield Check((str(path),), (Problem(str(path), 0, "", _("the file is missing")),))
            continue
        yield _check_form(path, path.with_suffix(TEMPLATE_SUFFIX), procedure, untried)
    here = {Path(each.file).with_suffix(".yaml"): each.form for each in untried}
    forms = {str(path): form for path, form in here.items() if path.parent == folder}
    yield Check((), tuple(shared_names(forms)))


def _check_procedure(path: Path) -> tuple[Procedure | None, Check]:
    try:
        procedure = load_procedure(read_definition(path)[1], str(path))
    except DefinitionError as error:
        return None, Check((str(path),), error.problems)
    except NotTextError as error:
        return None, Check((str(path),), (Problem(str(path), 0, "", _not_text(error)),))
    return procedure, Check((str(path),), ())


def _procedure_beside(path: Path) -> Procedure | None:
    own = path.with_name(PROCEDURE_FILE)
    return _check_procedure(own)[0] if own.is_file() else None


def _check_form(path: Path, template: Path | None, procedure: Procedure | None, untried: list[Untried]) -> Check:
    checked = [str(path)]
    try:
        text = read_definition(path)[1]
    except NotTextError as error:
        return Check((str(path),), (Problem(str(path), 0, "", _not_text(error)),))
    form, problems = _form_in(text, str(path), procedure)
    if form is not None and procedure is not None:
        problems += [replace(problem, file=str(path)) for problem in misnamed(path, form, text)]
    if template is not None:
        checked.append(str(template))
        try:
            docx = read_template(template)
        except NoProcedureError as error:
            problems.append(Problem(str(template), 0, "", error.found))
        else:
            untried += [Untried(str(template), docx, form)] if form is not None else []
    return Check(tuple(checked), tuple(problems))


def _form_in(text: str, file: str, procedure: Procedure | None) -> tuple[Form | None, list[Problem]]:
    try:
        form = load_form_of(procedure, text, file) if procedure else load_form(text, file)
    except DefinitionError as error:
        return _readable_form(text, file, procedure), list(error.problems)
    line = read_yaml(text).line_of(("examples",))
    return form, [
        Problem(file, line, "examples", _("no example where {route}").format(route=route))
        for route in uncovered_routes(form, try_examples(form, example_reading()))
    ]


def _readable_form(text: str, file: str, procedure: Procedure | None) -> Form | None:
    """The form without regard to its procedure, so that its template is checked too; None where it has faults."""
    if procedure is None:
        return None
    try:
        return load_form(text, file)
    except DefinitionError:
        return None


def _check_template(path: Path, untried: list[Untried]) -> Check:
    definition = next(
        (beside for suffix in DEFINITION_SUFFIXES if (beside := path.with_suffix(suffix)).is_file()), None
    )
    if definition is None:
        raise NothingToCheckError(path, _("its definition beside it ({name})").format(name=f"{path.stem}.yaml"))
    return _check_form(definition, path, _procedure_beside(definition), untried)


def _not_text(error: NotTextError) -> str:
    return _("expected {expected}, found other bytes").format(expected=error.expected)
