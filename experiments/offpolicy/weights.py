"""How far importance weights can be trusted: effective sample size and the Pareto shape of their tail.

Effective sample size (Kong 1992; Owen 2013, Monte Carlo theory, ch. 9):      (sum w)^2 / sum w^2

Pareto-k (Vehtari, Simpson, Gelman, Yao and Gabry 2024, Pareto smoothed importance sampling, JMLR 25): the shape of a
generalised Pareto distribution fitted to what the min(n / 5, 3 sqrt(n)) largest weights exceed the next one by, with
the estimator of Zhang and Stephens (2009, Technometrics 51:316-325) and PSIS's weak prior on k. Above 0.7 the mean of
this many weighted rewards cannot be trusted; above 1 the weights have no mean at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["effective_sample_size", "pareto_k", "pareto_shape"]

FloatArray = NDArray[np.float64]
FEWEST_DISTINCT = 10  # values in the tail: fewer are no sample of a continuous tail
PRIOR = 10  # observations that the prior k = 0.5 is worth


def effective_sample_size(weights: FloatArray) -> float:
    """Return how many equally weighted rounds `weights` (n,) are worth; 0 when all are 0."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def pareto_k(weights: FloatArray) -> float | None:
    """Return the Pareto shape of the tail of `weights` (n,), or None when the tail has too few distinct values.

    A log with a few exploration shares has weights of a few values only: bounded, so that no tail can be estimated and
    none is feared; what then counts is how many such rounds there are.
    """
    n = len(weights)
    size = min(n // 5, int(3 * np.sqrt(n)))
    if size < FEWEST_DISTINCT:
        return None
    tail = np.partition(weights, n - size - 1)[n - size - 1 :]
    over = np.sort(tail[1:] - tail[0])
    over = over[over > 0]
    if len(np.unique(over)) < FEWEST_DISTINCT:
        return None
    return pareto_shape(over)


def pareto_shape(over: FloatArray) -> float:
    """Return the shape k of a generalised Pareto distribution for `over` (m,), sorted and above 0.

    Zhang and Stephens (2009): the posterior mean of b = -k / sigma over a grid, with its likelihood profiled in k.
    """
    m = len(over)
    grid = 30 + int(np.sqrt(m))
    b = (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3 * over[int(m / 4 + 0.5) - 1]) + 1 / over[-1]
    k = np.log1p(-b[:, None] * over).mean(axis=1)
    profile = m * (np.log(-b / k) - k - 1)
    posterior = np.exp(profile - profile.max())
    mean = float((b * posterior).sum() / posterior.sum())
    shape = float(np.log1p(-mean * over).mean())
    return (m * shape + PRIOR * 0.5) / (m + PRIOR)
