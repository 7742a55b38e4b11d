"""How often each way to look errs, measured on simulated A/B tests of a yes-or-no outcome.

Every replication draws real counts, look by look, and estimates its own variance, as an analysis would: nothing is
assumed normal. Three tests share the draws: peeking with the fixed test's 1.96 at every look (naive), each monitored
test, and the fixed test, which looks once at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from evenhand.experiments.sequential.boundaries import even_looks
from evenhand.experiments.sequential.looks import AlwaysValid, Monitoring, bounds
from evenhand.experiments.sequential.spending import Spending

__all__ = ["WAYS", "ErrorRate", "error_rates", "simulated_scores"]

FloatArray = NDArray[np.float64]

WAYS: Mapping[str, Monitoring] = {
    "obrien-fleming": Spending("obrien-fleming"),
    "pocock": Spending("pocock"),
    "power": Spending("power"),
    "always-valid": AlwaysValid(),
}


class ErrorRate(NamedTuple):
    """What one way to look did over all replications; `se` is the Monte Carlo error of `false_positive`."""

    way: str
    false_positive: float  # share of trials without an effect that rejected at any look, either side
    se: float
    power: float  # share of trials with the effect that rejected upwards at any look
    sample: float  # mean share of the planned sample that a trial with the effect used


def error_rates(
    *, seed: int, replications: int = 20_000, looks: int = 20, per_look: int = 1000, rate: float = 0.1
) -> tuple[ErrorRate, ...]:
    """Return the error rates of each way to look, of naive peeking and of the fixed test.

    `per_look` customers an arm come before each look and answer with `rate`; the effect is the one that gives the
    fixed test a power of 80 %. The same for the same seed.
    """
    n = per_look * looks
    effect = float(ndtri(0.975) + ndtri(0.8)) * np.sqrt(2 * rate * (1 - rate) / n)
    null_rng, effect_rng = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    sizes = (replications, looks, per_look)
    null = simulated_scores(null_rng, sizes, (rate, rate))
    # Around `rate`, so that the variance is the one that the effect was computed with.
    real = simulated_scores(effect_rng, sizes, (rate - effect / 2, rate + effect / 2))
    shares = np.array(even_looks(looks))
    fixed = np.full(looks, np.inf)
    fixed[-1] = ndtri(0.975)
    curves = {
        "fixed": fixed,
        "naive": np.full(looks, ndtri(0.975)),
        **{way: np.array(bounds(monitoring, even_looks(looks)).upper) for way, monitoring in WAYS.items()},
    }
    return tuple(_rate(way, curve, null, real, shares) for way, curve in curves.items())


def simulated_scores(rng: np.random.Generator, sizes: tuple[int, int, int], rates: tuple[float, float]) -> FloatArray:
    """Return z at each look (replications, looks) of treatment minus control, with unpooled variances."""
    replications, looks, per_look = sizes
    n = per_look * np.arange(1, looks + 1)
    control, treatment = (rng.binomial(per_look, rate, (replications, looks)).cumsum(axis=1) / n for rate in rates)
    variance = control * (1 - control) + treatment * (1 - treatment)
    return np.asarray((treatment - control) / np.sqrt(np.maximum(variance, 1e-12) / (n - 1)), dtype=np.float64)


def _rate(way: str, curve: FloatArray, null: FloatArray, real: FloatArray, shares: FloatArray) -> ErrorRate:
    false = float((np.abs(null) >= curve).any(axis=1).mean())
    crossed = np.abs(real) >= curve
    stopped = crossed.any(axis=1)
    at = np.where(stopped, crossed.argmax(axis=1), len(shares) - 1)
    up = stopped & (real[np.arange(len(real)), at] > 0)
    return ErrorRate(
        way, false, float(np.sqrt(false * (1 - false) / len(null))), float(up.mean()), float(shares[at].mean())
    )
