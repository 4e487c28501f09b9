"""A company's database: init sets it up, machines without the log's key commit, one publishes."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recordkeeper.cli.main import main
from scratch_postgresql import as_everyday
from stage import POSTGRESQL, Stages

pytestmark = pytest.mark.parametrize("database", [pytest.param(POSTGRESQL, marks=pytest.mark.needs_postgresql)])

Run = Callable[..., tuple[int, Any]]
INIT = ("init", "team", "--company", "绿城物业", "--login", "boss", "--name", "李雷")


@pytest.fixture
def run(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command and gives back its status, and its document or what it says is wrong."""
    for name in [name for name in os.environ if name.startswith("RECORDKEEPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "correct horse")
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE", "battery staple")
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str, where: str = "team") -> tuple[int, Any]:
        capsys.readouterr()
        status = main(["--workspace", where, *arguments, "--lang", "en", "--json"], {})
        return status, json.loads(capsys.readouterr().out)

    return ran


def test_init_sets_up_roles_and_names_the_everyday_login(run: Run, empty_url: str) -> None:
    status, made = run(*INIT, "--database", empty_url, "--database-user", "everyday")
    assert status == 0
    assert [role.rpartition("_")[2] for role in made["roles"].values()] == ["owner", "application", "disposition"]
    written = Path("team/recordkeeper.toml").read_text(encoding="utf-8")
    assert "://everyday@" in written
    assert run("user", "add", "anna", "--name", "安娜", "--as", "boss")[0] == 0
    status, report = run("verify")
    assert (status, report["verdict"], report["findings"]) == (0, "ok", [])


def test_without_an_everyday_login_verify_warns_of_the_one_that_may_do_too_much(run: Run, empty_url: str) -> None:
    assert run(*INIT, "--database", empty_url)[0] == 0
    status, report = run("verify")
    assert (status, report["verdict"]) == (0, "ok")
    assert [(each["code"], each["severity"]) for each in report["findings"]] == [("login-too-powerful", "warning")]


def test_an_everyday_login_is_asked_for_of_a_server_alone(run: Run, empty_url: str) -> None:
    status, failure = run(*INIT, "--database-user", "everyday")
    assert (status, "--database-user" in failure["error"]["message"]) == (2, True)
    assert not Path("team").exists()


def test_a_configuration_with_a_password_is_for_its_owner_alone(run: Run, empty_url: str) -> None:
    url = empty_url.replace("postgres@", "postgres:unused@")
    assert run(*INIT, "--database", url)[0] == 0
    assert Path("team/recordkeeper.toml").stat().st_mode & 0o777 == 0o600
    status, report = run("verify", where="team")
    assert (status, "unused" in json.dumps(report)) == (0, False)


def test_machines_without_the_logs_key_commit_and_one_publishes(run: Run, empty_url: str) -> None:
    assert run(*INIT, "--database", empty_url, "--database-user", "everyday")[0] == 0
    for machine in ("estate", "office"):
        Path(machine).mkdir()
        shutil.copy("team/recordkeeper.toml", machine)
        assert run("user", "add", machine, "--name", machine, "--as", "boss", where=machine)[0] == 0
        assert [path.name for path in Path(machine).iterdir()] == ["recordkeeper.toml"]
    waiting = run("status", where="estate")[1]["pending"]
    assert (waiting["unarchived"], waiting["unpublished"]) == (["person/2", "person/3"], 2)
    status, failure = run("archive", "resume", "--as", "boss", where="estate")
    assert (status, failure["error"]["kind"]) == (5, "unusable-log-key")
    status, done = run("archive", "resume", "--as", "boss")
    assert (status, done["archived"], done["pending"]["unpublished"]) == (0, ["person/2", "person/3"], 0)
    assert run("status", where="office")[1]["pending"]["unpublished"] == 0
    assert run("verify")[0] == 0


def test_a_role_that_is_not_given_ends_with_5_and_says_which(run: Run, empty_url: str) -> None:
    status, failure = run(*INIT, "--database", as_everyday(empty_url))
    assert (status, failure["error"]["kind"]) == (5, "no-database-role")
    assert failure["error"]["expected"].endswith("_owner")
    assert not Path("team/recordkeeper.toml").exists()
    assert not Path("team/log.key").exists()


def test_what_is_restored_or_rebuilt_has_its_roles_and_names_the_everyday_login(
    run: Run,
    empty_url: str,
    stages: Stages,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(*INIT, "--database", empty_url, "--database-user", "everyday")[0] == 0
    assert run("backup", "backup.zip", "--as", "boss")[0] == 0
    key = ("--log-key", "team/log.key")
    ways = {
        "restored": ("restore", "backup.zip", "restored", *key),
        "rebuilt": ("archive", "rebuild", "rebuilt", "--from", "team/archive", *key, "--controller", "boss"),
    }
    for place, words in ways.items():
        assert run(*words, "--database-user", "everyday")[0] == 2  # of a file nobody logs in
        with stages.empty(database, tmp_path) as url:
            status, told = run(*words, "--database", url, "--database-user", "everyday")
            assert (status, told["verdict"]) == (0, "ok"), told["findings"]
            assert "://everyday@" in Path(place, "recordkeeper.toml").read_text(encoding="utf-8")
            if place == "rebuilt":
                monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "battery staple")
            status, report = run("verify", where=place)
            assert (status, [each["code"] for each in report["findings"]]) == (0, []), report
            assert run("user", "add", "bert", "--name", "贝特", "--as", "boss", where=place)[0] == 0
