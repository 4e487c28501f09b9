"""A form that somebody works on, from a file or as installed: scaffolded as a Word template, rendered as a preview.

Nothing here enters the register.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from recordkeeper.documents.form_template import FormTemplate, TemplateRefusedError
from recordkeeper.documents.page_picture import page_pictures
from recordkeeper.documents.printout import Mark, Printout, print_pdfs
from recordkeeper.documents.quarantine import Trial, try_templates
from recordkeeper.documents.scaffold import scaffold
from recordkeeper.documents.template_names import template_names
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision, in_force
from recordkeeper.model.person import BUILT_IN_ROLES
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import revision_named, revisions, template_of
from recordkeeper.services.checking import TEMPLATE_SUFFIX
from recordkeeper.services.definition import PROCEDURE_FILE, load_form, load_procedure
from recordkeeper.services.package import read_definition, read_template
from recordkeeper.services.previewing import COMPANY, Variant, preview_context
from recordkeeper.services.setting import Setting


@dataclass(frozen=True, slots=True)
class Draft:
    """A form with what its renderings need.

    Args:
        form: its definition.
        roles: printed names of roles by id.
        company: the company's printed name.
        template: compiled; None where it is not registered, or there is no Word file yet.
        untried: the Word file that is not registered; None where there is none.
        mark: what stands across the pages of its PDF.
    """

    form: Form
    roles: Mapping[str, str]
    company: str
    template: FormTemplate | None = None
    untried: bytes | None = None
    mark: Mark = Mark.DRAFT

    def scaffold(self) -> bytes:
        """A Word template in the house style, made from the definition alone."""
        return scaffold(self.form, self.roles)

    def preview(self, variant: Variant, today: date) -> bytes:
        """The form as a Word document, on its own template, else on a scaffold.

        Args:
            variant: what to show.
            today: the day of its acts where the example names no date.

        Raises:
            NoExampleError: the definition has no example.
            TemplateRefusedError: every problem of a template that is not registered.
        """
        context = preview_context(self.form, variant, today, self.roles, self.company)
        if self.template is not None:
            return self.template.render(context)
        trial = Trial(f"{self.form.code}.docx", self.untried or self.scaffold(), template_names(self.form), [context])
        (outcome,) = try_templates([trial])
        if outcome.findings:
            raise TemplateRefusedError(outcome.findings)
        return outcome.documents[0]

    def preview_pdf(self, variant: Variant, today: date) -> bytes:
        """As ``preview``, as PDF: a draft, obsolete or uncontrolled, as stands across its pages.

        Raises:
            LibreOfficeMissingError: there is no LibreOffice.
            Others: as ``preview``.
        """
        return print_pdfs({self.form.code: Printout(self.preview(variant, today), self.mark)})[self.form.code]

    def preview_pictures(self, variant: Variant, today: date) -> list[bytes]:
        """As ``preview_pdf``, a PNG for each page.

        Raises:
            PopplerMissingError: there is no Poppler.
            Others: as ``preview_pdf``.
        """
        return page_pictures(self.preview_pdf(variant, today))


def draft_in_file(path: Path) -> Draft:
    """The form that a definition file describes, with the template beside it.

    Raises:
        NoProcedureError, NotTextError: a file cannot be read.
        DefinitionError: every problem of the definition.
    """
    draft = definition_in_file(path)
    template = path.with_suffix(TEMPLATE_SUFFIX)
    return replace(draft, untried=read_template(template)) if template.exists() else draft


def definition_in_file(path: Path) -> Draft:
    """The form that a definition file describes, without regard to a template.

    Raises:
        NoProcedureError, NotTextError: a file cannot be read.
        DefinitionError: every problem of the definition.
    """
    form = load_form(read_definition(path)[1], path.name)
    roles = {role: names[0] for role, names in BUILT_IN_ROLES.items()}
    own = path.with_name(PROCEDURE_FILE)
    if own.is_file():
        procedure = load_procedure(read_definition(own)[1], own.name)
        roles |= {role.id: role.zh for role in procedure.roles}
    return Draft(form, roles, COMPANY)


def draft_installed(snapshot: Snapshot, now: datetime, spelling: str, revision: str | None) -> Draft:
    """A form as it is installed: the revision named, else the one in force, else the newest.

    Raises:
        UnknownFormError, SharedSpellingError, UnknownRevisionError: as ``catalogue``.
        AlteredTemplateError: the stored template is not the one approved.
    """
    setting = Setting(snapshot, now)
    found = revision_named(snapshot, spelling, revision, setting.today)
    roles = {role: names[0] for role, names in setting.roles.items()}
    template = template_of(snapshot, found)
    current = in_force(revisions(snapshot, found.code), setting.today)
    return Draft(found.form, roles, setting.root.name_zh, template, mark=_mark_of(found, current, setting.today))


def _mark_of(revision: Revision, current: Revision | None, today: date) -> Mark:
    if current and current.subject == revision.subject:
        return Mark.UNCONTROLLED
    was_in_force = revision.effective_on is not None and revision.effective_on <= today
    return Mark.OBSOLETE if was_in_force else Mark.DRAFT
