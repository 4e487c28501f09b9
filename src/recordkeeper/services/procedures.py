"""The procedures that there are: those that ship with the program, and those installed in a workspace.

Source: ISO 9001, 7.5.3.2; I-3
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from recordkeeper.errors import FormError, MissingError
from recordkeeper.language import current_language, listing
from recordkeeper.language import translate as _
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.procedure import Procedure
from recordkeeper.register.acts import Register
from recordkeeper.services.catalogue import UnknownProcedureError, forms_of
from recordkeeper.services.company import today
from recordkeeper.services.definition import (
    PROCEDURE_FILE,
    NoDefinitionsError,
    load_form,
    load_procedure,
    shipped_procedures,
)
from recordkeeper.services.installation import standing_procedures


class NoPackageError(FormError, MissingError):
    """Neither a shipped procedure nor a folder with one."""

    def __init__(self, source: str, shipped: list[str]) -> None:
        expected = _("{ids} or a folder with {file}").format(ids=listing(shipped), file=PROCEDURE_FILE)
        super().__init__(
            _("{source}: expected {expected}, found neither").format(source=source, expected=expected),
            subject=source,
            expected=expected,
            found=source,
        )


@dataclass(frozen=True, slots=True)
class FormEntry:
    """One form of a procedure as a list shows it; no state where it is not installed."""

    code: str
    revision: str
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class ProcedureEntry:
    """One procedure: what it says, and where it stands here.

    Args:
        procedure: as installed, else as shipped.
        is_shipped: whether it ships with the program.
        installed: its revision in force, else the newest; None where it is not installed.
        forms: every revision of its forms.
    """

    procedure: Procedure
    is_shipped: bool
    installed: Revision | None
    forms: tuple[FormEntry, ...]


def list_procedures(register: Register | None, now: datetime) -> list[ProcedureEntry]:
    """Every procedure, installed or shipped, in the order of their ids.

    Args:
        register: the workspace's register; None outside a workspace.
        now: aware, UTC.
    """
    shipped = _shipped()
    installed: dict[str, tuple[Revision, list[Revision]]] = {}
    if register is not None:
        with register.reading() as snapshot:
            for revision in standing_procedures(snapshot, today(snapshot, now)):
                forms = sorted(forms_of(snapshot, revision.code), key=lambda each: (each.code, each.place))
                installed[revision.code] = (revision, forms)
    return [
        _installed_entry(*installed[name], is_shipped=name in shipped)
        if name in installed
        else _shipped_entry(shipped[name])
        for name in sorted({*shipped, *installed})
    ]


def find_procedure(register: Register | None, identifier: str, now: datetime) -> ProcedureEntry:
    """One procedure by its id.

    Raises:
        UnknownProcedureError: neither installed nor shipped.
    """
    for entry in list_procedures(register, now):
        if entry.procedure.id == identifier.upper():
            return entry
    raise UnknownProcedureError(identifier)


def folder_of(source: str) -> Path:
    """The folder of a procedure: a folder itself, or the id of a shipped one.

    Raises:
        NoPackageError: neither.
    """
    folder = Path(source)
    if (folder / PROCEDURE_FILE).is_file():
        return folder
    shipped = _shipped()
    if source.upper() in shipped:
        return shipped[source.upper()]
    raise NoPackageError(source, sorted(shipped))


def _shipped() -> dict[str, Path]:
    try:
        root = shipped_procedures()
    except NoDefinitionsError:
        return {}
    return {folder.name: folder for folder in root.iterdir() if (folder / PROCEDURE_FILE).is_file()}


def _installed_entry(revision: Revision, forms: list[Revision], *, is_shipped: bool) -> ProcedureEntry:
    procedure = Procedure.model_validate(revision.definition)
    entries = [
        FormEntry(each.code, each.revision, each.form.title.in_language(current_language()), str(each.state))
        for each in forms
    ]
    return ProcedureEntry(procedure, is_shipped, revision, tuple(entries))


def _shipped_entry(folder: Path) -> ProcedureEntry:
    procedure = load_procedure((folder / PROCEDURE_FILE).read_text(encoding="utf-8"), PROCEDURE_FILE)
    forms = [
        load_form((folder / f"{code}.yaml").read_text(encoding="utf-8"), f"{code}.yaml") for code in procedure.forms
    ]
    entries = [FormEntry(each.code, each.revision, each.title.in_language(current_language()), "") for each in forms]
    return ProcedureEntry(procedure, is_shipped=True, installed=None, forms=tuple(entries))
