"""Bootstraps for what has no formula: any function of means (Poisson bootstrap) and differences of quantiles.

Poisson bootstrap: every unit is drawn Poisson(1) times, independently of the others, which for the sizes of experiments
is the bootstrap (Hanley & MacGibbon 2006; Chamandy et al. 2012, "Estimating uncertainty for massive data streams").

Quantiles need no resampling: the q quantile of a resample of n is the order statistic whose rank is close to Binomial(n
+ 1, q), so ranks are drawn and looked up in the sorted values (Schultzberg & Ankargren 2022, arXiv:2202.10992).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.inference.quantiles import checked

__all__ = ["BootstrapInterval", "poisson_bootstrap", "quantile_bootstrap"]

FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray, FloatArray], FloatArray]

RESAMPLES = 2000
LEAST = 20  # units per arm
AT_ONCE = 2**22  # weights drawn at a time, to bound memory


class BootstrapInterval(NamedTuple):
    """A statistic of the data with percentile limits at `level` and the spread `se` of its resamples."""

    value: float
    low: float
    high: float
    se: float
    level: float


def poisson_bootstrap(
    treatment: ArrayLike,
    control: ArrayLike,
    statistic: Statistic,
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> BootstrapInterval:
    """Return `statistic` of the two arms' column means with percentile limits.

    `treatment` (n1, k) and `control` (n0, k) hold a row per randomised unit; `statistic` takes means (B, k) of both
    and returns (B,). Raises DataError for fewer than 20 units in an arm, values that are not finite, and statistics
    that do not vary or are not finite.
    """
    arms = [_rows(values, name) for values, name in ((treatment, "treatment"), (control, "control"))]
    rng = np.random.default_rng(seed)
    value = float(statistic(*(x.mean(axis=0, keepdims=True) for x in arms))[0])
    means = [_resampled_means(x, rng, resamples) for x in arms]
    return _interval(value, statistic(*means), level)


def quantile_bootstrap(
    treatment: ArrayLike,
    control: ArrayLike,
    q: float = 0.5,
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> BootstrapInterval:
    """Return the `q` quantile of `treatment` (n1,) minus that of `control` (n0,) with percentile limits."""
    a, b = checked(treatment, q), checked(control, q)
    rng = np.random.default_rng(seed)
    drawn = [x[np.clip(rng.binomial(len(x) + 1, q, resamples) - 1, 0, len(x) - 1)] for x in (a, b)]
    return _interval(float(np.quantile(a, q) - np.quantile(b, q)), drawn[0] - drawn[1], level)


def _resampled_means(x: FloatArray, rng: np.random.Generator, resamples: int) -> FloatArray:
    middle = x.mean(axis=0)
    centred = x - middle  # sums of centred values keep their digits
    found = []
    for first in range(0, resamples, max(1, AT_ONCE // len(x))):
        rows = min(max(1, AT_ONCE // len(x)), resamples - first)
        weights = rng.poisson(1.0, (rows, len(x))).astype(np.float64)
        found.append(middle + weights @ centred / weights.sum(axis=1, keepdims=True))
    return np.concatenate(found)


def _interval(value: float, drawn: FloatArray, level: float) -> BootstrapInterval:
    if not 0 < level < 1:
        raise EvenhandError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
    if not (np.isfinite(value) and np.isfinite(drawn).all()):
        raise DataError("the statistic is not finite in every resample", mend="a denominator close to 0?")
    if drawn.min() == drawn.max():
        raise DataError("the statistic is the same in every resample", rule="an interval needs a spread")
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    return BootstrapInterval(value, float(low), float(high), float(drawn.std(ddof=1)), level)


def _rows(values: ArrayLike, name: str) -> FloatArray:
    x = np.asarray(values, np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) < LEAST or not np.isfinite(x).all():
        raise DataError(
            f"{name} has shape {x.shape}, {int((~np.isfinite(x)).sum())} values not finite",
            rule=f"a row of finite numbers for each of at least {LEAST} units",
        )
    return x
