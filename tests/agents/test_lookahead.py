"""Tweaks tried in copies of the world: what they bring, by hand, and under whose effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.agents.toy import Toy, gain, toy_setup

from evenhand.agents import PopulationPool
from evenhand.agents.lookahead import OTHER_LUCK, look_ahead
from evenhand.envs import World

LUCK = np.array([1, 2], np.uint64)
HOLD_OR_CONTACT = np.array([0, 2])


def world_of(toy: Toy, *, believed_lift: float | None = None) -> World:
    """Return a toy's world, whose business may believe in another lift than the true one."""
    world, population = World(toy_setup(), twin=False), toy.population(1, 100)
    if believed_lift is not None:
        e = population.expected_effects
        population = replace(population, expected_effects=e._replace(lift=np.full_like(e.lift, believed_lift)))
    world.reset([population], np.array([7], np.uint64))
    return world


def test_values_are_what_the_copies_bring_beyond_the_first() -> None:
    """By hand: n periods of the gain of everyone, less the edit."""
    world = world_of(Toy(affinity=(0.0, 1.0)))
    for periods in (1, 3, 8, 99):
        found = look_ahead(world, 0, HOLD_OR_CONTACT, LUCK, periods=periods)
        expected = min(periods, 8) * (0.5 * gain(0.0) + 0.5 * gain(1.0)) - world.setup.charges.edit
        np.testing.assert_allclose(found, [0.0, expected], rtol=1e-4)


def test_believed_futures_follow_what_the_business_expects_of_effects() -> None:
    toy = Toy(affinity=(1.0, 1.0))
    truth = world_of(toy, believed_lift=0.0)
    assert look_ahead(truth, 0, HOLD_OR_CONTACT, LUCK, periods=8)[1] > 0
    assert look_ahead(truth, 0, HOLD_OR_CONTACT, LUCK, periods=8, believed=True)[1] < 0
    agreed = world_of(toy)
    np.testing.assert_array_equal(
        look_ahead(agreed, 0, HOLD_OR_CONTACT, LUCK, periods=8),
        look_ahead(agreed, 0, HOLD_OR_CONTACT, LUCK, periods=8, believed=True),
    )


def test_looking_ahead_leaves_the_world_as_it_is() -> None:
    world, untouched = (world_of(Toy(affinity=(0.0, 1.0))) for _ in range(2))
    look_ahead(world, 0, HOLD_OR_CONTACT, LUCK, periods=4, believed=True)
    for ours, theirs in zip(world.sim.state, untouched.sim.state, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    reward, _, _ = world.step(np.array([2]))
    np.testing.assert_array_equal(reward, untouched.step(np.array([2]))[0])


def test_no_population_has_the_luck_of_a_copy() -> None:
    pool = PopulationPool(Toy().simulator, first_seed=900_000_000, count=1, n_customers=10)
    assert pool.luck(10**9) < OTHER_LUCK
