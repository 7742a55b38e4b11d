"""Ranking anew: a price and a threshold on what candidates are foretold to do, on top of any scorer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.agents.conftest import Seen
from tests.agents.toy import Toy, toy_greedy, toy_layout, toy_net, toy_setup

from evenhand.agents import PopulationPool, RandomValid, feasible_share, roll_out
from evenhand.agents.learning.learned import LearnedPolicy
from evenhand.agents.learning.network import CandidateNet
from evenhand.agents.reranking import Reranked, Reranking, Score, as_unconstrained, tune_reranking
from evenhand.envs import Setup, World


def test_without_price_and_limit_the_policy_beneath_is_left_as_it_is(seen: Seen) -> None:
    greedy = toy_greedy(seen.setup)
    ranked = Reranked(greedy.scores, toy_layout(seen.setup))
    np.testing.assert_array_equal(
        ranked.choose(seen.observations, seen.masks), greedy.choose(seen.observations, seen.masks)
    )


def test_beyond_the_limit_nothing_is_chosen_unless_there_is_nothing_else(seen: Seen) -> None:
    layout, limit = toy_layout(seen.setup), -0.3
    rows = Reranked(toy_greedy(seen.setup).scores, layout, Reranking(limit=limit)).choose(seen.observations, seen.masks)
    slack = np.where(seen.masks, layout.candidate(seen.observations, "slack"), np.inf)
    chosen, nearest = slack[np.arange(len(rows)), rows], slack.min(axis=1)
    assert (chosen <= np.maximum(nearest, limit) + 2e-5).all()
    assert (nearest > limit).any()
    assert (nearest < limit).any()


def test_a_high_price_takes_the_least_slack_and_no_unit_of_scores_matters(seen: Seen) -> None:
    layout, greedy = toy_layout(seen.setup), toy_greedy(seen.setup)
    slack = np.where(seen.masks, layout.candidate(seen.observations, "slack"), np.inf)
    dear = Reranked(greedy.scores, layout, Reranking(price=1e6)).choose(seen.observations, seen.masks)
    chosen = slack[np.arange(len(dear)), dear]
    np.testing.assert_allclose(np.maximum(chosen, -1), np.maximum(slack.min(axis=1), -1), atol=1e-4)

    def in_unit(unit: float) -> Score:
        return lambda observations: unit * greedy.scores(observations)

    fair = [Reranked(in_unit(unit), layout, Reranking(price=0.7)) for unit in (1.0, 1000.0)]
    one, other = (policy.choose(seen.observations, seen.masks) for policy in fair)
    np.testing.assert_array_equal(one, other)
    assert (one != greedy.choose(seen.observations, seen.masks)).any()


def test_a_scorer_that_learned_without_constraints_sees_what_it_saw_then(setup: Setup, pool: PopulationPool) -> None:
    """Two worlds of the same customers and tweaks, one of them without constraints, show the same to the last bit."""
    with_, without = World(setup), World(replace(setup, constraints=()))
    for world in (with_, without):
        world.reset([pool(k) for k in range(4)], np.arange(4, dtype=np.uint64))
    policy, done = RandomValid(), False
    policy.reset(0)
    while not done:
        np.testing.assert_array_equal(as_unconstrained(with_.observation, toy_layout(setup)), without.observation)
        rows = policy.choose(with_.observation, with_.allowed())
        _, _, done = with_.step(rows)
        without.step(rows)
    assert (with_.observation != without.observation).any()


def test_tuning_finds_a_policy_within_the_limits_where_its_scorer_is_not() -> None:
    """Greedy contacts one side only, which earns most; ranked anew it keeps both sides within the tolerance."""
    toy, setup = Toy(affinity=(0.2, 1.0)), toy_setup(tolerance=0.3)
    pool, unseen = (
        PopulationPool(toy.simulator, first_seed=seed, count=4, n_customers=80) for seed in (200, 500)
    )  # fmt: skip
    greedy, layout = toy_greedy(setup), toy_layout(setup)
    found = tune_reranking(greedy.scores, layout, setup, pool)
    assert feasible_share(roll_out(greedy, setup, unseen, range(4))) == 0
    ranked = roll_out(Reranked(greedy.scores, layout, found.tuning), setup, unseen, range(4), against_twin=True)
    assert feasible_share(ranked) == 1
    assert ranked.profit.mean() > 0
    assert found.tried > 5


def test_a_learned_policys_logits_are_scores_too(seen: Seen) -> None:
    settings = toy_net(seen.setup)
    weights = {k: v.numpy() for k, v in CandidateNet(**settings.kwargs()).state_dict().items()}
    policy = LearnedPolicy(settings, weights)
    ranked = Reranked(policy.logits, settings.layout)
    np.testing.assert_array_equal(
        ranked.choose(seen.observations, seen.masks), policy.choose(seen.observations, seen.masks)
    )


@pytest.mark.parametrize("limit", [0.0, -0.5])
def test_a_lower_limit_earns_no_wider_gap(limit: float) -> None:
    toy, setup = Toy(affinity=(0.2, 1.0)), toy_setup(tolerance=0.3)
    pool = PopulationPool(toy.simulator, first_seed=7, count=3, n_customers=80)
    gaps = [
        roll_out(
            Reranked(toy_greedy(setup).scores, toy_layout(setup), Reranking(limit=one)), setup, pool, range(3)
        ).gap(0, (0, 1))
        for one in (np.inf, limit)
    ]
    assert gaps[1].mean() < gaps[0].mean()
