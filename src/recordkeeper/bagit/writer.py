"""Writing a bag into a zip: beside its place first, then named, so that a bag is whole or is not there.

What lies beside it bears a name that nobody else has; a killed process' is cleared by the next bag made there.

Source: RFC 8493
"""

import hashlib
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from recordkeeper.bagit.bag import (
    ALGORITHM,
    DECLARATION,
    DECLARATION_BYTES,
    INFO,
    MANIFEST,
    PAYLOAD,
    TAG_MANIFEST,
    digest_of,
    format_info,
    format_manifest,
)
from recordkeeper.durable import clear_beside, give_name, name_beside, open_beside, open_plain_file
from recordkeeper.errors import ArchiveError, InvalidInputError, UnavailableError, system_reason
from recordkeeper.language import translate as _

FILE_MODE = 0o600
_BLOCK_BYTES = 256 * 1024
_PACKED_ALREADY = (".docx", ".xlsx", ".pdf", ".zip", ".jpg", ".png")
_MOMENT = (1980, 1, 1, 0, 0, 0)


class BagExistsError(ArchiveError, InvalidInputError):
    """There is a file already where a bag is to be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: exists already").format(path=path), subject=str(path))


class UnwritableBagError(ArchiveError, UnavailableError):
    """A bag cannot be written: no room, no right, no folder."""

    def __init__(self, path: Path, error: OSError) -> None:
        found = system_reason(error)
        super().__init__(_("{path}: cannot be written: {found}").format(path=path, found=found), subject=str(path))


class BagWriter:
    """A bag in the making; a context manager that leaves nothing behind where its block is left with an error.

    Args:
        path: the zip, which is not there yet.

    Raises:
        BagExistsError: it is.
        UnwritableBagError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        if os.path.lexists(path):
            raise BagExistsError(path)
        self.path = path
        self._name = path.name.removesuffix(".zip")
        self._incoming = name_beside(path)
        self._payload: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._bytes = 0
        try:
            clear_beside(path.absolute().parent)
            self._file = os.fdopen(open_beside(self._incoming), "w+b")
        except OSError as error:
            raise UnwritableBagError(path, error) from error
        self._zip = zipfile.ZipFile(self._file, "w", compresslevel=6)

    def add(self, path: str, data: bytes) -> None:
        """Put bytes under ``data/PATH``."""
        self.add_blocks(path, [data])

    def add_blocks(self, path: str, blocks: Iterable[bytes]) -> None:
        """Put what the blocks hold, one after another, under ``data/PATH``.

        Raises:
            OSError: the disk refuses.
        """
        digest, size = self._write(PAYLOAD + path, blocks)
        self._payload[PAYLOAD + path] = digest
        self._bytes += size

    def add_file(self, path: str, source: Path) -> None:
        """Put the content of a regular file under ``data/PATH``.

        Raises:
            OSError: it is none, or cannot be read, or the disk refuses.
        """
        with os.fdopen(open_plain_file(source), "rb", buffering=0) as file:
            self.add_blocks(path, iter(lambda: file.read(_BLOCK_BYTES), b""))

    def add_tag(self, path: str, data: bytes) -> None:
        """Put bytes beside the payload."""
        self._tags[path] = self._write(path, [data])[0]

    def finish(self, info: Iterable[tuple[str, str]]) -> str:
        """Write manifests and information, and put the bag in its place.

        Args:
            info: labels and values of bag-info.txt.

        Returns:
            The digest of the tag manifest, which binds everything in the bag.

        Raises:
            UnwritableBagError: the disk refuses.
        """
        try:
            self.add_tag(DECLARATION, DECLARATION_BYTES)
            self.add_tag(INFO, format_info([*info, ("Payload-Oxum", f"{self._bytes}.{len(self._payload)}")]))
            self.add_tag(MANIFEST, format_manifest(self._payload))
            manifest = format_manifest(self._tags)
            self._write(TAG_MANIFEST, [manifest])
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            give_name(self._incoming, self.path)
            self._file.close()
        except FileExistsError:
            raise BagExistsError(self.path) from None
        except OSError as error:
            raise UnwritableBagError(self.path, error) from error
        return digest_of(manifest)

    def _write(self, path: str, blocks: Iterable[bytes]) -> tuple[str, int]:
        digest, size = hashlib.new(ALGORITHM), 0
        member = zipfile.ZipInfo(f"{self._name}/{path}", _MOMENT)
        is_packed = path.lower().endswith(_PACKED_ALREADY)
        member.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        member.external_attr = FILE_MODE << 16
        with self._zip.open(member, "w", force_zip64=True) as file:
            for block in blocks:
                digest.update(block)
                size += len(block)
                file.write(block)
        return digest.hexdigest(), size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            self._zip.close()
            self._file.close()
        self._incoming.unlink(missing_ok=True)
