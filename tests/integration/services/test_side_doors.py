"""Side doors: imports, scans, records that follow from others and copies grant nothing that the front door refuses.

Each door is crossed with each thing that is refused: a role, a unit, a state, a shared account, an auditor's account, a
record that may not be read. Whatever a door refuses leaves nothing of what came through it.
"""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from acting_company import SCAN
from p02_office import NOW, SECRET
from recordkeeper import verifier
from recordkeeper.documents.workbook import format_workbook
from recordkeeper.errors import RefusalError
from recordkeeper.model.person import NoKeyError
from recordkeeper.model.record_guard import NotYoursError, WrongStateError
from recordkeeper.model.record_state import State
from recordkeeper.services import (
    archiving,
    copying,
    dossier,
    entry,
    exporting,
    extraction,
    holding,
    intake,
    lifecycle,
    people,
    places,
    publication,
    searching,
    viewing,
)
from recordkeeper.services.access import MayNotReadError
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.intake import Table
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor
from recordkeeper.services.right import AuditorChangesNothingError
from rights_company import ANSWERED, NOBODY, NOTE, REPLY, SECRETS, Staff, staffed
from stage import SQLITE, Stages


@pytest.fixture
def staff(stages: Stages, tmp_path: Path) -> Iterator[Staff]:
    with staffed(stages, SQLITE, tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Doors:
    """What comes in without the section being filled or signed by hand."""

    staff: Staff

    def table(self, form: str, *rows: str, heading: str = "what,unit") -> Table:
        """A CSV file of rows."""
        return Table(form, "\n".join([heading, *rows]).encode(), "t.csv", None)

    def workbook(self, form: str, *rows: str) -> Table:
        """The same as an XLSX file."""
        return Table(form, format_workbook("t", ["what", "unit"], [row.split(",") for row in rows]), "t.xlsx", None)

    def entering(self, actor: Actor, unit: str = "SH") -> Mapping[str, Callable[[], object]]:
        """Every door by which a record of ``unit`` is entered."""
        register, row = self.staff.register, f"来访,{unit}"
        source = self.staff.record(NOTE, State.CLOSED)
        return {
            "new": lambda: lifecycle.new(register, actor, NOW, NOTE, {"what": "来访"}, About(unit)),
            "questions": lambda: entry.new_entry(register, actor, NOW, NOTE, About(unit)),
            "source": lambda: lifecycle.new(register, actor, NOW, NOTE, {"what": "x"}, About(unit, source=source)),
            "csv": lambda: intake.import_records(register, actor, NOW, self.table(NOTE, row)),
            "xlsx": lambda: intake.import_records(register, actor, NOW, self.workbook(NOTE, row)),
            "what fits": lambda: intake.import_what_fits(register, actor, NOW, self.table(NOTE, row)),
            "dry run": lambda: intake.try_import(register, actor, NOW, self.table(NOTE, row)),
            "reissue": lambda: lifecycle.reissue(register, actor, NOW, source, {"what": "y"}, "重签"),
        }

    def entered(self) -> tuple[int, int]:
        """How many records there are, and how many acts of all records."""
        with self.staff.register.reading() as snapshot:
            histories = [*snapshot.histories("record"), *snapshot.histories("sheet")]
        return len(histories), sum(each.count for each in histories)


def check_refused(doors: Doors, entering: Mapping[str, Callable[[], object]], why: type[RefusalError]) -> None:
    for name, enter in entering.items():
        before = doors.entered()
        with pytest.raises(why):
            enter()
        assert doors.entered() == before, name


def shared_account(staff: Staff) -> Actor:
    """An account that several clerks of SH use."""
    register, boss = staff.register, staff.actors["boss"]
    person = people.add_shared_account(register, boss, login="frontdesk", name="前台", passphrase=SECRET, now=NOW)
    with register.reading() as snapshot:
        unit = places.find_unit(snapshot, "SH").subject
    for role in ("clerk", "head"):
        people.grant(register, boss, login="frontdesk", role=role, unit=unit, valid_from=None, valid_to=None, now=NOW)
    return Actor(person.subject, person.login, person.name)


def test_no_door_opens_without_the_role_at_the_unit(staff: Staff) -> None:
    doors = Doors(staff)
    for who in ("controller above", "approver above", "clerk elsewhere", NOBODY):
        check_refused(doors, doors.entering(staff.actors[who]), RefusalError)
    check_refused(doors, doors.entering(staff.actors["auditor above"]), RefusalError)
    for enter in doors.entering(staff.actors["clerk here"]).values():
        enter()


def test_a_file_with_one_row_of_anothers_unit_is_refused_whole(staff: Staff) -> None:
    doors, clerk = Doors(staff), staff.actors["clerk here"]
    rows = ("来访,SH", "来访,BJ", "来访,SH")
    for table in (doors.table(NOTE, *rows), doors.workbook(NOTE, *rows)):
        for take in (intake.import_records, intake.import_what_fits, intake.try_import):
            before = doors.entered()
            with pytest.raises(NotYoursError):
                take(staff.register, clerk, NOW, table)
            assert doors.entered() == before


def test_a_file_fills_no_later_section_that_is_anothers(staff: Staff) -> None:
    """The clerk enters the question; the reply is the head's, in a file as by hand."""
    doors = Doors(staff)
    table = doors.table(ANSWERED, "来访,SH,已复", heading="what,unit,answer")
    check_refused(
        doors,
        {
            "csv": lambda: intake.import_records(staff.register, staff.actors["clerk here"], NOW, table),
            "what fits": lambda: intake.import_what_fits(staff.register, staff.actors["clerk here"], NOW, table),
        },
        NotYoursError,
    )


def test_a_scan_signs_nothing_that_is_not_there_to_be_signed_on_paper(staff: Staff) -> None:
    register = staff.register
    for form, state, why in (
        (NOTE, State.PENDING, RefusalError),  # its section takes no paper
        (REPLY, State.CLOSED, WrongStateError),
        (REPLY, State.VOID, WrongStateError),
    ):
        number = staff.record(form, state)
        before = staff.load(number).history.count
        with pytest.raises(why):
            lifecycle.sign_on_paper(register, staff.actors["head here"], NOW, number, None, SCAN)
        assert staff.load(number).history.count == before
    number = staff.record(REPLY, State.PENDING)
    for who in ("controller above", "clerk elsewhere", "auditor here", NOBODY):
        with pytest.raises(RefusalError):
            lifecycle.sign_on_paper(register, staff.actors[who], NOW, number, None, SCAN)
    assert lifecycle.sign_on_paper(register, staff.actors["clerk here"], NOW, number, None, SCAN).signatures


def test_an_auditors_account_comes_through_no_door(staff: Staff) -> None:
    register, actor = staff.register, staff.actors["auditor above"]
    number = staff.record(REPLY, State.PENDING)
    closed = staff.record(NOTE, State.CLOSED)
    doors: dict[str, Callable[[], object]] = {
        "scan": lambda: lifecycle.sign_on_paper(register, actor, NOW, number, None, SCAN),
        "attach": lambda: lifecycle.attach(register, actor, NOW, closed, "a.txt", "text/plain", b"a"),
        "copy": lambda: copying.copy_again(register, actor, NOW, closed, 1),
        "hold": lambda: holding.place(register, actor, NOW, title="t", mandate="m", asked=ScopeAsked(records=[closed])),
        "fill": lambda: lifecycle.fill(register, actor, NOW, number, "note", {"what": "x"}),
        "questions": lambda: entry.fill_entry(register, actor, NOW, number, None),
    }
    check_refused(Doors(staff), doors, AuditorChangesNothingError)


def test_a_shared_account_signs_by_no_door(staff: Staff) -> None:
    """It fills what its roles fill; a signature is a person's, so it opens no key and closes nothing that needs one."""
    register, actor = staff.register, shared_account(staff)
    with pytest.raises(NoKeyError):
        people.open_signing_key(register, actor, SECRET, NOW, unattended=True)
    number = lifecycle.new(register, actor, NOW, NOTE, {"what": "来访"}, About("SH")).number
    for signer in ("head elsewhere", "clerk here"):  # somebody else's key is no way round
        with pytest.raises(RefusalError):
            lifecycle.sign(register, actor, staff.signers[signer], NOW, number, "check")
    closed = staff.record(NOTE, State.CLOSED)
    with pytest.raises(RefusalError):
        lifecycle.amend(register, actor, staff.signers["clerk here"], NOW, closed, {"what": "z"}, "笔误", "fact")
    assert not staff.load(number).signatures
    assert not staff.load(closed).amendments


def reading_doors(staff: Staff, actor: Actor, number: str) -> dict[str, Callable[[], object]]:
    """Every door by which something of a record comes out."""
    register, selection = staff.register, extraction.Selection((number,), searching.Criteria())
    return {
        "show": lambda: viewing.show(register, actor, NOW, number),
        "history": lambda: viewing.history(register, actor, NOW, number),
        "render": lambda: viewing.render(register, actor, NOW, number),
        "json": lambda: extraction.export_json(register, actor, NOW, selection),
        "table": lambda: extraction.export_table(register, actor, NOW, selection),
        "workbook": lambda: extraction.export_workbook(register, actor, NOW, selection),
        "copy": lambda: copying.copy_again(register, actor, NOW, number, 1),
        "source": lambda: lifecycle.new(register, actor, NOW, NOTE, {"what": "x"}, About("SH", source=number)),
    }


def test_what_may_not_be_read_comes_out_by_no_door(staff: Staff) -> None:
    """The heads of the unit alone read it, and not who could enter a record that follows from it."""
    register = staff.register
    number = lifecycle.new(register, staff.actors["clerk here"], NOW, SECRETS, {"what": "机密"}, About("SH")).number
    for who in ("clerk above", "controller above", "approver above", "clerk elsewhere", NOBODY):
        actor = staff.actors[who]
        doors = reading_doors(staff, actor, number)
        check_refused(Doors(staff), doors, MayNotReadError)
        assert number not in str(_found(staff, actor))
    assert viewing.show(register, staff.actors["head here"], NOW, number).number == number


def _found(staff: Staff, actor: Actor) -> object:
    register, text = staff.register, searching.Criteria(text="机密")
    try:
        return searching.find(register, actor, NOW, text), dossier.list_dossiers(register, actor, NOW)
    except RefusalError:
        return None


def test_a_pack_holds_nothing_that_whoever_makes_it_may_not_take_out(staff: Staff, tmp_path: Path) -> None:
    register, clerk = staff.register, staff.actors["clerk here"]
    plain = staff.record(NOTE, State.CLOSED)
    number = lifecycle.new(register, clerk, NOW, SECRETS, {"what": "机密"}, About("SH")).number
    lifecycle.sign(register, clerk, staff.signers["clerk here"], NOW, number)
    publication.publish(staff.publisher, NOW)
    for who in ("controller above", "auditor above"):
        actor, target = staff.actors[who], tmp_path / f"{who.partition(' ')[0]}.zip"
        listed = archiving.list_objects(register, staff.publisher.storage_root, actor, NOW)
        files = {each.subject: bool(each.files) for each in listed}
        assert (files[f"record/{number}"], files[f"record/{plain}"]) == (who == "auditor above", True)
        if who != "auditor above":
            with pytest.raises(MayNotReadError):
                exporting.export(staff.publisher, target, actor, NOW, [number])
        made = exporting.export(staff.publisher, target, actor, NOW)
        with zipfile.ZipFile(target) as pack:
            index = pack.read(next(name for name in pack.namelist() if name.endswith("index.html"))).decode()
        assert plain in index
        assert (number in index, made.left_out) == ((True, 0) if who == "auditor above" else (False, 1))
        with closing(verifier.Pack(target)) as medium:
            assert verifier.verify(medium).verdict == "ok"


def test_a_pack_follows_no_text_that_somebody_entered(staff: Staff, tmp_path: Path) -> None:
    """Whom a paper is filled for is a text: one that looks like a confidential record brings none along."""
    register, clerk, head = staff.register, staff.actors["clerk here"], staff.actors["head here"]
    secret = lifecycle.new(register, clerk, NOW, SECRETS, {"what": "机密SECRET"}, About("SH")).number
    lifecycle.sign(register, clerk, staff.signers["clerk here"], NOW, secret)
    named = f"record/{secret}"
    bait = lifecycle.new(register, clerk, NOW, REPLY, {"what": "来访"}, About("SH"), filled_for=named).number
    lifecycle.sign(register, clerk, staff.signers["clerk here"], NOW, bait)
    lifecycle.fill(register, head, NOW, bait, "reply", {"answer": "已复"}, filled_for=named)
    lifecycle.sign(register, head, staff.signers["head here"], NOW, bait)
    publication.publish(staff.publisher, NOW)
    for who in ("controller above", "auditor above"):
        target = tmp_path / f"{who.partition(' ')[0]}.zip"
        made = exporting.export(staff.publisher, target, staff.actors[who], NOW, [bait])
        with zipfile.ZipFile(target) as pack:
            held = b"".join(pack.read(name) for name in pack.namelist())
        assert (made.records, named.encode() in held, "机密SECRET".encode() in held) == (1, True, False)
        assert b"Recordkeeper-Withheld" not in held
        with closing(verifier.Pack(target)) as medium:
            assert verifier.verify(medium).verdict == "ok"
