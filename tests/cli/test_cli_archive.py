"""``archive`` from the command line: mirrors, checks, packs."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from record_workspace import Desk, desk, record_template
from recordkeeper.cli.main import main
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


def test_a_check_is_dated_and_its_report_bound_by_an_event(office: Desk, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    checked = office.done("archive", "check", "--report", str(report), who="boss")
    assert (checked["share"], checked["findings"]) == (None, [])
    assert checked["objects"] > 10
    assert checked["bytes"] == sum(
        path.stat().st_size for path in (office.root / "archive/objects").glob("*/*/*/**/*") if path.is_file()
    )
    (event,) = [each for each in office.listed("audit", "log", "--limit", "500") if each["kind"] == "check"]
    assert event["flags"] == f"objects-{checked['objects']} findings-0"
    record = next((office.root / "archive/objects").glob("*/*/*/unit%2f1/v1/content/record.json"))
    salt = bytes.fromhex(json.loads(record.read_bytes())["acts"][0]["salt"])
    assert event["bound_digest"] == hashlib.sha256(salt + report.read_bytes()).hexdigest()
    assert json.loads(report.read_bytes())["at"] == checked["at"]
    assert office.run("verify") == 0


def test_shares_follow_one_another_until_all_was_looked_at(office: Desk) -> None:
    whole = office.done("archive", "check", who="boss")["objects"]
    shares = [office.done("archive", "check", "--shares", "3", who="boss") for _turn in range(4)]
    assert [each["share"] for each in shares] == [[1, 3], [2, 3], [3, 3], [1, 3]]
    assert sum(each["objects"] for each in shares[:3]) == whole
    assert all(0 < each["objects"] < whole for each in shares)
    done = office.listed("archive", "check", "--history", who="boss")
    assert [each["share"] for each in done] == [None, [1, 3], [2, 3], [3, 3], [1, 3]]
    assert [each["objects"] for each in done] == [whole, *(each["objects"] for each in shares)]


def test_a_damaged_object_is_found_by_the_share_that_it_is_in_and_a_lost_one_by_every_share(office: Desk) -> None:
    place = next((office.root / "archive/objects").glob("*/*/*/unit*"))
    (place / "v1/content/record.json").write_bytes(b"{}")
    statuses = [office.run("archive", "check", "--shares", "3", who="boss") for _turn in range(3)]
    assert sorted(statuses) == [0, 0, 1]
    shutil.rmtree(next((office.root / "archive/objects").glob("*/*/*/procedure*")))
    assert [office.run("archive", "check", "--shares", "3", who="boss") for _turn in range(3)] == [1, 1, 1]
    assert office.run("archive", "check", "--shares", "0", who="boss") == 2
    assert office.run("archive", "check") == 1
    assert office.run("archive", "check", who="nobody") == 1


@pytest.fixture(params=["gone", "not mounted"])
def clerk(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    """A machine that has the configuration and reaches the database; archive and log key are on the publisher's."""
    (desk.root / "archive").rename(desk.root.with_name("of the publisher"))
    if request.param == "not mounted":
        (desk.root / "archive").mkdir()
    return desk


def below(archive: Path) -> list[Path]:
    return sorted(archive.rglob("*"))


def test_where_the_archive_is_elsewhere_verify_judges_the_register_and_cannot_assess_the_archive(clerk: Desk) -> None:
    clerk.new()
    assert clerk.run("verify", "--json") == 6
    report = json.loads(clerk.out)
    assert {name: each["answer"] for name, each in report["aspects"].items()} == {
        "records": "ok", "register": "ok", "signatures": "ok",
        "files": "cannot assess", "log": "cannot assess", "tail": "cannot assess",
    }  # fmt: skip
    found = {(each["code"], each["subject"]) for each in report["findings"] if each["severity"] != "warning"}
    assert (report["verdict"], found) == ("cannot assess", {("archive-elsewhere", str(clerk.root / "archive"))})
    assert below(clerk.root / "archive") == []
    clerk.language = "zh"
    assert clerk.run("verify") == 6
    assert f"{clerk.root / 'archive'}：本机没有档案库" in clerk.out


def test_beside_the_log_key_an_archive_that_is_missing_was_taken_away(office: Desk) -> None:
    (office.root / "archive").rename(office.root / "taken")
    assert office.run("verify", "--json") == 1
    answers = {name: each["answer"] for name, each in json.loads(office.out)["aspects"].items()}
    assert (answers["files"], answers["log"]) == ("altered", "altered")
    assert office.run("archive", "check", who="boss") == 1
    refused = office.refused("backup", str(office.root / "backup.zip"), who="boss")
    assert (refused["kind"], refused["status"]) == ("no-archive-here", "5")
    (office.root / "log.key").unlink()
    assert office.run("verify", "--json") == 6


@pytest.mark.parametrize(
    "words",
    [
        ("backup", "{out}.zip"),
        ("archive", "check"),
        ("archive", "list"),
        ("audit", "check"),
        ("audit", "prove", "QR-015-01/2026-0001"),
        ("archive", "export", "{out}.zip"),
        ("archive", "mirror", "{out}"),
        ("archive", "mirror"),
        ("archive", "test", "--occasion", "yearly"),
        ("archive", "test", "--occasion", "yearly", "--dry-run"),
        ("restore", "{out}.zip", "--drill"),
        ("retention", "pack", "QR-015-01/2026-0001", "{out}.zip"),
        ("retention", "execute", "QR-015-01/2026-0001", "--place", "3 号楼", "--yes"),
        ("retention", "hand-over", "QR-015-01/2026-0001", "--keep", "nothing", "--yes"),
    ],
    ids=" ".join,
)
def test_what_needs_the_archive_is_done_where_it_is(clerk: Desk, tmp_path: Path, words: tuple[str, ...]) -> None:
    if "--drill" in words:
        (tmp_path / "out.zip").write_bytes(b"")
    (tmp_path / "state").mkdir()  # of the sessions
    there, events = sorted(tmp_path.iterdir()), clerk.events("check")
    refused = clerk.refused(*(word.format(out=tmp_path / "out") for word in words), who="boss")
    assert (refused["kind"], refused["status"]) == ("no-archive-here", "5")
    assert refused["message"] == (
        f"{clerk.root / 'archive'}: there is no archive on this machine: this is done on the machine that holds it"
    )
    assert (sorted(tmp_path.iterdir()), clerk.events("check"), below(clerk.root / "archive")) == (there, events, [])


def test_what_lies_beside_the_place_of_a_rebuilt_or_restored_workspace_stays(office: Desk, tmp_path: Path) -> None:
    """A folder of another's stays whatever it is called; one that a killed process left goes."""
    office.done("backup", str(tmp_path / "backup.zip"), who="boss")
    left = tmp_path / f".recordkeeper-{'0' * 32}.incoming"
    for words in (
        ("restore", str(tmp_path / "backup.zip")),
        ("archive", "rebuild", "--from", f"{office.root}/archive"),
    ):
        for folder in (tmp_path / ".again.incoming", left):
            folder.mkdir(exist_ok=True)
            (folder / "notes.txt").write_text("mine", encoding="utf-8")
        place = tmp_path / "again"
        assert main([*words, str(place), "--json"], {}) in {0, 6}
        assert (place / "recordkeeper.toml").is_file()
        assert (tmp_path / ".again.incoming" / "notes.txt").read_text(encoding="utf-8") == "mine"
        assert not left.exists()
        shutil.rmtree(place)


def test_a_rebuild_from_where_no_archive_is_names_the_place_and_makes_nothing(clerk: Desk, tmp_path: Path) -> None:
    refused = clerk.refused("archive", "rebuild", str(tmp_path / "again"), "--from", str(clerk.root / "archive"))
    assert refused["status"] == "4"
    assert str(clerk.root / "archive") in refused["message"]
    assert not (tmp_path / "again").exists()


def test_a_pack_is_written_checked_by_its_own_verifier_and_leaves_events(office: Desk, tmp_path: Path) -> None:
    number = office.closed()
    file = tmp_path / "pack.zip"
    assert office.run("archive", "export", str(file), who="quality") == 3
    made = office.done("archive", "export", str(file), number, who="boss")
    assert (made["records"], made["left_out"] > 0) == (1, True)
    done = subprocess.run(
        [sys.executable, "-I", office.root / "archive" / "verifier.py", file, "--lang", "en"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "A selection:" in done.stdout
    assert [subject for subject, _actor in office.events("export")] == [f"record/{number}"]
    assert office.run("archive", "export", str(file), who="boss") == 2
    assert office.run("archive", "export", str(tmp_path / "other.zip"), "QR-017-02/2026-9999", who="boss") == 4
    assert not (tmp_path / "other.zip").exists()


def test_a_workspace_is_rebuilt_from_its_archive_and_its_controller_goes_on(
    office: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = office.closed()
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE", "rain on the roof")
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "rain on the roof")
    place, archive = tmp_path / "again", office.root / "archive"
    given = ["--from", str(archive), "--log-key", str(office.root / "log.key"), "--controller", "boss"]
    assert main(["archive", "rebuild", str(place), *given, "--json"], {}) == 0
    rebuilt = json.loads(capsys.readouterr().out)
    assert (rebuilt["verdict"], rebuilt["subjects"]["record"]) == ("cannot assess", 1)
    assert "party/1" in rebuilt["elsewhere"]
    at = ["--workspace", str(place), "--as", "boss"]
    assert main(["record", "show", number, *at], {}) == 0
    assert number in capsys.readouterr().out
    assert main(["verify", "--workspace", str(place)], {}) == 6
    assert main(["audit", "log", "--json", *at], {}) == 0
    assert main(["archive", "rebuild", str(place), *given], {}) == 2
    assert main(["archive", "rebuild", str(tmp_path / "new"), "--from", str(tmp_path / "none")], {}) == 4
    assert not (tmp_path / "new").exists()
