"""A short training as a process of its own, to be killed: `python -m tests.agents.learning.killable FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.agents.toy import Toy, nobody_contacted, toy_net, toy_setup

from evenhand.agents import Budget, DualSettings, GreedyTuning, Hyperparameters, Training, train
from evenhand.agents.learning.checkpoints import Progress

TOY = Toy(affinity=(0.3, 1.0), mixed=0.2)
BUDGET = Budget(
    steps=640,
    n_envs=8,
    n_customers=40,
    train_populations=8,
    validation_populations=3,
    confirmation_populations=6,
    checkpoints=4,
)
# Fast enough to turn greedy into a fair policy on the way, so that what is kept was learned.
HYPER = Hyperparameters(
    learning_rate=3e-4, critic_first=0.0, minibatch=32, target_kl=None, dual=DualSettings(proportional=20.0, cap=20.0)
)


def half_done(
    snapshot: Path | None, *, seed: int = 3, budget: Budget = BUDGET, progress: Progress | None = None
) -> Training:
    """Train ten rollouts under a constraint, from `snapshot` on if it is there."""
    setup = toy_setup(tolerance=0.1)
    settings = toy_net(setup, tuning=GreedyTuning(periods=1.0))
    return train(
        TOY.simulator, nobody_contacted(), setup, settings, seed=seed, budget=budget, hyper=HYPER,
        snapshot=snapshot, progress=progress,
    )  # fmt: skip


def saved(training: Training, folder: Path) -> tuple[bytes, ...]:
    """Return the bytes of the policy's files."""
    training.policy.save(folder)
    return tuple((folder / name).read_bytes() for name in ("policy.json", "weights.npz"))


if __name__ == "__main__":
    out = Path(sys.argv[1])
    saved(half_done(out / "half.npz"), out / "policy")
