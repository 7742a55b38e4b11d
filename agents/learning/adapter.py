"""Stable-Baselines3 sees the natively vectorised environment through this one thin adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from evenhand.agents.rollout import PopulationPool
from evenhand.envs import SegmentationVectorEnv
from evenhand.envs.setup import REWARD_SCALE

__all__ = ["PenalisedVecEnv", "PooledVectorEnv"]


class PooledVectorEnv(SegmentationVectorEnv):
    """Draws its episodes from a pool of numbered populations, each with its own luck."""

    def __init__(self, *, pool: PopulationPool, **kwargs: Any) -> None:
        """As the parent, with `pool` in place of fresh populations."""
        super().__init__(**kwargs)
        self.pool = pool

    def _begin(self) -> None:
        self.numbers = self.np_random.integers(0, self.pool.count, size=self.num_envs)
        luck = np.array([self.pool.luck(int(k)) for k in self.numbers], np.uint64)
        self.world.reset([self.pool(int(k)) for k in self.numbers], luck)


class PenalisedVecEnv(VecEnv):
    """Reward less the multiplier-weighted costs; `multipliers` (J,) is set from outside.

    `yardstick` (numbers, T) is what greedy earned in each numbered population and period with the same luck. Taking it
    off every reward changes no policy's rank, since it does not depend on the action, and takes off what makes one
    population richer than another (a control variate).
    Episodes truly end at the horizon (time left is observed, the value left is in the last reward), so nothing is
    bootstrapped behind it.
    """

    def __init__(self, env: PooledVectorEnv, *, seed: int, yardstick: NDArray[np.float64]) -> None:
        """Wrap `env` and start it at `seed`."""
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self.env, self._seed, self.yardstick = env, seed, yardstick
        self.multipliers = np.zeros(len(env.setup.cost_names))
        self._sums = np.zeros((env.num_envs, len(self.multipliers)))
        self._returns = np.zeros(env.num_envs)
        self.episode_costs: list[NDArray[np.float64]] = []  # (J,) per finished episode, emptied by the callback

    def reset(self) -> NDArray[np.float32]:
        """Start new episodes; the first time at the given seed."""
        observations, info = self.env.reset(seed=self._seed)
        self._mask = info["action_mask"]
        return observations

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Keep the actions."""
        self._actions = actions

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Carry them out."""
        expected = self.yardstick[self.env.numbers, self.env.world.period] * self.env.setup.reward_scale
        observations, reward, done, _, info = self.env.step(self._actions)
        reward = reward - expected
        self._mask = info["action_mask"]
        self._sums += info["cost"]
        self._returns += reward
        penalised = reward - REWARD_SCALE * (info["cost"] @ self.multipliers)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if done[0]:
            for e in range(self.num_envs):
                infos[e]["terminal_observation"] = info["final_obs"][e]
                infos[e]["episode"] = {"r": float(self._returns[e]), "l": self.env.setup.horizon, "t": 0.0}
            self.episode_costs.extend(self._sums)
            self._sums = np.zeros_like(self._sums)
            self._returns = np.zeros_like(self._returns)
        return observations, penalised, done, infos

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
        """Take the seed for the next reset."""
        self._seed = seed if seed is not None else self._seed
        return [self._seed] * self.num_envs

    def close(self) -> None:
        """Nothing to close."""
