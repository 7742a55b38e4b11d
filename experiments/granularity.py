"""Where a segmentation is fine and where it is coarse: does it look closer at customers who answer?

Each customer counts 1 / (size of their segment), which adds up to the number of segments; the mean of it over a third
of the customers, times 1,000, is how many segments that third has per 1,000. Thirds are by engagement *before* the
first tweak, so that every policy is measured on the same thirds, and a policy cannot move its own yardstick.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from evenhand.envs import World
from evenhand.experiments.report.granularity import Granularity
from evenhand.experiments.report.intervals import Mean

__all__ = ["GranularityWatch", "granularity", "granularity_of", "size_correlation"]

FloatArray = NDArray[np.float64]

THIRDS = 3
LEAST_SEGMENTS = 3  # below that a rank correlation is -1, 0 or 1 whatever the policy does


def granularity(segments: NDArray[np.integer], engagement: NDArray[np.floating]) -> FloatArray:
    """Return segments per 1,000 customers in each third by engagement, least engaged first, (3,).

    `segments` (N,) says who is in which; `engagement` (N,). Ties, such as all who never answered, are split in the
    customers' order, which says nothing about them in a simulated population.
    """
    part = 1.0 / np.bincount(segments)[segments]
    order = np.argsort(engagement, kind="stable")
    return np.array([1000 * part[third].mean() for third in np.array_split(order, THIRDS)])


def size_correlation(segments: NDArray[np.integer], engagement: NDArray[np.floating]) -> float:
    """Return Spearman's correlation, over segments with anybody in them, of size with mean engagement.

    NaN with fewer than three such segments, or where all are alike.
    """
    sizes = np.bincount(segments)
    there = sizes > 0
    if there.sum() < LEAST_SEGMENTS:
        return float("nan")
    means = np.bincount(segments, weights=engagement)[there] / sizes[there]
    x, y = (rankdata(values) - (there.sum() + 1) / 2 for values in (sizes[there], means))
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread else float("nan")


class GranularityWatch:
    """Looks at the segments where episodes end, by engagement where they began."""

    def __init__(self, horizon: int) -> None:
        """Watch episodes of `horizon` periods."""
        self.horizon = horizon
        self._rows: list[FloatArray] = []

    def begin(self, world: World) -> None:
        """Note how engaged everyone is."""
        self._engagement = world.engagement().astype(np.float64)

    def after(self, world: World) -> None:
        """Measure once the horizon is reached."""
        if world.period < self.horizon:
            return
        for first, engagement in zip(world.first, self._engagement, strict=True):
            used = float(len(np.unique(first)))
            self._rows.append(np.array([used, *granularity(first, engagement), size_correlation(first, engagement)]))

    @property
    def rows(self) -> FloatArray:
        """Return segments in use, segments per 1,000 of each third, and the correlation, (n, 5)."""
        return np.stack(self._rows)


def granularity_of(rows: FloatArray) -> Granularity:
    """Return means with intervals of what a watch saw, (n, 5)."""
    segments, low, middle, high = (Mean.of(column) for column in rows.T[:4])
    known = rows[np.isfinite(rows[:, 4]), 4]
    correlation = Mean.of(known) if len(known) > 1 else None
    return Granularity(segments=segments, low=low, middle=middle, high=high, correlation=correlation)
