"""Training: a learner on distributions of populations, and the checkpoint that beats its start on fresh ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import stable_baselines3 as sb3
import torch as th
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat

from evenhand.agents.baselines.greedy import Greedy
from evenhand.agents.feasible import best_of
from evenhand.agents.learning.adapter import LearnerVecEnv, PooledVectorEnv
from evenhand.agents.learning.algorithms import ALGORITHMS, AlgorithmName
from evenhand.agents.learning.checkpoints import CurvePoint, Looks, Progress, Validation
from evenhand.agents.learning.confirmation import Confirmation
from evenhand.agents.learning.cost_critic import CostCritic
from evenhand.agents.learning.lagrange import Lagrange
from evenhand.agents.learning.learned import LearnedPolicy, NetSettings
from evenhand.agents.learning.policies import net_of
from evenhand.agents.learning.resume import LuckOfARollout, Resume
from evenhand.agents.learning.settings import Budget, Hyperparameters
from evenhand.agents.learning.snapshot import digest
from evenhand.agents.rollout import PopulationPool, reward_paths
from evenhand.envs import Setup
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["CONFIRMATION_SEED", "TRAIN_SEED", "VALIDATION_SEED", "CriticFirst", "Training", "train"]

# Seeds of populations: never shared with evaluation.
TRAIN_SEED, VALIDATION_SEED, CONFIRMATION_SEED = 100_000_000, 200_000_000, 250_000_000
NEVER = 10**9  # rollouts between lines of SB3's own log


@dataclass(frozen=True)
class Training:
    """What a training gave: the chosen policy and how it got there."""

    policy: LearnedPolicy
    curve: tuple[CurvePoint, ...]
    seed: int
    confirmation: Confirmation | None = None  # None where no look was better than the start

    @property
    def kept(self) -> CurvePoint:
        """The checkpoint that the policy is: the start, or the best feasible one that beats it beyond chance."""
        return best_of(self.curve) if self.learned else self.curve[0]

    @property
    def learned(self) -> bool:
        """Whether a checkpoint beat the start; otherwise the policy is the start, untouched."""
        return self.confirmation is not None and self.confirmation.holds

    @property
    def gain(self) -> float:
        """What the policy earned beyond the start where it was confirmed, money per customer and period."""
        return self.confirmation.gain if self.confirmation and self.learned else 0.0

    @property
    def feasible(self) -> float:
        """The share of populations in which the policy kept every constraint, where it was confirmed."""
        found = self.confirmation
        if found is None:
            return self.curve[0].feasible
        return found.feasible if self.learned else found.start_feasible


class CriticFirst(BaseCallback):
    """Holds the policy at its start while the critic learns what that earns; first advantages are noise otherwise."""

    def __init__(self, steps: int) -> None:
        """Let the policy go after `steps`."""
        super().__init__()
        self.steps = steps

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        for name, held in net_of(self.model).named_parameters():
            held.requires_grad_(name.startswith("value") or self.num_timesteps >= self.steps)


def train(
    simulator: Simulator,
    segmentation: Segmentation,
    setup: Setup,
    settings: NetSettings,
    *,
    seed: int,
    algorithm: AlgorithmName = "maskable-ppo",
    beginning: Segmentation | None = None,
    budget: Budget | None = None,
    hyper: Hyperparameters | None = None,
    snapshot: Path | None = None,
    logs: Path | None = None,
    progress: Progress | None = None,
) -> Training:
    """Train on `budget.train_populations` populations and return the start, or the checkpoint that beats it on others.

    Same arguments and seed, same weights, on the same machine type; one thread. With `snapshot`, a file, the state is
    kept there before every rollout, and a training that finds its own state there goes on from it to the same end
    (ArtefactError for another training's). `logs` is a folder for TensorBoard. Episodes begin with the plan `beginning`
    where one is given, and the policy says so wherever it goes; else with today's `segmentation`.
    """
    setup = setup.begun_with(beginning) if beginning else setup
    budget, hyper = budget or Budget(), hyper or Hyperparameters()
    learner = ALGORITHMS[algorithm]
    th.set_num_threads(1)

    def pool(first_seed: int, count: int, *, expected: bool = False, keep: bool = True) -> PopulationPool:
        return PopulationPool(
            simulator, first_seed=first_seed, count=count, n_customers=budget.n_customers, expected=expected, keep=keep
        )

    seen = pool(TRAIN_SEED, budget.train_populations, expected=hyper.effects == "expected")
    anchor = Greedy(settings.layout, settings.horizon, settings.edit, settings.complexity, settings.tuning)
    env = LearnerVecEnv(
        PooledVectorEnv(
            simulator=simulator, segmentation=segmentation, num_envs=budget.n_envs, setup=setup, pool=seen, seed=seed
        ),
        yardstick=reward_paths(anchor, setup, seen),
    )
    model = learner.make(env, settings, hyper, seed)
    model.set_logger(Logger(None, [TensorBoardOutputFormat(str(logs))] if logs else []))
    lagrange = _lagrange(env, settings, hyper) if learner.advantages and env.cost_names else None
    looks = Looks(
        Validation(setup, pool(VALIDATION_SEED, budget.validation_populations)),
        settings,
        budget,
        multiplier=lambda: float(lagrange.dual.multipliers.max()) if lagrange else 0.0,
        report=progress,
    )
    callbacks: list[BaseCallback] = [looks]
    done = 0
    if learner.advantages:
        callbacks.append(CriticFirst(int(hyper.critic_first * budget.steps)))
        if snapshot:
            of = _told_apart(simulator, segmentation, setup, settings, budget, hyper, algorithm=algorithm, seed=seed)
            resume = Resume(snapshot, of, looks, lagrange)
            done = resume.restore(model)
            callbacks.append(resume)
    callbacks += [LuckOfARollout(seed), *([lagrange] if lagrange else [])]
    env.env.draws = done // (budget.n_envs * setup.horizon)
    every = 1 if learner.advantages else budget.n_envs  # SB3 counts rollouts in the one, episodes in the other
    model.learn(
        budget.steps - done,
        callback=CallbackList(callbacks),
        log_interval=every if logs else NEVER,
        reset_num_timesteps=False,
    )
    looks.finish()
    model.logger.dump(model.num_timesteps)
    model.logger.close()
    fresh = Validation(setup, pool(CONFIRMATION_SEED, budget.confirmation_populations, keep=False))
    training = _confirmed(looks, settings, fresh, seed)
    manifest = {
        "steps": budget.steps,
        "seed": seed,
        "algorithm": algorithm,
        "simulator": simulator.hash,
        "segmentation": segmentation.hash,
        "checkpoint": training.kept.steps,
        "hyperparameters": asdict(hyper),
        **({"beginning": beginning.to_dict()} if beginning else {}),
    }
    return replace(training, policy=LearnedPolicy(settings, training.policy.weights, manifest=manifest))


def _confirmed(looks: Looks, settings: NetSettings, judge: Validation, seed: int) -> Training:
    """Return the training with the best checkpoint as its policy if that beats the start once more, else the start."""
    start, best = (LearnedPolicy(settings, weights) for weights in (looks.start, looks.best))
    curve = tuple(looks.curve)
    if best_of(curve) is curve[0]:
        return Training(start, curve, seed)
    tried = Training(best, curve, seed, Confirmation.of(judge(best), judge(start)))
    return tried if tried.learned else replace(tried, policy=start)


def _lagrange(env: LearnerVecEnv, settings: NetSettings, hyper: Hyperparameters) -> Lagrange:
    critic = CostCritic(
        settings.layout.n_context, len(env.cost_names), learning_rate=hyper.cost_rate, epochs=hyper.epochs
    )
    return Lagrange(env, critic, hyper.dual, gae_lambda=hyper.gae_lambda)


def _told_apart(
    simulator: Simulator,
    segmentation: Segmentation,
    setup: Setup,
    settings: NetSettings,
    budget: Budget,
    hyper: Hyperparameters,
    **others: Any,
) -> dict[str, Any]:
    """Return what tells this training from any other that would end with other bytes, as plain data."""
    return {
        "simulator": simulator.hash,
        "segmentation": segmentation.hash,
        "setup": digest(setup),
        "network": asdict(settings),
        "budget": asdict(budget),
        "hyper": asdict(hyper),
        "versions": {"torch": th.__version__, "stable-baselines3": sb3.__version__, "numpy": np.__version__},
        **others,
    }
