"""Records out of a table: all or none, rejects by row and column, later sections from the same line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from p02_office import NOW, Office, opened_with_forms
from recordkeeper.model.record_guard import NotYoursError
from recordkeeper.register.acts import Register
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.services.csv_table import UnreadableTableError
from recordkeeper.services.definition import DefinitionError
from recordkeeper.services.intake import (
    RowsRejectedError,
    Table,
    TooLargeTableError,
    import_records,
    import_what_fits,
    rejects_table,
    try_import,
)
from recordkeeper.services.retrieval import load
from stage import Stages

HEADINGS = "日期、时间,来电（访）人,方式,咨询或建议事项,当场答复,转交部门,答复期限,答复日期,答复情况\n"
ROWS = (
    "2026-11-02 08:35,周文娟,电话,咨询开票资料,是,,,,\n"
    "2026-10-31 09:00,=1+1,来访,闭门器松动,否,工程部,2026-11-03,2026-11-02,已修复\n"
    "2026-11-03 09:00,匿名,来函,路灯不亮,否,工程部,2026-11-05,,\n"
)
WRONG = (
    "2026-11-31 08:35,周文娟,电报,咨询,是,,,,\n"
    "2026-11-04 08:35,刘敏,电话,,是,,,2026-11-05,已答\n"
    "2026-11-04 08:40,刘敏,电话,“答复”不得早于登记,否,工程部,2026-11-05,2026-11-03,已答\n"
    "2026-11-04 08:45,刘\0敏,电话,停车,是,,,,\n"
    "2026-11-04 08:50,刘敏,电话,停车,是,,,2026-11-05,已答\n"
)


@pytest.fixture
def begun(database: str, stages: Stages, tmp_path: Path) -> Iterator[tuple[Register, Office]]:
    with opened_with_forms(stages, database, tmp_path) as opened:
        yield opened


@pytest.fixture
def register(begun: tuple[Register, Office]) -> Register:
    return begun[0]


@pytest.fixture
def office(begun: tuple[Register, Office]) -> Office:
    return begun[1]


def table(text: str, *, encoding: str = "utf-8", mapping: str | None = None, form: str = "QR-017-01") -> Table:
    return Table(form, text.encode(encoding), "log.csv", (mapping, "log.map.yaml") if mapping else None)


def values(register: Register, number: str) -> dict[str, object]:
    with register.reading() as snapshot:
        return dict(load(snapshot, number).values)


def numbers(register: Register) -> list[str]:
    with register.reading() as snapshot:
        return [row.number for row in find_records(snapshot, RecordQuery()) if row.sheet]


def event_kinds(register: Register) -> list[str]:
    with register.reading() as snapshot:
        return [event.kind for event in snapshot.events()]


def test_every_row_is_entered_with_its_later_section(register: Register, office: Office) -> None:
    report = import_records(register, office.clerk, NOW, table(HEADINGS + ROWS))
    assert report.numbers == {number: f"QR-017-01/2026-{number - 1:04}" for number in (2, 3, 4)}
    assert report.filled == 1
    assert set(report.sheets) == {"sheet/QR-017-01/SH-2026-10", "sheet/QR-017-01/SH-2026-11"}
    with register.reading() as snapshot:
        states = [str(load(snapshot, number).state) for number in report.numbers.values()]
    assert states == ["closed", "closed", "open"]
    assert values(register, "QR-017-01/2026-0002") == {
        "received_at": "2026-10-31T01:00:00Z",
        "caller": "=1+1",
        "channel": "interview",
        "matter": "闭门器松动",
        "answered_at_once": False,
        "referred_to": "engineering",
        "reply_due": "2026-11-03",
        "replied_on": "2026-11-02",
        "reply": "已修复",
    }


def test_one_rejected_cell_and_nothing_is_entered(register: Register, office: Office) -> None:
    before = event_kinds(register)
    with pytest.raises(RowsRejectedError) as refused:
        import_records(register, office.clerk, NOW, table(HEADINGS + ROWS + WRONG))
    assert [(reject.row, reject.column) for reject in refused.value.rejects] == [
        (5, "日期、时间"), (5, "方式"), (6, "咨询或建议事项"), (7, "答复日期"), (8, "来电（访）人"), (9, "答复日期"),
    ]  # fmt: skip
    assert "U+0000" in refused.value.rejects[4].found
    assert numbers(register) == []
    assert event_kinds(register) == before


def test_what_fits_is_entered_without_a_gap_in_the_numbers(register: Register, office: Office) -> None:
    report = import_what_fits(register, office.clerk, NOW, table(HEADINGS + WRONG + ROWS))
    assert {reject.row for reject in report.rejects} == {2, 3, 4, 5, 6}
    assert list(report.numbers) == [7, 8, 9]
    assert sorted(numbers(register)) == [f"QR-017-01/2026-{number:04}" for number in (1, 2, 3)]
    assert event_kinds(register).count("fill") == 1
    listed = rejects_table(report.rejects).decode("utf-8-sig")
    assert len(listed.splitlines()) == 1 + len(report.rejects)


def test_a_trial_says_the_same_and_keeps_nothing(register: Register, office: Office) -> None:
    before = event_kinds(register)
    tried = try_import(register, office.clerk, NOW, table(HEADINGS + WRONG + ROWS))
    assert event_kinds(register) == before
    assert tried == import_what_fits(register, office.clerk, NOW, table(HEADINGS + WRONG + ROWS))


def test_a_mapping_explains_somebody_elses_columns(register: Register, office: Office) -> None:
    mapping = """
time_zone: America/New_York
columns:
  received_at: {heading: opened, format: '%m/%d/%Y %I:%M %p'}
  room: {join: [street, town], with: ', '}
  channel: {heading: how, values: {热线: phone_call}, default: letter}
  matter: what
  replied_on: {heading: closed, format: '%m/%d/%Y %I:%M %p'}
  reply: done
  reply_due: {heading: closed, format: '%m/%d/%Y %I:%M %p', default: '2026-11-30'}
constants: {caller: 匿名, answered_at_once: false, referred_to: security}
"""
    text = (
        "opened,street,town,how,what,closed,done\n"
        "11/01/2026 11:30 PM,Broadway 1,,热线,noise,11/02/2026 01:00 PM,gone\n"
        "11/02/2026 08:00 AM,Main St,Queens,,noise,,\n"
    )
    import_records(register, office.clerk, NOW, table(text, mapping=mapping))
    first, second = values(register, "QR-017-01/2026-0001"), values(register, "QR-017-01/2026-0002")
    assert first["received_at"] == "2026-11-02T04:30:00Z"
    assert (first["room"], first["channel"], first["replied_on"]) == ("Broadway 1", "phone_call", "2026-11-03")
    assert (second["room"], second["channel"], second["reply_due"]) == ("Main St, Queens", "letter", "2026-11-30")
    assert "reply" not in second


def test_tables_are_read_as_spreadsheets_write_them(register: Register, office: Office) -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        report = try_import(register, office.clerk, NOW, table(HEADINGS + ROWS, encoding=encoding))
        assert (len(report.numbers), report.rejects) == (3, ())


def test_every_problem_of_a_mapping_is_named_with_its_line(register: Register, office: Office) -> None:
    mapping = "columns:\n  caller: nobody\n  wrong: caller\nconstants:\n  counts: 1\n"
    with pytest.raises(DefinitionError) as refused:
        import_records(register, office.clerk, NOW, table("caller\nx\n", mapping=mapping))
    assert [(problem.line, problem.key) for problem in refused.value.problems] == [
        (2, "columns.caller"), (3, "columns.wrong"), (5, "constants.counts"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("caller,colour\nx,red\n", "colour"),
        ("caller,caller\nx,y\n", "caller"),
        ("caller\nx,y\n", "2"),
        ("caller\n", "none"),
        ("", "headings"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_whole(
    register: Register, office: Office, monkeypatch: pytest.MonkeyPatch, text: str, named: str
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    with pytest.raises(UnreadableTableError, match=named):
        import_records(register, office.clerk, NOW, table(text))


def test_more_rows_than_one_transaction_takes_are_refused(
    register: Register, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordkeeper.services.intake.MOST_ROWS", 2)
    with pytest.raises(TooLargeTableError):
        import_records(register, office.clerk, NOW, table(HEADINGS + ROWS))


def test_a_section_that_is_not_the_actors_stops_the_import(register: Register, office: Office) -> None:
    with pytest.raises(NotYoursError):
        import_what_fits(register, office.staff, NOW, table(HEADINGS + ROWS))
    assert numbers(register) == []


def test_whom_and_where_a_row_is_about_must_be_there(register: Register, office: Office) -> None:
    report = try_import(register, office.clerk, NOW, table("caller,party\nx,nobody\n"))
    assert [(reject.row, reject.column) for reject in report.rejects] == [(2, "")]
    assert "nobody" in report.rejects[0].found
    mapping = "columns: {caller: who, unit: where}\n"
    report = try_import(register, office.clerk, NOW, table("who,where\nx,nowhere\n", mapping=mapping))
    assert ["nowhere" in reject.found for reject in report.rejects] == [True]


def test_a_heading_is_the_fields_title_before_it_is_anything_else(
    register: Register, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    report = try_import(register, office.clerk, NOW, table("Unit,Caller\n1-1-0302,x\n"))
    assert {reject.found for reject in report.rejects} == {"nothing"}
