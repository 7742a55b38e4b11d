"""Stable-Baselines3 sees the natively vectorised environment through this one thin adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from evenhand.agents.rollout import PopulationPool
from evenhand.envs import SegmentationVectorEnv
from evenhand.envs.constraints import scales_of

__all__ = ["LearnerVecEnv", "PooledVectorEnv"]

UNIT_SLACK = 0.05  # costs are counted so that every constraint's own scale is this much: one dual rate fits all


class PooledVectorEnv(SegmentationVectorEnv):
    """Draws its episodes from a pool of numbered populations, each with its own luck.

    Which populations the k-th episodes meet follows from the seed and k (`draws`) alone, so that a training goes on
    from any k without the draws before it.
    """

    def __init__(self, *, pool: PopulationPool, seed: int, **kwargs: Any) -> None:
        """As the parent, with `pool` in place of fresh populations and one seed for all episodes."""
        super().__init__(**kwargs)
        self.pool, self.draw_seed, self.draws = pool, seed, 0

    def _begin(self) -> None:
        rng = np.random.default_rng([self.draw_seed, self.draws])
        self.draws += 1
        self.numbers = rng.integers(0, self.pool.count, size=self.num_envs)
        luck = np.array([self.pool.luck(int(k)) for k in self.numbers], np.uint64)
        self.world.reset([self.pool(int(k)) for k in self.numbers], luck)


class LearnerVecEnv(VecEnv):
    """Reward beyond a yardstick; the costs of the constraints stand in `info["cost"]`, (J,), and touch no reward.

    `yardstick` (numbers, T) is what greedy earned in each numbered population and period with the same luck. Taking it
    off every reward changes no policy's rank, since it does not depend on the action, and takes off what makes one
    population richer than another (a control variate).
    Episodes truly end at the horizon (time left is observed, the value left is in the last reward), so nothing is
    bootstrapped behind it. An action that is not allowed holds: a learner without masks meets it.
    """

    def __init__(self, env: PooledVectorEnv, *, yardstick: NDArray[np.float64]) -> None:
        """Wrap `env`."""
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self.env, self.yardstick, self.cost_names = env, yardstick, env.setup.cost_names
        self.cost_unit = UNIT_SLACK / scales_of(env.setup.constraints)  # (J,)
        self._returns = np.zeros(env.num_envs)

    def reset(self) -> NDArray[np.float32]:
        """Start the next episodes."""
        observations, info = self.env.reset()
        self._mask = info["action_mask"]
        self._returns[:] = 0.0
        return observations

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Keep the actions."""
        allowed = self._mask[np.arange(self.num_envs), actions]
        self._actions = np.where(allowed, actions, 0)

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Carry them out."""
        expected = self.yardstick[self.env.numbers, self.env.world.period] * self.env.setup.reward_scale
        observations, reward, done, _, info = self.env.step(self._actions)
        reward = reward - expected
        self._mask = info["action_mask"]
        self._returns += reward
        infos: list[dict[str, Any]] = [{"cost": cost * self.cost_unit} for cost in info["cost"]]
        if done[0]:
            for e in range(self.num_envs):
                infos[e]["terminal_observation"] = info["final_obs"][e]
                infos[e]["episode"] = {"r": float(self._returns[e]), "l": self.env.setup.horizon, "t": 0.0}
            self._returns = np.zeros_like(self._returns)
        return observations, reward, done, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """Return the masks (E, M)."""
        return np.asarray(self._mask)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Answer `action_masks`, the one method that MaskablePPO asks for."""
        if method_name != "action_masks":
            raise AttributeError(method_name)
        return list(self.action_masks())

    def has_attr(self, attr_name: str) -> bool:
        """Say whether masks can be had."""
        return attr_name == "action_masks"

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of the environment for each of its parts."""
        if attr_name == "render_mode":
            return [None] * self.num_envs
        return [getattr(self.env, attr_name)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refuse: the environment is set up once."""
        raise AttributeError(attr_name)

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Say that nothing wraps the parts."""
        return [False] * self.num_envs

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Change nothing: the environment has its seed."""
        return [self.env.draw_seed] * self.num_envs

    def close(self) -> None:
        """Nothing to close."""
