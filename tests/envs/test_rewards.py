"""What is rewarded and charged adds up to what it stands for."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from tests.envs.example import MakeWorld, random_rows

from evenhand.envs import Setup, World
from evenhand.envs.counts import benefit_counts
from evenhand.envs.rewards import (
    DISCOUNT,
    VALUE_PERIODS,
    carried_survival,
    organic_margin,
    remaining_value,
    residual_value,
)
from evenhand.simulator import Population, Simulation, Simulator
from evenhand.simulator.types import HERE, LEFT, YET_TO_COME


def test_parity_costs_add_up_to_gap_less_tolerance(make_world: MakeWorld, setup: Setup) -> None:
    world, rng, total = make_world(setup), np.random.default_rng(0), np.zeros((2, len(setup.cost_names)))
    done = False
    while not done:
        _, cost, done = world.step(random_rows(world, rng))
        total = total + cost
    c = setup.parity
    assert c is not None
    rates = world.totals.benefits[:, c.attribute] / world.members[:, c.attribute] / setup.horizon
    for j, (g, h) in enumerate(permutations(c.groups, 2)):
        np.testing.assert_allclose(total[:, j], rates[:, g] - rates[:, h] - c.tolerance, atol=1e-12)


def test_benefits_are_beneficial_contacts_of_known_members() -> None:
    rng = np.random.default_rng(0)
    contacted = rng.integers(0, 2, (2, 50)).astype(np.uint8)
    given = rng.integers(0, 3, (2, 50)).astype(np.int8)
    groups = rng.integers(-1, 3, (2, 50, 2)).astype(np.int8)
    beneficial = np.array([0, 1, 0], np.uint8)
    counts = benefit_counts(contacted, given, beneficial, groups, 3)
    for e in range(2):
        for p in range(2):
            for k in range(3):
                expected = (contacted[e] * (given[e] == 1) * (groups[e, :, p] == k)).sum()
                assert counts[e, p, k] == expected


def test_holding_is_rewarded_with_exactly_nothing(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(setup)
    for period in range(setup.horizon):
        reward, _, done = world.step(np.zeros(2, np.int64))
        assert (reward == 0.0).all()
        assert done == (period == setup.horizon - 1)


def test_the_twin_never_changes(make_world: MakeWorld, setup: Setup) -> None:
    """Its customers do what they do in a world where every period is held."""
    changed, held = make_world(setup), make_world(setup, twin=False)
    rng = np.random.default_rng(0)
    for _ in range(8):
        changed.step(random_rows(changed, rng))
        held.step(np.zeros(2, np.int64))
        assert changed.twin is not None
        for one, other in zip(changed.twin.sim.state, held.sim.state, strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(changed.twin.given, held.given)
        np.testing.assert_array_equal(changed.twin.totals.profit, held.totals.profit)


def test_organic_margin_is_what_customers_bring_when_nobody_contacts_them(simulator: Simulator) -> None:
    """Mean over 4,000 customers and 60 weeks behind 60 of settling; 3 % is more than 4 standard errors."""
    p = simulator.population(seed=11, n=4000)
    p = replace(p, traits=p.traits._replace(hazard=np.zeros_like(p.traits.hazard)))
    sim, nobody, total = Simulation(p, np.array([1], np.uint64)), np.zeros((1, 4000), np.int8), 0.0
    season = float(np.resize(p.season[0], 120)[60:].mean())
    for week in range(120):
        out = sim.advance(nobody)
        total += float(out.profit.mean()) / 60 if week >= 60 else 0.0
    assert total == pytest.approx(season * organic_margin(p.traits, p.behaviour).mean(), rel=0.03)


@pytest.mark.parametrize("back", [0.0, 0.1])
def test_residual_value_is_an_annuity_of_who_will_be_here(populations: list[Population], back: float) -> None:
    """Period by period, customers shop, then leave with their hazard or come back with `return_base`."""
    p = replace(populations[0], behaviour=populations[0].behaviour.copy())
    p.behaviour["return_base"] = back
    sim = Simulation(p, np.array([1], np.uint64))
    sim.state.absent[:, ::3] = LEFT
    sim.state.absent[:, 1::3] = YET_TO_COME
    hazard, margin = p.traits.hazard.astype(float), organic_margin(p.traits, p.behaviour)
    reach = 1 + p.behaviour["contact_value"][0] * (sim.state.consent != 0)
    here, value = (sim.state.absent == HERE).astype(float), np.zeros(hazard.shape)
    back = float(p.behaviour["return_base"][0])
    for k in range(1, VALUE_PERIODS + 1):
        value += margin * DISCOUNT**k * reach * here
        here = here * (1 - hazard) + (sim.state.absent != YET_TO_COME) * (1 - here) * back
    np.testing.assert_allclose(residual_value(sim.state, p.traits, p.behaviour), value, rtol=1e-6, atol=1e-9)


def test_leaving_costs_the_difference_to_being_here(populations: list[Population]) -> None:
    """At the horizon, what being here is worth over having left is the difference of residual values."""
    p = replace(populations[0], behaviour=populations[0].behaviour.copy())
    p.behaviour["return_base"] = 0.05
    sim = Simulation(p, np.array([1], np.uint64))
    sim.state.consent[:], sim.state.absent[:] = 0, HERE
    here = residual_value(sim.state, p.traits, p.behaviour)
    sim.state.absent[:] = LEFT
    gone = residual_value(sim.state, p.traits, p.behaviour)
    np.testing.assert_allclose(remaining_value(p.traits, p.behaviour, periods=0), here - gone, rtol=1e-6)


def test_dependence_at_the_horizon_is_not_free(populations: list[Population]) -> None:
    p = populations[0]
    sim = Simulation(p, np.array([1], np.uint64))
    sim.state.absent[:] = HERE
    free = residual_value(sim.state, p.traits, p.behaviour)
    sim.state.dependence[:] = 0.2
    b = {name: float(p.behaviour[name][0]) for name in ("dependence_wait", "dependence_decay")}
    weeks = sum(0.2 * b["dependence_wait"] * b["dependence_decay"] ** k for k in range(400))
    reach = 1 + float(p.behaviour["contact_value"][0]) * (sim.state.consent != 0)
    lost = organic_margin(p.traits, p.behaviour) * reach * weeks
    np.testing.assert_allclose(free - residual_value(sim.state, p.traits, p.behaviour), lost, rtol=1e-4)


def test_fatigue_at_the_horizon_is_not_free(populations: list[Population]) -> None:
    """The closed form is within a few per cent of the hazard carried on week by week."""
    p = populations[0]
    sim = Simulation(p, np.array([1], np.uint64))
    b = {name: float(p.behaviour[name][0]) for name in ("fatigue_churn", "fatigue_decay")}
    rested = carried_survival(sim.state, p.traits, p.behaviour)
    sim.state.fatigue[:] = 0.8
    tired = carried_survival(sim.state, p.traits, p.behaviour)
    hazard, exact = p.traits.hazard.astype(float), np.ones(p.traits.hazard.shape)
    for week in range(200):
        strain = np.exp(b["fatigue_churn"] * 0.8 * b["fatigue_decay"] ** week)
        exact *= (1 - hazard * strain) / (1 - hazard)
    assert (rested == 1).all()
    assert (tired < 1).all()
    usual = hazard < 0.1  # first order: the rare customers who are away half the time are off by more
    assert usual.mean() > 0.8
    np.testing.assert_allclose((1 - tired)[usual], (1 - exact)[usual], rtol=0.15)


def test_who_is_tired_at_the_horizon_answers_later_contacts_less(populations: list[Population]) -> None:
    """Opening and lift suffer until fatigue is gone, so with churn untouched being tired still costs something."""
    p = replace(populations[0], behaviour=populations[0].behaviour.copy())
    p.behaviour["fatigue_churn"] = 0.0
    sim = Simulation(p, np.array([1], np.uint64))
    sim.state.absent[:] = HERE
    assert p.behaviour["fatigue_open"] > 0
    rested = residual_value(sim.state, p.traits, p.behaviour)
    sim.state.fatigue[:] = 0.8
    reached = sim.state.consent != 0
    assert (residual_value(sim.state, p.traits, p.behaviour) < rested)[reached].all()


def test_remaining_value_counts_down_to_the_residual(populations: list[Population]) -> None:
    p = populations[0]
    margin = organic_margin(p.traits, p.behaviour)
    stay = 1.0 - p.traits.hazard.astype(float) - float(p.behaviour["return_base"][0])
    for periods in (1, 5, 25):
        nearer = remaining_value(p.traits, p.behaviour, periods=periods - 1)
        here = remaining_value(p.traits, p.behaviour, periods=periods)
        np.testing.assert_allclose(here, margin + stay * nearer, rtol=1e-6)


def test_rewards_are_realised_profit_beyond_the_twin_on_average(simulator: Simulator, setup: Setup) -> None:
    """Random tweaks in 96 populations: the mean difference is within 4 standard errors, wrong once in 10,000 seeds."""
    rng, world = np.random.default_rng(0), World(setup)
    expected, realised = [], []
    for batch in range(3):
        world.reset(
            [simulator.population(seed=1000 + 32 * batch + k, n=200) for k in range(32)],
            np.arange(32, dtype=np.uint64) + np.uint64(32 * batch),
        )
        done, total = False, np.zeros(32)
        while not done:
            reward, _, done = world.step(random_rows(world, rng))
            total += reward
        assert world.twin is not None
        expected.append(total)
        realised.append(world.totals.profit - world.twin.totals.profit)
    difference = np.concatenate(expected) - np.concatenate(realised)
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    assert abs(difference.mean()) < 4 * error
    assert np.std(expected) < np.std(realised), "expectations are there to take noise out"
