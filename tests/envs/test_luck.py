"""Same seed, same bytes; environments side by side do not touch; the exploration share is what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.envs.example import MakeWorld, random_rows

from evenhand.envs import Setup, World
from evenhand.envs.assignment import choose_campaigns
from evenhand.simulator import Population
from evenhand.simulator.random import period_keys
from evenhand.simulator.types import YET_TO_COME


def trace(world: World, steps: int, seed: int) -> list[bytes]:
    rng, seen = np.random.default_rng(seed), [world.observation.tobytes()]
    for _ in range(steps):
        reward, cost, _ = world.step(random_rows(world, rng))
        seen += [world.observation.tobytes(), reward.tobytes(), cost.tobytes(), world.mask.tobytes()]
    return seen


def test_the_same_seed_gives_the_same_bytes(make_world: MakeWorld, setup: Setup) -> None:
    one, other = (trace(make_world(setup), 10, seed=4) for _ in range(2))
    assert one == other
    assert trace(make_world(setup, seed=1), 10, seed=4) != one


def test_a_batch_equals_its_environments_one_by_one(populations: list[Population], setup: Setup) -> None:
    batch, seeds = World(setup), np.array([7, 8, 9], np.uint64)
    batch.reset(populations[:3], seeds)
    singles = [World(setup) for _ in range(3)]
    for e, single in enumerate(singles):
        single.reset([populations[e]], seeds[e : e + 1])
    rng = np.random.default_rng(0)
    for _ in range(setup.horizon):
        rows = random_rows(batch, rng)
        reward, cost, done = batch.step(rows)
        for e, single in enumerate(singles):
            alone, its_cost, its_done = single.step(rows[e : e + 1])
            assert (reward[e], done) == (alone[0], its_done)
            np.testing.assert_array_equal(cost[e], its_cost[0])
            np.testing.assert_array_equal(batch.observation[e], single.observation[0])
            np.testing.assert_array_equal(batch.mask[e], single.mask[0])


def test_an_episode_leaves_no_trace_in_its_populations(populations: list[Population], setup: Setup) -> None:
    """The warm-up switches arrivals off in its own copy."""
    p = replace(populations[0], behaviour=populations[0].behaviour.copy())
    p.behaviour["arrival"] = 0.1
    p = replace(p, absent=np.full_like(p.consent, YET_TO_COME))
    world = World(setup)
    world.reset([p], np.array([1], np.uint64))
    assert p.behaviour["arrival"] == world.population.behaviour["arrival"] == np.float32(0.1)
    assert (world.sim.state.absent == YET_TO_COME).all()


def draws(n: int, block: int, share: float = 0.1, campaigns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    first = np.zeros((1, n), np.int8)
    given, explored = np.zeros((1, n), np.int8), np.zeros((1, n), np.uint8)
    own = np.array([[2]], np.int8)
    choose_campaigns(first, own, period_keys(np.array([5], np.uint64), block), share, campaigns, given, explored)
    return given[0], explored[0]


def test_exploration_has_the_stated_share_and_propensities() -> None:
    """100,000 draws: each frequency within 4.5 standard errors, wrong with a chance below 1e-4 in all."""
    n, share = 100_000, 0.1
    given, explored = draws(n, 3)
    assert abs(explored.mean() - share) < 4.5 * np.sqrt(share * (1 - share) / n)
    for c in range(4):
        p = (1 - share) * (c == 2) + share / 4
        assert abs((given == c).mean() - p) < 4.5 * np.sqrt(p * (1 - p) / n)
    assert (given[explored == 0] == 2).all()


def test_without_an_exploration_share_nobody_explores() -> None:
    given, explored = draws(1000, 1, share=0.0)
    assert not explored.any()
    assert (given == 2).all()


def test_a_draw_holds_within_a_block_and_not_beyond(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(replace(setup, explore=0.3), twin=False)
    seen: dict[int, list[bytes]] = {}
    for _ in range(16):
        block = world.sim.period // setup.block
        world.step(np.zeros(2, np.int64))
        drawn = np.where(world.explored != 0, world.given, -1)
        seen.setdefault(block, []).append(drawn.tobytes())
    assert all(len(set(patterns)) == 1 for patterns in seen.values())
    assert len({patterns[0] for patterns in seen.values()}) == len(seen)
    assert max(len(patterns) for patterns in seen.values()) == setup.block


def test_the_twin_explores_with_the_same_customers(make_world: MakeWorld, setup: Setup) -> None:
    world, rng = make_world(setup), np.random.default_rng(0)
    for _ in range(5):
        world.step(random_rows(world, rng))
        assert world.twin is not None
        np.testing.assert_array_equal(world.explored, world.twin.explored)
        who = world.explored != 0
        np.testing.assert_array_equal(world.given[who], world.twin.given[who])
