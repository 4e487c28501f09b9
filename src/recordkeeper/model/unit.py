"""A unit: the company, an estate, a department, an office; units form a tree.

The root unit's first act is ``init``: it holds the company's name, its time zone and its log's public key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self, TypedDict, Unpack, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recordkeeper.errors import InvalidInputError, MissingError, PlaceError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import Act, History
from recordkeeper.model.particulars import (
    LONGEST_REASON,
    Checks,
    NothingAmendedError,
    amendment,
    changed_by,
    check_code,
    check_line,
    check_one_of,
    check_optional_line,
)
from recordkeeper.model.replay import UnknownActError, fold
from recordkeeper.model.value import format_moment

ROOT_UNIT = "unit/1"
ROOT_CODE = "HQ"
UNIT_KINDS = ("company", "estate", "department", "office")
_CODE = re.compile(r"[A-Z0-9]{1,8}")
_CHECKS: Checks = {
    "name_zh": lambda text: check_line(text, _("Chinese name")),
    "name_en": lambda text: check_optional_line(text, _("English name")),
    "kind": lambda text: check_one_of(text, UNIT_KINDS, _("kind")),
    "parent": str,
}


class UnitValues(TypedDict, total=False):
    """What is given of a unit; None stands for nothing."""

    name_zh: str | None
    name_en: str | None
    kind: str | None
    parent: str | None


class UnknownTimeZoneError(PlaceError, InvalidInputError):
    """A time zone that the IANA database does not have."""

    def __init__(self, found: str) -> None:
        message = _("time zone: expected an IANA name such as Asia/Shanghai, found {found}").format(found=found)
        super().__init__(message, subject="time zone", expected="Asia/Shanghai", found=found)


class CircularUnitError(PlaceError, RefusalError):
    """A unit placed below itself."""

    def __init__(self, code: str, parent: str) -> None:
        message = _("unit {code}: cannot stand below {parent}, which is itself below it or the same").format(
            code=code, parent=parent
        )
        super().__init__(message, subject=code, found=parent)


class RootUnitError(PlaceError, RefusalError):
    """The root unit moved below another."""

    def __init__(self, code: str) -> None:
        super().__init__(_("unit {code}: the root unit stands below no other").format(code=code), subject=code)


class MirrorKnownError(PlaceError, RefusalError):
    """A second copy of the archive that is kept already."""

    def __init__(self, place: str) -> None:
        super().__init__(_("mirror {place}: is kept already").format(place=place), subject=place)


class UnknownMirrorError(PlaceError, MissingError):
    """No second copy of the archive is kept there."""

    def __init__(self, place: str) -> None:
        super().__init__(_("mirror {place}: none is kept there").format(place=place), subject=place)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit.

    Args:
        subject: ``unit/3``.
        code: 1 to 8 capital letters and digits; never changes, for it stands in numbers.
        kind: company, estate, department or office.
        name_zh, name_en: its names.
        parent: the unit above it; none for the root.
        time_zone: the company's IANA time zone; the root's alone.
        log_key: the public key of the company's log as text; the root's alone.
        mirrors: the folders in which second copies of the archive are kept; the root's alone.
        choices: the form chosen for a purpose that several procedures serve, for this unit and those below it.
    """

    subject: str
    code: str
    kind: str
    name_zh: str
    name_en: str
    parent: str | None
    time_zone: str = ""
    log_key: str = ""
    mirrors: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def init(
        *, by: str, at: datetime, company: str, company_en: str, code: str, time_zone: str, log_key: str
    ) -> Content:
        """The first act of the root unit.

        Raises:
            TextRefusedError: a name or code that cannot be used.
            UnknownTimeZoneError: no such time zone.
        """
        return {
            "act": "init",
            "by": by,
            "at": format_moment(at),
            "code": _checked_code(code),
            "kind": "company",
            "name_zh": check_line(company, _("company")),
            "name_en": check_optional_line(company_en, _("English name")),
            "time_zone": check_time_zone(time_zone),
            "log_key": log_key,
        }

    @staticmethod
    def add(*, by: str, at: datetime, code: str, kind: str, name_zh: str, name_en: str, parent: str) -> Content:
        """The first act of a unit below another.

        Raises:
            TextRefusedError: a name, code or kind that cannot be used.
        """
        return {
            "act": "add",
            "by": by,
            "at": format_moment(at),
            "code": _checked_code(code),
            "kind": check_one_of(kind, UNIT_KINDS, _("kind")),
            "name_zh": check_line(name_zh, _("Chinese name")),
            "name_en": check_optional_line(name_en, _("English name")),
            "parent": parent,
        }

    @staticmethod
    def rotate_log_key(*, by: str, at: datetime, old_key: str, new_key: str, by_old: str, by_new: str) -> Content:
        """Name a new key of the log, in an act of the root unit.

        Args:
            by: the person.
            at: aware, UTC.
            old_key: the public key before, as text.
            new_key: the public key from now on.
            by_old: the old key's signature over both, hexadecimal.
            by_new: the new key's signature over both, hexadecimal.
        """
        return {
            "act": "rotate-log-key",
            "by": by,
            "at": format_moment(at),
            "old_key": old_key,
            "new_key": new_key,
            "signature_by_old": by_old,
            "signature_by_new": by_new,
        }

    def choose(self, *, by: str, at: datetime, purpose: str, form: str, reason: str) -> Content:
        """Choose the form that serves a purpose here, where several procedures have one.

        Raises:
            TextRefusedError: no reason.
            NothingAmendedError: it is chosen already.
        """
        if self.choices.get(purpose) == form:
            raise NothingAmendedError(self.code)
        return {
            "act": "choose",
            "by": by,
            "at": format_moment(at),
            "purpose": purpose,
            "form": form,
            "reason": check_line(reason, _("reason"), LONGEST_REASON),
        }

    def mirror(self, *, by: str, at: datetime, place: str) -> Content:
        """Keep a second copy of the archive in the folder ``place``, in an act of the root unit.

        Raises:
            MirrorKnownError: one is kept there.
        """
        if place in self.mirrors:
            raise MirrorKnownError(place)
        return {"act": "mirror", "by": by, "at": format_moment(at), "place": place}

    def unmirror(self, *, by: str, at: datetime, place: str) -> Content:
        """Keep that second copy no longer, in an act of the root unit.

        Raises:
            UnknownMirrorError: none is kept there.
        """
        if place not in self.mirrors:
            raise UnknownMirrorError(place)
        return {"act": "unmirror", "by": by, "at": format_moment(at), "place": place}

    @classmethod
    def replay(cls, history: History) -> Self:
        """The unit after all its acts.

        Raises:
            UnreadableActError: an act that no release writes.
        """
        return fold(history, cls._first, cls._after)

    @classmethod
    def _first(cls, act: Act) -> Self:
        content = act.content
        if act.kind not in {"init", "add"}:
            raise UnknownActError(act.kind)
        is_root = act.kind == "init"
        return cls(
            subject=act.subject,
            code=str(content["code"]),
            kind=str(content["kind"]),
            name_zh=str(content["name_zh"]),
            name_en=str(content["name_en"]),
            parent=None if is_root else str(content["parent"]),
            time_zone=str(content["time_zone"]) if is_root else "",
            log_key=str(content["log_key"]) if is_root else "",
        )

    def _after(self, act: Act) -> Self:
        if act.kind == "rotate-log-key" and self.log_key:
            return replace(self, log_key=str(act.content["new_key"]))
        if act.kind == "choose":
            return replace(self, choices={**self.choices, str(act.content["purpose"]): str(act.content["form"])})
        if act.kind == "mirror" and self.log_key:
            return replace(self, mirrors=(*self.mirrors, str(act.content["place"])))
        if act.kind == "unmirror" and self.log_key:
            gone = str(act.content["place"])
            return replace(self, mirrors=tuple(place for place in self.mirrors if place != gone))
        return replace(self, **cast("dict[str, Any]", changed_by(act, _CHECKS)))

    def amend(self, *, by: str, at: datetime, reason: str | None = None, **given: Unpack[UnitValues]) -> Content:
        """Change names, kind or the unit above, which is given as a subject; what is None stays.

        Raises:
            NothingAmendedError: no value differs.
            TextRefusedError: a value that cannot be used.
            RootUnitError: the root unit would stand below another.
        """
        if given.get("parent") is not None and self.parent is None:
            raise RootUnitError(self.code)
        return amendment(self, self.code, _CHECKS, given, by=by, at=at, reason=reason)

    def check_place(self, ancestors_of_parent: tuple[str, ...], parent: "Unit") -> None:
        """Refuse to stand below itself.

        Args:
            ancestors_of_parent: the parent and every unit above it.
            parent: the unit it is to stand below.

        Raises:
            CircularUnitError: this unit is among them.
        """
        if self.subject in ancestors_of_parent:
            raise CircularUnitError(self.code, parent.code)

    def name(self, language: str) -> str:
        """The name in ``zh`` or ``en``; the Chinese one where there is no English."""
        return (self.name_en or self.name_zh) if language == "en" else self.name_zh

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone; of the root unit only."""
        return ZoneInfo(self.time_zone)


def check_time_zone(name: str) -> str:
    """``name`` if the IANA database has it.

    Raises:
        UnknownTimeZoneError: it does not.
    """
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimeZoneError(name) from None


def _checked_code(code: str) -> str:
    return check_code(code, _CODE, _("unit code"), _("1 to 8 capital letters and digits"))
