import pytest

from form_samples import field, section
from packages import form
from recordkeeper.model.form import parse_form
from recordkeeper.model.numbering import counted, number_of, series_of
from recordkeeper.model.sheet import numbers_like

COMPANY = parse_form(form("QR-900-01", section("row", field("what"))))
UNIT = parse_form(form("QR-900-01", section("row", field("what")), series="unit", digits=5))


def test_a_unit_that_counts_for_itself_stands_in_the_number() -> None:
    assert number_of(COMPANY, "SH", 2026, 7) == "QR-900-01/2026-0007"
    assert number_of(UNIT, "SH", 2026, 7) == "QR-900-01/SH-2026-00007"


@pytest.mark.parametrize("unit", ["SH", "2026", "S"])
@pytest.mark.parametrize("definition", [COMPANY, UNIT])
def test_a_number_tells_its_series_year_and_count(definition: object, unit: str) -> None:
    assert isinstance(definition, type(COMPANY))
    number = number_of(definition, unit, 2026, 12345)
    assert counted(number) == (series_of(definition, unit), 2026, 12345)


@pytest.mark.parametrize("label", ["2026-11", "SH-2026-11", "2026-S001", "P-0001", "SH-2026", "SH", "2026-11-23-night"])
def test_what_a_sheet_is_called_is_no_number_of_a_record(label: str) -> None:
    assert counted(f"QR-900-01/{label}") is None


@pytest.mark.parametrize("label", ["2026-0001", "HQ-2026-0001", "HQ-2026-S001"])
def test_a_sheet_is_never_called_as_a_record_may_be(label: str) -> None:
    assert next(numbers_like("QR-900-01", label)) == f"QR-900-01/{label}-2"
