"""Weekly figures of all customers together: what was, and the band of simulated futures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.realism.parts import Trajectory

__all__ = ["trajectories_of", "weekly"]

Floats = NDArray[np.float64]

NAMES = ("trips per customer", "spend per customer", "share of customers with a trip")
_Z = 1.96


def weekly(panel: Panel) -> Floats:
    """Return the weekly means of trips, spend and activity, shape (3, T)."""
    return np.stack([panel.trips.mean(0), panel.spend.mean(0), (panel.trips > 0).mean(0)])


def trajectories_of(whole: Panel, runs: list[Floats]) -> tuple[Trajectory, ...]:
    """Compare real weeks with simulated ones, `runs` of shape (3, weeks), the last weeks of `whole`.

    The band is that of one more future: mean +- 1.96 sd sqrt(1 + 1 / futures). It holds the luck of these
    customers, not what happens to all of them at once and the simulator cannot know.
    """
    real, futures = weekly(whole), np.stack(runs)
    start = whole.periods - futures.shape[2]
    mean = futures.mean(0)
    reach = _Z * futures.std(0, ddof=1) * np.sqrt(1 + 1 / len(runs))
    low, high = mean - reach, mean + reach
    inside = (real[:, start:] >= low) & (real[:, start:] <= high)
    return tuple(
        Trajectory(
            name=name,
            real=tuple(real[k].tolist()),
            start=start,
            mean=tuple(mean[k].tolist()),
            low=tuple(low[k].tolist()),
            high=tuple(high[k].tolist()),
            inside=float(inside[k].mean()),
        )
        for k, name in enumerate(NAMES)
    )
