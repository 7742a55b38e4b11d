"""Fairness after the fact: any scorer's candidates are ranked anew by what each is foretold to do to the constraints.

The policy beneath stays as it is; what comes on top is a price on slack and a threshold, both tuned on validation
populations. With p the price, l the limit, z the score in standard deviations among the candidates that may be chosen,
and s the worst slack foretold to the horizon in its scale (0 is the limit, -1 no gap at all):

    z_j - p max(s_j + 1, 0)        among the candidates with s_j <= l, or those nearest to it where there is none

A policy that learned without constraints never saw a slack: it is shown what it saw then (`as_unconstrained`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.baselines.tuning import Space, Tuned, search
from evenhand.agents.feasible import feasible_share, rank
from evenhand.agents.policy import Layout, Masks, Observations, Rows
from evenhand.agents.rollout import PopulationPool, roll_out
from evenhand.envs import Setup
from evenhand.envs.candidates import CANDIDATE_FEATURES, SLACK, SLACK_CHANGE
from evenhand.envs.foresight import NOTHING_TO_BREAK
from evenhand.envs.observation import CANDIDATE_SCALE, GLOBAL_FEATURES

__all__ = ["RERANKING", "Reranked", "Reranking", "Score", "as_unconstrained", "tune_reranking"]

Score = Callable[[Observations], NDArray[np.floating]]  # (E, L) -> (E, M), the higher the better, in any unit

ROUNDING = 1e-5  # as the shield's: slacks are sums in single precision
OPERATIONS = [k for k, name in enumerate(CANDIDATE_FEATURES) if name.startswith("is_")]


@dataclass(frozen=True)
class Reranking:
    """How much slack costs and how much is too much."""

    price: float = 0.0  # standard deviations of the scores per unit of slack beyond no gap at all
    limit: float = np.inf  # slack beyond which a candidate is dropped, in its scale


RERANKING: Final[Space] = {
    "limit": (float("inf"), 0.0, -0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8),
    "price": (0.0, 0.1, 0.3, 1.0, 3.0),
}


@dataclass
class Reranked:
    """Takes the best of a scorer's candidates by the formula above, in a set-up whose constraints make slacks seen."""

    score: Score
    layout: Layout
    tuning: Reranking = field(default_factory=Reranking)
    blind: bool = False  # the scorer learned without constraints
    name: str = "reranked"

    def reset(self, seed: int) -> None:
        """Nothing to forget."""

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        """Return the best row that is left."""
        shown = as_unconstrained(observations, self.layout) if self.blind else observations
        scores = np.where(masks, np.asarray(self.score(shown), np.float64), np.nan)
        slack = np.where(masks, self.layout.candidate(observations, "slack"), np.inf)
        nearest = slack.min(axis=1, keepdims=True)
        kept = masks & (slack <= np.maximum(nearest, self.tuning.limit) + ROUNDING)
        spread = np.nanstd(scores, axis=1, keepdims=True)
        paid = scores / np.where(spread > 0, spread, 1.0)
        paid -= self.tuning.price * np.maximum(np.where(masks, slack, 0.0) + 1.0, 0.0)
        return np.asarray(np.where(kept, paid, -np.inf).argmax(axis=1), np.int64)


def as_unconstrained(observations: Observations, layout: Layout) -> Observations:
    """Return the observations of the same worlds as a set-up without constraints shows them."""
    seen = observations.copy()
    for name in ("slack", "slack_so_far"):
        seen[:, GLOBAL_FEATURES.index(name)] = CANDIDATE_SCALE[SLACK] * NOTHING_TO_BREAK
    table = seen[:, layout.n_context :].reshape(len(seen), layout.n_rows, layout.width)
    there = table[:, :, OPERATIONS].any(axis=2)
    table[:, :, SLACK] = np.where(there, CANDIDATE_SCALE[SLACK] * NOTHING_TO_BREAK, 0.0)
    table[:, :, SLACK_CHANGE] = 0.0
    return seen


def tune_reranking(
    score: Score, layout: Layout, setup: Setup, pool: PopulationPool, *, blind: bool = False, space: Space = RERANKING,
    progress: Callable[[int], None] | None = None,
) -> Tuned[Reranking]:  # fmt: skip
    """Return price and limit that earn most on a pool among those that keep the constraints of `setup` there."""

    def judged(tuning: Reranking) -> tuple[float, float]:
        policy = Reranked(score, layout, tuning, blind)
        outcome = roll_out(policy, setup, pool, range(pool.count), against_twin=True)
        return rank(feasible_share(outcome), float(outcome.profit.mean()))

    return search(Reranking(), space, judged, populations=pool.count, progress=progress)
