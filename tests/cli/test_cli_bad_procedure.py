"""Procedures that cannot be: each fault ends with its status and names file and key, and nothing is installed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from form_samples import field, section, title
from packages import form, write_package
from record_workspace import SECRET
from recordkeeper.cli.init import make_workspace
from recordkeeper.cli.main import main
from recordkeeper.register.connection import sqlite_url
from recordkeeper.services.initiation import prepare

SIGNED = {"sign": "one", "meaning": "received"}
CHOICES = [{"id": "good", **title("好")}, {"id": "bad", **title("差")}]
Change: TypeAlias = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which nothing ever is installed, for what is refused changes nothing."""
    folder = tmp_path_factory.mktemp("bad")
    now = datetime.now(UTC).replace(microsecond=0)
    beginning = prepare(
        company="锦绣物业", time_zone="Asia/Shanghai", login="boss", name="李雷", passphrase=SECRET, now=now
    )
    make_workspace(folder / "ws", sqlite_url(folder / "records.db"), beginning, now).register.close()
    return folder / "ws"


def report() -> dict[str, Any]:
    return form(
        "QR-900-01",
        section("found", field("seen"), field("state", "choice", choices=CHOICES), **SIGNED),
        section("checked", field("result"), by="quality", when="state == 'bad'", **SIGNED),
        examples=[{"name": "一", "values": {"seen": "甲", "state": "good"}}],
    )


def checked(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["sections"][1]
    return found


def put(data: dict[str, Any], **more: object) -> None:
    data.update(more)


FORM_FAULTS: list[tuple[str, Change, str, str]] = [
    ("a role", lambda data: put(checked(data), by="janitor"), "sections.checked.by", "janitor"),
    ("a field", lambda data: put(checked(data), when="colour == 'red'"), "sections.checked.when", "colour"),
    ("a purpose", lambda data: put(checked(data), opens=[{"purpose": "complant"}]), "purpose", "complant"),
    ("a condition that never holds", lambda data: put(checked(data), when="state == 'ugly'"), "when", "ugly"),
    (
        "a condition that contradicts itself",
        lambda data: put(checked(data), when="state == 'good' and state == 'bad'"),
        "sections.checked.when",
        "can never hold",
    ),
    ("a later section", lambda data: put(data["sections"][0], when="result == 'x'"), "sections.found.when", "result"),
    ("a rule that there is not", lambda data: put(data["sections"][0], rules=["P90-R7"]), "rules", "P90-R7"),
    ("no retention", lambda data: data.pop("retention"), "retention", "is missing"),
    (
        "an example that fails its own checks",
        lambda data: put(data["sections"][0]["fields"][0], check="seen == 'B'"),
        "examples",
        "seen",
    ),
    ("an example of no field", lambda data: put(data["examples"][0], values={"nothing": "x"}), "examples", "nothing"),
]


def installed(
    root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """The exit status of an installation, and what it said."""
    for name, value in (("RECORDKEEPER_USER", "boss"), ("RECORDKEEPER_PASSPHRASE", SECRET), ("LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    workspace = ("--workspace", str(root), "--lang", "en", "--json")
    status = main(["procedure", "install", str(folder), *workspace], {})
    said = capsys.readouterr().err
    assert main(["form", "list", *workspace], {}) == 0
    assert json.loads(capsys.readouterr().out) == []
    return status, said


@pytest.mark.parametrize(("what", "change", "key", "found"), FORM_FAULTS, ids=[fault[0] for fault in FORM_FAULTS])
def test_a_form_that_cannot_be_is_named_with_file_and_key(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    what: str,
    change: Change,
    key: str,
    found: str,
) -> None:
    folder = write_package(tmp_path / "P90", report())
    data = report()
    change(data)
    rewrite(folder / "QR-900-01.yaml", {**data, "procedure": "P90"})
    status, said = installed(root, folder, monkeypatch, capsys)
    assert status == 2, what
    assert "QR-900-01.yaml:" in said
    assert all(part in said for part in (key, found)), said


def rewrite(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), "utf-8")  # JSON is YAML


PROCEDURE_FAULTS: list[tuple[str, dict[str, Any], int, str]] = [
    ("a form without a file", {"forms": ["QR-900-01", "QR-900-09"]}, 4, "QR-900-09.yaml"),
    ("a form that stands twice", {"forms": ["QR-900-01", "QR-900-01"]}, 2, "stands twice"),
    ("a purpose served by no form of it", {"provides": {"complaint": "QR-999-01"}}, 2, "QR-999-01"),
    (
        "a cover that is no form of it",
        {"dossier": {"cover": "QR-1-1", "contents": [{"form": "QR-900-01"}]}},
        2,
        "QR-1-1",
    ),
    ("an owner by a rule that it does not have", {"owner": {"role": "clerk", "rules": ["P90-R9"]}}, 2, "P90-R9"),
    ("an owner that is no role of it", {"owner": {"role": "nobody"}}, 2, "nobody"),
    ("a role that stands twice", {"roles": [{"id": "clerk", **title("甲")}] * 2}, 2, "stands twice"),
    ("a key that is not in the grammar", {"colour": "red"}, 2, "colour"),
]


@pytest.mark.parametrize(
    ("what", "more", "status", "found"), PROCEDURE_FAULTS, ids=[fault[0] for fault in PROCEDURE_FAULTS]
)
def test_a_procedure_that_cannot_be_is_refused_whole(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    what: str,
    more: dict[str, Any],
    status: int,
    found: str,
) -> None:
    folder = write_package(tmp_path / "P90", report(), **more)
    assert installed(root, folder, monkeypatch, capsys)[0] == status, what
    assert found in installed(root, folder, monkeypatch, capsys)[1]


def test_two_forms_with_one_code_or_one_spelling_are_refused(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {**report(), "code": "QR-900-02"}
    spelled = write_package(tmp_path / "spelled", {**report(), "aliases": ["qr-9"]}, {**other, "aliases": ["QR-9"]})
    status, said = installed(root, spelled, monkeypatch, capsys)
    assert (status, "QR-900-02.yaml: aliases" in said) == (2, True), said
    coded = write_package(tmp_path / "coded", report(), other)
    rewrite(coded / "QR-900-02.yaml", {**report(), "procedure": "P90"})
    status, said = installed(root, coded, monkeypatch, capsys)
    assert (status, "QR-900-02.yaml" in said, "QR-900-01" in said) == (2, True, True), said
