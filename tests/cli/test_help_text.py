"""Help in the columns of a terminal, in both languages, for every command there is."""

import json
import re
import subprocess
import sys

import pytest

from recordkeeper.cli.help_text import HelpText, columns, wrapped
from recordkeeper.cli.program import NOUNS

# A text is put into its language when its module is read, so that each language needs a process of its own.
_EVERY_HELP = """
import json, sys
from recordkeeper.language import use_language
use_language(sys.argv[2])
from recordkeeper.cli.program import program

def of(command, context):
    context.terminal_width = int(sys.argv[1])
    yield context.command_path, context.get_help()
    for name in getattr(command, "list_commands", lambda context: [])(context):
        found = command.get_command(context, name)
        yield from of(found, found.make_context(name, [], parent=context, resilient_parsing=True))

print(json.dumps(dict(of(program, program.make_context("recordkeeper", [], resilient_parsing=True)))))
"""


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        (
            "操作人；不填则为 RECORDKEEPER_USER，再则为会话",
            18,
            ["操作人；不填则为", "RECORDKEEPER_USER，", "再则为会话"],
        ),
        ("所列记录，连同日志", 8, ["所列记", "录，连同", "日志"]),
        ("把（甲）写入", 6, ["把", "（甲）", "写入"]),
        ("each of its words stays whole", 8, ["each of", "its", "words", "stays", "whole"]),
        ("immeasurable", 4, ["immeasurable"]),
        ("one\n\ntwo\nthree", 20, ["one", "", "two three"]),
        ("，。", 2, ["，。"]),
        ("", 20, []),
    ],
)
def test_a_line_breaks_after_any_chinese_character_and_in_no_word(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


def test_nothing_of_a_text_is_lost_however_narrow() -> None:
    text = "把已批准移交清册的移交包写入 FILE.zip（BagIt）：所列记录，“连同”日志、证明…… and [x>=1] 2–5 次"
    for width in range(1, 90):
        assert "".join(wrapped(text, width)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(("spoken", "begins"), [("zh", "用法："), ("en", "Usage: ")])
@pytest.mark.parametrize("width", [60, 100])
def test_help_of_every_command_keeps_to_the_columns(spoken: str, begins: str, width: int) -> None:
    command = [sys.executable, "-c", _EVERY_HELP, str(width), spoken]
    shown = subprocess.run(command, capture_output=True, check=True)
    every: dict[str, str] = json.loads(shown.stdout)
    assert len(every) > 4 * len(NOUNS)
    for path, text in every.items():
        assert text.startswith(f"{begins}{path} "), path
        assert [line for line in text.splitlines() if columns(line) > width and not re.search(r"\S{25}", line)] == []
        assert not re.search(r"^\s*[，。；：、）”]", text, re.MULTILINE), path


def test_terms_and_texts_stand_in_two_columns() -> None:
    text = HelpText(width=40)
    text.write_usage("rk 表单", "[OPTIONS] AN_ARGUMENT ANOTHER_ARGUMENT", prefix="用法：")
    with text.section("命令"):
        text.write_dl([("打印", "印发空白表"), ("print", ""), ("a-term-longer-than-thirty-columns", "text")])
    assert text.getvalue().splitlines() == [
        "用法：rk 表单 [OPTIONS] AN_ARGUMENT",
        "              ANOTHER_ARGUMENT",
        "",
        text.getvalue().splitlines()[3],
        "  打印                            印发空白表",
        "  print",
        "  a-term-longer-than-thirty-columns",
        "                                  text",
    ]
