"""Differences of quantiles, such as of the median order value, which means and outliers do not tell.

A sample quantile is nearly normal with variance q (1 - q) s(q)^2 / n, where s = 1 / f is the sparsity (Koenker 2005,
"Quantile Regression", section 3.4), estimated from order statistics around it (Siddiqui 1960; Bloch & Gastwirth 1968)

    s = (Q(q + h) - Q(q - h)) / 2h,      h = n^(-1/3) z^(2/3) (1.5 phi(x)^2 / (2 x^2 + 1))^(1/3),   x = Phi^-1(q)

with the bandwidth of Hall & Sheather (1988, JRSS B 50:381-391), z = 1.96. Where many values are equal there is no
density: that is an error here, and the bootstrap (`bootstrap.quantile_bootstrap`) is the way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import norm

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate

__all__ = ["quantile", "quantile_difference"]

FloatArray = NDArray[np.float64]

Z = float(ndtri(0.975))
LEAST_TAIL = 10  # values that must lie beyond the quantile on either side


def quantile(values: ArrayLike, q: float = 0.5) -> Estimate:
    """Return the `q` quantile of independent `values` (n,) with its standard error.

    Raises DataError for q outside 0..1, fewer than 10 values beyond it on either side and values that pile up on it.
    """
    x = checked(values, q)
    n, h = len(x), bandwidth(len(x), q)
    low, middle, high = np.quantile(x, [max(q - h, 0.0), q, min(q + h, 1.0)])
    sparsity = (high - low) / (min(q + h, 1.0) - max(q - h, 0.0))
    if not sparsity > 0:
        raise DataError(
            f"around the {q:g} quantile all values are {middle:g}",
            rule="a density needs values that differ",
            mend="test the share of customers above that value, or use `quantile_bootstrap`",
        )
    return Estimate(float(middle), float(np.sqrt(q * (1 - q) / n) * sparsity))


def quantile_difference(treatment: ArrayLike, control: ArrayLike, q: float = 0.5) -> Estimate:
    """Return the `q` quantile of `treatment` (n1,) minus that of `control` (n0,); see `quantile` for errors."""
    a, b = quantile(treatment, q), quantile(control, q)
    return Estimate(a.value - b.value, float(np.hypot(a.se, b.se)))


def bandwidth(n: int, q: float) -> float:
    """Return Hall and Sheather's bandwidth for a 95 % interval."""
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
