"""The records that one person may read, as lists go through them; each answer is found once.

Lists and ``record show`` ask the same question: a role at the record's unit that its form lets read, one's own part in
it (named in it, or who opened, filled or signed it, or standing in for one of these), or consent that was given.

Source: ISO 9001, 7.5.3.1, 7.5.3.2; P01-R10; I-5, I-6
"""

from dataclasses import dataclass, field
from functools import cached_property

from recordkeeper.model.form import Form
from recordkeeper.model.person import Person
from recordkeeper.register.directory import stood_in_for
from recordkeeper.register.lookup import units_below
from recordkeeper.register.search import FoundRecord, subjects_with_part
from recordkeeper.services.catalogue import form_of
from recordkeeper.services.people import person_of
from recordkeeper.services.reading_right import Readers, may_read, may_read_record, readers_of
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting


@dataclass
class Shelf:
    """What one person may read on one day.

    Args:
        setting: the register, and the moment.
        subject: ``person/7``.
    """

    setting: Setting
    subject: str
    _by_role: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    _readers: dict[tuple[str, str, str], Readers] = field(default_factory=dict)
    _forms: dict[tuple[str, str], Form] = field(default_factory=dict)
    _roles: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def person(self) -> Person:
        """The person; refused where the account is closed.

        Raises:
            UnknownPersonError, DisabledPersonError: nobody who may read anything.
        """
        person = person_of(self.setting.snapshot, self.subject)
        person.check_active_on(self.setting.today)
        return person

    @cached_property
    def persons(self) -> tuple[str, ...]:
        """The person, and whoever they stand in for today at any unit."""
        return (self.subject, *(other.subject for other in self._principals))

    @cached_property
    def units(self) -> set[str]:
        """The units at which the person holds a role today, or stands in for somebody who does."""
        snapshot, today = self.setting.snapshot, self.setting.today
        found = {
            below
            for grant in self.person.grants
            if grant.period.holds_on(today)
            for below in units_below(snapshot, grant.unit)
        }
        for other in self._principals:
            own = {
                below
                for grant in other.grants
                if grant.period.holds_on(today)
                for below in units_below(snapshot, grant.unit)
            }
            passed = {
                below
                for each in other.deputies
                if each.person == self.subject and each.period.holds_on(today)
                for below in units_below(snapshot, each.unit)
            }
            found |= {unit for unit in own & passed if self.roles_at(unit)}
        return found

    @cached_property
    def _principals(self) -> list[Person]:
        snapshot, today = self.setting.snapshot, self.setting.today
        others = [person_of(snapshot, subject) for subject in stood_in_for(snapshot, self.subject)]
        return [
            other
            for other in others
            if any(each.person == self.subject and each.period.holds_on(today) for each in other.deputies)
        ]

    @cached_property
    def _with_part(self) -> set[str]:
        return subjects_with_part(self.setting.snapshot, self.persons)

    def roles_at(self, unit: str) -> frozenset[str]:
        """The roles held at a unit, those stood in for included."""
        if unit not in self._roles:
            self._roles[unit] = self.setting.standing(self.subject, unit).reading_roles
        return self._roles[unit]

    def form(self, row: FoundRecord) -> Form:
        """The form of a record."""
        key = (row.form, row.revision)
        if key not in self._forms:
            self._forms[key] = form_of(self.setting.snapshot, *key)
        return self._forms[key]

    def readers(self, row: FoundRecord) -> Readers:
        """Who may read it, as the form and the procedures in force at its unit say."""
        key = (row.form, row.revision, row.unit)
        if key not in self._readers:
            self._readers[key] = readers_of(self.setting, self.form(row), row.unit)
        return self._readers[key]

    def is_readable(self, row: FoundRecord) -> bool:
        """Whether the person may read it: by a role, or by a part in it or consent, for which it is looked into."""
        key = (row.form, row.revision, row.unit)
        if key not in self._by_role:
            self._by_role[key] = may_read(self.roles_at(row.unit), self.readers(row))
        if self._by_role[key]:
            return True
        if row.subject not in self._with_part:
            return False
        record, who = load(self.setting.snapshot, row.number), self.setting.standing(self.subject, row.unit)
        return may_read_record(record, who, self.readers(row), self.setting.today)
