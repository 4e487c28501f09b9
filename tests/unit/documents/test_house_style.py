import pytest
from lxml import etree

from recordkeeper.documents.house_style import (
    Cell,
    chinese_number,
    label_lines,
    mm,
    paragraph,
    row,
    run,
    scaled,
    table,
)
from recordkeeper.documents.ooxml import W, tag


def test_millimetres_are_twips() -> None:
    assert [mm(25.4), mm(165), mm(20)] == [1440, 9354, 1134]


@pytest.mark.parametrize(
    ("number", "expected"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (34, "三十四"), (99, "九十九")]
)
def test_sections_are_numbered_in_chinese(number: int, expected: str) -> None:
    assert chinese_number(number) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("房号", ["房    号"]),
        ("联系电话", ["联系电话"]),
        ("顾客需求和期望", ["顾客需求和期望"]),
        ("管理者代表批准签发", ["管理者代表", "批准签发"]),
        ("总体评价未填的调查表", ["总体评价未填的", "调查表"]),
        ("回收率不低于 50%", ["回收率", "不低于 50%"]),
        ("一二三四五六七八九十一二三四五六", ["一二三四五六", "七八九十一", "二三四五六"]),
    ],
)
def test_a_label_breaks_where_a_word_ends_if_that_can_be_told(text: str, expected: list[str]) -> None:
    lines = label_lines(text, 7)
    assert lines == expected
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_widths_are_stretched_to_fill_the_line_exactly() -> None:
    assert sum(scaled([9, 27, *[14] * 9], 9354)) == 9354
    assert scaled([1, 1, 2], 100) == [25, 25, 50]


def test_each_character_of_a_run_has_a_font_that_draws_it() -> None:
    root = etree.fromstring(f'<w:p xmlns:w="{W}">{run("☐ 合格 ≥ 90%")}</w:p>')
    fonts: dict[str, str] = {}
    for each in root.iter(tag("r")):
        properties = each.find(f"{tag('rPr')}/{tag('rFonts')}")
        assert properties is not None
        fonts["".join(map(str, each.itertext()))] = properties.get(tag("ascii")) or ""
    assert fonts == {"☐": "Segoe UI Symbol", " 合格 ": "Times New Roman", "≥": "宋体", " 90%": "Times New Roman"}


def test_cells_take_their_width_from_the_grid() -> None:
    xml = table([100, 200, 300], [row(Cell(paragraph()), Cell(paragraph(), 2), height=500)])
    root = etree.fromstring(xml.replace("<w:tbl>", f'<w:tbl xmlns:w="{W}">', 1))
    assert [cell.get(tag("w")) for cell in root.iter(tag("tcW"))] == ["100", "500"]
    assert [cell.get(tag("val")) for cell in root.iter(tag("gridSpan"))] == ["2"]
