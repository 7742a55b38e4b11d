"""What weekly trips tell about rate, drift and presence: the forward algorithm of a hidden Markov model.

A customer's log rate stands still, its drift is an AR(1) process, and spells of absence begin with the hazard of the
rate and end with a constant chance. On a grid of rates (around each customer's own mean) and drifts the filter is exact
linear algebra; Rabiner, "A tutorial on hidden Markov models", Proceedings of the IEEE 77 (1989). The AR(1) process is
discretised by Rouwenhorst's method: Kopecky and Suen, Review of Economic Dynamics 13 (2010).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from evenhand.simulator.habits import counts
from evenhand.simulator.habits.leaving import hazard_of, share_here

__all__ = ["KINDS", "Hidden", "Law", "dispersions", "filtered"]

Floats = NDArray[np.float64]

KINDS = 3  # of dispersion
MOST_TRIPS = 40  # a week; more count as this many
_LOG_MEANS = np.linspace(-11.0, 4.0, 301)
_STEP = _LOG_MEANS[1] - _LOG_MEANS[0]
_KINDS, _SHARES = hermegauss(KINDS)
_SHARES = _SHARES / _SHARES.sum()
_REACH = 3.0  # standard errors that the grid of a customer's rates spans to either side


class Law(NamedTuple):
    """What governs weekly trips of everyone."""

    dispersion: float  # of the median customer
    dispersion_sd: float  # of its log over customers: some are regular, some shop in bursts
    zero_inflation: float
    drift_persistence: float
    drift_sd: float
    hazard: tuple[float, float]  # intercept and slope of the log hazard of an absence on the log rate
    return_base: float  # chance per week that an absence ends
    rate_mean: float  # of the log of mean trips per week while present
    rate_sd: float


class Hidden(NamedTuple):
    """The law of each customer's present given its past, on a grid: the two masses add up to 1."""

    log_rate: Floats  # (N, R) nodes: log of mean trips per week while present, drift at its stationary law
    drift: Floats  # (D,) nodes
    here: Floats  # (N, KINDS, R, D) by kind of dispersion
    left: Floats  # (N, KINDS, R, D)
    log_likelihood: Floats  # (N,)


def dispersions(law: Law) -> Floats:
    """Return the dispersion of each kind of customer, (KINDS,): nodes of Gauss and Hermite of its log-normal law."""
    return np.asarray(law.dispersion * np.exp(law.dispersion_sd * _KINDS))


def filtered(trips: Floats, season: Floats, law: Law, *, rates: int = 7, drifts: int = 9) -> Hidden:
    """Return what `trips` (N, T) tell under `law`; `season` (T,) are factors around 1."""
    log_rate = _rate_grid(trips, season, rates)
    drift, move, rest = _drift_grid(law.drift_persistence, law.drift_sd, drifts)
    table = _table(law)
    width = log_rate[:, 1:2] - log_rate[:, :1]
    prior = width * np.exp(-0.5 * ((log_rate - law.rate_mean) / law.rate_sd) ** 2) / (law.rate_sd * np.sqrt(2 * np.pi))
    leave, back = hazard_of(log_rate, law.hazard)[:, None, :, None], law.return_base
    present = share_here(log_rate, law.hazard, back)[:, None, :, None]
    start = prior[:, None, :, None] * _SHARES[:, None, None] * rest
    here, left = start * present, start * (1 - present)
    at = (log_rate[:, :, None] + drift - law.drift_sd**2 / 2 - _LOG_MEANS[0]) / _STEP
    node = np.clip(at.astype(np.intp), 0, len(_LOG_MEANS) - 2)
    part, total = (at - node)[:, None], np.zeros(len(trips))
    cell = node[:, None] + (np.arange(KINDS) * table[0].size)[:, None, None]
    for week in range(trips.shape[1]):
        if week:
            here, left = (here * (1 - leave) + left * back) @ move, (here * leave + left * (1 - back)) @ move
        chances = _shifted(table, np.log(season[week]) / _STEP)
        row = np.minimum(trips[:, week], MOST_TRIPS).astype(np.intp) * len(_LOG_MEANS)
        seen = cell + row[:, None, None, None]
        here = here * (chances.ravel().take(seen) + part * np.diff(chances, append=0.0).ravel().take(seen))
        left = left * (trips[:, week] == 0)[:, None, None, None]
        chance = np.maximum(here.sum((1, 2, 3)) + left.sum((1, 2, 3)), 1e-300)
        total += np.log(chance)
        here, left = here / chance[:, None, None, None], left / chance[:, None, None, None]
    return Hidden(log_rate, drift, here, left, total)


def _rate_grid(trips: Floats, season: Floats, nodes: int) -> Floats:
    total = trips.sum(1)
    centre = np.log((total + 0.5) / season.sum())
    width = np.sqrt(1 / (total + 1) + 0.05)  # counting noise, and what drift and absences blur
    return np.asarray(centre[:, None] + width[:, None] * np.linspace(-_REACH, _REACH, nodes))


def _drift_grid(persistence: float, sd: float, nodes: int) -> tuple[Floats, Floats, Floats]:
    """Return nodes (D,), transition probabilities (D, D) and the stationary law (D,)."""
    from scipy.stats import binom  # slow to load; only where it is asked for

    p = (1 + persistence) / 2
    move = np.array([[p, 1 - p], [1 - p, p]])
    for size in range(3, nodes + 1):
        larger = np.zeros((size, size))
        larger[:-1, :-1] += p * move
        larger[:-1, 1:] += (1 - p) * move
        larger[1:, :-1] += (1 - p) * move
        larger[1:, 1:] += p * move
        larger[1:-1] /= 2
        move = larger
    drift = sd * np.sqrt(nodes - 1) * np.linspace(-1, 1, nodes)
    return drift, move, np.asarray(binom.pmf(np.arange(nodes), nodes - 1, 0.5))


def _table(law: Law) -> Floats:
    """Return P(K = k) for k up to `MOST_TRIPS` at the log means of the grid, by kind, (KINDS, K, M)."""
    k = np.arange(MOST_TRIPS + 1.0)[:, None]
    kinds = [counts.pmf(k, np.exp(_LOG_MEANS), dispersion, law.zero_inflation) for dispersion in dispersions(law)]
    return np.maximum(np.stack(kinds), 1e-12)


def _shifted(table: Floats, nodes: float) -> Floats:
    """Return the table so many nodes further on: a season moves every mean alike."""
    last = table.shape[-1] - 1
    place = np.clip(np.arange(last + 1) + nodes, 0, last)
    low = np.minimum(place.astype(np.intp), last - 1)
    return np.asarray(table[..., low] + (place - low) * (table[..., low + 1] - table[..., low]))
