"""What each way of tampering is answered with, by ``verify`` and by the stand-alone verifier, in one table.

The stand-alone verifier sees the archive alone. Of what touches only the database it says nothing, and that is stated
too; of an archive it takes the records for what they say there, where ``verify`` holds them against the register.
"""

import ast
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, UniqueConstraint, and_, delete, insert, select, update

import archive_tampering as files
from company import ENTRY, FEEDBACK, NOW, Company, Scene, copy_files
from disposal_office import DisposalScene
from recordkeeper import services, verifier
from recordkeeper.model.canonical import Content, canonical
from recordkeeper.model.record import Record
from recordkeeper.register import tables
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services import preservation, retrieval
from recordkeeper.services.cosigning import keep_cosigned_note
from recordkeeper.services.retrieval import load
from recordkeeper.services.tail_check import Policy
from recordkeeper.services.verification import verify
from recordkeeper.tlog.checkpoint import Checkpoint, LogKey, format_checkpoint, sign_note
from recordkeeper.tlog.cosignature import CosignerKey, cosign
from recordkeeper.tlog.log import read_checkpoint
from recordkeeper.tlog.tiles import TileLog
from stage import SQLITE, Stages
from tampering import tampering

RECORDS, REGISTER, FILES, LOG, SIGNATURES, TAIL = verifier.ASPECTS
NOTHING: frozenset[str] = frozenset()
EMPTY = (tables.tombstone, tables.disposition, tables.held)
EVENT, ACT = tables.event, tables.act
KEPT = [table for table in tables.metadata.sorted_tables if table not in tables.EXEMPT]
FILLED = [table for table in KEPT if table not in EMPTY]


@dataclass(frozen=True)
class Answers:
    """The aspects that each of the two calls altered."""

    verify: frozenset[str]
    alone: frozenset[str]


def answers(scene: Scene, anchors: tuple[str, ...] = ()) -> Answers:
    report = verify(scene.url, scene.archive, None, anchors)
    by_verify = frozenset(name for name, aspect in report.aspects.items() if aspect.answer == "altered")
    with closing(verifier.Medium(scene.archive)) as medium:
        alone = verifier.verify(medium, (), anchors)
    by_alone = frozenset(name for name in verifier.ASPECTS if alone.answer(name) == verifier.ALTERED)
    assert report.verdict == ("altered" if by_verify else "ok")
    assert (alone.verdict == "altered") == bool(by_alone)
    return Answers(by_verify, by_alone)


def both(*aspects: str) -> Answers:
    return Answers(frozenset(aspects), frozenset(aspects))


def only_verify(*aspects: str) -> Answers:
    return Answers(frozenset(aspects), NOTHING)


# ---- rows of the database: the stand-alone verifier never sees them --------------------------------------------------

OF_RECORDS = {"record", "record_field", "amendment", "signature"}
ASPECTS_OF_EVENT_COLUMN = {
    "index": {LOG, RECORDS, REGISTER, FILES},
    "version": {LOG, RECORDS, REGISTER, FILES},
    "kind": {LOG, RECORDS, FILES},
    "subject": {LOG, RECORDS, FILES},
    "act_number": {LOG, RECORDS},
    "actor": {LOG, RECORDS},
    "occurred_at": {LOG},
    "entered_at": {LOG, RECORDS},
    "effective_at": {LOG},
    "state_digest": {LOG, RECORDS},
    "bound_digest": {LOG, FILES},
    "flags": {LOG},
}


def aspects_of(table: Table, column: str = "") -> set[str]:
    """What ``verify`` calls altered where a column of a table is."""
    if table is EVENT:
        return ASPECTS_OF_EVENT_COLUMN[column]
    if table is ACT:
        return {REGISTER, FILES}  # the last row is an act of a unit, which is archived
    if table is tables.checkpoint:
        return {LOG}
    return {RECORDS} if table.name in OF_RECORDS else {REGISTER}


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    order = list(table.primary_key) or list(table.c)
    return [dict(row) for row in connection.execute(select(table).order_by(*order)).mappings()]


def is_row(table: Table, row: dict[str, Any]) -> Any:
    return and_(*(column.is_not_distinct_from(row[column.name]) for column in table.c))


def other(value: Any) -> Any:
    match value:
        case int():
            return value + 1
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case str():
            return value[:-1] + ("x" if value[-1:] != "x" else "y")
        case _:
            return "x"


def keys_of(table: Table) -> set[str]:
    unique = (each for each in table.constraints if isinstance(each, UniqueConstraint))
    return {column.name for constraint in (table.primary_key, *unique) for column in constraint.columns}


def told_of(scene: Scene, table: Table, change: Callable[[Connection, list[dict[str, Any]]], object]) -> Answers:
    """What both say of a change of a table, which is then undone."""
    with tampering(scene.url) as connection:
        before = rows_of(connection, table)
        change(connection, before)
    said = answers(scene)
    with tampering(scene.url) as connection:
        connection.execute(delete(table))
        connection.execute(insert(table), before)
    return said


@pytest.mark.parametrize("table", FILLED, ids=lambda table: table.name)
def test_an_edit_of_each_column_of_each_table(scene: Scene, table: Table) -> None:
    told, expected = {}, {}
    for column in table.c:

        def edit(connection: Connection, rows: list[dict[str, Any]], name: str = column.name) -> None:
            row = next(row for row in reversed(rows) if row[name] is not None)
            values = {name: other(row[name])}
            assert connection.execute(update(table).where(is_row(table, row)).values(values)).rowcount == 1

        told[column.name] = told_of(scene, table, edit)
        expected[column.name] = only_verify(*aspects_of(table, column.name))
    assert told == expected
    assert answers(scene) == both()


@pytest.mark.parametrize("table", FILLED, ids=lambda table: table.name)
def test_a_row_deleted_inserted_duplicated_or_swapped_in_each_table(scene: Scene, table: Table) -> None:
    keys = keys_of(table)

    def remove(connection: Connection, rows: list[dict[str, Any]]) -> None:
        connection.execute(delete(table).where(is_row(table, rows[-1])))

    def add(connection: Connection, rows: list[dict[str, Any]]) -> None:
        # The database itself refuses an author who approves, and who checks their own work.
        row = {name: value if name in {"approver", "checker"} else other(value) for name, value in rows[-1].items()}
        connection.execute(insert(table).values(row))

    def duplicate(connection: Connection, rows: list[dict[str, Any]]) -> None:
        new = keys - {"checker"}  # as for what is added
        copy = {name: other(value) if name in new else value for name, value in rows[-1].items()}
        connection.execute(insert(table).values(copy))

    def swap(connection: Connection, rows: list[dict[str, Any]]) -> None:
        first, second = rows[0], next((row for row in rows if differs(row, rows[0])), rows[0])
        for row, like in ((first, second), (second, first)):
            values = {name: value for name, value in like.items() if name not in keys}
            of_it = and_(*(table.c[name] == row[name] for name in keys))
            connection.execute(update(table).where(of_it).values(values))

    def differs(row: dict[str, Any], one: dict[str, Any]) -> bool:
        return any(row[name] != one[name] for name in row if name not in keys)

    for change in (remove, add, duplicate):
        said = told_of(scene, table, change)
        assert said.verify, change.__name__
        assert said.alone == NOTHING
    with tampering(scene.url) as connection:
        rows = rows_of(connection, table)
    if keys and any(differs(row, rows[0]) for row in rows):
        said = told_of(scene, table, swap)
        assert said.verify
        assert said.alone == NOTHING
    assert answers(scene) == both()


@pytest.mark.parametrize("table", EMPTY, ids=lambda table: table.name)
def test_a_row_inserted_into_a_table_that_is_empty(scene: Scene, table: Table) -> None:
    with tampering(scene.url) as connection:
        connection.execute(insert(table).values(dict.fromkeys(table.c.keys(), "x")))
    assert answers(scene) == only_verify(REGISTER)


# ---- the tail --------------------------------------------------------------------------------------------------------


def cut_last_event(connection: Connection) -> None:
    """Cut the last event with its act, and everything that counts either."""
    last = rows_of(connection, EVENT)[-1]
    subject = tables.subject
    connection.execute(delete(EVENT).where(EVENT.c.index == last["index"]))
    connection.execute(update(tables.head).values(size=last["index"]))
    if last["act_number"] is None:
        return
    of_it = and_(ACT.c.subject == last["subject"], ACT.c.number == last["act_number"])
    assert connection.execute(delete(ACT).where(of_it)).rowcount == 1
    before = connection.scalar(
        select(EVENT.c.state_digest)
        .where(EVENT.c.subject == last["subject"], EVENT.c.act_number.is_not(None))
        .order_by(EVENT.c.index.desc())
        .limit(1)
    )
    values = {"act_count": last["act_number"] - 1, "state_digest": before}
    connection.execute(update(subject).where(subject.c.subject == last["subject"]).values(values))


def anchor_of(archive: Path) -> str:
    note = read_checkpoint(archive / "log")
    assert note is not None
    return note


def test_events_cut_from_the_end_of_the_register(scene: Scene) -> None:
    anchor = anchor_of(scene.archive)
    for _event in range(8):
        with tampering(scene.url) as connection:
            cut_last_event(connection)
        without, against = answers(scene), answers(scene, (anchor,))
        assert LOG in without.verify
        assert {LOG, TAIL} <= against.verify
        assert without.alone == against.alone == NOTHING  # the archive was not touched


def test_events_cut_from_the_end_of_the_log_by_who_has_its_key(scene: Scene) -> None:
    anchor = anchor_of(scene.archive)
    for _event in range(8):
        log = TileLog(scene.archive / "log")
        files.publish_anew(scene.archive, list(log.entries(0, log.size() - 1)))
        without, against = answers(scene), answers(scene, (anchor,))
        assert without.verify == {LOG}
        assert against.verify >= {LOG}
        assert against.alone >= {TAIL}
        assert without.alone <= {RECORDS, LOG, FILES, REGISTER}


def test_yesterdays_database_beside_todays_archive(scene: Scene, without_libreoffice: None) -> None:
    with tampering(scene.url) as connection:
        yesterday = {table: rows_of(connection, table) for table in FILLED}
    with scene.opened() as company:
        company.closed_feedback()
        company.publish()
    with tampering(scene.url) as connection:
        for table in FILLED:
            connection.execute(delete(table))
            connection.execute(insert(table), yesterday[table])
    assert answers(scene) == only_verify(LOG, FILES)
    assert answers(scene, (anchor_of(scene.archive),)) == only_verify(LOG, FILES, TAIL)


def test_yesterdays_archive_beside_todays_database(scene: Scene, without_libreoffice: None) -> None:
    yesterday = scene.folder / "yesterday"
    yesterday.mkdir()
    copy_files(scene.folder, yesterday)
    with scene.opened() as company:
        company.closed_feedback()
        company.publish()
    anchor = anchor_of(scene.archive)
    shutil.rmtree(scene.archive)
    shutil.copytree(yesterday / "archive", scene.archive)
    assert answers(scene) == only_verify(LOG, FILES)
    assert answers(scene, (anchor,)) == Answers(frozenset({LOG, FILES}), frozenset({TAIL}))


def test_a_log_put_back_with_its_rows_contradicts_the_checkpoint_that_a_record_names(
    scene: Scene, without_libreoffice: None
) -> None:
    """Tiles, checkpoint and rows of an early day: what was opened since knows of a later one."""
    early = scene.folder / "early"
    early.mkdir()
    copy_files(scene.folder, early)
    with scene.opened() as company:
        company.new("clerk", "QR-017-02", dict(FEEDBACK))
        company.publish()
        company.new("clerk", "QR-017-02", None)
    shutil.rmtree(scene.archive / "log")
    shutil.copytree(early / "archive" / "log", scene.archive / "log")
    assert answers(scene) == only_verify(LOG)
    with tampering(scene.url) as connection:
        sizes = [row["size"] for row in rows_of(connection, tables.checkpoint)]
        connection.execute(delete(tables.checkpoint).where(tables.checkpoint.c.size == sizes[-1]))
    assert answers(scene) == only_verify(LOG)


def test_an_early_checkpoint_published_again_over_the_whole_log(scene: Scene, without_libreoffice: None) -> None:
    early = anchor_of(scene.archive)
    for _time in range(2):
        with scene.opened() as company:
            company.new("clerk", "QR-017-02", dict(FEEDBACK))
            company.publish()
    (scene.archive / "log" / "checkpoint").write_text(early, encoding="utf-8")
    assert answers(scene) == only_verify(LOG)
    with scene.opened() as company:
        company.publish()
    assert answers(scene) == both()


# ---- the archive -----------------------------------------------------------------------------------------------------

ARCHIVE_CASES: dict[Callable[[Path], None], Answers] = {
    files.flip_document: both(FILES),
    files.flip_record: both(FILES),
    files.flip_inventory: both(FILES),
    files.flip_inventory_of_version: both(FILES),
    files.flip_sidecar: both(FILES),
    files.flip_declaration: both(FILES),
    files.flip_root_file: both(FILES),
    files.remove_file: both(FILES),
    files.add_file: both(FILES),
    files.add_file_beside: both(FILES),
    files.add_folder: both(FILES),
    files.add_file_to_root: both(FILES),
    files.put_link: both(FILES),
    files.put_link_to_folder: both(FILES),
    files.put_pipe: both(FILES),
    files.remove_object: both(FILES),
    files.remove_version: both(FILES),
    files.move_object: both(FILES),
    files.add_object: both(FILES),
    files.replace_inventory_and_sidecar: both(FILES),
    files.swap_versions: both(FILES),
    files.swap_objects: both(FILES),
    files.edit_value: Answers(frozenset({FILES}), frozenset({RECORDS, FILES, SIGNATURES})),
    files.edit_row: both(FILES),
    files.edit_person: Answers(frozenset({FILES}), frozenset({REGISTER, FILES})),
    files.replace_template: both(FILES),
    files.replace_attachment: both(FILES),
    files.replace_verifier: both(FILES),
    files.edit_readme: both(FILES),
    files.remove_verifier: both(FILES),
    files.add_file_beside_all: both(FILES),
    files.edit_checkpoint: both(LOG),
    files.remove_checkpoint_signature: both(LOG),
    files.sign_with_another_key: both(LOG),
    files.flip_entry: Answers(frozenset({LOG}), frozenset({LOG, REGISTER})),
    files.flip_tile: both(LOG),
    files.remove_tile: both(LOG),
    files.remove_entries: both(LOG),
    files.add_tile: both(LOG),
    files.add_file_to_log: both(LOG),
    files.rebuild_log: Answers(frozenset({LOG}), frozenset({LOG, RECORDS})),
    files.rewrite_first_event: both(LOG),
    files.forge_row: Answers(frozenset({LOG, FILES}), frozenset({RECORDS})),
}


def flip_cosigned(path: Path) -> None:
    files.flip(path, 60)


def change_cosignature(path: Path) -> None:
    """What whoever has not the cosigner's key can see by the event alone that binds the note."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    other = "A" if lines[-1][-20] != "A" else "B"
    path.write_text("".join(lines[:-1]) + lines[-1][:-20] + other + lines[-1][-19:], encoding="utf-8")


def drop_cosignature(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")


def rename_cosigned(path: Path) -> None:
    path.rename(path.with_name("7"))


def sign_other_root(path: Path) -> None:
    """What the log itself would have signed of another history."""
    size = int(path.name)
    key = LogKey.load(path.parents[3] / "log.key")
    note = sign_note(format_checkpoint(Checkpoint(key.name, size, bytes(32))), key)
    path.write_text(cosign(note, CosignerKey.generate("auditor"), NOW), encoding="utf-8")


def add_beside_cosigned(path: Path) -> None:
    path.with_name("more.txt").write_text("more", encoding="utf-8")


COSIGNED_CASES = [
    *(flip_cosigned, change_cosignature, drop_cosignature, rename_cosigned, sign_other_root, add_beside_cosigned),
]


@pytest.mark.parametrize("tamper", COSIGNED_CASES)
def test_what_is_done_to_a_cosigned_checkpoint(
    scene: Scene, tamper: Callable[[Path], None], without_libreoffice: None
) -> None:
    log, key = scene.archive / "log", CosignerKey.generate("auditor")
    note = anchor_of(scene.archive)
    with scene.opened() as company:
        keep_cosigned_note(company.publisher, company.by("controller"), cosign(note, key, NOW), [key.verifier], NOW)
    assert answers(scene) == both()
    with closing(verifier.Medium(scene.archive)) as medium:
        alone = verifier.verify(medium, policy=verifier.policy_of([key.verifier], 1))
    by_verify = verify(scene.url, scene.archive, None, (), Policy((key.verifier,), 1))
    assert alone.answer(TAIL) == str(by_verify.aspects[TAIL].answer) == "ok"
    (kept,) = (log / "cosigned").iterdir()
    tamper(kept)
    assert answers(scene) == both(LOG)


@pytest.mark.parametrize("tamper", ARCHIVE_CASES, ids=lambda tamper: str(tamper.__name__))
def test_what_is_done_to_the_archive(scene: Scene, tamper: Callable[[Path], None]) -> None:
    tamper(scene.archive)
    assert answers(scene) == ARCHIVE_CASES[tamper]


def test_what_acts_name_is_held_against_the_log_by_both(scene: Scene) -> None:
    """Who has the log's key can make it anew, but not what others signed of it."""
    for tamper, code in ((files.rewrite_first_event, "named-checkpoint"), (files.forge_row, "named-state")):
        tamper(scene.archive)
        with closing(verifier.Medium(scene.archive)) as medium:
            alone = verifier.verify(medium)
        assert code in {finding.code for finding in alone.kept}


def show_row_of_another_sheet(company: Company) -> None:
    """The sheet of November is archived with a row of October's on it."""
    october = company.new("clerk", "QR-017-01", {**ENTRY, "received_at": "2026-10-05 08:35"})
    with_another_row(company, lambda snapshot: load(snapshot, october))


def show_what_stands_on_no_sheet(company: Company) -> None:
    """It is archived with what was entered with another form, whose records stand on no sheet."""
    alone = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    with_another_row(company, lambda snapshot: load(snapshot, alone))


def with_another_row(company: Company, another: Callable[[Snapshot], Record]) -> None:
    """A program that was changed archives a sheet with one row more; all else is as it always is."""
    company.amend("clerk", "QR-017-01/2026-0002", {"matter": "咨询开票一事"})
    rows_of = retrieval.rows_of

    def and_another(snapshot: Snapshot, sheet: Record) -> list[Record]:
        return [*rows_of(snapshot, sheet), *([another(snapshot)] if sheet.subject == files.SHEET else [])]

    with pytest.MonkeyPatch.context() as patch:
        for module in (retrieval, preservation):
            patch.setattr(module, "rows_of", and_another)
        assert files.SHEET in company.publish().archived


@pytest.mark.parametrize("tamper", [show_row_of_another_sheet, show_what_stands_on_no_sheet])
def test_a_sheet_shows_the_rows_that_were_entered_on_it_and_no_other(
    scene: Scene, without_libreoffice: None, tamper: Callable[[Company], None]
) -> None:
    with scene.opened() as company:
        tamper(company)
    with closing(verifier.Medium(scene.archive)) as medium:
        alone = verifier.verify(medium).kept
    for found in (verify(scene.url, scene.archive).findings, alone):
        said = {(each.code, each.subject) for each in found if each.severity == verifier.ALTERED}
        assert said == {("sheet-row", files.SHEET)}
    assert answers(scene) == both(RECORDS)


# ---- what was disposed of --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gone:
    """A copy of a company that has destroyed one record by one list, to be tampered with.

    Args:
        scene: its files and database.
        number: of the record.
        listed: the number of the list.
    """

    scene: DisposalScene
    number: str
    listed: str

    def change(self, statement: Any) -> None:
        with tampering(self.scene.url) as connection:
            assert connection.execute(statement).rowcount == 1


def spoil_tombstone(gone: Gone) -> None:
    gone.change(update(tables.tombstone).values(content="{}"))


def remove_tombstone(gone: Gone) -> None:
    gone.change(delete(tables.tombstone))


def change_tombstone(gone: Gone) -> None:
    with tampering(gone.scene.url) as connection:
        (row,) = rows_of(connection, tables.tombstone)
    gone.change(update(tables.tombstone).values(content=row["content"].replace("2030-03-12", "2029-03-12")))


def put_acts_back(gone: Gone) -> None:
    subject = f"record/{gone.number}"
    head: Content = {"version": 1, "subject": subject, "salt": "0" * 32}
    act: Content = {"act": "new", "by": "person/3", "at": "2026-11-23T02:00:00Z"}
    for number, content in enumerate((head, act)):
        gone.change(insert(ACT).values(subject=subject, number=number, content=canonical(content).decode()))


def change_tombstone_on_list(gone: Gone) -> None:
    files.edit_record(gone.scene.folder / "archive", f"record/{gone.listed}", '"how":["erased"]', '"how":["shredded"]')


@dataclass(frozen=True)
class Codes:
    """The codes of disposal that each of the two says of the record."""

    verify: frozenset[str]
    alone: frozenset[str]


DISPOSAL_CASES: dict[Callable[[Gone], None], Codes] = {
    spoil_tombstone: Codes(frozenset({"tombstone-form", "tombstone-missing"}), NOTHING),
    remove_tombstone: Codes(frozenset({"tombstone-missing"}), NOTHING),
    change_tombstone: Codes(frozenset({"tombstone-altered"}), NOTHING),
    put_acts_back: Codes(frozenset({"tombstone-early"}), NOTHING),
    change_tombstone_on_list: Codes(NOTHING, frozenset({"tombstone-altered"})),
}

CARRIES = "test_what_a_record_carries_over_is_what_it_was_but_for_what_the_list_names"
BY_CHANGED_PROGRAM = {
    "tombstone-state": "test_nothing_is_destroyed_of_which_the_log_does_not_say_first_that_it_goes",
    "tombstone-list": "test_what_a_list_says_has_stayed_is_not_gone_by_it",
    "tombstone-said": "test_a_tombstone_says_of_the_destruction_what_list_and_event_do",
    "tombstone-held": "test_what_a_hold_kept_was_not_to_be_destroyed",
    "tombstone-successor": "test_values_are_not_erased_by_letting_the_whole_record_go",
    "tombstone-pending": "test_a_list_that_does_not_come_for_long_is_no_longer_only_awaited",
    "carried-head": "test_two_records_that_go_on_from_one_are_said",
    "carried-act": CARRIES,
    "carried-mark": CARRIES,
    "carried-form": CARRIES,
}
"""Codes of what only a changed program brings about, each with the test in test_disposal_attacks.py that does so."""

BY_REBUILDING = {
    "tombstone-not-archived": "test_a_tombstone_that_a_closed_list_keeps_is_missed_in_a_rebuilt_register_too"
}
"""Codes of what is said of a register alone that was put back, each with its test in test_rebuilding.py."""

OF_DISPOSAL = re.compile("(?:tombstone|carried|list)-[a-z]+(?:-[a-z]+)*")


@pytest.mark.parametrize("database", [SQLITE])
def test_what_is_done_to_what_stays_of_a_destroyed_record(
    disposal_files: DisposalScene, stages: Stages, tmp_path: Path
) -> None:
    number = disposal_files.old.feedbacks[0]
    with disposal_files.opened() as office:
        listed = office.ready([number])
        office.execute(listed)
    for tamper, expected in DISPOSAL_CASES.items():
        with disposal_files.copied(stages, tmp_path / tamper.__name__) as copy:
            tamper(Gone(copy, number, listed))
            by_verify = verify(copy.url, copy.folder / "archive").findings
            with closing(verifier.Medium(copy.folder / "archive")) as medium:
                by_alone = verifier.verify(medium).kept
        found = [
            frozenset(
                each.code
                for each in findings
                if OF_DISPOSAL.fullmatch(each.code) and each.subject == f"record/{number}"
            )
            for findings in (by_verify, by_alone)
        ]
        assert Codes(*found) == expected, tamper.__name__


def test_every_code_of_disposal_has_a_row_here_or_a_test_that_brings_it_about() -> None:
    places = [Path(verifier.__file__), *Path(services.__path__[0]).glob("*.py")]
    nodes = (node for place in places for node in ast.walk(ast.parse(place.read_text("utf-8"))))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    said = {text for text in texts if OF_DISPOSAL.fullmatch(text)}
    rows = frozenset[str]().union(*(each.verify | each.alone for each in DISPOSAL_CASES.values()))
    assert said == rows | BY_CHANGED_PROGRAM.keys() | BY_REBUILDING.keys()
    for module, tests in (("test_disposal_attacks.py", BY_CHANGED_PROGRAM), ("test_rebuilding.py", BY_REBUILDING)):
        text = Path(__file__).with_name(module).read_text("utf-8")
        for code, test in tests.items():
            assert f"def {test}(" in text
            assert f'"{code}"' in text
