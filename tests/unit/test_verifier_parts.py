"""The stand-alone verifier by itself: what it imports, its texts, its command, and what it makes of hostile bytes."""

import ast
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from recordkeeper import verifier
from recordkeeper.language import preferred_language
from recordkeeper.model import canonical as model
from recordkeeper.ocfl.inventory import prepare_version
from recordkeeper.ocfl.storage_root import ROOT_FILES, StorageRoot
from recordkeeper.services import carried_check
from recordkeeper.tlog.tile_path import TileName

SOURCE = Path(verifier.__file__)
TREE = ast.parse(SOURCE.read_text(encoding="utf-8"))
CODE = [
    node
    for part in TREE.body
    if not (isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "CHINESE")
    for node in ast.walk(part)
]


def test_it_imports_the_standard_library_alone() -> None:
    imported: set[str] = set()
    for node in ast.walk(TREE):
        if isinstance(node, ast.Import):
            imported.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])
    assert imported <= sys.stdlib_module_names
    assert not imported & {"socket", "urllib.request", "subprocess", "ctypes", "pickle", "tempfile", "shutil"}


def test_every_text_that_a_person_reads_stands_in_chinese_with_its_places() -> None:
    used = {node.value for node in CODE if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    with_places = {text for text in used if re.search(r"\{[a-z]+\}", text)}
    assert with_places <= verifier.CHINESE.keys()
    assert verifier.CHINESE.keys() <= used
    for text, chinese in verifier.CHINESE.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", chinese)), text
        assert text.isascii()


def test_every_text_of_a_finding_is_in_the_table() -> None:
    texts = {
        argument.value
        for node in CODE
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"find", "say"}
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value
    }
    assert len(texts) > 20
    assert texts <= verifier.CHINESE.keys()


def test_it_knows_the_files_of_a_storage_root_byte_for_byte() -> None:
    assert {name: data for name, (_code, data) in verifier.ROOT_FILES.items()} == ROOT_FILES


@pytest.mark.parametrize("identifier", ["unit/1", "record/QR-017-02/2026-0001", "sheet/" + "a" * 200, "记录/1"])
def test_objects_lie_where_the_program_puts_them(identifier: str) -> None:
    root = StorageRoot(Path("objects"), Path("incoming"))
    assert root.object_path(identifier).as_posix() == f"objects/{verifier.object_place(identifier)}"


@pytest.mark.parametrize("name", [TileName(-1, 0, 17), TileName(0, 1_234_067, 256), TileName(2, 999, 1)])
def test_tiles_are_named_as_the_program_names_them(name: TileName) -> None:
    path = verifier.tile_path(name.level, name.index, name.width)
    assert path == name.path
    assert verifier.parse_tile_path(path) == (name.level, name.index, name.width)
    for other in (path.replace("tile/", "tile//"), path + "/", path.replace("tile/", "tile/0"), "tile/0/000.p/257"):
        assert verifier.parse_tile_path(other) is None


def test_what_is_canonical_for_the_program_is_canonical_here() -> None:
    value: model.Json = {"b": [None, True, -7, 2**53 - 1, 'é\n\u001f"\\\u007f中'], "a": {"x": {}}, "": ""}
    assert verifier.canonical(value) == model.canonical(value)
    assert verifier.parse_json(model.canonical(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
        b"9007199254740992",
        b"1.5",
        b"1e999",
        b"NaN",
        b"-Infinity",
        b'{"a":1,"a":1}',
        '{"é":1}'.encode(),
        b"\xef\xbb\xbf{}",
    ],
)
def test_json_that_the_program_does_not_write_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the JSON module says
        verifier.parse_json(text)


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\nb", "\udcff\ud800", "\u202e", "x" * 9000, "{brace}"])
def test_what_is_shown_is_one_printable_line(text: str) -> None:
    shown = verifier.clean(text)
    assert shown.isprintable()
    assert len(shown) <= 401
    shown.encode()


def prepared(value: object) -> object:
    """A sound inventory with ``value`` put in its place."""
    data = prepare_version(
        "unit/1",
        None,
        {"record.json": b"x"},
        created="2026-11-23T06:05:04Z",
        message="m",
        user_name="n",
        user_address="a",
    )
    return json.loads(data.inventory) | value if isinstance(value, dict) else value


def test_a_sound_inventory_has_no_fault() -> None:
    assert list(verifier.inventory_faults(prepared({}))) == []


DIGEST = "0" * 128
UNSOUND: dict[str, object] = {
    "no object": [],
    "E038": {"type": "x"},
    "E025": {"digestAlgorithm": "md5"},
    "E019": {"contentDirectory": "data"},
    "E037": {"id": 7},
    "E041": {"manifest": []},
    "E040": {"head": "v2"},
    "E040 of no version": {"versions": {}},
    "E040 of a wrong name": {"versions": {"v01": {}}},
    "E092": {"manifest": {DIGEST: "v1/content/a"}},
    "E092 of no paths": {"manifest": {DIGEST: []}},
    "E099": {"manifest": {DIGEST: ["v1/content/../../x"]}},
    "E101a": {"manifest": {DIGEST: ["v1/content/a", "v1/content/a"]}},
    "E042": {"manifest": {DIGEST: ["elsewhere"]}},
    "E031": {"manifest": {"x": ["v1/content/a"]}},
    "E050": {"versions": {"v1": {"state": []}}},
    "E050 of another digest": {"versions": {"v1": {"state": {DIGEST: ["a"]}}}},
    "E107": {"manifest": {DIGEST: ["v1/content/a"]}},
    "E049": {"versions": {"v1": {"created": "today", "state": {}}}},
    "E094": {"versions": {"v1": {"message": 7, "state": {}}}},
    "E054": {"versions": {"v1": {"user": {}, "state": {}}}},
}


@pytest.mark.parametrize("name", UNSOUND)
def test_each_fault_of_an_inventory_has_its_code(name: str) -> None:
    codes = {code for code, _text, _values in verifier.inventory_faults(prepared(UNSOUND[name]))}
    assert name.partition(" ")[0] in codes or (name == "no object" and codes)


# ---- the command -----------------------------------------------------------------------------------------------------


def run(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", "-W", "error", SOURCE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, encoding="utf-8")


def test_no_archive_or_file_exits_4_and_wrong_usage_2(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK nonsense")
    (tmp_path / "log").mkdir()
    for path in (tmp_path / "missing", tmp_path / "no.zip", tmp_path / "log"):
        done = run(path, "--json", "--lang", "en")
        assert done.returncode == 4
        assert json.loads(done.stdout)["error"]["kind"] == "missing"
        assert "no archive" in done.stderr
    assert run().returncode == 2
    assert run(tmp_path, "--key", tmp_path / "missing").returncode == 4
    assert run(tmp_path, "--against", tmp_path / "missing").returncode == 4


def test_an_archive_of_nothing_cannot_be_assessed(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    done = run(tmp_path, "--lang", "en")
    assert done.returncode == 6
    assert "Verdict: cannot assess" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("locale", ["", "C.UTF-8", "zh_CN.UTF-8", "en_US.UTF-8"])
def test_the_language_is_chosen_as_the_program_chooses_it(tmp_path: Path, locale: str) -> None:
    (tmp_path / "log").mkdir()
    expected = {"zh": "结论：无法判断", "en": "Verdict: cannot assess"}[preferred_language({"LANG": locale})]
    assert expected in run(tmp_path, LANG=locale, PYTHONUTF8="1").stdout


UNSAFE = ["../objects/x", "/objects/x", "objects//x", "objects\\x", "objects/./x"]


@pytest.mark.parametrize("name", UNSAFE)
def test_a_pack_with_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("log/checkpoint", b"")
        pack.writestr(name, b"x")
    with pytest.raises(ValueError, match="objects"):
        verifier.Pack(path)


def test_a_pack_that_is_a_bomb_or_holds_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("objects/x", bytes(10_000_000))
    with pytest.raises(ValueError, match="10000000 bytes"):
        verifier.Pack(path)
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("objects/x", b"x")
        with pytest.warns(UserWarning, match="Duplicate"):
            pack.writestr("objects/x", b"y")
    with pytest.raises(ValueError, match="objects/x"):
        verifier.Pack(path)


DAYS = {
    "2026-11-23T02:00:00Z": {"2026-11-23"},
    "2026-11-23T16:30:00Z": {"2026-11-23", "2026-11-24"},  # half past midnight in Shanghai
    "2026-11-23T17:30:00Z": {"2026-11-24"},
    "0001-01-01T00:00:00Z": set[str](),  # an hour before it there is no day
    "yesterday": set[str](),
}


@pytest.mark.parametrize("at", DAYS)
def test_the_day_of_a_moment_is_that_of_its_zone_or_within_an_hour_of_it(at: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert verifier.days_of(at, zone) == carried_check.days_of(at, zone) == DAYS[at]
    anywhere = verifier.days_of(at, None)
    assert anywhere == carried_check.days_of(at, None) >= DAYS[at]


def test_a_time_zone_is_taken_from_the_database_of_time_zones_alone() -> None:
    for name in ("../../etc/passwd", "/etc/passwd", "Asia", "", "None", "No/Where"):
        assert verifier.zone_named(name) is None
