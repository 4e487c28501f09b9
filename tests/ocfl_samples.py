"""A storage root and an object for the tests of this folder."""

from collections.abc import Mapping
from pathlib import Path

from recordkeeper.ocfl.inventory import PreparedVersion, prepare_version
from recordkeeper.ocfl.storage_root import StorageRoot

OBJECT_ID = "record/QR-017-02/2026-0001"
FIRST_FILES = {
    "record.json": b'{"acts":[1]}',
    "QR-017-02_2026-0001.docx": b"PK docx",
    "attachments/ab-照片.jpg": b"jpeg",
}
SECOND_FILES = {**FIRST_FILES, "record.json": b'{"acts":[1,2]}'}


def prepared(root: StorageRoot, files: Mapping[str, bytes], object_id: str = OBJECT_ID) -> PreparedVersion:
    return prepare_version(
        object_id,
        root.read_inventory(object_id),
        files,
        created="2026-11-23T06:05:04Z",
        message="archive",
        user_name="program",
        user_address="urn:recordkeeper:program",
    )


def new_root(archive: Path) -> StorageRoot:
    root = StorageRoot(archive / "objects", archive / "incoming")
    root.create()
    return root


def filled_root(archive: Path) -> StorageRoot:
    root = new_root(archive)
    root.add_version(prepared(root, FIRST_FILES))
    root.add_version(prepared(root, SECOND_FILES))
    return root
