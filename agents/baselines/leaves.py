"""From the leaves of a tree over grid bins to boxes: how trees and clusters become rules that a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.envs import Setup
from evenhand.envs.boxes import Boxes

__all__ = ["Leaf", "boxes_of_leaves", "halves", "leaves_of"]

Bins = NDArray[np.uint8]


class Leaf(NamedTuple):
    """A leaf and the campaign that it gets."""

    lo: Bins  # (F,) first bin inside
    hi: Bins  # (F,) first bin beyond
    campaign: int = 0


def halves(leaf: Leaf, feature: int, cut: int) -> tuple[Leaf, Leaf]:
    """Return the parts of a leaf below and from a cut on, 1 for the first of a feature."""
    low, high = leaf.hi.copy(), leaf.lo.copy()
    low[feature], high[feature] = min(cut, leaf.hi[feature]), max(cut, leaf.lo[feature])
    return leaf._replace(hi=low), leaf._replace(lo=high)


def leaves_of(tree: Any, n_bins: Bins) -> list[tuple[Leaf, int]]:
    """Return the leaves of a tree in scikit-learn's arrays that was grown on bins, each with the number of its node."""
    found: list[tuple[Leaf, int]] = []

    def walk(node: int, leaf: Leaf) -> None:
        if tree.children_left[node] < 0:
            found.append((leaf, node))
            return
        low, high = halves(leaf, int(tree.feature[node]), int(np.floor(tree.threshold[node])) + 1)
        walk(int(tree.children_left[node]), low)
        walk(int(tree.children_right[node]), high)

    walk(0, Leaf(np.zeros_like(n_bins), n_bins.copy()))
    return found


def boxes_of_leaves(leaves: Sequence[Leaf], setup: Setup) -> Boxes:
    """Return leaves that cover everyone once as boxes; the last one is the default."""
    n_features = len(setup.n_bins)
    lo = np.zeros((setup.max_segments, n_features), np.uint8)
    hi = np.tile(setup.n_bins, (setup.max_segments, 1))
    campaign = np.zeros(setup.max_segments, np.int8)
    for s, leaf in enumerate(leaves):
        campaign[s] = leaf.campaign
        if s < len(leaves) - 1:
            lo[s], hi[s] = leaf.lo, leaf.hi
    return Boxes(lo, hi, campaign, len(leaves))
