"""What all customers of an environment share in a period: season, weather and shocks.

Stateless, like the draws of single customers: a period's weather is the sum of faded innovations, each a draw keyed by
seed and period, so that a twin, a split run and a run that starts later meet the same weather.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.floats import normal_quantile
from evenhand.simulator.random import SHOCK, WEATHER, customer_hash, period_keys, uniform
from evenhand.simulator.types import FloatArray

__all__ = ["Surroundings", "surroundings"]

MEMORY = 52  # periods after which an innovation counts as forgotten


class Surroundings(NamedTuple):
    """The surroundings of one period."""

    log_factor: FloatArray  # (E,) log of the factor on every trip rate
    weather: FloatArray  # (E,) standard deviations from the usual


def surroundings(
    behaviour: NDArray[np.void], season: FloatArray, seeds: NDArray[np.uint64], period: int
) -> Surroundings:
    """Return the surroundings of `period` for records (E,), `season` (E, T) factors of the rate and seeds (E,).

    weather_t = sqrt(1 - rho^2) sum_k rho^k z_(t-k), an AR(1) of variance 1; shocks arrive with `shock_chance` per
    period and fade geometrically: size * sum_k decay^k [arrived at t - k].
    """
    b = {name: behaviour[name].astype(np.float64) for name in behaviour.dtype.names or ()}
    log_factor = np.log(season[:, period % season.shape[1]].astype(np.float64))
    weather = np.zeros(len(seeds))
    if b["weather_trips"].any() or b["weather_persistence"].any():
        ago, luck = _past(seeds, period, WEATHER)
        fading = b["weather_persistence"][:, None] ** ago
        weather = (fading * normal_quantile(luck)).sum(1) / np.sqrt((fading**2).sum(1))
        log_factor = log_factor + b["weather_trips"] * weather
    if b["shock_size"].any():
        ago, luck = _past(seeds, period, SHOCK)
        arrived = luck < b["shock_chance"][:, None]
        log_factor = log_factor + b["shock_size"] * (arrived * b["shock_decay"][:, None] ** ago).sum(1)
    return Surroundings(log_factor.astype(np.float32), weather.astype(np.float32))


def _past(seeds: NDArray[np.uint64], period: int, purpose: int) -> tuple[NDArray[np.float64], FloatArray]:
    """Return how many periods ago, (MEMORY,), and the draws of those periods, (E, MEMORY)."""
    draws = []
    for ago in range(MEMORY):
        keys = period_keys(seeds, period - ago)
        draws.append(uniform(customer_hash(np.zeros(len(seeds), np.uint32), keys[:, 0]), keys[:, 1 + purpose]))
    return np.arange(MEMORY, dtype=np.float64), np.stack(draws, axis=1).astype(np.float32)
