"""``record import`` and ``record export``: in from a table, out as JSON or a table, and back."""

import csv
import json
import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from pypdf import PdfReader
from pypdf.generic import Destination
from python_calamine import CalamineWorkbook

from record_workspace import YESTERDAY, Desk, desk, record_template

__all__ = ["desk", "record_template"]

DUE = (date.fromisoformat(YESTERDAY) + timedelta(days=3)).isoformat()
HEADINGS = "received_at,caller,channel,matter,answered_at_once,referred_to,reply_due,replied_on,reply\n"
GOOD = (
    f"{YESTERDAY} 08:35,周文娟,电话,=HYPERLINK(1),yes,,,,\n"
    f'{YESTERDAY} 08:36,匿名,来访,"闭门器松动，\n关门声大",no,engineering,{DUE},{YESTERDAY},-已修复\n'
    f"{YESTERDAY} 08:37,刘敏,来函,''=不是公式,no,engineering,{DUE},,\n"
)
BAD = f"{YESTERDAY} 25:00,,telepathy,x,yes,,,,\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(HEADINGS + GOOD, encoding="utf-8")
    return path


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text("utf-8-sig").splitlines(keepends=True)))


def values_of(desk: Desk, number: str) -> dict[str, object]:
    shown = desk.done("record", "show", number)
    return {field["id"]: field["value"] for section in shown["sections"] for field in section["fields"]}


def test_an_import_says_what_it_entered(desk: Desk, log: Path) -> None:
    done = desk.done("record", "import", "QR-017-01", str(log), who="clerk")
    assert (done["rows"], done["imported"], done["later_sections_filled"], done["rejected"]) == (3, 3, 1, [])
    assert done["numbers"][0].endswith("-0001")
    assert values_of(desk, done["numbers"][0])["matter"] == "=HYPERLINK(1)"
    assert desk.run("record", "import", "qr-017-01", str(log), who="clerk") == 0
    assert "3 rows, 3 entered" in desk.out


def test_a_rejected_row_keeps_all_out_unless_it_may_be_left_out(desk: Desk, log: Path, tmp_path: Path) -> None:
    log.write_text(HEADINGS + BAD + GOOD, encoding="utf-8")
    error = desk.refused("record", "import", "QR-017-01", str(log), "--rejects", "rejects.csv", who="clerk")
    assert (error["kind"], error["status"]) == ("rows-rejected", "2")
    for place in ("row 2 received_at", "row 2 caller", "row 2 channel"):
        assert place in error["message"]
    assert [row[:2] for row in rows_of(tmp_path / "rejects.csv")[1:]] == [
        ["2", "received_at"], ["2", "channel"], ["2", "caller"],
    ]  # fmt: skip
    before = desk.acts()
    assert desk.run("record", "import", "QR-017-01", str(log), "--dry-run", "--json", who="clerk") == 1
    tried = json.loads(desk.out)
    assert (tried["imported"], tried["rejected_rows"], len(tried["rejected"])) == (0, 1, 3)
    assert desk.acts() == before
    done = desk.done("record", "import", "QR-017-01", str(log), "--skip-rejected", who="clerk")
    assert (done["imported"], done["rejected_rows"]) == (3, 1)
    assert done["numbers"][0].endswith("-0001")


def test_an_import_needs_the_right_and_a_file_that_can_be_meant(desk: Desk, log: Path, tmp_path: Path) -> None:
    assert desk.refused("record", "import", "QR-017-01", str(log), who="nobody")["status"] == "3"
    assert desk.refused("record", "import", "QR-999", str(log), who="clerk")["status"] == "4"
    assert desk.refused("record", "import", "QR-017", str(log), who="clerk")["status"] == "2"
    assert desk.refused("record", "import", "QR-017-01", str(log), "--unit", "XX", who="clerk")["status"] == "4"
    assert desk.refused("record", "import", "QR-017-01", "missing.csv", who="clerk")["status"] == "4"
    (tmp_path / "log.map.yaml").write_text("columns:\n  colour: caller\n  caller: name\n", encoding="utf-8")
    error = desk.refused("record", "import", "QR-017-01", str(log), "--map", "log.map.yaml", who="clerk")
    assert error["kind"] == "definition"
    assert "log.map.yaml:2" in error["message"]
    assert "log.map.yaml:3" in error["message"]


def test_records_of_a_form_that_is_signed_wait_for_their_signature(desk: Desk, tmp_path: Path) -> None:
    text = f"信息来源,反馈人,反馈时间,反馈内容,责任部门\n业主会议,许国良,{YESTERDAY} 09:40,灯坏,{{}}\n"
    (tmp_path / "f.csv").write_text(text.format(""), encoding="utf-8")
    (number,) = desk.done("record", "import", "QR-017-02", "f.csv", who="staff")["numbers"]
    assert desk.done("record", "show", number)["state"] == "pending"
    (tmp_path / "f.csv").write_text(text.format("工程部"), encoding="utf-8")
    error = desk.refused("record", "import", "QR-017-02", "f.csv", who="staff")
    assert "责任部门" in error["message"]


def test_an_exported_table_is_guarded_and_comes_back_as_it_was(desk: Desk, log: Path, tmp_path: Path) -> None:
    numbers = desk.done("record", "import", "QR-017-01", str(log), who="clerk")["numbers"]
    assert desk.done("record", "export", "--form", "QR-017-01", "--output", "out.csv")["records"] == 3
    headings, *rows = rows_of(tmp_path / "out.csv")
    column = headings.index("Matter")
    assert [row[column] for row in rows] == ["'=HYPERLINK(1)", "闭门器松动，\n关门声大", "''=不是公式"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    titles = {
        "received_at": "Date, time", "caller": "Caller", "channel": "Channel", "matter": "Matter",
        "answered_at_once": "At once", "referred_to": "Referred to", "reply_due": "Reply due",
        "replied_on": "Replied on", "reply": "Reply given",
    }  # fmt: skip
    mapping = "columns:\n" + "".join(f"  {name}: '{title}'\n" for name, title in titles.items())
    (tmp_path / "back.map.yaml").write_text(mapping, encoding="utf-8")
    back = desk.done("record", "import", "QR-017-01", "out.csv", "--map", "back.map.yaml", who="clerk")["numbers"]
    assert [values_of(desk, number) for number in back] == [values_of(desk, number) for number in numbers]


def test_an_exported_spreadsheet_comes_back_as_it_was_struck_values_and_all(
    desk: Desk, log: Path, tmp_path: Path
) -> None:
    numbers = desk.done("record", "import", "QR-017-01", str(log), who="clerk")["numbers"]
    changes = [
        (0, "channel=来函"),
        (1, f"received_at={YESTERDAY} 08:36:07"),
        (2, "matter=电梯异响 2 次"),
        (1, "matter==HYPERLINK(2)"),
    ]
    for row, change in changes:
        desk.done("record", "amend", numbers[row], "--set", change, "--reason", "记错", who="clerk")
    for language in ("zh", "en"):
        desk.done("record", "export", "--lang", language, "--output", f"{language}.xlsx", *numbers)
        done = desk.done("record", "import", "QR-017-01", f"{language}.xlsx", who="clerk")
        assert (done["imported"], done["rejected"]) == (3, [])
        assert len(done["left_out"]) == 7  # number, revision, state, entered on, closed on, sheet, signatures
        back = done["numbers"]
        assert [values_of(desk, number) for number in back] == [values_of(desk, number) for number in numbers]


def test_a_spreadsheet_of_somebody_else_is_read_and_its_formulas_are_rejected(desk: Desk, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "theirs.xlsx") as workbook:
        sheet = workbook.add_worksheet("登记")
        workbook.add_worksheet("说明").write(0, 0, "请填写")
        sheet.merge_range("A1:E1", "来电登记表")
        sheet.write_row(1, 0, ["received_at", "caller", "channel", "matter", "answered_at_once"])
        day, layouts = date.fromisoformat(YESTERDAY), ("yyyy-mm-dd hh:mm", 'yyyy"年"m"月"d"日" h:mm', "m/d/yy h:mm")
        for row, layout in enumerate(layouts, 2):
            moment = datetime.combine(day, time(8, 30 + row))
            sheet.write_datetime(row, 0, moment, workbook.add_format({"num_format": layout}))
            sheet.write_row(row, 1, [13800001204.0, "电话", "灯坏", True])
        sheet.write_string(5, 0, f"{day.year}年{day.month}月{day.day}日 9时5分")
        sheet.write_row(5, 1, ["周文娟", "电话"])
        sheet.write_formula(5, 3, '="灯"&"坏"', None, "灯坏")
        sheet.write_boolean(5, 4, True)
    assert "登记" in desk.refused("record", "import", "QR-017-01", "theirs.xlsx", who="clerk")["message"]
    given = ("record", "import", "QR-017-01", "theirs.xlsx", "--sheet", "登记")
    error = desk.refused(*given, who="clerk")
    assert (error["kind"], "row 6 matter" in error["message"]) == ("rows-rejected", True)
    done = desk.done(*given, "--skip-rejected", who="clerk")
    assert [(each["row"], each["column"]) for each in done["rejected"]] == [(6, "matter")]
    values = [values_of(desk, number) for number in done["numbers"]]
    assert {value["caller"] for value in values} == {"13800001204"}
    assert [str(value["received_at"])[14:16] for value in values] == ["32", "33", "34"]


def test_a_spreadsheet_holds_dates_and_struck_values_and_no_formula(desk: Desk, tmp_path: Path) -> None:
    number = desk.signed(content="=1+1")
    desk.done("record", "amend", number, "--set", "customer=许国栋", "--reason", "姓名写错", who="staff")
    assert desk.done("record", "export", number, "--output", "out.xlsx")["records"] == 1
    heads, row = CalamineWorkbook.from_path(tmp_path / "out.xlsx").get_sheet_by_name("QR-017-02").to_python()
    cells = dict(zip(heads, row, strict=True))
    assert (cells["Number"], cells["Content"]) == (number, "=1+1")
    assert isinstance(cells["Time"], datetime)
    assert str(cells["Customer"]).startswith("许国良 许国栋①")
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        strings, sheet = archive.read("xl/sharedStrings.xml").decode(), archive.read("xl/worksheets/sheet1.xml")
    assert re.findall(r"<strike/>.*?<t[^>]*>([^<]*)</t>", strings) == ["许国良"]
    assert b"<f>" not in sheet


def test_json_holds_amendments_and_signatures_and_leaves_its_event(desk: Desk, tmp_path: Path) -> None:
    number = desk.signed()
    desk.done("record", "amend", number, "--set", "phone=138-0000-1299", "--reason", "号码抄错", who="staff")
    desk.done("record", "export", number, "--output", "out.json")
    document = json.loads((tmp_path / "out.json").read_text("utf-8"))
    (record,) = document["records"]
    assert (document["count"], document["company"], record["number"]) == (1, "锦绣物业", number)
    assert record["amendments"][0]["changes"][0]["old"] == "138-0000-1204"
    assert len(record["signatures"]) == 2
    assert [subject for subject, _actor in desk.events("export")] == [f"record/{number}"]


def test_a_sheet_brings_its_rows_and_their_export_is_one_event(desk: Desk, log: Path, tmp_path: Path) -> None:
    done = desk.done("record", "import", "QR-017-01", str(log), who="clerk")
    (sheet,) = done["sheets"]
    number = sheet.partition("/")[2]
    assert desk.done("record", "export", number, "--output", "sheet.json")["records"] == 4
    assert desk.done("record", "export", number, "--output", "sheet.csv")["records"] == 3
    assert {subject for subject, _actor in desk.events("export")} == {sheet}
    assert len(desk.events("export")) == 2
    assert len(rows_of(tmp_path / "sheet.csv")) == 4


@pytest.mark.parametrize(
    ("arguments", "who", "status"),
    [
        (("--form", "QR-017-03", "--output", "a.csv"), "quality", 4),
        (("--output", "a.csv"), "quality", 2),
        (("--form", "QR-017-01", "--from", "2026-13-01", "--output", "a.csv"), "quality", 2),
        (("--form", "QR-017-01", "--output", "a.ods"), "quality", 2),
        (("QR-017-02/2026-9999", "--output", "a.json"), "quality", 4),
        (("QR-017-02/2026-0001", "--form", "QR-017-02", "--output", "a.json"), "quality", 2),
        (("--form", "QR-017-01", "--output", "a.csv"), "nobody", 3),
        (("--form", "QR-017-01", "--to", "2020-01-01", "--output", "a.csv"), "quality", 4),
    ],
)
def test_an_export_that_cannot_be_is_refused(
    desk: Desk, log: Path, tmp_path: Path, arguments: tuple[str, ...], who: str, status: int
) -> None:
    desk.done("record", "import", "QR-017-01", str(log), who="clerk")
    desk.new()
    assert desk.refused("record", "export", *arguments, who=who)["status"] == str(status)
    assert not (tmp_path / arguments[-1]).exists()
    assert desk.events("export") == []


@pytest.mark.needs_libreoffice
def test_several_records_are_printed_in_one_pdf_with_a_bookmark_for_each(desk: Desk, log: Path, tmp_path: Path) -> None:
    signed, void = desk.signed(), desk.signed()
    desk.done("record", "void", void, "--reason", "重复填写", who="quality")
    rows = desk.done("record", "import", "QR-017-01", str(log), who="clerk")["numbers"]
    desk.done("record", "export", signed, void, *rows[:2], "--output", "pack.pdf")
    pack = PdfReader(tmp_path / "pack.pdf")
    marks = [str(mark.title) for mark in pack.outline if isinstance(mark, Destination)]
    assert [mark.split()[0] for mark in marks[:2]] == [signed, void]
    assert marks[2].startswith("QR-017-01/SH-")
    assert len(marks) == 3  # two rows stand on one sheet
    pages = [pack.get_destination_page_number(mark) or 0 for mark in pack.outline if isinstance(mark, Destination)]
    assert pages == sorted(set(pages))
    assert "作废" in pack.pages[pages[1]].extract_text()
    events = [subject for subject, _actor in desk.events("export")]
    assert events[:2] == [f"record/{signed}", f"record/{void}"]


def test_a_record_that_one_may_not_read_is_not_given_out(desk: Desk) -> None:
    number = desk.new()
    assert desk.refused("record", "export", number, "--output", "a.json", who="elsewhere")["kind"] == "may-not-read"
