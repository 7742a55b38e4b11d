"""The constraint in learning: one multiplier per slack, moved along the episodes' mean slack.

Projected dual ascent, lambda <- clip(lambda + rate * mean slack, 0, cap), after every rollout (Ray, Achiam and Amodei,
"Benchmarking safe exploration in deep reinforcement learning", 2019). Plain steps rather than Adam, whose momentum
keeps pushing after the constraint holds.
"""

from __future__ import annotations

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from evenhand.agents.learning.adapter import PenalisedVecEnv

__all__ = ["DualAscent"]


class DualAscent(BaseCallback):
    """Moves the multipliers of a PenalisedVecEnv; money per customer and unit of slack."""

    def __init__(self, env: PenalisedVecEnv, *, rate: float = 0.5, cap: float = 5.0) -> None:
        """Step by `rate` per unit of mean slack; never beyond `cap`."""
        super().__init__()
        self.penalised, self.rate, self.cap = env, rate, cap

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        if self.penalised.episode_costs:
            slack = np.mean(self.penalised.episode_costs, axis=0)
            moved = self.penalised.multipliers + self.rate * slack
            self.penalised.multipliers = np.clip(moved, 0.0, self.cap)
            self.penalised.episode_costs.clear()
