"""What belongs to some units: themselves, their records and premises, the people who act there, the parties there."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import CompoundSelect, or_, select, union

from recordkeeper.register import tables
from recordkeeper.register.snapshot import Snapshot


def subjects_within(snapshot: Snapshot, units: Collection[str], above: Collection[str]) -> frozenset[str]:
    """The subjects of some units.

    Args:
        snapshot: where to look.
        units: the units.
        above: these and every unit above them: roles that are held there hold in the units.
    """
    record, premises, occupancy = tables.record.c, tables.premises.c, tables.occupancy.c
    grant = tables.role_grant.c
    there = select(premises.subject).where(premises.unit.in_(units))
    statement: CompoundSelect[Any] = union(
        select(tables.unit.c.subject).where(tables.unit.c.subject.in_(units)),
        select(record.subject).where(record.unit.in_(units)),
        there,
        select(grant.person).where(grant.unit.in_(above)),
        select(occupancy.party).where(occupancy.subject.in_(there)),
        select(record.party).where(record.unit.in_(units), record.party.is_not(None)),
        select(tables.tombstone.c.subject).where(
            or_(*(tables.tombstone.c.content.like(f'%"unit":"{unit}"%') for unit in units))
        ),
    )
    return frozenset(str(subject) for subject in snapshot.connection.scalars(statement))
