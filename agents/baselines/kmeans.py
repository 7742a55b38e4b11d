"""k-means clusters as rules that a person can read: what most segmentation tools do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evenhand.envs import Grid, Setup
from evenhand.envs.boxes import Boxes
from evenhand.envs.world import World
from evenhand.simulator import Simulator

__all__ = ["kmeans_boxes"]

SAMPLE_SEED = 400_000_000


def kmeans_boxes(simulator: Simulator, setup: Setup, *, clusters: int = 6, seed: int = 0) -> Boxes:
    """Return k-means clusters of simulated customers as boxes: a tree learns them and its cuts go to the grid.

    k-means on standardised features is what most segmentation tools do; the tree turns clusters into rules that a
    person can read, so that this opponent plays by the same rules as the others.
    """
    bins, values = _sample(simulator, setup)
    clusters = min(clusters, setup.max_segments, len(np.unique(values, axis=0)))
    scaled = StandardScaler().fit_transform(values)
    labels = KMeans(clusters, n_init=4, random_state=seed).fit_predict(scaled)
    tree = DecisionTreeClassifier(max_leaf_nodes=max(clusters, 2), random_state=seed).fit(bins, labels).tree_
    n_bins = setup.grid.bins()
    lo = np.zeros((setup.max_segments, bins.shape[1]), np.uint8)
    hi = np.tile(n_bins, (setup.max_segments, 1))
    found: list[tuple[NDArray[np.uint8], NDArray[np.uint8]]] = []

    def walk(node: int, low: NDArray[np.uint8], high: NDArray[np.uint8]) -> None:
        if tree.children_left[node] < 0:
            found.append((low, high))
            return
        f, k = int(tree.feature[node]), int(np.floor(tree.threshold[node])) + 1
        left, right = high.copy(), low.copy()
        left[f], right[f] = min(k, high[f]), max(k, low[f])
        walk(int(tree.children_left[node]), low, left)
        walk(int(tree.children_right[node]), right, high)

    walk(0, np.zeros(bins.shape[1], np.uint8), n_bins.copy())
    for s, (low, high) in enumerate(found[:-1]):
        lo[s], hi[s] = low, high
    return Boxes(lo, hi, np.zeros(setup.max_segments, np.int8), len(found))


def _sample(simulator: Simulator, setup: Setup) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return bins and feature values of simulated customers after the warm-up, (n, F) each."""
    world = World(setup, twin=False)
    world.reset([simulator.population(seed=SAMPLE_SEED, n=2000)], np.array([SAMPLE_SEED], np.uint64))
    return world.bins[0], _middles(world.bins[0], setup.grid)


def _middles(bins: NDArray[np.uint8], grid: Grid) -> NDArray[np.float64]:
    """Return the rank of each bin's middle: k-means on ranks, robust to the long tails of spend."""
    ranks = np.zeros(bins.shape)
    for f in range(bins.shape[1]):
        counts = np.bincount(bins[:, f], minlength=len(grid.cuts[f]) + 1)
        middle = (np.cumsum(counts) - counts / 2) / len(bins)
        ranks[:, f] = middle[bins[:, f]]
    return ranks
