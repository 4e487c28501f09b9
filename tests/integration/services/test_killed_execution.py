"""kill -9 at each step of an execution: nothing is half gone, the next run goes on, and the certificate is right."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from disposal_office import ERASED_AT, SHEET, DisposalOffice, DisposalScene, check_verified
from killed_run import steps_until
from recordkeeper.model.canonical import parse_json
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import acts, disposal, residue
from recordkeeper.services import destruction_certificate, erasure, execution, publication
from recordkeeper.services.retrieval import DisposedRecordError
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
