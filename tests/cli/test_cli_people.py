"""A workspace from its first command: init, sessions, users, units, parties, premises."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recordkeeper.cli.main import main
from recordkeeper.credentials.keyring import create_credential
from recordkeeper.register.engine import open_register

SECRET, OTHER = "correct horse", "battery staple"

Answer = Callable[..., object]


@pytest.fixture(autouse=True)
def _surroundings(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RECORDKEEPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE", OTHER)
    monkeypatch.setenv("DATABASE_OF_THE_TEST", empty_url)
    (tmp_path / "ws").mkdir()
    monkeypatch.chdir(tmp_path / "ws")


def run(*arguments: str) -> int:
    return main([*arguments, "--lang", "en"], {})


def begin() -> int:
    database = os.environ["DATABASE_OF_THE_TEST"]
    return run("init", "--company", "绿城物业", "--login", "boss", "--name", "李雷", "--database", database)


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Answer:
    """Runs a command with --json and returns its document."""

    def answered(*arguments: str) -> object:
        capsys.readouterr()
        run(*arguments, "--json")
        return json.loads(capsys.readouterr().out)

    return answered


@pytest.fixture
def boss(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace in the current folder, in which boss acts."""
    assert begin() == 0
    monkeypatch.setenv("RECORDKEEPER_USER", "boss")
    assert run("login") == 0


def test_init_makes_a_workspace_and_prints_the_logs_public_key(answer: Answer) -> None:
    made = answer("init", "new", "--company", "绿城物业", "--login", "boss", "--name", "李雷")
    assert isinstance(made, dict)
    folder = Path("new")
    assert made["log_key"].startswith("recordkeeper/")
    assert (folder / "log.key").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" in (folder / "log.key").read_text()
    assert "PRIVATE" not in str(made)
    assert (folder / "archive" / "objects" / "0=ocfl_1.1").is_file()
    shown = answer("unit", "show", "HQ", "--workspace", "new", "--as", "boss")
    assert isinstance(shown, dict)
    assert (shown["log_key"], shown["time_zone"]) == (made["log_key"], "Asia/Shanghai")


def test_init_refuses_a_folder_that_is_a_workspace(capsys: pytest.CaptureFixture[str]) -> None:
    assert begin() == 0
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert begin() == 3
    assert "recordkeeper.toml" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("left", ["records.db", "log.key"])
def test_init_refuses_a_folder_that_holds_a_part_of_one(left: str) -> None:
    Path(left).write_bytes(b"precious")
    assert run("init", "--company", "绿城物业", "--login", "boss", "--name", "李雷", "--database", "records.db") == 3
    assert Path(left).read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("option", "value"), [("--login", "Boss!"), ("--time-zone", "Mars/Base"), ("--company", " "), ("--code", "hq")]
)
def test_init_with_wrong_input_makes_nothing(option: str, value: str) -> None:
    arguments = ["init", "--company", "a", "--login", "boss", "--name", "b", option, value]
    assert run(*arguments) == 2
    assert list(Path().iterdir()) == []


def test_init_without_a_passphrase_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "short")
    assert begin() == 2
    monkeypatch.delenv("RECORDKEEPER_PASSPHRASE")
    assert begin() == 2
    assert list(Path().iterdir()) == []


def test_init_that_fails_leaves_the_folder_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device", "archive")

    monkeypatch.setattr("recordkeeper.ocfl.storage_root.StorageRoot.create", fail)
    assert begin() == 5
    assert [path for path in Path().rglob("*") if path.is_file()] == []
    monkeypatch.undo()


def test_init_takes_a_database_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert begin() == 0
    assert not Path("records.db").exists()
    monkeypatch.setenv("RECORDKEEPER_USER", "boss")
    assert run("unit", "list") == 0
    Path("recordkeeper.toml").unlink()
    Path("log.key").unlink()
    assert begin() == 3
    assert not Path("log.key").exists()


def test_a_new_workspace_is_published_and_verifies() -> None:
    assert begin() == 0
    assert event_kinds()[:2] == ["init", "init"]
    assert Path("archive/log/checkpoint").is_file()
    assert run("verify") == 0


def test_a_refused_init_leaves_no_event_in_the_workspace_that_is_there() -> None:
    assert begin() == 0
    before = event_kinds()
    assert begin() == 3
    assert event_kinds() == before


def test_a_name_alone_proves_nothing(monkeypatch: pytest.MonkeyPatch, boss: None) -> None:
    del boss
    assert run("logout") == 0
    monkeypatch.delenv("RECORDKEEPER_PASSPHRASE")
    assert run("unit", "list") == 3
    monkeypatch.delenv("RECORDKEEPER_USER")
    assert run("unit", "list") == 3


def test_a_session_lets_its_person_act_without_the_passphrase(
    monkeypatch: pytest.MonkeyPatch, boss: None, answer: Answer
) -> None:
    del boss
    monkeypatch.delenv("RECORDKEEPER_PASSPHRASE")
    monkeypatch.delenv("RECORDKEEPER_USER")
    who = answer("whoami")
    assert isinstance(who, dict)
    assert who["login"] == "boss"
    assert [(each["role"], each["unit"]) for each in who["roles"]] == [("controller", "HQ")]
    assert answer("logout") == {"login": "boss"}
    assert answer("logout") == {"login": None}
    assert run("whoami") == 3


def test_a_wrong_passphrase_is_refused_and_leaves_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    assert begin() == 0
    before = event_kinds()
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", OTHER)
    assert run("login", "boss") == 3
    assert event_kinds() == [*before, "wrong-passphrase"]
    assert run("login", "nobody") == 4
    assert run("login") == 2


def event_kinds() -> list[str]:
    with open_register(os.environ["DATABASE_OF_THE_TEST"]) as register, register.reading() as snapshot:
        return [event.kind for event in snapshot.events()]


def test_a_refusal_leaves_one_event_and_wrong_input_none(boss: None) -> None:
    del boss
    before = event_kinds()
    assert run("user", "grant", "boss", "approver") == 3
    assert event_kinds() == [*before, "refuse"]
    assert run("user", "grant", "boss", "nonsense") == 2
    assert run("unit", "add", "no code", "--name-zh", "x") == 2
    assert run("unit", "show", "XX") == 4
    assert event_kinds() == [*before, "refuse"]


def test_users_are_added_given_roles_and_closed(boss: None, answer: Answer) -> None:
    del boss
    assert run("unit", "add", "SH", "--name-zh", "山海苑", "--kind", "estate") == 0
    assert answer("user", "add", "clerk", "--name", "王芳") == {"subject": "person/2", "login": "clerk"}
    assert run("user", "grant", "clerk", "批准人", "--unit", "SH", "--from", "2026-01-01") == 0
    assert run("user", "grant", "clerk", "approver", "--unit", "SH") == 3
    assert run("user", "grant", "clerk", "auditor", "--unit", "SH") == 2
    assert run("user", "grant", "clerk", "auditor", "--to", "2026-02-30") == 2
    assert run("user", "amend", "clerk", "--name", "王方") == 0
    shown = answer("user", "show", "clerk")
    assert isinstance(shown, dict)
    assert (shown["name"], shown["is_shared"], len(shown["keys"])) == ("王方", False, 1)
    assert shown["roles"] == [{"role": "approver", "unit": "SH", "valid_from": "2026-01-01", "valid_to": None}]
    assert run("user", "revoke", "clerk", "approver", "--unit", "SH") == 0
    assert run("user", "revoke", "clerk", "approver", "--unit", "SH") == 2
    assert run("user", "disable", "clerk", "--reason", "left") == 2
    assert run("user", "disable", "clerk", "--reason", "left", "--yes") == 0
    assert run("user", "disable", "boss", "--reason", "left", "--yes") == 3
    listed = answer("user", "list")
    assert isinstance(listed, list)
    assert [each["login"] for each in listed if each["disabled_on"]] == ["clerk"]


@pytest.mark.parametrize(
    ("language", "controller", "approver"),
    [("en", "Document controller", "Approver"), ("zh", "文控员", "批准人")],
)
def test_a_refusal_calls_a_role_by_its_name(
    boss: None, capsys: pytest.CaptureFixture[str], language: str, controller: str, approver: str
) -> None:
    def said(*arguments: str) -> str:
        capsys.readouterr()
        main([*arguments, "--lang", language], {})
        shown = capsys.readouterr()
        return shown.out + shown.err

    assert run("user", "add", "han", "--name", "韩梅梅") == 0
    assert run("user", "grant", "han", "approver", "--unit", "HQ") == 0
    os.environ["RECORDKEEPER_PASSPHRASE"] = OTHER
    for refusal in (
        said("unit", "add", "JX", "--name-zh", "锦绣", "--as", "han"),
        said("procedure", "install", "P02", "--as", "han"),
    ):
        assert controller in refusal
        assert "controller" not in refusal.replace(controller, "")
    os.environ["RECORDKEEPER_PASSPHRASE"] = SECRET
    for refusal in (
        said("user", "grant", "han", "approver"),
        said("user", "grant", "han", "auditor", "--to", "2199-01-01"),
        said("user", "list"),
    ):
        assert approver in refusal
        assert "approver" not in refusal
    assert controller in said("user", "revoke", "han", "controller")
    assert f"approver{'（' if language == 'zh' else ' ('}{approver}" in said("user", "grant", "han", "nobody")
    assert f"approver{'（' if language == 'zh' else ' ('}{approver}" in said("user", "show", "han")


def test_one_of_something_is_no_plural(boss: None, capsys: pytest.CaptureFixture[str]) -> None:
    Path("units.csv").write_text("name,kind\n周文娟,person\n", encoding="utf-8")
    capsys.readouterr()
    assert run("party", "import", "units.csv") == 0
    assert "units.csv: 1 row, 1 added, 0 rejected" in capsys.readouterr().out


def test_who_stands_in_for_whom_is_shown_to_both_until_it_is_over(
    monkeypatch: pytest.MonkeyPatch, boss: None, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    del boss
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE", os.environ["RECORDKEEPER_PASSPHRASE"])
    for login, name in (("clerk", "王芳"), ("desk", "赵敏")):
        assert run("user", "add", login, "--name", name) == 0
    until = ("--to", "2199-12-31", "--reason", "年休假")
    assert run("user", "deputize", "clerk", "desk", "--from", "2026-01-01", *until) == 0
    said = {"for": "clerk", "deputy": "desk", "unit": "HQ", "valid_from": "2026-01-01", "valid_to": "2199-12-31"}
    for words in (("user", "show", "clerk"), ("user", "show", "desk"), ("whoami", "--as", "desk")):
        shown = answer(*words)
        assert isinstance(shown, dict)
        assert shown["deputies"] == [said], words
    who = answer("whoami")
    assert isinstance(who, dict)
    assert who["deputies"] == []
    capsys.readouterr()
    assert run("whoami", "--as", "clerk", "--lang", "en") == 0
    assert "Stands in for\tDeputy\tUnit\tFrom\tTo\nclerk\tdesk\tHQ\t2026-01-01\t2199-12-31" in capsys.readouterr().out
    assert run("user", "deputize", "desk", "clerk", "--from", "2026-01-01", "--to", "2026-01-02", "--reason", "r") == 0
    shown = answer("user", "show", "clerk")
    assert isinstance(shown, dict)
    assert shown["deputies"] == [said]


def test_a_passphrase_is_changed_by_its_owner_and_reset_by_a_controller(
    monkeypatch: pytest.MonkeyPatch, boss: None
) -> None:
    del boss
    assert run("user", "add", "desk", "--name", "前台", "--shared") == 0
    assert run("user", "passphrase", "desk") == 2
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE", "a third one")
    assert run("user", "passphrase", "desk", "--reason", "forgotten") == 0
    assert run("user", "passphrase") == 0
    assert run("whoami") == 3
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "a third one")
    assert run("whoami") == 0
    assert run("whoami", "--as", "desk") == 0


def test_a_passphrase_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, boss: None, tmp_path: Path) -> None:
    del boss
    file = tmp_path / "secret"
    file.write_text(f"{OTHER}\n", encoding="utf-8")
    monkeypatch.delenv("RECORDKEEPER_NEW_PASSPHRASE")
    assert run("user", "add", "clerk", "--name", "王芳") == 2
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE_FILE", str(file))
    assert run("user", "add", "clerk", "--name", "王芳") == 0
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", OTHER)
    assert run("login", "clerk") == 0


def test_units_parties_and_premises_are_kept_and_shown(
    boss: None, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    del boss
    assert run("unit", "add", "SH", "--name-zh", "山海苑", "--name-en", "Shanhai", "--kind", "estate") == 0
    assert run("unit", "amend", "SH", "--name-en", "Shan Hai", "--reason", "spelling") == 0
    assert run("unit", "amend", "SH", "--name-en", "Shan Hai") == 2
    assert run("party", "add", "张伟", "--phone", "13800138000") == 0
    assert run("party", "amend", "张伟", "--phone", "") == 0
    assert run("premises", "add", "3-2-1201", "--unit", "SH") == 0
    assert run("premises", "amend", "3-2-1201", "--building", "3号楼") == 0
    assert run("premises", "occupy", "SH:3-2-1201", "张伟", "--capacity", "owner", "--from", "2020年5月1日") == 0
    assert run("premises", "vacate", "3-2-1201", "张伟", "--capacity", "tenant") == 2
    assert run("premises", "vacate", "3-2-1201", "张伟", "--capacity", "owner", "--on", "2026-11-01") == 0
    shown = answer("premises", "show", "3-2-1201")
    assert isinstance(shown, dict)
    assert (shown["unit"], shown["building"]) == ("SH", "3号楼")
    assert [(each["name"], each["valid_to"]) for each in shown["occupants"]] == [("张伟", "2026-11-01")]
    party = answer("party", "show", "party/1")
    assert isinstance(party, dict)
    assert (party["phone"], len(party["premises"])) == ("", 1)
    for noun, found in (("unit", "Shan Hai"), ("party", "张伟"), ("premises", "3-2-1201"), ("user", "boss")):
        assert run(noun, "list") == 0
        assert found in capsys.readouterr().out
    assert run("premises", "list", "--unit", "HQ") == 0
    assert "3-2-1201" in capsys.readouterr().out
    for noun, name in (("unit", "SH"), ("party", "张伟"), ("premises", "3-2-1201"), ("user", "boss")):
        assert run(noun, "show", name) == 0


def test_an_import_is_tried_refused_and_done(boss: None, answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    del boss
    Path("p.csv").write_text("姓名,电话\n张伟,138\n,139\n", encoding="gb18030")
    tried = answer("party", "import", "p.csv", "--dry-run")
    assert isinstance(tried, dict)
    assert [(each["row"], each["column"]) for each in tried["rejected"]] == [(3, "name")]
    assert run("party", "import", "p.csv", "--dry-run") == 1
    capsys.readouterr()
    assert run("party", "import", "p.csv") == 2
    assert "row 3 name" in capsys.readouterr().err
    assert answer("party", "list") == []
    assert run("party", "import", "p.csv", "--skip-rejected") == 0
    assert run("unit", "add", "SH", "--name-zh", "山海苑") == 0
    Path("h.csv").write_text("code,party,capacity\n3-2-1201,张伟,业主\n", encoding="utf-8-sig")
    assert run("premises", "import", "h.csv", "--unit", "SH") == 0
    assert run("premises", "import", "h.csv", "--unit", "SH") == 2
    assert run("premises", "import", "absent.csv") == 4


def test_a_stored_credential_that_was_swapped_opens_nothing(boss: None) -> None:
    del boss
    forged, _key = create_credential(SECRET)
    with (
        open_register(os.environ["DATABASE_OF_THE_TEST"]) as register,
        register.writing(now=datetime.now(UTC)) as transaction,
    ):
        transaction.set_credential("person/1", forged.passphrase_hash, forged.sealed_key)
    assert run("login", "boss") == 3
    assert event_kinds()[-1] == "refuse"


def at_a_terminal(typed: list[str], *arguments: str) -> tuple[int, str]:
    """Exit status and what the terminal shows, when each answer is typed after the question it belongs to."""
    ours, theirs = os.openpty()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RECORDKEEPER_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "recordkeeper", *arguments, "--lang", "en"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    for answer in typed:
        while not shown.endswith(": "):
            shown += os.read(ours, 1000).decode()
        os.write(ours, f"{answer}\n".encode())
        shown += "|"
    with contextlib.suppress(OSError):  # the terminal hangs up when the program ends
        while chunk := os.read(ours, 1000):
            shown += chunk.decode()
    os.close(ours)
    return process.wait(), shown


def test_at_a_terminal_a_new_passphrase_is_asked_for_twice_and_never_shown() -> None:
    init = ("init", "--company", "绿城物业", "--login", "boss", "--name", "李雷")
    status, shown = at_a_terminal([SECRET, OTHER, SECRET, SECRET], *init)
    assert status == 0
    assert "New passphrase of boss" in shown
    assert SECRET not in shown
    status, shown = at_a_terminal([SECRET], "login", "boss")
    assert (status, "Passphrase of boss" in shown) == (0, True)
