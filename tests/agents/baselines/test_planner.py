"""The planner sees what a tweak does later, under luck that is not the future's."""

from __future__ import annotations

import numpy as np
import pytest
from tests.agents.toy import Toy, gain, toy_greedy, toy_setup

from evenhand.agents import Greedy, Hold, Insider, PopulationPool, roll_out
from evenhand.agents.baselines.planner import OTHER_LUCK, Planner, PlannerTuning
from evenhand.envs import Setup, World

PATIENT = PlannerTuning(candidates=20, futures=2, periods=8)
LATER = Toy(affinity=(0.62, 0.66), hazard=(0.02, 0.02), fatigue_churn=2.0)  # contact pays now and costs later


def profit(policy: Greedy | Planner | Hold, toy: Toy, setup: Setup) -> float:
    pool = PopulationPool(toy.simulator, first_seed=5, count=4, n_customers=200)
    return float(roll_out(policy, setup, pool, range(4), against_twin=True).profit.mean())


def test_only_the_planner_declares_access() -> None:
    assert isinstance(Planner(toy_greedy(toy_setup())), Insider)
    assert not isinstance(toy_greedy(toy_setup()), Insider)


def test_it_foresees_what_greedy_regrets() -> None:
    setup = toy_setup()
    assert profit(toy_greedy(setup), LATER, setup) < 0
    assert profit(Planner(toy_greedy(setup), PATIENT), LATER, setup) == 0.0


@pytest.mark.parametrize("base", ["hold", "greedy"])
def test_it_finds_the_known_best_where_nothing_is_delayed(base: str) -> None:
    """Contacting the half that pays, by two tweaks at most: a split and its campaign are one."""
    toy, setup = Toy(affinity=(0.0, 1.0)), toy_setup()
    planner = Planner(toy_greedy(setup), PlannerTuning(candidates=20, futures=1, base=base))
    assert profit(planner, toy, setup) == pytest.approx(0.5 * gain(1.0) - setup.charges.edit / setup.horizon, rel=1e-4)


def test_values_are_what_the_copies_bring_beyond_the_first() -> None:
    """By hand: n periods of the gain of the half that pays, less the edit."""
    toy, setup = Toy(affinity=(0.0, 1.0)), toy_setup()
    world = World(setup, twin=False)
    world.reset([toy.population(1, 100)], np.array([7], np.uint64))
    for periods in (1, 3, 8, 99):
        planner = Planner(toy_greedy(setup), PlannerTuning(periods=periods))
        planner.enter(world)
        found = planner.values(0, np.array([0, 2]), np.array([1, 2], np.uint64))
        expected = min(periods, 8) * (0.5 * gain(0.0) + 0.5 * gain(1.0)) - setup.charges.edit
        np.testing.assert_allclose(found, [0.0, expected], rtol=1e-4)


def test_no_population_has_the_luck_that_it_draws() -> None:
    pool = PopulationPool(Toy().simulator, first_seed=900_000_000, count=1, n_customers=10)
    assert pool.luck(10**9) < OTHER_LUCK


def test_the_same_seed_plans_the_same(toy: Toy, setup: Setup) -> None:
    planner = Planner(toy_greedy(setup), PlannerTuning(candidates=3, futures=1, periods=3))
    assert profit(planner, toy, setup) == profit(planner, toy, setup)
