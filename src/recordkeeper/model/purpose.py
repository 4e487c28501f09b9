"""What the forms of a procedure lead to without knowing its code, and which form serves it once it is installed.

A purpose is bound to a form's code, or to the empty text where it shall lead to nothing.

Source: ISO 9001, 8.7, 10.2
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content


def purpose_names() -> dict[str, str]:
    """The purposes that every procedure may name, each with what it is called in the language in use.

    A procedure adds its own by providing a form for them.
    """
    return {
        "change_request": _("change request"),
        "complaint": _("complaint"),
        "corrective_action": _("corrective action"),
        "customer_survey": _("customer satisfaction survey"),
        "customer_visit": _("visit to a household"),
        "household_file": _("household file"),
        "internal_contact": _("internal contact"),
        "nonconformity": _("nonconformity"),
        "open_letter": _("open letter"),
    }


def own_purpose_names() -> dict[str, str]:
    """The purposes for which the program itself needs a form that some procedure provides, each with its name."""
    return {
        "appraisal_sheet": _("appraisal sheet"),
        "destruction_certificate": _("destruction certificate"),
        "destruction_list": _("destruction list"),
        "property_report": _("report on the four properties"),
        "transfer_list": _("transfer list"),
    }


@dataclass(frozen=True, slots=True)
class Unbound:
    """A purpose that a procedure's forms open or need, and that no form serves.

    Args:
        procedure: its id.
        purpose: the purpose.
        offered: the forms that installed procedures provide for it; none or several, else it would be bound.
    """

    procedure: str
    purpose: str
    offered: tuple[str, ...] = ()


def purposes_of(definition: Content) -> dict[str, list[str]]:
    """Each purpose that a form opens or needs a record for, with the ids of the sections that do.

    Args:
        definition: the data of the form's definition, as its first act holds them; they were checked before.
    """
    found: dict[str, list[str]] = {}
    for section in _sections(definition):
        for elsewhere in (*_maps(section.get("opens")), *_maps(section.get("needs"))):
            purpose, name = elsewhere.get("purpose"), str(section["id"])
            if purpose is not None and name not in found.setdefault(str(purpose), []):
                found[str(purpose)].append(name)
    return found


def _sections(definition: Content) -> list[Content]:
    sheet = cast("Content", definition.get("sheet") or {})
    return [*_maps(definition.get("sections")), *_maps(sheet.get("sections"))]


def _maps(listed: object) -> list[Content]:
    return list(cast("Iterable[Content]", listed or ()))


def bindings_of(
    purposes: Iterable[str],
    given: Mapping[str, str],
    earlier: Mapping[str, str],
    own: Mapping[str, str],
    others: Mapping[str, Iterable[str]],
) -> dict[str, str]:
    """Each purpose to the code that serves it; what nobody settles is left out.

    Args:
        purposes: what the procedure's forms open or need.
        given: what a person says: purpose to code, or to the empty text for none.
        earlier: what counted for an earlier revision; it goes on, purposes no longer used included, for records that
            began on that revision.
        own: what the procedure itself provides.
        others: what other installed procedures provide; a purpose that several serve is nobody's until it is given.
    """
    bound = {**earlier, **given}
    for purpose in purposes:
        if purpose in bound:
            continue
        served = [own[purpose]] if purpose in own else sorted(set(others.get(purpose, ())))
        if len(served) == 1:
            bound[purpose] = served[0]
    return bound
