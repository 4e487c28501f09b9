"""What a person is in one unit on one day: the only thing the rules of a record know about people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from recordkeeper.language import listing


class Principal(NamedTuple):
    """Whom a deputy or successor stands in for: ``person/7``, and the name as it is printed."""

    subject: str
    name: str


def deputy_name(name: str, principal: str) -> str:
    """A deputy's name as it is printed: it says for whom."""
    return f"{name}（代{principal}）"


@dataclass(frozen=True, slots=True)
class Standing:
    """Who acts, and in which roles.

    Args:
        subject: ``person/7``.
        name: the name as it is printed.
        roles: ids of the roles held at the record's unit that day, the units above it included.
        role_names: names in the language in use, for what a refusal says: of roles by id, of persons and parties by
            subject.
        stands_in_for: whom this person stands in for: by a role that they hold there, and by their own subject.
        deputy_for: whom the act in hand is done for; empty where it is done by right of one's own.
        is_auditor: whether the account is an auditor's, which reads by that role alone.
    """

    subject: str
    name: str
    roles: frozenset[str]
    role_names: Mapping[str, str] = field(default_factory=dict, compare=False)
    stands_in_for: Mapping[str, Principal] = field(default_factory=dict)
    deputy_for: str = ""
    is_auditor: bool = False

    @property
    def rights(self) -> frozenset[str]:
        """The roles held, those of others whom this person stands in for included, and the persons themselves."""
        return self.roles | {self.subject} | self.stands_in_for.keys()

    @property
    def reading_roles(self) -> frozenset[str]:
        """The roles held, those of others whom this person stands in for included."""
        return self.roles | {right for right in self.stands_in_for if "/" not in right}

    def has_any(self, roles: Iterable[str]) -> bool:
        """Whether one of ``roles`` is held, or stood in for."""
        return not self.rights.isdisjoint(roles)

    def acting_in(self, roles: Iterable[str]) -> "Standing":
        """This person as they act in the first of ``roles`` that is theirs; a deputy's name says for whom."""
        several = list(roles)
        if self.deputy_for or not (self.roles | {self.subject}).isdisjoint(several):
            return self
        principal = next((self.stands_in_for[role] for role in several if role in self.stands_in_for), None)
        if principal is None:
            return self
        return replace(self, name=deputy_name(self.name, principal.name), deputy_for=principal.subject)

    def named(self, roles: Iterable[str]) -> str:
        """``roles`` as a person reads them; ids where no name is known."""
        return listing(dict.fromkeys(self.role_names.get(role, role) for role in roles))
