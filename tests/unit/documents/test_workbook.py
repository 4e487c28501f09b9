import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from recordkeeper.documents.workbook import Cell, CellRefusedError, format_workbook
from recordkeeper.model.rich_text import Span, Style
from word_samples import member

M = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
AMENDED = (
    Span("138-0000-1024", Style.STRUCK),
    Span("138-0000-1204", Style.NEW),
    Span("①", Style.MARK),
    Span(" 王五 2026-11-21", Style.NOTE),
)


def _read(*cells: Cell) -> list[object]:
    data = format_workbook("QR-1", [f"栏{number}" for number in range(len(cells))], [cells])
    return list(CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1])


def _runs(cell: Cell) -> list[tuple[str, bool]]:
    data = format_workbook("QR-1", ["栏"], [[cell]])
    strings = etree.fromstring(member(data, "xl/sharedStrings.xml"))
    runs = strings.xpath("//m:r", namespaces=M)
    assert isinstance(runs, list)
    return [
        ("".join(map(str, run.itertext(f"{{{M['m']}}}t"))), run.find("m:rPr/m:strike", M) is not None)
        for run in runs
        if isinstance(run, etree._Element)
    ]


def test_dates_are_dates_numbers_numbers_and_nothing_nothing() -> None:
    moment = datetime.fromisoformat("2026-11-23T09:40:05")
    found = _read(date(2026, 11, 23), moment, Decimal("1204.50"), None, "")
    assert found == [date(2026, 11, 23), moment, 1204.5, "", ""]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+86 138", "-5", "@SUM(A1)", "\t=1", "http://example.invalid", "007", "1.10", "_x0041_", " 前后 ", "a\nb",
     "{=A1}"],
)  # fmt: skip
def test_a_text_stays_the_text_it_is_and_never_becomes_a_formula_a_link_or_a_number(text: str) -> None:
    data = format_workbook("QR-1", ["栏"], [[text]])
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1] == [text]
    sheet = member(data, "xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"<hyperlink" not in sheet


def test_an_amended_value_is_struck_beside_the_new_one_in_one_cell() -> None:
    runs = _runs(AMENDED)
    assert runs[0] == ("138-0000-1024", True)
    assert "".join(text for text, _struck in runs) == "138-0000-1024 138-0000-1204① 王五 2026-11-21"
    assert [text for text, is_struck in runs if is_struck] == ["138-0000-1024"]


def test_a_formula_that_was_struck_is_none_and_a_value_struck_alone_stays_struck() -> None:
    assert _runs((Span("=1+1", Style.STRUCK), Span("=2", Style.NEW)))[0] == ("=1+1", True)
    assert _runs((Span("旧", Style.STRUCK),))[0] == ("旧", True)


@pytest.mark.parametrize("number", ["12345678901234567890", "0.1234567890123456"])
def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_text(number: str) -> None:
    assert _read(Decimal(number)) == [number]


def test_a_day_before_the_spreadsheets_calendar_is_text() -> None:
    assert _read(date(1899, 12, 31)) == ["1899-12-31"]


def test_a_text_longer_than_a_cell_is_refused_with_row_and_column() -> None:
    with pytest.raises(CellRefusedError, match=r"QR-1/1 内容.*32768"):
        format_workbook("QR-1", ["编号", "内容"], [["QR-1/1", "长" * 32_768]])


def test_equal_tables_give_equal_bytes() -> None:
    rows: list[list[Cell]] = [["QR-1/1", AMENDED, date(2026, 11, 23)]]
    assert format_workbook("QR-1", ["a", "b", "c"], rows) == format_workbook("QR-1", ["a", "b", "c"], rows)
