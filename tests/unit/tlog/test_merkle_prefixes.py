from hypothesis import given
from hypothesis import strategies as st

from recordkeeper.tlog.merkle import leaf_hash, prefix_roots, root_hash


@given(st.integers(0, 70), st.sets(st.integers(0, 80)))
def test_the_roots_of_all_beginnings_asked_for_are_those_of_trees_of_their_own(count: int, sizes: set[int]) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(count)]
    expected = {size: root_hash(leaves[:size]) for size in sizes if 0 < size <= count}
    assert prefix_roots(leaves, sizes) == expected
