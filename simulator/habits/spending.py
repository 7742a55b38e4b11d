"""What a trip costs half a year later: how far past baskets foretell, and how large the largest week is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.habits.organic import fit_habits
from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.priors import FALLBACK_PRIORS

__all__ = ["LIKELY", "Spending", "basket_draws", "fit_spending", "sd_draws", "weekly_spend"]

Floats = NDArray[np.float64]

_FEWEST_TRIPS = 5  # in either half, for a household to tell how baskets change
_SCALES, _CHANGES = np.linspace(0.5, 1.3, 17), np.linspace(0.0, 0.5, 6)


class Spending(NamedTuple):
    """How the spend of half a year follows from that of the half year before."""

    basket_mean: float  # mean over customers of the log of mean spend per trip
    basket_sd: float  # true sd of it over customers
    basket_shift: float  # sd of its change from one half year to the next
    sd_scale: float  # log sd of one trip's spend, over the one that weekly variances tell
    sd_shift: float  # sd of the log of that ratio over customers


# Where too few customers tell: what is likely elsewhere.
LIKELY = Spending(float(np.log(FALLBACK_PRIORS["basket"].centre)), 0.5, basket_shift=0.2, sd_scale=1.0, sd_shift=0.2)


class _Seen(NamedTuple):
    trips: Floats  # (N,)
    log_basket: Floats  # (N,) of the mean spend per trip, unbiased
    noise: Floats  # (N,) its sampling variance
    sd: Floats  # (N,) of the log spend of one trip


def fit_spending(panel: Panel) -> Spending:
    """Fit on both halves of a panel of at least a few dozen customers; too few give what is likely elsewhere."""
    half = panel.periods // 2
    first, second = panel.weeks(0, half), panel.weeks(half, 2 * half)
    before, after = _seen(first), _seen(second)
    some = before.trips > 0
    if (np.minimum(before.trips, after.trips) >= _FEWEST_TRIPS).sum() < 20:
        return LIKELY._replace(basket_mean=float(np.mean(before.log_basket[some]))) if some.any() else LIKELY
    weight = some / (before.noise + 0.25)
    centre = float(np.average(before.log_basket, weights=weight))
    spread = float(np.average((before.log_basket - centre) ** 2 - before.noise, weights=weight))
    enough = np.minimum(before.trips, after.trips) >= _FEWEST_TRIPS
    change = (after.log_basket - before.log_basket)[enough]
    low, high = np.quantile(change, [0.16, 0.84])  # robust: a few households change completely
    moved = ((high - low) / 2) ** 2 - float(np.median((before.noise + after.noise)[enough]))
    scale, shift = _largest(second, before.sd)
    return Spending(centre, float(np.sqrt(max(spread, 0.01))), float(np.sqrt(max(moved, 0.0))), scale, shift)


def basket_draws(s: Spending, past: Panel, draws: int, rng: np.random.Generator) -> Floats:
    """Draw log mean spend per trip after the weeks `past` given them, (draws, N): posterior, then a shift."""
    seen = _seen(past)
    kept = s.basket_sd**2 / (s.basket_sd**2 + np.where(seen.trips > 0, seen.noise, np.inf))
    known = s.basket_mean + kept * (seen.log_basket - s.basket_mean)
    doubt = s.basket_sd**2 * (1 - kept) + s.basket_shift**2
    return np.asarray(known - s.basket_shift**2 / 2 + np.sqrt(doubt) * rng.standard_normal((draws, len(known))))


def sd_draws(s: Spending, past: Panel, draws: int, rng: np.random.Generator) -> Floats:
    """Draw the log sd of one trip's spend after the weeks `past`, (draws, N)."""
    sd = np.exp(fit_habits(past).log_sd)
    return np.asarray(sd * s.sd_scale * np.exp(s.sd_shift * rng.standard_normal((draws, len(sd)))))


def weekly_spend(trips: Floats, basket: Floats, sd: Floats, luck: Floats) -> Floats:
    """Return spend of weeks (N, T) as the kernel has it: log-normal with log sd `sd` over the root of the trips."""
    log_sd = sd[:, None] / np.sqrt(np.maximum(trips, 1))
    return np.asarray(trips * basket[:, None] * np.exp(log_sd * luck - log_sd**2 / 2))


def _seen(panel: Panel) -> _Seen:
    trips = panel.trips.sum(1)
    sd = np.exp(fit_habits(panel).log_sd)
    noise = np.expm1(sd**2) / np.maximum(trips, 1)  # of the log of a mean of so many log-normal amounts
    mean = np.maximum(panel.spend.sum(1) / np.maximum(trips, 1), 0.01)
    return _Seen(trips, np.log(mean) + noise / 2, noise, sd)


def _largest(panel: Panel, sd: Floats) -> tuple[float, float]:
    """Return scale and spread of the sd that give the largest week, over the mean per trip, its mean and spread.

    Variances are ruled by rare weeks and make the usual largest week too large. Simulated moments with fixed luck.
    """
    rows = panel.trips.sum(1) >= 2 * _FEWEST_TRIPS
    trips, sd = panel.trips[rows], sd[rows]
    rng = np.random.default_rng(0x5D)
    luck, own = rng.standard_normal(trips.shape), rng.standard_normal(len(trips))

    def moments(spend: Floats) -> Floats:
        share = np.log(np.maximum(spend.max(1), 1e-9) / np.maximum(spend.sum(1) / trips.sum(1), 1e-9))
        return np.array([share.mean(), share.std()])

    real = moments(panel.spend[rows])
    one = np.ones(len(trips))
    loss = {
        (float(scale), float(shift)): float(
            np.square(moments(weekly_spend(trips, one, scale * sd * np.exp(shift * own), luck)) - real).sum()
        )
        for scale in _SCALES
        for shift in _CHANGES
    }
    return min(loss, key=lambda pair: loss[pair])
