"""A calibrated response as traits of customers: what the kernel must be given so that it brings these chances.

The log tells the chance q that a contact brings a visit, not how it splits into arriving, opening and clicking:
arriving and opening come from priors and clicking makes up for them. Log-odds that scatter between customers are
centred so that the *mean* chance is the one that was fitted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import expit

from evenhand.simulator.habits.counts import empty_chance

__all__ = ["Buying", "Reaching", "centred", "mean_chance", "organic_buying", "organic_chance", "per_week", "reaching"]

Floats = NDArray[np.float64]

_NODES, _WEIGHTS = hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_GRID = np.linspace(-16.0, 16.0, 641)
_RATES = np.exp(np.linspace(np.log(1e-6), np.log(50.0), 400))
_MOST_CLICKS = 0.9  # highest mean chance to click once opened; where that is too little, more is opened
_SURE = 0.98


class Buying(NamedTuple):
    """How often customers must go shopping to buy with given chances."""

    rate: Floats  # (N,) trips per period, as the kernel takes it
    trips: Floats  # (N,) expected trips of who buys


class Reaching(NamedTuple):
    """How a contact comes to bring a visit; log-odds before they scatter between customers."""

    openness: Floats  # (N, C - 1) log-odds to open
    opens: Floats  # (N, C - 1) mean chance to arrive and be opened
    clicks: Floats  # (N, C - 1) mean chance to click then


def mean_chance(log_odds: Floats, sd: float) -> Floats:
    """Return the mean chance over customers whose log-odds are normal around `log_odds` with `sd`."""
    return np.asarray(expit(np.asarray(log_odds)[..., None] + sd * _NODES) @ _WEIGHTS)


def centred(chance: Floats, sd: float) -> Floats:
    """Return the log-odds around which customers scatter with `sd` so that their mean chance is `chance`."""
    return np.interp(chance, mean_chance(_GRID, sd), _GRID)


def reaching(chance: Floats, openness: Floats, *, delivery: Floats, openness_sd: float) -> Reaching:
    """Return what makes a contact bring a visit with `chance` (N, C - 1).

    `openness` (N, C - 1) are mean log-odds to open, `delivery` (C - 1,) chances to arrive. Where opening is too rare
    for so many visits, it is raised.
    """
    needed = np.minimum(chance / (_MOST_CLICKS * delivery), _SURE)
    raised = np.maximum(openness, centred(needed, openness_sd))
    opens = delivery * mean_chance(raised, openness_sd)
    return Reaching(raised, opens, np.minimum(chance / opens, _SURE))


def organic_buying(chance: Floats, *, dispersion: float, zero_inflation: float, drift_sd: float) -> Buying:
    """Return the trip rate at which customers (N,) buy in a period with `chance`, by the law of trips of
    `simulator/habits/counts.py`, averaged over the drift of habits.
    """
    buys = _buys(dispersion, zero_inflation, drift_sd)
    rate = np.exp(np.interp(np.log(chance), np.log(buys), np.log(_RATES)))
    return Buying(rate, np.interp(rate, _RATES, _RATES * np.exp(drift_sd**2 / 2) / buys))


def organic_chance(rate: Floats, *, dispersion: float, zero_inflation: float, drift_sd: float) -> Floats:
    """Return the chance to buy in a period of customers with trip `rate` (N,): the inverse of `organic_buying`."""
    buys = _buys(dispersion, zero_inflation, drift_sd)
    return np.exp(np.interp(np.log(rate), np.log(_RATES), np.log(buys)))


def _buys(dispersion: float, zero_inflation: float, drift_sd: float) -> Floats:
    """Return chances to buy at `_RATES`."""
    mean = _RATES[:, None] * np.exp(drift_sd * _NODES)
    return np.asarray((1 - empty_chance(mean, dispersion, zero_inflation)) @ _WEIGHTS)


def per_week(chance: Floats, weeks: float) -> Floats:
    """Return the chance in one week of what happens within `weeks` weeks with `chance`."""
    return np.asarray(-np.expm1(np.log1p(-np.minimum(chance, 1 - 1e-9)) / weeks))
