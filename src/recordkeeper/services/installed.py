"""An installed procedure as a whole: the revision that stands, its forms, and where it holds.

Source: ISO 9001, 7.5.3.2
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from recordkeeper.model.form_revision import Revision
from recordkeeper.model.procedure import Procedure
from recordkeeper.register.lookup import units_below
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.company import unit_and_above
from recordkeeper.services.installation import standing_forms, standing_procedures
from recordkeeper.services.setting import Setting


@dataclass(frozen=True)
class Installed:
    """One installed procedure as it stands, with its forms.

    Args:
        revision: its revision in force, else its newest.
        forms: its forms, likewise.
        places: the units that it holds for, and those above and below them.
    """

    revision: Revision
    forms: tuple[Revision, ...]
    places: frozenset[str]

    @cached_property
    def procedure(self) -> Procedure:
        """What it says."""
        return Procedure.model_validate(self.revision.definition)


def installed_whole(setting: Setting) -> list[Installed]:
    """Every installed procedure with its forms and its places, in the order of their ids."""
    forms = standing_forms(setting.snapshot, setting.today)
    return [
        Installed(each, tuple(forms.get(each.code, ())), _places(setting.snapshot, each.units))
        for each in standing_procedures(setting.snapshot, setting.today)
    ]


def _places(snapshot: Snapshot, units: Collection[str]) -> frozenset[str]:
    above = {name for unit in units for name in unit_and_above(snapshot, unit)}
    return frozenset(above | {name for unit in units for name in units_below(snapshot, unit)})
