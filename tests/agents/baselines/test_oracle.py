"""The oracle does per customer what is truly best now."""

from __future__ import annotations

import numpy as np
import pytest
from tests.agents.toy import Toy, gain, toy_setup

from evenhand.agents import PopulationPool, no_contact_profit
from evenhand.agents.baselines.oracle import OracleTuning, choose_each, roll_out_oracle, tune_oracle
from evenhand.envs import World

HALF = Toy(affinity=(0.0, 1.0))


def test_it_contacts_exactly_whom_it_pays_to_contact() -> None:
    """Half of the customers, for their gain: within a tenth, since trips come in whole numbers."""
    setup = toy_setup()
    pool = PopulationPool(HALF.simulator, first_seed=1, count=3, n_customers=500)
    found = roll_out_oracle(OracleTuning(), setup, pool, range(3))
    beyond = found.profit - no_contact_profit(setup, pool, range(3))
    assert float(beyond.mean()) == pytest.approx(0.5 * gain(1.0), rel=0.1)
    np.testing.assert_allclose(found.contact, 0.5)
    assert not found.edits.any()


def test_asking_leaves_the_world_as_it_is() -> None:
    world = World(toy_setup(), twin=False)
    world.reset([HALF.population(1, 50)], np.array([7], np.uint64))
    before = [part.copy() for part in world.sim.state]
    choose_each(world, OracleTuning())
    for ours, theirs in zip(world.sim.state, before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert world.sim.period == 0


def test_a_price_above_the_gain_keeps_it_still() -> None:
    world = World(toy_setup(), twin=False)
    world.reset([HALF.population(1, 50)], np.array([7], np.uint64))
    assert choose_each(world, OracleTuning()).any()
    assert not choose_each(world, OracleTuning(contact_charge=2 * gain(1.0))).any()
    assert not choose_each(world, OracleTuning(worth_charge=2 * gain(1.0))).any()


def test_tuning_prices_what_contact_does_later() -> None:
    """Contact pays in its period and drives away more than that; without delayed effects the best price is none."""
    later = Toy(affinity=(1.0, 1.0), hazard=(0.02, 0.02), fatigue_churn=3.0)
    found = tune_oracle(later.simulator, toy_setup(horizon=4), populations=2, n_customers=200)
    free = tune_oracle(HALF.simulator, toy_setup(horizon=4), populations=2, n_customers=200)
    assert found.tuning.contact_charge + found.tuning.worth_charge >= free.tuning.contact_charge == 0.0
