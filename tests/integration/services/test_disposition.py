"""Lists are drawn up, approved, watched and executed; what they name goes everywhere, on both databases."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from company import NOW, QUESTIONNAIRE
from disposal_office import COOLED, LATER, SHEET, DisposalOffice, DisposalScene, Old, check_verified
from recordkeeper import verifier
from recordkeeper.model.disposition import FrozenListError, Kind, NotReadyError
from recordkeeper.model.record_guard import NotYoursError, ValuesRefusedError
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.disposal import ClockBackError
from recordkeeper.register.engine import open_register
from recordkeeper.register.privileges import NoDatabaseRoleError
from recordkeeper.services import disposition, lifecycle, people, places, viewing
from recordkeeper.services.disposal_list import NotEligibleError
from recordkeeper.services.disposition import Choice, NoListError, NotOnListError, find_list
from recordkeeper.services.execution import destroy_listed
from recordkeeper.services.lifecycle import Scan
from recordkeeper.services.retention import RetentionDesk
from recordkeeper.services.retrieval import DisposedRecordError
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import Answer, verify
from stage import POSTGRESQL, Stages
from tampering import tampering

if TYPE_CHECKING:
    from collections.abc import Sequence

Opened = tuple[DisposalOffice, Old]


def test_what_an_approved_list_names_is_destroyed_and_answers_with_its_tombstone(disposal: Opened) -> None:
    office, old = disposal
    number = office.ready(old.feedbacks[:2])
    closed, certificate = office.execute(number)
    assert closed.state == "closed"
    assert certificate.values["destroyed_count"] == "2"
    for each in old.feedbacks[:2]:
        with pytest.raises(DisposedRecordError) as gone:
            office.record(each)
        assert gone.value.tombstone["list"] == number
    assert office.record(old.feedbacks[2]).state == "closed"
    check_verified(office)


def test_a_sheet_goes_with_each_of_its_rows(disposal: Opened) -> None:
    office, _old = disposal
    office.execute(office.ready([SHEET]))
    for each in (SHEET, "QR-017-01/2026-0001", "QR-017-01/2026-0002"):
        with pytest.raises(DisposedRecordError):
            office.record(each)
    check_verified(office)


def test_a_witness_may_sign_on_paper_but_is_nobody_who_has_another_part(disposal: Opened) -> None:
    office, old = disposal
    office.appraise(old.feedbacks[:1])
    number = office.draw_up(old.feedbacks[:1])
    office.approve(number)
    scan = Scan(b"%PDF-1.7 signed", "application/pdf", "scan.pdf", "姓 manager", "")
    clerk = office.by("representative")
    for name in ("姓 manager", "姓\uff4danager", "姓\u200bmanager", "姓ARCHIVIST\ufe0f"):
        disguised = replace(scan, signer_name=name)
        with pytest.raises(NotYoursError, match="other than who did"):
            lifecycle.sign_on_paper(office.register, clerk, LATER, number, "witness_one", disguised)
    with pytest.raises(ValuesRefusedError):
        lifecycle.sign_on_paper(
            office.register, clerk, LATER, number, "witness_one", replace(scan, signer_name="\u200b")
        )
    other = replace(scan, signer_name="外单位监销人")
    before = office.record(number).history
    for part in ("archivist", "appraiser", "manager"):
        with pytest.raises(NotYoursError, match="other than who did"):
            lifecycle.sign_on_paper(office.register, office.by(part), LATER, number, "witness_one", other)
    assert office.record(number).history == before
    lifecycle.sign_on_paper(office.register, clerk, LATER, number, "witness_one", other)
    office.sign_as("witness2", number, "witness_two")
    _closed, certificate = office.execute(number)
    assert certificate.values["destroyed_count"] == "1"
    check_verified(office)


def test_neither_of_two_witnesses_is_the_authors_word_alone_nor_that_of_who_stands_in(disposal: Opened) -> None:
    """Both scans by another who has a part in the form; by the author, or the author's deputy, neither."""
    office, old = disposal
    office.appraise(old.feedbacks[:1])
    number = office.draw_up(old.feedbacks[:1])
    office.approve(number)
    register, author, deputy = office.register, office.by("archivist"), office.by("clerk")
    people.deputize(
        register, office.by("controller"), login=author.login, deputy=deputy.login, unit=ROOT_UNIT,
        valid_from=None, valid_to=LATER.date() + timedelta(days=30), reason="年休假", now=LATER,
    )  # fmt: skip
    scans = {
        part: Scan(f"%PDF-1.7 {name}".encode(), "application/pdf", "scan.pdf", name, "")
        for part, name in (("witness_one", "外单位监销人"), ("witness_two", "另一监销人"))
    }
    for part, scan in scans.items():
        for who in (author, deputy):
            with pytest.raises(NotYoursError, match=f"{number}.*other than who did"):
                lifecycle.sign_on_paper(register, who, LATER, number, part, scan)
        lifecycle.sign_on_paper(register, office.by("representative"), LATER, number, part, scan)
    assert office.execute(number)[1].values["destroyed_count"] == "1"
    check_verified(office)


def test_what_a_list_names_is_frozen_and_its_execution_is_not_typed_in(disposal: Opened) -> None:
    office, old = disposal
    number = office.ready(old.feedbacks[:1])
    clerk, pages = office.by("archivist"), {"records_listed.1.pages": "9"}
    with pytest.raises(FrozenListError):
        lifecycle.amend(office.register, clerk, office.key("archivist"), LATER, number, pages, "漏数", "correction")
    typed = {"executed_on": "2030-03-04", "place": "室", "kept_count": "0", "kept_pages": "0"}
    with pytest.raises(NotReadyError):
        lifecycle.fill(office.register, office.by("archivist"), LATER, number, "executed", typed)


def test_a_list_that_is_given_up_destroys_nothing_and_another_may_name_its_records(disposal: Opened) -> None:
    office, old = disposal
    number = office.ready(old.feedbacks[:1])
    lifecycle.void(office.register, office.by("archivist"), LATER, number, "另编清册")
    with pytest.raises(NotReadyError):
        office.destroy(number)
    again = office.draw_up(old.feedbacks[:1])
    office.approve(again)
    office.watch(again)
    office.execute(again)
    check_verified(office)


def test_nothing_is_approved_or_destroyed_while_the_clock_is_set_back(disposal: Opened) -> None:
    office, old = disposal
    number = office.ready(old.feedbacks[:1])
    early = LATER - timedelta(days=1)
    for act in (lambda: office.draw_up(old.feedbacks[1:2], early), lambda: office.destroy(number, early)):
        with pytest.raises(ClockBackError):
            act()
    with pytest.raises(NotReadyError):
        office.destroy(number, LATER)  # its days to cool off have not passed


def test_what_was_changed_after_it_was_listed_is_left_out(disposal: Opened) -> None:
    office, old = disposal
    number = office.ready(old.feedbacks[:2])
    office.amend("clerk", old.feedbacks[1], {"phone": "138-0000-1204"}, "fact")
    office.countersign("quality", old.feedbacks[1], 1)
    closed, _certificate = office.execute(number)
    assert "列入清册后有变更" in str(closed.values["kept_why"])
    assert office.record(old.feedbacks[1]).state == "closed"
    check_verified(office)


def test_a_statistic_whose_source_was_destroyed_says_so_and_is_not_outdated_for_it(disposal: Opened) -> None:
    office, _old = disposal
    answers = {"gate": "很满意", "overall": "基本满意", "received_on": "2026-11-20", "received_by": "门岗"}
    places.add_premises(office.register, office.by("controller"), unit="HQ", code="3-2-1201", now=NOW)
    asked = [office.new("quality", "QR-017-03", dict(QUESTIONNAIRE)) for _household in range(2)]
    for each in asked:
        office.fill("clerk", each, answers)
    statistic = office.new("quality", "QR-017-04", {"survey_year": "2026", "objective": "90"})
    office.publish()
    office.execute(office.ready(asked[:1]))
    view = viewing.show(office.register, office.by("archivist"), COOLED, statistic)
    assert (dict(view.disposed_sources), view.is_outdated) == ({asked[0]: 1}, False)
    check_verified(office)


def test_a_list_cites_no_appraisal_sheet_that_does_not_name_its_records(disposal: Opened) -> None:
    office, old = disposal
    office.publish()
    first, second = old.feedbacks[:2]
    one, other = office.appraise([first]), office.appraise([second])
    with pytest.raises(NotOnListError, match=f"{second}.*{one}"):
        disposition.list_new(office.author(), Choice([first, second]), ["erased"], one)
    with pytest.raises(NoListError):
        disposition.list_new(office.author(), Choice([first]), ["erased"], first)
    listed = disposition.list_new(office.author(), Choice(), ["erased"], other)
    lines = cast("Sequence[dict[str, str]]", listed.values["records_listed"])
    assert [line["record_number"] for line in lines] == [second]


def test_of_two_lists_that_name_one_record_one_alone_is_approved(disposal: Opened) -> None:
    office, old = disposal
    number = old.feedbacks[0]
    office.appraise([number])
    first = office.draw_up([number])
    with pytest.raises(NotEligibleError, match=f"{number}.*{first}"):
        office.draw_up([number])
    values, items = office.record(first).values, office.items(first)
    raw = {"method": ["erased"], "records_listed": values["records_listed"]}
    with office.register.writing(now=LATER) as transaction:  # as by two who draw up at once on a server
        desk, choice = RetentionDesk(Setting(transaction, LATER)), Choice([number])
        second = disposition.drawn_up(office.author(), desk, Kind.DESTRUCTION, choice, raw, items).number
    office.approve(second)
    with pytest.raises(NotEligibleError, match=f"{number}.*{second}"):
        office.approve(first)


def test_originals_on_paper_go_with_their_electronic_copies_on_one_list(disposal: Opened) -> None:
    office, old = disposal
    places.add_premises(office.register, office.by("controller"), unit="HQ", code="3-2-1201", now=NOW)
    returned = office.new("quality", "QR-017-03", dict(QUESTIONNAIRE))
    answers = {"gate": "很满意", "overall": "基本满意", "received_on": "2026-11-20", "received_by": "门岗"}
    office.fill("clerk", returned, answers)
    office.publish()
    names = [old.feedbacks[0], returned]
    office.appraise(names)
    paper = {"number": "QR-017-01/2022-01 至 12", "title": "值班记录登记表，12 册", "pages": "318"}
    paper |= {"created_on": "2022-12-31", "period": "3 年", "due_on": "2025-12-31"}
    with pytest.raises(ValuesRefusedError, match="appraisal"):  # nobody judged it yet
        disposition.list_new(office.author(), Choice(names, paper=[paper]), ["erased", "shredded"])
    choice = Choice(names, paper=[paper | {"appraisal": "期满，无保存价值"}])
    listed = disposition.list_new(office.author(), choice, ["erased", "shredded"])
    lines = cast("Sequence[dict[str, str]]", listed.values["records_listed"])
    assert [line["medium_kept"] for line in lines] == ["electronic", "both", "paper"]
    office.approve(listed.number)
    office.watch(listed.number)
    with pytest.raises(NotReadyError, match="paper"):
        destroy_listed(office.executor(listed.number), is_paper_destroyed=False)
    assert office.record(returned).state == "closed"
    closed, certificate = office.execute(listed.number)
    counts = [certificate.values[f"{each}_count"] for each in ("listed", "destroyed", "skipped", "failed")]
    assert (counts, certificate.values["pages_destroyed"]) == (["3", "3", "0", "0"], "318")
    with office.register.reading() as snapshot:
        results = find_list(snapshot, closed.number, Kind.DESTRUCTION).results
    assert [(result.outcome, len(result.tombstones)) for result in results] == [
        ("destroyed", 1),
        ("destroyed", 1),
        ("destroyed", 0),
    ]
    check_verified(office)


@pytest.mark.parametrize("database", [pytest.param(POSTGRESQL, marks=pytest.mark.needs_postgresql)])
def test_a_login_that_may_not_dispose_is_refused_before_anything_goes(disposal_files: DisposalScene) -> None:
    number = disposal_files.old.feedbacks[0]
    with disposal_files.opened() as office:
        listed = office.ready([number])
    with open_register(disposal_files.url) as everyday:
        office = DisposalOffice(everyday, office.folder, office.actors, office.signers)
        with pytest.raises(NoDatabaseRoleError):
            office.destroy(listed)
        assert office.record(number).state == "closed"
        assert office.storage_root.has_object(f"record/{number}")


TOMBSTONE_FAULTS = {
    "tombstone gone": ("DELETE FROM tombstone WHERE subject = 'record/{number}'", "tombstone-missing"),
    "tombstone changed": (
        "UPDATE tombstone SET content = replace(content, '2030-03-12', '2029-03-12') WHERE subject = 'record/{number}'",
        "tombstone-altered",
    ),
    "road forged": ("INSERT INTO disposition VALUES ('record/{list}', 'record/{other}', 'approved')", "row-added"),
    "road forgotten": ("DELETE FROM disposition WHERE subject = 'record/{number}'", "row-missing"),
    "acts taken without a list": ("DELETE FROM act WHERE subject = 'record/{other}'", "act-missing"),
}


def test_a_forged_disposition_is_named(disposal_files: DisposalScene, stages: Stages, tmp_path: Path) -> None:
    number, other, _third = disposal_files.old.feedbacks
    with disposal_files.opened() as office:
        listed = office.ready([number])
        office.execute(listed)
    for name, (statement, code) in TOMBSTONE_FAULTS.items():
        with disposal_files.copied(stages, tmp_path / name.replace(" ", "-")) as copy:
            with tampering(copy.url) as connection:
                connection.exec_driver_sql(statement.format(number=number, other=other, list=listed))
            found = verify(copy.url, copy.folder / "archive")
            assert found.verdict is Answer.ALTERED, name
            assert code in {finding.code for finding in found.findings}, (name, found.findings)


def test_an_object_that_was_taken_away_or_left_is_named_by_the_archive_alone(
    disposal_files: DisposalScene, stages: Stages, tmp_path: Path
) -> None:
    number, other, _third = disposal_files.old.feedbacks
    with disposal_files.copied(stages, tmp_path / "before") as before, disposal_files.opened() as office:
        office.execute(office.ready([number]))
        root = office.storage_root
        kept = root.object_path(f"record/{number}").relative_to(root.path)
        shutil.copytree(before.folder / "archive" / "objects" / kept, root.path / kept)
        alone = verifier.verify(verifier.Medium(office.archive))
        assert "object-left" in {finding.code for finding in alone.kept if finding.severity == "altered"}
        assert verify(office.register.url, office.archive).verdict is Answer.ALTERED
        root.remove_object(f"record/{number}")
        root.remove_object(f"record/{other}")
        alone = verifier.verify(verifier.Medium(office.archive))
        assert {finding.code for finding in alone.kept if finding.severity == "altered"} == {"object-missing"}
