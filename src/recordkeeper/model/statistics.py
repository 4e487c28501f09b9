"""Counts and rates over returned questionnaires and rows; nothing here is typed in.

A questionnaire is a map of field to the id of a step of the scale, with None where it was left blank; a row
is a map of field to value. Both carry their record's ``number``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

SCALE = ("very_satisfied", "fairly_satisfied", "basically_satisfied", "not_very_satisfied", "dissatisfied")
SATISFIED = SCALE[:3]

Questionnaire = Mapping[str, object]


def percent(part: int, whole: int, places: int = 1) -> Decimal | None:
    """``part`` of ``whole`` in percent, rounded half up to ``places``; None where the whole is nothing."""
    if whole == 0:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def count_of(records: Sequence[Questionnaire], field: str, wanted: object) -> int:
    """How many records give ``field`` the value ``wanted``, or one of them where it is a list.

    ``none`` counts the records that leave it blank; of several choices any that is wanted counts.
    """
    values = wanted if isinstance(wanted, list | tuple) else (wanted,)
    return sum(1 for record in records if _has_any(record.get(field), values))


def _has_any(value: object, wanted: Sequence[object]) -> bool:
    if isinstance(value, list | tuple):
        return any(each in wanted for each in value)
    return value in wanted


def count_later(records: Sequence[Questionnaire], field: str, limit: str) -> int:
    """In how many records the date ``field`` lies after the date ``limit``; a blank one never does."""
    return sum(1 for record in records if _is_later(record.get(field), record.get(limit)))


def _is_later(day: object, limit: object) -> bool:
    return isinstance(day, date) and isinstance(limit, date) and day > limit


def numbers_without(records: Sequence[Questionnaire], field: str) -> list[str]:
    """The numbers of the records that leave ``field`` blank, in order.

    Source: P12-R2
    """
    return sorted(str(record.get("number")) for record in records if record.get(field) is None)


def satisfaction_rate(questionnaires: Sequence[Questionnaire], field: str) -> Decimal | None:
    """Returned ones basically satisfied or better over all returned ones, in percent with one place.

    A returned one that leaves ``field`` blank stays in the denominator.

    Source: P12-R2, P02-R5
    """
    return percent(count_of(questionnaires, field, SATISFIED), len(questionnaires))


def tally(
    questionnaires: Sequence[Questionnaire],
    items: Mapping[str, Sequence[str]],
    objective: Decimal | None = None,
) -> list[dict[str, object]]:
    """One row an item: how often each step was chosen, left blank, the valid answers and the rate over these.

    Args:
        questionnaires: the returned ones.
        items: the printed name of each item to the fields that belong to it.
        objective: the rate to reach, in percent; none leaves the result open.

    Returns:
        Maps with item, the five steps, blank, valid, rate (percent, one place), reached (yes or no, or None).

    Source: P02-R5, P12-R3
    """
    rows: list[dict[str, object]] = []
    for name, fields in items.items():
        counts = {step: sum(count_of(questionnaires, field, step) for field in fields) for step in SCALE}
        valid = sum(counts.values())
        rate = percent(sum(counts[step] for step in SATISFIED), valid)
        rows.append(_tally_row(name, counts, len(questionnaires) * len(fields) - valid, rate, objective))
    return rows


def tally_overall(
    questionnaires: Sequence[Questionnaire], name: str, field: str, objective: Decimal | None = None
) -> list[dict[str, object]]:
    """The one row of the overall rating, as ``tally`` has it, save that blank ones stay in the denominator.

    Args:
        questionnaires: the returned ones.
        name: its printed name.
        field: the field of the overall rating.
        objective: the rate to reach, in percent; none leaves the result open.

    Source: P12-R2
    """
    counts = {step: count_of(questionnaires, field, step) for step in SCALE}
    blank = len(questionnaires) - sum(counts.values())
    return [_tally_row(name, counts, blank, satisfaction_rate(questionnaires, field), objective)]


def _tally_row(
    name: str, counts: Mapping[str, int], blank: int, rate: Decimal | None, objective: Decimal | None
) -> dict[str, object]:
    reached = None if rate is None or objective is None else rate >= objective
    return {
        "item": name,
        **counts,
        "blank": blank,
        "valid": sum(counts.values()),
        "rate": rate,
        "reached": reached,
    }


def total(rows: Sequence[Mapping[str, object]], column: str) -> Decimal:
    """The sum of a column of numbers or money over ``rows``; blanks are ignored."""
    return sum((Decimal(str(value)) for row in rows if (value := row.get(column)) is not None), Decimal(0))


def group_counts(rows: Sequence[Mapping[str, object]], column: str) -> list[dict[str, object]]:
    """How often each value of ``column`` stands in ``rows``, the most frequent first; blanks are ignored.

    Of several choices each counts. Values that are equally frequent stand in the order of their first row.
    """
    counts: dict[object, int] = {}
    for row in rows:
        value = row.get(column)
        for each in value if isinstance(value, list | tuple) else (value,):
            if each is not None:
                counts[each] = counts.get(each, 0) + 1
    return [{"value": value, "count": count} for value, count in sorted(counts.items(), key=lambda pair: -pair[1])]


def join_numbers(records: Sequence[Mapping[str, object]]) -> str:
    """The numbers of ``records`` in order, as a text."""
    return "、".join(sorted(str(record.get("number")) for record in records))
