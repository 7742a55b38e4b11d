"""The environments keep Gymnasium's and Stable-Baselines3's promises."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_gymnasium
from gymnasium.vector import AutoresetMode
from sb3_contrib import MaskablePPO
from stable_baselines3.common.env_checker import check_env as check_sb3

import evenhand.envs
from evenhand.envs import SegmentationEnv, SegmentationVectorEnv, Setup, build_setup
from evenhand.errors import DataError
from evenhand.segments import Hold, Segmentation
from evenhand.simulator import Simulator

ID = "evenhand:Segmentation-v0"
N = 120


@pytest.fixture
def env(simulator: Simulator, today: Segmentation, setup: Setup) -> SegmentationEnv:
    return SegmentationEnv(simulator=simulator, segmentation=today, setup=setup, n_customers=N)


def vector(simulator: Simulator, today: Segmentation, setup: Setup, num_envs: int = 3) -> SegmentationVectorEnv:
    return SegmentationVectorEnv(simulator=simulator, segmentation=today, setup=setup, n_customers=N, num_envs=num_envs)


def valid(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=-1))


@pytest.mark.usefixtures("windows")
def test_gymnasiums_checker_has_nothing_to_say(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    made = gym.make(ID, simulator=simulator, segmentation=today, setup=setup, n_customers=N, render_mode="ansi")
    check_gymnasium(made.unwrapped)


def test_stable_baselines_checker_has_nothing_to_say(env: SegmentationEnv) -> None:
    check_sb3(env)


def test_make_gives_an_environment_that_runs_to_its_horizon(simulator: Simulator, today: Segmentation) -> None:
    made = gym.make(ID, simulator=simulator, segmentation=today, n_customers=N)
    observation, info = made.reset(seed=3)
    rng, ended = np.random.default_rng(0), False
    for period in range(26):
        assert not ended
        assert made.observation_space.contains(observation)
        observation, reward, ended, cut, info = made.step(valid(info["action_mask"], rng))
        assert isinstance(reward, float)
        assert not cut, "the value left is in the last reward: nothing may be bootstrapped behind it"
        assert ended == (period == 25)


def test_make_vec_gives_the_natively_vectorised_form(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    made = gym.make_vec(
        ID, num_envs=3, vectorization_mode="vector_entry_point",
        simulator=simulator, segmentation=today, setup=setup, n_customers=N,
    )  # fmt: skip
    assert isinstance(made.unwrapped, SegmentationVectorEnv)
    observations, _ = made.reset(seed=3)
    assert made.observation_space.contains(observations)
    assert made.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    made.close()


@pytest.mark.parametrize("make", [gym.make, gym.make_vec])
def test_what_was_forgotten_is_said(make: Any, simulator: Simulator) -> None:
    with pytest.raises(DataError, match="without simulator and segmentation"):
        make(ID)
    with pytest.raises(DataError, match="without segmentation"):
        make(ID, simulator=simulator)


def test_importing_twice_registers_once() -> None:
    spec = gym.registry["Segmentation-v0"]
    assert spec.entry_point == "evenhand.envs.env:SegmentationEnv"
    assert set(evenhand.envs.__all__) <= set(dir(evenhand.envs))


def test_the_same_seed_gives_the_same_episode(env: SegmentationEnv) -> None:
    def play() -> list[bytes]:
        observation, info = env.reset(seed=11)
        rng, seen = np.random.default_rng(0), [observation.tobytes()]
        for _ in range(6):
            observation, reward, *_, info = env.step(np.int64(valid(info["action_mask"], rng)))
            seen += [observation.tobytes(), np.float64(reward).tobytes(), info["cost"].tobytes()]
        return seen

    assert play() == play()
    first = env.reset(seed=11)[0]
    assert (env.reset()[0] != first).any(), "without a seed the next episode is another one"


def test_side_by_side_equals_one_by_one(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    """As in Gymnasium, seed 5 for three environments is seeds 5, 6 and 7; also after they start again."""
    many, rng = vector(simulator, today, setup), np.random.default_rng(0)
    singles = [SegmentationEnv(simulator=simulator, segmentation=today, setup=setup, n_customers=N) for _ in range(3)]
    observations, info = many.reset(seed=5)
    for e, single in enumerate(singles):
        np.testing.assert_array_equal(observations[e], single.reset(seed=5 + e)[0])
    for _ in range(setup.horizon + 3):
        actions = valid(info["action_mask"], rng)
        observations, rewards, ended, _, info = many.step(actions)
        for e, single in enumerate(singles):
            alone, reward, done, _, its = single.step(actions[e])
            assert (rewards[e], ended[e]) == (reward, done)
            np.testing.assert_array_equal(info["cost"][e], its["cost"])
            if done:
                np.testing.assert_array_equal(info["final_obs"][e], alone)
                alone, its = single.reset()
            np.testing.assert_array_equal(observations[e], alone)
            np.testing.assert_array_equal(info["action_mask"][e], its["action_mask"])


def test_the_end_comes_in_the_form_that_gymnasium_documents(
    simulator: Simulator, today: Segmentation, setup: Setup
) -> None:
    """SAME_STEP: the observation is the next episode's; `final_obs` (objects) and `final_info` are the last one's."""
    many = vector(simulator, today, setup, num_envs=2)
    reference = gym.vector.SyncVectorEnv(
        [
            lambda: SegmentationEnv(simulator=simulator, segmentation=today, setup=setup, n_customers=N)
            for _ in range(2)
        ],
        autoreset_mode=AutoresetMode.SAME_STEP,
    )
    _, mine = many.reset(seed=[1, 2])
    reference.reset(seed=[1, 2])
    hold = np.zeros(2, np.int64)
    for _ in range(setup.horizon):
        observations, rewards, ended, cut, mine = many.step(hold)
        theirs = reference.step(hold)
        np.testing.assert_array_equal(observations, theirs[0])
        np.testing.assert_array_equal(rewards, theirs[1])
        np.testing.assert_array_equal(ended, theirs[2])
        np.testing.assert_array_equal(cut, theirs[3])
        assert ("final_obs" in mine) == ("final_obs" in theirs[4]) == ended.all()
    last = theirs[4]
    assert mine["final_obs"].dtype == last["final_obs"].dtype == object
    for e in range(2):
        np.testing.assert_array_equal(mine["final_obs"][e], last["final_obs"][e])
    for key in (
        "_final_obs",
        "_final_info",
        "action_mask",
        "_action_mask",
    ):  # `cost` and `review` stand outside at every step
        np.testing.assert_array_equal(mine[key], last[key])
    for key in ("cost", "_cost", "review", "_review", "action_mask", "_action_mask"):
        np.testing.assert_array_equal(mine["final_info"][key], last["final_info"][key])
    assert (mine["totals"].edits == 0).all()
    assert many.world.period == 0


def test_a_seed_for_each_environment_or_an_error(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    many = vector(simulator, today, setup, num_envs=2)
    one, _ = many.reset(seed=4)
    other, _ = many.reset(seed=[4, 5])
    np.testing.assert_array_equal(one, other)
    with pytest.raises(DataError, match="3 seeds were given"):
        many.reset(seed=[1, 2, 3])


def test_an_action_that_is_not_valid_holds(env: SegmentationEnv) -> None:
    _, info = env.reset(seed=0)
    masked = int(np.flatnonzero(env.world.mask[0] == 0)[0])
    _, reward, *_, info = env.step(np.int64(masked))
    assert (reward, info["tweak"]) == (0.0, Hold())


def test_after_the_end_a_reset_is_asked_for(env: SegmentationEnv) -> None:
    env.reset(seed=0)
    for _ in range(26):
        _, _, ended, _, _ = env.step(np.int64(0))
    assert ended
    with pytest.raises(DataError, match="ended after 26 periods"):
        env.step(np.int64(0))


def test_the_segmentation_follows_the_tweaks_and_is_shown(
    simulator: Simulator, today: Segmentation, setup: Setup
) -> None:
    env = SegmentationEnv(simulator=simulator, segmentation=today, setup=setup, n_customers=N, render_mode="ansi")
    _, info = env.reset(seed=0)
    assert env.render() == "\n".join(today.explain())
    now, rng = today, np.random.default_rng(0)
    for _ in range(10):
        action = np.int64(valid(info["action_mask"], rng))
        sentence = env.tweak(int(action)).explain(now)
        *_, info = env.step(action)
        assert info["tweak"].explain(now) == sentence
        now = info["tweak"].apply(now).segmentation
        assert env.segmentation.hash == now.hash
        assert env.world.size[0] == len(now.segments) + 1
    assert env.render() == "\n".join(now.explain())


def test_rewards_are_the_worlds_times_the_scale(env: SegmentationEnv) -> None:
    _, info = env.reset(seed=0)
    rng, twin = np.random.default_rng(1), env.world
    action = valid(info["action_mask"], rng)
    before = twin.totals.edits.copy()
    _, reward, *_ = env.step(np.int64(action))
    assert twin.totals.edits[0] == before[0] + 1
    assert abs(reward) < 2 * env.setup.reward_scale


def test_maskable_ppo_learns_on_it(env: SegmentationEnv) -> None:
    model = MaskablePPO("MlpPolicy", env, n_steps=128, batch_size=64, seed=0, device="cpu")
    model.learn(256)
    _, info = env.reset(seed=0)
    observation, _ = env.reset(seed=0)
    action, _ = model.predict(observation, action_masks=info["action_mask"], deterministic=True)
    assert info["action_mask"][int(action)]


def test_todays_cuts_are_on_the_grid(setup: Setup, today: Segmentation) -> None:
    for segment in today.segments:
        for condition in segment.rule.conditions():
            cuts = setup.grid.cuts[setup.grid.position(condition.field)]
            assert condition.value in [cut.value for cut in cuts]


def test_engagement_is_cut_where_customers_differ(simulator: Simulator, today: Segmentation) -> None:
    """Contacts of today's segmentation are answered or not: a cut below the first answer would be said twice."""
    setup = build_setup(simulator, today)
    f = setup.grid.position("coupon_engagement")
    env = vector(simulator, today, setup, num_envs=4)
    env.reset(seed=0)
    counts = np.bincount(env.world.bins[:, :, f].ravel(), minlength=len(setup.grid.cuts[f]) + 1)
    assert len(counts) > 1
    assert (counts > 0).all()
