"""The table of rights knows every command, and no other."""

from collections.abc import Iterator
from pathlib import Path

import click

from recordkeeper import services
from recordkeeper.cli.program import program
from recordkeeper.model.right import RIGHTS


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))
    else:
        yield " ".join(path)


def test_every_command_has_its_line_in_the_table_of_rights() -> None:
    without = sorted(set(commands(program)) - RIGHTS.keys())
    assert without == [], "add a line for each to src/recordkeeper/model/right.py"


def test_every_line_of_the_table_is_of_a_command() -> None:
    known = set(commands(program))
    assert [line for line in RIGHTS if line.partition(" (")[0] not in known] == []


def test_a_line_says_who_by_roles_or_words_that_checks_know() -> None:
    words = {"anybody", "account", "form", "table", "controller", "approver", "auditor"}
    assert [line for line, right in RIGHTS.items() if not right.who or not set(right.who) <= words] == []


def test_what_was_destroyed_is_told_by_the_one_module_that_asks_the_right_first() -> None:
    """``load_or_tell`` raises the tombstone; whatever else takes a record's number asks ``access``."""
    folder = Path(services.__file__).parent.parent
    named = {path.stem for path in folder.rglob("*.py") if "load_or_tell" in path.read_text("utf-8")}
    assert named == {"retrieval", "access"}
