"""A hold that is placed at any moment between approval and the last byte wins: what it keeps stays whole."""

import random
from collections.abc import Callable, Iterator

import pytest

from disposal_office import COOLED, DisposalOffice, DisposalScene, check_verified
from recordkeeper.model.disposition import Item, Kind
from recordkeeper.model.record_state import State
from recordkeeper.register.disposal import subjects_open
from recordkeeper.services import execution, holding, publication
from recordkeeper.services.disposition import find_list
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.retrieval import DisposedRecordError
from stage import POSTGRESQL, SQLITE, Stages
from torture import IS_LONG

INTERLEAVINGS = {SQLITE: 12, POSTGRESQL: 6}
LONG_INTERLEAVINGS = 1000
VERIFIED_EVERY = 5
Step = Callable[[], object]


def steps_of(office: DisposalOffice, number: str, items: list[Item]) -> Iterator[Step]:
    """An execution in its steps, as ``destroy_listed`` does them: each commits, or removes bytes and commits."""
    by = office.executor(number)
    begun: list[Item] = []

    def begin(item: Item) -> None:
        if execution.begin_item(by, item):
            begun.append(item)

    for item in items:
        yield lambda item=item: begin(item)  # type: ignore[misc]
    yield lambda: publication.publish(office.publisher, COOLED)
    for item in items:
        # the archive's bytes go, and then the process ends: its register is as it was
        yield lambda item=item: office.storage_root.remove_object(item.subject) if item in begun else None  # type: ignore[misc]
        yield lambda item=item: execution.finish_item(by, item) if item in begun else None  # type: ignore[misc]


def place_hold(office: DisposalOffice, number: str) -> None:
    """Let the controller place a hold on a record."""
    asked = ScopeAsked(records=[number])
    holding.place(office.register, office.by("controller"), COOLED, title="纠纷", mandate="民初字第 9 号", asked=asked)


@pytest.mark.torture
def test_a_hold_between_approval_and_each_removal_of_bytes_wins(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = list(disposal_files.old.feedbacks)
    with disposal_files.opened() as office:
        number = office.ready(names)
        publication.publish(office.publisher, COOLED)
    chance = random.Random(11)
    count = LONG_INTERLEAVINGS if IS_LONG else INTERLEAVINGS[database]
    for turn in range(count):
        folder = tmp_path_factory.mktemp("turn") / "it"
        with disposal_files.copied(stages, folder) as scene, scene.opened() as office:
            with office.register.reading() as snapshot:
                listed = find_list(snapshot, number, Kind.DESTRUCTION)
                items = [
                    item for item in listed.items if item.subject in subjects_open(snapshot, listed.record.subject)
                ]
            steps = list(steps_of(office, number, items))
            moment, kept = chance.randrange(len(steps)), chance.choice(names)
            is_kept = False
            for place, step in enumerate(steps):
                if place == moment:
                    try:
                        place_hold(office, kept)
                        is_kept = True
                    except DisposedRecordError:
                        is_kept = False  # it was gone, to the last byte
                step()
            _closed, certificate = office.finish(number)
            expected = len(names) - is_kept
            assert certificate.values["destroyed_count"] == str(expected), (turn, moment, kept)
            for name in names:
                if name == kept and is_kept:
                    assert office.record(name).state is State.CLOSED
                    assert office.storage_root.read_inventory(f"record/{name}") is not None
                else:
                    with pytest.raises(DisposedRecordError):
                        office.record(name)
            if turn % VERIFIED_EVERY == 0:
                check_verified(office)
