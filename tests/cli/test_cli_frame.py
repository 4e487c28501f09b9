"""The frame of the command line: languages, exit status, errors as JSON, options around the verb."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recordkeeper.cli import program
from recordkeeper.cli.main import main
from recordkeeper.cli.program import NOUNS, Noun
from tampering import change

_PROBE = """
import click
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import CannotAssess, ProblemsFound
from recordkeeper.credentials.keyring import WrongPassphraseError
from recordkeeper.errors import UnavailableError

@click.group()
def probe() -> None: pass

@probe.command()
@click.option("--way", default="done")
@click.option("--count", type=int)
@shared_options
def end(invocation: Invocation, way: str, count: int | None) -> None:
    match way:
        case "problems": raise ProblemsFound
        case "assess": raise CannotAssess
        case "refused": raise WrongPassphraseError("clerk")
        case "unavailable": raise UnavailableError("no office", subject="soffice")
        case "full": raise OSError(28, "No space left on device", "records.db")
        case "defect": raise KeyError("x")
        case "interrupted": raise KeyboardInterrupt
        case "confirm": invocation.confirm("shred")
        case "workspace": invocation.workspace()
        case "actor": invocation.actor()
        case "piped": raise BrokenPipeError
    who, where = invocation.login_asked_for(), str(invocation.folder)
    invocation.emit({"as": who, "folder": where}, lambda: print("done"))
"""


@pytest.fixture(autouse=True)
def _probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "probe_noun.py").write_text(_PROBE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(modules))
    monkeypatch.delitem(sys.modules, "probe_noun", raising=False)
    monkeypatch.setitem(NOUNS, "probe", Noun("probe_noun", "probe", "a probe"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> int:
    return main([*arguments, "--lang", "en"], {})


@pytest.mark.parametrize(
    ("way", "status"),
    [
        ("done", 0),
        ("problems", 1),
        ("confirm", 2),
        ("refused", 3),
        ("workspace", 4),
        ("actor", 4),
        ("unavailable", 5),
        ("full", 5),
        ("assess", 6),
        ("defect", 70),
        ("interrupted", 130),
    ],
)
def test_each_way_to_end_has_its_own_exit_status(way: str, status: int) -> None:
    assert run("probe", "end", "--way", way) == status


@pytest.mark.parametrize("arguments", [("nothing",), ("probe", "nothing"), ("probe", "end", "--nothing"), ()])
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == 2


def test_an_error_is_a_json_document_on_stdout_and_a_message_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("probe", "end", "--way", "workspace", "--json", "--workspace", "nowhere")
    shown = capsys.readouterr()
    error = json.loads(shown.out)["error"]
    assert error["kind"] == "not-a-workspace"
    assert error["subject"].endswith("nowhere")
    assert error["expected"] == "recordkeeper.toml"
    assert shown.err.strip() == error["message"]


def test_wrong_usage_is_a_json_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "probe", "end", "--count", "x") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["kind"], error["subject"], error["found"]) == (
        "bad-parameter",
        "recordkeeper probe end",
        "count",
    )


def test_an_option_after_two_dashes_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "probe", "end", "--", "--json"], {}) == 2
    assert capsys.readouterr().out == ""


def test_a_traceback_is_shown_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    run("probe", "end", "--way", "defect")
    assert "Traceback" not in capsys.readouterr().err
    run("probe", "end", "--way", "defect", "--verbose")
    assert "Traceback" in capsys.readouterr().err


def test_shared_options_stand_before_or_after_the_verb_and_the_last_one_wins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments in (
        ("--json", "--as", "clerk", "--workspace", "here", "probe", "end"),
        ("probe", "end", "--json", "--as", "clerk", "--workspace", "here"),
        ("--json", "--as", "head", "probe", "end", "--as", "clerk", "--workspace", "here"),
    ):
        assert run(*arguments) == 0
        assert json.loads(capsys.readouterr().out) == {"as": "clerk", "folder": "here"}


def test_an_act_to_be_confirmed_is_not_done_where_nobody_can_be_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("probe", "end", "--way", "confirm", "--json") == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "not-confirmed"
    assert run("probe", "end", "--way", "confirm", "--yes") == 0


def program_output(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LANG", "LANGUAGE"}}
    command = [sys.executable, "-m", "recordkeeper", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=kept | environment)


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--lang", "zh"], {"LANG": "en_US.UTF-8"}, "用法"),
        (["--lang=zh"], {"LANG": "en_US.UTF-8"}, "用法"),
        ([], {"LANG": "en_GB.UTF-8"}, "Usage:"),
        ([], {"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "用法"),
        ([], {}, "用法"),
        (["--lang", "en"], {"LC_ALL": "zh_CN.UTF-8"}, "Usage:"),
    ],
)
def test_help_speaks_the_language_asked_for(arguments: list[str], environment: dict[str, str], expected: str) -> None:
    shown = program_output("--help", *arguments, **environment)
    assert shown.returncode == 0
    assert shown.stdout.startswith(expected)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nix"], "错误：没有命令“nix”。"),
        (["record", "ask", "x"], "错误：缺少选项“--for”。可选：read、copy、take_out"),
        (["record", "ask", "x", "--for", "y"], "错误：“--for”的值无效：“y”不在“read”、“copy”、“take_out”之中。"),
        (["record", "ask"], "错误：缺少参数“NUMBER”。"),
        (["record", "ask", "x", "--for"], "错误：选项“--for”需要 1 个值。"),
        (["record", "consent", "x", "--asked", "y"], "错误：“--asked”的值无效：“y”不是有效的整数。"),
        (["record", "consent", "x", "--asked", "0"], "错误：“--asked”的值无效：0 不在范围内（x>=1）。"),
        (["record", "show", "--jso", "x"], "错误：没有选项“--jso”。（是否指：“--as”、“--json”、“--on”？）"),
        (["record", "show", "x", "y"], "错误：多余的参数（y）"),
        (["status", "--json=1"], "错误：选项“--json”不带值。"),
    ],
)
def test_wrong_usage_has_chinese_marks_in_chinese(arguments: list[str], said: str) -> None:
    shown = program_output(*arguments, LANG="zh_CN.UTF-8")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.splitlines()[-1] == said
    for line in shown.stderr.splitlines():
        assert not line.startswith(("Usage", "Try", "Error"))


def test_wrong_usage_stays_as_click_says_it_in_english() -> None:
    shown = program_output("record", "ask", LANG="en_US.UTF-8")
    assert shown.stderr.splitlines() == [
        "Usage: recordkeeper record ask [OPTIONS] NUMBER",
        "Try 'recordkeeper record ask --help' for help.",
        "",
        "Error: Missing argument 'NUMBER'.",
    ]


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([], {}, "Usage:"),
        ([], {"LANG": "C.UTF-8"}, "Usage:"),
        ([], {"LANG": "zh_CN.UTF-8"}, "用法"),
        (["--lang", "zh"], {}, "用法"),
        (["--workspace=nowhere"], {}, "用法"),
    ],
)
def test_the_workspaces_language_counts_where_nobody_says_another(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    expected: str,
) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "recordkeeper.toml").write_text('language = "en"\n')
    monkeypatch.chdir(tmp_path / "ws")
    assert program_output(*arguments, "--help", **environment).stdout.startswith(expected)
    monkeypatch.chdir(tmp_path)
    named = [*arguments, "--workspace", "ws"] if not arguments or arguments[0] == "--lang" else arguments
    assert program_output("--help", *named, **environment).stdout.startswith(expected)


def test_a_configuration_that_cannot_be_read_leaves_the_language_to_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recordkeeper.toml").write_text("language = 7\n")
    monkeypatch.chdir(tmp_path)
    shown = program_output("status")
    assert (shown.returncode, "language" in shown.stderr, "应为" in shown.stderr) == (2, True, True)


def test_an_unknown_language_is_wrong_usage() -> None:
    shown = program_output("--lang", "fr", "status", LANG="en_US.UTF-8")
    assert shown.returncode == 2
    assert "'fr'" in shown.stderr


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys; from recordkeeper.cli.main import main; status = main(['--help'], {}); "
        "heavy = {'sqlalchemy', 'docx', 'docxtpl', 'cryptography', 'lxml', 'pydantic', 'rich', 'jinja2'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert shown.returncode == 0
    assert shown.stderr.strip() == "[]"


def test_a_reader_who_goes_away_causes_no_traceback() -> None:
    command = [sys.executable, "-u", "-m", "recordkeeper", "--help"]
    reader, writer = os.pipe()
    os.close(reader)
    shown = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (shown.returncode, shown.stderr) == (130, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_written_causes_no_traceback() -> None:
    command = [sys.executable, "-m", "recordkeeper", "--lang", "en", "--help"]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        shown = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert shown.returncode == 5
    assert shown.stderr == "No space left on device\n"


def test_every_noun_of_the_table_loads_and_says_its_line_of_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(NOUNS, "probe")
    root = program.program
    for name in root.list_commands(root.make_context("recordkeeper", ["--help"], resilient_parsing=True)):
        context = root.make_context("recordkeeper", [name], resilient_parsing=True)
        command = root.get_command(context, name)
        assert command is not None
        assert str(command.help).startswith(NOUNS[name].summary)


def test_a_database_without_one_of_its_tables_is_named_by_every_command_and_found_by_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", "correct horse")
    assert run("init", "team", "--company", "绿城物业", "--login", "boss", "--name", "李雷") == 0
    change(f"sqlite:///{tmp_path}/team/records.db", "DROP TABLE approval")
    for command in (("status",), ("record", "find", "--as", "boss"), ("user", "list", "--as", "boss")):
        capsys.readouterr()
        assert run("--workspace", "team", *command, "--json") == 5
        failure = json.loads(capsys.readouterr().out)["error"]
        assert (failure["kind"], failure["expected"]) == ("incomplete-register", "table approval")
    assert run("--workspace", "team", "verify", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert ("table-missing", "approval") in {(each["code"], each["subject"]) for each in report["findings"]}
