"""Whose a procedure is: who revises or withdraws it, or one of its forms, belongs to the department that owns it.

Source: ISO 9001, 7.5.3.2 (control of changes); P12-R16
"""

from typing import TYPE_CHECKING, cast

from recordkeeper.model.form_revision import NoRoleError
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.services.installation import standing_revision
from recordkeeper.services.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_owner(setting: Setting, procedure: str, person: str) -> None:
    """Refuse whoever does not belong to the department that owns an installed procedure.

    Args:
        setting: of the act.
        procedure: its id.
        person: the subject of who acts.

    Raises:
        NoRoleError: it has an owner, and the person does not hold that role in the company.
    """
    standing = standing_revision(setting.snapshot, procedure, setting.today)
    owner = cast("Mapping[str, str] | None", standing.definition.get("owner")) if standing else None
    if owner is None:
        return
    who = setting.standing(person, ROOT_UNIT)
    if owner["role"] not in who.roles:
        raise NoRoleError(procedure, setting.shown_name(owner["role"]), who.name)
