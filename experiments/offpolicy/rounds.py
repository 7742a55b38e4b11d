"""What off-policy evaluation is told: who was given what with which chance, what came of it, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenhand.errors import DataError

__all__ = ["Rounds"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MOST_REWARD = 1e60
SUM = 1e-6  # by which the chances of one round may miss 1


@dataclass(frozen=True, eq=False)
class Rounds:
    """Logged rounds and the choice whose value is asked for; build it with `of`, which checks everything.

    `strata` hold rounds that are asked about the same action; where their logged chances are the same too, actions were
    drawn within them as in an experiment, so that plain means per action are free of confounding.
    """

    actions: IntArray  # (n,) positions 0..K-1
    rewards: FloatArray  # (n,)
    chances: FloatArray  # (n, K) of each action when the log was drawn
    target: IntArray  # (n,) the action that is asked about
    strata: IntArray  # (n,) 0..S-1
    names: tuple[str, ...]  # (K,)
    planned: IntArray | None = None  # (n,) what the log would have done without exploring, to compare with

    @classmethod
    def of(
        cls,
        actions: ArrayLike,
        rewards: ArrayLike,
        chances: ArrayLike,
        target: ArrayLike,
        *,
        strata: ArrayLike | None = None,
        planned: ArrayLike | None = None,
        names: tuple[str, ...] | None = None,
    ) -> Rounds:
        """Return checked rounds; DataError names the first round that cannot be.

        `actions` and `target` (n,) are whole numbers, `rewards` (n,) finite, `chances` (n, K) add up to 1 in each round
        and are above 0 for the action that was taken. `strata` (n,) say which rounds the reward model takes for alike;
        put rounds with equal chances together. `planned` (n,) is what would have been done without exploring. Slates
        and continuous actions are refused: their weights would need a model of how parts or neighbours act together.
        """
        table = np.asarray(chances, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] < 1 or len(table) < 2:
            raise DataError(f"chances have shape {table.shape}", rule="(rounds, actions), at least two rounds")
        n, k = table.shape
        taken, asked = _whole(actions, "actions", n, k), _whole(target, "target", n, k)
        values = np.asarray(rewards, dtype=np.float64)
        if values.shape != (n,):
            raise DataError(f"rewards have shape {values.shape}", rule=f"one for each of {n} rounds")
        # the fourth power of a reward is taken, for kurtosis
        _refuse(
            ~(np.abs(values) < MOST_REWARD), "reward", values, f"rewards are known and finite, below {MOST_REWARD:g}"
        )
        given = table[np.arange(n), taken]
        _refuse(
            ~(given > 0) | ~(given <= 1),
            "propensity",
            given,
            "the action that was taken had a chance above 0, at most 1",
        )
        if not (table.min() >= 0 and table.max() <= 1):  # the whole table is looked at again only to name the round
            wrong = np.asarray(~((table >= 0) & (table <= 1)).all(axis=1))
            _refuse(wrong, "chances", table, "chances are from 0 to 1")
        _refuse(np.abs(np.einsum("ij->i", table) - 1) > SUM, "chances", table, "the chances of a round add up to 1")
        groups = np.zeros(n, dtype=np.int64) if strata is None else _whole(strata, "strata", n, None)
        labels = names or tuple(str(position) for position in range(k))
        if len(labels) != k:
            raise DataError(f"{len(labels)} names for {k} actions", rule="one name for each action")
        meant = None if planned is None else _whole(planned, "planned", n, k)
        return cls(taken, values, table, asked, _renumbered(groups, asked, k), labels, meant)

    def __len__(self) -> int:
        return len(self.actions)

    @cached_property
    def propensities(self) -> FloatArray:
        """The chance of the action that was taken, (n,)."""
        return self.chances[np.arange(len(self)), self.actions]

    @cached_property
    def target_chances(self) -> FloatArray:
        """The chance that the log had of taking the action that is asked about, (n,)."""
        return self.chances[np.arange(len(self)), self.target]

    @property
    def alike(self) -> bool:
        """Whether the chances are the same for all rounds of a stratum."""
        first = np.empty(int(self.strata.max()) + 1, dtype=np.int64)
        first[self.strata[::-1]] = np.arange(len(self))[::-1]
        # One number for each round tells them apart: chances that differ have other sums under these factors.
        told = np.einsum("ij,j->i", self.chances, np.sqrt(np.arange(2.0, len(self.names) + 2)))
        return float(np.abs(told - told[first][self.strata]).max()) <= SUM

    @cached_property
    def weights(self) -> FloatArray:
        """Importance weights, (n,): 1 / propensity where the log did what is asked about, else 0."""
        return np.where(self.actions == self.target, 1 / self.propensities, 0.0)

    def asking(self, target: IntArray) -> Rounds:
        """Return the same log with another question."""
        return replace(self, target=target)


def _whole(values: ArrayLike, name: str, n: int, most: int | None) -> IntArray:
    found = np.asarray(values)
    if found.ndim == 2:
        raise DataError(
            f"{name} have shape {found.shape}: several actions in a round are a slate",
            rule="one action a round",
            mend="evaluate slates by a live or a simulated trial",
        )
    if found.shape != (n,):
        raise DataError(f"{name} have shape {found.shape}", rule=f"one for each of {n} rounds")
    if not np.issubdtype(found.dtype, np.integer):
        raise DataError(
            f"{name} are {found.dtype}, as continuous actions would be",
            rule="an action is one of a few, by its number",
            mend="evaluate amounts by a live or a simulated trial",
        )
    if found.min() < 0 or (most is not None and found.max() >= most):
        raise DataError(f"{name} from {found.min()} to {found.max()}", rule=f"numbers from 0 to {(most or 0) - 1}")
    return found.astype(np.int64)


def _renumbered(groups: IntArray, asked: IntArray, k: int) -> IntArray:
    """Return strata, numbered from 0 without gaps, in which the same action is asked about."""
    _, found = np.unique(groups, return_inverse=True) if groups.max() > len(groups) else (None, groups)
    codes = found.reshape(-1) * k + asked
    numbers = np.cumsum(np.bincount(codes) > 0) - 1
    return np.asarray(numbers[codes], dtype=np.int64)


def _refuse(wrong: NDArray[np.bool_], what: str, values: NDArray[Any], rule: str) -> None:
    if wrong.any():
        first = int(wrong.argmax())
        more = int(wrong.sum()) - 1
        raise DataError(
            f"{what} {values[first]}" + (f" (and {more:,} more)" if more else ""), where=f"round {first + 1}", rule=rule
        )
