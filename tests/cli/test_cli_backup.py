"""``backup`` and ``restore`` from the command line, the drill among them."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from record_workspace import SECRET, Desk, desk, record_template
from recordkeeper.cli.main import main
from stage import Stage

__all__ = ["desk", "record_template"]

SEALING = {"RECORDKEEPER_BACKUP_PASSPHRASE": "a passphrase of its own"}


@pytest.fixture
def office(desk: Desk, record_template: Stage[None], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A workspace that publishes itself, with one record; no LibreOffice, for nothing here is printed."""
    monkeypatch.setenv("PATH", "")
    shutil.copy(record_template.folder / "log.key", desk.root / "log.key")
    desk.new()
    return desk


def test_a_restored_workspace_goes_on_where_the_backup_was_made(
    office: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SEALING.items():
        monkeypatch.setenv(name, value)
    made = office.done("backup", str(tmp_path / "backup.zip"), "--with-log-key", who="boss")
    assert (made["has_log_key"], made["events"]) == (True, len(office.listed("audit", "log", "--limit", "999")) - 1)
    place = tmp_path / "again"
    assert main(["restore", str(tmp_path / "backup.zip"), str(place), "--json"], {}) == 0
    restored = json.loads(capsys.readouterr().out)
    assert (restored["verdict"], restored["workspace"]) == ("ok", str(place))
    assert {"archive", "log.key", "recordkeeper.toml", "records.db"} <= {path.name for path in place.iterdir()}
    number = office.done("record", "find")["records"][0]["number"]
    environment = {"RECORDKEEPER_PASSPHRASE": SECRET}
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
    assert main(["record", "sign", number, "--workspace", str(place), "--as", "staff"], environment) == 0
    assert main(["verify", "--workspace", str(place)], environment) == 0
    assert main(["restore", str(tmp_path / "backup.zip"), str(place)], environment) == 2
    assert str(place) in capsys.readouterr().err


def test_a_drill_restores_aside_verifies_compares_and_leaves_an_event(office: Desk, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    office.done("backup", str(file), who="boss")
    assert office.events("backup") == [("unit/1", office.events("backup")[0][1])]
    office.new()
    drilled = office.done("restore", str(file), "--drill", who="boss")
    assert "the drill needs none" in office.err
    assert "nothing can be published" not in office.err
    assert (drilled["verdict"], [each for each in drilled["findings"] if each["severity"] == "altered"]) == ("ok", [])
    assert drilled["acts"] > 50
    assert drilled["objects"] > 10
    assert len(office.events("drill")) == 1
    assert sorted(path.name for path in tmp_path.iterdir() if "drill" in path.name) == []
    assert office.run("verify") == 0


def test_a_pack_is_called_a_zip(office: Desk, tmp_path: Path) -> None:
    for words in (("backup",), ("archive", "export")):
        error = office.refused(*words, str(tmp_path / "pack.txt"), who="boss")
        assert (error["status"], "expected FILE.zip" in error["message"]) == ("2", True)
    assert list(tmp_path.glob("pack*")) == []


def test_a_drill_tells_of_a_workspace_that_is_not_as_the_backup_has_it(office: Desk, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    office.done("backup", str(file), who="boss")
    shutil.rmtree(next((office.root / "archive/objects").glob("*/*/*/procedure*")))
    assert office.run("restore", str(file), "--drill", who="boss") == 1
    assert "backup-differs" in office.out


def test_backups_are_refused_where_they_cannot_be(office: Desk, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    assert office.run("backup", str(file), who="quality") == 3
    assert not file.exists()
    office.done("backup", str(file), who="boss")
    assert office.run("backup", str(file), who="boss") == 2
    assert office.run("restore", str(file), who="boss") == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_bytes(b"")
    assert office.run("restore", str(file), str(tmp_path / "full"), who="boss") == 2
    assert office.run("restore", str(tmp_path / "none.zip"), str(tmp_path / "new"), who="boss") == 4
    (tmp_path / "text.zip").write_bytes(b"Dear Sir or Madam")
    assert office.run("restore", str(tmp_path / "text.zip"), str(tmp_path / "new"), who="boss") == 2
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("../../evil", b"x")
    assert office.run("restore", str(file), str(tmp_path / "new"), who="boss") == 2
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith((".", "new", "evil"))) == []
