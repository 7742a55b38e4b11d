"""The warm start: labels are what look-ahead says, the fit finds what is there, and a network learns to wait."""

from __future__ import annotations

import numpy as np
import torch as th
from tests.agents.conftest import Seen
from tests.agents.toy import Toy, gain, nobody_contacted, toy_greedy, toy_net, toy_setup

from evenhand.agents import Budget, Greedy, Hyperparameters, LearnedPolicy, PopulationPool, roll_out, train
from evenhand.agents.learning.network import START_SHARPNESS, CandidateNet
from evenhand.agents.learning.settings import WarmStart
from evenhand.agents.learning.warm_start import Labels, fit, label
from evenhand.envs import Setup
from evenhand.envs.setup import REWARD_SCALE

LATER = Toy(affinity=(0.62, 0.66), hazard=(0.02, 0.02), fatigue_churn=2.0)  # contact pays now and costs later
HOW = WarmStart(episodes=16, candidates=3, strays=2, batch=8, epochs=300, minibatch=64)
ONE_ROLLOUT = Budget(steps=1, n_envs=8, n_customers=100, train_populations=16, validation_populations=8, checkpoints=1)


def quiet(message: str) -> None:
    """Tell nobody."""


def labelled(toy: Toy, setup: Setup, *, seed: int = 0) -> Labels:
    pool = PopulationPool(toy.simulator, first_seed=1, count=16, n_customers=100)
    return label(toy_net(setup), setup, pool, how=HOW, seed=seed, report=quiet)


def warmed(toy: Toy, setup: Setup, *, seed: int = 0) -> LearnedPolicy:
    """Return what a warm start alone gives: a training whose one rollout the policy sits out."""
    hyper = Hyperparameters(warm_start=HOW, critic_first=1e9)
    return train(
        toy.simulator, nobody_contacted(), setup, toy_net(setup), seed=seed, budget=ONE_ROLLOUT, hyper=hyper
    ).policy


def profit(policy: Greedy | LearnedPolicy, toy: Toy, setup: Setup) -> float:
    pool = PopulationPool(toy.simulator, first_seed=900_000_000, count=8, n_customers=200)
    return float(roll_out(policy, setup, pool, range(8), against_twin=True).profit.mean())


def test_labels_are_what_a_tweak_brings_until_the_horizon() -> None:
    """By hand, in the first week of a world without delayed effects: contacting everyone, row 2."""
    toy, setup = Toy(affinity=(0.0, 1.0)), toy_setup()
    labels = labelled(toy, setup)
    assert labels.rows.shape == labels.values.shape == (16 * setup.horizon, 6)
    assert (labels.rows[:, 0] == 0).all()
    assert not labels.values[:, 0].any()
    first = np.concatenate([np.arange(8), np.arange(8) + 8 * setup.horizon])  # batches of eight, week by week
    values = labels.values[first][labels.rows[first] == 2]
    assert len(values) == 16
    brings = setup.horizon * (0.5 * gain(0.0) + 0.5 * gain(1.0)) - setup.charges.edit
    np.testing.assert_allclose(values, REWARD_SCALE * brings, rtol=1e-3)


def test_the_fit_foretells_what_states_tell(seen: Seen) -> None:
    """Labels that a network of the same kind gave are found again, on states that the fit never saw."""
    settings = toy_net(seen.setup)
    th.manual_seed(0)
    truth, net = (CandidateNet(**settings.kwargs()) for _ in range(2))
    with th.no_grad():
        truth.score.weight.normal_(0.0, 2.0)
    every = np.broadcast_to(np.arange(settings.layout.n_rows), (len(seen.observations), settings.layout.n_rows))

    def foretold(net: CandidateNet) -> np.ndarray:
        with th.no_grad():
            logits = net.forward_actor(th.from_numpy(seen.observations)).numpy()
        return np.asarray(logits - logits[:, :1]) * REWARD_SCALE / START_SHARPNESS

    wanted, start = foretold(truth), foretold(net)
    fit(
        net,
        Labels(seen.observations, every.copy(), wanted),
        how=WarmStart(epochs=1500, minibatch=64),
        seed=0,
        report=quiet,
    )
    last = slice(int(0.85 * len(wanted)), None)
    before, after = (np.abs(found - wanted)[last].mean() for found in (start, foretold(net)))
    assert after < 0.3 * before


def test_a_warm_start_learns_to_leave_alone_what_greedy_regrets() -> None:
    setup = toy_setup()
    assert profit(toy_greedy(setup), LATER, setup) < 0
    assert profit(warmed(LATER, setup), LATER, setup) >= 0


def test_the_same_seed_gives_the_same_start() -> None:
    setup = toy_setup()
    one, two, other = (warmed(LATER, setup, seed=seed).weights for seed in (0, 0, 1))
    for name, weights in one.items():
        np.testing.assert_array_equal(weights, two[name])
    assert any(not np.array_equal(weights, other[name]) for name, weights in one.items())
