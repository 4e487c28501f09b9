"""Every command at the command line: done or refused as the table of rights says, each refusal an event.

Every role at every place is tried in the services; here one who may and several who may not, by the command itself.
"""

import json
from itertools import product
from pathlib import Path

import pytest

from record_workspace import PEOPLE, SECRET, TOKENS, Desk, desk, record_template
from recordkeeper.cli.main import main
from recordkeeper.cli.workspace import find_workspace
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
REFUSED = 3
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
    units = ("BJ",) if RIGHTS[command].place is Place.UNIT else ("HQ",)
    # whoever may not comes first, as long as there is something to do
    for who, unit in sorted(product(ROLES, units), key=lambda cell: is_allowed(command, *cell)):
        places = {"SH": "1-1-0302", "BJ": "1-1-0303", "HQ": "1-1-0304"}
        named = {"UNIT": unit, "FOLDER": "folder", "FILE": "file.csv", "PREMISES": places[unit]}
        if "PREMISES" in PROBES[command]:
            desk.run("premises", "add", places[unit], "--unit", unit, who="boss")
        before, refusals = desk.acts(), len(desk.events("refuse"))
        arguments = [*command.partition(" (")[0].split(), *(named.get(word, word) for word in PROBES[command])]
        status = desk.run(*arguments, "--yes", "--json", who=who)
        kind = "" if status in {0, 1} else json.loads(desk.out)["error"]["kind"]
        if is_allowed(command, who, unit):
            assert kind not in RIGHT, (who, unit, desk.err)
        else:
            assert status != 0, (who, unit)
            assert desk.acts() == before
            assert kind in RIGHT, (who, unit, desk.err)
        events = desk.events("refuse")
        assert len(events) == refusals + (status == REFUSED), (who, unit, desk.err)
        if kind in RIGHT:
            assert events[-1][1] == subjects(desk)[who]


def subjects(desk: Desk) -> dict[str, str]:
    """``person/7`` of everybody, by login."""
    return {who: subject for who, (subject, _token) in json.loads((desk.root / TOKENS).read_text("utf-8")).items()}


# What is given without an account, or by any account; FOLDER, FILE and NEW are paths, and nothing needs to be found.
BY_ANYBODY: dict[str, tuple[str, ...]] = {
    "init": ("NEW", "--company", "甲", "--login", "a1", "--name", "甲"),
    "demo": ("FILE",),
    "status": (),
    "verify": (),
    "restore": ("FILE", "NEW"),
    "procedure check": ("FOLDER",),
    "procedure copy": ("P02", "NEW"),
    "procedure list": (),
    "procedure show": ("P02", "--changes"),
    "form check": ("FILE",),
    "form list": (),
    "form master-list": (),
    "form preview": ("FILE",),
    "form scaffold": ("FILE", "--output", "NEW.docx"),
    "form show": ("QR-017-02",),
    "archive rebuild": ("FOLDER", "--from", "FOLDER"),
    "audit check-proof": ("FILE",),
    "audit cosign": ("FILE", "--key", "FILE", "--output", "NEW"),
    "audit cosigner-key": ("--name", "a.example.org", "--output", "NEW"),
}
BY_ACCOUNT: dict[str, tuple[str, ...]] = {
    "whoami": (),
    "unit list": (),
    "unit show": ("SH",),
    "party list": (),
    "party show": ("周文娟",),
    "premises list": (),
    "premises show": ("1-1-0302",),
    "archive check": (),
    "archive list": (),
    "archive resume": (),
    "audit check": (),
    "audit checkpoint": (),
    "audit keep-cosigned": ("FILE", "--cosigner", "FILE"),
    "audit log": (),
    "audit prove": ("0",),
    "user list": (),
    "user passphrase": (),
    "user show": ("staff",),
    "procedure table (shown)": (),
    "retention hold (listed)": (),
    "retention schedule (shown)": (),
    "record consent (listed)": (),
    "record ask": ("QR-017-02/2026-0001", "--for", "read", "--reason", "r"),
}
OF_SESSIONS = {"login", "logout"}
"""Begin and end a session, whatever there was before: their own tests try them with wrong and closed accounts."""


def test_every_other_command_is_tried_without_an_account_or_by_accounts(database: str) -> None:
    decided_elsewhere = {line for line, right in RIGHTS.items() if not {ANYBODY, ACCOUNT} & {*right.who}}
    assert {*BY_ANYBODY} == {line for line, right in RIGHTS.items() if ANYBODY in right.who}
    assert {*BY_ACCOUNT} | OF_SESSIONS == RIGHTS.keys() - decided_elsewhere - {*BY_ANYBODY}


@pytest.fixture
def given(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What stands for the paths of a probe; whoever acts has no passphrase to give."""
    for name in ("RECORDKEEPER_PASSPHRASE", "RECORDKEEPER_USER"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "something").write_text("x", encoding="utf-8")
    (tmp_path / "file.yaml").write_text("x", encoding="utf-8")
    return {"FOLDER": str(tmp_path / "folder"), "FILE": str(tmp_path / "file.yaml"), "NEW": str(tmp_path / "new")}


def kind_of_failure(desk: Desk, words: list[str]) -> tuple[int, str]:
    """The exit status of a command without a named user, and the kind of its error."""
    desk.capsys.readouterr()
    in_workspace = [] if words[:1] in (["init"], ["demo"], ["restore"]) else ["--workspace", str(desk.root)]
    status = main([*words, *in_workspace, "--yes", "--json", "--lang", "en"], {})
    out = desk.capsys.readouterr().out
    return status, "" if status in {0, 1, 6} else str(json.loads(out)["error"]["kind"])


def test_what_anybody_may_do_is_never_refused_for_want_of_an_account(
    desk: Desk, database: str, given: dict[str, str]
) -> None:
    for command, words in BY_ANYBODY.items():
        status, kind = kind_of_failure(
            desk, [*command.partition(" (")[0].split(), *(given.get(word, word) for word in words)]
        )
        assert (status != REFUSED, kind not in RIGHT) == (True, True), (command, status, kind)
        assert kind not in {"missing-parameter", "no-such-option"}, command


def test_what_accounts_may_do_is_refused_without_an_open_one_and_leaves_an_event(
    desk: Desk, database: str, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody at all; a session that was ended; the session of an account that was closed since: each is nobody."""
    workspace = find_workspace(desk.root)
    tokens = json.loads((desk.root / TOKENS).read_text("utf-8"))
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
    desk.done("logout", who="second")
    desk.done("user", "disable", "staff", "--reason", "离职", "--yes", who="boss")
    monkeypatch.delenv("RECORDKEEPER_PASSPHRASE")
    for who, (command, words) in product((None, "second", "staff"), BY_ACCOUNT.items()):
        workspace.sessions.remove(workspace.identifier)
        if who is not None:
            workspace.sessions.save(workspace.identifier, *tokens[who])
        before, refusals = desk.acts(), desk.events("refuse")
        status, kind = kind_of_failure(
            desk, [*command.partition(" (")[0].split(), *(given.get(word, word) for word in words)]
        )
        assert (status, kind) == (REFUSED, "nobody-acts"), (who, command)
        assert (desk.acts(), desk.events("refuse")) == (before, [*refusals, (None, "program")]), (who, command)


@pytest.mark.parametrize("who", ["nobody", "clerk", "approver", "auditor"])
def test_what_accounts_may_do_is_done_by_any_open_one(
    desk: Desk, database: str, given: dict[str, str], who: str
) -> None:
    workspace = find_workspace(desk.root)
    tokens = json.loads((desk.root / TOKENS).read_text("utf-8"))
    for command, words in BY_ACCOUNT.items():
        if command == "user passphrase":
            continue  # asks for the old passphrase, which nobody gives here; its own tests change it
        workspace.sessions.save(workspace.identifier, *tokens[who])
        status, kind = kind_of_failure(
            desk, [*command.partition(" (")[0].split(), *(given.get(word, word) for word in words)]
        )
        if who == "auditor" and not RIGHTS[command].is_reading and command != "record ask":
            assert (status, kind) == (REFUSED, "auditor-changes-nothing"), command
            continue
        assert (status != REFUSED, kind not in RIGHT) == (True, True), (command, status, kind)


def test_no_door_of_records_opens_on_an_ended_session(
    desk: Desk, database: str, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
    number, other = desk.new(), desk.new()
    desk.done("logout", who="staff")
    monkeypatch.delenv("RECORDKEEPER_PASSPHRASE")
    Path(given["FILE"]).with_suffix(".json").write_text("{}", encoding="utf-8")
    Path(given["FILE"]).with_suffix(".csv").write_text("content\nx\n", encoding="utf-8")
    file = str(Path(given["FILE"]).with_suffix(""))
    workspace = find_workspace(desk.root)
    workspace.sessions.save(workspace.identifier, *json.loads((desk.root / TOKENS).read_text("utf-8"))["staff"])
    doors = (
        ("record", "new", "QR-017-02", "--from", f"{file}.json"),
        ("record", "new", "QR-017-02", "--source", number, "--set", "content=x"),
        ("record", "fill", number, "--from", f"{file}.json"),
        ("record", "sign", number),
        ("record", "sign", number, other),
        ("record", "sign", number, "--paper", f"{file}.csv", "--signer", "许国良"),
        ("record", "import", "QR-017-02", f"{file}.csv"),
        ("record", "import", "QR-017-02", f"{file}.csv", "--dry-run"),
        ("record", "attach", number, f"{file}.csv"),
        ("record", "export", number, "--output", f"{file}.out.json"),
        ("record", "render", number, "--output", f"{file}.docx"),
        ("dossier", "list"),
        ("retention", "due"),
    )
    for words in doors:
        before, refusals = desk.acts(), len(desk.events("refuse"))
        assert kind_of_failure(desk, list(words)) == (REFUSED, "nobody-acts"), words
        assert (desk.acts(), len(desk.events("refuse"))) == (before, refusals + 1), words


def test_each_record_that_a_bulk_signature_is_refused_leaves_its_event(desk: Desk, database: str) -> None:
    signed, closed, own = desk.signed(), desk.closed(until="handled"), desk.new()
    before = len(desk.events("refuse"))
    status = desk.run("record", "sign", own, signed, closed, "--json", who="staff")
    assert status == REFUSED
    document = json.loads(desk.out)
    assert [each["number"] for each in document["signed"]] == [own]
    refused = [subject for subject, actor in desk.events("refuse")[before:] if actor == subjects(desk)["staff"]]
    assert refused == [f"record/{number}" for number in (signed, closed)]


def test_what_an_auditor_is_refused_on_a_record_is_an_event_of_the_record(desk: Desk, database: str) -> None:
    number = desk.new()
    for words in (("void", number, "--reason", "r"), ("ask", number, "--for", "read", "--reason", "r")):
        refused = desk.refused("record", *words, "--yes", who="auditor")
        assert (refused["kind"], refused["subject"]) == ("auditor-changes-nothing", number)
        assert desk.events("refuse")[-1] == (f"record/{number}", subjects(desk)["auditor"])
