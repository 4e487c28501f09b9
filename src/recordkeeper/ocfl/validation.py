"""Whether a storage root is as the standard and its writer have it; problems are findings.

Nothing is changed. Every byte of every file is looked at: content, inventories and sidecars against digests,
declarations and root files against the bytes that are written there. What the standard allows and the writer
never does (an extra file at the root, ``logs``, a version without its inventory) is found too.
That inventory and sidecar were not exchanged together is for the caller to compare with the trail. The
standard's remark on identifiers that are no URI (W005) is not made.

Source: OCFL 1.1, 3 to 5, and its validation codes.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from recordkeeper.durable import open_plain_file, read_plain_file
from recordkeeper.errors import InvalidInputError, system_reason
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import parse_json
from recordkeeper.ocfl.inventory import (
    CONTENT_FOLDER,
    DIGEST_ALGORITHM,
    INVENTORY_NAME,
    SIDECAR_NAME,
    format_sidecar,
    version_number,
)
from recordkeeper.ocfl.inventory_check import inventory_faults
from recordkeeper.ocfl.storage_root import (
    INVENTORY_BYTES_LIMIT,
    OBJECT_DECLARATION,
    OBJECT_DECLARATION_BYTES,
    ROOT_FILES,
    TUPLE_COUNT,
    TUPLE_SIZE,
    StorageRoot,
)
from recordkeeper.ocfl.tree import Tree, printable, walk

_ASPECT = "files"
_TUPLE = re.compile(rf"[0-9a-f]{{{TUPLE_SIZE}}}")
_CODE_OF_ROOT_FILE = {"0=ocfl_1.1": "E069", "ocfl_layout.json": "E070"}


def validate_root(root: StorageRoot) -> list[Finding]:
    """Everything wrong with a storage root and its objects; empty for a sound one.

    Subjects are paths that begin with the root's folder name (``objects/…``).

    Source: OCFL 1.1, 4.
    """
    if not root.path.is_dir():
        message = _("the storage root is not there")
        return [Finding("E069", Severity.CANNOT_ASSESS, printable(root.path.name), message, _ASPECT)]
    findings = [*_root_file_findings(root), *_extension_findings(root)]
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        found, deeper, objects = _look_into_hierarchy(root, folder)
        findings += found
        waiting += deeper
        for place in objects:
            findings += _ObjectValidation(root, place).findings()
    return sorted(findings, key=lambda finding: (finding.subject, finding.code))


def validate_object(root: StorageRoot, object_id: str) -> list[Finding]:
    """Everything wrong with one object; a finding too if it is not there.

    Source: OCFL 1.1, 3.
    """
    place = root.object_path(object_id).relative_to(root.path).as_posix()
    if not os.path.lexists(root.path / place):
        return [_finding(root, "E003e", place, _("the object is not there"))]
    return _ObjectValidation(root, place).findings()


def _finding(root: StorageRoot, code: str, path: str, message: str, severity: Severity = Severity.ALTERED) -> Finding:
    return Finding(code, severity, printable(f"{root.path.name}/{path}".rstrip("/")), message, _ASPECT)


def _root_file_findings(root: StorageRoot) -> Iterator[Finding]:
    for name, expected in ROOT_FILES.items():
        code = _CODE_OF_ROOT_FILE.get(name, "root-file")
        try:
            if read_plain_file(root.path / name, len(expected) + 1) != expected:
                yield _finding(root, code, name, _("not the bytes that are written there"))
        except OSError as error:
            yield _finding(root, code, name, _("cannot be read: {found}").format(found=_reason(error)))


def _extension_findings(root: StorageRoot) -> Iterator[Finding]:
    tree = walk(root.path / "extensions")
    yield from _tree_findings(root, "extensions", tree)
    for path in sorted(tree.files):
        if f"extensions/{path}" not in ROOT_FILES:
            yield _finding(root, "root-file", f"extensions/{path}", _("no such file is written there"))
    for path, count in sorted(tree.folders.items()):
        if count == 0:
            yield _finding(root, "E073", f"extensions/{path}", _("an empty folder"))


def _tree_findings(root: StorageRoot, place: str, tree: Tree) -> Iterator[Finding]:
    for path in sorted(tree.links):
        yield _finding(root, "E090", f"{place}/{path}", _("a symbolic link"))
    for path in sorted(tree.special_files):
        yield _finding(root, "E001c", f"{place}/{path}", _("neither file nor folder"))
    for path in sorted(tree.hard_links):
        yield _finding(root, "E090", f"{place}/{path}", _("a hard link"), Severity.WARNING)
    for path, reason in sorted(tree.unreadable.items()):
        message = _("cannot be read: {found}").format(found=reason)
        yield _finding(root, "unreadable", f"{place}/{path}", message, Severity.CANNOT_ASSESS)


def _look_into_hierarchy(root: StorageRoot, folder: str) -> tuple[list[Finding], list[str], list[str]]:
    """Findings in a folder of the hierarchy, the folders to look into next, and the objects in it."""
    findings: list[Finding] = []
    deeper: list[str] = []
    objects: list[str] = []
    depth = folder.count("/") + 1 if folder else 0
    try:
        entries = sorted(os.scandir(root.path / folder), key=lambda entry: entry.name)
    except OSError as error:
        message = _("cannot be read: {found}").format(found=_reason(error))
        return [_finding(root, "unreadable", folder, message, Severity.CANNOT_ASSESS)], [], []
    if folder and not entries:
        findings.append(_finding(root, "E073", folder, _("an empty folder")))
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_symlink():
            findings.append(_finding(root, "E090", path, _("a symbolic link")))
        elif not entry.is_dir(follow_symlinks=False):
            if path not in ROOT_FILES:
                findings.append(
                    _finding(root, "E072" if folder else "root-file", path, _("no such file is written there"))
                )
        elif path == "extensions":
            continue
        elif depth == TUPLE_COUNT:
            objects.append(path)
        elif _TUPLE.fullmatch(entry.name):
            deeper.append(path)
        else:
            findings.append(_finding(root, "E088", path, _("no such folder is made there")))
    return findings, deeper, objects


class _ObjectValidation:
    """The validation of one object.

    Args:
        root: the storage root.
        place: the object's folder relative to the root.
    """

    def __init__(self, root: StorageRoot, place: str) -> None:
        self._root = root
        self._place = place
        self._path = root.path / place
        self._tree = walk(self._path)
        self._findings = list(_tree_findings(root, place, self._tree))

    def findings(self) -> list[Finding]:
        """Everything wrong with the object."""
        self._check_declaration()
        inventory = self._check_inventory("")
        if inventory is None:
            return self._findings
        self._check_place(inventory)
        numbers = self._check_root_entries(inventory)
        for number in sorted(numbers):
            self._check_version(number, inventory, is_last=inventory["head"] == f"v{number}")
        self._check_content(inventory, numbers)
        return self._findings

    def _add(self, code: str, path: str, message: str) -> None:
        self._findings.append(_finding(self._root, code, f"{self._place}/{path}", message))

    def _check_declaration(self) -> None:
        if OBJECT_DECLARATION not in self._tree.files:
            self._add("E003a", OBJECT_DECLARATION, _("the object's declaration is missing"))
            return
        data = self._read(OBJECT_DECLARATION, "E007")
        if data is not None and data != OBJECT_DECLARATION_BYTES:
            self._add("E007", OBJECT_DECLARATION, _("not the bytes that are written there"))

    def _check_inventory(self, folder: str) -> dict[str, Any] | None:
        """The parsed inventory of the object (empty folder) or of a version; none where it is unusable."""
        prefix = f"{folder}/" if folder else ""
        if prefix + INVENTORY_NAME not in self._tree.files:
            self._add("W010" if folder else "E063", prefix + INVENTORY_NAME, _("the inventory is missing"))
            return None
        data = self._read(prefix + INVENTORY_NAME, "E063")
        if data is None:
            return None
        self._check_sidecar(prefix, data)
        try:
            value = parse_json(data, INVENTORY_NAME)
        except InvalidInputError as error:
            self._add("E033", prefix + INVENTORY_NAME, _("not JSON: {found}").format(found=error.found))
            return None
        faults = inventory_faults(value)
        for code, message in faults:
            self._add(code, prefix + INVENTORY_NAME, message)
        return dict(value) if isinstance(value, dict) and not faults else None

    def _check_sidecar(self, prefix: str, inventory: bytes) -> None:
        if prefix + SIDECAR_NAME not in self._tree.files:
            self._add("E058a", prefix + SIDECAR_NAME, _("the inventory's digest file is missing"))
            return
        sidecar = self._read(prefix + SIDECAR_NAME, "E061")
        expected = format_sidecar(inventory)
        if sidecar is None or sidecar == expected:
            return
        if len(sidecar) == len(expected):
            message = _("the inventory has digest {found}, its digest file says otherwise").format(
                found=expected.split()[0].decode()
            )
            self._add("E060", prefix + SIDECAR_NAME, message)
        else:
            self._add("E061", prefix + SIDECAR_NAME, _("not a digest and a file name"))

    def _check_place(self, inventory: Mapping[str, Any]) -> None:
        try:
            expected = self._root.object_path(inventory["id"]).relative_to(self._root.path).as_posix()
        except UnicodeEncodeError:
            expected = ""
        if expected != self._place:
            message = _("{identifier!r} does not belong in this folder").format(identifier=inventory["id"])
            self._add("object-path", INVENTORY_NAME, message)

    def _check_root_entries(self, inventory: Mapping[str, Any]) -> set[int]:
        """The versions whose folders are there; what else lies in the object's folder is found."""
        files, folders = self._tree.entries_of("")
        for name in sorted(files - {OBJECT_DECLARATION, INVENTORY_NAME, SIDECAR_NAME}):
            self._add("E001a", name, _("no such file is written there"))
        expected = set(inventory["versions"])
        for name in sorted(folders - expected):
            code = "E046b" if version_number(name) else "E001b"
            self._add(code, name, _("the inventory knows no such folder"))
        for name in sorted(expected - folders):
            self._add("E046a", name, _("the version's folder is missing"))
        return {number for name in folders & expected if (number := version_number(name))}

    def _check_version(self, number: int, inventory: Mapping[str, Any], *, is_last: bool) -> None:
        folder = f"v{number}"
        files, folders = self._tree.entries_of(folder)
        for name in sorted(files - {INVENTORY_NAME, SIDECAR_NAME}):
            self._add("E015", f"{folder}/{name}", _("no such file is written there"))
        for name in sorted(folders - {CONTENT_FOLDER}):
            self._add("W002", f"{folder}/{name}", _("no such folder is made there"))
        own = self._check_inventory(folder)
        if own is None:
            return
        path = f"{folder}/{INVENTORY_NAME}"
        if own["id"] != inventory["id"]:
            self._add("E037b", path, _("another identifier than the object's"))
        if own["head"] != folder:
            self._add(
                "E040",
                path,
                _("head: expected {expected}, found {found!r}").format(expected=folder, found=own["head"]),
            )
        if is_last and own != inventory:
            self._add("E064", path, _("differs from the object's inventory"))
        for name, version in own["versions"].items():
            self._compare_versions(path, name, version, inventory)
        for digest, paths in own["manifest"].items():
            if sorted(inventory["manifest"].get(digest, ())) != sorted(paths):
                self._add(
                    "E023b",
                    path,
                    _("digest {digest} has other content paths in the object's inventory").format(digest=digest),
                )

    def _compare_versions(self, path: str, name: str, version: Mapping[str, Any], inventory: Mapping[str, Any]) -> None:
        current = inventory["versions"].get(name)
        if current is None:
            self._add("E066a", path, _("the object's inventory has no {version}").format(version=name))
        elif _paths_to_digests(current["state"]) != _paths_to_digests(version["state"]):
            self._add(
                "E066b",
                path,
                _("{version} holds other files than in the object's inventory").format(version=name),
            )
        elif {**current, "state": 0} != {**version, "state": 0}:
            self._add(
                "W011",
                path,
                _("{version} is described otherwise than in the object's inventory").format(version=name),
            )

    def _check_content(self, inventory: Mapping[str, Any], numbers: set[int]) -> None:
        digests = {path: digest for digest, paths in inventory["manifest"].items() for path in paths}
        present: set[str] = set()
        for number in numbers:
            present |= self._tree.below(f"v{number}/{CONTENT_FOLDER}")
        for path in sorted(digests.keys() - present):
            self._add("E092b", path, _("the file is missing"))
        for path in sorted(present - digests.keys()):
            self._add("E023a", path, _("the inventory knows no such file"))
        for path in sorted(present & digests.keys()):
            found = self._digest(path)
            if found is not None and found != digests[path]:
                message = _("expected digest {expected}, found {found}").format(expected=digests[path], found=found)
                self._add("E092a", path, message)
        for path, count in sorted(self._tree.folders.items()):
            if count == 0:
                self._add("E024", path, _("an empty folder"))

    def _read(self, path: str, code: str) -> bytes | None:
        try:
            return read_plain_file(self._path / path, INVENTORY_BYTES_LIMIT)
        except OSError as error:
            self._add(code, path, _("cannot be read: {found}").format(found=_reason(error)))
            return None

    def _digest(self, path: str) -> str | None:
        try:
            with os.fdopen(open_plain_file(self._path / path), "rb", buffering=0) as file:
                return hashlib.file_digest(file, DIGEST_ALGORITHM).hexdigest()
        except OSError as error:
            self._findings.append(
                _finding(
                    self._root,
                    "unreadable",
                    f"{self._place}/{path}",
                    _("cannot be read: {found}").format(found=_reason(error)),
                    Severity.CANNOT_ASSESS,
                )
            )
            return None


def _paths_to_digests(state: Mapping[str, list[str]]) -> dict[str, str]:
    return {path: digest for digest, paths in state.items() for path in paths}


def _reason(error: OSError) -> str:
    return system_reason(error)
