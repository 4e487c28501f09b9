"""Merkle tree hashes, inclusion and consistency proofs over hashes in memory or in tiles.

Hashes are 32 bytes. A tree is read through a node source: the hash of the complete subtree of 2^level leaves
that begins at leaf ``index * 2^level``. It reads no file.

Source: RFC 9162, 2.1.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from recordkeeper.errors import InvalidInputError, LogError
from recordkeeper.language import translate as _

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeSource: TypeAlias = Callable[[int, int], bytes]


class UnprovableError(LogError, InvalidInputError):
    """There is no proof between such sizes or for such an index."""

    def __init__(self, expected: str, found: str) -> None:
        message = _("proof: expected {expected}, found {found}").format(expected=expected, found=found)
        super().__init__(message, subject="proof", expected=expected, found=found)


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf.

    Source: RFC 9162, 2.1.1.
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node.

    Source: RFC 9162, 2.1.1.
    """
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_hash(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root of the tree over ``leaf_hashes``.

    Source: RFC 9162, 2.1.1.
    """
    if not leaf_hashes:
        return EMPTY_ROOT
    level, sha256 = list(leaf_hashes), hashlib.sha256  # a million leaves are worth a call less for each
    while len(level) > 1:
        # An odd last node moves up unchanged, which gives the same tree as splitting at powers of two.
        odd = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def nodes_of(leaf_hashes: Sequence[bytes]) -> NodeSource:
    """A node source over hashes in memory."""

    def node(level: int, index: int) -> bytes:
        hashes = leaf_hashes[index << level : (index + 1) << level]
        if len(hashes) != 1 << level:
            raise UnprovableError(_("at most {count} leaves").format(count=len(leaf_hashes)), f"{level}/{index}")
        return root_hash(hashes)

    return node


def tree_root(size: int, nodes: NodeSource) -> bytes:
    """The root of the first ``size`` leaves."""
    return _range_root(0, size, nodes) if size else EMPTY_ROOT


def prefix_roots(leaf_hashes: Iterable[bytes], sizes: Collection[int]) -> dict[int, bytes]:
    """The roots of the first n leaves for each n of ``sizes`` from 1 to the number of leaves, in one pass."""
    roots: dict[int, bytes] = {}
    # The complete subtrees that the leaves so far divide into, the greatest first.
    complete: list[bytes] = []
    for size, leaf in enumerate(leaf_hashes, 1):
        complete.append(leaf)
        merged = size
        while merged % 2 == 0:
            right = complete.pop()
            complete[-1] = node_hash(complete[-1], right)
            merged //= 2
        if size in sizes:
            root = complete[-1]
            for left in reversed(complete[:-1]):
                root = node_hash(left, root)
            roots[size] = root
    return roots


def inclusion_proof(index: int, size: int, nodes: NodeSource) -> list[bytes]:
    """The proof that leaf ``index`` (from 0) is in the tree of ``size`` leaves, from leaf to root.

    Raises:
        UnprovableError: the leaf is not in the tree.

    Source: RFC 9162, 2.1.3.1.
    """
    if not 0 <= index < size:
        raise UnprovableError(_("an index below {size}").format(size=size), str(index))
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_root(middle, end, nodes))
            end = middle
        else:
            proof.append(_range_root(start, middle, nodes))
            start = middle
    return proof[::-1]


def consistency_proof(first: int, second: int, nodes: NodeSource) -> list[bytes]:
    """The proof that the tree of ``first`` leaves is the beginning of the tree of ``second`` leaves.

    Raises:
        UnprovableError: the first tree is empty or larger than the second.

    Source: RFC 9162, 2.1.4.1.
    """
    if not 0 < first <= second:
        raise UnprovableError(_("sizes from 1 to {size}").format(size=second), str(first))
    proof: list[bytes] = []
    start, end = 0, second
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(_range_root(middle, end, nodes))
            end = middle
        else:
            proof.append(_range_root(start, middle, nodes))
            start = middle
    if start:
        proof.append(_range_root(start, end, nodes))
    return proof[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that ``leaf`` (its hash) is at ``index`` of the tree with ``root``.

    Source: RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size or any(len(item) != HASH_BYTES for item in (leaf, root, *proof)):
        return False
    place, last, result = index, size - 1, leaf
    for item in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            result = node_hash(item, result)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            result = node_hash(result, item)
        place, last = place >> 1, last >> 1
    return last == 0 and result == root


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the first tree is the beginning of the second.

    An empty first tree is the beginning of anything, so nothing is shown by it: false.

    Source: RFC 9162, 2.1.4.2.
    """
    if not 0 < first <= second or any(len(item) != HASH_BYTES for item in (first_root, second_root, *proof)):
        return False
    if first == second:
        return not proof and first_root == second_root
    steps = list(proof)
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for item in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(item, old), node_hash(item, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, item)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(start: int, end: int, nodes: NodeSource) -> bytes:
    """The root over leaves ``start`` to ``end``, where ``start`` is a place at which the tree is split."""
    pieces: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        pieces.append(nodes(level, start >> level))
        start += 1 << level
    root = pieces.pop()
    while pieces:
        root = node_hash(pieces.pop(), root)
    return root
