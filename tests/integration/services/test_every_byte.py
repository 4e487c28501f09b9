"""Every byte of a small archive and of its log flipped, one by one: each named with its file by both verifiers.

Of the archive of a company that has only begun every byte is flipped, and that part is judged again in which it lies:
the objects, the log, or what lies beside them; at every fiftieth, or tenth in the long form, all is verified anew. Of
one with records, attachments, forms and sheets only the object is read again whose byte was flipped, for all that
either verifier says of the bytes of an object it says of that object alone. The short form leaves bytes out of the
verifier's own file and of those objects, the long form leaves out none.

Proof files: ``tests/unit/tlog/test_proof.py``.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest

from company import NOW, PASSPHRASE, Scene
from recordkeeper import verifier
from recordkeeper.errors import RegisterError
from recordkeeper.findings import Finding, Severity
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import validate_object
from recordkeeper.register import tables
from recordkeeper.register.connection import sqlite_path, sqlite_url
from recordkeeper.register.engine import open_register
from recordkeeper.register.inspection import Inspection, UnreadableTableError, open_for_verification
from recordkeeper.services.archive_check import check_archive
from recordkeeper.services.cosigning import check_cosigned, keep_cosigned_note
from recordkeeper.services.enclosure import check_enclosures
from recordkeeper.services.evidence import Evidence, read_evidence
from recordkeeper.services.initiation import initiate, prepare
from recordkeeper.services.people import Actor
from recordkeeper.services.publication import Publisher, publish
from recordkeeper.services.verification import Answer, verify
from recordkeeper.tlog.cosignature import CosignerKey, cosign
from recordkeeper.tlog.cosigned import verify_cosigned
from recordkeeper.tlog.log import read_checkpoint, verify_log
from stage import SQLITE, Stages, migrated
from torture import IS_LONG

VERIFIER = "verifier.py"  # one digest covers it whole
SHORT_FILE, STEP, LONG_STEP = 600, 7, 211
WHOLE_EVERY = 10 if IS_LONG else 50
DATABASE_STEP = 29 if IS_LONG else 1999
Said = Callable[[], list[Finding]]
SaidAlone = Callable[[], verifier.Report]


def make_smallest(url: str, folder: Path) -> None:
    """A company that has only begun; one of its checkpoints is cosigned and kept."""
    root = StorageRoot(folder / "archive" / "objects", folder / "archive" / "incoming")
    beginning = prepare(
        company="小", time_zone="Asia/Shanghai", login="controller", name="甲", passphrase=PASSPHRASE, now=NOW
    )
    with open_register(url) as register:
        begun = initiate(beginning, register, root, folder / "log.key", NOW)
        publisher = Publisher(register, folder / "archive", root, folder / "log.key")
        publish(publisher, NOW)
        note, auditor = read_checkpoint(folder / "archive" / "log"), CosignerKey.generate("auditor")
        assert note is not None
        person = begun.controller
        actor = Actor(person.subject, person.login, person.name)
        keep_cosigned_note(publisher, actor, cosign(note, auditor, NOW), [auditor.verifier], NOW)


@pytest.fixture(scope="session")
def smallest(stages: Stages) -> tuple[str, Path]:
    """The register and archive of a company that has only begun; whoever changes a file puts it back."""
    stage = stages.stage(SQLITE, "smallest", make_smallest, migrated(stages, SQLITE))
    return stage.url, stage.folder / "archive"


def flipped(path: Path, step: int) -> Iterator[int]:
    """Flip one bit of every ``step``-th byte of a file, each time another one of the eight; it is put back after."""
    whole = path.read_bytes()
    for index in range(0, len(whole), step):
        path.write_bytes(whole[:index] + bytes([whole[index] ^ 1 << index // step % 8]) + whole[index + 1 :])
        yield index
    path.write_bytes(whole)


def told_alone(archive: Path) -> verifier.Report:
    with closing(verifier.Medium(archive)) as medium:
        return verifier.verify(medium)


def is_named(findings: list[Finding], name: str) -> bool:
    return any(each.severity is Severity.ALTERED and name in each.subject for each in findings)


def is_named_alone(report: verifier.Report, name: str) -> bool:
    return any(each.severity == verifier.ALTERED and name in each.subject for each in report.kept)


def parts_of(archive: Path, medium: verifier.Medium, inspection: Inspection) -> dict[str, tuple[Said, SaidAlone]]:
    """What each verifier says of each part of an archive, the rest being as it was."""
    evidence = read_evidence(inspection)
    root, log, key = StorageRoot(archive / "objects", archive / "incoming"), archive / "log", log_key_of(evidence)
    holdings = verifier.check_objects(medium, verifier.Report())
    chain = verifier.KeyChain(verifier.parse_key(key))

    def objects_alone() -> verifier.Report:
        report = verifier.Report()
        verifier.check_objects(medium, report)
        return report

    def log_alone() -> tuple[verifier.Log, verifier.Report]:
        report = verifier.Report()
        fixed = {id(holdings.zone): holdings.zone}  # a time zone read from a file can be copied by nobody
        check = verifier.Log(medium, copy.deepcopy(holdings, fixed), report, ())
        check.check()
        check.check_signature(chain)
        check.check_cosigned(chain)
        return check, report

    sound, _report = log_alone()

    def beside_alone() -> verifier.Report:
        report = verifier.Report()
        verifier.check_beside(medium, holdings, sound, report)
        return report

    return {
        "objects": (lambda: check_archive(root, inspection, evidence), objects_alone),
        "log": (
            lambda: [
                *verify_log(log, key, evidence.leaf_hashes),
                *verify_cosigned(log, key),
                *check_cosigned(log, evidence),
            ],
            lambda: log_alone()[1],
        ),
        "beside": (lambda: list(check_enclosures(archive, evidence)), beside_alone),
    }


@pytest.mark.torture
@pytest.mark.parametrize("part", ["objects", "log", "beside"])
def test_every_byte_of_the_smallest_archive_is_named_by_both(smallest: tuple[str, Path], part: str) -> None:
    url, archive = smallest
    named_parts = {"objects": "objects", "log": "log"}
    unnamed, count = [], 0
    assert told_alone(archive).kept == {}
    with open_for_verification(url) as inspection, closing(verifier.Medium(archive)) as medium:
        said, said_alone = parts_of(archive, medium, inspection)[part]
        assert (said(), said_alone().kept) == ([], {})
        for path in sorted(each for each in archive.rglob("*") if each.is_file() and each.name != "publisher.lock"):
            name = path.relative_to(archive).as_posix()
            if named_parts.get(name.partition("/")[0], "beside") != part:
                continue
            for index in flipped(path, 1 if IS_LONG or name != VERIFIER else LONG_STEP):
                by_verify, by_alone = is_named(said(), name), is_named_alone(said_alone(), name)
                count += 1
                if not count % WHOLE_EVERY:
                    report = told_alone(archive)
                    by_alone &= is_named_alone(report, name) and report.verdict == verifier.ALTERED
                if not by_alone or not by_verify:
                    unnamed.append((name, index, by_alone, by_verify))
    print(f"{count} bytes flipped")  # noqa: T201
    assert count > 500
    assert unnamed == []


def log_key_of(evidence: Evidence) -> str:
    return str(evidence.histories["unit/1"].acts[1].content["log_key"])


@pytest.mark.torture
def test_every_byte_of_every_object_is_named_with_file_and_subject_by_both(sqlite_scene: Scene) -> None:
    """Records in several versions, an attachment, a sheet with its rows, forms with their templates, people, units."""
    objects = sqlite_scene.archive / "objects"
    root = StorageRoot(objects, sqlite_scene.archive / "incoming")
    unnamed, kinds, count = [], set(), 0
    with closing(verifier.Medium(sqlite_scene.archive)) as medium:
        for subject in root.object_ids():
            place = root.object_path(subject)
            assert unquote(place.name) == subject
            assert validate_object(root, subject) == []
            assert read_alone(medium, objects, place).kept == {}
            for path in sorted(each for each in place.rglob("*") if each.is_file()):
                name = path.relative_to(sqlite_scene.archive).as_posix()
                step = 1 if IS_LONG else STEP if path.stat().st_size < SHORT_FILE else LONG_STEP
                for index in flipped(path, step):
                    by_verify = is_named(validate_object(root, subject), name)
                    by_alone = is_named_alone(read_alone(medium, objects, place), name)
                    count += 1
                    if not by_alone or not by_verify:
                        unnamed.append((name, index, by_alone, by_verify))
            kinds.add(subject.partition("/")[0])
    assert kinds >= {"record", "sheet", "form", "procedure", "person", "unit"}
    assert unnamed == []
    print(f"{count} bytes flipped in {len(kinds)} kinds of objects")  # noqa: T201


def read_alone(medium: verifier.Medium, objects: Path, place: Path) -> verifier.Report:
    """What the stand-alone verifier finds in one object."""
    report = verifier.Report()
    verifier.StoredObject(medium, place.relative_to(objects).as_posix(), report).check()
    return report


@pytest.mark.torture
def test_a_byte_of_the_database_whose_flip_changes_a_row_is_named(smallest: tuple[str, Path], tmp_path: Path) -> None:
    """A flip in what SQLite leaves unused changes nothing; any that changes a row, or hides one, is altered."""
    url, archive = smallest
    whole = sqlite_file(url).read_bytes()
    copy_of_it = tmp_path / "records.db"
    unnamed, changed = [], 0
    before = rows_at(url)
    for place in range(0, len(whole), DATABASE_STEP):
        copy_of_it.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            is_changed = rows_at(sqlite_url(copy_of_it)) != before
            is_altered = verify(sqlite_url(copy_of_it), archive).verdict is Answer.ALTERED
        except RegisterError:
            continue  # it is no database any more, which is said
        changed += is_changed
        if is_changed and not is_altered:
            unnamed.append(place)
    print(f"{len(range(0, len(whole), DATABASE_STEP))} bytes flipped, {changed} of them in rows")  # noqa: T201
    assert changed > 1
    assert unnamed == []


def sqlite_file(url: str) -> Path:
    path = sqlite_path(url)
    assert path is not None
    return path


def rows_at(url: str) -> dict[str, Counter[tuple[object, ...]] | str]:
    """Every row of every table but those that state nothing; of one that cannot be read, why."""
    rows: dict[str, Counter[tuple[object, ...]] | str] = {}
    with open_for_verification(url) as inspection:
        for name, table in tables.metadata.tables.items():
            if table in tables.EXEMPT:
                continue
            try:
                rows[name] = Counter(inspection.raw_rows(table))
            except UnreadableTableError as error:
                rows[name] = str(error)
    return rows
