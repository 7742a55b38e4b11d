"""Paired comparison of two policies on the same populations, with a bootstrap beside the t interval.

Both policies meet the same populations and the same luck, so the difference is taken population by
population:

    d_i = a_i - b_i        mean(d)  ±  t(n - 1) * sd(d) / sqrt(n)

The t interval trusts that the mean of n differences is nearly normal. A look at that trust: percentile
bootstrap limits of the same mean (Efron 1979); where the two disagree by more than a tenth of the
interval's width, the differences are too skewed for their number and `skewed` says so.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from evenhand.errors import DataError, EvenhandError

__all__ = ["MeanInterval", "PairedComparison", "bootstrap_interval", "compare", "mean_interval"]

FloatArray = NDArray[np.float64]

_SKEWED = 0.1  # of the interval's width
_BATCH = 2**20  # numbers drawn at a time, to bound memory


class MeanInterval(NamedTuple):
    """A mean over `n` populations with its t interval at `level`."""

    mean: float
    low: float
    high: float
    n: int
    level: float


class PairedComparison(NamedTuple):
    """Mean of `a` minus `b` over `n` pairs; the bootstrap limits check the t limits `low` and `high`."""

    mean: float
    low: float
    high: float
    n: int
    level: float
    boot_low: float
    boot_high: float
    percent: float | None  # of the mean of b; None when that is 0
    paired: Literal[True] = True

    @property
    def skewed(self) -> bool:
        """Whether bootstrap and t limits disagree by more than a tenth of the interval's width."""
        shift = max(abs(self.boot_low - self.low), abs(self.boot_high - self.high))
        return shift > _SKEWED * (self.high - self.low)

    @property
    def better(self) -> bool:
        """Whether `a` is above `b` beyond chance: the t interval lies above zero."""
        return self.low > 0


def mean_interval(values: ArrayLike, *, level: float = 0.95) -> MeanInterval:
    """Return the mean of `values` (n,) with its t interval; raises `DataError` under 2 values or on NaN."""
    x = _checked(values, "values")
    if not 0 < level < 1:
        raise EvenhandError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
    mean = float(x.mean())
    half = float(stdtrit(x.size - 1, 0.5 + level / 2) * x.std(ddof=1) / np.sqrt(x.size))
    return MeanInterval(mean, mean - half, mean + half, x.size, level)


def bootstrap_interval(
    values: ArrayLike, *, level: float = 0.95, seed: int, resamples: int = 2000
) -> tuple[float, float]:
    """Return percentile bootstrap limits of the mean of `values` (n,); the same for the same seed."""
    x = _checked(values, "values")
    rng = np.random.default_rng(seed)
    step = max(1, _BATCH // x.size)
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    means = np.concatenate([x[rng.integers(x.size, size=(rows, x.size))].mean(axis=1) for rows in sizes])
    low, high = np.quantile(means, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def compare(a: ArrayLike, b: ArrayLike, *, level: float = 0.95, seed: int = 0) -> PairedComparison:
    """Compare two policies on the same populations: `a` and `b` (n_populations,), in the same order."""
    left, right = _checked(a, "a"), _checked(b, "b")
    if left.size != right.size:
        raise DataError(f"{left.size} values against {right.size}", rule="pairs are the same populations")
    difference = left - right
    mean, low, high, n, _ = mean_interval(difference, level=level)
    boot_low, boot_high = bootstrap_interval(difference, level=level, seed=seed)
    base = float(right.mean())
    percent = 100 * mean / abs(base) if base else None
    return PairedComparison(mean, low, high, n, level, boot_low, boot_high, percent)


def _checked(values: ArrayLike, name: str) -> FloatArray:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size < 2:
        raise DataError(f"{name} has shape {x.shape}", rule="at least 2 populations, one number each")
    if not np.isfinite(x).all():
        raise DataError(
            f"{name} holds a number that is not finite",
            where=f"population {int(np.flatnonzero(~np.isfinite(x))[0])}",
        )
    return x
