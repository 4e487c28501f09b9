"""Who may do what: one line a command, from which the checks, docs/rights.md and the tests of the matrix come.

A command that is not here cannot be called: a test fails, and its service finds no line to check. What a form decides,
whose section it is and who may read, the form's own definition says; here it is told apart by ``FORM``.

Source: 21 CFR 11.10(d), (f), (g); ISO 9001, 5.3, 7.5.3.1; P-4, P-9, I-5
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from recordkeeper.model.person import APPROVER, AUDITOR, CONTROLLER
from recordkeeper.model.record_state import State

ANYBODY, ACCOUNT, FORM, TABLE = "anybody", "account", "form", "table"
"""Beside roles: whoever has the program; whoever has an open account; the roles that the form, or table, names."""

_LIVING = (State.OPEN, State.PENDING)
_IN_FORCE = (*_LIVING, State.CLOSED)
_DRAFT, _APPROVED, _RELEASED = ("draft",), ("approved",), ("released",)


class Place(StrEnum):
    """Where a role must be held: there, or at a unit above; or how far an account sees."""

    NOWHERE = "nowhere"
    COMPANY = "company"
    UNIT = "unit"
    ANY_UNIT = "any unit"
    SCOPE = "scope"
    """Anywhere; an auditor's account sees the units of its scope, until its last day."""


@dataclass(frozen=True, slots=True)
class Right:
    """What a command asks of whoever gives it.

    Args:
        command: noun and verb; behind them, in brackets, where the verb does two things.
        who: roles, of which one is enough; or one of the words of this module.
        place: where they are held.
        states: of the record or revision, in which it is done; none: it has no state, or any will do.
        is_reading: whether it changes no record and nothing that records follow; an auditor's account does nothing
            else.
    """

    command: str
    who: tuple[str, ...]
    place: Place = Place.NOWHERE
    states: tuple[str, ...] = ()
    is_reading: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The product's own roles that are asked for."""
        return tuple(role for role in self.who if role in {CONTROLLER, APPROVER, AUDITOR})

    def is_held(self, roles: Collection[str]) -> bool:
        """Whether one who holds ``roles`` at the place has it, as far as the product's own roles decide."""
        is_decided_elsewhere = not {ANYBODY, ACCOUNT, FORM, TABLE}.isdisjoint(self.who)
        return is_decided_elsewhere or not {*roles}.isdisjoint(self.roles)


def _reads(command: str, *who: str, place: Place = Place.NOWHERE) -> Right:
    return Right(command, who, place, is_reading=True)


def _does(command: str, *who: str, place: Place = Place.COMPANY, states: tuple[str, ...] = ()) -> Right:
    return Right(command, who, place, states)


_LINES = (
    _does("init", ANYBODY, place=Place.NOWHERE),
    _does("demo", ANYBODY, place=Place.NOWHERE),
    _reads("status", ANYBODY),
    _reads("login", ACCOUNT),
    _reads("logout", ACCOUNT),
    _reads("whoami", ACCOUNT),
    _reads("verify", ANYBODY),
    _reads("backup", CONTROLLER, place=Place.COMPANY),
    _reads("restore", ANYBODY),
    # procedures, forms, reference tables
    _does("procedure approve", APPROVER, states=_DRAFT),
    _reads("procedure check", ANYBODY),
    _does("procedure choose", CONTROLLER, place=Place.UNIT),
    _reads("procedure copy", ANYBODY),
    _does("procedure install", CONTROLLER),
    _reads("procedure list", ANYBODY),
    _does("procedure release", APPROVER, states=_APPROVED),
    _does("procedure revise", CONTROLLER),
    _reads("procedure show", ANYBODY),
    _does("procedure table", CONTROLLER),
    _reads("procedure table (shown)", ACCOUNT, place=Place.SCOPE),
    _does("procedure table (--approve)", TABLE, states=_DRAFT),
    _does("form approve", APPROVER, states=_DRAFT),
    _reads("form check", ANYBODY),
    _reads("form list", ANYBODY),
    _reads("form master-list", ANYBODY),
    _reads("form preview", ANYBODY),
    _does("form print", CONTROLLER, place=Place.UNIT, states=_RELEASED),
    _does("form release", APPROVER, states=_APPROVED),
    _does("form revise", CONTROLLER),
    _reads("form scaffold", ANYBODY),
    _reads("form show", ANYBODY),
    _does("form withdraw", CONTROLLER, states=_RELEASED),
    # records: the roles at the record's unit
    _does("record new", FORM, place=Place.UNIT),
    _does("record import", FORM, place=Place.UNIT),
    _does("record fill", FORM, place=Place.UNIT, states=_LIVING),
    _does("record sign", FORM, place=Place.UNIT, states=_LIVING),
    _does("record countersign", FORM, place=Place.UNIT, states=_IN_FORCE),
    _does("record amend", FORM, place=Place.UNIT, states=_IN_FORCE),
    _does("record reissue", FORM, place=Place.UNIT, states=_IN_FORCE),
    _does("record attach", FORM, place=Place.UNIT, states=_IN_FORCE),
    _does("record void", FORM, place=Place.UNIT, states=_IN_FORCE),
    _does("record close", FORM, place=Place.UNIT, states=_LIVING),
    _does("record ask", ACCOUNT, place=Place.NOWHERE, states=(*_IN_FORCE, State.VOID, State.REPLACED)),
    _does("record consent", FORM, place=Place.UNIT, states=(*_IN_FORCE, State.VOID, State.REPLACED)),
    _reads("record consent (listed)", ACCOUNT, place=Place.SCOPE),
    _reads("record show", FORM, AUDITOR, place=Place.UNIT),
    _reads("record history", FORM, AUDITOR, place=Place.UNIT),
    _reads("record find", FORM, AUDITOR, place=Place.UNIT),
    _reads("record render", FORM, AUDITOR, place=Place.UNIT),
    _does("record render (--copy)", FORM, place=Place.UNIT, states=(*_IN_FORCE, State.VOID, State.REPLACED)),
    _reads("record export", FORM, AUDITOR, place=Place.UNIT),
    # places and parties
    _does("unit add", CONTROLLER, place=Place.UNIT),
    _does("unit amend", CONTROLLER, place=Place.UNIT),
    _reads("unit list", ACCOUNT, place=Place.SCOPE),
    _reads("unit show", ACCOUNT, place=Place.SCOPE),
    _does("party add", CONTROLLER, place=Place.ANY_UNIT),
    _does("party amend", CONTROLLER, place=Place.ANY_UNIT),
    _does("party import", CONTROLLER, place=Place.ANY_UNIT),
    _reads("party list", ACCOUNT, place=Place.SCOPE),
    _reads("party show", ACCOUNT, place=Place.SCOPE),
    _does("premises add", CONTROLLER, place=Place.UNIT),
    _does("premises amend", CONTROLLER, place=Place.UNIT),
    _does("premises import", CONTROLLER, place=Place.ANY_UNIT),
    _does("premises import (of a unit)", CONTROLLER, place=Place.UNIT),
    _reads("premises list", ACCOUNT, place=Place.SCOPE),
    _does("premises occupy", CONTROLLER, place=Place.UNIT),
    _reads("premises show", ACCOUNT, place=Place.SCOPE),
    _does("premises vacate", CONTROLLER, place=Place.UNIT),
    _does("dossier cover", FORM, place=Place.UNIT),
    _reads("dossier list", FORM, AUDITOR, place=Place.UNIT),
    _reads("dossier show", FORM, AUDITOR, place=Place.UNIT),
    # the archive, retention, the trail
    _reads("archive check", ACCOUNT, place=Place.SCOPE),
    _reads("archive export", CONTROLLER, AUDITOR, place=Place.COMPANY),
    _reads("archive list", ACCOUNT, place=Place.SCOPE),
    _does("archive mirror", CONTROLLER),
    _does("archive rebuild", ANYBODY, place=Place.NOWHERE),
    _does("archive resume", ACCOUNT, place=Place.NOWHERE),
    _does("archive test", FORM, place=Place.UNIT),
    _does("retention appraise", FORM, place=Place.UNIT),
    _does("retention approve", FORM, place=Place.UNIT),
    _reads("retention certificate", FORM, AUDITOR, place=Place.UNIT),
    _reads("retention due", FORM, AUDITOR, place=Place.UNIT),
    _does("retention erase", FORM, place=Place.UNIT),
    _does("retention execute", FORM, place=Place.UNIT),
    _does("retention hand-over", FORM, place=Place.UNIT),
    _does("retention hold", CONTROLLER, APPROVER),
    _reads("retention hold (listed)", ACCOUNT, place=Place.SCOPE),
    _reads("retention list", FORM, AUDITOR, place=Place.UNIT),
    _does("retention list-new", FORM, place=Place.UNIT),
    _does("retention pack", FORM, place=Place.UNIT),
    _does("retention receive", FORM, place=Place.UNIT),
    _does("retention release", APPROVER),
    _does("retention schedule", CONTROLLER),
    _reads("retention schedule (shown)", ACCOUNT, place=Place.SCOPE),
    _does("retention schedule (--approve)", APPROVER, states=_DRAFT),
    _does("retention tell", FORM, CONTROLLER, place=Place.UNIT, states=(*_IN_FORCE, State.VOID, State.REPLACED)),
    _does("retention transfer-new", FORM, place=Place.UNIT),
    _reads("audit check", ACCOUNT, place=Place.SCOPE),
    _reads("audit check-proof", ANYBODY),
    _reads("audit checkpoint", ACCOUNT, place=Place.SCOPE),
    _reads("audit cosign", ANYBODY),
    _reads("audit cosigner-key", ANYBODY),
    _reads("audit keep-cosigned", ACCOUNT, place=Place.SCOPE),
    _reads("audit log", ACCOUNT, place=Place.SCOPE),
    _reads("audit prove", ACCOUNT, place=Place.SCOPE),
    _does("audit rotate-key", CONTROLLER),
    # people
    _does("user add", CONTROLLER),
    _does("user amend", CONTROLLER),
    _does("user deputize", CONTROLLER, place=Place.UNIT),
    _does("user disable", CONTROLLER),
    _does("user grant", CONTROLLER, place=Place.UNIT),
    _reads("user list", ACCOUNT, place=Place.SCOPE),
    _reads("user passphrase", ACCOUNT),
    _does("user passphrase (another's)", CONTROLLER),
    _does("user retire-key", CONTROLLER),
    _does("user revoke", CONTROLLER, place=Place.UNIT),
    _reads("user show", ACCOUNT, place=Place.SCOPE),
)

RIGHTS = {right.command: right for right in _LINES}
