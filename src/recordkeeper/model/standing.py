"""What a person is in one unit on one day: the only thing the rules of a record know about people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from recordkeeper.language import listing


@dataclass(frozen=True, slots=True)
class Standing:
    """Who acts, and in which roles.

    Args:
        subject: ``person/7``.
        name: the name as it is printed.
        roles: ids of the roles held at the record's unit that day, the units above it included.
        role_names: names of roles in the language in use, by id, for what a refusal says.
    """

    subject: str
    name: str
    roles: frozenset[str]
    role_names: Mapping[str, str] = field(default_factory=dict, compare=False)

    def has_any(self, roles: tuple[str, ...]) -> bool:
        """Whether one of ``roles`` is held."""
        return not self.roles.isdisjoint(roles)

    def named(self, roles: Iterable[str]) -> str:
        """``roles`` as a person reads them; ids where no name is known."""
        return listing(dict.fromkeys(self.role_names.get(role, role) for role in roles))
