"""Differences of quantiles, such as of the median order value, which means and outliers do not tell.

A sample quantile is nearly normal with variance q (1 - q) s(q)^2 / n, where s = 1 / f is the sparsity (Koenker 2005,
"Quantile Regression", section 3.4), estimated from order statistics around it (Siddiqui 1960; Bloch & Gastwirth 1968)

    s = (Q(q + h) - Q(q - h)) / 2h,      h = n^(-1/3) z^(2/3) (1.5 phi(x)^2 / (2 x^2 + 1))^(1/3),   x = Phi^-1(q)

with the bandwidth of Hall & Sheather (1988, JRSS B 50:381-391), z = 1.96. Where many values are equal there is no
density: of 1,000 values rounded to whole units, with a standard deviation of 7, 59 % of the 95 % intervals cover. So
one value between Q(q - h) and Q(q + h) may hold no larger share of units than the standard error of the share below
the quantile, sqrt(q (1 - q) / n); up to there, 94 % cover. Beyond it is an error: the share of units above a value is
the way, or the bootstrap (`bootstrap.quantile_bootstrap`), which then errs on the wide side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate

__all__ = ["quantile", "quantile_difference"]

FloatArray = NDArray[np.float64]

Z = float(ndtri(0.975))
MOST_PILED = 1.0  # standard errors of the share below the quantile that one value may hold
LEAST_TAIL = 10  # values that must lie beyond the quantile on either side


def quantile(values: ArrayLike, q: float = 0.5) -> Estimate:
    """Return the `q` quantile of independent `values` (n,) with its standard error.

    Raises DataError for q outside 0..1, fewer than 10 values beyond it on either side and values that pile up near it.
    """
    x = checked(values, q)
    n, h = len(x), bandwidth(len(x), q)
    low, middle, high = np.quantile(x, [max(q - h, 0.0), q, min(q + h, 1.0)])
    value, most = _piled(x, low, high)
    if most > max(1.0, MOST_PILED * np.sqrt(q * (1 - q) * n)):
        raise DataError(
            f"around the {q:g} quantile {most:,} of {n:,} values are {value:g}",
            rule=f"a density needs values that differ: here at most {np.sqrt(q * (1 - q) * n):.0f} may be equal",
            mend="test the share of units above that value, or use `quantile_bootstrap`, which errs on the wide side",
        )
    sparsity = (high - low) / (min(q + h, 1.0) - max(q - h, 0.0))
    return Estimate(float(middle), float(np.sqrt(q * (1 - q) / n) * sparsity))


def quantile_difference(treatment: ArrayLike, control: ArrayLike, q: float = 0.5) -> Estimate:
    """Return the `q` quantile of `treatment` (n1,) minus that of `control` (n0,); see `quantile` for errors."""
    a, b = quantile(treatment, q), quantile(control, q)
    return Estimate(a.value - b.value, float(np.hypot(a.se, b.se)))


def _piled(x: FloatArray, low: float, high: float) -> tuple[float, int]:
    """Return the most frequent value from `low` to `high` of sorted `x`, and how often it is there."""
    near = np.unique(x[np.searchsorted(x, low) : np.searchsorted(x, high, side="right")])
    if not near.size:  # the limits are interpolated between two neighbours
        return low, 0
    counts = np.searchsorted(x, near, side="right") - np.searchsorted(x, near)
    return float(near[counts.argmax()]), int(counts.max())


def bandwidth(n: int, q: float) -> float:
    """Return Hall and Sheather's bandwidth for a 95 % interval."""
    from scipy.stats import norm  # slow to load; only where it is asked for

    x = norm.ppf(q)
    density = norm.pdf(x)
    return float(n ** (-1 / 3) * Z ** (2 / 3) * (1.5 * density**2 / (2 * x**2 + 1)) ** (1 / 3))


def checked(values: ArrayLike, q: float) -> FloatArray:
    """Return the values sorted; DataError where they cannot tell the quantile."""
    if not 0 < q < 1:
        raise DataError(f"quantile {q}", rule="0 < q < 1", mend="0.5 is the median")
    x = np.asarray(values, np.float64).ravel()
    if not np.isfinite(x).all():
        raise DataError(f"{int((~np.isfinite(x)).sum()):,} values are not finite", rule="quantiles of numbers")
    least = int(np.ceil(LEAST_TAIL / min(q, 1 - q)))
    if len(x) < least:
        raise DataError(f"{len(x)} values", rule=f"the {q:g} quantile needs {least}", mend="wait for more data")
    return np.sort(x)
