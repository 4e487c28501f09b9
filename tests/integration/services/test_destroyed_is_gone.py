"""What was destroyed is in no byte of database, journal, archive and mirrors; what cannot be reached is named."""

import pytest

from company import FEEDBACK, NOW
from destroyed_bytes import MARK, PACK, files_below, files_of_database, places_of_mark, sample
from disposal_office import COOLED, LATER, DisposalOffice, DisposalScene, check_verified
from recordkeeper.register.connection import sqlite_path
from recordkeeper.register.residue import wipe
from recordkeeper.services import extraction, lifecycle
from recordkeeper.services.destruction import certificate_of
from recordkeeper.services.destruction_certificate import NotWipedError, Said, certify
from recordkeeper.services.extraction import Selection
from recordkeeper.services.mirroring import follow, keep_mirror
from recordkeeper.services.searching import Criteria
from stage import SQLITE, Stages


def marked(office: DisposalOffice) -> str:
    """The number of a closed record that holds the mark, in a value and in a packed attachment."""
    number = office.new("clerk", "QR-017-02", {**FEEDBACK, "customer": MARK})
    lifecycle.attach(office.register, office.by("clerk"), NOW, number, "名单.zip", "application/zip", PACK.getvalue())
    office.go_all_the_way(number)
    office.publish()
    return number


def test_what_was_destroyed_is_in_no_byte_of_database_archive_and_mirrors(
    disposal_files: DisposalScene, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scene, place = disposal_files, tmp_path_factory.mktemp("mirror") / "copy"
    with scene.opened() as office:
        number = marked(office)
        mirror = keep_mirror(office.publisher, office.by("controller"), place, LATER)
        follow(office.publisher, mirror, office.by("controller"), LATER)
        listed = office.ready([number])
    sample(scene.url)
    for files in (files_below(scene.folder / "archive"), files_below(place), files_of_database(scene.url, stages)):
        assert list(places_of_mark(files))  # it is found where it stands: the search below can fail
    with scene.opened() as office:
        office.execute(listed)
        check_verified(office)
        left = [*places_of_mark(files_of_database(scene.url, stages)), *places_of_mark(files_below(scene.folder))]
        assert left == []
    assert list(places_of_mark(files_of_database(scene.url, stages))) == []
    assert list(places_of_mark(files_below(place))) == []


def test_the_certificate_names_mirrors_out_of_reach_exports_and_what_the_server_keeps(
    disposal_files: DisposalScene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("away") / "copy"
    with disposal_files.opened() as office:
        number = disposal_files.old.feedbacks[0]
        mirror = keep_mirror(office.publisher, office.by("controller"), place, LATER)
        follow(office.publisher, mirror, office.by("controller"), LATER)
        selection = Selection([number], Criteria())
        extraction.export_json(office.register, office.by("clerk"), NOW, selection)
        listed = office.ready([number])
        place.rename(place.with_name("unplugged"))
        _closed, certificate = office.execute(listed)
        told = certificate_of(office.register, office.by("archivist"), COOLED, listed)
        expected = {"mirror", "export"} | (set() if sqlite_path(disposal_files.url) else {"wal"})
        assert {kind for kind, _detail in told.rest} == expected
        statement = str(certificate.values["statement"])
        assert str(place) in statement
        assert number in statement
        assert "备份" in statement
        place.with_name("unplugged").rename(place)
        followed = follow(office.publisher, mirror, office.by("controller"), COOLED)
        assert followed.removed == [f"record/{number}"]


@pytest.mark.parametrize("database", [SQLITE])
def test_while_somebody_reads_the_journal_the_certificate_waits(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office, disposal_files.opened() as other:
        listed = office.ready([disposal_files.old.feedbacks[0]])
        with other.register.reading():
            progress = office.destroy(listed)
            residue = wipe(office.register, 0)
            assert not residue.is_wiped
            with pytest.raises(NotWipedError):
                certify(office.executor(listed), office.key("archivist"), Said("室", "室"), residue, progress)
        _closed, certificate = office.finish(listed)
        assert certificate.values["destroyed_count"] == "1"
        check_verified(office)
