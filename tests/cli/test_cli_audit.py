"""``audit``: proofs that somebody outside checks, cosignatures, and the anchors of ``verify``."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageOps

from record_workspace import Desk, desk, record_template
from recordkeeper.cli.main import main
from recordkeeper.tlog.checkpoint import LogKey
from stage import Stage

__all__ = ["desk", "record_template"]


@pytest.fixture
def office(desk: Desk, record_template: Stage[None], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A workspace that publishes itself, with one record; no LibreOffice, for nothing here is printed."""
    monkeypatch.setenv("PATH", "")
    shutil.copy(record_template.folder / "log.key", desk.root / "log.key")
    desk.new()
    return desk


@pytest.fixture
def public_key(office: Desk, tmp_path: Path) -> Path:
    path = tmp_path / "log.pub"
    path.write_text(LogKey.load(office.root / "log.key").verifier + "\n", encoding="utf-8")
    return path


def exported(office: Desk, path: Path) -> Path:
    office.done("audit", "checkpoint", "--export", str(path))
    return path


def test_a_proof_of_a_record_is_checked_without_the_workspace(
    office: Desk, public_key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = tmp_path / "proof.json"
    made = office.done("audit", "prove", "QR-017-02/2026-0001", "--output", str(proof))
    assert made["file"] == str(proof)
    capsys.readouterr()
    assert main(["audit", "check-proof", str(proof), "--key", str(public_key), "--json", "--lang", "en"], {}) == 0
    checked = json.loads(capsys.readouterr().out)
    assert (checked["verdict"], checked["key_confirmed"], checked["findings"]) == ("ok", True, [])
    assert [event["index"] for event in checked["events"]] == made["events"]
    assert json.loads(checked["events"][0]["leaf"])["kind"] == "new"
    assert main(["audit", "check-proof", str(proof), "--lang", "en"], {}) == 0
    assert "not confirmed from outside" in capsys.readouterr().out


def test_a_changed_proof_is_altered_and_a_strangers_key_too(office: Desk, tmp_path: Path) -> None:
    proof, other = tmp_path / "proof.json", tmp_path / "other.pub"
    office.done("audit", "prove", "1", "--output", str(proof))
    other.write_text(LogKey.generate("somebody").verifier, encoding="utf-8")
    assert office.run("audit", "check-proof", str(proof), "--key", str(other)) == 1
    assert "checkpoint-signature" in office.out
    proof.write_text(proof.read_text("utf-8").replace('"index": 1', '"index": 2'), encoding="utf-8")
    assert office.run("audit", "check-proof", str(proof)) == 1
    assert "proof-inclusion" in office.out


def test_a_proof_goes_to_stdout_where_no_file_is_named(office: Desk) -> None:
    shown = office.done("audit", "prove", "0")
    assert [entry["index"] for entry in shown["entries"]] == [0]


def test_growth_since_an_exported_checkpoint_is_proven(office: Desk, tmp_path: Path) -> None:
    earlier = exported(office, tmp_path / "earlier.txt")
    office.new()
    proof = tmp_path / "growth.json"
    assert office.done("audit", "prove", "--from", str(earlier), "--output", str(proof))["events"] == []
    checked = office.done("audit", "check-proof", str(proof))
    assert checked["earlier_size"] < checked["size"]
    assert office.run("audit", "check-proof", str(proof)) == 0
    assert "is the beginning of the log" in office.out


def test_prove_wants_one_thing_that_is_there(office: Desk, tmp_path: Path) -> None:
    earlier = exported(office, tmp_path / "earlier.txt")
    assert office.refused("audit", "prove")["status"] == "2"
    assert office.refused("audit", "prove", "1", "--from", str(earlier))["status"] == "2"
    assert office.refused("audit", "prove", "QR-017-02/2026-9999")["status"] == "4"
    assert office.refused("audit", "prove", "99999")["kind"] == "unpublished-event"
    assert office.refused("audit", "check-proof", str(earlier))["status"] == "2"


def tail_of(office: Desk, status: int, *arguments: str) -> dict[str, str]:
    """What ``verify`` says of the tail, and with which exit status."""
    assert office.run("verify", *arguments, "--json") == status
    return dict(json.loads(office.out)["aspects"]["tail"])


def test_an_auditor_cosigns_with_an_own_key_and_verify_asks_for_it(
    office: Desk, public_key: Path, tmp_path: Path
) -> None:
    note = exported(office, tmp_path / "checkpoint.txt")
    made = office.done("audit", "cosigner-key", "--name", "auditor", "--output", str(tmp_path / "auditor.key"))
    assert (tmp_path / "auditor.key").stat().st_mode & 0o777 == 0o600
    public = tmp_path / "auditor.pub"
    public.write_text(made["public_key"], encoding="utf-8")
    policy = ("--cosigner", str(public), "--require", "1")
    assert tail_of(office, 6, "--against", str(note), *policy)["answer"] == "cannot assess"
    cosigned = tmp_path / "cosigned.txt"
    arguments = ("audit", "cosign", str(note), "--key", str(tmp_path / "auditor.key"), "--log-key", str(public_key))
    done = office.done(*arguments, "--output", str(cosigned))
    assert (done["name"], done["file"]) == ("auditor", str(cosigned))
    assert cosigned.read_text("utf-8").startswith(note.read_text("utf-8"))
    tail = office.done("verify", "--against", str(cosigned), *policy)["aspects"]["tail"]
    assert tail["answer"] == "ok"
    assert "auditor" in tail["reason"]


def test_cosign_signs_a_grown_log_on_proof_alone_and_the_archive_keeps_it(office: Desk, tmp_path: Path) -> None:
    first = exported(office, tmp_path / "first.txt")
    key, public = tmp_path / "auditor.key", tmp_path / "auditor.pub"
    made = office.done("audit", "cosigner-key", "--name", "auditor", "--output", str(key))
    public.write_text(made["public_key"], encoding="utf-8")
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    cosign = ("audit", "cosign", "--key", str(key))
    assert office.done(*cosign, str(first), "--output", str(one))["grown_from"] is None
    office.new()
    second, proof = exported(office, tmp_path / "second.txt"), tmp_path / "growth.json"
    refused = office.refused(*cosign, str(second), "--output", str(two))
    assert (refused["status"], refused["kind"]) == ("3", "unproven-growth")
    assert not two.exists()
    office.done("audit", "prove", "--from", str(first), "--output", str(proof))
    done = office.done(*cosign, str(second), "--proof", str(proof), "--output", str(two))
    assert done["grown_from"] == int(first.read_text("utf-8").splitlines()[1])
    assert office.refused(*cosign, str(first), "--output", str(tmp_path / "back.txt"))["kind"] == "not-grown"
    policy = ("--cosigner", str(public))
    assert tail_of(office, 6, *policy)["answer"] == "cannot assess"
    kept = office.done("audit", "keep-cosigned", str(two), *policy)
    assert kept["cosigned_by"] == ["auditor"]
    assert Path(kept["file"]).read_text("utf-8") == two.read_text("utf-8")
    tail = office.done("verify", *policy)["aspects"]["tail"]
    assert (tail["answer"], "auditor" in tail["reason"]) == ("ok", True)
    assert [event["kind"] for event in office.listed("audit", "log")].count("cosign") == 1
    stranger = tmp_path / "stranger.pub"
    made = office.done("audit", "cosigner-key", "--name", "b", "--output", str(tmp_path / "b.key"))
    stranger.write_text(made["public_key"], encoding="utf-8")
    assert office.refused("audit", "keep-cosigned", str(one), "--cosigner", str(stranger))["kind"] == "not-cosigned"


def test_cosign_refuses_what_the_log_did_not_sign(office: Desk, tmp_path: Path) -> None:
    note = exported(office, tmp_path / "checkpoint.txt")
    office.done("audit", "cosigner-key", "--name", "auditor", "--output", str(tmp_path / "auditor.key"))
    (tmp_path / "other.pub").write_text(LogKey.generate("somebody").verifier, encoding="utf-8")
    arguments = ("--key", str(tmp_path / "auditor.key"), "--output", str(tmp_path / "out.txt"))
    other = ("--log-key", str(tmp_path / "other.pub"))
    assert office.refused("audit", "cosign", str(note), *arguments, *other)["kind"] == "unsigned-note"
    assert not (tmp_path / "out.txt").exists()


def test_verify_takes_the_short_checkpoint_of_a_form(office: Desk) -> None:
    short = office.done("audit", "checkpoint")["short"]
    assert office.done("verify", "--against", short)["aspects"]["tail"]["answer"] == "ok"
    cut = short.replace(short.partition("·")[0], "99999", 1)
    assert office.run("verify", "--against", short, "--against", cut) == 1
    assert "tail-cut" in office.out
    assert office.refused("verify", "--against", "no-such-file")["status"] == "4"
    assert office.refused("verify", "--key", "no-such-file")["status"] == "4"
    assert office.refused("verify", "--against", ".")["status"] == "2"
    assert office.refused("verify", "--against", short, "--require", "2")["kind"] == "unmeetable-policy"


def test_rotate_key_replaces_the_key_file_and_verify_follows(office: Desk, public_key: Path, tmp_path: Path) -> None:
    note = exported(office, tmp_path / "earlier.txt")
    done = office.done("audit", "rotate-key", "--yes", who="boss")
    assert done["old_key"] == public_key.read_text("utf-8").strip()
    assert LogKey.load(office.root / "log.key").verifier == done["new_key"]
    assert [path.name for path in office.root.glob("log.key*")] == ["log.key"]
    checked = office.done("verify", "--key", str(public_key), "--against", str(note))
    assert (checked["verdict"], checked["aspects"]["tail"]["answer"]) == ("ok", "ok")
    assert office.refused("audit", "rotate-key", "--yes", who="clerk")["kind"] == "no-right"


def test_check_says_that_what_is_new_follows_from_the_checkpoint_before(office: Desk) -> None:
    found = office.done("audit", "check")
    assert found["findings"] == []
    assert 0 <= found["first"] < found["size"]


SHORT = re.compile(r"[1-9][0-9]*·[0-9A-F]{4}-[0-9A-F]{4}")


def alone(office: Desk, *arguments: str) -> int:
    """The exit status of the stand-alone verifier, as the archive ships it, on that archive."""
    archive = office.root / "archive"
    command = [sys.executable, "-I", str(archive / "verifier.py"), str(archive), *arguments]
    return subprocess.run(command, check=False, capture_output=True).returncode


def test_the_checkpoint_that_an_issued_form_prints_anchors_the_log_for_both(office: Desk, tmp_path: Path) -> None:
    """What a customer has in hand is typed in as it stands there, while the log has grown meanwhile."""
    number = office.new()
    docx = tmp_path / "form.docx"
    office.done("record", "render", number, "--output", str(docx))
    text = "".join(re.findall(r">([^<]+)<", "".join(parts_of(docx, "word/"))))
    (printed,) = set(SHORT.findall(text))
    office.new()
    assert office.done("verify", "--against", printed)["aspects"]["tail"]["answer"] == "ok"
    assert alone(office, "--against", printed) == 0
    size, _dot, root = printed.partition("·")
    other = f"{size}·{root[:-1]}{'0' if root[-1] != '0' else '1'}"
    assert office.run("verify", "--against", other) == alone(office, "--against", other) == 1


def parts_of(docx: Path, folder: str) -> list[str]:
    with zipfile.ZipFile(docx) as package:
        names = [name for name in package.namelist() if name.startswith(folder) and name.endswith(".xml")]
        return [package.read(name).decode() for name in names]


def test_a_checkpoint_on_paper_has_a_code_that_against_takes_as_it_is_read(office: Desk, tmp_path: Path) -> None:
    sheet = tmp_path / "checkpoint.docx"
    newest = office.done("audit", "checkpoint", "--export", str(sheet))
    with zipfile.ZipFile(sheet) as package:
        (name,) = (name for name in package.namelist() if name.endswith(".png"))
        picture = Image.open(BytesIO(package.read(name))).convert("L")
    (found,) = zxingcpp.read_barcodes(ImageOps.expand(picture, 32, 255))
    size, _dot, groups = found.text.partition(".")
    assert (int(size), len(groups.split("-")) >= 6) == (newest["size"], True)
    assert f"{size}·{groups[:9]}" == newest["short"]
    text = "".join(re.findall(r">([^<]+)<", "".join(parts_of(sheet, "word/document"))))
    for said in ("锦绣物业", newest["short"], found.text, *newest["note"].split("\n")):
        assert said in text
    office.new()
    assert office.done("verify", "--against", found.text)["aspects"]["tail"]["answer"] == "ok"
    assert alone(office, "--against", found.text) == 0
    other = found.text[:-1] + ("0" if found.text[-1] != "0" else "1")
    assert office.run("verify", "--against", other) == alone(office, "--against", other) == 1
