"""How tiles and entry bundles are named, and what an entry bundle holds; no file is touched.

Source: C2SP tlog-tiles, Merkle Tree and Log Entries.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

TILE_WIDTH = 256
TILE_LEVELS = 8
ENTRIES = -1
COSIGNED_FOLDER = "cosigned"
ENTRY_BYTES_LIMIT = 0xFFFF
FILE_BYTES_LIMIT = TILE_WIDTH * (ENTRY_BYTES_LIMIT + 2)

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9]\d?)/(?P<index>(?:x\d{3}/){0,5}\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class TileName:
    """Which part of the log a file holds.

    Args:
        level: level of hashes, 0 at the leaves' hashes; -1 for a bundle of entries.
        index: place within the level.
        width: number of hashes or entries; 256 unless partial.
    """

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """The path relative to the log's folder: ``tile/0/x001/x234/067``, ``tile/entries/000.p/17``."""
        parts = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            parts.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(parts)}{partial}"


def parse_tile_path(path: str) -> TileName | None:
    """What ``path`` names; none for what is no tile's path, another spelling of one included."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level = ENTRIES if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    name = TileName(level, index, int(match["width"] or TILE_WIDTH))
    return name if name.path == path and name.width <= TILE_WIDTH else None


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle: each entry after its length in two bytes, most significant first."""
    return b"".join([struct.pack(">H", len(entry)) + entry for entry in entries])


def parse_bundle(data: bytes) -> list[bytes] | None:
    """The entries of a bundle; none where its lengths do not fit its bytes."""
    entries: list[bytes] = []
    place = 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 2], "big")
        end = place + 2 + length
        if end > len(data):
            return None
        entries.append(data[place + 2 : end])
        place = end
    return entries
