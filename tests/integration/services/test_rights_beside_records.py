"""Every act beside records by everybody: people, places, documents, schedules, holds, lists, dossiers, the archive.

What acts on a revision of a document meets one in each state. Whoever may not comes first, while there is something to
do; whoever may is not refused for want of a right, and of each command one at least is done. On PostgreSQL too in the
long form of torture.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import ParamSpec

import pytest

from form_samples import field as form_field
from form_samples import section
from p02_office import NOW, SECRET
from packages import form, write_package
from recordkeeper.errors import RecordkeeperError
from recordkeeper.model.document_change import DocumentChange
from recordkeeper.model.form_revision import NoRoleError, Revision
from recordkeeper.model.four_properties import Occasion
from recordkeeper.model.person import Person
from recordkeeper.model.record_guard import NotYoursError
from recordkeeper.model.record_state import State
from recordkeeper.model.right import ACCOUNT, ANYBODY, RIGHTS
from recordkeeper.model.subject import kind_of
from recordkeeper.model.transfer import Keeping
from recordkeeper.services import (
    backup,
    blank_printing,
    catalogue,
    choosing,
    destruction,
    disposition,
    dossier,
    erasure_request,
    exporting,
    handing_over,
    holding,
    lifecycle,
    log_keys,
    mirroring,
    people,
    place_import,
    places,
    property_report,
    publication,
    reference_table,
    retention,
    revising,
    scheduling,
    settling,
    transfer,
)
from recordkeeper.services.access import MayNotReadError
from recordkeeper.services.blank_printing import Order
from recordkeeper.services.destruction_certificate import Said
from recordkeeper.services.disposition import Author, Choice, Proposal
from recordkeeper.services.erasure_request import Request
from recordkeeper.services.execution import Executor
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.installation import Terms
from recordkeeper.services.lifecycle import Scan
from recordkeeper.services.right import AuditorChangesNothingError, NoRightError
from recordkeeper.services.searching import Criteria, NoUnitToReadError
from rights_company import (
    NOTE,
    PARTY,
    PREMISES,
    PURPOSE,
    ROLES,
    TABLE_OF_PRICES,
    UNITS,
    Cell,
    Staff,
    cells_of,
    is_allowed,
    staffed,
    states_of,
)
from stage import POSTGRESQL, SQLITE, Stages
from torture import IS_LONG

pytestmark = pytest.mark.torture

LATER = datetime(2030, 3, 4, 2, 0, 0, tzinfo=UTC)
COOLED = datetime(2030, 3, 12, 2, 0, 0, tzinfo=UTC)
OF_RIGHT = (
    NoRightError, NoRoleError, NotYoursError, MayNotReadError, NoUnitToReadError, AuditorChangesNothingError,
)  # fmt: skip
ANY_ROLE = {role for roles in ROLES.values() for role in roles}
HERE, THERE = UNITS["here"], PREMISES["here"]
CHANGE = DocumentChange.checked("新编号", "无")


@dataclass
class Desk:
    """The company at work: what a probe needs beside whoever tries it."""

    staff: Staff
    folder: Path
    number: Iterator[int]
    revisions: list[str]
    transferable: list[tuple[str, str]]

    def again(self) -> int:
        """A number that was not had before."""
        return next(self.number)

    def file(self, name: str, text: str) -> Path:
        """A file with a text."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def revision(self, noun: str, state: str) -> str:
        """A revision that stands in a state: of a procedure or of its form; made anew where none does any more."""
        with self.staff.register.reading() as snapshot:
            known = {each.subject: str(each.state) for each in map(Revision.replay, snapshot.histories(noun))}
        standing = [subject for subject in self.revisions if known.get(subject) == state]
        return standing[0] if standing else self._made(noun, state)

    def _made(self, noun: str, state: str) -> str:
        register, staff, identifier = self.staff.register, self.staff, f"P{self.again()}"
        sample = form(f"QR-9{identifier[1:]}-01", section("note", form_field("what")))
        folder = write_package(self.folder / identifier, sample, identifier=identifier)
        boss, approver = staff.actors["boss"], staff.actors["approver above"]
        made = [each.subject for each in catalogue.install_procedure(register, folder, boss, NOW)]
        if state != "draft":
            catalogue.approve(register, made, approver, staff.signers["approver above"], NOW)
        if state in {"released", "withdrawn"}:
            catalogue.release(register, made, NOW.date(), approver, NOW)
        for subject in made if state == "withdrawn" else ():
            catalogue.withdraw(register, subject, NOW.date(), "作废", boss, NOW)
        self.revisions += made
        return next(subject for subject in made if kind_of(subject) == noun)


P = ParamSpec("P")
Probe = Callable[[Desk, str, str], object]


BOTH = (SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.needs_postgresql))


@pytest.fixture(params=BOTH if IS_LONG else (SQLITE,))
def desk(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Desk]:
    if request.param == SQLITE:
        monkeypatch.setenv("PATH", "")  # PostgreSQL's own programs are looked for in it
    with staffed(stages, str(request.param), tmp_path / "company") as staff:
        yield Desk(staff, tmp_path, count(10), [], [])


IN_SET_UPS = {"clerk here", "head here", "approver above"}
"""Who also makes ready what others try, so that their own acts say nothing of what was refused."""


def try_all(desk: Desk, probes: Mapping[str, tuple[set[str], Probe]]) -> None:
    """Try every cell of these commands, and hold them to the table."""
    done = dict.fromkeys(probes, 0)
    tried: set[Cell] = set()
    allowed = {cell: is_allowed(cell.command, cell.who, probes[cell.command][0]) for cell in cells_of(probes)}
    for cell, may in sorted(allowed.items(), key=lambda each: (each[0].command, each[1], each[0])):
        tried.add(cell)
        fits = not cell.state or cell.state in RIGHTS[cell.command].states
        with desk.staff.register.reading() as snapshot:
            before = snapshot.event_count()
        refused = outcome(probes[cell.command][1], desk, cell.who, cell.state)
        if refused is None:
            assert (may, fits) == (True, True), cell
            done[cell.command] += 1
        elif may:
            assert not isinstance(refused, OF_RIGHT), (cell, refused)
        else:
            assert not fits or isinstance(refused, OF_RIGHT), (cell, refused)
            with desk.staff.register.reading() as snapshot:
                actors = {event.actor for event in snapshot.events(before)}
            assert cell.who in IN_SET_UPS or desk.staff.actors[cell.who].subject not in actors, cell
    assert tried == cells_of(probes)
    assert all(done.values()), [command for command, times in done.items() if not times]


def outcome(act: Callable[P, object], *given: P.args, **named: P.kwargs) -> RecordkeeperError | None:
    """What an act is refused with; none where it is done."""
    try:
        act(*given, **named)
    except RecordkeeperError as refused:
        return refused
    return None


# ---- people and places -----------------------------------------------------------------------------------------------


def _newcomer(desk: Desk, who: str) -> Person:
    login = f"new{desk.again()}"
    return people.add_user(
        desk.staff.register, desk.staff.actors[who], login=login, name="新人", passphrase=SECRET, now=NOW
    )


def _someone(desk: Desk) -> str:
    return _newcomer(desk, "boss").login


def _unit(desk: Desk) -> str:
    with desk.staff.register.reading() as snapshot:
        return places.find_unit(snapshot, HERE).subject


def _grant(desk: Desk, who: str, role: str) -> Person:
    return people.grant(
        desk.staff.register, desk.staff.actors[who], login=desk.staff.actors["without any role"].login, role=role,
        unit=_unit(desk), valid_from=None, valid_to=None, now=NOW,
    )  # fmt: skip


def _revoke(desk: Desk, who: str) -> Person:
    role = f"role_{desk.again()}"
    _grant(desk, "boss", role)
    return people.revoke(
        desk.staff.register, desk.staff.actors[who], login=desk.staff.actors["without any role"].login, role=role,
        unit=_unit(desk), on=None, now=NOW,
    )  # fmt: skip


def _deputize(desk: Desk, who: str) -> Person:
    return people.deputize(
        desk.staff.register, desk.staff.actors[who], login=desk.staff.actors["head elsewhere"].login,
        deputy=desk.staff.actors["without any role"].login, unit=_unit(desk), valid_from=date(2030, 1, 1),
        valid_to=date(2030, 1, 2), reason="休假", now=NOW,
    )  # fmt: skip


def _occupy(desk: Desk, who: str) -> object:
    return places.occupy(
        desk.staff.register, desk.staff.actors[who], premises=THERE, party=f"新顾客{_party(desk)}", capacity="tenant",
        valid_from=None, valid_to=None, now=NOW,
    )  # fmt: skip


def _party(desk: Desk) -> int:
    number = desk.again()
    places.add_party(desk.staff.register, desk.staff.actors["boss"], name=f"新顾客{number}", now=NOW)
    return number


def _vacate(desk: Desk, who: str) -> object:
    party = f"新顾客{_party(desk)}"
    register = desk.staff.register
    places.occupy(
        register, desk.staff.actors["boss"], premises=THERE, party=party, capacity="tenant", valid_from=None,
        valid_to=None, now=NOW,
    )  # fmt: skip
    return places.vacate(
        register, desk.staff.actors[who], premises=THERE, party=party, capacity="tenant", on=None, now=NOW
    )


def _parties(desk: Desk, who: str) -> object:
    data = f"name\n入户{desk.again()}\n".encode()
    return place_import.import_parties(desk.staff.register, desk.staff.actors[who], data, "p.csv", NOW)


def _premises(desk: Desk, who: str) -> object:
    """Premises of the unit where whoever imports them has their role."""
    unit = UNITS.get(who.rpartition(" ")[2], HERE)
    data = f"unit,code\n{unit},{desk.again()}-2\n".encode()
    return place_import.import_premises(desk.staff.register, desk.staff.actors[who], data, "p.csv", NOW)


def _premises_here(desk: Desk, who: str) -> object:
    data = f"unit,code\n{HERE},{desk.again()}-1\n".encode()
    return place_import.import_premises(desk.staff.register, desk.staff.actors[who], data, "p.csv", NOW)


PLACES: Mapping[str, tuple[set[str], Probe]] = {
    "user add": (set(), lambda d, who, _s: _newcomer(d, who)),
    "user amend": (set(), lambda d, who, _s: people.amend_user(
        d.staff.register, d.staff.actors[who], login=d.staff.actors["head here"].login, name=f"改名{d.again()}",
        reason="笔误", now=NOW,
    )),
    "user grant": (set(), lambda d, who, _s: _grant(d, who, f"role_{d.again()}")),
    "user revoke": (set(), lambda d, who, _s: _revoke(d, who)),
    "user deputize": (set(), lambda d, who, _s: _deputize(d, who)),
    "user disable": (set(), lambda d, who, _s: people.disable(
        d.staff.register, d.staff.actors[who], login=d.staff.actors["witness two"].login, on=date(2199, 1, 1),
        reason="离职", now=NOW,
    )),
    "user retire-key": (set(), lambda d, who, _s: people.retire_key(
        d.staff.register, d.staff.actors[who], login=d.staff.actors["head elsewhere"].login, reason="被盗", now=NOW
    )),
    "user passphrase (another's)": (set(), lambda d, who, _s: people.reset_passphrase(
        d.staff.register, d.staff.actors[who], login=d.staff.actors["head elsewhere"].login, passphrase=SECRET,
        reason="遗忘", now=NOW,
    )),
    "unit add": (set(), lambda d, who, _s: places.add_unit(
        d.staff.register, d.staff.actors[who], code=f"X{d.again()}", kind="department", name_zh="新部门", name_en="",
        parent=HERE, now=NOW,
    )),
    "unit amend": (set(), lambda d, who, _s: places.amend_unit(
        d.staff.register, d.staff.actors[who], unit=HERE, name_zh=f"改名{d.again()}", reason="改名", now=NOW
    )),
    "party add": (set(), lambda d, who, _s: places.add_party(
        d.staff.register, d.staff.actors[who], name=f"顾客{d.again()}", now=NOW
    )),
    "party amend": (set(), lambda d, who, _s: places.amend_party(
        d.staff.register, d.staff.actors[who], party=PARTY, phone=f"138-0000-00{d.again()}", reason="换号", now=NOW
    )),
    "party import": (set(), lambda d, who, _s: _parties(d, who)),
    "premises add": (set(), lambda d, who, _s: places.add_premises(
        d.staff.register, d.staff.actors[who], unit=HERE, code=f"{d.again()}-9", now=NOW
    )),
    "premises amend": (set(), lambda d, who, _s: places.amend_premises(
        d.staff.register, d.staff.actors[who], premises=THERE, building=str(d.again()), reason="更正", now=NOW
    )),
    "premises import": (set(), lambda d, who, _s: _premises(d, who)),
    "premises import (of a unit)": (set(), lambda d, who, _s: _premises_here(d, who)),
    "premises occupy": (set(), lambda d, who, _s: _occupy(d, who)),
    "premises vacate": (set(), lambda d, who, _s: _vacate(d, who)),
}  # fmt: skip


def test_people_and_places_are_changed_by_whom_the_table_names(desk: Desk) -> None:
    try_all(desk, PLACES)


# ---- documents, schedules, holds -------------------------------------------------------------------------------------


def _install(desk: Desk, who: str) -> object:
    identifier = f"P{desk.again()}"
    sample = form(f"QR-9{identifier[1:]}-01", section("note", form_field("what")))
    folder = write_package(desk.folder / identifier, sample, identifier=identifier)
    installed = catalogue.install_procedure(desk.staff.register, folder, desk.staff.actors[who], NOW)
    settling.settle(desk.staff.register, identifier, Terms((HERE,)), desk.staff.actors[who], NOW)
    return installed


def _revise(desk: Desk, who: str, noun: str) -> object:
    released = desk.revision(noun, "released")
    identifier = released.split("/")[1] if noun == "procedure" else f"P{released.split('-')[1][1:]}"
    code = f"QR-9{identifier[1:]}-01"
    later = form(
        code,
        section("note", form_field("what"), form_field("more", required=False)),
        revision="A/2" if noun == "procedure" else "A/1",
    )
    folder = write_package(desk.folder / f"{identifier}-{desk.again()}", later, identifier=identifier)
    register, actor = desk.staff.register, desk.staff.actors[who]
    if noun == "procedure":
        return revising.revise_procedure(register, identifier, folder, actor, NOW, CHANGE)
    return revising.revise_form(register, code, folder / f"{code}.yaml", actor, NOW, CHANGE)


def _table(desk: Desk, who: str) -> object:
    path = desk.file("prices.csv", f"item,price\nA,{desk.again()}\n")
    return reference_table.enter(desk.staff.register, desk.staff.actors[who], NOW, str(TABLE_OF_PRICES["id"]), path)


def _table_in_force(desk: Desk, who: str, state: str) -> object:
    """Drafts alone are approved; a table that stands otherwise has none, for it is approved and released at once."""
    if state == "draft":
        _table(desk, "boss")
    else:
        while not outcome(_put_in_force, desk, "head above"):
            pass
    return _put_in_force(desk, who)


def _put_in_force(desk: Desk, who: str) -> object:
    name = str(TABLE_OF_PRICES["id"])
    return reference_table.put_in_force(desk.staff.register, desk.staff.signers[who], NOW, name, None)


def _schedule(desk: Desk, who: str) -> object:
    number = desk.again()
    revision = f"{chr(ord('A') + number // 50)}/{number % 50}"
    text = f"revision: {revision}\ntitle: {{zh: 保管期限表, en: Retention schedule}}\n"
    path = desk.file(f"schedule{number}.yaml", text)
    return scheduling.propose(desk.staff.register, desk.staff.actors[who], NOW, path)


def _schedule_in_force(desk: Desk, who: str, state: str) -> object:
    """As for a table."""
    if state == "draft":
        _schedule(desk, "boss")
    else:
        while not outcome(_schedule_put_in_force, desk, "approver above"):
            pass
    return _schedule_put_in_force(desk, who)


def _schedule_put_in_force(desk: Desk, who: str) -> object:
    return scheduling.put_in_force(desk.staff.register, desk.staff.signers[who], NOW, None, allows_shorter=True)


def _hold(desk: Desk, who: str) -> object:
    asked = ScopeAsked(forms=[NOTE])
    return holding.place(desk.staff.register, desk.staff.actors[who], NOW, title="诉讼", mandate="立案", asked=asked)[0]


def _lift(desk: Desk, who: str) -> object:
    hold, _kept = holding.place(
        desk.staff.register,
        desk.staff.actors["boss"],
        NOW,
        title="诉讼",
        mandate="立案",
        asked=ScopeAsked(forms=[NOTE]),
    )
    return holding.lift(
        desk.staff.register, desk.staff.actors[who], NOW, hold.subject, reason="结案", authority="总经理"
    )


def _approve(desk: Desk, who: str, noun: str, state: str) -> object:
    subject = desk.revision(noun, state)
    return catalogue.approve(desk.staff.register, [subject], desk.staff.actors[who], desk.staff.signers[who], NOW)


def _release(desk: Desk, who: str, noun: str, state: str) -> object:
    return catalogue.release(desk.staff.register, [desk.revision(noun, state)], NOW.date(), desk.staff.actors[who], NOW)


def _withdraw(desk: Desk, who: str, state: str) -> object:
    subject = desk.revision("form", state)
    return catalogue.withdraw(desk.staff.register, subject, NOW.date(), "作废", desk.staff.actors[who], NOW)


def _print(desk: Desk, who: str, state: str) -> object:
    code = desk.revision("form", state).split("/")[1]
    return blank_printing.issue(desk.staff.register, desk.staff.actors[who], NOW, Order(code, unit=HERE))


DOCUMENTS: Mapping[str, tuple[set[str], Probe]] = {
    "procedure install": (set(), lambda d, who, _s: _install(d, who)),
    "procedure choose": (set(), lambda d, who, _s: choosing.choose(
        d.staff.register, d.staff.actors[who], NOW, PURPOSE, NOTE, HERE, "习惯"
    )),
    "procedure revise": (set(), lambda d, who, _s: _revise(d, who, "procedure")),
    "form revise": (set(), lambda d, who, _s: _revise(d, who, "form")),
    "procedure approve": (set(), lambda d, who, state: _approve(d, who, "procedure", state)),
    "form approve": (set(), lambda d, who, state: _approve(d, who, "form", state)),
    "procedure release": (set(), lambda d, who, state: _release(d, who, "procedure", state)),
    "form release": (set(), lambda d, who, state: _release(d, who, "form", state)),
    "form withdraw": (set(), _withdraw),
    "form print": (set(), _print),
    "procedure table": (set(), lambda d, who, _s: _table(d, who)),
    "procedure table (--approve)": ({"head"}, _table_in_force),
    "retention schedule": (set(), lambda d, who, _s: _schedule(d, who)),
    "retention schedule (--approve)": (set(), _schedule_in_force),
    "retention hold": (set(), lambda d, who, _s: _hold(d, who)),
    "retention release": (set(), lambda d, who, _s: _lift(d, who)),
}  # fmt: skip


def test_documents_schedules_and_holds_are_acted_on_by_whom_the_table_names(desk: Desk) -> None:
    try_all(desk, DOCUMENTS)


def test_whoever_approves_in_the_same_run_needs_the_right_to_approve(desk: Desk) -> None:
    """``--approve-as``: the second person is asked for the right like the first, and nothing of the first stays."""
    register, staff = desk.staff.register, desk.staff
    folder = write_package(
        desk.folder / "P77", form("QR-977-01", section("note", form_field("what"))), identifier="P77"
    )
    for who in ("controller above", "approver here", "auditor above", "approver above"):
        assert "P77" not in installed(desk)
        refused = outcome(
            catalogue.install_and_release, register, folder, staff.actors["boss"], staff.signers[who], None, NOW
        )
        assert (refused is None) == (who == "approver above"), (who, refused)
        assert refused is None or isinstance(refused, OF_RIGHT), (who, refused)
    assert "P77" in installed(desk)


def installed(desk: Desk) -> set[str]:
    with desk.staff.register.reading() as snapshot:
        return {each.code for each in catalogue.installed_procedures(snapshot)}


# ---- the archive -----------------------------------------------------------------------------------------------------


def _back_up(desk: Desk, who: str) -> object:
    configuration = desk.file("recordkeeper.toml", "")
    target = desk.folder / f"backup{desk.again()}.zip"
    return backup.back_up(desk.staff.publisher, configuration, target, desk.staff.actors[who], NOW)


ARCHIVE: Mapping[str, tuple[set[str], Probe]] = {
    "backup": (set(), lambda d, who, _s: _back_up(d, who)),
    "archive export": (set(), lambda d, who, _s: exporting.export(
        d.staff.publisher, d.folder / f"pack{d.again()}.zip", d.staff.actors[who], NOW
    )),
    "archive mirror": (set(), lambda d, who, _s: mirroring.keep_mirror(
        d.staff.publisher, d.staff.actors[who], d.folder / f"mirror{d.again()}", NOW
    )),
    "audit rotate-key": (set(), lambda d, who, _s: log_keys.rotate_log_key(
        d.staff.register, d.staff.publisher.log_key_path, d.staff.actors[who], NOW
    )),
}  # fmt: skip


def test_the_archive_is_taken_out_and_kept_by_whom_the_table_names(desk: Desk) -> None:
    publication.publish(desk.staff.publisher, NOW)
    try_all(desk, ARCHIVE)


# ---- lists and dossiers ----------------------------------------------------------------------------------------------


def _author(desk: Desk, who: str) -> Author:
    staff = desk.staff
    return Author(staff.register, staff.publisher.storage_root, staff.actors[who], staff.signers[who], LATER)


def _closed(desk: Desk) -> str:
    desk.staff.numbers.pop((NOTE, State.CLOSED), None)
    return desk.staff.record(NOTE, State.CLOSED)


DESTROY = Proposal("destroy", None, "期满，无保存价值", "档案室 2 排 3 柜")
TRANSFER = Proposal("transfer", None, "永久保存，移交进馆", "档案室 2 排 3 柜")
ASKED = Request(("what",), "个人信息保护法第四十七条")
RECEIPT = Scan(b"%PDF-1.7 received", "application/pdf", "receipt.pdf", "钱馆员", "孙见证")


def _proposed(desk: Desk, who: str) -> str:
    return disposition.appraise(_author(desk, who), Choice((_closed(desk),), HERE), DESTROY).number


def _appraised(desk: Desk, number: str) -> str:
    staff, appraiser = desk.staff, "appraiser"
    given = {"conclusion": "as_proposed", "holds": "无"}
    if staff.load(number).form.code == "QR-100-06":
        lifecycle.fill(staff.register, staff.actors[appraiser], LATER, number, "appraised", given)
    lifecycle.sign(staff.register, staff.actors[appraiser], staff.signers[appraiser], LATER, number, "appraised")
    return number


def _to_destroy(desk: Desk) -> str:
    number = _proposed(desk, "archivist")
    _approve_list(desk, "manager", _appraised(desk, number))
    return desk.staff.numbers[NOTE, State.CLOSED]


def _approve_list(desk: Desk, who: str, number: str) -> object:
    return disposition.approve(desk.staff.register, desk.staff.actors[who], desk.staff.signers[who], LATER, number)


def _list_new(desk: Desk, who: str) -> str:
    return disposition.list_new(_author(desk, who), Choice((_to_destroy(desk),), HERE), ["erased"]).number


def _ready(desk: Desk) -> str:
    staff, number = desk.staff, _appraised(desk, _list_new(desk, "archivist"))
    _approve_list(desk, "manager", number)
    for who, part in (("witness one", "witness_one"), ("witness two", "witness_two")):
        lifecycle.sign(staff.register, staff.actors[who], staff.signers[who], LATER, number, part)
    return number


def _execute(desk: Desk, who: str, number: str) -> destruction.Destroyed:
    executor = Executor(desk.staff.publisher, desk.staff.actors[who], COOLED, number)
    said = Said("公司档案室", "档案室")
    return destruction.execute(executor, desk.staff.signers[who], said, is_paper_destroyed=True)


LISTS: Mapping[str, tuple[set[str], Probe]] = {
    "retention appraise": ({"archivist"}, lambda d, who, _s: _proposed(d, who)),
    "retention list-new": ({"archivist"}, lambda d, who, _s: _list_new(d, who)),
    "retention erase": ({"archivist"}, lambda d, who, _s: erasure_request.erase(
        _author(d, who), Choice((_closed(d),), HERE), ["erased"], ASKED
    )),
    "retention approve": ({"general_manager"}, lambda d, who, _s: _approve_list(
        d, who, _appraised(d, _proposed(d, "archivist"))
    )),
    "retention list": (ANY_ROLE, lambda d, who, _s: retention.kept_records(
        d.staff.register, d.staff.actors[who], LATER, Criteria(unit=HERE)
    )),
    "retention due": (ANY_ROLE, lambda d, who, _s: retention.due_records(
        d.staff.register, d.staff.actors[who], LATER, Criteria(unit=HERE)
    )),
}  # fmt: skip


def test_lists_are_drawn_up_approved_and_looked_at_by_whom_their_forms_name(desk: Desk) -> None:
    _closed(desk)
    try_all(desk, LISTS)


def test_a_list_is_executed_and_its_certificate_read_by_whom_its_form_names(desk: Desk) -> None:
    number = _ready(desk)
    try_all(desk, {"retention execute": ({"archivist"}, lambda d, who, _s: _execute(d, who, number))})
    certified: dict[str, tuple[set[str], Probe]] = {
        "retention certificate": (ANY_ROLE, lambda d, who, _s: destruction.certificate_of(
            d.staff.register, d.staff.actors[who], COOLED, number
        )),
    }  # fmt: skip
    try_all(desk, certified)


def _test(desk: Desk, who: str) -> str:
    staff = desk.staff
    by = property_report.Tester(staff.publisher, staff.actors[who], LATER)
    scope = property_report.Scope(Occasion.TRANSFER, (staff.numbers[NOTE, State.CLOSED],), HERE)
    return property_report.draw_up(by, staff.signers[who], scope)[1].number


def _transferable(desk: Desk) -> tuple[str, str]:
    """A record that was appraised to be transferred, and the report that it is fit for it."""
    staff = desk.staff
    proposed = disposition.appraise(_author(desk, "archivist"), Choice((_closed(desk),), HERE), TRANSFER).number
    _approve_list(desk, "manager", _appraised(desk, proposed))
    number = staff.numbers[NOTE, State.CLOSED]
    publication.publish(staff.publisher, LATER)
    report = _test(desk, "archivist")
    who, key = staff.actors["representative"], staff.signers["representative"]
    lifecycle.fill(staff.register, who, LATER, report, "concluded", {"conclusion": "fit"})
    lifecycle.sign(staff.register, who, key, LATER, report, "concluded")
    return number, report


def _transfer(desk: Desk, who: str) -> str:
    if not desk.transferable:
        desk.transferable.append(_transferable(desk))
    number, report = desk.transferable[-1]
    said = transfer.Handing(PARTY, "永久档案进馆", test=report)
    done = transfer.transfer_new(_author(desk, who), Choice((number,), HERE), said).number
    desk.transferable.pop()
    return done


def _handing(desk: Desk, who: str, number: str) -> Executor:
    return Executor(desk.staff.publisher, desk.staff.actors[who], LATER, number)


def test_records_are_handed_over_by_whom_the_form_of_the_list_names(desk: Desk) -> None:
    staff, archivists = desk.staff, {"archivist"}
    _closed(desk)
    publication.publish(staff.publisher, NOW)
    try_all(desk, {"archive test": (archivists, lambda d, who, _s: _test(d, who))})
    try_all(desk, {"retention transfer-new": (archivists, lambda d, who, _s: _transfer(d, who))})
    number = _transfer(desk, "archivist")
    _approve_list(desk, "manager", number)
    pack: Probe = lambda d, who, _s: transfer.make_package(  # noqa: E731 - a probe like the others
        _handing(d, who, number), d.folder / f"package{d.again()}.zip", replaces=True
    )
    try_all(desk, {"retention pack": (archivists, pack)})
    by = _handing(desk, "archivist", number)
    digest = transfer.make_package(by, desk.folder / "package.zip", replaces=True)[2].digest
    lifecycle.fill(staff.register, staff.actors["archivist"], LATER, number, "checked", {"check_result": "complete"})
    receive: Probe = lambda d, who, _s: transfer.enter_receipt(  # noqa: E731
        d.staff.register, d.staff.actors[who], LATER, number, digest=digest, received_on=None, signing=RECEIPT
    )
    try_all(desk, {"retention receive": (archivists | {"general_manager"}, receive)})  # whoever has a part in its form
    hand_over: Probe = lambda d, who, _s: handing_over.hand_over_listed(  # noqa: E731
        _handing(d, who, number), Keeping.COPIES
    )
    try_all(desk, {"retention hand-over": (archivists, hand_over)})


OF_TRANSFER = {"archive test", "retention transfer-new", "retention pack", "retention receive", "retention hand-over"}


DOSSIERS: Mapping[str, tuple[set[str], Probe]] = {
    "dossier list": (ANY_ROLE, lambda d, who, _s: dossier.list_dossiers(
        d.staff.register, d.staff.actors[who], NOW, HERE
    )),
    "dossier show": (ANY_ROLE, lambda d, who, _s: dossier.show(d.staff.register, d.staff.actors[who], NOW, THERE)),
    "dossier cover": ({"clerk"}, lambda d, who, _s: dossier.cover(
        d.staff.register, d.staff.actors[who], NOW, THERE, None, {"kept_in": f"{d.again()} 柜"}
    )),
}  # fmt: skip


def test_dossiers_are_looked_at_by_whoever_has_a_role_there_and_covered_by_whom_the_form_names(desk: Desk) -> None:
    try_all(desk, DOSSIERS)


def test_every_line_of_the_table_is_tried_here_or_among_the_records_or_by_its_account() -> None:
    here = {*PLACES, *DOCUMENTS, *ARCHIVE, *LISTS, *DOSSIERS, "retention execute", "retention certificate"}
    here |= OF_TRANSFER
    decided = {line for line, right in RIGHTS.items() if not {ANYBODY, ACCOUNT} & {*right.who}}
    of_records = {line for line in decided if line.startswith("record ") or "open" in RIGHTS[line].states}
    assert here == decided - of_records
    assert all(states_of(line) for line in here)
