"""The setting of one act: units, names, roles, time zone and day, as one snapshot shows them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from recordkeeper.errors import InvalidInputError, MissingError
from recordkeeper.language import current_language, noted
from recordkeeper.model.party import Party
from recordkeeper.model.person import PRODUCT_ROLES, every_name
from recordkeeper.model.premises import Premises
from recordkeeper.model.record_state import Moment
from recordkeeper.model.rendition import Surroundings
from recordkeeper.model.standing import Principal, Standing
from recordkeeper.model.subject import kind_of
from recordkeeper.model.unit import Unit
from recordkeeper.model.value import Reading, format_moment
from recordkeeper.register.directory import stood_in_for
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services import company, places
from recordkeeper.services.people import find_person, person_of
from recordkeeper.services.reference_lookup import reference_on


class _ShownNames(Mapping[str, str]):
    """The names of roles, and of persons and parties who sign in a role's place, looked up when a refusal says them."""

    def __init__(self, setting: "Setting") -> None:
        self._setting = setting

    def __getitem__(self, subject: str) -> str:
        return self._setting.shown_name(subject)

    def __iter__(self) -> Iterator[str]:
        return iter(self._setting.roles)

    def __len__(self) -> int:
        return len(self._setting.roles)


@dataclass
class Setting:
    """What surrounds an act; what is looked up once is kept.

    Args:
        snapshot: the register as it stands.
        now: the moment of the act, aware, UTC.
    """

    snapshot: Snapshot
    now: datetime
    _names: dict[str, str] = field(default_factory=dict)
    _english_names: dict[str, str] = field(default_factory=dict)

    @cached_property
    def root(self) -> Unit:
        """The company itself."""
        return company.company(self.snapshot)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.root.time_zone)

    @property
    def today(self) -> date:
        """The company's date."""
        return self.now.astimezone(self.zone).date()

    @property
    def moment(self) -> Moment:
        """The moment as acts hold it: UTC, and the company's local date."""
        return Moment(format_moment(self.now), self.today.isoformat())

    @cached_property
    def roles(self) -> dict[str, tuple[str, str]]:
        """The Chinese and English names of every role, by id."""
        return company.role_titles(self.snapshot)

    def standing(self, person: str, unit: str) -> Standing:
        """The roles of a person at a unit, those held at units above included.

        Raises:
            UnknownPersonError: no such person.
            DisabledPersonError: the account is closed.
        """
        found = person_of(self.snapshot, person)
        found.check_active_on(self.today)
        units = company.unit_and_above(self.snapshot, unit)
        return Standing(
            person,
            found.name,
            found.roles_at(units, self.today),
            _ShownNames(self),
            self._principals(person, units),
            is_auditor=found.is_auditors_account_on(self.today),
        )

    def _principals(self, person: str, units: tuple[str, ...]) -> dict[str, Principal]:
        """Whom ``person`` stands in for at a unit today, by what passes to a deputy."""
        principals: dict[str, Principal] = {}
        for subject in stood_in_for(self.snapshot, person):
            other = person_of(self.snapshot, subject)
            for right in sorted(other.stood_in_for(person, units, self.today)):
                principals.setdefault(right, Principal(other.subject, other.name))
        return principals

    def name_of(self, subject: str) -> str:
        """The printed Chinese name of a person, party, premises, unit or role; what is unknown stays as it is."""
        if subject not in self._names:
            self._names[subject] = self._looked_up(subject)
        return self._names[subject]

    def names_of(self, persons: Iterable[str]) -> dict[str, frozenset[str]]:
        """Every name that each of ``persons`` ever had; who is unknown is left out."""
        histories = {person: self.snapshot.history(person) for person in set(persons)}
        return {person: every_name(history) for person, history in histories.items() if history is not None}

    def shown_name(self, subject: str) -> str:
        """The name of a role, unit, person, party or premises in the language in use."""
        if current_language() != "en":
            return self.name_of(subject)
        if subject not in self._english_names:
            self._english_names[subject] = self._english_name(subject)
        return self._english_names[subject]

    def role_with_name(self, role: str) -> str:
        """A role's id, by which it is given, with its name in the language in use."""
        return noted(role, self.shown_name(role)) if role in self.roles else role

    def _english_name(self, subject: str) -> str:
        if subject in self.roles:
            return self.roles[subject][1]
        if kind_of(subject) == "unit" and (history := self.snapshot.history(subject)):
            return Unit.replay(history).name("en")
        return self.name_of(subject)

    def _looked_up(self, subject: str) -> str:
        if subject in self.roles:
            return self.roles[subject][0]
        history = self.snapshot.history(subject)
        if history is None:
            return subject
        match kind_of(subject):
            case "unit":
                return Unit.replay(history).name_zh
            case "person":
                return person_of(self.snapshot, subject).name
            case "party":
                return Party.replay(history).name
            case "premises":
                return Premises.replay(history).code
            case _:
                return subject

    def resolve(self, kind: str, text: str) -> str | None:
        """The subject, or role id, that ``text`` names; None where there is none or several."""
        if kind == "role":
            names = {name: role for role, (zh, en) in self.roles.items() for name in (role, zh, en)}
            found = names.get(text)
            return None if found in {"program", "party", *PRODUCT_ROLES} else found
        try:
            return self.find(kind, text)
        except (MissingError, InvalidInputError):
            return None

    def find(self, kind: str, text: str) -> str:
        """The subject of a person, unit, party or premises by id, code, login or name.

        Raises:
            MissingError: none of that name.
            InvalidInputError: several.
        """
        match kind:
            case "person":
                return find_person(self.snapshot, text).subject
            case "unit":
                return places.find_unit(self.snapshot, text).subject
            case "party":
                return places.find_party(self.snapshot, text).subject
            case _:
                return places.find_premises(self.snapshot, text).subject

    def facts_of(self, party: str | None, premises: str | None) -> dict[str, str]:
        """What fields can take from the record's party and premises, ``party.phone`` to its value."""
        facts: dict[str, str] = {}
        if party and (history := self.snapshot.history(party)):
            facts |= {f"party.{name}": value for name, value in Party.replay(history).facts.items() if value}
        if premises and (history := self.snapshot.history(premises)):
            facts |= {f"premises.{name}": value for name, value in Premises.replay(history).facts.items() if value}
        return facts

    @property
    def reading(self) -> Reading:
        """How values are read here."""
        return Reading(self.zone, self.resolve, reference_on(self.snapshot, self.today, self.zone))

    @property
    def surroundings(self) -> Surroundings:
        """What a rendering needs here."""
        return Surroundings(self.root.name_zh, self.name_of, self.zone)
