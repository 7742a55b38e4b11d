"""Training: which checkpoint is kept, when it ends, and that it learns what lasts."""

from __future__ import annotations

import warnings
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch as th
from stable_baselines3.common.logger import Logger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.agents.toy import Toy, gain, nobody_contacted, toy_greedy, toy_net, toy_setup

from evenhand.agents import (
    Budget,
    CurvePoint,
    GreedyTuning,
    Hyperparameters,
    LearnedPolicy,
    PopulationPool,
    Training,
    roll_out,
    train,
)
from evenhand.agents.learning.checkpoints import Looks
from evenhand.agents.learning.confirmation import Judged
from evenhand.agents.learning.network import CandidateNet
from evenhand.agents.learning.train import CONFIRMATION_SEED, TRAIN_SEED, VALIDATION_SEED, _confirmed
from evenhand.envs import Reviewer, Setup
from evenhand.envs.rewards import remaining_value

UNSEEN = 500_000_000
TINY = Budget(
    steps=64,
    n_envs=4,
    n_customers=40,
    train_populations=4,
    validation_populations=3,
    confirmation_populations=6,
    checkpoints=2,
)
FEW = Budget(
    steps=23_040,
    n_envs=32,
    n_customers=100,
    train_populations=32,
    validation_populations=8,
    confirmation_populations=16,
    checkpoints=4,
)
ONE_STEP = GreedyTuning(periods=1.0)


def trained(toy: Toy, setup: Setup, *, seed: int, budget: Budget = TINY, residual: bool = True) -> Training:
    settings = toy_net(setup, residual=residual, tuning=ONE_STEP)
    return train(toy.simulator, nobody_contacted(), setup, settings, seed=seed, budget=budget)


def unseen(toy: Toy, setup: Setup, policy: Any) -> float:
    """Return the mean profit of an episode beyond today on 16 populations that no training saw."""
    pool = PopulationPool(toy.simulator, first_seed=UNSEEN, count=16, n_customers=100)
    return float(roll_out(policy, setup, pool, range(16), against_twin=True).profit.mean()) * setup.horizon


# ------------------------------------------------------------------------------------------- what is kept


def looking(
    setup: Setup, scores: list[tuple[float, float]], *, patience: int | None = None, told: Any = None
) -> Looks:  # fmt: skip
    """Return looks over a fake model and judge, whose k-th policy has weights k and scores[k] = (profit, feasible)."""
    settings = toy_net(setup)
    net = CandidateNet(**settings.kwargs())

    def judge(policy: LearnedPolicy) -> Judged:
        profit, feasible = scores[int(policy.weights["score.weight"][0, 0])]
        return Judged(np.full(8, profit), 0.0, feasible)

    budget = Budget(steps=100, checkpoints=10, patience=patience)
    looks = Looks(judge, settings, budget, multiplier=lambda: 0.3, report=told)
    policy = SimpleNamespace(mlp_extractor=net)
    looks.model = cast("Any", SimpleNamespace(policy=policy, logger=Logger(None, [])))
    for k in range(len(scores)):
        looks.num_timesteps = 10 * k
        th.nn.init.constant_(net.score.weight, float(k))
        if not looks._on_step():
            break
        looks._on_rollout_start()
    return looks


def confirmed(setup: Setup, scores: list[tuple[float, float]], fresh: dict[int, tuple[float, float]]) -> Training:
    """Return what a training with these looks becomes, whose k-th policy brings fresh[k] where it is confirmed."""

    def judge(policy: LearnedPolicy) -> Judged:
        profit, feasible = fresh[int(policy.weights["score.weight"][0, 0])]
        return Judged(np.full(8, profit), 0.0, feasible)

    return _confirmed(looking(setup, scores), toy_net(setup), cast("Any", judge), 0)


LOOKS = [(1.0, 0.96), (2.0, 1.0), (9.0, 0.6), (3.0, 0.95), (2.5, 1.0)]


def test_of_all_checkpoints_the_best_feasible_one_is_nominated(setup: Setup) -> None:
    """The most profitable is unfair, the last is worse than the best."""
    told: list[CurvePoint | int | str] = []
    looks = looking(setup, LOOKS, told=told.append)
    assert (looks.best["score.weight"] == 3.0).all()
    assert (looks.start["score.weight"] == 0.0).all()
    assert [one for one in told if isinstance(one, CurvePoint)] == looks.curve


def test_what_beats_the_start_once_more_is_kept(setup: Setup) -> None:
    training = confirmed(setup, LOOKS, {0: (1.0, 1.0), 3: (1.5, 0.97)})
    assert (training.policy.weights["score.weight"] == 3.0).all()
    assert training.learned
    assert (training.kept.steps, training.kept.multiplier, training.gain, training.feasible) == (30, 0.3, 0.5, 0.97)


@pytest.mark.parametrize("again", [(0.9, 1.0), (5.0, 0.9)], ids=["poorer", "unfair"])
def test_what_does_not_beat_the_start_once_more_leaves_the_start(setup: Setup, again: tuple[float, float]) -> None:
    training = confirmed(setup, LOOKS, {0: (1.0, 1.0), 3: again})
    assert (training.policy.weights["score.weight"] == 0.0).all()
    assert not training.learned
    assert training.confirmation is not None
    assert (training.kept.steps, training.gain, training.feasible) == (0, 0.0, 1.0)


def test_a_start_that_no_look_beats_needs_no_confirmation(setup: Setup) -> None:
    training = confirmed(setup, [(1.0, 1.0), (0.5, 1.0), (3.0, 0.5)], {})
    assert (training.policy.weights["score.weight"] == 0.0).all()
    assert (training.learned, training.confirmation, training.kept.steps) == (False, None, 0)


def test_patience_ends_a_training_that_finds_nothing_better(setup: Setup) -> None:
    scores = [(1.0, 1.0), (2.0, 1.0), (9.0, 0.5), (1.5, 1.0), (3.0, 1.0), (2.0, 1.0)]
    assert [len(looking(setup, scores, patience=k).curve) for k in (None, 1, 2, 3)] == [6, 3, 4, 6]
    ended = looking(setup, scores, patience=2)
    ended.finish()
    assert len(ended.curve) == 4
    assert (ended.best["score.weight"] == 1.0).all()


def test_what_is_kept_is_what_was_judged(toy: Toy, setup: Setup) -> None:
    training = trained(toy, setup, seed=3)
    pool = PopulationPool(toy.simulator, first_seed=VALIDATION_SEED, count=3, n_customers=40)
    outcome = roll_out(training.policy, setup, pool, range(3), against_twin=True)
    assert float(outcome.profit.mean()) == training.kept.profit
    assert training.policy.manifest == {
        "steps": 64, "seed": 3, "algorithm": "maskable-ppo", "simulator": "toy",
        "segmentation": nobody_contacted().hash, "checkpoint": training.kept.steps,
        "hyperparameters": asdict(Hyperparameters()),
    }  # fmt: skip
    assert [point.steps for point in training.curve] == [0, 32, 64]


def test_learning_starts_from_greedy(toy: Toy, setup: Setup) -> None:
    pool = PopulationPool(toy.simulator, first_seed=VALIDATION_SEED, count=3, n_customers=40)
    greedy = roll_out(toy_greedy(setup, ONE_STEP), setup, pool, range(3), against_twin=True)
    assert trained(toy, setup, seed=0).curve[0].profit == float(greedy.profit.mean())


def test_progress_is_counted_in_steps(toy: Toy, setup: Setup) -> None:
    told: list[CurvePoint | int | str] = []
    settings = toy_net(setup)
    train(toy.simulator, nobody_contacted(), setup, settings, seed=0, budget=TINY, progress=told.append)
    assert [one for one in told if isinstance(one, int)] == [0, 32]
    assert sum(isinstance(one, CurvePoint) for one in told) == 3


# ------------------------------------------------------------------------------------------- settings


def test_odd_budgets_train_without_a_warning(toy: Toy) -> None:
    setup = toy_setup(horizon=7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training = trained(toy, setup, seed=0, budget=Budget(40, 3, 40, 3, 2, 4, 3))
    assert all(np.isfinite(values).all() for values in training.policy.weights.values())


@pytest.mark.parametrize(("effects", "expected"), [("expected", True), ("drawn", False)])
def test_only_training_populations_have_the_expected_effects(
    toy: Toy, setup: Setup, monkeypatch: pytest.MonkeyPatch, effects: Any, expected: bool
) -> None:
    made: dict[int, bool] = {}

    class Noted(PopulationPool):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            made[kwargs["first_seed"]] = kwargs["expected"]
            super().__init__(*args, **kwargs)

    monkeypatch.setattr("evenhand.agents.learning.train.PopulationPool", Noted)
    settings = toy_net(setup, tuning=ONE_STEP)
    train(
        toy.simulator, nobody_contacted(), setup, settings, seed=0, budget=TINY, hyper=Hyperparameters(effects=effects)
    )
    assert made == {TRAIN_SEED: expected, VALIDATION_SEED: False, CONFIRMATION_SEED: False}


# ------------------------------------------------------------------------------------------- it learns


def ceiling(toy: Toy, setup: Setup) -> float:
    """Return what no plan can exceed: every choice of halves in every period, an edit for each change.

    A contact of a half in one period raises its chance to leave in the next, which costs the value lost.
    """
    population = toy.population(0, 100)
    x = population.features[0, :, 0] == 1
    halves = (~x, x)
    costs = np.zeros((setup.horizon, 2))
    for t in range(setup.horizon):
        value = remaining_value(population.traits, population.behaviour, periods=setup.horizon - 1 - t)[0]
        for h, half in enumerate(halves):
            rise = toy.hazard[h] * (np.exp(toy.fatigue_churn) - 1)
            costs[t, h] = 0.5 * rise * value[half].mean()
    gains = [0.5 * gain(affinity) for affinity in toy.affinity]
    plans = [(a, b) for a in (0, 1) for b in (0, 1)]
    worth = dict.fromkeys(plans, 0.0)  # of the periods from t on, given who is contacted before
    for t in reversed(range(setup.horizon)):
        worth = {
            before: max(
                sum(now[h] * gains[h] - before[h] * costs[t, h] for h in (0, 1))
                - setup.charges.edit * (now != before)
                + worth[now]
                for now in plans
            )
            for before in plans
        }
    return worth[0, 0]


def test_it_learns_to_leave_alone_whom_contact_drives_away() -> None:
    """Contact pays in every half at once, and drives one half away later: one-step greedy loses, the best is a split.

    Seed 0.
    """
    toy, setup = Toy(affinity=(0.62, 0.66), hazard=(0.002, 0.0), fatigue_churn=0.7), toy_setup()
    best = ceiling(toy, setup)
    assert best == pytest.approx(0.5 * gain(0.66) * setup.horizon - setup.charges.edit, rel=1e-6)
    assert unseen(toy, setup, toy_greedy(setup, ONE_STEP)) < -best
    assert unseen(toy, setup, trained(toy, setup, seed=0, budget=FEW).policy) >= 0.9 * best


def test_tensorboard_gets_what_tells_whether_it_learns(toy: Toy, setup: Setup, tmp_path: Path) -> None:
    settings = toy_net(setup)
    training = train(
        toy.simulator, nobody_contacted(), setup, settings, seed=0, budget=TINY, logs=tmp_path / "seed-0"
    )  # fmt: skip
    events = EventAccumulator(str(tmp_path / "seed-0"))
    events.Reload()
    names = set(events.Tags()["scalars"])
    assert names >= {"validation/profit", "validation/gap", "validation/feasible", "rollout/ep_rew_mean", "train/loss"}
    assert {name.split("/")[0] for name in names} >= {"slack", "multiplier"}
    assert events.Scalars("validation/profit")[-1].value == pytest.approx(training.curve[-1].profit)


# ---------------------------------------------------------------------------------- with a reviewer in the loop


def test_a_training_meets_the_reviewer_and_repeats(toy: Toy, setup: Setup) -> None:
    strict = replace(setup, reviewer=Reviewer(reject=0.2, edit=0.1, delay=0.4))
    one, again = (trained(toy, strict, seed=3) for _ in range(2))
    for name, weights in one.policy.weights.items():
        np.testing.assert_array_equal(weights, again.policy.weights[name])
    free = trained(toy, setup, seed=3)
    assert [point.profit for point in one.curve] != [point.profit for point in free.curve]
