"""Every validation code of OCFL 1.1: what breaks it is named by it, or it is said why nothing can.

ocfl-py, written by the standard's editors, refuses whatever is broken here and named an error, with the exceptions that
are listed: there it knows no better. The file is long because the table of all codes is one.

Source: OCFL 1.1, validation codes.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ocfl.storage_root import StorageRoot as OcflPyRoot

from ocfl_samples import OBJECT_ID, filled_root
from recordkeeper.findings import Finding, Severity
from recordkeeper.ocfl.inventory import format_inventory, format_sidecar
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import share_of, validate_root

LAST_ERROR, LAST_WARNING = 112, 16
UNUSED = {"E065", "E068", "E086", "E091", "E109", "W006"}
"""Numbers that the table of the standard leaves out."""

NOT_SAID = {
    "E002": "what is no NAMASTE declaration is said by E003 to E006, which tell how",
    "E013": "a rule for who writes; what comes of breaking it is E012",
    "E022": "a rule for tools: such folders are ignored but for W002",
    "E026": "which algorithms a fixity block may name is said by E056",
    "E027": "a rule for tools: every algorithm of the table is worked out (tested below)",
    "E028": "a rule for tools: an algorithm that no table names is E056",
    "E045": "the same sentence as E044",
    "E055": "a block under another key is E102",
    "E062": "a rule for who writes: the sidecar is written last (tests of the storage root)",
    "E074": "roots that depend on each other do so by links, which are E090",
    "E075": "what is no NAMASTE declaration is said by E076 to E080, which tell how",
    "E084": "the same files as E072",
    "E087": "a rule for tools; a file that nothing here writes is said by a code of ours (root-file)",
    "E089": "a rule for who writes: what cannot be kept as a file is E001 or E090",
    "E098": "a rule for tools: how a path is read is tested by E099 and E100",
    "E108": "the same contentDirectory as E017 and E018",
    "W005": "identifiers are names of subjects (record/…), which are no URI; that is not said of each",
    "W012": "what a logs folder is for; that one is there is said by a code of ours (object-folder)",
}

# the table of breaks reads best with one break a line
# ruff: noqa: E501

Break = Callable[[Path], object]
Change = Callable[[dict[str, Any]], object]


def of(root: Path) -> Path:
    """The object's folder."""
    return StorageRoot(root, root).object_path(OBJECT_ID)


def inventories(change: Change, *folders: str) -> Break:
    """Change the inventories in these folders of the object (else in the object's own and the newest version's)."""

    def apply(root: Path) -> None:
        for folder in folders or ("", "v2"):
            file = of(root) / folder / "inventory.json"
            value = json.loads(file.read_bytes())
            change(value)
            put_inventory(file, format_inventory(value))

    return apply


def put_inventory(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    file.with_name("inventory.json.sha512").write_bytes(format_sidecar(data))


def raw(data: bytes) -> Break:
    def apply(root: Path) -> None:
        for folder in ("", "v2"):
            put_inventory(of(root) / folder / "inventory.json", data)

    return apply


def setting(key: str, value: object) -> Break:
    return inventories(lambda inventory: inventory.update({key: value}))


def without(key: str) -> Break:
    return inventories(lambda inventory: inventory.pop(key))


def in_version(key: str, value: object) -> Break:
    return inventories(lambda inventory: inventory["versions"]["v2"].update({key: value}))


def renamed_versions(*names: str) -> Break:
    def change(inventory: dict[str, Any]) -> None:
        inventory["versions"] = dict(zip(names, inventory["versions"].values(), strict=False))
        inventory["head"] = names[-1]

    return inventories(change)


def content_path(path: str) -> Break:
    def change(inventory: dict[str, Any]) -> None:
        inventory["manifest"][next(iter(inventory["manifest"]))] = [path]

    return inventories(change)


def logical_path(path: object) -> Break:
    def change(inventory: dict[str, Any]) -> None:
        state = inventory["versions"]["v2"]["state"]
        state[next(iter(state))] = path if path is None else [path]

    return inventories(change)


def manifest_key(change: Callable[[str], str]) -> Break:
    def apply(inventory: dict[str, Any]) -> None:
        digest = next(iter(inventory["manifest"]))
        inventory["manifest"][change(digest)] = inventory["manifest"].pop(digest)
        for version in inventory["versions"].values():
            if digest in version["state"]:
                version["state"][change(digest)] = version["state"].pop(digest)

    return inventories(apply)


def fixity(block: Callable[[dict[str, list[str]], Path], object]) -> Break:
    def apply(root: Path) -> None:
        value = json.loads((of(root) / "inventory.json").read_bytes())
        made = block(value["manifest"], of(root))
        inventories(lambda inventory: inventory.update({"fixity": made}))(root)

    return apply


def zeros(algorithm: str, length: int) -> Break:
    return fixity(lambda manifest, _place: {algorithm: {"0" * length: next(iter(manifest.values()))}})


def digests_of_all(place: Path, algorithm: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(place.glob("v*/content/**/*")):
        if path.is_file():
            digest = hashlib.new(algorithm.replace("-512", ""), path.read_bytes()).hexdigest()
            found.setdefault(digest, []).append(path.relative_to(place).as_posix())
    return found


def file(name: str, data: bytes = b"") -> Break:
    """Put a file into the object's folder."""
    return lambda root: put(of(root) / name, data)


def root_file(name: str, data: bytes = b"") -> Break:
    return lambda root: put(root / name, data)


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def removed(name: str) -> Break:
    return lambda root: (of(root) / name).unlink()


def folder(name: str) -> Break:
    return lambda root: (of(root) / name).mkdir(parents=True)


def moved(to: str) -> Break:
    """Lay the object down elsewhere in the root."""

    def apply(root: Path) -> None:
        (root / to).parent.mkdir(parents=True, exist_ok=True)
        place = of(root)
        place.rename(root / to)
        _prune(place.parent, root)

    return apply


def _prune(place: Path, root: Path) -> None:
    while place != root and not any(place.iterdir()):
        place.rmdir()
        place = place.parent


def renamed(old: str, new: str) -> Break:
    return lambda root: (of(root) / old).rename(of(root) / new)


def link(root: Path) -> None:
    path = of(root) / "v1/content/record.json"
    path.rename(root.parent / "outside")
    path.symlink_to(root.parent / "outside")


def no_content_folder(root: Path) -> None:
    shutil.rmtree(of(root) / "v2" / "content")


def swap_states(inventory: dict[str, Any]) -> None:
    first, second = inventory["versions"]["v1"], inventory["versions"]["v2"]
    first["state"], second["state"] = second["state"], first["state"]


def content_directories(first: str | None, second: str) -> Break:
    def apply(root: Path) -> None:
        if first is not None:
            inventories(lambda inventory: inventory.update(contentDirectory=first), "v1")(root)
        setting("contentDirectory", second)(root)

    return apply


def older_edition(root: Path) -> None:
    older = "https://ocfl.io/1.0/spec/#inventory"
    inventories(lambda inventory: inventory.update(type=older), "v2")(root)


def layout(value: object) -> Break:
    return root_file("ocfl_layout.json", json.dumps(value).encode())


def nothing_at_the_end(root: Path) -> None:
    put(root / "123" / "456" / "789" / "record%2fx" / "a.txt", b"a")


def empty_content(root: Path) -> None:
    shutil.rmtree(of(root) / "v2/content")
    (of(root) / "v2/content").mkdir()


BREAKS: dict[str, list[Break]] = {
    "E001": [file("more.txt"), folder("more"), lambda root: os.mkfifo(of(root) / "pipe")],
    "E003": [removed("0=ocfl_object_1.1"), file("0=ocfl_object_1.0", b"ocfl_object_1.0\n")],
    "E004": [file("0_ocfl_object_1.1", b"ocfl_object_1.1\n")],
    "E005": [file("1=ocfl_object_1.1", b"ocfl_object_1.1\n")],
    "E006": [file("0=ocfl-object_1.1", b"ocfl-object_1.1\n")],
    "E007": [file("0=ocfl_object_1.1", b"ocfl_object_1.0\n")],
    "E008": [setting("versions", {})],
    "E009": [renamed_versions("v2", "v3")],
    "E010": [renamed_versions("v1", "v3")],
    "E011": [renamed_versions("v01", "v20")],
    "E012": [renamed_versions("v1", "v02")],
    "E014": [content_path("v3/content/record.json"), content_path("v01/content/record.json")],
    "E015": [file("v1/more.txt")],
    "E016": [no_content_folder],
    "E017": [setting("contentDirectory", "a/b"), setting("contentDirectory", 1)],
    "E018": [setting("contentDirectory", "."), setting("contentDirectory", "..")],
    "E019": [content_directories(None, "content")],
    "E020": [content_directories("content", "data")],
    "E021": [content_path("v1/data/record.json")],
    "E023": [file("v1/content/more.txt")],
    "E024": [folder("v1/content/more")],
    "E025": [setting("digestAlgorithm", "md5")],
    "E029": [fixity(lambda manifest, _place: {"sha1": {"12": next(iter(manifest.values()))}})],
    "E030": [fixity(lambda manifest, _place: {"sha256": {"12": next(iter(manifest.values()))}})],
    "E031": [
        manifest_key(lambda digest: digest[:-1] + "g"),
        fixity(lambda manifest, _place: {"sha512": {"12": next(iter(manifest.values()))}}),
    ],
    "E032": [fixity(lambda manifest, _place: {"blake2b-512": {"12": next(iter(manifest.values()))}})],
    "E033": [raw(b"[]"), raw(b"{"), raw(b'{"a":1,"a":2}')],
    "E034": [renamed("inventory.json", "Inventory.json"), renamed("v1/inventory.json", "v1/INVENTORY.JSON")],
    "E035": [content_path("v1\\content\\record.json")],
    "E036": [without("id"), without("type"), without("digestAlgorithm"), without("head")],
    "E037": [setting("id", ""), setting("id", 7)],
    "E038": [setting("type", "https://ocfl.io/1.0/spec/#inventory"), setting("type", 1)],
    "E039": [manifest_key(lambda digest: digest[:64])],
    "E040": [setting("head", "v1"), setting("head", 2)],
    "E041": [without("manifest")],
    "E042": [content_path("record.json"), content_path("content/v1/record.json")],
    "E043": [without("versions")],
    "E044": [setting("versions", ["v1"])],
    "E046": [lambda root: shutil.rmtree(of(root) / "v2"), folder("v3")],
    "E047": [inventories(lambda inventory: inventory["versions"].update(v2=1))],
    "E048": [
        inventories(lambda inventory: inventory["versions"]["v2"].pop("created")),
        inventories(lambda inventory: inventory["versions"]["v2"].pop("state")),
    ],
    "E049": [in_version("created", "2026-11-23"), in_version("created", 2026), in_version("created", "2026-11-23T06:05:04")],
    "E050": [
        in_version("state", []),
        inventories(lambda inventory: inventory["versions"]["v2"]["state"].update({"1" * 128: ["x"]})),
    ],
    "E051": [logical_path(None)],
    "E052": [logical_path("a/../b"), logical_path("a//b"), logical_path("./a")],
    "E053": [logical_path("/a"), logical_path("a/")],
    "E054": [in_version("user", "me"), in_version("user", {"address": "urn:x"})],
    "E056": [fixity(lambda manifest, _place: {"crc32": {"12": next(iter(manifest.values()))}})],
    "E057": [
        fixity(lambda _manifest, _place: {"md5": []}),
        fixity(lambda _manifest, _place: {"md5": {"0" * 32: "v1/content/record.json"}}),
        fixity(lambda _manifest, _place: {"md5": {"0" * 32: ["v1/content/none"]}}),
    ],
    "E058": [removed("inventory.json.sha512"), removed("v1/inventory.json.sha512")],
    "E059": [renamed("inventory.json.sha512", "inventory.json.sha256")],
    "E060": [file("inventory.json.sha512", format_sidecar(b"other"))],
    "E061": [file("inventory.json.sha512", b"0123 inventory.json")],
    "E063": [removed("inventory.json")],
    "E064": [inventories(lambda inventory: inventory["versions"]["v2"].update(message="other"), "")],
    "E066": [
        inventories(lambda inventory: inventory["versions"].update(v2=inventory["versions"]["v1"]) or inventory.update(head="v2"), "v1"),
        inventories(swap_states),
    ],
    "E067": [file("extensions/more.txt")],
    "E069": [lambda root: (root / "0=ocfl_1.1").unlink()],
    "E070": [layout([]), layout({"extension": "x"}), root_file("ocfl_layout.json", b"{")],
    "E071": [layout({"extension": "0099-other", "description": "x"})],
    "E072": [lambda root: put(of(root).parent / "more.txt", b"")],
    "E073": [lambda root: (root / "123").mkdir()],
    "E076": [root_file("0=ocfl_1.0", b"ocfl_1.0\n")],
    "E077": [root_file("0_ocfl_1.1", b"ocfl_1.1\n")],
    "E078": [root_file("1=ocfl_1.1", b"ocfl_1.1\n")],
    "E079": [root_file("0=ocfl-1.1", b"ocfl-1.1\n")],
    "E080": [root_file("0=ocfl_1.1", b"ocfl_1.0\n")],
    "E081": [file("0=ocfl_object_2.0", b"ocfl_object_2.0\n")],
    "E082": [lambda root: put(of(root).parents[1] / "0=ocfl_object_1.1", b"ocfl_object_1.1\n")],
    "E083": [moved("123/456/789/elsewhere")],
    "E085": [nothing_at_the_end],
    "E088": [lambda root: put(root / "more" / "more.txt", b"")],
    "E090": [link],
    "E092": [
        inventories(lambda inventory: inventory["manifest"].update({next(iter(inventory["manifest"])): "v1/content/record.json"})),
        removed("v1/content/record.json"),
        file("v1/content/record.json", b"other"),
    ],
    "E093": [
        zeros("md5", 32), zeros("sha1", 40), zeros("sha256", 64), zeros("sha512", 128), zeros("blake2b-512", 128),
    ],
    "E094": [in_version("message", 1)],
    "E095": [
        inventories(lambda inventory: inventory["versions"]["v2"]["state"].update({next(iter(inventory["manifest"])): ["a", "a"]})),
        inventories(lambda inventory: inventory["versions"]["v2"]["state"].update({next(iter(inventory["manifest"])): ["a", "a/b"]})),
    ],
    "E096": [inventories(lambda inventory: inventory["manifest"].update({next(iter(inventory["manifest"])).upper(): ["v1/content/x"]}))],
    "E097": [
        fixity(lambda manifest, _place: {"md5": {"a" * 32: next(iter(manifest.values())), "A" * 32: next(iter(manifest.values()))}}),
    ],
    "E099": [content_path("v1/content/../../a"), content_path("v1/content//a"), content_path("v1/./a")],
    "E100": [content_path("/v1/content/record.json"), content_path("v1/content/record.json/")],
    "E101": [
        inventories(lambda inventory: next(iter(inventory["manifest"].values())).append(next(iter(inventory["manifest"].values()))[0])),
        inventories(lambda inventory: next(iter(inventory["manifest"].values())).append("v1/content/record.json/x")),
    ],
    "E102": [setting("more", 1), in_version("more", 1), in_version("user", {"name": "a", "address": "urn:x", "more": 1})],
    "E103": [older_edition],
    "E104": [renamed_versions("1", "2")],
    "E105": [renamed_versions("v0", "v1"), renamed_versions("v1", "vA")],
    "E106": [setting("manifest", [])],
    "E107": [inventories(lambda inventory: inventory["manifest"].update({"1" * 128: ["v1/content/x"]}))],
    "E110": [inventories(lambda inventory: inventory.update(id="record/other"), "v1")],
    "E111": [setting("fixity", [])],
    "E112": [root_file("extensions/more.txt")],
    "W001": [renamed_versions("v01", "v02")],
    "W002": [folder("v1/more")],
    "W003": [empty_content],
    "W004": [setting("digestAlgorithm", "sha256")],
    "W007": [
        inventories(lambda inventory: inventory["versions"]["v2"].pop("message")),
        inventories(lambda inventory: inventory["versions"]["v2"].pop("user")),
    ],
    "W008": [in_version("user", {"name": "a"})],
    "W009": [in_version("user", {"name": "a", "address": "somebody"})],
    "W010": [removed("v1/inventory.json")],
    "W011": [inventories(lambda inventory: inventory["versions"]["v1"].update(message="other"))],
    "W013": [lambda root: put(of(root) / "extensions/0099-other/config.json", b"{}")],
    "W014": [moved("123/object")],
    "W015": [moved("object")],
    "W016": [root_file("extensions/0099-other/config.json", b"{}")],
}  # fmt: skip

ACCEPTED_BY_OCFL_PY = {
    # it reads none of these, or holds them for allowed
    "E003", "E004", "E005", "E006", "E014", "E016", "E021", "E034", "E038", "E059", "E072", "E073", "E076", "E077", "E078",
    "E079", "E081", "E082", "E083", "E085", "E088", "E090", "E102", "E110", "E112",
}  # fmt: skip


def findings_of(root: Path) -> list[Finding]:
    return validate_root(StorageRoot(root, root.parent / "incoming"))


def codes_of(findings: list[Finding]) -> set[str]:
    return {finding.code.rstrip("abcdefgh") for finding in findings}


def ocfl_py_accepts(root: Path) -> bool:
    logging.disable(logging.CRITICAL)
    other = OcflPyRoot(root=str(root))
    try:
        is_valid = other.validate(validate_objects=True, check_digests=True, log_errors=False)
    except Exception:  # noqa: BLE001 - it refuses in many ways
        is_valid = False
    finally:
        logging.disable(logging.NOTSET)
    return bool(is_valid) and (other.good_objects, other.num_objects) == (1, 1)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_root(tmp_path_factory.mktemp("sound")).path


def test_every_code_of_the_standard_is_said_or_has_its_reason() -> None:
    numbers = [f"E{number:03}" for number in range(1, LAST_ERROR + 1)]
    numbers += [f"W{number:03}" for number in range(1, LAST_WARNING + 1)]
    assert sorted({*BREAKS, *NOT_SAID, *UNUSED}) == sorted(numbers)
    assert BREAKS.keys() & NOT_SAID.keys() == set()
    assert all(len(reason.split()) > 3 for reason in NOT_SAID.values())


def test_a_sound_root_breaks_none(sound: Path) -> None:
    assert findings_of(sound) == []
    assert ocfl_py_accepts(sound)


@pytest.mark.parametrize(
    ("code", "place"),
    [(code, place) for code, breaks in BREAKS.items() for place in range(len(breaks))],
    ids=str,
)
def test_what_breaks_a_rule_is_named_by_its_code(sound: Path, tmp_path: Path, code: str, place: int) -> None:
    copy = tmp_path / "objects"
    shutil.copytree(sound, copy)
    BREAKS[code][place](copy)
    findings = findings_of(copy)
    assert code in codes_of(findings), [*map(str, findings)]
    assert all(finding.severity is Severity.ALTERED for finding in findings)
    if code.startswith("E") and code not in ACCEPTED_BY_OCFL_PY:
        assert not ocfl_py_accepts(copy), code


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512", "blake2b-512"])
def test_every_fixity_algorithm_of_the_table_is_worked_out(sound: Path, tmp_path: Path, algorithm: str) -> None:
    copy = tmp_path / "objects"
    shutil.copytree(sound, copy)
    fixity(lambda _manifest, place: {algorithm: digests_of_all(place, algorithm)})(copy)
    assert codes_of(findings_of(copy)) == {"fixity"}
    assert ocfl_py_accepts(copy)


def test_shares_are_disjoint_and_together_the_whole() -> None:
    places = [f"{number:03x}/000/000/record" for number in range(4096)]
    shares = [{place for place in places if share_of(place, 12) == number} for number in range(12)]
    assert sorted(place for share in shares for place in share) == places
    assert min(len(share) for share in shares) > len(places) // 24
