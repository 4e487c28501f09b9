"""The published vectors of the Certificate Transparency reference tree (eight leaves), and the definition itself.

The product's tree and that of the stand-alone verifier, which shares no line with it, are held to the same.
"""

import hashlib
from collections.abc import Callable
from typing import TypeAlias

import pytest

from recordkeeper.tlog.merkle import (
    UnprovableError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    nodes_of,
    root_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from recordkeeper.verifier import is_consistent, is_included

Inclusion: TypeAlias = Callable[[int, int, bytes, list[bytes], bytes], bool]
Consistency: TypeAlias = Callable[[int, int, bytes, bytes, list[bytes]], bool]
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
NODES = nodes_of(HASHES)


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert root_hash(HASHES[:size]).hex() == ROOTS[size]
    assert tree_root(size, NODES).hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (0, 8, [A, B, C]),
        (5, 8, [D, E, ROOTS[4]]),
        (2, 3, [ROOTS[2]]),
        (1, 5, [ROOTS[1], B, D]),
    ],
)
def test_inclusion_proofs_are_the_published_ones(index: int, size: int, proof: list[str]) -> None:
    found = inclusion_proof(index, size, NODES)
    assert [item.hex() for item in found] == proof
    for verify in (verify_inclusion, is_included):
        assert verify(index, size, HASHES[index], found, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(
    ("first", "second", "proof"),
    [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[4]]), (2, 5, [B, D])],
)
def test_consistency_proofs_are_the_published_ones(first: int, second: int, proof: list[str]) -> None:
    found = consistency_proof(first, second, NODES)
    assert [item.hex() for item in found] == proof
    roots = [bytes.fromhex(ROOTS[size]) for size in (first, second)]
    assert verify_consistency(first, second, roots[0], roots[1], found)
    assert is_consistent(first, second, (roots[0], roots[1]), found)


def _root_by_definition(leaves: list[bytes]) -> bytes:
    """MTH as RFC 9162, 2.1.1 writes it, without any of our code."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + _root_by_definition(leaves[:split]) + _root_by_definition(leaves[split:])).digest()


@pytest.mark.parametrize("size", [*range(1, 40), 255, 256, 257, 600])
def test_roots_follow_the_definition(size: int) -> None:
    leaves = [str(number).encode() for number in range(size)]
    assert root_hash([leaf_hash(leaf) for leaf in leaves]) == _root_by_definition(leaves)


def consistent_by_verifier(first: int, second: int, old: bytes, new: bytes, proof: list[bytes]) -> bool:
    """The stand-alone verifier's check, called as the product's is."""
    return is_consistent(first, second, (old, new), proof)


@pytest.mark.parametrize("verify", [verify_inclusion, is_included], ids=["product", "verifier"])
def test_every_inclusion_proof_up_to_forty_leaves_verifies_and_no_altered_one_does(verify: Inclusion) -> None:
    hashes = [leaf_hash(bytes([number])) for number in range(40)]
    nodes = nodes_of(hashes)
    roots = [tree_root(size, nodes) for size in range(41)]
    for size in range(1, 41):
        for index in range(size):
            proof = inclusion_proof(index, size, nodes)
            assert verify(index, size, hashes[index], proof, roots[size])
            assert not verify(index, size, hashes[index - 1], proof, roots[size]) or size == 1
            assert not verify(index, size, hashes[index], [*proof, roots[1]], roots[size])
            for place in range(len(proof)):
                altered = [*proof[:place], bytes(32), *proof[place + 1 :]]
                assert not verify(index, size, hashes[index], altered, roots[size])
                assert not verify(index, size, hashes[index], proof[:place], roots[size])


@pytest.mark.parametrize("verify", [verify_consistency, consistent_by_verifier], ids=["product", "verifier"])
def test_every_consistency_proof_up_to_forty_leaves_verifies_and_no_altered_one_does(verify: Consistency) -> None:
    nodes = nodes_of([leaf_hash(bytes([number])) for number in range(40)])
    roots = [tree_root(size, nodes) for size in range(41)]
    for size in range(1, 41):
        for first in range(1, size + 1):
            proof = consistency_proof(first, size, nodes)
            assert verify(first, size, roots[first], roots[size], proof)
            assert not verify(first, size, bytes(32), roots[size], proof)
            assert not verify(first, size, roots[first], bytes(32), proof)
            assert not verify(first, size, roots[first], roots[size], [*proof, roots[1]])
            for place in range(len(proof)):
                altered = [*proof[:place], bytes(32), *proof[place + 1 :]]
                assert not verify(first, size, roots[first], roots[size], altered)
                assert not verify(first, size, roots[first], roots[size], proof[:place])


def test_consistency_from_an_empty_tree_shows_nothing() -> None:
    with pytest.raises(UnprovableError):
        consistency_proof(0, 8, NODES)
    empty, whole = bytes.fromhex(ROOTS[0]), bytes.fromhex(ROOTS[8])
    for verify in (verify_consistency, consistent_by_verifier):
        assert not verify(0, 8, empty, whole, [])
        assert not verify(0, 0, empty, empty, [])
        assert not verify(9, 8, whole, whole, [])
        assert not verify(-1, 8, whole, whole, [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 0), (8, 8), (-1, 8), (9, 9)])
def test_there_is_no_proof_for_a_leaf_outside(index: int, size: int) -> None:
    with pytest.raises(UnprovableError):
        inclusion_proof(index, size, NODES)
    for verify in (verify_inclusion, is_included):
        assert size == 9 or not verify(index, size, HASHES[0], [], HASHES[0])


def test_hashes_of_another_length_verify_nothing() -> None:
    assert not verify_inclusion(0, 1, b"", [], b"")
    assert not verify_consistency(1, 1, b"", b"", [])
