"""kill -9 at each step of an execution: nothing is half gone, the next run goes on, and the certificate is right."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from disposal_office import COOLED, ERASED_AT, SHEET, DisposalOffice, DisposalScene, check_verified
from killed_run import steps_until
from recordkeeper.bagit.reader import BagReader
from recordkeeper.model.canonical import parse_json
from recordkeeper.model.record_state import State
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import acts, disposal, residue
from recordkeeper.services import backup, destruction_certificate, erasure, execution, holding, publication
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.rebuilding import rebuild
from recordkeeper.services.retrieval import DisposedRecordError
from recordkeeper.services.verification import Answer, verify
from stage import POSTGRESQL, SQLITE, Stages
from torture import IS_LONG

STEPS: tuple[Callable[..., Any], ...] = (
    execution.begin_item,
    execution.finish_item,
    erasure.erase,
    publication.publish,
    StorageRoot.remove_object,
    shutil.rmtree,
    disposal.remove_subject,
    disposal.bury,
    disposal.close_items,
    acts.Transaction.finish,
    residue.wipe,
    destruction_certificate.certify,
)
CODES: frozenset[CodeType] = frozenset(step.__code__ for step in STEPS)
ROW = "QR-017-01/2026-0001"
FEW = {SQLITE: 10, POSTGRESQL: 5}
FEW_ERASED = {SQLITE: 4, POSTGRESQL: 2}
MOST_NEEDED = 40


def archived_rows(office: DisposalOffice) -> list[str]:
    """The subjects of the rows that the sheet's object holds."""
    stored = parse_json(office.storage_root.read_file(office.record(SHEET).subject, "record.json"), SHEET)
    return [row["subject"] for row in stored["rows"]]  # type: ignore[index,call-overload,union-attr,misc]


@pytest.mark.torture
def test_an_execution_that_is_killed_at_any_step_is_carried_through_by_the_next(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path: Path
) -> None:
    names = [*disposal_files.old.feedbacks[:2], SHEET]
    with disposal_files.opened() as office:
        number = office.ready(names)
    with disposal_files.copied(stages, tmp_path / "whole") as whole:
        total = steps_until(whole, lambda office: office.execute(number), CODES, 0)
    assert total > MOST_NEEDED
    chance = random.Random(7)
    tried = range(1, total + 1) if IS_LONG else sorted(chance.sample(range(1, total + 1), FEW[database]))
    for step in tried:
        with disposal_files.copied(stages, tmp_path / str(step)) as copy:
            assert steps_until(copy, lambda office: office.execute(number), CODES, step) == 0
            with copy.opened() as office:
                check_verified(office)
                closed, certificate = office.finish(number)
                counts = [certificate.values[f"{each}_count"] for each in ("destroyed", "skipped", "failed")]
                assert (closed.state, counts) == ("closed", ["3", "0", "0"]), step
                for name in names:
                    with pytest.raises(DisposedRecordError):
                        office.record(name)
                check_verified(office)


@pytest.mark.torture
@pytest.mark.parametrize(("name", "place"), [(ROW, "caller"), (SHEET, "summary")])
def test_an_erasure_that_is_killed_at_any_step_is_carried_through_by_the_next(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path: Path, name: str, place: str
) -> None:
    with disposal_files.opened() as office:
        number = office.asked([disposal_files.old.feedbacks[0]], ["customer"])
        second = office.asked([name], [place])
        office.execute(number, ERASED_AT)
    with disposal_files.copied(stages, tmp_path / "whole") as whole:
        total = steps_until(whole, lambda office: office.execute(second, ERASED_AT), CODES, 0)
    chance = random.Random(5)
    tried = range(1, total + 1) if IS_LONG else sorted(chance.sample(range(1, total + 1), FEW_ERASED[database]))
    for step in tried:
        with disposal_files.copied(stages, tmp_path / str(step)) as copy:
            assert steps_until(copy, lambda office: office.execute(second, ERASED_AT), CODES, step) == 0
            with copy.opened() as office:
                check_verified(office)
                closed, certificate = office.finish(second, ERASED_AT)
                counts = [certificate.values[f"{each}_count"] for each in ("destroyed", "skipped", "failed")]
                assert (closed.state, counts) == ("closed", ["1", "0", "0"]), step
                erased, sheet = office.record(name), office.record(SHEET)
                assert (erased.values[place], sheet.state) == ({"erased": 2}, "closed"), step
                assert erased.subject == f"{'sheet' if name == SHEET else 'record'}/{name}/after-2", step
                assert office.record(ROW).subject == archived_rows(office)[0], step
                check_verified(office)


OBJECT_GONE = 2
"""The second step of removing an object: it returns, and the rows are all still there."""


@pytest.mark.parametrize("is_held", [False, True])
def test_a_kill_between_the_object_and_the_rows_leaves_nothing_that_anybody_calls_altered(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path: Path, *, is_held: bool
) -> None:
    """Neither do both verifiers, nor a backup of it, nor what is rebuilt from its archive; a hold brings it back."""
    name, codes = disposal_files.old.feedbacks[0], frozenset({StorageRoot.remove_object.__code__})
    with disposal_files.opened() as office:
        number = office.ready([name])
    assert steps_until(disposal_files, lambda office: office.execute(number), codes, OBJECT_GONE) == 0
    with disposal_files.opened() as office:
        root = office.storage_root
        assert not root.has_object(f"record/{name}")
        assert office.record(name).state is State.DISPOSED
        check_verified(office)
        toml = tmp_path / "recordkeeper.toml"
        toml.write_text('database = "records.db"\n', encoding="utf-8")
        made = backup.back_up(office.publisher, toml, tmp_path / "backup.zip", office.by("controller"), COOLED)
        (tmp_path / "place").mkdir()
        with stages.empty(database, tmp_path / "place") as url, BagReader(made.path, 10**9) as bag:
            backup.restore(bag, tmp_path / "place", url, COOLED).close()
            restored = verify(url, tmp_path / "place" / "archive")
            assert restored.verdict is Answer.OK, restored.findings
        rebuilt = f"sqlite:///{tmp_path / 'rebuilt.db'}"
        rebuild(office.archive, tmp_path / "rebuilt", rebuilt, COOLED).register.close()
        assert verify(rebuilt, tmp_path / "rebuilt" / "archive").verdict is not Answer.ALTERED
        if not is_held:
            office.finish(number)
            with pytest.raises(DisposedRecordError):
                office.record(name)
        else:
            asked = ScopeAsked(records=[name])
            holding.place(office.register, office.by("controller"), COOLED, title="诉讼", mandate="立案", asked=asked)
            certificate = office.finish(number)[1]
            assert (certificate.values["destroyed_count"], certificate.values["skipped_count"]) == ("0", "1")
            publication.publish(office.publisher, COOLED)
            assert office.record(name).state is State.CLOSED
            assert root.has_object(f"record/{name}")
        check_verified(office)
