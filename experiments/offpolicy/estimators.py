"""Estimators of the value V of a choice pi(x), from rounds that were logged with known chances p(a | x).

With the weight w = [a = pi(x)] / p(a | x) of a round and a prediction q(x, a) of its reward r:

    IPS        mean of w r                                              (Horvitz and Thompson 1952)
    SNIPS      sum of w r / sum of w                                    (Hajek 1971; Swaminathan and Joachims 2015)
    clipped    mean of min(w, M) r                                      (Ionides 2008; Bottou et al. 2013)
    direct     mean of q(x, pi(x)), q the plain mean of the round's stratum and action
    DR         mean of q(x, pi(x)) + w (r - q(x, a))                    (Robins et al. 1994; Dudik et al. 2014)
    switch     DR, its correction only where w <= M                     (Wang, Agarwal and Dudik 2017)

Every estimator is the mean of its influence values phi (Hampel 1974): V is estimated by their mean, and its standard
error by their standard deviation over sqrt(n). Linearised: SNIPS's phi is V + w (r - V) / mean(w); direct's adds
h (r - q(x, a)), h the ratio of how often the choice and the log take a in the stratum. The t quantile has
2 n / (kurtosis - 1) degrees of freedom, those of a chi-square with the variance that the variance of phi has.

M is sqrt(n) unless said otherwise (Ionides 2008), so that what it cuts off vanishes with n. What clipped and switch
leave out widens their intervals all the same (Bottou et al. 2013, section 5): by the share that was cut off times the
range of the rewards (clipped) or the largest residual (switch).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from evenhand.experiments.offpolicy.reward_model import Cells

__all__ = ["Influence", "Limits", "clipped", "direct", "doubly_robust", "ips", "limits", "snips", "switch"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# All arrays are (..., m): m rounds (`n` is None), or m kinds of rounds of which each stands for `n` equal ones. Leading
# axes are data sets of their own; the proofs of coverage run 20,000 of them at once through the code that users run.


class Influence(NamedTuple):
    """Influence values of an estimator, and by how much its interval is wider for what was cut off."""

    phi: FloatArray  # (..., m)
    below: FloatArray | float = 0.0  # (...)
    above: FloatArray | float = 0.0


class Limits(NamedTuple):
    """Value, standard error, degrees of freedom and the two limits, each (...)."""

    value: FloatArray
    se: FloatArray
    df: FloatArray
    low: FloatArray
    high: FloatArray


def ips(w: FloatArray, r: FloatArray) -> Influence:
    """Inverse propensity scoring; unbiased, and as unsteady as its largest weights."""
    return Influence(w * r)


def snips(w: FloatArray, r: FloatArray, n: FloatArray | None) -> Influence:
    """Self-normalised inverse propensity scoring: steadier, since it does not depend on where rewards have their 0."""
    level = _mean(w, n)
    value = _mean(w * r, n) / level
    return Influence(value + w * (r - value) / level)


def clipped(w: FloatArray, r: FloatArray, n: FloatArray | None, *, most: float) -> Influence:
    """Inverse propensity scoring with weights of at most `most`."""
    low = np.minimum(w, most)
    lost = _mean(w - low, n)[..., 0]
    return Influence(low * r, below=np.maximum(0, -lost * r.min(axis=-1)), above=np.maximum(0, lost * r.max(axis=-1)))


def direct(cells: Cells, wanted: FloatArray, taken: IntArray, target: IntArray, r: FloatArray) -> Influence:
    """The direct method on plain means of cells.

    `wanted` (..., S * K) counts the rounds for which each cell is asked about; each such cell needs two rounds at
    least. `taken` and `target` (m,) are cells.
    """
    size = np.maximum(cells.n, 2)
    # size / (size - 1): residuals around a cell's own mean are that much too small.
    ratio = wanted / size * np.sqrt(size / (size - 1))
    return Influence(cells.mean[..., target] + ratio[..., taken] * (r - cells.mean[..., taken]))


def doubly_robust(w: FloatArray, r: FloatArray, q_taken: FloatArray, q_target: FloatArray) -> Influence:
    """Doubly robust: the prediction, corrected by the weighted residuals."""
    return Influence(q_target + w * (r - q_taken))


def switch(
    w: FloatArray, r: FloatArray, q_taken: FloatArray, q_target: FloatArray, n: FloatArray | None, *, most: float
) -> Influence:
    """Doubly robust where the weight is at most `most`, elsewhere the prediction alone."""
    kept = np.where(w <= most, w, 0.0)
    residual = r - q_taken
    wider = _mean(w - kept, n)[..., 0] * np.abs(residual).max(axis=-1)
    return Influence(q_target + kept * residual, below=wider, above=wider)


def limits(influence: Influence, n: FloatArray | None, *, level: float) -> Limits:
    """Return the estimate and its interval at `level`."""
    phi = influence.phi
    count = phi.shape[-1] if n is None else n.sum(axis=-1)
    value = _mean(phi, n)
    square = phi - value
    square *= square
    spread = _mean(square, n)[..., 0]
    kurtosis = _mean_product(square, square, n) / np.maximum(spread**2, np.finfo(float).tiny)
    df = np.clip(2 * count / np.maximum(kurtosis - 1, 1e-9), 1.0, count - 1)
    se = np.sqrt(spread / (count - 1))
    half, middle = stdtrit(df, 0.5 + level / 2) * se, value[..., 0]
    return Limits(middle, se, df, middle - half - influence.below, middle + half + influence.above)


def _mean(x: FloatArray, n: FloatArray | None) -> FloatArray:
    if n is None:
        return np.asarray(x.mean(axis=-1, keepdims=True))
    mean: FloatArray = (x * n).sum(axis=-1, keepdims=True) / n.sum(axis=-1, keepdims=True)
    return mean


def _mean_product(x: FloatArray, y: FloatArray, n: FloatArray | None) -> FloatArray:
    """Return the mean of x * y over the last axis, (...), without an array of the products."""
    if n is None:
        return np.asarray(np.einsum("...i,...i->...", x, y) / x.shape[-1])
    return np.asarray(np.einsum("...i,...i,...i->...", x, y, n) / n.sum(axis=-1))
