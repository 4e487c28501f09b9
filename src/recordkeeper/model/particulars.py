"""The particulars of people and places: checked at the door, and amended by an act that says what changed.

What a field of a form may hold is ``value``'s business; the characters that are refused are the same.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self, TypeAlias

from recordkeeper.amount import amount
from recordkeeper.errors import InvalidInputError, PlaceError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import Act
from recordkeeper.model.replay import UnknownActError
from recordkeeper.model.value import TextRefusedError, check_text, format_moment

LONGEST_NAME = 200
LONGEST_REASON = 2000
_DATE = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
Checks: TypeAlias = Mapping[str, Callable[[str], str]]
"""What can be amended of a subject, by name: how a text given for it is checked."""

_LINE_BREAKS = frozenset("\n\t\u2028\u2029")


def check_line(text: str, what: str, longest: int = LONGEST_NAME) -> str:
    """``text`` without surrounding space, if it is one line of at most ``longest`` characters.

    Args:
        text: what was given.
        what: what it is for, named in the refusal.
        longest: how many characters it may have.

    Raises:
        TextRefusedError: nothing, more than one line, too long, or a character that no document can hold.
    """
    line = check_text(text, what).strip()
    if not line:
        raise TextRefusedError(what, _("a value"), _("nothing"))
    if _LINE_BREAKS.intersection(line):
        raise TextRefusedError(what, _("one line of text"), _("a line break or tab"))
    if len(line) > longest:
        expected = _("at most {count} characters").format(count=longest)
        raise TextRefusedError(what, expected, amount("characters", len(line)))
    return line


def check_optional_line(text: str | None, what: str, longest: int = LONGEST_NAME) -> str:
    """As ``check_line``; nothing given is the empty text.

    Raises:
        TextRefusedError: more than one line, too long, or a character that no document can hold.
    """
    return check_line(text, what, longest) if text and text.strip() else ""


def check_code(text: str, pattern: re.Pattern[str], what: str, expected: str) -> str:
    """``text`` without surrounding space, if ``pattern`` matches the whole of it.

    Args:
        text: what was given.
        pattern: the form of such codes.
        what: what it is for, named in the refusal.
        expected: the form in words.

    Raises:
        TextRefusedError: of another form.
    """
    code = check_line(text, what)
    if not pattern.fullmatch(code):
        raise TextRefusedError(what, expected, code)
    return code


def check_one_of(text: str, known: tuple[str, ...], what: str) -> str:
    """``text`` if it is one of ``known``.

    Raises:
        TextRefusedError: it is not.
    """
    if text not in known:
        raise TextRefusedError(what, _("one of {names}").format(names=listing(known)), text)
    return text


def parse_date(text: str, what: str) -> date:
    """The date of ``2026-11-23``, ``2026/11/23`` or ``2026年11月23日``.

    Raises:
        TextRefusedError: no date with a year of four digits.
    """
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        if match:
            return date(*map(int, match.groups()))
    except ValueError:
        pass
    raise TextRefusedError(what, _("a date such as 2026-11-23"), check_optional_line(text, what))


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day; both belong to it.

    Args:
        first: the first day.
        last: the last day; none while it lasts.
    """

    first: date
    last: date | None

    @classmethod
    def of(cls, content: Content) -> Self:
        """The period that an act holds as ``valid_from`` and ``valid_to``."""
        last = content.get("valid_to")
        first = date.fromisoformat(str(content["valid_from"]))
        return cls(first, None if last is None else date.fromisoformat(str(last)))

    @classmethod
    def checked(cls, first: date, last: date | None, what: str) -> Self:
        """The period between the two days.

        Raises:
            TextRefusedError: it ends before it begins.
        """
        if last is not None and last < first:
            raise TextRefusedError(what, _("an end on or after {day}").format(day=first.isoformat()), last.isoformat())
        return cls(first, last)

    @property
    def content(self) -> dict[str, str | None]:
        """How acts and projections hold it: ``valid_from`` and ``valid_to``."""
        return {
            "valid_from": self.first.isoformat(),
            "valid_to": None if self.last is None else self.last.isoformat(),
        }

    def holds_on(self, day: date) -> bool:
        """Whether that day belongs to it."""
        return self.first <= day and (self.last is None or day <= self.last)

    def overlaps(self, other: "Period") -> bool:
        """Whether the two share a day."""
        return (other.last is None or self.first <= other.last) and (self.last is None or other.first <= self.last)


class NothingAmendedError(PlaceError, InvalidInputError):
    """An amendment that gives no value or only values that already stand."""

    def __init__(self, subject: str) -> None:
        message = _("{subject}: expected a value that differs, found nothing to amend").format(subject=subject)
        super().__init__(message, subject=subject)


def amendment(
    state: object,
    name: str,
    checks: Checks,
    given: Mapping[str, object],
    *,
    by: str,
    at: datetime,
    reason: str | None,
) -> Content:
    """The act ``amend`` with those values of ``given`` that are not None and differ from what ``state`` has.

    Args:
        state: what is amended; its attributes are named as the keys of ``given``.
        name: how to name it in a refusal.
        checks: what can be amended.
        given: the new values; None leaves the old, an empty text removes it.
        by: who amends.
        at: the moment of entry.
        reason: why, where one is given.

    Raises:
        NothingAmendedError: no value differs.
        TextRefusedError: a value that cannot be used.
    """
    checked = {key: check(str(given[key])) for key, check in checks.items() if given.get(key) is not None}
    changed: dict[str, Json] = {key: text for key, text in checked.items() if text != getattr(state, key)}
    if not changed:
        raise NothingAmendedError(name)
    content: dict[str, Json] = {"act": "amend", "by": by, "at": format_moment(at), "changed": changed}
    if reason:
        content["reason"] = check_line(reason, _("reason"), LONGEST_REASON)
    return content


def changed_by(act: Act, known: Checks) -> dict[str, str]:
    """What an act ``amend`` changes.

    Args:
        act: the act.
        known: what can be amended.

    Raises:
        UnknownActError: another kind of act, or a value that is not among them.
    """
    changed = act.content.get("changed")
    if act.kind != "amend" or not isinstance(changed, Mapping) or not set(changed) <= set(known):
        raise UnknownActError(act.kind)
    return {key: str(value) for key, value in changed.items()}
