"""Any order of appraisals, lists, requests, signatures, holds, days and executions: nothing goes that must not.

Hypothesis chooses what is done next; whatever the program refuses is refused, and what it destroys is held against what
the machine itself knows of days, holds and signatures.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from disposal_office import SHEET, DisposalOffice, DisposalScene, check_verified
from recordkeeper.errors import RecordkeeperError, RefusalError
from recordkeeper.model.erased import is_erased
from recordkeeper.services import holding, lifecycle, publication
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.retrieval import DisposedRecordError, load, rows_of
from stage import POSTGRESQL, SQLITE, Stages
from torture import IS_LONG

FEWEST = 3
EXAMPLES = {SQLITE: 8, POSTGRESQL: 2}
DUE_ON = date(2029, 11, 24)
COOLING = timedelta(7)
ROW = "QR-017-01/2026-0001"
ASKED = {"feedback": ("customer", "phone"), ROW: ("caller", "matter"), SHEET: ("summary", "counts")}
"""What may be erased of a feedback sheet, of the row of the sheet, and of the sheet itself."""
SIGNERS = ("archivist", "appraiser", "manager", "witness", "witness2")
NUMBER = st.integers(0, 3)
DAYS = st.sampled_from([1, 7, 40])
SEEN: Counter[str] = Counter()
"""What happened in all runs together: one in which nothing does proves nothing."""


def asked_of(name: str) -> tuple[str, str]:
    """What may be erased of a record."""
    return ASKED.get(name, ASKED["feedback"])


class Machine(RuleBasedStateMachine):
    """What is known of a company's old records, beside what the program knows.

    Args:
        scene: the company's files.
        stages: makes a copy of them for each run.
        folder: where the copies lie.
    """

    def __init__(self, scene: DisposalScene, stages: Stages, folder: Path) -> None:
        super().__init__()
        self.stack = ExitStack()
        copy = self.stack.enter_context(scene.copied(stages, folder / uuid4().hex))
        self.office: DisposalOffice = self.stack.enter_context(copy.opened())
        self.names = [*scene.old.feedbacks, SHEET]
        self.now = datetime(2029, 11, 20, 2, 0, 0, tzinfo=UTC)
        self.holds: dict[str, str] = {}
        self.sheets: list[str] = []
        self.lists: dict[str, list[str]] = {}
        self.signed: dict[str, dict[str, date]] = {}
        self.gone: set[str] = set()
        self.requests: dict[str, tuple[str, str]] = {}
        self.erased: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        """Verify what is left, and close it."""
        publication.publish(self.office.publisher, self.now)
        check_verified(self.office)
        self.stack.close()

    def attempt(self, act: Callable[[], object]) -> bool:
        """Do something, or be refused; whether it was done."""
        try:
            act()
        except RecordkeeperError:
            return False
        return True

    @rule(days=DAYS)
    def let_days_pass(self, days: int) -> None:
        self.now += timedelta(days)

    @rule(which=NUMBER)
    def place_hold(self, which: int) -> None:
        asked = ScopeAsked(records=[self.names[which]])
        with suppress(DisposedRecordError):
            placed, _kept = holding.place(
                self.office.register, self.office.by("controller"), self.now, title="甲", mandate="乙", asked=asked
            )
            self.holds[placed.subject] = self.names[which]

    @precondition(lambda self: self.holds)
    @rule(which=NUMBER)
    def lift_hold(self, which: int) -> None:
        subject = sorted(self.holds)[which % len(self.holds)]
        holding.lift(
            self.office.register, self.office.by("lifter"), self.now, subject, reason="调解", authority="总经理"
        )
        del self.holds[subject]

    @rule(chosen=st.sets(NUMBER, min_size=1))
    def appraise(self, chosen: set[int]) -> None:
        self.attempt(lambda: self.office.appraise([self.names[each] for each in sorted(chosen)], self.now))

    @rule(chosen=st.sets(NUMBER, min_size=1))
    def draw_up(self, chosen: set[int]) -> None:
        names = [self.names[each] for each in sorted(chosen)]
        with suppress(RecordkeeperError):
            number = self.office.draw_up(names, self.now)
            self.lists[number], self.signed[number] = names, {}

    @rule(chosen=st.sets(NUMBER, min_size=1), held=st.one_of(st.none(), NUMBER))
    def go_all_the_way(self, chosen: set[int], held: int | None) -> None:
        """The whole way of a list as far as it is not refused, a hold perhaps placed before its execution."""
        self.now = max(self.now, datetime(2029, 11, 26, 2, 0, 0, tzinfo=UTC))
        self.appraise(chosen)
        self.draw_up(chosen)
        for number in sorted(self.lists)[-1:]:
            self.sign_all(number)
            self.now += timedelta(8)
            if held is not None:
                self.place_hold(held)
            self.execute(len(self.lists) - 1, "archivist")

    @rule(which=st.integers(0, 4), place=st.integers(0, 1))
    def ask(self, which: int, place: int) -> None:
        """A person asks for a value to be erased, of the row of the sheet too."""
        name = [*self.names, ROW][which]
        asked = asked_of(name)[place]
        with suppress(RecordkeeperError):
            number = self.office.ask([name], [asked], self.now)
            self.lists[number], self.signed[number], self.requests[number] = [], {}, (name, asked)

    @rule(which=st.integers(0, 4), place=st.integers(0, 1), held=st.one_of(st.none(), NUMBER))
    def erase_all_the_way(self, which: int, place: int, held: int | None) -> None:
        """The whole way of a request as far as it is not refused, a hold perhaps placed before its execution."""
        self.ask(which, place)
        for number in sorted(self.lists)[-1:]:
            self.sign_all(number)
            self.now += timedelta(8)
            if held is not None:
                self.place_hold(held)
            self.execute(len(self.lists) - 1, "archivist")

    @precondition(lambda self: self.lists)
    @rule(which=NUMBER, who=st.sampled_from(SIGNERS))
    def sign(self, which: int, who: str) -> None:
        number = sorted(self.lists)[which % len(self.lists)]
        if self.attempt(lambda: self.office.sign_as(who, number, None, self.now)):
            section = self.office.record(number).signatures[-1].section
            self.signed[number][section] = self.now.date()

    @precondition(lambda self: self.lists)
    @rule(which=NUMBER)
    def let_everybody_sign(self, which: int) -> None:
        self.sign_all(sorted(self.lists)[which % len(self.lists)])

    def sign_all(self, number: str) -> None:
        """Let each person sign a list in turn, as far as they may."""
        for who in ("appraiser", "manager", "witness", "witness2"):
            if self.attempt(lambda who=who: self.office.sign_as(who, number, None, self.now)):  # type: ignore[misc]
                section = self.office.record(number).signatures[-1].section
                self.signed[number][section] = self.now.date()

    @precondition(lambda self: self.lists)
    @rule(which=NUMBER)
    def give_up(self, which: int) -> None:
        number = sorted(self.lists)[which % len(self.lists)]
        if self.attempt(
            lambda: lifecycle.void(self.office.register, self.office.by("archivist"), self.now, number, "另编")
        ):
            self.signed[number].clear()

    @precondition(lambda self: self.lists)
    @rule(which=NUMBER, who=st.sampled_from([*SIGNERS, "archivist", "archivist"]))
    def execute(self, which: int, who: str) -> None:
        number = sorted(self.lists)[which % len(self.lists)]
        may_go = self.may_go(number) if who == "archivist" else set()
        may_erase = self.may_erase(number) if who == "archivist" else set()
        with suppress(RefusalError):
            if who == "archivist":
                self.office.execute(number, self.now)
            else:
                self.office.destroy_as(who, number, self.now)
        went = {name for name in self.names if name not in self.gone and self.is_gone(name)}
        assert went <= may_go, (number, went, may_go)
        self.gone |= went
        erased = self.erased_now() - self.erased
        assert erased <= may_erase, (number, erased, may_erase)
        assert self.erased_now() >= {each for each in self.erased if not self.is_gone(each[0])}
        self.erased |= erased
        SEEN["erased"] += len(erased)
        SEEN["erased of the sheet"] += len({name for name, _place in erased} & {SHEET})
        SEEN["erasure held back"] += number in self.requests and self.is_held(self.requests[number][0])
        SEEN["destroyed"] += len(went)
        SEEN["held back"] += len(set(self.lists[number]) & set(self.holds.values()) - self.gone)

    def may_go(self, number: str) -> set[str]:
        """What the machine itself would let go by a list now."""
        if not self.is_ready(number) or self.now.date() < DUE_ON:
            return set()
        return set(self.lists[number]) - set(self.holds.values()) - self.gone

    def is_ready(self, number: str) -> bool:
        """Whether a list is approved and watched by two, and its days to cool off have passed."""
        signed = self.signed[number]
        approved_on = signed.get("approved")
        is_signed = {"approved", "witness_one", "witness_two"} <= signed.keys()
        return is_signed and approved_on is not None and self.now.date() >= approved_on + COOLING

    def may_erase(self, number: str) -> set[tuple[str, str]]:
        """What the machine itself would let be erased by a list now."""
        asked = self.requests.get(number)
        if asked is None or not self.is_ready(number) or self.is_held(asked[0]):
            return set()
        return {asked} - self.erased

    def is_held(self, name: str) -> bool:
        """Whether a hold keeps a record, or the sheet of the row."""
        return (SHEET if name == ROW else name) in self.holds.values()

    def erased_now(self) -> set[tuple[str, str]]:
        """Every value that is erased of what still stands."""
        found: set[tuple[str, str]] = set()
        for name in (*self.names, ROW):
            if not self.is_gone(name):
                values = self.office.record(name).values
                found |= {(name, place) for place in asked_of(name) if is_erased(values[place])}
        return found

    def is_gone(self, name: str) -> bool:
        """Whether a record was destroyed."""
        try:
            self.office.record(name)
        except DisposedRecordError:
            return True
        return False

    @invariant()
    def what_is_gone_stays_gone(self) -> None:
        assert {name for name in self.names if self.is_gone(name)} == self.gone

    @invariant()
    def the_row_stands_on_its_sheet_or_has_gone_with_it(self) -> None:
        assert self.is_gone(ROW) == (SHEET in self.gone)
        if SHEET not in self.gone:
            with self.office.register.reading() as snapshot:
                assert ROW in {row.number for row in rows_of(snapshot, load(snapshot, SHEET))}


@pytest.mark.torture
def test_no_order_of_acts_destroys_what_must_not_go_or_anything_twice(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path: Path
) -> None:
    SEEN.clear()
    run_state_machine_as_test(
        partial(Machine, disposal_files, stages, tmp_path),  # type: ignore[arg-type]  # any maker of one will do
        settings=settings(
            max_examples=200 if IS_LONG else EXAMPLES[database],
            stateful_step_count=30 if IS_LONG else 16,
            deadline=None,
            phases=(Phase.generate, Phase.shrink) if IS_LONG else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
    if IS_LONG:
        kinds = ("destroyed", "erased", "erased of the sheet", "held back", "erasure held back")
        assert min(SEEN[each] for each in kinds) > FEWEST, SEEN
    if database == SQLITE:
        assert min(SEEN["destroyed"], SEEN["erased"], SEEN["held back"] + SEEN["erasure held back"]) > 0, SEEN
    assert SEEN["destroyed"] + SEEN["erased"] > 0, SEEN
