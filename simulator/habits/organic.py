"""Habits of purchase without contact: each household's own, partially pooled, and the season that all share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from evenhand.simulator.habits.panel import Panel

__all__ = ["Habits", "fit_habits", "organic_mean", "season_of"]

Floats = NDArray[np.float64]

SEASON_WIDTH = 1.5  # weeks, sd of the kernel that smooths the season


class Habits(NamedTuple):
    """What each household does when nothing happens to it."""

    log_rate: Floats  # (N,) log of mean trips per week
    log_basket: Floats  # (N,) log of mean spend per trip, money
    log_sd: Floats  # (N,) log of the standard deviation of log spend of one trip


def season_of(weekly: Floats) -> Floats:
    """Return smoothed factors of the weekly totals `weekly` (T,), with mean 1; the year is a circle."""
    smooth = gaussian_filter1d(weekly / weekly.mean(), SEASON_WIDTH, mode="wrap")
    return np.asarray(smooth / smooth.mean())


def organic_mean(rate: float, drift_sd: float) -> float:
    """Return mean trips per week, while here, of a customer whose `rate` trait is given: rate exp(drift_sd^2 / 2)."""
    return float(rate * np.exp(drift_sd**2 / 2))


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
