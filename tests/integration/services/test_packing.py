"""The package of a transfer list and the act that binds it: whatever ends between, neither is lost or left over."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, RootTransaction

from disposal_office import LATER, DisposalOffice, DisposalScene, Old, check_verified
from killed_run import steps_until
from recordkeeper.bagit.writer import BagExistsError, UnwritableBagError
from recordkeeper.model.event import Event
from recordkeeper.model.transfer import package_of
from recordkeeper.register import acts, committing
from recordkeeper.register.acts import Register
from recordkeeper.register.committing import OutcomeUnknownError
from recordkeeper.services import exporting, packing, publication, transfer
from recordkeeper.services.packing import Staging, sha256_of
from stage import POSTGRESQL, SQLITE, Stages
from torture import IS_LONG

Opened = tuple[DisposalOffice, Old]
Commit = Callable[[RootTransaction, Sequence[Event], Engine, str], None]
STEPS = frozenset(
    step.__code__
    for step in (
        transfer.make_package,
        transfer._made_now,
        exporting.write_pack,
        packing.put_in_place,
        packing.sha256_of,
        Staging.new,
        Staging.remove,
        committing.commit,
        Register.writing.__wrapped__,  # type: ignore[attr-defined]  # what contextmanager wraps
    )
)
FEW = {SQLITE: 8, POSTGRESQL: 2}
MOST_NEEDED = 12


def approved(office: DisposalOffice, old: Old) -> str:
    numbers = old.feedbacks[:1]
    office.appraise(numbers, LATER, office.keep_for_archive)
    number = office.list_transfer(numbers)
    office.approve_transfer(number)
    return number


def make(office: DisposalOffice, listed: str, target: Path) -> None:
    transfer.make_package(office.executor(listed, LATER), target)


def packs(office: DisposalOffice, listed: str) -> int:
    return sum(act.kind == "pack" for act in office.record(listed).history.acts)


def left(office: DisposalOffice) -> list[str]:
    """What lies in the folder of packages, but its lock."""
    folder = office.archive / "incoming" / packing.FOLDER
    return sorted(each.name for each in folder.iterdir() if each.name != packing.LOCK) if folder.is_dir() else []


def check_whole(office: DisposalOffice, listed: str, target: Path) -> None:
    """The file that the list binds is in its place, alone, bound by one act."""
    package = package_of(office.record(listed))
    assert package is not None
    assert sha256_of(target) == (package.digest, package.size)
    assert [each.name for each in target.parent.iterdir()] == [target.name]
    assert packs(office, listed) == 1
    assert left(office) == []
    assert publication.publish(office.publisher, LATER).problems == []
    check_verified(office)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "package.zip"


@pytest.mark.torture
def test_a_packing_that_is_killed_at_any_step_is_finished_or_cleared_by_the_next(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path: Path
) -> None:
    with disposal_files.opened() as office:
        listed = approved(office, disposal_files.old)
        publication.publish(office.publisher, LATER)
    for name in ("whole", *map(str, range(1000))):
        (tmp_path / f"out {name}").mkdir()
    with disposal_files.copied(stages, tmp_path / "whole") as whole:
        place = tmp_path / "out whole" / "package.zip"
        total = steps_until(whole, lambda office: make(office, listed, place), STEPS, 0)
    assert total > MOST_NEEDED
    chance = random.Random(7)
    several = range(1, total + 1) if IS_LONG else sorted(chance.sample(range(1, total + 1), FEW[database]))
    bound = 0
    for moment in several:
        place = tmp_path / f"out {moment}" / "package.zip"
        with disposal_files.copied(stages, tmp_path / str(moment)) as copy:
            work = lambda office, place=place: make(office, listed, place)  # noqa: E731 - a step like the others
            assert steps_until(copy, work, STEPS, moment) == 0
            with copy.opened() as office:
                check_verified(office)
                is_bound, was_placed = packs(office, listed) == 1, place.exists()
                assert is_bound or not was_placed, moment
                bound += is_bound
                if not is_bound:
                    assert publication.publish(office.publisher, LATER).problems == []
                    assert left(office) == [], moment
                elif not was_placed:
                    [problem] = publication.publish(office.publisher, LATER).problems
                    assert listed in problem
                if was_placed:
                    assert publication.publish(office.publisher, LATER).problems == []
                else:
                    make(office, listed, place)
                publication.publish(office.publisher, LATER)
                check_whole(office, listed, place)
    assert 0 < bound < len(several) or database == POSTGRESQL


@pytest.mark.parametrize("stands", [True, False])
def test_where_nobody_knows_whether_the_act_stands_the_package_waits_until_that_is_known(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch, *, stands: bool
) -> None:
    office, old = disposal
    listed, original = approved(office, old), committing.commit
    publication.publish(office.publisher, LATER)

    def be_lost(unit: RootTransaction, placed: Sequence[Event], engine: Engine, database: str) -> None:
        if not any(event.kind == "pack" for event in placed):
            original(unit, placed, engine, database)
            return
        if stands:
            original(unit, placed, engine, database)
        raise OutcomeUnknownError(database, "gone")

    with monkeypatch.context() as patch:
        patch.setattr(acts, "commit", be_lost)
        with pytest.raises(OutcomeUnknownError):
            make(office, listed, target)
    assert list(target.parent.iterdir()) == []
    assert packs(office, listed) == stands
    assert len(left(office)) == 1
    if stands:
        package = package_of(office.record(listed))
        for _again in range(2):
            [problem] = publication.publish(office.publisher, LATER).problems
            assert listed in problem
        other = target.with_name("another name.zip")
        with pytest.raises(UnwritableBagError):
            make(office, listed, target.parent / "nowhere" / "package.zip")
        make(office, listed, other)
        assert package_of(office.record(listed)) == package
        check_whole(office, listed, other)
    else:
        make(office, listed, target)
        publication.publish(office.publisher, LATER)
        check_whole(office, listed, target)


def test_what_is_refused_leaves_no_act_and_no_file(disposal: Opened, target: Path) -> None:
    office, old = disposal
    listed = approved(office, old)
    target.write_bytes(b"another's")
    with pytest.raises(BagExistsError):
        make(office, listed, target)
    with pytest.raises(UnwritableBagError):
        make(office, listed, target.parent / "nowhere" / "package.zip")
    assert target.read_bytes() == b"another's"
    assert (packs(office, listed), left(office)) == (0, [])
    assert [each.name for each in target.parent.iterdir()] == [target.name]


def test_a_package_that_waits_goes_when_what_it_holds_does_not_stand_any_more(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that was changed or erased is not to lie on in a package that nobody gives out."""
    office, old = disposal
    listed = approved(office, old)

    def fail(*_arguments: object) -> None:
        raise UnwritableBagError(target, OSError(28, "full"))

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "put_in_place", fail)
        with pytest.raises(UnwritableBagError):
            make(office, listed, target)
    assert (packs(office, listed), len(left(office))) == (1, 1)
    office.amend("clerk", old.feedbacks[0], {"phone": "138-0000-1204"}, "fact")
    assert publication.publish(office.publisher, LATER).problems == []
    assert left(office) == []
