"""Whether one object is as the standard and its writer have it; problems are findings in the codes of the standard.

Its inventory, the inventory of each version, every sidecar, every content file and whatever else lies in its folder.
The file is long because an object is looked at once, and what is found of one part decides how the next is read.

Source: OCFL 1.1, 3, and its validation codes.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from recordkeeper.durable import digest_with_status, read_with_status
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
from recordkeeper.ocfl.inventory_check import FIXITY_DIGEST_CHARACTERS, inventory_faults
from recordkeeper.ocfl.storage_root import (
    INVENTORY_BYTES_LIMIT,
    OBJECT_DECLARATION,
    OBJECT_DECLARATION_BYTES,
    StorageRoot,
    object_place,
)
from recordkeeper.ocfl.tree import Tree, printable, walk

_ASPECT = "files"
_OBJECT_VERSION = re.compile(r"ocfl_object_(?P<major>[0-9]+)\.(?P<minor>[0-9]+)")
_SPECIFICATION = re.compile(r"https://ocfl\.io/([0-9]+)\.([0-9]+)/spec/#inventory")
_SIDECAR = re.compile(rf"{re.escape(INVENTORY_NAME)}\.[a-z0-9-]+")
_VERSION_OF_STANDARD = (1, 1)
_HASHLIB_NAMES = {"blake2b-512": "blake2b"}
_LARGE_BYTES, _AT_ONCE = 4_000_000, 2


@dataclass(slots=True)
class Looked:
    """How much was looked at.

    Args:
        objects: objects.
        files: content files, inventories and sidecars.
        bytes: how many bytes were digested.
    """

    objects: int = 0
    files: int = 0
    bytes: int = 0

    def add(self, other: "Looked") -> None:
        """Count what was looked at elsewhere too."""
        self.objects += other.objects
        self.files += other.files
        self.bytes += other.bytes


def findings_of_tree(root: StorageRoot, place: str, tree: Tree) -> Iterator[Finding]:
    """What should be in no folder: links, special files, what cannot be read.

    Args:
        root: the storage root.
        place: the folder that ``tree`` was walked from, relative to the root.
        tree: what lies in it.
    """
    for path in sorted(tree.links):
        yield _finding(root, "E090", f"{place}/{path}", _("a symbolic link"))
    for path in sorted(tree.special_files):
        yield _finding(root, "E001c", f"{place}/{path}", _("neither file nor folder"))
    for path, reason in sorted(tree.unreadable.items()):
        message = _("cannot be read: {found}").format(found=reason)
        yield _finding(root, "unreadable", f"{place}/{path}", message, Severity.CANNOT_ASSESS)


def _finding(root: StorageRoot, code: str, path: str, message: str, severity: Severity = Severity.ALTERED) -> Finding:
    return Finding(code, severity, printable(f"{root.path.name}/{path}".rstrip("/")), message, _ASPECT)


class ObjectValidation:
    """The validation of one object.

    Args:
        root: the storage root.
        place: the object's folder relative to the root.
        looked: counts what is looked at.
    """

    def __init__(self, root: StorageRoot, place: str, looked: Looked) -> None:
        self._root = root
        self._place = place
        self._path = f"{root.path}/{place}"
        self._looked = looked
        self._tree = walk(self._path)
        self._findings = list(findings_of_tree(root, place, self._tree))
        self._parsed: dict[str, Any] = {}
        """Whatever JSON stands in the inventory of the object (empty folder) and of each version, sound or not."""
        self._newest = b""
        self._newest_value: dict[str, Any] | None = None
        self._are_alike = True
        """Whether every version's inventory read so far is the beginning of the object's."""

    def findings(self) -> list[Finding]:
        """Everything wrong with the object."""
        self._looked.objects += 1
        if self._is_no_object():
            return self._findings
        self._check_declarations()
        self._check_root_files()
        inventory = self._check_inventory("")
        if inventory is None:
            return self._findings
        self._check_place(inventory)
        numbers = self._check_root_folders(inventory)
        for number in sorted(numbers):
            self._check_version(number, inventory, is_last=inventory["head"] == f"v{number}")
        self._check_across(numbers)
        self._check_content(inventory, numbers)
        self._check_fixity(inventory)
        return self._findings

    def _add(self, code: str, path: str, message: str) -> None:
        self._findings.append(_finding(self._root, code, f"{self._place}/{path}", message))

    def _is_no_object(self) -> bool:
        """Whether a folder ends the hierarchy without being an object. Source: OCFL 1.1, 4.2 (E085)."""
        names = self._tree.entries_of("").files
        is_none = INVENTORY_NAME not in names and not any("ocfl" in name for name in names)
        if is_none:
            self._add("E085", "", _("no object lies there"))
        return is_none

    def _check_declarations(self) -> None:
        names = set(filter(_is_like_declaration, self._tree.entries_of("").files))
        if OBJECT_DECLARATION not in names:
            self._add("E003a", OBJECT_DECLARATION, _("the object's declaration is missing"))
        else:
            data = self._read(OBJECT_DECLARATION, "E007")
            if data is not None and data != OBJECT_DECLARATION_BYTES:
                self._add("E007", OBJECT_DECLARATION, _("not the bytes that are written there"))
        for name in sorted(names - {OBJECT_DECLARATION}):
            self._add(_code_of_declaration(name), name, _("not the declaration of an object of OCFL 1.1"))

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
        if folder and data == self._newest:
            return self._newest_value  # the newest version keeps the same bytes: what is wrong with them was said
        try:
            value = parse_json(data, INVENTORY_NAME)
        except InvalidInputError as error:
            self._add("E033", prefix + INVENTORY_NAME, _("not JSON: {found}").format(found=error.found))
            return None
        self._parsed[folder] = value
        if folder and isinstance(value, dict) and _is_beginning(value, self._newest_value, folder):
            return value
        self._are_alike &= not folder
        faults = inventory_faults(value)
        for code, message in faults:
            self._add(code, prefix + INVENTORY_NAME, message)
        if faults or not isinstance(value, dict):
            return None
        if not folder:
            self._newest, self._newest_value = data, value
        return value

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
            expected = object_place(inventory["id"])
        except UnicodeEncodeError:
            expected = ""
        if expected != self._place:
            message = _("{identifier!r} does not belong in this folder").format(identifier=inventory["id"])
            self._add("E083", INVENTORY_NAME, message)

    def _check_root_files(self) -> None:
        for name in sorted(self._tree.entries_of("").files - {INVENTORY_NAME, SIDECAR_NAME}):
            if not _is_like_declaration(name):
                self._add(_code_of_file(name, "E001a"), name, _("no such file is written there"))

    def _check_root_folders(self, inventory: Mapping[str, Any]) -> set[int]:
        """The versions whose folders are there; what other folders lie in the object's is found."""
        entries = self._tree.entries_of("")
        expected = set(inventory["versions"])
        for name in sorted(entries.folders - expected):
            if name == "extensions":
                self._check_extensions()
            else:
                code = "E046b" if version_number(name) else "object-folder" if name == "logs" else "E001b"
                self._add(code, name, _("the inventory knows no such folder"))
        for name in sorted(expected - entries.folders):
            self._add("E046a", name, _("the version's folder is missing"))
        return {number for name in entries.folders & expected if (number := version_number(name))}

    def _check_extensions(self) -> None:
        entries = self._tree.entries_of("extensions")
        self._add("object-folder", "extensions", _("no such folder is made there"))
        for name in sorted(entries.files):
            self._add("E067", f"extensions/{name}", _("no such file is written there"))
        for name in sorted(entries.folders):
            self._add("W013", f"extensions/{name}", _("an extension that is not used here"))

    def _check_version(self, number: int, inventory: Mapping[str, Any], *, is_last: bool) -> None:
        folder = f"v{number}"
        entries = self._tree.entries_of(folder)
        for name in sorted(entries.files - {INVENTORY_NAME, SIDECAR_NAME}):
            self._add(_code_of_file(name, "E015"), f"{folder}/{name}", _("no such file is written there"))
        for name in sorted(entries.folders - {CONTENT_FOLDER}):
            self._add("W002", f"{folder}/{name}", _("no such folder is made there"))
        own = self._check_inventory(folder)
        if own is None:
            return
        path = f"{folder}/{INVENTORY_NAME}"
        if own["head"] != folder:
            self._add(
                "E040",
                path,
                _("head: expected {expected}, found {found!r}").format(expected=folder, found=own["head"]),
            )
        if own is self._newest_value:
            return
        if is_last:
            self._add("E064", path, _("differs from the object's inventory"))
        if self._are_alike:
            return
        for code, message in _differences(own, inventory):
            self._add(code, path, message)

    def _check_across(self, numbers: set[int]) -> None:
        """Check what must not change from version to version. Source: OCFL 1.1, 3.3.1, 3.5.1."""
        if self._are_alike and "contentDirectory" not in self._parsed[""]:
            return
        values = [(f"v{number}", self._parsed.get(f"v{number}", self._parsed[""])) for number in sorted(numbers)]
        known = [(f"{folder}/{INVENTORY_NAME}", value) for folder, value in values if isinstance(value, dict)]
        known.append((INVENTORY_NAME, self._parsed[""]))
        first = known[0][1]
        highest = (0, 0)
        for path, value in known:
            if value.get("id") != self._parsed[""]["id"]:
                self._add("E110", path, _("another identifier than the object's"))
            content_folder = value.get("contentDirectory")
            if content_folder != first.get("contentDirectory"):
                code = "E020" if "contentDirectory" in first else "E019"
                self._add(code, path, _("contentDirectory is another than in the first version"))
            elif content_folder is not None:
                self._add("content-folder", path, _("contentDirectory is set"))
            match = _SPECIFICATION.fullmatch(str(value.get("type")))
            conforms_to = (int(match[1]), int(match[2])) if match else highest
            if conforms_to < highest:
                self._add("E103", path, _("conforms to an older edition than the version before"))
            highest = max(highest, conforms_to)

    def _check_content(self, inventory: Mapping[str, Any], numbers: set[int]) -> None:
        files = self._tree.files
        present: set[str] = set()
        for number in numbers:
            present |= self._tree.below(f"v{number}/{CONTENT_FOLDER}")
        named = [(path, digest) for digest, paths in inventory["manifest"].items() for path in paths]
        present.difference_update(path for path, _digest in named)
        there = [(path, digest) for path, digest in named if path in files]
        for path in sorted({path for path, _digest in named} - files):
            self._add("E092b", path, _("the file is missing"))
        for (path, expected), found in zip(there, self._digests([path for path, _digest in there]), strict=True):
            if found not in {expected, None}:
                message = _("expected digest {expected}, found {found}").format(expected=expected, found=found)
                self._add("E092a", path, message)
        for path in present:
            self._add("E023a", path, _("the inventory knows no such file"))
        for folder in {f"v{number}/{CONTENT_FOLDER}" for number in numbers} - self._tree.folders.keys():
            if any(path.startswith(f"{folder}/") for paths in inventory["manifest"].values() for path in paths):
                self._add("E016", folder, _("the folder of the version's files is missing"))
        for path in self._tree.empty_folders:
            is_content_folder = path.count("/") == 1 and path.endswith(f"/{CONTENT_FOLDER}")
            self._add("W003" if is_content_folder else "E024", path, _("an empty folder"))

    def _check_fixity(self, inventory: Mapping[str, Any]) -> None:
        """Check the block of further digests, which is never written here. Source: OCFL 1.1, 3.5.4 (E093)."""
        if "fixity" not in inventory:
            return
        self._add("fixity", INVENTORY_NAME, _("holds further digests, which are not written there"))
        for algorithm, block in inventory["fixity"].items():
            for digest, paths in block.items():
                for path in paths if algorithm in FIXITY_DIGEST_CHARACTERS else ():
                    found = self._digest(path, algorithm) if path in self._tree.files else None
                    if found is None or found != digest.lower():
                        message = _("expected digest {expected}, found {found}").format(expected=digest, found=found)
                        self._add("E093", path, message)

    def _read(self, path: str, code: str) -> bytes | None:
        try:
            data, status = read_with_status(f"{self._path}/{path}", INVENTORY_BYTES_LIMIT)
        except OSError as error:
            self._add(code, path, _("cannot be read: {found}").format(found=system_reason(error)))
            return None
        self._count(path, status)
        return data

    def _digests(self, paths: Sequence[str]) -> list[str | None]:
        """The digests of content files; of large ones two at once, for digesting leaves the interpreter to others."""
        if len(paths) > 1 and sum(map(self._size, paths)) >= _LARGE_BYTES:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                several = pool.map(partial(self._look, algorithm=DIGEST_ALGORITHM), paths)
                return [self._told(path, looked) for path, looked in zip(paths, several, strict=True)]
        return [self._digest(path, DIGEST_ALGORITHM) for path in paths]

    def _size(self, path: str) -> int:
        try:
            return os.lstat(f"{self._path}/{path}").st_size
        except OSError:
            return 0  # said where it is read

    def _digest(self, path: str, algorithm: str) -> str | None:
        return self._told(path, self._look(path, algorithm))

    def _look(self, path: str, algorithm: str) -> tuple[str, os.stat_result] | OSError:
        """A file's digest and what the system says of it, or why not; nothing is noted, for several look at once."""
        try:
            return digest_with_status(f"{self._path}/{path}", _HASHLIB_NAMES.get(algorithm, algorithm))
        except OSError as error:
            return error

    def _told(self, path: str, looked: tuple[str, os.stat_result] | OSError) -> str | None:
        if isinstance(looked, OSError):
            message = _("cannot be read: {found}").format(found=system_reason(looked))
            self._findings.append(
                _finding(self._root, "unreadable", f"{self._place}/{path}", message, Severity.CANNOT_ASSESS)
            )
            return None
        digest, status = looked
        self._count(path, status)
        return digest

    def _count(self, path: str, status: os.stat_result) -> None:
        self._looked.files += 1
        self._looked.bytes += status.st_size
        if status.st_nlink > 1:
            message = _("a hard link")
            self._findings.append(_finding(self._root, "E090", f"{self._place}/{path}", message, Severity.WARNING))


def _is_like_declaration(name: str) -> bool:
    return "=" in name or "ocfl_object" in name


def _code_of_declaration(name: str) -> str:
    """The code for a file that looks like an object's declaration and is not the one that is written there."""
    kind, equals, declared = name.partition("=")
    if not equals:
        return "E004"
    if kind != "0":
        return "E005"
    match = _OBJECT_VERSION.fullmatch(declared)
    if match is None:
        return "E006"
    return "E081" if (int(match["major"]), int(match["minor"])) > _VERSION_OF_STANDARD else "E003b"


def _code_of_file(name: str, otherwise: str) -> str:
    """The code for a file beside an inventory: one that is nearly an inventory or its digest file has its own."""
    if name.lower() == INVENTORY_NAME:
        return "E034"
    return "E059" if _SIDECAR.fullmatch(name) else otherwise


def _is_beginning(own: Mapping[str, Any], newest: Mapping[str, Any] | None, folder: str) -> bool:
    """Whether an inventory is what the object's sound one was when the version of that folder was the newest.

    It is sound then, too: all it says stands in the other, and every digest of its manifest is used by its versions.
    """
    if newest is None or not isinstance(own.get("versions"), dict):
        return False
    names = [f"v{number}" for number in range(1, len(own["versions"]) + 1)]
    if names[-1:] != [folder] or not newest["versions"].keys() >= set(names):
        return False
    versions = {name: newest["versions"][name] for name in names}
    used = {digest for version in versions.values() for digest in version["state"]}
    manifest = {digest: paths for digest, paths in newest["manifest"].items() if digest in used}
    return own == {**newest, "head": folder, "versions": versions, "manifest": manifest}


def _differences(own: Mapping[str, Any], inventory: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where the inventory that a version keeps says otherwise than the object's of the versions up to it."""
    for name, version in own["versions"].items():
        current = inventory["versions"].get(name)
        if current is None:
            yield "E066a", _("the object's inventory has no {version}").format(version=name)
        elif _paths_to_digests(current["state"]) != _paths_to_digests(version["state"]):
            yield "E066b", _("{version} holds other files than in the object's inventory").format(version=name)
        elif {**current, "state": 0} != {**version, "state": 0}:
            yield "W011", _("{version} is described otherwise than in the object's inventory").format(version=name)
    for digest, paths in own["manifest"].items():
        if sorted(inventory["manifest"].get(digest, ())) != sorted(paths):
            message = _("digest {digest} has other content paths in the object's inventory").format(digest=digest)
            yield "E023b", message


def _paths_to_digests(state: Mapping[str, list[str]]) -> dict[str, str]:
    return {path: digest for digest, paths in state.items() for path in paths}
