"""Reading a bag in a zip that somebody else may have made: everything is refused before anything is written.

Names are data until they were looked at: no absolute one, no ``..``, no link, none twice. Nothing is unpacked beyond
the size that the zip states, and that is bounded by a ratio and by what the caller has room for.

Source: RFC 8493, 3 and 5
"""

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
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
    parse_info,
    parse_manifest,
)
from recordkeeper.durable import make_folder, write_blocks
from recordkeeper.errors import ArchiveError, InvalidInputError, MissingError
from recordkeeper.language import translate as _

MOST_MEMBERS, MOST_RATIO, DEPTH_LIMIT = 5_000_000, 200, 100
_TAG_BYTES = 1024 * 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_REQUIRED = (DECLARATION, MANIFEST, TAG_MANIFEST)


class BagRefusedError(ArchiveError, InvalidInputError):
    """A file is no bag, or one that cannot be trusted: nothing of it is used."""

    def __init__(self, path: Path, where: str, found: str) -> None:
        place = f"{path} {where}".rstrip()
        super().__init__(_("{place}: refused: {found}").format(place=place, found=found), subject=place, found=found)


class NoSuchBagError(ArchiveError, MissingError):
    """There is no such file."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: no such file").format(path=path), subject=str(path))


class BagReader:
    """A bag in a zip, each member of it held against its manifests; use it as a context manager.

    Args:
        path: the zip.
        most_bytes: the most that it may hold unpacked.

    Raises:
        NoSuchBagError: there is no such file.
        BagRefusedError: no zip, no bag, or an unsafe one; file contents are only looked at by ``verify``.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        if not path.is_file():
            raise NoSuchBagError(path)
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise BagRefusedError(path, "", _("no zip: {found}").format(found=error)) from None
        try:
            self._members = self._safe_members(most_bytes)
            self.digests = self._manifests()
        except BaseException:
            self._zip.close()
            raise

    def _safe_members(self, most_bytes: int) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        total = sum(info.file_size for info in infos)
        if len(infos) > MOST_MEMBERS or total > most_bytes or total > MOST_RATIO * max(self.path.stat().st_size, 1):
            found = _("{count} members, {total} bytes unpacked").format(count=len(infos), total=total)
            raise BagRefusedError(self.path, "", found)
        members: dict[str, zipfile.ZipInfo] = {}
        folders: set[str] = set()
        for info in infos:
            parts = info.filename.rstrip("/").split("/")
            is_safe = all(part not in {"", ".", ".."} and not set(part) & set("\\\0:") for part in parts)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if not is_safe or len(parts) > DEPTH_LIMIT or kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                raise BagRefusedError(self.path, info.filename, _("no safe name, or a link"))
            if info.flag_bits & 1:
                raise BagRefusedError(self.path, info.filename, _("encrypted"))
            name = "/".join(parts[1:])
            folders.update("/".join(parts[1:count]) for count in range(2, len(parts)))
            if info.is_dir():
                folders.add(name)
            elif not name or name in members:
                raise BagRefusedError(self.path, info.filename, _("stands twice, or in no bag"))
            else:
                members[name] = info
        tops = {info.filename.partition("/")[0] for info in infos}
        if len(tops) != 1 or members.keys() & folders:
            raise BagRefusedError(self.path, "", _("not one folder that holds a bag"))
        return members

    def _manifests(self) -> dict[str, str]:
        """Path to digest of everything but the tag manifest. Source: RFC 8493, 3."""
        for name in _REQUIRED:
            if name not in self._members:
                raise BagRefusedError(self.path, name, _("missing"))
        if self.read(DECLARATION, _BLOCK_BYTES) != DECLARATION_BYTES:
            raise BagRefusedError(self.path, DECLARATION, _("not BagIt 1.0 in UTF-8"))
        try:
            tags = parse_manifest(self.read(TAG_MANIFEST, _TAG_BYTES))
            payload = parse_manifest(self.read(MANIFEST, _TAG_BYTES))
        except ValueError as error:
            raise BagRefusedError(self.path, MANIFEST, str(error)) from None
        digests = {**tags, **payload}
        if any(not path.startswith(PAYLOAD) for path in payload) or any(path.startswith(PAYLOAD) for path in tags):
            raise BagRefusedError(self.path, MANIFEST, _("a path that does not belong there"))
        for path in sorted(self._members.keys() ^ digests.keys() ^ {TAG_MANIFEST}):
            found = _("named by no manifest") if path in self._members else _("missing")
            raise BagRefusedError(self.path, path, found)
        return digests

    @property
    def info(self) -> dict[str, str]:
        """What bag-info.txt says; nothing where there is none."""
        return parse_info(self.read(INFO, _BLOCK_BYTES)) if INFO in self._members else {}

    @property
    def tag_manifest(self) -> bytes:
        """The bytes that bind everything in the bag."""
        return self.read(TAG_MANIFEST, _TAG_BYTES)

    def names(self, prefix: str) -> list[str]:
        """The members whose names begin so, in their order."""
        return sorted(name for name in self._members if name.startswith(prefix))

    def verify(self) -> None:
        """Hold every byte against the manifests.

        Raises:
            BagRefusedError: a member's bytes are others, or cannot be read.
        """
        for name, expected in self.digests.items():
            digest = hashlib.new(ALGORITHM)
            for block in self.blocks(name):
                digest.update(block)
            if digest.hexdigest() != expected:
                raise BagRefusedError(self.path, name, _("not the bytes that its manifest names"))

    def read(self, name: str, byte_limit: int) -> bytes:
        """The bytes of a member.

        Raises:
            BagRefusedError: there is none, it is larger than the limit, or cannot be read.
        """
        info = self._members.get(name)
        if info is None or info.file_size > byte_limit:
            raise BagRefusedError(self.path, name, _("missing") if info is None else _("too large"))
        return b"".join(self.blocks(name))

    def blocks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, block by block, never more than the zip states.

        Raises:
            BagRefusedError: it cannot be read, or is longer than stated.
        """
        info = self._members[name]
        total = 0
        try:
            with self._zip.open(info) as file:
                while block := file.read(_BLOCK_BYTES):
                    total += len(block)
                    if total > info.file_size:
                        raise BagRefusedError(self.path, name, _("longer than it says"))
                    yield block
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise BagRefusedError(self.path, name, str(error)) from None

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member, without their ends.

        Raises:
            BagRefusedError: as ``blocks``.
        """
        rest = b""
        for block in self.blocks(name):
            *whole, rest = (rest + block).split(b"\n")
            yield from whole
        if rest:
            yield rest

    def extract(self, prefix: str, folder: Path) -> int:
        """Write the members below a folder of the bag into ``folder``, onto the disk; how many they were.

        Raises:
            BagRefusedError: a member's bytes are not those that its manifest names.
            OSError: the disk refuses.
        """
        names = self.names(prefix)
        for name in names:
            place = folder / name.removeprefix(prefix)
            make_folder(place.parent)
            digest = write_blocks(place, self.blocks(name), ALGORITHM)
            if digest != self.digests[name]:
                raise BagRefusedError(self.path, name, _("not the bytes that its manifest names"))
        return len(names)

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
