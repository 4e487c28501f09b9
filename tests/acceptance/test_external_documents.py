"""The documents that the shipped procedures refer to are entered in the list of external documents, in one import."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import FORMS, ActingCompany, acting_company
from form_samples import load
from p02_office import NOW
from recordkeeper.services.intake import Table, import_records
from recordkeeper.services.searching import Criteria, find
from stage import Stages

LIST = Path(__file__).resolve().parents[2] / "docs" / "examples" / "external-documents.csv"
CONTROLLED_DATA = ("暂测面积表", "价格报告书")
"""Reference tables with revisions of their own."""


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with acting_company(stages, database, tmp_path, "P00", "quality") as opened:
        yield opened


def named_in_procedures() -> list[str]:
    """What the procedures call the documents that they refer to, without what stands in brackets behind."""
    found = [
        str(each["zh"]).partition("（")[0]
        for path in sorted(FORMS.glob("*/procedure.yaml"))
        for each in load(path).get("related_documents", [])
    ]
    return [name for name in found if name not in CONTROLLED_DATA]


def test_every_document_that_a_procedure_refers_to_is_entered(company: ActingCompany) -> None:
    quality = company.actors["quality"]
    report = import_records(company.register, quality, NOW, Table("QR-100-05", LIST.read_bytes(), LIST.name))
    assert report.rejects == ()
    rows = [each.number for each in find(company.register, quality, NOW, Criteria(forms=("QR-100-05",))) if each.sheet]
    values = [company.record(number).values for number in rows]
    entered = {f"{each['document_number']} {each['document_title']}" for each in values}
    missing = [name for name in named_in_procedures() if not any(_is_named(name, one) for one in entered)]
    assert missing == []
    assert len(named_in_procedures()) > 20
    assert {each["status"] for each in values} == {"superseded", "not_available", "current"}


def _is_named(name: str, entry: str) -> bool:
    """Whether an entry has the name, or the number with which it begins: ``GB/T 19000-2000``, ``TJ-WY7.5.4-G02``."""
    if name in entry:
        return True
    number = name if name.startswith("GB/T") else name.partition(" ")[0]
    return any(letter.isdigit() for letter in number) and entry.startswith(f"{number} ")
