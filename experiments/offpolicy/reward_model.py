"""What a round would have brought with each action: means per stratum and action.

Where the log's chances are the same for every round of a stratum, actions were drawn as in an experiment, and the plain
mean of a cell (stratum s, action a) estimates E(reward | s, a) without confounding. For the doubly robust estimators
the means are cross-fitted (Chernozhukov et al. 2018, Econometrics Journal 21:C1-C68): a round's prediction never saw
its own fold; small cells are drawn towards the action's mean over all strata, and a cell nobody saw is that mean. How
good the prediction is changes their precision and never their expectation, since the chances are known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.experiments.offpolicy.rounds import Rounds

__all__ = ["FOLDS", "Cells", "Predicted", "cell_means", "crossfitted", "means", "predictions"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
FOLDS = 5
SHRINK = 10.0  # rounds that the action's mean is worth in a cell


class Cells(NamedTuple):
    """Rounds and mean reward of each stratum and action, flat (..., S * K); the mean is 0 where there are no rounds."""

    n: FloatArray
    mean: FloatArray


def cell_means(rounds: Rounds) -> Cells:
    """Return the plain mean of every cell, (S * K,)."""
    n, total = _tables(rounds, rounds.strata, int(rounds.strata.max()) + 1)
    return means(n, total)


def means(n: FloatArray, total: FloatArray) -> Cells:
    """Return plain means of cells from their rounds and total rewards, (...)."""
    return Cells(n, total / np.maximum(n, 1))


class Predicted(NamedTuple):
    """What the reward model says of each round, without having seen it."""

    table: FloatArray  # (folds * S * K,)
    row: IntArray  # (n,) where the cells of each round's fold and stratum begin

    def of(self, actions: IntArray) -> FloatArray:
        """Return the predicted reward of each round with the action named, (n,)."""
        predicted: FloatArray = self.table[self.row + actions]
        return predicted


def crossfitted(rounds: Rounds, *, seed: int) -> Predicted:
    """Return the cross-fitted reward model; folds follow from `seed`."""
    k, strata = len(rounds.names), int(rounds.strata.max()) + 1
    fold = np.random.default_rng(seed).integers(FOLDS, size=len(rounds))
    row = fold * strata + rounds.strata
    n, total = _tables(rounds, row, FOLDS * strata)
    table = predictions(n.reshape(FOLDS, strata, k), total.reshape(FOLDS, strata, k)).reshape(-1)
    return Predicted(table, row * k)


def predictions(n: FloatArray, total: FloatArray) -> FloatArray:
    """Return for each fold what the other folds say of every cell, (..., F, S, K), from rounds and total rewards."""
    others_n = n.sum(axis=-3, keepdims=True) - n
    others = total.sum(axis=-3, keepdims=True) - total
    by_action_n, by_action = others_n.sum(axis=-2, keepdims=True), others.sum(axis=-2, keepdims=True)
    overall = by_action.sum(axis=-1, keepdims=True) / np.maximum(by_action_n.sum(axis=-1, keepdims=True), 1)
    level = np.where(by_action_n > 0, by_action / np.maximum(by_action_n, 1), overall)
    return np.asarray((others + SHRINK * level) / (others_n + SHRINK))


def _tables(rounds: Rounds, row: IntArray, rows: int) -> tuple[FloatArray, FloatArray]:
    k = len(rounds.names)
    cell = row * k + rounds.actions
    n = np.bincount(cell, minlength=rows * k).astype(np.float64)
    return n, np.bincount(cell, weights=rounds.rewards, minlength=rows * k).astype(np.float64)
