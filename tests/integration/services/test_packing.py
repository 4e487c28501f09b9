"""The package of a transfer list and the act that binds it: whatever ends between, neither is lost or left over."""

import errno
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, RootTransaction

from disposal_office import COOLED, ERASED_AT, LATER, DisposalOffice, DisposalScene, Old, check_verified
from killed_run import steps_until
from recordkeeper.bagit.writer import BagExistsError, UnwritableBagError
from recordkeeper.durable import digest_with_status, give_name
from recordkeeper.model.event import Event
from recordkeeper.model.transfer import package_of
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.ocfl.storage_root import UnreachableArchiveError
from recordkeeper.register import acts, committing
from recordkeeper.register.acts import Register
from recordkeeper.register.committing import OutcomeUnknownError
from recordkeeper.services import exporting, lifecycle, packing, people, publication, transfer
from recordkeeper.services.destruction import certificate_of
from recordkeeper.services.packing import Staging
from recordkeeper.services.retrieval import DisposedRecordError
from recordkeeper.services.transfer import WithheldPackageError
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
        give_name,
        digest_with_status,
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


def check_whole(office: DisposalOffice, listed: str, target: Path, bound: int = 1) -> None:
    """The file that the list binds is in its place, alone, bound by the last of so many acts."""
    package = package_of(office.record(listed))
    assert package is not None
    digest, status = digest_with_status(target, "sha256")
    assert (digest, status.st_size) == (package.digest, package.size)
    assert [each.name for each in target.parent.iterdir()] == [target.name]
    assert packs(office, listed) == bound
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


class Ended(BaseException):
    """A process that ends where it stands."""


def end_before_its_place(
    office: DisposalOffice, listed: str, target: Path, monkeypatch: pytest.MonkeyPatch, *, replaces: bool = False
) -> None:
    """Make a package, and end when its act is committed."""

    def end(*_arguments: object) -> None:
        raise Ended

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "put_in_place", end)
        with pytest.raises(Ended):
            transfer.make_package(office.executor(listed, LATER), target, replaces=replaces)


def test_a_package_made_anew_takes_the_place_of_one_that_waits(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, old = disposal
    listed = approved(office, old)
    end_before_its_place(office, listed, target, monkeypatch)
    first = package_of(office.record(listed))
    transfer.make_package(office.executor(listed, LATER), target, replaces=True)
    second = package_of(office.record(listed))
    assert first is not None
    assert second is not None
    assert first.digest != second.digest
    publication.publish(office.publisher, LATER)
    check_whole(office, listed, target, bound=2)


def test_of_two_packages_that_wait_the_one_made_last_is_put_in_place(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, old = disposal
    listed = approved(office, old)
    end_before_its_place(office, listed, target, monkeypatch)
    end_before_its_place(office, listed, target, monkeypatch, replaces=True)
    assert (packs(office, listed), len(left(office))) == (2, 2)
    make(office, listed, target)
    publication.publish(office.publisher, LATER)
    check_whole(office, listed, target, bound=2)


def test_a_package_that_waits_is_not_lost_where_none_could_be_made_anew(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, old = disposal
    listed = approved(office, old)
    end_before_its_place(office, listed, target, monkeypatch)
    waiting = left(office)

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for place in ("write_pack", "note_export"):
        with monkeypatch.context() as patch:
            patch.setattr(transfer, place, full)
            with pytest.raises(UnreachableArchiveError):
                transfer.make_package(office.executor(listed, LATER), target, replaces=True)
        assert (packs(office, listed), left(office)) == (1, waiting)
    target.write_bytes(b"another's")
    with pytest.raises(BagExistsError):
        transfer.make_package(office.executor(listed, LATER), target, replaces=True)
    target.unlink()
    assert (packs(office, listed), left(office)) == (1, waiting)
    make(office, listed, target)
    publication.publish(office.publisher, LATER)
    check_whole(office, listed, target)


@pytest.mark.torture
def test_a_packing_anew_that_is_killed_at_any_step_leaves_one_package_to_be_put_in_place(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disposal_files.opened() as office:
        listed = approved(office, disposal_files.old)
        end_before_its_place(office, listed, tmp_path / "package.zip", monkeypatch)
        publication.publish(office.publisher, LATER)

    def anew(place: Path) -> Callable[[DisposalOffice], object]:
        return lambda office: transfer.make_package(office.executor(listed, LATER), place, replaces=True)

    for name in ("whole", *map(str, range(1000))):
        (tmp_path / f"out {name}").mkdir()
    with disposal_files.copied(stages, tmp_path / "whole") as whole:
        total = steps_until(whole, anew(tmp_path / "out whole" / "package.zip"), STEPS, 0)
    assert total > MOST_NEEDED
    several = range(1, total + 1) if IS_LONG else sorted(random.Random(8).sample(range(1, total + 1), FEW[database]))
    for moment in several:
        place = tmp_path / f"out {moment}" / "package.zip"
        with disposal_files.copied(stages, tmp_path / str(moment)) as copy:
            assert steps_until(copy, anew(place), STEPS, moment) == 0
            with copy.opened() as office:
                check_verified(office)
                bound, was_placed = packs(office, listed), place.exists()
                assert bound == 2 or not was_placed, moment
                told = publication.publish(office.publisher, LATER).problems
                assert [listed in each for each in told] == ([] if was_placed else [True]), moment
                assert len(left(office)) == (not was_placed), moment
                if not was_placed:
                    make(office, listed, place)
                publication.publish(office.publisher, LATER)
                check_whole(office, listed, place, bound)


def given_up(office: DisposalOffice, old: Old, target: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The list of a package that lies in the archive and is given up; the package is there still."""
    listed = approved(office, old)
    end_before_its_place(office, listed, target, monkeypatch)
    lifecycle.void(office.register, office.by("archivist"), LATER, listed, "放弃")
    return listed


def test_what_else_lies_among_the_packages_keeps_no_destroyed_record_there(
    disposal: Opened, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    given_up(office, old, target, monkeypatch)
    other = tmp_path / "another's"
    other.mkdir()
    (other / "file").write_text("kept")
    base = office.archive / "incoming" / packing.FOLDER
    (base / "0 link").symlink_to(other)
    (base / "1 dangling").symlink_to(tmp_path / "nowhere")
    (base / "2 folder" / "made" / "lost+found" / "below").mkdir(parents=True)
    (base / "3 folder" / "made").mkdir(parents=True)
    (base / "3 folder" / "made" / "link").symlink_to(other)
    (base / "3 folder" / "made" / "x.zip").symlink_to(tmp_path / "nowhere")
    (base / "4 folder").mkdir()
    (base / "4 folder" / "made").symlink_to(other)
    (base / "5 file").write_bytes(b"x")
    office.execute(office.ready([number]), COOLED)
    assert left(office) == []
    assert (other / "file").read_text() == "kept"
    assert publication.publish(office.publisher, COOLED).problems == []
    check_verified(office)


def test_a_package_that_cannot_be_removed_is_told_of_and_keeps_nothing_else(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    given_up(office, old, target, monkeypatch)
    base = office.archive / "incoming" / packing.FOLDER
    (base / "0000").mkdir()
    (base / "ffff").mkdir()
    [package] = base.rglob("*.zip")
    unlink = os.unlink

    def refuse(path: str | Path, *, dir_fd: int | None = None) -> None:
        if os.path.basename(path) == target.name:  # noqa: PTH119 - a name below a descriptor
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        unlink(path, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        listed, _certificate = office.execute(office.ready([number]), COOLED)
        with pytest.raises(DisposedRecordError):
            office.record(number)
        told = certificate_of(office.register, office.by("archivist"), COOLED, listed.number)
        assert ("package", str(package)) in told.rest
        assert str(package) in str(office.record(told.certificate).values["statement"])
        [problem] = publication.publish(office.publisher, COOLED).problems
        assert str(package) in problem
        assert left(office) == [package.parent.parent.name]
    assert publication.publish(office.publisher, COOLED).problems == []
    assert left(office) == []


def test_a_leftover_that_cannot_be_removed_keeps_no_package_from_being_made(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, old = disposal
    listed = approved(office, old)
    stuck = office.archive / "incoming" / packing.FOLDER / "0000" / "stuck"
    stuck.parent.mkdir(parents=True)
    stuck.write_bytes(b"x")
    unlink = os.unlink

    def refuse(path: str | Path, *, dir_fd: int | None = None) -> None:
        if os.path.basename(path) == stuck.name:  # noqa: PTH119 - a name below a descriptor
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        unlink(path, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        make(office, listed, target)
    publication.publish(office.publisher, LATER)
    check_whole(office, listed, target)


@pytest.mark.parametrize("name", [".package.zip", packing.PLACE, packing.LOCK, packing.MADE])
def test_a_package_waits_whatever_it_is_called(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    office, old = disposal
    listed, place = approved(office, old), target.with_name(name)
    end_before_its_place(office, listed, place, monkeypatch)
    [problem] = publication.publish(office.publisher, LATER).problems
    assert listed in problem
    make(office, listed, place)
    publication.publish(office.publisher, LATER)
    check_whole(office, listed, place)


@pytest.mark.parametrize("has_links", [True, False])
def test_no_file_of_another_is_overwritten_or_removed(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    """Not one that comes there at the last moment, nor one beside it; on a memory stick no file has two names."""
    office, old = disposal
    listed, link = approved(office, old), os.link
    beside = target.with_name(f".{target.name}.incoming")
    beside.write_bytes(b"mine")

    def named(source: Path, place: Path) -> None:
        if not has_links:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        link(source, place)

    def come_first(source: Path, place: Path) -> None:
        target.write_bytes(b"another's")
        named(source, place)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", come_first)
        with pytest.raises(BagExistsError):
            make(office, listed, target)
        assert target.read_bytes() == b"another's"
        target.unlink()
        patch.setattr(os, "link", named)
        make(office, listed, target)
    assert beside.read_bytes() == b"mine"
    assert sorted(each.name for each in target.parent.iterdir()) == [beside.name, target.name]
    beside.unlink()
    publication.publish(office.publisher, LATER)
    check_whole(office, listed, target)


def test_whoever_takes_a_package_that_another_made_is_asked_and_noted_as_if_they_had_made_it(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list by which a value was erased is packed beside the record, where whoever packs it may take it out."""
    office, old = disposal
    erased = office.asked(old.feedbacks[:1], ["phone"])
    office.execute(erased, ERASED_AT)
    listed = approved(office, old)
    people.grant(
        office.register, office.by("controller"), login="lifter", role="archivist", unit=ROOT_UNIT, valid_from=None,
        valid_to=None, now=LATER,
    )  # fmt: skip
    end_before_its_place(office, listed, target, monkeypatch)
    [staged] = (office.archive / "incoming" / packing.FOLDER).rglob("*.zip")
    inside = set(packing.subjects_in(staged))
    assert f"record/{erased}" in inside
    other = office.executor(listed, LATER, "lifter")
    exports = _exports(office)
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "withheld_from", lambda *_asked: {f"record/{erased}", f"record/{old.feedbacks[1]}"})
        with pytest.raises(WithheldPackageError, match="1 record in it"):
            transfer.make_package(other, target)
        assert _exports(office) == exports
        patch.setattr(transfer, "withheld_from", lambda *_asked: {f"record/{each}" for each in old.feedbacks})
        transfer.make_package(other, target)
    noted = _exports(office)[len(exports) :]
    assert {subject for subject, _actor in noted} == inside
    assert {actor for _subject, actor in noted} == {office.by("lifter").subject}
    publication.publish(office.publisher, LATER)
    check_whole(office, listed, target)


def test_who_takes_the_package_that_they_made_themselves_is_noted_once(
    disposal: Opened, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, old = disposal
    listed = approved(office, old)
    end_before_its_place(office, listed, target, monkeypatch)
    exports = _exports(office)
    assert exports
    make(office, listed, target)
    assert _exports(office) == exports


def _exports(office: DisposalOffice) -> list[tuple[str | None, str | None]]:
    with office.register.reading() as snapshot:
        return [(event.subject, event.actor) for event in snapshot.events() if event.kind == exporting.EXPORT]
