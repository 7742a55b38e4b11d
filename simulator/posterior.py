"""What a customer's own past tells about the present: a particle filter over rate, drift and having left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from evenhand.simulator.content import Replicate
from evenhand.simulator.leaving import hazard_of
from evenhand.simulator.organic import organic_mean

__all__ = ["Present", "present_of", "trips_likelihood"]

Floats = NDArray[np.float64]

PARTICLES = 128
_WIDTH = 0.5  # sd of the first guesses of a log rate around the customer's own mean
_RESAMPLE_EVERY = 4  # weeks
_NOT_YET = 0.1  # share of customers who may not have joined when the weeks begin: judgement
_JOINING = 0.08  # chance per week that one of them joins


class Present(NamedTuple):
    """One draw per customer from what the past leaves open."""

    log_rate: Floats  # (N,) log of mean trips per week, drift at rest
    drift: Floats  # (N,) of the log rate, now
    gone: NDArray[np.bool_]  # (N,) left already


def trips_likelihood(trips: Floats, mean: Floats, size: float, away: float) -> Floats:
    """Return P(trips) of the zero-inflated negative binomial with mean `mean` before inflation."""
    log_p = (
        gammaln(trips + size)
        - gammaln(size)
        - gammaln(trips + 1)
        + trips * np.log(mean / (mean + size))
        - size * np.log1p(mean / size)
    )
    return np.asarray((1 - away) * np.exp(log_p) + away * (trips == 0))


def present_of(trips: Floats, season: Floats, r: Replicate, seed: int) -> Present:
    """Draw the state after weeks `trips` (N, T) given them and the population; `season` (T,) has mean 1."""
    rng = np.random.default_rng([seed, 0xF117])
    n, weeks = trips.shape
    level = trips.sum(1) / season.sum()
    since = np.where(trips.any(1), (trips > 0).argmax(1), 0)  # late joiners: guess from the weeks since the first trip
    seen_weeks = season.sum() * (1 - 0.5 * since / weeks)
    centre = np.log((trips.sum(1) + 0.5) / (seen_weeks + 0.5 / max(level.mean(), 1e-3)))
    log_rate = centre[:, None] + _WIDTH * rng.standard_normal((n, PARTICLES))
    mean, sd = _margin(r)
    log_weight = ((log_rate - centre[:, None]) / _WIDTH) ** 2 / 2 - ((log_rate - mean) / sd) ** 2 / 2
    drift = r.drift_sd * rng.standard_normal((n, PARTICLES))
    absent, gone = np.full((n, PARTICLES), _NOT_YET), np.zeros((n, PARTICLES))
    step = r.drift_sd * np.sqrt(1 - r.drift_persistence**2)
    for week in range(weeks):
        if week:
            drift = r.drift_persistence * drift + step * rng.standard_normal((n, PARTICLES))
        unit = season[week] / organic_mean(1.0, r.zero_inflation, r.drift_sd)
        seen = trips[:, week, None]
        alive = trips_likelihood(seen, unit * np.exp(log_rate + drift), r.dispersion, r.zero_inflation)
        empty = (seen == 0).astype(np.float64)
        chance = np.maximum((absent + gone) * empty + (1 - absent - gone) * alive, 1e-300)
        log_weight = log_weight + np.log(chance)
        absent, gone = absent * empty / chance, gone * empty / chance  # Bayes within a particle: exact
        gone = gone + np.maximum(1 - absent - gone, 0) * hazard_of(log_rate, r.hazard)
        absent = absent * (1 - _JOINING)
        if week % _RESAMPLE_EVERY == _RESAMPLE_EVERY - 1 or week == weeks - 1:
            pick = _resampled(log_weight, rng)
            log_rate, drift = (np.take_along_axis(a, pick, 1) for a in (log_rate, drift))
            gone, absent = (np.take_along_axis(a, pick, 1) for a in (gone, absent))
            log_weight = np.zeros((n, PARTICLES))
    return Present(log_rate[:, 0], drift[:, 0], rng.random(n) < gone[:, 0])


def _margin(r: Replicate) -> tuple[float, float]:
    """Return mean and sd of the population's log rates."""
    knots, width = np.array(r.knots[0]), np.gradient(np.array(r.levels))
    mean = float(np.average(knots, weights=width))
    return mean, float(np.sqrt(np.average((knots - mean) ** 2, weights=width)))


def _resampled(log_weight: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return particle positions drawn by weight, in random order, so that the first is a fair draw."""
    weight = np.exp(log_weight - log_weight.max(1, keepdims=True))
    edges = np.cumsum(weight, axis=1)
    edges /= edges[:, -1:]
    n, m = weight.shape
    at = (np.arange(m) + rng.random((n, 1))) / m  # systematic: one draw per stratum
    flat = np.searchsorted((edges + np.arange(n)[:, None]).ravel(), (at + np.arange(n)[:, None]).ravel())
    pick = np.minimum(flat.reshape(n, m) - np.arange(n)[:, None] * m, m - 1)
    return np.take_along_axis(pick, rng.permuted(np.tile(np.arange(m), (n, 1)), axis=1), 1)
