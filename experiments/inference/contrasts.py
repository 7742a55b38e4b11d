"""Intervals of differences of rates, and of differences of such differences, that hold for small groups too.

A contrast sum of c_i p_i of independent rates, each with limits (l_i, u_i), by the square-and-add method (Newcombe
1998, Statistics in Medicine 17:873-890, method 10; Zou & Donner 2008, Statistics in Medicine 27:1693-1702):

    low  = sum c_i p_i - sqrt(sum of (c_i p_i - lower_i)^2),   lower_i the smaller of c_i l_i and c_i u_i
    high = sum c_i p_i + sqrt(sum of (upper_i - c_i p_i)^2),   upper_i the larger

The limits of a rate are Wilson's (1927) with a quarter of an event taken off below and added above. Without that
quarter, half of the usual continuity correction, intervals of a group of 50 beside one of 50,000 cover the truth in
93.7 % of trials only; with the half, groups over 1,000 are covered in more than 96 %: `fairness_coverage.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from evenhand.errors import DataError, EvenhandError
from evenhand.fairness import wilson

__all__ = ["contrast", "rate_limits", "z_reaching"]

FloatArray = NDArray[np.float64]

QUARTER = 0.25  # of an event
NEAREST, FARTHEST = 1e-9, 8.0  # standard errors: beyond it 1 - level is lost to rounding


def rate_limits(positive: ArrayLike, n: ArrayLike, *, z: float) -> tuple[FloatArray, FloatArray]:
    """Return limits of rates `positive / n`, any shape, that reach `z` standard errors; 0 and 1 where n is 0."""
    x, count = np.asarray(positive, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if not ((x >= 0) & (x <= count) & np.isfinite(count)).all():
        raise DataError("a count of events is below 0 or above the number of units", rule="0 <= events <= units")
    if not z > 0:
        raise EvenhandError(f"limits at {z} standard errors", rule="above 0", mend="use 1.96")
    if z > FARTHEST:
        whole = np.broadcast(x, count).shape
        return np.zeros(whole), np.ones(whole)
    level = 2 * float(ndtr(z)) - 1
    low, _ = wilson(np.maximum(x - QUARTER, 0), count, level=level)
    _, high = wilson(np.minimum(x + QUARTER, count), count, level=level)
    return low, high


def contrast(
    positive: ArrayLike, n: ArrayLike, weights: ArrayLike, *, z: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return value, lower and upper limit (...) of the contrasts of rates `positive / n` (..., k) by weights (k,)."""
    x, count, c = (np.asarray(v, dtype=np.float64) for v in (positive, n, weights))
    if not (count > 0).all():
        raise DataError("a group of an arm is empty", rule="a rate needs at least one unit")
    p = c * x / count
    limits = np.stack([c * limit for limit in rate_limits(x, count, z=z)])
    value = p.sum(axis=-1)
    below = np.sqrt(((p - limits.min(axis=0)) ** 2).sum(axis=-1))
    above = np.sqrt(((limits.max(axis=0) - p) ** 2).sum(axis=-1))
    return value, value - below, value + above


def z_reaching(limit: Callable[[float], float], goal: float, *, falling: bool) -> float:
    """Return how many standard errors an interval must reach for its `limit(z)`, rising or `falling`, to be `goal`.

    0 where the estimate has not passed the goal, infinite where eight standard errors do not get there. The normal
    tail above it is the one-sided p-value of the null that the truth lies at the goal.
    """
    from scipy.optimize import brentq  # slow to load; only where it is asked for

    sign = -1.0 if falling else 1.0

    def left(z: float) -> float:
        return sign * (goal - limit(z))

    if left(NEAREST) <= 0:
        return 0.0
    return math.inf if left(FARTHEST) > 0 else float(brentq(left, NEAREST, FARTHEST, xtol=1e-10))
