"""Many at once: numbers without a gap, nothing lost, no lock shown; publishers never go backwards."""

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from integration.faults.actors import actors_of
from integration.faults.acts import SHEET, amend, assert_finished, close_a_record, enter_a_row, sign_a_sheet
from integration.faults.workplace import NOW, ROW_FORM, SHEET_FORM, Staff, Workplace
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.services import lifecycle, publication, retrieval
from recordkeeper.tlog.checkpoint import unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint
from torture import IS_LONG, SAID

WRITERS = {"sqlite": (8, 500), "postgresql": (32, 500)} if IS_LONG else {"sqlite": (8, 25), "postgresql": (32, 8)}
PUBLISHERS = 2
RECORDS_MEANWHILE = 8
SECONDS_TO_START, SECONDS_TO_SIGN = 30, 0.5


@pytest.mark.torture
def test_writers_at_once_share_one_series_without_a_gap(
    workplace: Workplace,
    register: Register,
    staff: Staff,
    database: str,
    record_property: Callable[[str, object], None],
) -> None:
    writers, each = WRITERS[database]
    with actors_of(workplace) as actors:
        began = time.monotonic()
        actors.start("enter", each, copies=writers)
        said, statuses = actors.until_ended(writers)
        seconds = time.monotonic() - began
    assert statuses == [0] * writers
    done = [words[1] for words in said if words[0] == "done"]
    wanted = [f"record/{SHEET_FORM}/2026-{number:04}" for number in range(1, writers * each + 1)]
    assert sorted(done) == sorted(subject.replace("2026", year_of(done)) for subject in wanted)
    with register.reading() as snapshot:
        assert [history.subject for history in snapshot.histories("record")] == sorted(done)
        events = list(snapshot.events())
    assert all(after.index == before.index + 1 for before, after in pairwise(events))
    assert_finished(workplace, register)
    record_property(SAID, f"{writers} writers, {len(done)} records, {len(done) / seconds:.0f} a second")


def year_of(subjects: list[str]) -> str:
    """The year in which the writers worked, by their own clock."""
    return subjects[0].rpartition("/")[2].partition("-")[0]


def test_publishers_at_once_never_publish_backwards(workplace: Workplace, register: Register, staff: Staff) -> None:
    assert_finished(workplace, register)
    sizes: list[int] = []
    with actors_of(workplace) as actors:
        with register.reading() as snapshot:
            wanted = snapshot.event_count() + 4 * RECORDS_MEANWHILE
        actors.start("publish-until", wanted, copies=PUBLISHERS)
        for _record in range(RECORDS_MEANWHILE):
            close_a_record(register, staff)
            sizes.append(unverified_checkpoint(read_checkpoint(workplace.archive / "log") or "").size)
        _said, statuses = actors.until_ended(PUBLISHERS)
    assert statuses == [0] * PUBLISHERS
    assert sizes == sorted(sizes)
    with register.reading() as snapshot:
        kept = [size for size, _note in snapshot.checkpoints()]
    assert kept == sorted(set(kept))
    assert_finished(workplace, register)


def test_an_amendment_that_comes_between_drafting_and_archiving_is_archived_next_time(
    workplace: Workplace, register: Register, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = close_a_record(register, staff)
    between(monkeypatch, lambda: amend(register, staff, number))
    outcome = publication.publish(workplace.publisher(register), NOW)
    assert outcome.problems == []
    assert f"record/{number}" not in outcome.archived
    assert publication.pending(register).unarchived == (f"record/{number}",)
    assert publication.publish(workplace.publisher(register), NOW).archived == [f"record/{number}"]
    assert_finished(workplace, register)


def test_a_row_that_comes_between_drafting_and_archiving_its_sheet_is_archived_next_time(
    workplace: Workplace, register: Register, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter_a_row(register, staff)
    sign_a_sheet(register, staff)
    between(monkeypatch, lambda: enter_a_row(register, staff))
    assert f"sheet/{SHEET}" not in publication.publish(workplace.publisher(register), NOW).archived
    assert publication.publish(workplace.publisher(register), NOW).archived == [f"sheet/{SHEET}"]
    assert_finished(workplace, register)


def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let ``act`` happen once, after the publisher has drafted and before it archives."""
    original = publication._pdfs_of
    waiting = [act]

    def with_act(*arguments: Any) -> dict[str, bytes]:
        if waiting:
            waiting.pop()()
        return original(*arguments)

    monkeypatch.setattr(publication, "_pdfs_of", with_act)


def test_a_signature_on_a_sheet_waits_for_the_row_that_is_being_entered(
    workplace: Workplace, register: Register, staff: Staff
) -> None:
    enter_a_row(register, staff)
    entered, is_entering = threading.Event(), threading.Event()

    def enter_slowly() -> None:
        with open_register(workplace.url) as other, other.writing(now=NOW) as transaction:
            values = {"received_on": "2026-11-06", "call": "投诉"}
            lifecycle.new_in(transaction, staff.clerk, NOW, ROW_FORM, values, lifecycle.About())
            is_entering.set()
            entered.wait(SECONDS_TO_SIGN)

    entering = threading.Thread(target=enter_slowly)
    entering.start()
    assert is_entering.wait(SECONDS_TO_START)
    signed = sign_a_sheet(register, staff)
    entered.set()
    entering.join()
    with register.reading() as snapshot:
        rows = retrieval.listed_rows(snapshot, signed)
    assert signed.history.acts[-1].content["rows"] == rows
    assert len(rows or []) == 2
