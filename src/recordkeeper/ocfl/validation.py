"""Whether a storage root is as the standard and its writer have it; problems are findings.

Nothing is changed. Every byte of every file is looked at: content, inventories and sidecars against digests,
declarations and root files against the bytes that are written there. What the standard allows and the writer
never does has a code of ours: ``root-file``, ``object-folder``, ``fixity``, ``content-folder``.
That inventory and sidecar were not exchanged together is for the caller to compare with the trail. The
standard's remark on identifiers that are no URI (W005) is not made.

Source: OCFL 1.1, 3 to 5, and its validation codes.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from recordkeeper.durable import read_plain_file
from recordkeeper.errors import system_reason
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.ocfl.object_validation import Looked, ObjectValidation, findings_of_tree
from recordkeeper.ocfl.shared_out import share_out
from recordkeeper.ocfl.storage_root import (
    OBJECT_DECLARATION,
    ROOT_FILES,
    TUPLE_COUNT,
    TUPLE_SIZE,
    StorageRoot,
)
from recordkeeper.ocfl.tree import printable, walk

ASPECT = "files"
_OBJECTS_A_WORKER, _MOST_WORKERS = 64, 16
_TUPLE = re.compile(rf"[0-9a-f]{{{TUPLE_SIZE}}}")
_DECLARATION, _LAYOUT_FILE = "0=ocfl_1.1", "ocfl_layout.json"
_LAYOUT_FOLDER = next(name for name in ROOT_FILES if name.startswith("extensions/")).rpartition("/")[0]
_ROOT_VERSION = re.compile(r"ocfl_[0-9]+\.[0-9]+")


def validate_root(
    root: StorageRoot, is_looked_at: Callable[[str], bool] | None = None, looked: Looked | None = None
) -> list[Finding]:
    """Everything wrong with a storage root and its objects; empty for a sound one.

    Subjects are paths that begin with the root's folder name (``objects/…``).

    Args:
        root: the storage root.
        is_looked_at: says of an object's folder, relative to the root, whether the object is validated; all if absent.
        looked: counts the objects, files and bytes that were looked at.

    Source: OCFL 1.1, 4.
    """
    if not root.path.is_dir():
        message = _("the storage root is not there")
        return [Finding("E069", Severity.CANNOT_ASSESS, printable(root.path.name), message, ASPECT)]
    findings = [*_root_file_findings(root), *_extension_findings(root)]
    looked = looked or Looked()
    places: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        found, deeper, objects = _look_into_hierarchy(root, folder)
        findings += found
        waiting += deeper
        places += objects
    for found, counted in _validations(root, [each for each in places if is_looked_at is None or is_looked_at(each)]):
        findings += found
        looked.add(counted)
    return sorted(findings, key=lambda finding: (finding.subject, finding.code))


def _validations(root: StorageRoot, places: Sequence[str]) -> Iterator[tuple[list[Finding], Looked]]:
    """What is found of the objects in these places; many are shared out among the machine's processors."""
    workers = min(os.cpu_count() or 1, _MOST_WORKERS, len(places) // _OBJECTS_A_WORKER)
    yield from share_out(partial(_validate_objects, root), places, max(1, workers))


def _validate_objects(root: StorageRoot, places: Sequence[str]) -> tuple[list[Finding], Looked]:
    looked = Looked()
    return [finding for place in places for finding in ObjectValidation(root, place, looked).findings()], looked


def validate_object(root: StorageRoot, object_id: str) -> list[Finding]:
    """Everything wrong with one object; a finding too if it is not there.

    Source: OCFL 1.1, 3.
    """
    place = root.object_path(object_id).relative_to(root.path).as_posix()
    if not os.path.lexists(root.path / place):
        return [_finding(root, "E003e", place, _("the object is not there"))]
    return ObjectValidation(root, place, Looked()).findings()


def share_of(place: str, shares: int) -> int:
    """Which of so many shares, from 0, an object's folder belongs to, for good.

    The layout begins with the hash of the identifier, so the shares are of much the same size.
    """
    return int(hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:8], 16) % shares


def _finding(root: StorageRoot, code: str, path: str, message: str, severity: Severity = Severity.ALTERED) -> Finding:
    return Finding(code, severity, printable(f"{root.path.name}/{path}".rstrip("/")), message, ASPECT)


def _root_file_findings(root: StorageRoot) -> Iterator[Finding]:
    for name, expected in ROOT_FILES.items():
        try:
            found = read_plain_file(root.path / name, len(expected) + 4096)
        except OSError as error:
            code = "E069" if name == _DECLARATION else "root-file"
            yield _finding(root, code, name, _("cannot be read: {found}").format(found=system_reason(error)))
        else:
            if found != expected:
                yield _finding(root, _code_of_root_file(name, found), name, _("not the bytes that are written there"))


def _code_of_root_file(name: str, found: bytes) -> str:
    """The standard's code for what is wrong with a root file; ours where the standard would allow it."""
    if name == _DECLARATION:
        return "E080"
    if name != _LAYOUT_FILE:
        return "root-file"
    try:
        layout = json.loads(found)
    except (ValueError, RecursionError):
        return "E070"
    if not isinstance(layout, dict) or not all(
        isinstance(layout.get(key), str) for key in ("extension", "description")
    ):
        return "E070"
    return "root-file" if layout["extension"] == _LAYOUT_FOLDER.partition("/")[2] else "E071"


def _extension_findings(root: StorageRoot) -> Iterator[Finding]:
    tree = walk(root.path / "extensions")
    yield from findings_of_tree(root, "extensions", tree)
    for path in sorted(tree.files):
        if f"extensions/{path}" not in ROOT_FILES:
            code = "root-file" if "/" in path else "E112"
            yield _finding(root, code, f"extensions/{path}", _("no such file is written there"))
    for name in sorted(tree.entries_of("").folders):
        if f"extensions/{name}" != _LAYOUT_FOLDER:
            yield _finding(root, "W016", f"extensions/{name}", _("an extension that is not used here"))
    for path in tree.empty_folders:
        yield _finding(root, "E073", f"extensions/{path}", _("an empty folder"))


def _look_into_hierarchy(root: StorageRoot, folder: str) -> tuple[list[Finding], list[str], list[str]]:
    """Findings in a folder of the hierarchy, the folders to look into next, and the objects in it."""
    findings: list[Finding] = []
    deeper: list[str] = []
    objects: list[str] = []
    depth = folder.count("/") + 1 if folder else 0
    try:
        with os.scandir(f"{root.path}/{folder}") as scanned:
            entries = list(scanned)
    except OSError as error:
        message = _("cannot be read: {found}").format(found=system_reason(error))
        return [_finding(root, "unreadable", folder, message, Severity.CANNOT_ASSESS)], [], []
    if folder and not entries:
        findings.append(_finding(root, "E073", folder, _("an empty folder")))
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_dir(follow_symlinks=False):
            if depth == TUPLE_COUNT:
                objects.append(path)
            elif _TUPLE.fullmatch(entry.name):
                deeper.append(path)
            elif path != "extensions":
                findings.append(_stray_folder(root, path, depth))
        elif entry.is_symlink():
            findings.append(_finding(root, "E090", path, _("a symbolic link")))
        elif path not in ROOT_FILES:
            code = _code_of_stray_file(entry.name, folder)
            findings.append(_finding(root, code, path, _("no such file is written there")))
    return findings, deeper, objects


def _code_of_stray_file(name: str, folder: str) -> str:
    """The code for a file in the hierarchy that is no object's and none of the root's own."""
    if folder:
        return "E082" if name.startswith("0=ocfl_object_") else "E072"
    kind, equals, declared = name.partition("=")
    if not equals:
        return "E077" if _ROOT_VERSION.search(name) else "root-file"
    if kind != "0":
        return "E078"
    return "E076" if _ROOT_VERSION.fullmatch(declared) else "E079"


def _stray_folder(root: StorageRoot, path: str, depth: int) -> Finding:
    if (root.path / path / OBJECT_DECLARATION).is_file():
        code = "W014" if depth else "W015"
        return _finding(root, code, path, _("an object, which is not laid down there"))
    return _finding(root, "E088", path, _("no such folder is made there"))
