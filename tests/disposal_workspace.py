"""A workspace whose records are old enough to go, for trying the command line; everybody has the same passphrase."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from company import ANALYSIS, ENTRY, FEEDBACK, MEASURES, RESULT
from disposal_office import PEOPLE, lists_of_p00
from record_workspace import SECRET, TOKENS, Desk, configure, everyday_login_of
from recordkeeper.cli.init import make_workspace
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register
from recordkeeper.services import catalogue, lifecycle, people, scheduling
from recordkeeper.services.initiation import prepare
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor, Signer
from scratch_postgresql import as_executor
from stage import Stage, Stages

P02 = Path(__file__).resolve().parents[1] / "forms" / "P02"
THEN = datetime(2022, 11, 23, 2, 0, 0, tzinfo=UTC)
STAFF = {
    "approver": ("approver",),
    "clerk": ("field_staff", "duty_clerk", "quality", "department_head"),
    "engineer": ("engineering",),
}
SCHEDULE = """\
revision: A/0
title: {zh: 保管期限表, en: Retention schedule}
cooling_days: 0
rules:
  - {id: short, forms: [QR-017-01], trigger: sheet_closed, years: 1, action: destroy, authority: 公司规定}
"""
ROW_MONTH = "QR-017-01/2022-11"


def make(url: str, root: Path) -> tuple[str, ...]:
    """Make the workspace; answer the numbers of two closed feedback sheets."""
    beginning = prepare(
        company="锦绣物业", company_en="Brocade Property", time_zone="Asia/Shanghai", login="boss", name="李雷",
        passphrase=SECRET, now=THEN,
    )  # fmt: skip
    register = make_workspace(root, url, beginning, THEN, everyday_login_of(url)).register
    actors = {"boss": people.authenticate(register, "boss", SECRET, THEN)}
    for login, roles in (STAFF | {login: (role,) for login, role in PEOPLE.items()}).items():
        person = people.add_user(register, actors["boss"], login=login, name=f"姓{login}", passphrase=SECRET, now=THEN)
        actors[login] = Actor(person.subject, person.login, person.name)
        for role in roles:
            people.grant(
                register, actors["boss"], login=login, role=role, unit=ROOT_UNIT, valid_from=None, valid_to=None,
                now=THEN,
            )  # fmt: skip
    keys = {name: people.open_signing_key(register, actors[name], SECRET, THEN, unattended=True) for name in actors}
    _install(register, actors["boss"], keys["approver"])
    numbers = tuple(_closed(register, actors, keys) for _number in range(2))
    for _row in range(2):
        row = {**ENTRY, "received_at": "2022-11-02 08:35", "reply_due": "2022-11-10"}
        lifecycle.new(register, actors["clerk"], THEN, "QR-017-01", row, About())
    lifecycle.fill(register, actors["clerk"], THEN, ROW_MONTH, None, {"summary": "开票为主"})
    lifecycle.sign(register, actors["clerk"], keys["clerk"], THEN, ROW_MONTH)
    now = datetime.now(UTC).replace(microsecond=0)
    sessions = {login: people.open_session(register, login, SECRET, now) for login in actors}
    tokens = {login: [session.actor.subject, session.token] for login, session in sessions.items()}
    (root / TOKENS).write_text(json.dumps(tokens), encoding="utf-8")
    register.close()
    return numbers


def _install(register: Register, boss: Actor, approver: Signer) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        catalogue.install_and_release(register, P02, boss, approver, None, THEN)
        catalogue.install_and_release(register, lists_of_p00(folder), boss, approver, None, THEN)
        schedule = folder / "schedule.yaml"
        schedule.write_text(SCHEDULE, encoding="utf-8")
        scheduling.propose(register, boss, THEN, schedule)
        scheduling.put_in_force(register, approver, THEN, None, allows_shorter=True)


def _closed(register: Register, actors: Mapping[str, Actor], keys: Mapping[str, Signer]) -> str:
    values = {**FEEDBACK, "fed_back_at": "2022-11-20 09:40"}
    number = lifecycle.new(register, actors["clerk"], THEN, "QR-017-02", values, About()).number
    due = {**ANALYSIS, "measures_due": "2022-11-28"}
    done = {**MEASURES, "completed_on": "2022-11-22"}
    for who, fill in (("clerk", {}), ("clerk", {}), ("clerk", due), ("engineer", done), ("clerk", dict(RESULT))):
        if fill:
            lifecycle.fill(register, actors[who], THEN, number, None, fill)
        lifecycle.sign(register, actors[who], keys[who], THEN, number)
    return number


@pytest.fixture
def old_desk(
    database: str, stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[Desk, tuple[str, ...]]]:
    """A workspace of its own with old records, published by this machine, without PDFs; and the numbers of two."""
    stage: Stage[tuple[str, ...]] = stages.stage(database, "old_workspace", make)
    root = tmp_path / "ws"
    with stages.copied(stage, root) as url:
        configure(root, as_executor(url))
        for name, value in (("XDG_STATE_HOME", str(tmp_path / "state")), ("LANGUAGE", "en"), ("PATH", "")):
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
        monkeypatch.delenv("RECORDKEEPER_USER", raising=False)
        monkeypatch.chdir(tmp_path)
        yield Desk(root, url, capsys), stage.made


__all__ = ["ROW_MONTH", "make", "old_desk"]
