"""Acts, events and projections in one transaction, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from recordkeeper.model.canonical import Content
from recordkeeper.register.acts import ChangedMeanwhileError, Register, SubjectExistsError, Transaction

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
SALT = "0f" * 16
SUBJECT = "record/QR-017-02/2026-0001"


def content(kind: str) -> Content:
    return {"act": kind, "by": "person/1", "at": "2026-11-23T06:05:04Z", "text": "水管漏水"}


def test_an_act_its_event_and_its_subject_agree_on_the_state_digest(register: Register) -> None:
    with register.writing(now=NOW) as transaction:
        history = transaction.create(SUBJECT, SALT)
        history = transaction.append(history, content("new"), {})
        history = transaction.append(history, content("fill"), {}, flags=("late",))
    with register.reading() as snapshot:
        assert snapshot.history(SUBJECT) == history
        events = list(snapshot.events())
    assert [event.kind for event in events] == ["new", "fill"]
    assert [event.index for event in events] == [0, 1]
    assert [event.state_digest for event in events] == list(history.digests[1:])
    assert events[1].flags == "late"
    assert events[0].entered_at == "2026-11-23T06:05:04Z"


def test_a_second_writer_who_read_before_the_first_wrote_is_refused(register: Register) -> None:
    with register.writing(now=NOW) as transaction:
        before = transaction.append(transaction.create(SUBJECT, SALT), content("new"), {})
    with register.writing(now=NOW) as transaction:
        transaction.append(before, content("fill"), {})
    with pytest.raises(ChangedMeanwhileError, match=SUBJECT), register.writing(now=NOW) as transaction:
        transaction.append(before, content("fill"), {})
    with register.reading() as snapshot:
        assert snapshot.event_count() == 2


def test_a_subject_is_made_once(register: Register) -> None:
    with register.writing(now=NOW) as transaction:
        new = transaction.create(SUBJECT, SALT)
        transaction.append(new, content("new"), {})
    with register.writing(now=NOW) as transaction:
        with pytest.raises(SubjectExistsError, match=SUBJECT):
            transaction.create(SUBJECT, SALT)
        with pytest.raises(ChangedMeanwhileError):
            transaction.append(new, content("new"), {})


def test_an_error_in_the_block_leaves_nothing(register: Register) -> None:
    def fail() -> None:
        with register.writing(now=NOW) as transaction:
            transaction.next_number("QR-017-02", 2026)
            transaction.append(transaction.create(SUBJECT, SALT), content("new"), {})
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with register.writing(now=NOW) as transaction:
        assert transaction.history(SUBJECT) is None
        assert transaction.event_count() == 0
        assert transaction.next_number("QR-017-02", 2026) == 1


def test_a_clock_set_back_by_more_than_five_minutes_is_flagged(register: Register) -> None:
    for minutes in (0, -5, -6):
        with register.writing(now=NOW + timedelta(minutes=minutes, seconds=minutes)) as transaction:
            transaction.note("login", actor="person/1")
        with register.writing(now=NOW) as transaction:
            transaction.note("logout", actor="person/1")
    with register.reading() as snapshot:
        flags = [event.flags for event in snapshot.events() if event.kind == "login"]
    assert flags == ["", "clock_back", "clock_back"]


def test_what_a_failed_attempt_wrote_is_undone_and_the_rest_stands(register: Register) -> None:
    def fail(transaction: Transaction) -> None:
        with transaction.attempt():
            transaction.next_number("QR-017-02", 2026)
            transaction.append(transaction.create(SUBJECT, SALT), content("new"), {})
            raise LookupError

    with register.writing(now=NOW) as transaction:
        assert transaction.next_number("QR-017-02", 2026) == 1
        with pytest.raises(LookupError):
            fail(transaction)
        with transaction.attempt():
            assert transaction.next_number("QR-017-02", 2026) == 2
            transaction.append(transaction.create(SUBJECT, SALT), content("new"), {})
    with register.reading() as snapshot:
        assert [event.kind for event in snapshot.events()] == ["new"]
        history = snapshot.history(SUBJECT)
        assert history is not None
        assert history.count == 1
