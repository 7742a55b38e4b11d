"""Groups that differ by as much as a world says: weights of the chain that reach stated group means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

__all__ = ["chain_weights", "consent_weights"]

Floats = NDArray[np.float64]

_ROUNDS = 60
_CLOSE = 1e-3  # standard deviations


def chain_weights(
    scores: Floats, shares: Sequence[float], means: Floats, *, offset: Floats | None = None, start: Floats | None = None
) -> Floats:
    """Return log weights (1 + D, G) under which class g has share `shares[g]` and mean scores `means[g]`, (G, D).

    Multinomial logistic in the scores (N, D) of a sample of all customers. Maximum likelihood matches exactly the mean
    scores of each class, so the weights are found by Newton-like steps on that condition: the covariance of the scores
    turns a missing mean into a missing weight. `offset` (N, G) are log weights of what else tells the classes, `start`
    weights to begin from.
    """
    n, d = scores.shape
    aim, share = np.asarray(means, np.float64), np.asarray(shares, np.float64)
    fixed = np.zeros((n, len(share))) if offset is None else offset
    weights = np.vstack([np.log(share), np.zeros((d, len(share)))]) if start is None else start.copy()
    precision = np.linalg.inv(np.cov(scores.T) + 1e-9 * np.eye(d))
    design = np.column_stack([np.ones(n), scores])
    for _ in range(_ROUNDS):
        chance = softmax(design @ weights + fixed, axis=1)
        there = chance.sum(0)
        missing = aim - (chance.T @ scores) / there[:, None]
        weights[1:] += (missing @ precision).T
        weights[0] += np.log(share) - np.log(there / n)
        if np.abs(missing).max() < _CLOSE:
            break
    return np.asarray(weights - weights[:, :1])  # the first class is what the others are compared with


def consent_weights(scores: Floats, share: float, slopes: Floats) -> Floats:
    """Return (1 + D,) log-odds to consent with `slopes` (D,) per standard deviation, under which `share` consents."""
    tilt = scores @ slopes
    low, high = -30.0, 30.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if np.mean(1 / (1 + np.exp(-middle - tilt))) < share:
            low = middle
        else:
            high = middle
    return np.concatenate([[(low + high) / 2], slopes])
