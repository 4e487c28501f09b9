"""Every command that asks for a role, by everybody and for either unit: done or refused as the table of rights says."""

import json
from itertools import product
from pathlib import Path

import pytest

from record_workspace import PEOPLE, Desk, desk, record_template
from recordkeeper.model.right import ACCOUNT, ANYBODY, FORM, RIGHTS, TABLE, Place
from stage import SQLITE

__all__ = ["desk", "record_template"]

pytestmark = pytest.mark.parametrize("database", [SQLITE])

# What each command is given; UNIT stands for the unit concerned. What follows a question is confirmed.
PROBES: dict[str, tuple[str, ...]] = {
    "procedure approve": ("P05",),
    "backup": ("backup.zip",),
    "procedure choose": ("complaint", "QR-017-02", "--unit", "UNIT", "--reason", "r"),
    "procedure install": ("P05",),
    "procedure release": ("P05",),
    "procedure revise": ("P02", "FOLDER", "--reason", "r", "--impact", "i"),
    "procedure table": ("price_report", "FILE"),
    "form approve": ("QR-105-01",),
    "form print": ("QR-017-02", "--unit", "UNIT", "--output", "blank.docx"),
    "form release": ("QR-105-01",),
    "form revise": ("QR-017-02", "FOLDER", "--reason", "r", "--impact", "i"),
    "form withdraw": ("QR-017-02", "--reason", "r"),
    "unit add": ("X1", "--name-zh", "新部门", "--parent", "UNIT"),
    "unit amend": ("UNIT", "--name-zh", "新名称", "--reason", "r"),
    "party add": ("新顾客",),
    "party amend": ("周文娟", "--phone", "138-0000-9999", "--reason", "r"),
    "party import": ("FILE", "--dry-run"),
    "premises add": ("9-9-0909", "--unit", "UNIT"),
    "premises amend": ("PREMISES", "--building", "9", "--reason", "r"),
    "premises import": ("FILE", "--dry-run"),
    "premises occupy": ("PREMISES", "周文娟", "--capacity", "owner"),
    "premises vacate": ("PREMISES", "周文娟", "--capacity", "owner"),
    "archive export": ("pack.zip",),
    "archive mirror": ("FOLDER",),
    "retention hold": ("--form", "QR-017-02", "--title", "t", "--mandate", "m"),
    "retention release": ("1", "--reason", "r", "--authority", "a"),
    "retention schedule": ("FILE",),
    "audit rotate-key": (),
    "user add": ("newcomer", "--name", "新人"),
    "user amend": ("staff", "--name", "改名"),
    "user deputize": ("staff", "clerk", "--unit", "UNIT", "--to", "2199-12-31", "--reason", "r"),
    "user disable": ("nobody2", "--reason", "r"),
    "user retire-key": ("staff", "--reason", "r"),
    "user grant": ("staff", "quality", "--unit", "UNIT"),
    "user passphrase (another's)": ("staff", "--reason", "r"),
    "user revoke": ("elsewhere", "quality", "--unit", "UNIT"),
}
INSTALLED = ("boss", "procedure", "install", "P05")
APPROVED = (INSTALLED, ("approver", "procedure", "approve", "P05"))
PREPARED: dict[str, tuple[tuple[str, ...], ...]] = {
    "procedure approve": (INSTALLED,),
    "form approve": (INSTALLED,),
    "procedure release": APPROVED,
    "form release": APPROVED,
    "retention release": (("boss", "retention", "hold", "--form", "QR-017-02", "--title", "t", "--mandate", "m"),),
}
RIGHT = {"no-right", "no-role", "auditor-changes-nothing", "nobody-acts", "not-proven", "own-work"}
ROLES = {"boss": [("controller", "HQ")], **{who: PEOPLE[who] for who in ("local", "approver", "auditor", "nobody")}}
ABOVE = {"SH": {"SH", "HQ"}, "BJ": {"BJ", "HQ"}, "HQ": {"HQ"}}


def is_allowed(command: str, who: str, unit: str) -> bool:
    """What the table says."""
    right = RIGHTS[command]
    places = {Place.ANY_UNIT: {"SH", "BJ", "HQ"}, Place.COMPANY: {"HQ"}}.get(right.place, ABOVE[unit])
    held = {role for role, at in ROLES[who] if at in places}
    is_auditor = any(role == "auditor" for role, _at in ROLES[who])
    return right.is_held(held) and (right.is_reading or not is_auditor)


def decided_by_role(command: str) -> bool:
    return not {ANYBODY, ACCOUNT, FORM, TABLE} & set(RIGHTS[command].who)


def test_every_command_that_asks_for_a_role_is_probed(database: str) -> None:
    lines = {line for line in RIGHTS if decided_by_role(line)}
    variants = {line for line in lines if " (" in line and line not in PROBES}
    assert {line for line in lines if line not in PROBES} == variants
    assert PROBES.keys() <= lines


@pytest.mark.parametrize("command", PROBES)
def test_a_command_is_done_or_refused_as_the_table_says(
    desk: Desk, database: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECORDKEEPER_NEW_PASSPHRASE", "battery staple horse")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.csv").write_text("name\n新顾客\n", encoding="utf-8")
    for who, *given in PREPARED.get(command, ()):
        desk.done(*given, who=who)
    units = ABOVE if RIGHTS[command].place is Place.UNIT else ("HQ",)
    # whoever may not comes first, as long as there is something to do
    for who, unit in sorted(product(ROLES, units), key=lambda cell: is_allowed(command, *cell)):
        places = {"SH": "1-1-0302", "BJ": "1-1-0303", "HQ": "1-1-0304"}
        named = {"UNIT": unit, "FOLDER": "folder", "FILE": "file.csv", "PREMISES": places[unit]}
        for code, place in (("BJ", "1-1-0303"), ("HQ", "1-1-0304")):
            desk.run("premises", "add", place, "--unit", code, who="boss")
        before = desk.acts()
        arguments = [*command.partition(" (")[0].split(), *(named.get(word, word) for word in PROBES[command])]
        status = desk.run(*arguments, "--yes", "--json", who=who)
        kind = "" if status in {0, 1} else json.loads(desk.out)["error"]["kind"]
        if is_allowed(command, who, unit):
            assert kind not in RIGHT, (who, unit, desk.err)
        else:
            assert status != 0, (who, unit)
            assert desk.acts() == before
            assert kind in RIGHT, (who, unit, desk.err)
        if kind in RIGHT:
            assert desk.events("refuse")[-1][1] != "program"
