"""Making a procedure a company's own: a copy of its folder under a new id, its forms under new codes, to be edited.

The texts are adapted as texts, so that comments and order stay as they were written; the Word templates name no code of
their own and are copied as they are.

Source: ISO 9001, 7.5.2
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recordkeeper.durable import make_folder, write_new_file
from recordkeeper.errors import FormError, InvalidInputError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.procedure import Procedure
from recordkeeper.services.definition import PROCEDURE_FILE, DefinitionError, Problem, load_form_of, load_procedure
from recordkeeper.services.package import read_definition, read_template
from recordkeeper.services.procedures import folder_of

_IDENTIFIER = re.compile(r"[A-Z][A-Z0-9-]{0,19}")
_OWN_NAMES = re.compile(r"^(aliases|printed_prefix):.*\n(?:[ \t-].*\n)*", re.MULTILINE)
_REVISION = re.compile(r"^revision:.*$", re.MULTILINE)


class NoIdentifierError(FormError, InvalidInputError):
    """What a copy is to be called is no procedure's id, or the id of what is copied."""

    def __init__(self, found: str) -> None:
        expected = _("a new id of capitals, digits and hyphens, at most 20")
        super().__init__(
            _("{found}: expected {expected}").format(found=found, expected=expected),
            subject=found,
            expected=expected,
            found=found,
        )


class FolderTakenError(FormError, RefusalError):
    """The folder that a copy is to go to holds something already."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            _("{folder}: expected no folder or an empty one").format(folder=folder),
            subject=str(folder),
            expected=_("no folder or an empty one"),
        )


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy gave.

    Args:
        codes: each code of the copied forms to its new one.
        problems: what the new codes broke, to be mended before the copy is installed: an expression that takes a
            number apart by its length.
    """

    codes: Mapping[str, str]
    problems: tuple[Problem, ...]


def copy_procedure(source: str, identifier: str, folder: Path) -> Copied:
    """Copy a procedure to a folder under a new id; a model text gives the text that it repeats.

    Args:
        source: the id of a shipped procedure, or a folder.
        identifier: the new id.
        folder: where the copy goes.

    Raises:
        NoIdentifierError: no id, or the same.
        FolderTakenError: there is something in the folder.
        NoPackageError, NoProcedureError, DefinitionError: the source is not there, or cannot be read.
    """
    origin = folder_of(source)
    text = read_definition(origin / PROCEDURE_FILE)[1]
    procedure = load_procedure(text, PROCEDURE_FILE)
    if not _IDENTIFIER.fullmatch(identifier) or identifier == procedure.id:
        raise NoIdentifierError(identifier)
    if procedure.same_as is not None and not procedure.forms:
        return copy_procedure(procedure.same_as, identifier, folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTakenError(folder)
    codes = {code: f"{identifier}-{place:02}" for place, code in enumerate(procedure.forms, 1)}
    files, problems = _adapted(origin, text, procedure, identifier, codes)
    make_folder(folder)
    for name, data in files.items():
        write_new_file(folder / name, data)
    return Copied(codes, tuple(problems))


def _adapted(
    origin: Path, text: str, procedure: Procedure, identifier: str, codes: Mapping[str, str]
) -> tuple[dict[str, bytes], list[Problem]]:
    """The files of the copy by their names, and what is wrong with its forms under their new codes."""
    renamed = {**codes, procedure.id: identifier}
    own = _renamed(text, renamed)
    copied = load_procedure(own, PROCEDURE_FILE)
    files, problems = {PROCEDURE_FILE: own.encode()}, list[Problem]()
    for code, new in codes.items():
        definition = _OWN_NAMES.sub("", _renamed(read_definition(origin / f"{code}.yaml")[1], renamed))
        try:
            load_form_of(copied, definition, f"{new}.yaml")
        except DefinitionError as error:
            problems += error.problems
        files[f"{new}.yaml"] = definition.encode()
        files[f"{new}.docx"] = read_template(origin / f"{code}.docx")
    return files, problems


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """The text with whole names replaced, rules of the procedure and numbers of its forms included; at revision A/0."""
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    whole = re.compile(rf"(?<![A-Za-z0-9-])(?:{pattern})(?=-R[0-9]|(?![A-Za-z0-9]|[-.][A-Za-z0-9]))")
    return _REVISION.sub("revision: A/0", whole.sub(lambda found: names[found.group()], text), count=1)
