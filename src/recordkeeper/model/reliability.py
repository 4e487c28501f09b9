"""How far a questionnaire can be trusted, and which of its items weigh most, from the answers themselves.

An answer is a step of the scale, counted from 5 (very satisfied) to 1 (dissatisfied), or a number as it stands. A
sheet that leaves one of the items in hand blank is left out. Variances are those of a sample.

Source: P08-R3, P08-R5
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from recordkeeper.model.statistics import SCALE

Answers = Mapping[str, object]

_SCORES: Mapping[object, Decimal] = {step: Decimal(len(SCALE) - place) for place, step in enumerate(SCALE)}
_LEAST = 2
"""Of items, and of sheets, without which nothing varies."""


def complete_count(sheets: Sequence[Answers], fields: Sequence[str]) -> int:
    """How many of ``sheets`` answer every one of ``fields``."""
    return len(_scored(sheets, fields))


def cronbach_alpha(sheets: Sequence[Answers], fields: Sequence[str], places: int = 3) -> Decimal | None:
    """Cronbach's alpha of the items: k/(k-1) x (1 - sum of their variances / variance of the sums).

    Returns:
        None with fewer than two items or complete sheets, or where the sums do not vary.
    """
    scores = _scored(sheets, fields)
    if len(fields) < _LEAST or len(scores) < _LEAST:
        return None
    whole = _variance([sum(row, Decimal(0)) for row in scores])
    if whole == 0:
        return None
    parts = sum((_variance([row[place] for row in scores]) for place in range(len(fields))), Decimal(0))
    return _rounded(Decimal(len(fields)) / (len(fields) - 1) * (1 - parts / whole), places)


def item_analysis(sheets: Sequence[Answers], items: Mapping[str, str], places: int = 2) -> list[dict[str, object]]:
    """One row an item: its mean, its standard deviation and how it goes with the sum of all the others.

    Args:
        sheets: the answered ones.
        items: the printed name of each item to its field.
        places: decimal places of the results.

    Returns:
        Maps with item, mean, deviation, correlation (None where it, or the rest, does not vary).
    """
    scores = _scored(sheets, list(items.values()))
    rows: list[dict[str, object]] = []
    for place, name in enumerate(items):
        own = [row[place] for row in scores]
        rest = [sum(row, Decimal(0)) - row[place] for row in scores]
        rows.append(_row(name, own, rest, places))
    return rows


def drivers(
    sheets: Sequence[Answers], items: Mapping[str, str], overall: str, places: int = 2
) -> list[dict[str, object]]:
    """One row an item: its mean and how it goes with the overall rating; what drives satisfaction most comes first.

    Args:
        sheets: the answered ones; each item is judged by those that answer it and the overall rating.
        items: the printed name of each item to its field.
        overall: the field of the overall rating.
        places: decimal places of the results.
    """
    rows: list[dict[str, object]] = []
    for name, field in items.items():
        scores = _scored(sheets, [field, overall])
        rows.append(_row(name, [row[0] for row in scores], [row[1] for row in scores], places))
    lowest = Decimal(-2)  # below every correlation
    return sorted(rows, key=lambda row: found if isinstance(found := row["correlation"], Decimal) else lowest)[::-1]


def _row(name: str, own: Sequence[Decimal], other: Sequence[Decimal], places: int) -> dict[str, object]:
    return {
        "item": name,
        "mean": _rounded(_mean(own), places) if own else None,
        "deviation": _rounded(_variance(own).sqrt(), places) if len(own) >= _LEAST else None,
        "correlation": _correlation(own, other, places),
    }


def _scored(sheets: Sequence[Answers], fields: Sequence[str]) -> list[list[Decimal]]:
    """The scores of every sheet that answers all of ``fields``."""
    rows = ([_score(sheet.get(field)) for field in fields] for sheet in sheets)
    return [[score for score in row if score is not None] for row in rows if None not in row]


def _score(answer: object) -> Decimal | None:
    if isinstance(answer, Decimal | int) and not isinstance(answer, bool):
        return Decimal(answer)
    return _SCORES.get(answer) if isinstance(answer, str) else None


def _mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def _variance(values: Sequence[Decimal]) -> Decimal:
    mean = _mean(values)
    return sum(((value - mean) ** 2 for value in values), Decimal(0)) / (len(values) - 1)


def _correlation(one: Sequence[Decimal], other: Sequence[Decimal], places: int) -> Decimal | None:
    if len(one) < _LEAST:
        return None
    spread = (_variance(one) * _variance(other)).sqrt()
    if spread == 0:
        return None
    mean_one, mean_other = _mean(one), _mean(other)
    together = sum(((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True)), Decimal(0))
    return _rounded(together / (len(one) - 1) / spread, places)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
