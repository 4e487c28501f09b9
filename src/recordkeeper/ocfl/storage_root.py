"""A storage root on a file system: objects are found, read, and given new versions.

A new object appears by one rename, folders above it included. A new version of an object appears as its
version folder, then inventory, then sidecar; after a kill between any two of these, storing the same version
again finishes it. An object goes whole, by one rename out of the root, or stays. One writer at a time is the caller's
duty, and so is the question whether an object may go. The file is long because all that is done to a root on a disk
stands in its one class, with its refusals above it.

Source: OCFL 1.1; OCFL extension 0003-hash-and-id-n-tuple-storage-layout.
"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from recordkeeper.durable import make_folder, read_plain_file, replace_file, sync_folder, write_new_file
from recordkeeper.errors import ArchiveError, MissingError, RefusalError, UnavailableError, system_reason
from recordkeeper.language import translate as _
from recordkeeper.ocfl.inventory import (
    DIGEST_ALGORITHM,
    INVENTORY_NAME,
    SIDECAR_NAME,
    DamagedInventoryError,
    PreparedVersion,
    format_sidecar,
    has_bad_part,
    parse_inventory,
)

OBJECT_DECLARATION = "0=ocfl_object_1.1"
OBJECT_DECLARATION_BYTES = b"ocfl_object_1.1\n"
TUPLE_SIZE = 3
TUPLE_COUNT = 3
INVENTORY_BYTES_LIMIT = 64 * 1024 * 1024
FILE_BYTES_LIMIT = 4 * 1024 * 1024 * 1024

_LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
_ENCODED_LIMIT = 100


def _json_bytes(value: dict[str, str | int]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


# Root files have no digest anywhere, so they are compared with these bytes; the declaration comes last.
ROOT_FILES = {
    f"extensions/{_LAYOUT}/config.json": _json_bytes(
        {
            "extensionName": _LAYOUT,
            "digestAlgorithm": "sha256",
            "tupleSize": TUPLE_SIZE,
            "numberOfTuples": TUPLE_COUNT,
        }
    ),
    "ocfl_layout.json": _json_bytes(
        {
            "extension": _LAYOUT,
            "description": "SHA-256 of the identifier as three folders of three characters, the identifier",
        }
    ),
    "0=ocfl_1.1": b"ocfl_1.1\n",
}


def object_place(object_id: str) -> str:
    """Where an object lies relative to its storage root, with ``/`` between parts.

    Raises:
        UnicodeEncodeError: the identifier holds a lone surrogate.

    Source: OCFL extension 0003, 3.
    """
    hashed = hashlib.sha256(object_id.encode()).hexdigest()
    tuples = "/".join(hashed[start : start + TUPLE_SIZE] for start in range(0, TUPLE_COUNT * TUPLE_SIZE, TUPLE_SIZE))
    encoded = re.sub(r"[^A-Za-z0-9_-]", _percent_encode, object_id)
    if len(encoded) > _ENCODED_LIMIT:
        encoded = f"{encoded[:_ENCODED_LIMIT]}-{hashed}"
    return f"{tuples}/{encoded}"


class VersionConflictError(ArchiveError, RefusalError):
    """What the archive holds already is not what the new version builds on, or differs from it."""

    def __init__(self, object_id: str, number: int, found: str) -> None:
        message = _("{subject}: version {number} cannot be stored: {found}").format(
            subject=object_id, number=number, found=found
        )
        super().__init__(message, subject=object_id, expected=f"v{number}", found=found)


class UnusableRootError(ArchiveError, RefusalError):
    """A folder is no storage root of ours."""

    def __init__(self, path: Path) -> None:
        message = _("{path}: not as this program writes it").format(path=path)
        super().__init__(message, subject=str(path))


class UnreachableArchiveError(ArchiveError, UnavailableError):
    """The archive's disk refuses: full, read-only, no right, or a link stands where a file should."""

    def __init__(self, subject: str, error: OSError) -> None:
        found = system_reason(error)
        message = _("{subject}: the archive cannot be used: {found}").format(subject=subject, found=found)
        super().__init__(message, subject=subject, found=found)


class NoSuchFileInArchiveError(ArchiveError, MissingError):
    """The archive has no such object, version or file."""

    def __init__(self, object_id: str, found: str) -> None:
        message = _("{subject}: the archive has no {found}").format(subject=object_id, found=found)
        super().__init__(message, subject=object_id, found=found)


class DamagedFileError(ArchiveError, UnavailableError):
    """A file's bytes are not those that the inventory names."""

    def __init__(self, object_id: str, path: str) -> None:
        message = _("{subject}: {path} does not have the digest that the inventory names").format(
            subject=object_id, path=path
        )
        super().__init__(message, subject=object_id, found=path)


class StorageRoot:
    """An OCFL 1.1 storage root of layout 0003.

    Args:
        path: its folder.
        incoming: a folder on the same file system in which versions are prepared; made when first needed.
    """

    def __init__(self, path: Path, incoming: Path) -> None:
        self.path = path
        self.incoming = incoming

    def create(self) -> None:
        """Make the root, or finish one whose making was interrupted; nothing happens where it stands.

        Raises:
            UnusableRootError: the folder has root files with other content.
            UnreachableArchiveError: the disk refuses.

        Source: OCFL 1.1, 4.1.
        """
        try:
            make_folder(self.incoming)
            for name, data in ROOT_FILES.items():
                place = self.path / name
                make_folder(place.parent)
                if not os.path.lexists(place):
                    replace_file(place, data, self.incoming / "root-file")
                elif read_plain_file(place, len(data) + 1) != data:
                    raise UnusableRootError(place)
        except OSError as error:
            raise UnreachableArchiveError(str(self.path), error) from error

    def object_path(self, object_id: str) -> Path:
        """Where the object is, or would be.

        Source: OCFL extension 0003, 3.
        """
        return self.path / object_place(object_id)

    def object_ids(self) -> Iterator[str]:
        """The identifiers of all readable objects, in the order of their paths."""
        pattern = "/".join(["[0-9a-f]" * TUPLE_SIZE] * TUPLE_COUNT)
        for place in sorted(self.path.glob(f"{pattern}/*/{INVENTORY_NAME}")):
            try:
                value = json.loads(read_plain_file(place, INVENTORY_BYTES_LIMIT))
                object_id = value["id"]
                if self.object_path(object_id) == place.parent:
                    yield object_id
            except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue

    def read_inventory(self, object_id: str, version: int | None = None) -> bytes | None:
        """The bytes of the object's inventory, or of the copy that a version keeps; none where there is none.

        Raises:
            UnreachableArchiveError: it cannot be read, or a link stands in its place.
        """
        name = INVENTORY_NAME if version is None else f"v{version}/{INVENTORY_NAME}"
        return self._read(object_id, name, INVENTORY_BYTES_LIMIT)

    def read_file(self, object_id: str, logical_path: str, version: int | None = None) -> bytes:
        """The bytes of a file of the newest or the given version, checked against the inventory.

        Raises:
            NoSuchFileInArchiveError: no such object, version or file, or its content is not there.
            DamagedInventoryError: the inventory cannot be read.
            DamagedFileError: the bytes do not have the digest that the inventory names.
            UnreachableArchiveError: it cannot be read, or a link stands in its place.
        """
        data = self.read_inventory(object_id)
        if data is None:
            raise NoSuchFileInArchiveError(object_id, INVENTORY_NAME)
        inventory = parse_inventory(data, object_id)
        found = inventory.content_of(logical_path, version or inventory.head)
        if found is None:
            raise NoSuchFileInArchiveError(object_id, logical_path)
        digest, content_path = found
        if inventory.value.get("digestAlgorithm") != DIGEST_ALGORITHM:
            raise DamagedFileError(object_id, content_path)
        return self._read_content(object_id, content_path, digest)

    def _read_content(self, object_id: str, content_path: str, digest: str) -> bytes:
        """The bytes of a content file, if they have the digest."""
        if has_bad_part(content_path) or "\x00" in content_path:
            raise DamagedInventoryError(object_id, content_path)
        content = self._read(object_id, content_path, FILE_BYTES_LIMIT)
        if content is None:
            raise NoSuchFileInArchiveError(object_id, content_path)
        if hashlib.new(DIGEST_ALGORITHM, content).hexdigest() != digest:
            raise DamagedFileError(object_id, content_path)
        return content

    def add_version(self, version: PreparedVersion) -> None:
        """Store a version; where it is stored already nothing changes, where half of it is, it is finished.

        Raises:
            VersionConflictError: the archive holds another version of that number, or not the one before it.
            DamagedInventoryError: the object's present inventory cannot be read.
            UnreachableArchiveError: the disk refuses; what is there stays as it was or can be finished later.

        Source: OCFL 1.1, 3.5 and 6.
        """
        try:
            present = self.read_inventory(version.object_id)
            if present is None:
                self._add_object(version)
            else:
                self._add_to_object(version, present)
        except OSError as error:
            raise UnreachableArchiveError(version.object_id, error) from error

    def read_version(self, object_id: str, number: int) -> PreparedVersion:
        """A version as it was prepared to be stored: its inventory, and the bytes of every file new in it.

        Raises:
            NoSuchFileInArchiveError: no such object or version, or a file of it is not there.
            DamagedInventoryError: its inventory cannot be read.
            DamagedFileError: a file's bytes, or the sidecar's, are not those that the inventory demands.
            UnreachableArchiveError: it cannot be read, or a link stands in its place.
        """
        data = self.read_inventory(object_id, number)
        if data is None:
            raise NoSuchFileInArchiveError(object_id, f"v{number}/{INVENTORY_NAME}")
        inventory = parse_inventory(data, object_id)
        if inventory.head != number:
            raise DamagedInventoryError(object_id, f"v{number}")
        contents: dict[str, bytes] = {}
        for digest, paths in inventory.manifest.items():
            for path in paths:
                if path.startswith(f"v{number}/"):
                    contents[path] = self._read_content(object_id, path, digest)
        return PreparedVersion(object_id, number, data, format_sidecar(data), contents)

    def has_object(self, object_id: str) -> bool:
        """Whether something stands where the object would, sound or not."""
        return os.path.lexists(self.object_path(object_id))

    def byte_count(self, object_id: str) -> int:
        """How many bytes the files of an object have together; 0 where there is none.

        Raises:
            UnreachableArchiveError: the disk refuses.
        """
        try:
            files = (path for path in self.object_path(object_id).rglob("*") if path.is_file())
            return sum(path.lstat().st_size for path in files)
        except OSError as error:
            raise UnreachableArchiveError(object_id, error) from error

    def remove_object(self, object_id: str) -> bool:
        """Remove an object with all its versions; whether it was there. After a kill, the same call finishes it.

        Raises:
            UnreachableArchiveError: the disk refuses, or a link stands in its place.
        """
        place = self.object_path(object_id)
        try:
            stage = self._clear_stage(object_id)
            self._check_no_links(place)
            is_there = os.path.lexists(place)
            if is_there:
                # with the folders that hold nothing else: none of them is ever empty, whenever this is killed
                top = place
                while top.parent != self.path and len(list(top.parent.iterdir())) == 1:
                    top = top.parent
                top.rename(stage)
                sync_folder(top.parent)
                shutil.rmtree(stage)
                sync_folder(self.incoming)
            self._remove_empty_folders(place.parent)
        except OSError as error:
            raise UnreachableArchiveError(object_id, error) from error
        return is_there

    def _remove_empty_folders(self, folder: Path) -> None:
        """Remove the folders that an object's going has left empty. Source: OCFL 1.1, 4.3 (E073)."""
        while folder != self.path:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError as error:
                if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                    return
                raise
            else:
                sync_folder(folder.parent)
            folder = folder.parent

    def _add_object(self, version: PreparedVersion) -> None:
        place = self.object_path(version.object_id)
        if version.number != 1:
            raise VersionConflictError(version.object_id, version.number, _("the object is not there"))
        if os.path.lexists(place):
            raise VersionConflictError(version.object_id, version.number, _("its folder is there, its inventory not"))
        missing = place
        while not missing.parent.is_dir():
            missing = missing.parent
        stage = self._clear_stage(version.object_id)
        folder = stage / place.relative_to(missing)
        make_folder(folder)
        write_new_file(folder / OBJECT_DECLARATION, OBJECT_DECLARATION_BYTES)
        _write_version(folder / "v1", version)
        write_new_file(folder / INVENTORY_NAME, version.inventory)
        write_new_file(folder / SIDECAR_NAME, version.sidecar)
        sync_folder(folder)
        stage.rename(missing)
        sync_folder(missing.parent)

    def _add_to_object(self, version: PreparedVersion, present: bytes) -> None:
        place = self.object_path(version.object_id)
        before = parse_inventory(present, version.object_id)
        if before.head > version.number:
            if self.read_inventory(version.object_id, version.number) != version.inventory:
                raise VersionConflictError(version.object_id, version.number, f"v{before.head}")
            return
        if before.head == version.number:
            if present != version.inventory:
                raise VersionConflictError(version.object_id, version.number, _("another version of that number"))
        else:
            self._check_builds_on(version, before.value["versions"])
            self._add_version_folder(version, place)
            replace_file(place / INVENTORY_NAME, version.inventory, self.incoming / INVENTORY_NAME)
        if self._read(version.object_id, SIDECAR_NAME, INVENTORY_BYTES_LIMIT) != version.sidecar:
            replace_file(place / SIDECAR_NAME, version.sidecar, self.incoming / SIDECAR_NAME)

    def _add_version_folder(self, version: PreparedVersion, place: Path) -> None:
        folder = place / f"v{version.number}"
        if os.path.lexists(folder):
            # It was renamed into place after all its bytes were on the disk, so it is whole or not ours.
            if self.read_inventory(version.object_id, version.number) != version.inventory:
                raise VersionConflictError(version.object_id, version.number, _("another version of that number"))
            return
        stage = self._clear_stage(version.object_id)
        _write_version(stage, version)
        stage.rename(folder)
        sync_folder(place)

    def _check_builds_on(self, version: PreparedVersion, present_versions: object) -> None:
        versions = dict(parse_inventory(version.inventory, version.object_id).value["versions"])
        versions.pop(f"v{version.number}", None)
        if versions != present_versions:
            raise VersionConflictError(version.object_id, version.number, _("it was prepared upon another inventory"))

    def _clear_stage(self, object_id: str) -> Path:
        make_folder(self.incoming)
        stage = self.incoming / hashlib.sha256(object_id.encode()).hexdigest()
        if stage.is_symlink() or stage.is_file():
            stage.unlink()
        elif stage.exists():
            shutil.rmtree(stage)
        return stage

    def _read(self, object_id: str, name: str, byte_limit: int) -> bytes | None:
        """The bytes of a file within an object, reached without following a link."""
        place = self.object_path(object_id) / name
        try:
            self._check_no_links(place.parent)
            return read_plain_file(place, byte_limit)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreachableArchiveError(object_id, error) from error

    def _check_no_links(self, folder: Path) -> None:
        parts = folder.relative_to(self.path).parts
        for count in range(1, len(parts) + 1):
            _check_no_link(self.path.joinpath(*parts[:count]))


def _check_no_link(folder: Path) -> None:
    if folder.is_symlink():
        raise OSError(_("{path} is a link").format(path=folder))


def _write_version(folder: Path, version: PreparedVersion) -> None:
    """Write a version's folder, onto the disk."""
    make_folder(folder)
    folders = {folder}
    for content_path, data in version.contents.items():
        place = folder.joinpath(*content_path.split("/")[1:])
        make_folder(place.parent)
        write_new_file(place, data)
        folders.update(parent for parent in place.parents if parent.is_relative_to(folder))
    write_new_file(folder / INVENTORY_NAME, version.inventory)
    write_new_file(folder / SIDECAR_NAME, version.sidecar)
    for written in folders:
        sync_folder(written)


def _percent_encode(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02x}" for byte in match[0].encode())
