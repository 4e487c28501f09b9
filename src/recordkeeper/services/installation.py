"""What the installation of a procedure settles: for which units it holds, and which form serves a purpose.

A procedure's forms open and need forms of other procedures without knowing their codes: nonconformity, complaint, open
letter are named by what they are for. Which form serves stands in the procedure's acts.

Source: ISO 9001, 7.5.3.2, 8.7, 10.2
"""

from datetime import date

from recordkeeper.errors import FormError, RefusalError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision, in_force
from recordkeeper.register.procedure_register import procedure_revisions_of
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.company import unit_and_above
from recordkeeper.services.setting import Setting

NO_FORM = "none"
"""How a person says that a purpose leads to no form here; acts hold the empty text for it."""


class UnboundPurposeError(FormError, RefusalError):
    """A section opens or needs a record for a purpose that no form is bound to."""

    def __init__(self, procedure: str, purpose: str) -> None:
        message = _("{procedure}: the purpose {purpose} is bound to no form: bind it with procedure install --bind")
        super().__init__(
            message.format(procedure=procedure, purpose=purpose),
            subject=procedure,
            expected=_("a form for {purpose}").format(purpose=purpose),
            found=_("nothing"),
        )


class NotInstalledHereError(FormError, RefusalError):
    """A form is to be used in a unit for which its procedure is not installed."""

    def __init__(self, code: str, expected: str, unit: str) -> None:
        message = _("{code}: its procedure is installed for {expected}, not for {unit}")
        super().__init__(
            message.format(code=code, expected=expected, unit=unit), subject=code, expected=expected, found=unit
        )


def standing_revision(snapshot: Snapshot, procedure: str, on: date) -> Revision | None:
    """The procedure's revision that is in force on a date, else its newest; None where it is not installed."""
    histories = (snapshot.history(subject) for subject in procedure_revisions_of(snapshot, procedure))
    revisions = [Revision.replay(history) for history in histories if history]
    return in_force(revisions, on) or max(revisions, key=lambda each: each.place, default=None)


def check_installed_for(setting: Setting, form: Form, unit: str) -> None:
    """Refuse a unit for which the form's procedure is not installed; the units below one count as it does.

    Raises:
        NotInstalledHereError: it is installed for others alone.
    """
    revision = standing_revision(setting.snapshot, form.procedure, setting.today)
    if revision is not None and not set(revision.units) & set(unit_and_above(setting.snapshot, unit)):
        names = listing(setting.shown_name(each) for each in revision.units)
        raise NotInstalledHereError(form.code, names, setting.shown_name(unit))


def form_for(snapshot: Snapshot, procedure: str, purpose: str, on: date) -> str:
    """The code of the form that serves a purpose of a procedure; empty where it is bound to no form on purpose.

    Raises:
        UnboundPurposeError: nobody has said which.
    """
    revision = standing_revision(snapshot, procedure, on)
    if revision is None or purpose not in revision.bindings:
        raise UnboundPurposeError(procedure, purpose)
    return revision.bindings[purpose]
