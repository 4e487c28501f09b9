"""What the installation of a procedure settles: for which units it holds, and which form serves a purpose.

A procedure's forms open and need forms of other procedures without knowing their codes: nonconformity, complaint, open
letter are named by what they are for. Which form serves stands in the procedure's acts: the one that a person gives,
else the procedure's own, else that of another installed procedure. What nobody serves is told, and refused only where
a record is to be opened or looked for by it.

Source: ISO 9001, 7.5.3.2, 8.7, 10.2
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from recordkeeper.errors import FormError, InvalidInputError, RefusalError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision, RevisionState, in_force
from recordkeeper.model.purpose import Unbound, bindings_of, own_purpose_names, purposes_of
from recordkeeper.register.procedure_register import procedure_revisions_of
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.company import unit_and_above
from recordkeeper.services.setting import Setting

NO_FORM = "none"
"""How a person says that a purpose leads to no form here; acts hold the empty text for it."""


class UnboundPurposeError(FormError, RefusalError):
    """A section opens or needs a record for a purpose that no form is bound to."""

    def __init__(self, procedure: str, purpose: str) -> None:
        message = _(
            "{procedure}: the purpose {purpose} is bound to no form:"
            " procedure install {procedure} --bind {purpose}=CODE, or =none"
        )
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


class UnusedPurposeError(FormError, InvalidInputError):
    """A purpose is to be bound that no form of the procedure opens or needs."""

    def __init__(self, procedure: str, purpose: str, used: Iterable[str]) -> None:
        names = listing(sorted(used)) or _("no purpose")
        message = _("{procedure}: purpose {purpose}: its forms use {expected}")
        super().__init__(
            message.format(procedure=procedure, purpose=purpose, expected=names),
            subject=procedure,
            expected=names,
            found=purpose,
        )


class UnservedPurposeError(FormError, RefusalError):
    """The program itself needs a form for a purpose, and none of those in force serves it, or several do."""

    def __init__(self, purpose: str, codes: Iterable[str]) -> None:
        found = listing(codes)
        expected = _("one form in force that serves it")
        message = _("{name} ({purpose}): expected {expected}, found {found}").format(
            name=own_purpose_names().get(purpose, purpose), purpose=purpose, expected=expected, found=found or _("none")
        )
        if not found:
            message += _("; install a procedure that provides one, and have its forms approved and released")
        super().__init__(
            message,
            subject=purpose,
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person says when they install a procedure; what they leave out goes on as it was, or follows.

    Args:
        units: the units that it is to hold for: codes, ids or names.
        bindings: purpose to the spelling of a form, or to ``none``.
    """

    units: tuple[str, ...] = ()
    bindings: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.units or self.bindings)


AS_IT_FOLLOWS = Terms()
"""Nothing is said: all units, and the forms that follow."""


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


def form_serving(snapshot: Snapshot, purpose: str, on: date) -> str:
    """The code of the one form that serves a purpose of the program's own, whichever procedure provides it.

    Raises:
        UnservedPurposeError: none does, or several.
    """
    codes = sorted(set(provided(snapshot, on).get(purpose, ())))
    if len(codes) != 1:
        raise UnservedPurposeError(purpose, codes)
    return codes[0]


def settled_bindings(
    snapshot: Snapshot,
    procedure: str,
    forms: Iterable[Content],
    own: Mapping[str, str],
    given: Mapping[str, str],
    on: date,
) -> dict[str, str]:
    """Each purpose of a procedure to the code that serves it, empty for none; what nobody serves is left out.

    Args:
        snapshot: the register as it stands.
        procedure: its id.
        forms: the definitions of its forms.
        own: the purposes that it provides itself.
        given: what a person says.
        on: the day.

    Raises:
        UnusedPurposeError: a purpose is given that none of the forms uses.
    """
    used = {purpose for definition in forms for purpose in purposes_of(definition)}
    standing = standing_revision(snapshot, procedure, on)
    earlier = standing.bindings if standing else {}
    for purpose in sorted(given):
        if purpose not in used | set(earlier):
            raise UnusedPurposeError(procedure, purpose, used)
    return bindings_of(sorted(used), given, earlier, own, provided(snapshot, on, but=procedure))


def provided(snapshot: Snapshot, on: date, *, but: str = "") -> dict[str, list[str]]:
    """Each purpose that installed procedures serve, with the codes of the forms that do, ``but``'s own left out."""
    found: dict[str, list[str]] = {}
    for revision in standing_procedures(snapshot, on):
        if revision.code != but and revision.state is not RevisionState.WITHDRAWN:
            for purpose, code in cast("Mapping[str, str]", revision.definition.get("provides") or {}).items():
                found.setdefault(purpose, []).append(code)
    return found


def standing_procedures(snapshot: Snapshot, on: date) -> list[Revision]:
    """Of every installed procedure the revision in force on a date, else its newest, in the order of their ids."""
    by_id: dict[str, list[Revision]] = {}
    for history in snapshot.histories("procedure"):
        revision = Revision.replay(history)
        by_id.setdefault(revision.code, []).append(revision)
    return [in_force(each, on) or max(each, key=lambda one: one.place) for _id, each in sorted(by_id.items())]


def standing_forms(snapshot: Snapshot, on: date) -> dict[str, list[Revision]]:
    """Each procedure's forms that are in force on a date, each else at its newest revision, in the order of codes.

    One that was withdrawn is left out.
    """
    by_code: dict[str, list[Revision]] = {}
    for history in snapshot.histories("form"):
        revision = Revision.replay(history)
        by_code.setdefault(revision.code, []).append(revision)
    found: dict[str, list[Revision]] = {}
    for _code, several in sorted(by_code.items()):
        standing = in_force(several, on) or max(several, key=lambda each: each.place)
        if standing.state is not RevisionState.WITHDRAWN or standing.is_in_force(on):
            found.setdefault(standing.procedure, []).append(standing)
    return found


def unbound_purposes(snapshot: Snapshot, on: date) -> list[Unbound]:
    """The purposes of every installed procedure that no form serves yet, in the order of their ids."""
    forms = standing_forms(snapshot, on)
    found: list[Unbound] = []
    for revision in standing_procedures(snapshot, on):
        used = {purpose for form in forms.get(revision.code, []) for purpose in purposes_of(form.definition)}
        offers = provided(snapshot, on, but=revision.code)
        found += [
            Unbound(revision.code, purpose, tuple(sorted(set(offers.get(purpose, ())))))
            for purpose in sorted(used - set(revision.bindings))
        ]
    return found
