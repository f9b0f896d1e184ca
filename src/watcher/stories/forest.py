"""Boosted trees scored all at once: the exit leaf of every tree by a few operations on long integers.

Each tree owns eight bits of one integer, a bit a leaf, the leftmost leaf lowest. A test that fails rules out the leaves
on its left; tests on one feature are sorted by threshold, so that one search gives all the leaves it rules out. What is
left lowest in each lane is the leaf where the tree ends. After Lucchese et al., «QuickScorer» (2015).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import getitem

Tree = Sequence[tuple[int, float, int, int, float]]
"""Nodes (feature or -1 for a leaf, threshold, left, right, value); node 0 is the root, `<=` goes left."""

LANE = 8
"""Bits, and so leaves, of one tree."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees made ready by `grow`."""

    cuts: tuple[tuple[int, tuple[float, ...], tuple[int, ...]], ...]
    """For a feature its thresholds in order, and what stands after so many of them are passed."""
    leaves: tuple[dict[int, float], ...]
    """For each tree: bit of the leaf → value."""
    lowest: int
    """The first bit of every lane."""

    def score(self, values: Sequence[float]) -> float:
        """The sum of all trees."""
        left = -1
        for feature, thresholds, masks in self.cuts:
            left &= masks[bisect_left(thresholds, values[feature])]
        left &= (1 << LANE * len(self.leaves)) - 1
        ends = left & ~(left - self.lowest)
        return sum(map(getitem, self.leaves, ends.to_bytes(len(self.leaves), "little")))


def grow(trees: Sequence[Tree]) -> Forest:
    """Trees of at most eight leaves as a forest. Raises ValueError for a larger one."""
    tests: dict[int, list[tuple[float, int]]] = {}
    leaves: list[dict[int, float]] = []
    for number, tree in enumerate(trees):
        found: dict[int, float] = {}
        _walk(tree, 0, number * LANE, found, tests)
        leaves.append(found)
    everything = (1 << LANE * len(trees)) - 1
    cuts = []
    for feature, marks in sorted(tests.items()):
        marks.sort()
        masks = [everything]
        for _, ruled_out in marks:
            masks.append(masks[-1] & ~ruled_out)
        cuts.append((feature, tuple(threshold for threshold, _ in marks), tuple(masks)))
    return Forest(tuple(cuts), tuple(leaves), sum(1 << number * LANE for number in range(len(trees))))


def _walk(tree: Tree, node: int, lane: int, leaves: dict[int, float], tests: dict[int, list[tuple[float, int]]]) -> int:
    """The bits of the leaves below a node, in place; its tests and leaves are added on the way."""
    feature, threshold, left, right, value = tree[node]
    if feature < 0:
        if len(leaves) == LANE:
            raise ValueError("a tree has more leaves than a lane has bits")
        bit = 1 << len(leaves)
        leaves[bit] = value
        return bit << lane
    on_left = _walk(tree, left, lane, leaves, tests)
    tests.setdefault(feature, []).append((threshold, on_left))
    return on_left | _walk(tree, right, lane, leaves, tests)
