import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter

from recordkeeper.documents.ooxml import DocumentRefusedError
from recordkeeper.documents.workbook import Cell, format_workbook
from recordkeeper.documents.workbook_reader import SheetText, Unreadable, read_sheet, sheet_names
from recordkeeper.model.rich_text import Span, Style
from word_samples import member, with_member

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


def _made(change: Callable[[Any, Any], None], **options: Any) -> bytes:
    """A spreadsheet as somebody else makes it; ``change`` gets the workbook and its first sheet."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **options}) as workbook:
        change(workbook, workbook.add_worksheet("登记"))
    return buffer.getvalue()


def _read(change: Callable[[Any, Any], None], **options: Any) -> SheetText:
    return read_sheet(_made(change, **options), "a.xlsx")


def _with_sheet(rows: str, after: str = "") -> bytes:
    """A spreadsheet whose sheet holds ``rows`` as they are written here."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    return with_member(_made(lambda _book, own: own.write(0, 0, "x")), SHEET, sheet.encode())


def _refusal(data: bytes) -> str:
    with pytest.raises(DocumentRefusedError) as caught:
        read_sheet(data, "a.xlsx")
    return str(caught.value)


def test_numbers_that_spreadsheets_keep_as_floats_are_read_as_they_are_shown() -> None:
    def change(_book: Any, sheet: Any) -> None:
        for column, number in enumerate([5.0, 13800001204, 1.1, 0.1 + 0.2, -3, 0.00001, 1204.5]):
            sheet.write_number(0, column, number)

    assert _read(change).lines == [(1, ["5", "13800001204", "1.1", "0.3", "-3", "0.00001", "1204.5"])]


def test_days_and_moments_are_read_whichever_way_they_are_shown_and_counted() -> None:
    def change(book: Any, sheet: Any) -> None:
        for column, (layout, day) in enumerate(
            [
                ("yyyy-mm-dd", datetime.fromisoformat("2026-11-23T00:00")),
                ('yyyy"年"m"月"d"日"', datetime.fromisoformat("2026-11-23T00:00")),
                ("m/d/yy", datetime.fromisoformat("2026-11-23T00:00")),
                ("yyyy/mm/dd hh:mm", datetime.fromisoformat("2026-11-23T09:40")),
                ("hh:mm:ss", datetime.fromisoformat("2026-11-23T09:40:05")),
                ("d", datetime.fromisoformat("2026-11-23T09:40:05")),
            ]
        ):
            sheet.write_datetime(0, column, day, book.add_format({"num_format": layout}))
        sheet.write_number(0, 6, 0.5, book.add_format({"num_format": "h:mm"}))

    expected = ["2026-11-23"] * 3 + ["2026-11-23 09:40:00"] + ["2026-11-23 09:40:05"] * 2 + ["12:00:00"]
    assert _read(change).lines == [(1, expected)]
    assert _read(change, date_1904=True).lines == [(1, expected)]


def test_a_share_is_read_as_it_is_shown_and_a_truth_as_a_word() -> None:
    def change(book: Any, sheet: Any) -> None:
        sheet.write_number(0, 0, 0.956, book.add_format({"num_format": "0.0%"}))
        sheet.write_boolean(0, 1, True)

    assert _read(change).lines == [(1, ["95.6%", "true"])]


@pytest.mark.parametrize("cached", [2, "2", "=1"])
def test_a_formula_is_never_taken_nor_what_was_last_computed_of_it(cached: object) -> None:
    def change(_book: Any, sheet: Any) -> None:
        sheet.write_formula(0, 0, "=1+1", None, cached)
        sheet.write(0, 1, "x")

    ((_number, (cell, beside)),) = _read(change).lines
    assert isinstance(cell, Unreadable)
    assert beside == "x"


def test_what_has_no_value_to_take_says_why() -> None:
    def change(book: Any, sheet: Any) -> None:
        sheet.write_number(0, 0, 110101199001011234)
        sheet.write_string(0, 1, "旧", book.add_format({"font_strikeout": True}))
        sheet.write_number(0, 2, 12, book.add_format({"num_format": "yyyy-mm-dd"}))

    ((_number, cells),) = _read(change).lines
    assert all(isinstance(cell, Unreadable) for cell in cells)
    data = _with_sheet('<row><c t="e"><v>#N/A</v></c><c t="s"><v>99</v></c><c><v>x</v></c><c t="s"><v>-1</v></c></row>')
    ((_number, cells),) = read_sheet(data, "a.xlsx").lines
    assert all(isinstance(cell, Unreadable) for cell in cells)


def test_a_cell_over_several_rows_stands_in_each_and_a_title_over_all_columns_is_none_of_them() -> None:
    def change(_book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:C1", "二〇二六年十一月登记表")
        sheet.write_row(1, 0, ["日期", "来电人", "内容"])
        sheet.merge_range("A3:A5", "2026-11-23")
        sheet.merge_range("B3:C3", "周文娟")
        for row in (3, 4):
            sheet.write_row(row, 1, [f"来电人{row}", "灯坏"])

    read = _read(change)
    assert read.titles == 1
    assert read.lines == [
        (2, ["日期", "来电人", "内容"]),
        (3, ["2026-11-23", "周文娟"]),
        (4, ["2026-11-23", "来电人3", "灯坏"]),
        (5, ["2026-11-23", "来电人4", "灯坏"]),
    ]


def test_one_sheet_of_several_is_named_and_empty_ones_do_not_count() -> None:
    def change(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "一")
        book.add_worksheet("空")
        book.add_worksheet("乙").write(0, 0, "二")

    data = _made(change)
    assert sheet_names(data, "a.xlsx") == ["登记", "空", "乙"]
    assert read_sheet(data, "a.xlsx", "乙").lines == [(1, ["二"])]
    assert read_sheet(data, "a.xlsx", "空").lines == []
    assert "登记" in _refusal(data)
    with pytest.raises(DocumentRefusedError, match="丙"):
        read_sheet(data, "a.xlsx", "丙")


AMENDED = (
    Span("地下二层灯坏 "),
    Span("6 盏", Style.STRUCK),
    Span("9 盏", Style.NEW),
    Span("②", Style.MARK),
    Span(" 王五 2026-11-21", Style.NOTE),
    Span("，老人不便"),
)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (AMENDED, "地下二层灯坏 9 盏，老人不便"),
        ((Span("旧", Style.STRUCK), Span("①", Style.MARK)), ""),
        ((Span("新", Style.NEW), Span("①", Style.MARK), Span(" 王五", Style.NOTE)), "新"),
        ("=1+1", "=1+1"),
        ("_x0041_ _x000D_", "_x0041_ _x000D_"),
        ("'前撇", "'前撇"),
        (" 前后\n行 ", " 前后\n行 "),
        (Decimal("1204.50"), "1204.5"),
        (Decimal(12345678901234567), "12345678901234567"),
        (date(2026, 11, 23), "2026-11-23"),
        (date(1899, 1, 2), "1899-01-02"),
        (datetime.fromisoformat("2026-11-23T09:40:05"), "2026-11-23 09:40:05"),
        (datetime.fromisoformat("2026-11-23T00:00"), "2026-11-23 00:00:00"),
    ],
)
def test_what_the_program_writes_it_reads_again(cell: Cell, expected: str) -> None:
    read = read_sheet(format_workbook("QR-1", ["栏", "旁"], [[cell, "x"]]), "a.xlsx")
    assert read.lines == [(1, ["栏", "旁"]), (2, [expected, "x"])]


def test_cells_without_references_follow_one_another() -> None:
    data = _with_sheet('<row><c t="str"><v>a</v></c><c r="C1" t="str"><v>b</v></c><c t="str"><v>c</v></c></row><row/>'
                       '<row><c t="inlineStr"><is><r><t>d</t></r><rPh><t>x</t></rPh></is></c></row>')  # fmt: skip
    assert read_sheet(data, "a.xlsx").lines == [(1, ["a", "", "b", "c"]), (3, ["d"])]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "no zip file"),
        (_with_sheet('<row><c r="AMR1" t="str"><v>x</v></c></row>'), "AMR1"),
        (_with_sheet('<row><c r="1A" t="str"><v>x</v></c></row>'), "1A"),
        (_with_sheet("<row><c><v>1"), "well-formed"),
        (with_member(_with_sheet(""), SHEET, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "DOCTYPE"),
        (with_member(_with_sheet(""), "xl/vbaProject.bin", b"x"), "vbaProject"),
        (with_member(_with_sheet(""), "xl/styles.xml", bytes(9 << 20)), ":1"),
    ],
    ids=["nothing", "column", "reference", "broken", "doctype", "macro", "bomb"],
)
def test_a_spreadsheet_that_cannot_be_let_in_is_refused(
    data: bytes, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    assert found in _refusal(data)


def test_merges_that_cover_no_row_say_nothing() -> None:
    merges = '<mergeCells><mergeCell ref="A1:A9"/><mergeCell ref="A2:XFD1048576"/></mergeCells>'
    assert "XFD1048576" in _refusal(_with_sheet("", merges))
    assert read_sheet(_with_sheet("", merges.replace("XFD", "B")), "a.xlsx").lines == []


def test_merges_over_one_another_and_too_many_rows_are_refused() -> None:
    rows = "".join(f'<row><c t="str"><v>{number}</v></c></row>' for number in range(12))
    merges = '<mergeCells><mergeCell ref="A1:A9"/><mergeCell ref="A2:A3"/></mergeCells>'
    assert "a.xlsx" in _refusal(_with_sheet(rows, merges))
    with pytest.raises(DocumentRefusedError, match="11"):
        read_sheet(_with_sheet(rows), "a.xlsx", most_rows=10)


def test_an_external_target_and_a_strict_spreadsheet_are_refused() -> None:
    data = _with_sheet("")
    relations = member(data, "xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Id="rId9" Type="http://x/externalLink" Target="http://x/" TargetMode="External"/>'
        b"</Relationships>",
    )
    assert "http://x/" in _refusal(with_member(data, "xl/_rels/workbook.xml.rels", relations))
    workbook = member(data, "xl/workbook.xml").replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main")
    assert "Strict" in _refusal(with_member(data, "xl/workbook.xml", workbook))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
