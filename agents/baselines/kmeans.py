"""k-means clusters as rules that a person can read: what most segmentation tools do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.baselines.case import Case
from evenhand.agents.baselines.leaves import boxes_of_leaves, leaves_of
from evenhand.agents.baselines.static import uniform
from evenhand.envs import Grid, Setup
from evenhand.envs.boxes import Boxes
from evenhand.envs.world import World
from evenhand.simulator import Simulator

__all__ = ["kmeans_boxes", "kmeans_starts"]

SAMPLE_SEED = 400_000_000


def kmeans_starts(case: Case) -> list[Boxes]:
    """Return few, some and many clusters, each with one campaign for everyone."""
    boxes = [kmeans_boxes(case.simulator, case.setup, clusters=k, seed=case.seed) for k in (3, 6, 9)]
    return [start for one in boxes for start in uniform(one, case.layout.n_campaigns)]


def kmeans_boxes(simulator: Simulator, setup: Setup, *, clusters: int = 6, seed: int = 0) -> Boxes:
    """Return k-means clusters of simulated customers as boxes: a tree learns them and its cuts go to the grid.

    k-means on standardised features is what most segmentation tools do; the tree turns clusters into rules that a
    person can read, so that this opponent plays by the same rules as the others.
    """
    from sklearn.cluster import KMeans  # slow to load; only where it is asked for
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    bins, values = _sample(simulator, setup)
    clusters = min(clusters, setup.max_segments, len(np.unique(values, axis=0)))
    scaled = StandardScaler().fit_transform(values)
    labels = KMeans(clusters, n_init=4, random_state=seed).fit_predict(scaled)
    tree = DecisionTreeClassifier(max_leaf_nodes=max(clusters, 2), random_state=seed).fit(bins, labels).tree_
    return boxes_of_leaves([leaf for leaf, _ in leaves_of(tree, setup.n_bins)], setup)


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
