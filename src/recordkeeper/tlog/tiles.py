"""The log's tiles in a folder: entries and hashes are appended, never changed.

Of each unfinished tile the folder keeps the state that an append began from, which the published checkpoint
refers to, and the newest; older states are contained in these. One writer at a time is the caller's duty.

Source: C2SP tlog-tiles.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from recordkeeper.durable import make_folder, read_plain_file, replace_file
from recordkeeper.errors import InvalidInputError, LogError, RefusalError, UnavailableError, system_reason
from recordkeeper.language import translate as _
from recordkeeper.tlog.merkle import HASH_BYTES, NodeSource, leaf_hash, root_hash, tree_root
from recordkeeper.tlog.tile_path import (
    ENTRIES,
    ENTRY_BYTES_LIMIT,
    FILE_BYTES_LIMIT,
    TILE_LEVELS,
    TILE_WIDTH,
    TileName,
    format_bundle,
    parse_bundle,
    parse_tile_path,
)

TEMPORARY_NAME = ".incoming"

_WIDTH = re.compile(r"[1-9]\d{0,2}")


class OversizedEntryError(LogError, InvalidInputError):
    """An entry has more bytes than a bundle can hold."""

    def __init__(self, index: int, found: int) -> None:
        message = _("log entry {index}: expected at most {limit} bytes, found {found}").format(
            index=index, limit=ENTRY_BYTES_LIMIT, found=found
        )
        super().__init__(message, subject=str(index), expected=str(ENTRY_BYTES_LIMIT), found=str(found))


class PublishedOtherwiseError(LogError, RefusalError):
    """What is to be written differs from what the log holds already."""

    def __init__(self, path: str) -> None:
        super().__init__(_("{path}: holds something else already").format(path=path), subject=path)


class MissingTileError(LogError, UnavailableError):
    """The log has no tile for what is asked."""

    def __init__(self, path: str) -> None:
        super().__init__(_("{path}: not in the log").format(path=path), subject=path)


class DamagedTileError(LogError, UnavailableError):
    """A tile's bytes are no tile."""

    def __init__(self, path: str) -> None:
        super().__init__(_("{path}: damaged").format(path=path), subject=path)


class UnreachableLogError(LogError, UnavailableError):
    """The log's disk refuses: full, read-only, no right, or a link stands where a file should."""

    def __init__(self, path: str, error: OSError) -> None:
        found = system_reason(error)
        message = _("{path}: the log cannot be used: {found}").format(path=path, found=found)
        super().__init__(message, subject=path, found=found)


class TileLog:
    """The tiles of one log.

    Args:
        path: the log's folder, which holds ``tile/`` and ``checkpoint``; made when first needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def size(self) -> int:
        """The number of entries that can be read, whether or not their hashes stand."""
        sizes = (name.index * TILE_WIDTH + name.width for name in self.tile_names() if name.level == ENTRIES)
        return max(sizes, default=0)

    @property
    def is_begun(self) -> bool:
        """Whether anything was ever appended here."""
        try:
            return stat.S_ISDIR((self.path / "tile").stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True  # why it cannot be read is for whoever reads it to say

    def tile_names(self) -> Iterator[TileName]:
        """All tiles and bundles whose files are there."""
        for folder, _folders, files in os.walk(self.path / "tile"):
            relative = Path(folder).relative_to(self.path).as_posix()
            for file in files:
                name = parse_tile_path(f"{relative}/{file}")
                if name is not None:
                    yield name

    def append(self, start: int, leaves: Sequence[bytes]) -> None:
        """Publish ``leaves`` as entries ``start`` and following, with all hashes above them.

        What is there already is compared, not written again: the same call after a kill finishes it.

        Args:
            start: the number of entries before them; all of these must have been appended.
            leaves: the entries' bytes.

        Raises:
            OversizedEntryError: an entry is longer than 65,535 bytes.
            MissingTileError: entries before ``start`` are missing.
            DamagedTileError: the unfinished tile before ``start`` cannot be read.
            PublishedOtherwiseError: the log holds other entries or hashes in these places.
            UnreachableLogError: the disk refuses; the same call can finish later.
        """
        for offset, leaf in enumerate(leaves):
            if len(leaf) > ENTRY_BYTES_LIMIT:
                raise OversizedEntryError(start + offset, len(leaf))
        if not leaves:
            return
        try:
            make_folder(self.path)
            self._append_entries(start, leaves)
            self._append_hashes(start, leaves)
            self._remove_outdated(start, start + len(leaves))
        except OSError as error:
            raise UnreachableLogError(str(self.path), error) from error

    def root(self, size: int) -> bytes:
        """The root over the first ``size`` entries, from the stored hashes.

        Raises:
            MissingTileError: the log is not that long.
            DamagedTileError: a tile is not as long as its name says.
            UnreachableLogError: a tile cannot be read.
        """
        return tree_root(size, self.nodes())

    def nodes(self) -> NodeSource:
        """The stored hashes as a node source for proofs; each tile is read once.

        The source raises MissingTileError, DamagedTileError and UnreachableLogError.
        """
        known: dict[tuple[int, int], bytes] = {}

        def node(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, TILE_LEVELS)
            tile_index, offset = divmod(index << height, TILE_WIDTH)
            width = offset + (1 << height)
            data = known.get((tile_level, tile_index), b"")
            if len(data) < width * HASH_BYTES:
                data = self._read_hashes(tile_level, tile_index, width)
                known[tile_level, tile_index] = data
            return root_hash(split_hashes(data[offset * HASH_BYTES : width * HASH_BYTES]))

        return node

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """Entries ``start`` to ``end``, the latter not included.

        Raises:
            MissingTileError: the log is not that long.
            DamagedTileError: a bundle does not hold the entries that its name says.
            UnreachableLogError: a bundle cannot be read.
        """
        for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
            first = index * TILE_WIDTH
            yield from self._read_entries(index, min(end - first, TILE_WIDTH))[max(start - first, 0) :]

    def _append_entries(self, start: int, leaves: Sequence[bytes]) -> None:
        before = start % TILE_WIDTH
        known = self._read_entries(start // TILE_WIDTH, before) if before else []
        if start >= TILE_WIDTH:
            self._read_entries(start // TILE_WIDTH - 1, TILE_WIDTH)
        for index, entries in _in_tiles(start - before, [*known, *leaves]):
            for width in self._widths(ENTRIES, index):
                stored = parse_bundle(self._read(TileName(ENTRIES, index, width))) or []
                shared = min(len(entries), width)
                if stored[:shared] != entries[:shared]:
                    raise PublishedOtherwiseError(TileName(ENTRIES, index, width).path)
            self._store(TileName(ENTRIES, index, len(entries)), format_bundle(entries))

    def _append_hashes(self, start: int, leaves: Sequence[bytes]) -> None:
        hashes = [leaf_hash(leaf) for leaf in leaves]
        level = 0
        while hashes:
            above: list[bytes] = []
            before = start % TILE_WIDTH
            if before:
                hashes = split_hashes(self._read_hashes(level, start // TILE_WIDTH, before))[:before] + hashes
            for index, tile in _in_tiles(start - before, hashes):
                self._store(TileName(level, index, len(tile)), b"".join(tile))
                if len(tile) == TILE_WIDTH:
                    above.append(root_hash(tile))
            hashes, start, level = above, start // TILE_WIDTH, level + 1

    def _store(self, name: TileName, data: bytes) -> None:
        place = self.path / name.path
        if os.path.lexists(place):
            if self._read(name) != data:
                raise PublishedOtherwiseError(name.path)
            return
        make_folder(place.parent)
        replace_file(place, data, self.path / TEMPORARY_NAME)

    def _remove_outdated(self, start: int, end: int) -> None:
        """Remove the states of unfinished tiles that neither ``start`` nor ``end`` needs."""
        self._remove_outdated_of(ENTRIES, start, end)
        level = 0
        while end:
            self._remove_outdated_of(level, start, end)
            start, end, level = start // TILE_WIDTH, end // TILE_WIDTH, level + 1

    def _remove_outdated_of(self, level: int, start: int, end: int) -> None:
        last = start // TILE_WIDTH
        for index in {last, max(last - 1, 0)}:
            widths = self._widths(level, index)
            outdated = [width for width in widths[:-1] if index * TILE_WIDTH + width not in {start, end}]
            for width in outdated:
                (self.path / TileName(level, index, width).path).unlink()
            if outdated and widths[-1] == TILE_WIDTH and len(outdated) == len(widths) - 1:
                (self.path / TileName(level, index, outdated[0]).path).parent.rmdir()

    def _widths(self, level: int, index: int) -> list[int]:
        """The widths in which a tile is stored, smallest first."""
        whole = self.path / TileName(level, index, TILE_WIDTH).path
        try:
            names = [entry.name for entry in whole.with_name(f"{whole.name}.p").iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            names = []
        widths = [int(name) for name in names if _WIDTH.fullmatch(name) and int(name) < TILE_WIDTH]
        return sorted(widths) + ([TILE_WIDTH] if os.path.lexists(whole) else [])

    def _read_widest(self, level: int, index: int, width: int) -> tuple[TileName, bytes]:
        widths = self._widths(level, index)
        if not widths or widths[-1] < width:
            raise MissingTileError(TileName(level, index, width).path)
        name = TileName(level, index, widths[-1])
        return name, self._read(name)

    def _read_entries(self, index: int, width: int) -> list[bytes]:
        name, data = self._read_widest(ENTRIES, index, width)
        entries = parse_bundle(data)
        if entries is None or len(entries) != name.width:
            raise DamagedTileError(name.path)
        return entries[:width]

    def _read_hashes(self, level: int, index: int, width: int) -> bytes:
        name, data = self._read_widest(level, index, width)
        if len(data) != name.width * HASH_BYTES:
            raise DamagedTileError(name.path)
        return data

    def _read(self, name: TileName) -> bytes:
        try:
            return read_plain_file(self.path / name.path, FILE_BYTES_LIMIT)
        except OSError as error:
            raise UnreachableLogError(name.path, error) from error


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes that stand one after another in ``data``."""
    return [data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)]


def _in_tiles(start: int, items: Sequence[bytes]) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Items from ``start``, the beginning of a tile, as tile index and the items in it."""
    for place in range(0, len(items), TILE_WIDTH):
        yield (start + place) // TILE_WIDTH, items[place : place + TILE_WIDTH]
