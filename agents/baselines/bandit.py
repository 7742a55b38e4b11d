"""A linear model of what tweaks bring, learned within the episode from what the observation shows.

Both bandits believe that a tweak with features x adds theta . x to the weekly profit per customer from then on, so that
the profit of a week is an intercept plus theta . X with X the sum over the tweaks so far: combinatorial arms whose
rewards are only seen together. Ridge regression around the prior that the estimate is right, of the coming week or of
what lasts up to the horizon, as tuning finds (`lasting`, as greedy's); arms are the campaigns, one offset each, splits,
merges and moves are known by their estimates alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.baselines.case import Case
from evenhand.agents.baselines.greedy import Greedy, GreedyTuning, foretold_gain
from evenhand.agents.baselines.trial import organic_margin_of
from evenhand.agents.baselines.tuning import Space
from evenhand.agents.policy import Masks, Observations, Rows

__all__ = ["BANDIT_SPACE", "BanditTuning", "LinearBandit", "bandit_start"]


@dataclass(frozen=True)
class BanditTuning(GreedyTuning):
    """Greedy's settings, and how much to explore and to believe."""

    explore: float = 0.5  # LinUCB: standard errors added; Thompson: standard errors of the draws
    spread: float = 0.02  # prior standard deviation of a campaign's offset, money per customer reached and period
    doubt: float = 0.35  # prior standard deviation of the estimate's factor, whose mean is 1
    noise: float = 2.0  # standard deviation of a week's profit per customer, money
    organic: float = 1.0  # margin per customer and period without contact, money: the unit of the observed profit


# Coarser on greedy's own settings, so that the whole search is as long as that of greedy with shadow prices.
BANDIT_SPACE: Final[Space] = {
    "lasting": (0.0, 0.5, 1.0),
    "worth_charge": (0.0, 0.05, 0.1, 0.15),
    "periods": (2.0, 4.0, 26.0),
    "caution": (0.0, 0.5, 1.0),
    "explore": (0.0, 0.1, 0.25, 0.5, 1.0),
    "noise": (0.7, 2.0, 8.0),
    "spread": (0.005, 0.02, 0.1),
}


def bandit_start(case: Case) -> BanditTuning:
    """Return where tuning starts: the settings above in the money of this business."""
    return BanditTuning(organic=organic_margin_of(case.simulator, case.setup))


@dataclass
class LinearBandit(Greedy, ABC):
    """Greedy whose estimate is corrected by what the weeks so far brought; subclasses say how they explore."""

    tuning: BanditTuning = field(default_factory=BanditTuning)
    name: str = "bandit"
    _rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0), repr=False)
    _precision: NDArray[np.float64] | None = field(default=None, repr=False)  # (E, d, d)
    _pull: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0), repr=False)  # (E, d)
    _standing: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0), repr=False)  # (E, d)

    def reset(self, seed: int) -> None:
        """Forget the past; draw from `seed` from now on."""
        self._rng, self._precision = np.random.default_rng(seed), None

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        """Learn from the last week's profit, then return the row with the best explored worth."""
        arms = self.arms(observations)
        if self._precision is None:
            self._begin(len(arms), arms.shape[2])
        self._learn(self.layout.of(observations, "profit") * self.tuning.organic)
        gain = self.explored(arms) - self.tuning.caution * self.layout.candidate(observations, "gain_sd")
        scores = np.where(masks, self.scores(observations, gain), -np.inf)
        rows = np.asarray(scores.argmax(axis=1), np.int64)
        self._standing += arms[np.arange(len(rows)), rows]
        return rows

    def arms(self, observations: Observations) -> NDArray[np.float64]:
        """Return the features of every candidate, (E, M, d): a place for the intercept, the estimate, offsets."""
        layout = self.layout
        share = layout.candidate(observations, "share")
        campaign = layout.assigned()  # (M,) 0 where a row assigns none
        reached = share[:, :, None] * (campaign[:, None] == np.arange(1, layout.n_campaigns))
        gain = foretold_gain(layout, self.tuning, observations)[:, :, None]
        return np.concatenate([np.zeros_like(gain), gain, reached], axis=2).astype(np.float64)

    @abstractmethod
    def explored(self, arms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gain of every candidate with this bandit's way to explore, (E, M)."""

    def belief(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the posterior mean (E, d) and covariance (E, d, d) of theta."""
        assert self._precision is not None
        covariance = np.asarray(np.linalg.inv(self._precision), np.float64)
        return (covariance @ self._pull[:, :, None])[:, :, 0], covariance

    def _begin(self, n: int, d: int) -> None:
        spread = np.array([self.tuning.noise, self.tuning.doubt, *[self.tuning.spread] * (d - 2)])
        self._precision = np.tile(np.diag(spread**-2), (n, 1, 1))
        self._pull, self._standing = np.zeros((n, d)), np.zeros((n, d))
        self._pull[:, 1] = self.tuning.doubt**-2  # prior mean 1: the estimate is right
        self._standing[:, 0] = 1.0

    def _learn(self, profit: NDArray[np.floating]) -> None:
        x, variance = self._standing, self.tuning.noise**2
        assert self._precision is not None
        self._precision = self._precision + x[:, :, None] * x[:, None, :] / variance
        self._pull += x * profit[:, None] / variance
