"""What Stable-Baselines3 is shown: rewards less greedy's own and less the price of unfairness, masks, last states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from tests.agents.toy import Toy, nobody_contacted, toy_greedy, toy_layout

from evenhand.agents import PopulationPool, RandomValid
from evenhand.agents.learning.adapter import PenalisedVecEnv, PooledVectorEnv
from evenhand.agents.learning.lagrange import DualAscent
from evenhand.agents.policy import Observations, Rows
from evenhand.agents.rollout import reward_paths
from evenhand.envs import Setup
from evenhand.envs.env import REWARD_SCALE


def make(toy: Toy, setup: Setup, pool: PopulationPool, *, seed: int = 0, yardstick: bool = True) -> PenalisedVecEnv:
    env = PooledVectorEnv(simulator=toy.simulator, segmentation=nobody_contacted(), num_envs=4, setup=setup, pool=pool)
    paths = reward_paths(toy_greedy(setup), setup, pool) if yardstick else np.zeros((pool.count, setup.horizon))
    return PenalisedVecEnv(env, seed=seed, yardstick=paths)


def stepped(env: PenalisedVecEnv, rows: Rows) -> tuple[Observations, np.ndarray, np.ndarray, list[dict[str, Any]]]:
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


def test_multipliers_charge_each_pair_of_groups_for_its_slack(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    free, priced, policy = make(toy, setup, pool), make(toy, setup, pool), RandomValid()
    priced.multipliers = np.array([[0.0, 2.0], [0.5, 0.0]])
    observations = free.reset()
    np.testing.assert_array_equal(priced.reset(), observations)
    difference = np.zeros(4)
    for _ in range(setup.horizon):
        rows = policy.choose(observations, free.action_masks())
        observations, rewards, _, _ = stepped(free, rows)
        difference += rewards - priced.step(rows)[1]
    slack = np.array(free.episode_costs)  # (4, 2, 2)
    assert slack.shape == (4, 2, 2)
    assert slack.any()
    np.testing.assert_allclose(difference, REWARD_SCALE * (2.0 * slack[:, 0, 1] + 0.5 * slack[:, 1, 0]), atol=1e-9)
    np.testing.assert_array_equal(free.episode_costs, priced.episode_costs)


def test_the_cost_of_an_episode_is_its_gap_less_the_tolerance(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    env, greedy = make(toy, setup, pool), toy_greedy(setup)
    observations = env.reset()
    for _ in range(setup.horizon):
        observations, _, done, _ = stepped(env, greedy.choose(observations, env.action_masks()))
    assert done.all()
    assert setup.constraint is not None
    slack = np.array(env.episode_costs)
    np.testing.assert_allclose(slack[:, 0, 1] + slack[:, 1, 0], -2 * setup.constraint.tolerance)


def test_the_last_state_and_the_return_of_an_episode_arrive(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    env, policy = make(toy, setup, pool), RandomValid()
    env.multipliers = np.full((2, 2), 3.0)
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
    unpriced = [info["episode"]["r"] for info in infos]
    assert (np.array(unpriced) != total).all()  # the logged return is money, not money less the price of unfairness
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
    assert env.env_is_wrapped(PenalisedVecEnv) == [False] * 4
    env.close()


def test_the_seed_makes_what_follows_reproducible(toy: Toy, setup: Setup, pool: PopulationPool) -> None:
    one, same, other = (make(toy, setup, pool, seed=s, yardstick=False) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.reset(), same.reset())
    other.reset()
    assert one.env.numbers.tolist() == same.env.numbers.tolist() != other.env.numbers.tolist()
    assert other.seed(1) == [1] * 4
    np.testing.assert_array_equal(other.reset(), make(toy, setup, pool, seed=1).reset())


def test_multipliers_climb_the_mean_slack_and_never_fall_below_zero(
    toy: Toy, setup: Setup, pool: PopulationPool
) -> None:
    """By hand: rate 0.5 on the mean of the finished episodes, projected on [0, cap]."""
    env = make(toy, setup, pool, yardstick=False)
    ascent = DualAscent(env, rate=0.5, cap=0.2)
    env.episode_costs = [np.array([[0.0, 0.3], [-0.2, 0.0]]), np.array([[0.0, 0.1], [-0.4, 0.0]])]
    ascent._on_rollout_end()
    np.testing.assert_allclose(env.multipliers, [[0.0, 0.1], [0.0, 0.0]])
    assert env.episode_costs == []
    ascent._on_rollout_end()
    np.testing.assert_allclose(env.multipliers, [[0.0, 0.1], [0.0, 0.0]])
    env.episode_costs = [np.array([[0.0, -0.06], [0.01, 0.0]])]
    ascent._on_rollout_end()
    np.testing.assert_allclose(env.multipliers, [[0.0, 0.07], [0.005, 0.0]])
    env.episode_costs = [np.array([[0.0, 9.0], [-9.0, 0.0]])]
    ascent._on_rollout_end()
    np.testing.assert_allclose(env.multipliers, [[0.0, 0.2], [0.0, 0.0]])
    assert ascent._on_step()
