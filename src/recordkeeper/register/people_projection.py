"""The rows that follow from the acts of units, persons, parties and premises."""

from recordkeeper.model.party import Party
from recordkeeper.model.person import Person
from recordkeeper.model.premises import Premises
from recordkeeper.model.unit import Unit
from recordkeeper.register.projection import Rows


def unit_rows(unit: Unit) -> Rows:
    """The row of a unit."""
    return {
        "unit": [
            {
                "code": unit.code,
                "name_zh": unit.name_zh,
                "name_en": unit.name_en,
                "parent": unit.parent,
                "kind": unit.kind,
            }
        ]
    }


def person_rows(person: Person) -> Rows:
    """The row of a person, with the key last in use, and one row a role held."""
    is_open = person.disabled_on is None
    return {
        "person": [
            {
                "login": person.login,
                "name": person.name,
                "state": "active" if is_open else f"disabled {person.disabled_on}",
                "public_key": person.keys[-1].public_key if person.keys else None,
            }
        ],
        "role_grant": [
            {"person": person.subject, "role": grant.role, "unit": grant.unit, **grant.period.content}
            for grant in person.grants
        ]
        + [
            # who stands in for somebody holds, as it were, that person for a role
            {"person": each.person, "role": person.subject, "unit": each.unit, **each.period.content}
            for each in person.deputies
        ],
    }


def party_rows(party: Party) -> Rows:
    """The row of a party."""
    return {"party": [party.facts]}


def premises_rows(premises: Premises) -> Rows:
    """The row of premises, and one row an occupancy."""
    return {
        "premises": [{"unit": premises.unit, **premises.facts}],
        "occupancy": [
            {
                "premises": premises.code,
                "party": occupancy.party,
                "capacity": occupancy.capacity,
                **occupancy.period.content,
            }
            for occupancy in premises.occupancies
        ],
    }
