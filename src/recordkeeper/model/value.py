"""The door that every value passes: what a person or a file gives becomes a value of its field, or is refused.

Values are stored in one canonical form: text as given (line ends normalised, blanks around it left out), a choice by
its id, dates and moments as ``2026-11-23`` and ``2026-11-23T06:05:04Z``, numbers as decimals with as many places as
the field says. It is long because every type has its one way in here, and nowhere else.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from recordkeeper.amount import amount
from recordkeeper.errors import FormError, InvalidInputError, RecordError
from recordkeeper.language import current_language, listing, ngettext, noted, told_of
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import BrokenJsonError, Json, parse_json
from recordkeeper.model.erased import is_erased
from recordkeeper.model.pattern import pattern_in_words
from recordkeeper.model.reference import NO_TABLES, Reference
from recordkeeper.model.section import FormField, Title
from recordkeeper.model.statistics import SCALE

LONGEST_TEXT_BYTES = 64 * 1024
MOST_LINES = 2000
MOST_ROWS = 500
NUMBER_LIMIT = Decimal(10) ** 18
FIRST_YEAR, LAST_YEAR = 1000, 9998
"""Four digits in every time zone."""
MONEY_PLACES = 2
REFUSED_TEXTS = frozenset({"同上", "……", "...", "…", "〃", "″"})
SCALE_NAMES: Mapping[str, tuple[str, str]] = {
    "very_satisfied": ("很满意", "Very satisfied"),
    "fairly_satisfied": ("比较满意", "Fairly satisfied"),
    "basically_satisfied": ("基本满意", "Basically satisfied"),
    "not_very_satisfied": ("不太满意", "Not very satisfied"),
    "dissatisfied": ("不满意", "Dissatisfied"),
}
_YES = frozenset({"yes", "y", "true", "1", "是", "有", "☑", "√"})
_NO = frozenset({"no", "n", "false", "0", "否", "无", "☐", "×"})
_CHINESE_DATE = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
_CHINESE_MOMENT = re.compile(
    _CHINESE_DATE.pattern + r"[\sT]*(\d{1,2})\s*[:时]\s*(\d{1,2})(?:\s*[:分]\s*(\d{1,2})(?:\.\d+)?\s*秒?|\s*分)?"
)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


class TextRefusedError(RecordError, InvalidInputError):
    """A text that would not come out of a document as it went in, or means nothing there."""

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(
            _("{what}: expected {expected}, found {found}").format(what=what, expected=expected, found=found),
            subject=what,
            expected=expected,
            found=found,
        )


def check_text(text: str, what: str) -> str:
    """``text`` with its line ends normalised, if every character in it survives every rendering.

    Args:
        text: what was given.
        what: the field or thing it is for, named in the refusal.

    Raises:
        TextRefusedError: a control character, lone surrogate or non-character; over 64 KiB or 2,000 lines.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for position, character in enumerate(text):
        if _is_refused(character):
            raise TextRefusedError(
                what,
                _("text without control characters"),
                _("{code} at position {position}").format(code=f"U+{ord(character):04X}", position=position + 1),
            )
    if len(text.encode()) > LONGEST_TEXT_BYTES:
        raise TextRefusedError(
            what,
            _("at most 64 KiB"),
            amount("bytes", len(text.encode())),
        )
    if text.count("\n") >= MOST_LINES:
        raise TextRefusedError(
            what,
            _("at most 2,000 lines"),
            ngettext("{count} line", "{count} lines", text.count("\n") + 1).format(count=text.count("\n") + 1),
        )
    return text


def _is_refused(character: str) -> bool:
    if character in "\t\n":
        return False
    code = ord(character)
    return (
        unicodedata.category(character) in {"Cc", "Cs"} or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    )  # Unicode's non-characters


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that was refused: the field, what was expected, what was found.

    Args:
        field: its id, or the place of a cell.
        expected, found: in words.
        title: what the form calls it; empty where it has no name of its own.
    """

    field: str
    expected: str
    found: str
    title: str = dataclasses.field(default="", compare=False)

    def __str__(self) -> str:
        called = noted(self.title, self.field) if self.title else self.field
        return _("{field}: expected {expected}, found {found}").format(
            field=called, expected=self.expected, found=self.found
        )


class _RefusedError(Exception):
    """A value does not fit; carries what was expected."""


Resolve = Callable[[str, str], str | None]
"""Finds the subject of a person, party, premises, or the id of a role, by any of its names; None for none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read values: the time zone of the workspace, and who is who.

    Args:
        zone: the IANA time zone in which moments without one are meant.
        resolve: finds a person, party, premises or role by kind and name.
        reference: what computed values look up in reference tables.
    """

    zone: ZoneInfo
    resolve: Resolve
    reference: Reference = NO_TABLES

    def parse(
        self, field: FormField, raw: object, place: str | None = None, title: str = ""
    ) -> tuple[Json, list[Problem]]:
        """The canonical value of ``raw`` in ``field``, and what is wrong with it; an empty one is None.

        Args:
            field: the field of the form.
            raw: text as typed, or a JSON value.
            place: how to name it in a problem; the field's id where not given.
            title: what a person calls it; the field's title where not given.
        """
        place = place or field.id
        title = title or field.title.in_language(current_language())
        if raw is None or raw == [] or (isinstance(raw, str) and _is_blank(raw)):
            return None, []
        if field.type == "rows":
            return self._parse_rows(field, raw, place, title)
        try:
            value = self._parse_one(field, raw)
        except _RefusedError as refusal:
            return None, [Problem(place, str(refusal), _shortened(raw), title)]
        except TextRefusedError as refusal:
            return None, [Problem(place, refusal.expected, refusal.found, title)]
        return value, []

    def _parse_rows(self, field: FormField, raw: object, place: str, title: str) -> tuple[Json, list[Problem]]:
        if isinstance(raw, str):
            try:
                raw = parse_json(raw, place)
            except BrokenJsonError as error:
                return None, [Problem(place, _("a list of rows"), error.found, title)]
        if not isinstance(raw, list | tuple) or not all(isinstance(row, Mapping) for row in raw):
            return None, [Problem(place, _("a list of rows"), _shortened(raw), title)]
        if len(raw) > MOST_ROWS:
            return None, [Problem(place, _("at most 500 rows"), str(len(raw)), title)]
        rows: list[Json] = []
        problems: list[Problem] = []
        for number, given in enumerate(raw, 1):
            row: dict[str, Json] = {}
            known = {column.id for column in field.columns}
            in_row = _("{title}, row {number}").format(title=title, number=number)
            problems += [
                Problem(
                    f"{place}.{number}.{key}",
                    _("one of {names}").format(names=listing(column.called for column in field.columns)),
                    str(key),
                    in_row,
                )
                for key in given
                if key not in known
            ]
            for column in field.columns:
                cell = f"{place}.{number}.{column.id}"
                cell_title = told_of(in_row, column.title.in_language(current_language()))
                value, found = self.parse(column, given.get(column.id), cell, cell_title)
                problems += found
                if value is not None:
                    row[column.id] = value
                elif column.required and not found:
                    problems.append(Problem(cell, _("a value"), _("nothing"), cell_title))
            rows.append(row)
        return rows, problems

    def _parse_one(self, field: FormField, raw: object) -> Json:
        match field.type:
            case "text":
                return _text(field, raw)
            case "choice":
                return _choices(field, raw) if field.multiple else _choice(field, raw)
            case "scale":
                return _scale(raw)
            case "yes_no":
                return _yes_no(raw)
            case "date":
                return _date(raw)
            case "moment":
                return self._moment(raw)
            case "number" | "money":
                return _number(field, raw)
            case _:
                return self._reference(field, raw)

    def _moment(self, raw: object) -> str:
        expected = _("a moment such as 2026-11-23 14:05")
        text = unicodedata.normalize("NFKC", str(raw)).strip()
        try:
            given = datetime.fromisoformat(text)
        except ValueError:
            match = _CHINESE_MOMENT.fullmatch(text)
            if not match:
                raise _RefusedError(expected) from None
            try:
                given = datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001  # the zone is set below
            except ValueError:
                raise _RefusedError(expected) from None
        else:
            if len(text) <= len("2026-11-23"):
                raise _RefusedError(expected)
        if not FIRST_YEAR < given.year < LAST_YEAR:
            raise _RefusedError(expected)
        if given.tzinfo is None:
            given = given.replace(tzinfo=self.zone)
        return format_moment(given)

    def _reference(self, field: FormField, raw: object) -> str:
        if not isinstance(raw, str):
            raise _RefusedError(_reference_expected(field.type))
        subject = self.resolve(field.type, check_text(raw.strip(), field.id))
        if subject is None:
            raise _RefusedError(_reference_expected(field.type))
        return subject


def _reference_expected(field_type: str) -> str:
    names = {
        "person": _("the login or name of a person"),
        "party": _("the name or id of a party"),
        "premises": _("the code or id of premises"),
        "role": _("a role of an installed procedure"),
    }
    return names[field_type]


def _text(field: FormField, raw: object) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise _RefusedError(_("a text"))
    text = check_text(str(raw), field.id).strip()
    if text in REFUSED_TEXTS:
        raise _RefusedError(_("the matter itself, not “{text}”").format(text=text))
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise _RefusedError(_pattern_expected(field.pattern, field.hint))
    return text


def _pattern_expected(pattern: str, hint: Title | None) -> str:
    """What a pattern asks for, in words, with the form's own hint; the pattern itself where there are neither."""
    words = pattern_in_words(pattern)
    said = hint.in_language(current_language()) if hint else ""
    if words and said:
        return noted(words, said)
    return words or said or _("a text of the form {pattern}").format(pattern=pattern)


def _choice(field: FormField, raw: object) -> str:
    text = str(raw).strip()
    for choice in field.choices:
        if text in {choice.id, choice.zh, choice.en} or text.casefold() == choice.en.casefold():
            return choice.id
    names = listing(noted(choice.id, choice.in_language(current_language())) for choice in field.choices)
    raise _RefusedError(_("one of {names}").format(names=names))


def _choices(field: FormField, raw: object) -> list[Json]:
    given = (
        raw if isinstance(raw, list | tuple) else [part for part in re.split(r"[,，;；、]", str(raw)) if part.strip()]
    )
    chosen = {_choice(field, part) for part in given}
    return [choice.id for choice in field.choices if choice.id in chosen]


def _scale(raw: object) -> str:
    text = str(raw).strip()
    for step, names in SCALE_NAMES.items():
        if text in {step, *names} or text.casefold() == names[1].casefold():
            return step
    if text == "较满意":  # how the questionnaires print the second step
        return SCALE[1]
    language = current_language()
    raise _RefusedError(
        _("one of {names}").format(
            names=listing(noted(step, names[language == "en"]) for step, names in SCALE_NAMES.items())
        )
    )


def _yes_no(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise _RefusedError(_("yes or no"))


def _date(raw: object) -> str:
    match = _CHINESE_DATE.fullmatch(unicodedata.normalize("NFKC", str(raw)).strip())
    try:
        if match and FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            return date(*map(int, match.groups())).isoformat()
    except ValueError:
        pass
    raise _RefusedError(_("a date such as 2026-11-23"))


def _number(field: FormField, raw: object) -> str:
    places = MONEY_PLACES if field.type == "money" else field.places
    text = unicodedata.normalize("NFKC", str(raw)).strip().removeprefix("¥").removesuffix("%").strip()
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    try:
        if isinstance(raw, bool):
            raise InvalidOperation  # a truth is no number
        number = Decimal(text)
        if not number.is_finite() or abs(number) >= NUMBER_LIMIT or number != round(number, places):
            raise InvalidOperation
    except ArithmeticError:  # beyond what Decimal counts with, too
        raise _RefusedError(
            ngettext(
                "a number with at most {places} decimal place", "a number with at most {places} decimal places", places
            ).format(places=places)
        ) from None
    if field.at_least is not None and number < Decimal(field.at_least):
        raise _RefusedError(_("at least {bound}").format(bound=field.at_least))
    if field.at_most is not None and number > Decimal(field.at_most):
        raise _RefusedError(_("at most {bound}").format(bound=field.at_most))
    return format_number(number, places)


def format_number(number: Decimal, places: int) -> str:
    """The canonical text of ``number`` with ``places`` decimal places; no sign on a zero."""
    rounded = number.quantize(Decimal(1).scaleb(-places))
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def format_moment(moment: datetime) -> str:
    """The canonical UTC text of an aware moment, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_moment(text: str) -> datetime:
    """The aware UTC moment of a canonical text."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _is_blank(text: str) -> bool:
    """Whether nothing but space was given; a control character is not nothing, and is refused as one."""
    return not text.strip() and not any(map(_is_refused, text.replace("\r", "\n")))


def _shortened(raw: object) -> str:
    text = raw if isinstance(raw, str) else repr(raw)
    text = "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)
    return text if len(text) <= 60 else text[:57] + "..."  # a line of a terminal


class WrongResultError(FormError, InvalidInputError):
    """An expression computes what its field cannot hold."""

    def __init__(self, field: FormField, found: str) -> None:
        super().__init__(
            _("computed field {field}: expected a value of type {expected}, found {found}").format(
                field=field.id, expected=field.type, found=found
            ),
            subject=field.id,
            expected=field.type,
            found=found,
        )


def canonical_of(field: FormField, value: object) -> Json:
    """The stored form of a computed value: decimals with the field's places, dates as text, maps and lists within.

    Raises:
        WrongResultError: a value that no field of that type can hold.
    """
    match value:
        case None:
            return None
        case bool() if field.type == "yes_no":
            return value
        case Decimal() | int() if field.type in {"number", "money"} and not isinstance(value, bool):
            number = Decimal(value)
            if not number.is_finite() or abs(number) >= NUMBER_LIMIT:
                raise WrongResultError(field, str(value))
            return format_number(number, MONEY_PLACES if field.type == "money" else field.places)
        case str() if field.type not in {"number", "money", "yes_no", "rows"}:
            try:
                return check_text(value, field.id)
            except TextRefusedError as refusal:
                raise WrongResultError(field, refusal.found) from None
        case date() if field.type == "date":
            return value.isoformat()
        case list() | tuple() if field.type == "rows":
            columns = {column.id: column for column in field.columns}
            return [
                {
                    key: canonical_of(columns[key], item)
                    for key, item in row.items()
                    if key in columns and item is not None
                }
                for row in value
                if isinstance(row, Mapping)
            ]
        case _:
            raise WrongResultError(field, type(value).__name__)


def plain_value(field: FormField, value: Json, zone: ZoneInfo) -> object:
    """A stored value as expressions see it: text, bool, Decimal, date, lists and maps of these; an erased one is none.

    Args:
        field: the field of the form.
        value: as stored.
        zone: the IANA time zone in which a moment's date is meant.
    """
    if value is None or is_erased(value):
        return None
    match field.type:
        case "number" | "money":
            return Decimal(str(value))
        case "date":
            return date.fromisoformat(str(value))
        case "moment":
            return parse_moment(str(value)).astimezone(zone).date()
        case "rows":
            columns = {column.id: column for column in field.columns}
            rows = value if isinstance(value, list | tuple) else []
            return [
                {key: plain_value(column, row.get(key), zone) for key, column in columns.items()}
                for row in rows
                if isinstance(row, Mapping)
            ]
        case _:
            return value
