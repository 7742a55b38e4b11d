"""Leaving for good: silence at the end of the history beyond what a household's own rate explains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from evenhand.simulator.organic import Organic, organic_mean
from evenhand.simulator.panel import Panel

__all__ = ["SILENT_WEEKS", "fit_hazard", "hazard_of", "silence"]

Floats = NDArray[np.float64]

SILENT_WEEKS = 13
_PRESENT_WEEKS = 6  # a purchase in the last six weeks of the first half shows that someone had not left
_PATHS = 200
_PRIOR_LOG, _PRIOR_SD = np.log(0.002), 1.0  # about a tenth leave in a year: judgement; weak against the data


def hazard_of(log_rate: Floats, hazard: tuple[float, float]) -> Floats:
    """Return churn probability per week: log-linear in the log rate, between 1e-5 and 0.05."""
    return np.clip(np.exp(hazard[0] + hazard[1] * log_rate), 1e-5, 0.05)


def silence(log_rate: Floats, organic: Organic, *, weeks: int = SILENT_WEEKS) -> Floats:
    """Return the chance that a customer who stays buys nothing for `weeks` weeks, drift included."""
    rng = np.random.default_rng(0)  # fixed paths: the same parameters give the same chance
    rho, sd = organic.drift_persistence, organic.drift_sd
    drift = np.empty((weeks, _PATHS))
    drift[0] = sd * rng.standard_normal(_PATHS)
    for week in range(1, weeks):
        drift[week] = rho * drift[week - 1] + sd * np.sqrt(1 - rho**2) * rng.standard_normal(_PATHS)
    grid = np.linspace(-5.0, 3.5, 35)
    base = np.exp(grid) / organic_mean(1.0, organic.zero_inflation, sd)
    mean = base[:, None, None] * np.exp(drift)
    size, away = organic.dispersion, organic.zero_inflation
    empty = away + (1 - away) * (1 + mean / size) ** -size
    return np.asarray(np.interp(log_rate, grid, empty.prod(1).mean(1)))


def fit_hazard(panel: Panel, log_rate: Floats, organic: Organic, rows: NDArray[np.intp]) -> tuple[float, float]:
    """Fit (intercept, slope) of the log hazard on the log rate by maximum posterior likelihood.

    `log_rate` (N,) must come from the first half; only households still there at its end count.
    """
    half = panel.periods // 2
    exposure = panel.periods - half - SILENT_WEEKS + _PRESENT_WEEKS / 2
    if exposure <= _PRESENT_WEEKS / 2:
        return float(_PRIOR_LOG), 0.0
    seen = rows[panel.trips[rows, half - _PRESENT_WEEKS : half].sum(1) > 0]
    silent = panel.trips[seen, -SILENT_WEEKS:].sum(1) == 0
    by_itself = silence(log_rate[seen], organic)

    def loss(x: Floats) -> float:
        gone = 1 - (1 - hazard_of(log_rate[seen], (x[0], x[1]))) ** exposure
        p = np.clip(by_itself + (1 - by_itself) * gone, 1e-9, 1 - 1e-9)
        fit = -np.where(silent, np.log(p), np.log1p(-p)).sum()
        return float(fit + ((x[0] - _PRIOR_LOG) / _PRIOR_SD) ** 2 / 2 + (x[1] / 0.5) ** 2 / 2)

    found = minimize(loss, np.array([_PRIOR_LOG, -0.3]), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3})
    return float(found.x[0]), float(found.x[1])
