"""PPO-Lagrangian without a fork: after the learner's own advantages, those of the costs are taken off.

Rewards stay money. When a rollout of whole episodes ends, SB3 has estimated the advantages of the reward; here a cost
critic gives those of every constraint, and A - sum_j lambda_j A_j takes their place in the buffer (Ray, Achiam and
Amodei, "Benchmarking safe exploration in deep reinforcement learning", 2019). The sum is not divided by
1 + sum_j lambda_j, as is often done to keep its scale: PPO normalises the advantages of every minibatch, which takes
any common factor out again and leaves the ratio of money to costs, the only thing that matters, as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback

from evenhand.agents.learning.adapter import LearnerVecEnv
from evenhand.agents.learning.cost_critic import CostCritic, advantages
from evenhand.agents.learning.dual import Dual, Floats, tail_costs, tail_slack
from evenhand.agents.learning.settings import DualSettings
from evenhand.envs.setup import REWARD_SCALE

__all__ = ["Lagrange"]


class Lagrange(BaseCallback):
    """Gathers the costs of a rollout, moves the multipliers and charges the advantages."""

    def __init__(self, env: LearnerVecEnv, critic: CostCritic, settings: DualSettings, *, gae_lambda: float) -> None:
        """Hold the constraints of `env` by `settings`."""
        super().__init__()
        self.names, self.critic, self.settings, self.gae_lambda = env.cost_names, critic, settings, gae_lambda
        self.dual = Dual.zero(len(self.names))
        self.costs: list[Floats] = []  # (E, J) per period of this rollout

    def _on_rollout_start(self) -> None:
        self.costs.clear()

    def _on_step(self) -> bool:
        self.costs.append(np.array([info["cost"] for info in self.locals["infos"]]))
        return True

    def _on_rollout_end(self) -> None:
        buffer: RolloutBuffer = self.locals["rollout_buffer"]
        charged = self.charge(np.stack(self.costs), np.asarray(buffer.observations))
        buffer.advantages -= (REWARD_SCALE * charged).astype(np.float32)
        for name, slack, multiplier in zip(self.names, self.dual.last, self.dual.multipliers, strict=True):
            self.logger.record(f"slack/{name}", slack)
            self.logger.record(f"multiplier/{name}", multiplier)

    def charge(self, costs: Floats, observations: NDArray[np.float32]) -> Floats:
        """Move the multipliers by the costs (T, E, J) of whole episodes, seen as `observations` (T, E, L).

        Returns sum_j lambda_j A_j of every step, (T, E), money per customer.
        """
        threshold, slack = tail_slack(costs.sum(axis=0), self.settings.tail)
        self.dual = self.dual.moved(slack, self.settings)
        costs = tail_costs(costs, threshold, self.settings.tail)
        found = advantages(costs, self.critic.values(observations), self.gae_lambda)
        still_to_come = costs[::-1].cumsum(axis=0)[::-1]
        seen = observations.reshape(-1, observations.shape[-1])
        self.critic.learn(seen, still_to_come.reshape(len(seen), -1))
        return np.asarray(found @ self.dual.multipliers)
