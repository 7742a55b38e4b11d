"""Purchases without contact: habits of each household, partially pooled, and the dynamics that all share.

Weekly trips are zero-inflated negative binomial around season x rate x exp(drift), with an AR(1) drift of the
log rate. Their moments have closed forms (lag h, per-week mean m of a household, a = zero inflation, r =
dispersion):

    E[k_t k_(t+h)] = m^2 exp(sd^2 rho^h)          E[k (k - 1)] = m^2 exp(sd^2) (1 + 1/r) / (1 - a)

so the lag products give drift sd and persistence rho, and the factorial moment with the share of empty weeks
gives r and a. Each is a sum over households, so a bootstrap replicate is a weighted sum and costs next to
nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import brentq

from evenhand.simulator.panel import Panel

__all__ = [
    "Habits",
    "Moments",
    "Organic",
    "fit_habits",
    "fit_organic",
    "moments",
    "organic_mean",
    "season_of",
    "shifts",
]

Floats = NDArray[np.float64]

SEASON_WIDTH = 1.5  # weeks, sd of the kernel that smooths the season
MAX_LAG = 30  # weeks of lag products: beyond, too few pairs of weeks
_NODES, _WEIGHTS = hermegauss(9)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


class Habits(NamedTuple):
    """What each household does when nothing happens to it."""

    log_rate: Floats  # (N,) log of mean trips per week
    log_basket: Floats  # (N,) log of mean spend per trip, money
    log_sd: Floats  # (N,) log of the standard deviation of log spend of one trip


class Organic(NamedTuple):
    """What all households share."""

    dispersion: float
    zero_inflation: float
    drift_persistence: float
    drift_sd: float
    season: Floats  # (T,) mean 1


class Moments(NamedTuple):
    """Sums per household that every replicate weighs anew."""

    weekly: Floats  # (N, T) trips
    lags: Floats  # (N, MAX_LAG) mean product of trips h weeks apart, season taken out
    factorial: Floats  # (N,) mean of k (k - 1)
    empty: Floats  # (N,) share of weeks without a trip
    weight: Floats  # (N,) inverse square of the rate: everyone's relative moments count alike
    rate: Floats  # (N,) trips per week


def season_of(weekly: Floats) -> Floats:
    """Return smoothed factors of the weekly totals `weekly` (T,), with mean 1; the year is a circle."""
    smooth = gaussian_filter1d(weekly / weekly.mean(), SEASON_WIDTH, mode="wrap")
    return np.asarray(smooth / smooth.mean())


def moments(panel: Panel) -> Moments:
    """Return the sums per household that `fit_organic` weighs."""
    trips = panel.trips
    level = trips / season_of(trips.sum(0))
    lags = range(1, min(MAX_LAG, panel.periods // 2) + 1)
    products = np.stack([(level[:, h:] * level[:, :-h]).mean(1) for h in lags], axis=1)
    rate = trips.mean(1)
    return Moments(
        weekly=trips,
        lags=products,
        factorial=(level * (level - 1 / season_of(trips.sum(0)))).mean(1),
        empty=(trips == 0).mean(1),
        weight=1 / (rate + 0.3) ** 2,
        rate=rate,
    )


def fit_organic(m: Moments, log_rate: Floats, rows: NDArray[np.intp]) -> Organic:
    """Fit the shared dynamics on households `rows` (with repeats in a bootstrap replicate)."""
    count = np.bincount(rows, minlength=len(m.rate)).astype(np.float64)
    weight = count * m.weight
    sd, rho, base = _drift(weight @ m.lags)
    ratio = float(weight @ m.factorial) / (base * np.exp(sd**2))
    empty = float(count @ m.empty / count.sum())
    away, dispersion = _zeros(ratio, empty, np.exp(log_rate[rows]), sd)
    return Organic(dispersion, away, rho, sd, season_of(count @ m.weekly))


def _drift(products: Floats) -> tuple[float, float, float]:
    """Fit log C_h = log M + sd^2 rho^h by least squares over a grid of rho; returns (sd, rho, M)."""
    h = np.arange(1, len(products) + 1)
    y, best = np.log(products), (np.inf, 0.1, 0.9, float(products.mean()))
    for rho in np.linspace(0.5, 0.98, 49):
        x = rho**h
        slope = float(np.cov(x, y)[0, 1] / x.var(ddof=1))
        offset = float(y.mean() - slope * x.mean())
        loss = float(((y - offset - slope * x) ** 2).sum())
        if slope > 0 and loss < best[0]:
            best = (loss, float(np.sqrt(slope)), float(rho), float(np.exp(offset)))
    return best[1], best[2], best[3]


def _zeros(ratio: float, empty: float, rate: Floats, sd: float) -> tuple[float, float]:
    """Solve zero inflation a and dispersion r from E[k(k-1)]/(m^2 e^(sd^2)) = (1 + 1/r)/(1 - a) and empty
    weeks.
    """

    def size(away: float) -> float:
        return 1 / max(ratio * (1 - away) - 1, 0.02)

    def excess(away: float) -> float:
        return float(_empty_share(rate, away, size(away), sd).mean()) - empty

    low, high = 0.0, 0.4
    if excess(low) >= 0:
        return low, size(low)
    away = high if excess(high) <= 0 else float(brentq(excess, low, high, xtol=1e-4))
    return away, size(away)


def _empty_share(mean: Floats, away: float, size: float, sd: float) -> Floats:
    """Return P(no trip in a week) of households with `mean` trips, averaged over the drift."""
    base = mean / organic_mean(1.0, away, sd)
    rates = base[:, None] * np.exp(sd * _NODES)
    return np.asarray(away + (1 - away) * ((1 + rates / size) ** -size @ _WEIGHTS))


def organic_mean(rate: float, away: float, sd: float) -> float:
    """Return mean trips per week of a customer whose `rate` trait is given: rate (1 - a) exp(sd^2 / 2)."""
    return float(rate * (1 - away) * np.exp(sd**2 / 2))


def fit_habits(panel: Panel) -> Habits:
    """Estimate each household's habits, pulled to the population's as far as its own weeks are few."""
    trips, spend = panel.trips, np.maximum(panel.spend, 0.01)
    total, weeks = trips.sum(1), panel.periods
    shape, scale = _gamma_prior(total / weeks, weeks)
    rate = (total + shape) / (weeks + scale)
    mean = panel.spend.sum(1) / np.maximum(total, 1)
    average = max(float(panel.spend.sum() / max(total.sum(), 1)), 0.01)
    sd = _spend_sd(trips, spend, mean)
    log_basket = np.log(np.where(total > 0, np.maximum(mean, 0.05 * average), average))
    return Habits(
        _shrunk(np.log(rate), (1 / np.maximum(rate, 1 / weeks) + 1.0) / weeks),
        _shrunk(log_basket, np.where(total > 0, _basket_noise(panel) + 1 / np.maximum(total, 1) ** 2, 1.0)),
        np.log(sd),
    )


def shifts(panel: Panel, organic: Organic) -> tuple[float, float]:
    """Return the sd of the change of a household's log rate and log basket between half years.

    Sampling noise is taken out, from the rate also what the drift explains. Spreads are robust (16 to 84 %):
    a few households change completely. Too few households with eight trips in either half give (0, 0.2).
    """
    half = panel.periods // 2
    parts = (panel.weeks(0, half), panel.weeks(half, 2 * half))
    trips = [part.trips.sum(1) for part in parts]
    enough = np.minimum(*trips) >= 8
    if enough.sum() < 20:
        return 0.0, 0.2
    by_trips = sum(1 / k[enough] for k in trips)
    by_spend = sum(_basket_noise(part)[enough] for part in parts)
    before, after = ((part.spend.sum(1) / np.maximum(part.trips.sum(1), 1))[enough] for part in parts)
    lag = np.abs(np.subtract.outer(np.arange(2 * half), np.arange(2 * half)))
    sign = np.repeat([-1 / half, 1 / half], half)
    by_drift = organic.drift_sd**2 * float(sign @ organic.drift_persistence**lag @ sign)
    rate = _spread(np.log(trips[1][enough] / trips[0][enough])) - float(np.median(by_trips)) - by_drift
    basket = _spread(np.log(after / before)) - float(np.median(by_spend))
    return float(np.sqrt(max(rate, 0.0))), float(np.sqrt(max(basket, 0.0)))


def _spread(values: Floats) -> float:
    low, high = np.quantile(values, [0.16, 0.84])
    return float(((high - low) / 2) ** 2)


def _basket_noise(panel: Panel) -> Floats:
    """Return the sampling variance of each household's log mean spend per trip: that of a ratio of sums."""
    mean = panel.spend.sum(1) / np.maximum(panel.trips.sum(1), 1)
    residual = panel.spend - mean[:, None] * panel.trips
    return np.asarray((residual**2).sum(1) / np.maximum(panel.spend.sum(1), 0.01) ** 2)


def _gamma_prior(rate: Floats, weeks: int) -> tuple[float, float]:
    """Return shape and rate of the gamma law whose Poisson mixture has the mean and variance seen."""
    mean = max(float(rate.mean()), 1e-3)
    spread = max(float(rate.var()) - mean / weeks, 0.05 * mean**2)
    return mean**2 / spread, mean / spread


def _spend_sd(trips: Floats, spend: Floats, mean: Floats) -> Floats:
    """Return the log sd of one trip's spend that gives weekly spend its variance, pulled to the pooled one.

    Spend of k trips is log-normal with mean k m and log sd s / sqrt(k), so its variance is k^2 m^2 (exp(s^2 /
    k) - 1). Residuals of logs would not do: small baskets make them skewed, and the largest weeks come out
    too large.
    """
    weeks = np.stack([(trips == k).sum(1) for k in range(1, 22)], axis=1)  # (N, 21) weeks with k trips
    scaled = ((spend - mean[:, None] * trips) ** 2 * (trips > 0)).sum(1) / np.maximum(mean, 0.01) ** 2
    k, grid = np.arange(1, 22), np.linspace(0.05, 2.0, 40)
    factor = k**2 * np.expm1(grid[:, None] ** 2 / k)  # (40, 21)
    pooled = np.interp(float(np.minimum(scaled, 1e4).sum()), factor @ weeks.sum(0), grid)
    prior = 8 * np.array([np.interp(pooled, grid, column) for column in factor.T])[0]
    target = scaled + prior
    possible = weeks @ factor.T + 8 * factor[:, 0]  # (N, 40), rising in the sd
    return np.array([np.interp(target[i], possible[i], grid) for i in range(len(trips))])


def _shrunk(values: Floats, noise: Floats) -> Floats:
    """Pull noisy values to their mean by the square root of their reliability.

    Posterior means would be too alike and raw estimates too different; the square root keeps the spread
    right.
    """
    centre = float(np.average(values, weights=1 / (noise + values.var() + 1e-9)))
    truth = max(float(values.var() - noise.mean()), 0.05 * float(values.var()))
    return np.asarray(centre + np.sqrt(truth / (truth + noise)) * (values - centre))
