"""What Stable-Baselines3 is shown: rewards less greedy's own, costs beside them, masks, last states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from tests.agents.toy import Toy, nobody_contacted, toy_greedy, toy_layout

from evenhand.agents import PopulationPool, RandomValid
from evenhand.agents.learning.adapter import UNIT_SLACK, LearnerVecEnv, PooledVectorEnv
from evenhand.agents.policy import Observations, Rows
from evenhand.agents.rollout import reward_paths
from evenhand.envs import Reviewer, Setup


def make(toy: Toy, setup: Setup, pool: PopulationPool, *, seed: int = 0, yardstick: bool = True) -> LearnerVecEnv:
    env = PooledVectorEnv(
        simulator=toy.simulator, segmentation=nobody_contacted(), num_envs=4, setup=setup, pool=pool, seed=seed
    )
    paths = reward_paths(toy_greedy(setup), setup, pool) if yardstick else np.zeros((pool.count, setup.horizon))
    return LearnerVecEnv(env, yardstick=paths)


def stepped(env: LearnerVecEnv, rows: Rows) -> tuple[Observations, np.ndarray, np.ndarray, list[dict[str, Any]]]:
    """Step as SB3 does it, which types observations more widely than these are."""
    env.step_async(rows)
    return env.step_wait()


def test_greedy_earns_exactly_nothing_beyond_its_own_yardstick(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    env, greedy = make(toy, setup, pool), toy_greedy(setup)
    observations = env.reset()
    for _ in range(2 * setup.horizon):
        observations, rewards, _, _ = stepped(env, greedy.choose(observations, env.action_masks()))
        assert not rewards.any()
    bare = make(toy, setup, pool, yardstick=False)
    observations = bare.reset()
    assert bare.step(greedy.choose(observations, bare.action_masks()))[1].any()


def test_a_learner_meets_the_reviewer_that_greedy_met(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    """The yardstick met the same rejections and delays; while a tweak is in review the mask offers hold alone."""
    strict = replace(setup, reviewer=Reviewer(reject=0.2, delay=0.5))
    env, greedy, waited = make(toy, strict, pool), toy_greedy(strict), 0
    observations = env.reset()
    for _ in range(2 * setup.horizon):
        waiting = env.env.world.desk.waiting
        assert (env.action_masks()[waiting].sum(axis=1) == 1).all()
        waited += int(waiting.sum())
        observations, rewards, _, _ = stepped(env, greedy.choose(observations, env.action_masks()))
        assert not rewards.any()
    assert waited


def test_costs_stand_beside_the_rewards_and_add_up_to_the_gap_less_the_tolerance(
    toy: Toy, setup: Setup, pool: PopulationPool
) -> None:
    """The world's own count of benefits is the oracle, and a world without the constraint that of the rewards."""
    env, free, greedy = make(toy, setup, pool), make(toy, replace(setup, constraints=()), pool), toy_greedy(setup)
    observations, costs = env.reset(), np.zeros((4, len(env.cost_names)))
    free.reset()
    totals, sizes = env.env.world.totals, env.env.world.members[:, 0, :2].copy()
    for _ in range(setup.horizon):
        rows = greedy.choose(observations, env.action_masks())
        observations, rewards, _, infos = stepped(env, rows)
        _, same, _, none = stepped(free, rows)
        np.testing.assert_array_equal(rewards, same)
        assert not any(info["cost"].size for info in none)
        costs += np.array([info["cost"] for info in infos])
    assert setup.parity is not None
    rates = totals.benefits[:, 0, :2] / sizes / setup.horizon
    slack = costs * setup.parity.tolerance / UNIT_SLACK
    np.testing.assert_allclose(slack[:, 0], rates[:, 0] - rates[:, 1] - setup.parity.tolerance, atol=1e-6)
    np.testing.assert_allclose(slack[:, 1], rates[:, 1] - rates[:, 0] - setup.parity.tolerance, atol=1e-6)
    assert slack.any()


def test_an_action_that_is_not_allowed_holds(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    env, holding = make(toy, setup, pool), make(toy, setup, pool)
    env.reset(), holding.reset()
    forbidden = env.action_masks().argmin(axis=1)
    assert forbidden.all()
    np.testing.assert_array_equal(stepped(env, forbidden)[0], stepped(holding, np.zeros(4, np.int64))[0])


def test_the_last_state_and_the_return_of_an_episode_arrive(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    env, policy = make(toy, setup, pool), RandomValid()
    observations, layout = env.reset(), toy_layout(setup)
    total, numbers = np.zeros(4), env.env.numbers.copy()
    for t in range(setup.horizon):
        before = observations
        observations, rewards, done, infos = stepped(env, policy.choose(observations, env.action_masks()))
        assert done.all() == (t == setup.horizon - 1)
        total += rewards
    ends = np.stack([info["terminal_observation"] for info in infos])
    assert not layout.time_left(ends).any()
    assert (layout.time_left(observations) == 1).all()
    assert (layout.time_left(before) > 0).all()
    np.testing.assert_allclose([info["episode"]["r"] for info in infos], total)
    assert all(info["episode"]["l"] == setup.horizon for info in infos)
    assert (env.env.numbers != numbers).any()
    np.testing.assert_array_equal(env.action_masks(), env.env.world.allowed())


def test_masks_are_those_of_the_world(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    env = make(toy, setup, pool)
    env.reset()
    assert is_masking_supported(env)
    masks = get_action_masks(env)
    np.testing.assert_array_equal(masks, env.env.world.allowed())
    assert masks[:, 0].all()
    assert env.has_attr("action_masks")
    assert not env.has_attr("render")
    with pytest.raises(AttributeError, match="render"):
        env.env_method("render")
    with pytest.raises(AttributeError, match="setup"):
        env.set_attr("setup", None)
    assert env.get_attr("num_envs") == [4] * 4
    assert env.env_is_wrapped(LearnerVecEnv) == [False] * 4
    env.close()


def test_the_seed_and_the_number_of_an_episode_say_whom_it_meets(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    one, same, other = (make(toy, setup, pool, seed=s, yardstick=False) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.reset(), same.reset())
    other.reset()
    assert one.env.numbers.tolist() == same.env.numbers.tolist() != other.env.numbers.tolist()
    third = [one.reset() for _ in range(2)][1]
    same.env.draws = 2
    np.testing.assert_array_equal(same.reset(), third)
    assert one.seed(7) == [1] * 4
