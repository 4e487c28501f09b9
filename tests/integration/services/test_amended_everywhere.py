"""Amended values of every kind, struck with the new one beside them wherever a record is seen."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import CHOICES, field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.documents.form_reader import ReadForm, read_values
from recordkeeper.model.rich_text import text_with_marks
from recordkeeper.services import extraction, lifecycle, viewing
from recordkeeper.services.extraction import Selection
from recordkeeper.services.searching import Criteria
from stage import Stages

LONG = "第一行：地下二层照明灯损坏 6 盏，晚间车位附近过暗；\n第二行：老人出入不便，希望尽快维修。"
ITEMS = [field("what"), field("pieces", "number")]
PAPER = form(
    "QR-900-01",
    {
        **section(
            "entered",
            field("name"),
            field("told", lines=3),
            field("source", "choice", choices=CHOICES),
            field("on_day", "date"),
            field("count", "number"),
            field("price", "money"),
            field("items", "rows", columns=ITEMS),
            sign="one",
            meaning="reviewed",
        ),
        "computed": [field("sum_of_all", "money") | {"value": "count * price"}],
    },
    amendment={"corrections": 20},
)
VALUES = {
    "name": "许国良", "told": LONG, "source": "good", "on_day": "2026-11-02", "count": "2", "price": "3.50",
    "items": [{"what": "灯", "pieces": "6"}, {"what": "门", "pieces": "1"}],
}  # fmt: skip
AMENDED = [
    {"name": "许国栋"},
    {"name": "许国梁", "told": LONG.replace("6", "9").replace("第二行", "又")},
    {"source": "other", "on_day": "2026-11-03"},
    {"count": "4", "items.2.pieces": "3"},
]


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", PAPER)

    with office_with(stages, database, tmp_path, "amended", [package], "clerk", "quality", "head") as opened:
        yield opened


def _amended(company: ActingCompany) -> str:
    number = company.new("clerk", "QR-900-01", VALUES)
    company.sign("clerk", number, "entered")
    for values in AMENDED:
        lifecycle.amend(
            company.register,
            company.actors["clerk"],
            company.signers["clerk"],
            NOW,
            number,
            values,
            "记错",
            "correction",
        )
    return number


def _read(company: ActingCompany, number: str, tmp_path: Path) -> ReadForm:
    template = write_package(tmp_path / "again", PAPER) / "QR-900-01.docx"
    _name, docx = viewing.render(company.register, company.actors["clerk"], NOW, number)
    return read_values(template.read_bytes(), docx)


def test_the_word_file_strikes_each_old_value_and_names_the_recomputed_one(
    company: ActingCompany, tmp_path: Path
) -> None:
    read = _read(company, _amended(company), tmp_path)
    found = {name: (value.text, value.struck) for name, value in read.values.items()}
    assert found["name"] == ("许国梁", ("许国良", "许国栋"))
    assert found["told"] == (AMENDED[1]["told"], ("6", "第二行"))
    assert read.values["source"].boxes == {"其他": True}
    assert found["source"][1] == ("☑ 好",)
    assert found["on_day"] == ("2026年11月3日", ("2026年11月2日",))
    assert found["count"] == ("4", ("2",))
    assert found["sum_of_all"] == ("14.00", ("7.00",))
    assert [(row["pieces"].text, row["pieces"].struck) for row in read.rows["items"]] == [("6", ()), ("3", ("1",))]
    listed = [(row["field"].text, row["reason"].text) for row in read.rows["amendments"]]
    assert ("栏count", "记错") in listed
    assert ("栏sum_of_all", "记错（随之重算）") in listed
    assert ("栏items第 2 行 栏pieces", "记错") in listed
    assert [row["mark"].text for row in read.rows["amendments"]] == list("①②③④⑤⑥⑦⑦")


def test_the_terminal_brackets_them_and_the_spreadsheet_strikes_them_in_one_cell(company: ActingCompany) -> None:
    number = _amended(company)
    view = viewing.show(company.register, company.actors["clerk"], NOW, number)
    shown = {each.id: text_with_marks(each.text) for part in view.sections for each in part.fields}
    assert shown["name"] == "[-许国良-][-许国栋-]①{+许国梁+}②"
    assert shown["sum_of_all"] == "[-7.00-]{+14.00+}⑦"
    content, _count = extraction.export_workbook(
        company.register, company.actors["quality"], NOW, Selection([number], Criteria())
    )
    with zipfile.ZipFile(BytesIO(content)) as archive:
        strings = archive.read("xl/sharedStrings.xml").decode()
    struck = re.findall(r"<strike/>.*?<t[^>]*>([^<]*)</t>", strings)
    assert struck == ["许国良", "许国栋", "6", "第二行", "好", "2026-11-02", "2", '"1"', "7.00"]
