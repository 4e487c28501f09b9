"""The check of an archive: bytes a second against hashlib alone, objects a second against ocfl-py.

Both in one run, on archives in memory's reach, so that the disk has no part in the ratios.
"""

import hashlib
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ocfl.storage_root import StorageRoot as OcflPyRoot

from recordkeeper.ocfl.inventory import prepare_version
from recordkeeper.ocfl.object_validation import Looked
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.ocfl.validation import validate_root

OBJECTS, OBJECT_BYTES = 2000, 20_000
SCANS, SCAN_BYTES = 12, 24_000_000
BLOCK_BYTES = 1 << 20
MEGABYTE = 1_000_000
LEAST_OF_HASHLIB, LEAST_OF_OCFL_PY = 0.9, 5.0


def filled(folder: Path, objects: int, document_bytes: int) -> StorageRoot:
    """A storage root whose objects have two versions, each with the acts, a document and its PDF."""
    root = StorageRoot(folder / "objects", folder / "incoming")
    root.create()
    noise = os.urandom(document_bytes)
    for number in range(objects):
        for version in (b"1", b"2"):
            mark = f"{number}".encode() + version
            object_id = f"record/QR-017-02/2026-{number:04}"
            files = {"record.json": mark + noise[:4000], "record.docx": noise + mark, "record.pdf": mark + noise}
            root.add_version(
                prepare_version(
                    object_id,
                    root.read_inventory(object_id),
                    files,
                    created="2026-11-23T06:05:04Z",
                    message="archive",
                    user_name="recordkeeper",
                    user_address="urn:recordkeeper:unit:1",
                )
            )
    return root


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def paired(peer: Callable[[], object], own: Callable[[], object], runs: int) -> tuple[float, float]:
    """The median of how many times as long the peer takes, run in turn with ours; the least seconds of ours."""
    pairs = [(seconds_of(peer), seconds_of(own)) for _run in range(runs)]
    return statistics.median(theirs / ours for theirs, ours in pairs), min(ours for _theirs, ours in pairs)


def ours(root: StorageRoot) -> Looked:
    looked = Looked()
    if findings := validate_root(root, None, looked):
        raise AssertionError(findings)
    return looked


def hashlib_alone(count: int) -> None:
    """SHA-512 of so many bytes that lie in memory, without a file."""
    block = bytes(BLOCK_BYTES)
    for _block in range(count // BLOCK_BYTES):
        hashlib.sha512(block).digest()


def theirs(root: StorageRoot) -> None:
    other = OcflPyRoot(root=str(root.path))
    if not other.validate(validate_objects=True, check_digests=True) or other.good_objects != other.num_objects:
        raise AssertionError(other.errors)


def main() -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="recordkeeper-bench-") as name:
        scans = filled(Path(name) / "scans", SCANS, SCAN_BYTES)
        size = ours(scans).bytes
        share, found = paired(lambda: hashlib_alone(size), lambda: ours(scans), 7)
        print(
            f"fixity of {size / MEGABYTE:.0f} MB: {size / MEGABYTE / found:.0f} MB/s,"
            f" {share:.2f} of hashlib alone (budget {LEAST_OF_HASHLIB})"
        )
        small = filled(Path(name) / "small", OBJECTS, OBJECT_BYTES)
        times, found = paired(lambda: theirs(small), lambda: ours(small), 5)
        print(
            f"check of {OBJECTS} objects: {OBJECTS / found:.0f} objects a second,"
            f" {times:.1f} times ocfl-py (budget {LEAST_OF_OCFL_PY:.0f})"
        )
    if share < LEAST_OF_HASHLIB or times < LEAST_OF_OCFL_PY:
        raise SystemExit("over budget")


if __name__ == "__main__":
    main()
