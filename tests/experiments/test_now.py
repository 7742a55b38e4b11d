"""The customers as they are, looked at as a policy looked at customers while it learned."""

from __future__ import annotations

import numpy as np
import pytest
from tests.experiments.conftest import Business

from evenhand.envs import World
from evenhand.envs.observation import GLOBAL_FEATURES
from evenhand.experiments.advising.standing import standing_of
from evenhand.experiments.now import Now
from evenhand.experiments.setup import setup_of
from evenhand.segments import Segmentation

WORLDS = 12
LAST_WEEK = ("contact_rate", "profit")  # what the last week under today's plan brought


def globals_of(world: World) -> dict[str, float]:
    return dict(zip(GLOBAL_FEATURES, map(float, world.observation[0]), strict=False))


@pytest.fixture(scope="module")
def trained_on(business: Business) -> list[dict[str, float]]:
    """The first look of episodes as training begins them."""
    found = []
    for seed in range(WORLDS):
        world = World(business.setup)
        world.reset([business.simulator.population_of(business.customers, seed)], np.array([seed], np.uint64))
        found.append(globals_of(world))
    return found


@pytest.mark.parametrize("name", LAST_WEEK)
def test_served_and_offline_advice_see_a_week_such_as_training_began_with(
    business: Business, trained_on: list[dict[str, float]], name: str
) -> None:
    told = [one[name] for one in trained_on]
    room = max(np.ptp(told), 0.1)
    offline = Now.of(business.setup, business.customers, business.today).shown(
        business.simulator.population_of(business.customers, 600_000_000)
    )
    served = standing_of(business.customers, business.today, business.simulator, business.setup).world
    for world in (offline, served):
        assert min(told) - room <= globals_of(world)[name] <= max(told) + room


def test_who_is_reached_is_by_today_s_plan_and_nothing_else_moves(business: Business) -> None:
    customers, today, setup = business.customers, business.today, business.setup
    future = business.simulator.population_of(customers, 5)
    now = Now.of(setup, customers, today)
    plain, shown = now.world(future), now.shown(future)
    np.testing.assert_array_equal(shown.bins, plain.bins)
    np.testing.assert_array_equal(shown.table, plain.table)
    np.testing.assert_array_equal(shown.allowed(), plain.allowed())
    last_week = [GLOBAL_FEATURES.index(name) for name in LAST_WEEK]
    same = np.ones(shown.observation.shape[1], bool)
    same[last_week] = False
    np.testing.assert_array_equal(shown.observation[:, same], plain.observation[:, same])
    quiet = Segmentation.from_json(today.to_dict())
    for segment in quiet.every:
        if segment.campaign != "none":
            quiet = quiet.replaced(segment.model_copy(update={"campaign": "none"}))
    silent = Now.of(setup_of(business.simulator, quiet, business.settings), customers, quiet).shown(future)
    assert globals_of(shown)["contact_rate"] > globals_of(silent)["contact_rate"] >= 0


def test_the_week_before_has_other_luck_than_the_first_one(business: Business) -> None:
    future = business.simulator.population_of(business.customers, 5)
    world = Now.of(business.setup, business.customers, business.today).shown(future)
    before = world.sim.outcome.profit.copy()
    world.step(np.array([0]))
    assert not np.array_equal(before, world.sim.outcome.profit)
