"""Every act on a record by everybody in every state: the table of rights decides, whichever door is taken.

On PostgreSQL the acts of ``IN_SHORT`` alone are tried, but for the long form of torture.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from acting_company import SCAN
from p02_office import NOW
from recordkeeper.errors import RecordkeeperError, RefusalError
from recordkeeper.model.issued_copy import UnknownCopyError
from recordkeeper.model.record_guard import NotItsTurnError
from recordkeeper.model.record_state import State
from recordkeeper.model.right import RIGHTS
from recordkeeper.services import consent, copying, extraction, intake, lifecycle, searching, viewing
from recordkeeper.services.lifecycle import About
from rights_company import (
    EVERYBODY,
    GUARDED,
    LOOSE,
    NOBODY,
    NOTE,
    ROLES,
    Cell,
    Staff,
    cells_of,
    held_by,
    is_allowed,
    staffed,
)
from stage import SQLITE, Stages
from torture import IS_LONG

if TYPE_CHECKING:
    from recordkeeper.services.people import Actor

CLERK, HEAD = {"clerk"}, {"head"}
IN_SHORT = ("record sign", "record consent")
"""The acts that are tried on PostgreSQL too in the short form: a signature, and the answer to somebody's request."""


@pytest.fixture
def staff(stages: Stages, tmp_path: Path, database: str) -> Iterator[Staff]:
    with staffed(stages, database, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_staff(stages: Stages, tmp_path: Path) -> Iterator[Staff]:
    with staffed(stages, SQLITE, tmp_path) as made:
        yield made


Act = Callable[[Staff, str, str], object]


def _countersign(staff: Staff, who: str, number: str) -> object:
    register = staff.register
    record = staff.load(number)
    if not record.amendments and record.state is State.CLOSED:
        clerk = staff.actors["clerk here"]
        lifecycle.amend(
            register, clerk, staff.signers["clerk here"], NOW, number, {"what": "来函"}, "笔误", "correction"
        )
    return lifecycle.countersign(register, staff.actors[who], staff.signers[who], NOW, number, 1, accepted=True)


def _consent(staff: Staff, who: str, number: str) -> object:
    register = staff.register
    consent.ask(register, staff.actors[NOBODY], NOW, number, "read", "查阅")
    return consent.consent(register, staff.actors[who], NOW, number, None, None)


ACTS: Mapping[str, tuple[str, set[str], Act]] = {
    "record fill": (
        NOTE, CLERK,
        lambda s, who, n: lifecycle.fill(s.register, s.actors[who], NOW, n, "note", {"what": "来电"}),
    ),
    "record sign": (
        NOTE, HEAD,
        lambda s, who, n: lifecycle.sign(s.register, s.actors[who], s.signers[who], NOW, n, "check"),
    ),
    "record countersign": (NOTE, HEAD, _countersign),
    "record amend": (
        NOTE, CLERK,
        lambda s, who, n: lifecycle.amend(
            s.register, s.actors[who], s.signers[who], NOW, n, {"what": "来访二"}, "笔误", "fact"
        ),
    ),
    "record reissue": (
        NOTE, CLERK | HEAD,
        lambda s, who, n: lifecycle.reissue(s.register, s.actors[who], NOW, n, {"what": "重签"}, "重签"),
    ),
    "record attach": (
        NOTE, CLERK | HEAD,
        lambda s, who, n: lifecycle.attach(s.register, s.actors[who], NOW, n, "a.pdf", "text/plain", b"a"),
    ),
    "record void": (
        NOTE, CLERK | HEAD, lambda s, who, n: lifecycle.void(s.register, s.actors[who], NOW, n, "误登"),
    ),
    "record close": (
        LOOSE, CLERK, lambda s, who, n: lifecycle.close(s.register, s.actors[who], NOW, n),
    ),
    "record ask": (
        GUARDED, set(),
        lambda s, who, n: consent.ask(s.register, s.actors[who], NOW, n, "read", "查阅"),
    ),
    "record consent": (GUARDED, HEAD, _consent),
    "retention tell": (
        NOTE, CLERK | HEAD,
        lambda s, who, n: lifecycle.tell(
            s.register, s.actors[who], NOW, n, "contract_ended", NOW.date(), "解约协议"
        ),
    ),
}  # fmt: skip


def comes_later(cell: Cell) -> bool:
    """Whether the state allows what the record's own course does not yet.

    A row of an open sheet alone is voided when closed, what nobody has signed is filled again and not amended, and a
    re-issue needs something signed, and a clerk, who fills the first section anew.
    """
    state = State(cell.state)
    match cell.command:
        case "record void":
            return state is State.CLOSED
        case "record amend" | "record countersign":
            return state in {State.OPEN, State.PENDING}
        case "record reissue":
            return state is not State.CLOSED or cell.who.startswith("head")
        case _:
            return False


def is_done(staff: Staff, cell: Cell) -> bool:
    """Whether the act is done; that it is, or is not, as the table says."""
    command, who, state = cell.command, cell.who, State(cell.state)
    form_code, named, act = ACTS[command]
    number = staff.record(form_code, state)
    prepares = command in {"record countersign", "record consent"}  # amends, or asks, so that there is an answer
    before = staff.load(number).history.count if prepares else 0
    may = is_allowed(command, who, named) and state in RIGHTS[command].states
    try:
        act(staff, who, number)
    except NotItsTurnError:
        return False
    except RefusalError:
        assert not may or comes_later(cell), cell
        if prepares and staff.load(number).history.count != before:
            del staff.numbers[form_code, state]
        return False
    assert may, cell
    del staff.numbers[form_code, state]
    return True


# A form without a signature is pending at no time, and what has a section left open is not re-issued by it.
NEVER_SO = {(LOOSE, State.PENDING), (LOOSE, State.REPLACED)}


@pytest.mark.torture
def test_every_act_on_a_record_is_tried_by_everybody_in_every_state(staff: Staff, database: str) -> None:
    commands = tuple(ACTS) if database == SQLITE or IS_LONG else IN_SHORT
    done = dict.fromkeys(commands, 0)
    tried: set[Cell] = set()
    for cell in sorted(cells_of(commands)):
        tried.add(cell)
        if (ACTS[cell.command][0], State(cell.state)) not in NEVER_SO:
            done[cell.command] += is_done(staff, cell)
    assert tried == cells_of(commands)
    assert len(tried) == len(commands) * len(EVERYBODY) * len(State)
    assert all(done.values()), done


def test_nobody_enters_a_record_by_any_door_but_the_roles_of_its_first_section(sqlite_staff: Staff) -> None:
    staff, register = sqlite_staff, sqlite_staff.register
    source = staff.record(NOTE, State.CLOSED)
    table = intake.Table(NOTE, "what,unit\n来访,SH\n".encode(), "notes.csv", None)
    doors: dict[str, Callable[[Actor], object]] = {
        "new": lambda actor: lifecycle.new(register, actor, NOW, NOTE, {"what": "来访"}, About("SH")),
        "new, to be filled later": lambda actor: lifecycle.new(register, actor, NOW, NOTE, None, About("SH")),
        "--from": lambda actor: lifecycle.new(register, actor, NOW, NOTE, {"what": "来访"}, About("SH", source=source)),
        "import": lambda actor: intake.import_records(register, actor, NOW, table),
        "import what fits": lambda actor: intake.import_what_fits(register, actor, NOW, table),
        "dry run": lambda actor: intake.try_import(register, actor, NOW, table),
    }
    tried: set[Cell] = set()
    for door, who in product(doors, EVERYBODY):
        command = "record import" if "import" in door or door == "dry run" else "record new"
        tried.add(Cell(command, who, ""))
        try:
            doors[door](staff.actors[who])
        except RefusalError:
            assert not is_allowed(command, who, CLERK), (door, who)
        else:
            assert is_allowed(command, who, CLERK), (door, who)
    assert tried == cells_of(["record new", "record import"])


def test_nobody_signs_on_paper_what_they_have_no_part_in(sqlite_staff: Staff) -> None:
    number = sqlite_staff.record(NOTE, State.PENDING)
    for who in EVERYBODY:
        with pytest.raises(RefusalError):
            lifecycle.sign_on_paper(sqlite_staff.register, sqlite_staff.actors[who], NOW, number, "check", SCAN)


def read_by_every_door(staff: Staff, who: str, number: str) -> Iterator[tuple[str, Callable[[], object]]]:
    register, actor = staff.register, staff.actors[who]
    criteria = searching.Criteria(number=number)
    selection = extraction.Selection((number,), criteria)
    yield "record show", lambda: viewing.show(register, actor, NOW, number)
    yield "record history", lambda: viewing.history(register, actor, NOW, number)
    yield "record render", lambda: viewing.render(register, actor, NOW, number)
    yield "record find", lambda: searching.find(register, actor, NOW, criteria)
    yield "record export", lambda: extraction.export_json(register, actor, NOW, selection)
    yield "record export", lambda: extraction.export_table(register, actor, NOW, selection)


def test_nobody_reads_by_any_door_but_who_has_a_role_there_and_auditors(sqlite_staff: Staff) -> None:
    anybody_there = {role for roles in ROLES.values() for role in roles}
    tried: set[Cell] = set()
    for state, who in product(State, EVERYBODY):
        number = sqlite_staff.record(NOTE, state)
        for command, door in read_by_every_door(sqlite_staff, who, number):
            tried.add(Cell(command, who, ""))
            may = is_allowed(command, who, anybody_there)
            try:
                found = door()
            except RecordkeeperError:
                assert not may, (command, state, who)
            else:
                assert may or found == [], (command, state, who, found)
                assert not (may and found == []), (command, state, who)
    assert tried == cells_of(READINGS)


READINGS = ("record show", "record history", "record render", "record find", "record export")
COPY = "record render (--copy)"


def test_nobody_copies_but_who_reads_without_an_auditors_account(sqlite_staff: Staff) -> None:
    """Asked for a copy that was never issued: who may copy is told so, the others that they may not."""
    anybody_there = {role for roles in ROLES.values() for role in roles}
    tried: set[Cell] = set()
    for cell in sorted(cells_of([COPY])):
        tried.add(cell)
        number = sqlite_staff.record(NOTE, State(cell.state))
        with pytest.raises(RecordkeeperError) as refused:
            copying.copy_again(sqlite_staff.register, sqlite_staff.actors[cell.who], NOW, number, 0)
        may = is_allowed(COPY, cell.who, anybody_there)
        assert isinstance(refused.value, UnknownCopyError) == may, cell
    assert tried == cells_of([COPY])


def test_the_table_has_no_act_on_records_that_is_not_tried() -> None:
    tried = {*ACTS, *READINGS, COPY, "record new", "record import", "record consent (listed)"}
    of_records = {
        line
        for line, right in RIGHTS.items()
        if line.startswith("record ") or (right.states and "open" in right.states)
    }
    assert of_records == tried


def test_a_deputy_holds_what_the_principal_holds_and_nobody_else_does() -> None:
    assert held_by(NOBODY) == set()
    assert not is_allowed("user add", "clerk above")
    assert [who for who in EVERYBODY if is_allowed("record fill", who, CLERK)] == [
        "clerk here", "clerk above", "deputy of the clerk here",
    ]  # fmt: skip
