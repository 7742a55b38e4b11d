"""Every learner of the registry learns a problem whose optimum is known, and repeats itself byte by byte."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from tests.agents.toy import Toy, gain, nobody_contacted, toy_net, toy_setup

from evenhand.agents import (
    ALGORITHMS,
    AlgorithmName,
    Budget,
    GreedyTuning,
    Hyperparameters,
    PopulationPool,
    Training,
    roll_out,
    train,
)
from evenhand.agents.learning.adapter import LearnerVecEnv, PooledVectorEnv
from evenhand.agents.learning.algorithms import falling, minibatch
from evenhand.envs import Setup
from evenhand.experiments.settings import StudySettings

FEW = Budget(
    steps=11_520,
    n_envs=32,
    n_customers=100,
    train_populations=32,
    validation_populations=8,
    confirmation_populations=16,
    checkpoints=4,
)
TINY = Budget(
    steps=96,
    n_envs=4,
    n_customers=40,
    train_populations=4,
    validation_populations=3,
    confirmation_populations=6,
    checkpoints=2,
)
TOY = Toy(affinity=(0.0, 1.0))  # one half pays, the other costs, nothing lasts


def trained(setup: Setup, algorithm: AlgorithmName, *, budget: Budget, seed: int = 0, **changes: Any) -> Training:
    """Train without greedy's estimate: everything must be learned."""
    settings = toy_net(setup, residual=False, tuning=GreedyTuning(periods=1.0))
    return train(
        TOY.simulator, nobody_contacted(), setup, settings, seed=seed, budget=budget, algorithm=algorithm, **changes
    )


def optimum(setup: Setup) -> float:
    """Return the best of all plans: whom to contact in each period, halves apart, an edit for each period of change."""
    plans = list(product((0, 1), repeat=2))
    worth = np.array([sum(0.5 * gain(TOY.affinity[h]) * plan[h] for h in (0, 1)) for plan in plans])
    best = -np.inf
    for path in product(range(4), repeat=setup.horizon):
        edits = sum(now != before for before, now in zip((0, *path), path, strict=False))
        best = max(best, worth[list(path)].sum() - setup.charges.edit * edits)
    return float(best)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_learner_finds_whom_to_contact(name: AlgorithmName) -> None:
    """Nine tenths of the best of all 65,536 plans, on populations that no training saw.

    Seed 0. Of seeds 0 to 2 all found it but one: PPO, without masks, of seed 2 stayed with contacting everyone.
    """
    setup = toy_setup()
    best = optimum(setup)
    assert best == pytest.approx(0.5 * gain(1.0) * setup.horizon - setup.charges.edit)
    pool = PopulationPool(TOY.simulator, first_seed=500_000_000, count=16, n_customers=100)
    policy = trained(setup, name, budget=FEW).policy
    found = roll_out(policy, setup, pool, range(16), against_twin=True).profit.mean() * setup.horizon
    assert found >= 0.9 * best


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(name: AlgorithmName, tmp_path: Path) -> None:
    setup = toy_setup(tolerance=0.1)
    for folder, seed in (("one", 5), ("same", 5), ("other", 6)):
        trained(setup, name, budget=TINY, seed=seed).policy.save(tmp_path / folder)
    one, same, other = (
        (tmp_path / folder / "weights.npz").read_bytes() + (tmp_path / folder / "policy.json").read_bytes()
        for folder in ("one", "same", "other")
    )
    assert one == same != other


@pytest.mark.parametrize("name", [name for name, learner in ALGORITHMS.items() if learner.advantages])
def test_what_is_taken_off_advantages_needs_no_rescaling(name: AlgorithmName, setup: Setup, toy: Toy) -> None:
    """The learner normalises them in every minibatch; if that ends, decision 7 must be thought over."""
    pool = PopulationPool(toy.simulator, first_seed=1, count=2, n_customers=40)
    env = PooledVectorEnv(
        simulator=toy.simulator, segmentation=nobody_contacted(), num_envs=2, setup=setup, pool=pool, seed=0
    )
    adapter = LearnerVecEnv(env, yardstick=np.zeros((2, setup.horizon)))
    model: Any = ALGORITHMS[name].make(adapter, toy_net(setup), Hyperparameters(), 0)
    assert model.normalize_advantage


@pytest.mark.parametrize(
    ("horizon", "n_envs", "size"), [(26, 64, 416), (27, 64, 216), (26, 33, 286), (26, 61, 26), (520, 4, 520), (2, 1, 2)]
)
def test_minibatches_divide_a_rollout(horizon: int, n_envs: int, size: int) -> None:
    """A small rest would be normalised by its own spread: one step alone gives NaN weights."""
    assert minibatch(horizon, n_envs, at_most=416) == size
    assert horizon * n_envs % size == 0


def test_the_learning_rate_falls_to_zero_and_not_below() -> None:
    """The last rollout may end beyond the budget; a negative rate would unlearn."""
    rate = falling(2e-3)
    assert (rate(1.0), rate(0.5), rate(0.0), rate(-0.3)) == (2e-3, 1e-3, 0.0, 0.0)


def test_a_study_may_choose_any_learner() -> None:
    """The settings name them without loading a learner, so that commands start fast."""
    assert get_args(StudySettings.model_fields["algorithm"].annotation) == tuple(ALGORITHMS)
