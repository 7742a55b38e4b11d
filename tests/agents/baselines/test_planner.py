"""The planner sees what a tweak does later, under luck that is not the future's."""

from __future__ import annotations

import pytest
from tests.agents.toy import Toy, gain, toy_greedy, toy_setup

from evenhand.agents import Greedy, Hold, Insider, PopulationPool, roll_out
from evenhand.agents.baselines.planner import Planner, PlannerTuning
from evenhand.envs import Setup

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


def test_the_same_seed_plans_the_same(toy: Toy, setup: Setup) -> None:
    planner = Planner(toy_greedy(setup), PlannerTuning(candidates=3, futures=1, periods=3))
    assert profit(planner, toy, setup) == profit(planner, toy, setup)
