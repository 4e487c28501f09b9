"""``procedure``: shipped and installed; installed as drafts, approved and released by another person."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from form_samples import field, section
from p02_office import P02, revised
from packages import form, write_package
from record_workspace import SECRET, Desk, desk, record_template
from recordkeeper.cli.init import make_workspace
from recordkeeper.cli.main import main
from recordkeeper.services.initiation import prepare
from recordkeeper.services.people import add_user, authenticate, grant

__all__ = ["desk", "record_template"]

WHY = ("--reason", "换版", "--impact", "无")


@pytest.fixture
def empty(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a controller and an approver, and no form."""
    now = datetime.now(UTC).replace(microsecond=0)
    beginning = prepare(
        company="锦绣物业", time_zone="Asia/Shanghai", login="boss", name="李雷", passphrase=SECRET, now=now
    )
    register = make_workspace(tmp_path / "ws", empty_url, beginning, now).register
    boss = authenticate(register, "boss", SECRET, now)
    add_user(register, boss, login="approver", name="批准", passphrase=SECRET + "2", now=now)
    grant(register, boss, login="approver", role="approver", unit="unit/1", valid_from=None, valid_to=None, now=now)
    register.close()
    (tmp_path / "ws" / "log.key").unlink()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("RECORDKEEPER_USER", "boss")
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
    monkeypatch.setenv("RECORDKEEPER_APPROVER_PASSPHRASE", SECRET + "2")
    return tmp_path / "ws"


def run(root: Path, *arguments: str) -> int:
    return main([*arguments, "--workspace", str(root), "--lang", "en", "--json"], {})


def test_shipped_procedures_are_listed_and_shown_without_a_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANGUAGE", "en")
    assert main(["procedure", "list", "--json"], {}) == 0
    listed = [(each["id"], each["shipped"], each["state"]) for each in json.loads(capsys.readouterr().out)]
    assert ("P02", True, None) in listed
    assert {(shipped, state) for _id, shipped, state in listed} == {(True, None)}
    assert main(["procedure", "show", "p02", "--lang", "en"], {}) == 0
    shown = capsys.readouterr().out
    assert all(part in shown for part in ("P02-R4", "Duty clerk", "QR-017-04", "not installed"))


def test_a_procedure_is_installed_approved_and_released_in_one_run(
    empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(empty, "procedure", "install", "P02", "--approve-as", "approver") == 0
    done = json.loads(capsys.readouterr().out)
    assert [each["code"] for each in done][:2] == ["P02", "QR-017-01"]
    assert {each["state"] for each in done} == {"released"}
    assert abs((datetime.now(UTC).date() - date.fromisoformat(done[0]["effective_on"])).days) <= 1
    assert run(empty, "procedure", "show", "P02") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["author"], shown["approver"], shown["state"]) == ("李雷", "批准", "released")
    assert run(empty, "procedure", "install", "P02", "--approve-as", "approver") == 3
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "installed-already"


def test_drafts_are_approved_and_released_step_by_step(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(empty, "procedure", "install", str(P02)) == 0
    assert {each["state"] for each in json.loads(capsys.readouterr().out)} == {"draft"}
    assert run(empty, "procedure", "approve", "P02") == 3
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "no-right"
    assert run(empty, "procedure", "release", "P02", "--effective", "2199-01-01") == 3
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "nothing-in-state"


@pytest.mark.parametrize(
    ("arguments", "secret", "status", "kind"),
    [
        (("P02", "--approve-as", "boss"), SECRET, 3, "no-right"),
        (("P02", "--approve-as", "approver"), SECRET, 3, "wrong-passphrase"),
        (("P02", "--approve-as", "nobody"), SECRET, 4, "unknown-person"),
        (("P02", "--effective", "2199-01-01"), SECRET, 2, "usage"),
        (("P02", "--approve-as", "approver", "--effective", "2020-01-01"), SECRET + "2", 3, "wrong-revision-state"),
        (("P02", "--approve-as", "approver", "--effective", "soon"), SECRET + "2", 2, "text-refused"),
        (("P99",), SECRET, 4, "no-package"),
    ],
)
def test_what_is_refused_leaves_no_draft(
    empty: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    secret: str,
    status: int,
    kind: str,
) -> None:
    monkeypatch.setenv("RECORDKEEPER_APPROVER_PASSPHRASE", secret)
    assert run(empty, "procedure", "install", *arguments) == status
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == kind
    assert run(empty, "form", "list") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_second_passphrase_is_never_the_first_ones(
    empty: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECORDKEEPER_APPROVER_PASSPHRASE")
    assert run(empty, "procedure", "install", "P02", "--approve-as", "approver") == 3
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "not-proven"


def test_a_folder_with_faults_is_installed_in_no_part(desk: Desk, tmp_path: Path) -> None:
    folder = revised(tmp_path / "later", "A/1")
    text = (folder / "QR-017-02.yaml").read_text("utf-8")
    (folder / "QR-017-02.yaml").write_text(text.replace("by: quality", "by: janitor"), "utf-8")
    (folder / "QR-017-03.docx").write_bytes((folder / "QR-017-02.docx").read_bytes())
    error = desk.refused("procedure", "revise", "P02", str(folder), *WHY, who="boss")
    assert (error["status"], error["kind"]) == ("2", "definition")
    assert "janitor" in error["found"]
    assert "QR-017-03.docx" in error["message"]


def test_only_a_controller_installs(desk: Desk, tmp_path: Path) -> None:
    folder = revised(tmp_path / "later", "A/1")
    assert desk.refused("procedure", "revise", "P02", str(folder), *WHY, who="clerk")["kind"] == "no-right"


def test_a_release_without_a_day_counts_from_today_and_says_so(desk: Desk, tmp_path: Path) -> None:
    desk.done("procedure", "revise", "P02", str(revised(tmp_path / "later", "B/0")), *WHY, who="boss")
    desk.listed("procedure", "approve", "P02", who="approver")
    released = desk.listed("procedure", "release", "P02", who="approver")
    (day,) = {each["effective_on"] for each in released}
    assert abs((datetime.now(UTC).date() - date.fromisoformat(day)).days) <= 1
    assert f"in force from today, {day}" in desk.err
    assert {form["revision"] for form in desk.listed("form", "list")} == {"B/0"}


def test_a_later_revision_counts_from_its_day(desk: Desk, tmp_path: Path) -> None:
    desk.done("procedure", "revise", "P02", str(revised(tmp_path / "later", "B/0")), *WHY, who="boss")
    assert {each["state"] for each in desk.listed("procedure", "approve", "P02", who="approver")} == {"approved"}
    released = desk.listed("procedure", "release", "P02", "--effective", "2199-01-01", who="approver")
    assert len(released) == 6
    assert not [form["code"] for form in desk.listed("form", "list") if form["revision"] != "A/0"]
    on_that_day = desk.listed("form", "list", "--on", "2199-01-01")
    assert {form["revision"] for form in on_that_day} == {"B/0"}


def test_a_procedure_alone_says_what_nothing_serves_and_what_to_give(
    empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asking = form(
        "QR-900-01", section("found", field("seen"), opens=[{"purpose": "complaint"}], sign="one", meaning="received")
    )
    folder = str(write_package(tmp_path / "P90", asking))
    assert run(empty, "procedure", "install", folder, "--unit", "HQ") == 0
    shown = capsys.readouterr()
    assert "procedure install P90 --bind complaint=none" in shown.err
    assert json.loads(shown.out)[0]["units"] == ["unit/1"]
    assert run(empty, "procedure", "install", "p90", "--bind", "complaint=none") == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert [each["bindings"] for each in json.loads(shown.out)] == [{"complaint": ""}]
    assert run(empty, "procedure", "show", "P90") == 0
    assert json.loads(capsys.readouterr().out)["bindings"] == {"complaint": ""}
    assert main(["procedure", "show", "P90", "--workspace", str(empty), "--lang", "en"], {}) == 0
    assert "complaint" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "kind"),
    [
        (("P02", "--bind", "complaint"), 2, "usage"),
        (("P02", "--bind", "complaint=none", "--bind", "complaint=none"), 2, "usage"),
        (("P02", "--bind", "complaint=none"), 2, "unused-purpose"),
        (("P02", "--unit", "nowhere"), 4, "unknown-place"),
        (("P99", "--unit", "HQ"), 4, "no-package"),
    ],
)
def test_terms_that_cannot_be_are_refused(
    empty: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, kind: str
) -> None:
    assert run(empty, "procedure", "install", *arguments) == status
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == kind


def test_a_check_ends_by_the_gravest_that_it_finds(
    empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(empty, "procedure", "check", "--all") == 0
    assert json.loads(capsys.readouterr().out) == {"errors": 0, "findings": []}
    asking = form("QR-900-01", section("found", field("seen"), by="controller", opens=[{"purpose": "complaint"}]))
    folder = str(write_package(tmp_path / "P90", asking))
    assert run(empty, "procedure", "install", folder) == 0
    capsys.readouterr()
    assert run(empty, "procedure", "check", "P90") == 0
    assert [each["code"] for each in json.loads(capsys.readouterr().out)["findings"]] == ["unbound-purpose"]
    assert run(empty, "procedure", "install", "P02") == 0
    capsys.readouterr()
    assert main(["procedure", "check", "--all", "--workspace", str(empty), "--lang", "zh"], {}) == 1
    assert "duty_clerk" in capsys.readouterr().out
    assert run(empty, "procedure", "check") == 2
    assert run(empty, "procedure", "check", "P99") == 4


def test_one_of_two_that_rule_on_one_act_is_chosen(
    empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for identifier, code in (("P90", "QR-900-01"), ("P91", "QR-910-01")):
        retention = {"years": 3, "authority": f"{identifier}-R1"}
        told = form(code, section("told", field("what"), by="controller"), retention=retention)
        folder = write_package(tmp_path / identifier, told, identifier=identifier, provides={"complaint": code})
        assert run(empty, "procedure", "install", str(folder)) == 0
    capsys.readouterr()
    assert run(empty, "procedure", "check", "--all") == 0
    assert [each["code"] for each in json.loads(capsys.readouterr().out)["findings"]] == ["conflict"]
    why = ("--reason", "按总公司规定")
    for arguments, status in (
        (("complaint", "QR-999-01", *why), 4),
        (("complaint", "QR-900-01", "--unit", "XX", *why), 4),
        (("notice", "QR-900-01", *why), 2),
        (("complaint", "QR-900-01"), 2),
        (("complaint", "QR-900-01", *why), 0),
        (("complaint", "QR-900-01", *why), 2),
    ):
        assert run(empty, "procedure", "choose", *arguments) == status, arguments
    capsys.readouterr()
    assert run(empty, "unit", "show", "HQ") == 0
    assert json.loads(capsys.readouterr().out)["choices"] == {"complaint": "QR-900-01"}
    assert run(empty, "procedure", "check", "--all") == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []
    assert main(["unit", "show", "HQ", "--workspace", str(empty), "--lang", "zh"], {}) == 0
    assert "complaint" in capsys.readouterr().out


TARGETS = {
    "id": "targets",
    "title": {"zh": "质量目标", "en": "Objectives"},
    "keys": [{"id": "unit", "title": {"zh": "单位", "en": "Unit"}, "type": "unit"}],
    "columns": [{"id": "target", "title": {"zh": "目标值", "en": "Target"}, "type": "number", "places": 1}],
    "approver": "approver",
}


def test_a_reference_table_is_entered_approved_by_another_and_shown(
    empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = form("QR-900-01", section("told", field("what"), by="controller"))
    assert run(empty, "procedure", "install", str(write_package(tmp_path / "P90", told, tables=[TARGETS]))) == 0
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("单位,目标值\nHQ,92\n", "utf-8")
    bad.write_text("单位,目标值\n无此处,many\n", "utf-8")
    for arguments, status in (
        (("targets", str(bad)), 2),
        (("nothing", str(good)), 4),
        (("targets", str(tmp_path / "none.csv")), 4),
        (("--approve",), 2),
        (("targets", "--approve"), 4),
        (("targets", str(good)), 0),
        (("targets", "--approve"), 3),
    ):
        assert run(empty, "procedure", "table", *arguments) == status, arguments
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET + "2")
    assert run(empty, "procedure", "table", "targets", "--approve", "--as", "approver") == 0
    monkeypatch.setenv("RECORDKEEPER_PASSPHRASE", SECRET)
    capsys.readouterr()
    assert run(empty, "procedure", "table") == 0
    assert [(each["table"], each["in_force"]) for each in json.loads(capsys.readouterr().out)] == [("targets", "A/0")]
    assert main(["procedure", "table", "targets", "--workspace", str(empty), "--lang", "zh"], {}) == 0
    shown = capsys.readouterr().out
    assert all(part in shown for part in ("目标值", "锦绣物业", "92.0"))


def test_a_copied_procedure_is_edited_and_installed(
    empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "SVC")
    assert run(empty, "procedure", "copy", "P02", "SVC", folder) == 0
    assert json.loads(capsys.readouterr().out)["codes"]["QR-017-01"] == "SVC-01"
    assert run(empty, "procedure", "install", folder) == 0
    assert json.loads(capsys.readouterr().out)[0]["code"] == "SVC"
    assert run(empty, "procedure", "copy", "P02", "SVC", folder) == 3
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "folder-taken"
