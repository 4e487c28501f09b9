import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from ocfl.storage_root import StorageRoot as OcflPyRoot

from company import ENTRY, FEEDBACK, NOW, Company, Scene
from recordkeeper.model.canonical import canonical, parse_json
from recordkeeper.model.rich_text import mark
from recordkeeper.model.value import format_moment
from recordkeeper.ocfl.inventory import parse_inventory
from recordkeeper.services import publication
from recordkeeper.services.preservation import RECORD_FILE, draft_of, record_file
from recordkeeper.services.publication import ArchiveAbsentError, pending, publish
from recordkeeper.services.rendering import render_record
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import Answer, verify
from stage import Stages

SHEET = "QR-017-01/2026-11"
STRUCK = re.compile(r'<w:strike(?:/>| w:val="(?:1|true)")')


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "publisher.lock"
    }


def runs_of(docx: bytes) -> list[tuple[str, bool]]:
    """The text of each run of the body that has one, in their order, and whether it is struck."""
    xml = zipfile.ZipFile(BytesIO(docx)).read("word/document.xml").decode()
    runs = [
        ("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", run)), bool(STRUCK.search(run)))
        for run in re.findall(r"<w:r(?: [^>]*)?>.*?</w:r>", xml, re.DOTALL)
    ]
    return [(text, is_struck) for text, is_struck in runs if text.strip()]


def test_everything_that_is_due_is_archived_stored_and_published(company: Company) -> None:
    number = company.closed_feedback()
    waiting = pending(company.register)
    assert f"record/{number}" in waiting.unarchived
    assert waiting.unpublished > 0
    outcome = company.publish()
    assert outcome.problems == []
    assert set(outcome.archived) == set(waiting.unarchived)
    assert outcome.stored == len(outcome.archived)
    assert outcome.without_pdf == 1
    assert pending(company.register).is_nothing
    assert f"record/{number}" in set(company.storage_root.object_ids())


def test_publishing_again_changes_nothing(company: Company) -> None:
    company.closed_feedback()
    company.publish()
    with company.register.reading() as snapshot:
        before = (snapshot.event_count(), snapshot.checkpoints())
    files = files_below(company.archive)
    again = company.publish()
    assert (again.archived, again.stored, again.problems) == ([], 0, [])
    with company.register.reading() as snapshot:
        assert (snapshot.event_count(), snapshot.checkpoints()) == before
    assert files_below(company.archive) == files


@pytest.mark.parametrize("is_mounted", [False, True])
def test_no_new_archive_is_begun_where_the_old_one_is_not_there(company: Company, *, is_mounted: bool) -> None:
    company.publish()
    number = company.closed_feedback()
    aside = company.archive.rename(company.archive.with_name("aside"))
    if is_mounted:
        company.archive.mkdir()
    with company.register.reading() as snapshot:
        before = (snapshot.event_count(), snapshot.checkpoints())
    with pytest.raises(ArchiveAbsentError, match="nothing of what was published"):
        company.publish()
    assert not company.archive.exists() or not any(company.archive.iterdir())
    with company.register.reading() as snapshot:
        assert (snapshot.event_count(), snapshot.checkpoints()) == before
    if is_mounted:
        company.archive.rmdir()
    aside.rename(company.archive)
    assert f"record/{number}" in company.publish().archived
    assert pending(company.register).is_nothing


def test_the_archived_record_is_exactly_the_bytes_that_are_digested(company: Company) -> None:
    number = company.closed_feedback()
    company.publish()
    stored = company.storage_root.read_file(f"record/{number}", RECORD_FILE)
    with company.register.reading() as snapshot:
        history = load(snapshot, number).history
    assert stored == record_file(history, ())
    assert canonical(parse_json(stored, RECORD_FILE)) == stored
    assert history.acts[-1].kind == "archive"
    assert history.acts[-1].by == "program"
    assert b"argon2" not in stored


def test_an_amendment_after_archiving_makes_a_further_version_with_the_struck_value(company: Company) -> None:
    number = company.closed_feedback()
    company.publish()
    company.amend("clerk", number, {"phone": "138-0000-1204"})
    assert company.publish().archived == []
    company.countersign("quality", number, 1)
    assert company.publish().archived == [f"record/{number}"]
    document = f"{number.replace('/', '_')}.docx"
    first = runs_of(company.storage_root.read_file(f"record/{number}", document, 1))
    second = runs_of(company.storage_root.read_file(f"record/{number}", document, 2))
    assert not any(is_struck for _text, is_struck in first)
    assert ("138-0000-1024", False) in first
    place = second.index(("138-0000-1024", True))
    assert second[place + 1] == ("138-0000-1204", False)
    assert second[place + 2] == (mark(1), False)


def test_of_a_long_text_the_changed_words_alone_are_struck(company: Company) -> None:
    number = company.closed_feedback()
    company.amend("clerk", number, {"content": FEEDBACK["content"].replace("6 盏", "9 盏")})
    company.countersign("quality", number, 1)
    company.publish()
    runs = runs_of(company.storage_root.read_file(f"record/{number}", f"{number.replace('/', '_')}.docx"))
    place = runs.index(("6", True))
    assert runs[place + 1 : place + 3] == [("9", False), (mark(1), False)]
    assert runs[place - 1][0].endswith("照明灯损坏 ")


def test_equal_acts_render_to_equal_bytes(company: Company) -> None:
    number = company.closed_feedback()
    with company.register.reading() as snapshot:
        documents = {render_record(snapshot, Setting(snapshot, NOW), load(snapshot, number)) for _time in range(2)}
    assert len(documents) == 1


def test_a_row_is_archived_with_its_sheet_and_again_when_it_changes(company: Company) -> None:
    row = company.new("clerk", "QR-017-01", {**ENTRY, "answered_at_once": "是", "referred_to": "", "reply_due": ""})
    company.fill("clerk", SHEET, {"summary": "开票"})
    company.sign("head", SHEET)
    archived = company.publish().archived
    assert f"sheet/{SHEET}" in archived
    assert f"record/{row}" not in archived
    company.amend("clerk", row, {"caller": "周文绢"})
    company.countersign("quality", row, 1)
    late = company.new("clerk", "QR-017-01", dict(ENTRY))
    assert company.publish().archived == [f"sheet/{SHEET}"]
    stored = parse_json(company.storage_root.read_file(f"sheet/{SHEET}", RECORD_FILE), RECORD_FILE)
    assert isinstance(stored, dict)
    assert [each["subject"] for each in stored["rows"]] == [f"record/{row}", f"record/{late}"]
    report = verify(company.register.url, company.archive)
    assert report.verdict is Answer.OK


def test_a_sheet_whose_row_changed_while_it_was_rendered_is_left_for_the_next_run(company: Company) -> None:
    row = company.new("clerk", "QR-017-01", dict(ENTRY))
    company.fill("clerk", SHEET, {"summary": "开票"})
    company.sign("head", SHEET)
    company.publish()
    company.fill("clerk", row, {"replied_on": "2026-11-05", "reply": "已办"})
    with company.register.reading() as snapshot:
        stale = draft_of(snapshot, Setting(snapshot, NOW), f"sheet/{SHEET}")
    assert stale is not None
    company.amend("clerk", row, {"reply": "已办妥"}, "fact")
    assert not publication._archive_one(company.publisher, stale, None, NOW)
    assert company.publish().archived == [f"sheet/{SHEET}"]
    assert verify(company.register.url, company.archive).verdict is Answer.OK


def test_an_attached_file_stands_in_the_archive(company: Company) -> None:
    from recordkeeper.services import lifecycle

    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    record = lifecycle.attach(company.register, company.by("clerk"), NOW, number, "现场.txt", "text/plain", b"six")
    lifecycle.void(company.register, company.by("clerk"), NOW, number, "重复")
    company.publish()
    path = f"attachments/{record.attachments[0].digest}"
    assert company.storage_root.read_file(f"record/{number}", path) == b"six"


def test_a_damaged_object_keeps_nothing_else_from_being_archived_and_published(scene: Scene) -> None:
    with scene.opened() as company:
        company.amend("clerk", "QR-017-02/2026-0001", {"room": "1-1-0101"}, "fact")
        company.countersign("quality", "QR-017-02/2026-0001", 3)
        place = company.storage_root.object_path("record/QR-017-02/2026-0001")
        (place / "inventory.json").write_bytes(b"{}")
        number = company.closed_feedback()
        outcome = company.publish()
        assert outcome.archived == [f"record/{number}"]
        assert len(outcome.problems) == 1
        assert "QR-017-02/2026-0001" in outcome.problems[0]
        assert pending(company.register).unpublished == 0
    report = verify(scene.url, scene.archive)
    assert report.aspects["files"].answer is Answer.ALTERED


@pytest.fixture(autouse=True)
def _no_libreoffice(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("needs_libreoffice") is None:
        request.getfixturevalue("without_libreoffice")


@pytest.mark.needs_libreoffice
def test_with_libreoffice_a_version_holds_its_pdf(begun_scene: Scene) -> None:
    with begun_scene.opened() as company:
        number = company.closed_feedback()
        outcome = company.publish()
    assert (outcome.problems, outcome.without_pdf) == ([], 0)
    data = company.storage_root.read_file(f"record/{number}", f"{number.replace('/', '_')}.pdf")
    assert data.startswith(b"%PDF-")


def test_a_version_without_a_pdf_says_so(company: Company) -> None:
    number = company.closed_feedback()
    company.publish()
    with company.register.reading() as snapshot:
        assert load(snapshot, number).history.acts[-1].content["pdf"] is False
    inventory = company.storage_root.read_inventory(f"record/{number}")
    assert inventory is not None
    names = {name for paths in parse_inventory(inventory, f"record/{number}").states[1].values() for name in paths}
    assert names == {RECORD_FILE, f"{number.replace('/', '_')}.docx"}


def test_a_log_ahead_of_the_register_is_never_overwritten(scene: Scene, stages: Stages) -> None:
    with stages.register_copied(scene.url, scene.folder / "yesterday.db") as url:
        with scene.opened() as company:
            company.closed_feedback()
            company.publish()
        log = files_below(scene.archive / "log")
        with Scene(url, scene.folder, scene.like).opened() as company:
            assert company.publish().problems != []
            for _time in range(2):
                company.closed_feedback()
            assert company.publish().problems != []
        assert files_below(scene.archive / "log") == log
        assert verify(url, scene.archive).aspects["log"].answer is Answer.ALTERED


def test_the_archive_stays_valid_for_another_program_over_versions(company: Company) -> None:
    number = company.closed_feedback()
    company.publish()
    company.amend("clerk", number, {"phone": "138-0000-1204"}, "fact")
    company.countersign("quality", number, 1)
    company.publish()
    root = OcflPyRoot(root=str(company.archive / "objects"))
    assert root.validate(validate_objects=True, check_digests=True)
    assert root.good_objects == root.num_objects


def test_each_issued_record_bears_the_checkpoint_of_its_time(company: Company) -> None:
    first = company.new("clerk", "QR-017-02", None)
    company.publish()
    second = company.new("clerk", "QR-017-02", None)
    with company.register.reading() as snapshot:
        assert load(snapshot, first).opening["checkpoint"] == ""
        size = snapshot.checkpoints()[-1][0]
        assert str(load(snapshot, second).opening["checkpoint"]).startswith(f"{size}·")
        assert load(snapshot, second).history.acts[1].at == format_moment(NOW)


def test_a_publisher_without_a_log_key_does_nothing(company: Company) -> None:
    (company.folder / "log.key").unlink()
    with pytest.raises(Exception, match=r"log\.key") as refused:
        publish(company.publisher, NOW)
    assert getattr(refused.value, "kind", "") == "unusable-log-key"
