"""How one revision of a controlled document differs from another: its definition, and what its template prints.

Source: ISO 9001, 7.5.3.2 (control of changes); I-8
"""

from collections.abc import Sequence

from recordkeeper.documents.document_text import text_of
from recordkeeper.model.canonical import Content, canonical, digest
from recordkeeper.model.form_revision import Revision, form_of_definition
from recordkeeper.model.procedure import Procedure
from recordkeeper.model.revision_difference import (
    Difference,
    form_differences,
    line_differences,
    procedure_differences,
)
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.package import TEMPLATE


def differences_from(snapshot: Snapshot, former: Revision, data: Content, docx: bytes) -> list[Difference]:
    """How a later revision differs from a former one.

    Args:
        snapshot: where the former one's template is.
        former: the earlier revision.
        data: the later definition.
        docx: the later template; empty for a procedure.
    """
    if not former.is_form:
        return procedure_differences(*(Procedure.model_validate(each) for each in (former.definition, data)))
    found = form_differences(former.form, form_of_definition(former.code, canonical(data)))
    if digest(docx) != former.files[TEMPLATE]:
        found += line_differences(_lines(snapshot.attachment(former.subject, former.files[TEMPLATE])), _lines(docx))
    return found


def former_of(revision: Revision, known: Sequence[Revision]) -> Revision | None:
    """The revision that one was made from; None where it was made from none.

    Args:
        revision: the later one.
        known: all revisions of its document.
    """
    follows = revision.change.follows if revision.change else ""
    return next((each for each in known if each.revision == follows), None)


def differences_of(snapshot: Snapshot, revision: Revision, former: Revision) -> list[Difference]:
    """How a revision that is installed differs from the one that it was made from."""
    docx = snapshot.attachment(revision.subject, revision.files[TEMPLATE]) if revision.is_form else b""
    return differences_from(snapshot, former, revision.definition, docx)


def _lines(docx: bytes) -> list[str]:
    return [line for line in map(str.strip, text_of(docx).splitlines()) if line]
