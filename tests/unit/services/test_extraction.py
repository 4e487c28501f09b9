import json
from zoneinfo import ZoneInfo

from record_samples import READING, Life, form, section, titled
from recordkeeper.documents.workbook import format_workbook
from recordkeeper.documents.workbook_reader import read_sheet
from recordkeeper.model.rendition import Surroundings, printer_of
from recordkeeper.model.rich_text import Style
from recordkeeper.services.extraction import _amended_rows

ROWS = titled("items", "rows", columns=[titled("name"), titled("price", "money"), titled("remark", required=False)])
AROUND = Surroundings("示范公司", lambda name: name, ZoneInfo("Asia/Shanghai"))


def test_amended_cells_of_rows_are_struck_in_a_spreadsheet_and_read_back_as_they_stand() -> None:
    life = Life(form(section("first", "clerk", ROWS, sign="one"), amendment={"corrections": 9}))
    life.fill("first", items=[{"name": '灯"六"盏', "price": "1", "remark": "x"}, {"name": "门", "price": "2"}])
    life.sign("first")
    life.amend(items__1__name='灯"九"盏', items__1__remark="")
    record = life.amend(items__2__price="5", items__2__remark="=1+1")
    field = record.form.field("items")
    assert field is not None
    spans = tuple(_amended_rows(printer_of(record, AROUND), field, record.values["items"]))
    struck = "".join(span.text for span in spans if span.style is Style.STRUCK)
    assert all(old in struck for old in ("六", '"x"', '"2.00"', "null"))
    read = read_sheet(format_workbook("QR-1", ["Items"], [[spans]]), "a.xlsx")
    text = read.lines[1][1][0]
    assert isinstance(text, str)
    assert READING.parse(field, text) == (record.values["items"], [])
    assert json.loads(text)[0] == {"name": '灯"九"盏', "price": "1.00", "remark": None}
