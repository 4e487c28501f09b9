"""The numbers of records: ``QR-017-02/2026-0001``, or ``QR-017-02/SH-2026-0001`` where each unit counts for itself.

A number is never reused, and none is left out of its series.

Source: ISO 9001, 7.5.3.2 (identification)
"""

import re

from recordkeeper.model.form import Form

_COUNTED = re.compile(r"(?:(?P<unit>[A-Z0-9]{1,8})-)?(?P<year>[0-9]{4})-(?P<number>[0-9]{4,15})")


def series_of(form: Form, unit: str) -> str:
    """The name of the series in which a form's records are counted in each year.

    Args:
        form: their form.
        unit: the code of the unit that keeps the record.
    """
    return f"{form.code}/{unit}-" if form.series == "unit" else form.code


def number_of(form: Form, unit: str, year: int, count: int) -> str:
    """The number of the record that is counted so; arguments as for ``series_of``."""
    place = f"{unit}-" if form.series == "unit" else ""
    return f"{form.code}/{place}{year}-{count:0{form.digits}}"


def counted(number: str) -> tuple[str, int, int] | None:
    """Series, year and count of a record's number; None for what no record is numbered."""
    code, _slash, label = number.rpartition("/")
    match = _COUNTED.fullmatch(label)
    if match is None:
        return None
    unit = match["unit"]
    return f"{code}/{unit}-" if unit else code, int(match["year"]), int(match["number"])
