"""Sheets by shift, party, premises and until they are full, on both databases."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from acting_company import HOUSEHOLD, ActingCompany, office_with
from form_samples import field, section, title
from p02_office import NOW
from packages import form, write_package
from recordkeeper.findings import Severity
from recordkeeper.model.record_guard import NotYoursError, WrongStateError
from recordkeeper.model.record_state import State
from recordkeeper.model.rendition import record_context
from recordkeeper.model.rich_text import Span, Style
from recordkeeper.model.sheet import UngroupedRowError
from recordkeeper.model.subject import name_of
from recordkeeper.register.acts import Transaction
from recordkeeper.register.engine import open_register
from recordkeeper.services import intake, lifecycle, places, searching
from recordkeeper.services.lifecycle import About
from recordkeeper.services.retrieval import rows_of
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import verify
from stage import Stages

SHIFTS = [{"id": "day", **title("白班", "Day")}, {"id": "night", **title("夜班", "Night")}]
SECTIONS = [section("reading", by="head", sign="one", meaning="read")]
PATROL, VISITS, CUSTODY, GATE, LIST = "QR-900-01", "QR-900-02", "QR-900-03", "QR-900-04", "QR-900-05"
LINES = 3
FORMS = (
    form(
        PATROL,
        section("row", field("seen_at", "moment"), field("shift", "choice", choices=SHIFTS), field("what")),
        kind="register",
        sheet={
            "by": "shift",
            "on": "seen_at",
            "shift_field": "shift",
            "over_midnight": ["night"],
            "sections": SECTIONS,
        },
    ),
    form(
        VISITS,
        section("row", field("what"), field("customer", "party", required=False)),
        kind="register",
        sheet={"by": "party", "sections": SECTIONS},
    ),
    form(
        CUSTODY,
        section("row", field("what")),
        kind="register",
        sheet={"by": "premises", "sections": SECTIONS},
    ),
    form(
        GATE,
        section("row", field("plate"), field("at", "date", required=False)),
        section("out", field("left", "yes_no")),
        kind="register",
        sheet={"by": "full", "rows_a_page": LINES, "sections": SECTIONS},
    ),
    form(LIST, section("row", field("what")), kind="register", sheet={"by": "unit"}),
)


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", *FORMS)

    with office_with(stages, database, tmp_path, "sheets", [package], "clerk", "head") as opened:
        yield opened


def enter(company: ActingCompany, code: str, values: Mapping[str, object], about: About | None = None) -> str:
    """The number of the sheet on which a new row stands."""
    row = lifecycle.new(company.register, company.actors["clerk"], NOW, code, values, about or About())
    return name_of(row.sheet)


def plate(company: ActingCompany, number: int = 1) -> str:
    return enter(company, GATE, {"plate": f"示A{number}"})


def add_estate_with(company: ActingCompany, code: str) -> None:
    places.add_premises(company.register, company.actors["boss"], unit="SH", code=code, now=NOW)


def assert_nothing_altered(company: ActingCompany, folder: Path) -> None:
    report = verify(company.register.url, folder / "archive", None, ())
    assert [each for each in report.findings if each.severity is Severity.ALTERED] == []


# ---- by shift --------------------------------------------------------------------------------------------------------


def test_rows_of_a_shift_stand_on_the_sheet_of_its_day(company: ActingCompany) -> None:
    patrol = {"seen_at": "2026-11-20 09:00", "shift": "白班", "what": "无异常"}
    assert enter(company, PATROL, patrol) == f"{PATROL}/2026-11-20-day"
    assert enter(company, PATROL, {**patrol, "seen_at": "2026-11-21 09:00"}) == f"{PATROL}/2026-11-21-day"
    assert enter(company, PATROL, {**patrol, "shift": "夜班"}, About("SH")) == f"{PATROL}/SH-2026-11-19-night"


def test_a_night_shift_keeps_its_sheet_after_midnight(company: ActingCompany) -> None:
    patrol = {"seen_at": "2026-11-20 23:30", "shift": "夜班", "what": "无异常"}
    before = enter(company, PATROL, patrol)
    assert enter(company, PATROL, {**patrol, "seen_at": "2026-11-21 05:50"}) == before
    assert before == f"{PATROL}/2026-11-20-night"


def test_a_row_for_a_shift_that_was_signed_off_is_late(company: ActingCompany) -> None:
    patrol = {"seen_at": "2026-11-20 09:00", "shift": "白班", "what": "无异常"}
    sheet = enter(company, PATROL, patrol)
    company.sign("head", sheet, "reading")
    late = lifecycle.new(company.register, company.actors["clerk"], NOW, PATROL, patrol, About())
    assert name_of(late.sheet) == sheet
    assert late.opening["late"] is True


# ---- by party and premises -------------------------------------------------------------------------------------------


def test_each_party_has_a_sheet_with_its_number(company: ActingCompany) -> None:
    for name in ("许国良", "冯秀兰"):
        places.add_party(company.register, company.actors["boss"], name=name, now=NOW)
    first = enter(company, VISITS, {"what": "来访"}, About(party="许国良"))
    other = enter(company, VISITS, {"what": "来电", "customer": "冯秀兰"})
    assert [first, other] == [f"{VISITS}/P-0001", f"{VISITS}/P-0002"]
    assert enter(company, VISITS, {"what": "又访", "customer": "许国良"}) == first
    criteria = searching.Criteria(party="许国良", number=f"{VISITS}/P")
    found = searching.find(company.register, company.actors["clerk"], NOW, criteria)
    assert [each.number for each in found] == [first]


def test_each_premises_have_a_sheet_with_their_code(company: ActingCompany) -> None:
    assert enter(company, CUSTODY, {"what": "查看"}, About("HQ", premises=HOUSEHOLD)) == f"{CUSTODY}/HQ-{HOUSEHOLD}"
    add_estate_with(company, "A-1-101")
    assert enter(company, CUSTODY, {"what": "查看"}, About("SH", premises="A-1-101")) == f"{CUSTODY}/SH-A-1-101"
    assert enter(company, CUSTODY, {"what": "查看"}, About("HQ", premises="A-1-101")) == f"{CUSTODY}/HQ-SH-A-1-101"


def test_a_code_that_a_number_cannot_hold_is_told_apart_in_ascii(company: ActingCompany) -> None:
    sheets = []
    for code in ("B1#12", "B1.12", "翠苑-7"):
        add_estate_with(company, code)
        sheets += [enter(company, CUSTODY, {"what": "查看"}, About("SH", premises=code)) for _twice in range(2)]
    expected = ["SH-B1.12", "SH-B1.12-2", "SH-PR-0004"]
    assert sheets == [f"{CUSTODY}/{label}" for label in expected for _twice in range(2)]


def test_a_row_that_names_nobody_is_refused_and_takes_no_number(company: ActingCompany) -> None:
    for code in (VISITS, CUSTODY):
        with pytest.raises(UngroupedRowError) as refused:
            enter(company, code, {"what": "来访"})
        assert refused.value.subject == code
    about = About("HQ", premises=HOUSEHOLD)
    row = lifecycle.new(company.register, company.actors["clerk"], NOW, CUSTODY, {"what": "查看"}, about)
    assert row.number == f"{CUSTODY}/2026-0001"


# ---- until it is full ------------------------------------------------------------------------------------------------


def test_a_new_sheet_begins_when_every_line_is_taken(company: ActingCompany, tmp_path: Path) -> None:
    sheets = [plate(company, number) for number in range(2 * LINES + 1)]
    assert Counter(sheets) == {f"{GATE}/2026-S001": LINES, f"{GATE}/2026-S002": LINES, f"{GATE}/2026-S003": 1}
    assert_nothing_altered(company, tmp_path)


def test_a_void_row_keeps_its_line(company: ActingCompany) -> None:
    for number in range(LINES):
        plate(company, number)
    lifecycle.void(company.register, company.actors["clerk"], NOW, f"{GATE}/2026-0002", "写错行")
    assert plate(company) == f"{GATE}/2026-S002"


def test_each_unit_fills_sheets_of_its_own_in_one_series(company: ActingCompany) -> None:
    units = ("HQ", "SH", "HQ", "SH")
    sheets = [enter(company, GATE, {"plate": "示A1"}, About(unit)) for unit in units]
    assert sheets == [f"{GATE}/2026-S001", f"{GATE}/2026-S002"] * 2


def test_a_sheet_that_was_read_takes_no_more_rows(company: ActingCompany) -> None:
    sheet = plate(company)
    company.sign("head", sheet, "reading")
    row = lifecycle.new(company.register, company.actors["clerk"], NOW, GATE, {"plate": "示A2"}, About())
    assert name_of(row.sheet) == f"{GATE}/2026-S002"
    assert "late" not in row.opening


def test_a_sheet_is_gone_on_with_in_the_new_year_and_the_next_bears_its_number(company: ActingCompany) -> None:
    plate(company)
    later = NOW + timedelta(days=60)
    rows = [
        lifecycle.new(company.register, company.actors["clerk"], later, GATE, {"plate": "示A2"}, About())
        for _row in range(LINES)
    ]
    assert [name_of(row.sheet) for row in rows] == [f"{GATE}/2026-S001"] * 2 + [f"{GATE}/2027-S001"]


def test_an_import_fills_sheet_after_sheet_and_a_rejected_row_leaves_no_gap(
    company: ActingCompany, tmp_path: Path
) -> None:
    lines = ["plate,at", *(f"示A{number},2026-11-20" for number in range(LINES)), "示B,morgen", "示C,2026-11-20"]
    table = intake.Table(GATE, "\n".join(lines).encode(), "gate.csv")
    report = intake.import_what_fits(company.register, company.actors["clerk"], NOW, table)
    assert report.sheets == (f"sheet/{GATE}/2026-S001", f"sheet/{GATE}/2026-S002")
    assert len(report.numbers) == LINES + 1
    assert_nothing_altered(company, tmp_path)


def test_a_sheet_that_is_lost_is_missed_in_the_series(company: ActingCompany, tmp_path: Path) -> None:
    with company.register.writing(now=NOW) as transaction:
        transaction.next_number(f"{GATE}/S", NOW.year)
    plate(company)
    report = verify(company.register.url, tmp_path / "archive", None, ())
    assert ("number-missing", f"{GATE}/S 2026") in [(each.code, each.subject) for each in report.findings]


WRITERS, ROWS_EACH, SECONDS = 4, 4, 60


def test_writers_at_once_never_overfill_a_sheet(company: ActingCompany, tmp_path: Path) -> None:
    begin = threading.Barrier(WRITERS)
    sheets: list[str] = []

    def write() -> None:
        with open_register(company.register.url) as register:
            begin.wait(SECONDS)
            for number in range(ROWS_EACH):
                values = {"plate": f"示A{number}"}
                sheets.append(lifecycle.new(register, company.actors["clerk"], NOW, GATE, values, About()).sheet)

    writers = [threading.Thread(target=write) for _writer in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(SECONDS)
    rows = WRITERS * ROWS_EACH
    full = {f"sheet/{GATE}/2026-S{number + 1:03}": LINES for number in range(rows // LINES)}
    assert Counter(sheets) == {**full, f"sheet/{GATE}/2026-S{rows // LINES + 1:03}": rows % LINES}
    assert_nothing_altered(company, tmp_path)


def test_a_writer_of_another_year_waits_for_the_last_line(company: ActingCompany) -> None:
    """At New Year two writers hold series of their own; the sheet itself is what they meet at."""
    for number in range(LINES - 1):
        plate(company, number)
    is_in, go_on = threading.Event(), threading.Event()

    def enter_slowly() -> None:
        with open_register(company.register.url) as register, register.writing(now=NOW) as transaction:
            enter_in(transaction, company)
            is_in.set()
            go_on.wait(0.5)

    entering = threading.Thread(target=enter_slowly)
    entering.start()
    assert is_in.wait(SECONDS)
    later = NOW + timedelta(days=60)
    row = lifecycle.new(company.register, company.actors["clerk"], later, GATE, {"plate": "示A9"}, About())
    go_on.set()
    entering.join()
    assert name_of(row.sheet) == f"{GATE}/2027-S001"


def enter_in(transaction: Transaction, company: ActingCompany) -> None:
    lifecycle.new_in(transaction, company.actors["clerk"], NOW, GATE, {"plate": "示A8"}, About())


# ---- sheets without sections of their own ----------------------------------------------------------------------------


def test_a_sheet_without_sections_is_open_until_somebody_closes_it(company: ActingCompany, tmp_path: Path) -> None:
    sheet = enter(company, LIST, {"what": "质量手册"})
    assert sheet == f"{LIST}/HQ"
    row = lifecycle.new(company.register, company.actors["clerk"], NOW, LIST, {"what": "程序"}, About())
    assert "late" not in row.opening
    assert company.record(sheet).state is State.OPEN
    with pytest.raises(NotYoursError):
        lifecycle.close(company.register, company.actors["head"], NOW, sheet)
    lifecycle.close(company.register, company.actors["clerk"], NOW, sheet)
    assert company.record(sheet).state is State.CLOSED
    late = lifecycle.new(company.register, company.actors["clerk"], NOW, LIST, {"what": "表格"}, About())
    assert late.opening["late"] is True
    with pytest.raises(WrongStateError):
        lifecycle.close(company.register, company.actors["clerk"], NOW, sheet)
    assert_nothing_altered(company, tmp_path)


def test_a_sheet_that_is_to_be_signed_is_not_closed_by_hand(company: ActingCompany) -> None:
    sheet = plate(company)
    with pytest.raises(WrongStateError):
        lifecycle.close(company.register, company.actors["head"], NOW, sheet)


# ---- voiding a row ---------------------------------------------------------------------------------------------------


def void(company: ActingCompany, number: str) -> None:
    lifecycle.void(company.register, company.actors["clerk"], NOW, number, "写错行")


def test_a_row_that_needs_nothing_more_can_be_voided_while_its_sheet_is_open(
    company: ActingCompany, tmp_path: Path
) -> None:
    sheet = enter(company, CUSTODY, {"what": "看错房号"}, About("HQ", premises=HOUSEHOLD))
    row = f"{CUSTODY}/2026-0001"
    void(company, row)
    assert company.record(row).state is State.VOID
    with company.register.reading() as snapshot:
        context = record_context(
            company.record(sheet), Setting(snapshot, NOW).surroundings, rows_of(snapshot, company.record(sheet))
        )
    (cells,) = cast("list[dict[str, object]]", context["rows"])
    assert (cells["void"], cells["what"]) == ("作废", (Span("看错房号", Style.STRUCK),))
    (line,) = cast("list[dict[str, object]]", context["amendments"])
    assert (line["field"], line["new"], line["reason"]) == ("第 1 行", "作废", "写错行")
    with pytest.raises(WrongStateError):
        void(company, row)
    assert_nothing_altered(company, tmp_path)


def test_a_complete_row_of_a_closed_sheet_and_a_sheet_itself_are_not_voided(company: ActingCompany) -> None:
    sheet = enter(company, CUSTODY, {"what": "查看"}, About("HQ", premises=HOUSEHOLD))
    with pytest.raises(WrongStateError):
        lifecycle.void(company.register, company.actors["head"], NOW, sheet, "整页写错")
    company.sign("head", sheet, "reading")
    with pytest.raises(WrongStateError):
        void(company, f"{CUSTODY}/2026-0001")
