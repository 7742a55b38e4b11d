"""A fork is the world it was taken from, and lives on without touching it."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from tests.agents.toy import Toy, toy_setup

from evenhand.agents import PopulationPool
from evenhand.envs import World
from evenhand.envs.fork import Fork

TOY = Toy(affinity=(0.3, 0.7), mixed=0.2, hazard=(0.03, 0.02), fatigue_churn=0.5)


@pytest.fixture
def world() -> World:
    """Three environments in the middle of an episode, one of them with a split."""
    pool = PopulationPool(TOY.simulator, first_seed=5, count=3, n_customers=80)
    world = World(toy_setup(tolerance=0.1, explore=0.1), twin=False)
    world.reset([pool(k) for k in range(3)], np.array([3, 4, 5], np.uint64))
    split = int(np.flatnonzero(world.mask[1])[-1])
    for rows in ([0, 0, 0], [0, split, 2], [0, 0, 0]):
        world.step(np.array(rows))
    return world


def test_a_fork_with_the_same_luck_lives_as_the_world_does(world: World) -> None:
    fork = Fork(world, 1, world.seeds[[1, 1]])
    for rows in (2, 0, 1):
        ours, costs, done = fork.step(np.array([rows, rows]))
        theirs, their_costs, their_done = world.step(np.array([0, rows, 0]))
        np.testing.assert_array_equal(ours, theirs[[1, 1]])
        np.testing.assert_array_equal(costs, their_costs[[1, 1]])
        np.testing.assert_array_equal(fork.observation, world.observation[[1, 1]])
        np.testing.assert_array_equal(fork.allowed(), world.allowed()[[1, 1]])
        assert done == their_done


def test_living_without_looking_changes_nothing_for_customers(world: World) -> None:
    blind, seeing = (Fork(world, 1, world.seeds[[1]], watched=watched) for watched in (False, True))
    blind.live(np.array([2]))
    blind.live(np.array([0]))
    seeing.step(np.array([2]))
    seeing.step(np.array([0]))
    for ours, theirs in zip(blind.sim.state, seeing.sim.state, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert blind.period == seeing.period


def test_the_world_does_not_notice(world: World) -> None:
    before = deepcopy(world.__dict__)
    fork = Fork(world, 0, np.array([8, 9], np.uint64))
    for _ in range(4):
        fork.step(np.array([2, 0]))
    for name in ("lo", "campaign", "size", "bins", "opens", "table", "sends", "changed_at", "observation"):
        np.testing.assert_array_equal(getattr(world, name), before[name])
    for ours, theirs in zip(world.sim.state, before["sim"].state, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(world.totals.profit, before["totals"].profit)
    assert (world.period, world.sim.period) == (before["period"], before["sim"].period)


def test_other_luck_brings_another_future(world: World) -> None:
    fork = Fork(world, 0, np.array([8, 9], np.uint64))
    fork.step(np.zeros(2, np.int64))
    assert not np.array_equal(fork.explored[0], fork.explored[1]) or not np.array_equal(
        fork.sim.state.trips[0], fork.sim.state.trips[1]
    )
