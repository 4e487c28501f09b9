"""``archive`` from the command line: mirrors, checks, packs."""

import shutil
from pathlib import Path

import pytest

from record_workspace import Desk, desk, record_template
from stage import Stage

__all__ = ["desk", "record_template"]


@pytest.fixture
def office(desk: Desk, record_template: Stage[None], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A workspace that publishes itself, with one record; no LibreOffice, for nothing here is printed."""
    monkeypatch.setenv("PATH", "")
    shutil.copy(record_template.folder / "log.key", desk.root / "log.key")
    desk.new()
    return desk


def test_a_mirror_is_kept_followed_and_forgotten(office: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    assert office.run("archive", "mirror", who="boss") == 4
    assert "none is kept yet" in office.err
    (made,) = office.listed("archive", "mirror", str(folder), who="boss")
    assert (made["mirror"], made["findings"], made["removed"]) == (str(folder), [], [])
    assert made["versions_copied"] > made["objects"] > 10
    (again,) = office.listed("archive", "mirror", who="boss")
    assert (again["versions_copied"], again["findings"]) == (0, [])
    (folder / "objects" / "more.txt").write_bytes(b"more")
    assert office.run("archive", "mirror", who="boss") == 1
    assert "root-file" in office.out
    assert office.run("archive", "mirror", str(folder), "--forget", "--yes", who="boss") == 0
    assert office.run("archive", "mirror", str(folder), "--forget", "--yes", who="boss") == 4
    assert (folder / "objects" / "more.txt").exists()
    assert office.run("verify") == 0


def test_a_mirror_of_another_than_a_controller_or_in_the_archive_itself_is_refused(office: Desk) -> None:
    assert office.run("archive", "mirror", str(office.root / "second"), who="quality") == 3
    assert not (office.root / "second").exists()
    assert office.run("archive", "mirror", str(office.root / "archive" / "second"), who="boss") == 2
    assert office.run("archive", "mirror", "--forget", who="boss") == 2


def test_a_mirror_whose_disk_is_away_is_said_and_nothing_is_made_in_its_place(office: Desk, tmp_path: Path) -> None:
    office.listed("archive", "mirror", str(tmp_path / "second"), who="boss")
    (tmp_path / "second").rename(tmp_path / "unplugged")
    assert office.run("archive", "mirror", who="boss") == 5
    assert "not there" in office.err
    assert not (tmp_path / "second").exists()
