"""What a register keeps beside acts and events: files, credentials, sessions, staging, checkpoints, projections."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from recordkeeper.model.event import History, head_act
from recordkeeper.register import tables
from recordkeeper.register.acts import ChangedMeanwhileError, Register
from recordkeeper.register.connection import DamagedRegisterError
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.register.projection import NulCharacterError, Rows, rows_of_subject, subject_row
from recordkeeper.register.snapshot import MissingAttachmentError, Staged, format_moment, parse_moment

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
CONTENT = {"act": "new", "by": "person/1", "at": "2026-11-23T06:05:04Z"}
PERSON = {"login": "clerk", "name": "李小明", "state": "active"}
GRANTS = [
    {"person": "person/1", "role": "clerk", "unit": "unit/1", "valid_from": "2026-01-01"},
    {"person": "person/1", "role": "head", "unit": "unit/1", "valid_from": "2026-02-01", "valid_to": "2026-03-01"},
]


def test_an_attachment_comes_back_byte_for_byte_and_is_kept_once(register: Register) -> None:
    data = bytes(range(256)) * 1000
    with register.writing(now=NOW) as transaction:
        digest = transaction.attach("record/1", data, "application/pdf")
        assert transaction.attach("record/1", data, "application/pdf") == digest
        transaction.attach("record/2", data, "application/pdf")
    assert digest == hashlib.sha256(data).hexdigest()
    with register.reading() as snapshot:
        assert snapshot.attachment("record/1", digest) == data
        assert snapshot.attachments("record/1") == {digest: "application/pdf"}
        assert snapshot.attachments("record/3") == {}
        with pytest.raises(MissingAttachmentError, match="record/3: no attachment"):
            snapshot.attachment("record/3", digest)


def test_a_new_credential_takes_the_place_of_the_old_one(register: Register) -> None:
    for sealed_key in ("old", "new"):
        with register.writing(now=NOW) as transaction:
            transaction.set_credential("person/1", f"hash of {sealed_key}", sealed_key)
    with register.reading() as snapshot:
        assert snapshot.credential("person/1") == ("hash of new", "new")
        assert snapshot.credential("person/2") is None


def test_a_session_lasts_until_its_end_or_until_it_is_closed(register: Register) -> None:
    with register.writing(now=NOW) as transaction:
        for token, person in (("a", "person/1"), ("b", "person/1"), ("c", "person/2")):
            transaction.open_session(token, person, NOW + timedelta(hours=1))
    with register.reading() as snapshot:
        assert snapshot.session_person("a", NOW + timedelta(minutes=59)) == "person/1"
        assert snapshot.session_person("a", NOW + timedelta(hours=1)) is None
        assert snapshot.session_person("z", NOW) is None
    with register.writing(now=NOW) as transaction:
        transaction.close_session("a")
        transaction.close_session("z")
        assert transaction.session_person("a", NOW) is None
        transaction.close_sessions_of("person/1")
        assert transaction.session_person("b", NOW) is None
        assert transaction.session_person("c", NOW) == "person/2"
    with register.writing(now=NOW + timedelta(hours=2)) as transaction:
        transaction.open_session("d", "person/3", NOW + timedelta(hours=3))
    with register.reading() as snapshot:
        assert snapshot.session_person("c", NOW) is None


def test_what_is_staged_waits_until_it_is_unstaged(register: Register) -> None:
    with register.writing(now=NOW) as transaction:
        transaction.stage("record/2", 1, {"inventory.json": b"{}", "v1/content/record.json": b"\x00"})
        transaction.stage("record/1", 2, {"inventory.json": b"2"})
        transaction.stage("record/1", 1, {"inventory.json": b"1"})
    with register.reading() as snapshot:
        assert list(snapshot.staged()) == [
            Staged("record/1", 1, {"inventory.json": b"1"}),
            Staged("record/1", 2, {"inventory.json": b"2"}),
            Staged("record/2", 1, {"inventory.json": b"{}", "v1/content/record.json": b"\x00"}),
        ]
    with register.writing(now=NOW) as transaction:
        transaction.unstage("record/1", 1)
        transaction.unstage("record/2", 1)
    with register.reading() as snapshot:
        assert [(each.subject, each.version) for each in snapshot.staged()] == [("record/1", 2)]


def test_the_last_checkpoint_is_the_greatest(register: Register) -> None:
    with register.reading() as snapshot:
        assert snapshot.last_checkpoint() is None
    with register.writing(now=NOW) as transaction:
        transaction.add_checkpoint(9, "note 9")
        transaction.add_checkpoint(10, "note 10")
    with register.reading() as snapshot:
        assert snapshot.last_checkpoint() == (10, "note 10")
        assert snapshot.checkpoints() == [(9, "note 9"), (10, "note 10")]


def test_events_are_read_by_their_places(register: Register) -> None:
    with register.writing(now=NOW) as transaction:
        for number in range(7):
            transaction.note("read", actor=f"person/{number}", subject=f"record/{number % 2}")
    with register.reading() as snapshot:
        assert [event.actor for event in snapshot.events(2, 4)] == ["person/2", "person/3"]
        assert [event.index for event in snapshot.events(5)] == [5, 6]
        assert list(snapshot.events(7)) == []
        assert [event.index for event in snapshot.events_of("record/1")] == [1, 3, 5]


def test_histories_of_a_kind_are_those_of_no_other(register: Register) -> None:
    names = ["unit/1", "unit/10", "unit/2", "units/1", "unit", "person/1"]
    with register.writing(now=NOW) as transaction:
        for subject in names:
            transaction.append(transaction.create(subject, "0f" * 16), CONTENT, {})
    with register.reading() as snapshot:
        assert [history.subject for history in snapshot.histories("unit")] == ["unit/1", "unit/10", "unit/2"]
        assert [len(history.acts) for history in snapshot.histories("unit")] == [2, 2, 2]


def projected(register: Register) -> list[tuple[str, tuple[object, ...]]]:
    with open_for_verification(register.url) as inspection:
        return [(table.name, row) for table in tables.PROJECTIONS for row in inspection.raw_rows(table)]


def test_rows_take_the_place_of_the_former_rows_in_every_table(register: Register) -> None:
    first: Rows = {"person": [PERSON], "role_grant": GRANTS}
    with register.writing(now=NOW) as transaction:
        history = transaction.append(transaction.create("person/1", "0f" * 16), CONTENT, first)
        second: Rows = {"person": [{**PERSON, "login": "head"}]}
        transaction.append(transaction.create("person/2", "0f" * 16), CONTENT, second)
    (person, *grants), (other,) = rows_of_subject("person/1", first), rows_of_subject("person/2", second)
    assert projected(register) == [person, other, *grants]
    with register.writing(now=NOW) as transaction:
        history = transaction.append(history, {**CONTENT, "act": "disable"}, {"person": [PERSON]})
    assert projected(register) == [person, other]
    with open_for_verification(register.url) as inspection:
        assert subject_row(history) in list(inspection.raw_rows(tables.subject))


def test_a_truth_is_kept_as_one_or_nought(register: Register) -> None:
    rows: Rows = {"amendment": [{"record": "F/1", "number": 1, "field": "a", "pending": True}]}
    with register.writing(now=NOW) as transaction:
        transaction.append(transaction.create("record/F/1", "0f" * 16), CONTENT, rows)
    assert projected(register) == [("amendment", ("record/F/1", "F/1", 1, "a", 1))]
    assert [type(value) for _, row in projected(register) for value in row] == [str, str, int, str, int]


def test_a_value_with_a_nul_is_refused_on_both_databases(register: Register) -> None:
    rows: Rows = {"person": [{**PERSON, "name": "a\0b"}]}
    with register.writing(now=NOW) as transaction, pytest.raises(NulCharacterError, match=r"person\.name"):
        transaction.append(transaction.create("person/1", "0f" * 16), CONTENT, rows)


@pytest.mark.parametrize("rows", [{"nothing": []}, {"act": []}, {"person": [{**PERSON, "age": 3}]}])
def test_rows_of_another_shape_are_a_defect(register: Register, rows: Rows) -> None:
    with register.writing(now=NOW) as transaction, pytest.raises(KeyError):
        transaction.append(transaction.create("person/1", "0f" * 16), CONTENT, rows)


def test_an_act_on_a_subject_that_is_gone_is_refused(register: Register) -> None:
    before = History("person/1", (head_act("person/1", "0f" * 16),)).followed_by(CONTENT)
    with register.writing(now=NOW) as transaction, pytest.raises(ChangedMeanwhileError, match="found 0"):
        transaction.append(before, CONTENT, {})


@pytest.mark.parametrize("statement", ["DELETE FROM head", "UPDATE head SET size = 5"])
def test_nothing_is_added_to_a_trail_whose_end_is_missing(register: Register, statement: str) -> None:
    def write() -> None:
        with register.writing(now=NOW) as transaction:
            transaction.note("login", actor="person/1")

    with register.writing(now=NOW) as transaction:
        transaction.connection.exec_driver_sql(statement)
    with pytest.raises(DamagedRegisterError, match=r"no head|no event 4"):
        write()


def test_moments_are_written_in_utc_and_read_back() -> None:
    china = datetime.fromisoformat("2026-11-23T14:05:04.999+08:00")
    assert format_moment(china) == "2026-11-23T06:05:04Z"
    assert parse_moment("2026-11-23T06:05:04Z") == NOW
    with pytest.raises(ValueError, match="no zone"):
        format_moment(datetime(2026, 11, 23))  # noqa: DTZ001 (without a zone, on purpose)
