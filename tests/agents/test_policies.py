"""What stands where in an observation, and what the policies without learning make of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch as th
from tests.agents.conftest import Seen
from tests.agents.toy import toy_greedy, toy_layout, toy_net

from evenhand.agents import GreedyTuning, Hold, LearnedPolicy, RandomValid
from evenhand.agents.baselines.greedy import greedy_scores
from evenhand.agents.learning.network import CandidateNet
from evenhand.envs.candidates import CANDIDATE_FEATURES

TUNING = GreedyTuning(periods=3.0, caution=0.5, contact_charge=0.002, worth_charge=0.003)
TUNINGS = [GreedyTuning(), TUNING, GreedyTuning(periods=1.0, contact_charge=0.001)]


def untrained(seen: Seen, tuning: GreedyTuning) -> LearnedPolicy:
    settings = toy_net(seen.setup, tuning=tuning)
    th.manual_seed(0)
    net = CandidateNet(**settings.kwargs())
    return LearnedPolicy(settings, {name: value.numpy().copy() for name, value in net.state_dict().items()})


def scores_of(seen: Seen, tuning: GreedyTuning) -> np.ndarray:
    charges = seen.setup.charges
    return greedy_scores(
        toy_layout(seen.setup), tuning, seen.observations,
        horizon=seen.setup.horizon, edit=charges.edit, complexity=charges.complexity,
    )  # fmt: skip


def test_an_observation_has_the_length_that_its_layout_says(seen: Seen) -> None:
    layout = toy_layout(seen.setup)
    assert seen.observations.shape[1] == layout.n_context + layout.n_rows * layout.width
    assert layout.n_context > layout.n_global > 0


@pytest.mark.parametrize("feature", CANDIDATE_FEATURES)
def test_every_candidate_feature_is_found_again_in_its_own_unit(seen: Seen, feature: str) -> None:
    found = toy_layout(seen.setup).candidate(seen.observations, feature)
    np.testing.assert_allclose(found, seen.tables[:, :, CANDIDATE_FEATURES.index(feature)], rtol=1e-6, atol=1e-7)


def test_time_left_is_a_share_of_the_horizon(seen: Seen) -> None:
    left = toy_layout(seen.setup).time_left(seen.observations)
    np.testing.assert_allclose(left * seen.setup.horizon, seen.left, rtol=1e-6)


def test_greedy_scores_are_the_formula_by_hand(seen: Seen) -> None:
    of = dict(zip(CANDIDATE_FEATURES, np.moveaxis(seen.tables.astype(float), 2, 0), strict=True))
    periods = np.minimum(3.0, seen.left)[:, None]
    per_period = (
        of["gain"] - 0.5 * of["gain_sd"] - 0.002 * of["weight_change"] - 0.003 * of["value_weight_change"]
        - seen.setup.charges.complexity * of["segments_change"]
    )  # fmt: skip
    by_hand = periods * per_period - seen.setup.charges.edit
    by_hand[:, 0] = 0.0
    np.testing.assert_allclose(scores_of(seen, TUNING), by_hand, atol=1e-6)


def test_greedy_takes_the_best_valid_score_and_holds_when_nothing_pays(seen: Seen) -> None:
    chosen = toy_greedy(seen.setup, TUNING).choose(seen.observations, seen.masks)
    scores = np.where(seen.masks, scores_of(seen, TUNING), -np.inf)
    assert (scores[np.arange(len(chosen)), chosen] == scores.max(axis=1)).all()
    dear = GreedyTuning(contact_charge=100.0, worth_charge=100.0, periods=1.0)
    never = scores_of(seen, dear).max(axis=1) <= 0
    assert never.any()
    assert not toy_greedy(seen.setup, dear).choose(seen.observations, seen.masks)[never].any()


@pytest.mark.parametrize("tuning", TUNINGS)
def test_the_network_scores_greed_bit_by_bit_as_greedy_does(seen: Seen, tuning: GreedyTuning) -> None:
    rng = np.random.default_rng(1)
    random = seen._replace(observations=rng.normal(size=(200, seen.observations.shape[1])).astype(np.float32))
    net = CandidateNet(**toy_net(seen.setup, tuning=tuning).kwargs())
    for shown in (seen, random):
        observations = th.from_numpy(shown.observations)
        table = observations[:, net.layout.n_context :].reshape(-1, net.layout.n_rows, net.layout.width)
        np.testing.assert_array_equal(net._greedy(observations, table).numpy(), scores_of(shown, tuning))


@pytest.mark.parametrize("tuning", TUNINGS)
def test_an_untrained_policy_chooses_exactly_as_greedy(seen: Seen, tuning: GreedyTuning) -> None:
    chosen = untrained(seen, tuning).choose(seen.observations, seen.masks)
    np.testing.assert_array_equal(chosen, toy_greedy(seen.setup, tuning).choose(seen.observations, seen.masks))
    assert len(set(chosen.tolist())) > 2


def test_without_the_residual_an_untrained_policy_knows_nothing(seen: Seen) -> None:
    net = CandidateNet(**toy_net(seen.setup, residual=False).kwargs())
    logits, value = net(th.from_numpy(seen.observations))
    assert not logits.any()
    assert value.shape == (len(seen.observations), 1)


def test_hold_holds(seen: Seen) -> None:
    assert not Hold().choose(seen.observations, seen.masks).any()


def test_random_picks_every_valid_row_alike_and_no_other(seen: Seen) -> None:
    """20,000 draws; at five standard errors a row's share fails by chance in fewer than 1 of 100,000 runs."""
    policy, mask = RandomValid(), seen.masks[:1]
    policy.reset(3)
    rows = policy.choose(np.repeat(seen.observations[:1], 20_000, axis=0), np.repeat(mask, 20_000, axis=0))
    shares = np.bincount(rows, minlength=mask.shape[1]) / len(rows)
    fair = mask[0] / mask.sum()
    assert (shares[~mask[0]] == 0).all()
    assert (np.abs(shares - fair) <= 5 * np.sqrt(fair * (1 - fair) / len(rows))).all()


def test_random_repeats_itself_from_its_seed(seen: Seen) -> None:
    one, other = RandomValid(), RandomValid()
    one.reset(5)
    other.reset(5)
    first = one.choose(seen.observations, seen.masks)
    np.testing.assert_array_equal(first, other.choose(seen.observations, seen.masks))
    other.reset(6)
    assert (first != other.choose(seen.observations, seen.masks)).any()
