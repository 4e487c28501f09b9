"""Forms whose records each unit counts for itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.findings import Severity
from recordkeeper.register import tables
from recordkeeper.services import intake, lifecycle, places
from recordkeeper.services.lifecycle import About
from recordkeeper.services.verification import verify
from stage import Stages
from tampering import tampering

NOTE, FOLLOWING, GATE = "QR-900-01", "QR-900-02", "QR-900-03"
FORMS = (
    form(
        NOTE,
        section("note", field("what"), opens=[{"form": FOLLOWING, "when": "what == '投诉'"}]),
        series="unit",
    ),
    form(FOLLOWING, section("follow", field("done")), series="unit"),
    form(GATE, section("row", field("plate")), kind="register", sheet={"by": "unit"}, series="unit"),
)


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", *FORMS)

    with office_with(stages, database, tmp_path, "unit_series", [package], "clerk") as opened:
        places.add_unit(
            opened.register,
            opened.actors["boss"],
            code="S",
            kind="estate",
            name_zh="南苑",
            name_en="",
            parent="HQ",
            now=NOW,
        )
        yield opened


def new(company: ActingCompany, unit: str, what: str = "", code: str = NOTE) -> str:
    values = {"what" if code == NOTE else "plate": what or "来访"}
    return lifecycle.new(company.register, company.actors["clerk"], NOW, code, values, About(unit)).number


def altered(company: ActingCompany, folder: Path) -> list[tuple[str, str]]:
    report = verify(company.register.url, folder / "archive")
    return [(each.code, each.subject) for each in report.findings if each.severity is Severity.ALTERED]


def test_each_unit_counts_its_own_records_without_a_gap(company: ActingCompany, tmp_path: Path) -> None:
    assert [new(company, unit) for unit in ("SH", "HQ", "SH", "S", "SH")] == [
        f"{NOTE}/SH-2026-0001",
        f"{NOTE}/HQ-2026-0001",
        f"{NOTE}/SH-2026-0002",
        f"{NOTE}/S-2026-0001",
        f"{NOTE}/SH-2026-0003",
    ]
    assert new(company, "S", "示A1", GATE) == f"{GATE}/S-2026-0001"
    assert company.record(f"{NOTE.lower()}/SH-2026-0003").number == f"{NOTE}/SH-2026-0003"
    assert altered(company, tmp_path) == []


def test_what_a_record_opens_is_counted_in_its_own_unit(company: ActingCompany, tmp_path: Path) -> None:
    opened = [number for unit in ("SH", "HQ") for number in company.opened_by(new(company, unit, "投诉"))]
    assert opened == [f"{FOLLOWING}/SH-2026-0001", f"{FOLLOWING}/HQ-2026-0001"]
    assert altered(company, tmp_path) == []


def test_rows_of_several_units_are_numbered_as_they_come(company: ActingCompany, tmp_path: Path) -> None:
    table = intake.Table(GATE, "plate,unit\n示A1,SH\n示A2,HQ\n示A3,SH\n".encode(), "gate.csv", None)
    report = intake.import_records(company.register, company.actors["clerk"], NOW, table)
    assert list(report.numbers.values()) == [f"{GATE}/SH-2026-0001", f"{GATE}/HQ-2026-0001", f"{GATE}/SH-2026-0002"]
    assert altered(company, tmp_path) == []


def test_a_number_that_is_lost_is_missed_in_its_units_series(company: ActingCompany, tmp_path: Path) -> None:
    for unit in ("HQ", "SH", "SH", "SH"):
        new(company, unit)
    lost = f"record/{NOTE}/SH-2026-0002"
    with tampering(company.register.url) as connection:
        for table in tables.metadata.sorted_tables:
            if "subject" in table.c:
                connection.execute(table.delete().where(table.c["subject"] == lost))
    assert ("number-missing", f"{NOTE}/SH 2026") in altered(company, tmp_path)
