"""Static opponents: another segmentation put in place once, each segment with the campaign that simulates best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evenhand.agents.baselines import Hold
from evenhand.agents.feasible import feasible_share, gaps_of, rank
from evenhand.agents.rollout import PopulationPool, roll_out
from evenhand.agents.tuning import TUNING_SEED
from evenhand.envs import Grid, Setup
from evenhand.envs.boxes import Boxes
from evenhand.envs.world import World
from evenhand.simulator import Simulator

__all__ = ["StaticPlan", "best_campaigns", "kmeans_boxes"]

SAMPLE_SEED = 400_000_000


@dataclass(frozen=True)
class StaticPlan:
    """A segmentation with fixed campaigns, as a set-up that enters it at the first period."""

    setup: Setup
    edits: int  # what putting it in place costs
    tried: int  # plans simulated to find it


def best_campaigns(
    simulator: Simulator,
    setup: Setup,
    boxes: Boxes,
    *,
    n_campaigns: int,
    fair: bool = True,
    populations: int = 16,
    n_customers: int = 1000,
    progress: Callable[[int], None] | None = None,
) -> StaticPlan:
    """Return the plan whose campaigns, searched one segment at a time and twice around, simulate best.

    Judged over the whole horizon, so the opponent knows fatigue, and less what putting the plan in place costs; with
    `fair`, plans within tolerance in enough populations come first.
    """
    constraint = setup.constraint if fair else None
    pool = PopulationPool(simulator, first_seed=TUNING_SEED, count=populations, n_customers=n_customers)
    scores: dict[bytes, tuple[float, float]] = {}

    def score(campaign: NDArray[np.int8]) -> tuple[float, float]:
        key = campaign.tobytes()
        if key not in scores:
            plan = replace(setup, entry=replace(boxes, campaign=campaign))
            outcome = roll_out(
                Hold(),
                plan,
                pool,
                range(populations),
                extra_edits=_edits(setup.start, boxes, campaign),
                against_twin=True,
            )
            feasible = feasible_share(gaps_of(outcome, constraint), constraint)
            scores[key] = rank(feasible, float(outcome.profit.mean()))
            if progress:
                progress(len(scores))
        return scores[key]

    best = boxes.campaign.copy()
    for _ in range(2):
        for s in range(boxes.size):
            options = []
            for c in range(n_campaigns):
                option = best.copy()
                option[s] = c
                options.append(option)
            best = max(options, key=score)
    plan = replace(setup, entry=replace(boxes, campaign=best))
    return StaticPlan(plan, _edits(setup.start, boxes, best), len(scores))


def _edits(start: Boxes, boxes: Boxes, campaign: NDArray[np.int8]) -> int:
    """Return how many tweaks a plan takes: other campaigns for today's segments, or every segment made anew."""
    n = boxes.size
    if n == start.size and np.array_equal(boxes.lo[:n], start.lo[:n]) and np.array_equal(boxes.hi[:n], start.hi[:n]):
        return int((campaign[:n] != start.campaign[:n]).sum())
    return n


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
