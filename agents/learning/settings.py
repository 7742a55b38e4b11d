"""What one training may spend, and how it learns: one small dataclass per thing configured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Budget", "DualSettings", "Hyperparameters"]


@dataclass(frozen=True)
class Budget:
    """How much is spent on one training, in steps, never in seconds."""

    steps: int = 200_000
    n_envs: int = 64
    n_customers: int = 1000
    train_populations: int = 512
    validation_populations: int = 32
    confirmation_populations: int = 1024  # on which the best checkpoint has to beat the start
    checkpoints: int = 10
    patience: int | None = None  # looks without a better checkpoint that end a training; None spends all steps


@dataclass(frozen=True)
class DualSettings:
    """How the multipliers of the constraints move, once a rollout; they are money per customer and unit of cost.

    lambda = clip(proportional * slack + integral + derivative * rise of the slack, 0, cap), with
    integral <- clip(integral + rate * slack, 0, cap): the PID controller of Stooke, Achiam and Abbeel, "Responsive
    safety in reinforcement learning by PID Lagrangian methods" (2020). With the two other gains at zero it is plain
    projected dual ascent.
    """

    rate: float = 0.5
    proportional: float = 1.0
    derivative: float = 0.0
    cap: float = 5.0
    tail: float = 0.25  # the slack is the mean of this share of the episodes, the worst ones; 1 is the plain mean


@dataclass(frozen=True)
class Hyperparameters:
    """Of the learner; what an algorithm has no use for (clipping in DQN) it leaves alone."""

    learning_rate: float = 2e-3  # falls to zero along the budget
    effects: Literal["expected", "drawn"] = "expected"  # of training populations: prior means, or each its own draw
    epochs: int = 8  # times that every step of a rollout is learned from
    minibatch: int = 416  # at most, where a single episode is not longer
    gae_lambda: float = 0.95  # of money and of costs
    gamma: float = (
        1.0  # the horizon is finite and time is observed; costs are never discounted, they are limits on sums
    )
    entropy: float = 0.0  # greedy's own noise explores enough; more of it only costs edits
    clip: float = 0.2
    critic_first: float = 0.1  # share of the steps before the policy may leave greedy
    target_kl: float | None = 0.03
    cost_rate: float = 1e-3  # learning rate of the cost critic
    dual: DualSettings = field(default_factory=DualSettings)
