"""What a tweak brings in simulated futures of the real customers: evidence that is worked out on the side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evenhand.customers import Customers
from evenhand.envs import Setup
from evenhand.experiments.now import Now, change_of
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["DRAWS", "Simulated", "simulate_change"]

DRAWS = 64  # futures, as many as stand behind an offline recommendation
FUTURE_SEED = 600_000_000  # as there, so that both see the same luck
HOLD = 0


class Simulated(NamedTuple):
    """The change of profit per customer and period over the horizon, its own costs taken off."""

    mean: float
    low: float  # of the middle 95 % of futures
    high: float
    draws: int
    horizon: int


def simulate_change(
    customers: Customers, today: Segmentation, after: Segmentation, simulator: Simulator, setup: Setup, *,
    draws: int = DRAWS, whole: bool = False,
) -> Simulated:  # fmt: skip
    """Return what changing `today` into `after` brings against holding, with the same luck in each future.

    It is charged as one tweak; as a `whole` plan, by as many as entering it stands for, as in the evidence.
    RuleError where `after` has a rule, a feature or a threshold that learning does not know.
    """
    begun = setup.begun_with(after)
    edits = begun.entry_edits if whole else 1
    now = Now.of(begun, customers, today)
    futures = simulator.populations_of(customers, [FUTURE_SEED + k for k in range(draws)])
    once = edits * setup.charges.edit / setup.horizon  # entering is free, a tweak is not
    change = np.array([change_of(now, future, HOLD) for future in futures]) - once
    low, high = np.quantile(change, [0.025, 0.975])
    mean = float(change.mean())
    return Simulated(mean, min(float(low), mean), max(float(high), mean), draws, setup.horizon)
