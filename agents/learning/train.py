"""Training: MaskablePPO on distributions of populations, and the best feasible checkpoint on unseen ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch as th
from numpy.typing import NDArray
from sb3_contrib import MaskablePPO
from stable_baselines3.common.callbacks import BaseCallback, CallbackList

from evenhand.agents.baselines.greedy import Greedy
from evenhand.agents.feasible import best_of, feasible_share, gaps_of
from evenhand.agents.learning.adapter import PenalisedVecEnv, PooledVectorEnv
from evenhand.agents.learning.lagrange import DualAscent
from evenhand.agents.learning.learned import LearnedPolicy, NetSettings
from evenhand.agents.learning.network import CandidateNet, CandidatePolicy
from evenhand.agents.rollout import PopulationPool, reward_paths, roll_out
from evenhand.envs import Setup
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["Budget", "CurvePoint", "Hyperparameters", "Progress", "Training", "train"]

TRAIN_SEED, VALIDATION_SEED = 100_000_000, 200_000_000  # seeds of populations: never shared with evaluation
NEVER = 10**9  # iterations between lines of SB3's own log


@dataclass(frozen=True)
class Budget:
    """How much is spent on one training, in steps, never in seconds."""

    steps: int = 100_000
    n_envs: int = 64
    n_customers: int = 1000
    train_populations: int = 512
    validation_populations: int = 32
    checkpoints: int = 10


@dataclass(frozen=True)
class Hyperparameters:
    """Of MaskablePPO."""

    learning_rate: float = 7e-4  # falls to zero along the budget
    epochs: int = 8
    minibatch: int = 416  # at most, where a single episode is not longer
    gae_lambda: float = 0.95
    gamma: float = 1.0  # the horizon is finite and time is observed
    entropy: float = 0.0  # greedy's own noise explores enough; more of it only costs edits
    clip: float = 0.2
    dual_rate: float = 0.5
    critic_first: float = 0.1  # share of the steps before the policy may leave greedy
    target_kl: float | None = 0.03


@dataclass(frozen=True)
class CurvePoint:
    """A checkpoint on validation populations."""

    steps: int
    profit: float  # money per customer and period beyond today's segmentation
    gap: float  # mean over populations, of the constrained attribute
    feasible: float  # share of populations within tolerance
    multiplier: float  # the largest


@dataclass(frozen=True)
class Training:
    """What a training gave: the chosen policy and how it got there."""

    policy: LearnedPolicy
    curve: tuple[CurvePoint, ...]
    seed: int

    @property
    def kept(self) -> CurvePoint:
        """The checkpoint that the policy is: the best feasible one on validation populations."""
        return best_of(self.curve)


Progress = Callable[[CurvePoint | int], None]
Judge = Callable[[LearnedPolicy, int, float], CurvePoint]


@dataclass
class _Judge:
    """Scores checkpoints on validation populations against today, same customers and luck."""

    setup: Setup
    pool: PopulationPool

    def __call__(self, policy: LearnedPolicy, steps: int, multiplier: float) -> CurvePoint:
        outcome = roll_out(policy, self.setup, self.pool, range(self.pool.count), against_twin=True)
        gaps = gaps_of(outcome, self.setup.parity)
        feasible = feasible_share(outcome)
        return CurvePoint(steps, float(outcome.profit.mean()), float(gaps.mean()), feasible, multiplier)


class CriticFirst(BaseCallback):
    """Holds the policy at greedy while the critic learns what greedy earns; first advantages are noise otherwise."""

    def __init__(self, steps: int) -> None:
        """Let the policy go after `steps`."""
        super().__init__()
        self.steps = steps

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        net = self.model.policy.mlp_extractor
        assert isinstance(net, CandidateNet)
        for held in (net.score.weight, net.log_sharpness):
            held.requires_grad_(self.num_timesteps >= self.steps)


class _Checkpoints(BaseCallback):
    """Looks at the policy every so often and keeps the best feasible one."""

    def __init__(
        self, judge: Judge, env: PenalisedVecEnv, settings: NetSettings, budget: Budget, progress: Progress | None
    ):
        super().__init__()
        self.judge, self.penalised, self.settings, self.budget, self.report = judge, env, settings, budget, progress
        self.curve: list[CurvePoint] = []
        self.best: dict[str, NDArray[np.float32]] = {}
        self.next_at = 0

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.report:
            self.report(self.num_timesteps)
        if self.num_timesteps >= self.next_at:
            self.look()
            self.next_at += max(1, self.budget.steps // self.budget.checkpoints)

    def look(self) -> None:
        """Judge the policy as it stands."""
        net = self.model.policy.mlp_extractor
        assert isinstance(net, CandidateNet)
        weights = {k: v.detach().numpy().copy() for k, v in net.state_dict().items()}
        point = self.judge(
            LearnedPolicy(self.settings, weights),
            self.num_timesteps,
            float(self.penalised.multipliers.max(initial=0.0)),
        )
        self.curve.append(point)
        if best_of(self.curve) is point:
            self.best = weights
        if self.report:
            self.report(point)


def train(
    simulator: Simulator,
    segmentation: Segmentation,
    setup: Setup,
    settings: NetSettings,
    *,
    seed: int,
    budget: Budget | None = None,
    hyper: Hyperparameters | None = None,
    progress: Progress | None = None,
) -> Training:
    """Train on `budget.train_populations` populations and return the best feasible checkpoint.

    Same arguments and seed, same weights, on the same machine type; one thread.
    """
    budget, hyper = budget or Budget(), hyper or Hyperparameters()
    th.set_num_threads(1)
    train_pool = PopulationPool(
        simulator, first_seed=TRAIN_SEED, count=budget.train_populations, n_customers=budget.n_customers
    )
    judge = _Judge(
        setup,
        PopulationPool(
            simulator,
            first_seed=VALIDATION_SEED,
            count=budget.validation_populations,
            n_customers=budget.n_customers,
        ),
    )
    anchor = Greedy(settings.layout, settings.horizon, settings.edit, settings.complexity, settings.tuning)
    env = PenalisedVecEnv(
        PooledVectorEnv(
            simulator=simulator, segmentation=segmentation, num_envs=budget.n_envs, setup=setup, pool=train_pool
        ),
        seed=seed,
        yardstick=reward_paths(anchor, setup, train_pool),
    )
    model = MaskablePPO(
        CandidatePolicy,
        env,
        learning_rate=_falling(hyper.learning_rate),
        n_steps=setup.horizon,
        batch_size=_minibatch(setup.horizon, budget.n_envs, at_most=hyper.minibatch),
        n_epochs=hyper.epochs,
        gamma=hyper.gamma,
        gae_lambda=hyper.gae_lambda,
        ent_coef=hyper.entropy,
        clip_range=hyper.clip,
        target_kl=hyper.target_kl,
        policy_kwargs={"net_kwargs": settings.kwargs()},
        seed=seed,
        device="cpu",
    )
    checkpoints = _Checkpoints(judge, env, settings, budget, progress)
    callbacks = [
        CriticFirst(int(hyper.critic_first * budget.steps)),
        DualAscent(env, rate=hyper.dual_rate),
        checkpoints,
    ]
    model.learn(budget.steps, callback=CallbackList(callbacks), log_interval=NEVER)
    checkpoints.look()
    manifest = {
        "steps": budget.steps,
        "seed": seed,
        "simulator": simulator.hash,
        "segmentation": segmentation.hash,
        "checkpoint": best_of(checkpoints.curve).steps,
    }
    return Training(LearnedPolicy(settings, checkpoints.best, manifest=manifest), tuple(checkpoints.curve), seed)


def _falling(rate: float) -> Callable[[float], float]:
    """Return the rate by the share of the budget that is left; never below zero, though a rollout may overrun it."""
    return lambda left: rate * max(left, 0.0)


def _minibatch(horizon: int, n_envs: int, *, at_most: int) -> int:
    """Return whole episodes that divide a rollout evenly: no small rest, whose advantages cannot be normalised."""
    episodes = max(k for k in range(1, n_envs + 1) if n_envs % k == 0 and (k == 1 or k * horizon <= at_most))
    return episodes * horizon
