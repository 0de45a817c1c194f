"""Merkle trees: every size, every leaf, against the recursive definition of RFC 6962."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinshi.ledger.proof import merkle

SIZES = [*range(1, 70), 127, 128, 129, 1000]


def leaves_of(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(size)]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, written down as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    inner = by_definition(leaves[:split]) + by_definition(leaves[split:])
    return hashlib.sha256(b"\x01" + inner).digest()


def test_a_leaf_is_never_a_node() -> None:
    left, right = leaves_of(2)
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


@pytest.mark.parametrize("size", [0, *SIZES])
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert merkle.root_of(leaves_of(size)) == by_definition(leaves_of(size))


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_proven_and_no_other_in_its_place(size: int) -> None:
    leaves = leaves_of(size)
    root = merkle.root_of(leaves)
    for index in range(size) if size < 130 else (0, 1, 511, 512, 998, 999):
        path = merkle.path_of(leaves, index)
        assert len(path) <= (size - 1).bit_length()
        assert merkle.root_from_path(leaves[index], index=index, size=size, path=path) == root
        for changed in (
            {"index": (index + 1) % size} if size > 1 else {"index": 1},
            {"path": path[:-1] if path else [root]},
            {"path": [*path, root]},
        ):
            given = {"index": index, "size": size, "path": path} | changed
            assert merkle.root_from_path(leaves[index], **given) != root
        assert merkle.root_from_path(root, index=index, size=size, path=path) != root or size == 1


@given(st.integers(1, 400), st.data())
def test_stored_nodes_give_every_root_and_every_path(size: int, data: st.DataObject) -> None:
    leaves, stored, growing = leaves_of(size), [], merkle.Growing()
    for number, leaf in enumerate(leaves):
        made = merkle.growth(number, leaf, stored.__getitem__)
        assert made == growing.add(leaf)
        assert max(merkle.growth_positions(number), default=-1) < len(stored)
        stored += made
        assert len(stored) == merkle.whole_nodes(number + 1)
    roots = [stored[position] for position in merkle.root_positions(size)]
    assert merkle.root_from_nodes(roots) == merkle.root_of(leaves) == growing.root()
    index = data.draw(st.integers(0, size - 1))
    parts = merkle.path_parts(index, size)
    path = [merkle.root_from_nodes([stored[position] for position in part]) for part in parts]
    assert path == merkle.path_of(leaves, index)
    assert sum(map(len, parts)) <= size.bit_length() ** 2
