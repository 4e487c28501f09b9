"""Settling anew, for a procedure that is installed, for which units it holds and which forms serve its purposes.

The revision in force is settled, and with it every later one that waits, so that none falls back when it counts.

Source: ISO 9001, 7.5.3.2
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import cast

from recordkeeper.model.canonical import Content
from recordkeeper.model.form_revision import Revision, RevisionState
from recordkeeper.model.purpose import Unbound
from recordkeeper.model.record_state import Moment
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import procedure_subject
from recordkeeper.register.acts import Register
from recordkeeper.register.procedure_register import procedure_revisions_of
from recordkeeper.services.catalogue import act_on_each, bound_codes, revisions_of_procedure
from recordkeeper.services.company import today
from recordkeeper.services.definition import PROCEDURE_FILE, load_procedure
from recordkeeper.services.installation import (
    Terms,
    settled_bindings,
    standing_forms,
    standing_revision,
    unbound_purposes,
)
from recordkeeper.services.people import Actor
from recordkeeper.services.procedures import NoPackageError, folder_of
from recordkeeper.services.setting import Setting


def installed_already(register: Register, source: str) -> str | None:
    """The id of the procedure that ``source``, an id or a folder, names, where that very revision is installed.

    Raises:
        NoPackageError: it is neither installed nor a folder nor shipped.
        DefinitionError: the folder's procedure cannot be read.
    """
    with register.reading() as snapshot:
        try:
            text = (folder_of(source) / PROCEDURE_FILE).read_text(encoding="utf-8")
        except NoPackageError:
            if procedure_revisions_of(snapshot, source.upper()):
                return source.upper()
            raise
        procedure = load_procedure(text, PROCEDURE_FILE)
        is_there = snapshot.history(procedure_subject(procedure.id, procedure.revision)) is not None
        return procedure.id if is_there else None


def settle(register: Register, identifier: str, terms: Terms, actor: Actor, now: datetime) -> list[Revision]:
    """Say anew for which units a procedure is installed, and which forms serve its purposes.

    Args:
        register: the open register.
        identifier: the procedure's id.
        terms: what changes; all else goes on as it was.
        actor: a controller.
        now: aware, UTC.

    Returns:
        The revisions that were settled: the one in force, else the newest, and those that wait.

    Raises:
        UnknownProcedureError: it is not installed.
        UnusedPurposeError, UnknownFormError, SharedSpellingError, UnknownPlaceError: terms that cannot be.
        NoRightError: the actor is no controller.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        known = revisions_of_procedure(snapshot, identifier)
        code = known[0].code
        standing = standing_revision(snapshot, code, setting.today) or known[-1]
        forms = [form.definition for form in standing_forms(snapshot, setting.today).get(code, [])]
        own = cast("Mapping[str, str]", standing.definition.get("provides") or {})
        given = bound_codes(snapshot, terms.bindings)
        bindings = settled_bindings(snapshot, code, forms, own, given, setting.today)
        units = [setting.find("unit", text) for text in terms.units] or list(standing.units)
    subjects = [each.subject for each in known if each.place >= standing.place and _goes_on(each)]

    def decide(revision: Revision, who: Standing, moment: Moment) -> Content:
        return revision.install_for(units, bindings, who, moment)

    return act_on_each(register, subjects, actor, now, "install", decide)


def _goes_on(revision: Revision) -> bool:
    return revision.state is not RevisionState.WITHDRAWN


def loose_ends(register: Register, identifiers: Collection[str], now: datetime) -> list[Unbound]:
    """What the procedures named leave unbound, and what of others could be bound now, as one form or more is there."""
    with register.reading() as snapshot:
        found = unbound_purposes(snapshot, today(snapshot, now))
    return [each for each in found if each.procedure in identifiers or each.offered]
