"""Every command takes ``--json``, has help in both languages, and stands in the guide."""

import json
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_WALK = """
import json, os, sys
from recordkeeper.language import use_language
use_language(sys.argv[1])
import click
from recordkeeper.cli.program import program

def walk(command, path):
    context = click.Context(command, info_name=path[-1])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from walk(command.get_command(context, name), [*path, name])
    if len(path) > 1:
        options = [name for option in command.params for name in option.opts if name.startswith("-")]
        helps = [option.help or "" for option in command.params if isinstance(option, click.Option)]
        shown = {"help": command.help, "options": options, "helps": helps}
        yield {"path": path[1:], "is_group": isinstance(command, click.Group), **shown}

print(json.dumps(list(walk(program, ["recordkeeper"]))))
"""


@cache
def commands(language: str) -> list[dict[str, object]]:
    walked = subprocess.run([sys.executable, "-c", _WALK, language], capture_output=True, text=True, check=False)
    assert walked.returncode == 0, walked.stderr
    found: list[dict[str, object]] = json.loads(walked.stdout)
    assert found
    return found


def name_of(command: dict[str, object]) -> str:
    path = command["path"]
    assert isinstance(path, list)
    return " ".join(path)


def test_every_command_takes_the_shared_options() -> None:
    shared = {"--workspace", "--as", "--lang", "--json", "--verbose", "--yes"}
    lacking = {name_of(c): sorted(shared - set(list_of(c, "options"))) for c in commands("en")}
    assert {name: options for name, options in lacking.items() if options} == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_and_option_says_what_it_does(language: str) -> None:
    silent = [name_of(c) for c in commands(language) if not c["help"] or not all(list_of(c, "helps"))]
    assert silent == []


def test_help_in_chinese_is_chinese_and_help_in_english_is_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    english, chinese = commands("en"), commands("zh")
    assert [name_of(c) for c in english if han.search(str(c["help"]))] == []
    assert [name_of(c) for c in chinese if not han.search(str(c["help"]))] == []


@pytest.mark.parametrize("name", ["guide.md", "guide.zh.md"])
def test_every_command_stands_in_the_guide(name: str) -> None:
    guide = (ROOT / "docs" / name).read_text(encoding="utf-8")
    verbs = [name_of(c) for c in commands("en") if not c["is_group"]]
    missing = [name for name in verbs if not re.search(rf"\b(?:recordkeeper|rk) {re.escape(name)}(?![\w-])", guide)]
    assert missing == []


def test_the_reference_of_the_guide_is_what_the_commands_say() -> None:
    command = [sys.executable, str(ROOT / "tools" / "guide.py"), "check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_both_guides_run_the_same_commands() -> None:
    assert commands_run("guide.md") == commands_run("guide.zh.md")
    assert len(commands_run("guide.md")) > 50


def test_every_option_of_a_command_in_the_guide_exists() -> None:
    known = {name_of(command): set(list_of(command, "options")) for command in commands("en")}
    wrong = []
    for line in commands_run("guide.md"):
        for call in re.findall(r"\brecordkeeper [^;|\n]*", line):
            words = [word for word in shlex.split(call.rstrip()) if not word.startswith("--lang")][1:]
            options = {word for word in words if word.startswith("--")}
            if words[:1] in (["--as"], ["--workspace"]):
                words = words[2:]
            verb = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known), None)
            if verb is None or not options <= known[verb]:
                wrong.append(call)
    assert wrong == []


def commands_run(name: str) -> list[str]:
    """The command lines of a guide's chapters, in their order, with what is typed into them."""
    guide = (ROOT / "docs" / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", guide, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith(("$ ", "> "))]


def list_of(command: dict[str, object], key: str) -> list[str]:
    values = command[key]
    assert isinstance(values, list)
    return [str(value) for value in values]
