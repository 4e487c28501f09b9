"""The guide: its reference out of the click tree, and what its commands really print.

``update`` writes the reference at the end of docs/guide.md and docs/guide.zh.md, ``check`` exits 1 where one is
stale. ``run`` runs every command of both guides in an empty folder, in the guide's language, and puts what it
printed below it. Blocks marked ``console`` are run; a comment above one says what is special about it:

    <!-- exit 3 -->         the last command ends with that status; all others must end with 0
    <!-- lines 1-4 9 -->    of all that the block printed only these lines are shown
    <!-- not run -->        the block stays as it is: it needs a server
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

ROOT = Path(__file__).resolve().parent.parent
GUIDES = {"en": ROOT / "docs" / "guide.md", "zh": ROOT / "docs" / "guide.zh.md"}
PASSPHRASE = "rain on the roof"  # noqa: S105 - the one that the guide names
SHOWN_FOLDER = "/srv"
_BEGIN, _END = "<!-- reference: written by make guide -->\n", "<!-- end of the reference -->\n"
_HEADINGS = {"en": ("Option", "What it does"), "zh": ("选项", "作用")}
_BLOCK = re.compile(r"(?:<!-- (?P<said>[^\n]*) -->\n)?```console\n(?P<text>.*?)```\n", re.DOTALL)
_MARK = "\x1e"


@dataclass(frozen=True)
class Block:
    """One block of commands: where it stands in the text, its commands, the status of the last, the lines shown."""

    start: int
    end: int
    said: str
    commands: tuple[str, ...]

    @property
    def is_run(self) -> bool:
        """Whether it is run at all."""
        return self.said != "not run"

    @property
    def exit_status(self) -> int:
        """What the last command ends with."""
        found = re.search(r"exit (\d+)", self.said)
        return int(found[1]) if found else 0

    def shown(self, output: str) -> str:
        """The lines of ``output`` that are to be shown, with an ellipsis for those that are not."""
        found = re.search(r"lines ([-\d ]+)", self.said)
        if not found:
            return output
        wanted: set[int] = set()
        for part in found[1].split():
            first, _dash, last = part.partition("-")
            wanted |= set(range(int(first), int(last or first) + 1))
        kept: list[str] = []
        for number, line in enumerate(output.splitlines(), 1):
            if number in wanted:
                kept.append(line)
            elif not kept or kept[-1] != "…":
                kept.append("…")
        return "\n".join(kept) + "\n"


def blocks_in(guide: str) -> Iterator[Block]:
    """The blocks of commands of a guide's text."""
    for found in _BLOCK.finditer(guide):
        commands: list[str] = []
        for line in found["text"].splitlines():
            if line.startswith("$ "):
                commands.append(line[2:])
            elif line.startswith("> ") or line == ">":
                commands[-1] += "\n" + line[2:]
        yield Block(found.start(), found.end(), found["said"] or "", tuple(commands))


def with_outputs(guide: str, language: str) -> tuple[str, list[str]]:
    """The guide's text with what its commands printed just now, and what ended otherwise than the guide says."""
    wrong: list[str] = []
    blocks = list(blocks_in(guide))
    outputs = iter(_outputs([command for each in blocks if each.is_run for command in each.commands], language))
    pieces, place = [], 0
    for block in blocks:
        pieces.append(guide[place : block.start])
        place = block.end
        if not block.is_run:
            pieces.append(guide[block.start : block.end])
            continue
        lines: list[str] = []
        for number, command in enumerate(block.commands, 1):
            output, status = next(outputs)
            expected = block.exit_status if number == len(block.commands) else 0
            if status != expected:
                wrong.append(f"{command}\nexpected exit {expected}, found {status}\n{output}")
            first, *further = command.split("\n")
            lines += [f"$ {first}\n", *(f"> {line}\n" for line in further), block.shown(output)]
        said = f"<!-- {block.said} -->\n" if block.said else ""
        pieces.append(f"{said}```console\n{''.join(lines)}```\n")
    return "".join([*pieces, guide[place:]]), wrong


def _outputs(commands: list[str], language: str) -> list[tuple[str, int]]:
    """What each command printed, and its status: all run one after the other by one shell in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        shutil.copytree(ROOT / "docs" / "examples", base / "examples")
        script = "".join(f"{command}\nprintf '{_MARK}%d{_MARK}' $?\n" for command in commands)
        environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT / "src"),
            "HOME": folder,
            "XDG_STATE_HOME": str(base / ".state"),
            "LC_CTYPE": "C.UTF-8",
            "LANG": {"en": "en_GB.UTF-8", "zh": "zh_CN.UTF-8"}[language],
        }
        run = subprocess.run(  # noqa: S603 - what the committed guide says
            ["bash", "-c", f"exec 2>&1\n{script}"],  # noqa: S607 - wherever the reader's bash is
            cwd=base,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        parts = run.stdout.replace(str(base), SHOWN_FOLDER).split(_MARK)
    return [(parts[place], int(parts[place + 1])) for place in range(0, len(parts) - 1, 2)]


def reference(language: str) -> str:
    """The reference: every command with its own options; the shared ones stand once, above."""
    from recordkeeper.language import use_language

    use_language(language)
    from recordkeeper.cli.options import SHARED
    from recordkeeper.cli.program import program

    import click  # isort: skip - its own texts, too, are composed when it is imported

    root = click.Context(program, info_name="recordkeeper")
    return f"\n{_options(SHARED, root, language)}{_entries(program, root, language)}\n"


def _entries(group: "click.Group", context: "click.Context", language: str) -> str:
    """The entries of the commands of ``group``, the nouns' under headings of their own."""
    from recordkeeper.cli.options import SHARED

    import click  # isort: skip - as above

    pieces = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, context, name)
        if isinstance(command, click.Group):
            pieces.append(f"\n### {name}\n\n{command.help}\n{_entries(command, inner, language)}")
            continue
        usage = " ".join([inner.command_path, *command.collect_usage_pieces(inner)])
        own = [each for each in command.params if each not in SHARED]
        level = "####" if context.parent else "###"
        pieces.append(f"\n{level} `{usage}`\n\n{command.help}\n{_options(own, inner, language)}")
    return "".join(pieces)


def _options(parameters: "Sequence[click.Parameter]", context: "click.Context", language: str) -> str:
    records = [each.get_help_record(context) for each in parameters if each.param_type_name == "option"]
    if not records:
        return ""
    heading = "\n| {} | {} |\n|---|---|\n".format(*_HEADINGS[language])
    return heading + "".join(f"| `{_cell(name)}` | {_cell(text)} |\n" for name, text in filter(None, records))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def with_reference(guide: str, language: str) -> str:
    """The guide's text with the reference as the click tree has it now."""
    # Texts are composed when the command modules are imported: a process of its own for each language.
    made = subprocess.run(  # noqa: S603 - this file itself
        [sys.executable, __file__, "reference", language], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    before, _begin, rest = guide.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}{made.stdout}{_END}{after}"


def main(arguments: list[str]) -> int:
    """Run ``update``, ``check`` or ``run``."""
    match arguments:
        case ["reference", language]:
            sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a text stream here
            sys.stdout.write(reference(language))
            return 0
        case ["run", *languages]:
            found: list[str] = []
            for language in languages or GUIDES:
                text, wrong = with_outputs(GUIDES[language].read_text(encoding="utf-8"), language)
                GUIDES[language].write_text(text, encoding="utf-8")
                found += wrong
            print("\n".join(found))
            return 1 if found else 0
        case ["update"] | ["check"]:
            stale = []
            for language, file in GUIDES.items():
                text = file.read_text(encoding="utf-8")
                if (made := with_reference(text, language)) != text:
                    stale.append(f"docs/{file.name}")
                    if arguments == ["update"]:
                        file.write_text(made, encoding="utf-8")
            if stale and arguments == ["check"]:
                print(f"{', '.join(stale)}: the reference is not what the commands say: make guide")
                return 1
            return 0
    print("usage: guide.py update | check | run [en|zh]", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
