"""Finding records, and what waits for the archive, on both databases."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from recordkeeper.model.event import History
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.connection import LoneSurrogateError
from recordkeeper.register.projection import Row
from recordkeeper.register.search import RecordQuery, find_records, subjects_to_archive

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)


def record(number: str, **columns: str | None) -> Row:
    return {
        "number": number,
        "form": number.partition("/")[0],
        "revision": "A/0",
        "unit": "unit/1",
        "state": "open",
        "entered_on": "2026-11-23",
        **columns,
    }


def store(
    transaction: Transaction,
    subject: str,
    row: Row,
    act: str = "new",
    before: History | None = None,
    values: Mapping[str, str] = MappingProxyType({}),
) -> History:
    content = {"act": act, "by": "person/1", "at": "2026-11-23T06:05:04Z"}
    fields: list[Row] = [{"section": "a", "round": 1, "field": name, "value": value} for name, value in values.items()]
    history = before or transaction.create(subject, "0f" * 16)
    return transaction.append(history, content, {"record": [row], "record_field": fields})


@pytest.fixture
def filled(register: Register) -> Register:
    with register.writing(now=NOW) as transaction:
        contents: list[tuple[str, dict[str, str], dict[str, str]]] = [
            ("QR-017-02/2026-0001", {"state": "closed", "party": "party/1"}, {"text": "水管漏水 100%"}),
            ("QR-017-02/2026-0002", {"unit": "unit/2", "entered_on": "2026-10-01"}, {"text": "Lift STUCK"}),
            ("QR-017-01/2026-0001", {"sheet": "sheet/QR-017-01/2026-11"}, {"text": "100 a_b"}),
            ("QR-017-01/2026-0002", {"premises": "premises/3"}, {"text": "100 acb", "more": r"C:\temp"}),
        ]
        for number, columns, values in contents:
            store(transaction, f"record/{number}", record(number, **columns), values=values)
    return register


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (RecordQuery(), ["2-0002", "1-0001", "1-0002", "2-0001"]),
        (RecordQuery(limit=1), ["2-0002"]),
        (RecordQuery(number="qr-017-02"), ["2-0002", "2-0001"]),
        (RecordQuery(number="QR-017-02/2026-0001"), ["2-0001"]),
        (RecordQuery(number="QR_017"), []),
        (RecordQuery(forms=["QR-017-01"]), ["1-0001", "1-0002"]),
        (RecordQuery(forms=[]), []),
        (RecordQuery(units=["unit/2", "unit/9"]), ["2-0002"]),
        (RecordQuery(states=["closed"]), ["2-0001"]),
        (RecordQuery(entered_from="2026-10-02"), ["1-0001", "1-0002", "2-0001"]),
        (RecordQuery(entered_from="2026-10-01", entered_to="2026-10-01"), ["2-0002"]),
        (RecordQuery(parties=["party/1"]), ["2-0001"]),
        (RecordQuery(premises=["premises/3"]), ["1-0002"]),
        (RecordQuery(sheet="sheet/QR-017-01/2026-11"), ["1-0001"]),
        (RecordQuery(text="漏水"), ["2-0001"]),
        (RecordQuery(text="100%"), ["2-0001"]),
        (RecordQuery(text="a_b"), ["1-0001"]),
        (RecordQuery(text="stuck"), ["2-0002"]),
        (RecordQuery(text="c:\\T"), ["1-0002"]),
        (RecordQuery(text="100", forms=["QR-017-01"], sheet="sheet/QR-017-01/2026-11"), ["1-0001"]),
    ],
)
def test_records_are_found_by_every_condition_given(filled: Register, query: RecordQuery, numbers: list[str]) -> None:
    with filled.reading() as snapshot:
        found = find_records(snapshot, query)
    assert [each.number.replace("QR-017-0", "").replace("/2026", "") for each in found] == numbers


def test_half_a_character_is_no_text_to_look_for(filled: Register) -> None:
    def find() -> None:
        with filled.reading() as snapshot:
            find_records(snapshot, RecordQuery(text="a\ud800"))

    with pytest.raises(LoneSurrogateError, match=r"U\+D800"):
        find()


def test_a_record_waits_for_the_archive_until_its_last_act_is_archive(register: Register) -> None:
    row = record("F/2026-0001", state="closed")
    with register.writing(now=NOW) as transaction:
        history = store(transaction, "record/F/2026-0001", row)
        store(transaction, "record/F/2026-0002", record("F/2026-0002"))
        store(transaction, "record/F/2026-0003", record("F/2026-0003", state="closed", sheet="sheet/F/2026"))
    waiting = []
    for act in ("archive", "amend", "archive"):
        with register.reading() as snapshot:
            waiting.append(subjects_to_archive(snapshot, "record", ["closed"]))
        with register.writing(now=NOW) as transaction:
            history = store(transaction, "record/F/2026-0001", row, act, history)
            transaction.note("read", actor="person/1", subject="record/F/2026-0001")
    with register.reading() as snapshot:
        waiting.append(subjects_to_archive(snapshot, "record", ["closed"]))
        assert subjects_to_archive(snapshot, "record") == ["record/F/2026-0002"]
    assert waiting == [["record/F/2026-0001"], [], ["record/F/2026-0001"], []]


def test_a_sheet_waits_again_when_one_of_its_rows_has_changed(register: Register) -> None:
    sheet, row = record("F/2026-11", state="closed"), record("F/2026-0001", sheet="sheet/F/2026-11")

    def waits() -> bool:
        with register.reading() as snapshot:
            return subjects_to_archive(snapshot, "sheet", ["closed"]) == ["sheet/F/2026-11"]

    with register.writing(now=NOW) as transaction:
        rows = store(transaction, "record/F/2026-0001", row)
        history = store(transaction, "sheet/F/2026-11", sheet)
    assert waits()
    with register.writing(now=NOW) as transaction:
        history = store(transaction, "sheet/F/2026-11", sheet, "archive", history)
        transaction.note("read", actor="person/1", subject="record/F/2026-0001")
    assert not waits()
    with register.writing(now=NOW) as transaction:
        store(transaction, "record/F/2026-0001", row, "amend", rows)
        transaction.note("read", actor="person/1", subject="sheet/F/2026-11")
    assert waits()
    with register.writing(now=NOW) as transaction:
        store(transaction, "sheet/F/2026-11", sheet, "archive", history)
    assert not waits()


def test_persons_wait_for_the_archive_without_a_state(register: Register) -> None:
    with register.writing(now=NOW) as transaction:
        transaction.append(transaction.create("person/1", "0f" * 16), {"act": "add", "by": "person/1", "at": ""}, {})
    with register.reading() as snapshot:
        assert subjects_to_archive(snapshot, "person") == ["person/1"]
        assert subjects_to_archive(snapshot, "unit") == []
        with pytest.raises(KeyError):
            subjects_to_archive(snapshot, "unit", ["closed"])
