"""The law of weekly trips: a squared normal amount, rounded to one of its two neighbours at random.

With mean m, M = m + a, q = dispersion / 4 and z standard normal,

    X = M (sqrt(M) + sqrt(q) z)^2 / (M + q)      K = floor(X + u), u uniform in [0, 1)      K = 0 with chance a / M

so E X = M and E K = m exactly. The mean of any f(K) is that of the linear interpolation of f at X; every
probability is therefore a sum of calls C(k) = E (X - k)+, truncated moments of a non-central chi-square with one degree
of freedom:

    P(K = k) = (C(k - 1) - 2 C(k) + C(k + 1)) m / M, k > 0

Var X nears dispersion x m, and rounding adds between 0 and 1/4: less than the Poisson law for a dispersion below
about 0.8, as regular shoppers need. A square is skewed about as weekly trips are; a log-normal is twice as skewed and
shows in the busiest week. `a` is the zero inflation: it makes rare shoppers' trips cluster and fades as m grows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

__all__ = ["call", "draw", "empty_chance", "pmf"]

Floats = NDArray[np.float64]

_LEAST = 1e-9


def call(strike: ArrayLike, size: ArrayLike, dispersion: ArrayLike) -> Floats:
    """Return C(k) = E (X - k)+ of the amount X with mean `size` (M above) and strikes k >= 0; arrays broadcast."""
    k, m = np.maximum(np.asarray(strike, np.float64), 0.0), np.maximum(np.asarray(size, np.float64), _LEAST)
    q = np.maximum(np.asarray(dispersion, np.float64) / 4, _LEAST)
    centre, width = m / np.sqrt(m + q), np.sqrt(m * q / (m + q))  # X = (centre + width z)^2
    root = np.sqrt(k)
    above, below = (root - centre) / width, (-root - centre) / width  # X > k beyond these
    inside = (m - k) * (ndtr(-above) + ndtr(below))
    edges = (2 * centre + width * above) * _density(above) - (2 * centre + width * below) * _density(below)
    return np.asarray(np.maximum(inside + width * edges, 0.0))


def empty_chance(mean: ArrayLike, dispersion: ArrayLike, zero_inflation: ArrayLike) -> Floats:
    """Return P(K = 0) of who makes `mean` trips a week; arrays broadcast."""
    size, some = _active(mean, zero_inflation)
    return np.asarray(1 - some * np.minimum(size - call(1.0, size, dispersion), 1.0))


def pmf(k: ArrayLike, mean: ArrayLike, dispersion: ArrayLike, zero_inflation: ArrayLike) -> Floats:
    """Return P(K = k) for whole numbers `k` of who makes `mean` trips a week; arrays broadcast."""
    count = np.asarray(k, np.float64)
    size, some = _active(mean, zero_inflation)
    below, at, above = (call(count + step, size, dispersion) for step in (-1, 0, 1))
    positive = some * np.maximum(below - 2 * at + above, 0.0)
    return np.asarray(np.where(count > 0, positive, empty_chance(mean, dispersion, zero_inflation)))


def draw(mean: ArrayLike, dispersion: ArrayLike, zero_inflation: float, rng: np.random.Generator) -> Floats:
    """Return one draw of K for each of `mean`."""
    size, some = _active(mean, zero_inflation)
    q = np.asarray(dispersion, np.float64) / 4
    amount = size / (size + q) * (np.sqrt(size) + np.sqrt(q) * rng.standard_normal(size.shape)) ** 2
    trips = np.floor(amount + rng.random(size.shape))
    return np.asarray(trips * (rng.random(size.shape) < some))


def _active(mean: ArrayLike, zero_inflation: ArrayLike) -> tuple[Floats, Floats]:
    """Return M and the chance m / M that a week is not empty by zero inflation."""
    m = np.maximum(np.asarray(mean, np.float64), _LEAST)
    size = m + np.asarray(zero_inflation, np.float64)
    return np.asarray(size), np.asarray(m / size)


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi))
