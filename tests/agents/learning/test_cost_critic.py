"""What a tweak answers for: advantages of costs, and the critic that foretells them."""

from __future__ import annotations

import numpy as np
import torch as th

from evenhand.agents.learning.cost_critic import CostCritic, advantages

RNG = np.random.default_rng(3)
COSTS, VALUES = RNG.normal(size=(6, 4, 2)), RNG.normal(size=(6, 4, 2))


def test_at_lambda_one_an_advantage_is_all_that_is_charged_later_less_what_was_foretold() -> None:
    later = COSTS[::-1].cumsum(axis=0)[::-1]
    np.testing.assert_allclose(advantages(COSTS, VALUES, 1.0), later - VALUES)


def test_at_lambda_zero_it_is_the_surprise_of_one_period() -> None:
    found = advantages(COSTS, VALUES, 0.0)
    np.testing.assert_allclose(found[2], COSTS[2] + VALUES[3] - VALUES[2])
    np.testing.assert_allclose(found[5], COSTS[5] - VALUES[5])  # nothing is charged behind the horizon


def test_between_it_is_the_weighted_sum_of_later_surprises() -> None:
    surprise = advantages(COSTS, VALUES, 0.0)
    by_hand = sum(0.7**k * surprise[1 + k] for k in range(5))
    np.testing.assert_allclose(advantages(COSTS, VALUES, 0.7)[1], by_hand)


def test_a_perfect_forecast_leaves_nothing_to_answer_for() -> None:
    later = COSTS[::-1].cumsum(axis=0)[::-1]
    np.testing.assert_allclose(advantages(COSTS, later, 0.95), 0.0, atol=1e-12)


def test_the_critic_learns_costs_of_any_unit() -> None:
    """Two constraints that hang on what is seen, a thousand times apart; the rest of an observation is not read."""
    th.manual_seed(0)
    critic = CostCritic(3, 2, learning_rate=1e-2, epochs=60)
    seen = np.random.default_rng(0).normal(size=(500, 5)).astype(np.float32)
    assert not critic.values(seen).any()
    targets = np.stack([0.001 * seen[:, 0], 1.0 * seen[:, 1] - seen[:, 2]], axis=1).astype(np.float64)
    critic.learn(seen, targets)
    left = (critic.values(seen) - targets).std(axis=0) / targets.std(axis=0)
    assert (left < 0.1).all()
    seen[:, 3:] = 9.0
    assert (abs(critic.values(seen) - targets).mean(axis=0) < 0.1 * targets.std(axis=0)).all()


def test_a_cost_that_never_varies_is_foretold_without_a_warning() -> None:
    critic = CostCritic(3, 1, learning_rate=1e-2, epochs=200)
    seen = np.zeros((10, 3), np.float32)
    critic.learn(seen, np.full((10, 1), 0.25))
    np.testing.assert_allclose(critic.values(seen), 0.25, atol=0.05)
