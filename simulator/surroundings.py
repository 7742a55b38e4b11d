"""What all customers of an environment share in a period: season, weather and shocks.

Stateless, like the draws of single customers: a period's weather is the sum of faded innovations, each a draw keyed by
seed and period, so that a twin, a split run and a run that starts later meet the same weather.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from evenhand.simulator.random import SHOCK, WEATHER, common_draws
from evenhand.simulator.types import FloatArray

__all__ = ["Surroundings", "surroundings"]

MEMORY = 52  # periods after which an innovation counts as forgotten
_AGO = np.arange(MEMORY)


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
    names = ("weather_persistence", "weather_trips", "shock_chance", "shock_size", "shock_decay")
    b = {name: behaviour[name].astype(np.float64) for name in names}
    log_factor = np.log(season[:, period % season.shape[1]].astype(np.float64))
    weather = np.zeros(len(seeds))
    if b["weather_trips"].any() or b["weather_persistence"].any():
        fading = b["weather_persistence"][:, None] ** _AGO
        fresh = ndtri(common_draws(seeds, period - _AGO, WEATHER).astype(np.float64))
        weather = (fading * fresh).sum(1) / np.sqrt((fading**2).sum(1))
        log_factor = log_factor + b["weather_trips"] * weather
    if b["shock_size"].any():
        arrived = common_draws(seeds, period - _AGO, SHOCK) < b["shock_chance"][:, None]
        log_factor = log_factor + b["shock_size"] * (arrived * b["shock_decay"][:, None] ** _AGO).sum(1)
    return Surroundings(log_factor.astype(np.float32), weather.astype(np.float32))
