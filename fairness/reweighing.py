"""Reweighing: weights under which belonging to a group says nothing about a label.

Kamiran and Calders 2012, "Data preprocessing techniques for classification without discrimination", section 4.2: with
P the shares of customers, everyone of group g and label y weighs

    w(g, y) = P(g) P(y) / P(g, y)

so that the weighted share of each pair is P(g) P(y): both are independent, and neither's own share has changed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenhand.errors import DataError

__all__ = ["drawn_by_weight", "reweighing"]


def reweighing(groups: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """Return a weight for everyone, (n,), that makes `groups` (n,) and `labels` (n,) independent.

    Both are whole numbers; -1 is unknown in either and weighs 1, outside the count. So does a group in which nobody has
    one of the labels: no weight can give it what is not there.
    """
    g, y = np.asarray(groups, np.int64), np.asarray(labels, np.int64)
    if g.ndim != 1 or g.shape != y.shape:
        raise DataError(f"groups have shape {g.shape} and labels {y.shape}", rule="one each per customer")
    weights, known = np.ones(len(g)), (g >= 0) & (y >= 0)
    together = np.zeros((g.max(initial=0) + 1, y.max(initial=0) + 1))
    np.add.at(together, (g[known], y[known]), 1.0)
    labelled = together.any(axis=0)
    complete = np.asarray((together[:, labelled] > 0).all(axis=1), np.bool_)
    counted = together * complete[:, None]
    expected = counted.sum(axis=1, keepdims=True) * counted.sum(axis=0, keepdims=True) / max(counted.sum(), 1.0)
    able = known & complete[g]
    weights[able] = (expected[g, y] / counted[g, y].clip(1.0))[able]
    return weights


def drawn_by_weight(weights: ArrayLike, *, seed: int) -> NDArray[np.intp]:
    """Return n rows, sorted, each as often as its weight says but for less than one: systematic resampling.

    Row i comes floor or ceil of n w_i / sum(w) times, and that many on average; one uniform number decides all. Rows
    are lined up by weight, so that every cell of equal weights gets its due but for less than one.
    """
    w = np.asarray(weights, np.float64)
    order = np.argsort(w, kind="stable")
    ends = np.cumsum(w[order]) * len(w) / w.sum()
    points = np.arange(len(w)) + np.random.default_rng(seed).random()
    at = np.minimum(np.searchsorted(ends, points, side="right"), len(w) - 1)
    return np.sort(order[at])
