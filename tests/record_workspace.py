"""A workspace of a property company for the tests of ``record``: its people, places and released forms."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy

from recordkeeper.cli.init import make_workspace
from recordkeeper.cli.main import main
from recordkeeper.cli.workspace import find_workspace
from recordkeeper.model.canonical import digest
from recordkeeper.register.connection import sqlite_path
from recordkeeper.services.catalogue import approve, install_procedure, release
from recordkeeper.services.initiation import prepare
from recordkeeper.services.people import (
    Actor,
    add_user,
    authenticate,
    find_person,
    grant,
    open_session,
    open_signing_key,
)
from recordkeeper.services.places import add_party, add_premises, add_unit, find_unit
from scratch_postgresql import EVERYDAY, as_superuser
from stage import Stage, Stages

SECRET = "correct horse battery"
FORMS = Path(__file__).resolve().parents[1] / "forms" / "P02"
YESTERDAY = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
TOKENS = "tokens.json"
PEOPLE: dict[str, list[tuple[str, str]]] = {
    "approver": [("approver", "HQ")],
    "clerk": [("duty_clerk", "SH")],
    "staff": [("field_staff", "SH")],
    "quality": [("quality", "HQ")],
    "second": [("quality", "HQ")],
    "engineer": [("engineering", "SH")],
    "both": [("engineering", "SH"), ("quality", "HQ")],
    "head": [("department_head", "HQ")],
    "auditor": [("auditor", "HQ")],
    "elsewhere": [("duty_clerk", "BJ"), ("quality", "BJ")],
    "local": [("controller", "SH")],
    "nobody": [],
}
RECEIVED = {
    "source": "owners_meeting",
    "customer": "许国良",
    "room": "3-2-1201",
    "phone": "138-0000-1204",
    "fed_back_at": f"{YESTERDAY} 09:40",
    "content": "地下二层 B 区照明灯损坏 9 盏，晚间车位附近过暗，老人出入不便",
}


def make_template(url: str, root: Path) -> None:
    """Make the workspace in ``root`` with its register at ``url``; its people have the passphrase ``SECRET``."""
    now = datetime.now(UTC).replace(microsecond=0)
    beginning = prepare(
        company="锦绣物业", company_en="Brocade Property", time_zone="Asia/Shanghai", login="boss", name="李雷",
        passphrase=SECRET, now=now,
    )  # fmt: skip
    register = make_workspace(root, url, beginning, now, everyday_login_of(url)).register
    boss = authenticate(register, "boss", SECRET, now)
    for code, name in (("SH", "锦绣花园"), ("BJ", "滨江苑")):
        add_unit(register, boss, code=code, kind="estate", name_zh=name, name_en=f"Estate {code}", parent="HQ", now=now)
    add_party(register, boss, name="周文娟", phone="138-0000-0302", now=now)
    add_premises(register, boss, unit="SH", code="1-1-0302", now=now)
    for login, grants in PEOPLE.items():
        add_user(register, boss, login=login, name=f"姓{login}", passphrase=SECRET, now=now)
        for role, unit in grants:
            with register.reading() as snapshot:
                subject = find_unit(snapshot, unit).subject
            last = date(2199, 12, 31) if role == "auditor" else None
            grant(register, boss, login=login, role=role, unit=subject, valid_from=None, valid_to=last, now=now)
    with tempfile.TemporaryDirectory() as folder:
        installed = install_procedure(register, _forms(Path(folder)), boss, now)
    drafts = [revision.subject for revision in installed]
    with register.reading() as snapshot:
        person = find_person(snapshot, "approver")
    approver = Actor(person.subject, person.login, person.name)
    signer = open_signing_key(register, approver, SECRET, now, unattended=True)
    approve(register, drafts, approver, signer, now)
    release(register, drafts, now.astimezone(ZoneInfo("Asia/Shanghai")).date(), approver, now)
    sessions = {login: open_session(register, login, SECRET, now) for login in ("boss", *PEOPLE)}
    tokens = {login: [session.actor.subject, session.token] for login, session in sessions.items()}
    (root / TOKENS).write_text(json.dumps(tokens), encoding="utf-8")
    register.close()


def _forms(folder: Path) -> Path:
    """The shipped forms; but a section of the feedback sheet takes paper, and questionnaires are confidential."""
    forms = folder / "P02"
    shutil.copytree(FORMS, forms)
    for code, found, put in (
        ("QR-017-02", "  - id: forwarded\n", "  - id: forwarded\n    on_paper: true\n"),
        ("QR-017-03", "kind: survey\n", "kind: survey\naccess: {read: [quality]}\n"),
    ):
        file = forms / f"{code}.yaml"
        text = file.read_text(encoding="utf-8")
        assert found in text
        file.write_text(text.replace(found, put), encoding="utf-8")
    return forms


@dataclass
class Desk:
    """Runs commands in a workspace, as anybody, and tells what they said."""

    root: Path
    url: str
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""
    language: str = "en"

    def run(self, *arguments: str, who: str = "quality") -> int:
        """The exit status of one command; what it wrote stands in ``out`` and ``err``."""
        self.capsys.readouterr()
        workspace = find_workspace(self.root)
        workspace.sessions.save(workspace.identifier, *json.loads((self.root / TOKENS).read_text("utf-8"))[who])
        status = main([*arguments, "--workspace", str(self.root), "--as", who, "--lang", self.language], {})
        shown = self.capsys.readouterr()
        self.out, self.err = shown.out, shown.err
        assert "Traceback" not in self.err
        return status

    def done(self, *arguments: str, who: str = "quality") -> dict[str, Any]:
        """The JSON document of a command that must succeed."""
        status = self.run(*arguments, "--json", who=who)
        assert status == 0, self.err
        return cast("dict[str, Any]", json.loads(self.out))

    def listed(self, *arguments: str, who: str = "quality") -> list[dict[str, Any]]:
        """The JSON list of a command that must succeed."""
        return cast("list[dict[str, Any]]", self.done(*arguments, who=who))

    def refused(self, *arguments: str, who: str = "quality") -> dict[str, str]:
        """The error of a command that must fail, with its exit status as ``status``; nothing else was changed."""
        before = self.acts()
        status = self.run(*arguments, "--json", who=who)
        assert status not in {0, 70}, self.out
        assert self.acts() == before
        error = cast("dict[str, str]", json.loads(self.out)["error"])
        assert error["message"] == self.err.strip()
        return {**error, "status": str(status)}

    def acts(self) -> tuple[int, str]:
        """How many acts there are, and a digest of them all."""
        rows = self._rows("select subject, number, content from act order by subject, number")
        attached = self._rows("select subject, digest from attachment order by 1, 2")
        return len(rows), digest(repr((rows, attached)).encode())

    def events(self, kind: str) -> list[tuple[str | None, str]]:
        """Subject and actor of the events of ``kind``."""
        return self._rows('select subject, actor from event where kind = :kind order by "index"', kind=kind)

    def _rows(self, query: str, **given: str) -> list[Any]:
        engine = sqlalchemy.create_engine(as_superuser(self.url), poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sqlalchemy.text(query), given)]

    def new(self, who: str = "staff", **values: str) -> str:
        """The number of a new feedback sheet with its first section filled."""
        return str(self.done("record", "new", "QR-017-02", *sets({**RECEIVED, **values}), who=who)["number"])

    def signed(self, **values: str) -> str:
        """The number of a feedback sheet whose first section is signed."""
        number = self.new(**values)
        self.done("record", "sign", number, who="staff")
        return number

    def closed(self, *, until: str = "verified", engineer: str = "engineer") -> str:
        """The number of a feedback sheet that has gone all its way, or until a section is signed."""
        number = self.signed()
        self.done("record", "sign", number)
        self.done(
            "record", "fill", number,
            *sets({"responsible": "engineering", "analysis": "灯具超过使用年限", "measures_due": "2199-01-31"}),
        )  # fmt: skip
        self.done("record", "sign", number)
        measures = {"measures": "更换灯具 9 盏", "completed_on": YESTERDAY}
        self.done("record", "fill", number, *sets(measures), who=engineer)
        self.done("record", "sign", number, who=engineer)
        if until == "handled":
            return number
        self.done("record", "fill", number, *sets({"result": "effective", "verification": "现场点亮 9 盏"}))
        self.done("record", "sign", number)
        return number


def sets(values: dict[str, str]) -> list[str]:
    """``--set name=value`` for each value."""
    return [part for name, value in values.items() for part in ("--set", f"{name}={value}")]


@pytest.fixture
def record_template(database: str, stages: Stages) -> Stage[None]:
    """The workspace that each test gets a copy of, made once for each database."""
    return stages.stage(database, "record_workspace", make_template)


@pytest.fixture
def desk(
    record_template: Stage[None],
    stages: Stages,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    """A workspace of its own, whose records another machine publishes."""
    root = tmp_path / "ws"
    with stages.copied(record_template, root) as url:
        configure(root, url)
        (root / "log.key").unlink()
        _surround(tmp_path, monkeypatch)
        yield Desk(root, url, capsys)


def everyday_login_of(url: str) -> str | None:
    """The login that works with a register at ``url``; none for one in a file."""
    return None if sqlite_path(url) else EVERYDAY


def configure(root: Path, url: str) -> None:
    """Let the workspace in ``root`` have its register at ``url``."""
    configuration = root / "recordkeeper.toml"
    text, count = re.subn(r"(?m)^database = .*$", f'database = "{url}"', configuration.read_text(encoding="utf-8"))
    assert count == 1
    configuration.write_text(text, encoding="utf-8")


def _surround(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
    monkeypatch.delenv("RECORDKEEPER_USER", raising=False)
    monkeypatch.chdir(tmp_path)
