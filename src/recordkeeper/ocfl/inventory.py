"""Inventories: what one version of an object holds, composed and read; no file is touched.

Equal input gives equal bytes: the inventory's digest is bound by the trail before the version is stored.
``contentDirectory`` is never set and ``fixity`` never written.

Source: OCFL 1.1, 3.5.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recordkeeper.errors import ArchiveError, InvalidInputError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import parse_json

INVENTORY_TYPE = "https://ocfl.io/1.1/spec/#inventory"
DIGEST_ALGORITHM = "sha512"
INVENTORY_NAME = "inventory.json"
SIDECAR_NAME = f"{INVENTORY_NAME}.{DIGEST_ALGORITHM}"
CONTENT_FOLDER = "content"

_NAME_BYTES_LIMIT = 200
_AWKWARD = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")


class UnusableNameError(ArchiveError, InvalidInputError):
    """A logical path that OCFL does not allow."""

    def __init__(self, object_id: str, found: str) -> None:
        message = _("{subject}: {found!r} is no usable file name").format(subject=object_id, found=found)
        super().__init__(message, subject=object_id, found=found)


class DamagedInventoryError(ArchiveError, UnavailableError):
    """An inventory cannot be built upon or read from."""

    def __init__(self, object_id: str, found: str) -> None:
        message = _("{subject}: the inventory is damaged: {found}").format(subject=object_id, found=found)
        super().__init__(message, subject=object_id, found=found)


@dataclass(frozen=True)
class PreparedVersion:
    """A version with all its bytes, ready to be stored.

    Args:
        object_id: the object's identifier.
        number: 1 for v1.
        inventory: the bytes of inventory.json.
        sidecar: the bytes of inventory.json.sha512.
        contents: content path within the object (``v1/content/record.json``) to bytes; new bytes only.
    """

    object_id: str
    number: int
    inventory: bytes
    sidecar: bytes
    contents: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Inventory:
    """An inventory as far as reading needs it.

    Args:
        object_id: the object's identifier.
        head: number of the newest version.
        manifest: digest to content paths.
        states: version number to digest to logical paths.
        value: the whole parsed JSON.
    """

    object_id: str
    head: int
    manifest: Mapping[str, list[str]]
    states: Mapping[int, Mapping[str, list[str]]]
    value: Mapping[str, Any]

    def content_of(self, logical_path: str, version: int) -> tuple[str, str] | None:
        """Digest and content path of a logical path in a version; none where it has no such file."""
        for digest, logical_paths in self.states.get(version, {}).items():
            if logical_path in logical_paths and self.manifest.get(digest):
                return digest, self.manifest[digest][0]
        return None


def prepare_version(
    object_id: str,
    previous_inventory: bytes | None,
    files: Mapping[str, bytes],
    *,
    created: str,
    message: str,
    user_name: str,
    user_address: str,
) -> PreparedVersion:
    """The next version of an object, holding ``files`` and nothing else.

    Args:
        object_id: the object's identifier.
        previous_inventory: bytes of its present inventory; none for a new object.
        files: logical path to bytes, the whole state; bytes of earlier versions are not stored again.
        created: RFC 3339 moment with zone, ``2026-11-23T06:05:04Z``.
        message: why the version was made.
        user_name: who made it.
        user_address: a URI for them, ``mailto:`` or ``urn:``.

    Raises:
        UnusableNameError: a logical path is empty, absolute, has an empty, ``.`` or ``..`` part, holds a lone
            surrogate, or is a file and a folder at once.
        DamagedInventoryError: the previous inventory is no inventory of this object.

    Source: OCFL 1.1, 3.5.
    """
    manifest: dict[str, list[str]] = {}
    versions: dict[str, Any] = {}
    number = 1
    if previous_inventory is not None:
        previous = parse_inventory(previous_inventory, object_id)
        number = previous.head + 1
        manifest = {digest: list(paths) for digest, paths in previous.manifest.items()}
        versions = dict(previous.value["versions"])
    _check_logical_paths(object_id, files)
    state: dict[str, list[str]] = {}
    contents: dict[str, bytes] = {}
    for logical_path, data in sorted(files.items()):
        digest = hashlib.new(DIGEST_ALGORITHM, data).hexdigest()
        state.setdefault(digest, []).append(logical_path)
        if digest not in manifest:
            content_path = f"v{number}/{CONTENT_FOLDER}/{_file_name_for(logical_path, digest)}"
            manifest[digest] = [content_path]
            contents[content_path] = data
    versions[f"v{number}"] = {
        "created": created,
        "message": message,
        "state": state,
        "user": {"address": user_address, "name": user_name},
    }
    inventory = format_inventory(
        {
            "digestAlgorithm": DIGEST_ALGORITHM,
            "head": f"v{number}",
            "id": object_id,
            "manifest": manifest,
            "type": INVENTORY_TYPE,
            "versions": versions,
        }
    )
    return PreparedVersion(object_id, number, inventory, format_sidecar(inventory), contents)


def format_inventory(value: Mapping[str, Any]) -> bytes:
    """The bytes of an inventory: keys sorted, two spaces, a newline at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def format_sidecar(inventory: bytes, algorithm: str = DIGEST_ALGORITHM) -> bytes:
    """The bytes of an inventory's sidecar.

    Source: OCFL 1.1, 3.6.
    """
    return f"{hashlib.new(algorithm, inventory).hexdigest()} {INVENTORY_NAME}\n".encode()


def parse_inventory(data: bytes, object_id: str) -> Inventory:
    """An inventory as far as reading needs it; ``inventory_fault`` judges the rest.

    Args:
        data: the bytes of inventory.json.
        object_id: whose inventory it must be.

    Raises:
        DamagedInventoryError: not JSON, another object's, or without the parts that reading needs.
    """
    try:
        value = parse_json(data, object_id)
    except InvalidInputError as error:
        raise DamagedInventoryError(object_id, error.found) from None
    document: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
    identifier, head = document.get("id"), document.get("head")
    manifest, versions = document.get("manifest"), document.get("versions")
    if not isinstance(identifier, str) or not isinstance(head, str) or not isinstance(versions, dict):
        raise DamagedInventoryError(object_id, _("a part is missing"))
    if identifier != object_id:
        raise DamagedInventoryError(object_id, identifier)
    states: dict[int, Mapping[str, list[str]]] = {}
    for name, version in versions.items():
        number = version_number(name)
        if number is None or not isinstance(version, dict) or not _is_paths_by_digest(version.get("state")):
            raise DamagedInventoryError(object_id, str(name))
        states[number] = version["state"]
    numbers = set(range(1, len(states) + 1))
    if not states or states.keys() != numbers or head != f"v{len(states)}" or not _is_paths_by_digest(manifest):
        raise DamagedInventoryError(object_id, head)
    return Inventory(identifier, len(states), document["manifest"], states, document)


def version_number(name: str) -> int | None:
    """12 for ``v12``; none for what is no version's name as this program writes it (no zero padding)."""
    match = re.fullmatch(r"v([1-9][0-9]{0,8})", name)
    return int(match[1]) if match else None


def parent_paths(path: str) -> Iterator[str]:
    """The folders above ``a/b/c``: ``a``, ``a/b``."""
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def has_bad_part(path: str) -> bool:
    """Whether a path has an empty, ``.`` or ``..`` part (absolute ones and ``//`` included)."""
    return any(part in {"", ".", ".."} for part in path.split("/"))


def _is_paths_by_digest(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(paths, list) and all(isinstance(path, str) for path in paths) for paths in value.values()
    )


def _check_logical_paths(object_id: str, files: Mapping[str, bytes]) -> None:
    for path in files:
        try:
            path.encode()
        except UnicodeEncodeError:
            raise UnusableNameError(object_id, path) from None
        if has_bad_part(path) or any(parent in files for parent in parent_paths(path)):
            raise UnusableNameError(object_id, path)


def _file_name_for(logical_path: str, digest: str) -> str:
    """The logical path where any file system can hold it, else the digest: names are data, never paths."""
    parts = logical_path.split("/")
    if _AWKWARD.search(logical_path) or any(len(part.encode()) > _NAME_BYTES_LIMIT for part in parts):
        return f"by-digest/{digest}"
    return logical_path
