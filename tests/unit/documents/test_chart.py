import io
from datetime import date
from typing import Any

import pytest
from docx import Document
from lxml import etree

from form_samples import FORMS
from recordkeeper.documents.chart import chart_part
from recordkeeper.documents.document_text import text_of
from recordkeeper.services.drafting import draft_in_file
from recordkeeper.services.previewing import Variant
from word_samples import member

STATISTICS = FORMS / "P02" / "QR-017-04.yaml"
C = {
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
}
RATES = (("安全秩序", "93.9"), ("工程维修", "86.1"), ("A & B <C>", "90.0"), ("未评", ""))
VALUE: dict[str, Any] = {
    "bars": [{"label": label, "value": value} for label, value in RATES],
    "objective": "90.0",
    "suffix": "%",
}


def _chart(**changes: Any) -> etree._Element:
    return etree.fromstring(chart_part(VALUE | changes))


def _found(chart: etree._Element, path: str) -> list[str]:
    found = chart.xpath(path, namespaces=C)
    assert isinstance(found, list)
    return [str(each) for each in found]


def test_columns_are_as_high_as_their_values_and_named_with_them() -> None:
    chart = _chart()
    assert _found(chart, "//c:barChart//c:val//c:v/text()") == ["93.9", "86.1", "90.0"]
    assert _found(chart, "//c:barChart//c:val//c:pt/@idx") == ["0", "1", "2"]
    names = _found(chart, "//c:barChart//c:cat//c:v/text()")
    assert names == ["安全秩序\n93.9%", "工程维修\n86.1%", "A & B <C>\n90.0%", "未评\n/"]


def test_what_misses_the_objective_is_hatched_and_nothing_else() -> None:
    assert _found(_chart(), "//c:dPt[.//a:pattFill/@prst='wdUpDiag']/c:idx/@val") == ["1"]
    assert _found(_chart(objective="95"), "//c:dPt/c:idx/@val") == ["0", "1", "2"]
    assert _found(_chart(objective=""), "//c:dPt/c:idx/@val") == []


def test_the_objective_is_a_dashed_line_over_the_whole_width() -> None:
    chart = _chart()
    assert set(_found(chart, "//c:lineChart//c:val//c:v/text()")) == {"90.0"}
    assert _found(chart, "//c:trendline//a:prstDash/@val") == ["dash"]
    assert _found(chart, "//c:trendline/c:forward/@val | //c:trendline/c:backward/@val") == ["0.5", "0.5"]
    assert _found(_chart(objective=""), "//c:lineChart") == []


@pytest.mark.parametrize(
    ("values", "suffix", "top"),
    [
        (["3"], "%", "100"),
        (["3", "7"], "", "10"),
        (["120"], "", "200"),
        (["0"], "", "5"),
        (["0.4"], "", "1"),
        (["100.00"], " 元", "100"),
    ],
)
def test_the_axis_begins_at_nothing_and_ends_at_a_round_number(values: list[str], suffix: str, top: str) -> None:
    chart = _chart(bars=[{"label": "x", "value": value} for value in values], objective="", suffix=suffix)
    assert _found(chart, "//c:valAx//c:min/@val") == ["0"]
    assert [float(end) for end in _found(chart, "//c:valAx//c:max/@val")] == [float(top)]


def test_equal_values_give_equal_bytes() -> None:
    assert chart_part(VALUE) == chart_part(dict(reversed(VALUE.items())))


def test_the_statistics_form_draws_the_values_that_its_table_prints() -> None:
    docx = draft_in_file(STATISTICS).preview(Variant.FILLED, date(2026, 11, 23))
    chart = etree.fromstring(member(docx, "word/charts/recordkeeper_by_item.xml"))
    for name in _found(chart, "//c:barChart//c:cat//c:v/text()"):
        label, rate = name.split("\n")
        assert label in text_of(docx)
        assert rate in text_of(docx)
    assert b"rk_chart_by_item" in member(docx)
    assert "虚线为目标 90.0%" in text_of(docx)
    Document(io.BytesIO(docx))


def test_a_blank_has_no_chart_and_no_frame_for_one() -> None:
    docx = draft_in_file(STATISTICS).preview(Variant.BLANK, date(2026, 11, 23))
    assert b"rk_chart_by_item" not in member(docx)
    assert "虚线" not in text_of(docx)
