"""Fairness is learned: what a rollout is charged, and a problem of known optimum, solved without the shield."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from tests.agents.toy import Toy, gain, nobody_contacted, toy_layout, toy_net, toy_setup

from evenhand.agents import (
    Budget,
    DualSettings,
    GreedyTuning,
    Hyperparameters,
    Outcomes,
    PopulationPool,
    feasible_share,
    roll_out,
    train,
)
from evenhand.agents.learning.adapter import LearnerVecEnv, PooledVectorEnv
from evenhand.agents.learning.cost_critic import CostCritic
from evenhand.agents.learning.dual import Dual
from evenhand.agents.learning.lagrange import Lagrange
from evenhand.envs import Setup

TOLERANCE, MIXED = 0.1, 0.2
TOY = Toy(affinity=(0.3, 1.0), mixed=MIXED)  # one half pays, the other costs a little; sides mostly follow the halves
ENOUGH = Budget(
    steps=7_680,
    n_envs=32,
    n_customers=100,
    train_populations=32,
    validation_populations=16,
    confirmation_populations=32,
    checkpoints=6,
)


# ------------------------------------------------------------------------------------------- what is charged


def lagrange(setup: Setup, settings: DualSettings) -> Lagrange:
    pool = PopulationPool(TOY.simulator, first_seed=1, count=2, n_customers=40)
    env = PooledVectorEnv(
        simulator=TOY.simulator, segmentation=nobody_contacted(), num_envs=2, setup=setup, pool=pool, seed=0
    )
    adapter = LearnerVecEnv(env, yardstick=np.zeros((2, setup.horizon)))
    critic = CostCritic(toy_layout(setup).n_context, len(adapter.cost_names), learning_rate=1e-3, epochs=1)
    return Lagrange(adapter, critic, settings, gae_lambda=1.0)


def test_a_step_is_charged_the_costs_that_follow_it_at_their_multipliers() -> None:
    """By hand, with a critic that foretells nothing yet: a rollout moves the multipliers first."""
    held = lagrange(toy_setup(tolerance=TOLERANCE), DualSettings(rate=0.5, proportional=0.0, tail=1.0))
    rng = np.random.default_rng(0)
    costs, seen = rng.uniform(0.01, 0.1, size=(8, 3, 2)), rng.normal(size=(8, 3, 60)).astype(np.float32)
    charged = held.charge(costs, seen)
    multipliers = 0.5 * costs.sum(axis=0).mean(axis=0)
    np.testing.assert_allclose(held.dual.multipliers, multipliers)
    np.testing.assert_allclose(charged, costs[::-1].cumsum(axis=0)[::-1] @ multipliers)


def test_while_constraints_hold_nothing_is_charged() -> None:
    held = lagrange(toy_setup(tolerance=TOLERANCE), DualSettings())
    seen = np.zeros((8, 3, 60), np.float32)
    assert not held.charge(np.full((8, 3, 2), -0.01), seen).any()
    held.dual = Dual(*np.full((3, 2), 0.2))
    assert held.charge(np.random.default_rng(0).normal(size=(8, 3, 2)), seen).any()


# ------------------------------------------------------------------------------------------- it is learned


def fair_optimum(setup: Setup) -> float:
    """Return the best of all plans that keep the tolerance in expectation, whom to contact in each period.

    Of the sides a share of 1 - MIXED and MIXED lives in either half, so contacting one half alone opens a gap of
    1 - 2 MIXED in that period, for or against the same side.
    """
    plans = list(product((0, 1), repeat=2))
    worth = np.array([sum(0.5 * gain(TOY.affinity[h]) * plan[h] for h in (0, 1)) for plan in plans])
    opened = np.array([(plan[1] - plan[0]) * (1 - 2 * MIXED) for plan in plans])
    best = -np.inf
    for path in product(range(4), repeat=setup.horizon):
        if abs(opened[list(path)].mean()) <= setup_tolerance(setup):
            edits = sum(now != before for before, now in zip((0, *path), path, strict=False))
            best = max(best, worth[list(path)].sum() - setup.charges.edit * edits)
    return float(best)


def setup_tolerance(setup: Setup) -> float:
    assert setup.parity is not None
    return setup.parity.tolerance


def learned(setup: Setup, dual: DualSettings) -> Outcomes:
    """Return what a training that starts from unfair greedy brings on populations that it never saw."""
    settings = toy_net(setup, tuning=GreedyTuning(periods=1.0))
    training = train(
        TOY.simulator, nobody_contacted(), setup, settings, seed=0, budget=ENOUGH, hyper=Hyperparameters(dual=dual)
    )
    pool = PopulationPool(TOY.simulator, first_seed=500_000_000, count=32, n_customers=100)
    return roll_out(training.policy, setup, pool, range(32), against_twin=True)


@pytest.mark.parametrize("tail", [1.0, 0.25])
def test_the_fair_optimum_is_learned_without_the_shield(tail: float) -> None:
    setup = toy_setup(tolerance=TOLERANCE)
    assert not setup.shield
    best = fair_optimum(setup)
    assert best == pytest.approx(0.5 * sum(gain(a) for a in TOY.affinity) * setup.horizon - setup.charges.edit)
    outcome = learned(setup, DualSettings(tail=tail))
    assert feasible_share(outcome) == 1.0
    assert outcome.profit.mean() * setup.horizon >= 0.9 * best


def test_without_multipliers_the_same_training_stays_unfair_and_earns_more() -> None:
    setup = toy_setup(tolerance=TOLERANCE)
    outcome = learned(setup, DualSettings(cap=0.0))
    assert feasible_share(outcome) == 0.0
    assert outcome.profit.mean() * setup.horizon > 1.1 * fair_optimum(setup)
