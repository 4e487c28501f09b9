"""A company in which every role stands at a unit, above it and at another, with a record in each state.

Cells follow from the table: command, who, state. A test says which commands it tries, and is held to all their cells.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from disposal_office import lists_of_p00
from form_samples import field as form_field
from form_samples import section, title
from p02_office import NOW, SECRET, begin
from packages import form, write_package
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.right import ACCOUNT, ANYBODY, FORM, RIGHTS, TABLE, Place
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register
from recordkeeper.register.record_projection import record_rows
from recordkeeper.services import catalogue, lifecycle, people, places
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.publication import Publisher
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting
from scratch_postgresql import as_executor
from stage import Stage, Stages, migrated

NOTE, LOOSE, GUARDED, COVER = "QR-900-01", "QR-900-02", "QR-900-03", "QR-900-04"
REPLY, SECRETS, ANSWERED = "QR-900-05", "QR-900-06", "QR-900-07"
PREMISES = {"here": "1-1-0101", "elsewhere": "1-1-0202"}
PARTY = "周文娟"
UNITS = {"here": "SH", "above": "HQ", "elsewhere": "BJ"}
ROLES: Mapping[str, tuple[str, ...]] = {
    "clerk": ("clerk", "archivist"),
    "head": ("head", "general_manager"),
    "controller": ("controller",),
    "approver": ("approver",),
    "auditor": ("auditor",),
}
HELPERS = {
    "archivist": "archivist",
    "appraiser": "appraiser",
    "manager": "general_manager",
    "witness one": "destruction_witness",
    "witness two": "destruction_witness",
    "representative": "management_representative",
}
"""Who makes lists ready for others to try what comes next; of everybody's parts they have one each."""
DEPUTY, NOBODY = "deputy of the clerk here", "without any role"
EVERYBODY = (*(f"{role} {place}" for role, place in product(ROLES, UNITS)), DEPUTY, NOBODY)
STATES: Mapping[str, tuple[str, ...]] = {
    "record": tuple(State),
    "revision": ("draft", "approved", "released", "withdrawn"),
}
PURPOSE = "note"
FORMS = (
    form(
        NOTE,
        section("note", form_field("what")),
        section("check", by="head", sign="one", meaning="verified"),
        amendment={"countersign": {"by": ["head"]}},
    ),
    form(
        GUARDED,
        section("note", form_field("what")),
        section("check", by="head", sign="one", meaning="verified"),
        access={"consent": ["head"]},
    ),
    form(LOOSE, section("note", form_field("what")), section("more", form_field("remark"), optional=True)),
    form(
        REPLY,
        section("note", form_field("what"), sign="one", meaning="received", on_paper=True),
        section("reply", form_field("answer"), by="head", sign="one", meaning="verified"),
    ),
    form(ANSWERED, section("note", form_field("what")), section("reply", form_field("answer"), by="head")),
    form(SECRETS, section("note", form_field("what"), sign="one", meaning="received"), access={"read": ["head"]}),
    form(COVER, section("cover", form_field("kept_in")), section("filed", by="head", sign="one", meaning="verified")),
)
TABLE_OF_PRICES = {
    "id": "prices",
    "title": title("价目", "Prices"),
    "keys": [{"id": "item", "title": title("项目", "Item")}],
    "columns": [{"id": "price", "title": title("单价", "Price"), "type": "money"}],
    "approver": "head",
}


class Cell(NamedTuple):
    """One thing to be tried."""

    command: str
    who: str
    state: str


def states_of(command: str) -> tuple[str, ...]:
    """Every state in which a command may meet what it acts on; one empty text where there is none."""
    states = RIGHTS[command].states
    if not states:
        return ("",)
    return STATES["record" if {*states} <= {*STATES["record"]} else "revision"]


def cells_of(commands: Collection[str], everybody: Collection[str] = EVERYBODY) -> set[Cell]:
    """All cells of these lines of the table."""
    return {Cell(line, who, state) for line in commands for who in everybody for state in states_of(line)}


def held_by(who: str) -> set[tuple[str, str]]:
    """Roles with the place where somebody holds them, or stands in for who does."""
    if who == NOBODY:
        return set()
    if who == DEPUTY:
        return {(role, "here") for role in ROLES["clerk"]}
    kind, _space, place = who.partition(" ")
    return {(role, place) for role in ROLES[kind]}


def is_allowed(command: str, who: str, named: Collection[str] = ()) -> bool:
    """What the table says of a command given about unit SH.

    Args:
        command: its line.
        who: one of ``EVERYBODY``.
        named: the roles that the form or table names, where the line leaves it to them.
    """
    right = RIGHTS[command]
    if who.startswith("auditor") and not right.is_reading:
        return False
    if {ANYBODY, ACCOUNT} & {*right.who}:
        return True
    wanted = {*right.roles} | ({*named} if {FORM, TABLE} & {*right.who} else set())
    valid = {Place.COMPANY: {"above"}, Place.UNIT: {"here", "above"}}.get(right.place, {*UNITS})
    return any(role in wanted and place in valid for role, place in held_by(who))


@dataclass
class Staff:
    """Everybody with their keys, and a record in each state, made anew when it has changed."""

    register: Register
    folder: Path
    actors: dict[str, Actor]
    signers: dict[str, Signer]
    numbers: dict[tuple[str, State], str] = field(default_factory=dict)

    @property
    def publisher(self) -> Publisher:
        """The parts of this machine."""
        archive = self.folder / "archive"
        root = StorageRoot(archive / "objects", archive / "incoming")
        return Publisher(self.register, archive, root, self.folder / "log.key")

    def load(self, number: str) -> Record:
        """The record as it stands."""
        with self.register.reading() as snapshot:
            return load(snapshot, number)

    def record(self, form_code: str, state: State) -> str:
        """The number of a record of unit SH in that state."""
        if (form_code, state) not in self.numbers:
            self.numbers[form_code, state] = self._made(form_code, state)
        return self.numbers[form_code, state]

    def _made(self, form_code: str, state: State) -> str:
        register, clerk, head = self.register, self.actors["clerk here"], self.actors["head here"]
        values = None if state is State.OPEN and form_code != LOOSE else {"what": "来访"}
        number = lifecycle.new(register, clerk, NOW, form_code, values, About("SH")).number
        if state is State.VOID:
            lifecycle.void(register, clerk, NOW, number, "误登")
        if state in {State.CLOSED, State.REPLACED, State.DISPOSED}:
            if form_code == REPLY:
                lifecycle.sign(register, clerk, self.signers["clerk here"], NOW, number)
                lifecycle.fill(register, head, NOW, number, "reply", {"answer": "已复"})
            if form_code != LOOSE:
                lifecycle.sign(register, head, self.signers["head here"], NOW, number)
            else:
                lifecycle.close(register, clerk, NOW, number)
        if state is State.REPLACED:
            lifecycle.reissue(register, clerk, NOW, number, {"what": "来电"}, "重签")
        if state is State.DISPOSED:
            self._begin_to_go(number)
        return number

    def _begin_to_go(self, number: str) -> None:
        """The act with which an execution begins; the record is still there until its bytes go."""
        with self.register.writing(now=NOW) as transaction:
            record, setting = load(transaction, number), Setting(transaction, NOW)
            who = setting.standing(self.actors["clerk here"].subject, record.unit)
            content = record.dispose((number, record.history.digests[-1]), who, setting.moment)
            after = Record.replay(record.form, record.history.followed_by(content))
            transaction.append(record.history, content, record_rows(after))


def begun(stages: Stages, database: str) -> Stage[Staff]:
    """The company as it begins, made once for each database."""
    return stages.stage(database, "rights_company", _make, migrated(stages, database))


@contextmanager
def staffed(stages: Stages, database: str, folder: Path) -> Iterator[Staff]:
    """A copy of the company, made once for each database, opened by the login that executes dispositions."""
    stage = begun(stages, database)
    with stages.copied(stage, folder) as url, open_register(as_executor(url)) as register:
        yield replace(stage.made, register=register, folder=folder, numbers={})


def _make(url: str, folder: Path) -> Staff:
    with open_register(url) as register, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        office = begin(register, folder)
        boss = office.boss
        places.add_unit(register, boss, code="BJ", kind="estate", name_zh="滨江苑", name_en="", parent="HQ", now=NOW)
        package = write_package(
            folder / "P90", *FORMS, tables=[TABLE_OF_PRICES], provides={PURPOSE: NOTE},
            dossier={"cover": COVER, "contents": [{"form": NOTE, "required": True}]},
        )  # fmt: skip
        lists = folder / "lists"
        lists.mkdir()
        for each in (package, lists_of_p00(lists)):
            catalogue.install_and_release(register, each, boss, office.approver, None, NOW)
        places.add_party(register, boss, name=PARTY, now=NOW)
        for place, code in PREMISES.items():
            places.add_premises(register, boss, unit=UNITS[place], code=code, now=NOW)
            places.occupy(
                register, boss, premises=code, party=PARTY, capacity="owner", valid_from=None, valid_to=None, now=NOW
            )
        staff = Staff(register, folder, {"boss": boss}, {"first approver": office.approver})
        for who in (*EVERYBODY, *HELPERS):
            _add(staff, who)
        clerk, deputy = staff.actors["clerk here"].login, staff.actors[DEPUTY].login
        people.deputize(
            register, boss, login=clerk, deputy=deputy, unit="unit/2", valid_from=None, valid_to=date(2199, 12, 31),
            reason="年休假", now=NOW,
        )  # fmt: skip
        return staff


def _add(staff: Staff, who: str) -> None:
    register, boss, login = staff.register, staff.actors["boss"], f"u{len(staff.actors)}"
    held = {(HELPERS[who], "above")} if who in HELPERS else (held_by(who) if who != DEPUTY else set())
    person = people.add_user(register, boss, login=login, name=f"员工{login}", passphrase=SECRET, now=NOW)
    for role, place in sorted(held):
        with register.reading() as snapshot:
            unit = places.find_unit(snapshot, UNITS[place]).subject
        last = date(2199, 12, 31) if role == "auditor" else None
        people.grant(register, boss, login=login, role=role, unit=unit, valid_from=None, valid_to=last, now=NOW)
    staff.actors[who] = Actor(person.subject, person.login, person.name)
    staff.signers[who] = people.open_signing_key(register, staff.actors[who], SECRET, NOW, unattended=False)
