"""A party: a person or firm that records are about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import Act, History
from recordkeeper.model.particulars import (
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
_AMENDED = ("name", "kind", "phone", "contact", "note")


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
    def add(
        *,
        by: str,
        at: datetime,
        name: str,
        kind: str = "person",
        phone: str | None = None,
        contact: str | None = None,
        note: str | None = None,
    ) -> Content:
        """The first act of a party.

        Raises:
            TextRefusedError: a value that cannot be used.
        """
        return {
            "act": "add",
            "by": by,
            "at": format_moment(at),
            "name": check_line(name, _("name")),
            "kind": check_one_of(kind, PARTY_KINDS, _("kind")),
            "phone": check_optional_line(phone, _("phone")),
            "contact": check_optional_line(contact, _("contact")),
            "note": check_optional_line(note, _("note"), LONGEST_NOTE),
        }

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
        return cls(act.subject, *(str(act.content[key]) for key in _AMENDED))

    def _after(self, act: Act) -> Self:
        return replace(self, **changed_by(act, _AMENDED))

    def amend(
        self,
        *,
        by: str,
        at: datetime,
        name: str | None = None,
        kind: str | None = None,
        phone: str | None = None,
        contact: str | None = None,
        note: str | None = None,
        reason: str | None = None,
    ) -> Content:
        """Change what is given; None leaves a value as it is, an empty text removes it.

        Raises:
            NothingAmendedError: no value differs.
            TextRefusedError: a value that cannot be used.
        """
        given: dict[str, Json] = {
            "name": None if name is None else check_line(name, _("name")),
            "kind": None if kind is None else check_one_of(kind, PARTY_KINDS, _("kind")),
            "phone": None if phone is None else check_optional_line(phone, _("phone")),
            "contact": None if contact is None else check_optional_line(contact, _("contact")),
            "note": None if note is None else check_optional_line(note, _("note"), LONGEST_NOTE),
        }
        return amendment(self, self.subject, given, by=by, at=at, reason=reason)

    @property
    def facts(self) -> Mapping[str, str]:
        """What a form's field may take from a party, by name."""
        return {key: str(getattr(self, key)) for key in _AMENDED}
