"""Looks at validation populations along a training: which checkpoint is nominated, and when no better one comes.

The first look is at the start, the policy that nothing was learned in yet. Another one that is best here has yet to
beat it on populations of their own (`confirmation`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback

from evenhand.agents.feasible import best_of, feasible_share, gaps_of
from evenhand.agents.learning.confirmation import Judged
from evenhand.agents.learning.learned import LearnedPolicy, NetSettings
from evenhand.agents.learning.policies import net_of
from evenhand.agents.learning.settings import Budget
from evenhand.agents.rollout import PopulationPool, roll_out
from evenhand.envs import Setup

__all__ = ["CurvePoint", "Judge", "Looks", "Progress", "Validation"]


@dataclass(frozen=True)
class CurvePoint:
    """A checkpoint on validation populations."""

    steps: int
    profit: float  # money per customer and period beyond today's segmentation
    gap: float  # mean over populations, of the constrained attribute
    feasible: float  # share of populations within tolerance
    multiplier: float  # the largest


Progress = Callable[[CurvePoint | int], None]  # a checkpoint, or steps so far
Judge = Callable[[LearnedPolicy], Judged]
Weights = dict[str, NDArray[np.float32]]


@dataclass
class Validation:
    """Scores checkpoints on a pool of populations against today, same customers and luck."""

    setup: Setup
    pool: PopulationPool

    def __call__(self, policy: LearnedPolicy) -> Judged:
        """Return what the policy brings in each population."""
        outcome = roll_out(policy, self.setup, self.pool, range(self.pool.count), against_twin=True)
        return Judged(outcome.profit, float(gaps_of(outcome, self.setup.parity).mean()), feasible_share(outcome))


class Looks(BaseCallback):
    """Judges the policy every so often, keeps the best feasible one, and ends a training that finds no better."""

    def __init__(
        self,
        judge: Judge,
        settings: NetSettings,
        budget: Budget,
        *,
        multiplier: Callable[[], float],
        report: Progress | None = None,
    ) -> None:
        """Look at the start, then `budget.checkpoints` times, evenly; `multiplier` is how large the largest is now."""
        super().__init__()
        self.judge, self.settings, self.budget = judge, settings, budget
        self.multiplier, self.report = multiplier, report
        self.curve: list[CurvePoint] = []
        self.start: Weights = {}
        self.best: Weights = {}

    @property
    def done(self) -> bool:
        """Whether patience has run out: as many looks since the best one as it allows."""
        since = len(self.curve) - 1 - self.curve.index(best_of(self.curve)) if self.curve else 0
        return self.budget.patience is not None and since >= self.budget.patience

    def _on_step(self) -> bool:
        return not self.done

    def _on_rollout_start(self) -> None:
        if self.report:
            self.report(self.num_timesteps)
        every = max(1, self.budget.steps // self.budget.checkpoints)
        if len(self.curve) < self.budget.checkpoints and self.num_timesteps >= len(self.curve) * every:
            self.look()

    def finish(self) -> None:
        """Judge the last policy, unless a training without progress was ended."""
        if not self.done:
            self.look()

    def look(self) -> None:
        """Judge the policy as it stands."""
        weights = {k: v.detach().numpy().copy() for k, v in net_of(self.model).state_dict().items()}
        judged = self.judge(LearnedPolicy(self.settings, weights))
        point = CurvePoint(
            self.num_timesteps, float(judged.profits.mean()), judged.gap, judged.feasible, self.multiplier()
        )
        self.curve.append(point)
        if len(self.curve) == 1:
            self.start = weights
        if best_of(self.curve) is point:
            self.best = weights
        for name in ("profit", "gap", "feasible"):
            self.logger.record(f"validation/{name}", getattr(point, name))
        if self.report:
            self.report(point)
