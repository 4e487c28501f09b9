"""kill -9 at random moments: what was acknowledged is there, nothing is half done, nobody repairs anything."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

import pytest

from integration.faults.actors import actors_of, seeded
from integration.faults.acts import assert_finished, close_a_record, enter_a_row
from integration.faults.workplace import NOW, Staff, Workplace, state_digests
from recordkeeper import verifier
from recordkeeper.model.record_state import State
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.services import publication, retrieval
from recordkeeper.services.verification import Answer
from torture import IS_LONG, LONGEST_SECONDS, SAID

KILLS = {"sqlite": 8500, "postgresql": 1500} if IS_LONG else {"sqlite": 100, "postgresql": 15}
KILLS_OF_ONE_COMPANY = 100
KILLED_PUBLISHERS = {"sqlite": 100, "postgresql": 100} if IS_LONG else {"sqlite": 40, "postgresql": 14}
ACTS_OF_ONE_TRANSACTION = 2
LONGEST_SECONDS_OF_ONE = 0.35


def assert_nothing_half_done(register: Register) -> None:
    """Acts of one transaction stand together: a row with its sheet, a re-issue with its successor."""
    with register.reading() as snapshot:
        records = [retrieval.replayed(snapshot, history) for history in snapshot.histories("record")]
        sheets = {history.subject for history in snapshot.histories("sheet")}
    assert {record.sheet for record in records if record.sheet} == sheets
    assert {record.number for record in records if record.state is State.REPLACED} == {
        record.replaces for record in records if record.replaces
    }


def acts_of_people(register: Register) -> set[tuple[str, int]]:
    """Subject and number of every act on a record that a person did."""
    with register.reading() as snapshot:
        return {
            (history.subject, act.number)
            for history in snapshot.histories("record")
            for act in history.acts[1:]
            if act.kind != "archive"
        }


@pytest.mark.torture
def test_a_killed_loop_of_acts_loses_nothing_that_it_acknowledged(
    copies: Callable[[], AbstractContextManager[Workplace]],
    database: str,
    record_property: Callable[[str, object], None],
) -> None:
    """Every so often a new company is begun, for the more there is the longer it takes to verify it."""
    chance, kills = seeded(), 0
    give_up_at = time.monotonic() + LONGEST_SECONDS
    while kills < KILLS[database] and time.monotonic() < give_up_at:
        with copies() as workplace, open_register(workplace.url) as register:
            kills += killed_again_and_again(workplace, register, chance, KILLS[database] - kills, give_up_at)
            assert_finished(workplace, register)
    record_property(SAID, f"{kills} kills, no acknowledged act lost, none half done, nothing repaired by hand")


def killed_again_and_again(
    workplace: Workplace, register: Register, chance: random.Random, wanted: int, give_up_at: float
) -> int:
    """Kill at most so many loops of acts in one company, and look at it after each; how many there were."""
    published = publication.publish(workplace.publisher(register), NOW).log_size
    kills = 0
    with actors_of(workplace) as actors:
        while kills < min(wanted, KILLS_OF_ONE_COMPANY) and time.monotonic() < give_up_at:
            before = acts_of_people(register)
            said = actors.kill_during("work", chance.uniform(0, LONGEST_SECONDS_OF_ONE))
            kills += 1
            done = {(words[1], int(words[2])): words[3] for words in said if words[0] == "done"}
            published = max([published, *(int(words[1]) for words in said if words[0] == "published")])
            digests = state_digests(register)
            assert {(subject, number): digests[subject][number] for subject, number in done} == done
            assert len(acts_of_people(register) - before - done.keys()) <= ACTS_OF_ONE_TRANSACTION
            assert_nothing_half_done(register)
            report = workplace.verify()
            assert report.verdict is Answer.OK, [*map(str, report.findings)]
            with register.reading() as snapshot:
                last = snapshot.last_checkpoint()
            assert published <= (last[0] if last else 0)
    return kills


@pytest.mark.torture
def test_what_a_killed_publisher_left_is_finished_by_the_next(
    workplace: Workplace,
    register: Register,
    staff: Staff,
    database: str,
    record_property: Callable[[str, object], None],
) -> None:
    """Killed at moments between its beginning and its end; twice before the next one may finish.

    How long a publisher takes depends on the machine: the latest moment of a kill follows what the last ones met.
    """
    chance, latest_seconds = seeded(), LONGEST_SECONDS_OF_ONE
    assert_finished(workplace, register)
    unfinished = 0
    with actors_of(workplace) as actors:
        for turn in range(KILLED_PUBLISHERS[database] // 2):
            number = close_a_record(register, staff)
            enter_a_row(register, staff, f"2026-{1 + turn % 12:02}-05")
            for _kill in range(2):
                said = actors.kill_during("publish", chance.uniform(0, latest_seconds))
                is_unfinished = not any(words[0] == "published" for words in said)
                latest_seconds *= 1.1 if is_unfinished else 0.8
                unfinished += is_unfinished
                report = workplace.verify()
                assert report.verdict is Answer.OK, [*map(str, report.findings)]
                assert_stands_alone(workplace)
            assert_finished(workplace, register)
            assert workplace.storage_root.read_inventory(f"record/{number}") is not None
            assert_stands_alone(workplace)
    assert unfinished > turn // 2, "the kills came too late to prove anything"
    record_property(SAID, f"{2 * (turn + 1)} publishers killed, {unfinished} before they had finished")


def assert_stands_alone(workplace: Workplace) -> None:
    """What a publisher left half done is altered for nobody who has the archive alone."""
    with closing(verifier.Medium(workplace.archive)) as medium:
        report = verifier.verify(medium)
    assert report.verdict != verifier.ALTERED, [each.message("en") for each in report.kept]
