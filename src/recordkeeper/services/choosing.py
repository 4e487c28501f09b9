"""Which of several procedures rules on one act in one unit: one form is chosen for each purpose, as an act of the unit.

Procedures of different origin meet: two have a form for complaints, two for the yearly survey. Where both are installed
for a unit, the unit's choice says which form serves; the units below it follow, until they choose for themselves. New
records begin on the chosen form alone, and what is opened by purpose is opened on it.

Source: ISO 9001, 4.4.1, 7.5.3.2
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from recordkeeper.errors import FormError, InvalidInputError, RefusalError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.form import Form
from recordkeeper.model.unit import Unit
from recordkeeper.register.acts import Register
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import code_of
from recordkeeper.services.company import unit_and_above, unit_of
from recordkeeper.services.installation import form_for, standing_procedures, standing_revision
from recordkeeper.services.people import Actor
from recordkeeper.services.places import append_unit
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting


class NothingToChooseError(FormError, InvalidInputError):
    """A form is chosen for a purpose that it does not serve in the unit."""

    def __init__(self, purpose: str, unit: str, expected: Iterable[str], found: str) -> None:
        codes = listing(expected) or _("nothing")
        message = _("{purpose}: in {unit} it could be {codes}, not {found}")
        super().__init__(
            message.format(purpose=purpose, unit=unit, codes=codes, found=found),
            subject=purpose,
            expected=codes,
            found=found,
        )


class NotChosenError(FormError, RefusalError):
    """A record is to be begun on a form in whose place another was chosen for the unit."""

    def __init__(self, code: str, unit: str, chosen: Sequence[str]) -> None:
        codes = listing(chosen)
        message = _("{code}: {unit} has chosen {chosen} in its place")
        super().__init__(message.format(code=code, unit=unit, chosen=codes), subject=code, expected=codes, found=code)


def choose(
    register: Register, actor: Actor, now: datetime, purpose: str, form: str, unit: str | None, reason: str
) -> tuple[Unit, str]:
    """Choose the form that serves a purpose in a unit and those below it.

    Args:
        register: the open register.
        actor: a controller of the unit.
        now: aware, UTC.
        purpose: what it is for.
        form: code, printed spelling or title.
        unit: code, id or name; the company where none is given.
        reason: why.

    Returns:
        The unit and the code chosen.

    Raises:
        UnknownFormError, SharedSpellingError, UnknownPlaceError, SeveralPlacesError: no such form or unit, or several.
        NothingToChooseError: the form does not serve the purpose there.
        NoRightError: the actor is no controller of the unit.
        TextRefusedError: no reason.
    """
    with register.writing(now=now) as transaction:
        setting = Setting(transaction, now)
        subject = setting.find("unit", unit) if unit else setting.root.subject
        check_right(transaction, actor, "procedure choose", now, subject)
        offered = offered_at(setting, subject, purpose)
        code = code_of(transaction, form)
        if code not in offered:
            raise NothingToChooseError(purpose, setting.shown_name(subject), offered, code)
        before = unit_of(transaction, subject)
        content = before.choose(by=actor.subject, at=now, purpose=purpose, form=code, reason=reason)
        history = transaction.history(subject)
        if history is None:
            raise AssertionError(subject)
        return append_unit(transaction, history, content), code


def offered_at(setting: Setting, unit: str, purpose: str) -> list[str]:
    """The forms that procedures installed for a unit provide for a purpose, in the order of their codes."""
    above = set(unit_and_above(setting.snapshot, unit))
    found: set[str] = set()
    for revision in standing_procedures(setting.snapshot, setting.today):
        provides = revision.definition.get("provides")
        if isinstance(provides, dict) and purpose in provides and above & set(revision.units):
            found.add(str(provides[purpose]))
    return sorted(found)


def chosen_code(snapshot: Snapshot, unit: str, purpose: str) -> str | None:
    """The form chosen for a purpose at a unit, or at the nearest one above it that has chosen; None where none has."""
    for subject in unit_and_above(snapshot, unit):
        if code := unit_of(snapshot, subject).choices.get(purpose):
            return code
    return None


def all_chosen(snapshot: Snapshot, purpose: str) -> set[str]:
    """Every form that some unit has chosen for a purpose."""
    units = map(Unit.replay, snapshot.histories("unit"))
    return {code for unit in units if (code := unit.choices.get(purpose))}


def check_chosen(setting: Setting, form: Form, unit: str) -> None:
    """Refuse a form where the unit has chosen another for everything that this one serves.

    Raises:
        NotChosenError: another was chosen.
    """
    revision = standing_revision(setting.snapshot, form.procedure, setting.today)
    provides = revision.definition.get("provides") if revision else None
    served = [name for name, code in provides.items() if code == form.code] if isinstance(provides, dict) else []
    chosen = [chosen_code(setting.snapshot, unit, purpose) for purpose in served]
    others = [code for code in chosen if code is not None and code != form.code]
    if others and len(others) == len(served):
        raise NotChosenError(form.code, setting.shown_name(unit), sorted(set(others)))


def form_serving(setting: Setting, procedure: str, purpose: str, unit: str) -> str:
    """The code of the form that serves a purpose of a procedure in a unit; empty where it leads to none on purpose.

    Raises:
        UnboundPurposeError: nobody has said which.
    """
    revision = standing_revision(setting.snapshot, procedure, setting.today)
    is_none = revision is not None and revision.bindings.get(purpose) == ""
    chosen = None if is_none else chosen_code(setting.snapshot, unit, purpose)
    return chosen or form_for(setting.snapshot, procedure, purpose, setting.today)
