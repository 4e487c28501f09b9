"""Records go into other hands by a list: holds win, a kill is carried through, forgery is named, on both databases."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from disposal_office import COOLED, LATER, SHEET, DisposalOffice, DisposalScene, Old, check_verified
from killed_run import steps_until
from recordkeeper import verifier
from recordkeeper.model.disposition import FrozenListError, NotReadyError
from recordkeeper.model.record_state import State
from recordkeeper.model.retention import Outcome
from recordkeeper.model.transfer import Keeping
from recordkeeper.register.disposal import ClockBackError
from recordkeeper.services import execution, exporting, handing_over, holding, lifecycle, publication, transfer
from recordkeeper.services.disposition import Choice
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.rebuilding import rebuild
from recordkeeper.services.retention import kept_records
from recordkeeper.services.retrieval import DisposedRecordError
from recordkeeper.services.searching import Criteria
from recordkeeper.services.verification import Answer, verify
from stage import POSTGRESQL, SQLITE, Stages
from tampering import tampering
from torture import IS_LONG

Opened = tuple[DisposalOffice, Old]
STEPS = frozenset(
    step.__code__
    for step in (
        execution.begin_item,
        execution.finish_item,
        handing_over.mark_item,
        handing_over._begin,
        handing_over._closed,
        publication.publish,
    )
)
FEW = {SQLITE: 3, POSTGRESQL: 1}
INTERLEAVINGS = {SQLITE: 4, POSTGRESQL: 2}
LONG_INTERLEAVINGS = 500
MOST_NEEDED = 6


def test_what_is_received_goes_and_its_tombstones_come_back_from_the_archive_alone(
    disposal: Opened, tmp_path: Path
) -> None:
    office, old = disposal
    listed = office.received([old.feedbacks[0], SHEET])
    done = office.hand_over(listed, Keeping.NOTHING)
    assert [result.outcome for result in done.results] == ["transferred", "transferred"]
    for number in (old.feedbacks[0], SHEET, "QR-017-01/2026-0001", "QR-017-01/2026-0002"):
        with pytest.raises(DisposedRecordError) as gone:
            office.record(number)
        assert gone.value.tombstone["transferred_to"] == "区档案馆"
        assert gone.value.tombstone["how"] == ["transferred"]
    assert not office.storage_root.has_object(f"record/{old.feedbacks[0]}")
    check_verified(office)
    made = rebuild(office.archive, tmp_path / "new", f"sqlite:///{tmp_path / 'new.db'}", COOLED)
    made.register.close()
    assert made.destroyed == 4
    assert verify(f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "new" / "archive").verdict is not Answer.ALTERED


def test_a_selection_says_that_the_lists_of_what_is_gone_were_left_out_of_it(
    disposal: Opened, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office, old = disposal
    office.hand_over(office.received([old.feedbacks[0]]), Keeping.NOTHING)
    office.publish()
    file = tmp_path / "pack.zip"
    exporting.export(office.publisher, file, office.by("controller"), COOLED, [old.feedbacks[1]])
    assert verifier.main([str(file), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "Destroyed or transferred by lists that were left out of this selection: 1\n" in told
    assert old.feedbacks[0] not in told
    assert verifier.main([str(file), "--lang", "zh"]) == 0
    assert "已由未选入此包的清册销毁或移交的记录：1\n" in capsys.readouterr().out


def test_the_package_is_the_same_whenever_the_same_is_packed(disposal: Opened, tmp_path: Path) -> None:
    office, old = disposal
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        exporting.write_pack(office.publisher, tmp_path / name / "package.zip", COOLED, old.feedbacks[:2])
    one, two = ((tmp_path / name / "package.zip").read_bytes() for name in ("one", "two"))
    assert one == two


def test_what_a_transfer_list_names_is_frozen_and_its_clock_goes_forward(disposal: Opened) -> None:
    office, old = disposal
    office.appraise(old.feedbacks[:1], said=office.keep_for_archive)
    number = office.list_transfer(old.feedbacks[:1])
    clerk, key = office.by("archivist"), office.key("archivist")
    said = transfer.Handing("区档案馆", "进馆", test=office.test(old.feedbacks[1:2]))
    with pytest.raises(ClockBackError):
        transfer.transfer_new(office.author(LATER - timedelta(days=1)), Choice(old.feedbacks[1:2]), said)
    office.approve_transfer(number)
    with pytest.raises(FrozenListError):
        lifecycle.amend(office.register, clerk, key, LATER, number, {"items.1.pages": "9"}, "漏数", "correction")
    with pytest.raises(NotReadyError):
        office.hand_over(number, Keeping.NOTHING)


def test_what_was_changed_after_it_was_packed_is_left_out(disposal: Opened) -> None:
    office, old = disposal
    listed = office.received(old.feedbacks[:2])
    office.amend("clerk", old.feedbacks[1], {"phone": "138-0000-1204"}, "fact")
    office.countersign("quality", old.feedbacks[1], 1)
    done = office.hand_over(listed, Keeping.NOTHING)
    assert [(each.outcome, each.why.code if each.why else "") for each in done.results] == [
        ("transferred", ""),
        ("skipped", "changed"),
    ]
    assert office.record(old.feedbacks[1]).state is State.CLOSED
    check_verified(office)


def test_a_copy_that_was_kept_goes_when_somebody_appraises_it_so(disposal: Opened) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    listed = office.received([number])
    office.hand_over(listed, Keeping.COPIES)
    criteria = Criteria(number=number)
    told = kept_records(office.register, office.by("archivist"), COOLED, criteria)
    assert [view.answer.outcome for view in told] == [Outcome.TRANSFERRED]
    office.appraise([number], COOLED)
    destroyed = office.draw_up([number], COOLED)
    office.approve(destroyed, COOLED)
    office.watch(destroyed, COOLED)
    office.execute(destroyed, COOLED + timedelta(days=8))
    with pytest.raises(DisposedRecordError) as gone:
        office.record(number)
    assert gone.value.tombstone["transferred_by"] == listed
    check_verified(office)


def test_a_receipt_that_is_forged_below_the_program_is_named(
    disposal_files: DisposalScene, stages: Stages, tmp_path: Path
) -> None:
    with disposal_files.opened() as office:
        number, other = disposal_files.old.feedbacks[:2]
        listed = office.received([number])
        office.hand_over(listed, Keeping.NOTHING)
    act = 'UPDATE act SET content = replace(content, \'"act":"receive"\', \'"act":"receipt"\')'
    stone = "UPDATE tombstone SET content = replace(content, '区档案馆', '区图书馆')"
    road = f"INSERT INTO disposition VALUES ('record/{listed}', 'record/{other}', 'approved')"
    forged = {
        "receipt": (f"{act} WHERE subject = 'record/{listed}'", "state-digest"),
        "road": (road, "row-added"),
        "stone": (f"{stone} WHERE subject = 'record/{number}'", "tombstone-altered"),
    }
    for name, (statement, code) in forged.items():
        with disposal_files.copied(stages, tmp_path / name) as copy:
            with tampering(copy.url) as connection:
                connection.exec_driver_sql(statement)
            found = verify(copy.url, copy.folder / "archive")
            assert found.verdict is Answer.ALTERED, name
            assert code in {finding.code for finding in found.findings}, (name, found.findings)


def test_a_list_that_nobody_received_lets_nothing_go(disposal: Opened) -> None:
    office, old = disposal
    listed = office.received(old.feedbacks[:1])
    office.hand_over(listed, Keeping.NOTHING)
    with office.register.reading() as snapshot:
        history = snapshot.history(f"record/{listed}")
    assert history is not None
    contents = [dict(act.content) for act in history.acts]
    end = next(number for number, act in enumerate(contents) if act.get("act") == "execute")
    assert verifier._list_fault(contents[:end]) == ""
    for kind in ("sign", "receive"):
        places = [number for number, act in enumerate(contents) if act.get("act") == kind]
        without = [act for number, act in enumerate(contents[:end]) if number != places[-1]]
        assert verifier._list_fault(without) or not verifier._packages(without), kind
    author = str(contents[1]["name"])
    for name, is_sound in (("区档案馆", True), (f" {author}\u200b", False), (f"{author}\ufe0f", False)):
        paper = {"method": "paper", "signer_name": name}
        received = [act | paper if act.get("meaning") == "received" else act for act in contents[:end]]
        assert (verifier._list_fault(received) == "") is is_sound, name


@pytest.mark.torture
def test_a_hold_between_the_receipt_and_each_removal_of_bytes_wins(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = list(disposal_files.old.feedbacks[:2])
    with disposal_files.opened() as office:
        listed = office.received(names)
    chance = random.Random(5)
    for turn in range(LONG_INTERLEAVINGS if IS_LONG else INTERLEAVINGS[database]):
        folder = tmp_path_factory.mktemp("turn") / "it"
        with disposal_files.copied(stages, folder) as scene, scene.opened() as office:
            kept, moment, seen, is_kept = chance.choice(names), chance.randrange(6), 0, False

            def step(office: DisposalOffice = office, kept: str = kept, moment: int = moment) -> None:
                nonlocal seen, is_kept
                if seen == moment:
                    asked = ScopeAsked(records=[kept])
                    boss = office.by("controller")
                    try:
                        holding.place(office.register, boss, COOLED, title="纠纷", mandate="第 9 号", asked=asked)
                        is_kept = True
                    except DisposedRecordError:
                        is_kept = False
                seen += 1

            by = office.executor(listed)
            items = handing_over._begin(by, Keeping.NOTHING)
            step()
            begun = []
            for item in items:
                begun += [item] if execution.begin_item(by, item) else []
                step()
            publication.publish(office.publisher, COOLED)
            step()
            for item in begun:
                execution.finish_item(by, item)
                step()
            done = office.hand_over(listed, Keeping.NOTHING)
            outcomes = {result.number: result.outcome for result in done.results}
            assert outcomes == {name: "skipped" if is_kept and name == kept else "transferred" for name in names}, turn
            if is_kept:
                assert office.record(kept).state is State.CLOSED
                assert office.storage_root.read_inventory(f"record/{kept}") is not None
            check_verified(office)


@pytest.mark.torture
@pytest.mark.parametrize("keeping", Keeping)
def test_a_handing_over_that_is_killed_at_any_step_is_carried_through_by_the_next(
    disposal_files: DisposalScene, database: str, stages: Stages, tmp_path: Path, keeping: Keeping
) -> None:
    names = [disposal_files.old.feedbacks[0], SHEET]
    with disposal_files.opened() as office:
        listed = office.received(names)

    def run(office: DisposalOffice) -> None:
        office.hand_over(listed, keeping)

    with disposal_files.copied(stages, tmp_path / "whole") as whole:
        total = steps_until(whole, run, STEPS, 0)
    assert total > MOST_NEEDED
    chance = random.Random(3)
    tried = range(1, total + 1) if IS_LONG else sorted(chance.sample(range(1, total + 1), FEW[database]))
    for moment in tried:
        with disposal_files.copied(stages, tmp_path / str(moment)) as copy:
            assert steps_until(copy, run, STEPS, moment) == 0
            with copy.opened() as office:
                check_verified(office)
                if not office.is_handed_over(listed):
                    run(office)
                publication.publish(office.publisher, COOLED)
                for name in names:
                    if keeping is Keeping.COPIES:
                        assert office.record(name).transferred_by == listed
                    else:
                        with pytest.raises(DisposedRecordError):
                            office.record(name)
                check_verified(office)
