"""Whether simulated futures are as uncertain as they should be: the randomised probability integral transform.

Where simulated futures and the real one come from the same law, the rank of the real one among them is uniform. With
counts there are ties, which are broken at random: Czado, Gneiting and Held, "Predictive model assessment for count
data", Biometrics 65 (2009).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["randomised_pit", "share_within"]

Floats = NDArray[np.float64]


def randomised_pit(real: ArrayLike, futures: ArrayLike, seed: int) -> Floats:
    """Return for each customer where `real` (N,) falls among `futures` (S, N): (N,) values in [0, 1].

    The real one counts as one more draw, so that the values are uniform on [0, 1] for any number S of draws when all
    come from one law; far too wide futures give values near 1/2, too narrow ones values near 0 and 1.
    """
    actual, drawn = np.asarray(real, np.float64), np.asarray(futures, np.float64)
    if drawn.ndim != 2 or drawn.shape[1:] != actual.shape:
        msg = f"futures of shape {drawn.shape} do not belong to real values of shape {actual.shape}"
        raise ValueError(msg)
    luck = np.random.default_rng([seed, 0x917]).random(len(actual))
    below, equal = (drawn < actual).sum(0), (drawn == actual).sum(0)
    return np.asarray((below + luck * (equal + 1)) / (len(drawn) + 1))


def share_within(pit: Floats, low: float = 0.05, high: float = 0.95) -> float:
    """Return the share of values in [low, high]; calibrated futures give high - low."""
    return float(((pit >= low) & (pit <= high)).mean())
