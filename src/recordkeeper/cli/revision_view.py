"""Revisions of controlled documents on the command line: where they stand, and who consents in the same run."""

import os
from datetime import date
from typing import TYPE_CHECKING

from recordkeeper.cli import identity
from recordkeeper.cli.options import Invocation
from recordkeeper.cli.output import print_table
from recordkeeper.language import translate as _
from recordkeeper.model.particulars import parse_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recordkeeper.model.canonical import Json
    from recordkeeper.model.form_revision import Revision
    from recordkeeper.services.people import Signer
    from recordkeeper.services.revising import Consent


def day_of(text: str | None, option: str) -> date | None:
    """The day that an option gives.

    Raises:
        TextRefusedError: no date.
    """
    return None if text is None else parse_date(text, option)


def day_text(revision: "Revision | None") -> str | None:
    """From when a revision counts; None while that is not known."""
    return revision.effective_on.isoformat() if revision and revision.effective_on else None


def second_signer(invocation: Invocation, login: str) -> "Signer":
    """Another person with their opened key, by a passphrase of their own.

    Raises:
        UnknownPersonError, WrongPassphraseError: no such person, or not theirs.
        NotProvenError: it is nowhere given and nobody can be asked.
    """
    from recordkeeper.services.people import authenticate, open_signing_key

    register = invocation.workspace().register
    is_typed = identity.will_be_asked(identity.SECOND_PASSPHRASE, os.environ)
    passphrase = invocation.second_passphrase_of(login)
    approver = authenticate(register, login, passphrase, invocation.now)
    return open_signing_key(register, approver, passphrase, invocation.now, unattended=not is_typed)


def consent_of(invocation: Invocation, approve_as: str | None, effective: str | None) -> "Consent | None":
    """Who approves and releases in the same run, and from when; None where nobody does.

    Raises:
        As ``second_signer`` and ``day_of``.
    """
    from recordkeeper.services.revising import Consent

    if approve_as is None:
        return None
    return Consent(second_signer(invocation, approve_as), day_of(effective, "--effective"))


def revision_value(each: "Revision") -> "dict[str, Json]":
    """Where a revision stands, for programs."""
    return {
        "subject": each.subject,
        "code": each.code,
        "revision": each.revision,
        "state": str(each.state),
        "effective_on": day_text(each),
        **({} if each.is_form else {"units": list(each.units), "bindings": dict(each.bindings)}),
    }


def print_revisions(done: "Sequence[Revision]") -> None:
    """Print where revisions stand."""
    from recordkeeper.model.form_revision import revision_state_name

    rows = [[each.code, each.revision, revision_state_name(each.state), day_text(each)] for each in done]
    print_table([_("Code"), _("Revision"), _("State"), _("Effective")], rows)
