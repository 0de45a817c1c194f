"""Merkle trees as in RFC 6962 and RFC 9162: leaves and nodes are hashed apart, the left part is the greatest power of two.

A tree that only grows keeps its whole nodes in the order in which they come to be (`position_of`), so that a new root or a
proof for any leaf needs no more of them than the tree is high.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

HASH_BYTES: Final = 32
PATH_LENGTH_MAX: Final = 63
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """What stands at the foot of the tree for `data`; never equal to the hash of a node."""
    return hashlib.sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, of none too. Pair by pair, an odd last one moving up as it is: the same as RFC 6962's."""
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    sha256 = hashlib.sha256
    while len(level) > 1:
        paired = [sha256(_NODE + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from leaf `index` up to the root, from the foot upwards."""
    assert 0 <= index < len(leaves), "a path begins at a leaf"
    level, path = list(leaves), []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            paired.append(level[-1])
        level, index = paired, index // 2
    return path


def root_from_path(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that `path` makes of `leaf` in a tree of `size` leaves; None where the path has not the tree's shape.

    RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    here, last, found = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return None
        if here % 2 or here == last:
            found = node_hash(beside, found)
            while here % 2 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        here, last = here >> 1, last >> 1
    return found if last == 0 else None


def position_of(level: int, index: int) -> int:
    """The place of a whole node among all in the order of their making, from 0; it covers 2**level leaves."""
    earlier = ((index + 1) << level) - 1
    return 2 * earlier - earlier.bit_count() + level


def whole_nodes(size: int) -> int:
    """How many whole nodes a tree of `size` leaves has."""
    return 2 * size - size.bit_count()


def _peaks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The (level, index) of the fewest whole nodes that cover the leaves from `start` (a multiple that fits) to `end`."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def root_positions(size: int) -> list[int]:
    """The whole nodes from which `root_from_nodes` makes the root, from left to right."""
    return [position_of(level, index) for level, index in _peaks(0, size)]


def root_from_nodes(nodes: Sequence[bytes]) -> bytes:
    """The root of the tree whose greatest whole nodes are `nodes`, from left to right."""
    if not nodes:
        return EMPTY_ROOT
    root = nodes[-1]
    for node in reversed(nodes[:-1]):
        root = node_hash(node, root)
    return root


def growth(size: int, leaf: bytes, node_at: Callable[[int], bytes]) -> list[bytes]:
    """The whole nodes that come to be when `leaf` is added to a tree of `size` leaves: itself, then those it completes."""
    made, level = [leaf], 0
    while size >> level & 1:
        made.append(node_hash(node_at(position_of(level, (size >> level) - 1)), made[-1]))
        level += 1
    return made


def growth_positions(size: int) -> list[int]:
    """The positions that `growth` reads."""
    level, positions = 0, []
    while size >> level & 1:
        positions.append(position_of(level, (size >> level) - 1))
        level += 1
    return positions


def path_parts(index: int, size: int) -> list[list[int]]:
    """For each step of the path from leaf `index`, the positions of the whole nodes that its hash is made of."""
    assert 0 <= index < size, "a path begins at a leaf"
    parts: list[list[int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if index < middle:
            parts.append([position_of(level, at) for level, at in _peaks(middle, end)])
            end = middle
        else:
            parts.append([position_of(level, at) for level, at in _peaks(start, middle)])
            start = middle
    return parts[::-1]


class Growing:
    """A tree that only grows, of which no more than its peaks is kept: for reading a long list from its beginning."""

    def __init__(self) -> None:
        self.size = 0
        self._stack: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> list[bytes]:
        """Add a leaf; returns the whole nodes that came to be, in their order."""
        made, level = [leaf], 0
        while self._stack and self._stack[-1][0] == level:
            made.append(node_hash(self._stack.pop()[1], made[-1]))
            level += 1
        self._stack.append((level, made[-1]))
        self.size += 1
        return made

    def root(self) -> bytes:
        return root_from_nodes([node for _, node in self._stack])
