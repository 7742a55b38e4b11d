"""Spells of absence: weeks without a trip beyond what a customer's own rate explains.

They begin with a hazard that falls with the rate and end with a constant chance per week, so that being here is a
two-state Markov chain. A return chance near 0 is leaving for good; then the share who are here is that of a business
whose customers joined `TENURE` weeks ago on average, since new ones replace those who left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["chance_left", "hazard_of", "log_rate_here", "share_here"]

Floats = NDArray[np.float64]

LEAST_HAZARD, MOST_HAZARD = 1e-5, 0.25
TENURE = 52.0  # judgement


def hazard_of(log_rate: Floats, hazard: tuple[float, float]) -> Floats:
    """Return the chance per week that an absence begins: log-linear in the log rate, between 1e-5 and 0.25."""
    return np.clip(np.exp(hazard[0] + hazard[1] * log_rate), LEAST_HAZARD, MOST_HAZARD)


def share_here(log_rate: Floats, hazard: tuple[float, float], return_base: float) -> Floats:
    """Return the share of customers who make exp(log_rate) trips a week when here, that is here at any time."""
    back = return_base + 1 / TENURE
    return np.asarray(back / (back + hazard_of(log_rate, hazard)))


def log_rate_here(log_mean: Floats, hazard: tuple[float, float], return_base: float) -> Floats:
    """Return the log of trips per week while here of customers whose trips over all weeks have this log mean."""
    here = np.linspace(-9.0, 6.0, 601)
    return np.asarray(np.interp(log_mean, here + np.log(share_here(here, hazard, return_base)), here))


def chance_left(
    recency: NDArray[np.floating],
    rate: NDArray[np.floating],
    hazard: NDArray[np.floating],
    return_base: Floats | float,
) -> Floats:
    """Return the chance that who has not bought for `recency` weeks is absent, by Bayes' rule; arrays broadcast.

    `rate` trips a week when here, taken as Poisson; `hazard` the chance per week that an absence begins.
    """
    back = return_base + 1 / TENURE
    left, here = hazard / (back + hazard), back / (back + hazard)
    return np.asarray(np.where(recency > 0, left / (left + here * np.exp(-rate * recency)), 0.0))
