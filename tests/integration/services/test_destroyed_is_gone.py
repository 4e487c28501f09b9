"""What was destroyed is in no byte of database, journal, archive and mirrors; what cannot be reached is named."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy

from company import FEEDBACK, NOW
from disposal_office import COOLED, LATER, DisposalOffice, DisposalScene, check_verified
from recordkeeper.register.connection import sqlite_path
from recordkeeper.register.residue import wipe
from recordkeeper.services import extraction, lifecycle
from recordkeeper.services.destruction import certificate_of
from recordkeeper.services.destruction_certificate import NotWipedError, Said, certify
from recordkeeper.services.extraction import Selection
from recordkeeper.services.mirroring import follow, keep_mirror
from recordkeeper.services.searching import Criteria
from scratch_postgresql import as_superuser
from stage import SQLITE, Stages

MARK = "住户甲乙丙丁一二三四五"
PACK = BytesIO()
with zipfile.ZipFile(PACK, "w", zipfile.ZIP_DEFLATED) as _archive:
    _archive.writestr("名单.txt", MARK.encode("utf-16"))
SPELLINGS = [*(MARK.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")), PACK.getvalue()[40:80]]
"""The mark in each way in which its bytes may stand, and part of the bytes of the pack that holds it."""


def marked(office: DisposalOffice) -> str:
    """The number of a closed record that holds the mark, in a value and in a packed attachment."""
    number = office.new("clerk", "QR-017-02", {**FEEDBACK, "customer": MARK})
    lifecycle.attach(office.register, office.by("clerk"), NOW, number, "名单.zip", "application/zip", PACK.getvalue())
    office.go_all_the_way(number)
    office.publish()
    return number


def places_of_mark(files: Iterator[tuple[str, bytes]]) -> Iterator[str]:
    """Every file, packed ones included, in whose bytes the mark stands in some spelling."""
    for name, data in files:
        if any(spelling in data for spelling in SPELLINGS):
            yield name
        if data.startswith(b"PK") and zipfile.is_zipfile(BytesIO(data)):
            with zipfile.ZipFile(BytesIO(data)) as pack:
                members = ((f"{name}/{member}", pack.read(member)) for member in pack.namelist())
                yield from places_of_mark(members)


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def files_of_database(url: str, stages: Stages) -> Iterator[tuple[str, bytes]]:
    """The files of a database: its one file with the journal beside it, or the server's files of its tables."""
    path = sqlite_path(url)
    if path is not None:
        yield from ((each.name, each.read_bytes()) for each in path.parent.glob(f"{path.name}*"))
        return
    engine = sqlalchemy.create_engine(as_superuser(url), isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("CHECKPOINT"))
        oid = connection.scalar(sqlalchemy.text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    yield from files_below(stages.server.folder / "data" / "base" / str(oid))


def test_what_was_destroyed_is_in_no_byte_of_database_archive_and_mirrors(
    disposal_files: DisposalScene, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scene, place = disposal_files, tmp_path_factory.mktemp("mirror") / "copy"
    with scene.opened() as office:
        number = marked(office)
        mirror = keep_mirror(office.publisher, office.by("controller"), place, LATER)
        follow(office.publisher, mirror, office.by("controller"), LATER)
        listed = office.ready([number])
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
