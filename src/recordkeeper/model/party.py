"""A party: a person or firm that records are about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self, TypedDict, Unpack

from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import Act, History
from recordkeeper.model.particulars import (
    Checks,
    amendment,
    changed_by,
    check_line,
    check_one_of,
    check_optional_line,
)
from recordkeeper.model.replay import UnknownActError, fold
from recordkeeper.model.value import format_moment

PARTY_KINDS = ("person", "firm")
LONGEST_NOTE = 1000
_CHECKS: Checks = {
    "name": lambda text: check_line(text, _("name")),
    "kind": lambda text: check_one_of(text, PARTY_KINDS, _("kind")),
    "phone": lambda text: check_optional_line(text, _("phone")),
    "contact": lambda text: check_optional_line(text, _("contact")),
    "note": lambda text: check_optional_line(text, _("note"), LONGEST_NOTE),
}


class PartyValues(TypedDict, total=False):
    """What is given of a party; None stands for nothing."""

    name: str | None
    kind: str | None
    phone: str | None
    contact: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """One party.

    Args:
        subject: ``party/12``.
        name: as it is printed.
        kind: person or firm.
        phone: as given; empty where unknown.
        contact: whom to ask for, or an address; empty where unknown.
        note: what staff should know; empty where nothing.
    """

    subject: str
    name: str
    kind: str
    phone: str
    contact: str
    note: str

    @staticmethod
    def add(*, by: str, at: datetime, **given: Unpack[PartyValues]) -> Content:
        """The first act of a party; a person where no kind is given.

        Raises:
            TextRefusedError: a value that cannot be used.
        """
        texts = {"kind": "person"} | {key: str(value) for key, value in given.items() if value is not None}
        checked = {key: check(texts.get(key, "")) for key, check in _CHECKS.items()}
        return {"act": "add", "by": by, "at": format_moment(at), **checked}

    @classmethod
    def replay(cls, history: History) -> Self:
        """The party after all its acts.

        Raises:
            UnreadableActError: an act that no release writes.
        """
        return fold(history, cls._first, cls._after)

    @classmethod
    def _first(cls, act: Act) -> Self:
        if act.kind != "add":
            raise UnknownActError(act.kind)
        return cls(act.subject, *(str(act.content[key]) for key in _CHECKS))

    def _after(self, act: Act) -> Self:
        return replace(self, **changed_by(act, _CHECKS))

    def amend(self, *, by: str, at: datetime, reason: str | None = None, **given: Unpack[PartyValues]) -> Content:
        """Change what is given; None leaves a value as it is, an empty text removes it.

        Raises:
            NothingAmendedError: no value differs.
            TextRefusedError: a value that cannot be used.
        """
        return amendment(self, self.subject, _CHECKS, given, by=by, at=at, reason=reason)

    @property
    def facts(self) -> Mapping[str, str]:
        """What a form's field may take from a party, by name."""
        return {key: str(getattr(self, key)) for key in _CHECKS}
