import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from ocfl.storage_root import StorageRoot as OcflPyRoot
from sqlalchemy import (
    Connection,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from company import FEEDBACK, NOW, Scene, copy_files
from recordkeeper.findings import Severity
from recordkeeper.model.canonical import canonical
from recordkeeper.model.event import Act, History
from recordkeeper.ocfl.inventory import format_sidecar, prepare_version
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import tables
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.register.triggers import trigger_names
from recordkeeper.services import lifecycle
from recordkeeper.services.archive_check import check_archive
from recordkeeper.services.evidence import read_evidence
from recordkeeper.services.people import Signer
from recordkeeper.services.signing import is_signature_valid
from recordkeeper.services.verification import Answer, Report, verify, verify_register
from recordkeeper.tlog.checkpoint import LogKey
from scratch_postgresql import as_superuser
from stage import Stages
from tampering import tampering

OF_RECORDS = {"act", "record", "record_field", "amendment", "signature"}
EMPTY_TABLES: list[Table] = [tables.tombstone, tables.disposition, tables.held]
PROTECTED = [table for table in tables.metadata.sorted_tables if table.name not in {"staging", "session"}]
OTHER_TABLES = [table for table in PROTECTED if table not in {tables.act, tables.event, *EMPTY_TABLES}]


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
        case _:
            return value[:-1] + ("x" if value[-1:] != "x" else "y")


def aspect_of_table(table: Table) -> set[str]:
    if table.name == "act":
        return {"records", "register"}
    if table.name in {"event", "checkpoint"}:
        return {"log", "records", "register"}
    return {"records"} if table.name in OF_RECORDS else {"register"}


def checked(scene: Scene, anchors: tuple[str, ...] = ()) -> Report:
    return verify(scene.url, scene.archive, None, anchors)


def altered_aspects(report: Report) -> set[str]:
    return {name for name, aspect in report.aspects.items() if aspect.answer is Answer.ALTERED}


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


def test_an_untouched_company_is_as_it_was_written_and_its_tail_unassessed(scene: Scene) -> None:
    report = checked(scene)
    assert report.verdict is Answer.OK
    assert [finding for finding in report.findings if finding.severity is not Severity.PENDING] == []
    assert report.aspects["tail"].answer is Answer.CANNOT_ASSESS
    assert {name for name, aspect in report.aspects.items() if aspect.answer is Answer.OK} == {
        "records", "register", "files", "log", "signatures",
    }  # fmt: skip
    assert report.counts["signatures"] > 20
    assert report.counts["archived"] > 20


def test_who_made_and_who_checked_stand_beside_each_other_for_every_kind_that_is_checked(scene: Scene) -> None:
    with open_for_verification(scene.url) as inspection:
        rows = list(inspection.raw_rows(tables.approval))
    assert {str(subject).partition("/")[0] for subject, *_others in rows} >= {"form", "procedure", "record"}
    assert all(maker != checker for _subject, _number, maker, checker in rows)


def names_table(report: Report, table: Table, column: str = "") -> bool:
    """Whether something altered is said of the table, in its aspect."""
    aspects = aspect_of_table(table)
    return any(
        finding.subject in {f"{table.name}.{column}", f"log/{table.name}"}
        or finding.subject.partition(" ")[0].partition("/")[0] == table.name
        or finding.code.startswith(f"{table.name}-")
        for finding in report.findings
        if finding.severity is Severity.ALTERED and finding.aspect in aspects
    )


@pytest.mark.parametrize("table", [tables.act, tables.event], ids=lambda table: table.name)
def test_an_edit_of_any_column_of_acts_and_events_is_named(scene: Scene, table: Table) -> None:
    with tampering(scene.url) as connection:
        rows = rows_of(connection, table)
    unnamed = []
    for column in table.c:
        row = next(row for row in reversed(rows) if row[column.name] is not None)
        edited = {**row, column.name: other(row[column.name])}
        with tampering(scene.url) as connection:
            change = update(table).where(is_row(table, row)).values({column.name: edited[column.name]})
            assert connection.execute(change).rowcount == 1
        if not altered_aspects(checked(scene)) & aspect_of_table(table):
            unnamed.append(column.name)
        with tampering(scene.url) as connection:
            connection.execute(update(table).where(is_row(table, edited)).values({column.name: row[column.name]}))
    assert checked(scene).verdict is Answer.OK
    assert unnamed == []


def test_an_edit_of_any_column_of_any_other_table_is_named(scene: Scene) -> None:
    unnamed = []
    with tampering(scene.url) as connection:
        rows = {table: rows_of(connection, table) for table in OTHER_TABLES}
    for place in range(max(len(table.c) for table in OTHER_TABLES)):
        edits = [(table, list(table.c)[place].name) for table in OTHER_TABLES if place < len(table.c)]
        changed = []
        with tampering(scene.url) as connection:
            for table, column in edits:
                row = next((row for row in reversed(rows[table]) if row[column] is not None), None)
                assert row is not None, f"no row of the company has a value in {table.name}.{column}"
                edited = {**row, column: other(row[column])}
                change = update(table).where(is_row(table, row)).values({column: edited[column]})
                assert connection.execute(change).rowcount == 1
                changed.append((table, column, row, edited))
        report = checked(scene)
        unnamed += [f"{table.name}.{column}" for table, column in edits if not names_table(report, table, column)]
        with tampering(scene.url) as connection:
            for table, column, row, edited in changed:
                connection.execute(update(table).where(is_row(table, edited)).values({column: row[column]}))
    assert checked(scene).verdict is Answer.OK
    assert unnamed == []


@pytest.mark.parametrize("several", [[tables.act], [tables.event], OTHER_TABLES], ids=["act", "event", "others"])
def test_a_lost_row_is_named(scene: Scene, several: list[Table]) -> None:
    with tampering(scene.url) as connection:
        for table in several:
            row = rows_of(connection, table)[-1]
            assert connection.execute(delete(table).where(is_row(table, row))).rowcount == 1
    report = checked(scene)
    assert report.verdict is Answer.ALTERED
    if len(several) == 1:
        assert altered_aspects(report) & aspect_of_table(several[0])
    else:
        assert [table.name for table in several if not names_table(report, table)] == []


@pytest.mark.parametrize(
    "several", [[tables.act], [tables.event], [*OTHER_TABLES, *EMPTY_TABLES]], ids=["act", "event", "others"]
)
def test_an_added_row_is_named(scene: Scene, several: list[Table]) -> None:
    with tampering(scene.url) as connection:
        for table in several:
            rows = rows_of(connection, table)
            row = rows[-1] if rows else dict.fromkeys(table.c.keys(), "x")
            unique = (each for each in table.constraints if isinstance(each, PrimaryKeyConstraint | UniqueConstraint))
            # Of each key one column: two that must differ, as maker and checker, would be made alike.
            keys = {column.name: other(row[column.name]) for each in unique for column in [*each.columns][:1]}
            connection.execute(insert(table).values({**row, **keys}))
    report = checked(scene)
    assert report.verdict is Answer.ALTERED
    if len(several) == 1:
        assert altered_aspects(report) & aspect_of_table(several[0])
    else:
        assert [table.name for table in several if not names_table(report, table)] == []


def test_two_rows_that_changed_places_are_named(scene: Scene) -> None:
    table = tables.record_field
    with tampering(scene.url) as connection:
        one, two = [row for row in rows_of(connection, table) if row["field"] == "content"][:2]
        for row, value in ((one, two["value"] + "甲"), (two, one["value"])):
            connection.execute(update(table).where(is_row(table, row)).values(value=value))
    report = checked(scene)
    assert altered_aspects(report) == {"records"}
    assert {finding.subject for finding in report.findings if finding.severity is Severity.ALTERED} == {
        "record_field.value"
    }


def test_every_dropped_trigger_is_named(scene: Scene, database: str) -> None:
    names = trigger_names(database)
    engine = sqlalchemy.create_engine(as_superuser(scene.url), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for name in names:
            on = f" ON {name.partition('_no_')[0]}" if database == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")
    report = checked(scene)
    assert altered_aspects(report) == {"register"}
    assert {each.subject for each in report.findings if each.severity is Severity.ALTERED} == {
        f"trigger {name}" for name in names
    }


# ---- files -----------------------------------------------------------------------------------------------------------


def archived_files(archive: Path) -> list[Path]:
    return sorted(path for path in (archive / "objects").rglob("*") if path.is_file())


def flip(path: Path) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


def test_a_flipped_byte_of_any_archived_file_is_named_with_its_object(scene: Scene) -> None:
    objects = scene.archive / "objects"
    root = StorageRoot(objects, scene.archive / "incoming")
    files: dict[str, list[Path]] = {}
    for path in archived_files(scene.archive):
        place = path.relative_to(objects).as_posix()
        files.setdefault("/".join(place.split("/")[:4]), []).append(path)
    unnamed = []
    with open_for_verification(scene.url) as inspection:
        evidence = read_evidence(inspection)
        assert check_archive(root, inspection, evidence) == []
        for turn in range(max(map(len, files.values()))):
            flipped = {place: paths[turn] for place, paths in files.items() if turn < len(paths)}
            for path in flipped.values():
                flip(path)
            findings = check_archive(root, inspection, evidence)
            named = {each.subject for each in findings if each.severity is Severity.ALTERED and each.aspect == "files"}
            unnamed += [path for place, path in flipped.items() if not any(place in name for name in named)]
            for path in flipped.values():
                flip(path)
        assert check_archive(root, inspection, evidence) == []
    assert unnamed == []


def test_a_flipped_byte_of_the_log_is_named(scene: Scene) -> None:
    for path in sorted((scene.archive / "log").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
            report = checked(scene)
            assert "log" in altered_aspects(report), path
            path.write_bytes(data)


def newest_record(scene: Scene) -> Path:
    return next(
        path.parent
        for path in archived_files(scene.archive)
        if path.name == "0=ocfl_object_1.1" and "QR-017-02" in str(path)
    )


def test_a_removed_and_an_added_file_are_named(scene: Scene) -> None:
    place = newest_record(scene)
    document = next(place.rglob("*.docx"))
    data = document.read_bytes()
    document.unlink()
    assert altered_aspects(checked(scene)) == {"files"}
    document.write_bytes(data)
    assert checked(scene).verdict is Answer.OK
    (document.parent / "more.docx").write_bytes(data)
    assert altered_aspects(checked(scene)) == {"files"}


def test_a_removed_and_an_added_object_are_named(scene: Scene) -> None:
    place = newest_record(scene)
    aside = scene.folder / "aside"
    place.rename(aside)
    report = checked(scene)
    assert altered_aspects(report) == {"files"}
    assert "object-missing" in codes(report)
    aside.rename(place)
    root = StorageRoot(scene.archive / "objects", scene.archive / "incoming")
    copy = root.object_path("record/QR-017-02/2026-0099")
    shutil.copytree(place, copy)
    for path in copy.rglob("inventory.json"):
        inventory = json.loads(path.read_bytes())
        inventory["id"] = "record/QR-017-02/2026-0099"
        path.write_text(json.dumps(inventory, ensure_ascii=False), encoding="utf-8")
        path.with_name("inventory.json.sha512").write_bytes(format_sidecar(path.read_bytes()))
    report = checked(scene)
    assert altered_aspects(report) == {"files"}
    assert "object-added" in codes(report)


def test_inventory_and_sidecar_replaced_together_are_named(scene: Scene) -> None:
    place = newest_record(scene)
    inventory = json.loads((place / "inventory.json").read_bytes())
    head = inventory["head"]
    inventory["versions"][head]["message"] = "archive!"
    data = (json.dumps(inventory, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
    for folder in (place, place / head):
        (folder / "inventory.json").write_bytes(data)
        (folder / "inventory.json.sha512").write_bytes(format_sidecar(data))
    report = checked(scene)
    assert altered_aspects(report) == {"files"}
    assert "inventory-digest" in codes(report)


def test_an_object_cannot_be_hidden_behind_table_staging(scene: Scene) -> None:
    place = newest_record(scene)
    subject = json.loads((place / "inventory.json").read_bytes())["id"]
    inventory = (place / "v1" / "inventory.json").read_bytes()
    shutil.rmtree(place)
    with tampering(scene.url) as connection:
        row = {"subject": subject, "version": 1, "path": "inventory.json", "content": inventory}
        connection.execute(insert(tables.staging).values(row))
    report = checked(scene)
    assert report.verdict is Answer.ALTERED
    assert "staging-altered" in codes(report)


def test_a_forged_version_in_table_staging_is_named_and_never_stored(scene: Scene, without_libreoffice: None) -> None:
    existing = StorageRoot(scene.archive / "objects", scene.archive / "incoming").read_inventory("unit/1")
    forged = [("unit/1", 2, existing), ("record/QR-017-02/2026-0999", 1, None), ("party/1", 1, None)]
    with tampering(scene.url) as connection:
        for subject, number, previous in forged:
            version = prepare_version(
                subject, previous, {"record.json": b"{}"},
                created="2026-11-23T06:05:04Z", message="archive", user_name="recordkeeper", user_address="urn:x",
            )  # fmt: skip
            files = {"inventory.json": version.inventory, "inventory.json.sha512": version.sidecar, **version.contents}
            for path, content in files.items():
                row = {"subject": subject, "version": number, "path": path, "content": content}
                connection.execute(insert(tables.staging).values(row))
    report = checked(scene)
    named = {finding.subject for finding in report.findings if finding.code == "staging-added"}
    assert named == {subject for subject, _number, _previous in forged}
    with scene.opened() as company:
        outcome = company.publish()
        assert (outcome.stored, len(outcome.problems)) == (0, 3)
        assert {"record/QR-017-02/2026-0999", "party/1"}.isdisjoint(company.storage_root.object_ids())
        assert company.storage_root.read_inventory("unit/1") == existing


def test_a_log_made_anew_over_a_rewritten_row_contradicts_what_was_signed(
    scene: Scene, without_libreoffice: None
) -> None:
    """Whoever edits a row with all that follows from it, and has the log made anew, cannot edit what others signed."""
    act, event = tables.act, tables.event
    with scene.opened() as company:
        company.new("clerk", "QR-017-02", None)  # it names the checkpoint that is current now
        company.publish()
    with tampering(scene.url) as connection:
        lists_rows = and_(act.c.subject.startswith("sheet/"), act.c.content.contains('"rows":[{'))
        sheet = connection.scalar(select(act.c.content).where(lists_rows).limit(1))
        row = f"record/{json.loads(str(sheet))['rows'][0]['number']}"
        contents = [json.loads(each["content"]) for each in rows_of(connection, act) if each["subject"] == row]
        contents[1]["fill"]["values"]["matter"] = "forged"
        acts = [Act(row, number, content) for number, content in enumerate(contents)]
        for each, digest in zip(acts, History(row, tuple(acts)).digests, strict=True):
            of_it = and_(act.c.subject == row, act.c.number == each.number)
            connection.execute(update(act).where(of_it).values(content=canonical(each.content).decode()))
            of_it = and_(event.c.subject == row, event.c.act_number == each.number)
            connection.execute(update(event).where(of_it).values(state_digest=digest))
        connection.execute(delete(tables.checkpoint))
    shutil.rmtree(scene.archive / "log")
    with scene.opened() as company:
        company.publish()
    report = checked(scene)
    assert {"named-state", "named-checkpoint"} <= codes(report)
    assert "log-entry" not in codes(report)


def test_a_missing_archive_is_named_and_never_made(scene: Scene) -> None:
    shutil.rmtree(scene.archive)
    report = checked(scene)
    assert "files" in altered_aspects(report)
    assert not scene.archive.exists()


def of_the_register(scene: Scene, anchors: tuple[str, ...] = ()) -> Report:
    return verify_register(scene.url, scene.folder / "elsewhere", None, anchors)


def test_without_the_archive_the_register_is_judged_and_the_archive_never_ok(scene: Scene) -> None:
    note = (scene.archive / "log" / "checkpoint").read_text(encoding="utf-8")
    report = of_the_register(scene, (note,))
    assert {name: aspect.answer for name, aspect in report.aspects.items()} == {
        "records": Answer.OK, "register": Answer.OK, "signatures": Answer.OK, "tail": Answer.OK,
        "files": Answer.CANNOT_ASSESS, "log": Answer.CANNOT_ASSESS,
    }  # fmt: skip
    assert report.verdict is Answer.CANNOT_ASSESS
    assert {finding.code for finding in report.findings if finding.severity is not Severity.PENDING} == {
        "archive-elsewhere"
    }
    with tampering(scene.url) as connection:
        last = connection.scalar(select(func.max(tables.event.c.index)))
        connection.execute(delete(tables.event).where(tables.event.c.index == last))
    assert of_the_register(scene, (note,)).aspects["tail"].answer is Answer.ALTERED


@pytest.mark.parametrize("table", [tables.act, tables.event, tables.checkpoint], ids=lambda table: table.name)
def test_without_the_archive_an_edit_of_acts_events_and_checkpoints_is_named(scene: Scene, table: Table) -> None:
    with tampering(scene.url) as connection:
        rows = rows_of(connection, table)
    for column in table.c:
        row = next(row for row in reversed(rows) if row[column.name] is not None)
        edited = {**row, column.name: other(row[column.name])}
        with tampering(scene.url) as connection:
            connection.execute(update(table).where(is_row(table, row)).values({column.name: edited[column.name]}))
        report = of_the_register(scene)
        assert report.verdict is Answer.ALTERED, column.name
        assert altered_aspects(report) & aspect_of_table(table), column.name
        with tampering(scene.url) as connection:
            connection.execute(update(table).where(is_row(table, edited)).values({column.name: row[column.name]}))


def test_without_the_archive_a_tail_cut_below_a_checkpoint_is_named(scene: Scene) -> None:
    with tampering(scene.url) as connection:
        size = connection.scalar(select(func.max(tables.checkpoint.c.size)))
        connection.execute(delete(tables.event).where(tables.event.c.index >= int(size or 0) - 1))
    report = of_the_register(scene)
    assert "log-cut" in codes(report)
    assert report.aspects["log"].answer is Answer.ALTERED


def test_the_archive_is_valid_for_another_program(scene: Scene) -> None:
    root = OcflPyRoot(root=str(scene.archive / "objects"))
    assert root.validate(validate_objects=True, check_digests=True)
    assert root.num_objects > 10
    assert root.good_objects == root.num_objects


# ---- log and tail ----------------------------------------------------------------------------------------------------


def test_a_changed_and_a_lost_published_checkpoint_are_named(scene: Scene) -> None:
    path = scene.archive / "log" / "checkpoint"
    note = path.read_text(encoding="utf-8")
    path.write_text(note.replace("\n—", "\nmore\n\n—", 1), encoding="utf-8")
    assert "log" in altered_aspects(checked(scene))
    path.unlink()
    report = checked(scene)
    assert "log" in altered_aspects(report)
    assert "checkpoint-missing" in codes(report)


def test_a_checkpoint_signed_with_another_key_is_named(scene: Scene) -> None:
    path = scene.archive / "log" / "checkpoint"
    name = path.read_text(encoding="utf-8").partition("\n")[0]
    assert name.startswith("recordkeeper/")
    other_key = LogKey.generate(name)
    report = verify(scene.url, scene.archive, other_key.verifier)
    assert "checkpoint-signature" in codes(report)
    assert report.aspects["log"].answer is Answer.ALTERED


def test_checkpoints_taken_from_the_register_are_named(scene: Scene) -> None:
    with tampering(scene.url) as connection:
        assert connection.execute(delete(tables.checkpoint)).rowcount == 2
    report = checked(scene)
    assert "log" in altered_aspects(report)
    assert "checkpoint-chain" in codes(report)


def cut_last_act(connection: Connection) -> None:
    """Cut the last event with its act, and everything that tells of either."""
    event, act, subject = tables.event, tables.act, tables.subject
    last = rows_of(connection, event)[-1]
    connection.execute(delete(event).where(event.c.index == last["index"]))
    connection.execute(update(tables.head).values(size=last["index"]))
    if last["act_number"] is None:
        return
    of_it = and_(act.c.subject == last["subject"], act.c.number == last["act_number"])
    assert connection.execute(delete(act).where(of_it)).rowcount == 1
    before = connection.scalar(
        select(event.c.state_digest)
        .where(event.c.subject == last["subject"], event.c.act_number.is_not(None))
        .order_by(event.c.index.desc())
        .limit(1)
    )
    values = {"act_count": last["act_number"] - 1, "state_digest": before}
    connection.execute(update(subject).where(subject.c.subject == last["subject"]).values(values))


def test_cut_events_and_acts_are_named_by_the_log_and_against_what_was_kept_outside(scene: Scene) -> None:
    anchor = (scene.archive / "log" / "checkpoint").read_text(encoding="utf-8")
    assert checked(scene, (anchor,)).aspects["tail"].answer is Answer.OK
    for _act in range(3):
        with tampering(scene.url) as connection:
            cut_last_act(connection)
    assert "log" in altered_aspects(checked(scene))
    report = checked(scene, (anchor,))
    assert {"log", "tail"} <= altered_aspects(report)
    assert "tail-cut" in codes(report)


def test_yesterdays_copy_of_everything_shows_only_against_what_was_kept_outside(
    scene: Scene, stages: Stages, tmp_path: Path, without_libreoffice: None
) -> None:
    today = tmp_path / "today"
    copy_files(scene.folder, today)
    with (
        stages.register_copied(scene.url, today / "records.db") as url,
        Scene(url, today, scene.like).opened() as company,
    ):
        company.closed_feedback()
        company.publish()
    anchor = (today / "archive" / "log" / "checkpoint").read_text(encoding="utf-8")
    assert checked(scene).verdict is Answer.OK
    report = checked(scene, (anchor,))
    assert altered_aspects(report) == {"tail"}
    assert codes(report) == {"tail-cut"}
    with scene.opened() as company:
        for _number in range(2):
            company.closed_feedback()
        company.publish()
    report = checked(scene, (anchor,))
    assert altered_aspects(report) == {"tail"}
    assert codes(report) == {"tail-altered"}


def test_an_anchor_that_nobody_signed_assesses_nothing(scene: Scene) -> None:
    note = (scene.archive / "log" / "checkpoint").read_text(encoding="utf-8")
    for anchor in ("", "nonsense", note.replace("recordkeeper/", "elsewhere/", 1)):
        report = checked(scene, (anchor,))
        assert report.aspects["tail"].answer is Answer.CANNOT_ASSESS
        assert report.verdict is Answer.CANNOT_ASSESS


def test_what_waits_for_the_publisher_is_pending_and_leaves_the_verdict(
    scene: Scene, without_libreoffice: None
) -> None:
    with scene.opened() as company:
        company.closed_feedback()
    report = checked(scene)
    assert report.verdict is Answer.OK
    assert report.counts["pending"] > 0
    assert {finding.severity for finding in report.findings} == {Severity.PENDING}


# ---- signatures ------------------------------------------------------------------------------------------------------


def test_a_signature_made_before_a_later_amendment_still_verifies(scene: Scene) -> None:
    with scene.opened() as company, company.register.reading() as snapshot:
        history = snapshot.history("record/QR-017-02/2026-0001")
    assert history is not None
    signed = [act for act in history.acts if "signature" in act.content]
    amended = next(act.number for act in history.acts if act.kind == "amend")
    assert [act.kind for act in signed if act.number < amended] == ["sign"] * 5
    for act in signed:
        assert is_signature_valid(history.up_to(act.number - 1), "QR-017-02 A/0", act.content)


def test_the_same_signature_fails_on_an_altered_act_another_record_and_another_state(scene: Scene) -> None:
    with scene.opened() as company, company.register.reading() as snapshot:
        history = snapshot.history("record/QR-017-02/2026-0001")
        another = snapshot.history("record/QR-017-02/2026-0002")
    assert history is not None
    assert another is not None
    act = next(act for act in history.acts if act.kind == "amend")
    before = history.up_to(act.number - 1)
    assert is_signature_valid(before, "QR-017-02 A/0", act.content)
    for altered in (
        {**act.content, "reason": "另一理由"},
        {**act.content, "at": "2026-11-23T02:00:01Z"},
        {**act.content, "meaning": "verified"},
        {**act.content, "changes": []},
        {**act.content, "more": True},
    ):
        assert not is_signature_valid(before, "QR-017-02 A/0", altered)
    assert not is_signature_valid(before, "QR-017-02 A/1", act.content)
    assert not is_signature_valid(another.up_to(act.number - 1), "QR-017-02 A/0", act.content)
    opening = Act(before.subject, 1, {**before.acts[1].content, "on": "2026-11-22"})
    changed = History(before.subject, (before.acts[0], opening, *before.acts[2:]))
    assert not is_signature_valid(changed, "QR-017-02 A/0", act.content)


def test_an_act_signed_with_the_key_of_somebody_else_is_named(scene: Scene) -> None:
    with scene.opened() as company:
        number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
        clerk = company.by("clerk")
        passed_off = Signer(clerk.subject, clerk.name, company.key("head").key, unattended=False)
        lifecycle.sign(company.register, clerk, passed_off, NOW, number)
    report = checked(scene)
    assert altered_aspects(report) == {"signatures"}
    assert codes(report) >= {"signature-key"}


# ---- hostile content -------------------------------------------------------------------------------------------------

ODD_TEXTS = {
    "no JSON": "{",
    "empty": "",
    "a list": "[]",
    "a number": "7",
    "too deep": "[" * 100_000 + "]" * 100_000,
    "deep maps": '{"a":' * 900 + "1" + "}" * 900,
    "a huge number": '{"act":' + "9" * 5000 + "}",
    "beyond 2^53": '{"act":"new","at":"x","by":"y","n":9007199254740993}',
    "a float": '{"act":"new","at":"x","by":"y","n":1.5}',
    "infinite": '{"act":"new","at":"x","by":"y","n":1e999}',
    "no number": '{"act":"new","at":"x","by":"y","n":NaN}',
    "a key twice": '{"act":"new","act":"new"}',
    "a surrogate": '{"act":"new","at":"x","by":"y","n":"\\ud800"}',
    "not canonical": '{"by":"y", "act":"new","at":"x"}',
    "nothing but a head": '{"act":"new","at":"x","by":"y"}',
    "an unknown act": '{"act":"forget","at":"2026-11-23T02:00:00Z","by":"person/1"}',
    "a salt of another kind": '{"salt":"' + "z" * 32 + '","subject":"unit/1","version":1}',
}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_an_act_of_odd_content_is_a_finding_and_never_a_failure(scene: Scene, text: str) -> None:
    act = tables.act
    with tampering(scene.url) as connection:
        rows = rows_of(connection, act)
        kinds = {row["subject"].partition("/")[0]: row["subject"] for row in rows}
        for subject in kinds.values():
            last = max(row["number"] for row in rows if row["subject"] == subject)
            of_it = and_(act.c.subject == subject, act.c.number == last)
            connection.execute(update(act).where(of_it).values(content=text))
    report = checked(scene, ((scene.archive / "log" / "checkpoint").read_text(encoding="utf-8"),))
    assert {"records", "register"} <= altered_aspects(report)
    with tampering(scene.url) as connection:
        connection.execute(update(act).where(act.c.number == 1).values(content=text))
    assert {"records", "register"} <= altered_aspects(checked(scene))
    with tampering(scene.url) as connection:
        connection.execute(update(act).where(act.c.number == 0).values(content=text))
    assert {"records", "register"} <= altered_aspects(checked(scene))


ODD_VALUES: tuple[Any, ...] = (
    None, True, 7, -1, 2**52, "", "x", "/", "9" * 5000, "2026-13-45", [], [1], [[]], {}, {"a": 1}, [{"field": 7}],
    {"section": "received"}, {"values": []}, "person/1", "record/QR-017-02/2026-0001",
)  # fmt: skip


def odd(content: Any, chance: random.Random) -> Any:
    """``content`` with one value of it, however deep, replaced, taken out or put elsewhere."""
    if isinstance(content, dict) and content:
        key = chance.choice(sorted(content))
        if chance.random() < 0.6 and isinstance(content[key], dict | list):
            return {**content, key: odd(content[key], chance)}
        if chance.random() < 0.2:
            return {name: value for name, value in content.items() if name != key}
        return {**content, key: chance.choice(ODD_VALUES)}
    if isinstance(content, list) and content:
        index = chance.randrange(len(content))
        return [*content[:index], odd(content[index], chance), *content[index + 1 :]]
    return chance.choice(ODD_VALUES)


@pytest.mark.parametrize("seed", range(16))
def test_acts_with_values_of_the_wrong_type_are_findings_and_never_failures(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    act = tables.act
    with tampering(scene.url) as connection:
        rows = rows_of(connection, act)
        for row in chance.sample(rows, len(rows) // 8):
            content = canonical(odd(json.loads(row["content"]), chance)).decode()
            connection.execute(update(act).where(is_row(act, row)).values(content=content))
    anchor = (scene.archive / "log" / "checkpoint").read_text(encoding="utf-8")
    report = checked(scene, (anchor,))
    assert report.verdict is Answer.ALTERED
    assert all(finding.subject and finding.message for finding in report.findings)


@pytest.mark.parametrize("seed", range(6))
def test_rows_of_odd_values_are_findings_and_never_failures(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    odd_cells = (None, "", "x", 7, -1, 2**62, 1.5, b"\xff\xfe", "\ud7ff", "9" * 5000)
    changed = 0
    with tampering(scene.url) as connection:
        for table in PROTECTED:
            for row in rows_of(connection, table)[::5]:
                for column in [column for column in table.c if chance.random() < 0.4]:
                    changed += put_cell(connection, table, row, column.name, chance.choice(odd_cells))
    assert changed > 0
    anchor = (scene.archive / "log" / "checkpoint").read_text(encoding="utf-8")
    assert checked(scene, (anchor,)).verdict is Answer.ALTERED


def put_cell(connection: Connection, table: Table, row: dict[str, Any], name: str, value: Any) -> bool:
    """Write a value into a row, whatever type the column has; false where the database does not take it."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    keys = {key: cell for key, cell in row.items() if cell is not None and key != name}
    condition = " AND ".join(f'"{key}" = {mark}' for key in keys)
    try:
        with connection.begin_nested():
            statement = f'UPDATE "{table.name}" SET "{name}" = {mark} WHERE {condition}'
            return connection.exec_driver_sql(statement, (value, *keys.values())).rowcount > 0
    except DBAPIError:
        return False


def test_a_record_number_beyond_counting_is_a_finding_at_once(scene: Scene) -> None:
    with tampering(scene.url) as connection:
        for number in ("2026-999999999999999", "2026-" + "9" * 5000, "9" * 5000 + "-1"):
            subject = f"record/QR-017-02/{number}"
            acts: tuple[dict[str, str | int], ...] = (
                {"salt": "0" * 32, "subject": subject, "version": 1},
                {"act": "new", "at": "2026-11-23T02:00:00Z", "by": "person/1"},
            )
            for act in acts:
                values = {"subject": subject, "number": int("act" in act), "content": canonical(act).decode()}
                connection.execute(insert(tables.act).values(values))
    report = checked(scene)
    assert report.verdict is Answer.ALTERED
    assert "number-missing" in codes(report)


def test_very_many_altered_rows_are_named_in_reasonable_time(scene: Scene) -> None:
    field = tables.record_field
    with tampering(scene.url) as connection:
        rows = [
            {"subject": f"record/QR-017-02/{number}", "section": "s", "round": 1, "field": "f", "value": str(number)}
            for number in range(20_000)
        ]
        connection.execute(insert(field), rows)
        connection.execute(update(field).values(value=func.coalesce(field.c.value, "") + "x"))
    report = checked(scene)
    assert altered_aspects(report) == {"records"}
    assert len(report.findings) > 20_000
