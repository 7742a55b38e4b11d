"""The learners that a training can use, by name: each on the same environment, network and budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sb3_contrib import MaskablePPO
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm

from evenhand.agents.learning.adapter import LearnerVecEnv
from evenhand.agents.learning.learned import NetSettings
from evenhand.agents.learning.policies import ActorCritic, MaskableActorCritic, ValuePolicy
from evenhand.agents.learning.settings import Hyperparameters

__all__ = ["ALGORITHMS", "Algorithm", "AlgorithmName"]

AlgorithmName = Literal["maskable-ppo", "ppo", "dqn"]
Make = Callable[[LearnerVecEnv, NetSettings, Hyperparameters, int], BaseAlgorithm]

MEMORY = 20_000  # transitions that DQN keeps: some hundred megabytes of observations
RANDOM_UNTIL, RANDOM_LEFT = 0.3, 0.02  # DQN's share of random tweaks falls over 30 % of the budget to 2 %
FOLLOW = 1  # rollouts until DQN's target network follows


@dataclass(frozen=True)
class Algorithm:
    """A learner, and what it can do.

    With `advantages` the constraints can be taken off them, a critic can learn before the policy moves, and between two
    rollouts little more than parameters must be kept to go on later. Without them (DQN, whose memory of transitions
    outlives rollouts) only the shield and the choice of the checkpoint stand for fairness, and a training that was cut
    off starts over.
    """

    make: Make
    advantages: bool = True


def falling(rate: float) -> Callable[[float], float]:
    """Return the rate by the share of the budget that is left; never below zero, though a rollout may overrun it."""
    return lambda left: rate * max(left, 0.0)


def minibatch(horizon: int, n_envs: int, *, at_most: int) -> int:
    """Return whole episodes that divide a rollout evenly: no small rest, whose advantages cannot be normalised."""
    episodes = max(k for k in range(1, n_envs + 1) if n_envs % k == 0 and (k == 1 or k * horizon <= at_most))
    return episodes * horizon


def _shared(env: LearnerVecEnv, settings: NetSettings, hyper: Hyperparameters, seed: int) -> dict[str, Any]:
    return {
        "env": env,
        "learning_rate": falling(hyper.learning_rate),
        "batch_size": minibatch(settings.horizon, env.num_envs, at_most=hyper.minibatch),
        "gamma": hyper.gamma,
        "policy_kwargs": {"net_kwargs": settings.kwargs()},
        "seed": seed,
        "device": "cpu",
    }


def _on_policy(kind: type[PPO] | type[MaskablePPO], policy: type[Any]) -> Make:
    def make(env: LearnerVecEnv, settings: NetSettings, hyper: Hyperparameters, seed: int) -> BaseAlgorithm:
        return kind(
            policy,
            n_steps=settings.horizon,
            n_epochs=hyper.epochs,
            gae_lambda=hyper.gae_lambda,
            ent_coef=hyper.entropy,
            clip_range=hyper.clip,
            target_kl=hyper.target_kl,
            **_shared(env, settings, hyper, seed),
        )

    return make


def _dqn(env: LearnerVecEnv, settings: NetSettings, hyper: Hyperparameters, seed: int) -> BaseAlgorithm:
    shared = _shared(env, settings, hyper, seed)
    rollout = settings.horizon * env.num_envs
    return DQN(
        ValuePolicy,
        train_freq=settings.horizon,
        gradient_steps=max(1, hyper.epochs * rollout // shared["batch_size"]),
        learning_starts=rollout,
        buffer_size=max(MEMORY, 2 * rollout),
        optimize_memory_usage=True,
        replay_buffer_kwargs={"handle_timeout_termination": False},  # episodes truly end at the horizon
        target_update_interval=FOLLOW * rollout,
        exploration_fraction=RANDOM_UNTIL,
        exploration_final_eps=RANDOM_LEFT,
        **shared,
    )


ALGORITHMS: dict[AlgorithmName, Algorithm] = {
    "maskable-ppo": Algorithm(_on_policy(MaskablePPO, MaskableActorCritic)),
    "ppo": Algorithm(_on_policy(PPO, ActorCritic)),
    "dqn": Algorithm(_dqn, advantages=False),
}
assert set(ALGORITHMS) == set(get_args(AlgorithmName))
