"""The bandits learn from the profit that the observation shows, and explore by what they do not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.agents.conftest import Seen
from tests.agents.toy import toy_greedy, toy_layout

from evenhand.agents.baselines.bandit import BANDIT_SPACE, BanditTuning, LinearBandit
from evenhand.agents.baselines.greedy import GreedyTuning
from evenhand.agents.baselines.linucb import LinUCB
from evenhand.agents.baselines.thompson import Thompson
from evenhand.agents.baselines.tuning import SHADOW_PRICED
from evenhand.envs import Setup
from evenhand.envs.observation import GLOBAL_FEATURES

TUNING = BanditTuning(explore=0.0, noise=0.5, spread=0.1, organic=1.0)
PROFIT = GLOBAL_FEATURES.index("profit")


def bandit(kind: type[LinearBandit], setup: Setup, tuning: BanditTuning = TUNING) -> LinearBandit:
    charges = setup.charges
    made = kind(toy_layout(setup), setup.horizon, charges.edit, charges.complexity, tuning)
    made.reset(seed=1)
    return made


@pytest.mark.parametrize("kind", [LinUCB, Thompson])
@pytest.mark.parametrize("lasting", [0.0, 1.0])
def test_who_learns_nothing_and_explores_nothing_is_greedy_on_the_same_gain(
    seen: Seen, kind: type[LinearBandit], lasting: float
) -> None:
    calm = replace(TUNING, noise=1e6, spread=1e-6, lasting=lasting)
    rows = bandit(kind, seen.setup, calm).choose(seen.observations, seen.masks)
    greedy = toy_greedy(seen.setup, GreedyTuning(lasting=lasting))
    np.testing.assert_array_equal(rows, greedy.choose(seen.observations, seen.masks))


def test_the_estimate_that_an_arm_stands_on_is_the_gain_that_tuning_chose(seen: Seen) -> None:
    week, lasts = (toy_layout(seen.setup).candidate(seen.observations, name) for name in ("gain", "lasting"))
    for share, expected in ((0.0, week), (1.0, lasts), (0.5, (week + lasts) / 2)):
        arms = bandit(LinUCB, seen.setup, replace(TUNING, lasting=share)).arms(seen.observations)
        np.testing.assert_allclose(arms[:, :, 1], expected, rtol=1e-6, atol=1e-9)
    assert not np.allclose(week, lasts)


def test_tuning_may_choose_what_the_greedy_with_shadow_prices_may() -> None:
    """The whole search is no shorter; whoever reckons to the horizon needs no price on tired customers."""
    assert BANDIT_SPACE["lasting"] == SHADOW_PRICED["lasting"]
    assert 0.0 in BANDIT_SPACE["worth_charge"]
    assert sum(map(len, BANDIT_SPACE.values())) >= sum(map(len, SHADOW_PRICED.values()))


def test_its_belief_is_the_ridge_regression_of_all_weeks(seen: Seen) -> None:
    """Solved at once: augmented least squares with the prior as rows (Hoerl and Kennard)."""
    made, xs, ys = bandit(LinUCB, seen.setup), [], []
    standing = np.array([1.0, 0.0, 0.0])
    for week in range(0, len(seen.observations), 6):
        observation, mask = seen.observations[week : week + 1], seen.masks[week : week + 1]
        xs.append(standing.copy())
        ys.append(float(observation[0, PROFIT]))
        row = int(made.choose(observation, mask)[0])
        standing += made.arms(observation)[0, row]
    prior = np.array([TUNING.noise, TUNING.doubt, TUNING.spread])
    rows = np.concatenate([np.array(xs) / TUNING.noise, np.diag(1 / prior)])
    target = np.concatenate([np.array(ys) / TUNING.noise, [0.0, 1 / TUNING.doubt, 0.0]])
    expected = np.linalg.lstsq(rows, target, rcond=None)[0]
    np.testing.assert_allclose(made.belief()[0][0], expected, rtol=1e-6, atol=1e-9)


def test_loss_after_a_campaign_turns_it_away(seen: Seen) -> None:
    """After weeks of loss since the campaign went out, less is expected of sending it."""
    made = bandit(LinUCB, seen.setup, replace(TUNING, noise=0.05))
    observation = seen.observations[:1].copy()
    only = np.zeros_like(seen.masks[:1])
    only[0, 2] = True  # segment 0 gets the campaign
    made.choose(observation, only)
    before = made.explored(made.arms(observation))[0, 2]
    observation[0, PROFIT] = -2.0
    hold = np.zeros_like(only)
    hold[0, 0] = True
    for _ in range(5):
        made.choose(observation, hold)
    assert made.explored(made.arms(observation))[0, 2] < before


def test_optimism_adds_standard_errors(seen: Seen) -> None:
    plain, bold = (bandit(LinUCB, seen.setup, replace(TUNING, explore=e)) for e in (0.0, 2.0))
    for one in (plain, bold):
        one.choose(seen.observations[:1], seen.masks[:1])
    arms = bold.arms(seen.observations[:1])
    _, covariance = bold.belief()
    sd = np.sqrt([x @ covariance[0] @ x for x in arms[0]])
    np.testing.assert_allclose(bold.explored(arms)[0] - plain.explored(arms)[0], 2.0 * sd, atol=1e-12)


def test_draws_have_the_belief_s_mean_and_spread(seen: Seen) -> None:
    """4,000 draws: within five standard errors."""
    made = bandit(Thompson, seen.setup, replace(TUNING, explore=0.5))
    made.choose(np.repeat(seen.observations[:1], 4000, axis=0), np.repeat(seen.masks[:1], 4000, axis=0))
    mean, covariance = made.belief()
    arms = np.tile(np.eye(3), (4000, 1, 1))
    drawn = made.explored(arms)
    error = 0.5 * np.sqrt(np.diag(covariance[0]) / 4000)
    assert (np.abs(drawn.mean(axis=0) - mean[0]) < 5 * error).all()
    np.testing.assert_allclose(np.cov(drawn.T), 0.25 * covariance[0], atol=0.1 * covariance[0].max())


def test_a_new_episode_forgets(seen: Seen) -> None:
    made = bandit(Thompson, seen.setup, replace(TUNING, explore=1.0))
    rows = []
    for _ in range(2):
        made.reset(seed=3)
        rows.append([made.choose(seen.observations[k : k + 6], seen.masks[k : k + 6]) for k in (0, 6, 12)])
    np.testing.assert_array_equal(rows[0], rows[1])
