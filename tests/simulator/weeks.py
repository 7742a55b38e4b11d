"""Weekly histories simulated by other means than the kernel, which fits are held against."""

from __future__ import annotations

import numpy as np

from evenhand.simulator import counts
from evenhand.simulator.panel import Panel

N, T = 3_000, 52


def generate(
    seed: int = 0,
    *,
    n: int = N,
    dispersion: float = 0.8,
    dispersion_sd: float = 0.0,
    zero_inflation: float = 0.1,
    sd: float = 0.5,
    rho: float = 0.9,
    hazard: float = 0.0,
    back: float = 0.0,
) -> tuple[Panel, np.ndarray]:
    """Return the history of `n` households who start present, and their true log mean trips while present."""
    rng = np.random.default_rng(seed)
    log_mean = rng.normal(0.0, 0.7, n)
    drift = np.empty((n, T))
    drift[:, 0] = rng.normal(0, sd, n)
    for t in range(1, T):
        drift[:, t] = rho * drift[:, t - 1] + sd * np.sqrt(1 - rho**2) * rng.standard_normal(n)
    season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(T) / T)
    rate = np.exp(log_mean - sd**2 / 2)[:, None] * season * np.exp(drift)
    each = dispersion * np.exp(dispersion_sd * rng.standard_normal((n, 1)))
    trips = counts.draw(rate, each, zero_inflation, rng)
    away = rng.random(n) < hazard / max(hazard + back, 1e-9) * (back > 0)
    for t in range(T):
        trips[:, t] *= ~away
        luck = rng.random(n)
        away = np.where(away, luck >= back, luck < hazard)
    basket = np.exp(rng.normal(3.0, 0.5, n))[:, None]
    log_sd = 0.6 / np.sqrt(np.maximum(trips, 1))
    spend = trips * basket * np.exp(log_sd * rng.standard_normal((n, T)) - log_sd**2 / 2)
    return Panel(trips, spend, spend[..., None] * np.array([0.7, 0.3]), ("food", "other")), log_mean
