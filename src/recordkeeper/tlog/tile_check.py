"""Whether a log's stored entries and hashes fit each other and the entries that it should hold.

Every file is compared with what the entries give; a file that nothing needs is found too.

Source: C2SP tlog-tiles; RFC 9162, 2.1.1.
"""

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from recordkeeper.durable import read_plain_file
from recordkeeper.errors import system_reason
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.tlog.hash_list import HashList
from recordkeeper.tlog.merkle import HASH_BYTES, root_hash, tree_root
from recordkeeper.tlog.tile_path import (
    COSIGNED_FOLDER,
    ENTRIES,
    FILE_BYTES_LIMIT,
    TILE_LEVELS,
    TILE_WIDTH,
    TileName,
    parse_bundle,
    parse_tile_path,
)
from recordkeeper.tlog.tiles import TEMPORARY_NAME, split_hashes

ASPECT = "log"

_NAMED_ENTRIES_LIMIT = 10
_GAP_LIMIT = 16
_AT_TOP = {"checkpoint", TEMPORARY_NAME, "tile", COSIGNED_FOLDER}
_FILES_AT_TOP = {"checkpoint", TEMPORARY_NAME}
_COSIGNED = re.compile(rf"{COSIGNED_FOLDER}/[1-9][0-9]{{0,17}}")


class TileCheck:
    """One check of a log's tiles.

    Args:
        path: the log's folder.
        size: the number of entries that its checkpoint speaks of; none without a usable checkpoint.
    """

    def __init__(self, path: Path, size: int | None) -> None:
        self._path = path
        self._size = size
        self._findings: list[Finding] = []
        self._files: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._tile_roots: list[bytes] = []
        self._last_hashes: list[bytes] = []
        self._is_whole = True
        self._known: HashList | None = None
        self.root: bytes | None = None
        """After ``findings``: the root of the first ``size`` entries; none where they cannot all be read."""

    def findings(self, hashes: Iterable[bytes] | None) -> list[Finding]:
        """Everything wrong with the tiles.

        Args:
            hashes: of the leaves that the log should hold; none to check the log by itself.
        """
        self._known = hashes if isinstance(hashes, HashList) else None
        self._list_files()
        expected = None if hashes is None else iter(hashes)
        stored = self._stored_size()
        # Without a checkpoint nothing says what must be there: a first append may have been interrupted.
        size = self._size or 0
        # Absurd names and sizes give one finding, not as many as they speak of entries.
        count = min(-(-stored // TILE_WIDTH), 2 * len(self._files[ENTRIES]) + _GAP_LIMIT)
        count += size > count * TILE_WIDTH
        for index in range(count):
            self._check_bundle(index, size, expected, is_last=index == count - 1)
        self._check_upper_levels(size, count)
        if self._size is not None and self._is_whole and size <= stored:
            self.root = tree_root(size, self._node)
        self._compare_ends(stored, expected)
        return self._findings

    def _add(self, code: str, path: str, message: str, severity: Severity = Severity.ALTERED) -> None:
        printable = os.fsencode(f"{self._path.name}/{path}").decode("utf-8", "backslashreplace")
        self._findings.append(Finding(code, severity, printable.rstrip("/"), message, ASPECT))

    def _list_files(self) -> None:
        def unreadable(error: OSError) -> None:
            place = Path(str(error.filename)).relative_to(self._path).as_posix()
            self._add("log-unreadable", place, system_reason(error), Severity.CANNOT_ASSESS)

        if not self._path.is_dir():
            return
        for folder, folders, files in os.walk(self._path, onerror=unreadable):
            relative = Path(folder).relative_to(self._path).as_posix()
            prefix = "" if relative == "." else f"{relative}/"
            for entry in sorted(folders + files):
                path = prefix + entry
                is_link = (self._path / path).is_symlink()
                name = parse_tile_path(path) if entry in files else None
                if name is not None and not is_link:
                    self._files[name.level][name.index].append(name.width)
                elif is_link or not self._is_known(path, is_file=entry in files):
                    self._add("log-extra", path, _("no such file is written there"))
        for tiles in self._files.values():
            for widths in tiles.values():
                widths.sort()

    @staticmethod
    def _is_known(path: str, *, is_file: bool) -> bool:
        if _COSIGNED.fullmatch(path):
            return is_file
        is_at_top = "/" not in path
        return (
            path in _AT_TOP and is_file == (path in _FILES_AT_TOP)
            if is_at_top
            else not is_file and path.startswith("tile/")
        )

    def _stored_size(self) -> int:
        sizes = (index * TILE_WIDTH + widths[-1] for index, widths in self._files[ENTRIES].items())
        return max(sizes, default=0)

    def _check_bundle(self, index: int, size: int, expected: Iterator[bytes] | None, *, is_last: bool) -> None:
        """Check the entries of a bundle and the hashes beside them; note what is needed of their tree."""
        needed = min(max(size - index * TILE_WIDTH, 0), TILE_WIDTH)
        hashes: list[bytes] | None
        if expected is not None and self._is_known_bundle(index):
            hashes = list(islice(expected, TILE_WIDTH))
            self._take_hashes(index, size, hashes, needed, is_last=is_last)
            return
        entries = self._read_bundle(index, needed)
        hashes = None if entries is None else [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
        if expected is not None:
            # However short a bundle was cut, what follows its 256 entries belongs to the next one.
            width = max(needed, *self._files[ENTRIES].get(index, [0])) if is_last else TILE_WIDTH
            self._compare_entries(index, hashes, list(islice(expected, width)))
        if hashes is None:
            self._is_whole = False
            self._tile_roots.append(b"")
            return
        self._take_hashes(index, size, hashes, needed, is_last=is_last)

    def _take_hashes(self, index: int, size: int, hashes: list[bytes], needed: int, *, is_last: bool) -> None:
        self._check_tile(0, index, hashes, needed)
        self._is_whole &= len(hashes) >= needed
        if index == size // TILE_WIDTH:
            self._last_hashes = hashes
        if len(hashes) == TILE_WIDTH:
            self._tile_roots.append(root_hash(hashes))
        elif not is_last:
            self._tile_roots.append(b"")

    def _is_known_bundle(self, index: int) -> bool:
        """Whether a full bundle lies there, alone, whose bytes are those of the entries that the log should hold."""
        if self._known is None or self._files[ENTRIES].get(index) != [TILE_WIDTH]:
            return False
        digest = self._known.bundle_digest(index)
        try:
            data = read_plain_file(self._path / TileName(ENTRIES, index, TILE_WIDTH).path, FILE_BYTES_LIMIT)
        except OSError:
            return False  # said by who reads it again
        return hashlib.sha256(data).digest() == digest

    def _read_bundle(self, index: int, needed: int) -> list[bytes] | None:
        """The entries of a bundle's widest file; none where it is missing or damaged, which is a finding."""
        widths = self._files[ENTRIES].get(index, [])
        if not widths or widths[-1] < needed:
            name = TileName(ENTRIES, index, needed or TILE_WIDTH)
            self._add("log-entry", name.path, _("the entries are missing"))
        if not widths:
            return None
        widest = TileName(ENTRIES, index, widths[-1])
        data = self._read(widest)
        entries = None if data is None else parse_bundle(data)
        if data is not None and (entries is None or len(entries) != widest.width):
            self._add(
                "log-entry",
                widest.path,
                ngettext("not {count} entry", "not {count} entries", widest.width).format(count=widest.width),
            )
            entries = None
        for width in widths[:-1]:
            narrow = self._read(TileName(ENTRIES, index, width))
            if narrow is not None and entries is not None and parse_bundle(narrow) != entries[:width]:
                path = TileName(ENTRIES, index, width).path
                self._add("log-entry", path, _("differs from the longer state of the same entries"))
        return entries

    def _compare_entries(self, index: int, hashes: list[bytes] | None, expected: list[bytes]) -> None:
        if hashes is None or hashes == expected:
            return
        path = TileName(ENTRIES, index, self._files[ENTRIES][index][-1]).path
        first = index * TILE_WIDTH
        differing = [
            str(first + place)
            for place, (found, wanted) in enumerate(zip(hashes, expected, strict=False))
            if found != wanted
        ]
        if differing:
            named = ", ".join(differing[:_NAMED_ENTRIES_LIMIT])
            message = ngettext(
                "{count} entry is not the event of the register: {named}",
                "{count} entries are not the events of the register: {named}",
                len(differing),
            ).format(count=len(differing), named=named)
            self._add("log-entry", path, message)
        if len(hashes) > len(expected):
            message = _("entries from {index} on are no events of the register").format(index=first + len(expected))
            self._add("log-ahead", path, message)

    def _check_upper_levels(self, size: int, bundle_count: int) -> None:
        """Check hash tiles above the leaves' hashes, and name tiles beyond the entries."""
        for index in sorted(self._files[ENTRIES]):
            if index >= bundle_count:
                name = TileName(ENTRIES, index, self._files[ENTRIES][index][-1])
                self._add("log-entry", name.path, _("entries far beyond the others"))
        beyond = [(0, index) for index in self._files[0] if index >= bundle_count]
        hashes, level = self._tile_roots, 1
        while hashes or size >> (TILE_LEVELS * level):
            above: list[bytes] = []
            wanted = size >> (TILE_LEVELS * level)
            for index in range(-(-len(hashes) // TILE_WIDTH)):
                tile = hashes[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
                needed = min(max(wanted - index * TILE_WIDTH, 0), TILE_WIDTH)
                self._check_tile(level, index, tile, needed)
                if len(tile) == TILE_WIDTH:
                    above.append(root_hash(tile) if all(tile) else b"")
            beyond += [(level, index) for index in self._files[level] if index >= -(-len(hashes) // TILE_WIDTH)]
            hashes, level = above, level + 1
        beyond += [(high, index) for high in self._files if high >= level for index in self._files[high]]
        for tile_level, index in sorted(beyond):
            for width in self._files[tile_level][index]:
                self._add("log-tile", TileName(tile_level, index, width).path, _("hashes of no entries"))

    def _check_tile(self, level: int, index: int, hashes: list[bytes], needed: int) -> None:
        """Compare every stored state of a tile with the hashes that it should hold (empty: not known)."""
        widths = self._files[level].get(index, [])
        if needed > max(widths, default=0):
            self._add("log-tile", TileName(level, index, needed).path, _("the hashes are missing"))
        all_hashes = b"".join(hashes)
        for width in widths:
            name = TileName(level, index, width)
            data = self._read(name)
            if data is None:
                continue
            if len(data) == width * HASH_BYTES and data == all_hashes[: len(data)]:
                continue
            found = split_hashes(data)
            is_equal = all(not wanted or wanted == one for wanted, one in zip(hashes, found, strict=False))
            if len(data) != width * HASH_BYTES or width > len(hashes) or not is_equal:
                self._add("log-tile", name.path, _("not the hashes of the entries below"))

    def _compare_ends(self, stored: int, expected: Iterator[bytes] | None) -> None:
        if self._size is not None and stored > self._size:
            message = ngettext(
                "{count} entry after the checkpoint", "{count} entries after the checkpoint", stored - self._size
            ).format(count=stored - self._size)
            self._add("log-uncheckpointed", "checkpoint", message, Severity.PENDING)
        waiting = 0 if expected is None else sum(1 for _hash in expected)
        if waiting:
            message = ngettext(
                "{count} event is not yet published", "{count} events are not yet published", waiting
            ).format(count=waiting)
            self._add("log-pending", "", message, Severity.PENDING)

    def _node(self, level: int, index: int) -> bytes:
        """A node source over what was read: roots of whole bundles, hashes of the one the tree ends in."""
        if level >= TILE_LEVELS:
            height = level - TILE_LEVELS
            return root_hash(self._tile_roots[index << height : (index + 1) << height])
        start = (index << level) % TILE_WIDTH
        return root_hash(self._last_hashes[start : start + (1 << level)])

    def _read(self, name: TileName) -> bytes | None:
        try:
            return read_plain_file(self._path / name.path, FILE_BYTES_LIMIT)
        except OSError as error:
            message = _("cannot be read: {found}").format(found=system_reason(error))
            self._add("log-unreadable", name.path, message, Severity.CANNOT_ASSESS)
            return None
