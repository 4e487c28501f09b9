"""The hashes of very many entries, and of each full bundle of them one digest, in a few bytes an entry.

A stored bundle of that digest holds these very entries, so that nobody need hash them again one by one.

Source: RFC 9162, 2.1.1; C2SP tlog-tiles
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from recordkeeper.tlog.merkle import HASH_BYTES, prefix_roots
from recordkeeper.tlog.tile_path import TILE_WIDTH, format_bundle

_LONGEST_ENTRY = 0xFFFF
_NO_DIGEST = bytes(HASH_BYTES)


class HashList:
    """Many leaf hashes, one after another in 32 bytes each; lists of them would take three times as much."""

    def __init__(self) -> None:
        self._hashes = bytearray()
        self._digests = bytearray()

    def __len__(self) -> int:
        return len(self._hashes) // HASH_BYTES

    def __iter__(self) -> Iterator[bytes]:
        whole = memoryview(self._hashes)
        return (bytes(whole[place : place + HASH_BYTES]) for place in range(0, len(whole), HASH_BYTES))

    def extend(self, entries: Sequence[bytes]) -> None:
        """Add the next entries, which must end with a bundle or be the last."""
        sha256 = hashlib.sha256
        self._hashes += b"".join([sha256(b"\x00" + entry).digest() for entry in entries])
        for begin in range(0, len(entries), TILE_WIDTH):
            bundle = entries[begin : begin + TILE_WIDTH]
            if len(bundle) == TILE_WIDTH:
                is_storable = max(map(len, bundle)) <= _LONGEST_ENTRY
                self._digests += sha256(format_bundle(bundle)).digest() if is_storable else _NO_DIGEST

    def bundle_digest(self, index: int) -> bytes:
        """SHA-256 of the bytes of a full bundle of these entries; empty where there are not so many."""
        return bytes(self._digests[index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def prefix_roots(self, sizes: Collection[int]) -> dict[int, bytes]:
        """The roots of the first n leaves for each n of ``sizes`` from 1 to the number of leaves, in one pass."""
        wanted = {size for size in sizes if 0 < size <= len(self)}
        return prefix_roots(islice(self, max(wanted)), wanted) if wanted else {}
